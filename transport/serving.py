"""How uvicorn runs the application.

Owns the options that belong to the limits and to a graceful stop. On SIGTERM uvicorn stops accepting, closes websockets
with 1012 (service restart, which clients answer by connecting again), lets running requests end for `graceful_seconds`
and then cancels them; without that bound one stalled client would hold the process for ever.
"""

from __future__ import annotations

import gc

import uvicorn
from starlette.types import ASGIApp

from engine.limits import Limits

_YOUNG, _MIDDLE, _OLD = 20_000, 20, 100
"""Allocations before the youngest objects are looked at, and how often that happens before older ones are."""


def settle_memory() -> None:
    """Tell the garbage collector what stays: everything that is there once the application is made.

    Modules, schema and compiled statements are some 600,000 objects that never go; looking at them again and again
    costs requests up to half of their time. They are frozen out of its sight. What requests make goes by reference
    counting, almost all of it, so it needs looking at seldom: an answer of a thousand objects would set off the
    default of 700 several times.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


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
        timeout_graceful_shutdown=graceful_seconds,
        log_config=None,
        access_log=False,  # transport.logs writes that line
        server_header=False,
    )
