"""A sale while its parties may not do all, or do not trade, and while the provider says no."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

import boot
from models.database import Database
from tests.graph.selling import FULFILLER, OTHER, SHOPPER, Selling, opened
from tests.graph.trade import Trade

HOUSE = "distributor:1"


@pytest.fixture
async def sale(access: boot.Access, app: Database, changing: Trade) -> AsyncIterator[Selling]:
    """A shop of its own for each test, in a trade in which everybody trades."""
    made = await opened(access.owner, app, changing, changing.a_shop())
    await made.end()
    yield made
    await made.stand(HOUSE, "ACTIVE")
    await made.stand(made.store, "ACTIVE")
    await made.end()


async def kind(doing: Any) -> str:
    """What an act comes to."""
    return str((await doing)["__typename"])


# ── who gives money back ──────────────────────────────────────────────────────────────────────────────────────────────
async def test_who_gives_no_money_back_gives_up_only_what_nobody_paid(sale: Selling) -> None:
    """A warehouse's system may do what orders ask for, and nothing that moves money back."""
    wms = await sale.hire(f"wms-{sale.store}", "WMS")
    unpaid, paid = (await sale.place((1, 1)))["id"], await sale.paid((1, 4))
    assert await kind(sale.of_order("cancelOrder", unpaid, by=wms)) == "Order"
    before = await sale.written()
    assert await kind(sale.of_order("cancelOrder", paid, by=wms)) == "NotAllowed"
    back: dict[str, Any] = {"lines": [{"line": 1, "amount": 1}], "reason": "x"}
    assert await kind(sale.of_order("refundOrder", paid, by=wms, **back)) == "NotAllowed"
    assert await sale.written() == before
    one = [{"line": 1, "quantity": 1}]
    assert await kind(sale.of_order("shipOrder", paid, by=wms, lines=one)) == "Shipment"
    assert await kind(sale.of_order("cancelRest", paid, by=wms)) == "NotAllowed"
    clerk = await sale.hire(f"clerk-{sale.store}", "CLERK")
    rest = await sale.of_order("cancelRest", paid, by=clerk)
    assert (rest["state"], rest["refunded"]) == ("FULFILLED", 3_000)


async def test_a_carriers_system_ships_and_that_is_all(sale: Selling) -> None:
    tms, hers = await sale.hire(f"tms-{sale.store}", "TMS"), sale.trade.id(SHOPPER)
    unpaid, paid = (await sale.place((1, 1)))["id"], await sale.paid((1, 2))
    for act, order in (("cancelOrder", unpaid), ("cancelOrder", paid), ("payOrder", unpaid), ("cancelRest", paid)):
        assert await kind(sale.of_order(act, order, by=tms)) == "NotAllowed", act
    assert await kind(sale.place((1, 1), by=tms, customerId=hers)) == "NotAllowed"
    assert await kind(sale.done("holdStock", {"lines": [await sale.line(1, 1)]}, by=tms)) == "NotAllowed"
    assert await kind(sale.of_order("shipOrder", paid, by=tms)) == "Shipment"


async def test_who_may_give_an_order_up(sale: Selling) -> None:
    """Its two sides alone: not who ships a part of it, nor a sister shop, nor another shopper."""
    await sale.contribute(1, 5)
    for paid in (False, True):
        order = await sale.paid((1, 12)) if paid else (await sale.place((1, 12)))["id"]
        before = await sale.written()
        for by in (OTHER, "store:2/clerk", FULFILLER, "brand:1/operator"):
            assert await kind(sale.of_order("cancelOrder", order, by=by)) == "NotAllowed", (by, paid)
        assert await sale.written() == before
        assert await kind(sale.of_order("cancelOrder", order, by="admin" if paid else SHOPPER)) == "Order"
    assert await sale.sellable(1) == 15


# ── who does not trade ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("who", ["seller", "keeper"])
async def test_what_nobody_could_see_to_is_not_paid(sale: Selling, who: str) -> None:
    await sale.contribute(1, 5)
    stopped = sale.store if who == "seller" else HOUSE
    order = (await sale.place((1, 12)))["id"]
    begun = await sale.of_order("payOrder", order)
    await sale.stand(stopped, "SUSPENDED")
    before = await sale.written()
    for by in (SHOPPER, "admin"):
        assert await kind(sale.of_order("payOrder", order, by=by)) == "DoesNotTrade"
    assert await sale.written() == before
    assert await sale.tell(begun["id"]) == "GIVEN_BACK"
    shown = await sale.shown(order, SHOPPER)
    assert (shown["state"], shown["paid"]) == ("PENDING_PAYMENT", 0)
    key = UUID(begun["id"].rpartition("_")[2])
    given = "SELECT p.state, p.covers, r.amount_fen, r.state FROM payment p JOIN refund r ON r.payment_id = p.id"
    assert await sale.rows(f"{given} WHERE p.id = $1", key) == [("PAID", False, 10_800, "PENDING")]
    await sale.stand(stopped, "ACTIVE")
    again = await sale.of_order("payOrder", order)
    assert again["id"] != begun["id"]
    assert await sale.tell(again["id"]) == "CONFIRMED"


