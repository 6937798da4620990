"""Campaigns as they are shown: to everyone what runs, to their owners what they aim at and what stores said."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Text, bindparam, func, select
from sqlalchemy.orm import aliased

from domain.campaign import CampaignKind, CampaignStatus, Terms
from domain.channel import OrganizationStatus
from loaders.base import ById, ListBy, ListByPlace
from loaders.campaign.index import IndexOf, of_campaign
from loaders.member import OfferRow, offers
from loaders.paging import Paged, each, listed, wanted_keys, wanted_parents
from models.campaign import Campaign, CampaignCondition, CampaignFunder, CampaignStore
from models.channel import Organization, OrganizationClosure
from models.member import MemberTier
from models.reading import NOW, TENANT, UUIDS, Read, Row, Rows, constant, ids, in_scope, read

MAX_CONDITIONS_SHOWN = 50
"""The most conditions that are shown of one clause, which may have thousands."""


class CampaignRow(Row):
    """A campaign and what it offers; the columns of its kind are set."""

    id: UUID
    owner_id: UUID
    code: str
    name: str
    kind: str
    status: str
    participation: str
    starts_at: datetime
    ends_at: datetime
    priority: int
    exclusion_group: str | None
    threshold_fen: int
    threshold_units: int
    off_fen: int | None
    off_bps: int | None
    price_fen: int | None
    gift_sku_id: UUID | None
    gift_quantity: int | None
    nth: int | None
    coupon_terms_id: UUID | None
    group_size: int | None
    points_pct: int | None
    fee_fen: int | None


def campaigns() -> Rows:
    """The columns of the tenant's campaigns."""
    return select(*(getattr(Campaign, name) for name in CampaignRow.columns)).where(Campaign.tenant_id == TENANT)


_below = aliased(OrganizationClosure)
_owner = aliased(Organization)
_mine = aliased(CampaignFunder)


def _owner_is_above_viewer() -> ColumnElement[bool]:
    return (
        select(constant(1))
        .where(
            _below.tenant_id == TENANT,
            _below.ancestor_id == Campaign.owner_id,
            _below.descendant_id == bindparam("viewer_organizations", type_=UUIDS).any_(),
        )
        .correlate_except(_below)
        .exists()
    )


def _owner_trades() -> ColumnElement[bool]:
    return (
        select(constant(1))
        .where(
            _owner.tenant_id == TENANT,
            _owner.id == Campaign.owner_id,
            _owner.status == constant(OrganizationStatus.ACTIVE),
        )
        .correlate_except(_owner)
        .exists()
    )


def _funded_by_viewer() -> ColumnElement[bool]:
    return (
        select(constant(1))
        .where(_mine.tenant_id == TENANT, _mine.campaign_id == Campaign.id, in_scope(_mine.funder_id))
        .correlate_except(_mine)
        .exists()
    )


class CampaignById(ById[CampaignRow]):
    """Campaigns by id.

    For who speaks for the owner, always; for who funds it, once it is no draft; for those below the owner, while it is
    published, has begun, and is no display fee; for everyone, while it also runs and may reach a cloud store that
    sells to shoppers.
    """

    statement = read(
        CampaignRow,
        campaigns().where(
            Campaign.id == ids("ids").any_(),
            in_scope(Campaign.owner_id)
            | ((Campaign.status != constant(CampaignStatus.DRAFT)) & _funded_by_viewer())
            | (
                (Campaign.status == constant(CampaignStatus.PUBLISHED))
                & (
                    (
                        (Campaign.starts_at <= NOW)
                        & (Campaign.kind != constant(CampaignKind.DISPLAY_FEE))
                        & _owner_is_above_viewer()
                    )
                    | ((Campaign.id == bindparam("running", type_=UUIDS).any_()) & _owner_trades())
                )
            ),
        ),
    )

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, CampaignRow | None]:
        """One row for each that the viewer may see. What everyone may see the index knows."""
        index = await self.reading.load(IndexOf).one(self.reading.session.tenant_id)
        running = index.among(keys, index.shopping & index.running(self.reading.now))
        return {row.id: row for row in await self.reading.fetch(self.statement, ids=keys, running=running)}


class FoundRow(CampaignRow):
    """A campaign that the index has answered with."""


class CampaignFound(ById[FoundRow]):
    """Published campaigns that the index has answered with: who is told of them is decided already."""

    statement = read(
        FoundRow,
        campaigns().where(Campaign.id == ids("ids").any_(), Campaign.status == constant(CampaignStatus.PUBLISHED)),
    )


class CampaignEntry(CampaignRow):
    """A campaign on a page of its owner's, by code."""

    place: int
    by_code: str


def _campaigns_of(*conditions: ColumnElement[bool]) -> Paged[CampaignEntry]:
    wanted = wanted_parents()
    rows = campaigns().where(Campaign.owner_id == wanted.c.parent, in_scope(Campaign.owner_id), *conditions)
    return Paged(CampaignEntry, wanted, rows, {Campaign.code: str})


CAMPAIGNS_OF = _campaigns_of()
"""The campaigns of each organisation, by code; for who speaks for it."""
CAMPAIGNS_OF_STATUS = _campaigns_of(Campaign.status == bindparam("status", type_=Text()))
"""The same, of one status."""


