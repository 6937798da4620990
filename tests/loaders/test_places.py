"""The lists of places on a real connection: cut at their limit, in order, each under its own parent."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from domain.access import NOBODY
from loaders.base import LIST_LIMIT, Reading
from loaders.channel.place import TerritoriesOf
from models.database import Login
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.here import HERE, TENANT_ROW, fill

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OWNER, NEIGHBOUR, NOBODYS = UUID(int=2), UUID(int=3), UUID(int=4)
CODES = [f"{number:03}" for number in range(LIST_LIMIT + 5)]


@pytest.fixture
async def reading(owner_dsn: str) -> AsyncIterator[Reading]:
    """A territory of more regions than a list has, one of two, and one of none."""
    organization = "INSERT INTO organization (tenant_id, id, tier, code, name) VALUES ($1, $2, 'DISTRIBUTOR', $3, $3)"
    territory = "INSERT INTO territory (tenant_id, id, organization_id, name) VALUES ($1, $2, $3, $4)"
    held = "INSERT INTO territory_region (tenant_id, territory_id, region_code) SELECT $1, $2, unnest($3::text[])"
    await fill(
        owner_dsn,
        TENANT_ROW,
        ("INSERT INTO region (code, name) SELECT code, code FROM unnest($1::text[]) code", CODES),
        *((organization, HERE, id, id.hex) for id in (OWNER, NEIGHBOUR, NOBODYS)),
        (territory, HERE, UUID(int=11), OWNER, "wide"),
        (territory, HERE, UUID(int=12), OWNER, "empty"),
        (territory, HERE, UUID(int=13), NEIGHBOUR, "small"),
        (held, HERE, UUID(int=11), CODES[::-1]),
        (held, HERE, UUID(int=13), ["104", "007"]),
    )
    database = pool_of(Login(owner_dsn, APP_ROLE))
    session = database.read(HERE)
    yield Reading(session, NOON, NOON.date(), NOBODY)
    await session.close()
    await database.close()


async def test_a_territory_gives_its_first_regions_by_code(reading: Reading) -> None:
    found = await reading.load(TerritoriesOf).many([NEIGHBOUR, OWNER, NOBODYS])
    assert [[(row.name, row.region_codes) for row in rows] for rows in found] == [
        [("small", ["007", "104"])],
        [("empty", []), ("wide", CODES[:LIST_LIMIT])],
        [],
    ]


ORGANIZATION = "INSERT INTO organization (tenant_id, id, tier, code, name) VALUES ($1, $2, 'STORE', '1', 'x')"
LOCATION = (
    "INSERT INTO location (tenant_id, id, organization_id, kind, code, name, latitude_e7, longitude_e7)"
    " VALUES ($1, $2, $2, 'SHOP', '1', 'x', $3, $4)"
)
CLOUD_STORE = (
    "INSERT INTO cloud_store (tenant_id, id, organization_id, mode, name, opened_at, closed_at)"
    " VALUES ($1, $2, $2, 'O2O', 'x', $3, $4)"
)


@pytest.mark.parametrize(
    ("statement", "good", "wrong"),
    [
        (LOCATION, (900_000_000, -1_800_000_000), (900_000_001, 0)),
        (LOCATION, (-900_000_000, 1_800_000_000), (0, 1_800_000_001)),
        (CLOUD_STORE, (NOON, NOON + timedelta(microseconds=1)), (NOON, NOON)),
    ],
)
async def test_a_place_that_cannot_be_is_not_kept(
    owner_dsn: str, statement: str, good: tuple[Any, Any], wrong: tuple[Any, Any]
) -> None:
    """Beyond the poles or the date line; closed before it has opened."""
    await fill(owner_dsn, TENANT_ROW, (ORGANIZATION, HERE, OWNER))
    with pytest.raises(asyncpg.CheckViolationError):
        await fill(owner_dsn, (statement, HERE, OWNER, *wrong))
    await fill(owner_dsn, (statement, HERE, OWNER, *good))
