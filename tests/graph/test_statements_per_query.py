"""How many statements a query costs: exactly so many, with 40 shops and with 1,244, for pages of 1, 10 and 100."""

from dataclasses import dataclass

import pytest

from tests.graph.client import GraphClient
from tests.graph.documents import FORTY, IOWA, Q1, Ids

TENANTS = {"iowa": IOWA, "forty": FORTY}
CLERK, SALES, OPERATOR, ANALYST = (
    "store:2191/clerk",
    "distributor:56/salesperson",
    "distributor:56/operator",
    "brand:260/analyst",
)


@pytest.fixture(autouse=True)
async def warm(graph: GraphClient) -> None:
    """The directory of tenants is read, and no connection is new."""
    for tenant in TENANTS:
        await graph.ask("{ stores(first: 1) { nodes { id } } }", tenant=tenant)


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("first", [1, 10, 100])
# A viewer with a token costs one statement more: the database confirms her.
@pytest.mark.parametrize(("by", "statements"), [(None, 8), ("member:1", 9), (CLERK, 9)])
async def test_the_storefront_query(
    graph: GraphClient, tenant: str, first: int, by: str | None, statements: int
) -> None:
    asked = await graph.ask(Q1, {"id": TENANTS[tenant].store(2191), "first": first}, by=by, tenant=tenant)
    assert asked.errors == []
    assert len(asked.data["store"]["shelf"]["edges"]) == first
    assert len(asked.statements) == statements


@dataclass(frozen=True)
class Case:
    """A root field asked in depth: the document (%(name)s are ids), who asks, and the statements it takes."""

    document: str
    by: str | None
    statements: int

    def text(self, ids: Ids) -> str:
        return self.document % {
            "store": ids.store(2191),
            "distributor": ids.distributor(56),
            "brand": ids.brand(260),
            "sku": ids.sku(43337),
            "product": ids.product(43334),
            "listing": ids.listing("STORE", 2191, 43337),
            "order": ids.order("S291988"),
            "location": ids.location("STORE", 2191),
            "cloud_store": ids.cloud_store("STORE", 2191),
            "category": ids.category(1062310),
        }


ORGANIZATION = (
    "id tier code name region { name } brands { id } cloudStore { mode site { name } } territories { regions { name } }"
)
CASES: dict[str, Case] = {
    "viewer": Case("{ viewer { actorClass organization { name } } }", CLERK, 2),
    "tenant": Case("{ tenant { code currency } }", None, 1),
    "node": Case('{ node(id: "%(sku)s") { id ... on Sku { name product { name } } } }', None, 2),
    "nodes": Case('{ nodes(ids: ["%(sku)s", "%(product)s", "%(store)s", "%(brand)s", "%(sku)s"]) { id } }', None, 3),
    "organization": Case('{ organization(id: "%(distributor)s") { ' + ORGANIZATION + " } }", None, 5),
    "organizationByCode": Case('{ organizationByCode(tier: STORE, code: "2191") { ' + ORGANIZATION + " } }", None, 6),
    "store": Case(
        '{ store(id: "%(store)s") { upstreams { isPrimary organization { name } } '
        "ancestors(first: 20) { nodes { name } } "
        "locations { stock(first: 20) { nodes { onHand sku { name } owner { name } } } } "
        "ordersPlaced(first: 20) { nodes { number seller { name } lines { nodes { sku { name } brand { name } } } } } "
        "authorizations { grantor { name } assortment { skus(first: 20) { nodes { sku { name } minPrice } } } } "
        "shelf(first: 20) { nodes { price sellable sellableByLevel { units } "
        "trade { supplyPrice supplier { name } } } } } }",
        CLERK,
        21,
    ),
    "stores": Case("{ stores(first: %(first)d) { nodes { name region { name } distributor { name } } } }", None, 3),
    "distributors": Case("{ distributors(first: %(first)d) { nodes { name brands { name } } } }", None, 2),
    "brands": Case("{ brands(first: %(first)d) { nodes { name products(first: 3) { nodes { name } } } } }", None, 2),
    "cloudStore": Case(
        '{ cloudStore(id: "%(cloud_store)s") { organization { name } site { name } region { name } '
        "shelf(first: %(first)d) { nodes { sku { name } } } } }",
        None,
        6,
    ),
    "sites": Case("{ sites(first: %(first)d) { nodes { name organization { name } parent { name } } } }", None, 3),
    "product": Case(
        '{ product(id: "%(product)s") { name brand { name } category { name parent { name } } '
        "skus { code packUnits { units } attributes { integer } } } }",
        None,
        6,
    ),
    "products": Case("{ products(first: %(first)d) { nodes { name brand { name } category { name } } } }", None, 3),
    "sku": Case(
        '{ sku(id: "%(sku)s") { name product { name } channelStock { onHand } externalReferences { value } } }',
        ANALYST,
        5,
    ),
    "categories": Case(
        "{ categories(first: %(first)d) { nodes { name products(first: 3) { nodes { name } } } } }", None, 2
    ),
    "listing": Case('{ listing(id: "%(listing)s") { price sellable seller { name } sku { name } } }', None, 5),
    "price": Case(
        '{ price(sellerId: "%(distributor)s", buyerId: "%(store)s", skuId: "%(sku)s") '
        "{ unitPrice explain { reason } } }",
        SALES,
        2,
    ),
    "location": Case(
        '{ location(id: "%(location)s") { stock(first: %(first)d) { nodes { onHand sku { name } } } } }', CLERK, 4
    ),
    "order": Case(
        '{ order(id: "%(order)s") { number seller { name } buyer { name } lines(first: %(first)d) { nodes { net } } '
        "externalReferences { value } } }",
        CLERK,
        5,
    ),
}


