"""The straight way to the graph: past the router and what it wraps around an application.

For a request that asks for one row that way costs a thirtieth of all. Whatever is not served here goes on to the
router, which knows the graph as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send


class Straight:
    """ASGI middleware, the innermost: HTTP requests for one of these paths are their application's."""

    def __init__(self, app: ASGIApp, served: Mapping[str, ASGIApp]) -> None:
        self._app, self._served = app, served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, websocket or lifespan."""
        plain = scope["type"] == "http" and not scope.get("root_path")  # which the router takes off the path
        served = self._served.get(scope["path"]) if plain else None
        await (self._app if served is None else served)(scope, receive, send)
