"""Payments of which nothing was heard in time: their providers are asked, later each time, until they say.

Whatever a provider owes by itself may be lost: it gave up, or was not believed. Also one that is closed here is asked
about, for money may have come. Source: docs/decisions/0031-payments.md
"""

from uuid import UUID

from sqlalchemy import text

from domain.ordering import PAYMENT_ASKS, ChargeSought, NoticeOutcome, payment_unanswered, payment_wait
from models.ordering.locking import Locked, lock_order
from models.ordering.looking import write_notice
from models.writing import Transaction

_ORDER = text("SELECT order_id FROM payment WHERE tenant_id = :tenant AND id = :id")
_DUE = text("""
    SELECT id, provider, reference, amount_fen, currency, asked FROM payment
    WHERE tenant_id = :tenant AND id = :id AND due_at <= :now
""")
_ASKED = text("UPDATE payment SET asked = asked + 1, due_at = :due WHERE tenant_id = :tenant AND id = :id")
_NO_MORE = text("UPDATE payment SET due_at = NULL WHERE tenant_id = :tenant AND id = :id")
_HEARD = text("""
    UPDATE payment_notice SET closed_at = :now
    WHERE tenant_id = :tenant AND payment_id = :id AND outcome = 'UNANSWERED' AND closed_at IS NULL
""")


async def payment_to_ask(tx: Transaction, id: UUID) -> tuple[str, ChargeSought] | None:
    """What a provider is to be asked about a payment that is due, and which one; it is due again later.

    Where it was asked so often that nothing will come of it somebody has to look, and it is asked no more. Returns None
    then, and where it is not due.
    """
    values = {"tenant": tx.tenant_id, "id": id}
    order = await _order_of(tx, id)
    # Read under the order's lock: a notice that says what became of it takes the same one.
    row = None if order is None else (await tx.execute(_DUE, {**values, "now": tx.now})).one_or_none()
    if order is None or row is None:
        return None
    sought = ChargeSought(tx.tenant_id, row.id, row.reference, row.amount_fen, row.currency)
    if row.asked >= PAYMENT_ASKS:
        await _give_up(tx, order, row.provider, sought)
        return None
    await tx.execute(_ASKED, {**values, "due": tx.now + payment_wait(row.asked + 1)})
    return row.provider, sought


async def ask_no_more(tx: Transaction, id: UUID) -> None:
    """The provider has said what became of a payment, whatever was made of that."""
    if await _order_of(tx, id) is not None:
        await tx.execute(_NO_MORE, {"tenant": tx.tenant_id, "id": id})


async def close_unanswered(tx: Transaction, id: UUID) -> None:
    """Nobody has to look any more for what became of a payment: it was told after all."""
    await tx.execute(_HEARD, {"tenant": tx.tenant_id, "id": id, "now": tx.now})


async def _order_of(tx: Transaction, payment: UUID) -> Locked | None:
    order_id = await tx.scalar(_ORDER, {"tenant": tx.tenant_id, "id": payment})
    return None if order_id is None else await lock_order(tx, order_id)


async def _give_up(tx: Transaction, order: Locked, provider: str, sought: ChargeSought) -> None:
    """Have somebody look. The payment stays as it was: what is told of it after all does what it always does."""
    notice = payment_unanswered(sought, tx.now)
    await write_notice(tx, provider, notice, NoticeOutcome.UNANSWERED, order.seller_id)
    await tx.execute(_NO_MORE, {"tenant": tx.tenant_id, "id": sought.payment})
    facts = {"payment": sought.payment.hex}
    await tx.tell(order.tells("PaymentUnanswered", facts))
    await tx.audit("paymentUnanswered", [order.made], facts)
