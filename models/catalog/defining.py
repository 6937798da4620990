"""Writing the attributes of goods: found by code, compared, then written.

Attributes are locked after categories and before products: saving skus holds those that it gives values of.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from models.writing import Collision, Transaction


class AttributeKept(NamedTuple):
    """An attribute as it is kept."""

    id: UUID
    code: str
    name: str
    kind: str
    unit: str | None
    category_id: UUID | None


_COUNT = text("SELECT count(*) FROM attribute WHERE tenant_id = :tenant")
_LOCK = text("""
    SELECT id, code, name, kind, unit, category_id FROM attribute
    WHERE tenant_id = :tenant AND code = any(CAST(:codes AS text[])) ORDER BY id FOR NO KEY UPDATE
""")
_USED = text("""
    SELECT a AS id FROM unnest(CAST(:ids AS uuid[])) a
    WHERE EXISTS (SELECT FROM sku_attribute v WHERE v.tenant_id = :tenant AND v.attribute_id = a)
""")
_NEW = text("""
    INSERT INTO attribute (tenant_id, id, code, name, kind, unit, category_id)
    SELECT :tenant, a.*
    FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:kinds AS text[]),
                CAST(:units AS text[]), CAST(:categories AS uuid[])) a
    ON CONFLICT DO NOTHING
""")
_OTHER = text("""
    UPDATE attribute x SET name = a.name, kind = a.kind, unit = a.unit, category_id = a.category_id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:kinds AS text[]),
                CAST(:units AS text[]), CAST(:categories AS uuid[])) a (id, code, name, kind, unit, category_id)
    WHERE x.tenant_id = :tenant AND x.id = a.id
""")


async def count_attributes(tx: Transaction) -> int:
    """How many attributes the tenant has."""
    return int(await tx.scalar(_COUNT, {"tenant": tx.tenant_id}))


async def lock_attributes(tx: Transaction, codes: Iterable[str]) -> dict[str, AttributeKept]:
    """The attributes of these codes, locked until the act ends."""
    rows = await tx.execute(_LOCK, {"tenant": tx.tenant_id, "codes": sorted(set(codes))})
    return {row.code: AttributeKept._make(row) for row in rows}


async def attributes_used(tx: Transaction, attributes: Iterable[UUID]) -> set[UUID]:
    """Those of which a sku has a value. This act has locked them: nobody gives another value of them meanwhile."""
    rows = await tx.execute(_USED, {"tenant": tx.tenant_id, "ids": sorted(set(attributes))})
    return {row.id for row in rows}


async def write_attributes(tx: Transaction, new: Sequence[AttributeKept], other: Sequence[AttributeKept]) -> None:
    """Write attributes, new and changed. Raises: Collision for a code taken meanwhile."""
    if new and await tx.count(_NEW, _values(tx, new)) != len(new):
        raise Collision("a code was taken meanwhile")
    if other:
        await tx.execute(_OTHER, _values(tx, other))


def _values(tx: Transaction, rows: Sequence[AttributeKept]) -> dict[str, Any]:
    names = ("ids", "codes", "names", "kinds", "units", "categories")
    return {
        "tenant": tx.tenant_id,
        **{name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)},
    }
