"""Sales in the tests' own shop: placed, paid for by notices, shipped, ended, as the acts and the provider do it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from domain.base import Refused
from domain.inventory import MovementKind, NotEnoughStock, Shortage, missing
from domain.ordering import (
    CancelCause,
    Notice,
    NoticeKind,
    OrderActor,
    RefundedLine,
)
from models import due
from models.base import NO_LOT_ID
from models.database import Login
from models.inventory import Change, Committer, Numbers, Place, written
from models.ordering import (
    Locked,
    NewOrder,
    allocate,
    allocate_short,
    begin_payment,
    bind,
    cancel,
    cancel_rest,
    confirm,
    give_way,
    held_lots,
    lines_of,
    lock_claimed,
    lock_order,
    receive,
    refund,
    retry_refund,
    ship,
    take_notice,
    write_order,
)
from models.wall import APP_ROLE
from models.writing import Transaction, attempted
from tests.given import pool_of
from tests.models.acting import MEMBER, NOON, STORE, acting, column
from tests.models.here import HERE
from tests.models.shop import BROKEN, MALL, PLACES, SKUS, Shop, goods

PROVIDER = "till"
PRICES = {SKUS[0]: 1_000, SKUS[1]: 333, SKUS[2]: 0}
_NOTICES = count()


@dataclass
class Sales(Shop):
    """A shop that sells."""

    async def place(self, *wanted: tuple[UUID, int], minutes: float = 15) -> UUID:
        """An order, placed at noon; to be paid within so many minutes."""
        return await self.order_of((await self.hold(*wanted)).id, minutes)

    async def order_of(self, hold: UUID, minutes: float = 15) -> UUID:
        """An order of what is held."""
        async with acting(self.database) as tx:
            lines = lines_of(await held_lots(tx, hold))
            await bind(tx, hold)
            total = sum(PRICES[key.sku_id] * units for key, units in lines.items())
            until = NOON + timedelta(minutes=minutes)
            new = NewOrder(MALL, STORE, MEMBER, None, None, None, None, total, until, hold)
            return await write_order(tx, "20261130", new, lines, PRICES)

    async def begin(self, order: UUID, provider: str = PROVIDER) -> UUID:
        async with self.locked(order) as (tx, locked):
            return await begin_payment(tx, locked, provider)

    async def tell(self, payment: UUID, kind: str = "PAID", *, hours: float = 0, **other: Any) -> str:
        """A notice of a payment, with the right amount unless another is given; what it did."""
        amount = other.pop("amount", None)
        if amount is None:
            (amount,) = await column(self.database, "SELECT amount_fen FROM payment WHERE id = $1", payment)
        at = NOON + timedelta(hours=hours)
        given = {"id": f"n{next(_NOTICES)}", "refund": None, "reference": "ref", "currency": "CNY"} | other
        notice = Notice(kind=NoticeKind(kind), tenant=HERE, payment=payment, amount_fen=amount, at=at, **given)
        return (await take_notice(self.database, PROVIDER, notice, at)).value

    async def paid(self, *wanted: tuple[UUID, int]) -> UUID:
        """An order that is paid."""
        order = await self.place(*wanted)
        assert await self.tell(await self.begin(order), reference=uuid4().hex) == "CONFIRMED"
        return order

    async def ship(self, order: UUID, units: dict[int, int] | None = None, by: UUID = STORE) -> UUID:
        """So many units of each line leave, by itself all."""
        async with self.locked(order) as (tx, locked):
            return await ship(tx, locked, by, units or {})

    async def receive(self, order: UUID) -> None:
        async with self.locked(order) as (tx, locked):
            await receive(tx, locked)

    async def cancel(self, order: UUID, cause: str = "BY_BUYER") -> None:
        async with self.locked(order) as (tx, locked):
            await cancel(tx, locked, CancelCause(cause))

    async def cancel_rest(self, order: UUID, *lines: int) -> None:
        async with self.locked(order) as (tx, locked):
            await cancel_rest(tx, locked, OrderActor.SELLER, lines)

    async def refund(self, order: UUID, *lines: RefundedLine) -> UUID:
        async with self.locked(order) as (tx, locked):
            return await refund(tx, locked, lines, "x")

    async def retry(self, refund: UUID) -> None:
        """Have the provider told anew of a refund."""
        (order,) = await column(self.database, "SELECT order_id FROM refund WHERE id = $1", refund)
        async with self.locked(order) as (tx, locked):
            await retry_refund(tx, locked, refund)

    async def count(self, sku: UUID, units: int, *, at: UUID = PLACES[0], owner: UUID = STORE) -> None:
        """So many units were counted at a place."""
        await self._counted(Place(at, sku, owner, NO_LOT_ID), lambda now: units)

    async def adjust(self, sku: UUID, by: int, *, at: UUID = PLACES[0], owner: UUID = STORE) -> None:
        """There are so many units more, or less, at a place."""
        await self._counted(Place(at, sku, owner, NO_LOT_ID), lambda now: now.on_hand + by)

    async def trim(self, sku: UUID, spare: int = 0, *, at: UUID = PLACES[0]) -> None:
        """At a place of the store lies what is claimed there, and so many units more."""
        await self._counted(Place(at, sku, STORE, NO_LOT_ID), lambda now: now.reserved + now.allocated + spare)

    async def _counted(self, place: Place, left: Callable[[Numbers], int]) -> None:
        """So many units are left of what is at a place; begun anew where others come in between, as every act is."""

        def needed(there: Mapping[Place, Numbers]) -> dict[Place, int]:
            now = there.get(place)
            units = 0 if now is None else missing(left(now), now.reserved, now.allocated, now.quarantined)
            return {place: units} if units else {}

        async def once() -> None:
            async with acting(self.database) as tx:
                claimed = await lock_claimed(tx, [place], needed)
                now = claimed.there[place]
                by = left(now) - now.on_hand
                if now.on_hand + by < 0:
                    raise NotEnoughStock([Shortage(place.sku_id, -by, now.on_hand)])
                await give_way(tx, claimed, needed)
                changes = {place: Change(on_hand=by)}
                await written(tx, MovementKind.COUNT, place.location_id, place.owner_id, changes, None)

        await attempted(once)

    async def allocate(self, order: UUID) -> dict[int, int]:
        """Goods are found for what an order lacks: how many of which lines."""
        async with self.locked(order) as (tx, locked):
            return await allocate_short(tx, locked, NOON.date())

    async def short(self, order: UUID) -> list[int]:
        """What each line lacks."""
        return await column(self.database, "SELECT short FROM order_line WHERE order_id = $1 ORDER BY line", order)

    async def expire(self, order: UUID, hours: float = 1) -> bool:
        return await due.go_on(self.database, HERE, order, NOON + timedelta(hours=hours))

    async def confirm_free(self, order: UUID) -> None:
        async with self.locked(order) as (tx, locked):
            await allocate(tx, locked)
            await confirm(tx, locked, 0)

    @asynccontextmanager
    async def locked(self, order: UUID, hours: float = 0) -> AsyncIterator[tuple[Transaction, Locked]]:
        async with acting(self.database, hours=hours) as tx:
            found = await lock_order(tx, order)
            assert found is not None
            yield tx, found

    # ── what there is ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def state(self, order: UUID) -> str:
        facts = "SELECT concat_ws(' ', state, cancel_cause) FROM order_header WHERE id = $1"
        return str((await column(self.database, facts, order))[0])

    async def stock(self) -> list[list[int]]:
        """On hand, reserved and allocated of each row with goods."""
        rows = "SELECT ARRAY[on_hand, reserved, allocated] FROM stock ORDER BY sku_id, location_id"
        return await column(self.database, rows)

    async def money(self, order: UUID) -> list[int]:
        """What was paid and what went back."""
        (found,) = await column(
            self.database, "SELECT ARRAY[paid_fen, refunded_fen] FROM order_header WHERE id = $1", order
        )
        return list(found)

    async def events(self, *types: str) -> list[str]:
        found = await column(self.database, "SELECT type FROM outbox_event ORDER BY id")
        return [one for one in found if not types or one in types]


async def said(doing: Any) -> str:
    """What becomes of an act, in a word."""
    try:
        await doing
    except Refused as refused:
        return refused.code
    return "done"


@asynccontextmanager
async def selling(dsn: str, *units: tuple[UUID, int], connections: int = 8) -> AsyncIterator[Sales]:
    """Within it a shop sells so many units of skus; at its end all sums are right."""
    await goods(dsn)
    database = pool_of(Login(dsn, APP_ROLE), connections)
    made = Sales(dsn, database, Committer(database))
    for sku, quantity in units:
        await made.put(sku, quantity)
    yield made
    assert await column(database, BROKEN) == []
    await database.close()


async def begun(sales: Sales, sku: UUID = SKUS[0], provider: str = PROVIDER) -> tuple[UUID, UUID]:
    """An order of one unit and the payment that was begun for it."""
    order = await sales.place((sku, 1))
    return order, await sales.begin(order, provider)
