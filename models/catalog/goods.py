"""Writing goods: categories, products, skus with their packs and attributes, and the words they are found by.

Whoever writes locks first what the words depend on, from the top: categories, products, skus. What makes another name
for one of them writes the words of all skus below it in the same transaction. What is refused is decided in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text

from domain.base import InvalidInput, Problem
from domain.catalog import AttributeGiven, AttributeKnown, Pack
from domain.inventory import NO_LOT_CODE
from domain.search import Goods, tokens
from models.base import NO_LOT_ID
from models.writing import Collision, Transaction

MAX_REWORDED: Final = 50_000
"""The most skus whose words one act writes anew."""


async def _inserted(tx: Transaction, statement: TextClause, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows under codes that were free. Raises: Collision where another has taken one meanwhile."""
    rows = len(next(iter(columns.values())))
    if rows and await tx.count(statement, {"tenant": tx.tenant_id, **columns}) != rows:
        raise Collision("a code was taken meanwhile")


def _columns(rows: Iterable[Any], **names: str) -> dict[str, list[Any]]:
    """The rows column by column, under the names of their parameters."""
    listed = list(rows)
    return {parameter: [getattr(row, name) for row in listed] for parameter, name in names.items()}


# ── categories ────────────────────────────────────────────────────────────────────────────────────────────────────────
class CategoryKept(NamedTuple):
    """A category as it is kept."""

    id: UUID
    code: str
    name: str
    parent_id: UUID | None


_TREE = text("""
    SELECT id, code, name, parent_id FROM category WHERE tenant_id = :tenant ORDER BY id FOR NO KEY UPDATE
""")
_NEW_CATEGORIES = text("""
    INSERT INTO category (tenant_id, id, code, name, parent_id)
    SELECT :tenant, c.* FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:names AS text[]),
                                    CAST(:parents AS uuid[])) c (id, code, name, parent_id)
    ORDER BY c.code
    ON CONFLICT DO NOTHING
""")
_OTHER_CATEGORIES = text("""
    UPDATE category x SET name = c.name, parent_id = c.parent_id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:parents AS uuid[]))
         c (id, code, name, parent_id)
    WHERE x.tenant_id = :tenant AND x.id = c.id
""")


async def lock_tree(tx: Transaction) -> dict[str, CategoryKept]:
    """All categories of the tenant by code, locked: who changes one may change where any of them stands."""
    rows = await tx.execute(_TREE, {"tenant": tx.tenant_id})
    return {row.code: CategoryKept._make(row) for row in rows}


async def write_categories(tx: Transaction, new: Sequence[CategoryKept], other: Sequence[CategoryKept]) -> None:
    """Write categories, new and changed. Raises: Collision for a code taken meanwhile."""
    names = {"ids": "id", "codes": "code", "names": "name", "parents": "parent_id"}
    await _inserted(tx, _NEW_CATEGORIES, _columns(new, **names))
    if other:
        await tx.execute(_OTHER_CATEGORIES, {"tenant": tx.tenant_id, **_columns(other, **names)})


# ── products ──────────────────────────────────────────────────────────────────────────────────────────────────────────
class ProductKept(NamedTuple):
    """A product of a brand as it is kept."""

    id: UUID
    code: str
    name: str
    description: str | None
    category_id: UUID | None


_CATEGORIES = text("""
    SELECT id, code FROM category WHERE tenant_id = :tenant AND code = any(CAST(:codes AS text[])) ORDER BY id FOR SHARE
""")
_PRODUCTS = text("""
    SELECT id, code, name, description, category_id FROM product
    WHERE tenant_id = :tenant AND brand_id = :brand AND code = any(CAST(:codes AS text[])) ORDER BY id FOR NO KEY UPDATE
""")
_NEW_PRODUCTS = text("""
    INSERT INTO product (tenant_id, brand_id, id, code, name, description, category_id)
    SELECT :tenant, :brand, p.* FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:names AS text[]),
                                            CAST(:descriptions AS text[]), CAST(:categories AS uuid[]))
                                     p (id, code, name, description, category_id)
    ORDER BY p.code
    ON CONFLICT DO NOTHING
""")
_OTHER_PRODUCTS = text("""
    UPDATE product x SET name = p.name, description = p.description, category_id = p.category_id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:descriptions AS text[]),
                CAST(:categories AS uuid[])) p (id, code, name, description, category_id)
    WHERE x.tenant_id = :tenant AND x.id = p.id
""")


