"""The rights a tenant's organisations issue: whose, how far they reach, what they are worth.

Owns the shapes, their ids, and at which cloud stores terms are good. What a right is worth to one member at one moment
is `domain.member`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from domain.member import CouponBenefit, RightKind, RightScope
from integrations.keys import Keys

if TYPE_CHECKING:
    from demo.consumers.world import Place


class Honour(NamedTuple):
    """An organisation that honours a right, alone or with everyone below it."""

    organization: UUID
    includes_below: bool


class MemberLevel(NamedTuple):
    """A level of a TIER right. `points_rate_pct`: 100 is one point for a whole unit of the currency."""

    level: int
    code: str
    name: str
    growth_from: int
    points_rate_pct: int = 100


class Offer(NamedTuple):
    """What a coupon takes off, and for how many days one is good."""

    benefit: CouponBenefit
    threshold_fen: int = 0
    off_fen: int | None = None
    off_bps: int | None = None
    max_off_fen: int | None = None
    lasts_days: int = 30


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """The terms of a right. `code` is the tenant's only one of that name.

    `held_pct` says how many in a hundred of those hold it who shop where it is good; of coupons, how often one is drawn
    compared with other offers. `from_day` and `until_day` are days from today; who honours it beside its issuer is
    `honours`.
    """

    code: str
    kind: RightKind
    name: str
    scope: RightScope
    issuer: UUID
    bearer: UUID
    held_pct: int
    honours: tuple[Honour, ...] = ()
    site: UUID | None = None
    cloud_store: UUID | None = None
    redeem_points: int | None = None
    redeem_fen: int | None = None
    levels: tuple[MemberLevel, ...] = ()
    offer: Offer | None = None
    from_day: int = -1_200
    until_day: int | None = None


def reaches(terms: Terms, place: Place) -> bool:
    """Whether terms are good at a cloud store: their scope holds it, and its organisation honours them.

    Source: docs/domain.md, Members whose rights travel.
    """
    if terms.scope is RightScope.STORE and terms.cloud_store != place.store:
        return False
    if terms.scope is RightScope.SITE and terms.site != place.site:
        return False
    if terms.issuer == place.organization:
        return True
    return any(
        honour.organization == place.organization or (honour.includes_below and honour.organization in place.above)
        for honour in terms.honours
    )


def terms_id(keys: Keys, code: str) -> UUID:
    """The id of the terms of this code."""
    return keys.of("right", code)


def level_id(keys: Keys, terms: str, level: str) -> UUID:
    """The id of a level of TIER terms."""
    return keys.of("member_tier", terms, level)
