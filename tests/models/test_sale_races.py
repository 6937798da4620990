"""Two things at once to one order: what comes of it is what comes of one after the other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import combinations_with_replacement, product
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from domain.inventory import NotEnoughStock
from domain.ordering import ChargeSought, NoticeKind, RefundedLine, charge_found
from models.database import Login
from models.inventory import Committer
from models.ordering import take_notice
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.acting import NOON, acting, column
from tests.models.here import HERE
from tests.models.sale import PROVIDER, Sales, said
from tests.models.shop import BROKEN, PLACES, SKUS, goods
from tests.proof import size

A, B, _ = SKUS


@pytest.fixture
async def sales(owner_dsn: str) -> AsyncIterator[Sales]:
    await goods(owner_dsn)
    database = pool_of(Login(owner_dsn, APP_ROLE), 8)
    made = Sales(owner_dsn, database, Committer(database))
    await made.put(A, 30_000, 30_000)
    await made.put(B, 60_000)
    await made.paid((A, 1_000))  # whose goods are counted away where nobody came later
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


async def failing(sales: Sales) -> tuple[UUID, UUID]:
    """Money goes back of it, and the provider could not."""
    order, payment = await over(sales)
    refund = await sales.refund(order, RefundedLine(2, amount_fen=200))
    assert await settle(sales, payment, refund, "REFUND_FAILED") == "REFUND_FAILED"
    return order, payment


async def underpaid(sales: Sales) -> tuple[UUID, UUID]:
    """Less came than was asked, and could not be given back."""
    order, payment = await pending(sales)
    assert await pay_less(sales, order, payment) == "MISMATCH"
    assert await fail(sales, order, payment) == "REFUND_FAILED"
    return order, payment


async def short(sales: Sales) -> tuple[UUID, UUID]:
    order, payment = await confirmed(sales)
    await sales.trim(A)
    await sales.adjust(A, -1)
    assert await sales.short(order) == [1, 0]
    return order, payment


STARTS: dict[str, Callable[[Sales], Awaitable[tuple[UUID, UUID]]]] = {
    one.__name__: one for one in (pending, confirmed, begun, over, expired, failing, underpaid, short)
}
Doing = Callable[[Sales, UUID, UUID], Awaitable[Any]]


async def reference(sales: Sales, payment: UUID) -> str:
    found = await column(sales.database, "SELECT coalesce(reference, id::text) FROM payment WHERE id = $1", payment)
    return str(found[0])


async def pay(sales: Sales, order: UUID, payment: UUID) -> str:
    return await sales.tell(payment, hours=1, reference=await reference(sales, payment))


async def close(sales: Sales, order: UUID, payment: UUID) -> str:
    return await sales.tell(payment, "CLOSED", reference=await reference(sales, payment))


async def found(sales: Sales, payment: UUID, kind: NoticeKind) -> str:
    """The provider was asked what became of a payment."""
    sought = ChargeSought(HERE, payment, await reference(sales, payment), 3_666, "CNY")
    at = NOON + timedelta(hours=1)
    notice = charge_found(sought, kind, 3_666, "CNY", at)
    return (await take_notice(sales.database, PROVIDER, notice, at, answers=True)).value


async def pay_less(sales: Sales, order: UUID, payment: UUID) -> str:
    return await sales.tell(payment, amount=3_000, reference=await reference(sales, payment))


async def pay_more(sales: Sales, order: UUID, payment: UUID) -> str:
    return await sales.tell(payment, amount=4_000, reference=await reference(sales, payment))


async def settle(sales: Sales, payment: UUID, refund: UUID, kind: str) -> str:
    (amount,) = await column(sales.database, "SELECT amount_fen FROM refund WHERE id = $1", refund)
    own = await reference(sales, payment)
    return await sales.tell(payment, kind, refund=refund, amount=amount, reference=own)


async def first_refund(sales: Sales, order: UUID) -> UUID | None:
    found = "SELECT id FROM refund WHERE order_id = $1 ORDER BY created_at, id LIMIT 1"
    return next(iter(await column(sales.database, found, order)), None)


async def retry(sales: Sales, order: UUID, payment: UUID) -> str:
    refund = await first_refund(sales, order)
    return "none" if refund is None else await said(sales.retry(refund))


async def fail(sales: Sales, order: UUID, payment: UUID) -> str:
    refund = await first_refund(sales, order)
    return "none" if refund is None else await settle(sales, payment, refund, "REFUND_FAILED")


async def arrive(sales: Sales, order: UUID, payment: UUID) -> str:
    refund = await first_refund(sales, order)
    return "none" if refund is None else await settle(sales, payment, refund, "REFUNDED")


ACTS: dict[str, Doing] = {
    "pay": pay,
    "found paid": lambda sales, _, payment: found(sales, payment, NoticeKind.PAID),
    "found closed": lambda sales, _, payment: found(sales, payment, NoticeKind.CLOSED),
    "pay less": pay_less,
    "pay more": pay_more,
    "retry refund": retry,
    "refund fails": fail,
    "refund arrives": arrive,
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
    "two are gone": lambda sales, order, _: said(sales.adjust(A, -2)),
    "allocate": lambda sales, order, _: said(sales.allocate(order)),
}

SEEN = """
    SELECT s::text FROM (SELECT o.state, o.cancel_cause, o.paid_fen, o.refunded_fen,
           (SELECT array_agg(ROW(l.shipped, l.cancelled, l.short, l.refunded, l.refunded_fen)::text ORDER BY l.line)
            FROM order_line l WHERE l.order_id = o.id),
           (SELECT array_agg(ROW(p.state, p.covers, p.came_fen, p.refunded_fen, p.due_at)::text
                             ORDER BY p.created_at, p.id)
            FROM payment p WHERE p.order_id = o.id),
           (SELECT array_agg(ROW(r.state, r.amount_fen, r.asked, r.due_at)::text ORDER BY r.created_at, r.id)
            FROM refund r WHERE r.order_id = o.id),
           (SELECT array_agg(ROW(n.kind, n.outcome, n.amount_fen, n.closed_at IS NULL)::text
                             ORDER BY n.kind, n.outcome, n.amount_fen, n.closed_at)
            FROM payment_notice n JOIN payment p ON p.id = n.payment_id WHERE p.order_id = o.id),
           (SELECT array_agg(ROW(j.kind, j.reverses_id IS NULL, g.amount)::text ORDER BY j.kind, g.amount, j.id)
            FROM journal j JOIN posting g ON g.journal_id = j.id
            WHERE j.document IN (SELECT id FROM payment WHERE order_id = o.id
                                 UNION ALL SELECT id FROM refund WHERE order_id = o.id)),
           (SELECT array_agg(e.type ORDER BY e.id) FROM outbox_event e WHERE e.aggregate_id = o.id)
    FROM order_header o WHERE o.id = $1) s
