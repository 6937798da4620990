"""Structured logs: one line of JSON per event, every line of a request under its id, never a token.

Owns the set-up of structlog and of the libraries that use `logging`, the id of a request and the one line that tells
how a request ended. Lines carry document texts only where something went wrong, and then cut.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from random import Random, SystemRandom
from time import perf_counter
from typing import Any, Literal, TextIO

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.faults import error_entry

log = structlog.get_logger("transport")

_QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Paths whose good answers are not worth a line."""
_SANE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_ID_BITS = 96
_PATH_CHARS = 200
_SCOPE_KEY = "millrace.request_id"

_SECRET_KEYS = frozenset({"authorization", "cookie", "password", "secret", "token"})
_SECRET_TEXT = re.compile(
    r"eyJ[\w-]{4,}\.[\w-]+\.[\w-]*"  # a JSON Web Token
    r"|(?i:bearer)\s+[\w.~+/=-]{8,}"
    r"|(?<=://)[^\s:/@]+:[^\s@]+(?=@)"  # user and password in an address
)
_REDACTED = "[redacted]"

EventDict = MutableMapping[str, Any]

_bound: ContextVar[dict[str, Any]] = ContextVar("bound")
_ids = Random(SystemRandom().getrandbits(256))  # an id has to be no other's, not a secret: the kernel is asked once


def bind(**facts: Any) -> None:
    """Add to every line of this request, and of no operation beside it on the same socket, from now on."""
    _bound.set({**_bound.get({}), **facts})


def merge(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: adds what is bound. structlog's own context asks for a variable for each key."""
    return {**_bound.get({}), **event}


def request_id(scope: Scope) -> str:
    """The id of the request: what a sane X-Request-Id says, else a new one. The same for the life of the scope."""
    known: str | None = scope.get(_SCOPE_KEY)
    if known is None:
        sent = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        known = sent.decode() if _SANE_ID.fullmatch(sent) else f"{_ids.getrandbits(_ID_BITS):0{_ID_BITS // 4}x}"
        scope[_SCOPE_KEY] = known
    return known


class RequestLog:
    """ASGI middleware: binds the request's id to every line, echoes it, and writes the line that closes a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one websocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        identity = request_id(scope)
        _bound.set({"request_id": identity})
        started = perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", identity.encode())]
            elif message["type"] == "websocket.close":
                status = message.get("code", 1000)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:
            log.exception("request.failed", path=scope["path"])
            if scope["type"] != "http" or status:
                raise
            await _internal_error(sending)
        finally:
            if scope["path"] not in _QUIET or status >= 400:
                log.info(
                    f"{scope['type']}.done",
                    method=scope.get("method"),
                    path=scope["path"][:_PATH_CHARS],
                    status=status,
                    ms=round((perf_counter() - started) * 1000, 2),
                )


async def _internal_error(send: Send) -> None:
    body = orjson.dumps({"errors": [error_entry("INTERNAL_ERROR", "Unexpected error.")]})
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def configure(
    level: str, form: Literal["json", "console"], stream: TextIO | None = None, worker: int | None = None
) -> None:
    """Set up structlog and `logging` for the process.

    `level`: debug, info, warning or error, in any case. `form`: json for machines, console for people. `stream`:
    stderr unless said otherwise. `worker`: the number of this process, which every line then carries.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    stream = stream or sys.stderr
    last: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer(serializer=_json)]
        if form == "json"
        else [structlog.dev.ConsoleRenderer(colors=stream.isatty())]
    )
    structlog.configure(
        processors=[
            merge,
            *([] if worker is None else [_numbered(worker)]),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: Lines(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Forward()]
    root.setLevel(max(number, logging.INFO))
    # Whoever asks somebody else says how it went; a line for each request besides says nothing.
    logging.getLogger("httpx").setLevel(max(number, logging.WARNING))


def _numbered(worker: int) -> structlog.typing.Processor:
    def numbered(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {"worker": worker, **event}

    return numbered


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: takes secrets out of a line by their keys and by their looks."""
    for key in event:
        if _is_secret(key):
            event[key] = _REDACTED
    texts = {key: value for key, value in event.items() if isinstance(value, str)}
    # Hardly a line has one, and three looks at all of it together cost a tenth of a search through each of its texts.
    whole = "\n".join(texts.values())
    if "eyJ" in whole or "://" in whole or "bearer" in whole.lower():
        event.update({key: _SECRET_TEXT.sub(_REDACTED, value) for key, value in texts.items()})
    return event


@lru_cache(maxsize=1_000)
def _is_secret(key: str) -> bool:
    return key.lower() in _SECRET_KEYS


def say(level: str, event: str, **facts: Any) -> None:
    """Write a line if it can be written: for what has to go on though nobody reads stderr any more."""
    with suppress(OSError, ValueError):
        getattr(log, level)(event, **facts)


class Lines(structlog.WriteLogger):
    """Writes lines to a stream, as long as somebody reads it: a request does not fail because its line is not read."""

    def msg(self, message: str) -> None:
        """Write a line."""
        with suppress(OSError, ValueError):
            super().msg(message)

    log = debug = info = warn = warning = error = critical = exception = fatal = failure = err = msg


class _Forward(logging.Handler):
    """Hands the lines of libraries that use `logging` to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):  # a server that says that it stops has to stop, though nobody reads it
            structlog.get_logger().log(
                record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info or None
            )


def _json(value: Any, **_options: Any) -> str:
    return orjson.dumps(value, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
