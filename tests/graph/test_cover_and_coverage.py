"""How long a brand's goods last and who lists them, against the rows and the invoices; and windows that cannot be."""

from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

import pytest

import boot
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA
from tests.graph.invoices import item, lines, summed, within
from tests.graph.paging import walk
from tests.graph.scratch import changed, rows_of

ANALYST = "brand:260/analyst"
BRAND, KEY = IOWA.brand(260), IOWA.keys.of("organization", "BRAND", 260)
AT_LEAST = 3

COVER = """
query ($id: ID!, $days: Int!, $until: Date, $after: String) {
  organization(id: $id) { ... on Brand { stockCover(days: $days, until: $until, first: 100, after: $after) {
    totalCount nodes { sku { code channelStock { onHand } } onHand sold daysOfCover }
    pageInfo { hasNextPage endCursor } } } }
}
"""
COVERAGE = """
query ($id: ID!, $after: String) {
  organization(id: $id) { ... on Brand { shelfCoverage { total covered bps skus(first: 100, after: $after) {
    totalCount nodes { sku { code product { code } } covered bps } pageInfo { hasNextPage endCursor } } } } }
}
"""


OWN_SKUS = (
    "SELECT s.id, s.code FROM sku s JOIN product p ON p.tenant_id = s.tenant_id AND p.id = s.product_id"
    " WHERE s.tenant_id = $1 AND p.brand_id = $2"
)
HELD = (
    "SELECT s.code, t.owner_id, t.on_hand FROM stock t JOIN sku s ON s.tenant_id = t.tenant_id AND s.id = t.sku_id"
    " JOIN product p ON p.tenant_id = s.tenant_id AND p.id = s.product_id"
    " WHERE t.tenant_id = $1 AND p.brand_id = $2 AND t.owner_id <> $2 AND t.on_hand > 0"
)
OPEN_BELOW = (
    "SELECT c.id FROM cloud_store c JOIN organization o ON o.tenant_id = c.tenant_id AND o.id = c.organization_id"
    " JOIN organization_closure a ON a.tenant_id = o.tenant_id AND a.descendant_id = o.id AND a.ancestor_id = $2"
    " WHERE c.tenant_id = $1 AND o.tier = 'STORE' AND o.status = 'ACTIVE' AND c.closed_at IS NULL"
)
LISTED = (
    "SELECT s.code, l.cloud_store_id FROM sku s"
    " JOIN product p ON p.tenant_id = s.tenant_id AND p.id = s.product_id"
    " LEFT JOIN listing l ON l.tenant_id = s.tenant_id AND l.sku_id = s.id AND l.status = 'LISTED'"
    " WHERE s.tenant_id = $1 AND p.brand_id = $2"
)


async def on_hand(access: boot.Access, tenant: TenantFacts) -> dict[str, int]:
    """Item numbers to what others than the brand hold, where enough do."""
    held: dict[str, list[Any]] = {}
    for row in await rows_of(access, tenant, HELD, KEY):
        held.setdefault(row["code"], []).append(row)
    return {
        code: sum(row["on_hand"] for row in rows)
        for code, rows in held.items()
        if len({row["owner_id"] for row in rows}) >= AT_LEAST
    }


@pytest.mark.parametrize(
    ("days", "until"), [(366, date(2015, 11, 1)), (120, date(2014, 11, 1)), (1, date(2013, 6, 11))]
)
async def test_stock_lasts_as_long_as_it_would_at_the_pace_it_was_bought(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts, days: int, until: date
) -> None:
    codes = {row["code"] for row in await rows_of(access, iowa, OWN_SKUS, KEY)}
    held = await on_hand(access, iowa)
    bought = within([row for row in lines() if row["Vendor Number"] == "260"], until - timedelta(days), until)
    sold = {key[0]: figures[0] for key, figures in summed(bought, item).items() if figures[2] >= AT_LEAST}
    nodes = await walk(
        graph, COVER, ("organization", "stockCover"), ANALYST, id=BRAND, days=days, until=until.isoformat()
    )
    assert {node["sku"]["code"] for node in nodes} == codes
    assert len(nodes) == len(codes)
    for node in nodes:
        code = node["sku"]["code"]
        expected = floor(held[code] / (Fraction(sold[code]) / days)) if code in held and code in sold else None
        assert (node["onHand"], node["sold"], node["daysOfCover"]) == (held.get(code), sold.get(code), expected)
        assert node["onHand"] == (node["sku"]["channelStock"] and node["sku"]["channelStock"]["onHand"])
    covered = [node for node in nodes if node["daysOfCover"] is not None]
    assert bool(covered) == (days > 1)


