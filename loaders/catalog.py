"""The catalog centre's reads: goods, shelves, assortments, prices."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Uuid, bindparam, column, func, select, type_coerce
from sqlalchemy.orm import aliased

from domain.catalog import ListingStatus, PriceAudience, PriceScope
from domain.channel import EdgeKind, OrganizationStatus
from loaders.base import ById, ListBy, Loader
from loaders.paging import Paged, listed, wanted_parents
from models.catalog import (
    Assortment,
    AssortmentSku,
    Attribute,
    Authorization,
    Category,
    Listing,
    PackUnit,
    Price,
    PriceList,
    Product,
    Sku,
    SkuAttribute,
)
from models.channel import CloudStore, Organization, OrganizationEdge
from models.reading import NOW, TENANT, UUIDS, Row, Rows, constant, ids, in_scope, read


class CategoryRow(Row):
    """A category."""

    id: UUID
    code: str
    name: str
    parent_id: UUID | None


def categories() -> Rows:
    """The columns of the tenant's categories."""
    return select(Category.id, Category.code, Category.name, Category.parent_id).where(Category.tenant_id == TENANT)


class CategoryById(ById[CategoryRow]):
    """Categories by id."""

    statement = read(CategoryRow, categories().where(Category.id == ids("ids").any_()))


class CategoryEntry(CategoryRow):
    """A category on a page, by code."""

    place: int
    by_code: str
    by_id: UUID


def _categories() -> Paged[CategoryEntry]:
    wanted = wanted_parents()
    rows = categories().where(Category.tenant_id == wanted.c.parent)
    return Paged(CategoryEntry, wanted, rows, {Category.code: str, Category.id: UUID})


CATEGORIES = _categories()
"""The tenant's categories, by code."""


class ProductRow(Row):
    """A product."""

    id: UUID
    brand_id: UUID
    code: str
    name: str
    description: str | None
    category_id: UUID | None


def products() -> Rows:
    """The columns of the tenant's products."""
    p = Product
    return select(p.id, p.brand_id, p.code, p.name, p.description, p.category_id).where(p.tenant_id == TENANT)


class ProductById(ById[ProductRow]):
    """Products by id."""

    statement = read(ProductRow, products().where(Product.id == ids("ids").any_()))


class ProductEntry(ProductRow):
    """A product on a page, by code."""

    place: int
    by_code: str
    by_id: UUID


def _products(parent: Any) -> Paged[ProductEntry]:
    wanted = wanted_parents()
    rows = products().where(parent == wanted.c.parent)
    return Paged(ProductEntry, wanted, rows, {Product.code: str, Product.id: UUID})


PRODUCTS = _products(Product.tenant_id)
"""The tenant's products, by code."""
PRODUCTS_OF_BRAND = _products(Product.brand_id)
"""A brand's products, by code."""
PRODUCTS_OF_CATEGORY = _products(Product.category_id)
"""A category's products, by code."""


class SkuRow(Row):
    """A sku."""

    id: UUID
    product_id: UUID
    code: str
    name: str
    barcode: str | None
    base_unit: str
    min_qty: int
    step_qty: int
    shelf_life_days: int | None


def skus() -> Rows:
    """The columns of the tenant's skus."""
    s = Sku
    return select(
        s.id, s.product_id, s.code, s.name, s.barcode, s.base_unit, s.min_qty, s.step_qty, s.shelf_life_days
    ).where(s.tenant_id == TENANT)


class SkuById(ById[SkuRow]):
    """Skus by id."""

    statement = read(SkuRow, skus().where(Sku.id == ids("ids").any_()))


class SkuOfRow(SkuRow):
    """A sku of the product `parent`."""

    parent: UUID


def _skus_of() -> Any:
    wanted = wanted_parents()
    return listed(SkuOfRow, wanted, skus().where(Sku.product_id == wanted.c.parent), Sku.code)


class SkusOf(ListBy[SkuOfRow]):
    """The skus of each product, by code."""

    statement = _skus_of()


class PackUnitRow(Row):
    """A pack of the sku `parent`."""

    code: str
    units: int
    parent: UUID


def _packs_of() -> Any:
    wanted = wanted_parents()
    rows = select(PackUnit.code, PackUnit.units).where(PackUnit.tenant_id == TENANT, PackUnit.sku_id == wanted.c.parent)
    return listed(PackUnitRow, wanted, rows, PackUnit.units, PackUnit.code)


class PackUnitsOf(ListBy[PackUnitRow]):
    """The packs of each sku, the smallest first."""

    statement = _packs_of()


class AttributeRow(Row):
    """A typed attribute of the sku `parent`, with its value in the column its kind names."""

    code: str
    name: str
    kind: str
    unit: str | None
    text_value: str | None
    integer_value: int | None
    boolean_value: bool | None
    date_value: date | None
    parent: UUID


def _attributes_of() -> Any:
    wanted = wanted_parents()
    a, v = Attribute, SkuAttribute
    rows = (
        select(a.code, a.name, a.kind, a.unit, v.text_value, v.integer_value, v.boolean_value, v.date_value)
        .join(v, (v.tenant_id == TENANT) & (v.attribute_id == a.id))
        .where(a.tenant_id == TENANT, v.sku_id == wanted.c.parent)
    )
    return listed(AttributeRow, wanted, rows, a.code)


