"""A DataLoader for everything that is asked by key, made anew for each request."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from aiodataloader import DataLoader
from sqlalchemy import ColumnElement, func, or_, select, tuple_

from domain.catalog import PriceCandidate, PriceScope, best
from domain.inventory import Offer, free, sellable_here
from models.catalog import Assortment, AssortmentSku, Authorization, Category, Listing, Price, PriceList, Product, Sku
from models.channel import CloudStore, Organization, OrganizationClosure, OrganizationEdge
from models.inventory import Lot, PoolContribution, PoolContributionSku, SafetyStock, Stock
from tests.bench.baseline.session import Session

Pair = tuple[UUID, UUID]


class ById(DataLoader[UUID, Any]):
    """Objects of one model by id."""

    def __init__(self, session: Session, tenant: UUID, model: Any) -> None:
        super().__init__()
        self._session, self._tenant, self._model = session, tenant, model

    async def batch_load_fn(self, keys: list[UUID]) -> list[Any]:
        """One object, or None, for each key."""
        model = self._model
        rows = await self._session.all(select(model).where(model.tenant_id == self._tenant, model.id.in_(keys)))
        found = {row.id: row for row in rows}
        return [found.get(key) for key in keys]


class ManyBy(DataLoader[UUID, list[Any]]):
    """Objects of one model under each parent, by the column that names the parent."""

    def __init__(self, session: Session, tenant: UUID, column: Any, *conditions: Any, order: Any = None) -> None:
        super().__init__()
        self._session, self._tenant, self._column = session, tenant, column
        self._conditions, self._order = conditions, order

    async def batch_load_fn(self, keys: list[UUID]) -> list[list[Any]]:
        """A list for each key."""
        model = self._column.class_
        statement = select(model).where(model.tenant_id == self._tenant, self._column.in_(keys), *self._conditions)
        found: dict[UUID, list[Any]] = defaultdict(list)
        for row in await self._session.all(statement.order_by(*(self._order or ()))):
            found[getattr(row, self._column.key)].append(row)
        return [found[key] for key in keys]


class Shelves(DataLoader[tuple[UUID, int], list[Listing]]):
    """The first listings of each cloud store, one more than asked for to see whether there is."""

    def __init__(self, session: Session, tenant: UUID, now: datetime) -> None:
        super().__init__()
        self._session, self._tenant, self._now = session, tenant, now

    async def batch_load_fn(self, keys: list[tuple[UUID, int]]) -> list[list[Listing]]:
        """A page for each (cloud store, first)."""
        place = func.row_number().over(partition_by=Listing.cloud_store_id, order_by=(Listing.position, Listing.id))
        numbered = (
            select(Listing.id, place.label("place"))
            .join(CloudStore, (CloudStore.tenant_id == Listing.tenant_id) & (CloudStore.id == Listing.cloud_store_id))
            .where(
                Listing.tenant_id == self._tenant,
                Listing.cloud_store_id.in_({store for store, _ in keys}),
                Listing.status == "LISTED",
                or_(Listing.origin == "EXTERNAL", self._may_sell()),
            )
            .subquery()
        )
        statement = (
            select(Listing)
            .join(numbered, numbered.c.id == Listing.id)
            .where(Listing.tenant_id == self._tenant, numbered.c.place <= max(first for _, first in keys) + 1)
            .order_by(Listing.cloud_store_id, Listing.position, Listing.id)
        )
        found: dict[UUID, list[Listing]] = defaultdict(list)
        for row in await self._session.all(statement):
            found[row.cloud_store_id].append(row)
        return [found[store][: first + 1] for store, first in keys]

    def _may_sell(self) -> ColumnElement[bool]:
        grant, item = Authorization, AssortmentSku
        return (
            select(item.sku_id)
            .join(grant, (grant.tenant_id == item.tenant_id) & (grant.assortment_id == item.assortment_id))
            .join(Assortment, (Assortment.tenant_id == item.tenant_id) & (Assortment.id == item.assortment_id))
            .join(Organization, (Organization.tenant_id == item.tenant_id) & (Organization.id == Assortment.grantor_id))
            .where(
                item.tenant_id == self._tenant,
                item.sku_id == Listing.sku_id,
                grant.grantee_id == CloudStore.organization_id,
                grant.valid_from <= self._now,
                or_(grant.valid_until.is_(None), grant.valid_until > self._now),
                Organization.status == "ACTIVE",
            )
            .exists()
        )


class Upstreams(DataLoader[UUID, Any]):
    """The primary supplier of each organisation."""

    def __init__(self, session: Session, tenant: UUID) -> None:
        super().__init__()
        self._session, self._tenant = session, tenant

    async def batch_load_fn(self, keys: list[UUID]) -> list[Any]:
        """An organisation, or None, for each key."""
        edge = OrganizationEdge
        statement = (
            select(edge.downstream_id, Organization)
            .join(Organization, (Organization.tenant_id == edge.tenant_id) & (Organization.id == edge.upstream_id))
            .where(
                edge.tenant_id == self._tenant,
                edge.downstream_id.in_(keys),
                edge.is_primary,
                Organization.status == "ACTIVE",
            )
        )
        found: dict[UUID, Any] = dict(map(tuple, await self._session.all(statement)))
        return [found.get(key) for key in keys]


class Brands(DataLoader[UUID, list[Organization]]):
    """The brands above each organisation."""

    def __init__(self, session: Session, tenant: UUID) -> None:
        super().__init__()
        self._session, self._tenant = session, tenant

    async def batch_load_fn(self, keys: list[UUID]) -> list[list[Organization]]:
        """A list for each key, by name."""
        x = OrganizationClosure
        statement = (
            select(x.descendant_id, Organization)
            .join(Organization, (Organization.tenant_id == x.tenant_id) & (Organization.id == x.ancestor_id))
            .where(
                x.tenant_id == self._tenant,
                x.descendant_id.in_(keys),
                Organization.tier == "BRAND",
                Organization.status == "ACTIVE",
            )
            .order_by(Organization.name, Organization.code)
        )
        found: dict[UUID, list[Organization]] = defaultdict(list)
        for below, brand in await self._session.all(statement):
            found[below].append(brand)
        return [found[key] for key in keys]


class Prices(DataLoader[Pair, int | None]):
    """What a shopper pays for (seller, sku) now."""

    def __init__(self, session: Session, tenant: UUID, now: datetime, stores: DataLoader[UUID, Any]) -> None:
        super().__init__()
        self._session, self._tenant, self._now, self._stores = session, tenant, now, stores

    async def batch_load_fn(self, keys: list[Pair]) -> list[int | None]:
        """The best price of each pair."""
        sellers = list({seller for seller, _ in keys})
        shops = dict(zip(sellers, await self._stores.load_many(sellers), strict=True))
        statement = (
            select(PriceList, Price)
            .join(Price, (Price.tenant_id == PriceList.tenant_id) & (Price.price_list_id == PriceList.id))
            .where(
                PriceList.tenant_id == self._tenant,
                PriceList.seller_id.in_(sellers),
                PriceList.audience == "CONSUMER",
                Price.sku_id.in_({sku for _, sku in keys}),
                Price.valid_from <= self._now,
                or_(Price.valid_until.is_(None), Price.valid_until > self._now),
            )
        )
        found: dict[Pair, list[PriceCandidate]] = defaultdict(list)
        for listed, price in await self._session.all(statement):
            shop: CloudStore = shops[listed.seller_id][0]
            here = listed.region_code is not None and listed.region_code == shop.region_code
            if listed.scope == "BASE" or here or (listed.site_id is not None and listed.site_id == shop.site_id):
                found[listed.seller_id, price.sku_id].append(
                    PriceCandidate(
                        listed.id,
                        listed.name,
                        PriceScope(listed.scope),
                        price.sku_id,
                        price.min_qty,
                        price.unit_fen,
                        price.valid_from,
                        price.valid_until,
                    )
                )
        applied = [best(found[key], 1, self._now) for key in keys]
        return [None if one is None else one.unit_fen for one in applied]


class Sellable(DataLoader[Pair, int]):
    """What (store, sku) can sell now: its own stock and what it can see of pools."""

    def __init__(self, session: Session, tenant: UUID, today: date) -> None:
        super().__init__()
        self._session, self._tenant, self._today = session, tenant, today

    async def batch_load_fn(self, keys: list[Pair]) -> list[int]:
        """Units for each pair."""
        stores, skus = {store for store, _ in keys}, {sku for _, sku in keys}
        visible = await self._visible(stores)
        contributions = {one.id: one for listed in visible.values() for one in listed}
        offers: dict[UUID, list[PoolContributionSku]] = defaultdict(list)
        for offer in await self._session.all(
            select(PoolContributionSku).where(
                PoolContributionSku.tenant_id == self._tenant,
                PoolContributionSku.sku_id.in_(skus),
                PoolContributionSku.contribution_id.in_(contributions),
            )
        ):
            offers[offer.sku_id].append(offer)
        lots = await self._free(stores | {one.owner_id for one in contributions.values()}, skus)
        answers = []
        for store, sku in keys:
            seen = {one.id for one in visible[store]}
            own = [
                ((place, owner), units)
                for (place, owner, what), units in lots.items()
                if owner == store and what == sku
            ]
            given = []
            for offer in offers[sku]:
                if offer.contribution_id in seen:
                    of = contributions[offer.contribution_id]
                    units = lots.get((of.location_id, of.owner_id, sku), 0)
                    source = (of.location_id, of.owner_id)
                    given.append(Offer(source, 1, units, of.share_bps, offer.cap, offer.held))
            answers.append(sellable_here(own, given).total)
        return answers

    async def _visible(self, stores: set[UUID]) -> dict[UUID, list[PoolContribution]]:
        x = OrganizationClosure
        rows = await self._session.all(
            select(x.descendant_id, PoolContribution)
            .join(
                PoolContribution,
                (PoolContribution.tenant_id == x.tenant_id) & (PoolContribution.visible_to_id == x.ancestor_id),
            )
            .join(
                Organization,
                (Organization.tenant_id == x.tenant_id) & (Organization.id == PoolContribution.owner_id),
            )
            .where(x.tenant_id == self._tenant, x.descendant_id.in_(stores), Organization.status == "ACTIVE")
        )
        found: dict[UUID, list[PoolContribution]] = defaultdict(list)
        for store, contribution in rows:
            if contribution.owner_id != store:
                found[store].append(contribution)
        return found

    async def _free(self, owners: set[UUID], skus: set[UUID]) -> dict[tuple[UUID, UUID, UUID], int]:
        """Free units of each (location, owner, sku)."""
        lots: dict[tuple[UUID, UUID, UUID], list[Any]] = defaultdict(list)
        statement = (
            select(Stock, Lot)
            .join(Lot, (Lot.tenant_id == Stock.tenant_id) & (Lot.sku_id == Stock.sku_id) & (Lot.id == Stock.lot_id))
            .where(Stock.tenant_id == self._tenant, Stock.sku_id.in_(skus), Stock.owner_id.in_(owners))
        )
        for stock, lot in await self._session.all(statement):
            lots[stock.location_id, stock.owner_id, stock.sku_id].append(
                (stock.on_hand, stock.reserved, stock.allocated, stock.quarantined, lot.expires_on)
            )
        kept: dict[tuple[UUID, UUID, UUID], int] = {}
        wanted = tuple_(SafetyStock.location_id, SafetyStock.sku_id).in_({(place, sku) for place, _, sku in lots})
        for row in await self._session.all(select(SafetyStock).where(SafetyStock.tenant_id == self._tenant, wanted)):
            kept[row.location_id, row.owner_id, row.sku_id] = row.quantity
        return {key: free(rows, kept.get(key, 0), self._today) for key, rows in lots.items()}


class Loaders:
    """The loaders of one request."""

    def __init__(self, session: Session, tenant: UUID, now: datetime, today: date) -> None:
        self.session, self.tenant, self.now = session, tenant, now

        def by_id(model: Any) -> ById:
            return ById(session, tenant, model)

        def many(column: Any, *conditions: Any, order: Sequence[Any] | None = None) -> ManyBy:
            return ManyBy(session, tenant, column, *conditions, order=order)

        self.by_id: Callable[[Any], ById] = by_id
        self.many: Callable[..., ManyBy] = many
        self.organizations, self.skus, self.products = by_id(Organization), by_id(Sku), by_id(Product)
        self.categories, self.cloud_stores = by_id(Category), by_id(CloudStore)
        self.cloud_stores_of = many(CloudStore.organization_id, CloudStore.closed_at.is_(None))
        self.shelves = Shelves(session, tenant, now)
        self.upstreams, self.brands = Upstreams(session, tenant), Brands(session, tenant)
        self.prices = Prices(session, tenant, now, self.cloud_stores_of)
        self.sellable = Sellable(session, tenant, today)
