"""What is set up in the channel: by which rules it is allowed.

Owns the decisions of the channel's acts that are not about edges (`domain.channel.supply`); what is commanded is
`domain.channel.commands`.

    Refused
    ├── StatusForbids         an organisation of this status cannot do this, nor can this be done to it
    ├── TooManyApplications   one account has as many stores that wait for review as it may
    ├── TooManyOffers         as much supply is offered by, or to, one organisation as may be at once
    ├── MainSiteExists        a tenant has one main site
    ├── RegionServed          a region has one city site
    ├── RoleNotAllowed        organisations of this tier have no staff of this role
    ├── LastAdministrator     nobody else could add staff to the organisation
    ├── AccountInactive       the person's account is shut
    ├── ModeNotAllowed        a cloud store of this tier does not sell so
    └── CloudStoreExists      an organisation has one cloud store, and it is open
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from domain.base import Refused, RowRefused
from domain.channel.supply import ALLOWED_EDGES, PrimaryUpstream, SupplyEdge, binding_chain
from domain.channel.words import CloudStoreMode, EdgeKind, OrganizationStatus, Role, Tier

N = TypeVar("N", bound=Hashable)

MAX_WAITING: Final = 5
"""The most stores of one account that may wait for review at once."""
MAX_OFFERS_BY: Final = 200
"""The most offers of supply of one organisation that may wait at once."""
MAX_OFFERS_TO: Final = 1_000
"""The most offers of supply to one organisation that may wait at once: so many that no single one fills them."""


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────────
class StatusForbids(Refused):
    """An organisation of this status cannot do this, nor can this be done to it."""

    code = "STATUS_FORBIDS"

    def __init__(self, status: OrganizationStatus) -> None:
        super().__init__(f"This cannot be done while the status is {status}.")
        self.status = status


class TooManyApplications(Refused):
    """One account has as many stores that wait for review as it may."""

    code = "TOO_MANY_APPLICATIONS"

    def __init__(self) -> None:
        super().__init__(f"At most {MAX_WAITING} stores of one account wait for review at once.")
        self.most = MAX_WAITING


class TooManyOffers(Refused):
    """As much supply waits for the other side's consent, of who offers or of who is asked, as may at once."""

    code = "TOO_MANY_OFFERS"

    def __init__(self, most: int) -> None:
        super().__init__(f"At most {most} offers wait at once.")
        self.most = most


class MainSiteExists(Refused):
    """A tenant has one main site."""

    code = "MAIN_SITE_EXISTS"

    def __init__(self) -> None:
        super().__init__("There is a main site already.")


class RegionServed(Refused):
    """A region has one city site."""

    code = "REGION_SERVED"

    def __init__(self, region: str) -> None:
        super().__init__(f"Another city site serves the region {region}.")
        self.region = region


class RoleNotAllowed(Refused):
    """Organisations of this tier have no staff of this role."""

    code = "ROLE_NOT_ALLOWED"

    def __init__(self, role: Role, tier: Tier) -> None:
        super().__init__(f"There is no {role} in an organisation of the tier {tier}.")
        self.role, self.tier = role, tier


class LastAdministrator(Refused):
    """Nobody else could add staff to the organisation."""

    code = "LAST_ADMINISTRATOR"

    def __init__(self) -> None:
        super().__init__("She is the last who may administer the organisation.")


class AccountInactive(RowRefused):
    """The person's account is shut: nobody could log in with it."""

    code = "ACCOUNT_INACTIVE"

    def __init__(self) -> None:
        super().__init__("The person's account is shut.")


class ModeNotAllowed(Refused):
    """A cloud store of this tier does not sell so."""

    code = "MODE_NOT_ALLOWED"

    def __init__(self, mode: CloudStoreMode, tier: Tier) -> None:
        super().__init__(f"A cloud store of the tier {tier} does not sell as {mode}.")
        self.mode, self.tier = mode, tier


class CloudStoreExists(Refused):
    """An organisation has one cloud store, and it is open."""

    code = "CLOUD_STORE_EXISTS"

    def __init__(self) -> None:
        super().__init__("The organisation has a cloud store, and it is open.")


def check_offers(by: int, to: int) -> None:
    """Refuse one more offer of supply, where so many wait already of who offers and of who is asked.

    Raises: TooManyOffers.
    """
    if by >= MAX_OFFERS_BY:
        raise TooManyOffers(MAX_OFFERS_BY)
    if to >= MAX_OFFERS_TO:
        raise TooManyOffers(MAX_OFFERS_TO)


# ── organisations ─────────────────────────────────────────────────────────────────────────────────────────────────────
class Step(StrEnum):
    """What is done to the status of an organisation."""

    ADMIT = "ADMIT"
    REJECT = "REJECT"
    APPLY_AGAIN = "APPLY_AGAIN"
    SUSPEND = "SUSPEND"
    RESUME = "RESUME"


