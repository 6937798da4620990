"""What a right is worth in a cloud store: each reason once, in its order, and each scope with and without honour."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.channel import CloudStoreMode
from domain.member import (
    CouponState,
    Holding,
    Place,
    RightKind,
    RightReason,
    RightScope,
    Terms,
    Verdict,
    in_reach,
    masked_phone,
    points_worth,
    right_here,
)
from domain.money import MAX_SAFE

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HERE, ELSEWHERE = UUID(int=1), UUID(int=2)
SHOP, BRAND = UUID(int=11), UUID(int=12)
CITY, MAIN = UUID(int=21), UUID(int=22)
PLACE = Place(HERE, SHOP, CITY, CloudStoreMode.O2O, True)


def terms(kind: RightKind = RightKind.COUPON, **changed: object) -> Terms:
    points = kind is RightKind.POINTS
    whole = Terms(
        kind,
        RightScope.TENANT,
        None,
        None,
        BRAND,
        BRAND,
        100 if points else None,
        250 if points else None,
        NOW - DAY,
        None,
        True,
    )
    return whole._replace(**changed)  # type: ignore[arg-type]  # the tests name real fields


def coupon(state: CouponState = CouponState.AVAILABLE, off_fen: int | None = 500) -> Holding:
    return Holding(state=state, valid_from=NOW - DAY, valid_until=NOW + DAY, off_fen=off_fen)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, put on top of a coupon that could be used."""

    holding: dict[str, object]
    terms: dict[str, object]
    place: dict[str, object]
    honoured: bool = True


FAULTS: dict[RightReason, Fault] = {
    RightReason.REVOKED: Fault({"state": CouponState.REVOKED}, {}, {}),
    RightReason.USED: Fault({"state": CouponState.USED}, {}, {}),
    RightReason.LOCKED: Fault({"state": CouponState.LOCKED}, {}, {}),
    RightReason.NOT_YET_VALID: Fault({"valid_from": NOW + DAY}, {}, {}),
    RightReason.EXPIRED: Fault({"valid_until": NOW}, {}, {}),
    RightReason.STORE_CLOSED: Fault({}, {}, {"is_open": False}),
    RightReason.WRONG_MODE: Fault({}, {}, {"mode": CloudStoreMode.B2B_ORDERING}),
    RightReason.OUT_OF_SCOPE: Fault({}, {"scope": RightScope.STORE, "cloud_store_id": ELSEWHERE}, {}),
    RightReason.NOT_HONOURED: Fault({}, {}, {}, honoured=False),
    RightReason.ISSUER_SUSPENDED: Fault({}, {"is_backed": False}, {}),
}
EXCLUSIVE = (RightReason.REVOKED, RightReason.USED, RightReason.LOCKED)
"""A coupon is in one state at a time."""


def judged(*faults: Fault) -> Verdict:
    """What becomes of the coupon with all of the faults; the first one of a field counts."""
    holding, of_terms, place = coupon(), terms(), PLACE
    for fault in reversed(faults):
        holding = holding._replace(**fault.holding)  # type: ignore[arg-type]  # see terms
        of_terms = of_terms._replace(**fault.terms)  # type: ignore[arg-type]  # see terms
        place = place._replace(**fault.place)  # type: ignore[arg-type]  # see terms
    return right_here(holding, of_terms, all(fault.honoured for fault in faults), place, NOW)


def test_a_right_without_fault_is_worth_what_it_takes_off() -> None:
    assert judged() == Verdict(None, 500, BRAND)
    assert judged().usable


@pytest.mark.parametrize("reason", FAULTS)
def test_each_fault_is_its_reason(reason: RightReason) -> None:
    verdict = judged(FAULTS[reason])
    assert verdict == Verdict(reason, None, None)
    assert not verdict.usable


def test_every_reason_is_tried_and_in_the_order_of_the_list() -> None:
    assert [*FAULTS, RightReason.EMPTY] == list(RightReason)


@pytest.mark.parametrize(("first", "second"), [pair for pair in product(FAULTS, FAULTS) if pair[0] != pair[1]])
def test_of_two_faults_the_one_listed_first_is_said(first: RightReason, second: RightReason) -> None:
    if {first, second} <= {*EXCLUSIVE}:
        return
    order = list(RightReason)
    earlier, later = sorted((first, second), key=order.index)
    assert judged(FAULTS[earlier], FAULTS[later]).reason is earlier


