"""What the shelf promises equals the rule of the domain page, computed here anew from its sentences.

Nothing of the rule is taken from the code under test: the closure, free stock, what a contribution gives and the levels
are worked out below on plain values, for channels, stocks and pools that are made up by the hundred.
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import product
from math import floor
from typing import Any
from uuid import UUID, uuid4, uuid5

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.access import NOBODY
from domain.inventory import Level, Promise, own_part
from loaders.base import Reading
from loaders.inventory import PromiseOf
from models.database import Database, Login
from models.session import set_tenant
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.proof import size

TODAY = date(2026, 1, 2)
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
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
    """A channel of numbered organisations with its goods. `stock`: (source, lot) to on hand and three claims on it."""

    organizations: int
    edges: frozenset[tuple[int, int]] = frozenset()
    skus: int = 1
    locations: int = 4
    stock: dict[tuple[Source, int], tuple[int, int, int, int]] = field(default_factory=dict)
    safety: dict[Source, int] = field(default_factory=dict)
    contributions: list[Contribution] = field(default_factory=list)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Every (organisation, sku)."""
        return list(product(range(self.organizations), range(self.skus)))


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
    """on_hand − quarantined − safety − reserved − allocated, over unexpired lots."""
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
        if (one.visible_to, store) in hops and one.owner != store and sku in one.skus:
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

    def lot(self, sku: int, lot: int) -> UUID:
        return self.key("lot", sku, lot) if lot else UUID(int=0)

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Rows without their tenant, by table and columns, in the order that keys need."""
        case, key = self.case, self.key
        organizations, skus = range(case.organizations), range(case.skus)
        pools = sorted({one.pool for one in case.contributions})
        numbered = list(enumerate(case.contributions))
        return {
            "organization (tenant_id, id, tier, code, name)": [
                (key("organization", n), "STORE", str(n), "x") for n in organizations
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
                (key("location", n), key("organization", n % case.organizations), "SHOP", str(n), "x")
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

    async def promises(self, case: Case) -> dict[tuple[int, int], Promise]:
        """What each (organisation, sku) can sell, from one statement."""
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
        session = self.app.read(written.tenant)
        loader = Reading(session, NOW, TODAY, NOBODY).load(PromiseOf)
        keys = [(written.key("organization", store), written.key("sku", sku)) for store, sku in case.pairs]
        answers = await loader.many(keys)
        assert session.statements == 1
        await session.close()
        return dict(zip(case.pairs, answers, strict=True))


@pytest.fixture
async def shelf(owner_dsn: str) -> AsyncIterator[Shelf]:
    owner = await asyncpg.connect(owner_dsn, server_settings={"synchronous_commit": "off"})
    app = pool_of(Login(owner_dsn, APP_ROLE))
    yield Shelf(owner, app)
    await app.close()
    await owner.close()


# --- Cases made up ------------------------------------------------------------------------------------------------

few = st.integers(0, 6)


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int, int, int]:
    claims = [draw(st.integers(0, 3)) for _ in range(3)]
    on_hand = sum(claims) + draw(st.integers(0, 12))
    return on_hand, claims[0], claims[1], claims[2]


@st.composite
def terms(draw: st.DrawFn) -> tuple[int | None, int]:
    held = draw(few)
    return draw(st.none() | st.integers(held, held + 8)), held


@st.composite
def cases(draw: st.DrawFn) -> Case:
    size, skus, locations = draw(st.integers(2, 6)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    downward = [(above, below) for above in range(size) for below in range(above + 1, size)]
    edges = draw(st.sets(st.sampled_from(downward), max_size=7))
    organization = st.integers(0, size - 1)
    sources = st.tuples(st.integers(0, locations - 1), st.integers(0, skus - 1), organization)
    stock = draw(st.dictionaries(st.tuples(sources, st.integers(0, len(EXPIRIES) - 1)), counts(), max_size=10))
    held_at = st.sampled_from(sorted({source for source, _ in stock})) if stock else sources
    safety = draw(st.dictionaries(held_at, few, max_size=3))
    contributions: dict[tuple[int, int, int], Contribution] = {}
    for _ in range(draw(st.integers(0, 6))):
        location, _, owner = draw(held_at)
        pool, share_bps = draw(st.integers(0, 2)), draw(st.sampled_from([0, 2_500, 3_333, 5_000, 9_999, 10_000]))
        offered = draw(st.dictionaries(st.integers(0, skus - 1), terms(), min_size=1))
        made = Contribution(pool, location, owner, draw(organization), share_bps, offered)
        contributions[pool, location, owner] = made
    return Case(size, frozenset(edges), skus, locations, stock, safety, list(contributions.values()))


@pytest.mark.prove
@settings(
    max_examples=size(60, 3_000),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
async def test_the_promise_of_the_database_is_the_rule_of_the_domain(case: Case, shelf: Shelf) -> None:
    for pair, promise in (await shelf.promises(case)).items():
        assert {level.hops: level.units for level in promise.by_hops if level.units} == promised(case, *pair)
        assert promise.total == sum(promised(case, *pair).values())
        own = promised(case, *pair).get(0, 0)  # of goods bought elsewhere: level 0 alone
        assert own_part(promise).total == own
        assert [level for level in own_part(promise).by_hops if level.units] == ([Level(0, own)] if own else [])
        assert [level.hops for level in promise.by_hops] == sorted({level.hops for level in promise.by_hops})


# --- Cases by hand: brand 0 supplies distributor 1 supplies store 2; 3 stands outside ------------------------------

CHAIN = frozenset({(0, 1), (1, 2)})
WHOLE = 10_000


def lying(units: int) -> tuple[int, int, int, int]:
    return units, 0, 0, 0


def all_of(location: int, owner: int, visible_to: int, *, cap: int | None = None, pool: int = 0) -> Contribution:
    return Contribution(pool, location, owner, visible_to, WHOLE, {0: (cap, 0)})


@pytest.mark.parametrize(
    ("case", "units"),
    [
        pytest.param(
            Case(
                3,
                CHAIN,
                stock={((2, 0, 2), 0): lying(2), ((1, 0, 1), 0): lying(3), ((0, 0, 0), 0): lying(5)},
                contributions=[all_of(1, 1, 1), all_of(0, 0, 0, cap=4)],
            ),
            {0: 2, 1: 3, 2: 4},
            id="2 + 3 + 5 with the last capped at 4 sells 9",
        ),
        pytest.param(
            Case(3, CHAIN, stock={((2, 0, 2), 0): lying(8)}, contributions=[all_of(2, 2, 2, cap=1)]),
            {0: 8},
            id="own stock counts in full, once, even when contributed",
        ),
        pytest.param(
            Case(3, CHAIN, stock={((1, 0, 1), 0): lying(7)}, contributions=[all_of(1, 1, 1), all_of(1, 1, 1, pool=1)]),
            {1: 7},
            id="two pools give no more than the source has",
        ),
        pytest.param(
            Case(
                3,
                CHAIN | {(0, 2)},
                stock={((0, 0, 0), 0): lying(6)},
                contributions=[all_of(0, 0, 1)],
            ),
            {1: 6},
            id="the level is the fewest edges from the owner",
        ),
        pytest.param(
            Case(
                3,
                CHAIN,
                stock={((2, 0, 2), lot): lying(10**lot) for lot in range(4)},
            ),
            {0: 1 + 1_000},
            id="a lot that expires today is not sold",
        ),
        pytest.param(
            Case(3, CHAIN, stock={((1, 0, 1), 0): lying(9), ((1, 0, 1), 3): lying(4)}, safety={(1, 0, 1): 5}),
            {},
            id="what is not contributed is not promised",
        ),
        pytest.param(
            Case(
                3,
                CHAIN,
                stock={((1, 0, 1), 0): lying(9), ((1, 0, 1), 3): lying(4)},
                safety={(1, 0, 1): 5},
                contributions=[all_of(1, 1, 1)],
            ),
            {1: 8},
            id="safety is kept back once",
        ),
        pytest.param(
            Case(3, CHAIN, stock={((2, 0, 2), 0): lying(9), ((2, 0, 2), 3): lying(4)}, safety={(2, 0, 2): 5}),
            {0: 8},
            id="of own stock too",
        ),
        pytest.param(
            Case(4, CHAIN, stock={((3, 0, 3), 0): lying(5), ((2, 0, 2), 0): lying(1)}, contributions=[all_of(3, 3, 2)]),
            {0: 1, 1: 5},
            id="a stranger's goods are not the store's own",
        ),
        pytest.param(
            Case(4, CHAIN, stock={((3, 0, 3), 0): lying(5)}, contributions=[all_of(3, 3, 3)]),
            {},
            id="what is offered elsewhere is not seen",
        ),
    ],
)
async def test_worked_examples(case: Case, units: dict[int, int], shelf: Shelf) -> None:
    assert promised(case, 2, 0) == units
    promise = (await shelf.promises(case))[2, 0]
    assert promise == Promise(sum(units.values()), tuple(Level(hops, there) for hops, there in units.items()))


async def test_an_unknown_store_or_sku_can_sell_nothing(shelf: Shelf) -> None:
    session = shelf.app.read(uuid4())
    assert await Reading(session, NOW, TODAY, NOBODY).load(PromiseOf).one((uuid4(), uuid4())) == Promise(0, ())
    await session.close()
