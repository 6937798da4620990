"""Time the graph against the floor: the same statements by hand, JSON built by hand, the same row security.

    make bench

Both run in this process on the demo's data, in turn, round by round; what is printed are ratios of one run. Answers are
compared before anything is timed.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import orjson

import boot
import schema
from app import DEMO_TENANT, verifiers_of
from cli import _ready
from engine.limits import Limits
from models.database import Database
from resolvers.entrance import Entrance
from settings import Settings
from tests.bench.floor import Floor
from transport.desk import QUERY_OR_MUTATION, Desk, Graph
from transport.door import RequestFacts
from transport.logs import configure
from transport.metrics import Metrics
from transport.parameters import Ask

ROUNDS, REQUESTS = 7, 60
Q1 = """query ($id: ID!) { store(id: $id) { id name distributor { id name brands { id name } }
  shelf(first: 20) { edges { cursor node { id sku { id code name product { id name } } price sellable } }
  pageInfo { hasNextPage endCursor } } } }"""
Q2 = "query ($id: ID!) { product(id: $id) { id code name } }"
Q3 = "{ products(first: 100) { nodes { id code name description brand { id name } category { id name } } } }"

Run = Callable[[], Awaitable[bytes]]


def asking(desk: Desk, query: str, variables: dict[str, Any]) -> Run:
    """The graph's way: document cache, gate, viewer, graphql-core, JSON."""
    ask = Ask(query=query, variables=variables, operation_name=None)
    facts = RequestFacts(authorization=None, host=None, tenant=None, request_id="bench")

    async def run() -> bytes:
        answer = await desk.answer(ask, facts, QUERY_OR_MUTATION)
        return orjson.dumps(answer.result.payload)

    return run


async def cpu_ms(run: Run) -> float:
    """Milliseconds of this process's CPU for one request."""
    began = time.process_time()
    for _ in range(REQUESTS):
        await run()
    return (time.process_time() - began) / REQUESTS * 1e3


async def compare(name: str, graph: Run, floor: Run) -> None:
    """Check that both say the same, then time them in turn and print the ratio."""
    if await graph() != await floor():
        raise SystemExit(f"{name}: the graph and the floor do not answer the same")
    rounds = [(await cpu_ms(graph), await cpu_ms(floor)) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(a / b for a, b in rounds)
    sys.stdout.write(
        f"{name}  graph {ours:6.2f} ms  floor {theirs:6.2f} ms  CPU per request, graph ÷ floor {ratio:5.2f}\n"
    )


async def main(settings: Settings, access: boot.Access) -> None:
    """Bring the demo up and time the three queries."""
    await _ready(settings, access)
    database = Database(access.app, pool_size=2)
    verifiers, _ = verifiers_of(settings)
    entrance = Entrance(database, verifiers, default_tenant=DEMO_TENANT)
    desk = Desk(entrance, Graph.of(schema.build(), Limits(), introspection=False), Metrics())
    floor = await Floor.of(database, DEMO_TENANT, datetime.now(UTC))
    store, product = f"store_{floor.store.hex}", f"product_{floor.product.hex}"
    await compare("Q1 shelf of 20   ", asking(desk, Q1, {"id": store}), floor.q1)
    await compare("Q2 one product   ", asking(desk, Q2, {"id": product}), floor.q2)
    await compare("Q3 100 products  ", asking(desk, Q3, {}), floor.q3)
    await database.close()


if __name__ == "__main__":
    configure("warning", "json")
    chosen = Settings()
    opened = boot.connect(chosen)
    try:
        asyncio.run(main(chosen, opened))
    finally:
        opened.close()
