"""Payments: begun by an act, ended by what the provider tells.

A payment is written before the provider is asked and named to it by our id: asked twice, it makes one. What it tells is
written down once, under its own id for it, in the transaction that acts on it.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, insert, text

from domain.access import SYSTEM
from domain.money import MAX_SAFE
from domain.ordering import (
    FIRST_PAYMENT_WAIT,
    MAX_PAYMENTS,
    ODD,
    PAYMENT_ASKS,
    Charge,
    Charged,
    DoesNotTrade,
    Notice,
    NoticeKind,
    NoticeOutcome,
    OrderActor,
    OrderKind,
    OrderState,
    PaymentOver,
    PaymentState,
    RefundState,
    TooManyPayments,
    TransitionNotAllowed,
    after_late_payment,
)
from models.base import new_id
from models.ordering.asking import ask_no_more, close_unanswered
from models.ordering.booking import (
    NOT_AS_ASKED,
    UNUSABLE,
    book_more,
    book_payment,
    book_refund,
    close_settled,
    covering,
    is_anothers,
    open_books,
    write_reference,
)
from models.ordering.goods import allocate, allocate_again
from models.ordering.locking import Locked, count, idle_of, lock_order, step
from models.ordering.looking import write_notice
from models.ordering.money import Payment
from models.writing import Actor, Transaction, WritePool, attempted

log = logging.getLogger(__name__)

_OPEN = text("""
    SELECT id, provider FROM payment WHERE tenant_id = :tenant AND order_id = :order AND state = 'CREATED'
""")
_BEGUN = text("SELECT count(*) FROM payment WHERE tenant_id = :tenant AND order_id = :order")
_CLOSE = text("UPDATE payment SET state = 'CLOSED' WHERE tenant_id = :tenant AND id = :id")
_IS_CLOSED = text("UPDATE payment SET state = 'CLOSED', due_at = NULL WHERE tenant_id = :tenant AND id = :id")
_CHARGE = text("""
    SELECT p.id, p.state, p.amount_fen, p.currency, p.expires_at, o.number, o.kind, o.state AS order_state
    FROM payment p JOIN order_header o ON o.tenant_id = p.tenant_id AND o.id = p.order_id
    WHERE p.tenant_id = :tenant AND p.id = :id AND p.state <> 'PAID' AND p.pay_url IS NULL
""")
_NAMED_BY_US = text("SELECT order_id, provider FROM payment WHERE tenant_id = :tenant AND id = :id")
_CHARGED = text("""
    UPDATE payment SET reference = coalesce(reference, :reference), pay_url = :url
    WHERE tenant_id = :tenant AND id = :id AND pay_url IS NULL
