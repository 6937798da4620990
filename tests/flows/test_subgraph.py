"""The graph behind a gateway, on the wire: its credential, the viewer whom it asks for, documents of its own."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

import app as application
import boot
import schema
from settings import Settings
from tests.engine.small import LIMITS, strawberry_schema
from tests.flows.conftest import Real
from tests.flows.served import SmallDoor, serving
from tests.flows.test_real_app import token
from tests.graph.documents import IOWA
from transport import Gateways, Graph, Metrics, routes
from transport.negotiation import GRAPHQL

OLD, NEW = "an-old-secret-of-the-gateway-0123456789", "a-new-secret-of-the-gateway-0123456789"
STORE = {"__typename": "Store", "id": IOWA.store(2191)}
ENTITIES = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Store { name } } }"
SERVICE = "{ _service { sdl } }"


async def ready() -> None:
    """The small schema needs no database."""


@pytest.fixture(scope="module")
def behind(access: boot.Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """The application as a part of a larger graph, its schema closed to clients."""
    settings = Settings(
        DATA_DIR=tmp_path_factory.mktemp("data"),
        MILLRACE_POOL_SIZE=2,
        MILLRACE_INTROSPECTION=False,
        MILLRACE_GATEWAY_SECRETS=(OLD, NEW),
    )
    made = application.create(settings, access)
    with serving(made, application.limits_of(settings)) as (url, _, _):
        yield Real(url, application.secret_of(settings))


def ask(real: Real, query: str, variables: dict[str, Any], **headers: str) -> httpx.Response:
    return httpx.post(
        f"{real.url}/subgraph",
        json={"query": query, "variables": variables},
        headers={"accept": GRAPHQL, **headers},
    )


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_a_gateway_asks_for_entities_and_composes(behind: Real, secret: str) -> None:
    asked = ask(behind, ENTITIES, {"of": [STORE]}, **{"Millrace-Gateway": secret})
    assert (asked.status_code, asked.json()) == (200, {"data": {"_entities": [{"name": "Keokuk Spirits"}]}})
    told = ask(behind, SERVICE, {}, **{"Millrace-Gateway": secret}).json()
    assert told["data"]["_service"]["sdl"] == schema.federation.composed_of(schema.subgraph())
    closed = ask(behind, "{ __schema { types { name } } }", {}, **{"Millrace-Gateway": secret})
    assert closed.json()["errors"][0]["extensions"]["code"] == "INTROSPECTION_DISABLED"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Millrace-Gateway": ""},
        {"Millrace-Gateway": OLD[:-1]},
        {"Millrace-Gateway": f"{OLD},{NEW}"},
        {"Millrace-Gateway": "ü" * 40},
        {"Authorization": f"Bearer {OLD}"},
    ],
)
def test_nobody_else_asks_there(behind: Real, headers: dict[str, str]) -> None:
    """Not even what the types are; and nothing of a secret is said again."""
    sent = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    for query in (SERVICE, "{"):
        asked = httpx.post(f"{behind.url}/subgraph", json={"query": query}, headers=sent)
        assert (asked.status_code, asked.headers["www-authenticate"]) == (401, "Millrace-Gateway")
        assert asked.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert "secret" not in asked.text


def test_two_credentials_are_none(behind: Real) -> None:
    both = [("Millrace-Gateway", OLD), ("Millrace-Gateway", NEW)]
    asked = httpx.post(f"{behind.url}/subgraph", json={"query": SERVICE}, headers=both)
    assert (asked.status_code, asked.json()["errors"][0]["message"]) == (
        400,
        "The header millrace-gateway is repeated.",
    )


def test_the_viewer_is_whose_token_is_passed_on(behind: Real) -> None:
    """Without one it is nobody, to whom the gate closes what is not public."""
    page = "{ ... on Store { ordersPlaced(first: 1) { totalCount } } }"
    inside = "query ($of: [_Any!]!) { _entities(representations: $of) %s }" % page
    gateway = {"Millrace-Gateway": NEW}
    assert ask(behind, inside, {"of": [STORE]}, **gateway).status_code == 403
    bearer = f"Bearer {token(behind)}"
    seen = ask(behind, inside, {"of": [STORE]}, Authorization=bearer, **gateway).json()
    assert seen["data"]["_entities"][0]["ordersPlaced"]["totalCount"] > 0
    assert ask(behind, inside, {"of": [STORE]}, Authorization="Bearer forged", **gateway).status_code == 401


def test_the_metrics_are_of_both_graphs(behind: Real) -> None:
    def looked_up() -> float:
        page = httpx.get(f"{behind.url}/metrics").text
        lines = [line for line in page.splitlines() if line.startswith("millrace_documents_lookups_total")]
        assert len(lines) == 2
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    before = looked_up()
    ask(behind, ENTITIES, {"of": [STORE]}, **{"Millrace-Gateway": NEW})
    httpx.post(behind.graphql, json={"query": "{ viewer { actorClass } }"})
    assert looked_up() == before + 2


def test_a_gateway_writes_documents_for_clients_that_may_send_stored_ones_alone() -> None:
    """What such a client may send is the gateway's to tell at its own door; at ours it is held as ever."""
    graph, part = (Graph.of(strawberry_schema, LIMITS, introspection=False, behind_gateway=it) for it in (False, True))
    made = Starlette(routes=routes(SmallDoor(), graph, Metrics(), ready, (part, Gateways([NEW]))))
    headers = {"authorization": "Bearer kiosk", "millrace-gateway": NEW}
    with serving(made, LIMITS) as (url, _, _):
        answer, refused = (
            httpx.post(f"{url}/{path}", json={"query": "{ brand { id } }"}, headers=headers).json()
            for path in ("subgraph", "graphql")
        )
    assert answer == {"data": {"brand": {"id": "b1"}}}
    assert refused["errors"][0]["extensions"]["code"] == "STORED_DOCUMENTS_ONLY"


def test_nothing_is_served_there_without_a_gateway(real: Real) -> None:
    assert ask(real, SERVICE, {}, **{"Millrace-Gateway": OLD}).status_code == 404
