"""Goods that are not there: whatever claims more than will lie somewhere gives way, the newest first.

The newest holds end, then the newest orders that wait for their money, and where that is not enough the newest goods
that are paid for are theirs no more: units of an order's line are short until they are cancelled, or goods are found
for them again. Orders are locked before the goods, as everywhere; what gives way is decided under both locks.
Source: docs/domain.md, One pool of stock.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.inventory import MAX_ORDERS_TOUCHED, NotEnoughStock, ReservationState, Shortage, TooManyOrders
from domain.ordering import CancelCause, NothingShort
from models.inventory import (
    Claim,
    Ending,
    Numbers,
    Place,
    columns,
    lock,
    lock_claims,
    look,
    newest_claims,
    release,
)
from models.ordering.ending import cancel_unpaid
from models.ordering.goods import allocate_more, take_back
from models.ordering.locking import Allocated, Locked, count, idle_of, lock_orders
from models.writing import Collision, Made, Transaction

Needed = Callable[[Mapping[Place, Numbers]], Mapping[Place, int]]
"""By how much the claims on rows go beyond what will lie there, where they do."""

_NEWEST = text("""
    SELECT a.order_id, a.part, a.line, p.location_id, p.sku_id, p.owner_id, p.lot_id, a.contribution_id, a.units
    FROM unnest(CAST(:locations AS uuid[]), CAST(:skus AS uuid[]), CAST(:owners AS uuid[]), CAST(:lots AS uuid[]))
         p (location_id, sku_id, owner_id, lot_id)
    CROSS JOIN LATERAL (
        SELECT order_id, part, line, contribution_id, quantity - shipped - given_back AS units
        FROM order_allocation
        WHERE tenant_id = :tenant AND location_id = p.location_id AND sku_id = p.sku_id AND owner_id = p.owner_id
          AND lot_id = p.lot_id AND shipped + given_back < quantity
        OFFSET 0
    ) a
    JOIN order_header o ON o.tenant_id = :tenant AND o.id = a.order_id
    ORDER BY o.placed_at DESC, o.id DESC, a.part DESC
""")
_SHORT = text("""
    UPDATE order_line l SET short = l.short + c.units, short_since = coalesce(l.short_since, :now),
        short_seller_id = c.seller_id
    FROM (SELECT c.order_id, c.line, c.seller_id, CAST(sum(c.units) AS bigint) AS units
          FROM unnest(CAST(:orders AS uuid[]), CAST(:lines AS bigint[]), CAST(:sellers AS uuid[]),
                      CAST(:units AS bigint[])) c (order_id, line, seller_id, units)
          GROUP BY c.order_id, c.line, c.seller_id) c
    WHERE l.tenant_id = :tenant AND l.order_id = c.order_id AND l.line = c.line
