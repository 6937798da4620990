"""Goods of a paid order leave, and are received. The order is locked by whoever calls."""

from collections.abc import Mapping
from uuid import UUID

from domain.base import NotAllowed
from domain.ordering import NotSoManyLeft, OrderActor, OrderState, TransitionNotAllowed, fulfilment_state
from models.ordering.goods import leave, parts_of
from models.ordering.locking import Locked, allocated, count, step
from models.writing import Transaction


async def ship(
    tx: Transaction,
    order: Locked,
    fulfiller: UUID,
    wanted: Mapping[int, int],
    carrier: str | None = None,
    tracking: str | None = None,
) -> UUID:
    """So many units of each line leave from whoever ships them; by itself all that are left for it and have goods.

    Returns: the shipment's id.
    Raises: NotAllowed for who ships nothing of this order; NotSoManyLeft; TransitionNotAllowed.
    """
    own = {line.line: line for line in order.lines if line.fulfiller_id == fulfiller}
    if not own:
        raise NotAllowed
    leaving = dict(wanted) or {number: line.covered for number, line in own.items() if line.covered}
    for number, units in leaving.items():
        left, short = (own[number].covered, own[number].short) if number in own else (0, 0)
        if not 0 < units <= left:
            raise NotSoManyLeft(number, units, left, short)
    after = [line.progress._replace(shipped=line.shipped + leaving.get(line.line, 0)) for line in order.lines]
    to = fulfilment_state(after)
    for line in own.values() if not leaving else ():
        if line.short:
            raise NotSoManyLeft(line.line, line.short, 0, line.short)
    if not leaving:  # whatever there was of its own is gone
        raise TransitionNotAllowed(order.state, OrderState.FULFILLED, OrderActor.FULFILLER, order.kind)
    order.check(to, OrderActor.FULFILLER)
    made = await leave(tx, order, fulfiller, parts_of(await allocated(tx, order), leaving), carrier, tracking)
    await count(tx, order.id, [{"line": number, "shipped": units} for number, units in leaving.items()])
    await step(tx, order, to, OrderActor.FULFILLER)
    await tx.tell(
        order.tells("OrderShipped", {"shipment": made.hex, "state": to.value, "units": sum(leaving.values())}),
        *order.tells_others("GoodsShipped", leaving),
    )
    return made


async def receive(tx: Transaction, order: Locked) -> None:
    """The buyer has everything. Raises: TransitionNotAllowed."""
    await step(tx, order, OrderState.COMPLETED, OrderActor.BUYER)
    await tx.tell(order.tells("OrderReceived", {}))


async def complete(tx: Transaction, order: Locked) -> None:
    """The time to say otherwise is over: the order is taken for received. Raises: TransitionNotAllowed."""
    await step(tx, order, OrderState.COMPLETED, OrderActor.SYSTEM)
    await tx.tell(order.tells("OrderCompleted", {}))
