"""The imported real file against sums made from the file alone, without the importer's own reading of it."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import date, datetime
from functools import cache
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import pytest

import boot
from tests.conftest import TODAY, TenantFacts
from tests.flows.imports import connected, sample

Chains = dict[tuple[str, int, int], list[tuple[date, date | None, int]]]


class Sold(NamedTuple):
    """A line of the file; a line without a county has its store's, `county` 0 is a store that has none."""

    day: date
    store: int
    county: int
    vendor: int
    item: int
    pack: int
    bottles: int
    cost: int
    price: int
    sale: int


def cents(text: str) -> int:
    whole, _, fraction = text.removeprefix("$").partition(".")
    return int(whole) * 100 + int(fraction)


@cache
def lines() -> tuple[Sold, ...]:
    header, *rows = sample()
    named = [dict(zip(header, row, strict=True)) for row in rows]
    homes = {row["Store Number"]: row["County Number"] for row in named if row["County Number"]}
    return tuple(
        Sold(
            datetime.strptime(row["Date"], "%m/%d/%Y").date(),
            int(row["Store Number"]),
            int((row["County Number"] or homes.get(row["Store Number"], "0")).removesuffix(".0")),
            *(int(row[name].removesuffix(".0")) for name in ("Vendor Number", "Item Number", "Pack", "Bottles Sold")),
            *(cents(row[name]) for name in ("State Bottle Cost", "State Bottle Retail", "Sale (Dollars)")),
        )
        for row in named
    )


def bought() -> set[tuple[int, int]]:
    return {(line.store, line.item) for line in lines()}


@pytest.fixture
async def tables(access: boot.Access, iowa: TenantFacts) -> AsyncIterator[Any]:
    """The owner's view of it: forced row security holds her too."""
    async with connected(access.owner, iowa.id) as connection:
        yield connection


# Orders


async def test_every_month_of_every_store_adds_up(tables: Any) -> None:
    sums: defaultdict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for line in lines():
        total = sums[line.store, f"{line.day:%Y-%m}"]
        total[0] += line.sale
        total[1] += line.bottles
    found = await tables.fetch(
        "SELECT s.code::int AS store, to_char(o.placed_at AT TIME ZONE 'America/Chicago', 'YYYY-MM') AS month,"
        " sum(o.total_fen)::bigint AS total, sum((SELECT sum(quantity) FROM order_line l"
        " WHERE l.tenant_id = o.tenant_id AND l.order_id = o.id))::bigint AS bottles"
        " FROM order_header o JOIN organization s ON s.tenant_id = o.tenant_id AND s.id = o.buyer_id GROUP BY 1, 2"
    )
    assert {(row["store"], row["month"]): [row["total"], row["bottles"]] for row in found} == sums
    assert sum(total for total, _ in sums.values()) == 126_161_462


async def test_every_order_was_sold_by_a_supplier_of_its_store(tables: Any) -> None:
    edges = {
        (row["seller"], row["buyer"])
        for row in await tables.fetch(
            "SELECT u.code::int AS seller, d.code::int AS buyer FROM organization_edge e"
            " JOIN organization u ON u.id = e.upstream_id JOIN organization d ON d.id = e.downstream_id"
            " WHERE d.tier = 'STORE'"
        )
    }
    assert edges == {(line.county, line.store) for line in lines()}


async def test_brands_supply_whoever_sold_them_and_the_best_one_leads(tables: Any) -> None:
    sold: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for line in lines():
        sold[line.county][line.vendor] += line.bottles
    rows = await tables.fetch(
        "SELECT d.code::int AS county, u.code::int AS vendor, e.is_primary FROM organization_edge e"
        " JOIN organization u ON u.id = e.upstream_id JOIN organization d ON d.id = e.downstream_id"
        " WHERE d.tier = 'DISTRIBUTOR'"
    )
    found = {(row["county"], row["vendor"]) for row in rows}
    real = {(county, vendor) for county, vendors in sold.items() for vendor in vendors}
    assert len(real) == 1_766
    assert found - real == {(36, 260)}  # generated: its own brands cannot fill the county's assortment
    assert real <= found
    assert {row["county"]: row["vendor"] for row in rows if row["is_primary"]} == {
        county: min(vendors, key=lambda vendor: (-vendors[vendor], vendor)) for county, vendors in sold.items()
    }


