"""What an import is written with: ids derived from names, rows in batches, rows turned into columns."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import bulk
from integrations.bulk import Bulk, insert_text, transposed
from integrations.keys import NAMESPACE, Keys, derived
from models import catalog
from models.base import Base
from models.session import set_tenant
from tests.flows.imports import connected

TENANT = UUID(int=1)
BATCH = 3
NAMES = ("id", "code", "name")


class Recorded:
    """A connection that keeps what it is asked to run."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    async def execute(self, text: str, *arguments: Any) -> None:
        self.asked.append((text, arguments))


def columns_of(rows: int) -> dict[str, Sequence[Any]]:
    return {
        "id": [UUID(int=number + 1) for number in range(rows)],
        "code": [f"c{number}" for number in range(rows)],
        "name": [f"n{number}" for number in range(rows)],
    }


# Batches


@given(rows=st.integers(0, 40), batch=st.integers(1, 12))
async def test_batches_put_together_are_the_columns(rows: int, batch: int) -> None:
    connection, told, columns = Recorded(), list[tuple[str, int]](), columns_of(rows)
    writing = Bulk(connection, TENANT, lambda table, count: told.append((table, count)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bulk, "BATCH_ROWS", batch)
        await writing.insert(catalog.Category, columns)
    assert {text for text, _ in connection.asked} <= {insert_text(table_of(catalog.Category), NAMES)}
    assert all(tenant == TENANT for _, (tenant, *_) in connection.asked)
    sent = [parts for _, (_, *parts) in connection.asked]
    assert {name: [v for parts in sent for v in parts[place]] for place, name in enumerate(NAMES)} == columns
    sizes = [batch] * (rows // batch) + [rows % batch] * (rows % batch > 0)
    assert told == [("category", size) for size in sizes]
    assert [{len(part) for part in parts} for parts in sent] == [{size} for size in sizes]
    assert writing.counts == ({"category": rows} if rows else {})


@given(st.lists(st.integers(0, 5), min_size=3, max_size=3).filter(lambda lengths: len(set(lengths)) > 1))
async def test_columns_of_different_lengths_reach_no_server(lengths: list[int]) -> None:
    connection = Recorded()
    columns = {name: columns_of(length)[name] for name, length in zip(NAMES, lengths, strict=True)}
    with pytest.raises(ValueError, match="category: columns of different lengths"):
        await Bulk(connection, TENANT).insert(catalog.Category, columns)
    assert connection.asked == []


async def test_rows_without_columns_are_refused() -> None:
    connection = Recorded()
    with pytest.raises(ValueError, match=r"category: columns of different lengths \[\]"):
        await Bulk(connection, TENANT).insert(catalog.Category, {})
    assert connection.asked == []


@pytest.mark.parametrize("rows", [0, 1, BATCH, BATCH + 1, 2 * BATCH])
async def test_every_row_at_the_edge_of_a_batch_arrives(
    owner_dsn: str, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(bulk, "BATCH_ROWS", BATCH)
    columns = columns_of(rows)
    async with connected(owner_dsn) as connection:
        await connection.execute("INSERT INTO tenant (id, code, name) VALUES ($1, 'one', 'One')", TENANT)
        await connection.execute(set_tenant(TENANT))
        await Bulk(connection, TENANT).insert(catalog.Category, columns)
        found = await connection.fetch("SELECT tenant_id, id, code, name, parent_id FROM category ORDER BY id")
    assert [tuple(row) for row in found] == [(TENANT, *row, None) for row in zip(*columns.values(), strict=True)]


def test_statement_names_every_column_with_its_kind() -> None:
    assert insert_text(table_of(catalog.Price), ("price_list_id", "valid_from", "unit_fen")) == (
        'INSERT INTO "price" (tenant_id, "price_list_id", "valid_from", "unit_fen")'
        " SELECT $1::uuid, * FROM unnest($2::UUID[], $3::TIMESTAMP WITH TIME ZONE[], $4::BIGINT[])"
    )


def table_of(kind: type[Base]) -> Any:
    return kind.__table__


# Columns


@given(st.lists(st.tuples(st.integers(), st.text(), st.none() | st.booleans())))
def test_columns_hold_the_rows(rows: list[tuple[Any, ...]]) -> None:
    columns: Mapping[str, Sequence[Any]] = transposed(NAMES, rows)
    assert tuple(columns) == NAMES
    assert list(zip(*columns.values(), strict=True)) == rows


@pytest.mark.parametrize("rows", [[(1, 2)], [(1, 2, 3), (1, 2)], [(1, 2, 3, 4)]], ids=["short", "ragged", "long"])
def test_rows_that_do_not_fit_the_columns_are_refused(rows: list[tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="zip"):
        transposed(NAMES, rows)


# Keys


@given(st.uuids(), st.text())
def test_ids_are_those_of_the_standard(namespace: UUID, name: str) -> None:
    assert derived(namespace, name) == uuid5(namespace, name)
    assert (derived(namespace, name).version, derived(namespace, name).variant) == (5, uuid5(namespace, "").variant)


codes = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)
parts = st.lists(st.integers() | st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"])), min_size=1)


@given(codes, codes, parts, parts)
def test_other_names_are_other_ids(code: str, other: str, one: list[object], two: list[object]) -> None:
    assert (Keys(code).tenant_id == Keys(other).tenant_id) is (code == other)
    assert (Keys(code).of("sku", *one) == Keys(other).of("sku", *one)) is (code == other)
    same = [str(part) for part in one] == [str(part) for part in two]
    assert (Keys(code).of("sku", *one) == Keys(code).of("sku", *two)) is same
    assert Keys(code).of("sku", *one) != Keys(code).of("lot", *one)
    assert Keys(code).tenant_id == uuid5(NAMESPACE, code)
