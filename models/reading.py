"""Reading: statements compiled once, rows without copies, one read transaction for a request.

`read()` takes a SQLAlchemy Core statement, which is compiled to SQL once: by `compile_all` where a server starts, else
when it is first asked for; `ReadSession.fetch` runs it on the driver's connection. SQLAlchemy executing it would cost
more than the rest of the request. It owns no statement of its own: those stand in `loaders`.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from typing import Any, ClassVar, Final, Generic, Protocol, TypeAlias, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    Date,
    Select,
    Text,
    Uuid,
    bindparam,
    literal_column,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler

from domain.base import Fault, TimedOut, Unavailable

log = logging.getLogger(__name__)

Rows: TypeAlias = Select[*tuple[Any, ...]]
"""A statement before it is compiled, whatever its columns."""

TENANT: BindParameter[UUID] = bindparam("tenant", type_=Uuid())
"""The parameter every leg of every statement filters by; the session fills it in."""

NOW: BindParameter[datetime] = bindparam("now", type_=TIMESTAMP(timezone=True))
"""The request's one instant: statements never ask the database's clock."""

UUIDS = ARRAY(Uuid())
TEXTS = ARRAY(Text())
BIGINTS = ARRAY(BigInteger())
INSTANT = TIMESTAMP(timezone=True)
READ_TYPES = (Uuid, Text, BigInteger, Boolean, Date, TIMESTAMP, ARRAY)
"""What a statement may take and return: types whose values need no processing on the way."""


class Row(asyncpg.Record):  # type: ignore[misc]  # the driver ships no types
    """A row as the driver made it. Subclasses name the columns in order; each name reads its place, without a copy.

    `twin` is the same row as a tuple, for those that come in one answer with the rows of other statements.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    twin: ClassVar[type[tuple[Any, ...]]] = tuple

    def __init_subclass__(cls) -> None:
        """Turn the annotations, inherited ones first, into readers of their place."""
        names = list(cls.columns)
        for name, kind in cls.__annotations__.items():
            if name not in names and not str(kind).startswith("typing.ClassVar"):
                names.append(name)
        for place, name in enumerate(names):
            setattr(cls, name, property(itemgetter(place)))
        cls.columns = tuple(names)
        own = {name: value for name, value in vars(cls).items() if not name.startswith("__")}
        bases = tuple(base.twin for base in cls.__bases__ if issubclass(base, Row))
        cls.twin = type(cls.__name__, bases, {**own, "__slots__": ()})


R = TypeVar("R", bound=Row)


class Read(Generic[R]):
    """A compiled statement: its text, the names of its parameters in order, and the class of its rows.

    `types` are those of its columns, as PostgreSQL calls them; where they are not told it is not fused with others.
    """

    __slots__ = ("names", "row", "text", "types")

    def __init__(self, row: type[R], text: str, names: tuple[str, ...], types: tuple[str, ...] = ()) -> None:
        self.row, self.text, self.names, self.types = row, text, names, types


DIALECT: Final = asyncpg_dialect()  # type: ignore[no-untyped-call]  # untyped upstream
"""What statements, and the names of types in them, are written for."""
STATEMENTS: dict[Read[Any], Rows] = {}
"""Every statement that a module has, for who compiles them and the tests that hold them to the rules above."""


class _Uncompiled(Read[R]):
    """A statement that nobody has asked for. What it lacks is made at the first look, and then it is a plain `Read`.

    It has no places of its own, so that the class can be changed: who reads often pays nothing for who reads first.
    Two threads that come together both compile it, to the same.
    """

    __slots__ = ()

    def __init__(self, row: type[R]) -> None:
        self.row = row

    def __getattr__(self, name: str) -> Any:
        if name not in Read.__slots__:
            raise AttributeError(f"a statement has no {name}")
        compiled = compiled_of(self.row, STATEMENTS[self])
        types = tuple(entry.type.compile(dialect=DIALECT) for entry in compiled._result_columns)
        Read.__init__(self, self.row, compiled.string, tuple(compiled.positiontup or ()), types)
        self.__class__ = Read  # type: ignore[assignment]  # its base, and laid out alike
        return getattr(self, name)


def read(row: type[R], statement: Rows) -> Read[R]:
    """`statement` for `ReadSession.fetch`; its columns must be those of `row` in order.

    It is compiled later, and refused then: tests/models/test_statements.py compiles every one.
    """
    made = _Uncompiled(row)
    STATEMENTS[made] = statement
    return made


