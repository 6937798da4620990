"""The member centre's tables: customers, their memberships, and the rights they hold under whose terms; who joins."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.catalog import MAX_QUANTITY
from domain.member import CouponBenefit, CouponState, RightKind, RightScope
from models.base import (
    Base,
    Id,
    Instant,
    KeyId,
    NewId,
    TenantId,
    TextList,
    at_least,
    half_open,
    new_id,
    one_of,
    ref,
    table_args,
)
from models.writing import Transaction


def _of_terms(table: str) -> ForeignKeyConstraint:
    """What is held under terms repeats their kind, so that no points lie under a coupon's terms."""
    return ForeignKeyConstraint(
        ["tenant_id", "terms_id", "terms_kind"],
        ["right_terms.tenant_id", "right_terms.id", "right_terms.kind"],
        name=f"fk_{table}_terms",
    )


class Customer(Base):
    """A consumer of the tenant, one per account. `referred_by_id` is the customer who brought her; no cycles."""

    __tablename__ = "customer"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    account_id: Mapped[Id]
    joined_at: Mapped[Instant]
    tags: Mapped[TextList]
    referred_by_id: Mapped[UUID | None] = mapped_column(Uuid)
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "account_id"),
        ref("account_id", "account"),
        ref("referred_by_id", "customer"),
        CheckConstraint("referred_by_id <> id", name="not_by_herself"),
        Index(None, "tenant_id", "referred_by_id", postgresql_where=text("referred_by_id IS NOT NULL")),
    )


class Membership(Base):
    """A customer's membership of one cloud store: she has been there."""

    __tablename__ = "membership"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    customer_id: Mapped[Id]
    cloud_store_id: Mapped[Id]
    joined_at: Mapped[Instant]
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "customer_id", "cloud_store_id"),
        ref("customer_id", "customer"),
        ref("cloud_store_id", "cloud_store"),
        Index(None, "tenant_id", "customer_id", "joined_at", "id"),
        Index(None, "tenant_id", "cloud_store_id", "joined_at", "id"),
    )


class RightTerms(Base):
    """The terms of a right: what kind, how far it reaches, who issued it and who bears its cost.

    POINTS: `redeem_points` points are worth `redeem_fen`. [valid_from, valid_until) is when it may be used at all.
    """

    __tablename__ = "right_terms"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    kind: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    scope: Mapped[str]
    site_id: Mapped[UUID | None] = mapped_column(Uuid)
    cloud_store_id: Mapped[UUID | None] = mapped_column(Uuid)
    issuer_id: Mapped[Id]
    bearer_id: Mapped[Id]
    redeem_points: Mapped[int | None]
    redeem_fen: Mapped[int | None]
    valid_from: Mapped[Instant]
    valid_until: Mapped[Instant | None]
    is_generated: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "issuer_id", "code"),
        # The key lets what is held under the terms repeat their kind, and a foreign key keep the copy true.
        UniqueConstraint("tenant_id", "id", "kind", name="uq_right_terms_kind"),
        ref("site_id", "site"),
        ref("cloud_store_id", "cloud_store"),
        ref("issuer_id", "organization"),
        ref("bearer_id", "organization"),
        one_of("kind", RightKind),
        one_of("scope", RightScope),
        CheckConstraint(
            "(scope = 'SITE') = (site_id IS NOT NULL) AND (scope = 'STORE') = (cloud_store_id IS NOT NULL)",
            name="scope_names_its_place",
        ),
        CheckConstraint(
            "(kind = 'POINTS') = (redeem_points IS NOT NULL) AND (kind = 'POINTS') = (redeem_fen IS NOT NULL)",
            name="points_have_a_worth",
        ),
        *at_least(1, "redeem_points", "redeem_fen"),
        half_open("valid_from", "valid_until"),
    )


class RightHonour(Base):
    """An organisation that honours a right: itself alone, or with everyone below it."""

    __tablename__ = "right_honour"

    tenant_id: Mapped[TenantId]
    terms_id: Mapped[KeyId]
    organization_id: Mapped[KeyId]
    includes_below: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = table_args(
        ref("terms_id", "right_terms"),
        ref("organization_id", "organization"),
        Index(None, "tenant_id", "organization_id", "terms_id"),
    )


