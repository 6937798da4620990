"""A small channel of the tests' own, in which its acts are done and counted."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg

from domain.channel import Descent, SupplyEdge, check_primaries, closure
from models.session import set_tenant
from tests.graph.acted import ACTS
from tests.graph.client import Answered, GraphClient
from tests.graph.trade import Trade, change, written

TABLES = (
    "organization",
    "organization_edge",
    "organization_closure",
    "store_application",
    "supply_offer",
    "site",
    "territory",
    "territory_region",
    "account",
    "staff",
    "cloud_store",
    "cloud_store_section",
    "audit_entry",
    "outbox_event",
    "idempotency_key",
)


async def opened(owner: str, graph: GraphClient) -> "Channel":
    """A tenant of its own, like the others' but for managers in its first stores."""
    trade = await written(owner)
    graph.look_again()
    channel = Channel(graph, trade, owner)
    for name in ("store:1/manager", "store:2/manager", "store:3/manager"):
        await channel.hire(name, "MANAGER")
    return channel


class Channel:
    """A tenant whose channel is changed by acts."""

    def __init__(self, graph: GraphClient, trade: Trade, owner: str) -> None:
        self.graph, self.trade, self.owner = graph, trade, owner

    def id(self, name: str) -> str:
        return self.trade.id(name)

    async def hire(self, name: str, role: str) -> None:
        """A member of staff called like `store:1/manager`, unless she is there."""
        key, where = self.trade.key, name.split("/")[0]
        if await self.rows("SELECT 1 FROM account WHERE subject = $1", name):
            return
        await change(
            self.owner,
            self.trade,
            (
                "INSERT INTO account (tenant_id, id, subject, display_name) VALUES ($1, $2, $3, $3)",
                key(f"account:{name}"),
                name,
            ),
            (
                "INSERT INTO staff (tenant_id, id, account_id, organization_id, role) VALUES ($1, $2, $3, $4, $5)",
                key(f"staff:{name}"),
                key(f"account:{name}"),
                key(where),
                role,
            ),
            bump=False,
        )

    async def ask(self, act: str, given: dict[str, Any], *, by: str | None, key: str | None = None) -> Answered:
        given = {"input": given, "key": key or uuid4().hex}
        return await self.graph.ask(ACTS[act], given, by=by, tenant=self.trade.code)

    async def do(self, act: str, given: dict[str, Any], *, by: str | None, key: str | None = None) -> dict[str, Any]:
        """What the act answers."""
        asked = await self.ask(act, given, by=by, key=key)
        assert asked.errors == [], asked.errors
        answer: dict[str, Any] = asked.data["done"]
        return answer

    async def refused(self, act: str, given: dict[str, Any], kind: str, *, by: str | None) -> dict[str, Any]:
        """Why the act is refused: nothing is written."""
        before = await self.written()
        answer = await self.do(act, given, by=by)
        assert answer["__typename"] == kind
        assert await self.written() == before
        return answer

    async def see(self, text: str, *, by: str | None = "admin", **given: Any) -> Any:
        asked = await self.graph.ask(text, given, by=by, tenant=self.trade.code)
        assert asked.errors == [], asked.errors
        return asked.data

    async def rows(self, query: str, *values: Any) -> list[Any]:
        connection = await asyncpg.connect(self.owner)
        try:
            async with connection.transaction():
                await connection.execute(set_tenant(self.trade.tenant))
                return [tuple(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    async def written(self) -> dict[str, int]:
        """How many rows each table has."""
        counts = (" ".join(("(SELECT count(*) FROM", table)) + ")" for table in TABLES)
        (row,) = await self.rows("SELECT " + ", ".join(counts))
        return dict(zip(TABLES, row, strict=True))

    async def grown(self, before: dict[str, int]) -> dict[str, int]:
        """By how many rows each table has grown."""
        after = await self.written()
        return {table: after[table] - count for table, count in before.items() if after[table] != count}

    async def told(self) -> tuple[str, set[UUID]]:
        """The last event: its type and who may hear of it."""
        ((kind, audience),) = await self.rows("SELECT type, audience FROM outbox_event ORDER BY id DESC LIMIT 1")
        return kind, set(audience)

    async def check(self) -> None:
        """The closure is that of the edges, and whoever has upstreams has one primary."""
        nodes = [row[0] for row in await self.rows("SELECT id FROM organization")]
        found = await self.rows("SELECT upstream_id, downstream_id, is_primary FROM organization_edge")
        edges = [SupplyEdge(*row) for row in found]
        check_primaries(edges)
        kept = await self.rows("SELECT ancestor_id, descendant_id, hops FROM organization_closure")
        assert {Descent(*row) for row in kept} == closure([edge[:2] for edge in edges], nodes)


def name() -> str:
    return uuid4().hex


async def house(channel: Channel) -> tuple[str, str]:
    """A new distributor of the first brand's, without a cloud store: its id and its operator's login."""
    login = f"{name()}/operator"
    given = {
        "upstreamId": channel.id("brand:1"),
        "tier": "DISTRIBUTOR",
        "code": name(),
        "name": "House",
        "administrator": {"displayName": "Hal", "subject": login},
        "where": {"regionCode": channel.trade.region},
    }
    return (await channel.do("inviteOrganization", given, by="brand:1/operator"))["id"], login


def site(channel: Channel, **other: Any) -> dict[str, Any]:
    return {
        "organizationId": channel.id("distributor:1"),
        "kind": "CITY",
        "code": name(),
        "name": "Ningbo",
        "parentId": channel.id("site:main"),
        "regionCode": channel.trade.region,
        **other,
    }
