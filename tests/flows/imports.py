"""What the tests of the import share: connections without and with the wall, small files, what a database holds."""

import asyncio
import csv
import gzip
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import func, select

import boot
from demo.iowa import SAMPLE
from integrations.tenant import NewTenant
from models import Base
from models.session import set_tenant
from tests.conftest import NOW

SMALL_ROWS = 200
IMPORTER = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
from demo.iowa.writing import demo_of
from integrations.tenant import NewTenant, TenantExists
from integrations.wholesale.importing import import_file
dsn, path, code, now = sys.argv[1:]
at = datetime.fromisoformat(now)
try:
    new = NewTenant(code, code, "USD", "America/Chicago")
    asyncio.run(import_file(dsn, Path(path), new, extend=demo_of(at.date()), now=at))
except TenantExists:
    sys.exit(3)
"""


@asynccontextmanager
async def connected(dsn: str, tenant: UUID | None = None, role: str | None = None) -> AsyncIterator[Any]:
    """A connection, as `role` where one is given, in a transaction of `tenant` where one is given."""
    connection = await asyncpg.connect(dsn, server_settings={} if role is None else {"role": role})
    try:
        async with connection.transaction():
            if tenant is not None:
                await connection.execute(set_tenant(tenant))
            yield connection
    finally:
        await connection.close()


def everything(dsn: str) -> str:
    """The same database for the superuser, whom row security does not hold: nothing hides from her."""
    return f"postgresql://{boot.SUPERUSER}@{dsn.partition('@')[2]}"


def counting(table: str) -> str:
    """The statement that counts a table's rows."""
    return str(select(func.count()).select_from(Base.metadata.tables[table]))


async def rows_of_all(dsn: str) -> dict[str, int]:
    """The rows of every table that has any, of all tenants."""
    async with connected(everything(dsn)) as connection:
        counts = {name: await connection.fetchval(counting(name)) for name in Base.metadata.tables}
    return {name: count for name, count in counts.items() if count}


@cache
def sample() -> Sequence[Sequence[str]]:
    """The real file's rows, the header first."""
    with gzip.open(SAMPLE, "rt", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def written(path: Path, rows: Sequence[Sequence[str]], changes: Mapping[str, str] | None = None) -> Path:
    """A file of these rows; `changes` are made, by heading, to the first one after the header."""
    header, first, *rest = rows
    named = dict(zip(header, first, strict=True)) | dict(changes or {})
    assert len(named) == len(header)
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=";").writerows([header, list(named.values()), *rest])
    return path


def small_file(directory: Path) -> Path:
    """The first rows of the real file."""
    return written(directory / "small.csv", sample()[: SMALL_ROWS + 1])


def tenant(code: str = "one", *hosts: str) -> NewTenant:
    """A tenant to import into."""
    return NewTenant(code, code.title(), "USD", "America/Chicago", hosts)


async def importer(dsn: str, path: Path, code: str, hash_seed: int = 0) -> asyncio.subprocess.Process:
    """Another process that imports the file with the demo; it ends with 3 where the tenant exists."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", IMPORTER, dsn, str(path), code, NOW.isoformat()),
        cwd=boot.PROJECT,
        env={"PYTHONPATH": ".", "PYTHONHASHSEED": str(hash_seed)},
    )
