"""What the floor stands on: connections with their prepared statements, the read transaction, the ASGI application."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from starlette.types import Receive, Scope, Send

from models.session import BEGIN_READ, set_tenant
from transport.bearer import Verifiers

Rows = list[Any]
HEADERS = (b"content-type", b"application/json; charset=utf-8")


class Record(asyncpg.Record):  # type: ignore[misc]  # the driver ships no types
    """A row whose columns are its attributes."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


class Link:
    """A connection and what was prepared on it."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._prepared: dict[str, asyncpg.prepared_stmt.PreparedStatement] = {}

    async def begin(self, tenant: UUID) -> None:
        """Begin the request's transaction and set its tenant, in one message."""
        await self._connection.execute(BEGIN_READ + set_tenant(tenant))

    async def end(self) -> None:
        """End it."""
        await self._connection.execute("COMMIT")

    async def fetch(self, text: str, *values: Any) -> Rows:
        """The rows of a statement, prepared when it is first seen here."""
        statement = self._prepared.get(text)
        if statement is None:
            statement = self._prepared[text] = await self._connection.prepare(text, record_class=Record)
        return list(await statement.fetch(*values))


class Pool:
    """Connections, taken and given back by hand."""

    def __init__(self, dsn: str, size: int) -> None:
        self._dsn, self._size = dsn, size
        self._idle: asyncio.LifoQueue[Link] = asyncio.LifoQueue()

    async def open(self) -> None:
        """Connect them all."""
        for _ in range(self._size):
            connection = await asyncpg.connect(self._dsn, server_settings={"jit": "off"})
            self._idle.put_nowait(Link(connection))

    async def take(self) -> Link:
        """A connection, when one is free."""
        return await self._idle.get()

    def give(self, link: Link) -> None:
        """Back again."""
        self._idle.put_nowait(link)


class Asking:
    """One request: its connection, its tenant, who asks, and when."""

    __slots__ = ("fetch", "now", "subject", "tenant")

    def __init__(self, link: Link, tenant: UUID, subject: str | None, now: datetime) -> None:
        self.fetch, self.tenant, self.subject, self.now = link.fetch, tenant, subject, now


Answer = Callable[[Asking, dict[str, Any]], Awaitable[dict[str, Any]]]


class Application:
    """An ASGI application that knows a few documents by heart."""

    def __init__(
        self,
        pool: Pool,
        verifiers: Verifiers,
        tenants: dict[str, UUID],
        answers: Mapping[str, Answer],
        clock: Callable[[], datetime],
    ) -> None:
        self._pool, self._verifiers, self._tenants, self._answers, self._clock = (
            pool, verifiers, tenants, answers, clock,
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; connect when the server starts."""
        if scope["type"] == "lifespan":
            await receive()
            await self._pool.open()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        asked = orjson.loads(await _body(receive))
        body = orjson.dumps({"data": await self._answer(scope, asked["query"], asked["variables"])})
        head = [HEADERS, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        bearer = headers.get(b"authorization")
        claims = None if bearer is None else await self._verifiers.verify(bearer[len("Bearer ") :].decode())
        named = self._tenants[headers[b"millrace-tenant"].decode()]
        tenant = named if claims is None or claims.tenant is None else claims.tenant
        answer = self._answers[query]
        link = await self._pool.take()
        try:
            await link.begin(tenant)
            subject = None if claims is None else claims.subject
            return await answer(Asking(link, tenant, subject, self._clock()), variables)
        finally:
            await link.end()
            self._pool.give(link)


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body
