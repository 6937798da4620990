"""One PostgreSQL for the whole run, one database per worker, cut from a template that holds the demo's tenants.

The template is kept from run to run under a name made of everything that decides its content, so only the first run
after a change pays for the import.
"""

import asyncio
import csv
import fcntl
import gc
import gzip
import hashlib
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

import boot
from demo.iowa import SAMPLE
from demo.iowa.writing import demo_of
from demo.qingquan.writing import create as create_qingquan
from embedded import EmbeddedPostgres, Server, default_home
from integrations.tenant import NewTenant
from integrations.wholesale.importing import import_file
from models.database import Database
from tests import proof
from tests.given import pool_of
from tests.graph.client import GraphClient
from tests.spare import Spare
from transport import settle_memory
from transport.logs import configure

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "2GB",
    "autovacuum": "off",
}
"""A test cluster may lose its data with the machine; that makes it several times faster.

Nor does it look at tables of its own accord: what it happened to see of one between two tests, emptied or half filled,
would decide how the next one's statements go.
"""
DECIDES_THE_EMPTY = ("alembic/versions", "models", "tests/conftest.py")
DECIDES_THE_FULL = (*DECIDES_THE_EMPTY, "domain", "integrations", "demo")
TODAY = date(2026, 11, 24)
"""The day the demo is generated for; the tests' clock stands on it too."""
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SMALL_STORES = 40
TEMPLATES_KEPT = 3


def pytest_configure(config: pytest.Config) -> None:
    configure("warning", "json")
    config.addinivalue_line("markers", "prove: also run by `make prove`, at the full numbers")
    gc.disable()  # modules and tests stay, all of them: looking at them again and again costs a quarter of the time


def pytest_collection_finish() -> None:
    """From here on there is garbage to be collected."""
    settle_memory()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """At the end of `make prove`, say what was measured: docs/proofs.md keeps it."""
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, value in report.user_properties:
            if proof.FULL and name == proof.MEASURED:
                terminalreporter.write_line(str(value))


@dataclass(frozen=True)
class TenantFacts:
    """A tenant of the template."""

    code: str
    id: UUID


def _fingerprint(roots: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for root in roots:
        path = boot.PROJECT / root
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and file.suffix in {".py", ".gz", ".csv"}:
                digest.update(file.relative_to(boot.PROJECT).as_posix().encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Server]:
    """This worker's lease of the run's PostgreSQL."""
    home = default_home(boot.PROJECT, boot.NAME) / "tests"
    with EmbeddedPostgres(home, settings=SETTINGS).start() as server:
        yield server


def first_stores(source: Path, target: Path, stores: int) -> Path:
    """A file of the same form with the lines of the first few stores only."""
    with gzip.open(source, "rt", newline="") as lines, target.open("w", newline="") as small:
        rows = csv.reader(lines, delimiter=";")
        out = csv.writer(small, delimiter=";")
        header = next(rows)
        out.writerow(header)
        place = header.index("Store Number")
        kept: set[str] = set()
        for row in rows:
            if row[place] in kept or len(kept) < stores:
                kept.add(row[place])
                out.writerow(row)
    return target


async def _sql(server: Server, text: str) -> None:
    connection = await asyncpg.connect(server.dsn(boot.SUPERUSER, boot.SUPERUSER))
    try:
        await connection.execute(text)
    finally:
        await connection.close()


async def _exists(server: Server, name: str) -> bool:
    connection = await asyncpg.connect(server.dsn(boot.SUPERUSER, boot.SUPERUSER))
    try:
        return bool(await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name))
    finally:
        await connection.close()


