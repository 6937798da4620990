"""The words of the channel centre: tiers, statuses, edges, sites, cloud stores, roles."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

HOST_LABEL: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST_NAME: Final = rf"^{HOST_LABEL}(\.{HOST_LABEL})*$"
"""A host name as a tenant is reached by it: labels of the domain name system in small letters, and no port."""
MAX_HOST_CHARS: Final = 253
"""The longest host name. Source: RFC 1123, 2.1; RFC 1035, 2.3.4."""


class Tier(StrEnum):
    """The place of an organisation (组织) in the channel, from the factory downwards."""

    BRAND = "BRAND"
    """品牌商: owns the goods' name; the head of the channel."""
    SUBSIDIARY = "SUBSIDIARY"
    """分公司: a regional company of the brand."""
    AGENT = "AGENT"
    """代理商: holds a region for the brand and sells to distributors."""
    DISTRIBUTOR = "DISTRIBUTOR"
    """经销商: wholesaler that buys, keeps and delivers stock to stores."""
    STORE = "STORE"
    """终端门店: the shop that meets the consumer."""
    SUPPLIER = "SUPPLIER"
    """供应商: sells goods or services into the channel from outside it."""


def is_host_name(text: str) -> bool:
    """Whether the text is a host name, written as `HOST_NAME` says."""
    return len(text) <= MAX_HOST_CHARS and re.fullmatch(HOST_NAME, text) is not None


class OrganizationStatus(StrEnum):
    """Whether an organisation (组织) takes part."""

    PENDING_REVIEW = "PENDING_REVIEW"
    """待审核: registered, not yet admitted."""
    ACTIVE = "ACTIVE"
    """启用: trades."""
    SUSPENDED = "SUSPENDED"
    """停用: known, but shut out."""
    REJECTED = "REJECTED"
    """驳回: applied, and was not admitted."""


class EdgeKind(StrEnum):
    """What one organisation is to another. Every edge points from the first named to the second."""

    SUPPLIES = "SUPPLIES"
    """供货: upstream sells goods to downstream."""
    OPERATES_FOR = "OPERATES_FOR"
    """代运营: operator runs the principal's cloud store, within an accepted operation grant."""
    SERVICES = "SERVICES"
    """服务: delivers to, visits or maintains, without selling goods to it."""


class SiteKind(StrEnum):
    """The kind of a site (分站)."""

    MAIN = "MAIN"
    """主站: the tenant's own; receives the orders of addresses that no other site covers."""
    CITY = "CITY"
    """城市分站: covers an area; an order's address decides the site."""
    TOPIC = "TOPIC"
    """专题分站: gathers goods around a theme."""


class CloudStoreMode(StrEnum):
    """How a cloud store (云店) sells, which decides what applies to it."""

    PRIVATE_MALL = "PRIVATE_MALL"
    """私域商城: an organisation's own mall for its members."""
    COMMUNITY_GROUP = "COMMUNITY_GROUP"
    """社区团购: a leader gathers orders until a cut-off."""
    O2O = "O2O"
    """线上线下: ordered online, picked up at or delivered by the store."""
    B2B_ORDERING = "B2B_ORDERING"
    """订货商城: organisations downstream order at trade prices."""


class Role(StrEnum):
    """What a member of staff (员工) does in her organisation."""

    CLERK = "CLERK"
    """店员: serves shoppers in a store."""
    MANAGER = "MANAGER"
    """店长: runs a store."""
    SALESPERSON = "SALESPERSON"
    """业务员: a distributor's guide, who visits stores and orders for them."""
    OPERATOR = "OPERATOR"
    """运营: runs an organisation's catalogue, stock and orders."""
    ANALYST = "ANALYST"
    """分析员: reads aggregates only."""


class GrantScope(StrEnum):
    """What an operation grant (代运营授权) can hand over. Payouts and whole phone numbers are in no scope."""

    CATALOG = "CATALOG"
    """商品: listings and assortment."""
    PRICE = "PRICE"
    """价格: prices inside the band."""
    CAMPAIGN = "CAMPAIGN"
    """营销: campaigns."""
    ORDER = "ORDER"
    """订单: orders."""
    AFTERSALE = "AFTERSALE"
    """售后: returns and refunds."""
    MEMBER = "MEMBER"
    """会员: members, their phones masked."""
    REPORT = "REPORT"
    """报表: reports."""
