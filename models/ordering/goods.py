"""The goods of an order: reserved while it waits for its money, allocated once it is paid, shipped or given back.

The order is locked by whoever calls; stock and contributions are locked here, after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import insert, text

from domain.inventory import MovementKind, NotEnoughStock, ReservationState, Taken, Wanted, Way, held
from models.base import new_id
from models.inventory import Change, Claim, Place, claims_of_holds, lock_claims, move_claims, ways_to
from models.ordering.locking import Allocated, Line, Locked
from models.ordering.tables import Allocation, Shipment, ShipmentLine
from models.writing import Event, Made, Transaction

_KEEPERS = text("SELECT id, organization_id FROM location WHERE tenant_id = :tenant AND id = any(CAST(:ids AS uuid[]))")
_END = text("""
    UPDATE reservation SET state = :state
    WHERE tenant_id = :tenant AND id = any(CAST(:ids AS uuid[])) AND state = 'CONSUMED'
""")
_LEAVE = text("""
    UPDATE order_allocation a SET shipped = a.shipped + c.shipped, given_back = a.given_back + c.given_back
    FROM unnest(CAST(:orders AS uuid[]), CAST(:parts AS bigint[]), CAST(:shipped AS bigint[]),
                CAST(:given_back AS bigint[]))
         c (order_id, part, shipped, given_back)
    WHERE a.tenant_id = :tenant AND a.order_id = c.order_id AND a.part = c.part
""")
_PARTS = text("""
    SELECT coalesce(max(part), 0) FROM order_allocation WHERE tenant_id = :tenant AND order_id = :order
""")


async def allocate(tx: Transaction, order: Locked) -> None:
    """The goods that were reserved for an order are its own: it is paid."""
    claims = (await claims_of_holds(tx, [order.reservation_id]))[order.reservation_id]
    await lock_claims(tx, claims)
    await move_claims(
        tx, MovementKind.ALLOCATION, ((order.id, claim) for claim in claims), Change(reserved=-1, allocated=1)
    )
    await _write(tx, order, claims, await _keepers(tx, (claim.place.location_id for claim in claims)))


async def allocate_again(tx: Transaction, order: Locked, today: date) -> bool:
    """Find goods for an order whose own were given back: of the same owners and keepers, or none at all.

    Args:
        today: the tenant's day; what expires by then is no goods.
    """
    found, keepers = await _found(tx, order, {line.line: line.quantity for line in order.lines}, today)
    if any(sum(claim.quantity for claim in found[line.line]) < line.quantity for line in order.lines):
        return False
    await _take(tx, order, [claim for claims in found.values() for claim in claims], keepers)
    return True


async def allocate_more(tx: Transaction, order: Locked, wanted: Mapping[int, int], today: date) -> dict[int, int]:
    """Find goods for lines of a paid order that lack them, as for one that is paid late, as many as there are.

    Args:
        wanted: how many units of which lines.
        today: the tenant's day; what expires by then is no goods.

    Returns: how many units were found of which lines, without those of which there are none.
    """
    found, keepers = await _found(tx, order, wanted, today)
    claims = [claim for each in found.values() for claim in each]
    if claims:
        parts = await tx.scalar(_PARTS, {"tenant": tx.tenant_id, "order": order.id})
        await _take(tx, order, claims, keepers, int(parts))
    return {line: sum(claim.quantity for claim in each) for line, each in found.items() if each}


async def _found(
    tx: Transaction, order: Locked, wanted: Mapping[int, int], today: date
) -> tuple[Mapping[int, Sequence[Claim]], Mapping[UUID, UUID]]:
    """Goods for so many units of lines, of the same owners and keepers, as many as there are; locked, not yet taken.

    With them who runs each location.
    """
    lines = [line for line in order.lines if line.line in wanted]
    ways = await ways_to(tx, {(order.seller_id, line.sku_id) for line in lines}, today)
    keepers = await _keepers(
        tx, (lot.place.location_id for each in ways.values() for way in each for lot in way.goods.lots)
    )
    found: dict[int, Sequence[Claim]] = {}
    for line in lines:
        fitting = [
            way
            for way in ways.get((order.seller_id, line.sku_id), ())
            if _fits(line, way.goods.lots[0].place.owner_id, keepers[way.goods.lots[0].place.location_id])
        ]
        found[line.line] = [
            Claim(one.place, one.contribution, one.quantity)
            for one in _as_many(line.sku_id, wanted[line.line], fitting, today)
        ]
    return found, keepers


def _as_many(sku: UUID, units: int, ways: Sequence[Way[Place]], today: date) -> Sequence[Taken[Place]]:
    """Take so many units, or as many as there are."""
    try:
        return held([Wanted(sku, units)], {sku: ways}, today)
    except NotEnoughStock as short:
        there = short.shortages[0].available
        return held([Wanted(sku, there)], {sku: ways}, today) if there else ()


async def _take(
    tx: Transaction, order: Locked, claims: Sequence[Claim], keepers: Mapping[UUID, UUID], parts: int = 0
) -> None:
    """What was found is the order's. All of it is locked: everything that can be reached is."""
    await move_claims(tx, MovementKind.ALLOCATION, ((order.id, claim) for claim in claims), Change(allocated=1), held=1)
    await _write(tx, order, claims, keepers, parts)


