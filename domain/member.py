"""Members and the rights that travel with them: kinds, scopes, and what a right is worth in a given cloud store."""

from __future__ import annotations

from enum import StrEnum


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