# Prices


def chains() -> Chains:
    """Every change of the file's costs and trade prices, told by walking the days."""
    seen: defaultdict[tuple[str, int, int], list[tuple[date, int]]] = defaultdict(list)
    for line in lines():
        for key, price in (
            (("COST", line.vendor, line.item), line.cost),
            (("TRADE", line.county, line.item), line.price),
        ):
            if price:
                seen[key].append((line.day, price))
    made: Chains = {}
    for key, prices in seen.items():
        runs = [(price, next(run)[0]) for price, run in groupby(sorted(prices), key=lambda at: at[1])]
        ends = [*(start for _, start in runs[1:]), None]
        made[key] = [(start, end, price) for (price, start), end in zip(runs, ends, strict=True)]
    return made


async def test_every_price_holds_from_its_day_to_the_next_one(tables: Any) -> None:
    rows = await tables.fetch(
        "SELECT l.code, o.code::int, s.code::int, (p.valid_from AT TIME ZONE 'America/Chicago')::date,"
        " (p.valid_until AT TIME ZONE 'America/Chicago')::date, p.unit_fen FROM price p"
        " JOIN price_list l ON l.id = p.price_list_id JOIN organization o ON o.id = l.seller_id"
        " JOIN sku s ON s.id = p.sku_id WHERE l.code IN ('COST', 'TRADE') ORDER BY p.valid_from"
    )
    found: Chains = {}
    for code, seller, sku, *period in rows:
        found.setdefault((code, seller, sku), []).append(tuple(period))
    assert found == chains()
    costs = [[price for *_, price in periods] for key, periods in found.items() if key[0] == "COST"]
    assert len(costs) == 1_574
    assert sum(len(prices) > 1 for prices in costs) == 742
    assert sum(len(set(prices)) < len(prices) for prices in costs) == 115
    assert all(one != other for prices in costs for one, other in pairwise(prices))


async def test_what_was_given_away_has_no_price(tables: Any) -> None:
    given = {(line.county, line.item) for line in lines() if line.price == 0}
    priced = {(line.county, line.item) for line in lines() if line.price}
    assert (len(given), given - priced) == (3, {(46, 55_086), (77, 81_406)})
    lists = (
        "SELECT l.code, l.is_generated FROM price p JOIN price_list l ON l.id = p.price_list_id"
        " JOIN organization o ON o.id = l.seller_id JOIN sku s ON s.id = p.sku_id"
        " WHERE o.tier = 'DISTRIBUTOR' AND (o.code, s.code) IN (('46', '55086'), ('77', '81406'))"
    )
    assert [tuple(row) for row in await tables.fetch(lists)] == [("TRADE-GENERATED", True)] * 2
    assert await tables.fetchval("SELECT min(unit_fen) FROM price") > 0


async def test_no_list_has_two_prices_of_one_day(tables: Any) -> None:
    overlapping = (
        "SELECT count(*) FROM (SELECT valid_from, lag(coalesce(valid_until, 'infinity')) OVER ("
        " PARTITION BY price_list_id, sku_id, min_qty ORDER BY valid_from) AS before FROM price) p"
        " WHERE before > valid_from"
    )
    assert await tables.fetchval(overlapping) == 0


async def test_every_listing_has_a_price_inside_the_band_of_its_grant(tables: Any) -> None:
    priced = (
        "SELECT count(*), count(p.unit_fen), count(*) FILTER (WHERE p.unit_fen BETWEEN k.min_fen AND k.max_fen)"
        " FROM listing l JOIN cloud_store c ON c.id = l.cloud_store_id"
        ' LEFT JOIN "authorization" g ON g.grantee_id = c.organization_id'
        " LEFT JOIN assortment_sku k ON k.assortment_id = g.assortment_id AND k.sku_id = l.sku_id"
        " LEFT JOIN price_list b ON b.seller_id = c.organization_id AND b.code = 'CONSUMER'"
        " LEFT JOIN price p ON p.price_list_id = b.id AND p.sku_id = l.sku_id AND p.valid_until IS NULL"
        " WHERE c.mode = 'O2O'"
    )
    assert tuple(await tables.fetchrow(priced)) == (53_808, 53_808, 53_808)


