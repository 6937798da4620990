"""The real application on the wire: three ways to ask, tokens good and bad, tenants, health, metrics."""

import base64
import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError
from websockets.typing import Subprotocol

import app as application
import boot
from integrations.keys import Keys
from settings import Settings
from tests.flows.conftest import Real
from tests.graph.documents import IOWA, Q1
from transport.bearer import Identity, mint

SHOP = Keys("iowa").of("organization", "STORE", 2191)
CLERK = Identity(
    subject="store:2191/clerk", actor="staff", tenant=Keys("iowa").tenant_id, organization=SHOP, role="CLERK"
)
VIEWER = "{ viewer { actorClass } }"


def token(real: Real, who: Identity = CLERK, **changes: Any) -> str:
    facts = {
        "issuer": application.DEMO_ISSUER,
        "audience": application.DEMO_AUDIENCE,
        "lifetime": timedelta(hours=1),
        "now": time.time(),
        **changes,
    }
    return mint(facts.pop("secret", real.secret), who, **facts)


def ask(real: Real, query: str, bearer: str | None = None, **headers: str) -> httpx.Response:
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    return httpx.post(real.graphql, json={"query": query}, headers=headers)


async def over_websocket(real: Real, payload: dict[str, Any], init: dict[str, Any] | None = None) -> Any:
    url = real.graphql.replace("http", "ws")
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": init or {}}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        answer = json.loads(await socket.recv())
        assert json.loads(await socket.recv())["type"] == "complete"
    assert answer["type"] == "next"
    return answer["payload"]


async def test_the_storefront_query_answers_the_same_three_ways(real: Real) -> None:
    asked = {"query": Q1, "variables": {"id": IOWA.store(2191), "first": 3}}
    async with httpx.AsyncClient() as client:
        posted = (await client.post(real.graphql, json=asked)).json()
        parameters = {"query": Q1, "variables": json.dumps(asked["variables"])}
        got = (await client.get(real.graphql, params=parameters)).json()
    assert posted["data"]["store"]["name"] == "Keokuk Spirits"
    assert len(posted["data"]["store"]["shelf"]["edges"]) == 3
    assert posted == got == await over_websocket(real, asked)


async def test_a_clerk_is_known_over_http_and_websocket(real: Real) -> None:
    assert ask(real, VIEWER, token(real)).json() == {"data": {"viewer": {"actorClass": "STORE_CLERK"}}}
    answer = await over_websocket(real, {"query": VIEWER}, {"Authorization": f"Bearer {token(real)}"})
    assert answer == {"data": {"viewer": {"actorClass": "STORE_CLERK"}}}


async def test_what_only_a_clerk_sees_answers_the_same_three_ways(real: Real) -> None:
    inside = '{ store(id: "%s") { shelf(first: 2) { nodes { price trade { supplyPrice } } } } }' % IOWA.store(2191)
    bearer = {"Authorization": f"Bearer {token(real)}"}
    async with httpx.AsyncClient(headers=bearer) as client:
        posted = (await client.post(real.graphql, json={"query": inside})).json()
        got = (await client.get(real.graphql, params={"query": inside})).json()
    assert posted["data"]["store"]["shelf"]["nodes"][0] == {"price": 969, "trade": {"supplyPrice": 738}}
    assert posted == got == await over_websocket(real, {"query": inside}, bearer)


