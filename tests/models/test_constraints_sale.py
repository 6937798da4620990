"""What the database itself refuses of sales, books and acts: each constraint by rows that only it forbids."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.base import MAX_ROWS
from domain.money import MAX_SAFE
from domain.ordering import (
    MAX_ADDRESS_CHARS,
    MAX_DELIVERY_NOTE_CHARS,
    MAX_NOTE_CHARS,
    MAX_RECIPIENT_CHARS,
    ODD,
    NoticeOutcome,
)
from domain.settlement import MAX_POSTINGS, OF_MEMBERS, WITH_FLOOR, Purpose
from models.acts import MAX_KEY_CHARS
from models.base import NO_LOT_ID
from models.outbox import MAX_AUDIENCE
from tests.models.refusing import Case, Columns, beyond, constraints_of, key, misjudged, tables_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SOON = NOW + TICK
TABLES = tables_of(
    "models.ordering.tables", "models.ordering.money", "models.settlement", "models.acts", "models.outbox"
)
SHOP, MALL, SKU, HERE, ANN, NEW, RIVAL = (key(number) for number in range(11, 18))
HOLDS = [key(number) for number in range(21, 28)]
TOLD, WAITING, PAID, DONE, CANCELLED = (key(number) for number in range(31, 36))
TILL, SALES, POINTS, SENT = (key(number) for number in range(41, 45))
SALE, BACK, OTHER = (key(number) for number in range(51, 54))
COVERING, OPEN, CLOSED, REFUND = (key(number) for number in range(61, 65))
ROW: Columns = {"location_id": HERE, "sku_id": SKU, "owner_id": SHOP, "lot_id": NO_LOT_ID}
ELSEWHERE: list[Columns] = [{place: NEW} for place in ROW]
"""A stock row that is not there, by each part of its name."""


def order(id: Any, state: str, **other: Any) -> Columns:
    of = {"kind": "CONSUMER", "seller_id": SHOP, "customer_id": ANN, "currency": "CNY", "placed_at": NOW}
    return {"id": id, "number": str(id), "state": state, "total_fen": 10, **of, **other}


def placed(id: Any, state: str, hold: int, **other: Any) -> Columns:
    return order(id, state, reservation_id=HOLDS[hold], payment_due_at=SOON, **other)


def account(id: Any, purpose: str, **other: Any) -> Columns:
    return {"id": id, "purpose": purpose, "owner_id": SHOP, "unit": "CNY", **other}


def payment(id: Any, state: str, **other: Any) -> Columns:
    of = {"order_id": PAID, "provider": "till", "reference": str(id), "amount_fen": 10, "currency": "CNY"}
    return {"id": id, "state": state, **of, "created_at": NOW, "expires_at": SOON, **other}


def notice(name: str, outcome: str, **other: Any) -> Columns:
    of = {"id": key(80 + int(name)), "provider": "till", "kind": "PAID", "payment_id": COVERING, "reference": ""}
    told = {"amount_fen": -1, "currency": "CNY", "told_at": NOW, "received_at": NOW}
    return {"notice": name, "outcome": outcome, **of, **told, **other}


def kept(purpose: Purpose) -> Columns:
    """An account of a purpose without the floor it should have, or with one that it should not have."""
    whose = {"customer_id": ANN} if purpose in OF_MEMBERS else {}
    return account(NEW, purpose, **({} if purpose in WITH_FLOOR else {"floor": 0, "balance": 0}), **whose)


def whose(purpose: Purpose) -> Columns:
    """An account of a purpose that names a member where it should not, or names none where it should."""
    floor = {"floor": 0, "balance": 0} if purpose in WITH_FLOOR else {}
    return account(NEW, purpose, **floor, **({} if purpose in OF_MEMBERS else {"customer_id": ANN}))


GOOD: dict[str, Columns] = {
    "organization": {"id": SHOP, "tier": "STORE", "code": "shop", "name": "x"},
    "organization rival": {"id": RIVAL, "tier": "STORE", "code": "rival", "name": "x"},
    "cloud_store": {"id": MALL, "organization_id": SHOP, "mode": "O2O", "name": "x", "opened_at": NOW},
    "product": {"id": SKU, "brand_id": SHOP, "code": "1", "name": "x"},
    "sku": {"id": SKU, "product_id": SKU, "code": "1", "name": "x"},
    "lot": {"id": NO_LOT_ID, "sku_id": SKU, "code": ""},
    "location": {"id": HERE, "organization_id": SHOP, "kind": "SHOP", "code": "here", "name": "x"},
    "stock": {**ROW, "on_hand": 9},
    "account": {"id": ANN, "subject": "ann", "display_name": "Ann"},
    "customer": {"id": ANN, "account_id": ANN, "joined_at": NOW},
    **{
        f"reservation {place}": {"id": hold, "cloud_store_id": MALL, "state": "CONSUMED"}
        | {"created_at": NOW, "expires_at": SOON}
        for place, hold in enumerate(HOLDS)
    },
    "order_header told": order(TOLD, "FULFILLED", terminal="WEB"),
    "order_header waiting": placed(WAITING, "PENDING_PAYMENT", 0, due_at=SOON),
    "order_header": placed(PAID, "CONFIRMED", 1, paid_fen=10, refunded_fen=10),
    "order_header done": placed(DONE, "FULFILLED", 2, paid_fen=10, due_at=NOW),
    "order_header cancelled": placed(CANCELLED, "CANCELLED", 3, paid_fen=10, refunded_fen=10, cancel_cause="BY_BUYER"),
    "order_line": {"order_id": PAID, "line": 1, "sku_id": SKU, "brand_id": SHOP, "goods_owner_id": SHOP}
    | {"fulfiller_id": SHOP, "quantity": 3, "unit_fen": 4, "discount_fen": 2, "net_fen": 10, "shipped": 2}
    | {"cancelled": 1, "refunded": 3, "refunded_fen": 10},
    "order_line done": {"order_id": DONE, "line": 2, "sku_id": SKU, "brand_id": SHOP, "goods_owner_id": SHOP}
    | {"fulfiller_id": SHOP, "quantity": 1, "unit_fen": 10, "net_fen": 10},
    "order_allocation": {"order_id": PAID, "part": 1, "line": 1, **ROW, "quantity": 3, "shipped": 2, "given_back": 1}
    | {"fulfiller_id": SHOP, "allocated_at": NOW},
    "order_delivery": {"order_id": PAID, "method": "STORE_DELIVERY", "recipient": "码" * MAX_RECIPIENT_CHARS}
    | {"phone": "+8613800001234", "address": "码" * MAX_ADDRESS_CHARS, "note": "码" * MAX_DELIVERY_NOTE_CHARS},
    "order_delivery picked up": {"order_id": DONE, "method": "STORE_PICKUP"},
    "shipment": {"id": SENT, "order_id": PAID, "fulfiller_id": SHOP, "shipped_at": NOW, "carrier": "x"}
    | {"tracking": "x"},
    "shipment_line": {"shipment_id": SENT, "part": 1, "order_id": PAID, "line": 1, **ROW, "quantity": 2},
    "ledger_account": account(TILL, "EXTERNAL"),
    "ledger_account of sales": account(SALES, "SALES"),
    "ledger_account with a floor": account(POINTS, "POINTS", customer_id=ANN, floor=0, balance=0),
    "journal": {"id": SALE, "kind": "PAYMENT", "document": PAID, "at": NOW},
    "journal back": {"id": BACK, "kind": "REFUND", "document": PAID, "at": NOW, "reverses_id": SALE},
    "journal other": {"id": OTHER, "kind": "CORRECTION", "document": PAID, "at": NOW},
    "posting": {"journal_id": SALE, "line": MAX_POSTINGS, "source_id": TILL, "target_id": SALES, "amount": MAX_SAFE}
    | {"at": NOW},
    "payment": payment(COVERING, "PAID", covers=True, came_fen=10, refunded_fen=10)
    | {"paid_at": NOW, "journal_id": SALE, "pay_url": "x"},
    "payment open": payment(OPEN, "CREATED"),
    "payment closed": payment(CLOSED, "CLOSED"),
    "refund": {"id": REFUND, "order_id": PAID, "payment_id": COVERING, "state": "PENDING", "amount_fen": 1}
    | {"reason": "x", "journal_id": BACK, "created_at": NOW, "due_at": NOW},
    "refund_line": {"refund_id": REFUND, "line": 1, "order_id": PAID, "quantity": 0, "amount_fen": 1},
    "payment_notice": notice("1", "MISMATCH", seller_id=SHOP),
    "payment_notice of nobody": notice("2", "UNKNOWN"),
    "payment_notice closed": notice("3", "MISMATCH", seller_id=SHOP, closed_at=NOW, note="x"),
    "idempotency_key": {"actor": "ann", "operation": "x", "key": "码" * MAX_KEY_CHARS, "asked": "0f" * 32}
    | {"result": "order", "result_id": PAID, "created_at": NOW},
    "audit_entry": {"at": NOW, "operation": "x", "actor_class": "CONSUMER", "actor": "ann", "target": "order"}
    | {"target_id": PAID},
    "bulk_result": {"id": key(71), "done": [PAID] * MAX_ROWS, "refused": [None] * MAX_ROWS, "created_at": NOW},
    "outbox_event": {"type": "x", "aggregate": "order", "aggregate_id": PAID, "audience": [SHOP] * MAX_AUDIENCE}
    | {"facts": "{}", "occurred_at": NOW, "due_at": NOW},
    "outbox_event stamped": {"type": "x", "aggregate": "order", "aggregate_id": PAID, "audience": [SHOP]}
    | {"facts": "{}", "occurred_at": NOW, "position": 1},
    "feed_head": {"position": 0},
}
"""Rows in the order that keys need."""

UNTOUCHED: Columns = {"shipped": 0, "cancelled": 0, "refunded": 0, "refunded_fen": 0}
ONE: Columns = {**UNTOUCHED, "quantity": 1, "unit_fen": MAX_SAFE, "discount_fen": 0, "net_fen": MAX_SAFE}
BAD: list[Case] = [
    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────
    ("ck_order_header_kind", "order_header", [{"kind": "GIFT"}]),
    ("ck_order_header_state", "order_header told", [{"state": "LOST"}]),
    ("ck_order_header_terminal", "order_header", [{"terminal": "FAX"}]),
    ("ck_order_header_cancel_cause", "order_header cancelled", [{"cancel_cause": "BORED"}]),
    ("ck_order_header_cause_of_cancelled", "order_header", [{"cancel_cause": "EXPIRED"}]),
    ("ck_order_header_placed_with_goods", "order_header", [{"reservation_id": None}]),
    ("ck_order_header_placed_with_goods", "order_header told", [{"reservation_id": HOLDS[6]}]),
    ("ck_order_header_due_by_state", "order_header waiting", [{"due_at": None}, {"due_at": NOW}]),
    ("ck_order_header_due_by_state", "order_header", [{"due_at": SOON}, {"state": "FULFILLED"}]),
    ("ck_order_header_due_by_state", "order_header told", [{"due_at": NOW}]),
    ("ck_order_header_refunded_within_paid", "order_header", [{"refunded_fen": 11}, {"refunded_fen": -1}]),
    ("ck_order_header_refunded_within_paid", "order_header told", [{"paid_fen": 11}]),
    ("ck_order_header_money_of_state", "order_header waiting", [{"paid_fen": 1}]),
    ("ck_order_header_money_of_state", "order_header", [{"paid_fen": 9, "refunded_fen": 0}]),
    ("ck_order_header_money_of_state", "order_header cancelled", [{"refunded_fen": 9}, {"cancel_cause": None}]),
    ("ck_order_header_one_buyer", "order_header", [{"customer_id": None}, {"buyer_id": SHOP}]),
    ("ck_order_header_total_fen_range", "order_header told", [{"total_fen": MAX_SAFE + 1}]),
    ("fk_order_header_region_code", "order_header told", [{"id": NEW, "number": "2", "region_code": "nowhere"}]),
    ("uq_order_header_tenant_id_number", "order_header told", [{"id": NEW}]),
    ("uq_order_header_tenant_id_reservation_id", "order_header", [{"id": NEW, "number": "2"}]),
    ("ck_order_line_quantity_range", "order_line", [ONE | {"quantity": 0, "net_fen": 0}]),
    ("ck_order_line_unit_fen_range", "order_line", [ONE | {"unit_fen": MAX_SAFE + 1, "discount_fen": 1}]),
    ("ck_order_line_discount_fen_range", "order_line", [{"discount_fen": -1, "net_fen": 13}]),
    ("ck_order_line_net_fen_range", "order_line", [{"discount_fen": 13, "net_fen": -1}]),
    ("ck_order_line_net", "order_line", [{"net_fen": 9}, {"quantity": 4}, {"unit_fen": 5}, {"discount_fen": 1}]),
    ("ck_order_line_shipped_range", "order_line", [ONE | {"shipped": -1, "cancelled": 1}]),
    ("ck_order_line_cancelled_range", "order_line", [ONE | {"shipped": 1, "cancelled": -1}]),
    ("ck_order_line_refunded_range", "order_line", [{"refunded": -1}]),
    ("ck_order_line_refunded_fen_range", "order_line", [{"refunded_fen": -1}]),
    (
        "ck_order_line_shipped_within_quantity",
        "order_line",
        [{"shipped": 3}, {"cancelled": 2}, {"short": 1, "short_since": NOW, "short_seller_id": SHOP}],
    ),
    ("ck_order_line_short_range", "order_line", [{"short": -1}]),
    (
        "ck_order_line_short_noted",
        "order_line",
        [
            {"cancelled": 0, "refunded": 0, "short": 1, "short_since": NOW},
            {"cancelled": 0, "refunded": 0, "short": 1, "short_seller_id": SHOP},
            {"short_since": NOW},
            {"short_since": NOW, "short_seller_id": SHOP},
        ],
    ),
    ("ck_order_line_refunded_within_moved", "order_line", [{"refunded": 4}, {"shipped": 1}]),
    ("ck_order_line_refunded_within_net", "order_line", [{"refunded_fen": 11}]),
    ("fk_order_line_tenant_id_sku_id_lot_id", "order_line", [{"line": 2, "lot_id": NEW}]),
    ("ck_order_allocation_part_range", "order_allocation", beyond("part", 1)),
    ("ck_order_allocation_quantity_range", "order_allocation", [{"quantity": 0, "shipped": 0, "given_back": 0}]),
    ("ck_order_allocation_shipped_range", "order_allocation", [{"shipped": -1}]),
    ("ck_order_allocation_given_back_range", "order_allocation", [{"given_back": -1}]),
    ("ck_order_allocation_within_quantity", "order_allocation", [{"quantity": 2}, {"shipped": 3}, {"given_back": 2}]),
    ("fk_order_allocation_stock", "order_allocation", [{"part": 2, **one} for one in ELSEWHERE]),
    ("fk_order_allocation_tenant_id_order_id_line", "order_allocation", [{"part": 2, "line": 2}]),
    (
        "fk_order_allocation_tenant_id_location_id_fulfiller_id",
        "order_allocation",
        [{"part": 2, "fulfiller_id": RIVAL}],
    ),
    ("ck_order_delivery_method", "order_delivery", [{"method": "DRONE"}]),
    ("ck_order_delivery_recipient_length", "order_delivery", [{"recipient": ""}, {"recipient": "码" * 61}]),
    ("ck_order_delivery_phone", "order_delivery", [{"phone": "13800001234"}, {"phone": ""}]),
    ("ck_order_delivery_address_length", "order_delivery", [{"address": ""}, {"address": "码" * 201}]),
    ("ck_order_delivery_note_length", "order_delivery", [{"note": ""}, {"note": "码" * 201}]),
    (
        "ck_order_delivery_address_of_method",
        "order_delivery",
        [{"recipient": None}, {"phone": None}, {"address": None}, {"method": "STORE_PICKUP"}],
    ),
    ("ck_order_delivery_address_of_method", "order_delivery picked up", [{"address": "x"}]),
    ("fk_order_delivery_region_code", "order_delivery", [{"order_id": TOLD, "region_code": "nowhere"}]),
    ("ck_shipment_carrier_length", "shipment", [{"carrier": ""}, {"carrier": "码" * 61}]),
    ("ck_shipment_tracking_length", "shipment", [{"tracking": ""}, {"tracking": "码" * 61}]),
    ("ck_shipment_line_part_range", "shipment_line", beyond("part", 1)),
    ("ck_shipment_line_quantity_range", "shipment_line", beyond("quantity", 1)),
    (
        "fk_shipment_line_tenant_id_shipment_id_order_id",
        "shipment_line",
        [{"part": 2, "order_id": DONE, "line": 2}],
    ),
    ("fk_shipment_line_stock", "shipment_line", [{"part": 2, **one} for one in ELSEWHERE]),
    ("fk_shipment_line_tenant_id_order_id_line", "shipment_line", [{"part": 2, "line": 2}]),
    # ── money ─────────────────────────────────────────────────────────────────────────────────────────────────────
    ("ck_payment_state", "payment open", [{"state": "LOST"}]),
    ("ck_payment_amount_fen_range", "payment open", beyond("amount_fen", 1)),
    ("ck_payment_came_fen_range", "payment", beyond("came_fen", 1)),
    ("ck_payment_refunded_within_came", "payment", [{"refunded_fen": 11}, {"refunded_fen": -1}]),
    ("ck_payment_paid_has_come", "payment", [{"came_fen": None, "covers": False, "refunded_fen": 0}]),
    ("ck_payment_paid_has_come", "payment open", [{"came_fen": 10}]),
    ("ck_payment_covers_in_full", "payment", [{"came_fen": 9, "refunded_fen": 9}]),
    ("ck_payment_paid_when", "payment", [{"paid_at": None}]),
    ("ck_payment_paid_when", "payment open", [{"paid_at": NOW}]),
    ("ck_payment_paid_is_booked", "payment", [{"journal_id": None}]),
    ("ck_payment_paid_is_booked", "payment closed", [{"journal_id": OTHER}]),
    ("ck_payment_asked_range", "payment open", beyond("asked", 0)),
    ("ck_payment_paid_is_known", "payment", [{"due_at": SOON}]),
    ("ck_payment_paid_first", "payment open", [{"covers": True}, {"refunded_fen": 1}]),
    ("ck_payment_provider_length", "payment", [{"provider": ""}, {"provider": "x" * 41}]),
    ("ck_payment_reference_length", "payment", [{"reference": ""}, {"reference": "x" * 201}]),
    ("ck_payment_pay_url_length", "payment", [{"pay_url": ""}, {"pay_url": "x" * 2_001}]),
    ("ck_payment_expires_later", "payment", [{"expires_at": NOW}]),
    ("uq_payment_open", "payment open", [{"id": NEW, "reference": None}]),
    ("uq_payment_covering", "payment", [{"id": NEW, "reference": None, "journal_id": OTHER}]),
    ("uq_payment_tenant_id_journal_id", "payment", [{"id": NEW, "reference": None, "covers": False}]),
    ("uq_payment_tenant_id_provider_reference", "payment closed", [{"id": NEW}]),
    ("ck_refund_state", "refund", [{"state": "LOST", "due_at": None, "settled_at": NOW}]),
    ("ck_refund_amount_fen_range", "refund", beyond("amount_fen", 1)),
    ("ck_refund_asked_range", "refund", beyond("asked", 0)),
    ("ck_refund_due_while_pending", "refund", [{"due_at": None}, {"state": "DONE", "settled_at": NOW}]),
    ("ck_refund_settled_when", "refund", [{"settled_at": NOW}, {"state": "FAILED", "due_at": None}]),
    ("ck_refund_reason_length", "refund", [{"reason": ""}, {"reason": "码" * 201}]),
    ("fk_refund_tenant_id_payment_id_order_id", "refund", [{"id": NEW, "order_id": DONE, "journal_id": OTHER}]),
    ("uq_refund_tenant_id_journal_id", "refund", [{"id": NEW}]),
    ("ck_refund_line_quantity_range", "refund_line", [{"quantity": -1, "amount_fen": 2}, {"quantity": MAX_SAFE + 1}]),
    (
        "ck_refund_line_amount_fen_range",
        "refund_line",
        [{"quantity": 2, **one} for one in beyond("amount_fen", 0)],
    ),
    ("ck_refund_line_something", "refund_line", [{"amount_fen": 0}]),
    ("fk_refund_line_tenant_id_refund_id_order_id", "refund_line", [{"order_id": DONE, "line": 2}]),
    ("fk_refund_line_tenant_id_order_id_line", "refund_line", [{"line": 2}]),
    ("ck_payment_notice_kind", "payment_notice", [{"kind": "LOST"}]),
    ("ck_payment_notice_outcome", "payment_notice", [{"outcome": "LOST"}]),
    (
        "ck_payment_notice_seller_known",
        "payment_notice of nobody",
        [{"outcome": one} for one in NoticeOutcome if one not in (NoticeOutcome.UNKNOWN, NoticeOutcome.NOTED)],
    ),
    (
        "ck_payment_notice_closed_odd",
        "payment_notice closed",
        [{"outcome": one} for one in NoticeOutcome if one not in ODD],
    ),
    ("ck_payment_notice_note_of_closed", "payment_notice closed", [{"closed_at": None}]),
    (
        "ck_payment_notice_note_length",
        "payment_notice closed",
        [{"note": ""}, {"note": "码" * (MAX_NOTE_CHARS + 1)}],
    ),
    ("uq_payment_notice_tenant_id_id", "payment_notice", [{"notice": "4"}]),
    ("ck_payment_notice_notice_length", "payment_notice", [{"notice": ""}, {"notice": "x" * 201}]),
    ("ck_payment_notice_provider_length", "payment_notice", [{"provider": ""}, {"provider": "x" * 41}]),
    ("ck_payment_notice_reference_length", "payment_notice", [{"reference": "x" * 201}]),
    # ── books ─────────────────────────────────────────────────────────────────────────────────────────────────────
    ("ck_ledger_account_purpose", "ledger_account", [{"purpose": "BRIBES"}]),
    ("ck_ledger_account_unit_length", "ledger_account", [{"unit": ""}, {"unit": "x" * 41}]),
    ("ck_ledger_account_of_member", "ledger_account", [whose(purpose) for purpose in Purpose]),
    ("ck_ledger_account_with_floor", "ledger_account", [kept(purpose) for purpose in Purpose]),
    ("ck_ledger_account_balance_with_floor", "ledger_account", [{"balance": 0}]),
    ("ck_ledger_account_balance_with_floor", "ledger_account with a floor", [{"balance": None}]),
    ("ck_ledger_account_balance_at_floor", "ledger_account with a floor", [{"balance": -1}]),
    ("ck_ledger_account_balance_countable", "ledger_account with a floor", [{"balance": MAX_SAFE + 1}]),
    ("ck_ledger_account_one_counterparty", "ledger_account with a floor", [{"counterparty_id": SHOP}]),
    ("uq_ledger_account_named", "ledger_account", [{"id": NEW}]),
    ("ck_journal_kind", "journal", [{"kind": "GUESS"}]),
    ("ck_posting_amount_range", "posting", beyond("amount", 1)),
    ("ck_posting_line_range", "posting", beyond("line", 1, MAX_POSTINGS)),
    ("ck_posting_moves", "posting", [{"source_id": SALES}]),
    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────────
    ("ck_idempotency_key_key_length", "idempotency_key", [{"key": ""}, {"key": "码" * (MAX_KEY_CHARS + 1)}]),
    ("ck_idempotency_key_asked", "idempotency_key", [{"asked": one} for one in ("", "0" * 63, "码" * 64, "0" * 65)]),
    ("ck_idempotency_key_result_whole", "idempotency_key", [{"result": None}, {"result_id": None}]),
    ("ck_audit_entry_actor_class", "audit_entry", [{"actor_class": "GHOST"}]),
    ("ck_bulk_result_rows", "bulk_result", [{"refused": [None]}, {"done": []}]),
    ("ck_bulk_result_rows", "bulk_result", [dict.fromkeys(("done", "refused"), [None] * (MAX_ROWS + 1))]),
    ("ck_outbox_event_audience", "outbox_event", [{"audience": [SHOP] * (MAX_AUDIENCE + 1)}]),
    ("ck_outbox_event_position_range", "outbox_event stamped", beyond("position", 1)),
    ("ck_outbox_event_due_until_stamped", "outbox_event", [{"due_at": None}, {"due_at": SOON}, {"position": 2}]),
    ("uq_outbox_event_position", "outbox_event stamped", [{}]),
    ("ck_feed_head_position_range", "feed_head", beyond("position", 0)),
]


IMPLIED = {f"uq_{table}_tenant_id_id_order_id" for table in ("payment", "refund", "shipment")}
"""Wider than a primary key: they are there for foreign keys to point at."""


async def test_each_constraint_refuses_what_it_is_for(owner_dsn: str) -> None:
    assert await misjudged(owner_dsn, GOOD, BAD) == []


async def test_no_constraint_is_left_untried(owner_dsn: str) -> None:
    assert await constraints_of(owner_dsn, TABLES) - IMPLIED == {constraint for constraint, _, _ in BAD}
