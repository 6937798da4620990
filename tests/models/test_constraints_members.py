"""What the database refuses of members, attribution and campaigns: each constraint by rows that only it forbids."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from domain.channel import Tier, binding_chain
from domain.money import MAX_SAFE
from models.session import set_tenant
from tests.models.here import HERE
from tests.models.refusing import Case, Columns, add, beyond, constraints_of, key, misjudged, tables_of, write

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
TABLES = tables_of("models.member", "models.attribution", "models.campaign") | {"account"}
BRAND, SHOP, MALL, SITE, SKU, ORDER = (key(number) for number in range(11, 17))
ANN, BEN, NEW = key(21), key(22), key(29)
CLUB, CIRCLE, POINTS, COUPONS, PART = (key(number) for number in range(31, 36))
SILVER, COUPON, PIA, TOUCH, BINDING, SALE = (key(number) for number in range(41, 47))


def terms(id: UUID, kind: str, **other: Any) -> Columns:
    whose = {"issuer_id": BRAND, "bearer_id": BRAND, "valid_from": NOW}
    return {"id": id, "kind": kind, "code": str(id), "name": "x", "scope": "TENANT", **whose, **other}


def coupon(id: UUID, code: str, **other: Any) -> Columns:
    times = {"granted_at": NOW, "valid_from": NOW, "valid_until": NOW + TICK}
    return {"id": id, "customer_id": ANN, "terms_id": COUPONS, "code": code, **times, **other}


def touch(id: UUID, outcome: str, **other: Any) -> Columns:
    how = {"source": "BROWSE", "strength": 0, "terminal": "APP", "occurred_at": NOW}
    return {"id": id, "customer_id": ANN, "organization_id": SHOP, "outcome": outcome, **how, **other}


def binding(id: UUID, **other: Any) -> Columns:
    times = {"bound_at": NOW, "protected_until": NOW + TICK, "valid_until": NOW + TICK}
    return {"id": id, "customer_id": ANN, "owner_id": SHOP, "source": "BROWSE", "strength": 0, **times, **other}


def sale(number: int, kind: str, **offer: Any) -> Columns:
    times = {"starts_at": NOW, "ends_at": NOW + DAY}
    return {"id": key(number), "owner_id": BRAND, "code": kind, "name": "x", "kind": kind, **times, **offer}


def aim(position: int, dimension: str, **value: Any) -> Columns:
    return {"campaign_id": SALE, "clause": 19, "position": position, "dimension": dimension, **value}


GOOD: dict[str, Columns] = {
    "organization brand": {"id": BRAND, "tier": "BRAND", "code": "brand", "name": "x"},
    "organization shop": {"id": SHOP, "tier": "STORE", "code": "shop", "name": "x"},
    "site": {"id": SITE, "kind": "MAIN", "code": "main", "name": "x", "organization_id": BRAND},
    "cloud_store": {"id": MALL, "organization_id": SHOP, "mode": "O2O", "name": "x", "opened_at": NOW},
    "product": {"id": SKU, "brand_id": BRAND, "code": "1", "name": "x"},
    "sku": {"id": SKU, "product_id": SKU, "code": "1", "name": "x"},
    "account ann": {"id": ANN, "subject": "ann", "display_name": "Ann", "phone": "+15155550100"},
    "account ben": {"id": BEN, "subject": "ben", "display_name": "Ben", "phone": None},
    "account": {"id": PIA, "subject": "pia", "display_name": "Pia", "phone": None},
    "customer": {"id": ANN, "account_id": ANN, "joined_at": NOW},
    "customer ben": {"id": BEN, "account_id": BEN, "joined_at": NOW, "referred_by_id": ANN},
    "membership": {"id": key(51), "customer_id": ANN, "cloud_store_id": MALL, "joined_at": NOW},
    "right_terms": terms(CLUB, "TIER"),
    "right_terms of a site": terms(CIRCLE, "TIER", scope="SITE", site_id=SITE),
    "right_terms of a store": terms(COUPONS, "COUPON", scope="STORE", cloud_store_id=MALL, valid_until=NOW + TICK),
    "right_terms of a part": terms(PART, "COUPON"),
    "right_terms of points": terms(POINTS, "POINTS", redeem_points=1, redeem_fen=MAX_SAFE),
    "right_honour": {"terms_id": CLUB, "organization_id": SHOP},
    "member_tier": {"id": SILVER, "terms_id": CLUB, "level": 1, "code": "silver", "name": "x", "growth_from": 0},
    "member_growth": {"customer_id": ANN, "terms_id": CLUB, "tier_id": SILVER, "growth": 0},
    "member_balance": {"customer_id": ANN, "terms_id": POINTS, "terms_kind": "POINTS", "balance": 0},
    "coupon_offer": {"terms_id": COUPONS, "benefit": "AMOUNT_OFF", "threshold_fen": 500, "off_fen": 500},
    "coupon_offer of a part": {"terms_id": PART, "benefit": "PERCENT_OFF", "threshold_fen": 0, "off_bps": 1},
    "order_header": {"id": ORDER, "number": "1", "kind": "CONSUMER", "state": "PENDING_PAYMENT", "seller_id": SHOP}
    | {"customer_id": ANN, "currency": "CNY", "total_fen": 0, "placed_at": NOW},
    "coupon": coupon(COUPON, "c"),
    "coupon used": coupon(key(52), "d", state="USED", order_id=ORDER),
    "promoter": {"id": PIA, "account_id": PIA, "organization_id": SHOP, "kind": "PROMOTER", "code": "pia"}
    | {"joined_at": NOW},
    "touch": touch(TOUCH, "BOUND"),
    "touch rejected": touch(key(53), "REJECTED", rejection="WEAKER"),
    "binding": binding(BINDING),
    "binding ended": binding(key(54), ended_at=NOW, end_cause="RELEASED", end_reason="she asked for it"),
    "binding_hop": {"binding_id": BINDING, "hops": 0, "organization_id": SHOP, "tier": "STORE"},
    "campaign_revision": {"revision": 0},
    "campaign": sale(46, "AMOUNT_OFF", off_fen=1, exclusion_group="x"),
    "campaign part off": sale(61, "PERCENT_OFF", off_bps=10_000),
    "campaign price": sale(62, "FIXED_PRICE", price_fen=1),
    "campaign gift": sale(63, "GIFT", gift_sku_id=SKU, gift_quantity=1),
    "campaign nth": sale(64, "NTH_UNIT", nth=2, off_bps=1),
    "campaign coupons": sale(65, "COUPON", coupon_terms_id=COUPONS),
    "campaign group": sale(66, "GROUP_BUY", group_size=2, price_fen=1),
    "campaign points": sale(67, "POINTS_MULTIPLIER", points_pct=101),
    "campaign fee": sale(68, "DISPLAY_FEE", fee_fen=1),
    "campaign_funder": {"campaign_id": SALE, "position": 0, "funder_id": BRAND, "share_bps": 1},
    "campaign_funder of none": {"campaign_id": SALE, "position": 1, "funder_id": None, "share_bps": 9_999},
    "campaign_condition": aim(9_999, "STORE", store_id=SHOP),
    "campaign_condition of a tier": aim(0, "TIER", tier="STORE"),
    "campaign_condition of a mode": aim(1, "MODE", mode="O2O"),
    "campaign_condition of a terminal": aim(2, "TERMINAL", terminal="APP"),
    "campaign_condition of hours": aim(3, "HOURS", weekdays=127, from_minute=0, until_minute=1_440),
    "campaign_store": {"store_id": SHOP, "campaign_id": SALE, "stance": "OPTED_IN", "threshold_fen": 0}
    | {"threshold_units": 0, "off_fen": 1, "off_bps": 10_000, "price_fen": 1},
}
"""Rows in the order that keys need; the first word is the table."""


ENDED: Columns = {"id": NEW, "ended_at": NOW, "end_cause": "LAPSED"}
BAD: list[Case] = [
    ("ck_account_phone", "account", [{"phone": one} for one in ("", "15155550100", "+1 515 5550100", "+0155550100")]),
    ("ck_account_phone", "account", [{"phone": one} for one in ("+123456", "+1234567890123456", "+8615400000001\n")]),
    (
        "ck_account_called_by_its_phone",
        "account",
        [{"subject": one} for one in ("tel:", "tel:911", "tel:+1 515 5550100")],
    ),
    ("ck_account_called_by_its_phone", "account", [{"subject": "tel:+15155550102", "phone": "+15155550103"}]),
    ("uq_account_tenant_id_subject", "account ann", [{"id": NEW, "phone": "+15155550101"}]),
    ("uq_account_phone", "account ann", [{"id": NEW, "subject": "her second login"}]),
    ("ck_customer_not_by_herself", "customer", [{"referred_by_id": ANN}]),
    ("uq_customer_tenant_id_account_id", "customer", [{"id": NEW}]),
    ("uq_membership_tenant_id_customer_id_cloud_store_id", "membership", [{"id": NEW}]),
    # ── rights ────────────────────────────────────────────────────────────────────────────────────────────────────
    ("ck_right_terms_kind", "right_terms", [{"kind": "GIFT_CARD"}]),
    ("ck_right_terms_scope", "right_terms", [{"scope": "CITY"}]),
    ("ck_right_terms_scope_names_its_place", "right_terms", [{"scope": "SITE"}, {"scope": "STORE"}]),
    ("ck_right_terms_scope_names_its_place", "right_terms of a site", [{"scope": "TENANT"}, {"cloud_store_id": MALL}]),
    ("ck_right_terms_scope_names_its_place", "right_terms of a store", [{"scope": "TENANT"}, {"site_id": SITE}]),
    ("ck_right_terms_points_have_a_worth", "right_terms", [{"redeem_points": 1}, {"redeem_fen": 1}]),
    ("ck_right_terms_points_have_a_worth", "right_terms of points", [{"redeem_points": None}, {"redeem_fen": None}]),
    ("ck_right_terms_redeem_points_range", "right_terms of points", beyond("redeem_points", 1)),
    ("ck_right_terms_redeem_fen_range", "right_terms of points", beyond("redeem_fen", 1)),
    ("ck_right_terms_valid_until_after_valid_from", "right_terms", [{"valid_until": NOW}]),
    ("uq_right_terms_tenant_id_issuer_id_code", "right_terms", [{"id": NEW}]),
    ("ck_member_tier_terms_kind", "member_tier", [{"terms_kind": "COUPON"}]),
    ("fk_member_tier_terms", "member_tier", [{"id": NEW, "terms_id": COUPONS}]),
    ("ck_member_tier_level_range", "member_tier", beyond("level", 0)),
    ("ck_member_tier_growth_from_range", "member_tier", beyond("growth_from", 0)),
    ("ck_member_tier_points_rate", "member_tier", beyond("points_rate_pct", 0, 10_000)),
    ("uq_member_tier_tenant_id_terms_id_level", "member_tier", [{"id": NEW, "code": "gold", "growth_from": 1}]),
    ("uq_member_tier_tenant_id_terms_id_code", "member_tier", [{"id": NEW, "level": 2, "growth_from": 1}]),
    ("uq_member_tier_tenant_id_terms_id_growth_from", "member_tier", [{"id": NEW, "level": 2, "code": "gold"}]),
    ("ck_member_growth_growth_range", "member_growth", beyond("growth", 0)),
    ("fk_member_growth_tier", "member_growth", [{"terms_id": CIRCLE}]),
    ("ck_member_balance_balance_range", "member_balance", beyond("balance", 0)),
    ("ck_member_balance_terms_kind", "member_balance", [{"terms_kind": "TIER"}, {"terms_kind": "COUPON"}]),
    ("fk_member_balance_terms", "member_balance", [{"customer_id": BEN, "terms_kind": "STORED_VALUE"}]),
    # ── coupons ───────────────────────────────────────────────────────────────────────────────────────────────────
    ("ck_coupon_offer_terms_kind", "coupon_offer", [{"terms_kind": "POINTS"}]),
    ("fk_coupon_offer_terms", "coupon_offer", [{"terms_id": CLUB}]),
    ("ck_coupon_offer_benefit", "coupon_offer", [{"benefit": "FREE", "off_fen": None}]),
    ("ck_coupon_offer_benefit_says_what", "coupon_offer", [{"off_fen": None}, {"off_bps": 1}, {"max_off_fen": 1}]),
    ("ck_coupon_offer_benefit_says_what", "coupon_offer", [{"benefit": "PERCENT_OFF", "off_fen": None}]),
    ("ck_coupon_offer_off_fen_range", "coupon_offer", [{"threshold_fen": 0, **one} for one in beyond("off_fen", 1)]),
    ("ck_coupon_offer_off_bps_range", "coupon_offer of a part", beyond("off_bps", 1, 10_000)),
    ("ck_coupon_offer_max_off_fen_range", "coupon_offer of a part", beyond("max_off_fen", 1)),
    ("ck_coupon_offer_threshold_fen_range", "coupon_offer of a part", beyond("threshold_fen", 0)),
    ("ck_coupon_offer_never_more_than_the_threshold", "coupon_offer", [{"off_fen": 501}]),
    ("ck_coupon_state", "coupon", [{"state": "EXPIRED"}]),
    ("ck_coupon_order_holds_it", "coupon", [{"state": "LOCKED"}, {"state": "USED"}, {"order_id": ORDER}]),
    ("ck_coupon_order_holds_it", "coupon used", [{"order_id": None}, {"state": "REVOKED"}]),
    ("ck_coupon_valid_until_after_valid_from", "coupon", [{"valid_until": NOW}]),
    ("uq_coupon_tenant_id_code", "coupon", [{"id": NEW}]),
    ("fk_coupon_offer", "coupon", [{"id": NEW, "code": "e", "terms_id": CLUB}]),
    # ── who brought her ───────────────────────────────────────────────────────────────────────────────────────────
    ("ck_promoter_kind", "promoter", [{"kind": "GUIDE"}]),
    ("ck_promoter_code_length", "promoter", [{"code": ""}, {"code": "码" * 101}]),
    ("uq_promoter_tenant_id_code", "promoter", [{"id": NEW, "organization_id": BRAND}]),
    ("uq_promoter_tenant_id_account_id_organization_id", "promoter", [{"id": NEW, "code": "pia again"}]),
    ("ck_touch_source", "touch", [{"source": "RUMOUR"}]),
    ("ck_touch_terminal", "touch", [{"terminal": "FAX"}]),
    ("ck_touch_outcome", "touch", [{"outcome": "IGNORED"}]),
    ("ck_touch_rejection", "touch rejected", [{"rejection": "LATE"}]),
    ("ck_touch_rejection_has_a_reason", "touch", [{"outcome": "REJECTED"}, {"rejection": "WEAKER"}]),
    ("ck_touch_strength_range", "touch", beyond("strength", 0)),
    ("ck_binding_source", "binding", [{"source": "RUMOUR"}]),
    ("ck_binding_strength_range", "binding", beyond("strength", 0)),
    ("ck_binding_protected_until_after_bound_at", "binding", [{"protected_until": NOW}]),
    ("ck_binding_protected_while_valid", "binding", [{"valid_until": NOW}]),
    ("ck_binding_an_end_has_a_cause", "binding", [{"ended_at": NOW}, {"end_cause": "LAPSED"}]),
    ("ck_binding_end_cause", "binding", [{**ENDED, "end_cause": "LOST"}]),
    ("ck_binding_ends_after_it_began", "binding", [{**ENDED, "ended_at": NOW - TICK}]),
    (
        "ck_binding_a_hand_gives_a_reason",
        "binding",
        [{**ENDED, "end_cause": one} for one in ("RELEASED", "TRANSFERRED")],
    ),
    ("uq_binding_active", "binding", [{"id": NEW, "owner_id": BRAND}]),
    ("ck_binding_hop_hops_range", "binding_hop", beyond("hops", 0)),
    ("ck_binding_hop_below_brand", "binding_hop", [{"tier": one} for one in ("BRAND", "SUPPLIER", "SHOP", "store")]),
    ("uq_binding_hop_tenant_id_binding_id_organization_id", "binding_hop", [{"hops": 1}]),
    # ── campaigns ─────────────────────────────────────────────────────────────────────────────────────────────────
    ("ck_campaign_revision_revision_range", "campaign_revision", beyond("revision", 0)),
    ("ck_campaign_kind", "campaign", [{"kind": "RAFFLE"}]),
    ("ck_campaign_code_length", "campaign", [{"code": ""}, {"code": "码" * 101}]),
    ("ck_campaign_status", "campaign", [{"status": "OVER"}]),
    ("ck_campaign_participation", "campaign", [{"participation": "ASKED"}]),
    ("ck_campaign_ends_at_after_starts_at", "campaign", [{"ends_at": NOW}]),
    ("ck_campaign_priority_range", "campaign", beyond("priority", -1_000_000, 1_000_000)),
    ("ck_campaign_exclusion_group_is_named", "campaign", [{"exclusion_group": ""}]),
    ("ck_campaign_threshold_fen_range", "campaign", beyond("threshold_fen", 0)),
    ("ck_campaign_threshold_units_range", "campaign", beyond("threshold_units", 0)),
    ("ck_campaign_off_fen_range", "campaign", beyond("off_fen", 1)),
    ("ck_campaign_off_bps_range", "campaign part off", beyond("off_bps", 1, 10_000)),
    ("ck_campaign_price_fen_range", "campaign price", beyond("price_fen", 1)),
    ("ck_campaign_gift_quantity_range", "campaign gift", beyond("gift_quantity", 1)),
    ("ck_campaign_nth_from_the_second", "campaign nth", [{"nth": 1}, {"nth": 2**31}]),
    ("ck_campaign_a_group_is_two", "campaign group", [{"group_size": 1}, {"group_size": 2**31}]),
    ("ck_campaign_points_pct_range", "campaign points", beyond("points_pct", 101, 10_000)),
    ("ck_campaign_fee_fen_range", "campaign fee", beyond("fee_fen", 1)),
    (
        "ck_campaign_offer",
        "campaign",
        [{"off_fen": None}, {"off_bps": 1}, {"fee_fen": 1}, {"coupon_terms_id": COUPONS}],
    ),
    ("ck_campaign_offer", "campaign gift", [{"gift_sku_id": None}, {"gift_quantity": None}, {"points_pct": 200}]),
    ("ck_campaign_offer", "campaign group", [{"group_size": None}, {"price_fen": None}, {"nth": 2}]),
    ("fk_campaign_coupon_offer", "campaign coupons", [{"id": NEW, "code": "x", "coupon_terms_id": CLUB}]),
    ("uq_campaign_tenant_id_owner_id_code", "campaign", [{"id": NEW}]),
    ("ck_campaign_funder_position_range", "campaign_funder", beyond("position", 0)),
    ("ck_campaign_funder_share_bps_range", "campaign_funder", beyond("share_bps", 1, 10_000)),
    ("uq_campaign_funder_tenant_id_campaign_id_funder_id", "campaign_funder", [{"position": 2}]),
    ("uq_campaign_funder_tenant_id_campaign_id_funder_id", "campaign_funder of none", [{"position": 2}]),
    ("ck_campaign_condition_clause_range", "campaign_condition", beyond("clause", 0, 19)),
    ("ck_campaign_condition_position_range", "campaign_condition", beyond("position", 0, 9_999)),
    ("ck_campaign_condition_dimension", "campaign_condition", [{"dimension": "WEATHER"}]),
    ("ck_campaign_condition_value", "campaign_condition", [{"store_id": None}, {"below_id": SHOP}]),
    ("ck_campaign_condition_value", "campaign_condition", [{"dimension": "BELOW"}, {"dimension": "HOURS"}]),
    ("ck_campaign_condition_tier", "campaign_condition of a tier", [{"tier": "SHOP"}]),
    ("ck_campaign_condition_mode", "campaign_condition of a mode", [{"mode": "KIOSK"}]),
    ("ck_campaign_condition_terminal", "campaign_condition of a terminal", [{"terminal": "FAX"}]),
    ("ck_campaign_condition_weekdays_range", "campaign_condition of hours", beyond("weekdays", 1, 127)),
    ("ck_campaign_condition_hours", "campaign_condition of hours", [{"from_minute": None}, {"until_minute": None}]),
    ("ck_campaign_condition_hours", "campaign_condition of hours", [{"from_minute": -1}, {"until_minute": 1_441}]),
    ("ck_campaign_condition_hours", "campaign_condition of hours", [{"from_minute": 60, "until_minute": 60}]),
    ("ck_campaign_condition_hours", "campaign_condition", [{"from_minute": 0, "until_minute": 60}]),
    ("ck_campaign_store_stance", "campaign_store", [{"stance": "PERHAPS"}]),
    ("ck_campaign_store_threshold_fen_range", "campaign_store", beyond("threshold_fen", 0)),
    ("ck_campaign_store_threshold_units_range", "campaign_store", beyond("threshold_units", 0)),
    ("ck_campaign_store_off_fen_range", "campaign_store", beyond("off_fen", 1)),
    ("ck_campaign_store_off_bps_range", "campaign_store", beyond("off_bps", 1, 10_000)),
    ("ck_campaign_store_price_fen_range", "campaign_store", beyond("price_fen", 1)),
]

IMPLIED = {"uq_right_terms_kind", "uq_member_tier_of_terms"}
"""Wider than a primary key: they are there for foreign keys to point at."""


@pytest.fixture
async def filled_dsn(owner_dsn: str) -> str:
    """A database with every good row."""
    connection = await asyncpg.connect(owner_dsn)
    async with connection.transaction():
        await write(connection, GOOD)
    await connection.close()
    return owner_dsn


async def test_each_constraint_refuses_what_it_is_for(owner_dsn: str) -> None:
    assert await misjudged(owner_dsn, GOOD, BAD) == []


async def test_no_constraint_is_left_untried(owner_dsn: str) -> None:
    assert await constraints_of(owner_dsn, TABLES) - IMPLIED == {constraint for constraint, _, _ in BAD}


async def test_a_hop_is_of_a_tier_that_a_chain_freezes(filled_dsn: str) -> None:
    connection = await asyncpg.connect(filled_dsn)
    async with connection.transaction():
        await connection.execute(set_tenant(HERE))
        hops = {
            tier: {"hops": hops, "organization_id": key(80 + hops), "tier": tier} for hops, tier in enumerate(Tier, 1)
        }
        refused = {tier: await add(connection, GOOD, "binding_hop", hop) for tier, hop in hops.items()}
    await connection.close()
    # Its organisations are not there: what the check lets pass, the foreign key refuses.
    frozen = {tier for tier in Tier if binding_chain(["one"], {"one": tier}) == ("one",)}
    assert {tier for tier in Tier if refused[tier] != "ck_binding_hop_below_brand"} == frozen


@pytest.mark.parametrize("first_commits", [True, False])
async def test_of_two_active_bindings_that_race_one_wins(filled_dsn: str, first_commits: bool) -> None:
    """The second waits for how the first ends."""
    first, second = await asyncpg.connect(filled_dsn), await asyncpg.connect(filled_dsn)
    acts = first.transaction(), second.transaction()
    for connection, act in zip((first, second), acts, strict=True):
        await act.start()
        await connection.execute(set_tenant(HERE))
    assert await add(first, GOOD, "binding", {"customer_id": BEN, "id": key(71)}) is None
    late = asyncio.ensure_future(add(second, GOOD, "binding", {"customer_id": BEN, "id": key(72), "owner_id": BRAND}))
    await asyncio.sleep(0.1)
    assert not late.done()
    await (acts[0].commit() if first_commits else acts[0].rollback())
    assert await late == ("uq_binding_active" if first_commits else None)
    rows = await second.fetch("SELECT owner_id FROM binding WHERE customer_id = $1 AND ended_at IS NULL", BEN)
    assert [row["owner_id"] for row in rows] == [SHOP if first_commits else BRAND]
    await acts[1].commit()
    await first.close()
    await second.close()
