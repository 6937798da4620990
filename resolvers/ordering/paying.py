"""Paying: a payment is begun in a transaction, the provider is asked after it, and what it says is kept."""

import logging
from typing import Any
from uuid import UUID

from domain.base import NotAllowed
from domain.ordering import (
    Charge,
    Declined,
    OfOrder,
    OrderActor,
    PaymentDeclined,
    PaymentState,
    PaymentUnavailable,
    Provider,
)
from domain.permissions import Permission
from loaders.ordering import PaymentById, PaymentRow
from models.ordering import begin_payment, charge_of, write_charged
from models.writing import Made, Transaction
from resolvers.acts import Done, Told, act, again
from resolvers.context import Context
from resolvers.ordering.handling import order_for

log = logging.getLogger(__name__)


async def pay_order(ctx: Context, key: str, command: OfOrder) -> Any:
    """Begin to pay an order, or find what was begun. The provider is asked while nothing is locked; where it does not
    answer the payment stays, and asking again finds it; where it declines, too, and it is asked again. It is asked for
    nothing once the order does not wait for its money any more.

    Raises: Unavailable where the provider does not answer.
    """
    provider = ctx.provider
    if provider is None:
        return Told(PaymentUnavailable())

    async def effect(tx: Transaction) -> Done:
        own = Permission.ORDER
        order, _ = await order_for(ctx, tx, command.order, OrderActor.BUYER, OrderActor.SELLER, permission=own)
        return Done(Made("payment", await begin_payment(tx, order, provider.name)), {"order": order.id.hex})

    payment = await act(ctx, "payOrder", key, command, effect)
    if isinstance(payment, Told) or payment is None or not _is_to_ask(payment, provider.name):
        return payment
    try:
        refused = await _ask(ctx, provider, payment.id)
    except Declined as declined:
        log.warning("payment %s was declined: %s", payment.id, declined)
        return Told(PaymentDeclined())
    if refused is not None:
        return refused
    found = await ctx.load(PaymentById).one(payment.id)
    return Told(NotAllowed()) if found is None else found


def _is_to_ask(payment: PaymentRow, provider: str) -> bool:
    """Whether the provider was not heard yet. A payment that was closed before that says why when it is read anew."""
    return payment.pay_url is None and payment.state != PaymentState.PAID and payment.provider == provider


async def _ask(ctx: Context, provider: Provider, payment: UUID) -> Told | None:
    """Have the provider take a payment, unless it was asked meanwhile, and keep what it says.

    Returns: why nothing is to be paid any more, where that is so.
    Raises: Declined.
    """

    async def asked() -> Charge | None:
        async with ctx.transaction() as tx:
            return await charge_of(tx, payment)

    charge = await again(asked)
    if not isinstance(charge, Charge):
        return charge
    charged = await provider.create(charge)

    async def kept() -> bool:
        async with ctx.transaction() as tx:
            return await write_charged(tx, payment, charged)

    if await again(kept) is False:
        raise Declined("it has another payment under that reference")
    return None
