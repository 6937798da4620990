"""Failing: what the driver says of a database that fails, and what that is told as."""

import logging
from typing import Protocol

import asyncpg

from domain.base import TimedOut, Unavailable

log = logging.getLogger(__name__)

NO_ANSWER = "The database does not answer. Try again."
OUTDATED = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)
"""What the driver raises when a migration has changed what a prepared statement is about."""
LOSING = (asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver says of a connection that is lost; the second where the server has said goodbye and not yet gone."""
GONE = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)
"""What the server itself says when it stops, recovers, or ends a connection that the driver may still take for open."""


class Losable(Protocol):
    """A connection that may be lost."""

    def is_closed(self) -> bool:
        """Whether it is lost, from whichever side."""
        ...


def failure(connection: Losable, error: Exception) -> Exception:
    """What an error of the driver is told as: a fault where the database failed; a bug of ours stays what it is."""
    if isinstance(error, asyncpg.QueryCanceledError):
        return TimedOut("The database took too long to answer.")
    # A lost connection has many errors, some of them also those of a wrong use: the connection itself tells.
    if not connection.is_closed() and not isinstance(error, (asyncpg.InternalClientError, *GONE)):
        return error
    log.warning("database connection lost: %s: %s", type(error).__name__, error)
    return Unavailable(NO_ANSWER)
