"""Who may do what in an organisation: one matrix of roles and one of partners' systems.

Owns what may be *done*; what may be read is `domain.access`. A permission is an organisation's own: who has it there
has it nowhere else, but for a platform admin, who has all everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from domain.access import ActorClass
from domain.channel import Role, RoleNotAllowed, Tier
from domain.integration import PartnerKind


class Permission(StrEnum):
    """A kind of act on an organisation's own things (操作权限)."""

    ORGANIZATION = "ORGANIZATION"
    """组织: the organisation itself: who is below it, its staff, sites and territories, locations and pools."""
    CLOUD_STORE = "CLOUD_STORE"
    """云店: its cloud store: open, mode, decoration."""
    CATALOG = "CATALOG"
    """商品: products, assortments, listings."""
    PRICE = "PRICE"
    """价格: price lists and shelf prices."""
    STOCK = "STOCK"
    """库存: receipts, issues, counts, lots, what it contributes to pools."""
    ORDER = "ORDER"
    """订单: orders that it sells or buys: hold, place, pay, give up what is not paid."""
    FULFILMENT = "FULFILMENT"
    """发货: goods of orders that it ships."""
    AFTERSALE = "AFTERSALE"
    """售后: refunds and returns, and giving up what is paid: money goes back."""
    MEMBER = "MEMBER"
    """会员: its members and whose customer is whose."""
    CAMPAIGN = "CAMPAIGN"
    """营销: its campaigns and its answers to those of others."""
    REPORT = "REPORT"
    """报表: figures."""


ALL: Final = frozenset(Permission)
BY_ROLE: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.MANAGER: ALL,
    Role.OPERATOR: ALL,
    Role.CLERK: frozenset(
        {Permission.STOCK, Permission.ORDER, Permission.FULFILMENT, Permission.AFTERSALE, Permission.MEMBER}
    ),
    Role.SALESPERSON: frozenset({Permission.ORDER, Permission.FULFILMENT, Permission.MEMBER}),
    Role.ANALYST: frozenset({Permission.REPORT}),
}
"""What a member of staff may do in her organisation. Source: docs/domain.md, Who may do what."""
_BUSINESS: Final = frozenset(
    {Permission.CATALOG, Permission.PRICE, Permission.STOCK, Permission.ORDER, Permission.FULFILMENT}
)
BY_PARTNER: Final[Mapping[PartnerKind, frozenset[Permission]]] = {
    PartnerKind.ERP: _BUSINESS,
    PartnerKind.DMS: _BUSINESS,
    PartnerKind.WMS: frozenset({Permission.STOCK, Permission.ORDER, Permission.FULFILMENT}),
    PartnerKind.TMS: frozenset({Permission.FULFILMENT}),
}
"""What a partner's system may do for the organisation that connected it. Source: docs/domain.md, Who may do what."""
STAFF: Final[Mapping[tuple[Tier, Role], ActorClass]] = {
    (Tier.STORE, Role.CLERK): ActorClass.STORE_CLERK,
    (Tier.STORE, Role.MANAGER): ActorClass.STORE_MANAGER,
    (Tier.BRAND, Role.OPERATOR): ActorClass.BRAND_OPERATOR,
    (Tier.BRAND, Role.ANALYST): ActorClass.BRAND_ANALYST,
    **{
        (tier, role): actor
        for tier in (Tier.DISTRIBUTOR, Tier.AGENT, Tier.SUBSIDIARY)
        for role, actor in (
            (Role.SALESPERSON, ActorClass.DISTRIBUTOR_SALESPERSON),
            (Role.OPERATOR, ActorClass.DISTRIBUTOR_OPERATOR),
        )
    },
}
"""What a role in an organisation of a tier makes of an account. A pair that is not here opens nothing."""


def check_role(role: Role, tier: Tier) -> None:
    """Refuse a role that opens nothing in an organisation of this tier. Raises domain.channel.RoleNotAllowed."""
    if (tier, role) not in STAFF:
        raise RoleNotAllowed(role, tier)


def administers(role: Role, tier: Tier) -> bool:
    """Whether a member of staff in this role may add others to an organisation of this tier."""
    return (tier, role) in STAFF and Permission.ORGANIZATION in BY_ROLE[role]
