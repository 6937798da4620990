"""A shop that buys in two counties has two suppliers, one of them primary, and sells what either lets it sell."""

import csv
import io
from pathlib import Path

import asyncpg

from demo.iowa.writing import demo_of
from integrations.keys import Keys
from integrations.tenant import NewTenant
from integrations.wholesale.importing import import_file
from models.session import set_tenant
from tests.conftest import NOW, TODAY
from tests.flows.imports import sample

SHOP = "2205"
UNAUTHORISED = """
SELECT count(*) FROM listing l JOIN cloud_store s ON s.tenant_id = l.tenant_id AND s.id = l.cloud_store_id
WHERE l.tenant_id = $1 AND s.organization_id = $2 AND NOT EXISTS (
    SELECT FROM "authorization" g
    JOIN assortment_sku k ON k.tenant_id = g.tenant_id AND k.assortment_id = g.assortment_id
    WHERE g.tenant_id = l.tenant_id AND g.grantee_id = s.organization_id AND k.sku_id = l.sku_id)
"""
UPSTREAMS = """
SELECT o.code, e.is_primary FROM organization_edge e
JOIN organization o ON o.tenant_id = e.tenant_id AND o.id = e.upstream_id
WHERE e.tenant_id = $1 AND e.downstream_id = $2 ORDER BY o.code
"""


def two_counties(target: Path) -> Path:
    """The lines of two counties; one shop of the second buys every other line in the first."""
    header, *rows = sample()
    county, name, store = (header.index(column) for column in ("County Number", "County", "Store Number"))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(header)
    turn = 0
    for row in rows:
        if row[county] not in {"56.0", "73.0"}:
            continue
        line = list(row)
        if line[store] == SHOP:
            turn += 1
            if turn % 2 == 0:
                line[county], line[name] = "56.0", "Lee"
        writer.writerow(line)
    target.write_text(out.getvalue())
    return target


async def test_a_shop_of_two_suppliers_sells_within_its_grants(owner_dsn: str, tmp_path: Path) -> None:
    tenant = NewTenant("two", "Two counties", "USD", "America/Chicago")
    await import_file(owner_dsn, two_counties(tmp_path / "two.csv"), tenant, extend=demo_of(TODAY), now=NOW)
    keys = Keys("two")
    shop = keys.of("organization", "STORE", SHOP)
    connection = await asyncpg.connect(owner_dsn)
    try:
        async with connection.transaction(readonly=True):
            await connection.execute(set_tenant(keys.tenant_id))
            upstreams = await connection.fetch(UPSTREAMS, keys.tenant_id, shop)
            listed = await connection.fetchval("SELECT count(*) FROM listing WHERE tenant_id = $1", keys.tenant_id)
            outside = await connection.fetchval(UNAUTHORISED, keys.tenant_id, shop)
    finally:
        await connection.close()
    assert [row["code"] for row in upstreams] == ["56", "73"]
    assert sum(row["is_primary"] for row in upstreams) == 1
    assert listed > 1000
    assert outside == 0
