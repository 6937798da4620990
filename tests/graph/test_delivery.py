"""Where orders go: said once when they are placed, told to who bought, who sold and who ships, the phone masked."""

from typing import Any
from uuid import UUID

from tests.graph.selling import FULFILLER, OTHER, SHOPPER, Selling

PHONE, MASKED = "+8613800001234", "+86138****1234"
WHERE = "{ method recipient phone region { code } address note }"
TO_SHIP = "{ viewer { organization { goodsToShip(first: 100) { nodes { orderId line delivery %s } } } } }" % WHERE


def to_door(sale: Selling, method: str = "STORE_DELIVERY", **other: Any) -> dict[str, Any]:
    """A delivery, as it is said."""
    said = {"method": method, "recipient": "Ann", "phone": PHONE, "address": "1 Mill Lane", "note": "Ring\ntwice."}
    return {**said, "regionCode": sale.trade.region, **other}


def told(said: dict[str, Any], phone: str) -> dict[str, Any]:
    """The same, as it is told."""
    region = said["regionCode"]
    return {name: value for name, value in said.items() if name != "regionCode"} | {
        "region": {"code": region},
        "phone": phone,
    }


async def where(sale: Selling, order: str, by: str) -> Any:
    """Where an order goes, as somebody sees it; None where the order is not there, or names no delivery."""
    found = (await sale.ask('{ node(id: "%s") { ... on Order { delivery %s } } }' % (order, WHERE), by))["node"]
    return found and found["delivery"]


async def waiting(sale: Selling, order: str, by: str) -> list[Any]:
    """Where somebody's goods of an order go that are to ship."""
    nodes = (await sale.ask(TO_SHIP, by))["viewer"]["organization"]["goodsToShip"]["nodes"]
    return [one["delivery"] for one in nodes if one["orderId"] == order]


async def test_who_bought_sold_and_ships_is_told_where_it_goes(sale: Selling) -> None:
    await sale.contribute(1, 5)
    said = to_door(sale, "DISTRIBUTOR_DELIVERY")
    order = (await sale.place((1, 12), delivery=said))["id"]
    assert await where(sale, order, SHOPPER) == told(said, PHONE)
    for by in (sale.manager, "admin"):
        assert await where(sale, order, by) == told(said, MASKED), by
    for by in (OTHER, FULFILLER, "store:2/clerk", "brand:1/operator"):
        assert await where(sale, order, by) is None, by
    assert await waiting(sale, order, FULFILLER) == []  # nothing is to ship before it is paid
    payment = await sale.of_order("payOrder", order)
    assert await sale.tell(payment["id"]) == "CONFIRMED"
    for by in (sale.manager, FULFILLER):
        assert await waiting(sale, order, by) == [told(said, MASKED)], by
    shipment = (await sale.of_order("shipOrder", order, by=FULFILLER))["id"]
    text = '{ node(id: "%s") { ... on Shipment { order { id } delivery %s } } }' % (shipment, WHERE)
    assert (await sale.ask(text, FULFILLER))["node"] == {"order": None, "delivery": told(said, MASKED)}
    assert (await sale.ask(text, SHOPPER))["node"] == {"order": {"id": order}, "delivery": told(said, PHONE)}
    assert (await sale.ask(text, OTHER))["node"] is None


async def test_an_order_need_not_say_where_it_goes(sale: Selling) -> None:
    order = await sale.paid((1, 1))
    assert await where(sale, order, SHOPPER) is None
    assert await waiting(sale, order, sale.manager) == [None]


async def test_what_is_picked_up_has_no_address(sale: Selling) -> None:
    order = (await sale.place((1, 1), delivery={"method": "STORE_PICKUP"}))["id"]
    nothing = dict.fromkeys(("recipient", "phone", "region", "address", "note"))
    assert await where(sale, order, SHOPPER) == {"method": "STORE_PICKUP", **nothing}
    whole = to_door(sale, "STORE_PICKUP")
    refused = await sale.place((1, 1), delivery=whole)
    assert [problem["path"] for problem in refused["problems"]] == [
        ["input", "delivery", "regionCode"],
        ["input", "delivery", "address"],
    ]


