"""The parts that organisations and goods of a ledger play in the demo's campaigns, by their rank.

Owns the way from a rank to an id. Where a list is short its last one plays all further parts; what a channel does not
have at all is None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar
from uuid import UUID

from demo.iowa.ranks import Ranks
from demo.iowa.values import Demo
from integrations.wholesale.channel import NO_COUNTY
from integrations.wholesale.writing import Source

T = TypeVar("T")


def _at(ranked: Sequence[T], place: int) -> T:
    return ranked[min(place, len(ranked) - 1)]


@dataclass(frozen=True)
class Cast:
    """The parts of one ledger's demo."""

    source: Source
    ranks: Ranks
    demo: Demo

    def brand(self, place: int) -> UUID:
        """A brand, the largest at 0."""
        return self.source.organization(_at(self.ranks.brands, place))

    def distributor(self, place: int) -> UUID:
        """A distributor, the largest at 0."""
        return self.source.organization(_at(self.ranks.distributors, place))

    def store(self, place: int) -> UUID:
        """The organisation of a store, the largest at 0."""
        return self.source.organization(_at(self.ranks.stores, place))

    def stores_below(self, distributor: int, count: int) -> list[UUID]:
        """The organisations of the largest stores whose primary upstream is a distributor."""
        upstream = _at(self.ranks.distributors, distributor)
        below = [org for org in self.ranks.stores if self.ranks.home[org] == upstream]
        return [self.source.organization(org) for org in below[:count]]

    def site(self, place: int) -> UUID:
        """A city's site, the one with most stores at 0; the main site where there is no city."""
        cities = self.ranks.cities
        return self.source.keys.of("site", _at(cities, place) if cities else "main")

    def territory(self, place: int) -> UUID | None:
        """The territory of a distributor."""
        number = _at(self.ranks.distributors, place).number
        return None if number == NO_COUNTY else self.source.keys.of("territory", number)

    def category(self, place: int) -> UUID | None:
        """A category, the one of which most bottles were sold at 0."""
        return self.source.keys.of("category", _at(self._categories, place)) if self._categories else None

    @cached_property
    def _categories(self) -> list[int]:
        of_item = {item.number: item.category for item in self.source.ledger.items}
        sold: Counter[int] = Counter()
        for number, bottles in self.ranks.sales.of_item.items():
            if (category := of_item[number]) is not None:
                sold[category] += bottles
        return sorted(sold, key=lambda category: (-sold[category], category))

    def item(self, brand: int, place: int) -> int:
        """The number of a brand's item, its most sold at 0; of any brand's where it has none."""
        vendor = _at(self.ranks.brands, brand).number
        vendors = {item.number: item.vendor for item in self.source.ledger.items}
        popular = self.ranks.sales.popular
        return _at([number for number in popular if vendors[number] == vendor] or popular, place)

    def sku(self, brand: int, place: int) -> UUID:
        """The sku of `item`."""
        return self.source.sku(self.item(brand, place))

    def price(self, brand: int, place: int, percent: int) -> int:
        """So many in a hundred of the lowest shelf price of `item`; at least 1."""
        number = self.item(brand, place)
        lowest = min((row.cents for row in self.demo.consumer_prices if row.item == number), default=100)
        return max(1, lowest * percent // 100)
