"""Several server processes on one port: the parent that starts, watches, renews and stops them.

Owns the life of the workers and nothing of what they serve. The parent holds the listening socket, which stays open
whatever happens to a worker: who connects waits in its queue until somebody accepts. Each worker is a new process
(`transport.worker` is its half), tied to the parent by a socket pair:

    parent ──► orders, one line of JSON        worker ──► ready
           ──► leave (renewed: end in peace)
           ──► nothing any more (the parent has died: stop)

SIGTERM and SIGINT stop all, SIGHUP renews one worker after another.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

import orjson

from transport.logs import say
from transport.serving import LEAVE_S
from transport.worker import LEAVE, READY

SOCKET_PATH_MAX: Final = 80
"""Characters of the directory of the workers' sockets: the kernel takes 108 for a socket's path, some systems 104."""


class GivenUp(Exception):
    """Workers end as soon as they are started; the message says how."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the parent waits for what."""

    ready_s: float = 60.0
    """From the start of a worker until it says that it is ready."""
    settled_s: float = 5.0
    """A worker that ends sooner after it was ready counts as one that did not start."""
    first_wait_s: float = 0.2
    """Before the second attempt; doubled for each one after it."""
    longest_wait_s: float = 30.0
    attempts: int = 5
    """Starts in a row that fail before the parent gives up, if no other worker serves."""
    leave_s: float = LEAVE_S
    """What a renewed worker takes for its idle connections, before the time for a graceful stop begins."""
    margin_s: float = 5.0
    """Beyond the time for a graceful stop, before a worker is killed."""

    def before(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row."""
        return min(self.first_wait_s * 2 ** (failures - 1), self.longest_wait_s) if failures else 0.0


class Worker:
    """One worker process, from its start to its end."""

    def __init__(self, number: int, process: asyncio.subprocess.Process, channel: _Channel) -> None:
        self.number, self.pid, self.begun = number, process.pid, monotonic()
        self.ready_at: float | None = None
        self._process, (self._reader, self._writer) = process, channel
        self.gone = asyncio.create_task(self._gone())

    async def _gone(self) -> int:
        try:
            return await self._process.wait()
        finally:
            self._writer.close()

    async def ready(self, limit_s: float) -> bool:
        """Whether it says in time that it serves; the end of its side of the channel is a no."""
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(limit_s):
                if await self._reader.readline() == READY:
                    self.ready_at = monotonic()
        return self.ready_at is not None

    def leave(self) -> None:
        """Ask it to end in peace: others serve."""
        if not self.gone.done():
            self._writer.write(LEAVE)

    def send(self, what: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        with suppress(ProcessLookupError):
            self._process.send_signal(what)

    async def ended(self, limit_s: float) -> int:
        """Its exit code; it is killed when it takes longer than `limit_s`."""
        await asyncio.wait({self.gone}, timeout=limit_s)
        if not self.gone.done():
            say("warning", "worker.killed", worker=self.number, pid=self.pid, waited_s=limit_s)
            self.send(signal.SIGKILL)
        return await asyncio.shield(self.gone)


_Channel = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Place:
    """A worker's number, and whoever holds it now. Its keeper sees to it that somebody does."""

    def __init__(self, number: int, workers: Workers) -> None:
        self.number = number
        self.worker: Worker | None = None
        self.failures = 0
        self._workers, self._patience = workers, workers.patience
        self._changing = asyncio.Lock()
        self._somebody_ended, self._hurry = asyncio.Event(), asyncio.Event()

    @property
    def serves(self) -> bool:
        """Whether a worker that is ready holds the place."""
        return self.worker is not None and not self.worker.gone.done()

    def hurry(self) -> None:
        """Make the next attempt at once: somebody has mended something."""
        self._hurry.set()

    async def keep(self) -> None:
        """For ever: start a worker where none is, after a while if the last ones failed. Raises: GivenUp."""
        while True:
            async with self._changing:
                while not self.serves:
                    self._note_the_end()
                    await self._fill()
            await self._somebody_ended.wait()
            self._somebody_ended.clear()

    def _note_the_end(self) -> None:
        """Count how the last holder ended, and say it."""
        worker, self.worker = self.worker, None
        if worker is None or worker.ready_at is None:
            return
        lived = monotonic() - worker.ready_at
        say(
            "warning",
            "worker.died",
            worker=self.number,
            pid=worker.pid,
            code=worker.gone.result(),
            lived_s=round(lived),
        )
        self.failures = self.failures + 1 if lived < self._patience.settled_s else 0
        self._give_up_if_hopeless(f"it ended with {_told(worker.gone.result())} after {lived:.1f} s")

    async def _fill(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience.before(self.failures)):
                await self._hurry.wait()
        self._hurry.clear()
        self.worker = await self._started()
        if self.worker is None:
            self.failures += 1
            self._give_up_if_hopeless(self._why)
        else:
            self._workers.somebody_is_ready()

    async def _started(self) -> Worker | None:
        """A new worker that is ready; None if it is not in time, or ends."""
        try:
            worker = await self._workers.start(self.number)
        except OSError as error:  # no memory or no descriptors for another process
            self._why = f"it could not be started: {error.strerror}"
            say("error", "worker.not_started", worker=self.number, error=str(error))
            return None
        if await worker.ready(self._patience.ready_s):
            worker.gone.add_done_callback(lambda _: self._somebody_ended.set())
            say(
                "info", "worker.ready", worker=self.number, pid=worker.pid, seconds=round(monotonic() - worker.begun, 1)
            )
            return worker
        # Who has closed the channel is on the way out and gets a moment, so that the exit code is its own.
        in_time = monotonic() - worker.begun < self._patience.ready_s
        code = await worker.ended(self._patience.margin_s if in_time else 0)
        self._why = f"it ended with {_told(code)}" if in_time else f"it was not ready in {self._patience.ready_s:g} s"
        say("error", "worker.not_started", worker=self.number, pid=worker.pid, code=code)
        return None

    def _give_up_if_hopeless(self, why: str) -> None:
        # While others serve, a worker that cannot start (the database is away, say) is no reason to end them.
        if self.failures >= self._patience.attempts and not self._workers.others_carry_on():
            raise GivenUp(f"Worker {self.number} does not start, {self.failures} times in a row: {why}. Giving up.")

    async def renew(self, asked: float) -> bool:
        """Put a new worker in the place of one started before `asked`; if none starts, the old one stays: False."""
        async with self._changing:
            self._hurry.clear()
            old = self.worker
            if old is None or not self.serves or old.begun >= asked:
                return True  # the keeper has started another one, or is about to
            new = await self._started()
            if new is None:
                return False
            self.worker, self.failures = new, 0
        old.leave()
        await old.ended(self._patience.leave_s + self._workers.graceful_s + self._patience.margin_s)
        return True


def _told(code: int) -> str:
    """An exit code in words."""
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


class Workers:
    """The parent of `count` workers, which share `listening`.

    `orders` is handed to each of them over its channel, not on its command line, where everybody could read it.
    """

    def __init__(
        self,
        command: Sequence[str],
        count: int,
        listening: socket.socket,
        orders: Mapping[str, Any],
        *,
        graceful_s: float,
        patience: Patience | None = None,
    ) -> None:
        self.patience, self.graceful_s = patience or Patience(), graceful_s
        self._command, self._count, self._listening, self._orders = command, count, listening, orders
        self._places = [Place(number, self) for number in range(1, count + 1)]
        self._all: set[Worker] = set()
        self._directory = ""
        self._up: Callable[[], None] | None = None
        self._stopping, self._killing, self._renewing = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._ends_with_terminal = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and _has_terminal()

    async def run(self, up: Callable[[], None]) -> None:
        """Serve until asked to stop; `up` is called when all workers are ready for the first time. Raises: GivenUp."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._hung_up)
        self._up = up
        with _directory() as self._directory:
            tasks: list[asyncio.Task[Any]] = [asyncio.create_task(place.keep()) for place in self._places]
            tasks += [asyncio.create_task(self._renew()), asyncio.create_task(self._stopping.wait())]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._up = None
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await self._stop_all()
                for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                    loop.remove_signal_handler(each)
        for task in done:
            task.result()  # raises what made a keeper give up

    def stop(self) -> None:
        """Stop all gracefully; asked again, at once."""
        (self._killing if self._stopping.is_set() else self._stopping).set()

    def renew(self) -> None:
        """Renew all workers, one after the other; asked while that goes on, once more after it, however often."""
        self._renewing.set()
        for place in self._places:
            place.hurry()

    def _hung_up(self) -> None:
        """SIGHUP asks for a renewal, except from a terminal that goes away with whoever started us at it."""
        if self._ends_with_terminal and not _has_terminal():
            self.stop()
        else:
            self.renew()

    async def start(self, number: int) -> Worker:
        """Start a worker and give it its orders; it is not ready yet."""
        ours, theirs = socket.socketpair()
        with suppress(OSError):
            os.makedirs(self._directory, mode=0o700, exist_ok=True)  # somebody may have tidied it away
        try:
            fds = (theirs.fileno(), self._listening.fileno())
            process = await asyncio.create_subprocess_exec(
                *self._command,
                str(theirs.fileno()),
                pass_fds=fds,
                stdin=asyncio.subprocess.DEVNULL,
                process_group=0,  # what a terminal sends at Ctrl-C is the parent's alone, which then stops them
            )
            channel = await asyncio.open_connection(sock=ours)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        worker = Worker(number, process, channel)
        self._all.add(worker)
        worker.gone.add_done_callback(lambda _: self._all.discard(worker))
        told = {"number": number, "count": self._count, "listening": fds[1], "directory": self._directory}
        channel[1].write(orjson.dumps({**told, "orders": self._orders}) + b"\n")
        return worker

    def somebody_is_ready(self) -> None:
        """Say that we are up once all places are held."""
        if self._up is not None and all(place.serves for place in self._places):
            up, self._up = self._up, None
            up()

    def others_carry_on(self) -> bool:
        """Whether the failure of one worker leaves a server: we have been up, and somebody still serves."""
        return self._up is None and any(place.serves for place in self._places)

    async def _renew(self) -> None:
        """For ever: renew whenever asked to, up to the first worker that does not start: then the old ones stay."""
        while True:
            await self._renewing.wait()
            self._renewing.clear()
            asked = monotonic()
            say("info", "workers.renewing", count=self._count)
            for place in self._places:
                if not await place.renew(asked):
                    say("error", "workers.not_renewed", worker=place.number)
                    break
            else:
                say("info", "workers.renewed", count=self._count, seconds=round(monotonic() - asked, 1))

    async def _stop_all(self) -> None:
        """Everybody ends: gracefully within the time for it, or killed after it, or at once when asked again."""
        self._listening.close()  # who connects now is refused, and does not wait for nobody
        killing = asyncio.create_task(self._killing.wait())
        for worker in self._all:
            worker.send(signal.SIGTERM)
        limit_s = self.graceful_s + self.patience.margin_s
        everybody: asyncio.Future[Any] = asyncio.gather(*(worker.ended(limit_s) for worker in self._all))
        waited: list[asyncio.Future[Any]] = [killing, everybody]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not everybody.done():
            for worker in self._all:
                worker.send(signal.SIGKILL)
        killing.cancel()
        await everybody


def _has_terminal() -> bool:
    """Whether there is a terminal whose Ctrl-C would reach us."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


@contextmanager
def _directory() -> Iterator[str]:
    """The directory of the workers' sockets, open to nobody else.

    A socket's path has a limit that long TMPDIRs break.
    """
    within = None if len(str(Path(tempfile.gettempdir()))) < SOCKET_PATH_MAX else "/tmp"
    with tempfile.TemporaryDirectory(prefix="millrace-", dir=within, ignore_cleanup_errors=True) as made:
        descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with suppress(OSError):  # not every file system can
                fcntl.flock(descriptor, fcntl.LOCK_SH)  # systemd-tmpfiles leaves what is locked alone, however old
            yield made
        finally:
            os.close(descriptor)
