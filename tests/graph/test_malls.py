"""Ordering malls, ended grants and other suppliers: what even a business partner is not told."""

from typing import Any

import pytest

import boot
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA
from tests.graph.scratch import changed

CLERK, OURS, BRAND = "store:2191/clerk", "distributor:56/operator", "brand:260/operator"
MALL = '{ listing(id: "%s") { sellable } }' % IOWA.listing("DISTRIBUTOR", 56, 43337)


@pytest.mark.parametrize("who", [CLERK, OURS, "admin"])
async def test_an_ordering_mall_says_what_it_has_to_those_it_supplies(graph: GraphClient, who: str) -> None:
    assert (await graph.ask(MALL, by=who)).data["listing"]["sellable"] > 0


@pytest.mark.parametrize(
    "who", [None, "member:1", "store:2205/clerk", "distributor:73/operator", BRAND, "brand:65/analyst", "partner:1"]
)
async def test_an_ordering_mall_says_nothing_to_others(graph: GraphClient, who: str | None) -> None:
    asked = await graph.ask(MALL, by=who)
    assert (asked.data, asked.errors) == ({"listing": {"sellable": None}}, [])
    assert not any("pool_contribution" in statement for statement in asked.statements)  # not looked for in vain


async def test_the_two_figures_of_what_is_sellable_share_their_statement(graph: GraphClient) -> None:
    """Its own shop's goods and its supplier's mall: both figures cost no statement more than one of them."""
    document = "query ($i: [ID!]!) { nodes(ids: $i) { ... on Listing { %s } } }"
    ids = {"i": [IOWA.listing("STORE", 2191, 43337), IOWA.listing("DISTRIBUTOR", 56, 43337)]}
    one = await graph.ask(document % "sellable", ids, by=CLERK)
    both = await graph.ask(document % "sellable sellableByLevel { units }", ids, by=CLERK)
    assert len(one.statements) == len(both.statements) == 4
    shop, mall = both.data["nodes"]
    assert sum(level["units"] for level in shop["sellableByLevel"]) == shop["sellable"]
    assert mall["sellable"] > 0
    assert mall["sellableByLevel"] is None
    others = document % "sellableByLevel { units }"
    asked = await graph.ask(others, {"i": ids["i"][1:]}, by=CLERK)
    assert (asked.data, len(asked.statements)) == ({"nodes": [{"sellableByLevel": None}]}, 2)


async def test_an_ended_grant_opens_nothing(graph: GraphClient, access: boot.Access, iowa: TenantFacts) -> None:
    shop, assortment = IOWA.keys.of("organization", "STORE", 2191), IOWA.keys.of("assortment", 56)
    until = (
        'UPDATE "authorization" SET valid_until = {} WHERE tenant_id = $1 AND grantee_id = $2 AND assortment_id = $3'
    )
    document = (
        '{ node(id: "%s") { ... on Assortment { skus(first: 1) { nodes { minPrice } } } } '
        'listing(id: "%s") { trade { minPrice } } }'
    ) % (IOWA.assortment(56), IOWA.listing("STORE", 2191, 43337))
    before = await graph.ask(document, by=CLERK)
    assert before.data["node"]["skus"]["nodes"]
    assert before.data["listing"]["trade"]
    ended = [(until.format("'2016-01-01Z'"), [shop, assortment])]
    async with changed(access, iowa, ended, [(until.format("NULL"), [shop, assortment])]):
        assert (await graph.ask(document, by=CLERK)).data == {"node": None, "listing": {"trade": None}}
        # Who granted it still sees its own.
        granted = await graph.ask(document.partition("listing")[0] + "}", by=OURS)
        assert granted.data["node"]["skus"]["nodes"]


async def test_a_supplier_is_not_told_who_else_supplies_its_shop(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    """Shop 2191 also buys from distributor 73: it knows both, each of them only itself."""
    shop, second = IOWA.keys.of("organization", "STORE", 2191), IOWA.keys.of("organization", "DISTRIBUTOR", 73)
    do = [
        (
            "INSERT INTO organization_edge (tenant_id, kind, upstream_id, downstream_id)"
            " VALUES ($1, 'SUPPLIES', $2, $3)",
            [second, shop],
        ),
        (
            "INSERT INTO organization_closure (tenant_id, ancestor_id, descendant_id, hops, descendant_tier,"
            " descendant_code) VALUES ($1, $2, $3, 1, 'STORE', '2191')",
            [second, shop],
        ),
    ]
    undo = [
        (
            "DELETE FROM organization_edge WHERE tenant_id = $1 AND upstream_id = $2 AND downstream_id = $3",
            [second, shop],
        ),
        (
            "DELETE FROM organization_closure WHERE tenant_id = $1 AND ancestor_id = $2 AND descendant_id = $3",
            [second, shop],
        ),
    ]
    document = (
        '{ store(id: "%s") { upstreams { isPrimary organization { code } } '
        "ancestors(first: 100) { nodes { tier code } } } }" % IOWA.store(2191)
    )

    async def seen(who: str) -> tuple[list[tuple[str, bool]], set[str]]:
        store: Any = (await graph.ask(document, by=who)).data["store"]
        return (
            [(edge["organization"]["code"], edge["isPrimary"]) for edge in store["upstreams"]],
            {node["code"] for node in store["ancestors"]["nodes"] if node["tier"] == "DISTRIBUTOR"},
        )

    async with changed(access, iowa, do, undo):
        assert await seen(CLERK) == ([("56", True), ("73", False)], {"56", "73"})
        assert await seen(OURS) == ([("56", True)], {"56"})
        assert await seen("distributor:73/operator") == ([("73", False)], {"73"})
        assert await seen("distributor:77/operator") == ([], set())


async def test_a_suspended_distributor_does_not_trade(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    document = (
        '{ listing(id: "%s") { price sellableByLevel { hops } trade { supplyPrice } } '
        'price(sellerId: "%s", buyerId: "%s", skuId: "%s") { unitPrice } }'
    ) % (IOWA.listing("STORE", 2191, 43337), IOWA.distributor(56), IOWA.store(2191), IOWA.sku(43337))
    status = "UPDATE organization SET status = '{}' WHERE tenant_id = $1 AND tier = 'DISTRIBUTOR' AND code = '56'"
    before = (await graph.ask(document, by=CLERK)).data
    assert [level["hops"] for level in before["listing"]["sellableByLevel"]] == [0, 1, 2]
    assert (before["price"], before["listing"]["trade"]) == ({"unitPrice": 1763}, {"supplyPrice": 1763})
    async with changed(access, iowa, [(status.format("SUSPENDED"), [])], [(status.format("ACTIVE"), [])]):
        during = (await graph.ask(document, by=CLERK)).data
    # The shop still sells its own, and the brand's; the distributor's goods, prices and grants are gone.
    assert [level["hops"] for level in during["listing"]["sellableByLevel"]] == [0, 2]
    assert (during["price"], during["listing"]["trade"]) == (None, None)
    assert during["listing"]["price"] == before["listing"]["price"]
