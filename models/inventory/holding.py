"""Holds on a real database: many callers' in one transaction, each decided by itself.

Goods for an order that is not placed yet are held at (location, sku, owner, lot), never at a sum of them. On a hot sku
every hold waits for the same rows, so whoever waits goes together: keys, locks, rows and commit are paid once for all.
One caller's refusal, or conflict of keys, undoes nothing of the others'. What is decided is `domain.inventory.held`,
over rows that are locked, and the checks of the database stand behind it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.base import KeyReused, Refused
from domain.inventory import (
    MAX_OPEN_HOLDS,
    Goods,
    Lot,
    MovementKind,
    NotEnoughStock,
    Taken,
    TooManyHolds,
    Wanted,
    Way,
    held,
)
from models.base import new_id
from models.inventory.claiming import promise
from models.inventory.limiting import open_of
from models.inventory.moving import Change, Movement, Numbers, Place, lock, move
from models.writing import Actor, Event, Made, Transaction

OPERATION = "holdStock"


@dataclass(frozen=True, slots=True)
class Holding:
    """What one caller asks: goods for a cloud store of `store_id`, until an instant. `asked` is the digest of it.

    `customer_id` is for whom, if that is known.
    """

    actor: Actor
    key: str
    asked: str
    cloud_store_id: UUID
    store_id: UUID
    wanted: tuple[Wanted, ...]
    expires_at: datetime
    customer_id: UUID | None = None

    @property
    def name(self) -> tuple[str, str]:
        """Whose key it is: what is asked twice under it is asked once."""
        return self.actor.name, self.key


async def hold_all(tx: Transaction, today: date, holdings: Sequence[Holding]) -> list[Made | Refused]:
    """Hold for each caller wholly or not at all, in their order; what was made for each, or why nothing was.

    The transaction's actor is nobody's in particular. Keys of those who are refused are given back.
    """
    answers: dict[tuple[str, str], Made | Refused] = {}
    first = {holding.name: holding for holding in reversed(holdings)}
    ids = {name: new_id() for name in first}
    known = await _keys(tx, first, ids)
    fresh = [holding for name, holding in reversed(first.items()) if name not in known]
    has = await open_of(tx, (one.customer_id for one in fresh))
    asking = [one for one in fresh if has.get(one.customer_id, 0) < MAX_OPEN_HOLDS]
    ways = await ways_to(tx, {(one.store_id, line.sku) for one in asking for line in one.wanted}, today)
    taken: list[tuple[Holding, UUID, list[Taken[Place]]]] = []
    for holding in fresh:
        customer = holding.customer_id
        try:
            if has.get(customer, 0) >= MAX_OPEN_HOLDS:
                raise TooManyHolds
            found = held(holding.wanted, {line.sku: ways[holding.store_id, line.sku] for line in holding.wanted}, today)
        except (NotEnoughStock, TooManyHolds) as refused:
            answers[holding.name] = refused
            continue
        has[customer] = has.get(customer, 0) + (customer is not None)
        made = answers[holding.name] = Made("reservation", ids[holding.name])
        taken.append((holding, made.id, found))
    await _give_back(tx, [one for one in fresh if isinstance(answers[one.name], Refused)])
    await _write(tx, taken)
    return [_answer(holding, first, known, answers) for holding in holdings]


def _answer(
    holding: Holding,
    first: Mapping[tuple[str, str], Holding],
    known: Mapping[tuple[str, str], tuple[str, Made]],
    answers: Mapping[tuple[str, str], Made | Refused],
) -> Made | Refused:
    """What this caller is told, who may be the second under her key."""
    asked, made = known.get(holding.name, (first[holding.name].asked, answers.get(holding.name)))
    if asked != holding.asked:
        return KeyReused()
    assert made is not None
    return made


# ── keys ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
_TAKE = text("""
    INSERT INTO idempotency_key (tenant_id, actor, operation, key, asked, result, result_id, created_at)
    SELECT :tenant, k.actor, :operation, k.key, k.asked, 'reservation', k.id, :now
    FROM unnest(CAST(:actors AS text[]), CAST(:keys AS text[]), CAST(:asked AS text[]), CAST(:ids AS uuid[]))
         k (actor, key, asked, id)
    ORDER BY k.actor, k.key
    ON CONFLICT DO NOTHING
    RETURNING actor, key
