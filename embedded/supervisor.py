"""The process that keeps the server. Owns when PostgreSQL starts and when it stops; outlives whoever started it.

It holds `supervisor.lock` for its life, so there is one. It starts the server, or adopts one whose supervisor was
killed, and stops it a while after the last lease is gone: leases are locks, so a killed client's is gone at once.
Locks are always taken in the order boot, lease. Owns no data and no settings: its starter has seen to those.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from embedded import postmaster
from embedded.errors import EmbeddedError, StartError
from embedded.home import Home
from embedded.lease import RETRY_S, Lock, is_held, try_acquire
from embedded.postmaster import Postmaster

__all__ = ["FAILED", "OTHER", "READY", "REPORT_TIMEOUT_S", "Supervisor", "detach"]

# Those who test a lock hold it for an instant: only a lock that stays taken means another supervisor.
LOCK_PATIENCE_S = 2.0
# A killed server's last processes, or one that is just stopping, are given this long to go.
FORMER_TIMEOUT_S = 75.0
READY_TIMEOUT_S = 120.0
READY_POLL_S = 0.02
WATCH_POLL_S = 0.2
# The longest a starter has to wait for a report.
REPORT_TIMEOUT_S = LOCK_PATIENCE_S + FORMER_TIMEOUT_S + READY_TIMEOUT_S + 15.0

READY, OTHER, FAILED = "ready", "other", "failed"

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def detach() -> None:
    """Continue in a child that init adopts, so that the starter has no child to wait for later."""
    if os.fork() != 0:
        os._exit(0)


class Supervisor:
    """Keeps the server of one home, whose programs lie in `bin_dir`, until `linger_s` seconds after the last lease."""

    def __init__(self, home: Home, bin_dir: Path, linger_s: float) -> None:
        self._home = home
        self._bin_dir = bin_dir
        self._linger_s = linger_s
        self._told_to_stop = False

    def run(self, report: Callable[[str, str], None]) -> int:
        """Keep the server to its end; return the exit status of the process.

        `report` is called once, with READY, OTHER (another supervisor is at work) or FAILED, and a text.
        """
        for number in _STOP_SIGNALS:
            signal.signal(number, self._stop_soon)
        own = self._take_lock()
        if own is None:
            report(OTHER, "")
            return 0
        own.note(f"{os.getpid()}\n")
        try:
            with own:
                server = self._start_or_adopt()
                report(READY, "")
                self._watch(server, own)
        except EmbeddedError as error:
            report(FAILED, error.message)
            return 1
        return 0

    def _stop_soon(self, number: int, frame: FrameType | None) -> None:
        self._told_to_stop = True

    def _take_lock(self) -> Lock | None:
        """Take the supervisor's lock, or None when another supervisor keeps it."""
        deadline = time.monotonic() + LOCK_PATIENCE_S
        while time.monotonic() < deadline:
            lock = try_acquire(self._home.supervisor_lock)
            if lock is not None:
                return lock
            time.sleep(RETRY_S)
        return None

    def _start_or_adopt(self) -> Postmaster:
        """Start the server, or take over one that answers; one that is going away is waited for."""
        deadline = time.monotonic() + FORMER_TIMEOUT_S
        while time.monotonic() < deadline and not self._told_to_stop:
            lock = try_acquire(self._home.server_lock)
            if lock is not None:
                server = postmaster.start(self._home, self._bin_dir, lock)
                self._await_ready(server)
                return server
            found = postmaster.find(self._home)
            if found is not None and postmaster.answers(self._home):
                return found
            time.sleep(READY_POLL_S)
        raise StartError(
            "The supervisor was told to stop." if self._told_to_stop else
            f"Processes of a former server still hold {self._home.server_lock} after {FORMER_TIMEOUT_S:g} s."
        )  # fmt: skip

    def _await_ready(self, server: Postmaster) -> None:
        """Wait until the server answers; stop it if it does not."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not postmaster.answers(self._home):
            if not server.alive():
                raise StartError(f"PostgreSQL ended while starting ({server.exit_text()}).")
            if self._told_to_stop or time.monotonic() >= deadline:
                server.stop()
                why = "The supervisor was told to stop" if self._told_to_stop else f"Not ready in {READY_TIMEOUT_S:g} s"
                raise StartError(f"{why}; PostgreSQL was stopped while starting.")
            time.sleep(READY_POLL_S)

    def _watch(self, server: Postmaster, own: Lock) -> None:
        """Wait for the end: of the server, of its home, of the leases, or a signal."""
        unused_since: float | None = None
        while server.alive():
            if self._told_to_stop or not own.in_place():  # a deleted home has no use for a server
                self._stop(server)
                return
            if is_held(self._home.lease_lock):
                unused_since = None
            else:
                now = time.monotonic()
                unused_since = now if unused_since is None else unused_since
                if now - unused_since >= self._linger_s and self._stop_if_unused(server, own):
                    return
            time.sleep(WATCH_POLL_S)
        _say(f"PostgreSQL ended by itself ({server.exit_text()}).")

    def _stop_if_unused(self, server: Postmaster, own: Lock) -> bool:
        """Stop the server while nobody can start or lease it; False if someone does just now."""
        boot = try_acquire(self._home.boot_lock)
        if boot is None:
            return False
        with boot:
            lease = try_acquire(self._home.lease_lock)
            if lease is None:
                return False
            with lease:
                self._stop(server)
                own.release()  # before the boot lock: the next starter must not find a supervisor on its way out
        return True

    def _stop(self, server: Postmaster) -> None:
        """Stop the server and leave nothing of it in /tmp."""
        if not server.stop():
            _say("PostgreSQL did not stop; its processes are left to the next start.")
        self._home.drop_socket_dir()


def _say(text: str) -> None:
    """Write a line to the log, which is where the standard error of this process goes."""
    print(f"supervisor {os.getpid()}: {text}", file=sys.stderr, flush=True)
