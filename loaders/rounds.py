"""Rounds: how edges that run side by side wait for the database together, without a task for each.

Within `together` every edge is stepped until it waits for something. What they wait for is gathered: keys by loader,
and then the statements of all of them, which go out in one trip. Then whoever waited goes on, until all are through. It
owns no statement. Outside of `together`, on the reference executor, a loader's keys are gathered for one turn of the
event loop, and its statement goes out alone.

An edge that is ended on its way hears GeneratorExit and no CancelledError. So it must not wait for a lock, which would
lose its wake-up by it, nor set a time limit, which would be its task's.
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, TypeAlias

from models.fused import fetch_all
from models.reading import Read
from models.session import Session

Step: TypeAlias = Coroutine[Any, Any, Any]


class Ask:
    """A statement that an edge waits for, and then its rows, or why there are none."""

    __slots__ = ("error", "rows", "statement", "values")

    def __init__(self, statement: Read[Any], values: dict[str, Any]) -> None:
        self.statement, self.values = statement, values
        self.rows: list[Any] = []
        self.error: Exception | None = None

    def __await__(self) -> Generator[Any, None, list[Any]]:
        yield self
        if self.error is not None:
            raise self.error
        return self.rows


class Batch:
    """Keys of one loader that are answered together, and those who wait for the answer."""

    __slots__ = ("_future", "_rounds", "answer", "done", "error", "keys", "waiting")

    def __init__(self, rounds: "Rounds", answer: "Callable[[Batch], Step]") -> None:
        self._rounds, self.answer = rounds, answer
        self._future: asyncio.Future[None] | None = None
        self.keys: list[Any] = []
        self.waiting: list[_Edge] = []
        self.done = False
        self.error: BaseException | None = None

    def __await__(self) -> Generator[Any, None, None]:
        if not self.done:
            if self._rounds.stepping and self._future is None:
                yield self
            else:
                # Others wait for it too: one asker's end must not be theirs.
                yield from asyncio.shield(self.future).__await__()
        if self.error is not None:
            raise self.error

    @property
    def future(self) -> "asyncio.Future[None]":
        """What tasks wait for."""
        if self._future is None:
            self._future = asyncio.get_running_loop().create_future()
        return self._future

    def end(self, error: BaseException | None) -> "list[_Edge]":
        """Hand the batch's end, good or bad, to all who wait for it; the edges that may go on."""
        self.done, self.error = True, error
        if self._future is not None and not self._future.done():
            self._future.set_result(None)
        return self.waiting


class _Fork:
    """Edges that run side by side; within another edge, its `parent`, all come to their end before that one goes on."""

    __slots__ = ("edges", "errors", "left", "parent", "results")

    def __init__(self, edges: Sequence[Step]) -> None:
        self.edges, self.left = edges, len(edges)
        self.parent: _Edge | None = None
        self.results: list[Any] = [None] * len(edges)
        self.errors: dict[int, Exception] = {}

    def __await__(self) -> Generator[Any, None, list[Any]]:
        if self.edges:
            yield self
        if self.errors:
            raise self.errors[min(self.errors)]
        return self.results


class _Edge:
    """A coroutine that is stepped: one of a fork's, at its place, or a loader's that answers a batch."""

    __slots__ = ("of", "place", "step")

    def __init__(self, step: Step, of: _Fork | Batch, place: int = 0) -> None:
        self.step, self.of, self.place = step, of, place


class Rounds:
    """The rounds of one request. `stepping` is true while an edge runs."""

    __slots__ = ("_opened", "_session", "stepping")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._opened: list[Batch] = []
        self.stepping = False

    def open(self, answer: Callable[[Batch], Step]) -> Batch:
        """A batch that takes keys until its round begins; then `answer` answers it."""
        batch = Batch(self, answer)
        if self.stepping:
            self._opened.append(batch)
        else:
            assert batch.future is not None
            asyncio.get_running_loop().call_soon(_alone, batch)
        return batch

    async def together(self, edges: Sequence[Step]) -> list[Any]:
        """Run edges side by side; their results in order.

        Raises: what an edge raises: within another edge what the first in order does, when all are through; else what
        comes first, and the others are closed.
        """
        fork = _Fork(edges)
        if self.stepping:
            return await fork
        run = _Run(self._session, self)
        try:
            await run.through(fork)
        finally:
            run.close()
        return fork.results

    def taken(self) -> list[Batch]:
        """The batches that were opened since last asked."""
        opened, self._opened = self._opened, []
        return opened


