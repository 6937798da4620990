"""Bringing up what a process stands on: the database, embedded or a real one, its roles, its migrations; the payment
provider.

Owns the way from the settings to a migrated database and the logins to it, and to the provider that is paid through.
Part of the composition root: only `app`, `cli` and `worker` use it. It imports no data: that is the importer's.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
import httpx
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from embedded import EmbeddedPostgres, Server, default_home
from integrations.localpay import LocalPay, Merchant
from integrations.payment import LocalProvider
from models.database import LOCK_WAIT_S, Login, connected, migrating
from models.wall import APP_ROLE, WORKER_ROLE
from settings import Settings
from transport.bearer import demo_secret
from transport.notices import PATH as NOTICES

if TYPE_CHECKING:
    from alembic.config import Config

PROJECT: Final = Path(__file__).resolve().parent
NAME: Final = "millrace"
OWNER: Final = "millrace"
"""The role that owns the embedded database: no superuser, so that it is held to what a real database would allow."""
SUPERUSER: Final = "postgres"
MINIMUM_VERSION: Final = 150_000
PAYMENT_SECRET_FILE: Final = "payment.secret"
PAYMENT_FILE: Final = "localpay.sqlite"
PAY_PATH: Final = "/pay/local"
"""Below it lie the pages of the demo's own payment provider."""
PREPARE_LOCK: Final = 0x6D696C72
"""Advisory lock of the embedded cluster: one process at a time makes roles and database."""


class BootError(Exception):
    """The database cannot be used as it is; the message says what to do."""


@contextmanager
def explained() -> Iterator[None]:
    """Within it, whatever the database or its driver raises becomes a sentence an operator can read.

    Raises: BootError.
    """
    try:
        yield
    except (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise BootError(f"The database cannot be used: {_words(error)}") from error


def _words(error: BaseException) -> str:
    """What the driver says; the name of the exception where it says nothing, as one that timed out does."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig.__cause__ or error.orig  # SQLAlchemy's own text has the whole statement in it
    return str(error) or type(error).__name__


@dataclass(frozen=True, slots=True)
class Access:
    """The logins to one database. `server` is this process's lease of the embedded PostgreSQL, if that is used."""

    owner: str
    app: Login
    server: Server | None = None
    worker: Login | None = None
    """Who sees what is due in all tenants; a process that serves needs none."""

    def close(self) -> None:
        """Give the lease back; the embedded server stops when nobody holds one."""
        if self.server is not None:
            self.server.close()


def data_directory(settings: Settings) -> Path:
    """Where the embedded PostgreSQL, the demo's secrets and its payment provider's file lie."""
    return settings.data_dir or default_home(PROJECT, NAME)


def connect(settings: Settings) -> Access:
    """Start or join the embedded PostgreSQL, or take the real one's addresses. Blocks: call it before the event loop.

    Raises: embedded.EmbeddedError when the embedded server does not come up.
    """
    if settings.database_url is None:
        return embedded_access(EmbeddedPostgres(data_directory(settings)).start(), NAME)
    owner = settings.database_url
    return Access(
        owner,
        Login(owner, APP_ROLE) if settings.app_database_url is None else Login(settings.app_database_url),
        worker=(
            Login(owner, WORKER_ROLE) if settings.worker_database_url is None else Login(settings.worker_database_url)
        ),
    )


def embedded_access(server: Server, database: str) -> Access:
    """The logins to a database of the embedded server, each by its own role."""
    return Access(
        server.dsn(OWNER, database),
        Login(server.dsn(APP_ROLE, database)),
        server,
        Login(server.dsn(WORKER_ROLE, database)),
    )


async def prepare(access: Access, say: Callable[[str], None] = lambda _: None) -> None:
    """Make roles and database where the server is ours, check the version, migrate to the newest schema.

    Raises: BootError for a server older than 15, one that is not UTF-8, and whatever else keeps it from being used.
    """
    with explained():
        if access.server is not None:
            await create_database(access.server, NAME)
        await _check_server(access.owner)
        say("migrating the schema")
        await migrate(access.owner)


async def _check_server(owner: str) -> None:
    """Raises BootError when the server is too old or the database is not UTF-8."""
    async with connected(owner) as connection:
        version = int(await connection.fetchval("SHOW server_version_num"))
        encoding = await connection.fetchval("SHOW server_encoding")
    if version < MINIMUM_VERSION:
        raise BootError(f"PostgreSQL 15 or newer is needed, and this server is {version // 10_000}.")
    if encoding != "UTF8":
        raise BootError(f"The database must be encoded in UTF8, and this one is in {encoding}.")


async def connections_of(access: Access) -> int:
    """How many connections the server gives to ordinary roles."""
    with explained():
        async with connected(access.owner) as connection:
            all_of_them, reserved = await connection.fetchrow(
                "SELECT current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int"
            )
    return int(all_of_them) - int(reserved)


async def create_database(server: Server, name: str, template: str = "template1") -> None:
    """The owner, the two serving roles and the database, each where it is missing."""
    async with connected(server.dsn(SUPERUSER, SUPERUSER)) as connection:
        await connection.execute(f"SET lock_timeout = '{LOCK_WAIT_S}s'")
        await connection.execute(f"SELECT pg_advisory_lock({PREPARE_LOCK})")
        await _create_role(connection, OWNER, "LOGIN CREATEROLE")
        for role in (APP_ROLE, WORKER_ROLE):
            await _create_role(connection, role, "LOGIN NOINHERIT")
            await connection.execute(f'GRANT "{role}" TO "{OWNER}" WITH ADMIN OPTION')
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}" OWNER "{OWNER}" TEMPLATE "{template}"')


