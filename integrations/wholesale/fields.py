"""How one field of a wholesale invoice file is read.

Owns the 24 columns, their order and the exact reading of each kind of value: money, days, numbers, points, names.
Does not know files, lines or what a row means.

Values are exact: money goes from text to integer cents, places to integer 1e-7 degrees; no float is ever made.
Readers are memoised, because a file repeats the same few thousand texts; the memory is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

MAX_NAME_CHARS: Final = 200
MAX_NUMBER_DIGITS: Final = 9
MAX_MONEY_DIGITS: Final = 10
MAX_KEY_CHARS: Final = 32
INVOICE_LINE_DIGITS: Final = 5
_MEMO: Final = 65_536

_NUMBER = re.compile(rf"([0-9]{{1,{MAX_NUMBER_DIGITS}}})(?:\.0)?")
_QUANTITY = re.compile(rf"-?[0-9]{{1,{MAX_NUMBER_DIGITS}}}")
_MONEY = re.compile(rf"\$([0-9]{{1,{MAX_MONEY_DIGITS}}})\.([0-9]{{2}})")
_SIGNED_MONEY = re.compile(rf"(-?)\$(-?)([0-9]{{1,{MAX_MONEY_DIGITS}}})\.([0-9]{{2}})")
_DAY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_DECIMAL = re.compile(rf"(-?)([0-9]{{1,{MAX_NUMBER_DIGITS}}})(?:\.([0-9]{{1,9}}))?")
_POINT = re.compile(
    r"\(\s*(-?)([0-9]{1,2})(?:\.([0-9]{1,15}))?\s*,\s*(-?)([0-9]{1,3})(?:\.([0-9]{1,15}))?\s*\)",
)
_KEY = re.compile(rf"[A-Za-z0-9-]{{1,{MAX_KEY_CHARS - INVOICE_LINE_DIGITS}}}[0-9]{{{INVOICE_LINE_DIGITS}}}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class BadField(ValueError):
    """The text of a field cannot be read as what its column holds; the message says what was expected."""


class Point(NamedTuple):
    """A place on earth in units of 1e-7 degrees, north and east positive."""

    latitude_e7: int
    longitude_e7: int


class Row(NamedTuple):
    """One row of the file, every field read, in the file's column order. Money is in cents, volumes in millilitres."""

    key: str
    day: date
    store: int
    store_name: str
    address: str
    city: str
    zip_code: str
    point: Point | None
    county: int | None
    county_name: str
    category: int | None
    category_name: str
    vendor: int
    vendor_name: str
    item: int
    description: str
    pack: int
    volume_ml: int
    cost_cents: int
    price_cents: int
    quantity: int
    sale_cents: int
    sold_ml: int
    sold_gallons_e3: int


def _shown(text: str) -> str:
    """A field for a message: quoted, and short whatever it holds."""
    return ascii(text if len(text) <= 40 else text[:40] + "…")


def line_key(text: str) -> str:
    """An invoice line's own number: the invoice's number followed by five digits."""
    if not _KEY.fullmatch(text):
        raise BadField(f"{_shown(text)} is not an invoice number followed by {INVOICE_LINE_DIGITS} digits")
    return text


@lru_cache(_MEMO)
def day(text: str) -> date:
    """A day written MM/DD/YYYY."""
    found = _DAY.fullmatch(text)
    if not found:
        raise BadField(f"{_shown(text)} is not a date of the form MM/DD/YYYY")
    month, day_of_month, year = found.groups()
    try:
        return date(int(year), int(month), int(day_of_month))
    except ValueError:
        raise BadField(f"{_shown(text)} is not a day of the calendar") from None


@lru_cache(_MEMO)
def number(text: str) -> int:
    """A whole number of at least 1; a spreadsheet's `.0` behind it is accepted."""
    found = _NUMBER.fullmatch(text)
    if not found or int(found[1]) < 1:
        raise BadField(f"{_shown(text)} is not a whole number from 1 to {MAX_NUMBER_DIGITS} digits")
    return int(found[1])


def number_or_none(text: str) -> int | None:
    """Like `number`; an empty field is None."""
    return number(text) if text.strip() else None


@lru_cache(_MEMO)
def quantity(text: str) -> int:
    """A whole number of either sign."""
    if not _QUANTITY.fullmatch(text):
        raise BadField(f"{_shown(text)} is not a whole number")
    return int(text)


@lru_cache(_MEMO)
def volume(text: str) -> int:
    """A whole number of millilitres, 0 or more."""
    found = _NUMBER.fullmatch(text)
    if not found:
        raise BadField(f"{_shown(text)} is not a whole number of millilitres")
    return int(found[1])


