"""What the worker does about orders: those that nobody paid end, what shipped is completed, a provider is
told of what goes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from domain.base import Unavailable
from domain.ordering import FIRST_REFUND_WAIT, RefundAsked, RefundedLine
from models.database import Login
from models.ordering import retry_refund
from models.wall import WORKER_ROLE
from tests.given import pool_of
from tests.graph.selling import Till
from tests.models.acting import NOON, column
from tests.models.here import fill
from tests.models.sale import Sales, said, selling
from tests.models.shop import SKUS
from worker import REFUNDS_BESIDE, Clock

A = SKUS[0]


@pytest.fixture
async def sales(owner_dsn: str) -> AsyncIterator[Sales]:
    async with selling(owner_dsn, (A, 10), connections=4) as made:
        yield made


@asynccontextmanager
async def clock(sales: Sales, minutes: float, till: Till | None = None) -> AsyncIterator[Clock]:
    seeing = pool_of(Login(sales.dsn, WORKER_ROLE))
    yield Clock(seeing, sales.database, lambda: NOON + timedelta(minutes=minutes), till)
    await seeing.close()


async def test_orders_that_nobody_paid_end_when_their_time_is_up(sales: Sales) -> None:
    orders = [await sales.place((A, 2)) for _ in range(3)]
    await sales.tell(await sales.begin(orders[0]))
    async with clock(sales, 14) as early:
        assert await early.orders() == 0
    async with clock(sales, 15) as late:
        assert [await late.orders(), await late.orders()] == [2, 0]
    assert [await sales.state(order) for order in orders] == ["CONFIRMED", "CANCELLED EXPIRED", "CANCELLED EXPIRED"]
    assert await sales.stock() == [[10, 0, 2]]
    assert await column(sales.database, "SELECT DISTINCT state FROM reservation ORDER BY 1") == ["CONSUMED", "EXPIRED"]


async def test_what_shipped_is_taken_for_received_when_the_time_to_say_otherwise_is_over(sales: Sales) -> None:
    """Seven days after nothing is left to ship, to the instant, and whichever way that came about."""
    whole, part, received = [await sales.paid((A, 2)) for _ in range(3)]
    await sales.ship(whole)
    await sales.ship(part, {1: 1})
    await sales.ship(received)
    await sales.receive(received)
    week = 7 * 24 * 60
    async with clock(sales, week - 1) as early, clock(sales, week) as due:
        assert await early.orders() == 0
        assert [await due.orders(), await due.orders()] == [1, 0]
    states = [await sales.state(order) for order in (whole, part, received)]
    assert states == ["COMPLETED", "PARTLY_FULFILLED", "COMPLETED"]
    await sales.cancel_rest(part)
    async with clock(sales, week) as due:
        assert await due.orders() == 1
    told = await sales.events("OrderCompleted", "OrderReceived")
    assert told == ["OrderReceived", "OrderCompleted", "OrderCompleted"]
    audited = "SELECT actor FROM audit_entry WHERE operation = 'completeOrder'"
    assert await column(sales.database, audited) == ["system:clock"] * 2
    assert await said(sales.receive(whole)) == "TRANSITION_NOT_ALLOWED"


async def test_a_provider_that_does_not_answer_keeps_several_at_once_and_no_clock(sales: Sales) -> None:
    """Refunds are told side by side, each at its own time."""
    order = await sales.paid((A, 5))
    for _ in range(REFUNDS_BESIDE + 2):
        await sales.refund(order, RefundedLine(1, amount_fen=1))
    till, minutes = Silent(), iter(range(100))
    seeing = pool_of(Login(sales.dsn, WORKER_ROLE))
    slow = Clock(seeing, sales.database, lambda: NOON + timedelta(minutes=next(minutes)), till)
    assert await slow.refunds() == 0
    assert (till.most, till.asked_of) == (REFUNDS_BESIDE, REFUNDS_BESIDE + 2)
    due_at = "SELECT count(DISTINCT due_at) FROM refund"
    assert await column(sales.database, due_at) == [REFUNDS_BESIDE + 2]
    await seeing.close()


class Silent(Till):
    """A till that keeps whoever asks it for a while, and then has not answered."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = self.asked_of = 0

    async def refund(self, asked: RefundAsked) -> None:
        self.now += 1
        self.asked_of += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.5)
        self.now -= 1
        raise Unavailable("no")


