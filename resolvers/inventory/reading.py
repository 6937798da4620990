"""The inventory centre's answers: what can be sold, and the stock behind it for those it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from domain.base import BadInput
from domain.catalog import ListingOrigin
from domain.inventory import (
    MAX_COVER_DAYS,
    Promise,
    days_of_cover,
    own_part,
)
from domain.ordering import Window
from loaders.catalog import ListingRow, SkuRow
from loaders.channel import OrganizationRow
from loaders.inventory import (
    CONTRIBUTION_SKUS,
    CONTRIBUTIONS,
    CONTRIBUTIONS_OF_OWNER,
    COVER,
    MOVEMENTS,
    OWN_CONTRIBUTIONS,
    STOCK,
    STOCK_OF_OWNER,
    ChannelStockOf,
    ChannelStockRow,
    ContributionRow,
    CoverEntry,
    LocationById,
    LocationOfRow,
    LocationRow,
    LocationsOf,
    PoolById,
    PoolOfRow,
    PoolsOf,
    PromiseOf,
    StockDocumentRow,
)
from loaders.ordering import instants
from loaders.paging import Page
from resolvers.channel import closed_malls
from resolvers.context import Context, named
from resolvers.paging import connect, connect_own


@dataclass(frozen=True, slots=True)
class LevelOfPromise:
    """What one level of the channel gives to a promise: `hops` supply edges above the store, `units` base units."""

    hops: int
    units: int


async def promises(rows: Sequence[ListingRow], ctx: Context) -> list[Promise]:
    """What each listing's store can sell of its sku now."""
    found = await ctx.load(PromiseOf).many([(row.seller_id, row.sku_id) for row in rows])
    return [
        own_part(promise) if ListingOrigin(row.origin).is_own_only else promise
        for row, promise in zip(rows, found, strict=True)
    ]


async def sellable(rows: Sequence[ListingRow], ctx: Context) -> list[int | None]:
    """The units each listing can sell now; None at a mall that is closed to the viewer."""
    closed = await closed_malls(ctx, [(row.seller_id, row.mode) for row in rows])
    told = [row for row in rows if row.seller_id not in closed]
    found = {row.id: promise.total for row, promise in zip(told, await promises(told, ctx), strict=True)}
    return [found.get(row.id) for row in rows]


async def sellable_by_level(rows: Sequence[ListingRow], ctx: Context) -> list[list[LevelOfPromise] | None]:
    """The same by level of the channel, nearest first; for the seller: it tells what its upstreams have."""
    scope = ctx.viewer.scope
    if not any(scope.speaks_for(row.seller_id) for row in rows):
        return [None] * len(rows)
    # Asked for them all: `sellable` asks for the others too, and so the two share one statement.
    return [
        [LevelOfPromise(*level) for level in promise.by_hops] if scope.speaks_for(row.seller_id) else None
        for row, promise in zip(rows, await promises(rows, ctx), strict=True)
    ]


async def channel_stock(rows: Sequence[SkuRow], ctx: Context) -> list[ChannelStockRow | None]:
    """How much of each sku lies in the channel, for its brand."""
    return await ctx.load(ChannelStockOf).many([row.id for row in rows])


async def stock_cover(
    rows: Sequence[OrganizationRow], ctx: Context, *, days: int, until: date | None, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The skus of each brand with what was sold of them in the days before `until`; None for who is not the brand.

    Raises: BadInput for no day, for more than `MAX_COVER_DAYS`, or for days too far away.
    """
    if not 1 <= days <= MAX_COVER_DAYS:
        raise BadInput(f"`days` must be between 1 and {MAX_COVER_DAYS}.")
    end = ctx.reading.today if until is None else until
    try:
        looked_at = Window(end - timedelta(days), end)
    except OverflowError:
        raise BadInput("`until` is too far away.") from None
    own = [row.id if ctx.viewer.scope.speaks_for(row.id) else None for row in rows]
    return await connect(ctx, COVER, own, first, after, days=days, **instants(ctx.reading, looked_at))


async def on_hand_in_channel(rows: Sequence[CoverEntry], ctx: Context) -> list[int | None]:
    """How much of each sku lies in the channel."""
    return [
        None if stock is None else stock.on_hand
        for stock in await ctx.load(ChannelStockOf).many([row.sku_id for row in rows])
    ]


async def days_covered(rows: Sequence[CoverEntry], ctx: Context) -> list[int | None]:
    """How many days that lasts; None where either is no aggregate, or nothing was sold."""
    return [
        None if on_hand is None or row.sold is None else days_of_cover(on_hand, row.sold, row.days)
        for row, on_hand in zip(rows, await on_hand_in_channel(rows, ctx), strict=True)
    ]


async def location(roots: Sequence[object], ctx: Context, *, id: UUID) -> list[LocationRow | None]:
    """A location by id, for who runs it and for whose goods lie there."""
    return [await ctx.load(LocationById).one(id)] * len(roots)


async def locations_of(rows: Sequence[OrganizationRow], ctx: Context) -> list[list[LocationOfRow]]:
    """The locations each organisation runs, as far as the viewer may see them."""
    return await ctx.load(LocationsOf).many([row.id for row in rows])


location_of = named("location_id", LocationById)
to_location_of = named("to_location_id", LocationById)
"""The location each row is at, for who may see it."""


async def stock_at(
    rows: Sequence[LocationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The stock at each location, by sku, owner and lot."""
    return await connect(ctx, STOCK, [row.id for row in rows], first, after)


async def stock_of(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The goods of each organisation wherever they lie, by location, sku and lot."""
    return await connect(ctx, STOCK_OF_OWNER, [row.id for row in rows], first, after)


pool_of = named("pool_id", PoolById)
"""The pool each row is about."""


async def pools_of(rows: Sequence[OrganizationRow], ctx: Context) -> list[list[PoolOfRow]]:
    """The pools each organisation keeps, as far as the viewer may see them."""
    return await ctx.load(PoolsOf).many([row.id for row in rows])


async def contributions_of(
    rows: Sequence[PoolOfRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The contributions to each pool: all of them for its keeper, for others their own."""
    return await connect_own(ctx, CONTRIBUTIONS, OWN_CONTRIBUTIONS, rows, "organization_id", first, after)


async def contributions_by(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """What each organisation contributes to pools."""
    return await connect(ctx, CONTRIBUTIONS_OF_OWNER, [row.id for row in rows], first, after)


async def skus_of_contribution(
    rows: Sequence[ContributionRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """What each contribution promises, sku by sku."""
    return await connect(ctx, CONTRIBUTION_SKUS, [row.id for row in rows], first, after)


async def movements_of(
    rows: Sequence[StockDocumentRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The movements of each paper."""
    return await connect(ctx, MOVEMENTS, [row.id for row in rows], first, after)
