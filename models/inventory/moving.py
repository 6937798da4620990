"""Moving stock: rows locked in one order, changed once, and the movements that sum to them.

Whoever changes a stock row locks it first, with all others of the act, by (location, sku, owner, lot): no two acts wait
for each other in a circle. What may be done to what is there the caller decides between the two.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert, text

from domain.inventory import MovementKind
from models.base import new_id
from models.channel import are_related
from models.inventory.tables import StockDocument
from models.straight import Straight
from models.writing import Transaction


class Place(NamedTuple):
    """Where goods are truly kept, in the order in which rows are locked."""

    location_id: UUID
    sku_id: UUID
    owner_id: UUID
    lot_id: UUID


class Numbers(NamedTuple):
    """A stock row under its lock, in base units; `lot_code` and `expires_on` are its lot's."""

    on_hand: int
    reserved: int
    allocated: int
    in_transit: int
    quarantined: int
    lot_code: str
    expires_on: date | None

    @property
    def loose(self) -> int:
        """What is neither claimed nor locked away."""
        return self.on_hand - self.reserved - self.allocated - self.quarantined


class Change(NamedTuple):
    """By how much a stock row changes."""

    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0
    in_transit: int = 0
    quarantined: int = 0


_OPEN = text("""
    INSERT INTO stock (tenant_id, location_id, sku_id, owner_id, lot_id)
    SELECT :tenant, p.* FROM unnest(CAST(:locations AS uuid[]), CAST(:skus AS uuid[]), CAST(:owners AS uuid[]),
                                    CAST(:lots AS uuid[])) p
    ORDER BY 2, 3, 4, 5
    ON CONFLICT DO NOTHING
""")
_ROWS = """
    SELECT s.location_id, s.sku_id, s.owner_id, s.lot_id,
           s.on_hand, s.reserved, s.allocated, s.in_transit, s.quarantined, l.code, l.expires_on
    FROM unnest(CAST(:locations AS uuid[]), CAST(:skus AS uuid[]), CAST(:owners AS uuid[]), CAST(:lots AS uuid[]))
         p (location_id, sku_id, owner_id, lot_id)
    JOIN stock s USING (location_id, sku_id, owner_id, lot_id)
    JOIN lot l ON l.tenant_id = :tenant AND l.sku_id = s.sku_id AND l.id = s.lot_id
    WHERE s.tenant_id = :tenant
    ORDER BY s.location_id, s.sku_id, s.owner_id, s.lot_id
"""
_LOOK, _LOCK = Straight(_ROWS), Straight(f"{_ROWS} FOR NO KEY UPDATE OF s")
_LOCK_FREE = Straight(f"{_ROWS} FOR NO KEY UPDATE OF s SKIP LOCKED")
_MOVE = text("""
    UPDATE stock s SET on_hand = s.on_hand + c.on_hand, reserved = s.reserved + c.reserved,
        allocated = s.allocated + c.allocated, in_transit = s.in_transit + c.in_transit,
        quarantined = s.quarantined + c.quarantined
    FROM unnest(CAST(:locations AS uuid[]), CAST(:skus AS uuid[]), CAST(:owners AS uuid[]), CAST(:lots AS uuid[]),
                CAST(:on_hand AS bigint[]), CAST(:reserved AS bigint[]), CAST(:allocated AS bigint[]),
                CAST(:in_transit AS bigint[]), CAST(:quarantined AS bigint[]))
         c (location_id, sku_id, owner_id, lot_id, on_hand, reserved, allocated, in_transit, quarantined)
    WHERE s.tenant_id = :tenant AND s.location_id = c.location_id AND s.sku_id = c.sku_id
      AND s.owner_id = c.owner_id AND s.lot_id = c.lot_id
""")
_WRITE = text("""
    INSERT INTO stock_movement (tenant_id, location_id, sku_id, owner_id, lot_id, on_hand, reserved, allocated,
                                in_transit, quarantined, kind, document, reason, occurred_at)
    SELECT :tenant, c.*, :now
    FROM unnest(CAST(:locations AS uuid[]), CAST(:skus AS uuid[]), CAST(:owners AS uuid[]), CAST(:lots AS uuid[]),
                CAST(:on_hand AS bigint[]), CAST(:reserved AS bigint[]), CAST(:allocated AS bigint[]),
                CAST(:in_transit AS bigint[]), CAST(:quarantined AS bigint[]), CAST(:kinds AS text[]),
                CAST(:documents AS uuid[]), CAST(:reasons AS text[])) c
""")


_HERE = text("""
    SELECT s.location_id, s.sku_id, s.owner_id, s.lot_id
    FROM stock s
    WHERE s.tenant_id = :tenant AND s.location_id = :location AND s.owner_id = :owner
      AND s.sku_id = any(CAST(:skus AS uuid[])) AND s.on_hand > 0
""")


