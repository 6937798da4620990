"""Who brought the customer: touches by strength, and the binding of a customer to one owner.

Owns the rules of touches and payments: what they make of a binding at a given moment. Whose turn it is when two shops
touch one customer at once is the database's to say: each touch is judged against the binding that the one before left.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Generic, NamedTuple, TypeVar

N = TypeVar("N", bound=Hashable)


class TouchSource(StrEnum):
    """How a shopper was touched (触点)."""

    MANUAL_ASSIGN = "MANUAL_ASSIGN"
    """人工指派: assigned by hand, with a reason."""
    OFFLINE_SCAN = "OFFLINE_SCAN"
    """线下扫码: scanned a code in the shop."""
    FIRST_PURCHASE = "FIRST_PURCHASE"
    """首购: the first paid order of a customer without a valid owner."""
    COUPON_CODE = "COUPON_CODE"
    """券码: entered a coupon's code."""
    SHARE_LINK = "SHARE_LINK"
    """分享链接: followed a link that was shared."""
    BROWSE = "BROWSE"
    """浏览: looked around."""
    BRAND_DIVERT = "BRAND_DIVERT"
    """品牌引流: led from the brand's own channels to a store."""


STRENGTH: Final = {
    TouchSource.MANUAL_ASSIGN: 50,
    TouchSource.OFFLINE_SCAN: 40,
    TouchSource.FIRST_PURCHASE: 30,
    TouchSource.COUPON_CODE: 25,
    TouchSource.SHARE_LINK: 20,
    TouchSource.BROWSE: 10,
    TouchSource.BRAND_DIVERT: 5,
}
"""How strong each source is where the tenant says nothing else.

Source: docs/domain.md, Traffic: who brought the customer.
"""

PROTECTED_DAYS: Final = 30
"""How long a binding is protected where the tenant says nothing else."""

VALID_DAYS: Final = 180
"""How long a binding is valid where the tenant says nothing else."""


class TouchOutcome(StrEnum):
    """What a touch (触点) did to the customer's binding."""

    BOUND = "BOUND"
    """新绑定: there was no valid owner; there is one now."""
    TOOK_OVER = "TOOK_OVER"
    """改绑: the customer moved to another owner."""
    RENEWED = "RENEWED"
    """续期: the owner's own touch restarted both dates."""
    REJECTED = "REJECTED"
    """未生效: kept, and changed nothing."""


class TouchRejection(StrEnum):
    """Why a touch (触点) changed nothing."""

    PROTECTED = "PROTECTED"
    """保护期内: the owner is protected; only an assignment by hand moves the customer."""
    WEAKER = "WEAKER"
    """强度不足: the binding came from a stronger source."""
    SELF_BINDING = "SELF_BINDING"
    """不可自绑: a guide does not bind himself."""
    NOT_FIRST_PURCHASE = "NOT_FIRST_PURCHASE"
    """非首购: not the first paid order, or the customer has a valid owner."""
    HAS_OWNER = "HAS_OWNER"
    """已有归属: the brand leads only shoppers without a valid owner to a store."""
    OWNER_NOT_ACTIVE = "OWNER_NOT_ACTIVE"
    """门店未启用: the organisation does not take part."""
    REFERRAL_CYCLE = "REFERRAL_CYCLE"
    """推荐成环: the chain of referrals would lead back to the customer."""


class BindingEnd(StrEnum):
    """Why a binding (锁客) ended."""

    TAKEN_OVER = "TAKEN_OVER"
    """被接管: another owner's touch was strong enough."""
    TRANSFERRED = "TRANSFERRED"
    """转移: moved by hand, in bulk or alone, with a reason."""
    RELEASED = "RELEASED"
    """解绑: released by hand, with a reason."""
    LAPSED = "LAPSED"
    """过期: its validity was over when another touch came."""


