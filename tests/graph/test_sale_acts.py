"""A sale through the graph: quoted, placed, paid, shipped, received, given back; by whom, once, and in which words."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

from resolvers.ordering.placing import _hold_key
from tests.graph.client import GraphClient
from tests.graph.selling import FULFILLER, OTHER, SHOPPER, Selling
from tests.graph.shops import BOSS, CLERK
from tests.graph.trade import change


# ── quoted ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def quoted(sale: Selling, *wanted: tuple[int, int], by: str | None = None) -> Any:
    lines = [await sale.line(*one) for one in wanted]
    text = (
        "query ($lines: [QuoteLineInput!]!) { quote(lines: $lines) { total canBePlaced lines { quantity unitPrice"
        " amount sellable isEnough isSoldSo listing { sku { code } } } } }"
    )
    asked = await sale.graph.ask(text, {"lines": lines}, by=by, tenant=sale.trade.code)
    assert asked.errors == []
    return asked.data["quote"]


async def test_a_quote_says_what_an_order_would_cost(sale: Selling) -> None:
    """All lines of a sku together reach its quantity break, and need its goods."""
    made = await quoted(sale, (1, 4), (3, 2), (1, 6))
    assert (made["total"], made["canBePlaced"]) == (9_666, True)
    assert [(line["unitPrice"], line["amount"], line["isEnough"]) for line in made["lines"]] == [
        (900, 3_600, True),
        (333, 666, True),
        (900, 5_400, True),
    ]
    short = await quoted(sale, (1, 9), (1, 2))
    assert (short["total"], short["canBePlaced"], short["lines"][0]["sellable"]) == (9_900, False, 10)
    assert await sale.sellable(1) == 10


async def test_a_quote_costs_the_same_for_one_line_and_for_many(sale: Selling) -> None:
    text = "query ($lines: [QuoteLineInput!]!) { quote(lines: $lines) { total canBePlaced } }"
    counts = []
    for lines in ([await sale.line(1, 1)], [await sale.line(1, 1), await sale.line(3, 2), await sale.line(1, 3)]):
        asked = await sale.graph.ask(text, {"lines": lines}, tenant=sale.trade.code)
        counts.append(len(asked.statements))
    assert counts == [5, 5]


async def test_what_cannot_be_quoted(sale: Selling) -> None:
    text = "query ($lines: [QuoteLineInput!]!) { quote(lines: $lines) { total } }"

    async def ask(*lines: Any) -> Any:
        return await sale.graph.ask(text, {"lines": list(lines)}, tenant=sale.trade.code)

    assert (await ask({"listingId": f"listing_{uuid4().hex}", "quantity": 1})).data == {"quote": None}
    elsewhere = {"listingId": sale.trade.id("listing:1"), "quantity": 1}
    for lines in ([], [{**elsewhere, "quantity": 0}], [elsewhere, await sale.line(1, 1)]):
        assert (await ask(*lines)).codes == ["BAD_USER_INPUT"]
    assert (await ask({**elsewhere, "listingId": "x"})).codes == ["BAD_ID"]


async def test_more_than_money_can_be_is_not_quoted_whatever_else_has_no_price(sale: Selling) -> None:
    store = sale.trade.key(sale.store)
    dear = (
        "UPDATE price SET unit_fen = $4 FROM price_list l"
        " WHERE price.tenant_id = $1 AND l.tenant_id = $1 AND l.id = price_list_id AND seller_id = $2 AND sku_id = $3",
        *(store, sale.trade.key("sku:1"), 2**53 - 1),
    )
    none = (
        "DELETE FROM price USING price_list l"
        " WHERE price.tenant_id = $1 AND l.tenant_id = $1 AND l.id = price_list_id AND seller_id = $2 AND sku_id = $3",
        *(store, sale.trade.key("sku:3")),
    )
    await change(sale.owner, sale.trade, dear, none, bump=False)
    text = "query ($lines: [QuoteLineInput!]!) { quote(lines: $lines) { total lines { amount } } }"
    for quantity, codes in ((1, []), (2, ["BAD_USER_INPUT"])):
        lines = [await sale.line(1, quantity), await sale.line(3, 1)]
        assert (await sale.graph.ask(text, {"lines": lines}, tenant=sale.trade.code)).codes == codes


# ── placed ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_order_is_placed_at_the_price_of_its_quantity(sale: Selling) -> None:
    order = await sale.place((1, 10), (3, 1), expectedTotal=9_333)
    assert (order["__typename"], order["state"], order["total"], order["paid"]) == (
        "Order",
        "PENDING_PAYMENT",
        9_333,
        0,
    )
    assert [(line["unitPrice"], line["net"]) for line in order["lines"]["nodes"]] == [(900, 9_000), (333, 333)]
    assert order["paymentDueAt"] == "2026-11-24T12:15:00+00:00"
    assert await sale.sellable(1) == 0
    kinds = await sale.rows("SELECT type FROM outbox_event ORDER BY id DESC LIMIT 2")
    assert kinds == [("OrderPlaced",), ("StockHeld",)]


async def test_what_is_held_becomes_an_order(sale: Selling) -> None:
    held = await sale.done("holdStock", {"lines": [await sale.line(1, 2)], "minutes": 60}, by=SHOPPER)
    given = {"reservationId": held["id"]}
    assert (await sale.do_it("placeOrder", given, by=OTHER))["__typename"] == "NotAllowed"
    order = await sale.do_it("placeOrder", given)
    assert (order["total"], order["paymentDueAt"]) == (2_000, "2026-11-24T13:00:00+00:00")
    assert (await sale.do_it("placeOrder", given))["__typename"] == "HoldOver"
    released = await sale.done("releaseHold", given, by=SHOPPER)
    assert released["__typename"] == "HoldOver"
    assert await sale.sellable(1) == 8


async def test_what_is_refused_leaves_no_hold_behind(sale: Selling) -> None:
    key = uuid4().hex
    changed = await sale.place((1, 2), key=key, expectedTotal=1)
    assert (changed["__typename"], changed["expected"], changed["total"]) == ("PriceChanged", 1, 2_000)
    short = await sale.place((1, 11), (3, 1))
    assert (short["__typename"], short["shortages"]) == ("NotEnoughStock", [{"wanted": 11, "available": 10}])
    assert [await sale.sellable(sku) for sku in (1, 3)] == [10, 10]
    assert (await sale.place((1, 2), key=key, expectedTotal=1))["__typename"] == "PriceChanged"
    assert (await sale.place((1, 2), key=key, expectedTotal=2_000))["__typename"] == "Order"


async def test_an_order_is_placed_once_under_its_key(sale: Selling) -> None:
    lines = [await sale.line(1, 2)]
    answers = await asyncio.gather(*(sale.do_it("placeOrder", {"lines": lines}, key="k") for _ in range(20)))
    assert len({answer["id"] for answer in answers}) == 1
    assert await sale.sellable(1) == 8
    assert (await sale.place((1, 3), key="k"))["__typename"] == "KeyReused"
    assert (await sale.place((1, 2), key="k", expectedTotal=2_000))["__typename"] == "KeyReused"
    assert (await sale.place((1, 2), key="k"))["id"] == answers[0]["id"]
    assert await sale.sellable(1) == 8  # what was refused in between made nobody hold goods for nothing


async def test_a_hold_that_a_crash_left_behind_does_not_stop_the_order(sale: Selling) -> None:
    """The goods were held under the key, nobody placed the order, and they were given back in the end."""
    lines = [await sale.line(1, 2)]
    refused = await sale.do_it("placeOrder", {"lines": lines, "expectedTotal": 1}, key="crash")
    assert refused["__typename"] == "PriceChanged"
    own = _hold_key("crash")
    held = await sale.done("holdStock", {"lines": lines}, by=SHOPPER, key=own)
    await sale.done("releaseHold", {"reservationId": held["id"]}, by=SHOPPER)
    older = "UPDATE reservation SET created_at = created_at - interval '1 h' WHERE tenant_id = $1"
    await change(sale.owner, sale.trade, (older,), bump=False)
    assert (await sale.do_it("placeOrder", {"lines": lines}, key="crash"))["__typename"] == "Order"
    assert await sale.sellable(1) == 8


async def test_what_is_not_for_sale_is_not_ordered(sale: Selling) -> None:
    held = await sale.done("holdStock", {"lines": [await sale.line(1, 1), await sale.line(3, 1)]}, by=SHOPPER)
    gone = "UPDATE listing SET status = 'UNLISTED' WHERE tenant_id = $1 AND cloud_store_id = $2 AND sku_id = $3"
    await change(
        sale.owner, sale.trade, (gone, sale.trade.key(f"mall:{sale.store}"), sale.trade.key("sku:1")), bump=False
    )
    refused = await sale.do_it("placeOrder", {"reservationId": held["id"]})
    assert (refused["__typename"], refused["skus"]) == ("NotForSale", [{"code": "1"}])


async def test_all_that_is_wrong_with_an_order_is_told_at_once(sale: Selling) -> None:
    wrong = await sale.do_it("placeOrder", {"lines": [{"listingId": "x", "quantity": 0}], "expectedTotal": -1})
    assert [problem["path"][1:] for problem in wrong["problems"]] == [
        ["lines", "0", "quantity"],
        ["lines", "0", "listingId"],
        ["expectedTotal"],
    ]
    for given in ({}, {"lines": [], "reservationId": f"reservation_{uuid4().hex}"}):
        answer = await sale.do_it("placeOrder", given)
        assert answer["problems"][0]["path"] == ["input", "lines"]
    assert (await sale.place((1, 1), by=sale.manager))["problems"][0]["path"] == ["input", "customerId"]


async def test_the_shops_people_order_for_its_customers(sale: Selling) -> None:
    hers, another = sale.trade.id(SHOPPER), sale.trade.id(OTHER)
    order = await sale.place((1, 1), by=sale.manager, customerId=hers)
    assert order["__typename"] == "Order"
    assert (await sale.shown(order["id"], SHOPPER))["id"] == order["id"]
    for by, customer in ((sale.manager, another), (CLERK, hers), (FULFILLER, hers), (SHOPPER, another)):
        assert (await sale.place((1, 1), by=by, customerId=customer))["__typename"] == "NotAllowed", by
    assert await sale.sellable(1) == 9


async def test_a_shopper_holds_and_orders_so_much_at_a_time(sale: Selling) -> None:
    await sale.contribute(1, 50)
    first = [await sale.place((1, 1)) for _ in range(20)]
    refused = await sale.place((1, 1))
    assert (refused["__typename"], refused["most"]) == ("TooManyHolds", 20)
    line = await sale.line(1, 1)
    assert (await sale.done("holdStock", {"lines": [line]}, by=SHOPPER))["__typename"] == "TooManyHolds"
    # What the store's people take is the store's to answer for, also in her name.
    unnamed = await sale.done("holdStock", {"lines": [line]}, by=sale.manager)
    named = {"reservationId": unnamed["id"], "customerId": sale.trade.id(SHOPPER)}
    assert (await sale.do_it("placeOrder", named, by=sale.manager))["__typename"] == "Order"
    assert (await sale.place((1, 1), by=OTHER))["__typename"] == "Order"
    await sale.of_order("cancelOrder", first[0]["id"])
    assert (await sale.place((1, 1)))["__typename"] == "Order"


# ── paid ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_paying_leads_to_the_provider_and_to_the_same_place_again(sale: Selling) -> None:
    order = await sale.place((1, 1))
    first = await sale.of_order("payOrder", order["id"], key="p")
    assert (first["state"], first["amount"], first["payUrl"]) == (
        "CREATED",
        1_000,
        f"https://till.example/{first['id'].rpartition('_')[2]}",
    )
    assert await sale.of_order("payOrder", order["id"], key="p") == first
    assert await sale.of_order("payOrder", order["id"]) == first
    assert len(sale.till.asked) == 1
    assert await sale.tell(first["id"]) == "CONFIRMED"
    paid = await sale.shown(order["id"], SHOPPER)
    assert (paid["state"], paid["paid"]) == ("CONFIRMED", 1_000)
    refused = await sale.of_order("payOrder", order["id"])
    assert (refused["__typename"], refused["orderState"]) == ("TransitionNotAllowed", "CONFIRMED")
    assert (await sale.of_order("payOrder", order["id"], key="p"))["state"] == "PAID"


async def test_a_provider_that_is_down_does_no_harm(sale: Selling) -> None:
    order = await sale.place((1, 1))
    sale.till.down = True
    asked = await sale.do("payOrder", {"orderId": order["id"]}, by=SHOPPER, key="down")
    assert asked.codes == ["UNAVAILABLE"]
    sale.till.down = False
    paying = await sale.of_order("payOrder", order["id"], key="down")
    assert paying["payUrl"] is not None
    assert await sale.rows(
        "SELECT count(*) FROM payment WHERE order_id = (SELECT order_id FROM payment WHERE id = $1)", sale.till.asked[0]
    ) == [(1,)]


async def test_where_nobody_takes_payments_nothing_is_begun(sale: Selling, graph: GraphClient) -> None:
    order = await sale.place((1, 1))
    sale.graph, before = graph, await sale.written()
    assert (await sale.of_order("payOrder", order["id"]))["__typename"] == "PaymentUnavailable"
    assert await sale.written() == before


# ── to its end ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_order_from_beginning_to_end(sale: Selling) -> None:
    order = await sale.paid((1, 3), (3, 2))
    part = await sale.of_order("shipOrder", order, by=sale.manager, lines=[{"line": 1, "quantity": 2}], carrier="SF")
    assert (part["carrier"], part["lines"]["nodes"]) == ("SF", [{"line": 1, "quantity": 2}])
    many = await sale.of_order("shipOrder", order, by=sale.manager, lines=[{"line": 1, "quantity": 2}])
    assert (many["__typename"], many["left"]) == ("NotSoManyLeft", 1)
    rest = await sale.of_order("cancelRest", order, lines=[2])
    assert (rest["state"], rest["refunded"]) == ("PARTLY_FULFILLED", 666)
    await sale.of_order("shipOrder", order, by=sale.manager)
    gone = await sale.of_order("cancelOrder", order)
    assert (gone["__typename"], gone["orderState"], gone["possible"]) == (
        "TransitionNotAllowed",
        "FULFILLED",
        ["COMPLETED"],
    )
    done = await sale.of_order("receiveOrder", order)
    assert done["state"] == "COMPLETED"
    back = await sale.of_order(
        "refundOrder", order, by=sale.manager, lines=[{"line": 1, "quantity": 1}], reason="It was broken."
    )
    assert (back["state"], back["amount"]) == ("PENDING", 1_000)
    left = await sale.of_order("refundOrder", order, by=sale.manager, lines=[{"line": 1, "amount": 2_001}], reason="x")
    assert (left["__typename"], left["left"], left["leftAmount"]) == ("RefundTooMuch", 2, 2_000)
    seen = await sale.shown(order, SHOPPER)
    assert [(line["shipped"], line["cancelled"], line["refundedAmount"]) for line in seen["lines"]["nodes"]] == [
        (3, 0, 1_000),
        (0, 2, 666),
    ]
    assert (seen["total"], seen["paid"], seen["refunded"]) == (3_666, 3_666, 1_666)
    assert set(sale.graph.outcomes) == {"planned"}


async def test_a_paid_order_that_is_cancelled_is_refunded_in_full(sale: Selling) -> None:
    order = await sale.paid((1, 3))
    gone = await sale.of_order("cancelOrder", order, by=sale.manager)
    assert (gone["state"], gone["cancelCause"], gone["refunded"]) == ("CANCELLED", "BY_SELLER", 3_000)
    assert await sale.sellable(1) == 10


async def test_a_refund_that_failed_is_tried_again_by_the_seller(sale: Selling) -> None:
    order = await sale.paid((1, 1))
    back: dict[str, Any] = {"lines": [{"line": 1, "amount": 5}], "reason": "x"}
    made = await sale.of_order("refundOrder", order, by=sale.manager, **back)
    again, key = {"refundId": made["id"]}, UUID(made["id"].rpartition("_")[2])
    still = await sale.do_it("retryRefund", again, by=sale.manager)
    assert (still["__typename"], still["refundState"]) == ("RefundNotFailed", "PENDING")
    ((payment,),) = await sale.rows("SELECT payment_id FROM refund WHERE id = $1", key)
    told: dict[str, Any] = {"refund": key, "amount_fen": 5}
    assert await sale.tell(f"payment_{payment.hex}", "REFUND_FAILED", **told) == "REFUND_FAILED"
    for by in (SHOPPER, OTHER, CLERK, FULFILLER):
        assert (await sale.do_it("retryRefund", again, by=by))["__typename"] == "NotAllowed", by
    assert (await sale.do_it("retryRefund", again, by=sale.manager))["state"] == "PENDING"
    assert await sale.tell(f"payment_{payment.hex}", "REFUNDED", **told) == "REFUNDED"
    assert (await sale.shown(order, SHOPPER))["refunded"] == 5


async def test_what_becomes_of_an_order_is_seen_by_its_parties(sale: Selling) -> None:
    await sale.contribute(1, 5)
    order = await sale.paid((1, 12))
    lines = (await sale.shown(order, SHOPPER))["lines"]["nodes"]
    assert [(line["quantity"], line["goodsOwner"]["code"], line["fulfiller"]["code"]) for line in lines] == [
        (10, sale.store.split(":")[1], sale.store.split(":")[1]),
        (2, "1", "1"),
    ]
    mine = await sale.of_order("shipOrder", order, by=sale.manager)
    theirs = await sale.of_order("shipOrder", order, by=FULFILLER)
    assert (mine["order"], theirs["order"]) == ({"id": order}, None)  # who only ships does not see what was paid
    assert theirs["lines"]["nodes"] == [{"line": 2, "quantity": 2}]
    await sale.of_order("refundOrder", order, by=sale.manager, lines=[{"line": 1, "amount": 5}], reason="x")
    text = """{ node(id: "%s") { ... on Order { payments { id state covers } refunds { nodes { id amount } }
      shipments { nodes { id } }
      allocations { nodes { line quantity shipped location { code } owner { code } } } } } }"""
    shown = {}
    for by in (SHOPPER, sale.manager, OTHER, FULFILLER, CLERK, "brand:1/operator", "admin"):
        asked = await sale.graph.ask(text % order, by=by, tenant=sale.trade.code)
        found = asked.data and asked.data["node"]
        shown[by] = found and (
            len(found["payments"]),
            len(found["refunds"]["nodes"]),
            len(found["shipments"]["nodes"]),
            found["allocations"] and len(found["allocations"]["nodes"]),
        )
    whole = (1, 1, 2, 2)
    assert shown.pop(sale.manager) == whole
    assert shown.pop("admin") == whole
    assert shown == dict.fromkeys((OTHER, FULFILLER, CLERK, "brand:1/operator")) | {SHOPPER: None}


async def test_who_may_do_what_to_an_order(sale: Selling) -> None:
    """Whoever may not is told the same as of an order that is not there."""
    order = await sale.paid((1, 1))
    back: dict[str, Any] = {"lines": [{"line": 1, "amount": 1}], "reason": "x"}
    may = {
        "payOrder": {SHOPPER, sale.manager},
        "shipOrder": {sale.manager},
        "receiveOrder": {SHOPPER},
        "cancelRest": {SHOPPER, sale.manager},
        "refundOrder": {sale.manager},
    }
    for act, allowed in may.items():
        for by in (SHOPPER, OTHER, sale.manager, CLERK, FULFILLER, BOSS, "brand:1/operator"):
            more = back if act == "refundOrder" else {}
            told = await sale.of_order(act, order, by=by, **more)
            assert (told["__typename"] != "NotAllowed") is (by in allowed), (act, by)
            nothing = await sale.of_order(act, f"order_{uuid4().hex}", by=by, **more)
            assert nothing["__typename"] == "NotAllowed"
            if act == "shipOrder" and by in allowed:
                order = await sale.paid((1, 1))


async def test_nobody_buys_more_than_there_is(sale: Selling) -> None:
    lines = [await sale.line(3, 1)]
    answers = await asyncio.gather(*(sale.do_it("placeOrder", {"lines": lines}) for _ in range(25)))
    assert Counter(answer["__typename"] for answer in answers) == {"Order": 10, "NotEnoughStock": 15}
