"""How much one customer keeps from others: counted under her lock, so that what she asks at once is counted, too.

Customers are locked after keys and before stock.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text

from domain.inventory import MAX_OPEN_HOLDS, TooManyHolds
from models.writing import Transaction

_LOCK = text("""
    SELECT FROM customer WHERE tenant_id = :tenant AND id = any(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
""")
_OPEN = text("""
    SELECT c.id,
           (SELECT count(*) FROM reservation r
            WHERE r.tenant_id = :tenant AND r.customer_id = c.id AND r.state = 'HELD')
           + (SELECT count(*) FROM order_header o
              WHERE o.tenant_id = :tenant AND o.customer_id = c.id AND o.state = 'PENDING_PAYMENT') AS open
    FROM unnest(CAST(:ids AS uuid[])) c (id)
""")


async def open_of(tx: Transaction, customers: Iterable[UUID | None]) -> dict[UUID | None, int]:
    """How many holds, and orders that wait for their money, each customer has; nobody adds to them before this ends.

    Two statements, whoever asks: one that waited for a lock would count what was there before it waited.
    """
    ids = sorted({customer for customer in customers if customer is not None})
    if not ids:
        return {}
    values = {"tenant": tx.tenant_id, "ids": ids}
    await tx.execute(_LOCK, values)
    return {row.id: row.open for row in await tx.execute(_OPEN, values)}


async def check_open(tx: Transaction, customer: UUID) -> None:
    """Refuse one more of a customer who has as many as she may. Raises: TooManyHolds."""
    if (await open_of(tx, [customer]))[customer] >= MAX_OPEN_HOLDS:
        raise TooManyHolds
