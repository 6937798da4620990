"""The real wholesale file, imported with the demo: every row counted, every rule between the rows held."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

import boot
from integrations.keys import Keys
from models import Base
from models.wall import OPEN_TABLES, SHARED_TABLES
from tests.conftest import NOW, TenantFacts
from tests.flows.imports import connected, counting, sample

ROWS = {
    "account": 23_035,
    "assortment": 170,
    "assortment_sku": 23_220,
    "attribute": 1,
    "authorization": 3_011,
    "binding": 26_688,
    "binding_hop": 47_891,
    "campaign": 30,
    "campaign_condition": 51,
    "campaign_funder": 38,
    "campaign_revision": 1,
    "campaign_store": 30,
    "category": 68,
    "cloud_store": 1_414,
    "coupon": 20_158,
    "coupon_offer": 20,
    "customer": 20_000,
    "external_reference": 2_988,
    "inventory_pool": 170,
    "listing": 75_454,
    "location": 1_414,
    "lot": 4_000,
    "member_balance": 19_951,
    "member_growth": 21_176,
    "member_tier": 6,
    "membership": 34_780,
    "order_header": 16_440,
    "order_line": 21_795,
    "organization": 1_414,
    "organization_closure": 40_979,
    "organization_edge": 3_011,
    "pack_unit": 3_144,
    "partner_client": 1,
    "pool_contribution": 170,
    "pool_contribution_sku": 23_220,
    "price": 79_660,
    "price_list": 1_506,
    "product": 1_173,
    "promoter": 415,
    "right_honour": 156,
    "right_terms": 67,
    "safety_stock": 12_008,
    "site": 11,
    "sku": 1_574,
    "sku_attribute": 1_574,
    "staff": 2_828,
    "stock": 37_840,
    "stock_document": 1_414,
    "stock_movement": 37_840,
    "territory": 99,
    "territory_region": 99,
    "touch": 38_941,
}
OWN_TABLES = sorted(set(Base.metadata.tables) - {*SHARED_TABLES, *OPEN_TABLES})


@pytest.fixture
async def real(access: boot.Access, iowa: TenantFacts) -> AsyncIterator[Any]:
    """The serving role's view of it."""
    async with connected(access.app.url, iowa.id, access.app.role) as connection:
        yield connection


async def test_real_file_fills_every_table_exactly(real: Any) -> None:
    counts = {name: await real.fetchval(counting(name)) for name in OWN_TABLES}
    assert {name: count for name, count in counts.items() if count} == ROWS


async def test_real_organizations_are_these(real: Any) -> None:
    rows = await real.fetch("SELECT tier, count(*) FROM organization GROUP BY tier")
    assert dict(rows) == {"BRAND": 70, "DISTRIBUTOR": 100, "STORE": 1_244}
    assert dict(await real.fetch("SELECT mode, count(*) FROM cloud_store GROUP BY mode")) == {
        "PRIVATE_MALL": 70,
        "B2B_ORDERING": 100,
        "O2O": 1_244,
    }
    assert dict(await real.fetch("SELECT system, count(*) FROM external_reference GROUP BY system")) == {
        "ABD_VENDOR": 70,
        "ABD_COUNTY": 100,
        "ABD_STORE": 1_244,
        "ABD_ITEM": 1_574,
    }
    shop = await real.fetchrow(
        "SELECT name, status, tags, region_code, address, city, postal_code, latitude_e7, longitude_e7"
        " FROM organization WHERE tier = 'STORE' AND code = '2191'"
    )
    assert tuple(shop) == (
        *("Keokuk Spirits", "ACTIVE", ["flagship"], "US-IA-056", "1013 MAIN", "KEOKUK", "52632"),
        *(403_997_800, -913_875_310),
    )


async def test_real_regions_are_the_state_and_its_counties(real: Any) -> None:
    rows = await real.fetch("SELECT parent_code, count(*) FROM region WHERE code LIKE 'US-IA%' GROUP BY parent_code")
    assert dict(rows) == {None: 1, "US-IA": 99}
    assert await real.fetchval("SELECT name FROM region WHERE code = 'US-IA-056'") == "Lee"
    lost = "SELECT tier, name FROM organization WHERE region_code IS NULL AND tier <> 'BRAND' ORDER BY tier"
    assert [row["tier"] for row in await real.fetch(lost)] == ["DISTRIBUTOR", "STORE"]


async def test_every_downstream_has_exactly_one_primary_upstream(real: Any) -> None:
    edges = await real.fetch(
        "SELECT d.tier, count(*) AS downstreams, sum(e.edges)::int AS edges, min(e.primaries), max(e.primaries)"
        " FROM (SELECT downstream_id, count(*) AS edges, count(*) FILTER (WHERE is_primary) AS primaries"
        "       FROM organization_edge WHERE kind = 'SUPPLIES' GROUP BY downstream_id) e"
        " JOIN organization d ON d.id = e.downstream_id GROUP BY d.tier ORDER BY d.tier"
    )
    assert [tuple(row) for row in edges] == [("DISTRIBUTOR", 100, 1_767, 1, 1), ("STORE", 1_244, 1_244, 1, 1)]