class BindingStanding(StrEnum):
    """How firmly a binding (锁客) holds at a given moment."""

    PROTECTED = "PROTECTED"
    """保护中: only an assignment by hand moves the customer."""
    OPEN = "OPEN"
    """可竞争: valid; a touch at least as strong takes over."""
    LAPSED = "LAPSED"
    """已失效: its validity is over; any touch binds."""
    ENDED = "ENDED"
    """已结束: another binding, or none, took its place."""


class PromoterKind(StrEnum):
    """What kind of promoter (分销员) a person is."""

    PROMOTER = "PROMOTER"
    """分销员: shares links and codes and is paid for what they bring."""
    GROUP_LEADER = "GROUP_LEADER"
    """团长: gathers a community's orders and hands them out."""


@dataclass(frozen=True, slots=True)
class BindingPolicy:
    """How strong touches are and how long bindings hold; a tenant may have its own."""

    strength: Mapping[TouchSource, int] = field(default_factory=lambda: dict(STRENGTH))
    protected: timedelta = timedelta(days=PROTECTED_DAYS)
    valid: timedelta = timedelta(days=VALID_DAYS)

    def __post_init__(self) -> None:
        """Raises ValueError for a protection that does not lie within the validity, or a source without strength."""
        if not timedelta(0) < self.protected <= self.valid:
            raise ValueError("a binding is protected for some time, and not longer than it is valid")
        if set(self.strength) != set(TouchSource) or min(self.strength.values()) < 0:
            raise ValueError("every source of touches has a strength, and none is negative")


POLICY: Final = BindingPolicy()
"""The policy of a tenant that says nothing else."""


@dataclass(frozen=True, slots=True)
class Bound(Generic[N]):
    """A binding: whose customer she is, through what, and until when."""

    owner: N
    source: TouchSource
    strength: int
    bound_at: datetime
    protected_until: datetime
    valid_until: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Touching(Generic[N]):
    """A touch on behalf of `owner`, with what has to be known to judge it.

    `owner_trades`: the organisation is active. `by_herself`: its guide or promoter is the customer. `closes_circle`:
    the referral it brings would lead back to her. `is_first_purchase`: it is her first paid order in the tenant.
    """

    owner: N
    source: TouchSource
    owner_trades: bool = True
    by_herself: bool = False
    closes_circle: bool = False
    is_first_purchase: bool = False


class AfterTouch(NamedTuple, Generic[N]):
    """What a touch did. `binding` is the one that holds now; `ended` says why the one before ended, if it did."""

    outcome: TouchOutcome
    rejection: TouchRejection | None
    binding: Bound[N] | None
    ended: BindingEnd | None = None


def standing(
    ended_at: datetime | None, protected_until: datetime, valid_until: datetime, now: datetime
) -> BindingStanding:
    """How firmly a binding holds. Both dates are the first moment after.

    Source: docs/domain.md, Traffic: who brought the customer.
    """
    if ended_at is not None and ended_at <= now:
        return BindingStanding.ENDED
    if now >= valid_until:
        return BindingStanding.LAPSED
    return BindingStanding.PROTECTED if now < protected_until else BindingStanding.OPEN


def _standing_of(binding: Bound[N] | None, now: datetime) -> BindingStanding:
    if binding is None:
        return BindingStanding.ENDED
    return standing(binding.ended_at, binding.protected_until, binding.valid_until, now)


