"""/payments/{provider}/notices: what payment providers tell, from bytes to whoever takes it.

Owns the wire of it: limits of size and time, the status a provider understands, the log line, the count. Whether a
notice is genuine its provider's adapter says; what it does to an order is no matter of the wire. A status below 300
says that it was taken for good; after any other the provider tells it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.base import Fault, Refused
from domain.ordering.payment import NotGenuine, Notice, Provider
from engine.faults import error_entry
from engine.limits import Limits
from transport.body import read_body
from transport.deadline import Deadline
from transport.metrics import Metrics
from transport.parameters import MalformedError

log = structlog.get_logger("payment")

PATH: Final = "/payments/{provider}/notices"
BODY_BYTES: Final = 65_536
RETRY_AFTER_S: Final = 5

TakeNotice = Callable[[str, Notice], Awaitable[str | None]]
"""Does what a notice of the provider of that name says, once however often it is told; says for the log what it did.

Raises: domain.base.Unavailable, TimedOut where it is to be told again; Refused where that would not help.
"""


def notice_routes(providers: Sequence[Provider], take: TakeNotice, metrics: Metrics, limits: Limits) -> list[BaseRoute]:
    """The route at which `providers` tell `take` what happened."""
    return [Route(PATH, _Notices(providers, take, metrics, limits).answer, methods=["POST"])]


class _Notices:
    def __init__(self, providers: Sequence[Provider], take: TakeNotice, metrics: Metrics, limits: Limits) -> None:
        self._providers = {provider.name: provider for provider in providers}
        self._take, self._metrics, self._limits = take, metrics, limits

    async def answer(self, request: Request) -> Response:
        """POST: 204 when it was taken, 401 for what is not the provider's, 503 when it is to be told again."""
        provider = self._providers.get(request.path_params["provider"])
        if provider is None:
            return _refused(404, "NOT_FOUND", "There is no such provider.")
        try:
            body = await read_body(request.receive, BODY_BYTES, self._limits.body_seconds)
            notice = provider.verify(_headers(request), body)
        except MalformedError as error:
            self._said(provider, "malformed", reason=error.message)
            response = _refused(error.status, error.code, error.message)
            response.raw_headers.extend(error.headers.items())
            return response
        except NotGenuine as error:
            self._said(provider, "not_genuine", reason=str(error))
            return _refused(401, "UNAUTHENTICATED", "Not authenticated.")
        if notice is None:
            self._said(provider, "not_for_us")
            return Response(status_code=204)
        return await self._told(provider, notice)

    async def _told(self, provider: Provider, notice: Notice) -> Response:
        facts = {"notice": notice.id, "kind": notice.kind.value, "payment": str(notice.payment)}
        try:
            with Deadline(self._limits.request_seconds):
                did = await self._take(provider.name, notice)
        except Refused as refused:
            self._said(provider, "refused", **facts, reason=refused.message)
            return _refused(422, refused.code, refused.message)
        except (Fault, TimeoutError) as fault:
            self._said(provider, "unavailable", **facts, reason=f"{type(fault).__name__}: {fault}")
            response = _refused(503, "UNAVAILABLE", "Tell it again.")
            response.headers["retry-after"] = str(RETRY_AFTER_S)
            return response
        except Exception:
            self._said(provider, "failed", **facts)
            raise
        self._said(provider, "taken", **facts, did=did)
        return Response(status_code=204)

    def _said(self, provider: Provider, outcome: str, **facts: Any) -> None:
        self._metrics.noticed(provider.name, outcome)
        say = log.info if outcome in ("taken", "not_for_us") else log.warning
        say("payment.notice", provider=provider.name, outcome=outcome, **facts)


def _headers(request: Request) -> dict[str, str]:
    """By lower-case names; one that is repeated is one list. Source: RFC 9110, 5.3."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _refused(status: int, code: str, message: str) -> Response:
    body = orjson.dumps({"errors": [error_entry(code, message)]})
    return Response(body, status, {"cache-control": "no-store"}, media_type="application/json")
