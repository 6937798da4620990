"""A store that holds goods: what there is to hold, and a process that holds."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID
from zlib import crc32

import asyncpg

from domain.base import KeyReused
from domain.inventory import NotEnoughStock, TooManyHolds, Wanted
from models.base import NO_LOT_ID
from models.database import Database
from models.inventory import Committer, Holding
from models.writing import Actor, Made
from tests.models.acting import BRAND, NOON, STORE, added, column, filled
from tests.models.here import HERE

STOCK = "stock (tenant_id, location_id, sku_id, owner_id, lot_id, on_hand)"
MALL, POOL = UUID(int=20), UUID(int=21)
SKUS = [UUID(int=30 + n) for n in range(3)]
PLACES = [UUID(int=40 + n) for n in range(3)]
FAR, CONTRIBUTION = UUID(int=50), UUID(int=51)
BROKEN = """
    WITH reserving AS (
        SELECT l.location_id, l.sku_id, l.owner_id, l.lot_id, l.contribution_id, l.quantity AS units
        FROM reservation_line l JOIN reservation r ON r.tenant_id = l.tenant_id AND r.id = l.reservation_id
        LEFT JOIN order_header o ON o.tenant_id = r.tenant_id AND o.reservation_id = r.id
        WHERE r.state = 'HELD' OR (r.state = 'CONSUMED' AND o.state = 'PENDING_PAYMENT')
    ), allocating AS (
        SELECT location_id, sku_id, owner_id, lot_id, contribution_id, quantity - shipped - given_back AS units
        FROM order_allocation
    ), moved AS (
        SELECT g.journal_id, a.purpose AS source, b.purpose AS target, g.amount
        FROM posting g JOIN ledger_account a ON a.tenant_id = g.tenant_id AND a.id = g.source_id
        JOIN ledger_account b ON b.tenant_id = g.tenant_id AND b.id = g.target_id
    )
    SELECT 'row ' || s.sku_id FROM stock s
    WHERE s.reserved <> (SELECT coalesce(sum(units), 0) FROM reserving l WHERE (l.location_id, l.sku_id, l.owner_id,
                         l.lot_id) = (s.location_id, s.sku_id, s.owner_id, s.lot_id))
       OR s.allocated <> (SELECT coalesce(sum(units), 0) FROM allocating l WHERE (l.location_id, l.sku_id, l.owner_id,
                          l.lot_id) = (s.location_id, s.sku_id, s.owner_id, s.lot_id))
       OR (s.on_hand, s.reserved, s.allocated, s.in_transit, s.quarantined) <> (
            SELECT coalesce(sum(m.on_hand), 0), coalesce(sum(m.reserved), 0), coalesce(sum(m.allocated), 0),
                   coalesce(sum(m.in_transit), 0), coalesce(sum(m.quarantined), 0)
            FROM stock_movement m WHERE (m.location_id, m.sku_id, m.owner_id, m.lot_id)
                = (s.location_id, s.sku_id, s.owner_id, s.lot_id))
       OR s.reserved + s.allocated + s.quarantined > s.on_hand
    UNION ALL
    SELECT 'contribution ' || k.sku_id FROM pool_contribution_sku k
    WHERE k.held <> (SELECT coalesce(sum(units), 0) FROM (TABLE reserving UNION ALL TABLE allocating) l
                     WHERE l.sku_id = k.sku_id AND l.contribution_id = k.contribution_id)
    UNION ALL
    SELECT 'line ' || l.order_id || ' ' || l.line FROM order_line l
    JOIN order_header o ON o.tenant_id = l.tenant_id AND o.id = l.order_id AND o.payment_due_at IS NOT NULL
    WHERE l.shipped <> (SELECT coalesce(sum(a.shipped), 0) FROM order_allocation a
                        WHERE (a.order_id, a.line) = (l.order_id, l.line))
       OR l.shipped <> (SELECT coalesce(sum(s.quantity), 0) FROM shipment_line s
                        WHERE (s.order_id, s.line) = (l.order_id, l.line))
       OR l.quantity - l.shipped - l.cancelled - l.short <> (
            SELECT coalesce(sum(a.quantity - a.shipped - a.given_back),
                            CASE o.state WHEN 'PENDING_PAYMENT' THEN l.quantity ELSE 0 END)
            FROM order_allocation a WHERE (a.order_id, a.line) = (l.order_id, l.line))
       OR (o.state = 'CANCELLED' AND l.cancelled <> l.quantity)
       OR (l.short > 0 AND (o.state NOT IN ('CONFIRMED', 'PARTLY_FULFILLED') OR l.short_seller_id <> o.seller_id))
       OR (l.refunded, l.refunded_fen) <> (SELECT coalesce(sum(b.quantity), 0), coalesce(sum(b.amount_fen), 0)
                                           FROM refund_line b WHERE (b.order_id, b.line) = (l.order_id, l.line))
    UNION ALL
    SELECT 'order ' || o.id FROM order_header o
    WHERE o.payment_due_at IS NOT NULL AND (
       o.total_fen <> (SELECT sum(l.net_fen) FROM order_line l WHERE l.order_id = o.id)
       OR o.refunded_fen <> (SELECT sum(l.refunded_fen) FROM order_line l WHERE l.order_id = o.id)
       OR (o.paid_fen, o.refunded_fen) <> (
            SELECT coalesce(sum(p.amount_fen), 0), coalesce(sum(p.refunded_fen - (p.came_fen - p.amount_fen)), 0)
            FROM payment p WHERE p.order_id = o.id AND p.covers)
       OR o.state <> CASE WHEN o.state IN ('PENDING_PAYMENT', 'CANCELLED', 'COMPLETED') THEN o.state ELSE (
            SELECT CASE WHEN sum(l.shipped) = 0 THEN 'CONFIRMED' WHEN sum(l.quantity - l.shipped - l.cancelled) > 0
                        THEN 'PARTLY_FULFILLED' ELSE 'FULFILLED' END FROM order_line l WHERE l.order_id = o.id) END)
    UNION ALL
    SELECT 'payment ' || p.id FROM payment p
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(r.amount_fen), 0) AS back, count(*) FILTER (WHERE NOT of_lines) AS times,
               coalesce(sum(r.amount_fen) FILTER (WHERE NOT of_lines), 0) AS unused
        FROM refund r CROSS JOIN LATERAL (SELECT EXISTS (
            SELECT FROM refund_line b WHERE (b.tenant_id, b.refund_id) = (r.tenant_id, r.id))) l (of_lines)
        WHERE r.tenant_id = p.tenant_id AND r.payment_id = p.id) r
    CROSS JOIN LATERAL (
        SELECT count(*) AS journals, coalesce(sum(m.amount) FILTER (WHERE m.source = 'SALES'), 0) AS sold,
               coalesce(sum(m.amount) FILTER (WHERE m.source = 'EXTERNAL'), 0) AS outside
        FROM journal j LEFT JOIN moved m ON m.journal_id = j.id AND m.target = 'CLEARING'
        WHERE j.tenant_id = p.tenant_id AND j.document = p.id) j
    WHERE p.refunded_fen <> r.back
       OR (p.state = 'PAID') <> (p.came_fen IS NOT NULL)
       OR coalesce(p.came_fen, 0) <> CASE WHEN p.covers THEN p.amount_fen ELSE 0 END + r.unused
       OR (j.sold, j.outside) <> (CASE WHEN p.covers THEN p.amount_fen ELSE 0 END, r.unused)
       OR j.journals <> p.covers::int + r.times
    UNION ALL
    SELECT 'refund ' || r.id FROM refund r
    WHERE (SELECT count(*) FROM journal j WHERE j.tenant_id = r.tenant_id AND j.document = r.id) <> 1
       OR NOT EXISTS (SELECT FROM journal j JOIN moved g ON g.journal_id = j.id
                      JOIN journal i ON i.tenant_id = j.tenant_id AND i.id = j.reverses_id AND i.document = r.payment_id
                      JOIN moved c ON c.journal_id = i.id AND (c.source, c.target) = (g.target, g.source)
                      WHERE j.id = r.journal_id AND j.document = r.id AND g.amount = r.amount_fen)
    UNION ALL
    SELECT 'notice ' || n.notice FROM payment_notice n JOIN refund r ON r.tenant_id = n.tenant_id AND r.id = n.refund_id
    WHERE n.closed_at IS NULL AND r.state = 'DONE'
      AND (n.outcome = 'REFUND_FAILED' OR (n.outcome, n.kind) = ('MISMATCH', 'PAID'))
