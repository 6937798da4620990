"""kept: what holds have taken is never changed, and goods, holds and promises are never taken away

What is held of a row is looked for among the holds that live, so past ones are in no index by their row any more.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

RIGHTS = {
    "pool_contribution_sku": "DELETE",
    "reservation": "DELETE",
    "reservation_line": "UPDATE, DELETE",
    "stock": "DELETE",
}
BY_ROW = "ix_reservation_line_tenant_id_location_id_sku_id_owner_id_lot_id"


def upgrade() -> None:
    for table, rights in RIGHTS.items():
        op.execute(f"REVOKE {rights} ON {table} FROM millrace_app")
    op.drop_index(op.f(BY_ROW), table_name="reservation_line")


def downgrade() -> None:
    op.create_index(
        op.f(BY_ROW), "reservation_line", ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"], unique=False
    )
    for table, rights in RIGHTS.items():
        op.execute(f"GRANT {rights} ON {table} TO millrace_app")
