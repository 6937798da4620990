"""The invented tenant on the graph: depth of the channel, and the wall between it and the other demo tenant."""

from typing import Any

import pytest

from tests.graph.client import GraphClient
from tests.graph.documents import IOWA, Q1, Ids

HERE = "qingquan"
QQ = Ids(HERE)


def of(tier: str, code: str) -> str:
    return f"{tier.lower()}_{QQ.keys.of('organization', tier, code).hex}"


def store(code: str) -> str:
    return of("STORE", code)


def everything() -> dict[str, tuple[str, str]]:
    """An id of every kind that both tenants have: the other tenant's and this one's."""
    key = QQ.keys.of
    return {
        "Brand": (IOWA.brand(260), of("BRAND", "QQ")),
        "Distributor": (IOWA.distributor(56), of("DISTRIBUTOR", "QQ-3301-1")),
        "Store": (IOWA.store(2191), store("QQ-0001")),
        "CloudStore": (
            IOWA.cloud_store("STORE", 2191),
            f"cloudstore_{key('cloud_store', 'STORE', 'QQ-0001').hex}",
        ),
        "Site": (IOWA.site("main"), QQ.site("main")),
        "Category": (IOWA.category(1062310), f"category_{key('category', 'C201').hex}"),
        "Product": (IOWA.product(43334), f"product_{key('product', 'W01').hex}"),
        "Sku": (IOWA.sku(43337), f"sku_{key('sku', 'W01-550').hex}"),
        "Location": (IOWA.location("STORE", 2191), f"location_{key('location', 'STORE', 'QQ-0001').hex}"),
        "PriceList": (IOWA.price_list("TRADE", 56), f"pricelist_{key('price_list', 'BASE', 'QQ-3301-1').hex}"),
        "Order": (IOWA.order("S291988"), QQ.order("QQ-R-000001")),
        "Campaign": (
            f"campaign_{IOWA.keys.of('campaign', 'ORDER-40').hex}",
            f"campaign_{key('campaign', 'FULL-30').hex}",
        ),
        "Customer": (
            f"customer_{IOWA.keys.of('customer', 'member:1').hex}",
            f"customer_{key('customer', 'member:1').hex}",
        ),
    }


async def test_tiers_that_the_file_does_not_know_are_here(graph: GraphClient) -> None:
    ids = {
        "Agent": of("AGENT", "QQ-33"),
        "Subsidiary": of("SUBSIDIARY", "QQ-HD"),
        "Supplier": of("SUPPLIER", "QQ-S1"),
    }
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on Organization { id } } }"
    asked = await graph.ask(document, {"ids": list(ids.values())}, tenant=HERE)
    assert (asked.data, asked.errors) == ({"nodes": [{"__typename": k, "id": i} for k, i in ids.items()]}, [])


@pytest.mark.parametrize("kind", everything())
async def test_ids_of_each_tenant_are_nothing_in_the_other(graph: GraphClient, kind: str) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    iowa, here = everything()[kind]
    for tenant, expected in (("iowa", [iowa, None]), (HERE, [None, here])):
        asked = await graph.ask(document, {"ids": [iowa, here]}, by="admin", tenant=tenant)
        assert asked.errors == []
        assert [node and node["id"] for node in asked.data["nodes"]] == expected


async def test_the_same_question_is_answered_to_each_of_its_own(graph: GraphClient) -> None:
    query = (
        "{ tenant { code } brands(first: 100) { totalCount nodes { id } } "
        "stores(first: 100) { totalCount nodes { id } } sites(first: 100) { nodes { id } } "
        "products(first: 100) { totalCount nodes { id } } }"
    )
    answers = [await graph.ask(query, tenant=tenant) for tenant in ("iowa", HERE)]
    assert [answer.errors for answer in answers] == [[], []]
    iowa, here = (answer.data for answer in answers)
    assert (iowa["brands"]["totalCount"], here["brands"]["totalCount"]) == (70, 1)
    assert (iowa["stores"]["totalCount"], here["stores"]["totalCount"]) == (1_244, 200)

    def ids(value: Any) -> set[str]:
        if isinstance(value, dict):
            found = {value["id"]} if "id" in value else set()
            return found.union(*(ids(part) for part in value.values()))
        return set().union(*(ids(part) for part in value)) if isinstance(value, list) else set()

    assert len(ids(iowa)) > 200
    assert len(ids(here)) > 150
    assert ids(iowa) & ids(here) == set()


async def test_a_region_of_the_one_has_no_stores_of_the_other(graph: GraphClient) -> None:
    query = "query ($code: String!) { stores(first: 100, regionCode: $code) { totalCount } }"
    counts = {
        (tenant, code): (await graph.ask(query, {"code": code}, tenant=tenant)).data["stores"]["totalCount"]
        for tenant in ("iowa", HERE)
        for code in ("US-IA-056", "330106")
    }
    assert counts["iowa", "US-IA-056"] > 0
    assert counts[HERE, "330106"] > 0
    assert counts["iowa", "330106"] == counts[HERE, "US-IA-056"] == 0


