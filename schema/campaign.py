"""The campaign centre's types: campaigns, what reaches a store and what does not, whom a campaign aims at."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.campaign import MAX_CLAUSES, weekdays_of
from engine.limits import FieldCost
from loaders.campaign import MAX_CONDITIONS_SHOWN, CampaignRow
from resolvers import campaign, catalog, channel
from schema.base import (
    COUNTERPARTY,
    OWN,
    PUBLIC,
    Argument,
    BasisPoint,
    Connection,
    Count,
    Fen,
    Node,
    attribute,
    connection,
    edge,
    few,
    global_id,
    graph_type,
    id_of,
    leaf,
)
from schema.enums import (
    CampaignKind,
    CampaignStatus,
    CloudStoreMode,
    Dimension,
    Participation,
    ReachReason,
    Stance,
    Terminal,
    Tier,
    Weekday,
)

if TYPE_CHECKING:
    from schema.catalog import Category, Sku
    from schema.channel import Organization, Site, Territory
    from schema.member import CouponOffer, MemberTier, Right

_Sku = Annotated["Sku", strawberry.lazy("schema.catalog")]
_Category = Annotated["Category", strawberry.lazy("schema.catalog")]
_Organization = Annotated["Organization", strawberry.lazy("schema.channel")]
_CouponOffer = Annotated["CouponOffer", strawberry.lazy("schema.member")]
_MemberTier = Annotated["MemberTier", strawberry.lazy("schema.member")]
_Right = Annotated["Right", strawberry.lazy("schema.member")]
_Site = Annotated["Site", strawberry.lazy("schema.channel")]
_Territory = Annotated["Territory", strawberry.lazy("schema.channel")]


CONDITIONS = 10
"""The conditions of a clause that are shown unless more are asked for."""
MISS_WEIGHT = 5
"""The weight of asking what does not reach one store: every campaign is put to it, step by step."""


@strawberry.type(description="Who funds a part of a campaign's discount (费用承担方).")
class CampaignFunder:
    """A funder and its part."""

    organization: _Organization | None = edge(
        channel.organization_named("funder_id"), "Who funds it; null: the store that sells (承担组织).", OWN
    )
    share_bps: BasisPoint = attribute("Its part of the discount (承担比例).", OWN)


@strawberry.type(description="One condition of a clause; the field of its dimension is set (投放条件).")
class CampaignCondition:
    """A condition."""

    dimension: Dimension = attribute("What it looks at (维度).", OWN)
    negated: bool = attribute("Whether it must not hold (取反).", OWN)
    site: _Site | None = edge(channel.site_of, "The site (分站).", OWN)
    territory: _Territory | None = edge(campaign.territory_of_condition, "The territory (区域).", OWN)
    tier: Tier | None = attribute("The tier of the store's organisation (组织层级).", OWN)
    organization: _Organization | None = edge(
        channel.organization_named("organization_id"),
        "The organisation that is, or stands above, the store, or the brand of the sku (组织).",
        OWN,
    )
    tag: str | None = attribute("The tag of the store or of the member (标签).", OWN)
    mode: CloudStoreMode | None = attribute("The mode of the cloud store (云店模式).", OWN)
    member_tier: _MemberTier | None = edge(
        campaign.tier_of_condition, "The level that the member has reached, or one above it (会员等级).", OWN
    )
    sku: _Sku | None = edge(campaign.sku_of_condition, "The sku (规格).", OWN)
    category: _Category | None = edge(catalog.category_of, "The category, with all below it (类目).", OWN)
    terminal: Terminal | None = attribute("The terminal (终端).", OWN)
    weekdays: list[Weekday] | None = leaf(
        lambda row: None if row.weekdays is None else weekdays_of(row.weekdays), "The days of the week (星期).", OWN
    )
    from_minute: int | None = attribute("From this minute of the day on (起始分钟).", OWN)
    until_minute: int | None = attribute("Until just before this minute of the day (截止分钟).", OWN)


@strawberry.type(description="One way to be reached: each dimension it speaks of must hold (投放子句).")
class CampaignClause:
    """A clause of a campaign's targeting."""

    conditions: list[CampaignCondition] = edge(
        campaign.conditions_of,
        "Its conditions, in order, the first of them: of each dimension any of the plain ones must hold, none of the "
        "negated (条件).",
        OWN,
        cost=FieldCost(weight=1, slicing=("first",), default=CONDITIONS, maximum=MAX_CONDITIONS_SHOWN),
        arguments={"first": Argument(int, f"How many, from 1 to {MAX_CONDITIONS_SHOWN} (条数).", CONDITIONS)},
    )
    condition_count: Count = leaf(lambda row: row.size, "How many conditions it has in all (条件数).", OWN)


