"""Shelves and what may stand on them: listings, assortments, authorisations and their price bands.

It owns no price.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from domain.catalog import ListingStatus
from domain.channel import OrganizationStatus
from loaders.base import LIST_LIMIT, ById, ListBy, Loader
from loaders.paging import Paged, each, listed, wanted_pairs, wanted_parents
from models.catalog import (
    Assortment,
    AssortmentSku,
    Authorization,
    Listing,
)
from models.channel import CloudStore, Organization
from models.reading import NOW, TENANT, Row, Rows, constant, ids, in_scope, read


class ListingRow(Row):
    """A listing, with what its price and its promise depend on: the store that sells, and how its cloud store sells."""

    id: UUID
    cloud_store_id: UUID
    sku_id: UUID
    origin: str
    position: int
    seller_id: UUID
    mode: str


def listings() -> Rows:
    """The columns of the listings on the shelves of open cloud stores, as long as their organisations are admitted."""
    x, store = Listing, CloudStore
    return (
        select(
            x.id, x.cloud_store_id, x.sku_id, x.origin, x.position, store.organization_id.label("seller_id"), store.mode
        )
        .join(store, (store.tenant_id == TENANT) & (store.id == x.cloud_store_id) & store.closed_at.is_(None))
        .join(
            Organization,
            (Organization.tenant_id == TENANT)
            & (Organization.id == store.organization_id)
            & (Organization.status == constant(OrganizationStatus.ACTIVE)),
        )
        .where(x.tenant_id == TENANT, x.status == constant(ListingStatus.LISTED))
    )


class ListingById(ById[ListingRow]):
    """Listings by id."""

    statement = read(ListingRow, listings().where(Listing.id == ids("ids").any_()))


class ListingEntry(ListingRow):
    """A listing on a page of a shelf, by position."""

    place: int
    by_position: int
    by_id: UUID


def _shelf() -> Paged[ListingEntry]:
    wanted = wanted_parents()
    rows = listings().where(Listing.cloud_store_id == wanted.c.parent)
    return Paged(ListingEntry, wanted, rows, {Listing.position: int, Listing.id: UUID})


SHELF = _shelf()
"""The shelf of each cloud store, by position."""


class AssortmentRow(Row):
    """An assortment, as its grantor and its grantees see it."""

    id: UUID
    code: str
    name: str
    grantor_id: UUID
    is_generated: bool


_grant = aliased(Authorization)


def _granted_to_viewer() -> ColumnElement[bool]:
    """The assortment of the row is given, now, to an organisation the viewer speaks for."""
    return (
        select(constant(1))
        .where(
            _grant.tenant_id == TENANT,
            _grant.assortment_id == Assortment.id,
            in_scope(_grant.grantee_id),
            _grant.valid_from <= NOW,
            _grant.valid_until.is_(None) | (_grant.valid_until > NOW),
        )
        .correlate_except(_grant)
        .exists()
    )


def assortments() -> Rows:
    """The columns of the assortments that the viewer grants or has been granted."""
    a = Assortment
    return select(a.id, a.code, a.name, a.grantor_id, a.is_generated).where(
        a.tenant_id == TENANT, in_scope(a.grantor_id) | _granted_to_viewer()
    )


class AssortmentById(ById[AssortmentRow]):
    """Assortments by id."""

    statement = read(AssortmentRow, assortments().where(Assortment.id == ids("ids").any_()))


class AuthorizationRow(Row):
    """An assortment given to `parent`."""

    assortment_id: UUID
    grantor_id: UUID
    valid_from: datetime
    valid_until: datetime | None
    parent: UUID


def _authorizations_of() -> Any:
    wanted = wanted_parents()
    rows = (
        select(Authorization.assortment_id, Assortment.grantor_id, Authorization.valid_from, Authorization.valid_until)
        .join(Assortment, (Assortment.tenant_id == TENANT) & (Assortment.id == Authorization.assortment_id))
        .where(
            Authorization.tenant_id == TENANT,
            Authorization.grantee_id == wanted.c.parent,
            in_scope(Authorization.grantee_id, Assortment.grantor_id),
        )
    )
    return listed(AuthorizationRow, wanted, rows, Assortment.code, Assortment.id)


class AuthorizationsOf(ListBy[AuthorizationRow]):
    """What each organisation may sell, as far as the viewer is a party to it."""

    statement = _authorizations_of()


class AssortmentSkuEntry(Row):
    """A sku of an assortment with its price band, on a page."""

    sku_id: UUID
    min_fen: int | None
    max_fen: int | None
    place: int
    by_sku: UUID


def _assortment_skus() -> Paged[AssortmentSkuEntry]:
    wanted = wanted_parents()
    rows = (
        select(AssortmentSku.sku_id, AssortmentSku.min_fen, AssortmentSku.max_fen)
        .join(Assortment, (Assortment.tenant_id == TENANT) & (Assortment.id == AssortmentSku.assortment_id))
        .where(
            AssortmentSku.tenant_id == TENANT,
            AssortmentSku.assortment_id == wanted.c.parent,
            in_scope(Assortment.grantor_id) | _granted_to_viewer(),
        )
    )
    return Paged(AssortmentSkuEntry, wanted, rows, {AssortmentSku.sku_id: UUID})


ASSORTMENT_SKUS = _assortment_skus()
"""The skus of each assortment."""


class BandRow(Row):
    """The price band of a sku for one grantee, and whose assortment says so."""

    place: int
    grantor_id: UUID
    min_fen: int | None
    max_fen: int | None


def _bands() -> Any:
    wanted = wanted_pairs("grantee", "sku")
    rows = (
        select(Assortment.grantor_id, AssortmentSku.min_fen, AssortmentSku.max_fen)
        .select_from(Authorization)
        .join(Assortment, (Assortment.tenant_id == TENANT) & (Assortment.id == Authorization.assortment_id))
        .join(AssortmentSku, (AssortmentSku.tenant_id == TENANT) & (AssortmentSku.assortment_id == Assortment.id))
        .join(
            Organization,
            (Organization.tenant_id == TENANT)
            & (Organization.id == Assortment.grantor_id)
            & (Organization.status == constant(OrganizationStatus.ACTIVE)),
        )
        .where(
            Authorization.tenant_id == TENANT,
            Authorization.grantee_id == wanted.c.grantee,
            in_scope(Authorization.grantee_id),
            Authorization.valid_from <= NOW,
            Authorization.valid_until.is_(None) | (Authorization.valid_until > NOW),
            AssortmentSku.sku_id == wanted.c.sku,
        )
        .order_by(Assortment.code, Assortment.id)
        .limit(constant(LIST_LIMIT))
    )
    return read(BandRow, each(BandRow, wanted, rows))


class BandsOf(Loader[tuple[UUID, UUID], list[BandRow]]):
    """The bands within which (grantee, sku) may be sold now; for the viewer's own organisations."""

    statement = _bands()

    async def fetch(self, keys: list[tuple[UUID, UUID]]) -> Mapping[tuple[UUID, UUID], list[BandRow]]:
        """Bands in the order of the assortments' codes."""
        grantees, wished = zip(*keys, strict=True)
        found: dict[tuple[UUID, UUID], list[BandRow]] = {}
        for row in await self.reading.fetch(self.statement, grantees=grantees, skus=wished):
            found.setdefault(keys[row.place - 1], []).append(row)
        return found

    def absent(self) -> list[BandRow]:
        """Not authorised."""
        return []
