"""What can be sold: every source a store can see, put through the one rule of the domain."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Date, Uuid, bindparam, cast, column, func, null, select, true
from sqlalchemy.orm import aliased

from domain.channel import OrganizationStatus
from domain.inventory import Offer, Promise, sellable_here
from loaders.base import MIN_HOLDERS, Loader
from loaders.paging import each, wanted_keys
from models.catalog import Product, Sku
from models.channel import Organization, OrganizationClosure
from models.inventory import (
    Location,
    Lot,
    PoolContribution,
    PoolContributionSku,
    SafetyStock,
    Stock,
)
from models.reading import TENANT, UUIDS, Read, Row, Rows, constant, ids, in_scope, read

TODAY: ColumnElement[date] = bindparam("today", type_=Date())
"""The tenant's day: a lot is sellable while this is before its expiry."""


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


_stock, _lot, _safety = aliased(Stock), aliased(Lot), aliased(SafetyStock)
_above, _from_owner = aliased(OrganizationClosure), aliased(OrganizationClosure)
_offer = aliased(PoolContributionSku)
_keeper = aliased(Organization)


def _lot_of_stock() -> ColumnElement[bool]:
    return (_lot.tenant_id == TENANT) & (_lot.sku_id == _stock.sku_id) & (_lot.id == _stock.lot_id)


def _unclaimed() -> ColumnElement[int]:
    """What nobody claims, over the unexpired lots of one source; sums of bigint are numeric and are cast back."""
    units = func.sum(_stock.on_hand - _stock.quarantined - _stock.reserved - _stock.allocated)
    sellable = _lot.expires_on.is_(None) | (_lot.expires_on > TODAY)
    return cast(func.coalesce(units.filter(sellable), constant(0)), BigInteger())


def _trading_keeper(location_id: Any, table: Any) -> Any:
    """Who runs a location, if that trades: goods that lie with anybody else are not promised. A look by two keys.

    `table` is the one that names the location.
    """
    return (
        select(_keeper.id)
        .select_from(Location)
        .join(_keeper, (_keeper.tenant_id == TENANT) & (_keeper.id == Location.organization_id))
        .where(
            Location.tenant_id == TENANT,
            Location.id == location_id,
            _keeper.status == constant(OrganizationStatus.ACTIVE),
        )
        .offset(constant(0))
        .correlate(table)
        .lateral("keeper")
    )


def _own_stock(wanted: Any) -> Rows:
    """What the store owns itself, wherever it lies: counted in full, once, even when it is contributed too."""
    rows = (
        select(
            _stock.location_id,
            _stock.owner_id,
            constant(0).label("hops"),
            (_unclaimed() - func.coalesce(func.max(_safety.quantity), constant(0))).label("unclaimed"),
            cast(null(), BigInteger()).label("share_bps"),
            cast(null(), BigInteger()).label("cap"),
            constant(0).label("held"),
        )
        .select_from(_stock)
        .join(_lot, _lot_of_stock())
        .join(_trading_keeper(_stock.location_id, _stock), true())
        .outerjoin(
            _safety,
            (_safety.tenant_id == TENANT)
            & (_safety.location_id == _stock.location_id)
            & (_safety.sku_id == _stock.sku_id)
            & (_safety.owner_id == _stock.owner_id),
        )
        .where(_stock.tenant_id == TENANT, _stock.sku_id == wanted.c.sku, _stock.owner_id == wanted.c.store)
        .group_by(_stock.location_id, _stock.owner_id)
    )
    return each(SourceRow, wanted, rows)


