"""The servers that are measured: one process each, on one core, told by the environment what `make serve` is told."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import boot

START_S: Final = 60.0
STOP_S: Final = 20.0
UP: Final = re.compile(r"(?:is up after|serving).*http://127\.0\.0\.1:(\d+)/graphql")
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "ours": ("-m", "cli", "serve"),
    "core": ("-m", "tests.bench.core"),
    "baseline": ("-m", "tests.bench.baseline"),
    "floor": ("-m", "tests.bench.floor"),
}
"""The variants, in the order in which they are run and shown."""


@dataclass(frozen=True)
class Start:
    """How a variant is started: its command, and what it is told besides what all are."""

    command: tuple[str, ...]
    told: Mapping[str, str] = field(default_factory=dict)


STARTS: Final[Mapping[str, Start]] = {
    variant: Start((sys.executable, *arguments)) for variant, arguments in COMMANDS.items()
}


class Running:
    """A server process, its port and its id."""

    def __init__(self, variant: str, start: Start, environment: Mapping[str, str], core: int | None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="millrace-bench-")
        self._log = Path(self._folder.name, "stderr")
        with self._log.open("ab") as said:
            self._process = subprocess.Popen(
                start.command,
                cwd=boot.PROJECT,
                env={**os.environ, "NO_COLOR": "1", "COLUMNS": "400", "PORT": "0", **environment, **start.told},
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
        self.variant, self.pid = variant, self._process.pid
        if core is not None:
            os.sched_setaffinity(self.pid, {core})

    def port(self) -> int:
        """The port it listens on; waits until it does."""
        deadline = time.monotonic() + START_S
        while not (found := UP.search(self.said())):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{self.variant} does not start:\n{self.said()[-4000:]}")
            time.sleep(0.02)
        return int(found[1])

    def said(self) -> str:
        """What it has said so far."""
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        """Tell it to end."""
        self._process.send_signal(signal.SIGTERM)

    def ended(self) -> None:
        """Wait until it has."""
        self._process.wait(STOP_S)
        self._folder.cleanup()
