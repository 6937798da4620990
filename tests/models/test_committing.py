"""The committer when the database fails or does not answer: who is told what, who goes on, and how many wait."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import TimedOut, Unavailable
from models.inventory import Committer, Holding, committing
from models.writing import Actor, Collision, Made, told_as
from tests.models.acting import NOON, STORE
from tests.models.here import HERE
from tests.models.shop import MALL


class Failing:
    """A pool whose transactions fail one after the other with what is given, the last for ever; each when it may."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.begun, self.go = list(errors), 0, asyncio.Event()

    @asynccontextmanager
    async def transaction(self, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
        self.begun += 1
        await self.go.wait()
        raise self.errors.pop(0) if len(self.errors) > 1 else self.errors[0]
        yield


def asked(committer: Committer, tenant: UUID = HERE) -> "asyncio.Task[Made]":
    holding = Holding(Actor("CONSUMER", "a"), "k", "", MALL, STORE, (), NOON)
    return asyncio.ensure_future(committer.hold(tenant, holding, NOON.date(), NOON))


async def told(tasks: "list[asyncio.Task[Made]]") -> list[str]:
    return [type(one).__name__ for one in await asyncio.gather(*tasks, return_exceptions=True)]


@pytest.mark.parametrize(
    ("errors", "begun"),
    [
        ([Unavailable("x")], 1),
        ([TimedOut("x")], 1),
        ([ValueError("x"), Unavailable("x")], 2),
        ([ValueError("x")], 6),
        ([Collision("x")], 24),
    ],
)
async def test_what_the_database_does_not_answer_is_told_to_all_at_once(errors: list[Exception], begun: int) -> None:
    pool = Failing(*errors)
    pool.go.set()
    name = "Unavailable" if isinstance(errors[-1], Collision) else type(errors[-1]).__name__
    committer = Committer(pool)
    assert await told([asked(committer) for _ in range(5)]) == [name] * 5
    assert pool.begun == begun


async def test_whoever_gave_up_is_not_asked_for_one_by_one() -> None:
    pool = Failing(ValueError("x"))
    committer = Committer(pool)
    tasks = [asked(committer) for _ in range(5)]
    await asyncio.sleep(0.01)
    for task in tasks[1:]:
        task.cancel()
    pool.go.set()
    assert await told(tasks) == ["ValueError"] + ["CancelledError"] * 4
    assert pool.begun == 2


async def test_many_who_wait_go_beside_and_no_more_than_three_transactions_at_a_time() -> None:
    pool = Failing(Unavailable("x"))
    committer = Committer(pool)
    tasks: list[asyncio.Task[Made]] = []

    async def begun_after(more: int) -> int:
        tasks.extend(asked(committer) for _ in range(more))
        await asyncio.sleep(0.01)
        return pool.begun

    assert await begun_after(1) == 1
    assert await begun_after(committing.WORTH_ANOTHER - 1) == 1
    assert await begun_after(1) == 2
    assert await begun_after(committing.WORTH_ANOTHER) == 3
    assert await begun_after(2 * committing.HOLDS_AT_ONCE) == 3
    pool.go.set()
    assert set(await told(tasks)) == {"Unavailable"}


@pytest.mark.parametrize(
    ("waiting", "batches"),
    [(1, [1]), (127, [127]), (128, [64, 64]), (300, [100, 100, 100]), (1_000, [256, 256, 256, 232])],
)
async def test_who_waits_is_divided_evenly_among_those_that_may_go(
    monkeypatch: pytest.MonkeyPatch, waiting: int, batches: list[int]
) -> None:
    sizes: list[int] = []

    async def batch(self: Committer, tenant: UUID, together: Sequence[Any]) -> list[Made]:
        sizes.append(len(together))
        await asyncio.sleep(0.01)
        return [Made("reservation", HERE)] * len(together)

    monkeypatch.setattr(Committer, "_held", batch)
    committer = Committer(Failing(Unavailable("x")))
    await asyncio.gather(*(asked(committer) for _ in range(waiting)))
    assert sizes == batches
    assert committer._lanes == {}


async def test_no_more_wait_in_a_process_than_may_and_who_gave_up_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(committing, "HOLDS_WAITING", 4)
    pool = Failing(ValueError("x"))
    committer = Committer(pool, at_once=1)
    tasks = [asked(committer, tenant) for tenant in (HERE, HERE, UUID(int=8), UUID(int=9))]
    await asyncio.sleep(0.01)
    assert await told([asked(committer)]) == ["Unavailable"]
    tasks[1].cancel()
    await asyncio.sleep(0.01)
    tasks.append(asked(committer))
    await asyncio.sleep(0.01)
    assert not tasks[-1].done()
    pool.go.set()
    assert await told(tasks) == ["ValueError", "CancelledError", "ValueError", "ValueError", "ValueError"]
    assert committer._lanes == {}
    assert committer._waiting == 0


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (asyncpg.TooManyConnectionsError("x"), Unavailable),
        (asyncpg.CannotConnectNowError("x"), Unavailable),
        (asyncpg.AdminShutdownError("x"), Unavailable),
        (asyncpg.CrashShutdownError("x"), Unavailable),
        (asyncpg.InvalidCachedStatementError("x"), Collision),
        (asyncpg.OutdatedSchemaCacheError("x"), Collision),
    ],
)
def test_who_cannot_connect_and_who_meets_a_migration_may_try_again(error: Exception, kind: type[Exception]) -> None:
    assert type(told_as(error)) is kind
