"""Every way an order can move, and what a new one may hold."""

from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.catalog import BelowMinimum, QuantityTooLarge, StepMismatch
from domain.channel import CloudStoreMode
from domain.ordering import (
    MAX_ORDER_LINES,
    ORDER_KINDS_OF_MODE,
    TRANSITIONS,
    CancelCause,
    LineProgress,
    NewLine,
    NoLines,
    OrderActor,
    OrderKind,
    OrderState,
    TooManyLines,
    TransitionNotAllowed,
    after_late_payment,
    after_submission,
    check_lines,
    check_transition,
    fulfilment_state,
    may,
    merge_lines,
    reachable,
    sells_whole_cases,
)
from tests.proof import size

pytestmark = pytest.mark.prove
exact = settings(derandomize=True, deadline=None, max_examples=size(200, 20_000))

# One row for each state, one column for the next; the letters are who may: Buyer, Seller, Approver, Fulfiller,
# Payment, sYstem. Replenishment is the kind that takes every step of the way.
REPLENISHMENT_TABLE = """
                  DRAFT PENDING_APPROVAL PENDING_PAYMENT CONFIRMED PARTLY_FULFILLED FULFILLED COMPLETED CANCELLED
DRAFT             -     B                B               -         -                -         -         BY
PENDING_APPROVAL  AB    -                AY              -         -                -         -         ABY
PENDING_PAYMENT   -     -                -               P         -                -         -         BSY
CONFIRMED         -     -                -               -         F                F         -         BS
PARTLY_FULFILLED  -     -                -               -         BFS              BFS       -         -
FULFILLED         -     -                -               -         -                -         BY        -
COMPLETED         -     -                -               -         -                -         -         -
CANCELLED         -     -                -               P         -                -         -         -
"""
LETTERS = {
    OrderActor.BUYER: "B",
    OrderActor.SELLER: "S",
    OrderActor.APPROVER: "A",
    OrderActor.FULFILLER: "F",
    OrderActor.PAYMENT: "P",
    OrderActor.SYSTEM: "Y",
}


def table(kind: OrderKind) -> dict[tuple[OrderState, OrderState], str]:
    return {
        (state, to): "".join(sorted(LETTERS[actor] for actor in OrderActor if may(state, to, actor, kind))) or "-"
        for state, to in product(OrderState, OrderState)
    }


def drawn_table() -> dict[tuple[OrderState, OrderState], str]:
    head, *rows = REPLENISHMENT_TABLE.strip().splitlines()
    columns = [OrderState(name) for name in head.split()]
    cells: dict[tuple[OrderState, OrderState], str] = {}
    for row in rows:
        name, *letters = row.split()
        cells |= {(OrderState(name), to): who for to, who in zip(columns, letters, strict=True)}
    return cells


def test_the_table_is_the_one_drawn_here() -> None:
    assert table(OrderKind.REPLENISHMENT) == drawn_table()
    assert table(OrderKind.DROPSHIP) == drawn_table()
    assert table(OrderKind.PRESALE) == drawn_table()


def test_a_shoppers_order_is_never_held_for_approval() -> None:
    expected = {move: "-" if OrderState.PENDING_APPROVAL in move else who for move, who in drawn_table().items()}
    assert table(OrderKind.CONSUMER) == expected


def test_a_supplier_confirms_a_purchase_on_agreed_terms() -> None:
    expected = drawn_table() | {(OrderState.PENDING_PAYMENT, OrderState.CONFIRMED): "PS"}
    assert table(OrderKind.PURCHASE) == expected


def test_no_move_is_listed_twice_for_one_actor() -> None:
    moves = [(row.source, row.target, actor, kind) for row in TRANSITIONS for actor in row.actors for kind in row.kinds]
    assert len(moves) == len(set(moves))


def test_nothing_is_cancelled_once_a_part_has_shipped() -> None:
    shipped = (OrderState.PARTLY_FULFILLED, OrderState.FULFILLED, OrderState.COMPLETED)
    assert not [row for row in TRANSITIONS if row.source in shipped and row.target is OrderState.CANCELLED]


def test_every_state_can_be_reached_from_a_draft() -> None:
    reached = {OrderState.DRAFT}
    for _ in OrderState:
        reached |= {row.target for row in TRANSITIONS if row.source in reached}
    assert reached == set(OrderState)