class AttributesOf(ListBy[AttributeRow]):
    """The attributes of each sku, by code."""

    statement = _attributes_of()


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
    """The assortment of the row is given to an organisation the viewer speaks for."""
    return (
        select(constant(1))
        .where(_grant.tenant_id == TENANT, _grant.assortment_id == Assortment.id, in_scope(_grant.grantee_id))
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


def wanted_pairs(first: str, second: str) -> Any:
    """Pairs of ids with their places: two arrays of one length, unnested together."""
    pairs = func.unnest(bindparam(first + "s", type_=UUIDS), bindparam(second + "s", type_=UUIDS))
    return pairs.table_valued(column(first, Uuid()), column(second, Uuid()), with_ordinality="place").render_derived(
        name="wanted"
    )


def place_of(wanted: Any) -> ColumnElement[int]:
    """The place of a pair in the statement's arrays, counted from 1."""
    return type_coerce(wanted.c.place, BigInteger()).label("place")


class BandRow(Row):
    """The price band of a sku for one grantee, and whose assortment says so."""

    place: int
    grantor_id: UUID
    min_fen: int | None
    max_fen: int | None


def _bands() -> Any:
    wanted = wanted_pairs("grantee", "sku")
    return read(
        BandRow,
        select(place_of(wanted), Assortment.grantor_id, AssortmentSku.min_fen, AssortmentSku.max_fen)
        .select_from(wanted)
        .join(
            Authorization,
            (Authorization.tenant_id == TENANT)
            & (Authorization.grantee_id == wanted.c.grantee)
            & in_scope(Authorization.grantee_id)
            & (Authorization.valid_from <= NOW)
            & (Authorization.valid_until.is_(None) | (Authorization.valid_until > NOW)),
        )
        .join(Assortment, (Assortment.tenant_id == TENANT) & (Assortment.id == Authorization.assortment_id))
        .join(
            AssortmentSku,
            (AssortmentSku.tenant_id == TENANT)
            & (AssortmentSku.assortment_id == Assortment.id)
            & (AssortmentSku.sku_id == wanted.c.sku),
        )
        .order_by(wanted.c.place, Assortment.code, Assortment.id),
    )


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


class CandidateRow(Row):
    """A price that could apply; the columns after `place` are those of `domain.catalog.PriceCandidate`, in order."""

    place: int
    list_id: UUID
    list_name: str
    scope: PriceScope
    sku: UUID
    min_qty: int
    unit_fen: int
    valid_from: datetime
    valid_until: datetime | None


_edge = aliased(OrganizationEdge)
_buyer = aliased(Organization)
_buyer_store = aliased(CloudStore)
_seller_store = aliased(CloudStore)


def _candidates(wanted: Any, audience: PriceAudience, applies: ColumnElement[bool]) -> Rows:
    lists = PriceList
    return (
        select(
            place_of(wanted),
            lists.id.label("list_id"),
            lists.name.label("list_name"),
            lists.scope,
            Price.sku_id.label("sku"),
            Price.min_qty,
            Price.unit_fen,
            Price.valid_from,
            Price.valid_until,
        )
        .select_from(wanted)
        .join(
            lists,
            (lists.tenant_id == TENANT) & (lists.seller_id == wanted.c.seller) & (lists.audience == constant(audience)),
        )
        .join(Price, (Price.tenant_id == TENANT) & (Price.price_list_id == lists.id) & (Price.sku_id == wanted.c.sku))
        .where(applies)
    )


def _valid_at(at: ColumnElement[datetime]) -> ColumnElement[bool]:
    # What is not valid cannot win: leaving it out here changes no answer, only the number of rows.
    return (Price.valid_from <= at) & (Price.valid_until.is_(None) | (Price.valid_until > at))


def _consumer() -> Any:
    wanted = wanted_pairs("seller", "sku")
    lists = PriceList
    applies = (
        (lists.scope == constant(PriceScope.BASE))
        | (lists.region_code == _seller_store.region_code)
        | (lists.site_id == _seller_store.site_id)
    )
    return read(
        CandidateRow,
        _candidates(wanted, PriceAudience.CONSUMER, applies & _valid_at(NOW)).outerjoin(
            _seller_store,
            (_seller_store.tenant_id == TENANT) & (_seller_store.organization_id == wanted.c.seller),
        ),
    )


class ConsumerPrices(Loader[tuple[UUID, UUID], list[CandidateRow]]):
    """The prices that could apply now to any shopper of (seller, sku)."""

    statement = _consumer()

    async def fetch(self, keys: list[tuple[UUID, UUID]]) -> Mapping[tuple[UUID, UUID], list[CandidateRow]]:
        """Candidates of each pair."""
        sellers, wished = zip(*keys, strict=True)
        found: dict[tuple[UUID, UUID], list[CandidateRow]] = {}
        for row in await self.reading.fetch(self.statement, sellers=sellers, skus=wished):
            found.setdefault(keys[row.place - 1], []).append(row)
        return found

    def absent(self) -> list[CandidateRow]:
        """No price."""
        return []


def _trade() -> Any:
    three = func.unnest(
        bindparam("sellers", type_=UUIDS), bindparam("buyers", type_=UUIDS), bindparam("skus", type_=UUIDS)
    )
    wanted = three.table_valued(
        column("seller", Uuid()), column("buyer", Uuid()), column("sku", Uuid()), with_ordinality="place"
    ).render_derived(name="wanted")
    lists = PriceList
    # Only between a supplier and whom it supplies: to anyone else these are another tier's prices.
    supplies = (
        select(constant(1))
        .where(
            _edge.tenant_id == TENANT,
            _edge.kind == constant(EdgeKind.SUPPLIES),
            _edge.downstream_id == wanted.c.buyer,
            _edge.upstream_id == wanted.c.seller,
        )
        .correlate_except(_edge)
        .exists()
    )
    applies = (
        (lists.scope == constant(PriceScope.BASE))
        | (lists.buyer_id == wanted.c.buyer)
        | (lists.buyer_tag == _buyer.tags.any_())
        | (lists.region_code == _buyer.region_code)
        | (lists.site_id == _buyer_store.site_id)
        | (lists.buyer_tier == _buyer.tier)
    )
    return read(
        CandidateRow,
        _candidates(wanted, PriceAudience.TRADE, applies & supplies & in_scope(wanted.c.seller, wanted.c.buyer))
        .join(_buyer, (_buyer.tenant_id == TENANT) & (_buyer.id == wanted.c.buyer))
        .outerjoin(_buyer_store, (_buyer_store.tenant_id == TENANT) & (_buyer_store.organization_id == wanted.c.buyer)),
    )


class TradePrices(Loader[tuple[UUID, UUID, UUID], list[CandidateRow]]):
    """Every price, at any time, that could apply to (seller, buyer, sku), for the seller or the buyer to see.

    Another buyer's contract is never among them.
    """

    statement = _trade()

    async def fetch(self, keys: list[tuple[UUID, UUID, UUID]]) -> Mapping[tuple[UUID, UUID, UUID], list[CandidateRow]]:
        """Candidates of each triple."""
        sellers, buyers, wished = zip(*keys, strict=True)
        found: dict[tuple[UUID, UUID, UUID], list[CandidateRow]] = {}
        for row in await self.reading.fetch(self.statement, sellers=sellers, buyers=buyers, skus=wished):
            found.setdefault(keys[row.place - 1], []).append(row)
        return found

    def absent(self) -> list[CandidateRow]:
        """No price, or not the viewer's to see."""
        return []


class PriceListRow(Row):
    """A price list, for its seller."""

    id: UUID
    seller_id: UUID
    code: str
    name: str
    audience: str
    scope: str
    buyer_id: UUID | None
    buyer_tag: str | None
    buyer_tier: str | None
    region_code: str | None
    site_id: UUID | None
    is_generated: bool


def price_lists() -> Rows:
    """The columns of the viewer's own price lists."""
    x = PriceList
    return select(
        x.id,
        x.seller_id,
        x.code,
        x.name,
        x.audience,
        x.scope,
        x.buyer_id,
        x.buyer_tag,
        x.buyer_tier,
        x.region_code,
        x.site_id,
        x.is_generated,
    ).where(x.tenant_id == TENANT, in_scope(x.seller_id))


class PriceListById(ById[PriceListRow]):
    """Price lists by id."""

    statement = read(PriceListRow, price_lists().where(PriceList.id == ids("ids").any_()))


class PriceListEntry(PriceListRow):
    """A price list on a page, by code."""

    place: int
    by_code: str
    by_id: UUID


def _price_lists() -> Paged[PriceListEntry]:
    wanted = wanted_parents()
    rows = price_lists().where(PriceList.seller_id == wanted.c.parent)
    return Paged(PriceListEntry, wanted, rows, {PriceList.code: str, PriceList.id: UUID})


PRICE_LISTS = _price_lists()
"""The price lists of each seller, for that seller."""


class PriceEntry(Row):
    """A price of a list with its validity, on a page by sku, quantity and start."""

    sku_id: UUID
    min_qty: int
    unit_fen: int
    valid_from: datetime
    valid_until: datetime | None
    place: int
    by_sku: UUID
    by_quantity: int
    by_start: datetime


def _prices() -> Paged[PriceEntry]:
    wanted = wanted_parents()
    x = Price
    rows = (
        select(x.sku_id, x.min_qty, x.unit_fen, x.valid_from, x.valid_until)
        .join(PriceList, (PriceList.tenant_id == TENANT) & (PriceList.id == x.price_list_id))
        .where(x.tenant_id == TENANT, x.price_list_id == wanted.c.parent, in_scope(PriceList.seller_id))
    )
    return Paged(PriceEntry, wanted, rows, {x.sku_id: UUID, x.min_qty: int, x.valid_from: datetime})


PRICES = _prices()
"""The prices of each list through all time, for its seller."""
