"""The walls: between tenants, and inside a tenant between an organisation and everyone it is not entitled to."""

import re
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

import boot
from loaders.catalog import SHELF, ProductById
from loaders.channel import OrganizationById
from models.reading import set_tenant
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import FORTY, IOWA, Q1

CLERK, SISTER = "store:2191/clerk", "store:2205/clerk"
OURS, THEIRS = "distributor:56/operator", "distributor:73/operator"
OPERATOR, RIVAL = "brand:260/operator", "brand:65/operator"
SHOP, DISTRIBUTOR = IOWA.store(2191), IOWA.distributor(56)


@dataclass(frozen=True)
class Private:
    """A field that is not for all: the document, how its answer is read, who sees something, and who sees nothing."""

    document: str
    path: tuple[Any, ...]
    seen_by: tuple[str, ...]
    hidden_from: tuple[str, ...]


def shop(selection: str) -> str:
    return '{ store(id: "%s") { %s } }' % (SHOP, selection)


def house(selection: str) -> str:
    return '{ organization(id: "%s") { %s } }' % (DISTRIBUTOR, selection)


STAFF = (CLERK, SISTER, OURS, THEIRS, OPERATOR, RIVAL, "partner:1")


def all_but(*seen: str) -> tuple[str, ...]:
    return tuple(who for who in STAFF if who not in seen)


