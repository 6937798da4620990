"""Who runs the server. Owns the choice of account when root asks, and what that account may reach.

PostgreSQL refuses to run as root, so root's server runs as another account, in that account's own group and in no
other. An ordinary user's server runs as that user, and nothing here applies. Owns no directory: see `home`.
"""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from embedded.errors import AccountError

__all__ = ["ACCOUNT_VARIABLE", "Account", "blocking_directory", "launch", "server_account"]

ACCOUNT_VARIABLE = "EMBEDDED_PG_USER"
DEFAULT_ACCOUNT = "nobody"

# The server sees none of the caller's environment: PGPORT, PGDATA or a locale in it would change what it does.
ENVIRONMENT: Mapping[str, str] = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Account:
    """A system account: its name, user id and primary group id."""

    name: str
    uid: int
    gid: int

    def may(self, entry: os.stat_result, bits: int) -> bool:
        """Say whether the mode of `entry` grants this account `bits` (4 read, 2 write, 1 execute or traverse).

        Access lists beyond the mode are not consulted; as everywhere in Unix, the owner's bits shadow the others'.
        """
        mode = stat.S_IMODE(entry.st_mode)
        if entry.st_uid == self.uid:
            mode >>= 6
        elif entry.st_gid == self.gid:
            mode >>= 3
        return mode & bits == bits


def server_account() -> Account | None:
    """Return the account root's server runs as, or None for an ordinary user, who runs it himself.

    Raises:
        AccountError: the account named by the environment variable EMBEDDED_PG_USER does not exist, or is root.
    """
    if os.geteuid() != 0:
        return None
    name = os.environ.get(ACCOUNT_VARIABLE) or DEFAULT_ACCOUNT
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise AccountError(
            f"PostgreSQL refuses to run as root, and there is no account {name!r} to run it as. "
            f"Name an existing account in {ACCOUNT_VARIABLE}."
        ) from None
    if entry.pw_uid == 0:
        raise AccountError(
            f"PostgreSQL refuses to run as root, which {name!r} is: name another account in {ACCOUNT_VARIABLE}."
        )
    return Account(name, entry.pw_uid, entry.pw_gid)


def blocking_directory(path: Path, account: Account) -> Path | None:
    """Return the first directory on the way to `path`, itself included, that `account` may not pass; None if free.

    `path` is absolute and without symbolic links. Directories that do not exist yet block nobody.
    """
    for directory in (*reversed(path.parents), path):
        try:
            entry = directory.stat()
        except FileNotFoundError:
            return None
        if stat.S_ISDIR(entry.st_mode) and not account.may(entry, 1):
            return directory
    return None


def launch(
    command: Sequence[str], account: Account | None, *, output: IO[bytes], keep_open: tuple[int, ...]
) -> subprocess.Popen[bytes]:
    """Start a PostgreSQL program as `account`, or as the caller when that is None; return its process.

    `output` takes what it prints. `keep_open` are descriptors the program and its children inherit: the kernel holds
    the locks on them for as long as any of those processes lives.

    Raises:
        AccountError: the process cannot take on that account (a container without the right to, for one).
    """
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",  # the caller's directory may be closed to the account
            env=dict(ENVIRONMENT),
            pass_fds=keep_open,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except (OSError, subprocess.SubprocessError) as error:
        who = f"as the account {account.name!r} ({ACCOUNT_VARIABLE})" if account else "as the present user"
        raise AccountError(f"Could not run {command[0]} {who}: {error}") from error
