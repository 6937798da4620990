"""The one rule of what can be sold, with its worked example and its promises."""

from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.inventory import (
    NO_LOT_CODE,
    Level,
    LotDates,
    Offer,
    Promise,
    StockState,
    free,
    is_sellable,
    learned,
    lot_order,
    sellable_here,
    sellable_of_contribution,
)
from domain.money import WHOLE_BPS
from tests.proof import size

pytestmark = pytest.mark.prove
exact = settings(derandomize=True, deadline=None, max_examples=size(300, 30_000))

TODAY = date(2015, 6, 1)
TOMORROW = TODAY + timedelta(days=1)


def lot(
    on_hand: int, reserved: int = 0, allocated: int = 0, quarantined: int = 0, expires: date | None = None
) -> StockState:
    return StockState(on_hand, reserved, allocated, quarantined, expires)


def test_free_is_what_nobody_has_a_claim_on() -> None:
    assert free([lot(100, reserved=7, allocated=20, quarantined=3)], 10, TODAY) == 60


def test_safety_is_subtracted_once_over_all_lots() -> None:
    assert free([lot(10), lot(10), lot(10)], 5, TODAY) == 25


def test_safety_above_the_stock_leaves_less_than_nothing() -> None:
    assert free([lot(3)], 5, TODAY) == -2
    assert free([], 5, TODAY) == -5
    assert free([], 0, TODAY) == 0


def test_a_lot_is_sold_until_the_day_before_its_expiry() -> None:
    lots = [lot(1, expires=TODAY - timedelta(days=1)), lot(2, expires=TODAY), lot(4, expires=TOMORROW), lot(8)]
    assert free(lots, 0, TODAY) == 12
    assert [is_sellable(one.expires_on, TODAY) for one in lots] == [False, False, True, True]


def test_claims_on_an_expired_lot_leave_with_it() -> None:
    assert free([lot(10, reserved=4, allocated=6, expires=TODAY), lot(5, reserved=1)], 0, TODAY) == 4


@pytest.mark.parametrize(
    ("share_bps", "cap", "unclaimed", "held", "units"),
    [
        (10_000, None, 10, 0, 10),
        (5_000, None, 10, 0, 5),
        (5_000, None, 11, 0, 5),  # the share is rounded down
        (5_000, None, 7, 3, 2),  # half of the 10 shared, 3 of it already promised
        (5_000, None, 5, 5, 0),  # the share is used up
        (5_000, None, 3, 7, 0),  # more is held than the share gives now
        (10_000, 4, 5, 0, 4),
        (10_000, 4, 5, 3, 1),
        (10_000, 4, 5, 4, 0),
        (10_000, 40, 5, 3, 5),  # never above free
        (10_000, 0, 5, 0, 0),
        (0, None, 5, 0, 0),
        (20_000, None, 5, 0, 5),  # not even where a share is above the whole
        (10_000, None, 0, 5, 0),
        (10_000, None, -3, 5, 0),
        (10_000, None, -3, 0, 0),
    ],
)
def test_share_and_cap_bound_what_is_promised_at_one_moment(
    share_bps: int, cap: int | None, unclaimed: int, held: int, units: int
) -> None:
    assert sellable_of_contribution(share_bps, cap, unclaimed, held) == units


contributions = st.tuples(
    st.integers(0, WHOLE_BPS), st.none() | st.integers(0, 60), st.integers(-20, 60), st.integers(0, 60)
)


@exact
@given(contributions)
def test_the_contribution_rule_is_the_formula_to_the_letter(terms: tuple[int, int | None, int, int]) -> None:
    share_bps, cap, unclaimed, held = terms
    shared = share_bps * max(0, unclaimed + held) // WHOLE_BPS
    promised = max(0, (shared if cap is None else min(cap, shared)) - held)
    assert sellable_of_contribution(share_bps, cap, unclaimed, held) == min(promised, max(0, unclaimed))


@exact
@given(contributions)
def test_selling_a_unit_takes_one_unit_off_the_promise(terms: tuple[int, int | None, int, int]) -> None:
    share_bps, cap, unclaimed, held = terms
    promised = sellable_of_contribution(share_bps, cap, unclaimed, held)
    for sold in range(promised + 1):
        assert sellable_of_contribution(share_bps, cap, unclaimed - sold, held + sold) == promised - sold


def test_two_and_three_and_five_capped_at_four_sell_nine() -> None:
    offers = [Offer("distributor", 1, 3, 10_000, None, 0), Offer("brand", 2, 5, 10_000, 4, 0)]
    assert sellable_here([("store", 2)], offers) == Promise(9, (Level(0, 2), Level(1, 3), Level(2, 4)))


def test_own_stock_counts_once_and_in_full_even_when_contributed() -> None:
    contributed = Offer(("shop", "store"), 0, 8, 2_500, 1, 0)
    assert sellable_here([(("shop", "store"), 8)], [contributed]) == Promise(8, (Level(0, 8),))


