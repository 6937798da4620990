"""A sale on a real database: goods and money agree after every step, whatever comes first."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from asyncpg.exceptions import CheckViolationError, ForeignKeyViolationError

from domain.base import Refused
from domain.inventory import MAX_OPEN_HOLDS, MAX_STORE_HOLDS, HoldOver, ReservationState
from domain.ordering import FIRST_REFUND_WAIT, REFUND_ASKS, RefundedLine
from domain.settlement import Account, Purpose
from models import due
from models.database import Login
from models.inventory import Committer, release, why_over
from models.ordering import begin_payment, bind
from models.settlement import balance
from models.wall import WORKER_ROLE
from tests.given import pool_of
from tests.models.acting import BRAND, MEMBER, NOON, STORE, acting, added, column
from tests.models.here import HERE, fill
from tests.models.sale import Sales, said, selling
from tests.models.shop import MALL, PLACES, SKUS, lying

A, B, FREE = SKUS


@pytest.fixture
async def sales(owner_dsn: str) -> AsyncIterator[Sales]:
    async with selling(owner_dsn, (A, 10), (B, 10)) as made:
        yield made


async def test_goods_go_from_hand_to_hand(sales: Sales) -> None:
    order = await sales.place((A, 3), (B, 1))
    assert (await sales.state(order), await sales.stock()) == ("PENDING_PAYMENT", [[10, 3, 0], [10, 1, 0]])
    payment = await sales.begin(order)
    assert await sales.begin(order) == payment
    assert await sales.tell(payment) == "CONFIRMED"
    assert (await sales.state(order), await sales.stock()) == ("CONFIRMED", [[10, 0, 3], [10, 0, 1]])
    await sales.ship(order, {1: 2})
    assert (await sales.state(order), await sales.stock()) == ("PARTLY_FULFILLED", [[8, 0, 1], [10, 0, 1]])
    await sales.ship(order)
    assert (await sales.state(order), await sales.stock()) == ("FULFILLED", [[7, 0, 0], [9, 0, 0]])
    await sales.receive(order)
    assert await sales.state(order) == "COMPLETED"
    assert await sales.money(order) == [3_333, 0]
    assert await sales.events("OrderPaid") == ["OrderPaid"]


async def test_what_is_ordered_is_held_no_more_and_does_not_end_by_itself(sales: Sales) -> None:
    order = await sales.place((A, 3))
    (hold,) = await column(sales.database, "SELECT reservation_id FROM order_header WHERE id = $1", order)
    assert await column(sales.database, "SELECT state FROM reservation") == ["CONSUMED"]
    later = NOON + timedelta(hours=9)
    assert await due.expire(sales.database, HERE, [hold], later) == 0
    async with acting(sales.database) as tx:
        with pytest.raises(HoldOver, match="held no more"):
            await bind(tx, hold)


async def test_who_gives_back_what_just_was_hears_how_it_stands_now(sales: Sales) -> None:
    """Not how it stood before the wait for the other: held."""
    made = await sales.hold((A, 1))

    async def given_back() -> HoldOver:
        async with acting(sales.database) as tx:
            assert await release(tx, [made.id], ReservationState.RELEASED) == []
            return await why_over(tx, made.id)

    async with acting(sales.database) as tx:
        assert await release(tx, [made.id], ReservationState.RELEASED) == [made.id]
        waiting = asyncio.ensure_future(given_back())
        await asyncio.sleep(0.2)
        assert not waiting.done()
    assert (await waiting).state is ReservationState.RELEASED
    other = await sales.hold((A, 1))
    async with acting(sales.database, hours=1) as tx:
        assert (await why_over(tx, other.id)).state is ReservationState.EXPIRED


async def test_others_goods_are_sold_through_their_contribution(sales: Sales) -> None:
    await sales.contribute(A, 5, cap=4)
    order = await sales.paid((A, 12))
    lines = "SELECT ARRAY[line, quantity] FROM order_line WHERE order_id = $1 ORDER BY line"
    assert await column(sales.database, lines, order) == [[1, 10], [2, 2]]
    held = "SELECT held FROM pool_contribution_sku"
    assert await column(sales.database, held) == [2]
    assert await said(sales.ship(order, {2: 1})) == "NOT_SO_MANY_LEFT"
    await sales.ship(order)
    await sales.ship(order, {2: 1}, by=BRAND)
    assert await column(sales.database, held) == [1]
    await sales.cancel_rest(order)
    assert (await sales.state(order), await column(sales.database, held)) == ("FULFILLED", [0])
    assert await sales.money(order) == [12_000, 1_000]
    assert await sales.events("GoodsToShip", "GoodsNotToShip") == ["GoodsToShip", "GoodsNotToShip"]
    told = "SELECT facts::text FROM outbox_event WHERE type LIKE 'Goods%' AND facts::text ~ 'fen|Fen'"
    assert await column(sales.database, told) == []


async def test_an_order_that_costs_nothing_is_confirmed_without_money(sales: Sales) -> None:
    await sales.put(FREE, 5)
    order = await sales.place((FREE, 2))
    await sales.confirm_free(order)
    assert (await sales.state(order), await sales.stock()) == ("CONFIRMED", [[10, 0, 0], [10, 0, 0], [5, 0, 2]])
    await sales.cancel(order, "BY_SELLER")
    assert (await sales.state(order), await sales.stock()) == (
        "CANCELLED BY_SELLER",
        [[10, 0, 0], [10, 0, 0], [5, 0, 0]],
    )
    assert await column(sales.database, "SELECT count(*) FROM refund") == [0]


async def test_a_customer_keeps_so_much_from_others_and_no_more(sales: Sales) -> None:
    """Holds and unpaid orders together, however many are asked at once and in how many processes."""
    await sales.put(FREE, 100)
    order = await sales.order_of((await sales.hold((A, 1), customer=MEMBER)).id)
    other = Committer(sales.database)
    told = await asyncio.gather(
        *(
            said(replace(sales, committer=committer).hold((FREE, 1), customer=MEMBER))
            for _ in range(15)
            for committer in (sales.committer, other)
        )
    )
    assert Counter(told) == {"done": MAX_OPEN_HOLDS - 1, "TOO_MANY_HOLDS": 31 - MAX_OPEN_HOLDS}
    assert await said(sales.hold((FREE, 1))) == "done"  # for whoever comes
    await sales.cancel(order)
    assert [await said(sales.hold((FREE, 1), customer=MEMBER)) for _ in range(2)] == ["done", "TOO_MANY_HOLDS"]


async def test_an_order_counts_where_its_hold_did(sales: Sales) -> None:
    """What a store's people order in a customer's name counts as the store's, until it is paid."""
    await sales.put(FREE, 100)
    held = [await sales.hold((FREE, 1), customer=MEMBER, kind="STORE_CLERK") for _ in range(MAX_STORE_HOLDS)]
    orders = [await sales.order_of(made.id) for made in held[:3]]
    assert await said(sales.hold((FREE, 1), customer=MEMBER, kind="PARTNER")) == "TOO_MANY_HOLDS"
    assert await said(sales.hold((FREE, 1))) == "TOO_MANY_HOLDS"  # for nobody by name
    hers = [await sales.hold((FREE, 1), customer=MEMBER) for _ in range(MAX_OPEN_HOLDS)]
    await sales.order_of(hers[0].id)
    assert await said(sales.hold((FREE, 1), customer=MEMBER)) == "TOO_MANY_HOLDS"
    await sales.cancel(orders[0])
    assert await said(sales.hold((FREE, 1), customer=MEMBER)) == "TOO_MANY_HOLDS"
    assert await said(sales.hold((FREE, 1), customer=MEMBER, kind="STORE_CLERK")) == "done"
    assert await said(sales.hold((FREE, 1), customer=MEMBER, kind="STORE_CLERK")) == "TOO_MANY_HOLDS"


