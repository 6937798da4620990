"""One product, and a list of a hundred."""

from typing import Any
from uuid import UUID

from tests.bench.floor.ground import Asking

PRODUCT = "SELECT id, code, name FROM product WHERE tenant_id = $1 AND id = $2"

PRODUCTS = """
SELECT p.id, p.code, p.name, p.description, b.id, b.name, c.id, c.name
FROM (SELECT * FROM product WHERE tenant_id = $1 ORDER BY code, id LIMIT 100) p
JOIN organization b ON b.tenant_id = $1 AND b.id = p.brand_id
LEFT JOIN category c ON c.tenant_id = $1 AND c.id = p.category_id
ORDER BY p.code, p.id
"""


def key(of: str) -> UUID:
    """The key in a global id."""
    return UUID(hex=of[-32:])


async def product(asking: Asking, variables: dict[str, Any]) -> dict[str, Any]:
    """Q2."""
    rows = await asking.fetch(PRODUCT, asking.tenant, key(variables["id"]))
    found = None
    for id_, code, name in rows:
        found = {"id": "product_" + id_.hex, "code": code, "name": name}
    return {"product": found}


async def products(asking: Asking, _variables: dict[str, Any]) -> dict[str, Any]:
    """Q3."""
    nodes = [
        {
            "id": "product_" + id_.hex,
            "code": code,
            "name": name,
            "description": description,
            "brand": {"id": "brand_" + brand.hex, "name": brand_name},
            "category": None if category is None else {"id": "category_" + category.hex, "name": category_name},
        }
        for id_, code, name, description, brand, brand_name, category, category_name in await asking.fetch(
            PRODUCTS, asking.tenant
        )
    ]
    return {"products": {"nodes": nodes}}