def after_touch(
    binding: Bound[N] | None, touch: Touching[N], now: datetime, policy: BindingPolicy = POLICY
) -> AfterTouch[N]:
    """Judge a touch: it binds, takes over, renews, or is rejected with a reason.

    Args:
        binding: the customer's active binding, if there is one.
        touch: the touch.
        now: when it happens.
        policy: the tenant's.

    Source: docs/domain.md, Traffic: who brought the customer.
    """
    holds = _standing_of(binding, now)
    rejection = _rejection(binding, holds, touch, policy)
    if rejection is not None:
        return AfterTouch(TouchOutcome.REJECTED, rejection, binding)
    if binding is None or holds in _FREE:
        lapsed = BindingEnd.LAPSED if holds is BindingStanding.LAPSED else None
        return AfterTouch(TouchOutcome.BOUND, None, _bound(touch, now, policy), lapsed)
    if binding.owner == touch.owner:
        return AfterTouch(TouchOutcome.RENEWED, None, _restarted(binding, now, policy))
    ended = BindingEnd.TRANSFERRED if touch.source is TouchSource.MANUAL_ASSIGN else BindingEnd.TAKEN_OVER
    return AfterTouch(TouchOutcome.TOOK_OVER, None, _bound(touch, now, policy), ended)


_FREE: Final = frozenset({BindingStanding.LAPSED, BindingStanding.ENDED})


def _rejection(
    binding: Bound[N] | None, holds: BindingStanding, touch: Touching[N], policy: BindingPolicy
) -> TouchRejection | None:
    """Why the touch changes nothing; first what is wrong with itself, then what it meets."""
    if not touch.owner_trades:
        return TouchRejection.OWNER_NOT_ACTIVE
    if touch.by_herself:
        return TouchRejection.SELF_BINDING
    if touch.closes_circle:
        return TouchRejection.REFERRAL_CYCLE
    free = binding is None or holds in _FREE
    if touch.source is TouchSource.FIRST_PURCHASE and not (touch.is_first_purchase and free):
        return TouchRejection.NOT_FIRST_PURCHASE
    if binding is None or free:
        return None
    stranger = binding.owner != touch.owner
    if stranger and touch.source is TouchSource.MANUAL_ASSIGN:
        return None
    if stranger and holds is BindingStanding.PROTECTED:
        return TouchRejection.PROTECTED
    if policy.strength[touch.source] < binding.strength:
        return TouchRejection.WEAKER
    return TouchRejection.HAS_OWNER if stranger and touch.source is TouchSource.BRAND_DIVERT else None


def _bound(touch: Touching[N], now: datetime, policy: BindingPolicy) -> Bound[N]:
    strength = policy.strength[touch.source]
    return Bound(touch.owner, touch.source, strength, now, now + policy.protected, now + policy.valid)


def _restarted(binding: Bound[N], at: datetime, policy: BindingPolicy) -> Bound[N]:
    """Both dates begin anew and never come sooner than they were; nothing else changes."""
    return replace(
        binding,
        protected_until=max(binding.protected_until, at + policy.protected),
        valid_until=max(binding.valid_until, at + policy.valid),
    )


def after_payment(
    binding: Bound[N] | None, owner_at_placement: N | None, paid_at: datetime, policy: BindingPolicy = POLICY
) -> Bound[N] | None:
    """Judge a payment: it renews the owner whom the order was placed under, if she is still that one's.

    Args:
        binding: the customer's active binding at the payment, also where it has ended since.
        owner_at_placement: the valid owner when the order was placed, if there was one.
        paid_at: when it was paid.
        policy: the tenant's.

    Returns:
        The renewed binding, or None where the payment renews nobody.

    Source: docs/domain.md, Traffic: who brought the customer.
    """
    if binding is None or binding.owner != owner_at_placement:
        return None
    if _standing_of(binding, paid_at) is BindingStanding.ENDED:
        return None
    return _restarted(binding, paid_at, policy)


def closes_circle(customer: N, referrer: N, referred_by: Mapping[N, N]) -> bool:
    """Whether a customer referred by `referrer` would, through those who referred him, have brought herself.

    Args:
        customer: who is to be referred.
        referrer: by whom.
        referred_by: for each customer who was referred, by whom; without cycles so far.

    Source: docs/domain.md, Traffic: who brought the customer.
    """
    above: N | None = referrer
    seen: set[N] = set()
    while above is not None and above not in seen:
        if above == customer:
            return True
        seen.add(above)
        above = referred_by.get(above)
    return False
