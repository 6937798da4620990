"""Health, metrics and logs of a served application, against a real uvicorn."""

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import httpx
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

import boot
from domain.base import Fault
from tests.flows.served import STORED, Served, small
from transport import PATH, Metrics, logs
from transport.metrics import CODES
from transport.negotiation import JSON

ASK = {"query": "{brand{id}}"}
SECRET = {"query": "{brand{products{edges{node{costFen}}}}}"}
"""Staff's alone."""
DEAR = "query($n:Int!){brand{products(first:$n){edges{node{brand{rivals{rivals{id}}}}}}}}"
"""Dear or not, as the variable says."""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with small() as running:
        yield running


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url) as client:
        yield client


def post(client: httpx.Client, body: Any, **headers: str) -> httpx.Response:
    return client.post("/graphql", json=body, headers=headers)


def shown(client: httpx.Client) -> list[Sample]:
    """What /metrics shows, but for when each counter began."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return [s for family in families for s in family.samples if not s.name.endswith("_created")]


def executions(client: httpx.Client) -> dict[tuple[str, str], float]:
    """How many operations ran, by the way they ran and the reason."""
    return {
        (s.labels["how"], s.labels["reason"]): s.value
        for s in shown(client)
        if s.name == "millrace_executions_total" and s.labels["graph"] == PATH
    }


def plans(client: httpx.Client) -> dict[str, float]:
    """What is told of the plans: compiled, kept, bytes."""
    return {
        s.name: s.value for s in shown(client) if s.name.startswith("millrace_plans_") and s.labels["graph"] == PATH
    }


def test_health_tells_live_from_ready() -> None:
    async def broken() -> None:
        raise ConnectionRefusedError("postgresql://app:hunter2@db")

    async def stuck() -> None:
        await asyncio.sleep(30)

    for probe, reason in ((broken, "ConnectionRefusedError"), (stuck, "timeout")):
        with small(probe=probe, probe_seconds=0.1) as served, httpx.Client(base_url=served.url) as client:
            assert client.get("/health/live").json() == {"status": "live"}
            response = client.get("/health/ready")
            assert (response.status_code, response.json()) == (503, {"status": "unready", "reason": reason})


def test_ready_is_200_when_the_probe_returns(client: httpx.Client) -> None:
    response = client.get("/health/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


def test_metrics_count_by_kind_and_code() -> None:
    with small() as served, httpx.Client(base_url=served.url) as client:
        for _ in range(3):
            post(client, ASK)
        post(client, {"query": "mutation{order{__typename}}"})
        post(client, SECRET)
        post(client, {"query": "{brand{" + " ".join(f"a{i}:id" for i in range(31)) + "}}"})
        post(client, {"query": "{known}"})
        client.post("/graphql", content=b"{", headers={"content-type": JSON})
        samples = {(s.name, *sorted(s.labels.values())): s.value for s in shown(client)}
    requests = {key[1:]: value for key, value in samples.items() if key[0] == "millrace_requests_total"}
    assert requests == {
        ("OK", "query"): 3,
        ("OK", "mutation"): 1,
        ("FORBIDDEN", "query"): 1,
        ("QUERY_TOO_COMPLEX", "none"): 1,
        ("INTERNAL_ERROR", "query"): 1,
        ("BAD_REQUEST", "none"): 1,
    }
    assert samples["millrace_gate_refusals_total", "aliases"] == 1
    assert samples["millrace_documents_lookups_total", "/graphql", "hit"] == 2
    assert samples["millrace_documents_lookups_total", "/graphql", "miss"] == 5
    assert samples["millrace_documents_kept", "/graphql"] == 4
    assert samples["millrace_request_seconds_count", "query"] == 5
    assert samples["millrace_request_statements_sum", "query"] == 4 * 3
    assert samples["millrace_pool_connections", "busy"] == 1


def test_metrics_count_how_operations_ran_and_why_not_on_a_plan(written: io.StringIO) -> None:
    wrong = {"query": "query($n:Int){echo(number:$n)}", "variables": {"n": "one"}}
    with small() as served, httpx.Client(base_url=served.url) as client:
        assert (executions(client), plans(client)["millrace_plans_kept"]) == ({}, 0)
        for body, times in ((ASK, 3), (wrong, 2), ({"query": "{must}"}, 3)):
            for _ in range(times):
                post(client, body)
        assert executions(client) == {
            ("planned", ""): 2,
            ("reference", "new"): 2,
            ("reference", "variables"): 2,
            ("fallback", "null"): 2,
        }
        told = plans(client)
        assert told == {
            "millrace_plans_compiled_total": 2,
            "millrace_plans_kept": 2,
            "millrace_plans_bytes": served.graph.executor.plans.bytes,
        }
        assert told["millrace_plans_bytes"] > 0


@pytest.mark.parametrize(
    ("refused", "let", "code"),
    [
        ((SECRET, ""), (SECRET, "staff"), "FORBIDDEN"),
        (
            ({"query": DEAR, "variables": {"n": 100}}, ""),
            ({"query": DEAR, "variables": {"n": 1}}, ""),
            "QUERY_TOO_COMPLEX",
        ),
    ],
)
def test_what_is_refused_becomes_no_plan_and_runs_on_none(
    refused: tuple[Any, str], let: tuple[Any, str], code: str
) -> None:
    def asked(client: httpx.Client, body: Any, token: str) -> list[str]:
        answers = [post(client, body, authorization=f"Bearer {token}".strip()).json() for _ in range(3)]
        return [error["extensions"]["code"] for answer in answers for error in answer.get("errors", ())]

    with small() as served, httpx.Client(base_url=served.url) as client:
        none = plans(client)
        assert asked(client, *refused) == [code] * 3
        assert (plans(client), executions(client)) == (none, {})
        assert asked(client, *let) == []
        one = plans(client), executions(client)
        assert (one[0]["millrace_plans_compiled_total"], one[1]["planned", ""]) == (1, 2)
        assert asked(client, *refused) == [code] * 3
        assert (plans(client), executions(client)) == one


def test_unknown_code_is_counted_as_other() -> None:
    metrics = Metrics()
    metrics.answered("query", "INVENTED", 0.1, None)
    metrics.answered("invented", "OK", 0.1, None)
    assert metrics.registry.get_sample_value("millrace_requests_total", {"type": "query", "code": "OTHER"}) == 1
    assert metrics.registry.get_sample_value("millrace_requests_total", {"type": "none", "code": "OK"}) == 1
    assert "OTHER" not in CODES


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "näh", "a\tb"])
def test_odd_request_ids_are_replaced(client: httpx.Client, sent: str) -> None:
    answered = client.get("/health/live", headers={b"x-request-id": sent.encode()}).headers["x-request-id"]
    assert answered != sent
    assert len(answered) == 24


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The log of the process, as machines read it."""
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    yield stream
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_line_of_a_request_carries_its_id_and_no_token(client: httpx.Client, written: io.StringIO) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
    query = "query Mine{broken}" + "#" * 5000
    post(client, {"query": query}, **{"x-request-id": "id-7", "authorization": f"Bearer {token}"})
    mine = [line for line in lines(written) if line.get("request_id") == "id-7"]
    assert [line["event"] for line in mine] == ["graphql.fault", "http.done"]
    fault, done = mine
    assert "Traceback" in fault["exception"]
    assert len(fault["query"]) == 500
    assert (done["status"], done["kind"], done["operation"], done["code"]) == (200, "query", "Mine", "INTERNAL_ERROR")
    assert done["statements"] == 3
    assert token not in written.getvalue()


