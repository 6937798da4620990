"""graphql-transport-ws against a real uvicorn: message by message, and with the npm client."""

import asyncio
import time
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.engine.small import RUNNING
from tests.flows.audit.node import run
from tests.flows.served import Served, small
from tests.flows.wire import WAIT_SECONDS, Wire, raw, ready, until
from transport.desk import Desk
from transport.websocket import PROTOCOL, SocketEndpoint


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with small(socket_operations=3, socket_message_bytes=5_000, request_seconds=0.5, sockets=4) as running:
        yield running


@pytest.fixture(scope="module")
def impatient() -> Iterator[Served]:
    """Waits so little for the first word that a busy machine's clients would often be too late."""
    with small(socket_init_seconds=0.3) as running:
        yield running


async def test_query_and_mutation_answer_once_and_complete(served: Served) -> None:
    async with ready(served) as wire:
        await wire.subscribe("1", "query($t:String!){echo(text:$t)}", variables={"t": "早"})
        assert await wire.read() == {"id": "1", "type": "next", "payload": {"data": {"echo": "早"}}}
        assert await wire.read() == {"id": "1", "type": "complete"}
        await wire.subscribe("1", "mutation{order{__typename}}")
        assert (await wire.read())["payload"] == {"data": {"order": {"__typename": "OutOfStock"}}}
        assert await wire.read() == {"id": "1", "type": "complete"}


async def test_every_event_and_every_operation_has_a_context_of_its_own(served: Served) -> None:
    async with ready(served) as wire:
        await wire.subscribe("1", "subscription{ticks(to:3){a:context b:context}}")
        events = [(await wire.read())["payload"]["data"]["ticks"] for _ in range(3)]
        assert await wire.read() == {"id": "1", "type": "complete"}
    assert all(e["a"] == e["b"] for e in events)
    assert len({e["a"] for e in events}) == 3
    await until(lambda: served.door.inside == 0)


async def test_nothing_is_open_between_events(served: Served) -> None:
    async with ready(served) as wire:
        await wire.subscribe("1", "subscription{ticks(to:2,every:0.2){context}}")
        await wire.read()
        assert served.door.inside == 0
        await wire.read()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{brand {", "GRAPHQL_PARSE_FAILED"),
        ("{nothing}", "GRAPHQL_VALIDATION_FAILED"),
        ("{brand{" + "id " * 5 + "}}", "QUERY_TOO_COMPLEX"),
        ("query A{brand{id}} query B{brand{id}}", "OPERATION_RESOLUTION_FAILURE"),
        ("query($n:Int!){echo(number:$n)}", "BAD_USER_INPUT"),
        ("subscription($to:Int!){count(to:$to)}", "BAD_USER_INPUT"),
        ("{brand{products{edges{node{costFen}}}}}", "FORBIDDEN"),
        ("{slow(seconds:30)}", "TIMEOUT"),
    ],
)
async def test_refused_operation_gets_an_error_and_the_socket_lives(served: Served, query: str, code: str) -> None:
    async with ready(served) as wire:
        await wire.subscribe("1", query)
        message = await wire.read()
        assert (message["id"], message["type"]) == ("1", "error")
        assert [e["extensions"]["code"] for e in message["payload"]] == [code]
        await wire.subscribe("1", "{brand{id}}")
        assert (await wire.read())["payload"] == {"data": {"brand": {"id": "b1"}}}


async def test_source_that_fails_sends_its_error_and_completes(served: Served) -> None:
    async with ready(served) as wire:
        await wire.subscribe("1", "subscription{fails}")
        assert (await wire.read())["payload"] == {"data": {"fails": 1}}
        failed = await wire.read()
        assert [e["extensions"]["code"] for e in failed["payload"]["errors"]] == ["INTERNAL_ERROR"]
        assert await wire.read() == {"id": "1", "type": "complete"}


async def test_value_that_json_cannot_hold_is_masked(served: Served) -> None:
    async with ready(served) as wire:
        await wire.subscribe("1", "{huge}")
        message = await wire.read()
        assert [e["extensions"]["code"] for e in message["payload"]["errors"]] == ["INTERNAL_ERROR"]


