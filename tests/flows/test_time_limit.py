"""A request's time limit at a database that makes it wait: kept on either executor, and nothing is left behind."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

import models.database
import models.session
from boot import Access
from engine.limits import Limits
from engine.reference import Result
from models.database import Database, Login
from resolvers.entrance import Entrance
from tests.given import pool_of
from tests.graph.client import shared_schema
from tests.wire import wire_to
from transport.bearer import Verifiers
from transport.desk import QUERY_OR_MUTATION, Desk, Graph
from transport.door import RequestFacts
from transport.metrics import Metrics
from transport.parameters import Ask

LIMIT_S = 1.0
SLACK_S = 1.5
"""What a busy machine may take for the rest: far less than what a request waits for here."""
WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'millrace' AND wait_event_type = 'Lock'
"""
PRODUCTS, TENANT = "{ products(first: 1) { nodes { name } } }", "{ tenant { name } }"
PLANS = pytest.mark.parametrize("plans", [True, False], ids=["plan", "reference"])


@asynccontextmanager
async def pool(login: Login) -> AsyncIterator[Database]:
    """A pool of one connection."""
    made = pool_of(login)
    try:
        yield made
    finally:
        await made.close()


class Asker:
    """Asks as nobody in particular, on plans or not, within a time limit."""

    def __init__(self, database: Database, *, plans: bool, seconds: float = LIMIT_S) -> None:
        self.database = database
        limits = Limits(request_seconds=seconds, plan_at_once=plans)
        self.graph = Graph.of(shared_schema(), limits, introspection=False)
        entrance = Entrance(database, Verifiers({}), default_tenant="iowa")
        self._desk = Desk(entrance, self.graph, Metrics())
        self._asked = 0

    async def ask(self, query: str) -> tuple[Result, float]:
        """The answer, and in how many seconds it came; a document is another each time."""
        self._asked += 1
        begun = time.monotonic()
        ask = Ask(query=f"query Q{self._asked} {query}", variables={}, operation_name=None)
        facts = RequestFacts(authorization=None, host=None, tenant="iowa", request_id="test")
        result = await self._desk.answer(ask, facts, QUERY_OR_MUTATION)
        return result, time.monotonic() - begun


@asynccontextmanager
async def locked(access: Access, table: str) -> AsyncIterator[asyncpg.Connection]:
    """Nobody reads a table meanwhile."""
    connection = await asyncpg.connect(access.owner)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield connection
    finally:
        await connection.close()


async def until_it_waits(connection: asyncpg.Connection) -> None:
    deadline = time.monotonic() + 10
    while not await connection.fetchval(WAITS):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


@PLANS
async def test_time_is_up_while_a_statement_waits(access: Access, plans: bool) -> None:
    """It is told in time, and the statement is not left to wait on."""
    async with pool(access.app) as database:
        asker = Asker(database, plans=plans)
        assert (await asker.ask(PRODUCTS))[0].code == "OK"
        async with locked(access, "product") as connection:
            result, seconds = await asker.ask(PRODUCTS)
            assert (result.code, result.executed) == ("TIMEOUT", False)
            assert LIMIT_S <= seconds < LIMIT_S + SLACK_S
            assert await connection.fetchval(WAITS) == 0
            assert database.connections() == {"idle": 1, "busy": 0}
        assert (await asker.ask(PRODUCTS))[0].code == "OK"
    assert asker.graph.executor.outcomes == ({"planned": 2} if plans else {"reference:new": 3})


@PLANS
async def test_time_is_up_while_the_database_says_nothing_any_more(
    access: Access, plans: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even that a statement is cancelled: the connection is given up, its place is another's."""
    monkeypatch.setattr(models.session, "ENDING_S", 0.3)
    async with wire_to(access.app) as wire, pool(wire.login) as database:
        asker = Asker(database, plans=plans)
        assert (await asker.ask(PRODUCTS))[0].code == "OK"
        async with locked(access, "product") as connection:
            asking = asyncio.ensure_future(asker.ask(PRODUCTS))
            await until_it_waits(connection)
            wire.fall_silent()
            result, seconds = await asking
        assert (result.code, result.executed) == ("TIMEOUT", False)
        assert seconds < LIMIT_S + 0.3 + SLACK_S
        assert database.connections()["busy"] == 0
        wire.speak()
        assert (await asker.ask(PRODUCTS))[0].code == "OK"


async def test_who_waited_in_vain_for_a_connection_does_not_wait_again(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A field that may not be null sends its plan back: the reference executor has the fault at once."""
    monkeypatch.setattr(models.database, "CHECKOUT_TIMEOUT_S", LIMIT_S)
    async with pool(access.app) as database:
        asker = Asker(database, plans=True, seconds=10)
        assert (await asker.ask(TENANT))[0].code == "OK"
        taken = await database.checkout()
        result, seconds = await asker.ask(TENANT)
        assert (result.data, result.code) == (None, "UNAVAILABLE")
        assert LIMIT_S <= seconds < 2 * LIMIT_S
        assert asker.graph.executor.outcomes["fallback:error"] == 1
        taken.give_back()
        assert (await asker.ask(TENANT))[0].data == {"tenant": {"name": "Iowa"}}
