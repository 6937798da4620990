"""The inventory centre's reads: locations, stock by lot, pools, and what a store can sell."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Date, bindparam, cast, func, null, select
from sqlalchemy.orm import aliased

from domain.inventory import Offer, Promise, sellable_here
from loaders.base import ById, ListBy, Loader
from loaders.catalog import place_of, wanted_pairs
from loaders.paging import Paged, listed, wanted_parents
from models.catalog import Product, Sku
from models.channel import OrganizationClosure
from models.inventory import (
    InventoryPool,
    Location,
    Lot,
    PoolContribution,
    PoolContributionSku,
    SafetyStock,
    Stock,
)
from models.reading import TENANT, Row, Rows, constant, ids, in_scope, read

MIN_HOLDERS = 3
"""Fewer holders than this are no aggregate: one of them could tell what another has."""

TODAY: ColumnElement[date] = bindparam("today", type_=Date())
"""The tenant's day: a lot is sellable while this is before its expiry."""


class LocationRow(Row):
    """A location, for the organisation that runs it."""

    id: UUID
    organization_id: UUID
    kind: str
    code: str
    name: str
    region_code: str | None
    latitude_e7: int | None
    longitude_e7: int | None


def locations() -> Rows:
    """The columns of the viewer's own locations."""
    x = Location
    return select(x.id, x.organization_id, x.kind, x.code, x.name, x.region_code, x.latitude_e7, x.longitude_e7).where(
        x.tenant_id == TENANT, in_scope(x.organization_id)
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


class StockEntry(Row):
    """The stock of one sku, owner and lot at a location, in base units, on a page."""

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
    place: int
    by_sku: UUID
    by_owner: UUID
    by_lot: UUID


def _stock() -> Paged[StockEntry]:
    wanted = wanted_parents()
    s = Stock
    rows = (
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
        .where(
            s.tenant_id == TENANT,
            s.location_id == wanted.c.parent,
            in_scope(Location.organization_id, s.owner_id),
        )
    )
    return Paged(StockEntry, wanted, rows, {s.sku_id: UUID, s.owner_id: UUID, s.lot_id: UUID})


STOCK = _stock()
"""The stock at each location by sku, owner and lot, for who runs the location or owns the goods."""


class PoolRow(Row):
    """A pool of stock, for the organisation that keeps it."""

    id: UUID
    organization_id: UUID
    code: str
    name: str


def pools() -> Rows:
    """The columns of the viewer's own pools."""
    x = InventoryPool
    return select(x.id, x.organization_id, x.code, x.name).where(x.tenant_id == TENANT, in_scope(x.organization_id))


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
    """A contribution to the pool `parent`, for the pool's keeper and the goods' owner."""

    id: UUID
    location_id: UUID
    owner_id: UUID
    visible_to_id: UUID
    share_bps: int
    parent: UUID


def _contributions_of() -> Any:
    wanted = wanted_parents()
    x = PoolContribution
    rows = (
        select(x.id, x.location_id, x.owner_id, x.visible_to_id, x.share_bps)
        .join(InventoryPool, (InventoryPool.tenant_id == TENANT) & (InventoryPool.id == x.pool_id))
        .where(
            x.tenant_id == TENANT,
            x.pool_id == wanted.c.parent,
            in_scope(InventoryPool.organization_id, x.owner_id),
        )
    )
    return listed(ContributionRow, wanted, rows, x.id)


class ContributionsOf(ListBy[ContributionRow]):
    """The contributions to each pool."""

    statement = _contributions_of()


class ContributionSkuEntry(Row):
    """What a contribution promises of one sku, on a page."""

    sku_id: UUID
    cap: int | None
    held: int
    place: int
    by_sku: UUID


def _contribution_skus() -> Paged[ContributionSkuEntry]:
    wanted = wanted_parents()
    x = PoolContributionSku
    rows = (
        select(x.sku_id, x.cap, x.held)
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


class SourceRow(Row):
    """One source a store can sell from: its own stock (`share_bps` null) or a contribution it can see.

    `unclaimed` is free stock as `domain.inventory.free` counts it: summed here, over unexpired lots, less safety stock.
    """

    place: int
    location_id: UUID
    owner_id: UUID
    hops: int
    unclaimed: int
    share_bps: int | None
    cap: int | None
    held: int


_safety = aliased(SafetyStock)
_reach = aliased(OrganizationClosure)
_rank = aliased(OrganizationClosure)


def _unclaimed(stock: Any) -> ColumnElement[int]:
    """The sum of what nobody claims, over the rows of one source; sums of bigint are numeric and are cast back."""
    units = func.sum(stock.on_hand - stock.quarantined - stock.reserved - stock.allocated)
    return cast(func.coalesce(units, constant(0)), BigInteger())


def _sources() -> Any:
    wanted = wanted_pairs("store", "sku")
    own, pooled = aliased(Stock), aliased(Stock)
    own_lot, pooled_lot = aliased(Lot), aliased(Lot)
    own_safety = func.coalesce(func.max(_safety.quantity), constant(0))
    own_stock = (
        select(
            place_of(wanted),
            own.location_id,
            own.owner_id,
            constant(0).label("hops"),
            (_unclaimed(own) - own_safety).label("unclaimed"),
            cast(null(), BigInteger()).label("share_bps"),
            cast(null(), BigInteger()).label("cap"),
            constant(0).label("held"),
        )
        .select_from(wanted)
        .join(own, (own.tenant_id == TENANT) & (own.sku_id == wanted.c.sku) & (own.owner_id == wanted.c.store))
        .join(own_lot, (own_lot.tenant_id == TENANT) & (own_lot.sku_id == own.sku_id) & (own_lot.id == own.lot_id))
        .outerjoin(
            _safety,
            (_safety.tenant_id == TENANT)
            & (_safety.location_id == own.location_id)
            & (_safety.sku_id == own.sku_id)
            & (_safety.owner_id == own.owner_id),
        )
        .where(own_lot.expires_on.is_(None) | (own_lot.expires_on > TODAY))
        .group_by(wanted.c.place, own.location_id, own.owner_id)
    )
    contribution, offer = PoolContribution, PoolContributionSku
    lots = (
        select(_unclaimed(pooled).label("units"))
        .join(
            pooled_lot,
            (pooled_lot.tenant_id == TENANT) & (pooled_lot.sku_id == pooled.sku_id) & (pooled_lot.id == pooled.lot_id),
        )
        .where(
            pooled.tenant_id == TENANT,
            pooled.location_id == contribution.location_id,
            pooled.sku_id == wanted.c.sku,
            pooled.owner_id == contribution.owner_id,
            pooled_lot.expires_on.is_(None) | (pooled_lot.expires_on > TODAY),
        )
        .correlate(contribution, wanted)
        .scalar_subquery()
    )
    kept_back = (
        select(_safety.quantity)
        .where(
            _safety.tenant_id == TENANT,
            _safety.location_id == contribution.location_id,
            _safety.sku_id == wanted.c.sku,
            _safety.owner_id == contribution.owner_id,
        )
        .correlate(contribution, wanted)
        .scalar_subquery()
    )
    rank = (
        select(_rank.hops)
        .where(
            _rank.tenant_id == TENANT,
            _rank.ancestor_id == contribution.owner_id,
            _rank.descendant_id == wanted.c.store,
        )
        .correlate(contribution, wanted)
        .scalar_subquery()
    )
    from_pools = (
        select(
            place_of(wanted),
            contribution.location_id,
            contribution.owner_id,
            # Level 0 is own stock alone; an owner outside the chain stands where its goods are offered from.
            func.greatest(constant(1), func.coalesce(rank, _reach.hops)).label("hops"),
            (lots - func.coalesce(kept_back, constant(0))).label("unclaimed"),
            contribution.share_bps,
            offer.cap,
            offer.held,
        )
        .select_from(wanted)
        .join(_reach, (_reach.tenant_id == TENANT) & (_reach.descendant_id == wanted.c.store))
        .join(
            contribution,
            (contribution.tenant_id == TENANT)
            & (contribution.visible_to_id == _reach.ancestor_id)
            # A store's own goods count in full, once, even when they are contributed too.
            & (contribution.owner_id != wanted.c.store),
        )
        .join(
            offer,
            (offer.tenant_id == TENANT) & (offer.sku_id == wanted.c.sku) & (offer.contribution_id == contribution.id),
        )
    )
    together = own_stock.union_all(from_pools).subquery("source")
    order = (together.c.place, together.c.hops, together.c.location_id, together.c.owner_id)
    return read(SourceRow, select(*(together.c[name] for name in SourceRow.columns)).order_by(*order))


class PromiseOf(Loader[tuple[UUID, UUID], Promise]):
    """What (store, sku) can sell now: the shared rule over every source the store can see."""

    statement = _sources()

    async def fetch(self, keys: list[tuple[UUID, UUID]]) -> Mapping[tuple[UUID, UUID], Promise]:
        """A promise for each pair that sees any source."""
        stores, wished = zip(*keys, strict=True)
        own: dict[int, list[tuple[tuple[UUID, UUID], int]]] = {}
        offers: dict[int, list[Offer]] = {}
        for row in await self.reading.fetch(self.statement, stores=stores, skus=wished):
            source = (row.location_id, row.owner_id)
            if row.share_bps is None:
                own.setdefault(row.place, []).append((source, row.unclaimed))
            else:
                offer = Offer(source, row.hops, row.unclaimed, row.share_bps, row.cap, row.held)
                offers.setdefault(row.place, []).append(offer)
        return {
            keys[place - 1]: sellable_here(own.get(place, ()), offers.get(place, ()))
            for place in own.keys() | offers.keys()
        }

    def absent(self) -> Promise:
        """Nothing to sell."""
        return Promise(0, ())


class ChannelStockRow(Row):
    """How much of a sku lies with how many others in the channel, summed; for the brand whose sku it is."""

    sku_id: UUID
    on_hand: int
    holders: int


class ChannelStockOf(Loader[UUID, ChannelStockRow | None]):
    """Stock of each sku with all others in the channel: for its brand, and an aggregate of at least `MIN_HOLDERS`."""

    statement = read(
        ChannelStockRow,
        select(
            Stock.sku_id,
            cast(func.sum(Stock.on_hand), BigInteger()).label("on_hand"),
            func.count(Stock.owner_id.distinct()).label("holders"),
        )
        .join(Sku, (Sku.tenant_id == TENANT) & (Sku.id == Stock.sku_id))
        .join(Product, (Product.tenant_id == TENANT) & (Product.id == Sku.product_id))
        .where(
            Stock.tenant_id == TENANT,
            Stock.sku_id == ids("ids").any_(),
            Stock.owner_id != Product.brand_id,
            Stock.on_hand > constant(0),
            in_scope(Product.brand_id),
        )
        .group_by(Stock.sku_id)
        .having(func.count(Stock.owner_id.distinct()) >= constant(MIN_HOLDERS)),
    )

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, ChannelStockRow | None]:
        """One row for each of the viewer's own skus that lies anywhere."""
        return {row.sku_id: row for row in await self.reading.fetch(self.statement, ids=keys)}

    def absent(self) -> None:
        """Another brand's sku, or with too few holders to be an aggregate."""
        return
