"""A real uvicorn in a thread of its own, serving the engine tests' small schema through the transport.

The whole application may be served the same way: `serving(app)` takes any.
"""

import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from domain.base import TenantRequired, Unauthenticated
from engine.limits import Limits
from tests.engine.small import LIMITS, strawberry_schema
from transport import PATH, Graph, Metrics, RequestFacts, middleware, routes, server_config
from transport.parameters import sha256_of

_START_SECONDS = 20.0
STORED = 'query Stored($text: String = "x") { echo(text: $text) }'


@dataclass
class Opened:
    actor_class: str
    context: Any
    expires_at: datetime | None = None
    statements: int = 3
    stored_only: bool = False
    client: str = "anonymous"

    async def document(self, digest: str) -> str | None:
        """One document is stored."""
        return STORED if digest == sha256_of(STORED) else None

    async def renew(self) -> Any:
        """The same again: its context reads nothing."""
        return self.context


@dataclass
class SmallDoor:
    """Reads the test's tokens: their text says what they do."""

    opened: list[RequestFacts] = field(default_factory=list)
    inside: int = 0
    revoked: set[str] = field(default_factory=set)

    async def may_send_files(self, facts: RequestFacts) -> bool:
        return facts.authorization == "Bearer staff"

    @asynccontextmanager
    async def open(self, facts: RequestFacts) -> AsyncIterator[Opened]:
        token = (facts.authorization or "").removeprefix("Bearer ")
        if token in {"forged"} | self.revoked:
            raise Unauthenticated("Not authenticated.")
        if facts.tenant == "nowhere":
            raise TenantRequired("Name a tenant.")
        if token == "crash":
            raise RuntimeError("postgresql://app:hunter2@db/millrace is down")
        lifetime = {"short": 0.3, "brief": 1.0}.get(token)
        expires = None if lifetime is None else datetime.now(UTC) + timedelta(seconds=lifetime)
        self.opened.append(facts)
        self.inside += 1
        try:
            actor = "STAFF" if token == "staff" else "NOBODY"
            yield Opened(actor, f"context {len(self.opened)}", expires, stored_only=token == "kiosk")
        finally:
            self.inside -= 1


@dataclass
class Served:
    """A running application: its address and what the tests look at from outside."""

    url: str
    door: SmallDoor
    graph: Graph
    metrics: Metrics
    server: uvicorn.Server
    thread: threading.Thread

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws") + "/graphql"


@contextmanager
def serving(
    app: ASGIApp, limits: Limits, graceful_seconds: int = 2, port: int = 0
) -> Iterator[tuple[str, uvicorn.Server, threading.Thread]]:
    """Serve `app` on a free port, or that one; yields its address. Stops gracefully at the end."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        port = listening.getsockname()[1]
        config = server_config(app, host="127.0.0.1", port=port, limits=limits, graceful_seconds=graceful_seconds)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not server.started:
            assert thread.is_alive(), "uvicorn ended while starting"
            assert time.monotonic() < deadline, "uvicorn does not start"
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}", server, thread
        finally:
            server.should_exit = True
            thread.join(_START_SECONDS)


@contextmanager
def small(
    *,
    introspection: bool = True,
    remembers: bool = False,
    cors: tuple[str, ...] = (),
    probe: Any = None,
    **limits: Any,
) -> Iterator[Served]:
    """The small schema, served under changed `limits`."""
    bounds = replace(LIMITS, **limits)
    graph = Graph.of(strawberry_schema, bounds, introspection=introspection, remembers=remembers)
    door, metrics = SmallDoor(), Metrics()
    metrics.watch(PATH, graph.documents, graph.executor)
    metrics.watch_pool(lambda: {"idle": 3, "busy": 1})

    async def ready() -> None:
        if probe:
            await probe()

    paths = routes(door, graph, metrics, ready)
    app = Starlette(routes=paths, middleware=middleware(paths, cors))
    with serving(app, bounds) as (url, server, thread):
        yield Served(url, door, graph, metrics, server, thread)
