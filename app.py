"""The application: settings in, routes out. The composition root of a serving process; nothing but `cli` imports it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

import boot
import models.ordering
from demo.directory import DemoPeople
from demo.iowa import TENANT as IOWA
from domain.ordering import Notice
from engine.documents import DocumentError
from engine.limits import Limits
from models.database import Database
from models.reading import compile_all
from settings import Settings
from transport import PATH, SUBGRAPH, Gateways, Graph, Metrics, Siblings, TakeNotice, middleware, notice_routes, routes
from transport.bearer import Identity, JwksVerifier, SecretVerifier, Verifier, Verifiers, demo_secret, mint
from transport.workbench import workbench_routes, worked_queries

DEMO_TENANT: Final = IOWA.code
DEMO_ISSUER: Final = "millrace-demo"
DEMO_AUDIENCE: Final = "millrace"
SECRET_FILE: Final = "token.secret"
PAGE_TOKEN_LIFETIME: Final = timedelta(hours=1)
WORKBENCH: Final = boot.PROJECT / "graphiql"
"""The page as built, and its worked queries."""


def limits_of(settings: Settings) -> Limits:
    """The limits, with what the settings say of them."""
    return Limits(request_seconds=settings.request_timeout_s)


def secret_of(settings: Settings) -> bytes:
    """The secret that the demo's tokens are signed with: one per data directory."""
    return demo_secret(boot.data_directory(settings) / SECRET_FILE)


def verify_secret(settings: Settings) -> None:
    """Make the demo's secrets where there are none. Raises: transport.bearer.SecretFileError if one is not trusted."""
    if settings.profile == "demo":
        secret_of(settings)
        demo_secret(boot.data_directory(settings) / boot.PAYMENT_SECRET_FILE)


def demo_token(secret: bytes, identity: Identity, lifetime: timedelta) -> str:
    """A token as the demo's own verifier accepts it, from now on."""
    return mint(secret, identity, issuer=DEMO_ISSUER, audience=DEMO_AUDIENCE, lifetime=lifetime, now=time.time())


def workbench_of(settings: Settings, database: Database) -> list[BaseRoute]:
    """The workbench's routes where it is on; becoming somebody there is for the demo alone."""
    if not settings.graphiql_enabled:
        return []
    people = None
    if settings.profile == "demo":
        mint_one = partial(demo_token, secret_of(settings))
        people = DemoPeople(database, mint_one, PAGE_TOKEN_LIFETIME, DEMO_TENANT)
    return workbench_routes(WORKBENCH / "page", worked_queries(WORKBENCH / "queries"), people, limits_of(settings))


def verifiers_of(settings: Settings) -> tuple[Verifiers, list[JwksVerifier]]:
    """Who vouches for tokens: the configured issuer and, in the demo, the data directory's own secret."""
    known: dict[str, Verifier] = {}
    remote: list[JwksVerifier] = []
    if settings.profile == "demo":
        secret = secret_of(settings)
        known[DEMO_ISSUER] = SecretVerifier(secret, DEMO_ISSUER, DEMO_AUDIENCE, leeway_s=settings.jwt_leeway_s)
    if settings.jwks_url is not None and settings.jwt_issuer is not None and settings.jwt_audience is not None:
        issuer = JwksVerifier(
            settings.jwks_url,
            settings.jwt_issuer,
            settings.jwt_audience,
            settings.jwt_algorithms,
            leeway_s=settings.jwt_leeway_s,
        )
        known[settings.jwt_issuer] = issuer
        remote.append(issuer)
    return Verifiers(known), remote


def problems_of(settings: Settings) -> Callable[[str], list[str]]:
    """What is wrong with a text as a document that is to be served."""
    import schema  # as in `create`

    graph = Graph.of(schema.build(), limits_of(settings), introspection=settings.introspection_enabled)

    def problems(text: str) -> list[str]:
        try:
            graph.documents.prepare(text)
        except DocumentError as error:
            return [_placed(one) for one in error.errors]
        return []

    return problems


def _placed(error: GraphQLError) -> str:
    where = "".join(f"line {place.line}, column {place.column}: " for place in (error.locations or ())[:1])
    return f"{where}{error.message}"


