"""Reading on a real connection: order, snapshot and endings of a session, and what loaders and pages make of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest
from sqlalchemy import bindparam, select, text

from domain.access import NOBODY, Scope
from loaders.base import Loader, Reading
from loaders.paging import COUNT_LIMIT, Page, Paged, PageRequest, key_of, totals, wanted_parents
from models.catalog import Category
from models.database import Database, Login
from models.member import Customer
from models.reading import STATEMENTS, TENANT, Checkout, Read, ReadSession, Row, ids, read, set_tenant
from models.wall import APP_ROLE
from tests.models.test_catalogue import as_superuser

HERE = UUID(int=1)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class NumberRow(Row):
    """A number."""

    n: int


class NameRow(Row):
    """A region's name."""

    name: str


def number(expression: str) -> Read[NumberRow]:
    return Read(NumberRow, f"VALUES (({expression})::bigint)", ())


ONE = number("1")
SLOW = Read(NumberRow, "SELECT 7::bigint AS n FROM pg_sleep(0.3)", ())
ENDLESS = Read(NumberRow, "SELECT 7::bigint AS n FROM pg_sleep(60)", ())
CATEGORIES = number("SELECT count(*) FROM category")
PID = number("pg_backend_pid()")


async def fill(dsn: str, *statements: str | tuple[Any, ...]) -> None:
    """Run statements, alone or with their arguments, as the owner, inside the tenant."""
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.execute(set_tenant(HERE))
        for statement in statements:
            await (connection.execute(statement) if isinstance(statement, str) else connection.execute(*statement))
    await connection.close()


TENANT_ROW = "INSERT INTO tenant (id, code, name) VALUES (current_setting('app.tenant_id')::uuid, 'here', 'Here')"
CATEGORY_ROW = (
    "INSERT INTO category (tenant_id, id, code, name)"
    " VALUES (current_setting('app.tenant_id')::uuid, '00000000-0000-0000-0000-000000000009', 'a', 'A')"
)


@pytest.fixture
async def filled_dsn(owner_dsn: str) -> str:
    await fill(owner_dsn, TENANT_ROW)
    return owner_dsn


@pytest.fixture
async def database(filled_dsn: str) -> AsyncIterator[Database]:
    """A pool of a single connection: what is not given back is missed at once."""
    pool = Database(Login(filled_dsn, APP_ROLE), pool_size=1)
    yield pool
    assert pool.connections()["busy"] == 0
    await pool.close()


async def value(database: Database, statement: Read[NumberRow]) -> int:
    """One number, read in a session of its own."""
    session = database.read(HERE)
    try:
        (row,) = await session.fetch(statement)
    finally:
        await session.close()
    return row.n


async def test_fetches_that_meet_are_answered_in_the_order_they_came(database: Database) -> None:
    session = database.read(HERE)
    ended: list[int] = []

    async def ask(place: int, statement: Read[NumberRow]) -> int:
        (row,) = await session.fetch(statement)
        ended.append(place)
        return row.n

    asked = [SLOW, *(number(str(n)) for n in range(1, 5))]
    assert await asyncio.gather(*(ask(place, one) for place, one in enumerate(asked))) == [7, 1, 2, 3, 4]
    assert ended == [0, 1, 2, 3, 4]
    assert session.statements == 5
    await session.close()


async def test_a_session_takes_its_connection_with_the_first_statement(database: Database) -> None:
    session = database.read(HERE)
    assert database.connections()["busy"] == 0
    await session.fetch(ONE)
    assert (database.connections()["busy"], session.statements) == (1, 1)
    await session.close()
    await session.close()
    assert database.connections() == {"idle": 1, "busy": 0}
    with pytest.raises(RuntimeError, match="closed"):
        await session.fetch(ONE)
    unused = database.read(HERE)
    await unused.close()
    assert unused.statements == 0


