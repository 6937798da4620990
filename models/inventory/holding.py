"""Holds on a real database: many callers' in one transaction, each decided by itself.

Goods for an order that is not placed yet are held at (location, sku, owner, lot), never at a sum of them. On a hot sku
every hold waits for the same rows, so whoever waits goes together: keys, locks, rows and commit are paid once for all.
One caller's refusal, or conflict of keys, undoes nothing of the others'. What is decided is `domain.inventory.held`,
over rows that are locked, and the checks of the database stand behind it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.base import KeyReused, Refused
from domain.inventory import Goods, Lot, NotEnoughStock, TooManyHolds, Way, held
from models.base import new_id
from models.inventory.limiting import kept_by
from models.inventory.moving import Numbers, Place, lock
from models.inventory.recording import Held, Holding, give_back_keys, record, take_keys
from models.writing import Made, Transaction


async def hold_all(tx: Transaction, today: date, holdings: Sequence[Holding]) -> list[Made | Refused]:
    """Hold for each caller wholly or not at all, in their order; what was made for each, or why nothing was.

    The transaction's actor is nobody's in particular. Keys of those who are refused are given back.
    """
    answers: dict[tuple[str, str], Made | Refused] = {}
    first: dict[tuple[str, str], Holding] = {}
    for holding in holdings:
        first.setdefault(holding.name, holding)
    ids = {name: new_id() for name in first}
    known = await take_keys(tx, first, ids)
    fresh = {name: holding for name, holding in first.items() if name not in known}
    kept = await kept_by(tx, (one.keeping for one in fresh.values()))
    asking = [one for one in fresh.values() if not kept.is_full(one.keeping)]
    ways = await ways_to(tx, {(one.store_id, line.sku) for one in asking for line in one.wanted}, today)
    taken: list[Held] = []
    for name, holding in fresh.items():
        try:
            kept.check(holding.keeping)
            found = held(holding.wanted, {line.sku: ways[holding.store_id, line.sku] for line in holding.wanted}, today)
        except (NotEnoughStock, TooManyHolds) as refused:
            answers[name] = refused
            continue
        kept.add(holding.keeping)
        answers[name] = Made("reservation", ids[name])
        taken.append(Held(holding, ids[name], found))
    await give_back_keys(tx, [one for name, one in fresh.items() if isinstance(answers[name], Refused)])
    await record(tx, taken)
    return [_answer(holding, first, known, answers) for holding in holdings]


def _answer(
    holding: Holding,
    first: Mapping[tuple[str, str], Holding],
    known: Mapping[tuple[str, str], tuple[str, Made]],
    answers: Mapping[tuple[str, str], Made | Refused],
) -> Made | Refused:
    """What this caller is told, who may be the second under her key."""
    name = holding.name
    asked, made = known.get(name) or (first[name].asked, answers[name])
    if asked != holding.asked:
        return KeyReused()
    return made


# ── goods ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
_REACHED = text("""
    WITH asked AS (SELECT * FROM unnest(CAST(:stores AS uuid[]), CAST(:skus AS uuid[])) a (store_id, sku_id))
    SELECT a.store_id, a.sku_id, 0 AS hops, CAST(NULL AS uuid) AS contribution_id, s.location_id, s.owner_id, s.lot_id
    FROM asked a
    JOIN stock s ON s.sku_id = a.sku_id AND s.owner_id = a.store_id
    JOIN lot l ON l.tenant_id = :tenant AND l.sku_id = s.sku_id AND l.id = s.lot_id
    WHERE s.tenant_id = :tenant AND s.on_hand > 0 AND (l.expires_on IS NULL OR l.expires_on > CAST(:today AS date))
    UNION ALL
    SELECT a.store_id, a.sku_id, greatest(1, coalesce(own.hops, above.hops)), x.id, s.location_id, s.owner_id, s.lot_id
    FROM asked a
    JOIN organization_closure above ON above.tenant_id = :tenant AND above.descendant_id = a.store_id
    JOIN pool_contribution x
      ON x.tenant_id = :tenant AND x.visible_to_id = above.ancestor_id AND x.owner_id <> a.store_id
    JOIN pool_contribution_sku k ON k.tenant_id = :tenant AND k.sku_id = a.sku_id AND k.contribution_id = x.id
    JOIN organization o ON o.tenant_id = :tenant AND o.id = x.owner_id AND o.status = 'ACTIVE'
    LEFT JOIN organization_closure own
      ON own.tenant_id = :tenant AND own.descendant_id = a.store_id AND own.ancestor_id = x.owner_id
    JOIN stock s ON s.location_id = x.location_id AND s.sku_id = a.sku_id AND s.owner_id = x.owner_id
    JOIN lot l ON l.tenant_id = :tenant AND l.sku_id = s.sku_id AND l.id = s.lot_id
    WHERE s.tenant_id = :tenant AND s.on_hand > 0 AND (l.expires_on IS NULL OR l.expires_on > CAST(:today AS date))
    ORDER BY hops, location_id, owner_id
