"""What the tests of lending share: who reads what, who takes connections and who waits for them."""

import asyncio
from datetime import datetime
from uuid import UUID

from models.database import Database
from models.lending import PooledConnection
from models.reading import Read, Row


class OneRow(Row):
    """A number."""

    n: int


class WhereRow(Row):
    """The tenant that a transaction is in, and since when."""

    tenant_id: UUID
    since: datetime


THERE = UUID(int=2)
WHERE = Read(WhereRow, "SELECT current_setting('app.tenant_id')::uuid AS tenant_id, now() AS since", ())


async def taken(pool: Database, how_many: int) -> list[PooledConnection]:
    return [await pool.checkout() for _ in range(how_many)]


def waiting(pool: Database, how_many: int) -> list["asyncio.Task[PooledConnection]"]:
    return [asyncio.ensure_future(pool.checkout()) for _ in range(how_many)]


async def settled() -> None:
    """Long enough for whatever does not wait for something."""
    await asyncio.sleep(0.02)
