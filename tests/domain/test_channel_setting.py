"""What may be set up: statuses, who answers for whom, who is primary next, roles and modes of each tier."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.channel import (
    CloudStoreMode,
    ModeNotAllowed,
    OrganizationStatus,
    Person,
    PrimaryUpstream,
    Role,
    RoleNotAllowed,
    StatusForbids,
    Step,
    SupplyEdge,
    Tier,
    TooManyOffers,
    above_in_chain,
    administrator_of,
    check_mode,
    check_offers,
    check_primaries,
    must_trade,
    primary_after_leaving,
    status_after,
    who_may_resume,
)
from domain.permissions import STAFF, administers, check_role
from tests.proof import size

pytestmark = pytest.mark.prove
exact = settings(derandomize=True, deadline=None, max_examples=size(200, 20_000))
PENDING, ACTIVE, SUSPENDED, REJECTED = OrganizationStatus


def test_each_step_begins_at_one_status() -> None:
    led, forbidding = {}, []
    for step, status in product(Step, OrganizationStatus):
        try:
            led[step, status] = status_after(step, status)
        except StatusForbids as refused:
            forbidding.append(refused.status is status)
    assert all(forbidding)
    assert led == {
        (Step.ADMIT, PENDING): ACTIVE,
        (Step.REJECT, PENDING): REJECTED,
        (Step.APPLY_AGAIN, REJECTED): PENDING,
        (Step.SUSPEND, ACTIVE): SUSPENDED,
        (Step.RESUME, SUSPENDED): ACTIVE,
    }


@pytest.mark.parametrize("status", OrganizationStatus)
def test_only_who_is_active_trades(status: OrganizationStatus) -> None:
    if status is ACTIVE:
        must_trade(status)
    else:
        with pytest.raises(StatusForbids):
            must_trade(status)


@pytest.mark.parametrize(
    ("chain", "above"),
    [
        (["STORE", "DISTRIBUTOR", "BRAND"], ["DISTRIBUTOR", "BRAND"]),
        (["STORE", "DISTRIBUTOR", "BRAND", "SUPPLIER"], ["DISTRIBUTOR", "BRAND"]),
        (["STORE", "SUPPLIER"], []),
        (["BRAND", "SUPPLIER"], []),
        (["BRAND"], []),
        (["SUPPLIER"], []),
        (["STORE"], []),
        (["STORE", "AGENT"], ["AGENT"]),
    ],
)
def test_those_above_in_the_chain_answer_and_no_supplier_does(chain: list[str], above: list[str]) -> None:
    assert above_in_chain(chain, {tier: Tier(tier) for tier in chain}) == tuple(above)


# ── who is primary next ───────────────────────────────────────────────────────────────────────────────────────────────
def edges(*upstreams: str, primary: str) -> list[SupplyEdge[str]]:
    return [SupplyEdge(one, "me", one == primary) for one in upstreams]


def test_who_leaves_another_than_the_primary_keeps_it() -> None:
    assert primary_after_leaving(edges("a", "b", primary="a"), "b", None, by_downstream=True) == "a"


def test_the_only_one_left_is_primary() -> None:
    assert primary_after_leaving(edges("a", "b", primary="a"), "a", None, by_downstream=True) == "b"
    assert primary_after_leaving(edges("a", primary="a"), "a", None, by_downstream=True) is None


def test_of_several_left_one_is_named_unless_it_is_the_upstream_that_goes() -> None:
    three = edges("a", "b", "c", primary="a")
    with pytest.raises(PrimaryUpstream) as refused:
        primary_after_leaving(three, "a", None, by_downstream=True)
    assert refused.value.primaries == 0
    assert primary_after_leaving(three, "a", "c", by_downstream=True) == "c"
    assert primary_after_leaving(three, "a", None, by_downstream=False) == "b"


@pytest.mark.parametrize("chosen", ["a", "x"])
def test_who_is_named_supplies_still(chosen: str) -> None:
    with pytest.raises(PrimaryUpstream):
        primary_after_leaving(edges("a", "b", primary="a"), "a", chosen, by_downstream=True)


@exact
@given(st.integers(1, 6), st.data(), st.booleans())
def test_whoever_leaves_exactly_one_of_those_left_is_primary(count: int, data: st.DataObject, mine: bool) -> None:
    upstreams = [str(number) for number in range(count)]
    choice = st.sampled_from(upstreams)
    here = edges(*upstreams, primary=data.draw(choice))
    leaving, chosen = data.draw(choice), data.draw(st.none() | choice)
    try:
        primary = primary_after_leaving(here, leaving, chosen, by_downstream=mine)
    except PrimaryUpstream:
        return
    left = [SupplyEdge(edge.upstream, "me", edge.upstream == primary) for edge in here if edge.upstream != leaving]
    check_primaries(left)
    assert (primary is None) == (left == [])


# ── roles and modes ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_each_tier_has_its_roles() -> None:
    allowed, refused = set(), set()
    for role, tier in product(Role, Tier):
        try:
            check_role(role, tier)
        except RoleNotAllowed as no:
            refused.add((no.tier, no.role))
        else:
            allowed.add((tier, role))
    assert allowed == set(STAFF)
    assert refused == set(product(Tier, Role)) - allowed


def test_who_administers_may_do_so_from_the_first_day() -> None:
    for tier in set(Tier) - {Tier.SUPPLIER}:
        assert administers(administrator_of(tier), tier)
    assert not administers(Role.OPERATOR, Tier.STORE)
    assert not any(administers(role, tier) for role in (Role.CLERK, Role.SALESPERSON, Role.ANALYST) for tier in Tier)


def test_a_store_keeps_no_ordering_mall_and_a_supplier_no_other() -> None:
    refused = set()
    for mode, tier in product(CloudStoreMode, Tier):
        try:
            check_mode(mode, tier)
        except ModeNotAllowed:
            refused.add((mode, tier))
    assert refused == {(CloudStoreMode.B2B_ORDERING, Tier.STORE)} | {
        (mode, Tier.SUPPLIER) for mode in set(CloudStoreMode) - {CloudStoreMode.B2B_ORDERING}
    }


def test_a_person_is_called_by_her_subject_or_her_phone() -> None:
    assert Person("Ann", "ann", "+8613800001234").called == "ann"
    assert Person("Ann", None, "+8613800001234").called == "tel:+8613800001234"


@pytest.mark.parametrize(
    ("by", "may"),
    [("house", ("house", "agent", "brand")), ("brand", ("brand",)), (None, ()), ("gone", ("house", "agent", "brand"))],
)
def test_who_suspended_and_who_is_above_let_trade_again(by: str | None, may: tuple[str, ...]) -> None:
    assert who_may_resume(("house", "agent", "brand"), by) == may


@pytest.mark.parametrize(("by", "to", "most"), [(200, 0, 200), (0, 1_000, 1_000), (200, 1_000, 200)])
def test_offers_have_a_limit_of_either_side(by: int, to: int, most: int) -> None:
    check_offers(199, 999)
    with pytest.raises(TooManyOffers) as refused:
        check_offers(by, to)
    assert refused.value.most == most
