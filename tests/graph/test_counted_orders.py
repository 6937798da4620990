"""A count that finds less than is ordered: the newest orders that nobody has paid end, those that are paid never."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

import boot
from models.database import Database
from models.inventory import releasing
from tests.graph.selling import OTHER, SHOPPER, Selling, opened
from tests.graph.trade import Trade, change

PAPER = "... on StockDocument { id kind } ... on GoodsPaidFor { shortages { wanted } }"


@pytest.fixture
async def sale(access: boot.Access, app: Database, changing: Trade) -> AsyncIterator[Selling]:
    """A shop of its own for each test, with ten of sku 1."""
    made = await opened(access.owner, app, changing, changing.a_shop())
    await made.end()
    yield made
    await made.end()


async def counted(sale: Selling, units: int) -> Any:
    """What comes of the shop's manager counting sku 1."""
    ((place,),) = await sale.rows("SELECT id FROM location WHERE organization_id = $1", sale.trade.key(sale.store))
    goods = [{"skuId": sale.trade.id("sku:1"), "quantity": units}]
    given = {"locationId": f"location_{place.hex}", "goods": goods}
    return await sale.done("countStock", given, by=sale.manager, answer=PAPER)


async def stock(sale: Selling) -> list[int]:
    query = "SELECT on_hand, reserved, allocated FROM stock WHERE owner_id = $1 AND sku_id = $2"
    ((on_hand, reserved, allocated),) = await sale.rows(query, sale.trade.key(sale.store), sale.trade.key("sku:1"))
    return [on_hand, reserved, allocated]


async def states(sale: Selling, *orders: str) -> list[tuple[str, str | None]]:
    shown = [await sale.shown(order, "admin") for order in orders]
    return [(one["state"], one["cancelCause"]) for one in shown]


async def earlier(sale: Selling, order: str) -> None:
    older = "UPDATE order_header SET placed_at = placed_at - interval '1 minute' WHERE tenant_id = $1 AND id = $2"
    await change(sale.owner, sale.trade, (older, UUID(order.rpartition("_")[2])), bump=False)


async def test_holds_end_before_orders_and_the_newest_orders_first(sale: Selling) -> None:
    paid = await sale.paid((1, 2))
    first, second = [(await sale.place((1, units)))["id"] for units in (3, 2)]
    await earlier(sale, first)
    held = await sale.done("holdStock", {"lines": [await sale.line(1, 2)]}, by=OTHER)
    assert (await counted(sale, 7))["__typename"] == "StockDocument"
    assert await states(sale, first, second) == [("PENDING_PAYMENT", None)] * 2
    assert (await sale.do_it("placeOrder", {"reservationId": held["id"]}, by=OTHER))["__typename"] == "HoldOver"
    assert (await counted(sale, 5))["__typename"] == "StockDocument"
    assert await states(sale, paid, first, second) == [
        ("CONFIRMED", None),
        ("PENDING_PAYMENT", None),
        ("CANCELLED", "GOODS_GONE"),
    ]
    assert await stock(sale) == [5, 3, 2]
    audited = "SELECT count(*) FROM audit_entry WHERE operation = 'cancelOrder' AND target_id = $1"
    assert await sale.rows(audited, UUID(second.rpartition("_")[2])) == [(1,)]


async def test_what_is_paid_for_is_never_counted_away(sale: Selling) -> None:
    await sale.paid((1, 6))
    order = (await sale.place((1, 2)))["id"]
    before = await sale.written()
    refused = await counted(sale, 5)
    assert (refused["__typename"], refused["shortages"]) == ("GoodsPaidFor", [{"wanted": 1}])
    assert await sale.written() == before
    assert await states(sale, order) == [("PENDING_PAYMENT", None)]
    assert await stock(sale) == [10, 2, 6]


async def test_more_orders_than_one_act_ends_are_ended_in_steps(sale: Selling, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releasing, "MAX_ORDERS_ENDED", 2)
    orders = [(await sale.place((1, 2)))["id"] for _ in range(3)]
    before = await sale.written()
    assert (await counted(sale, 0))["__typename"] == "TooManyOrders"
    assert await sale.written() == before
    assert await states(sale, *orders) == [("PENDING_PAYMENT", None)] * 3
    assert (await counted(sale, 2))["__typename"] == "StockDocument"
    assert (await counted(sale, 0))["__typename"] == "StockDocument"
    assert await states(sale, *orders) == [("CANCELLED", "GOODS_GONE")] * 3
    assert await stock(sale) == [0, 0, 0]


async def test_orders_end_in_as_many_statements_however_many_they_are(sale: Selling) -> None:
    counts = []
    for orders in (1, 5):
        assert (await counted(sale, 10))["__typename"] == "StockDocument"
        for _ in range(orders):
            await sale.place((1, 2))
        ((place,),) = await sale.rows("SELECT id FROM location WHERE organization_id = $1", sale.trade.key(sale.store))
        goods = [{"skuId": sale.trade.id("sku:1"), "quantity": 0}]
        given = {"locationId": f"location_{place.hex}", "goods": goods}
        asked = await sale.do("countStock", given, by=sale.manager, answer=PAPER)
        assert asked.data["done"]["kind"] == "COUNT"
        counts.append(len(asked.statements))
    assert counts == [36, 36]


@pytest.mark.parametrize("act", ["adjustStock", "quarantineStock"])
async def test_what_is_broken_or_locked_away_ends_unpaid_orders_and_meets_paid_ones(sale: Selling, act: str) -> None:
    paid, unpaid = await sale.paid((1, 4)), (await sale.place((1, 3)))["id"]
    ((place,),) = await sale.rows("SELECT id FROM location WHERE organization_id = $1", sale.trade.key(sale.store))

    async def take(units: int) -> Any:
        quantity = units if act == "quarantineStock" else -units
        goods = [{"skuId": sale.trade.id("sku:1"), "quantity": quantity}]
        given = {"locationId": f"location_{place.hex}", "goods": goods, "reason": "x"}
        return await sale.done(act, given, by=sale.manager, answer=PAPER)

    before = await sale.written()
    assert (await take(7))["shortages"] == [{"wanted": 1}]
    assert await sale.written() == before
    assert (await take(5))["__typename"] == "StockDocument"
    assert await states(sale, paid, unpaid) == [("CONFIRMED", None), ("CANCELLED", "GOODS_GONE")]
    assert (await stock(sale))[1:] == [0, 4]


async def test_money_for_an_order_whose_goods_are_gone_goes_back(sale: Selling) -> None:
    order = (await sale.place((1, 4)))["id"]
    payment = await sale.of_order("payOrder", order)
    assert (await counted(sale, 0))["__typename"] == "StockDocument"
    assert await sale.tell(payment["id"]) == "GIVEN_BACK"
    assert await states(sale, order) == [("CANCELLED", "GOODS_GONE")]
    assert await stock(sale) == [0, 0, 0]


async def test_counted_and_paid_at_once_are_one_after_the_other(sale: Selling) -> None:
    for _ in range(5):
        assert (await counted(sale, 10))["__typename"] == "StockDocument"
        order = (await sale.place((1, 4)))["id"]
        payment = await sale.of_order("payOrder", order)
        paper, told = await asyncio.gather(counted(sale, 2), sale.tell(payment["id"]))
        came = (paper["__typename"], told, *(await states(sale, order))[0])
        assert came in {
            ("StockDocument", "GIVEN_BACK", "CANCELLED", "GOODS_GONE"),
            ("GoodsPaidFor", "CONFIRMED", "CONFIRMED", None),
        }
        if told == "CONFIRMED":
            await sale.of_order("cancelOrder", order, by=SHOPPER)
