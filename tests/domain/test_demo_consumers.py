"""The consumers the demo generates for the real file: who shops where, what they hold, what they bought."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import fields, replace
from datetime import date, timedelta
from hashlib import sha256
from itertools import groupby

import pytest

from demo.consumers.generation import generate_consumers
from demo.consumers.phones import US_NUMBERS, fictional_us, unassigned_chinese
from demo.consumers.programme import Terms, reaches
from demo.consumers.values import Consumers, CouponMade, Purchase, Visit
from demo.consumers.world import World
from demo.iowa import SEED
from demo.iowa.world import member_count
from domain.channel import CloudStoreMode
from domain.member import CouponBenefit, CouponState, RightKind, RightScope
from domain.money import percent_half_up
from domain.ordering import OrderState
from tests.domain import iowa


@pytest.fixture(scope="module")
def world() -> World:
    return iowa.world()


@pytest.fixture(scope="module")
def made() -> Consumers:
    return iowa.consumers()


@pytest.fixture(scope="module")
def been(made: Consumers) -> dict[int, list[Visit]]:
    return {member: list(visits) for member, visits in groupby(made.visits, lambda visit: visit.member)}


@pytest.fixture(scope="module")
def terms(world: World) -> dict[str, Terms]:
    return {one.code: one for one in world.terms}


def digest(made: Consumers) -> str:
    return sha256("\n".join(repr(getattr(made, field.name)) for field in fields(made)).encode()).hexdigest()


def small(world: World) -> World:
    return replace(world, members=300, promoters=20)


def good_where_she_goes(world: World, terms: Terms, visits: list[Visit]) -> bool:
    return any(reaches(terms, world.places[visit.place]) for visit in visits)


def test_sizes_are_exact(made: Consumers) -> None:
    assert {field.name: len(getattr(made, field.name)) for field in fields(made)} == {
        "members": 20_000,
        "visits": 34_780,
        "growth": 21_176,
        "balances": 19_951,
        "coupons": 20_158,
        "purchases": 6_897,
        "promoters": 415,
        "touches": 38_941,
        "bindings": 26_688,
    }


def test_rows_are_the_same_on_every_machine(made: Consumers) -> None:
    assert digest(made) == "fe7b1e31815a8550bd596c17d292f3c1eaaf11ebab31ebc1817ed587b0ada6cc"


def test_the_same_seed_is_the_same_crowd_and_another_one_is_not(world: World) -> None:
    first = generate_consumers(small(world), SEED)
    assert generate_consumers(small(world), SEED) == first
    other = generate_consumers(small(world), seed=1)
    assert [one.name for one in other.members] != [one.name for one in first.members]
    assert other.touches != first.touches


def test_another_day_is_the_same_crowd_at_other_times() -> None:
    later = generate_consumers(small(iowa.world(today=date(2026, 1, 17))), SEED)
    first = generate_consumers(small(iowa.world()), SEED)
    assert [one.name for one in later.members] == [one.name for one in first.members]
    assert [one._replace(joined_at=one.joined_at - timedelta(days=2)) for one in later.visits] == list(first.visits)
    assert [one.outcome for one in later.touches] == [one.outcome for one in first.touches]


def test_a_small_channel_has_members_as_it_has_stores() -> None:
    assert [member_count(stores) for stores in (1, 2, 40, 1_244, 5_000)] == [17, 34, 680, 20_000, 20_000]


# People


def test_members_count_from_one_and_have_joined(world: World, made: Consumers) -> None:
    assert [one.number for one in made.members] == list(range(1, 20_001))
    assert max(one.joined_at for one in made.members) < world.calendar.start
    tagged = [one.tags for one in made.members if one.tags]
    assert set().union(*tagged) == set(world.voice.tags)
    assert all(list(tags) == sorted(set(tags)) for tags in tagged)
    assert len({one.name for one in made.members}) > 2_000


def test_telephones_are_kept_for_fiction_and_nobody_shares_one(made: Consumers) -> None:
    phones = [one.phone for one in made.members if one.phone] + [one.phone for one in made.promoters]
    assert all(re.fullmatch(r"\+1[2-9]\d\d55501\d\d", phone) for phone in phones)
    assert len(set(phones)) == len(phones)
    assert (made.members[0].phone, sum(one.phone is None for one in made.members)) == ("+15155550100", 1_683)


def test_numbers_end_where_the_ranges_do() -> None:
    assert (fictional_us(1), fictional_us(101)) == ("+15155550100", "+13195550100")
    assert len({fictional_us(number) for number in range(1, US_NUMBERS + 1)}) == US_NUMBERS
    assert (unassigned_chinese(1), unassigned_chinese(12_345)) == ("+8615400000001", "+8615400012345")
    for number in (0, US_NUMBERS + 1):
        with pytest.raises(ValueError, match="such numbers"):
            fictional_us(number)
    for number in (0, 10**8):
        with pytest.raises(ValueError, match="such numbers"):
            unassigned_chinese(number)


def test_referrals_never_lead_back(made: Consumers) -> None:
    joined = {one.number: one.joined_at for one in made.members}
    referred = {one.number: one.referrer for one in made.members if one.referrer is not None}
    assert len(referred) == 3_942
    assert all(joined[referrer] < joined[number] for number, referrer in referred.items())
    chains = [0]
    for number in referred:
        seen = {number}
        above = referred.get(number)
        while above is not None:
            assert above not in seen
            seen.add(above)
            above = referred.get(above)
        chains.append(len(seen))
    assert max(chains) > 3


def test_memberships_are_few_near_and_heavy_at_some(
    world: World, made: Consumers, been: dict[int, list[Visit]]
) -> None:
    assert set(been) == {one.number for one in made.members}
    assert set(map(len, been.values())) == {1, 2, 3, 4, 5, 50}
    for one in made.members:
        visits = been[one.number]
        assert len({visit.place for visit in visits}) == len(visits)
        assert visits[0].joined_at == one.joined_at
        assert [visit.joined_at for visit in visits] == sorted(visit.joined_at for visit in visits)
        assert visits[-1].joined_at < world.calendar.start
    members = sorted(Counter(visit.place for visit in made.visits).values(), reverse=True)
    assert sum(members[:50]) * 4 > sum(members)
    assert len(members) > 1_200
    assert {world.places[visit.place].mode for visit in made.visits} == {
        CloudStoreMode.O2O,
        CloudStoreMode.PRIVATE_MALL,
    }


def test_every_store_and_the_head_brands_mall_is_a_place(world: World) -> None:
    assert len(world.places) == 1_245
    stores, mall = world.places[:-1], world.places[-1]
    assert {len(place.chain) for place in stores} == {2}
    assert (mall.chain, mall.goods, len(mall.above)) == ((), (), 1)
    assert all(place.organization in place.above and len(place.above) > 2 for place in stores)
    assert all({hop.organization for hop in place.chain} <= place.above for place in stores)
    assert len(world.guides) == 1_244 + 100
    assert {len(world.guides[place.organization]) for place in stores} == {2}


# Rights


def test_programme_has_every_kind_scope_and_way_to_honour(world: World, terms: dict[str, Terms]) -> None:
    assert len(terms) == len(world.terms)
    assert Counter(one.kind for one in world.terms) == {
        RightKind.TIER: 2,
        RightKind.POINTS: 13,
        RightKind.STORED_VALUE: 32,
        RightKind.COUPON: 20,
    }
    assert {(one.kind, one.scope) for one in world.terms} >= {
        (RightKind.TIER, RightScope.TENANT),
        (RightKind.STORED_VALUE, RightScope.STORE),
        (RightKind.STORED_VALUE, RightScope.TENANT),
        (RightKind.STORED_VALUE, RightScope.SITE),
        *((RightKind.COUPON, scope) for scope in RightScope),
    }
    assert {honour.includes_below for one in world.terms for honour in one.honours} == {True, False}
    assert {one.offer.benefit for one in world.terms if one.offer} == set(CouponBenefit)
    assert any(one.bearer != one.issuer for one in world.terms)
    where = {one.code: sum(reaches(one, place) for place in world.places) for one in world.terms}
    assert min(where.values()) > 0
    assert where["CLUB"] > where["POINTS"] > where["POINTS-77"] > where["STORED-2633"] == 1
    days = {(one.from_day > 0, one.until_day is not None and one.until_day <= 0) for one in world.terms}
    assert days == {(False, False), (True, False), (False, True)}


def test_whatever_is_held_is_good_somewhere_she_goes(
    world: World, made: Consumers, been: dict[int, list[Visit]], terms: dict[str, Terms]
) -> None:
    held = {(row.member, row.terms) for row in made.growth} | {(row.member, row.terms) for row in made.balances}
    held |= {(row.member, row.terms) for row in made.coupons}
    assert all(good_where_she_goes(world, terms[code], been[member]) for member, code in held)
    assert {code for _, code in held} == set(terms)


def test_tiers_are_what_growth_has_reached(made: Consumers, terms: dict[str, Terms]) -> None:
    assert len({(row.member, row.terms) for row in made.growth}) == len(made.growth)
    for row in made.growth:
        level = max(
            (one for one in terms[row.terms].levels if one.growth_from <= row.growth), key=lambda one: one.level
        )
        assert level.code == row.level
    paid: Counter[int] = Counter()
    for purchase in made.purchases:
        if purchase.state is not OrderState.PENDING_PAYMENT:
            paid[purchase.member] += purchase.total_fen
    grown = {row.member: row.growth for row in made.growth if row.terms == "CLUB"}
    assert set(grown) == {one.number for one in made.members}
    assert all(grown[member] >= fen // 100 for member, fen in paid.items())
    levels = Counter(row.level for row in made.growth if row.terms == "CLUB")
    assert set(levels) == {"BRONZE", "SILVER", "GOLD", "PLATINUM"}
    assert min(levels.values()) > 1_000


def test_balances_are_of_their_kind_and_some_are_empty(made: Consumers, terms: dict[str, Terms]) -> None:
    assert len({(row.member, row.terms) for row in made.balances}) == len(made.balances)
    assert all(row.kind is terms[row.terms].kind for row in made.balances)
    assert min(row.balance for row in made.balances) == 0
    assert Counter(row.kind for row in made.balances).keys() == {RightKind.POINTS, RightKind.STORED_VALUE}


# Coupons and what was bought


def test_coupons_are_told_apart_and_their_windows_are_sane(
    world: World, made: Consumers, terms: dict[str, Terms]
) -> None:
    start = world.calendar.start
    assert len({one.code for one in made.coupons}) == len(made.coupons)
    assert {len(one.code) for one in made.coupons} == {8}
    joined = {one.number: one.joined_at for one in made.members}
    for one in made.coupons:
        offer = terms[one.terms].offer
        assert offer is not None
        days = (one.valid_until - one.valid_from) / timedelta(days=1)
        assert abs(days - offer.lasts_days) < 0.1  # clocks go forward and back
        assert joined[one.member] <= one.granted_at < min(start, one.valid_until)
        assert (one.order is not None) == (one.state in (CouponState.LOCKED, CouponState.USED))
    free = [one for one in made.coupons if one.state is CouponState.AVAILABLE]
    now = Counter((one.valid_from > start, one.valid_until <= start) for one in free)
    assert set(now) == {(False, False), (True, False), (False, True)}
    assert min(now.values()) > 500


def off(offer_terms: Terms, gross: int) -> int:
    offer = offer_terms.offer
    assert offer is not None
    assert gross >= offer.threshold_fen
    if offer.off_fen is not None:
        return min(offer.off_fen, gross)
    return min(percent_half_up(gross, offer.off_bps or 0), offer.max_off_fen or gross)


def test_used_coupons_were_used_where_and_while_they_were_good(
    world: World, made: Consumers, terms: dict[str, Terms]
) -> None:
    orders = {purchase.number: purchase for purchase in made.purchases}
    used = [one for one in made.coupons if one.order is not None]
    assert len({one.order for one in used}) == len(used)
    for one in used:
        order = orders[one.order or 0]
        assert order.member == one.member
        assert reaches(terms[one.terms], world.places[order.place])
        assert one.valid_from <= order.placed_at < one.valid_until
        assert one.granted_at <= order.placed_at
        assert (order.state is OrderState.PENDING_PAYMENT) == (one.state is CouponState.LOCKED)
        gross = sum(line.quantity * line.unit_fen for line in order.lines)
        assert sum(line.discount_fen for line in order.lines) == off(terms[one.terms], gross)
    held = {one.order for one in used}
    assert all(not line.discount_fen for order in made.purchases if order.number not in held for line in order.lines)


def test_orders_are_of_what_lies_on_the_shelf(world: World, made: Consumers, been: dict[int, list[Visit]]) -> None:
    assert [one.number for one in made.purchases] == list(range(1, len(made.purchases) + 1))
    since = {(visit.member, visit.place): visit.joined_at for visits in been.values() for visit in visits}
    for one in made.purchases:
        place = world.places[one.place]
        shelf = {(good.sku, good.brand, good.owner, good.fen) for good in place.goods}
        assert {(line.sku, line.brand, line.owner, line.unit_fen) for line in one.lines} <= shelf
        assert all(0 <= line.discount_fen <= line.quantity * line.unit_fen for line in one.lines)
        assert len({line.sku for line in one.lines}) == len(one.lines)
        assert since[one.member, one.place] <= one.placed_at < world.calendar.start
        assert one.total_fen >= 0


# The first member


def test_the_first_member_has_something_of_everything(
    world: World, made: Consumers, been: dict[int, list[Visit]], terms: dict[str, Terms]
) -> None:
    assert len(been[1]) == 50
    growth = {row.terms: row.level for row in made.growth if row.member == 1}
    assert growth["CLUB"] == "PLATINUM"
    balances = [terms[row.terms] for row in made.balances if row.member == 1 and row.balance]
    scopes = Counter((one.kind, one.scope) for one in balances)
    assert scopes[RightKind.STORED_VALUE, RightScope.STORE] == 2
    assert scopes[RightKind.STORED_VALUE, RightScope.TENANT] == 1
    assert scopes[RightKind.POINTS, RightScope.TENANT] > 10
    start = world.calendar.start
    coupons: defaultdict[CouponState, list[CouponMade]] = defaultdict(list)
    for one in made.coupons:
        if one.member == 1:
            coupons[one.state].append(one)
    assert set(coupons) == set(CouponState)
    free = {(one.valid_from > start, one.valid_until <= start) for one in coupons[CouponState.AVAILABLE]}
    assert free == {(False, False), (True, False), (False, True)}
    orders: list[Purchase] = [one for one in made.purchases if one.member == 1]
    assert {OrderState.PENDING_PAYMENT, OrderState.COMPLETED} <= {one.state for one in orders}
