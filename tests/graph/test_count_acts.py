"""Counting through the graph: what there is, what may not be sold, and which holds that ends."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

import boot
from models.session import set_tenant
from tests.graph.acted import ACTS
from tests.graph.rooms import CLERK, OTHER, Rooms


async def row(rooms: Rooms, number: int = 1) -> list[int]:
    """On hand, reserved, quarantined of a sku on the shelf."""
    (found,) = await rooms.column(
        "SELECT ARRAY[on_hand, reserved, quarantined] FROM stock WHERE location_id = $1 AND sku_id = $2",
        rooms.names["shelf"],
        rooms.trade.key(f"sku:{number}"),
    )
    numbers: list[int] = found
    return numbers


async def held(rooms: Rooms, quantity: int, minutes: int) -> Any:
    """A hold of sku 1 by the shop's own people, taken so many minutes after the others."""
    line = {"listingId": rooms.trade.id("listing:1"), "quantity": quantity}
    given = {"input": {"lines": [line], "minutes": minutes}, "key": f"{quantity} {minutes} {rooms.names['shelf']}"}
    asked = await rooms.graph.ask(ACTS["holdStock"], given, by=CLERK, tenant=rooms.trade.code)
    assert asked.data["done"]["__typename"] == "Reservation", asked.data
    return asked.data["done"]["id"]


async def states(rooms: Rooms, *holds: str) -> list[str]:
    found = []
    for one in holds:
        text = '{ node(id: "%s") { ... on Reservation { state } } }' % one
        asked = await rooms.graph.ask(text, by=CLERK, tenant=rooms.trade.code)
        found.append(asked.data["node"]["state"])
    return found


@pytest.fixture
async def alone(access: boot.Access, rooms: Rooms) -> Rooms:
    """The shop, in which no other goods of sku 1 can be held."""
    connection = await asyncpg.connect(access.owner)
    try:
        async with connection.transaction():
            await connection.execute(set_tenant(rooms.trade.tenant))
            await connection.execute("UPDATE stock SET quarantined = on_hand - reserved - allocated")
    finally:
        await connection.close()
    return rooms


async def test_what_was_counted_is_what_there_is(rooms: Rooms) -> None:
    await rooms.do("receiveStock", [rooms.goods(1, 5), rooms.goods(2, 7, lot="A")])
    asked = await rooms.do("countStock", [rooms.goods(1, 3), rooms.goods(2, 9, lot="A"), rooms.goods(3, 2)])
    paper = asked.data["done"]
    assert paper["kind"] == "COUNT"
    assert {m["sku"]["id"]: m["onHand"] for m in paper["movements"]["nodes"]} == {
        rooms.trade.id("sku:1"): -2,
        rooms.trade.id("sku:2"): 2,
        rooms.trade.id("sku:3"): 2,
    }
    assert await rooms.stock() == {("1", ""): 3, ("2", "A"): 9, ("3", ""): 2}


async def test_a_correction_says_by_how_much(rooms: Rooms) -> None:
    await rooms.do("receiveStock", [rooms.goods(1, 5)])
    await rooms.do("adjustStock", [rooms.goods(1, -2), rooms.goods(2, 3)], reason="broken")
    assert await rooms.stock() == {("1", ""): 3, ("2", ""): 3}
    refused = await rooms.do("adjustStock", [rooms.goods(1, -4)], reason="broken")
    assert refused.data["done"]["shortages"] == [{"sku": {"id": rooms.trade.id("sku:1")}, "wanted": 4, "available": 3}]


async def test_what_is_locked_away_is_not_sold_until_it_is_let_out(rooms: Rooms) -> None:
    await rooms.do("receiveStock", [rooms.goods(1, 5)])
    await rooms.do("quarantineStock", [rooms.goods(1, 4)], reason="recall")
    assert await row(rooms) == [5, 0, 4]
    short = await rooms.do("issueStock", [rooms.goods(1, 2)])
    assert short.data["done"]["shortages"][0]["available"] == 1
    await rooms.do("quarantineStock", [rooms.goods(1, -3)], reason="checked")
    assert await row(rooms) == [5, 0, 1]
    for quantity in (-2, 5):
        refused = await rooms.do("quarantineStock", [rooms.goods(1, quantity)], reason="x")
        assert refused.data["done"]["__typename"] == "NotEnoughStock"
    await rooms.do("countStock", [rooms.goods(1, 0)])
    assert await row(rooms) == [0, 0, 0]


async def test_the_newest_holds_end_where_less_is_left_than_is_held(alone: Rooms) -> None:
    """Who came first keeps her goods; a hold ends as a whole, and no more of them than need be."""
    rooms = alone
    await rooms.do("receiveStock", [rooms.goods(1, 10)])
    first, second, third = [await held(rooms, quantity, 15 + n) for n, quantity in enumerate((3, 2, 4))]
    earlier = "UPDATE reservation SET created_at = created_at - interval '1 minute' WHERE id = $1 RETURNING 1"
    assert await rooms.column(earlier, UUID(hex=first.split("_")[1])) == [1]
    await rooms.do("countStock", [rooms.goods(1, 8)])
    newest = await states(rooms, first, second, third)
    assert newest[0] == "HELD"
    assert sorted(newest[1:]) == ["HELD", "RELEASED"]
    on_hand, reserved, _ = await row(rooms)
    assert on_hand == 8 >= reserved
    await rooms.do("adjustStock", [rooms.goods(1, -6)], reason="water")
    assert await states(rooms, first, second, third) == ["RELEASED"] * 3
    assert await row(rooms) == [2, 0, 0]


async def test_all_lines_are_one_each_and_whole(rooms: Rooms) -> None:
    await rooms.do("receiveStock", [rooms.goods(1, 5)])
    before = await rooms.written()
    twice = await rooms.do("countStock", [rooms.goods(1, 3), rooms.goods(1, 4)])
    assert twice.data["done"]["problems"] == [
        {"path": ["input", "goods"], "message": "Each lot of a sku stands in one line."}
    ]
    below = await rooms.do("countStock", [rooms.goods(1, -1)])
    assert below.data["done"]["problems"][0]["path"] == ["input", "goods", "0", "quantity"]
    other = await rooms.do("countStock", [rooms.goods(1, 1)], by=OTHER)
    assert other.data["done"]["__typename"] == "NotAllowed"
    assert await rooms.written() == before
