"""Holding through the graph: who may, for whom, of what; once under a key; given back."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

import boot
from domain.catalog import MAX_QUANTITY
from models.base import NO_LOT_ID
from models.session import set_tenant
from tests.graph.acted import ACTS
from tests.graph.client import Answered, GraphClient
from tests.graph.trade import Trade, change
from tests.loaders.rows import add

SHOPPER, OTHER, CLERK, SISTER = "member:1", "member:2", "store:1/clerk", "store:2/clerk"
STOCK = "stock (tenant_id, location_id, sku_id, owner_id, lot_id, on_hand)"


class Shelf:
    """Store 1, whose shelf has goods of sku 1, 2 and 3."""

    def __init__(self, graph: GraphClient, trade: Trade) -> None:
        self.graph, self.trade = graph, trade

    def line(self, number: int, quantity: int) -> dict[str, Any]:
        return {"listingId": self.trade.id(f"listing:{number}"), "quantity": quantity}

    async def hold(self, *lines: dict[str, Any], by: str | None = SHOPPER, key: str | None = None, **more: Any) -> Any:
        given = {"input": {"lines": list(lines), **more}, "key": key or uuid4().hex}
        return told(await self.graph.ask(ACTS["holdStock"], given, by=by, tenant=self.trade.code))

    async def release(self, reservation: str, by: str = SHOPPER) -> Any:
        given = {"input": {"reservationId": reservation}, "key": uuid4().hex}
        return told(await self.graph.ask(ACTS["releaseHold"], given, by=by, tenant=self.trade.code))

    async def sellable(self, number: int) -> int:
        text = '{ listing(id: "%s") { sellable } }' % self.trade.id(f"listing:{number}")
        found: int = (await self.graph.ask(text, tenant=self.trade.code)).data["listing"]["sellable"]
        return found


def told(asked: Answered) -> Any:
    assert asked.errors == []
    return asked.data["done"]


async def spoken_for(owner: str, trade: Trade, last: int) -> list[tuple[str, UUID | None]]:
    """The last acts of the audit, and for whom each was done where that is not who did it."""
    connection = await asyncpg.connect(owner)
    try:
        async with connection.transaction():
            await connection.execute(set_tenant(trade.tenant))
            rows = await connection.fetch("SELECT * FROM audit_entry ORDER BY id DESC LIMIT $1", last)
    finally:
        await connection.close()
    return [(row["operation"], row["on_behalf_of_id"]) for row in reversed(rows)]


@pytest.fixture
async def shelf(access: boot.Access, graph: GraphClient, trade: Trade) -> AsyncIterator[Shelf]:
    """What earlier tests left is taken away, and new goods are put there. All that is asked here runs on plans."""
    store, place = trade.key("store:1"), uuid4()
    connection = await asyncpg.connect(access.owner)
    try:
        await add(
            connection,
            trade.tenant,
            {
                "location (tenant_id, id, organization_id, kind, code, name)": [(place, store, "SHOP", place.hex, "x")],
            },
        )
        await connection.execute(f"SET app.tenant_id = '{trade.tenant}'")
        await connection.execute(
            "INSERT INTO lot (tenant_id, sku_id, id, code) SELECT tenant_id, id, $1, '' FROM sku"
            " ON CONFLICT DO NOTHING",
            NO_LOT_ID,
        )
        await connection.execute("UPDATE stock SET quarantined = on_hand - reserved - allocated")
        await connection.execute("RESET app.tenant_id")
        await add(
            connection, trade.tenant, {STOCK: [(place, trade.key(f"sku:{n}"), store, NO_LOT_ID, 10) for n in (1, 2, 3)]}
        )
    finally:
        await connection.close()
    before = graph.outcomes.copy()
    yield Shelf(graph, trade)
    assert set(graph.outcomes - before) == {"planned"}


async def test_a_shopper_holds_what_she_will_buy(shelf: Shelf) -> None:
    made = await shelf.hold(shelf.line(1, 3), shelf.line(2, 1), shelf.line(1, 1))
    assert (made["__typename"], made["state"]) == ("Reservation", "HELD")
    assert made["cloudStore"]["id"] == shelf.trade.id("mall:store:1")
    kept = {line["sku"]["id"]: line["quantity"] for line in made["lines"]}
    assert kept == {shelf.trade.id("sku:1"): 4, shelf.trade.id("sku:2"): 1}
    assert [await shelf.sellable(n) for n in (1, 2, 3)] == [6, 9, 10]


async def test_what_is_given_back_can_be_sold_again(shelf: Shelf) -> None:
    made = await shelf.hold(shelf.line(1, 3))
    given = await shelf.release(made["id"])
    assert (given["state"], given["id"]) == ("RELEASED", made["id"])
    assert await shelf.sellable(1) == 10
    assert (await shelf.release(made["id"]))["code"] == "HOLD_OVER"


async def test_more_than_is_there_is_refused_with_what_is(shelf: Shelf) -> None:
    answer = await shelf.hold(shelf.line(1, 11), shelf.line(2, 1))
    assert answer["shortages"] == [{"sku": {"id": shelf.trade.id("sku:1")}, "wanted": 11, "available": 10}]
    assert [await shelf.sellable(n) for n in (1, 2)] == [10, 10]


async def test_who_holds_for_whom(shelf: Shelf) -> None:
    """A shopper for herself, the shop's people for their customers; nobody else, and nobody for others."""
    line, hers, another = shelf.line(1, 1), shelf.trade.id("member:1"), shelf.trade.id("member:2")
    assert (await shelf.hold(line, customerId=hers))["__typename"] == "Reservation"
    assert (await shelf.hold(line, by=CLERK))["__typename"] == "Reservation"
    assert (await shelf.hold(line, by=CLERK, customerId=hers))["__typename"] == "Reservation"
    for by, customer in ((SHOPPER, another), (CLERK, another), (SISTER, None), ("distributor:1/operator", None)):
        answer = await shelf.hold(line, by=by, customerId=customer)
        assert answer["__typename"] == "NotAllowed", by
    assert await shelf.sellable(1) == 7


