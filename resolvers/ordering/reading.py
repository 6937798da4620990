"""The ordering centre's answers: orders, for their two parties; what there is to ship; what own trade adds up to."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from domain.ordering import OrderState, TradeDimension, divided_by, window
from domain.permissions import Permission
from loaders.channel import OrganizationRow
from loaders.member import BuyerOf, Consumer
from loaders.ordering import (
    ALLOCATIONS,
    GOODS_TO_SHIP,
    LINES,
    ORDERS_OF_CUSTOMER,
    ORDERS_OF_CUSTOMER_IN_STATE,
    ORDERS_PLACED,
    ORDERS_PLACED_BETWEEN,
    ORDERS_RECEIVED,
    ORDERS_RECEIVED_BETWEEN,
    PURCHASES,
    REFUND_LINES,
    REFUNDS,
    SALES,
    SELL_IN,
    SHIPMENT_LINES,
    SHIPMENTS,
    Delivered,
    DeliveryOf,
    OrderById,
    OrderRow,
    PaymentRow,
    PaymentsOf,
    RefundRow,
    Shape,
    ShipmentRow,
    divisions,
    shape_of,
)
from loaders.paging import Page, Paged
from resolvers.context import Context, named, own_keys
from resolvers.paging import connect, connect_own


async def order(roots: Sequence[object], ctx: Context, *, id: UUID) -> list[OrderRow | None]:
    """An order by id, for its buyer and its seller."""
    return [await ctx.load(OrderById).one(id)] * len(roots)


async def orders_received(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The orders each organisation sells, the newest first."""
    return await connect_own(ctx, ORDERS_RECEIVED, ORDERS_RECEIVED_BETWEEN, rows, "id", first, after)


async def orders_placed(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The orders each organisation buys, the newest first."""
    return await connect_own(ctx, ORDERS_PLACED, ORDERS_PLACED_BETWEEN, rows, "id", first, after)


async def orders_of(
    rows: Sequence[Consumer], ctx: Context, *, state: OrderState | None, first: int, after: str | None
) -> list[Page[Any] | None]:
    """What each shopper bought, the newest first: all of it for herself, for others what they sold her."""
    keys = [row.id for row in rows]
    if state is None:
        return await connect(ctx, ORDERS_OF_CUSTOMER, keys, first, after)
    return await connect(ctx, ORDERS_OF_CUSTOMER_IN_STATE, keys, first, after, state=state.value)


async def buyer_of(rows: Sequence[OrderRow], ctx: Context) -> list[Consumer | None]:
    """The shopper who bought each order; None for an organisation's."""
    return await ctx.load(BuyerOf).many([row.id for row in rows])


async def delivery(rows: Sequence[OrderRow], ctx: Context) -> list[Delivered | None]:
    """Where each order goes; None for one that names no delivery."""
    return await ctx.load(DeliveryOf).many([row.id for row in rows])


async def goods_to_ship(
    rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """What each organisation has to ship, what waits longest first; None for who does not ship for it."""
    own = [row.id if ctx.viewer.may(Permission.FULFILMENT, row.id) else None for row in rows]
    return await connect(ctx, GOODS_TO_SHIP, own, first, after)


async def lines(rows: Sequence[OrderRow], ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """The lines of each order."""
    return await connect(ctx, LINES, [row.id for row in rows], first, after)


async def payments(rows: Sequence[OrderRow], ctx: Context) -> list[list[PaymentRow]]:
    """The payments of each order."""
    return [list(found) for found in await ctx.load(PaymentsOf).many([row.id for row in rows])]


async def refunds(rows: Sequence[OrderRow], ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """The refunds of each order, the newest first."""
    return await connect(ctx, REFUNDS, [row.id for row in rows], first, after)


async def refund_lines(
    rows: Sequence[RefundRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """What of each refund is for which line."""
    return await connect(ctx, REFUND_LINES, [row.id for row in rows], first, after)


async def shipments(rows: Sequence[OrderRow], ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """The shipments of each order, the newest first."""
    return await connect(ctx, SHIPMENTS, [row.id for row in rows], first, after)


async def shipment_lines(
    rows: Sequence[ShipmentRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """What each shipment holds."""
    return await connect(ctx, SHIPMENT_LINES, [row.id for row in rows], first, after)


async def allocations(
    rows: Sequence[OrderRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """Where the goods of each order are, for its seller; None for others."""
    return await connect(ctx, ALLOCATIONS, own_keys(ctx, rows, "seller_id"), first, after)


order_of = named("order_id", OrderById)
"""The order that each row belongs to, for its two parties."""


delivery_of = named("order_id", DeliveryOf)
"""Where the order goes that each row belongs to, for who ships it, too."""


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
        return await connect(ctx, shapes[shape_of(chosen)], own_keys(ctx, rows, "id"), first, after, **values)

    return figures


sell_in, sales, purchases = summed(SELL_IN), summed(SALES), summed(PURCHASES)
