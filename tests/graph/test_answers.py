"""What the graph says about the real data, against the file itself and against the rules."""

from collections import Counter, defaultdict
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.graph.client import GraphClient
from tests.graph.documents import IOWA, Q1
from tests.graph.invoices import cents, day, lines, series
from tests.graph.paging import walk

CLERK = "store:2191/clerk"


def usual(number: str, key: str, column: str) -> str:
    """What most lines about a thing call it."""
    return Counter(row[column] for row in lines() if row[key] == number).most_common(1)[0][0]


async def test_the_storefront_of_a_shop(graph: GraphClient) -> None:
    asked = await graph.ask(Q1, {"id": IOWA.store(2191), "first": 100})
    assert asked.errors == []
    store = asked.data["store"]
    county = [row for row in lines() if row["County Number"] == "56.0"]
    assert (store["id"], store["name"]) == (IOWA.store(2191), "Keokuk Spirits")
    assert {key: store["distributor"][key] for key in ("id", "name")} == {
        "id": IOWA.distributor(56),
        "name": "Lee County Wholesale",
    }
    brands = store["distributor"]["brands"]
    vendors = {row["Vendor Number"] for row in county}
    assert {brand["id"] for brand in brands} == {IOWA.brand(int(vendor)) for vendor in vendors}
    assert {brand["name"] for brand in brands} == {usual(vendor, "Vendor Number", "Vendor Name") for vendor in vendors}
    assert [brand["name"] for brand in brands] == sorted(brand["name"] for brand in brands)


async def test_the_shelf_of_a_shop(graph: GraphClient) -> None:
    """What the shop bought stands first, most bottles first; every price ends in 9 and is above what the shop pays."""
    asked = await graph.ask(Q1, {"id": IOWA.store(2191), "first": 100})
    shelf = [edge["node"] for edge in asked.data["store"]["shelf"]["edges"]]
    bottles: Counter[str] = Counter()
    for row in lines():
        if row["Store Number"] == "2191":
            bottles[row["Item Number"]] += int(row["Bottles Sold"])
    bought = [node["sku"]["code"] for node in shelf[: len(bottles)]]
    assert set(bought) == set(bottles)
    assert [bottles[code] for code in bought] == sorted(bottles.values(), reverse=True)
    for node in shelf:
        code = node["sku"]["code"]
        assert node["id"] == IOWA.listing("STORE", 2191, int(code))
        assert node["sku"]["id"] == IOWA.sku(int(code))
        named, millilitres = (
            usual(code, "Item Number", column) for column in ("Item Description", "Bottle Volume (ml)")
        )
        assert (node["sku"]["product"]["name"], node["sku"]["name"]) == (named, f"{named} {millilitres} ml")
        assert node["price"] % 10 == 9
        assert node["sellable"] >= 0
    page = asked.data["store"]["shelf"]
    assert page["pageInfo"] == {"hasNextPage": True, "endCursor": page["edges"][-1]["cursor"]}


async def test_the_whole_shelf_is_walked_without_gap_or_repetition(graph: GraphClient) -> None:
    document = (
        "query ($id: ID!, $after: String) { store(id: $id) { shelf(first: 7, after: $after) "
        "{ totalCount nodes { position } pageInfo { hasNextPage endCursor } } } }"
    )
    nodes = await walk(graph, document, ("store", "shelf"), None, id=IOWA.store(2191))
    assert [node["position"] for node in nodes] == list(range(1, 121))
    asked = await graph.ask(document, {"id": IOWA.store(2191)})
    assert asked.data["store"]["shelf"]["totalCount"] == 120


async def test_all_shops_are_walked_and_counted(graph: GraphClient) -> None:
    document = (
        "query ($after: String) { stores(first: 100, after: $after) "
        "{ totalCount nodes { code } pageInfo { hasNextPage endCursor } } }"
    )
    codes = [node["code"] for node in await walk(graph, document, ("stores",), None)]
    assert codes == sorted({row["Store Number"] for row in lines()})
    assert (await graph.ask(document)).data["stores"]["totalCount"] == 1244


async def test_shops_of_a_region(graph: GraphClient) -> None:
    asked = await graph.ask(
        '{ stores(regionCode: "US-IA-056", first: 100) { totalCount nodes { code region { name } } } }'
    )
    codes = {row["Store Number"] for row in lines() if row["County Number"] == "56.0"}
    assert {node["code"] for node in asked.data["stores"]["nodes"]} == codes
    assert {node["region"]["name"] for node in asked.data["stores"]["nodes"]} == {"Lee"}


@pytest.mark.parametrize(("number", "point"), [(2191, (40.39978, -91.387531)), (2513, None)])
async def test_where_a_shop_is(graph: GraphClient, number: int, point: tuple[float, float] | None) -> None:
    asked = await graph.ask('{ store(id: "%s") { point { latitude longitude } } }' % IOWA.store(number))
    found = asked.data["store"]["point"]
    assert (None if found is None else (found["latitude"], found["longitude"])) == point


def _returning() -> tuple[int, int, list[tuple[date, int]]]:
    """An item and its vendor whose cost goes back to an earlier one, the one with most changes."""
    items = {int(row["Item Number"]): int(row["Vendor Number"]) for row in lines()}
    by_item = defaultdict(list)
    for row in lines():
        by_item[int(row["Item Number"])].append(row)
    costs = {item: series(rows, "State Bottle Cost") for item, rows in by_item.items()}
    back = [item for item in items if len({cost for _, cost in costs[item]}) < len(costs[item])]
    chosen = max(back, key=lambda item: (len(costs[item]), item))
    return chosen, items[chosen], costs[chosen]