async def test_everything_that_is_wrong_is_told_at_once(sale: Selling) -> None:
    wrong = {"method": "STORE_DELIVERY", "phone": "13800001234", "recipient": " x", "note": "\x01"}
    before = await sale.written()
    refused = await sale.place((1, 1), delivery=wrong)
    assert sorted(problem["path"][-1] for problem in refused["problems"]) == ["address", "note", "phone", "recipient"]
    long = to_door(sale, recipient="x" * 61, address="x" * 201, note="x" * 201)
    refused = await sale.place((1, 1), delivery=long)
    assert sorted(problem["path"][-1] for problem in refused["problems"]) == ["address", "note", "recipient"]
    assert await sale.written() == before
    nowhere = await sale.place((1, 1), delivery=to_door(sale, regionCode="nowhere"))
    assert [problem["path"] for problem in nowhere["problems"]] == [["input", "delivery", "regionCode"]]
    assert await sale.sellable(1) == 10


async def test_the_way_fits_who_ships(sale: Selling) -> None:
    """Refused, nothing is held any more; the ways that fit are told."""
    await sale.contribute(1, 5)
    refused = await sale.place((1, 2), delivery=to_door(sale, "BRAND_DELIVERY"))
    assert (refused["__typename"], refused["method"]) == ("DeliveryNotPossible", "BRAND_DELIVERY")
    assert refused["ways"] == ["STORE_PICKUP", "STORE_DELIVERY"]
    refused = await sale.place((1, 12), delivery={"method": "STORE_PICKUP"})
    assert refused["ways"] == ["DISTRIBUTOR_DELIVERY"]
    assert await sale.sellable(1) == 15
    assert (await sale.place((1, 12), delivery=to_door(sale, "DISTRIBUTOR_DELIVERY")))["__typename"] == "Order"


async def test_it_is_said_once(sale: Selling) -> None:
    """The same again under the key is the same order; another place is another command."""
    key, said = "where", to_door(sale)
    lines = [await sale.line(1, 1)]
    first = await sale.do_it("placeOrder", {"lines": lines, "delivery": said}, key=key)
    again = await sale.do_it("placeOrder", {"lines": lines, "delivery": said}, key=key)
    assert again["id"] == first["id"]
    other = await sale.do_it("placeOrder", {"lines": lines, "delivery": {**said, "address": "2 Mill Lane"}}, key=key)
    assert other["__typename"] == "KeyReused"
    assert (await where(sale, first["id"], SHOPPER))["address"] == "1 Mill Lane"


async def test_neither_audit_nor_events_tell_where_it_goes(sale: Selling) -> None:
    order = (await sale.place((1, 1), delivery=to_door(sale)))["id"]
    key = UUID(order.split("_")[1])
    facts = await sale.rows(
        "SELECT details::text FROM audit_entry WHERE target_id = $1"
        " UNION ALL SELECT facts::text FROM outbox_event WHERE aggregate_id = $1",
        key,
    )
    assert len(facts) >= 2
    assert [text for (text,) in facts if "Mill" in text or "1234" in text or "Ann" in text] == []


async def test_it_takes_one_statement_more_however_many_orders(sale: Selling) -> None:
    lists = "{ viewer { organization { goodsToShip { nodes { orderId %s } } ordersReceived { nodes { id %s } } } } }"
    for count in (1, 3):
        for _ in range(count):
            await sale.paid((1, 1), delivery=to_door(sale))
        taken = [
            len((await sale.graph.ask(lists % (part, part), by=sale.manager, tenant=sale.trade.code)).statements)
            for part in ("", "delivery { address }")
        ]
        assert taken == [4, 5]