# Goods, shelves, stock


async def test_items_keep_their_brand_and_case(tables: Any) -> None:
    rows = await tables.fetch(
        "SELECT s.code::int, b.code::int, coalesce(k.units, 1) FROM sku s JOIN product p ON p.id = s.product_id"
        " JOIN organization b ON b.id = p.brand_id LEFT JOIN pack_unit k ON k.sku_id = s.id AND k.code = 'CASE'"
    )
    assert sorted(tuple(row) for row in rows) == sorted({(line.item, line.vendor, line.pack) for line in lines()})


async def test_shelves_hold_40_or_120_or_all_that_was_bought(tables: Any) -> None:
    rows = await tables.fetch(
        "SELECT o.code::int AS store, s.code::int AS item, l.origin FROM listing l"
        " JOIN cloud_store c ON c.id = l.cloud_store_id JOIN organization o ON o.id = c.organization_id"
        " JOIN sku s ON s.id = l.sku_id WHERE o.tier = 'STORE'"
    )
    bottles: Counter[int] = Counter()
    for line in lines():
        bottles[line.store] += line.bottles
    large = sorted(bottles, key=lambda number: (-bottles[number], number))[:50]
    own = Counter(store for store, _ in bought())
    expected = {store: max(120 if store in large else 40, own[store]) for store in bottles}
    assert Counter(row["store"] for row in rows) == expected
    assert Counter(expected.values()).most_common(2) == [(40, 1_187), (120, 50)]
    assert sorted(size for size in expected.values() if size not in {40, 120}) == [41, 42, 45, 47, 49, 50, 54]
    assert {(row["store"], row["item"]) for row in rows if row["origin"] == "OWN_STOCK"} == bought()
    stocked = await tables.fetch(
        "SELECT DISTINCT o.code::int, s.code::int FROM stock k JOIN organization o ON o.id = k.owner_id"
        " JOIN sku s ON s.id = k.sku_id WHERE o.tier = 'STORE'"
    )
    assert {tuple(row) for row in stocked} == bought()


async def test_assortments_hold_what_the_county_bought_and_200_at_least(tables: Any) -> None:
    given = (
        "SELECT o.code::int, s.code::int FROM assortment_sku k JOIN assortment a ON a.id = k.assortment_id"
        " JOIN organization o ON o.id = a.grantor_id JOIN sku s ON s.id = k.sku_id WHERE o.tier = $1"
    )
    assorted = {tuple(row) for row in await tables.fetch(given, "DISTRIBUTOR")}
    sold = {(line.county, line.item) for line in lines()}
    assert sold <= assorted
    own = Counter(county for county, _ in sold)
    assert Counter(county for county, _ in assorted) == {county: max(200, own[county]) for county in own}
    # A brand gives its distributors what any of them offers of it.
    vendor_of, offered = {line.item: line.vendor for line in lines()}, {item for _, item in assorted}
    assert {tuple(row) for row in await tables.fetch(given, "BRAND")} == {(vendor_of[item], item) for item in offered}


async def test_stock_lies_with_its_owner_in_lots_that_are_known(tables: Any) -> None:
    stray = "SELECT count(*) FROM stock k JOIN location n ON n.id = k.location_id WHERE n.organization_id <> k.owner_id"
    assert await tables.fetchval(stray) == 0
    rows = await tables.fetchrow(
        "SELECT count(*), count(l.expires_on), count(*) FILTER (WHERE l.expires_on <= $1),"
        " count(*) FILTER (WHERE l.code = ''), sum(k.reserved + k.allocated + k.in_transit + k.quarantined)::int"
        " FROM stock k JOIN lot l ON (l.tenant_id, l.sku_id, l.id) = (k.tenant_id, k.sku_id, k.lot_id)",
        TODAY,
    )
    assert tuple(rows) == (37_840, 9_507, 837, 11_944, 0)
    life = (
        "SELECT DISTINCT s.shelf_life_days, l.expires_on - l.produced_on FROM lot l JOIN sku s ON s.id = l.sku_id"
        " WHERE l.expires_on IS NOT NULL"
    )
    assert [tuple(row) for row in await tables.fetch(life)] == [(720, 720)]


