"""The member centre's types: customers, memberships, rights and what they are worth in a cloud store."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain import member as domain
from domain.member import MAX_CALLED_CHARS
from engine.limits import FieldCost
from loaders.member import Consumer, CouponRow, MembershipRow, RightRow
from resolvers import attribution, channel, inventory, member, ordering
from schema.acts import Checking, InvalidInput, KeyReused, LimitReached, NotAllowed, act
from schema.attribution import Binding, Touch
from schema.base import (
    COUNTERPARTY,
    MEMBER,
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
from schema.enums import CouponBenefit, CouponState, OrderState, RightKind, RightReason, RightScope

if TYPE_CHECKING:
    from schema.channel import CloudStore, Organization, Site
    from schema.inventory import Reservation
    from schema.ordering import Order

_Organization = Annotated["Organization", strawberry.lazy("schema.channel")]
_CloudStore = Annotated["CloudStore", strawberry.lazy("schema.channel")]
_Site = Annotated["Site", strawberry.lazy("schema.channel")]
_Order = Annotated["Order", strawberry.lazy("schema.ordering")]
_Reservation = Annotated["Reservation", strawberry.lazy("schema.inventory")]

HELD = 12
"""As how many the gate counts a customer's rights in one place: a tier, points, money, a handful of coupons."""


@strawberry.type(description="A level of a member programme (会员等级).")
class MemberTier:
    """A level of a TIER right."""

    level: int = attribute("Its rank, the lowest first (等级).", COUNTERPARTY)
    code: str = attribute("Its code (编码).", COUNTERPARTY)
    name: str = attribute("Its name (名称).", COUNTERPARTY)
    growth_from: Count = attribute("The growth that reaches it (成长值门槛).", COUNTERPARTY)
    points_rate_pct: int = attribute("What a paid yuan earns there, in hundredths of a point (积分倍率).", COUNTERPARTY)


@strawberry.type(description="An organisation that honours a right (互通门店).")
class RightHonour:
    """Who honours a right beside its issuer."""

    organization: _Organization = edge(
        channel.organization_named("organization_id"), "Who honours it (互通组织).", COUNTERPARTY
    )
    includes_below: bool = attribute("Whether everyone below it does too (含下级).", COUNTERPARTY)


@strawberry.type(description="What coupons take off (券面).")
class CouponOffer:
    """What coupons take off: public where a campaign gives them out, else for who may see their right."""

    benefit: CouponBenefit = attribute("In which way (优惠方式).", PUBLIC)
    threshold_fen: Fen = attribute("From what amount on (门槛).", PUBLIC)
    off_fen: Fen | None = attribute("The amount, of AMOUNT_OFF (减免金额).", PUBLIC)
    off_bps: BasisPoint | None = attribute("The part, of PERCENT_OFF (折扣).", PUBLIC)
    max_off_fen: Fen | None = attribute("The most that PERCENT_OFF takes off; null: no limit (最高减免).", PUBLIC)


@graph_type(RightRow, "The terms of a right: what it is, how far it reaches, who issued it (权益).")
class Right(Node):
    """A right, for who holds, issues, bears or honours it."""

    id: strawberry.ID = global_id("right")
    kind: RightKind = attribute("What it is (类型).", COUNTERPARTY)
    code: str = attribute("The issuer's code (编码).", COUNTERPARTY)
    name: str = attribute("Its name (名称).", COUNTERPARTY)
    scope: RightScope = attribute("How far it reaches by its own terms (范围).", COUNTERPARTY)
    issuer: _Organization = edge(channel.organization_named("issuer_id"), "Who issued it (发放方).", COUNTERPARTY)
    bearer: _Organization = edge(channel.organization_named("bearer_id"), "Who bears its cost (承担方).", OWN)
    site: _Site | None = edge(channel.site_of, "The one site of a SITE scope (分站).", COUNTERPARTY)
    cloud_store: _CloudStore | None = edge(
        member.cloud_store_named, "The one cloud store of a STORE scope (云店).", COUNTERPARTY
    )
    valid_from: datetime = attribute("From when on it may be used (生效时间).", COUNTERPARTY)
    valid_until: datetime | None = attribute("The first moment it may not; null: open (失效时间).", COUNTERPARTY)
    redeem_points: Count | None = attribute("How many points of POINTS are one step (兑换积分).", COUNTERPARTY)
    redeem_fen: Fen | None = attribute("What one step of points is worth (兑换金额).", COUNTERPARTY)
    is_generated: bool = attribute("Whether it was made up for a demonstration (演示数据).", COUNTERPARTY)
    honours: list[RightHonour] = few(
        member.honours, "Who honours it beside its issuer, at most 100 (互通范围).", COUNTERPARTY, 25
    )
    tiers: list[MemberTier] = few(
        member.tiers, "The levels of a TIER, the lowest first, at most 100; of others none (等级).", COUNTERPARTY, 5
    )
    offer: CouponOffer | None = edge(member.offer, "What its coupons take off, of a COUPON (券面).", COUNTERPARTY)


