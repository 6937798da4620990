"""Giving back what is held: by whoever held it, or when its time is up.

Locks as holding does, stock before contributions, and the holds themselves after both: who gives back and who holds
wait for each other in no circle.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text

from domain.inventory import MovementKind, ReservationState
from models.inventory.claiming import claims_of_holds, lock_claims, move_claims
from models.inventory.moving import Change, Place, columns
from models.writing import Event, Made, Transaction

_STILL_HELD = text("""
    SELECT r.id, c.organization_id FROM reservation r
    JOIN cloud_store c ON c.tenant_id = r.tenant_id AND c.id = r.cloud_store_id
    WHERE r.tenant_id = :tenant AND r.id = any(CAST(:ids AS uuid[])) AND r.state = 'HELD'
      AND (:state <> 'EXPIRED' OR r.expires_at <= :now)
    ORDER BY r.id
    FOR UPDATE OF r
""")
_END = text("""
    UPDATE reservation SET state = :state, due_at = NULL
    WHERE tenant_id = :tenant AND id = any(CAST(:ids AS uuid[]))
""")


async def release(tx: Transaction, ids: Sequence[UUID], state: ReservationState) -> list[UUID]:
    """Give back the goods of these holds, as far as they are held still; which ones were. Tells each one's store and
    the owners of its goods.

    Args:
        state: RELEASED, or EXPIRED: then those alone whose time is up.
    """
    values = {"tenant": tx.tenant_id, "ids": sorted(set(ids)), "state": state.value, "now": tx.now}
    claims = await claims_of_holds(tx, ids)
    await lock_claims(tx, [claim for each in claims.values() for claim in each])
    hears = {row.id: {row.organization_id} for row in await tx.execute(_STILL_HELD, values)}
    ended = list(hears)
    if not ended:
        return []
    given = [(id, claim) for id in ended for claim in claims[id]]
    for id, claim in given:
        hears[id].add(claim.place.owner_id)
    await move_claims(tx, MovementKind.RELEASE, given, Change(reserved=-1), held=-1)
    await tx.execute(_END, {"tenant": tx.tenant_id, "state": state.value, "ids": ended})
    await tx.tell(
        *(
            Event("HoldReleased", Made("reservation", id), frozenset(audience), {"state": state.value})
            for id, audience in hears.items()
        )
    )
    return ended


_NEWEST = text("""
    SELECT r.id, l.location_id, l.sku_id, l.owner_id, l.lot_id, l.quantity
    FROM unnest(CAST(:locations AS uuid[]), CAST(:skus AS uuid[]), CAST(:owners AS uuid[]), CAST(:lots AS uuid[]))
         p (location_id, sku_id, owner_id, lot_id)
    JOIN reservation_line l USING (location_id, sku_id, owner_id, lot_id)
    JOIN reservation r ON r.tenant_id = :tenant AND r.id = l.reservation_id AND r.state = 'HELD'
    WHERE l.tenant_id = :tenant
    ORDER BY r.created_at DESC, r.id DESC
""")


async def newest_holds(tx: Transaction, needed: Mapping[Place, int]) -> tuple[list[UUID], set[Place]]:
    """The newest holds at these places that together keep as much as is needed there, or all there are; and every
    place that they keep goods at, which whoever ends them has to lock first.
    """
    left = {place: units for place, units in needed.items() if units > 0}
    if not left:
        return [], set()
    ending: dict[UUID, None] = {}
    for row in await tx.execute(_NEWEST, columns(tx, list(left))):
        place = Place(row.location_id, row.sku_id, row.owner_id, row.lot_id)
        if left[place] > 0:
            left[place] -= row.quantity
            ending[row.id] = None
    kept = await claims_of_holds(tx, list(ending))
    return list(ending), {claim.place for claims in kept.values() for claim in claims}