async def test_token_comes_from_the_payload_or_the_handshake(served: Served) -> None:
    query = "{brand{products{edges{node{costFen}}}}}"
    for payload, headers in (
        ({"Authorization": "Bearer staff"}, {}),
        ({"authorization": "Bearer staff"}, {"Authorization": "Bearer nobody"}),
        (None, {"Authorization": "Bearer staff"}),
    ):
        async with ready(served, payload, **headers) as wire:
            await wire.subscribe("1", query)
            assert (await wire.read())["type"] == "next"


async def test_tenant_comes_from_the_payload_or_the_handshake(served: Served) -> None:
    async with ready(served, {"Millrace-Tenant": "iowa"}, **{"Millrace-Tenant": "other"}):
        assert served.door.opened[-1].tenant == "iowa"
    async with ready(served, None, **{"Millrace-Tenant": "other"}):
        assert served.door.opened[-1].tenant == "other"


async def test_two_tokens_in_the_handshake_are_refused(served: Served) -> None:
    twice = [("Authorization", "Bearer staff"), ("Authorization", "Bearer forged")]
    async with connect(served.socket_url, subprotocols=[Subprotocol(PROTOCOL)], additional_headers=twice) as connection:
        assert await Wire(connection).closed() == (4400, "The header authorization is repeated.")


async def test_bad_token_closes_the_socket(served: Served) -> None:
    for payload, end in (
        ({"authorization": "Bearer forged"}, (4403, "UNAUTHENTICATED")),
        ({"millrace-tenant": "nowhere"}, (4403, "TENANT_REQUIRED")),
        ({"authorization": "Bearer crash"}, (4500, "Internal server error")),
        ({"authorization": 7}, (4400, "The payload's authorization has to be a string")),
        (
            {"authorization": "Bearer forged", "Authorization": "Bearer staff"},
            (4400, "The payload's authorization is repeated"),
        ),
        ({"millrace-tenant": None, "Millrace-Tenant": "iowa"}, (4400, "The payload's millrace-tenant is repeated")),
        ([], (4400, "The payload of connection_init has to be an object")),
    ):
        async with raw(served) as wire:
            await wire.send({"type": "connection_init", "payload": payload})
            assert await wire.closed() == end


async def test_socket_closes_when_its_token_ends(served: Served) -> None:
    async with ready(served, {"authorization": "Bearer short"}) as wire:
        await wire.subscribe("1", "subscription{ticks(to:100,every:0.1){context}}")
        assert await wire.closed() == (4403, "Token expired")
    await until(lambda: not RUNNING)


async def test_revoked_token_ends_the_subscription_at_the_next_event(served: Served) -> None:
    async with ready(served, {"authorization": "Bearer fired"}) as wire:
        await wire.subscribe("1", "subscription{ticks(to:100,every:0.1){context}}")
        assert (await wire.read())["type"] == "next"
        served.door.revoked.add("fired")
        message = await wire.read()
        while message["type"] == "next":
            message = await wire.read()
        assert [e["extensions"]["code"] for e in message["payload"]] == ["UNAUTHENTICATED"]
        await until(lambda: not RUNNING)


async def test_complete_ends_the_source_and_frees_the_id(served: Served) -> None:
    async with ready(served) as wire:
        await wire.subscribe("1", "subscription{ticks(to:1000,every:0.05){context}}")
        await wire.read()
        assert RUNNING == ["ticks"]
        await wire.send({"id": "1", "type": "complete"})
        await wire.subscribe("1", "{brand{id}}")
        message = await wire.read()
        while message.get("payload") != {"data": {"brand": {"id": "b1"}}}:
            message = await wire.read()
        assert await wire.read() == {"id": "1", "type": "complete"}
        await until(lambda: not RUNNING)
        await wire.send({"id": "never", "type": "complete"})
        await wire.send({"type": "ping"})
        assert await wire.read() == {"type": "pong"}


