"""The connection pools: who logs in, as which role, with which limits.

Three roles: the owner migrates; the app serves and cannot bypass row security; the worker finds what is due in all
tenants and then acts as the app, tenant by tenant. It owns no table and no statement of a centre.
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Connection, NullPool, event, text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from domain.base import Unavailable
from models.failing import GONE, LOSING, NO_ANSWER, failure
from models.lending import Lender, PooledConnection
from models.session import ReadSession, set_tenant
from models.straight import SENT
from models.writing import told_as

CONNECT_TIMEOUT_S = 10.0
CHECKOUT_TIMEOUT_S = 10.0
BEGINNINGS = 3
"""Connections on which a transaction is begun before the database counts as one that does not answer."""
LOCK_WAIT_S = 120
"""How long one process waits for another that makes the database or migrates it."""

_UNREACHABLE = (
    PoolTimeout,
    DBAPIError,
    AsyncAdapt_asyncpg_dbapi.Error,  # what the dialect makes of a server that refuses, while it recovers say
    OSError,
    *LOSING,
    *GONE,
    asyncpg.TooManyConnectionsError,
)

log = logging.getLogger(__name__)

UNSAFE_ROLE = """
SELECT CASE
    WHEN r.rolsuper THEN 'is a superuser'
    WHEN r.rolbypassrls THEN 'may bypass row security'
    WHEN EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND pg_has_role(c.relowner, 'USAGE'))
    THEN 'has the rights of the owner of the tables'
