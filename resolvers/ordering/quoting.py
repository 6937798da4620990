"""What an order would cost and whether the goods are there: answered, never kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.base import BadInput
from domain.catalog import BelowMinimum, PriceBand, QuantityTooLarge, StepMismatch, asked, check_quantity
from domain.channel import CloudStoreMode
from domain.money import MAX_SAFE
from domain.ordering import OrderedLine
from loaders.catalog import ConsumerPrices, ForSale, ListingById, ListingRow, SkuById
from resolvers.context import Context
from resolvers.inventory import sellable


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One line. `unit_fen`: None where the sku is not sold to shoppers here; `sellable` and `enough` are about all
    lines of the sku together; `fits`: whether so many are sold at once.
    """

    listing: ListingRow
    quantity: int
    unit_fen: int | None
    amount_fen: int | None
    sellable: int | None
    enough: bool
    fits: bool


@dataclass(frozen=True, slots=True)
class Quoted:
    """An order that nobody has placed: `total_fen` is None while a line of it has no price."""

    lines: list[QuotedLine]
    total_fen: int | None

    @property
    def can_be_placed(self) -> bool:
        """Whether an order of this would be taken now."""
        return self.total_fen is not None and all(line.enough and line.fits for line in self.lines)


async def quote(roots: Sequence[object], ctx: Context, *, lines: Sequence[OrderedLine]) -> list[Quoted | None]:
    """What these lines of one cloud store cost a shopper now; None where one of them is not there.

    Raises: BadInput for lines of several cloud stores, and for amounts that money cannot be.
    """
    listings: list[ListingRow] = []
    for row in await ctx.load(ListingById).many([line.listing for line in lines]):
        if row is None:
            return [None] * len(roots)
        listings.append(row)
    if len({row.cloud_store_id for row in listings}) != 1:
        raise BadInput("The listings are not all on the shelf of one cloud store.")
    together: dict[UUID, int] = {}
    for row, line in zip(listings, lines, strict=True):
        together[row.sku_id] = together.get(row.sku_id, 0) + line.quantity
    here = listings[0]
    units = await prices(ctx, here.cloud_store_id, here.seller_id, here.mode, together)
    there = await sellable(listings, ctx)
    fits = await fitting(ctx, together)
    quoted = [
        _line(row, line.quantity, units.get(row.sku_id), free, together[row.sku_id], fits[row.sku_id])
        for row, line, free in zip(listings, lines, there, strict=True)
    ]
    amounts = [line.amount_fen for line in quoted if line.amount_fen is not None]
    if sum(amounts) > MAX_SAFE:
        raise BadInput("The amount is more than money can be.")
    return [Quoted(quoted, sum(amounts) if len(amounts) == len(quoted) else None)] * len(roots)


def _line(row: ListingRow, quantity: int, unit: int | None, free: int | None, together: int, fits: bool) -> QuotedLine:
    amount = None if unit is None else unit * quantity
    return QuotedLine(row, quantity, unit, amount, free, free is not None and together <= free, fits)


async def prices(
    ctx: Context, cloud_store: UUID, seller: UUID, mode: str, together: Mapping[UUID, int]
) -> dict[UUID, int]:
    """What one unit of each sku costs a shopper of that cloud store now, the quantity of the whole order reached.

    A sku that is not on the shelf that every shopper sees, or has no price within its band, is left out. The one rule
    is `domain.catalog.asked`.
    """
    if mode == CloudStoreMode.B2B_ORDERING:
        return {}
    on_shelf = await ctx.load(ForSale).each((cloud_store, sku) for sku in together)
    candidates = await ctx.load(ConsumerPrices).each((seller, sku) for sku in together)
    found = {}
    for sku, quantity in together.items():
        for row in on_shelf[cloud_store, sku]:
            band = PriceBand(row.min_fen, row.max_fen)
            applied = asked(candidates[seller, sku], quantity, ctx.reading.now, band)
            if applied is not None:
                found[sku] = applied.unit_fen
    return found


async def fitting(ctx: Context, together: Mapping[UUID, int]) -> dict[UUID, bool]:
    """Whether so many of each sku are sold at once."""
    rows = await ctx.load(SkuById).each(together)
    found = {}
    for sku, quantity in together.items():
        row = rows[sku]
        try:
            if row is not None:
                check_quantity(quantity, row.min_qty, row.step_qty, sku)
            found[sku] = row is not None
        except (BelowMinimum, StepMismatch, QuantityTooLarge):
            found[sku] = False
    return found
