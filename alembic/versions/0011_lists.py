"""lists: who ships finds what it has to ship, the oldest first, and orders say where they go

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from models import wall

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KNOWN = """
    UPDATE order_allocation a SET fulfiller_id = l.organization_id, allocated_at = coalesce(p.paid_at, o.placed_at)
    FROM location l, order_header o
    LEFT JOIN payment p ON p.tenant_id = o.tenant_id AND p.order_id = o.id AND p.covers
    WHERE l.tenant_id = a.tenant_id AND l.id = a.location_id AND o.tenant_id = a.tenant_id AND o.id = a.order_id
"""
"""What costs nothing is nobody's payment: its goods were its own when it was placed."""
POLICY = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"
READ = ("location", "order_allocation", "order_header", "payment")


def deliveries() -> None:
    op.create_table(
        "order_delivery",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "method IN ('STORE_PICKUP', 'STORE_DELIVERY', 'DISTRIBUTOR_DELIVERY', 'BRAND_DELIVERY', 'SUPPLIER_DIRECT')",
            name=op.f("ck_order_delivery_method"),
        ),
        sa.CheckConstraint("char_length(recipient) BETWEEN 1 AND 60", name=op.f("ck_order_delivery_recipient_length")),
        sa.CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_order_delivery_phone")),
        sa.CheckConstraint("char_length(address) BETWEEN 1 AND 200", name=op.f("ck_order_delivery_address_length")),
        sa.CheckConstraint("char_length(note) BETWEEN 1 AND 200", name=op.f("ck_order_delivery_note_length")),
        sa.CheckConstraint(
            "CASE method WHEN 'STORE_PICKUP' THEN num_nonnulls(region_code, address) = 0"
            " ELSE num_nonnulls(recipient, phone, address) = 3 END",
            name=op.f("ck_order_delivery_address_of_method"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", name=op.f("pk_order_delivery")),
    )
    for statement in wall.distribute([], ["order_delivery"]):
        op.execute(statement)
    op.create_foreign_key(op.f("fk_order_delivery_tenant_id"), "order_delivery", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_order_delivery_tenant_id_order_id"),
        "order_delivery",
        "order_header",
        ["tenant_id", "order_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_order_delivery_region_code"), "order_delivery", "region", ["region_code"], ["code"])
    op.execute("ALTER TABLE order_delivery ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE order_delivery FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON order_delivery USING ({POLICY}) WITH CHECK ({POLICY})")
    op.execute("GRANT SELECT, INSERT ON order_delivery TO millrace_app")


def upgrade() -> None:
    deliveries()
    op.create_unique_constraint(
        op.f("uq_location_tenant_id_id_organization_id"), "location", ["tenant_id", "id", "organization_id"]
    )
    op.add_column("order_allocation", sa.Column("fulfiller_id", sa.Uuid(), nullable=True))
    op.add_column("order_allocation", sa.Column("allocated_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    for table in READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(KNOWN)
    for table in READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.alter_column("order_allocation", "fulfiller_id", nullable=False)
    op.alter_column("order_allocation", "allocated_at", nullable=False)
    op.create_foreign_key(
        op.f("fk_order_allocation_tenant_id_location_id_fulfiller_id"),
        "order_allocation",
        "location",
        ["tenant_id", "location_id", "fulfiller_id"],
        ["tenant_id", "id", "organization_id"],
    )
    op.create_index(
        "ix_order_allocation_to_ship",
        "order_allocation",
        ["tenant_id", "fulfiller_id", "allocated_at", "order_id", "part"],
        postgresql_where=sa.text("shipped + given_back < quantity"),
    )


def downgrade() -> None:
    op.drop_index("ix_order_allocation_to_ship", table_name="order_allocation")
    op.drop_constraint(
        op.f("fk_order_allocation_tenant_id_location_id_fulfiller_id"), "order_allocation", type_="foreignkey"
    )
    op.drop_column("order_allocation", "allocated_at")
    op.drop_column("order_allocation", "fulfiller_id")
    op.drop_constraint(op.f("uq_location_tenant_id_id_organization_id"), "location", type_="unique")
    op.drop_table("order_delivery")