async def test_the_storefront_query_answers_here_too(graph: GraphClient) -> None:
    asked = await graph.ask(Q1, {"id": store("QQ-0002"), "first": 5}, tenant=HERE)
    assert asked.errors == []
    shop = asked.data["store"]
    assert shop["distributor"]["name"] == "杭州城西清泉经销部"
    assert len(shop["shelf"]["edges"]) == 5
    assert all(edge["node"]["price"] > 0 for edge in shop["shelf"]["edges"])


@pytest.mark.parametrize(
    ("code", "tiers"),
    [
        ("QQ-0002", ["DISTRIBUTOR", "AGENT", "SUBSIDIARY", "BRAND"]),
        ("QQ-0200", ["DISTRIBUTOR", "AGENT", "BRAND"]),
    ],
)
async def test_ancestors_of_a_store_are_three_or_four_levels(graph: GraphClient, code: str, tiers: list[str]) -> None:
    query = (
        "query ($id: ID!) { store(id: $id) { ancestors(first: 10) { nodes { tier } } "
        "upstreams { primary: isPrimary } } }"
    )
    asked = await graph.ask(query, {"id": store(code)}, by=f"store:{code}/clerk", tenant=HERE)
    assert asked.errors == []
    assert [node["tier"] for node in asked.data["store"]["ancestors"]["nodes"]] == tiers
    assert [one["primary"] for one in asked.data["store"]["upstreams"]].count(True) == 1


async def test_a_store_sells_from_its_own_shelf_and_three_levels_above(graph: GraphClient) -> None:
    query = (
        "query ($id: ID!) { store(id: $id) { shelf(first: 100) "
        "{ nodes { sellable sellableByLevel { hops units } } } } }"
    )
    asked = await graph.ask(query, {"id": store("QQ-0002")}, by="store:QQ-0002/clerk", tenant=HERE)
    assert asked.errors == []
    shelf = asked.data["store"]["shelf"]["nodes"]
    assert all(row["sellable"] == sum(level["units"] for level in row["sellableByLevel"]) for row in shelf)
    hops = {tuple(level["hops"] for level in row["sellableByLevel"] if level["units"]) for row in shelf}
    assert max(len(levels) for levels in hops) >= 4
    assert {hop for levels in hops for hop in levels} == {0, 1, 2, 3, 4}


async def test_what_a_store_pays_is_explained(graph: GraphClient) -> None:
    query = (
        "query ($seller: ID!, $buyer: ID!, $sku: ID!) { price(sellerId: $seller, buyerId: $buyer, skuId: $sku, "
        "quantity: 480) { unitPrice amount explain { listName scope applied reason } } }"
    )
    variables = {
        "seller": of("DISTRIBUTOR", "QQ-3301-1"),
        "buyer": store("QQ-0002"),
        "sku": f"sku_{QQ.keys.of('sku', 'W01-550').hex}",
    }
    asked = await graph.ask(query, variables, by="store:QQ-0002/manager", tenant=HERE)
    assert asked.errors == []
    price = asked.data["price"]
    assert (price["unitPrice"], price["amount"]) == (140, 67_200)  # 20 cases of 24 at 70 in a hundred of 2 yuan
    applied = [(one["listName"], one["scope"]) for one in price["explain"] if one["applied"]]
    assert applied == [("门店订货价", "BASE")]


@pytest.mark.parametrize(("text", "found"), [("汽水", "汽水"), ("茉莉", "茉莉"), ("550ml", "550ml"), ("清泉", "清泉")])
async def test_goods_are_found_by_chinese_words(graph: GraphClient, text: str, found: str) -> None:
    query = (
        "query ($id: ID!, $text: String!) { organization(id: $id) { cloudStore { search(text: $text, first: 10) "
        "{ nodes { sku { name } } } } } }"
    )
    asked = await graph.ask(query, {"id": of("DISTRIBUTOR", "QQ-3301-1"), "text": text}, tenant=HERE)
    assert asked.errors == []
    names = [node["sku"]["name"] for node in asked.data["organization"]["cloudStore"]["search"]["nodes"]]
    assert names
    assert all(found in name for name in names)
    elsewhere = await graph.ask(query, {"id": IOWA.store(2191), "text": text})
    assert all(
        found not in node["sku"]["name"] for node in elsewhere.data["organization"]["cloudStore"]["search"]["nodes"]
    )


