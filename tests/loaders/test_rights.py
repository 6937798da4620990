"""What the loaders say of rights equals the rule of the domain page, computed here anew from its sentences.

Nothing of the rule is taken from the code under test: who stands above whom, what is in reach, who honours, what it is
worth and who may see it are worked out in `rights`, for channels, members and terms made up by the hundred.
"""

from collections.abc import AsyncIterator
from itertools import count, product
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings

from domain.access import Scope
from domain.channel import OrganizationStatus, Tier
from domain.member import RightKind, RightReason, RightScope
from loaders.base import Reading
from loaders.member import RightsHere
from models.database import Database, Login
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.graph.members import NOW, Members
from tests.loaders.rights import (
    CUSTOMERS,
    Case,
    Held,
    Made,
    Said,
    Viewer,
    above,
    cases,
    expected,
    may_ask,
    may_know,
    reason,
)
from tests.proof import size

# --- The same in the database -------------------------------------------------------------------------------------


def written(case: Case, code: str) -> Members:
    """The case as a tenant of its own."""
    made = Members(code)
    for one in case.organizations:
        status = OrganizationStatus.ACTIVE if case.active[one] else OrganizationStatus.SUSPENDED
        made.organization(f"o{one}", Tier.STORE, tuple(f"o{other}" for other in sorted(above(case, one))), status)
    for site in (0, 1):
        made.site(f"site{site}", "o0", None if site == 0 else "site0")
    for one, store in case.stores.items():
        site_name = None if store.site is None else f"site{store.site}"
        made.cloud_store(f"s{one}", f"o{one}", store.mode, site_name, closed=store.closed)
    for customer in CUSTOMERS:
        made.customer(f"c{customer}")
    for customer, one in sorted(case.members):
        made.member(f"c{customer}", f"s{one}")
    for customer, one in case.owners.items():
        made.binding(f"b{customer}", f"c{customer}", f"o{one}")
    for number, terms in enumerate(case.terms):
        _write_terms(made, number, terms)
    for (number, one), below in case.honours.items():
        made.honour(f"t{number}", f"o{one}", below=below)
    for number, held in enumerate(case.held):
        _write_held(made, number, held, case.terms[held.terms].kind)
    return made


def _write_terms(made: Members, number: int, terms: Made) -> None:
    name = f"t{number}"
    place = f"site{terms.place}" if terms.scope is RightScope.SITE else f"s{terms.place}"
    redeem = (terms.worth[0], terms.worth[1] or 1)
    made.terms(
        name,
        terms.kind,
        f"o{terms.issuer}",
        terms.scope,
        place,
        bearer=f"o{terms.bearer}",
        redeem=redeem,
        since=terms.since,
        until=terms.until,
    )
    if terms.kind is RightKind.TIER:
        made.tier(name, 1, 0)
    if terms.kind is RightKind.COUPON:
        percent = terms.worth[0] % 2 == 0 or terms.worth[1] is None
        if percent:
            made.offer(name, off_bps=1_000, most=terms.worth[1])
        else:
            made.offer(name, off_fen=terms.worth[1])


def _write_held(made: Members, number: int, held: Held, kind: RightKind) -> None:
    customer, name = f"c{held.customer}", f"t{held.terms}"
    match kind:
        case RightKind.TIER:
            made.grown(customer, name, held.balance, 1)
        case RightKind.COUPON:
            made.coupon(f"k{number}", customer, name, "o0", held.state, held.since, held.until)
        case _:
            made.holds(customer, name, kind, held.balance)


class Asked:
    """A database that takes cases and answers what their members' rights are worth."""

    def __init__(self, owner: Any, app: Database) -> None:
        self.owner, self.app = owner, app
        self._codes = count()

    async def write(self, case: Case) -> Members:
        made = written(case, f"case-{next(self._codes)}")
        await made.write(self.owner)
        return made

    async def rights(self, case: Case, made: Members, viewer: Viewer) -> dict[tuple[int, int], Said | None]:
        """What the viewer is told of each (customer, organisation).

        In four statements for all where nobody has what she may know, else in six.
        """
        session = self.app.read(made.tenant)
        scope = Scope(
            organizations=() if viewer.organization is None else (made.key(f"o{viewer.organization}"),),
            customer=None if viewer.customer is None else made.key(f"c{viewer.customer}"),
            everything=viewer.admin,
        )
        pairs = list(product(CUSTOMERS, case.organizations))
        keys = [(made.key(f"c{customer}"), made.key(f"s{one}")) for customer, one in pairs]
        answers = await Reading(session, NOW, NOW.date(), scope).load(RightsHere).many(keys)
        told = [said for pair in pairs if (said := expected(case, viewer, *pair)) is not None]
        assert session.statements == 4 + 2 * any(told)
        await session.close()
        organizations = {made.key(f"o{one}"): one for one in case.organizations}
        numbers = {made.key(f"t{number}"): number for number in range(len(case.terms))}
        coupons = {made.key(f"k{number}"): number for number in range(len(case.held))}
        return {
            pair: None if answer is None else _said(case, pair[0], answer, organizations, numbers, coupons)
            for pair, answer in zip(pairs, answers, strict=True)
        }


def _said(case: Case, customer: int, answer: Any, organizations: Any, numbers: Any, coupons: Any) -> Said:
    found: Said = {}
    for here in answer:
        number = numbers[here.right.id]
        if here.held.coupon is None:
            one = next(i for i, held in enumerate(case.held) if (held.customer, held.terms) == (customer, number))
        else:
            one = coupons[here.held.coupon.id]
        verdict = here.verdict
        found[number, one] = (verdict.reason, verdict.worth_fen, organizations.get(verdict.settles_with_id))
    usable = [here.verdict.usable for here in answer]
    assert usable == sorted(usable, reverse=True)
    assert len(found) == len(answer)
    return found


@pytest.fixture
async def asked(owner_dsn: str) -> AsyncIterator[Asked]:
    owner = await asyncpg.connect(owner_dsn, server_settings={"synchronous_commit": "off"})
    app = pool_of(Login(owner_dsn, APP_ROLE), fuses=False)
    yield Asked(owner, app)
    await app.close()
    await owner.close()


@pytest.mark.prove
@settings(
    max_examples=size(40, 1_000),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
async def test_what_is_said_of_rights_is_the_rule_of_the_domain(case: Case, asked: Asked) -> None:
    made = await asked.write(case)
    viewers = [
        Viewer(),
        Viewer(admin=True),
        *(Viewer(customer=customer) for customer in CUSTOMERS),
        *(Viewer(organization=one) for one in case.organizations),
    ]
    for viewer in viewers:
        for (customer, one), said in (await asked.rights(case, made, viewer)).items():
            assert said == expected(case, viewer, customer, one), (viewer, customer, one)


def test_the_cases_made_up_meet_every_reason_and_every_viewer() -> None:
    """What the test above goes through: the generator must not leave a rule out."""
    reasons: set[str | None] = set()
    hidden = told = refused = 0

    @settings(max_examples=500, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(case=cases())
    def look(case: Case) -> None:
        nonlocal hidden, told, refused
        for customer, one in product(CUSTOMERS, case.stores):
            for held in case.held:
                reasons.add(reason(case, held, one))
                seen = may_know(case, Viewer(organization=one), held)
                hidden, told = hidden + (not seen), told + seen
            refused += not may_ask(case, Viewer(organization=one), customer, one)

    look()
    assert reasons == {None, *RightReason}
    assert min(hidden, told, refused) > 50
