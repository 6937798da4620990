"""The workbench on the wire: its page and files, whom one can be, the worked queries; and how little is left of it in
production.
"""

import hashlib
import http.client
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

import app as application
import boot
from settings import Settings
from tests.flows.conftest import Real
from tests.flows.printed import QUERIES, written_for
from tests.given import PRODUCTION
from tests.graph.client import GraphClient
from transport.workbench import WorkedQuery

SOURCES = boot.PROJECT / "graphiql"
PAGE = SOURCES / "page"
FILES = sorted(path.relative_to(PAGE).as_posix() for path in PAGE.rglob("*.*") if path.is_file())
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
GUARDS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
OF_IOWA = [
    (None, "Nobody", "NOBODY"),
    ("member:1", "Shopper", "CONSUMER"),
    ("store:2191/clerk", "Store clerk", "STORE_CLERK"),
    ("store:2191/manager", "Store manager", "STORE_MANAGER"),
    ("distributor:56/salesperson", "Distributor salesperson", "DISTRIBUTOR_SALESPERSON"),
    ("distributor:56/operator", "Distributor operator", "DISTRIBUTOR_OPERATOR"),
    ("brand:260/operator", "Brand operator", "BRAND_OPERATOR"),
    ("brand:260/analyst", "Brand analyst", "BRAND_ANALYST"),
    ("partner:1", "Partner", "PARTNER"),
    ("admin", "Platform admin", "PLATFORM_ADMIN"),
]
OF_QINGQUAN = [
    (None, "Nobody"),
    ("member:1", "Shopper"),
    ("store:QQ-0001/clerk", "Store clerk"),
    ("store:QQ-0001/manager", "Store manager"),
    ("distributor:QQ-3301-1/salesperson", "Distributor salesperson"),
    ("distributor:QQ-3301-1/operator", "Distributor operator"),
    ("agent:QQ-33/salesperson", "Agent salesperson"),
    ("agent:QQ-33/operator", "Agent operator"),
    ("subsidiary:QQ-HD/salesperson", "Subsidiary salesperson"),
    ("subsidiary:QQ-HD/operator", "Subsidiary operator"),
    ("brand:QQ/operator", "Brand operator"),
    ("brand:QQ/analyst", "Brand analyst"),
    ("partner:1", "Partner"),
    ("admin", "Platform admin"),
]


def guarded(answer: httpx.Response) -> bool:
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    return policy == POLICY and {name: answer.headers.get(name) for name in GUARDS} == GUARDS


def test_the_page_is_guarded_and_asked_for_again(real: Real) -> None:
    answer = httpx.get(f"{real.url}/graphiql")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["cache-control"] == "no-cache"
    assert guarded(answer)


def test_the_page_names_files_of_its_own_only(real: Real) -> None:
    text = httpx.get(f"{real.url}/graphiql").text
    named = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert len(named) >= 3
    assert {name.removeprefix("/graphiql/") for name in named} <= set(FILES)
    assert re.search(r"<script(?! type=\"module\" crossorigin src=)|<style| on\w+=| style=", text) is None


@pytest.mark.parametrize("slash", ["", "graphiql/"])
def test_the_root_leads_to_the_page(real: Real, slash: str) -> None:
    answer = httpx.get(f"{real.url}/{slash}")
    assert (answer.status_code, answer.headers["location"]) == (307, "/graphiql")


SERVED = [name for name in FILES if name not in {"index.html", "built-from.sha256"}]


@pytest.mark.parametrize("name", SERVED)
def test_a_file_is_sent_with_its_type_and_kept_for_ever_if_its_name_says_what_is_in_it(real: Real, name: str) -> None:
    answer, head = (httpx.request(method, f"{real.url}/graphiql/{name}") for method in ("GET", "HEAD"))
    assert answer.status_code == head.status_code == 200
    assert answer.content == (PAGE / name).read_bytes()
    assert head.content == b""
    assert head.headers["content-length"] == str(len(answer.content))
    kinds = {
        "js": "text/javascript",
        "css": "text/css",
        "svg": "image/svg+xml",
        "ttf": "font/ttf",
        "md": "text/markdown",
    }
    assert answer.headers["content-type"].partition(";")[0] == kinds[name.rpartition(".")[2]]
    hashed = name.startswith("assets/")
    caching = "public, max-age=31536000, immutable" if hashed else "no-cache"
    assert answer.headers["cache-control"] == head.headers["cache-control"] == caching
    assert guarded(answer)
    assert guarded(head)


def test_the_bundle_brings_its_licences(real: Real) -> None:
    licences = httpx.get(f"{real.url}/graphiql/licences.md").text
    for package in ("graphiql", "monaco-editor", "react", "graphql", "graphql-ws"):
        assert re.search(rf"^## {package} - \S+ \(MIT\)$", licences, re.M), package


