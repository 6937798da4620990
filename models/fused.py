"""Several statements in one trip: fused into one, their rows told apart again.

Owns which combinations are fused, and how; when statements wait together is `loaders/rounds.py`'s.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any
from uuid import UUID

from engine.shelf import Shelf
from models.reading import Read, Row
from models.session import Session

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
    """A row of one of several statements: the number of the statement, and then its columns, each in a slot."""

    leg: int


class _Slots:
    """The columns that a fused statement has, so that each of its statements finds one of the type for each of its own.

    Columns of one type are shared: a row is of one statement, and has nothing in the slots that this does not use.
    """

    def __init__(self) -> None:
        self.types: list[str] = []

    def of(self, types: Sequence[str]) -> list[int]:
        """A slot for each column, another one for each."""
        free = list(enumerate(self.types))
        taken = []
        for type_ in types:
            slot = next((each for each in free if each[1] == type_), None)
            if slot is None:
                slot = len(self.types), type_
                self.types.append(type_)
            else:
                free.remove(slot)
            taken.append(slot[0])
        return taken


class Fused(Read[FusedRow]):
    """Several statements as one: their rows one after the other, each under the number of its statement.

    UNION ALL of all columns in slots by their types, and not of `(number, row)`: a row in a row the driver decodes at
    twice the price. The class of a statement's rows makes a twin of itself of the columns. What the statements share,
    tenant and viewer, is sent once.
    """

    __slots__ = ("_made", "_own")

    def __init__(self, statements: Sequence[Read[Any]]) -> None:
        places: dict[tuple[int, str], int] = {}
        slots = _Slots()
        found = [slots.of(statement.types) for statement in statements]
        legs = []
        for leg, statement in enumerate(statements):
            keys = [(-1 if name in SHARED_PARAMETERS else leg, name) for name in statement.names]
            numbers = [places.setdefault(key, len(places) + 1) for key in keys]
            text = _PARAMETER.sub(partial(_renumbered, numbers), statement.text)
            columns = {slot: f"c{place}" for place, slot in enumerate(found[leg])}
            said = [columns.get(slot, f"NULL::{type_}") for slot, type_ in enumerate(slots.types)]
            named = ", ".join(columns.values())
            legs.append(f"(SELECT {leg}, {', '.join(said)} FROM ({text}) AS l ({named}))")  # noqa: S608  # our own
        super().__init__(FusedRow, " UNION ALL ".join(legs), ())
        self._own = tuple(places)
        pickers = (_picker([slot + 1 for slot in own]) for own in found)
        self._made = tuple((picked, statement.row.twin) for picked, statement in zip(pickers, statements, strict=True))

    def arguments(self, tenant_id: UUID, values: Sequence[dict[str, Any]]) -> list[Any]:
        """The parameters in order; `values` by statement."""
        shared: dict[str, Any] = {"tenant": tenant_id}
        for each in values:
            shared.update((name, value) for name, value in each.items() if name in SHARED_PARAMETERS)
        return [shared[name] if leg < 0 else values[leg][name] for leg, name in self._own]

    def apart(self, rows: Sequence[Any]) -> list[list[Any]]:
        """The rows by statement."""
        found: list[list[Any]] = [[] for _ in self._made]
        for row in rows:
            found[row[0]].append(row)
        return [list(map(twin, map(picked, own))) for (picked, twin), own in zip(self._made, found, strict=True)]


def _picker(places: Sequence[int]) -> Callable[[Any], tuple[Any, ...]]:
    """Makes a tuple of what stands at these places of a row."""
    if len(places) > 1:
        return itemgetter(*places)
    (place,) = places
    return lambda row: (row[place],)


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
    fused = Fused(statements) if found and all(statement.types for statement in statements) else None
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
