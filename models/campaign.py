"""The campaign centre's tables: campaigns, what they offer, who funds them, whom they aim at, what stores answered.

Whom a campaign aims at is a list of clauses; it reaches what any clause reaches. A clause is a set of conditions, one
row each: for every dimension it speaks of, one of the plain conditions must hold, and none of the negated ones.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.campaign import (
    MAX_CLAUSES,
    MAX_CONDITIONS_OF_CLAUSE,
    CampaignKind,
    CampaignStatus,
    Dimension,
    Participation,
    Stance,
)
from domain.catalog import MAX_QUANTITY
from domain.channel import CloudStoreMode, Tier
from domain.ordering import Terminal
from models.base import (
    Base,
    Id,
    Instant,
    KeyId,
    NewId,
    TenantId,
    at_least,
    code_length,
    half_open,
    one_of,
    ref,
    table_args,
)

_OFFERS: Final = {
    CampaignKind.AMOUNT_OFF: "off_fen",
    CampaignKind.PERCENT_OFF: "off_bps",
    CampaignKind.FIXED_PRICE: "price_fen",
    CampaignKind.GIFT: "gift_sku_id, gift_quantity",
    CampaignKind.NTH_UNIT: "nth, off_bps",
    CampaignKind.COUPON: "coupon_terms_id",
    CampaignKind.GROUP_BUY: "group_size, price_fen",
    CampaignKind.POINTS_MULTIPLIER: "points_pct",
    CampaignKind.DISPLAY_FEE: "fee_fen",
}
"""The columns that say what each kind offers; the others are null."""

_OFFER_COLUMNS: Final = ", ".join(
    dict.fromkeys(column for columns in _OFFERS.values() for column in columns.split(", "))
)
"""All of them."""


def _offer_is_whole() -> CheckConstraint:
    """Each kind has the columns that say what it offers, and no others."""
    cases = " ".join(
        f"WHEN '{kind}' THEN num_nulls({columns}) = 0 AND num_nonnulls({_OFFER_COLUMNS}) = {columns.count(',') + 1}"
        for kind, columns in _OFFERS.items()
    )
    return CheckConstraint(f"CASE kind {cases} ELSE false END", name="offer")


class CampaignRevision(Base):
    """How often a tenant's campaigns, their targeting and whether their owners trade have changed.

    Every change of them writes it, under lock.
    """

    __tablename__ = "campaign_revision"

    tenant_id: Mapped[TenantId]
    revision: Mapped[int]
    __table_args__ = table_args(*at_least(0, "revision"))


async def raise_revision(session: AsyncSession, tenant_id: UUID) -> None:
    """Say that the tenant's campaigns, their targeting or whether their owners trade change in this transaction.

    Who changes one of these calls this first: the row is locked to the end, so that changes come one after the other
    and one number never means two things. What stores say to campaigns is no part of it.
    """
    raised = insert(CampaignRevision).values(tenant_id=tenant_id, revision=1)
    await session.execute(
        raised.on_conflict_do_update(index_elements=["tenant_id"], set_={"revision": CampaignRevision.revision + 1})
    )


class Campaign(Base):
    """A campaign of one organisation, on its own stores or on those below it, over [starts_at, ends_at).

    `threshold_fen` and `threshold_units` are what must be reached first, 0 is nothing. `points_pct`: 200 is double.
    """

    __tablename__ = "campaign"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    owner_id: Mapped[Id]
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(Text, server_default=CampaignStatus.DRAFT)
    participation: Mapped[str] = mapped_column(Text, server_default=Participation.MANDATORY)
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    priority: Mapped[int] = mapped_column(server_default="0")
    exclusion_group: Mapped[str | None]
    threshold_fen: Mapped[int] = mapped_column(server_default="0")
    threshold_units: Mapped[int] = mapped_column(server_default="0")
    off_fen: Mapped[int | None]
    off_bps: Mapped[int | None]
    price_fen: Mapped[int | None]
    gift_sku_id: Mapped[UUID | None] = mapped_column(Uuid)
    gift_quantity: Mapped[int | None]
    nth: Mapped[int | None]
    coupon_terms_id: Mapped[UUID | None] = mapped_column(Uuid)
    group_size: Mapped[int | None]
    points_pct: Mapped[int | None]
    fee_fen: Mapped[int | None]
    is_generated: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "owner_id", "code"),
        code_length(),
        ref("owner_id", "organization"),
        ref("gift_sku_id", "sku"),
        ForeignKeyConstraint(
            ["tenant_id", "coupon_terms_id"],
            ["coupon_offer.tenant_id", "coupon_offer.terms_id"],
            name="fk_campaign_coupon_offer",
        ),
        one_of("kind", CampaignKind),
        one_of("status", CampaignStatus),
        one_of("participation", Participation),
        _offer_is_whole(),
        half_open("starts_at", "ends_at"),
        CheckConstraint("off_bps BETWEEN 1 AND 10000", name="off_bps_range"),
        CheckConstraint(f"nth BETWEEN 2 AND {MAX_QUANTITY}", name="nth_from_the_second"),
        CheckConstraint(f"group_size BETWEEN 2 AND {MAX_QUANTITY}", name="a_group_is_two"),
        CheckConstraint("points_pct BETWEEN 101 AND 10000", name="points_pct_range"),
        CheckConstraint("priority BETWEEN -1000000 AND 1000000", name="priority_range"),
        CheckConstraint("exclusion_group <> ''", name="exclusion_group_is_named"),
        *at_least(0, "threshold_fen", "threshold_units"),
        *at_least(1, "off_fen", "price_fen", "gift_quantity", "fee_fen"),
        Index(None, "tenant_id", "ends_at", postgresql_where=text("status = 'PUBLISHED'")),
    )


class CampaignFunder(Base):
    """Who funds a campaign's discount; without an organisation, the store that sells. Parts sum to 10000."""

    __tablename__ = "campaign_funder"

    tenant_id: Mapped[TenantId]
    campaign_id: Mapped[KeyId]
    position: Mapped[int] = mapped_column(primary_key=True)
    funder_id: Mapped[UUID | None] = mapped_column(Uuid)
    share_bps: Mapped[int]
    __table_args__ = table_args(
        ref("campaign_id", "campaign"),
        ref("funder_id", "organization"),
        UniqueConstraint("tenant_id", "campaign_id", "funder_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("share_bps BETWEEN 1 AND 10000", name="share_bps_range"),
        *at_least(0, "position"),
        Index(None, "tenant_id", "funder_id", "campaign_id"),
    )


VALUE_COLUMNS: Final = {
    Dimension.SITE: "site_id",
    Dimension.TERRITORY: "territory_id",
    Dimension.TIER: "tier",
    Dimension.BELOW: "below_id",
    Dimension.STORE: "store_id",
    Dimension.STORE_TAG: "tag",
    Dimension.MODE: "mode",
    Dimension.MEMBER_TIER: "member_tier_id",
    Dimension.MEMBER_TAG: "tag",
    Dimension.SKU: "sku_id",
    Dimension.CATEGORY: "category_id",
    Dimension.BRAND: "brand_id",
    Dimension.TERMINAL: "terminal",
    Dimension.HOURS: "weekdays",
}
"""The column that holds the value of each dimension; HOURS also has `from_minute` and `until_minute`."""


def _one_value() -> CheckConstraint:
    columns = ", ".join(sorted(set(VALUE_COLUMNS.values())))
    cases = " ".join(f"WHEN '{dimension}' THEN {column} IS NOT NULL" for dimension, column in VALUE_COLUMNS.items())
    return CheckConstraint(f"num_nonnulls({columns}) = 1 AND CASE dimension {cases} ELSE false END", name="value")


class CampaignCondition(Base):
    """One condition of a clause. `weekdays` is a set of bits, Monday 1 to Sunday 64; minutes count from midnight."""

    __tablename__ = "campaign_condition"

    tenant_id: Mapped[TenantId]
    campaign_id: Mapped[KeyId]
    clause: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    dimension: Mapped[str]
    negated: Mapped[bool] = mapped_column(server_default=text("false"))
    site_id: Mapped[UUID | None] = mapped_column(Uuid)
    territory_id: Mapped[UUID | None] = mapped_column(Uuid)
    tier: Mapped[str | None]
    below_id: Mapped[UUID | None] = mapped_column(Uuid)
    store_id: Mapped[UUID | None] = mapped_column(Uuid)
    tag: Mapped[str | None]
    mode: Mapped[str | None]
    member_tier_id: Mapped[UUID | None] = mapped_column(Uuid)
    sku_id: Mapped[UUID | None] = mapped_column(Uuid)
    category_id: Mapped[UUID | None] = mapped_column(Uuid)
    brand_id: Mapped[UUID | None] = mapped_column(Uuid)
    terminal: Mapped[str | None]
    weekdays: Mapped[int | None]
    from_minute: Mapped[int | None]
    until_minute: Mapped[int | None]
    __table_args__ = table_args(
        ref("campaign_id", "campaign"),
        ref("site_id", "site"),
        ref("territory_id", "territory"),
        ref("below_id", "organization"),
        ref("store_id", "organization"),
        ref("member_tier_id", "member_tier"),
        ref("sku_id", "sku"),
        ref("category_id", "category"),
        ref("brand_id", "organization"),
        one_of("dimension", Dimension),
        one_of("tier", Tier),
        one_of("mode", CloudStoreMode),
        one_of("terminal", Terminal),
        _one_value(),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays_range"),
        CheckConstraint(
            "num_nonnulls(weekdays, from_minute, until_minute) IN (0, 3)"
            " AND from_minute >= 0 AND from_minute < until_minute AND until_minute <= 1440",
            name="hours",
        ),
        CheckConstraint(f"clause BETWEEN 0 AND {MAX_CLAUSES - 1}", name="clause_range"),
        CheckConstraint(f"position BETWEEN 0 AND {MAX_CONDITIONS_OF_CLAUSE - 1}", name="position_range"),
        Index(None, "tenant_id", "store_id", postgresql_where=text("store_id IS NOT NULL")),
        Index(None, "tenant_id", "sku_id", postgresql_where=text("sku_id IS NOT NULL")),
    )


class CampaignStore(Base):
    """A store's answer to a campaign, and what differs there from what the campaign offers (一店一策)."""

    __tablename__ = "campaign_store"

    tenant_id: Mapped[TenantId]
    store_id: Mapped[KeyId]
    campaign_id: Mapped[KeyId]
    stance: Mapped[str | None]
    threshold_fen: Mapped[int | None]
    threshold_units: Mapped[int | None]
    off_fen: Mapped[int | None]
    off_bps: Mapped[int | None]
    price_fen: Mapped[int | None]
    __table_args__ = table_args(
        ref("store_id", "organization"),
        ref("campaign_id", "campaign"),
        one_of("stance", Stance),
        CheckConstraint("off_bps BETWEEN 1 AND 10000", name="off_bps_range"),
        *at_least(0, "threshold_fen", "threshold_units"),
        *at_least(1, "off_fen", "price_fen"),
        Index(None, "tenant_id", "campaign_id", "store_id"),
    )
