"""What a brand's coverage counts is what shoppers find on the shelves, whatever may keep a listing from them."""

from collections import Counter
from typing import Any

import boot
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import Ids
from tests.graph.paging import walk
from tests.graph.scratch import changed

HERE = "qingquan"
QQ = Ids(HERE)
BRAND = f"brand_{QQ.keys.of('organization', 'BRAND', 'QQ').hex}"
SHELVES = (
    "query ($after: String) { stores(first: 4, after: $after) { nodes { shelf(first: 100) "
    "{ nodes { sku { code } } pageInfo { hasNextPage } } } pageInfo { hasNextPage endCursor } } }"
)
COVERAGE = (
    "query ($id: ID!, $after: String) { organization(id: $id) { ... on Brand { shelfCoverage { total covered bps "
    "skus(first: 100, after: $after) { nodes { sku { code } covered } pageInfo { hasNextPage endCursor } } } } } }"
)

Change = tuple[str, list[Any]]
SHOPS = "(SELECT id FROM organization WHERE tenant_id = $1 AND tier = 'STORE' AND code LIKE 'QQ-%{}')"
GRANTS = 'UPDATE "authorization" SET {} WHERE tenant_id = $1 AND grantee_id IN {}'
STORES = "UPDATE cloud_store SET {} WHERE tenant_id = $1 AND organization_id IN {}"
STATUS = "UPDATE organization SET {} WHERE tenant_id = $1 AND id IN {}"
HOUSE = "(SELECT id FROM organization WHERE tenant_id = $1 AND code = 'QQ-3302-1')"
NOON = "'2026-11-24 12:00Z'"
LATER, SOONER = "{0} = {0} + interval '20 years'", "{0} = {0} - interval '20 years'"


def both(table: str, whom: str, do: str, undo: str) -> tuple[Change, Change]:
    return (table.format(do, whom), []), (table.format(undo, whom), [])


GONE: list[tuple[Change, Change]] = [
    (
        (GRANTS.format(f"valid_until = {NOON}", SHOPS.format(1) + " AND valid_until IS NULL"), []),
        (GRANTS.format("valid_until = NULL", SHOPS.format(1) + f" AND valid_until = {NOON}"), []),
    ),
    both(
        GRANTS, SHOPS.format(2), *(f"{by.format('valid_from')}, {by.format('valid_until')}" for by in (LATER, SOONER))
    ),
    both(STORES, SHOPS.format(3), LATER.format("opened_at"), SOONER.format("opened_at")),
    both(STORES, SHOPS.format(4), f"closed_at = {NOON}", "closed_at = NULL"),
    both(STORES, SHOPS.format(5), "closed_at = '2026-11-24 12:00:01Z'", "closed_at = NULL"),
    both(STATUS, SHOPS.format(6), "status = 'SUSPENDED'", "status = 'ACTIVE'"),
    both(STATUS, HOUSE, "status = 'SUSPENDED'", "status = 'ACTIVE'"),
]
"""Grants that are over or to come, stores not open yet or no longer, shops and a grantor that do not trade."""


async def shown(graph: GraphClient) -> tuple[Counter[str], int]:
    """In how many shops a passer-by finds each sku, and in how many anything."""
    shelves = [node["shelf"] for node in await walk(graph, SHELVES, ("stores",), None, tenant=HERE)]
    found = [shelf for shelf in shelves if shelf is not None]
    assert not any(shelf["pageInfo"]["hasNextPage"] for shelf in found)
    listings = [shelf["nodes"] for shelf in found]
    return Counter(one["sku"]["code"] for there in listings for one in there), sum(map(bool, listings))


async def counted(graph: GraphClient) -> tuple[dict[str, int], int, int]:
    """The same as the brand is told it, and of how many shops."""
    whole = await graph.ask(COVERAGE, {"id": BRAND}, by="brand:QQ/analyst", tenant=HERE)
    sums = whole.data["organization"]["shelfCoverage"]
    path = ("organization", "shelfCoverage", "skus")
    nodes = await walk(graph, COVERAGE, path, "brand:QQ/analyst", tenant=HERE, id=BRAND)
    return {node["sku"]["code"]: node["covered"] for node in nodes}, sums["covered"], sums["total"]


async def test_coverage_counts_the_shops_whose_shelf_shows_the_sku(
    graph: GraphClient, access: boot.Access, qingquan: TenantFacts
) -> None:
    before = await counted(graph)
    async with changed(access, qingquan, [do for do, _ in GONE], [undo for _, undo in GONE]):
        (skus, shops), (covered, any_of_it, total) = await shown(graph), await counted(graph)
    assert covered == {code: skus[code] for code in covered}
    assert set(covered) == set(before[0])
    assert any_of_it == shops
    assert (before[1:], (any_of_it, total)) == ((200, 200), (92, 140))
    assert await counted(graph) == before
