"""`serve` as a process of its own, and what it says; for the tests that start, stop and kill it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import boot

WAIT_S = 200.0
UP = re.compile(r"Millrace is up after (\d+\.\d) s: (http://\S+)/graphql")


class Serving:
    """A running `serve`, and what it has said so far."""

    def __init__(self, home: Path, **settings: str) -> None:
        environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "400", "DATA_DIR": str(home), "PORT": "0", **settings}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "serve"],
            cwd=boot.PROJECT,
            env=environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)

    @property
    def text(self) -> str:
        return "".join(self.said)

    def until(self, condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + WAIT_S
        while not (found := condition()):
            assert time.monotonic() < deadline, self.text
            assert self.process.poll() is None or condition(), self.text
            time.sleep(0.02)
        return found

    def url(self) -> str:
        return str(self.until(lambda: UP.search(self.text))[2])

    def seconds(self) -> float:
        """How long the start took, by its own account."""
        return float(self.until(lambda: UP.search(self.text))[1])

    def kill(self, how: int = signal.SIGKILL) -> int:
        self.process.send_signal(how)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(WAIT_S)
        self._reader.join(WAIT_S)
        return code


def clear(base: Path) -> None:
    """Stop the databases below a directory, and take it away."""
    for lock in base.rglob("supervisor.lock"):
        with suppress(ProcessLookupError, ValueError):
            os.kill(int(lock.read_text()), signal.SIGTERM)
    deadline = time.monotonic() + WAIT_S
    while any(base.rglob("postmaster.pid")) and time.monotonic() < deadline:
        time.sleep(0.05)
    shutil.rmtree(base, ignore_errors=True)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
