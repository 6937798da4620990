"""The wire: HTTP, websocket, health, metrics, logs and bearer tokens.

Owns everything between a socket and the graph. It imports `engine` and `domain` and knows neither schema nor data:
`Door` is what it asks of the composition root.

    bytes ──► http / websocket ──► desk ──► door (who asks) ──► engine (what, may it, run it)
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from transport.desk import Desk, Graph
from transport.door import Door, OpenRequest, RequestFacts
from transport.gateway import SUBGRAPH, Gateways
from transport.health import Health, Probe
from transport.http import PATH, HttpEndpoint
from transport.logs import RequestLog
from transport.metrics import Metrics
from transport.notices import TakeNotice, notice_routes
from transport.serving import Server, server_config, settle_memory
from transport.siblings import Siblings
from transport.straight import Straight
from transport.websocket import SocketEndpoint
from transport.worker import Channel, Farewell, WorkerServer
from transport.workers import GivenUp, Workers

__all__ = [
    "PATH",
    "SUBGRAPH",
    "Channel",
    "Door",
    "Farewell",
    "Gateways",
    "GivenUp",
    "Graph",
    "Metrics",
    "OpenRequest",
    "Probe",
    "RequestFacts",
    "Server",
    "Siblings",
    "TakeNotice",
    "WorkerServer",
    "Workers",
    "middleware",
    "notice_routes",
    "routes",
    "server_config",
    "settle_memory",
]

_PREFLIGHT_SECONDS = 600


def routes(
    door: Door, graph: Graph, metrics: Metrics, probe: Probe, subgraph: tuple[Graph, Gateways] | None = None
) -> list[BaseRoute]:
    """The routes of one application: the graph at `PATH` over HTTP and websocket, health, metrics.

    `probe` returns when the process can serve a request and raises when it cannot. `metrics` may belong to several
    graphs; call its `watch` once for each that should show its caches. `subgraph` is the graph at `SUBGRAPH`,
    if it is served, and the gateways that may ask it.
    """
    desk = Desk(door, graph, metrics)
    health = Health(probe, graph.limits.probe_seconds)
    behind = []
    if subgraph is not None:
        part, gateways = subgraph
        endpoint = HttpEndpoint(Desk(door, part, metrics), part.limits, metrics, gateways)
        behind.append(Route(SUBGRAPH, endpoint))
    return [
        Route(PATH, HttpEndpoint(desk, graph.limits, metrics)),
        WebSocketRoute(PATH, SocketEndpoint(door, desk, graph.limits, metrics)),
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
        Route("/metrics", metrics.endpoint),
        *behind,
    ]


def middleware(routes: Sequence[BaseRoute], cors_origins: Sequence[str] = ()) -> list[Middleware]:
    """What wraps every route, outermost first: the request's id and log line, CORS for `cors_origins` if any, and the
    straight way to those of `routes` that are the graph.

    Credentials are never allowed: proof of identity is a header the page sets itself, no cookie.
    """
    first = {route.path: route for route in reversed(routes) if isinstance(route, Route)}
    graphs = {
        path: route.app
        for path, route in first.items()
        if isinstance(route.endpoint, HttpEndpoint) and route.methods is None  # or the router has to look at them
    }
    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(cors_origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Accept", "Authorization", "Content-Type", "Millrace-Tenant", "X-Request-Id"],
        expose_headers=["X-Request-Id"],
        max_age=_PREFLIGHT_SECONDS,
    )
    return [Middleware(RequestLog), *([cors] if cors_origins else []), Middleware(Straight, graphs)]