async def test_rights_and_campaigns_of_the_first_member_here(graph: GraphClient) -> None:
    shop = f"cloudstore_{QQ.keys.of('cloud_store', 'STORE', 'QQ-0002').hex}"
    query = (
        "query ($at: ID!) { viewer { customer { id displayName memberships(first: 60) { totalCount } "
        "rights(at: $at) { right { kind name } usable reason } } } "
        "cloudStore(id: $at) { campaigns { campaign { name kind } } } }"
    )
    asked = await graph.ask(query, {"at": shop}, by="member:1", tenant=HERE)
    assert asked.errors == []
    customer = asked.data["viewer"]["customer"]
    assert customer["memberships"]["totalCount"] == 50
    rights = customer["rights"]
    assert {right["right"]["kind"] for right in rights} == {"TIER", "POINTS", "COUPON", "STORED_VALUE"}
    assert {right["usable"] for right in rights} == {True, False}
    assert "NOT_HONOURED" in {right["reason"] for right in rights}
    assert "满30减5" in {here["campaign"]["name"] for here in asked.data["cloudStore"]["campaigns"]}


async def test_the_brand_sees_what_the_stores_bought(graph: GraphClient) -> None:
    query = (
        "query ($id: ID!) { node(id: $id) { ... on Brand { shelfCoverage { total covered } "
        'sellIn(from: "2026-03-01", until: "2026-12-01", by: [MONTH], first: 20) { nodes { month units stores } } '
        "stockCover(first: 3) { nodes { onHand sold daysOfCover } } } } }"
    )
    asked = await graph.ask(query, {"id": of("BRAND", "QQ")}, by="brand:QQ/analyst", tenant=HERE)
    assert asked.errors == []
    brand = asked.data["node"]
    assert brand["shelfCoverage"] == {"total": 200, "covered": 200}
    months = brand["sellIn"]["nodes"]
    assert len(months) == 9
    assert all(month["units"] > 1_000 and month["stores"] > 3 for month in months)
    assert all(row["onHand"] > 0 for row in brand["stockCover"]["nodes"])


async def test_a_shopper_s_order_of_the_brand_is_nothing_to_its_analyst(graph: GraphClient) -> None:
    listed = (
        "query ($id: ID!) { organization(id: $id) { ordersReceived(first: 50) "
        "{ nodes { id kind lines { nodes { net } } } } } }"
    )
    brand = {"id": of("BRAND", "QQ")}
    asked = await graph.ask(listed, brand, by="brand:QQ/operator", tenant=HERE)
    orders = asked.data["organization"]["ordersReceived"]["nodes"]
    order = next(one["id"] for one in orders if one["kind"] == "CONSUMER" and one["lines"]["nodes"])
    refused = await graph.ask(listed, brand, by="brand:QQ/analyst", tenant=HERE)
    assert (refused.data, refused.codes) == (None, ["FORBIDDEN"])
    node = "query ($id: ID!) { node(id: $id) { id } }"
    seen = {
        who: (await graph.ask(node, {"id": order}, by=f"brand:QQ/{who}", tenant=HERE)).data
        for who in ("operator", "analyst")
    }
    assert seen == {"operator": {"node": {"id": order}}, "analyst": {"node": None}}


@pytest.mark.parametrize(
    ("distributor", "code", "region", "site"),
    [
        ("QQ-3301-1", "REGION", {"code": "330106", "name": "西湖区"}, None),
        ("QQ-3301-2", "SITE", None, {"code": "topic-summer"}),
    ],
)
async def test_a_price_list_names_the_region_or_the_site_of_its_buyers(
    graph: GraphClient, distributor: str, code: str, region: Any, site: Any
) -> None:
    document = (
        "query ($id: ID!) { organization(id: $id) "
        "{ priceLists { nodes { code scope region { code name } site { code } } } } }"
    )
    asked = await graph.ask(
        document, {"id": of("DISTRIBUTOR", distributor)}, by=f"distributor:{distributor}/operator", tenant=HERE
    )
    lists = {node["code"]: node for node in asked.data["organization"]["priceLists"]["nodes"]}
    assert lists[code] == {"code": code, "scope": code, "region": region, "site": site}
    assert lists["BASE"] == {"code": "BASE", "scope": "BASE", "region": None, "site": None}


async def test_a_location_has_a_point_where_one_is_known(graph: GraphClient) -> None:
    document = "query ($id: ID!) { organization(id: $id) { locations { code point { latitude longitude } } } }"
    asked = await graph.ask(
        document, {"id": of("DISTRIBUTOR", "QQ-3301-1")}, by="distributor:QQ-3301-1/operator", tenant=HERE
    )
    assert asked.data["organization"]["locations"] == [
        {"code": "MAIN", "point": {"latitude": 30.26, "longitude": 120.13}},
        {"code": "NO-2", "point": None},
    ]
