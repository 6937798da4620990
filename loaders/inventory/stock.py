"""Stock where it lies and the pools it is offered through, for those it belongs to."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, select

from loaders.base import ById, ListBy
from loaders.member import viewers
from loaders.paging import Paged, listed, wanted_parents
from models.inventory import (
    InventoryPool,
    Location,
    Lot,
    PoolContribution,
    PoolContributionSku,
    Stock,
)
from models.reading import TENANT, Row, Rows, constant, ids, in_scope, read


class LocationRow(Row):
    """A location, for the organisation that runs it and for those whose goods lie there."""

    id: UUID
    organization_id: UUID
    kind: str
    code: str
    name: str
    region_code: str | None
    latitude_e7: int | None
    longitude_e7: int | None


def _holds_goods_of_viewer() -> ColumnElement[bool]:
    return (
        select(constant(1))
        .where(Stock.tenant_id == TENANT, Stock.location_id == Location.id, in_scope(Stock.owner_id))
        .correlate(Location)
        .exists()
    )


def locations() -> Rows:
    """The columns of the locations that the viewer runs, or where her goods lie."""
    x = Location
    return select(x.id, x.organization_id, x.kind, x.code, x.name, x.region_code, x.latitude_e7, x.longitude_e7).where(
        x.tenant_id == TENANT, in_scope(x.organization_id) | _holds_goods_of_viewer()
    )


class LocationById(ById[LocationRow]):
    """Locations by id."""

    statement = read(LocationRow, locations().where(Location.id == ids("ids").any_()))


class LocationOfRow(LocationRow):
    """A location of `parent`."""

    parent: UUID


def _locations_of() -> Any:
    wanted = wanted_parents()
    return listed(LocationOfRow, wanted, locations().where(Location.organization_id == wanted.c.parent), Location.code)


class LocationsOf(ListBy[LocationOfRow]):
    """The locations each organisation runs, by code."""

    statement = _locations_of()


class StockRow(Row):
    """The stock of one sku, owner and lot at a location, in base units."""

    location_id: UUID
    sku_id: UUID
    owner_id: UUID
    lot_code: str
    produced_on: date | None
    expires_on: date | None
    on_hand: int
    reserved: int
    allocated: int
    in_transit: int
    quarantined: int


class StockEntry(StockRow):
    """Stock on a page of a location's."""

    place: int
    by_sku: UUID
    by_owner: UUID
    by_lot: UUID


class OwnedStockEntry(StockRow):
    """Stock on a page of an owner's."""

    place: int
    by_location: UUID
    by_sku: UUID
    by_lot: UUID


def _stock() -> Rows:
    """The columns of the stock at the viewer's own locations, and of her goods elsewhere."""
    s = Stock
    return (
        select(
            s.location_id,
            s.sku_id,
            s.owner_id,
            Lot.code.label("lot_code"),
            Lot.produced_on,
            Lot.expires_on,
            s.on_hand,
            s.reserved,
            s.allocated,
            s.in_transit,
            s.quarantined,
        )
        .join(Lot, (Lot.tenant_id == TENANT) & (Lot.sku_id == s.sku_id) & (Lot.id == s.lot_id))
        .join(Location, (Location.tenant_id == TENANT) & (Location.id == s.location_id))
        .where(s.tenant_id == TENANT, in_scope(Location.organization_id, s.owner_id))
    )


def _stock_at() -> Paged[StockEntry]:
    wanted = wanted_parents()
    s = Stock
    rows = _stock().where(s.location_id == wanted.c.parent)
    return Paged(StockEntry, wanted, rows, {s.sku_id: UUID, s.owner_id: UUID, s.lot_id: UUID})


STOCK = _stock_at()
"""The stock at each location by sku, owner and lot, for who runs the location or owns the goods."""


def _stock_of() -> Paged[OwnedStockEntry]:
    wanted = wanted_parents()
    s = Stock
    rows = _stock().where(s.owner_id == wanted.c.parent)
    return Paged(OwnedStockEntry, wanted, rows, {s.location_id: UUID, s.sku_id: UUID, s.lot_id: UUID})


STOCK_OF_OWNER = _stock_of()
"""The goods of each organisation by location, sku and lot, for it and for who runs the location."""


class PoolRow(Row):
    """A pool of stock, for the organisation that keeps it and for those that contribute to it."""

    id: UUID
    organization_id: UUID
    code: str
    name: str


