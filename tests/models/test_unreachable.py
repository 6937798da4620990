"""A database that does not answer is a coded fault, not a bug; the pool recovers with it."""

import asyncio
import struct
from threading import Thread
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Text, cast, func, literal_column, select, text

import models.database
from boot import Access
from domain.base import Unavailable
from models.database import BEGINNINGS, Login, connected
from models.failing import failure
from models.lending import Lender, PooledConnection
from models.reading import Row, read
from tests.given import pool_of


class OneRow(Row):
    one: str


ONE = read(OneRow, select(literal_column("'1'", Text()).label("one")))
PID = read(OneRow, select(cast(func.pg_backend_pid(), Text()).label("one")))
NOWHERE = UUID(int=1)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = pool_of(Login("postgresql://nobody@127.0.0.1:1/none"))
    session = database.read(NOWHERE)
    with pytest.raises(Unavailable) as refused:
        await session.fetch(ONE)
    assert refused.value.code == "UNAVAILABLE"
    assert "127.0.0.1" not in refused.value.message
    await session.close()
    await database.close()


GOODBYES = [
    *(asyncpg.InternalClientError("x"), asyncpg.ConnectionDoesNotExistError("x")),
    *(asyncpg.AdminShutdownError("x"), asyncpg.CrashShutdownError("x"), asyncpg.CannotConnectNowError("x")),
]


@pytest.mark.parametrize("goodbye", GOODBYES)
async def test_a_server_that_says_goodbye_is_unavailable(goodbye: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one connects, and in answer to a statement, the connection being open as far as anybody knows."""
    database = pool_of(Login("postgresql://nobody@127.0.0.1:1/none"))

    async def lend(*_: object) -> PooledConnection:
        raise goodbye

    monkeypatch.setattr(Lender, "lend", lend)
    with pytest.raises(Unavailable):
        await database.begun("")
    await database.close()
    still_open: Any = SimpleNamespace(is_closed=lambda: False)
    assert type(failure(still_open, goodbye)) is Unavailable


async def recovering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What a server answers that is not ready yet. Source: PostgreSQL documentation, Frontend/Backend Protocol."""
    if await reader.readexactly(8) == struct.pack("!II", 8, 80_877_103):  # may it be encrypted? No
        writer.write(b"N")
        await reader.readexactly(8)
    fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is in recovery mode\0\0"
    writer.write(b"E" + struct.pack("!I", 4 + len(fields)) + fields)
    await writer.drain()
    writer.close()


async def test_a_server_that_recovers_is_unavailable() -> None:
    async with await asyncio.start_server(recovering, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        database = pool_of(Login(f"postgresql://nobody@127.0.0.1:{port}/none"))
        session = database.read(NOWHERE)
        with pytest.raises(Unavailable):
            await session.fetch(ONE)
        await session.close()
        with pytest.raises(Unavailable):
            async with database.transaction(NOWHERE):
                pass
        await database.close()


def end(dsn: str, pid: int) -> None:
    """End another's session, and come back when it has ended; the loop of this thread sees nothing meanwhile."""

    async def ending() -> None:
        async with connected(dsn) as other:
            assert await other.fetchval(f"SELECT pg_terminate_backend({pid}, 10000)")

    thread = Thread(target=asyncio.run, args=[ending()])
    thread.start()
    thread.join()


@pytest.mark.parametrize("looks", range(5))
async def test_a_server_that_says_goodbye_is_unavailable_at_every_moment(access: Access, looks: int) -> None:
    """Its last word is read before the end of the connection: what is asked in between fails in its own way."""
    database = pool_of(access.app, 2)

    async def written() -> None:
        async with database.transaction(NOWHERE) as writing:
            end(access.owner, await writing.scalar(text("SELECT pg_backend_pid()")))
            for _ in range(looks):
                await asyncio.sleep(0)
            await writing.execute(text("SELECT 1"))

    with pytest.raises(Unavailable):
        await written()
    reading = database.read(NOWHERE)
    (row,) = await reading.fetch(PID)
    end(access.owner, int(row.one))
    for _ in range(looks):
        await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await reading.fetch(ONE)
    await reading.close()
    await database.close()


@pytest.mark.parametrize("looks", range(5))
@pytest.mark.parametrize("reads", [True, False])
async def test_a_connection_lost_under_its_reader_costs_nobody_who_waits(
    access: Access, looks: int, reads: bool
) -> None:
    """She has read what she wants and hands it on: whoever gets it finds it lost, and has another."""
    database = pool_of(access.app)
    reading, waiting = database.read(NOWHERE), database.read(NOWHERE)
    (row,) = await reading.fetch(PID)

    async def asked() -> str:
        if reads:
            (found,) = await waiting.fetch(PID)
            await waiting.close()
            return found.one
        taken = await database.checkout()
        pid = await taken.driver.fetchval("SELECT pg_backend_pid()")
        taken.give_back()
        return str(pid)

    asking = asyncio.ensure_future(asked())
    await asyncio.sleep(0.02)
    end(access.owner, int(row.one))
    for _ in range(looks):
        await asyncio.sleep(0)
    await reading.close()
    assert await asking != row.one
    assert database.connections() == {"idle": 1, "busy": 0}
    await database.close()


@pytest.mark.parametrize(
    ("text", "error", "tries"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())", Unavailable, BEGINNINGS),
        ("SELECT 1 / 0", asyncpg.DivisionByZeroError, 1),
    ],
)
async def test_a_beginning_that_is_lost_is_tried_again_some_times(
    access: Access, text: str, error: type[Exception], tries: int
) -> None:
    """And no other one: that would fail again."""
    database = pool_of(access.app, observed=True)
    said: list[str] = []
    with database.recording(said), pytest.raises(error):
        await database.begun(text)
    assert said == [text] * tries
    reading = database.read(NOWHERE)
    assert [row.one for row in await reading.fetch(ONE)] == ["1"]
    await reading.close()
    await database.close()


async def test_a_pool_without_a_free_connection_is_unavailable_and_recovers(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.database, "CHECKOUT_TIMEOUT_S", 0.5)
    small = pool_of(access.app)
    busy, waiting = small.read(NOWHERE), small.read(NOWHERE)
    await busy.fetch(ONE)
    with pytest.raises(Unavailable):
        await waiting.fetch(ONE)
    await busy.close()
    with pytest.raises(Unavailable):  # at once: what one field was told its neighbours are told, without waiting again
        await waiting.fetch(ONE)
    await waiting.close()
    next_one = small.read(NOWHERE)
    assert [row.one for row in await next_one.fetch(ONE)] == ["1"]
    await next_one.close()
    await small.close()
