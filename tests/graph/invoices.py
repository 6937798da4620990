"""The demo's invoice file, read by the tests themselves: what the graph says is held against it."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from typing import Any

from demo.iowa import SAMPLE

Line = dict[str, str]
Sums = dict[tuple[Any, ...], tuple[int, ...]]
"""What is divided by, to its figures."""


@cache
def lines() -> list[dict[str, str]]:
    with gzip.open(SAMPLE, "rt", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def cents(money: str) -> int:
    return int(money.replace("$", "").replace(".", ""))


def day(row: dict[str, str]) -> date:
    month, number, year = row["Date"].split("/")
    return date(int(year), int(month), int(number))


def order_number(row: dict[str, str]) -> str:
    """A line's number is its invoice's and five digits of its own."""
    return row["Invoice/Item Number"][:-5]


def series(rows: Iterable[dict[str, str]], column: str) -> list[tuple[date, int]]:
    """Prices through time: each from the first day it is seen until another is; a price of zero is none."""
    seen: list[tuple[date, int]] = []
    for row in sorted(rows, key=day):
        amount = cents(row[column])
        if amount and (not seen or seen[-1][1] != amount):
            seen.append((day(row), amount))
    return seen


@cache
def _counties() -> dict[str, str]:
    return {row["Store Number"]: row["County"] for row in lines() if row["County"]}


def county(row: Line) -> str | None:
    """The county of an invoice: the one written on it, else the one its shop has on others."""
    return (row["County"] or _counties().get(row["Store Number"], "")).title() or None


def month(row: Line) -> str:
    return day(row).replace(day=1).isoformat()


def item(row: Line) -> str:
    return row["Item Number"]


def within(rows: Iterable[Line], start: date, end: date) -> list[Line]:
    return [row for row in rows if start <= day(row) < end]


def summed(rows: Iterable[Line], *by: Callable[[Line], Any], others: str = "Store Number") -> Sums:
    """Units, orders, how many others, and cents, by what `by` reads of a line."""
    groups: defaultdict[tuple[Any, ...], list[Line]] = defaultdict(list)
    for row in rows:
        groups[tuple(key(row) for key in by)].append(row)
    return {
        key: (
            sum(int(row["Bottles Sold"]) for row in group),
            len({order_number(row) for row in group}),
            len({row[others] for row in group}),
            sum(cents(row["Sale (Dollars)"]) for row in group),
        )
        for key, group in groups.items()
    }
