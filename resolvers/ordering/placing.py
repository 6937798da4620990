"""Placing an order: what is held becomes an order at today's prices; what is not held yet is held first."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from domain.access import ActorClass
from domain.base import InvalidInput, NotAllowed, Problem, Refused, TimedOut, Unavailable
from domain.catalog import ListingOrigin
from domain.channel import CloudStoreMode, Tier
from domain.inventory import HOLD_MINUTES, HoldLine, HoldOver, HoldStock, ReservationState
from domain.money import MAX_SAFE
from domain.ordering import (
    MAX_ORDER_LINES,
    ORDER_KINDS_OF_MODE,
    ModeForbids,
    NewLine,
    NotForSale,
    OrderKind,
    PlaceOrder,
    PriceChanged,
    TooManyLines,
    check_delivery,
    check_lines,
    pay_until,
)
from domain.permissions import Permission
from loaders.catalog import ForSale, SkuById
from loaders.channel import CloudStoreById, CloudStoreRow, NamedCloudStore, OrganizationById, RegionByCode
from loaders.inventory import ReservationById, ReservationRow
from loaders.member import ConsumerById
from models.inventory import OPERATION as HOLD
from models.inventory import lock_claims, release
from models.ordering import (
    LineKey,
    NewOrder,
    allocate,
    bind,
    confirm,
    held_lots,
    idle_of,
    lines_of,
    lock_order,
    write_order,
)
from models.writing import Made, Transaction
from resolvers.acts import Done, Told, act, again
from resolvers.context import Context
from resolvers.inventory import hold_stock
from resolvers.ordering.quoting import prices

OPERATION: Final = "placeOrder"
_FOR_WHOM: Final = Problem(("input", "customerId"), "Say for whom.")
ATTEMPTS: Final = 2
"""How often goods are held for one order: what was held under its key before may have ended, as after a crash."""


async def place_order(ctx: Context, key: str, command: PlaceOrder) -> Any:
    """Order what is held; or hold these lines, and then order them: a refusal of the second gives the goods back."""
    if ctx.viewer.actor_class is not ActorClass.CONSUMER and command.reservation is None and command.customer is None:
        return Told(InvalidInput([_FOR_WHOM]))
    if command.reservation is not None:
        return await _placed(ctx, key, command, command.reservation)
    lines = tuple(HoldLine(line.listing, line.quantity) for line in command.lines)
    asked, own = HoldStock(lines, HOLD_MINUTES, command.customer), _hold_key(key)
    answer: Any = None
    for _ in range(ATTEMPTS):
        held = await hold_stock(ctx, own, asked)
        if held is None or isinstance(held, Told):
            return await _told_again(ctx, key, command, Told(NotAllowed()) if held is None else held)
        answer = await _placed(ctx, key, command, held.id)
        if not isinstance(answer, Told):
            break
        await _let_go(ctx, own, held, answer.refused)
        if not isinstance(answer.refused, HoldOver):
            break
    return answer


def _hold_key(key: str) -> str:
    """The key under which the goods of an order are held that has this one."""
    return hashlib.sha256(f"{OPERATION}/{key}".encode()).hexdigest()


async def _told_again(ctx: Context, key: str, command: PlaceOrder, told: Told) -> Any:
    """The order, if it was placed under the key while that was possible; else why it cannot be."""

    async def refuse(tx: Transaction) -> Done:
        raise told.refused

    return await act(ctx, OPERATION, key, command, refuse)


async def _let_go(ctx: Context, key: str, held: ReservationRow, refused: Refused) -> None:
    """Give back what was held for an order that is refused, and the key with it: a refusal leaves nothing.

    Where the refusal is that the hold is over, its key is given back too; an order that was placed under this same key
    keeps it: whoever asks for that again is not to hold goods anew. If this fails the hold ends by itself.
    """

    async def once() -> None:
        async with ctx.transaction() as tx:
            released = await release(tx, [held.id], ReservationState.RELEASED)
            if released:
                store = await ctx.load(NamedCloudStore).one(held.cloud_store_id)
                if store is not None and ctx.viewer.actor_class is not ActorClass.CONSUMER:
                    tx.acts_for(store.organization_id)
                details = {"order": refused.code}
                await tx.audit("releaseHold", [Made("reservation", held.id)], details)
            if released or isinstance(refused, HoldOver):
                await tx.forget(HOLD, key, held.id)

    with suppress(Unavailable, TimedOut):
        await again(once)


# ── what is held becomes an order ─────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class _Priced:
    """What an order is made of, before the hold is taken."""

    lines: dict[LineKey, int]
    unit_fen: dict[UUID, int]

    @property
    def total_fen(self) -> int:
        return sum(self.unit_fen[key.sku_id] * units for key, units in self.lines.items())


async def _placed(ctx: Context, key: str, command: PlaceOrder, reservation: UUID) -> Any:
    async def effect(tx: Transaction) -> Done:
        store, customer = await _may_place(ctx, tx, command, reservation)
        lots = await held_lots(tx, reservation)
        lines = lines_of(lots)
        await _check_traders(tx, lines)
        priced = await _priced(ctx, store, lines)
        total = priced.total_fen
        if command.expected_total_fen not in (None, total):
            raise PriceChanged(command.expected_total_fen or 0, total)
        if total == 0:  # its goods are allocated at once: locked before the hold, as whoever gives one back does
            await lock_claims(tx, (lot.claim for lot in lots))
        await _check_delivery(ctx, command, store, lines)
        until = pay_until(await bind(tx, reservation), tx.now)
        new = NewOrder(
            store.id,
            store.organization_id,
            customer,
            ctx.viewer.account_id,
            store.site_id,
            store.region_code,
            command.terminal,
            total,
            until,
            reservation,
            command.delivery,
        )
        id = await write_order(tx, f"{ctx.reading.today:%Y%m%d}", new, priced.lines, priced.unit_fen)
        await _told(tx, id, total)
        return Done(Made("order", id), {"reservation": reservation.hex, "totalFen": total})

    return await act(ctx, OPERATION, key, command, effect)


async def _told(tx: Transaction, id: UUID, total: int) -> None:
    """Tell of the order; one that costs nothing is confirmed."""
    order = await lock_order(tx, id)
    assert order is not None
    await tx.tell(order.tells("OrderPlaced", {"totalFen": total, "currency": order.currency}))
    if total == 0:
        await allocate(tx, order)
        await confirm(tx, order, 0)


async def _may_place(
    ctx: Context, tx: Transaction, command: PlaceOrder, reservation: UUID
) -> tuple[CloudStoreRow, UUID]:
    """The cloud store and the customer of a hold that the viewer may order. Raises: NotAllowed, ModeForbids,
    InvalidInput where nobody has said for whom.
    """
    held = await ctx.load(ReservationById).one(reservation)
    store = None if held is None else await ctx.load(CloudStoreById).one(held.cloud_store_id)
    if held is None or store is None:
        raise NotAllowed
    if ctx.viewer.actor_class is ActorClass.CONSUMER:
        customer = ctx.viewer.customer_id
        if held.customer_id != customer or command.customer not in (None, customer):
            raise NotAllowed
    else:
        ctx.viewer.must(Permission.ORDER, store.organization_id)
        tx.acts_for(store.organization_id)
        customer = held.customer_id or command.customer
        if command.customer not in (None, customer):
            raise NotAllowed
        if customer is None:
            raise InvalidInput([_FOR_WHOM])
    if customer is None or await ctx.load(ConsumerById).one(customer) is None:
        raise NotAllowed
    if OrderKind.CONSUMER not in ORDER_KINDS_OF_MODE[CloudStoreMode(store.mode)]:
        raise ModeForbids
    return store, customer


async def _check_delivery(ctx: Context, command: PlaceOrder, store: CloudStoreRow, lines: Iterable[LineKey]) -> None:
    """Refuse a delivery that cannot be. Raises: DeliveryNotPossible; InvalidInput for a region that is not there."""
    delivery = command.delivery
    if delivery is None:
        return
    if delivery.region is not None and await ctx.load(RegionByCode).one(delivery.region) is None:
        raise InvalidInput([Problem(("input", "delivery", "regionCode"), "There is no such region.")])
    shipping = await ctx.load(OrganizationById).each(key.fulfiller_id for key in lines)
    tiers = {id: Tier(row.tier) for id, row in shipping.items() if row is not None}
    check_delivery(delivery.method, CloudStoreMode(store.mode), store.organization_id, tiers)


async def _check_traders(tx: Transaction, lines: Iterable[LineKey]) -> None:
    """Refuse goods whose owner, or who would ship them, does not trade any more. Raises: NotForSale."""
    lines = list(lines)
    idle = await idle_of(tx, (one for key in lines for one in (key.goods_owner_id, key.fulfiller_id)))
    gone = dict.fromkeys(key.sku_id for key in lines if {key.goods_owner_id, key.fulfiller_id} & idle)
    if gone:
        raise NotForSale(list(gone))


async def _priced(ctx: Context, store: CloudStoreRow, lines: dict[LineKey, int]) -> _Priced:
    """What is held, as it is sold now. Raises: NotForSale, and what `domain.ordering.check_lines` does."""
    together = _together(lines.items())
    units = await prices(ctx, store.id, store.organization_id, store.mode, together)
    rows = await ctx.load(SkuById).each(together)
    own = await _own_only(ctx, store.id, together)
    others = {key.sku_id for key in lines if key.goods_owner_id != store.organization_id}
    gone = [sku for sku in together if sku not in units or rows[sku] is None or sku in own & others]
    if gone:
        raise NotForSale(gone)
    check_lines(
        [NewLine(sku, together[sku], row.min_qty, row.step_qty, 1) for sku, row in rows.items() if row is not None],
        whole_cases=False,
    )
    if len(lines) > MAX_ORDER_LINES:
        raise TooManyLines(len(lines))
    priced = _Priced(lines, units)
    if priced.total_fen > MAX_SAFE:
        raise InvalidInput([Problem(("input",), "The amount is more than money can be.")])
    return priced


async def _own_only(ctx: Context, cloud_store: UUID, skus: Iterable[UUID]) -> set[UUID]:
    """Those of which the store sells its own goods alone, as they stand on the shelf now."""
    on_shelf = await ctx.load(ForSale).each((cloud_store, sku) for sku in skus)
    return {row.sku_id for rows in on_shelf.values() for row in rows if ListingOrigin(row.origin).is_own_only}


def _together(lines: Iterable[tuple[LineKey, int]]) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    for key, units in lines:
        found[key.sku_id] = found.get(key.sku_id, 0) + units
    return found
