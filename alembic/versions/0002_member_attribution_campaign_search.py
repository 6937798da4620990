"""member attribution campaign search

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from models import wall

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "binding",
    "binding_hop",
    "campaign",
    "campaign_condition",
    "campaign_funder",
    "campaign_revision",
    "campaign_store",
    "coupon",
    "coupon_offer",
    "member_balance",
    "member_growth",
    "member_tier",
    "membership",
    "promoter",
    "right_honour",
    "right_terms",
    "touch",
)
OPEN = ("sku_search",)
ADDED_TO_ONLY = ("touch",)
POLICY = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"

LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST = rf"char_length(host) <= 253 AND host ~ '^{LABEL}(\.{LABEL})*$'"


def execute(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)


def protect() -> None:
    for table in TABLES:
        rights = "SELECT, INSERT" if table in ADDED_TO_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {table} USING ({POLICY}) WITH CHECK ({POLICY})")
        op.execute(f"GRANT {rights} ON {table} TO millrace_app")
    for table in OPEN:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO millrace_app")


def upgrade() -> None:
    op.create_table(
        "campaign_revision",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("revision BETWEEN 0 AND 9007199254740991", name=op.f("ck_campaign_revision_revision_range")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_campaign_revision")),
    )
    op.create_table(
        "promoter",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("joined_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("kind IN ('PROMOTER', 'GROUP_LEADER')", name=op.f("ck_promoter_kind")),
        sa.CheckConstraint("char_length(code) BETWEEN 1 AND 100", name=op.f("ck_promoter_code_length")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_promoter")),
        sa.UniqueConstraint(
            "tenant_id", "account_id", "organization_id", name=op.f("uq_promoter_tenant_id_account_id_organization_id")
        ),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_promoter_tenant_id_code")),
    )
    op.create_index(
        op.f("ix_promoter_tenant_id_organization_id_code_id"),
        "promoter",
        ["tenant_id", "organization_id", "code", "id"],
        unique=False,
    )
    op.create_table(
        "binding",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("guide_id", sa.Uuid(), nullable=True),
        sa.Column("promoter_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("strength", sa.BigInteger(), nullable=False),
        sa.Column("bound_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("protected_until", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("valid_until", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("end_cause", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "end_cause IN ('TAKEN_OVER', 'TRANSFERRED', 'RELEASED', 'LAPSED')", name=op.f("ck_binding_end_cause")
        ),
        sa.CheckConstraint(
            "end_cause NOT IN ('TRANSFERRED', 'RELEASED') OR end_reason IS NOT NULL",
            name=op.f("ck_binding_a_hand_gives_a_reason"),
        ),
        sa.CheckConstraint(
            "source IN ('MANUAL_ASSIGN', 'OFFLINE_SCAN', 'FIRST_PURCHASE', 'COUPON_CODE', 'SHARE_LINK', 'BROWSE', 'BRAND_DIVERT')",
            name=op.f("ck_binding_source"),
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (end_cause IS NULL)", name=op.f("ck_binding_an_end_has_a_cause")),
        sa.CheckConstraint("ended_at >= bound_at", name=op.f("ck_binding_ends_after_it_began")),
        sa.CheckConstraint("protected_until <= valid_until", name=op.f("ck_binding_protected_while_valid")),
        sa.CheckConstraint(
            "protected_until IS NULL OR protected_until > bound_at",
            name=op.f("ck_binding_protected_until_after_bound_at"),
        ),
        sa.CheckConstraint("strength BETWEEN 0 AND 9007199254740991", name=op.f("ck_binding_strength_range")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_binding")),
    )
    op.create_index(
        "ix_binding_guide",
        "binding",
        ["tenant_id", "guide_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_binding_owner",
        "binding",
        ["tenant_id", "owner_id", "bound_at", "id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_binding_promoter",
        "binding",
        ["tenant_id", "promoter_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        op.f("ix_binding_tenant_id_customer_id_bound_at_id"),
        "binding",
        ["tenant_id", "customer_id", "bound_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_binding_active",
        "binding",
        ["tenant_id", "customer_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "touch",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("guide_id", sa.Uuid(), nullable=True),
        sa.Column("promoter_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("strength", sa.BigInteger(), nullable=False),
        sa.Column("terminal", sa.Text(), nullable=False),
        sa.Column("occurred_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("rejection", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(outcome = 'REJECTED') = (rejection IS NOT NULL)", name=op.f("ck_touch_rejection_has_a_reason")
        ),
        sa.CheckConstraint("outcome IN ('BOUND', 'TOOK_OVER', 'RENEWED', 'REJECTED')", name=op.f("ck_touch_outcome")),
        sa.CheckConstraint(
            "rejection IN ('PROTECTED', 'WEAKER', 'SELF_BINDING', 'NOT_FIRST_PURCHASE', 'HAS_OWNER', 'OWNER_NOT_ACTIVE',"
            " 'REFERRAL_CYCLE')",
            name=op.f("ck_touch_rejection"),
        ),
        sa.CheckConstraint(
            "source IN ('MANUAL_ASSIGN', 'OFFLINE_SCAN', 'FIRST_PURCHASE', 'COUPON_CODE', 'SHARE_LINK', 'BROWSE', 'BRAND_DIVERT')",
            name=op.f("ck_touch_source"),
        ),
        sa.CheckConstraint(
            "terminal IN ('WEB', 'APP', 'MINI_PROGRAM', 'SHOP', 'SALESPERSON', 'PARTNER')",
            name=op.f("ck_touch_terminal"),
        ),
        sa.CheckConstraint("strength BETWEEN 0 AND 9007199254740991", name=op.f("ck_touch_strength_range")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_touch")),
    )
    op.create_index(
        op.f("ix_touch_tenant_id_customer_id_occurred_at_id"),
        "touch",
        ["tenant_id", "customer_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_touch_tenant_id_organization_id_occurred_at_id"),
        "touch",
        ["tenant_id", "organization_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_table(
        "binding_hop",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("hops", sa.BigInteger(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "tier IN ('SUBSIDIARY', 'AGENT', 'DISTRIBUTOR', 'STORE')", name=op.f("ck_binding_hop_below_brand")
        ),
        sa.CheckConstraint("hops BETWEEN 0 AND 9007199254740991", name=op.f("ck_binding_hop_hops_range")),
        sa.PrimaryKeyConstraint("tenant_id", "binding_id", "hops", name=op.f("pk_binding_hop")),
        sa.UniqueConstraint(
            "tenant_id",
            "binding_id",
            "organization_id",
            name=op.f("uq_binding_hop_tenant_id_binding_id_organization_id"),
        ),
    )
    op.create_index(
        op.f("ix_binding_hop_tenant_id_organization_id"), "binding_hop", ["tenant_id", "organization_id"], unique=False
    )
    op.create_table(
        "membership",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("cloud_store_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "tenant_id",
            "customer_id",
            "cloud_store_id",
            name=op.f("uq_membership_tenant_id_customer_id_cloud_store_id"),
        ),
    )
    op.create_index(
        op.f("ix_membership_tenant_id_cloud_store_id_joined_at_id"),
        "membership",
        ["tenant_id", "cloud_store_id", "joined_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_membership_tenant_id_customer_id_joined_at_id"),
        "membership",
        ["tenant_id", "customer_id", "joined_at", "id"],
        unique=False,
    )
    op.create_table(
        "right_terms",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("cloud_store_id", sa.Uuid(), nullable=True),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("bearer_id", sa.Uuid(), nullable=False),
        sa.Column("redeem_points", sa.BigInteger(), nullable=True),
        sa.Column("redeem_fen", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("valid_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("is_generated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'POINTS') = (redeem_points IS NOT NULL) AND (kind = 'POINTS') = (redeem_fen IS NOT NULL)",
            name=op.f("ck_right_terms_points_have_a_worth"),
        ),
        sa.CheckConstraint(
            "(scope = 'SITE') = (site_id IS NOT NULL) AND (scope = 'STORE') = (cloud_store_id IS NOT NULL)",
            name=op.f("ck_right_terms_scope_names_its_place"),
        ),
        sa.CheckConstraint("kind IN ('TIER', 'POINTS', 'COUPON', 'STORED_VALUE')", name=op.f("ck_right_terms_kind")),
        sa.CheckConstraint("scope IN ('TENANT', 'SITE', 'STORE')", name=op.f("ck_right_terms_scope")),
        sa.CheckConstraint("redeem_fen BETWEEN 1 AND 9007199254740991", name=op.f("ck_right_terms_redeem_fen_range")),
        sa.CheckConstraint(
            "redeem_points BETWEEN 1 AND 9007199254740991", name=op.f("ck_right_terms_redeem_points_range")
        ),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until > valid_from", name=op.f("ck_right_terms_valid_until_after_valid_from")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_right_terms")),
        sa.UniqueConstraint("tenant_id", "id", "kind", name="uq_right_terms_kind"),
        sa.UniqueConstraint("tenant_id", "issuer_id", "code", name=op.f("uq_right_terms_tenant_id_issuer_id_code")),
    )
    op.create_table(
        "sku_search",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("tokens", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("cardinality(tokens) BETWEEN 1 AND 2000", name=op.f("ck_sku_search_tokens_limit")),
        sa.PrimaryKeyConstraint("tenant_id", "sku_id", name=op.f("pk_sku_search")),
    )
    op.create_index(
        op.f("ix_sku_search_tokens"),
        "sku_search",
        ["tokens"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_table(
        "coupon_offer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("terms_kind", sa.Text(), server_default="COUPON", nullable=False),
        sa.Column("benefit", sa.Text(), nullable=False),
        sa.Column("threshold_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("off_fen", sa.BigInteger(), nullable=True),
        sa.Column("off_bps", sa.BigInteger(), nullable=True),
        sa.Column("max_off_fen", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(benefit = 'AMOUNT_OFF') = (off_fen IS NOT NULL) AND (benefit = 'PERCENT_OFF') = (off_bps IS NOT NULL) AND (benefit = 'PERCENT_OFF' OR max_off_fen IS NULL)",
            name=op.f("ck_coupon_offer_benefit_says_what"),
        ),
        sa.CheckConstraint("benefit IN ('AMOUNT_OFF', 'PERCENT_OFF')", name=op.f("ck_coupon_offer_benefit")),
        sa.CheckConstraint("terms_kind = 'COUPON'", name=op.f("ck_coupon_offer_terms_kind")),
        sa.CheckConstraint(
            "max_off_fen BETWEEN 1 AND 9007199254740991", name=op.f("ck_coupon_offer_max_off_fen_range")
        ),
        sa.CheckConstraint("off_bps BETWEEN 1 AND 10000", name=op.f("ck_coupon_offer_off_bps_range")),
        sa.CheckConstraint(
            "off_fen <= threshold_fen OR threshold_fen = 0", name=op.f("ck_coupon_offer_never_more_than_the_threshold")
        ),
        sa.CheckConstraint("off_fen BETWEEN 1 AND 9007199254740991", name=op.f("ck_coupon_offer_off_fen_range")),
        sa.CheckConstraint(
            "threshold_fen BETWEEN 0 AND 9007199254740991", name=op.f("ck_coupon_offer_threshold_fen_range")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "terms_id", name=op.f("pk_coupon_offer")),
    )
    op.create_table(
        "member_balance",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("terms_kind", sa.Text(), nullable=False),
        sa.Column("balance", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("terms_kind IN ('POINTS', 'STORED_VALUE')", name=op.f("ck_member_balance_terms_kind")),
        sa.CheckConstraint("balance BETWEEN 0 AND 9007199254740991", name=op.f("ck_member_balance_balance_range")),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "terms_id", name=op.f("pk_member_balance")),
    )
    op.create_index(
        op.f("ix_member_balance_tenant_id_terms_id"), "member_balance", ["tenant_id", "terms_id"], unique=False
    )
    op.create_table(
        "member_tier",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("terms_kind", sa.Text(), server_default="TIER", nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("growth_from", sa.BigInteger(), nullable=False),
        sa.Column("points_rate_pct", sa.BigInteger(), server_default="100", nullable=False),
        sa.CheckConstraint("terms_kind = 'TIER'", name=op.f("ck_member_tier_terms_kind")),
        sa.CheckConstraint("growth_from BETWEEN 0 AND 9007199254740991", name=op.f("ck_member_tier_growth_from_range")),
        sa.CheckConstraint("level BETWEEN 0 AND 2147483647", name=op.f("ck_member_tier_level_range")),
        sa.CheckConstraint("points_rate_pct BETWEEN 0 AND 10000", name=op.f("ck_member_tier_points_rate")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_member_tier")),
        sa.UniqueConstraint("tenant_id", "terms_id", "code", name=op.f("uq_member_tier_tenant_id_terms_id_code")),
        sa.UniqueConstraint(
            "tenant_id", "terms_id", "growth_from", name=op.f("uq_member_tier_tenant_id_terms_id_growth_from")
        ),
        sa.UniqueConstraint("tenant_id", "terms_id", "id", name="uq_member_tier_of_terms"),
        sa.UniqueConstraint("tenant_id", "terms_id", "level", name=op.f("uq_member_tier_tenant_id_terms_id_level")),
    )
    op.create_table(
        "right_honour",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("includes_below", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "terms_id", "organization_id", name=op.f("pk_right_honour")),
    )
    op.create_index(
        op.f("ix_right_honour_tenant_id_organization_id_terms_id"),
        "right_honour",
        ["tenant_id", "organization_id", "terms_id"],
        unique=False,
    )
    op.create_table(
        "campaign",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="DRAFT", nullable=False),
        sa.Column("participation", sa.Text(), server_default="MANDATORY", nullable=False),
        sa.Column("starts_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("priority", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("exclusion_group", sa.Text(), nullable=True),
        sa.Column("threshold_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("threshold_units", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("off_fen", sa.BigInteger(), nullable=True),
        sa.Column("off_bps", sa.BigInteger(), nullable=True),
        sa.Column("price_fen", sa.BigInteger(), nullable=True),
        sa.Column("gift_sku_id", sa.Uuid(), nullable=True),
        sa.Column("gift_quantity", sa.BigInteger(), nullable=True),
        sa.Column("nth", sa.BigInteger(), nullable=True),
        sa.Column("coupon_terms_id", sa.Uuid(), nullable=True),
        sa.Column("group_size", sa.BigInteger(), nullable=True),
        sa.Column("points_pct", sa.BigInteger(), nullable=True),
        sa.Column("fee_fen", sa.BigInteger(), nullable=True),
        sa.Column("is_generated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "CASE kind WHEN 'AMOUNT_OFF' THEN num_nulls(off_fen) = 0 AND num_nonnulls(off_fen, off_bps, price_fen, gift_sku_id, gift_quantity, nth, coupon_terms_id, group_size, points_pct, fee_fen) = 1 WHEN 'PERCENT_OFF' THEN num_nulls(off_bps) = 0 AND num_nonnulls(off_fen, off_bps, price_fen, gift_sku_id, gift_quantity, nth, coupon_terms_id, group_size, points_pct, fee_fen) = 1 WHEN 'FIXED_PRICE' THEN num_nulls(price_fen) = 0 AND num_nonnulls(off_fen, off_bps, price_fen, gift_sku_id, gift_quantity, nth, coupon_terms_id, group_size, points_pct, fee_fen) = 1 WHEN 'GIFT' THEN num_nulls(gift_sku_id, gift_quantity) = 0 AND num_nonnulls(off_fen, off_bps, price_fen, gift_sku_id, gift_quantity, nth, coupon_terms_id, group_size, points_pct, fee_fen) = 2 WHEN 'NTH_UNIT' THEN num_nulls(nth, off_bps) = 0 AND num_nonnulls(off_fen, off_bps, price_fen, gift_sku_id, gift_quantity, nth, coupon_terms_id, group_size, points_pct, fee_fen) = 2 WHEN 'COUPON' THEN num_nulls(coupon_terms_id) = 0 AND num_nonnulls(off_fen, off_bps, price_fen, gift_sku_id, gift_quantity, nth, coupon_terms_id, group_size, points_pct, fee_fen) = 1 WHEN 'GROUP_BUY' THEN num_nulls(group_size, price_fen) = 0 AND num_nonnulls(off_fen, off_bps, price_fen, gift_sku_id, gift_quantity, nth, coupon_terms_id, group_size, points_pct, fee_fen) = 2 WHEN 'POINTS_MULTIPLIER' THEN num_nulls(points_pct) = 0 AND num_nonnulls(off_fen, off_bps, price_fen, gift_sku_id, gift_quantity, nth, coupon_terms_id, group_size, points_pct, fee_fen) = 1 WHEN 'DISPLAY_FEE' THEN num_nulls(fee_fen) = 0 AND num_nonnulls(off_fen, off_bps, price_fen, gift_sku_id, gift_quantity, nth, coupon_terms_id, group_size, points_pct, fee_fen) = 1 ELSE false END",
            name=op.f("ck_campaign_offer"),
        ),
        sa.CheckConstraint("exclusion_group <> ''", name=op.f("ck_campaign_exclusion_group_is_named")),
        sa.CheckConstraint(
            "kind IN ('AMOUNT_OFF', 'PERCENT_OFF', 'FIXED_PRICE', 'GIFT', 'NTH_UNIT', 'COUPON', 'GROUP_BUY', 'POINTS_MULTIPLIER', 'DISPLAY_FEE')",
            name=op.f("ck_campaign_kind"),
        ),
        sa.CheckConstraint(
            "participation IN ('MANDATORY', 'OPT_IN', 'OPT_OUT')", name=op.f("ck_campaign_participation")
        ),
        sa.CheckConstraint("status IN ('DRAFT', 'PUBLISHED', 'PAUSED', 'CLOSED')", name=op.f("ck_campaign_status")),
        sa.CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name=op.f("ck_campaign_ends_at_after_starts_at")),
        sa.CheckConstraint("fee_fen BETWEEN 1 AND 9007199254740991", name=op.f("ck_campaign_fee_fen_range")),
        sa.CheckConstraint(
            "gift_quantity BETWEEN 1 AND 9007199254740991", name=op.f("ck_campaign_gift_quantity_range")
        ),
        sa.CheckConstraint("group_size BETWEEN 2 AND 2147483647", name=op.f("ck_campaign_a_group_is_two")),
        sa.CheckConstraint("nth BETWEEN 2 AND 2147483647", name=op.f("ck_campaign_nth_from_the_second")),
        sa.CheckConstraint("off_bps BETWEEN 1 AND 10000", name=op.f("ck_campaign_off_bps_range")),
        sa.CheckConstraint("off_fen BETWEEN 1 AND 9007199254740991", name=op.f("ck_campaign_off_fen_range")),
        sa.CheckConstraint("points_pct BETWEEN 101 AND 10000", name=op.f("ck_campaign_points_pct_range")),
        sa.CheckConstraint("price_fen BETWEEN 1 AND 9007199254740991", name=op.f("ck_campaign_price_fen_range")),
        sa.CheckConstraint("priority BETWEEN -1000000 AND 1000000", name=op.f("ck_campaign_priority_range")),
        sa.CheckConstraint(
            "threshold_fen BETWEEN 0 AND 9007199254740991", name=op.f("ck_campaign_threshold_fen_range")
        ),
        sa.CheckConstraint(
            "threshold_units BETWEEN 0 AND 9007199254740991", name=op.f("ck_campaign_threshold_units_range")
        ),
        sa.CheckConstraint("char_length(code) BETWEEN 1 AND 100", name=op.f("ck_campaign_code_length")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("tenant_id", "owner_id", "code", name=op.f("uq_campaign_tenant_id_owner_id_code")),
    )
    op.create_index(
        op.f("ix_campaign_tenant_id_ends_at"),
        "campaign",
        ["tenant_id", "ends_at"],
        unique=False,
        postgresql_where=sa.text("status = 'PUBLISHED'"),
    )
    op.create_table(
        "coupon",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="AVAILABLE", nullable=False),
        sa.Column("granted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("valid_from", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("valid_until", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('LOCKED', 'USED')) = (order_id IS NOT NULL)", name=op.f("ck_coupon_order_holds_it")
        ),
        sa.CheckConstraint("state IN ('AVAILABLE', 'LOCKED', 'USED', 'REVOKED')", name=op.f("ck_coupon_state")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until > valid_from", name=op.f("ck_coupon_valid_until_after_valid_from")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_coupon")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_coupon_tenant_id_code")),
    )
    op.create_index(
        op.f("ix_coupon_tenant_id_customer_id_valid_until_id"),
        "coupon",
        ["tenant_id", "customer_id", "valid_until", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_coupon_tenant_id_order_id"),
        "coupon",
        ["tenant_id", "order_id"],
        unique=False,
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_coupon_tenant_id_terms_id"), "coupon", ["tenant_id", "terms_id"], unique=False)
    op.create_table(
        "member_growth",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("growth", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tier_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("growth BETWEEN 0 AND 9007199254740991", name=op.f("ck_member_growth_growth_range")),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", "terms_id", name=op.f("pk_member_growth")),
    )
    op.create_index(op.f("ix_member_growth_tenant_id_tier_id"), "member_growth", ["tenant_id", "tier_id"], unique=False)
    op.create_table(
        "campaign_condition",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("clause", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("negated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("territory_id", sa.Uuid(), nullable=True),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("below_id", sa.Uuid(), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("tag", sa.Text(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("member_tier_id", sa.Uuid(), nullable=True),
        sa.Column("sku_id", sa.Uuid(), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("brand_id", sa.Uuid(), nullable=True),
        sa.Column("terminal", sa.Text(), nullable=True),
        sa.Column("weekdays", sa.BigInteger(), nullable=True),
        sa.Column("from_minute", sa.BigInteger(), nullable=True),
        sa.Column("until_minute", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "dimension IN ('SITE', 'TERRITORY', 'TIER', 'BELOW', 'STORE', 'STORE_TAG', 'MODE', 'MEMBER_TIER', 'MEMBER_TAG', 'SKU', 'CATEGORY', 'BRAND', 'TERMINAL', 'HOURS')",
            name=op.f("ck_campaign_condition_dimension"),
        ),
        sa.CheckConstraint(
            "mode IN ('PRIVATE_MALL', 'COMMUNITY_GROUP', 'O2O', 'B2B_ORDERING')",
            name=op.f("ck_campaign_condition_mode"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(below_id, brand_id, category_id, member_tier_id, mode, site_id, sku_id, store_id, tag, terminal, territory_id, tier, weekdays) = 1 AND CASE dimension WHEN 'SITE' THEN site_id IS NOT NULL WHEN 'TERRITORY' THEN territory_id IS NOT NULL WHEN 'TIER' THEN tier IS NOT NULL WHEN 'BELOW' THEN below_id IS NOT NULL WHEN 'STORE' THEN store_id IS NOT NULL WHEN 'STORE_TAG' THEN tag IS NOT NULL WHEN 'MODE' THEN mode IS NOT NULL WHEN 'MEMBER_TIER' THEN member_tier_id IS NOT NULL WHEN 'MEMBER_TAG' THEN tag IS NOT NULL WHEN 'SKU' THEN sku_id IS NOT NULL WHEN 'CATEGORY' THEN category_id IS NOT NULL WHEN 'BRAND' THEN brand_id IS NOT NULL WHEN 'TERMINAL' THEN terminal IS NOT NULL WHEN 'HOURS' THEN weekdays IS NOT NULL ELSE false END",
            name=op.f("ck_campaign_condition_value"),
        ),
        sa.CheckConstraint(
            "terminal IN ('WEB', 'APP', 'MINI_PROGRAM', 'SHOP', 'SALESPERSON', 'PARTNER')",
            name=op.f("ck_campaign_condition_terminal"),
        ),
        sa.CheckConstraint(
            "tier IN ('BRAND', 'SUBSIDIARY', 'AGENT', 'DISTRIBUTOR', 'STORE', 'SUPPLIER')",
            name=op.f("ck_campaign_condition_tier"),
        ),
        sa.CheckConstraint("clause BETWEEN 0 AND 19", name=op.f("ck_campaign_condition_clause_range")),
        sa.CheckConstraint(
            "num_nonnulls(weekdays, from_minute, until_minute) IN (0, 3) AND from_minute >= 0 AND from_minute < until_minute AND until_minute <= 1440",
            name=op.f("ck_campaign_condition_hours"),
        ),
        sa.CheckConstraint("position BETWEEN 0 AND 9999", name=op.f("ck_campaign_condition_position_range")),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name=op.f("ck_campaign_condition_weekdays_range")),
        sa.PrimaryKeyConstraint("tenant_id", "campaign_id", "clause", "position", name=op.f("pk_campaign_condition")),
    )
    op.create_index(
        op.f("ix_campaign_condition_tenant_id_sku_id"),
        "campaign_condition",
        ["tenant_id", "sku_id"],
        unique=False,
        postgresql_where=sa.text("sku_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_campaign_condition_tenant_id_store_id"),
        "campaign_condition",
        ["tenant_id", "store_id"],
        unique=False,
        postgresql_where=sa.text("store_id IS NOT NULL"),
    )
    op.create_table(
        "campaign_funder",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("funder_id", sa.Uuid(), nullable=True),
        sa.Column("share_bps", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("position BETWEEN 0 AND 9007199254740991", name=op.f("ck_campaign_funder_position_range")),
        sa.CheckConstraint("share_bps BETWEEN 1 AND 10000", name=op.f("ck_campaign_funder_share_bps_range")),
        sa.PrimaryKeyConstraint("tenant_id", "campaign_id", "position", name=op.f("pk_campaign_funder")),
        sa.UniqueConstraint(
            "tenant_id",
            "campaign_id",
            "funder_id",
            name=op.f("uq_campaign_funder_tenant_id_campaign_id_funder_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        op.f("ix_campaign_funder_tenant_id_funder_id_campaign_id"),
        "campaign_funder",
        ["tenant_id", "funder_id", "campaign_id"],
        unique=False,
    )
    op.create_table(
        "campaign_store",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("stance", sa.Text(), nullable=True),
        sa.Column("threshold_fen", sa.BigInteger(), nullable=True),
        sa.Column("threshold_units", sa.BigInteger(), nullable=True),
        sa.Column("off_fen", sa.BigInteger(), nullable=True),
        sa.Column("off_bps", sa.BigInteger(), nullable=True),
        sa.Column("price_fen", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("stance IN ('OPTED_IN', 'OPTED_OUT')", name=op.f("ck_campaign_store_stance")),
        sa.CheckConstraint("off_bps BETWEEN 1 AND 10000", name=op.f("ck_campaign_store_off_bps_range")),
        sa.CheckConstraint("off_fen BETWEEN 1 AND 9007199254740991", name=op.f("ck_campaign_store_off_fen_range")),
        sa.CheckConstraint("price_fen BETWEEN 1 AND 9007199254740991", name=op.f("ck_campaign_store_price_fen_range")),
        sa.CheckConstraint(
            "threshold_fen BETWEEN 0 AND 9007199254740991", name=op.f("ck_campaign_store_threshold_fen_range")
        ),
        sa.CheckConstraint(
            "threshold_units BETWEEN 0 AND 9007199254740991", name=op.f("ck_campaign_store_threshold_units_range")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "store_id", "campaign_id", name=op.f("pk_campaign_store")),
    )
    op.create_index(
        op.f("ix_campaign_store_tenant_id_campaign_id_store_id"),
        "campaign_store",
        ["tenant_id", "campaign_id", "store_id"],
        unique=False,
    )
    execute(wall.distribute((), (*TABLES, *OPEN)))
    op.add_column("customer", sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("customer", sa.Column("referred_by_id", sa.Uuid(), nullable=True))
    op.create_index(
        op.f("ix_customer_tenant_id_referred_by_id"),
        "customer",
        ["tenant_id", "referred_by_id"],
        unique=False,
        postgresql_where=sa.text("referred_by_id IS NOT NULL"),
    )
    op.create_check_constraint(op.f("ck_customer_not_by_herself"), "customer", "referred_by_id <> id")
    op.create_foreign_key(
        op.f("fk_customer_tenant_id_referred_by_id"),
        "customer",
        "customer",
        ["tenant_id", "referred_by_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_binding_tenant_id"), "binding", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_binding_tenant_id_customer_id"),
        "binding",
        "customer",
        ["tenant_id", "customer_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_binding_tenant_id_guide_id"), "binding", "staff", ["tenant_id", "guide_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_binding_tenant_id_owner_id"), "binding", "organization", ["tenant_id", "owner_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_binding_tenant_id_promoter_id"),
        "binding",
        "promoter",
        ["tenant_id", "promoter_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_binding_hop_tenant_id"), "binding_hop", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_binding_hop_tenant_id_binding_id"),
        "binding_hop",
        "binding",
        ["tenant_id", "binding_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_binding_hop_tenant_id_organization_id"),
        "binding_hop",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        "fk_campaign_coupon_offer",
        "campaign",
        "coupon_offer",
        ["tenant_id", "coupon_terms_id"],
        ["tenant_id", "terms_id"],
    )
    op.create_foreign_key(op.f("fk_campaign_tenant_id"), "campaign", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_campaign_tenant_id_gift_sku_id"), "campaign", "sku", ["tenant_id", "gift_sku_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_campaign_tenant_id_owner_id"),
        "campaign",
        "organization",
        ["tenant_id", "owner_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_campaign_condition_tenant_id"), "campaign_condition", "tenant", ["tenant_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_campaign_condition_tenant_id_below_id"),
        "campaign_condition",
        "organization",
        ["tenant_id", "below_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_campaign_condition_tenant_id_brand_id"),
        "campaign_condition",
        "organization",
        ["tenant_id", "brand_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_campaign_condition_tenant_id_campaign_id"),
        "campaign_condition",
        "campaign",
        ["tenant_id", "campaign_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_campaign_condition_tenant_id_category_id"),
        "campaign_condition",
        "category",
        ["tenant_id", "category_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_campaign_condition_tenant_id_member_tier_id"),
        "campaign_condition",
        "member_tier",
        ["tenant_id", "member_tier_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_campaign_condition_tenant_id_site_id"),
        "campaign_condition",
        "site",
        ["tenant_id", "site_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_campaign_condition_tenant_id_sku_id"),
        "campaign_condition",
        "sku",
        ["tenant_id", "sku_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_campaign_condition_tenant_id_store_id"),
        "campaign_condition",
        "organization",
        ["tenant_id", "store_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_campaign_condition_tenant_id_territory_id"),
        "campaign_condition",
        "territory",
        ["tenant_id", "territory_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_campaign_funder_tenant_id"), "campaign_funder", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_campaign_funder_tenant_id_campaign_id"),
        "campaign_funder",
        "campaign",
        ["tenant_id", "campaign_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_campaign_funder_tenant_id_funder_id"),
        "campaign_funder",
        "organization",
        ["tenant_id", "funder_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_campaign_revision_tenant_id"), "campaign_revision", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(op.f("fk_campaign_store_tenant_id"), "campaign_store", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_campaign_store_tenant_id_campaign_id"),
        "campaign_store",
        "campaign",
        ["tenant_id", "campaign_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_campaign_store_tenant_id_store_id"),
        "campaign_store",
        "organization",
        ["tenant_id", "store_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        "fk_coupon_offer", "coupon", "coupon_offer", ["tenant_id", "terms_id"], ["tenant_id", "terms_id"]
    )
    op.create_foreign_key(op.f("fk_coupon_tenant_id"), "coupon", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_coupon_tenant_id_customer_id"), "coupon", "customer", ["tenant_id", "customer_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_coupon_tenant_id_order_id"), "coupon", "order_header", ["tenant_id", "order_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_coupon_offer_tenant_id"), "coupon_offer", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        "fk_coupon_offer_terms",
        "coupon_offer",
        "right_terms",
        ["tenant_id", "terms_id", "terms_kind"],
        ["tenant_id", "id", "kind"],
    )
    op.create_foreign_key(op.f("fk_member_balance_tenant_id"), "member_balance", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_member_balance_tenant_id_customer_id"),
        "member_balance",
        "customer",
        ["tenant_id", "customer_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        "fk_member_balance_terms",
        "member_balance",
        "right_terms",
        ["tenant_id", "terms_id", "terms_kind"],
        ["tenant_id", "id", "kind"],
    )
    op.create_foreign_key(op.f("fk_member_growth_tenant_id"), "member_growth", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_member_growth_tenant_id_customer_id"),
        "member_growth",
        "customer",
        ["tenant_id", "customer_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        "fk_member_growth_tier",
        "member_growth",
        "member_tier",
        ["tenant_id", "terms_id", "tier_id"],
        ["tenant_id", "terms_id", "id"],
    )
    op.create_foreign_key(op.f("fk_member_tier_tenant_id"), "member_tier", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        "fk_member_tier_terms",
        "member_tier",
        "right_terms",
        ["tenant_id", "terms_id", "terms_kind"],
        ["tenant_id", "id", "kind"],
    )
    op.create_foreign_key(op.f("fk_membership_tenant_id"), "membership", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_membership_tenant_id_cloud_store_id"),
        "membership",
        "cloud_store",
        ["tenant_id", "cloud_store_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_membership_tenant_id_customer_id"),
        "membership",
        "customer",
        ["tenant_id", "customer_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_promoter_tenant_id"), "promoter", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_promoter_tenant_id_account_id"),
        "promoter",
        "account",
        ["tenant_id", "account_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_promoter_tenant_id_organization_id"),
        "promoter",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_right_honour_tenant_id"), "right_honour", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_right_honour_tenant_id_organization_id"),
        "right_honour",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_right_honour_tenant_id_terms_id"),
        "right_honour",
        "right_terms",
        ["tenant_id", "terms_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(op.f("fk_right_terms_tenant_id"), "right_terms", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_right_terms_tenant_id_bearer_id"),
        "right_terms",
        "organization",
        ["tenant_id", "bearer_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_right_terms_tenant_id_cloud_store_id"),
        "right_terms",
        "cloud_store",
        ["tenant_id", "cloud_store_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_right_terms_tenant_id_issuer_id"),
        "right_terms",
        "organization",
        ["tenant_id", "issuer_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_right_terms_tenant_id_site_id"), "right_terms", "site", ["tenant_id", "site_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_sku_search_tenant_id"), "sku_search", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_sku_search_tenant_id_sku_id"), "sku_search", "sku", ["tenant_id", "sku_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(op.f("fk_touch_tenant_id"), "touch", "tenant", ["tenant_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_touch_tenant_id_customer_id"), "touch", "customer", ["tenant_id", "customer_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_touch_tenant_id_guide_id"), "touch", "staff", ["tenant_id", "guide_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_touch_tenant_id_organization_id"),
        "touch",
        "organization",
        ["tenant_id", "organization_id"],
        ["tenant_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_touch_tenant_id_promoter_id"), "touch", "promoter", ["tenant_id", "promoter_id"], ["tenant_id", "id"]
    )

    protect()

    # What was taken for a host name so far and is none never meant a tenant: no request comes to it.
    op.execute(f"DELETE FROM tenant_host WHERE NOT ({HOST})")
    op.drop_constraint(op.f("ck_tenant_host_lower"), "tenant_host", type_="check")
    op.create_check_constraint(op.f("ck_tenant_host_name"), "tenant_host", HOST)


def downgrade() -> None:
    op.drop_constraint(op.f("ck_tenant_host_name"), "tenant_host", type_="check")
    op.create_check_constraint(op.f("ck_tenant_host_lower"), "tenant_host", "host = lower(host)")
    listed = ", ".join(f'"{table}"' for table in (*TABLES, *OPEN))
    op.execute(f"DROP TABLE {listed}")
    op.drop_constraint(op.f("fk_customer_tenant_id_referred_by_id"), "customer", type_="foreignkey")
    op.drop_index(op.f("ix_customer_tenant_id_referred_by_id"), table_name="customer")
    op.drop_constraint(op.f("ck_customer_not_by_herself"), "customer", type_="check")
    op.drop_column("customer", "referred_by_id")
    op.drop_column("customer", "tags")
