"""What is due in all tenants: where the worker looks, by its own role, and what it does there, as the app.

The worker's role sees tenant, id and due time of events, holds, orders, payments and refunds, and nothing else. What it
finds it does tenant by tenant, in transactions of the tenant, as any act does.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access import SYSTEM
from domain.inventory import ReservationState
from domain.ordering import ChargeSought, RefundAsked
from models.inventory import release
from models.ordering import go_on_by_clock, payment_to_ask, refund_to_tell
from models.outbox import STAMPED_AT_ONCE, stamp
from models.writing import BULK_RESULT, Actor, Made, Transaction, WritePool

HOLDS_AT_ONCE: Final = 200
"""The most holds that are ended in one transaction."""
ORDERS_AT_ONCE: Final = 200
"""The most orders, payments or refunds of one look."""
TENANTS_AT_ONCE: Final = 1_000
"""The most tenants of one look."""
STAMPS_IN_A_ROW: Final = 10
"""How often events of one tenant get their positions before others have their turn."""
FORGETS_IN_A_ROW: Final = 100
"""How often keys of one tenant are forgotten before others have their turn."""
KEYS_LIVE: Final = timedelta(days=8)
"""How long an idempotency key is remembered: a week and a day."""
KEYS_AT_ONCE: Final = 5_000
"""The most keys that are forgotten in one transaction."""
BEFORE_ALL: Final = UUID(int=0)
CLOCK: Final = Actor(SYSTEM, "system:clock")
"""Who acts when a time is up."""

_UNSTAMPED = text("""
    SELECT tenant_id FROM outbox_event
    WHERE due_at IS NOT NULL AND tenant_id <> ALL (CAST(:but AS uuid[])) GROUP BY tenant_id LIMIT :most
""")
_OVER = text("""
    SELECT tenant_id, id FROM reservation
    WHERE due_at <= :now AND id <> ALL (CAST(:but AS uuid[])) AND tenant_id <> ALL (CAST(:but AS uuid[]))
    ORDER BY due_at LIMIT :most
""")
_DUE_ORDERS = text("""
    SELECT tenant_id, id FROM order_header
    WHERE due_at <= :now AND id <> ALL (CAST(:but AS uuid[])) ORDER BY due_at LIMIT :most
""")
_TO_TELL = text("""
    SELECT tenant_id, id FROM refund
    WHERE due_at <= :now AND id <> ALL (CAST(:but AS uuid[])) ORDER BY due_at LIMIT :most
""")
_TO_ASK = text("""
    SELECT tenant_id, id FROM payment
    WHERE due_at <= :now AND id <> ALL (CAST(:but AS uuid[])) ORDER BY due_at LIMIT :most
""")
_TENANTS = text("SELECT id FROM tenant WHERE id > :after ORDER BY id LIMIT :most")
_FORGET = text("""
    WITH old AS (
        SELECT actor, operation, key FROM idempotency_key
        WHERE tenant_id = :tenant AND created_at < :before ORDER BY created_at LIMIT :most
    ), forgotten AS (
        DELETE FROM idempotency_key k USING old
        WHERE k.tenant_id = :tenant AND k.actor = old.actor AND k.operation = old.operation AND k.key = old.key
        RETURNING k.result, k.result_id
    ), gone AS (
        DELETE FROM bulk_result b USING forgotten f
        WHERE b.tenant_id = :tenant AND f.result = :rows AND b.id = f.result_id
    )
    SELECT count(*) FROM forgotten
""")


async def unstamped(engine: AsyncEngine, but: Collection[UUID] = ()) -> list[UUID]:
    """The tenants whose events wait for their positions, but for some; asked by the worker's role."""
    async with engine.connect() as connection:
        rows = await connection.execute(_UNSTAMPED, {"most": TENANTS_AT_ONCE, "but": list(but)})
        return [row.tenant_id for row in rows]


async def holds_over(engine: AsyncEngine, now: datetime, but: Collection[UUID] = ()) -> dict[UUID, list[UUID]]:
    """The holds whose time is up, by tenant, those first that have been so longest; asked by the worker's role.

    Args:
        but: holds, and tenants, that are left out.
    """
    found: dict[UUID, list[UUID]] = {}
    async with engine.connect() as connection:
        for row in await connection.execute(_OVER, {"now": now, "most": HOLDS_AT_ONCE, "but": list(but)}):
            found.setdefault(row.tenant_id, []).append(row.id)
    return found


