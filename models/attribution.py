"""The attribution centre's tables: promoters, touches, and the one active binding of a customer with its chain."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.attribution import BindingEnd, PromoterKind, TouchOutcome, TouchRejection, TouchSource
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


class Promoter(Base):
    """A person who brings sales to one organisation and is not its staff."""

    __tablename__ = "promoter"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    account_id: Mapped[Id]
    organization_id: Mapped[Id]
    kind: Mapped[str]
    code: Mapped[str]
    joined_at: Mapped[Instant]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "code"),
        code_length(),
        UniqueConstraint("tenant_id", "account_id", "organization_id"),
        ref("account_id", "account"),
        ref("organization_id", "organization"),
        one_of("kind", PromoterKind),
        Index(None, "tenant_id", "organization_id", "code", "id"),
    )


class Touch(Base):
    """One touch of a customer by an organisation, a guide of it or a promoter. Kept for ever, the rejected ones too."""

    __tablename__ = "touch"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    customer_id: Mapped[Id]
    organization_id: Mapped[Id]
    guide_id: Mapped[UUID | None] = mapped_column(Uuid)
    promoter_id: Mapped[UUID | None] = mapped_column(Uuid)
    source: Mapped[str]
    strength: Mapped[int]
    terminal: Mapped[str]
    occurred_at: Mapped[Instant]
    outcome: Mapped[str]
    rejection: Mapped[str | None]
    __table_args__ = table_args(
        ref("customer_id", "customer"),
        ref("organization_id", "organization"),
        ref("guide_id", "staff"),
        ref("promoter_id", "promoter"),
        one_of("source", TouchSource),
        one_of("terminal", Terminal),
        one_of("outcome", TouchOutcome),
        one_of("rejection", TouchRejection),
        CheckConstraint("(outcome = 'REJECTED') = (rejection IS NOT NULL)", name="rejection_has_a_reason"),
        *at_least(0, "strength"),
        Index(None, "tenant_id", "customer_id", "occurred_at", "id"),
        Index(None, "tenant_id", "organization_id", "occurred_at", "id"),
    )


class Binding(Base):
    """A customer bound to the organisation that brought her; at most one is active, the ended ones are her history.

    [bound_at, protected_until) nobody but a hand moves her, [bound_at, valid_until) the owner is paid for her.
    """

    __tablename__ = "binding"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    customer_id: Mapped[Id]
    owner_id: Mapped[Id]
    guide_id: Mapped[UUID | None] = mapped_column(Uuid)
    promoter_id: Mapped[UUID | None] = mapped_column(Uuid)
    source: Mapped[str]
    strength: Mapped[int]
    bound_at: Mapped[Instant]
    protected_until: Mapped[Instant]
    valid_until: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    end_cause: Mapped[str | None]
    end_reason: Mapped[str | None]
    __table_args__ = table_args(
        ref("customer_id", "customer"),
        ref("owner_id", "organization"),
        ref("guide_id", "staff"),
        ref("promoter_id", "promoter"),
        one_of("source", TouchSource),
        one_of("end_cause", BindingEnd),
        CheckConstraint("(ended_at IS NULL) = (end_cause IS NULL)", name="an_end_has_a_cause"),
        CheckConstraint(
            "end_cause NOT IN ('TRANSFERRED', 'RELEASED') OR end_reason IS NOT NULL", name="a_hand_gives_a_reason"
        ),
        CheckConstraint("protected_until <= valid_until", name="protected_while_valid"),
        half_open("bound_at", "protected_until"),
        CheckConstraint("ended_at >= bound_at", name="ends_after_it_began"),
        *at_least(0, "strength"),
        Index("uq_binding_active", "tenant_id", "customer_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index(None, "tenant_id", "customer_id", "bound_at", "id"),
        Index("ix_binding_owner", "tenant_id", "owner_id", "bound_at", "id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_binding_guide", "tenant_id", "guide_id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_binding_promoter", "tenant_id", "promoter_id", postgresql_where=text("ended_at IS NULL")),
    )


class BindingHop(Base):
    """One organisation of a binding's chain, frozen when it was bound; 0 hops is the owner."""

    __tablename__ = "binding_hop"

    tenant_id: Mapped[TenantId]
    binding_id: Mapped[KeyId]
    hops: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[Id]
    tier: Mapped[str] = mapped_column(Text)
    __table_args__ = table_args(
        ref("binding_id", "binding"),
        ref("organization_id", "organization"),
        UniqueConstraint("tenant_id", "binding_id", "organization_id"),
        CheckConstraint("tier IN ('SUBSIDIARY', 'AGENT', 'DISTRIBUTOR', 'STORE')", name="below_brand"),
        *at_least(0, "hops"),
        Index(None, "tenant_id", "organization_id"),
    )
