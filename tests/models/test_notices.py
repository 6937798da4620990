"""What providers tell that does not fit: written down once, told to somebody, and no reason to tell it for ever."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from domain.ordering import REFUND_ASKS, Charged, RefundedLine
from models import due
from models.ordering import write_charged
from tests.models.acting import NOON, acting, column
from tests.models.here import HERE, fill
from tests.models.sale import Sales, begun, selling
from tests.models.shop import SKUS

A = SKUS[0]
AUDIT = "SELECT operation FROM audit_entry WHERE target_id = $1 ORDER BY id"


@pytest.fixture
async def sales(owner_dsn: str) -> AsyncIterator[Sales]:
    async with selling(owner_dsn, (A, 50)) as made:
        yield made


async def test_anothers_reference_confirms_nothing_and_is_written_down(sales: Sales) -> None:
    (_, first), (order, second) = await begun(sales), await begun(sales)
    assert await sales.tell(first, reference="same") == "CONFIRMED"
    for kind in ("PAID", "CLOSED"):
        assert await sales.tell(second, kind, reference="same") == "MISMATCH"
    assert await sales.tell(first, reference="other") == "MISMATCH"
    assert await sales.state(order) == "PENDING_PAYMENT"
    assert await sales.events("PaymentMismatch") == ["PaymentMismatch"] * 3
    assert await column(sales.database, AUDIT, order) == ["paymentMismatch"] * 2
    assert await sales.tell(second, reference="own") == "CONFIRMED"


async def test_two_payments_of_one_reference_at_once(sales: Sales) -> None:
    for number in range(6):
        both = [(await begun(sales))[1] for _ in range(2)]
        told = await asyncio.gather(*(sales.tell(one, reference=f"r{number}") for one in both))
        assert sorted(told) == ["CONFIRMED", "MISMATCH"]


async def test_a_charge_keeps_what_was_said_of_it_first_and_nobody_elses_reference(sales: Sales) -> None:
    (_, first), (order, second) = await begun(sales), await begun(sales)
    for payment, reference, kept in ((first, "one", True), (first, "two", True), (second, "one", False)):
        async with acting(sales.database) as tx:
            assert await write_charged(tx, payment, Charged(reference, f"https://x/{reference}")) is kept
    assert await column(sales.database, "SELECT reference FROM payment ORDER BY created_at, id") == ["one", None]
    assert await column(sales.database, "SELECT pay_url FROM payment ORDER BY created_at, id") == [
        "https://x/one",
        None,
    ]
    assert await column(sales.database, AUDIT, order) == ["paymentMismatch"]


async def test_every_notice_that_does_something_is_remembered(sales: Sales) -> None:
    order, payment = await begun(sales)
    await sales.tell(payment, "CLOSED", reference="r")
    await sales.tell(payment, reference="r")
    made = await sales.refund(order, RefundedLine(1, amount_fen=10))
    for kind, amount in (("REFUND_FAILED", 10), ("REFUNDED", 11), ("REFUNDED", 10), ("REFUNDED", 10)):
        await sales.tell(payment, kind, reference="r", refund=made, amount=amount)
    told = ["paymentClosed", "orderPaid", "refundFailed", "paymentMismatch", "refundDone"]
    assert await column(sales.database, AUDIT, order) == told


async def test_a_refund_is_given_up_once_whoever_else_settles_it(sales: Sales) -> None:
    """The worker gives up while the provider says that it failed: both take the order, and one of them settles it."""
    for _ in range(6):
        order = await sales.paid((A, 1))
        made = await sales.refund(order, RefundedLine(1, amount_fen=10))
        await fill(sales.dsn, ("UPDATE refund SET asked = $1 WHERE id = $2", REFUND_ASKS, made))
        ((payment, reference),) = await column(
            sales.database, "SELECT ROW(id, reference) FROM payment WHERE order_id = $1", order
        )
        given = {"refund": made, "amount": 10, "reference": reference}
        both = sales.tell(payment, "REFUND_FAILED", **given), due.telling(sales.database, HERE, made, NOON)
        assert (await asyncio.gather(*both))[1] is None
        assert await column(sales.database, AUDIT, order) == ["refundFailed"] or (
            await column(sales.database, AUDIT, order)
        ) == ["orderPaid", "refundFailed"]
        told = "SELECT count(*) FROM outbox_event WHERE type = 'RefundSettled' AND aggregate_id = $1"
        assert await column(sales.database, told, order) == [1]


async def test_payments_and_refunds_wait_for_their_order(sales: Sales) -> None:
    order = await sales.paid((A, 1))
    made = await sales.refund(order, RefundedLine(1, amount_fen=10))
    _, waiting = await begun(sales)

    async def charged() -> bool:
        async with acting(sales.database) as tx:
            return await write_charged(tx, waiting, Charged("c", "https://x/c"))

    async with acting(sales.database) as tx:
        await tx.execute(text("SELECT FROM order_header FOR UPDATE"))
        doing = [asyncio.ensure_future(due.telling(sales.database, HERE, made, NOON)), asyncio.ensure_future(charged())]
        await asyncio.sleep(0.3)
        assert [one.done() for one in doing] == [False, False]
    told, kept = await asyncio.gather(*doing)
    assert (told is not None, kept) == (True, True)
