"""The demo's rows beside the graph: read as they are, or changed for one test by a writer that puts everything back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

import boot
from models.reading import set_tenant
from tests.conftest import TenantFacts


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
