"""catalog acts: what came of many rows, sourcing policies, prices that follow each other

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
        sa.CheckConstraint(
            "cardinality(criteria) = ('OWN_FIRST' = ANY (criteria))::int + ('MIN_SPLIT' = ANY (criteria))::int + ('LEVEL_ORDER' = ANY (criteria))::int + ('NEAREST' = ANY (criteria))::int + ('LOWEST_COST' = ANY (criteria))::int + ('TERRITORY_HOLDER' = ANY (criteria))::int + ('EARLIEST_EXPIRY' = ANY (criteria))::int",
            name=op.f("ck_sourcing_policy_criteria_once"),
        ),
        sa.CheckConstraint("max_packages BETWEEN 1 AND 10", name=op.f("ck_sourcing_policy_max_packages_range")),
        sa.PrimaryKeyConstraint("tenant_id", "cloud_store_id", name=op.f("pk_sourcing_policy")),
    )
    chain_prices()
    hold_values_to_kinds()
    for table in CODED:
        op.create_check_constraint(op.f(f"ck_{table}_code_length"), table, "char_length(code) BETWEEN 1 AND 100")
    op.drop_constraint(op.f("ck_outbox_event_audience"), "outbox_event", type_="check")
    op.create_check_constraint(op.f("ck_outbox_event_audience"), "outbox_event", "cardinality(audience) <= 300")
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
    op.create_foreign_key(
        "fk_price_previous",
        "price",
        "price",
        [*CHAIN, "previous_until"],
        [*CHAIN, "valid_until"],
        deferrable=True,
        initially="DEFERRED",
    )
    protect()


CODED = ("attribute", "inventory_pool", "location")
KIND_OF_VALUE = (
    "CASE WHEN text_value IS NOT NULL THEN 'TEXT' WHEN integer_value IS NOT NULL THEN 'INTEGER'"
    " WHEN boolean_value IS NOT NULL THEN 'BOOLEAN' ELSE 'DATE' END"
)


def hold_values_to_kinds() -> None:
    """A value says of which kind it is, and refers to an attribute of that kind."""
    op.add_column(
        "sku_attribute", sa.Column("kind", sa.Text(), sa.Computed(KIND_OF_VALUE, persisted=True), nullable=False)
    )
    op.create_unique_constraint("uq_attribute_kind", "attribute", ["tenant_id", "id", "kind"])
    op.drop_constraint(op.f("fk_sku_attribute_tenant_id_attribute_id"), "sku_attribute", type_="foreignkey")
    op.create_foreign_key(
        "fk_sku_attribute_kind",
        "sku_attribute",
        "attribute",
        ["tenant_id", "attribute_id", "kind"],
        ["tenant_id", "id", "kind"],
    )


CHAIN = ["tenant_id", "price_list_id", "sku_id", "min_qty"]
SHORTEN = """
    UPDATE price p SET valid_until = n.starts
    FROM (SELECT tenant_id, price_list_id, sku_id, min_qty, valid_from,
                 lead(valid_from) OVER (PARTITION BY tenant_id, price_list_id, sku_id, min_qty ORDER BY valid_from) AS starts
          FROM price) n
    WHERE p.tenant_id = n.tenant_id AND p.price_list_id = n.price_list_id AND p.sku_id = n.sku_id AND p.min_qty = n.min_qty
      AND p.valid_from = n.valid_from AND (p.valid_until IS NULL OR p.valid_until > n.starts)
"""
LINK = """
    UPDATE price p SET previous_until = n.ends
    FROM (SELECT tenant_id, price_list_id, sku_id, min_qty, valid_from,
                 lag(valid_until) OVER (PARTITION BY tenant_id, price_list_id, sku_id, min_qty ORDER BY valid_from) AS ends
          FROM price) n
    WHERE p.tenant_id = n.tenant_id AND p.price_list_id = n.price_list_id AND p.sku_id = n.sku_id AND p.min_qty = n.min_qty
      AND p.valid_from = n.valid_from AND n.ends IS NOT NULL
"""


def chain_prices() -> None:
    """Each price names the end of the one before it; what stood beside a later one ends where that begins."""
    op.add_column("price", sa.Column("previous_until", postgresql.TIMESTAMP(timezone=True), nullable=True))
    # All tenants' rows: forced row security would hide them from their owner too.
    op.execute("ALTER TABLE price NO FORCE ROW LEVEL SECURITY")
    op.execute(SHORTEN)
    op.execute(LINK)
    op.execute("ALTER TABLE price FORCE ROW LEVEL SECURITY")
    op.create_check_constraint(op.f("ck_price_after_previous"), "price", "previous_until <= valid_from")
    op.create_unique_constraint("uq_price_ends", "price", [*CHAIN, "valid_until"])
    op.create_unique_constraint(
        "uq_price_previous",
        "price",
        [*CHAIN, "previous_until"],
        deferrable=True,
        initially="DEFERRED",
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    for table in CODED:
        op.drop_constraint(op.f(f"ck_{table}_code_length"), table, type_="check")
    op.drop_constraint("fk_sku_attribute_kind", "sku_attribute", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_sku_attribute_tenant_id_attribute_id"),
        "sku_attribute",
        "attribute",
        ["tenant_id", "attribute_id"],
        ["tenant_id", "id"],
    )
    op.drop_constraint("uq_attribute_kind", "attribute", type_="unique")
    op.drop_column("sku_attribute", "kind")
    op.drop_constraint(op.f("ck_outbox_event_audience"), "outbox_event", type_="check")
    op.create_check_constraint(op.f("ck_outbox_event_audience"), "outbox_event", "cardinality(audience) <= 100")
    for name, kind in (
        ("fk_price_previous", "foreignkey"),
        ("uq_price_previous", "unique"),
        ("uq_price_ends", "unique"),
        (op.f("ck_price_after_previous"), "check"),
    ):
        op.drop_constraint(name, "price", type_=kind)
    op.drop_column("price", "previous_until")
    for table in reversed(TABLES):
        op.drop_table(table)
