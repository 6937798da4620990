"""Two things at once to one order: what comes of it is what comes of one after the other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import combinations_with_replacement, product
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from domain.ordering import RefundedLine
from models.database import Login
from models.inventory import Committer
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.acting import acting, column
from tests.models.sale import Sales, said
from tests.models.shop import BROKEN, SKUS, goods
from tests.proof import size

A, B, _ = SKUS


@pytest.fixture
async def sales(owner_dsn: str) -> AsyncIterator[Sales]:
    await goods(owner_dsn)
    database = pool_of(Login(owner_dsn, APP_ROLE), 8)
    made = Sales(owner_dsn, database, Committer(database))
    await made.put(A, 3_000, 3_000)
    await made.put(B, 6_000)
    yield made
    assert await column(database, BROKEN) == []
    await database.close()


# ── what an order is, and what may be done to it ──────────────────────────────────────────────────────────────────────
async def pending(sales: Sales) -> tuple[UUID, UUID]:
    order = await sales.place((A, 3), (B, 2))
    return order, await sales.begin(order)


async def confirmed(sales: Sales) -> tuple[UUID, UUID]:
    order, payment = await pending(sales)
    assert await sales.tell(payment, reference=uuid4().hex) == "CONFIRMED"
    return order, payment


async def begun(sales: Sales) -> tuple[UUID, UUID]:
    order, payment = await confirmed(sales)
    await sales.ship(order, {1: 1})
    return order, payment


async def over(sales: Sales) -> tuple[UUID, UUID]:
    order, payment = await confirmed(sales)
    await sales.ship(order)
    return order, payment


async def expired(sales: Sales) -> tuple[UUID, UUID]:
    order, payment = await pending(sales)
    await sales.expire(order)
    return order, payment


STARTS: dict[str, Callable[[Sales], Awaitable[tuple[UUID, UUID]]]] = {
    one.__name__: one for one in (pending, confirmed, begun, over, expired)
}
Doing = Callable[[Sales, UUID, UUID], Awaitable[Any]]


async def reference(sales: Sales, payment: UUID) -> str:
    found = await column(sales.database, "SELECT coalesce(reference, id::text) FROM payment WHERE id = $1", payment)
    return str(found[0])


async def pay(sales: Sales, order: UUID, payment: UUID) -> str:
    return await sales.tell(payment, hours=1, reference=await reference(sales, payment))


async def close(sales: Sales, order: UUID, payment: UUID) -> str:
    return await sales.tell(payment, "CLOSED", reference=await reference(sales, payment))


ACTS: dict[str, Doing] = {
    "pay": pay,
    "close": close,
    "begin": lambda sales, order, _: said(sales.begin(order)),
    "expire": lambda sales, order, _: sales.expire(order),
    "buyer cancels": lambda sales, order, _: said(sales.cancel(order)),
    "seller cancels": lambda sales, order, _: said(sales.cancel(order, "BY_SELLER")),
    "goods are gone": lambda sales, order, _: said(sales.cancel(order, "GOODS_GONE")),
    "ship": lambda sales, order, _: said(sales.ship(order)),
    "ship one": lambda sales, order, _: said(sales.ship(order, {2: 1})),
    "cancel rest": lambda sales, order, _: said(sales.cancel_rest(order)),
    "a week passes": lambda sales, order, _: sales.expire(order, hours=24 * 7),
    "receive": lambda sales, order, _: said(sales.receive(order)),
    "refund": lambda sales, order, _: said(sales.refund(order, RefundedLine(1, amount_fen=2_000))),
}

SEEN = """
    SELECT s::text FROM (SELECT o.state, o.cancel_cause, o.paid_fen, o.refunded_fen,
           (SELECT array_agg(ROW(l.shipped, l.cancelled, l.refunded, l.refunded_fen)::text ORDER BY l.line)
            FROM order_line l WHERE l.order_id = o.id),
           (SELECT array_agg(ROW(p.state, p.covers, p.refunded_fen)::text ORDER BY p.created_at, p.id)
            FROM payment p WHERE p.order_id = o.id),
           (SELECT array_agg(e.type ORDER BY e.id) FROM outbox_event e WHERE e.aggregate_id = o.id)
    FROM order_header o WHERE o.id = $1) s