""")


async def begin_payment(tx: Transaction, order: Locked, provider: str) -> UUID:
    """The payment that is open for an order, or a new one; the order is locked.

    One that another provider has open is closed: what comes of it all the same is money too much.

    Raises: TransitionNotAllowed where the order does not wait for its money; PaymentOver; DoesNotTrade;
    TooManyPayments.
    """
    if order.state is not OrderState.PENDING_PAYMENT:
        raise TransitionNotAllowed(order.state, OrderState.CONFIRMED, OrderActor.BUYER, order.kind)
    if order.payment_due_at <= tx.now:
        raise PaymentOver(order.payment_due_at)
    if await idle_of(tx, order.parties):
        raise DoesNotTrade
    named = {"tenant": tx.tenant_id, "order": order.id}
    there = (await tx.execute(_OPEN, named)).one_or_none()
    if there is not None:
        if there.provider == provider:
            return UUID(str(there.id))
        await tx.execute(_CLOSE, {"tenant": tx.tenant_id, "id": there.id})
    if await tx.scalar(_BEGUN, named) >= MAX_PAYMENTS:
        raise TooManyPayments
    id = new_id()
    await tx.execute(
        insert(Payment).values(
            tenant_id=tx.tenant_id,
            id=id,
            order_id=order.id,
            provider=provider,
            state=PaymentState.CREATED,
            amount_fen=order.total_fen,
            currency=order.currency,
            created_at=tx.now,
            expires_at=order.payment_due_at,
            due_at=order.payment_due_at + FIRST_PAYMENT_WAIT,
        )
    )
    return id


async def charge_of(tx: Transaction, payment: UUID) -> Charge | None:
    """What the provider is to be asked for, None where it has been, or where it has closed the payment.

    Raises: TransitionNotAllowed where the order does not wait for its money any more; PaymentOver.
    """
    row = (await tx.execute(_CHARGE, {"tenant": tx.tenant_id, "id": payment})).one_or_none()
    if row is None:
        return None
    state = OrderState(row.order_state)
    if state is not OrderState.PENDING_PAYMENT:
        raise TransitionNotAllowed(state, OrderState.CONFIRMED, OrderActor.BUYER, OrderKind(row.kind))
    if row.state != PaymentState.CREATED:
        return None
    if row.expires_at <= tx.now:
        raise PaymentOver(row.expires_at)
    return Charge(tx.tenant_id, row.id, row.amount_fen, row.currency, row.number, row.expires_at)


async def write_charged(tx: Transaction, payment: UUID, charged: Charged) -> bool:
    """Keep what the provider made of a payment; what it said first stays.

    Returns: whether it can be of this payment: not where another has the reference. Then nobody is to pay there.
    """
    named = {"tenant": tx.tenant_id, "id": payment}
    row = (await tx.execute(_NAMED_BY_US, named)).one()
    order = await lock_order(tx, row.order_id)
    assert order is not None  # a payment's order was placed here
    if await is_anothers(tx, row.provider, charged.reference, payment):
        told = {"payment": payment.hex, "reference": charged.reference}
        await tx.tell(order.tells("PaymentMismatch", told))
        await tx.audit("paymentMismatch", [order.made], told)
        log.warning("reference %r of %s is another payment's, not %s", charged.reference, row.provider, payment)
        return False
    await write_reference(tx, _CHARGED, {**named, "reference": charged.reference, "url": charged.pay_url})
    return True


# ── what a provider tells ─────────────────────────────────────────────────────────────────────────────────────────────
_ZONE = text("SELECT time_zone FROM tenant WHERE id = :tenant")
_NAMED = text("SELECT order_id FROM payment WHERE tenant_id = :tenant AND id = :id AND provider = :provider")
_PAYMENT = text("""
    SELECT id, provider, reference, state, amount_fen, coalesce(came_fen, 0) AS came_fen, currency, asked
    FROM payment WHERE tenant_id = :tenant AND id = :id
""")
_REFUND = text("""
    SELECT id, amount_fen FROM refund WHERE tenant_id = :tenant AND id = :id AND payment_id = :payment
""")
_SETTLE = text("""
    UPDATE refund SET state = :state, settled_at = :now, due_at = NULL
    WHERE tenant_id = :tenant AND id = :id AND state NOT IN ('DONE', :state)
""")
_OUTCOME = text("""
    UPDATE payment_notice SET outcome = :outcome, seller_id = :seller, refund_id = coalesce(refund_id, :refund)
    WHERE tenant_id = :tenant AND provider = :provider AND notice = :notice
