"""How uvicorn runs the application.

Owns the options that belong to the limits and to a graceful stop. On SIGTERM uvicorn stops accepting, closes websockets
with 1012 (service restart, which clients answer by connecting again), lets running requests end for `graceful_seconds`
and then cancels them; without that bound one stalled client would hold the process for ever.
"""

from __future__ import annotations

import gc
import socket
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from engine.limits import Limits

KEEP_ALIVE_S: Final = 5
"""How long an idle connection stays open."""
LEAVE_S: Final = KEEP_ALIVE_S + 1.0
"""How long a renewed worker waits for its connections to end by themselves, the idle ones among them."""
_YOUNG, _MIDDLE, _OLD = 20_000, 20, 100
"""Allocations before the youngest objects are looked at, and how often that happens before older ones are."""


def settle_memory() -> None:
    """Tell the garbage collector what stays: everything that is there once the application is made.

    Modules, schema and compiled statements are some 600,000 objects that never go; looking at them again and again
    costs requests up to half of their time. They are frozen out of its sight. What requests make goes by reference
    counting, almost all of it, so it needs looking at seldom: an answer of a thousand objects would set off the
    default of 700 several times.

    Each process has its own collector and its own copy of these objects, so each one calls this. A worker makes them
    with the collector switched off, since all of them stay; from here on it is on.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
    gc.enable()


class Server(uvicorn.Server):
    """A server whom a signal stops, and does not kill."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; who was asked to stop, and did, ends with 0 and not by the signal."""
        await super().shutdown(sockets)
        self._captured_signals.clear()


def server_config(app: ASGIApp, *, host: str, port: int, limits: Limits, graceful_seconds: int) -> uvicorn.Config:
    """The configuration of one serving process; `graceful_seconds` is how long running requests may take at a stop."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=limits.socket_message_bytes,
        ws_per_message_deflate=False,  # a compressed bomb would be inflated before its size is known
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=graceful_seconds,
        log_config=None,
        access_log=False,  # transport.logs writes that line
        server_header=False,
        proxy_headers=False,  # nothing here asks who the client is, or by which scheme it came
    )