"""


async def seen(sales: Sales, order: UUID) -> str:
    """All there is to say of an order: where it stands, its lines, its money, and what was told in which order."""
    (row,) = await column(sales.database, SEEN, order)
    return str(row)


async def begin(sales: Sales, start: str) -> tuple[UUID, UUID]:
    """A fresh order, the newest that claims goods where what is claimed is all that lies, and no other unpaid."""
    for waiting in await column(sales.database, "SELECT id FROM order_header WHERE state = 'PENDING_PAYMENT'"):
        await sales.expire(waiting)
    await sales.adjust(A, 3)
    order, payment = await STARTS[start](sales)
    await sales.trim(A)
    return order, payment


async def one_by_one(sales: Sales, start: str, *acts: str) -> tuple[dict[str, str], str]:
    order, payment = await begin(sales, start)
    told = {f"{place} {act}": str(await ACTS[act](sales, order, payment)) for place, act in acts_of(acts)}
    return told, await seen(sales, order)


def acts_of(acts: tuple[str, ...]) -> list[tuple[int, str]]:
    """Each act with how often it was there before: both of a pair may be the same."""
    return [(acts[:place].count(act), act) for place, act in enumerate(acts)]


async def at_once(sales: Sales, start: str, *acts: str) -> tuple[dict[str, str], str]:
    order, payment = await begin(sales, start)
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
        for _ in range(size(1, 2)):
            assert plain(await at_once(sales, start, x, y)) in possible, (start, x, y)


@pytest.mark.parametrize(
    ("start", "x", "y"),
    [
        ("pending", "pay", "expire"),
        ("pending", "pay", "buyer cancels"),
        ("pending", "pay", "pay"),
        ("pending", "close", "pay"),
        ("pending", "pay", "goods are gone"),
        ("pending", "found paid", "pay"),
        ("pending", "found paid", "buyer cancels"),
        ("pending", "found closed", "pay"),
        ("expired", "found paid", "pay"),
        ("expired", "found paid", "found paid"),
        ("confirmed", "ship", "buyer cancels"),
        ("begun", "ship", "cancel rest"),
        ("over", "refund", "refund"),
        ("over", "receive", "a week passes"),
        ("over", "a week passes", "a week passes"),
        ("expired", "pay", "pay"),
        ("pending", "pay", "pay less"),
        ("pending", "pay", "pay more"),
        ("pending", "pay less", "pay more"),
        ("pending", "pay less", "pay less"),
        ("pending", "pay less", "expire"),
        ("pending", "pay less", "buyer cancels"),
        ("pending", "pay less", "begin"),
        ("confirmed", "pay more", "buyer cancels"),
        ("expired", "pay less", "pay"),
        ("failing", "retry refund", "retry refund"),
        ("failing", "retry refund", "refund arrives"),
        ("failing", "retry refund", "refund fails"),
        ("failing", "retry refund", "refund"),
        ("underpaid", "retry refund", "retry refund"),
        ("underpaid", "retry refund", "pay"),
        ("underpaid", "refund arrives", "pay more"),
        ("pending", "two are gone", "pay"),
        ("pending", "two are gone", "buyer cancels"),
        ("confirmed", "two are gone", "ship"),
        ("confirmed", "two are gone", "ship one"),
        ("confirmed", "two are gone", "buyer cancels"),
        ("confirmed", "two are gone", "refund"),
        ("confirmed", "two are gone", "two are gone"),
        ("begun", "two are gone", "cancel rest"),
        ("expired", "two are gone", "pay"),
        ("short", "two are gone", "allocate"),
        ("short", "allocate", "allocate"),
        ("short", "allocate", "ship"),
        ("short", "allocate", "buyer cancels"),
    ],
)
async def test_the_races_that_matter_most(sales: Sales, start: str, x: str, y: str) -> None:
    possible = {plain(await one_by_one(sales, start, *both)) for both in ((x, y), (y, x))}
    for _ in range(size(5, 40)):
        assert plain(await at_once(sales, start, x, y)) in possible


async def test_a_refund_is_tried_again_once_and_what_has_arrived_stays_so(sales: Sales) -> None:
    """It goes back once: it was booked when it was decided, and is told of under the same id."""
    for start in ("failing", "underpaid"):
        for other in ("retry refund", "refund arrives", "refund fails"):
            order, payment = await STARTS[start](sales)
            both = await asyncio.gather(*(ACTS[act](sales, order, payment) for act in ("retry refund", other)))
            states = await column(sales.database, "SELECT state FROM refund WHERE order_id = $1", order)
            if other == "retry refund":
                assert (sorted(both), states) == (["REFUND_NOT_FAILED", "done"], ["PENDING"])
            elif other == "refund arrives":
                assert (both[1], states) == ("REFUNDED", ["DONE"])
                assert await retry(sales, order, payment) == "REFUND_NOT_FAILED"
            else:
                assert (both, states) in ((["done", "NOTED"], ["PENDING"]), (["done", "REFUND_FAILED"], ["FAILED"]))


@pytest.mark.prove
async def test_many_orders_of_few_goods_add_up_all_the_time(sales: Sales) -> None:
    """Placing, paying, ending and shipping by many at once, while somebody adds up."""
    chance, busy = Random(3), True
    looks = 0

    async def live() -> None:
        try:
            order, payment = await pending(sales)
        except NotEnoughStock:  # others lost what there was
            return
        if chance.random() < 0.8:
            await pay(sales, order, payment)
        names = [*chance.sample(list(ACTS), 5), "two are gone"]
        await asyncio.gather(*(ACTS[name](sales, order, payment) for name in names))

    async def look() -> None:
        nonlocal looks
        while busy:
            assert await column(sales.database, BROKEN) == []
            looks += 1

    looking = asyncio.ensure_future(look())
    await sales.trim(A, at=PLACES[1])
    for _ in range(size(5, 50)):
        await sales.trim(A, 24)
        await asyncio.gather(*(live() for _ in range(8)))
    busy = False
    await looking
    assert looks > 1
    assert await sales.events("OrderShort") != []


@pytest.mark.parametrize(
    "planted",
    [
        "UPDATE stock SET reserved = reserved + 1 WHERE on_hand > 0",
        "UPDATE stock SET allocated = allocated - 1 WHERE allocated > 0",
        "UPDATE order_allocation SET shipped = 1",
        "UPDATE order_line SET cancelled = 1",
        "UPDATE order_line SET short = 1, short_since = now(), short_seller_id = goods_owner_id",
        "UPDATE order_line SET refunded_fen = 0",
        "UPDATE order_header SET refunded_fen = 0",
        "UPDATE order_header SET state = 'FULFILLED', due_at = placed_at",
        "UPDATE payment SET refunded_fen = 1",
        "UPDATE payment SET covers = false",
        "UPDATE payment SET came_fen = came_fen + 1",
        "UPDATE payment SET came_fen = came_fen + 1, refunded_fen = refunded_fen + 1",
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
    found = "SELECT count(*) FROM order_header WHERE reservation_id = $1"
    assert await column(sales.database, found, made.id) == [1]
