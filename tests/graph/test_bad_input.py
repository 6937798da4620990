"""Whatever is asked, the answer is a clear code: never an internal error, never a sign of what exists elsewhere."""

import base64
from typing import Any

import pytest
from graphql import get_named_type

import boot
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import FORTY, IOWA, PRICE
from tests.graph.paging import cursor
from tests.graph.scratch import changed
from tests.graph.walk import CORE

CLERK = "store:2191/clerk"
STORE = IOWA.store(2191)
ORDERS = "query ($id: ID!, $after: String) { store(id: $id) { ordersPlaced(after: $after) { nodes { id } } } }"
UNKNOWN = "store_" + "0" * 32


async def only_code(graph: GraphClient, query: str, by: str | None = None, **variables: Any) -> str:
    asked = await graph.ask(query, variables, by=by)
    assert len(asked.codes) == 1, asked.errors
    return asked.codes[0]


@pytest.mark.parametrize(
    "id",
    [
        "",
        "x",
        "store",
        "store_",
        "store_123",
        "store_" + "g" * 32,
        "store_" + "0" * 31,
        "store_" + "0" * 33,
        "store_" + "０" * 32,
        "store_" + "+" + "0" * 31,
        "Store_" + "0" * 32,
        "brand_" + "0" * 32,
        "sku_" + "0" * 32,
        "store_' OR 1=1 --" + "0" * 15,
        "store_" + "0" * 100_000,
        "\0" * 40,
        "store_{" + "0" * 30 + "}",
    ],
)
async def test_what_is_no_id_of_a_store(graph: GraphClient, id: str) -> None:
    document = "query ($id: ID!) { store(id: $id) { name } }"
    assert await only_code(graph, document, id=id) == "BAD_ID"


@pytest.mark.parametrize(
    ("id", "code"),
    [
        (5, "BAD_ID"),  # an ID may be written as an integer
        (10**30, "BAD_ID"),
        (1.5, "BAD_USER_INPUT"),
        (True, "BAD_USER_INPUT"),
        (None, "BAD_USER_INPUT"),
        ([], "BAD_USER_INPUT"),
        ({}, "BAD_USER_INPUT"),
    ],
)
async def test_an_id_of_another_type(graph: GraphClient, id: Any, code: str) -> None:
    assert await only_code(graph, "query ($id: ID!) { store(id: $id) { name } }", id=id) == code


def _taking_ids() -> dict[str, list[str]]:
    """The root fields that take ids, with the arguments they take them by."""
    query = CORE.query_type
    assert query is not None
    taking = {
        name: [key for key, argument in field.args.items() if str(get_named_type(argument.type)) == "ID"]
        for name, field in query.fields.items()
    }
    return {name: arguments for name, arguments in taking.items() if arguments}


@pytest.mark.parametrize("name", _taking_ids())
async def test_every_root_field_refuses_what_is_no_id(graph: GraphClient, name: str) -> None:
    for wrong in _taking_ids()[name]:
        for value in ("x", "shopper_" + "0" * 32, "store_" + "z" * 32):
            given = (
                {"sellerId": IOWA.distributor(56), "buyerId": STORE, "skuId": IOWA.sku(43337)}
                if name == "price"
                else {}
            )
            arguments = ", ".join(f'{key}: "{text}"' for key, text in {**given, wrong: value}.items())
            asked = await graph.ask("{ %s(%s) { __typename } }" % (name, arguments), by="admin")
            assert asked.codes == ["BAD_ID"], (wrong, value)


@pytest.mark.parametrize("id", [UNKNOWN, FORTY.store(2191), "store_" + IOWA.distributor(56).split("_")[1]])
async def test_what_is_not_there_and_what_is_another_tenants_are_one_answer(graph: GraphClient, id: str) -> None:
    asked = await graph.ask("query ($id: ID!) { store(id: $id) { name } node(id: $id) { id } }", {"id": id})
    assert (asked.data, asked.errors) == ({"store": None, "node": None}, [])


