"""Several statements as one: each gets the very rows that it gets alone."""

import importlib
import pkgutil
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

import loaders
from models.database import Database, Login
from models.fused import FUSED_STATEMENTS, Fused, fetch_all, fused_of
from models.reading import STATEMENTS, Read, Row
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.here import HERE

for module in pkgutil.walk_packages(loaders.__path__, prefix="loaders."):
    importlib.import_module(module.name)

READS: list[Read[Any]] = list(STATEMENTS)
WORDS = {"UUID": "uuid", "TEXT": "text", "BIGINT": "int8", "BOOLEAN": "bool", "DATE": "date"} | {
    "INTEGER": "int4",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}
"""How PostgreSQL's catalogue calls a type that SQL calls so."""
ALIKE = {"int4": "int8", "int2": "int8", "varchar": "text"}
"""Types whose values are the same in Python, and which UNION makes one."""


def catalogued(type_: str) -> str:
    """A type as the catalogue has it; of an array its own name and `[]`."""
    inner = type_.removesuffix("[]")
    name = WORDS.get(inner, inner)
    return ALIKE.get(name, name) + type_[len(inner) :]


class PairRow(Row):
    """Two of one type, and one that may be nothing."""

    id: UUID
    other: UUID
    note: str | None


class WordRow(Row):
    """One column."""

    word: str


class MixedRow(Row):
    """A little of everything."""

    n: int
    tags: list[str]
    at: datetime | None
    yes: bool
    id: UUID


PAIRS = Read(
    PairRow,
    "SELECT (lpad(to_hex(n), 32, '0'))::uuid AS id, (lpad(to_hex(n + $1), 32, '0'))::uuid AS other,"
    " CASE WHEN n % 2 = 0 THEN 'even' END AS note FROM generate_series(1, $2) AS n ORDER BY n DESC",
    ("step", "count"),
    ("UUID", "UUID", "TEXT"),
)
NO_WORDS = Read(WordRow, "SELECT 'never' AS word WHERE false", (), ("TEXT",))
WORDS_HERE = Read(WordRow, "SELECT unnest($1::text[]) AS word", ("words",), ("TEXT",))
MIXED = Read(
    MixedRow,
    "SELECT n, ARRAY['a', n::text] AS tags, NULL::timestamptz AS at, n > 1 AS yes, $1::uuid AS id"
    " FROM generate_series(1, 3) AS n",
    ("tenant",),
    ("BIGINT", "TEXT[]", "TIMESTAMP WITH TIME ZONE", "BOOLEAN", "UUID"),
)
UNTOLD = Read(WordRow, "SELECT 'x' AS word", ())
ASKED: list[tuple[Read[Any], dict[str, Any]]] = [
    (PAIRS, {"step": 7, "count": 3}),
    (NO_WORDS, {}),
    (MIXED, {}),
    (PAIRS, {"step": 9, "count": 2}),
    (WORDS_HERE, {"words": ["b", None, "a"]}),
]


@pytest.fixture
async def database(owner_dsn: str) -> AsyncIterator[Database]:
    pool = pool_of(Login(owner_dsn, APP_ROLE))
    pool.fuses = True
    yield pool
    await pool.close()


async def test_each_statement_gets_the_rows_that_it_gets_alone(database: Database) -> None:
    session = database.read(HERE)
    alone = [await session.fetch(statement, **values) for statement, values in ASKED]
    await fetch_all(session, ASKED)  # from the second time on they are one
    before = session.statements
    fused = await fetch_all(session, ASKED)
    assert session.statements == before + 1
    await session.close()
    assert [[tuple(row) for row in rows] for rows in fused] == [[tuple(row) for row in rows] for rows in alone]
    for (statement, _), rows in zip(ASKED, fused, strict=True):
        assert {type(row) for row in rows} <= {statement.row.twin}
        for row in rows:
            assert [getattr(row, name) for name in statement.row.columns] == list(row)
    assert [len(rows) for rows in fused] == [3, 0, 3, 2, 3]


def test_columns_of_one_type_share_their_slots() -> None:
    fused = Fused([PAIRS, WORDS_HERE, PAIRS])
    assert fused.text.count("NULL::") == 2  # the two ids of a word
    assert [text.split(" FROM ")[0] for text in fused.text.split(" UNION ALL ")] == [
        "(SELECT 0, c0, c1, c2",
        "(SELECT 1, NULL::UUID, NULL::UUID, c0",
        "(SELECT 2, c0, c1, c2",
    ]


def test_a_statement_whose_types_are_not_told_goes_out_alone() -> None:
    assert [fused_of((UNTOLD, PAIRS)) for _ in range(3)] == [None] * 3
    assert [fused_of((NO_WORDS, MIXED)) is None for _ in range(3)] == [True, False, False]


async def test_all_statements_tell_their_types_and_can_be_fused(owner_dsn: str) -> None:
    """A slot of a wrong type would be refused, or change what a row says."""
    connection = await asyncpg.connect(owner_dsn)
    for made in READS:
        kinds = [column.type for column in (await connection.prepare(made.text)).get_attributes()]
        assert [catalogued(kind.name) for kind in kinds] == [catalogued(type_) for type_ in made.types], made.text
    for start in range(0, len(READS), FUSED_STATEMENTS):
        group = READS[start : start + FUSED_STATEMENTS]
        for order in (group, group[::-1]):
            await connection.prepare(Fused(order).text)
    await connection.close()
