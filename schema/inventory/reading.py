"""The inventory centre's types: locations, stock by lot, pools and their contributions."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.inventory import MAX_COVER_DAYS
from loaders.inventory import ContributionRow, LocationRow, PoolRow
from resolvers import catalog, channel, inventory
from schema.base import (
    OWN,
    TRADE,
    UPSTREAM,
    Argument,
    BasisPoint,
    Connection,
    Count,
    Node,
    attribute,
    connection,
    edge,
    global_id,
    graph_type,
    id_of,
    leaf,
)
from schema.catalog import Sku
from schema.enums import LocationKind

if TYPE_CHECKING:
    from schema.channel import GeoPoint, Organization, Region

_GeoPoint = Annotated["GeoPoint", strawberry.lazy("schema.channel")]
_Organization = Annotated["Organization", strawberry.lazy("schema.channel")]
_Region = Annotated["Region", strawberry.lazy("schema.channel")]


@strawberry.type(description="The stock of one sku, owner and lot at one location, in base units (库存).")
class Stock:
    """A stock row."""

    sku: Sku = edge(catalog.sku_of, "What lies there (SKU 库存项).", OWN)
    location: "Location" = edge(inventory.location_of, "Where it lies (库位).", OWN)
    owner: _Organization = edge(channel.organization_named("owner_id"), "Whose goods they are (货主).", OWN)
    lot_code: str = attribute("The lot; empty for goods not kept by lots (批次).", OWN)
    produced_on: date | None = attribute("When the lot was made (生产日期).", OWN)
    expires_on: date | None = attribute("The first day on which it may not be sold (到期日).", OWN)
    on_hand: Count = attribute("What lies there (现有).", OWN)
    reserved: Count = attribute("Of that, held for unpaid orders (预占).", OWN)
    allocated: Count = attribute("Of that, paid for and not shipped (已分配).", OWN)
    in_transit: Count = attribute("On the way there (在途).", OWN)
    quarantined: Count = attribute("Of what lies there, locked away (隔离).", OWN)


@graph_type(LocationRow, "A place where goods lie (库位).")
class Location(Node):
    """A location, for who runs it and for those whose goods lie there."""

    id: strawberry.ID = global_id("location")
    kind: LocationKind = attribute("What kind of place it is (库位类型).", OWN)
    code: str = attribute("Its code (编码).", OWN)
    name: str = attribute("Its name (名称).", OWN)
    organization: _Organization = edge(channel.organization_named("organization_id"), "Who runs it (运营组织).", OWN)
    region: _Region | None = edge(channel.region, "The region it stands in (所在区划).", OWN)
    point: _GeoPoint | None = leaf(
        lambda row: None if row.latitude_e7 is None else row, "Where it is; null where unknown (坐标).", OWN
    )
    stock: Connection[Stock] | None = connection(
        inventory.stock_at,
        "What lies there, by sku, owner and lot; for who does not run it, her own goods (库存).",
        OWN,
    )


@strawberry.type(description="What a contribution promises of one sku (贡献明细).")
class ContributionSku:
    """A sku of a contribution."""

    sku: Sku = edge(catalog.sku_of, "What it promises (贡献 SKU).", TRADE)
    cap: Count | None = attribute("Most base units promised at one moment; null: no cap (上限).", TRADE)
    held: Count | None = attribute(
        "Base units held through it now: what its owner sells; null for others than the owner (已占).", TRADE
    )


@graph_type(ContributionRow, "An owner's goods at a location, offered to others (一盘货贡献).")
class Contribution(Node):
    """A contribution, for the keeper of the pool and for the owner of the goods."""

    id: strawberry.ID = global_id("contribution")
    pool: "Pool" = edge(inventory.pool_of, "The pool it is part of (所属一盘货).", TRADE)
    location: Location | None = edge(
        inventory.location_of,
        "Where the goods lie; null for who neither runs that location nor has goods there (库位).",
        TRADE,
    )
    owner: _Organization = edge(channel.organization_named("owner_id"), "Whose goods they are (货主).", TRADE)
    visible_to: _Organization = edge(
        channel.organization_named("visible_to_id"), "Who may sell them, with everyone below it (可见范围).", TRADE
    )
    share_bps: BasisPoint = attribute("The part of the free stock that is shared (共享比例).", TRADE)
    skus: Connection[ContributionSku] | None = connection(
        inventory.skus_of_contribution, "What it promises, sku by sku (贡献明细).", TRADE
    )


@graph_type(PoolRow, "One pool of stock that owners contribute to (一盘货).")
class Pool(Node):
    """A pool, for the organisation that keeps it and for those that contribute to it."""

    id: strawberry.ID = global_id("pool")
    code: str = attribute("Its code (编码).", OWN)
    name: str = attribute("Its name (名称).", OWN)
    organization: _Organization = edge(channel.organization_named("organization_id"), "Who keeps it (所属组织).", OWN)
    contributions: Connection[Contribution] | None = connection(
        inventory.contributions_of,
        "Who contributes what, by location and owner; for who does not keep it, her own (贡献).",
        TRADE,
    )


@strawberry.type(description="How long a brand's sku lasts in the channel, at the pace stores bought it (库存覆盖).")
class StockCover:
    """A sku of the brand with two aggregates, each of at least three organisations, and what they make."""

    sku: Sku = edge(catalog.sku_of, "What lies there and was sold (SKU 单品).", UPSTREAM)
    on_hand: Count | None = edge(
        inventory.on_hand_in_channel,
        "Base units on hand now, over every holder but the brand; null with under three holders (现有).",
        UPSTREAM,
    )
    sold: Count | None = attribute(
        "Base units that stores below the brand bought in the days looked at; null with under three stores (进货量).",
        UPSTREAM,
    )
    days_of_cover: Count | None = edge(
        inventory.days_covered,
        "Whole days that the stock lasts at that pace; null where either is null (可销天数).",
        UPSTREAM,
    )


COVER = {
    "days": Argument(int, f"How many days are looked at, 1 to {MAX_COVER_DAYS} (天数).", 30),
    "until": Argument(date | None, "The day after the last of them; null: today (截止日).", None),
}
"""The arguments of a brand's stock cover."""


@strawberry.type
class Query:
    """The inventory centre's root fields."""

    location: Location | None = edge(
        inventory.location,
        "A location by id; null if there is none, or for who neither runs it nor has goods there (库位).",
        OWN,
        arguments={"id": id_of("The id of a location (库位标识).", "location")},
    )
