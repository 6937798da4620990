"""The statements about a store, its shelf and what it can sell, and the facts that campaigns look at."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.campaign import Mention, Stance, Terms
from domain.inventory import Offer, sellable_here
from tests.bench.floor.ground import Asking, Rows
from tests.bench.rules import Goods, Kept, Reach, Shop, Shopper, kept

PLACE: Final = """
SELECT o.id, o.name, o.tier, o.tags, s.id, s.mode, s.site_id, s.region_code, u.id, u.tier, u.name,
    ARRAY(
        SELECT x.ancestor_id FROM organization_closure x
        JOIN organization a ON a.tenant_id = $1 AND a.id = x.ancestor_id AND a.status = 'ACTIVE'
        WHERE x.tenant_id = $1 AND x.descendant_id = o.id
    ),
    ARRAY(
        WITH RECURSIVE up AS (
            SELECT s.region_code AS code
            UNION SELECT r.parent_code FROM up JOIN region r ON r.code = up.code
        )
        SELECT t.territory_id FROM up JOIN territory_region t ON t.tenant_id = $1 AND t.region_code = up.code
    ),
    ARRAY(
        SELECT c.id FROM organization_closure x
        JOIN pool_contribution c ON c.tenant_id = $1 AND c.visible_to_id = x.ancestor_id AND c.owner_id <> o.id
        JOIN organization a ON a.tenant_id = $1 AND a.id = c.owner_id AND a.status = 'ACTIVE'
        WHERE x.tenant_id = $1 AND x.descendant_id = o.id
    ),
    ARRAY(
        SELECT g.assortment_id FROM "authorization" g
        JOIN assortment m ON m.tenant_id = $1 AND m.id = g.assortment_id
        JOIN organization a ON a.tenant_id = $1 AND a.id = m.grantor_id AND a.status = 'ACTIVE'
        WHERE g.tenant_id = $1 AND g.grantee_id = o.id
            AND g.valid_from <= $3 AND (g.valid_until IS NULL OR g.valid_until > $3)
    ),
    (SELECT revision FROM campaign_revision WHERE tenant_id = $1)