async def test_an_order_that_cannot_end_keeps_none_behind_it(sales: Sales) -> None:
    bad, good = [await sales.place((A, 1)) for _ in range(2)]
    never = "ALTER TABLE order_header ADD CONSTRAINT never CHECK (id <> '%s' OR state <> 'CANCELLED')"
    await fill(sales.dsn, never % bad)
    async with clock(sales, 20) as late:
        assert [await late.orders(), await late.orders()] == [1, 0]
        assert late._overdue.now() == [bad]
    assert await sales.state(good) == "CANCELLED EXPIRED"


async def test_a_provider_is_told_of_what_goes_back_until_it_answers(sales: Sales) -> None:
    till = Till()
    order = await sales.paid((A, 3))
    made = await sales.refund(order, RefundedLine(1, amount_fen=10))
    till.down = True
    async with clock(sales, 0, till) as at_noon:
        assert await at_noon.refunds() == 0
        assert at_noon._untold.now() == [made]
    till.down = False
    async with clock(sales, 1, till) as later:
        assert [await later.refunds(), await later.refunds()] == [1, 0]
    assert till.refunds == [made]
    async with clock(sales, 1 + FIRST_REFUND_WAIT.total_seconds() / 30, till) as again:
        assert await again.refunds() == 1  # nothing was heard of it: it is told again, twice as late
    (payment,) = await column(sales.database, "SELECT id FROM payment")
    (reference,) = await column(sales.database, "SELECT reference FROM payment")
    assert await sales.tell(payment, "REFUNDED", refund=made, amount=10, reference=reference) == "REFUNDED"
    async with clock(sales, 600, till) as late:
        assert await late.refunds() == 0
    assert till.refunds == [made, made]


async def test_a_refund_that_a_provider_declines_has_failed_and_may_be_tried_again(sales: Sales) -> None:
    till = Till()
    order = await sales.paid((A, 3))
    made = await sales.refund(order, RefundedLine(1, amount_fen=10))
    state, till.declines = "SELECT concat_ws(' ', state, asked, due_at IS NULL) FROM refund", True
    async with clock(sales, 1, till) as at_noon:
        assert [await at_noon.refunds(), await at_noon.refunds()] == [1, 0]
        assert at_noon._untold.now() == []
    assert await column(sales.database, state) == ["FAILED 1 t"]
    notices = "SELECT outcome FROM payment_notice WHERE kind = 'REFUND_FAILED' AND refund_id = $1"
    assert await column(sales.database, notices, made) == ["REFUND_FAILED"]
    assert await sales.events("RefundSettled") == ["RefundSettled"]
    async with sales.locked(order) as (tx, locked):
        await retry_refund(tx, locked, made)
    till.declines = False
    async with clock(sales, 2, till) as later:
        assert await later.refunds() == 1
    assert till.refunds == [made]
    assert await column(sales.database, state) == ["PENDING 1 f"]


async def test_nobody_is_told_of_another_providers_refunds(sales: Sales) -> None:
    class Other(Till):
        name = "other"

    other = Other()
    made = await sales.refund(await sales.paid((A, 1)), RefundedLine(1, amount_fen=10))
    async with clock(sales, 0, other) as at_noon:
        assert await at_noon.refunds() == 0
        assert at_noon._untold.now() == [made]
    assert other.refunds == []


async def test_without_a_provider_that_is_no_duty(sales: Sales) -> None:
    async with clock(sales, 0) as without, clock(sales, 0, Till()) as having:
        assert [duty.name for duty in without.duties()] == ["feed", "holds", "orders", "keys"]
        assert [duty.name for duty in having.duties()] == ["feed", "holds", "orders", "refunds", "keys"]
