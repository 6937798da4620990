"""How an order moves from draft to completion, and what a new one may hold.

Owns the kinds and states of orders, the table of transitions with who may make each, the state that follows from what
was shipped, and the checks on the lines of a new order. Does not own prices (`domain.catalog`), stock
(`domain.inventory`) or money (`domain.money`); returns are documents of their own and never move an order's state.

    Refused
    ├── TransitionNotAllowed   the order is not in a state, or the actor not one, that allows this
    ├── NoLines                an order needs a line
    ├── TooManyLines           more lines than one order can hold
    └── from domain.catalog    StepMismatch, BelowMinimum, QuantityTooLarge: one line's quantity
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from math import lcm
from typing import Final, NamedTuple
from uuid import UUID

from domain.base import Refused
from domain.catalog import check_quantity
from domain.channel import CloudStoreMode

MAX_ORDER_LINES: Final = 500
"""Most lines that one order may be given."""


class OrderKind(StrEnum):
    """What an order (订单) is between its two parties."""

    CONSUMER = "CONSUMER"
    """消费者订单: a shopper buys."""
    REPLENISHMENT = "REPLENISHMENT"
    """补货/买断: store from distributor, distributor from brand; title passes."""
    DROPSHIP = "DROPSHIP"
    """代发: the goods stay the upstream's; title passes through at the sale."""
    PRESALE = "PRESALE"
    """订货会/预售: a deposit now, called off later."""
    PURCHASE = "PURCHASE"
    """采购: from a supplier."""


class OrderState(StrEnum):
    """Where an order stands."""

    DRAFT = "DRAFT"
    """草稿: being written; binds nobody."""
    PENDING_APPROVAL = "PENDING_APPROVAL"
    """待审批: an approval rule holds it."""
    PENDING_PAYMENT = "PENDING_PAYMENT"
    """待付款: facts are frozen and stock is held until it is paid."""
    CONFIRMED = "CONFIRMED"
    """已确认: paid or on agreed terms; nothing shipped."""
    PARTLY_FULFILLED = "PARTLY_FULFILLED"
    """部分发货: some units shipped, some still to come."""
    FULFILLED = "FULFILLED"
    """已发货: nothing more to ship."""
    COMPLETED = "COMPLETED"
    """已完成: received."""
    CANCELLED = "CANCELLED"
    """已取消: ended before anything shipped."""


class Terminal(StrEnum):
    """Where an order or a touch was made (终端)."""

    WEB = "WEB"
    """网页: a web page."""
    APP = "APP"
    """手机应用: an application on a telephone."""
    MINI_PROGRAM = "MINI_PROGRAM"
    """小程序: a mini program inside another application."""
    SHOP = "SHOP"
    """门店: the till or a guide in the shop."""
    SALESPERSON = "SALESPERSON"
    """业务员代下单: a salesperson on the buyer's behalf."""
    PARTNER = "PARTNER"
    """外部系统: a partner's system, or a file of past trade."""


class OrderActor(StrEnum):
    """The part someone plays towards an order. Whoever acts under a grant or for a customer plays that one's part."""

    BUYER = "BUYER"
    """买方: the shopper or purchasing organisation, or a salesperson for her."""
    SELLER = "SELLER"
    """卖方: the organisation that sells, or its operator; the supplier of a purchase order."""
    APPROVER = "APPROVER"
    """审批人: whom the approval rule names."""
    FULFILLER = "FULFILLER"
    """履约方: who ships or hands over."""
    PAYMENT = "PAYMENT"
    """支付: the tenders covered what is due: a payment channel's notice, or the ledger."""
    SYSTEM = "SYSTEM"
    """系统: a rule or a deadline."""


class CancelCause(StrEnum):
    """Why an order was cancelled."""

    EXPIRED = "EXPIRED"
    """超时未付: it was not paid in time."""
    LAPSED = "LAPSED"
    """失效: a draft that was left lying, or an approval that was not decided in time; it was never to be paid."""
    BY_BUYER = "BY_BUYER"
    """买方取消: the buyer gave it up."""
    BY_SELLER = "BY_SELLER"
    """卖方取消: the seller gave it up."""
    GOODS_GONE = "GOODS_GONE"
    """缺货取消: its goods are not there, as a count or a damage showed before it was paid."""
    REJECTED = "REJECTED"
    """审批拒绝: the approver said no."""


