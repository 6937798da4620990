"""What a rule answers when it says no, and the faults of a request.

    Exception
    ├── Refused            a business rule said no; the caller gets a member of the act's union
    │   ├── InvalidInput   the input of an act has problems; all of them are told
    │   ├── KeyReused      the idempotency key was used for something else
    │   ├── NotAllowed     not for this viewer to do
    │   └── RowRefused     one row of many; its centre says why
    └── Fault              the request itself is wrong; the caller gets a top-level error with `extensions.code`
        ├── BadId          not an id of this graph
        ├── BadCursor      not a cursor of this connection
        ├── BadPage        a page size outside its limits
        ├── BadInput       any other argument that cannot be meant
        ├── TenantRequired nothing names the tenant
        ├── Unauthenticated no, or no valid, proof of who asks
        ├── Unavailable    nothing wrong with the request: the database does not answer, try again
        └── TimedOut       the database took too long over it

A `Refused` carries facts that its centre defines; a `Fault` carries a message that is safe to show to anyone: it never
says whether something exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, NamedTuple, TypeVar

R = TypeVar("R")

MAX_ROWS: Final = 500
"""The most rows of one act that takes many."""


class Refused(Exception):
    """A business rule said no. `code` is the stable name clients branch on; the text is safe to show."""

    code: ClassVar[str] = "REFUSED"

    @property
    def message(self) -> str:
        """The text for the client."""
        return str(self)


class Problem(NamedTuple):
    """What is wrong with one place of what was given; `path` leads there, from the argument's name on."""

    path: tuple[str | int, ...]
    message: str


class InvalidInput(Refused):
    """The input cannot be meant: every problem that it has."""

    code = "INVALID_INPUT"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{'.'.join(map(str, path))}: {message}" for path, message in self.problems))


class KeyReused(Refused):
    """The actor has used the idempotency key of this operation for something else, within the days that keys live."""

    code = "KEY_REUSED"

    def __init__(self) -> None:
        super().__init__("This idempotency key was used for something else.")


class NotAllowed(Refused):
    """The viewer may not do this here. Whether what she named exists is not said."""

    code = "NOT_ALLOWED"

    def __init__(self) -> None:
        super().__init__("You may not do this, or it is not there.")


class RowRefused(Refused):
    """Why one row of many was refused. Its facts are the arguments it is made of, and JSON holds them.

    So it is told again, under the same key, as it was.
    """

    kinds: ClassVar[dict[str, type["RowRefused"]]] = {}
    """All of them, by code."""

    def __init_subclass__(cls) -> None:
        RowRefused.kinds[cls.code] = cls


class CodeTaken(RowRefused):
    """Another of the kind has the code. Whose it is is not said."""

    code = "CODE_TAKEN"

    def __init__(self, taken: str) -> None:
        self.taken = taken
        super().__init__(f"The code {taken!r} is taken.")


class LimitReached(RowRefused):
    """There are as many of the kind as there may be."""

    code = "LIMIT_REACHED"

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"There may be {most} of the kind, and as many there are.")


def retold(code: str, facts: dict[str, Any]) -> Refused:
    """The refusal of a row from its code and its facts as JSON gave them back."""
    if code == InvalidInput.code:
        return InvalidInput([Problem(tuple(path), message) for path, message in facts["problems"]])
    kind = RowRefused.kinds.get(code)
    return NotAllowed() if kind is None else kind(**facts)


@dataclass(frozen=True, slots=True)
class Faulty:
    """A row that cannot be meant, in the place of its command: the paths of its problems, and what they are."""

    problems: tuple[tuple[tuple[str | int, ...], str], ...]


class Sheet(Generic[R]):
    """The rows of an act while it is decided: each is `left`, or refused for what is wrong with it."""

    def __init__(self, rows: Sequence[R | Faulty]) -> None:
        self.refused: dict[int, Refused] = {}
        self._rows: dict[int, R] = {}
        self.size = len(rows)
        for place, row in enumerate(rows):
            if isinstance(row, Faulty):
                self.refused[place] = InvalidInput([Problem(*problem) for problem in row.problems])
            else:
                self._rows[place] = row

    @property
    def left(self) -> list[tuple[int, R]]:
        """The rows that are not refused, with their places."""
        return [(place, row) for place, row in self._rows.items() if place not in self.refused]

    def refuse(self, place: int, refused: Refused) -> None:
        """Refuse a row; what was said of it first stays."""
        self.refused.setdefault(place, refused)

    def wrong(self, place: int, name: str, message: str, *within: str) -> None:
        """Refuse a row for its field `name`, or one `within` that, beside what else is wrong with its fields."""
        problem = Problem(("input", "rows", place, name, *within), message)
        known = self.refused.get(place)
        if known is None:
            self.refused[place] = InvalidInput([problem])
        elif isinstance(known, InvalidInput):
            self.refused[place] = InvalidInput([*known.problems, problem])


class Fault(Exception):
    """The request is wrong in itself. `code` becomes `extensions.code`; the message is shown as it is."""

    code: ClassVar[str] = "BAD_REQUEST"

    @property
    def message(self) -> str:
        """The text for the client."""
        return str(self)


class BadId(Fault):
    """The text is not an id of this graph, or names another type than the field asks for."""

    code = "BAD_ID"


class BadCursor(Fault):
    """The text is not a cursor that this connection has given out."""

    code = "BAD_CURSOR"


class BadPage(Fault):
    """A page size outside its limits, or paging arguments that contradict each other."""

    code = "BAD_PAGE_SIZE"


class BadInput(Fault):
    """An argument that cannot be meant: out of range, contradictory, too long."""

    code = "BAD_USER_INPUT"


class TenantRequired(Fault):
    """Neither token, host nor header names a tenant."""

    code = "TENANT_REQUIRED"


class Unauthenticated(Fault):
    """No valid proof of who asks. One message for every reason: the reason is in the log only."""

    code = "UNAUTHENTICATED"


class Unavailable(Fault):
    """Nothing is wrong with the request: the database does not answer, or has no connection free. Try again."""

    code = "UNAVAILABLE"


class TimedOut(Fault):
    """The database took longer over the request than it is given."""

    code = "TIMEOUT"
