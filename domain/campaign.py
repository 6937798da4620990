"""Campaigns: what they offer, whom they aim at, and why one does or does not reach a store, a member, a sku."""

from __future__ import annotations

from enum import StrEnum


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
    """已报名."""
    OPTED_OUT = "OPTED_OUT"
    """已退出."""


class Dimension(StrEnum):
    """What a targeting condition (投放条件) looks at."""

    SITE = "SITE"
    """分站: the cloud store's site."""
    TERRITORY = "TERRITORY"
    """区域: a territory that the store's region lies in."""
    TIER = "TIER"
    """组织层级: the tier of the organisation that keeps the cloud store."""
    BELOW = "BELOW"
    """下级: an organisation and everyone it supplies, directly or not."""
    STORE = "STORE"
    """门店: the organisation itself."""
    STORE_TAG = "STORE_TAG"
    """门店标签: a tag of the organisation."""
    MODE = "MODE"
    """云店模式: the cloud store's mode."""
    MEMBER_TIER = "MEMBER_TIER"
    """会员等级: a tier that the member has reached."""
    MEMBER_TAG = "MEMBER_TAG"
    """会员标签: a tag of the member."""
    SKU = "SKU"
    """商品: the sku."""
    CATEGORY = "CATEGORY"
    """类目: a category that the sku lies in, at any depth."""
    BRAND = "BRAND"
    """品牌: the brand of the sku."""
    TERMINAL = "TERMINAL"
    """终端: where the shopper looks or buys."""
    HOURS = "HOURS"
    """时段: days of the week and minutes of the day, in the tenant's time zone."""
