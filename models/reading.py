"""Reading: statements compiled once, rows without copies.

`read()` takes a SQLAlchemy Core statement, which is compiled to SQL once: by `compile_all` where a server starts, else
when it is first asked for. A session runs it (`models.session`). It owns no statement of its own: those stand in
`loaders`.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar
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
