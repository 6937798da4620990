"""The inventory centre's words: kinds of places and movements, states of holds, and how it says no.

Refused
├── NotEnoughStock   there is less than is wanted of one sku or more
└── LotDiffers       the lot is known with other dates
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domain.base import Refused


class LocationKind(StrEnum):
    """What kind of place goods lie at (库位)."""

    WAREHOUSE = "WAREHOUSE"
    """仓库: a house for goods alone."""
    SHOP = "SHOP"
    """门店: a shop's own shelf and back room."""


class MovementKind(StrEnum):
    """Why a stock row changed (出入库)."""

    RECEIPT = "RECEIPT"
    """入库: goods came in; opening stock is a receipt."""
    ISSUE = "ISSUE"
    """出库: goods went out."""
    TRANSFER = "TRANSFER"
    """调拨: to or from another location."""
    ADJUSTMENT = "ADJUSTMENT"
    """调整: a correction with a reason."""
    COUNT = "COUNT"
    """盘点: what was counted differs from what was written."""
    QUARANTINE = "QUARANTINE"
    """隔离: locked away, or let out again."""
    HOLD = "HOLD"
    """预占: held for an unpaid order."""
    RELEASE = "RELEASE"
    """释放: a hold given back."""
    ALLOCATION = "ALLOCATION"
    """分配: paid for, waiting to be shipped."""


class ReservationState(StrEnum):
    """Where a hold (预占) stands."""

    HELD = "HELD"
    """预占中: the goods are kept."""
    CONSUMED = "CONSUMED"
    """已用: an order took it over."""
    RELEASED = "RELEASED"
    """已释放: given back before its time."""
    EXPIRED = "EXPIRED"
    """已过期: given back by itself."""


class Shortage(NamedTuple):
    """How much of a sku is wanted and how much there is, in base units."""

    sku: UUID
    wanted: int
    available: int


class NotEnoughStock(Refused):
    """There is less than is wanted of one sku or more: all of them."""

    code = "NOT_ENOUGH_STOCK"

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        self.shortages = tuple(shortages)
        super().__init__(f"There is not enough of {len(self.shortages)} of the items.")


class LotDiffers(Refused):
    """Who keeps the goods knows the lot with other dates; `row` is the line of goods, from 0, that says these."""

    code = "LOT_DIFFERS"

    def __init__(self, sku: UUID, lot: str, row: int) -> None:
        self.sku, self.lot, self.row = sku, lot, row
        super().__init__(f"The lot {lot!r} is known with other dates.")
