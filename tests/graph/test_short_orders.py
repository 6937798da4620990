"""Paid orders that lack goods: what may be done to them, who sees to them, and whose goods are found for them again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

import boot
from models.database import Database
from tests.conftest import NOW
from tests.graph.selling import FULFILLER, OTHER, SHOPPER, Selling, opened
from tests.graph.shops import CLERK
from tests.graph.test_counted_orders import PAPER, counted, earlier, short, states, stock
from tests.graph.trade import Trade

HOUSE = "distributor:1"
LISTED = "nodes { orderNumber line short shortSince order { id } sku { code } goodsOwner { code } fulfiller { code } }"


@pytest.fixture
async def sale(access: boot.Access, app: Database, changing: Trade) -> AsyncIterator[Selling]:
    """A shop of its own for each test, with ten of sku 1, in a trade in which everybody trades."""
    made = await opened(access.owner, app, changing, changing.a_shop())
    await made.end()
    yield made
    await made.stand(HOUSE, "ACTIVE")
    await made.end()


async def lacking(sale: Selling, units: int, lack: int) -> str:
    """An order that is paid, so many units of it, and lacks some."""
    order = await sale.paid((1, units))
    allocated = (await stock(sale))[2]
    assert (await counted(sale, allocated - lack))["__typename"] == "StockDocument"
    assert await short(sale, order) == [[lack]]
    return order


async def listed(sale: Selling, field: str, of: str, by: str | None, more: str = "") -> Any:
    """What a viewer finds in a list of an organisation's."""
    text = '{ organization(id: "%s") { it: %s%s { totalCount pageInfo { endCursor hasNextPage } %s } } }' % (
        *(sale.trade.id(of), field, more, LISTED),
    )
    asked = await sale.graph.ask(text, by=by, tenant=sale.trade.code)
    return asked.codes or asked.data["organization"]["it"]


async def queued(sale: Selling) -> list[tuple[str, int]]:
    """The seller's list: which orders lack how much."""
    found = await listed(sale, "shortLines", sale.store, sale.manager)
    return [(node["order"]["id"], node["short"]) for node in found["nodes"]]


def key(id: str) -> UUID:
    return UUID(id.rpartition("_")[2])


# ── shipped and given up ──────────────────────────────────────────────────────────────────────────────────────────────
async def test_what_has_goods_ships_and_the_rest_is_given_up(sale: Selling) -> None:
    order = await sale.paid((1, 6))
    two: dict[str, Any] = {"lines": [{"line": 1, "quantity": 2}]}
    await sale.of_order("shipOrder", order, by=sale.manager, **two)
    assert (await counted(sale, 1))["__typename"] == "StockDocument"
    assert (await short(sale, order), await queued(sale)) == ([[3]], [(order, 3)])
    told = await sale.of_order("shipOrder", order, by=sale.manager, **two)
    assert [told[name] for name in ("__typename", "line", "wanted", "left", "short")] == ["NotSoManyLeft", 1, 2, 1, 3]
    made = await sale.of_order("shipOrder", order, by=sale.manager)
    assert made["lines"]["nodes"] == [{"line": 1, "quantity": 1}]
    assert await states(sale, order) == [("PARTLY_FULFILLED", None)]
    told = await sale.of_order("shipOrder", order, by=sale.manager)
    assert [told[name] for name in ("__typename", "line", "wanted", "left", "short")] == ["NotSoManyLeft", 1, 3, 0, 3]
    rest = await sale.of_order("cancelRest", order, by=sale.manager)
    (line,) = rest["lines"]["nodes"]
    assert (rest["state"], rest["refunded"], line["shipped"], line["cancelled"], line["short"]) == (
        *("FULFILLED", 3_000),
        *(3, 3, 0),
    )
    assert (await queued(sale), await stock(sale)) == ([], [0, 0, 0])


async def test_what_lacks_goods_is_given_up_with_what_has_them(sale: Selling) -> None:
    order = await sale.paid((1, 5), (3, 2))
    await sale.of_order("shipOrder", order, by=sale.manager, lines=[{"line": 2, "quantity": 1}])
    await counted(sale, 2)
    rest = await sale.of_order("cancelRest", order, lines=[1])
    assert (rest["state"], rest["refunded"]) == ("PARTLY_FULFILLED", 5_000)
    assert (await stock(sale), await short(sale, order), await queued(sale)) == ([2, 0, 0], [[0, 0]], [])


