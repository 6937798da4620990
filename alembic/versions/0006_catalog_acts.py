"""catalog acts: what came of many rows, sourcing policies, one open-ended price

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from models import wall

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("bulk_result", "sourcing_policy")
POLICY = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"


def protect() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {table} USING ({POLICY}) WITH CHECK ({POLICY})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO millrace_app")


def upgrade() -> None:
    op.create_table(
        "bulk_result",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("done", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("refused", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cardinality(done) BETWEEN 0 AND 500 AND cardinality(refused) = cardinality(done)",
            name=op.f("ck_bulk_result_rows"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bulk_result")),
    )
    op.create_index(
        op.f("ix_bulk_result_tenant_id_created_at"), "bulk_result", ["tenant_id", "created_at"], unique=False
    )
    op.create_table(
        "sourcing_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("cloud_store_id", sa.Uuid(), nullable=False),
        sa.Column("criteria", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("max_packages", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "cardinality(criteria) BETWEEN 1 AND 7 AND criteria <@ ARRAY['OWN_FIRST', 'MIN_SPLIT', 'LEVEL_ORDER', 'NEAREST', 'LOWEST_COST', 'TERRITORY_HOLDER', 'EARLIEST_EXPIRY']",
            name=op.f("ck_sourcing_policy_criteria"),
        ),
        sa.CheckConstraint("max_packages BETWEEN 1 AND 10", name=op.f("ck_sourcing_policy_max_packages_range")),
        sa.PrimaryKeyConstraint("tenant_id", "cloud_store_id", name=op.f("pk_sourcing_policy")),
    )
    op.create_index(
        "uq_price_open_ended",
        "price",
        ["tenant_id", "price_list_id", "sku_id", "min_qty"],
        unique=True,
        postgresql_where=sa.text("valid_until IS NULL"),
    )
    for statement in wall.distribute((), TABLES):
        op.execute(statement)
    op.create_foreign_key(op.f("fk_bulk_result_tenant_id"), "bulk_result", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(op.f("fk_sourcing_policy_tenant_id"), "sourcing_policy", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_sourcing_policy_tenant_id_cloud_store_id"),
        "sourcing_policy",
        "cloud_store",
        ["tenant_id", "cloud_store_id"],
        ["tenant_id", "id"],
    )
    protect()


def downgrade() -> None:
    op.drop_index("uq_price_open_ended", table_name="price")
    for table in reversed(TABLES):
        op.drop_table(table)
