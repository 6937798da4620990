"""Payments of which nothing was heard in time: asked about, and what is answered does what a notice would, once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from alembic import command
from domain.ordering import (
    FIRST_PAYMENT_WAIT,
    ODD,
    PAYMENT_ASKS,
    ChargeSought,
    NoticeKind,
    charge_found,
    payment_wait,
)
from models import due
from models.database import Login
from models.ordering import take_notice
from models.wall import WORKER_ROLE
from tests.given import pool_of
from tests.models.acting import NOON, column
from tests.models.here import HERE, fill
from tests.models.sale import PROVIDER, Sales, begun, selling
from tests.models.shop import SKUS
from tests.models.test_migrations import alembic_config, migrating

A = SKUS[0]
OVER = NOON + timedelta(minutes=15) + FIRST_PAYMENT_WAIT
"""When a payment that was begun at noon is asked about first."""
ASKING = "SELECT concat_ws(' ', state, asked, due_at IS NOT NULL) FROM payment ORDER BY created_at, id"
OPEN = "SELECT outcome FROM payment_notice WHERE closed_at IS NULL AND outcome = ANY ($1) ORDER BY id"


@pytest.fixture
async def sales(owner_dsn: str) -> AsyncIterator[Sales]:
    async with selling(owner_dsn, (A, 50)) as made:
        yield made


async def ask(sales: Sales, payment: UUID, at: datetime = OVER) -> ChargeSought | None:
    asked = await due.asking(sales.database, HERE, payment, at)
    assert asked is None or asked[0] == PROVIDER
    return None if asked is None else asked[1]


async def answered(sales: Sales, payment: UUID, kind: str = "PAID", **other: Any) -> str:
    """What an answer does: the provider was asked about a payment, and says this."""
    told: dict[str, Any] = {"amount": 1_000, "currency": "CNY", "reference": "r"} | other
    sought = ChargeSought(HERE, payment, told["reference"], 1_000, "CNY")
    notice = charge_found(sought, NoticeKind(kind), told["amount"], told["currency"], NOON)
    return (await take_notice(sales.database, PROVIDER, notice, OVER, answers=True)).value


async def test_what_was_not_heard_of_in_time_is_asked_about_later_each_time(sales: Sales) -> None:
    _, payment = await begun(sales)
    seeing = pool_of(Login(sales.dsn, WORKER_ROLE))
    early = OVER - timedelta(seconds=1)
    assert (await due.payments_to_ask(seeing.engine, early), await ask(sales, payment, early)) == ([], None)
    assert await due.payments_to_ask(seeing.engine, OVER) == [(HERE, payment)]
    assert await due.payments_to_ask(seeing.engine, OVER, [payment]) == []
    at = OVER
    for asked in (1, 2, 3):
        assert await ask(sales, payment, at) == ChargeSought(HERE, payment, None, 1_000, "CNY")
        assert await ask(sales, payment, at) is None
        at += payment_wait(asked)
        assert await ask(sales, payment, at - timedelta(seconds=1)) is None
    assert await column(sales.database, ASKING) == ["CREATED 3 t"]
    await seeing.close()


async def test_workers_at_once_ask_once(sales: Sales) -> None:
    _, payment = await begun(sales)
    asked = await asyncio.gather(*(ask(sales, payment) for _ in range(4)))
    assert [one is not None for one in sorted(asked, key=str)] == [True, False, False, False]


@pytest.mark.parametrize(("kind", "left"), [("PAID", "PAID 0 f"), ("CLOSED", "CLOSED 0 f")])
async def test_what_a_notice_told_is_not_asked(sales: Sales, kind: str, left: str) -> None:
    _, payment = await begun(sales)
    await sales.tell(payment, kind, reference="r")
    assert await ask(sales, payment) is None
    assert await column(sales.database, ASKING) == [left]


async def test_money_that_nobody_told_of_pays_what_expired_if_its_goods_are_there(sales: Sales) -> None:
    order, payment = await begun(sales)
    await sales.expire(order)
    assert await ask(sales, payment) is not None
    assert await answered(sales, payment) == "CONFIRMED"
    assert (await sales.state(order), await sales.money(order)) == ("CONFIRMED", [1_000, 0])
    assert await column(sales.database, ASKING) == ["PAID 1 f"]
    assert await column(sales.database, "SELECT reference FROM payment") == ["r"]
    assert await sales.tell(payment, hours=8, reference="r") == "NOTED"  # its notice after all


async def test_else_it_goes_back(sales: Sales) -> None:
    order, payment = await begun(sales)
    await sales.expire(order)
    await sales.trim(A)
    assert await answered(sales, payment) == "GIVEN_BACK"
    assert await column(sales.database, "SELECT ROW(amount_fen, state) FROM refund") == [(1_000, "PENDING")]
    assert await sales.state(order) == "CANCELLED EXPIRED"


@pytest.mark.parametrize("how", ["cancelled", "at another provider"])
async def test_what_was_closed_here_is_asked_about_too(sales: Sales, how: str) -> None:
    """Somebody may have paid before she gave up, or before she went elsewhere."""
    order, payment = await begun(sales)
    if how == "cancelled":
        await sales.cancel(order)
    else:
        await sales.begin(order, "another")
    state = "SELECT state FROM payment WHERE id = $1"
    assert await column(sales.database, state, payment) == ["CLOSED"]
    assert await ask(sales, payment) is not None
    assert await answered(sales, payment) == ("GIVEN_BACK" if how == "cancelled" else "CONFIRMED")
    assert await ask(sales, payment, NOON + timedelta(days=9)) is None


async def test_what_was_never_paid_is_closed_and_asked_no_more(sales: Sales) -> None:
    (first, created), (second, closed) = await begun(sales), await begun(sales)
    await sales.expire(first)
    await sales.cancel(second)
    assert await answered(sales, created, "CLOSED") == "CLOSED"
    assert await answered(sales, closed, "CLOSED", reference="s") == "NOTED"
    assert await column(sales.database, ASKING) == ["CLOSED 0 f", "CLOSED 0 f"]
    assert await column(sales.database, OPEN, sorted(ODD)) == []
    assert await sales.tell(closed, reference="s") == "GIVEN_BACK"


async def test_an_answer_that_cannot_be_is_looked_at_and_not_asked_for_again(sales: Sales) -> None:
    (_, first), (_, second), (_, third) = [await begun(sales) for _ in range(3)]
    assert await sales.tell(first, reference="first") == "CONFIRMED"
    assert await answered(sales, second, reference="first") == "MISMATCH"
    assert await answered(sales, third, currency="USD", reference="third") == "MISMATCH"
    assert await answered(sales, third, currency="USD", reference="third") == "NOTED"
    assert await column(sales.database, ASKING) == ["PAID 0 f", "CREATED 0 f", "CLOSED 0 f"]
    assert await column(sales.database, "SELECT count(*) FROM journal") == [1]


@pytest.mark.parametrize("after", ["PAID", "CLOSED"])
async def test_what_is_never_answered_is_looked_at_by_somebody_until_it_is_told_after_all(
    sales: Sales, after: str
) -> None:
    order, payment = await begun(sales)
    await sales.expire(order)
    await fill(sales.dsn, ("UPDATE payment SET asked = $1", PAYMENT_ASKS))
    assert await ask(sales, payment) is None
    assert await ask(sales, payment, NOON + timedelta(days=30)) is None
    assert await column(sales.database, ASKING) == [f"CREATED {PAYMENT_ASKS} f"]
    assert await column(sales.database, OPEN, sorted(ODD)) == ["UNANSWERED"]
    assert await sales.events("PaymentUnanswered") == ["PaymentUnanswered"]
    audited = "SELECT operation || ' ' || actor FROM audit_entry WHERE target_id = $1 ORDER BY id DESC LIMIT 1"
    assert await column(sales.database, audited, order) == ["paymentUnanswered system:clock"]
    assert await sales.tell(payment, after, reference="r") == ("CONFIRMED" if after == "PAID" else "CLOSED")
    assert await column(sales.database, OPEN, sorted(ODD)) == []


@pytest.mark.parametrize("ends", ["EXPIRED", "BY_BUYER", None])
async def test_an_answer_beside_its_notice_does_it_once(sales: Sales, ends: str | None) -> None:
    for number in range(6):
        order, payment = await begun(sales)
        if ends is not None:
            await (sales.expire(order) if ends == "EXPIRED" else sales.cancel(order, ends))
        own = f"r{number}"
        told = await asyncio.gather(
            sales.tell(payment, reference=own),
            answered(sales, payment, reference=own),
            answered(sales, payment, reference=own),
            ask(sales, payment),
        )
        assert sorted(told[:3]) == ["GIVEN_BACK" if ends == "BY_BUYER" else "CONFIRMED", "NOTED", "NOTED"]
        journals = "SELECT count(*) FROM journal WHERE document = $1"
        assert await column(sales.database, journals, payment) == [1]
        assert await column(sales.database, "SELECT due_at FROM payment WHERE id = $1", payment) == [None]


async def test_what_is_unheard_of_is_due_after_the_migration(sales: Sales) -> None:
    (_, created), (_, paid), (_, closed) = [await begun(sales) for _ in range(3)]
    await sales.tell(paid, reference="p")
    await sales.tell(closed, "CLOSED", reference="c")
    async with migrating(sales.dsn) as connection:
        await connection.run_sync(lambda sync: command.downgrade(alembic_config(sync), "0011"))
        await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "head"))
    found = await column(sales.database, "SELECT ROW(id, due_at) FROM payment ORDER BY created_at, id")
    assert found == [(created, OVER), (paid, None), (closed, None)]