@pytest.mark.parametrize(
    "after",
    [
        "",
        "zz",
        "!!!",
        "=",
        "a" * 10_000,
        cursor(),
        cursor(1),
        cursor(1, 2),
        cursor(1, "0" * 31),
        cursor("1", "0" * 32),
        cursor(1.5, "0" * 32),
        cursor(True, "0" * 32),
        cursor(None, "0" * 32),
        cursor(2**63, "0" * 32),
        cursor(10**400, "0" * 32),
        cursor(1, "0" * 32, 3),
        cursor({"a": 1}, "0" * 32),
        cursor(1, ["0" * 32]),
        cursor(1, "{" + "0" * 30 + "}"),
        cursor(1, "urn:uuid:" + "0" * 32),
        cursor(1, "０" * 32),
        cursor(1, " " + "0" * 31),
        cursor(1, "0_" * 16),
        cursor(1, "\0" * 32),
        base64.urlsafe_b64encode(b"\xff\xfe[1]").decode(),
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(b"[" * 300).decode(),
        "游标",
    ],
)
async def test_what_is_no_cursor_of_a_shelf(graph: GraphClient, after: str) -> None:
    document = "query ($id: ID!, $after: String) { store(id: $id) { shelf(after: $after) { nodes { id } } } }"
    assert await only_code(graph, document, id=STORE, after=after) == "BAD_CURSOR"


@pytest.mark.parametrize(
    "after",
    [
        cursor(2**62, "0" * 32),  # beyond what an instant can be
        cursor(-(2**62), "0" * 32),
        cursor(253_402_300_800_000_000, "f" * 32),  # the first microsecond of the year 10000
        cursor(-62_135_596_800_000_001, "0" * 32),  # the last one before the year 1
        cursor(2**63, "0" * 32),
        cursor("2015-11-20", "0" * 32),
        cursor(1.5, "0" * 32),
        cursor(True, "0" * 32),
    ],
)
async def test_what_is_no_cursor_of_orders(graph: GraphClient, after: str) -> None:
    assert await only_code(graph, ORDERS, by=CLERK, id=STORE, after=after) == "BAD_CURSOR"


@pytest.mark.parametrize(("microsecond", "orders"), [(253_402_300_799_999_999, 20), (-62_135_596_800_000_000, 0)])
async def test_a_cursor_at_the_edges_of_time(graph: GraphClient, microsecond: int, orders: int) -> None:
    asked = await graph.ask(ORDERS, {"id": STORE, "after": cursor(microsecond, "f" * 32)}, by=CLERK)
    assert (asked.errors, len(asked.data["store"]["ordersPlaced"]["nodes"])) == ([], orders)


@pytest.mark.parametrize(
    "after", [cursor("a\0b", "0" * 32), cursor("x" * 101, "0" * 32), cursor("\ud800", "0" * 32), cursor(1, "0" * 32)]
)
async def test_what_is_no_cursor_of_shops(graph: GraphClient, after: str) -> None:
    document = "query ($after: String) { stores(after: $after) { nodes { id } } }"
    assert await only_code(graph, document, after=after) == "BAD_CURSOR"


PAGES = {
    "shops": ("{ page: stores(first: 2%s) { ...P } }", "StoreConnection"),
    "lines": (
        '{ order(id: "' + IOWA.order("S291988") + '") { page: lines(first: 2%s) { ...P } } }',
        "OrderLineConnection",
    ),
    "shelf": ('{ store(id: "' + STORE + '") { page: shelf(first: 2%s) { ...P } } }', "ListingConnection"),
    "stock": (
        '{ location(id: "' + IOWA.location("STORE", 2191) + '") { page: stock(first: 2%s) { ...P } } }',
        "StockConnection",
    ),
    "assorted": (
        '{ node(id: "' + IOWA.assortment(56) + '") { ... on Assortment { page: skus(first: 2%s) { ...P } } } }',
        "AssortmentSkuConnection",
    ),
}
"""One connection for each form that a cursor has."""


