"""All that is killed while shoppers shop: server, worker, database, payment provider; and how each comes back.

The worker and a killed part of the database come back by themselves, a server among several by its parent; what is gone
as a whole is started again as an operator would, by the same command, on what it left behind.
"""

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import httpx

from embedded import EmbeddedPostgres
from tests.flows.paying import KEY, SECRET, Process
from tests.flows.started import Serving, free_port

KINDS: Final = ("server", "worker", "backend", "database", "provider", "everything")
BACK_S: Final = 60.0
"""How long anything may take to come back."""
LOOK_S: Final = 0.02
_PROVIDER: Final = ("--lease", "2")
"""A killed provider's notices are sent by the next one after so long."""
_FAULTS: Final = ('"graphql.fault"', '"request.failed"')
_WORKER: Final = "worker.main()"
_ONE_OF_SEVERAL: Final = "cli.cli()"


def processes() -> dict[int, tuple[int, str]]:
    """Every process of the machine: its parent, and its command line."""
    shown = subprocess.check_output(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], text=True)
    found = (line.split(maxsplit=2) for line in shown.splitlines())
    return {int(one[0]): (int(one[1]), one[2] if len(one) > 2 else "") for one in found}


def kill(*pids: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class House:
    """One data directory's database, the server on it with its worker, and the provider of payments.

    All of it blocks. `workers` server processes share the port, where they are more than one under their parent.
    """

    def __init__(self, home: Path, workers: int, chance: Random) -> None:
        self.home, self._workers, self._chance = home, workers, chance
        self._port, self._pay_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.book = home.parent / "book"
        self.killed: Counter[str] = Counter()
        self.servers: list[Serving] = []
        self._providers: list[Process] = []
        self._left = threading.Event()

    def open(self) -> None:
        """Start provider and server."""
        self._provide()
        self._serve()

    def close(self) -> int:
        """Stop both as one stops them; how the server ended."""
        self._providers[-1].end(signal.SIGTERM)
        return self.servers[-1].kill(signal.SIGTERM)

    def send_again(self, notices: list[str]) -> None:
        """Have the provider send what it would send much later, as whoever looks after it may."""
        for id in notices:
            httpx.post(
                f"{self._providers[-1].url}/notices/{id}/send", headers={"authorization": f"Bearer {KEY}"}
            ).raise_for_status()

    def faults(self) -> list[str]:
        """Requests that servers took for faults of their own: none is, when it is another that was lost."""
        return [line for each in self.servers for line in each.said if any(name in line for name in _FAULTS)]

    def leave_nothing(self) -> None:
        """End whatever still runs, after a test that failed."""
        self._left.set()
        for serving in self.servers:
            if serving.process.poll() is None:
                kill(*self._family(serving.process.pid), serving.process.pid)
        for provider in self._providers:
            if provider.process.poll() is None:
                provider.end()

    def kill(self, kind: str) -> None:
        """Kill one of `KINDS`, and wait until all is there again."""
        {
            "server": self._kill_server,
            "worker": self._kill_worker,
            "backend": self._kill_backend,
            "database": self._kill_database,
            "provider": self._kill_provider,
            "everything": self._kill_everything,
        }[kind]()
        self.killed[kind] += 1
        self._until(self._ready)

    def _until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + BACK_S
        while not condition():
            assert time.monotonic() < deadline, "it does not come back"
            assert not self._left.wait(LOOK_S), "it is left"

    # ── killed ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _kill_server(self) -> None:
        parent = self.servers[-1].process.pid
        victim = self._chance.choice([parent, *self._family(parent, _ONE_OF_SEVERAL)])
        kill(victim)
        if victim == parent:
            self.servers[-1].process.wait()
            self._serve()

    def _kill_worker(self) -> None:
        self._until(self._worker)  # one that has just ended is started again a moment later
        before = self._worker()
        kill(*before)
        self._until(lambda: set(self._worker()) - set(before))

    def _kill_backend(self) -> None:
        """Any process of the database but the first: that one then ends all sessions, and recovers."""
        kill(self._chance.choice(self._database()[1:]))

    def _kill_database(self) -> None:
        kill(*self._database())
        EmbeddedPostgres(self.home).start().close()  # as any start of the product brings it back

    def _kill_provider(self) -> None:
        self._providers[-1].end()
        self._provide()

    def _kill_everything(self) -> None:
        """Every process at once, what keeps the database too; then the server is started and brings it back."""
        supervisor = int((self.home / "supervisor.lock").read_text())
        parent = self.servers[-1].process.pid
        kill(parent, *self._family(parent), supervisor, *self._database(), self._providers[-1].process.pid)
        self.servers[-1].process.wait()
        self._providers[-1].end()
        self._serve()
        self._provide()

    # ── there ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _family(self, parent: int, named: str = "") -> list[int]:
        """The children of a process, those with such a command line."""
        return [pid for pid, (above, line) in processes().items() if above == parent and named in line]

    def _worker(self) -> list[int]:
        return self._family(self.servers[-1].process.pid, _WORKER)

    def _database(self) -> list[int]:
        """The processes of the database, the first one first."""
        first = int((self.home / "pg" / "postmaster.pid").read_text().split()[0])
        return [first, *self._family(first)]

    def _ready(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/health/ready").status_code == 200
        return False

    # ── started ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _serve(self) -> None:
        """Start the server, again where those that it left behind have the port still."""
        deadline = time.monotonic() + BACK_S
        while True:
            serving = Serving(
                self.home,
                PORT=str(self._port),
                WORKERS=str(self._workers),
                MILLRACE_PAYMENT_URL=f"http://127.0.0.1:{self._pay_port}",
                MILLRACE_PAYMENT_KEY=KEY,
                MILLRACE_PAYMENT_NOTICE_SECRETS=SECRET,
            )
            self.servers.append(serving)
            self._until(partial(_is_decided, serving))
            if serving.process.poll() is None:
                return
            assert "already in use" in serving.text, serving.text
            assert time.monotonic() < deadline
            time.sleep(LOOK_S)

    def _provide(self) -> None:
        notices = f"{self.url}/payments/local/notices"
        self._providers.append(Process(self.book, notices, "--port", str(self._pay_port), *_PROVIDER))


def _is_decided(serving: Serving) -> bool:
    """Whether it serves, or has ended instead."""
    return "is up" in serving.text or serving.process.poll() is not None


def kinds(many: int, chance: Random) -> list[str]:
    """So many kills, each kind as often as any other, in any order."""
    chosen = [KINDS[number % len(KINDS)] for number in range(many)]
    chance.shuffle(chosen)
    return chosen
