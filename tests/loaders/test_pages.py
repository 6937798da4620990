"""Pages on a real connection: cut by keys, under many parents at once, over ties, up to the limit of counting."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import select

from domain.access import NOBODY
from loaders.base import Reading
from loaders.paging import COUNT_LIMIT, Page, Paged, PageRequest, key_of, totals, wanted_parents
from models.catalog import Category
from models.database import Database, Login
from models.member import Customer
from models.reading import STATEMENTS, TENANT, Row
from models.session import ReadSession
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.here import HERE, TENANT_ROW, fill

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
async def filled_dsn(owner_dsn: str) -> str:
    await fill(owner_dsn, TENANT_ROW)
    return owner_dsn


@pytest.fixture
async def database(filled_dsn: str) -> AsyncIterator[Database]:
    """A pool of a single connection: what is not given back is missed at once."""
    pool = pool_of(Login(filled_dsn, APP_ROLE))
    yield pool
    assert pool.connections()["busy"] == 0
    await pool.close()


@pytest.fixture
def apart() -> Iterator[None]:
    """What the tests compile does not stay among the statements of the loaders."""
    kept = dict(STATEMENTS)
    yield
    STATEMENTS.clear()
    STATEMENTS.update(kept)


class CategoryEntry(Row):
    """A category on a page under the one above it, by name."""

    id: UUID
    place: int
    by_name: str
    by_id: UUID


class CustomerEntry(Row):
    """A customer on a page, the newest first."""

    id: UUID
    place: int
    by_time: datetime
    by_id: UUID


@pytest.fixture
def by_name(apart: None) -> Paged[CategoryEntry]:
    wanted = wanted_parents()
    rows = select(Category.id).where(Category.tenant_id == TENANT, Category.parent_id == wanted.c.parent)
    return Paged(CategoryEntry, wanted, rows, {Category.name: str, Category.id: UUID})


@pytest.fixture
def newest(apart: None) -> Paged[CustomerEntry]:
    wanted = wanted_parents()
    rows = select(Customer.id).where(Customer.tenant_id == TENANT, Customer.tenant_id == wanted.c.parent)
    return Paged(CustomerEntry, wanted, rows, {Customer.joined_at: datetime, Customer.id: UUID})


def reading(session: ReadSession) -> Reading:
    return Reading(session, NOON, NOON.date(), NOBODY)


async def walk(connection: Paged[Any], at: Reading, parent: UUID, first: int) -> list[Page[Any]]:
    """All pages of one parent, one after the other."""
    pages: list[Page[Any]] = []
    request = PageRequest(first)
    while True:
        (page,) = await connection.pages(at, [parent], request)
        pages.append(page)
        if not page.has_next:
            return pages
        request = PageRequest(first, key_of(page.rows[-1]))


MANY, FEW, LONE, NONE = (uuid5(HERE, word) for word in ("many", "few", "lone", "none"))


CHILDREN = """
INSERT INTO category (tenant_id, id, code, name, parent_id)
SELECT current_setting('app.tenant_id')::uuid, md5($1::text || n)::uuid, $1::text || n, 'name ' || n % $3, $1::uuid
FROM generate_series(1, $2::bigint) AS n
"""
TOPS = """
INSERT INTO category (tenant_id, id, code, name)
SELECT current_setting('app.tenant_id')::uuid, top, top::text, 'top' FROM unnest($1::uuid[]) AS top
"""


def categories(parent: UUID, count: int, names: int) -> tuple[Any, ...]:
    """`count` categories under `parent` that share `names` names, with ids that do not follow them."""
    return (CHILDREN, str(parent), count, names)


def tops() -> tuple[Any, ...]:
    return (TOPS, [MANY, FEW, LONE, NONE])


PEOPLE = """
INSERT INTO account SELECT current_setting('app.tenant_id')::uuid, md5('a' || n)::uuid, n::text, 'x'
FROM generate_series(1, 6) AS n
"""
SHOPPERS = """
INSERT INTO customer SELECT tenant_id, id, id, $1::timestamptz + (subject::int / 3) * interval '1 day' FROM account
"""


async def test_pages_run_through_ties_without_loss(
    by_name: Paged[CategoryEntry], database: Database, filled_dsn: str
) -> None:
    await fill(filled_dsn, tops(), categories(FEW, 7, 2), categories(LONE, 1, 1))
    session = database.read(HERE)
    at = reading(session)
    ((whole,), twos) = await by_name.pages(at, [FEW], PageRequest(100)), await walk(by_name, at, FEW, 2)
    keys = [key_of(row) for row in whole.rows]
    assert (len(keys), keys) == (7, sorted(keys, key=lambda key: (key[0], str(key[1]))))
    assert [[key_of(row) for row in page.rows] for page in twos] == [keys[0:2], keys[2:4], keys[4:6], keys[6:7]]
    assert [(page.has_previous, page.has_next) for page in twos] == [
        (False, True),
        (True, True),
        (True, True),
        (True, False),
    ]
    assert session.statements == 5
    await session.close()


async def test_a_page_as_long_as_its_list_has_no_next(
    by_name: Paged[CategoryEntry], database: Database, filled_dsn: str
) -> None:
    await fill(filled_dsn, tops(), categories(FEW, 7, 2))
    session = database.read(HERE)
    ends = {
        first: [
            (len(page.rows), page.has_next) for page in await by_name.pages(reading(session), [FEW], PageRequest(first))
        ]
        for first in (6, 7, 8)
    }
    assert ends == {6: [(6, True)], 7: [(7, False)], 8: [(7, False)]}
    await session.close()


async def test_every_parent_has_its_page_in_its_place(
    by_name: Paged[CategoryEntry], database: Database, filled_dsn: str
) -> None:
    await fill(filled_dsn, tops(), categories(FEW, 7, 2), categories(LONE, 1, 1))
    session = database.read(HERE)
    at = reading(session)
    pages = await by_name.pages(at, [NONE, FEW, LONE, NONE, UUID(int=5)], PageRequest(3))
    assert [page.parent for page in pages] == [NONE, FEW, LONE, NONE, UUID(int=5)]
    assert [(len(page.rows), page.has_next) for page in pages] == [
        (0, False),
        (3, True),
        (1, False),
        (0, False),
        (0, False),
    ]
    assert await totals(at, pages) == [0, 7, 1, 0, 0]
    assert await by_name.pages(at, [], PageRequest(3)) == []
    assert session.statements == 3
    await session.close()


async def test_the_newest_come_first_and_ties_are_kept(
    newest: Paged[CustomerEntry], database: Database, filled_dsn: str
) -> None:
    await fill(
        filled_dsn,
        PEOPLE,
        (SHOPPERS, NOON),
    )
    session = database.read(HERE)
    pages = await walk(newest, reading(session), HERE, 2)
    keys = [key_of(row) for page in pages for row in page.rows]
    days = [NOON + timedelta(days=day) for day in (2, 1, 1, 1, 0, 0)]
    assert [key[0] for key in keys] == days
    assert len(set(keys)) == 6
    assert keys == sorted(keys, reverse=True)
    assert await totals(reading(session), pages[:1]) == [6]
    await session.close()


async def test_a_total_is_exact_up_to_its_limit_and_unknown_beyond(
    by_name: Paged[CategoryEntry], database: Database, filled_dsn: str
) -> None:
    await fill(filled_dsn, tops(), categories(MANY, COUNT_LIMIT + 1, 3), categories(FEW, 7, 2))
    session = database.read(HERE)
    pages = await by_name.pages(reading(session), [MANY, FEW], PageRequest(1))
    assert await totals(reading(session), pages) == [None, 7]
    await session.close()
    await fill(filled_dsn, ("DELETE FROM category WHERE code = $1", f"{MANY}1"))
    again = database.read(HERE)
    assert await totals(reading(again), pages) == [10_000, 7]
    assert again.statements == 1
    await again.close()
