"""The local provider's file: SQLite, opened by any number of processes, one transaction that writes at a time.

Owns the form of the file, how it is opened and what a transaction is. All of it blocks; one thread at a time may use
it.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from integrations.localpay.records import UnreadableBook

BUSY_S: Final = 2.0
"""How long a writer waits for another's commit."""
OPENINGS: Final = 20
"""Tries to open the file, where other processes are opening it too."""
OPENING_WAIT_S: Final = 0.05
VERSION: Final = 2
"""Of the form of the file."""

FORM: Final = """
CREATE TABLE charge (
    id text PRIMARY KEY, reference text NOT NULL UNIQUE, token text NOT NULL UNIQUE,
    amount integer NOT NULL CHECK (amount > 0), currency text NOT NULL, subject text NOT NULL, attach text NOT NULL,
    expires_at integer NOT NULL, state text NOT NULL CHECK (state IN ('CREATED', 'PAID', 'CLOSED')),
    since integer NOT NULL, tries integer NOT NULL DEFAULT 0, returnable integer NOT NULL DEFAULT 1,
    refunded integer NOT NULL DEFAULT 0, paid integer NOT NULL DEFAULT 0 CHECK (paid BETWEEN 0 AND amount),
    CHECK (refunded BETWEEN 0 AND paid), CHECK ((paid > 0) = (state = 'PAID'))
);
CREATE INDEX charge_open ON charge (expires_at) WHERE state = 'CREATED';
CREATE TABLE refund (
    id text PRIMARY KEY, charge text NOT NULL REFERENCES charge, reference text NOT NULL UNIQUE,
    amount integer NOT NULL CHECK (amount > 0), currency text NOT NULL, reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('DONE', 'FAILED')), since integer NOT NULL
);
CREATE TABLE notice (
    id text PRIMARY KEY, body text NOT NULL, state text NOT NULL CHECK (state IN ('DUE', 'TAKEN', 'GIVEN_UP')),
    due_at integer NOT NULL, attempts integer NOT NULL DEFAULT 0, copies integer NOT NULL CHECK (copies > 0),
    claimed_by text, claimed_until integer NOT NULL DEFAULT 0, error text
);
CREATE INDEX notice_due ON notice (due_at) WHERE state = 'DUE';
CREATE INDEX notice_done ON notice (state, due_at) WHERE state <> 'DUE'
"""


class File:
    """An open file. Raises UnreadableBook for one of another form; sqlite3.Error where the disk does not do it."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """`clock`: seconds since 1970."""
        self._clock = clock
        self._connection = _opened(path)

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def now(self) -> int:
        """The instant, in milliseconds since 1970."""
        return int(1000 * self._clock())

    def all(self, statement: str, *values: Any) -> list[Any]:
        """The rows of a statement."""
        return self._connection.execute(statement, values).fetchall()

    def one(self, statement: str, *values: Any) -> Any:
        """The first row of a statement that has no LIMIT of its own, or None."""
        return self._connection.execute(f"{statement} LIMIT 1", values).fetchone()

    def do(self, statement: str, values: Sequence[Any]) -> int:
        """Change something, within `writing`; says how many rows."""
        return self._connection.execute(statement, values).rowcount

    @contextmanager
    def writing(self) -> Iterator[int]:
        """One transaction that writes, and the instant it decides at; raising undoes it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.now()
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def _opened(path: Path) -> sqlite3.Connection:
    """The file, made where it is not there, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        for attempt in range(OPENINGS):
            try:
                _formed(connection)
                return connection
            except sqlite3.OperationalError:  # making it a WAL does not wait for others who do the same
                if attempt + 1 == OPENINGS:
                    raise
                time.sleep(OPENING_WAIT_S)
        raise AssertionError
    except BaseException:
        connection.close()
        raise


def _formed(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what a shopper was told is paid survives the machine
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in FORM.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        elif version != VERSION:
            raise UnreadableBook(f"the payment provider's file is of version {version}, not {VERSION}: remove it")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
