"""Goods: categories, products, skus, their packs and attributes.

It owns neither shelves nor prices.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, select

from loaders.base import ById, ListBy
from loaders.paging import Paged, listed, wanted_parents
from models.catalog import (
    Attribute,
    Category,
    PackUnit,
    Product,
    Sku,
    SkuAttribute,
)
from models.reading import TENANT, Row, Rows, constant, ids, read


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


class DefinitionRow(Row):
    """An attribute that skus may have."""

    id: UUID
    code: str
    name: str
    kind: str
    unit: str | None
    category_id: UUID | None


def definitions() -> Rows:
    """The columns of the tenant's attributes."""
    a = Attribute
    return select(a.id, a.code, a.name, a.kind, a.unit, a.category_id).where(a.tenant_id == TENANT)


class AttributeById(ById[DefinitionRow]):
    """Attributes by id."""

    statement = read(DefinitionRow, definitions().where(Attribute.id == ids("ids").any_()))


class DefinitionEntry(DefinitionRow):
    """An attribute on a page, by code."""

    place: int
    by_code: str
    by_id: UUID


def _definitions() -> Paged[DefinitionEntry]:
    wanted = wanted_parents()
    rows = definitions().where(Attribute.tenant_id == wanted.c.parent)
    return Paged(DefinitionEntry, wanted, rows, {Attribute.code: str, Attribute.id: UUID})


ATTRIBUTES = _definitions()
"""The tenant's attributes, by code."""


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


def skus_of_product() -> FromClause:
    """The ids and item numbers of the skus of each row of `Product`: a look into the index for each.

    Figures of a brand begin here. OFFSET 0 keeps the look: flattened, the planner might read the skus of all brands.
    """
    return (
        select(Sku.id, Sku.code)
        .where(Sku.tenant_id == TENANT, Sku.product_id == Product.id)
        .offset(constant(0))
        .correlate(Product)
        .lateral("own_sku")
    )


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