async def categories_named(tx: Transaction, codes: Iterable[str]) -> dict[str, UUID]:
    """The categories of these codes; their names stay until the act ends."""
    rows = await tx.execute(_CATEGORIES, {"tenant": tx.tenant_id, "codes": sorted(set(codes))})
    return {row.code: row.id for row in rows}


async def lock_products(tx: Transaction, brand: UUID, codes: Iterable[str]) -> dict[str, ProductKept]:
    """The brand's products of these codes, locked."""
    rows = await tx.execute(_PRODUCTS, {"tenant": tx.tenant_id, "brand": brand, "codes": sorted(set(codes))})
    return {row.code: ProductKept._make(row) for row in rows}


async def write_products(
    tx: Transaction, brand: UUID, new: Sequence[ProductKept], other: Sequence[ProductKept]
) -> None:
    """Write a brand's products, new and changed. Raises: Collision for a code taken meanwhile."""
    names = {"ids": "id", "codes": "code", "names": "name", "descriptions": "description", "categories": "category_id"}
    if new:
        await _inserted(tx, _NEW_PRODUCTS.bindparams(brand=brand), _columns(new, **names))
    if other:
        await tx.execute(_OTHER_PRODUCTS, {"tenant": tx.tenant_id, **_columns(other, **names)})


# ── skus ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
class ProductOfSkus(NamedTuple):
    """A product whose skus are written: its category and those above it."""

    id: UUID
    line: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class SkuKept:
    """A sku as it is kept, with its packs and attributes; `attributes` by the attribute's code."""

    id: UUID
    brand_id: UUID
    product_id: UUID
    code: str
    name: str
    barcode: str | None
    base_unit: str
    min_qty: int
    step_qty: int
    shelf_life_days: int | None
    packs: frozenset[Pack]
    attributes: frozenset[AttributeGiven]


_CATEGORIES_OF_PRODUCTS = text("""
    SELECT c.id FROM category c
    WHERE c.tenant_id = :tenant AND c.id IN (
        SELECT p.category_id FROM product p
        WHERE p.tenant_id = :tenant AND p.brand_id = :brand AND p.code = any(CAST(:codes AS text[])))
    ORDER BY c.id FOR SHARE
""")
_PRODUCTS_OF_SKUS = text("""
    SELECT id, code, category_id FROM product
    WHERE tenant_id = :tenant AND brand_id = :brand AND code = any(CAST(:codes AS text[])) ORDER BY id FOR SHARE
""")
_LINES = text("""
    WITH RECURSIVE up (category_id, above_id) AS (
        SELECT c, c FROM unnest(CAST(:categories AS uuid[])) c
        UNION
        SELECT up.category_id, c.parent_id FROM up
        JOIN category c ON c.tenant_id = :tenant AND c.id = up.above_id WHERE c.parent_id IS NOT NULL)
    SELECT category_id, above_id FROM up
""")
_ATTRIBUTES = text("""
    SELECT code, id, kind, category_id FROM attribute
    WHERE tenant_id = :tenant AND code = any(CAST(:codes AS text[])) ORDER BY id FOR SHARE
""")
_SKUS = text("""
    SELECT s.id, p.brand_id, s.product_id, s.code, s.name, s.barcode, s.base_unit, s.min_qty, s.step_qty,
           s.shelf_life_days
    FROM sku s JOIN product p ON p.tenant_id = :tenant AND p.id = s.product_id
    WHERE s.tenant_id = :tenant AND s.code = any(CAST(:codes AS text[])) ORDER BY s.id FOR NO KEY UPDATE OF s
""")
_PACKS = text("""
    SELECT sku_id, code, units FROM pack_unit WHERE tenant_id = :tenant AND sku_id = any(CAST(:skus AS uuid[]))
""")
_VALUES = text("""
    SELECT v.sku_id, a.code, v.text_value, v.integer_value, v.boolean_value, v.date_value
    FROM sku_attribute v JOIN attribute a ON a.tenant_id = :tenant AND a.id = v.attribute_id
    WHERE v.tenant_id = :tenant AND v.sku_id = any(CAST(:skus AS uuid[]))
""")


async def products_of_skus(tx: Transaction, brand: UUID, codes: Iterable[str]) -> dict[str, ProductOfSkus]:
    """The brand's products of these codes; their names, and those of their categories, stay until the act ends."""
    values = {"tenant": tx.tenant_id, "brand": brand, "codes": sorted(set(codes))}
    await tx.execute(_CATEGORIES_OF_PRODUCTS, values)
    products = (await tx.execute(_PRODUCTS_OF_SKUS, values)).all()
    above: dict[UUID | None, set[UUID]] = {}
    categories = sorted({row.category_id for row in products if row.category_id is not None})
    for row in await tx.execute(_LINES, {"tenant": tx.tenant_id, "categories": categories}):
        above.setdefault(row.category_id, set()).add(row.above_id)
    return {row.code: ProductOfSkus(row.id, frozenset(above.get(row.category_id, ()))) for row in products}


