"""The ground that holds are taken on: a copy of the benchmark's data with one sku that everybody wants.

A copy, because what the other documents read must not change; and one whose commits reach the disk, as in earnest:
the time of a commit is what the question is about.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import md5
from typing import Any, Final
from uuid import UUID

import asyncpg

import boot
from embedded import Server
from models.session import set_tenant
from tests.bench import database
from tests.bench.sizes import TENANT, Size, key

NAME: Final = "holds"
UNITS: Final = 1_000_000_000
STORE, SKU = 0, 17
"""The second on the first store's shelf: its own goods, beside what up to three tiers above contribute."""
WRITTEN: Final = (
    "customer",
    "idempotency_key",
    "stock",
    "reservation",
    "reservation_line",
    "stock_movement",
    "audit_entry",
    "outbox_event",
)


@dataclass(frozen=True)
class Hot:
    """The hot sku's row, whose it is, and where it is sold."""

    location: UUID
    sku: UUID
    store: UUID
    mall: UUID
    listing: UUID


HOT: Final = Hot(
    key("location-STORE", STORE),
    key("sku", SKU),
    key("STORE", STORE),
    key("cloud_store", STORE),
    UUID(md5(f"listing:{STORE}:{SKU}".encode(), usedforsecurity=False).hexdigest()),
)
SHOPPERS: Final = 40_000
"""Customers who hold in turn: each may hold but a few things."""
_ACCOUNTS: Final = """
INSERT INTO account (tenant_id, id, subject, display_name)
SELECT $1, md5('shopper:' || n)::uuid, 'shopper:' || n, 'Shopper' FROM generate_series(0, $2 - 1) n
"""
_CUSTOMERS: Final = """
INSERT INTO customer (tenant_id, id, account_id, joined_at)
SELECT $1, id, id, now() FROM account WHERE tenant_id = $1 AND subject LIKE 'shopper:%'
"""
_STOCK: Final = "UPDATE stock SET on_hand = $1 WHERE tenant_id = $2 AND location_id = $3 AND sku_id = $4"
_COUNTS: Final = """
SELECT ARRAY[
    (SELECT sum(reserved) FROM stock WHERE tenant_id = $1 AND location_id = $2 AND sku_id = $3),
    (SELECT sum(reserved) FROM stock_movement WHERE tenant_id = $1 AND kind = 'HOLD'),
    (SELECT sum(quantity) FROM reservation_line WHERE tenant_id = $1),
    (SELECT count(*) FROM reservation WHERE tenant_id = $1),
    (SELECT count(*) FROM idempotency_key WHERE tenant_id = $1 AND operation = 'holdStock' AND result_id IS NOT NULL),
    (SELECT count(*) FROM audit_entry WHERE tenant_id = $1 AND operation = 'holdStock'),
    (SELECT count(*) FROM outbox_event WHERE tenant_id = $1 AND type = 'StockHeld')]
"""


@asynccontextmanager
async def ground(server: Server, size: Size) -> AsyncIterator[boot.Access]:
    """The copy, dropped at the end."""
    superuser = await asyncpg.connect(server.dsn(boot.SUPERUSER, boot.SUPERUSER))
    drop = f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)'
    try:
        await superuser.execute(drop)
        await superuser.execute(
            f'CREATE DATABASE "{NAME}" OWNER "{boot.OWNER}" TEMPLATE "{database.name_of(size)}" STRATEGY file_copy'
        )
        await superuser.execute(f'ALTER DATABASE "{NAME}" SET synchronous_commit = on')
        access = boot.embedded_access(server, NAME)
        await _asked(access.owner, _STOCK, UNITS, TENANT, HOT.location, HOT.sku)
        await _asked(access.owner, _ACCOUNTS, TENANT, SHOPPERS)
        await _asked(access.owner, _CUSTOMERS, TENANT)
        yield access
    finally:
        await superuser.execute(drop)
        await superuser.close()


async def counts(access: boot.Access) -> list[int]:
    """What is held of the hot sku, by everything that a hold leaves behind: as often the same more."""
    ((found,),) = await _asked(access.owner, _COUNTS, TENANT, HOT.location, HOT.sku)
    return [int(number or 0) for number in found]


async def analyzed(access: boot.Access) -> None:
    """Tell the planner how much there is by now; the benchmark's server has nobody who does that by himself."""
    await _asked(access.owner, f"ANALYZE {', '.join(WRITTEN)}")


async def _asked(owner: str, text: str, *values: Any) -> list[Any]:
    connection = await asyncpg.connect(owner)
    try:
        async with connection.transaction():
            await connection.execute(set_tenant(TENANT))
            rows: list[Any] = await connection.fetch(text, *values)
            return rows
    finally:
        await connection.close()