@graph_type(CouponRow, "A coupon of a customer: one use of a discount (优惠券).")
class Coupon(Node):
    """A coupon, for who holds it, and for whose customer she is where it is theirs or good at theirs."""

    id: strawberry.ID = global_id("coupon")
    code: str = attribute("Its number (券码).", MEMBER)
    state: CouponState = attribute("Where it stands; that its time is over is no state (状态).", MEMBER)
    granted_at: datetime = attribute("When she got it (发放时间).", MEMBER)
    valid_from: datetime = attribute("From when on it may be used (生效时间).", MEMBER)
    valid_until: datetime = attribute("The first moment it may not (失效时间).", MEMBER)
    right: Right = edge(member.right_of, "Its terms (权益条款).", MEMBER)
    customer: "Customer | None" = edge(member.customer_of, "Whose it is (消费者).", MEMBER)


@strawberry.type(
    description="What a customer's right is worth in one cloud store, or why it is nothing there (此店权益)."
)
class RightHere:
    """A right, judged in a cloud store at the request's moment."""

    right: Right = leaf(lambda here: here.right, "Which right (权益).", MEMBER)
    usable: bool = leaf(lambda here: here.verdict.usable, "Whether it can be used there now (可用).", MEMBER)
    reason: RightReason | None = leaf(
        lambda here: here.verdict.reason, "Why not: the first reason that applies; null where it can (原因).", MEMBER
    )
    worth_fen: Fen | None = leaf(
        lambda here: here.verdict.worth_fen,
        "What it takes off at most; null where that depends on what is bought, and where it cannot be used (可抵金额).",
        MEMBER,
    )
    balance: Count | None = leaf(
        lambda here: here.held.holding.balance,
        "What is left: points of POINTS, minor units of STORED_VALUE (余额).",
        MEMBER,
    )
    growth: Count | None = leaf(
        lambda here: None if here.held.tier is None else here.held.tier.growth,
        "What she has grown to, of a TIER (成长值).",
        MEMBER,
    )
    tier: MemberTier | None = leaf(lambda here: here.held.tier, "The level she has, of a TIER (会员等级).", MEMBER)
    coupon: Coupon | None = leaf(lambda here: here.held.coupon, "Which coupon, of a COUPON (优惠券).", MEMBER)
    settles_with: _Organization | None = edge(
        channel.organization_named("settles_with_id"),
        "Who owes the cloud store's organisation what is used there; null where it bears that itself (结算方).",
        OWN,
    )


@graph_type(MembershipRow, "A customer's membership of one cloud store (会员).")
class Membership(Node):
    """A membership, for the customer and for who speaks for the cloud store."""

    id: strawberry.ID = global_id("membership")
    customer: "Customer | None" = edge(member.customer_of, "Who is a member (消费者).", MEMBER)
    cloud_store: _CloudStore = edge(member.cloud_store_named, "Of which cloud store, closed or not (云店).", MEMBER)
    joined_at: datetime = attribute("Since when (入会时间).", MEMBER)
    rights: list[RightHere] | None = few(
        member.rights_of_membership,
        "What she can use there, and why not the rest: see `rights` (此店权益).",
        MEMBER,
        HELD,
    )


