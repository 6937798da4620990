"""The money of an order: what came in for it, what goes back, and the journal of each.

The order is locked by whoever calls; ledger accounts come after it, and before stock.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import insert, text

from domain.ordering import REFUND_ASKS, RefundAsked, RefundNotFailed, RefundState, refund_wait
from domain.settlement import Account, JournalKind, Posting, Purpose
from models.base import new_id
from models.ordering.locking import Locked
from models.ordering.money import Refund, RefundLine
from models.settlement import open_accounts, post
from models.writing import Event, Made, Transaction

UNUSABLE: Final = "The money could not be used for the order."
"""The reason of a refund of a payment that covers nothing."""


class Paid(NamedTuple):
    """A payment that came in: what of it has not been given back is `left_fen`. `covers`: it paid the order."""

    id: UUID
    covers: bool
    left_fen: int
    journal_id: UUID


class Back(NamedTuple):
    """What goes back for one line: so many units, or none where it is money alone, and so many fen."""

    line: int
    quantity: int
    amount_fen: int


_COVERING = text("""
    SELECT id, covers, amount_fen - refunded_fen AS left_fen, journal_id
    FROM payment WHERE tenant_id = :tenant AND order_id = :order AND covers
""")
_PAID = text("""
    UPDATE payment SET state = 'PAID', covers = :covers, paid_at = :at, journal_id = :journal,
        reference = coalesce(reference, :reference)
    WHERE tenant_id = :tenant AND id = :id
""")
_GIVE_BACK = text("UPDATE payment SET refunded_fen = refunded_fen + :amount WHERE tenant_id = :tenant AND id = :id")


def _accounts(order: Locked, *, covers: bool) -> tuple[Account, Account]:
    """From where to where money comes in: the seller's sales, or what is outside, to what the channel holds for her."""
    source = Purpose.SALES if covers else Purpose.EXTERNAL
    return (
        Account(source, order.seller_id, None, order.currency),
        Account(Purpose.CLEARING, order.seller_id, None, order.currency),
    )


async def open_books(tx: Transaction, order: Locked) -> None:
    """Have there whatever accounts a payment may touch, before stock is locked to find out which."""
    await open_accounts(tx, {*_accounts(order, covers=True), *_accounts(order, covers=False)})


async def book_payment(
    tx: Transaction, order: Locked, payment: UUID, amount_fen: int, reference: str, *, covers: bool
) -> Paid:
    """Write down that a payment came in, with its journal: a sale where it covers the order, else money alone."""
    kind = JournalKind.SALE if covers else JournalKind.PAYMENT
    journal = await post(tx, kind, payment, [Posting(*_accounts(order, covers=covers), amount_fen)])
    values = {"tenant": tx.tenant_id, "id": payment, "covers": covers, "at": tx.now, "journal": journal}
    await tx.execute(_PAID, {**values, "reference": reference or None})
    return Paid(payment, covers, amount_fen, journal)


async def covering(tx: Transaction, order: Locked) -> Paid | None:
    """The payment that paid the order; None where nothing did: it waits, or costs nothing."""
    row = (await tx.execute(_COVERING, {"tenant": tx.tenant_id, "order": order.id})).one_or_none()
    return None if row is None else Paid(row.id, row.covers, row.left_fen, row.journal_id)


async def book_refund(
    tx: Transaction, order: Locked, paid: Paid, amount_fen: int, reason: str, lines: Sequence[Back] = ()
) -> UUID:
    """Write down that money goes back, with its journal; the provider is told of it as soon as may be.

    What the order and its lines have given back the caller counts. Returns: the refund's id.
    """
    id = new_id()
    source, target = _accounts(order, covers=paid.covers)
    journal = await post(tx, JournalKind.REFUND, id, [Posting(target, source, amount_fen)], reverses=paid.journal_id)
    await tx.execute(_GIVE_BACK, {"tenant": tx.tenant_id, "id": paid.id, "amount": amount_fen})
    await tx.execute(
        insert(Refund).values(
            tenant_id=tx.tenant_id,
            id=id,
            order_id=order.id,
            payment_id=paid.id,
            state=RefundState.PENDING,
            amount_fen=amount_fen,
            reason=reason,
            journal_id=journal,
            created_at=tx.now,
            due_at=tx.now,
        )
    )
    if lines:
        own = {"tenant_id": tx.tenant_id, "refund_id": id, "order_id": order.id}
        await tx.execute(insert(RefundLine), [{**own, **line._asdict()} for line in lines])
    return id


_AGAIN = text("""
    UPDATE refund SET state = 'PENDING', settled_at = NULL, due_at = :now, asked = 0
    WHERE tenant_id = :tenant AND id = :id AND order_id = :order AND state = 'FAILED'
    RETURNING id
""")
_STATE = text("SELECT state FROM refund WHERE tenant_id = :tenant AND id = :id AND order_id = :order")


async def retry_refund(tx: Transaction, order: Locked, id: UUID) -> None:
    """Have the provider told anew of a refund that failed: it was booked when it was decided, and is the same one.

    Raises: RefundNotFailed.
    """
    values = {"tenant": tx.tenant_id, "id": id, "order": order.id}
    if await tx.scalar(_AGAIN, {**values, "now": tx.now}) is None:
        raise RefundNotFailed(RefundState(await tx.scalar(_STATE, values)))
    await tx.tell(order.tells("RefundRetried", {"refund": id.hex}))


# ── told to the provider ──────────────────────────────────────────────────────────────────────────────────────────────
_DUE = text("""
    SELECT r.id, r.amount_fen, r.reason, r.asked, p.id AS payment_id, p.provider, p.reference, p.currency,
           o.id AS order_id, o.number, o.seller_id
    FROM refund r JOIN payment p ON p.tenant_id = r.tenant_id AND p.id = r.payment_id
    JOIN order_header o ON o.tenant_id = r.tenant_id AND o.id = r.order_id
    WHERE r.tenant_id = :tenant AND r.id = :id AND r.state = 'PENDING' AND r.due_at <= :now
    FOR NO KEY UPDATE OF r
""")
_TOLD = text("UPDATE refund SET asked = asked + 1, due_at = :due WHERE tenant_id = :tenant AND id = :id")
_GIVEN_UP = text("""
    UPDATE refund SET state = 'FAILED', settled_at = :now, due_at = NULL WHERE tenant_id = :tenant AND id = :id
""")


async def refund_to_tell(tx: Transaction, id: UUID) -> tuple[str, RefundAsked] | None:
    """What a provider is to be told of a refund that is due, and which one; it is due again later.

    One that was told of so often that nothing will come of it is FAILED: somebody has to look. Returns None then, and
    where it is not due.
    """
    values = {"tenant": tx.tenant_id, "id": id}
    row = (await tx.execute(_DUE, {**values, "now": tx.now})).one_or_none()
    if row is None:
        return None
    if row.asked >= REFUND_ASKS:
        await tx.execute(_GIVEN_UP, {**values, "now": tx.now})
        facts = {"number": row.number, "refund": id.hex, "amountFen": row.amount_fen, "state": RefundState.FAILED.value}
        await tx.tell(Event("RefundSettled", Made("order", row.order_id), frozenset({row.seller_id}), facts))
        await tx.audit("giveUpRefund", [Made("refund", id)], {"asked": row.asked})
        return None
    await tx.execute(_TOLD, {**values, "due": tx.now + refund_wait(row.asked + 1)})
    return row.provider, RefundAsked(
        tx.tenant_id, row.payment_id, row.id, row.reference or "", row.amount_fen, row.currency, row.reason
    )