@pytest.mark.parametrize(
    "path",
    [
        "/graphiql/nothing.js",
        "/graphiql/index.html",
        "/graphiql/built-from.sha256",
        "/graphiql/assets",
        "/graphiql/assets/",
        "/graphiql/../settings.py",
        "/graphiql/assets/../../src/main.tsx",
        "/graphiql/assets/%2e%2e/%2e%2e/package.json",
        "/graphiql/..%2f..%2fsettings.py",
        "/graphiql/%2e%2e%5csettings.py",
        "/graphiql//etc/passwd",
        "/graphiql/%2fetc%2fpasswd",
        "/graphiql/licences.md%00.js",
        "/graphiql/" + "a" * 5_000,
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_no_path_leads_out_of_the_page(real: Real, path: str, method: str) -> None:
    connection = http.client.HTTPConnection(real.url.removeprefix("http://"), timeout=10)  # sends paths as they are
    connection.request(method, path)
    answer = connection.getresponse()
    assert answer.status == 404
    assert answer.read() in (b"Not found", b"Not Found", b"")
    connection.close()


@pytest.mark.parametrize("name", ["", f"/{SERVED[0]}"])
def test_files_are_only_read(real: Real, name: str) -> None:
    answer = httpx.put(f"{real.url}/graphiql{name}", json={})
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_the_page_is_the_build_of_its_sources() -> None:
    names = ["index.html", "package-lock.json", "package.json", "tsconfig.json", "vite.config.ts"]
    names += [path.relative_to(SOURCES).as_posix() for path in (SOURCES / "src").iterdir()]
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(f"{name}\0".encode() + (SOURCES / name).read_bytes() + b"\0")
    built = (PAGE / "built-from.sha256").read_text().strip()
    assert built == digest.hexdigest(), "the sources have changed since: run `make graphiql`"


def test_the_page_begins_with_the_worked_queries(real: Real) -> None:
    answer = httpx.get(f"{real.url}/graphiql/start")
    assert answer.headers["cache-control"] == "no-store"
    start = answer.json()
    assert (start["graph"], start["people"]) == ("/graphql", "/graphiql/people")
    assert [query["title"] for query in start["queries"]] == [query.title for query in QUERIES]
    assert [query["title"] for query in start["queries"]][:3] == ["Storefront", "Stock", "Channel"]
    assert all(json.loads(query["variables"]) for query in start["queries"] if query["variables"] is not None)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.title)
async def test_a_worked_query_answers_whom_it_is_written_for(graph: GraphClient, query: WorkedQuery) -> None:
    tenant, who = written_for(query)
    answered = await graph.ask(query.query, json.loads(query.variables or "{}"), by=who, tenant=tenant)
    assert answered.errors == []
    assert all(value not in (None, [], {}) for value in answered.data.values())


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.title)
def test_a_worked_query_says_what_to_look_at_within_the_editor(query: WorkedQuery) -> None:
    comment = query.query[: re.search(r"^[^#]", query.query, re.M).start()]  # type: ignore[union-attr]  # it has a query
    assert comment.startswith(f"# {query.title}: ")
    assert "# Look at\n" in comment
    assert max(map(len, comment.splitlines())) <= 56


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.title)
def test_the_page_can_be_whom_a_worked_query_is_written_for(real: Real, query: WorkedQuery) -> None:
    people = httpx.get(f"{real.url}/graphiql/people").json()
    offered = {(t["code"], person["subject"]) for t in people["tenants"] for person in t["people"]}
    assert written_for(query) in offered


async def test_the_stock_is_refused_to_nobody_with_its_path(graph: GraphClient) -> None:
    stock = next(query for query in QUERIES if query.title == "Stock")
    answered = await graph.ask(stock.query, json.loads(stock.variables or "{}"))
    assert answered.codes == ["FORBIDDEN"]
    assert answered.errors[0]["path"] == ["store", "shelf", "nodes", "sellableByLevel"]


def sign(real: Real, tenant: Any = "iowa", subject: Any = "admin", **headers: str) -> httpx.Response:
    body = {"tenant": tenant, "subject": subject}
    return httpx.post(f"{real.url}/graphiql/people", json=body, headers=headers)


def test_the_page_offers_everybody_of_every_tenant_and_begins_as_the_analyst(real: Real) -> None:
    answer = httpx.get(f"{real.url}/graphiql/people")
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert found["start"] == {"tenant": "iowa", "subject": "brand:260/analyst"}
    assert [tenant["code"] for tenant in found["tenants"]] == ["iowa", "forty", "qingquan"]
    iowa, forty, qingquan = (tenant["people"] for tenant in found["tenants"])
    assert [(person["subject"], person["title"]) for person in iowa] == [each[:2] for each in OF_IOWA]
    assert [person["title"] for person in forty] == [each[1] for each in OF_IOWA]
    assert [(person["subject"], person["title"]) for person in qingquan] == OF_QINGQUAN
    clerk = iowa[2]
    assert clerk["organization"] == "Keokuk Spirits"
    assert re.fullmatch(r"\w+ \w+", clerk["name"])