def _reach() -> Any:
    """The contributions each store can see: of trading owners, with trading keepers, to it or to anyone above it, and
    not its own.

    `hops` are the supply edges from the goods' owner down to the store. Level 0 is own stock alone; an owner outside
    the store's chain stands where its goods are offered from.
    """
    asked = func.unnest(bindparam("stores", type_=UUIDS)).table_valued(column("store", Uuid())).render_derived("asked")
    stores = select(asked.c.store).distinct().subquery("stores")
    x = PoolContribution
    seen = (
        select(
            x.id,
            x.location_id,
            x.owner_id,
            x.share_bps,
            func.greatest(constant(1), func.coalesce(_from_owner.hops, _above.hops)).label("hops"),
        )
        .select_from(_above)
        .join(
            x,
            (x.tenant_id == TENANT) & (x.visible_to_id == _above.ancestor_id) & (x.owner_id != _above.descendant_id),
        )
        .join(
            Organization,
            (Organization.tenant_id == TENANT)
            & (Organization.id == x.owner_id)
            & (Organization.status == constant(OrganizationStatus.ACTIVE)),
        )
        .join(_trading_keeper(x.location_id, x), true())
        .outerjoin(
            _from_owner,
            (_from_owner.tenant_id == TENANT)
            & (_from_owner.descendant_id == stores.c.store)
            & (_from_owner.ancestor_id == x.owner_id),
        )
        .where(_above.tenant_id == TENANT, _above.descendant_id == stores.c.store)
        .lateral("seen")
    )
    return (
        select(stores.c.store, *seen.c).select_from(stores.join(seen, true())).cte("reach").prefix_with("MATERIALIZED")
    )


def _unclaimed_of_contribution(wanted: Any, source: Any) -> ColumnElement[int]:
    """Free stock behind a contribution: its lots together, less the safety stock, once."""
    lots = (
        select(_unclaimed())
        .select_from(_stock)
        .join(_lot, _lot_of_stock())
        .where(
            _stock.tenant_id == TENANT,
            _stock.location_id == source.c.location_id,
            _stock.sku_id == wanted.c.sku,
            _stock.owner_id == source.c.owner_id,
        )
        .correlate(source, wanted)
        .scalar_subquery()
    )
    kept_back = (
        select(_safety.quantity)
        .where(
            _safety.tenant_id == TENANT,
            _safety.location_id == source.c.location_id,
            _safety.sku_id == wanted.c.sku,
            _safety.owner_id == source.c.owner_id,
        )
        .correlate(source, wanted)
        .scalar_subquery()
    )
    return lots - func.coalesce(kept_back, constant(0))


def _from_pools(wanted: Any, reach: Any) -> Rows:
    """What others contribute for the store, or for one it stands below."""
    # One look for each contribution the store can see: how many others contribute the sku elsewhere costs nothing.
    offer = (
        select(_offer.cap, _offer.held)
        .where(
            _offer.tenant_id == TENANT,
            _offer.sku_id == wanted.c.sku,
            _offer.contribution_id == reach.c.id,
        )
        .offset(constant(0))
        .correlate(wanted, reach)
        .lateral("offer")
    )
    rows = (
        select(
            reach.c.location_id,
            reach.c.owner_id,
            reach.c.hops,
            _unclaimed_of_contribution(wanted, reach).label("unclaimed"),
            reach.c.share_bps,
            offer.c.cap,
            offer.c.held,
        )
        .select_from(reach.join(offer, true()))
        .where(reach.c.store == wanted.c.store)
    )
    return each(SourceRow, wanted, rows)


def _sources() -> Read[SourceRow]:
    own, pooled = wanted_keys("store", "sku"), wanted_keys("store", "sku")
    together = _own_stock(own).union_all(_from_pools(pooled, _reach())).subquery("source")
    nearest_first = (together.c.place, together.c.hops, together.c.location_id, together.c.owner_id)
    return read(SourceRow, select(*(together.c[name] for name in SourceRow.columns)).order_by(*nearest_first))


class PromiseOf(Loader[tuple[UUID, UUID], Promise]):
    """What (store, sku) can sell now: the shared rule over every source the store can see."""

    statement = _sources()

    async def fetch(self, keys: list[tuple[UUID, UUID]]) -> Mapping[tuple[UUID, UUID], Promise]:
        """A promise for each pair that sees any source."""
        stores, wished = zip(*keys, strict=True)
        own: dict[int, list[tuple[bytes, int]]] = {}
        offers: dict[int, list[Offer]] = {}
        for row in await self.reading.fetch(self.statement, stores=stores, skus=wished):
            source = row.location_id.bytes + row.owner_id.bytes  # hashes in a tenth of the time that two ids take
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
