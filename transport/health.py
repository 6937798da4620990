"""Liveness and readiness.

Owns the two answers an orchestrator asks for. Live means that the process answers at all; ready means that it can serve
a request now, which the composition root's probe decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse

Probe = Callable[[], Awaitable[None]]
"""Returns if the process can serve, raises if not."""

log = structlog.get_logger("transport")

_HEADERS = {"cache-control": "no-store"}


class Health:
    """The two endpoints. `seconds` is the time a probe may take."""

    def __init__(self, probe: Probe, seconds: float) -> None:
        self._probe = probe
        self._seconds = seconds

    async def live(self, _request: Request) -> JSONResponse:
        """GET /health/live: 200 as long as the event loop runs."""
        return JSONResponse({"status": "live"}, headers=_HEADERS)

    async def ready(self, _request: Request) -> JSONResponse:
        """GET /health/ready: 200, or 503 with a reason that names the kind of failure only; the log has the rest."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._probe()
        except Exception as error:
            reason = "timeout" if isinstance(error, TimeoutError) else type(error).__name__
            log.warning("health.unready", reason=reason, error=str(error))
            return JSONResponse({"status": "unready", "reason": reason}, 503, headers=_HEADERS)
        return JSONResponse({"status": "ready"}, headers=_HEADERS)