async def test_a_hold_is_seen_and_given_back_by_its_own(shelf: Shelf) -> None:
    made = await shelf.hold(shelf.line(1, 1))
    text = '{ node(id: "%s") { ... on Reservation { state lines { quantity } } } }' % made["id"]
    for by, seen in ((SHOPPER, True), (CLERK, True), (OTHER, False), (SISTER, False), (None, False)):
        asked = await shelf.graph.ask(text, by=by, tenant=shelf.trade.code)
        assert bool(asked.data and asked.data["node"]) is seen, by
    assert (await shelf.release(made["id"], by=OTHER))["__typename"] == "NotAllowed"
    assert (await shelf.release(made["id"], by=SISTER))["__typename"] == "NotAllowed"
    assert (await shelf.release(made["id"], by=CLERK))["state"] == "RELEASED"


async def test_what_cannot_be_held_is_told(shelf: Shelf) -> None:
    nothing = {"listingId": f"listing_{uuid4().hex}", "quantity": 1}
    assert (await shelf.hold(shelf.line(1, 1), nothing))["problems"] == [
        {"path": ["input", "lines", "1", "listingId"], "message": "There is no such listing."}
    ]
    answer = await shelf.hold(shelf.line(1, 0), minutes=0)
    assert [problem["path"] for problem in answer["problems"]] == [
        ["input", "lines", "0", "quantity"],
        ["input", "minutes"],
    ]
    assert (await shelf.hold())["problems"] == [{"path": ["input", "lines"], "message": "1 to 100 are expected."}]


async def test_a_hold_is_taken_once_under_its_key(shelf: Shelf) -> None:
    answers = await asyncio.gather(*(shelf.hold(shelf.line(1, 2), key="same") for _ in range(30)))
    assert len({answer["id"] for answer in answers}) == 1
    assert await shelf.sellable(1) == 8
    assert (await shelf.hold(shelf.line(1, 3), key="same"))["__typename"] == "KeyReused"


async def test_the_last_units_go_to_as_many_as_there_are(shelf: Shelf) -> None:
    """More shoppers at once than there are connections."""
    answers = await asyncio.gather(*(shelf.hold(shelf.line(3, 1)) for _ in range(40)))
    assert Counter(answer["__typename"] for answer in answers) == {"Reservation": 10, "NotEnoughStock": 30}
    assert await shelf.sellable(3) == 0


async def test_what_was_held_is_told_again_though_it_could_not_be_held_now(shelf: Shelf, access: boot.Access) -> None:
    made = await shelf.hold(shelf.line(1, 2), key="lost")
    step = "UPDATE sku SET step_qty = $2 WHERE tenant_id = $1 AND code = '1'"
    await change(access.owner, shelf.trade, (step, 5), bump=False)
    try:
        assert (await shelf.hold(shelf.line(1, 2)))["__typename"] == "StepMismatch"
        assert (await shelf.hold(shelf.line(1, 2), key="lost"))["id"] == made["id"]
        assert (await shelf.hold(shelf.line(1, 3), key="lost"))["__typename"] == "KeyReused"
    finally:
        await change(access.owner, shelf.trade, (step, 1), bump=False)
    assert await shelf.sellable(1) == 8


async def test_an_ordering_mall_tells_a_shopper_nothing(shelf: Shelf) -> None:
    line = {"listingId": shelf.trade.id("listing:trade"), "quantity": 1_000_000}
    assert (await shelf.hold(line))["__typename"] == "NotAllowed"
    assert (await shelf.hold(line, by="distributor:1/operator"))["__typename"] == "NotEnoughStock"


async def test_quantities_have_an_end(shelf: Shelf) -> None:
    answer = await shelf.hold(shelf.line(1, MAX_QUANTITY), shelf.line(1, MAX_QUANTITY))
    assert [problem["path"] for problem in answer["problems"]] == [["input", "lines"]]


async def test_the_store_hears_that_goods_are_free_again(shelf: Shelf, access: boot.Access) -> None:
    made = await shelf.hold(shelf.line(1, 2))
    await shelf.release(made["id"])
    connection = await asyncpg.connect(access.owner)
    try:
        await connection.execute(f"SET app.tenant_id = '{shelf.trade.tenant}'")
        told = await connection.fetch(
            "SELECT audience, facts FROM outbox_event WHERE type = 'HoldReleased' AND aggregate_id = $1",
            UUID(made["id"].rpartition("_")[2]),
        )
    finally:
        await connection.close()
    assert [row["audience"] for row in told] == [[shelf.trade.key("store:1")]]


async def test_what_the_platform_holds_it_holds_for_the_store(access: boot.Access, shelf: Shelf) -> None:
    for by in ("admin", CLERK, SHOPPER):
        held = await shelf.hold(shelf.line(1, 1), by=by)
        await shelf.release(held["id"], by=by)
    store = shelf.trade.key("store:1")
    said = await spoken_for(access.owner, shelf.trade, 6)
    assert said == [
        *(("holdStock", store), ("releaseHold", store)),
        *[("holdStock", None), ("releaseHold", None)] * 2,
    ]