class Transition(NamedTuple):
    """One row of the table: from `source` to `target`, by any of `actors`, on orders of `kinds`, when `occasion`.

    Where source and target are the same the order changes (a part ships, a line's rest is cancelled) and its state
    does not.
    """

    source: OrderState
    target: OrderState
    actors: frozenset[OrderActor]
    kinds: frozenset[OrderKind]
    occasion: str


_ALL: Final = frozenset(OrderKind)
_TRADE: Final = _ALL - {OrderKind.CONSUMER}
_PURCHASE: Final = frozenset({OrderKind.PURCHASE})
_S, _A = OrderState, OrderActor


def _row(
    source: OrderState, target: OrderState, actors: set[OrderActor], kinds: frozenset[OrderKind], occasion: str
) -> Transition:
    return Transition(source, target, frozenset(actors), kinds, occasion)


TRANSITIONS: Final[tuple[Transition, ...]] = (
    _row(_S.DRAFT, _S.PENDING_APPROVAL, {_A.BUYER}, _TRADE, "submitted; an approval rule holds it"),
    _row(_S.DRAFT, _S.PENDING_PAYMENT, {_A.BUYER}, _ALL, "submitted; no approval rule holds it"),
    _row(_S.DRAFT, _S.CANCELLED, {_A.BUYER, _A.SYSTEM}, _ALL, "discarded, or left lying too long"),
    _row(_S.PENDING_APPROVAL, _S.PENDING_PAYMENT, {_A.APPROVER, _A.SYSTEM}, _TRADE, "approved, or passed by a rule"),
    _row(_S.PENDING_APPROVAL, _S.DRAFT, {_A.APPROVER, _A.BUYER}, _TRADE, "sent back, or taken back, to be changed"),
    _row(
        _S.PENDING_APPROVAL, _S.CANCELLED, {_A.APPROVER, _A.BUYER, _A.SYSTEM}, _TRADE,
        "rejected, withdrawn, or not decided in time",
    ),
    _row(_S.PENDING_PAYMENT, _S.CONFIRMED, {_A.PAYMENT}, _ALL, "what is due now is covered"),
    _row(_S.PENDING_PAYMENT, _S.CONFIRMED, {_A.SELLER}, _PURCHASE, "the supplier accepts the order on agreed terms"),
    _row(
        _S.PENDING_PAYMENT, _S.CANCELLED, {_A.BUYER, _A.SELLER, _A.SYSTEM}, _ALL,
        "given up by either side, not paid in time, or its goods are gone",
    ),
    _row(_S.CONFIRMED, _S.PARTLY_FULFILLED, {_A.FULFILLER}, _ALL, "a first part ships"),
    _row(_S.CONFIRMED, _S.FULFILLED, {_A.FULFILLER}, _ALL, "everything ships or is handed over at once"),
    _row(_S.CONFIRMED, _S.CANCELLED, {_A.BUYER, _A.SELLER}, _ALL, "given up by either side; nothing has shipped"),
    _row(_S.PARTLY_FULFILLED, _S.PARTLY_FULFILLED, {_A.FULFILLER}, _ALL, "a further part ships and some is left"),
    _row(
        _S.PARTLY_FULFILLED, _S.PARTLY_FULFILLED, {_A.BUYER, _A.SELLER}, _ALL,
        "the rest of a line is cancelled and other lines have units left",
    ),
    _row(_S.PARTLY_FULFILLED, _S.FULFILLED, {_A.FULFILLER}, _ALL, "the last part ships"),
    _row(_S.PARTLY_FULFILLED, _S.FULFILLED, {_A.BUYER, _A.SELLER}, _ALL, "the last rest is cancelled"),
    _row(_S.FULFILLED, _S.COMPLETED, {_A.BUYER, _A.SYSTEM}, _ALL, "received, or the time to say otherwise is over"),
    _row(
        _S.CANCELLED, _S.CONFIRMED, {_A.PAYMENT}, _ALL,
        "paid after it expired, and the stock could be held again at the frozen price",
    ),
)  # fmt: skip
"""Every way an order can move. What is not here does not happen, whoever asks and whatever races."""

