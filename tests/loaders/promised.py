"""Channels with their goods that are made up, the rule of what they promise, and a database that answers it.

Nothing of the rule is taken from the code under test: the closure, free stock, what a contribution gives and the levels
are worked out below on plain values.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import product
from math import floor
from typing import Any
from uuid import UUID, uuid4, uuid5

from domain.access import NOBODY, SYSTEM
from domain.inventory import NotEnoughStock, Promise, Wanted, Way, held
from loaders.base import Reading
from loaders.inventory import PromiseOf
from models.database import Database
from models.inventory import reaching
from models.session import set_tenant
from models.writing import Actor, Transaction

TODAY = date(2026, 1, 2)
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
CLOCK = Actor(SYSTEM, "clock")
MORE_THAN_THERE_IS = 10**9
EXPIRIES = (None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1))
"""A lot is named by the place of its expiry in here; the first is the reserved "no lot"."""

Source = tuple[int, int, int]
"""Location, sku, goods owner."""


@dataclass(frozen=True)
class Contribution:
    """A (pool, location, owner) offered to an organisation and all below; `skus` gives cap and held of each."""

    pool: int
    location: int
    owner: int
    visible_to: int
    share_bps: int
    skus: dict[int, tuple[int | None, int]]


@dataclass(frozen=True)
class Case:
    """A channel of numbered organisations with its goods. `stock`: (source, lot) to on hand and three claims on it.

    Locations belong to the organisations in turn.
    """

    organizations: int
    edges: frozenset[tuple[int, int]] = frozenset()
    skus: int = 1
    locations: int = 4
    stock: dict[tuple[Source, int], tuple[int, int, int, int]] = field(default_factory=dict)
    safety: dict[Source, int] = field(default_factory=dict)
    contributions: list[Contribution] = field(default_factory=list)
    suspended: frozenset[int] = frozenset()

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Every (organisation, sku); one that does not trade has no shelf, and is not asked about."""
        return [
            (store, sku) for store, sku in product(range(self.organizations), range(self.skus)) if self.trades(store)
        ]

    def trades(self, organization: int) -> bool:
        """Whether it does."""
        return organization not in self.suspended

    def keeper(self, location: int) -> int:
        """Who runs a location."""
        return location % self.organizations


# --- The rule, from docs/domain.md: "One pool of stock", "What can be sold", "Edges" ---------------------------------


def distances(case: Case) -> dict[tuple[int, int], int]:
    """(above, below) to the fewest SUPPLIES edges between them, 0 to itself."""
    found: dict[tuple[int, int], int] = {}
    for top in range(case.organizations):
        ahead = deque([(top, 0)])
        while ahead:
            here, hops = ahead.popleft()
            if (top, here) not in found:
                found[top, here] = hops
                ahead.extend((below, hops + 1) for above, below in sorted(case.edges) if above == here)
    return found


def free_of(case: Case, source: Source) -> int:
    """on_hand − quarantined − safety − reserved − allocated, over unexpired lots; nothing with who does not trade."""
    if not case.trades(case.keeper(source[0])):
        return 0
    units = -case.safety.get(source, 0)
    for (place, lot), (on_hand, reserved, allocated, quarantined) in case.stock.items():
        expires = EXPIRIES[lot]
        if place == source and (expires is None or expires > TODAY):
            units += on_hand - quarantined - reserved - allocated
    return units


def given_by(share_bps: int, cap: int | None, held: int, free: int) -> int:
    """max(0, min(cap, floor(share × max(0, free + held))) − held), never above free."""
    shared = floor(Fraction(share_bps, 10_000) * max(0, free + held))
    bound = shared if cap is None else min(cap, shared)
    return max(0, min(max(0, bound - held), free))


def promised(case: Case, store: int, sku: int) -> dict[int, int]:
    """Units by level, levels that give nothing left out."""
    hops = distances(case)
    levels: dict[int, int] = {}
    for source in {place for place, _ in case.stock if place[1:] == (sku, store)}:
        levels[0] = levels.get(0, 0) + max(0, free_of(case, source))
    offers: dict[Source, list[tuple[int, int]]] = {}
    for one in case.contributions:
        if (one.visible_to, store) in hops and one.owner != store and sku in one.skus and case.trades(one.owner):
            # The level is the owner's; an owner outside the chain counts where its goods are offered from, at least 1.
            level = hops.get((one.owner, store), max(1, hops[one.visible_to, store]))
            source = (one.location, sku, one.owner)
            cap, held = one.skus[sku]
            units = given_by(one.share_bps, cap, held, free_of(case, source))
            offers.setdefault(source, []).append((level, units))
    for source, parts in offers.items():
        left = max(0, free_of(case, source))
        for level, units in sorted(parts):
            levels[level] = levels.get(level, 0) + min(units, left)
            left -= min(units, left)
    return {level: units for level, units in sorted(levels.items()) if units}


# --- The same in the database -------------------------------------------------------------------------------------


