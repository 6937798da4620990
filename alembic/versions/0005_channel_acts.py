"""channel acts: who applied, who is to supply whom, front pages of cloud stores

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from models import wall

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("channel_revision", "cloud_store_section", "store_application", "supply_offer")
POLICY = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"


def protect() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {table} USING ({POLICY}) WITH CHECK ({POLICY})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO millrace_app")


def refer(table: str, column: str, target: str) -> None:
    op.create_foreign_key(
        op.f(f"fk_{table}_tenant_id_{column}"), table, target, ["tenant_id", column], ["tenant_id", "id"]
    )


def upgrade() -> None:
    op.create_table(
        "channel_revision",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("revision BETWEEN 0 AND 9007199254740991", name=op.f("ck_channel_revision_revision_range")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_channel_revision")),
    )
    op.create_table(
        "cloud_store_section",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("cloud_store_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sku_ids", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("category_ids", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.CheckConstraint("position BETWEEN 0 AND 19", name=op.f("ck_cloud_store_section_position_range")),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 100", name=op.f("ck_cloud_store_section_title_length")),
        sa.CheckConstraint("cardinality(sku_ids) <= 50", name=op.f("ck_cloud_store_section_skus")),
        sa.CheckConstraint("cardinality(category_ids) <= 50", name=op.f("ck_cloud_store_section_categories")),
        sa.PrimaryKeyConstraint("tenant_id", "cloud_store_id", "position", name=op.f("pk_cloud_store_section")),
    )
    op.create_table(
        "store_application",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("upstream_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("applied_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("organization_id <> upstream_id", name=op.f("ck_store_application_not_itself")),
        sa.CheckConstraint(
            "reason IS NULL OR decided_at IS NOT NULL", name=op.f("ck_store_application_reason_of_decision")
        ),
        sa.CheckConstraint("char_length(reason) BETWEEN 1 AND 500", name=op.f("ck_store_application_reason_length")),
        sa.PrimaryKeyConstraint("tenant_id", "organization_id", name=op.f("pk_store_application")),
    )
    op.create_index(
        "ix_store_application_waiting",
        "store_application",
        ["tenant_id", "upstream_id", "applied_at", "organization_id"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_index(
        op.f("ix_store_application_tenant_id_account_id"),
        "store_application",
        ["tenant_id", "account_id"],
        unique=False,
    )
    op.create_table(
        "supply_offer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("downstream_id", sa.Uuid(), nullable=False),
        sa.Column("upstream_id", sa.Uuid(), nullable=False),
        sa.Column("offered_by_id", sa.Uuid(), nullable=False),
        sa.Column("offered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("upstream_id <> downstream_id", name=op.f("ck_supply_offer_not_itself")),
        sa.CheckConstraint(
            "offered_by_id IN (upstream_id, downstream_id)", name=op.f("ck_supply_offer_by_one_of_both")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "downstream_id", "upstream_id", name=op.f("pk_supply_offer")),
    )
    op.create_index(
        op.f("ix_supply_offer_tenant_id_upstream_id_downstream_id"),
        "supply_offer",
        ["tenant_id", "upstream_id", "downstream_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_supply_offer_tenant_id_offered_by_id"), "supply_offer", ["tenant_id", "offered_by_id"], unique=False
    )
    op.add_column("organization", sa.Column("suspended_by_id", sa.Uuid(), nullable=True))
    op.create_check_constraint(
        op.f("ck_organization_suspended_by_of_suspended"),
        "organization",
        "suspended_by_id IS NULL OR status = 'SUSPENDED'",
    )
    op.create_check_constraint(op.f("ck_organization_not_by_itself"), "organization", "suspended_by_id <> id")
    op.add_column("cloud_store", sa.Column("banner_url", sa.Text(), nullable=True))
    op.add_column("cloud_store", sa.Column("banner_text", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_cloud_store_banner_url_length"), "cloud_store", "char_length(banner_url) BETWEEN 1 AND 2000"
    )
    op.create_check_constraint(
        op.f("ck_cloud_store_banner_text_length"), "cloud_store", "char_length(banner_text) BETWEEN 1 AND 200"
    )
    op.create_check_constraint(op.f("ck_organization_tags"), "organization", "cardinality(tags) <= 20")
    op.create_index("uq_site_main", "site", ["tenant_id"], unique=True, postgresql_where=sa.text("kind = 'MAIN'"))
    op.create_index(
        "uq_site_city", "site", ["tenant_id", "region_code"], unique=True, postgresql_where=sa.text("kind = 'CITY'")
    )
    op.add_column("staff", sa.Column("display_name", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_staff_display_name_length"), "staff", "char_length(display_name) BETWEEN 1 AND 100"
    )
    op.create_check_constraint(
        op.f("ck_account_called_by_its_phone"),
        "account",
        r"subject NOT LIKE 'tel:%' OR substr(subject, 5) ~ '^\+[1-9][0-9]{6,14}$'"
        " AND coalesce('tel:' || phone = subject, true)",
    )
    statuses("'PENDING_REVIEW', 'ACTIVE', 'SUSPENDED', 'REJECTED'")
    for statement in wall.distribute((), TABLES):
        op.execute(statement)

    for table in TABLES:
        op.create_foreign_key(op.f(f"fk_{table}_tenant_id"), table, "tenant", ["tenant_id"], ["id"])
    refer("cloud_store_section", "cloud_store_id", "cloud_store")
    refer("store_application", "organization_id", "organization")
    refer("store_application", "upstream_id", "organization")
    refer("store_application", "account_id", "account")
    refer("supply_offer", "downstream_id", "organization")
    refer("supply_offer", "upstream_id", "organization")
    refer("supply_offer", "offered_by_id", "organization")
    refer("organization", "suspended_by_id", "organization")
    protect()


def statuses(listed: str) -> None:
    op.drop_constraint(op.f("ck_organization_status"), "organization", type_="check")
    op.create_check_constraint(op.f("ck_organization_status"), "organization", f"status IN ({listed})")


def downgrade() -> None:
    statuses("'PENDING_REVIEW', 'ACTIVE', 'SUSPENDED'")
    op.drop_constraint(op.f("fk_organization_tenant_id_suspended_by_id"), "organization", type_="foreignkey")
    for name in ("suspended_by_of_suspended", "not_by_itself"):
        op.drop_constraint(op.f(f"ck_organization_{name}"), "organization", type_="check")
    op.drop_column("organization", "suspended_by_id")
    op.drop_constraint(op.f("ck_account_called_by_its_phone"), "account", type_="check")
    op.drop_constraint(op.f("ck_staff_display_name_length"), "staff", type_="check")
    op.drop_column("staff", "display_name")
    op.drop_constraint(op.f("ck_organization_tags"), "organization", type_="check")
    for name in ("uq_site_city", "uq_site_main"):
        op.drop_index(name, table_name="site")
    for name in ("banner_text", "banner_url"):
        op.drop_constraint(op.f(f"ck_cloud_store_{name}_length"), "cloud_store", type_="check")
        op.drop_column("cloud_store", name)
    for table in reversed(TABLES):
        op.drop_table(table)