@pytest.mark.parametrize("name", PAGES)
async def test_a_cursor_of_another_connection_is_none_of_this(graph: GraphClient, name: str) -> None:
    cursors = {}
    for other, (document, kind) in PAGES.items():
        fragment = f" fragment P on {kind} {{ pageInfo {{ endCursor }} }}"
        asked = await graph.ask(document % "" + fragment, by=CLERK)
        assert asked.errors == []
        page = asked.data if other == "shops" else next(iter(asked.data.values()))
        cursors[other] = page["page"]["pageInfo"]["endCursor"]
    document, kind = PAGES[name]
    for other, after in cursors.items():
        text = document % f', after: "{after}"' + f" fragment P on {kind} {{ pageInfo {{ endCursor }} }}"
        asked = await graph.ask(text, by=CLERK)
        assert asked.codes == ([] if other == name else ["BAD_CURSOR"]), other


async def test_a_cursor_says_nothing_across_the_wall(graph: GraphClient) -> None:
    # A key is a place in an order, not a row: in another tenant it is just a place.
    asked = await graph.ask("{ stores(first: 1) { pageInfo { endCursor } } }", tenant="forty")
    after = asked.data["stores"]["pageInfo"]["endCursor"]
    there = await graph.ask(
        "query ($after: String) { stores(first: 1, after: $after) { nodes { id } } }", {"after": after}
    )
    assert (there.errors, len(there.data["stores"]["nodes"])) == ([], 1)


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1, -(2**31)])
async def test_a_page_has_1_to_100(graph: GraphClient, first: int) -> None:
    document = "query ($id: ID!, $first: Int!) { store(id: $id) { shelf(first: $first) { nodes { id } } } }"
    assert await only_code(graph, document, id=STORE, first=first) == "BAD_PAGE_SIZE"


@pytest.mark.parametrize("first", [2**31, 10**30, 1.5, "1", None, True, [], {}])
async def test_a_page_size_of_another_type(graph: GraphClient, first: Any) -> None:
    document = "query ($id: ID!, $first: Int!) { store(id: $id) { shelf(first: $first) { nodes { id } } } }"
    assert await only_code(graph, document, id=STORE, first=first) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("document", "variables", "code"),
    [
        ('{ organizationByCode(tier: STORE, code: "") { id } }', {}, "BAD_USER_INPUT"),
        (
            "query ($c: String!) { organizationByCode(tier: STORE, code: $c) { id } }",
            {"c": "x" * 101},
            "BAD_USER_INPUT",
        ),
        ("query ($c: String!) { organizationByCode(tier: STORE, code: $c) { id } }", {"c": "a\0b"}, "BAD_USER_INPUT"),
        ("query ($c: String!) { stores(regionCode: $c) { nodes { id } } }", {"c": "x" * 10_000}, "BAD_USER_INPUT"),
        ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [UNKNOWN] * 101}, "BAD_USER_INPUT"),
        ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [UNKNOWN, "x"]}, "BAD_ID"),
        ('{ organizationByCode(tier: SHOP, code: "1") { id } }', {}, "GRAPHQL_VALIDATION_FAILED"),
        ('{ organizationByCode(tier: STORE, code: "\\u0000") { id } }', {}, "BAD_USER_INPUT"),
        # Half a character has no UTF-8: it must not come as far as the database.
        ('{ organizationByCode(tier: STORE, code: "\\uD800") { id } }', {}, "GRAPHQL_PARSE_FAILED"),
        ('{ organizationByCode(tier: STORE, code: "\\u{DFFF}") { id } }', {}, "GRAPHQL_PARSE_FAILED"),
        ('{ stores(regionCode: "") { nodes { id } } }', {}, "BAD_USER_INPUT"),
        ('query ($t: Tier!) { organizationByCode(tier: $t, code: "1") { id } }', {"t": "SHOP"}, "BAD_USER_INPUT"),
        ("{ nodes(ids: [null]) { id } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ store", {}, "GRAPHQL_PARSE_FAILED"),
        ("", {}, "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_other_arguments_that_cannot_be_meant(
    graph: GraphClient, document: str, variables: dict[str, Any], code: str
) -> None:
    assert await only_code(graph, document, **variables) == code


