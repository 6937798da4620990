"""Locks the kernel holds. Owns taking, testing and letting go of advisory locks on files; knows nothing of servers.

A lock belongs to an open descriptor, so it ends with the last process that has that descriptor, however that process
ends: there is no list of process ids to go stale. Lock files are never deleted, because a lock on a deleted file
excludes nobody.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from embedded.errors import StartError

__all__ = ["Lock", "acquire", "is_held", "try_acquire"]

RETRY_S = 0.02
_LOCK_FILE_MODE = 0o600


class Lock:
    """A lock that is held; a context manager that lets go at its end."""

    __slots__ = ("_fd", "path")

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self._fd = fd

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def fileno(self) -> int:
        """Return the descriptor that holds the lock, to hand to a child process."""
        return self._fd

    def release(self) -> None:
        """Close this process's descriptor; the lock ends when no process has another copy. Idempotent."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def in_place(self) -> bool:
        """Say whether the path still leads to the file that is locked (False once someone deleted it)."""
        try:
            return os.path.samestat(os.fstat(self._fd), self.path.stat())
        except FileNotFoundError:
            return False

    def note(self, text: str) -> None:
        """Replace the content of the lock file: for people to read, never for a decision."""
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, text.encode(), 0)


def try_acquire(path: Path, *, shared: bool = False) -> Lock | None:
    """Take the lock on `path` if it is free, creating the file; None if someone holds it in a way that excludes this.

    `shared` locks exclude only exclusive ones.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _LOCK_FILE_MODE)
    lock = Lock(path, fd)
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.release()
        return None
    except BaseException:
        lock.release()
        raise
    if lock.in_place():
        return lock
    lock.release()  # the directory was deleted and made anew in between: this lock would exclude nobody
    return None


def acquire(path: Path, *, shared: bool = False, timeout_s: float, purpose: str) -> Lock:
    """Take the lock on `path`, waiting up to `timeout_s` seconds. `purpose` says in the error what was waited for.

    It polls rather than sleeps in the kernel, so that the wait can end, and because those who only test a lock hold
    it for an instant.

    Raises:
        StartError: it was not free in time.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        lock = try_acquire(path, shared=shared)
        if lock is not None:
            return lock
        if time.monotonic() >= deadline:
            raise StartError(f"Waited {timeout_s:g} s for {purpose}: another process holds {path}.")
        time.sleep(RETRY_S)


def is_held(path: Path) -> bool:
    """Say whether someone holds the lock on `path`, without making the file.

    Testing takes the lock for an instant: takers must retry.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