@graph_type(Consumer, "A shopper, one per tenant (消费者).")
class Customer(Node):
    """A customer, for herself and for whose customer she is."""

    id: strawberry.ID = global_id("customer")
    display_name: str = attribute("Her name (称呼).", MEMBER)
    phone: str | None = attribute("Her phone, its middle hidden (手机号, 已脱敏).", MEMBER)
    joined_at: datetime = attribute("Since when (注册时间).", MEMBER)
    tags: list[str] = attribute("The tags she has (标签).", MEMBER)
    referred_by: "Customer | None" = edge(
        member.referred_by, "Who brought her, where that is the viewer's customer too (推荐人).", MEMBER
    )
    memberships: Connection[Membership] | None = connection(
        member.memberships,
        "Where she is a member, the newest first; for others than her, at the cloud stores they speak for (会员关系).",
        MEMBER,
    )
    rights: list[RightHere] | None = edge(
        member.rights_at,
        "What she can use at a cloud store, and why not the rest; null for others than her who do not speak for it. "
        "They are not told of what others gave her that is no good there. At most 100: what can be used first, tiers "
        "and balances before coupons, then what ends soonest (此店权益).",
        MEMBER,
        cost=FieldCost(weight=1, assumed=HELD),
        arguments={"at": id_of("The id of a cloud store (云店标识).", "cloudstore")},
    )
    orders: Connection[_Order] | None = connection(
        ordering.orders_of,
        "What she bought, the newest first, at any store; for others than her, what they sold her (订单).",
        MEMBER,
        state=Argument(OrderState | None, "Only those in one state (订单状态).", None),
    )
    holds: Connection[_Reservation] | None = connection(
        inventory.holds_of,
        "What is held for her now, what ends first before; for others than her, what is held at their own cloud store "
        "(预占).",
        MEMBER,
    )
    binding: Binding | None = edge(
        attribution.binding, "Whose customer she is, for her and for the owner; null for others (当前绑定).", MEMBER
    )
    bindings: Connection[Binding] | None = connection(
        attribution.bindings, "Whose she is and was, the newest first; of others an owner sees none (绑定历史).", MEMBER
    )
    touches: Connection[Touch] | None = connection(
        attribution.touches,
        "Who touched her, the newest first; for others than her, their own touches (触点).",
        MEMBER,
    )


@strawberry.input(description="A cloud store that a shopper joins (入会).")
class JoinCloudStoreInput:
    """A membership."""

    cloud_store_id: strawberry.ID = strawberry.field(description="The cloud store (云店标识).")
    display_name: str | None = strawberry.field(
        default=None, description="What she is called; expected of who is new on the platform (称呼)."
    )

    def to_command(self, check: Checking) -> domain.JoinCloudStore:
        """The membership."""
        called = self.display_name
        return domain.JoinCloudStore(
            check.id("cloudStoreId", self.cloud_store_id, "cloudstore"),
            None if called is None else check.text("displayName", called, MAX_CALLED_CHARS),
        )


JoinCloudStoreResult = Annotated[
    _CloudStore | LimitReached | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("JoinCloudStoreResult", description="The cloud store that she joined, or why not (入会结果)."),
]


@strawberry.type
class Mutation:
    """The member centre's acts."""

    join_cloud_store: JoinCloudStoreResult = act(
        member.join_cloud_store,
        JoinCloudStoreInput,
        "A shopper joins a cloud store, by her own token; whoever is new becomes a customer by it (入会).",
        PUBLIC,
    )


@strawberry.type
class Query:
    """The member centre's root fields."""

    customer: Customer | None = edge(
        member.customer,
        "A customer by id; null if there is none, or for who is neither she nor whose customer she is (消费者).",
        MEMBER,
        arguments={"id": id_of("The id of a customer (消费者标识).", "customer")},
    )