_HAS_GOODS = text("""
    SELECT EXISTS (SELECT FROM stock s JOIN location l ON l.tenant_id = :tenant AND l.id = s.location_id
                   WHERE s.tenant_id = :tenant AND s.owner_id = :owner AND s.on_hand > 0
                     AND l.organization_id = :keeper)
""")


async def is_known_to(tx: Transaction, keeper: UUID, owner: UUID) -> bool:
    """Whether goods of `owner` may lie with who runs a location: the two are related, or some lie there already.

    Nobody else's: what lies anywhere counts on its owner's shelf.
    """
    if await are_related(tx, keeper, [owner]):
        return True
    return bool(await tx.scalar(_HAS_GOODS, {"tenant": tx.tenant_id, "keeper": keeper, "owner": owner}))


async def places_of(tx: Transaction, location: UUID, owner: UUID, skus: Iterable[UUID]) -> list[Place]:
    """Where goods of an owner lie at a location, by lot; not locked yet."""
    values = {"tenant": tx.tenant_id, "location": location, "owner": owner, "skus": sorted(set(skus))}
    return [Place._make(row) for row in await tx.execute(_HERE, values)]


def columns(tx: Transaction, places: Sequence[Place]) -> dict[str, Any]:
    """Places as the arrays of a statement, and the tenant."""
    return {
        "tenant": tx.tenant_id,
        "locations": [place.location_id for place in places],
        "skus": [place.sku_id for place in places],
        "owners": [place.owner_id for place in places],
        "lots": [place.lot_id for place in places],
    }


async def lock(
    tx: Transaction, places: Iterable[Place], *, make: bool = False, wait: bool = True
) -> dict[Place, Numbers]:
    """The stock rows at these places, locked until the act ends, in the order of their places.

    Args:
        make: whether rows that are not there yet are made; else they are left out.
        wait: whether for those that others have; else these are left out. Who has later rows may not wait for earlier.
    """
    named = columns(tx, sorted(set(places)))
    if make:
        await tx.execute(_OPEN, named)
    rows = await tx.ask(_LOCK if wait else _LOCK_FREE, named)
    return {Place._make(row[:4]): Numbers._make(row[4:]) for row in rows}


class Movement(NamedTuple):
    """A change of one row as it is written down."""

    kind: MovementKind
    place: Place
    change: Change
    document: UUID | None = None
    reason: str | None = None


async def look(tx: Transaction, places: Iterable[Place]) -> dict[Place, Numbers]:
    """The stock rows at these places as they are, not locked."""
    return {Place._make(row[:4]): Numbers._make(row[4:]) for row in await tx.ask(_LOOK, columns(tx, list(places)))}


async def move(tx: Transaction, movements: Iterable[Movement]) -> None:
    """Change rows that this act has locked, and write the movements down; those of nothing are left out.

    Raises: sqlalchemy.exc.IntegrityError where that would oversell: what the caller has not decided, the database does.
    """
    moved = [movement for movement in movements if any(movement.change)]
    if not moved:
        return
    together: dict[Place, list[int]] = {}
    for movement in moved:
        numbers = together.setdefault(movement.place, [0] * len(Change._fields))
        for position, by in enumerate(movement.change):
            numbers[position] += by
    changed = await tx.count(_MOVE, columns(tx, list(together)) | _numbers(list(together.values())))
    if changed != len(together):
        raise AssertionError("A row was to change that nobody locked.")
    written = columns(tx, [movement.place for movement in moved]) | _numbers([list(one.change) for one in moved])
    written |= {
        "kinds": [movement.kind.value for movement in moved],
        "documents": [movement.document for movement in moved],
        "reasons": [movement.reason for movement in moved],
        "now": tx.now,
    }
    await tx.execute(_WRITE, written)


def _numbers(changes: Sequence[Sequence[int]]) -> dict[str, Any]:
    return {name: list(column) for name, column in zip(Change._fields, zip(*changes, strict=True), strict=True)}


async def written(
    tx: Transaction,
    kind: MovementKind,
    location_id: UUID,
    owner_id: UUID,
    changes: Mapping[Place, Change],
    reason: str | None,
    to_location_id: UUID | None = None,
) -> UUID:
    """Write a paper with its movements; the id of the paper. The rows are locked by this act, see `move`."""
    document = new_id()
    await tx.execute(
        insert(StockDocument).values(
            tenant_id=tx.tenant_id,
            id=document,
            kind=kind,
            location_id=location_id,
            to_location_id=to_location_id,
            owner_id=owner_id,
            reason=reason,
            at=tx.now,
        )
    )
    await move(tx, [Movement(kind, place, change, document, reason) for place, change in sorted(changes.items())])
    return document
