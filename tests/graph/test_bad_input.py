"""Whatever is asked, the answer is a clear code: never an internal error, never a sign of what exists elsewhere."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph.client import GraphClient
from tests.graph.documents import FORTY, IOWA
from tests.proof import size

pytestmark = pytest.mark.prove
STORE = IOWA.store(2191)
UNKNOWN = "store_" + "0" * 32


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


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
        base64.urlsafe_b64encode(b"\xff\xfe[1]").decode(),
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(b"[" * 300).decode(),
        "游标",
    ],
)
async def test_what_is_no_cursor_of_a_shelf(graph: GraphClient, after: str) -> None:
    document = "query ($id: ID!, $after: String) { store(id: $id) { shelf(after: $after) { nodes { id } } } }"
    assert await only_code(graph, document, id=STORE, after=after) == "BAD_CURSOR"


async def test_a_cursor_of_another_connection_is_none_of_this(graph: GraphClient) -> None:
    asked = await graph.ask("{ stores(first: 1) { pageInfo { endCursor } } }")
    document = "query ($id: ID!, $after: String) { store(id: $id) { shelf(after: $after) { nodes { id } } } }"
    after = asked.data["stores"]["pageInfo"]["endCursor"]
    assert await only_code(graph, document, id=STORE, after=after) == "BAD_CURSOR"


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


PRICE = (
    'query ($q: Int!, $at: DateTime) { price(sellerId: "%s", buyerId: "%s", skuId: "%s", quantity: $q, at: $at) '
    "{ unitPrice } }"
) % (IOWA.distributor(56), STORE, IOWA.sku(43337))


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
        (1, 5),
    ],
)
async def test_a_price_of_nothing_or_at_no_time(graph: GraphClient, quantity: int, at: Any) -> None:
    asked = await graph.ask(PRICE, {"q": quantity, "at": at}, by="store:2191/clerk")
    assert asked.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_a_price_at_the_edges_of_time(graph: GraphClient, at: str) -> None:
    asked = await graph.ask(PRICE, {"q": 1, "at": at}, by="store:2191/clerk")
    assert asked.errors == []


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


@settings(
    derandomize=True,
    deadline=None,
    max_examples=size(60, 5_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    id=st.one_of(st.text(max_size=60), st.from_regex(r"[a-z]{3,8}_[0-9a-f]{30,34}", fullmatch=True)),
    after=st.one_of(
        st.none(),
        st.text(max_size=40),
        st.lists(st.integers() | st.text(max_size=33), max_size=4).map(lambda parts: cursor(*parts)),
    ),
    first=st.integers(-5, 200),
)
async def test_no_argument_is_an_internal_error(graph: GraphClient, id: str, after: str | None, first: int) -> None:
    document = (
        "query ($id: ID!, $after: String, $first: Int!) { node(id: $id) { id } "
        "stores(first: $first, after: $after) { nodes { id } } }"
    )
    asked = await graph.ask(document, {"id": id, "after": after, "first": first})
    assert set(asked.codes) <= {"BAD_ID", "BAD_CURSOR", "BAD_PAGE_SIZE"}
