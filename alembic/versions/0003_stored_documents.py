"""stored documents

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from models import wall

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

POLICY = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"


def upgrade() -> None:
    op.add_column(
        "tenant", sa.Column("stored_only", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.create_check_constraint(op.f("ck_tenant_stored_only"), "tenant", "cardinality(stored_only) <= 100")
    op.create_table(
        "stored_document",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("stored_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "hash = encode(sha256(convert_to(text, 'UTF8')), 'hex')", name=op.f("ck_stored_document_hash")
        ),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_stored_document_name_length")),
        sa.CheckConstraint("char_length(text) BETWEEN 1 AND 100000", name=op.f("ck_stored_document_text_length")),
        sa.PrimaryKeyConstraint("tenant_id", "hash", name=op.f("pk_stored_document")),
    )
    for statement in wall.distribute((), ("stored_document",)):
        op.execute(statement)
    op.create_foreign_key(op.f("fk_stored_document_tenant_id"), "stored_document", "tenant", ["tenant_id"], ["id"])
    op.execute("ALTER TABLE stored_document ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE stored_document FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON stored_document USING ({POLICY}) WITH CHECK ({POLICY})")
    op.execute("GRANT SELECT, INSERT ON stored_document TO millrace_app")


def downgrade() -> None:
    op.drop_table("stored_document")
    op.drop_constraint(op.f("ck_tenant_stored_only"), "tenant", type_="check")
    op.drop_column("tenant", "stored_only")
