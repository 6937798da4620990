"""What trade adds up to: the window that is looked at, and by what it is divided.

Owns the days of a window, the months they lie in and which divisions go together. Does not own which orders count (the
loaders' conditions) nor instants: a day begins when the tenant's time zone says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from domain.base import BadInput

MAX_MONTHS: Final = 120
"""The longest window, in the calendar months it touches."""

MONTHS_IN_A_YEAR: Final = 12


class TradeDimension(StrEnum):
    """By what figures of trade are divided (统计维度)."""

    MONTH = "MONTH"
    """月份: the calendar month in which the order was placed, in the tenant's time zone."""
    REGION = "REGION"
    """区划: the region the order was placed for."""
    SKU = "SKU"
    """单品: the sku."""
    CATEGORY = "CATEGORY"
    """类目: the category of the sku's product, as it is now."""


GOODS: Final = frozenset({TradeDimension.SKU, TradeDimension.CATEGORY})
"""What goods are divided by: one of the two at a time, for a sku has one category."""


def month_number(day: date) -> int:
    """Number the month of a day: the months since January of the year 0, so that the next month is one more.

    Source: docs/domain.md, What partners and analysts get.
    """
    return day.year * MONTHS_IN_A_YEAR + day.month - 1


def first_day(number: int) -> date:
    """Give the first day of the month with the `month_number` `number`.

    Source: docs/domain.md, What partners and analysts get.
    """
    year, month = divmod(number, MONTHS_IN_A_YEAR)
    return date(year, month + 1, 1)


@dataclass(frozen=True, slots=True)
class Window:
    """The days from `start` on and before `end`, both in the tenant's time zone."""

    start: date
    end: date

    @property
    def months(self) -> range:
        """The numbers of the months that the window touches; one that ends on a first day does not touch its month."""
        return range(month_number(self.start), month_number(self.end) + (self.end.day > 1))


def window(start: date, end: date) -> Window:
    """Check the days of a window.

    Args:
        start: the first day.
        end: the day after the last.

    Raises:
        BadInput: it has no day, or touches more than `MAX_MONTHS` months.

    Source: docs/domain.md, What partners and analysts get.
    """
    if start >= end:
        raise BadInput("`from` must be a day before `until`.")
    made = Window(start, end)
    if len(made.months) > MAX_MONTHS:
        raise BadInput(f"A window touches at most {MAX_MONTHS} months.")
    return made


def divided_by(dimensions: Sequence[TradeDimension]) -> frozenset[TradeDimension]:
    """Check by what figures are to be divided; by nothing is allowed and gives one sum.

    Raises:
        BadInput: a dimension twice, or skus and categories at once.

    Source: docs/domain.md, What partners and analysts get.
    """
    chosen = frozenset(dimensions)
    if len(chosen) != len(dimensions):
        raise BadInput("`by` names a dimension twice.")
    if chosen >= GOODS:
        raise BadInput("Divide by SKU or by CATEGORY, not by both.")
    return chosen
