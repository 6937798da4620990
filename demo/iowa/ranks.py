"""Who is who in a ledger: the brands, distributors and stores that sold or bought most, and the cities with a site.

Owns the order only: most bottles first, ties the lower number.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from demo.iowa.selection import Sales
from integrations.wholesale.channel import Channel, Org, brand, distributor, store
from integrations.wholesale.ledger import Ledger

CITY_SITES: Final = 10
"""The counties with most stores have a site of their own."""


@dataclass(frozen=True)
class Ranks:
    """The ranks of one ledger. None of the lists of organisations is empty."""

    ledger: Ledger
    channel: Channel

    @cached_property
    def sales(self) -> Sales:
        """Bottles sold."""
        return Sales(self.ledger)

    @cached_property
    def brands(self) -> tuple[Org, ...]:
        """Every brand; the first one runs the main site."""
        sold = self.sales.of_vendor
        return tuple(brand(number) for number in sorted(sold, key=lambda number: (-sold[number], number)))

    @cached_property
    def distributors(self) -> tuple[Org, ...]:
        """Every distributor."""
        sold: Counter[int] = Counter()
        for edge in self.channel.store_edges:
            sold[edge.upstream.number] += edge.bottles
        return tuple(distributor(number) for number in sorted(sold, key=lambda number: (-sold[number], number)))

    @cached_property
    def stores(self) -> tuple[Org, ...]:
        """Every store."""
        return tuple(store(n) for n in sorted(self.bottles, key=lambda n: (-self.bottles[n], n)))

    @cached_property
    def bottles(self) -> dict[int, int]:
        """What each store bought, by number."""
        bought = {shop.number: 0 for shop in self.ledger.stores}
        return bought | {number: sum(items.values()) for number, items in self.sales.in_store.items()}

    @cached_property
    def cities(self) -> tuple[int, ...]:
        """The counties that have a site, those with most stores first; perhaps none."""
        shops = Counter(shop.county for shop in self.ledger.stores if shop.county is not None)
        return tuple(sorted(shops, key=lambda county: (-shops[county], county))[:CITY_SITES])

    @cached_property
    def home(self) -> dict[Org, Org]:
        """The primary upstream of each store and distributor."""
        return {edge.downstream: edge.upstream for edge in self.channel.edges if edge.primary}
