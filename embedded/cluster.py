"""The data directory and its settings. Owns making the one and writing the other; starts no server.

A data directory is made aside and renamed when it is whole, so whoever is killed meanwhile leaves nothing half made.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from embedded.account import ACCOUNT_VARIABLE, launch
from embedded.binaries import MAJOR
from embedded.errors import HomeError, SettingError, StartError, VersionError
from embedded.home import Home
from embedded.lease import Lock

__all__ = ["SUPERUSER", "check_settings", "ensure_data", "write_settings"]

SUPERUSER = "postgres"
INITDB_TIMEOUT_S = 120.0
INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth-local=trust",  # the directory of the socket is the wall: only the server's account and root pass it
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--no-instructions",
)

DEFAULT_SETTINGS: Mapping[str, str] = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    # A writer that was forgotten open holds back every reader of the event log.
    "idle_in_transaction_session_timeout": "60s",
    # Statements carry the caller's data; not even a failing one is written to the log.
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
SETTINGS_LIMIT = 200

# What makes the server this package's own: reachable by its socket only, and found by its lock files.
_RESERVED = frozenset({
    "config_file", "data_directory", "external_pid_file", "hba_file", "ident_file", "include", "include_dir",
    "include_if_exists", "listen_addresses", "logging_collector", "port", "unix_socket_directories",
    "unix_socket_group", "unix_socket_permissions",
})  # fmt: skip
_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
_UNWRITABLE = re.compile(r"[\0\r\n]")
_ASIDE = "pg.new-"


def check_settings(settings: Mapping[str, str]) -> None:
    """See that every setting can be written and is the caller's to choose; the server judges the values.

    Raises:
        SettingError: one is not; the text names it.
    """
    if len(settings) > SETTINGS_LIMIT:
        raise SettingError(f"{len(settings)} settings were given; the limit is {SETTINGS_LIMIT}.")
    for name, value in settings.items():
        if not _NAME.fullmatch(name):
            raise SettingError(f"{name!r} is not the name of a PostgreSQL setting (they are lower case).")
        if name in _RESERVED:
            raise SettingError(f"{name!r} is set by the embedded server itself and cannot be chosen.")
        if _UNWRITABLE.search(value):
            raise SettingError(f"The value of {name!r} contains a line break or a null character.")


def write_settings(home: Home, settings: Mapping[str, str]) -> None:
    """Write the settings the next start of the server will read: the defaults, `settings` over them, our own last."""
    own = {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": str(home.socket_dir),
        "unix_socket_permissions": "0700",
    }
    lines = [f"{name} = {_quoted(value)}\n" for name, value in {**DEFAULT_SETTINGS, **settings, **own}.items()]
    text = "# Written before each start of the embedded server: changes made here are lost.\n" + "".join(lines)
    aside = home.conf.with_suffix(".conf.new")
    aside.write_text(text)
    aside.chmod(0o644)  # the server's account reads it; it holds no secret
    aside.replace(home.conf)


def ensure_data(home: Home, bin_dir: Path, boot: Lock) -> None:
    """See that the data directory is there and of this major version; make it if it is missing.

    `boot` is the lock the caller holds. initdb inherits it, so that if the caller is killed no other process starts
    anything until initdb has ended too.

    Raises:
        VersionError: another major version wrote it.
        HomeError: it is something else, or belongs to another account.
        StartError: initdb failed; the text carries what it said.
    """
    for stale in home.path.glob(f"{_ASIDE}*"):
        shutil.rmtree(stale)
    marker = home.data / "PG_VERSION"
    if marker.is_file():
        _check_data(home, marker.read_text().strip())
        return
    if home.data.exists() and any(home.data.iterdir()):
        raise HomeError(f"{home.data} is not empty and not a PostgreSQL data directory. Move it away.")
    aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=home.path))
    _give_directory(home, aside)
    try:
        _initdb(home, bin_dir, aside, boot)
        _include_settings(aside)
        aside.rename(home.data)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _check_data(home: Home, found: str) -> None:
    """See that this version and this account can use the data directory."""
    if found != str(MAJOR):
        raise VersionError(
            f"{home.data} was written by PostgreSQL {found}; the installed programs are PostgreSQL {MAJOR}. "
            f"Keep what you need with pg_dump of version {found}, then move {home.data} away: a new one will be made."
        )
    owner = home.data.stat().st_uid
    if owner != home.server_uid:
        raise HomeError(
            f"{home.data} belongs to user id {owner}, but the server would run as {home.server_uid}. "
            f"Name the account that made it in {ACCOUNT_VARIABLE}, or move it away."
        )


def _give_directory(home: Home, directory: Path) -> None:
    """Give a directory just made, still empty, to the server's account."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        home.give(fd)
    finally:
        os.close(fd)


def _initdb(home: Home, bin_dir: Path, target: Path, boot: Lock) -> None:
    """Run initdb into the empty directory `target`."""
    command = [str(bin_dir / "initdb"), *INITDB_OPTIONS, f"--pgdata={target}"]
    with home.log.open("ab") as log:
        process = launch(command, home.account, output=log, keep_open=(boot.fileno(),))
    try:
        code = process.wait(INITDB_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise StartError(f"initdb did not end within {INITDB_TIMEOUT_S:g} s.", log_tail=home.log_tail()) from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if code != 0:
        raise StartError(f"initdb ended with {code} for {target}.", log_tail=home.log_tail())


def _include_settings(data: Path) -> None:
    """Make the data directory read the settings beside it, by a relative path so that the home can be moved."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC  # the directory is already another account's
    fd = os.open(data / "postgresql.conf", flags)
    with os.fdopen(fd, "a") as conf:
        conf.write("\ninclude '../embedded.conf'\n")
        conf.flush()
        os.fsync(conf.fileno())


def _quoted(value: str) -> str:
    """A value as a quoted string of postgresql.conf."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