@pytest.mark.parametrize("lack", [2, 4])
async def test_an_order_that_lacks_goods_is_given_up_with_all_its_money(sale: Selling, lack: int) -> None:
    order = await lacking(sale, 4, lack)
    assert await states(sale, order) == [("CONFIRMED", None)]
    back: dict[str, Any] = {"lines": [{"line": 1, "amount": 300}], "reason": "x"}
    assert (await sale.of_order("refundOrder", order, by=sale.manager, **back))["amount"] == 300
    gone = await sale.of_order("cancelOrder", order)
    (line,) = gone["lines"]["nodes"]
    assert (gone["state"], gone["refunded"], line["cancelled"], line["short"]) == ("CANCELLED", 4_000, 4, 0)
    assert (await stock(sale), await queued(sale)) == ([4 - lack, 0, 0], [])


async def test_an_order_that_lacks_everything_does_not_ship(sale: Selling) -> None:
    order = await lacking(sale, 3, 3)
    before = await sale.written()
    assert (await sale.of_order("shipOrder", order, by=sale.manager))["short"] == 3
    assert await sale.written() == before
    assert await states(sale, order) == [("CONFIRMED", None)]


# ── found again ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_goods_are_found_again_as_many_as_there_are(sale: Selling) -> None:
    order = await lacking(sale, 6, 4)
    none = await sale.of_order("allocateOrder", order, by=sale.manager)
    assert (none["__typename"], none["shortages"]) == ("NotEnoughStock", [{"wanted": 4, "available": 0}])
    await counted(sale, 5)
    part = await sale.of_order("allocateOrder", order, by=sale.manager, key="k")
    assert ([line["short"] for line in part["lines"]["nodes"]], await queued(sale)) == ([1], [(order, 1)])
    await counted(sale, 9)
    assert (await sale.of_order("allocateOrder", order, by=sale.manager, key="k"))["id"] == order
    assert await short(sale, order) == [[1]]  # told again, not done again
    whole = await sale.of_order("allocateOrder", order, by=sale.manager)
    assert ([line["short"] for line in whole["lines"]["nodes"]], await queued(sale)) == ([0], [])
    assert await stock(sale) == [9, 0, 6]
    assert (await sale.of_order("allocateOrder", order, by=sale.manager))["__typename"] == "NothingShort"
    text = '{ order(id: "%s") { allocations { nodes { quantity givenBack } } } }' % order
    parts = (await sale.ask(text, sale.manager))["order"]["allocations"]["nodes"]
    assert [(one["quantity"], one["givenBack"]) for one in parts] == [(6, 4), (3, 0), (1, 0)]
    await sale.of_order("shipOrder", order, by=sale.manager)
    assert (await states(sale, order), await stock(sale)) == ([("FULFILLED", None)], [3, 0, 0])


async def test_goods_are_found_line_by_line(sale: Selling) -> None:
    order = await sale.paid((1, 2), (3, 3))
    await counted(sale, 0, 0)
    await counted(sale, 0, 2)
    await sale.of_order("allocateOrder", order, by=sale.manager)
    assert await short(sale, order) == [[2, 1]]


async def test_goods_are_found_by_who_sells(sale: Selling) -> None:
    """Whoever may not is told the same as of an order that is not there."""
    orders = [await sale.paid((1, 1)) for _ in range(4)]
    unpaid = (await sale.place((1, 1)))["id"]
    await counted(sale, 0)
    await counted(sale, 4)
    brand, tms = "brand:1/operator", await sale.hire(f"tms-{sale.store}", "TMS")
    before = await sale.written()
    for by in (SHOPPER, OTHER, CLERK, FULFILLER, brand, "brand:1/analyst", tms):
        asked = await sale.do("allocateOrder", {"orderId": orders[0]}, by=by)
        assert asked.codes == ["FORBIDDEN"] or asked.data["done"]["__typename"] == "NotAllowed", by
    nothing = await sale.of_order("allocateOrder", f"order_{uuid4().hex}", by=sale.manager)
    assert nothing["__typename"] == "NotAllowed"
    assert (await sale.of_order("allocateOrder", unpaid, by=sale.manager))["__typename"] == "NothingShort"
    assert await sale.written() == before
    clerk, wms = await sale.hire(f"c-{sale.store}", "CLERK"), await sale.hire(f"wms-{sale.store}", "WMS")
    for order, by in zip(orders, (sale.manager, clerk, wms, "admin"), strict=True):
        assert (await sale.of_order("allocateOrder", order, by=by))["__typename"] == "Order", by
    audited = """SELECT on_behalf_of_id, details::text FROM audit_entry
                 WHERE operation = 'allocateOrder' AND target_id = $1"""
    ((behalf, details),) = await sale.rows(audited, key(orders[-1]))
    one = {"line": 1, "sku": sale.trade.key("sku:1").hex, "quantity": 1}
    assert (behalf, orjson.loads(details)) == (sale.trade.key(sale.store), {"lines": [one]})