@lru_cache(_MEMO)
def money(text: str) -> int:
    """Dollars and cents written `$18.09`, as cents."""
    found = _MONEY.fullmatch(text)
    if not found:
        raise BadField(f"{_shown(text)} is not an amount of the form $18.09")
    return int(found[1]) * 100 + int(found[2])


@lru_cache(_MEMO)
def signed_money(text: str) -> int:
    """Like `money`, but a minus sign before or behind the `$` is accepted: credit notes have one."""
    found = _SIGNED_MONEY.fullmatch(text)
    if not found or (found[1] and found[2]):
        raise BadField(f"{_shown(text)} is not an amount of the form $18.09")
    cents = int(found[3]) * 100 + int(found[4])
    return -cents if found[1] or found[2] else cents


@lru_cache(_MEMO)
def thousandths(text: str) -> int:
    """A decimal number in thousandths; what lies behind the third digit is cut off."""
    found = _DECIMAL.fullmatch(text)
    if not found:
        raise BadField(f"{_shown(text)} is not a decimal number")
    value = int(found[2]) * 1000 + int((found[3] or "").ljust(3, "0")[:3])
    return -value if found[1] else value


def _degrees_e7(sign: str, whole: str, fraction: str | None) -> int:
    value = int(whole) * 10_000_000 + int((fraction or "").ljust(7, "0")[:7])
    return -value if sign else value


@lru_cache(_MEMO)
def point(text: str) -> Point | None:
    """The `(latitude, longitude)` that ends a store's location; None where the location has none.

    Digits behind the seventh decimal (about a centimetre) are cut off.
    """
    last = re.split(r"[\t\r\n]", text)[-1].strip()
    if not last.startswith("("):
        return None
    found = _POINT.fullmatch(last)
    if not found:
        raise BadField(f"{_shown(last)} is not a point of the form (latitude, longitude)")
    north_sign, north, north_rest, east_sign, east, east_rest = found.groups()
    place = Point(_degrees_e7(north_sign, north, north_rest), _degrees_e7(east_sign, east, east_rest))
    if abs(place.latitude_e7) > 900_000_000 or abs(place.longitude_e7) > 1_800_000_000:
        raise BadField(f"{_shown(last)} does not lie on earth")
    return place


@lru_cache(_MEMO)
def name(text: str) -> str:
    """A text for people, without spaces at its edges and with single ones inside; may be empty."""
    if _CONTROL.search(text):
        raise BadField(f"{_shown(text)} holds a control character")
    if len(text) > MAX_NAME_CHARS:
        raise BadField(f"{_shown(text)} is longer than {MAX_NAME_CHARS} characters")
    return " ".join(text.split())


class Column(NamedTuple):
    """A column of the file: its heading, how a field of it is read, and whether it is a text for people."""

    heading: str
    read: Callable[[str], Any]
    is_name: bool = False


COLUMNS: Final[tuple[Column, ...]] = (
    Column("Invoice/Item Number", line_key),
    Column("Date", day),
    Column("Store Number", number),
    Column("Store Name", name, is_name=True),
    Column("Address", name, is_name=True),
    Column("City", name, is_name=True),
    Column("Zip Code", name, is_name=True),
    Column("Store Location", point),
    Column("County Number", number_or_none),
    Column("County", name, is_name=True),
    Column("Category", number_or_none),
    Column("Category Name", name, is_name=True),
    Column("Vendor Number", number),
    Column("Vendor Name", name, is_name=True),
    Column("Item Number", number),
    Column("Item Description", name, is_name=True),
    Column("Pack", number),
    Column("Bottle Volume (ml)", volume),
    Column("State Bottle Cost", money),
    Column("State Bottle Retail", money),
    Column("Bottles Sold", quantity),
    Column("Sale (Dollars)", signed_money),
    Column("Volume Sold (Liters)", thousandths),
    Column("Volume Sold (Gallons)", thousandths),
)
HEADINGS: Final = tuple(column.heading for column in COLUMNS)
NAME_POSITIONS: Final = tuple(index for index, column in enumerate(COLUMNS) if column.is_name)
_READERS: Final = tuple(column.read for column in COLUMNS)


def read_row(texts: list[str]) -> Row:
    """Read one row.

    Args:
        texts: the row's 24 fields in column order.

    Raises:
        BadField: a field cannot be read; `faults_of` says which ones.
    """
    return Row._make([read(text) for read, text in zip(_READERS, texts, strict=True)])


def faults_of(texts: list[str]) -> list[tuple[str, str]]:
    """Every field of a row that cannot be read, as (heading, message) in column order."""
    faults: list[tuple[str, str]] = []
    for column, text in zip(COLUMNS, texts, strict=True):
        try:
            column.read(text)
        except BadField as fault:
            faults.append((column.heading, str(fault)))
    return faults
