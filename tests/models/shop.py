"""A store that holds goods: what there is to hold, and a process that holds."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from uuid import UUID

from domain.base import KeyReused
from domain.inventory import NotEnoughStock, Wanted
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
    SELECT 'row ' || s.sku_id FROM stock s
    WHERE s.reserved <> (SELECT coalesce(sum(l.quantity), 0) FROM reservation_line l JOIN reservation r
                         ON r.tenant_id = l.tenant_id AND r.id = l.reservation_id
                         WHERE r.state = 'HELD' AND (l.location_id, l.sku_id, l.owner_id, l.lot_id)
                             = (s.location_id, s.sku_id, s.owner_id, s.lot_id))
       OR s.reserved <> (SELECT coalesce(sum(m.reserved), 0) FROM stock_movement m
                         WHERE (m.location_id, m.sku_id, m.owner_id, m.lot_id)
                             = (s.location_id, s.sku_id, s.owner_id, s.lot_id))
       OR s.reserved + s.allocated + s.quarantined > s.on_hand
    UNION ALL
    SELECT 'contribution ' || k.sku_id FROM pool_contribution_sku k
    WHERE k.held <> (SELECT coalesce(sum(l.quantity), 0) FROM reservation_line l JOIN reservation r
                     ON r.tenant_id = l.tenant_id AND r.id = l.reservation_id
                     WHERE r.state = 'HELD' AND l.sku_id = k.sku_id AND l.contribution_id = k.contribution_id)
"""
"""Whatever does not add up, in one snapshot."""


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
        await added(self.dsn, {STOCK: rows})

    async def contribute(self, sku: UUID, units: int, cap: int | None) -> None:
        """Goods of the brand's that the store may sell."""
        promised = "pool_contribution_sku (tenant_id, sku_id, contribution_id, cap)"
        await added(self.dsn, {STOCK: [(FAR, sku, BRAND, NO_LOT_ID, units)], promised: [(sku, CONTRIBUTION, cap)]})

    async def hold(self, *wanted: tuple[UUID, int], key: str | None = None, by: str = "account:1") -> Made:
        name = key or f"key {next(_numbers)}"
        holding = Holding(
            Actor("CONSUMER", by),
            name,
            f"{hash(wanted) & 0xFFFF:064x}",
            MALL,
            STORE,
            tuple(Wanted(*one) for one in wanted),
            NOON + timedelta(minutes=15),
        )
        return await self.committer.hold(HERE, holding, NOON.date(), NOON)

    async def tried(self, *wanted: tuple[UUID, int], key: str | None = None) -> str:
        """What becomes of a hold, in a word."""
        try:
            await self.hold(*wanted, key=key)
        except (NotEnoughStock, KeyReused) as refused:
            return refused.code
        return "held"

    async def reserved(self) -> list[int]:
        return await column(self.database, "SELECT reserved FROM stock ORDER BY sku_id, location_id")


_numbers = count()