@strawberry.type(
    description="What a store said to a campaign, and its parameters there: a threshold counts always, an amount or "
    "part off and a price where the campaign has one (门店意向与参数)."
)
class CampaignAnswer:
    """A store's answer."""

    store: _Organization = edge(channel.organization_named("store_id"), "Who said it (门店).", OWN)
    stance: Stance | None = attribute("Whether it takes part; null: it said nothing (意向).", OWN)
    threshold_fen: Fen | None = attribute("Its own threshold amount (门槛金额).", OWN)
    threshold_units: Count | None = attribute("Its own threshold quantity (门槛件数).", OWN)
    off_fen: Fen | None = attribute("Its own amount off (减免金额).", OWN)
    off_bps: BasisPoint | None = attribute("Its own part off (折扣比例).", OWN)
    price_fen: Fen | None = attribute("Its own price (活动价).", OWN)


@graph_type(CampaignRow, "A promotion of one organisation, on its own stores and those below it (营销活动).")
class Campaign(Node):
    """A campaign; the fields of its kind are set."""

    id: strawberry.ID = global_id("campaign")
    code: str = attribute("Its code, one of its owner's (编码).", PUBLIC)
    name: str = attribute("Its name (名称).", PUBLIC)
    kind: CampaignKind = attribute("What it offers (类型).", PUBLIC)
    status: CampaignStatus = attribute("Where it stands (状态).", PUBLIC)
    participation: Participation = attribute("What a store has to do to take part (参与方式).", PUBLIC)
    starts_at: datetime = attribute("From this instant on (开始时间).", PUBLIC)
    ends_at: datetime = attribute("Until just before this instant (结束时间).", PUBLIC)
    priority: int = attribute("Its priority; the highest comes first (优先级).", PUBLIC)
    exclusion_group: str | None = attribute("Of campaigns of one group at most one applies (互斥组).", PUBLIC)
    threshold_fen: Fen = attribute("The amount to reach first; 0 is none (门槛金额).", PUBLIC)
    threshold_units: Count = attribute("The base units to reach first; 0 is none (门槛件数).", PUBLIC)
    off_fen: Fen | None = attribute("The amount off (减免金额).", PUBLIC)
    off_bps: BasisPoint | None = attribute("The part off (折扣比例).", PUBLIC)
    price_fen: Fen | None = attribute("The price of one base unit (活动价).", PUBLIC)
    gift_sku: _Sku | None = edge(campaign.gift_of, "What is given (赠品).", PUBLIC)
    gift_quantity: Count | None = attribute("How many base units are given (赠品数量).", PUBLIC)
    nth: int | None = attribute("Each n-th unit is the one with a part off (第几件).", PUBLIC)
    coupon_offer: _CouponOffer | None = edge(
        campaign.offer_of, "What its coupons take off, of a COUPON (券面).", PUBLIC
    )
    coupon_right: _Right | None = edge(
        campaign.coupon_of,
        "The terms of its coupons: who issued them, where they are good; null for who may not see that right (券权益).",
        COUNTERPARTY,
    )
    group_size: int | None = attribute("How many buy together (成团人数).", PUBLIC)
    points_pct: int | None = attribute("Points in percent of the usual; 200 is double (积分倍率).", PUBLIC)
    fee_fen: Fen | None = attribute("What is paid to the store for showing the goods (陈列费).", PUBLIC)
    owner: _Organization = edge(channel.organization_named("owner_id"), "Whose campaign it is (发起方).", PUBLIC)
    funders: list[CampaignFunder] | None = few(
        campaign.funders_of,
        "Who funds it, in order; null for anyone but its owner and its funders (费用承担方).",
        OWN,
        5,
    )
    targeting: list[CampaignClause] | None = edge(
        campaign.clauses_of,
        f"Whom it aims at: what any clause reaches, {MAX_CLAUSES} at most; empty: everything below its owner; null for "
        "anyone but its owner (投放规则).",
        OWN,
        cost=FieldCost(weight=1, slicing=("first",), default=MAX_CLAUSES, maximum=MAX_CLAUSES),
        arguments={"first": Argument(int, f"How many clauses, from 1 to {MAX_CLAUSES} (条数).", MAX_CLAUSES)},
    )
    answers: Connection[CampaignAnswer] | None = connection(
        campaign.answers_of,
        "What stores said to it, and their parameters; null for anyone but its owner (门店意向与参数).",
        OWN,
    )


