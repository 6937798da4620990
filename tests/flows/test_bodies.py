"""Bodies that never become whole, on both paths that read one: told as such, and no bug of ours."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp
from structlog.testing import capture_logs

import boot
from tests.engine.small import LIMITS, strawberry_schema
from tests.flows.served import SmallDoor
from transport import Graph, Metrics, middleware, routes
from transport.workbench import BODY_BYTES, Directory, Signed, workbench_routes

BYTES = {"/graphql": 5_000, "/graphiql/people": BODY_BYTES}
FILE = 8_000
FOREVER = {"type": "forever"}
GONE = {"type": "http.disconnect"}


class Nobody:
    """People of whom nobody is there."""

    async def directory(self) -> Directory:
        return Directory((), "none", None)

    async def sign(self, tenant: str, subject: str) -> Signed | None:
        return None


async def ready() -> None:
    """Always."""


@pytest.fixture(scope="module")
def application() -> Starlette:
    limits = replace(LIMITS, body_bytes=BYTES["/graphql"], file_bytes=FILE, body_seconds=0.05)
    graph = Graph.of(strawberry_schema, limits, introspection=True)
    bench = workbench_routes(boot.PROJECT / "graphiql" / "page", (), Nobody(), limits)
    paths = [*routes(SmallDoor(), graph, Metrics(), ready), *bench]
    return Starlette(routes=paths, middleware=middleware(paths))


def piece(body: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def posted(
    application: ASGIApp, path: str, messages: Iterator[dict[str, Any]], **more: str
) -> list[dict[str, Any]]:
    """What is sent to who posts these messages and then nothing more."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        message = next(messages)
        return await asyncio.Future() if message is FOREVER else message

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    await application(scope, receive, send)
    return sent


@pytest.mark.parametrize("path", BYTES)
@pytest.mark.parametrize(
    ("end", "status", "code"),
    [
        (FOREVER, 408, "TIMEOUT"),
        (GONE, 400, "BAD_REQUEST"),
        (piece(b" " * 5_000), 413, "PAYLOAD_TOO_LARGE"),
    ],
)
async def test_a_body_that_does_not_become_whole_is_refused_and_no_bug(
    application: Starlette, path: str, end: dict[str, Any], status: int, code: str
) -> None:
    with capture_logs() as logs:
        begun, body = await posted(application, path, iter([piece(b"{"), end]))
    assert begun["status"] == status
    assert [error["extensions"] for error in json.loads(body["body"])["errors"]] == [{"code": code}]
    assert ((b"connection", b"close") in begun["headers"]) is (status in (408, 413))  # what is left is not read
    assert logs == []  # of what tests keep: warnings and errors


@pytest.mark.parametrize("path", BYTES)
async def test_a_body_may_have_as_many_bytes_as_the_limit_and_no_more(application: Starlette, path: str) -> None:
    status = []
    for size in (BYTES[path], BYTES[path] + 1):
        begun, _ = await posted(application, path, iter([piece(b"{"), piece(b" " * (size - 1), more=False)]))
        status.append(begun["status"])
    assert status == [400, 413]  # the first is read, and is no JSON


@pytest.mark.parametrize("declares", [True, False])
@pytest.mark.parametrize(("bearer", "most"), [("staff", FILE), ("shopper", 5_000), (None, 5_000)])
@pytest.mark.parametrize("straight", [True, False])
async def test_a_business_sends_files_and_nobody_else_whichever_way_leads_there(
    application: Starlette, declares: bool, bearer: str | None, most: int, straight: bool
) -> None:
    """The router is reached where the straight way is left out; the body's length is told before, or not."""
    way: ASGIApp = application if straight else application.router
    told = []
    for size in (most, most + 1):
        headers = {"content_length": str(size)} if declares else {}
        headers |= {} if bearer is None else {"authorization": f"Bearer {bearer}"}
        begun, body = await posted(way, "/graphql", iter([piece(b" " * size, more=False)]), **headers)
        told.append((begun["status"], json.loads(body["body"])["errors"][0]["message"]))
    assert [status for status, _ in told] == [400, 413]  # the first is read, and is no JSON
    assert told[1][1] == f"The request is larger than {most} bytes."


async def test_a_body_that_says_it_is_too_large_is_not_read(application: Starlette) -> None:
    begun, _ = await posted(
        application, "/graphql", iter([]), content_length=str(FILE + 1), authorization="Bearer staff"
    )
    assert begun["status"] == 413
