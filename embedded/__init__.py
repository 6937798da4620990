"""Embedded PostgreSQL for development and the demo: a server in a directory, shared by whoever asks, gone by itself.

    with EmbeddedPostgres(default_home(project_root, "demo")).start() as server:
        connection = await asyncpg.connect(server.dsn("postgres", "postgres"))

Owns the programs' whereabouts, the data directory, the server's process and the leases on it. Knows no schema and no
row. For POSIX systems only; production brings its own PostgreSQL and never comes here.
"""

from embedded.account import ACCOUNT_VARIABLE
from embedded.errors import (
    AccountError,
    BinariesError,
    EmbeddedError,
    HomeError,
    SettingError,
    StartError,
    VersionError,
)
from embedded.home import default_home
from embedded.server import EmbeddedPostgres, Server

__all__ = [
    "ACCOUNT_VARIABLE",
    "AccountError",
    "BinariesError",
    "EmbeddedError",
    "EmbeddedPostgres",
    "HomeError",
    "Server",
    "SettingError",
    "StartError",
    "VersionError",
    "default_home",
]