""")
_KNOWN = text("""
    SELECT i.actor, i.key, i.asked, i.result_id
    FROM unnest(CAST(:actors AS text[]), CAST(:keys AS text[])) k (actor, key)
    JOIN idempotency_key i ON i.actor = k.actor AND i.key = k.key
    WHERE i.tenant_id = :tenant AND i.operation = :operation
""")
_GIVE_BACK = text("""
    DELETE FROM idempotency_key i USING unnest(CAST(:actors AS text[]), CAST(:keys AS text[])) k (actor, key)
    WHERE i.tenant_id = :tenant AND i.operation = :operation AND i.actor = k.actor AND i.key = k.key
""")


def _named(tx: Transaction, holdings: Sequence[Holding]) -> dict[str, Any]:
    return {
        "tenant": tx.tenant_id,
        "operation": OPERATION,
        "actors": [holding.actor.name for holding in holdings],
        "keys": [holding.key for holding in holdings],
    }


async def _keys(
    tx: Transaction, first: Mapping[tuple[str, str], Holding], ids: Mapping[tuple[str, str], UUID]
) -> dict[tuple[str, str], tuple[str, Made]]:
    """Take the keys for what is to be made under them; those that were taken before, with what was asked and made.

    A key has its result from the beginning: a refusal gives the whole row back, and nothing is written twice.
    """
    holdings = list(first.values())
    values = _named(tx, holdings)
    asked, made = [one.asked for one in holdings], [ids[name] for name in first]
    taken = await tx.execute(_TAKE, {**values, "asked": asked, "ids": made, "now": tx.now})
    fresh = {(row.actor, row.key) for row in taken}
    if len(fresh) == len(holdings):
        return {}
    rows = await tx.execute(_KNOWN, values)
    return {
        (row.actor, row.key): (row.asked, Made("reservation", row.result_id))
        for row in rows
        if (row.actor, row.key) not in fresh
    }


async def _give_back(tx: Transaction, holdings: Sequence[Holding]) -> None:
    if holdings:
        await tx.execute(_GIVE_BACK, _named(tx, holdings))


# ── goods ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
_REACHED = text("""
    WITH asked AS (SELECT * FROM unnest(CAST(:stores AS uuid[]), CAST(:skus AS uuid[])) a (store_id, sku_id))
    SELECT a.store_id, a.sku_id, 0 AS hops, CAST(NULL AS uuid) AS contribution_id, CAST(0 AS bigint) AS share_bps,
           s.location_id, s.owner_id, s.lot_id
    FROM asked a
    JOIN stock s ON s.sku_id = a.sku_id AND s.owner_id = a.store_id
    JOIN lot l ON l.tenant_id = :tenant AND l.sku_id = s.sku_id AND l.id = s.lot_id
    WHERE s.tenant_id = :tenant AND s.on_hand > 0 AND (l.expires_on IS NULL OR l.expires_on > CAST(:today AS date))
    UNION ALL
    SELECT a.store_id, a.sku_id, greatest(1, coalesce(own.hops, above.hops)), x.id, x.share_bps,
           s.location_id, s.owner_id, s.lot_id
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
        else:
            made = promised[row.sku_id, row.contribution_id]
            made.goods, made.share_bps = behind, row.share_bps
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


