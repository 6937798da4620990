"""The graph over HTTP: bytes in, status and bytes out.

Owns media types, status codes and methods. GET runs queries only. A POST body has to be JSON by its
Content-Type, which no HTML form can send, and proof of identity is a header that no browser adds by itself: together
they leave nothing for cross-site request forgery, so a GET needs no extra header.

Source: GraphQL over HTTP; RFC 9110; RFC 6750, 3 (WWW-Authenticate).
"""

from __future__ import annotations

from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl

import orjson
import structlog
from starlette.types import Receive, Scope, Send

from engine.faults import error_entry
from engine.limits import Limits
from engine.reference import Result
from transport.body import read_body, too_large
from transport.desk import QUERY, QUERY_OR_MUTATION, Desk
from transport.gateway import Gateways
from transport.headers import Headers, facts_of, read_headers
from transport.logs import request_id
from transport.metrics import Metrics
from transport.negotiation import GRAPHQL, JSON, is_json, response_type
from transport.parameters import Ask, MalformedError, ask_of, decoded

log = structlog.get_logger("transport")

PATH = "/graphql"
"""Where the graph is served, over a websocket too."""

_GET_PARAMETERS = 10
"""Query string parameters of a GET; the specification knows four."""

_CONTENT_TYPES = {media: f"{media}; charset=utf-8".encode() for media in (JSON, GRAPHQL)}

_STATUS = {
    "BAD_REQUEST": 400,
    "UNAUTHENTICATED": 401,
    "METHOD_NOT_ALLOWED": 405,
    "INTERNAL_ERROR": 500,
    "TIMEOUT": 503,
    "UNAVAILABLE": 503,
}
"""Statuses of refused requests that hold for either media type."""

_GRAPHQL_STATUS = {"FORBIDDEN": 403, "STORED_DOCUMENTS_ONLY": 403}
"""Those that only application/graphql-response+json has; any other refusal is 400, and 200 as application/json."""


class HttpEndpoint:
    """The ASGI application behind /graphql, or /subgraph, for HTTP."""

    def __init__(self, desk: Desk, limits: Limits, metrics: Metrics, gateways: Gateways | None = None) -> None:
        """`gateways`: who alone may ask here, whoever they ask for."""
        self._desk = desk
        self._limits = limits
        self._metrics = metrics
        self._gateways = gateways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = perf_counter()
        media = JSON
        try:
            headers = read_headers(scope)
            media = _media(headers)
            if self._gateways is not None:
                self._gateways.admit(headers)
            ask, kinds = await self._ask(scope, headers, receive), QUERY_OR_MUTATION
            if scope["method"] == "GET":
                kinds = QUERY
        except MalformedError as error:
            self._metrics.answered("none", error.code, perf_counter() - started, None)
            body = orjson.dumps({"errors": [error_entry(error.code, error.message)]})
            await _send(send, error.status, media, body, error.headers)
            return
        result = await self._desk.answer(ask, facts_of(headers, request_id(scope)), kinds)
        await self._respond(send, media, result, ask.said)

    async def _ask(self, scope: Scope, headers: Headers, receive: Receive) -> Ask:
        method = scope["method"]
        if method == "POST":
            if not is_json(headers.get(b"content-type")) or headers.get(b"content-encoding", "identity") != "identity":
                raise MalformedError(
                    "The body has to be application/json in UTF-8, not compressed.",
                    status=415,
                    code="UNSUPPORTED_MEDIA_TYPE",
                )
            return ask_of(decoded(await self._body(headers, receive), self._limits), self._limits)
        if method == "GET":
            return ask_of(self._query_string(scope["query_string"]), self._limits)
        raise MalformedError(
            "Send a GET or a POST.", status=405, code="METHOD_NOT_ALLOWED", headers={b"allow": b"GET, POST"}
        )

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        declared = headers.get(b"content-length", "")
        size = int(declared[:_LENGTH_DIGITS]) if declared.isdecimal() else None
        limit = self._limits.body_bytes
        # Who asks is found out before the body is read only where that decides whether it is.
        if (size is None or size > limit) and await self._desk.may_send_files(facts_of(headers, "")):
            limit = self._limits.file_bytes
        if size is not None and size > limit:
            raise too_large(limit, 413)
        return await read_body(receive, limit, self._limits.body_seconds)

    def _query_string(self, text: bytes) -> dict[str, Any]:
        if len(text) > self._limits.body_bytes:
            raise too_large(self._limits.body_bytes, 414)
        try:
            pairs = parse_qsl(
                text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_GET_PARAMETERS
            )
        except ValueError:
            raise MalformedError("The query string is not valid.") from None
        values: dict[str, Any] = dict(pairs)
        if len(values) != len(pairs):
            raise MalformedError("The query string names a parameter twice.")
        for name in ("variables", "extensions"):
            if name in values:
                values[name] = decoded(values[name], self._limits) if values[name] else None
        return values

    async def _respond(self, send: Send, media: str, result: Result, text: str) -> None:
        try:
            body = orjson.dumps(result.payload)
        except TypeError as error:  # a scalar wrote what JSON cannot hold
            result = self._desk.unwritable(error, text)
            body = orjson.dumps(result.payload)
        await _send(send, _status(result, media), media, body, _answer_headers(result))


_LENGTH_DIGITS = 18
"""Digits of Content-Length that are read: more is too large whatever follows."""


def _media(headers: Headers) -> str:
    media = response_type(headers.get(b"accept"))
    if media is None:
        raise MalformedError(f"Answers are {GRAPHQL} or {JSON}.", status=406, code="NOT_ACCEPTABLE")
    return media


def _status(result: Result, media: str) -> int:
    if result.executed:
        return 200
    code = result.code
    if code in _STATUS:
        return _STATUS[code]
    return _GRAPHQL_STATUS.get(code, 400) if media == GRAPHQL else 200


def _answer_headers(result: Result) -> dict[bytes, bytes]:
    if not result.executed:
        if result.code == "UNAUTHENTICATED":
            return {b"www-authenticate": b"Bearer"}
        if result.code == "METHOD_NOT_ALLOWED":
            return {b"allow": b"POST"}
    return {}


async def _send(send: Send, status: int, media: str, body: bytes, extra: Any) -> None:
    headers = [
        (b"content-type", _CONTENT_TYPES[media]),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *extra.items(),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
