"""The catalog centre's acts on prices: lists, their prices, and what a listing costs shoppers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.base import CodeTaken, InvalidInput, NotAllowed, Problem, Sheet
from domain.catalog import (
    NO_BAND,
    CreatePriceList,
    EndPriceList,
    ListingOrigin,
    NotAuthorizedSku,
    PriceAudience,
    PriceBand,
    PriceLine,
    PriceListing,
    PriceOutOfRange,
    SetPrices,
    Window,
    common_band,
    in_band,
    laid,
    skus_once,
)
from domain.channel import CloudStoreMode
from domain.permissions import Permission
from loaders.catalog import BandsOf, ListingById, PriceListById, ProductById, SkuById
from loaders.channel import RegionByCode, SiteById
from models.catalog import (
    end_prices,
    lock_grants,
    lock_list,
    lock_shelf_prices,
    new_list,
    skus_from_above,
    standing_prices,
    supplies,
    write_prices,
)
from models.writing import Event, Made, Outcome, Transaction
from resolvers.acts import Done, Told, act, acting_for, bulk, let_on, outcomes
from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class Rights:
    """What an organisation may sell of some skus: its own brand's, and by authorisations, each with a common band.

    `known`: those of the skus that there are; `channel`: those whose brand stands above it, or is it itself.
    """

    known: frozenset[UUID]
    own: frozenset[UUID]
    channel: frozenset[UUID]
    bands: Mapping[UUID, PriceBand]

    def may_sell(self, sku: UUID) -> bool:
        """Whether it is its brand's own, or somebody lets it."""
        return sku in self.own or sku in self.bands

    def may_list(self, sku: UUID, origin: ListingOrigin) -> bool:
        """Whether it may stand on its shelf: what it may sell, and what it buys where none of its brands sells."""
        return self.may_sell(sku) or (origin == ListingOrigin.EXTERNAL and sku not in self.channel)

    def band(self, sku: UUID) -> PriceBand:
        """Within what its consumer price lies."""
        return self.bands.get(sku, NO_BAND)

    def out_of_range(self, sku: UUID, unit_fen: int) -> PriceOutOfRange | None:
        """Why the consumer price may not be, None if it may."""
        band = self.band(sku)
        return None if in_band(unit_fen, *band) else PriceOutOfRange(sku, unit_fen, *band)


async def rights(ctx: Context, tx: Transaction, seller: UUID, skus: Iterable[UUID]) -> Rights:
    """What an organisation that the viewer speaks for may sell of these skus; it stays so until the act ends."""
    asked = list(dict.fromkeys(skus))
    await lock_grants(tx, seller, asked)
    known = {row.id: row.product_id for row in await ctx.load(SkuById).many(asked) if row is not None}
    products = await ctx.load(ProductById).each(known.values())
    own = {sku for sku, product in known.items() if (row := products[product]) is not None and row.brand_id == seller}
    granted = await ctx.load(BandsOf).each((seller, sku) for sku in asked)
    bands = {
        sku: common_band((band.min_fen, band.max_fen) for band in found) for (_, sku), found in granted.items() if found
    }
    channel = await skus_from_above(tx, seller, asked)
    return Rights(frozenset(known), frozenset(own), frozenset(channel), bands)


def from_now(now: datetime, moment: datetime | None, name: str) -> datetime:
    """The moment that is meant; what has been cannot be changed. Raises: InvalidInput for one that has passed."""
    if moment is not None and moment < now:
        raise InvalidInput([Problem(("input", name), "A moment that has not passed is expected.")])
    return now if moment is None else moment


def window(now: datetime, valid_from: datetime | None, valid_until: datetime | None, unit_fen: int = 0) -> Window:
    """The time that is meant. Raises: InvalidInput for one that has begun before now, or is over."""
    start = from_now(now, valid_from, "validFrom")
    if valid_until is not None and valid_until <= start:
        raise InvalidInput([Problem(("input", "validUntil"), "A moment after the start is expected.")])
    return Window(start, valid_until, unit_fen)


async def lay(tx: Transaction, price_list: UUID, prices: Mapping[tuple[UUID, int], Window]) -> list[dict[str, Any]]:
    """Set prices of a locked list, by sku and quantity; those that were another before, as the audit keeps them."""
    since = min((each.start for each in prices.values()), default=tx.now)
    standing = await standing_prices(tx, price_list, list(prices), since)
    changes = {key: laid(standing[key], price) for key, price in prices.items()}
    await write_prices(tx, price_list, changes)
    return [
        {
            "sku": sku.hex,
            "minQty": quantity,
            "from": price.start.isoformat(),
            "until": None if price.end is None else price.end.isoformat(),
            "was": next((each.unit_fen for each in standing[sku, quantity] if each.holds_at(price.start)), None),
            "unitFen": price.unit_fen,
        }
        for (sku, quantity), price in prices.items()
        if changes[sku, quantity].added
    ]


