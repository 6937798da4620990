"""Loaders: what is asked in one turn is fetched at once, and everyone gets her answer in her order."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from asyncpg.pgproto import pgproto

from domain.access import NOBODY
from loaders.base import ById, Loader, Reading
from models.reading import Row
from models.session import Checkout, ReadSession
from tests.models.here import HERE

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class NoPool:
    """For loaders that read nothing."""

    fuses = False

    async def begun(self, _text: str) -> Checkout:
        """Nothing to take."""
        raise AssertionError("no statement was expected")


class Halves(Loader[int, int]):
    """Halves even numbers; odd ones are absent, and 13 breaks the batch."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading)
        self.batches: list[list[int]] = []

    async def fetch(self, keys: list[int]) -> Mapping[int, int]:
        self.batches.append(list(keys))
        await asyncio.sleep(0.01)
        if 13 in keys:
            raise ValueError("thirteen")
        return {key: key // 2 for key in keys if key % 2 == 0}

    def absent(self) -> int:
        return -1


def halves() -> Halves:
    return Reading(ReadSession(NoPool(), HERE), NOON, NOON.date(), NOBODY).load(Halves)


async def test_askers_of_one_turn_share_one_batch_of_distinct_keys() -> None:
    loader = halves()
    answers = await asyncio.gather(*(loader.many(keys) for keys in ([4, 2, 4], [6, 2], [8], [])))
    assert answers == [[2, 1, 2], [3, 1], [4], []]
    assert loader.batches == [[4, 2, 6, 8]]


async def test_a_key_without_a_value_leaves_its_place() -> None:
    loader = halves()
    assert await loader.many([1, 2, 3, 4]) == [-1, 1, -1, 2]
    assert await loader.many([4, 3]) == [2, -1]
    assert loader.batches == [[1, 2, 3, 4]]


class NameRow(Row):
    """A row with its id."""

    id: UUID


class Names(ById[NameRow]):
    """Rows that are there by themselves, but for the ninth."""

    asked: ClassVar[list[list[UUID]]] = []

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, Any]:
        self.asked.append(keys)
        return {key: f"row {key.int}" for key in keys if key.int != 9}


async def test_rows_of_ids_that_may_be_missing_come_in_their_order() -> None:
    """Ids that are equal are one, whichever object says so; where there is no id, or no row of it, there is none."""
    loader = Reading(ReadSession(NoPool(), HERE), NOON, NOON.date(), NOBODY).load(Names)
    keys = [pgproto.UUID(UUID(int=n).bytes) if n else None for n in (3, 0, 5, 3, 9, 5)]
    assert await loader.where_any(keys) == ["row 3", None, "row 5", "row 3", None, "row 5"]
    assert await loader.where_any([UUID(int=5), None, None]) == ["row 5", None, None]
    assert await loader.where_any([None]) == [None]
    assert await loader.where_any([]) == []
    assert loader.asked == [[UUID(int=3), UUID(int=5), UUID(int=9)]]


async def test_a_key_on_its_way_is_not_asked_again() -> None:
    loader = halves()
    first = asyncio.ensure_future(loader.many([2, 4]))
    await asyncio.sleep(0.005)
    assert await loader.many([4, 6]) == [2, 3]
    assert await first == [1, 2]
    assert loader.batches == [[2, 4], [6]]


async def test_an_error_reaches_every_asker_and_is_not_remembered() -> None:
    loader = halves()
    answers = await asyncio.gather(loader.one(13), loader.many([2, 4]), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["thirteen", "thirteen"]
    assert await loader.one(2) == 1
    assert loader.batches == [[13, 2, 4], [2]]


async def test_an_asker_that_gives_up_leaves_the_others_their_answer() -> None:
    loader = halves()
    first, second = asyncio.ensure_future(loader.one(2)), asyncio.ensure_future(loader.one(2))
    await asyncio.sleep(0.005)
    first.cancel()
    assert await second == 1
    assert first.cancelled()
    assert loader.batches == [[2]]


async def test_a_primed_value_is_not_asked_and_the_first_one_stays() -> None:
    loader = halves()
    loader.prime(2, 50)
    loader.prime(2, 60)
    assert await loader.many([2, 4]) == [50, 2]
    loader.prime(4, 70)
    assert await loader.many([2, 4]) == [50, 2]
    assert loader.batches == [[4]]


async def test_a_request_has_one_loader_of_a_kind() -> None:
    loader = halves()
    assert loader.reading.load(Halves) is loader
    assert halves() is not loader