# ── what is written ───────────────────────────────────────────────────────────────────────────────────────────────────
_RESERVE = text("""
    INSERT INTO reservation (tenant_id, id, cloud_store_id, customer_id, created_at, expires_at, due_at)
    SELECT :tenant, r.id, r.store, r.customer, :now, r.expires, r.expires
    FROM unnest(CAST(:ids AS uuid[]), CAST(:stores AS uuid[]), CAST(:customers AS uuid[]),
                CAST(:expires AS timestamptz[])) r (id, store, customer, expires)
""")
_LINES = text("""
    INSERT INTO reservation_line (tenant_id, reservation_id, line, location_id, sku_id, owner_id, lot_id,
                                  contribution_id, quantity)
    SELECT :tenant, l.* FROM unnest(
        CAST(:reservations AS uuid[]), CAST(:lines AS bigint[]), CAST(:locations AS uuid[]), CAST(:skus AS uuid[]),
        CAST(:owners AS uuid[]), CAST(:lots AS uuid[]), CAST(:contributions AS uuid[]), CAST(:quantities AS bigint[])) l
""")
_AUDIT = text("""
    INSERT INTO audit_entry (tenant_id, at, operation, actor_class, actor, organization_id, on_behalf_of_id, target,
                             target_id)
    SELECT :tenant, :now, :operation, a.kind, a.actor, a.organization, a.behalf, 'reservation', a.id
    FROM unnest(CAST(:kinds AS text[]), CAST(:actors AS text[]), CAST(:organizations AS uuid[]),
                CAST(:behalves AS uuid[]), CAST(:ids AS uuid[])) a (kind, actor, organization, behalf, id)
""")


async def _write(tx: Transaction, taken: Sequence[tuple[Holding, UUID, list[Taken[Place]]]]) -> None:
    """Write the holds that were decided: rows, movements, promises, keys and audit."""
    if not taken:
        return
    lines = [
        (id, line, one.place, one.contribution, one.quantity)
        for _, id, found in taken
        for line, one in enumerate(found, start=1)
    ]
    await move(
        tx,
        (Movement(MovementKind.HOLD, place, Change(reserved=units), document=id) for id, _, place, _, units in lines),
    )
    holdings, ids = [holding for holding, _, _ in taken], [id for _, id, _ in taken]
    await tx.execute(
        _RESERVE,
        {
            "tenant": tx.tenant_id,
            "now": tx.now,
            "ids": ids,
            "stores": [holding.cloud_store_id for holding in holdings],
            "customers": [holding.customer_id for holding in holdings],
            "expires": [holding.expires_at for holding in holdings],
        },
    )
    reservations, numbers, places, contributions, quantities = map(list, zip(*lines, strict=True))
    await promise(tx, ((place.sku_id, through, units) for _, _, place, through, units in lines))
    await tx.execute(
        _LINES,
        {
            "tenant": tx.tenant_id,
            "skus": [place.sku_id for place in places],
            "contributions": contributions,
            "quantities": quantities,
            "reservations": reservations,
            "lines": numbers,
            "locations": [place.location_id for place in places],
            "owners": [place.owner_id for place in places],
            "lots": [place.lot_id for place in places],
        },
    )
    await tx.execute(
        _AUDIT,
        {
            "tenant": tx.tenant_id,
            "now": tx.now,
            "operation": OPERATION,
            "ids": ids,
            "actors": [holding.actor.name for holding in holdings],
            "kinds": [holding.actor.kind for holding in holdings],
            "organizations": [holding.actor.organization_id for holding in holdings],
            "behalves": [holding.actor.on_behalf_of_id for holding in holdings],
        },
    )
    await tx.tell(*(_held(holding, id, found) for holding, id, found in taken))


def _held(holding: Holding, id: UUID, found: Sequence[Taken[Place]]) -> Event:
    """What the store and the owners of the goods hear: whose skus else are held is not for each of them."""
    hears = {holding.store_id, *(one.place.owner_id for one in found)}
    return Event("StockHeld", Made("reservation", id), frozenset(hears), {"until": holding.expires_at.isoformat()})