_STEPS: Final[Mapping[Step, tuple[OrganizationStatus, OrganizationStatus]]] = {
    Step.ADMIT: (OrganizationStatus.PENDING_REVIEW, OrganizationStatus.ACTIVE),
    Step.REJECT: (OrganizationStatus.PENDING_REVIEW, OrganizationStatus.REJECTED),
    Step.APPLY_AGAIN: (OrganizationStatus.REJECTED, OrganizationStatus.PENDING_REVIEW),
    Step.SUSPEND: (OrganizationStatus.ACTIVE, OrganizationStatus.SUSPENDED),
    Step.RESUME: (OrganizationStatus.SUSPENDED, OrganizationStatus.ACTIVE),
}


def status_after(step: Step, status: OrganizationStatus) -> OrganizationStatus:
    """The status that a step leads to. Raises StatusForbids where it does not begin there.

    Source: docs/domain.md, Cloud stores and operation on behalf.
    """
    before, after = _STEPS[step]
    if status is not before:
        raise StatusForbids(status)
    return after


def must_trade(status: OrganizationStatus) -> None:
    """Raises StatusForbids for an organisation that does not trade."""
    if status is not OrganizationStatus.ACTIVE:
        raise StatusForbids(status)


def above_in_chain(chain: Sequence[N], tier_of: Mapping[N, Tier]) -> tuple[N, ...]:
    """Who answers for an organisation: those above it in its chain, its brand included and no supplier.

    Args:
        chain: organisations from it upwards, as `primary_chain` gives them.
        tier_of: the tier of each of them.

    Source: docs/domain.md, Cloud stores and operation on behalf.
    """
    below = binding_chain(chain, tier_of)
    over = chain[len(below) : len(below) + 1]
    brand = tuple(one for one in over if tier_of[one] is Tier.BRAND)
    return (*below, *brand)[1:]


def who_may_resume(above: Sequence[N], suspended_by: N | None) -> tuple[N, ...]:
    """Which of those that answer for a suspended organisation let it trade again; the platform always may.

    Who suspended it and whoever stands over that one; where the platform suspended it, none of them. Where who did it
    does not answer for it any more, those who do now.

    Args:
        above: who answers for it, the nearest first, as `above_in_chain` gives them.
        suspended_by: which organisation did it; None for the platform.

    Source: docs/domain.md, Cloud stores and operation on behalf.
    """
    if suspended_by is None:
        return ()
    return tuple(above[above.index(suspended_by) :] if suspended_by in above else above)


def primary_after_leaving(
    edges: Sequence[SupplyEdge[N]], leaving: N, chosen: N | None, *, by_downstream: bool
) -> N | None:
    """Whom the chain of an organisation follows once `leaving` supplies it no longer; None where nobody is left.

    Args:
        edges: all that it is supplied by, in the order in which one takes another's place.
        leaving: one of their upstreams.
        chosen: whom the organisation names.
        by_downstream: whether it is the organisation itself that leaves. Where its upstream does, nobody is named, and
            the first of the others takes its place.

    Raises: PrimaryUpstream where it has to be named among several and is not, or none of them is.

    Source: docs/domain.md, Cloud stores and operation on behalf.
    """
    left = [edge for edge in edges if edge.upstream != leaving]
    if chosen is not None:
        if chosen not in [edge.upstream for edge in left]:
            raise PrimaryUpstream(edges[0].downstream if edges else None, 0)
        return chosen
    kept = next((edge.upstream for edge in left if edge.primary), None)
    if kept is not None or not left:
        return kept
    if by_downstream and len(left) > 1:
        raise PrimaryUpstream(left[0].downstream, 0)
    return left[0].upstream


# ── staff and cloud stores ────────────────────────────────────────────────────────────────────────────────────────────
def administrator_of(tier: Tier) -> Role:
    """The role of who administers an organisation of a tier from its first day."""
    return Role.MANAGER if tier is Tier.STORE else Role.OPERATOR


def check_mode(mode: CloudStoreMode, tier: Tier) -> None:
    """Refuse a mode that a cloud store of this tier has nobody to sell to by.

    Who supplies nobody keeps no ordering mall, and a supplier, which stands outside the flow of goods, no other.

    Raises: ModeNotAllowed.

    Source: docs/domain.md, Cloud stores and operation on behalf.
    """
    orders = mode is CloudStoreMode.B2B_ORDERING
    if (orders and not ALLOWED_EDGES[EdgeKind.SUPPLIES][tier]) or (not orders and tier is Tier.SUPPLIER):
        raise ModeNotAllowed(mode, tier)
