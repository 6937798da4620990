"""Lines of paid orders that lack goods: who has to see to them, and the act that has goods looked for again."""

from collections.abc import Sequence
from typing import Any

from domain.ordering import OfOrder, OrderActor
from domain.permissions import Permission
from loaders.channel import OrganizationRow
from loaders.ordering import SHORT_LINES, SHORT_LINES_OF, SHORT_TO_SHIP
from loaders.paging import Page
from models.ordering import allocate_short
from models.writing import Transaction
from resolvers.acts import Done, act
from resolvers.context import Context, own_keys
from resolvers.ordering.handling import order_for
from resolvers.paging import connect


async def short_lines(
    roots: Sequence[object], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """All of the tenant, the one that has waited longest first."""
    return await connect(ctx, SHORT_LINES, [ctx.viewer.tenant_id] * len(roots), first, after)


async def short_lines_of(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """Those of each organisation's own sales, the one that has waited longest first; None for others."""
    return await connect(ctx, SHORT_LINES_OF, own_keys(ctx, rows, "id"), first, after)


async def short_to_ship(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """Those that each organisation is to ship, the one that has waited longest first; None for others."""
    return await connect(ctx, SHORT_TO_SHIP, own_keys(ctx, rows, "id"), first, after)


async def allocate_order(ctx: Context, key: str, command: OfOrder) -> Any:
    """The seller has goods looked for again for what its order lacks."""

    async def effect(tx: Transaction) -> Done:
        order, _ = await order_for(ctx, tx, command.order, OrderActor.SELLER, permission=Permission.ORDER)
        found = await allocate_short(tx, order, ctx.reading.today)
        return Done(order.made, {"lines": order.units_of(found)})

    return await act(ctx, "allocateOrder", key, command, effect)
