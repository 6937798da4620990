"""Organisations of every tier, the viewer, and the centre's root fields."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import strawberry

from domain.channel import MAX_TAGS
from engine.limits import FieldCost
from loaders.channel import EmployeeRow, OrganizationRow
from resolvers import attribution, catalog, channel, integration, inventory, member, ordering
from schema import campaign
from schema.attribution import Binding, Guide, Promoter
from schema.base import (
    COUNTERPARTY,
    MEMBER,
    OWN,
    PUBLIC,
    SUM_WEIGHT,
    TRADE,
    UPSTREAM,
    Argument,
    Connection,
    Node,
    attribute,
    bounded_text,
    connection,
    edge,
    few,
    global_id,
    graph_type,
    id_of,
    leaf,
    parse_id,
)
from schema.catalog import Authorization, Listing, PriceList, Product, ShelfCoverage
from schema.channel.places import CloudStore, GeoPoint, Region, Site, Tenant, Territory
from schema.enums import TIERS, ActorClass, Audience, OrganizationStatus, Role, Tier
from schema.integration import ExternalReference
from schema.inventory import COVER, Contribution, Location, Pool, Stock, StockCover
from schema.member import Customer
from schema.ordering import FIGURES, GoodsToShip, Order, PaymentNotice, SellIn, ShortLine, TradeFigure


@graph_type(EmployeeRow, "A person's role in an organisation (员工).")
class Staff(Node):
    """For who speaks for the organisation."""

    id: strawberry.ID = global_id("staff")
    display_name: str = attribute("What her people call her (称呼).", OWN)
    role: Role = attribute("What she does there (岗位).", OWN)
    is_active: bool = attribute("Whether she still does; false once it has ended (在职).", OWN)
    organization: "Organization" = edge(channel.organization_named("organization_id"), "Where (所属组织).", OWN)


@strawberry.type(description="Supply that one side has offered and the other has not agreed to yet (待确认供货).")
class SupplyOffer:
    """Its source is a `SupplyOfferEntry`."""

    upstream: "Organization" = edge(channel.organization_named("upstream_id"), "Who is to supply (供货方).", OWN)
    downstream: "Organization" = edge(channel.organization_named("downstream_id"), "Whom (采购方).", OWN)
    offered_by: "Organization" = edge(channel.organization_named("offered_by_id"), "Who has said so (发起方).", OWN)
    offered_at: datetime = attribute("When (发起时间).", OWN)


@strawberry.interface(description="A party of the channel, of one tier (组织).")
class Organization(Node):
    """What organisations of every tier have in common."""

    id: strawberry.ID = leaf(
        lambda row: f"{row.tier.lower()}_{row.id.hex}", "The global id (全局标识); opaque.", PUBLIC
    )
    tier: Tier = attribute("Its place in the channel (层级).", PUBLIC)
    code: str = attribute("The number the trade knows it by (编号).", PUBLIC)
    name: str = attribute("Its name (名称).", PUBLIC)
    address: str | None = attribute("Street and number (地址).", PUBLIC)
    city: str | None = attribute("The city (城市).", PUBLIC)
    postal_code: str | None = attribute("The postal code (邮编).", PUBLIC)
    point: GeoPoint | None = leaf(
        lambda row: None if row.latitude_e7 is None else row, "Where it is; null where unknown (坐标).", PUBLIC
    )
    region: Region | None = edge(channel.region, "The region it stands in (所在区划).", PUBLIC)
    brands: list["Brand"] = few(
        channel.brands, "The brands whose goods reach it, by name, at most 100 (经营品牌).", PUBLIC
    )
    upstreams: list["Upstream"] = few(
        channel.upstreams,
        "Who supplies it directly, the primary one first, at most 100; of organisations below the "
        "viewer's own, those on its own line (上游).",
        OWN,
        20,
    )
    cloud_store: CloudStore | None = edge(channel.cloud_store_of, "Its cloud store, if it is open (云店).", PUBLIC)
    status: OrganizationStatus = attribute("Whether it takes part (状态).", PUBLIC)
    tags: list[str] = edge(
        channel.tags_of,
        f"The tags by which prices and campaigns speak to it, at most {MAX_TAGS}; empty for others than itself and "
        "those above it (标签).",
        OWN,
        cost=FieldCost(weight=1, assumed=5),
    )
    applicants: Connection["Organization"] | None = connection(
        channel.applicants, "Stores that wait for its review, the newest first; empty for others (待审核门店).", OWN
    )
    supply_offers: Connection[SupplyOffer] | None = connection(
        channel.supply_offers,
        "Supply that it or the other side has offered and that waits for the other, the newest first; empty for others "
        "(待确认供货).",
        OWN,
    )
    staff: Connection[Staff] | None = connection(
        channel.staff_of, "Who may log in for it; empty for others (员工).", OWN
    )
    territories: list[Territory] = few(channel.territories, "Its protected areas, at most 100 (保护区域).", PUBLIC, 10)
    ancestors: Connection["Organization"] | None = connection(
        channel.ancestors,
        "Everyone above it, the nearest first; of organisations below the viewer's own, those on its own line (上级).",
        OWN,
    )
    descendants: Connection["Organization"] | None = connection(
        channel.descendants,
        "Everyone below it, by code; empty unless it is the viewer's own organisation or below it (下级).",
        OWN,
        tier=Argument(Tier | None, "Only those of one tier (层级).", None),
    )
    locations: list[Location] = few(
        inventory.locations_of,
        "The locations it runs; for others those where their own goods lie, at most 100 (库位).",
        OWN,
        20,
    )
    stock: Connection[Stock] | None = connection(
        inventory.stock_of,
        "Its goods wherever they lie, by location, sku and lot; for others those at their own locations (自有库存).",
        OWN,
    )
    pools: list[Pool] = few(
        inventory.pools_of,
        "The pools it keeps; for others those they contribute to, at most 100 (一盘货).",
        OWN,
        5,
    )
    contributions: Connection[Contribution] | None = connection(
        inventory.contributions_by,
        "What it contributes to pools, by location and pool; for others what it contributes to their own (一盘货贡献).",
        TRADE,
    )
    price_lists: Connection[PriceList] | None = connection(
        catalog.price_lists, "Its price lists; empty for others (价格体系).", OWN
    )
    authorizations: list[Authorization] = few(
        catalog.authorizations,
        "What it may sell, for it and for who grants it, at most 100 (可售范围).",
        COUNTERPARTY,
        20,
    )
    orders_received: Connection[Order] | None = connection(
        ordering.orders_received,
        "The orders it sells, for it and for their buyers, the newest first (销售订单).",
        TRADE,
    )
    open_notices: Connection[PaymentNotice] | None = connection(
        ordering.open_notices_of,
        "What payment providers told about its sales that somebody has to look at, the newest first (待处理支付通知).",
        TRADE,
    )
    short_lines: Connection[ShortLine] | None = connection(
        ordering.short_lines_of,
        "Lines of the paid orders it sells that lack goods, the longest waiting first (待处理缺货).",
        TRADE,
    )
    short_to_ship: Connection[ShortLine] | None = connection(
        ordering.short_to_ship,
        "Lines of paid orders it is to ship that lack goods, the longest waiting first (待发缺货).",
        TRADE,
    )
    orders_placed: Connection[Order] | None = connection(
        ordering.orders_placed,
        "The orders it buys, for it and for their sellers, the newest first (采购订单).",
        TRADE,
    )
    goods_to_ship: Connection[GoodsToShip] | None = connection(
        ordering.goods_to_ship,
        "What its locations have to ship for paid orders, whoever sold it, what waits longest first; null for others "
        "than those who ship for it (待发货).",
        OWN,
    )
    sales: Connection[TradeFigure] | None = connection(
        ordering.sales,
        "What it sold in completed orders, summed, by month, region and goods; null for others (销售汇总).",
        OWN,
        weight=SUM_WEIGHT,
        **FIGURES,
    )
    purchases: Connection[TradeFigure] | None = connection(
        ordering.purchases,
        "What it bought in completed orders, summed, by month, region and goods; null for others (采购汇总).",
        OWN,
        weight=SUM_WEIGHT,
        **FIGURES,
    )
    customers: Connection[Binding] | None = connection(
        attribution.customers,
        "The customers bound to it now, the newest first; null for others than who speaks for it (锁客客户).",
        MEMBER,
    )
    promoters: Connection[Promoter] | None = connection(
        attribution.promoters,
        "Who brings sales to it, by code; null for others than who speaks for it (分销员).",
        MEMBER,
    )
    guides: Connection[Guide] | None = connection(
        attribution.guides,
        "Its staff who serve customers now; null for others than who speaks for it (导购).",
        MEMBER,
    )
    campaigns: Connection[campaign.Campaign] | None = campaign.of_organization
    external_references: list[ExternalReference] = few(
        integration.references_to("organization"), "What other systems call it, at most 100 (外部编号).", OWN, 3
    )


def _of(tier: Tier) -> Callable[[OrganizationRow], bool]:
    def matches(row: OrganizationRow) -> bool:
        return bool(row.tier == tier)

    return matches


@graph_type(OrganizationRow, "The owner of a brand, head of the channel (品牌商).", matches=_of(Tier.BRAND))
class Brand(Organization):
    """A brand."""

    products: Connection[Product] | None = connection(
        catalog.products_of_brand, "What it makes, by code (商品).", PUBLIC
    )
    sell_in: Connection[SellIn] | None = connection(
        ordering.sell_in,
        "What stores below it bought of its skus in completed replenishment orders, summed, by month, region and "
        "goods; null for others (渠道进货).",
        UPSTREAM,
        weight=SUM_WEIGHT,
        **FIGURES,
    )
    stock_cover: Connection[StockCover] | None = connection(
        inventory.stock_cover,
        "How long its skus last in the channel, by product and item number; null for others (库存覆盖).",
        UPSTREAM,
        weight=SUM_WEIGHT,
        **COVER,
    )
    shelf_coverage: ShelfCoverage | None = edge(
        catalog.shelf_coverage,
        "How many of the shops below it list its goods; null for others (铺货率).",
        UPSTREAM,
        cost=FieldCost(weight=SUM_WEIGHT),
    )


@graph_type(OrganizationRow, "A regional company of a brand (分公司).", matches=_of(Tier.SUBSIDIARY))
class Subsidiary(Organization):
    """A subsidiary."""


@graph_type(OrganizationRow, "Holds a region and sells to distributors (代理商).", matches=_of(Tier.AGENT))
class Agent(Organization):
    """An agent."""


@graph_type(OrganizationRow, "Buys, keeps and delivers stock to stores (经销商).", matches=_of(Tier.DISTRIBUTOR))
class Distributor(Organization):
    """A distributor."""


@graph_type(OrganizationRow, "A shop that meets the consumer (终端门店).", matches=_of(Tier.STORE))
class Store(Organization):
    """A store."""

    distributor: Organization | None = edge(
        channel.primary_upstream, "Its primary upstream, the next step of the chain (主供货商).", PUBLIC
    )
    shelf: Connection[Listing] | None = connection(
        catalog.shelf, "What its cloud store offers, in the order of the shelf; null without one (货架).", PUBLIC
    )


@graph_type(OrganizationRow, "Sells into the channel from outside it (供应商).", matches=_of(Tier.SUPPLIER))
class Supplier(Organization):
    """A supplier."""


@strawberry.type(description="A direct supply edge, seen from below (供货关系).")
class Upstream:
    """A supplier and whether it is the primary one; its source is the supplier's row."""

    organization: Organization = leaf(lambda row: row, "Who supplies (供货方).", OWN)
    is_primary: bool = attribute("Whether the chain follows it (主供货).", OWN)


