"""What a wholesale invoice file says, as plain values.

Owns the values that reading a file gives (vendors, counties, stores, items, categories, invoice lines), the rules for
irregular rows and the report that counts them. Does not read files, and knows nothing of tenants or tables.

Rules for irregular rows, one each; `MEANING` is the table. No row vanishes silently:
rows read = rows kept + rows refused by one of the rules in `REFUSING`.

Which value wins where rows disagree about the same store, item or name: the one in most rows; of equals the one with
the latest date; of those the one that stands first in the file. Empty fields have no vote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final

from integrations.wholesale.fields import Point

MAX_EXAMPLES: Final = 5


class Rule(StrEnum):
    """The rules for irregular rows; `MEANING` says what each does."""

    SPACES_TIDIED = "SPACES_TIDIED"
    NAME_MISSING = "NAME_MISSING"
    NAME_CASE_VARIES = "NAME_CASE_VARIES"
    NAME_VARIES = "NAME_VARIES"
    CITY_CASE_VARIES = "CITY_CASE_VARIES"
    ATTRIBUTE_VARIES = "ATTRIBUTE_VARIES"
    COUNTY_FROM_STORE = "COUNTY_FROM_STORE"
    STORE_WITHOUT_COUNTY = "STORE_WITHOUT_COUNTY"
    CATEGORY_FROM_ITEM = "CATEGORY_FROM_ITEM"
    CATEGORY_MISSING = "CATEGORY_MISSING"
    CATEGORY_NAME_MISSING = "CATEGORY_NAME_MISSING"
    POINT_MISSING = "POINT_MISSING"
    ZIP_IRREGULAR = "ZIP_IRREGULAR"
    ZERO_PRICE = "ZERO_PRICE"
    PRICE_CONTRADICTED = "PRICE_CONTRADICTED"
    BROKEN_CASE = "BROKEN_CASE"
    SALE_DIFFERS = "SALE_DIFFERS"
    VOLUME_DIFFERS = "VOLUME_DIFFERS"
    INVOICE_SPLIT = "INVOICE_SPLIT"
    LINE_REPEATED = "LINE_REPEATED"
    NOT_A_SALE = "NOT_A_SALE"


MEANING: Final[Mapping[Rule, str]] = MappingProxyType(
    {
        Rule.SPACES_TIDIED: "A text has spaces at its edges or several in a row: read without them.",
        Rule.NAME_MISSING: "A store, vendor, item or county has no name here: another row's name, else its number.",
        Rule.NAME_CASE_VARIES: "A name or address is written in another case than usual: the winning spelling is used.",
        Rule.NAME_VARIES: "A name or address is spelt differently than usual: the winning spelling is used.",
        Rule.CITY_CASE_VARIES: "A city is written in another case than in most rows of the file: that one is used.",
        Rule.ATTRIBUTE_VARIES: "Zip, county, point, vendor, pack, volume or category differs from the winning one.",
        Rule.COUNTY_FROM_STORE: "The row has no county: it takes its store's, known from other rows.",
        Rule.STORE_WITHOUT_COUNTY: "No row of the store has a county: the distributor without a county serves it.",
        Rule.CATEGORY_FROM_ITEM: "The row has no category: the item's, known from other rows, is used.",
        Rule.CATEGORY_MISSING: "No row of the item has a category: the item is kept without one.",
        Rule.CATEGORY_NAME_MISSING: "The row's category has no name: another row's name, else its number.",
        Rule.POINT_MISSING: "The row has no point: another row's of the store is used, else the store has none.",
        Rule.ZIP_IRREGULAR: "The zip code is not five digits: kept as written.",
        Rule.ZERO_PRICE: "Cost or price is $0.00: the line is kept as it is, but makes no price in a price list.",
        Rule.PRICE_CONTRADICTED: "Rows of a day differ in an item's cost, or its county's price: the last one holds.",
        Rule.BROKEN_CASE: "The bottles are no whole number of cases: kept as history; new orders may not do this.",
        Rule.SALE_DIFFERS: "The sale is not price × bottles: the line keeps the sale as written.",
        Rule.VOLUME_DIFFERS: "The litres are not bottle volume × bottles: ignored, as litres are not kept.",
        Rule.INVOICE_SPLIT: "An invoice number names several stores, days or counties: one order is made for each.",
        Rule.LINE_REPEATED: "The invoice line number was seen before: the first is kept, this row is refused.",
        Rule.NOT_A_SALE: "No bottles, or fewer, or a sale below zero (a credit): no purchase, the row is refused.",
    }
)

REFUSING: Final = frozenset({Rule.LINE_REPEATED, Rule.NOT_A_SALE})


@dataclass(frozen=True, slots=True)
class Vendor:
    """A brand: who sells to the wholesaler."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class County:
    """A county; its wholesale is a distributor."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Category:
    """A category of items."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Store:
    """A licensed shop. `county` and `point` are None where no row says them."""

    number: int
    name: str
    address: str
    city: str
    zip_code: str
    county: int | None
    point: Point | None


@dataclass(frozen=True, slots=True)
class Item:
    """A bottle as it is sold. `pack` is bottles per case, `category` None where no row says it."""

    number: int
    description: str
    vendor: int
    pack: int
    volume_ml: int
    category: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One invoice line. `county` is the row's, else its store's, else None; quantities are bottles, money is cents."""

    key: str
    invoice: str
    day: date
    store: int
    county: int | None
    vendor: int
    item: int
    cost_cents: int
    price_cents: int
    quantity: int
    sale_cents: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """The lines of one invoice number, store, county and day, ordered by line key.

    `number` is the file's; where one number had to be split, the second part and later ones carry `/2`, `/3`, ….
    """

    number: str
    day: date
    store: int
    county: int | None
    lines: tuple[Line, ...]

    @property
    def total_cents(self) -> int:
        """The sum of the lines' sales."""
        return sum(line.sale_cents for line in self.lines)

    @property
    def quantity(self) -> int:
        """The bottles of all lines."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class Finding:
    """How often one rule applied: in how many rows, to how many different things, and the first of those."""

    rule: Rule
    rows: int
    subjects: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of every row: `findings` has one entry for each rule that applied, in the order of `Rule`."""

    rows_read: int
    rows_kept: int
    findings: tuple[Finding, ...]

    @property
    def rows_refused(self) -> int:
        """The rows that a rule refused."""
        return sum(finding.rows for finding in self.findings if finding.rule in REFUSING)


@dataclass(frozen=True)
class Ledger:
    """A whole file. Entities are ordered by number, lines as in the file, invoices by day and number."""

    vendors: tuple[Vendor, ...]
    counties: tuple[County, ...]
    categories: tuple[Category, ...]
    stores: tuple[Store, ...]
    items: tuple[Item, ...]
    lines: tuple[Line, ...]
    invoices: tuple[Invoice, ...]
    report: Report

    @cached_property
    def first_day(self) -> date:
        """The day of the earliest line."""
        return min(line.day for line in self.lines)

    @cached_property
    def last_day(self) -> date:
        """The day of the latest line."""
        return max(line.day for line in self.lines)
