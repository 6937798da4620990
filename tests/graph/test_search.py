"""Searching a shelf through the graph: in order, within the shelf, the tenant and the tier, whatever is typed."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import boot
from domain.search import Goods, tokens
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import FORTY, IOWA
from tests.graph.paging import cursor, walk
from tests.graph.scratch import changed
from tests.proof import size

SHOP, MALL = IOWA.cloud_store("STORE", 2191), IOWA.cloud_store("DISTRIBUTOR", 56)
CLERK, OURS = "store:2191/clerk", "distributor:56/operator"
SEARCH = (
    "query ($id: ID!, $text: String!, $first: Int = 100, $after: String) { cloudStore(id: $id) "
    "{ search(text: $text, first: $first, after: $after) { totalCount nodes { id sku { code } } "
    "pageInfo { hasNextPage endCursor } } } }"
)
WHOLE_SHELF = (
    "query ($id: ID!, $after: String) { cloudStore(id: $id) { shelf(first: 100, after: $after) "
    "{ nodes { id } pageInfo { hasNextPage endCursor } } } }"
)


@pytest.fixture(autouse=True)
async def warm(graph: GraphClient) -> None:
    """The directory of tenants is read, and no connection is new: the driver has asked what arrays it will meet."""
    for tenant, ids in (("iowa", IOWA), ("forty", FORTY)):
        for text in ("ml", "43337"):
            await graph.ask(SEARCH, {"id": ids.cloud_store("STORE", 2191), "text": text}, tenant=tenant)


async def codes(graph: GraphClient, text: str, shop: str = SHOP, **more: Any) -> list[str]:
    asked = await graph.ask(SEARCH, {"id": shop, "text": text}, **more)
    assert asked.errors == []
    found = asked.data["cloudStore"]["search"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["sku"]["code"] for node in found["nodes"]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("43337", ["43337"]),
        ("4333", ["43337", "43336", "43338", "43334"]),  # one beginning, so as on the shelf
        ("black velvet", ["11776", "11773", "10550", "11786"]),
        ("VELVET black", ["11776", "11773", "10550", "11786"]),
        ("blac vel", ["11776", "11773", "10550", "11786"]),
        ("velvet 200", ["11773"]),
        ("velvet 200ml", ["11773"]),
        ("ｖｅｌｖｅｔ　200 ML", ["11773"]),
        ("hawkeye vodka 750", ["36305"]),
        ("hawkeye 750ml vodka", ["36305"]),
        ("elvet", []),
        ("black velvet 43337", []),
        ("黑", []),
    ],
)
async def test_what_a_text_finds_in_its_order(graph: GraphClient, text: str, wanted: list[str]) -> None:
    assert await codes(graph, text) == wanted


async def test_chinese_names_are_found_by_two_characters_and_ranked(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    """Five skus of the shop's shelf get Chinese names; they stand on places 53, 101, 39, 2 and 89."""
    named = {
        43338: Goods("可口可乐 汽水", "可口可乐 330ml", "43338", None, "清泉", "碳酸饮料"),
        43334: Goods("可乐", "可乐 500ml", "43334", None, "清泉", "碳酸饮料"),
        43336: Goods("柠檬茶", "柠檬茶", "43336", None, "百事可乐", None),
        43337: Goods("乐可 零食", "乐可", "43337", None, "清泉", None),
        11776: Goods("农夫山泉 饮用水", "农夫山泉 550ml", "11776", "6901234567892", "农夫", "水"),
    }
    write = "UPDATE sku_search SET tokens = $3 WHERE tenant_id = $1 AND sku_id = $2"
    before = {item: await kept(graph, iowa, item) for item in named}
    do = [(write, [IOWA.keys.of("sku", item), tokens(iowa.id, goods)]) for item, goods in named.items()]
    undo: list[tuple[str, list[Any]]] = [(write, [IOWA.keys.of("sku", item), old]) for item, old in before.items()]
    async with changed(access, iowa, do, undo):
        found = {
            text: await codes(graph, text)
            for text in (
                "可乐",
                "可口",
                "饮料",
                "可乐330ml",
                "可",
                "百事可乐",
                "山泉饮用",
                "乐可",
                "6901234567892",
                "农夫 水",
            )
        }
    assert found == {
        "可乐": ["43334", "43338", "43336"],  # the whole name, a part of a name, a part of the brand
        "可口": ["43338"],
        "饮料": ["43338", "43334"],
        "可乐330ml": ["43338"],
        "可": ["43337", "43338", "43334", "43336"],
        "百事可乐": ["43336"],
        "山泉饮用": ["11776"],
        "乐可": ["43337"],
        "6901234567892": ["11776"],
        "农夫 水": ["11776"],
    }
    assert {item: await kept(graph, iowa, item) for item in named} == before