"""
"""Whatever does not add up, in one snapshot. Of each payment: what came is what pays and what went back, or goes."""


RECEIPT = "stock_movement (tenant_id, kind, location_id, sku_id, owner_id, lot_id, on_hand, occurred_at)"


def lying(rows: Iterable[tuple[UUID, UUID, UUID, UUID, int]]) -> dict[str, list[tuple[Any, ...]]]:
    """Goods that lie somewhere, and how they came there: (location, sku, owner, lot, units) of each."""
    rows = list(rows)
    return {STOCK: [*rows], RECEIPT: [("RECEIPT", *row, NOON) for row in rows]}


SHOPPERS, SHOPPER = 1_000, 10_000_000
"""How many customers there are, and the id of the first, and of her account."""


def shopper(name: str) -> UUID:
    """The customer who asks under a key: of so many that none of them holds more than one may."""
    return UUID(int=SHOPPER + crc32(name.encode()) % SHOPPERS)


async def shoppers(dsn: str) -> None:
    """A thousand customers."""
    ids = [UUID(int=SHOPPER + number) for number in range(SHOPPERS)]
    await added(
        dsn,
        {
            "account (tenant_id, id, subject, display_name)": [(id, str(id), "x") for id in ids],
            "customer (tenant_id, id, account_id, joined_at)": [(id, id, NOON) for id in ids],
        },
    )


async def goods(dsn: str) -> None:
    """A store with a mall and three locations, three skus, and a brand that contributes from a fourth location."""
    await filled(
        dsn,
        {
            "organization_closure (tenant_id, descendant_id, ancestor_id, hops, descendant_tier, descendant_code)": [
                (STORE, STORE, 0, "STORE", "s"),
                (STORE, BRAND, 1, "STORE", "s"),
                (BRAND, BRAND, 0, "BRAND", "b"),
            ],
            "cloud_store (tenant_id, id, organization_id, mode, name, opened_at)": [(MALL, STORE, "O2O", "x", NOON)],
            "product (tenant_id, id, brand_id, code, name)": [(POOL, BRAND, "p", "x")],
            "sku (tenant_id, id, product_id, code, name)": [(one, POOL, str(n), "x") for n, one in enumerate(SKUS)],
            "lot (tenant_id, sku_id, id, code)": [(one, NO_LOT_ID, "") for one in SKUS],
            "location (tenant_id, id, organization_id, kind, code, name)": [
                *((one, STORE, "SHOP", str(n), "x") for n, one in enumerate(PLACES)),
                (FAR, BRAND, "WAREHOUSE", "far", "x"),
            ],
            "inventory_pool (tenant_id, id, organization_id, code, name)": [(POOL, BRAND, "pool", "x")],
            "pool_contribution (tenant_id, id, pool_id, location_id, owner_id, visible_to_id, share_bps)": [
                (CONTRIBUTION, POOL, FAR, BRAND, BRAND, 10_000)
            ],
        },
    )


@dataclass
class Shop:
    """A database, and one process that holds."""

    dsn: str
    database: Database
    committer: Committer

    async def put(self, sku: UUID, *units: int) -> None:
        """Goods of the store's own, in its locations."""
        rows = [(at, sku, STORE, NO_LOT_ID, n) for at, n in zip(PLACES, units, strict=False)]
        await added(self.dsn, lying(rows))

    async def contribute(self, sku: UUID, units: int, cap: int | None) -> None:
        """Goods of the brand's that the store may sell."""
        promised = "pool_contribution_sku (tenant_id, sku_id, contribution_id, cap)"
        goods = lying([(FAR, sku, BRAND, NO_LOT_ID, units)])
        await added(self.dsn, {**goods, promised: [(sku, CONTRIBUTION, cap)]})

    async def hold(
        self,
        *wanted: tuple[UUID, int],
        key: str | None = None,
        by: str = "account:1",
        customer: UUID | None = None,
        kind: str = "CONSUMER",
    ) -> Made:
        name = key or f"key {next(_numbers)}"
        holding = Holding(
            Actor(kind, by),
            name,
            f"{hash(wanted) & 0xFFFF:064x}",
            MALL,
            STORE,
            tuple(Wanted(*one) for one in wanted),
            NOON + timedelta(minutes=15),
            customer,
        )
        return await self.committer.hold(HERE, holding, NOON.date(), NOON)

    async def tried(
        self, *wanted: tuple[UUID, int], key: str | None = None, customer: UUID | None = None, kind: str = "CONSUMER"
    ) -> str:
        """What becomes of a hold, in a word."""
        try:
            await self.hold(*wanted, key=key, customer=customer, kind=kind)
        except (NotEnoughStock, TooManyHolds, KeyReused) as refused:
            return refused.code
        return "held"

    async def reserved(self) -> list[int]:
        return await column(self.database, "SELECT reserved FROM stock ORDER BY sku_id, location_id")


_numbers = count()


async def waits(connection: asyncpg.Connection) -> None:
    """Until somebody waits for what this connection has locked."""
    waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity a WHERE pg_backend_pid() = ANY (pg_blocking_pids(a.pid)))"
    for _ in range(500):
        await connection.execute(
            "SELECT pg_stat_clear_snapshot()"
        )  # who has connected since the first look is seen, too
        if await connection.fetchval(waiting):
            return
        await asyncio.sleep(0.01)
    raise TimeoutError
