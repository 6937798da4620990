"""Papers about goods: what is commanded, and from which lots goods leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Generic, NamedTuple, TypeVar
from uuid import UUID

from domain.base import Refused
from domain.inventory.promise import lot_order
from domain.inventory.words import Shortage

L = TypeVar("L")

MAX_GOODS_LINES: Final = 500
"""The most lines of one paper about goods."""


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """Goods of a paper: `quantity` base units of a sku. No `lot`: goods that are not kept by lots, or any that leave.

    `produced_on` and `expires_on` are those of a lot that comes in for the first time.
    """

    sku: UUID
    quantity: int
    lot: str | None = None
    produced_on: date | None = None
    expires_on: date | None = None


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
class GoodsPaidFor(Refused):
    """Goods that are paid for would be missing: an operator has to say first what becomes of their orders."""

    code = "GOODS_PAID_FOR"

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        self.shortages = tuple(shortages)
        super().__init__(f"Goods that are paid for would be missing of {len(self.shortages)} of the items.")


def missing(on_hand: int, reserved: int, allocated: int, quarantined: int) -> int:
    """By how much the claims on a stock row go beyond what lies there; 0 if they do not."""
    return max(0, reserved + allocated + quarantined - on_hand)