async def test_closure_is_what_the_edges_make(real: Any) -> None:
    hops = await real.fetch("SELECT hops::int, count(*) FROM organization_closure GROUP BY hops")
    assert dict(hops) == {0: 1_414, 1: 3_011, 2: 36_554}
    assert await real.fetchval("SELECT count(*) FROM organization_closure WHERE ancestor_id = descendant_id") == 1_414
    walked = (
        "WITH RECURSIVE walk (a, d, hops) AS (SELECT id, id, 0::bigint FROM organization UNION"
        " SELECT w.a, e.downstream_id, w.hops + 1 FROM walk w JOIN organization_edge e ON e.upstream_id = w.d),"
        " fewest AS (SELECT a, d, min(hops) FROM walk GROUP BY a, d)"
        " SELECT count(*) FROM (SELECT ancestor_id, descendant_id, hops FROM organization_closure) kept"
        " FULL JOIN fewest f ON (f.a, f.d, f.min) = (ancestor_id, descendant_id, hops)"
        " WHERE f.a IS NULL OR ancestor_id IS NULL"
    )
    assert await real.fetchval(walked) == 0


async def test_every_line_of_the_file_is_a_line_of_an_order(real: Any) -> None:
    header, *lines = sample()
    at = {heading: place for place, heading in enumerate(header)}
    in_file = sorted(
        (
            line[0][:-5],
            datetime.strptime(line[at["Date"]], "%m/%d/%Y").date(),
            int(line[at["Store Number"]]),
            int(line[at["Vendor Number"]].removesuffix(".0")),
            int(line[at["Item Number"]]),
            int(line[at["Bottles Sold"]]),
            *(round(float(line[at[name]][1:]) * 100) for name in ("State Bottle Retail", "Sale (Dollars)")),
        )
        for line in lines
    )
    in_orders = await real.fetch(
        "SELECT o.number, (o.placed_at AT TIME ZONE 'America/Chicago')::date, b.code::int, v.code::int, s.code::int,"
        " l.quantity, l.unit_fen, l.net_fen FROM order_line l JOIN order_header o ON o.id = l.order_id"
        " JOIN organization b ON b.id = o.buyer_id JOIN organization v ON v.id = l.brand_id"
        " JOIN sku s ON s.id = l.sku_id"
    )
    assert sorted(tuple(row) for row in in_orders) == in_file


async def test_orders_add_up_and_are_history(real: Any) -> None:
    total = "SELECT sum(total_fen)::bigint FROM order_header WHERE kind = 'REPLENISHMENT'"
    assert await real.fetchval(total) == 126_161_462
    sums = (
        "SELECT sum(net_fen)::bigint, sum(quantity)::bigint, count(*) FILTER (WHERE unit_fen = 0) FROM order_line l"
        " JOIN order_header o ON o.id = l.order_id WHERE o.kind = 'REPLENISHMENT'"
    )
    assert tuple(await real.fetchrow(sums)) == (126_161_462, 95_739, 3)
    differing = (
        "SELECT count(*) FROM order_header o WHERE total_fen <>"
        " (SELECT sum(net_fen) FROM order_line l WHERE l.tenant_id = o.tenant_id AND l.order_id = o.id)"
    )
    assert await real.fetchval(differing) == 0
    past = "SELECT DISTINCT kind, state, terminal, currency FROM order_header WHERE number NOT LIKE 'GENERATED-%'"
    assert [tuple(row) for row in await real.fetch(past)] == [("REPLENISHMENT", "COMPLETED", "PARTNER", "USD")]
    first = await real.fetchrow(
        "SELECT o.placed_at, s.code, o.region_code FROM order_header o JOIN organization s ON s.id = o.seller_id"
        " WHERE o.number = 'S291988'"
    )
    assert tuple(first) == (datetime(2015, 11, 20, 6, tzinfo=UTC), "56", "US-IA-056")


async def test_price_lists_hold_these_prices(real: Any) -> None:
    rows = await real.fetch(
        "SELECT l.code, l.is_generated, count(DISTINCT l.id), count(*) FROM price_list l"
        " JOIN price p ON p.price_list_id = l.id GROUP BY l.code, l.is_generated ORDER BY l.code"
    )
    assert [tuple(row) for row in rows] == [
        ("CONSUMER", True, 1_244, 53_808),
        ("COST", False, 70, 3_167),
        ("TRADE", False, 100, 8_552),
        ("TRADE-GENERATED", True, 92, 14_133),
    ]


async def test_price_that_went_back_is_three_periods(real: Any) -> None:
    rows = await real.fetch(
        "SELECT p.valid_from, p.valid_until, p.unit_fen FROM price p JOIN price_list l ON l.id = p.price_list_id"
        " JOIN sku s ON s.id = p.sku_id WHERE l.code = 'COST' AND s.code = '10628' ORDER BY p.valid_from"
    )
    # Days begin at the tenant's midnight: 05:00 UTC in summer, 06:00 in winter.
    spring, autumn = datetime(2012, 3, 20, 5, tzinfo=UTC), datetime(2012, 10, 11, 5, tzinfo=UTC)
    january = datetime(2013, 1, 7, 6, tzinfo=UTC)
    assert [tuple(row) for row in rows] == [(spring, autumn, 1_575), (autumn, january, 1_375), (january, None, 1_575)]


