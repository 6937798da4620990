"""Holding goods for an order that is not placed yet: which units, from where, for whoever comes first.

Owns the decision over goods that are known, and in earnest over those that are locked: many holds one after the other,
each wholly or not at all. The order of sources is the nearest first, own stock before what others contribute; which
one is best is the sourcing policy's to say, not this module's.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Generic, NamedTuple, TypeVar
from uuid import UUID

from domain.base import Refused
from domain.inventory.promise import is_sellable, lot_order, sellable_of_contribution
from domain.inventory.words import NotEnoughStock, ReservationState, Shortage

P = TypeVar("P", bound=Hashable)

MAX_HOLD_LINES: Final = 100
"""The most lines of one hold."""
MAX_OPEN_HOLDS: Final = 20
"""The most that one customer keeps from others by her own acts: holds, and orders that wait for their money, together.
"""
MAX_STORE_HOLDS: Final = 50
"""The most that is kept from others at a time by whoever acts for one cloud store, for customers by name or for nobody:
holds, and unpaid orders of them, together. A customer does not answer for it.
"""
HOLD_MINUTES: Final = 15
"""How long goods are held, unless asked otherwise."""
LONGEST_HOLD_MINUTES: Final = 120


@dataclass(slots=True)
class Lot(Generic[P]):
    """A lot of one (location, sku, goods owner); `place` is the caller's, `loose` what nobody claims of it."""

    place: P
    code: str
    expires_on: date | None
    loose: int


@dataclass(slots=True)
class Goods(Generic[P]):
    """All lots of one (location, sku, goods owner), and what the owner keeps back of them: counted once, whichever way
    they are reached.
    """

    lots: list[Lot[P]]
    safety: int = 0

    def free(self, today: date) -> int:
        """What nobody has a claim on."""
        return sum(lot.loose for lot in self.lots if is_sellable(lot.expires_on, today)) - self.safety


@dataclass(slots=True)
class Way(Generic[P]):
    """One way to goods: the store's own, or a contribution that it sees, with what is promised through that."""

    goods: Goods[P]
    contribution: UUID | None = None
    share_bps: int = 0
    cap: int | None = None
    held: int = 0

    def gives(self, free: int) -> int:
        """What it gives now, where so much is free of its goods."""
        if self.contribution is None:
            return max(0, free)
        return sellable_of_contribution(self.share_bps, self.cap, free, self.held)


class Wanted(NamedTuple):
    """So many base units of a sku; `own_only`: of the store's own goods, whatever others contribute."""

    sku: UUID
    quantity: int
    own_only: bool = False


class Taken(NamedTuple, Generic[P]):
    """Units of one lot, and the contribution through which they are taken, if any."""

    place: P
    contribution: UUID | None
    quantity: int


def held(wanted: Sequence[Wanted], ways: Mapping[UUID, Sequence[Way[P]]], today: date) -> list[Taken[P]]:
    """Take what is wanted, and leave the ways as they are then; or nothing.

    Lines of one sku are one. Each way is used up before the next, within it the lot that expires first.

    Raises: NotEnoughStock with every sku of which there is less than is wanted.
    """
    together: dict[UUID, int] = {}
    for sku, quantity, _ in wanted:
        together[sku] = together.get(sku, 0) + quantity
    own_only = {one.sku for one in wanted if one.own_only}
    taking: list[tuple[Way[P], int]] = []
    short: list[Shortage] = []
    for sku, quantity in together.items():
        there = ways.get(sku, ())
        parts = _parts(
            [way for way in there if way.contribution is None] if sku in own_only else there, today, quantity
        )
        given = sum(part for _, part in parts)
        if given < quantity:
            short.append(Shortage(sku, quantity, given))
        taking += parts
    if short:
        raise NotEnoughStock(short)
    return [taken for way, part in taking for taken in _taken(way, part, today)]


def _parts(ways: Sequence[Way[P]], today: date, wanted: int) -> list[tuple[Way[P], int]]:
    """How much of what is wanted each way gives, goods that are reached in several ways once.

    As the shelf counts it, from what is there before anything is taken: a share is one of what lies there now.
    """
    left: dict[int, int] = {}
    parts: list[tuple[Way[P], int]] = []
    for way in ways:
        if not wanted:
            break
        free = way.goods.free(today)
        rest = left.get(id(way.goods), free)
        part = min(rest, way.gives(free), wanted)
        if part > 0:
            left[id(way.goods)] = rest - part
            wanted -= part
            parts.append((way, part))
    return parts


def _taken(way: Way[P], part: int, today: date) -> list[Taken[P]]:
    """Take so much through one way, of the lot first that expires first."""
    found: list[Taken[P]] = []
    if way.contribution is not None:
        way.held += part
    for lot in sorted(way.goods.lots, key=lambda each: lot_order(each.expires_on, each.code)):
        if not part:
            break
        units = min(part, lot.loose) if is_sellable(lot.expires_on, today) else 0
        if units > 0:
            lot.loose -= units
            part -= units
            found.append(Taken(lot.place, way.contribution, units))
    if part:
        raise AssertionError("What is free lies in no lot.")
    return found


# ── what is commanded ─────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class HoldLine:
    """So many base units of what a listing sells."""

    listing: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class HoldStock:
    """Hold goods of one cloud store for so many minutes; `customer` is for whom, where another asks."""

    lines: tuple[HoldLine, ...]
    minutes: int
    customer: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """Give back what is held."""

    reservation: UUID


class NotOnOneShelf(Refused):
    """The listings are not there, or not all of one cloud store: goods are held where they are sold together."""

    code = "NOT_ON_ONE_SHELF"

    def __init__(self) -> None:
        super().__init__("The listings are not all on the shelf of one cloud store.")


class TooManyHolds(Refused):
    """The customer herself, or who acts for the cloud store, keeps as much from others as may be: `most` at a time."""

    code = "TOO_MANY_HOLDS"

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"At most {most} at a time are kept from others.")


class HoldOver(Refused):
    """What is to be given back is held no more: an order has it, or it was given back."""

    code = "HOLD_OVER"

    def __init__(self, state: ReservationState) -> None:
        self.state = state
        super().__init__("The goods are held no more.")
