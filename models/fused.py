"""Several statements in one trip: fused into one, their rows told apart again.

Owns which combinations are fused, and how; when statements wait together is `loaders/rounds.py`'s.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from engine.shelf import Shelf
from models.reading import Read, Row, Session

SHARED_PARAMETERS = frozenset(
    ("tenant", "now", "today", "viewer_everything", "viewer_organizations", "viewer_customer")
)
"""Parameters that mean the same in every statement of a request."""
FUSED_STATEMENTS = 16
"""The most statements of one trip: more go in several, so that one combination has not every neighbour in it."""
FUSED_KEPT = 1_000
"""Combinations of statements that a process knows."""
FUSED_CHARS = 10_000_000
"""Characters that their texts may have together."""

_PARAMETER = re.compile(r"\$(\d+)")


def _renumbered(numbers: list[int], parameter: re.Match[str]) -> str:
    return f"${numbers[int(parameter[1]) - 1]}"


class FusedRow(Row):
    """A row of one of several statements: which, and its columns."""

    leg: int
    columns_of_leg: tuple[Any, ...]


class Fused(Read[FusedRow]):
    """Several statements as one: their rows one after the other, each under the number of its statement.

    UNION ALL of `(number, row)`: the driver makes a tuple of each row, and the row's class a twin of itself of the
    tuple. What the statements share, tenant and viewer, is sent once.
    """

    __slots__ = ("_own", "_shared", "_twins")

    def __init__(self, statements: Sequence[Read[Any]]) -> None:
        places: dict[tuple[int, str], int] = {}
        legs = []
        for leg, statement in enumerate(statements):
            keys = [(-1 if name in SHARED_PARAMETERS else leg, name) for name in statement.names]
            numbers = [places.setdefault(key, len(places) + 1) for key in keys]
            text = _PARAMETER.sub(partial(_renumbered, numbers), statement.text)
            legs.append(f"(SELECT {leg} AS leg, ROW(l.*) AS columns_of_leg FROM ({text}) AS l)")  # noqa: S608  # our own
        super().__init__(FusedRow, " UNION ALL ".join(legs), ())
        self._own = tuple(places)
        self._twins = tuple(statement.row.twin for statement in statements)

    def arguments(self, tenant_id: UUID, values: Sequence[dict[str, Any]]) -> list[Any]:
        """The parameters in order; `values` by statement."""
        shared: dict[str, Any] = {"tenant": tenant_id}
        for each in values:
            shared.update((name, value) for name, value in each.items() if name in SHARED_PARAMETERS)
        return [shared[name] if leg < 0 else values[leg][name] for leg, name in self._own]

    def apart(self, rows: Sequence[Any]) -> list[list[Any]]:
        """The rows by statement."""
        twins = self._twins
        found: list[list[Any]] = [[] for _ in twins]
        for leg, columns in rows:
            found[leg].append(twins[leg](columns))
        return found


def _chars(combination: Fused | bool) -> int:
    return len(combination.text) if isinstance(combination, Fused) else 0


_combinations: Shelf[tuple[Read[Any], ...], Fused | bool] = Shelf(FUSED_KEPT, FUSED_CHARS, _chars)
"""What statements came together: fused, or True where they have once."""


def fused_of(statements: tuple[Read[Any], ...]) -> Fused | None:
    """The statements as one; None if they come together for the first time.

    A text that is new costs the server more than the trips that it saves, on each connection: one that never comes
    again is not made.
    """
    found = _combinations.get(statements)
    if isinstance(found, Fused):
        return found
    fused = Fused(statements) if found else None
    _combinations.put(statements, fused or True)
    return fused


async def fetch_all(session: Session, asked: Sequence[tuple[Read[Any], dict[str, Any]]]) -> list[list[Any]]:
    """The rows of several statements, each with its parameters, in one trip where they have come together before.

    Raises: as `ReadSession.fetch`.
    """
    if len(asked) > FUSED_STATEMENTS:
        first, rest = asked[:FUSED_STATEMENTS], asked[FUSED_STATEMENTS:]
        return [*await fetch_all(session, first), *await fetch_all(session, rest)]
    fused = fused_of(tuple(statement for statement, _ in asked)) if len(asked) > 1 and session.fuses else None
    if fused is None:
        return [await session.fetch(statement, **values) for statement, values in asked]
    arguments = fused.arguments(session.tenant_id, [values for _, values in asked])
    return fused.apart(await session.run(fused, arguments))
