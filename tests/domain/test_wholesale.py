"""The real wholesale file: everything in it counted exactly; its prices and its channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.iowa import SAMPLE
from integrations.wholesale import reading
from integrations.wholesale.channel import NO_COUNTY, Channel, brand, channel_of, distributor, store
from integrations.wholesale.fields import Point
from integrations.wholesale.ledger import Category, Ledger, Line, Rule, Store
from integrations.wholesale.prices import (
    CostKey,
    Period,
    PriceBook,
    TradeKey,
    contradicted,
    cost_prices,
    state_prices,
    trade_prices,
    validity,
)
from integrations.wholesale.reading import read

SALES_CENTS = 126_161_462
BOTTLES = 95_739
FIRST = Line(
    key="S29198800001",
    invoice="S291988",
    day=date(2015, 11, 20),
    store=2191,
    county=56,
    vendor=255,
    item=297,
    cost_cents=1_809,
    price_cents=2_714,
    quantity=6,
    sale_cents=16_284,
)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return read(SAMPLE)


@pytest.fixture(scope="module")
def channel(ledger: Ledger) -> Channel:
    return channel_of(ledger)


def found(ledger: Ledger) -> dict[Rule, tuple[int, int]]:
    return {finding.rule: (finding.rows, finding.subjects) for finding in ledger.report.findings}


def test_real_file_has_exactly_these_things(ledger: Ledger) -> None:
    assert len(ledger.vendors) == 70
    assert len(ledger.counties) == 99
    assert len(ledger.categories) == 68
    assert len(ledger.stores) == 1_244
    assert len(ledger.items) == 1_574
    assert len(ledger.lines) == 10_000
    assert len(ledger.invoices) == 9_543
    assert (ledger.first_day, ledger.last_day) == (date(2012, 1, 3), date(2015, 11, 30))


def test_real_file_loses_no_row(ledger: Ledger) -> None:
    report = ledger.report
    assert (report.rows_read, report.rows_kept, report.rows_refused) == (10_000, 10_000, 0)
    assert sum(len(invoice.lines) for invoice in ledger.invoices) == 10_000


def test_real_file_is_irregular_exactly_here(ledger: Ledger) -> None:
    assert found(ledger) == {
        Rule.SPACES_TIDIED: (1_009, 974),
        Rule.NAME_VARIES: (8, 2),
        Rule.CITY_CASE_VARIES: (11, 6),
        Rule.ATTRIBUTE_VARIES: (4, 1),
        Rule.COUNTY_FROM_STORE: (6, 1),
        Rule.STORE_WITHOUT_COUNTY: (7, 1),
        Rule.CATEGORY_MISSING: (82, 4),
        Rule.CATEGORY_NAME_MISSING: (1, 1),
        Rule.POINT_MISSING: (822, 93),
        Rule.ZIP_IRREGULAR: (3, 1),
        Rule.ZERO_PRICE: (3, 3),
        Rule.BROKEN_CASE: (4_597, 1_283),
    }


def test_real_money_and_bottles_add_up(ledger: Ledger) -> None:
    assert sum(line.sale_cents for line in ledger.lines) == SALES_CENTS
    assert sum(invoice.total_cents for invoice in ledger.invoices) == SALES_CENTS
    assert sum(invoice.quantity for invoice in ledger.invoices) == BOTTLES


def test_first_line_of_the_real_file(ledger: Ledger) -> None:
    assert ledger.lines[0] == FIRST


def test_store_spelt_in_two_ways_takes_the_usual_one_and_its_county(ledger: Ledger) -> None:
    assert next(shop for shop in ledger.stores if shop.number == 3782) == Store(
        number=3782,
        name="Bender Foods / Guttenberg",
        address="619 S HWY 52",
        city="GUTTENBERG",
        zip_code="52052",
        county=22,
        point=Point(427_796_400, -911_004_890),
    )
    assert {line.county for line in ledger.lines if line.store == 3782} == {22}


def test_real_stores_without_county_and_point(ledger: Ledger) -> None:
    assert [shop.number for shop in ledger.stores if shop.county is None] == [4247]
    assert sum(shop.point is None for shop in ledger.stores) == 93


def test_real_category_without_a_name_is_called_by_its_number(ledger: Ledger) -> None:
    assert Category(1_022_200, "Category 1022200") in ledger.categories
    assert sum(item.category is None for item in ledger.items) == 4


def changing(book: PriceBook[Any]) -> int:
    """The series with more than one period."""
    return sum(len(periods) > 1 for periods in book.series.values())


def returning(book: PriceBook[Any]) -> int:
    """The series that go back to a price they had left."""
    return sum(len({period.cents for period in periods}) < len(periods) for periods in book.series.values())


def test_costs_of_the_real_file_change_and_go_back(ledger: Ledger) -> None:
    costs = cost_prices(ledger)
    assert len(costs.series) == 1_574
    assert (changing(costs), returning(costs)) == (742, 115)
    assert sum(map(len, costs.series.values())) == 3_167


def test_trade_prices_of_the_real_file(ledger: Ledger) -> None:
    prices = trade_prices(ledger)
    assert len(prices.series) == 7_513
    assert (changing(prices), returning(prices)) == (846, 21)
    assert sum(map(len, prices.series.values())) == 8_552
    # Sold at $0.00 only: no price in this county, but one in the state.
    assert TradeKey(77, 81_406) not in prices.series
    assert len(state_prices(ledger).series) == 1_574


def test_periods_have_no_hole_and_differ(ledger: Ledger) -> None:
    for periods in [*cost_prices(ledger).series.values(), *trade_prices(ledger).series.values()]:
        assert [period.ends_on for period in periods[:-1]] == [period.starts_on for period in periods[1:]]
        assert periods[-1].ends_on is None
        assert all(one.cents != other.cents for one, other in pairwise(periods))


def test_channel_of_the_real_file(channel: Channel) -> None:
    assert len(channel.distributors) == 100
    assert len(channel.brand_edges) == 1_766
    assert len(channel.store_edges) == 1_244
    assert sum(edge.primary for edge in channel.brand_edges) == 100
    assert all(edge.primary for edge in channel.store_edges)


def test_every_bottle_runs_over_one_edge_of_each_tier(ledger: Ledger, channel: Channel) -> None:
    assert sum(edge.bottles for edge in channel.brand_edges) == BOTTLES
    assert sum(edge.bottles for edge in channel.store_edges) == BOTTLES


def test_equal_brands_give_the_lower_number_the_primary_place(channel: Channel) -> None:
    bottles = {edge.upstream.number: edge.bottles for edge in channel.brand_edges if edge.downstream.number == 81}
    assert bottles[260] == bottles[300] == max(bottles.values()) == 54
    primary = [edge.upstream for edge in channel.brand_edges if edge.downstream.number == 81 and edge.primary]
    assert primary == [brand(260)]


def test_store_without_county_has_a_distributor_of_its_own(channel: Channel) -> None:
    below = [edge.downstream for edge in channel.store_edges if edge.upstream == distributor(NO_COUNTY)]
    above = [edge.upstream for edge in channel.brand_edges if edge.downstream == distributor(NO_COUNTY)]
    assert below == [store(4247)]
    assert above == [brand(number) for number in (35, 65, 192, 301, 370, 434, 971)]
    assert channel.distributors[0].county is None
    assert channel.distributors[0].name == "Wholesale without a county"


def test_progress_ends_with_everything() -> None:
    told: list[tuple[int, int]] = []
    read(SAMPLE, lambda done, total: told.append((done, total)))
    size = SAMPLE.stat().st_size
    assert len(told) == 10_000 // reading.PROGRESS_EVERY_ROWS + 1
    assert told == sorted(told)
    assert told[-1] == (size, size)


def test_sample_carries_its_attribution() -> None:
    assert '"Iowa Liquor Sales", published as open data by the State of Iowa' in (
        SAMPLE.parent / "README.md"
    ).read_text(encoding="utf-8")


# Prices


def test_price_holds_until_the_next_differing_one() -> None:
    seen = [(date(2015, 1, day), cents) for day, cents in ((9, 200), (1, 100), (5, 100), (12, 0), (20, 100))]
    assert validity(seen) == (
        Period(date(2015, 1, 1), date(2015, 1, 9), 100),
        Period(date(2015, 1, 9), date(2015, 1, 20), 200),
        Period(date(2015, 1, 20), None, 100),
    )


def test_last_price_of_a_day_wins() -> None:
    day = date(2015, 1, 1)
    assert validity([(day, 100), (day, 200), (day, 300), (day, 0)]) == (Period(day, None, 300),)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cost_cents": 1_810}, True),
        ({"price_cents": 2_715}, True),
        ({"cost_cents": 1_810, "price_cents": 2_715}, True),
        ({}, False),
        ({"cost_cents": 0, "price_cents": 0}, False),
        ({"cost_cents": 1_810, "price_cents": 2_715, "day": date(2015, 11, 21)}, False),
        ({"cost_cents": 1_810, "price_cents": 2_715, "item": 298}, False),
        ({"cost_cents": 1_810, "county": 57}, True),
        ({"price_cents": 2_715, "county": 57}, False),
        ({"price_cents": 2_715, "vendor": 256}, True),
        ({"cost_cents": 1_810, "vendor": 256}, False),
    ],
)
def test_a_line_is_contradicted_by_a_later_one_of_its_day(changes: dict[str, Any], told: bool) -> None:
    other = replace(FIRST, **changes)
    assert list(contradicted([other, FIRST])) == ([other] if told else [])
    assert list(contradicted([FIRST, other, other])) == ([FIRST] if told else [])


def test_zero_makes_no_price() -> None:
    assert validity([(date(2015, 1, 1), 0)]) == ()
    assert validity([]) == ()


def test_price_on_a_day() -> None:
    key, start, change = CostKey(255, 297), date(2015, 11, 20), date(2015, 11, 25)
    prices = PriceBook({key: (Period(start, change, 1_809), Period(change, None, 1_900))})
    days = (date(2015, 11, 19), start, date(2015, 11, 24), change, date(2020, 1, 1))
    assert [prices.on(key, day) for day in days] == [None, 1_809, 1_809, 1_900, 1_900]
    assert prices.on(CostKey(255, 1), change) is None


@given(st.lists(st.tuples(st.dates(date(2015, 1, 1), date(2015, 1, 9)), st.integers(0, 3))))
def test_periods_say_what_was_last_seen(seen: list[tuple[date, int]]) -> None:
    periods = validity(seen)
    for day in (date(2015, 1, number) for number in range(1, 10)):
        said = [period.cents for period in periods if period.starts_on <= day < (period.ends_on or date.max)]
        last_of_day = {when: cents for when, cents in seen if cents}
        known = [last_of_day[when] for when in sorted(last_of_day) if when <= day]
        assert said == known[-1:]
