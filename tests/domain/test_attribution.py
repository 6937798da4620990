"""Who brought the customer: each sentence of docs/domain.md, Traffic, and laws that hold for any row of touches."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.attribution import (
    POLICY,
    STRENGTH,
    AfterTouch,
    BindingEnd,
    BindingPolicy,
    BindingStanding,
    Bound,
    Touching,
    TouchOutcome,
    TouchRejection,
    TouchSource,
    after_payment,
    after_touch,
    closes_circle,
    standing,
)
from domain.channel import Tier, binding_chain, primary_chain

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
OURS, RIVAL = "ours", "rival"
BY_HAND, SCAN, FIRST, CODE, LINK, BROWSE, DIVERT = TouchSource


def bound(source: TouchSource = LINK, owner: str = OURS, at: datetime = NOW) -> Bound[str]:
    made = after_touch(None, Touching(owner, source, is_first_purchase=source is FIRST), at).binding
    assert made is not None
    return made


def touched(binding: Bound[str] | None, owner: str, source: TouchSource, at: datetime) -> AfterTouch[str]:
    return after_touch(binding, Touching(owner, source), at)


PROTECTED, OPEN, LAPSED = NOW + 10 * DAY, NOW + 60 * DAY, NOW + 200 * DAY


def test_strengths_and_times_are_those_of_the_page() -> None:
    assert [STRENGTH[source] for source in TouchSource] == [50, 40, 30, 25, 20, 10, 5]
    assert (POLICY.protected, POLICY.valid) == (30 * DAY, 180 * DAY)


@pytest.mark.parametrize("source", [source for source in TouchSource if source is not FIRST])
@pytest.mark.parametrize("before", [None, bound(SCAN)])
def test_where_there_is_no_valid_owner_any_touch_binds(source: TouchSource, before: Bound[str] | None) -> None:
    after = touched(before, RIVAL, source, LAPSED)
    ended = None if before is None else BindingEnd.LAPSED
    made = Bound(RIVAL, source, STRENGTH[source], LAPSED, LAPSED + 30 * DAY, LAPSED + 180 * DAY)
    assert after == (TouchOutcome.BOUND, None, made, ended)


def test_a_lapsed_owner_s_own_touch_binds_anew() -> None:
    after = touched(bound(SCAN), OURS, BROWSE, LAPSED)
    assert (after.outcome, after.ended) == (TouchOutcome.BOUND, BindingEnd.LAPSED)
    assert after.binding == bound(BROWSE, at=LAPSED)


@pytest.mark.parametrize("source", [SCAN, CODE, LINK, BROWSE, DIVERT])
def test_in_protection_no_touch_of_another_moves_her(source: TouchSource) -> None:
    before = bound(BROWSE)
    after = touched(before, RIVAL, source, PROTECTED)
    assert after == (TouchOutcome.REJECTED, TouchRejection.PROTECTED, before, None)


@pytest.mark.parametrize("at", [PROTECTED, OPEN])
def test_a_hand_moves_her_at_any_time(at: datetime) -> None:
    after = touched(bound(BY_HAND), RIVAL, BY_HAND, at)
    assert after == (TouchOutcome.TOOK_OVER, None, bound(BY_HAND, RIVAL, at), BindingEnd.TRANSFERRED)


def test_a_hand_moves_her_whatever_its_strength() -> None:
    weak = BindingPolicy({**STRENGTH, BY_HAND: 0})
    after = after_touch(bound(SCAN), Touching(RIVAL, BY_HAND), OPEN, weak)
    moved = Bound(RIVAL, BY_HAND, 0, OPEN, OPEN + 30 * DAY, OPEN + 180 * DAY)
    assert after == (TouchOutcome.TOOK_OVER, None, moved, BindingEnd.TRANSFERRED)


@pytest.mark.parametrize("held", [SCAN, CODE, LINK, BROWSE, DIVERT])
@pytest.mark.parametrize("source", [SCAN, CODE, LINK, BROWSE])
def test_after_protection_a_touch_as_strong_takes_over(held: TouchSource, source: TouchSource) -> None:
    before = bound(held)
    after = touched(before, RIVAL, source, OPEN)
    if STRENGTH[source] >= STRENGTH[held]:
        assert after == (TouchOutcome.TOOK_OVER, None, bound(source, RIVAL, OPEN), BindingEnd.TAKEN_OVER)
    else:
        assert after == (TouchOutcome.REJECTED, TouchRejection.WEAKER, before, None)


@pytest.mark.parametrize("at", [PROTECTED, OPEN])
def test_the_owner_s_own_touch_restarts_both_dates_and_nothing_else(at: datetime) -> None:
    before = bound(LINK)
    for source in (LINK, SCAN, BY_HAND):
        after = touched(before, OURS, source, at)
        renewed = replace(before, protected_until=at + 30 * DAY, valid_until=at + 180 * DAY)
        assert after == (TouchOutcome.RENEWED, None, renewed, None)
    assert touched(before, OURS, BROWSE, at) == (TouchOutcome.REJECTED, TouchRejection.WEAKER, before, None)


def test_both_dates_are_the_first_moment_after() -> None:
    before = bound()
    moments = (before.protected_until - TICK, before.protected_until, before.valid_until - TICK, before.valid_until)
    said = [standing(None, before.protected_until, before.valid_until, at) for at in moments]
    assert said == [
        BindingStanding.PROTECTED,
        BindingStanding.OPEN,
        BindingStanding.OPEN,
        BindingStanding.LAPSED,
    ]
    assert standing(NOW, before.protected_until, before.valid_until, NOW) is BindingStanding.ENDED
    assert standing(NOW, before.protected_until, before.valid_until, NOW - TICK) is BindingStanding.PROTECTED
    assert touched(before, RIVAL, SCAN, before.protected_until - TICK).rejection is TouchRejection.PROTECTED
    assert touched(before, RIVAL, SCAN, before.protected_until).outcome is TouchOutcome.TOOK_OVER
    assert touched(before, RIVAL, DIVERT, before.valid_until - TICK).rejection is TouchRejection.WEAKER
    assert touched(before, RIVAL, DIVERT, before.valid_until).outcome is TouchOutcome.BOUND


@pytest.mark.parametrize(
    ("before", "first", "at", "outcome"),
    [
        (None, True, NOW, TouchOutcome.BOUND),
        (None, False, NOW, TouchOutcome.REJECTED),
        (bound(BROWSE), True, PROTECTED, TouchOutcome.REJECTED),
        (bound(BROWSE), True, OPEN, TouchOutcome.REJECTED),
        (bound(BROWSE), True, LAPSED, TouchOutcome.BOUND),
        (bound(BROWSE), False, LAPSED, TouchOutcome.REJECTED),
    ],
)
def test_a_first_purchase_binds_who_has_no_valid_owner(
    before: Bound[str] | None, first: bool, at: datetime, outcome: TouchOutcome
) -> None:
    for owner in (OURS, RIVAL):
        after = after_touch(before, Touching(owner, FIRST, is_first_purchase=first), at)
        assert after.outcome is outcome
        assert after.rejection is (None if outcome is TouchOutcome.BOUND else TouchRejection.NOT_FIRST_PURCHASE)


def test_the_brand_diverts_nobody_from_a_valid_owner() -> None:
    before = bound(TouchSource.BRAND_DIVERT)
    stranger = after_touch(before, Touching(RIVAL, TouchSource.BRAND_DIVERT), OPEN)
    assert (stranger.outcome, stranger.rejection) == (TouchOutcome.REJECTED, TouchRejection.HAS_OWNER)
    assert stranger.binding == before
    own = after_touch(before, Touching(OURS, TouchSource.BRAND_DIVERT), OPEN)
    assert own.outcome is TouchOutcome.RENEWED
    assert after_touch(before, Touching(RIVAL, TouchSource.BRAND_DIVERT), LAPSED).outcome is TouchOutcome.BOUND
    strong = BindingPolicy({**STRENGTH, DIVERT: 60})
    scanned = bound(SCAN)
    diverted = after_touch(scanned, Touching(RIVAL, DIVERT), OPEN, strong)
    assert diverted == (TouchOutcome.REJECTED, TouchRejection.HAS_OWNER, scanned, None)


def test_what_is_wrong_with_the_touch_itself_is_said_first() -> None:
    wrong = Touching(RIVAL, FIRST, owner_trades=False, by_herself=True, closes_circle=True)
    said = []
    for _ in range(4):
        said.append(after_touch(bound(), wrong, PROTECTED).rejection)
        if not wrong.owner_trades:
            wrong = replace(wrong, owner_trades=True)
        elif wrong.by_herself:
            wrong = replace(wrong, by_herself=False)
        elif wrong.closes_circle:
            wrong = replace(wrong, closes_circle=False)
    assert said == [
        TouchRejection.OWNER_NOT_ACTIVE,
        TouchRejection.SELF_BINDING,
        TouchRejection.REFERRAL_CYCLE,
        TouchRejection.NOT_FIRST_PURCHASE,
    ]


def test_a_payment_renews_the_owner_it_was_placed_under() -> None:
    before, paid = bound(BROWSE), NOW + 50 * DAY
    assert after_payment(before, OURS, paid) == replace(
        before, protected_until=paid + 30 * DAY, valid_until=paid + 180 * DAY
    )
    assert after_payment(before, OURS, LAPSED) is not None


def test_a_payment_renews_nobody_where_the_owner_has_changed() -> None:
    assert after_payment(bound(SCAN, RIVAL), OURS, OPEN) is None
    assert after_payment(bound(), None, OPEN) is None
    assert after_payment(None, OURS, OPEN) is None
    assert after_payment(replace(bound(), ended_at=NOW), OURS, OPEN) is None


def test_a_payment_that_is_told_late_takes_no_day_away() -> None:
    before = bound(at=NOW)
    assert after_payment(before, OURS, NOW - 5 * DAY) == before


def test_a_payment_that_is_told_late_counts_where_the_binding_had_not_ended() -> None:
    """Ended means the same to a payment as to whoever asks how firmly she was bound then."""
    before = replace(bound(), ended_at=OPEN)
    paid = OPEN - TICK
    assert standing(before.ended_at, before.protected_until, before.valid_until, paid) is BindingStanding.OPEN
    assert after_payment(before, OURS, paid) == replace(
        before, protected_until=paid + 30 * DAY, valid_until=paid + 180 * DAY
    )
    assert after_payment(before, OURS, OPEN) is None


def test_a_policy_must_make_sense() -> None:
    assert BindingPolicy({**STRENGTH, BROWSE: 45}, 5 * DAY, 5 * DAY).strength[BROWSE] == 45
    for protected, valid in ((timedelta(0), DAY), (2 * DAY, DAY)):
        with pytest.raises(ValueError, match="protected"):
            BindingPolicy(protected=protected, valid=valid)
    for strength in ({}, {**STRENGTH, BROWSE: -1}):
        with pytest.raises(ValueError, match="strength"):
            BindingPolicy(strength)


def test_a_tenant_s_own_policy_decides() -> None:
    policy = BindingPolicy({**STRENGTH, BROWSE: 45}, DAY, 2 * DAY)
    before = after_touch(None, Touching(OURS, SCAN), NOW, policy).binding
    after = after_touch(before, Touching(RIVAL, BROWSE), NOW + DAY, policy)
    assert (after.outcome, after.binding) == (
        TouchOutcome.TOOK_OVER,
        Bound(RIVAL, BROWSE, 45, NOW + DAY, NOW + 2 * DAY, NOW + 3 * DAY),
    )


def test_referrals_have_no_circle() -> None:
    referred_by = {"b": "a", "c": "b", "d": "c"}
    assert closes_circle("a", "d", referred_by)
    assert closes_circle("a", "a", {})
    assert not closes_circle("e", "d", referred_by)
    assert not closes_circle("d", "a", referred_by)
    assert not closes_circle("z", "x", {"x": "y", "y": "x"})


def test_a_binding_freezes_the_chain_below_brand() -> None:
    tiers = {"shop": Tier.STORE, "second": Tier.DISTRIBUTOR, "first": Tier.DISTRIBUTOR, "maker": Tier.BRAND}
    chain = primary_chain("shop", {"shop": "second", "second": "first", "first": "maker"})
    assert binding_chain(chain, tiers) == ("shop", "second", "first")


# ── any row of touches ────────────────────────────────────────────────────────────────────────────────────────────────
Step = tuple[int, str, TouchSource]
steps = st.lists(
    st.tuples(st.integers(0, 100), st.sampled_from(["a", "b", "c"]), st.sampled_from(list(TouchSource))), max_size=25
)


Walked = tuple[datetime, Touching[str], Bound[str] | None, AfterTouch[str]]


def walked(row: Sequence[Step]) -> list[Walked]:
    """The touches one after the other, days apart, each against what the one before left."""
    at = NOW
    binding: Bound[str] | None = None
    found: list[Walked] = []
    for days, owner, source in row:
        at += days * DAY
        touch = Touching(owner, source, is_first_purchase=not found)
        after = after_touch(binding, touch, at)
        found.append((at, touch, binding, after))
        binding = after.binding
    return found


@given(steps)
def test_a_touch_either_changes_nothing_and_says_why_or_the_toucher_owns_her(row: list[Step]) -> None:
    for at, touch, before, after in walked(row):
        if after.outcome is TouchOutcome.REJECTED:
            assert after.rejection is not None
            assert after.binding is before
            assert after.ended is None
        else:
            assert after.rejection is None
            assert after.binding is not None
            assert after.binding.owner == touch.owner
            assert after.binding.protected_until == at + 30 * DAY
            assert after.binding.valid_until == at + 180 * DAY


@given(steps)
def test_nobody_loses_her_in_protection_but_to_a_hand(row: list[Step]) -> None:
    for at, touch, before, after in walked(row):
        if before is not None and at < before.protected_until and after.binding != before:
            assert touch.owner == before.owner or touch.source is BY_HAND


@given(steps)
def test_a_valid_owner_loses_her_only_to_one_as_strong(row: list[Step]) -> None:
    for at, touch, before, after in walked(row):
        if before is not None and at < before.valid_until and after.outcome is TouchOutcome.TOOK_OVER:
            assert STRENGTH[touch.source] >= before.strength or touch.source is BY_HAND
            assert after.binding is not None
            assert after.binding.owner != before.owner


@given(steps)
def test_an_ending_is_told_where_one_binding_follows_another(row: list[Step]) -> None:
    for at, _, before, after in walked(row):
        assert (after.ended is not None) == (before is not None and after.outcome in {"BOUND", "TOOK_OVER"})
        assert (after.ended is BindingEnd.LAPSED) == (
            before is not None and after.outcome is TouchOutcome.BOUND and at >= before.valid_until
        )


@given(steps)
def test_dates_keep_their_order(row: list[Step]) -> None:
    for _, _, _, after in walked(row):
        if after.binding is not None:
            assert after.binding.bound_at < after.binding.protected_until <= after.binding.valid_until


@given(steps, st.integers(0, 400))
def test_a_payment_never_moves_her_nor_shortens(row: list[Step], days: int) -> None:
    for at, _, before, _ in walked(row):
        for owner in ("a", None):
            renewed = after_payment(before, owner, at + days * DAY)
            if renewed is None:
                assert before is None or before.owner != owner
            else:
                assert before is not None
                assert (renewed.owner, renewed.source, renewed.strength) == (owner, before.source, before.strength)
                assert renewed.valid_until >= before.valid_until
                assert renewed.protected_until >= before.protected_until