async def attributes_named(tx: Transaction, codes: Iterable[str]) -> dict[str, AttributeKnown]:
    """The attributes of these codes; they stay as they are until the act ends."""
    rows = await tx.execute(_ATTRIBUTES, {"tenant": tx.tenant_id, "codes": sorted(set(codes))})
    return {row.code: AttributeKnown._make(row[1:]) for row in rows}


async def lock_skus(tx: Transaction, codes: Iterable[str]) -> dict[str, SkuKept]:
    """The skus of these item numbers, of any brand, locked, with their packs and attributes."""
    rows = (await tx.execute(_SKUS, {"tenant": tx.tenant_id, "codes": sorted(set(codes))})).all()
    values = {"tenant": tx.tenant_id, "skus": [row.id for row in rows]}
    packs: dict[UUID, set[Pack]] = {}
    for row in await tx.execute(_PACKS, values):
        packs.setdefault(row.sku_id, set()).add(Pack(row.code, row.units))
    attributes: dict[UUID, set[AttributeGiven]] = {}
    for row in await tx.execute(_VALUES, values):
        attributes.setdefault(row.sku_id, set()).add(AttributeGiven(*tuple(row)[1:]))
    return {
        row.code: SkuKept(
            row.id,
            row.brand_id,
            row.product_id,
            row.code,
            row.name,
            row.barcode,
            row.base_unit,
            row.min_qty,
            row.step_qty,
            row.shelf_life_days,
            frozenset(packs.get(row.id, ())),
            frozenset(attributes.get(row.id, ())),
        )
        for row in rows
    }


_NEW_SKUS = text("""
    INSERT INTO sku (tenant_id, id, product_id, code, name, barcode, base_unit, min_qty, step_qty, shelf_life_days)
    SELECT :tenant, s.*
    FROM unnest(CAST(:ids AS uuid[]), CAST(:products AS uuid[]), CAST(:codes AS text[]), CAST(:names AS text[]),
                CAST(:barcodes AS text[]), CAST(:units AS text[]), CAST(:least AS bigint[]), CAST(:steps AS bigint[]),
                CAST(:lives AS bigint[]))
         s (id, product_id, code, name, barcode, base_unit, min_qty, step_qty, shelf_life_days)
    ORDER BY s.code
    ON CONFLICT DO NOTHING
""")
_OTHER_SKUS = text("""
    UPDATE sku x SET product_id = s.product_id, name = s.name, barcode = s.barcode, min_qty = s.min_qty,
                     step_qty = s.step_qty, shelf_life_days = s.shelf_life_days
    FROM unnest(CAST(:ids AS uuid[]), CAST(:products AS uuid[]), CAST(:names AS text[]), CAST(:barcodes AS text[]),
                CAST(:least AS bigint[]), CAST(:steps AS bigint[]), CAST(:lives AS bigint[]))
         s (id, product_id, name, barcode, min_qty, step_qty, shelf_life_days)
    WHERE x.tenant_id = :tenant AND x.id = s.id
""")
_NO_LOTS = text("""
    INSERT INTO lot (tenant_id, sku_id, id, code) SELECT :tenant, s, :lot, :code FROM unnest(CAST(:skus AS uuid[])) s
""")
_NO_PACKS = text("DELETE FROM pack_unit WHERE tenant_id = :tenant AND sku_id = any(CAST(:skus AS uuid[]))")
_ADD_PACKS = text("""
    INSERT INTO pack_unit (tenant_id, sku_id, code, units)
    SELECT :tenant, p.* FROM unnest(CAST(:skus AS uuid[]), CAST(:codes AS text[]), CAST(:units AS bigint[])) p
""")
_NO_VALUES = text("DELETE FROM sku_attribute WHERE tenant_id = :tenant AND sku_id = any(CAST(:skus AS uuid[]))")
_ADD_VALUES = text("""
    INSERT INTO sku_attribute (tenant_id, sku_id, attribute_id, text_value, integer_value, boolean_value, date_value)
    SELECT :tenant, v.sku_id, a.id, v.text_value, v.integer_value, v.boolean_value, v.date_value
    FROM unnest(CAST(:skus AS uuid[]), CAST(:codes AS text[]), CAST(:texts AS text[]), CAST(:integers AS bigint[]),
                CAST(:booleans AS boolean[]), CAST(:dates AS date[]))
         v (sku_id, code, text_value, integer_value, boolean_value, date_value)
    JOIN attribute a ON a.tenant_id = :tenant AND a.code = v.code
""")


