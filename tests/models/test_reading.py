"""Reading on a real connection: order, snapshot and endings of a session, and what its statements must be."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import bindparam, select, text

from domain.base import Fault
from models.catalog import Category
from models.database import Database, Login
from models.reading import STATEMENTS, TENANT, Read, Row, compile_all, ids, read
from models.session import ReadSession, set_tenant
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.here import CATEGORY_ROW, HERE, TENANT_ROW, fill
from tests.models.test_catalogue import as_superuser


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
    database = pool_of(Login(filled_dsn, APP_ROLE), observed=True)
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


RENAMED = "ALTER TABLE region DROP COLUMN name, ADD COLUMN name varchar NOT NULL DEFAULT 'new'"
NAMES = Read(NameRow, "SELECT name FROM region", ())


@pytest.mark.parametrize("connections", [1, 3])
async def test_a_statement_outdated_by_a_migration_is_read_again(connections: int, filled_dsn: str) -> None:
    await fill(filled_dsn, "INSERT INTO region (code, name) VALUES ('1', 'old')")
    database = pool_of(Login(filled_dsn, APP_ROLE), connections)
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


async def kill(dsn: str, pid: int) -> None:
    connection = await asyncpg.connect(as_superuser(dsn))
    assert await connection.fetchval("SELECT pg_terminate_backend($1, 2000)", pid)
    await connection.close()


async def told(session: ReadSession, statement: Read[NumberRow] = ONE) -> tuple[str, str]:
    """The code and the words of the fault that a statement ends in."""
    with pytest.raises(Fault) as fault:
        await session.fetch(statement)
    return fault.value.code, fault.value.message


NO_ANSWER = ("UNAVAILABLE", "The database does not answer. Try again.")
TOO_LONG = ("TIMEOUT", "The database took too long to answer.")


async def test_a_connection_killed_in_a_session_is_replaced(database: Database, filled_dsn: str) -> None:
    session = database.read(HERE)
    (row,) = await session.fetch(PID)
    await kill(filled_dsn, row.n)
    assert [await told(session), await told(session)] == [NO_ANSWER] * 2
    await session.close()
    assert database.connections()["busy"] == 0
    assert await value(database, PID) != row.n


async def test_a_connection_killed_under_a_statement_is_unavailable(database: Database, filled_dsn: str) -> None:
    session = database.read(HERE)
    (row,) = await session.fetch(PID)
    asking = asyncio.ensure_future(told(session, ENDLESS))
    await asyncio.sleep(0.1)
    await kill(filled_dsn, row.n)
    assert await asking == NO_ANSWER
    await session.close()
    assert await value(database, ONE) == 1


async def test_a_connection_killed_in_the_pool_costs_no_request(database: Database, filled_dsn: str) -> None:
    pid = await value(database, PID)
    await kill(filled_dsn, pid)
    assert await value(database, PID) != pid


async def test_a_connection_killed_in_either_place_costs_nobody(database: Database, filled_dsn: str) -> None:
    """A probe moves connections from the shelf into SQLAlchemy's pool; dead ones are replaced in both."""
    pid = await value(database, PID)
    await database.ping()
    await kill(filled_dsn, pid)
    assert await value(database, PID) != pid
    await kill(filled_dsn, await value(database, PID))
    await database.ping()
    await kill(filled_dsn, await value(database, PID))
    async with database.transaction(HERE) as session:
        assert await session.scalar(text("SELECT 5")) == 5


async def test_a_connection_killed_under_a_request_costs_that_one(database: Database, filled_dsn: str) -> None:
    session = database.read(HERE)
    (row,) = await session.fetch(PID)
    await kill(filled_dsn, row.n)
    assert await told(session) == NO_ANSWER
    await session.close()
    assert await value(database, PID) != row.n


async def test_who_asks_the_pool_itself_is_given_what_readers_have_left(database: Database) -> None:
    """A pool of one: a transaction, a probe and a reader take the same connection in turn, and two at once wait."""
    pid = await value(database, PID)
    for _ in range(2):
        await database.ping()
        async with database.transaction(HERE) as session:
            assert await session.scalar(text("SELECT pg_backend_pid()")) == pid
            reading = asyncio.ensure_future(value(database, PID))
            await asyncio.sleep(0.05)
            assert not reading.done()
        assert await reading == pid
    assert database.connections() == {"idle": 1, "busy": 0}


async def test_a_statement_that_takes_longer_than_its_request_may_is_told_as_that(filled_dsn: str) -> None:
    database = pool_of(Login(filled_dsn, APP_ROLE), request_seconds=0.2)
    pid = await value(database, PID)
    session = database.read(HERE)
    # Whatever shares the request is told the same: its transaction is lost.
    assert [await told(session, ENDLESS), await told(session)] == [TOO_LONG] * 2
    await session.close()
    assert await value(database, PID) == pid
    await database.close()


async def test_an_argument_too_few_stays_a_bug_of_ours(database: Database) -> None:
    session = database.read(HERE)
    with pytest.raises(asyncpg.InterfaceError, match="expects 1 argument"):
        await session.fetch(number("$1"))
    await session.close()
    assert await value(database, ONE) == 1


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
    kept = dict(STATEMENTS)
    yield
    STATEMENTS.clear()
    STATEMENTS.update(kept)


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
    made = read(IdRow, statement)
    for _ in range(2):
        with pytest.raises(TypeError, match=fault):
            _ = made.text
    with pytest.raises(TypeError, match=fault):
        compile_all()


@pytest.mark.usefixtures("apart")
def test_a_statement_names_its_parameters_in_order() -> None:
    made = read(IdRow, select(Category.id).where(Category.id == ids("ids").any_(), Category.tenant_id == TENANT))
    assert made.names == ("ids", "tenant")


@pytest.mark.usefixtures("apart")
def test_a_statement_is_compiled_when_it_is_first_asked_for_and_plain_then() -> None:
    made = read(IdRow, select(Category.id).where(Category.tenant_id == TENANT))
    assert (type(made) is Read, made.row) == (False, IdRow)
    with pytest.raises(AttributeError, match="color"):
        _ = made.color  # type: ignore[attr-defined]  # that is the point
    assert type(made) is not Read
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(lambda: (made.types, made.names, made.text)) for _ in range(4)]
    wanted = (("UUID",), ("tenant",), made.text)
    assert [one.result() for one in asked] == [wanted] * 4
    assert (type(made) is Read, STATEMENTS[made] is not None) == (True, True)


@pytest.mark.usefixtures("apart")
def test_a_server_compiles_all_of_them() -> None:
    made = [read(IdRow, select(Category.id).where(Category.tenant_id == TENANT)) for _ in range(2)]
    compile_all()
    assert {type(one) for one in (*made, *STATEMENTS)} == {Read}


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
