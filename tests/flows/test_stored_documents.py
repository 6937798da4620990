"""Stored documents: asked for by hash over HTTP and a websocket, stored by a command, all that a client may send."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

import app as application
import boot
from integrations.documents import Document, store, switch
from loaders import integration
from loaders.integration import StoredTexts
from models.channel import MAX_STORED_ONLY
from models.database import Database, connected
from models.session import set_tenant
from settings import Settings
from tests.conftest import NOW, TenantFacts
from tests.flows.commands import run
from tests.flows.conftest import Real
from tests.flows.served import STORED, Served, serving, small
from tests.flows.wire import ready
from transport.negotiation import GRAPHQL

KNOWN = sha256(STORED.encode()).hexdigest()
SENT = "{brand{id}}"
SENT_HASH = sha256(SENT.encode()).hexdigest()
OTHER = "0" * 64
KIOSK = {"authorization": "Bearer kiosk"}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with small() as running:
        yield running


@pytest.fixture(scope="module")
def remembering() -> Iterator[Served]:
    with small(remembers=True, documents=2) as running:
        yield running


def apollo(digest: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest}}


def post(served: Served, body: dict[str, Any], **headers: str) -> httpx.Response:
    return httpx.post(f"{served.url}/graphql", json=body, headers={"accept": GRAPHQL, **headers})


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


# ── on the wire ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "named",
    [
        {"documentId": f"sha256:{KNOWN}"},
        {"documentId": KNOWN.upper()},
        {"extensions": apollo(KNOWN)},
        {"documentId": KNOWN, "query": STORED},
        {"documentId": KNOWN, "query": None},
    ],
)
def test_a_document_is_named_by_its_hash(served: Served, named: dict[str, Any]) -> None:
    asked = {**named, "variables": {"text": "y"}}
    assert post(served, asked).json() == {"data": {"echo": "y"}}
    assert post(served, {**asked, "operationName": "Stored"}, **KIOSK).json() == {"data": {"echo": "y"}}
    pairs = {name: value if isinstance(value, str) else json.dumps(value) for name, value in asked.items() if value}
    assert httpx.get(f"{served.url}/graphql", params=pairs).json() == {"data": {"echo": "y"}}


async def test_a_document_is_named_on_a_socket(served: Served) -> None:
    async with ready(served) as wire:
        await wire.send({"id": "1", "type": "subscribe", "payload": {"documentId": KNOWN}})
        assert await wire.read() == {"id": "1", "type": "next", "payload": {"data": {"echo": "x"}}}


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"documentId": "sha256:abc"}, "A document is named by 64 hexadecimal digits"),
        ({"documentId": 7}, "A document is named by 64 hexadecimal digits"),
        ({"documentId": ""}, "A document is named by 64 hexadecimal digits"),
        ({"documentId": f"md5:{KNOWN}"}, "A document is named by 64 hexadecimal digits"),
        ({"extensions": {"persistedQuery": 1}}, "The extension 'persistedQuery' must be a map"),
        (
            {"extensions": {"persistedQuery": {"version": 2}}},
            "The extension 'persistedQuery' must be a map",
        ),
        ({"extensions": {"persistedQuery": {"version": 1}}}, "A document is named by 64 hexadecimal digits"),
        ({"documentId": KNOWN, "query": SENT}, "The parameter 'query' is not the document of the hash beside it."),
        ({"documentId": KNOWN, "query": 7}, "The parameter 'query' must be a string."),
        ({}, "The parameter 'query' must be a string."),
    ],
)
def test_what_names_no_document_is_no_request(served: Served, named: dict[str, Any], message: str) -> None:
    answer = post(served, named)
    assert told(answer) == (400, "BAD_REQUEST")
    assert answer.json()["errors"][0]["message"].startswith(message)


def test_an_unknown_hash_is_told_in_the_words_that_clients_wait_for(served: Served) -> None:
    answer = post(served, {"extensions": apollo(OTHER)})
    assert told(answer) == (400, "PERSISTED_QUERY_NOT_FOUND")
    assert answer.json()["errors"][0]["message"] == "PersistedQueryNotFound"


def test_in_production_what_is_sent_is_not_remembered(served: Served) -> None:
    assert post(served, {"query": SENT, "extensions": apollo(SENT_HASH)}).json() == {"data": {"brand": {"id": "b1"}}}
    assert told(post(served, {"extensions": apollo(SENT_HASH)})) == (400, "PERSISTED_QUERY_NOT_FOUND")


def test_in_development_what_is_sent_is_remembered_within_limits(remembering: Served) -> None:
    texts = [f"{{a{n}: brand{{id}}}}" for n in range(3)]
    hashes = [sha256(text.encode()).hexdigest() for text in texts]
    for text, digest in zip(texts, hashes, strict=True):
        assert told(post(remembering, {"extensions": apollo(digest)})) == (400, "PERSISTED_QUERY_NOT_FOUND")
        assert post(remembering, {"query": text, "extensions": apollo(digest)}).status_code == 200
    assert told(post(remembering, {"extensions": apollo(hashes[0])})) == (400, "PERSISTED_QUERY_NOT_FOUND")
    assert post(remembering, {"extensions": apollo(hashes[2])}).json() == {"data": {"a2": {"id": "b1"}}}
    refused = {"query": "{nothing}", "extensions": apollo(sha256(b"{nothing}").hexdigest())}
    assert told(post(remembering, refused)) == (400, "GRAPHQL_VALIDATION_FAILED")
    assert told(post(remembering, {"extensions": refused["extensions"]})) == (400, "PERSISTED_QUERY_NOT_FOUND")


def test_a_client_may_be_held_to_stored_documents(served: Served, remembering: Served) -> None:
    assert told(post(served, {"query": SENT}, **KIOSK)) == (403, "STORED_DOCUMENTS_ONLY")
    assert told(post(served, {"documentId": OTHER}, **KIOSK)) == (403, "STORED_DOCUMENTS_ONLY")
    assert post(served, {"query": STORED}, **KIOSK).json() == {"data": {"echo": "x"}}  # the text of a stored one
    assert post(remembering, {"query": SENT, "extensions": apollo(SENT_HASH)}).status_code == 200
    assert told(post(remembering, {"extensions": apollo(SENT_HASH)}, **KIOSK)) == (403, "STORED_DOCUMENTS_ONLY")


def test_a_held_client_is_held_by_any_way(served: Served) -> None:
    asked = httpx.get(f"{served.url}/graphql", params={"query": SENT}, headers={"accept": GRAPHQL, **KIOSK})
    assert told(asked) == (403, "STORED_DOCUMENTS_ONLY")
    asked = httpx.get(f"{served.url}/graphql", params={"query": STORED}, headers={"accept": GRAPHQL, **KIOSK})
    assert asked.json() == {"data": {"echo": "x"}}


async def test_a_held_client_is_held_on_a_socket(served: Served) -> None:
    async with ready(served, {"authorization": "Bearer kiosk"}) as wire:
        await wire.send({"id": "1", "type": "subscribe", "payload": {"query": SENT}})
        refused = await wire.read()
        assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "STORED_DOCUMENTS_ONLY")
        await wire.send({"id": "2", "type": "subscribe", "payload": {"query": STORED}})
        assert await wire.read() == {"id": "2", "type": "next", "payload": {"data": {"echo": "x"}}}


def test_what_anybody_sends_puts_out_no_stored_document(remembering: Served) -> None:
    """Two documents are kept of each sort; a stored one is compiled when it first comes."""
    documents, plans = remembering.graph.documents, remembering.graph.executor.plans
    post(remembering, {"documentId": KNOWN})
    kept = documents.prepare(STORED, stored=True)
    compiled = plans.compiled
    for n in range(5):
        assert post(remembering, {"query": f"{{b{n}: brand{{id}}}}"}).status_code == 200
    assert documents.prepare(STORED, stored=True) is kept
    assert (kept.stored, documents.prepare(STORED).stored) == (True, False)
    assert (plans.compiled, compiled > 0) == (compiled, True)


# ── by command ────────────────────────────────────────────────────────────────────────────────────────────────────────
STORES = "query Stores {\r\n  stores(first: 1) { nodes { code } }\r\n}\n"


def ask(url: str, body: dict[str, Any], **headers: str) -> Any:
    return httpx.post(f"{url}/graphql", json=body, headers=headers).json()


def test_a_folder_is_stored_for_one_tenant(real: Real, here: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "stores.graphql").write_bytes(STORES.encode())
    (tmp_path / "notes.txt").write_text("nothing")
    digest = sha256(STORES.encode()).hexdigest()
    assert ask(real.url, {"documentId": digest})["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    for new in (1, 0):
        done = run("documents", str(tmp_path), "--tenant", "iowa", **here)
        assert (done.returncode, done.stdout) == (0, f"{digest}  shop/stores.graphql\n")
        assert f"1 documents, {new} of them new, for the clients of iowa." in done.stderr
    for _ in range(2):
        assert ask(real.url, {"documentId": digest}) == {"data": {"stores": {"nodes": [{"code": "2106"}]}}}
    other = ask(real.url, {"documentId": digest}, **{"millrace-tenant": "forty"})
    assert other["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


def test_a_stored_document_is_judged_by_its_variables_each_time(
    real: Real, here: dict[str, str], tmp_path: Path
) -> None:
    """It may be stored, for it may run; whether its plan is there already changes nothing."""
    text = "query Shelves($n: Int!) { stores(first: $n) { nodes { shelf(first: 100) { nodes { price } } } } }"
    (tmp_path / "shelves.graphql").write_text(text)
    assert run("documents", str(tmp_path), "--tenant", "iowa", **here).returncode == 0
    digest = sha256(text.encode()).hexdigest()
    for named in ({"documentId": digest}, {"extensions": apollo(digest)}, {"query": text}):
        for _ in range(2):
            dear = ask(real.url, {**named, "variables": {"n": 100}})
            (why,) = dear["errors"]
            assert ("data" in dear, why["extensions"]["code"], why["extensions"]["limit"]) == (
                False,
                "QUERY_TOO_COMPLEX",
                "cost",
            )
            (store,) = ask(real.url, {**named, "variables": {"n": 1}})["data"]["stores"]["nodes"]
            assert len(store["shelf"]["nodes"]) > 0


@pytest.mark.parametrize("client", ["", "a\nb", "x" * 256])
def test_a_client_that_no_token_can_name_is_not_switched(here: dict[str, str], client: str) -> None:
    done = run("stored-only", "--", client, **here)
    assert done.returncode == 1
    assert "A client has 1 to 255 printable characters." in done.stderr


def test_a_folder_with_a_mistake_is_not_stored(here: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "good.graphql").write_text("{ tenant { name } }")
    (tmp_path / "a\nb.gql").write_text("{ tenant { name } }")
    (tmp_path / "wrong.graphql").write_text("{ tenant {\n  nam } }")
    (tmp_path / "latin.graphql").write_bytes(b"{ caf\xe9 }")
    (tmp_path / "long.graphql").write_text("{ tenant { name } } #" + "x" * 100_000)
    (tmp_path / "dear.graphql").write_text("{ stores(first: 100) { nodes { listings(first: 100) { nodes { id } } } } }")
    done = run("documents", str(tmp_path), "--tenant", "iowa", **here)
    assert (done.returncode, done.stdout) == (1, "")
    for words in (
        "wrong.graphql: line 2, column 3: Cannot query field 'nam' on type 'Tenant'.",
        "latin.graphql: 'utf-8' codec can't decode",
        "long.graphql: it is longer than 100,000 characters",
        "dear.graphql: ",
        "its name has characters that cannot be printed",
        "Nothing was stored.",
    ):
        assert words in done.stderr
    assert "good.graphql" not in done.stderr
    (tmp_path / "empty").mkdir()
    assert "holds no .graphql or .gql file" in run("documents", str(tmp_path / "empty"), **here).stderr
    assert "There is no tenant 'nowhere'." in run("documents", "graphiql/queries", "--tenant", "nowhere", **here).stderr


async def test_the_database_holds_hash_and_text_together(access: boot.Access, iowa: TenantFacts) -> None:
    async with connected(access.owner) as connection, connection.transaction():
        await connection.execute(set_tenant(iowa.id))
        with pytest.raises(asyncpg.CheckViolationError, match="ck_stored_document_hash"):
            await connection.execute("INSERT INTO stored_document VALUES ($1, $2, 'a', 'b', now())", iowa.id, OTHER)


async def test_no_more_clients_are_switched_than_a_request_may_be_asked_about(access: boot.Access) -> None:
    for number in range(MAX_STORED_ONLY):
        await switch(access.owner, "forty", f"client-{number}", stored_only=True)
    try:
        with pytest.raises(ValueError, match=r"^At most 100 clients of a tenant can be switched\.$"):
            await switch(access.owner, "forty", "one-more", stored_only=True)
    finally:
        for number in range(MAX_STORED_ONLY):
            left = await switch(access.owner, "forty", f"client-{number}", stored_only=False)
    assert left == ()


async def test_texts_are_kept_up_to_their_length(
    access: boot.Access, app: Database, iowa: TenantFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [
        Document(f"{n}.graphql", text, sha256(text.encode()).hexdigest())
        for n, text in enumerate(f"{{ t{n}: tenant {{ code }} }}" for n in range(3))
    ]
    await store(access.owner, "iowa", made, NOW)
    monkeypatch.setattr(integration, "STORED_CHARS", 2 * len(made[0].text))
    texts = StoredTexts()
    trips = []
    for wanted in (0, 1, 0, 2, 0, 1):  # the third puts out the second, used longest ago
        session = app.read(iowa.id)
        assert await texts.of(session, made[wanted].digest) == made[wanted].text
        trips.append(session.statements)
        await session.close()
    assert trips == [1, 1, 0, 1, 0, 1]


def test_a_client_is_switched_and_back(access: boot.Access, real: Real, here: dict[str, str], tmp_path: Path) -> None:
    """Who a client is says the token's issuer: a web storefront is held to its documents, the rest is not."""
    text = "{ tenant { code } viewer { actorClass } }"
    (tmp_path / "who.graphql").write_text(text)
    assert run("documents", str(tmp_path), "--tenant", "forty", **here).returncode == 0
    said = run("stored-only", "web", "--tenant", "forty", **here).stderr
    assert said.startswith(
        "Stored documents only, in forty: web.\nRequests that prove no client may still send anything"
    )
    made = run("token", "member:1", "--tenant", "forty", "--client", "web", **here)
    plain = run("token", "member:1", "--tenant", "forty", **here)
    web, other = ({"authorization": f"Bearer {each.stdout.strip()}"} for each in (made, plain))
    digest = sha256(text.encode()).hexdigest()
    settings = Settings(DATA_DIR=Path(here["DATA_DIR"]), MILLRACE_POOL_SIZE=2)

    def answers(client: dict[str, str]) -> list[str]:
        said = [
            ask(url, body, **client) for body in ({"documentId": digest}, {"query": text}, {"query": "{__typename}"})
        ]
        return [one["errors"][0]["extensions"]["code"] if "errors" in one else "OK" for one in said]

    with serving(application.create(settings, access), application.limits_of(settings)) as (url, _, _):
        assert answers(web) == ["OK", "OK", "STORED_DOCUMENTS_ONLY"]
        assert answers(other) == ["OK", "OK", "OK"]
    assert "in forty: nobody." in run("stored-only", "web", "--off", "--tenant", "forty", **here).stderr
    with serving(application.create(settings, access), application.limits_of(settings)) as (url, _, _):
        assert answers(web) == ["OK", "OK", "OK"]
