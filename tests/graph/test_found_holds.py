"""Holds as they are found: a shopper's own, what is held at a store for her, and what its people keep from others."""

from typing import Any

import pytest

import boot
from models.database import Database
from tests.graph.selling import FULFILLER, OTHER, SHOPPER, Selling, opened
from tests.graph.trade import Trade

HOLDS = (
    "holds(first: %d) { totalCount nodes { id byStore state lines { quantity } } pageInfo { hasNextPage endCursor } }"
)


@pytest.fixture
async def sale(sale: Selling) -> Selling:
    """A shop of its own for each test."""
    await sale.contribute(1, 200)
    return sale


@pytest.fixture
async def other(access: boot.Access, app: Database, changing: Trade, sale: Selling) -> Selling:
    """Another shop."""
    return await opened(access.owner, app, changing, changing.a_shop())


async def hold(sale: Selling, by: str, customer: str | None = None, minutes: int = 15) -> Any:
    given = {"lines": [await sale.line(1, 1)], "minutes": minutes}
    given |= {} if customer is None else {"customerId": sale.trade.id(customer)}
    return await sale.done("holdStock", given, by=by, answer="... on Reservation { id } ... on TooManyHolds { most }")


async def held_for(sale: Selling, by: str | None, first: int = 100) -> Any:
    """What is held for the shopper, as somebody finds it."""
    asked = await sale.graph.ask(
        '{ customer(id: "%s") { %s } }' % (sale.trade.id(SHOPPER), HOLDS % first), by=by, tenant=sale.trade.code
    )
    found = asked.codes if asked.errors else asked.data["customer"]
    return found if isinstance(found, list) or found is None else found["holds"]


async def held_by(sale: Selling, by: str | None, first: int = 100) -> Any:
    """What the store's people hold, as somebody finds it."""
    asked = await sale.graph.ask(
        '{ cloudStore(id: "%s") { %s } }' % (sale.shelf, HOLDS % first), by=by, tenant=sale.trade.code
    )
    return asked.codes if asked.errors else asked.data["cloudStore"]["holds"]


def ids(page: Any) -> list[str]:
    return [node["id"] for node in page["nodes"]]


async def test_a_shopper_finds_what_is_held_for_her_and_a_store_what_is_held_there(
    sale: Selling, other: Selling
) -> None:
    late = (await hold(sale, SHOPPER, minutes=60))["id"]
    soon = (await hold(sale, sale.manager, SHOPPER, minutes=5))["id"]
    await other.contribute(1, 5)
    there = (await hold(other, SHOPPER))["id"]
    await hold(sale, OTHER)
    await hold(sale, sale.manager)
    mine = await held_for(sale, SHOPPER)
    assert (ids(mine), mine["totalCount"]) == ([soon, there, late], 3)  # what ends first before
    assert [node["byStore"] for node in mine["nodes"]] == [True, False, False]
    assert (mine["nodes"][0]["state"], mine["nodes"][0]["lines"]) == ("HELD", [{"quantity": 1}])
    assert ids(await held_for(sale, sale.manager)) == [soon, late]
    assert ids(await held_for(sale, other.manager)) == [there]
    assert ids(await held_for(sale, "admin")) == [soon, there, late]
    for by in (OTHER, FULFILLER, "brand:1/operator", "store:2/clerk"):
        assert await held_for(sale, by) is None, by  # whoever may not see her is told nothing
    for nobody in ("brand:1/analyst", None):
        assert await held_for(sale, nobody) == ["FORBIDDEN"], nobody
    first = await held_for(sale, SHOPPER, 1)
    assert (ids(first), first["pageInfo"]["hasNextPage"]) == ([soon], True)
    await sale.done("releaseHold", {"reservationId": soon}, by=SHOPPER)
    assert ids(await held_for(sale, sale.manager)) == [late]


async def test_what_a_stores_people_hold_is_found_by_who_holds_there(sale: Selling) -> None:
    nobodys = (await hold(sale, sale.manager, minutes=30))["id"]
    hers = (await hold(sale, await sale.hire(f"erp-{sale.store}", "ERP"), SHOPPER))["id"]
    platforms = (await hold(sale, "admin", minutes=60))["id"]
    await hold(sale, SHOPPER)
    clerk, tms = await sale.hire(f"c-{sale.store}", "CLERK"), await sale.hire(f"tms-{sale.store}", "TMS")
    for by in (sale.manager, clerk, "admin"):
        assert ids(await held_by(sale, by)) == [hers, nobodys, platforms], by
    for by in (tms, SHOPPER, OTHER, FULFILLER, "brand:1/operator", "store:2/clerk"):
        assert await held_by(sale, by) is None, by
    for stranger in ("brand:1/analyst", None):
        assert await held_by(sale, stranger) == ["FORBIDDEN"], stranger
    order = await sale.do_it("placeOrder", {"reservationId": hers})  # she may order what is held for her
    assert order["__typename"] == "Order"
    assert ids(await held_by(sale, sale.manager)) == [nobodys, platforms]


async def test_a_store_keeps_no_shopper_from_buying(sale: Selling) -> None:
    """What its people take in her name is theirs to answer for, and they can find it and give it back."""
    for _ in range(50):
        assert (await hold(sale, sale.manager, SHOPPER))["__typename"] == "Reservation"
    for customer in (SHOPPER, None):
        refused = await hold(sale, sale.manager, customer)
        assert (refused["__typename"], refused["most"]) == ("TooManyHolds", 50)
    for _ in range(20):
        assert (await hold(sale, SHOPPER))["__typename"] == "Reservation"
    assert (await hold(sale, SHOPPER))["most"] == 20
    one = ids(await held_by(sale, sale.manager))[0]
    assert (await sale.done("releaseHold", {"reservationId": one}, by=sale.manager))["__typename"] == "Reservation"
    order = await sale.place((1, 1), by=sale.manager, customerId=sale.trade.id(SHOPPER))
    assert order["__typename"] == "Order"
    assert (await hold(sale, sale.manager))["__typename"] == "TooManyHolds"  # unpaid, it counts where its hold did
