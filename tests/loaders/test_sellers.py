"""What stands on a shelf, and in which band, equals the rule of the domain page, computed here anew from its sentences.

Nothing of the rule is taken from the code under test: whose goods a sku is, who may sell it, and the band along each
chain are worked out below on plain values, for channels, grants and listings that are made up by the hundred.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product
from typing import Any
from uuid import UUID, uuid4, uuid5

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.access import NOBODY, Scope
from loaders.base import Reading
from loaders.catalog import SHELF, BandsOf, ForSale
from loaders.catalog.coverage import COVERAGE_BY_SKU
from loaders.paging import PageRequest
from models.database import Database, Login
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.loaders.rows import insert
from tests.proof import size

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
TODAY, HOUR = date(2026, 1, 2), timedelta(hours=1)
TIMES = ((-2, None), (-2, None), (-2, None), (-2, 1), (0, None), (-2, 0), (1, None), (-2, -1))
"""Hours from now of a grant's start and end; the last three are over, to come and over."""
STANDING = (-2, None)
ORIGINS = ("POOL", "OWN_STOCK", "EXTERNAL")

Band = tuple[int | None, int | None]
ANY: Band = (None, None)


@dataclass(frozen=True)
class Grant:
    """What `grantor` lets `grantee` sell: skus with their bands."""

    grantor: int
    grantee: int
    skus: dict[int, Band]
    time: tuple[int, int | None]

    @property
    def is_valid(self) -> bool:
        start, end = self.time
        return start <= 0 and (end is None or end > 0)


@dataclass(frozen=True)
class Case:
    """Numbered organisations: two brands, a supplier, then others, each below some that come before it."""

    tiers: tuple[str, ...]
    suspended: frozenset[int]
    edges: frozenset[tuple[int, int]]
    grants: list[Grant]
    brands: tuple[int, ...]
    """Whose goods each sku is."""
    listings: dict[tuple[int, int], tuple[str, bool]]
    """(organisation, sku) to its origin, and whether it is listed."""


# ── the rule, from docs/domain.md: "Shelf" ────────────────────────────────────────────────────────────────────────────
def above(case: Case, one: int) -> set[int]:
    """Everyone from whom goods come to it, and itself."""
    found, ahead = {one}, [one]
    while ahead:
        here = ahead.pop()
        ahead += [up for up, down in case.edges if down == here and up not in found]
        found |= set(ahead)
    return found


def bands(case: Case, one: int, sku: int) -> list[tuple[int, Band]]:
    """Each grant that holds, by its grantor, with the band that it and those above it leave."""
    found = []
    for grant in case.grants:
        if grant.grantee != one or sku not in grant.skus or not grant.is_valid or grant.grantor in case.suspended:
            continue
        chain: list[Band] = [grant.skus[sku]]
        if case.tiers[grant.grantor] not in ("BRAND", "SUPPLIER"):
            its_own = [band for _, band in bands(case, grant.grantor, sku)]
            if not its_own:
                continue
            chain += its_own
        found.append((grant.grantor, common(chain)))
    return found


def common(of: list[Band]) -> Band:
    """The highest floor and the lowest ceiling."""
    floors, ceilings = [low for low, _ in of if low is not None], [high for _, high in of if high is not None]
    return (max(floors) if floors else None, min(ceilings) if ceilings else None)


def stands(case: Case, one: int, sku: int) -> bool:
    """Whether a passer-by finds it on that shelf."""
    origin, listed = case.listings.get((one, sku), ("", False))
    if not listed or one in case.suspended:
        return False
    brand = case.brands[sku]
    return bool(bands(case, one, sku)) or brand == one or (origin == "EXTERNAL" and brand not in above(case, one))