async def test_without_a_day_the_last_days_are_those_before_today(graph: GraphClient) -> None:
    """The invoices are of years ago: nothing was bought lately, so nothing says how long stock lasts."""
    asked = await graph.ask(COVER, {"id": BRAND, "days": 30}, by=ANALYST)
    nodes = asked.data["organization"]["stockCover"]["nodes"]
    assert {(node["sold"], node["daysOfCover"]) for node in nodes} == {(None, None)}
    assert any(node["onHand"] for node in nodes)


async def listings(access: boot.Access, tenant: TenantFacts) -> tuple[set[Any], dict[str, set[Any]]]:
    """The shops below the brand that are open, and by item number those of them that list it."""
    shops = await rows_of(access, tenant, OPEN_BELOW, KEY)
    shelves = await rows_of(access, tenant, LISTED, KEY)
    open_below = {row["id"] for row in shops}
    listed: dict[str, set[Any]] = {}
    for row in shelves:
        listed.setdefault(row["code"], set()).update({row["cloud_store_id"]} & open_below)
    return open_below, listed


async def coverage(graph: GraphClient) -> tuple[Any, list[Any]]:
    """The sums, and the skus one by one."""
    found = await sums(graph, "skus(first: 1) { totalCount }")
    skus = await walk(graph, COVERAGE, ("organization", "shelfCoverage", "skus"), ANALYST, id=BRAND)
    assert found.pop("skus")["totalCount"] == len(skus)
    return found, skus


async def sums(graph: GraphClient, more: str = "") -> Any:
    """How many shops there are and how many cover any of the brand's goods."""
    document = "{ organization(id: %s) { ... on Brand { shelfCoverage { total covered bps %s } } } }"
    asked = await graph.ask(document % (f'"{BRAND}"', more), by=ANALYST)
    return asked.data["organization"]["shelfCoverage"]


async def test_shelf_coverage_is_what_shelves_show(graph: GraphClient, access: boot.Access, iowa: TenantFacts) -> None:
    shops, listed = await listings(access, iowa)
    covered = set().union(*listed.values())
    assert 1_000 < len(covered) < len(shops)  # some shop lists none of it, or the test says little
    sums, skus = await coverage(graph)
    assert sums == {
        "total": len(shops),
        "covered": len(covered),
        "bps": floor(Fraction(len(covered), len(shops)) * 10_000),
    }
    assert {node["sku"]["code"]: (node["covered"], node["bps"]) for node in skus} == {
        code: (len(stores), floor(Fraction(len(stores), len(shops)) * 10_000)) for code, stores in listed.items()
    }
    order = [(node["sku"]["product"]["code"], node["sku"]["code"]) for node in skus]
    assert len(set(order)) == len(order)
    assert [product for product, _ in order] == sorted(product for product, _ in order)


STORE = IOWA.keys.of("organization", "STORE", 2191)
CLOUD_STORE = IOWA.keys.of("cloud_store", "STORE", 2191)
GONE = {
    "closed": (
        "UPDATE cloud_store SET closed_at = opened_at + interval '1 day' WHERE tenant_id = $1 AND organization_id = $2",
        "UPDATE cloud_store SET closed_at = NULL WHERE tenant_id = $1 AND organization_id = $2",
        STORE,
        (1, 1),
    ),
    "suspended": (
        "UPDATE organization SET status = 'SUSPENDED' WHERE tenant_id = $1 AND id = $2",
        "UPDATE organization SET status = 'ACTIVE' WHERE tenant_id = $1 AND id = $2",
        STORE,
        (1, 1),
    ),
    "empty": (
        "UPDATE listing SET status = 'UNLISTED' WHERE tenant_id = $1 AND cloud_store_id = $2",
        "UPDATE listing SET status = 'LISTED' WHERE tenant_id = $1 AND cloud_store_id = $2",
        CLOUD_STORE,
        (0, 1),
    ),
    "unauthorised": (
        "UPDATE \"authorization\" SET valid_until = '2026-01-01' WHERE tenant_id = $1 AND grantee_id = $2",
        'UPDATE "authorization" SET valid_until = NULL WHERE tenant_id = $1 AND grantee_id = $2',
        STORE,
        (0, 1),
    ),
}
"""What may happen to a shop: how, how it is undone, to what, and how many fewer shops there are, and cover."""


@pytest.mark.parametrize("what", GONE)
async def test_a_shop_that_a_shopper_cannot_enter_or_that_lists_nothing(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts, what: str
) -> None:
    do, undo, key, (fewer, uncovered) = GONE[what]
    _, listed = await listings(access, iowa)
    before = await sums(graph)
    async with changed(access, iowa, [(do, [key])], [(undo, [key])]):
        after, skus = await coverage(graph)
    assert (before["total"] - after["total"], before["covered"] - after["covered"]) == (fewer, uncovered)
    assert {node["sku"]["code"]: node["covered"] for node in skus} == {
        code: len(stores - {CLOUD_STORE}) for code, stores in listed.items()
    }


