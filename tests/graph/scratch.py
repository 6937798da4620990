"""The demo's rows beside the graph: read as they are, or changed for one test by a writer that puts everything back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

import boot
from models.session import set_tenant
from tests.conftest import TenantFacts
from tests.graph.documents import Ids


@asynccontextmanager
async def changed(
    access: boot.Access, tenant: TenantFacts, do: list[tuple[str, list[Any]]], undo: list[tuple[str, list[Any]]]
) -> AsyncIterator[None]:
    """Within it the statements of `do` are committed, under row security; then `undo` puts things back."""
    await _run(access, tenant, do)
    try:
        yield
    finally:
        await _run(access, tenant, undo)


DRESSED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("UPDATE cloud_store SET banner_text = 'Welcome' WHERE tenant_id = $1 AND id = $2", ("mall",)),
    (
        "INSERT INTO cloud_store_section (tenant_id, cloud_store_id, position, title, sku_ids, category_ids)"
        " VALUES ($1, $2, 0, 'First', ARRAY[$3::uuid], ARRAY[$4::uuid]) ON CONFLICT DO NOTHING",
        ("mall", "sku", "category"),
    ),
    (
        "INSERT INTO sourcing_policy (tenant_id, cloud_store_id, criteria, max_packages)"
        " VALUES ($1, $2, '{OWN_FIRST,MIN_SPLIT}', 3) ON CONFLICT DO NOTHING",
        ("mall",),
    ),
    (
        "INSERT INTO supply_offer (tenant_id, downstream_id, upstream_id, offered_by_id, offered_at)"
        " SELECT $1, $2, min(id::text)::uuid, $2, now() FROM organization WHERE tier = 'DISTRIBUTOR' AND id <> $3"
        " ON CONFLICT DO NOTHING",
        ("store", "distributor"),
    ),
    (
        "INSERT INTO store_application (tenant_id, organization_id, upstream_id, account_id, applied_at)"
        " SELECT $1, $2, $3, account_id, now() FROM staff WHERE organization_id = $2 LIMIT 1 ON CONFLICT DO NOTHING",
        ("store", "distributor"),
    ),
)
"""What acts alone make, and the demo does not have: a front page, a sourcing policy, supply on offer, a store that
applied.
"""


async def dressed(access: boot.Access, ids: Ids) -> None:
    """Write that into a tenant of the demo, if it is not there."""
    key = ids.keys.of
    named = {
        "mall": key("cloud_store", "STORE", 2191),
        "sku": key("sku", 43337),
        "category": key("category", 1062310),
        "store": key("organization", "STORE", 2191),
        "distributor": key("organization", "DISTRIBUTOR", 56),
    }
    connection = await asyncpg.connect(access.owner)
    try:
        async with connection.transaction():
            await connection.execute(set_tenant(ids.keys.tenant_id))
            for text, names in DRESSED:
                await connection.execute(text, ids.keys.tenant_id, *(named[name] for name in names))
    finally:
        await connection.close()


async def rows_of(access: boot.Access, tenant: TenantFacts, text: str, *values: Any) -> list[Any]:
    """Rows, read as the owner of the tables."""
    connection = await asyncpg.connect(access.owner)
    try:
        async with connection.transaction(readonly=True):
            await connection.execute(set_tenant(tenant.id))
            found: list[Any] = await connection.fetch(text, tenant.id, *values)
            return found
    finally:
        await connection.close()


async def _run(access: boot.Access, tenant: TenantFacts, statements: list[tuple[str, list[Any]]]) -> None:
    connection = await asyncpg.connect(access.owner)
    try:
        async with connection.transaction():
            await connection.execute(set_tenant(tenant.id))
            for text, values in statements:
                done = await connection.execute(text, tenant.id, *values)
                assert not done.endswith(" 0"), f"nothing was changed by {text}"
    finally:
        await connection.close()