# ── notices ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_notice_that_comes_again_does_nothing(sales: Sales) -> None:
    payment = await sales.begin(await sales.place((A, 1)))
    assert await sales.tell(payment, id="same") == "CONFIRMED"
    assert await sales.tell(payment, id="same") == "NOTED"
    assert await sales.tell(payment, id="other") == "NOTED"
    assert await column(sales.database, "SELECT count(*) FROM journal") == [1]
    assert await column(sales.database, "SELECT outcome FROM payment_notice ORDER BY notice") == ["NOTED", "CONFIRMED"]


async def test_what_does_not_fit_confirms_nothing_and_stands_there_to_be_looked_at(sales: Sales) -> None:
    order = await sales.place((A, 1))
    payment = await sales.begin(order)
    assert await sales.tell(payment, amount=0) == "MISMATCH"
    assert await sales.tell(payment, currency="USD") == "MISMATCH"
    assert await sales.events("PaymentMismatch") == ["PaymentMismatch"] * 2
    assert await sales.tell(UUID(int=99), amount=1) == "UNKNOWN"
    assert await sales.state(order) == "PENDING_PAYMENT"
    assert await column(sales.database, "SELECT count(*) FROM journal") == [0]
    assert await column(sales.database, "SELECT count(*) FROM payment_notice") == [3]
    assert await sales.tell(payment) == "CONFIRMED"


