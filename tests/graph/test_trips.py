"""Trips: statements that wait together go out as one, and no answer tells."""

import gc
from collections.abc import AsyncIterator

import orjson
import pytest

import boot
from tests.conftest import NOW
from tests.given import pool_of
from tests.graph.asked import COUNTED, SHOWN, WRITTEN
from tests.graph.cases import DEEP, ROOTS
from tests.graph.client import GraphClient
from tests.graph.connected import CONNECTIONS

TRIPS = {"bench Q1": 6, "bench Q2": 1, "bench Q3": 2, "bench Q4": 6, "peers P1": 5, "peers P2": 1, "peers P3": 2}
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
    asked = [await fused.ask(text, variables, by=who, tenant=tenant) for _ in range(4)]
    assert {orjson.dumps([one.data, one.errors]) for one in asked} == {orjson.dumps([apart.data, apart.errors])}
    # With the first an index may be built; statements that come together for the second time are fused from then on.
    *_, third, fourth = (len(one.statements) for one in asked)
    assert third == fourth <= len(apart.statements)
    if name in TRIPS:
        assert fourth == TRIPS[name]


async def test_what_a_request_has_read_goes_with_it(fused: GraphClient) -> None:
    """Nothing is left in rings for the collector, which would stop all requests to find them."""
    for _ in range(3):  # what a process makes once is made
        for text, variables, who, tenant in SHOWN.values():
            await fused.ask(text, variables, by=who, tenant=tenant)
    left: dict[str, int] = {}
    gc.collect()
    gc.freeze()  # what is there already need not be looked at again
    gc.disable()
    try:
        for name, (text, variables, who, tenant) in SHOWN.items():
            await fused.ask(text, variables, by=who, tenant=tenant)
            left[name] = gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()
    assert {name: count for name, count in left.items() if count > 0} == {}


def test_there_are_documents_of_every_sort() -> None:
    assert (len(SHOWN), len(COUNTED)) == (33, len(ROOTS) + len(DEEP) + len(CONNECTIONS))