def compile_all() -> None:
    """Compile what nobody has asked for yet: for a server, whose first request shall not wait for it."""
    for made in STATEMENTS:
        _ = made.text


def compiled_of(row: type[Row], statement: Rows) -> SQLCompiler:
    """The statement compiled. Raises TypeError where it cannot be compiled once, or returns not what `row` names."""
    compiled = statement.compile(dialect=DIALECT)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("not a statement that returns rows")
    columns = tuple(entry.keyname for entry in compiled._result_columns)
    if columns != row.columns:
        raise TypeError(f"{row.__name__} names {row.columns}, the statement returns {columns}")
    if compiled.post_compile_params:
        raise TypeError(f"{row.__name__}: a parameter that is expanded at run time cannot be compiled once")
    unnamed = [name for name, bound in compiled.binds.items() if bound.unique]
    if unnamed:
        raise TypeError(f"{row.__name__}: {unnamed} are values, not parameters; write them with constant()")
    return compiled


def constant(value: StrEnum | bool | int) -> ColumnElement[Any]:
    """A value written into the statement itself: never a client's, and seen by the planner and partial indexes."""
    if isinstance(value, StrEnum):
        return literal_column(f"'{value}'", Text())
    if isinstance(value, bool):
        return literal_column("true" if value else "false", Boolean())
    return literal_column(str(value), BigInteger())


def ids(name: str) -> BindParameter[Sequence[UUID]]:
    """A parameter that takes many ids."""
    return bindparam(name, type_=UUIDS)


def in_scope(*columns: ColumnElement[UUID | None] | InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """One of the columns names an organisation the viewer speaks for, or the viewer may see everything."""
    condition: ColumnElement[bool] = bindparam("viewer_everything", type_=Boolean())
    for column in columns:
        condition = condition | (column == bindparam("viewer_organizations", type_=UUIDS).any_())
    return condition


BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "


def set_tenant(tenant_id: UUID) -> str:
    """The statement that opens the wall for one tenant, for this transaction only.

    SET LOCAL, not set_config(): a distributed PostgreSQL sends only the former to its workers. It takes no parameter,
    so the text is built, from a UUID object and never from a client's text.
    """
    return f"SET LOCAL app.tenant_id = '{UUID(bytes=tenant_id.bytes)}'"


@lru_cache(maxsize=1_000)
def _begin(tenant_id: UUID) -> str:
    """What begins a read transaction, in one message: the tenant costs no trip of its own."""
    return BEGIN_READ + set_tenant(tenant_id)


OUTDATED = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)
"""What the driver raises when a migration has changed what a prepared statement is about."""


class Checkout(Protocol):
    """A connection on which a transaction has begun, and the ways to give it back."""

    async def fetch(self, statement: Read[R], arguments: list[Any]) -> list[R]:
        """The rows of one statement."""
        ...

    async def execute(self, text: str) -> None:
        """Run statements without parameters in one message."""
        ...

    def is_closed(self) -> bool:
        """Whether it is lost, from whichever side."""
        ...

    def forget(self) -> None:
        """Drop what is prepared on it."""
        ...

    def hand_on(self) -> bool:
        """Hand it, its transaction open, to a reader who waits and ends that with the message that begins hers.

        False where none can have it: then it is still the caller's.
        """
        ...

    def give_back(self) -> None:
        """Return it, its transaction ended."""
        ...

    def discard(self) -> None:
        """Close it: its state is not known."""
        ...


class ReadPool(Protocol):
    """Where read sessions take their connection from."""

    @property
    def fuses(self) -> bool:
        """Whether statements that wait together go out in one trip."""
        ...

    async def begun(self, text: str) -> Checkout:
        """A connection on which `text` has begun a transaction, within a time limit."""
        ...


class Session(Protocol):
    """What loaders read through: a read session, or the transaction of an act."""

    tenant_id: UUID
    statements: int
    """How many were sent, BEGIN and COMMIT not among them."""

    @property
    def fuses(self) -> bool:
        """Whether statements that wait together go out in one trip."""
        ...

    async def fetch(self, statement: Read[R], **values: Any) -> list[R]:
        """The rows of `statement`; every parameter but the tenant is a keyword of its own name."""
        ...

    async def run(self, statement: Read[R], arguments: list[Any]) -> list[R]:
        """The rows of `statement`, whose parameters are given in order."""
        ...

    async def close(self) -> None:
        """End what it has begun."""
        ...

    def renewed(self) -> "Session":
        """Another of the same tenant, with a snapshot of its own."""
        ...


