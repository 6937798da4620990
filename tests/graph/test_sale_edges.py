"""The edges of a sale: frozen prices, the tenant's day, limits to the number, and what nobody else sees."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import NOW
from tests.graph.selling import FULFILLER, OTHER, SHOPPER, Selling
from tests.graph.trade import change


async def test_the_price_is_the_one_it_was_placed_at_whenever_it_is_paid(sale: Selling) -> None:
    first, late = [(await sale.place((1, 2)))["id"] for _ in range(2)]
    begun = await sale.of_order("payOrder", late)
    dearer = {"listingId": (await sale.line(1, 1))["listingId"], "price": 5_000}
    assert (await sale.done("priceListing", dearer, by=sale.manager))["__typename"] == "Listing"
    payment = await sale.of_order("payOrder", first)
    assert payment["amount"] == 2_000
    assert await sale.tell(payment["id"]) == "CONFIRMED"
    await sale.end()
    assert (await sale.shown(late, SHOPPER))["cancelCause"] == "EXPIRED"
    assert await sale.tell(begun["id"]) == "CONFIRMED"
    for order in (first, late):
        shown = await sale.shown(order, SHOPPER)
        assert (shown["state"], shown["total"], shown["paid"]) == ("CONFIRMED", 2_000, 2_000)
    assert (await sale.place((1, 2)))["total"] == 10_000


async def test_the_day_is_the_tenants(sale: Selling) -> None:
    """At 16:00 UTC the next day begins in Shanghai: an order's number says so, and what expires on it is not held."""
    goods = sale.trade.key(sale.store), sale.trade.key("sku:3")
    soon = (
        ("DELETE FROM stock_movement WHERE tenant_id = $1 AND owner_id = $2 AND sku_id = $3", *goods),
        ("UPDATE stock SET lot_id = $4 WHERE tenant_id = $1 AND owner_id = $2 AND sku_id = $3", *goods, UUID(int=7)),
    )
    lot = (
        "INSERT INTO lot (tenant_id, sku_id, id, code, expires_on) VALUES ($1, $2, $3, 'x', '2026-11-25')",
        *(sale.trade.key("sku:3"), UUID(int=7)),
    )
    await change(sale.owner, sale.trade, lot, *soon, bump=False)
    for hours, day, came in ((3.9, "20261124", "Reservation"), (4, "20261125", "NotEnoughStock")):
        sale.graph.now = NOW + timedelta(hours=hours)
        assert (await sale.place((1, 1)))["number"].partition("-")[0] == day
        held = await sale.done("holdStock", {"lines": [await sale.line(3, 1)]}, by=SHOPPER)
        assert held["__typename"] == came


async def test_how_long_and_how_much_is_held(sale: Selling) -> None:
    line = await sale.line(1, 1)
    for minutes, until in ((None, "12:15:00"), (1, "12:01:00"), (120, "14:00:00")):
        given: dict[str, Any] = {"lines": [line]} | ({} if minutes is None else {"minutes": minutes})
        held = await sale.done("holdStock", given, by=SHOPPER)
        assert held["expiresAt"] == f"2026-11-24T{until}+00:00"
    for wrong, path in (({"minutes": 121}, "minutes"), ({"lines": [line] * 101}, "lines")):
        told = await sale.done("holdStock", {"lines": [line], **wrong}, by=SHOPPER)
        assert [problem["path"] for problem in told["problems"]] == [["input", path]]


async def test_payments_are_begun_so_often_and_so_long(sale: Selling) -> None:
    order = (await sale.place((1, 1)))["id"]
    for _ in range(20):
        begun = await sale.of_order("payOrder", order)
        assert await sale.tell(begun["id"], "CLOSED") == "CLOSED"
    assert (await sale.of_order("payOrder", order))["__typename"] == "TooManyPayments"
    late = (await sale.place((1, 1)))["id"]
    sale.graph.now = NOW + timedelta(minutes=15)
    told = await sale.of_order("payOrder", late)
    assert (told["__typename"], told["dueAt"]) == ("PaymentOver", "2026-11-24T12:15:00+00:00")


@pytest.mark.parametrize("by", ["buyer", "seller", "nobody"])
async def test_a_provider_is_asked_for_nothing_that_an_order_does_not_wait_for(sale: Selling, by: str) -> None:
    """Its first answer was lost, the order is over by now: asked again under her key, no charge is made for it."""
    order, sale.till.down = (await sale.place((1, 1)))["id"], True
    asked = await sale.do("payOrder", {"orderId": order}, by=SHOPPER, key=f"lost {by}")
    assert asked.codes == ["UNAVAILABLE"]
    sale.till.down = False
    if by == "nobody":
        sale.graph.now = NOW + timedelta(minutes=15)
        assert (await sale.of_order("payOrder", order, key=f"lost {by}"))["__typename"] == "PaymentOver"
        await sale.end()
    else:
        await sale.of_order("cancelOrder", order, by=SHOPPER if by == "buyer" else sale.manager)
    told = await sale.of_order("payOrder", order, key=f"lost {by}")
    assert (told["__typename"], told["orderState"], told["to"]) == ("TransitionNotAllowed", "CANCELLED", "CONFIRMED")
    assert sale.till.asked == []
    found = "SELECT id, state FROM payment WHERE order_id = $1"
    ((payment, state),) = await sale.rows(found, UUID(order.rpartition("_")[2]))
    assert state == ("CREATED" if by == "nobody" else "CLOSED")
    assert await sale.tell(payment.hex) == ("CONFIRMED" if by == "nobody" else "GIVEN_BACK")


