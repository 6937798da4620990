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
from functools import partial
from typing import Any, Final

import orjson
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transport.logs import say
from transport.serving import LEAVE_S, Server

READY: Final = b"ready\n"
LEAVE: Final = b"leave\n"
_WORD_BYTES: Final = 64
ORDERS_BYTES: Final = 65_536
ORPHAN_MARGIN_S: Final = 3.0
"""Beyond the time for a graceful stop, before a worker without a parent ends whatever it still does."""
_LOOK_S: Final = 0.05
_SHARE: Final = 4
_AT_ONCE: Final = 16
"""A worker takes one connection at a time, and one more for each `_SHARE` that it has, but never more than that."""
_PAUSE_S: Final = 1.0
"""Before the next attempt, when a connection cannot be accepted."""


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
            say("warning", "worker.no_parent")

    def listen(self, leave: Callable[[], None], orphaned: Callable[[], None]) -> None:
        """From now on, in a thread: call `leave` when told to, `orphaned` when the parent is gone."""

        def listening() -> None:
            with suppress(OSError):
                while said := self._socket.recv(_WORD_BYTES):
                    if said == LEAVE:
                        leave()
            orphaned()

        threading.Thread(target=listening, name="parent", daemon=True).start()


class Acceptor:
    """Takes connections off the socket that the workers share, so that each gets about as many as the others.

    Of idle processes the kernel wakes the same one first, again and again, and that one would take all there is, to
    keep for as long as clients leave connections open. So who has more of them looks a millisecond or more later, and
    who comes first takes a few only.
    """

    def __init__(
        self, listening: socket.socket, take: Callable[[socket.socket], None], load: Callable[[], int]
    ) -> None:
        self._listening, self._take, self._load = listening, take, load
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        listening.setblocking(False)  # between two processes that are woken, one finds nothing
        self._watch()

    def close(self) -> None:
        """Accept nothing more; what waits is for others."""
        if self._timer is not None:
            self._timer.cancel()
        if self._listening.fileno() >= 0:
            self._loop.remove_reader(self._listening.fileno())
            self._listening.close()

    def _watch(self) -> None:
        self._loop.add_reader(self._listening.fileno(), self._noticed)

    def _noticed(self) -> None:
        self._loop.remove_reader(self._listening.fileno())
        self._timer = self._loop.call_later(self._load().bit_length() / 1000, self._accept)

    def _accept(self) -> None:
        try:
            for _ in range(min(1 + self._load() // _SHARE, _AT_ONCE)):
                self._take(self._listening.accept()[0])
        except (BlockingIOError, ConnectionAbortedError):
            pass  # another worker was quicker, or the client has gone
        except OSError as error:  # no descriptors left, say: others may have some
            say("warning", "worker.cannot_accept", error=str(error))
            self._timer = self._loop.call_later(_PAUSE_S, self._watch)
            return
        self._watch()


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
        self._acceptor: Acceptor | None = None
        self._arriving = set[asyncio.Task[Any]]()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, accept, then tell the parent."""
        self._channel.listen(self._leave, self._orphaned)
        await super().startup([])  # uvicorn accepts nothing itself
        if self.started and not self.should_exit:
            self._acceptor = Acceptor(self._orders.listening, self._take, self._load)
            self._channel.ready()

    def _load(self) -> int:
        return len(self.server_state.connections) + len(self._arriving)

    def _take(self, client: socket.socket) -> None:
        """Serve a connection as uvicorn serves those that it accepts."""
        loop = asyncio.get_running_loop()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        kind: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        protocol = partial(  # as uvicorn's own startup makes it
            kind,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            _loop=loop,
        )
        arriving = loop.create_task(loop.connect_accepted_socket(protocol, client))
        self._arriving.add(arriving)
        arriving.add_done_callback(self._arrived)

    def _arrived(self, arriving: asyncio.Task[Any]) -> None:
        self._arriving.discard(arriving)
        if not arriving.cancelled() and (error := arriving.exception()) is not None:
            say("warning", "worker.lost_connection", error=repr(error))

    def _leave(self) -> None:
        self._told_to_leave = True
        self.should_exit = True

    def _orphaned(self) -> None:
        """In the channel's thread: stop, and if the event loop does not come to it, end."""
        self.should_exit = True
        say("warning", "worker.orphaned")
        shutil.rmtree(self._orders.directory, ignore_errors=True)  # the parent cannot any more
        time.sleep((self.config.timeout_graceful_shutdown or 0) + ORPHAN_MARGIN_S)
        os._exit(1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; where others go on serving, without letting anybody down."""
        if self._acceptor is not None:
            self._acceptor.close()
        if self._told_to_leave:
            await self._let_go()
        await super().shutdown(sockets)

    async def _let_go(self) -> None:
        """Let connections end by themselves: after their next answer, or idle as they ever would.

        Closing an idle connection at once, as a stop does, would lose the request that is on its way on it. Websockets
        are told 1012 at once: their clients connect again.
        """
        self._farewell.leaving = True
        told = [one for one in self.server_state.connections if not isinstance(one, self.config.http_protocol_class)]
        for each in told:
            each.shutdown()
        deadline = time.monotonic() + LEAVE_S
        # A signal in the meantime means a stop, for which nobody waits that long.
        while self._load() and not self._captured_signals and time.monotonic() < deadline:  # noqa: ASYNC110  # no event
            await asyncio.sleep(_LOOK_S)
        # A websocket whose client reads nothing is still there, and uvicorn fails when it tells one a second time.
        for each in set(told) & self.server_state.connections:
            each.transport.abort()
        await asyncio.sleep(_LOOK_S)
