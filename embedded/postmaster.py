"""The running server. Owns starting PostgreSQL, finding one that runs, asking whether it answers, and stopping it.

Whether a server lives is asked of the kernel: every process of PostgreSQL inherits the lock on `server.lock`. The
process id comes from PostgreSQL's own postmaster.pid and is believed only if that process works in the data directory.
Decides nothing about when to start or stop: see `supervisor`.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from embedded.account import launch
from embedded.cluster import SUPERUSER
from embedded.errors import StartError
from embedded.home import SOCKET_NAME, Home
from embedded.lease import Lock, is_held

__all__ = ["Postmaster", "answers", "find", "start"]

FAST_STOP_TIMEOUT_S = 60.0
IMMEDIATE_STOP_TIMEOUT_S = 10.0
PROBE_TIMEOUT_S = 5.0
STOP_POLL_S = 0.02

_PROTOCOL_3_0 = 196_608
_ANSWER_LIMIT = 1_024
_STATUS_LINE = 7
_CANNOT_CONNECT_NOW = b"C57P03\0"  # the SQLSTATE field of "starting up" and "shutting down"


class Postmaster:
    """A server that was started here (`process`) or found running (None)."""

    def __init__(self, home: Home, pid: int, process: subprocess.Popen[bytes] | None = None) -> None:
        self._home = home
        self.pid = pid
        self._process = process

    def alive(self) -> bool:
        """Say whether the first process of the server lives."""
        if self._process is not None:
            return self._process.poll() is None
        return _works_in(self.pid, self._home)

    def exit_text(self) -> str:
        """Say how the server ended, as far as that is known."""
        return f"exit status {self._process.returncode}" if self._process is not None else "unknown exit status"

    def stop(self) -> bool:
        """Stop the server: open transactions are undone and clients disconnected. Return whether all of it is gone.

        A server that does not finish in time is stopped without its last checkpoint; the next start recovers.
        """
        steps = ((signal.SIGINT, FAST_STOP_TIMEOUT_S), (signal.SIGQUIT, IMMEDIATE_STOP_TIMEOUT_S))
        for request, timeout_s in steps:
            if self.alive():
                with suppress(ProcessLookupError):
                    os.kill(self.pid, request)
            deadline = time.monotonic() + timeout_s
            while time.monotonic() < deadline:
                if not self.alive() and not is_held(self._home.server_lock):
                    return True
                time.sleep(STOP_POLL_S)
        return False


def start(home: Home, bin_dir: Path, lock: Lock) -> Postmaster:
    """Start PostgreSQL on the home's data and hand it `lock`, the exclusive lock on `server.lock`; do not wait for it.

    Raises:
        AccountError: it cannot be run as the account of the home.
        HomeError: the directory of the socket cannot be used.
    """
    home.make_socket_dir()
    _clear_stale(home)
    command = [str(bin_dir / "postgres"), "-D", str(home.data)]
    with lock, home.log.open("ab") as log:
        process = launch(command, home.account, output=log, keep_open=(lock.fileno(),))
    return Postmaster(home, process.pid, process)


def find(home: Home) -> Postmaster | None:
    """Return the server whose postmaster.pid lies in the data directory, if that process lives and is one."""
    pid = _recorded_pid(home)
    return Postmaster(home, pid) if pid is not None and _works_in(pid, home) else None


def answers(home: Home) -> bool:
    """Say whether the server of the home takes connections now.

    It begins a session as any client would, once postmaster.pid says `ready`: before that, each attempt would put a
    line into the log. A refusal is an answer too (too many clients, for one), except that the server is starting or
    stopping.

    Source: PostgreSQL documentation, Frontend/Backend Protocol, Start-up.
    """
    if not _says_ready(home):
        return False
    options = f"user\0{SUPERUSER}\0database\0postgres\0\0".encode()
    packet = struct.pack("!II", 8 + len(options), _PROTOCOL_3_0) + options
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(PROBE_TIMEOUT_S)
        try:
            client.connect(str(home.socket_dir / SOCKET_NAME))
            client.sendall(packet)
            answer = client.recv(_ANSWER_LIMIT)
            with suppress(OSError):
                client.sendall(b"X\0\0\0\x04")  # the end of a session, so that the server has nothing to complain of
        except OSError:
            return False
    return answer[:1] == b"R" or (answer[:1] == b"E" and _CANNOT_CONNECT_NOW not in answer)


def _clear_stale(home: Home) -> None:
    """Remove what a killed server left and a new one would stumble over. The caller holds the lock on `server.lock`.

    PostgreSQL overlooks a pid file whose process is gone, but not one whose number another process has since taken,
    as happens in a container that was restarted. Where the number is all there is to know of that process, it is a
    server only if it answers: one of ours would hold the lock.
    """
    if find(home) is not None and (_tells_place() or answers(home)):
        raise StartError(
            f"A PostgreSQL server that was started by other means runs on {home.data}. Stop it first.",
            log_tail=home.log_tail(),
        )
    pid = _recorded_pid(home)
    if pid is not None and _exists(pid):
        (home.data / "postmaster.pid").unlink(missing_ok=True)
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (home.socket_dir / name).unlink(missing_ok=True)


def _pid_file(home: Home) -> list[str]:
    """The lines of postmaster.pid; none if it is not there."""
    try:
        return (home.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _recorded_pid(home: Home) -> int | None:
    """The process id in postmaster.pid, if there is one."""
    first, *_ = _pid_file(home) or [""]
    return int(first) if first.isdecimal() and int(first) > 1 else None


def _says_ready(home: Home) -> bool:
    """Say whether the status in postmaster.pid, written since PostgreSQL 10, is that of a server that is up."""
    lines = _pid_file(home)
    return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"


def _tells_place() -> bool:
    """Say whether the machine tells in which directory a process works; only Linux does so without a program."""
    return Path("/proc/self/cwd").exists()


def _works_in(pid: int, home: Home) -> bool:
    """Say whether the process lives, runs as the server's account and works in the data directory.

    Where the machine does not tell the last two: whether it lives.
    """
    if not _tells_place():
        return _exists(pid)
    entry = Path("/proc", str(pid))
    try:
        owner, directory = entry.stat().st_uid, os.readlink(entry / "cwd")
    except OSError:
        return False
    return owner == home.server_uid and directory.removesuffix(" (deleted)") == str(home.data.resolve())


def _exists(pid: int) -> bool:
    """Say whether any process has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
