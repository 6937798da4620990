"""The templates of the tests' databases: an empty migrated one, and one that holds the demo's tenants.

They are kept from run to run under names made of everything that decides their content, so only the first run after a
change pays for the import. As a process of its own (`python -m tests.templates`) this makes what is missing while the
tests that need no database run.
"""

import asyncio
import csv
import fcntl
import gc
import gzip
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

import boot
from demo.iowa import SAMPLE
from demo.iowa.writing import demo_of
from demo.qingquan.writing import create as create_qingquan
from embedded import EmbeddedPostgres, Server, default_home
from integrations.tenant import NewTenant
from integrations.wholesale.importing import import_file

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "2GB",
    "shared_buffers": "1GB",
    "autovacuum": "off",
}
"""A test cluster may lose its data with the machine; that makes it several times faster.

Nor does it look at tables of its own accord: what it happened to see of one between two tests, emptied or half filled,
would decide how the next one's statements go.
"""
DECIDES_THE_EMPTY = ("alembic/versions", "models", "tests/templates.py")
DECIDES_THE_FULL = (*DECIDES_THE_EMPTY, "domain", "integrations", "demo")
TODAY = date(2026, 11, 24)
"""The day the demo is generated for; the tests' clock stands on it too."""
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SMALL_STORES = 40
TEMPLATES_KEPT = 3


HOME = default_home(boot.PROJECT, boot.NAME) / "tests"


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


async def run_sql(server: Server, text: str) -> None:
    """A statement that is the superuser's."""
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
    await run_sql(server, 'DROP DATABASE IF EXISTS "making_empty" WITH (FORCE)')
    await boot.create_database(server, "making_empty")
    await boot.migrate(boot.embedded_access(server, "making_empty").owner)
    await run_sql(server, f'ALTER DATABASE "making_empty" RENAME TO "{name}"')  # the name says it is whole: given last


async def _build_full(server: Server, name: str, empty: str, scratch: Path) -> None:
    """One with the demo's tenants and a small one beside them."""
    await _clear(server)
    await run_sql(server, f'CREATE DATABASE "making_full" OWNER "{boot.OWNER}" TEMPLATE "{empty}"')
    owner = boot.embedded_access(server, "making_full").owner
    small = first_stores(SAMPLE, scratch / "forty.csv", SMALL_STORES)
    for code, path in (("iowa", SAMPLE), ("forty", small)):
        tenant = NewTenant(code, code.title(), "USD", "America/Chicago", (f"{code}.example",))
        await import_file(owner, path, tenant, extend=demo_of(TODAY), now=NOW)
    await create_qingquan(owner, TODAY)
    await run_sql(server, f'ALTER DATABASE "making_full" RENAME TO "{name}"')


@contextmanager
def _one_at_a_time(kind: str) -> Iterator[None]:
    """Whoever makes templates of a kind makes them alone; the others wait."""
    with (HOME / f"{kind}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start_server() -> Server:
    """A lease of the run's PostgreSQL."""
    return EmbeddedPostgres(HOME, settings=SETTINGS).start()


def empty(server: Server) -> str:
    """The name of the empty template; the first that comes makes it."""
    name = f"empty_{_fingerprint(DECIDES_THE_EMPTY)}"
    with _one_at_a_time("empty"):
        if not asyncio.run(_exists(server, name)):
            asyncio.run(_build_empty(server, name))
    return name


def full(server: Server) -> str:
    """The name of the full template. Making it takes half a minute, which nobody waits for who needs the empty one."""
    name, start = f"full_{_fingerprint(DECIDES_THE_FULL)}", empty(server)
    with _one_at_a_time("full"):
        if not asyncio.run(_exists(server, name)):
            with TemporaryDirectory() as scratch:
                asyncio.run(_build_full(server, name, start, Path(scratch)))
    return name


if __name__ == "__main__":
    gc.disable()
    with start_server() as served:
        full(served)