async def stamp_all(pool: WritePool, tenant_id: UUID) -> int:
    """Give positions to a tenant's events until none waits, or so many have that others have their turn."""
    done = 0
    for _ in range(STAMPS_IN_A_ROW):
        async with pool.transaction(tenant_id) as session:
            some = await stamp(session, tenant_id)
        done += some
        if some < STAMPED_AT_ONCE:
            break
    return done


async def expire(pool: WritePool, tenant_id: UUID, ids: Sequence[UUID], now: datetime) -> int:
    """End holds whose time is up; how many were held still."""
    async with pool.transaction(tenant_id) as session:
        tx = Transaction(session, tenant_id, CLOCK, now)
        ended = await release(tx, ids, ReservationState.EXPIRED)
        if ended:
            await tx.audit("expireHold", [Made("reservation", id) for id in ended], {})
        return len(ended)


async def orders_due(engine: AsyncEngine, now: datetime, but: Collection[UUID] = ()) -> list[tuple[UUID, UUID]]:
    """The orders that the clock goes on with, as (tenant, order), the longest overdue first; by the worker's role."""
    return await _pairs(engine, _DUE_ORDERS, now, but)


async def refunds_to_tell(engine: AsyncEngine, now: datetime, but: Collection[UUID] = ()) -> list[tuple[UUID, UUID]]:
    """The refunds that their providers are to be told of, as (tenant, refund); by the worker's role."""
    return await _pairs(engine, _TO_TELL, now, but)


async def payments_to_ask(engine: AsyncEngine, now: datetime, but: Collection[UUID] = ()) -> list[tuple[UUID, UUID]]:
    """The payments that their providers are to be asked about, as (tenant, payment); by the worker's role."""
    return await _pairs(engine, _TO_ASK, now, but)


async def _pairs(
    engine: AsyncEngine, look: TextClause, now: datetime, but: Collection[UUID]
) -> list[tuple[UUID, UUID]]:
    async with engine.connect() as connection:
        rows = await connection.execute(look, {"now": now, "most": ORDERS_AT_ONCE, "but": list(but)})
        return [(row.tenant_id, row.id) for row in rows]


async def go_on(pool: WritePool, tenant_id: UUID, order: UUID, now: datetime) -> bool:
    """End an order that was not paid in time, or complete one that shipped long ago; whether there was one still."""
    async with pool.transaction(tenant_id) as session:
        return await go_on_by_clock(Transaction(session, tenant_id, CLOCK, now), order)


async def telling(pool: WritePool, tenant_id: UUID, refund: UUID, now: datetime) -> tuple[str, RefundAsked] | None:
    """Which provider is to be told of a refund, and what; None where that is not to be done now.

    It counts as told from here on, and is due again later: the provider is told at least once.
    """
    async with pool.transaction(tenant_id) as session:
        return await refund_to_tell(Transaction(session, tenant_id, CLOCK, now), refund)


async def asking(pool: WritePool, tenant_id: UUID, payment: UUID, now: datetime) -> tuple[str, ChargeSought] | None:
    """Which provider is to be asked about a payment, and what; None where that is not to be done now.

    It counts as asked from here on, and is due again later.
    """
    async with pool.transaction(tenant_id) as session:
        return await payment_to_ask(Transaction(session, tenant_id, CLOCK, now), payment)


async def tenants(engine: AsyncEngine, after: UUID = BEFORE_ALL) -> list[UUID]:
    """The tenants whose ids come after this one, in their order, as many as one look takes; asked by the app's role."""
    async with engine.connect() as connection:
        rows = await connection.execute(_TENANTS, {"after": after, "most": TENANTS_AT_ONCE})
        return [row.id for row in rows]


async def forget_keys(pool: WritePool, tenant_id: UUID, now: datetime) -> bool:
    """Forget keys that have lived long enough, with what came of the rows of their acts; whether there are more."""
    for _ in range(FORGETS_IN_A_ROW):
        async with pool.transaction(tenant_id) as session:
            values = {"tenant": tenant_id, "before": now - KEYS_LIVE, "most": KEYS_AT_ONCE, "rows": BULK_RESULT}
            some = int(await session.scalar(_FORGET, values) or 0)
        if some < KEYS_AT_ONCE:
            return False
    return True
