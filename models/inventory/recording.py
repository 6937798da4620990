"""The rows of holds: the keys they are asked for under, and all that a whole batch leaves behind.

What is written while the goods are locked is waited for by everybody else who wants them: one trip for all of it, or
for the changes of the goods alone where the rest was written before; and nothing is told twice in it. It says what
`move`, `Transaction.audit` and `Transaction.tell` say, for many callers at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from domain.access import ActorClass
from domain.inventory import MovementKind, Taken, Wanted
from models.inventory.limiting import Keeping
from models.inventory.moving import Place, columns
from models.outbox import audiences
from models.straight import Answer, Straight
from models.writing import Actor, Collision, Made, Transaction

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

    @property
    def by_store(self) -> bool:
        """Whether who asks acts for the cloud store: anybody but the customer herself, or for nobody by name."""
        return self.customer_id is None or self.actor.kind != ActorClass.CONSUMER

    @property
    def keeping(self) -> Keeping:
        """Who keeps the goods from others."""
        return Keeping(self.cloud_store_id, None if self.by_store else self.customer_id)


# ── keys ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
_TAKE = Straight("""
    INSERT INTO idempotency_key (tenant_id, actor, operation, key, asked, result, result_id, created_at)
    SELECT :tenant, k.actor, :operation, k.key, k.asked, 'reservation', k.id, :now
    FROM unnest(CAST(:actors AS text[]), CAST(:keys AS text[]), CAST(:asked AS text[]), CAST(:ids AS uuid[]))
         k (actor, key, asked, id)
    ORDER BY k.actor, k.key
    ON CONFLICT DO NOTHING
    RETURNING actor, key
""")
_KNOWN = Straight("""
    SELECT i.actor, i.key, i.asked, i.result_id
    FROM unnest(CAST(:actors AS text[]), CAST(:keys AS text[])) k (actor, key)
    JOIN idempotency_key i ON i.actor = k.actor AND i.key = k.key
    WHERE i.tenant_id = :tenant AND i.operation = :operation
""")
_GIVE_BACK = Straight("""
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


async def take_keys(
    tx: Transaction, first: Mapping[tuple[str, str], Holding], ids: Mapping[tuple[str, str], UUID]
) -> dict[tuple[str, str], tuple[str, Made]]:
    """Take the keys for what is to be made under them; those that were taken before, with what was asked and made.

    A key has its result from the beginning: a refusal gives the whole row back, and nothing is written twice.

    Raises: Collision where a key was given back while others were waited for.
    """
    holdings = list(first.values())
    values = _named(tx, holdings)
    asked, made = [one.asked for one in holdings], [ids[name] for name in first]
    taken = await tx.ask(_TAKE, {**values, "asked": asked, "ids": made, "now": tx.now})
    fresh = {(row.actor, row.key) for row in taken}
    if len(fresh) == len(holdings):
        return {}
    known = {
        (row.actor, row.key): (row.asked, Made("reservation", row.result_id))
        for row in await tx.ask(_KNOWN, values)
        if (row.actor, row.key) not in fresh
    }
    if len(fresh) + len(known) < len(holdings):
        # What was there when it was passed over, and is not any more: nothing may be held without its key.
        raise Collision("a key was given back a moment ago")
    return known


async def give_back_keys(tx: Transaction, holdings: Sequence[Holding]) -> None:
    """Give back the keys of those who are refused."""
    if holdings:
        await tx.ask(_GIVE_BACK, _named(tx, holdings))


# ── what holds leave behind ───────────────────────────────────────────────────────────────────────────────────────────
_PLACES = """
    place AS (
        SELECT * FROM unnest(CAST(:locations AS uuid[]), CAST(:skus AS uuid[]), CAST(:owners AS uuid[]),
                             CAST(:lots AS uuid[]), CAST(:totals AS bigint[]))
                      WITH ORDINALITY p (location_id, sku_id, owner_id, lot_id, units, place)
    )"""
