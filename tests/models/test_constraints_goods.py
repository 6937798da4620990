"""What the database itself refuses of goods: stock, pools, papers and holds, each constraint by rows that only it
forbids.
"""

from datetime import UTC, date, datetime, timedelta

from domain.inventory import MAX_PACKAGES, SourcingCriterion
from domain.money import MAX_SAFE
from models.base import NO_LOT_ID
from models.inventory.tables import MAX_REASON_CHARS, STATES
from tests.models.refusing import Case, Columns, beyond, constraints_of, key, misjudged, tables_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = date(2026, 11, 24)
TABLES = tables_of("models.inventory.tables")
SHOP, MALL, SKU, HERE, THERE, POOL, OFFER, LOT, HOLD, NEW = (key(number) for number in range(11, 21))
ROW: Columns = {"location_id": HERE, "sku_id": SKU, "owner_id": SHOP, "lot_id": NO_LOT_ID}
ELSEWHERE: list[Columns] = [{place: NEW} for place in ROW]
"""A stock row that is not there, by each part of its name."""
CRITERIA = [criterion.value for criterion in SourcingCriterion]


def movement(kind: str, **deltas: int) -> Columns:
    return {**ROW, "kind": kind, "occurred_at": NOW, **deltas}


def paper(number: int, kind: str, **other: object) -> Columns:
    return {"id": key(number), "kind": kind, "location_id": HERE, "owner_id": SHOP, "at": NOW, **other}


def hold(number: int, state: str, **other: object) -> Columns:
    times = {"created_at": NOW, "expires_at": NOW + TICK}
    return {"id": key(number), "cloud_store_id": MALL, "state": state, **times, **other}


GOOD: dict[str, Columns] = {
    "organization": {"id": SHOP, "tier": "STORE", "code": "shop", "name": "x"},
    "cloud_store": {"id": MALL, "organization_id": SHOP, "mode": "O2O", "name": "x", "opened_at": NOW},
    "product": {"id": SKU, "brand_id": SHOP, "code": "1", "name": "x"},
    "sku": {"id": SKU, "product_id": SKU, "code": "1", "name": "x"},
    "location": {"id": HERE, "organization_id": SHOP, "kind": "SHOP", "code": "here", "name": "x"}
    | {"latitude_e7": -900_000_000, "longitude_e7": 1_800_000_000},
    "location there": {"id": THERE, "organization_id": SHOP, "kind": "WAREHOUSE", "code": "there", "name": "x"},
    "lot": {"id": NO_LOT_ID, "sku_id": SKU, "code": ""},
    "lot that expires": {"id": LOT, "sku_id": SKU, "code": "a", "keeper_id": SHOP, "produced_on": DAY}
    | {"expires_on": DAY + timedelta(days=1)},
    "lot of the same code that is everybody's": {"id": key(34), "sku_id": SKU, "code": "a"},
    "stock": {**ROW, "on_hand": 6, "reserved": 1, "allocated": 2, "quarantined": 3},
    "stock sold to the last unit": {**ROW, "location_id": THERE, "on_hand": MAX_SAFE, "reserved": MAX_SAFE},
    "safety_stock": {"location_id": HERE, "sku_id": SKU, "owner_id": SHOP, "quantity": 0},
    "stock_movement": movement("HOLD", reserved=1),
    "stock_movement back": movement("RELEASE", reserved=-1),
    "stock_document": paper(31, "RECEIPT", reason="x"),
    "stock_document of a transfer": paper(32, "TRANSFER", to_location_id=THERE),
    "inventory_pool": {"id": POOL, "organization_id": SHOP, "code": "x", "name": "x"},
    "pool_contribution": {"id": OFFER, "pool_id": POOL, "location_id": HERE, "owner_id": SHOP, "visible_to_id": SHOP}
    | {"share_bps": 10_000},
    "pool_contribution_sku": {"sku_id": SKU, "contribution_id": OFFER, "cap": 4, "held": 4},
    "sourcing_policy": {"cloud_store_id": MALL, "criteria": CRITERIA, "max_packages": MAX_PACKAGES},
    "reservation": hold(33, "HELD", due_at=NOW + TICK),
    "reservation over": hold(19, "RELEASED"),
    "reservation_line": {"reservation_id": HOLD, "line": 1, **ROW, "quantity": 1},
}
"""Rows in the order that keys need."""

