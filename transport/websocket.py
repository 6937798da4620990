"""/graphql over a websocket: the graphql-transport-ws protocol.

Owns the socket: its handshake, its one viewer, its operations and its end. What an operation answers is the desk's. A
socket remembers the token of `connection_init`, not the viewer: every operation and every event identifies the viewer
anew, so that a revoked right ends what it allowed.

Written here rather than taken from Strawberry because its handler gives one context to a whole socket, closes the
socket on a syntax error in one operation and knows no expiry.

Source: graphql-ws, PROTOCOL.md (graphql-transport-ws).
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import orjson
import structlog
from starlette.types import Receive, Scope, Send

from domain.base import Fault
from engine.faults import ErrorEntry, error_entry
from engine.limits import Limits
from engine.reference import Result
from transport.desk import Desk
from transport.door import Door, RequestFacts
from transport.headers import facts_of, read_headers
from transport.logs import bind, request_id
from transport.metrics import Metrics
from transport.parameters import Ask, MalformedError, ask_of, decoded

PROTOCOL = "graphql-transport-ws"

BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
"""Clients of graphql-ws connect again after this one, with a new token; after 4401 they do not."""
SUBPROTOCOL_NOT_ACCEPTABLE = 4406
INIT_TIMEOUT = 4408
SUBSCRIBER_EXISTS = 4409
TOO_MANY_INITS = 4429
INTERNAL_ERROR = 4500
TOO_BIG = 1009
TRY_AGAIN_LATER = 1013
POLICY_VIOLATION = 1008

_REASON_BYTES = 123
"""A close frame holds 125 bytes, two of them the code."""

log = structlog.get_logger("transport")


class _ClosingError(Exception):
    """Ends the socket with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class SocketEndpoint:
    """The ASGI application behind /graphql for websockets."""

    def __init__(self, door: Door, desk: Desk, limits: Limits, metrics: Metrics) -> None:
        self._door = door
        self._desk = desk
        self._limits = limits
        self._metrics = metrics
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket to its end."""
        message = await receive()
        if message["type"] != "websocket.connect":
            return
        if PROTOCOL not in scope["subprotocols"]:
            await _refuse(send, None, SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
            return
        if self._open >= self._limits.sockets:
            await _refuse(send, PROTOCOL, TRY_AGAIN_LATER, "Too many sockets")
            return
        try:
            facts = facts_of(read_headers(scope), request_id(scope))
        except MalformedError as error:
            await _refuse(send, PROTOCOL, BAD_REQUEST, error.message)
            return
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        self._open += 1
        self._metrics.sockets.inc()
        try:
            await _Socket(self._door, self._desk, self._limits, facts, receive, send).serve()
        finally:
            self._open -= 1
            self._metrics.sockets.dec()


async def _refuse(send: Send, subprotocol: str | None, code: int, reason: str) -> None:
    """Accept and close: a handshake that fails shows browsers neither code nor reason."""
    await send({"type": "websocket.accept", "subprotocol": subprotocol})
    await send({"type": "websocket.close", "code": code, "reason": reason})


class _Socket:
    """One accepted socket."""

    def __init__(
        self, door: Door, desk: Desk, limits: Limits, handshake: RequestFacts, receive: Receive, send: Send
    ) -> None:
        self._door = door
        self._desk = desk
        self._limits = limits
        self._receive = receive
        self._asgi_send = send
        self._handshake = handshake
        loop = asyncio.get_running_loop()
        self._deadline: float | None = loop.time() + limits.socket_init_seconds
        self._initialised = False
        self._facts: RequestFacts | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        """Also those that were completed by the client and are still giving back what they held."""
        self._ending: asyncio.Future[_ClosingError] = loop.create_future()
        self._count = 0

    async def serve(self) -> None:
        """Read messages until either side ends the socket; then end every operation."""
        try:
            await self._read()
        except _ClosingError as closing:
            await self._close(closing)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            incoming: asyncio.Future[Any] = asyncio.ensure_future(self._receive())
            try:
                left = None if self._deadline is None else max(0.0, self._deadline - loop.time())
                await asyncio.wait({incoming, self._ending}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if self._ending.done():
                    raise self._ending.result()
                if not incoming.done():
                    raise self._out_of_time()
                message = incoming.result()
            finally:
                incoming.cancel()
            if message["type"] == "websocket.disconnect":
                return
            if self._deadline is not None and loop.time() >= self._deadline:
                raise self._out_of_time()  # of a client that never pauses there is always a message, and no timeout
            await self._handle(self._decoded(message))

    def _out_of_time(self) -> _ClosingError:
        if self._facts is None:
            return _ClosingError(INIT_TIMEOUT, "Connection initialisation timeout")
        return _ClosingError(FORBIDDEN, "Token expired")

    def _decoded(self, message: Any) -> dict[str, Any]:
        text = message.get("text")
        if text is None:
            raise _ClosingError(BAD_REQUEST, "Messages have to be text")
        if len(text.encode()) > self._limits.socket_message_bytes:
            raise _ClosingError(TOO_BIG, "Message too big")
        try:
            value = decoded(text, self._limits)
        except MalformedError as error:
            raise _ClosingError(BAD_REQUEST, error.message) from None
        if not isinstance(value, dict):
            raise _ClosingError(BAD_REQUEST, "Messages have to be JSON objects")
        return value

    async def _handle(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "connection_init":
                await self._initialise(message.get("payload"))
            case "ping":
                payload = message.get("payload")
                await self._send({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})
            case "pong":
                return
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                self._complete(self._operation_id(message))
            case _:
                raise _ClosingError(BAD_REQUEST, "Unknown message type")

    async def _initialise(self, payload: Any) -> None:
        if self._initialised:
            raise _ClosingError(TOO_MANY_INITS, "Too many initialisation requests")
        self._initialised = True
        facts = self._read_facts(payload)
        try:
            async with asyncio.timeout(self._limits.request_seconds), self._door.open(facts) as opened:
                expires_at = opened.expires_at
        except Fault as fault:
            raise _ClosingError(FORBIDDEN, fault.code) from None
        except Exception as error:
            log.exception("socket.init_failed")
            raise _ClosingError(INTERNAL_ERROR, "Internal server error") from error
        self._facts = facts
        self._deadline = None
        if expires_at is not None:
            # From the clock of days to the loop's: a correction of the former meanwhile does not matter here, since
            # every operation is identified anew.
            self._deadline = asyncio.get_running_loop().time() + expires_at.timestamp() - time.time()
        await self._send({"type": "connection_ack"})

    def _read_facts(self, payload: Any) -> RequestFacts:
        """Browsers can set no header on a websocket, so the payload may say what headers would, and goes first."""
        if payload is not None and not isinstance(payload, dict):
            raise _ClosingError(BAD_REQUEST, "The payload of connection_init has to be an object")
        said: dict[str, str | None] = {}
        for name, value in (payload or {}).items():
            header = name.lower()
            if header not in ("authorization", "millrace-tenant"):
                continue
            if header in said:
                raise _ClosingError(BAD_REQUEST, f"The payload's {header} is repeated")
            if not isinstance(value, str | None):
                raise _ClosingError(BAD_REQUEST, f"The payload's {header} has to be a string")
            said[header] = value
        return replace(
            self._handshake,
            authorization=said.get("authorization") or self._handshake.authorization,
            tenant=said.get("millrace-tenant") or self._handshake.tenant,
        )

    async def _subscribe(self, message: dict[str, Any]) -> None:
        if self._facts is None:
            raise _ClosingError(UNAUTHORIZED, "Unauthorized")
        name = self._operation_id(message)
        if name in self._operations:
            raise _ClosingError(SUBSCRIBER_EXISTS, f"Subscriber for {name} already exists")
        try:
            ask = ask_of(message.get("payload"), self._limits)
        except MalformedError as error:
            raise _ClosingError(BAD_REQUEST, error.message) from None
        if len(self._tasks) >= self._limits.socket_operations:
            text = f"More than {self._limits.socket_operations} operations on one socket."
            await self._send(_error(name, [error_entry("TOO_MANY_OPERATIONS", text)]))
            return
        self._count += 1
        facts = replace(self._facts, request_id=f"{self._handshake.request_id}-{self._count}")
        task = asyncio.create_task(self._operate(name, ask, facts))
        self._operations[name] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _operation_id(self, message: dict[str, Any]) -> str:
        name = message.get("id")
        if not isinstance(name, str) or not 0 < len(name) <= self._limits.operation_id_chars:
            raise _ClosingError(BAD_REQUEST, "An operation needs an id")
        return name

    def _complete(self, name: str) -> None:
        task = self._operations.pop(name, None)
        if task is not None:
            task.cancel()

    async def _operate(self, name: str, ask: Ask, facts: RequestFacts) -> None:
        bind(request_id=facts.request_id)
        try:
            async with aclosing(self._desk.stream(ask, facts)) as answers:
                async for result in answers:
                    if not result.executed:
                        await self._finish(name, _error(name, result.errors))
                        return
                    await self._send_next(name, ask, result)
            await self._finish(name, {"id": name, "type": "complete"})
        except _ClosingError as closing:
            if not self._ending.done():
                self._ending.set_result(closing)
        except Exception as error:
            log.exception("socket.operation_failed")
            if not self._ending.done():
                self._ending.set_result(_ClosingError(INTERNAL_ERROR, type(error).__name__))

    async def _send_next(self, name: str, ask: Ask, result: Result) -> None:
        log.info("socket.answer")
        message = {"id": name, "type": "next", "payload": result.payload}
        try:
            text = orjson.dumps(message)
        except TypeError as error:
            text = orjson.dumps({**message, "payload": self._desk.unwritable(error, ask.said).payload})
        await self._send_text(text.decode())

    async def _finish(self, name: str, message: dict[str, Any]) -> None:
        # The id is free before the client can know, so that using it again at once is no conflict.
        if self._operations.get(name) is asyncio.current_task():
            del self._operations[name]
        await self._send(message)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._send_text(orjson.dumps(message).decode())

    async def _send_text(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._limits.socket_send_seconds):
                await self._asgi_send({"type": "websocket.send", "text": text})
        except TimeoutError:
            raise _ClosingError(POLICY_VIOLATION, "The client takes no messages") from None
        except OSError:
            raise _ClosingError(POLICY_VIOLATION, "The client is gone") from None

    async def _close(self, closing: _ClosingError) -> None:
        reason = closing.reason.encode()[:_REASON_BYTES].decode(errors="ignore")
        log.info("socket.closed", code=closing.code, reason=reason)
        try:
            async with asyncio.timeout(self._limits.socket_send_seconds):
                await self._asgi_send({"type": "websocket.close", "code": closing.code, "reason": reason})
        except (TimeoutError, OSError, RuntimeError):
            return  # the client has left already, or will not listen


def _error(name: str, errors: list[ErrorEntry]) -> dict[str, Any]:
    return {"id": name, "type": "error", "payload": errors}