"""


async def seen(sales: Sales, order: UUID) -> str:
    """All there is to say of an order: where it stands, its lines, its money, and what was told in which order."""
    (row,) = await column(sales.database, SEEN, order)
    return str(row)


async def one_by_one(sales: Sales, start: str, *acts: str) -> tuple[dict[str, str], str]:
    order, payment = await STARTS[start](sales)
    told = {f"{place} {act}": str(await ACTS[act](sales, order, payment)) for place, act in acts_of(acts)}
    return told, await seen(sales, order)


def acts_of(acts: tuple[str, ...]) -> list[tuple[int, str]]:
    """Each act with how often it was there before: both of a pair may be the same."""
    return [(acts[:place].count(act), act) for place, act in enumerate(acts)]


async def at_once(sales: Sales, start: str, *acts: str) -> tuple[dict[str, str], str]:
    order, payment = await STARTS[start](sales)
    said_all = await asyncio.gather(*(ACTS[act](sales, order, payment) for act in acts))
    told = {f"{place} {act}": str(word) for (place, act), word in zip(acts_of(acts), said_all, strict=True)}
    return told, await seen(sales, order)


def plain(came: tuple[dict[str, str], str]) -> tuple[tuple[str, ...], str]:
    """What came of it; which of two that did the same was the first makes no difference, nor which id was made."""
    told, order = came
    words: dict[str, list[str]] = {}
    for name, word in told.items():
        words.setdefault(name.split(" ", 1)[1], []).append(word)
    return tuple(f"{name}: {sorted(said)}" for name, said in sorted(words.items())), order


@pytest.mark.prove
async def test_two_at_once_are_one_after_the_other(sales: Sales) -> None:
    """Every pair of acts on a fresh order in every state, against both orders of the two."""
    every = list(product(STARTS, combinations_with_replacement(ACTS, 2)))
    chosen = Random(5).sample(every, size(30, len(every)))
    for start, (x, y) in chosen:
        possible = {plain(await one_by_one(sales, start, *both)) for both in ((x, y), (y, x))}
        for _ in range(size(1, 3)):
            assert plain(await at_once(sales, start, x, y)) in possible, (start, x, y)


@pytest.mark.parametrize(
    ("start", "x", "y"),
    [
        ("pending", "pay", "expire"),
        ("pending", "pay", "buyer cancels"),
        ("pending", "pay", "pay"),
        ("pending", "close", "pay"),
        ("pending", "pay", "goods are gone"),
        ("confirmed", "ship", "buyer cancels"),
        ("begun", "ship", "cancel rest"),
        ("over", "refund", "refund"),
        ("over", "receive", "a week passes"),
        ("over", "a week passes", "a week passes"),
        ("expired", "pay", "pay"),
    ],
)
async def test_the_races_that_matter_most(sales: Sales, start: str, x: str, y: str) -> None:
    possible = {plain(await one_by_one(sales, start, *both)) for both in ((x, y), (y, x))}
    for _ in range(size(5, 40)):
        assert plain(await at_once(sales, start, x, y)) in possible


@pytest.mark.prove
async def test_many_orders_of_few_goods_add_up_all_the_time(sales: Sales) -> None:
    """Placing, paying, ending and shipping by many at once, while somebody adds up."""
    chance, busy = Random(3), True
    looks = 0

    async def live() -> None:
        order, payment = await pending(sales)
        names = chance.sample(list(ACTS), 5)
        await asyncio.gather(*(ACTS[name](sales, order, payment) for name in names))

    async def look() -> None:
        nonlocal looks
        while busy:
            assert await column(sales.database, BROKEN) == []
            looks += 1

    looking = asyncio.ensure_future(look())
    for _ in range(size(5, 50)):
        await asyncio.gather(*(live() for _ in range(8)))
    busy = False
    await looking
    assert looks > 1


@pytest.mark.parametrize(
    "planted",
    [
        "UPDATE stock SET reserved = reserved + 1 WHERE on_hand > 0",
        "UPDATE stock SET allocated = allocated - 1 WHERE allocated > 0",
        "UPDATE order_allocation SET shipped = 1",
        "UPDATE order_line SET cancelled = 1",
        "UPDATE order_line SET refunded_fen = 0",
        "UPDATE order_header SET refunded_fen = 0",
        "UPDATE order_header SET state = 'FULFILLED', due_at = placed_at",
        "UPDATE payment SET refunded_fen = 1",
        "UPDATE payment SET covers = false",
        "UPDATE refund SET amount_fen = 1",
        "UPDATE reservation SET state = 'HELD', due_at = expires_at",
    ],
)
async def test_what_does_not_add_up_is_seen(sales: Sales, planted: str) -> None:
    """The query that every test here ends with finds whatever is changed behind the acts' backs."""
    order, _ = await confirmed(sales)
    await sales.refund(order, RefundedLine(1, amount_fen=2_000))
    async with acting(sales.database) as tx:
        await tx.execute(text(planted))
        assert (await tx.execute(text(BROKEN))).all() != []
        await tx.session.rollback()


async def test_a_hold_becomes_one_order(sales: Sales) -> None:
    made = await sales.hold((A, 1))
    told = await asyncio.gather(*(said(sales.order_of(made.id)) for _ in range(6)))
    assert sorted(told) == ["HOLD_OVER"] * 5 + ["done"]
    assert await column(sales.database, "SELECT count(*) FROM order_header") == [1]