# ── the same in the database ──────────────────────────────────────────────────────────────────────────────────────────
class Written:
    """A case written as a tenant of its own; keys are made of the tenant's and the numbers."""

    def __init__(self, case: Case) -> None:
        self.case, self.tenant = case, uuid4()

    def key(self, kind: str, *numbers: int) -> UUID:
        return uuid5(self.tenant, f"{kind}{numbers}")

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        case, key = self.case, self.key
        every, grants = range(len(case.tiers)), list(enumerate(case.grants))
        return {
            "organization (tenant_id, id, tier, code, name, status)": [
                (key("o", n), case.tiers[n], str(n), "x", "SUSPENDED" if n in case.suspended else "ACTIVE")
                for n in every
            ],
            "organization_closure (tenant_id, descendant_id, ancestor_id, hops, descendant_tier, descendant_code)": [
                (key("o", n), key("o", up), int(up != n), case.tiers[n], str(n)) for n in every for up in above(case, n)
            ],
            "product (tenant_id, id, brand_id, code, name)": [
                (key("product", n), key("o", brand), str(n), "x") for n, brand in enumerate(case.brands)
            ],
            "sku (tenant_id, id, product_id, code, name)": [
                (key("sku", n), key("product", n), str(n), "x") for n in range(len(case.brands))
            ],
            "assortment (tenant_id, id, grantor_id, code, name)": [
                (key("a", n), key("o", one.grantor), str(n), "x") for n, one in grants
            ],
            "assortment_sku (tenant_id, assortment_id, sku_id, min_fen, max_fen)": [
                (key("a", n), key("sku", sku), *band) for n, one in grants for sku, band in one.skus.items()
            ],
            '"authorization" (tenant_id, grantee_id, assortment_id, valid_from, valid_until)': [
                (
                    key("o", one.grantee),
                    key("a", n),
                    NOW + one.time[0] * HOUR,
                    None if one.time[1] is None else NOW + one.time[1] * HOUR,
                )
                for n, one in grants
            ],
            "cloud_store (tenant_id, id, organization_id, mode, name, opened_at)": [
                (key("mall", n), key("o", n), "O2O", "x", NOW) for n in every
            ],
            "listing (tenant_id, id, cloud_store_id, sku_id, origin, status, position)": [
                (key("l", n, sku), key("mall", n), key("sku", sku), origin, "LISTED" if listed else "UNLISTED", sku)
                for (n, sku), (origin, listed) in case.listings.items()
            ],
        }


class Channel:
    """A database that takes cases and answers what stands on their shelves."""

    def __init__(self, owner: Any, app: Database) -> None:
        self.owner, self.app = owner, app

    async def check(self, case: Case) -> tuple[int, int]:
        """Hold every shelf, band and coverage against the rule; how many listings stand, and how many do not."""
        written = Written(case)
        await insert(self.owner, written.tenant, written.tables())
        key, every, skus = written.key, range(len(case.tiers)), range(len(case.brands))
        pairs = list(product(every, skus))
        session = self.app.read(written.tenant)
        reading = Reading(session, NOW, TODAY, NOBODY)
        for_sale = await reading.load(ForSale).many([(key("mall", one), key("sku", sku)) for one, sku in pairs])
        pages = await SHELF.pages(reading, [key("mall", one) for one in every], PageRequest(100))
        assert session.statements == 2
        admin = Reading(session, NOW, TODAY, Scope(everything=True))
        told = await admin.load(BandsOf).many([(key("o", one), key("sku", sku)) for one, sku in pairs])
        brands = sorted(set(case.brands))
        covered = await COVERAGE_BY_SKU.pages(admin, [key("o", brand) for brand in brands], PageRequest(100))
        await session.close()

        there = {pair for pair in pairs if stands(case, *pair)}
        assert {pair for pair, rows in zip(pairs, for_sale, strict=True) if rows} == there
        shelves = [{(row.seller_id, row.sku_id) for row in page.rows} for page in pages]
        assert shelves == [{(key("o", n), key("sku", sku)) for n, sku in there if n == one} for one in every]
        for pair, rows, found in zip(pairs, for_sale, told, strict=True):
            expected = bands(case, *pair)
            assert sorted(map(str, ((row.grantor_id, (row.min_fen, row.max_fen)) for row in found))) == sorted(
                map(str, ((key("o", grantor), band) for grantor, band in expected))
            )
            for row in rows:  # the band for the price: what all that holds has in common
                assert (row.min_fen, row.max_fen) == common([band for _, band in expected])
        shops = {(n, sku) for n, sku in there if case.tiers[n] == "STORE" and case.brands[sku] in above(case, n)}
        counted = {row.sku_id: row.covered for page in covered for row in page.rows}
        assert counted == {key("sku", sku): sum(s == sku for _, s in shops) for sku in skus}
        return len(there), len(case.listings) - len(there)


