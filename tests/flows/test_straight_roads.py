"""The straight way and the router answer alike: the same bytes, the same errors and the same lines of log."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from tests.engine.small import LIMITS, strawberry_schema
from tests.flows.served import SmallDoor
from transport import PATH, SUBGRAPH, Gateways, Graph, Metrics, middleware, routes
from transport.straight import Straight

PAGE, STRANGER = "https://a.example", "https://b.example"
SECRET = "s3cret" * 4
QUERY = json.dumps({"query": "{ __typename }"}).encode()
AS_JSON = (b"content-type", b"application/json")
DIFFERS = {"ms", "id", "error_id", "exc_info", "exception"}
"""What is another in each line of log: times, ids, and the way a traceback has come."""
LIMITED = replace(LIMITS, body_bytes=5_000)


def piece(body: bytes, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


@dataclass
class Sent:
    """A request as a server gives it to an application."""

    method: str = "POST"
    path: str = PATH
    headers: tuple[tuple[bytes, bytes], ...] = (AS_JSON,)
    query: bytes = b""
    root_path: str = ""
    body: tuple[Message | None, ...] = (piece(QUERY),)
    """None where the server breaks."""
    breaks_at: int = 0
    """Which of the messages that answer it does not go out; 0 for none."""

    def scope(self) -> Scope:
        return {
            "type": "http", "http_version": "1.1", "scheme": "http", "server": ("h", 80), "client": ("c", 1),
            "method": self.method, "path": self.path, "raw_path": self.path.encode(), "root_path": self.root_path,
            "query_string": self.query, "headers": [(b"x-request-id", b"fixed"), (b"host", b"h"), *self.headers],
        }  # fmt: skip


def preflight(origin: str) -> Sent:
    asked = ((b"origin", origin.encode()), (b"access-control-request-method", b"POST"))
    return Sent("OPTIONS", headers=asked)


METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
REQUESTS = {
    "as it should be": Sent(),
    **{f"{method} {path}": Sent(method, path, headers=()) for path in (PATH, SUBGRAPH) for method in METHODS},
    **{f"a gateway at {path}": Sent(path=path, headers=(AS_JSON, (b"millrace-gateway", SECRET.encode())))
       for path in (PATH, SUBGRAPH)},
    "a query in the address": Sent("GET", query=b"query=%7B__typename%7D"),
    "a mutation in the address": Sent("GET", query=b"query=mutation%7Ba%7D"),
    "accepts nothing we have": Sent(headers=(AS_JSON, (b"accept", b"text/html"))),
    "compressed": Sent(headers=(AS_JSON, (b"content-encoding", b"gzip"))),
    "two proofs": Sent(headers=(AS_JSON, (b"authorization", b"Bearer a"), (b"authorization", b"Bearer b"))),
    "a forged proof": Sent(headers=(AS_JSON, (b"authorization", b"Bearer forged"))),
    "the door breaks": Sent(headers=(AS_JSON, (b"authorization", b"Bearer crash"))),
    "too long by its own word": Sent(headers=(AS_JSON, (b"content-length", b"99999999"))),
    "too long": Sent(body=(piece(b" " * 6_000),)),
    "byte by byte": Sent(body=tuple(piece(QUERY[at : at + 1], at + 1 < len(QUERY)) for at in range(len(QUERY)))),
    "gone": Sent(body=({"type": "http.disconnect"},)),
    "a slash too many": Sent(path=f"{PATH}/"),
    "under a prefix": Sent(path=f"/api{PATH}", root_path="/api"),
    "a prefix that is the path": Sent(root_path=PATH),
    "a page asks whether it may": preflight(PAGE),
    "a stranger asks whether it may": preflight(STRANGER),
    "a page": Sent(headers=(AS_JSON, (b"origin", PAGE.encode()))),
    "the answer's head does not go out": Sent(breaks_at=1),
    "the answer's body does not go out": Sent(breaks_at=2),
    "the body does not come": Sent(body=(None,)),
}  # fmt: skip


async def ready() -> None:
    """It always is."""


def served() -> list[BaseRoute]:
    graph, part = (Graph.of(strawberry_schema, LIMITED, introspection=True) for _ in range(2))
    return routes(SmallDoor(), graph, Metrics(), ready, (part, Gateways([SECRET])))


def application(paths: Sequence[BaseRoute], *, straight: bool, cors: Sequence[str] = ()) -> ASGIApp:
    around = middleware(paths, cors)
    if not straight:
        assert repr(around.pop()).startswith(f"Middleware({Straight.__name__}")
    return Starlette(routes=paths, middleware=around)


async def told(app: ASGIApp, request: Sent) -> tuple[str, str, list[dict[str, Any]]]:
    """What went out, what was raised, and the log; ids of errors are all written alike."""
    answer: list[Message] = []
    body: Iterator[Message | None] = iter(request.body)
    number = count(1)

    async def receive() -> Message:
        message = next(body, None)
        if message is None:
            raise RuntimeError("the server broke")
        return message

    async def send(message: Message) -> None:
        if next(number) == request.breaks_at:
            raise OSError("gone")
        answer.append(message)

    raised = ""
    with capture_logs() as log:
        try:
            await app(request.scope(), receive, send)
        except Exception as error:
            raised = repr(error)
    lines = [{name: value for name, value in line.items() if name not in DIFFERS} for line in log]
    return re.sub(r"[0-9a-f-]{8,}", "…", repr(answer)), raised, lines


@pytest.mark.parametrize("cors", [(), (PAGE,)], ids=["no pages", "pages"])
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
async def test_both_roads_answer_alike(request_: Sent, cors: Sequence[str]) -> None:
    straight, router = (application(served(), straight=way, cors=cors) for way in (True, False))
    assert await told(straight, request_) == await told(router, request_)


SHORT = (piece(b"{}"),)


@pytest.mark.parametrize(
    ("asked", "methods", "status", "passes"),
    [
        (Sent(), None, 413, True),
        (Sent(body=SHORT), None, 400, True),
        (Sent(body=SHORT), ["POST"], 400, True),
        (Sent("PUT", body=SHORT), None, 405, True),
        (Sent("PUT", body=SHORT), ["POST"], 405, False),
    ],
)
async def test_what_is_around_a_route_is_on_both_roads(
    asked: Sent, methods: list[str] | None, status: int, passes: bool
) -> None:
    """Middleware of its own, a limit, methods; of several routes at one path the first counts."""
    passed: list[str] = []

    class Passed:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            passed.append(scope["method"])
            await self.app(scope, receive, send)

    paths = served()
    (graph,) = (each.endpoint for each in paths if isinstance(each, Route) and each.path == PATH)
    own = Route(PATH, graph, middleware=[Middleware(Passed)], max_body_size=10, methods=methods)
    straight, router = (application([own, *paths], straight=way) for way in (True, False))
    answer = await told(straight, asked)
    assert answer == await told(router, asked)
    assert f"'status': {status}" in answer[0]
    assert passed == [asked.method] * (2 if passes else 0)