_LEAVE = """
    line AS (
        SELECT l.reservation_id, l.line, p.location_id, p.sku_id, p.owner_id, p.lot_id, l.contribution_id, l.quantity
        FROM unnest(CAST(:reservations AS uuid[]), CAST(:lines AS bigint[]), CAST(:places AS bigint[]),
                    CAST(:contributions AS uuid[]), CAST(:quantities AS bigint[]))
                    l (reservation_id, line, place, contribution_id, quantity)
        JOIN place p USING (place)
    ), hold AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:stores AS uuid[]), CAST(:customers AS uuid[]),
                             CAST(:by_stores AS boolean[]), CAST(:expires AS timestamptz[]),
                             CAST(:kinds AS text[]), CAST(:actors AS text[]), CAST(:organizations AS uuid[]),
                             CAST(:behalves AS uuid[]))
                      h (id, cloud_store_id, customer_id, by_store, expires_at, kind, actor, organization_id, behalf_id)
    ), held AS (
        INSERT INTO reservation (tenant_id, id, cloud_store_id, customer_id, by_store, created_at, expires_at, due_at)
        SELECT :tenant, id, cloud_store_id, customer_id, by_store, :now, expires_at, expires_at FROM hold
    ), lined AS (
        INSERT INTO reservation_line (tenant_id, reservation_id, line, location_id, sku_id, owner_id, lot_id,
                                      contribution_id, quantity)
        SELECT :tenant, line.* FROM line
    ), written AS (
        INSERT INTO stock_movement (tenant_id, kind, location_id, sku_id, owner_id, lot_id, reserved, document,
                                    occurred_at)
        SELECT :tenant, :movement, location_id, sku_id, owner_id, lot_id, quantity, reservation_id, :now FROM line
    ), audited AS (
        INSERT INTO audit_entry (tenant_id, at, operation, actor_class, actor, organization_id, on_behalf_of_id,
                                 target, target_id)
        SELECT :tenant, :now, :operation, kind, actor, organization_id, behalf_id, 'reservation', id FROM hold
    ), told AS (
        INSERT INTO outbox_event (tenant_id, type, aggregate, aggregate_id, audience, facts, occurred_at, due_at)
        SELECT :tenant, 'StockHeld', 'reservation', e.id, CAST(e.audience AS uuid[]), CAST(e.facts AS jsonb), :now, :now
        FROM unnest(CAST(:told AS uuid[]), CAST(:audiences AS text[]), CAST(:facts AS text[])) e (id, audience, facts)
    )"""
_CHANGE = """
    moved AS (
        UPDATE stock s SET reserved = s.reserved + p.units
        FROM place p
        WHERE s.tenant_id = :tenant AND s.location_id = p.location_id AND s.sku_id = p.sku_id
          AND s.owner_id = p.owner_id AND s.lot_id = p.lot_id
        RETURNING p.place
    ), promised AS (
        UPDATE pool_contribution_sku k SET held = k.held + c.units
        FROM unnest(CAST(:promised_skus AS uuid[]), CAST(:promised AS uuid[]), CAST(:promised_units AS bigint[]))
             c (sku_id, contribution_id, units)
        WHERE k.tenant_id = :tenant AND k.sku_id = c.sku_id AND k.contribution_id = c.contribution_id
        RETURNING k.contribution_id
    )
    SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM promised)"""
_RECORD = Straight(f"WITH {_PLACES}, {_LEAVE}, {_CHANGE}")
_PREPARE, _SETTLE = Straight(f"WITH {_PLACES}, {_LEAVE} SELECT"), Straight(f"WITH {_PLACES}, {_CHANGE}")


class Held(NamedTuple):
    """A hold that was decided, and what it takes."""

    holding: Holding
    id: UUID
    taken: Sequence[Taken[Place]]

    @property
    def hears(self) -> frozenset[UUID]:
        """Who hears of it: the store and the owners of the goods. Whose skus else are held is not for each of them."""
        return frozenset((self.holding.store_id, *(one.place.owner_id for one in self.taken)))


