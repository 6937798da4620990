"""The enums of the graph: the domain's own, described in the domain's own words.

A value's docstring in `domain` reads `中文: what it is`; the graph shows `What it is (中文).`. It owns no enum.
"""

import ast
import inspect
import textwrap
from enum import StrEnum
from typing import TypeVar

import strawberry

from domain.access import ActorClass, Audience
from domain.attribution import (
    BindingEnd,
    BindingStanding,
    PromoterKind,
    TouchOutcome,
    TouchRejection,
    TouchSource,
)
from domain.campaign import CampaignKind, CampaignStatus, Dimension, Participation, ReachReason, Stance, Weekday
from domain.catalog import AttributeKind, ListingOrigin, PriceAudience, PriceReason, PriceScope
from domain.channel import CloudStoreMode, EdgeKind, OrganizationStatus, Role, SiteKind, Tier
from domain.inventory import LocationKind, MovementKind, ReservationState, SourcingCriterion
from domain.member import CouponBenefit, CouponState, RightKind, RightReason, RightScope
from domain.ordering import (
    CancelCause,
    DeliveryMethod,
    NoticeKind,
    NoticeOutcome,
    OrderKind,
    OrderState,
    PaymentState,
    RefundState,
    Terminal,
    TradeDimension,
)

E = TypeVar("E", bound=StrEnum)


def _docstrings(kind: type[StrEnum]) -> dict[str, str]:
    """The docstring under each member, read from the source: Python keeps none at run time."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    member: str | None = None
    for statement in body.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            member = statement.targets[0].id
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and member is not None:
            found[member], member = inspect.cleandoc(str(statement.value.value)), None
        else:
            member = None
    return found


def _in_the_graph(words: str) -> str:
    term, colon, meaning = words.partition(": ")
    if not colon or term.isascii():
        return words
    return f"{meaning[0].upper()}{meaning[1:].rstrip('.')} ({term})."


def described(kind: type[E], description: str) -> type[E]:
    """`kind` as an enum of the graph, every value described."""
    made = strawberry.enum(kind, description=description)
    words = _docstrings(kind)
    for value in made.__strawberry_definition__.values:  # type: ignore[attr-defined]  # Strawberry's own mark
        value.description = _in_the_graph(words[value.name])
    return made


ENUMS: dict[type[StrEnum], str] = {
    ActorClass: "What kind of actor asks (身份).",
    Audience: "For whom a field of the graph is (可见范围).",
    Tier: "The place of an organisation in the channel (层级).",
    Role: "What a member of staff does in her organisation (岗位).",
    EdgeKind: "What one organisation is to another (组织关系).",
    SiteKind: "The kind of a site (分站类型).",
    OrganizationStatus: "Whether an organisation takes part (组织状态).",
    CloudStoreMode: "How a cloud store sells (云店模式).",
    AttributeKind: "The type of an attribute's values (属性类型).",
    ListingOrigin: "Whose goods a listing offers (货源).",
    PriceAudience: "Who buys at a list's prices (价格对象).",
    PriceScope: "To whom a price list speaks (价格范围).",
    PriceReason: "Why a price was applied or not (取价原因).",
    LocationKind: "What kind of place goods lie at (库位类型).",
    ReservationState: "Where a hold stands (预占状态).",
    MovementKind: "Why a stock row changed (出入库类型).",
    SourcingCriterion: "What plans to source an order are compared by, the lower the better (寻源规则).",
    OrderKind: "What an order is between its two parties (订单类型).",
    OrderState: "Where an order stands (订单状态).",
    DeliveryMethod: "How goods of a shopper's order reach her (配送方式).",
    CancelCause: "Why an order was cancelled (取消原因).",
    PaymentState: "Where a payment stands (支付状态).",
    RefundState: "Where a refund stands (退款状态).",
    NoticeKind: "What a payment provider tells (支付通知类型).",
    NoticeOutcome: "What a provider's notice did (通知处理结果).",
    Terminal: "Where an order was made (终端).",
    RightKind: "What a right is (权益类型).",
    RightScope: "How far a right reaches by its own terms (权益范围).",
    RightReason: "Why a right cannot be used in a cloud store now (权益不可用原因).",
    CouponState: "Where a coupon stands (优惠券状态).",
    CouponBenefit: "What a coupon takes off (优惠方式).",
    TouchSource: "How a shopper was touched (触点来源).",
    TouchOutcome: "What a touch did to the customer's binding (触点结果).",
    TouchRejection: "Why a touch changed nothing (触点未生效原因).",
    BindingEnd: "Why a binding ended (绑定结束原因).",
    BindingStanding: "How firmly a binding holds (绑定状态).",
    PromoterKind: "What kind of promoter a person is (分销员类型).",
    TradeDimension: "By what figures of trade are divided (统计维度).",
    CampaignKind: "What a campaign offers (活动类型).",
    CampaignStatus: "Where a campaign stands (活动状态).",
    Participation: "What a store has to do to take part in a campaign (参与方式).",
    Stance: "What a store said to a campaign (门店意向).",
    Dimension: "What a targeting condition looks at, in the order in which a clause is read (投放维度).",
    Weekday: "A day of the week (星期).",
    ReachReason: "Why a campaign does not reach, in order of precedence (未触达原因).",
}
"""The enums of the graph with their descriptions; the centres' types import them from here, described."""

for _kind, _description in ENUMS.items():
    described(_kind, _description)

TIERS = tuple(tier.lower() for tier in Tier)
"""The kinds of global ids that organisations have."""

__all__ = [
    "ENUMS",
    "TIERS",
    "ActorClass",
    "AttributeKind",
    "Audience",
    "BindingEnd",
    "BindingStanding",
    "CampaignKind",
    "CampaignStatus",
    "CancelCause",
    "CloudStoreMode",
    "CouponBenefit",
    "CouponState",
    "DeliveryMethod",
    "Dimension",
    "EdgeKind",
    "ListingOrigin",
    "LocationKind",
    "MovementKind",
    "NoticeKind",
    "NoticeOutcome",
    "OrderKind",
    "OrderState",
    "OrganizationStatus",
    "Participation",
    "PaymentState",
    "PriceAudience",
    "PriceReason",
    "PriceScope",
    "PromoterKind",
    "ReachReason",
    "RefundState",
    "ReservationState",
    "RightKind",
    "RightReason",
    "RightScope",
    "Role",
    "SiteKind",
    "SourcingCriterion",
    "Stance",
    "Terminal",
    "Tier",
    "TouchOutcome",
    "TouchRejection",
    "TouchSource",
    "TradeDimension",
    "Weekday",
]
