"""Statements that go straight to the driver, and the rows that it gives back.

For what is done by the thousand a second, where SQLAlchemy's part of a statement would be the greater one.
"""

from typing import Any, Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.sql.compiler import SQLCompiler

from models.reading import DIALECT

SENT: Final = "sent"
"""Under this name a session has what is called with each statement that `Transaction.ask` sends past it."""


class Answer(asyncpg.Record):  # type: ignore[misc]  # untyped upstream
    """A row whose columns are read by their names."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Straight:
    """A statement whose parameters have names, as the driver takes it: by their places."""

    __slots__ = ("names", "text")

    def __init__(self, words: str) -> None:
        compiled = text(words).compile(dialect=DIALECT)
        assert isinstance(compiled, SQLCompiler)
        self.text, self.names = compiled.string, tuple(compiled.positiontup or ())
