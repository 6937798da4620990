"""What is done to an order after it was placed: shipped, received, cancelled, refunded."""

from typing import Any
from uuid import UUID

from domain.access import ActorClass
from domain.base import NotAllowed
from domain.ordering import CancelCause, CancelRest, OfOrder, OfRefund, OrderActor, RefundOrder, ShipOrder
from domain.permissions import Permission
from loaders.ordering import RefundById
from models.ordering import Locked, cancel, lock_order, receive, refund, ship
from models.ordering import cancel_rest as cancel_what_is_left
from models.ordering import retry_refund as have_it_told_again
from models.writing import Made, Transaction
from resolvers.acts import Done, act, acting_for, let_on
from resolvers.context import Context

_CAUSES = {OrderActor.BUYER: CancelCause.BY_BUYER, OrderActor.SELLER: CancelCause.BY_SELLER}


async def order_for(
    ctx: Context,
    tx: Transaction,
    id: UUID,
    *parts: OrderActor,
    permission: Permission | None = None,
) -> tuple[Locked, OrderActor]:
    """An order under its lock, and which of these parts the viewer plays towards it.

    `permission`: what the seller's people need; by itself `giving_up`.

    Raises: NotAllowed for who plays none of them, whether the order is there or not.
    """
    order = await lock_order(tx, id)
    if order is None:
        raise NotAllowed
    if ctx.viewer.actor_class is ActorClass.CONSUMER:
        if OrderActor.BUYER not in parts or ctx.viewer.customer_id != order.customer_id:
            raise NotAllowed
        return order, OrderActor.BUYER
    if OrderActor.SELLER not in parts:
        raise NotAllowed
    let_on(ctx, tx, permission or giving_up(order), order.seller_id)
    return order, OrderActor.SELLER


def giving_up(order: Locked) -> Permission:
    """What it takes to give an order up for the seller: where it is paid, money goes back."""
    return Permission.AFTERSALE if order.paid_fen else Permission.ORDER


async def ship_order(ctx: Context, key: str, command: ShipOrder) -> Any:
    """Goods of an order leave whoever ships them."""

    async def effect(tx: Transaction) -> Done:
        fulfiller = await acting_for(ctx, tx, command.fulfiller, Permission.FULFILMENT)
        order = await lock_order(tx, command.order)
        if order is None:
            raise NotAllowed
        wanted = {line.line: line.quantity for line in command.lines}
        made = await ship(tx, order, fulfiller.id, wanted, command.carrier, command.tracking)
        return Done(Made("shipment", made), {"order": order.id.hex})

    return await act(ctx, "shipOrder", key, command, effect)


async def receive_order(ctx: Context, key: str, command: OfOrder) -> Any:
    """The buyer has received everything."""

    async def effect(tx: Transaction) -> Done:
        order, _ = await order_for(ctx, tx, command.order, OrderActor.BUYER)
        await receive(tx, order)
        return Done(order.made)

    return await act(ctx, "receiveOrder", key, command, effect)


async def cancel_order(ctx: Context, key: str, command: OfOrder) -> Any:
    """Either side gives an order up of which nothing has shipped."""

    async def effect(tx: Transaction) -> Done:
        order, part = await order_for(ctx, tx, command.order, OrderActor.BUYER, OrderActor.SELLER)
        await cancel(tx, order, _CAUSES[part])
        return Done(order.made, {"cause": _CAUSES[part].value})

    return await act(ctx, "cancelOrder", key, command, effect)


async def cancel_rest(ctx: Context, key: str, command: CancelRest) -> Any:
    """Either side gives up what is left of lines of an order of which a part has shipped."""

    async def effect(tx: Transaction) -> Done:
        order, part = await order_for(ctx, tx, command.order, OrderActor.BUYER, OrderActor.SELLER)
        await cancel_what_is_left(tx, order, part, command.lines)
        return Done(order.made, {"lines": list(command.lines)})

    return await act(ctx, "cancelRest", key, command, effect)


async def refund_order(ctx: Context, key: str, command: RefundOrder) -> Any:
    """The seller gives money back; the goods stay where they are."""

    async def effect(tx: Transaction) -> Done:
        own = Permission.AFTERSALE
        order, _ = await order_for(ctx, tx, command.order, OrderActor.SELLER, permission=own)
        made = await refund(tx, order, command.lines, command.reason)
        return Done(Made("refund", made), {"order": order.id.hex})

    return await act(ctx, "refundOrder", key, command, effect)


async def retry_refund(ctx: Context, key: str, command: OfRefund) -> Any:
    """The seller has the provider told anew of a refund that failed."""

    async def effect(tx: Transaction) -> Done:
        row = await ctx.load(RefundById).one(command.refund)
        if row is None:
            raise NotAllowed
        order, _ = await order_for(ctx, tx, row.order_id, OrderActor.SELLER, permission=Permission.AFTERSALE)
        await have_it_told_again(tx, order, row.id)
        return Done(Made("refund", row.id), {"order": order.id.hex})

    return await act(ctx, "retryRefund", key, command, effect)
