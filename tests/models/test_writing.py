"""What every act does beside its effect: its key, its audit entry, its events; together or not at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from domain.base import KeyReused
from models.database import Database, Login
from models.straight import Straight
from models.wall import APP_ROLE
from models.writing import Collision, Event, Made, Transaction, digest_of
from tests.given import pool_of
from tests.models.acting import BRAND, CLERK, MANAGER, NOON, STORE, acting, column, filled
from tests.models.here import HERE
from tests.models.shop import waits

ORDER = Made("order", UUID(int=99))
KEYS = "SELECT key || ':' || coalesce(result, '-') FROM idempotency_key ORDER BY 1"


@dataclass(frozen=True)
class Command:
    """What is asked."""

    sku: UUID
    quantity: int


COMMAND = Command(UUID(int=5), 3)


@pytest.fixture
async def database(owner_dsn: str) -> AsyncIterator[Database]:
    await filled(owner_dsn)
    pool = pool_of(Login(owner_dsn, APP_ROLE), 6)
    yield pool
    assert pool.connections()["busy"] == 0
    await pool.close()


async def done(tx: Transaction, key: str = "k", command: Command = COMMAND, made: Made = ORDER) -> Made | None:
    """An act: what was made before under the key; None if it was made now."""
    before = await tx.once("placeOrder", key, command)
    if before is None:
        await tx.made("placeOrder", key, made, {"lines": 1})
    return before


async def undone(database: Database, act: Callable[[Transaction], Awaitable[Any]]) -> None:
    """Do something in a transaction that comes to nothing."""

    async def failing() -> None:
        async with acting(database) as tx:
            await act(tx)
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await failing()


# ── once ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_same_under_one_key_is_done_once(database: Database) -> None:
    async with acting(database) as tx:
        assert await done(tx) is None
    async with acting(database) as tx:
        assert await done(tx, made=Made("order", UUID(int=100))) == ORDER
    assert await column(database, KEYS) == ["k:order"]
    assert await column(database, "SELECT target_id FROM audit_entry") == [ORDER.id]


async def test_something_else_under_one_key_is_a_conflict(database: Database) -> None:
    async with acting(database) as tx:
        await done(tx)
    for command in (replace(COMMAND, quantity=4), replace(COMMAND, sku=UUID(int=6))):
        with pytest.raises(KeyReused):
            async with acting(database) as tx:
                await done(tx, command=command)
    assert await column(database, "SELECT count(*) FROM audit_entry") == [1]


async def test_keys_are_an_actor_s_and_an_operation_s_own(database: Database) -> None:
    async with acting(database) as tx:
        await done(tx)
        assert await tx.once("cancelOrder", "k", COMMAND) is None
    async with acting(database, MANAGER) as tx:
        assert await done(tx) is None


async def test_what_was_undone_is_decided_anew(database: Database) -> None:
    await undone(database, done)
    assert await column(database, KEYS) == []
    async with acting(database) as tx:
        assert await done(tx, command=replace(COMMAND, quantity=4)) is None


@pytest.mark.parametrize("first_commits", [True, False])
async def test_the_same_at_the_same_time_waits(database: Database, first_commits: bool) -> None:
    """The second does what the first has not done, and only that."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with acting(database) as tx:
            await done(tx)
            begun.set()
            await go.wait()
            if not first_commits:
                raise ValueError("no")

    async def second() -> Made | None:
        async with acting(database) as tx:
            return await done(tx, made=Made("order", UUID(int=100)))

    one = asyncio.ensure_future(first())
    await begun.wait()
    two = asyncio.ensure_future(second())
    await asyncio.sleep(0.1)
    assert not two.done()
    go.set()
    assert (await asyncio.gather(one, return_exceptions=True))[0] is None or not first_commits
    assert await two == (ORDER if first_commits else None)
    made = ORDER.id if first_commits else UUID(int=100)
    assert await column(database, "SELECT target_id FROM audit_entry") == [made]


def test_a_command_has_one_digest() -> None:
    assert digest_of(COMMAND) == digest_of(Command(UUID(int=5), 3)) != digest_of(Command(UUID(int=5), 4))
    assert len(digest_of(COMMAND)) == 64


