"""Asking for acts in the tests' own tenant, and counting what they leave behind."""

from typing import Any
from uuid import uuid4

import asyncpg

from models.session import set_tenant
from tests.graph.acted import ACTS, part_of
from tests.graph.client import Answered, GraphClient
from tests.graph.trade import Trade


class Acts:
    """Asks as anyone of the trade, a key of its own for each act unless one is given."""

    def __init__(self, graph: GraphClient, trade: Trade, owner: str) -> None:
        self.graph, self.trade, self.owner = graph, trade, owner

    async def do(
        self, act: str, given: Any, *, by: str | None, key: str | None = None, answer: str | None = None
    ) -> Answered:
        """An act, with all that may come back, or that part of it; `done` is its answer."""
        values = {"input": given, "key": key or uuid4().hex}
        text = ACTS[act] if answer is None else part_of(act, answer)
        return await self.graph.ask(text, values, by=by, tenant=self.trade.code)

    async def done(
        self, act: str, given: Any, *, by: str | None, key: str | None = None, answer: str | None = None
    ) -> Any:
        """What is answered, without errors."""
        asked = await self.do(act, given, by=by, key=key, answer=answer)
        assert asked.errors == [], asked.errors
        return asked.data["done"]

    async def ask(self, text: str, by: str | None = None) -> Any:
        """What a query answers, without errors."""
        asked = await self.graph.ask(text, by=by, tenant=self.trade.code)
        assert asked.errors == []
        return asked.data

    async def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the tenant's tables hold."""
        connection = await asyncpg.connect(self.owner)
        try:
            async with connection.transaction():
                await connection.execute(set_tenant(self.trade.tenant))
                return [tuple(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    async def written(self) -> tuple[int, int, int]:
        """How many keys, audit entries and events there are."""
        ((keys, entries, events),) = await self.rows(
            "SELECT (SELECT count(*) FROM idempotency_key), (SELECT count(*) FROM audit_entry),"
            " (SELECT count(*) FROM outbox_event)"
        )
        return keys, entries, events
