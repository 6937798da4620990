"""The catalog centre's answers: goods, shelves, assortments, and the price for whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.base import BadInput
from domain.catalog import MAX_QUANTITY, NO_BAND, Explanation, PriceBand, asked, common_band, explain
from domain.channel import CloudStoreMode
from domain.money import MoneyError, line_amount, part_bps
from domain.search import ask
from loaders.catalog import (
    ASSORTMENT_SKUS,
    ATTRIBUTES,
    CATEGORIES,
    COVERAGE_BY_SKU,
    PRICE_LISTS,
    PRICES,
    PRODUCTS,
    PRODUCTS_OF_BRAND,
    PRODUCTS_OF_CATEGORY,
    SHELF,
    AssortmentById,
    AssortmentRow,
    AttributeRow,
    AttributesOf,
    AuthorizationRow,
    AuthorizationsOf,
    BandsOf,
    CandidateRow,
    CategoryById,
    CategoryRow,
    ConsumerPrices,
    CoverageOf,
    CoverageRow,
    ListingById,
    ListingRow,
    PackUnitRow,
    PackUnitsOf,
    PriceListRow,
    ProductById,
    ProductRow,
    SkuById,
    SkuCoverageEntry,
    SkuOfRow,
    SkuRow,
    SkusOf,
    TradePrices,
    trade_history,
)
from loaders.catalog.search import NOTHING, WayOf
from loaders.channel import CloudStoreRow, OrganizationRow
from loaders.paging import Page
from resolvers.context import Context, named
from resolvers.paging import connect

Roots = Sequence[object]


@dataclass(frozen=True, slots=True)
class TradeTerms:
    """What a listing costs its own store: who supplies it at which price, and the band its consumer price keeps to.

    `min_fen` above `max_fen`: the bands of the authorisations contradict each other, and no price is allowed.
    """

    supplier_id: UUID
    supply_fen: int | None
    min_fen: int | None
    max_fen: int | None


@dataclass(frozen=True, slots=True)
class PriceQuote:
    """The price of a quantity for one buyer, and every candidate with its reason; None where no price applies."""

    quantity: int
    at: datetime
    applied: CandidateRow | None
    amount: int | None
    explanations: list[Explanation[CandidateRow]]


async def product(roots: Roots, ctx: Context, *, id: UUID) -> list[ProductRow | None]:
    """A product by id."""
    return [await ctx.load(ProductById).one(id)] * len(roots)


async def products(
    roots: Roots, ctx: Context, *, brand_id: UUID | None, category_id: UUID | None, first: int, after: str | None
) -> list[Page[Any] | None]:
    """All products, or those of one brand or one category.

    Raises: BadInput when both are named: no index serves the two together.
    """
    if brand_id is not None and category_id is not None:
        raise BadInput("Name either `brandId` or `categoryId`, not both.")
    if brand_id is not None:
        return await connect(ctx, PRODUCTS_OF_BRAND, [brand_id] * len(roots), first, after)
    if category_id is not None:
        return await connect(ctx, PRODUCTS_OF_CATEGORY, [category_id] * len(roots), first, after)
    return await connect(ctx, PRODUCTS, [ctx.viewer.tenant_id] * len(roots), first, after)


async def products_of_brand(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The products of each brand."""
    return await connect(ctx, PRODUCTS_OF_BRAND, [row.id for row in rows], first, after)


