"""What a ledger says about prices: price lists with validity periods, from the prices that lines show.

Owns the turning of seen prices into periods. Does not know which list a buyer gets (`domain.catalog` resolves that).

A price holds from the first day it is seen until the first day of the next differing one. A zero price makes no
price: what held before holds on. Where one day shows several prices, the last in the order of the file wins.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from integrations.wholesale.channel import distributor_number
from integrations.wholesale.ledger import Ledger, Line

K = TypeVar("K")


class CostKey(NamedTuple):
    """The price a brand asks of distributors for an item; one for all of them."""

    vendor: int
    item: int


class TradeKey(NamedTuple):
    """The price a distributor asks of stores for an item. `distributor` is a county's number, or `NO_COUNTY`."""

    distributor: int
    item: int


class Period(NamedTuple):
    """A price and the days it holds: from `starts_on` on, until before `ends_on`; None is open."""

    starts_on: date
    ends_on: date | None
    cents: int


@dataclass(frozen=True)
class PriceBook(Generic[K]):
    """The periods of many prices, each in order of time, without holes."""

    series: Mapping[K, tuple[Period, ...]]

    def on(self, key: K, day: date) -> int | None:
        """The price in cents that holds on a day; None before the first one and for an unknown key."""
        periods = self.series.get(key, ())
        place = bisect_right(periods, day, key=_start)
        return periods[place - 1].cents if place else None


def _start(period: Period) -> date:
    return period.starts_on


def validity(seen: Iterable[tuple[date, int]]) -> tuple[Period, ...]:
    """Turn prices seen on days into periods.

    Args:
        seen: (day, price in cents) in the order of the file; days in any order. Prices of 0 are passed over.

    Returns:
        The periods in order of time.
    """
    by_day = {day: cents for day, cents in seen if cents}
    starts: list[tuple[date, int]] = []
    for day in sorted(by_day):
        if not starts or starts[-1][1] != by_day[day]:
            starts.append((day, by_day[day]))
    ends = [*(day for day, _ in starts[1:]), None]
    return tuple(Period(day, end, cents) for (day, cents), end in zip(starts, ends, strict=False))


def _book(seen: Iterable[tuple[K, date, int]]) -> PriceBook[K]:
    by_key: dict[K, list[tuple[date, int]]] = {}
    for key, day, cents in seen:
        by_key.setdefault(key, []).append((day, cents))
    return PriceBook({key: periods for key, prices in by_key.items() if (periods := validity(prices))})


def _costs(lines: Iterable[Line]) -> Iterator[tuple[CostKey, date, int]]:
    return ((CostKey(line.vendor, line.item), line.day, line.cost_cents) for line in lines)


def _trade(lines: Iterable[Line]) -> Iterator[tuple[TradeKey, date, int]]:
    return ((TradeKey(distributor_number(line.county), line.item), line.day, line.price_cents) for line in lines)


def cost_prices(ledger: Ledger) -> PriceBook[CostKey]:
    """What each brand asked of the distributors for its items, from all lines."""
    return _book(_costs(ledger.lines))


def trade_prices(ledger: Ledger) -> PriceBook[TradeKey]:
    """What each distributor asked of its stores."""
    return _book(_trade(ledger.lines))


def state_prices(ledger: Ledger) -> PriceBook[int]:
    """What stores of the whole state paid, by item number: for a distributor that never sold an item itself."""
    return _book((line.item, line.day, line.price_cents) for line in ledger.lines)


def contradicted(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines whose cost or price did not hold to the end of its day, for a later line has another."""
    costs = {(key, day): cents for key, day, cents in _costs(lines) if cents}
    trade = {(key, day): cents for key, day, cents in _trade(lines) if cents}
    for line, (cost, day, asked), (price, _, paid) in zip(lines, _costs(lines), _trade(lines), strict=True):
        if asked not in (0, costs.get((cost, day))) or paid not in (0, trade.get((price, day))):
            yield line