@strawberry.type(description="Who asks, and what she may read (当前身份).")
class Viewer:
    """The viewer, as the database confirmed her."""

    actor_class: ActorClass = attribute("What kind of actor asks (身份).", PUBLIC)
    display_name: str | None = attribute("What her people call her; null for nobody (称呼).", PUBLIC)
    role: Role | None = attribute("Her role, for staff (岗位).", PUBLIC)
    organization: Organization | None = edge(
        channel.organization_named("organization_id"), "The organisation she speaks for, if any (所属组织).", PUBLIC
    )
    customer_id: strawberry.ID | None = leaf(
        lambda viewer: None if viewer.customer_id is None else f"customer_{viewer.customer_id.hex}",
        "Her own id as a shopper; null for everyone else (消费者标识).",
        PUBLIC,
    )
    customer: Customer | None = edge(
        member.customer_of, "Herself as a shopper; null for everyone else (消费者).", MEMBER
    )
    may_read: list[Audience] = leaf(
        lambda viewer: [audience for audience in Audience if viewer.actor_class in audience.admits],
        "The audiences whose fields she may ask for (可读范围).",
        PUBLIC,
    )


def _organization_id(words: str, *tiers: str) -> Argument:
    return Argument(strawberry.ID, words, parse=lambda text: parse_id(text, *tiers))


