"""The ways by which a store reaches goods: where they lie, own or contributed, as they are seen or under locks.

Goods are reached at (location, sku, owner, lot), where who runs the location trades. Stock rows are locked in that
order, then the contributions through which they are reached; what is offered, and who trades, is read last, when
nothing is waited for any more.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from domain.inventory import Goods, Lot, Way
from models.inventory.moving import Numbers, Place, lock
from models.straight import Answer, Straight
from models.writing import Transaction

Ways = Mapping[tuple[UUID, UUID], Sequence[Way[Place]]]
"""The ways of each (store, sku) to goods, the nearest first; none where there is no entry."""

# OFFSET 0: a look into the index for each sku and contribution, whatever the planner believes there is at a location.
_REACHED = Straight("""
    WITH asked AS (SELECT * FROM unnest(CAST(:stores AS uuid[]), CAST(:skus AS uuid[])) a (store_id, sku_id))
    SELECT a.store_id, a.sku_id, 0 AS hops, s.location_id, s.owner_id, s.lot_id, l.code, l.expires_on,
           s.on_hand - s.reserved - s.allocated - s.quarantined AS loose, coalesce(f.quantity, 0) AS safety,
           CAST(NULL AS uuid) AS contribution_id, 0 AS share_bps, CAST(NULL AS bigint) AS cap, CAST(0 AS bigint) AS held
    FROM asked a
    JOIN stock s ON s.sku_id = a.sku_id AND s.owner_id = a.store_id
    JOIN LATERAL (SELECT FROM location w
                  JOIN organization k ON k.tenant_id = :tenant AND k.id = w.organization_id AND k.status = 'ACTIVE'
                  WHERE w.tenant_id = :tenant AND w.id = s.location_id OFFSET 0) keeper ON true
    JOIN lot l ON l.tenant_id = :tenant AND l.sku_id = s.sku_id AND l.id = s.lot_id
    LEFT JOIN LATERAL (SELECT f.quantity FROM safety_stock f
                       WHERE f.tenant_id = :tenant AND f.location_id = s.location_id AND f.sku_id = s.sku_id
                         AND f.owner_id = s.owner_id OFFSET 0) f ON true
    WHERE s.tenant_id = :tenant AND s.on_hand > 0 AND (l.expires_on IS NULL OR l.expires_on > CAST(:today AS date))
    UNION ALL
    SELECT a.store_id, a.sku_id, greatest(1, coalesce(own.hops, above.hops)), s.location_id, s.owner_id, s.lot_id,
           l.code, l.expires_on, s.on_hand - s.reserved - s.allocated - s.quarantined, coalesce(f.quantity, 0),
           x.id, x.share_bps, k.cap, k.held
    FROM asked a
    JOIN organization_closure above ON above.tenant_id = :tenant AND above.descendant_id = a.store_id
    JOIN pool_contribution x
      ON x.tenant_id = :tenant AND x.visible_to_id = above.ancestor_id AND x.owner_id <> a.store_id
    JOIN LATERAL (SELECT * FROM pool_contribution_sku k
                  WHERE k.tenant_id = :tenant AND k.sku_id = a.sku_id AND k.contribution_id = x.id OFFSET 0) k ON true
    JOIN organization o ON o.tenant_id = :tenant AND o.id = x.owner_id AND o.status = 'ACTIVE'
    JOIN LATERAL (SELECT FROM location w
                  JOIN organization k ON k.tenant_id = :tenant AND k.id = w.organization_id AND k.status = 'ACTIVE'
                  WHERE w.tenant_id = :tenant AND w.id = x.location_id OFFSET 0) keeper ON true
    LEFT JOIN organization_closure own
      ON own.tenant_id = :tenant AND own.descendant_id = a.store_id AND own.ancestor_id = x.owner_id
    JOIN LATERAL (SELECT * FROM stock s
                  WHERE s.tenant_id = :tenant AND s.location_id = x.location_id AND s.sku_id = k.sku_id
                    AND s.owner_id = x.owner_id AND s.on_hand > 0 OFFSET 0) s ON true
    JOIN lot l ON l.tenant_id = :tenant AND l.sku_id = s.sku_id AND l.id = s.lot_id
    LEFT JOIN LATERAL (SELECT f.quantity FROM safety_stock f
                       WHERE f.tenant_id = :tenant AND f.location_id = s.location_id AND f.sku_id = s.sku_id
                         AND f.owner_id = s.owner_id OFFSET 0) f ON true
    WHERE (l.expires_on IS NULL OR l.expires_on > CAST(:today AS date))
    ORDER BY hops, location_id, owner_id, lot_id
