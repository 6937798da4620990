"""Lending: connections out of SQLAlchemy's pool, lent to readers and taken back, and the statements prepared on them.

The pool is asked through a greenlet, and its statements run through layers that a small read pays for dearly. So what
readers give back stays on a shelf, or goes to the next who waits, and each connection keeps its own prepared
statements. Whoever writes goes through SQLAlchemy and asks the pool itself.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import PoolProxiedConnection, QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.shelf import Shelf
from models.reading import R, Read

PREPARED_CHARS = 1_600
"""Characters for each statement that may be kept prepared, a long one taking the room of several: the server's process
takes about 130 bytes for each."""
_PREPARED = "prepared"


class PooledConnection:
    """A connection out of SQLAlchemy's pool, used at the driver."""

    __slots__ = ("_fairy", "_lender", "_prepared", "driver", "left")

    def __init__(self, fairy: PoolProxiedConnection, lender: "Lender") -> None:
        self._fairy, self._lender = fairy, lender
        self._prepared: Shelf[Read[Any], Any] = fairy.info.setdefault(_PREPARED, lender.shelf())
        self.driver: Any = fairy.driver_connection
        """asyncpg's connection."""
        self.left = False
        """Whether the transaction of its last reader is still to be ended, by whoever begins the next."""

    async def begin(self, text: str) -> None:
        """Begin a transaction; the last reader's ends in the same message. Raises: what the driver raises."""
        if self.left:
            self.left, text = False, f"COMMIT; {text}"
        await self.execute(text)

    async def settle(self) -> None:
        """End the last reader's transaction, if she has left it. Raises: what the driver raises."""
        if self.left:
            self.left = False
            await self.execute("COMMIT")

    async def fetch(self, statement: Read[R], arguments: list[Any]) -> list[R]:
        """The rows of a statement, prepared when it is first seen here. Raises: what the driver raises."""
        rows: list[R]
        for record in self._lender.records:
            record(statement.text)
        prepared = self._prepared.get(statement)
        if prepared is None:
            if not self._lender.prepares:
                rows = await self.driver.fetch(statement.text, *arguments, record_class=statement.row)
                return rows
            prepared = await self.driver.prepare(statement.text, record_class=statement.row)
            self._prepared.put(statement, prepared)  # the driver closes what goes
        rows = await prepared.fetch(*arguments)
        return rows

    async def execute(self, text: str) -> None:
        """Run statements without parameters in one message. Raises: what the driver raises."""
        for record in self._lender.records:
            record(text)
        await self.driver.execute(text)

    def is_closed(self) -> bool:
        """Whether it is lost, from whichever side."""
        return bool(self.driver.is_closed())

    def forget(self) -> None:
        """Prepare anew whatever comes next."""
        self._prepared.clear()

    def hand_on(self) -> bool:
        """Hand it to a reader who waits, her transaction's beginning to end the caller's; False where none waits."""
        self.left = True
        handed = self._lender.hand_on(self)
        self.left = handed
        return handed

    def give_back(self) -> None:
        """Back to where it came from, its transaction ended by the caller."""
        self._lender.take_back(self)

    def release(self) -> None:
        """Back to SQLAlchemy's pool."""
        self._fairy.close()

    def discard(self) -> None:
        """Close it for good: its state is not known."""
        self._fairy.detach()
        self.driver.terminate()
        self._lender.lost()


