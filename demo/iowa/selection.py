"""Which items each distributor may sell and which each store shows.

Owns assortments and shelves: what was really bought comes first, popularity fills the rest. Prices and stock are
generated elsewhere.

Popularity is bottles sold: in the county first, then in the state, ties the lower item number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from demo.dice import Dice
from demo.iowa.values import ShelfItem
from domain.catalog import ListingOrigin
from domain.channel import Tier
from integrations.wholesale.channel import Channel, Supply, brand, distributor, distributor_number
from integrations.wholesale.ledger import Ledger

ASSORTMENT_ITEMS: Final = 200
SHELF_ITEMS: Final = 40
LARGE_SHELF_ITEMS: Final = 120
LARGE_STORES: Final = 50
PASSED_OVER_ONE_IN: Final = 4
"""A store passes over one popular item in so many, so that neighbours' shelves differ."""


@dataclass(frozen=True)
class Sales:
    """Bottles sold, by whom and of what."""

    ledger: Ledger

    @cached_property
    def of_item(self) -> Counter[int]:
        """By item, in the whole state."""
        bottles: Counter[int] = Counter()
        for line in self.ledger.lines:
            bottles[line.item] += line.quantity
        return bottles

    @cached_property
    def of_vendor(self) -> Counter[int]:
        """By vendor, in the whole state."""
        bottles: Counter[int] = Counter()
        for line in self.ledger.lines:
            bottles[line.vendor] += line.quantity
        return bottles

    @cached_property
    def in_distributor(self) -> dict[int, Counter[int]]:
        """By distributor, then item."""
        bottles: dict[int, Counter[int]] = {}
        for line in self.ledger.lines:
            bottles.setdefault(distributor_number(line.county), Counter())[line.item] += line.quantity
        return bottles

    @cached_property
    def in_store(self) -> dict[int, Counter[int]]:
        """By store, then item."""
        bottles: dict[int, Counter[int]] = {}
        for line in self.ledger.lines:
            bottles.setdefault(line.store, Counter())[line.item] += line.quantity
        return bottles

    @cached_property
    def popular(self) -> tuple[int, ...]:
        """Every item, the state's most sold first."""
        return tuple(sorted(self.of_item, key=lambda item: (-self.of_item[item], item)))

    def ranked(self, bottles: Mapping[int, int]) -> list[int]:
        """The items of `bottles`, most first, then the state's most sold, then the lower number."""
        return sorted(bottles, key=lambda item: (-bottles[item], -self.of_item[item], item))


@dataclass(frozen=True)
class Assortment:
    """A distributor's items, most popular first; the first `bought` ones its county bought."""

    items: tuple[int, ...]
    bought: int


def assortments(ledger: Ledger, channel: Channel, sales: Sales, priced: frozenset[int]) -> dict[int, Assortment]:
    """Choose each distributor's assortment.

    It is what its county bought, filled up with the state's most sold items of the brands that supply it, and where
    those do not have enough, of the brands that sell most in the state.

    Args:
        ledger: the file.
        channel: its channel.
        sales: its bottles.
        priced: the items that have a price; others are left out.

    Returns:
        By distributor number, at least `ASSORTMENT_ITEMS` items where the file has as many.
    """
    vendor_of = {item.number: item.vendor for item in ledger.items}
    popular = [item for item in sales.popular if item in priced]
    suppliers: dict[int, set[int]] = {}
    for edge in channel.brand_edges:
        suppliers.setdefault(edge.downstream.number, set()).add(edge.upstream.number)
    by_sales = sorted(sales.of_vendor, key=lambda vendor: (-sales.of_vendor[vendor], vendor))
    chosen: dict[int, Assortment] = {}
    for member in channel.distributors:
        items = [item for item in sales.ranked(sales.in_distributor.get(member.number, {})) if item in priced]
        bought = len(items)
        held = set(items)
        for vendors in _widening(suppliers.get(member.number, set()), by_sales):
            for item in popular:
                if len(items) >= ASSORTMENT_ITEMS:
                    break
                if item not in held and vendor_of[item] in vendors:
                    items.append(item)
                    held.add(item)
        chosen[member.number] = Assortment(tuple(items), bought)
    return chosen


def _widening(suppliers: set[int], others: Sequence[int]) -> Iterator[set[int]]:
    """First the suppliers together, then every other vendor alone, in the order given."""
    yield suppliers
    yield from ({vendor} for vendor in others if vendor not in suppliers)


def missing_edges(ledger: Ledger, channel: Channel, chosen: Mapping[int, Assortment]) -> tuple[Supply, ...]:
    """The brand → distributor edges that assortments need and no line shows, with 0 bottles, never primary."""
    vendor_of = {item.number: item.vendor for item in ledger.items}
    known = {(edge.upstream.number, edge.downstream.number) for edge in channel.brand_edges}
    needed = {(vendor_of[item], number) for number, assortment in chosen.items() for item in assortment.items}
    return tuple(Supply(brand(vendor), distributor(number), 0, False) for vendor, number in sorted(needed - known))


def shelves(channel: Channel, sales: Sales, chosen: Mapping[int, Assortment], dice: Dice) -> tuple[ShelfItem, ...]:
    """Fill every store's shelf.

    What the store bought comes first, its own favourites leading; then popular items of its distributors, the primary
    one's first, up to `SHELF_ITEMS`, or `LARGE_SHELF_ITEMS` for the `LARGE_STORES` stores that bought most bottles
    (ties the lower number). A store that bought more keeps all of it.
    """
    upstreams: dict[int, list[int]] = {}
    for edge in sorted(channel.store_edges, key=lambda edge: (edge.downstream.number, not edge.primary)):
        assert edge.upstream.tier is Tier.DISTRIBUTOR
        upstreams.setdefault(edge.downstream.number, []).append(edge.upstream.number)
    large = _largest_stores(sales)
    rows: list[ShelfItem] = []
    for store in sorted(upstreams):
        offered = dict.fromkeys(item for number in upstreams[store] for item in chosen[number].items)
        own = [item for item in sales.ranked(sales.in_store.get(store, {})) if item in offered]
        size = LARGE_SHELF_ITEMS if store in large else SHELF_ITEMS
        filling = _fill(list(offered), set(own), size - len(own), dice)
        origins = [(item, ListingOrigin.OWN_STOCK) for item in own] + [(item, ListingOrigin.POOL) for item in filling]
        rows.extend(ShelfItem(store, item, origin, place) for place, (item, origin) in enumerate(origins, 1))
    return tuple(rows)


def _largest_stores(sales: Sales) -> set[int]:
    bottles = {store: sum(items.values()) for store, items in sales.in_store.items()}
    return set(sorted(bottles, key=lambda store: (-bottles[store], store))[:LARGE_STORES])


def _fill(offered: Sequence[int], own: set[int], wanted: int, dice: Dice) -> list[int]:
    """Up to `wanted` offered items in their order; the passed over ones only where the others do not suffice."""
    if wanted <= 0:
        return []
    taken: list[int] = []
    passed: list[int] = []
    for item in offered:
        if item in own:
            continue
        if dice.one_in(PASSED_OVER_ONE_IN):
            passed.append(item)
            continue
        taken.append(item)
        if len(taken) == wanted:
            return taken
    return taken + passed[: wanted - len(taken)]