async def test_the_server_is_told_begin_tenant_statement_commit(filled_dsn: str) -> None:
    database = Database(Login(filled_dsn, APP_ROLE), pool_size=1, observed=True)
    await value(database, ONE)
    said: list[str] = []
    with database.recording(said):
        await value(database, ONE)
    assert said == [f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {set_tenant(HERE)}", ONE.text, "COMMIT"]
    await database.close()


async def test_a_session_sees_one_moment(database: Database, filled_dsn: str) -> None:
    session = database.read(HERE)
    assert [row.n for row in await session.fetch(CATEGORIES)] == [0]
    await fill(filled_dsn, CATEGORY_ROW)
    assert [row.n for row in await session.fetch(CATEGORIES)] == [0]
    await session.close()
    assert await value(database, CATEGORIES) == 1


async def test_a_session_cannot_write(database: Database) -> None:
    session = database.read(HERE)
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await session.fetch(Read(NumberRow, CATEGORY_ROW, ()))
    await session.close()
    assert await value(database, CATEGORIES) == 0


async def test_a_failed_statement_ends_the_session_s_transaction_only(database: Database) -> None:
    session = database.read(HERE)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await session.fetch(number("1 / 0"))
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await session.fetch(ONE)
    await session.close()
    assert await value(database, ONE) == 1


async def test_cancelling_a_query_stops_it_and_gives_the_connection_back(database: Database) -> None:
    session = database.read(HERE)
    asking = asyncio.ensure_future(session.fetch(ENDLESS))
    await asyncio.sleep(0.1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await session.close()
    assert await value(database, ONE) == 1


async def test_cancelling_one_who_waits_leaves_the_others(database: Database) -> None:
    session = database.read(HERE)
    first, second, third = (asyncio.ensure_future(session.fetch(one)) for one in (SLOW, ONE, number("3")))
    await asyncio.sleep(0.05)
    second.cancel()
    assert [row.n for row in await first + await third] == [7, 3]
    assert session.statements == 2
    await session.close()


async def test_closing_waits_for_the_statement_at_work_even_when_cancelled(database: Database) -> None:
    session = database.read(HERE)
    asking = asyncio.ensure_future(session.fetch(SLOW))
    await asyncio.sleep(0.05)
    closing = asyncio.ensure_future(session.close())
    late = asyncio.ensure_future(session.fetch(ONE))
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert [row.n for row in await asking] == [7]
    with pytest.raises(RuntimeError, match="closed"):
        await late
    assert await value(database, ONE) == 1


RENAMED = "ALTER TABLE region DROP COLUMN name, ADD COLUMN name varchar NOT NULL DEFAULT 'new'"
NAMES = Read(NameRow, "SELECT name FROM region", ())


@pytest.mark.parametrize("connections", [1, 3])
async def test_a_statement_outdated_by_a_migration_is_read_again(connections: int, filled_dsn: str) -> None:
    await fill(filled_dsn, "INSERT INTO region (code, name) VALUES ('1', 'old')")
    database = Database(Login(filled_dsn, APP_ROLE), pool_size=connections)
    warm = [database.read(HERE) for _ in range(connections)]
    assert [(await session.fetch(NAMES))[0].name for session in warm] == ["old"] * connections
    for session in warm:
        await session.close()
    await fill(filled_dsn, RENAMED)
    # Every connection holds the statement as it was; whichever is taken, the reader must not notice.
    for _ in range(connections):
        session = database.read(HERE)
        assert [row.name for row in await session.fetch(NAMES)] == ["new"]
        assert [row.n for row in await session.fetch(ONE)] == [1]
        assert session.statements == 2
        await session.close()
    assert database.connections()["busy"] == 0
    await database.close()


CONNECTION_LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError, OSError)


async def kill(dsn: str, pid: int) -> None:
    connection = await asyncpg.connect(as_superuser(dsn))
    assert await connection.fetchval("SELECT pg_terminate_backend($1, 2000)", pid)
    await connection.close()


async def test_a_connection_killed_in_a_session_is_replaced(database: Database, filled_dsn: str) -> None:
    session = database.read(HERE)
    (row,) = await session.fetch(PID)
    await kill(filled_dsn, row.n)
    with pytest.raises(CONNECTION_LOST):
        await session.fetch(ONE)
    with contextlib.suppress(*CONNECTION_LOST):
        await session.close()
    assert database.connections()["busy"] == 0
    assert await value(database, PID) != row.n


async def test_a_connection_killed_in_the_pool_costs_one_request(database: Database, filled_dsn: str) -> None:
    pid = await value(database, PID)
    await kill(filled_dsn, pid)
    session = database.read(HERE)
    with pytest.raises(CONNECTION_LOST):
        await session.fetch(ONE)
    await session.close()
    assert await value(database, PID) != pid


class PlaceRow(NumberRow):
    """A number and where it stands."""

    place: int
    n: int


async def test_a_row_names_its_columns_inherited_ones_first(database: Database) -> None:
    assert (NumberRow.columns, PlaceRow.columns) == (("n",), ("n", "place"))
    session = database.read(HERE)
    rows = await session.fetch(Read(PlaceRow, "SELECT 5::bigint AS n, 6::bigint AS place", ()))
    await session.close()
    assert [(type(row), row.n, row.place, row["place"], tuple(row)) for row in rows] == [(PlaceRow, 5, 6, 6, (5, 6))]


class IdRow(Row):
    """A key."""

    id: UUID


@pytest.fixture
def apart() -> Iterator[None]:
    """What the tests compile does not stay among the statements of the loaders."""
    count = len(STATEMENTS)
    yield
    del STATEMENTS[count:]


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (select(Category.code), "names"),
        (select(Category.id, Category.code), "names"),
        (select(Category.id).where(Category.code == "a"), "values"),
        (select(Category.id).limit(1), "values"),
        (select(Category.id).where(Category.id.in_(bindparam("ids", expanding=True))), "expanded"),
    ],
)
def test_a_statement_that_cannot_be_compiled_once_is_refused(statement: Any, fault: str) -> None:
    count = len(STATEMENTS)
    with pytest.raises(TypeError, match=fault):
        read(IdRow, statement)
    assert len(STATEMENTS) == count