PRIVATE = {
    "locations": Private(shop("it: locations { code }"), ("store", "it"), (CLERK, "admin"), all_but(CLERK)),
    "stock": Private(
        '{ location(id: "%s") { it: stock { nodes { onHand } } } }' % IOWA.location("STORE", 2191),
        ("location", "it", "nodes"),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "pools": Private(
        house("it: pools { contributions { skus { nodes { held } } } }"),
        ("organization", "it"),
        (OURS, "admin"),
        all_but(OURS),
    ),
    "pool by id": Private(
        '{ it: node(id: "%s") { id ... on Pool { code } } }' % IOWA.pool("DISTRIBUTOR", 56),
        ("it",),
        (OURS, "admin"),
        all_but(OURS),
    ),
    "price lists": Private(
        house("it: priceLists { nodes { prices { nodes { unitPrice } } } }"),
        ("organization", "it", "nodes"),
        (OURS, "admin"),
        all_but(OURS),
    ),
    "a brand's cost list": Private(
        '{ it: node(id: "%s") { id ... on PriceList { prices { nodes { unitPrice } } } } }'
        % IOWA.price_list("COST", 260),
        ("it",),
        (OPERATOR, "admin"),
        all_but(OPERATOR),
    ),
    "trade terms": Private(
        '{ listing(id: "%s") { it: trade { supplyPrice minPrice } } }' % IOWA.listing("STORE", 2191, 43337),
        ("listing", "it"),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "levels of a promise": Private(
        '{ listing(id: "%s") { it: sellableByLevel { units } } }' % IOWA.listing("STORE", 2191, 43337),
        ("listing", "it"),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "the trade price": Private(
        '{ it: price(sellerId: "%s", buyerId: "%s", skuId: "%s") { unitPrice } }'
        % (DISTRIBUTOR, SHOP, IOWA.sku(43337)),
        ("it",),
        (CLERK, OURS, "admin"),
        all_but(CLERK, OURS),
    ),
    "the brand's price to the distributor": Private(
        '{ it: price(sellerId: "%s", buyerId: "%s", skuId: "%s") { unitPrice } }'
        % (IOWA.brand(260), DISTRIBUTOR, IOWA.sku(43337)),
        ("it",),
        (OURS, OPERATOR, "admin"),
        all_but(OURS, OPERATOR),
    ),
    "a price over the head of the distributor": Private(
        '{ it: price(sellerId: "%s", buyerId: "%s", skuId: "%s") { unitPrice } }'
        % (IOWA.brand(260), SHOP, IOWA.sku(43337)),
        ("it",),
        (),
        (*STAFF, "admin"),
    ),
    "the price at an ordering mall": Private(
        '{ listing(id: "%s") { it: price } }' % IOWA.listing("DISTRIBUTOR", 56, 43337),
        ("listing", "it"),
        (CLERK,),
        (*all_but(CLERK), "member:1"),
    ),
    "orders placed": Private(
        shop("it: ordersPlaced { nodes { number lines { nodes { net } } } }"),
        ("store", "it", "nodes"),
        (CLERK, OURS, "admin"),
        (*all_but(CLERK, OURS), "member:1"),
    ),
    "orders received": Private(
        house("it: ordersReceived { nodes { number } }"),
        ("organization", "it", "nodes"),
        (CLERK, OURS, "admin"),
        # The partner is the other distributor's system; the sister buys elsewhere.
        (*all_but(CLERK, OURS), "member:1"),
    ),
    "an order": Private(
        '{ it: order(id: "%s") { total } }' % IOWA.order("S291988"),
        ("it",),
        (CLERK, OURS, "admin"),
        (*all_but(CLERK, OURS), "member:1"),
    ),
    "authorizations": Private(
        shop("it: authorizations { assortment { skus { nodes { minPrice } } } }"),
        ("store", "it"),
        (CLERK, OURS, "admin"),
        all_but(CLERK, OURS),
    ),
    "an assortment": Private(
        '{ it: node(id: "%s") { id ... on Assortment { code } } }' % IOWA.assortment(56),
        ("it",),
        (CLERK, OURS, "admin"),
        all_but(CLERK, OURS),
    ),
    "upstreams": Private(
        shop("it: upstreams { isPrimary }"),
        ("store", "it"),
        (CLERK, OURS, OPERATOR, "admin"),
        all_but(CLERK, OURS, OPERATOR, RIVAL),
    ),
    "ancestors": Private(
        shop("it: ancestors { nodes { name } }"),
        ("store", "it", "nodes"),
        (CLERK, OURS, OPERATOR, "admin"),
        all_but(CLERK, OURS, OPERATOR, RIVAL),
    ),
    "descendants": Private(
        house("it: descendants { nodes { name } }"),
        ("organization", "it", "nodes"),
        (OURS, OPERATOR, "admin"),
        all_but(OURS, OPERATOR, RIVAL),
    ),
    "channel stock": Private(
        '{ sku(id: "%s") { it: channelStock { onHand } } }' % IOWA.sku(43337),
        ("sku", "it"),
        (OPERATOR, "brand:260/analyst", "admin"),
        (OURS, THEIRS, RIVAL, "brand:65/analyst", "partner:1"),
    ),
    "external references": Private(
        shop("it: externalReferences { value }"), ("store", "it"), (CLERK, "admin"), all_but(CLERK)
    ),
}


def read(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = None if data is None else data[key]
    return data


@pytest.mark.parametrize("name", PRIVATE)
async def test_what_is_private_is_seen_by_those_it_is_for(graph: GraphClient, name: str) -> None:
    private = PRIVATE[name]
    for who in private.seen_by:
        asked = await graph.ask(private.document, by=who)
        assert asked.errors == [], who
        assert read(asked.data, private.path), who


@pytest.mark.parametrize("name", PRIVATE)
async def test_what_is_private_is_nothing_to_others(graph: GraphClient, name: str) -> None:
    private = PRIVATE[name]
    for who in private.hidden_from:
        asked = await graph.ask(private.document, by=who)
        assert asked.errors == [], who
        assert not read(asked.data, private.path), who


@pytest.mark.parametrize("name", PRIVATE)
async def test_the_same_actors_of_another_tenant_see_nothing(graph: GraphClient, name: str) -> None:
    private = PRIVATE[name]
    for who in {CLERK, OURS, OPERATOR, "admin"} & {*private.seen_by, *private.hidden_from}:
        asked = await graph.ask(private.document, by=who, tenant="forty")
        assert asked.errors == [], who
        assert not read(asked.data, private.path), who


async def test_the_storefront_query_knows_its_own_tenant_only(graph: GraphClient) -> None:
    asked = await graph.ask(Q1, {"id": IOWA.store(2191)}, tenant="forty")
    assert (asked.data, asked.errors) == ({"store": None}, [])
    answers = [
        await graph.ask(Q1, {"id": IOWA.store(2191)}),
        await graph.ask(Q1, {"id": FORTY.store(2191)}, tenant="forty"),
    ]
    assert answers[0].data["store"]["name"] == answers[1].data["store"]["name"] == "Keokuk Spirits"
    assert answers[0].data["store"]["id"] != answers[1].data["store"]["id"]
    assert len(answers[0].data["store"]["distributor"]["brands"]) > len(
        answers[1].data["store"]["distributor"]["brands"]
    )


async def test_nodes_of_another_tenant_are_not_there(graph: GraphClient) -> None:
    ids = [
        FORTY.store(2191),
        FORTY.brand(260),
        FORTY.sku(43337),
        FORTY.listing("STORE", 2191, 43337),
        FORTY.order("S291988"),
    ]
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert (await graph.ask(document, {"ids": ids}, by="admin")).data == {"nodes": [None] * len(ids)}
    own = await graph.ask(document, {"ids": ids}, by="admin", tenant="forty")
    assert [node["id"] for node in own.data["nodes"]] == ids


@pytest.mark.parametrize("statement", [OrganizationById.statement, ProductById.statement, SHELF.page, SHELF.count])
async def test_row_security_holds_where_a_statement_forgets_its_tenant(
    access: boot.Access, iowa: TenantFacts, forty: TenantFacts, statement: Any
) -> None:
    """The tenant's condition is taken out of the text: under the other tenant there is still nothing to see."""
    forgetful = re.sub(r'("?\w+"?)\.tenant_id = \$\d+::UUID', "TRUE", statement.text)
    assert forgetful != statement.text
    values = {
        "ids": [IOWA.keys.of("organization", "STORE", 2191), IOWA.keys.of("product", 43334)],
        "parents": [IOWA.keys.of("cloud_store", "STORE", 2191)],
        "after_0": -1,
        "after_1": forty.id,
        "page_limit": 5,
    }
    # A parameter that is gone from the text cannot be sent: the others are numbered anew.
    kept = [name for place, name in enumerate(statement.names, 1) if re.search(rf"\${place}\b", forgetful)]
    numbers = {statement.names.index(name) + 1: place for place, name in enumerate(kept, 1)}
    forgetful = re.sub(r"\$(\d+)\b", lambda found: f"${numbers[int(found[1])]}", forgetful)
    connection = await asyncpg.connect(access.app.url)
    try:
        found = {}
        for tenant in (iowa, forty):
            async with connection.transaction(readonly=True):
                await connection.execute(set_tenant(tenant.id))
                rows = await connection.fetch(forgetful, *(values[name] for name in kept))
                found[tenant.code] = sum(row["total"] if "total" in row.keys() else 1 for row in rows)  # noqa: SIM118 - a record looks for values
    finally:
        await connection.close()
    assert found["iowa"] > 0
    assert found["forty"] == 0
