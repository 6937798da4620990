"""Where organisations trade: cloud stores, sites, territories, regions, and the tenant itself."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, select

from domain.channel import OrganizationStatus
from loaders.base import LIST_LIMIT, ById, ListBy, Loader
from loaders.paging import Paged, listed, wanted_parents
from models.channel import (
    CloudStore,
    CloudStoreSection,
    Organization,
    Region,
    Site,
    Tenant,
    Territory,
    TerritoryRegion,
)
from models.reading import NOW, TENANT, TEXTS, Row, Rows, constant, ids, in_scope, read


def is_open(store: Any) -> ColumnElement[bool]:
    """The cloud store, the table or an alias of it, has opened and is not closed yet; both instants may lie ahead."""
    condition: ColumnElement[bool] = (store.opened_at <= NOW) & (store.closed_at.is_(None) | (store.closed_at > NOW))
    return condition


class CloudStoreRow(Row):
    """A cloud store; its listings are its shelf."""

    id: UUID
    organization_id: UUID
    mode: str
    name: str
    site_id: UUID | None
    region_code: str | None


def _cloud_stores(*conditions: Any) -> Rows:
    x = CloudStore
    return select(x.id, x.organization_id, x.mode, x.name, x.site_id, x.region_code).where(
        x.tenant_id == TENANT, x.id == ids("ids").any_(), *conditions
    )


class CloudStoreById(ById[CloudStoreRow]):
    """Cloud stores by id, open ones."""

    statement = read(
        CloudStoreRow,
        _cloud_stores(is_open(CloudStore)).join(
            Organization,
            (Organization.tenant_id == TENANT)
            & (Organization.id == CloudStore.organization_id)
            & (Organization.status == constant(OrganizationStatus.ACTIVE)),
        ),
    )


class NamedCloudStore(ById[CloudStoreRow]):
    """Cloud stores by id, whatever became of them: a membership names its cloud store for ever."""

    statement = read(CloudStoreRow, _cloud_stores())


class OwnCloudStore(ById[CloudStoreRow]):
    """Cloud stores of the viewer's organisations by id, whatever became of them."""

    statement = read(CloudStoreRow, _cloud_stores(in_scope(CloudStore.organization_id)))


class DecorationRow(Row):
    """The front page of a cloud store."""

    id: UUID
    banner_url: str | None
    banner_text: str | None


class DecorationOf(ById[DecorationRow]):
    """The front page of each cloud store, by the cloud store's id."""

    statement = read(
        DecorationRow,
        select(CloudStore.id, CloudStore.banner_url, CloudStore.banner_text).where(
            CloudStore.tenant_id == TENANT, CloudStore.id == ids("ids").any_()
        ),
    )


class SectionRow(Row):
    """A part of the front page of the cloud store `parent`."""

    title: str
    sku_ids: list[UUID]
    category_ids: list[UUID]
    parent: UUID


_stores = wanted_parents()


class SectionsOf(ListBy[SectionRow]):
    """The parts of the front page of each cloud store, in their order."""

    statement = listed(
        SectionRow,
        _stores,
        select(CloudStoreSection.title, CloudStoreSection.sku_ids, CloudStoreSection.category_ids).where(
            CloudStoreSection.tenant_id == TENANT, CloudStoreSection.cloud_store_id == _stores.c.parent
        ),
        CloudStoreSection.position,
    )


class RegionRow(Row):
    """An administrative region."""

    code: str
    name: str
    parent_code: str | None


class RegionByCode(Loader[str, RegionRow | None]):
    """Regions by code; a table of the whole platform."""

    statement = read(
        RegionRow,
        select(Region.code, Region.name, Region.parent_code).where(
            Region.code == bindparam("codes", type_=TEXTS).any_()
        ),
    )

    async def fetch(self, keys: list[str]) -> Mapping[str, RegionRow | None]:
        """One row for each known code."""
        return {row.code: row for row in await self.reading.fetch(self.statement, codes=keys)}

    def absent(self) -> None:
        """No such region."""
        return


class SiteRow(Row):
    """A site of the storefront."""

    id: UUID
    kind: str
    code: str
    name: str
    organization_id: UUID
    parent_id: UUID | None
    region_code: str | None


def sites() -> Rows:
    """The columns of the tenant's sites."""
    return select(
        Site.id, Site.kind, Site.code, Site.name, Site.organization_id, Site.parent_id, Site.region_code
    ).where(Site.tenant_id == TENANT)


class SiteById(ById[SiteRow]):
    """Sites by id."""

    statement = read(SiteRow, sites().where(Site.id == ids("ids").any_()))


class SiteEntry(SiteRow):
    """A site on a page of all sites, by code."""

    place: int
    by_code: str
    by_id: UUID


def _sites() -> Paged[SiteEntry]:
    wanted = wanted_parents()
    rows = sites().where(Site.tenant_id == wanted.c.parent)
    return Paged(SiteEntry, wanted, rows, {Site.code: str, Site.id: UUID})


SITES = _sites()
"""The tenant's sites, by code."""


class TerritoryRow(Row):
    """A protected area, with the codes of its regions in order, at most `LIST_LIMIT`."""

    id: UUID
    name: str
    organization_id: UUID
    region_codes: list[str]


class HeldTerritoryRow(TerritoryRow):
    """A protected area of `parent`."""

    parent: UUID


def _territories(*conditions: Any) -> Rows:
    codes = (
        select(TerritoryRegion.region_code)
        .where(TerritoryRegion.tenant_id == TENANT, TerritoryRegion.territory_id == Territory.id)
        .order_by(TerritoryRegion.region_code)
        .limit(constant(LIST_LIMIT))
        .scalar_subquery()
    )
    return select(
        Territory.id, Territory.name, Territory.organization_id, func.array(codes, type_=TEXTS).label("region_codes")
    ).where(Territory.tenant_id == TENANT, *conditions)


class TerritoryById(ById[TerritoryRow]):
    """Protected areas by id."""

    statement = read(TerritoryRow, _territories(Territory.id == ids("ids").any_()))


_holders = wanted_parents()


class TerritoriesOf(ListBy[HeldTerritoryRow]):
    """The protected areas of each organisation, by name."""

    statement = listed(
        HeldTerritoryRow,
        _holders,
        _territories(Territory.organization_id == _holders.c.parent),
        Territory.name,
        Territory.id,
    )


class TenantRow(Row):
    """A tenant as its own members see it."""

    id: UUID
    code: str
    name: str
    currency: str
    time_zone: str


class TenantById(ById[TenantRow]):
    """The request's own tenant: a shared table, so the statement itself keeps to it."""

    statement = read(
        TenantRow,
        select(Tenant.id, Tenant.code, Tenant.name, Tenant.currency, Tenant.time_zone).where(
            Tenant.id == TENANT, Tenant.id == ids("ids").any_()
        ),
    )