class Written:
    """A case written as a tenant of its own; keys are made of the tenant's and the numbers."""

    def __init__(self, case: Case) -> None:
        self.case, self.tenant = case, uuid4()

    def key(self, kind: str, *numbers: int) -> UUID:
        return uuid5(self.tenant, f"{kind}{numbers}")

    @property
    def pairs(self) -> dict[tuple[UUID, UUID], tuple[int, int]]:
        """The keys of every (organisation, sku)."""
        return {(self.key("organization", store), self.key("sku", sku)): (store, sku) for store, sku in self.case.pairs}

    def lot(self, sku: int, lot: int) -> UUID:
        return self.key("lot", sku, lot) if lot else UUID(int=0)

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Rows without their tenant, by table and columns, in the order that keys need."""
        case, key = self.case, self.key
        organizations, skus = range(case.organizations), range(case.skus)
        pools = sorted({one.pool for one in case.contributions})
        numbered = list(enumerate(case.contributions))
        return {
            "organization (tenant_id, id, tier, code, name, status)": [
                (key("organization", n), "STORE", str(n), "x", "ACTIVE" if case.trades(n) else "SUSPENDED")
                for n in organizations
            ],
            "organization_closure": [
                (key("organization", below), key("organization", above), hops, "STORE", str(below))
                for (above, below), hops in distances(case).items()
            ],
            "product (tenant_id, id, brand_id, code, name)": [(key("product"), key("organization", 0), "1", "x")],
            "sku (tenant_id, id, product_id, code, name)": [(key("sku", n), key("product"), str(n), "x") for n in skus],
            "lot (tenant_id, sku_id, id, code, expires_on)": [
                (key("sku", sku), self.lot(sku, lot), str(lot) if lot else "", expires)
                for sku in skus
                for lot, expires in enumerate(EXPIRIES)
            ],
            "location (tenant_id, id, organization_id, kind, code, name)": [
                (key("location", n), key("organization", case.keeper(n)), "SHOP", str(n), "x")
                for n in range(case.locations)
            ],
            "stock (tenant_id, location_id, sku_id, owner_id, lot_id, on_hand, reserved, allocated, quarantined)": [
                (*self.source(source), self.lot(source[1], lot), *counts)
                for (source, lot), counts in case.stock.items()
            ],
            "safety_stock": [(*self.source(source), units) for source, units in case.safety.items()],
            "inventory_pool": [(key("pool", n), key("organization", 0), str(n), "x") for n in pools],
            "pool_contribution": [
                (
                    key("contribution", n),
                    key("pool", one.pool),
                    key("location", one.location),
                    key("organization", one.owner),
                    key("organization", one.visible_to),
                    one.share_bps,
                )
                for n, one in numbered
            ],
            "pool_contribution_sku": [
                (key("sku", sku), key("contribution", n), cap, held)
                for n, one in numbered
                for sku, (cap, held) in one.skus.items()
            ],
        }

    def source(self, source: Source) -> tuple[UUID, UUID, UUID]:
        location, sku, owner = source
        return self.key("location", location), self.key("sku", sku), self.key("organization", owner)


class Shelf:
    """A database that takes cases and answers what they promise."""

    def __init__(self, owner: Any, app: Database) -> None:
        self.owner, self.app = owner, app

    async def write(self, case: Case) -> Written:
        """The case as a tenant of its own."""
        written = Written(case)
        async with self.owner.transaction():
            await self.owner.execute(
                "INSERT INTO tenant (id, code, name) VALUES ($1, $2, 'x')", written.tenant, written.tenant.hex
            )
            await self.owner.execute(set_tenant(written.tenant))
            for table, rows in written.tables().items():
                if rows:
                    places = ", ".join(f"${n}" for n in range(1, len(rows[0]) + 2))
                    into = " ".join(("INSERT INTO", table, "VALUES"))
                    await self.owner.executemany(f"{into} ({places})", [(written.tenant, *row) for row in rows])
        return written

    async def promises(self, written: Written) -> dict[tuple[int, int], Promise]:
        """What each (organisation, sku) can sell, from one statement."""
        session = self.app.read(written.tenant)
        loader = Reading(session, NOW, TODAY, NOBODY).load(PromiseOf)
        answers = await loader.many(list(written.pairs))
        assert session.statements == 1
        await session.close()
        return dict(zip(written.case.pairs, answers, strict=True))

    async def held(self, written: Written) -> dict[tuple[int, int], tuple[int, int]]:
        """The most that each (organisation, sku) could hold now: of what is seen, and of what is locked."""
        found: dict[tuple[int, int], tuple[int, int]] = {}
        async with self.app.transaction(written.tenant) as session:
            tx = Transaction(session, written.tenant, CLOCK, NOW)
            rows = await reaching.reached(tx, written.pairs.keys(), TODAY)
            guessed = reaching.seen(rows)
            for asked, pair in written.pairs.items():
                there = await reaching.ways_to(tx, [asked], TODAY)
                found[pair] = most(guessed.get(asked, ()), asked[1]), most(there.get(asked, ()), asked[1])
        return found


def most(ways: Sequence[Way[Any]], sku: UUID) -> int:
    """How many units of a sku can be held in these ways."""
    try:
        held([Wanted(sku, MORE_THAN_THERE_IS)], {sku: ways}, TODAY)
    except NotEnoughStock as short:
        return short.shortages[0].available
    raise AssertionError("There is no end of it.")
