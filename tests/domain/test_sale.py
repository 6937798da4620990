"""What goes back of a line, by units, as money, of what is cancelled: in any order what was paid, and no more."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ordering import (
    LONGEST_PAYMENT_WAIT,
    LONGEST_REFUND_WAIT,
    PAYMENT_ASKS,
    PAYMENT_TIME,
    REFUND_ASKS,
    LineMoney,
    RefundTooMuch,
    by_amount,
    by_units,
    of_cancelled,
    pay_until,
    payment_wait,
    refund_wait,
)

AMOUNTS = st.integers(0, 100_000)
UNITS = st.integers(1, 60)


def moved(line: LineMoney, units: int, fen: int) -> LineMoney:
    return line._replace(refunded=line.refunded + units, refunded_fen=line.refunded_fen + fen)


@given(UNITS, AMOUNTS, st.data())
def test_refunds_of_all_units_give_the_net_however_they_are_cut(quantity: int, net: int, data: st.DataObject) -> None:
    line = LineMoney(1, quantity, net, 0, 0)
    while line.refunded < quantity:
        units = data.draw(st.integers(1, quantity - line.refunded))
        line = moved(line, units, by_units(line, units))
        assert line.refunded_fen == net * line.refunded // quantity
    assert line.refunded_fen == net


@given(
    UNITS,
    AMOUNTS,
    st.lists(st.tuples(st.sampled_from(("units", "money", "rest")), st.integers(1, 100_000)), max_size=20),
)
def test_nothing_passes_what_was_paid(quantity: int, net: int, wishes: list[tuple[str, int]]) -> None:
    line = LineMoney(1, quantity, net, 0, 0)
    for kind, wish in wishes:
        with suppress(RefundTooMuch):
            if kind == "money":
                line = moved(line, 0, by_amount(line, wish))
            elif kind == "units":
                line = moved(line, wish, by_units(line, wish))
            elif line.refunded < quantity:
                units = min(wish, quantity - line.refunded)
                line = moved(line, units, of_cancelled(line, units))
        assert 0 <= line.refunded_fen <= net
        assert 0 <= line.refunded <= quantity


@given(UNITS, AMOUNTS, st.integers(0, 100_000))
def test_what_is_cancelled_last_leaves_nothing(quantity: int, net: int, before: int) -> None:
    line = LineMoney(1, quantity, net, 0, min(before, net))
    assert moved(line, quantity, of_cancelled(line, quantity)).refunded_fen == net


def test_the_worked_refunds() -> None:
    q = LineMoney(2, 1, 18_958, 0, 0)
    assert by_amount(q, 5_000) == 5_000
    assert of_cancelled(moved(q, 0, 5_000), 1) == 13_958
    assert by_amount(moved(q, 0, 5_000), 13_958) == 13_958
    p = LineMoney(1, 3, 8_242, 0, 0)
    assert [by_units(p, 1), by_units(moved(p, 1, 2_747), 1), by_units(moved(p, 2, 5_494), 1)] == [2_747, 2_747, 2_748]


@pytest.mark.parametrize("units", [-1, 0, 4])
def test_units_that_are_not_there_do_not_go_back(units: int) -> None:
    with pytest.raises(RefundTooMuch) as refused:
        by_units(LineMoney(7, 3, 300, 0, 0), units)
    assert (refused.value.line, refused.value.left, refused.value.left_fen) == (7, 3, 300)


@pytest.mark.parametrize("amount", [-1, 0, 301])
def test_money_that_was_not_paid_does_not_go_back(amount: int) -> None:
    with pytest.raises(RefundTooMuch):
        by_amount(LineMoney(7, 3, 300, 0, 0), amount)


def test_units_of_a_line_that_cost_nothing_go_back_for_nothing() -> None:
    assert by_units(LineMoney(1, 3, 0, 0, 0), 3) == 0


def test_a_buyer_has_a_quarter_of_an_hour_to_pay() -> None:
    noon = datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert pay_until(noon + timedelta(minutes=1), noon) == noon + PAYMENT_TIME
    assert pay_until(noon + timedelta(hours=1), noon) == noon + timedelta(hours=1)


def test_a_provider_is_asked_less_and_less_often() -> None:
    waits = [refund_wait(asked).total_seconds() for asked in (1, 2, 3, 9, 10, 999)]
    assert waits == [10, 20, 40, 2_560, 3_600, LONGEST_REFUND_WAIT.total_seconds()]
    waits = [payment_wait(asked).total_seconds() for asked in (1, 2, 8, 9, 999)]
    assert waits == [120, 240, 15_360, 21_600, LONGEST_PAYMENT_WAIT.total_seconds()]


def test_a_provider_is_asked_for_a_week() -> None:
    for wait, asks in ((refund_wait, REFUND_ASKS), (payment_wait, PAYMENT_ASKS)):
        assert timedelta(days=7) < sum(map(wait, range(1, asks + 1)), timedelta()) < timedelta(days=9)