async def _create_role(connection: asyncpg.Connection, role: str, rights: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await connection.execute(f'CREATE ROLE "{role}" {rights}')


def alembic_config() -> Config:
    """Alembic's configuration, independent of the working directory."""
    from alembic.config import Config  # where it is needed alone: most processes migrate nothing

    config = Config()
    config.set_main_option("script_location", str(PROJECT / "alembic").replace("%", "%%"))
    return config


async def migrate(owner: str, revision: str = "head") -> None:
    """Bring the database at `owner` up to `revision`; processes that come together go one after the other.

    Raises: BootError where alembic refuses; whatever else the database or its driver raises.
    """
    from alembic.util import CommandError

    from alembic import command

    def run(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    try:
        await migrating(owner, run)
    except CommandError as error:
        raise BootError(f"The schema cannot be migrated: {error}. Was it made by a newer Millrace?") from error


# ── payment ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Payments:
    """Through whom is paid: the adapter and, in the demo, the provider itself, which is `local`."""

    provider: LocalProvider
    local: LocalPay | None = None

    async def aclose(self) -> None:
        """Close connections and file; where the provider ran its file is closed already."""
        await self.provider.aclose()
        if self.local is not None:
            await self.local.aclose()


def payments(settings: Settings) -> Payments | None:
    """The payment provider that the settings name, the demo's own where they name none; outside the demo then nobody.

    Any process may have it. The demo's own is asked within the process, by the same requests, and keeps all it knows
    in one file of the data directory: no process has to know where another one listens. Nothing is opened yet.

    Raises: transport.bearer.SecretFileError.
    """
    if settings.payment_url is not None and settings.payment_key is not None:
        secrets = [secret.encode() for secret in settings.payment_notice_secrets]
        return Payments(LocalProvider(settings.payment_url, settings.payment_key, secrets))
    if settings.profile != "demo":
        return None
    place = data_directory(settings)
    root = demo_secret(place / PAYMENT_SECRET_FILE)
    key, secret = _derived(root, b"merchant"), _derived(root, b"notices").encode()
    notices = settings.own_url + NOTICES.format(provider=LocalProvider.name)
    merchant = Merchant(key, secret, notices, settings.shown_url + PAY_PATH)
    local = LocalPay(place / PAYMENT_FILE, merchant, copies=settings.payment_notice_copies)
    inside = httpx.ASGITransport(local.app, raise_app_exceptions=False)
    return Payments(LocalProvider("http://localpay", key, [secret], transport=inside), local)


def _derived(root: bytes, purpose: bytes) -> str:
    """A secret for one purpose, made of the data directory's own."""
    return hmac.new(root, purpose, hashlib.sha256).hexdigest()
