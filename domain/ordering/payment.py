"""What is said to a payment provider and what it says back: the port behind which every provider stands.

A provider (支付渠道) takes the shopper's money outside of our transactions, so nothing here is told once: what we ask
is named by our own id and may be asked again, and what it tells us it tells at least once, late, or twice. Owns the
words and the states. Does not own signatures and addresses (each provider's adapter) or what a notice does to an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Protocol
from uuid import UUID


class PaymentState(StrEnum):
    """Where a payment stands. What of it went back is in its refunds."""

    CREATED = "CREATED"
    """待支付: the shopper may pay; nothing has come yet."""
    PAID = "PAID"
    """已支付: the provider has the money."""
    CLOSED = "CLOSED"
    """已关闭: never paid, and cannot be any more, as far as the provider says."""


class RefundState(StrEnum):
    """Where a refund stands."""

    PENDING = "PENDING"
    """退款中: decided and booked; the provider has not said yet that it was done."""
    DONE = "DONE"
    """已退款: the shopper has it."""
    FAILED = "FAILED"
    """退款失败: the provider could not; somebody has to look."""


class NoticeKind(StrEnum):
    """What a provider tells."""

    PAID = "PAID"
    """支付成功: the shopper has paid."""
    CLOSED = "CLOSED"
    """支付关闭: the payment cannot be paid any more."""
    REFUNDED = "REFUNDED"
    """退款成功: the shopper has her money back."""
    REFUND_FAILED = "REFUND_FAILED"
    """退款失败: the refund could not be done."""


class Charge(NamedTuple):
    """What a provider is to take: `amount_fen` minor units of `currency`, until an instant.

    `payment` names it: a provider that is asked twice makes one. `tenant` comes back with every notice of it.
    """

    tenant: UUID
    payment: UUID
    amount_fen: int
    currency: str
    subject: str
    expires_at: datetime


class Charged(NamedTuple):
    """What a provider made of it: its own reference, and where the shopper pays."""

    reference: str
    pay_url: str


class RefundAsked(NamedTuple):
    """What a provider is to give back of a payment; `refund` names it, as `payment` does a charge."""

    tenant: UUID
    payment: UUID
    refund: UUID
    reference: str
    amount_fen: int
    currency: str
    reason: str


class Notice(NamedTuple):
    """What a provider told, its signature verified. `id` is the provider's own: the same twice is told twice.

    `amount_fen` is above 0: of PAID what came for the payment in all, whatever was asked; of a refund what that gives.
    `reference` is the provider's of the payment, also where a refund is told. `at`: when it happened there, which may
    be long before it is heard of here.
    """

    id: str
    kind: NoticeKind
    tenant: UUID
    payment: UUID
    refund: UUID | None
    reference: str
    amount_fen: int
    currency: str
    at: datetime


class ChargeSought(NamedTuple):
    """What a provider is asked about a charge of which nothing was heard; `reference` is its own, where it gave one."""

    tenant: UUID
    payment: UUID
    reference: str | None
    amount_fen: int
    currency: str


ANSWERED: Final = "answered"
"""What the ids begin with of notices that nobody sent: a provider said the same when it was asked."""


def charge_found(sought: ChargeSought, kind: NoticeKind, amount_fen: int, currency: str, at: datetime) -> Notice:
    """What a provider that was asked says of a charge, as a notice: the same again is the same notice."""
    id = f"{ANSWERED}/{sought.payment.hex}/{kind}/{amount_fen}/{currency}"
    own = sought.reference or ""
    return Notice(id, kind, sought.tenant, sought.payment, None, own, amount_fen, currency, at)


def charge_unknown(sought: ChargeSought, at: datetime) -> Notice:
    """What is to be thought of a charge that its provider does not know, and never answered for: it was never made."""
    return charge_found(sought, NoticeKind.CLOSED, sought.amount_fen, sought.currency, at)


def payment_unanswered(sought: ChargeSought, at: datetime) -> Notice:
    """What stands in for what a provider never said of a charge, however often it was asked: nobody knows."""
    return charge_unknown(sought, at)._replace(id=f"given-up/{sought.payment.hex}")


def refund_answered(asked: RefundAsked, *, done: bool, at: datetime) -> Notice:
    """What a provider that is asked for a refund says came of it, and when, as a notice."""
    if not done:
        return _failed(ANSWERED, asked, at)
    return _failed(ANSWERED, asked, at)._replace(
        id=f"{ANSWERED}/{asked.refund.hex}/{NoticeKind.REFUNDED}", kind=NoticeKind.REFUNDED
    )


def refund_declined(asked: RefundAsked, at: datetime) -> Notice:
    """What a provider says that declines a refund when it is asked, as a notice; at each instant one of its own."""
    return _failed("declined", asked, at)


def refund_given_up(asked: RefundAsked, at: datetime) -> Notice:
    """What is to be thought of a provider that was asked for a refund so often and never said what came of it."""
    return _failed("given-up", asked, at)


def _failed(why: str, asked: RefundAsked, at: datetime) -> Notice:
    return Notice(
        f"{why}/{asked.refund.hex}/{at.isoformat()}",
        NoticeKind.REFUND_FAILED,
        asked.tenant,
        asked.payment,
        asked.refund,
        asked.reference,
        asked.amount_fen,
        asked.currency,
        at,
    )


class NotGenuine(Exception):
    """What came as a notice is not the provider's, or was altered, or is too old to be believed."""


class Declined(Exception):
    """The provider will not do what it was asked, and would say the same again: the message says why."""


class Provider(Protocol):
    """A payment provider. Raises `domain.base.Unavailable` where it does not answer; asking again is harmless."""

    @property
    def name(self) -> str:
        """Its name, which each of its payments keeps."""

    async def create(self, charge: Charge) -> Charged:
        """Have a charge made, or find the one that was. Raises: Declined, Unavailable."""

    async def refund(self, asked: RefundAsked) -> Notice | None:
        """Have money given back, or find the refund of that id; what came of it, None where only a notice tells.

        Raises: Declined, Unavailable.
        """

    async def find(self, sought: ChargeSought) -> Notice | None:
        """What became of a charge, PAID or CLOSED; None while it may be paid. One that was never made is CLOSED.

        Raises: Declined; Unavailable, also where it gave a reference and does not know the charge any more.
        """

    def verify(self, headers: Mapping[str, str], body: bytes) -> Notice | None:
        """Read a notice; None where it is genuine and of a kind that nothing hangs on here.

        `headers` have lower-case names. Raises: NotGenuine, and nothing else whatever comes.
        """