def test_own_locations_add_up_and_none_gives_less_than_nothing() -> None:
    assert sellable_here([("shop", 8), ("cellar", -3), ("shed", 1), ("shop", 8)], []) == Promise(9, (Level(0, 9),))


def test_one_source_in_two_pools_never_gives_more_than_it_has() -> None:
    twice = [Offer("depot", 1, 10, 6_000, None, 0), Offer("depot", 1, 10, 7_000, None, 0)]
    assert sellable_here([], twice) == Promise(10, (Level(1, 10),))
    apart = [Offer("depot", 1, 10, 3_000, None, 0), Offer("depot", 1, 10, 2_000, None, 0)]
    assert sellable_here([], apart) == Promise(5, (Level(1, 5),))


def test_a_visible_source_without_units_is_a_level_of_none() -> None:
    assert sellable_here([("shop", 0)], [Offer("depot", 1, -4, 10_000, None, 9)]) == Promise(
        0, (Level(0, 0), Level(1, 0))
    )
    assert sellable_here([], []) == Promise(0, ())


def test_levels_are_listed_nearest_first() -> None:
    offers = [
        Offer("brand", 3, 1, 10_000, None, 0),
        Offer("a", 1, 2, 10_000, None, 0),
        Offer("b", 1, 3, 10_000, None, 0),
    ]
    assert sellable_here([], offers) == Promise(6, (Level(1, 5), Level(3, 1)))


def test_a_full_share_of_nothing_held_is_the_owner_s_own_free() -> None:
    lots = [lot(12, reserved=2), lot(5, expires=TODAY)]
    units = free(lots, 1, TODAY)
    assert units == 9
    assert sellable_here([("depot", units)], []).total == 9
    assert sellable_here([], [Offer("depot", 1, units, 10_000, None, 0)]).total == 9


sources = st.dictionaries(
    st.sampled_from("abcde"),
    st.tuples(st.integers(-10, 40), st.integers(1, 3)),
    min_size=1,
    max_size=5,
)
pools = st.lists(
    st.tuples(st.sampled_from("abcde"), st.integers(0, WHOLE_BPS), st.none() | st.integers(0, 30), st.integers(0, 20)),
    max_size=5,
)


@exact
@given(sources, pools, st.sets(st.sampled_from("abcde")))
def test_a_store_sells_each_source_at_most_once(
    stock: dict[str, tuple[int, int]], offered: list[tuple[str, int, int | None, int]], own_names: set[str]
) -> None:
    own = [(name, units) for name, (units, _) in stock.items() if name in own_names]
    offers = [
        Offer(name, stock[name][1], stock[name][0], share_bps, cap, held)
        for name, share_bps, cap, held in offered
        if name in stock
    ]
    expected = {name: max(0, units) for name, units in own}
    for name, (units, _) in stock.items():
        given_away = sum(
            sellable_of_contribution(offer.share_bps, offer.cap, units, offer.held)
            for offer in offers
            if offer.source == name
        )
        expected.setdefault(name, min(max(0, units), given_away))
    for some in permutations(offers[:3]):
        promise = sellable_here(own, [*some, *offers[3:]])
        assert promise.total == sum(expected.values())
        assert promise.total == sum(level.units for level in promise.by_hops)
        assert [level.hops for level in promise.by_hops] == sorted({level.hops for level in promise.by_hops})
        assert all(level.units >= 0 for level in promise.by_hops)


def test_lots_leave_first_expired_first() -> None:
    lots = [(None, NO_LOT_CODE), (TOMORROW, "B2"), (None, "A1"), (TODAY, "C3"), (TOMORROW, "B1")]
    assert sorted(lots, key=lambda one: lot_order(*one)) == [
        (TODAY, "C3"),
        (TOMORROW, "B1"),
        (TOMORROW, "B2"),
        (None, NO_LOT_CODE),
        (None, "A1"),
    ]


def test_stock_without_a_lot_leaves_after_every_lot_that_expires() -> None:
    assert lot_order(date.max, "Z9") < lot_order(None, NO_LOT_CODE)


# ── lots ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
MAY, JUNE, JULY = (date(2026, month, 1) for month in (5, 6, 7))


@pytest.mark.parametrize(
    ("known", "said", "then"),
    [
        ((None, None), (None, None), (None, None)),
        ((None, None), (MAY, JUNE), (MAY, JUNE)),
        ((MAY, None), (None, JUNE), (MAY, JUNE)),
        ((MAY, JUNE), (MAY, None), (MAY, JUNE)),
        ((MAY, JUNE), (None, JULY), None),
        ((MAY, JUNE), (JUNE, None), None),
        ((JUNE, None), (None, MAY), None),
        ((None, JUNE), (JUNE, None), None),
    ],
)
def test_a_lot_learns_dates_and_forgets_none(known: Any, said: Any, then: Any) -> None:
    assert learned(LotDates(*known), LotDates(*said)) == (then and LotDates(*then))
