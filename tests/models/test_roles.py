"""The wall between two tenants, tried with raw SQL by each role that PostgreSQL knows of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest
from sqlalchemy import text

from models import Base
from models.database import Database, Login, UnsafeRole
from models.reading import Read, Row
from models.session import set_tenant
from models.wall import APP_ROLE, DUE_TABLES, SHARED_TABLES, WORKER_ROLE
from tests.given import pool_of
from tests.models.test_catalogue import as_superuser

EAST, WEST = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OWN_TABLES = sorted(table for table in Base.metadata.tables if table not in SHARED_TABLES)


def person(tenant: UUID) -> UUID:
    return uuid5(tenant, "account")


async def fill(dsn: str) -> None:
    """An account, a shop and a hold that is due, in each of the two tenants."""
    connection = await asyncpg.connect(dsn)
    for tenant, code in ((EAST, "east"), (WEST, "west")):
        shop = uuid5(tenant, "shop")
        async with connection.transaction():
            await connection.execute("INSERT INTO tenant (id, code, name) VALUES ($1, $2, $2)", tenant, code)
            await connection.execute(set_tenant(tenant))
            await connection.execute("INSERT INTO account VALUES ($1, $2, 'mei', 'Mei')", tenant, person(tenant))
            await connection.execute(
                "INSERT INTO organization (tenant_id, id, tier, code, name) VALUES ($1, $2, 'STORE', '7', $3)",
                tenant,
                shop,
                code,
            )
            await connection.execute(
                "INSERT INTO cloud_store (tenant_id, id, organization_id, mode, name, opened_at)"
                " VALUES ($1, $2, $2, 'O2O', $3, $4)",
                tenant,
                shop,
                code,
                NOON,
            )
            await connection.execute(
                "INSERT INTO reservation (tenant_id, id, cloud_store_id, created_at, expires_at, due_at)"
                " VALUES ($1, $2, $2, $3, $4, $4)",
                tenant,
                shop,
                NOON,
                NOON + timedelta(minutes=15),
            )
    await connection.close()


@asynccontextmanager
async def logged_in(dsn: str, role: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(dsn, server_settings={"role": role})
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def two_tenants(owner_dsn: str) -> str:
    await fill(owner_dsn)
    return owner_dsn


@asynccontextmanager
async def inside(connection: Any, tenant: UUID) -> AsyncIterator[None]:
    """A transaction of the tenant that is undone, whatever it did."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(set_tenant(tenant))
    try:
        yield
    finally:
        await transaction.rollback()


async def test_a_tenant_reads_its_own_rows_only(two_tenants: str) -> None:
    async with logged_in(two_tenants, APP_ROLE) as connection:
        for tenant, other in ((EAST, WEST), (WEST, EAST)):
            async with inside(connection, tenant):
                for table in ("account", "organization", "cloud_store", "reservation"):
                    rows = await connection.fetch(f"TABLE {table}")
                    assert [row["tenant_id"] for row in rows] == [tenant]
                assert await connection.fetch("SELECT FROM account WHERE tenant_id = $1", other) == []
                assert await connection.fetchval("SELECT count(*) FROM account WHERE id = $1", person(other)) == 0


async def test_a_tenant_changes_nothing_across_the_wall(two_tenants: str) -> None:
    async with logged_in(two_tenants, APP_ROLE) as connection:
        async with inside(connection, EAST):
            assert await connection.execute("UPDATE account SET phone = '+15155550100'") == "UPDATE 1"
            assert (
                await connection.execute("UPDATE account SET phone = '+15155550100' WHERE tenant_id = $1", WEST)
                == "UPDATE 0"
            )
            assert await connection.execute("DELETE FROM account WHERE tenant_id = $1", WEST) == "DELETE 0"
            assert await connection.execute("DELETE FROM account") == "DELETE 1"
            assert await connection.execute("UPDATE reservation SET state = 'RELEASED', due_at = NULL") == "UPDATE 1"
        async with inside(connection, EAST):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await connection.execute("INSERT INTO account VALUES ($1, $2, 'li', 'Li')", WEST, UUID(int=9))
        async with inside(connection, EAST):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await connection.execute("UPDATE account SET tenant_id = $1", WEST)
        async with inside(connection, WEST):
            assert await connection.fetch("SELECT phone FROM account") == [(None,)]
            assert await connection.fetch("SELECT state FROM reservation") == [("HELD",)]


async def test_a_key_cannot_point_across_the_wall(two_tenants: str) -> None:
    job = "INSERT INTO staff (tenant_id, id, account_id, organization_id, role) VALUES ($1, $1, $2, $3, 'CLERK')"
    async with logged_in(two_tenants, APP_ROLE) as connection:
        async with inside(connection, EAST):
            assert await connection.execute(job, EAST, person(EAST), uuid5(EAST, "shop")) == "INSERT 0 1"
        async with inside(connection, EAST):
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                await connection.execute(job, EAST, person(WEST), uuid5(EAST, "shop"))