async def test_client_that_leaves_ends_its_sources(served: Served) -> None:
    async with ready(served) as wire:
        await wire.subscribe("1", "subscription{ticks(to:1000,every:0.05){context}}")
        await wire.read()
        wire.connection.transport.abort()
    await until(lambda: not RUNNING and served.door.inside == 0)


async def test_ping_is_answered_with_its_payload_before_and_after_init(served: Served) -> None:
    async with raw(served) as wire:
        await wire.send({"type": "ping", "payload": {"a": 1}})
        assert await wire.read() == {"type": "pong", "payload": {"a": 1}}
        await wire.send({"type": "pong"})
        await wire.send({"type": "connection_init"})
        assert await wire.read() == {"type": "connection_ack"}


async def test_only_this_protocol_is_spoken(served: Served) -> None:
    for protocol in ("graphql-ws", "soap"):
        offered = {"Sec-WebSocket-Protocol": protocol}
        async with connect(served.socket_url, additional_headers=offered) as c:
            assert await Wire(c).closed() == (4406, "Subprotocol not acceptable")
    async with connect(served.socket_url) as c:
        assert await Wire(c).closed() == (4406, "Subprotocol not acceptable")


async def test_socket_without_init_is_closed(impatient: Served) -> None:
    async with raw(impatient) as wire:
        assert await wire.closed() == (4408, "Connection initialisation timeout")


@pytest.mark.parametrize(
    ("first", "end"),
    [
        ({"type": "pong"}, (4408, "Connection initialisation timeout")),
        ({"type": "connection_init", "payload": {"authorization": "Bearer short"}}, (4403, "Token expired")),
    ],
)
async def test_a_client_that_never_pauses_is_closed_in_time_too(
    impatient: Served, first: dict[str, Any], end: tuple[int, str]
) -> None:
    # Without a socket: over one there is now and then no message waiting.
    messages = chain([{"type": "websocket.connect"}, received(first)], repeat(received({"type": "pong"})))
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    desk = Desk(impatient.door, impatient.graph, impatient.metrics)
    endpoint = SocketEndpoint(impatient.door, desk, impatient.graph.limits, impatient.metrics)
    async with asyncio.timeout(WAIT_SECONDS):
        await endpoint({"type": "websocket", "subprotocols": [PROTOCOL], "headers": []}, receive, send)
    assert (sent[-1]["type"], sent[-1]["code"], sent[-1]["reason"]) == ("websocket.close", *end)


def received(message: dict[str, Any]) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": orjson.dumps(message).decode()}


async def test_subscribe_before_ack_and_second_init_are_refused(served: Served) -> None:
    async with raw(served) as wire:
        await wire.subscribe("1", "{brand{id}}")
        assert await wire.closed() == (4401, "Unauthorized")
    async with ready(served) as wire:
        await wire.send({"type": "connection_init"})
        assert await wire.closed() == (4429, "Too many initialisation requests")


async def test_second_operation_with_a_running_id_is_refused(served: Served) -> None:
    async with ready(served) as wire:
        await wire.subscribe("x", "subscription{ticks(to:1000,every:0.05){context}}")
        await wire.subscribe("x", "{brand{id}}")
        assert await wire.closed() == (4409, "Subscriber for x already exists")
    await until(lambda: not RUNNING)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "null",
        "7",
        "[]",
        "{}",
        '{"type":"start","id":"1"}',
        '{"type":"subscribe"}',
        '{"type":"subscribe","id":7,"payload":{"query":"{brand{id}}"}}',
        '{"type":"subscribe","id":"","payload":{"query":"{brand{id}}"}}',
        '{"type":"subscribe","id":"' + "x" * 101 + '","payload":{"query":"{brand{id}}"}}',
        '{"type":"subscribe","id":"1"}',
        '{"type":"subscribe","id":"1","payload":{}}',
        '{"type":"subscribe","id":"1","payload":{"query":7}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}',
        '{"type":"ping","payload":' + "[" * 1000 + "]" * 1000 + "}",
        '{"type":"complete"}',
        b"{}",
    ],
)
async def test_malformed_message_closes_the_socket(served: Served, message: str | bytes) -> None:
    async with ready(served) as wire:
        await wire.connection.send(message)
        code, _ = await wire.closed()
        assert code == 4400