async def write_skus(tx: Transaction, new: Sequence[SkuKept], other: Sequence[SkuKept]) -> None:
    """Write skus, new and changed, with their packs, attributes, "no lot" and words.

    Raises: Collision for an item number taken meanwhile.
    """
    written = [*new, *other]
    if not written:
        return
    names = {"ids": "id", "products": "product_id", "names": "name", "barcodes": "barcode"}
    names |= {"least": "min_qty", "steps": "step_qty", "lives": "shelf_life_days"}
    tenant = {"tenant": tx.tenant_id}
    await _inserted(tx, _NEW_SKUS, _columns(new, **names, codes="code", units="base_unit"))
    await tx.execute(_OTHER_SKUS, tenant | _columns(other, **names))
    skus = tenant | {"skus": [sku.id for sku in new]}
    await tx.execute(_NO_LOTS, {**skus, "lot": NO_LOT_ID, "code": NO_LOT_CODE})
    skus = tenant | {"skus": [sku.id for sku in written]}
    packs = [(sku.id, pack.code, pack.units) for sku in written for pack in sku.packs]
    await tx.execute(_NO_PACKS, skus)
    await tx.execute(_ADD_PACKS, tenant | _turned(packs, "skus", "codes", "units"))
    values = [(sku.id, v.code, v.text, v.integer, v.boolean, v.date) for sku in written for v in sku.attributes]
    await tx.execute(_NO_VALUES, skus)
    columns = _turned(values, "skus", "codes", "texts", "integers", "booleans", "dates")
    await tx.execute(_ADD_VALUES, tenant | columns)
    await reword_skus(tx, [sku.id for sku in written])


def _turned(rows: Sequence[tuple[Any, ...]], *names: str) -> dict[str, list[Any]]:
    """Rows turned into columns."""
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
_TEXTS = """
    SELECT s.id, p.name AS product, s.name AS sku, s.code, s.barcode, b.name AS brand, c.name AS category
    FROM sku s JOIN product p ON p.tenant_id = :tenant AND p.id = s.product_id
    JOIN organization b ON b.tenant_id = :tenant AND b.id = p.brand_id
    LEFT JOIN category c ON c.tenant_id = :tenant AND c.id = p.category_id
    WHERE s.tenant_id = :tenant AND {} = any(CAST(:ids AS uuid[])) ORDER BY s.id LIMIT :most
"""
_OF_SKUS, _OF_PRODUCTS, _OF_CATEGORIES = (text(_TEXTS.format(key)) for key in ("s.id", "p.id", "c.id"))
_REWORD = text("""
    INSERT INTO sku_search (tenant_id, sku_id, tokens)
    SELECT :tenant, w.sku_id, string_to_array(w.words, ' ')
    FROM unnest(CAST(:skus AS uuid[]), CAST(:words AS text[])) w (sku_id, words)
    ON CONFLICT (tenant_id, sku_id) DO UPDATE SET tokens = excluded.tokens
""")
"""An array for each row cannot be unnested from an array of arrays: they come as texts. No token holds a blank."""


async def reword_skus(tx: Transaction, skus: Sequence[UUID]) -> None:
    """Write anew what these skus are found by."""
    await _reword(tx, _OF_SKUS, skus)


async def reword_products(tx: Transaction, products: Sequence[UUID]) -> None:
    """Write anew what the skus of these products are found by. Raises: InvalidInput for too many."""
    await _reword(tx, _OF_PRODUCTS, products)


async def reword_categories(tx: Transaction, categories: Sequence[UUID]) -> None:
    """Write anew what the skus of these categories are found by. Raises: InvalidInput for too many."""
    await _reword(tx, _OF_CATEGORIES, categories)


async def _reword(tx: Transaction, statement: TextClause, ids: Sequence[UUID]) -> None:
    if not ids:
        return
    rows = (await tx.execute(statement, {"tenant": tx.tenant_id, "ids": list(ids), "most": MAX_REWORDED + 1})).all()
    if len(rows) > MAX_REWORDED:
        told = f"At most {MAX_REWORDED} skus can be renamed at once: send fewer rows."
        raise InvalidInput([Problem(("input", "rows"), told)])
    words = [" ".join(tokens(tx.tenant_id, Goods._make(row[1:]))) for row in rows]
    await tx.execute(_REWORD, {"tenant": tx.tenant_id, "skus": [row.id for row in rows], "words": words})
