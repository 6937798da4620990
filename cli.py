"""The commands: serve, migrate, tenant, import, documents, stored-only, token, sdl, reference (`--help` lists them)."""

from __future__ import annotations

import gc

_collecting = gc.isenabled()
gc.disable()  # all that is imported stays: looking at it again and again costs a quarter of every command's start

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import asyncpg
import typer
import uvicorn
from starlette.types import ASGIApp

import app
import boot
from announcing import Announced, announce, authority, err
from demo.directory import identity
from demo.iowa import SAMPLE
from demo.iowa import TENANT as IOWA
from demo.iowa.writing import demo_of
from demo.qingquan import TENANT as QINGQUAN
from demo.qingquan.writing import create as create_qingquan
from domain.access import NO_CLIENT, is_name
from embedded import EmbeddedError
from integrations.documents import UNNAMEABLE, BrokenFolder, UnknownTenant, read_folder, store, switch
from integrations.progress import Shown
from integrations.regions import read_regions
from integrations.tenant import NewTenant, TenantExists, open_tenant, zone_of
from integrations.wholesale import report
from integrations.wholesale.importing import import_file
from integrations.wholesale.reading import BrokenFile
from models.database import Login, UnsafeRole, connected
from settings import Settings, SettingsError
from transport import Channel, Farewell, GivenUp, Siblings, Workers, WorkerServer, server_config, settle_memory
from transport.bearer import Identity, SecretFileError
from transport.logs import configure
from worker import DOING_CONNECTIONS, SEEING_CONNECTIONS, Companion

if _collecting:
    gc.enable()

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

BACKLOG: Final = 2048
"""Connections that may wait to be accepted."""
WORKER: Final = (
    sys.executable,
    "-c",
    f"import gc, sys; gc.disable(); sys.path.insert(0, {str(boot.PROJECT)!r}); import cli; cli.cli()",
    "worker",
)
"""How a worker is started, from any directory. Importing with the collector off saves a quarter of the time."""
TOKEN_LIFETIME: Final = timedelta(days=1)
TENANT: Final = """The tenant {code} {how}. Its platform administrator takes on its brands, by createOrganization.
Her token says "actor": "admin", "tenant": "{id}"; in the demo: make -s token AS=admin TENANT={code}"""
NAMES: Final = {
    app.DEMO_TENANT: "store:2191/clerk, brand:260/analyst, member:1, partner:1, admin",
    QINGQUAN.code: "store:QQ-0001/clerk, agent:QQ-33/operator, brand:QQ/analyst, member:1, partner:1, admin",
}
"""Whom a token can be made for, by tenant; in other tenants they are called as in the first one."""


def fail(message: str) -> typer.Exit:
    """Say what is wrong, in red on stderr, and end with 1. Lines are not broken: paths and statements are copied."""
    err.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)


def _settings() -> Settings:
    try:
        return Settings()
    except SettingsError as error:
        raise fail(str(error)) from None


@contextmanager
def _database(settings: Settings) -> Iterator[boot.Access]:
    """The logins while a command runs; what keeps it from running is said in words."""
    try:
        access = boot.connect(settings)
    except (EmbeddedError, OSError) as error:
        raise fail(str(error)) from None
    try:
        yield access
    except (boot.BootError, UnsafeRole, SecretFileError, OSError) as error:
        raise fail(str(error)) from None
    finally:
        access.close()


@cli.command()
def serve() -> None:
    """Bring the database up, import the demo's data if it is not there yet, and serve until stopped."""
    settings = _settings()
    started = time.monotonic()
    listening = _listen(settings)
    settings = settings.model_copy(update={"port": listening.getsockname()[1]})  # which one it was, where any would do
    with _database(settings) as access:
        if settings.workers > 1:
            _serve_many(settings, access, listening, started)
            return
        application = app.create(settings, access)  # connects to nothing yet; a secret that is wrong is told at once
        asyncio.run(_ready(settings, access))
        configure(settings.log_level, settings.log_format)
        with Companion():
            Announced(_settled(application, settings), settings, started).run([listening])