def subgraph_of(settings: Settings) -> tuple[Graph, Gateways] | None:
    """The graph as a part of a larger one, and who may ask it; None where there is no larger one."""
    if not settings.gateway_secrets:
        return None
    import schema  # as in `create`

    # A gateway's documents are its own: what is stored for clients is hardly ever among them.
    limits = replace(
        limits_of(settings),
        stored_documents=100,
        stored_document_bytes=5_000_000,
        stored_plans=200,
        stored_plan_bytes=5_000_000,
    )
    graph = Graph.of(
        schema.subgraph(),
        limits,
        introspection=settings.introspection_enabled,
        remembers=True,  # the gateway alone sends documents here: what is found by its hash nobody else decides
        behind_gateway=True,
    )
    return graph, Gateways(settings.gateway_secrets)


def pool_of(settings: Settings, access: boot.Access) -> Database:
    """The pool to serve with; nothing connects yet."""
    return Database(
        access.app,
        pool_size=settings.pool_size,
        statement_cache=settings.statement_cache,
        request_seconds=settings.request_timeout_s,
    )


def payment_routes(
    settings: Settings, payments: boot.Payments | None, take: TakeNotice, metrics: Metrics
) -> list[BaseRoute]:
    """Where the payment provider tells what happened; the pages of the demo's own provider."""
    if payments is None:
        return []
    told = notice_routes([payments.provider], take, metrics, limits_of(settings))
    return [*told, *([] if payments.local is None else [Mount(boot.PAY_PATH, routes=payments.local.pages)])]


def taking_notices(database: Database) -> TakeNotice:
    """Does what a payment provider tells, on a database; gives the word that the log has of it."""

    async def take(provider: str, notice: Notice) -> str:
        return (await models.ordering.take_notice(database, provider, notice, datetime.now(UTC))).value

    return take


async def check_role(settings: Settings, access: boot.Access) -> None:
    """Raises models.database.UnsafeRole when the role to serve with is not held by row security."""
    database = pool_of(settings, access)
    try:
        await database.check_role()
    finally:
        await database.close()


def graph_of(settings: Settings, limits: Limits) -> Graph:
    """The graph that is served, its statements compiled: the first request shall not wait for that."""
    import schema  # here alone: a command that asks the graph nothing starts in half the time without it

    served = schema.build()
    compile_all()
    return Graph.of(served, limits, introspection=settings.introspection_enabled, remembers=settings.profile == "demo")


def create(
    settings: Settings | None = None,
    access: boot.Access | None = None,
    siblings: Siblings | None = None,
    take_notice: TakeNotice | None = None,
) -> Starlette:
    """The application over a database that is up and migrated.

    Args:
        settings: read from the environment if not given.
        access: the logins, which stay the caller's to close; if not given, the application makes its own and closes
            them when it stops.
        siblings: the other server processes on the port, if this is one of several.
        take_notice: does what a payment provider tells; if not given, what the orders say.

    Raises: settings.SettingsError, embedded.EmbeddedError, transport.bearer.SecretFileError.
    """
    from resolvers.entrance import Entrance  # as in `graph_of`

    settings = settings or Settings()
    opened = access is None
    access = access or boot.connect(settings)
    database = pool_of(settings, access)
    limits = limits_of(settings)
    graph = graph_of(settings, limits)
    metrics = Metrics(siblings)
    subgraph = subgraph_of(settings)
    metrics.watch(PATH, graph.documents, graph.executor)
    if subgraph is not None:
        metrics.watch(SUBGRAPH, subgraph[0].documents, subgraph[0].executor)
    metrics.watch_pool(database.connections)
    verifiers, remote = verifiers_of(settings)
    payments = boot.payments(settings)
    door = Entrance(
        database,
        verifiers,
        default_tenant=DEMO_TENANT if settings.profile == "demo" else None,
        provider=None if payments is None else payments.provider,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as at_the_end:
            if opened:
                at_the_end.callback(access.close)
            at_the_end.push_async_callback(database.close)
            for issuer in remote:
                at_the_end.push_async_callback(issuer.aclose)
            await database.check_role()
            if payments is not None:
                at_the_end.push_async_callback(payments.aclose)
                if payments.local is not None:
                    await at_the_end.enter_async_context(payments.local.running())
            if siblings is not None:
                await at_the_end.enter_async_context(siblings.answering(metrics.page))
            yield

    served = [
        *routes(door, graph, metrics, database.ping, subgraph),
        *payment_routes(settings, payments, take_notice or taking_notices(database), metrics),
        *workbench_of(settings, database),
    ]
    return Starlette(
        routes=served,
        middleware=middleware(served, settings.cors_origins),
        lifespan=lifespan,
    )
