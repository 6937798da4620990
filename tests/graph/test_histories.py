"""Worked answers about trade: orders, prices through time, what a shop pays, what lies where; against the file."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import boot
from domain.money import percent_half_up
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA
from tests.graph.invoices import cents, day, lines, order_number, series
from tests.graph.paging import walk
from tests.graph.scratch import rows_of

CLERK, SALES, OPERATOR = "store:2191/clerk", "distributor:56/salesperson", "distributor:56/operator"
ZONE = ZoneInfo("America/Chicago")


def of_shop(number: int) -> list[dict[str, str]]:
    return [row for row in lines() if row["Store Number"] == str(number)]


def of_county(number: int) -> list[dict[str, str]]:
    return [row for row in lines() if row["County Number"] == f"{number}.0"]


def trade_series(item: int) -> list[tuple[Any, int]]:
    """What Lee county's distributor asked for an item, through time."""
    return series((row for row in of_county(56) if row["Item Number"] == str(item)), "State Bottle Retail")


ORDERS = """
query ($id: ID!, $after: String) {
  store(id: $id) {
    ordersPlaced(first: 10, after: $after) {
      totalCount
      nodes {
        id number kind state currency total placedAt seller { code } buyer { code }
        lines(first: 20) { totalCount nodes { line sku { code } quantity unitPrice discount net } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


@pytest.mark.parametrize("by", [CLERK, SALES])
async def test_the_orders_of_a_shop_are_its_invoices(graph: GraphClient, by: str) -> None:
    """The shop and its distributor see the same orders: those of the file, newest first, line by line."""
    orders = await walk(graph, ORDERS, ("store", "ordersPlaced"), by, id=IOWA.store(2191))
    rows: dict[str, list[dict[str, str]]] = {}
    for row in of_shop(2191):
        rows.setdefault(order_number(row), []).append(row)
    assert len(orders) == len(rows)
    assert {order["number"]: order["total"] for order in orders} == {
        number: sum(cents(row["Sale (Dollars)"]) for row in bought) for number, bought in rows.items()
    }
    for order in orders:
        bought = rows[order["number"]]
        assert (order["kind"], order["state"], order["currency"]) == ("REPLENISHMENT", "COMPLETED", "USD")
        assert (order["seller"], order["buyer"]) == ({"code": "56"}, {"code": "2191"})
        assert datetime.fromisoformat(order["placedAt"]).astimezone(ZONE).date() == day(bought[0])
        found = order["lines"]["nodes"]
        assert order["lines"]["totalCount"] == len(found) == len(bought)
        assert Counter((line["sku"]["code"], line["quantity"], line["unitPrice"], line["net"]) for line in found) == (
            Counter(
                (
                    row["Item Number"],
                    int(row["Bottles Sold"]),
                    cents(row["State Bottle Retail"]),
                    cents(row["Sale (Dollars)"]),
                )
                for row in bought
            )
        )
        assert order["total"] == sum(line["net"] for line in found)
        assert all(line["net"] == line["unitPrice"] * line["quantity"] - line["discount"] for line in found)
    assert [order["placedAt"] for order in orders] == sorted((order["placedAt"] for order in orders), reverse=True)
    assert len({order["id"] for order in orders}) == len(orders)


async def test_all_orders_of_a_distributor_are_walked_and_counted(graph: GraphClient) -> None:
    document = (
        "query ($id: ID!, $after: String) { organization(id: $id) { ordersReceived(first: 7, after: $after) "
        "{ totalCount nodes { number } pageInfo { hasNextPage endCursor } } } }"
    )
    path = ("organization", "ordersReceived")
    numbers = [order["number"] for order in await walk(graph, document, path, OPERATOR, id=IOWA.distributor(56))]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) == {order_number(row) for row in of_county(56)}
    asked = await graph.ask(document, {"id": IOWA.distributor(56)}, by=OPERATOR)
    assert asked.data["organization"]["ordersReceived"]["totalCount"] == len(numbers)


async def test_all_stock_of_a_warehouse_is_walked_and_counted(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    document = (
        "query ($id: ID!, $after: String) { location(id: $id) { stock(first: 23, after: $after) { totalCount "
        "nodes { sku { id } owner { code } lotCode onHand } pageInfo { hasNextPage endCursor } } } }"
    )
    warehouse = IOWA.location("DISTRIBUTOR", 56)
    rows = await walk(graph, document, ("location", "stock"), OPERATOR, id=warehouse)
    keys = [(row["sku"]["id"], row["owner"]["code"], row["lotCode"]) for row in rows]
    assert len(keys) == len(set(keys))
    text = "SELECT count(*), sum(on_hand)::bigint FROM stock WHERE tenant_id = $1 AND location_id = $2"
    ((count, units),) = await rows_of(access, iowa, text, IOWA.keys.of("location", "DISTRIBUTOR", 56))
    assert (len(rows), sum(row["onHand"] for row in rows)) == (count, units)
    asked = await graph.ask(document, {"id": warehouse}, by=OPERATOR)
    assert asked.data["location"]["stock"]["totalCount"] == count


@pytest.mark.parametrize("by", ["brand:260/operator", "brand:260/analyst"])
async def test_a_brand_sees_how_much_of_its_goods_lies_with_others(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts, by: str
) -> None:
    text = (
        "SELECT sum(on_hand)::bigint, count(DISTINCT owner_id) FROM stock"
        " WHERE tenant_id = $1 AND sku_id = $2 AND owner_id <> $3 AND on_hand > 0"
    )
    keys = IOWA.keys
    ids = keys.of("sku", 43337), keys.of("organization", "BRAND", 260)
    ((units, holders),) = await rows_of(access, iowa, text, *ids)
    assert holders > 100
    asked = await graph.ask('{ sku(id: "%s") { channelStock { onHand holders } } }' % IOWA.sku(43337), by=by)
    assert asked.data == {"sku": {"channelStock": {"onHand": units, "holders": holders}}}


async def test_what_a_shop_pays_for_what_it_sells(graph: GraphClient) -> None:
    """Supply price: the county's last one in the file. Its band: 105 % to 160 % of it; the shop's own price inside."""
    document = (
        "query ($id: ID!) { store(id: $id) { shelf(first: 100) { nodes { origin price sku { code } "
        "trade { supplier { code } supplyPrice minPrice maxPrice } } } } }"
    )
    asked = await graph.ask(document, {"id": IOWA.store(2191)}, by=CLERK)
    assert asked.errors == []
    own = [node for node in asked.data["store"]["shelf"]["nodes"] if node["origin"] == "OWN_STOCK"]
    assert {node["sku"]["code"] for node in own} == {row["Item Number"] for row in of_shop(2191)}
    for node in own:
        paid = trade_series(int(node["sku"]["code"]))[-1][1]
        assert node["trade"] == {
            "supplier": {"code": "56"},
            "supplyPrice": paid,
            "minPrice": percent_half_up(paid, 10_500),
            "maxPrice": percent_half_up(paid, 16_000),
        }
        assert node["trade"]["minPrice"] <= node["price"] <= node["trade"]["maxPrice"]
        assert 118 * paid <= 100 * node["price"] <= 135 * paid + 1_000


def _changing() -> int:
    """The item whose trade price in Lee county changed most often."""
    sold = {int(row["Item Number"]) for row in of_county(56)}
    return max(sold, key=lambda item: (len(trade_series(item)), item))


@pytest.mark.parametrize("by", [CLERK, SALES, OPERATOR, "admin"])
async def test_a_price_says_why(graph: GraphClient, by: str) -> None:
    """At every day of a change: the one of that day applies, the earlier are over, the later are still to come."""
    item = _changing()
    periods = trade_series(item)
    assert len(periods) >= 3
    document = (
        'query ($at: DateTime!) { price(sellerId: "%s", buyerId: "%s", skuId: "%s", quantity: 12, at: $at) '
        "{ unitPrice amount explain { listName scope minQty unitPrice validFrom validUntil applied reason } } }"
    ) % (IOWA.distributor(56), IOWA.store(2191), IOWA.sku(item))
    for place, (start, price) in enumerate(periods):
        noon = datetime(start.year, start.month, start.day, 12, tzinfo=ZONE)
        asked = await graph.ask(document, {"at": noon.isoformat()}, by=by)
        quote = asked.data["price"]
        assert (quote["unitPrice"], quote["amount"]) == (price, 12 * price)
        reasons = {
            datetime.fromisoformat(entry["validFrom"]).astimezone(ZONE).date(): (entry["unitPrice"], entry["reason"])
            for entry in quote["explain"]
        }
        assert reasons == {
            begun: (
                unit,
                "APPLIED" if other == place else "NO_LONGER_VALID" if other < place else "NOT_YET_VALID",
            )
            for other, (begun, unit) in enumerate(periods)
        }
        assert [entry["applied"] for entry in quote["explain"]].count(True) == 1
        assert {(entry["scope"], entry["minQty"]) for entry in quote["explain"]} == {("BASE", 1)}
    before = datetime.combine(periods[0][0], datetime.min.time(), ZONE) - timedelta(microseconds=1)
    asked = await graph.ask(document, {"at": before.isoformat()}, by=by)
    assert (asked.data["price"]["unitPrice"], asked.data["price"]["amount"]) == (None, None)
    assert {entry["reason"] for entry in asked.data["price"]["explain"]} == {"NOT_YET_VALID"}