class MemberTier(Base):
    """A level of a TIER right, from `growth_from` on. A paid yuan earns `points_rate_pct` hundredths of a point."""

    __tablename__ = "member_tier"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    terms_id: Mapped[Id]
    terms_kind: Mapped[str] = mapped_column(Text, server_default=RightKind.TIER)
    level: Mapped[int]
    code: Mapped[str]
    name: Mapped[str]
    growth_from: Mapped[int]
    points_rate_pct: Mapped[int] = mapped_column(server_default="100")
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "terms_id", "level"),
        UniqueConstraint("tenant_id", "terms_id", "code"),
        UniqueConstraint("tenant_id", "terms_id", "growth_from"),
        UniqueConstraint("tenant_id", "terms_id", "id", name="uq_member_tier_of_terms"),
        _of_terms("member_tier"),
        CheckConstraint("terms_kind = 'TIER'", name="terms_kind"),
        CheckConstraint("points_rate_pct BETWEEN 0 AND 10000", name="points_rate"),
        *at_least(0, "level", at_most=MAX_QUANTITY),
        *at_least(0, "growth_from"),
    )


class MemberGrowth(Base):
    """What a customer has grown to under TIER terms, counted over all cloud stores of their scope, and her tier."""

    __tablename__ = "member_growth"

    tenant_id: Mapped[TenantId]
    customer_id: Mapped[KeyId]
    terms_id: Mapped[KeyId]
    growth: Mapped[int] = mapped_column(server_default="0")
    tier_id: Mapped[Id]
    __table_args__ = table_args(
        ref("customer_id", "customer"),
        ForeignKeyConstraint(
            ["tenant_id", "terms_id", "tier_id"],
            ["member_tier.tenant_id", "member_tier.terms_id", "member_tier.id"],
            name="fk_member_growth_tier",
        ),
        *at_least(0, "growth"),
        Index(None, "tenant_id", "tier_id"),
    )


class MemberBalance(Base):
    """What a customer holds under POINTS terms (points) or STORED_VALUE terms (minor units); never below zero."""

    __tablename__ = "member_balance"

    tenant_id: Mapped[TenantId]
    customer_id: Mapped[KeyId]
    terms_id: Mapped[KeyId]
    terms_kind: Mapped[str]
    balance: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = table_args(
        ref("customer_id", "customer"),
        _of_terms("member_balance"),
        CheckConstraint("terms_kind IN ('POINTS', 'STORED_VALUE')", name="terms_kind"),
        *at_least(0, "balance"),
        Index(None, "tenant_id", "terms_id"),
    )


class CouponOffer(Base):
    """What the coupons of COUPON terms take off, from what amount on. Given out by the campaign that names it."""

    __tablename__ = "coupon_offer"

    tenant_id: Mapped[TenantId]
    terms_id: Mapped[KeyId]
    terms_kind: Mapped[str] = mapped_column(Text, server_default=RightKind.COUPON)
    benefit: Mapped[str]
    threshold_fen: Mapped[int] = mapped_column(server_default="0")
    off_fen: Mapped[int | None]
    off_bps: Mapped[int | None]
    max_off_fen: Mapped[int | None]
    __table_args__ = table_args(
        _of_terms("coupon_offer"),
        CheckConstraint("terms_kind = 'COUPON'", name="terms_kind"),
        one_of("benefit", CouponBenefit),
        CheckConstraint(
            "(benefit = 'AMOUNT_OFF') = (off_fen IS NOT NULL) AND (benefit = 'PERCENT_OFF') = (off_bps IS NOT NULL)"
            " AND (benefit = 'PERCENT_OFF' OR max_off_fen IS NULL)",
            name="benefit_says_what",
        ),
        CheckConstraint("off_bps BETWEEN 1 AND 10000", name="off_bps_range"),
        CheckConstraint("off_fen <= threshold_fen OR threshold_fen = 0", name="never_more_than_the_threshold"),
        *at_least(0, "threshold_fen"),
        *at_least(1, "off_fen", "max_off_fen"),
    )