async def test_goods_of_two_shelves_are_not_one_order(sale: Selling) -> None:
    lines = [await sale.line(1, 1), {"listingId": sale.trade.id("listing:1"), "quantity": 1}]
    assert (await sale.done("holdStock", {"lines": lines}, by=SHOPPER))["__typename"] == "NotOnOneShelf"
    assert (await sale.do_it("placeOrder", {"lines": lines}))["__typename"] == "NotOnOneShelf"


async def test_the_platform_ships_for_whom_it_names(sale: Selling) -> None:
    await sale.contribute(1, 5)
    order, house = await sale.paid((1, 12)), sale.trade.id("distributor:1")
    assert (await sale.of_order("shipOrder", order, by="admin"))["__typename"] == "NotAllowed"
    for by in (sale.manager, "store:2/clerk"):
        told = await sale.of_order("shipOrder", order, by=by, fulfillerId=house)
        assert told["__typename"] == "NotAllowed", by
    told = await sale.of_order("shipOrder", order, by="admin", fulfillerId=house)
    assert told["lines"]["nodes"] == [{"line": 2, "quantity": 2}]
    said = "SELECT on_behalf_of_id FROM audit_entry WHERE operation = 'shipOrder' ORDER BY id DESC LIMIT 1"
    assert await sale.rows(said) == [(sale.trade.key("distributor:1"),)]
    own = await sale.of_order("shipOrder", order, by=sale.manager, fulfillerId=sale.trade.id(sale.store))
    assert own["lines"]["nodes"] == [{"line": 1, "quantity": 10}]


async def test_payment_refund_and_shipment_are_seen_by_their_own(sale: Selling) -> None:
    await sale.contribute(1, 5)
    order = await sale.paid((1, 12))
    back: dict[str, Any] = {"lines": [{"line": 1, "amount": 5}], "reason": "x"}
    refund = (await sale.of_order("refundOrder", order, by=sale.manager, **back))["id"]
    ((key,),) = await sale.rows("SELECT id FROM payment WHERE covers AND order_id = $1", UUID(order.split("_")[1]))
    theirs = (await sale.of_order("shipOrder", order, by=FULFILLER))["id"]
    sides = {SHOPPER, sale.manager, "admin"}
    for id, seen in ((f"payment_{key.hex}", sides), (refund, sides), (theirs, sides | {FULFILLER})):
        for by in (SHOPPER, sale.manager, "admin", OTHER, FULFILLER, "store:2/clerk", "brand:1/operator", None):
            asked = await sale.graph.ask('{ node(id: "%s") { id } }' % id, by=by, tenant=sale.trade.code)
            assert bool(asked.data and asked.data["node"]) is (by in seen), (id, by)


async def test_movements_sum_to_the_rows_whatever_was_done(sale: Selling) -> None:
    order = await sale.paid((1, 4))
    await sale.of_order("shipOrder", order, by=sale.manager, lines=[{"line": 1, "quantity": 3}])
    await sale.of_order("cancelRest", order, by=sale.manager)
    await sale.place((1, 2))
    ((place,),) = await sale.rows("SELECT id FROM location WHERE organization_id = $1", sale.trade.key(sale.store))
    for act, quantity in (("quarantineStock", 2), ("countStock", 6), ("adjustStock", -2), ("adjustStock", 3)):
        goods = [{"skuId": sale.trade.id("sku:1"), "quantity": quantity}]
        given = {"locationId": f"location_{place.hex}", "goods": goods, "reason": "x"}
        assert (await sale.done(act, given, by=sale.manager))["__typename"] == "StockDocument"
    sums = """
        SELECT s.on_hand, s.reserved, s.allocated, s.quarantined,
               sum(m.on_hand), sum(m.reserved), sum(m.allocated), sum(m.quarantined)
        FROM stock s JOIN stock_movement m USING (tenant_id, location_id, sku_id, owner_id, lot_id)
        WHERE s.location_id = $1 AND s.sku_id = $2 GROUP BY 1, 2, 3, 4"""
    ((*row,),) = await sale.rows(sums, place, sale.trade.key("sku:1"))
    assert row[:4] == row[4:] == [7, 2, 0, 2]
