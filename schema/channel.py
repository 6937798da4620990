"""The channel centre's types: organisations of every tier, their cloud stores, sites and territories, the viewer."""

from collections.abc import Callable
from functools import partial
from typing import Any

import strawberry

from domain.search import TEXT_CHARS
from engine.limits import FieldCost
from loaders.channel import CloudStoreRow, OrganizationRow, SiteRow
from loaders.paging import DEFAULT_PAGE, MAX_PAGE
from resolvers import attribution, catalog, channel, integration, inventory, member, ordering
from schema import campaign
from schema.attribution import Binding, Guide, Promoter
from schema.base import (
    AFTER,
    COUNTERPARTY,
    FIRST,
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
from schema.enums import ActorClass, Audience, CloudStoreMode, Role, SiteKind, Tier
from schema.integration import ExternalReference
from schema.inventory import COVER, Contribution, Location, Pool, Stock, StockCover
from schema.member import Customer, Membership
from schema.ordering import FIGURES, Order, SellIn, TradeFigure

TIER_IDS = tuple(tier.lower() for tier in Tier)
E7 = 10_000_000
SEARCH_COST = FieldCost(weight=10, slicing=("first",), default=DEFAULT_PAGE, maximum=MAX_PAGE)
"""A search may look at each listing of a shelf, whatever the page's size."""


@strawberry.type(description="A point on the earth, WGS 84 (坐标).")
class GeoPoint:
    """Latitude and longitude; the row keeps ten-millionths of a degree as integers."""

    latitude: float = leaf(lambda row: row.latitude_e7 / E7, "Degrees north (纬度).", PUBLIC)
    longitude: float = leaf(lambda row: row.longitude_e7 / E7, "Degrees east (经度).", PUBLIC)


@strawberry.type(description="An administrative region (行政区划).")
class Region:
    """A region of the platform's shared table."""

    code: str = attribute("The official code (区划代码).", PUBLIC)
    name: str = attribute("The name (名称).", PUBLIC)


@strawberry.type(description="The channel platform the request is in (租户).")
class Tenant:
    """The request's own tenant."""

    code: str = attribute("The code, as the header `Millrace-Tenant` takes it (租户代码).", PUBLIC)
    name: str = attribute("The name (名称).", PUBLIC)
    currency: str = attribute("The currency of every amount, ISO 4217 (币种).", PUBLIC)
    time_zone: str = attribute("The time zone whose days count (时区).", PUBLIC)


@strawberry.type(description="An area whose trade is protected for one organisation (区域保护).")
class Territory:
    """A territory and its regions."""

    name: str = attribute("The name (名称).", PUBLIC)
    regions: list[Region] = few(
        channel.regions_of_territory, "The regions it is made of, by code, at most 100 (包含区划).", PUBLIC
    )


@graph_type(SiteRow, "A main, city or topic site of the storefront (分站).")
class Site(Node):
    """A site."""

    id: strawberry.ID = global_id("site")
    kind: SiteKind = attribute("Its kind (类型).", PUBLIC)
    code: str = attribute("Its code (编码).", PUBLIC)
    name: str = attribute("Its name (名称).", PUBLIC)
    organization: "Organization" = edge(
        channel.organization_named("organization_id"), "Who runs it (运营组织).", PUBLIC
    )
    parent: "Site | None" = edge(channel.parent_site, "The site above it; null for the main site (上级分站).", PUBLIC)
    region: Region | None = edge(channel.region, "The region it serves (服务区划).", PUBLIC)


@graph_type(CloudStoreRow, "The cloud store of an organisation (云店).")
class CloudStore(Node):
    """A cloud store and its shelf."""

    id: strawberry.ID = global_id("cloudstore")
    name: str = attribute("Its name (名称).", PUBLIC)
    mode: CloudStoreMode = attribute("How it sells (云店模式).", PUBLIC)
    organization: "Organization" = edge(
        channel.organization_named("organization_id"), "Whose it is (所属组织).", PUBLIC
    )
    site: Site | None = edge(channel.site_of, "The site it belongs to (所属分站).", PUBLIC)
    region: Region | None = edge(channel.region, "The region it stands in (所在区划).", PUBLIC)
    shelf: Connection[Listing] | None = connection(
        catalog.shelf_of_cloud_store, "What it offers, in the order of the shelf (货架).", PUBLIC
    )
    search: Connection[Listing] | None = edge(
        catalog.search,
        "What of its shelf a text finds: every word must be there, of letters and digits its beginning is enough. "
        "First whose code or barcode it is, then who has most of the words whole, then by name before brand and "
        "category; equals as on the shelf (搜索).",
        PUBLIC,
        cost=SEARCH_COST,
        arguments={"text": bounded_text("Words, in any script (关键词).", TEXT_CHARS), "first": FIRST, "after": AFTER},
    )
    members: Connection[Membership] | None = connection(
        member.members, "Its members, the newest first; null for others than who speaks for it (会员).", MEMBER
    )
    campaigns: list[campaign.CampaignHere] | None = campaign.of_cloud_store
    campaigns_missed: Connection[campaign.CampaignMiss] | None = campaign.missed_by_cloud_store


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
    contributions: list[Contribution] = few(
        inventory.contributions_by,
        "What it contributes to pools; for others what it contributes to their own, at most 100 (一盘货贡献).",
        TRADE,
        10,
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
    orders_placed: Connection[Order] | None = connection(
        ordering.orders_placed,
        "The orders it buys, for it and for their sellers, the newest first (采购订单).",
        TRADE,
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
        arguments={"id": _organization_id("The id of an organisation (组织标识).", *TIER_IDS)},
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
