"""Lending connections: who waits is served in turn, and no connection is lost, whatever becomes of who waited."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from domain.base import Unavailable
from models import database as databases
from models import lending
from models.database import Database, Login
from models.reading import Read
from models.wall import APP_ROLE
from tests.given import DEFAULTS, pool_of
from tests.models.here import HERE, TENANT_ROW, fill
from tests.models.lent import THERE, WHERE, OneRow, settled, taken, waiting


@pytest.fixture
async def dsn(owner_dsn: str) -> str:
    await fill(owner_dsn, TENANT_ROW)
    return owner_dsn


@pytest.fixture
async def pair(dsn: str) -> AsyncIterator[Database]:
    pool = pool_of(Login(dsn, APP_ROLE), 2)
    yield pool
    assert pool.connections() == {"idle": 2, "busy": 0}
    await pool.close()


NUMBERS = [Read(OneRow, f"SELECT {number}::bigint AS n", ()) for number in range(4)]


async def test_who_waits_is_served_in_turn(pair: Database) -> None:
    first, second = await taken(pair, 2)
    waiters = waiting(pair, 3)
    await settled()
    assert [waiter.done() for waiter in waiters] == [False] * 3
    first.give_back()
    await settled()
    assert [waiter.done() for waiter in waiters] == [True, False, False]
    assert waiters[0].result() is first
    second.give_back()
    first.give_back()
    assert [await waiter for waiter in waiters] == [first, second, first]
    first.give_back()
    second.give_back()


@pytest.mark.parametrize("handed", [False, True])
async def test_one_who_has_gone_is_passed_over(pair: Database, handed: bool) -> None:
    """Also one who goes at the very moment in which she is handed hers, and is not yet woken."""
    first, second = await taken(pair, 2)
    gone, other = waiting(pair, 2)
    await settled()
    if handed:
        first.give_back()
        gone.cancel()
    else:
        gone.cancel()
        await settled()
        first.give_back()
    assert await other is first
    assert gone.cancelled()
    first.give_back()
    second.give_back()


async def test_who_waits_begins_where_the_last_one_ends(dsn: str) -> None:
    """One message ends a transaction and begins the next: another tenant's, with a snapshot of its own."""
    sent: list[str] = []
    pool = pool_of(Login(dsn, APP_ROLE))
    pool._lender.records.append(sent.append)
    first, second = pool.read(HERE), pool.read(THERE)
    (before,) = await first.fetch(WHERE)
    asking = asyncio.ensure_future(second.fetch(WHERE))
    await settled()
    await first.close()
    (after,) = await asking
    await second.close()
    assert (before.tenant_id, after.tenant_id) == (HERE, THERE)
    assert before.since < after.since
    begins, ends = [text for text in sent if "BEGIN" in text], [text for text in sent if text == "COMMIT"]
    assert [text.startswith("COMMIT; ") for text in begins] == [False, True]
    assert ends == ["COMMIT"]
    assert pool.connections() == {"idle": 1, "busy": 0}
    await pool.close()


async def test_who_waits_begins_well_where_the_last_one_failed(dsn: str) -> None:
    pool = pool_of(Login(dsn, APP_ROLE))
    first, second = pool.read(HERE), pool.read(THERE)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await first.fetch(Read(OneRow, "SELECT 1 / 0 AS n", ()))
    asking = asyncio.ensure_future(second.fetch(WHERE))
    await settled()
    await first.close()
    assert (await asking)[0].tenant_id == THERE
    await second.close()
    await pool.close()


async def test_who_asks_for_no_transaction_finds_none(dsn: str) -> None:
    pool = pool_of(Login(dsn, APP_ROLE))
    session = pool.read(HERE)
    await session.fetch(WHERE)
    (waiter,) = waiting(pool, 1)
    await settled()
    await session.close()
    taken_over = await waiter
    assert (taken_over.unended, taken_over.driver.is_in_transaction()) == (False, False)
    taken_over.give_back()
    await pool.close()


@pytest.mark.parametrize("others", [0, 1])
async def test_a_transaction_is_left_to_nobody_who_has_gone(dsn: str, others: int) -> None:
    """Handed on unended to one who goes at that very moment: the next who waits ends it, or the connection goes."""
    pool = pool_of(Login(dsn, APP_ROLE))
    session, late = pool.read(HERE), pool.read(THERE)
    await session.fetch(WHERE)
    before = session._checkout
    (gone,) = waiting(pool, 1)
    await settled()
    asking = [asyncio.ensure_future(late.fetch(WHERE)) for _ in range(others)]
    await settled()
    await session.close()
    gone.cancel()
    await settled()
    assert gone.cancelled()
    assert before is not None
    assert before.is_closed() is (not others)
    (row,) = await (asking[0] if asking else late.fetch(WHERE))
    assert row.tenant_id == THERE
    await late.close()
    assert pool.connections() == {"idle": 1, "busy": 0}
    await pool.close()


