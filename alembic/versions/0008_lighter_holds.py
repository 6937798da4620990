"""lighter holds: fewer keys and index entries for what is written by the thousand a second

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UNKEYED = ("audit_entry", "idempotency_key", "outbox_event")


def upgrade() -> None:
    for table in UNKEYED:
        op.drop_constraint(op.f(f"fk_{table}_tenant_id"), table, type_="foreignkey")
    op.drop_constraint(op.f("uq_outbox_event_tenant_id_position"), "outbox_event", type_="unique")
    op.create_index(
        "uq_outbox_event_position",
        "outbox_event",
        ["tenant_id", "position"],
        unique=True,
        postgresql_where=sa.text("position IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_outbox_event_position", table_name="outbox_event")
    op.create_unique_constraint(op.f("uq_outbox_event_tenant_id_position"), "outbox_event", ["tenant_id", "position"])
    for table in UNKEYED:
        op.create_foreign_key(op.f(f"fk_{table}_tenant_id"), table, "tenant", ["tenant_id"], ["id"])
