"""One sale, from placing to its end: what is commanded, and how it is refused.

Refused
├── NotForSale             a sku is not on the shelf, or has no price there
├── ModeForbids            the cloud store takes no orders of shoppers
├── PriceChanged           the total is another than the buyer expects
├── PaymentOver            the time to pay is over
├── PaymentUnavailable     no payment provider is connected
├── PaymentDeclined        the provider will not take this payment
├── DoesNotTrade           who sells, owns or ships the goods does not trade now
├── TooManyPayments        payments of the order were begun too often
├── RefundNotFailed        the refund is on its way, or has arrived
├── NoticeNotOpen          nobody has to look at the notice, or somebody has
├── NotSoManyLeft          more units than are left to ship, or to cancel
└── NothingShort           goods are to be found for an order that lacks none
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.base import Refused
from domain.ordering.delivery import Delivery
from domain.ordering.order import Terminal
from domain.ordering.payment import RefundState

PAYMENT_TIME: Final = timedelta(minutes=15)
"""The least time that a buyer is given to pay."""
COMPLETION_TIME: Final = timedelta(days=7)
"""How long a buyer is given to say otherwise, once nothing of an order is left to ship."""
MAX_PAYMENTS: Final = 20
"""The most payments that one order may begin: each was over before the next, closed or paid otherwise than asked."""
MAX_CARRIER_CHARS: Final = 60
MAX_TRACKING_CHARS: Final = 60
MAX_REFUND_REASON_CHARS: Final = 200
MAX_REFUND_LINES: Final = 100
MAX_NOTE_CHARS: Final = 200
MAX_SHIPMENT_LINES: Final = 500
REFUND_ASKS: Final = 200
"""How often a provider is told of a refund before somebody has to look: about a week."""
FIRST_REFUND_WAIT: Final = timedelta(seconds=10)
LONGEST_REFUND_WAIT: Final = timedelta(hours=1)


def refund_wait(asked: int) -> timedelta:
    """How long a provider is given before it is told of a refund again, having been told `asked` times."""
    return min(LONGEST_REFUND_WAIT, FIRST_REFUND_WAIT * (1 << min(max(asked, 1) - 1, 20)))


PAYMENT_ASKS: Final = 36
"""How often a provider is asked what became of a payment before somebody has to look: a week, about."""
FIRST_PAYMENT_WAIT: Final = timedelta(minutes=1)
"""How long a provider is given, once a payment's time is over, to tell by itself what became of it."""
LONGEST_PAYMENT_WAIT: Final = timedelta(hours=6)


def payment_wait(asked: int) -> timedelta:
    """How long before a provider is asked again what became of a payment, having been asked `asked` times."""
    return min(LONGEST_PAYMENT_WAIT, FIRST_PAYMENT_WAIT * (1 << min(asked, 20)))


def pay_until(held_until: datetime, placed_at: datetime) -> datetime:
    """Until when an order may be paid: as long as its goods were held, and `PAYMENT_TIME` at least.

    Source: docs/domain.md, Orders of every tier.
    """
    return max(held_until, placed_at + PAYMENT_TIME)


class NoticeOutcome(StrEnum):
    """What a provider's notice did here (通知处理结果)."""

    CONFIRMED = "CONFIRMED"
    """已确认: the order is paid."""
    GIVEN_BACK = "GIVEN_BACK"
    """已退回: the money came, was of no use, and goes back in full."""
    MISMATCH = "MISMATCH"
    """金额不符: another amount, which goes back, another currency or payment than was asked; somebody has to look."""
    UNKNOWN = "UNKNOWN"
    """未知: it names nothing that is known here."""
    CLOSED = "CLOSED"
    """已关闭: the payment cannot be paid any more."""
    REFUNDED = "REFUNDED"
    """已退款: the refund reached the shopper."""
    REFUND_FAILED = "REFUND_FAILED"
    """退款失败: the refund did not; somebody has to look."""
    UNANSWERED = "UNANSWERED"
    """未答复: what became of the payment its provider, asked for a week, did not say; somebody has to look."""
    NOTED = "NOTED"
    """已记录: it says what is known already."""


ODD: Final = frozenset(
    {NoticeOutcome.MISMATCH, NoticeOutcome.UNKNOWN, NoticeOutcome.REFUND_FAILED, NoticeOutcome.UNANSWERED}
)
"""What somebody has to look at: nothing goes on by itself."""


