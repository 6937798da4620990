"""Writing much at once under row security: COPY is refused there, an INSERT over unnested arrays is not.

Owns the statement, the batches and the counting. Knows tables, no business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import Table

from models.base import Base
from models.reading import DIALECT

BATCH_ROWS: Final = 20_000
"""Rows of one statement: enough that trips do not count, few enough that neither side holds the whole import."""


class Bulk:
    """Inserts columns of values into the tables of one tenant, on one connection, within the caller's transaction."""

    def __init__(
        self, connection: asyncpg.Connection, tenant_id: UUID, written: Callable[[str, int], None] | None = None
    ) -> None:
        self.connection, self.tenant_id = connection, tenant_id
        self.counts: dict[str, int] = {}
        self._written = written

    async def insert(self, kind: type[Base], columns: Mapping[str, Sequence[Any]]) -> None:
        """Insert rows given column by column, all of one length; the tenant's column comes on its own.

        Raises: ValueError when the columns differ in length; asyncpg.PostgresError as the server answers.
        """
        table = kind.__table__
        assert isinstance(table, Table)
        lengths = {len(values) for values in columns.values()}
        if len(lengths) != 1:
            raise ValueError(f"{table.name}: columns of different lengths {sorted(lengths)}")
        rows = lengths.pop()
        text = insert_text(table, tuple(columns))
        for start in range(0, rows, BATCH_ROWS):
            batch = [values[start : start + BATCH_ROWS] for values in columns.values()]
            await self.connection.execute(text, self.tenant_id, *batch)
            self._count(table.name, min(BATCH_ROWS, rows - start))

    def _count(self, table: str, rows: int) -> None:
        self.counts[table] = self.counts.get(table, 0) + rows
        if self._written is not None:
            self._written(table, rows)


def insert_text(table: Table, names: Sequence[str]) -> str:
    """The statement: the tenant as the first parameter, then one array for each column."""
    kinds = [table.c[name].type.compile(dialect=DIALECT) for name in names]
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(kinds, start=2))
    listed = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table.name}" (tenant_id, {listed}) SELECT $1::uuid, * FROM unnest({arrays})'  # noqa: S608 - names of our own tables


def transposed(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Rows turned into named columns; no rows give empty columns."""
    if not rows:
        return dict.fromkeys(names, ())
    return dict(zip(names, zip(*rows, strict=True), strict=True))


async def write_tags(bulk: Bulk, kind: type[Base], tags: Mapping[UUID, Sequence[str]]) -> None:
    """Tag rows that are there, by their ids.

    An array for each row cannot be unnested from an array of arrays: they come as texts. No tag may hold a comma.
    """
    text = (
        f"UPDATE \"{kind.__tablename__}\" AS kept SET tags = string_to_array(tagged.tags, ',')"  # noqa: S608 - names of our own tables
        " FROM unnest($2::uuid[], $3::text[]) AS tagged (id, tags) WHERE kept.tenant_id = $1 AND kept.id = tagged.id"
    )
    await bulk.connection.execute(text, bulk.tenant_id, list(tags), [",".join(given) for given in tags.values()])