BAD: list[Case] = [
    # ── where, and which ──────────────────────────────────────────────────────────────────────────────────────────
    ("ck_location_code_length", "location", [{"code": ""}, {"code": "码" * 101}]),
    ("ck_location_kind", "location", [{"kind": "VAN"}]),
    ("ck_location_latitude", "location", beyond("latitude_e7", -900_000_000, 900_000_000)),
    ("ck_location_longitude", "location", beyond("longitude_e7", -1_800_000_000, 1_800_000_000)),
    ("ck_location_point_whole", "location", [{"latitude_e7": None}, {"longitude_e7": None}]),
    ("fk_location_region_code", "location", [{"id": NEW, "code": "new", "region_code": "nowhere"}]),
    ("uq_location_tenant_id_organization_id_code", "location", [{"id": NEW}]),
    ("ck_lot_expires_later", "lot that expires", [{"expires_on": DAY}]),
    ("ck_lot_no_lot_keeps", "lot", [{"expires_on": DAY}]),
    ("ck_lot_no_lot_is_everybodys", "lot", [{"keeper_id": SHOP}]),
    ("uq_lot_tenant_id_sku_id_code_keeper_id", "lot that expires", [{"id": NEW}, {"id": NEW, "keeper_id": None}]),
    # ── stock ─────────────────────────────────────────────────────────────────────────────────────────────────────
    ("ck_stock_not_oversold", "stock", [{"on_hand": 5}, {"reserved": 2}, {"allocated": 3}, {"quarantined": 4}]),
    ("ck_stock_not_oversold", "stock sold to the last unit", [{"on_hand": MAX_SAFE - 1}, {"allocated": 1}]),
    ("ck_stock_on_hand_range", "stock", [{**dict.fromkeys(STATES, 0), "on_hand": MAX_SAFE + 1}]),
    ("ck_stock_on_hand_range", "stock", [{"on_hand": -1, "reserved": 0, "allocated": 0, "quarantined": -1}]),
    ("ck_stock_reserved_range", "stock", [{"reserved": -1}]),
    ("ck_stock_allocated_range", "stock", [{"allocated": -1}]),
    ("ck_stock_quarantined_range", "stock", [{"quarantined": -1}]),
    ("ck_stock_in_transit_range", "stock", beyond("in_transit", 0)),
    ("fk_stock_tenant_id_sku_id_lot_id", "stock", [{"lot_id": NEW}, {"sku_id": NEW, "lot_id": LOT}]),
    ("ck_safety_stock_quantity_range", "safety_stock", beyond("quantity", 0)),
    ("ck_stock_movement_kind", "stock_movement", [{"kind": "THEFT"}]),
    ("ck_stock_movement_moves_something", "stock_movement", [{"reserved": 0}]),
    ("fk_stock_movement_stock", "stock_movement", ELSEWHERE),
    ("ck_stock_document_kind", "stock_document", [{"kind": one} for one in ("HOLD", "RELEASE", "ALLOCATION", "x")]),
    ("ck_stock_document_transfer_has_two_ends", "stock_document", [{"to_location_id": THERE}]),
    ("ck_stock_document_transfer_has_two_ends", "stock_document of a transfer", [{"to_location_id": None}]),
    ("ck_stock_document_transfer_moves", "stock_document of a transfer", [{"to_location_id": HERE}]),
    ("ck_stock_document_reason_length", "stock_document", [{"reason": ""}, {"reason": "码" * (MAX_REASON_CHARS + 1)}]),
    # ── pools ─────────────────────────────────────────────────────────────────────────────────────────────────────
    ("ck_inventory_pool_code_length", "inventory_pool", [{"code": ""}, {"code": "码" * 101}]),
    ("uq_inventory_pool_tenant_id_organization_id_code", "inventory_pool", [{"id": NEW}]),
    ("ck_pool_contribution_share", "pool_contribution", beyond("share_bps", 0, 10_000)),
    ("uq_pool_contribution_tenant_id_pool_id_location_id_owner_id", "pool_contribution", [{"id": NEW}]),
    ("ck_pool_contribution_sku_cap_range", "pool_contribution_sku", [{"held": -1, "cap": -1}, {"cap": MAX_SAFE + 1}]),
    (
        "ck_pool_contribution_sku_held_range",
        "pool_contribution_sku",
        [{"cap": None, **one} for one in beyond("held", 0)],
    ),
    ("ck_pool_contribution_sku_held_within_cap", "pool_contribution_sku", [{"cap": 3}, {"held": 5}]),
    ("ck_sourcing_policy_criteria", "sourcing_policy", [{"criteria": one} for one in ([], ["CHANCE"])]),
    ("ck_sourcing_policy_criteria", "sourcing_policy", [{"criteria": [*CRITERIA, CRITERIA[0]]}]),
    ("ck_sourcing_policy_criteria_once", "sourcing_policy", [{"criteria": [one, one]} for one in CRITERIA]),
    ("ck_sourcing_policy_max_packages_range", "sourcing_policy", beyond("max_packages", 1, MAX_PACKAGES)),
    # ── holds ─────────────────────────────────────────────────────────────────────────────────────────────────────
    ("ck_reservation_state", "reservation over", [{"state": "LOST"}]),
    ("ck_reservation_expires_later", "reservation over", [{"expires_at": NOW}]),
    ("ck_reservation_somebodys", "reservation over", [{"by_store": False}]),
    ("ck_reservation_due_while_held", "reservation", [{"due_at": None}, {"due_at": NOW}, {"state": "CONSUMED"}]),
    ("ck_reservation_due_while_held", "reservation over", [{"due_at": NOW + TICK}]),
    ("ck_reservation_line_quantity_range", "reservation_line", beyond("quantity", 1)),
    ("fk_reservation_line_stock", "reservation_line", [{"line": 2, **one} for one in ELSEWHERE]),
]


IMPLIED = {"uq_location_tenant_id_id_organization_id"}
"""Wider than a primary key: it is there for a foreign key to point at."""


async def test_each_constraint_refuses_what_it_is_for(owner_dsn: str) -> None:
    assert await misjudged(owner_dsn, GOOD, BAD) == []


async def test_no_constraint_is_left_untried(owner_dsn: str) -> None:
    assert await constraints_of(owner_dsn, TABLES) - IMPLIED == {constraint for constraint, _, _ in BAD}
