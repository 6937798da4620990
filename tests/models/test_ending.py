"""How a read session ends: whoever is cancelled, no statement is left at work and no connection is lost."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from models.database import Database, Login
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.here import HERE, TENANT_ROW, fill
from tests.models.test_reading import ENDLESS, ONE, SLOW, number, value


@pytest.fixture
async def database(owner_dsn: str) -> AsyncIterator[Database]:
    """A pool of a single connection: what is not given back is missed at once."""
    await fill(owner_dsn, TENANT_ROW)
    pool = pool_of(Login(owner_dsn, APP_ROLE))
    yield pool
    assert pool.connections()["busy"] == 0
    await pool.close()


async def test_cancelling_a_query_stops_it_and_gives_the_connection_back(database: Database) -> None:
    session = database.read(HERE)
    asking = asyncio.ensure_future(session.fetch(ENDLESS))
    await asyncio.sleep(0.1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await session.close()
    assert await value(database, ONE) == 1


async def test_cancelling_one_who_waits_leaves_the_others(database: Database) -> None:
    session = database.read(HERE)
    first, second, third = (asyncio.ensure_future(session.fetch(one)) for one in (SLOW, ONE, number("3")))
    await asyncio.sleep(0.05)
    second.cancel()
    assert [row.n for row in await first + await third] == [7, 3]
    assert session.statements == 2
    await session.close()


async def test_closing_waits_for_the_statement_at_work(database: Database) -> None:
    session = database.read(HERE)
    asking = asyncio.ensure_future(session.fetch(SLOW))
    await asyncio.sleep(0.05)
    closing = asyncio.ensure_future(session.close())
    late = asyncio.ensure_future(session.fetch(ONE))
    assert [row.n for row in await asking] == [7]
    with pytest.raises(RuntimeError, match="closed"):
        await late
    await closing
    assert await value(database, ONE) == 1


@pytest.mark.parametrize("closes", [True, False])
async def test_a_cancelled_request_cuts_off_the_statement_at_work(database: Database, closes: bool) -> None:
    """Another task has asked for it: the request is cancelled while it closes, or before it does."""
    session = database.read(HERE)
    asking = asyncio.ensure_future(session.fetch(ENDLESS))
    await asyncio.sleep(0.05)

    async def request() -> None:
        try:
            if not closes:
                await asyncio.shield(asking)
        finally:
            await session.close()

    working = asyncio.ensure_future(request())
    await asyncio.sleep(0.05)
    working.cancel()
    for cut in (working, asking):
        with pytest.raises(asyncio.CancelledError):
            await cut
    assert await value(database, ONE) == 1