async def create_price_list(ctx: Context, key: str, command: CreatePriceList) -> Any:
    """A price list is opened, without prices yet."""

    async def effect(tx: Transaction) -> Done:
        seller = await acting_for(ctx, tx, command.seller, Permission.PRICE)
        await _check_buyers(ctx, tx, seller.id, command)
        id = await new_list(tx, seller.id, command)
        if id is None:
            raise CodeTaken(command.code)
        made = Made("pricelist", id)
        await tx.tell(Event("PriceListCreated", made, frozenset({seller.id}), {"code": command.code}))
        return Done(made, {"code": command.code})

    return await act(ctx, "createPriceList", key, command, effect)


async def _check_buyers(ctx: Context, tx: Transaction, seller: UUID, command: CreatePriceList) -> None:
    """Raises: InvalidInput for buyers that there are not, or whom the seller does not supply."""
    wrong: list[Problem] = []
    if command.buyer is not None and not await supplies(tx, seller, command.buyer):
        wrong.append(Problem(("input", "buyerId"), "An organisation that the seller supplies is expected."))
    if command.region is not None and await ctx.load(RegionByCode).one(command.region) is None:
        wrong.append(Problem(("input", "regionCode"), "There is no such region."))
    if command.site is not None and await ctx.load(SiteById).one(command.site) is None:
        wrong.append(Problem(("input", "siteId"), "There is no such site."))
    if wrong:
        raise InvalidInput(wrong)


async def set_prices(ctx: Context, key: str, command: SetPrices) -> Any:
    """Prices of a list are set, row by row."""

    async def effect(tx: Transaction) -> Outcome:
        time = window(tx.now, command.valid_from, command.valid_until)
        named = await ctx.load(PriceListById).one(command.price_list)
        if named is None:
            raise NotAllowed
        let_on(ctx, tx, Permission.PRICE, named.seller_id)
        sheet: Sheet[PriceLine] = Sheet(command.rows)
        allowed = await rights(ctx, tx, named.seller_id, (row.sku for _, row in sheet.left))
        kept = await lock_list(tx, command.price_list)  # after what allows its prices, as a shelf's list
        if kept is None:
            raise NotAllowed
        skus_once(sheet, allowed.known, beside=lambda row: row.min_qty, called="sku and quantity")
        for place, row in sheet.left:
            if kept.audience == PriceAudience.CONSUMER and (refused := allowed.out_of_range(row.sku, row.unit_fen)):
                sheet.refuse(place, refused)
        prices = {(row.sku, row.min_qty): time._replace(unit_fen=row.unit_fen) for _, row in sheet.left}
        changed = await lay(tx, kept.id, prices)
        if changed:
            made = Made("pricelist", kept.id)
            await tx.tell(Event("PricesSet", made, frozenset({kept.seller_id}), {"prices": len(changed)}))
        saved = {place: row.sku for place, row in sheet.left}
        return outcomes(sheet, saved, kept.id, {"prices": changed})

    return await bulk(ctx, "setPrices", key, command, "sku", effect, about="pricelist")


async def end_price_list(ctx: Context, key: str, command: EndPriceList) -> Any:
    """All prices of a list end."""

    async def effect(tx: Transaction) -> Done:
        at = from_now(tx.now, command.at, "at")
        kept = await lock_list(tx, command.price_list)
        if kept is None:
            raise NotAllowed
        let_on(ctx, tx, Permission.PRICE, kept.seller_id)
        await end_prices(tx, kept.id, at)
        made = Made("pricelist", kept.id)
        await tx.tell(Event("PriceListEnded", made, frozenset({kept.seller_id}), {"at": at.isoformat()}))
        return Done(made, {"at": at.isoformat()})

    return await act(ctx, "endPriceList", key, command, effect)


async def price_listing(ctx: Context, key: str, command: PriceListing) -> Any:
    """What a listing costs shoppers is set."""

    async def effect(tx: Transaction) -> Done:
        row = await ctx.load(ListingById).one(command.listing)
        if row is None:
            raise NotAllowed
        let_on(ctx, tx, Permission.PRICE, row.seller_id)
        if row.mode == CloudStoreMode.B2B_ORDERING:
            told = "At an ordering mall the price lists of trade say what it costs."
            raise InvalidInput([Problem(("input", "listingId"), told)])
        price = window(tx.now, command.valid_from, command.valid_until, command.unit_fen)
        allowed = await rights(ctx, tx, row.seller_id, [row.sku_id])
        if not allowed.may_list(row.sku_id, ListingOrigin(row.origin)):
            raise NotAuthorizedSku(row.sku_id)
        refused = allowed.out_of_range(row.sku_id, command.unit_fen)
        if refused is not None:
            raise refused
        shelf = await lock_shelf_prices(tx, row.seller_id)
        changed = await lay(tx, shelf.id, {(row.sku_id, 1): price})
        made = Made("listing", row.id)
        await tx.tell(Event("ListingPriced", made, frozenset({row.seller_id}), {"unitPrice": command.unit_fen}))
        return Done(made, {"unit_fen": command.unit_fen, "prices": changed})

    return await act(ctx, "priceListing", key, command, effect)


async def sku_refused(rows: Sequence[Told], ctx: Context) -> list[Any]:
    """The sku that each refusal is about."""
    return await ctx.load(SkuById).where_any([getattr(row.refused, "sku", None) for row in rows])
