"""Where everything lies. Owns the home directory, its ownership and reach, and the directory of the socket.

    HOME/                 the caller's (root's, when root asks); made here, or refused as it is
      pg/                 PostgreSQL's data directory, the server account's
      pg.new-*/           a data directory being made; swept when nobody is making it
      run/                the socket, the server account's, 0700 (a short directory in /tmp when HOME is too long)
      embedded.conf       the settings, written before each start, included by pg/postgresql.conf
      server.log          what the server and its supervisor say
      boot.lock           one process at a time starts or stops the server
      lease.lock          shared by everyone who uses it
      supervisor.lock     held by the supervisor for its life; contains its process id
      server.lock         held by every process of PostgreSQL itself

Owns no process and reads no data: see `cluster` and `postmaster`.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from embedded.account import ACCOUNT_VARIABLE, Account, blocking_directory
from embedded.errors import HomeError

__all__ = ["ROOT_BASE", "SOCKET_NAME", "Home", "default_home", "make_directory"]

ROOT_BASE = Path("/var/lib/millrace")
# Fixed rather than taken from TMPDIR: every process that shares the server must come to the same name.
SHORT_BASE = Path("/tmp")
SOCKET_NAME = ".s.PGSQL.5432"
# The kernel takes 107 bytes (103 on macOS); the margin is for the lock file beside the socket.
SOCKET_PATH_LIMIT = 100
# A comma separates directories in the server's setting and hosts in a client's address.
SOCKET_PATH_UNSAFE = frozenset(',"')
LOG_TAIL_LINES = 20
LOG_TAIL_BYTES = 8_192

_PRIVATE = 0o700
_TRAVERSABLE = 0o755
_DIGEST_CHARACTERS = 12


def default_home(project_root: Path, name: str) -> Path:
    """Return where the server of a project lives: beside the project, or in /var/lib/millrace when root asks.

    Root's does not lie in the project, which is often under a directory no other account may pass. `name` tells
    apart, for people, several directories in /var/lib/millrace.
    """
    root = project_root.resolve()
    if os.geteuid() != 0:
        return root / ".millrace"
    return ROOT_BASE / f"{name}-{_digest(root)}"


def make_directory(path: Path, mode: int) -> None:
    """Make `path` and its missing parents, each with `mode` whatever the umask; leave existing ones untouched."""
    missing = [directory for directory in (path, *path.parents) if not directory.exists()]
    for directory in reversed(missing):
        with suppress(FileExistsError):
            directory.mkdir()
            directory.chmod(mode)


@dataclass(frozen=True, slots=True)
class Home:
    """One home directory: `path`, absolute and resolved, and the `account` its server runs as (None: the caller)."""

    path: Path
    account: Account | None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.path / "pg"

    @property
    def conf(self) -> Path:
        """The settings of the server."""
        return self.path / "embedded.conf"

    @property
    def log(self) -> Path:
        """What the server and its supervisor say."""
        return self.path / "server.log"

    @property
    def boot_lock(self) -> Path:
        """Held by the one process that starts or stops the server."""
        return self.path / "boot.lock"

    @property
    def lease_lock(self) -> Path:
        """Shared by everyone who uses the server."""
        return self.path / "lease.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor for its life; the file contains its process id."""
        return self.path / "supervisor.lock"

    @property
    def server_lock(self) -> Path:
        """Held by every process of PostgreSQL itself."""
        return self.path / "server.lock"

    @property
    def server_uid(self) -> int:
        """The user id the server runs as."""
        return self.account.uid if self.account else os.geteuid()

    @property
    def socket_dir(self) -> Path:
        """The directory of the socket: in the home, or a short one whose name follows from the home's."""
        inside = self.path / "run"
        too_long = len(os.fsencode(inside / SOCKET_NAME)) > SOCKET_PATH_LIMIT
        if too_long or SOCKET_PATH_UNSAFE & set(str(inside)):
            return SHORT_BASE / f"millrace-{self.server_uid}-{_digest(self.path)}"
        return inside

    def prepare(self) -> None:
        """Make the home if it is missing, and see that it is the caller's and open to the server's account.

        Raises:
            HomeError: it belongs to someone else, others may write in it, or a directory on the way is closed.
        """
        try:
            make_directory(self.path, _TRAVERSABLE if self.account else _PRIVATE)
            entry = self.path.lstat()
        except OSError as error:
            raise HomeError(f"Could not make {self.path} ({error}). Choose another home.") from error
        if not stat.S_ISDIR(entry.st_mode):
            raise HomeError(f"{self.path} is not a directory. Remove it or choose another home.")
        if entry.st_uid != os.geteuid():
            raise HomeError(
                f"{self.path} belongs to user id {entry.st_uid}, not to {os.geteuid()}. "
                "Start the server as its owner or choose another home."
            )
        if entry.st_mode & stat.S_IWOTH:
            raise HomeError(f"Everyone may write in {self.path}. Take that away (chmod o-w) or choose another home.")
        if self.account is None:
            return
        blocked = blocking_directory(self.path, self.account)
        if blocked is not None:
            raise HomeError(
                f"The server runs as {self.account.name!r}, who may not pass {blocked} on the way to {self.path}. "
                f"Choose a home elsewhere ({ROOT_BASE} is made for it), open that directory (chmod o+x {blocked}), "
                f"or name an account that may pass in {ACCOUNT_VARIABLE}."
            )

    def give(self, fd: int) -> None:
        """Give the open file or directory `fd` to the server's account; nothing for an ordinary user."""
        if self.account is not None:
            os.fchown(fd, self.account.uid, self.account.gid)

    def make_socket_dir(self) -> None:
        """Make the directory of the socket, private to the server's account, or see that the one there is.

        /tmp is everyone's: whatever stands at the name is looked at through a descriptor and used only if it is a
        real directory of ours that nobody else may enter.

        Raises:
            HomeError: something else stands there.
        """
        path = self.socket_dir
        with suppress(FileExistsError):
            path.mkdir(_PRIVATE)
        try:
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise HomeError(f"{path} is in the way of the server's socket ({error.strerror}). Remove it.") from error
        try:
            entry = os.fstat(fd)
            if entry.st_uid not in {os.geteuid(), self.server_uid} or stat.S_IMODE(entry.st_mode) & 0o077:
                raise HomeError(
                    f"{path} should be private to user id {self.server_uid}, but belongs to {entry.st_uid} "
                    f"with mode {stat.S_IMODE(entry.st_mode):04o}. Remove it."
                )
            self.give(fd)
        finally:
            os.close(fd)

    def drop_socket_dir(self) -> None:
        """Remove the short directory of the socket, if that is what is used and it is empty."""
        if self.socket_dir.parent == SHORT_BASE:
            with suppress(OSError):
                self.socket_dir.rmdir()

    def log_tail(self) -> str:
        """Return the last lines of the log, an empty string when there is none."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, os.fstat(log.fileno()).st_size - LOG_TAIL_BYTES))
                text = log.read(LOG_TAIL_BYTES).decode(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-LOG_TAIL_LINES:])


def _digest(path: Path) -> str:
    """A short name that follows from a path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:_DIGEST_CHARACTERS]
