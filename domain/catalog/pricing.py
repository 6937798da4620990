"""Setting prices: what is commanded of price lists, and how a price takes its place among those of a list.

A list has at most one price of a sku and a quantity at any time. What is set gives way to nothing: over its time it
is the price, and what stood there ends before it and goes on behind it.

    RowRefused
    └── PriceOutOfRange   a consumer price outside what all authorisations allow
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.base import Faulty, RowRefused
from domain.catalog.price import PriceAudience, PriceScope
from domain.channel import Tier

SHOPPERS_SCOPES = frozenset({PriceScope.BASE, PriceScope.REGION, PriceScope.SITE})
"""To whom a list for shoppers can speak: everyone, or where the seller stands."""


@dataclass(frozen=True, slots=True)
class CreatePriceList:
    """A new list; of the last five the one that the scope asks for is set. `seller`: None for the viewer's own."""

    code: str
    name: str
    audience: PriceAudience
    scope: PriceScope
    seller: UUID | None
    buyer: UUID | None
    buyer_tag: str | None
    buyer_tier: Tier | None
    region: str | None
    site: UUID | None


@dataclass(frozen=True, slots=True)
class PriceLine:
    """The price of one base unit of a sku, from a quantity on."""

    sku: UUID
    min_qty: int
    unit_fen: int


@dataclass(frozen=True, slots=True)
class SetPrices:
    """Prices of a list over [valid_from, valid_until); no `valid_from`: from now on."""

    price_list: UUID
    rows: tuple[PriceLine | Faulty, ...]
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class EndPriceList:
    """The end of all prices of a list; no `at`: now."""

    price_list: UUID
    at: datetime | None


class PriceOutOfRange(RowRefused):
    """The price is not within what all authorisations for the sku allow; None leaves an end open."""

    code = "PRICE_OUT_OF_RANGE"

    def __init__(self, sku: UUID | str, unit_fen: int, min_fen: int | None, max_fen: int | None) -> None:
        self.sku = sku if isinstance(sku, UUID) else UUID(sku)
        self.unit_fen, self.min_fen, self.max_fen = unit_fen, min_fen, max_fen
        super().__init__("The price is outside the range that is allowed.")


class Window(NamedTuple):
    """A price over [start, end); no end: open-ended."""

    start: datetime
    end: datetime | None
    unit_fen: int

    def holds_at(self, moment: datetime) -> bool:
        """Whether the moment lies in it."""
        return self.start <= moment and (self.end is None or moment < self.end)


class Laid(NamedTuple):
    """How the prices of a list change: those that go, by start; those that end earlier, by start; those that come."""

    gone: list[datetime]
    cut: dict[datetime, datetime]
    added: list[Window]


def laid(standing: Iterable[Window], new: Window) -> Laid:
    """Lay a price among those of the same list, sku and quantity, of which no two stand at one time.

    Args:
        standing: the prices that there are, in any order.
        new: the price that is set.

    Returns:
        The changes; nothing where the price stands already over all of its time.
    """
    gone: list[datetime] = []
    cut: dict[datetime, datetime] = {}
    added = [new]
    for window in standing:
        begins_before = window.start <= new.start
        ends_behind = window.end is None or (new.end is not None and window.end >= new.end)
        if begins_before and ends_behind and window.unit_fen == new.unit_fen:
            return Laid([], {}, [])
        if (window.end is not None and window.end <= new.start) or (new.end is not None and new.end <= window.start):
            continue
        if window.start < new.start:
            cut[window.start] = new.start
        else:
            gone.append(window.start)
        # Where two stood at once before this was kept, one of them goes on.
        goes_on = new.end is not None and window.end != new.end and ends_behind and len(added) == 1
        if goes_on and new.end is not None:
            added.append(Window(new.end, window.end, window.unit_fen))
    return Laid(gone, cut, added)