""")


class Claimed(NamedTuple):
    """Rows under their locks, and under theirs, taken before, the orders that may have to give way."""

    places: Collection[Place]
    there: Mapping[Place, Numbers]
    orders: Mapping[UUID, Locked]


class _GivingWay(NamedTuple):
    """What ends, and of which paid orders which goods are theirs no more; `more` than one act touches."""

    ending: Ending
    parts: Mapping[UUID, list[Allocated]]
    more: bool

    @property
    def orders(self) -> set[UUID]:
        return {*self.ending.orders, *self.parts}

    @property
    def claims(self) -> list[Claim]:
        return [*self.ending.claims, *(part.claim for parts in self.parts.values() for part in parts)]


async def lock_claimed(tx: Transaction, places: Collection[Place], needed: Needed) -> Claimed:
    """Lock rows, made where they are not there yet, and before them the orders that `needed` makes give way."""
    ahead = await _newest(tx, needed(await look(tx, places)))
    orders = await lock_orders(tx, ahead.orders)
    return Claimed(places, await lock(tx, [*places, *ahead.ending.places], make=True), orders)


async def give_way(tx: Transaction, claimed: Claimed, needed: Needed) -> Mapping[Place, Numbers]:
    """Let what claims more than will lie there give way; the rows as they are then.

    Raises: TooManyOrders; Collision where it is more than is locked, or is changing just now: the act is begun anew.
    """
    short = needed(claimed.there)
    if not short:
        return claimed.there
    way = await _newest(tx, short)
    if way.more:
        raise TooManyOrders
    orders = await _with_late(tx, claimed, way)
    await lock_claims(tx, way.claims)
    ending = way.ending
    if len(await release(tx, ending.holds, ReservationState.RELEASED)) < len(ending.holds):
        raise Collision("what was held has just been ordered")
    cause = {"cause": CancelCause.GOODS_GONE.value}
    if ending.holds:
        await tx.audit("releaseHold", [Made("reservation", id) for id in ending.holds], cause)
    if ending.orders:
        await cancel_unpaid(tx, [orders[id] for id in ending.orders], CancelCause.GOODS_GONE)
        await tx.audit("cancelOrder", [Made("order", id) for id in ending.orders], cause)
    if way.parts:
        await _go_short(tx, orders, way.parts)
    there = await lock(tx, claimed.places)
    if needed(there):
        raise AssertionError("Goods are claimed by nobody that is known.")
    return there


async def _with_late(tx: Transaction, claimed: Claimed, way: _GivingWay) -> Mapping[UUID, Locked]:
    """The orders that may have to give way, and those that came before the goods were locked.

    Where goods are wanted by many somebody always comes in between. Whoever has goods waits for no order, nor for goods
    that stand before them: what others have just now is left to them. Raises: Collision then.
    """
    late, elsewhere = way.orders - claimed.orders.keys(), way.ending.places - claimed.there.keys()
    orders = {**claimed.orders, **(await lock_orders(tx, late, wait=False) if late else {})}
    there = await lock(tx, elsewhere, wait=False) if elsewhere else {}
    if not (way.orders <= orders.keys() and elsewhere <= there.keys()):
        raise Collision("more is claimed than a moment ago")
    return orders


async def _newest(tx: Transaction, needed: Mapping[Place, int]) -> _GivingWay:
    """What gives way so that so many units of each row are claimed no more, `MAX_ORDERS_TOUCHED` orders at most."""
    ending = await newest_claims(tx, needed)
    left = dict(ending.left)
    if ending.more or not left:
        return _GivingWay(ending, {}, ending.more)
    parts: dict[UUID, list[Allocated]] = {}
    for row in await tx.execute(_NEWEST, columns(tx, list(left))):
        place = Place(row.location_id, row.sku_id, row.owner_id, row.lot_id)
        units = min(left[place], row.units)
        if not units:
            continue
        if row.order_id not in parts and len(parts) + len(ending.orders) >= MAX_ORDERS_TOUCHED:
            return _GivingWay(ending, parts, more=True)
        left[place] -= units
        claim = Claim(place, row.contribution_id, units)
        parts.setdefault(row.order_id, []).append(Allocated(row.part, row.line, claim))
    return _GivingWay(ending, parts, more=False)


async def _go_short(tx: Transaction, orders: Mapping[UUID, Locked], parts: Mapping[UUID, list[Allocated]]) -> None:
    """Goods of paid orders are theirs no more: their lines are short. Sellers, owners and keepers hear of it."""
    taken = [(id, part) for id, each in parts.items() for part in each]
    await take_back(tx, taken)
    values = {
        "orders": [id for id, _ in taken],
        "lines": [part.line for _, part in taken],
        "sellers": [orders[id].seller_id for id, _ in taken],
        "units": [part.claim.quantity for _, part in taken],
    }
    await tx.execute(_SHORT, {"tenant": tx.tenant_id, "now": tx.now, **values})
    lacking: dict[UUID, dict[int, int]] = {}
    for id, part in taken:
        lines = lacking.setdefault(id, {})
        lines[part.line] = lines.get(part.line, 0) + part.claim.quantity
    told = [(orders[id], lines) for id, lines in lacking.items()]
    await tx.tell(
        *(order.tells("OrderShort", {"lines": order.units_of(lines)}) for order, lines in told),
        *(event for order, lines in told for event in order.tells_others("GoodsShort", lines)),
    )
    of = {order.id: {"lines": order.units_of(lines)} for order, lines in told}
    await tx.audit("orderShort", [order.made for order, _ in told], {"cause": CancelCause.GOODS_GONE.value}, of)


async def allocate_short(tx: Transaction, order: Locked, today: date) -> dict[int, int]:
    """Find goods again for what an order lacks, of the same owners and keepers, as far as there are any.

    Nothing is found with owners and keepers who do not trade.

    Args:
        today: the tenant's day; what expires by then is no goods.

    Returns: how many units were found of which lines.
    Raises: NothingShort; NotEnoughStock where there are no goods for any line.
    """
    short = [line for line in order.lines if line.short]
    if not short:
        raise NothingShort
    idle = await idle_of(tx, (one for line in short for one in (line.goods_owner_id, line.fulfiller_id)))
    wanted = {line.line: line.short for line in short if not {line.goods_owner_id, line.fulfiller_id} & idle}
    found = await allocate_more(tx, order, wanted, today)
    if not found:
        missing: dict[UUID, int] = {}
        for line in short:
            missing[line.sku_id] = missing.get(line.sku_id, 0) + line.short
        raise NotEnoughStock([Shortage(sku, units, 0) for sku, units in missing.items()])
    await count(tx, order.id, [{"line": line, "short": -units} for line, units in found.items()])
    await tx.tell(
        order.tells("OrderAllocated", {"lines": order.units_of(found)}), *order.tells_others("GoodsToShip", found)
    )
    return found
