"""What a rule answers when it says no, and the faults of a request.

    Exception
    ├── Refused            a business rule said no; the caller gets a member of the act's union
    │   ├── InvalidInput   the input of an act has problems; all of them are told
    │   ├── KeyReused      the idempotency key was used for something else
    │   └── NotAllowed     not for this viewer to do
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
from typing import ClassVar, NamedTuple


class Refused(Exception):
    """A business rule said no. `code` is the stable name clients branch on; the text is safe to show."""

    code: ClassVar[str] = "REFUSED"

    @property
    def message(self) -> str:
        """The text for the client."""
        return str(self)


class Problem(NamedTuple):
    """What is wrong with one place of an input; `path` leads there from the input."""

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