def test_a_refused_move_says_what_would_be_possible() -> None:
    with pytest.raises(TransitionNotAllowed) as refusal:
        check_transition(OrderState.CONFIRMED, OrderState.COMPLETED, OrderActor.BUYER, OrderKind.CONSUMER)
    said = refusal.value
    assert (said.code, said.state, said.to) == ("TRANSITION_NOT_ALLOWED", OrderState.CONFIRMED, OrderState.COMPLETED)
    assert said.possible == (OrderState.CANCELLED,)
    check_transition(OrderState.CONFIRMED, OrderState.CANCELLED, OrderActor.BUYER, OrderKind.CONSUMER)


def test_reachable_states_come_in_the_order_of_the_states() -> None:
    assert reachable(OrderState.DRAFT, OrderActor.BUYER, OrderKind.REPLENISHMENT) == (
        OrderState.PENDING_APPROVAL,
        OrderState.PENDING_PAYMENT,
        OrderState.CANCELLED,
    )
    assert reachable(OrderState.COMPLETED, OrderActor.SELLER, OrderKind.CONSUMER) == ()


@pytest.mark.parametrize("kind", list(OrderKind))
@pytest.mark.parametrize("held", [False, True])
def test_a_submitted_draft_goes_where_the_table_lets_it(kind: OrderKind, held: bool) -> None:
    state = after_submission(kind, held)
    assert (state is OrderState.PENDING_APPROVAL) is (held and kind is not OrderKind.CONSUMER)
    assert may(OrderState.DRAFT, state, OrderActor.BUYER, kind)


def test_a_payment_after_expiry_revives_only_what_can_be_held_again() -> None:
    revived = {
        (cause, held)
        for cause, held in product(CancelCause, (False, True))
        if after_late_payment(cause, held) is OrderState.CONFIRMED
    }
    assert revived == {(CancelCause.EXPIRED, True)}
    assert after_late_payment(CancelCause.EXPIRED, False) is OrderState.CANCELLED


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([(5, 0, 0), (3, 0, 0)], OrderState.CONFIRMED),
        ([(5, 0, 5), (3, 0, 0)], OrderState.CONFIRMED),
        ([(5, 1, 0), (3, 0, 0)], OrderState.PARTLY_FULFILLED),
        ([(5, 5, 0), (3, 0, 0)], OrderState.PARTLY_FULFILLED),
        ([(5, 2, 3), (3, 0, 2)], OrderState.PARTLY_FULFILLED),
        ([(5, 5, 0), (3, 3, 0)], OrderState.FULFILLED),
        ([(5, 2, 3), (3, 0, 3)], OrderState.FULFILLED),
        ([(5, 0, 5), (3, 0, 3)], OrderState.CANCELLED),
    ],
)
def test_the_state_follows_from_what_was_shipped(lines: list[tuple[int, int, int]], state: OrderState) -> None:
    assert fulfilment_state([LineProgress(*line) for line in lines]) is state


@exact
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(1, 6)), max_size=12),
)
def test_shipping_and_cancelling_only_make_listed_moves(
    quantities: list[int], acts: list[tuple[int, bool, int]]
) -> None:
    lines = [LineProgress(quantity, 0, 0) for quantity in quantities]
    state = fulfilment_state(lines)
    for place, ships, units in acts:
        line = lines[place % len(lines)]
        units = min(units, line.quantity - line.shipped - line.cancelled)
        if units == 0 or not (ships or state is OrderState.PARTLY_FULFILLED):
            continue
        lines[place % len(lines)] = (
            line._replace(shipped=line.shipped + units) if ships else line._replace(cancelled=line.cancelled + units)
        )
        after = fulfilment_state(lines)
        actor = OrderActor.FULFILLER if ships else OrderActor.BUYER
        assert may(state, after, actor, OrderKind.REPLENISHMENT)
        state = after
    assert (state is OrderState.FULFILLED) is all(line.shipped + line.cancelled == line.quantity for line in lines)