""")


async def take_notice(
    pool: WritePool, provider: str, notice: Notice, now: datetime, *, answers: bool = False
) -> NoticeOutcome:
    """Do what a provider's notice says, once, whatever has happened meanwhile.

    The provider may be told that it arrived as soon as this returns, whatever it returns: it has been written down.

    Args:
        pool: where transactions come from; the notice names its tenant.
        provider: the provider's name, as its payments keep it.
        notice: as the provider's adapter verified it.
        now: the instant at which it arrived.
        answers: whether the provider was asked what became of the payment: then it is asked no more.

    Returns: what it did. UNKNOWN for a tenant that is not there: then nothing is written.
    Raises: Unavailable, TimedOut where the database failed: the provider is to tell it again.
    """

    async def once() -> NoticeOutcome:
        async with pool.transaction(notice.tenant) as session:
            tx = Transaction(session, notice.tenant, Actor(SYSTEM, f"provider:{provider}"), now)
            done = await taken(tx, provider, notice)
            if answers:
                await ask_no_more(tx, notice.payment)
            return done

    outcome = await attempted(once)
    if outcome in ODD:
        log.warning("notice %r of %s: %s, payment %s", notice.id, provider, outcome.value, notice.payment)
    return outcome


async def taken(tx: Transaction, provider: str, notice: Notice) -> NoticeOutcome:
    """Do what a notice says, as a part of what `tx` does: see `take_notice`."""
    zone = await tx.scalar(_ZONE, {"tenant": tx.tenant_id})
    if zone is None:
        return NoticeOutcome.UNKNOWN
    if not await write_notice(tx, provider, notice):
        return NoticeOutcome.NOTED
    named = {"tenant": tx.tenant_id, "id": notice.payment}
    order_id = await tx.scalar(_NAMED, {**named, "provider": provider})
    order = None if order_id is None else await lock_order(tx, order_id)
    refund: UUID | None = None
    if order is None:
        outcome = NoticeOutcome.UNKNOWN
    else:
        # Read under the order's lock: what is known of the payment cannot change any more.
        payment = (await tx.execute(_PAYMENT, named)).one()
        told = _Told(tx, order, payment, notice)
        outcome, refund = await told.done(ZoneInfo(zone)), told.settled_by
        if outcome in _REMEMBERED_AS:
            facts = {"payment": notice.payment.hex, "notice": notice.id}
            await tx.audit(_REMEMBERED_AS[outcome], [order.made], facts)
    values = {"tenant": tx.tenant_id, "provider": provider, "notice": notice.id}
    seller = None if order is None else order.seller_id
    await tx.execute(_OUTCOME, {**values, "outcome": outcome.value, "seller": seller, "refund": refund})
    return outcome


_REMEMBERED_AS: Final = {
    NoticeOutcome.CONFIRMED: "orderPaid",
    NoticeOutcome.GIVEN_BACK: "paymentGivenBack",
    NoticeOutcome.MISMATCH: "paymentMismatch",
    NoticeOutcome.CLOSED: "paymentClosed",
    NoticeOutcome.REFUNDED: "refundDone",
    NoticeOutcome.REFUND_FAILED: "refundFailed",
}
"""What the audit calls what a notice did to its order; one that says what is known already did nothing."""


class _Told:
    """A notice about a payment that is known, its order locked.

    `settled_by`: the refund whose arrival leaves nothing to look at of what somebody has to look at, where one is.
    """

    def __init__(self, tx: Transaction, order: Locked, payment: Row[tuple[()]], notice: Notice) -> None:
        self.tx, self.order, self.payment, self.notice = tx, order, payment, notice
        self.settled_by: UUID | None = None

    async def done(self, zone: ZoneInfo) -> NoticeOutcome:
        notice, own = self.notice, self.payment.reference
        if (own is not None and notice.reference not in ("", own)) or (
            own is None and await is_anothers(self.tx, self.payment.provider, notice.reference, self.payment.id)
        ):
            return await self._differs(self.payment.amount_fen)
        if self.payment.asked >= PAYMENT_ASKS and notice.refund is None:
            await close_unanswered(self.tx, self.payment.id)
        if notice.kind is NoticeKind.PAID:
            return await self.paid(zone)
        return await (self.closed() if notice.kind is NoticeKind.CLOSED else self.refunded())

    def _is_of(self, amount_fen: int) -> bool:
        return self.notice.amount_fen == amount_fen and self.notice.currency == self.payment.currency

    async def _differs(self, due_fen: int, **booked: int | str) -> NoticeOutcome:
        """It is about another amount, currency or payment than was asked; `booked` says what was done about it."""
        told = {
            "told": self.notice.amount_fen,
            "toldCurrency": self.notice.currency,
            "due": due_fen,
            "reference": self.notice.reference,
        }
        facts = {"payment": self.payment.id.hex, **told, "bookedFen": 0, **booked}
        await self.tx.tell(self.order.tells("PaymentMismatch", facts))
        return NoticeOutcome.MISMATCH

    async def paid(self, zone: ZoneInfo) -> NoticeOutcome:
        if self.notice.currency != self.payment.currency:
            await self.closed()  # nobody can pay it any more; the order may be paid anew
            return await self._differs(self.payment.amount_fen)
        if self.payment.state == PaymentState.PAID and self._is_of(self.payment.came_fen):
            return NoticeOutcome.NOTED
        if self.payment.state == PaymentState.PAID or not self._is_of(self.payment.amount_fen):
            return await self._came_otherwise()
        covers = await self._wanted(zone)
        amount = self.payment.amount_fen
        paid = await book_payment(self.tx, self.order, self.payment.id, amount, self.notice.reference, covers=covers)
        if covers:
            await confirm(self.tx, self.order, amount)
            return NoticeOutcome.CONFIRMED
        refund = await book_refund(self.tx, self.order, paid, amount, UNUSABLE)
        await self.tx.tell(
            self.order.tells("PaymentGivenBack", {"refund": refund.hex, "amountFen": amount}),
        )
        return NoticeOutcome.GIVEN_BACK

    async def _came_otherwise(self) -> NoticeOutcome:
        """Another amount than was asked, or than had come: what is new of it is booked, and goes back at once.

        A provider tells what came for a payment in all, so no more goes back than came. Where some had come before,
        somebody has to look whether it has come twice, even after what is new has gone back.
        """
        payment, before, told = self.payment, self.payment.came_fen, self.notice.amount_fen
        if not before < told <= MAX_SAFE:
            return await self._differs(payment.amount_fen)
        if before:
            paid = await book_more(self.tx, self.order, payment.id, told - before)
        else:
            paid = await book_payment(self.tx, self.order, payment.id, told, self.notice.reference, covers=False)
        refund = await book_refund(self.tx, self.order, paid, told - before, NOT_AS_ASKED)
        if not before:
            self.settled_by = refund
        return await self._differs(payment.amount_fen, bookedFen=told - before, refund=refund.hex)

    async def _wanted(self, zone: ZoneInfo) -> bool:
        """Whether the money pays the order: it waits for it, or expired and its goods are there again. Takes them.

        It pays nothing while somebody who would have to see to the order does not trade.
        """
        order = self.order
        await open_books(self.tx, order)
        if await idle_of(self.tx, order.parties):
            return False
        if order.state is OrderState.PENDING_PAYMENT:
            await allocate(self.tx, order)
            return True
        if order.cancel_cause is None or await covering(self.tx, order) is not None:
            return False
        if after_late_payment(order.cancel_cause, held_again=True) is not OrderState.CONFIRMED:
            return False
        today = self.tx.now.astimezone(zone).date()
        if not await allocate_again(self.tx, order, today):
            return False
        await count(self.tx, order.id, [{"line": line.line, "cancelled": -line.cancelled} for line in order.lines])
        return True

    async def closed(self) -> NoticeOutcome:
        if self.payment.state == PaymentState.PAID:
            return NoticeOutcome.NOTED
        await self.tx.execute(_IS_CLOSED, {"tenant": self.tx.tenant_id, "id": self.payment.id})
        return NoticeOutcome.CLOSED if self.payment.state == PaymentState.CREATED else NoticeOutcome.NOTED

    async def refunded(self) -> NoticeOutcome:
        values = {"tenant": self.tx.tenant_id, "id": self.notice.refund, "payment": self.payment.id}
        refund = (await self.tx.execute(_REFUND, values)).one_or_none()
        if refund is None:
            return NoticeOutcome.UNKNOWN
        if not self._is_of(refund.amount_fen):
            return await self._differs(refund.amount_fen)
        done = self.notice.kind is NoticeKind.REFUNDED
        to = RefundState.DONE if done else RefundState.FAILED
        settled = {"tenant": self.tx.tenant_id, "id": refund.id, "now": self.tx.now}
        if not await self.tx.count(_SETTLE, {**settled, "state": to.value}):
            return NoticeOutcome.NOTED
        if done:
            await close_settled(self.tx, refund.id)
        facts = {"refund": refund.id.hex, "amountFen": refund.amount_fen, "state": to.value}
        await self.tx.tell(self.order.tells("RefundSettled", facts))
        return NoticeOutcome.REFUNDED if done else NoticeOutcome.REFUND_FAILED


async def confirm(tx: Transaction, order: Locked, paid_fen: int) -> None:
    """An order is paid, and its goods are allocated: who is to ship hears of it.

    Raises: domain.ordering.TransitionNotAllowed.
    """
    await step(tx, order, OrderState.CONFIRMED, OrderActor.PAYMENT, paid_fen=paid_fen)
    await tx.tell(
        order.tells("OrderPaid", {"paidFen": paid_fen, "currency": order.currency}),
        *order.tells_others("GoodsToShip", {line.line: line.quantity for line in order.lines}),
    )
