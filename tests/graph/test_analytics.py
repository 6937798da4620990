"""Channel analytics against the invoices themselves: sums over the demo's file made here by hand, to the unit."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import pytest

import boot
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA
from tests.graph.invoices import Line, Sums, county, day, item, lines, month, order_number, summed, within
from tests.graph.paging import walk
from tests.graph.scratch import changed

ANALYST, OPERATOR, CLERK = "brand:260/analyst", "distributor:56/operator", "store:2191/clerk"
BRAND = IOWA.brand(260)
EVER = (date(2012, 1, 1), date(2016, 1, 1))


def bought_of(vendor: int) -> list[Line]:
    return [row for row in lines() if row["Vendor Number"] == str(vendor)]


def aggregates(sums: Sums) -> Sums:
    """The sums without the money."""
    return {key: figures[:3] for key, figures in sums.items()}


SELL_IN = """
query ($id: ID!, $from: Date!, $until: Date!, $divided: [TradeDimension!]!, $after: String) {
  organization(id: $id) { ... on Brand { sellIn(from: $from, until: $until, by: $divided, first: 100, after: $after) {
    totalCount nodes { month region { name } sku { code } category { code } units orders stores }
    pageInfo { hasNextPage endCursor } } } }
}
"""
TRADE = """
query ($id: ID!, $from: Date!, $until: Date!, $divided: [TradeDimension!]!, $after: String) {
  organization(id: $id) { %s(from: $from, until: $until, by: $divided, first: 100, after: $after) {
    totalCount nodes { month region { name } sku { code } category { code } units orders parties amount }
    pageInfo { hasNextPage endCursor } } }
}
"""
READ: dict[str, Callable[[dict[str, Any]], Any]] = {
    "MONTH": lambda node: node["month"],
    "REGION": lambda node: node["region"] and node["region"]["name"],
    "SKU": lambda node: node["sku"]["code"],
    "CATEGORY": lambda node: node["category"] and node["category"]["code"],
}
WRITTEN: dict[str, Callable[[Line], Any]] = {"MONTH": month, "REGION": county, "SKU": item}


def asked(window: tuple[date, date], by: Iterable[str]) -> dict[str, Any]:
    return {"from": window[0].isoformat(), "until": window[1].isoformat(), "divided": list(by)}


def figures(nodes: list[dict[str, Any]], by: Iterable[str]) -> Sums:
    """What the graph says, in the form of `summed`; nothing is null but what was not divided by."""
    silent = {"MONTH": "month", "REGION": "region", "SKU": "sku", "CATEGORY": "category"}
    found: Sums = {}
    for node in nodes:
        assert [node[name] for dimension, name in silent.items() if dimension not in set(by)] == [None] * (
            4 - len(set(by))
        )
        key = tuple(READ[dimension](node) for dimension in by)
        assert key not in found
        found[key] = tuple(node[name] for name in ("units", "orders", "stores", "parties", "amount") if name in node)
    return found


@pytest.mark.parametrize("by", [(), ("MONTH",), ("REGION",), ("MONTH", "REGION"), ("SKU",), ("REGION", "SKU")])
@pytest.mark.parametrize("window", [EVER, (date(2014, 3, 15), date(2015, 2, 3))])
async def test_the_sell_in_of_a_brand_is_what_its_invoices_say(
    graph: GraphClient, by: tuple[str, ...], window: tuple[date, date]
) -> None:
    expected = aggregates(summed(within(bought_of(260), *window), *(WRITTEN[name] for name in by)))
    assert expected
    variables = asked(window, by)
    nodes = await walk(graph, SELL_IN, ("organization", "sellIn"), ANALYST, id=BRAND, **variables)
    assert figures(nodes, by) == expected
    counted = await graph.ask(SELL_IN, {"id": BRAND, **variables}, by=ANALYST)
    assert counted.data["organization"]["sellIn"]["totalCount"] == len(expected)
    months = [node["month"] for node in nodes if node["month"]]
    assert months == sorted(months)


async def test_the_sell_in_by_category_is_that_of_the_products_in_it(graph: GraphClient) -> None:
    document = (
        "query ($id: ID!, $after: String) { organization(id: $id) { ... on Brand { products(first: 50, after: $after) "
        "{ nodes { category { code } skus { code } } pageInfo { hasNextPage endCursor } } } } }"
    )
    products = await walk(graph, document, ("organization", "products"), None, id=BRAND)
    categories = {
        sku["code"]: product["category"] and product["category"]["code"]
        for product in products
        for sku in product["skus"]
    }
    expected = aggregates(summed(bought_of(260), lambda row: categories[item(row)]))
    nodes = await walk(graph, SELL_IN, ("organization", "sellIn"), ANALYST, id=BRAND, **asked(EVER, ["CATEGORY"]))
    assert figures(nodes, ["CATEGORY"]) == expected
    assert len(expected) > 20


@pytest.mark.parametrize("by", [(), ("MONTH",), ("MONTH", "REGION"), ("SKU",), ("MONTH", "SKU")])
async def test_the_sales_of_a_distributor_are_its_county_s_invoices(graph: GraphClient, by: tuple[str, ...]) -> None:
    """All of them, to the cent: they are its own, so no sum is too small for it."""
    county_s = [row for row in lines() if row["County Number"] == "56.0"]
    nodes = await walk(
        graph, TRADE % "sales", ("organization", "sales"), OPERATOR, id=IOWA.distributor(56), **asked(EVER, by)
    )
    assert figures(nodes, by) == summed(county_s, *(WRITTEN[name] for name in by))


@pytest.mark.parametrize("by", [(), ("MONTH",), ("REGION", "SKU")])
async def test_the_purchases_of_a_shop_are_its_invoices(graph: GraphClient, by: tuple[str, ...]) -> None:
    shop_s = [row for row in lines() if row["Store Number"] == "2191"]
    nodes = await walk(
        graph, TRADE % "purchases", ("organization", "purchases"), CLERK, id=IOWA.store(2191), **asked(EVER, by)
    )
    assert figures(nodes, by) == summed(shop_s, *(WRITTEN[name] for name in by), others="County")


async def test_what_a_distributor_sold_its_shops_bought(graph: GraphClient) -> None:
    """The shops of the county buy of nobody else: their purchases are its sales, and neither has what the other has."""
    shops = sorted({int(row["Store Number"]) for row in lines() if row["County Number"] == "56.0"})

    async def whole(field: str, who: str, by: str) -> Any:
        asking = await graph.ask(TRADE % field, {"id": who, **asked(EVER, [])}, by=by)
        (row,) = asking.data["organization"][field]["nodes"]
        return {name: row[name] for name in ("units", "orders", "amount")}

    sold = await whole("sales", IOWA.distributor(56), OPERATOR)
    bought = [await whole("purchases", IOWA.store(number), "admin") for number in shops]
    assert len(bought) == 12
    assert sold == {name: sum(one[name] for one in bought) for name in sold}
    nothing = {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    for field, who, by in (("purchases", IOWA.distributor(56), OPERATOR), ("sales", IOWA.store(2191), CLERK)):
        asking = await graph.ask(TRADE % field, {"id": who, **asked(EVER, ["MONTH"])}, by=by)
        assert asking.data["organization"][field] == nothing


async def test_a_day_is_one_of_the_tenant_s_time_zone(graph: GraphClient) -> None:
    """The invoices of a day are placed at its midnight in Chicago: one window has them, the next has not."""
    invoices = bought_of(260)
    days: dict[date, set[str]] = {}
    for row in invoices:
        days.setdefault(day(row), set()).add(row["Store Number"])
    busy = max(days, key=lambda one: (len(days[one]), one))
    for start in (busy, busy - timedelta(1), busy + timedelta(1)):
        window = (start, start + timedelta(1))
        asking = await graph.ask(SELL_IN, {"id": BRAND, **asked(window, ["MONTH"])}, by=ANALYST)
        found = figures(asking.data["organization"]["sellIn"]["nodes"], ["MONTH"])
        assert found == aggregates(summed(within(invoices, *window), month))
        assert bool(found) or start != busy


@pytest.mark.parametrize(
    ("field", "document", "who", "by"),
    [
        ("sellIn", SELL_IN, BRAND, ANALYST),
        ("sales", TRADE % "sales", IOWA.distributor(56), OPERATOR),
        ("purchases", TRADE % "purchases", IOWA.store(2191), CLERK),
    ],
)
@pytest.mark.parametrize("division", [[], ["MONTH"], ["CATEGORY"]])
async def test_a_window_without_trade_has_no_row(
    graph: GraphClient, field: str, document: str, who: str, by: str, division: list[str]
) -> None:
    asking = await graph.ask(document, {"id": who, **asked((date(2010, 1, 1), date(2011, 1, 1)), division)}, by=by)
    assert asking.errors == []
    assert (asking.data["organization"][field]["totalCount"], asking.data["organization"][field]["nodes"]) == (0, [])


async def sell_in_of_october(graph: GraphClient) -> Any:
    window = (date(2014, 10, 1), date(2014, 11, 1))
    asking = await graph.ask(SELL_IN, {"id": BRAND, **asked(window, ["MONTH"])}, by=ANALYST)
    return figures(asking.data["organization"]["sellIn"]["nodes"], ["MONTH"])[("2014-10-01",)]


@pytest.mark.parametrize(
    ("do", "undo"),
    [
        ("UPDATE order_header SET state = 'CANCELLED'", "UPDATE order_header SET state = 'COMPLETED'"),
        ("UPDATE order_header SET state = 'FULFILLED'", "UPDATE order_header SET state = 'COMPLETED'"),
        ("UPDATE order_header SET kind = 'PRESALE'", "UPDATE order_header SET kind = 'REPLENISHMENT'"),
    ],
)
async def test_only_completed_replenishment_is_sell_in(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts, do: str, undo: str
) -> None:
    row = next(row for row in bought_of(260) if month(row) == "2014-10-01")
    number, where = order_number(row), " WHERE tenant_id = $1 AND number = $2"
    own = [other for other in bought_of(260) if order_number(other) == number]
    before = await sell_in_of_october(graph)
    async with changed(access, iowa, [(do + where, [number])], [(undo + where, [number])]):
        after = await sell_in_of_october(graph)
    assert before[0] - after[0] == sum(int(other["Bottles Sold"]) for other in own)
    assert before[1] - after[1] == 1


async def test_what_was_cancelled_of_an_order_is_neither_sell_in_nor_anybody_s_trade(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    """A line but for one bottle, and all lines of another order: that is an order less."""
    october = [row for row in bought_of(260) if month(row) == "2014-10-01"]
    part = next(row for row in october if int(row["Bottles Sold"]) > 2)
    whole = next(row for row in october if order_number(row) != order_number(part))
    lost = [row for row in bought_of(260) if order_number(row) == order_number(whole)]
    give_up = (
        "UPDATE order_line l SET shipped = quantity - least(quantity, $6), cancelled = least(quantity, $6)"
        " FROM order_header o WHERE l.tenant_id = $1 AND o.tenant_id = $1 AND o.id = l.order_id AND o.number = $2"
        " AND brand_id = $3 AND ($4 = 0 OR line = (SELECT min(line) FROM order_line f JOIN sku s ON s.id = f.sku_id"
        " WHERE f.order_id = o.id AND f.quantity = $4 AND s.code = $5))"
    )
    bottles, brand = int(part["Bottles Sold"]), IOWA.keys.of("organization", "BRAND", 260)
    chosen = [
        [order_number(part), brand, bottles, part["Item Number"], bottles - 1],
        [order_number(whole), brand, 0, whole["Item Number"], 2**31],
    ]
    do, undo = [(give_up, one) for one in chosen], [(give_up, [*one[:4], 0]) for one in chosen]
    before = await sell_in_of_october(graph)
    async with changed(access, iowa, do, undo):
        after = await sell_in_of_october(graph)
    assert before[0] - after[0] == bottles - 1 + sum(int(row["Bottles Sold"]) for row in lost)
    assert before[1] - after[1] == 1


async def test_a_shop_that_is_no_longer_below_the_brand_is_not_counted(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    october = [row for row in bought_of(260) if month(row) == "2014-10-01"]
    number = october[0]["Store Number"]
    pair = [IOWA.keys.of("organization", "STORE", int(number)), IOWA.keys.of("organization", "BRAND", 260)]
    do = "DELETE FROM organization_closure WHERE tenant_id = $1 AND descendant_id = $2 AND ancestor_id = $3"
    undo = (
        "INSERT INTO organization_closure"
        " (tenant_id, descendant_id, ancestor_id, hops, descendant_tier, descendant_code)"
        " VALUES ($1, $2, $3, 2, 'STORE', $4)"
    )
    async with changed(access, iowa, [(do, pair)], [(undo, [*pair, number])]):
        after = await sell_in_of_october(graph)
    assert after == summed([row for row in october if row["Store Number"] != number])[()][:3]