@pytest.mark.parametrize("name", ["alg none", "another key", "another audience", "expired"])
async def test_a_bad_token_opens_no_socket(real: Real, name: str) -> None:
    async with connect(
        real.graphql.replace("http", "ws"), subprotocols=[Subprotocol("graphql-transport-ws")]
    ) as socket:
        payload = {"Authorization": f"Bearer {bad_tokens(real)[name]}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        with pytest.raises(ConnectionClosedError):
            await socket.recv()
        assert socket.close_code == 4403


def unsigned(claims: dict[str, Any]) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


def bad_tokens(real: Real) -> dict[str, str]:
    now = time.time()
    claims = {"iss": application.DEMO_ISSUER, "aud": application.DEMO_AUDIENCE, "sub": "admin", "actor": "admin"}
    good = token(real)
    return {
        "alg none": unsigned({**claims, "tenant": str(CLERK.tenant), "iat": int(now), "exp": int(now) + 60}),
        "another key": token(real, secret=b"x" * 32),
        "another audience": token(real, audience="someone else"),
        "another issuer": token(real, issuer="someone else"),
        "expired": token(real, now=now - 7200),
        "a changed payload": ".".join([good.split(".")[0], unsigned(claims).split(".")[1], good.split(".")[2]]),
        "no token": "x",
        "a long one": "x" * 20_000,
        "a role she does not have": token(
            real, Identity(subject=CLERK.subject, actor="staff", tenant=CLERK.tenant, organization=SHOP, role="MANAGER")
        ),
        "a tenant that is not there": token(real, Identity(subject="admin", actor="admin", tenant=UUID(int=1))),
    }


BAD = (
    "alg none",
    "another key",
    "another audience",
    "another issuer",
    "expired",
    "a changed payload",
    "no token",
    "a long one",
    "a role she does not have",
    "a tenant that is not there",
)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_told_the_same_whatever_is_wrong_with_it(real: Real, name: str) -> None:
    answered = ask(real, "{ nothing", bad_tokens(real)[name])
    assert answered.status_code == 401
    assert answered.headers["www-authenticate"].startswith("Bearer")
    assert answered.json()["errors"] == [
        {"message": "The bearer token is not valid.", "extensions": {"code": "UNAUTHENTICATED"}}
    ]
    assert "data" not in answered.json()


def test_every_bad_token_is_tried(real: Real) -> None:
    assert set(bad_tokens(real)) == set(BAD)


def test_the_tenant_comes_by_host_or_header(real: Real) -> None:
    query = "{ tenant { code } }"
    assert ask(real, query).json()["data"] == {"tenant": {"code": "iowa"}}
    assert ask(real, query, Host="forty.example").json()["data"] == {"tenant": {"code": "forty"}}
    headers = {"Millrace-Tenant": "forty"}
    assert ask(real, query, **headers).json()["data"] == {"tenant": {"code": "forty"}}
    assert ask(real, query, token(real), **headers).status_code == 401
    nowhere = ask(real, query, **{"Millrace-Tenant": "nowhere"})
    assert nowhere.json()["errors"][0]["extensions"] == {"code": "TENANT_REQUIRED"}


def test_a_field_that_is_not_for_her_is_forbidden_with_its_path(real: Real) -> None:
    query = '{ sku(id: "%s") { stock: channelStock { onHand } } }' % IOWA.sku(43337)
    answered = ask(real, query, token(real), Accept="application/graphql-response+json")
    assert answered.status_code == 403
    assert answered.json() == {
        "errors": [
            {"message": "You may not read sku.stock.", "path": ["sku", "stock"], "extensions": {"code": "FORBIDDEN"}}
        ]
    }


@pytest.mark.parametrize(("seconds", "limit"), [(300, "5min"), (20.0001, "20001ms")])
async def test_the_server_gives_no_statement_and_no_pause_longer_than_a_request_has(
    access: boot.Access, seconds: float, limit: str
) -> None:
    settings = Settings(MILLRACE_REQUEST_TIMEOUT_S=seconds, MILLRACE_POOL_SIZE=1)
    assert application.limits_of(settings).request_seconds == seconds
    pool = application.pool_of(settings, access)
    async with pool.engine.connect() as connection:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            assert await connection.scalar(text(f"SHOW {name}")) == limit
    await pool.close()


def test_health_and_metrics(real: Real) -> None:
    assert httpx.get(f"{real.url}/health/live").status_code == 200
    assert httpx.get(f"{real.url}/health/ready").json() == {"status": "ready"}
    ask(real, VIEWER)
    metrics = httpx.get(f"{real.url}/metrics").text
    assert 'millrace_requests_total{code="OK",type="query"}' in metrics
    assert 'millrace_pool_connections{state="idle"}' in metrics
    assert "millrace_request_statements_bucket" in metrics


def test_a_request_keeps_its_id(real: Real) -> None:
    assert ask(real, VIEWER, **{"X-Request-Id": "mine-1"}).headers["x-request-id"] == "mine-1"
    assert len(ask(real, VIEWER).headers["x-request-id"]) >= 16


def test_the_tools_own_introspection_is_answered(real: Real) -> None:
    from graphql import build_client_schema, get_introspection_query

    answered = httpx.post(real.graphql, json={"query": get_introspection_query()}).json()
    assert "errors" not in answered
    built = build_client_schema(answered["data"])
    assert built.query_type is not None
    assert "store" in built.query_type.fields
