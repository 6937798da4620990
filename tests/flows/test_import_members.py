"""The demo's members and campaigns in the database: every generated row written, and the rules between the tables."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

import boot
from demo.consumers.generation import generate_consumers
from demo.consumers.values import Consumers
from demo.consumers.world import World
from demo.iowa import SAMPLE, SEED
from demo.iowa.campaigning import plans
from models import Base
from tests.conftest import NOW, TODAY, TenantFacts
from tests.domain import iowa as file
from tests.flows.imports import connected, counting


@cache
def world() -> World:
    return file.world(SAMPLE, TODAY)


@cache
def made() -> Consumers:
    return generate_consumers(world(), SEED)


@pytest.fixture
async def real(access: boot.Access, iowa: TenantFacts) -> AsyncIterator[Any]:
    """The serving role's view of it."""
    async with connected(access.app.url, iowa.id, access.app.role) as connection:
        yield connection


async def test_everything_generated_is_written(real: Any) -> None:
    counts = {
        name: await real.fetchval(counting(name))
        for name in Base.metadata.tables
        if name.startswith(("right_", "member", "coupon", "campaign", "binding", "promoter", "touch", "customer"))
    }
    crowd, campaigns = made(), plans(file.cast(SAMPLE, TODAY))
    assert counts == {
        "customer": len(crowd.members),
        "membership": len(crowd.visits),
        "right_terms": len(world().terms),
        "right_honour": sum(len(terms.honours) for terms in world().terms),
        "member_tier": sum(len(terms.levels) for terms in world().terms),
        "member_growth": len(crowd.growth),
        "member_balance": len(crowd.balances),
        "coupon_offer": sum(terms.offer is not None for terms in world().terms),
        "coupon": len(crowd.coupons),
        "promoter": len(crowd.promoters),
        "touch": len(crowd.touches),
        "binding": len(crowd.bindings),
        "binding_hop": sum(len(row.chain) for row in crowd.bindings),
        "campaign": len(campaigns),
        "campaign_funder": sum(len(plan.funders) for plan in campaigns),
        "campaign_condition": sum(len(clause) for plan in campaigns for clause in plan.clauses),
        "campaign_store": sum(len(plan.answers) for plan in campaigns),
        "campaign_revision": 1,
    }


async def test_the_small_tenant_has_members_as_it_has_stores(access: boot.Access, forty: TenantFacts) -> None:
    async with connected(access.app.url, forty.id, access.app.role) as connection:
        assert await connection.fetchval(counting("customer")) == 680
        assert await connection.fetchval(counting("campaign")) == 30


async def test_what_is_generated_says_so(real: Any) -> None:
    terms = await real.fetch("SELECT is_generated, count(*) FROM right_terms GROUP BY 1")
    campaigns = await real.fetch("SELECT is_generated, count(*) FROM campaign GROUP BY 1")
    assert [tuple(row) for row in (*terms, *campaigns)] == [(True, 67), (True, 30)]
    orders = await real.fetch(
        "SELECT kind, number LIKE 'GENERATED-%' AS made, state, count(*) FROM order_header GROUP BY 1, 2, 3"
    )
    states = Counter(purchase.state.value for purchase in made().purchases)
    assert {tuple(row) for row in orders} == {
        ("REPLENISHMENT", False, "COMPLETED", 9_543),
        *(("CONSUMER", True, state, count) for state, count in states.items()),
    }


async def test_a_consumers_order_is_her_stores(real: Any) -> None:
    rows = await real.fetch(
        "SELECT o.currency, o.placed_by_id = c.account_id AND o.seller_id = s.organization_id"
        " AND o.site_id IS NOT DISTINCT FROM s.site_id AND o.region_code IS NOT DISTINCT FROM s.region_code"
        " AND o.total_fen = (SELECT sum(net_fen) FROM order_line l WHERE l.order_id = o.id)"
        " AND (SELECT bool_and(p.brand_id = l.brand_id) FROM order_line l JOIN sku k ON k.id = l.sku_id"
        "      JOIN product p ON p.id = k.product_id WHERE l.order_id = o.id) AS whole, count(*)"
        " FROM order_header o JOIN customer c ON c.id = o.customer_id JOIN cloud_store s ON s.id = o.cloud_store_id"
        " WHERE o.kind = 'CONSUMER' GROUP BY 1, 2"
    )
    assert [tuple(row) for row in rows] == [("USD", True, len(made().purchases))]


