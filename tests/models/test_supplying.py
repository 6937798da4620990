"""Edges and the closure that stays true of them, through any acts and under races on real connections."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from uuid import UUID

import pytest

from domain.base import Refused
from domain.channel import MAX_HOPS, Descent, SupplyCycle, SupplyEdge, check_primaries, closure
from models.channel import alone, chain_of, edges_to, follow, lock, offer, offered_by, part, settle, supply
from models.database import Database, Login
from models.wall import APP_ROLE
from models.writing import Transaction
from tests.given import pool_of
from tests.loaders.rows import Tables
from tests.models.acting import acting, added, filled
from tests.proof import size

pytestmark = pytest.mark.prove
NODES = [UUID(int=100 + number) for number in range(9)]
A, B, C, D = NODES[:4]
ROWS: Tables = {
    "organization (tenant_id, id, tier, code, name)": [(one, "DISTRIBUTOR", one.hex, "x") for one in NODES],
    "organization_closure (tenant_id, descendant_id, ancestor_id, hops, descendant_tier, descendant_code)": [
        (one, one, 0, "DISTRIBUTOR", one.hex) for one in NODES
    ],
}


@pytest.fixture
async def database(owner_dsn: str) -> AsyncIterator[Database]:
    await filled(owner_dsn, ROWS)
    pool = pool_of(Login(owner_dsn, APP_ROLE), 6)
    yield pool
    assert pool.connections()["busy"] == 0
    await pool.close()


async def edges_in(tx: Transaction) -> list[SupplyEdge[UUID]]:
    return [edge for node in NODES for edge in await edges_to(tx, node)]


async def closure_in(tx: Transaction) -> set[Descent[UUID]]:
    driver = await tx._driver()
    rows = await driver.fetch(
        "SELECT ancestor_id, descendant_id, hops FROM organization_closure WHERE descendant_id = any($1)", NODES
    )
    return {Descent(*row) for row in rows}


async def joined(tx: Transaction, upstream: UUID, downstream: UUID) -> None:
    """An edge as an act writes it."""
    await alone(tx)
    await supply(tx, upstream, downstream, primary=not await edges_to(tx, downstream))


async def test_the_closure_is_that_of_the_edges_after_any_acts(database: Database) -> None:
    for seed in range(size(12, 400)):
        dice = random.Random(seed)
        async with acting(database) as tx:
            savepoint = await tx.session.begin_nested()
            for _ in range(40):
                edges = await edges_in(tx)
                upstream, downstream = dice.sample(NODES, 2)
                pairs = {(edge.upstream, edge.downstream) for edge in edges}
                if dice.random() < 0.35 and edges:
                    gone = dice.choice(edges)
                    await part(tx, gone.upstream, gone.downstream)
                    left = await edges_to(tx, gone.downstream)
                    if left:
                        await follow(tx, gone.downstream, dice.choice(left).upstream)
                elif (upstream, downstream) not in pairs:
                    try:
                        wanted = closure([*pairs, (upstream, downstream)], NODES)
                    except SupplyCycle:
                        with pytest.raises(SupplyCycle):
                            await joined(tx, upstream, downstream)
                        continue
                    await joined(tx, upstream, downstream)
                    assert await closure_in(tx) == wanted
                edges = await edges_in(tx)
                check_primaries(edges)
                expected = closure([(edge.upstream, edge.downstream) for edge in edges], NODES)
                assert await closure_in(tx) == expected, seed
            await savepoint.rollback()


async def outcomes(database: Database, *acts: Callable[[Transaction], Awaitable[None]]) -> list[str]:
    """What comes of acts that begin at once, each on a connection of its own."""

    async def one(act: Callable[[Transaction], Awaitable[None]]) -> str:
        try:
            async with acting(database) as tx:
                await act(tx)
        except Refused as refused:
            return refused.code
        return "done"

    return sorted(await asyncio.gather(*(one(act) for act in acts)))


async def test_of_two_edges_that_close_a_circle_one_wins(database: Database) -> None:
    told = await outcomes(database, lambda tx: joined(tx, A, B), lambda tx: joined(tx, B, A))
    assert told == ["SUPPLY_CYCLE", "done"]


async def test_a_circle_over_edges_that_neither_act_names_is_seen(database: Database) -> None:
    async with acting(database) as tx:
        await joined(tx, B, C)
        await joined(tx, D, A)
    told = await outcomes(database, lambda tx: joined(tx, A, B), lambda tx: joined(tx, C, D))
    assert told == ["SUPPLY_CYCLE", "done"]
    async with acting(database) as tx:
        edges = await edges_in(tx)
        assert len(edges) == 3
        assert await closure_in(tx) == closure([(edge.upstream, edge.downstream) for edge in edges], NODES)


async def test_edges_written_at_once_all_count(database: Database) -> None:
    links = list(pairwise(NODES))
    told = await outcomes(database, *(lambda tx, ends=ends: joined(tx, *ends) for ends in links))
    assert told == ["done"] * len(links)
    async with acting(database) as tx:
        assert await closure_in(tx) == closure(links, NODES)
        assert [link.id for link in await chain_of(tx, NODES[-1])] == NODES[::-1]


async def test_supply_is_not_deeper_than_it_may_be(database: Database, owner_dsn: str) -> None:
    columns = "tenant_id, descendant_id, ancestor_id, hops, descendant_tier, descendant_code"
    below = [(C, B, MAX_HOPS - 1, "DISTRIBUTOR", C.hex), (D, B, MAX_HOPS, "DISTRIBUTOR", D.hex)]
    await added(owner_dsn, {f"organization_closure ({columns})": below[:1]})
    assert await outcomes(database, lambda tx: joined(tx, A, B)) == ["done"]
    await added(owner_dsn, {f"organization_closure ({columns})": below[1:]})
    assert await outcomes(database, lambda tx: joined(tx, NODES[4], B)) == ["SUPPLY_TOO_DEEP"]
    async with acting(database) as tx:
        assert await edges_in(tx) == [SupplyEdge(A, B, primary=True)]


async def test_organizations_are_locked_in_one_order(database: Database) -> None:
    """Both ask for the same two in opposite orders: neither waits for the other in a circle."""

    async def locked(tx: Transaction, *ids: UUID) -> None:
        assert set(await lock(tx, ids)) == {A, B}
        await asyncio.sleep(0.05)

    told = await outcomes(database, *(lambda tx: locked(tx, A, B), lambda tx: locked(tx, B, A)) * 3)
    assert told == ["done"] * 6


async def test_an_offer_stands_until_it_is_settled(database: Database) -> None:
    async with acting(database) as tx:
        assert await offered_by(tx, A, B) is None
        await offer(tx, A, B, B)
        assert await offered_by(tx, A, B) == B
        assert await offered_by(tx, B, A) is None
        assert [await settle(tx, A, B) for _ in range(2)] == [True, False]
