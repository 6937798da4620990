"""The channel centre's tables of who there is: tenants, organisations and their edges, people and their roles.

`tenant`, `tenant_host` and `region` are shared by all tenants and carry no row security; every other table is a
tenant's own.
"""

from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.channel import (
    HOST_NAME,
    MAX_HOST_CHARS,
    MAX_TAGS,
    PHONE_ADDRESS,
    EdgeKind,
    OrganizationStatus,
    Role,
    Tier,
)
from domain.member import PHONE
from models.base import (
    Base,
    Id,
    Instant,
    KeyId,
    NewId,
    TenantId,
    TextList,
    at_least,
    code_length,
    one_of,
    ref,
    table_args,
)

MAX_NAME_CHARS = 100
"""The longest name that an act gives."""
MAX_REASON_CHARS = 500
"""The longest reason."""
MAX_TENANTS = 10_000
"""The most tenants of a platform: each process knows all of them."""
MAX_HOSTS = 100
"""The most host names of a tenant."""
MAX_STORED_ONLY = 100
"""Clients of a tenant that may send stored documents only."""


class Tenant(Base):
    """One channel platform; may hold several brands. Shared table."""

    __tablename__ = "tenant"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str]
    currency: Mapped[str] = mapped_column(Text, server_default="CNY")
    time_zone: Mapped[str] = mapped_column(Text, server_default="Asia/Shanghai")
    stored_only: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Clients that may send stored documents only."""
    __table_args__ = (
        CheckConstraint(f"cardinality(stored_only) <= {MAX_STORED_ONLY}", name="stored_only"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="code"),
    )


class TenantHost(Base):
    """The host names under which a tenant is reached. Shared table."""

    __tablename__ = "tenant_host"

    host: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("tenant.id"), index=True)
    __table_args__ = (CheckConstraint(f"char_length(host) <= {MAX_HOST_CHARS} AND host ~ '{HOST_NAME}'", name="name"),)


class Region(Base):
    """Administrative regions (GB/T 2260, a state's counties …). Shared table."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"), index=True)
    __table_args__ = (code_length(),)


class Account(Base):
    """One person's login, whatever she is: shopper, clerk, buyer. No two of a tenant share a subject or a phone.

    `phone` is written in one way alone, so that the same number is the same text: see `domain.member.PHONE`. It says
    where she is reached and proves nothing: an account is found by its subject, which for who logs in by her phone is
    that phone's address.
    """

    __tablename__ = "account"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    subject: Mapped[str]
    display_name: Mapped[str]
    phone: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "subject"),
        CheckConstraint(f"phone ~ '{PHONE}'", name="phone"),
        CheckConstraint(
            f"subject NOT LIKE '{PHONE_ADDRESS}%' OR"
            f" substr(subject, {len(PHONE_ADDRESS) + 1}) ~ '{PHONE}'"
            f" AND coalesce('{PHONE_ADDRESS}' || phone = subject, true)",
            name="called_by_its_phone",
        ),
        Index("uq_account_phone", "tenant_id", "phone", unique=True, postgresql_where=text("phone IS NOT NULL")),
    )


class Organization(Base):
    """A legal or trading party of one tier. `latitude_e7` and `longitude_e7` are ten-millionths of a degree.

    `suspended_by_id` is which organisation has suspended it; null where the platform has, or nobody.
    """

    __tablename__ = "organization"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    tier: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(Text, server_default=OrganizationStatus.ACTIVE)
    tags: Mapped[TextList]
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    address: Mapped[str | None]
    city: Mapped[str | None]
    postal_code: Mapped[str | None]
    latitude_e7: Mapped[int | None]
    longitude_e7: Mapped[int | None]
    suspended_by_id: Mapped[UUID | None] = mapped_column(Uuid)
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "tier", "code"),
        # What the closure repeats of its descendant; the key lets a foreign key keep the copy true.
        UniqueConstraint("tenant_id", "id", "tier", "code", name="uq_organization_copied"),
        Index(None, "tenant_id", "tier", "region_code", "code"),
        code_length(),
        one_of("tier", Tier),
        one_of("status", OrganizationStatus),
        ref("suspended_by_id", "organization"),
        CheckConstraint("suspended_by_id IS NULL OR status = 'SUSPENDED'", name="suspended_by_of_suspended"),
        CheckConstraint("suspended_by_id <> id", name="not_by_itself"),
        CheckConstraint(f"cardinality(tags) <= {MAX_TAGS}", name="tags"),
        CheckConstraint("latitude_e7 BETWEEN -900000000 AND 900000000", name="latitude"),
        CheckConstraint("longitude_e7 BETWEEN -1800000000 AND 1800000000", name="longitude"),
        CheckConstraint("(latitude_e7 IS NULL) = (longitude_e7 IS NULL)", name="point_whole"),
    )