class Coupon(Base):
    """One coupon of a customer, usable over [valid_from, valid_until); an unpaid order may hold it."""

    __tablename__ = "coupon"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    customer_id: Mapped[Id]
    terms_id: Mapped[Id]
    code: Mapped[str]
    state: Mapped[str] = mapped_column(Text, server_default=CouponState.AVAILABLE)
    granted_at: Mapped[Instant]
    valid_from: Mapped[Instant]
    valid_until: Mapped[Instant]
    order_id: Mapped[UUID | None] = mapped_column(Uuid)
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "code"),
        ref("customer_id", "customer"),
        ForeignKeyConstraint(
            ["tenant_id", "terms_id"], ["coupon_offer.tenant_id", "coupon_offer.terms_id"], name="fk_coupon_offer"
        ),
        ref("order_id", "order_header"),
        one_of("state", CouponState),
        CheckConstraint("(state IN ('LOCKED', 'USED')) = (order_id IS NOT NULL)", name="order_holds_it"),
        half_open("valid_from", "valid_until"),
        Index(None, "tenant_id", "customer_id", "valid_until", "id"),
        Index(None, "tenant_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
        Index(None, "tenant_id", "terms_id"),
    )


# ── who joins ─────────────────────────────────────────────────────────────────────────────────────────────────────────
_OPEN_ACCOUNT = text("""
    INSERT INTO account (tenant_id, id, subject, display_name) VALUES (:tenant, :id, :subject, :name)
    ON CONFLICT (tenant_id, subject) DO NOTHING
""")
_ACCOUNT = text("""
    SELECT id FROM account WHERE tenant_id = :tenant AND subject = :subject AND is_active FOR NO KEY UPDATE
""")
_ENTER = text("""
    INSERT INTO customer (tenant_id, id, account_id, joined_at) VALUES (:tenant, :id, :account, :now)
    ON CONFLICT (tenant_id, account_id) DO NOTHING RETURNING id
""")
_KEEP_CALLING = text("""
    UPDATE staff s SET display_name = a.display_name FROM account a
    WHERE s.tenant_id = :tenant AND s.account_id = :id AND s.display_name IS NULL
      AND a.tenant_id = :tenant AND a.id = :id
""")
"""Organisations go on calling her as they do: what she calls herself as a shopper is not told to them."""
_CALL = text("UPDATE account SET display_name = :name WHERE tenant_id = :tenant AND id = :id AND display_name <> :name")
_ENTERED = text("SELECT id FROM customer WHERE tenant_id = :tenant AND account_id = :account")
_LOCK = text("SELECT FROM customer WHERE tenant_id = :tenant AND id = :customer FOR NO KEY UPDATE")
_PLACES = text("""
    SELECT count(*) AS held, coalesce(bool_or(cloud_store_id = :store), false) AS here
    FROM membership WHERE tenant_id = :tenant AND customer_id = :customer
""")
_JOIN = text("""
    INSERT INTO membership (tenant_id, id, customer_id, cloud_store_id, joined_at)
    VALUES (:tenant, :id, :customer, :store, :now)
""")


async def enter(tx: Transaction, subject: str, name: str) -> UUID | None:
    """The customer that an issuer of tokens calls so, who is one from now on; None where her account is shut.

    She is called as she says herself, whatever somebody wrote who named her account before she came.
    """
    tenant = {"tenant": tx.tenant_id}
    await tx.execute(_OPEN_ACCOUNT, {**tenant, "id": new_id(), "subject": subject, "name": name})
    account = await tx.scalar(_ACCOUNT, {**tenant, "subject": subject})
    if account is None:
        return None
    made: UUID | None = await tx.scalar(_ENTER, {**tenant, "id": new_id(), "account": account, "now": tx.now})
    if made is not None:
        await tx.execute(_KEEP_CALLING, {**tenant, "id": account})
        await tx.execute(_CALL, {**tenant, "id": account, "name": name})
        return made
    customer: UUID = await tx.scalar(_ENTERED, {**tenant, "account": account})
    return customer


class Places(NamedTuple):
    """Of how many cloud stores a customer is a member, and whether of one in question."""

    held: int
    here: bool


async def places_of(tx: Transaction, customer: UUID, cloud_store: UUID) -> Places:
    """Where a customer is a member; she is locked until the act ends."""
    who = {"tenant": tx.tenant_id, "customer": customer}
    await tx.execute(_LOCK, who)
    return Places._make((await tx.execute(_PLACES, {**who, "store": cloud_store})).one())


async def join(tx: Transaction, customer: UUID, cloud_store: UUID) -> None:
    """Make a customer, whom this act has locked, a member of a cloud store."""
    values = {"tenant": tx.tenant_id, "id": new_id(), "customer": customer, "store": cloud_store, "now": tx.now}
    await tx.execute(_JOIN, values)