@pytest.mark.parametrize(
    ("scope", "site", "store", "reaches"),
    [
        (RightScope.TENANT, None, None, True),
        (RightScope.SITE, CITY, None, True),
        (RightScope.SITE, MAIN, None, False),
        (RightScope.STORE, None, HERE, True),
        (RightScope.STORE, None, ELSEWHERE, False),
    ],
)
@pytest.mark.parametrize("honoured", [True, False])
@pytest.mark.parametrize("issuer", [SHOP, BRAND])
def test_each_scope_with_and_without_honour(
    scope: RightScope, site: UUID | None, store: UUID | None, reaches: bool, honoured: bool, issuer: UUID
) -> None:
    made = terms(scope=scope, issuer_id=issuer, site_id=site, cloud_store_id=store)
    assert in_reach(made.scope, made.site_id, made.cloud_store_id, PLACE) is reaches
    reason = right_here(coupon(), made, honoured, PLACE, NOW).reason
    if not reaches:
        assert reason is RightReason.OUT_OF_SCOPE
    else:
        assert reason is (None if honoured or issuer == SHOP else RightReason.NOT_HONOURED)


def test_a_cloud_store_without_a_site_is_on_no_site() -> None:
    nowhere = PLACE._replace(site_id=None)
    assert right_here(coupon(), terms(scope=RightScope.SITE, site_id=CITY), True, nowhere, NOW).reason is (
        RightReason.OUT_OF_SCOPE
    )


@pytest.mark.parametrize(
    ("since", "until", "reason"),
    [
        (NOW, None, None),
        (NOW + timedelta(microseconds=1), None, RightReason.NOT_YET_VALID),
        (NOW - DAY, NOW + timedelta(microseconds=1), None),
        (NOW - DAY, NOW, RightReason.EXPIRED),
    ],
)
def test_windows_are_half_open(since: datetime, until: datetime | None, reason: RightReason | None) -> None:
    assert right_here(coupon(), terms(valid_from=since, valid_until=until), True, PLACE, NOW).reason is reason
    own = coupon()._replace(valid_from=since, valid_until=until)
    assert right_here(own, terms(), True, PLACE, NOW).reason is reason


def here(holding: Holding, of: Terms) -> Verdict:
    return right_here(holding, of, True, PLACE, NOW)


def test_points_are_worth_their_whole_steps() -> None:
    points = terms(RightKind.POINTS)
    assert here(Holding(balance=399), points) == Verdict(None, 750, BRAND)
    assert here(Holding(balance=100), points) == Verdict(None, 250, BRAND)
    assert here(Holding(balance=99), points) == Verdict(RightReason.EMPTY)
    assert here(Holding(balance=0), points) == Verdict(RightReason.EMPTY)


def test_stored_value_is_worth_itself() -> None:
    stored = terms(RightKind.STORED_VALUE)
    assert here(Holding(balance=1234), stored) == Verdict(None, 1234, BRAND)
    assert here(Holding(balance=0), stored) == Verdict(RightReason.EMPTY)


def test_a_tier_has_no_price_and_settles_with_nobody() -> None:
    assert here(Holding(), terms(RightKind.TIER)) == Verdict(None)


def test_a_part_off_without_a_limit_has_no_amount() -> None:
    assert here(coupon(off_fen=None), terms()) == Verdict(None, None, BRAND)


def test_who_bears_the_cost_itself_is_owed_nothing() -> None:
    assert here(coupon(), terms(bearer_id=SHOP)) == Verdict(None, 500, None)


@given(st.integers(0, MAX_SAFE), st.integers(1, MAX_SAFE), st.integers(1, MAX_SAFE))
def test_what_points_are_worth_never_exceeds_their_share_and_misses_less_than_a_step(
    balance: int, step: int, fen: int
) -> None:
    worth = points_worth(balance, step, fen)
    assert 0 <= worth <= MAX_SAFE
    assert worth * step <= balance * fen
    assert worth == MAX_SAFE or balance * fen - worth * step < step * fen


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13800001234", "138****1234"),
        ("138 0000 1234", "138****1234"),
        ("+86 138-0000-1234", "+86138****1234"),
        ("+1 (515) 555-0123", "+151****0123"),
        ("515-555-0123", "51****0123"),
        ("0571-8765432", "057****5432"),
        ("87654321", "87****21"),
        ("8765432", "8****32"),
        ("110", "****"),
        ("", "****"),
        ("no number", "****"),
    ],
)
def test_a_phone_is_masked(phone: str, masked: str) -> None:
    assert masked_phone(phone) == masked


@given(st.text() | st.from_regex(r"\+?[0-9 ()-]{0,25}", fullmatch=True))
def test_at_least_four_digits_stay_hidden(phone: str) -> None:
    digits = "".join(character for character in phone if character in "0123456789")
    shown = masked_phone(phone)
    first, last = shown.removeprefix("+").split("****")
    assert digits.startswith(first)
    assert digits.endswith(last)
    assert len(first) + len(last) <= max(len(digits) - 4, 0)
    assert len(first) + len(last) <= 11
