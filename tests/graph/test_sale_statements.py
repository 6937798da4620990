"""How many statements each act of a sale takes: as many for one line as for two."""

from typing import Any

from tests.graph.selling import SHOPPER, Selling

LINES = ([(1, 2)], [(1, 2), (3, 2)])


async def taken(sale: Selling, act: str, given: Any, by: str = SHOPPER) -> tuple[Any, int]:
    """What is answered, and how many statements that took; a small part of the answer is asked for."""
    asked = await sale.do(act, given, by=by, answer="... on Node { id }")
    assert asked.errors == []
    assert asked.data["done"].get("id"), asked.data
    return asked.data["done"]["id"], len(asked.statements)


async def test_an_order_takes_as_many(sale: Selling) -> None:
    for wanted in LINES:
        lines = [await sale.line(*one) for one in wanted]
        held, to_hold = await taken(sale, "holdStock", {"lines": lines})
        order, to_place = await taken(sale, "placeOrder", {"reservationId": held})
        _, both = await taken(sale, "placeOrder", {"lines": lines})
        payment, to_pay = await taken(sale, "payOrder", {"orderId": order})
        _, again = await taken(sale, "payOrder", {"orderId": order})
        assert (to_hold, to_place, both, to_pay, again) == (13, 15, 27, 21, 10)
        assert await sale.tell(payment) == "CONFIRMED"


async def test_what_becomes_of_it_takes_as_many(sale: Selling) -> None:
    for wanted in LINES:
        order, other = await sale.paid(*wanted), await sale.paid(*wanted)
        one = [{"line": 1, "quantity": 1}]
        _, to_ship = await taken(sale, "shipOrder", {"orderId": order, "lines": one}, sale.manager)
        _, to_end = await taken(sale, "cancelRest", {"orderId": order})
        _, to_receive = await taken(sale, "receiveOrder", {"orderId": order})
        back = {"orderId": order, "lines": one, "reason": "x"}
        _, to_refund = await taken(sale, "refundOrder", back, sale.manager)
        _, to_cancel = await taken(sale, "cancelOrder", {"orderId": other})
        assert (to_ship, to_end, to_receive, to_refund, to_cancel) == (18, 24, 10, 19, 24)