def _settled(application: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How uvicorn runs the application, which is made by now: what is in memory stays."""
    settle_memory()
    return server_config(
        application,
        host=settings.host,
        port=settings.port,
        limits=app.limits_of(settings),
        graceful_seconds=settings.graceful_shutdown_s,
    )


def _listen(settings: Settings) -> socket.socket:
    """Take the port first: who cannot have it shall not wait for an import to be told."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = str(error.strerror).partition(" (while")[0]  # what follows says host and port once more
        raise fail(f"Cannot listen on {authority(settings.host, settings.port)}: {why}. Set HOST or PORT.") from None


def _serve_many(settings: Settings, access: boot.Access, listening: socket.socket, started: float) -> None:
    """Be the parent of several server processes: the database is made ready here, once, and they serve."""
    app.verify_secret(settings)  # one that is wrong is told at once
    asyncio.run(_ready(settings, access))
    # While one is renewed there is a server process more.
    wanted = (settings.workers + 1) * settings.pool_size + SEEING_CONNECTIONS + DOING_CONNECTIONS
    there = asyncio.run(boot.connections_of(access))
    if wanted > there:
        words = (
            f"{wanted} database connections may be wanted and {there} are there: lower MILLRACE_POOL_SIZE or WORKERS."
        )
        err.print(words, style="yellow", highlight=False, soft_wrap=True)
    configure(settings.log_level, settings.log_format)

    async def parent() -> None:
        workers = Workers(
            WORKER,
            settings.workers,
            listening,
            {"login": asdict(access.app), "port": settings.port},
            graceful_s=settings.graceful_shutdown_s,
        )

        def up() -> None:
            announce(settings, listening.getsockname(), started)
            err.print(f"Renew:   kill -HUP {os.getpid()}\n", highlight=False)

        await workers.run(up)

    try:
        with Companion():
            asyncio.run(parent())
    except GivenUp as error:
        raise fail(str(error)) from None


@cli.command(hidden=True)
def worker(
    descriptor: Annotated[int, typer.Argument(help="The socket to the parent.")],
) -> None:
    """Serve as one of several processes; `serve` starts this where WORKERS is more than 1."""
    settings = _settings()
    try:
        channel = Channel(descriptor)
        orders = channel.orders()
        settings = settings.model_copy(update={"port": orders.given["port"]})
    except (OSError, ValueError):
        raise fail("A worker is started by `serve`: set WORKERS.") from None
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the parent's to understand
    configure(settings.log_level, settings.log_format, worker=orders.number)
    login = Login(**orders.given["login"])
    siblings = Siblings(Path(orders.directory), orders.number, orders.count)
    try:
        farewell = Farewell(app.create(settings, boot.Access(login.url, login), siblings))
    except (SecretFileError, OSError) as error:
        raise fail(str(error)) from None
    WorkerServer(_settled(farewell, settings), channel, orders, farewell).run()


async def _ready(settings: Settings, access: boot.Access) -> None:
    await boot.prepare(access, lambda words: err.print(words, style="dim"))
    with boot.explained():
        await app.check_role(settings, access)
        if settings.profile == "demo":
            with suppress(TenantExists):  # another process was quicker
                if not await _tenant_exists(access.owner, app.DEMO_TENANT):
                    await _import(access.owner, SAMPLE, IOWA, demo=True)
            with suppress(TenantExists):
                if not await _tenant_exists(access.owner, QINGQUAN.code):
                    await _invent(access.owner)


async def _import(owner: str, file: Path, tenant: NewTenant, *, demo: bool) -> None:
    """Import and say what came of it."""
    now = datetime.now(UTC)
    extend = demo_of(now.astimezone(zone_of(tenant)).date()) if demo else None
    report.show(err, await import_file(owner, file, tenant, extend=extend, now=now, progress=Shown(err)))


async def _invent(owner: str) -> None:
    """Make the second tenant, of which nothing is real, and say what came of it."""
    today = datetime.now(UTC).astimezone(zone_of(QINGQUAN)).date()
    rows = await create_qingquan(owner, today, Shown(err))
    err.print(f"\nTenant [bold]{QINGQUAN.code}[/]: invented, a drinks brand and two hundred shops.")
    report.show_rows(err, rows)


async def _tenant_exists(owner: str, code: str) -> bool:
    async with connected(owner) as connection:
        return bool(await connection.fetchval("SELECT 1 FROM tenant WHERE code = $1", code))


@cli.command()
def migrate() -> None:
    """Bring the database up and its schema to the newest revision."""
    with _database(_settings()) as access:
        asyncio.run(boot.prepare(access, lambda words: err.print(words, style="dim")))


@cli.command()
def tenant(
    code: Annotated[str, typer.Argument(help="The code of the tenant: small letters, digits, hyphens.")],
    name: Annotated[str | None, typer.Option(help="Its name; the code if not given.")] = None,
    currency: Annotated[str, typer.Option(help="ISO 4217 code of its amounts.")] = "CNY",
    time_zone: Annotated[str, typer.Option(help="The time zone whose days count.")] = "Asia/Shanghai",
    host: Annotated[list[str] | None, typer.Option(help="A host name that means this tenant; may be repeated.")] = None,
    regions: Annotated[Path | None, typer.Option(help="Regions: csv with semicolons; code, name, parent.")] = None,
) -> None:
    """Open a tenant, empty, and print its id, which its platform administrator's token names.

    Asked again for the same code it adds host names and regions that are not there, and changes nothing else.
    """
    made = NewTenant(code=code, name=name or code, currency=currency, time_zone=time_zone, hosts=tuple(host or ()))
    with _database(_settings()) as access:
        try:
            listed = [] if regions is None else read_regions(regions)
            asyncio.run(boot.prepare(access))
            id, is_new = asyncio.run(open_tenant(access.owner, made, listed))
        except (TenantExists, ValueError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise fail(f"{error}\nNothing was changed.") from None
    sys.stdout.write(f"{id}\n")
    err.print(TENANT.format(code=code, how="is open" if is_new else "was there", id=id), markup=False, highlight=False)


@cli.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="A wholesale invoice file: csv or csv.gz, 24 columns, semicolons.")],
    tenant: Annotated[str, typer.Option(help="Code of the tenant to make: small letters, digits, hyphens.")],
    name: Annotated[str | None, typer.Option(help="Its name; the code if not given.")] = None,
    currency: Annotated[str, typer.Option(help="ISO 4217 code of its amounts.")] = "USD",
    time_zone: Annotated[str, typer.Option(help="The time zone whose days count.")] = "America/Chicago",
    host: Annotated[list[str] | None, typer.Option(help="A host name that means this tenant; may be repeated.")] = None,
    demo: Annotated[
        bool, typer.Option(help="Also generate what the file cannot hold: stock, shelves, people.")
    ] = False,
) -> None:
    """Import a wholesale invoice file as a new tenant: wholly, or not at all."""
    made = NewTenant(code=tenant, name=name or tenant, currency=currency, time_zone=time_zone, hosts=tuple(host or ()))
    with _database(_settings()) as access:
        asyncio.run(boot.prepare(access))
        try:
            asyncio.run(_import(access.owner, file, made, demo=demo))
        except BrokenFile as error:
            raise fail("\n".join(["The file is broken; nothing was imported:", *map(str, error.problems)])) from None
        except (TenantExists, ValueError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise fail(f"{error}\nNothing was imported.") from None


@cli.command()
def documents(
    folder: Annotated[Path, typer.Argument(help="A folder of .graphql files.", exists=True, file_okay=False)],
    tenant: Annotated[str, typer.Option(help="The tenant's code.")] = app.DEMO_TENANT,
) -> None:
    """Store a folder's documents for a tenant's clients, all or none, and print the hash of each.

    The folder's .graphql and .gql files, those in folders below it too. Brings the schema up first, as serve does.
    """
    settings = _settings()
    with _database(settings) as access:
        try:
            found = read_folder(folder, app.problems_of(settings))
            asyncio.run(boot.prepare(access))
            new = asyncio.run(store(access.owner, tenant, found, datetime.now(UTC)))
        except (BrokenFolder, UnknownTenant, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise fail(f"{error}\nNothing was stored.") from None
    for each in found:
        sys.stdout.write(f"{each.digest}  {each.name}\n")
    err.print(f"{len(found)} documents, {new} of them new, for the clients of {tenant}.", highlight=False)


@cli.command()
def stored_only(
    client: Annotated[str, typer.Argument(help="As the client_id of its tokens says; anonymous are those without.")],
    tenant: Annotated[str, typer.Option(help="The tenant's code.")] = app.DEMO_TENANT,
    off: Annotated[bool, typer.Option("--off", help="Let the client send any document again.")] = False,
) -> None:
    """Let a client of a tenant send stored documents only; running servers know it within half a minute.

    Who leaves her token out is the client `anonymous`: switch that as well. Brings the schema up first, as serve does.
    """
    with _database(_settings()) as access:
        asyncio.run(boot.prepare(access))
        try:
            clients = asyncio.run(switch(access.owner, tenant, client, stored_only=not off))
        except (UnknownTenant, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise fail(str(error)) from None
    err.print(f"Stored documents only, in {tenant}: {', '.join(clients) or 'nobody'}.", markup=False, highlight=False)
    if clients and NO_CLIENT not in clients:
        words = f"Requests that prove no client may still send anything: make stored-only CLIENT={NO_CLIENT} …"
        err.print(words, markup=False, highlight=False, soft_wrap=True)


@cli.command()
def token(
    who: Annotated[str, typer.Argument(help="store:2191/clerk, brand:260/analyst, member:1, partner:1, admin …")],
    tenant: Annotated[str, typer.Option(help="The tenant's code.")] = app.DEMO_TENANT,
    client: Annotated[str | None, typer.Option(help="The application that it is for, its client_id.")] = None,
) -> None:
    """Print a demo token, one line, good for a day."""
    settings = _settings()
    if settings.profile != "demo":
        raise fail("Tokens are made in the demo profile only; in production they come from your issuer.")
    with _database(settings) as access:
        try:
            with boot.explained():
                found = asyncio.run(_identity(access.owner, tenant, who))
        except boot.BootError as error:
            raise fail(f"{error}. Is the demo's data there? `make serve` imports it.") from None
        secret = app.secret_of(settings)
    if found is None:
        names = NAMES.get(tenant, NAMES[app.DEMO_TENANT])
        raise fail(f"The tenant {tenant} has no {who!r}. Try {names}: `make serve` makes them with the demo's data.")
    if client is not None and not is_name(client):
        raise fail(UNNAMEABLE)
    sys.stdout.write(app.demo_token(secret, replace(found, client=client), TOKEN_LIFETIME) + "\n")


async def _identity(owner: str, tenant: str, who: str) -> Identity | None:
    """The account behind a demo name, and which of its actors speaks."""
    async with connected(owner) as connection:
        return await identity(connection, tenant, who)


@cli.command()
def sdl(
    subgraph: Annotated[bool, typer.Option(help="As a gateway composes it, which `_service` answers, too.")] = False,
) -> None:
    """Print the schema in GraphQL's own language."""
    import schema

    text = schema.federation.composed_of(schema.subgraph()) if subgraph else schema.build().as_str()
    sys.stdout.write(text + "\n")


@cli.command()
def reference() -> None:
    """Print the graph's reference, docs/schema.md."""
    import schema.reference

    sys.stdout.write(schema.reference.reference(schema.build()))


if __name__ == "__main__":
    cli()