async def _clear(server: Server) -> None:
    """Drop what earlier runs left: half-made and older templates, databases of processes that are gone."""
    connection = await asyncpg.connect(server.dsn(boot.SUPERUSER, boot.SUPERUSER))
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database ORDER BY oid")
        names = [row["datname"] for row in rows]
        kept = {kind: [name for name in names if name.startswith(kind)] for kind in ("empty_", "full_")}
        old = [name for each in kept.values() for name in each[:-TEMPLATES_KEPT]]
        making = ["making_full"]
        left = [name for name in names if name.startswith(("work_", "fresh_")) and not _alive(name)]
        for name in (*old, *making, *left):
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def _alive(name: str) -> bool:
    """Whether the process that a database is named after still runs."""
    try:
        os.kill(int(name.split("_")[1]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


async def _build_empty(server: Server, name: str) -> None:
    """An empty migrated database."""
    await _sql(server, 'DROP DATABASE IF EXISTS "making_empty" WITH (FORCE)')
    await boot.create_database(server, "making_empty")
    await boot.migrate(boot.embedded_access(server, "making_empty").owner)
    await _sql(server, f'ALTER DATABASE "making_empty" RENAME TO "{name}"')  # the name says it is whole: given last


async def _build_full(server: Server, name: str, empty: str, scratch: Path) -> None:
    """One with the demo's tenants and a small one beside them."""
    await _clear(server)
    await _sql(server, f'CREATE DATABASE "making_full" OWNER "{boot.OWNER}" TEMPLATE "{empty}"')
    owner = boot.embedded_access(server, "making_full").owner
    small = first_stores(SAMPLE, scratch / "forty.csv", SMALL_STORES)
    for code, path in (("iowa", SAMPLE), ("forty", small)):
        tenant = NewTenant(code, code.title(), "USD", "America/Chicago", (f"{code}.example",))
        await import_file(owner, path, tenant, extend=demo_of(TODAY), now=NOW)
    await create_qingquan(owner, TODAY)
    await _sql(server, f'ALTER DATABASE "making_full" RENAME TO "{name}"')


@contextmanager
def _one_at_a_time(kind: str) -> Iterator[None]:
    """Whoever makes templates of a kind makes them alone; the others wait."""
    with (default_home(boot.PROJECT, boot.NAME) / "tests" / f"{kind}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def empty_template(cluster: Server) -> str:
    """The name of the empty template; the first worker that comes makes it."""
    name = f"empty_{_fingerprint(DECIDES_THE_EMPTY)}"
    with _one_at_a_time("empty"):
        if not asyncio.run(_exists(cluster, name)):
            asyncio.run(_build_empty(cluster, name))
    return name


@pytest.fixture(scope="session")
def full_template(cluster: Server, empty_template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of the full template. Making it takes half a minute, which nobody waits for who needs the empty one."""
    name = f"full_{_fingerprint(DECIDES_THE_FULL)}"
    with _one_at_a_time("full"):
        if not asyncio.run(_exists(cluster, name)):
            asyncio.run(_build_full(cluster, name, empty_template, tmp_path_factory.mktemp("templates")))
    return name


@pytest.fixture(scope="session")
def access(cluster: Server, full_template: str) -> Iterator[boot.Access]:
    """The logins to this worker's own database, which holds the demo's two tenants and the small one."""
    name = f"work_{os.getpid()}"
    asyncio.run(_sql(cluster, f'CREATE DATABASE "{name}" OWNER "{boot.OWNER}" TEMPLATE "{full_template}"'))
    yield boot.embedded_access(cluster, name)
    asyncio.run(_sql(cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
async def spare(cluster: Server, empty_template: str) -> AsyncIterator[Spare]:
    """What `owner_dsn` is taken from."""
    made = Spare(cluster, empty_template, os.getpid())
    yield made
    await made.drop()


@pytest.fixture
async def owner_dsn(cluster: Server, spare: Spare) -> AsyncIterator[str]:
    """An empty migrated database that nobody else uses meanwhile, logged in as its owner."""
    yield cluster.dsn(boot.OWNER, await spare.take())
    await spare.give_back()


@pytest.fixture(scope="session")
async def app(access: boot.Access) -> AsyncIterator[Database]:
    """The serving role's pool on this worker's database."""
    database = pool_of(access.app, 8, observed=True, fuses=False)
    yield database
    await database.close()


async def _tenant(access: boot.Access, code: str) -> TenantFacts:
    connection = await asyncpg.connect(access.owner)
    try:
        return TenantFacts(code, await connection.fetchval("SELECT id FROM tenant WHERE code = $1", code))
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def iowa(access: boot.Access) -> TenantFacts:
    """The whole of the real data: 1,244 stores."""
    return await _tenant(access, "iowa")


@pytest.fixture(scope="session")
async def forty(access: boot.Access) -> TenantFacts:
    """The same data cut down to its first 40 stores."""
    return await _tenant(access, "forty")


@pytest.fixture(scope="session")
async def qingquan(access: boot.Access) -> TenantFacts:
    """The invented Chinese tenant: 200 stores."""
    return await _tenant(access, "qingquan")


@pytest.fixture(scope="session")
def graph(app: Database) -> GraphClient:
    """The graph asked in this process, the way the wire asks it, by any actor of any tenant."""
    return GraphClient(app, NOW, remembers=False)
