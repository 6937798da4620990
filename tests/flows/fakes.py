"""Workers that cost nothing: they speak with the parent as real ones do, and behave as a file says."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator, MutableMapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from transport.logs import configure
from transport.workers import Patience, Workers

WAIT_S = 60.0
SECRET = "hunter2"
SCRIPT = """
import json, os, select, signal, socket, sys
channel = socket.socket(fileno=int(sys.argv[-1]))
told = json.loads(channel.makefile("rb", 0).readline())
moods = dict(line.split(":") for line in open(told["orders"]["moods"]).read().split())
mood = moods.get(str(told["number"]), "")
if mood == "dies":
    sys.exit(7)
listening = socket.socket(fileno=told["listening"])
listening.setblocking(False)
if mood == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if mood != "mute":
    channel.sendall(b"ready\\n")
if mood == "brief":
    sys.exit(7)
while True:
    ready = select.select([channel, listening], [], [])[0]
    if channel in ready:
        said = channel.recv(64)
        if not said or mood != "stubborn":
            break
    if listening in ready:
        try:
            client = listening.accept()[0]
        except BlockingIOError:
            continue
        client.sendall(b"%d %d" % (told["number"], os.getpid()))
        client.close()
"""
COMMAND = (sys.executable, "-S", "-E", "-c", SCRIPT)
QUICK = Patience(ready_s=20, settled_s=0.3, first_wait_s=0.01, longest_wait_s=0.05, attempts=3, leave_s=0, margin_s=5)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(condition: Any) -> None:
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110  # what is waited for happens in other processes
            await asyncio.sleep(0.005)


@dataclass
class Family:
    """A parent in this process, and its workers."""

    workers: Workers
    address: tuple[str, int]
    moods: Path
    ups: list[None] = field(default_factory=list)
    running: asyncio.Task[None] = field(init=False)

    def ask(self) -> tuple[int, int]:
        """Who answers a connection: number and process."""
        with socket.create_connection(self.address, WAIT_S) as client:
            number, pid = client.recv(64).split()
        return int(number), int(pid)

    async def seen(self, count: int) -> dict[int, int]:
        """Ask until as many numbers have answered; their processes."""
        found: dict[int, int] = {}
        async with asyncio.timeout(WAIT_S):
            while len(found) < count:
                number, pid = await asyncio.to_thread(self.ask)
                found[number] = pid
        return found

    @property
    def pids(self) -> dict[int, int]:
        """The processes that hold the places and are ready."""
        return {place.number: place.worker.pid for place in self.workers._places if place.worker and place.serves}

    async def all_but(self, old: dict[int, int]) -> None:
        """Wait until every place is held by another process than in `old`."""
        await until(lambda: len(self.pids) == len(old) and not set(self.pids.values()) & set(old.values()))

    def behave(self, **moods: str) -> None:
        """From its next start a worker does so: behave(w1="dies")."""
        self.moods.write_text("\n".join(f"{name[1:]}:{mood}" for name, mood in moods.items()))

    async def up(self) -> None:
        await until(lambda: self.ups or self.running.done())
        assert self.ups, self.running


@asynccontextmanager
async def family(
    folder: Path,
    count: int = 2,
    patience: Patience = QUICK,
    graceful_s: float = 5,
    command: Sequence[str] = COMMAND,
    **moods: str,
) -> AsyncIterator[Family]:
    """A parent over fake workers; it is stopped at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        told = {"moods": str(folder / "moods"), "secret": SECRET}
        workers = Workers(command, count, listening, told, graceful_s=graceful_s, patience=patience)
        made = Family(workers, listening.getsockname(), folder / "moods")
        made.behave(**moods)
        made.running = asyncio.create_task(workers.run(lambda: made.ups.append(None)))
        try:
            yield made
        finally:
            if not made.running.done():
                workers.stop()
            with suppress(Exception):
                await made.running


@contextmanager
def lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """The log lines of this process as they come, down to those that only inform."""
    configure("info", "json")
    try:
        with capture_logs() as said:
            yield said
    finally:
        configure("warning", "json")


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