async def test_a_cost_that_goes_back_has_a_period_for_each_time(graph: GraphClient) -> None:
    item, vendor, costs = _returning()
    document = (
        "query ($id: ID!, $after: String) { node(id: $id) { ... on PriceList { prices(first: 100, after: $after) "
        "{ nodes { sku { code } unitPrice validFrom validUntil } pageInfo { hasNextPage endCursor } } } } }"
    )
    operator = f"brand:{vendor}/operator"
    lists = await graph.ask(
        '{ organization(id: "%s") { priceLists { nodes { id code audience scope } } } }' % IOWA.brand(vendor),
        by=operator,
    )
    (costs_of,) = lists.data["organization"]["priceLists"]["nodes"]
    assert (costs_of["audience"], costs_of["scope"]) == ("TRADE", "BASE")
    listed = await walk(graph, document, ("node", "prices"), operator, id=costs_of["id"])
    zone = ZoneInfo("America/Chicago")
    periods = [price for price in listed if price["sku"]["code"] == str(item)]
    found = [(datetime.fromisoformat(p["validFrom"]).astimezone(zone).date(), p["unitPrice"]) for p in periods]
    assert found == costs
    ends = [price["validUntil"] for price in periods]
    assert ends == [price["validFrom"] for price in periods[1:]] + [None]


async def test_the_price_of_a_past_day_is_that_days(graph: GraphClient) -> None:
    """The trade price explained at the day of an order is what the order paid."""
    row = next(row for row in lines() if row["Store Number"] == "2191" and row["Item Number"] == "297")
    noon = datetime(day(row).year, day(row).month, day(row).day, 12, tzinfo=ZoneInfo("America/Chicago"))
    document = (
        'query ($at: DateTime!, $sku: ID!) { price(sellerId: "%s", buyerId: "%s", skuId: $sku, quantity: 6, at: $at) '
        "{ unitPrice amount quantity } }"
    ) % (IOWA.distributor(56), IOWA.store(2191))
    asked = await graph.ask(document, {"at": noon.isoformat(), "sku": IOWA.sku(297)}, by=CLERK)
    price = cents(row["State Bottle Retail"])
    assert asked.data == {"price": {"unitPrice": price, "amount": 6 * price, "quantity": 6}}
    before = await graph.ask(document, {"at": "2011-01-01T00:00:00Z", "sku": IOWA.sku(297)}, by=CLERK)
    assert before.data == {"price": {"unitPrice": None, "amount": None, "quantity": 6}}


async def test_a_promise_is_the_sum_of_its_levels(graph: GraphClient) -> None:
    document = (
        "query ($id: ID!) { store(id: $id) { shelf(first: 100) { nodes "
        "{ origin sellable sellableByLevel { hops units } } } } }"
    )
    asked = await graph.ask(document, {"id": IOWA.store(2191)}, by=CLERK)
    nodes = asked.data["store"]["shelf"]["nodes"]
    assert all(node["sellable"] == sum(level["units"] for level in node["sellableByLevel"]) for node in nodes)
    hops = {
        origin: {level["hops"] for n in nodes if n["origin"] == origin for level in n["sellableByLevel"]}
        for origin in ("OWN_STOCK", "POOL")
    }
    assert hops == {"OWN_STOCK": {0, 1, 2}, "POOL": {1, 2}}


async def test_the_channel_of_a_brand_at_any_depth(graph: GraphClient) -> None:
    document = (
        "query ($id: ID!, $tier: Tier, $after: String) { organization(id: $id) { descendants(tier: $tier, first: 100, "
        "after: $after) { totalCount nodes { tier code } pageInfo { hasNextPage endCursor } } } }"
    )
    counties: defaultdict[str, set[str]] = defaultdict(set)
    for row in lines():
        counties[row["Vendor Number"]].add(row["County Number"])
    below = await walk(
        graph, document, ("organization", "descendants"), "brand:260/analyst", id=IOWA.brand(260), tier="DISTRIBUTOR"
    )
    # The distributor without a county is number 0; store 3782's lines without one are its own county's.
    named = {str(int(float(county))) for county in counties["260"] if county}
    assert named <= {node["code"] for node in below} <= named | {"0", "36", "22"}
    stores = await walk(
        graph, document, ("organization", "descendants"), "brand:260/analyst", id=IOWA.brand(260), tier="STORE"
    )
    assert len({node["code"] for node in stores}) == len(stores) > 1000
    everyone = await walk(graph, document, ("organization", "descendants"), "brand:260/analyst", id=IOWA.brand(260))
    assert len(everyone) == len(stores) + len(below)


async def test_every_kind_of_node_is_found_again(graph: GraphClient, nodes: dict[str, str]) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    asked = await graph.ask(document, {"ids": list(nodes.values())}, by="admin")
    assert {node["__typename"]: node["id"] for node in asked.data["nodes"]} == nodes
    kinds = await graph.ask('{ __type(name: "Node") { possibleTypes { name } } }')
    # The demo has no subsidiary, agent or supplier, and nothing is held or sold in it.
    assert {kind["name"] for kind in kinds.data["__type"]["possibleTypes"]} - set(nodes) == {
        "Subsidiary",
        "Agent",
        "Supplier",
        "Reservation",
        "Payment",
        "PaymentNotice",
        "Refund",
        "Shipment",
    }