def test_each_mode_takes_its_kinds_of_order() -> None:
    assert set(ORDER_KINDS_OF_MODE) == set(CloudStoreMode)
    assert ORDER_KINDS_OF_MODE[CloudStoreMode.PRIVATE_MALL] == {OrderKind.CONSUMER, OrderKind.PRESALE}
    assert ORDER_KINDS_OF_MODE[CloudStoreMode.COMMUNITY_GROUP] == {OrderKind.CONSUMER}
    assert ORDER_KINDS_OF_MODE[CloudStoreMode.O2O] == {OrderKind.CONSUMER}
    assert ORDER_KINDS_OF_MODE[CloudStoreMode.B2B_ORDERING] == {OrderKind.REPLENISHMENT, OrderKind.PRESALE}


def test_organisations_order_whole_cases_and_shoppers_do_not() -> None:
    whole = {case for case in product(OrderKind, (*CloudStoreMode, None)) if sells_whole_cases(*case)}
    everywhere = {
        (kind, mode) for kind in (OrderKind.REPLENISHMENT, OrderKind.PURCHASE) for mode in (*CloudStoreMode, None)
    }
    assert whole == everywhere | {(OrderKind.PRESALE, CloudStoreMode.B2B_ORDERING)}


def line(number: int, quantity: int, min_qty: int = 1, step_qty: int = 1, case: int = 1) -> NewLine:
    return NewLine(UUID(int=number), quantity, min_qty, step_qty, case)


def test_lines_of_one_sku_are_merged_before_they_are_checked() -> None:
    halves = [line(1, 6, min_qty=12, step_qty=12), line(2, 5), line(1, 6, min_qty=12, step_qty=12)]
    assert merge_lines(halves) == [line(1, 12, min_qty=12, step_qty=12), line(2, 5)]
    assert check_lines(halves, whole_cases=False) == [line(1, 12, min_qty=12, step_qty=12), line(2, 5)]


@pytest.mark.parametrize("second", [-12, 0])
def test_a_line_below_1_does_not_hide_in_the_sum(second: int) -> None:
    with pytest.raises(BelowMinimum) as refusal:
        check_lines([line(1, 24), line(1, second)], whole_cases=False)
    assert (refusal.value.sku, refusal.value.quantity, refusal.value.min_qty) == (UUID(int=1), second, 1)


def test_forty_in_cases_of_twelve_is_a_step_mismatch_for_an_organisation() -> None:
    lines = [line(1, 24, case=12), line(2, 40, case=12)]
    assert check_lines(lines, whole_cases=False) == lines
    with pytest.raises(StepMismatch) as refusal:
        check_lines(lines, whole_cases=True)
    said = refusal.value
    assert (said.sku, said.quantity, said.step_qty, said.below, said.above) == (UUID(int=2), 40, 12, 36, 48)


def test_step_and_case_must_both_be_met() -> None:
    assert check_lines([line(1, 24, step_qty=8, case=12)], whole_cases=True) == [line(1, 24, step_qty=8, case=12)]
    with pytest.raises(StepMismatch) as refusal:
        check_lines([line(1, 36, step_qty=8, case=12)], whole_cases=True)
    assert refusal.value.step_qty == 24


def test_a_line_below_its_minimum_names_its_sku() -> None:
    with pytest.raises(BelowMinimum) as refusal:
        check_lines([line(9, 12, min_qty=24)], whole_cases=True)
    assert (refusal.value.sku, refusal.value.min_qty) == (UUID(int=9), 24)


def test_merged_lines_may_grow_too_large() -> None:
    with pytest.raises(QuantityTooLarge) as refusal:
        check_lines([line(1, 2**30), line(1, 2**30)], whole_cases=False)
    assert (refusal.value.sku, refusal.value.quantity) == (UUID(int=1), 2**31)


def test_an_order_has_a_line_and_not_too_many() -> None:
    with pytest.raises(NoLines):
        check_lines([], whole_cases=True)
    most = [line(number, 1) for number in range(MAX_ORDER_LINES)]
    assert len(check_lines(most, whole_cases=True)) == 500
    with pytest.raises(TooManyLines) as refusal:
        check_lines([*most, line(0, 1)], whole_cases=True)
    assert (refusal.value.code, refusal.value.lines, refusal.value.max_lines) == ("TOO_MANY_LINES", 501, 500)