class Lender:
    """SQLAlchemy's pool, with a shelf of connections before it that readers take without asking it.

    What is on the shelf counts as taken there, so whoever asks the pool itself comes through `asking`: one of the shelf
    goes back then, and none is laid there meanwhile. Readers wait in a line of their own when they have all
    connections among them.

    Args:
        engine: whose pool it is.
        size: connections of the pool, at most.
        prepares: statements kept prepared on each connection; 0 where none may be.
        wait_seconds: how long a reader waits for a connection.
    """

    def __init__(self, engine: AsyncEngine, size: int, prepares: int, wait_seconds: float) -> None:
        self._engine, self._size, self.prepares, self._wait_seconds = engine, size, prepares, wait_seconds
        self.records: list[Callable[[str], object]] = []
        """Called with each statement that is sent."""
        self._shelf: list[PooledConnection] = []
        self._waiting: deque[asyncio.Future[PooledConnection | None]] = deque()
        self._out = 0
        self._asking = 0
        self._ended = False

    async def lend(self) -> PooledConnection:
        """A connection. Raises: what the pool raises; TimeoutError when none comes free in time."""
        until, turned = asyncio.get_running_loop().time() + self._wait_seconds, False
        while True:
            while self._shelf:
                connection = self._shelf.pop()
                if not connection.is_closed():
                    return connection
                connection.discard()
            found = await (self._drawn(until) if self._out < self._size else self._handed(until, ahead=turned))
            if found is None:
                turned = True  # it has been her turn: whoever came meanwhile waits behind her
                continue
            if not found.is_closed():
                return found
            found.discard()

    def hand_on(self, connection: PooledConnection) -> bool:
        """Hand a connection to the next reader who waits; False where none does, or a writer asks."""
        if self._ended or self._asking or connection.is_closed():
            return False
        waiter = self._next()
        if waiter is None:
            return False
        waiter.set_result(connection)
        return True

    def take_back(self, connection: PooledConnection) -> None:
        """Hand a connection to the next who waits, or lay it on the shelf."""
        if self.hand_on(connection):
            return
        # One that was handed on unended, to somebody who has gone, nobody is there to end.
        if self._ended or connection.left or connection.is_closed():
            connection.discard()
        elif self._asking:
            connection.release()
            self.lost()
        else:
            self._shelf.append(connection)

    def lost(self) -> None:
        """One connection fewer is out: the next who waits may ask the pool."""
        self._out -= 1
        if (waiter := self._next()) is not None:
            waiter.set_result(None)

    def shelf(self) -> Shelf[Read[Any], Any]:
        """Where a connection keeps what is prepared on it, weighed by the characters of its text."""
        return Shelf(self.prepares, self.prepares * PREPARED_CHARS, lambda made: len(made.get_query()), least=1)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Within it, the pool itself may be asked for a connection."""
        self._asking += 1
        try:
            while self._shelf:
                connection = self._shelf.pop()
                if not connection.is_closed():
                    connection.release()
                    self.lost()
                    break
                connection.discard()
            yield
        finally:
            self._asking -= 1

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
            self._out -= 1

    async def _drawn(self, until: float) -> PooledConnection:
        """One out of the pool, where writers may wait too."""
        self._out += 1
        try:
            with self.asking():
                async with asyncio.timeout_at(until):
                    return PooledConnection(await self._engine.raw_connection(), self)
        except BaseException:
            self.lost()
            raise

    async def _handed(self, until: float, *, ahead: bool) -> PooledConnection | None:
        """One that somebody gives back; None when it is time to look again."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[PooledConnection | None] = loop.create_future()
        if ahead:
            self._waiting.appendleft(waiter)
        else:
            self._waiting.append(waiter)
        timer = loop.call_at(until, _expire, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            self._pass_on(waiter)
            raise
        finally:
            timer.cancel()

    def _pass_on(self, waiter: "asyncio.Future[PooledConnection | None]") -> None:
        """What came for one who has gone at that very moment is the next one's."""
        if waiter.cancelled() or waiter.exception() is not None:
            return
        connection = waiter.result()
        if connection is not None:
            self.take_back(connection)
        elif (other := self._next()) is not None:
            other.set_result(None)

    def _next(self) -> "asyncio.Future[PooledConnection | None] | None":
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                return waiter
        return None


def _expire(waiter: "asyncio.Future[PooledConnection | None]") -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError("no connection came free in time"))
