"""What providers told: written down once; what somebody has to look at is closed by whoever has."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from domain.ordering import ODD, Notice, NoticeNotOpen, NoticeOutcome
from models.ordering.locking import Locked, lock_order
from models.ordering.money import PaymentNotice
from models.writing import Transaction

_ORDER = text("""
    SELECT p.order_id FROM payment_notice n
    LEFT JOIN payment p ON p.tenant_id = :tenant AND p.id = n.payment_id AND p.provider = n.provider
    WHERE n.tenant_id = :tenant AND n.id = :id
""")
_LOCK = text("SELECT outcome, closed_at FROM payment_notice WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE")
_CLOSE = text("UPDATE payment_notice SET closed_at = :now, note = :note WHERE tenant_id = :tenant AND id = :id")


async def write_notice(
    tx: Transaction,
    provider: str,
    notice: Notice,
    outcome: NoticeOutcome = NoticeOutcome.NOTED,
    seller: UUID | None = None,
) -> bool:
    """Write a notice down; whether it was not there. Whoever takes the same just now is waited for."""
    taken = await tx.execute(
        insert(PaymentNotice)
        .values(
            tenant_id=tx.tenant_id,
            provider=provider,
            notice=notice.id,
            kind=notice.kind,
            payment_id=notice.payment,
            refund_id=notice.refund,
            reference=notice.reference,
            amount_fen=notice.amount_fen,
            currency=notice.currency,
            told_at=notice.at,
            received_at=tx.now,
            outcome=outcome,
            seller_id=seller,
        )
        .on_conflict_do_nothing()
        .returning(PaymentNotice.notice)
    )
    return taken.first() is not None


class Noticed(NamedTuple):
    """A notice that is there, and the order that it is about, under its lock; None where that is not known."""

    id: UUID
    order: Locked | None


async def lock_noticed(tx: Transaction, id: UUID) -> Noticed | None:
    """A notice's order, locked as every notice about it does."""
    row = (await tx.execute(_ORDER, {"tenant": tx.tenant_id, "id": id})).one_or_none()
    if row is None:
        return None
    return Noticed(id, None if row.order_id is None else await lock_order(tx, row.order_id))


async def close_notice(tx: Transaction, id: UUID, note: str) -> None:
    """Somebody has looked at a notice: it leaves the list. What has to be done about it is done by other acts.

    Raises: domain.ordering.NoticeNotOpen.
    """
    named = {"tenant": tx.tenant_id, "id": id}
    row = (await tx.execute(_LOCK, named)).one()
    if row.closed_at is not None or row.outcome not in ODD:
        raise NoticeNotOpen(row.closed_at)
    await tx.execute(_CLOSE, {**named, "now": tx.now, "note": note})
