"""The attribution centre's types: bindings with their chains, touches, promoters and guides."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from engine.limits import FieldCost
from loaders.attribution import BindingRow, PromoterRow, TouchRow
from resolvers import attribution, channel, member
from schema.base import MEMBER, Count, Node, attribute, edge, few, global_id, graph_type
from schema.enums import (
    BindingEnd,
    BindingStanding,
    PromoterKind,
    Role,
    Terminal,
    Tier,
    TouchOutcome,
    TouchRejection,
    TouchSource,
)

if TYPE_CHECKING:
    from schema.channel import Organization
    from schema.member import Customer

_Organization = Annotated["Organization", strawberry.lazy("schema.channel")]
_Customer = Annotated["Customer", strawberry.lazy("schema.member")]
_COUNTED = FieldCost(weight=10)


@graph_type(PromoterRow, "A person who brings sales to an organisation and is not its staff (分销员).")
class Promoter(Node):
    """A promoter, for the organisation and for whom she brought."""

    id: strawberry.ID = global_id("promoter")
    display_name: str = attribute("Her name (姓名).", MEMBER)
    kind: PromoterKind = attribute("What kind of promoter she is (分销员类型).", MEMBER)
    code: str = attribute("The code she shares (推广码).", MEMBER)
    organization: _Organization = edge(
        channel.organization_named("organization_id"), "To whom she brings sales (所属组织).", MEMBER
    )
    joined_at: datetime = attribute("Since when (加入时间).", MEMBER)
    is_active: bool = attribute("Whether she still does (有效).", MEMBER)
    customer_count: Count | None = edge(
        attribution.customers_of_promoter,
        "How many customers are bound through her now; null beyond 10,000, and for others than her organisation "
        "(客户数).",
        MEMBER,
        cost=_COUNTED,
    )


@strawberry.type(description="A member of staff who serves customers (导购).")
class Guide:
    """A guide, for the organisation and for whom he brought."""

    display_name: str = attribute("His name (姓名).", MEMBER)
    role: Role = attribute("What he does in his organisation (岗位).", MEMBER)
    organization: _Organization = edge(
        channel.organization_named("organization_id"), "Where he works (所属组织).", MEMBER
    )
    customer_count: Count | None = edge(
        attribution.customers_of_guide,
        "How many customers are bound through him now; null beyond 10,000, and for others than his organisation "
        "(客户数).",
        MEMBER,
        cost=_COUNTED,
    )


@strawberry.type(description="An organisation of a binding's chain (绑定链节点).")
class BindingHop:
    """A hop of the chain, as it was when the customer was bound."""

    hops: int = attribute("How many steps above the owner; 0 is the owner (层级距离).", MEMBER)
    organization: _Organization = edge(channel.organization_named("organization_id"), "Who stood there (组织).", MEMBER)
    tier: Tier = attribute("Its tier then (层级).", MEMBER)


@graph_type(BindingRow, "A customer bound to the organisation that brought her (锁客).")
class Binding(Node):
    """A binding, for the customer and for its owner."""

    id: strawberry.ID = global_id("binding")
    customer: _Customer | None = edge(
        member.customer_of, "Who is bound; null where she is no longer the viewer's customer (消费者).", MEMBER
    )
    owner: _Organization = edge(channel.organization_named("owner_id"), "Whose customer she is (归属组织).", MEMBER)
    guide: Guide | None = edge(attribution.guide, "The member of staff who brought her, if one did (导购).", MEMBER)
    promoter: Promoter | None = edge(attribution.promoter, "The promoter who brought her, if one did (分销员).", MEMBER)
    source: TouchSource = attribute("What bound her (来源).", MEMBER)
    strength: Count = attribute("How strong that was (强度).", MEMBER)
    bound_at: datetime = attribute("When she was bound (绑定时间).", MEMBER)
    protected_until: datetime = attribute("Until when only a hand moves her (保护期至).", MEMBER)
    valid_until: datetime = attribute("Until when the owner is paid for her (有效期至).", MEMBER)
    ended_at: datetime | None = attribute("When it ended; null while it is the active one (结束时间).", MEMBER)
    end_cause: BindingEnd | None = attribute("Why it ended (结束原因).", MEMBER)
    end_reason: str | None = attribute("The reason that whoever ended it gave (结束说明).", MEMBER)
    standing: BindingStanding = edge(attribution.standings, "How firmly it holds now (绑定状态).", MEMBER)
    chain: list[BindingHop] = few(
        attribution.chain,
        "The owner and those above it up to the highest tier below brand, frozen when she was bound (绑定链).",
        MEMBER,
        5,
    )


@graph_type(TouchRow, "One contact with a customer that may bind her (触点).")
class Touch(Node):
    """A touch, for the customer and for who touched her; the rejected ones too."""

    id: strawberry.ID = global_id("touch")
    customer: _Customer | None = edge(
        member.customer_of, "Who was touched; null where she is not the viewer's customer (消费者).", MEMBER
    )
    organization: _Organization = edge(
        channel.organization_named("organization_id"), "On whose behalf (触达组织).", MEMBER
    )
    guide: Guide | None = edge(attribution.guide, "By which member of staff, if by one (导购).", MEMBER)
    promoter: Promoter | None = edge(attribution.promoter, "By which promoter, if by one (分销员).", MEMBER)
    source: TouchSource = attribute("How (来源).", MEMBER)
    strength: Count = attribute("How strong it was (强度).", MEMBER)
    terminal: Terminal = attribute("Where (终端).", MEMBER)
    occurred_at: datetime = attribute("When (发生时间).", MEMBER)
    outcome: TouchOutcome = attribute("What it did to her binding (结果).", MEMBER)
    rejection: TouchRejection | None = attribute("Why it changed nothing, if so (未生效原因).", MEMBER)
