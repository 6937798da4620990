"""What is said to a payment provider and what it says back: the port behind which every provider stands.

A provider (支付渠道) takes the shopper's money outside of our transactions, so nothing here is told once: what we ask
is named by our own id and may be asked again, and what it tells us it tells at least once, late, or twice. Owns the
words and the states. Does not own signatures and addresses (each provider's adapter) or what a notice does to an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol
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

    async def refund(self, asked: RefundAsked) -> None:
        """Have money given back; whether it was, a notice tells. Raises: Declined, Unavailable."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> Notice | None:
        """Read a notice; None where it is genuine and of a kind that nothing hangs on here.

        `headers` have lower-case names. Raises: NotGenuine, and nothing else whatever comes.
        """
