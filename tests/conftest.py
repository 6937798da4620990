"""One PostgreSQL for the whole run, one database per worker, cut from a template that holds the demo's tenants."""

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import asyncpg
import pytest
from hypothesis import settings

import boot
from embedded import Server
from models.database import Database
from tests import proof, templates
from tests.given import pool_of
from tests.graph.client import GraphClient
from tests.spare import Spare
from tests.templates import NOW as NOW
from tests.templates import TODAY as TODAY
from tests.templates import run_sql
from transport import settle_memory
from transport.logs import configure


def pytest_configure(config: pytest.Config) -> None:
    configure("warning", "json")
    # How long an example takes is the machine's affair, and a run of today finds what yesterday's found.
    settings.register_profile("house", deadline=None, derandomize=True)
    settings.load_profile("house")
    config.addinivalue_line("markers", "prove: also run by `make prove`, at the full numbers")
    gc.disable()  # modules and tests stay, all of them: looking at them again and again costs a quarter of the time


def pytest_collection_finish(session: pytest.Session) -> None:
    """From here on there is garbage to be collected.

    Where several run the tests, the first has the templates made: those that need no database come first.
    """
    settle_memory()
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw0" and not session.config.option.collectonly:
        making = subprocess.Popen([sys.executable, "-m", "tests.templates"], cwd=boot.PROJECT)
        session.config.add_cleanup(partial(_end, making))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()  # long over, but for a run that is broken off
    process.wait()


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


@pytest.fixture(scope="session")
def cluster() -> Iterator[Server]:
    """This worker's lease of the run's PostgreSQL."""
    with templates.start_server() as server:
        yield server


@pytest.fixture(scope="session")
def empty_template(cluster: Server) -> str:
    """The name of the empty template."""
    return templates.empty(cluster)


@pytest.fixture(scope="session")
def full_template(cluster: Server) -> str:
    """The name of the full template."""
    return templates.full(cluster)


@pytest.fixture(scope="session")
def access(cluster: Server, full_template: str) -> Iterator[boot.Access]:
    """The logins to this worker's own database, which holds the demo's two tenants and the small one."""
    name = f"work_{os.getpid()}"
    asyncio.run(run_sql(cluster, f'CREATE DATABASE "{name}" OWNER "{boot.OWNER}" TEMPLATE "{full_template}"'))
    yield boot.embedded_access(cluster, name)
    asyncio.run(run_sql(cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


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
