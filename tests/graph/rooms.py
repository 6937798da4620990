"""A shop whose goods are moved by acts: two back rooms of store 1 and one of store 2."""

from typing import Any
from uuid import uuid4

import asyncpg

from models.session import set_tenant
from tests.graph.acted import ACTS
from tests.graph.client import Answered, GraphClient
from tests.graph.trade import Trade, change

CLERK, OTHER, BOSS, ANALYST = "store:1/clerk", "store:2/clerk", "distributor:1/operator", "brand:1/analyst"


class Rooms:
    """Two back rooms of store 1 and one of store 2, empty."""

    def __init__(self, graph: GraphClient, trade: Trade, owner: str) -> None:
        self.graph, self.trade, self.owner = graph, trade, owner
        self.names = {name: uuid4() for name in ("shelf", "back", "elsewhere")}

    def place(self, name: str) -> str:
        return f"location_{self.names[name].hex}"

    async def open(self) -> None:
        store, sister = self.trade.key("store:1"), self.trade.key("store:2")
        text = "INSERT INTO location (tenant_id, id, organization_id, kind, code, name) VALUES ($1, $2, $3, $5, $4, $4)"
        rows = [
            (text, key, sister if name == "elsewhere" else store, key.hex, "SHOP") for name, key in self.names.items()
        ]
        await change(self.owner, self.trade, *rows, bump=False)

    async def do(
        self,
        act: str,
        goods: list[dict[str, Any]],
        *,
        by: str | None = CLERK,
        key: str | None = None,
        at: str = "shelf",
        **more: Any,
    ) -> Answered:
        given = {"input": {"locationId": self.place(at), "goods": goods, **more}, "key": key or uuid4().hex}
        return await self.graph.ask(ACTS[act], given, by=by, tenant=self.trade.code)

    def goods(self, number: int, quantity: int, **more: Any) -> dict[str, Any]:
        return {"skuId": self.trade.id(f"sku:{number}"), "quantity": quantity, **more}

    async def stock(self, at: str = "shelf") -> dict[tuple[str, str], int]:
        """What lies there by sku and lot."""
        here = "... on Location { stock(first: 100) { nodes { sku { code } lotCode onHand } } }"
        text = "query ($id: ID!) { node(id: $id) { %s } }" % here
        asked = await self.graph.ask(text, {"id": self.place(at)}, by="admin", tenant=self.trade.code)
        rows = asked.data["node"]["stock"]["nodes"]
        return {(row["sku"]["code"], row["lotCode"]): row["onHand"] for row in rows if row["onHand"]}

    async def column(self, query: str, *values: Any) -> list[Any]:
        connection = await asyncpg.connect(self.owner)
        try:
            async with connection.transaction():
                await connection.execute(set_tenant(self.trade.tenant))
                return [row[0] for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    async def written(self) -> tuple[int, int, int, int]:
        """How many papers, movements, audit entries and events there are."""
        (counts,) = await self.column(
            "SELECT ARRAY[(SELECT count(*) FROM stock_document), (SELECT count(*) FROM stock_movement),"
            " (SELECT count(*) FROM audit_entry), (SELECT count(*) FROM outbox_event)]"
        )
        papers, movements, entries, events = counts
        return papers, movements, entries, events
