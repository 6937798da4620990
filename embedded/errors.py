"""The refusals of the embedded server. Owns their tree and how they read; decides nothing.

    EmbeddedError
    ├── BinariesError   the PostgreSQL programs are not installed, or could not be copied whole
    ├── AccountError    root asked, and the account that would run the server cannot be used
    ├── HomeError       the directory (or its socket directory) cannot be used as it is
    ├── VersionError    the data was written by another major version of PostgreSQL
    ├── SettingError    a setting that cannot be written, or that the package keeps for itself
    └── StartError      the server did not come up; carries the end of its log

Callers that only want to tell the user catch the first: its text says what to do.
"""

from __future__ import annotations

__all__ = [
    "AccountError",
    "BinariesError",
    "EmbeddedError",
    "HomeError",
    "SettingError",
    "StartError",
    "VersionError",
]


class EmbeddedError(Exception):
    """The embedded server cannot be used; the text says why and what to do.

    `log_tail` is the end of the server's log, or an empty string when the log has nothing to do with it.
    """

    def __init__(self, message: str, *, log_tail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.log_tail = log_tail

    def __str__(self) -> str:
        if not self.log_tail:
            return self.message
        indented = "\n".join(f"    {line}" for line in self.log_tail.splitlines())
        return f"{self.message}\n  The end of the server's log:\n{indented}"


class BinariesError(EmbeddedError):
    """The PostgreSQL programs are not installed, or could not be copied whole."""


class AccountError(EmbeddedError):
    """Root asked for a server, and the account that would run it cannot be used."""


class HomeError(EmbeddedError):
    """The home directory, or the directory of the socket, cannot be used as it is."""


class VersionError(EmbeddedError):
    """The data directory was written by another major version of PostgreSQL."""


class SettingError(EmbeddedError):
    """A setting cannot be written, or is one this package keeps for itself."""


class StartError(EmbeddedError):
    """The server did not come up in time, or stopped while starting."""
