"""acts: keys, audit, outbox, ledger, papers about goods

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from models import wall

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    "feed_head",
    "idempotency_key",
    "journal",
    "outbox_event",
    "audit_entry",
    "ledger_account",
    "posting",
    "stock_document",
)
ADDED_TO_ONLY = ("audit_entry", "journal", "posting", "stock_document")
KEPT = ("feed_head", "ledger_account", "outbox_event")
DUE = ("outbox_event",)
PARTS = ("reservation", "reservation_line", "stock_movement")
"""Their rows belong to a tenant by what they point at: a key fewer to look at for each that is written."""
POLICY = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"


def protect() -> None:
    for table in TABLES:
        rights = "SELECT, INSERT" if table in ADDED_TO_ONLY else "SELECT, INSERT, UPDATE"
        rights += "" if table in ADDED_TO_ONLY + KEPT else ", DELETE"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {table} USING ({POLICY}) WITH CHECK ({POLICY})")
        op.execute(f"GRANT {rights} ON {table} TO millrace_app")
    for table in DUE:
        op.execute(f"CREATE POLICY due ON {table} FOR SELECT TO millrace_worker USING (true)")
        op.execute(f"GRANT SELECT (tenant_id, id, due_at) ON {table} TO millrace_worker")


def upgrade() -> None:
    op.create_table(
        "feed_head",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("position BETWEEN 0 AND 9007199254740991", name=op.f("ck_feed_head_position_range")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_feed_head")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("result_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(asked) = 64", name=op.f("ck_idempotency_key_asked")),
        sa.CheckConstraint("(result IS NULL) = (result_id IS NULL)", name=op.f("ck_idempotency_key_result_whole")),
        sa.CheckConstraint("char_length(key) BETWEEN 1 AND 100", name=op.f("ck_idempotency_key_key_length")),
        sa.PrimaryKeyConstraint("tenant_id", "actor", "operation", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(
        op.f("ix_idempotency_key_tenant_id_created_at"), "idempotency_key", ["tenant_id", "created_at"], unique=False
    )
    op.create_table(
        "journal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document", sa.Uuid(), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('SALE', 'PAYMENT', 'REFUND', 'CORRECTION')", name=op.f("ck_journal_kind")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_tenant_id_document"), "journal", ["tenant_id", "document"], unique=False)
    op.create_table(
        "outbox_event",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("audience", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("occurred_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(position IS NULL) = (due_at IS NOT NULL) AND due_at = occurred_at",
            name=op.f("ck_outbox_event_due_until_stamped"),
        ),
        sa.CheckConstraint("cardinality(audience) <= 100", name=op.f("ck_outbox_event_audience")),
        sa.CheckConstraint("position BETWEEN 1 AND 9007199254740991", name=op.f("ck_outbox_event_position_range")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_outbox_event")),
        sa.UniqueConstraint("tenant_id", "position", name=op.f("uq_outbox_event_tenant_id_position")),
    )
    op.create_index(
        "ix_outbox_event_unstamped",
        "outbox_event",
        ["tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("actor_class", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("on_behalf_of_id", sa.Uuid(), nullable=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "actor_class IN ('NOBODY', 'CONSUMER', 'STORE_CLERK', 'STORE_MANAGER', 'DISTRIBUTOR_SALESPERSON', 'DISTRIBUTOR_OPERATOR', 'BRAND_OPERATOR', 'BRAND_ANALYST', 'PARTNER', 'PLATFORM_ADMIN', 'SYSTEM')",
            name=op.f("ck_audit_entry_actor_class"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_entry")),
    )
    op.create_index(
        op.f("ix_audit_entry_tenant_id_target_id_id"), "audit_entry", ["tenant_id", "target_id", "id"], unique=False
    )
    op.create_table(
        "ledger_account",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("counterparty_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("balance", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(customer_id IS NOT NULL) = (purpose IN ('POINTS', 'STORED_VALUE'))",
            name=op.f("ck_ledger_account_of_member"),
        ),
        sa.CheckConstraint(
            "(floor IS NOT NULL) = (purpose IN ('CREDIT', 'FUND', 'POINTS', 'PREPAID', 'REBATE', 'STORED_VALUE'))",
            name=op.f("ck_ledger_account_with_floor"),
        ),
        sa.CheckConstraint(
            "purpose IN ('POINTS', 'STORED_VALUE', 'FUND', 'PREPAID', 'CREDIT', 'REBATE', 'CLEARING', 'RECEIVABLE', 'SALES', 'EXTERNAL')",
            name=op.f("ck_ledger_account_purpose"),
        ),
        sa.CheckConstraint("(floor IS NULL) = (balance IS NULL)", name=op.f("ck_ledger_account_balance_with_floor")),
        sa.CheckConstraint("balance <= 9007199254740991", name=op.f("ck_ledger_account_balance_countable")),
        sa.CheckConstraint("balance >= floor", name=op.f("ck_ledger_account_balance_at_floor")),
        sa.CheckConstraint("char_length(unit) BETWEEN 1 AND 40", name=op.f("ck_ledger_account_unit_length")),
        sa.CheckConstraint(
            "customer_id IS NULL OR counterparty_id IS NULL", name=op.f("ck_ledger_account_one_counterparty")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint(
            "tenant_id",
            "owner_id",
            "purpose",
            "counterparty_id",
            "customer_id",
            "unit",
            name="uq_ledger_account_named",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        op.f("ix_ledger_account_tenant_id_customer_id"), "ledger_account", ["tenant_id", "customer_id"], unique=False
    )
    op.create_table(
        "posting",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("amount BETWEEN 1 AND 9007199254740991", name=op.f("ck_posting_amount_range")),
        sa.CheckConstraint("line BETWEEN 1 AND 2000", name=op.f("ck_posting_line_range")),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_posting_moves")),
        sa.PrimaryKeyConstraint("tenant_id", "journal_id", "line", name=op.f("pk_posting")),
    )
    op.create_index(
        op.f("ix_posting_tenant_id_source_id_at"), "posting", ["tenant_id", "source_id", "at"], unique=False
    )
    op.create_index(
        op.f("ix_posting_tenant_id_target_id_at"), "posting", ["tenant_id", "target_id", "at"], unique=False
    )
    op.create_table(
        "stock_document",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("to_location_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(to_location_id IS NOT NULL) = (kind = 'TRANSFER')", name=op.f("ck_stock_document_transfer_has_two_ends")
        ),
        sa.CheckConstraint(
            "kind IN ('RECEIPT', 'ISSUE', 'TRANSFER', 'ADJUSTMENT', 'COUNT', 'QUARANTINE')",
            name=op.f("ck_stock_document_kind"),
        ),
        sa.CheckConstraint("char_length(reason) BETWEEN 1 AND 200", name=op.f("ck_stock_document_reason_length")),
        sa.CheckConstraint("to_location_id <> location_id", name=op.f("ck_stock_document_transfer_moves")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_stock_document")),
    )
    op.create_index(
        op.f("ix_stock_document_tenant_id_location_id_at_id"),
        "stock_document",
        ["tenant_id", "location_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_stock_movement_tenant_id_document_id"),
        "stock_movement",
        ["tenant_id", "document", "id"],
        unique=False,
        postgresql_where=sa.text("document IS NOT NULL"),
    )
    op.add_column("reservation", sa.Column("customer_id", sa.Uuid(), nullable=True))
    op.add_column("lot", sa.Column("keeper_id", sa.Uuid(), nullable=True))
    op.drop_constraint(op.f("uq_lot_tenant_id_sku_id_code"), "lot", type_="unique")
    op.create_unique_constraint(
        op.f("uq_lot_tenant_id_sku_id_code_keeper_id"),
        "lot",
        ["tenant_id", "sku_id", "code", "keeper_id"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_check_constraint(
        op.f("ck_lot_no_lot_is_everybodys"),
        "lot",
        "id <> '00000000-0000-0000-0000-000000000000' OR keeper_id IS NULL",
    )
    for statement in wall.distribute((), TABLES):
        op.execute(statement)

    op.create_foreign_key(op.f("fk_audit_entry_tenant_id"), "audit_entry", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_audit_entry_tenant_id_on_behalf_of_id"),
        "audit_entry",
        "organization",
        ["tenant_id", "on_behalf_of_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_audit_entry_tenant_id_organization_id"),
        "audit_entry",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_feed_head_tenant_id"), "feed_head", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(op.f("fk_idempotency_key_tenant_id"), "idempotency_key", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(op.f("fk_journal_tenant_id"), "journal", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_journal_tenant_id_reverses_id"),
        "journal",
        "journal",
        ["tenant_id", "reverses_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_ledger_account_tenant_id"), "ledger_account", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_ledger_account_tenant_id_counterparty_id"),
        "ledger_account",
        "organization",
        ["tenant_id", "counterparty_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_ledger_account_tenant_id_customer_id"),
        "ledger_account",
        "customer",
        ["tenant_id", "customer_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_ledger_account_tenant_id_owner_id"),
        "ledger_account",
        "organization",
        ["tenant_id", "owner_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_outbox_event_tenant_id"), "outbox_event", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(op.f("fk_posting_tenant_id"), "posting", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_posting_tenant_id_journal_id"), "posting", "journal", ["tenant_id", "journal_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_posting_tenant_id_source_id"),
        "posting",
        "ledger_account",
        ["tenant_id", "source_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_posting_tenant_id_target_id"),
        "posting",
        "ledger_account",
        ["tenant_id", "target_id"],
        ["tenant_id", "id"],
    )

    op.create_foreign_key(op.f("fk_stock_document_tenant_id"), "stock_document", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_stock_document_tenant_id_location_id"),
        "stock_document",
        "location",
        ["tenant_id", "location_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_stock_document_tenant_id_owner_id"),
        "stock_document",
        "organization",
        ["tenant_id", "owner_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_stock_document_tenant_id_to_location_id"),
        "stock_document",
        "location",
        ["tenant_id", "to_location_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_reservation_tenant_id_customer_id"),
        "reservation",
        "customer",
        ["tenant_id", "customer_id"],
        ["tenant_id", "id"],
    )
    for table in PARTS:
        op.drop_constraint(op.f(f"fk_{table}_tenant_id"), table, type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_lot_tenant_id_keeper_id"), "lot", "organization", ["tenant_id", "keeper_id"], ["tenant_id", "id"]
    )
    protect()


RENAME = """
    UPDATE lot l SET code = l.code || ' ' || l.id
    WHERE l.keeper_id IS NOT NULL AND EXISTS (
        SELECT FROM lot o WHERE o.tenant_id = l.tenant_id AND o.sku_id = l.sku_id AND o.code = l.code AND o.id <> l.id)
