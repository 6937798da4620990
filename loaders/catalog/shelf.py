"""Shelves and what may stand on them: listings, assortments, authorisations and their price bands.

It owns which listings are on a shelf, said once: for the shelf, for a listing by its id and for what a search finds.
Coverage goes the other way, from a sku to the shelves it stands on, in pieces of the same. It owns no price.

Source: docs/domain.md, Shelf.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, TableValuedAlias, and_, case, cast, func, or_, select, true
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import LateralFromClause

from domain.catalog import ListingOrigin, ListingStatus
from domain.channel import OrganizationStatus
from loaders.base import ById, ListBy, ListByPlace
from loaders.catalog.granting import chains, floor_and_ceiling, in_force, right, status_of_grantor
from loaders.channel import is_open
from loaders.paging import Paged, each, listed, wanted_keys, wanted_parents
from models.catalog import (
    Assortment,
    AssortmentSku,
    Authorization,
    Listing,
    Product,
    Sku,
)
from models.channel import CloudStore, Organization, OrganizationClosure
from models.reading import TENANT, Row, Rows, constant, ids, in_scope, read


class ListingRow(Row):
    """A listing, with what its price and its promise depend on: the store that sells, and how its cloud store sells.

    `min_fen` and `max_fen` are the band to which a price for shoppers keeps, for the price alone: nobody is told.
    """

    id: UUID
    cloud_store_id: UUID
    sku_id: UUID
    origin: str
    position: int
    seller_id: UUID
    mode: str
    min_fen: int | None
    max_fen: int | None


_grant, _closure = aliased(Authorization), aliased(OrganizationClosure)
_sku, _product = aliased(Sku), aliased(Product)


def stands(listing: Any, seller: Any, *rights: ColumnElement[bool]) -> ColumnElement[bool]:
    """The listing is on the shelf by one of its seller's `rights`, as its brand's own, or as bought elsewhere.

    Elsewhere is outside the channel: goods of a brand that stands above the seller are the channel's. The cheapest
    right first: what stands behind an OR that holds is not looked at.
    """
    elsewhere = case((listing.origin == constant(ListingOrigin.EXTERNAL), constant(0)))
    free = func.coalesce(_hops_from_brand(seller, listing.sku_id), elsewhere) == constant(0)
    return and_(listing.status == constant(ListingStatus.LISTED), or_(*rights, free))


def _hops_from_brand(seller: Any, sku: Any) -> ColumnElement[int]:
    """How far above the seller the sku's brand stands: 0 where that is the seller itself, null where it does not."""
    return (
        select(_closure.hops)
        .select_from(_sku)
        .join(_product, (_product.tenant_id == TENANT) & (_product.id == _sku.product_id))
        .join(
            _closure,
            (_closure.tenant_id == TENANT)
            & (_closure.descendant_id == seller)
            & (_closure.ancestor_id == _product.brand_id),
        )
        .where(_sku.tenant_id == TENANT, _sku.id == sku)
        .correlate_except(_sku, _product, _closure)
        .scalar_subquery()
    )


def _seller(cloud_store: Any, outer: Any) -> LateralFromClause:
    """The admitted organisation of an open cloud store, with the chains by which it sells.

    OFFSET 0 keeps it apart: it is found once for a shelf, however the planner goes through the listings; and its
    parts: from the cloud store to its keeper to the keeper's chains, whatever the planner believes there is of each.
    """
    trading = (
        select(Organization.id)
        .where(
            Organization.tenant_id == TENANT,
            Organization.id == CloudStore.organization_id,
            Organization.status == constant(OrganizationStatus.ACTIVE),
        )
        .offset(constant(0))
        .correlate(CloudStore)
        .lateral("trading")
    )
    keeper = (
        select(trading.c.id, CloudStore.mode)
        .select_from(CloudStore)
        .join(trading, true())
        .where(CloudStore.tenant_id == TENANT, CloudStore.id == cloud_store, is_open(CloudStore))
        .offset(constant(0))
        .correlate(outer)
        .lateral("keeper")
    )
    parts, columns = chains(keeper.c.id, keeper)
    rows = select(keeper.c.id, keeper.c.mode, *columns).select_from(keeper)
    for part in parts:
        rows = rows.join(part, true())
    return rows.offset(constant(0)).correlate(outer).lateral("seller")