async def products_of_category(
    rows: Sequence[CategoryRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The products of each category."""
    return await connect(ctx, PRODUCTS_OF_CATEGORY, [row.id for row in rows], first, after)


async def categories(roots: Roots, ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """The tenant's categories."""
    return await connect(ctx, CATEGORIES, [ctx.viewer.tenant_id] * len(roots), first, after)


async def attributes(roots: Roots, ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """The tenant's attributes."""
    return await connect(ctx, ATTRIBUTES, [ctx.viewer.tenant_id] * len(roots), first, after)


category_of = named("category_id", CategoryById)
"""The category of each product, or whose goods have an attribute, if there is one."""
parent_category = named("parent_id", CategoryById)
"""The category above each."""


async def sku(roots: Roots, ctx: Context, *, id: UUID) -> list[SkuRow | None]:
    """A sku by id."""
    return [await ctx.load(SkuById).one(id)] * len(roots)


sku_of = named("sku_id", SkuById)
"""The sku each row is about, if it is about one."""
sku_short = named("sku", SkuById)
"""The sku of which there is less than is wanted."""


async def skus_refused(told: Sequence[Any], ctx: Context) -> list[list[SkuRow]]:
    """The skus that refusals are about, as far as they are there."""
    rows = await ctx.load(SkuById).each(sku for one in told for sku in one.refused.skus)
    return [[row for sku in one.refused.skus if (row := rows[sku]) is not None] for one in told]


product_of = named("product_id", ProductById)
"""The product of each sku."""


async def skus_of(rows: Sequence[ProductRow], ctx: Context) -> list[list[SkuOfRow]]:
    """The skus of each product."""
    return await ctx.load(SkusOf).many([row.id for row in rows])


async def pack_units_of(rows: Sequence[SkuRow], ctx: Context) -> list[list[PackUnitRow]]:
    """The packs of each sku."""
    return await ctx.load(PackUnitsOf).many([row.id for row in rows])


async def attributes_of(rows: Sequence[SkuRow], ctx: Context) -> list[list[AttributeRow]]:
    """The attributes of each sku."""
    return await ctx.load(AttributesOf).many([row.id for row in rows])


async def listing(roots: Roots, ctx: Context, *, id: UUID) -> list[ListingRow | None]:
    """A listing by id."""
    return [await ctx.load(ListingById).one(id)] * len(roots)


async def shelf(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The shelf of each organisation's cloud store."""
    return await connect(ctx, SHELF, [row.cloud_store_id for row in rows], first, after)


async def shelf_of_cloud_store(
    rows: Sequence[CloudStoreRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The shelf of each cloud store."""
    return await connect(ctx, SHELF, [row.id for row in rows], first, after)


async def search(
    rows: Sequence[CloudStoreRow], ctx: Context, *, text: str, first: int, after: str | None
) -> list[Page[Any] | None]:
    """What the text finds on the shelf of each cloud store, the nearest first."""
    query = ask(text)
    way = NOTHING if query is None else await ctx.load(WayOf).one(query)
    return await connect(ctx, way.connection, [row.id for row in rows], first, after, **way.values)


async def price_for_viewer(rows: Sequence[ListingRow], ctx: Context) -> list[int | None]:
    """What one base unit costs the viewer: the consumer price, or at an ordering mall her own trade price."""
    # An organisation has one cloud store, so (seller, sku) says which of the two it is.
    candidates = await ctx.load(ConsumerPrices).each(
        (row.seller_id, row.sku_id) for row in rows if row.mode != CloudStoreMode.B2B_ORDERING
    )
    mine = ctx.viewer.organization_id
    if mine is not None:
        malls = [row for row in rows if row.mode == CloudStoreMode.B2B_ORDERING]
        trade = await ctx.load(TradePrices).each((row.seller_id, mine, row.sku_id) for row in malls)
        candidates |= {(seller, sku): found for (seller, _, sku), found in trade.items()}
    return [
        _unit(
            candidates.get((row.seller_id, row.sku_id), ()),
            ctx.reading.now,
            NO_BAND if row.mode == CloudStoreMode.B2B_ORDERING else PriceBand(row.min_fen, row.max_fen),
        )
        for row in rows
    ]


def _unit(candidates: Sequence[CandidateRow], now: datetime, band: PriceBand = NO_BAND) -> int | None:
    applied = asked(candidates, 1, now, band)
    return None if applied is None else applied.unit_fen


async def trade_terms(rows: Sequence[ListingRow], ctx: Context) -> list[TradeTerms | None]:
    """What each listing costs its own store; None for anyone else, and for goods it is not authorised for.

    It buys of its primary supplier where that grants the sku, else of the next who does, in the order of the bands.
    """
    bands = await ctx.load(BandsOf).each((row.seller_id, row.sku_id) for row in rows)
    suppliers = {key: found[0].grantor_id for key, found in bands.items() if found}
    prices = await ctx.load(TradePrices).each((supplier, *key) for key, supplier in suppliers.items())
    terms = {
        key: TradeTerms(
            supplier,
            _unit(prices[supplier, *key], ctx.reading.now),
            *common_band((band.min_fen, band.max_fen) for band in bands[key]),
        )
        for key, supplier in suppliers.items()
    }
    return [terms.get((row.seller_id, row.sku_id)) for row in rows]


async def price(
    roots: Roots,
    ctx: Context,
    *,
    seller_id: UUID,
    buyer_id: UUID,
    sku_id: UUID,
    quantity: int,
    at: datetime | None,
) -> list[PriceQuote | None]:
    """The trade price of a quantity for a buyer, explained; None unless the viewer is the buyer or the seller.

    Raises: BadInput for a quantity that one line cannot hold, or whose amount is more than money can be.
    """
    if not 1 <= quantity <= MAX_QUANTITY:
        raise BadInput(f"`quantity` must be between 1 and {MAX_QUANTITY}.")
    moment = ctx.reading.now if at is None else at
    candidates = await trade_history(ctx.reading, seller_id, buyer_id, sku_id, moment)
    if not candidates:
        return [None] * len(roots)
    explanations = explain(candidates, quantity, moment)
    applied = next((entry.candidate for entry in explanations if entry.applied), None)
    try:
        amount = None if applied is None else line_amount(applied.unit_fen, quantity)
    except MoneyError as error:
        raise BadInput(f"The amount of `quantity` cannot be: {error}") from None
    return [PriceQuote(quantity, moment, applied, amount, explanations)] * len(roots)


async def price_lists(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The price lists of each seller, for that seller."""
    return await connect(ctx, PRICE_LISTS, [row.id for row in rows], first, after)


async def prices_of_list(
    rows: Sequence[PriceListRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The prices of each list through all time."""
    return await connect(ctx, PRICES, [row.id for row in rows], first, after)


async def authorizations(rows: Sequence[OrganizationRow], ctx: Context) -> list[list[AuthorizationRow]]:
    """What each organisation may sell, as far as the viewer is a party to it."""
    return await ctx.load(AuthorizationsOf).many([row.id for row in rows])


assortment_of = named("assortment_id", AssortmentById)
"""The assortment each authorisation gives."""


async def skus_of_assortment(
    rows: Sequence[AssortmentRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The skus of each assortment with their bands."""
    return await connect(ctx, ASSORTMENT_SKUS, [row.id for row in rows], first, after)


async def shelf_coverage(rows: Sequence[OrganizationRow], ctx: Context) -> list[CoverageRow | None]:
    """How many of the shops below each brand list its goods; None for who does not speak for it."""
    scope = ctx.viewer.scope
    return await ctx.load(CoverageOf).where_any([row.id if scope.speaks_for(row.id) else None for row in rows])


async def skus_of_coverage(
    rows: Sequence[CoverageRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The skus of each brand with how many shops list them."""
    return await connect(ctx, COVERAGE_BY_SKU, [row.brand_id for row in rows], first, after)


def covered_bps(row: CoverageRow) -> int | None:
    """The part of the shops that list any of a brand's skus; None without shops."""
    return part_bps(row.covered, row.total) if row.total else None


async def covered_bps_of_sku(rows: Sequence[SkuCoverageEntry], ctx: Context) -> list[int | None]:
    """The part of the shops that list each sku; None without shops."""
    brands = await ctx.load(CoverageOf).many([row.brand_id for row in rows])
    return [
        part_bps(row.covered, brand.total) if brand is not None and brand.total else None
        for row, brand in zip(rows, brands, strict=True)
    ]