"""
"""Lots that are two because two know them keep apart."""


def downgrade() -> None:
    for table in PARTS:
        op.create_foreign_key(op.f(f"fk_{table}_tenant_id"), table, "tenant", ["tenant_id"], ["id"])
    op.execute("ALTER TABLE lot NO FORCE ROW LEVEL SECURITY")
    op.execute(RENAME)
    op.execute("ALTER TABLE lot FORCE ROW LEVEL SECURITY")
    op.drop_constraint(op.f("fk_lot_tenant_id_keeper_id"), "lot", type_="foreignkey")
    op.drop_constraint(op.f("ck_lot_no_lot_is_everybodys"), "lot", type_="check")
    op.drop_constraint(op.f("uq_lot_tenant_id_sku_id_code_keeper_id"), "lot", type_="unique")
    op.create_unique_constraint(op.f("uq_lot_tenant_id_sku_id_code"), "lot", ["tenant_id", "sku_id", "code"])
    op.drop_column("lot", "keeper_id")
    op.drop_constraint(op.f("fk_reservation_tenant_id_customer_id"), "reservation", type_="foreignkey")
    op.drop_column("reservation", "customer_id")
    op.drop_index(op.f("ix_stock_movement_tenant_id_document_id"), table_name="stock_movement")
    for table in reversed(TABLES):
        op.drop_table(table)
