"""channel catalog inventory ordering

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from models import wall

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SHARED = (
    "region",
    "tenant",
    "tenant_host",
)
TABLES = (
    "account",
    "assortment",
    "assortment_sku",
    "attribute",
    "authorization",
    "category",
    "cloud_store",
    "customer",
    "external_reference",
    "inventory_pool",
    "listing",
    "location",
    "lot",
    "order_header",
    "order_line",
    "organization",
    "organization_closure",
    "organization_edge",
    "pack_unit",
    "partner_client",
    "pool_contribution",
    "pool_contribution_sku",
    "price",
    "price_list",
    "product",
    "reservation",
    "reservation_line",
    "safety_stock",
    "site",
    "sku",
    "sku_attribute",
    "staff",
    "stock",
    "stock_movement",
    "territory",
    "territory_region",
)
ADDED_TO_ONLY = ("stock_movement",)
DUE = ("reservation",)
POLICY = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"


def execute(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)


def protect() -> None:
    for table in SHARED:
        op.execute(f"GRANT SELECT ON {table} TO millrace_app")
    for table in TABLES:
        rights = "SELECT, INSERT" if table in ADDED_TO_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY tenant ON "{table}" USING ({POLICY}) WITH CHECK ({POLICY})')
        op.execute(f'GRANT {rights} ON "{table}" TO millrace_app')
    for table in DUE:
        op.execute(f"CREATE POLICY due ON {table} FOR SELECT TO millrace_worker USING (true)")
        op.execute(f"GRANT SELECT (tenant_id, id, due_at) ON {table} TO millrace_worker")


def upgrade() -> None:
    op.create_table(
        "region",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.CheckConstraint("char_length(code) BETWEEN 1 AND 100", name=op.f("ck_region_code_length")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region")),
    )
    op.create_index(op.f("ix_region_parent_code"), "region", ["parent_code"], unique=False)
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), server_default="CNY", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Asia/Shanghai", nullable=False),
        sa.CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name=op.f("ck_tenant_code")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_tenant_currency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("code", name=op.f("uq_tenant_code")),
    )
    op.create_table(
        "account",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(r"phone ~ '^\+[1-9][0-9]{6,14}$'", name=op.f("ck_account_phone")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_account")),
        sa.UniqueConstraint("tenant_id", "subject", name=op.f("uq_account_tenant_id_subject")),
    )
    op.create_index(
        "uq_account_phone",
        "account",
        ["tenant_id", "phone"],
        unique=True,
        postgresql_where=sa.text("phone IS NOT NULL"),
    )
    op.create_table(
        "category",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("char_length(code) BETWEEN 1 AND 100", name=op.f("ck_category_code_length")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_category")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_category_tenant_id_code")),
    )
    op.create_index(
        op.f("ix_category_tenant_id_parent_id_code"), "category", ["tenant_id", "parent_id", "code"], unique=False
    )
    op.create_table(
        "organization",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="ACTIVE", nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("latitude_e7", sa.BigInteger(), nullable=True),
        sa.Column("longitude_e7", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("status IN ('PENDING_REVIEW', 'ACTIVE', 'SUSPENDED')", name=op.f("ck_organization_status")),
        sa.CheckConstraint(
            "tier IN ('BRAND', 'SUBSIDIARY', 'AGENT', 'DISTRIBUTOR', 'STORE', 'SUPPLIER')",
            name=op.f("ck_organization_tier"),
        ),
        sa.CheckConstraint("(latitude_e7 IS NULL) = (longitude_e7 IS NULL)", name=op.f("ck_organization_point_whole")),
        sa.CheckConstraint("latitude_e7 BETWEEN -900000000 AND 900000000", name=op.f("ck_organization_latitude")),
        sa.CheckConstraint("longitude_e7 BETWEEN -1800000000 AND 1800000000", name=op.f("ck_organization_longitude")),
        sa.CheckConstraint("char_length(code) BETWEEN 1 AND 100", name=op.f("ck_organization_code_length")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_organization")),
        sa.UniqueConstraint("tenant_id", "id", "tier", "code", name="uq_organization_copied"),
        sa.UniqueConstraint("tenant_id", "tier", "code", name=op.f("uq_organization_tenant_id_tier_code")),
    )
    op.create_index(
        op.f("ix_organization_tenant_id_tier_region_code_code"),
        "organization",
        ["tenant_id", "tier", "region_code", "code"],
        unique=False,
    )
    op.create_table(
        "tenant_host",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("host = lower(host)", name=op.f("ck_tenant_host_lower")),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_tenant_host")),
    )
    op.create_index(op.f("ix_tenant_host_tenant_id"), "tenant_host", ["tenant_id"], unique=False)
    op.create_table(
        "assortment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grantor_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_generated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_assortment")),
        sa.UniqueConstraint("tenant_id", "grantor_id", "code", name=op.f("uq_assortment_tenant_id_grantor_id_code")),
    )
    op.create_table(
        "attribute",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('TEXT', 'INTEGER', 'BOOLEAN', 'DATE')", name=op.f("ck_attribute_kind")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_attribute")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_attribute_tenant_id_code")),
    )
    op.create_table(
        "customer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customer")),
        sa.UniqueConstraint("tenant_id", "account_id", name=op.f("uq_customer_tenant_id_account_id")),
    )
    op.create_table(
        "external_reference",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("aggregate ~ '^[a-z_]+$'", name=op.f("ck_external_reference_aggregate")),
        sa.PrimaryKeyConstraint(
            "tenant_id", "organization_id", "aggregate", "system", "value", name=op.f("pk_external_reference")
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "aggregate",
            "aggregate_id",
            "organization_id",
            "system",
            name=op.f("uq_external_reference_tenant_id_aggregate_aggregate_id_organization_id_system"),
        ),
    )
    op.create_table(
        "inventory_pool",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_inventory_pool")),
        sa.UniqueConstraint(
            "tenant_id", "organization_id", "code", name=op.f("uq_inventory_pool_tenant_id_organization_id_code")
        ),
    )
    op.create_table(
        "location",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("latitude_e7", sa.BigInteger(), nullable=True),
        sa.Column("longitude_e7", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('WAREHOUSE', 'SHOP')", name=op.f("ck_location_kind")),
        sa.CheckConstraint("(latitude_e7 IS NULL) = (longitude_e7 IS NULL)", name=op.f("ck_location_point_whole")),
        sa.CheckConstraint("latitude_e7 BETWEEN -900000000 AND 900000000", name=op.f("ck_location_latitude")),
        sa.CheckConstraint("longitude_e7 BETWEEN -1800000000 AND 1800000000", name=op.f("ck_location_longitude")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_location")),
        sa.UniqueConstraint(
            "tenant_id", "organization_id", "code", name=op.f("uq_location_tenant_id_organization_id_code")
        ),
    )
    op.create_table(
        "organization_closure",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("descendant_id", sa.Uuid(), nullable=False),
        sa.Column("ancestor_id", sa.Uuid(), nullable=False),
        sa.Column("hops", sa.BigInteger(), nullable=False),
        sa.Column("descendant_tier", sa.Text(), nullable=False),
        sa.Column("descendant_code", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(hops = 0) = (ancestor_id = descendant_id)", name=op.f("ck_organization_closure_self_is_zero")
        ),
        sa.CheckConstraint("hops BETWEEN 0 AND 9007199254740991", name=op.f("ck_organization_closure_hops_range")),
        sa.PrimaryKeyConstraint("tenant_id", "descendant_id", "ancestor_id", name=op.f("pk_organization_closure")),
    )
    op.create_index(
        "ix_organization_closure_code",
        "organization_closure",
        ["tenant_id", "ancestor_id", "descendant_code", "descendant_id"],
        unique=False,
    )
    op.create_index(
        "ix_organization_closure_tier",
        "organization_closure",
        ["tenant_id", "ancestor_id", "descendant_tier", "descendant_code", "descendant_id"],
        unique=False,
    )
    op.create_table(
        "organization_edge",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("downstream_id", sa.Uuid(), nullable=False),
        sa.Column("upstream_id", sa.Uuid(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("NOT is_primary OR kind = 'SUPPLIES'", name=op.f("ck_organization_edge_primary_supplies")),
        sa.CheckConstraint("kind IN ('SUPPLIES', 'OPERATES_FOR', 'SERVICES')", name=op.f("ck_organization_edge_kind")),
        sa.CheckConstraint("upstream_id <> downstream_id", name=op.f("ck_organization_edge_not_itself")),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "downstream_id", "upstream_id", name=op.f("pk_organization_edge")),
    )
    op.create_index(
        op.f("ix_organization_edge_tenant_id_upstream_id_kind_downstream_id"),
        "organization_edge",
        ["tenant_id", "upstream_id", "kind", "downstream_id"],
        unique=False,
    )
    op.create_index(
        "uq_organization_edge_primary",
        "organization_edge",
        ["tenant_id", "downstream_id"],
        unique=True,
        postgresql_where=sa.text("is_primary"),
    )
    op.create_table(
        "partner_client",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("kind IN ('ERP', 'WMS', 'TMS', 'DMS')", name=op.f("ck_partner_client_kind")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_partner_client")),
        sa.UniqueConstraint("tenant_id", "subject", name=op.f("uq_partner_client_tenant_id_subject")),
    )
    op.create_table(
        "product",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("char_length(code) BETWEEN 1 AND 100", name=op.f("ck_product_code_length")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_product")),
        sa.UniqueConstraint("tenant_id", "brand_id", "code", name=op.f("uq_product_tenant_id_brand_id_code")),
    )
    op.create_index(
        op.f("ix_product_tenant_id_brand_id_code_id"), "product", ["tenant_id", "brand_id", "code", "id"], unique=False
    )
    op.create_index(
        op.f("ix_product_tenant_id_category_id_code_id"),
        "product",
        ["tenant_id", "category_id", "code", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_product_tenant_id_code_id"), "product", ["tenant_id", "code", "id"], unique=False)
    op.create_table(
        "site",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.CheckConstraint("(kind = 'MAIN') = (parent_id IS NULL)", name=op.f("ck_site_main_is_root")),
        sa.CheckConstraint("kind IN ('MAIN', 'CITY', 'TOPIC')", name=op.f("ck_site_kind")),
        sa.CheckConstraint("char_length(code) BETWEEN 1 AND 100", name=op.f("ck_site_code_length")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_site")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_site_tenant_id_code")),
    )
    op.create_index(op.f("ix_site_tenant_id_organization_id"), "site", ["tenant_id", "organization_id"], unique=False)
    op.create_table(
        "staff",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "role IN ('CLERK', 'MANAGER', 'SALESPERSON', 'OPERATOR', 'ANALYST')", name=op.f("ck_staff_role")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_staff")),
        sa.UniqueConstraint(
            "tenant_id",
            "account_id",
            "organization_id",
            "role",
            name=op.f("uq_staff_tenant_id_account_id_organization_id_role"),
        ),
    )
    op.create_index(op.f("ix_staff_tenant_id_organization_id"), "staff", ["tenant_id", "organization_id"], unique=False)
    op.create_table(
        "territory",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_territory")),
        sa.UniqueConstraint(
            "tenant_id", "organization_id", "name", name=op.f("uq_territory_tenant_id_organization_id_name")
        ),
    )
    op.create_table(
        "authorization",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("grantee_id", sa.Uuid(), nullable=False),
        sa.Column("assortment_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("valid_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until > valid_from",
            name=op.f("ck_authorization_valid_until_after_valid_from"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "grantee_id", "assortment_id", name=op.f("pk_authorization")),
    )
    op.create_index(
        op.f("ix_authorization_tenant_id_assortment_id_grantee_id"),
        "authorization",
        ["tenant_id", "assortment_id", "grantee_id"],
        unique=False,
    )
    op.create_table(
        "cloud_store",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "mode IN ('PRIVATE_MALL', 'COMMUNITY_GROUP', 'O2O', 'B2B_ORDERING')", name=op.f("ck_cloud_store_mode")
        ),
        sa.CheckConstraint(
            "closed_at IS NULL OR closed_at > opened_at", name=op.f("ck_cloud_store_closed_at_after_opened_at")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_cloud_store")),
        sa.UniqueConstraint("tenant_id", "organization_id", name=op.f("uq_cloud_store_tenant_id_organization_id")),
    )
    op.create_table(
        "pool_contribution",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("visible_to_id", sa.Uuid(), nullable=False),
        sa.Column("share_bps", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("share_bps BETWEEN 0 AND 10000", name=op.f("ck_pool_contribution_share")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_pool_contribution")),
        sa.UniqueConstraint(
            "tenant_id",
            "pool_id",
            "location_id",
            "owner_id",
            name=op.f("uq_pool_contribution_tenant_id_pool_id_location_id_owner_id"),
        ),
    )
    op.create_index(
        op.f("ix_pool_contribution_tenant_id_location_id_owner_id"),
        "pool_contribution",
        ["tenant_id", "location_id", "owner_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_pool_contribution_tenant_id_owner_id"),
        "pool_contribution",
        ["tenant_id", "owner_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_pool_contribution_tenant_id_visible_to_id"),
        "pool_contribution",
        ["tenant_id", "visible_to_id"],
        unique=False,
    )
    op.create_table(
        "price_list",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=True),
        sa.Column("buyer_tag", sa.Text(), nullable=True),
        sa.Column("buyer_tier", sa.Text(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("is_generated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "(scope = 'CONTRACT') = (buyer_id IS NOT NULL) AND (scope = 'TAG') = (buyer_tag IS NOT NULL) AND (scope = 'REGION') = (region_code IS NOT NULL) AND (scope = 'SITE') = (site_id IS NOT NULL) AND (scope = 'TIER') = (buyer_tier IS NOT NULL)",
            name=op.f("ck_price_list_scope_names_its_buyers"),
        ),
        sa.CheckConstraint("audience IN ('TRADE', 'CONSUMER')", name=op.f("ck_price_list_audience")),
        sa.CheckConstraint(
            "buyer_tier IN ('BRAND', 'SUBSIDIARY', 'AGENT', 'DISTRIBUTOR', 'STORE', 'SUPPLIER')",
            name=op.f("ck_price_list_buyer_tier"),
        ),
        sa.CheckConstraint(
            "scope IN ('CONTRACT', 'TAG', 'REGION', 'SITE', 'TIER', 'BASE')", name=op.f("ck_price_list_scope")
        ),
        sa.CheckConstraint("char_length(code) BETWEEN 1 AND 100", name=op.f("ck_price_list_code_length")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_price_list")),
        sa.UniqueConstraint("tenant_id", "seller_id", "code", name=op.f("uq_price_list_tenant_id_seller_id_code")),
    )
    op.create_index(
        op.f("ix_price_list_tenant_id_buyer_id_seller_id"),
        "price_list",
        ["tenant_id", "buyer_id", "seller_id"],
        unique=False,
    )
    op.create_table(
        "sku",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("base_unit", sa.Text(), server_default="EACH", nullable=False),
        sa.Column("min_qty", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("step_qty", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("shelf_life_days", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("min_qty BETWEEN 1 AND 2147483647", name=op.f("ck_sku_min_qty_range")),
        sa.CheckConstraint("shelf_life_days BETWEEN 1 AND 2147483647", name=op.f("ck_sku_shelf_life_days_range")),
        sa.CheckConstraint("step_qty BETWEEN 1 AND 2147483647", name=op.f("ck_sku_step_qty_range")),
        sa.CheckConstraint("char_length(code) BETWEEN 1 AND 100", name=op.f("ck_sku_code_length")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sku")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_sku_tenant_id_code")),
    )
    op.create_index(op.f("ix_sku_tenant_id_product_id_code"), "sku", ["tenant_id", "product_id", "code"], unique=False)
    op.create_table(
        "territory_region",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("territory_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "territory_id", "region_code", name=op.f("pk_territory_region")),
    )
    op.create_index(
        op.f("ix_territory_region_tenant_id_region_code"),
        "territory_region",
        ["tenant_id", "region_code"],
        unique=False,
    )
    op.create_table(
        "assortment_sku",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("assortment_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("min_fen", sa.BigInteger(), nullable=True),
        sa.Column("max_fen", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("max_fen BETWEEN 0 AND 9007199254740991", name=op.f("ck_assortment_sku_max_fen_range")),
        sa.CheckConstraint("min_fen <= max_fen", name=op.f("ck_assortment_sku_band")),
        sa.CheckConstraint("min_fen BETWEEN 0 AND 9007199254740991", name=op.f("ck_assortment_sku_min_fen_range")),
        sa.PrimaryKeyConstraint("tenant_id", "assortment_id", "sku_id", name=op.f("pk_assortment_sku")),
    )
    op.create_index(
        op.f("ix_assortment_sku_tenant_id_sku_id_assortment_id"),
        "assortment_sku",
        ["tenant_id", "sku_id", "assortment_id"],
        unique=False,
    )
    op.create_table(
        "listing",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cloud_store_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="LISTED", nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("is_generated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("origin IN ('OWN_STOCK', 'POOL', 'EXTERNAL')", name=op.f("ck_listing_origin")),
        sa.CheckConstraint("status IN ('LISTED', 'UNLISTED')", name=op.f("ck_listing_status")),
        sa.CheckConstraint("position BETWEEN 0 AND 9007199254740991", name=op.f("ck_listing_position_range")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_listing")),
        sa.UniqueConstraint(
            "tenant_id", "cloud_store_id", "sku_id", name=op.f("uq_listing_tenant_id_cloud_store_id_sku_id")
        ),
    )
    op.create_index(
        op.f("ix_listing_tenant_id_cloud_store_id_position_id"),
        "listing",
        ["tenant_id", "cloud_store_id", "position", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'LISTED'"),
    )
    op.create_index(op.f("ix_listing_tenant_id_sku_id"), "listing", ["tenant_id", "sku_id"], unique=False)
    op.create_table(
        "lot",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("produced_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "id <> '00000000-0000-0000-0000-000000000000' OR expires_on IS NULL", name=op.f("ck_lot_no_lot_keeps")
        ),
        sa.CheckConstraint("produced_on < expires_on", name=op.f("ck_lot_expires_later")),
        sa.PrimaryKeyConstraint("tenant_id", "sku_id", "id", name=op.f("pk_lot")),
        sa.UniqueConstraint("tenant_id", "sku_id", "code", name=op.f("uq_lot_tenant_id_sku_id_code")),
    )
    op.create_table(
        "order_header",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("placed_by_id", sa.Uuid(), nullable=True),
        sa.Column("cloud_store_id", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("terminal", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('CONSUMER', 'REPLENISHMENT', 'DROPSHIP', 'PRESALE', 'PURCHASE')",
            name=op.f("ck_order_header_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('DRAFT', 'PENDING_APPROVAL', 'PENDING_PAYMENT', 'CONFIRMED', 'PARTLY_FULFILLED', 'FULFILLED', 'COMPLETED', 'CANCELLED')",
            name=op.f("ck_order_header_state"),
        ),
        sa.CheckConstraint(
            "terminal IN ('WEB', 'APP', 'MINI_PROGRAM', 'SHOP', 'SALESPERSON', 'PARTNER')",
            name=op.f("ck_order_header_terminal"),
        ),
        sa.CheckConstraint("num_nonnulls(buyer_id, customer_id) = 1", name=op.f("ck_order_header_one_buyer")),
        sa.CheckConstraint("total_fen BETWEEN 0 AND 9007199254740991", name=op.f("ck_order_header_total_fen_range")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_order_header")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_order_header_tenant_id_number")),
    )
    op.create_index(
        op.f("ix_order_header_tenant_id_buyer_id_placed_at_id"),
        "order_header",
        ["tenant_id", "buyer_id", "placed_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_order_header_tenant_id_customer_id_placed_at_id"),
        "order_header",
        ["tenant_id", "customer_id", "placed_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_order_header_tenant_id_seller_id_placed_at_id"),
        "order_header",
        ["tenant_id", "seller_id", "placed_at", "id"],
        unique=False,
    )
    op.create_table(
        "pack_unit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units BETWEEN 1 AND 2147483647", name=op.f("ck_pack_unit_units_range")),
        sa.PrimaryKeyConstraint("tenant_id", "sku_id", "code", name=op.f("pk_pack_unit")),
    )
    op.create_table(
        "pool_contribution_sku",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("cap", sa.BigInteger(), nullable=True),
        sa.Column("held", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("cap BETWEEN 0 AND 9007199254740991", name=op.f("ck_pool_contribution_sku_cap_range")),
        sa.CheckConstraint("held <= cap", name=op.f("ck_pool_contribution_sku_held_within_cap")),
        sa.CheckConstraint("held BETWEEN 0 AND 9007199254740991", name=op.f("ck_pool_contribution_sku_held_range")),
        sa.PrimaryKeyConstraint("tenant_id", "sku_id", "contribution_id", name=op.f("pk_pool_contribution_sku")),
    )
    op.create_index(
        op.f("ix_pool_contribution_sku_tenant_id_contribution_id_sku_id"),
        "pool_contribution_sku",
        ["tenant_id", "contribution_id", "sku_id"],
        unique=False,
    )
    op.create_table(
        "price",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("price_list_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("min_qty", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("valid_from", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("valid_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("unit_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("min_qty BETWEEN 1 AND 9007199254740991", name=op.f("ck_price_min_qty_range")),
        sa.CheckConstraint("unit_fen BETWEEN 1 AND 9007199254740991", name=op.f("ck_price_unit_fen_range")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until > valid_from", name=op.f("ck_price_valid_until_after_valid_from")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "price_list_id", "sku_id", "min_qty", "valid_from", name=op.f("pk_price")),
    )
    op.create_table(
        "reservation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cloud_store_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="HELD", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'HELD') = (due_at IS NOT NULL) AND (due_at = expires_at)",
            name=op.f("ck_reservation_due_while_held"),
        ),
        sa.CheckConstraint("state IN ('HELD', 'CONSUMED', 'RELEASED', 'EXPIRED')", name=op.f("ck_reservation_state")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_reservation_expires_later")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_reservation")),
    )
    op.create_index(
        "ix_reservation_due_at",
        "reservation",
        ["due_at", "tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "safety_stock",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 0 AND 9007199254740991", name=op.f("ck_safety_stock_quantity_range")),
        sa.PrimaryKeyConstraint("tenant_id", "location_id", "sku_id", "owner_id", name=op.f("pk_safety_stock")),
    )
    op.create_table(
        "sku_attribute",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("attribute_id", sa.Uuid(), nullable=False),
        sa.Column("text_value", sa.Text(), nullable=True),
        sa.Column("integer_value", sa.BigInteger(), nullable=True),
        sa.Column("boolean_value", sa.Boolean(), nullable=True),
        sa.Column("date_value", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(text_value, integer_value, boolean_value, date_value) = 1",
            name=op.f("ck_sku_attribute_one_value"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "sku_id", "attribute_id", name=op.f("pk_sku_attribute")),
    )
    op.create_table(
        "order_line",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("goods_owner_id", sa.Uuid(), nullable=False),
        sa.Column("fulfiller_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_fen", sa.BigInteger(), nullable=False),
        sa.Column("discount_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("net_fen", sa.BigInteger(), nullable=False),
        sa.Column("configuration", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "discount_fen BETWEEN 0 AND 9007199254740991", name=op.f("ck_order_line_discount_fen_range")
        ),
        sa.CheckConstraint("net_fen = quantity * unit_fen - discount_fen", name=op.f("ck_order_line_net")),
        sa.CheckConstraint("net_fen BETWEEN 0 AND 9007199254740991", name=op.f("ck_order_line_net_fen_range")),
        sa.CheckConstraint("quantity BETWEEN 1 AND 9007199254740991", name=op.f("ck_order_line_quantity_range")),
        sa.CheckConstraint("unit_fen BETWEEN 0 AND 9007199254740991", name=op.f("ck_order_line_unit_fen_range")),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", "line", name=op.f("pk_order_line")),
    )
    op.create_index(op.f("ix_order_line_tenant_id_sku_id"), "order_line", ["tenant_id", "sku_id"], unique=False)
    op.create_table(
        "stock",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("allocated", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("in_transit", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("quarantined", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("allocated BETWEEN 0 AND 9007199254740991", name=op.f("ck_stock_allocated_range")),
        sa.CheckConstraint("in_transit BETWEEN 0 AND 9007199254740991", name=op.f("ck_stock_in_transit_range")),
        sa.CheckConstraint("on_hand BETWEEN 0 AND 9007199254740991", name=op.f("ck_stock_on_hand_range")),
        sa.CheckConstraint("quarantined BETWEEN 0 AND 9007199254740991", name=op.f("ck_stock_quarantined_range")),
        sa.CheckConstraint("reserved + allocated + quarantined <= on_hand", name=op.f("ck_stock_not_oversold")),
        sa.CheckConstraint("reserved BETWEEN 0 AND 9007199254740991", name=op.f("ck_stock_reserved_range")),
        sa.PrimaryKeyConstraint("tenant_id", "location_id", "sku_id", "owner_id", "lot_id", name=op.f("pk_stock")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        op.f("ix_stock_tenant_id_sku_id_owner_id"), "stock", ["tenant_id", "sku_id", "owner_id"], unique=False
    )
    op.create_index(
        op.f("ix_stock_tenant_id_owner_id_location_id_sku_id_lot_id"),
        "stock",
        ["tenant_id", "owner_id", "location_id", "sku_id", "lot_id"],
        unique=False,
    )
    op.create_table(
        "reservation_line",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 9007199254740991", name=op.f("ck_reservation_line_quantity_range")),
        sa.PrimaryKeyConstraint("tenant_id", "reservation_id", "line", name=op.f("pk_reservation_line")),
    )
    op.create_index(
        op.f("ix_reservation_line_tenant_id_location_id_sku_id_owner_id_lot_id"),
        "reservation_line",
        ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
        unique=False,
    )
    op.create_table(
        "stock_movement",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("allocated", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("in_transit", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("quarantined", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("occurred_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("document", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('RECEIPT', 'ISSUE', 'TRANSFER', 'ADJUSTMENT', 'COUNT', 'QUARANTINE', 'HOLD', 'RELEASE', 'ALLOCATION')",
            name=op.f("ck_stock_movement_kind"),
        ),
        sa.CheckConstraint(
            "on_hand <> 0 OR reserved <> 0 OR allocated <> 0 OR in_transit <> 0 OR quarantined <> 0",
            name=op.f("ck_stock_movement_moves_something"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_stock_movement")),
    )
    op.create_index(
        op.f("ix_stock_movement_tenant_id_location_id_sku_id_owner_id_lot_id_id"),
        "stock_movement",
        ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id", "id"],
        unique=False,
    )
    execute(wall.distribute(SHARED, TABLES))
    op.create_foreign_key(op.f("fk_account_tenant_id"), "account", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(op.f("fk_assortment_tenant_id"), "assortment", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_assortment_tenant_id_grantor_id"),
        "assortment",
        "organization",
        ["tenant_id", "grantor_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_assortment_sku_tenant_id"), "assortment_sku", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_assortment_sku_tenant_id_assortment_id"),
        "assortment_sku",
        "assortment",
        ["tenant_id", "assortment_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_assortment_sku_tenant_id_sku_id"),
        "assortment_sku",
        "sku",
        ["tenant_id", "sku_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_attribute_tenant_id"), "attribute", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_attribute_tenant_id_category_id"),
        "attribute",
        "category",
        ["tenant_id", "category_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_authorization_tenant_id"), "authorization", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_authorization_tenant_id_assortment_id"),
        "authorization",
        "assortment",
        ["tenant_id", "assortment_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_authorization_tenant_id_grantee_id"),
        "authorization",
        "organization",
        ["tenant_id", "grantee_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_category_tenant_id"), "category", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_category_tenant_id_parent_id"), "category", "category", ["tenant_id", "parent_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_cloud_store_region_code"), "cloud_store", "region", ["region_code"], ["code"])
    op.create_foreign_key(op.f("fk_cloud_store_tenant_id"), "cloud_store", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_cloud_store_tenant_id_organization_id"),
        "cloud_store",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_cloud_store_tenant_id_site_id"), "cloud_store", "site", ["tenant_id", "site_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_customer_tenant_id"), "customer", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_customer_tenant_id_account_id"),
        "customer",
        "account",
        ["tenant_id", "account_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_external_reference_tenant_id"), "external_reference", "tenant", ["tenant_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_external_reference_tenant_id_organization_id"),
        "external_reference",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_inventory_pool_tenant_id"), "inventory_pool", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_inventory_pool_tenant_id_organization_id"),
        "inventory_pool",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_listing_region_code"), "listing", "region", ["region_code"], ["code"])
    op.create_foreign_key(op.f("fk_listing_tenant_id"), "listing", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_listing_tenant_id_cloud_store_id"),
        "listing",
        "cloud_store",
        ["tenant_id", "cloud_store_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_listing_tenant_id_site_id"), "listing", "site", ["tenant_id", "site_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_listing_tenant_id_sku_id"), "listing", "sku", ["tenant_id", "sku_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_location_region_code"), "location", "region", ["region_code"], ["code"])
    op.create_foreign_key(op.f("fk_location_tenant_id"), "location", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_location_tenant_id_organization_id"),
        "location",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_lot_tenant_id"), "lot", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(op.f("fk_lot_tenant_id_sku_id"), "lot", "sku", ["tenant_id", "sku_id"], ["tenant_id", "id"])
    op.create_foreign_key(op.f("fk_order_header_region_code"), "order_header", "region", ["region_code"], ["code"])
    op.create_foreign_key(op.f("fk_order_header_tenant_id"), "order_header", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_order_header_tenant_id_buyer_id"),
        "order_header",
        "organization",
        ["tenant_id", "buyer_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_order_header_tenant_id_cloud_store_id"),
        "order_header",
        "cloud_store",
        ["tenant_id", "cloud_store_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_order_header_tenant_id_customer_id"),
        "order_header",
        "customer",
        ["tenant_id", "customer_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_order_header_tenant_id_placed_by_id"),
        "order_header",
        "account",
        ["tenant_id", "placed_by_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_order_header_tenant_id_seller_id"),
        "order_header",
        "organization",
        ["tenant_id", "seller_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_order_header_tenant_id_site_id"), "order_header", "site", ["tenant_id", "site_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_order_line_tenant_id"), "order_line", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_order_line_tenant_id_brand_id"),
        "order_line",
        "organization",
        ["tenant_id", "brand_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_order_line_tenant_id_fulfiller_id"),
        "order_line",
        "organization",
        ["tenant_id", "fulfiller_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_order_line_tenant_id_goods_owner_id"),
        "order_line",
        "organization",
        ["tenant_id", "goods_owner_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_order_line_tenant_id_order_id"),
        "order_line",
        "order_header",
        ["tenant_id", "order_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_order_line_tenant_id_sku_id"), "order_line", "sku", ["tenant_id", "sku_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_order_line_tenant_id_sku_id_lot_id"),
        "order_line",
        "lot",
        ["tenant_id", "sku_id", "lot_id"],
        ["tenant_id", "sku_id", "id"],
    )
    op.create_foreign_key(op.f("fk_organization_region_code"), "organization", "region", ["region_code"], ["code"])
    op.create_foreign_key(op.f("fk_organization_tenant_id"), "organization", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        "fk_organization_closure_descendant",
        "organization_closure",
        "organization",
        ["tenant_id", "descendant_id", "descendant_tier", "descendant_code"],
        ["tenant_id", "id", "tier", "code"],
    )
    op.create_foreign_key(
        op.f("fk_organization_closure_tenant_id"), "organization_closure", "tenant", ["tenant_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_organization_closure_tenant_id_ancestor_id"),
        "organization_closure",
        "organization",
        ["tenant_id", "ancestor_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_organization_edge_tenant_id"), "organization_edge", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_organization_edge_tenant_id_downstream_id"),
        "organization_edge",
        "organization",
        ["tenant_id", "downstream_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_organization_edge_tenant_id_upstream_id"),
        "organization_edge",
        "organization",
        ["tenant_id", "upstream_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_pack_unit_tenant_id"), "pack_unit", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_pack_unit_tenant_id_sku_id"), "pack_unit", "sku", ["tenant_id", "sku_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_partner_client_tenant_id"), "partner_client", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_partner_client_tenant_id_organization_id"),
        "partner_client",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_pool_contribution_tenant_id"), "pool_contribution", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_pool_contribution_tenant_id_location_id"),
        "pool_contribution",
        "location",
        ["tenant_id", "location_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_pool_contribution_tenant_id_owner_id"),
        "pool_contribution",
        "organization",
        ["tenant_id", "owner_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_pool_contribution_tenant_id_pool_id"),
        "pool_contribution",
        "inventory_pool",
        ["tenant_id", "pool_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_pool_contribution_tenant_id_visible_to_id"),
        "pool_contribution",
        "organization",
        ["tenant_id", "visible_to_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_pool_contribution_sku_tenant_id"), "pool_contribution_sku", "tenant", ["tenant_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_pool_contribution_sku_tenant_id_contribution_id"),
        "pool_contribution_sku",
        "pool_contribution",
        ["tenant_id", "contribution_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_pool_contribution_sku_tenant_id_sku_id"),
        "pool_contribution_sku",
        "sku",
        ["tenant_id", "sku_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_price_tenant_id"), "price", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_price_tenant_id_price_list_id"),
        "price",
        "price_list",
        ["tenant_id", "price_list_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_price_tenant_id_sku_id"), "price", "sku", ["tenant_id", "sku_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_price_list_region_code"), "price_list", "region", ["region_code"], ["code"])
    op.create_foreign_key(op.f("fk_price_list_tenant_id"), "price_list", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_price_list_tenant_id_buyer_id"),
        "price_list",
        "organization",
        ["tenant_id", "buyer_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_price_list_tenant_id_seller_id"),
        "price_list",
        "organization",
        ["tenant_id", "seller_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_price_list_tenant_id_site_id"), "price_list", "site", ["tenant_id", "site_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_product_tenant_id"), "product", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_product_tenant_id_brand_id"), "product", "organization", ["tenant_id", "brand_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_product_tenant_id_category_id"),
        "product",
        "category",
        ["tenant_id", "category_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_region_parent_code"), "region", "region", ["parent_code"], ["code"])
    op.create_foreign_key(op.f("fk_reservation_tenant_id"), "reservation", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_reservation_tenant_id_cloud_store_id"),
        "reservation",
        "cloud_store",
        ["tenant_id", "cloud_store_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        "fk_reservation_line_stock",
        "reservation_line",
        "stock",
        ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
        ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
    )
    op.create_foreign_key(op.f("fk_reservation_line_tenant_id"), "reservation_line", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_reservation_line_tenant_id_contribution_id"),
        "reservation_line",
        "pool_contribution",
        ["tenant_id", "contribution_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_reservation_line_tenant_id_reservation_id"),
        "reservation_line",
        "reservation",
        ["tenant_id", "reservation_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_safety_stock_tenant_id"), "safety_stock", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_safety_stock_tenant_id_location_id"),
        "safety_stock",
        "location",
        ["tenant_id", "location_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_safety_stock_tenant_id_owner_id"),
        "safety_stock",
        "organization",
        ["tenant_id", "owner_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_safety_stock_tenant_id_sku_id"), "safety_stock", "sku", ["tenant_id", "sku_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_site_region_code"), "site", "region", ["region_code"], ["code"])
    op.create_foreign_key(op.f("fk_site_tenant_id"), "site", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_site_tenant_id_organization_id"),
        "site",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_site_tenant_id_parent_id"), "site", "site", ["tenant_id", "parent_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_sku_tenant_id"), "sku", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_sku_tenant_id_product_id"), "sku", "product", ["tenant_id", "product_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_sku_attribute_tenant_id"), "sku_attribute", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_sku_attribute_tenant_id_attribute_id"),
        "sku_attribute",
        "attribute",
        ["tenant_id", "attribute_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_sku_attribute_tenant_id_sku_id"), "sku_attribute", "sku", ["tenant_id", "sku_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_staff_tenant_id"), "staff", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_staff_tenant_id_account_id"), "staff", "account", ["tenant_id", "account_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_staff_tenant_id_organization_id"),
        "staff",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_stock_tenant_id"), "stock", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_stock_tenant_id_location_id"), "stock", "location", ["tenant_id", "location_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_stock_tenant_id_owner_id"), "stock", "organization", ["tenant_id", "owner_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_stock_tenant_id_sku_id_lot_id"),
        "stock",
        "lot",
        ["tenant_id", "sku_id", "lot_id"],
        ["tenant_id", "sku_id", "id"],
    )
    op.create_foreign_key(
        "fk_stock_movement_stock",
        "stock_movement",
        "stock",
        ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
        ["tenant_id", "location_id", "sku_id", "owner_id", "lot_id"],
    )
    op.create_foreign_key(op.f("fk_stock_movement_tenant_id"), "stock_movement", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(op.f("fk_tenant_host_tenant_id"), "tenant_host", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(op.f("fk_territory_tenant_id"), "territory", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_territory_tenant_id_organization_id"),
        "territory",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_territory_region_region_code"), "territory_region", "region", ["region_code"], ["code"]
    )
    op.create_foreign_key(op.f("fk_territory_region_tenant_id"), "territory_region", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_territory_region_tenant_id_territory_id"),
        "territory_region",
        "territory",
        ["tenant_id", "territory_id"],
        ["tenant_id", "id"],
    )
    execute(wall.roles())
    protect()


def downgrade() -> None:
    # The roles stay: they belong to the cluster, and other databases may use them. One statement drops
    # the tables whatever points at whatever.
    listed = ", ".join(f'"{table}"' for table in (*TABLES, *SHARED))
    op.execute(f"DROP TABLE {listed}")
