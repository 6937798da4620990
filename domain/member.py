"""Members and the rights that travel with them: kinds, scopes, and what a right is worth in a given cloud store.

Owns the one rule of where a right is good (`right_here`), how a phone number is kept and what of it may be shown. Who
may see whose rights is a condition of the loaders' statements.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from domain.channel import CloudStoreMode
from domain.money import MAX_SAFE

MAX_MEMBERSHIPS: Final = 1_000
"""The most cloud stores that one customer is a member of."""
MAX_CALLED_CHARS: Final = 100
"""The longest name that a shopper gives herself."""


@dataclass(frozen=True, slots=True)
class JoinCloudStore:
    """A shopper becomes a member of a cloud store; `display_name` is what she is called, if she is new here."""

    cloud_store: UUID
    display_name: str | None


class RightKind(StrEnum):
    """What a right (权益) is."""

    TIER = "TIER"
    """等级: a level that growth has reached."""
    POINTS = "POINTS"
    """积分: points that can be redeemed."""
    COUPON = "COUPON"
    """优惠券: one use of a discount."""
    STORED_VALUE = "STORED_VALUE"
    """储值: money paid in beforehand."""


class RightScope(StrEnum):
    """How far a right (权益) reaches by its own terms; who honours it narrows that further."""

    TENANT = "TENANT"
    """全平台: every cloud store that honours it."""
    SITE = "SITE"
    """分站: the cloud stores of one site."""
    STORE = "STORE"
    """单店: one cloud store."""


class CouponState(StrEnum):
    """Where a coupon (优惠券) stands. That its time is over is no state: the clock says it."""

    AVAILABLE = "AVAILABLE"
    """可用: granted, or returned by an order that was cancelled, expired or refunded in full."""
    LOCKED = "LOCKED"
    """已锁定: an order that is not yet paid holds it."""
    USED = "USED"
    """已使用: a paid order used it."""
    REVOKED = "REVOKED"
    """已作废: taken back by its issuer."""


class CouponBenefit(StrEnum):
    """What a coupon (优惠券) takes off."""

    AMOUNT_OFF = "AMOUNT_OFF"
    """满减券: a fixed amount."""
    PERCENT_OFF = "PERCENT_OFF"
    """折扣券: a part of the amount, at most a maximum."""


class RightReason(StrEnum):
    """Why a right (权益) cannot be used in a cloud store now; of several the first one listed is said."""

    REVOKED = "REVOKED"
    """已作废: its issuer took the coupon back."""
    USED = "USED"
    """已使用: the coupon is used up."""
    LOCKED = "LOCKED"
    """已锁定: an order that is not yet paid holds the coupon."""
    NOT_YET_VALID = "NOT_YET_VALID"
    """未生效: its time begins later."""
    EXPIRED = "EXPIRED"
    """已过期: its time is over."""
    STORE_CLOSED = "STORE_CLOSED"
    """云店停业: the cloud store is closed, or its organisation does not trade."""
    WRONG_MODE = "WRONG_MODE"
    """模式不适用: the cloud store sells to organisations, not to shoppers."""
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    """超出范围: by its own terms it is for another cloud store or another site."""
    NOT_HONOURED = "NOT_HONOURED"
    """不互通: the cloud store's organisation does not honour it."""
    ISSUER_SUSPENDED = "ISSUER_SUSPENDED"
    """发放方停用: who issued it, or who bears its cost, does not trade: nobody would pay whoever honours it."""
    EMPTY = "EMPTY"
    """余额不足: nothing is left of it, or less than the least that can be redeemed."""


_OF_STATE: Final = {
    CouponState.REVOKED: RightReason.REVOKED,
    CouponState.USED: RightReason.USED,
    CouponState.LOCKED: RightReason.LOCKED,
}


class Place(NamedTuple):
    """The cloud store that a right shall be used in. `is_open`: it is not closed, and its organisation trades."""

    cloud_store_id: UUID
    organization_id: UUID
    site_id: UUID | None
    mode: CloudStoreMode
    is_open: bool


class Terms(NamedTuple):
    """The terms of a right. `is_backed`: its issuer and the bearer of its cost both trade."""

    kind: RightKind
    scope: RightScope
    site_id: UUID | None
    cloud_store_id: UUID | None
    issuer_id: UUID
    bearer_id: UUID
    redeem_points: int | None
    redeem_fen: int | None
    valid_from: datetime
    valid_until: datetime | None
    is_backed: bool


class Holding(NamedTuple):
    """What a shopper holds under some terms.

    POINTS and STORED_VALUE have a `balance`; a COUPON has a state, a window of its own and what it takes off at most.
    """

    balance: int | None = None
    state: CouponState | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    off_fen: int | None = None