async def test_who_pays_late_gets_the_goods_if_they_are_there(sales: Sales) -> None:
    order = await sales.place((A, 4))
    payment = await sales.begin(order)
    assert not await sales.expire(order, hours=0.2)
    assert await sales.expire(order)
    assert (await sales.state(order), await sales.stock()) == ("CANCELLED EXPIRED", [[10, 0, 0], [10, 0, 0]])
    assert await sales.tell(payment, hours=2) == "CONFIRMED"
    assert (await sales.state(order), await sales.stock()) == ("CONFIRMED", [[10, 0, 4], [10, 0, 0]])
    assert await sales.money(order) == [4_000, 0]
    await sales.ship(order)


async def test_who_pays_late_gets_her_money_back_if_the_goods_are_gone(sales: Sales) -> None:
    order = await sales.place((A, 4))
    payment = await sales.begin(order)
    await sales.expire(order)
    await sales.paid((A, 7))
    assert await sales.tell(payment, hours=2, reference="late") == "GIVEN_BACK"
    assert (await sales.state(order), await sales.money(order)) == ("CANCELLED EXPIRED", [0, 0])
    assert await column(sales.database, "SELECT ARRAY[amount_fen, refunded_fen] FROM payment WHERE NOT covers") == [
        [4_000, 4_000]
    ]


QUARANTINED = """
    WITH locked AS (UPDATE stock SET quarantined = on_hand WHERE sku_id = $1 AND lot_id <> $2 RETURNING *)
    INSERT INTO stock_movement (tenant_id, kind, location_id, sku_id, owner_id, lot_id, quarantined, occurred_at)
    SELECT tenant_id, 'QUARANTINE', location_id, sku_id, owner_id, lot_id, quarantined, now() FROM locked
"""


@pytest.mark.parametrize(("hours", "came"), [(3.9, "CONFIRMED"), (4, "GIVEN_BACK")])
async def test_what_expires_on_the_tenants_day_is_no_goods_for_a_late_payment(
    sales: Sales, hours: float, came: str
) -> None:
    """At 16:00 UTC the first of December begins in Shanghai, on which the lot may not be sold."""
    lot = UUID(int=77)
    kept = [(PLACES[0], B, STORE, lot, 5)]
    await added(
        sales.dsn,
        {"lot (tenant_id, sku_id, id, code, expires_on)": [(B, lot, "x", date(2026, 12, 1))], **lying(kept)},
    )
    await fill(sales.dsn, (QUARANTINED, B, lot))
    order = await sales.place((B, 2))
    payment = await sales.begin(order)
    await sales.expire(order)
    assert await sales.tell(payment, hours=hours) == came


