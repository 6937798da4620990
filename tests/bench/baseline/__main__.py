"""Serve the baseline with Strawberry's own ASGI view."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from models.catalog import Product
from models.channel import Account
from models.member import Customer
from tests.bench.baseline.campaigns import CampaignsHere, Index
from tests.bench.baseline.goods import Context
from tests.bench.baseline.loaders import Loaders
from tests.bench.baseline.rights import RightsHere
from tests.bench.baseline.schema import schema
from tests.bench.baseline.session import Session, engine_of, session_of
from tests.bench.serving import given, serve
from transport.bearer import Verifiers


@dataclass
class Asked:
    """Who asks, and the session to answer her with."""

    session: Session
    tenant: UUID
    customer: Customer | None
    name: str


class SessionPerRequest:
    """ASGI middleware: finds out who asks, and gives the request a session of its own."""

    def __init__(
        self, app: ASGIApp, sessions: async_sessionmaker[AsyncSession], verifiers: Verifiers, tenants: dict[str, UUID]
    ) -> None:
        self._app, self._sessions, self._verifiers, self._tenants = app, sessions, verifiers, tenants

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Request(scope).headers
        bearer = headers.get("authorization")
        claims = None if bearer is None else await self._verifiers.verify(bearer.removeprefix("Bearer "))
        tenant = self._tenants[headers["millrace-tenant"]]
        if claims is not None and claims.tenant is not None:
            tenant = claims.tenant
        async with session_of(self._sessions, tenant) as session:
            found: Sequence[Any] = ()
            if claims is not None:
                found = await session.all(
                    select(Customer, Account.display_name)
                    .join(Account, (Account.tenant_id == Customer.tenant_id) & (Account.id == Customer.account_id))
                    .where(Customer.tenant_id == tenant, Account.subject == claims.subject, Account.is_active)
                )
            customer, name = found[0] if found else (None, "")
            scope["asked"] = Asked(session, tenant, customer, name)
            await self._app(scope, receive, send)


class View(GraphQL[Context, None]):
    """Strawberry's view with this application's context."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__(schema)
        self._zone, self._index = zone, Index()

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """New loaders for each request."""
        asked: Asked = request.scope["asked"]
        now = datetime.now(UTC)
        loaders = Loaders(asked.session, asked.tenant, now, now.astimezone(self._zone).date())

        async def products(first: int) -> Sequence[Product]:
            statement = select(Product).where(Product.tenant_id == asked.tenant).order_by(Product.code, Product.id)
            return await asked.session.all(statement.limit(first))

        return Context(
            loaders,
            CampaignsHere(loaders, self._index, self._zone, asked.customer),
            RightsHere(loaders),
            None if asked.customer is None else (asked.customer.id, asked.name),
            products,
        )


def main() -> None:
    """Serve until stopped."""
    here = given()
    sessions = async_sessionmaker(engine_of(here.dsn, here.pool_size), expire_on_commit=False)
    view = Starlette(routes=[Route("/graphql", View(here.zone))])
    serve(SessionPerRequest(view, sessions, here.verifiers, here.tenants))


main()
