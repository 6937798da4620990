"""Windows and months, how long stock lasts, and what part of a whole something is."""

from datetime import date, timedelta
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.base import BadInput
from domain.inventory import days_of_cover
from domain.money import WHOLE_BPS, MoneyError, part_bps
from domain.ordering import MAX_MONTHS, TradeDimension, divided_by, first_day, month_number, window
from tests.proof import size

pytestmark = pytest.mark.prove
exact = settings(derandomize=True, deadline=None, max_examples=size(300, 30_000))

UNITS = st.integers(0, 2**53 - 1)
DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))


@exact
@given(UNITS, st.integers(1, 2**53 - 1), st.integers(1, 366))
def test_cover_is_the_whole_days_that_the_average_can_be_met(on_hand: int, sold: int, days: int) -> None:
    cover = days_of_cover(on_hand, sold, days)
    assert cover == floor(on_hand / Fraction(sold, days))
    assert cover * Fraction(sold, days) <= on_hand < (cover + 1) * Fraction(sold, days)


@exact
@given(UNITS, UNITS, st.integers(1, 2**53 - 1), st.integers(1, 366))
def test_more_stock_lasts_longer_and_more_sales_shorter(on_hand: int, more: int, sold: int, days: int) -> None:
    cover, fuller, busier = (
        days_of_cover(*given, days) for given in ((on_hand, sold), (on_hand + more, sold), (on_hand, sold + more))
    )
    assert cover is not None
    assert fuller is not None
    assert busier is not None
    assert busier <= cover <= fuller


@pytest.mark.parametrize(
    ("on_hand", "sold", "days", "cover"),
    [(0, 5, 30, 0), (100, 30, 30, 100), (99, 7, 30, 424), (1, 31, 30, 0), (5, 0, 30, None), (0, 0, 1, None)],
)
def test_cover_by_hand(on_hand: int, sold: int, days: int, cover: int | None) -> None:
    assert days_of_cover(on_hand, sold, days) == cover


@exact
@given(DAYS)
def test_a_month_is_found_again_by_its_number(day: date) -> None:
    start = first_day(month_number(day))
    assert (start.year, start.month, start.day) == (day.year, day.month, 1)


@exact
@given(DAYS, st.integers(1, 3_600))
def test_a_window_touches_the_months_of_its_days_and_no_other(start: date, days: int) -> None:
    if start > date.max - timedelta(days):
        return
    made = window(start, start + timedelta(days))
    assert list(made.months) == sorted({month_number(start + timedelta(one)) for one in range(days)})


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2015, 1, 1), date(2015, 1, 2), 1),
        (date(2015, 1, 31), date(2015, 2, 1), 1),
        (date(2015, 1, 31), date(2015, 2, 2), 2),
        (date(2006, 1, 1), date(2016, 1, 1), MAX_MONTHS),
        (date.min, date(2, 1, 1), 12),
        (date(9999, 1, 1), date.max, 12),
    ],
)
def test_windows_that_may_be_asked(start: date, end: date, months: int) -> None:
    assert len(window(start, end).months) == months


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2015, 1, 1), date(2015, 1, 1)),
        (date(2015, 1, 2), date(2015, 1, 1)),
        (date(2006, 1, 1), date(2016, 1, 2)),
        (date(2006, 1, 31), date(2016, 1, 31)),
        (date.min, date.max),
    ],
)
def test_windows_that_may_not(start: date, end: date) -> None:
    with pytest.raises(BadInput):
        window(start, end)


def test_what_figures_may_be_divided_by() -> None:
    month, region, sku, category = TradeDimension
    assert divided_by([]) == frozenset()
    assert divided_by([sku, month, region]) == {month, region, sku}
    for wrong in ([month, month], [sku, category], [month, region, sku, category]):
        with pytest.raises(BadInput):
            divided_by(wrong)


@exact
@given(st.integers(1, 2**53 - 1), st.data())
def test_a_part_is_rounded_down_so_that_only_the_whole_is_the_whole(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    bps = part_bps(part, whole)
    assert bps == floor(Fraction(part, whole) * WHOLE_BPS)
    assert (bps == WHOLE_BPS) == (part == whole)


@pytest.mark.parametrize(("part", "whole"), [(-1, 5), (6, 5), (0, 0), (0, -1), (-2, -1)])
def test_a_part_of_nothing_or_beyond_its_whole_is_a_fault(part: int, whole: int) -> None:
    with pytest.raises(MoneyError):
        part_bps(part, whole)