@pytest.fixture
async def channel(owner_dsn: str) -> AsyncIterator[Channel]:
    owner = await asyncpg.connect(owner_dsn, server_settings={"synchronous_commit": "off"})
    app = pool_of(Login(owner_dsn, APP_ROLE))
    yield Channel(owner, app)
    await app.close()
    await owner.close()


# ── cases made up ─────────────────────────────────────────────────────────────────────────────────────────────────────
ends = st.none() | st.integers(1, 9)
band_of = st.tuples(ends, ends).map(
    lambda band: band if None in band else (min(band), max(band))  # type: ignore[type-var]  # the two are numbers
)
no_band = st.just((None, None))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    more = draw(st.integers(2, 5))
    tiers = (
        "BRAND",
        "BRAND",
        "SUPPLIER",
        *(draw(st.sampled_from(["AGENT", "DISTRIBUTOR", "STORE"])) for _ in range(more)),
    )
    size, goods = len(tiers), draw(st.integers(1, 3))
    downward = [(up, down) for down in range(3, size) for up in range(down)]
    edges = frozenset(draw(st.sets(st.sampled_from(downward), min_size=1, max_size=8)))
    brands = tuple(draw(st.integers(0, 1)) for _ in range(goods))
    skus = st.dictionaries(st.integers(0, goods - 1), draw(st.sampled_from([band_of, no_band])), min_size=1)
    grants = []
    for _ in range(draw(st.integers(1, 9))):
        grantor, grantee = draw(st.sampled_from(downward))
        let = {sku: band for sku, band in draw(skus).items() if grantor > 1 or brands[sku] == grantor}
        grants.append(Grant(grantor, grantee, let, draw(st.sampled_from(TIMES))))
    if draw(st.booleans()):  # a line through all of them, so that long chains come often
        line = [draw(st.integers(0, 1)), *range(3, size)]
        edges |= frozenset(pairwise(line))
        let = {sku: draw(band_of) for sku, brand in enumerate(brands) if brand == line[0]}
        grants += [Grant(up, down, let, STANDING) for up, down in pairwise(line)]
    suspended = draw(st.sets(st.integers(0, size - 1), max_size=1))
    listing = st.tuples(st.sampled_from(ORIGINS), st.sampled_from([True, True, True, False]))
    pairs = st.tuples(st.integers(0, size - 1), st.integers(0, goods - 1))
    return Case(tiers, frozenset(suspended), edges, grants, brands, draw(st.dictionaries(pairs, listing, max_size=12)))