async def test_products_of_a_brand_and_a_category_at_once_are_not_offered(graph: GraphClient) -> None:
    document = "query ($b: ID, $c: ID) { products(brandId: $b, categoryId: $c) { nodes { id } } }"
    assert await only_code(graph, document, b=IOWA.brand(260), c=IOWA.category(1062310)) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("quantity", "at"),
    [
        (0, None),
        (-1, None),
        (2**31, None),
        (1, "yesterday"),
        (1, "2026-01-01"),
        (1, "2026-01-01T00:00:00"),
        (1, "2026-13-01T00:00:00Z"),
        (1, "0001-01-01T00:00:00+14:00"),
        (1, "9999-12-31T23:59:59-12:00"),
        (1, "0001-01-01T00:00:00Z"),
        (1, "9999-12-31T23:59:59.999999Z"),
        (1, "9999-12-31T21:59:59.999999-02:00"),
        (1, 5),
    ],
)
async def test_a_price_of_nothing_or_at_no_time(graph: GraphClient, quantity: int, at: Any) -> None:
    asked = await graph.ask(PRICE, {"q": quantity, "at": at}, by="store:2191/clerk")
    assert asked.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00.000001Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999998Z"])
async def test_a_price_at_the_edges_of_time(graph: GraphClient, at: str) -> None:
    asked = await graph.ask(PRICE, {"q": 1, "at": at}, by="store:2191/clerk")
    assert asked.errors == []


async def test_an_amount_beyond_what_money_can_be(graph: GraphClient, access: boot.Access, iowa: TenantFacts) -> None:
    """A contract at the highest price there is: one fits, two are more than an amount can hold."""
    listed, keys = IOWA.keys.of("test", "dear"), IOWA.keys
    parties = [keys.of("organization", "DISTRIBUTOR", 56), keys.of("organization", "STORE", 2191)]
    do = [
        (
            "INSERT INTO price_list (tenant_id, id, seller_id, code, name, audience, scope, buyer_id)"
            " VALUES ($1, $2, $3, 'DEAR', 'Dear', 'TRADE', 'CONTRACT', $4)",
            [listed, *parties],
        ),
        (
            "INSERT INTO price (tenant_id, price_list_id, sku_id, min_qty, valid_from, unit_fen)"
            " VALUES ($1, $2, $3, 1, '2016-01-01Z', 9007199254740991)",
            [listed, keys.of("sku", 43337)],
        ),
    ]
    undo = [
        ("DELETE FROM price WHERE tenant_id = $1 AND price_list_id = $2", [listed]),
        ("DELETE FROM price_list WHERE tenant_id = $1 AND id = $2", [listed]),
    ]
    async with changed(access, iowa, do, undo):
        asked = await graph.ask(PRICE, {"q": 1}, by=CLERK)
        assert (asked.data, asked.errors) == ({"price": {"unitPrice": 2**53 - 1, "amount": 2**53 - 1}}, [])
        for quantity in (2, 2**31 - 1):
            assert await only_code(graph, PRICE, by=CLERK, q=quantity) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "document",
    [
        '{ store(id: "x") ' + "{ distributor " * 20 + "{ id }" + " }" * 20 + " }",
        "{ " + " ".join(f"a{n}: viewer {{ actorClass }}" for n in range(200)) + " }",
        "{ stores(first: 100) { nodes { shelf(first: 100) { nodes { sku { product { skus { id } } } } } } } }",
        "{ " + "viewer { actorClass } " * 500 + "}",
    ],
)
async def test_deep_wide_and_dear_documents(graph: GraphClient, document: str) -> None:
    asked = await graph.ask(document)
    assert set(asked.codes) <= {"QUERY_TOO_COMPLEX", "GRAPHQL_PARSE_FAILED"}
    assert asked.codes
    assert asked.statements == []
