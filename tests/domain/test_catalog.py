"""Prices that explain themselves, and the quantities a sku is sold in."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.catalog import (
    MAX_QUANTITY,
    NO_BAND,
    SPECIFICITY,
    BelowMinimum,
    Explanation,
    ListingOrigin,
    PriceBand,
    PriceCandidate,
    PriceReason,
    PriceScope,
    QuantityTooLarge,
    StepMismatch,
    asked,
    best,
    check_quantity,
    common_band,
    explain,
    in_band,
    to_base_units,
)
from tests.proof import size

pytestmark = pytest.mark.prove
exact = settings(derandomize=True, deadline=None, max_examples=size(300, 30_000))

NOW = datetime(2015, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SKU = UUID(int=7)


def price(
    number: int,
    scope: PriceScope,
    unit_fen: int,
    *,
    min_qty: int = 1,
    start: int = -30,
    end: int | None = None,
) -> PriceCandidate:
    """Make a candidate of list `number`, valid from `start` to `end` days from now."""
    until = None if end is None else NOW + end * DAY
    return PriceCandidate(UUID(int=number), f"list {number}", scope, SKU, min_qty, unit_fen, NOW + start * DAY, until)


def verdicts(explanations: list[Explanation[PriceCandidate]]) -> list[tuple[int, PriceReason]]:
    return [(one.candidate.list_id.int, one.reason) for one in explanations]


def test_each_scope_yields_to_the_more_specific() -> None:
    order = [PriceScope.CONTRACT, PriceScope.TAG, PriceScope.REGION, PriceScope.TIER, PriceScope.BASE]
    candidates = [price(10 - place, scope, 1000 + place) for place, scope in enumerate(order)]
    applied = []
    for place in range(len(order)):
        winner = best(candidates[place:], 1, NOW)
        applied.append(None if winner is None else winner.unit_fen)
    assert applied == [1000, 1001, 1002, 1003, 1004]


def test_a_dearer_contract_beats_a_cheaper_base_price() -> None:
    contract = price(2, PriceScope.CONTRACT, 950)
    assert best([price(1, PriceScope.BASE, 900), contract], 1, NOW) == contract


def test_region_and_site_stand_on_one_rank() -> None:
    assert SPECIFICITY[PriceScope.REGION] == SPECIFICITY[PriceScope.SITE]
    earlier_region = price(1, PriceScope.REGION, 800, start=-9)
    later_site = price(2, PriceScope.SITE, 810, start=-8)
    assert best([earlier_region, later_site], 1, NOW) == later_site
    earlier_site = price(1, PriceScope.SITE, 800, start=-9)
    later_region = price(2, PriceScope.REGION, 810, start=-8)
    assert best([earlier_site, later_region], 1, NOW) == later_region


@pytest.mark.parametrize(("quantity", "unit_fen"), [(1, 1000), (11, 1000), (12, 950), (47, 950), (48, 900), (480, 900)])
def test_the_highest_break_reached_applies(quantity: int, unit_fen: int) -> None:
    breaks = [price(1, PriceScope.BASE, fen, min_qty=units) for units, fen in ((48, 900), (1, 1000), (12, 950))]
    applied = best(breaks, quantity, NOW)
    assert applied is not None
    assert applied.unit_fen == unit_fen


def test_a_contract_whose_break_is_not_reached_leaves_the_field() -> None:
    contract = price(1, PriceScope.CONTRACT, 700, min_qty=24)
    base = price(2, PriceScope.BASE, 1000)
    assert best([contract, base], 23, NOW) == base
    assert best([contract, base], 24, NOW) == contract


def test_the_specific_list_wins_over_the_higher_break_of_a_general_one() -> None:
    assert best([price(1, PriceScope.TAG, 980), price(2, PriceScope.BASE, 900, min_qty=12)], 12, NOW) == price(
        1, PriceScope.TAG, 980
    )


def test_windows_are_half_open() -> None:
    starting = price(1, PriceScope.BASE, 1000, start=0, end=1)
    assert best([starting], 1, NOW) == starting
    assert best([starting], 1, NOW - timedelta(microseconds=1)) is None
    assert best([starting], 1, NOW + DAY - timedelta(microseconds=1)) == starting
    assert best([starting], 1, NOW + DAY) is None


def test_without_a_candidate_there_is_no_price() -> None:
    assert best([], 1, NOW) is None
    assert explain([], 1, NOW) == []
    assert best([price(1, PriceScope.BASE, 1000, min_qty=2)], 1, NOW) is None


def test_every_candidate_is_explained_in_order_of_precedence() -> None:
    candidates = [
        price(1, PriceScope.BASE, 1000),
        price(2, PriceScope.CONTRACT, 600, start=1),
        price(3, PriceScope.CONTRACT, 610, end=0),
        price(4, PriceScope.TAG, 700, min_qty=24),
        price(5, PriceScope.REGION, 800, min_qty=12, start=-3),
        price(6, PriceScope.SITE, 810, min_qty=12, start=-4),
        price(7, PriceScope.REGION, 820, min_qty=6, start=-2),
        price(8, PriceScope.SITE, 830, min_qty=12, start=-3),
        price(9, PriceScope.TIER, 500),
    ]
    expected = [
        (2, PriceReason.NOT_YET_VALID),
        (3, PriceReason.NO_LONGER_VALID),
        (4, PriceReason.BREAK_NOT_REACHED),
        (5, PriceReason.APPLIED),
        (8, PriceReason.LATER_LIST),
        (6, PriceReason.EARLIER_START),
        (7, PriceReason.LOWER_BREAK),
        (9, PriceReason.LESS_SPECIFIC),
        (1, PriceReason.LESS_SPECIFIC),
    ]
    explanations = explain(candidates, 12, NOW)
    assert verdicts(explanations) == expected
    assert [one.candidate.list_id.int for one in explanations if one.applied] == [5]


def test_explanations_of_what_never_applies_name_the_hindrance() -> None:
    candidates = [price(1, PriceScope.BASE, 900, start=1, end=2, min_qty=50), price(2, PriceScope.BASE, 1, end=-1)]
    assert verdicts(explain(candidates, 1, NOW)) == [
        (1, PriceReason.NOT_YET_VALID),
        (2, PriceReason.NO_LONGER_VALID),
    ]


def test_one_candidate_given_twice_is_applied_once() -> None:
    twice = price(1, PriceScope.BASE, 1000)
    assert verdicts(explain([twice, twice], 1, NOW)) == [(1, PriceReason.APPLIED), (1, PriceReason.LATER_LIST)]


def test_a_database_row_serves_as_a_candidate() -> None:
    columns = (UUID(int=1), "contract", "CONTRACT", SKU, 1, 700, NOW, None)
    row = PriceCandidate._make(columns)  # the scope is text, as a driver delivers it
    assert best([price(2, PriceScope.BASE, 600), row], 1, NOW) is row
    assert verdicts(explain([row], 1, NOW)) == [(1, PriceReason.APPLIED)]


candidate_lists = st.lists(
    st.builds(
        price,
        st.integers(1, 4),
        st.sampled_from(PriceScope),
        st.integers(0, 5),
        min_qty=st.integers(1, 3),
        start=st.integers(-2, 1),
        end=st.none() | st.integers(-1, 2),
    ),
    max_size=7,
)


@exact
@given(candidate_lists, st.integers(1, 3))
def test_the_winner_is_the_first_that_can_apply_in_the_order_explained(
    candidates: list[PriceCandidate], quantity: int
) -> None:
    explanations = explain(candidates, quantity, NOW)
    applied = [one.candidate for one in explanations if one.applied]
    winner = best(candidates, quantity, NOW)
    hindrances = {PriceReason.NOT_YET_VALID, PriceReason.NO_LONGER_VALID, PriceReason.BREAK_NOT_REACHED}
    able = [one.candidate for one in explanations if one.reason not in hindrances]
    assert sorted(map(repr, candidates)) == sorted(repr(one.candidate) for one in explanations)
    assert [one.unit_fen for one in applied] == ([] if winner is None else [winner.unit_fen])
    assert applied == able[:1]
    assert all(one.applied == (one.reason is PriceReason.APPLIED) for one in explanations)


@exact
@given(candidate_lists, st.integers(1, 3))
def test_the_winner_keeps_the_rule_written_another_way(candidates: list[PriceCandidate], quantity: int) -> None:
    able = [
        one
        for one in candidates
        if one.valid_from <= NOW and (one.valid_until is None or one.valid_until > NOW) and one.min_qty <= quantity
    ]
    ranks = ["CONTRACT", "TAG", "REGION SITE", "TIER", "BASE"]
    for field in (
        lambda one: next(place for place, rank in enumerate(ranks) if one.scope in rank.split()),
        lambda one: -one.min_qty,
        lambda one: (NOW - one.valid_from).days,
        lambda one: one.list_id,
        lambda one: one.unit_fen,
    ):
        able = [one for one in able if field(one) == min(map(field, able))]
    winner = best(candidates, quantity, NOW)
    assert (None if winner is None else winner.unit_fen) == (able[0].unit_fen if able else None)


def test_the_order_of_candidates_does_not_matter() -> None:
    candidates = [
        price(1, PriceScope.SITE, 800),
        price(2, PriceScope.REGION, 790),
        price(3, PriceScope.REGION, 780, min_qty=6),
        price(4, PriceScope.TIER, 500),
    ]
    for quantity, expected in ((1, 800), (6, 780)):
        prices = {best(some, quantity, NOW) for some in permutations(candidates)}
        assert [None if one is None else one.unit_fen for one in prices] == [expected]


def test_forty_where_the_step_is_twelve_is_a_step_mismatch() -> None:
    with pytest.raises(StepMismatch) as refusal:
        check_quantity(40, 12, 12, SKU)
    said = refusal.value
    assert (said.code, said.quantity, said.step_qty, said.below, said.above, said.sku) == (
        "STEP_MISMATCH", 40, 12, 36, 48, SKU,
    )  # fmt: skip
    assert str(said) == "40 is not a multiple of 12."


def test_below_the_minimum_is_said_before_the_step() -> None:
    with pytest.raises(BelowMinimum) as refusal:
        check_quantity(5, 24, 12)
    assert (refusal.value.code, refusal.value.quantity, refusal.value.min_qty) == ("BELOW_MINIMUM", 5, 24)


@pytest.mark.parametrize("quantity", [0, -12])
def test_less_than_one_unit_is_below_every_minimum(quantity: int) -> None:
    with pytest.raises(BelowMinimum) as refusal:
        check_quantity(quantity, 0, 1)
    assert refusal.value.min_qty == 1


def test_steps_are_counted_from_zero() -> None:
    check_quantity(24, 18, 12)
    with pytest.raises(StepMismatch):
        check_quantity(30, 18, 12)
    check_quantity(1, 1, 1)


def test_a_line_has_a_largest_quantity() -> None:
    check_quantity(MAX_QUANTITY, 1, 1)
    with pytest.raises(QuantityTooLarge) as refusal:
        check_quantity(MAX_QUANTITY + 1, 1, 1)
    assert (refusal.value.code, refusal.value.max_qty) == ("QUANTITY_TOO_LARGE", 2_147_483_647)


def test_an_order_in_cases_of_twelve_is_twelve_base_units() -> None:
    assert (to_base_units(1, 12), to_base_units(4, 12), to_base_units(0, 12)) == (12, 48, 0)
    with pytest.raises(QuantityTooLarge):
        to_base_units(MAX_QUANTITY // 12 + 1, 12)


@pytest.mark.parametrize(
    ("unit_fen", "floor_fen", "ceiling_fen", "inside"),
    [
        (899, 900, 1100, False),
        (900, 900, 1100, True),
        (1100, 900, 1100, True),
        (1101, 900, 1100, False),
        (1, None, 1100, True),
        (10**9, 900, None, True),
        (0, None, None, True),
    ],
)
def test_both_ends_of_a_band_are_inside(
    unit_fen: int, floor_fen: int | None, ceiling_fen: int | None, inside: bool
) -> None:
    assert in_band(unit_fen, floor_fen, ceiling_fen) is inside


@pytest.mark.parametrize(
    ("bands", "joined"),
    [
        ([], (None, None)),
        ([(900, 1100)], (900, 1100)),
        ([(780, 1350), (850, 1250)], (850, 1250)),
        ([(780, 1250), (850, 1350)], (850, 1250)),
        ([(None, 1100), (900, None), (None, None)], (900, 1100)),
        ([(0, None), (None, None)], (0, None)),
        ([(900, 1000), (1000, 1100)], (1000, 1000)),
        ([(900, 1000), (1001, 1100)], (1001, 1000)),
    ],
)
def test_a_price_keeps_to_every_band(
    bands: list[tuple[int | None, int | None]], joined: tuple[int | None, int | None]
) -> None:
    assert common_band(bands) == joined
    for unit_fen in (0, 779, 780, 850, 899, 900, 999, 1000, 1001, 1100, 1101, 1250, 1251, 1350):
        assert in_band(unit_fen, *joined) is all(in_band(unit_fen, *band) for band in bands)


def test_what_applies_is_asked_if_it_lies_in_the_band_and_nothing_takes_its_place() -> None:
    base = price(1, PriceScope.BASE, 1_000)
    here = price(2, PriceScope.SITE, 900)
    for band, found in (
        (NO_BAND, here),
        (PriceBand(900, 900), here),
        (PriceBand(901, None), None),
        (PriceBand(None, 899), None),
        (PriceBand(1_000, 900), None),
    ):
        assert asked([base, here], 1, NOW, band) is found
    assert asked([], 1, NOW, NO_BAND) is None


@pytest.mark.parametrize("origin", ListingOrigin)
def test_goods_bought_elsewhere_alone_are_the_seller_s_own_only(origin: ListingOrigin) -> None:
    assert origin.is_own_only is (origin.value == "EXTERNAL")


def test_bands_that_contradict_each_other_allow_no_price() -> None:
    band = common_band([(900, 1000), (1001, 1100)])
    assert not any(in_band(unit_fen, *band) for unit_fen in range(850, 1150))
