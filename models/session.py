"""The read session: one read transaction for a request, on a connection that is taken for it and given back.

Rows come through `ReadSession.fetch`, which runs compiled statements on the driver's connection: SQLAlchemy executing
them would cost more than the rest of the request. It owns no statement and no pool.
"""

import asyncio
import logging
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from domain.base import Fault, TimedOut
from models.failing import LOSING, OUTDATED, Losable, failure
from models.reading import R, Read

log = logging.getLogger(__name__)

BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "


def set_tenant(tenant_id: UUID) -> str:
    """The statement that opens the wall for one tenant, for this transaction only.

    SET LOCAL, not set_config(): a distributed PostgreSQL sends only the former to its workers. It takes no parameter,
    so the text is built, from a UUID object and never from a client's text.
    """
    return f"SET LOCAL app.tenant_id = '{UUID(bytes=tenant_id.bytes)}'"


@lru_cache(maxsize=1_000)
def _begin(tenant_id: UUID) -> str:
    """What begins a read transaction, in one message: the tenant costs no trip of its own."""
    return BEGIN_READ + set_tenant(tenant_id)


class Checkout(Losable, Protocol):
    """A connection on which a transaction has begun, and the ways to give it back."""

    async def fetch(self, statement: Read[R], arguments: list[Any]) -> list[R]:
        """The rows of one statement."""
        ...

    async def execute(self, text: str) -> None:
        """Run statements without parameters in one message."""
        ...

    def forget(self) -> None:
        """Drop what is prepared on it."""
        ...

    def is_whole(self) -> bool:
        """Whether all came back that was asked of it: nothing is at work on it, or still being cancelled."""
        ...

    def hand_on(self) -> bool:
        """Hand it, its transaction open, to a reader who waits and ends that with the message that begins hers.

        False where none can have it: then it is still the caller's.
        """
        ...

    def give_back(self) -> None:
        """Return it, its transaction ended."""
        ...

    def discard(self) -> None:
        """Close it: its state is not known."""
        ...


class ReadPool(Protocol):
    """Where read sessions take their connection from."""

    @property
    def fuses(self) -> bool:
        """Whether statements that wait together go out in one trip."""
        ...

    async def begun(self, text: str) -> Checkout:
        """A connection on which `text` has begun a transaction, within a time limit."""
        ...


class Session(Protocol):
    """What loaders read through: a read session, or the transaction of an act."""

    tenant_id: UUID
    statements: int
    """How many were sent, BEGIN and COMMIT not among them."""

    @property
    def fuses(self) -> bool:
        """Whether statements that wait together go out in one trip."""
        ...

    async def fetch(self, statement: Read[R], **values: Any) -> list[R]:
        """The rows of `statement`; every parameter but the tenant is a keyword of its own name."""
        ...

    async def run(self, statement: Read[R], arguments: list[Any]) -> list[R]:
        """The rows of `statement`, whose parameters are given in order."""
        ...

    async def close(self) -> None:
        """End what it has begun."""
        ...

    def renewed(self, *, again: bool = False) -> "Session":
        """Another of the same tenant, with a snapshot of its own; `again`: for what failed on this one."""
        ...


