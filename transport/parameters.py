"""The parameters of a GraphQL request and every way in which they can be malformed.

Owns the step from bytes to `Ask`. Does not look into the document.

Source: GraphQL over HTTP, Request Parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from engine.limits import Limits

_DIGEST = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class Ask:
    """A well-formed request: what to run, which operation of it, with which raw variables.

    What to run is a text, or the SHA-256 of one in hexadecimal digits, or both, which then belong together.
    """

    query: str | None
    operation_name: str | None
    variables: dict[str, Any]
    digest: str | None = None

    @property
    def said(self) -> str:
        """The document in the client's words, for the log."""
        return self.query if self.query is not None else f"# sha256:{self.digest}"


class MalformedError(Exception):
    """The request is not a GraphQL request: answered before anyone is identified.

    `status`: the HTTP status. `code`: the `extensions.code`. `headers`: further response headers.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str = "BAD_REQUEST",
        headers: Mapping[bytes, bytes] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.headers = headers or {}


def decoded(text: bytes | str, limits: Limits) -> Any:
    """The JSON value of `text`.

    Raises: `MalformedError` if it is not JSON in UTF-8 or nests deeper than `Limits.variables_depth`.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise MalformedError("The request is not valid JSON in UTF-8.") from None
    openers = text.count(b"{") + text.count(b"[") if isinstance(text, bytes) else text.count("{") + text.count("[")
    # Without that many openers it cannot nest too deep; most requests end here.
    if openers > limits.variables_depth and not _within(value, limits.variables_depth):
        raise MalformedError(f"The request's JSON nests deeper than {limits.variables_depth} levels.")
    return value


def ask_of(body: Any, limits: Limits) -> Ask:
    """The request in a decoded JSON body or websocket payload. Of `extensions` only `persistedQuery` is looked at.

    Raises: `MalformedError` naming the first parameter that is wrong.
    """
    if isinstance(body, list):
        raise MalformedError("Batches are not accepted: send one operation per request.")
    if not isinstance(body, dict):
        raise MalformedError("The request must be a JSON object.")
    extensions = body.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise MalformedError("The parameter 'extensions' must be a map or null.")
    digest = _digest(body, extensions or {})
    query = body.get("query")
    if not isinstance(query, str) and (query is not None or digest is None):
        raise MalformedError("The parameter 'query' must be a string.")
    if query is not None and digest is not None and sha256_of(query) != digest:
        raise MalformedError("The parameter 'query' is not the document of the hash beside it.")
    name = body.get("operationName")
    if name is not None and not isinstance(name, str):
        raise MalformedError("The parameter 'operationName' must be a string or null.")
    if name is not None and len(name) > limits.operation_name_chars:
        raise MalformedError(f"The parameter 'operationName' is longer than {limits.operation_name_chars} characters.")
    variables = body.get("variables")
    if variables is not None and not isinstance(variables, dict):
        raise MalformedError("The parameter 'variables' must be a map or null.")
    # An empty name is what clients send that have none: graphql-http and Apollo read it the same way.
    return Ask(query, name or None, variables or {}, digest)


def sha256_of(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def _digest(body: dict[str, Any], extensions: dict[str, Any]) -> str | None:
    """The hash that stands for the document, in one of its two places.

    Source: GraphQL over HTTP, persisted documents; Apollo, automatic persisted queries.
    """
    persisted = extensions.get("persistedQuery")
    given = body.get("documentId")
    if persisted is not None:
        if not isinstance(persisted, dict) or persisted.get("version") != 1:
            raise MalformedError("The extension 'persistedQuery' must be a map of version 1.")
        given = given or persisted.get("sha256Hash")
    elif given is None:
        return None
    if not isinstance(given, str) or not (found := _DIGEST.fullmatch(given)):
        raise MalformedError("A document is named by 64 hexadecimal digits, those of its SHA-256.")
    return found[1].lower()


def _within(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [child for parent in level if isinstance(parent, dict | list) for child in _children(parent)]
        if not level:
            return True
    return not any(isinstance(v, dict | list) for v in level)


def _children(parent: dict[str, Any] | list[Any]) -> Any:
    return parent.values() if isinstance(parent, dict) else parent
