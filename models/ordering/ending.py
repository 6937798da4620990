"""How an order ends: cancelled by either side, not paid, or by the clock; and what is cancelled or refunded of it.

Goods and money go back in the transaction that says so. The order is locked by whoever calls.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from domain.inventory import ReservationState
from domain.ordering import (
    CancelCause,
    LineProgress,
    NotSoManyLeft,
    OrderActor,
    OrderState,
    RefundedLine,
    RefundTooMuch,
    TransitionNotAllowed,
    by_amount,
    by_units,
    fulfilment_state,
    of_cancelled,
)
from models.ordering.booking import Back, book_refund, covering
from models.ordering.goods import give_back, give_back_holds, parts_of
from models.ordering.locking import (
    Line,
    Locked,
    allocated,
    cancel_lines,
    count,
    count_refunded,
    lock_order,
    step,
    step_all,
)
from models.ordering.shipping import complete
from models.writing import Transaction

ACTOR_OF = {
    CancelCause.BY_BUYER: OrderActor.BUYER,
    CancelCause.BY_SELLER: OrderActor.SELLER,
    CancelCause.EXPIRED: OrderActor.SYSTEM,
    CancelCause.GOODS_GONE: OrderActor.SYSTEM,
}
"""Who ends an order for which cause."""

_CLOSE = text("""
    UPDATE payment SET state = 'CLOSED'
    WHERE tenant_id = :tenant AND order_id = any(CAST(:orders AS uuid[])) AND state = 'CREATED'