_CODE = bounded_text("The number the trade knows it by (编号).")
_REGION = bounded_text("Only those that stand in exactly this region, by its code (区划代码).", optional=True)


def _all_of(tier: Tier, description: str) -> Any:
    return connection(partial(channel.organizations, tier=tier), description, PUBLIC, region_code=_REGION)


@strawberry.type
class Query:
    """The channel centre's root fields."""

    viewer: Viewer = edge(channel.viewer, "Who asks (当前身份).", PUBLIC)
    tenant: Tenant = edge(channel.tenant, "The channel platform the request is in (租户).", PUBLIC)
    organization: Organization | None = edge(
        channel.organization,
        "An organisation of any tier by id; null if there is none (组织).",
        PUBLIC,
        arguments={"id": _organization_id("The id of an organisation (组织标识).", *TIERS)},
    )
    organization_by_code: Organization | None = edge(
        channel.organization_by_code,
        "An organisation by tier and number; null if there is none (按编号查组织).",
        PUBLIC,
        arguments={"tier": Argument(Tier, "Its tier (层级)."), "code": _CODE},
    )
    store: Store | None = edge(
        channel.organization,
        "A store by id; null if there is none (门店).",
        PUBLIC,
        arguments={"id": _organization_id("The id of a store (门店标识).", "store")},
    )
    stores: Connection[Store] | None = _all_of(Tier.STORE, "All stores, by number (门店).")
    distributors: Connection[Distributor] | None = _all_of(Tier.DISTRIBUTOR, "All distributors, by number (经销商).")
    brands: Connection[Brand] | None = _all_of(Tier.BRAND, "All brands, by number (品牌).")
    cloud_store: CloudStore | None = edge(
        channel.cloud_store,
        "A cloud store by id; null if there is none (云店).",
        PUBLIC,
        arguments={"id": id_of("The id of a cloud store (云店标识).", "cloudstore")},
    )
    sites: Connection[Site] | None = connection(channel.sites, "All sites, by code (分站).", PUBLIC)
