"""What documents cost at the gate: those that would be too dear, and how far the usual ones are from it."""

from tests.bench import documents as benchmark
from tests.bench.peers import documents as peers
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA, Q1


async def test_a_document_of_many_leaves_in_long_lists_is_too_dear(graph: GraphClient) -> None:
    """Seventy shops with sixty brands of forty leaves each were five megabytes."""
    leaves = " ".join(f"a{number}: name" for number in range(30))
    document = (
        '{ stores(first: 100, regionCode: "US-IA-077") { nodes { brands { __typename id tier code name address city '
        f"postalCode {leaves} }} }} }} }}"
    )
    asked = await graph.ask(document)
    assert (asked.codes, asked.statements) == (["QUERY_TOO_COMPLEX"], [])
    assert asked.errors[0]["extensions"]["limit"] == "cost"


async def test_few_leaves_in_thousands_of_listings_are_too_dear(graph: GraphClient) -> None:
    """A hundred shops with forty listings of nine leaves each took a second and a half."""
    document = "query ($i: [ID!]!) { nodes(ids: $i) { ... on Store { shelf(first: 40) { nodes { %s } } } } }"
    shops = {"i": [IOWA.store(2191)] * 100}
    asked = await graph.ask(document % "id origin position price sellable __typename a: id b: id c: id", shops)
    assert (asked.codes, asked.statements) == (["QUERY_TOO_COMPLEX"], [])
    assert asked.errors[0]["extensions"]["limit"] == "cost"
    assert (await graph.ask(document % "sellable", shops)).codes == []


def test_the_documents_of_the_benchmark_pass(graph: GraphClient) -> None:
    ids = {"store": "x", "at": "x", "id": "x"}
    for document in (benchmark.Q1, benchmark.Q2, benchmark.Q3, benchmark.Q4, peers.P1, peers.P2, peers.P3):
        assert graph.prepared(document).cost(ids) <= graph.limits.cost


def test_the_storefront_query_is_far_below_what_may_be_asked(graph: GraphClient) -> None:
    prepared = graph.prepared(Q1)
    assert {first: prepared.cost({"id": "x", "first": first}) for first in (20, 100)} == {20: 247, 100: 735}
