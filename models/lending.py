"""Lending: connections out of SQLAlchemy's pool, lent to readers and taken back, and the statements prepared on them.

The pool is asked through a greenlet, and its statements run through layers that a small read pays for dearly. So what
readers give back stays on a shelf, or goes to the next who waits, and each connection keeps its own prepared
statements. Whoever writes goes through SQLAlchemy and asks the pool itself, once it is her turn.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from sqlalchemy import PoolProxiedConnection, QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.shelf import Shelf
from models.reading import R, Read

PREPARED_CHARS = 1_600
"""Characters for each statement that may be kept prepared, a long one taking the room of several: the server's process
takes about 130 bytes for each."""
WAITING_MOST = 5_000
"""The most that wait for a connection in one process. A request that waits takes some 50 kB."""
_PREPARED = "prepared"


class PooledConnection:
    """A connection out of SQLAlchemy's pool, used at the driver."""

    __slots__ = ("_fairy", "_lender", "_prepared", "_whole", "driver", "unended")

    def __init__(self, fairy: PoolProxiedConnection, lender: "Lender") -> None:
        self._fairy, self._lender = fairy, lender
        self._prepared: Shelf[Read[Any], Any] = fairy.info.setdefault(_PREPARED, lender.shelf())
        self._whole = True  # whatever was asked of the driver came back: nothing is at work, or still being cancelled
        self.driver: Any = fairy.driver_connection
        """asyncpg's connection."""
        self.unended = False
        """Whether its last reader's transaction is open still, to be ended by whoever begins on it."""

    async def begin(self, text: str) -> None:
        """Begin a transaction, or none with an empty text; the last reader's ends in the same message.

        Raises: what the driver raises.
        """
        if self.unended:
            self.unended, text = False, f"COMMIT; {text}"
        if text:
            await self.execute(text)

    async def fetch(self, statement: Read[R], arguments: list[Any]) -> list[R]:
        """The rows of a statement, prepared when it is first seen here. Raises: what the driver raises."""
        rows: list[R]
        self._whole = False
        for record in self._lender.records:
            record(statement.text)
        prepared = self._prepared.get(statement)
        if prepared is None:
            if not self._lender.prepares:
                rows = await self.driver.fetch(statement.text, *arguments, record_class=statement.row)
                self._whole = True
                return rows
            prepared = await self.driver.prepare(statement.text, record_class=statement.row)
            self._prepared.put(statement, prepared)  # the driver closes what goes
        rows = await prepared.fetch(*arguments)
        self._whole = True
        return rows

    async def execute(self, text: str) -> None:
        """Run statements without parameters in one message. Raises: what the driver raises."""
        self._whole = False
        for record in self._lender.records:
            record(text)
        await self.driver.execute(text)
        self._whole = True

    def is_closed(self) -> bool:
        """Whether it is lost, from whichever side."""
        return bool(self.driver.is_closed())

    def forget(self) -> None:
        """Prepare anew whatever comes next."""
        self._prepared.clear()

    def is_whole(self) -> bool:
        """Whether all came back that was asked of it."""
        return self._whole

    def hand_on(self) -> bool:
        """Hand it on with its transaction open, if a reader is next in the line; else False, and it is the caller's.

        Only if all came back that was asked of it: a statement that is being cancelled is waited for by who asked it.
        """
        self.unended = self._whole and self._lender.hand_on(self)
        return self.unended

    def give_back(self) -> None:
        """Back to where it came from, its transaction ended by the caller."""
        self._lender.take_back(self)

    def release(self) -> None:
        """Back to SQLAlchemy's pool; its place stays taken."""
        self._fairy.close()

    def drop(self) -> None:
        """Close it for good; its place stays taken."""
        self._fairy.detach()
        self.driver.terminate()

    def discard(self) -> None:
        """Close it for good, its state not being known, and give up its place."""
        self.drop()
        self._lender.vacate()


_Waiter: TypeAlias = "asyncio.Future[PooledConnection | None]"
"""Gets a connection, or a place without one."""