""")
_PROMISED = Straight("""
    SELECT k.sku_id, k.contribution_id, k.cap, k.held
    FROM unnest(CAST(:skus AS uuid[]), CAST(:contributions AS uuid[])) c (sku_id, contribution_id)
    JOIN pool_contribution_sku k USING (sku_id, contribution_id)
    WHERE k.tenant_id = :tenant
    ORDER BY k.sku_id, k.contribution_id
    FOR NO KEY UPDATE OF k
""")
_SHARED = Straight("""
    SELECT a.store_id, a.contribution_id, x.share_bps
    FROM unnest(CAST(:stores AS uuid[]), CAST(:contributions AS uuid[])) a (store_id, contribution_id)
    JOIN pool_contribution x ON x.tenant_id = :tenant AND x.id = a.contribution_id
    JOIN organization o ON o.tenant_id = :tenant AND o.id = x.owner_id AND o.status = 'ACTIVE'
    JOIN organization_closure above
      ON above.tenant_id = :tenant AND above.descendant_id = a.store_id AND above.ancestor_id = x.visible_to_id
""")
_KEPT_BACK = Straight("""
    SELECT p.location_id, p.sku_id, p.owner_id, coalesce(f.quantity, 0) AS quantity
    FROM unnest(CAST(:locations AS uuid[]), CAST(:skus AS uuid[]), CAST(:owners AS uuid[]))
         p (location_id, sku_id, owner_id)
    JOIN LATERAL (SELECT FROM location w
                  JOIN organization k ON k.tenant_id = :tenant AND k.id = w.organization_id AND k.status = 'ACTIVE'
                  WHERE w.tenant_id = :tenant AND w.id = p.location_id OFFSET 0) keeper ON true
    LEFT JOIN safety_stock f
      ON f.tenant_id = :tenant AND f.location_id = p.location_id AND f.sku_id = p.sku_id AND f.owner_id = p.owner_id