def _listings(cloud_store: Any, outer: Any, *, for_all: bool = False) -> Rows:
    """The columns of the listings that a shopper finds; whose cloud store it is about is a column of `outer`.

    A listing is on the shelf while its seller may sell the sku; the seller's own people see what is not, too, unless
    it is what anybody may buy that is asked for.
    """
    x, seller = Listing, _seller(cloud_store, outer)
    sold = right(seller, x.sku_id, seller, x)
    own = [] if for_all else [in_scope(seller.c.id)]
    rights = [*own, sold.c.band.is_not(None)]
    return (
        select(
            x.id,
            x.cloud_store_id,
            x.sku_id,
            x.origin,
            x.position,
            seller.c.id.label("seller_id"),
            seller.c.mode,
            *floor_and_ceiling(sold),
        )
        .select_from(x)
        .join(seller, true())
        .join(sold, true())
        .where(x.tenant_id == TENANT, stands(x, seller.c.id, *rights))
    )


def listings(wanted: TableValuedAlias) -> Rows:
    """The columns of the listings on the shelf of each wanted cloud store."""
    return _listings(wanted.c.parent, wanted).where(Listing.cloud_store_id == wanted.c.parent)


class ListingById(ById[ListingRow]):
    """Listings by id."""

    statement = read(ListingRow, _listings(Listing.cloud_store_id, Listing).where(Listing.id == ids("ids").any_()))


def _own_listings() -> Rows:
    x, store = Listing, CloudStore
    # No shopper pays one that is off the shelf: nothing lies between the two.
    no_price = cast(constant(1), BigInteger).label("min_fen"), cast(constant(0), BigInteger).label("max_fen")
    return (
        select(
            x.id,
            x.cloud_store_id,
            x.sku_id,
            x.origin,
            x.position,
            store.organization_id.label("seller_id"),
            store.mode,
            *no_price,
        )
        .join(store, (store.tenant_id == TENANT) & (store.id == x.cloud_store_id))
        .where(x.tenant_id == TENANT, x.id == ids("ids").any_(), in_scope(store.organization_id))
    )


class OwnListing(ById[ListingRow]):
    """Listings of the viewer's organisations by id that are off the shelf, as long as they are kept."""

    statement = read(ListingRow, _own_listings())


class ForSaleRow(ListingRow):
    """A listing that anybody may buy from."""

    place: int


def _for_sale() -> Any:
    wanted = wanted_keys("cloud_store", "sku")
    rows = _listings(wanted.c.cloud_store, wanted, for_all=True).where(
        Listing.cloud_store_id == wanted.c.cloud_store, Listing.sku_id == wanted.c.sku
    )
    return read(ForSaleRow, each(ForSaleRow, wanted, rows))


class ForSale(ListByPlace[tuple[UUID, UUID], ForSaleRow]):
    """The listing of (cloud store, sku) on the shelf that every shopper sees; none where it does not stand there."""

    statement = _for_sale()
    parts = ("cloud_stores", "skus")


class ListingEntry(ListingRow):
    """A listing on a page of a shelf, by position."""

    place: int
    by_position: int
    by_id: UUID


def _shelf() -> Paged[ListingEntry]:
    wanted = wanted_parents()
    return Paged(ListingEntry, wanted, listings(wanted), {Listing.position: int, Listing.id: UUID})


SHELF = _shelf()
"""The shelf of each cloud store, by position."""


class AssortmentRow(Row):
    """An assortment, as its grantor and its grantees see it."""

    id: UUID
    code: str
    name: str
    grantor_id: UUID
    is_generated: bool


def _granted_to_viewer() -> ColumnElement[bool]:
    """The assortment of the row is given, now, to an organisation the viewer speaks for, by one that trades."""
    return (
        select(constant(1))
        .where(
            _grant.tenant_id == TENANT,
            _grant.assortment_id == Assortment.id,
            in_scope(_grant.grantee_id),
            in_force(_grant, status_of_grantor(_grant.assortment_id)),
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
        .join(Organization, (Organization.tenant_id == TENANT) & (Organization.id == Assortment.grantor_id))
        .where(
            Authorization.tenant_id == TENANT,
            Authorization.grantee_id == wanted.c.parent,
            Organization.status == constant(OrganizationStatus.ACTIVE),
            in_scope(Authorization.grantee_id, Assortment.grantor_id),
        )
    )
    return listed(AuthorizationRow, wanted, rows, Assortment.code, Assortment.id)


class AuthorizationsOf(ListBy[AuthorizationRow]):
    """What each organisation may sell by those that trade, as far as the viewer is a party to it."""

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
