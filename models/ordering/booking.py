"""The money of an order: what came in for it, what goes back, and the journal of each.

The order is locked by whoever calls; ledger accounts come after it, and before stock.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Executable, insert, text
from sqlalchemy.exc import IntegrityError

from domain.ordering import RefundNotFailed, RefundState
from domain.settlement import Account, JournalKind, Posting, Purpose
from models.base import new_id
from models.ordering.locking import Locked
from models.ordering.money import REFERENCE_ONCE, Refund, RefundLine
from models.settlement import open_accounts, post
from models.writing import Collision, Transaction

UNUSABLE: Final = "The money could not be used for the order."
"""The reason of a refund of a payment that covers nothing."""
NOT_AS_ASKED: Final = "Another amount came than was asked."
"""The reason of a refund of what came otherwise than asked."""


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
    SELECT id, covers, came_fen - refunded_fen AS left_fen, journal_id
    FROM payment WHERE tenant_id = :tenant AND order_id = :order AND covers
""")
_PAID = text("""
    UPDATE payment SET state = 'PAID', covers = :covers, came_fen = :came, paid_at = :at, journal_id = :journal,
        due_at = NULL, reference = coalesce(reference, :reference)
    WHERE tenant_id = :tenant AND id = :id
""")
_MORE = text("UPDATE payment SET came_fen = came_fen + :amount WHERE tenant_id = :tenant AND id = :id")
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
    await open_accounts(tx, [*_accounts(order, covers=True), *_accounts(order, covers=False)])


async def book_payment(
    tx: Transaction, order: Locked, payment: UUID, amount_fen: int, reference: str, *, covers: bool
) -> Paid:
    """Write down that a payment came in, with its journal: a sale where it covers the order, else money alone.

    `amount_fen` is what came, not what was asked.

    Raises: Collision as `write_reference`.
    """
    kind = JournalKind.SALE if covers else JournalKind.PAYMENT
    journal = await post(tx, kind, payment, [Posting(*_accounts(order, covers=covers), amount_fen)])
    values = {"tenant": tx.tenant_id, "id": payment, "covers": covers, "came": amount_fen, "at": tx.now}
    await write_reference(tx, _PAID, {**values, "journal": journal, "reference": reference or None})
    return Paid(payment, covers, amount_fen, journal)


async def book_more(tx: Transaction, order: Locked, payment: UUID, amount_fen: int) -> Paid:
    """Write down that more came for a payment that had come in, with a journal of its own: it pays for nothing."""
    journal = await post(tx, JournalKind.PAYMENT, payment, [Posting(*_accounts(order, covers=False), amount_fen)])
    await tx.execute(_MORE, {"tenant": tx.tenant_id, "id": payment, "amount": amount_fen})
    return Paid(payment, False, amount_fen, journal)


async def write_reference(tx: Transaction, statement: Executable, values: Mapping[str, Any]) -> None:
    """Change a payment by a statement that may name the provider's reference of it.

    Raises: models.writing.Collision where another payment has got that reference just now: begun anew, that is seen.
    """
    try:
        await tx.execute(statement, values)
    except IntegrityError as error:
        if REFERENCE_ONCE in str(error.orig):
            raise Collision("another payment has got the reference") from error
        raise


_ANOTHERS = text("""
    SELECT EXISTS (SELECT FROM payment
                   WHERE tenant_id = :tenant AND provider = :provider AND reference = :reference AND id <> :id)
""")


async def is_anothers(tx: Transaction, provider: str, reference: str, payment: UUID) -> bool:
    """Whether a reference of the provider's is known as another payment's."""
    values = {"tenant": tx.tenant_id, "provider": provider, "reference": reference, "id": payment}
    return bool(reference) and bool(await tx.scalar(_ANOTHERS, values))


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
_LOOKED_AT = text("""
    UPDATE payment_notice n SET closed_at = :now FROM refund r
    WHERE r.tenant_id = :tenant AND r.id = :id AND n.tenant_id = :tenant AND n.payment_id = r.payment_id
      AND n.refund_id = r.id AND n.closed_at IS NULL
      AND (n.outcome = 'REFUND_FAILED' OR (r.state = 'DONE' AND n.outcome = 'MISMATCH' AND n.kind = 'PAID'))
""")
_STATE = text("SELECT state FROM refund WHERE tenant_id = :tenant AND id = :id AND order_id = :order")


async def retry_refund(tx: Transaction, order: Locked, id: UUID) -> None:
    """Have the provider told anew of a refund that failed: it was booked when it was decided, and is the same one.

    Raises: RefundNotFailed.
    """
    values = {"tenant": tx.tenant_id, "id": id, "order": order.id}
    if await tx.scalar(_AGAIN, {**values, "now": tx.now}) is None:
        raise RefundNotFailed(RefundState(await tx.scalar(_STATE, values)))
    await close_settled(tx, id)
    await tx.tell(order.tells("RefundRetried", {"refund": id.hex}))


async def close_settled(tx: Transaction, refund: UUID) -> None:
    """Nobody has to look any more at notices that a refund failed: it is told anew, or has arrived after all.

    Where it has arrived, nor at the notice of the money that it gives back.
    """
    await tx.execute(_LOOKED_AT, {"tenant": tx.tenant_id, "id": refund, "now": tx.now})
