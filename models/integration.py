"""The integration centre's tables: partner clients, other systems' names for our aggregates, stored documents."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.integration import PartnerKind
from models.base import Base, Id, KeyId, NewId, TenantId, one_of, ref, table_args

MAX_DOCUMENT_CHARS = 100_000
"""Characters of a stored document."""
MAX_DOCUMENT_NAME_CHARS = 200
"""Characters of what its file is called."""


class PartnerClient(Base):
    """A partner's system (ERP, WMS, TMS, DMS) that speaks for one organisation."""

    __tablename__ = "partner_client"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    organization_id: Mapped[Id]
    kind: Mapped[str]
    subject: Mapped[str]
    name: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "subject"), ref("organization_id", "organization"), one_of("kind", PartnerKind)
    )


class ExternalReference(Base):
    """What a system of `organization` calls one of our aggregates, of any kind: no foreign key holds the aggregate."""

    __tablename__ = "external_reference"

    tenant_id: Mapped[TenantId]
    organization_id: Mapped[KeyId]
    aggregate: Mapped[str] = mapped_column(Text, primary_key=True)
    system: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True)
    aggregate_id: Mapped[UUID] = mapped_column(Uuid)
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "aggregate", "aggregate_id", "organization_id", "system"),
        ref("organization_id", "organization"),
        CheckConstraint("aggregate ~ '^[a-z_]+$'", name="aggregate"),
    )


class StoredDocument(Base):
    """A GraphQL document that a tenant's clients may name by the SHA-256 of its text, in hexadecimal digits."""

    __tablename__ = "stored_document"

    tenant_id: Mapped[TenantId]
    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str]
    text: Mapped[str]
    stored_at: Mapped[datetime]
    __table_args__ = table_args(
        CheckConstraint("hash = encode(sha256(convert_to(text, 'UTF8')), 'hex')", name="hash"),
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {MAX_DOCUMENT_NAME_CHARS}", name="name_length"),
        CheckConstraint(f"char_length(text) BETWEEN 1 AND {MAX_DOCUMENT_CHARS}", name="text_length"),
    )