@pytest.mark.parametrize(("subject", "actor"), [(each[0], each[2]) for each in OF_IOWA if each[0] is not None])
def test_a_token_of_the_page_is_believed(real: Real, subject: str, actor: str) -> None:
    signed = sign(real, "iowa", subject)
    assert (signed.status_code, signed.headers["cache-control"]) == (200, "no-store")
    made = signed.json()
    assert made["seconds"] == 3600
    headers = {"Authorization": f"Bearer {made['token']}", "Millrace-Tenant": "iowa"}
    asked = httpx.post(real.graphql, json={"query": "{ viewer { actorClass } }"}, headers=headers)
    assert asked.json() == {"data": {"viewer": {"actorClass": actor}}}


def test_a_token_is_for_its_tenant_only(real: Real) -> None:
    token = sign(real, "forty", "admin").json()["token"]
    query = {"query": "{ tenant { code } }"}
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.post(real.graphql, json=query, headers=headers).json() == {"data": {"tenant": {"code": "forty"}}}
    headers["Millrace-Tenant"] = "iowa"
    assert httpx.post(real.graphql, json=query, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("tenant", "subject", "status"),
    [
        ("iowa", "store:2191/king", 404),
        ("iowa", "store:1/clerk", 404),
        ("iowa", "nobody", 404),
        ("iowa", "", 404),
        ("nowhere", "admin", 404),
        ("iowa", None, 400),
        (None, "admin", 400),
        ("iowa", ["admin"], 400),
        ("iowa", "\0", 404),
        ("i" * 1_000, "admin", 413),
    ],
)
def test_nobody_becomes_who_is_not_there(real: Real, tenant: Any, subject: Any, status: int) -> None:
    refused = sign(real, tenant, subject)
    assert refused.status_code == status
    assert set(refused.json()) == {"errors"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"tenant": "iowa", "subject": "admin"}', "text/plain", 415),
        (b"tenant=iowa&subject=admin", "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b"[" * 900, "application/json", 400),
    ],
)
def test_a_request_that_is_no_request_gets_no_token(real: Real, body: bytes, kind: str, status: int) -> None:
    refused = httpx.post(f"{real.url}/graphiql/people", content=body, headers={"Content-Type": kind})
    assert refused.status_code == status
    assert set(refused.json()) == {"errors"}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_becomes_nobody(real: Real, site: str) -> None:
    for answer in (
        sign(real, **{"Sec-Fetch-Site": site}),
        httpx.get(f"{real.url}/graphiql/people", headers={"Sec-Fetch-Site": site}),
    ):
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    assert sign(real, **{"Sec-Fetch-Site": "same-origin"}).status_code == 200


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def in_production(access: boot.Access, data: Path, **settings: str) -> httpx.AsyncClient:
    made = application.create(Settings(DATA_DIR=data, **PRODUCTION, **settings), access)  # type: ignore[arg-type]  # strings, as in the environment
    return httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://here")


async def test_production_has_no_workbench(access: boot.Access, tmp_path: Path) -> None:
    async with in_production(access, tmp_path) as client:
        for path in ("/", "/graphiql", "/graphiql/", "/graphiql/start", "/graphiql/people", f"/graphiql/{SERVED[0]}"):
            assert (await client.get(path)).status_code == 404, path
        assert (await client.post("/graphiql/people", json={"tenant": "iowa", "subject": "admin"})).status_code == 404
    assert names_in(tmp_path) == []  # no secret has been made either


async def test_a_workbench_in_production_signs_nobody_in(access: boot.Access, tmp_path: Path) -> None:
    async with in_production(access, tmp_path, MILLRACE_GRAPHIQL="true") as client:
        assert (await client.get("/graphiql")).status_code == 200
        assert (await client.get("/graphiql/start")).json()["people"] is None
        for answer in (
            await client.get("/graphiql/people"),
            await client.post("/graphiql/people", json={"tenant": "iowa", "subject": "admin"}),
        ):
            assert (answer.status_code, answer.text) == (404, "Not found")
    assert names_in(tmp_path) == []


async def test_the_demo_may_do_without(access: boot.Access, tmp_path: Path) -> None:
    made = application.create(Settings(DATA_DIR=tmp_path, MILLRACE_GRAPHIQL=False), access)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://here") as client:
        assert (await client.get("/graphiql")).status_code == 404
        assert (await client.post("/graphiql/people", json={"tenant": "iowa", "subject": "admin"})).status_code == 404


@pytest.mark.parametrize("body", [{"tenant": "iowa\0", "subject": "admin"}, {"tenant": "iowa", "subject": "member:\0"}])
def test_a_name_that_no_text_can_be_is_nobody(real: Real, body: dict[str, str]) -> None:
    answer = httpx.post(f"{real.url}/graphiql/people", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (404, "NOT_FOUND")