async def test_every_sku_of_an_import_has_its_words(graph: GraphClient, iowa: TenantFacts, forty: TenantFacts) -> None:
    rum = Goods(
        "Captain Morgan Spiced Rum",
        "Captain Morgan Spiced Rum 1000 ml",
        "43337",
        None,
        "Diageo Americas",
        "SPICED RUM",
    )
    assert await kept(graph, iowa, 43337) == tokens(iowa.id, rum)
    taken = await graph._database.checkout()
    driver = taken.driver
    try:
        rows = await driver.fetch("SELECT tenant_id, count(*) FROM sku_search GROUP BY tenant_id")
    finally:
        taken.give_back()
    assert {row[0]: row[1] for row in rows if row[0] in (iowa.id, forty.id)} == {iowa.id: 1_574, forty.id: 584}


async def kept(graph: GraphClient, tenant: TenantFacts, item: int) -> Any:
    taken = await graph._database.checkout()
    driver = taken.driver
    try:
        return await driver.fetchval(
            "SELECT tokens FROM sku_search WHERE tenant_id = $1 AND sku_id = $2", tenant.id, IOWA.keys.of("sku", item)
        )
    finally:
        taken.give_back()


@pytest.mark.parametrize("text", ["ml", "vodka", "4"])
@pytest.mark.parametrize("shop", [SHOP, MALL], ids=["a shop", "an ordering mall"])
async def test_pages_run_through_all_that_is_found(graph: GraphClient, shop: str, text: str) -> None:
    path = ("cloudStore", "search")
    whole = await walk(graph, SEARCH, path, None, id=shop, text=text, first=100)
    parts = await walk(graph, SEARCH, path, None, id=shop, text=text, first=9)
    shelf = {node["id"] for node in await walk(graph, WHOLE_SHELF, ("cloudStore", "shelf"), None, id=shop)}
    assert parts == whole
    assert len({node["id"] for node in whole}) == len(whole) > 10
    assert {node["id"] for node in whole} <= shelf


@pytest.mark.parametrize("tenant", ["iowa", "forty"])
@pytest.mark.parametrize(("text", "statements"), [("vodka", 5), ("ml", 5), ("43337", 5), ("!!!", 4)])
async def test_a_search_of_many_shelves_costs_what_one_costs(
    graph: GraphClient, tenant: str, text: str, statements: int
) -> None:
    """The stores, their cloud stores, the words, the page and its total; the words only where there are any."""
    document = (
        "query ($shops: Int!, $text: String!) { stores(first: $shops) { nodes { cloudStore "
        "{ search(text: $text, first: 2) { totalCount nodes { id } } } } } }"
    )
    for shops in (1, 10, 100):
        asked = await graph.ask(document, {"shops": shops, "text": text}, tenant=tenant)
        assert asked.errors == []
        assert len(asked.data["stores"]["nodes"]) == min(shops, 40 if tenant == "forty" else shops)
        assert len(asked.statements) == statements


async def test_the_same_words_find_each_tenant_its_own(graph: GraphClient) -> None:
    found = {}
    for tenant, ids in (("iowa", IOWA), ("forty", FORTY)):
        shop = ids.cloud_store("STORE", 2191)
        asked = await graph.ask(SEARCH, {"id": shop, "text": "vodka"}, tenant=tenant)
        assert asked.errors == []
        found[tenant] = [node["id"] for node in asked.data["cloudStore"]["search"]["nodes"]]
        for other in ("iowa", "forty"):
            there = await graph.ask(SEARCH, {"id": shop, "text": "vodka"}, by="admin", tenant=other)
            assert (there.data["cloudStore"] is None) == (other != tenant)
    shelf = {node["id"] for node in await walk(graph, WHOLE_SHELF, ("cloudStore", "shelf"), None, id=SHOP)}
    assert set(found["iowa"]) <= shelf
    assert len(found["iowa"]) == 28
    assert len(found["forty"]) > 10
    assert set(found["iowa"]) & set(found["forty"]) == set()


@pytest.mark.parametrize("who", [None, "member:1", CLERK, OURS, "store:2205/clerk", "distributor:73/operator"])
async def test_an_ordering_mall_shows_in_a_search_what_its_shelf_shows(graph: GraphClient, who: str | None) -> None:
    """That it has a thing is for all to see; its price is for whom it supplies, its own terms for nobody else."""
    document = (
        '{ cloudStore(id: "%s") { search(text: "43337") { nodes { id price sellable sellableByLevel { units } '
        'trade { supplyPrice } } } } listing(id: "%s") { id price sellable sellableByLevel { units } '
        "trade { supplyPrice } } }" % (MALL, IOWA.listing("DISTRIBUTOR", 56, 43337))
    )
    asked = await graph.ask(document, by=who)
    if who is None or who == "member:1":
        assert asked.codes == ["FORBIDDEN"]
        asked = await graph.ask(
            document.replace("sellableByLevel { units } ", "").replace("trade { supplyPrice }", ""), by=who
        )
    assert asked.errors == []
    (found,) = asked.data["cloudStore"]["search"]["nodes"]
    assert found == asked.data["listing"]
    assert (found["price"] is not None) == (who == CLERK)
    assert (found["sellable"] is not None) == (who in (CLERK, OURS))