async def test_every_past_line_was_sold_at_the_trade_price_of_its_day(real: Any) -> None:
    found = await real.fetchrow(
        "SELECT count(*), count(*) FILTER (WHERE p.unit_fen = l.unit_fen) FROM order_line l"
        " JOIN order_header o ON o.id = l.order_id JOIN price_list pl ON pl.seller_id = o.seller_id"
        " AND pl.code = 'TRADE' JOIN price p ON p.price_list_id = pl.id AND p.sku_id = l.sku_id"
        " AND p.valid_from <= o.placed_at AND (p.valid_until IS NULL OR p.valid_until > o.placed_at)"
        " WHERE l.unit_fen > 0"
    )
    assert tuple(found) == (9_997, 9_997)


async def test_opening_movements_sum_to_the_stock(real: Any) -> None:
    differing = (
        "WITH summed AS (SELECT location_id, sku_id, owner_id, lot_id, sum(on_hand) AS on_hand,"
        " sum(reserved) AS reserved, sum(allocated) AS allocated, sum(in_transit) AS in_transit,"
        " sum(quarantined) AS quarantined FROM stock_movement GROUP BY location_id, sku_id, owner_id, lot_id)"
        " SELECT count(*) FROM stock s FULL JOIN summed m USING (location_id, sku_id, owner_id, lot_id)"
        " WHERE (s.on_hand, s.reserved, s.allocated, s.in_transit, s.quarantined)"
        " IS DISTINCT FROM (m.on_hand, m.reserved, m.allocated, m.in_transit, m.quarantined)"
    )
    assert await real.fetchval(differing) == 0
    rows = await real.fetch(
        "SELECT kind, reason, occurred_at, count(*), sum(on_hand)::bigint FROM stock_movement GROUP BY 1, 2, 3"
    )
    assert [tuple(row) for row in rows] == [("RECEIPT", "generated opening stock", NOW, 37_840, 4_196_283)]


async def test_goods_have_packs_volumes_and_a_lot_for_no_lot(real: Any) -> None:
    packs = await real.fetch("SELECT code, count(*), sum(units)::int FROM pack_unit GROUP BY code ORDER BY code")
    assert [tuple(row) for row in packs] == [("BOTTLE", 1_574, 1_574), ("CASE", 1_570, 18_814)]
    lots = "SELECT count(*) FILTER (WHERE code = ''), count(DISTINCT sku_id), count(expires_on) FROM lot"
    assert tuple(await real.fetchrow(lots)) == (1_574, 1_574, 1_290)
    assert await real.fetchval("SELECT count(*) FROM sku_attribute WHERE integer_value > 0") == 1_574


async def test_shelves_and_sites_are_generated_and_say_so(real: Any) -> None:
    listed = await real.fetch(
        "SELECT c.mode, l.origin, count(*) FROM listing l JOIN cloud_store c ON c.id = l.cloud_store_id"
        " WHERE l.is_generated GROUP BY c.mode, l.origin ORDER BY c.mode, l.origin"
    )
    assert [tuple(row) for row in listed] == [
        ("B2B_ORDERING", "OWN_STOCK", 20_566),
        ("B2B_ORDERING", "POOL", 1_080),
        ("O2O", "OWN_STOCK", 9_678),
        ("O2O", "POOL", 44_130),
    ]
    sites = await real.fetch(
        "SELECT s.code, o.tier || o.code AS runs, count(c.id) FROM site s"
        " JOIN organization o ON o.id = s.organization_id"
        " JOIN cloud_store c ON c.site_id = s.id GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 3"
    )
    assert [tuple(row) for row in sites] == [
        ("main", "BRAND260", 618),
        ("city-077", "DISTRIBUTOR77", 188),
        ("city-057", "DISTRIBUTOR57", 94),
    ]


async def test_another_tenant_sees_nothing_of_it(access: boot.Access, iowa: TenantFacts, forty: TenantFacts) -> None:
    async with connected(access.app.url, forty.id, access.app.role) as connection:
        for name in ROWS:
            assert await connection.fetchval(f"{counting(name)} WHERE tenant_id = $1", iowa.id) == 0
        assert await connection.fetchval("SELECT count(*) FROM organization WHERE tier = 'STORE'") == 40


async def test_ids_follow_from_the_tenants_code(real: Any) -> None:
    stored = await real.fetchval("SELECT id FROM sku WHERE code = '43337'")
    assert stored == Keys("iowa").of("sku", 43337)
    assert stored != Keys("forty").of("sku", 43337)
    assert await real.fetchval("SELECT id FROM organization WHERE tier = 'STORE' AND code = '2191'") == Keys("iowa").of(
        "organization", "STORE", 2191
    )
