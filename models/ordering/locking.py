"""An order under its lock: what every act and every notice reads first, and decides on.

The row of the order is the one lock of all that belongs to it: lines, allocations, payments, refunds. It is taken
before ledger, stock and contributions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from domain.ordering import (
    COMPLETION_TIME,
    CancelCause,
    LineMoney,
    LineProgress,
    OrderActor,
    OrderKind,
    OrderState,
    check_transition,
)
from models.inventory import Claim, Place
from models.writing import Event, Made, Transaction

_FOR_UPDATE = """
    SELECT id, number, kind, state, seller_id, customer_id, cloud_store_id, currency, total_fen, paid_fen, refunded_fen,
           placed_at, payment_due_at, due_at, reservation_id, cancel_cause
    FROM order_header
    WHERE tenant_id = :tenant AND id = any(CAST(:ids AS uuid[])) AND payment_due_at IS NOT NULL
    ORDER BY id
    FOR NO KEY UPDATE"""
_LOCK, _LOCK_FREE = text(_FOR_UPDATE), text(f"{_FOR_UPDATE} SKIP LOCKED")
_LINES = text("""
    SELECT order_id, line, sku_id, goods_owner_id, fulfiller_id, quantity, unit_fen, net_fen, shipped, cancelled,
           refunded, refunded_fen, short
    FROM order_line WHERE tenant_id = :tenant AND order_id = any(CAST(:ids AS uuid[])) ORDER BY order_id, line
""")
_IDLE = text("""
    SELECT id FROM organization
    WHERE tenant_id = :tenant AND id = any(CAST(:ids AS uuid[])) AND status <> 'ACTIVE'
""")
_ALLOCATED = text("""
    SELECT part, line, location_id, sku_id, owner_id, lot_id, contribution_id, quantity - shipped - given_back AS left
    FROM order_allocation
    WHERE tenant_id = :tenant AND order_id = :order AND shipped + given_back < quantity
    ORDER BY part
""")
_STEP = text("""
    UPDATE order_header SET state = :state, cancel_cause = :cause,
        due_at = CASE WHEN :state = 'PENDING_PAYMENT' THEN payment_due_at
                      WHEN :state = 'FULFILLED' THEN CAST(:completes AS timestamptz) END,
        paid_fen = paid_fen + :paid, refunded_fen = refunded_fen + :refunded
    WHERE tenant_id = :tenant AND id = any(CAST(:ids AS uuid[]))
""")
_REFUNDED = text("""
    UPDATE order_header SET refunded_fen = refunded_fen + :amount WHERE tenant_id = :tenant AND id = :id
""")
_COUNT = text("""
    UPDATE order_line l SET shipped = l.shipped + c.shipped, cancelled = l.cancelled + c.cancelled,
        refunded = l.refunded + c.refunded, refunded_fen = l.refunded_fen + c.refunded_fen,
        short = l.short + c.short, short_since = CASE WHEN l.short + c.short > 0 THEN l.short_since END,
        short_seller_id = CASE WHEN l.short + c.short > 0 THEN l.short_seller_id END
    FROM unnest(CAST(:lines AS bigint[]), CAST(:shippeds AS bigint[]), CAST(:cancelleds AS bigint[]),
                CAST(:refundeds AS bigint[]), CAST(:refunded_fens AS bigint[]), CAST(:shorts AS bigint[]))
         c (line, shipped, cancelled, refunded, refunded_fen, short)
    WHERE l.tenant_id = :tenant AND l.order_id = :order AND l.line = c.line
""")
_CANCEL = text("""
    UPDATE order_line SET cancelled = quantity - shipped
    WHERE tenant_id = :tenant AND order_id = any(CAST(:orders AS uuid[]))
""")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order under its lock."""

    line: int
    sku_id: UUID
    goods_owner_id: UUID
    fulfiller_id: UUID
    quantity: int
    unit_fen: int
    net_fen: int
    shipped: int
    cancelled: int
    refunded: int
    refunded_fen: int
    short: int

    @property
    def left(self) -> int:
        """Units that have neither shipped nor been cancelled, with goods or without."""
        return self.quantity - self.shipped - self.cancelled

    @property
    def covered(self) -> int:
        """Those of them that have goods: what can ship."""
        return self.left - self.short

    @property
    def progress(self) -> LineProgress:
        """How far it is."""
        return LineProgress(self.quantity, self.shipped, self.cancelled)

    @property
    def money(self) -> LineMoney:
        """What of its money went back."""
        return LineMoney(self.line, self.quantity, self.net_fen, self.refunded, self.refunded_fen)


@dataclass(frozen=True, slots=True)
class Allocated:
    """What is left of one part of an order's goods: a claim for `line`."""

    part: int
    line: int
    claim: Claim


