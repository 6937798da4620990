"""The feed: positions without gap or repetition for whoever reads, however writers come, wait and give up."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random
from uuid import UUID

import pytest

from domain.channel import MAX_HOPS
from models.database import Database, Login
from models.outbox import MAX_AUDIENCE, STAMPED_AT_ONCE, stamp
from models.wall import APP_ROLE
from models.writing import Event, Made
from tests.given import pool_of
from tests.models.acting import STORE, acting, column, filled
from tests.models.here import HERE
from tests.proof import size

WRITERS = 24
FEED = (
    "SELECT position || ' ' || (facts->>'writer') || ' ' || (facts->>'n') FROM outbox_event"
    " WHERE position IS NOT NULL ORDER BY position"
)


@pytest.fixture
async def database(owner_dsn: str) -> AsyncIterator[Database]:
    await filled(owner_dsn)
    pool = pool_of(Login(owner_dsn, APP_ROLE), WRITERS + 4)
    yield pool
    await pool.close()


def event(writer: int, n: int) -> Event:
    return Event("Happened", Made("order", UUID(int=1_000 + writer)), frozenset({STORE}), {"writer": writer, "n": n})


async def test_a_whole_chain_hears_and_who_else_is_named(database: Database) -> None:
    assert MAX_AUDIENCE > MAX_HOPS + 2  # the deepest there is, itself included, and another
    async with acting(database) as tx:
        await tx.tell(replace(event(1, 1), audience=frozenset(UUID(int=n) for n in range(MAX_AUDIENCE))))
    assert await column(database, "SELECT cardinality(audience) FROM outbox_event") == [MAX_AUDIENCE]


async def test_what_more_hear_than_one_event_holds_is_told_in_several(database: Database) -> None:
    """Each hears once, and what is told to nobody but the platform is one event still."""
    many = [UUID(int=n) for n in range(2 * MAX_AUDIENCE + 5)]
    async with acting(database) as tx:
        await tx.tell(
            *(replace(event(1, n), audience=frozenset(whom)) for n, whom in enumerate((many, [], many[:2]), start=1))
        )
    told = "SELECT facts->>'n' || ' ' || cardinality(audience) FROM outbox_event ORDER BY id"
    assert await column(database, told) == [f"1 {MAX_AUDIENCE}", f"1 {MAX_AUDIENCE}", "1 5", "2 0", "3 2"]
    heard = "SELECT unnest(audience) FROM outbox_event WHERE facts->>'n' = '1'"
    assert sorted(await column(database, heard)) == many


async def stamped(database: Database) -> int:
    async with database.transaction(HERE) as session:
        return await stamp(session, HERE)


async def test_positions_begin_at_one_and_follow_the_order_of_writing(database: Database) -> None:
    async with acting(database) as tx:
        await tx.tell(event(1, 1), event(1, 2))
    async with acting(database) as tx:
        await tx.tell(event(2, 1))
    assert [await stamped(database), await stamped(database)] == [3, 0]
    async with acting(database) as tx:
        await tx.tell(event(2, 2))
    assert await stamped(database) == 1
    assert await column(database, FEED) == ["1 1 1", "2 1 2", "3 2 1", "4 2 2"]
    assert await column(database, "SELECT position FROM feed_head") == [4]
    assert await column(database, "SELECT count(*) FROM outbox_event WHERE due_at IS NOT NULL") == [0]


async def test_many_are_stamped_in_several_transactions(database: Database) -> None:
    async with acting(database) as tx:
        await tx.tell(*(event(1, n) for n in range(STAMPED_AT_ONCE + 5)))
    assert [await stamped(database) for _ in range(3)] == [STAMPED_AT_ONCE, 5, 0]


async def test_what_does_not_commit_takes_no_position(database: Database) -> None:
    async with acting(database) as tx:
        await tx.tell(event(1, 1))
        assert await stamped(database) == 0  # from elsewhere: not there yet
    assert await stamped(database) == 1


@pytest.mark.prove
async def test_a_reader_at_any_moment_sees_positions_without_gap_or_repetition(database: Database) -> None:
    """Writers wait at random between writing and committing, and a tenth give up; two sequencers stamp against each
    other. What is seen is a beginning of what will have been, and each writer's events stand in her order.
    """
    each = size(600, 6_600) // WRITERS
    committed: dict[int, list[int]] = defaultdict(list)
    writing, stamping, looks = True, True, list[int]()

    async def write(writer: int) -> None:
        chance = Random(writer)
        n = 0
        while n < each:
            some = range(n, min(each, n + chance.randrange(1, 4)))
            n = some.stop
            gives_up = chance.random() < 0.1
            try:
                async with acting(database) as tx:
                    await tx.tell(*(event(writer, one) for one in some))
                    await asyncio.sleep(chance.random() * 0.01)
                    if gives_up:
                        raise ValueError("gives up")
            except ValueError:
                continue
            committed[writer].extend(some)

    async def sequence() -> None:
        while writing or await stamped(database):
            await stamped(database)
            await asyncio.sleep(0.002)

    async def read() -> None:
        last = 0
        while writing:
            seen = await column(database, FEED)
            positions = [int(row.split()[0]) for row in seen]
            assert positions == list(range(1, len(seen) + 1))
            assert len(seen) >= last
            last = len(seen)
            looks.append(last)
            await asyncio.sleep(0.01)

    async def follow() -> None:
        """One who goes on from where she was, as a partner does: what she has put together is the feed."""
        while True:
            is_last, after = not stamping, len(followed)
            more = f"SELECT * FROM ({FEED}) f (row) WHERE split_part(row, ' ', 1)::int > {after} LIMIT 50"  # noqa: S608 - our own text
            followed.extend(page := await column(database, more))
            if is_last and not page:
                return
            await asyncio.sleep(0.005)

    followed: list[str] = []
    others = [asyncio.ensure_future(work) for work in (sequence(), sequence(), read())]
    follower = asyncio.ensure_future(follow())
    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    writing = False
    await asyncio.gather(*others)
    stamping = False
    await follower
    rows = await column(database, FEED)
    feed = [tuple(map(int, row.split())) for row in rows]
    assert len(set(looks)) > 5
    assert followed == rows
    assert [position for position, _, _ in feed] == list(range(1, sum(map(len, committed.values())) + 1))
    for writer, own in committed.items():
        assert [n for _, who, n in feed if who == writer] == own