class Verdict(NamedTuple):
    """What a right is worth in a cloud store now, or the reason why it is nothing there.

    `worth_fen` is None where the amount depends on what is bought. `settles_with_id` owes the organisation that
    honours the right; None where that bears the cost itself.
    """

    reason: RightReason | None
    worth_fen: int | None = None
    settles_with_id: UUID | None = None

    @property
    def usable(self) -> bool:
        """Whether it can be used."""
        return self.reason is None


def points_worth(balance: int, redeem_points: int, redeem_fen: int) -> int:
    """What points are worth: so many fen for each whole step of points, at most the largest amount there is.

    Source: docs/domain.md, Members whose rights travel.
    """
    return min(balance // redeem_points * redeem_fen, MAX_SAFE)


def right_here(holding: Holding, terms: Terms, honoured: bool, place: Place, now: datetime) -> Verdict:
    """Judge one right of a shopper in one cloud store.

    Args:
        holding: what she holds.
        terms: under which terms.
        honoured: an honour of the terms names the cloud store's organisation, or one above it with everyone below. The
            issuer's own honour goes without saying.
        place: the cloud store.
        now: the moment.

    Source: docs/domain.md, Members whose rights travel.
    """
    reason = _of_the_holding(holding, terms, now) or _of_the_place(terms, honoured, place)
    if reason is not None:
        return Verdict(reason)
    worth = _worth(holding, terms)
    if worth == 0:
        return Verdict(RightReason.EMPTY)
    elsewhere = terms.kind is not RightKind.TIER and terms.bearer_id != place.organization_id
    return Verdict(None, worth, terms.bearer_id if elsewhere else None)


def _of_the_holding(holding: Holding, terms: Terms, now: datetime) -> RightReason | None:
    """What is wrong with it wherever it is used."""
    if holding.state in _OF_STATE:
        return _OF_STATE[holding.state]
    if now < terms.valid_from or (holding.valid_from is not None and now < holding.valid_from):
        return RightReason.NOT_YET_VALID
    if any(until is not None and now >= until for until in (terms.valid_until, holding.valid_until)):
        return RightReason.EXPIRED
    return None


def _of_the_place(terms: Terms, honoured: bool, place: Place) -> RightReason | None:
    """What is wrong with using it there."""
    if not place.is_open:
        return RightReason.STORE_CLOSED
    if place.mode is CloudStoreMode.B2B_ORDERING:
        return RightReason.WRONG_MODE
    if not in_reach(terms.scope, terms.site_id, terms.cloud_store_id, place):
        return RightReason.OUT_OF_SCOPE
    if not honoured and terms.issuer_id != place.organization_id:
        return RightReason.NOT_HONOURED
    return None if terms.is_backed else RightReason.ISSUER_SUSPENDED


def in_reach(scope: RightScope, site_id: UUID | None, cloud_store_id: UUID | None, place: Place) -> bool:
    """Whether the terms' own scope holds a cloud store. A site is that one site, not those below it.

    Source: docs/domain.md, Members whose rights travel.
    """
    if scope is RightScope.STORE:
        return cloud_store_id == place.cloud_store_id
    return scope is RightScope.TENANT or site_id == place.site_id


def _worth(holding: Holding, terms: Terms) -> int | None:
    """Fen, None where no amount can be said beforehand."""
    if terms.kind is RightKind.TIER:
        return None
    if terms.kind is RightKind.COUPON:
        return holding.off_fen
    balance = holding.balance or 0
    if terms.redeem_points is None or terms.redeem_fen is None:
        return balance
    return points_worth(balance, terms.redeem_points, terms.redeem_fen)


PHONE: Final = r"^\+[1-9][0-9]{6,14}$"
"""A phone number as it is kept, a regular expression: + and the country's code, then digits alone (E.164)."""

_HIDDEN: Final = "****"
_MOST_SHOWN_FIRST: Final = 7


def masked_phone(phone: str) -> str:
    """A phone number with its middle hidden: 138****1234, +86138****1234, 51****0123.

    At least four digits are hidden, the last ones are shown where the number is long enough, and under seven digits
    nothing is. What is no digit goes, except a + in front.

    Source: docs/domain.md, Rules that hold everywhere.
    """
    digits = "".join(character for character in phone if character in "0123456789")
    last = 4 if len(digits) >= 10 else 2 if len(digits) >= 7 else 0
    first = min(max(len(digits) - last - len(_HIDDEN), 0), _MOST_SHOWN_FIRST) if last else 0
    plus = "+" if phone.lstrip().startswith("+") else ""
    return plus + digits[:first] + _HIDDEN + digits[len(digits) - last :]