async def test_every_root_field_is_counted(graph: GraphClient) -> None:
    asked = await graph.ask('{ __type(name: "Query") { fields { name } } }')
    assert {field["name"] for field in asked.data["__type"]["fields"]} == set(CASES)


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("first", [1, 10, 100])
@pytest.mark.parametrize("name", CASES)
async def test_a_root_field_in_depth(graph: GraphClient, tenant: str, first: int, name: str) -> None:
    case = CASES[name]
    text = Case(case.document.replace("%(first)d", str(first)), case.by, 0).text(TENANTS[tenant])
    asked = await graph.ask(text, by=case.by, tenant=tenant)
    assert asked.errors == []
    assert asked.data[name]
    assert len(asked.statements) == case.statements


async def test_aliases_of_one_field_share_their_statement(graph: GraphClient) -> None:
    numbers = (2191, 2205, 3549, 2513)
    text = " ".join(f'a{number}: store(id: "{IOWA.store(number)}") {{ name }}' for number in numbers)
    asked = await graph.ask("{ %s }" % text)
    assert len(asked.data) == 4
    assert len(asked.statements) == 1


async def test_shelves_of_fifty_shops_cost_what_one_costs(graph: GraphClient) -> None:
    text = "{ stores(first: %d) { nodes { shelf(first: 2) { nodes { price sellable sku { product { name } } } } } } }"
    costs = {shops: len((await graph.ask(text % shops)).statements) for shops in (1, 10, 50)}
    assert costs == {1: 6, 10: 6, 50: 6}


@pytest.mark.parametrize("tenant", TENANTS)
async def test_a_total_is_one_statement_more(graph: GraphClient, tenant: str) -> None:
    plain = await graph.ask("{ stores(first: 5) { nodes { id } } }", tenant=tenant)
    counted = await graph.ask("{ stores(first: 5) { totalCount nodes { id } } }", tenant=tenant)
    assert counted.data["stores"]["totalCount"] == {"iowa": 1244, "forty": 40}[tenant]
    assert (len(plain.statements), len(counted.statements)) == (1, 2)


async def test_a_refused_document_costs_nothing(graph: GraphClient) -> None:
    asked = await graph.ask('{ location(id: "%s") { code } }' % IOWA.location("STORE", 2191))
    assert (asked.codes, asked.statements) == (["FORBIDDEN"], [])
