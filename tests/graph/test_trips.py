"""Trips: statements that wait together go out as one, and no answer tells."""

from collections.abc import AsyncIterator

import orjson
import pytest

import boot
from tests.conftest import NOW
from tests.given import pool_of
from tests.graph.asked import COUNTED, SHOWN, WRITTEN
from tests.graph.cases import CONNECTIONS, DEEP, ROOTS
from tests.graph.client import GraphClient

TRIPS = {"bench Q1": 13, "bench Q2": 1, "bench Q3": 2, "bench Q4": 13, "peers P1": 5, "peers P2": 1, "peers P3": 2}
"""What the documents of the benchmarks take, her token included."""


@pytest.fixture(scope="session")
async def fused(access: boot.Access) -> AsyncIterator[GraphClient]:
    """The graph as it is served."""
    database = pool_of(access.app, 2, observed=True)
    yield GraphClient(database, NOW)
    await database.close()


@pytest.mark.parametrize("name", WRITTEN)
async def test_statements_that_wait_together_take_one_trip(graph: GraphClient, fused: GraphClient, name: str) -> None:
    text, variables, who, tenant = WRITTEN[name]
    apart = await graph.ask(text, variables, by=who, tenant=tenant)
    asked = [await fused.ask(text, variables, by=who, tenant=tenant) for _ in range(3)]
    assert {orjson.dumps([one.data, one.errors]) for one in asked} == {orjson.dumps([apart.data, apart.errors])}
    _, second, third = (len(one.statements) for one in asked)
    assert second == third <= len(apart.statements)
    if name in TRIPS:
        assert third == TRIPS[name]


def test_there_are_documents_of_every_sort() -> None:
    assert (len(SHOWN), len(COUNTED)) == (21, len(ROOTS) + len(DEEP) + len(CONNECTIONS))
