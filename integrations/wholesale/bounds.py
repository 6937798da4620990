"""What the tables cannot hold, found before anything is written.

Owns the last look at a ledger: every field of it was read, but its values may still be beyond what a price, an order or
an instant can be. The reader names lines of the file by their place; here a line is named by its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from domain.money import MAX_SAFE
from integrations.wholesale.ledger import Ledger, Line
from integrations.wholesale.reading import MAX_PROBLEMS, BrokenFile, Problem

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
"""Years beyond these are slips of the pen, and their days could not be told in every time zone."""


def check(ledger: Ledger) -> None:
    """Raises BrokenFile naming the lines that cannot become an order, at most `MAX_PROBLEMS` of them."""
    problems = [problem for line in ledger.lines for problem in _problems(line)]
    problems += [
        Problem(0, "Sale (Dollars)", f"Invoice {invoice.number}: its total is beyond what is counted exactly.")
        for invoice in ledger.invoices
        if invoice.total_cents > MAX_SAFE
    ]
    if problems:
        raise BrokenFile(problems[:MAX_PROBLEMS])


def _problems(line: Line) -> Iterator[Problem]:
    if not FIRST_YEAR <= line.day.year <= LAST_YEAR:
        yield Problem(0, "Date", f"Line {line.key}: {line.day} is not between the years {FIRST_YEAR} and {LAST_YEAR}.")
    if max(line.price_cents * line.quantity, line.sale_cents + line.quantity) > MAX_SAFE:
        yield Problem(0, "Bottles Sold", f"Line {line.key}: price × bottles is beyond what is counted exactly.")
