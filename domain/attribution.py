"""Who brought the customer: touches by strength, and the binding of a customer to one owner."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


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
"""How strong each source is where the tenant says nothing else. Source: docs/domain.md, Traffic."""

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