async def test_finding_takes_as_many_statements_for_one_line_as_for_two(sale: Selling) -> None:
    counts = []
    for wanted in ([(1, 2)], [(1, 2), (3, 2)]):
        order = await sale.paid(*wanted)
        await counted(sale, 0, 0)
        await counted(sale, 9, 9)
        asked = await sale.do("allocateOrder", {"orderId": order}, by=sale.manager, answer="... on Node { id }")
        assert asked.data["done"]["id"] == order
        counts.append(len(asked.statements))
    assert counts == [19, 19]


# ── others' goods ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def contributed(sale: Selling) -> tuple[UUID, int]:
    """Where the distributor keeps what this shop may sell of it, and how much of that is promised."""
    ((place, held),) = await sale.rows(
        "SELECT x.location_id, k.held FROM pool_contribution x JOIN pool_contribution_sku k ON k.contribution_id = x.id"
        " WHERE x.visible_to_id = $1",
        sale.trade.key(sale.store),
    )
    return place, held


async def house_counts(sale: Selling, units: int, by: str = FULFILLER) -> Any:
    place, _ = await contributed(sale)
    goods = [{"skuId": sale.trade.id("sku:1"), "quantity": units}]
    return await sale.done("countStock", {"locationId": f"location_{place.hex}", "goods": goods}, by=by, answer=PAPER)


async def test_what_its_owner_counts_away_is_short_and_found_again_of_its_owner(sale: Selling) -> None:
    await sale.contribute(1, 6)
    order = await sale.paid((1, 14))
    assert (await contributed(sale))[1] == 4
    assert (await house_counts(sale, 1, by="admin"))["__typename"] == "StockDocument"
    assert (await short(sale, order), (await contributed(sale))[1]) == ([[0, 3]], 1)
    await counted(sale, 20)  # goods of another owner do not stand in for them
    assert (await sale.of_order("allocateOrder", order, by=sale.manager))["__typename"] == "NotEnoughStock"
    await house_counts(sale, 5)
    await sale.stand(HOUSE, "SUSPENDED")
    assert (await sale.of_order("allocateOrder", order, by=sale.manager))["__typename"] == "NotEnoughStock"
    await sale.stand(HOUSE, "ACTIVE")
    assert (await sale.of_order("allocateOrder", order, by=sale.manager))["__typename"] == "Order"
    assert (await short(sale, order), (await contributed(sale))[1]) == ([[0, 0]], 4)
    sent = await sale.of_order("shipOrder", order, by=FULFILLER)
    assert sum(line["quantity"] for line in sent["lines"]["nodes"]) == 4
    assert (await contributed(sale))[1] == 0


async def test_each_hears_of_its_own_part(sale: Selling) -> None:
    await sale.contribute(1, 6)
    order = await sale.paid((1, 14))
    store, house, sku = (sale.trade.key(one) for one in (sale.store, HOUSE, "sku:1"))
    await counted(sale, 7)
    await house_counts(sale, 2, by="admin")
    await house_counts(sale, 3)
    await sale.of_order("allocateOrder", order, by=sale.manager)
    await sale.of_order("cancelOrder", order)
    told = await sale.rows(
        "SELECT type, audience, facts::text FROM outbox_event WHERE aggregate_id = $1 AND type NOT IN"
        " ('OrderPlaced', 'OrderPaid') ORDER BY id",
        key(order),
    )
    found = [(type, audience, orjson.loads(facts).get("lines")) for type, audience, facts in told]

    def units(line: int, quantity: int) -> list[dict[str, Any]]:
        return [{"line": line, "sku": sku.hex, "quantity": quantity}]

    assert found == [
        ("GoodsToShip", [house], units(2, 4)),
        ("OrderShort", [store], units(1, 3)),
        ("OrderShort", [store], units(2, 2)),
        ("GoodsShort", [house], units(2, 2)),
        ("OrderAllocated", [store], units(2, 1)),
        ("GoodsToShip", [house], units(2, 1)),
        ("OrderCancelled", [store], None),
        ("GoodsNotToShip", [house], units(2, 3)),  # 4 − 2 + 1: what was still to ship
    ]
    audited = """SELECT actor_class, organization_id, on_behalf_of_id, details::text FROM audit_entry
                 WHERE operation = 'orderShort' AND target_id = $1 ORDER BY id"""
    entries = [(*entry[:3], orjson.loads(entry[3])) for entry in await sale.rows(audited, key(order))]
    assert entries == [
        ("STORE_MANAGER", store, None, {"cause": "GOODS_GONE", "lines": units(1, 3)}),
        ("PLATFORM_ADMIN", None, house, {"cause": "GOODS_GONE", "lines": units(2, 2)}),
    ]


