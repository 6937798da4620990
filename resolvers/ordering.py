"""The ordering centre's answers: orders, for their two parties."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from loaders.channel import OrganizationRow
from loaders.ordering import (
    LINES,
    ORDERS_PLACED,
    ORDERS_PLACED_BETWEEN,
    ORDERS_RECEIVED,
    ORDERS_RECEIVED_BETWEEN,
    OrderById,
    OrderEntry,
    OrderRow,
)
from loaders.paging import Page, Paged
from resolvers.context import Context
from resolvers.paging import connect


async def order(roots: Sequence[object], ctx: Context, *, id: UUID) -> list[OrderRow | None]:
    """An order by id, for its buyer and its seller."""
    return [await ctx.load(OrderById).one(id)] * len(roots)


async def orders_received(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The orders each organisation sells, the newest first."""
    return await _orders(ctx, ORDERS_RECEIVED, ORDERS_RECEIVED_BETWEEN, rows, first, after)


async def orders_placed(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The orders each organisation buys, the newest first."""
    return await _orders(ctx, ORDERS_PLACED, ORDERS_PLACED_BETWEEN, rows, first, after)


async def _orders(
    ctx: Context,
    whole: Paged[OrderEntry],
    between: Paged[OrderEntry],
    rows: Sequence[OrganizationRow],
    first: int,
    after: str | None,
) -> list[Page[Any] | None]:
    """All orders of the viewer's own organisations, and of the others those with the viewer: at most two trips."""
    own = [row.id if ctx.viewer.scope.speaks_for(row.id) else None for row in rows]
    others = [None if key is not None else row.id for row, key in zip(rows, own, strict=True)]
    mine = await connect(ctx, whole, own, first, after)
    shared = await connect(ctx, between, others, first, after)
    return [page or other for page, other in zip(mine, shared, strict=True)]


async def lines(rows: Sequence[OrderRow], ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """The lines of each order."""
    return await connect(ctx, LINES, [row.id for row in rows], first, after)
