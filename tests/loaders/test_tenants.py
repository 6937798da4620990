"""The directory of tenants on a real database: who is found under which name, and a tenant that cannot be served."""

import logging
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from loaders.tenants import TenantEntry, Tenants
from models.database import Login
from models.wall import APP_ROLE
from tests.given import pool_of

EAST, NOWHERE, FOLDER, BEYOND = (UUID(int=number) for number in range(1, 5))


async def test_a_tenant_without_a_real_time_zone_is_left_out_and_named(
    owner_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute(
        "INSERT INTO tenant (id, code, name, time_zone) VALUES"
        " ($1, 'east', 'East', 'Asia/Tokyo'), ($2, 'nowhere', 'N', 'Mars/Olympus'), ($3, 'folder', 'F', 'Asia'),"
        " ($4, 'beyond', 'B', '../Asia')",
        *(EAST, NOWHERE, FOLDER, BEYOND),
    )
    await connection.execute("INSERT INTO tenant_host VALUES ('nowhere.example', $1)", NOWHERE)
    await connection.close()
    database = pool_of(Login(owner_dsn, APP_ROLE))
    tenants = Tenants(database, clock=lambda: 0.0)
    east = TenantEntry(EAST, "east", ZoneInfo("Asia/Tokyo"))
    with caplog.at_level(logging.ERROR):
        assert await tenants.by_code("east") == east
        assert [await tenants.by_id(key) for key in (EAST, NOWHERE, FOLDER, BEYOND)] == [east, None, None, None]
    assert await tenants.by_host("nowhere.example") is None
    assert [record.getMessage() for record in caplog.records] == [
        "tenant beyond is not served: '../Asia' is not a time zone",
        "tenant folder is not served: 'Asia' is not a time zone",
        "tenant nowhere is not served: 'Mars/Olympus' is not a time zone",
    ]
    await database.close()