class _Run:
    """One `together`: its edges, and what they wait for."""

    def __init__(self, session: Session, rounds: Rounds) -> None:
        self._session, self._rounds = session, rounds
        self._edges: list[_Edge] = []
        self._ready: list[_Edge] = []
        self._asks: list[tuple[Ask, _Edge]] = []
        self._futures: list[tuple[asyncio.Future[Any] | None, _Edge]] = []

    async def through(self, fork: _Fork) -> None:
        """Run the edges of a fork to their end."""
        self._forked(fork)
        while fork.left:
            if self._ready:
                edge = self._ready.pop()
                self._step(edge)
            elif opened := self._rounds.taken():
                self._start([_Edge(batch.answer(batch), batch) for batch in opened])
            elif self._futures and self._woken():
                continue
            elif self._asks:
                await self._fetched()
                self._woken(turned=True)  # a trip is a turn of the loop
            else:
                await self._others()

    def close(self) -> None:
        """End what has not ended, and what it waits for."""
        for future, _ in self._futures:
            if future is not None:
                future.cancel()
        for edge in self._edges:
            edge.step.close()
        self._rounds.taken()

    async def _fetched(self) -> None:
        """One trip for all that is asked; if it fails, each of the askers is told."""
        asked, self._asks = self._asks, []
        try:
            found = await fetch_all(self._session, [(ask.statement, ask.values) for ask, _ in asked])
        except Exception as error:
            for ask, edge in asked:
                ask.error = error
                self._ready.append(edge)
            return
        for (ask, edge), rows in zip(asked, found, strict=True):
            ask.rows = rows
            self._ready.append(edge)

    def _forked(self, fork: _Fork) -> None:
        self._start([_Edge(step, fork, place) for place, step in enumerate(fork.edges)])

    def _start(self, edges: list[_Edge]) -> None:
        self._edges.extend(edges)
        self._ready.extend(reversed(edges))

    def _step(self, edge: _Edge) -> None:
        """Step an edge until it waits or ends."""
        self._rounds.stepping = True
        try:
            wait = edge.step.send(None)
        except StopIteration as stop:
            self._ended(edge, stop.value)
            return
        except Exception as error:
            of = edge.of
            if isinstance(of, Batch):
                self._ready.extend(of.end(error))
                return
            if of.parent is None:
                raise
            of.errors[edge.place] = error
            self._ended(edge, None)
            return
        finally:
            self._rounds.stepping = False
        if type(wait) is Ask:
            self._asks.append((wait, edge))
        elif type(wait) is Batch:
            wait.waiting.append(edge)
        elif type(wait) is _Fork:
            wait.parent = edge
            self._forked(wait)
        else:
            if wait is not None:
                wait._asyncio_future_blocking = False  # what a task does that takes over the waiting
            self._futures.append((wait, edge))

    def _ended(self, edge: _Edge, result: Any) -> None:
        of = edge.of
        if isinstance(of, Batch):
            self._ready.extend(of.end(None))
            return
        of.results[edge.place] = result
        of.left -= 1
        if of.left == 0 and of.parent is not None:
            self._ready.append(of.parent)

    async def _others(self) -> None:
        """Wait for what is neither keys nor statements: a thread, somebody else's work."""
        if not self._futures:
            raise RuntimeError("edges wait for each other")
        waiting = [future for future, _ in self._futures if future is not None]
        turn = len(waiting) < len(self._futures)
        if turn:  # somebody asked for no more than that the loop turns
            await asyncio.sleep(0)
        else:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        self._woken(turned=turn)

    def _woken(self, *, turned: bool = False) -> bool:
        """Let those go on whose waiting is over; whether there are any. `turned`: whether the loop has."""
        futures, self._futures = self._futures, []
        for future, edge in futures:
            over = turned if future is None else future.done()
            if over:
                self._ready.append(edge)
            else:
                self._futures.append((future, edge))
        return bool(self._ready)


def _alone(batch: Batch) -> None:
    """Answer a batch in a task of its own."""
    task = asyncio.ensure_future(batch.answer(batch))
    task.add_done_callback(lambda done: batch.end(asyncio.CancelledError() if done.cancelled() else done.exception()))
