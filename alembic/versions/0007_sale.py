"""sale: what orders are paid, whose goods they have, what ships and what goes back

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from models import wall

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = (
    "payment_notice",
    "payment",
    "shipment",
    "order_allocation",
    "refund",
    "shipment_line",
    "refund_line",
)
ADDED_TO = ("refund_line", "shipment", "shipment_line")
KEPT = ("order_header", "order_line")
"""Tables of before, whose rows the app role may not delete any more; it may delete none of those here."""
DUE = ("order_header", "refund")
ODD = "closed_at IS NULL AND outcome IN ('MISMATCH', 'REFUND_FAILED', 'UNKNOWN')"
POLICY = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"


def protect() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {table} USING ({POLICY}) WITH CHECK ({POLICY})")
        rights = "SELECT, INSERT" if table in ADDED_TO else "SELECT, INSERT, UPDATE"
        op.execute(f"GRANT {rights} ON {table} TO millrace_app")
    for table in KEPT:
        op.execute(f"REVOKE DELETE ON {table} FROM millrace_app")
    for table in DUE:
        op.execute(f"CREATE POLICY due ON {table} FOR SELECT TO millrace_worker USING (true)")
        op.execute(f"GRANT SELECT (tenant_id, id, due_at) ON {table} TO millrace_worker")


def upgrade() -> None:
    op.create_table(
        "payment_notice",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("told_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('PAID', 'CLOSED', 'REFUNDED', 'REFUND_FAILED')", name=op.f("ck_payment_notice_kind")
        ),
        sa.CheckConstraint(
            "outcome IN ('CONFIRMED', 'GIVEN_BACK', 'MISMATCH', 'UNKNOWN', 'CLOSED', 'REFUNDED', 'REFUND_FAILED', 'NOTED')",
            name=op.f("ck_payment_notice_outcome"),
        ),
        sa.CheckConstraint("char_length(notice) BETWEEN 1 AND 200", name=op.f("ck_payment_notice_notice_length")),
        sa.CheckConstraint("char_length(provider) BETWEEN 1 AND 40", name=op.f("ck_payment_notice_provider_length")),
        sa.CheckConstraint("char_length(reference) <= 200", name=op.f("ck_payment_notice_reference_length")),
        sa.CheckConstraint(
            "seller_id IS NOT NULL OR outcome IN ('UNKNOWN', 'NOTED')", name=op.f("ck_payment_notice_seller_known")
        ),
        sa.CheckConstraint(
            "closed_at IS NULL OR outcome IN ('MISMATCH', 'REFUND_FAILED', 'UNKNOWN')",
            name=op.f("ck_payment_notice_closed_odd"),
        ),
        sa.CheckConstraint("note IS NULL OR closed_at IS NOT NULL", name=op.f("ck_payment_notice_note_of_closed")),
        sa.CheckConstraint("char_length(note) BETWEEN 1 AND 200", name=op.f("ck_payment_notice_note_length")),
        sa.PrimaryKeyConstraint("tenant_id", "provider", "notice", name=op.f("pk_payment_notice")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_payment_notice_tenant_id_id")),
    )
    op.create_index(
        "ix_payment_notice_odd",
        "payment_notice",
        ["tenant_id", "received_at", "id"],
        unique=False,
        postgresql_where=sa.text(ODD),
    )
    op.create_index(
        "ix_payment_notice_odd_of",
        "payment_notice",
        ["tenant_id", "seller_id", "received_at", "id"],
        unique=False,
        postgresql_where=sa.text(ODD),
    )
    op.create_index(
        op.f("ix_payment_notice_tenant_id_payment_id_received_at"),
        "payment_notice",
        ["tenant_id", "payment_id", "received_at"],
        unique=False,
    )
    op.create_table(
        "payment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("pay_url", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("covers", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("paid_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("journal_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'PAID') = (journal_id IS NOT NULL)", name=op.f("ck_payment_paid_is_booked")),
        sa.CheckConstraint("(state = 'PAID') = (paid_at IS NOT NULL)", name=op.f("ck_payment_paid_when")),
        sa.CheckConstraint("state = 'PAID' OR (NOT covers AND refunded_fen = 0)", name=op.f("ck_payment_paid_first")),
        sa.CheckConstraint("state IN ('CREATED', 'PAID', 'CLOSED')", name=op.f("ck_payment_state")),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 9007199254740991", name=op.f("ck_payment_amount_fen_range")),
        sa.CheckConstraint("char_length(pay_url) BETWEEN 1 AND 2000", name=op.f("ck_payment_pay_url_length")),
        sa.CheckConstraint("char_length(provider) BETWEEN 1 AND 40", name=op.f("ck_payment_provider_length")),
        sa.CheckConstraint("char_length(reference) BETWEEN 1 AND 200", name=op.f("ck_payment_reference_length")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_payment_expires_later")),
        sa.CheckConstraint("refunded_fen BETWEEN 0 AND amount_fen", name=op.f("ck_payment_refunded_within_amount")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payment")),
        sa.UniqueConstraint("tenant_id", "id", "order_id", name=op.f("uq_payment_tenant_id_id_order_id")),
        sa.UniqueConstraint("tenant_id", "journal_id", name=op.f("uq_payment_tenant_id_journal_id")),
        sa.UniqueConstraint("tenant_id", "provider", "reference", name=op.f("uq_payment_tenant_id_provider_reference")),
    )
    op.create_index(
        op.f("ix_payment_tenant_id_order_id_created_at_id"),
        "payment",
        ["tenant_id", "order_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_payment_covering", "payment", ["tenant_id", "order_id"], unique=True, postgresql_where=sa.text("covers")
    )
    op.create_index(
        "uq_payment_open",
        "payment",
        ["tenant_id", "order_id"],
        unique=True,
        postgresql_where=sa.text("state = 'CREATED'"),
    )
    op.create_table(
        "shipment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("fulfiller_id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("tracking", sa.Text(), nullable=True),
        sa.Column("shipped_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("char_length(carrier) BETWEEN 1 AND 60", name=op.f("ck_shipment_carrier_length")),
        sa.CheckConstraint("char_length(tracking) BETWEEN 1 AND 60", name=op.f("ck_shipment_tracking_length")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("tenant_id", "id", "order_id", name=op.f("uq_shipment_tenant_id_id_order_id")),
    )
    op.create_index(
        op.f("ix_shipment_tenant_id_order_id_shipped_at_id"),
        "shipment",
        ["tenant_id", "order_id", "shipped_at", "id"],
        unique=False,
    )
    op.create_table(
        "order_allocation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("shipped", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("given_back", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "given_back BETWEEN 0 AND 9007199254740991", name=op.f("ck_order_allocation_given_back_range")
        ),
        sa.CheckConstraint("part BETWEEN 1 AND 9007199254740991", name=op.f("ck_order_allocation_part_range")),
        sa.CheckConstraint("quantity BETWEEN 1 AND 9007199254740991", name=op.f("ck_order_allocation_quantity_range")),
        sa.CheckConstraint("shipped + given_back <= quantity", name=op.f("ck_order_allocation_within_quantity")),
        sa.CheckConstraint("shipped BETWEEN 0 AND 9007199254740991", name=op.f("ck_order_allocation_shipped_range")),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", "part", name=op.f("pk_order_allocation")),
    )
    op.create_index(
        op.f("ix_order_allocation_tenant_id_location_id_sku_id_owner_id_lot_id"),
        "order_allocation",
        ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
        unique=False,
    )
    op.create_table(
        "refund",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("asked", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("(state = 'PENDING') = (due_at IS NOT NULL)", name=op.f("ck_refund_due_while_pending")),
        sa.CheckConstraint("(state = 'PENDING') = (settled_at IS NULL)", name=op.f("ck_refund_settled_when")),
        sa.CheckConstraint("state IN ('PENDING', 'DONE', 'FAILED')", name=op.f("ck_refund_state")),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 9007199254740991", name=op.f("ck_refund_amount_fen_range")),
        sa.CheckConstraint("asked BETWEEN 0 AND 9007199254740991", name=op.f("ck_refund_asked_range")),
        sa.CheckConstraint("char_length(reason) BETWEEN 1 AND 200", name=op.f("ck_refund_reason_length")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_refund")),
        sa.UniqueConstraint("tenant_id", "id", "order_id", name=op.f("uq_refund_tenant_id_id_order_id")),
        sa.UniqueConstraint("tenant_id", "journal_id", name=op.f("uq_refund_tenant_id_journal_id")),
    )
    op.create_index(
        "ix_refund_due_at",
        "refund",
        ["due_at", "tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_refund_tenant_id_order_id_created_at_id"),
        "refund",
        ["tenant_id", "order_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_refund_tenant_id_payment_id"), "refund", ["tenant_id", "payment_id"], unique=False)
    op.create_table(
        "shipment_line",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("part BETWEEN 1 AND 9007199254740991", name=op.f("ck_shipment_line_part_range")),
        sa.CheckConstraint("quantity BETWEEN 1 AND 9007199254740991", name=op.f("ck_shipment_line_quantity_range")),
        sa.PrimaryKeyConstraint("tenant_id", "shipment_id", "part", name=op.f("pk_shipment_line")),
    )
    op.create_table(
        "refund_line",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen BETWEEN 0 AND 9007199254740991", name=op.f("ck_refund_line_amount_fen_range")),
        sa.CheckConstraint("quantity + amount_fen > 0", name=op.f("ck_refund_line_something")),
        sa.CheckConstraint("quantity BETWEEN 0 AND 9007199254740991", name=op.f("ck_refund_line_quantity_range")),
        sa.PrimaryKeyConstraint("tenant_id", "refund_id", "line", name=op.f("pk_refund_line")),
    )
    op.create_index(
        op.f("ix_refund_line_tenant_id_order_id_line"), "refund_line", ["tenant_id", "order_id", "line"], unique=False
    )
    op.add_column("order_header", sa.Column("reservation_id", sa.Uuid(), nullable=True))
    op.add_column("order_header", sa.Column("payment_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("order_header", sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("order_header", sa.Column("cancel_cause", sa.Text(), nullable=True))
    op.add_column("order_header", sa.Column("paid_fen", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("order_header", sa.Column("refunded_fen", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(
        "ix_order_header_due_at",
        "order_header",
        ["due_at", "tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_order_header_open",
        "order_header",
        ["tenant_id", "customer_id"],
        unique=False,
        postgresql_where=sa.text("state = 'PENDING_PAYMENT'"),
    )
    op.create_index(
        "ix_reservation_open",
        "reservation",
        ["tenant_id", "customer_id"],
        unique=False,
        postgresql_where=sa.text("state = 'HELD'"),
    )
    op.create_index(
        "ix_reservation_unnamed",
        "reservation",
        ["tenant_id", "cloud_store_id"],
        unique=False,
        postgresql_where=sa.text("state = 'HELD' AND customer_id IS NULL"),
    )
    op.create_unique_constraint(
        op.f("uq_order_header_tenant_id_reservation_id"), "order_header", ["tenant_id", "reservation_id"]
    )
    op.create_foreign_key(
        op.f("fk_order_header_tenant_id_reservation_id"),
        "order_header",
        "reservation",
        ["tenant_id", "reservation_id"],
        ["tenant_id", "id"],
    )
    op.add_column("order_line", sa.Column("shipped", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("order_line", sa.Column("cancelled", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("order_line", sa.Column("refunded", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("order_line", sa.Column("refunded_fen", sa.BigInteger(), server_default="0", nullable=False))
    for table in ("order_header", "order_line"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    # What is told of orders that are over: everything of them has shipped.
    op.execute(
        "UPDATE order_line l SET shipped = l.quantity FROM order_header o"
        " WHERE o.tenant_id = l.tenant_id AND o.id = l.order_id AND o.state IN ('FULFILLED', 'COMPLETED')"
    )
    for table in ("order_header", "order_line"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.create_check_constraint(
        op.f("ck_order_header_cancel_cause"),
        "order_header",
        "cancel_cause IN ('EXPIRED', 'LAPSED', 'BY_BUYER', 'BY_SELLER', 'GOODS_GONE', 'REJECTED')",
    )
    op.create_check_constraint(
        op.f("ck_order_header_cause_of_cancelled"), "order_header", "cancel_cause IS NULL OR state = 'CANCELLED'"
    )
    op.create_check_constraint(
        op.f("ck_order_header_due_by_state"),
        "order_header",
        "(due_at IS NOT NULL) = (payment_due_at IS NOT NULL AND state IN ('PENDING_PAYMENT', 'FULFILLED')) AND (due_at = payment_due_at OR state = 'FULFILLED')",
    )
    op.create_check_constraint(
        op.f("ck_order_header_money_of_state"),
        "order_header",
        "payment_due_at IS NULL OR (CASE state WHEN 'PENDING_PAYMENT' THEN paid_fen = 0 WHEN 'CANCELLED' THEN refunded_fen = paid_fen AND cancel_cause IS NOT NULL ELSE paid_fen = total_fen END)",
    )
    op.create_check_constraint(
        op.f("ck_order_header_placed_with_goods"), "order_header", "(payment_due_at IS NULL) = (reservation_id IS NULL)"
    )
    op.create_check_constraint(
        op.f("ck_order_header_refunded_within_paid"),
        "order_header",
        "refunded_fen BETWEEN 0 AND paid_fen AND paid_fen <= total_fen",
    )
    op.create_check_constraint(
        op.f("ck_order_line_cancelled_range"), "order_line", "cancelled BETWEEN 0 AND 9007199254740991"
    )
    op.create_check_constraint(
        op.f("ck_order_line_refunded_fen_range"), "order_line", "refunded_fen BETWEEN 0 AND 9007199254740991"
    )
    op.create_check_constraint(
        op.f("ck_order_line_refunded_range"), "order_line", "refunded BETWEEN 0 AND 9007199254740991"
    )
    op.create_check_constraint(
        op.f("ck_order_line_refunded_within_moved"), "order_line", "refunded <= shipped + cancelled"
    )
    op.create_check_constraint(op.f("ck_order_line_refunded_within_net"), "order_line", "refunded_fen <= net_fen")
    op.create_check_constraint(
        op.f("ck_order_line_shipped_range"), "order_line", "shipped BETWEEN 0 AND 9007199254740991"
    )
    op.create_check_constraint(
        op.f("ck_order_line_shipped_within_quantity"), "order_line", "shipped + cancelled <= quantity"
    )
    for statement in wall.distribute((), TABLES):
        op.execute(statement)
    op.create_foreign_key(
        "fk_order_allocation_stock",
        "order_allocation",
        "stock",
        ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
        ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
    )
    op.create_foreign_key(op.f("fk_order_allocation_tenant_id"), "order_allocation", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_order_allocation_tenant_id_contribution_id"),
        "order_allocation",
        "pool_contribution",
        ["tenant_id", "contribution_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_order_allocation_tenant_id_order_id_line"),
        "order_allocation",
        "order_line",
        ["tenant_id", "order_id", "line"],
        ["tenant_id", "order_id", "line"],
    )
    op.create_foreign_key(op.f("fk_payment_tenant_id"), "payment", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_payment_tenant_id_journal_id"), "payment", "journal", ["tenant_id", "journal_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_payment_tenant_id_order_id"), "payment", "order_header", ["tenant_id", "order_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_payment_notice_tenant_id"), "payment_notice", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_payment_notice_tenant_id_seller_id"),
        "payment_notice",
        "organization",
        ["tenant_id", "seller_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_refund_tenant_id"), "refund", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_refund_tenant_id_journal_id"), "refund", "journal", ["tenant_id", "journal_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_refund_tenant_id_order_id"), "refund", "order_header", ["tenant_id", "order_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_refund_tenant_id_payment_id_order_id"),
        "refund",
        "payment",
        ["tenant_id", "payment_id", "order_id"],
        ["tenant_id", "id", "order_id"],
    )
    op.create_foreign_key(op.f("fk_refund_line_tenant_id"), "refund_line", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_refund_line_tenant_id_order_id_line"),
        "refund_line",
        "order_line",
        ["tenant_id", "order_id", "line"],
        ["tenant_id", "order_id", "line"],
    )
    op.create_foreign_key(
        op.f("fk_refund_line_tenant_id_refund_id_order_id"),
        "refund_line",
        "refund",
        ["tenant_id", "refund_id", "order_id"],
        ["tenant_id", "id", "order_id"],
    )
    op.create_foreign_key(op.f("fk_shipment_tenant_id"), "shipment", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_shipment_tenant_id_fulfiller_id"),
        "shipment",
        "organization",
        ["tenant_id", "fulfiller_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_shipment_tenant_id_order_id"),
        "shipment",
        "order_header",
        ["tenant_id", "order_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        "fk_shipment_line_stock",
        "shipment_line",
        "stock",
        ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
        ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
    )
    op.create_foreign_key(op.f("fk_shipment_line_tenant_id"), "shipment_line", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_shipment_line_tenant_id_order_id_line"),
        "shipment_line",
        "order_line",
        ["tenant_id", "order_id", "line"],
        ["tenant_id", "order_id", "line"],
    )
    op.create_foreign_key(
        op.f("fk_shipment_line_tenant_id_shipment_id_order_id"),
        "shipment_line",
        "shipment",
        ["tenant_id", "shipment_id", "order_id"],
        ["tenant_id", "id", "order_id"],
    )
    protect()


def downgrade() -> None:
    for table in KEPT:
        op.execute(f"GRANT DELETE ON {table} TO millrace_app")
    op.execute("DROP POLICY due ON order_header")
    op.execute("REVOKE SELECT (tenant_id, id, due_at) ON order_header FROM millrace_worker")
    op.drop_constraint(op.f("ck_order_header_cancel_cause"), "order_header", type_="check")
    op.drop_constraint(op.f("ck_order_header_cause_of_cancelled"), "order_header", type_="check")
    op.drop_constraint(op.f("ck_order_header_due_by_state"), "order_header", type_="check")
    op.drop_constraint(op.f("ck_order_header_money_of_state"), "order_header", type_="check")
    op.drop_constraint(op.f("ck_order_header_placed_with_goods"), "order_header", type_="check")
    op.drop_constraint(op.f("ck_order_header_refunded_within_paid"), "order_header", type_="check")
    op.drop_constraint(op.f("ck_order_line_cancelled_range"), "order_line", type_="check")
    op.drop_constraint(op.f("ck_order_line_refunded_fen_range"), "order_line", type_="check")
    op.drop_constraint(op.f("ck_order_line_refunded_range"), "order_line", type_="check")
    op.drop_constraint(op.f("ck_order_line_refunded_within_moved"), "order_line", type_="check")
    op.drop_constraint(op.f("ck_order_line_refunded_within_net"), "order_line", type_="check")
    op.drop_constraint(op.f("ck_order_line_shipped_range"), "order_line", type_="check")
    op.drop_constraint(op.f("ck_order_line_shipped_within_quantity"), "order_line", type_="check")
    op.drop_column("order_line", "refunded_fen")
    op.drop_column("order_line", "refunded")
    op.drop_column("order_line", "cancelled")
    op.drop_column("order_line", "shipped")
    op.drop_constraint(op.f("fk_order_header_tenant_id_reservation_id"), "order_header", type_="foreignkey")
    op.drop_constraint(op.f("uq_order_header_tenant_id_reservation_id"), "order_header", type_="unique")
    op.drop_index(
        "ix_reservation_unnamed",
        table_name="reservation",
        postgresql_where=sa.text("state = 'HELD' AND customer_id IS NULL"),
    )
    op.drop_index("ix_reservation_open", table_name="reservation", postgresql_where=sa.text("state = 'HELD'"))
    op.drop_index(
        "ix_order_header_open", table_name="order_header", postgresql_where=sa.text("state = 'PENDING_PAYMENT'")
    )
    op.drop_index("ix_order_header_due_at", table_name="order_header", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_column("order_header", "refunded_fen")
    op.drop_column("order_header", "paid_fen")
    op.drop_column("order_header", "cancel_cause")
    op.drop_column("order_header", "due_at")
    op.drop_column("order_header", "payment_due_at")
    op.drop_column("order_header", "reservation_id")
    op.drop_index(op.f("ix_refund_line_tenant_id_order_id_line"), table_name="refund_line")
    op.drop_table("refund_line")
    op.drop_table("shipment_line")
    op.drop_index(op.f("ix_refund_tenant_id_payment_id"), table_name="refund")
    op.drop_index(op.f("ix_refund_tenant_id_order_id_created_at_id"), table_name="refund")
    op.drop_index("ix_refund_due_at", table_name="refund", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_table("refund")
    op.drop_index(
        op.f("ix_order_allocation_tenant_id_location_id_sku_id_owner_id_lot_id"), table_name="order_allocation"
    )
    op.drop_table("order_allocation")
    op.drop_index(op.f("ix_shipment_tenant_id_order_id_shipped_at_id"), table_name="shipment")
    op.drop_table("shipment")
    op.drop_index("uq_payment_open", table_name="payment", postgresql_where=sa.text("state = 'CREATED'"))
    op.drop_index("uq_payment_covering", table_name="payment", postgresql_where=sa.text("covers"))
    op.drop_index(op.f("ix_payment_tenant_id_order_id_created_at_id"), table_name="payment")
    op.drop_table("payment")
    op.drop_index(op.f("ix_payment_notice_tenant_id_payment_id_received_at"), table_name="payment_notice")
    op.drop_index("ix_payment_notice_odd_of", table_name="payment_notice", postgresql_where=sa.text(ODD))
    op.drop_index("ix_payment_notice_odd", table_name="payment_notice", postgresql_where=sa.text(ODD))
    op.drop_table("payment_notice")
