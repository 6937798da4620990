"""Rounds: edges side by side wait together, end together, and raise where they were awaited."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.access import NOBODY
from loaders.base import Loader, Reading
from models.reading import Read, Row
from models.session import Checkout, ReadSession
from tests.models.here import HERE

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class NoRow(Row):
    """A row of nothing."""


SALT, PEPPER, BROKEN = (Read(NoRow, name, ()) for name in ("salt", "pepper", "broken"))


class Pool:
    """A connection that answers each statement with its name, and what was asked of it, turn by turn."""

    fuses = False

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def begun(self, _text: str) -> Checkout:
        """Always the same one."""
        return self

    async def fetch(self, statement: Read[Any], _arguments: list[Any]) -> list[Any]:
        await asyncio.sleep(0)
        self.asked.append(statement.text)
        if statement is BROKEN:
            raise ValueError("broken")
        return [statement.text]

    async def execute(self, _text: str) -> None:
        """Nothing to end."""

    def is_whole(self) -> bool:
        return True

    def hand_on(self) -> bool:
        return False

    def is_closed(self) -> bool:
        return False

    def forget(self) -> None:
        """Nothing is prepared."""

    def give_back(self) -> None:
        """It stays here."""

    def discard(self) -> None:
        """It stays here."""


class Lengths(Loader[str, int]):
    """The lengths of words, after a statement."""

    async def fetch(self, keys: list[str]) -> Mapping[str, int]:
        await self.reading.fetch(SALT)
        if "bad" in keys:
            raise ValueError("bad")
        return {key: len(key) for key in keys}


@pytest.fixture
def pool() -> Pool:
    return Pool()


@pytest.fixture
def reading(pool: Pool) -> Reading:
    return Reading(ReadSession(pool, HERE), NOON, NOON.date(), NOBODY)


async def failing(message: str) -> None:
    raise ValueError(message)


async def test_what_is_asked_side_by_side_waits_in_one_round(reading: Reading, pool: Pool) -> None:
    async def edge() -> Any:
        return await reading.side_by_side(
            reading.fetch(SALT), reading.load(Lengths).one("abc"), reading.side_by_side(reading.fetch(PEPPER))
        )

    async def other() -> Any:
        return await reading.load(Lengths).one("de")

    assert await reading.rounds.together([edge(), other()]) == [[["salt"], 3, [["pepper"]]], 2]
    assert sorted(pool.asked) == ["pepper", "salt", "salt"]  # one batch of words


@pytest.mark.parametrize("on_a_plan", [True, False])
async def test_an_error_is_raised_where_it_is_awaited(reading: Reading, on_a_plan: bool) -> None:
    """The function may go on without what has failed, and nobody beside it hears of it."""

    async def edge() -> Any:
        try:
            await reading.side_by_side(reading.fetch(SALT), failing("second"), failing("third"))
        except ValueError as error:
            return str(error), await reading.fetch(PEPPER)

    async def beside() -> Any:
        return await reading.fetch(SALT)

    if on_a_plan:
        assert await reading.rounds.together([edge(), beside()]) == [("second", ["pepper"]), ["salt"]]
    else:
        assert [await edge(), await beside()] == [("second", ["pepper"]), ["salt"]]


async def test_the_others_come_to_their_end_first(reading: Reading) -> None:
    ended = []

    async def lasting() -> None:
        await reading.fetch(SALT)
        await reading.fetch(PEPPER)
        ended.append("lasting")

    async def edge() -> Any:
        with pytest.raises(ValueError, match="at once"):
            await reading.side_by_side(lasting(), failing("at once"), lasting())
        return list(ended)

    assert await reading.rounds.together([edge()]) == [["lasting", "lasting"]]


async def test_an_error_of_a_batch_within_a_fork_reaches_who_forked(reading: Reading) -> None:
    async def edge() -> Any:
        with pytest.raises(ValueError, match="bad"):
            await reading.side_by_side(reading.load(Lengths).one("bad"), reading.fetch(PEPPER))
        return await reading.load(Lengths).one("good")

    assert await reading.rounds.together([edge()]) == [4]


async def test_a_statement_that_fails_is_told_to_who_asked(reading: Reading) -> None:
    async def edge(statement: Read[Any]) -> Any:
        try:
            return await reading.fetch(statement)
        except ValueError as error:
            return str(error), await reading.fetch(PEPPER)

    assert await reading.rounds.together([edge(BROKEN)]) == [("broken", ["pepper"])]
    # What goes out in one trip fails as one.
    assert await reading.rounds.together([edge(SALT), edge(BROKEN)]) == [("broken", ["pepper"])] * 2


async def test_edges_that_wait_for_each_other_are_a_mistake_and_no_endless_loop(reading: Reading) -> None:
    class Ring(Loader[int, int]):
        async def fetch(self, keys: list[int]) -> Mapping[int, int]:
            return {key: await self.one(key) for key in keys}

    with pytest.raises(RuntimeError, match="edges wait for each other"):
        await reading.rounds.together([reading.load(Ring).one(1)])


async def test_who_is_woken_does_not_wait_for_the_others_statement(reading: Reading, pool: Pool) -> None:
    door, order = asyncio.get_running_loop().create_future(), []

    async def waiting() -> None:
        await asyncio.shield(door)
        order.append("woken")

    async def asking() -> None:
        await reading.fetch(SALT)
        door.set_result(None)
        await reading.fetch(PEPPER)  # a trip, in which the loop turns
        await reading.fetch(PEPPER)
        order.append("asked")

    await reading.rounds.together([waiting(), asking()])
    assert order == ["woken", "asked"]


async def test_an_edge_that_gives_way_lets_the_loop_turn(reading: Reading) -> None:
    done: list[bool] = []
    asyncio.get_running_loop().call_later(0.01, done.append, True)

    async def edge() -> None:
        for _ in range(10**9):
            if done:
                return
            await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await reading.rounds.together([edge(), reading.fetch(SALT)])


async def test_a_trip_is_a_turn_of_the_loop(reading: Reading) -> None:
    """Who gives way need not wait until nobody asks any more."""
    order: list[str] = []

    async def giving_way() -> None:
        await asyncio.sleep(0)
        order.append("gave way")

    async def asking() -> None:
        for _ in range(3):
            await reading.fetch(SALT)
            order.append("asked")

    await reading.rounds.together([giving_way(), asking()])
    assert sorted(order[:2]) == ["asked", "gave way"]


async def test_what_an_edge_waits_for_ends_with_the_request(reading: Reading) -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def edge() -> None:
        await asyncio.gather(work())

    running = asyncio.ensure_future(reading.rounds.together([edge()]))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.wait_for(ended.wait(), 1)


async def test_a_statement_that_fails_ends_them_all(reading: Reading) -> None:
    closed = []

    async def waiting() -> None:
        try:
            await reading.fetch(SALT)
            await reading.fetch(SALT)
        finally:
            closed.append(True)

    with pytest.raises(ValueError, match="broken"):
        await reading.rounds.together([waiting(), reading.side_by_side(reading.fetch(BROKEN), waiting())])
    assert closed == [True, True]


async def test_off_a_plan_what_comes_after_a_failure_is_not_begun(reading: Reading, pool: Pool) -> None:
    with pytest.raises(ValueError, match="first"):
        await reading.side_by_side(failing("first"), reading.fetch(SALT))
    assert pool.asked == []