class Lender:
    """SQLAlchemy's pool, with a shelf of connections before it that readers take without asking it.

    The pool has as many places as it may have connections. Each connection that is lent or on the shelf has one, and
    so has whoever asks the pool itself, within `place`: she finds one there and does not wait. All wait here, in one
    line. What comes free, a connection with its place or a place alone, is the next one's; so nothing is on the shelf,
    and no place free, while anybody waits.

    Args:
        engine: whose pool it is.
        size: connections of the pool, at most.
        prepares: statements kept prepared on each connection; 0 where none may be.
        wait_seconds: how long one waits.
    """

    def __init__(self, engine: AsyncEngine, size: int, prepares: int, wait_seconds: float) -> None:
        self._engine, self._free, self.prepares, self._wait_seconds = engine, size, prepares, wait_seconds
        self.records: list[Callable[[str], object]] = []
        """Called with each statement that is sent."""
        self._shelf: list[PooledConnection] = []
        self._waiting: deque[tuple[_Waiter, bool]] = deque()
        """Who waits, and whether she reads: then she can be handed a connection. Some may have gone."""
        self._waits = 0
        self._ended = False

    async def lend(self, lost: PooledConnection | None = None) -> PooledConnection:
        """A connection: a new one in the place of one that was lent and is lost, if that is told.

        Raises: what the pool raises; TimeoutError when none comes free in time, or too many wait already.
        """
        until = asyncio.get_running_loop().time() + self._wait_seconds
        if lost is None:
            while self._shelf:
                connection = self._shelf.pop()
                if not connection.is_closed():
                    return connection
                connection.discard()
            if self._free:
                self._free -= 1
            else:
                found = await self._turn(until, reads=True)
                if found is not None and not found.is_closed():
                    return found
                lost = found
        if lost is not None:
            lost.drop()
        return await self._drawn(until)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Within it, the pool itself has a connection for the caller. Raises: TimeoutError as `lend` does."""
        if self._shelf:
            self._shelf.pop().release()
        elif self._free:
            self._free -= 1
        else:
            await self._turn(asyncio.get_running_loop().time() + self._wait_seconds, reads=False)
        try:
            yield
        finally:
            self.vacate()

    def hand_on(self, connection: PooledConnection) -> bool:
        """Hand a connection to who is next in the line; False where nobody is, or one who does not read."""
        if self._ended or connection.is_closed() or not self._anybody():
            return False
        waiter, reads = self._waiting[0]
        if reads:
            self._waiting.popleft()
            waiter.set_result(connection)
        return reads

    def take_back(self, connection: PooledConnection) -> None:
        """Hand a connection to who is next in the line, or lay it on the shelf."""
        if self.hand_on(connection):
            return
        # Unended: whom it was handed to went before she began, and no reader is next, who would end it.
        if self._ended or connection.unended or connection.is_closed():
            connection.discard()
        elif self._anybody():
            connection.release()
            self.vacate()
        else:
            self._shelf.append(connection)

    def vacate(self) -> None:
        """A place has come free: it is the next one's who waits."""
        if self._anybody():
            self._waiting.popleft()[0].set_result(None)
        else:
            self._free += 1

    def shelf(self) -> Shelf[Read[Any], Any]:
        """Where a connection keeps what is prepared on it, weighed by the characters of its text."""
        return Shelf(self.prepares, self.prepares * PREPARED_CHARS, lambda made: len(made.get_query()), least=1)

    def connections(self) -> dict[str, float]:
        """How many connections are idle and how many are at work."""
        pool = self._engine.sync_engine.pool
        if not isinstance(pool, QueuePool):
            return {}
        shelved = len(self._shelf)
        return {"idle": float(pool.checkedin() + shelved), "busy": float(pool.checkedout() - shelved)}

    def end(self) -> None:
        """Give everything on the shelf back to the pool; what comes back from now on is closed."""
        self._ended = True
        while self._shelf:
            self._shelf.pop().release()
            self.vacate()

    async def _drawn(self, until: float) -> PooledConnection:
        """One out of the pool, for whoever has a place."""
        try:
            async with asyncio.timeout_at(until):
                return PooledConnection(await self._engine.raw_connection(), self)
        except BaseException:
            self.vacate()
            raise

    async def _turn(self, until: float, *, reads: bool) -> PooledConnection | None:
        """A connection that somebody hands on or gives back; None for a place alone."""
        if self._waits >= WAITING_MOST:
            raise TimeoutError("too many wait for a connection")
        loop = asyncio.get_running_loop()
        waiter: _Waiter = loop.create_future()
        self._waiting.append((waiter, reads))
        self._waits += 1
        timer = loop.call_at(until, _expire, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            self._pass_on(waiter)
            raise
        finally:
            self._waits -= 1
            timer.cancel()

    def _pass_on(self, waiter: _Waiter) -> None:
        """What came for one who has gone at that very moment is the next one's."""
        if waiter.cancelled() or waiter.exception() is not None:
            return
        connection = waiter.result()
        if connection is None:
            self.vacate()
        else:
            self.take_back(connection)

    def _anybody(self) -> bool:
        """Whether somebody waits, after those at the head of the line have been let go who do not any more."""
        while self._waiting and self._waiting[0][0].done():
            self._waiting.popleft()
        return bool(self._waiting)


def _expire(waiter: _Waiter) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError("no connection came free in time"))
