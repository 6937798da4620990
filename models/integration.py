"""The integration centre's tables: partner clients, and other systems' names for our aggregates."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.integration import PartnerKind
from models.base import Base, Id, KeyId, NewId, TenantId, one_of, ref, table_args


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