""")


async def ways_to(tx: Transaction, asked: Iterable[tuple[UUID, UUID]], today: date) -> Ways:
    """The ways of each (store, sku) to goods, the nearest first, all of them locked: stock, then contributions.

    Rows without goods and of expired lots give nothing, and are not locked.
    """
    return await locked(tx, await reached(tx, set(asked), today))


async def reached(tx: Transaction, asked: Collection[tuple[UUID, UUID]], today: date) -> Sequence[Answer]:
    """Where goods of each (store, sku) lie, through which contribution they are reached, and what is there of both."""
    if not asked:
        return []
    stores, skus = zip(*sorted(asked), strict=True)
    values = {"tenant": tx.tenant_id, "stores": list(stores), "skus": list(skus), "today": today}
    return await tx.ask(_REACHED, values)


def place_of(row: Answer) -> Place:
    """Where the goods of a row lie."""
    return Place(row.location_id, row.sku_id, row.owner_id, row.lot_id)


def seen(rows: Sequence[Answer]) -> Ways:
    """The ways over what was reached as it was then: somebody may have taken of it since."""
    goods: dict[tuple[UUID, UUID, UUID], Goods[Place]] = {}
    for place, row in {place_of(row): row for row in rows}.items():
        lot = Lot(place, row.code, row.expires_on, row.loose)
        goods.setdefault(place[:3], Goods([], row.safety)).lots.append(lot)
    promised: dict[tuple[UUID, UUID], Way[Place]] = {
        (row.sku_id, row.contribution_id): Way(Goods([]), row.contribution_id, 0, row.cap, row.held)
        for row in rows
        if row.contribution_id
    }
    shares = {(row.store_id, row.contribution_id): row.share_bps for row in rows if row.contribution_id}
    return _ways(rows, goods, promised, shares)


async def locked(tx: Transaction, rows: Sequence[Answer]) -> Ways:
    """The ways over what was reached, locked, and as it is now."""
    if not rows:
        return {}
    there = await lock(tx, map(place_of, rows))
    promised = await _promises(tx, {(row.sku_id, row.contribution_id) for row in rows if row.contribution_id})
    shares = await _shares(tx, {(row.store_id, row.contribution_id) for row in rows if row.contribution_id})
    return _ways(rows, await _goods(tx, there), promised, shares)


def _ways(
    rows: Iterable[Answer],
    goods: Mapping[tuple[UUID, UUID, UUID], Goods[Place]],
    promised: Mapping[tuple[UUID, UUID], Way[Place]],
    shares: Mapping[tuple[UUID, UUID], int],
) -> Ways:
    ways: dict[tuple[UUID, UUID], list[Way[Place]]] = {}
    told: set[tuple[Any, ...]] = set()
    for row in rows:
        way = (row.store_id, row.sku_id, row.contribution_id, row.location_id)
        if way in told:
            continue
        told.add(way)
        behind = goods.get((row.location_id, row.sku_id, row.owner_id))
        if behind is None:
            continue
        if row.contribution_id is None:
            made = Way(behind)
        elif (row.store_id, row.contribution_id) in shares:
            made = promised[row.sku_id, row.contribution_id]
            made.goods, made.share_bps = behind, shares[row.store_id, row.contribution_id]
        else:  # it was taken away while this waited
            continue
        ways.setdefault((row.store_id, row.sku_id), []).append(made)
    return ways


async def _promises(tx: Transaction, wanted: set[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Way[Place]]:
    """Contributions of skus, locked, after the stock. Each is one way, whichever stores take it."""
    if not wanted:
        return {}
    skus, contributions = zip(*sorted(wanted), strict=True)
    values = {"tenant": tx.tenant_id, "skus": list(skus), "contributions": list(contributions)}
    return {
        (row.sku_id, row.contribution_id): Way(Goods([]), row.contribution_id, 0, row.cap, row.held)
        for row in await tx.ask(_PROMISED, values)
    }


async def _shares(tx: Transaction, wanted: set[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], int]:
    """The share of each contribution that a store is still offered, whose goods are locked already.

    Asked when nothing is waited for any more, in a statement of its own: one that waits sees what was before it waited.
    Whoever takes a share away locks what is promised through it.
    """
    if not wanted:
        return {}
    stores, contributions = zip(*sorted(wanted), strict=True)
    values = {"tenant": tx.tenant_id, "stores": list(stores), "contributions": list(contributions)}
    return {(row.store_id, row.contribution_id): row.share_bps for row in await tx.ask(_SHARED, values)}


async def _goods(tx: Transaction, there: Mapping[Place, Numbers]) -> dict[tuple[UUID, UUID, UUID], Goods[Place]]:
    """The lots of each (location, sku, owner), with its safety stock; of none whose keeper does not trade any more."""
    if not there:
        return {}
    locations, skus, owners = zip(*{place[:3]: None for place in there}, strict=True)
    values = {"locations": list(locations), "skus": list(skus), "owners": list(owners), "tenant": tx.tenant_id}
    goods: dict[tuple[UUID, UUID, UUID], Goods[Place]] = {
        (row.location_id, row.sku_id, row.owner_id): Goods([], row.quantity) for row in await tx.ask(_KEPT_BACK, values)
    }
    for place, numbers in there.items():
        if place[:3] in goods:
            lot = Lot(place, numbers.lot_code, numbers.expires_on, numbers.loose)
            goods[place[:3]].lots.append(lot)
    return goods
