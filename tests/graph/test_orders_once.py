"""An order asked for many times at once, in several processes: two transactions place it, once under its key."""

import asyncio
from typing import Any

import pytest

import boot
from models.database import Login
from tests.conftest import NOW
from tests.given import pool_of
from tests.graph.client import GraphClient
from tests.graph.selling import SHOPPER, Selling
from tests.processes import PROCESSES, Together, in_processes
from tests.proof import size

AT_ONCE = 50
ROUND = 5
"""Keys that are asked for at the same time; then the orders are cancelled, and their goods are there for the next."""
CONNECTIONS = 6
ACT = """mutation ($input: %s!, $key: String!) { done: %s(input: $input, idempotencyKey: $key) {
  ... on Order { id } ... on Refusal { code message } } }"""
PLACE, CANCEL = ACT % ("PlaceOrderInput", "placeOrder"), ACT % ("CancelOrderInput", "cancelOrder")


async def repeat(
    together: Together, app: Login, tenant: str, line: dict[str, Any], keys: int, times: int, cancels: bool
) -> dict[str, list[str]]:
    """What this process is told under each key, asked for so many times at once, together with all others."""
    told: dict[str, list[str]] = {}
    database = pool_of(app, CONNECTIONS)
    graph = GraphClient(database, NOW)

    async def act(document: str, key: str, given: dict[str, Any]) -> str:
        asked = await graph.ask(document, {"input": given, "key": key}, by=SHOPPER, tenant=tenant)
        assert asked.errors == [], asked.errors
        return str(asked.data["done"]["id"])

    async def place(key: str) -> None:
        told.setdefault(key, []).append(await act(PLACE, key, {"lines": [line]}))

    for first in range(0, keys, ROUND):
        names = [f"key {number}" for number in range(first, min(keys, first + ROUND))]
        await together.wait()
        await asyncio.gather(*(place(name) for name in names for _ in range(times)))
        await together.wait()
        if cancels:
            for name in names:
                await act(CANCEL, name, {"orderId": told[name][0]})
    await database.close()
    return told


@pytest.mark.prove
async def test_an_order_asked_for_by_fifty_at_once_is_placed_once(sale: Selling, access: boot.Access) -> None:
    keys, line = size(3, 1_000), await sale.line(1, 1)
    times = [AT_ONCE // PROCESSES + (number < AT_ONCE % PROCESSES) for number in range(PROCESSES)]
    given = [(access.app, sale.trade.code, line, keys, each) for each in times]
    everywhere = await in_processes(repeat, [(*each, number == 0) for number, each in enumerate(given)])
    assert sum(len(ids) for told in everywhere for ids in told.values()) == keys * AT_ONCE
    made = [{id for told in everywhere for id in told[key]} for key in everywhere[0]]
    assert [len(ids) for ids in made] == [1] * keys
    assert len(set().union(*made)) == keys
    counted = await sale.rows(
        "SELECT (SELECT count(*) FROM order_header o JOIN organization s ON s.tenant_id = o.tenant_id"
        " AND s.id = o.seller_id WHERE s.id = $1), (SELECT count(*) FROM reservation WHERE cloud_store_id = $2),"
        " (SELECT count(*) FROM audit_entry a WHERE a.operation = 'placeOrder' AND EXISTS"
        " (SELECT FROM order_header o WHERE o.id = a.target_id AND o.seller_id = $1)),"
        " (SELECT count(*) FROM outbox_event e WHERE e.type = 'OrderPlaced' AND EXISTS"
        " (SELECT FROM order_header o WHERE o.id = e.aggregate_id AND o.seller_id = $1))",
        sale.trade.key(sale.store),
        sale.trade.key(f"mall:{sale.store}"),
    )
    assert counted == [(keys,) * 4]
    assert await sale.sellable(1) == 10