""")


async def cancel(tx: Transaction, order: Locked, cause: CancelCause) -> None:
    """End an order of which nothing has shipped: its goods can be sold again, what was paid goes back in full.

    All units of all its lines are cancelled then, whether they were paid or not.

    Raises: domain.ordering.TransitionNotAllowed.
    """
    if order.state is OrderState.PENDING_PAYMENT:
        await cancel_unpaid(tx, [order], cause)
        return
    actor = ACTOR_OF[cause]
    order.check(OrderState.CANCELLED, actor)
    back, amount = _worth(_rest(order))
    if amount:
        await _refund(tx, order, back, f"The order was cancelled: {cause.value}.")
    await give_back(tx, order, await allocated(tx, order))
    await count(tx, order.id, [_cancelled(one, line) for one, line in zip(back, order.lines, strict=True)])
    await step(tx, order, OrderState.CANCELLED, actor, cause=cause, refunded_fen=amount)
    await tx.tell(
        order.tells("OrderCancelled", {"cause": cause.value, "refundedFen": amount}),
        *order.tells_others("GoodsNotToShip", {line.line: line.covered for line in order.lines}),
    )


async def cancel_unpaid(tx: Transaction, orders: Sequence[Locked], cause: CancelCause) -> None:
    """End orders that wait for their money, set by set, with all units of all their lines: they can be sold again.

    Nobody is to pay any more what somebody gave up, or what has no goods: its payment is closed, and what comes for it
    all the same goes back. One that nobody paid in time may still be paid late.

    Raises: domain.ordering.TransitionNotAllowed for one that does not wait for it.
    """
    over = ReservationState.EXPIRED if cause is CancelCause.EXPIRED else ReservationState.RELEASED
    await give_back_holds(tx, orders, over)
    await cancel_lines(tx, orders)
    await step_all(tx, orders, OrderState.CANCELLED, ACTOR_OF[cause], cause=cause)
    if cause is not CancelCause.EXPIRED:
        await tx.execute(_CLOSE, {"tenant": tx.tenant_id, "orders": [order.id for order in orders]})
    await tx.tell(*(order.tells("OrderCancelled", {"cause": cause.value, "refundedFen": 0}) for order in orders))


async def go_on_by_clock(tx: Transaction, id: UUID) -> bool:
    """Do what the time is up for: an order that was not paid ends, one that was not objected to is completed.

    Returns: whether there was anything to do still.
    """
    order = await lock_order(tx, id)
    if order is None or order.due_at is None or order.due_at > tx.now:
        return False
    if order.state is OrderState.PENDING_PAYMENT:
        await cancel(tx, order, CancelCause.EXPIRED)
        operation = "expireOrder"
    else:
        await complete(tx, order)
        operation = "completeOrder"
    await tx.made(operation, None, order.made, {})
    return True


def _rest(order: Locked) -> list[Back]:
    """All that is left of every line."""
    return [Back(line.line, line.quantity - line.refunded, line.money.left_fen) for line in order.lines]


def _worth(back: list[Back]) -> tuple[list[Back], int]:
    """What goes back, and the sum of it. Where nothing does, there is no refund: then no units are refunded either."""
    amount = sum(one.amount_fen for one in back)
    return back if amount else [one._replace(quantity=0) for one in back], amount


def _cancelled(back: Back, line: Line) -> dict[str, int]:
    """All that is left of a line is given up: also what it lacks."""
    gone = {"cancelled": line.left, "short": -line.short}
    return {"line": back.line, "refunded": back.quantity, "refunded_fen": back.amount_fen, **gone}


async def cancel_rest(tx: Transaction, order: Locked, actor: OrderActor, lines: Sequence[int]) -> None:
    """What is left of these lines, by itself of all, will not be shipped: goods and money of it go back.

    Raises: domain.ordering.TransitionNotAllowed; NotSoManyLeft for a line of which nothing is left.
    """
    chosen = _chosen(order, lines)
    progress = [
        LineProgress(line.quantity, line.shipped, line.cancelled + (line.left if line.line in chosen else 0))
        for line in order.lines
    ]
    to = fulfilment_state(progress)
    if order.state is not OrderState.PARTLY_FULFILLED:
        raise TransitionNotAllowed(order.state, to, actor, order.kind)
    order.check(to, actor)
    rest = [Back(line.line, line.left, of_cancelled(line.money, line.left)) for line in chosen.values()]
    back, amount = _worth(rest)
    if amount:
        await _refund(tx, order, back, "The rest was cancelled.")
    units = {line.line: line.covered for line in chosen.values()}
    await give_back(tx, order, parts_of(await allocated(tx, order), units))
    await count(tx, order.id, [_cancelled(one, chosen[one.line]) for one in back])
    await step(tx, order, to, actor, refunded_fen=amount)
    await tx.tell(
        order.tells("OrderRestCancelled", {"state": to.value, "refundedFen": amount, "lines": sorted(units)}),
        *order.tells_others("GoodsNotToShip", units),
    )


def _chosen(order: Locked, lines: Sequence[int]) -> dict[int, Line]:
    there = {line.line: line for line in order.lines}
    if not lines:
        return {line.line: line for line in order.lines if line.left}
    chosen = {}
    for number in lines:
        line = there.get(number)
        if line is None or not line.left:
            raise NotSoManyLeft(number, 1, 0)
        chosen[number] = line
    return chosen


# ── refunded ──────────────────────────────────────────────────────────────────────────────────────────────────────────
REFUNDABLE = frozenset({OrderState.CONFIRMED, OrderState.PARTLY_FULFILLED, OrderState.FULFILLED, OrderState.COMPLETED})
"""The states of an order that was paid, of which money may go back without its goods."""


async def refund(tx: Transaction, order: Locked, wanted: Sequence[RefundedLine], reason: str) -> UUID:
    """Give money back for lines of an order, by units that have shipped or as money; the refund's id.

    Raises: RefundTooMuch; TransitionNotAllowed for an order that has not been paid, or has been given back.
    """
    if order.state not in REFUNDABLE:
        raise TransitionNotAllowed(order.state, order.state, OrderActor.SELLER, order.kind)
    there = {line.line: line for line in order.lines}
    back = [_back(there.get(one.line), one) for one in wanted]
    amount = sum(one.amount_fen for one in back)
    if not amount:
        raise RefundTooMuch(wanted[0].line, 0, 0)
    id = await _refund(tx, order, back, reason)
    await count(
        tx,
        order.id,
        [{"line": one.line, "refunded": one.quantity, "refunded_fen": one.amount_fen} for one in back],
    )
    await count_refunded(tx, order, amount)
    await tx.tell(order.tells("OrderRefunded", {"refund": id.hex, "amountFen": amount}))
    return id


def _back(line: Line | None, wanted: RefundedLine) -> Back:
    if line is None:
        raise RefundTooMuch(wanted.line, 0, 0)
    if wanted.quantity is None:
        return Back(line.line, 0, by_amount(line.money, wanted.amount_fen or 0))
    moved = line.shipped + line.cancelled - line.refunded
    if wanted.quantity > moved:
        raise RefundTooMuch(line.line, moved, line.money.left_fen)
    return Back(line.line, wanted.quantity, by_units(line.money, wanted.quantity))


async def _refund(tx: Transaction, order: Locked, back: Sequence[Back], reason: str) -> UUID:
    """Book it against the payment that covers the order, line by line."""
    paid = await covering(tx, order)
    if paid is None:
        raise AssertionError("An order that was paid has no payment.")
    amount = sum(one.amount_fen for one in back)
    return await book_refund(tx, order, paid, amount, reason, [one for one in back if one.quantity or one.amount_fen])
