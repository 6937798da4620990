"""How rows become a ledger: one vote per row on what each store, item and name is, then one pass over the lines.

Owns the counting of irregular rows and the choice of the winning value. Reads no file; the rules themselves stand in
`integrations.wholesale.ledger`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from integrations.wholesale.fields import INVOICE_LINE_DIGITS, Point, Row
from integrations.wholesale.ledger import (
    MAX_EXAMPLES,
    Category,
    County,
    Finding,
    Invoice,
    Item,
    Ledger,
    Line,
    Report,
    Rule,
    Store,
    Vendor,
)
from integrations.wholesale.prices import contradicted

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Hashable)

LITRE_ROUNDING_ML: Final = 5
"""Litres are written with two decimals, so they may be this far from the truth."""
_ZIP_DIGITS: Final = 5


class Tally:
    """Counts, for each rule, the rows it applied to and the different things they were about."""

    def __init__(self) -> None:
        self._rows: dict[Rule, int] = defaultdict(int)
        self._subjects: dict[Rule, dict[str, None]] = defaultdict(dict)

    def count(self, rule: Rule, subject: str, rows: int = 1) -> None:
        """Note that `rule` applied to `rows` rows about `subject`."""
        self._rows[rule] += rows
        self._subjects[rule][subject] = None

    def findings(self) -> tuple[Finding, ...]:
        """What was counted, in the order of the rules."""
        return tuple(
            Finding(rule, self._rows[rule], len(subjects), tuple(list(subjects)[:MAX_EXAMPLES]))
            for rule in Rule
            if (subjects := self._subjects.get(rule))
        )


class Ballot(Generic[K, V]):
    """One vote per row on the value of one attribute of many things."""

    def __init__(self) -> None:
        # thing → value → [rows, latest day, place in the file of the first]
        self._votes: dict[K, dict[V, tuple[int, date, int]]] = {}
        self._cast = 0

    def cast(self, thing: K, value: V, day: date) -> None:
        """Count one row that says `value` of `thing` on `day`; rows come in the order of the file."""
        self._cast += 1
        votes = self._votes.get(thing)
        if votes is None:
            self._votes[thing] = {value: (1, day, self._cast)}
            return
        seen = votes.get(value)
        if seen is None:
            votes[value] = (1, day, self._cast)
        else:
            votes[value] = (seen[0] + 1, max(day, seen[1]), seen[2])

    def things(self) -> Iterable[K]:
        """Everything voted on, in the order of the file."""
        return self._votes.keys()

    def values(self) -> set[V]:
        """The winning values of all things."""
        return {best for thing in self._votes if (best := self.winner(thing)) is not None}

    def winner(self, thing: K) -> V | None:
        """The value in most rows; of equals the latest; of those the first in the file. None without a vote."""
        votes = self._votes.get(thing)
        if not votes:
            return None
        return max(votes, key=lambda value: (votes[value][0], votes[value][1], -votes[value][2]))

    def losers(self) -> Iterator[tuple[K, V, V, int]]:
        """Every (thing, winner, other value, rows of the other value)."""
        for thing, votes in self._votes.items():
            if len(votes) > 1:
                best = self.winner(thing)
                assert best is not None
                yield from ((thing, best, value, rows) for value, (rows, _, _) in votes.items() if value != best)


class Gathering:
    """Takes the rows of one file in order; `ledger` closes it."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._rows_read = 0
        self._lines: dict[str, Line] = {}
        self._uncategorised: dict[int, int] = defaultdict(int)
        self._stores: dict[int, None] = {}
        self._cities: Ballot[str, str] = Ballot()
        self._vendor_names: Ballot[int, str] = Ballot()
        self._county_names: Ballot[int, str] = Ballot()
        self._category_names: Ballot[int, str] = Ballot()
        self._store_names: Ballot[int, str] = Ballot()
        self._addresses: Ballot[int, str] = Ballot()
        self._store_cities: Ballot[int, str] = Ballot()
        self._zips: Ballot[int, str] = Ballot()
        self._counties: Ballot[int, int] = Ballot()
        self._points: Ballot[int, Point] = Ballot()
        self._descriptions: Ballot[int, str] = Ballot()
        self._vendors: Ballot[int, int] = Ballot()
        self._packs: Ballot[int, int] = Ballot()
        self._volumes: Ballot[int, int] = Ballot()
        self._categories: Ballot[int, int] = Ballot()

    def add(self, row: Row, tidied: bool) -> None:
        """Take one row.

        Args:
            row: the row, every field read.
            tidied: whether superfluous spaces were taken out of one of its texts.
        """
        self._rows_read += 1
        if row.quantity < 1 or row.sale_cents < 0:
            self._tally.count(Rule.NOT_A_SALE, f"line {row.key}")
            return
        if row.key in self._lines:
            self._tally.count(Rule.LINE_REPEATED, f"line {row.key}")
            return
        self._vote_on_places(row)
        self._vote_on_goods(row)
        self._check(row, tidied)
        self._lines[row.key] = Line(
            row.key,
            row.key[:-INVOICE_LINE_DIGITS],
            row.day,
            row.store,
            row.county,
            row.vendor,
            row.item,
            row.cost_cents,
            row.price_cents,
            row.quantity,
            row.sale_cents,
        )

    @property
    def any_kept(self) -> bool:
        """Whether a row was kept so far."""
        return bool(self._lines)

    def ledger(self) -> Ledger:
        """Close the file: winning values, counties filled in, invoices put together, everything counted."""
        stores = self._winning_stores()
        self._count_losers()
        for item, rows in self._uncategorised.items():
            known = self._categories.winner(item) is not None
            self._tally.count(Rule.CATEGORY_FROM_ITEM if known else Rule.CATEGORY_MISSING, f"item {item}", rows)
        lines = tuple(self._with_counties(stores))
        for line in contradicted(lines):
            self._tally.count(Rule.PRICE_CONTRADICTED, f"item {line.item}")
        return Ledger(
            vendors=tuple(
                Vendor(vendor, self._vendor_names.winner(vendor) or f"Vendor {vendor}")
                for vendor in sorted({line.vendor for line in lines})
            ),
            counties=tuple(
                County(county, self._county_names.winner(county) or f"County {county}")
                for county in sorted({line.county for line in lines if line.county is not None})
            ),
            categories=tuple(
                Category(category, self._category_names.winner(category) or f"Category {category}")
                for category in sorted(self._categories.values())
            ),
            stores=tuple(stores[store] for store in sorted(stores)),
            items=tuple(self._winning_item(item) for item in sorted(self._packs.things())),
            lines=lines,
            invoices=self._put_together(lines),
            report=Report(self._rows_read, len(lines), self._tally.findings()),
        )

    def _vote_on_places(self, row: Row) -> None:
        store, day = row.store, row.day
        self._name(self._store_names, store, row.store_name, day, "store")
        self._name(self._addresses, store, row.address, day, "address of store")
        self._name(self._store_cities, store, row.city, day, "city of store")
        self._stores[store] = None
        if row.zip_code:
            self._zips.cast(store, row.zip_code, day)
        if row.city:
            self._cities.cast(row.city.casefold(), row.city, day)
        if row.county is not None:
            self._counties.cast(store, row.county, day)
            self._name(self._county_names, row.county, row.county_name, day, "county")
        if row.point is None:
            self._tally.count(Rule.POINT_MISSING, f"store {store}")
        else:
            self._points.cast(store, row.point, day)

    def _vote_on_goods(self, row: Row) -> None:
        item, day = row.item, row.day
        self._name(self._vendor_names, row.vendor, row.vendor_name, day, "vendor")
        self._name(self._descriptions, item, row.description, day, "item")
        self._vendors.cast(item, row.vendor, day)
        self._packs.cast(item, row.pack, day)
        self._volumes.cast(item, row.volume_ml, day)
        if row.category is None:
            self._uncategorised[item] += 1
            return
        self._categories.cast(item, row.category, day)
        if row.category_name:
            self._category_names.cast(row.category, row.category_name, day)
        else:
            self._tally.count(Rule.CATEGORY_NAME_MISSING, f"category {row.category}")

    def _name(self, ballot: Ballot[int, str], thing: int, value: str, day: date, what: str) -> None:
        if value:
            ballot.cast(thing, value, day)
        else:
            self._tally.count(Rule.NAME_MISSING, f"{what} {thing}")

    def _check(self, row: Row, tidied: bool) -> None:
        count = self._tally.count
        if tidied:
            count(Rule.SPACES_TIDIED, f"store {row.store}, item {row.item}")
        if not (len(row.zip_code) == _ZIP_DIGITS and row.zip_code.isascii() and row.zip_code.isdigit()):
            count(Rule.ZIP_IRREGULAR, f"store {row.store}")
        if row.cost_cents == 0 or row.price_cents == 0:
            count(Rule.ZERO_PRICE, f"item {row.item}")
        if row.quantity % row.pack:
            count(Rule.BROKEN_CASE, f"item {row.item}")
        if row.sale_cents != row.price_cents * row.quantity:
            count(Rule.SALE_DIFFERS, f"line {row.key}")
        if abs(row.sold_ml - row.volume_ml * row.quantity) > LITRE_ROUNDING_ML:
            count(Rule.VOLUME_DIFFERS, f"line {row.key}")

    def _winning_stores(self) -> dict[int, Store]:
        stores: dict[int, Store] = {}
        for number in self._stores:
            city = self._store_cities.winner(number) or ""
            stores[number] = Store(
                number,
                self._store_names.winner(number) or f"Store {number}",
                self._addresses.winner(number) or "",
                self._cities.winner(city.casefold()) or city,
                self._zips.winner(number) or "",
                self._counties.winner(number),
                self._points.winner(number),
            )
        return stores

    def _winning_item(self, number: int) -> Item:
        vendor, pack = self._vendors.winner(number), self._packs.winner(number)
        assert vendor is not None  # every kept row names both
        assert pack is not None
        return Item(
            number,
            self._descriptions.winner(number) or f"Item {number}",
            vendor,
            pack,
            self._volumes.winner(number) or 0,
            self._categories.winner(number),
        )

    def _count_losers(self) -> None:
        names = {
            "store": self._store_names,
            "address of store": self._addresses,
            "city of store": self._store_cities,
            "vendor": self._vendor_names,
            "county": self._county_names,
            "category": self._category_names,
            "item": self._descriptions,
        }
        for what, ballot in names.items():
            for number, best, other, rows in ballot.losers():
                same = best.casefold() == other.casefold()
                self._tally.count(Rule.NAME_CASE_VARIES if same else Rule.NAME_VARIES, f"{what} {number}", rows)
        for _, best, _, rows in self._cities.losers():
            self._tally.count(Rule.CITY_CASE_VARIES, best, rows)
        attributes: dict[str, Ballot[int, Any]] = {
            "zip of store": self._zips,
            "county of store": self._counties,
            "point of store": self._points,
            "vendor of item": self._vendors,
            "pack of item": self._packs,
            "volume of item": self._volumes,
            "category of item": self._categories,
        }
        for what, attribute in attributes.items():
            for number, _, _, rows in attribute.losers():
                self._tally.count(Rule.ATTRIBUTE_VARIES, f"{what} {number}", rows)

    def _with_counties(self, stores: dict[int, Store]) -> Iterator[Line]:
        for line in self._lines.values():
            if line.county is not None:
                yield line
                continue
            county = stores[line.store].county
            rule = Rule.STORE_WITHOUT_COUNTY if county is None else Rule.COUNTY_FROM_STORE
            self._tally.count(rule, f"store {line.store}")
            yield line if county is None else replace(line, county=county)

    def _put_together(self, lines: Iterable[Line]) -> tuple[Invoice, ...]:
        by_number: dict[str, dict[tuple[int, int | None, date], list[Line]]] = {}
        for line in lines:
            parts = by_number.setdefault(line.invoice, {})
            parts.setdefault((line.store, line.county, line.day), []).append(line)
        invoices: list[Invoice] = []
        for number, parts in by_number.items():
            for place, ((store, county, day), members) in enumerate(parts.items(), 1):
                if place > 1:
                    self._tally.count(Rule.INVOICE_SPLIT, f"invoice {number}", len(members))
                label = number if place == 1 else f"{number}/{place}"
                invoices.append(Invoice(label, day, store, county, tuple(sorted(members, key=attrgetter("key")))))
        return tuple(sorted(invoices, key=attrgetter("day", "number")))