def _viewer_contributes() -> ColumnElement[bool]:
    x = PoolContribution
    return (
        select(constant(1))
        .where(x.tenant_id == TENANT, x.pool_id == InventoryPool.id, in_scope(x.owner_id))
        .correlate(InventoryPool)
        .exists()
    )


def pools() -> Rows:
    """The columns of the pools that the viewer keeps, or contributes to."""
    x = InventoryPool
    return select(x.id, x.organization_id, x.code, x.name).where(
        x.tenant_id == TENANT, in_scope(x.organization_id) | _viewer_contributes()
    )


class PoolById(ById[PoolRow]):
    """Pools by id."""

    statement = read(PoolRow, pools().where(InventoryPool.id == ids("ids").any_()))


class PoolOfRow(PoolRow):
    """A pool of `parent`."""

    parent: UUID


def _pools_of() -> Any:
    wanted = wanted_parents()
    rows = pools().where(InventoryPool.organization_id == wanted.c.parent)
    return listed(PoolOfRow, wanted, rows, InventoryPool.code)


class PoolsOf(ListBy[PoolOfRow]):
    """The pools each organisation keeps, by code."""

    statement = _pools_of()


class ContributionRow(Row):
    """A contribution to a pool, for the pool's keeper and the goods' owner."""

    id: UUID
    pool_id: UUID
    location_id: UUID
    owner_id: UUID
    visible_to_id: UUID
    share_bps: int


def contributions(*conditions: Any) -> Rows:
    """The columns of the contributions that the viewer makes, or that are made to pools that the viewer keeps."""
    x = PoolContribution
    return (
        select(x.id, x.pool_id, x.location_id, x.owner_id, x.visible_to_id, x.share_bps)
        .join(InventoryPool, (InventoryPool.tenant_id == TENANT) & (InventoryPool.id == x.pool_id))
        .where(x.tenant_id == TENANT, *conditions, in_scope(InventoryPool.organization_id, x.owner_id))
    )


class ContributionById(ById[ContributionRow]):
    """Contributions by id."""

    statement = read(ContributionRow, contributions(PoolContribution.id == ids("ids").any_()))


class ContributionEntry(ContributionRow):
    """A contribution on a page of a pool's."""

    place: int
    by_location: UUID
    by_owner: UUID


class OwnedContributionEntry(ContributionRow):
    """A contribution on a page of an owner's."""

    place: int
    by_location: UUID
    by_pool: UUID


def _contributions_to(*conditions: Any) -> Paged[ContributionEntry]:
    wanted = wanted_parents()
    x = PoolContribution
    rows = contributions(x.pool_id == wanted.c.parent, *conditions)
    return Paged(ContributionEntry, wanted, rows, {x.location_id: UUID, x.owner_id: UUID})


CONTRIBUTIONS = _contributions_to()
"""The contributions to each pool by location and owner, for its keeper."""
OWN_CONTRIBUTIONS = _contributions_to(viewers(PoolContribution.owner_id))
"""Those of them that the viewer makes: found by her, not among everybody's."""


def _contributions_of() -> Paged[OwnedContributionEntry]:
    wanted = wanted_parents()
    x = PoolContribution
    rows = contributions(x.owner_id == wanted.c.parent)
    return Paged(OwnedContributionEntry, wanted, rows, {x.location_id: UUID, x.pool_id: UUID})


CONTRIBUTIONS_OF_OWNER = _contributions_of()
"""What each organisation contributes by location and pool: for itself, and for each keeper what is in its pools."""


class ContributionSkuEntry(Row):
    """What a contribution promises of one sku, on a page; `held` is the owner's alone, and null for the keeper."""

    sku_id: UUID
    cap: int | None
    held: int | None
    place: int
    by_sku: UUID


def _contribution_skus() -> Paged[ContributionSkuEntry]:
    wanted = wanted_parents()
    x = PoolContributionSku
    rows = (
        select(x.sku_id, x.cap, case((in_scope(PoolContribution.owner_id), x.held)).label("held"))
        .join(PoolContribution, (PoolContribution.tenant_id == TENANT) & (PoolContribution.id == x.contribution_id))
        .join(InventoryPool, (InventoryPool.tenant_id == TENANT) & (InventoryPool.id == PoolContribution.pool_id))
        .where(
            x.tenant_id == TENANT,
            x.contribution_id == wanted.c.parent,
            in_scope(InventoryPool.organization_id, PoolContribution.owner_id),
        )
    )
    return Paged(ContributionSkuEntry, wanted, rows, {x.sku_id: UUID})


CONTRIBUTION_SKUS = _contribution_skus()
"""What each contribution promises, sku by sku."""