@pytest.mark.prove
@settings(
    max_examples=size(80, 3_000),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
async def test_the_shelf_of_the_database_is_the_rule_of_the_domain(case: Case, channel: Channel) -> None:
    await channel.check(case)


def test_the_cases_leave_no_rule_out() -> None:
    """What the test above goes through: by each right, in chains of each length, with and without a band, and not."""
    seen: dict[str, int] = {}

    def length(case: Case, one: int, sku: int) -> int:
        holding = {grantor for grantor, _ in bands(case, one, sku)}
        return 1 + max((length(case, up, sku) for up in holding if up > 2), default=0) if holding else 0

    @settings(max_examples=600, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(case=cases())
    def look(case: Case) -> None:
        for (one, sku), (origin, listed) in case.listings.items():
            holding, grants = bands(case, one, sku), [g for g in case.grants if g.grantee == one and sku in g.skus]
            names = [f"chain of {length(case, one, sku)}"]
            names += ["bands contradict"] if holding and _crossed(common([band for _, band in holding])) else []
            names += ["valid, but nothing holds"] if not holding and any(g.is_valid for g in grants) else []
            names += ["own"] if case.brands[sku] == one and not holding else []
            names += [f"{origin} {stands(case, one, sku)}"] if not holding and listed else []
            names += ["several hold"] if len(holding) > 1 else []
            for name in names:
                seen[name] = seen.get(name, 0) + 1

    look()
    expected = ["chain of 1", "chain of 2", "chain of 3", "bands contradict", "valid, but nothing holds", "own"]
    for name in [*expected, "EXTERNAL True", "EXTERNAL False", "POOL False", "several hold"]:
        assert seen.get(name, 0) > 10, (name, seen)


def _crossed(band: Band) -> bool:
    low, high = band
    return low is not None and high is not None and low > high


# ── cases by hand ─────────────────────────────────────────────────────────────────────────────────────────────────────
def line(*grants: Grant, suspended: frozenset[int] = frozenset()) -> Case:
    """Brand 0 supplies agent 3, that distributor 4, that store 5, which lists brand 0's one sku."""
    tiers = ("BRAND", "BRAND", "SUPPLIER", "AGENT", "DISTRIBUTOR", "STORE")
    return Case(tiers, suspended, frozenset({(0, 3), (3, 4), (4, 5)}), list(grants), (0,), {(5, 0): ("POOL", True)})


def step(grantor: int, grantee: int, band: Band = ANY, time: tuple[int, int | None] = STANDING) -> Grant:
    return Grant(grantor, grantee, {0: band}, time)


@pytest.mark.parametrize(
    ("case", "found"),
    [
        pytest.param(line(step(0, 3), step(3, 4), step(4, 5)), [(4, ANY)], id="a chain that is whole"),
        pytest.param(
            line(step(0, 3, (9, 20)), step(3, 4), step(4, 5, (None, 15))), [(4, (9, 15))], id="bands of a chain meet"
        ),
        pytest.param(line(step(0, 3, time=(-2, 0)), step(3, 4), step(4, 5)), [], id="its head is over"),
        pytest.param(line(step(0, 3), step(3, 4, time=(1, None)), step(4, 5)), [], id="its middle is to come"),
        pytest.param(line(step(3, 4), step(4, 5)), [], id="it never began"),
        pytest.param(
            line(step(0, 3), step(3, 4), step(4, 5), suspended=frozenset({3})), [], id="one of it does not trade"
        ),
        pytest.param(
            line(step(0, 3), step(3, 4), step(4, 5), step(0, 5, (3, 8)), suspended=frozenset({4})),
            [(0, (3, 8))],
            id="the brand lets it as well",
        ),
        pytest.param(
            line(step(0, 4, (2, None)), step(3, 4, (7, None)), step(4, 5)),
            [(4, (2, None))],
            id="a grant that does not hold bounds nothing",
        ),
    ],
)
async def test_by_hand(case: Case, found: list[tuple[int, Band]], channel: Channel) -> None:
    assert bands(case, 5, 0) == found
    assert await channel.check(case) == ((1, 0) if found else (0, 1))


async def test_a_circle_of_grants_comes_to_an_end_and_holds_nothing(channel: Channel) -> None:
    """No act makes one: whoever is granted stands below."""
    written = Written(line(step(3, 4, (1, 9)), step(4, 3, (2, 8)), step(4, 5)))
    await insert(channel.owner, written.tenant, written.tables())
    session = channel.app.read(written.tenant)
    pair = (written.key("mall", 5), written.key("sku", 0))
    assert await Reading(session, NOW, TODAY, NOBODY).load(ForSale).one(pair) == []
    await session.close()
