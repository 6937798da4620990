"""The plain way to take a hold: one statement, one transaction, on the driver, with all that a hold leaves behind.

It is what somebody would write who knows the one row that the goods lie in: no way to goods is looked for, no lot, no
contribution. The key comes first, for whoever asks twice; the row is changed only where that leaves nothing below zero,
and all else hangs on that. What is refused is rolled back, and gives its key back with it.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from models.base import NO_LOT_ID, new_id
from models.session import set_tenant
from tests.bench.holds.ground import HOT
from tests.bench.sizes import TENANT

BEGIN: Final = f"BEGIN; {set_tenant(TENANT)}"
HOLD: Final = """
WITH taken_key AS (
    INSERT INTO idempotency_key (tenant_id, actor, operation, key, asked, result, result_id, created_at)
    VALUES ($1, $2, 'holdStock', $3, $4, 'reservation', $5, $6)
    ON CONFLICT DO NOTHING
    RETURNING 1
), taken AS (
    UPDATE stock SET reserved = reserved + 1
    WHERE tenant_id = $1 AND location_id = $8 AND sku_id = $9 AND owner_id = $10 AND lot_id = $11
      AND on_hand - quarantined - reserved - allocated >= 1 AND EXISTS (SELECT FROM taken_key)
    RETURNING location_id, sku_id, owner_id, lot_id
), held AS (
    INSERT INTO reservation (tenant_id, id, cloud_store_id, customer_id, created_at, expires_at, due_at)
    SELECT $1, $5, $12, $13, $6, $7, $7 FROM taken
), line AS (
    INSERT INTO reservation_line (tenant_id, reservation_id, line, location_id, sku_id, owner_id, lot_id, quantity)
    SELECT $1, $5, 1, t.*, 1 FROM taken t
), moved AS (
    INSERT INTO stock_movement (tenant_id, kind, location_id, sku_id, owner_id, lot_id, reserved, occurred_at, document)
    SELECT $1, 'HOLD', t.*, 1, $6, $5 FROM taken t
), audited AS (
    INSERT INTO audit_entry (tenant_id, at, operation, actor_class, actor, target, target_id)
    SELECT $1, $6, 'holdStock', 'CONSUMER', $2, 'reservation', $5 FROM taken
), told AS (
    INSERT INTO outbox_event (tenant_id, type, aggregate, aggregate_id, audience, facts, occurred_at, due_at)
    SELECT $1, 'StockHeld', 'reservation', $5, ARRAY[$10], jsonb_build_object('until', $7), $6, $6 FROM taken
)
SELECT count(*) FROM taken
"""


async def hold(
    connection: asyncpg.Connection, actor: str, key: str, asked: str, customer: UUID, now: datetime, until: datetime
) -> None:
    """Hold one unit of the hot sku under a key. Raises AssertionError where there is none, or the key is used."""
    about = (HOT.location, HOT.sku, HOT.store, NO_LOT_ID, HOT.mall, customer)
    await connection.execute(BEGIN)
    taken = await connection.fetchval(HOLD, TENANT, actor, key, asked, new_id(), now, until, *about)
    await connection.execute("COMMIT" if taken else "ROLLBACK")
    if not taken:
        raise AssertionError("the hot sku is sold out, or the key is used")
