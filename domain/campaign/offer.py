"""What campaigns offer, where they stand, and what stores say to them; per-store parameters over the campaign's own."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class CampaignKind(StrEnum):
    """What a campaign (营销活动) offers."""

    AMOUNT_OFF = "AMOUNT_OFF"
    """满减: an amount off from a threshold on."""
    PERCENT_OFF = "PERCENT_OFF"
    """折扣: a part of the price off."""
    FIXED_PRICE = "FIXED_PRICE"
    """秒杀/一口价: a price instead of the listing's."""
    GIFT = "GIFT"
    """满赠: goods given from a threshold on."""
    NTH_UNIT = "NTH_UNIT"
    """第二件优惠: a part off every n-th unit."""
    COUPON = "COUPON"
    """发券: coupons to take."""
    GROUP_BUY = "GROUP_BUY"
    """拼团: a price for those who buy together."""
    POINTS_MULTIPLIER = "POINTS_MULTIPLIER"
    """积分倍数: more points for the same money."""
    DISPLAY_FEE = "DISPLAY_FEE"
    """陈列费: money to the store for showing the goods; shoppers never see it."""


class CampaignStatus(StrEnum):
    """Where a campaign (营销活动) stands. That its time has come or is over is no status: the clock says it."""

    DRAFT = "DRAFT"
    """草稿: being written; reaches nobody."""
    PUBLISHED = "PUBLISHED"
    """已发布: reaches whom it aims at, within its time."""
    PAUSED = "PAUSED"
    """已暂停: reaches nobody until it is resumed."""
    CLOSED = "CLOSED"
    """已结束: reaches nobody any more."""


class Participation(StrEnum):
    """What a store has to do to take part in a campaign (参与方式)."""

    MANDATORY = "MANDATORY"
    """强制: every store it aims at takes part."""
    OPT_IN = "OPT_IN"
    """报名: only stores that said yes."""
    OPT_OUT = "OPT_OUT"
    """默认参与: all but stores that said no."""


class Stance(StrEnum):
    """What a store said to a campaign (门店意向)."""

    OPTED_IN = "OPTED_IN"
    """已报名: it takes part."""
    OPTED_OUT = "OPTED_OUT"
    """已退出: it takes no part."""


class Terms(NamedTuple):
    """The numbers of an offer that a store may have otherwise (一店一策); amounts in fen, `None` is not set."""

    threshold_fen: int | None = None
    threshold_units: int | None = None
    off_fen: int | None = None
    off_bps: int | None = None
    price_fen: int | None = None


def terms_here(own: Terms, store: Terms | None) -> Terms:
    """Lay a store's parameters over a campaign's own.

    A threshold counts always: every campaign has both, 0 is none. What is taken off, and a price, count where the
    campaign has one: a store changes how much is offered, never what.

    Source: docs/domain.md, Campaigns and the promotion fund.
    """
    if store is None:
        return own
    return Terms(*(mine if mine is None or theirs is None else theirs for mine, theirs in zip(own, store, strict=True)))