""")
_PROMISED = text("""
    SELECT k.sku_id, k.contribution_id, k.cap, k.held
    FROM unnest(CAST(:skus AS uuid[]), CAST(:contributions AS uuid[])) c (sku_id, contribution_id)
    JOIN pool_contribution_sku k USING (sku_id, contribution_id)
    WHERE k.tenant_id = :tenant
    ORDER BY k.sku_id, k.contribution_id
    FOR NO KEY UPDATE OF k
""")
_SHARED = text("""
    SELECT a.store_id, a.contribution_id, x.share_bps
    FROM unnest(CAST(:stores AS uuid[]), CAST(:contributions AS uuid[])) a (store_id, contribution_id)
    JOIN pool_contribution x ON x.tenant_id = :tenant AND x.id = a.contribution_id
    JOIN organization o ON o.tenant_id = :tenant AND o.id = x.owner_id AND o.status = 'ACTIVE'
    JOIN organization_closure above
      ON above.tenant_id = :tenant AND above.descendant_id = a.store_id AND above.ancestor_id = x.visible_to_id
""")
_SAFETY = text("""
    SELECT f.location_id, f.sku_id, f.owner_id, f.quantity
    FROM unnest(CAST(:locations AS uuid[]), CAST(:skus AS uuid[]), CAST(:owners AS uuid[]))
         p (location_id, sku_id, owner_id)
    JOIN safety_stock f USING (location_id, sku_id, owner_id)
    WHERE f.tenant_id = :tenant
""")


async def ways_to(
    tx: Transaction, asked: Iterable[tuple[UUID, UUID]], today: date
) -> dict[tuple[UUID, UUID], list[Way[Place]]]:
    """The ways of each (store, sku) to goods, the nearest first, all of them locked: stock, then contributions.

    Rows without goods and of expired lots give nothing, and are not locked.
    """
    pairs = sorted(set(asked))
    ways: dict[tuple[UUID, UUID], list[Way[Place]]] = {pair: [] for pair in pairs}
    if not pairs:
        return ways
    stores, skus = zip(*pairs, strict=True)
    values = {"tenant": tx.tenant_id, "stores": list(stores), "skus": list(skus), "today": today}
    rows = (await tx.execute(_REACHED, values)).all()
    there = await lock(tx, (Place(row.location_id, row.sku_id, row.owner_id, row.lot_id) for row in rows))
    promised = await lock_promises(tx, {(row.sku_id, row.contribution_id) for row in rows if row.contribution_id})
    shares = await _shares(tx, {(row.store_id, row.contribution_id) for row in rows if row.contribution_id})
    goods = await _goods(tx, there)
    seen: set[tuple[Any, ...]] = set()
    for row in rows:
        way = (row.store_id, row.sku_id, row.contribution_id, row.location_id)
        if way in seen:
            continue
        seen.add(way)
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
        ways[row.store_id, row.sku_id].append(made)
    return ways


async def lock_promises(tx: Transaction, wanted: set[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Way[Place]]:
    """Contributions of skus, locked, after the stock. Each is one way, whichever stores take it."""
    if not wanted:
        return {}
    skus, contributions = zip(*sorted(wanted), strict=True)
    values = {"tenant": tx.tenant_id, "skus": list(skus), "contributions": list(contributions)}
    return {
        (row.sku_id, row.contribution_id): Way(Goods([]), row.contribution_id, 0, row.cap, row.held)
        for row in await tx.execute(_PROMISED, values)
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
    return {(row.store_id, row.contribution_id): row.share_bps for row in await tx.execute(_SHARED, values)}


async def _goods(tx: Transaction, there: Mapping[Place, Numbers]) -> dict[tuple[UUID, UUID, UUID], Goods[Place]]:
    """The lots of each (location, sku, owner), with its safety stock."""
    goods: dict[tuple[UUID, UUID, UUID], Goods[Place]] = {}
    for place, numbers in there.items():
        lot = Lot(place, numbers.lot_code, numbers.expires_on, numbers.loose)
        goods.setdefault(place[:3], Goods([])).lots.append(lot)
    if goods:
        locations, skus, owners = zip(*goods, strict=True)
        values = {"locations": list(locations), "skus": list(skus), "owners": list(owners), "tenant": tx.tenant_id}
        for row in await tx.execute(_SAFETY, values):
            goods[row.location_id, row.sku_id, row.owner_id].safety = row.quantity
    return goods