async def test_big_message_closes_the_socket(served: Served) -> None:
    async with ready(served) as wire:
        await wire.connection.send("x" * 5_001)
        assert (await wire.closed())[0] == 1009


async def test_operations_of_one_socket_are_limited(served: Served) -> None:
    async with ready(served) as wire:
        for name in "abc":
            await wire.subscribe(name, "subscription{ticks(to:1000,every:5){context}}")
            await wire.read()
        await wire.subscribe("d", "{brand{id}}")
        message = await wire.read()
        assert (message["id"], message["type"]) == ("d", "error")
        assert [e["extensions"]["code"] for e in message["payload"]] == ["TOO_MANY_OPERATIONS"]
        await wire.send({"id": "a", "type": "complete"})
        await until(lambda: len(RUNNING) == 2)
        await wire.subscribe("d", "{brand{id}}")
        assert (await wire.read())["type"] == "next"


async def test_client_that_reads_nothing_is_let_go() -> None:
    with small(socket_send_seconds=0.2) as served:
        query = "query($t:String!){" + " ".join(f"a{i}:echo(text:$t)" for i in range(10)) + "}"
        stalled = connect(served.socket_url, subprotocols=[Subprotocol(PROTOCOL)], max_queue=1, close_timeout=0.1)
        async with stalled as connection:
            wire = Wire(connection)
            await wire.send({"type": "connection_init"})
            await wire.read()
            for i in range(40):  # 36 MB of answers: more than the kernel buffers
                await wire.subscribe(str(i), query, variables={"t": "x" * 90_000})
            await until(lambda: served.metrics.registry.get_sample_value("millrace_sockets") == 0)
        assert served.door.inside == 0


async def test_sockets_of_one_process_are_limited_and_counted(served: Served) -> None:
    gauge = "millrace_sockets"
    await until(lambda: served.metrics.registry.get_sample_value(gauge) == 0)
    async with ready(served), ready(served), ready(served), ready(served):
        assert served.metrics.registry.get_sample_value(gauge) == 4
        async with raw(served) as fifth:
            assert await fifth.closed() == (1013, "Too many sockets")
    await until(lambda: served.metrics.registry.get_sample_value(gauge) == 0)


async def test_stop_tells_sockets_to_come_back_and_ends_their_sources() -> None:
    with small() as served:
        async with ready(served) as wire:
            await wire.subscribe("1", "subscription{ticks(to:1000,every:0.05){context}}")
            await wire.read()
            served.server.should_exit = True
            assert (await wire.closed())[0] == 1012
            await until(lambda: not served.thread.is_alive())
    assert not RUNNING
    assert served.door.inside == 0


async def test_stop_does_not_wait_for_ever_for_a_request() -> None:
    with small(request_seconds=60) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=20) as client:
            asked = asyncio.create_task(client.post("/graphql", json={"query": "{slow(seconds:50)}"}))
            await until(lambda: served.door.inside == 1)
            started = time.monotonic()
            served.server.should_exit = True
            await asyncio.gather(asked, return_exceptions=True)
            await until(lambda: not served.thread.is_alive())
    assert time.monotonic() - started < WAIT_SECONDS
    assert served.door.inside == 0


def test_npm_client_is_content() -> None:
    with small() as served:
        heard = run("socket.mjs", served.socket_url)
    assert heard["query"] == {"results": [{"data": {"brand": {"id": "b1"}}}], "error": None}
    assert heard["events"] == {"results": [{"data": {"count": i}} for i in range(3)], "error": None}
    assert heard["refused"]["results"] == []
    assert [e["extensions"]["code"] for e in heard["refused"]["error"]] == ["GRAPHQL_PARSE_FAILED"]
    assert heard["renewed"] == {"connections": 2, "count": 3, "error": None}
