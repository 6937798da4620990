"""short: lines of paid orders whose goods are not there any more, and the lists of those

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LISTS = {
    "ix_order_line_short": ("tenant_id",),
    "ix_order_line_short_of": ("tenant_id", "short_seller_id"),
    "ix_order_line_short_to_ship": ("tenant_id", "fulfiller_id"),
}
"""By whom each list is looked at."""
ROW = ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"]
OPEN = "shipped + given_back < quantity"


def upgrade() -> None:
    op.add_column("order_line", sa.Column("short", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("order_line", sa.Column("short_since", sa.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("order_line", sa.Column("short_seller_id", sa.Uuid(), nullable=True))
    op.create_check_constraint(op.f("ck_order_line_short_range"), "order_line", "short BETWEEN 0 AND 9007199254740991")
    op.create_check_constraint(
        op.f("ck_order_line_short_noted"),
        "order_line",
        "num_nonnulls(short_since, short_seller_id) = CASE WHEN short > 0 THEN 2 ELSE 0 END",
    )
    op.drop_constraint(op.f("ck_order_line_shipped_within_quantity"), "order_line", type_="check")
    op.create_check_constraint(
        op.f("ck_order_line_shipped_within_quantity"), "order_line", "shipped + cancelled + short <= quantity"
    )
    op.create_foreign_key(
        op.f("fk_order_line_tenant_id_short_seller_id"),
        "order_line",
        "organization",
        ["tenant_id", "short_seller_id"],
        ["tenant_id", "id"],
    )
    for name, whose in LISTS.items():
        columns = [*whose, "short_since", "order_id", "line"]
        op.create_index(name, "order_line", columns, postgresql_where=sa.text("short > 0"))
    op.drop_index(
        op.f("ix_order_allocation_tenant_id_location_id_sku_id_owner_id_lot_id"), table_name="order_allocation"
    )
    op.create_index("ix_order_allocation_open", "order_allocation", ROW, postgresql_where=sa.text(OPEN))


def downgrade() -> None:
    op.drop_index("ix_order_allocation_open", table_name="order_allocation")
    op.create_index(op.f("ix_order_allocation_tenant_id_location_id_sku_id_owner_id_lot_id"), "order_allocation", ROW)
    for name in LISTS:
        op.drop_index(name, table_name="order_line")
    op.drop_constraint(op.f("fk_order_line_tenant_id_short_seller_id"), "order_line", type_="foreignkey")
    op.drop_constraint(op.f("ck_order_line_shipped_within_quantity"), "order_line", type_="check")
    op.drop_constraint(op.f("ck_order_line_short_noted"), "order_line", type_="check")
    op.drop_constraint(op.f("ck_order_line_short_range"), "order_line", type_="check")
    op.drop_column("order_line", "short_seller_id")
    op.drop_column("order_line", "short_since")
    op.drop_column("order_line", "short")
    op.create_check_constraint(
        op.f("ck_order_line_shipped_within_quantity"), "order_line", "shipped + cancelled <= quantity"
    )