END
FROM pg_roles r WHERE r.rolname = current_user
"""


class UnsafeRole(Exception):
    """The role the server would serve with could read through the wall between tenants."""


@dataclass(frozen=True, slots=True)
class Login:
    """How to log in: a `postgresql://` URL, and the role to take on after it, where the login's own is another."""

    url: str
    role: str | None = None


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection outside every pool, closed at the end."""
    connection = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S)
    try:
        yield connection
    finally:
        await connection.close()


async def migrating(dsn: str, work: Callable[[Connection], None]) -> None:
    """Do what alembic does, `work`, in one transaction of a connection of its own."""

    async def connect() -> asyncpg.Connection:
        # The driver reads the address itself, as everywhere else: SQLAlchemy knows fewer options, no `sslmode`.
        limits = {"lock_timeout": f"{LOCK_WAIT_S}s"}
        return await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S, server_settings=limits)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()


def _server_settings(login: Login, request_seconds: float, name: str) -> dict[str, str]:
    """What a connection tells the server of itself."""
    limit_ms = str(ceil(request_seconds * 1000))  # 0 would be none
    settings = {
        "application_name": name,
        "jit": "off",
        # No statement's best plan hangs on its values, tests hold that; planning anew at each would take longer
        # than running it, and half of all the database's time.
        "plan_cache_mode": "force_generic_plan",
        # Fused statements rely on leg coming after leg; and a request shares its processors with others.
        "max_parallel_workers_per_gather": "0",
        "statement_timeout": limit_ms,
        "idle_in_transaction_session_timeout": limit_ms,
    }
    if login.role is not None:
        settings["role"] = login.role
    return settings


class Database:
    """One pool of connections of one role."""

    def __init__(
        self,
        login: Login,
        *,
        pool_size: int,
        statement_cache: int,
        request_seconds: float,
        observed: bool = False,
        fuses: bool = True,
        name: str = "millrace",
    ) -> None:
        """Make the pool; nothing connects yet.

        Args:
            login: the role.
            pool_size: connections, at most.
            statement_cache: prepared statements kept per connection.
            request_seconds: what one request may take: the server ends whatever goes on for longer, also where this
                process can no longer ask it to.
            observed: whether what its connections send can be recorded.
            fuses: whether statements that wait together go out in one trip.
            name: what the server calls its connections, in `pg_stat_activity`.
        """
        settings = _server_settings(login, request_seconds, name)

        async def connect() -> asyncpg.Connection:
            return await asyncpg.connect(
                login.url,
                timeout=CONNECT_TIMEOUT_S,
                statement_cache_size=statement_cache,
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=0,  # no limit: fused ones are long, and cost most to parse
                server_settings=settings,
            )

        async def make_ready(connection: Any) -> None:
            # The first array of instants makes the driver ask what that is: here, and not in somebody's request.
            await connection.fetchval("SELECT $1::timestamptz[]", [])

        self.fuses = fuses

        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=CHECKOUT_TIMEOUT_S,
            # Every user of a connection ends its own transaction; a reset would cost each request a round trip.
            pool_reset_on_return=None,
            connect_args={"prepared_statement_cache_size": statement_cache},
        )

        self._recorders: list[list[str]] = []
        self._lender = Lender(self.engine, pool_size, statement_cache, CHECKOUT_TIMEOUT_S)
        self._info = {SENT: self._record} if observed else {}
        if observed:
            self._lender.records.append(self._record)
            event.listen(self.engine.sync_engine, "before_cursor_execute", self._written)

        # What has died on its way is replaced at once, without asking the server.
        @event.listens_for(self.engine.sync_engine, "checkout")
        def taken(connection: Any, _record: Any, _proxy: Any) -> None:
            if connection.driver_connection.is_closed():
                raise DisconnectionError

        # After SQLAlchemy's own beginning of a connection, which makes the driver forget what it has learnt of types.
        @event.listens_for(self.engine.sync_engine, "connect")
        def begun(connection: Any, _record: Any) -> None:
            connection.run_async(make_ready)

    @contextmanager
    def recording(self, statements: list[str]) -> Iterator[None]:
        """Within it, every statement sent through this pool is added to `statements`; of readers BEGIN too."""
        self._recorders.append(statements)
        try:
            yield
        finally:
            # By identity: two lists that happen to hold the same statements are not one.
            self._recorders[:] = [each for each in self._recorders if each is not statements]

    def _written(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        self._record(statement)

    def _record(self, statement: str) -> None:
        for statements in self._recorders:
            statements.append(statement)

    async def checkout(self) -> PooledConnection:
        """A connection on which nothing is open. Raises: as `begun`."""
        return await self.begun("")

    async def begun(self, text: str) -> PooledConnection:
        """A connection on which `text` has begun a transaction, or none with an empty one.

        One that proves lost at that, under its last user or on its way, costs nobody anything: nothing has been read
        on it, and another takes its place.

        Raises: Unavailable when none comes free in time or the server cannot be reached; TimedOut when it takes too
            long; asyncpg.PostgresError for what else the server refuses.
        """
        lost: PooledConnection | None = None
        tries = 0
        while True:
            try:
                connection = await self._lender.lend(lost)
            except _UNREACHABLE as error:
                log.warning("no database connection: %s: %s", type(error).__name__, error)
                raise Unavailable(NO_ANSWER) from error
            try:
                await connection.begin(text)
            except BaseException as error:
                told = failure(connection, error) if isinstance(error, Exception) else error
                tries += 1
                if isinstance(told, Unavailable) and tries < BEGINNINGS:
                    lost = connection
                    continue
                connection.discard()
                if told is error:
                    raise
                raise told from error
            return connection

    def read(self, tenant_id: UUID) -> ReadSession:
        """A read session of the tenant; it takes a connection with its first statement."""
        return ReadSession(self, tenant_id)

    @asynccontextmanager
    async def transaction(self, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
        """A writing session of the tenant: committed at the end, undone by any exception.

        Raises: models.writing.Collision where PostgreSQL undid it for another's sake; Unavailable or TimedOut where the
            database failed.
        """
        try:
            async with (
                self._lender.place(),
                AsyncSession(self.engine, expire_on_commit=False, info=self._info) as session,
                session.begin(),
            ):
                await session.execute(text(set_tenant(tenant_id)))
                yield session
        except Exception as error:
            told = told_as(error)
            if told is error:
                raise
            log.warning("a transaction was undone: %s: %s", type(error).__name__, error)
            raise told from error

    async def check_role(self) -> None:
        """Raises UnsafeRole when this pool's role is not held by row security."""
        async with self._lender.place(), self.engine.connect() as connection:
            role = await connection.scalar(text("SELECT current_user"))
            unsafe = await connection.scalar(text(UNSAFE_ROLE))
        if unsafe is not None:
            raise UnsafeRole(f"The database role {role} {unsafe}; the server refuses to serve with it.")

    async def ping(self) -> None:
        """One trip to the server, for readiness."""
        async with self._lender.place(), self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    def connections(self) -> dict[str, float]:
        """How many connections are idle and how many are at work, for metrics."""
        return self._lender.connections()

    async def close(self) -> None:
        """Close every connection."""
        self._lender.end()
        await self.engine.dispose()
