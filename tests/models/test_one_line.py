"""Who reads and who writes wait in one line: each is served in turn, and no place is lost."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import event, text

from domain.base import Unavailable
from models import database as databases
from models.database import Login
from models.reading import Read
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.here import HERE, TENANT_ROW, fill
from tests.models.lent import THERE, WHERE, OneRow, settled, taken, waiting


@pytest.fixture
async def dsn(owner_dsn: str) -> str:
    await fill(owner_dsn, TENANT_ROW)
    return owner_dsn


async def test_a_writer_gets_no_transaction_of_a_reader(dsn: str) -> None:
    pool = pool_of(Login(dsn, APP_ROLE))
    session, late = pool.read(HERE), pool.read(HERE)
    await session.fetch(WHERE)

    async def write() -> int:
        async with pool.transaction(HERE) as writing:
            return int(await writing.scalar(text("SELECT 5")))

    writer = asyncio.ensure_future(write())
    await settled()
    asking = asyncio.ensure_future(late.fetch(WHERE))
    await settled()
    await session.close()
    assert await writer == 5
    assert (await asking)[0].tenant_id == HERE
    await late.close()
    await pool.close()


async def test_a_writer_and_a_reader_who_wait_both_get_theirs(dsn: str) -> None:
    """One connection, which a reader has: a writer comes, then another reader."""
    pool = pool_of(Login(dsn, APP_ROLE))
    (only,) = await taken(pool, 1)

    async def write() -> int:
        async with pool.transaction(HERE) as session:
            return int(await session.scalar(text("SELECT 5")))

    writer = asyncio.ensure_future(write())
    await settled()
    (reader,) = waiting(pool, 1)
    await settled()
    only.give_back()
    assert await writer == 5
    (await reader).give_back()
    assert pool.connections() == {"idle": 1, "busy": 0}
    await pool.close()


async def test_a_reader_waits_no_longer_for_a_writer_who_is_before_her(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "CHECKOUT_TIMEOUT_S", 0.4)
    pool = pool_of(Login(dsn, APP_ROLE))
    (only,) = await taken(pool, 1)

    async def write() -> None:
        async with pool.transaction(HERE):
            await asyncio.sleep(1.5)

    since = asyncio.get_running_loop().time()
    writer = asyncio.ensure_future(write())
    await settled()
    (reader,) = waiting(pool, 1)
    await asyncio.sleep(0.25)
    only.give_back()  # the writer's
    with pytest.raises(Unavailable):
        await reader
    assert asyncio.get_running_loop().time() - since < 0.6
    await writer
    await pool.close()


async def test_all_wait_in_one_line(dsn: str) -> None:
    """One connection: readers and writers have it in the order in which they came, and one who goes is passed over."""
    pool = pool_of(Login(dsn, APP_ROLE))
    (only,) = await taken(pool, 1)
    served: list[str] = []

    async def read(name: str) -> None:
        session = pool.read(HERE)
        await session.fetch(WHERE)
        served.append(name)
        await session.close()

    async def write(name: str) -> None:
        async with pool.transaction(HERE):
            served.append(name)

    tasks = []
    for name in ("r1", "w2", "w3", "gone", "r4", "r5", "w6", "r7"):
        tasks.append(asyncio.ensure_future(read(name) if name.startswith("r") else write(name)))
        await asyncio.sleep(0)
    await settled()
    tasks.pop(3).cancel()
    only.give_back()
    await asyncio.gather(*tasks)
    assert served == ["r1", "w2", "w3", "r4", "r5", "w6", "r7"]
    assert pool.connections() == {"idle": 1, "busy": 0}
    await pool.close()


async def test_the_place_of_a_writer_who_has_gone_is_the_next_one_s(dsn: str) -> None:
    """Also of one who goes at the very moment in which it is hers, and is not yet woken."""
    pool = pool_of(Login(dsn, APP_ROLE))
    (only,) = await taken(pool, 1)

    async def write() -> None:
        async with pool.transaction(HERE):
            raise AssertionError("she has gone")

    gone = asyncio.ensure_future(write())
    await settled()
    (reader,) = waiting(pool, 1)
    await settled()
    only.give_back()
    gone.cancel()
    (await reader).give_back()
    assert gone.cancelled()
    assert pool.connections() == {"idle": 1, "busy": 0}
    await pool.close()


async def test_readers_hand_on_while_a_writer_writes(dsn: str) -> None:
    """SQLAlchemy's pool is asked once for each connection, however many read: a writer has one, and no more."""
    pool = pool_of(Login(dsn, APP_ROLE), 4, observed=True)
    asked: list[object] = []
    event.listen(pool.engine.sync_engine, "checkout", lambda *what: asked.append(what[0]))
    said: list[str] = []

    async def read() -> None:
        for _ in range(10):
            session = pool.read(HERE)
            await session.fetch(WHERE)
            await session.close()

    async with pool.transaction(THERE):
        with pool.recording(said):
            await asyncio.gather(*(read() for _ in range(12)))
    assert (len(asked), sum("BEGIN" in text for text in said)) == (4, 120)
    await pool.close()


async def test_no_place_is_lost_whatever_becomes_of_who_waits(dsn: str) -> None:
    """Readers and writers who go at any moment, and statements that fail: nobody meets another's transaction."""
    pool, random = pool_of(Login(dsn, APP_ROLE), 3), Random(7)
    broken = Read(OneRow, "SELECT 1 / 0 AS n", ())
    ended: Counter[str] = Counter()

    async def read(tenant_id: UUID) -> None:
        session = pool.read(tenant_id)
        try:
            if random.random() < 0.1:
                await session.fetch(broken)
            seen = [(await session.fetch(WHERE))[0] for _ in range(2)]
            assert [row.tenant_id for row in seen] == [tenant_id] * 2
            assert seen[0].since == seen[1].since
        finally:
            await session.close()

    async def write(tenant_id: UUID) -> None:
        async with pool.transaction(tenant_id) as session:
            told = await session.execute(
                text("SELECT current_setting('app.tenant_id'), current_setting('transaction_isolation')")
            )
            assert tuple(told.one()) == (str(tenant_id), "read committed")

    async def come(act: Callable[[UUID], Awaitable[None]]) -> None:
        for _ in range(30):
            try:
                async with asyncio.timeout(random.choice([0.0005, 0.002, 0.005, 5])):
                    await act(UUID(int=random.randrange(1, 1_000_000)))
                ended["well"] += 1
            except (TimeoutError, asyncpg.DivisionByZeroError) as error:
                ended[type(error).__name__] += 1

    await asyncio.gather(*(come(act) for act in [read] * 12 + [write] * 3))
    assert sum(ended.values()) == 450
    assert len(ended) == 3
    assert pool.connections()["busy"] == 0
    async with asyncio.timeout(5):
        for connection in await taken(pool, 3):
            connection.give_back()
    assert pool.connections() == {"idle": 3, "busy": 0}
    await pool.close()