def _fits(line: Line, owner: UUID, keeper: UUID) -> bool:
    return line.goods_owner_id == owner and line.fulfiller_id == keeper


async def _keepers(tx: Transaction, locations: Iterable[UUID]) -> Mapping[UUID, UUID]:
    """Who runs each location."""
    rows = await tx.execute(_KEEPERS, {"tenant": tx.tenant_id, "ids": sorted(set(locations))})
    return {row.id: row.organization_id for row in rows}


async def _write(
    tx: Transaction, order: Locked, claims: Sequence[Claim], keepers: Mapping[UUID, UUID], parts: int = 0
) -> None:
    """Write down what goods are an order's, after as many parts as it has."""
    lines = {(line.sku_id, line.goods_owner_id, line.fulfiller_id): line.line for line in order.lines}
    await tx.execute(
        insert(Allocation),
        [
            {
                "tenant_id": tx.tenant_id,
                "order_id": order.id,
                "part": part,
                "line": lines[claim.place.sku_id, claim.place.owner_id, keepers[claim.place.location_id]],
                **claim.place._asdict(),
                "contribution_id": claim.contribution,
                "fulfiller_id": keepers[claim.place.location_id],
                "allocated_at": tx.now,
                "quantity": claim.quantity,
            }
            for part, claim in enumerate(claims, start=parts + 1)
        ],
    )


# ── given back ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def give_back_holds(tx: Transaction, orders: Sequence[Locked], state: ReservationState) -> None:
    """What is reserved for orders that will not be paid can be sold again.

    Args:
        state: what the holds that they came from are from now on: RELEASED or EXPIRED.
    """
    holds = [order.reservation_id for order in orders]
    claims = await claims_of_holds(tx, holds)
    await lock_claims(tx, [claim for hold in holds for claim in claims[hold]])
    given = ((order.id, claim) for order in orders for claim in claims[order.reservation_id])
    await move_claims(tx, MovementKind.RELEASE, given, Change(reserved=-1), held=-1)
    await tx.execute(_END, {"tenant": tx.tenant_id, "ids": holds, "state": state.value})
    await tx.tell(
        *(
            Event(
                "HoldReleased",
                Made("reservation", order.reservation_id),
                frozenset({order.seller_id, *(claim.place.owner_id for claim in claims[order.reservation_id])}),
                {"state": state.value},
            )
            for order in orders
        )
    )


async def give_back(tx: Transaction, order: Locked, parts: Sequence[Allocated]) -> None:
    """What is allocated to a paid order and will not be shipped can be sold again."""
    await lock_claims(tx, [part.claim for part in parts])
    await take_back(tx, [(order.id, part) for part in parts])


async def take_back(tx: Transaction, given: Sequence[tuple[UUID, Allocated]]) -> None:
    """Goods of paid orders are theirs no more; they are locked. Of each (order, part) the units that its claim has."""
    claims = ((order, part.claim) for order, part in given)
    await move_claims(tx, MovementKind.RELEASE, claims, Change(allocated=-1), held=-1)
    await _left(tx, given, shipped=False)


# ── shipped ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def leave(
    tx: Transaction,
    order: Locked,
    fulfiller: UUID,
    parts: Sequence[Allocated],
    carrier: str | None,
    tracking: str | None,
) -> UUID:
    """Goods of an order leave together; the id of the shipment."""
    id = new_id()
    claims = [part.claim for part in parts]
    await lock_claims(tx, claims)
    leaving = ((id, claim) for claim in claims)
    await move_claims(tx, MovementKind.ISSUE, leaving, Change(on_hand=-1, allocated=-1), held=-1)
    await _left(tx, [(order.id, part) for part in parts], shipped=True)
    await tx.execute(
        insert(Shipment).values(
            tenant_id=tx.tenant_id,
            id=id,
            order_id=order.id,
            fulfiller_id=fulfiller,
            carrier=carrier,
            tracking=tracking,
            shipped_at=tx.now,
        )
    )
    await tx.execute(
        insert(ShipmentLine),
        [
            {
                "tenant_id": tx.tenant_id,
                "shipment_id": id,
                "part": number,
                "order_id": order.id,
                "line": part.line,
                **part.claim.place._asdict(),
                "quantity": part.claim.quantity,
            }
            for number, part in enumerate(parts, start=1)
        ],
    )
    return id


async def _left(tx: Transaction, gone: Sequence[tuple[UUID, Allocated]], *, shipped: bool) -> None:
    units, none = [part.claim.quantity for _, part in gone], [0] * len(gone)
    parts = {"orders": [order for order, _ in gone], "parts": [part.part for _, part in gone]}
    counted = {"shipped": units, "given_back": none} if shipped else {"shipped": none, "given_back": units}
    await tx.execute(_LEAVE, {"tenant": tx.tenant_id, **parts, **counted})


def parts_of(parts: Iterable[Allocated], wanted: Mapping[int, int]) -> list[Allocated]:
    """Of an order's goods so many units of each line, the first first. What is wanted is there."""
    left, found = dict(wanted), []
    for part in parts:
        units = min(left.get(part.line, 0), part.claim.quantity)
        if units:
            left[part.line] -= units
            found.append(Allocated(part.part, part.line, part.claim._replace(quantity=units)))
    if any(left.values()):
        raise AssertionError("A line has fewer goods than it says.")
    return found
