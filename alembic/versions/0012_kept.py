"""kept: what holds have taken is never changed, and goods, holds and promises are never taken away

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


def upgrade() -> None:
    for table, rights in RIGHTS.items():
        op.execute(f"REVOKE {rights} ON {table} FROM millrace_app")


def downgrade() -> None:
    for table, rights in RIGHTS.items():
        op.execute(f"GRANT {rights} ON {table} TO millrace_app")
