"""Refunds as their providers are told of them: each again, later each time, until a notice says what came of it."""

from uuid import UUID

from sqlalchemy import text

from domain.ordering import REFUND_ASKS, RefundAsked, refund_given_up, refund_wait
from models.ordering.locking import lock_order
from models.ordering.paying import taken
from models.writing import Transaction

_ORDER = text("SELECT order_id FROM refund WHERE tenant_id = :tenant AND id = :id")
_DUE = text("""
    SELECT r.id, r.amount_fen, r.reason, r.asked, p.id AS payment_id, p.provider, p.reference, p.currency
    FROM refund r JOIN payment p ON p.tenant_id = r.tenant_id AND p.id = r.payment_id
    WHERE r.tenant_id = :tenant AND r.id = :id AND r.state = 'PENDING' AND r.due_at <= :now
""")
_TOLD = text("UPDATE refund SET asked = asked + 1, due_at = :due WHERE tenant_id = :tenant AND id = :id")


async def refund_to_tell(tx: Transaction, id: UUID) -> tuple[str, RefundAsked] | None:
    """What a provider is to be told of a refund that is due, and which one; it is due again later.

    One that was told of so often that nothing will come of it is FAILED, as if the provider had said so: somebody has
    to look. Returns None then, and where it is not due.
    """
    values = {"tenant": tx.tenant_id, "id": id}
    order_id = await tx.scalar(_ORDER, values)
    order = None if order_id is None else await lock_order(tx, order_id)
    # Read under the order's lock: a notice that settles it takes the same one.
    row = None if order is None else (await tx.execute(_DUE, {**values, "now": tx.now})).one_or_none()
    if row is None:
        return None
    asked = RefundAsked(
        tx.tenant_id, row.payment_id, row.id, row.reference or "", row.amount_fen, row.currency, row.reason
    )
    if row.asked >= REFUND_ASKS:
        await taken(tx, row.provider, refund_given_up(asked, tx.now))
        return None
    await tx.execute(_TOLD, {**values, "due": tx.now + refund_wait(row.asked + 1)})
    return row.provider, asked