async def test_late_money_for_who_does_not_trade_goes_back(sale: Selling) -> None:
    order = (await sale.place((1, 2)))["id"]
    payment = await sale.of_order("payOrder", order)
    await sale.end()
    await sale.stand(sale.store, "SUSPENDED")
    assert await sale.tell(payment["id"]) == "GIVEN_BACK"
    shown = await sale.shown(order, SHOPPER)
    assert (shown["state"], shown["cancelCause"]) == ("CANCELLED", "EXPIRED")


async def test_what_is_held_of_who_does_not_trade_any_more_is_not_ordered(sale: Selling) -> None:
    await sale.contribute(1, 5)
    held = await sale.done("holdStock", {"lines": [await sale.line(1, 12), await sale.line(3, 1)]}, by=SHOPPER)
    await sale.stand(HOUSE, "SUSPENDED")
    refused = await sale.do_it("placeOrder", {"reservationId": held["id"]})
    assert (refused["__typename"], refused["skus"]) == ("NotForSale", [{"code": "1"}])
    await sale.stand(HOUSE, "ACTIVE")
    await sale.stand(sale.store, "SUSPENDED")
    assert await kind(sale.do_it("placeOrder", {"reservationId": held["id"]})) == "NotAllowed"
    await sale.stand(sale.store, "ACTIVE")
    assert await kind(sale.do_it("placeOrder", {"reservationId": held["id"]})) == "Order"


@pytest.mark.parametrize("owner", ["store", "brand:1"])
async def test_what_lies_with_who_does_not_trade_is_neither_promised_nor_held(sale: Selling, owner: str) -> None:
    """What the shelf promises can be held, and what is held can be ordered."""
    await sale.contribute(1, 5, owner=sale.store if owner == "store" else owner)
    assert await sale.sellable(1) == 15
    await sale.stand(HOUSE, "SUSPENDED")
    assert await sale.sellable(1) == 10
    text = "query ($lines: [QuoteLineInput!]!) { quote(lines: $lines) { canBePlaced lines { sellable isEnough } } }"
    asked = await sale.graph.ask(text, {"lines": [await sale.line(1, 11)]}, tenant=sale.trade.code)
    assert asked.data["quote"] == {"canBePlaced": False, "lines": [{"sellable": 10, "isEnough": False}]}
    refused = await sale.place((1, 11))
    assert (refused["__typename"], refused["shortages"]) == ("NotEnoughStock", [{"wanted": 11, "available": 10}])
    held = await sale.done("holdStock", {"lines": [await sale.line(1, 10)]}, by=SHOPPER)
    assert await kind(sale.do_it("placeOrder", {"reservationId": held["id"]})) == "Order"
    assert await sale.sellable(1) == 0
    await sale.stand(HOUSE, "ACTIVE")
    assert await sale.sellable(1) == 5


async def test_a_cloud_store_that_closed_takes_no_orders_keeps_those_it_has_and_gives_holds_back(sale: Selling) -> None:
    order = (await sale.place((1, 2)))["id"]
    lines = [await sale.line(1, 1)]
    hers, ours = [await sale.done("holdStock", {"lines": lines}, by=by) for by in (SHOPPER, sale.manager)]
    await sale.done("closeCloudStore", {"cloudStoreId": sale.shelf, "reason": "x"}, by=sale.manager)
    sale.graph.now = sale.graph.now.replace(second=1)
    assert await kind(sale.do_it("placeOrder", {"reservationId": hers["id"]})) == "NotAllowed"
    for by in (OTHER, "store:2/clerk"):
        assert await kind(sale.done("releaseHold", {"reservationId": ours["id"]}, by=by)) == "NotAllowed"
    assert await kind(sale.done("releaseHold", {"reservationId": ours["id"]}, by=sale.manager)) == "Reservation"
    assert await kind(sale.done("releaseHold", {"reservationId": hers["id"]}, by=SHOPPER)) == "Reservation"
    payment = await sale.of_order("payOrder", order)
    assert await sale.tell(payment["id"]) == "CONFIRMED"


async def test_for_whom_is_to_be_said_however_an_order_is_placed(sale: Selling) -> None:
    lines = [await sale.line(1, 1)]
    held = await sale.done("holdStock", {"lines": lines}, by=sale.manager)
    for given in ({"reservationId": held["id"]}, {"lines": lines}):
        told = await sale.do("placeOrder", given, by=sale.manager)
        assert told.data["done"]["message"] == "input.customerId: Say for whom."
    assert await kind(sale.do_it("placeOrder", {"reservationId": held["id"]}, by="store:2/clerk")) == "NotAllowed"


# ── who declines ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_payment_that_the_provider_declines_is_said_to_be(sale: Selling) -> None:
    order = (await sale.place((1, 1)))["id"]
    sale.till.declines = True
    for _ in range(2):
        assert await kind(sale.of_order("payOrder", order, key="no")) == "PaymentDeclined"
    shown = await sale.shown(order, SHOPPER)
    assert (shown["state"], shown["paid"]) == ("PENDING_PAYMENT", 0)
    sale.till.declines = False
    assert (await sale.of_order("payOrder", order, key="no"))["payUrl"] is not None