_ALLOWED: Final = frozenset(
    (row.source, row.target, actor, kind) for row in TRANSITIONS for actor in row.actors for kind in row.kinds
)


class TransitionNotAllowed(Refused):
    """The order cannot go from `state` to `to` at the hand of `actor`; it can go to the states in `possible`."""

    code = "TRANSITION_NOT_ALLOWED"

    def __init__(self, state: OrderState, to: OrderState, actor: OrderActor, kind: OrderKind) -> None:
        super().__init__(f"An order that is {state} cannot become {to} by {actor}.")
        self.state, self.to = state, to
        self.actor = actor
        self.kind = kind
        self.possible = reachable(state, actor, kind)


class NoLines(Refused):
    """The order has no line."""

    code = "NO_LINES"

    def __init__(self) -> None:
        super().__init__("An order needs at least one line.")


class TooManyLines(Refused):
    """The order has more than `MAX_ORDER_LINES` lines."""

    code = "TOO_MANY_LINES"

    def __init__(self, lines: int) -> None:
        super().__init__(f"An order holds at most {MAX_ORDER_LINES} lines, not {lines}.")
        self.lines = lines
        self.max_lines = MAX_ORDER_LINES


def may(state: OrderState, to: OrderState, actor: OrderActor, kind: OrderKind) -> bool:
    """Say whether the table lets `actor` move an order of `kind` from `state` to `to`.

    The only row with a condition on the order's past, CANCELLED to CONFIRMED, is decided by `after_late_payment`.

    Source: docs/domain.md, Orders of every tier.
    """
    return (state, to, actor, kind) in _ALLOWED


def check_transition(state: OrderState, to: OrderState, actor: OrderActor, kind: OrderKind) -> None:
    """Refuse a move that `may` denies. Call it with the state read under the order's lock.

    Raises:
        TransitionNotAllowed: the table has no such row.

    Source: docs/domain.md, Orders of every tier.
    """
    if not may(state, to, actor, kind):
        raise TransitionNotAllowed(state, to, actor, kind)


def reachable(state: OrderState, actor: OrderActor, kind: OrderKind) -> tuple[OrderState, ...]:
    """List the states to which `actor` may move an order of `kind` that is in `state`, in the order of the states.

    Source: docs/domain.md, Orders of every tier.
    """
    return tuple(to for to in OrderState if may(state, to, actor, kind))


def after_submission(kind: OrderKind, held_by_rule: bool) -> OrderState:
    """Give the state of a draft that is submitted.

    Args:
        kind: the order's kind; a consumer's order is never held for approval.
        held_by_rule: an approval rule asks for a decision on this order.

    Source: docs/domain.md, Orders of every tier.
    """
    if held_by_rule and kind is not OrderKind.CONSUMER:
        return OrderState.PENDING_APPROVAL
    return OrderState.PENDING_PAYMENT


def after_late_payment(cause: CancelCause, held_again: bool) -> OrderState:
    """Give the state of a cancelled order whose payment arrives after all.

    Only an order that expired comes back, and only if its stock could be held again; its price stays the frozen one.
    Where it stays CANCELLED, the payment is refunded in full.

    Args:
        cause: why the order was cancelled.
        held_again: all its units are held anew in this transaction.

    Source: docs/domain.md, Orders of every tier.
    """
    if cause is CancelCause.EXPIRED and held_again:
        return OrderState.CONFIRMED
    return OrderState.CANCELLED


class LineProgress(NamedTuple):
    """How far one line is, in base units: `shipped` and `cancelled` of `quantity`, together at most that."""

    quantity: int
    shipped: int
    cancelled: int


def fulfilment_state(lines: Iterable[LineProgress]) -> OrderState:
    """Give the state of a paid order from what its lines say was shipped and cancelled.

    Args:
        lines: all lines of the order.

    Returns:
        FULFILLED when nothing is left to ship and something shipped, PARTLY_FULFILLED when something shipped and
        something is left, CONFIRMED when nothing shipped yet, CANCELLED when all was cancelled before anything shipped.

    Source: docs/domain.md, Orders of every tier.
    """
    shipped = left = 0
    for line in lines:
        shipped += line.shipped
        left += line.quantity - line.shipped - line.cancelled
    if shipped:
        return OrderState.PARTLY_FULFILLED if left else OrderState.FULFILLED
    return OrderState.CONFIRMED if left else OrderState.CANCELLED


