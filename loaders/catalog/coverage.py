"""How much of a brand's channel lists its goods: the shops below it whose open cloud store has them on the shelf.

It begins with a brand's own skus and shops, so it reads no other brand's listings. What stands on a shelf is the
shelf's own rule; asked from the sku, it is a few looks into the indexes for each listing.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, func, select, true
from sqlalchemy.orm import aliased

from domain.channel import OrganizationStatus, Tier
from loaders.base import Loader
from loaders.catalog.goods import skus_of_product
from loaders.catalog.granting import may_sell
from loaders.catalog.shelf import stands
from loaders.channel import is_open, is_store_below
from loaders.paging import Paged, each, wanted_parents
from models.catalog import Listing, Product
from models.channel import CloudStore, Organization, OrganizationClosure
from models.reading import TENANT, Read, Row, Rows, constant, in_scope, read


class CoverageRow(Row):
    """Of the shops below a brand with an open cloud store (`total`), how many list any of its skus (`covered`)."""

    place: int
    brand_id: UUID
    total: int
    covered: int


class SkuCoverageEntry(Row):
    """A sku of a brand, on a page by product and item number, and how many shops below the brand list it."""

    brand_id: UUID
    sku_id: UUID
    covered: int
    place: int
    by_product: str
    by_code: str


_store, _shop, _closure = aliased(CloudStore), aliased(Organization), aliased(OrganizationClosure)
_seller = aliased(CloudStore)


def _open_store(organization: Any) -> ColumnElement[Any]:
    """The cloud store of an organisation while a shopper can enter it, else null: one look into the indexes a row."""
    return (
        select(_store.id)
        .join(_shop, (_shop.tenant_id == TENANT) & (_shop.id == _store.organization_id))
        .where(
            _store.tenant_id == TENANT,
            _store.organization_id == organization,
            is_open(_store),
            _shop.status == constant(OrganizationStatus.ACTIVE),
        )
        .correlate_except(_store, _shop)
        .scalar_subquery()
    )


def _shelves(sku: Any, outer: FromClause) -> FromClause:
    """The cloud stores that have a sku on their shelf: a look into the index for each sku, which OFFSET 0 keeps it.

    Subqueries for one value are never flattened: the seller, and whether it may sell, are a few looks for each listing.
    """
    seller = (
        select(_seller.organization_id)
        .where(_seller.tenant_id == TENANT, _seller.id == Listing.cloud_store_id)
        .correlate_except(_seller)
        .scalar_subquery()
    )
    return (
        select(Listing.cloud_store_id)
        .where(
            Listing.tenant_id == TENANT,
            Listing.sku_id == sku,
            stands(Listing, seller, may_sell(seller, sku, Listing, outer)),
        )
        .offset(constant(0))
        .correlate(outer)
        .lateral("shelves")
    )


def _open_below(brand: Any, shelves: FromClause) -> Rows:
    """How many of the `shelves` are those of shops below `brand` that a shopper can enter."""
    return (
        select(func.count(_open_store(CloudStore.organization_id)))
        .select_from(shelves)
        .join(CloudStore, (CloudStore.tenant_id == TENANT) & (CloudStore.id == shelves.c.cloud_store_id))
        .where(is_store_below(brand, CloudStore.organization_id))
    )


def _coverage() -> Read[CoverageRow]:
    wanted = wanted_parents()
    brand = Organization
    total = (
        select(func.count(_open_store(_closure.descendant_id)))
        .where(
            _closure.tenant_id == TENANT,
            _closure.ancestor_id == brand.id,
            _closure.descendant_tier == constant(Tier.STORE),
        )
        .correlate(brand)
        .scalar_subquery()
    )
    own = skus_of_product()
    shelves = _shelves(own.c.id, own)
    listing = (
        select(shelves.c.cloud_store_id)
        .select_from(Product)
        .join(own, true())
        .join(shelves, true())
        .where(Product.tenant_id == TENANT, Product.brand_id == brand.id)
        .distinct()
        .correlate(brand)
        .lateral("listing_any")
    )
    covered = _open_below(brand.id, listing).correlate(brand).scalar_subquery()
    rows = select(brand.id.label("brand_id"), total.label("total"), covered.label("covered")).where(
        brand.tenant_id == TENANT, brand.id == wanted.c.parent, in_scope(brand.id)
    )
    return read(CoverageRow, each(CoverageRow, wanted, rows))


class CoverageOf(Loader[UUID, CoverageRow | None]):
    """How many of the shops below each brand list its goods, for the brand."""

    statement = _coverage()

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, CoverageRow | None]:
        """One row for each of the viewer's own brands."""
        return {row.brand_id: row for row in await self.reading.fetch(self.statement, parents=keys)}

    def absent(self) -> None:
        """Somebody else's."""
        return


def _by_sku() -> Paged[SkuCoverageEntry]:
    wanted = wanted_parents()
    own = skus_of_product()
    covered = _open_below(Product.brand_id, _shelves(own.c.id, own)).correlate(Product, own).scalar_subquery()
    rows = (
        select(Product.brand_id, own.c.id.label("sku_id"), covered.label("covered"))
        .select_from(Product)
        .join(own, true())
        .where(Product.tenant_id == TENANT, Product.brand_id == wanted.c.parent, in_scope(Product.brand_id))
    )
    return Paged(SkuCoverageEntry, wanted, rows, {Product.code: str, own.c.code: str})


COVERAGE_BY_SKU = _by_sku()
"""The skus of each brand with how many shops list them, for the brand."""