async def test_goods_of_another_owner_do_not_stand_in_for_a_late_payment(sales: Sales) -> None:
    """The line says whose goods they were, and who is due their price."""
    order = await sales.place((A, 10))
    payment = await sales.begin(order)
    await sales.expire(order)
    await sales.paid((A, 1))
    await sales.contribute(A, 50, cap=None)
    assert await sales.tell(payment, hours=2, reference="late") == "GIVEN_BACK"


async def test_who_pays_what_somebody_cancelled_gets_it_back(sales: Sales) -> None:
    for cause in ("BY_BUYER", "BY_SELLER"):
        order = await sales.place((A, 1))
        payment = await sales.begin(order)
        await sales.cancel(order, cause)
        assert await sales.tell(payment, reference=cause) == "GIVEN_BACK"
        assert await sales.state(order) == f"CANCELLED {cause}"


async def test_who_pays_twice_gets_the_second_back(sales: Sales) -> None:
    order = await sales.place((A, 1))
    first = await sales.begin(order)
    assert await sales.tell(first, "CLOSED") == "CLOSED"
    second = await sales.begin(order)
    assert second != first
    assert await sales.tell(first, reference="one") == "CONFIRMED"
    assert await sales.tell(second, reference="two") == "GIVEN_BACK"
    assert await sales.money(order) == [1_000, 0]
    async with acting(sales.database) as tx:
        accounts = {
            one: Account(one, STORE, None, "CNY") for one in (Purpose.SALES, Purpose.CLEARING, Purpose.EXTERNAL)
        }
        stands = [await balance(tx, account) for account in accounts.values()]
    assert stands == [-1_000, 1_000, 0]


async def test_the_time_to_pay_is_over_before_anybody_says_so(sales: Sales) -> None:
    order = await sales.place((A, 1))
    async with sales.locked(order, hours=0.25) as (tx, locked):
        with pytest.raises(Refused, match="time to pay"):
            await begin_payment(tx, locked, "till")


# ── given back ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_paid_order_is_cancelled_with_all_its_money(sales: Sales) -> None:
    order = await sales.paid((A, 2), (B, 3))
    await sales.refund(order, RefundedLine(2, amount_fen=100))
    await sales.cancel(order)
    assert (await sales.state(order), await sales.money(order)) == ("CANCELLED BY_BUYER", [2_999, 2_999])
    assert await sales.stock() == [[10, 0, 0], [10, 0, 0]]
    assert await column(sales.database, "SELECT amount_fen FROM refund ORDER BY created_at, id") == [100, 2_899]
    reversing = "SELECT count(*) FROM journal r JOIN payment p ON p.journal_id = r.reverses_id"
    assert await column(sales.database, reversing) == [2]


async def test_refunds_never_pass_what_was_paid_for_a_line(sales: Sales) -> None:
    order = await sales.paid((A, 3), (B, 3))
    assert await said(sales.refund(order, RefundedLine(1, quantity=1))) == "REFUND_TOO_MUCH"
    await sales.ship(order)
    await sales.refund(order, RefundedLine(1, quantity=1), RefundedLine(2, amount_fen=500))
    assert await said(sales.refund(order, RefundedLine(2, quantity=3))) == "REFUND_TOO_MUCH"
    assert await said(sales.refund(order, RefundedLine(2, amount_fen=500))) == "REFUND_TOO_MUCH"
    assert await said(sales.refund(order, RefundedLine(3, amount_fen=1))) == "REFUND_TOO_MUCH"
    await sales.refund(order, RefundedLine(1, quantity=2), RefundedLine(2, amount_fen=499))
    assert await sales.money(order) == [3_999, 3_999]
    assert await said(sales.refund(order, RefundedLine(1, amount_fen=1))) == "REFUND_TOO_MUCH"