# ── remembered ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_act_is_written_down_with_who_did_it_for_whom(database: Database) -> None:
    async with acting(database, replace(CLERK, on_behalf_of_id=BRAND)) as tx:
        await done(tx)
    (entry,) = await column(database, "SELECT to_jsonb(a) - 'id' - 'tenant_id' FROM audit_entry a")
    assert entry == {
        "at": "2026-11-30T12:00:00+00:00",
        "operation": "placeOrder",
        "actor_class": "STORE_CLERK",
        "actor": "account:1",
        "organization_id": str(STORE),
        "on_behalf_of_id": str(BRAND),
        "target": "order",
        "target_id": str(ORDER.id),
        "details": {"lines": 1},
    }


async def test_nothing_is_written_over_what_was_done(database: Database) -> None:
    """The app role may add to the audit, and no more."""
    async with acting(database) as tx:
        await done(tx)
    for change in ("UPDATE audit_entry SET operation = 'x'", "DELETE FROM audit_entry", "DELETE FROM posting"):
        with pytest.raises(Exception, match="permission denied"):
            await column(database, change)


async def test_events_are_of_the_transaction_and_have_no_place_yet(database: Database) -> None:
    event = Event("OrderPlaced", ORDER, frozenset({STORE, BRAND}), {"total_fen": 100})
    await undone(database, lambda tx: tx.tell(event))
    async with acting(database, hours=1) as tx:
        await tx.tell(event, replace(event, type="OrderPaid"))
    rows = "SELECT type || ' ' || cardinality(audience) || ' ' || (position IS NULL) || ' ' || (due_at = occurred_at)"
    assert await column(database, f"{rows} FROM outbox_event ORDER BY id") == [
        "OrderPlaced 2 true true",
        "OrderPaid 2 true true",
    ]


# ── the transaction ───────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_deadlock_is_told_as_a_collision(database: Database) -> None:
    """The server picks one of two that wait for each other; the other goes through."""
    both = asyncio.Barrier(2)

    async def crossing(keys: list[str]) -> None:
        async with acting(database) as tx:
            await done(tx, keys[0])
            await both.wait()
            await done(tx, keys[1])

    ended = await asyncio.gather(crossing(["a", "b"]), crossing(["b", "a"]), return_exceptions=True)
    assert [type(each) for each in ended if each is not None] == [Collision]
    assert await column(database, KEYS) == ["a:order", "b:order"]


async def test_whoever_is_cancelled_leaves_nothing(database: Database) -> None:
    async def endless() -> None:
        async with acting(database) as tx:
            await done(tx)
            await asyncio.sleep(60)

    task = asyncio.ensure_future(endless())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await column(database, KEYS) == []


async def test_a_transaction_is_of_one_tenant(database: Database) -> None:
    async with database.transaction(UUID(int=2)) as session:
        tx = Transaction(session, HERE, CLERK, NOON)
        with pytest.raises(Exception, match="row-level security"):
            await done(tx)
        await session.rollback()
    assert await column(database, KEYS) == []


async def test_who_is_cancelled_at_the_driver_is_told_so_and_nobody_gets_that_connection(
    database: Database,
) -> None:
    """It waits for a lock; its connection is closed, for nobody knows what becomes of the statement."""
    lock = Straight("SELECT pg_backend_pid() AS pid, pg_advisory_xact_lock(:key)")
    async with acting(database) as holder:
        await holder.ask(lock, {"key": 1})

        async def waiting() -> None:
            async with acting(database) as tx:
                pids.append((await tx.ask(lock, {"key": 2}))[0].pid)
                await tx.ask(lock, {"key": 1})

        pids: list[int] = []
        task = asyncio.ensure_future(waiting())
        await waits(await holder._driver())
        task.cancel()
        async with asyncio.timeout(5):
            with pytest.raises(asyncio.CancelledError):
                await task
    assert len(pids) == 1
    async with acting(database) as tx:
        assert (await tx.ask(lock, {"key": 2}))[0].pid not in pids
    with pytest.raises(RuntimeError, match="is over"):
        await tx.ask(lock, {"key": 3})