@pytest.mark.parametrize("setting", [None, ""])
async def test_without_a_tenant_there_is_no_row(setting: str | None, two_tenants: str) -> None:
    async with logged_in(two_tenants, APP_ROLE) as connection:
        if setting is not None:
            await connection.execute(f"SET app.tenant_id = '{setting}'")
        rows = {table: await connection.fetch(f'TABLE "{table}"') for table in OWN_TABLES}
        assert rows == {table: [] for table in OWN_TABLES}
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute("INSERT INTO account VALUES ($1, $2, 'li', 'Li')", EAST, UUID(int=9))


async def test_the_owner_is_held_by_the_wall_too(two_tenants: str) -> None:
    connection = await asyncpg.connect(two_tenants)
    assert await connection.fetchval("SELECT count(*) FROM account") == 0
    async with inside(connection, WEST):
        assert await connection.fetchval("SELECT count(*) FROM account") == 1
    await connection.close()


async def test_the_app_only_reads_what_all_tenants_share_and_takes_no_goods_away(two_tenants: str) -> None:
    refused = [
        "INSERT INTO tenant (id, code, name) VALUES (gen_random_uuid(), 'north', 'North')",
        "UPDATE tenant SET name = 'mine'",
        "DELETE FROM tenant_host",
        "INSERT INTO region (code, name) VALUES ('1', 'one')",
        "UPDATE stock_movement SET on_hand = 1",
        "DELETE FROM stock_movement",
        "UPDATE reservation_line SET quantity = 1",
        "DELETE FROM reservation_line",
        "DELETE FROM reservation",
        "DELETE FROM stock",
        "DELETE FROM pool_contribution_sku",
        "TRUNCATE account",
        "CREATE TABLE note (id uuid)",
        "ALTER TABLE account DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON account",
        "UPDATE alembic_version SET version_num = '0'",
    ]
    async with logged_in(two_tenants, APP_ROLE) as connection:
        assert await connection.fetchval("SELECT count(*) FROM tenant") == 2
        for statement in refused:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


class OwnRow(Row):
    """Whose account it is."""

    tenant_id: UUID


async def accounts_seen_outside(database: Database) -> tuple[int, str]:
    taken = await database.checkout()
    count = await taken.driver.fetchval("SELECT count(*) FROM account")
    left = await taken.driver.fetchval("SELECT current_setting('app.tenant_id', true)")
    taken.give_back()
    return count, left or ""


async def test_a_pooled_connection_forgets_the_tenant(two_tenants: str) -> None:
    database = pool_of(Login(two_tenants, APP_ROLE))
    async with database.transaction(EAST) as session:
        assert (await session.execute(text("SELECT tenant_id FROM account"))).scalars().all() == [EAST]
    assert await accounts_seen_outside(database) == (0, "")

    async def fail() -> None:
        async with database.transaction(EAST) as session:
            await session.execute(text("UPDATE account SET phone = '+15155550100'"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await accounts_seen_outside(database) == (0, "")
    async with database.transaction(WEST) as session:
        assert (await session.execute(text("SELECT tenant_id FROM account"))).scalars().all() == [WEST]
    async with database.transaction(EAST) as session:
        assert await session.scalar(text("SELECT phone FROM account")) is None
    await database.close()


async def test_a_read_session_leaves_no_tenant_behind(two_tenants: str) -> None:
    everyone = Read(OwnRow, "SELECT tenant_id FROM account", ())
    database = pool_of(Login(two_tenants, APP_ROLE))
    for tenant in (EAST, WEST):
        session = database.read(tenant)
        assert [row.tenant_id for row in await session.fetch(everyone)] == [tenant]
        await session.close()
        assert await accounts_seen_outside(database) == (0, "")
    await database.close()


async def test_the_worker_sees_what_is_due_everywhere_and_nothing_more(two_tenants: str) -> None:
    async with logged_in(two_tenants, WORKER_ROLE) as connection:
        rows = await connection.fetch("SELECT tenant_id, id, due_at FROM reservation ORDER BY tenant_id")
        due = NOON + timedelta(minutes=15)
        assert [tuple(row) for row in rows] == [(tenant, uuid5(tenant, "shop"), due) for tenant in (EAST, WEST)]
        refused = [
            "SELECT * FROM reservation",
            "SELECT state FROM reservation",
            "SELECT count(*) FROM reservation WHERE cloud_store_id IS NOT NULL",
            "UPDATE reservation SET due_at = NULL",
            "DELETE FROM reservation",
            *(f'SELECT FROM "{table}"' for table in Base.metadata.tables if table not in DUE_TABLES),
        ]
        for statement in refused:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


@pytest.mark.parametrize(
    ("role", "why"),
    [
        ("owner", "has the rights of the owner of the tables"),
        ("superuser", "is a superuser"),
        (APP_ROLE, None),
        (WORKER_ROLE, None),
    ],
)
async def test_the_server_refuses_a_role_that_sees_through_the_wall(role: str, why: str | None, owner_dsn: str) -> None:
    logins = {"owner": Login(owner_dsn), "superuser": Login(as_superuser(owner_dsn))}
    database = pool_of(logins.get(role) or Login(owner_dsn, role))
    if why is None:
        await database.check_role()
    else:
        with pytest.raises(UnsafeRole, match=why):
            await database.check_role()
    await database.close()
