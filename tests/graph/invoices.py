"""The demo's invoice file, read by the tests themselves: what the graph says is held against it."""

import csv
import gzip
from collections.abc import Iterable
from datetime import date
from functools import cache

from demo import SAMPLE


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
