"""The way back at the database: a plan that gives up half way is answered anew, in a transaction of its own."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

import app as application
import boot
from engine.answering import Batched
from loaders.catalog.goods import ProductById
from models.database import Database, connected
from models.session import BEGIN_READ, set_tenant
from resolvers.catalog.reading import skus_of
from resolvers.context import Context
from settings import Settings
from tests.conftest import TenantFacts
from tests.flows.served import serving
from tests.flows.test_probes import executions
from tests.graph.documents import IOWA

ITEM = 43334
KEY = IOWA.keys.of("product", ITEM)
ASKED = {
    "query": "query($id: ID!) { product(id: $id) { name skus { code } } }",
    "variables": {"id": IOWA.product(ITEM)},
}
NEW_NAME = "Renamed meanwhile"
NAME = "the way back"
"""What the server calls the connections of the application under test."""
OPEN = """
SELECT l.pid, l.virtualtransaction FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'virtualxid' AND a.application_name = $1 AND a.datname = current_database()
"""

RENAME = "UPDATE product SET name = $3 WHERE tenant_id = $1 AND id = $2"

Failing = Callable[[Sequence[Any]], Sequence[Any]]


def raises(_rows: Sequence[Any]) -> Sequence[Any]:
    raise RuntimeError("nobody knows of this")


def too_few(_rows: Sequence[Any]) -> Sequence[Any]:
    return []


def nothing(rows: Sequence[Any]) -> Sequence[Any]:
    return [None for _ in rows]


class Between:
    """An edge of the document's second level: asked the first time, it fails; the name that was read in the level
    before is another by then.

    `seen` is that name as the transaction of each asking reads it; `open` are the application's open transactions, as
    the server knows them.
    """

    def __init__(self, owner: str, tenant: UUID, failing: Failing) -> None:
        self._owner, self._tenant, self._failing = owner, tenant, failing
        self.seen: list[str] = []
        self.open: list[list[tuple[int, str]]] = []

    async def rename(self, name: str) -> None:
        """Name the product otherwise, on a connection of the test's own."""
        async with connected(self._owner) as other, other.transaction():
            await other.execute(set_tenant(self._tenant))
            done = await other.execute(RENAME, self._tenant, KEY, name)
            assert done == "UPDATE 1"

    async def values(self, rows: Sequence[Any], context: Context, answer: Awaitable[Sequence[Any]]) -> Sequence[Any]:
        first = not self.seen
        if first:
            await self.rename(NEW_NAME)
        async with connected(self._owner) as other:
            self.open.append([tuple(row) for row in await other.fetch(OPEN, NAME)])
        (product,) = await context.reading.session.fetch(ProductById.statement, ids=[KEY])
        self.seen.append(product.name)
        found = await answer
        return self._failing(rows) if first else found


@pytest.fixture
def database(access: boot.Access, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The pool of the application that is made next, which tells what it sends and closes the pool at its end."""
    settings = Settings(MILLRACE_POOL_SIZE=2)
    made = Database(
        access.app,
        pool_size=settings.pool_size,
        statement_cache=settings.statement_cache,
        request_seconds=settings.request_timeout_s,
        observed=True,
        name=NAME,
    )
    monkeypatch.setattr(application, "pool_of", lambda *_: made)
    return made


@pytest.mark.parametrize(("failing", "reason"), [(raises, "error"), (too_few, "length"), (nothing, "null")])
async def test_what_a_plan_cannot_answer_is_read_anew_in_another_transaction(
    access: boot.Access,
    database: Database,
    iowa: TenantFacts,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failing: Failing,
    reason: str,
) -> None:
    settings = Settings(DATA_DIR=tmp_path)
    between = Between(access.owner, iowa.id, failing)
    usual = Batched.values

    async def planted(edge: Batched, rows: Sequence[Any], context: Any, arguments: Mapping[str, Any]) -> Sequence[Any]:
        answer = usual(edge, rows, context, arguments)
        return await (between.values(rows, context, answer) if edge.function is skus_of else answer)

    served = serving(application.create(settings, access), application.limits_of(settings))
    with served as (url, _, _), httpx.Client(base_url=url) as client:

        def asked() -> tuple[Any, list[str]]:
            sent: list[str] = []
            with database.recording(sent):
                return client.post("/graphql", json=ASKED).json(), sent

        asked()  # on the reference executor, as it is new; what a process reads once is read
        before, once = asked()
        begin, product, skus, commit = once
        assert (begin, product, commit) == (BEGIN_READ + set_tenant(iowa.id), ProductById.statement.text, "COMMIT")
        monkeypatch.setattr(Batched, "values", planted)
        name = before["data"]["product"]["name"]
        try:
            answer, sent = asked()
        finally:
            await between.rename(name)
        assert executions(client) == {("reference", "new"): 1, ("planned", ""): 1, ("fallback", reason): 1}
    # The plan had read the old name before it gave up, and in its transaction it stayed the old one.
    assert between.seen == [name, NEW_NAME]
    assert answer == {"data": {"product": {**before["data"]["product"], "name": NEW_NAME}}}
    assert len(answer["data"]["product"]["skus"]) > 0
    (first,), (second,) = between.open  # one at a time: the plan's is over when the reference begins its own
    assert first != second
    assert sent == [begin, product, product, skus, commit] * 2  # the product's once more: the test itself looks
