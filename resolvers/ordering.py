"""The ordering centre's answers: orders, for their two parties, and what an organisation's own trade adds up to."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from domain.ordering import TradeDimension, divided_by, window
from loaders.channel import OrganizationRow
from loaders.ordering import (
    LINES,
    ORDERS_PLACED,
    ORDERS_PLACED_BETWEEN,
    ORDERS_RECEIVED,
    ORDERS_RECEIVED_BETWEEN,
    PURCHASES,
    SALES,
    SELL_IN,
    OrderById,
    OrderEntry,
    OrderRow,
    Shape,
    divisions,
    shape_of,
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


def summed(shapes: Mapping[Shape, Paged[Any]]) -> Any:
    """An edge to figures of each organisation's trade, for who speaks for it; None for others.

    Its function raises BadInput for a window without days, too long or too far away, and for a division that is none.
    """

    async def figures(
        rows: Sequence[OrganizationRow],
        ctx: Context,
        *,
        since: date,
        until: date,
        by: Sequence[TradeDimension],
        first: int,
        after: str | None,
    ) -> list[Page[Any] | None]:
        chosen = divided_by(by)
        values = divisions(ctx.reading, window(since, until), chosen)
        own = [row.id if ctx.viewer.scope.speaks_for(row.id) else None for row in rows]
        return await connect(ctx, shapes[shape_of(chosen)], own, first, after, **values)

    return figures


sell_in, sales, purchases = summed(SELL_IN), summed(SALES), summed(PURCHASES)
