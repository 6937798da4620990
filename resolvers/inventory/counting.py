"""The inventory centre's acts that say what there truly is, or what of it may not be sold.

Less may be left than is held. Then the newest holds are given back in the same transaction, and after them the newest
orders that wait for their money are cancelled, until what is left bears the rest: who came first keeps her goods.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from domain.base import InvalidInput, Problem
from domain.inventory import (
    GoodsLine,
    GoodsPaidFor,
    MovementKind,
    NotEnoughStock,
    ReservationState,
    Shortage,
    StockCommand,
    TooManyOrders,
    missing,
)
from domain.ordering import CancelCause
from models.inventory import Change, Numbers, Place, lock, lock_claims, look, newest_claims, release
from models.ordering import Locked, cancel_unpaid, lock_orders
from models.writing import Collision, Made, Transaction
from resolvers.acts import Done, act
from resolvers.context import Context
from resolvers.inventory.stocking import lots_named, paper_of

Meaning = Callable[[GoodsLine, Numbers], Change]
"""What a line means for the row that it is about."""


async def count_stock(ctx: Context, key: str, command: StockCommand) -> Any:
    """Each line is what was counted."""
    return await _said(ctx, "countStock", MovementKind.COUNT, key, command, _counted)


async def adjust_stock(ctx: Context, key: str, command: StockCommand) -> Any:
    """Each line is by how much there is more, or less."""
    return await _said(ctx, "adjustStock", MovementKind.ADJUSTMENT, key, command, _adjusted)


async def quarantine_stock(ctx: Context, key: str, command: StockCommand) -> Any:
    """Each line is how much is locked away, or, below zero, let out again."""
    return await _said(ctx, "quarantineStock", MovementKind.QUARANTINE, key, command, _quarantined)


def _counted(line: GoodsLine, there: Numbers) -> Change:
    # What is locked away lies there: with less than that, less is locked away.
    return Change(on_hand=line.quantity - there.on_hand, quarantined=min(0, line.quantity - there.quarantined))


def _adjusted(line: GoodsLine, there: Numbers) -> Change:
    return Change(on_hand=line.quantity)


def _quarantined(line: GoodsLine, there: Numbers) -> Change:
    return Change(quarantined=line.quantity)


async def _said(
    ctx: Context, operation: str, kind: MovementKind, key: str, command: StockCommand, meaning: Meaning
) -> Any:
    async def effect(tx: Transaction) -> Done:
        paper = await paper_of(ctx, tx, kind, command)
        lots = await lots_named(paper, make=kind is not MovementKind.QUARANTINE)
        lines = {Place(command.location, goods.sku, paper.owner, lot): goods for goods, lot in lots}
        if len(lines) < len(lots):
            raise InvalidInput([Problem(("input", "goods"), "Each lot of a sku stands in one line.")])
        seen = await look(tx, lines)
        ahead = await newest_claims(tx, _short(lines, seen, meaning))
        waiting = await lock_orders(tx, ahead.orders)  # before the goods; a lot that was made above no order knows
        there = await lock(tx, [*lines, *ahead.places], make=True)
        _possible(lines, there, meaning)
        if await _ended(tx, _short(lines, there, meaning), waiting, there):
            there = await lock(tx, lines)
        paid = _short(lines, there, meaning)
        if paid:
            raise GoodsPaidFor([Shortage(place.sku_id, units, 0) for place, units in paid.items()])
        return await paper.moved({place: meaning(line, there[place]) for place, line in lines.items()})

    return await act(ctx, operation, key, command, effect)


async def _ended(
    tx: Transaction, short: dict[Place, int], waiting: dict[UUID, Locked], there: dict[Place, Numbers]
) -> bool:
    """End what claims more than will lie there; whether there was anything.

    Raises: TooManyOrders; Collision where it is more than is locked, or is changing just now: the act is begun anew.
    """
    if not short:
        return False
    ending = await newest_claims(tx, short)
    if not (ending.places <= there.keys() and waiting.keys() >= {*ending.orders}):
        raise Collision("more is claimed than a moment ago")
    if ending.more:
        raise TooManyOrders
    await lock_claims(tx, ending.claims)
    if len(await release(tx, ending.holds, ReservationState.RELEASED)) < len(ending.holds):
        raise Collision("what was held has just been ordered")
    if ending.holds:
        await tx.audit("releaseHold", [Made("reservation", id) for id in ending.holds], {"cause": "GOODS_GONE"})
    if ending.orders:
        await cancel_unpaid(tx, [waiting[id] for id in ending.orders], CancelCause.GOODS_GONE)
        await tx.audit("cancelOrder", [Made("order", id) for id in ending.orders], {"cause": "GOODS_GONE"})
    return bool(ending.claims)


def _possible(lines: dict[Place, GoodsLine], there: dict[Place, Numbers], meaning: Meaning) -> None:
    """Refuse what would leave less than nothing there, or locked away. Raises: NotEnoughStock."""
    short = []
    for place, line in lines.items():
        now, change = there[place], meaning(line, there[place])
        if now.on_hand + change.on_hand < 0:
            short.append(Shortage(place.sku_id, -change.on_hand, now.on_hand))
        elif now.quarantined + change.quarantined < 0:
            short.append(Shortage(place.sku_id, -change.quarantined, now.quarantined))
        elif now.quarantined + change.quarantined > now.on_hand + change.on_hand:
            short.append(Shortage(place.sku_id, now.quarantined + change.quarantined, now.on_hand + change.on_hand))
    if short:
        raise NotEnoughStock(short)


def _short(lines: dict[Place, GoodsLine], there: dict[Place, Numbers], meaning: Meaning) -> dict[Place, int]:
    """By how much the claims on each row go beyond what will lie there, where they do."""
    found = {}
    for place, line in lines.items():
        now = there.get(place)
        if now is not None:
            change = meaning(line, now)
            units = missing(
                now.on_hand + change.on_hand, now.reserved, now.allocated, now.quarantined + change.quarantined
            )
            if units:
                found[place] = units
    return found
