"""How many statements a query costs: exactly so many, with 40 shops and with 1,244, for pages of 1, 10 and 100."""

import pytest

from tests.graph.acted import ACTS
from tests.graph.cases import CLERK, DEEP, ROOTS
from tests.graph.client import GraphClient
from tests.graph.connected import CONNECTIONS
from tests.graph.documents import FORTY, IOWA, Q1
from tests.graph.walk import CORE, asked_by, connections, edges

TENANTS = {"iowa": IOWA, "forty": FORTY}
CASES = {**ROOTS, **DEEP}


@pytest.fixture(autouse=True)
async def warm(graph: GraphClient) -> None:
    """The directory of tenants is read, and no connection is new: the driver has asked what arrays it will meet."""
    for tenant, ids in TENANTS.items():
        for case in (DEEP["sell-in"], ROOTS["organizationByCode"], ROOTS["campaign"]):
            await graph.ask(case.text(ids), by=case.by, tenant=tenant)


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


def test_every_root_field_is_counted() -> None:
    query = CORE.query_type
    assert query is not None
    assert set(query.fields) == set(ROOTS)


def test_every_act_is_asked_whole() -> None:
    mutation = CORE.mutation_type
    assert mutation is not None
    assert set(mutation.fields) == set(ACTS)


def test_every_edge_is_counted() -> None:
    counted = {place for case in (*CASES.values(), *CONNECTIONS.values()) for place in asked_by(case.text(IOWA))}
    counted |= {place for text in ACTS.values() for place in asked_by(text)}
    totals = {(kind, name) for kind, name in edges() if name == "totalCount"}
    assert len(edges()) == 290
    assert edges() - totals - counted == set()


def test_every_connection_is_counted_with_its_total() -> None:
    documents = [case.text(IOWA, total="totalCount") for case in CONNECTIONS.values()]
    asked = {place for document in documents for place in asked_by(document)}
    assert len(connections()) == 58
    assert connections() - asked == set()
    assert {place for place in edges() if place[1] == "totalCount"} - asked == set()


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("first", [1, 100])
@pytest.mark.parametrize("name", CASES)
async def test_a_query_in_depth(graph: GraphClient, tenant: str, first: int, name: str) -> None:
    case = CASES[name]
    asked = await graph.ask(case.text(TENANTS[tenant], first), by=case.by, tenant=tenant)
    assert asked.errors == []
    assert all(asked.data.values())
    assert len(asked.statements) == case.statements


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("name", CONNECTIONS)
async def test_a_total_is_one_statement_more(graph: GraphClient, tenant: str, name: str) -> None:
    case, ids = CONNECTIONS[name], TENANTS[tenant]
    plain = await graph.ask(case.text(ids), by=case.by, tenant=tenant)
    counted = await graph.ask(case.text(ids, total="totalCount"), by=case.by, tenant=tenant)
    assert plain.errors == counted.errors == []
    assert (len(plain.statements), len(counted.statements)) == (case.statements, case.statements + case.more)


async def test_aliases_of_one_field_share_their_statement(graph: GraphClient) -> None:
    numbers = (2191, 2205, 3549, 2513)
    text = " ".join(f'a{number}: store(id: "{IOWA.store(number)}") {{ name }}' for number in numbers)
    asked = await graph.ask("{ %s }" % text)
    assert len(asked.data) == 4
    assert len(asked.statements) == 1


async def test_fields_that_need_the_same_rows_share_their_statement(graph: GraphClient) -> None:
    """Four root fields, one loader."""
    asked = await graph.ask(
        '{ store(id: "%s") { name } organization(id: "%s") { name } node(id: "%s") { id } nodes(ids: ["%s"]) { id } }'
        % (IOWA.store(2191), IOWA.distributor(56), IOWA.brand(260), IOWA.store(2205))
    )
    assert all(asked.data.values())
    assert len(asked.statements) == 1


async def test_aliases_with_everything_below_cost_what_one_costs(graph: GraphClient) -> None:
    field = 'a%d: listing(id: "%s") { price sellable sku { product { brand { name } } } }'
    fields = [field % (item, IOWA.listing("STORE", 2191, item)) for item in (43337, 297, 11296)]
    alone = await graph.ask("{ %s }" % fields[0])
    together = await graph.ask("{ %s }" % " ".join(fields))
    assert alone.errors == together.errors == []
    assert (len(alone.statements), len(together.statements)) == (6, 6)


async def test_shelves_of_fifty_shops_cost_what_one_costs(graph: GraphClient) -> None:
    text = "{ stores(first: %d) { nodes { shelf(first: 2) { nodes { price sellable sku { product { name } } } } } } }"
    costs = {shops: len((await graph.ask(text % shops)).statements) for shops in (1, 10, 50)}
    assert costs == {1: 6, 10: 6, 50: 6}


async def test_lists_under_many_parents_cost_what_one_costs(graph: GraphClient) -> None:
    text = "{ distributors(first: %d) { nodes { brands { name } territories { name } } } }"
    costs = {houses: len((await graph.ask(text % houses)).statements) for houses in (1, 10, 40)}
    assert costs == {1: 3, 10: 3, 40: 3}


async def test_a_refused_document_costs_nothing(graph: GraphClient) -> None:
    asked = await graph.ask('{ location(id: "%s") { code } }' % IOWA.location("STORE", 2191))
    assert (asked.codes, asked.statements) == (["FORBIDDEN"], [])