ORDER_KINDS_OF_MODE: Final[Mapping[CloudStoreMode, frozenset[OrderKind]]] = {
    CloudStoreMode.PRIVATE_MALL: frozenset({OrderKind.CONSUMER, OrderKind.PRESALE}),
    CloudStoreMode.COMMUNITY_GROUP: frozenset({OrderKind.CONSUMER}),
    CloudStoreMode.O2O: frozenset({OrderKind.CONSUMER}),
    CloudStoreMode.B2B_ORDERING: frozenset({OrderKind.REPLENISHMENT, OrderKind.PRESALE}),
}
"""The kinds of order that a cloud store of each mode takes. DROPSHIP and PURCHASE orders are placed in no cloud store:
they are raised upstream by what is sold. Source: docs/domain.md, Cloud stores and operation on behalf."""

_WHOLE_CASE_KINDS: Final = frozenset({OrderKind.REPLENISHMENT, OrderKind.PURCHASE})


class NewLine(NamedTuple):
    """One line of an order that is about to be placed, in base units.

    `min_qty` and `step_qty` are the sku's for this buyer, `units_per_case` is its case (箱规), 1 where it has none.
    """

    sku: UUID
    quantity: int
    min_qty: int
    step_qty: int
    units_per_case: int


def sells_whole_cases(kind: OrderKind, mode: CloudStoreMode | None) -> bool:
    """Say whether new orders hold whole cases only: those of organisations do, those of shoppers do not.

    DROPSHIP follows what a shopper bought. Orders that were placed before, elsewhere, may hold broken cases.

    Args:
        kind: the order's kind.
        mode: the cloud store's mode, which tells a PRESALE to organisations from one to members; None outside one.

    Source: docs/domain.md, Orders of every tier.
    """
    return kind in _WHOLE_CASE_KINDS or (kind is OrderKind.PRESALE and mode is CloudStoreMode.B2B_ORDERING)


def merge_lines(lines: Iterable[NewLine]) -> list[NewLine]:
    """Join lines of one sku, in the order in which each sku comes first; the terms are those of its first line.

    Source: docs/domain.md, One pool of stock.
    """
    merged: dict[UUID, NewLine] = {}
    for line in lines:
        first = merged.get(line.sku)
        merged[line.sku] = line if first is None else first._replace(quantity=first.quantity + line.quantity)
    return list(merged.values())


def check_line(line: NewLine, whole_cases: bool) -> None:
    """Refuse one line, all quantity of its sku in it, that is not sold so.

    Args:
        line: the merged line of one sku.
        whole_cases: as `sells_whole_cases` says; the step is then the least common multiple of step and case.

    Raises:
        BelowMinimum: less than the minimum.
        StepMismatch: not a whole number of steps, or of cases.
        QuantityTooLarge: more than one line can hold.

    Source: docs/domain.md, Shelf.
    """
    step = lcm(line.step_qty, line.units_per_case) if whole_cases else line.step_qty
    check_quantity(line.quantity, line.min_qty, step, line.sku)


def check_lines(lines: Sequence[NewLine], whole_cases: bool) -> list[NewLine]:
    """Merge and check the lines of a new order.

    Args:
        lines: as the buyer gave them.
        whole_cases: as `sells_whole_cases` says.

    Returns:
        One line for each sku.

    Raises:
        NoLines: there is none.
        TooManyLines: more than `MAX_ORDER_LINES`, before they are merged.
        BelowMinimum, StepMismatch, QuantityTooLarge: a line given below 1, or the first that `check_line` refuses.

    Source: docs/domain.md, Orders of every tier.
    """
    if not lines:
        raise NoLines
    if len(lines) > MAX_ORDER_LINES:
        raise TooManyLines(len(lines))
    for line in lines:
        check_quantity(line.quantity, 1, 1, line.sku)  # in the sum one line below 1 would hide behind another
    merged = merge_lines(lines)
    for line in merged:
        check_line(line, whole_cases)
    return merged
