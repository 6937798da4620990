"""Homes of embedded servers for tests: where they lie, and what runs on them."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from embedded import EmbeddedPostgres, Server
from embedded.account import server_account
from embedded.home import Home
from embedded.lease import is_held

LINGER_S = 0.2
WAIT_S = 30.0


@contextmanager
def passable() -> Iterator[Path]:
    """A directory every account may pass, unlike pytest's own; servers below it are stopped at the end."""
    base = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    base.chmod(0o755)
    yield base
    locks = list(base.rglob("supervisor.lock"))
    for lock in filter(is_held, locks):
        with suppress(ProcessLookupError):
            os.kill(int(lock.read_text()), signal.SIGTERM)
    wait_until(lambda: all(is_gone(lock.parent) for lock in locks))
    shutil.rmtree(base)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start(home: Path) -> Server:
    return EmbeddedPostgres(home, linger_s=LINGER_S).start()


def layout(home: Path) -> Home:
    return Home(home.resolve(), server_account())


def server_pid(home: Path) -> int:
    return int((layout(home).data / "postmaster.pid").read_text().split()[0])


def is_gone(home: Path) -> bool:
    return not is_held(layout(home).supervisor_lock) and not is_held(layout(home).server_lock)
