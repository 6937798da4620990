"""A file of administrative regions: csv in UTF-8 with semicolons, and the columns code, name and parent among others.

Owns the reading. Regions are shared by all tenants of a platform; what they are used for is the graph's.

    ValueError
    └── BrokenRegions    what is wrong with which line; nothing was written
"""

from __future__ import annotations

import csv
from collections.abc import Container
from pathlib import Path
from typing import Final

from domain.wording import composed, fault_of
from models.base import MAX_CODE_CHARS

MAX_REGIONS: Final = 100_000
"""The most regions of one file: China has some 45,000 down to its towns."""
MAX_NAME_CHARS: Final = 100
SHOWN: Final = 20
"""Problems that are told of at once."""
COLUMNS: Final = ("code", "name", "parent")


class BrokenRegions(ValueError):
    """The file holds what cannot be regions; the message has a line for each problem."""


def read_regions(file: Path) -> list[tuple[str, str, str | None]]:
    """The regions of a file, parents first: (code, name, parent's code).

    A parent may stand in the file or be known already, which the database says.

    Raises: BrokenRegions.
    """
    found: dict[str, tuple[str, str, str | None]] = {}
    problems: list[str] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines, delimiter=";", strict=True)
            if not set(COLUMNS) <= set(rows.fieldnames or ()):
                raise BrokenRegions(f"{file}: the header names no {', no '.join(COLUMNS)} between semicolons.")
            for row in rows:
                code, name, parent = (composed(row[column] or "") for column in COLUMNS)
                problems += _problems(rows.line_num, code, name, parent, found)
                found[code] = (code, name, parent or None)
                if len(found) > MAX_REGIONS:
                    raise BrokenRegions(f"{file} holds more than {MAX_REGIONS:,} regions.")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BrokenRegions(f"{file} cannot be read: {error}") from None
    ordered = _parents_first(found)
    problems += [f"{code} stands below itself" for code in found.keys() - {each[0] for each in ordered}]
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise BrokenRegions("\n".join([*problems[:SHOWN], *more]))
    return ordered


def _problems(line: int, code: str, name: str, parent: str, found: Container[str]) -> list[str]:
    wrong = [
        (not 1 <= len(code) <= MAX_CODE_CHARS, f"a code has 1 to {MAX_CODE_CHARS} characters"),
        (not 1 <= len(name) <= MAX_NAME_CHARS, f"a name has 1 to {MAX_NAME_CHARS} characters"),
        (fault_of(code, code=True), f"the code: {fault_of(code, code=True)}"),
        (fault_of(name), f"the name: {fault_of(name)}"),
        (parent and fault_of(parent, code=True), f"the parent: {fault_of(parent, code=True)}"),
        (code in found, f"an earlier line has the code {code}"),
    ]
    return [f"line {line}: {words}" for is_wrong, words in wrong if is_wrong]


def _parents_first(found: dict[str, tuple[str, str, str | None]]) -> list[tuple[str, str, str | None]]:
    """The regions, each after the one above it; those of a circle are left out."""
    below: dict[str | None, list[str]] = {}
    for code, _, parent in found.values():
        below.setdefault(parent if parent in found else None, []).append(code)
    ordered: list[tuple[str, str, str | None]] = []
    heads = below.get(None, [])
    for code in heads:  # grows while it is walked: every region enters once
        ordered.append(found[code])
        heads += below.get(code, ())
    return ordered
