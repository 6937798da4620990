"""Transactions of the tests' own tenant, and its two organisations and one member."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from models.database import Database, connected
from models.writing import Actor, Transaction
from tests.loaders.rows import Tables, add, insert
from tests.models.here import HERE

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
STORE, BRAND, MEMBER, ACCOUNT = (UUID(int=n) for n in (11, 12, 13, 14))
CLERK = Actor("STORE_CLERK", "account:1", STORE)
MANAGER = Actor("STORE_MANAGER", "account:2", STORE)
ROWS: Tables = {
    "organization (tenant_id, id, tier, code, name)": [(STORE, "STORE", "s", "x"), (BRAND, "BRAND", "b", "x")],
    "account (tenant_id, id, subject, display_name)": [(ACCOUNT, "member", "x")],
    "customer (tenant_id, id, account_id, joined_at)": [(MEMBER, ACCOUNT, NOON)],
}


async def filled(dsn: str, more: Tables | None = None) -> None:
    """The tenant with a store, a brand and a member, and more."""
    async with connected(dsn) as connection:
        await insert(connection, HERE, {**ROWS, **(more or {})})


async def added(dsn: str, tables: Tables) -> None:
    """More rows of it."""
    async with connected(dsn) as connection:
        await add(connection, HERE, tables)


@asynccontextmanager
async def acting(database: Database, actor: Actor = CLERK, hours: float = 0) -> AsyncIterator[Transaction]:
    """A transaction at noon, or so many hours later."""
    async with database.transaction(HERE) as session:
        yield Transaction(session, HERE, actor, NOON + timedelta(hours=hours))


async def column(database: Database, query: str, *values: Any) -> list[Any]:
    """The first column of a query, as the app sees it."""
    taken = await database.checkout()
    try:
        await taken.driver.execute("BEGIN")
        await taken.driver.execute(f"SET LOCAL app.tenant_id = '{HERE}'")
        rows = await taken.driver.fetch(query, *values)
    finally:
        await taken.driver.execute("ROLLBACK")
        taken.give_back()
    return [row[0] for row in rows]
