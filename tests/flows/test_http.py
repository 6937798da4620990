"""/graphql over HTTP, health, metrics and logs, against a real uvicorn (httptools, uvloop)."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.engine.hostile import CIRCLES, HOSTILE
from tests.flows.served import Served, small
from transport.negotiation import GRAPHQL, JSON, is_json, response_type

ASK = {"query": "{brand{id}}"}
DEAR = "query($n:Int!){brand{products(first:$n){edges{node{id brand{rivals{rivals{rivals{id}}}}}}}}}"
STAFF = {"authorization": "Bearer staff"}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with small(body_bytes=20_000, request_seconds=0.5) as running:
        yield running


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url) as client:
        yield client


def codes(response: httpx.Response) -> list[str]:
    return [e["extensions"]["code"] for e in response.json()["errors"]]


def post(client: httpx.Client, body: Any, accept: str = JSON, **headers: str) -> httpx.Response:
    return client.post("/graphql", json=body, headers={"accept": accept, **headers})


def test_answer_is_small_and_complete(client: httpx.Client) -> None:
    response = post(client, ASK)
    assert response.status_code == 200
    assert response.content == b'{"data":{"brand":{"id":"b1"}}}'
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert "server" not in response.headers


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{JSON}, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON};q=0.9", JSON),
        (f"{GRAPHQL};q=0.9, {JSON};q=0.5", GRAPHQL),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"{JSON};q=0.5, */*;q=0.8", GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON};q=0.9", GRAPHQL),
        ("APPLICATION/JSON", JSON),
        ("text/html, */*;q=0.1", JSON),
        ("text/html", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=nan", None),
        (f"{JSON};q=7", None),
        (",;,", None),
        ("text/html," * 1000 + JSON, JSON),
    ],
)
def test_media_type_is_negotiated(accept: str | None, expected: str | None) -> None:
    assert response_type(accept) == expected


@pytest.mark.parametrize(
    ("content_type", "read"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8", True),
        ('Application/JSON;charset="UTF-8"', True),
        ("application/json; charset=latin-1", False),
        ("application/graphql", False),
        ("text/plain", False),
        ("application/x-www-form-urlencoded", False),
        ("multipart/form-data; boundary=x", False),
        ("application/jsonp", False),
        (None, False),
    ],
)
def test_only_json_bodies_are_read(content_type: str | None, read: bool) -> None:
    assert is_json(content_type) is read


def test_unacceptable_accept_and_unread_bodies_are_refused(client: httpx.Client) -> None:
    refused = post(client, ASK, "text/html")
    assert (refused.status_code, codes(refused)) == (406, ["NOT_ACCEPTABLE"])
    plain = client.post("/graphql", content=b'{"query":"{brand{id}}"}', headers={"content-type": "text/plain"})
    assert (plain.status_code, codes(plain)) == (415, ["UNSUPPORTED_MEDIA_TYPE"])
    packed = post(client, ASK, **{"content-encoding": "gzip"})
    assert (packed.status_code, codes(packed)) == (415, ["UNSUPPORTED_MEDIA_TYPE"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'"x"',
        b"5",
        b"null",
        b"true",
        b"[]",
        b'[{"query":"{brand{id}}"}]',
        b"{}",
        b'{"query":null}',
        b'{"query":7}',
        b'{"query":"{brand{id}}","variables":[]}',
        b'{"query":"{brand{id}}","variables":"{}"}',
        b'{"query":"{brand{id}}","operationName":7}',
        b'{"query":"{brand{id}}","extensions":"x"}',
        b'{"query":"\xff\xfe"}',
        b'\xef\xbb\xbf{"query":"{brand{id}}"}',
        b'{"query":"\\ud800"}',
        b"[" * 9_000,
        b'{"a":' * 3_000,
        b'{"query":"{brand{id}}","variables":{"a":' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"query":"{brand{id}}","operationName":"' + b"x" * 201 + b'"}',
        b'{"query":"{brand{id}}","variables":{"a":NaN}}',
        '{"query":"{brand{id}}"}'.encode("utf-16"),
    ],
)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
def test_malformed_request_is_400_with_a_code(client: httpx.Client, body: bytes, accept: str) -> None:
    response = client.post("/graphql", content=body, headers={"content-type": JSON, "accept": accept})
    assert (response.status_code, codes(response)) == (400, ["BAD_REQUEST"])
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert list(response.json()) == ["errors"]


def test_variables_may_nest_up_to_the_limit(client: httpx.Client, served: Served) -> None:
    def nested(levels: int) -> Any:
        value: Any = 1
        for _ in range(levels):
            value = [value]
        return {**ASK, "variables": {"a": value}}

    inside = served.graph.limits.variables_depth - 2  # the body and the map are two levels themselves
    assert post(client, nested(inside)).status_code == 200
    assert codes(post(client, nested(inside + 1))) == ["BAD_REQUEST"]


def test_large_bodies_are_refused_declared_or_streamed(client: httpx.Client) -> None:
    padded = {**ASK, "extensions": {"x": "y" * 20_000}}
    declared = post(client, padded)
    assert (declared.status_code, codes(declared)) == (413, ["PAYLOAD_TOO_LARGE"])

    def chunks() -> Iterator[bytes]:
        yield b'{"query":"'
        for _ in range(30):
            yield b" " * 1_000
        yield b'{brand{id}}"}'

    streamed = client.post("/graphql", content=chunks(), headers={"content-type": JSON})
    assert (streamed.status_code, codes(streamed)) == (413, ["PAYLOAD_TOO_LARGE"])
    got = client.get("/graphql", params={"query": "{brand{id}}" + " " * 20_000})
    assert (got.status_code, codes(got)) == (414, ["PAYLOAD_TOO_LARGE"])


def test_body_in_pieces_is_read(client: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"query":"{bra'
        yield b'nd{id}}"}'

    response = client.post("/graphql", content=chunks(), headers={"content-type": JSON})
    assert response.json() == {"data": {"brand": {"id": "b1"}}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{nothing}", "GRAPHQL_VALIDATION_FAILED"),
        ("{brand" + "{rivals" * 13 + "{id}" + "}" * 14, "QUERY_TOO_COMPLEX"),
        ("query A{brand{id}} query B{brand{id}}", "OPERATION_RESOLUTION_FAILURE"),
        ("query($n:Int!){echo(number:$n)}", "BAD_USER_INPUT"),
        (DEAR, "QUERY_TOO_COMPLEX"),
    ],
)
def test_refused_document_is_200_as_json_and_400_as_graphql(client: httpx.Client, query: str, code: str) -> None:
    variables = {"n": 100} if query is DEAR else {}
    for accept, status in ((JSON, 200), (GRAPHQL, 400)):
        response = post(client, {"query": query, "variables": variables}, accept)
        assert (response.status_code, codes(response)) == (status, [code])
        assert list(response.json()) == ["errors"]


def test_no_hostile_document_gets_further_than_its_refusal() -> None:
    with small() as served, httpx.Client(base_url=served.url) as client:
        for make, _ in HOSTILE.values():
            response = post(client, {"query": make(), "variables": {"n": 100}}, GRAPHQL)
            assert (response.status_code, codes(response)) == (400, ["QUERY_TOO_COMPLEX"])
        for circle in CIRCLES.values():
            response = post(client, {"query": circle()}, GRAPHQL)
            assert (response.status_code, codes(response)) == (400, ["GRAPHQL_VALIDATION_FAILED"])


def test_field_errors_leave_the_data_in_a_200(client: httpx.Client) -> None:
    response = post(client, {"query": "{broken brand{id}}"}, GRAPHQL)
    assert response.status_code == 200
    assert response.json()["data"] == {"broken": None, "brand": {"id": "b1"}}
    assert codes(response) == ["INTERNAL_ERROR"]
    assert "hunter2" not in response.text


def test_a_database_lost_while_the_document_runs_is_a_field_error_in_a_200(client: httpx.Client) -> None:
    for accept in (JSON, GRAPHQL):
        response = post(client, {"query": "{lost brand{id}}"}, accept)
        assert (response.status_code, codes(response)) == (200, ["UNAVAILABLE"])
        assert response.json()["data"] == {"lost": None, "brand": {"id": "b1"}}


def test_bad_token_is_401_before_anything_is_said_of_the_document(client: httpx.Client) -> None:
    for accept in (JSON, GRAPHQL):
        for query in ("{brand{id}}", "{nothing}", "{"):
            response = post(client, {"query": query}, accept, authorization="Bearer forged")
            assert (response.status_code, codes(response)) == (401, ["UNAUTHENTICATED"])
            assert response.headers["www-authenticate"] == "Bearer"
            assert list(response.json()) == ["errors"]


def test_missing_tenant_is_a_request_error(client: httpx.Client) -> None:
    assert post(client, ASK, JSON, **{"millrace-tenant": "nowhere"}).status_code == 200
    response = post(client, ASK, GRAPHQL, **{"millrace-tenant": "nowhere"})
    assert (response.status_code, codes(response)) == (400, ["TENANT_REQUIRED"])


def test_door_that_breaks_is_a_masked_500(client: httpx.Client) -> None:
    for accept in (JSON, GRAPHQL):
        response = post(client, ASK, accept, authorization="Bearer crash")
        assert (response.status_code, codes(response)) == (500, ["INTERNAL_ERROR"])
        assert "hunter2" not in response.text


def test_closed_field_is_forbidden_with_its_path_and_nothing_runs(client: httpx.Client) -> None:
    query = {"query": "{brand{products{edges{node{costFen}}}}}"}
    for accept, status in ((JSON, 200), (GRAPHQL, 403)):
        response = post(client, query, accept)
        assert (response.status_code, codes(response)) == (status, ["FORBIDDEN"])
        assert response.json()["errors"][0]["path"] == ["brand", "products", "edges", "node", "costFen"]
        assert "data" not in response.json()
    allowed = post(client, query, **STAFF)
    assert allowed.json() == {"data": {"brand": {"products": {"edges": [{"node": {"costFen": 7}}]}}}}


def test_facts_reach_the_door(client: httpx.Client, served: Served) -> None:
    headers = {"millrace-tenant": "iowa", "x-request-id": "abc-1", "host": "shop.example", **STAFF}
    assert post(client, ASK, **headers).headers["x-request-id"] == "abc-1"
    facts = served.door.opened[-1]
    assert (facts.authorization, facts.host, facts.tenant) == ("Bearer staff", "shop.example", "iowa")
    assert facts.request_id == "abc-1"
    assert served.door.inside == 0


def test_repeated_identity_headers_are_refused(client: httpx.Client) -> None:
    twice = [("authorization", "Bearer staff"), ("authorization", "Bearer forged"), ("content-type", JSON)]
    response = client.post("/graphql", content=json.dumps(ASK), headers=twice)
    assert (response.status_code, codes(response)) == (400, ["BAD_REQUEST"])


def test_get_runs_queries_only(client: httpx.Client) -> None:
    assert client.get("/graphql", params=ASK).json() == {"data": {"brand": {"id": "b1"}}}
    with_variables = {"query": "query Q($t:String!){echo(text:$t)}", "variables": '{"t":"早"}', "operationName": "Q"}
    assert client.get("/graphql", params=with_variables).json() == {"data": {"echo": "早"}}
    for accept in (JSON, GRAPHQL):
        refused = client.get("/graphql", params={"query": "mutation{order{__typename}}"}, headers={"accept": accept})
        assert (refused.status_code, codes(refused)) == (405, ["METHOD_NOT_ALLOWED"])
        assert refused.headers["allow"] == "POST"
    posted = post(client, {"query": "mutation{order{__typename}}"})
    assert posted.json() == {"data": {"order": {"__typename": "OutOfStock"}}}


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=%FF",
        "query=%7Bbrand%7Bid%7D%7D&variables=%5B%5D",
        "query=%7Bbrand%7Bid%7D%7D&variables=%7B",
        "query=%7Bbrand%7Bid%7D%7D&query=%7Bbrand%7Bid%7D%7D",
        "&".join(f"a{i}=1" for i in range(11)),
    ],
)
def test_malformed_get_is_400(client: httpx.Client, query_string: str) -> None:
    response = client.get(f"/graphql?{query_string}")
    assert (response.status_code, codes(response)) == (400, ["BAD_REQUEST"])


def test_empty_optional_parameters_of_a_get_count_as_absent(client: httpx.Client) -> None:
    params = {**ASK, "variables": "", "operationName": "", "extensions": ""}
    assert client.get("/graphql", params=params).json() == {"data": {"brand": {"id": "b1"}}}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_405(client: httpx.Client, method: str) -> None:
    response = client.request(method, "/graphql")
    assert (response.status_code, codes(response)) == (405, ["METHOD_NOT_ALLOWED"])
    assert response.headers["allow"] == "GET, POST"


def test_subscription_over_http_is_refused(client: httpx.Client) -> None:
    response = post(client, {"query": "subscription{count(to:1)}"})
    assert (response.status_code, codes(response)) == (400, ["BAD_REQUEST"])


def test_request_that_takes_too_long_is_503_and_leaves_nothing_open(client: httpx.Client, served: Served) -> None:
    started = time.monotonic()
    response = post(client, {"query": "{slow(seconds:30)}"})
    assert (response.status_code, codes(response)) == (503, ["TIMEOUT"])
    assert time.monotonic() - started < 5
    assert served.door.inside == 0


def test_value_that_json_cannot_hold_is_masked(client: httpx.Client) -> None:
    response = post(client, {"query": "{huge}"})
    assert (response.status_code, codes(response)) == (500, ["INTERNAL_ERROR"])


def test_introspection_off_leaks_no_names() -> None:
    with small(introspection=False) as served, httpx.Client(base_url=served.url) as client:
        refused = post(client, {"query": "{__schema{types{name}}}"}, GRAPHQL)
        assert (refused.status_code, codes(refused)) == (400, ["INTROSPECTION_DISABLED"])
        for query in ("{bran{id}}", "query($b:By!){find(by:$b)}"):
            assert "Did you mean" not in post(client, {"query": query, "variables": {"b": {"cod": 1}}}).text


def test_cors_admits_the_origins_named_and_no_credentials() -> None:
    with small(cors=("https://shop.example",)) as served, httpx.Client(base_url=served.url) as client:
        ask = {"access-control-request-method": "POST", "access-control-request-headers": "content-type,authorization"}
        admitted = client.options("/graphql", headers={"origin": "https://shop.example", **ask})
        assert admitted.status_code == 200
        assert admitted.headers["access-control-allow-origin"] == "https://shop.example"
        assert "access-control-allow-credentials" not in admitted.headers
        refused = client.options("/graphql", headers={"origin": "https://evil.example", **ask})
        assert refused.status_code == 400
        assert "access-control-allow-origin" not in refused.headers