# ── who sees to it ────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_longest_waiting_is_the_first_of_the_list(sale: Selling) -> None:
    orders = [await sale.paid((1, 2)) for _ in range(3)]
    for place, order in enumerate(reversed(orders)):
        await earlier(sale, order, place)
    for lack, order in enumerate((orders[2], orders[1], orders[0]), start=1):  # who came last lacks first
        sale.graph.now = NOW + timedelta(minutes=lack)
        await counted(sale, 6 - 2 * lack)
        assert [id for id, _ in await queued(sale)] == [*reversed(orders)][:lack]
        assert await short(sale, order) == [[2]]
    seen, after = [], ""
    for _ in range(2):
        page = await listed(sale, "shortLines", sale.store, sale.manager, f"(first: 2{after})")
        assert page["totalCount"] == 3
        seen += [(node["order"]["id"], node["shortSince"]) for node in page["nodes"]]
        after = ', after: "%s"' % page["pageInfo"]["endCursor"]
    assert page["pageInfo"]["hasNextPage"] is False
    assert seen == [
        (order, f"2026-11-24T12:0{minute}:00+00:00") for minute, order in enumerate(reversed(orders), start=1)
    ]
    sale.graph.now = NOW + timedelta(minutes=9)
    await counted(sale, 1)
    await sale.of_order("allocateOrder", orders[2], by=sale.manager)
    await counted(sale, 0)  # and lacks it again: it waits since the first time, as long as it lacks something
    assert [id for id, _ in await queued(sale)] == [*reversed(orders)]


async def test_the_seller_and_who_ships_see_it_and_nobody_else(sale: Selling) -> None:
    await sale.contribute(1, 6)
    order = await sale.paid((1, 14))
    await counted(sale, 9)
    await house_counts(sale, 2)
    number = (await sale.shown(order, SHOPPER))["number"]
    own = {"orderNumber": number, "sku": {"code": "1"}, "line": 1, "short": 1, "order": {"id": order}}
    own |= {"goodsOwner": {"code": sale.store.split(":")[1]}, "fulfiller": {"code": sale.store.split(":")[1]}}
    theirs = own | {"line": 2, "short": 2, "goodsOwner": {"code": "1"}, "fulfiller": {"code": "1"}}

    async def nodes(field: str, of: str, by: str) -> Any:
        found = await listed(sale, field, of, by)
        if not isinstance(found, dict):
            return found
        mine = [node for node in found["nodes"] if node["orderNumber"] == number]
        return [{name: value for name, value in node.items() if name != "shortSince"} for node in mine]

    assert await nodes("shortLines", sale.store, sale.manager) == [own, theirs]
    assert await nodes("shortToShip", sale.store, sale.manager) == [own]
    assert await nodes("shortToShip", HOUSE, FULFILLER) == [theirs | {"order": None}]
    assert await nodes("shortLines", HOUSE, FULFILLER) == []
    for by in (FULFILLER, CLERK, "brand:1/operator"):
        assert await nodes("shortLines", sale.store, by) is None, by
    for by in (sale.manager, CLERK, "brand:1/operator"):
        assert await nodes("shortToShip", HOUSE, by) is None, by
    for field in ("shortLines", "shortToShip"):
        for by in ("brand:1/analyst", SHOPPER, OTHER):
            assert await nodes(field, HOUSE, by) == ["FORBIDDEN"]
    text = "{ it: shortLines(first: 100) { %s } }" % LISTED
    everything = (await sale.ask(text, "admin"))["it"]["nodes"]
    assert [node["line"] for node in everything if node["orderNumber"] == number] == [1, 2]
    for other in (sale.manager, FULFILLER, SHOPPER, None):
        assert (await sale.graph.ask(text, by=other, tenant=sale.trade.code)).codes == ["FORBIDDEN"]


async def test_the_list_costs_the_same_however_many_lack_goods(sale: Selling) -> None:
    counts = []
    for _ in range(2):
        await sale.paid((1, 1))
        await counted(sale, 0)
        text = '{ organization(id: "%s") { shortLines { %s } } }' % (sale.trade.id(sale.store), LISTED)
        counts.append(len((await sale.graph.ask(text, by=sale.manager, tenant=sale.trade.code)).statements))
        await counted(sale, 9)
    assert counts[0] == counts[1]
