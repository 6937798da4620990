"""What the shelf promises, and what a hold finds, equals the rule of the domain page: over channels by the hundred."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.access import NOBODY
from domain.inventory import Level, Promise, own_part
from loaders.base import Reading
from loaders.inventory import PromiseOf
from models.database import Login
from models.inventory import reaching
from models.session import set_tenant
from models.wall import APP_ROLE
from models.writing import Transaction
from tests.given import pool_of
from tests.loaders.promised import CLOCK, EXPIRIES, NOW, TODAY, Case, Contribution, Shelf, most, promised
from tests.proof import size


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
    keeping = sorted({location % size for (location, _, _), _ in stock}) or range(size)
    suspended = draw(st.frozensets(st.sampled_from(keeping) | organization, max_size=min(2, size - 1)))
    return Case(size, frozenset(edges), skus, locations, stock, safety, list(contributions.values()), suspended)


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
    written = await shelf.write(case)
    promises, held = await shelf.promises(written), await shelf.held(written)
    for pair, promise in promises.items():
        assert held[pair] == (promise.total, promise.total)
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
        pytest.param(
            Case(
                4,
                CHAIN,
                stock={((3, 0, 2), 0): lying(5), ((2, 0, 2), 0): lying(4), ((3, 0, 1), 0): lying(7)},
                contributions=[all_of(3, 1, 1)],
                suspended=frozenset({3}),
            ),
            {0: 4},
            id="what lies with who does not trade is not promised, whoever owns it",
        ),
        pytest.param(
            Case(
                4,
                CHAIN,
                stock={((3, 0, 1), 0): lying(7), ((0, 0, 0), 0): lying(5)},
                contributions=[all_of(3, 1, 1), all_of(0, 0, 0)],
                suspended=frozenset({1}),
            ),
            {2: 5},
            id="nor what is owned by who does not trade, while those above it still offer theirs",
        ),
    ],
)
async def test_worked_examples(case: Case, units: dict[int, int], shelf: Shelf) -> None:
    assert promised(case, 2, 0) == units
    written = await shelf.write(case)
    promise = (await shelf.promises(written))[2, 0]
    assert promise == Promise(sum(units.values()), tuple(Level(hops, there) for hops, there in units.items()))
    assert (await shelf.held(written))[2, 0] == (promise.total, promise.total)


async def test_what_lies_with_who_stops_trading_meanwhile_is_not_held(shelf: Shelf) -> None:
    """It was seen before its rows were locked, and is looked at once more behind them."""
    stock = {((3, 0, 2), 0): lying(5), ((2, 0, 2), 0): lying(4), ((3, 0, 1), 0): lying(7)}
    written = await shelf.write(Case(4, CHAIN, stock=stock, contributions=[all_of(3, 1, 1)]))
    asked = (written.key("organization", 2), written.key("sku", 0))
    async with shelf.app.transaction(written.tenant) as session:
        tx = Transaction(session, written.tenant, CLOCK, NOW)
        rows = await reaching.reached(tx, [asked], TODAY)
        assert most(reaching.seen(rows)[asked], asked[1]) == 16
        async with shelf.owner.transaction():
            await shelf.owner.execute(set_tenant(written.tenant))
            stops = "UPDATE organization SET status = 'SUSPENDED' WHERE tenant_id = $1 AND id = $2"
            await shelf.owner.execute(stops, written.tenant, written.key("organization", 3))
        assert most((await reaching.locked(tx, rows))[asked], asked[1]) == 4


async def test_an_unknown_store_or_sku_can_sell_nothing(shelf: Shelf) -> None:
    session = shelf.app.read(uuid4())
    assert await Reading(session, NOW, TODAY, NOBODY).load(PromiseOf).one((uuid4(), uuid4())) == Promise(0, ())
    await session.close()
