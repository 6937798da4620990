"""What the worker does about orders: those that nobody paid end, what shipped is completed, a provider is
told of what goes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from domain.base import Unavailable
from domain.ordering import (
    FIRST_REFUND_WAIT,
    Charge,
    ChargeSought,
    NoticeKind,
    RefundAsked,
    RefundedLine,
    charge_found,
    refund_answered,
)
from models.database import Login
from models.ordering import retry_refund, write_charged
from models.wall import WORKER_ROLE
from tests.flows.paying import press, running
from tests.given import pool_of
from tests.graph.selling import Till
from tests.models.acting import NOON, acting, column
from tests.models.here import HERE, fill
from tests.models.sale import Sales, begun, said, selling
from tests.models.shop import SKUS
from worker import PAYMENTS_BESIDE, REFUNDS_BESIDE, Clock

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

    async def refund(self, asked: RefundAsked) -> NoReturn:
        await self._keep()

    async def find(self, sought: ChargeSought) -> NoReturn:
        await self._keep()

    async def _keep(self) -> NoReturn:
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


@pytest.mark.parametrize("done", [True, False])
async def test_what_a_provider_answers_of_a_refund_needs_no_notice(sales: Sales, done: bool) -> None:
    """It may have told it long ago, to nobody: then its book says so however often it is asked."""
    till = Till()
    made = await sales.refund(await sales.paid((A, 3)), RefundedLine(1, amount_fen=10))
    ((payment, reference),) = await column(sales.database, "SELECT ROW(id, reference) FROM payment")
    asked = RefundAsked(HERE, payment, made, reference, 10, "CNY", "x")
    till.knows[made] = refund_answered(asked, done=done, at=NOON)
    async with clock(sales, 1, till) as at_noon, clock(sales, 600, till) as late:
        assert [await at_noon.refunds(), await late.refunds()] == [1, 0]
    state = "SELECT concat_ws(' ', state, asked, due_at IS NULL) FROM refund"
    assert await column(sales.database, state) == [f"{'DONE' if done else 'FAILED'} 1 t"]
    assert await sales.events("RefundSettled") == ["RefundSettled"]
    kind = "REFUNDED" if done else "REFUND_FAILED"
    assert await sales.tell(payment, kind, refund=made, amount=10, reference=reference) == "NOTED"


async def test_a_provider_is_asked_about_what_was_not_heard_of(sales: Sales) -> None:
    till, (order, payment) = Till(), await begun(sales)
    async with clock(sales, 15, till) as early:
        assert [await early.orders(), await early.payments()] == [1, 0]
    till.down = True
    async with clock(sales, 16, till) as first:
        assert [await first.payments(), await first.payments()] == [0, 0]
        assert first._unheard.now() == [payment]
    till.down = False
    async with clock(sales, 20, till) as second:
        assert [await second.payments(), await second.payments()] == [1, 0]  # it may be paid there still
    paid = charge_found(ChargeSought(HERE, payment, "r", 1_000, "CNY"), NoticeKind.PAID, 1_000, "CNY", NOON)
    till.knows[payment] = paid
    async with clock(sales, 60, till) as third, clock(sales, 6_000, till) as late:
        assert [await third.payments(), await late.payments()] == [1, 0]
    assert till.sought == [payment] * 3
    assert (await sales.state(order), await sales.money(order)) == ("CONFIRMED", [1_000, 0])


async def test_what_another_provider_has_is_asked_of_nobody_else(sales: Sales) -> None:
    till, order = Till(), await sales.place((A, 1))
    other = await sales.begin(order, "another")
    async with clock(sales, 20, till) as late:
        assert await late.payments() == 0
        assert late._unheard.now() == [other]
    assert till.sought == []


async def test_payments_are_asked_about_side_by_side(sales: Sales) -> None:
    for _ in range(10):
        await begun(sales)
    till = Silent()
    async with clock(sales, 20, till) as slow:
        assert await slow.payments() == 0
    assert (till.most, till.asked_of) == (PAYMENTS_BESIDE, 10)
    assert await column(sales.database, "SELECT DISTINCT asked FROM payment") == [1]


async def test_what_a_real_provider_gave_up_telling_is_found_in_its_book(sales: Sales, tmp_path: Path) -> None:
    """Nobody listens where its notices go: what was paid there, and what went back, is asked for."""
    (order, paid), (never, closed), (_, unmade) = [await begun(sales, provider="local") for _ in range(3)]
    with running(tmp_path / "book.sqlite", "http://127.0.0.1:9/none") as pay:
        until = datetime.now(UTC) + timedelta(minutes=15)
        for payment in (paid, closed):
            made = await pay.adapter.create(Charge(HERE, payment, 1_000, "CNY", "x", until))
            async with acting(sales.database) as tx:
                assert await write_charged(tx, payment, made)
            press(made.pay_url, "pay" if payment == paid else "close")
        seeing = pool_of(Login(sales.dsn, WORKER_ROLE))
        late = Clock(seeing, sales.database, lambda: NOON + timedelta(minutes=20), pay.adapter)
        assert [await late.orders(), await late.payments()] == [3, 3]
        states = dict(await column(sales.database, "SELECT ROW(id, state) FROM payment"))
        assert states == {paid: "PAID", closed: "CLOSED", unmade: "CLOSED"}
        assert (await sales.state(order), await sales.state(never)) == ("CONFIRMED", "CANCELLED EXPIRED")
        await sales.refund(order, RefundedLine(1, amount_fen=10))
        assert [await late.refunds(), await late.refunds(), await late.payments()] == [1, 0, 0]
        assert await column(sales.database, "SELECT state FROM refund") == ["DONE"]
        await pay.adapter.aclose()
        await seeing.close()


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
        assert [duty.name for duty in having.duties()] == ["feed", "holds", "orders", "refunds", "payments", "keys"]
