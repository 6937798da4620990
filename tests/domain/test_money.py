"""Exact arithmetic: the worked numbers of the trade, and what must hold for every amount."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.money import (
    MAX_SAFE,
    MoneyError,
    allocate,
    check_fen,
    line_amount,
    part_done,
    percent_at_most,
    percent_half_up,
    refunded_fraction,
    reverse,
    reversed_so_far,
    share_among_funders,
)
from tests.proof import size

pytestmark = pytest.mark.prove
exact = settings(derandomize=True, deadline=None, max_examples=size(300, 30_000))

# The drop-shipped line of the worked sale: platform, supply, fulfilment, then traffic, seller, guide, territory.
DROPSHIP_ENTRIES = [121, 13000, 200, 3085, 2057, 1028, 686]


def test_ten_over_nothing_and_two_equals() -> None:
    assert allocate(10, [0, 1, 1]) == [0, 5, 5]


def test_odd_unit_goes_to_the_earlier_of_equals() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]


def test_odd_units_go_to_the_largest_remainders() -> None:
    # 68.56 over 45 : 30 : 15 : 10 leaves remainders .2 .8 .4 .6 after the floors.
    assert allocate(6856, [45, 30, 15, 10]) == [3085, 2057, 1028, 686]


def test_nothing_goes_over_no_weights() -> None:
    assert allocate(0, []) == []
    assert allocate(0, [0, 0]) == [0, 0]
    assert allocate(0, [3, 4]) == [0, 0]


@pytest.mark.parametrize(("total", "weights"), [(1, []), (1, [0, 0]), (-1, [1]), (1, [2, -1]), (MAX_SAFE + 1, [1])])
def test_what_cannot_be_shared_out_is_an_error(total: int, weights: list[int]) -> None:
    with pytest.raises(MoneyError):
        allocate(total, weights)


@exact
@given(
    st.integers(0, MAX_SAFE),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any),
)
def test_parts_sum_to_the_whole_and_keep_within_one_unit(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    whole = sum(weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert part - total * weight // whole in (0, 1)
        assert weight or part == 0


@exact
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any), st.data())
def test_no_part_is_above_its_weight_when_the_total_is_not(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    assert all(part <= weight for part, weight in zip(allocate(total, weights), weights, strict=True))


@exact
@given(st.integers(0, 10**6), st.lists(st.integers(1, 50), min_size=2, max_size=6), st.integers(2, 7))
def test_scaling_all_weights_changes_no_part(total: int, weights: list[int], factor: int) -> None:
    assert allocate(total, weights) == allocate(total, [weight * factor for weight in weights])


@pytest.mark.parametrize(
    ("amount", "bps", "fee"),
    [
        (8773, 60, 53),  # 52.638
        (8773, 500, 439),  # 438.65
        (8773, 200, 175),  # 175.46
        (20177, 60, 121),  # 121.062
        (100, 50, 1),  # exactly one half
        (99, 50, 0),
        (300, 50, 2),  # one and a half
        (0, 60, 0),
        (8773, 0, 0),
        (8773, 10_000, 8773),
    ],
)
def test_a_percentage_fee_rounds_half_up(amount: int, bps: int, fee: int) -> None:
    assert percent_half_up(amount, bps) == fee


def test_a_cap_never_rounds_up() -> None:
    assert percent_at_most(194400, 1500) == 29160
    assert percent_at_most(1999, 500) == 99  # 99.95
    assert percent_half_up(1999, 500) == 100


@pytest.mark.parametrize(("amount", "bps"), [(-1, 60), (1, -60), (MAX_SAFE + 1, 60), (MAX_SAFE, 10_001)])
def test_a_percentage_of_what_cannot_be_is_an_error(amount: int, bps: int) -> None:
    with pytest.raises(MoneyError):
        percent_half_up(amount, bps)
    with pytest.raises(MoneyError):
        percent_at_most(amount, bps)


def test_amounts_end_where_json_readers_lose_digits() -> None:
    assert check_fen(MAX_SAFE) == 9_007_199_254_740_991
    assert check_fen(-MAX_SAFE) == -9_007_199_254_740_991
    for beyond in (MAX_SAFE + 1, -MAX_SAFE - 1):
        with pytest.raises(MoneyError):
            check_fen(beyond)


def test_a_line_is_its_unit_price_times_its_units() -> None:
    assert line_amount(2650, 48) == 127200
    assert line_amount(1120, 60) == 67200
    with pytest.raises(MoneyError):
        line_amount(MAX_SAFE, 2)


def test_a_rebate_is_capped_and_spread_over_the_lines() -> None:
    lines = [line_amount(2650, 48), line_amount(1120, 60)]
    total = sum(lines)
    rebate = min(25000, percent_at_most(total, 1500))
    assert (total, rebate, allocate(rebate, lines), total - rebate) == (194400, 25000, [16358, 8642], 169400)


def test_a_discount_is_shared_by_lines_then_by_funders() -> None:
    discounts = allocate(2500, [9000, 20700])
    brand, store = share_among_funders(discounts, [7000, 3000])
    net = [9000 - 758, 20700 - 1742]
    base = [paid + subsidy for paid, subsidy in zip(net, brand, strict=True)]
    assert (discounts, brand, store) == ([758, 1742], [531, 1219], [227, 523])
    assert (net, base) == ([8242, 18958], [8773, 20177])


def test_the_own_stock_rule_divides_its_base() -> None:
    fees = [percent_half_up(8773, bps) for bps in (60, 500, 200)]
    assert [*fees, 8773 - sum(fees)] == [53, 439, 175, 8106]


def test_the_dropship_rule_divides_its_base() -> None:
    fee = percent_half_up(20177, 60)
    margin = 20177 - fee - 13000 - 200
    assert (fee, margin) == (121, 6856)
    assert [fee, 13000, 200, *allocate(margin, [45, 30, 15, 10])] == DROPSHIP_ENTRIES
    assert sum(DROPSHIP_ENTRIES) == 20177


@exact
@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=8),
    st.lists(st.integers(0, 10_000), min_size=0, max_size=3),
)
def test_every_line_and_every_funder_is_met(discounts: list[int], cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), 10_000]
    bps = [after - before for before, after in pairwise(edges)]
    shares = share_among_funders(discounts, bps)
    assert [sum(share) for share in shares] == allocate(sum(discounts), bps)
    assert [sum(parts) for parts in zip(*shares, strict=True)] == discounts
    assert all(part >= 0 for share in shares for part in share)


def test_funders_must_fund_the_whole() -> None:
    with pytest.raises(MoneyError):
        share_among_funders([100], [7000, 2999])


def test_a_shipped_part_moves_its_floor_and_the_last_the_rest() -> None:
    moved = [part_done(1000, shipped, 3) for shipped in range(4)]
    assert moved == [0, 333, 666, 1000]


@pytest.mark.parametrize(("total", "done", "whole"), [(-1, 0, 1), (1, -1, 1), (1, 2, 1), (1, 0, 0)])
def test_a_part_lies_within_the_whole(total: int, done: int, whole: int) -> None:
    with pytest.raises(MoneyError):
        part_done(total, done, whole)


def test_a_refund_only_of_fifty_takes_back_its_part_of_every_entry() -> None:
    fraction = refunded_fraction(Fraction(0), 5000, 18958)
    entries = reverse(DROPSHIP_ENTRIES, [0] * 7, fraction)
    assert entries == [31, 3432, 52, 813, 542, 271, 180]
    assert reverse([1219], [0], fraction, target=sum(entries) - 5000) == [321]
    assert sum(entries) == 5321


def test_the_rest_of_the_refund_brings_every_entry_to_zero() -> None:
    first = refunded_fraction(Fraction(0), 5000, 18958)
    before = reversed_so_far(DROPSHIP_ENTRIES, first)
    fraction = refunded_fraction(first, 13958, 18958)
    entries = reverse(DROPSHIP_ENTRIES, before, fraction)
    assert entries == [90, 9568, 148, 2272, 1515, 757, 506]
    assert reverse([1219], [321], fraction, target=20177 - 18958) == [898]
    assert fraction == 1
    assert [early + late for early, late in zip(before, entries, strict=True)] == DROPSHIP_ENTRIES


def test_three_equal_refunds_reach_these_sums() -> None:
    components = [7, 93, 211, 389]
    reached = [reversed_so_far(components, Fraction(units, 3)) for units in (1, 2, 3)]
    assert reached == [[2, 31, 70, 130], [4, 62, 140, 260], [7, 93, 211, 389]]


def test_what_the_largest_cannot_take_goes_to_the_largest_remainders() -> None:
    # Target 6 of 7; the floors of the others are all 0, so the largest, worth 1, would have to take 6.
    assert reversed_so_far([1, 1, 1, 1, 1, 1, 1], Fraction(6, 7)) == [1, 1, 1, 1, 1, 1, 0]
    # Target 4 of 5; floors of the others 0, 1, 0; the largest takes its 2; one fen is left for the larger remainder.
    assert reversed_so_far([2, 1, 1, 1], Fraction(4, 5)) == [2, 1, 1, 0]


def test_of_equal_components_the_earlier_takes_the_rest() -> None:
    assert reversed_so_far([5, 5], Fraction(1, 2)) == [3, 2]


def test_a_negative_seller_is_reversed_like_the_others() -> None:
    # A sale below cost: supply 130.00, platform 0.60, seller −30.60, base 100.00.
    entries = [13000, 60, -3060]
    assert reversed_so_far(entries, Fraction(1, 3)) == [4333, 20, -1020]
    assert reversed_so_far(entries, Fraction(1, 7)) == [1858, 8, -438]
    assert reversed_so_far(entries, Fraction(1)) == entries


@pytest.mark.parametrize(
    ("components", "fraction", "target"),
    [
        ([], Fraction(1), None),
        ([1], Fraction(-1, 2), None),
        ([1], Fraction(3, 2), None),
        ([-5, 2], Fraction(1, 2), None),
        ([10], Fraction(1, 3), 2),
        ([10], Fraction(1, 3), 5),
        ([10], Fraction(1, 2), 6),
    ],
)
def test_what_cannot_be_taken_back_is_an_error(components: list[int], fraction: Fraction, target: int | None) -> None:
    with pytest.raises(MoneyError):
        reversed_so_far(components, fraction, target)


def test_every_component_needs_its_past() -> None:
    with pytest.raises(MoneyError):
        reverse([1, 2], [0], Fraction(1))


def test_refunds_together_never_pass_the_whole() -> None:
    half = refunded_fraction(Fraction(0), 3, 6)
    assert half == Fraction(1, 2)
    assert refunded_fraction(half, 3, 6) == 1
    for part, whole in ((4, 6), (-1, 6), (1, 0)):
        with pytest.raises(MoneyError):
            refunded_fraction(half, part, whole)


@exact
@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=8),
    st.lists(st.fractions(0, 1, max_denominator=5000), min_size=1, max_size=5),
    st.booleans(),
)
def test_refunds_in_any_steps_end_exactly_at_the_entries(
    components: list[int], fractions: list[Fraction], sold_at_a_loss: bool
) -> None:
    if sold_at_a_loss:
        components = [*components, -(sum(components) // 2)]
    before = [0] * len(components)
    for fraction in [*sorted(fractions), Fraction(1)]:
        step = reverse(components, before, fraction)
        before = [done + part for done, part in zip(before, step, strict=True)]
        assert sum(before) == sum(components) * fraction.numerator // fraction.denominator
        for done, component in zip(before, components, strict=True):
            assert min(0, component) <= done <= max(0, component)
    assert before == components


@exact
@given(
    st.integers(0, 10**6),
    st.lists(st.integers(0, 10**5), min_size=1, max_size=4),
    st.fractions(0, 1, max_denominator=5000),
)
def test_cash_and_subsidies_come_back_as_much_as_the_entries(
    net: int, subsidies: list[int], fraction: Fraction
) -> None:
    target = sum(reversed_so_far([net, *subsidies], fraction))
    cash = net * fraction.numerator // fraction.denominator
    back = reversed_so_far(subsidies, fraction, target - cash)
    assert cash + sum(back) == target
    assert all(0 <= part <= whole for part, whole in zip(back, subsidies, strict=True))


REBATE_TIERS = [(0, 100), (3000000, 150), (6000000, 250)]


def full_rebate(base: int) -> int:
    return percent_half_up(base, max(bps for floor, bps in REBATE_TIERS if floor <= base))


def marginal_rebate(base: int) -> int:
    tops = [floor for floor, _ in REBATE_TIERS[1:]] + [base]
    slices = [(max(0, min(base, top) - floor), bps) for (floor, bps), top in zip(REBATE_TIERS, tops, strict=True)]
    return sum(percent_half_up(amount, bps) for amount, bps in slices)


def test_a_rebate_by_tiers_and_its_clawback_round_half_up() -> None:
    assert (full_rebate(6123450), full_rebate(5923450)) == (153086, 88852)
    assert full_rebate(6123450) - full_rebate(5923450) == 64234
    assert (marginal_rebate(6123450), marginal_rebate(5923450)) == (78086, 73852)
    assert marginal_rebate(6123450) - marginal_rebate(5923450) == 4234