class OrganizationEdge(Base):
    """`upstream` supplies, operates for or services `downstream`; of the suppliers exactly one is primary."""

    __tablename__ = "organization_edge"

    tenant_id: Mapped[TenantId]
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    downstream_id: Mapped[KeyId]
    upstream_id: Mapped[KeyId]
    is_primary: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = table_args(
        ref("upstream_id", "organization"),
        ref("downstream_id", "organization"),
        one_of("kind", EdgeKind),
        CheckConstraint("upstream_id <> downstream_id", name="not_itself"),
        CheckConstraint("NOT is_primary OR kind = 'SUPPLIES'", name="primary_supplies"),
        Index(
            "uq_organization_edge_primary",
            "tenant_id",
            "downstream_id",
            unique=True,
            postgresql_where=text("is_primary"),
        ),
        Index(None, "tenant_id", "upstream_id", "kind", "downstream_id"),
    )


class OrganizationClosure(Base):
    """Every ancestor of every organisation over all SUPPLIES edges, itself included at 0 hops; `hops` is the fewest.

    Tier and code of the descendant, which never change, are repeated so that a page of descendants is one range of one
    index; the foreign key keeps the copy true.
    """

    __tablename__ = "organization_closure"

    tenant_id: Mapped[TenantId]
    descendant_id: Mapped[KeyId]
    ancestor_id: Mapped[KeyId]
    hops: Mapped[int]
    descendant_tier: Mapped[str]
    descendant_code: Mapped[str]
    __table_args__ = table_args(
        ref("ancestor_id", "organization"),
        ForeignKeyConstraint(
            ["tenant_id", "descendant_id", "descendant_tier", "descendant_code"],
            ["organization.tenant_id", "organization.id", "organization.tier", "organization.code"],
            name="fk_organization_closure_descendant",
        ),
        CheckConstraint("(hops = 0) = (ancestor_id = descendant_id)", name="self_is_zero"),
        *at_least(0, "hops"),
        Index(
            "ix_organization_closure_tier",
            "tenant_id",
            "ancestor_id",
            "descendant_tier",
            "descendant_code",
            "descendant_id",
        ),
        Index("ix_organization_closure_code", "tenant_id", "ancestor_id", "descendant_code", "descendant_id"),
    )


class ChannelRevision(Base):
    """How often a tenant's channel has changed in what concerns all of it: who supplies whom, its sites.

    Every such change writes it, under lock: cycles and the closure hang on edges of which an act does not know.
    """

    __tablename__ = "channel_revision"

    tenant_id: Mapped[TenantId]
    revision: Mapped[int]
    __table_args__ = table_args(*at_least(0, "revision"))


class StoreApplication(Base):
    """A store that a person registered under an upstream, and what came of it; the organisation has the status."""

    __tablename__ = "store_application"

    tenant_id: Mapped[TenantId]
    organization_id: Mapped[KeyId]
    upstream_id: Mapped[Id]
    account_id: Mapped[Id]
    applied_at: Mapped[Instant]
    decided_at: Mapped[Instant | None]
    reason: Mapped[str | None]
    __table_args__ = table_args(
        ref("organization_id", "organization"),
        ref("upstream_id", "organization"),
        ref("account_id", "account"),
        CheckConstraint("organization_id <> upstream_id", name="not_itself"),
        CheckConstraint("reason IS NULL OR decided_at IS NOT NULL", name="reason_of_decision"),
        CheckConstraint(f"char_length(reason) BETWEEN 1 AND {MAX_REASON_CHARS}", name="reason_length"),
        Index(
            "ix_store_application_waiting",
            "tenant_id",
            "upstream_id",
            "applied_at",
            "organization_id",
            postgresql_where=text("decided_at IS NULL"),
        ),
        Index(None, "tenant_id", "account_id"),
    )


class SupplyOffer(Base):
    """One of two organisations says that the first is to supply the second; the edge is there once the other agrees."""

    __tablename__ = "supply_offer"

    tenant_id: Mapped[TenantId]
    downstream_id: Mapped[KeyId]
    upstream_id: Mapped[KeyId]
    offered_by_id: Mapped[Id]
    offered_at: Mapped[Instant]
    __table_args__ = table_args(
        ref("downstream_id", "organization"),
        ref("upstream_id", "organization"),
        ref("offered_by_id", "organization"),
        CheckConstraint("upstream_id <> downstream_id", name="not_itself"),
        CheckConstraint("offered_by_id IN (upstream_id, downstream_id)", name="by_one_of_both"),
        Index(None, "tenant_id", "upstream_id", "downstream_id"),
        Index(None, "tenant_id", "offered_by_id"),
    )


class Staff(Base):
    """An account's role in an organisation. `display_name` is what her people there call her, if they said so.

    What the account itself is called they need not know before she comes.
    """

    __tablename__ = "staff"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    account_id: Mapped[Id]
    organization_id: Mapped[Id]
    role: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    display_name: Mapped[str | None]
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "account_id", "organization_id", "role"),
        CheckConstraint(f"char_length(display_name) BETWEEN 1 AND {MAX_NAME_CHARS}", name="display_name_length"),
        ref("account_id", "account"),
        ref("organization_id", "organization"),
        one_of("role", Role),
        Index(None, "tenant_id", "organization_id"),
    )
