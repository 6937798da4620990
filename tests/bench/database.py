"""The benchmark's database: made once from the sizes, kept until what it is made from changes."""

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

import boot
from embedded import EmbeddedPostgres, Server
from integrations.bulk import Bulk
from models.session import set_tenant
from tests.bench import aims
from tests.bench.sizes import TENANT, Size

HERE = Path(__file__).parent
MADE_FROM = (HERE / "scaled.sql", HERE / "aims.py", HERE / "sizes.py", boot.PROJECT / "alembic" / "versions")
PREFIX, MAKING = "bench_", "making"
SETTINGS = {
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "60min",
    "synchronous_commit": "off",
    # Nothing is written while it is measured; what would look for something to clean only disturbs.
    "autovacuum": "off",
}


def start(home: Path, linger_s: float = 2.0) -> Server:
    """The benchmark's own PostgreSQL: whose processors' time is counted is nobody else's."""
    return EmbeddedPostgres(home, settings=SETTINGS, linger_s=linger_s).start()


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Within it no other benchmark uses the same database: two at once would measure each other."""
    with (home / "bench.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("Another benchmark is running; two at once would measure each other.") from None
        yield


def name_of(size: Size) -> str:
    """The name of the database: what it was made from is in it."""
    digest = hashlib.sha256(repr(size).encode())
    for root in MADE_FROM:
        for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            digest.update(path.read_bytes())
    return PREFIX + digest.hexdigest()[:12]


async def ready(server: Server, size: Size) -> tuple[boot.Access, float | None]:
    """The logins to a database of this size, and the seconds it took to make it, if it was not there yet."""
    name = name_of(size)
    superuser = await asyncpg.connect(server.dsn(boot.SUPERUSER, boot.SUPERUSER))
    try:
        if await superuser.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            return boot.embedded_access(server, name), None
        for row in await superuser.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", PREFIX):
            await superuser.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')
        began = time.monotonic()
        await boot.create_database(server, PREFIX + MAKING)
        owner = boot.embedded_access(server, PREFIX + MAKING).owner
        await boot.migrate(owner)
        await generate(owner, size)
        await superuser.execute(f'ALTER DATABASE "{PREFIX + MAKING}" RENAME TO "{name}"')  # whole: named last
        return boot.embedded_access(server, name), time.monotonic() - began
    finally:
        await superuser.close()


async def generate(owner: str, size: Size) -> None:
    """Write the benchmark's tenant into an empty migrated database, as its owner, under row security."""
    connection = await asyncpg.connect(owner, server_settings={"jit": "off", "work_mem": "64MB"})
    try:
        async with connection.transaction():
            await connection.execute(set_tenant(TENANT))
            for name, value in size.settings.items():
                await connection.execute("SELECT set_config($1, $2, true)", name, value)
            await connection.execute((HERE / "scaled.sql").read_text())
            await aims.write(Bulk(connection, TENANT), size)
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