NO_ANSWER = "The database does not answer. Try again."
LOSING = (asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver says of a connection that is lost; the second where the server has said goodbye and not yet gone."""


GONE = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)
"""What the server itself says when it stops, recovers, or ends a connection that the driver may still take for open."""


def failure(connection: Checkout, error: Exception) -> Exception:
    """What an error of the driver is told as: a fault where the database failed; a bug of ours stays what it is."""
    if isinstance(error, asyncpg.QueryCanceledError):
        return TimedOut("The database took too long to answer.")
    # A lost connection has many errors, some of them also those of a wrong use: the connection itself tells.
    if not connection.is_closed() and not isinstance(error, (asyncpg.InternalClientError, *GONE)):
        return error
    log.warning("database connection lost: %s: %s", type(error).__name__, error)
    return Unavailable(NO_ANSWER)


class ReadSession:
    """One read transaction of one tenant, opened by its first statement: REPEATABLE READ, READ ONLY.

    The driver runs one statement at a time, so callers queue in the order they come. `statements` counts what was
    sent, BEGIN and COMMIT not among them.
    """

    __slots__ = ("_checkout", "_closed", "_ending", "_fault", "_lock", "_pool", "statements", "tenant_id")

    def __init__(self, pool: ReadPool, tenant_id: UUID) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self._checkout: Checkout | None = None
        self._closed = False
        self._fault: Fault | None = None
        self._ending: asyncio.Future[None] | None = None  # held here: the loop itself holds tasks only weakly
        self.tenant_id = tenant_id
        self.statements = 0

    async def fetch(self, statement: Read[R], **values: Any) -> list[R]:
        """The rows of `statement`; every parameter but the tenant is a keyword of its own name.

        Raises: Unavailable or TimedOut when the database fails, and from then on whatever is asked;
            asyncpg.PostgresError for what else the server refuses; RuntimeError once the session is closed.
        """
        values["tenant"] = self.tenant_id
        return await self.run(statement, [values[name] for name in statement.names])

    @property
    def fuses(self) -> bool:
        """Whether statements that wait together go out in one trip."""
        return self._pool.fuses

    async def run(self, statement: Read[R], arguments: list[Any]) -> list[R]:
        """The rows of `statement`, whose parameters are given in order. Raises: as `fetch`."""
        async with self._lock:
            if self._closed:
                raise RuntimeError("the read session is closed")
            if self._fault is not None:  # the transaction went with it
                raise self._fault
            try:
                checkout = self._checkout
                if checkout is None:
                    checkout = self._checkout = await self._pool.begun(_begin(self.tenant_id))
                self.statements += 1
                try:
                    return await self._run(checkout, statement, arguments)
                except Exception as error:
                    told = failure(checkout, error)
                    if told is error:
                        raise
                    raise told from error
            except Fault as fault:
                self._fault = fault
                raise

    def renewed(self) -> "ReadSession":
        """Another session of the same tenant, with a snapshot of its own."""
        return ReadSession(self._pool, self.tenant_id)

    async def close(self) -> None:
        """End the transaction and give the connection back; safe to call twice.

        A request that is cancelled, even here, leaves none behind: shielded while a statement is at work, and
        otherwise with a connection that is closed if its transaction did not end.
        """
        self._closed = True
        if self._ending is None and not self._lock.locked():
            await self._end()
            return
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._finish())
        await asyncio.shield(self._ending)

    async def _finish(self) -> None:
        async with self._lock:
            await self._end()

    async def _run(self, checkout: Checkout, statement: Read[R], arguments: list[Any]) -> list[R]:
        try:
            return await checkout.fetch(statement, arguments)
        except OUTDATED:
            # A migration changed a table under a prepared statement. This connection is kept, with nothing prepared on
            # it; the transaction is lost, so the rest of the request reads a fresh snapshot.
            log.warning("prepared statement outdated by a migration, read again")
            checkout.forget()
            await checkout.execute("ROLLBACK; " + _begin(self.tenant_id))
            return await checkout.fetch(statement, arguments)

    async def _end(self) -> None:
        checkout, self._checkout = self._checkout, None
        if checkout is None or checkout.hand_on():
            return
        try:
            await checkout.execute("COMMIT")
        except (*LOSING, asyncpg.PostgresError, OSError) as error:
            # A read has nothing to commit: what was read stands. But nobody else shall meet this connection.
            log.warning("a read session ended badly: %s", error)
            checkout.discard()
        except BaseException:
            checkout.discard()
            raise
        else:
            checkout.give_back()
