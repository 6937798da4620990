"""What the database itself refuses: good rows, and the one constraint that each change of one of them breaks.

Every bad row is a good one with a few columns changed, so that nothing else is wrong with it. A table is named by the
first word of its row's name.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import asyncpg

from domain.money import MAX_SAFE
from models import Base
from models.session import set_tenant
from tests.models.here import HERE, TENANT_ROW

Columns = dict[str, Any]
Rows = Mapping[str, Columns]
Case = tuple[str, str, list[Columns]]
"""Constraint, the good row, and what is changed in it, one change at a time."""

SHARED = {"tenant", "tenant_host", "region"}
"""Tables whose rows are written as they are: they are of no tenant, or name theirs."""

CONSTRAINTS = """
WITH asked AS (SELECT to_regclass(quote_ident(name)) AS id FROM unnest($1::text[]) name)
SELECT conname FROM pg_constraint
WHERE conrelid IN (TABLE asked) AND (contype IN ('c', 'u', 'x') OR contype = 'f' AND EXISTS (
  SELECT FROM pg_attribute WHERE attrelid = confrelid AND attnum = ANY(confkey) AND attname NOT IN ('tenant_id', 'id')))
UNION
SELECT indexrelid::regclass::text FROM pg_index i WHERE indrelid IN (TABLE asked) AND indisunique
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
"""
"""Checks, unique keys, and the foreign keys that say more than that there is such a row."""


def key(number: int) -> UUID:
    return UUID(int=number)


def beyond(column: str, least: int, most: int = MAX_SAFE) -> list[Columns]:
    """The two values that a range just leaves out."""
    return [{column: least - 1}, {column: most + 1}]


def tables_of(*modules: str) -> set[str]:
    """The tables that some modules declare."""
    return {mapper.class_.__tablename__ for mapper in Base.registry.mappers if mapper.class_.__module__ in modules}


async def add(connection: Any, good: Rows, name: str, changed: Columns) -> str | None:
    """The constraint that refuses the good row with these changes; None if none does."""
    table = name.split()[0]
    row = {**({} if table in SHARED else {"tenant_id": HERE}), **good[name], **changed}
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    into = " ".join(("INSERT INTO", f'"{table}"', f"({', '.join(row)}) VALUES ({places})"))
    try:
        async with connection.transaction():
            await connection.execute(into, *row.values())
    except asyncpg.IntegrityConstraintViolationError as refused:
        return str(refused.constraint_name)
    return None


async def begin(connection: Any) -> None:
    """Act inside the tenant, and have every constraint speak at its own statement."""
    await connection.execute(set_tenant(HERE))
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


async def write(connection: Any, good: Rows) -> None:
    """The tenant, and every good row of it."""
    await begin(connection)
    await connection.execute(TENANT_ROW)
    refused = {name: await add(connection, good, name, {}) for name in good}
    assert not any(refused.values()), refused


async def misjudged(dsn: str, good: Rows, bad: Iterable[Case]) -> list[tuple[str, str, Columns, str | None]]:
    """The cases that another constraint refuses than theirs, or none: each with what did. One connection, no commit."""
    connection = await asyncpg.connect(dsn)
    act = connection.transaction()
    await act.start()
    await write(connection, good)
    cases = [(constraint, name, changed) for constraint, name, changes in bad for changed in changes]
    found = [(*case, await add(connection, good, case[1], case[2])) for case in cases]
    await act.rollback()
    await connection.close()
    assert cases
    return [case for case in found if case[3] != case[0]]


async def constraints_of(dsn: str, tables: Iterable[str]) -> set[str]:
    """What the database itself says that it refuses of some tables."""
    connection = await asyncpg.connect(dsn)
    there = {str(row[0]) for row in await connection.fetch(CONSTRAINTS, sorted(tables))}
    await connection.close()
    return there