def test_a_line_says_which_client_asks_and_whether_a_stored_document(
    client: httpx.Client, written: io.StringIO
) -> None:
    post(client, {"query": STORED}, **{"x-request-id": "sent"})
    post(client, {"documentId": sha256(STORED.encode()).hexdigest()}, **{"x-request-id": "stored"})
    done = {line["request_id"]: line for line in lines(written) if line["event"] == "http.done"}
    assert [(done[name]["client"], done[name]["stored"]) for name in ("sent", "stored")] == [
        ("anonymous", False),
        ("anonymous", True),
    ]


def test_a_request_is_answered_though_nobody_reads_the_log(client: httpx.Client, written: io.StringIO) -> None:
    written.close()
    assert post(client, {"query": STORED}).status_code == 200
    logs.configure("info", "json", io.StringIO())


SAID = re.compile(r'(?:code=|"code": |_refused\(|error_entry\(|[^_]refusal\([^)]*, |_coded\(\w+, )"([A-Z_]+)"')


def faults(kind: type[Fault]) -> set[str]:
    return {kind.code}.union(*(faults(each) for each in kind.__subclasses__()))


def test_every_code_that_is_said_is_counted_under_its_name() -> None:
    files = [*(boot.PROJECT / "transport").rglob("*.py"), *(boot.PROJECT / "engine").rglob("*.py")]
    said = {code for file in files for code in SAID.findall(file.read_text())}
    assert said >= {"STORED_DOCUMENTS_ONLY", "PERSISTED_QUERY_NOT_FOUND", "QUERY_TOO_COMPLEX", "BAD_REQUEST"}
    assert (said | faults(Fault)) - CODES == set()


def test_good_health_is_not_logged(client: httpx.Client, written: io.StringIO) -> None:
    client.get("/health/live")
    client.get("/metrics")
    assert client.get("/nothing").status_code == 404
    assert [line["path"] for line in lines(written) if line["event"] == "http.done"] == ["/nothing"]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("BEARER abcdefgh12345", "[redacted]"),
        ("x eyJabcd.eyJefgh.sig", "x [redacted]"),
        ("redis://a:b@c", "redis://[redacted]@c"),
        ("a bearer of news", "a bearer of news"),
        ("https://shop.example/eyJ", "https://shop.example/eyJ"),
    ],
)
def test_a_secret_of_any_kind_is_taken_out_alone(written: io.StringIO, said: str, left: str) -> None:
    structlog.get_logger().info("x", text=said, other="nothing")
    (line,) = lines(written)
    assert (line["text"], line["other"]) == (left, "nothing")


def test_secrets_are_taken_out_of_lines(written: io.StringIO) -> None:
    structlog.get_logger().info(
        "x",
        token="t",
        Authorization="Bearer abc",
        text="sent Bearer abcdefgh12345 and eyJabcd.eyJefgh.sig to postgresql://app:hunter2@db/millrace",
    )
    logging.getLogger("asyncpg").error("cannot reach %s", "postgresql://app:hunter2@db")
    ours, theirs = lines(written)
    assert (ours["token"], ours["Authorization"]) == ("[redacted]", "[redacted]")
    assert ours["text"] == "sent [redacted] and [redacted] to postgresql://[redacted]@db/millrace"
    assert (theirs["event"], theirs["logger"], theirs["level"]) == (
        "cannot reach postgresql://[redacted]@db",
        "asyncpg",
        "error",
    )
