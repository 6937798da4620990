"""The worker: what happens by itself in all tenants, and a process that is kept running."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

import boot
import worker
from domain.base import NotAllowed, Unavailable
from duties import LONGEST_ASIDE_S, Aside, Duty, beside
from models import due
from models.database import Login, UnsafeRole
from models.due import KEYS_LIVE, forget_keys, holds_over, unstamped
from models.inventory import Committer
from models.wall import APP_ROLE, WORKER_ROLE
from models.writing import Event, Made, Outcome
from settings import Settings
from tests.given import pool_of
from tests.models.acting import NOON, STORE, acting, column
from tests.models.here import HERE, fill
from tests.models.shop import SKUS, Shop, goods
from worker import Clock, Companion, work

OTHER = UUID(int=2)
EVENT = Event("Happened", Made("order", UUID(int=7)), frozenset({STORE}), {})


@pytest.fixture
async def shop(owner_dsn: str) -> AsyncIterator[Shop]:
    await goods(owner_dsn)
    database = pool_of(Login(owner_dsn, APP_ROLE), 4)
    yield Shop(owner_dsn, database, Committer(database))
    await database.close()


@asynccontextmanager
async def clock(shop: Shop, now: datetime) -> AsyncIterator[Clock]:
    seeing = pool_of(Login(shop.dsn, WORKER_ROLE))
    yield Clock(seeing, shop.database, lambda: now)
    await seeing.close()


# ── duties ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_events_of_any_tenant_get_their_positions(shop: Shop) -> None:
    async with acting(shop.database) as tx:
        await tx.tell(EVENT, EVENT)
    async with clock(shop, NOON) as at_noon:
        assert [await at_noon.feed(), await at_noon.feed()] == [2, 0]
        assert await unstamped(at_noon._seeing.engine) == []
    assert await column(shop.database, "SELECT position FROM outbox_event ORDER BY id") == [1, 2]


async def test_holds_end_when_their_time_is_up(shop: Shop) -> None:
    await shop.put(SKUS[0], 5)
    made = await shop.hold((SKUS[0], 3))
    async with clock(shop, NOON + timedelta(minutes=14)) as early:
        assert await early.holds() == 0
    async with clock(shop, NOON + timedelta(minutes=15)) as late:
        assert await holds_over(late._seeing.engine, NOON + timedelta(minutes=15)) == {HERE: [made.id]}
        assert [await late.holds(), await late.holds()] == [1, 0]
    assert await shop.reserved() == [0]
    audit = "SELECT operation || ' ' || actor FROM audit_entry WHERE target_id = $1 ORDER BY id"
    assert await column(shop.database, audit, made.id) == ["holdStock account:1", "expireHold system:clock"]
    assert await shop.tried((SKUS[0], 5)) == "held"


async def test_a_hold_that_cannot_end_keeps_none_behind_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.put(SKUS[0], 5)
    bad, *good = [await shop.hold((SKUS[0], 1)) for _ in range(4)]
    await fill(
        shop.dsn,
        f"ALTER TABLE reservation ADD CONSTRAINT never CHECK (id <> '{bad.id}' OR state = 'HELD')",
        ("UPDATE reservation SET (expires_at, due_at) = ($2, $2) WHERE id = $1", bad.id, NOON + timedelta(minutes=1)),
    )
    monkeypatch.setattr(due, "HOLDS_AT_ONCE", 2)
    async with clock(shop, NOON + timedelta(minutes=15)) as late:
        assert [await late.holds() for _ in range(3)] == [1, 2, 0]
        assert late._unended.now() == [bad.id]
    assert await column(shop.database, "SELECT id FROM reservation WHERE state = 'HELD'") == [bad.id]
    ended = await column(shop.database, "SELECT id FROM reservation WHERE state = 'EXPIRED'")
    assert sorted(ended) == sorted(one.id for one in good)


async def test_a_tenant_that_fails_keeps_none_behind_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[UUID] = []
    bad, good = UUID(int=1), UUID(int=2)

    async def waiting(_engine: object, but: Sequence[UUID] = ()) -> list[UUID]:
        return [one for one in (bad, good) if one not in but]

    async def over(_engine: object, _now: datetime, but: Sequence[UUID] = ()) -> dict[UUID, list[UUID]]:
        return {tenant: [UUID(int=tenant.int * 10 + n) for n in (0, 1)] for tenant in await waiting(None, but)}

    async def done(_pool: object, tenant: UUID, *_more: object) -> int:
        seen.append(tenant)
        if tenant == bad:
            raise Unavailable("no")
        return 1

    monkeypatch.setattr(due, "unstamped", waiting)
    monkeypatch.setattr(due, "stamp_all", done)
    monkeypatch.setattr(due, "holds_over", over)
    monkeypatch.setattr(due, "expire", done)
    async with clock(shop, NOON) as at_noon:
        assert [await at_noon.feed(), await at_noon.feed()] == [1, 1]
        assert seen == [bad, good, good]
        seen.clear()
        assert [await at_noon.holds(), await at_noon.holds()] == [1, 1]
        assert seen == [bad, bad, good, good]  # a batch and one of it: not each, where nobody answers


async def test_events_and_holds_of_whoever_is_left_out_are_not_seen(shop: Shop) -> None:
    await shop.put(SKUS[0], 5)
    made = await shop.hold((SKUS[0], 1))
    async with acting(shop.database) as tx:
        await tx.tell(EVENT)
    async with clock(shop, NOON) as at_noon:
        engine, late = at_noon._seeing.engine, NOON + timedelta(hours=1)
        assert [await unstamped(engine), await unstamped(engine, [HERE])] == [[HERE], []]
        for out in (HERE, made.id):
            assert await holds_over(engine, late, [out]) == {}
        assert await holds_over(engine, late, [STORE]) == {HERE: [made.id]}


def test_what_fails_is_left_out_longer_each_time_and_not_for_ever() -> None:
    now = 0.0
    aside = Aside(2, lambda: now)
    one, two, three = (UUID(int=n) for n in range(3))
    waits = []
    for _ in range(12):
        aside.failed(one, "x", ValueError())
        begun = now
        while aside.now():
            now += 0.5
        waits.append(now - begun)
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == LONGEST_ASIDE_S
    for each in (one, two, three):
        aside.failed(each, "x", ValueError())
    assert aside.now() == [two, three]
    aside.done(two)
    assert aside.now() == [three]


async def test_keys_are_remembered_for_a_week_and_a_day(shop: Shop) -> None:
    for hours in (0, 30):
        async with acting(shop.database, hours=hours) as tx:
            await tx.once("x", f"{hours}", None)
    kept = "SELECT key FROM idempotency_key ORDER BY key"
    assert await forget_keys(shop.database, HERE, NOON + KEYS_LIVE) is False
    assert await column(shop.database, kept) == ["0", "30"]
    assert await forget_keys(shop.database, HERE, NOON + KEYS_LIVE + timedelta(hours=1)) is False
    assert await column(shop.database, kept) == ["30"]


async def test_more_keys_than_one_look_forgets_are_looked_for_at_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "KEYS_AT_ONCE", 2)
    monkeypatch.setattr(due, "FORGETS_IN_A_ROW", 2)
    async with acting(shop.database) as tx:
        for number in range(5):
            await tx.once("x", f"{number}", None)
    left = []
    async with clock(shop, NOON + KEYS_LIVE + timedelta(hours=1)) as later:
        for more in (1, 0):
            assert await later.keys() == more
            left.append(await column(shop.database, "SELECT count(*) FROM idempotency_key"))
    assert left == [[1], [0]]


async def test_a_tenant_whose_keys_stay_keeps_none_behind_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """And however many tenants there are, each look takes so many."""
    seen: list[UUID] = []
    await fill(shop.dsn, ("INSERT INTO tenant (id, code, name) VALUES ($1, 'b', 'B')", OTHER))
    every = [HERE, OTHER]

    async def forget(_pool: object, tenant: UUID, _now: datetime) -> bool:
        seen.append(tenant)
        if tenant == every[0]:
            raise ValueError("no")
        return False

    monkeypatch.setattr(due, "forget_keys", forget)
    monkeypatch.setattr(due, "TENANTS_AT_ONCE", 1)
    async with clock(shop, NOON) as at_noon:
        assert await at_noon.keys() == 0
        assert at_noon._unforgotten.now() == [every[0]]
    assert seen == every


async def test_so_many_are_done_side_by_side_and_no_more() -> None:
    now, most = 0, 0

    async def one(number: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return number

    assert await beside(3, range(10), one) == 45
    assert most == 3


async def test_what_came_of_rows_goes_with_its_key(shop: Shop) -> None:
    for hours in (0, 30):
        async with acting(shop.database, hours=hours) as tx:
            await tx.once("saveSkus", f"{hours}", None)
            kept = await tx.keep_rows(Outcome([UUID(int=hours), NotAllowed()]))
            await tx.made("saveSkus", f"{hours}", kept, {})
    await forget_keys(shop.database, HERE, NOON + KEYS_LIVE + timedelta(hours=1))
    assert await column(shop.database, "SELECT key FROM idempotency_key") == ["30"]
    assert await column(shop.database, "SELECT done[1] FROM bulk_result") == [UUID(int=30)]


async def test_a_duty_that_fails_is_done_again_and_stops_no_other() -> None:
    done: list[str] = []

    async def failing() -> int:
        done.append("tried")
        raise ValueError("no")

    async def working() -> int:
        done.append("done")
        return len(done) < 4

    tasks = [asyncio.ensure_future(Duty(name, 0.05, work).go_on()) for name, work in (("a", failing), ("b", working))]
    await asyncio.sleep(0.5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert 2 <= done.count("tried") <= 4  # later each time
    assert done.count("done") > 5


# ── the process ───────────────────────────────────────────────────────────────────────────────────────────────────────
def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_worker_beside_a_server_lives_as_long_as_that(access: boot.Access, tmp_path: Path) -> None:
    """Killed, it is started again; when the server is gone, so is it."""
    environment = {
        **os.environ,
        "DATABASE_URL": access.owner,
        "APP_DATABASE_URL": access.app.url,
        "DATA_DIR": str(tmp_path),
    }
    server = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env=environment, cwd=boot.PROJECT
    )
    assert server.stdout is not None
    pids = (int(line) for line in server.stdout if line.strip().isdigit())
    first = next(pids)
    os.kill(first, signal.SIGKILL)
    second = next(pids)
    assert second != first
    server.kill()
    server.wait()
    until(lambda: not alive(second))


def test_a_companion_that_cannot_be_started_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when no process is to be had: the program is there a moment later."""
    monkeypatch.setattr(worker, "FIRST_WAIT_S", 0.05)
    program = tmp_path / "program"
    with Companion([str(program)]) as companion:
        time.sleep(0.2)
        assert companion.pid is None
        made = tmp_path / "made"
        made.write_text("#!/bin/sh\nexec sleep 60\n")
        made.chmod(0o755)
        made.rename(program)
        until(lambda: companion.pid is not None)


async def test_a_worker_with_a_role_that_the_wall_does_not_hold_does_nothing(access: boot.Access) -> None:
    owner, app, seeing = Login(access.owner), access.app, access.worker
    for pair in ((owner, seeing), (app, owner)):
        wrong = replace(access, app=pair[0], worker=pair[1])
        with pytest.raises(UnsafeRole, match="has the rights of the owner of the tables"):
            await work(Settings(), wrong, asyncio.sleep(60))


PARENT = """
import time
from worker import Companion
seen = None
with Companion() as companion:
    while True:
        if companion.pid not in (None, seen):
            seen = companion.pid
            time.sleep(1)
            print(seen, flush=True)
        time.sleep(0.05)
"""


def test_a_companion_ends_with_the_server() -> None:
    with Companion([sys.executable, "-c", "import time; time.sleep(60)"]) as companion:
        until(lambda: companion.pid is not None)
        pid = companion.pid
        assert pid is not None
        assert alive(pid)
    assert not alive(pid)
