"""A count that finds less than is ordered: the newest orders that nobody has paid end, the newest that are paid go
short, and who came first keeps her goods."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from models.inventory import releasing
from models.ordering import shortening
from tests.graph.selling import OTHER, SHOPPER, Selling
from tests.graph.trade import change

PAPER = "... on StockDocument { id kind }"
PAID = "CONFIRMED", None


async def counting(sale: Selling, *units: int) -> Any:
    """What the shop's manager says of sku 1, and of sku 3."""
    ((place,),) = await sale.rows("SELECT id FROM location WHERE organization_id = $1", sale.trade.key(sale.store))
    skus = zip((1, 3), units, strict=False)
    goods = [{"skuId": sale.trade.id(f"sku:{sku}"), "quantity": quantity} for sku, quantity in skus]
    return {"locationId": f"location_{place.hex}", "goods": goods}


async def counted(sale: Selling, *units: int) -> Any:
    """What comes of the shop's manager counting sku 1, and sku 3."""
    return await sale.done("countStock", await counting(sale, *units), by=sale.manager, answer=PAPER)


async def stock(sale: Selling) -> list[int]:
    query = "SELECT on_hand, reserved, allocated FROM stock WHERE owner_id = $1 AND sku_id = $2"
    ((on_hand, reserved, allocated),) = await sale.rows(query, sale.trade.key(sale.store), sale.trade.key("sku:1"))
    return [on_hand, reserved, allocated]


async def states(sale: Selling, *orders: str) -> list[tuple[str, str | None]]:
    shown = [await sale.shown(order, "admin") for order in orders]
    return [(one["state"], one["cancelCause"]) for one in shown]


async def short(sale: Selling, *orders: str) -> list[list[int]]:
    """What each line of each order lacks, as its buyer sees it."""
    shown = [await sale.shown(order, SHOPPER) for order in orders]
    return [[line["short"] for line in one["lines"]["nodes"]] for one in shown]


async def earlier(sale: Selling, order: str, minutes: int = 1) -> None:
    older = "UPDATE order_header SET placed_at = placed_at - $3 * interval '1 minute' WHERE tenant_id = $1 AND id = $2"
    await change(sale.owner, sale.trade, (older, UUID(order.rpartition("_")[2]), minutes), bump=False)


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
        PAID,
        ("PENDING_PAYMENT", None),
        ("CANCELLED", "GOODS_GONE"),
    ]
    assert (await stock(sale), await short(sale, paid)) == ([5, 3, 2], [[0]])
    audited = "SELECT count(*) FROM audit_entry WHERE operation = 'cancelOrder' AND target_id = $1"
    assert await sale.rows(audited, UUID(second.rpartition("_")[2])) == [(1,)]


async def test_what_is_paid_for_goes_short_last_the_newest_first(sale: Selling) -> None:
    old, new, newest = [await sale.paid((1, units)) for units in (3, 4, 1)]
    order = (await sale.place((1, 2)))["id"]
    await earlier(sale, old, 2)
    await earlier(sale, new)
    assert (await counted(sale, 6))["__typename"] == "StockDocument"
    assert await states(sale, old, new, newest, order) == [PAID, PAID, PAID, ("CANCELLED", "GOODS_GONE")]
    assert await short(sale, old, new, newest) == [[0], [1], [1]]
    assert await stock(sale) == [6, 0, 6]
    assert (await counted(sale, 1))["__typename"] == "StockDocument"
    assert await short(sale, old, new, newest) == [[2], [4], [1]]
    assert (await counted(sale, 0))["__typename"] == "StockDocument"
    assert (await counted(sale, 9))["__typename"] == "StockDocument"  # what comes in again waits for somebody to say so
    assert await short(sale, old, new, newest) == [[3], [4], [1]]
    assert (await stock(sale), await sale.sellable(1)) == ([9, 0, 0], 9)


async def test_one_count_leaves_several_lines_short(sale: Selling) -> None:
    first, second = await sale.paid((1, 4), (3, 5)), await sale.paid((1, 2), (3, 1))
    await earlier(sale, first)
    assert (await counted(sale, 1, 5))["__typename"] == "StockDocument"
    assert await short(sale, first, second) == [[3, 0], [2, 1]]


async def test_more_orders_than_one_act_touches_are_touched_in_steps(
    sale: Selling, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (releasing, shortening):
        monkeypatch.setattr(module, "MAX_ORDERS_TOUCHED", 2)
    paid = [await sale.paid((1, 2)) for _ in range(2)]
    orders = [(await sale.place((1, 2)))["id"] for _ in range(3)]
    before = await sale.written()
    for units in (4, 0):
        assert (await counted(sale, units))["__typename"] == "TooManyOrders"
    assert await sale.written() == before
    assert await states(sale, *orders) == [("PENDING_PAYMENT", None)] * 3
    assert (await counted(sale, 6))["__typename"] == "StockDocument"
    before = await sale.written()
    assert (await counted(sale, 0))["__typename"] == "TooManyOrders"
    assert await sale.written() == before
    for units in (2, 0):
        assert (await counted(sale, units))["__typename"] == "StockDocument"
    assert await states(sale, *orders, *paid) == [("CANCELLED", "GOODS_GONE")] * 3 + [PAID] * 2
    assert (await stock(sale), await short(sale, *paid)) == ([0, 0, 0], [[2], [2]])


async def test_orders_give_way_in_as_many_statements_however_many_they_are(sale: Selling) -> None:
    counts = []
    for pay, orders in ((False, 1), (False, 5), (True, 1), (True, 5)):
        assert (await counted(sale, 10))["__typename"] == "StockDocument"
        for _ in range(orders):
            await (sale.paid((1, 2)) if pay else sale.place((1, 2)))
        asked = await sale.do("countStock", await counting(sale, 0), by=sale.manager, answer=PAPER)
        assert asked.data["done"]["kind"] == "COUNT"
        counts.append(len(asked.statements))
    assert counts == [37, 37, 32, 32]


@pytest.mark.parametrize("act", ["adjustStock", "quarantineStock"])
async def test_what_is_broken_or_locked_away_ends_unpaid_orders_and_leaves_paid_ones_short(
    sale: Selling, act: str
) -> None:
    paid, unpaid = await sale.paid((1, 4)), (await sale.place((1, 3)))["id"]
    given = await counting(sale, 7 if act == "quarantineStock" else -7)
    made = await sale.done(act, {**given, "reason": "x"}, by=sale.manager, answer=PAPER)
    assert made["__typename"] == "StockDocument"
    assert await states(sale, paid, unpaid) == [PAID, ("CANCELLED", "GOODS_GONE")]
    assert (await short(sale, paid), (await stock(sale))[1:]) == ([[1]], [0, 3])


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
        paper, told = await asyncio.gather(counted(sale, 1), sale.tell(payment["id"]))
        came = (paper["__typename"], told, *(await states(sale, order))[0], await short(sale, order))
        assert came in [
            ("StockDocument", "GIVEN_BACK", "CANCELLED", "GOODS_GONE", [[0]]),
            ("StockDocument", "CONFIRMED", "CONFIRMED", None, [[3]]),
        ]
        if told == "CONFIRMED":
            await sale.of_order("cancelOrder", order, by=SHOPPER)
