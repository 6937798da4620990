"""Where organisations trade: regions, sites, territories, and cloud stores with their front pages."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.search import TEXT_CHARS
from engine.limits import FieldCost
from loaders.channel import CloudStoreRow, SiteRow, TerritoryRow
from loaders.paging import DEFAULT_PAGE, MAX_PAGE
from resolvers import catalog, channel, inventory, member
from schema import campaign
from schema.base import (
    AFTER,
    FIRST,
    MEMBER,
    PUBLIC,
    Connection,
    Node,
    attribute,
    bounded_text,
    connection,
    edge,
    few,
    global_id,
    graph_type,
    leaf,
)
from schema.catalog import Category, Listing, Sku
from schema.enums import CloudStoreMode, SiteKind
from schema.inventory import Reservation, SourcingPolicy
from schema.inventory import of_cloud_store as sourcing_of_cloud_store
from schema.member import Membership

if TYPE_CHECKING:
    from schema.channel.reading import Organization

E7 = 10_000_000
SEARCH_COST = FieldCost(weight=10, slicing=("first",), default=DEFAULT_PAGE, maximum=MAX_PAGE)
"""A search may look at each listing of a shelf, whatever the page's size."""

_Organization = Annotated["Organization", strawberry.lazy("schema.channel.reading")]


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


@graph_type(TerritoryRow, "An area whose trade is protected for one organisation (区域保护).")
class Territory(Node):
    """A territory and its regions."""

    id: strawberry.ID = global_id("territory")
    name: str = attribute("The name (名称).", PUBLIC)
    regions: list[Region] = few(
        channel.regions_of_territory, "The regions it is made of, by code, at most 100 (包含区划).", PUBLIC
    )
    organization: _Organization = edge(
        channel.organization_named("organization_id"), "Whose trade it protects (受保护组织).", PUBLIC
    )


@graph_type(SiteRow, "A main, city or topic site of the storefront (分站).")
class Site(Node):
    """A site."""

    id: strawberry.ID = global_id("site")
    kind: SiteKind = attribute("Its kind (类型).", PUBLIC)
    code: str = attribute("Its code (编码).", PUBLIC)
    name: str = attribute("Its name (名称).", PUBLIC)
    organization: _Organization = edge(channel.organization_named("organization_id"), "Who runs it (运营组织).", PUBLIC)
    parent: "Site | None" = edge(channel.parent_site, "The site above it; null for the main site (上级分站).", PUBLIC)
    region: Region | None = edge(channel.region, "The region it serves (服务区划).", PUBLIC)


@strawberry.type(description="A part of a cloud store's front page (首页版块).")
class CloudStoreSection:
    """Its source is a `SectionRow`."""

    title: str = attribute("What it is called (标题).", PUBLIC)
    skus: list[Sku] = few(
        channel.skus_of_section, "The skus it shows, in its order, at most 50 (SKU 库存项).", PUBLIC, 50
    )
    categories: list[Category] = few(
        channel.categories_of_section, "The categories it shows, in its order, at most 50 (类目).", PUBLIC, 50
    )


@strawberry.type(description="The front page of a cloud store (店铺装修).")
class CloudStoreDecoration:
    """Its source is a `DecorationRow`."""

    banner_url: str | None = attribute("Where the banner's picture is; null without one (横幅图片).", PUBLIC)
    banner_text: str | None = attribute("What the banner says; null if nothing (横幅文字).", PUBLIC)
    sections: list[CloudStoreSection] = few(
        channel.sections_of, "Its sections, in their order, at most 20 (首页版块).", PUBLIC, 20
    )


@graph_type(CloudStoreRow, "The cloud store of an organisation (云店).")
class CloudStore(Node):
    """A cloud store and its shelf."""

    id: strawberry.ID = global_id("cloudstore")
    name: str = attribute("Its name (名称).", PUBLIC)
    mode: CloudStoreMode = attribute("How it sells (云店模式).", PUBLIC)
    organization: _Organization = edge(channel.organization_named("organization_id"), "Whose it is (所属组织).", PUBLIC)
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
    decoration: CloudStoreDecoration | None = edge(
        channel.decoration_of, "Its front page; null where its shelf is closed to the viewer (店铺装修).", PUBLIC
    )
    members: Connection[Membership] | None = connection(
        member.members, "Its members, the newest first; null for others than who speaks for it (会员).", MEMBER
    )
    holds: Connection[Reservation] | None = connection(
        inventory.holds_by_store,
        "What those hold now who act for it, for customers or for nobody by name, what ends first before; null for "
        "others than those who hold there (预占).",
        MEMBER,
    )
    sourcing_policy: SourcingPolicy | None = sourcing_of_cloud_store
    campaigns: list[campaign.CampaignHere] | None = campaign.of_cloud_store
    campaigns_missed: Connection[campaign.CampaignMiss] | None = campaign.missed_by_cloud_store
