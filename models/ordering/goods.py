"""The goods of an order: reserved while it waits for its money, allocated once it is paid, shipped or given back.

The order is locked by whoever calls; stock and contributions are locked here, after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import insert, text

from domain.inventory import MovementKind, NotEnoughStock, ReservationState, Wanted, held
from models.base import new_id
from models.inventory import Change, Claim, claims_of_holds, lock_claims, move_claims, ways_to
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
    FROM unnest(CAST(:parts AS bigint[]), CAST(:shipped AS bigint[]), CAST(:given_back AS bigint[]))
         c (part, shipped, given_back)
    WHERE a.tenant_id = :tenant AND a.order_id = :order AND a.part = c.part
""")


async def allocate(tx: Transaction, order: Locked) -> None:
    """The goods that were reserved for an order are its own: it is paid."""
    claims = (await claims_of_holds(tx, [order.reservation_id]))[order.reservation_id]
    await lock_claims(tx, claims)
    await move_claims(
        tx, MovementKind.ALLOCATION, ((order.id, claim) for claim in claims), Change(reserved=-1, allocated=1)
    )
    await _write(tx, order, claims)


async def allocate_again(tx: Transaction, order: Locked, today: date) -> bool:
    """Find goods for an order whose own were given back: of the same owners and keepers, or none at all.

    Args:
        today: the tenant's day; what expires by then is no goods.
    """
    ways = await ways_to(tx, {(order.seller_id, line.sku_id) for line in order.lines}, today)
    keepers = await _keepers(
        tx, (lot.place.location_id for each in ways.values() for way in each for lot in way.goods.lots)
    )
    claims: list[Claim] = []
    for line in order.lines:
        fitting = [
            way
            for way in ways.get((order.seller_id, line.sku_id), ())
            if _fits(line, way.goods.lots[0].place.owner_id, keepers[way.goods.lots[0].place.location_id])
        ]
        try:
            taken = held([Wanted(line.sku_id, line.quantity)], {line.sku_id: fitting}, today)
        except NotEnoughStock:
            return False
        claims += [Claim(one.place, one.contribution, one.quantity) for one in taken]
    # Everything that can be reached is locked already.
    await move_claims(tx, MovementKind.ALLOCATION, ((order.id, claim) for claim in claims), Change(allocated=1), held=1)
    await _write(tx, order, claims)
    return True


def _fits(line: Line, owner: UUID, keeper: UUID) -> bool:
    return line.goods_owner_id == owner and line.fulfiller_id == keeper


async def _keepers(tx: Transaction, locations: Iterable[UUID]) -> Mapping[UUID, UUID]:
    """Who runs each location."""
    rows = await tx.execute(_KEEPERS, {"tenant": tx.tenant_id, "ids": sorted(set(locations))})
    return {row.id: row.organization_id for row in rows}


async def _write(tx: Transaction, order: Locked, claims: Sequence[Claim]) -> None:
    keepers = await _keepers(tx, (claim.place.location_id for claim in claims))
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
                "quantity": claim.quantity,
            }
            for part, claim in enumerate(claims, start=1)
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
    claims = [part.claim for part in parts]
    await lock_claims(tx, claims)
    given = ((order.id, claim) for claim in claims)
    await move_claims(tx, MovementKind.RELEASE, given, Change(allocated=-1), held=-1)
    await _left(tx, order, parts, shipped=False)


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
    await _left(tx, order, parts, shipped=True)
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


async def _left(tx: Transaction, order: Locked, parts: Sequence[Allocated], *, shipped: bool) -> None:
    units, none = [part.claim.quantity for part in parts], [0] * len(parts)
    values = {"tenant": tx.tenant_id, "order": order.id, "parts": [part.part for part in parts]}
    counted = {"shipped": units, "given_back": none} if shipped else {"shipped": none, "given_back": units}
    await tx.execute(_LEAVE, {**values, **counted})


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
