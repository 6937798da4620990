"""Errors as the client sees them.

Owns the one decision whether an error's text may leave the process. An exception that the composition root knows by a
code is shown; what graphql-core says about the client's own input is shown; everything else becomes "Unexpected error."
with an id, and its traceback goes to the log under that id.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

import structlog
from graphql import GraphQLError
from graphql.execution import get_argument_values
from strawberry.exceptions import StrawberryInputCoercionError

from engine.limits import Limits

CodeOf = Callable[[BaseException], str | None]
"""The code of an exception whose message may be shown, None for every other."""

ErrorEntry = dict[str, Any]
"""One entry of a response's `errors`, ready to be written as JSON."""

log = structlog.get_logger("engine")

_ID_BYTES = 8


def _new_id() -> str:
    return secrets.token_hex(_ID_BYTES)


def error_entry(code: str, message: str) -> ErrorEntry:
    """The entry for a refusal that stands at no place of a document."""
    return {"message": message, "extensions": {"code": code}}


class Mask:
    """Turns errors into entries. `new_id` makes the ids of unexpected ones; tests fix it."""

    def __init__(self, limits: Limits, code_of: CodeOf, new_id: Callable[[], str] = _new_id) -> None:
        self._limits = limits
        self._code_of = code_of
        self._new_id = new_id

    def shows(self, error: BaseException) -> bool:
        """Whether an exception that a field raised is one that the client is told of."""
        return self._code_of(error) is not None

    def refused(self, errors: Iterable[GraphQLError], code: str) -> list[ErrorEntry]:
        """Entries for errors found before execution; `code` for those that bring none. Capped at `Limits.errors`."""
        shown = list(errors)[: self._limits.errors]
        return [self._entry(e, e.extensions or {"code": self._code_of(_cause(e)) or code}) for e in shown]

    def executed(self, errors: Iterable[GraphQLError], text: str) -> list[ErrorEntry]:
        """Entries for errors of an execution, in the order of their paths; `text` is the document, for the log.

        The order in which they happened is an accident of what waited for what. One exception that failed many fields,
        as a batch does, is logged once and keeps one id.
        """
        entries = []
        ids: dict[int, str] = {}
        last = ""
        for error in sorted(errors, key=lambda error: tuple(error.path or ())):
            cause = _cause(error)
            extensions = self._extensions(cause)
            if extensions is not None:
                entries.append(self._entry(error, extensions))
                continue
            if id(cause) not in ids and len(ids) < self._limits.logged_faults:
                last = ids[id(cause)] = self._logged(cause, text, error.path)
            entries.append(self._unexpected(error, ids.get(id(cause), last)))
        return entries

    def unexpected(self, error: BaseException, text: str) -> ErrorEntry:
        """The entry for an exception that belongs to no field."""
        return self._unexpected(GraphQLError(""), self._logged(error, text, None))

    def _extensions(self, cause: BaseException) -> dict[str, Any] | None:
        """What the client may know of `cause`, None if nothing."""
        code = self._code_of(cause)
        if code is not None:
            return {"code": code}
        if not isinstance(cause, GraphQLError):
            return None
        if cause.extensions and "code" in cause.extensions:
            return cause.extensions
        if isinstance(cause, StrawberryInputCoercionError) or _raised_by_arguments(cause.__traceback__):
            return {"code": "BAD_USER_INPUT"}
        return None

    def _logged(self, cause: BaseException, text: str, path: object) -> str:
        fault = self._new_id()
        log.error("graphql.fault", id=fault, path=path, query=text[: self._limits.logged_query_chars], exc_info=cause)
        return fault

    def _entry(self, error: GraphQLError, extensions: dict[str, Any]) -> ErrorEntry:
        entry: ErrorEntry = {"message": shortened(error.message, self._limits.message_chars)}
        if error.locations is not None:
            entry["locations"] = [location.formatted for location in error.locations]
        if error.path is not None:
            entry["path"] = error.path
        entry["extensions"] = extensions
        return entry

    def _unexpected(self, error: GraphQLError, fault: str) -> ErrorEntry:
        entry = self._entry(error, {"code": "INTERNAL_ERROR", "id": fault})
        entry["message"] = "Unexpected error."
        return entry


def shortened(text: str, chars: int) -> str:
    """`text`, cut to `chars` characters with an ellipsis in the last place."""
    return text if len(text) <= chars else text[: chars - 1] + "…"


def _cause(error: GraphQLError) -> BaseException:
    """The exception at the bottom of graphql-core's wrappers."""
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _raised_by_arguments(traceback: TracebackType | None) -> bool:
    """Whether graphql-core was reading arguments. Its errors about what resolvers returned are of the same class."""
    while traceback is not None:
        if traceback.tb_frame.f_code is get_argument_values.__code__:
            return True
        traceback = traceback.tb_next
    return False
