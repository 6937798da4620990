"""What a shop has sold by acts: what was cancelled of an order is not sold, and what went back is not paid."""

from typing import Any

from tests.graph.selling import SHOPPER, Selling

SALES = """{ organization(id: "%s") { sales(from: "2026-11-01", until: "2026-12-01", by: [%s]) {
  totalCount nodes { sku { code } units orders parties amount } } } }"""


async def sold(sale: Selling, by: str = "") -> list[Any]:
    """(sku,) units, orders, parties and amount, as the shop reads them."""
    asked = await sale.ask(SALES % (sale.trade.id(sale.store), by), sale.manager)
    found = asked["organization"]["sales"]
    assert found["totalCount"] == len(found["nodes"])
    figures = [tuple(node[name] for name in ("units", "orders", "parties", "amount")) for node in found["nodes"]]
    return [(node["sku"]["code"], *row) if by else row for node, row in zip(found["nodes"], figures, strict=True)]


async def test_what_was_cancelled_is_not_sold(sale: Selling) -> None:
    order = await sale.paid((1, 10))
    await sale.of_order("shipOrder", order, by=sale.manager, lines=[{"line": 1, "quantity": 4}])
    rest = await sale.of_order("cancelRest", order)
    assert (rest["state"], rest["paid"], rest["refunded"]) == ("FULFILLED", 9_000, 5_400)
    assert await sold(sale) == []  # nobody has received it
    await sale.of_order("receiveOrder", order)
    assert await sold(sale) == [(4, 1, 1, 3_600)]


async def test_money_that_went_back_is_taken_off_and_the_goods_stay_sold(sale: Selling) -> None:
    order = await sale.paid((1, 10))
    await sale.of_order("shipOrder", order, by=sale.manager)
    await sale.of_order("receiveOrder", order)
    assert await sold(sale) == [(10, 1, 1, 9_000)]
    back: Any = {"lines": [{"line": 1, "quantity": 2}], "reason": "They were broken."}
    assert (await sale.of_order("refundOrder", order, by=sale.manager, **back))["amount"] == 1_800
    assert await sold(sale) == [(10, 1, 1, 7_200)]
    some: Any = {"lines": [{"line": 1, "amount": 7_200}], "reason": "They were all broken."}
    assert (await sale.of_order("refundOrder", order, by=sale.manager, **some))["amount"] == 7_200
    assert await sold(sale) == [(10, 1, 1, 0)]


async def test_a_line_that_was_given_up_whole_is_in_no_figure(sale: Selling) -> None:
    order, other = await sale.paid((1, 3), (3, 2)), await sale.paid((3, 1))
    await sale.of_order("shipOrder", order, by=sale.manager, lines=[{"line": 1, "quantity": 2}])
    await sale.of_order("cancelRest", order)
    await sale.of_order("shipOrder", other, by=sale.manager)
    for one in (order, other):
        assert (await sale.of_order("receiveOrder", one, by=SHOPPER))["state"] == "COMPLETED"
    assert sorted(await sold(sale, "SKU")) == [("1", 2, 1, 1, 2_000), ("3", 1, 1, 1, 333)]
    assert await sold(sale) == [(3, 2, 1, 2_333)]
