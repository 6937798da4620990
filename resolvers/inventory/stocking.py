"""The inventory centre's acts on goods where they lie: what comes in, goes out and moves, each with its paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.base import InvalidInput, NotAllowed, Problem
from domain.inventory import (
    NO_LOT_CODE,
    GoodsLine,
    LooseLot,
    MovementKind,
    NotEnoughStock,
    Shortage,
    StockCommand,
    TransferStock,
    taken,
)
from domain.permissions import Permission
from loaders.catalog import SkuById
from loaders.inventory import (
    LocationById,
)
from models.inventory import (
    Change,
    LotWanted,
    Numbers,
    Place,
    is_known_to,
    lock,
    lots_coming,
    lots_of,
    places_of,
    written,
)
from models.writing import Event, Made, Transaction
from resolvers.acts import Done, act, let_on
from resolvers.context import Context


async def receive_stock(ctx: Context, key: str, command: StockCommand) -> Any:
    """Goods come in."""

    async def effect(tx: Transaction) -> Done:
        paper = await paper_of(ctx, tx, MovementKind.RECEIPT, command)
        lots = await lots_coming(tx, paper.keeper, _wanted(command.goods))
        places = [
            Place(command.location, goods.sku, paper.owner, lot) for goods, lot in zip(command.goods, lots, strict=True)
        ]
        await lock(tx, places, make=True)
        changes: dict[Place, Change] = {}
        for place, goods in zip(places, command.goods, strict=True):
            changes[place] = Change(on_hand=changes.get(place, Change()).on_hand + goods.quantity)
        return await paper.moved(changes)

    return await act(ctx, "receiveStock", key, command, effect)


async def issue_stock(ctx: Context, key: str, command: StockCommand) -> Any:
    """Goods go out, for another reason than a sale."""

    async def effect(tx: Transaction) -> Done:
        paper = await paper_of(ctx, tx, MovementKind.ISSUE, command)
        there = await lock(tx, await places_of(tx, command.location, paper.owner, (one.sku for one in command.goods)))
        leaving = _leaving(there, command.goods)
        return await paper.moved({place: Change(on_hand=-units) for place, units in leaving.items()})

    return await act(ctx, "issueStock", key, command, effect)


async def transfer_stock(ctx: Context, key: str, command: TransferStock) -> Any:
    """Goods go from one location of an organisation to another, in one step."""

    async def effect(tx: Transaction) -> Done:
        paper = await paper_of(ctx, tx, MovementKind.TRANSFER, command, command.to)
        there = await places_of(tx, command.location, paper.owner, (goods.sku for goods in command.goods))
        arriving = [place._replace(location_id=command.to) for place in there]
        # What comes in while this waits stays: the rows where it would arrive are not locked.
        locked = await lock(tx, [*there, *arriving], make=True)
        leaving = _leaving({place: locked[place] for place in there}, command.goods)
        changes = {place: Change(on_hand=-units) for place, units in leaving.items()}
        changes |= {place._replace(location_id=command.to): Change(on_hand=units) for place, units in leaving.items()}
        return await paper.moved(changes)

    return await act(ctx, "transferStock", key, command, effect)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that is being written; `keeper` runs the location."""

    tx: Transaction
    kind: MovementKind
    command: StockCommand
    keeper: UUID
    owner: UUID
    hears: frozenset[UUID]
    to: UUID | None

    async def moved(self, changes: dict[Place, Change]) -> Done:
        """Write it, its movements and what others hear of it."""
        id = await written(self.tx, self.kind, self.command.location, self.owner, changes, self.command.reason, self.to)
        made = Made("stockdocument", id)
        await self.tx.tell(Event("StockChanged", made, self.hears, {"kind": self.kind, "lines": len(changes)}))
        return Done(made, {"lines": len(changes)})


async def paper_of(
    ctx: Context, tx: Transaction, kind: MovementKind, command: StockCommand, to: UUID | None = None
) -> Paper:
    """A paper of the viewer's. Raises: NotAllowed, InvalidInput for goods that are none."""
    ends = [command.location] if to is None else [command.location, to]
    keepers = {None if row is None else row.organization_id for row in await ctx.load(LocationById).many(ends)}
    keeper = keepers.pop()
    if keeper is None or keepers:
        raise NotAllowed
    let_on(ctx, tx, Permission.STOCK, keeper)
    owner = command.owner or keeper
    if owner != keeper and not await is_known_to(tx, keeper, owner):
        raise NotAllowed
    skus = await ctx.load(SkuById).many([goods.sku for goods in command.goods])
    unknown = [
        Problem(("input", "goods", place, "skuId"), "There is no such sku.")
        for place, sku in enumerate(skus)
        if sku is None
    ]
    if unknown:
        raise InvalidInput(unknown)
    return Paper(tx, kind, command, keeper, owner, frozenset({keeper, owner}), to)


async def lots_named(paper: Paper, *, make: bool) -> list[tuple[GoodsLine, UUID]]:
    """The goods of a paper with their lots. Raises: InvalidInput for lots that are not there."""
    goods = paper.command.goods
    lots = await lots_of(paper.tx, paper.keeper, _wanted(goods), make=make)
    unknown = [
        Problem(("input", "goods", place, "lot"), "There is no such lot.")
        for place, lot in enumerate(lots)
        if lot is None
    ]
    if unknown:
        raise InvalidInput(unknown)
    return [(each, lot) for each, lot in zip(goods, lots, strict=True) if lot is not None]


def _wanted(goods: Sequence[GoodsLine]) -> list[LotWanted]:
    return [LotWanted(each.sku, each.lot or NO_LOT_CODE, each.dates) for each in goods]


def _leaving(there: Mapping[Place, Numbers], goods: Sequence[GoodsLine]) -> dict[Place, int]:
    """Which units leave of the rows there, all locked: of the lot that is named, else that which expires first.

    Raises: NotEnoughStock with every sku of which there is less.
    """
    left = {place: numbers.loose for place, numbers in there.items()}
    leaving: dict[Place, int] = {}
    short: list[Shortage] = []
    for each in sorted(goods, key=lambda one: one.lot is None):  # who names a lot comes before who takes any
        lots = [
            LooseLot(place, there[place].lot_code, there[place].expires_on, units)
            for place, units in left.items()
            if place.sku_id == each.sku and each.lot in (None, there[place].lot_code)
        ]
        found = taken(lots, each.quantity)
        if isinstance(found, int):
            short.append(Shortage(each.sku, each.quantity, found))
            continue
        for place, units in found:
            left[place] -= units
            leaving[place] = leaving.get(place, 0) + units
    if short:
        raise NotEnoughStock(short)
    return leaving
