"""The commands: serve, migrate, import, token, sdl. `millrace --help` lists them."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import asyncpg
import typer
import uvicorn
from rich.console import Console

import app
import boot
import schema
from demo import SAMPLE
from demo.writing import demo_of
from domain.channel import Role
from embedded import EmbeddedError
from integrations.wholesale import report
from integrations.wholesale.importing import NewTenant, TenantExists, import_file, zone_of
from integrations.wholesale.progress import Shown
from integrations.wholesale.reading import BrokenFile
from models.database import UnsafeRole
from models.reading import set_tenant
from settings import Settings, SettingsError
from transport import server_config
from transport.bearer import Identity, SecretFileError, mint
from transport.logs import configure

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
err = Console(stderr=True)

BACKLOG: Final = 2048
"""Connections that may wait to be accepted."""
TOKEN_LIFETIME: Final = timedelta(days=1)
NAMES: Final = "store:2191/clerk, brand:260/analyst, member:1, partner:1, admin"
TRY: Final = """
Try:     curl -s {url} -H 'content-type: application/json' \\
              -d '{{"query": "{{ stores(first: 3) {{ nodes {{ id name city }} }} }}"}}'
Tokens:  make -s token AS=store:2191/clerk
The README has more to try.

"""
IOWA: Final = NewTenant(
    code=app.DEMO_TENANT, name="Iowa wholesale (demo)", currency="USD", time_zone="America/Chicago", hosts=()
)


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
    with _database(settings) as access:
        application = app.create(settings, access)  # connects to nothing yet; a secret that is wrong is told at once
        asyncio.run(_ready(settings, access))
        configure(settings.log_level, settings.log_format)
        config = server_config(
            application,
            host=settings.host,
            port=settings.port,
            limits=app.limits_of(settings),
            graceful_seconds=settings.graceful_shutdown_s,
        )
        Announced(config, settings, started).run([listening])


def _listen(settings: Settings) -> socket.socket:
    """Take the port first: who cannot have it shall not wait for an import to be told."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = str(error.strerror).partition(" (while")[0]  # what follows says host and port once more
        raise fail(f"Cannot listen on {_authority(settings.host, settings.port)}: {why}. Set HOST or PORT.") from None


def _authority(host: str, port: int) -> str:
    """Host and port as a URL has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Announced(uvicorn.Server):
    """A server that says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, settings: Settings, started: float) -> None:
        super().__init__(config)
        self._settings, self._since = settings, started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the address and what to try."""
        await super().startup(sockets)
        if not self.started:
            return
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        url = f"http://{_authority(host, port)}/graphql"
        err.print(f"\n[bold green]Millrace is up[/] after {time.monotonic() - self._since:.1f} s: [bold]{url}[/]")
        if self._settings.profile == "demo":
            sys.stderr.write(TRY.format(url=url))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; who was asked to stop, and did, ends with 0 and not by the signal."""
        await super().shutdown(sockets)
        self._captured_signals.clear()


async def _ready(settings: Settings, access: boot.Access) -> None:
    await boot.prepare(access, lambda words: err.print(words, style="dim"))
    with boot.explained():
        await app.check_role(access)
        if settings.profile == "demo" and not await _tenant_exists(access.owner, app.DEMO_TENANT):
            with suppress(TenantExists):  # another process was quicker
                await _import(access.owner, SAMPLE, IOWA, demo=True)


async def _import(owner: str, file: Path, tenant: NewTenant, *, demo: bool) -> None:
    """Import and say what came of it."""
    now = datetime.now(UTC)
    extend = demo_of(now.astimezone(zone_of(tenant)).date()) if demo else None
    report.show(err, await import_file(owner, file, tenant, extend=extend, now=now, progress=Shown(err)))


async def _tenant_exists(owner: str, code: str) -> bool:
    connection = await asyncpg.connect(owner, timeout=boot.CONNECT_TIMEOUT_S)
    try:
        return bool(await connection.fetchval("SELECT 1 FROM tenant WHERE code = $1", code))
    finally:
        await connection.close()


@cli.command()
def migrate() -> None:
    """Bring the database up and its schema to the newest revision."""
    with _database(_settings()) as access:
        asyncio.run(boot.prepare(access, lambda words: err.print(words, style="dim")))


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
def token(
    who: Annotated[str, typer.Argument(help="store:2191/clerk, brand:260/analyst, member:1, partner:1, admin …")],
    tenant: Annotated[str, typer.Option(help="The tenant's code.")] = app.DEMO_TENANT,
) -> None:
    """Print a demo token, one line, good for a day."""
    settings = _settings()
    if settings.profile != "demo":
        raise fail("Tokens are made in the demo profile only; in production they come from your issuer.")
    with _database(settings) as access:
        try:
            with boot.explained():
                identity = asyncio.run(_identity(access.owner, tenant, who))
        except boot.BootError as error:
            raise fail(f"{error}. Is the demo's data there? `make serve` imports it.") from None
        secret = app.secret_of(settings)
    if identity is None:
        raise fail(f"The tenant {tenant} has no {who!r}. Try {NAMES}: `make serve` makes them with the demo's data.")
    made = mint(
        secret, identity, issuer=app.DEMO_ISSUER, audience=app.DEMO_AUDIENCE, lifetime=TOKEN_LIFETIME, now=time.time()
    )
    sys.stdout.write(made + "\n")


async def _identity(owner: str, tenant: str, who: str) -> Identity | None:
    """The account behind a demo name, and which of its actors speaks."""
    connection = await asyncpg.connect(owner, timeout=boot.CONNECT_TIMEOUT_S)
    try:
        tenant_id: UUID | None = await connection.fetchval("SELECT id FROM tenant WHERE code = $1", tenant)
        if tenant_id is None:
            return None
        if who == "admin":
            return Identity(subject="admin", actor="admin", tenant=tenant_id)
        async with connection.transaction(readonly=True):
            await connection.execute(set_tenant(tenant_id))
            return await _known(connection, tenant_id, who)
    finally:
        await connection.close()


async def _known(connection: asyncpg.Connection, tenant_id: UUID, who: str) -> Identity | None:
    if who.startswith("member:"):
        found = await connection.fetchval(
            "SELECT 1 FROM account a JOIN customer c ON (c.tenant_id, c.account_id) = (a.tenant_id, a.id)"
            " WHERE a.tenant_id = $1 AND a.subject = $2",
            tenant_id,
            who,
        )
        return Identity(subject=who, actor="consumer", tenant=tenant_id) if found else None
    if who.startswith("partner:"):
        found = await connection.fetchval(
            "SELECT 1 FROM partner_client WHERE tenant_id = $1 AND subject = $2", tenant_id, who
        )
        return Identity(subject=who, actor="partner", tenant=tenant_id) if found else None
    role = who.rpartition("/")[2].upper()
    if role not in Role.__members__:
        return None
    organization = await connection.fetchval(
        "SELECT s.organization_id FROM account a JOIN staff s ON (s.tenant_id, s.account_id) = (a.tenant_id, a.id)"
        " WHERE a.tenant_id = $1 AND a.subject = $2 AND s.role = $3",
        tenant_id,
        who,
        role,
    )
    if organization is None:
        return None
    return Identity(subject=who, actor="staff", tenant=tenant_id, organization=organization, role=role)


@cli.command()
def sdl() -> None:
    """Print the schema in GraphQL's own language."""
    sys.stdout.write(schema.build().as_str() + "\n")


def main() -> None:
    """The `millrace` command."""
    cli()


if __name__ == "__main__":
    main()
