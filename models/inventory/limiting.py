"""How much is kept from others: by one customer herself, and by whoever acts for a cloud store, in whose name ever.

An order counts where its hold did: placing keeps nothing more from others.

Counted under her lock, or the cloud store's, so that what is asked at once is counted, too. Customers are locked after
keys, cloud stores after customers, both before stock.
"""

from collections.abc import Iterable
from typing import NamedTuple, Self
from uuid import UUID

from domain.inventory import MAX_OPEN_HOLDS, MAX_STORE_HOLDS, TooManyHolds
from models.straight import Straight
from models.writing import Transaction

_LOCK = Straight("""
    SELECT FROM customer WHERE tenant_id = :tenant AND id = any(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
""")
_OPEN = Straight("""
    SELECT c.id,
           (SELECT count(*) FROM reservation r
            WHERE r.tenant_id = :tenant AND r.customer_id = c.id AND r.state = 'HELD' AND NOT r.by_store)
           + (SELECT count(*) FROM order_header o
              WHERE o.tenant_id = :tenant AND o.customer_id = c.id AND o.state = 'PENDING_PAYMENT'
                AND NOT o.by_store) AS open
    FROM unnest(CAST(:ids AS uuid[])) c (id)
""")
_LOCK_STORES = Straight("""
    SELECT FROM cloud_store WHERE tenant_id = :tenant AND id = any(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
""")
_OPEN_OF_STORES = Straight("""
    SELECT c.id,
           (SELECT count(*) FROM reservation r
            WHERE r.tenant_id = :tenant AND r.cloud_store_id = c.id AND r.state = 'HELD' AND r.by_store)
           + (SELECT count(*) FROM order_header o
              WHERE o.tenant_id = :tenant AND o.cloud_store_id = c.id AND o.state = 'PENDING_PAYMENT'
                AND o.by_store) AS open
    FROM unnest(CAST(:ids AS uuid[])) c (id)
""")


class Keeping(NamedTuple):
    """Who keeps goods from others and answers for it: a customer, or where it is not her own act the cloud store."""

    cloud_store: UUID
    customer: UUID | None


class Kept:
    """How much everybody keeps who asks for more, and may: locked, so nobody adds to it before this act ends."""

    def __init__(self, open: dict[UUID, int]) -> None:
        self._open = open

    def copy(self) -> Self:
        """The same to be counted on apart."""
        return type(self)(dict(self._open))

    def is_full(self, who: Keeping) -> bool:
        """Whether it keeps as much as it may."""
        return self._open[who.customer or who.cloud_store] >= _most(who)

    def check(self, who: Keeping) -> None:
        """Refuse one more to who keeps as much as it may. Raises: TooManyHolds."""
        if self.is_full(who):
            raise TooManyHolds(_most(who))

    def add(self, who: Keeping) -> None:
        """Count one more."""
        self._open[who.customer or who.cloud_store] += 1


def _most(who: Keeping) -> int:
    return MAX_STORE_HOLDS if who.customer is None else MAX_OPEN_HOLDS


async def kept_by(tx: Transaction, asking: Iterable[Keeping]) -> Kept:
    """How much is kept by whoever asks for more.

    Two statements for all customers and two for all cloud stores, whoever asks: one that waited for a lock would count
    what was there before it waited.
    """
    asking = list(asking)
    customers = {who.customer for who in asking if who.customer is not None}
    stores = {who.cloud_store for who in asking if who.customer is None}
    found: dict[UUID, int] = {}
    for ids, locking, counting in ((customers, _LOCK, _OPEN), (stores, _LOCK_STORES, _OPEN_OF_STORES)):
        if ids:
            values = {"tenant": tx.tenant_id, "ids": list(ids)}  # the statement puts them in their order
            await tx.ask(locking, values)
            found |= {row.id: row.open for row in await tx.ask(counting, values)}
    return Kept(found)
