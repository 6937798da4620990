"""A client of the graph in the test's process: documents, gate, viewer and executor as on the wire, no socket.

It also counts, at the driver, every statement that reaches the server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from time import time
from typing import Any

import asyncpg
import strawberry

import schema
from domain.ordering import Provider
from engine.gate import Operation
from engine.limits import Limits
from loaders.campaign.index import KeptParts
from loaders.tenants import ALL_TENANTS
from models.database import Database
from models.session import set_tenant
from resolvers.entrance import Entrance
from tests.given import DEFAULTS
from transport.bearer import Identity, SecretVerifier, Verifiers, mint
from transport.desk import QUERY_OR_MUTATION, Desk, Graph
from transport.door import RequestFacts
from transport.metrics import Metrics
from transport.parameters import Ask

ISSUER, AUDIENCE, SECRET = "tests", "millrace", b"0123456789abcdef0123456789abcdef"
LIFETIME = timedelta(hours=1)
BOUNDARIES = ("BEGIN", "COMMIT", "ROLLBACK")


@cache
def shared_schema() -> strawberry.Schema:
    """The graph's schema, one for all clients of a process: nobody who serves it changes it."""
    return schema.build()


@cache
def shared_graph() -> Graph:
    """What clients share that ask the same documents in many tests: each is planned once."""
    return graph_of(shared_schema())


def graph_of(served: strawberry.Schema) -> Graph:
    """A graph that plans what comes for the first time."""
    limits = Limits(request_seconds=DEFAULTS.request_timeout_s, plan_at_once=True)
    return Graph.of(served, limits, introspection=True)


@dataclass
class Answered:
    """An answer, and what it cost: the statements as the driver sent them.

    BEGIN and COMMIT are not among them, nor the directory of tenants, which a process reads every half minute for all.
    """

    data: Any
    errors: list[dict[str, Any]]
    statements: list[str] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]


class GraphClient:
    """Asks as anyone: nobody, or an actor by the demo's names (`store:2191/clerk`, `member:1`, `admin`).

    `remembers`: whether stores and skus that were put to an index are known to the next request, which then takes fewer
    statements: how many do not hang on who asked before. `served`: another schema than the graph. `shares`: plans and
    the count of outcomes with others of this process that do. `provider` takes payments.
    """

    def __init__(
        self,
        database: Database,
        now: datetime,
        *,
        remembers: bool = True,
        served: strawberry.Schema | None = None,
        shares: bool = False,
        provider: Provider | None = None,
    ) -> None:
        self._database, self.now, self.remembers = database, now, remembers
        verifier = Verifiers({ISSUER: SecretVerifier(SECRET, ISSUER, AUDIENCE, leeway_s=DEFAULTS.jwt_leeway_s)})
        self.entrance = Entrance(database, verifier, default_tenant="iowa", clock=lambda: self.now, provider=provider)
        graph = shared_graph() if shares else graph_of(served or shared_schema())
        self.outcomes = graph.executor.outcomes
        self.limits = graph.limits
        self._desk = Desk(self.entrance, graph, Metrics())
        self._documents = graph.documents

    def look_again(self) -> None:
        """Have the directory of tenants read anew at the next request, as it is by itself a second after the last."""
        self.entrance._tenants._known.read_at = float("-inf")

    def prepared(self, document: str) -> Operation:
        """A document's one operation, as the gate sees it."""
        return self._documents.prepare(document).operation(None)

    async def ask(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        by: str | None = None,
        tenant: str = "iowa",
    ) -> Answered:
        """Run a document; `by` is the actor, None is nobody."""
        token = None if by is None else f"Bearer {await self.token(by, tenant)}"
        if not self.remembers:
            self.entrance._kept._things.pop(KeptParts, None)
        sent: list[str] = []
        with self._database.recording(sent):
            result = await self._desk.answer(
                Ask(query=query, variables=dict(variables or {}), operation_name=None),
                RequestFacts(authorization=token, host=None, tenant=tenant, request_id="test"),
                QUERY_OR_MUTATION,
            )
        return Answered(
            result.data,
            result.errors,
            [text for text in sent if not text.startswith(BOUNDARIES) and text != ALL_TENANTS.text],
        )

    async def token(self, who: str, tenant: str = "iowa") -> str:
        """A token of the actor, minted by the tests' issuer."""
        return mint(
            SECRET, await self.identity(who, tenant), issuer=ISSUER, audience=AUDIENCE, lifetime=LIFETIME, now=time()
        )

    async def identity(self, who: str, tenant: str) -> Identity:
        """The account and actor behind a demo name."""
        taken = await self._database.checkout()
        try:
            return await _identity(taken.driver, who, tenant)
        finally:
            taken.give_back()


async def _identity(connection: asyncpg.Connection, who: str, tenant: str) -> Identity:
    key = await connection.fetchval("SELECT id FROM tenant WHERE code = $1", tenant)
    if who == "admin":
        return Identity(subject=who, actor="admin", tenant=key)
    if who.startswith("member:"):
        return Identity(subject=who, actor="consumer", tenant=key)
    if who.startswith("partner:"):
        return Identity(subject=who, actor="partner", tenant=key)
    async with connection.transaction(readonly=True):
        await connection.execute(set_tenant(key))
        row = await connection.fetchrow(
            "SELECT s.organization_id, s.role FROM account a JOIN staff s"
            " ON s.tenant_id = a.tenant_id AND s.account_id = a.id JOIN organization o ON o.tenant_id = s.tenant_id"
            " AND o.id = s.organization_id WHERE a.tenant_id = $1 AND a.subject = $2"
            " ORDER BY o.status <> 'ACTIVE' LIMIT 1",  # who applied with a store is in its staff, too
            key,
            who,
        )
    assert row is not None, f"the demo has no {who}"
    return Identity(subject=who, actor="staff", tenant=key, organization=row["organization_id"], role=row["role"])