class FunderRow(Row):
    """Who funds a part of the discount of `parent`; nobody named is the store that sells."""

    funder_id: UUID | None
    share_bps: int
    parent: UUID


def _funders_of() -> Read[FunderRow]:
    wanted = wanted_parents()
    x = CampaignFunder
    rows = (
        select(x.funder_id, x.share_bps)
        .join(Campaign, of_campaign(x))
        .where(
            x.tenant_id == TENANT,
            x.campaign_id == wanted.c.parent,
            in_scope(Campaign.owner_id) | ((Campaign.status != constant(CampaignStatus.DRAFT)) & _funded_by_viewer()),
        )
    )
    return listed(FunderRow, wanted, rows, x.position)


class FundersOf(ListBy[FunderRow]):
    """The funders of each campaign, in order; for its owner and for its funders."""

    statement = _funders_of()


class ClauseRow(Row):
    """A clause of the campaign `parent`, and how many conditions it has."""

    clause: int
    size: int
    parent: UUID


def _clauses_of() -> Read[ClauseRow]:
    wanted = wanted_parents()
    x = CampaignCondition
    rows = (
        select(x.clause, func.count().label("size"))
        .join(Campaign, of_campaign(x))
        .where(x.tenant_id == TENANT, x.campaign_id == wanted.c.parent, in_scope(Campaign.owner_id))
        .group_by(x.clause)
    )
    return listed(ClauseRow, wanted, rows, x.clause)


class ClausesOf(ListBy[ClauseRow]):
    """The clauses of each campaign, in order; for its owner."""

    statement = _clauses_of()


class ConditionRow(Row):
    """A condition of a clause; the column of its dimension is set. `organization_id`: BELOW, STORE or BRAND."""

    place: int
    dimension: str
    negated: bool
    site_id: UUID | None
    territory_id: UUID | None
    tier: str | None
    organization_id: UUID | None
    tag: str | None
    mode: str | None
    member_tier_id: UUID | None
    sku_id: UUID | None
    category_id: UUID | None
    terminal: str | None
    weekdays: int | None
    from_minute: int | None
    until_minute: int | None


def _conditions_of() -> Read[ConditionRow]:
    wanted = wanted_keys("campaign", number="clause")
    x = CampaignCondition
    organization = func.coalesce(x.below_id, x.store_id, x.brand_id).label("organization_id")
    columns = (
        organization if name == "organization_id" else getattr(x, name)
        for name in ConditionRow.columns
        if name != "place"
    )
    rows = (
        select(*columns)
        .join(Campaign, of_campaign(x))
        .where(
            x.tenant_id == TENANT,
            x.campaign_id == wanted.c.campaign,
            x.clause == wanted.c.clause,
            in_scope(Campaign.owner_id),
        )
        .order_by(x.position)
        .limit(constant(MAX_CONDITIONS_SHOWN))
    )
    return read(ConditionRow, each(ConditionRow, wanted, rows))


class ConditionsOf(ListByPlace[tuple[UUID, int], ConditionRow]):
    """At most `MAX_CONDITIONS_SHOWN` conditions of each (campaign, clause), in order; for the campaign's owner."""

    statement = _conditions_of()
    parts = ("campaigns", "clauses")


class TargetTierRow(Row):
    """A level of a programme that a condition names."""

    id: UUID
    level: int
    code: str
    name: str
    growth_from: int
    points_rate_pct: int


class TierById(ById[TargetTierRow]):
    """Levels of programmes by id: to be reached through an owner's condition only."""

    statement = read(
        TargetTierRow,
        select(*(getattr(MemberTier, name) for name in TargetTierRow.columns)).where(
            MemberTier.tenant_id == TENANT, MemberTier.id == ids("ids").any_()
        ),
    )


class CampaignOfferRow(OfferRow):
    """What the coupons take off that a campaign gives out."""


class CampaignOfferById(ById[CampaignOfferRow]):
    """Coupons' offers by the id of their terms: to be reached through a campaign only, and then for everyone."""

    statement = read(CampaignOfferRow, offers())


def terms_of(row: Row) -> Terms:
    """The terms in the columns of a campaign, or of what a store said to it."""
    return Terms(*(getattr(row, name) for name in Terms._fields))


class AnswerRow(Row):
    """What a store said to a campaign, and its parameters there."""

    store_id: UUID
    campaign_id: UUID
    stance: str | None
    threshold_fen: int | None
    threshold_units: int | None
    off_fen: int | None
    off_bps: int | None
    price_fen: int | None


def answers() -> Rows:
    """The columns of what the tenant's stores said to its campaigns."""
    return (
        select(*(getattr(CampaignStore, name) for name in AnswerRow.columns))
        .join(Campaign, of_campaign(CampaignStore))
        .where(CampaignStore.tenant_id == TENANT)
    )


class AnswerEntry(AnswerRow):
    """What a store said, on a page by store."""

    place: int
    by_store: UUID


def _answers() -> Paged[AnswerEntry]:
    wanted = wanted_parents()
    rows = answers().where(CampaignStore.campaign_id == wanted.c.parent, in_scope(Campaign.owner_id))
    return Paged(AnswerEntry, wanted, rows, {CampaignStore.store_id: UUID})


ANSWERS = _answers()
"""What stores said to each campaign; for its owner."""
