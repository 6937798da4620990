"""The inventory centre's acts that say what there truly is, or what of it may not be sold.

Less may be left than is held. Then the newest holds are given back in the same transaction, after them the newest
orders that wait for their money are cancelled, and after those the newest orders that are paid go short, until what is
left bears the rest: who came first keeps her goods.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from domain.base import InvalidInput, Problem
from domain.inventory import (
    GoodsLine,
    MovementKind,
    NotEnoughStock,
    Shortage,
    StockCommand,
    missing,
)
from models.inventory import Change, Numbers, Place
from models.ordering import give_way, lock_claimed
from models.writing import Transaction
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
        claimed = await lock_claimed(tx, lines, partial(_short, lines, meaning=meaning))
        _possible(lines, claimed.there, meaning)
        there = await give_way(tx, claimed, partial(_short, lines, meaning=meaning))
        return await paper.moved({place: meaning(line, there[place]) for place, line in lines.items()})

    return await act(ctx, operation, key, command, effect)


def _possible(lines: Mapping[Place, GoodsLine], there: Mapping[Place, Numbers], meaning: Meaning) -> None:
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


def _short(lines: Mapping[Place, GoodsLine], there: Mapping[Place, Numbers], meaning: Meaning) -> dict[Place, int]:
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
