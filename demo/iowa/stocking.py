"""What lies where: lots, opening stock, safety stock and what of it is offered to others.

Owns the generated amounts. What may be sold of them is `domain.inventory`'s rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from demo.dice import Dice
from demo.iowa.selection import Assortment, Sales
from demo.iowa.values import ContributedItem, Contribution, Lot, OpeningStock, Safety, ShelfItem
from domain.catalog import ListingOrigin
from domain.inventory import NO_LOT_CODE
from integrations.wholesale.channel import Org, brand, distributor, store
from integrations.wholesale.ledger import Ledger

SHELF_LIFE_DAYS: Final = 720
PERISHABLE_WORDS: Final = ("CREAM", "COCKTAIL", "EGG NOG")
"""Items of a category with one of these words in its name always have lots that expire."""
LOTS_EXPIRE_ONE_IN: Final = 5
NO_LOTS_ONE_IN: Final = 2
"""Of the other items, so many have expiring lots, and of what is left so many are kept without lots."""
EXPIRED_ONE_IN: Final = 4
"""So many of the oldest expiring lots have already expired."""
_EXPIRED_DAYS_AGO: Final = (1, 60)
_DAYS_LEFT: Final = ((20, 120), (180, 360), (400, 600))
_DAYS_OLD: Final = ((200, 400), (20, 180))

STORE_UNITS: Final = 48
DISTRIBUTOR_CASES: Final = (1, 12)
BRAND_CASES: Final = (20, 200)
SOLD_OUT_ONE_IN: Final = 20
OTHER_LOT_ONE_IN: Final = 3
SHARES_BPS: Final = (5_000, 6_000, 7_000, 8_000, 9_000, 10_000)
CAPPED_ONE_IN: Final = 5
DISTRIBUTOR_CAP_CASES: Final = (1, 5)
BRAND_CAP_CASES: Final = (5, 20)
DISTRIBUTOR_SAFETY_CASES: Final = (0, 1)
BRAND_SAFETY_CASES: Final = (0, 4)


def lots(ledger: Ledger, today: date, dice: Dice) -> tuple[Lot, ...]:
    """Make the lots of every item, oldest first: three that expire, two that keep, or none.

    Args:
        ledger: the file.
        today: the day from which ages and expiry are counted.
        dice: the stream of draws.
    """
    names = {category.number: category.name.upper() for category in ledger.categories}
    rows: list[Lot] = []
    for item in ledger.items:
        category = names.get(item.category or 0, "")
        if any(word in category for word in PERISHABLE_WORDS) or dice.one_in(LOTS_EXPIRE_ONE_IN):
            rows.extend(_expiring(item.number, today, dice))
        elif not dice.one_in(NO_LOTS_ONE_IN):
            rows.extend(
                Lot(item.number, f"{item.number}-{letter}", today - timedelta(days=dice.between(*days)), None)
                for letter, days in zip("AB", _DAYS_OLD, strict=True)
            )
    return tuple(rows)


def _expiring(item: int, today: date, dice: Dice) -> Iterable[Lot]:
    for letter, days in zip("ABC", _DAYS_LEFT, strict=True):
        left = -dice.between(*_EXPIRED_DAYS_AGO) if letter == "A" and dice.one_in(EXPIRED_ONE_IN) else None
        expires_on = today + timedelta(days=dice.between(*days) if left is None else left)
        yield Lot(item, f"{item}-{letter}", expires_on - timedelta(days=SHELF_LIFE_DAYS), expires_on)


class Stocking:
    """Puts opening stock into stores, distributors and brands, and says what the latter two offer to others.

    Args:
        ledger: the file.
        sales: its bottles.
        chosen: the distributors' assortments.
        batches: the lots of all items, oldest first.
        seed: the demo's seed.
    """

    def __init__(
        self, ledger: Ledger, sales: Sales, chosen: Mapping[int, Assortment], batches: Iterable[Lot], seed: int
    ) -> None:
        self._pack = {item.number: item.pack for item in ledger.items}
        self._sales = sales
        self._lots: dict[int, list[str]] = {}
        for lot in batches:
            self._lots.setdefault(lot.item, []).append(lot.code)
        self._amounts = Dice(seed, "stock")
        self._offers = Dice(seed, "contributions")
        self._distributors = {distributor(number): sorted(chosen[number].items) for number in sorted(chosen)}
        by_vendor: dict[int, list[int]] = {vendor.number: [] for vendor in ledger.vendors}
        for item in ledger.items:
            by_vendor[item.vendor].append(item.number)
        self._brands = {brand(vendor): items for vendor, items in by_vendor.items()}

    def opening(self, shelves: Iterable[ShelfItem]) -> tuple[OpeningStock, ...]:
        """Stores hold some of what they bought and list as own, distributors most of their assortment, brands all."""
        dice = self._amounts
        rows: list[OpeningStock] = []
        for listing in shelves:
            if listing.origin is ListingOrigin.OWN_STOCK:
                bought = self._sales.in_store[listing.store][listing.item]
                units = dice.between(1, min(bought, STORE_UNITS))
                rows.extend(self._split(store(listing.store), listing.item, units))
        for holder, items in self._distributors.items():
            for item in items:
                if not dice.one_in(SOLD_OUT_ONE_IN):
                    rows.extend(self._split(holder, item, self._cases(item, DISTRIBUTOR_CASES)))
        for holder, items in self._brands.items():
            for item in items:
                rows.extend(self._split(holder, item, self._cases(item, BRAND_CASES)))
        return tuple(rows)

    def safety(self) -> tuple[Safety, ...]:
        """Whole cases kept back by distributors and brands."""
        rows: list[Safety] = []
        for holders, cases in (
            (self._distributors, DISTRIBUTOR_SAFETY_CASES),
            (self._brands, BRAND_SAFETY_CASES),
        ):
            for holder, items in holders.items():
                amounts = [(item, self._offers.between(*cases) * self._pack[item]) for item in items]
                rows.extend(Safety(holder, item, quantity) for item, quantity in amounts if quantity)
        return tuple(rows)

    def contributions(self) -> tuple[tuple[Contribution, ...], tuple[ContributedItem, ...]]:
        """One contribution of each distributor and brand, and of each what it promises of every item it may hold.

        Source: docs/domain.md, One pool of stock.
        """
        offers: list[Contribution] = []
        promised: list[ContributedItem] = []
        for holders, cap_cases in ((self._distributors, DISTRIBUTOR_CAP_CASES), (self._brands, BRAND_CAP_CASES)):
            for holder, items in holders.items():
                offers.append(Contribution(holder, SHARES_BPS[self._offers.below(len(SHARES_BPS))]))
                promised.extend(ContributedItem(holder, item, self._cap(item, cap_cases)) for item in items)
        return tuple(offers), tuple(promised)

    def _cap(self, item: int, cases: tuple[int, int]) -> int | None:
        if not self._offers.one_in(CAPPED_ONE_IN):
            return None
        return self._offers.between(*cases) * self._pack[item]

    def _cases(self, item: int, cases: tuple[int, int]) -> int:
        """Some whole cases and an opened one."""
        pack = self._pack[item]
        return self._amounts.between(*cases) * pack + self._amounts.below(pack)

    def _split(self, holder: Org, item: int, units: int) -> Iterable[OpeningStock]:
        """Lay `units` into one lot of the item, sometimes a part of them into a second."""
        dice = self._amounts
        codes: Sequence[str] = self._lots.get(item) or (NO_LOT_CODE,)
        first = dice.below(len(codes))
        if len(codes) > 1 and units > 1 and dice.one_in(OTHER_LOT_ONE_IN):
            part = dice.between(1, units - 1)
            yield OpeningStock(holder, item, codes[first], units - part)
            yield OpeningStock(holder, item, codes[(first + 1) % len(codes)], part)
        else:
            yield OpeningStock(holder, item, codes[first], units)
