"""Payments of orders that nobody is to pay any more: what a provider may still be asked, and what money does then."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from domain.base import Refused
from domain.ordering import CancelCause, Charge, Charged
from models.ordering import cancel_unpaid, charge_of, lock_orders, write_charged
from tests.models.acting import acting, column
from tests.models.sale import Sales, begun, selling
from tests.models.shop import SKUS

A = SKUS[0]
STATES = "SELECT state FROM payment ORDER BY created_at, id"


@pytest.fixture
async def sales(owner_dsn: str) -> AsyncIterator[Sales]:
    async with selling(owner_dsn, (A, 50)) as made:
        yield made


async def asked(sales: Sales, payment: UUID, minutes: float = 0) -> Charge | str | None:
    """What a provider would be asked for, or why nothing."""
    async with acting(sales.database, hours=minutes / 60) as tx:
        try:
            return await charge_of(tx, payment)
        except Refused as refused:
            return refused.code


@pytest.mark.parametrize("cause", ["BY_BUYER", "BY_SELLER", "GOODS_GONE"])
async def test_what_somebody_ended_is_charged_no_more_and_money_for_it_goes_back(sales: Sales, cause: str) -> None:
    order, payment = await begun(sales)
    charge = await asked(sales, payment)
    assert isinstance(charge, Charge)
    assert (charge.payment, charge.amount_fen) == (payment, 1_000)
    await sales.cancel(order, cause)
    assert await asked(sales, payment) == "TRANSITION_NOT_ALLOWED"
    assert await column(sales.database, STATES) == ["CLOSED"]
    assert await sales.tell(payment, reference="r") == "GIVEN_BACK"
    assert await column(sales.database, STATES) == ["PAID"]
    back = "SELECT ROW(amount_fen, state) FROM refund"
    assert await column(sales.database, back) == [(1_000, "PENDING")]
    assert (await sales.state(order), await sales.money(order)) == (f"CANCELLED {cause}", [0, 0])
    assert await sales.tell(payment, "CLOSED", reference="r") == "NOTED"


async def test_what_was_not_paid_in_time_is_charged_no_more_and_may_come_back(sales: Sales) -> None:
    """Its payment stays as it is: the provider may have the money, and has not told yet."""
    order, payment = await begun(sales)
    assert isinstance(await asked(sales, payment, 14.9), Charge)
    assert await asked(sales, payment, 15) == "PAYMENT_OVER"  # nobody has ended the order yet
    assert await sales.expire(order)
    assert await column(sales.database, STATES) == ["CREATED"]
    assert [await asked(sales, payment, at) for at in (0, 60)] == ["TRANSITION_NOT_ALLOWED"] * 2
    assert await sales.tell(payment, hours=1, reference="r") == "CONFIRMED"
    assert await sales.state(order) == "CONFIRMED"


async def test_what_the_provider_has_or_closed_is_asked_for_no_more(sales: Sales) -> None:
    (_, charged), (order, closed) = await begun(sales), await begun(sales)
    async with acting(sales.database) as tx:
        assert await write_charged(tx, charged, Charged("c", "https://x/c"))
    await sales.tell(closed, "CLOSED", reference="r")
    assert [await asked(sales, one) for one in (charged, closed)] == [None, None]
    anew = await sales.begin(order)
    assert isinstance(await asked(sales, anew), Charge)
    await sales.tell(anew, reference="s")
    assert [await asked(sales, one) for one in (closed, anew)] == ["TRANSITION_NOT_ALLOWED", None]


async def test_orders_that_end_together_close_their_open_payments_and_no_others(sales: Sales) -> None:
    orders = [await begun(sales) for _ in range(3)]
    (paid, first), other = await begun(sales), await begun(sales)
    await sales.tell(first, reference="r")
    async with acting(sales.database) as tx:
        locked = await lock_orders(tx, [order for order, _ in orders])
        await cancel_unpaid(tx, list(locked.values()), CancelCause.GOODS_GONE)
    states = dict(await column(sales.database, "SELECT ROW(id, state) FROM payment"))
    assert states == {**{payment: "CLOSED" for _, payment in orders}, first: "PAID", other[1]: "CREATED"}
    await sales.cancel(paid)
    assert await column(sales.database, "SELECT state FROM payment WHERE id = $1", first) == ["PAID"]
