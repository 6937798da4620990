"""What the database refuses of the channel, the catalog and partners: each constraint by rows that only it forbids."""

import hashlib
from datetime import UTC, date, datetime, timedelta

from domain.catalog import MAX_QUANTITY
from domain.channel import MAX_SECTION_GOODS, MAX_SECTIONS, MAX_TAGS
from domain.search import MAX_TOKENS
from models.channel.tables import MAX_STORED_ONLY
from tests.models.refusing import Case, Columns, beyond, constraints_of, key, misjudged, tables_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SOON, LATER = NOW + TICK, NOW + 2 * TICK
TABLES = tables_of(
    "models.channel.tables", "models.channel.storefront", "models.catalog.tables", "models.integration"
) - {"account"}
BRAND, SHOP, MAIN, MALL, ZONE, SKU, LIST, RANGE, SHELF, NEW = (key(number) for number in range(11, 21))
ANN, COLOR, CITY, THERE, CLOSED, GRAMS = key(21), key(22), key(23), key(2), key(27), key(28)
NOWHERE: list[Columns] = [{"region_code": "nowhere"}]
TOO_LONG = "码" * 101


def prices(number: int, audience: str, scope: str, **buyers: object) -> Columns:
    list_of = {"seller_id": BRAND, "name": "x", "audience": audience, "scope": scope}
    return {"id": key(number), "code": scope, **list_of, **buyers}


def document(text: str, **other: object) -> Columns:
    return {"hash": hashlib.sha256(text.encode()).hexdigest(), "name": "x", "text": text, "stored_at": NOW, **other}