ENDING_S = 2.0
"""How long a transaction may take to end whose reader has gone, or whose last statement was cut off."""


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class ReadSession:
    """One read transaction of one tenant, opened by its first statement: REPEATABLE READ, READ ONLY.

    The driver runs one statement at a time, so callers queue in the order they come. `statements` counts what was
    sent, BEGIN and COMMIT not among them.
    """

    __slots__ = (
        *("_at_work", "_checkout", "_closed", "_ending", "_fault", "_lock", "_pool", "_vain"),
        *("statements", "tenant_id"),
    )

    def __init__(self, pool: ReadPool, tenant_id: UUID) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self._checkout: Checkout | None = None
        self._at_work: asyncio.Task[Any] | None = None  # whose statement it is
        self._closed = False
        self._fault: Fault | None = None
        self._vain = False  # it would be in vain to try again: there was a wait, as long as a wait may be
        self._ending: asyncio.Future[None] | None = None  # held here: the loop itself holds tasks only weakly
        self.tenant_id = tenant_id
        self.statements = 0

    async def fetch(self, statement: Read[R], **values: Any) -> list[R]:
        """The rows of `statement`; every parameter but the tenant is a keyword of its own name.

        Raises: Unavailable or TimedOut when the database fails, and from then on whatever is asked;
            asyncpg.PostgresError for what else the server refuses; RuntimeError once the session is closed.
        """
        values["tenant"] = self.tenant_id
        return await self.run(statement, [values[name] for name in statement.names])

    @property
    def fuses(self) -> bool:
        """Whether statements that wait together go out in one trip."""
        return self._pool.fuses

    async def run(self, statement: Read[R], arguments: list[Any]) -> list[R]:
        """The rows of `statement`, whose parameters are given in order. Raises: as `fetch`."""
        async with self._lock:
            if self._closed:
                raise RuntimeError("the read session is closed")
            if self._fault is not None:  # the transaction went with it
                raise self._fault
            self._at_work = asyncio.current_task()
            try:
                checkout = self._checkout
                if checkout is None:
                    checkout = self._checkout = await self._begun()
                self.statements += 1
                try:
                    return await self._run(checkout, statement, arguments)
                except Exception as error:
                    told = failure(checkout, error)
                    if told is error:
                        raise
                    raise told from error
            except Fault as fault:
                self._fault = fault
                self._vain |= isinstance(fault, TimedOut)
                raise
            finally:
                self._at_work = None

    def renewed(self, *, again: bool = False) -> "ReadSession":
        """Another session of the same tenant, with a snapshot of its own.

        `again`: for what failed on this one. Where that was because no connection came, or an answer took too long, the
        other fails as well and at once: the wait is not done a second time.
        """
        session = ReadSession(self._pool, self.tenant_id)
        if again and self._vain:
            session._fault, session._vain = self._fault, True
        return session

    async def close(self) -> None:
        """End the transaction and give the connection back; safe to call twice.

        A statement that is at work, in another task, is waited for, and cancelled if the request is: here or before. A
        request leaves no connection behind, even so: what does not end in time is closed.
        """
        self._closed = True
        if self._ending is None and not self._lock.locked():
            await self._end(_is_cancelled())
            return
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._finish())
        try:
            if _is_cancelled():
                self._cut_off()
            await asyncio.shield(self._ending)
        except asyncio.CancelledError:
            self._cut_off()
            raise

    def _cut_off(self) -> None:
        if self._at_work is not None:
            self._at_work.cancel()

    async def _finish(self) -> None:
        async with self._lock:
            await self._end(True)

    async def _begun(self) -> Checkout:
        try:
            return await self._pool.begun(_begin(self.tenant_id))
        except Fault:
            self._vain = True
            raise

    async def _run(self, checkout: Checkout, statement: Read[R], arguments: list[Any]) -> list[R]:
        try:
            return await checkout.fetch(statement, arguments)
        except OUTDATED:
            # A migration changed a table under a prepared statement. This connection is kept, with nothing prepared on
            # it; the transaction is lost, so the rest of the request reads a fresh snapshot.
            log.warning("prepared statement outdated by a migration, read again")
            checkout.forget()
            await checkout.execute("ROLLBACK; " + _begin(self.tenant_id))
            return await checkout.fetch(statement, arguments)

    async def _end(self, reader_has_gone: bool) -> None:
        checkout, self._checkout = self._checkout, None
        if checkout is None or checkout.hand_on():
            return
        try:
            if checkout.is_whole() and not reader_has_gone:
                await checkout.execute("COMMIT")
            else:
                # No limit of the request's is left, and the driver sets none: it waits for the server to hear that a
                # statement is cancelled, for ever if the server says nothing any more.
                async with asyncio.timeout(ENDING_S):
                    await checkout.execute("COMMIT")
        except (*LOSING, asyncpg.PostgresError, OSError) as error:
            # A read has nothing to commit: what was read stands. But nobody else shall meet this connection.
            log.warning("a read session ended badly: %s", error)
            checkout.discard()
        except BaseException:
            checkout.discard()
            raise
        else:
            checkout.give_back()