@strawberry.type(description="A campaign that reaches, with the terms that hold there (触达活动).")
class CampaignHere:
    """A store's own parameters over the campaign's."""

    campaign: Campaign = leaf(lambda here: here.campaign, "The campaign (活动).", PUBLIC)
    threshold_fen: Fen = leaf(lambda here: here.terms.threshold_fen, "The amount to reach first (门槛金额).", PUBLIC)
    threshold_units: Count = leaf(
        lambda here: here.terms.threshold_units, "The units to reach first (门槛件数).", PUBLIC
    )
    off_fen: Fen | None = leaf(lambda here: here.terms.off_fen, "The amount off (减免金额).", PUBLIC)
    off_bps: BasisPoint | None = leaf(lambda here: here.terms.off_bps, "The part off (折扣比例).", PUBLIC)
    price_fen: Fen | None = leaf(lambda here: here.terms.price_fen, "The price of one base unit (活动价).", PUBLIC)


@strawberry.type(description="A campaign that does not reach, and why (未触达活动).")
class CampaignMiss:
    """A campaign with the first reason against it."""

    campaign: Campaign = leaf(lambda miss: miss.campaign, "The campaign (活动).", OWN)
    reason: ReachReason = attribute("The first reason that applies (原因).", OWN)
    dimension: Dimension | None = attribute(
        "Where its targeting is the reason: the first failing dimension of the clause that gets furthest (维度).",
        OWN,
    )


_MEMBER = id_of(
    "The member it is about: the viewer herself, or one of the store that she serves; null: a shopper herself, for "
    "others a shopper of whom nothing is known (会员标识).",
    "customer",
    optional=True,
)
_SKU = id_of("The sku it is about; null: any (规格标识).", "sku", optional=True)
_TERMINAL = Argument(Terminal | None, "The terminal it is about; null: any (终端).", None)
_AT = Argument(
    datetime | None,
    "The instant that counts, from a day ago to a year ahead; null: now. What has not begun by now is for the people "
    "of store and owner (时间).",
    None,
)
_SHOWN = Argument(
    int, f"How many, from 1 to {campaign.MAX_SHOWN}; the highest priority first (条数).", campaign.DEFAULT_SHOWN
)
_HERE_COST = FieldCost(weight=1, slicing=("first",), default=campaign.DEFAULT_SHOWN, maximum=campaign.MAX_SHOWN)

of_cloud_store = edge(
    campaign.campaigns_of_cloud_store,
    "What reaches it, the highest priority first; null where the sku or the member is none the viewer may see, about "
    "another member where the viewer does not speak for the store, and at an ordering mall for anyone but its own "
    "people and whom it supplies; empty where the store is closed or does not trade (触达活动).",
    PUBLIC,
    cost=_HERE_COST,
    arguments={"member": _MEMBER, "sku": _SKU, "terminal": _TERMINAL, "at": _AT, "first": _SHOWN},
)
of_listing = edge(
    campaign.campaigns_of_listing,
    "What reaches it: its sku, at its store. The same as of the cloud store (触达活动).",
    PUBLIC,
    cost=_HERE_COST,
    arguments={"member": _MEMBER, "terminal": _TERMINAL, "at": _AT, "first": _SHOWN},
)
missed_by_cloud_store = connection(
    campaign.campaigns_missed,
    "Which published campaigns that were not over a day ago do not reach it, and why: of those above it for its own "
    "people, display fees aside, of the viewer's own organisation's for that; null for others, and about a member for "
    "anyone but the store's people (未触达活动).",
    OWN,
    weight=MISS_WEIGHT,
    member=_MEMBER,
    sku=_SKU,
    terminal=_TERMINAL,
    at=_AT,
)
of_organization = connection(
    campaign.campaigns_of,
    "Its campaigns, by code; empty for others (营销活动).",
    OWN,
    status=Argument(CampaignStatus | None, "Only those of one status (状态).", None),
)


@strawberry.type
class Query:
    """The campaign centre's root fields."""

    campaign: Campaign | None = edge(
        campaign.campaign,
        "A campaign by id; null if there is none, or not for the viewer (营销活动).",
        PUBLIC,
        arguments={"id": id_of("The id of a campaign (活动标识).", "campaign")},
    )