class Record:
    """All that holds leave behind, as the values of a statement: rows, movements, promises, audit and events.

    Written at once, when the goods are locked. Or prepared before, all but the rows of the goods themselves, which
    nobody has to wait for, and settled when they are locked.

    Raises: asyncpg.CheckViolationError where that would oversell: what the caller has not decided, the database does.
    """

    def __init__(self, tx: Transaction, held: Sequence[Held]) -> None:
        at: dict[Place, int] = {}
        units: list[int] = []
        promised: dict[tuple[UUID, UUID], int] = {}
        lines: list[tuple[UUID, int, int, UUID | None, int]] = []
        ways: set[tuple[UUID | None, int]] = set()
        for _, id, taken in held:
            for line, (place, contribution, quantity) in enumerate(taken, start=1):
                number = at.setdefault(place, len(at))
                if number == len(units):
                    units.append(0)
                units[number] += quantity
                lines.append((id, line, number + 1, contribution, quantity))
                ways.add((contribution, number))
                if contribution is not None:
                    through = place.sku_id, contribution
                    promised[through] = promised.get(through, 0) + quantity
        named = zip(("reservations", "lines", "places", "contributions", "quantities"), _columns(lines), strict=True)
        places = list(at)
        self.used = {(contribution, places[number][:3]) for contribution, number in ways}
        """What is taken of: goods as (location, sku, owner), and the contribution through which, if any."""
        self._tx, self._changes = tx, (len(at), len(promised))
        self._goods = {**columns(tx, places), "totals": units}
        self._promises = _units(promised)
        self._left = {**dict(named), **_holds(held), "now": tx.now}
        self._left |= {"operation": OPERATION, "movement": MovementKind.HOLD}

    async def write(self) -> None:
        """Write it all, in one statement. The goods are locked by this act."""
        self._check(await self._tx.ask(_RECORD, self._goods | self._left | self._promises))

    async def prepare(self) -> None:
        """Write it all but what changes of goods and promises."""
        await self._tx.ask(_PREPARE, self._goods | self._left)

    async def settle(self) -> None:
        """Change goods and promises, which are locked by this act."""
        self._check(await self._tx.ask(_SETTLE, self._goods | self._promises))

    def _check(self, changed: list[Answer]) -> None:
        if tuple(changed[0]) != self._changes:
            raise AssertionError("A row was to change that nobody locked.")


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _units(promised: Mapping[tuple[UUID, UUID], int]) -> dict[str, Any]:
    return {
        "promised_skus": [sku for sku, _ in promised],
        "promised": [contribution for _, contribution in promised],
        "promised_units": list(promised.values()),
    }


def _holds(held: Sequence[Held]) -> dict[str, Any]:
    holdings = [one.holding for one in held]
    actors = [holding.actor for holding in holdings]
    hearing = [one.hears for one in held]
    parts = {hears: audiences(hears) for hears in set(hearing)}
    told = [(one, part) for one, hears in zip(held, hearing, strict=True) for part in parts[hears]]
    return {
        "ids": [one.id for one in held],
        "stores": [holding.cloud_store_id for holding in holdings],
        "customers": [holding.customer_id for holding in holdings],
        "by_stores": [holding.by_store for holding in holdings],
        "expires": [holding.expires_at for holding in holdings],
        "kinds": [actor.kind for actor in actors],
        "actors": [actor.name for actor in actors],
        "organizations": [actor.organization_id for actor in actors],
        "behalves": [actor.on_behalf_of_id for actor in actors],
        "told": [one.id for one, _ in told],
        "audiences": [part for _, part in told],
        "facts": [orjson.dumps({"until": one.holding.expires_at.isoformat()}).decode() for one, _ in told],
    }
