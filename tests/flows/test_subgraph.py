"""The graph behind a gateway, on the wire: its credential, the viewer whom it asks for, documents of its own."""

from collections.abc import Iterator
from pathlib import Path
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
from tests.flows.fakes import lines
from tests.flows.served import SmallDoor, serving
from tests.flows.test_real_app import token
from tests.given import PRODUCTION
from tests.graph.documents import IOWA
from transport import Gateways, Graph, Metrics, routes
from transport.negotiation import GRAPHQL
from transport.parameters import sha256_of

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
    """Not even to learn what the types are."""
    sent = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    for query in (SERVICE, "{"):
        asked = httpx.post(f"{behind.url}/subgraph", json={"query": query}, headers=sent)
        assert (asked.status_code, asked.headers["www-authenticate"]) == (401, "Millrace-Gateway")
        assert asked.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


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


def test_the_metrics_tell_the_graphs_apart(behind: Real) -> None:
    def looked_up() -> dict[str, float]:
        counted = dict.fromkeys(("/graphql", "/subgraph"), 0.0)
        for line in httpx.get(f"{behind.url}/metrics").text.splitlines():
            if line.startswith("millrace_documents_lookups_total"):
                labels, _, value = line.rpartition(" ")
                counted[labels.split('graph="')[1].split('"')[0]] += float(value)
        return counted

    before = looked_up()
    for _ in range(2):
        ask(behind, ENTITIES, {"of": [STORE]}, **{"Millrace-Gateway": NEW})
    httpx.post(behind.graphql, json={"query": "{ viewer { actorClass } }"})
    assert looked_up() == {"/graphql": before["/graphql"] + 1, "/subgraph": before["/subgraph"] + 2}


def test_a_gateway_may_name_a_document_by_its_hash_once_it_has_sent_it(behind: Real) -> None:
    text = "{ tenant { code } }"
    named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256_of(text)}}}
    headers = {"Millrace-Gateway": NEW}

    def statements() -> float:
        name = 'millrace_request_statements_sum{type="query"}'
        page = httpx.get(f"{behind.url}/metrics").text.splitlines()
        return sum(float(each.rpartition(" ")[2]) for each in page if each.startswith(name))

    answers, taken = [], []
    for body in (named, {"query": text, **named}, named, {"query": text}):
        before = statements()
        answers.append(httpx.post(f"{behind.url}/subgraph", json=body, headers=headers).json())
        taken.append(statements() - before)
    assert answers[0]["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert answers[1:] == [{"data": {"tenant": {"code": "iowa"}}}] * 3
    assert taken == [0, 1, 1, 1]  # a name costs nothing


def test_in_production_the_gateway_names_the_tenant(
    access: boot.Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it composes: it reaches us under a host name of its own, and no client stands behind it then."""
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    settings = Settings(DATA_DIR=tmp_path, MILLRACE_POOL_SIZE=1, MILLRACE_GATEWAY_SECRETS=(NEW,))
    made = application.create(settings, access)
    with serving(made, application.limits_of(settings)) as (url, _, _):
        answers = [
            httpx.post(f"{url}/subgraph", json={"query": SERVICE}, headers={"Millrace-Gateway": NEW, **headers}).json()
            for headers in ({}, {"Millrace-Tenant": "iowa"})
        ]
    assert answers[0]["errors"][0]["extensions"]["code"] == "TENANT_REQUIRED"
    assert answers[1]["data"]["_service"]["sdl"].startswith("extend schema @link")


@pytest.mark.parametrize(
    ("query", "status"), [(SERVICE, 200), ("{", 400), ("{ nothing }", 400), (ENTITIES, 200)], ids=range(4)
)
def test_no_log_line_holds_a_secret(behind: Real, query: str, status: int) -> None:
    forged = {"Authorization": f"Bearer {NEW}"}
    asked: list[tuple[str, dict[str, str]]] = [(NEW, {}), (NEW, forged), (NEW[:-1], {})]
    with lines() as said:
        answers = [ask(behind, query, {"of": [STORE]}, **{"Millrace-Gateway": one, **more}) for one, more in asked]
    assert [answer.status_code for answer in answers] == [status, 401, 401]
    assert [line["path"] for line in said if "path" in line] == ["/subgraph"] * 3
    assert NEW[:-1] not in str(said)


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