async def test_pools_offer_their_own_goods_to_those_below(tables: Any) -> None:
    rows = await tables.fetch(
        "SELECT o.tier, i.name, count(*), bool_and(i.organization_id = c.owner_id AND c.visible_to_id = c.owner_id"
        " AND n.organization_id = c.owner_id) AS own FROM pool_contribution c JOIN organization o ON o.id = c.owner_id"
        " JOIN inventory_pool i ON i.id = c.pool_id JOIN location n ON n.id = c.location_id"
        " GROUP BY o.tier, i.name ORDER BY o.tier"
    )
    name = "One pool (generated)"
    assert [tuple(row) for row in rows] == [("BRAND", name, 70, True), ("DISTRIBUTOR", name, 100, True)]
    promised = "SELECT count(*), count(cap), min(cap) > 0, sum(held)::int FROM pool_contribution_sku"
    assert tuple(await tables.fetchrow(promised)) == (23_220, 4_626, True, 0)


async def test_what_the_demo_made_up_says_so(tables: Any) -> None:
    marks = (
        "SELECT is_generated, count(*) FROM listing GROUP BY 1 UNION ALL"
        " SELECT is_generated, count(*) FROM assortment GROUP BY 1"
    )
    assert [tuple(row) for row in await tables.fetch(marks)] == [(True, 75_454), (True, 170)]
    reasons = await tables.fetch("SELECT DISTINCT kind, reason, document IS NOT NULL FROM stock_movement")
    assert [tuple(row) for row in reasons] == [("RECEIPT", "generated opening stock", True)]


# Places and people


async def test_places_are_where_the_file_says(tables: Any) -> None:
    points = "SELECT count(latitude_e7), count(*) FROM organization WHERE tier = 'STORE'"
    assert tuple(await tables.fetchrow(points)) == (1_244 - 93, 1_244)
    areas = (
        "SELECT count(*), count(DISTINCT o.id), bool_and(o.region_code = r.region_code) FROM territory t"
        " JOIN territory_region r ON r.territory_id = t.id JOIN organization o ON o.id = t.organization_id"
        " WHERE o.tier = 'DISTRIBUTOR'"
    )
    assert tuple(await tables.fetchrow(areas)) == (99, 99, True)
    sites = (
        "SELECT s.kind, count(*), count(p.kind), bool_and(o.region_code IS NOT DISTINCT FROM s.region_code) FROM site s"
        " JOIN organization o ON o.id = s.organization_id LEFT JOIN site p ON p.id = s.parent_id AND p.kind = 'MAIN'"
        " GROUP BY s.kind ORDER BY s.kind"
    )
    assert [tuple(row) for row in await tables.fetch(sites)] == [("CITY", 10, 10, True), ("MAIN", 1, 0, True)]


async def test_everyone_has_two_people_and_there_is_one_partner(tables: Any) -> None:
    jobs = (
        "SELECT s.role, count(*), count(DISTINCT s.organization_id), bool_and(a.is_active AND a.subject ="
        " lower(o.tier) || ':' || o.code || '/' || lower(s.role)) FROM staff s"
        " JOIN organization o ON o.id = s.organization_id JOIN account a ON a.id = s.account_id"
        " GROUP BY s.role ORDER BY s.role"
    )
    assert [tuple(row) for row in await tables.fetch(jobs)] == [
        ("ANALYST", 70, 70, True),
        ("CLERK", 1_244, 1_244, True),
        ("MANAGER", 1_244, 1_244, True),
        ("OPERATOR", 170, 170, True),
        ("SALESPERSON", 100, 100, True),
    ]
    partner = (
        "SELECT p.subject, p.kind, o.tier, o.code FROM partner_client p JOIN organization o ON o.id = p.organization_id"
    )
    assert tuple(await tables.fetchrow(partner)) == ("partner:1", "ERP", "DISTRIBUTOR", "77")
