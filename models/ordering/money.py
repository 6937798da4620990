"""The ordering centre's tables of money: payments of orders, what goes back of them, and what providers told.

Journals are the settlement centre's. A payment and its refunds are changed under the lock of their order alone.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.ordering import (
    MAX_NOTE_CHARS,
    MAX_REFUND_REASON_CHARS,
    ODD,
    NoticeKind,
    NoticeOutcome,
    PaymentState,
    RefundState,
)
from models.base import Base, Id, Instant, KeyId, NewId, TenantId, at_least, new_id, one_of, part_of, ref, table_args

MAX_PROVIDER_CHARS = 40
MAX_REFERENCE_CHARS = 200
MAX_URL_CHARS = 2_000
REFERENCE_ONCE = "uq_payment_tenant_id_provider_reference"
"""The constraint that a provider's reference is one payment's."""


def _listed(outcomes: Iterable[NoticeOutcome]) -> str:
    return ", ".join(f"'{outcome}'" for outcome in sorted(outcomes))


OPEN = f"closed_at IS NULL AND outcome IN ({_listed(ODD)})"
"""A notice that somebody has to look at still."""


class Payment(Base):
    """What a provider is to take for an order. `covers`: it is the one that paid the order.

    `reference` and `pay_url` are the provider's, once it has been asked; `amount_fen` is what it was asked for,
    `came_fen` what came, which is not always the same. `refunded_fen` is what goes back of that, from the moment that
    is decided. `due_at`: when the provider is asked next what became of it, while it has not said; also of one that
    was closed here.
    """

    __tablename__ = "payment"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    order_id: Mapped[Id]
    provider: Mapped[str]
    reference: Mapped[str | None]
    pay_url: Mapped[str | None]
    state: Mapped[str]
    covers: Mapped[bool] = mapped_column(server_default="false")
    amount_fen: Mapped[int]
    came_fen: Mapped[int | None]
    refunded_fen: Mapped[int] = mapped_column(server_default="0")
    currency: Mapped[str]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    paid_at: Mapped[Instant | None]
    journal_id: Mapped[UUID | None] = mapped_column(Uuid)
    due_at: Mapped[Instant | None]
    asked: Mapped[int] = mapped_column(server_default="0")
    """How often the provider was asked what became of it."""
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "provider", "reference"),
        UniqueConstraint("tenant_id", "id", "order_id"),
        UniqueConstraint("tenant_id", "journal_id"),
        ref("order_id", "order_header"),
        ref("journal_id", "journal"),
        one_of("state", PaymentState),
        *at_least(1, "amount_fen", "came_fen"),
        *at_least(0, "asked"),
        CheckConstraint("refunded_fen BETWEEN 0 AND coalesce(came_fen, 0)", name="refunded_within_came"),
        CheckConstraint("(state = 'PAID') = (came_fen IS NOT NULL)", name="paid_has_come"),
        CheckConstraint("NOT covers OR came_fen >= amount_fen", name="covers_in_full"),
        CheckConstraint("(state = 'PAID') = (paid_at IS NOT NULL)", name="paid_when"),
        CheckConstraint("(state = 'PAID') = (journal_id IS NOT NULL)", name="paid_is_booked"),
        CheckConstraint("state <> 'PAID' OR due_at IS NULL", name="paid_is_known"),
        CheckConstraint("state = 'PAID' OR (NOT covers AND refunded_fen = 0)", name="paid_first"),
        CheckConstraint(f"char_length(provider) BETWEEN 1 AND {MAX_PROVIDER_CHARS}", name="provider_length"),
        CheckConstraint(f"char_length(reference) BETWEEN 1 AND {MAX_REFERENCE_CHARS}", name="reference_length"),
        CheckConstraint(f"char_length(pay_url) BETWEEN 1 AND {MAX_URL_CHARS}", name="pay_url_length"),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        Index("uq_payment_open", "tenant_id", "order_id", unique=True, postgresql_where=text("state = 'CREATED'")),
        Index("uq_payment_covering", "tenant_id", "order_id", unique=True, postgresql_where=text("covers")),
        Index("ix_payment_due_at", "due_at", "tenant_id", "id", postgresql_where=text("due_at IS NOT NULL")),
        Index(None, "tenant_id", "order_id", "created_at", "id"),
    )


class Refund(Base):
    """What goes back of a payment: decided and booked when it is written. `due_at`: when the provider is told next."""

    __tablename__ = "refund"

    tenant_id: Mapped[TenantId]
    id: Mapped[NewId]
    order_id: Mapped[Id]
    payment_id: Mapped[Id]
    state: Mapped[str]
    amount_fen: Mapped[int]
    reason: Mapped[str]
    journal_id: Mapped[Id]
    created_at: Mapped[Instant]
    settled_at: Mapped[Instant | None]
    due_at: Mapped[Instant | None]
    asked: Mapped[int] = mapped_column(server_default="0")
    """How often the provider was told."""
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "journal_id"),
        ref("order_id", "order_header"),
        UniqueConstraint("tenant_id", "id", "order_id"),
        part_of("payment_id", "payment", "order_id"),
        ref("journal_id", "journal"),
        one_of("state", RefundState),
        *at_least(1, "amount_fen"),
        *at_least(0, "asked"),
        CheckConstraint("(state = 'PENDING') = (due_at IS NOT NULL)", name="due_while_pending"),
        CheckConstraint("(state = 'PENDING') = (settled_at IS NULL)", name="settled_when"),
        CheckConstraint(f"char_length(reason) BETWEEN 1 AND {MAX_REFUND_REASON_CHARS}", name="reason_length"),
        Index("ix_refund_due_at", "due_at", "tenant_id", "id", postgresql_where=text("due_at IS NOT NULL")),
        Index(None, "tenant_id", "order_id", "created_at", "id"),
        Index(None, "tenant_id", "payment_id"),
    )


class RefundLine(Base):
    """What of a refund is for one line of the order, append-only; `quantity` units, or 0 where it is money alone."""

    __tablename__ = "refund_line"

    tenant_id: Mapped[TenantId]
    refund_id: Mapped[KeyId]
    line: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[Id]
    quantity: Mapped[int]
    amount_fen: Mapped[int]
    __table_args__ = table_args(
        part_of("refund_id", "refund", "order_id"),
        ForeignKeyConstraint(
            ["tenant_id", "order_id", "line"], ["order_line.tenant_id", "order_line.order_id", "order_line.line"]
        ),
        *at_least(0, "quantity", "amount_fen"),
        CheckConstraint("quantity + amount_fen > 0", name="something"),
        Index(None, "tenant_id", "order_id", "line"),
    )


class PaymentNotice(Base):
    """What a provider told, once for each of its own ids, and what that did. What it names need not be known here.

    `refund_id`: the refund that it tells of; of money that came otherwise than asked, the one that gives it back.
    `seller_id`: whose order it is about, where that is known. A notice that somebody has to look at is open until
    `closed_at`, when somebody has, and said so in a `note`, or another notice has settled it.
    """

    __tablename__ = "payment_notice"

    tenant_id: Mapped[TenantId]
    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    notice: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, default=new_id)
    kind: Mapped[str]
    payment_id: Mapped[Id]
    refund_id: Mapped[UUID | None] = mapped_column(Uuid)
    reference: Mapped[str]
    amount_fen: Mapped[int]
    currency: Mapped[str]
    told_at: Mapped[Instant]
    received_at: Mapped[Instant]
    outcome: Mapped[str]
    seller_id: Mapped[UUID | None] = mapped_column(Uuid)
    closed_at: Mapped[Instant | None]
    note: Mapped[str | None]
    __table_args__ = table_args(
        UniqueConstraint("tenant_id", "id"),
        ref("seller_id", "organization"),
        one_of("kind", NoticeKind),
        one_of("outcome", NoticeOutcome),
        CheckConstraint(f"char_length(notice) BETWEEN 1 AND {MAX_REFERENCE_CHARS}", name="notice_length"),
        CheckConstraint(f"char_length(reference) <= {MAX_REFERENCE_CHARS}", name="reference_length"),
        CheckConstraint(f"char_length(provider) BETWEEN 1 AND {MAX_PROVIDER_CHARS}", name="provider_length"),
        CheckConstraint("seller_id IS NOT NULL OR outcome IN ('UNKNOWN', 'NOTED')", name="seller_known"),
        CheckConstraint(f"closed_at IS NULL OR outcome IN ({_listed(ODD)})", name="closed_odd"),
        CheckConstraint("note IS NULL OR closed_at IS NOT NULL", name="note_of_closed"),
        CheckConstraint(f"char_length(note) BETWEEN 1 AND {MAX_NOTE_CHARS}", name="note_length"),
        Index(None, "tenant_id", "payment_id", "received_at"),
        Index("ix_payment_notice_odd", "tenant_id", "received_at", "id", postgresql_where=text(OPEN)),
        Index("ix_payment_notice_odd_of", "tenant_id", "seller_id", "received_at", "id", postgresql_where=text(OPEN)),
    )