async def test_members_are_named_tagged_and_referred(real: Any) -> None:
    rows = await real.fetch(
        "SELECT a.subject, a.display_name, a.phone, c.joined_at, c.tags, r.subject AS referrer FROM customer c"
        " JOIN account a ON a.id = c.account_id LEFT JOIN customer b ON b.id = c.referred_by_id"
        " LEFT JOIN account r ON r.id = b.account_id"
    )
    assert {(row[0], row[1], row[2], row[3], tuple(row[4]), row[5]) for row in rows} == {
        (
            *(f"member:{one.number}", one.name, one.phone, one.joined_at, one.tags),
            None if one.referrer is None else f"member:{one.referrer}",
        )
        for one in made().members
    }


async def test_a_promoter_is_a_member_or_has_an_account_of_her_own(real: Any) -> None:
    rows = await real.fetch("SELECT p.code, a.subject FROM promoter p JOIN account a ON a.id = p.account_id")
    assert {tuple(row) for row in rows} == {
        (one.code, f"promoter:{one.number}" if one.member is None else f"member:{one.member}")
        for one in made().promoters
    }


async def test_chains_were_the_primary_ones_and_begin_with_the_owner(real: Any) -> None:
    owners = (
        "SELECT count(*) FROM binding b JOIN binding_hop h ON h.binding_id = b.id AND h.hops = 0"
        " JOIN organization o ON o.id = h.organization_id AND o.tier = h.tier WHERE h.organization_id = b.owner_id"
    )
    assert await real.fetchval(owners) == len(made().bindings)
    next_hops = (
        "SELECT count(*), count(e.upstream_id) FROM binding_hop h JOIN binding_hop n ON n.binding_id = h.binding_id"
        " AND n.hops = h.hops + 1 LEFT JOIN organization_edge e ON e.is_primary"
        " AND (e.downstream_id, e.upstream_id) = (h.organization_id, n.organization_id)"
    )
    hops, primary = await real.fetchrow(next_hops)
    assert hops == primary > 10_000


@pytest.mark.parametrize(
    "guided",
    [
        "SELECT s.organization_id = t.organization_id, s.role FROM touch t JOIN staff s ON s.id = t.guide_id",
        "SELECT s.organization_id = b.owner_id, s.role FROM binding b JOIN staff s ON s.id = b.guide_id",
    ],
    ids=["touches", "bindings"],
)
async def test_guides_are_staff_of_who_touches_and_who_owns(real: Any, guided: str) -> None:
    found = Counter(tuple(row) for row in await real.fetch(guided))
    assert found.keys() == {(True, "CLERK"), (True, "MANAGER"), (True, "SALESPERSON")}
    assert found.total() > 5_000


async def test_rights_hang_together(real: Any) -> None:
    held = (
        "SELECT count(*) FROM member_growth g JOIN member_tier t ON t.id = g.tier_id WHERE g.growth >= t.growth_from"
        " AND NOT EXISTS (SELECT FROM member_tier h WHERE h.terms_id = g.terms_id AND h.level > t.level"
        " AND h.growth_from <= g.growth)"
    )
    assert await real.fetchval(held) == len(made().growth)
    coupons = (
        "SELECT c.state, count(*), count(o.id), bool_and(o.id IS NULL OR (o.customer_id = c.customer_id"
        " AND o.placed_at >= c.valid_from AND o.placed_at < c.valid_until)) FROM coupon c"
        " LEFT JOIN order_header o ON o.id = c.order_id GROUP BY c.state"
    )
    states = Counter(coupon.state.value for coupon in made().coupons)
    assert {tuple(row) for row in await real.fetch(coupons)} == {
        (state, count, count if state in ("LOCKED", "USED") else 0, True) for state, count in states.items()
    }


async def test_most_campaigns_are_live_now(real: Any) -> None:
    live = "SELECT count(*) FROM campaign WHERE status = 'PUBLISHED' AND starts_at <= $1 AND ends_at > $1"
    assert await real.fetchval(live, NOW) == 25
    assert await real.fetchval(live, NOW + timedelta(days=20)) == 26
    assert await real.fetchval(live, NOW + timedelta(days=3_600)) == 25
    assert await real.fetchval("SELECT revision FROM campaign_revision") == 1
    midnights = "SELECT count(*) FROM campaign WHERE (starts_at AT TIME ZONE 'America/Chicago')::time <> '00:00'"
    assert await real.fetchval(midnights) == 0


async def test_stores_are_tagged(real: Any) -> None:
    rows = await real.fetch("SELECT tag, count(*) FROM organization, unnest(tags) AS tag GROUP BY tag ORDER BY tag")
    assert [tuple(row) for row in rows] == [("flagship", 50), ("pilot", 125)]
    assert await real.fetchval("SELECT tags FROM organization WHERE tier = 'STORE' AND code = '2633'") == ["flagship"]