async def test_what_the_table_does_not_have_does_not_happen(sales: Sales) -> None:
    order = await sales.place((A, 2))
    refused = "TRANSITION_NOT_ALLOWED"
    assert await said(sales.ship(order)) == refused
    assert await said(sales.receive(order)) == refused
    assert await said(sales.cancel_rest(order)) == refused
    assert await said(sales.refund(order, RefundedLine(1, amount_fen=1))) == refused
    await sales.tell(await sales.begin(order))
    assert await said(sales.cancel_rest(order)) == refused
    assert await said(sales.begin(order)) == refused
    await sales.ship(order)
    assert await said(sales.cancel(order)) == refused
    assert await said(sales.ship(order)) == refused


# ── refunds and the provider ──────────────────────────────────────────────────────────────────────────────────────────
async def test_a_refund_is_told_again_until_a_notice_says_what_came_of_it(sales: Sales) -> None:
    order = await sales.paid((A, 1))
    made = await sales.refund(order, RefundedLine(1, amount_fen=10))
    (payment,) = await column(sales.database, "SELECT id FROM payment")
    seeing = pool_of(Login(sales.dsn, WORKER_ROLE))
    assert await due.refunds_to_tell(seeing.engine, NOON) == [(HERE, made)]
    await seeing.close()
    told = await due.telling(sales.database, HERE, made, NOON)
    assert told is not None
    assert (told[0], told[1].refund, told[1].amount_fen) == ("till", made, 10)
    assert await due.telling(sales.database, HERE, made, NOON) is None
    assert await due.telling(sales.database, HERE, made, NOON + FIRST_REFUND_WAIT) is not None
    reference = told[1].reference
    given: dict[str, Any] = {"refund": made, "amount": 10, "reference": reference}
    assert await sales.tell(payment, "REFUND_FAILED", **given) == "REFUND_FAILED"
    assert await sales.tell(payment, "REFUNDED", **{**given, "amount": 11}) == "MISMATCH"
    assert await sales.tell(payment, "REFUNDED", **given) == "REFUNDED"
    assert await sales.tell(payment, "REFUND_FAILED", **given) == "NOTED"
    assert await column(sales.database, "SELECT state FROM refund") == ["DONE"]


async def test_a_refund_that_nothing_comes_of_is_given_up(sales: Sales) -> None:
    made = await sales.refund(await sales.paid((A, 1)), RefundedLine(1, amount_fen=10))
    await fill(sales.dsn, ("UPDATE refund SET asked = $1", REFUND_ASKS))
    assert await due.telling(sales.database, HERE, made, NOON) is None
    assert await column(sales.database, "SELECT state FROM refund") == ["FAILED"]
    audited = "SELECT operation FROM audit_entry WHERE actor = 'system:clock'"
    assert await column(sales.database, audited) == ["refundFailed"]


async def test_what_is_a_part_of_something_is_of_the_same_order(sales: Sales) -> None:
    """Whoever writes it, and wherever row security ends."""
    one, other = await sales.paid((A, 2)), await sales.paid((A, 2))
    await sales.ship(one)
    await sales.refund(one, RefundedLine(1, amount_fen=10))
    for change in (
        "UPDATE refund SET order_id = $1",
        "UPDATE refund_line SET order_id = $1",
        "UPDATE shipment_line SET order_id = $1",
    ):
        with pytest.raises(ForeignKeyViolationError):
            await fill(sales.dsn, (change, other))


async def test_a_criterion_of_sourcing_stands_once(sales: Sales) -> None:
    given = "INSERT INTO sourcing_policy (tenant_id, cloud_store_id, criteria, max_packages) VALUES ($1, $2, $3, 1)"
    with pytest.raises(CheckViolationError, match="criteria_once"):
        await fill(sales.dsn, (given, HERE, MALL, ["NEAREST", "NEAREST"]))
    await fill(sales.dsn, (given, HERE, MALL, ["NEAREST", "MIN_SPLIT"]))