async def test_who_does_not_trade_is_not_found(graph: GraphClient, access: boot.Access, iowa: TenantFacts) -> None:
    shop = IOWA.keys.of("organization", "STORE", 2191)
    state = "UPDATE organization SET status = '{}' WHERE tenant_id = $1 AND id = $2"
    found = 'cloudStore { id search(text: "vodka") { totalCount } }'
    document = '{ store(id: "%s") { %s } viewer { customer { memberships(first: 1) { nodes { %s } } } } }'
    document %= (IOWA.store(2191), found, found)

    async def there() -> tuple[Any, Any]:
        asked = await graph.ask(document, by="member:538")  # of this shop alone
        assert asked.errors == []
        return asked.data["store"], asked.data["viewer"]["customer"]["memberships"]["nodes"][0]["cloudStore"]

    open_one = {"id": SHOP, "search": {"totalCount": 28}}
    assert await there() == ({"cloudStore": open_one}, open_one)
    async with changed(access, iowa, [(state.format("SUSPENDED"), [shop])], [(state.format("ACTIVE"), [shop])]):
        assert await there() == (None, {"id": SHOP, "search": {"totalCount": 0}})


@pytest.mark.parametrize("text", ["", "x" * 101, "水" * 101, "\0", "vodka\0", None, 5, ["vodka"]])
async def test_what_is_no_text_to_look_for(graph: GraphClient, text: Any) -> None:
    asked = await graph.ask(SEARCH, {"id": SHOP, "text": text})
    assert asked.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"first": 0}, "BAD_PAGE_SIZE"),
        ({"first": 101}, "BAD_PAGE_SIZE"),
        ({"after": "x"}, "BAD_CURSOR"),
        ({"after": cursor(1, 2)}, "BAD_CURSOR"),
        ({"after": cursor("vodka", 0, "0" * 32)}, "BAD_CURSOR"),
        ({"after": cursor(2**63, 0, "0" * 32)}, "BAD_CURSOR"),
    ],
)
async def test_what_is_no_page_of_a_search(graph: GraphClient, more: dict[str, Any], code: str) -> None:
    for text in ("vodka", "!!!"):
        asked = await graph.ask(SEARCH, {"id": SHOP, "text": text, **more})
        assert asked.codes == [code]


NOTHING = {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}


@pytest.mark.parametrize(
    "text",
    [
        "!!!",
        " ",
        "%",
        "_",
        "\\",
        "'",
        '"',
        "'; DROP TABLE sku_search; --",
        "vodka' OR '1'='1",
        "{vodka,NULL}",
        "v_dka",
        "👨‍👩‍👧‍👦",
        "🍾 vodka 🍾🍾 nowhere",
        "\u202evodka\u202c nowhere",
        "עברית",
        "عربي",
        "v\u0301\u0302\u0303o\u0301dka",
        "水" * 100,
        "x" * 100,
        "a1" * 50,
        "\ufdfa" * 100,
        "\ud83c",
        "ﷺ 水" * 25,
        "\t\n",
        "1" * 100,
    ],
)
async def test_hostile_texts_find_nothing_and_harm_nothing(graph: GraphClient, text: str) -> None:
    asked = await graph.ask(SEARCH, {"id": SHOP, "text": text})
    assert (asked.data, asked.errors) == ({"cloudStore": {"search": NOTHING}}, [])


@pytest.mark.parametrize(
    "text", ["🍾vodka🍾", "\u202evodka\u202c", "vod\u00adka", "vod%", "%vodka%", "'vodka'", "VODKA\ufe0f"]
)
async def test_what_is_not_seen_or_no_word_does_not_count(graph: GraphClient, text: str) -> None:
    assert await codes(graph, text) == await codes(graph, "vodka")


@pytest.mark.prove
@settings(
    derandomize=True,
    deadline=None,
    max_examples=size(60, 5_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(max_size=110) | st.text(st.sampled_from("vodka 750ml可乐'%\\{}\u202e"), max_size=110))
async def test_no_text_is_an_internal_error(graph: GraphClient, text: str) -> None:
    asked = await graph.ask(SEARCH, {"id": SHOP, "text": text})
    assert asked.codes == ([] if 1 <= len(text) <= 100 and "\0" not in text else ["BAD_USER_INPUT"])
