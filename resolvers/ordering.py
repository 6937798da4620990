"""The ordering centre's answers: orders, for their two parties."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from loaders.channel import OrganizationRow
from loaders.ordering import LINES, ORDERS_PLACED, ORDERS_RECEIVED, OrderById, OrderRow
from loaders.paging import Page
from resolvers.context import Context
from resolvers.paging import connect


async def order(roots: Sequence[object], ctx: Context, *, id: UUID) -> list[OrderRow | None]:
    """An order by id, for its buyer and its seller."""
    return [await ctx.load(OrderById).one(id)] * len(roots)


async def orders_received(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The orders each organisation sells, the newest first."""
    return await connect(ctx, ORDERS_RECEIVED, [row.id for row in rows], first, after)


async def orders_placed(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The orders each organisation buys, the newest first."""
    return await connect(ctx, ORDERS_PLACED, [row.id for row in rows], first, after)


async def lines(rows: Sequence[OrderRow], ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """The lines of each order."""
    return await connect(ctx, LINES, [row.id for row in rows], first, after)