GOOD: dict[str, Columns] = {
    "tenant": {"id": THERE, "code": "there", "name": "x", "stored_only": ["web"] * MAX_STORED_ONLY},
    "tenant_host": {"host": "a.example", "tenant_id": THERE},
    "region": {"code": "19", "name": "Iowa", "parent_code": None},
    "organization brand": {"id": BRAND, "tier": "BRAND", "code": "brand", "name": "x", "region_code": "19"},
    "organization": {"id": SHOP, "tier": "STORE", "code": "shop", "name": "x"}
    | {"latitude_e7": 900_000_000, "longitude_e7": -1_800_000_000},
    "organization suspended": {"id": CLOSED, "tier": "STORE", "code": "closed", "name": "x", "status": "SUSPENDED"}
    | {"suspended_by_id": BRAND, "tags": ["x"] * MAX_TAGS},
    "organization_edge": {"kind": "SUPPLIES", "upstream_id": BRAND, "downstream_id": SHOP, "is_primary": True},
    "organization_closure": {"descendant_id": SHOP, "ancestor_id": BRAND, "hops": 1}
    | {"descendant_tier": "STORE", "descendant_code": "shop"},
    "organization_closure of itself": {"descendant_id": SHOP, "ancestor_id": SHOP, "hops": 0}
    | {"descendant_tier": "STORE", "descendant_code": "shop"},
    "channel_revision": {"revision": 0},
    "account": {"id": ANN, "subject": "ann", "display_name": "Ann"},
    "store_application": {"organization_id": SHOP, "upstream_id": BRAND, "account_id": ANN, "applied_at": NOW}
    | {"decided_at": NOW, "reason": "x"},
    "supply_offer": {"downstream_id": SHOP, "upstream_id": BRAND, "offered_by_id": SHOP, "offered_at": NOW},
    "staff": {"id": key(24), "account_id": ANN, "organization_id": SHOP, "role": "CLERK"}
    | {"display_name": "码" * 100},
    "site": {"id": MAIN, "kind": "MAIN", "code": "main", "name": "x", "organization_id": BRAND},
    "site of a city": {"id": CITY, "kind": "CITY", "code": "city", "name": "x", "organization_id": BRAND}
    | {"parent_id": MAIN, "region_code": "19"},
    "territory": {"id": ZONE, "organization_id": SHOP, "name": "x"},
    "territory_region": {"territory_id": ZONE, "region_code": "19"},
    "cloud_store": {"id": MALL, "organization_id": SHOP, "mode": "O2O", "name": "x"}
    | {"opened_at": NOW, "closed_at": SOON, "banner_text": "x", "banner_url": "x"},
    "cloud_store_section": {"cloud_store_id": MALL, "position": MAX_SECTIONS - 1, "title": "x"},
    "category": {"id": key(25), "code": "a", "name": "x"},
    "attribute": {"id": COLOR, "code": "color", "name": "x", "kind": "TEXT"},
    "attribute of a number": {"id": GRAMS, "code": "grams", "name": "x", "kind": "INTEGER"},
    "product": {"id": SKU, "brand_id": BRAND, "code": "1", "name": "x"},
    "sku": {"id": SKU, "product_id": SKU, "code": "1", "name": "x", "shelf_life_days": 1},
    "sku_attribute": {"sku_id": SKU, "attribute_id": COLOR, "text_value": "red"},
    "pack_unit": {"sku_id": SKU, "code": "CASE", "units": 12},
    "price_list": {"id": LIST, "seller_id": BRAND, "code": "base", "name": "x", "audience": "TRADE", "scope": "BASE"},
    "price_list of a contract": prices(31, "TRADE", "CONTRACT", buyer_id=SHOP),
    "price_list of a tag": prices(32, "TRADE", "TAG", buyer_tag="x"),
    "price_list of a region": prices(33, "CONSUMER", "REGION", region_code="19"),
    "price_list of a site": prices(34, "CONSUMER", "SITE", site_id=MAIN),
    "price_list of a tier": prices(35, "TRADE", "TIER", buyer_tier="STORE"),
    "price": {"price_list_id": LIST, "sku_id": SKU, "valid_from": NOW, "valid_until": SOON, "unit_fen": 1},
    "price after it": {"price_list_id": LIST, "sku_id": SKU, "valid_from": SOON, "valid_until": LATER}
    | {"unit_fen": 1, "previous_until": SOON},
    "assortment": {"id": RANGE, "grantor_id": BRAND, "code": "x", "name": "x"},
    "assortment_sku": {"assortment_id": RANGE, "sku_id": SKU, "min_fen": 1, "max_fen": 1},
    "authorization": {"grantee_id": SHOP, "assortment_id": RANGE, "valid_from": NOW, "valid_until": SOON},
    "listing": {"id": SHELF, "cloud_store_id": MALL, "sku_id": SKU, "origin": "OWN_STOCK", "position": 0},
    "sku_search": {"sku_id": SKU, "tokens": ["x"] * MAX_TOKENS},
    "partner_client": {"id": key(26), "organization_id": BRAND, "kind": "ERP", "subject": "erp", "name": "x"},
    "external_reference": {"organization_id": BRAND, "aggregate": "sku", "system": "erp", "value": "1"}
    | {"aggregate_id": SKU},
    "stored_document": document("{ a }"),
}
"""Rows in the order that keys need."""

