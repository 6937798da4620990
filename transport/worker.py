"""A worker process: its half of the channel to the parent, and how it ends.

Owns what the worker does on the parent's word; `transport.workers` is the other half. A thread listens to the channel,
so that a parent's death is noticed whatever the event loop is busy with.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transport.serving import LEAVE_S, Server

log = structlog.get_logger("transport")

READY: Final = b"ready\n"
LEAVE: Final = b"leave\n"
_WORD_BYTES: Final = 64
ORDERS_BYTES: Final = 65_536
ORPHAN_MARGIN_S: Final = 3.0
"""Beyond the time for a graceful stop, before a worker without a parent ends whatever it still does."""
_LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Orders:
    """What the parent tells a worker at its start."""

    number: int
    count: int
    listening: socket.socket
    directory: str
    given: dict[str, Any]


class Channel:
    """The worker's end of the socket pair."""

    def __init__(self, descriptor: int) -> None:
        """Take the descriptor over. Raises: OSError when it is no socket."""
        self._socket = socket.socket(fileno=descriptor)
        self._socket.set_inheritable(False)

    def orders(self) -> Orders:
        """The first line. Raises: ValueError when it holds no orders."""
        with self._socket.makefile("rb", buffering=0) as lines:
            told = orjson.loads(lines.readline(ORDERS_BYTES))
        listening = socket.socket(fileno=told["listening"])
        listening.set_inheritable(False)
        return Orders(told["number"], told["count"], listening, told["directory"], told["orders"])

    def ready(self) -> None:
        """Tell the parent that requests are accepted. If it has died, the listening thread knows too."""
        try:
            self._socket.sendall(READY)
        except OSError:
            log.warning("worker.no_parent")

    def listen(self, leave: Callable[[], None], orphaned: Callable[[], None]) -> None:
        """From now on, in a thread: call `leave` when told to, `orphaned` when the parent is gone."""

        def listening() -> None:
            with suppress(OSError):
                while said := self._socket.recv(_WORD_BYTES):
                    if said == LEAVE:
                        leave()
            orphaned()

        threading.Thread(target=listening, name="parent", daemon=True).start()


class Farewell:
    """ASGI middleware: once `leaving`, every answer says that its connection is closed after it.

    A client then opens its next connection, which another worker accepts, instead of sending a request into a
    connection that is being closed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.leaving = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one websocket."""

        async def sending(message: Message) -> None:
            if self.leaving and message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)


class WorkerServer(Server):
    """A server that does as the parent says."""

    def __init__(self, config: uvicorn.Config, channel: Channel, orders: Orders, farewell: Farewell) -> None:
        super().__init__(config)
        self._channel, self._orders, self._farewell = channel, orders, farewell
        self._told_to_leave = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell the parent."""
        self._channel.listen(self._leave, self._orphaned)
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self._channel.ready()

    def _leave(self) -> None:
        self._told_to_leave = True
        self.should_exit = True

    def _orphaned(self) -> None:
        """In the channel's thread: stop, and if the event loop does not come to it, end."""
        log.warning("worker.orphaned")
        self.should_exit = True
        shutil.rmtree(self._orders.directory, ignore_errors=True)  # the parent cannot any more
        time.sleep((self.config.timeout_graceful_shutdown or 0) + ORPHAN_MARGIN_S)
        os._exit(1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; where others go on serving, without letting anybody down."""
        if self._told_to_leave:
            await self._let_go(sockets or [])
        await super().shutdown(sockets)

    async def _let_go(self, sockets: list[socket.socket]) -> None:
        """Accept nothing more, let connections end by themselves: after their next answer, or idle as they ever would.

        Closing an idle connection at once, as a stop does, would lose the request that is on its way on it. Websockets
        are told 1012 at once: their clients connect again.
        """
        self._farewell.leaving = True
        for server in self.servers:
            server.close()
        for each in sockets:
            each.close()
        for connection in list(self.server_state.connections):
            if not isinstance(connection, self.config.http_protocol_class):
                connection.shutdown()
        deadline = time.monotonic() + LEAVE_S
        await asyncio.sleep(_LOOK_S)  # who was accepted a moment ago is not among the connections yet
        while self.server_state.connections and not self.force_exit and time.monotonic() < deadline:  # noqa: ASYNC110  # no event says it
            await asyncio.sleep(_LOOK_S)