@pytest.mark.usefixtures("apart")
def test_a_statement_names_its_parameters_in_order() -> None:
    made = read(IdRow, select(Category.id).where(Category.id == ids("ids").any_(), Category.tenant_id == TENANT))
    assert made.names == ("ids", "tenant")


class NoPool:
    """For loaders that read nothing."""

    async def checkout(self) -> Checkout:
        """Nothing to take."""
        raise AssertionError("no statement was expected")


class Halves(Loader[int, int]):
    """Halves even numbers; odd ones are absent, and 13 breaks the batch."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading)
        self.batches: list[list[int]] = []

    async def fetch(self, keys: list[int]) -> Mapping[int, int]:
        self.batches.append(list(keys))
        await asyncio.sleep(0.01)
        if 13 in keys:
            raise ValueError("thirteen")
        return {key: key // 2 for key in keys if key % 2 == 0}

    def absent(self) -> int:
        return -1


def halves() -> Halves:
    return Reading(ReadSession(NoPool(), HERE), NOON, NOON.date(), NOBODY).load(Halves)


async def test_askers_of_one_turn_share_one_batch_of_distinct_keys() -> None:
    loader = halves()
    answers = await asyncio.gather(*(loader.many(keys) for keys in ([4, 2, 4], [6, 2], [8], [])))
    assert answers == [[2, 1, 2], [3, 1], [4], []]
    assert loader.batches == [[4, 2, 6, 8]]


async def test_a_key_without_a_value_leaves_its_place() -> None:
    loader = halves()
    assert await loader.many([1, 2, 3, 4]) == [-1, 1, -1, 2]
    assert await loader.many([4, 3]) == [2, -1]
    assert loader.batches == [[1, 2, 3, 4]]


async def test_a_key_on_its_way_is_not_asked_again() -> None:
    loader = halves()
    first = asyncio.ensure_future(loader.many([2, 4]))
    await asyncio.sleep(0.005)
    assert await loader.many([4, 6]) == [2, 3]
    assert await first == [1, 2]
    assert loader.batches == [[2, 4], [6]]


async def test_an_error_reaches_every_asker_and_is_not_remembered() -> None:
    loader = halves()
    answers = await asyncio.gather(loader.one(13), loader.many([2, 4]), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["thirteen", "thirteen"]
    assert await loader.one(2) == 1
    assert loader.batches == [[13, 2, 4], [2]]


async def test_an_asker_that_gives_up_leaves_the_others_their_answer() -> None:
    loader = halves()
    first, second = asyncio.ensure_future(loader.one(2)), asyncio.ensure_future(loader.one(2))
    await asyncio.sleep(0.005)
    first.cancel()
    assert await second == 1
    assert first.cancelled()
    assert loader.batches == [[2]]


async def test_a_primed_value_is_not_asked_and_the_first_one_stays() -> None:
    loader = halves()
    loader.prime(2, 50)
    loader.prime(2, 60)
    assert await loader.many([2, 4]) == [50, 2]
    loader.prime(4, 70)
    assert await loader.many([2, 4]) == [50, 2]
    assert loader.batches == [[4]]


async def test_a_request_has_one_loader_of_a_kind() -> None:
    loader = halves()
    assert loader.reading.load(Halves) is loader
    assert halves() is not loader


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
    return Reading(session, NOON, NOON.date(), Scope())


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


async def test_a_writing_session_is_the_tenant_s_and_all_or_nothing(database: Database) -> None:
    async def write(fails: bool) -> None:
        async with database.transaction(HERE) as session:
            await session.execute(text(CATEGORY_ROW))
            if fails:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write(True)
    assert await value(database, CATEGORIES) == 0
    await write(False)
    assert await value(database, CATEGORIES) == 1
