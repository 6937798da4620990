"""What a program asks for. Owns starting or joining the server of a home, and the handle that keeps it running.

Any number of processes may start the server of one home: the first makes it, the others share it, and it stops by
itself a while after the last has closed its handle or died. Blocks while it works: call it before an event loop runs.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from urllib.parse import quote

from embedded import postmaster
from embedded.account import server_account
from embedded.binaries import locate, reachable
from embedded.cluster import check_settings, ensure_data, write_settings
from embedded.errors import StartError
from embedded.home import ROOT_BASE, Home
from embedded.lease import RETRY_S, Lock, acquire, is_held
from embedded.supervisor import FAILED, READY, READY_TIMEOUT_S, REPORT_TIMEOUT_S

__all__ = ["EmbeddedPostgres", "Server"]

# Another process's whole start, or a slow stop, may have to end first.
BOOT_TIMEOUT_S = 360.0
LEASE_TIMEOUT_S = 10.0
DETACH_TIMEOUT_S = 30.0
# A supervisor at work may be on its way out, or killed before it reports; then the next attempt makes a new one.
START_ATTEMPTS = 3
LOG_LIMIT_BYTES = 8 * 1024 * 1024
LINGER_LIMIT_S = 86_400.0

_REPORT_LIMIT_BYTES = 65_536
_PACKAGE_ROOT = Path(__file__).resolve().parent.parent
_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class Server:
    """A running server and the lease that keeps it running; a context manager that closes at its end.

    The lease is kept until `close` or the end of the process, even if the handle itself is forgotten. Processes
    forked meanwhile hold it too.
    """

    def __init__(self, socket_dir: Path, lease: Lock) -> None:
        self._socket_dir = socket_dir
        self._lease = lease

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def socket_dir(self) -> Path:
        """The directory of the Unix socket."""
        return self._socket_dir

    def dsn(self, user: str, database: str) -> str:
        """Return the address of `database` for `user` (the superuser is `postgres`), without a password.

        It is a postgresql:// URL as asyncpg and libpq take it; SQLAlchemy takes it with postgresql+asyncpg:// in
        front. It names the port too, since clients would otherwise take one from PGPORT.
        """
        host = quote(str(self._socket_dir), safe="/")
        return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?host={host}&port=5432"

    def close(self) -> None:
        """Give the lease back; the server stops a while after the last one. Idempotent."""
        self._lease.release()


class EmbeddedPostgres:
    """The PostgreSQL server of one directory."""

    def __init__(
        self,
        home: Path,
        *,
        settings: Mapping[str, str] = _NO_SETTINGS,
        linger_s: float = 2.0,
        binaries_home: Path = ROOT_BASE,
    ) -> None:
        """Describe the server; nothing is touched before `start`.

        Args:
            home: the directory that holds everything of the server; made if missing.
            settings: PostgreSQL settings by name, over the defaults. They hold from the next time the server starts:
                whoever joins a running server takes it as it is.
            linger_s: how many seconds the server goes on after the last lease; of whoever started it.
            binaries_home: where root puts a copy of the programs, if the server's account cannot reach them.

        Raises:
            SettingError: a setting cannot be written, or is not the caller's to choose.
            ValueError: `linger_s` is negative or more than a day.
        """
        if not 0 <= linger_s <= LINGER_LIMIT_S:
            raise ValueError(f"linger_s must be between 0 and {LINGER_LIMIT_S:g}, not {linger_s!r}")
        check_settings(settings)
        self._path = Path(home)
        self._settings = dict(settings)
        self._linger_s = linger_s
        self._binaries_home = binaries_home

    def start(self) -> Server:
        """Start the server, or join it if it runs, and return it when it takes connections.

        Raises:
            EmbeddedError: it cannot be; the kinds are in `embedded.errors`.
        """
        home = Home(self._path.absolute().resolve(), server_account())
        home.prepare()
        with acquire(home.boot_lock, timeout_s=BOOT_TIMEOUT_S, purpose="another start or stop of the server") as boot:
            lease = acquire(home.lease_lock, shared=True, timeout_s=LEASE_TIMEOUT_S, purpose="a lease of the server")
            try:
                self._bring_up(home, boot)
            except BaseException:
                lease.release()
                raise
        return Server(home.socket_dir, lease)

    def _bring_up(self, home: Home, boot: Lock) -> None:
        """See that a supervisor is at work and its server answers."""
        binaries = reachable(locate(), home.account, self._binaries_home)
        ensure_data(home, binaries.bin_dir, boot)
        for _ in range(START_ATTEMPTS):
            if is_held(home.supervisor_lock):
                if _joined(home):
                    return
                continue
            write_settings(home, self._settings)
            state, text = self._supervise(home, binaries.bin_dir)
            if state == READY:
                return
            if state == FAILED:
                raise StartError(text, log_tail=home.log_tail())
        raise StartError(f"No supervisor stayed in {START_ATTEMPTS} attempts.", log_tail=home.log_tail())

    def _supervise(self, home: Home, bin_dir: Path) -> tuple[str, str]:
        """Start a supervisor that outlives this process; return its report."""
        with suppress(FileNotFoundError):
            if home.log.stat().st_size > LOG_LIMIT_BYTES:
                home.log.replace(home.log.with_suffix(".log.1"))
        read_end, write_end = os.pipe()
        # -S and -P: it needs nothing but the standard library and this package, and starts the sooner.
        command = [
            sys.executable, "-S", "-P", "-m", "embedded", "--supervise", str(home.path), "--bin-dir", str(bin_dir),
            "--linger", repr(float(self._linger_s)), "--report-fd", str(write_end),
        ]  # fmt: skip
        try:
            with home.log.open("ab") as log:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env={**os.environ, "PYTHONPATH": str(_PACKAGE_ROOT)},
                    pass_fds=(write_end,),
                    start_new_session=True,
                )
        finally:
            os.close(write_end)
        try:
            process.wait(DETACH_TIMEOUT_S)
            return _read_report(read_end)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return FAILED, f"The supervisor did not detach within {DETACH_TIMEOUT_S:g} s."
        finally:
            os.close(read_end)


def _joined(home: Home) -> bool:
    """Wait until the server of the supervisor at work answers; False when that supervisor has gone instead."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while is_held(home.supervisor_lock):
        if postmaster.answers(home):
            return True
        if time.monotonic() >= deadline:
            raise StartError(
                f"A supervisor is at work (its process id is in {home.supervisor_lock}), but its server did not "
                f"answer within {READY_TIMEOUT_S:g} s.",
                log_tail=home.log_tail(),
            )
        time.sleep(RETRY_S)
    return False


def _read_report(fd: int) -> tuple[str, str]:
    """Read what a supervisor reports until it closes its end: a word, and after a space a text.

    Both are empty when it was killed before it could.
    """
    deadline = time.monotonic() + REPORT_TIMEOUT_S
    received = b""
    while len(received) < _REPORT_LIMIT_BYTES:
        ready, _, _ = select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return FAILED, f"The supervisor did not report within {REPORT_TIMEOUT_S:g} s."
        chunk = os.read(fd, 4_096)
        if not chunk:
            break
        received += chunk
    state, _, text = received.decode(errors="replace").partition(" ")
    return state, text
