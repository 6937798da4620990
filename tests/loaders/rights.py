"""The rule of rights in plain words and values, and channels, members and terms made up for it.

Source: the sections "Members whose rights travel" and "Who sees what" of the domain page. Nothing is taken from the
code under test but its words.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from hypothesis import strategies as st

from domain.channel import CloudStoreMode
from domain.member import CouponState, RightKind, RightScope
from tests.graph.members import DAY, LONG_AGO, NOW

CUSTOMERS = (0, 1)
MOMENTS = (NOW - DAY, NOW, NOW + timedelta(microseconds=1))


@dataclass(frozen=True)
class Store:
    """The cloud store of an organisation."""

    mode: CloudStoreMode
    site: int | None
    closed: bool


@dataclass(frozen=True)
class Made:
    """Terms with numbers for names; `place` is the site or the organisation whose cloud store it is for."""

    kind: RightKind
    scope: RightScope
    place: int
    issuer: int
    bearer: int
    since: datetime
    until: datetime | None
    worth: tuple[int, int | None]


@dataclass(frozen=True)
class Held:
    """What a customer holds: a balance, a growth, or a coupon in a state and a window."""

    customer: int
    terms: int
    balance: int
    state: CouponState
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Case:
    """A channel of numbered organisations with its members. `honours`: terms, organisation, with everyone below."""

    edges: frozenset[tuple[int, int]]
    active: tuple[bool, ...]
    stores: dict[int, Store]
    members: frozenset[tuple[int, int]]
    owners: dict[int, int]
    terms: tuple[Made, ...]
    honours: dict[tuple[int, int], bool]
    held: tuple[Held, ...]

    @property
    def organizations(self) -> range:
        return range(len(self.active))


# --- The rule, from docs/domain.md: "Members whose rights travel", "Who sees what" -----------------------------------


def above(case: Case, organization: int) -> set[int]:
    """Everyone above an organisation over any SUPPLIES edges, itself left out."""
    found: set[int] = set()
    ahead = [organization]
    while ahead:
        here = ahead.pop()
        for upstream, downstream in case.edges:
            if downstream == here and upstream not in found:
                found.add(upstream)
                ahead.append(upstream)
    return found


def honoured(case: Case, terms: int, organization: int) -> bool:
    """By its issuer, by whom an honour names, and by everyone below one who takes them along."""
    if case.terms[terms].issuer == organization or (terms, organization) in case.honours:
        return True
    return any(case.honours.get((terms, other), False) for other in above(case, organization))


def in_reach(case: Case, terms: int, organization: int) -> bool:
    made = case.terms[terms]
    if made.scope is RightScope.TENANT:
        return True
    if made.scope is RightScope.SITE:
        return case.stores[organization].site == made.place
    return made.place == organization


def reason(case: Case, held: Held, organization: int) -> str | None:
    """The first reason that applies."""
    made, store = case.terms[held.terms], case.stores[organization]
    coupon = made.kind is RightKind.COUPON
    windows = [(made.since, made.until), *([(held.since, held.until)] if coupon else [])]
    checks = [
        *((coupon and held.state == state, state) for state in ("REVOKED", "USED", "LOCKED")),
        (any(since > NOW for since, _ in windows), "NOT_YET_VALID"),
        (any(until is not None and until <= NOW for _, until in windows), "EXPIRED"),
        (store.closed or not case.active[organization], "STORE_CLOSED"),
        (store.mode is CloudStoreMode.B2B_ORDERING, "WRONG_MODE"),
        (not in_reach(case, held.terms, organization), "OUT_OF_SCOPE"),
        (not honoured(case, held.terms, organization), "NOT_HONOURED"),
        (not (case.active[made.issuer] and case.active[made.bearer]), "ISSUER_SUSPENDED"),
        (worth(made, held) == 0, "EMPTY"),
    ]
    return next((name for applies, name in checks if applies), None)


def worth(made: Made, held: Held) -> int | None:
    match made.kind:
        case RightKind.POINTS:
            step, fen = made.worth
            return held.balance // step * (fen or 1)
        case RightKind.STORED_VALUE:
            return held.balance
        case RightKind.COUPON:
            return made.worth[1]
        case RightKind.TIER:
            return None


Said = dict[tuple[int, int], tuple[str | None, int | None, int | None]]
"""(terms, which of the holdings) to reason, worth, who owes."""


def expected(case: Case, viewer: "Viewer", customer: int, organization: int) -> Said | None:
    """What the viewer is told; None where she may not ask."""
    if organization not in case.stores or not may_ask(case, viewer, customer, organization):
        return None
    found: Said = {}
    for number, held in enumerate(case.held):
        made = case.terms[held.terms]
        if held.customer != customer or not may_know(case, viewer, held):
            continue
        why = reason(case, held, organization)
        if why is not None:
            found[held.terms, number] = (why, None, None)
        else:
            owes = made.kind is not RightKind.TIER and made.bearer != organization
            found[held.terms, number] = (None, worth(made, held), made.bearer if owes else None)
    return found


@dataclass(frozen=True)
class Viewer:
    """A shopper, an organisation's staff, the platform's own operator, or nobody."""

    customer: int | None = None
    organization: int | None = None
    admin: bool = False


def may_ask(case: Case, viewer: Viewer, customer: int, organization: int) -> bool:
    """A shopper at any store for herself; staff at their own store, for its members and whom they have bound."""
    if viewer.admin or viewer.customer == customer:
        return True
    if viewer.organization != organization:
        return False
    return (customer, organization) in case.members or case.owners.get(customer) == organization


def may_know(case: Case, viewer: Viewer, held: Held) -> bool:
    """Staff know of what they issued, and of what is good in their own store."""
    if viewer.admin or viewer.customer == held.customer:
        return True
    own = viewer.organization
    if own is None:
        return False
    good = own in case.stores and in_reach(case, held.terms, own) and honoured(case, held.terms, own)
    return good or case.terms[held.terms].issuer == own


# --- Cases made up ------------------------------------------------------------------------------------------------

windows = st.tuples(
    st.sampled_from([LONG_AGO, LONG_AGO, LONG_AGO, *MOMENTS]), st.sampled_from([NOW + 9 * DAY, NOW + 9 * DAY, *MOMENTS])
).filter(lambda window: window[0] < window[1])
states = st.sampled_from([CouponState.AVAILABLE, CouponState.AVAILABLE, CouponState.AVAILABLE, *CouponState])
mostly = st.sampled_from([True, True, True, False])


@st.composite
def made_terms(draw: st.DrawFn, organizations: int, stores: list[int]) -> Made:
    organization = st.integers(0, organizations - 1)
    kind = draw(st.sampled_from(RightKind))
    scope = draw(st.sampled_from([scope for scope in RightScope if stores or scope is not RightScope.STORE]))
    place = draw(st.sampled_from(stores) if scope is RightScope.STORE else st.integers(0, 1))
    since, until = draw(windows)
    issuer = draw(organization)
    bearer = draw(st.just(issuer) | organization)
    off = draw(st.none() | st.integers(1, 999)) if kind is RightKind.COUPON else draw(st.integers(1, 999))
    return Made(kind, scope, place, issuer, bearer, since, draw(st.just(until) | st.none()), (draw(few) + 1, off))


few = st.integers(0, 6)


@st.composite
def holdings(draw: st.DrawFn, terms: tuple[Made, ...]) -> tuple[Held, ...]:
    found: list[Held] = []
    for customer, number in product(CUSTOMERS, range(len(terms))):
        # Of a kind that is no coupon a customer has one or none.
        most = 2 if terms[number].kind is RightKind.COUPON else 1
        for _ in range(draw(st.integers(0, most))):
            since, until = draw(windows)
            found.append(Held(customer, number, draw(few), draw(states), since, until))
    return tuple(found)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    size = draw(st.integers(2, 5))
    downward = [(upper, lower) for upper in range(size) for lower in range(upper + 1, size)]
    organization = st.integers(0, size - 1)
    store = st.builds(
        Store, st.sampled_from([*CloudStoreMode]), st.sampled_from([None, 0, 1]), mostly.map(lambda on: not on)
    )
    stores = draw(st.dictionaries(organization, store, min_size=1))
    places = sorted(stores)
    terms = tuple(draw(st.lists(made_terms(size, places), min_size=1, max_size=6)))
    number = st.integers(0, len(terms) - 1)
    return Case(
        edges=frozenset(draw(st.sets(st.sampled_from(downward), min_size=1, max_size=6))),
        active=tuple(draw(mostly) for _ in range(size)),
        stores=stores,
        members=frozenset(draw(st.sets(st.tuples(st.sampled_from(CUSTOMERS), st.sampled_from(places)), max_size=5))),
        owners=draw(st.dictionaries(st.sampled_from(CUSTOMERS), organization)),
        terms=terms,
        honours=draw(st.dictionaries(st.tuples(number, organization), st.booleans(), min_size=1, max_size=8)),
        held=draw(holdings(terms)),
    )
