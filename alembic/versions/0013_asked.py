"""payments of which nothing was heard are asked about; holds say who answers for them

Of what is held in a customer's name when this comes nobody knows whether she took it: it counts as hers, for two hours
at most. The way back is for data in which no provider was asked in vain: what says so has no place there.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

OUTCOMES = ("CONFIRMED", "GIVEN_BACK", "MISMATCH", "UNKNOWN", "CLOSED", "REFUNDED", "REFUND_FAILED")
ODD = ("MISMATCH", "REFUND_FAILED", "UNKNOWN")
CHECKS = {
    "asked_range": "asked BETWEEN 0 AND 9007199254740991",
    "paid_is_known": "state <> 'PAID' OR due_at IS NULL",
}
INDEXES = {
    "ix_payment_notice_odd": ["tenant_id", "received_at", "id"],
    "ix_payment_notice_odd_of": ["tenant_id", "seller_id", "received_at", "id"],
}


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def notices(outcomes: tuple[str, ...], odd: tuple[str, ...]) -> None:
    """What notices may have done, and what of it somebody has to look at."""
    for name, check in {
        "outcome": f"outcome IN ({_listed(outcomes)})",
        "closed_odd": f"closed_at IS NULL OR outcome IN ({_listed(odd)})",
    }.items():
        op.drop_constraint(op.f(f"ck_payment_notice_{name}"), "payment_notice", type_="check")
        op.create_check_constraint(op.f(f"ck_payment_notice_{name}"), "payment_notice", check)
    for name, columns in INDEXES.items():
        op.drop_index(name, table_name="payment_notice")
        open_ones = sa.text(f"closed_at IS NULL AND outcome IN ({_listed(odd)})")
        op.create_index(name, "payment_notice", columns, postgresql_where=open_ones)


def by_store() -> None:
    """Who keeps goods from others: whoever acts for the cloud store, or else the customer."""
    for table in ("reservation", "order_header"):
        op.add_column(table, sa.Column("by_store", sa.Boolean(), server_default="false", nullable=False))
    op.execute("ALTER TABLE reservation NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE reservation SET by_store = true WHERE customer_id IS NULL")
    op.execute("ALTER TABLE reservation FORCE ROW LEVEL SECURITY")
    op.alter_column("reservation", "by_store", server_default="true")
    op.create_check_constraint(op.f("ck_reservation_somebodys"), "reservation", "by_store OR customer_id IS NOT NULL")
    op.drop_index("ix_reservation_unnamed", table_name="reservation")
    for table, state in (("reservation", "HELD"), ("order_header", "PENDING_PAYMENT")):
        op.create_index(
            f"ix_{table}_by_store",
            table,
            ["tenant_id", "cloud_store_id"],
            postgresql_where=sa.text(f"state = '{state}' AND by_store"),
        )


def upgrade() -> None:
    by_store()
    op.drop_index(op.f("ix_pool_contribution_tenant_id_owner_id"), table_name="pool_contribution")
    op.create_index(
        op.f("ix_pool_contribution_tenant_id_owner_id_location_id_pool_id"),
        "pool_contribution",
        ["tenant_id", "owner_id", "location_id", "pool_id"],
    )
    op.add_column("payment", sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("payment", sa.Column("asked", sa.BigInteger(), server_default="0", nullable=False))
    # Of all tenants at once, which row security forced on the owner too would not let it see.
    op.execute("ALTER TABLE payment NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE payment SET due_at = expires_at + interval '1 minute' WHERE state = 'CREATED'")
    op.execute("ALTER TABLE payment FORCE ROW LEVEL SECURITY")
    for name, check in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_payment_{name}"), "payment", check)
    op.create_index(
        "ix_payment_due_at",
        "payment",
        ["due_at", "tenant_id", "id"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.execute("CREATE POLICY due ON payment FOR SELECT TO millrace_worker USING (true)")
    op.execute("GRANT SELECT (tenant_id, id, due_at) ON payment TO millrace_worker")
    notices((*OUTCOMES, "UNANSWERED", "NOTED"), ("MISMATCH", "REFUND_FAILED", "UNANSWERED", "UNKNOWN"))


def downgrade() -> None:
    op.drop_index(op.f("ix_pool_contribution_tenant_id_owner_id_location_id_pool_id"), table_name="pool_contribution")
    op.create_index(op.f("ix_pool_contribution_tenant_id_owner_id"), "pool_contribution", ["tenant_id", "owner_id"])
    for table in ("reservation", "order_header"):
        op.drop_index(f"ix_{table}_by_store", table_name=table)
    op.drop_constraint(op.f("ck_reservation_somebodys"), "reservation", type_="check")
    for table in ("reservation", "order_header"):
        op.drop_column(table, "by_store")
    op.create_index(
        "ix_reservation_unnamed",
        "reservation",
        ["tenant_id", "cloud_store_id"],
        postgresql_where=sa.text("state = 'HELD' AND customer_id IS NULL"),
    )
    notices((*OUTCOMES, "NOTED"), ODD)
    op.execute("REVOKE SELECT (tenant_id, id, due_at) ON payment FROM millrace_worker")
    op.execute("DROP POLICY due ON payment")
    op.drop_index("ix_payment_due_at", table_name="payment", postgresql_where=sa.text("due_at IS NOT NULL"))
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_payment_{name}"), "payment", type_="check")
    op.drop_column("payment", "asked")
    op.drop_column("payment", "due_at")
