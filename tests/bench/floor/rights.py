"""The shopper who asks, and what her rights are worth in a store."""

from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from domain.channel import CloudStoreMode
from domain.member import CouponState, Holding, RightKind, RightScope, Terms, right_here
from domain.member import Place as RightsPlace
from tests.bench.floor.ground import Asking, Rows
from tests.bench.rules import Shopper, right_rank

VIEWER: Final = """
SELECT c.id, a.display_name, c.tags, ARRAY(
    SELECT r.id FROM member_growth g
    JOIN member_tier h ON h.tenant_id = $1 AND h.id = g.tier_id
    JOIN member_tier r ON r.tenant_id = $1 AND r.terms_id = h.terms_id AND r.level <= h.level
    WHERE g.tenant_id = $1 AND g.customer_id = c.id
)
FROM account a
JOIN customer c ON c.tenant_id = $1 AND c.account_id = a.id
WHERE a.tenant_id = $1 AND a.subject = $2 AND a.is_active
"""

WHERE_: Final = """
SELECT s.id, s.organization_id, s.site_id, s.mode, s.closed_at IS NULL AND o.status = 'ACTIVE'
FROM cloud_store s JOIN organization o ON o.tenant_id = $1 AND o.id = s.organization_id
WHERE s.tenant_id = $1 AND s.id = $2
"""

HELD: Final = """
WITH held AS (
    SELECT terms_id, NULL::bigint AS balance, growth, tier_id, NULL::uuid AS coupon_id, NULL::text AS code,
        NULL::text AS state, NULL::timestamptz AS valid_from, NULL::timestamptz AS valid_until
    FROM member_growth WHERE tenant_id = $1 AND customer_id = $2
    UNION ALL
    SELECT terms_id, balance, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM member_balance WHERE tenant_id = $1 AND customer_id = $2
    UNION ALL
    SELECT terms_id, NULL, NULL, NULL, id, code, state, valid_from, valid_until
    FROM coupon WHERE tenant_id = $1 AND customer_id = $2
)
SELECT h.balance, h.growth, h.coupon_id, h.code, h.state, h.valid_from, h.valid_until,
    coalesce(f.off_fen, f.max_off_fen),
    t.id, t.kind, t.code, t.name, t.scope, t.site_id, t.cloud_store_id, t.redeem_points, t.redeem_fen, t.valid_from,
    t.valid_until, i.id, i.tier, i.name, b.id, i.status = 'ACTIVE' AND b.status = 'ACTIVE',
    m.level, m.code, m.name, EXISTS (
        SELECT FROM right_honour r
        JOIN organization_closure x ON x.tenant_id = $1 AND x.ancestor_id = r.organization_id AND x.descendant_id = $3
        WHERE r.tenant_id = $1 AND r.terms_id = t.id AND (r.includes_below OR x.hops = 0)
    )
FROM held h
JOIN right_terms t ON t.tenant_id = $1 AND t.id = h.terms_id
JOIN organization i ON i.tenant_id = $1 AND i.id = t.issuer_id
JOIN organization b ON b.tenant_id = $1 AND b.id = t.bearer_id
LEFT JOIN coupon_offer f ON f.tenant_id = $1 AND f.terms_id = t.id
LEFT JOIN member_tier m ON m.tenant_id = $1 AND m.id = h.tier_id
"""


async def viewer(asking: Asking) -> tuple[UUID, str, Shopper]:
    """Who asks, and what campaigns look at of her."""
    id_, name, tags, tiers = (await asking.fetch(VIEWER, asking.tenant, asking.subject))[0]
    return id_, name, Shopper(tiers, tags)


async def rights(asking: Asking, customer: UUID, store: UUID, whole: bool) -> list[dict[str, Any]]:
    """Her rights there; `whole` with what the longer document asks besides."""
    at, organization, site, mode, is_open = (await asking.fetch(WHERE_, asking.tenant, store))[0]
    there = RightsPlace(at, organization, site, CloudStoreMode(mode), is_open)
    rows: Rows = await asking.fetch(HELD, asking.tenant, customer, organization)
    judged = [_right(asking, there, row, whole) for row in rows]
    return [right for _, right in sorted(judged, key=itemgetter(0))]


def _right(asking: Asking, there: RightsPlace, row: Any, whole: bool) -> tuple[tuple[Any, ...], dict[str, Any]]:
    (
        balance, growth, coupon, coupon_code, state, valid_from, valid_until, off, terms, kind, code, name, scope, site,
        store, redeem_points, redeem_fen, terms_from, terms_until, issuer, issuer_tier, issuer_name, bearer,
        backed, level, level_code, level_name, honoured,
    ) = row  # fmt: skip
    held = Holding(balance, None if state is None else CouponState(state), valid_from, valid_until, off)
    under = Terms(
        RightKind(kind), RightScope(scope), site, store, issuer, bearer, redeem_points, redeem_fen, terms_from,
        terms_until, backed,
    )  # fmt: skip
    verdict = right_here(held, under, honoured, there, asking.now)
    rank = right_rank(verdict.usable, under.kind, terms, terms_until, None if coupon is None else (coupon, valid_until))
    if not whole:
        return rank, {
            "usable": verdict.usable,
            "reason": verdict.reason,
            "balance": balance,
            "worthFen": verdict.worth_fen,
            "right": {"id": "right_" + terms.hex, "kind": kind, "name": name},
        }
    given = None
    if coupon is not None:
        given = {
            "id": "coupon_" + coupon.hex,
            "code": coupon_code,
            "state": state,
            "validUntil": valid_until.isoformat(),
        }
    return rank, {
        "usable": verdict.usable,
        "reason": verdict.reason,
        "balance": balance,
        "worthFen": verdict.worth_fen,
        "growth": growth,
        "right": {
            "id": "right_" + terms.hex,
            "kind": kind,
            "code": code,
            "name": name,
            "scope": scope,
            "validFrom": terms_from.isoformat(),
            "validUntil": None if terms_until is None else terms_until.isoformat(),
            "issuer": {"id": f"{issuer_tier.lower()}_{issuer.hex}", "name": issuer_name},
        },
        "tier": None if level is None else {"level": level, "code": level_code, "name": level_name},
        "coupon": given,
    }