@dataclass(frozen=True, slots=True)
class Locked:
    """An order that was placed here, under its lock, with its lines."""

    id: UUID
    number: str
    kind: OrderKind
    state: OrderState
    seller_id: UUID
    customer_id: UUID
    cloud_store_id: UUID
    currency: str
    total_fen: int
    paid_fen: int
    refunded_fen: int
    placed_at: datetime
    payment_due_at: datetime
    due_at: datetime | None
    reservation_id: UUID
    cancel_cause: CancelCause | None
    lines: tuple[Line, ...]

    @property
    def parties(self) -> frozenset[UUID]:
        """Who sells, and who owns and ships the goods."""
        return frozenset(
            {self.seller_id, *(one for line in self.lines for one in (line.goods_owner_id, line.fulfiller_id))}
        )

    @property
    def made(self) -> Made:
        """The order as audit and events name it."""
        return Made("order", self.id)

    def check(self, to: OrderState, actor: OrderActor) -> None:
        """Refuse a step that the table does not have. Raises: domain.ordering.TransitionNotAllowed."""
        check_transition(self.state, to, actor, self.kind)

    def tells(self, type: str, facts: Mapping[str, Any]) -> Event:
        """An event of the order for its seller, whose amounts they are."""
        return Event(type, self.made, frozenset({self.seller_id}), {"number": self.number, **facts})

    def tells_others(self, type: str, quantities: Mapping[int, int]) -> list[Event]:
        """An event for each owner and keeper of goods that are not the seller's: of its own lines, in units alone."""
        theirs: dict[UUID, set[int]] = {}
        for line in self.lines:
            for one in {line.goods_owner_id, line.fulfiller_id} - {self.seller_id}:
                if quantities.get(line.line):
                    theirs.setdefault(one, set()).add(line.line)
        facts = {one: self.units_of({line: quantities[line] for line in lines}) for one, lines in theirs.items()}
        return [
            Event(type, self.made, frozenset({one}), {"number": self.number, "lines": lines})
            for one, lines in sorted(facts.items())
        ]

    def units_of(self, quantities: Mapping[int, int]) -> list[dict[str, Any]]:
        """So many units of lines as events tell them."""
        return [
            {"line": line.line, "sku": line.sku_id.hex, "quantity": quantities[line.line]}
            for line in self.lines
            if quantities.get(line.line)
        ]


async def lock_order(tx: Transaction, id: UUID) -> Locked | None:
    """The order, locked until the act ends; None for one that is not there, or was not placed here."""
    return (await lock_orders(tx, [id])).get(id)


async def lock_orders(tx: Transaction, ids: Iterable[UUID], *, wait: bool = True) -> dict[UUID, Locked]:
    """Orders by id, locked until the act ends; without those that are not there, or were not placed here.

    `wait`: whether for those that others have; else these are left out. Who has goods already may not wait for orders.
    """
    named = {"tenant": tx.tenant_id, "ids": sorted(set(ids))}
    rows = (await tx.execute(_LOCK if wait else _LOCK_FREE, named)).all()
    if not rows:
        return {}
    lines: dict[UUID, list[Line]] = {row.id: [] for row in rows}
    for line in await tx.execute(_LINES, named):
        known = dict(line._mapping)
        of = lines.get(known.pop("order_id"))
        if of is not None:
            of.append(Line(**known))
    return {row.id: _locked(row, lines[row.id]) for row in rows}


def _locked(row: Row[Any], lines: Sequence[Line]) -> Locked:
    found = dict(row._mapping)
    found["kind"], found["state"] = OrderKind(row.kind), OrderState(row.state)
    found["cancel_cause"] = None if row.cancel_cause is None else CancelCause(row.cancel_cause)
    return Locked(**found, lines=tuple(lines))


async def idle_of(tx: Transaction, organizations: Iterable[UUID]) -> set[UUID]:
    """Which of these organisations do not trade."""
    rows = await tx.execute(_IDLE, {"tenant": tx.tenant_id, "ids": sorted(set(organizations))})
    return {row.id for row in rows}


async def allocated(tx: Transaction, order: Locked) -> list[Allocated]:
    """What goods the order has still, in the order in which they ship."""
    rows = await tx.execute(_ALLOCATED, {"tenant": tx.tenant_id, "order": order.id})
    return [
        Allocated(
            row.part,
            row.line,
            Claim(Place(row.location_id, row.sku_id, row.owner_id, row.lot_id), row.contribution_id, row.left),
        )
        for row in rows
    ]


async def step(
    tx: Transaction,
    order: Locked,
    to: OrderState,
    actor: OrderActor,
    *,
    cause: CancelCause | None = None,
    paid_fen: int = 0,
    refunded_fen: int = 0,
) -> None:
    """Let the order go on, as the table allows, and count what was paid and given back with it.

    Raises: domain.ordering.TransitionNotAllowed.
    """
    await step_all(tx, [order], to, actor, cause=cause, paid_fen=paid_fen, refunded_fen=refunded_fen)


async def step_all(
    tx: Transaction,
    orders: Sequence[Locked],
    to: OrderState,
    actor: OrderActor,
    *,
    cause: CancelCause | None = None,
    paid_fen: int = 0,
    refunded_fen: int = 0,
) -> None:
    """Let orders go on as `step` does one, all of them alike. Raises: domain.ordering.TransitionNotAllowed."""
    for order in orders:
        order.check(to, actor)
    ids = [order.id for order in orders]
    values = {"tenant": tx.tenant_id, "ids": ids, "state": to.value, "cause": cause and cause.value}
    completes = tx.now + COMPLETION_TIME
    await tx.execute(_STEP, {**values, "completes": completes, "paid": paid_fen, "refunded": refunded_fen})


async def count_refunded(tx: Transaction, order: Locked, amount_fen: int) -> None:
    """Count what was given back of an order that stays where it stands."""
    await tx.execute(_REFUNDED, {"tenant": tx.tenant_id, "id": order.id, "amount": amount_fen})


async def count(tx: Transaction, order_id: UUID, changes: Sequence[Mapping[str, int]]) -> None:
    """Add to what lines have shipped, cancelled, given back, and lack; each change names its `line`."""
    names = ("line", "shipped", "cancelled", "refunded", "refunded_fen", "short")
    columns = {f"{name}s": [change.get(name, 0) for change in changes] for name in names}
    await tx.execute(_COUNT, {"tenant": tx.tenant_id, "order": order_id, **columns})


async def cancel_lines(tx: Transaction, orders: Sequence[Locked]) -> None:
    """Count all units of orders as cancelled that have not shipped."""
    await tx.execute(_CANCEL, {"tenant": tx.tenant_id, "orders": [order.id for order in orders]})