# ── what is commanded ─────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class OrderedLine:
    """So many base units of what a listing sells."""

    listing: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Order what is held, or these lines, which are held first. `customer` is who buys, where another asks."""

    reservation: UUID | None
    lines: tuple[OrderedLine, ...]
    expected_total_fen: int | None = None
    customer: UUID | None = None
    terminal: Terminal | None = None
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class OfOrder:
    """An act on an order as a whole: pay, receive, cancel."""

    order: UUID


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """So many base units of a line."""

    line: int
    quantity: int


@dataclass(frozen=True, slots=True)
class ShipOrder:
    """Units leave `fulfiller`, by itself the viewer's organisation; no `lines`: all that are left for it."""

    order: UUID
    lines: tuple[ShippedLine, ...]
    carrier: str | None = None
    tracking: str | None = None
    fulfiller: UUID | None = None


@dataclass(frozen=True, slots=True)
class CancelRest:
    """What is left of these lines will not be shipped; no `lines`: of all."""

    order: UUID
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RefundedLine:
    """Give back so many units of a line, or so much money: one of the two."""

    line: int
    quantity: int | None = None
    amount_fen: int | None = None


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Money goes back for an order whose goods stay where they are."""

    order: UUID
    lines: tuple[RefundedLine, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class OfRefund:
    """An act on a refund."""

    refund: UUID


@dataclass(frozen=True, slots=True)
class CloseNotice:
    """Somebody has looked at what a provider told; `note` says what came of it."""

    notice: UUID
    note: str


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────────
class NotForSale(Refused):
    """These skus are not on the shelf of the cloud store, or have no price there that is allowed."""

    code = "NOT_FOR_SALE"

    def __init__(self, skus: Sequence[UUID]) -> None:
        self.skus = tuple(skus)
        super().__init__(f"{len(self.skus)} of the items are not for sale.")


class ModeForbids(Refused):
    """The cloud store takes no orders of this kind."""

    code = "MODE_FORBIDS"

    def __init__(self) -> None:
        super().__init__("This cloud store takes no orders of shoppers.")


class PriceChanged(Refused):
    """The order would cost another total than the buyer expects."""

    code = "PRICE_CHANGED"

    def __init__(self, expected_fen: int, total_fen: int) -> None:
        self.expected_fen, self.total_fen = expected_fen, total_fen
        super().__init__("The total has changed.")


class PaymentOver(Refused):
    """The time to pay is over."""

    code = "PAYMENT_OVER"

    def __init__(self, due_at: datetime) -> None:
        self.due_at = due_at
        super().__init__("The time to pay is over.")


class PaymentUnavailable(Refused):
    """Nobody takes payments here."""

    code = "PAYMENT_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("No payment provider is connected.")


class PaymentDeclined(Refused):
    """The payment provider will not take this payment, and would say the same again."""

    code = "PAYMENT_DECLINED"

    def __init__(self) -> None:
        super().__init__("The payment provider declines this payment.")


class DoesNotTrade(Refused):
    """Who sells the goods of an order, owns or ships them does not trade now: nobody could see to it."""

    code = "DOES_NOT_TRADE"

    def __init__(self) -> None:
        super().__init__("This cannot be paid now: who sells or ships it does not trade.")


class TooManyPayments(Refused):
    """Payments of the order were begun too often."""

    code = "TOO_MANY_PAYMENTS"

    def __init__(self) -> None:
        super().__init__(f"An order begins at most {MAX_PAYMENTS} payments.")


class RefundNotFailed(Refused):
    """Only a refund that failed is tried again; this one is in another state."""

    code = "REFUND_NOT_FAILED"

    def __init__(self, state: RefundState) -> None:
        self.state = state
        super().__init__("The refund has not failed.")


class NoticeNotOpen(Refused):
    """Nobody has to look at the notice, or somebody has: `closed_at` says when."""

    code = "NOTICE_NOT_OPEN"

    def __init__(self, closed_at: datetime | None) -> None:
        self.closed_at = closed_at
        super().__init__("Nobody has to look at the notice." if closed_at is None else "The notice is closed.")


class NotSoManyLeft(Refused):
    """More units of a line than are left to ship, or none; `short` more would be left if they had goods."""

    code = "NOT_SO_MANY_LEFT"

    def __init__(self, line: int, wanted: int, left: int, short: int = 0) -> None:
        self.line, self.wanted, self.left, self.short = line, wanted, left, short
        super().__init__(f"Of line {line} {left} units are left to ship.")


class NothingShort(Refused):
    """No line of the order lacks goods."""

    code = "NOTHING_SHORT"

    def __init__(self) -> None:
        super().__init__("The order lacks no goods.")
