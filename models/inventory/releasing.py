"""Giving back what is held: by whoever held it, or when its time is up.

Locks as holding does, stock before contributions, and the holds themselves after both: who gives back and who holds
wait for each other in no circle.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.inventory import MAX_ORDERS_TOUCHED, HoldOver, MovementKind, ReservationState
from models.inventory.claiming import Claim, claims_of_holds, lock_claims, move_claims
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


_STANDS = text("SELECT state, expires_at FROM reservation WHERE tenant_id = :tenant AND id = :id")


async def why_over(tx: Transaction, id: UUID) -> HoldOver:
    """Why a hold that this act has waited for cannot be had, as it stands now; one whose time is up has expired."""
    row = (await tx.execute(_STANDS, {"tenant": tx.tenant_id, "id": id})).one_or_none()
    if row is None or (row.state == ReservationState.HELD and row.expires_at <= tx.now):
        return HoldOver(ReservationState.EXPIRED)
    return HoldOver(ReservationState(row.state))


class Ending(NamedTuple):
    """What is to end so that goods are enough: holds, orders that wait for their money, and all that they claim.

    `left`: what is needed still when they have ended. `more`: whether more such orders would have to end than one act
    touches.
    """

    holds: list[UUID]
    orders: list[UUID]
    claims: list[Claim]
    left: Mapping[Place, int]
    more: bool = False

    @property
    def places(self) -> set[Place]:
        """Where they keep goods: whoever ends them locks these first."""
        return {claim.place for claim in self.claims}


# Begins with what lives, which the clock keeps few: what was ever held at a place is not read. OFFSET 0: a look by the
# key for each, whatever the planner believes of how many there are.
_NEWEST = text("""
    SELECT v.id, v.order_id, p.location_id, p.sku_id, p.owner_id, p.lot_id, l.quantity
    FROM (
        SELECT id, CAST(NULL AS uuid) AS order_id, created_at AS since
        FROM reservation WHERE tenant_id = :tenant AND state = 'HELD'
        UNION ALL
        SELECT reservation_id, id, placed_at
        FROM order_header WHERE tenant_id = :tenant AND state = 'PENDING_PAYMENT' AND reservation_id IS NOT NULL
    ) v
    CROSS JOIN LATERAL (
        SELECT * FROM reservation_line WHERE tenant_id = :tenant AND reservation_id = v.id OFFSET 0
    ) l
    JOIN unnest(CAST(:locations AS uuid[]), CAST(:skus AS uuid[]), CAST(:owners AS uuid[]), CAST(:lots AS uuid[]))
         p (location_id, sku_id, owner_id, lot_id) USING (location_id, sku_id, owner_id, lot_id)
    ORDER BY v.order_id IS NOT NULL, v.since DESC, v.id DESC
""")


async def newest_claims(tx: Transaction, needed: Mapping[Place, int]) -> Ending:
    """The newest holds at these places, and where they are not enough the newest orders that wait for their money, that
    together keep as much as is needed there, or all there are; of orders `MAX_ORDERS_TOUCHED` at most.
    """
    left = {place: units for place, units in needed.items() if units > 0}
    ending: dict[UUID, UUID | None] = {}
    orders: set[UUID] = set()
    more = False
    for row in await tx.execute(_NEWEST, columns(tx, list(left))) if left else ():
        place = Place(row.location_id, row.sku_id, row.owner_id, row.lot_id)
        if left[place] <= 0:
            continue
        if row.order_id is not None and len(orders | {row.order_id}) > MAX_ORDERS_TOUCHED:
            more = True
            continue
        left[place] -= row.quantity
        ending[row.id] = row.order_id
        if row.order_id is not None:
            orders.add(row.order_id)
    kept = await claims_of_holds(tx, list(ending)) if ending else {}
    return Ending(
        [hold for hold, order in ending.items() if order is None],
        [order for order in ending.values() if order is not None],
        [claim for claims in kept.values() for claim in claims],
        {place: units for place, units in left.items() if units > 0},
        more,
    )
