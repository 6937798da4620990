"""What is generated of consumers, as plain values: one class for each kind of row.

Owns the shapes only. Members and promoters are named by their numbers, rights by their codes, the rest by ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from demo.consumers.world import Hop
from domain.attribution import BindingEnd, PromoterKind, TouchOutcome, TouchRejection, TouchSource
from domain.member import CouponState, RightKind
from domain.ordering import OrderState, Terminal


class Member(NamedTuple):
    """A shopper. Her account's subject is `member:` and her number; `referrer` is the member who brought her."""

    number: int
    name: str
    phone: str | None
    joined_at: datetime
    tags: tuple[str, ...]
    referrer: int | None


class Visit(NamedTuple):
    """A membership of one cloud store; `place` counts the world's places."""

    member: int
    place: int
    joined_at: datetime


class Growth(NamedTuple):
    """What a member has grown to under TIER terms, and the level that is."""

    member: int
    terms: str
    growth: int
    level: str


class Balance(NamedTuple):
    """Points, or stored money."""

    member: int
    terms: str
    kind: RightKind
    balance: int


class CouponMade(NamedTuple):
    """One coupon; `order` is the number of the order that holds or used it."""

    member: int
    terms: str
    code: str
    state: CouponState
    granted_at: datetime
    valid_from: datetime
    valid_until: datetime
    order: int | None


class Line(NamedTuple):
    """A line of a shopper's order."""

    sku: UUID
    brand: UUID
    owner: UUID
    quantity: int
    unit_fen: int
    discount_fen: int


class Purchase(NamedTuple):
    """A shopper's order at one place. Numbers count from 1."""

    number: int
    member: int
    place: int
    state: OrderState
    terminal: Terminal
    placed_at: datetime
    lines: tuple[Line, ...]

    @property
    def total_fen(self) -> int:
        """What is to be paid."""
        return sum(line.quantity * line.unit_fen - line.discount_fen for line in self.lines)


class PromoterMade(NamedTuple):
    """A promoter of an organisation: a member (by number), or a person of her own, `promoter:` and her number."""

    number: int
    member: int | None
    name: str
    phone: str
    organization: UUID
    kind: PromoterKind
    code: str
    joined_at: datetime
    active: bool


class TouchMade(NamedTuple):
    """A touch, and what became of it."""

    member: int
    organization: UUID
    guide: UUID | None
    promoter: int | None
    source: TouchSource
    strength: int
    terminal: Terminal
    occurred_at: datetime
    outcome: TouchOutcome
    rejection: TouchRejection | None


class BindingMade(NamedTuple):
    """A binding with its frozen chain, the owner first."""

    member: int
    chain: tuple[Hop, ...]
    guide: UUID | None
    promoter: int | None
    source: TouchSource
    strength: int
    bound_at: datetime
    protected_until: datetime
    valid_until: datetime
    ended_at: datetime | None
    end_cause: BindingEnd | None
    end_reason: str | None


@dataclass(frozen=True)
class Consumers:
    """Everything generated for one world; every member's rows stand in the order of time."""

    members: tuple[Member, ...]
    visits: tuple[Visit, ...]
    growth: tuple[Growth, ...]
    balances: tuple[Balance, ...]
    coupons: tuple[CouponMade, ...]
    purchases: tuple[Purchase, ...]
    promoters: tuple[PromoterMade, ...]
    touches: tuple[TouchMade, ...]
    bindings: tuple[BindingMade, ...]
