"""What acts leave behind beside their effect: the keys under which they were done, and who did what for whom."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.access import SYSTEM, ActorClass
from domain.base import MAX_ROWS
from models.base import Base, Instant, NewId, TenantId, one_of, ref, table_args, unkeyed_args

MAX_KEY_CHARS = 100
"""The longest idempotency key."""


class IdempotencyKey(Base):
    """A key under which an actor has done an act: the digest of what was asked, and the kind and id of the result."""

    __tablename__ = "idempotency_key"

    tenant_id: Mapped[TenantId]
    actor: Mapped[str] = mapped_column(Text, primary_key=True)
    operation: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    asked: Mapped[str]
    """The SHA-256 of the command, in hexadecimal digits."""
    result: Mapped[str | None]
    result_id: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[Instant]
    __table_args__ = unkeyed_args(
        CheckConstraint(f"char_length(key) BETWEEN 1 AND {MAX_KEY_CHARS}", name="key_length"),
        CheckConstraint("octet_length(asked) = 64", name="asked"),
        CheckConstraint("(result IS NULL) = (result_id IS NULL)", name="result_whole"),
        Index(None, "tenant_id", "created_at"),
    )


class AuditEntry(Base):
    """One act, append-only: who did what to which thing, speaking for whom, and on behalf of whom."""

    __tablename__ = "audit_entry"

    tenant_id: Mapped[TenantId]
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[Instant]
    operation: Mapped[str]
    actor_class: Mapped[str]
    actor: Mapped[str]
    organization_id: Mapped[UUID | None] = mapped_column(Uuid)
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(Uuid)
    target: Mapped[str]
    target_id: Mapped[UUID] = mapped_column(Uuid)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    __table_args__ = unkeyed_args(
        ref("organization_id", "organization"),
        ref("on_behalf_of_id", "organization"),
        one_of("actor_class", (*ActorClass, SYSTEM)),
        Index(None, "tenant_id", "target_id", "id"),
    )


class BulkResult(Base):
    """What came of the rows of one act, in their order: the thing that was saved, or why the row was refused.

    `about_id` is what all rows are about, where the act knows it. Each place of the two arrays holds one of the two; a
    refusal is its code and facts as JSON, from which `domain.base.retold` makes it. It goes with its act's key.
    """

    __tablename__ = "bulk_result"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    about_id: Mapped[UUID | None] = mapped_column(Uuid)
    done: Mapped[list[UUID | None]] = mapped_column(ARRAY(Uuid()))
    refused: Mapped[list[str | None]] = mapped_column(ARRAY(Text()))
    created_at: Mapped[Instant]
    __table_args__ = table_args(
        CheckConstraint(
            f"cardinality(done) BETWEEN 0 AND {MAX_ROWS} AND cardinality(refused) = cardinality(done)", name="rows"
        ),
    )
