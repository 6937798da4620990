"""Rights as their terms say them: levels, offers, who honours them; and the coupons of a customer.

Owns the conditions of who may see a right, and what a customer holds under it. What it is worth somewhere is
`loaders.member.here`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, select, true
from sqlalchemy.orm import aliased

from domain.channel import OrganizationStatus
from domain.member import RightScope
from loaders.base import ById, ListBy
from loaders.member.person import herself, may_see, there_is, viewers
from loaders.paging import listed, wanted_parents
from models.channel import CloudStore, Organization, OrganizationClosure
from models.member import (
    Coupon,
    CouponOffer,
    MemberBalance,
    MemberGrowth,
    MemberTier,
    RightHonour,
    RightTerms,
)
from models.reading import TENANT, Row, Rows, constant, ids, in_scope, read

_mine = aliased(CloudStore)
_above = aliased(OrganizationClosure)
_honour = aliased(RightHonour)
_named = aliased(RightHonour)
_issuer = aliased(Organization)
_bearer = aliased(Organization)


def good_at_viewers(terms: Any) -> ColumnElement[bool]:
    """The right is good at a cloud store the viewer speaks for: its scope holds it, and its organisation honours it.

    It begins with the viewer's cloud store and goes up: the planner would begin with an honour and walk through all who
    are below it.
    """
    mine = (
        select(_mine.id, _mine.organization_id, _mine.site_id)
        .where(_mine.tenant_id == TENANT, viewers(_mine.organization_id))
        .offset(constant(0))
        .subquery("mine")
    )
    above = (
        select(_above.ancestor_id, _above.hops)
        .where(_above.tenant_id == TENANT, _above.descendant_id == mine.c.organization_id)
        .offset(constant(0))
        .lateral("above_mine")
    )
    return there_is(
        select(constant(1))
        .select_from(mine.join(above, true()))
        .join(
            _honour,
            (_honour.tenant_id == TENANT)
            & (_honour.terms_id == terms.id)
            & (_honour.organization_id == above.c.ancestor_id)
            & (_honour.includes_below | (above.c.hops == constant(0))),
        )
        .where(
            (terms.scope == constant(RightScope.TENANT))
            | (terms.site_id == mine.c.site_id)
            | (terms.cloud_store_id == mine.c.id)
        )
        .correlate_except(mine, above, _honour)
    )


def may_see_held(customer: Any, terms: Any) -> ColumnElement[bool]:
    """The viewer may see that the customer holds the right: it is her own; or the customer is the viewer's, and the
    right is one the viewer issued or one that is good in the viewer's own cloud store.

    What a neighbour gave her for itself is no business of the viewer's.
    """
    # The first part says nothing of the right: where `customer` is a key asked about, it is decided once for each key.
    return may_see(customer) & (in_scope(terms.issuer_id) | herself(customer) | good_at_viewers(terms))


def _held_by_viewer(table: Any, terms: Any) -> ColumnElement[bool]:
    held = aliased(table)
    return there_is(
        select(constant(1))
        .where(
            held.tenant_id == TENANT,
            held.customer_id == bindparam("viewer_customer", type_=Uuid()),
            held.terms_id == terms.id,
        )
        .correlate_except(held)
    )


def may_see_right(terms: Any) -> ColumnElement[bool]:
    """The viewer holds the right, issued it, bears its cost, honours it, or has a cloud store it is good at."""
    honours = there_is(
        select(constant(1))
        .where(_named.tenant_id == TENANT, _named.terms_id == terms.id, viewers(_named.organization_id))
        .correlate_except(_named)
    )
    condition = in_scope(terms.issuer_id, terms.bearer_id)
    for table in (MemberGrowth, MemberBalance, Coupon):
        condition = condition | _held_by_viewer(table, terms)
    return condition | honours | good_at_viewers(terms)


class RightRow(Row):
    """The terms of a right. `is_backed`: its issuer and the bearer of its cost both trade."""

    id: UUID
    kind: str
    code: str
    name: str
    scope: str
    site_id: UUID | None
    cloud_store_id: UUID | None
    issuer_id: UUID
    bearer_id: UUID
    redeem_points: int | None
    redeem_fen: int | None
    valid_from: datetime
    valid_until: datetime | None
    is_generated: bool
    is_backed: bool


def rights(*conditions: Any) -> Rows:
    """The columns of the rights that the viewer may see."""
    x, active = RightTerms, constant(OrganizationStatus.ACTIVE)
    return (
        select(
            x.id,
            x.kind,
            x.code,
            x.name,
            x.scope,
            x.site_id,
            x.cloud_store_id,
            x.issuer_id,
            x.bearer_id,
            x.redeem_points,
            x.redeem_fen,
            x.valid_from,
            x.valid_until,
            x.is_generated,
            ((_issuer.status == active) & (_bearer.status == active)).label("is_backed"),
        )
        .join(_issuer, (_issuer.tenant_id == TENANT) & (_issuer.id == x.issuer_id))
        .join(_bearer, (_bearer.tenant_id == TENANT) & (_bearer.id == x.bearer_id))
        .where(x.tenant_id == TENANT, may_see_right(x), *conditions)
    )


class RightById(ById[RightRow]):
    """Rights by id."""

    statement = read(RightRow, rights(RightTerms.id == ids("ids").any_()))


class TierRow(Row):
    """A level of the TIER right `parent`."""

    level: int
    code: str
    name: str
    growth_from: int
    points_rate_pct: int
    parent: UUID


def _tiers() -> Any:
    wanted = wanted_parents()
    x = MemberTier
    rows = (
        select(x.level, x.code, x.name, x.growth_from, x.points_rate_pct)
        .join(RightTerms, (RightTerms.tenant_id == TENANT) & (RightTerms.id == x.terms_id))
        .where(x.tenant_id == TENANT, x.terms_id == wanted.c.parent, may_see_right(RightTerms))
    )
    return listed(TierRow, wanted, rows, x.level)


class TiersOf(ListBy[TierRow]):
    """The levels of each right, the lowest first."""

    statement = _tiers()


class HonourRow(Row):
    """An organisation that honours the right `parent`, alone or with everyone below it."""

    organization_id: UUID
    includes_below: bool
    parent: UUID


def _honours() -> Any:
    wanted = wanted_parents()
    x = RightHonour
    rows = (
        select(x.organization_id, x.includes_below)
        .join(RightTerms, (RightTerms.tenant_id == TENANT) & (RightTerms.id == x.terms_id))
        .where(x.tenant_id == TENANT, x.terms_id == wanted.c.parent, may_see_right(RightTerms))
    )
    return listed(HonourRow, wanted, rows, x.organization_id)


class HonoursOf(ListBy[HonourRow]):
    """Who honours each right beside its issuer."""

    statement = _honours()


class OfferRow(Row):
    """What the coupons of the terms `id` take off."""

    id: UUID
    benefit: str
    threshold_fen: int
    off_fen: int | None
    off_bps: int | None
    max_off_fen: int | None


def offers(*conditions: Any) -> Rows:
    """The columns of the coupons' offers of some terms; who may see them is for the conditions to say."""
    x = CouponOffer
    return select(x.terms_id.label("id"), x.benefit, x.threshold_fen, x.off_fen, x.off_bps, x.max_off_fen).where(
        x.tenant_id == TENANT, x.terms_id == ids("ids").any_(), *conditions
    )


class OfferById(ById[OfferRow]):
    """Coupons' offers by the id of their terms, for who may see those."""

    statement = read(
        OfferRow,
        offers(may_see_right(RightTerms)).join(
            RightTerms, (RightTerms.tenant_id == TENANT) & (RightTerms.id == CouponOffer.terms_id)
        ),
    )


class CouponRow(Row):
    """A coupon of a customer."""

    id: UUID
    customer_id: UUID
    terms_id: UUID
    code: str
    state: str
    granted_at: datetime
    valid_from: datetime
    valid_until: datetime


def coupons(*conditions: Any, of: Any = Coupon.customer_id) -> Rows:
    """The columns of the coupons that the viewer may see; `of` names their customer."""
    x = Coupon
    return (
        select(x.id, x.customer_id, x.terms_id, x.code, x.state, x.granted_at, x.valid_from, x.valid_until)
        .join(RightTerms, (RightTerms.tenant_id == TENANT) & (RightTerms.id == x.terms_id))
        .where(x.tenant_id == TENANT, may_see_held(of, RightTerms), *conditions)
    )


class CouponById(ById[CouponRow]):
    """Coupons by id."""

    statement = read(CouponRow, coupons(Coupon.id == ids("ids").any_()))
