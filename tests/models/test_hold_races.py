"""Two things at once to one hold: what comes of it is what comes of one after the other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import combinations_with_replacement
from uuid import UUID

import pytest

from domain.inventory import ReservationState
from models.database import Login
from models.inventory import Committer, release
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.acting import acting, column
from tests.models.sale import Sales, said
from tests.models.shop import BROKEN, SKUS, goods
from tests.proof import size


@pytest.fixture
async def sales(owner_dsn: str) -> AsyncIterator[Sales]:
    await goods(owner_dsn)
    database = pool_of(Login(owner_dsn, APP_ROLE), 8)
    made = Sales(owner_dsn, database, Committer(database))
    await made.put(SKUS[0], 1_400, 400)
    await made.paid((SKUS[0], 1_000))  # whose goods are counted away where nobody holds later
    await made.contribute(SKUS[1], 800, cap=None)
    yield made
    assert await column(database, BROKEN) == []
    await database.close()


async def given_back(sales: Sales, hold: UUID, state: ReservationState, hours: float) -> str:
    async with acting(sales.database, hours=hours) as tx:
        return f"{len(await release(tx, [hold], state))} given back"


ACTS: dict[str, Callable[[Sales, UUID], Awaitable[str]]] = {
    "place": lambda sales, hold: said(sales.order_of(hold)),
    "release": lambda sales, hold: given_back(sales, hold, ReservationState.RELEASED, 0),
    "expire": lambda sales, hold: given_back(sales, hold, ReservationState.EXPIRED, 1),
    "two are gone": lambda sales, hold: said(sales.adjust(SKUS[0], -2)),
}
SEEN = """
    SELECT s::text FROM (
        SELECT r.state, r.due_at IS NULL,
               (SELECT array_agg(o.state) FROM order_header o WHERE o.reservation_id = r.id),
               (SELECT array_agg(ROW(m.kind, m.reserved)::text ORDER BY m.sku_id, m.kind, m.reserved)
                FROM stock_movement m WHERE m.document = r.id)
        FROM reservation r WHERE r.id = $1) s
"""


async def came(sales: Sales, *acts: str, together: bool) -> tuple[tuple[str, ...], str]:
    """What each of the acts said, and what the hold is then; which of two alike was first makes no difference."""
    await sales.adjust(SKUS[0], 3)
    hold = (await sales.hold((SKUS[0], 3), (SKUS[1], 2))).id
    await sales.trim(SKUS[0])
    if together:
        words = await asyncio.gather(*(ACTS[act](sales, hold) for act in acts))
    else:
        words = [await ACTS[act](sales, hold) for act in acts]
    (row,) = await column(sales.database, SEEN, hold)
    return tuple(sorted(f"{act}: {word}" for act, word in zip(acts, words, strict=True))), str(row)


@pytest.mark.prove
@pytest.mark.parametrize("pair", [*combinations_with_replacement(ACTS, 2)], ids=" and ".join)
async def test_two_at_once_to_a_hold_are_one_after_the_other(sales: Sales, pair: tuple[str, str]) -> None:
    possible = {await came(sales, *each, together=False) for each in (pair, pair[::-1])}
    assert any("1 given back" in word or "done" in word for words, _ in possible for word in words)
    for _ in range(size(5, 40)):
        assert await came(sales, *pair, together=True) in possible


async def test_a_hold_and_a_count_at_once_are_one_after_the_other(sales: Sales) -> None:
    """All that is free is held, and less lies there: the hold comes first and is given back, or there is too little."""
    for _ in range(size(10, 40)):
        await sales.trim(SKUS[0], 3)
        word, lost = await asyncio.gather(sales.tried((SKUS[0], 403)), said(sales.adjust(SKUS[0], -2)))
        assert (word, lost) in {("held", "done"), ("NOT_ENOUGH_STOCK", "done")}
        assert await column(sales.database, "SELECT count(*) FROM reservation WHERE state = 'HELD'") == [0]
