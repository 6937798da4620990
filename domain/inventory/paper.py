"""Papers about goods: what is commanded, and from which lots goods leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Generic, NamedTuple, TypeVar
from uuid import UUID

from domain.base import Refused
from domain.inventory.promise import lot_order

L = TypeVar("L")

MAX_GOODS_LINES: Final = 500
"""The most lines of one paper about goods."""
MAX_ORDERS_TOUCHED: Final = 200
"""The most orders that one act ends, or leaves short, for want of goods."""


@dataclass(frozen=True, slots=True)
class LotDates:
    """When a lot was made, and the first day on which it may not be sold; None where nobody has said."""

    produced_on: date | None = None
    expires_on: date | None = None


NO_DATES: Final = LotDates()


def learned(known: LotDates, said: LotDates) -> LotDates | None:
    """The dates of a lot of which more is said than was known; None where the two contradict each other.

    Source: docs/domain.md, Rules that hold everywhere.
    """
    produced_on = known.produced_on or said.produced_on
    expires_on = known.expires_on or said.expires_on
    if said.produced_on not in (None, produced_on) or said.expires_on not in (None, expires_on):
        return None
    if produced_on is not None and expires_on is not None and produced_on >= expires_on:
        return None
    return LotDates(produced_on, expires_on)


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """Goods of a paper: `quantity` base units of a sku. No `lot`: goods that are not kept by lots, or any that leave.

    `dates` are what is said of the lot of goods that come in.
    """

    sku: UUID
    quantity: int
    lot: str | None = None
    dates: LotDates = NO_DATES


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCommand:
    """A paper about goods at a location. `owner`: whose they are, None for who runs the location."""

    location: UUID
    goods: tuple[GoodsLine, ...]
    owner: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferStock(StockCommand):
    """Goods that go to another location."""

    to: UUID


class LooseLot(NamedTuple, Generic[L]):
    """A lot of one (location, sku, goods owner), of which `loose` base units may leave; `lot` is in any form."""

    lot: L
    code: str
    expires_on: date | None
    loose: int


def taken(lots: Iterable[LooseLot[L]], quantity: int) -> list[tuple[L, int]] | int:
    """From which lots so many units leave, the first that expires first: (lot, units) for each.

    Returns: how many there are instead, if that is fewer.
    """
    left, found = quantity, []
    for lot in sorted(lots, key=lambda each: lot_order(each.expires_on, each.code)):
        part = min(left, max(0, lot.loose))
        if part:
            found.append((lot.lot, part))
            left -= part
    return found if left == 0 else quantity - left


# ── what is counted ───────────────────────────────────────────────────────────────────────────────────────────────────
class TooManyOrders(Refused):
    """More orders would have to end, or go short, than one act touches."""

    code = "TOO_MANY_ORDERS"

    def __init__(self) -> None:
        self.most = MAX_ORDERS_TOUCHED
        super().__init__(
            f"More than {MAX_ORDERS_TOUCHED} orders would end or go short. Take the goods away in several steps."
        )


def missing(on_hand: int, reserved: int, allocated: int, quarantined: int) -> int:
    """By how much the claims on a stock row go beyond what lies there; 0 if they do not."""
    return max(0, reserved + allocated + quarantined - on_hand)
