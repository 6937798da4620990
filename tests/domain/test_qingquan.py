"""The invented tenant: exact sizes, the rules between its parts, the same on every machine."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

import pytest

from demo.consumers.generation import generate_consumers
from demo.consumers.values import Consumers
from demo.consumers.world import World
from demo.qingquan import BRAND, SEED
from demo.qingquan.campaigning import plans
from demo.qingquan.generation import Qingquan, generate
from demo.qingquan.network import FLAGSHIP, GOODS_SUPPLIER
from demo.qingquan.regions import city_of, province_of
from demo.qingquan.stocking import ONE_POOL
from demo.qingquan.trade import Quotes, Tariff
from demo.qingquan.values import Price, Sku
from demo.qingquan.world import MEMBERS, PROMOTERS, world_of
from domain.attribution import PromoterKind, TouchSource
from domain.campaign import CampaignKind, CampaignStatus, Dimension, Participation
from domain.catalog import ListingOrigin, ListingStatus, PriceAudience, PriceScope, in_band
from domain.channel import CloudStoreMode, EdgeKind, SiteKind, SupplyEdge, Tier, check_edge, check_primaries
from domain.inventory import NO_LOT_CODE
from domain.ordering import NewLine, OrderKind, OrderState, check_lines, sells_whole_cases
from tests.domain.again import walk_again

TODAY = date(2026, 1, 15)


@pytest.fixture(scope="module")
def made() -> Qingquan:
    return generate(TODAY)


@pytest.fixture(scope="module")
def skus(made: Qingquan) -> Mapping[str, Sku]:
    return {sku.code: sku for sku in made.goods.skus}


@pytest.fixture(scope="module")
def world(made: Qingquan) -> World:
    return world_of(made.ids, made.shelves, made.prices, made.jobs, made.calendar)


@pytest.fixture(scope="module")
def consumers(world: World) -> Consumers:
    return generate_consumers(world, SEED)


def digest(made: Qingquan) -> str:
    """Of everything but what only derives ids."""
    names = [field.name for field in fields(made) if field.name not in ("ids", "network")]
    values = [getattr(made, name) for name in names]
    values += [made.network.organizations, made.network.edges, made.network.territories, made.network.sites]
    # The order of a set is another one in each process.
    return sha256(re.sub(r"frozenset\([^)]*\)", "", repr(values)).encode()).hexdigest()


def test_sizes_are_exact(made: Qingquan) -> None:
    tiers = Counter(one.tier for one in made.network.organizations.values())
    assert tiers == {
        Tier.BRAND: 1,
        Tier.SUBSIDIARY: 1,
        Tier.AGENT: 3,
        Tier.DISTRIBUTOR: 14,
        Tier.STORE: 200,
        Tier.SUPPLIER: 2,
    }
    assert Counter(one.mode for one in made.network.stores) == {
        CloudStoreMode.O2O: 120,
        CloudStoreMode.COMMUNITY_GROUP: 56,
        CloudStoreMode.PRIVATE_MALL: 24,
    }
    assert Counter(site.kind for site in made.network.sites) == {SiteKind.MAIN: 1, SiteKind.CITY: 6, SiteKind.TOPIC: 1}
    sizes = (len(made.goods.products), len(made.goods.skus), len(made.lists), len(made.prices), len(made.shelves))
    assert sizes == (63, 120, 290, 19_057, 10_124)
    assert (len(made.stock.held), len(made.stock.promised), len(made.orders)) == (8_597, 2_147, 768)


def test_rows_are_the_same_on_every_machine(made: Qingquan) -> None:
    assert digest(made) == digest(generate(TODAY))
    assert digest(made) == "9b6406b4519b5e271b697a1b46f5d5c06d45049195c7597545cce992eb263277"


def test_another_seed_or_day_is_another_tenant(made: Qingquan) -> None:
    assert digest(generate(TODAY, seed=1)) != digest(made)
    later = generate(date(2026, 1, 16))
    names = [field.name for field in fields(made) if field.name != "ids"]
    changed = [name for name in names if getattr(later, name) != getattr(made, name)]
    assert changed == ["calendar"]  # everything else counts from it


# ── regions and the channel ───────────────────────────────────────────────────────────────────────────────────────
def test_regions_are_three_provinces_with_their_parents(made: Qingquan) -> None:
    regions = made.regions
    assert {code: regions[code].name for code in ("330000", "330100", "330102", "330106", "440305")} == {
        "330000": "浙江省",
        "330100": "杭州市",
        "330102": "上城区",
        "330106": "西湖区",
        "440305": "南山区",
    }
    for code, region in regions.items():
        assert re.fullmatch(r"\d{6}", code)
        above = None if code == province_of(code) else province_of(code) if code == city_of(code) else city_of(code)
        assert region.parent == above
        assert (region.point is None) is (code == city_of(code))
    codes = list(regions)
    assert all(r.parent is None or codes.index(r.parent) < codes.index(r.code) for r in regions.values())


def test_everyone_has_one_primary_upstream_and_edges_join_what_they_may(made: Qingquan) -> None:
    network = made.network
    supplies = [edge for edge in network.edges if edge.kind is EdgeKind.SUPPLIES]
    check_primaries(SupplyEdge(edge.upstream, edge.downstream, edge.primary) for edge in supplies)
    for edge in network.edges:
        tiers = [network.organizations[code].tier for code in (edge.upstream, edge.downstream)]
        check_edge(edge.kind, *tiers)
    assert {edge.kind for edge in network.edges} == set(EdgeKind)
    assert set(network.primary) == set(network.organizations) - {BRAND, GOODS_SUPPLIER, "QQ-S2"}
    second = [code for code in network.upstreams if len(set(network.upstreams[code]) - {GOODS_SUPPLIER}) > 1]
    assert len(second) == 17


def test_a_store_has_four_levels_above_it_in_the_east_and_three_in_the_south(made: Qingquan) -> None:
    depth = {row.descendant: row.hops for row in made.network.closure if row.ancestor == BRAND}
    direct = {one.code for one in made.network.stores if len(made.network.upstreams[one.code]) == 1}
    for one in made.network.stores:
        if one.code in direct:
            assert depth[one.code] == (3 if one.region is not None and one.region.startswith("44") else 4)


def test_distributors_hold_counties_apart_and_supply_the_stores_there(made: Qingquan) -> None:
    network = made.network
    holders: dict[str, str] = {}
    for territory in network.territories:
        if network.organizations[territory.owner].tier is Tier.DISTRIBUTOR:
            for code in territory.regions:
                assert holders.setdefault(code, territory.owner) == territory.owner
    counties = {code for code in made.regions if code != city_of(code)}
    assert set(holders) == counties == {one.region for one in network.stores}
    for one in network.stores:
        assert one.region is not None
        assert network.primary[one.code] == holders[one.region]
        county, here = made.regions[one.region].point, one.point
        assert county is not None
        assert here is not None
        assert all(abs(a - b) <= 120_000 for a, b in zip(county, here, strict=True))


# ── goods, prices, shelves ────────────────────────────────────────────────────────────────────────────────────────
def test_goods_have_packs_of_6_12_and_24_and_barcodes_of_no_real_article(made: Qingquan) -> None:
    assert len({sku.barcode for sku in made.goods.skus}) == len({sku.code for sku in made.goods.skus}) == 120
    parents = {category.code: category.parent for category in made.goods.categories}
    assert all(parents[parents[product.category] or ""] is None for product in made.goods.products)
    for sku in made.goods.skus:
        assert re.fullmatch(r"29\d{11}", sku.barcode)
        assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(sku.barcode)) % 10 == 0
        packs = dict(sku.packs)
        assert packs["箱"] in (4, 12, 24)
        assert packs.get("提", 6) == 6
        assert packs[sku.base_unit] == 1


def test_price_lists_are_of_every_scope_and_no_two_prices_meet(made: Qingquan) -> None:
    assert {one.scope for one in made.lists if one.audience is PriceAudience.TRADE} == set(PriceScope)
    assert len({(one.seller, one.code) for one in made.lists}) == len(made.lists)
    listed = {(one.seller, one.code) for one in made.lists}
    windows: defaultdict[tuple[str, str, str, int], list[Price]] = defaultdict(list)
    for price in made.prices:
        assert (price.seller, price.code) in listed
        windows[price.seller, price.code, price.sku, price.min_qty].append(price)
    for prices in windows.values():
        ends = [price.until_day for price in prices[:-1]]
        assert ends == [price.from_day for price in prices[1:]]
    breaks = {(price.seller, price.sku, price.min_qty) for price in made.prices if price.code == "BASE"}
    assert len(breaks) > 3_000


def test_every_listing_is_authorised_and_priced_inside_every_band(made: Qingquan) -> None:
    network = made.network
    bands = defaultdict(list)
    for assortment in made.assortments:
        for grant in assortment.grants:
            assert assortment.grantor in network.upstreams[grant.grantee]
            if grant.from_day <= 0 and (grant.until_day is None or grant.until_day > 0):
                for item in assortment.items:
                    bands[grant.grantee, item.sku].append((item.min_fen, item.max_fen))
    asked = {(price.seller, price.sku): price.fen for price in made.prices if price.code == "CONSUMER"}
    asked_less = {(price.seller, price.sku): price.fen for price in made.prices if price.code == "TOPIC"}
    for row in made.shelves:
        mode = network.organizations[row.seller].mode
        assert row.seller == BRAND or bands[row.seller, row.sku]
        assert ((row.seller, row.sku) in asked) is (mode is not CloudStoreMode.B2B_ORDERING)
        for prices in (asked, asked_less):
            if row.seller != BRAND and (row.seller, row.sku) in prices:
                fen = prices[row.seller, row.sku]
                assert all(in_band(fen, *band) for band in bands[row.seller, row.sku])
    assert {row.origin for row in made.shelves} == set(ListingOrigin)
    assert {row.status for row in made.shelves} == set(ListingStatus)
    assert len({(row.seller, row.sku) for row in made.shelves}) == len(made.shelves)


def test_merchandise_is_external_and_bought_of_its_maker(made: Qingquan) -> None:
    for row in made.shelves:
        external = row.origin is ListingOrigin.EXTERNAL
        assert external is (row.sku in made.goods.merchandise and row.seller != BRAND)
        assert not external or GOODS_SUPPLIER in made.network.upstreams[row.seller]


# ── stock and pools ───────────────────────────────────────────────────────────────────────────────────────────────
def test_stock_lies_in_lots_of_which_some_are_over_and_some_nearly_so(made: Qingquan) -> None:
    lots = {(lot.sku, lot.code): lot for lot in made.stock.lots}
    assert {lot.expires_on - lot.produced_on for lot in lots.values()} <= {s.life_days for s in made.goods.skus}
    laid = Counter[str]()
    for row in made.stock.held:
        assert row.on_hand >= 1
        if row.lot != NO_LOT_CODE:
            days = lots[row.sku, row.lot].expires_on
            laid["over" if days <= 0 else "near" if days <= 45 else "good"] += row.on_hand
    assert min(laid.values()) > 1_000
    assert max(laid, key=lambda kind: laid[kind]) == "good"
    assert all((row.lot == NO_LOT_CODE) is (row.sku in made.goods.merchandise) for row in made.stock.held)
    keys = [(row.holder, row.number, row.sku, row.lot) for row in made.stock.held]
    assert len(set(keys)) == len(keys)
    places = {(place.holder, place.number) for place in made.stock.locations}
    assert {key[:2] for key in keys} == places


def test_what_a_pool_promises_lies_there_and_is_offered_by_its_owner_to_those_below(made: Qingquan) -> None:
    stock, network = made.stock, made.network
    there = {(row.holder, row.number, row.sku) for row in stock.held}
    for row in stock.promised:
        offer = row.contribution
        assert (offer.owner, offer.number, row.sku) in there
        assert row.cap is None or row.cap % 4 == 0
    contributors = {network.organizations[offer.owner].tier for offer in stock.contributions if offer.pool == ONE_POOL}
    assert contributors == {Tier.BRAND, Tier.SUBSIDIARY, Tier.AGENT, Tier.DISTRIBUTOR}
    for offer in stock.contributions:
        assert 0 < offer.share_bps <= 10_000
        assert offer.visible_to in network.above[offer.owner]
    twice = Counter((offer.owner, offer.number) for offer in stock.contributions)
    assert max(twice.values()) == 2  # one source in two pools
    assert any(row.cap is None for row in stock.promised)


# ── trade ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_orders_are_of_whole_cases_at_the_price_of_their_day(made: Qingquan, skus: Mapping[str, Sku]) -> None:
    network, subjects = made.network, {job.subject for job in made.jobs}
    quotes = Quotes(Tariff(made.goods, network), network, made.ids.keys, made.calendar)
    assert Counter(order.kind for order in made.orders) == {OrderKind.REPLENISHMENT: 743, OrderKind.PURCHASE: 25}
    assert len({order.number for order in made.orders}) == len(made.orders)
    assert [order.minute for order in made.orders] == sorted(order.minute for order in made.orders)
    for order in made.orders:
        assert order.seller in network.upstreams[order.buyer]
        assert order.placed_by in subjects
        assert order.minute < 0
        lines = [NewLine(made.ids.sku(x.sku), x.quantity, 1, 1, skus[x.sku].case) for x in order.lines]
        assert len(check_lines(lines, sells_whole_cases(order.kind, None))) == len(lines)
        for line in order.lines:
            buyer = network.organizations[order.buyer]
            assert line.unit_fen == quotes.fen(order.seller, buyer, line.sku, line.quantity, order.minute)
    bought = {order.buyer for order in made.orders}
    assert bought == set(network.primary)


def test_a_flagship_pays_less_than_its_neighbour_and_more_cases_are_cheaper(made: Qingquan) -> None:
    network = made.network
    quotes = Quotes(Tariff(made.goods, network), network, made.ids.keys, made.calendar)
    tagged = {price.sku for price in made.prices if (price.seller, price.code) == ("QQ-3301-1", "TAG")}
    below = [one for one in network.stores if network.primary[one.code] == "QQ-3301-1"]
    flagship = next(one for one in below if FLAGSHIP in one.tags)
    plain = next(one for one in below if not one.tags and one.region != "330106")
    sku = min(tagged)
    asked = [quotes.fen("QQ-3301-1", buyer, sku, 1, -1) for buyer in (flagship, plain)]
    more = quotes.fen("QQ-3301-1", plain, sku, 20 * 24, -1)
    assert None not in (*asked, more)
    assert (asked[0] or 0) < (asked[1] or 0)
    assert (more or 0) < (asked[1] or 0)


# ── people and campaigns ──────────────────────────────────────────────────────────────────────────────────────────
def test_five_thousand_members_with_chinese_names_and_numbers_of_nobody(consumers: Consumers) -> None:
    assert (len(consumers.members), len(consumers.promoters)) == (MEMBERS, PROMOTERS)
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{2,3}", member.name) for member in consumers.members)
    phones = [member.phone for member in consumers.members if member.phone is not None]
    assert len(set(phones)) == len(phones) > 4_000
    assert all(re.fullmatch(r"\+86154\d{8}", phone) for phone in phones)
    assert len([visit for visit in consumers.visits if visit.member == 1]) == 50
    assert len(consumers.bindings) > 4_000
    assert {hop.tier for binding in consumers.bindings for hop in binding.chain} == {
        Tier.STORE,
        Tier.DISTRIBUTOR,
        Tier.AGENT,
        Tier.SUBSIDIARY,
    }


def test_every_community_group_has_a_leader_who_was_there_before_its_first_order(
    world: World, consumers: Consumers
) -> None:
    modes = {place.organization: place.mode for place in world.places}
    leaders = [one for one in consumers.promoters if one.kind is PromoterKind.GROUP_LEADER]
    assert {modes[one.organization] for one in leaders} == {CloudStoreMode.COMMUNITY_GROUP}
    since: dict[UUID, datetime] = {}
    for one in leaders:
        if one.active:
            since[one.organization] = min(one.joined_at, since.get(one.organization, one.joined_at))
    assert set(since) == {place.organization for place in world.places if place.mode is CloudStoreMode.COMMUNITY_GROUP}
    sold = [(world.places[order.place].organization, order.placed_at) for order in consumers.purchases]
    at_groups = [(seller, at) for seller, at in sold if seller in since]
    assert len(at_groups) > 100
    assert all(since[seller] < at for seller, at in at_groups)
    assert len({one.kind for one in consumers.promoters}) == 2


def test_the_malls_orders_count_as_first_purchases_and_bind_nobody(world: World, consumers: Consumers) -> None:
    walk_again(world, consumers)
    mall = {number for number, place in enumerate(world.places) if not place.chain}
    assert [world.places[number].mode for number in mall] == [CloudStoreMode.PRIVATE_MALL]
    assert any(order.place in mall for order in consumers.purchases)
    first: dict[int, datetime] = {}
    for order in consumers.purchases:
        if order.state is not OrderState.PENDING_PAYMENT:
            first[order.member] = min(order.placed_at, first.get(order.member, order.placed_at))
    bound = [row for row in consumers.bindings if row.source is TouchSource.FIRST_PURCHASE]
    assert len(bound) > 300
    assert all(row.bound_at == first[row.member] for row in bound)
    joined = {one.number: one.joined_at for one in consumers.members}
    assert all(touch.occurred_at >= joined[touch.member] for touch in consumers.touches)


def test_what_members_buy_stands_on_the_shelf_at_its_price(made: Qingquan, world: World) -> None:
    network = made.network
    asked = {
        (made.ids.organization(price.seller), made.ids.sku(price.sku)): price.fen
        for price in made.prices
        if price.code == "CONSUMER"
    }
    listed = {
        (made.ids.cloud_store(row.seller), made.ids.sku(row.sku))
        for row in made.shelves
        if row.status is ListingStatus.LISTED
    }
    upstream = {made.ids.organization(low): made.ids.organization(high) for low, high in network.primary.items()}
    for place in world.places:
        assert place.goods
        for good in place.goods:
            assert (place.store, good.sku) in listed
            assert good.fen == asked[place.organization, good.sku]
            assert good.owner in (place.organization, upstream.get(place.organization))


def test_campaigns_are_of_every_kind_and_aim_in_every_way(made: Qingquan, skus: Mapping[str, Sku]) -> None:
    found = plans(made.ids, {code: sku.fen for code, sku in skus.items()})
    assert len({plan.code for plan in found}) == len(found) == 24
    assert {plan.kind for plan in found} == set(CampaignKind)
    assert {plan.status for plan in found} == set(CampaignStatus)
    assert {plan.participation for plan in found} == set(Participation)
    conditions = [condition for plan in found for clause in plan.clauses for condition in clause]
    assert {condition.dimension for condition in conditions} == set(Dimension)
    assert {condition.negated for condition in conditions} == {True, False}
    assert all(sum(share for _, share in plan.funders) == 10_000 for plan in found)
    assert all(re.search(r"[\u4e00-\u9fff]", plan.name) for plan in found)
    live = [plan for plan in found if plan.status is CampaignStatus.PUBLISHED and plan.from_day <= 0 < plan.until_day]
    assert len(live) == 19
    assert {plan.until_day for plan in live} == {3_650}


def test_nobody_works_under_two_names(made: Qingquan) -> None:
    assert len({job.subject for job in made.jobs}) == len(made.jobs) == 438
    by_tier = Counter(job.subject.partition(":")[0] for job in made.jobs)
    assert by_tier == {"brand": 2, "subsidiary": 2, "agent": 6, "distributor": 28, "store": 400}