FROM organization o
JOIN cloud_store s ON s.tenant_id = $1 AND s.organization_id = o.id AND s.closed_at IS NULL
LEFT JOIN organization_edge e ON e.tenant_id = $1 AND e.downstream_id = o.id AND e.is_primary
LEFT JOIN organization u ON u.tenant_id = $1 AND u.id = e.upstream_id AND u.status = 'ACTIVE'
WHERE o.tenant_id = $1 AND o.id = $2 AND o.tier = 'STORE' AND o.status = 'ACTIVE'
"""

BRANDS: Final = """
SELECT b.id, b.name FROM organization_closure x
JOIN organization b ON b.tenant_id = $1 AND b.id = x.ancestor_id AND b.tier = 'BRAND' AND b.status = 'ACTIVE'
WHERE x.tenant_id = $1 AND x.descendant_id = $2
ORDER BY b.name, b.code LIMIT 100
"""

SHELF: Final = """
SELECT x.id, x.position, k.id, k.code, k.name, p.id, p.name, p.brand_id, p.category_id, price.unit_fen
FROM (
    SELECT id, position, sku_id FROM listing s
    WHERE tenant_id = $1 AND cloud_store_id = $2 AND status = 'LISTED' AND (origin = 'EXTERNAL' OR (
        SELECT true FROM assortment_sku i
        WHERE i.tenant_id = $1 AND i.sku_id = s.sku_id AND i.assortment_id = ANY($8) LIMIT 1
    ))
    ORDER BY position, id LIMIT $3
) x
JOIN sku k ON k.tenant_id = $1 AND k.id = x.sku_id
JOIN product p ON p.tenant_id = $1 AND p.id = k.product_id
LEFT JOIN LATERAL (
    SELECT f.unit_fen FROM price_list l
    JOIN price f ON f.tenant_id = $1 AND f.price_list_id = l.id AND f.sku_id = x.sku_id
    WHERE l.tenant_id = $1 AND l.seller_id = $4 AND l.audience = 'CONSUMER'
      AND (l.scope = 'BASE' OR l.region_code = $5 OR l.site_id = $6)
      AND f.min_qty <= 1 AND f.valid_from <= $7 AND (f.valid_until IS NULL OR f.valid_until > $7)
    ORDER BY l.scope = 'BASE', f.min_qty DESC, f.valid_from DESC, l.id LIMIT 1
) price ON true
ORDER BY x.position, x.id
"""

SOURCES: Final = """
WITH wanted AS (SELECT sku, place FROM unnest($2::uuid[]) WITH ORDINALITY AS w(sku, place))
SELECT w.place, own.*
FROM wanted w, LATERAL (
    SELECT s.location_id, s.owner_id,
        coalesce(sum(s.on_hand - s.quarantined - s.reserved - s.allocated)
                 FILTER (WHERE l.expires_on IS NULL OR l.expires_on > $5), 0)::bigint
            - coalesce(max(k.quantity), 0) AS unclaimed,
        NULL::bigint AS share_bps, NULL::bigint AS cap, 0::bigint AS held
    FROM stock s
    JOIN lot l ON l.tenant_id = $1 AND l.sku_id = s.sku_id AND l.id = s.lot_id
    LEFT JOIN safety_stock k ON k.tenant_id = $1 AND k.location_id = s.location_id AND k.sku_id = s.sku_id
        AND k.owner_id = s.owner_id
    WHERE s.tenant_id = $1 AND s.sku_id = w.sku AND s.owner_id = $3
    GROUP BY s.location_id, s.owner_id OFFSET 0
) own
UNION ALL
SELECT w.place, pooled.*
FROM wanted w, LATERAL (
    SELECT c.location_id, c.owner_id, (
            SELECT coalesce(sum(s.on_hand - s.quarantined - s.reserved - s.allocated)
                            FILTER (WHERE l.expires_on IS NULL OR l.expires_on > $5), 0)::bigint
            FROM stock s JOIN lot l ON l.tenant_id = $1 AND l.sku_id = s.sku_id AND l.id = s.lot_id
            WHERE s.tenant_id = $1 AND s.location_id = c.location_id AND s.sku_id = w.sku AND s.owner_id = c.owner_id
        ) - coalesce((
            SELECT k.quantity FROM safety_stock k
            WHERE k.tenant_id = $1 AND k.location_id = c.location_id AND k.sku_id = w.sku AND k.owner_id = c.owner_id
        ), 0),
        c.share_bps, o.cap, o.held
    FROM pool_contribution_sku o
    JOIN pool_contribution c ON c.tenant_id = $1 AND c.id = o.contribution_id
    WHERE o.tenant_id = $1 AND o.sku_id = w.sku AND o.contribution_id = ANY($4) OFFSET 0
) pooled
"""

CHAINS: Final = """
WITH RECURSIVE up AS (
    SELECT id AS leaf, id, parent_id FROM category WHERE tenant_id = $1 AND id = ANY($2)
    UNION SELECT up.leaf, c.id, c.parent_id FROM up JOIN category c ON c.tenant_id = $1 AND c.id = up.parent_id
)
SELECT leaf, id FROM up
"""

SAID: Final = """
SELECT campaign_id, stance, threshold_fen, threshold_units, off_fen, off_bps, price_fen
FROM campaign_store WHERE tenant_id = $1 AND store_id = $2
"""

MENTIONS: Final = """
SELECT sku_id, campaign_id, clause, negated FROM campaign_condition WHERE tenant_id = $1 AND sku_id = ANY($3)
UNION ALL
SELECT sku_id, campaign_id, clause, negated FROM campaign_condition WHERE tenant_id = $1 AND store_id = $2
"""

CAMPAIGNS: Final = """
SELECT * FROM campaign WHERE tenant_id = $1 AND status = 'PUBLISHED' AND ends_at > $2 ORDER BY priority DESC, id
"""
CONDITIONS: Final = """
SELECT x.* FROM campaign_condition x
JOIN campaign c ON c.tenant_id = $1 AND c.id = x.campaign_id AND c.status = 'PUBLISHED' AND c.ends_at > $2
WHERE x.tenant_id = $1
"""


class Place:
    """A store as PLACE finds it."""

    __slots__ = (
        "above", "assortments", "contributions", "id", "mode", "name", "region", "revision", "site", "store", "tags",
        "territories", "tier", "up", "up_name", "up_tier",
    )  # fmt: skip

    def __init__(self, row: Any) -> None:
        (
            self.id, self.name, self.tier, self.tags, self.store, self.mode, self.site, self.region, self.up,
            self.up_tier, self.up_name, self.above, self.territories, self.contributions,
            self.assortments, self.revision,
        ) = row  # fmt: skip


async def place(asking: Asking, store: UUID) -> Place:
    """The store with what everything else needs of it."""
    return Place((await asking.fetch(PLACE, asking.tenant, store, asking.now))[0])


async def shelf(asking: Asking, here: Place, length: int) -> Rows:
    """A page of the shelf with goods and prices, and one more to see whether there is."""
    return await asking.fetch(
        SHELF, asking.tenant, here.store, length + 1, here.id, here.region, here.site, asking.now, here.assortments
    )


async def sellable(asking: Asking, here: Place, skus: Sequence[UUID], zone: ZoneInfo) -> list[int]:
    """What can be sold of each sku."""
    own: list[list[tuple[Any, int]]] = [[] for _ in skus]
    offers: list[list[Offer]] = [[] for _ in skus]
    today = asking.now.astimezone(zone).date()
    for number, location, owner, unclaimed, share, cap, held in await asking.fetch(
        SOURCES, asking.tenant, skus, here.id, here.contributions, today
    ):
        if share is None:
            own[number - 1].append(((location, owner), unclaimed))
        else:
            offers[number - 1].append(Offer((location, owner), 1, unclaimed, share, cap, held))
    return [sellable_here(mine, theirs).total for mine, theirs in zip(own, offers, strict=True)]


class Campaigns:
    """What reaches a store's goods; the index is kept from request to request by its revision."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._kept: dict[UUID, Kept[Any]] = {}

    async def reach(
        self, asking: Asking, here: Place, rows: Rows, shopper: Shopper | None, terminal: str
    ) -> list[list[tuple[Any, Terms]]]:
        """The campaigns that reach each row of the shelf, with the terms that hold here."""
        of = await self._of(asking, here.revision or 0)
        stances: dict[UUID, Stance] = {}
        terms: dict[UUID, Terms] = {}
        for campaign, stance, *own in await asking.fetch(SAID, asking.tenant, here.id):
            if stance is not None:
                stances[campaign] = Stance(stance)
            terms[campaign] = Terms(*own)
        chains: dict[UUID | None, list[UUID]] = {}
        for leaf, category in await asking.fetch(CHAINS, asking.tenant, list({row[8] for row in rows})):
            chains.setdefault(leaf, []).append(category)
        shop = Shop(
            here.id, here.tier, here.mode, here.site, here.tags, here.above, here.territories, (), stances, terms
        )
        keys = [(row[2], row[7], *chains.get(row[8], ())) for row in rows]
        strange = [key[0] for key in keys if key not in of.parts]
        if not strange and shop.key in of.parts:
            reach = Reach(of, shop, shopper, terminal, asking.now, self._zone)
            return [reach.by(of.parts[key]) for key in keys]
        mentions: dict[UUID | None, list[Mention]] = {}
        for sku, *clause in await asking.fetch(MENTIONS, asking.tenant, here.id, strange):
            mentions.setdefault(sku, []).append(Mention(*clause))
        shop = replace(shop, mentions=mentions.get(None, ()))
        reach = Reach(of, shop, shopper, terminal, asking.now, self._zone)
        reach.keep()
        for key in keys:
            if key not in of.parts:
                of.parts[key] = reach.part(Goods(key[0], key[1], key[2:], mentions.get(key[0], ())))
        return [reach.by(of.parts[key]) for key in keys]

    async def _of(self, asking: Asking, revision: int) -> Kept[Any]:
        known: Mapping[UUID, Kept[Any]] = self._kept
        if asking.tenant not in known or known[asking.tenant].revision != revision:
            campaigns = await asking.fetch(CAMPAIGNS, asking.tenant, asking.now)
            conditions = await asking.fetch(CONDITIONS, asking.tenant, asking.now)
            self._kept[asking.tenant] = kept(revision, campaigns, conditions)
        return self._kept[asking.tenant]