EARLIER: Columns = {"valid_from": NOW - TICK, "valid_until": NOW}
BAD: list[Case] = [
    # ── who there is ──────────────────────────────────────────────────────────────────────────────────────────────
    ("ck_tenant_code", "tenant", [{"id": NEW, "code": one} for one in ("", "-a", "A", "a_b", "a" * 64, "a\n")]),
    ("ck_tenant_currency", "tenant", [{"id": NEW, "code": "new", "currency": one} for one in ("", "cny", "CNYY")]),
    ("ck_tenant_stored_only", "tenant", [{"id": NEW, "code": "new", "stored_only": ["web"] * (MAX_STORED_ONLY + 1)}]),
    ("uq_tenant_code", "tenant", [{"id": NEW}]),
    (
        "ck_tenant_host_name",
        "tenant_host",
        [{"host": one} for one in ("", "A.example", ".example", "a_b", "a-", "a." * 126 + "aa")],
    ),
    ("ck_region_code_length", "region", [{"code": ""}, {"code": TOO_LONG}]),
    ("fk_region_parent_code", "region", [{"code": "new", "parent_code": "nowhere"}]),
    ("ck_organization_tier", "organization", [{"tier": "SHOP"}]),
    ("ck_organization_status", "organization", [{"status": "CLOSED"}]),
    ("ck_organization_code_length", "organization", [{"code": ""}, {"code": TOO_LONG}]),
    ("ck_organization_latitude", "organization", beyond("latitude_e7", -900_000_000, 900_000_000)),
    ("ck_organization_longitude", "organization", beyond("longitude_e7", -1_800_000_000, 1_800_000_000)),
    ("ck_organization_point_whole", "organization", [{"latitude_e7": None}, {"longitude_e7": None}]),
    ("ck_organization_suspended_by_of_suspended", "organization suspended", [{"status": "ACTIVE"}]),
    ("ck_organization_not_by_itself", "organization suspended", [{"suspended_by_id": CLOSED}]),
    ("ck_organization_tags", "organization suspended", [{"tags": ["x"] * (MAX_TAGS + 1)}]),
    ("fk_organization_region_code", "organization", [{"id": NEW, "code": "new", "region_code": "nowhere"}]),
    ("uq_organization_tenant_id_tier_code", "organization", [{"id": NEW}]),
    ("ck_organization_edge_kind", "organization_edge", [{"kind": "OWNS", "is_primary": False}]),
    ("ck_organization_edge_not_itself", "organization_edge", [{"upstream_id": SHOP}]),
    ("ck_organization_edge_primary_supplies", "organization_edge", [{"kind": "SERVICES"}, {"kind": "OPERATES_FOR"}]),
    ("uq_organization_edge_primary", "organization_edge", [{"upstream_id": key(99)}]),
    ("ck_organization_closure_hops_range", "organization_closure", beyond("hops", 0)),
    ("ck_organization_closure_self_is_zero", "organization_closure", [{"hops": 0}]),
    ("ck_organization_closure_self_is_zero", "organization_closure of itself", [{"hops": 1}]),
    (
        "fk_organization_closure_descendant",
        "organization_closure of itself",
        [{"descendant_id": BRAND, "ancestor_id": BRAND}],
    ),
    ("ck_channel_revision_revision_range", "channel_revision", beyond("revision", 0)),
    ("ck_store_application_not_itself", "store_application", [{"upstream_id": SHOP}]),
    ("ck_store_application_reason_of_decision", "store_application", [{"decided_at": None}]),
    ("ck_store_application_reason_length", "store_application", [{"reason": ""}, {"reason": "码" * 501}]),
    ("ck_supply_offer_not_itself", "supply_offer", [{"upstream_id": SHOP}]),
    ("ck_supply_offer_by_one_of_both", "supply_offer", [{"offered_by_id": key(99)}]),
    ("ck_staff_role", "staff", [{"role": "OWNER"}]),
    ("ck_staff_display_name_length", "staff", [{"display_name": ""}, {"display_name": TOO_LONG}]),
    ("uq_staff_tenant_id_account_id_organization_id_role", "staff", [{"id": NEW}]),
    # ── where is traded ───────────────────────────────────────────────────────────────────────────────────────────
    ("ck_site_kind", "site of a city", [{"kind": "TOWN"}]),
    ("ck_site_code_length", "site of a city", [{"code": ""}, {"code": TOO_LONG}]),
    ("ck_site_main_is_root", "site", [{"parent_id": MAIN}]),
    ("ck_site_main_is_root", "site of a city", [{"parent_id": None}]),
    ("fk_site_region_code", "site of a city", [{"id": NEW, "code": "new", **one} for one in NOWHERE]),
    ("uq_site_city", "site of a city", [{"id": NEW, "code": "new"}]),
    ("uq_site_main", "site", [{"id": NEW, "code": "new"}]),
    ("uq_site_tenant_id_code", "site of a city", [{"id": NEW, "kind": "TOPIC"}]),
    ("uq_territory_tenant_id_organization_id_name", "territory", [{"id": NEW}]),
    ("fk_territory_region_region_code", "territory_region", NOWHERE),
    ("ck_cloud_store_mode", "cloud_store", [{"mode": "KIOSK"}]),
    ("ck_cloud_store_closed_at_after_opened_at", "cloud_store", [{"closed_at": NOW}]),
    ("ck_cloud_store_banner_text_length", "cloud_store", [{"banner_text": ""}, {"banner_text": "码" * 201}]),
    ("ck_cloud_store_banner_url_length", "cloud_store", [{"banner_url": ""}, {"banner_url": "码" * 2_001}]),
    ("fk_cloud_store_region_code", "cloud_store", [{"id": NEW, "organization_id": BRAND, **one} for one in NOWHERE]),
    ("uq_cloud_store_tenant_id_organization_id", "cloud_store", [{"id": NEW}]),
    ("ck_cloud_store_section_position_range", "cloud_store_section", beyond("position", 0, MAX_SECTIONS - 1)),
    ("ck_cloud_store_section_title_length", "cloud_store_section", [{"title": ""}, {"title": TOO_LONG}]),
    ("ck_cloud_store_section_skus", "cloud_store_section", [{"sku_ids": [SKU] * (MAX_SECTION_GOODS + 1)}]),
    ("ck_cloud_store_section_categories", "cloud_store_section", [{"category_ids": [SKU] * (MAX_SECTION_GOODS + 1)}]),
    # ── goods and prices ──────────────────────────────────────────────────────────────────────────────────────────
    ("ck_category_code_length", "category", [{"code": ""}, {"code": TOO_LONG}]),
    ("uq_category_tenant_id_code", "category", [{"id": NEW}]),
    ("ck_attribute_code_length", "attribute", [{"code": ""}, {"code": TOO_LONG}]),
    ("ck_attribute_kind", "attribute", [{"kind": "FLOAT"}]),
    ("uq_attribute_tenant_id_code", "attribute", [{"id": NEW}]),
    ("ck_product_code_length", "product", [{"code": ""}, {"code": TOO_LONG}]),
    ("uq_product_tenant_id_brand_id_code", "product", [{"id": NEW}]),
    ("ck_sku_code_length", "sku", [{"code": ""}, {"code": TOO_LONG}]),
    ("ck_sku_min_qty_range", "sku", beyond("min_qty", 1, MAX_QUANTITY)),
    ("ck_sku_step_qty_range", "sku", beyond("step_qty", 1, MAX_QUANTITY)),
    ("ck_sku_shelf_life_days_range", "sku", beyond("shelf_life_days", 1, MAX_QUANTITY)),
    ("uq_sku_tenant_id_code", "sku", [{"id": NEW}]),
    ("ck_sku_attribute_one_value", "sku_attribute", [{"text_value": None}, {"integer_value": 1}]),
    ("ck_sku_attribute_one_value", "sku_attribute", [{"boolean_value": True}, {"date_value": date(2026, 11, 24)}]),
    (
        "fk_sku_attribute_kind",
        "sku_attribute",
        [
            {"attribute_id": GRAMS},
            {"attribute_id": GRAMS, "text_value": None, "boolean_value": True},
            {"attribute_id": GRAMS, "text_value": None, "date_value": date(2026, 11, 24)},
        ],
    ),
    ("ck_pack_unit_units_range", "pack_unit", beyond("units", 1, MAX_QUANTITY)),
    ("ck_price_list_code_length", "price_list", [{"code": ""}, {"code": TOO_LONG}]),
    ("ck_price_list_audience", "price_list", [{"audience": "EVERYBODY"}]),
    ("ck_price_list_scope", "price_list", [{"scope": "STORE"}]),
    ("ck_price_list_buyer_tier", "price_list of a tier", [{"buyer_tier": "SHOP"}]),
    (
        "ck_price_list_scope_names_its_buyers",
        "price_list",
        [{"buyer_id": SHOP}, {"buyer_tag": "x"}, {"region_code": "19"}, {"site_id": MAIN}, {"buyer_tier": "STORE"}],
    ),
    ("ck_price_list_scope_names_its_buyers", "price_list of a contract", [{"buyer_id": None}, {"scope": "BASE"}]),
    ("ck_price_list_scope_names_its_buyers", "price_list of a tag", [{"buyer_tag": None}, {"scope": "BASE"}]),
    ("ck_price_list_scope_names_its_buyers", "price_list of a region", [{"region_code": None}, {"scope": "BASE"}]),
    ("ck_price_list_scope_names_its_buyers", "price_list of a site", [{"site_id": None}, {"scope": "BASE"}]),
    ("ck_price_list_scope_names_its_buyers", "price_list of a tier", [{"buyer_tier": None}, {"scope": "BASE"}]),
    ("fk_price_list_region_code", "price_list of a region", [{"id": NEW, "code": "new", **one} for one in NOWHERE]),
    ("uq_price_list_tenant_id_seller_id_code", "price_list", [{"id": NEW}]),
    ("ck_price_min_qty_range", "price", beyond("min_qty", 1)),
    ("ck_price_unit_fen_range", "price", beyond("unit_fen", 1)),
    ("ck_price_valid_until_after_valid_from", "price", [{"valid_until": NOW}]),
    ("ck_price_after_previous", "price after it", [{"valid_from": NOW}]),
    ("uq_price_ends", "price after it", [{"valid_from": NOW - TICK, "previous_until": None}]),
    ("uq_price_previous", "price", [EARLIER]),
    ("fk_price_previous", "price", [{"min_qty": 2, "previous_until": NOW}]),
    ("uq_assortment_tenant_id_grantor_id_code", "assortment", [{"id": NEW}]),
    ("ck_assortment_sku_band", "assortment_sku", [{"max_fen": 0}]),
    (
        "ck_assortment_sku_min_fen_range",
        "assortment_sku",
        [{"max_fen": None, **one} for one in beyond("min_fen", 0)],
    ),
    (
        "ck_assortment_sku_max_fen_range",
        "assortment_sku",
        [{"min_fen": None, **one} for one in beyond("max_fen", 0)],
    ),
    ("ck_authorization_valid_until_after_valid_from", "authorization", [{"valid_until": NOW}]),
    ("ck_listing_origin", "listing", [{"origin": "BORROWED"}]),
    ("ck_listing_status", "listing", [{"status": "HIDDEN"}]),
    ("ck_listing_position_range", "listing", beyond("position", 0)),
    ("fk_listing_region_code", "listing", [{"id": NEW, "sku_id": key(99), **one} for one in NOWHERE]),
    ("uq_listing_tenant_id_cloud_store_id_sku_id", "listing", [{"id": NEW}]),
    ("ck_sku_search_tokens_limit", "sku_search", [{"tokens": []}, {"tokens": ["x"] * (MAX_TOKENS + 1)}]),
    # ── partners ──────────────────────────────────────────────────────────────────────────────────────────────────
    ("ck_partner_client_kind", "partner_client", [{"kind": "CRM"}]),
    ("uq_partner_client_tenant_id_subject", "partner_client", [{"id": NEW}]),
    ("ck_external_reference_aggregate", "external_reference", [{"aggregate": one} for one in ("", "Sku", "sku 1")]),
    (
        "uq_external_reference_tenant_id_aggregate_aggregate_id__fb24",
        "external_reference",
        [{"value": "2"}],
    ),
    ("ck_stored_document_hash", "stored_document", [{"text": "{ b }"}]),
    ("ck_stored_document_name_length", "stored_document", [{"name": ""}, {"name": "码" * 201}]),
    ("ck_stored_document_text_length", "stored_document", [document(""), document("{" * 100_001)]),
]

IMPLIED = {"uq_organization_copied", "uq_attribute_kind"}
"""Wider than a primary key: they are there for foreign keys to point at."""


async def test_each_constraint_refuses_what_it_is_for(owner_dsn: str) -> None:
    assert await misjudged(owner_dsn, GOOD, BAD) == []


async def test_no_constraint_is_left_untried(owner_dsn: str) -> None:
    assert await constraints_of(owner_dsn, TABLES) - IMPLIED == {constraint for constraint, _, _ in BAD}