async def test_a_brand_without_shops_has_no_rate(graph: GraphClient, access: boot.Access, iowa: TenantFacts) -> None:
    """A brand nobody sells: nothing to be a part of."""
    lone = IOWA.keys.of("test", "lone")
    do = "INSERT INTO organization (tenant_id, id, tier, code, name) VALUES ($1, $2, 'BRAND', '9999', 'Lone')"
    undo = "DELETE FROM organization WHERE tenant_id = $1 AND id = $2"
    async with changed(access, iowa, [(do, [lone])], [(undo, [lone])]):
        asked = await graph.ask(COVERAGE, {"id": f"brand_{lone.hex}"}, by="admin")
    assert (asked.errors, asked.data["organization"]["shelfCoverage"]) == (
        [],
        {
            "total": 0,
            "covered": 0,
            "bps": None,
            "skus": {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}},
        },
    )


ALL_BRANDS = {
    "sellIn": 'sellIn(from: "2012-01-01", until: "2016-01-01", by: [REGION, SKU], first: 2) { nodes { units } }',
    "stockCover": 'stockCover(until: "2015-11-01", days: 366, first: 2) { nodes { daysOfCover } }',
    "shelfCoverage": "shelfCoverage { covered skus(first: 2) { nodes { bps } } }",
}


@pytest.mark.parametrize(("field", "statements"), [("sellIn", 2), ("stockCover", 3), ("shelfCoverage", 3)])
async def test_figures_of_all_brands_cost_what_those_of_one_cost(
    graph: GraphClient, field: str, statements: int
) -> None:
    text = "{ brands(first: %d) { nodes { it: " + ALL_BRANDS[field] + " } } }"
    for brands in (1, 10, 60):
        asked = await graph.ask(text % brands, by="admin")
        assert asked.errors == []
        assert all(node["it"] is not None for node in asked.data["brands"]["nodes"])
        assert len(asked.statements) == statements


# ── what cannot be asked ──────────────────────────────────────────────────────────────────────────────────────────
FIGURES = (
    'query ($from: Date!, $until: Date!, $by: [TradeDimension!]!) { organization(id: "%s") { sales(from: $from, '
    "until: $until, by: $by) { nodes { units } } ... on Brand { sellIn(from: $from, until: $until, by: $by) "
    "{ nodes { units } } } } }" % BRAND
)


@pytest.mark.parametrize(
    ("start", "end", "by"),
    [
        ("2015-01-01", "2015-01-01", ["MONTH"]),
        ("2015-01-02", "2015-01-01", ["MONTH"]),
        ("2000-01-01", "2010-01-02", ["MONTH"]),
        ("2000-01-02", "2010-02-01", []),
        ("0001-01-01", "9999-12-31", []),
        ("2015-01-01", "2016-01-01", ["MONTH", "MONTH"]),
        ("2015-01-01", "2016-01-01", ["SKU", "CATEGORY"]),
        ("2015-01-01", "2016-01-01", ["MONTH"] * 1_000),
    ],
)
@pytest.mark.parametrize("who", [ANALYST, "brand:65/analyst"])
async def test_a_window_or_a_division_that_cannot_be_meant(
    graph: GraphClient, start: str, end: str, by: list[str], who: str
) -> None:
    """The same for who may see nothing: a refusal says nothing of what there is."""
    asked = await graph.ask(FIGURES, {"from": start, "until": end, "by": by}, by=who)
    assert asked.codes == ["BAD_USER_INPUT"] * 2


@pytest.mark.parametrize(
    ("start", "end"),
    [("2000-01-01", "2010-01-01"), ("0001-01-02", "0001-01-05"), ("9999-12-01", "9999-12-31")],
)
async def test_a_window_at_its_edges(graph: GraphClient, start: str, end: str) -> None:
    asked = await graph.ask(FIGURES, {"from": start, "until": end, "by": ["MONTH", "REGION"]}, by=ANALYST)
    assert asked.errors == []


@pytest.mark.parametrize(
    ("days", "until"),
    [(0, "2015-01-01"), (-1, "2015-01-01"), (367, "2015-01-01"), (2**31 - 1, None), (30, "0001-01-05")],
)
async def test_days_of_cover_over_days_that_cannot_be_meant(graph: GraphClient, days: int, until: str | None) -> None:
    asked = await graph.ask(COVER, {"id": BRAND, "days": days, "until": until}, by=ANALYST)
    assert asked.codes == ["BAD_USER_INPUT"]