async def test_where_one_is_lost_who_waits_gets_a_new_one(pair: Database) -> None:
    first, second = await taken(pair, 2)
    (waiter,) = waiting(pair, 1)
    await settled()
    first.discard()
    fresh = await waiter
    assert fresh not in (first, second)
    assert [row.n for row in await fresh.fetch(NUMBERS[3], [])] == [3]
    fresh.give_back()
    second.give_back()


async def test_one_that_dies_on_its_way_is_not_handed_on(pair: Database) -> None:
    first, second = await taken(pair, 2)
    (waiter,) = waiting(pair, 1)
    await settled()
    await first.driver.close()
    first.give_back()
    fresh = await waiter
    assert fresh is not first
    assert not fresh.is_closed()
    fresh.give_back()
    second.give_back()


async def test_a_statement_that_is_cancelled_is_waited_for_by_who_asked_it(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by who comes after her: she has what others give back. When it has been cancelled it serves again."""
    cancels, cancel = asyncio.Event(), asyncpg.connect_utils._cancel

    async def late(**server: object) -> None:
        await cancels.wait()
        await cancel(**server)

    monkeypatch.setattr(asyncpg.connect_utils, "_cancel", late)
    pool = pool_of(Login(dsn, APP_ROLE), 2)
    hasty, other, next_one = pool.read(HERE), pool.read(HERE), pool.read(THERE)
    await other.fetch(WHERE)
    at_work = asyncio.ensure_future(hasty.fetch(Read(OneRow, "SELECT 7::bigint AS n FROM pg_sleep(60)", ())))
    await asyncio.sleep(0.1)
    asking = asyncio.ensure_future(next_one.fetch(WHERE))
    await settled()
    at_work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await at_work
    closing = asyncio.ensure_future(hasty.close())
    await settled()
    await other.close()
    async with asyncio.timeout(5):
        assert (await asking)[0].tenant_id == THERE
    cancels.set()
    await closing
    assert pool.connections() == {"idle": 1, "busy": 1}
    await next_one.close()
    assert pool.connections() == {"idle": 2, "busy": 0}
    await pool.close()


async def test_what_comes_back_after_the_end_is_closed(dsn: str) -> None:
    pool = pool_of(Login(dsn, APP_ROLE), 2)
    late, early = await taken(pool, 2)
    early.give_back()
    await pool.close()
    late.give_back()
    await settled()
    assert (early.is_closed(), late.is_closed()) == (True, True)


async def test_statements_stay_prepared_up_to_their_length(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lending, "PREPARED_CHARS", 2 * len(NUMBERS[0].text) / DEFAULTS.statement_cache)
    pool = pool_of(Login(dsn, APP_ROLE))
    (only,) = await taken(pool, 1)
    for statement in NUMBERS:
        await only.fetch(statement, [])
    ours = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%AS n'"
    assert await only.driver.fetchval(ours) == 2
    only.give_back()
    await pool.close()


async def test_waiting_has_an_end(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "CHECKOUT_TIMEOUT_S", 0.5)
    pool = pool_of(Login(dsn, APP_ROLE))
    (only,) = await taken(pool, 1)
    with pytest.raises(Unavailable):
        await pool.checkout()
    with pytest.raises(Unavailable):
        async with pool.transaction(HERE):
            raise AssertionError("nothing came free")
    only.give_back()
    assert await pool.checkout() is only
    only.give_back()
    await pool.close()


async def test_the_line_has_an_end(pair: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers and writers alike; whoever leaves it makes room."""
    monkeypatch.setattr(lending, "WAITING_MOST", 2)
    first, second = await taken(pair, 2)
    gone, stays = waiting(pair, 2)
    await settled()
    with pytest.raises(Unavailable):
        await pair.checkout()
    with pytest.raises(Unavailable):
        async with pair.transaction(HERE):
            raise AssertionError("nobody else may wait")
    gone.cancel()
    await settled()
    (later,) = waiting(pair, 1)
    await settled()
    first.give_back()
    second.give_back()
    for one in (await stays, await later):
        one.give_back()


@pytest.mark.parametrize("kept", [0, 2])
async def test_no_more_statements_stay_prepared_than_may(dsn: str, kept: int) -> None:
    pool = Database(Login(dsn, APP_ROLE), pool_size=1, statement_cache=kept, request_seconds=DEFAULTS.request_timeout_s)
    (only,) = await taken(pool, 1)
    for _ in range(2):
        assert [(await only.fetch(statement, []))[0].n for statement in NUMBERS] == [0, 1, 2, 3]
    ours = "SELECT array_agg(statement ORDER BY statement) FROM pg_prepared_statements WHERE statement LIKE '%AS n'"
    assert (await only.driver.fetchval(ours) or []) == [statement.text for statement in NUMBERS[4 - kept :]]
    only.forget()
    assert (await only.fetch(NUMBERS[0], []))[0].n == 0
    only.give_back()
    await pool.close()
