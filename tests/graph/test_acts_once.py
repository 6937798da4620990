"""Acts asked for many times at once, in several processes: each is done once under its key, by whomever it is told."""

import asyncio
from typing import Any

import pytest

import boot
from models.database import Login
from tests.conftest import NOW
from tests.given import pool_of
from tests.graph.acted import ACTS
from tests.graph.client import GraphClient
from tests.graph.rooms import CLERK, Rooms
from tests.processes import PROCESSES, Together, in_processes
from tests.proof import size

AT_ONCE = 50
ROUND = 5
"""Keys that are asked for at the same time."""
CONNECTIONS = 6


async def repeat(
    together: Together, app: Login, tenant: str, given: dict[str, Any], keys: int, times: int
) -> dict[str, list[str]]:
    """What this process is told under each key, asked for so many times at once, together with all others."""
    told: dict[str, list[str]] = {}
    database = pool_of(app, CONNECTIONS)
    graph = GraphClient(database, NOW)

    async def receive(key: str) -> None:
        asked = await graph.ask(ACTS["receiveStock"], {"input": given, "key": key}, by=CLERK, tenant=tenant)
        assert asked.errors == []
        told.setdefault(key, []).append(asked.data["done"]["id"])

    for first in range(0, keys, ROUND):
        names = [f"key {number}" for number in range(first, min(keys, first + ROUND))]
        await together.wait()
        await asyncio.gather(*(receive(name) for name in names for _ in range(times)))
    await database.close()
    return told


@pytest.mark.prove
async def test_an_act_asked_for_by_fifty_at_once_is_done_once(rooms: Rooms, access: boot.Access) -> None:
    keys = size(4, 1_000)
    before = await rooms.written()
    given = {"locationId": rooms.place("shelf"), "goods": [rooms.goods(1, 1), rooms.goods(2, 2)]}
    times = [AT_ONCE // PROCESSES + (number < AT_ONCE % PROCESSES) for number in range(PROCESSES)]
    everywhere = await in_processes(repeat, [(access.app, rooms.trade.code, given, keys, each) for each in times])
    assert sum(len(ids) for told in everywhere for ids in told.values()) == keys * AT_ONCE
    made = [{id for told in everywhere for id in told[key]} for key in everywhere[0]]
    assert [len(ids) for ids in made] == [1] * keys
    assert len(set().union(*made)) == keys
    after = await rooms.written()
    assert [b - a for a, b in zip(before, after, strict=True)] == [keys, 2 * keys, keys, keys]
    assert await rooms.stock() == {("1", ""): keys, ("2", ""): 2 * keys}
