"""The ground every table stands on: the tenant column, composite keys, column kinds and checks.

Every tenant's table has `tenant_id` first in its primary key, in every unique constraint and in every foreign key, so
that no row can point across the wall and the schema can be distributed by tenant unchanged. It owns no table itself.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

import uuid_utils
from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKeyConstraint, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, mapped_column

from domain.money import MAX_SAFE

MAX_CODE_CHARS = 100
"""The longest code: what a list is cut by, an argument names and a cursor holds."""

NO_LOT_ID = UUID(int=0)
"""The reserved lot that means "no lot"; every sku has it, so that the key of a stock row has no holes."""


def new_id() -> UUID:
    """A time-ordered UUID (version 7), made here because PostgreSQL has no such function before 18."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


Id = Annotated[UUID, mapped_column(Uuid)]
NewId = Annotated[UUID, mapped_column(Uuid, primary_key=True, default=new_id)]
TenantId = Annotated[UUID, mapped_column(Uuid, primary_key=True)]
KeyId = Annotated[UUID, mapped_column(Uuid, primary_key=True)]
Number = Annotated[int, mapped_column(BigInteger)]
Words = Annotated[str, mapped_column(Text)]
TextList = Annotated[list[str], mapped_column(ARRAY(Text), server_default="{}")]
Instant = Annotated[datetime, mapped_column(TIMESTAMP(timezone=True))]
Day = Annotated[date, mapped_column(Date)]


class Base(DeclarativeBase):
    """The one registry of tables; constraint names follow one convention so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        int: BigInteger,
        datetime: TIMESTAMP(timezone=True),
        date: Date,
    }


def within_tenant() -> ForeignKeyConstraint:
    """The row belongs to a tenant that exists."""
    return ForeignKeyConstraint(["tenant_id"], ["tenant.id"])


def ref(column: str, target: str) -> ForeignKeyConstraint:
    """`column` points at a row of `target` in the same tenant."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"])


def part_of(column: str, target: str, shared: str) -> ForeignKeyConstraint:
    """`column` points at a row of `target`, and both name the same in the column `shared`."""
    return ForeignKeyConstraint(
        ["tenant_id", column, shared], [f"{target}.tenant_id", f"{target}.id", f"{target}.{shared}"]
    )


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A status column: text and a check, not an enum, so that row security leaves its indexes usable."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def at_least(minimum: int, *columns: str, at_most: int = MAX_SAFE) -> tuple[CheckConstraint, ...]:
    """Each column lies between `minimum` and `at_most`, by itself what a JSON number holds exactly."""
    return tuple(CheckConstraint(f"{c} BETWEEN {minimum} AND {at_most}", name=f"{c}_range") for c in columns)


def code_length() -> CheckConstraint:
    """The column `code` is what a connection is cut by: never empty, and short enough for a cursor."""
    return CheckConstraint(f"char_length(code) BETWEEN 1 AND {MAX_CODE_CHARS}", name="code_length")


def half_open(start: str, end: str) -> CheckConstraint:
    """A time window [start, end): an end, where there is one, lies after the start."""
    return CheckConstraint(f"{end} IS NULL OR {end} > {start}", name=f"{end}_after_{start}")


def table_args(*items: Any, **options: Any) -> tuple[Any, ...]:
    """`__table_args__` of a tenant's table: the wall first, then what the table adds."""
    return (within_tenant(), *items, options) if options else (within_tenant(), *items)


def part_args(whole: ForeignKeyConstraint, *items: Any) -> tuple[Any, ...]:
    """`__table_args__` of a table whose rows belong to a tenant by what they are part of, which is never null.

    For tables that are written by the thousand a second: PostgreSQL looks at every foreign key of every row by itself.
    """
    return whole, *items


def unkeyed_args(*items: Any) -> tuple[Any, ...]:
    """`__table_args__` of a table whose rows belong to the tenant of the session that wrote them: row security alone
    holds them to it, and the application takes it from `tenant`. For the same tables' sake as `part_args`.
    """
    return items
