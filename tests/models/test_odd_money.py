"""Money that came otherwise than asked: booked as what it is, given back at once, and somebody hears of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from alembic import command
from domain.money import MAX_SAFE
from domain.ordering import ODD, RefundedLine
from domain.settlement import Account, Purpose
from models import due
from models.ordering import close_notice
from models.ordering.booking import NOT_AS_ASKED
from models.settlement import balance
from tests.models.acting import NOON, STORE, acting, column
from tests.models.here import HERE, fill
from tests.models.sale import Sales, begun, selling
from tests.models.shop import SKUS
from tests.models.test_migrations import alembic_config, migrating

A = SKUS[0]
AUDIT = "SELECT operation FROM audit_entry WHERE target_id = $1 ORDER BY id"
PAYMENTS = """
    SELECT ARRAY[state, covers::text, coalesce(came_fen::text, '-'), refunded_fen::text] FROM payment
    ORDER BY created_at, id
"""
JOURNALS = """
    SELECT format('%s %s>%s %s', j.kind, a.purpose, b.purpose, p.amount)
    FROM journal j JOIN posting p ON p.journal_id = j.id
    JOIN ledger_account a ON a.id = p.source_id JOIN ledger_account b ON b.id = p.target_id ORDER BY j.id, p.line
"""
TO_LOOK_AT = """
    SELECT outcome || ' ' || amount_fen FROM payment_notice
    WHERE closed_at IS NULL AND outcome = ANY ($1) ORDER BY received_at, id
"""
REFUNDS = "SELECT ROW(id, amount_fen, state) FROM refund ORDER BY created_at, id"


@pytest.fixture
async def sales(owner_dsn: str) -> AsyncIterator[Sales]:
    async with selling(owner_dsn, (A, 50)) as made:
        yield made


async def books(sales: Sales) -> list[int]:
    """What stands on the seller's sales, on what is held for her, and outside."""
    purposes = (Purpose.SALES, Purpose.CLEARING, Purpose.EXTERNAL)
    async with acting(sales.database) as tx:
        return [await balance(tx, Account(purpose, STORE, None, "CNY")) for purpose in purposes]


async def to_look_at(sales: Sales) -> list[str]:
    """The notices that somebody has to look at, with what they told."""
    return await column(sales.database, TO_LOOK_AT, sorted(ODD))


async def facts(sales: Sales, type: str = "PaymentMismatch") -> list[Any]:
    found = await column(sales.database, "SELECT facts::text FROM outbox_event WHERE type = $1 ORDER BY id", type)
    return [json.loads(one) for one in found]


async def settle(sales: Sales, payment: UUID, refund: UUID, amount: int, kind: str = "REFUNDED") -> str:
    return await sales.tell(payment, kind, refund=refund, amount=amount, reference="odd")


@pytest.mark.parametrize("came", [1, 999, 1_001, 5_000])
async def test_another_amount_is_booked_and_goes_back_and_the_order_may_be_paid_anew(sales: Sales, came: int) -> None:
    order, payment = await begun(sales)
    assert await sales.tell(payment, amount=came, reference="odd") == "MISMATCH"
    assert (await sales.state(order), await sales.money(order)) == ("PENDING_PAYMENT", [0, 0])
    assert await column(sales.database, PAYMENTS) == [["PAID", "false", str(came), str(came)]]
    assert await column(sales.database, JOURNALS) == [
        f"PAYMENT EXTERNAL>CLEARING {came}",
        f"REFUND CLEARING>EXTERNAL {came}",
    ]
    assert await books(sales) == [0, 0, 0]
    ((refund, amount, state),) = await column(sales.database, REFUNDS)
    assert (amount, state) == (came, "PENDING")
    (told,) = await facts(sales)
    assert (told["told"], told["due"], told["bookedFen"], told["refund"]) == (came, 1_000, came, refund.hex)
    assert await column(sales.database, AUDIT, order) == ["paymentMismatch"]
    asked = await due.telling(sales.database, HERE, refund, NOON)
    assert asked is not None
    assert asked[1][1:] == (payment, refund, "odd", came, "CNY", NOT_AS_ASKED)
    second = await sales.begin(order)
    assert second != payment
    assert await sales.tell(second, reference="second") == "CONFIRMED"
    assert (await sales.money(order), await books(sales)) == ([1_000, 0], [-1_000, 1_000, 0])
    await sales.ship(order)


async def test_its_entry_is_closed_when_the_money_is_back_and_not_before(sales: Sales) -> None:
    _, payment = await begun(sales)
    await sales.tell(payment, amount=999, reference="odd")
    assert await to_look_at(sales) == ["MISMATCH 999"]
    ((refund, *_),) = await column(sales.database, REFUNDS)
    assert await settle(sales, payment, refund, 999, "REFUND_FAILED") == "REFUND_FAILED"
    assert await to_look_at(sales) == ["MISMATCH 999", "REFUND_FAILED 999"]
    await sales.retry(refund)
    assert await to_look_at(sales) == ["MISMATCH 999"]
    assert await settle(sales, payment, refund, 998) == "MISMATCH"  # the money is not told to be back
    assert await settle(sales, payment, refund, 999) == "REFUNDED"
    assert await to_look_at(sales) == ["MISMATCH 998"]
    assert await column(sales.database, JOURNALS) == ["PAYMENT EXTERNAL>CLEARING 999", "REFUND CLEARING>EXTERNAL 999"]


async def test_an_entry_that_somebody_closed_stays_closed_and_the_money_goes_back_all_the_same(sales: Sales) -> None:
    _, payment = await begun(sales)
    await sales.tell(payment, amount=999, reference="odd")
    (entry,) = await column(sales.database, "SELECT id FROM payment_notice")
    async with acting(sales.database) as tx:
        await close_notice(tx, entry, "She called.")
    ((refund, *_),) = await column(sales.database, REFUNDS)
    assert await settle(sales, payment, refund, 999) == "REFUNDED"
    assert await column(sales.database, "SELECT note FROM payment_notice WHERE kind = 'PAID'") == ["She called."]


async def test_money_that_came_is_told_once_however_often_it_is_told(sales: Sales) -> None:
    _, payment = await begun(sales)
    for id, came in (("same", "MISMATCH"), ("same", "NOTED"), ("other", "NOTED")):
        assert await sales.tell(payment, amount=999, reference="odd", id=id) == came
    assert len(await column(sales.database, JOURNALS)) == 2


async def test_more_for_what_came_otherwise_goes_back_too_and_somebody_has_to_look(sales: Sales) -> None:
    """What a provider tells is what came in all: no more goes back than that, whatever was asked."""
    order, payment = await begun(sales)
    for amount in (400, 1_000, 700):
        assert await sales.tell(payment, amount=amount, reference="odd") == "MISMATCH"
    assert await column(sales.database, PAYMENTS) == [["PAID", "false", "1000", "1000"]]
    assert [told["bookedFen"] for told in await facts(sales)] == [400, 600, 0]
    assert await column(sales.database, JOURNALS) == [
        *("PAYMENT EXTERNAL>CLEARING 400", "REFUND CLEARING>EXTERNAL 400"),
        *("PAYMENT EXTERNAL>CLEARING 600", "REFUND CLEARING>EXTERNAL 600"),
    ]
    refunds = await column(sales.database, REFUNDS)
    assert [amount for _, amount, _ in refunds] == [400, 600]
    for refund, amount, _ in refunds:
        assert await settle(sales, payment, refund, amount) == "REFUNDED"
    assert await to_look_at(sales) == ["MISMATCH 1000", "MISMATCH 700"]
    assert (await sales.state(order), await books(sales)) == ("PENDING_PAYMENT", [0, 0, 0])
    assert await sales.tell(payment, amount=1_000, reference="odd") == "NOTED"


async def test_more_for_what_paid_an_order_goes_back_and_the_order_stays_paid(sales: Sales) -> None:
    order, payment = await begun(sales)
    assert await sales.tell(payment, reference="odd") == "CONFIRMED"
    assert await sales.tell(payment, amount=1_200, reference="odd") == "MISMATCH"
    assert await sales.tell(payment, amount=900, reference="odd") == "MISMATCH"
    assert await column(sales.database, PAYMENTS) == [["PAID", "true", "1200", "200"]]
    assert (await sales.money(order), await books(sales)) == ([1_000, 0], [-1_000, 1_000, 0])
    assert await to_look_at(sales) == ["MISMATCH 1200", "MISMATCH 900"]
    await sales.refund(order, RefundedLine(1, amount_fen=100))
    await sales.cancel(order)
    assert await column(sales.database, PAYMENTS) == [["PAID", "true", "1200", "1200"]]
    assert (await sales.money(order), await books(sales)) == ([1_000, 1_000], [0, 0, 0])


async def test_another_currency_is_booked_nowhere_and_the_order_may_be_paid_anew(sales: Sales) -> None:
    order, first = await begun(sales)
    for amount in (1_000, 999):
        assert await sales.tell(first, amount=amount, currency="USD", reference="odd") == "MISMATCH"
    assert await column(sales.database, PAYMENTS) == [["CLOSED", "false", "-", "0"]]
    assert (await column(sales.database, JOURNALS), [one["bookedFen"] for one in await facts(sales)]) == ([], [0, 0])
    assert await sales.tell(await sales.begin(order), reference="second") == "CONFIRMED"
    assert await sales.tell(first, reference="odd") == "GIVEN_BACK"
    assert await sales.tell(first, currency="USD", reference="odd") == "MISMATCH"
    assert await to_look_at(sales) == ["MISMATCH 1000", "MISMATCH 999", "MISMATCH 1000"]
    assert await books(sales) == [-1_000, 1_000, 0]


async def test_under_another_reference_nothing_is_booked_whatever_the_amount(sales: Sales) -> None:
    """It may be another payment's money, which is in the books already: what to do somebody decides who can ask."""
    (_, first), (order, second) = await begun(sales), await begun(sales)
    assert await sales.tell(first, reference="first") == "CONFIRMED"
    for payment, reference in ((second, "first"), (first, "unheard of")):
        for amount in (1_000, 999, 2_000):
            assert await sales.tell(payment, amount=amount, reference=reference) == "MISMATCH"
    assert await column(sales.database, JOURNALS) == ["SALE SALES>CLEARING 1000"]
    assert await column(sales.database, "SELECT count(*) FROM refund") == [0]
    assert len(await to_look_at(sales)) == 6
    assert await sales.begin(order) == second  # it may be paid still
    assert await sales.tell(second, reference="second") == "CONFIRMED"


@pytest.mark.parametrize("amount", [0, -1, -999, MAX_SAFE + 1])
async def test_what_is_no_amount_is_booked_nowhere(sales: Sales, amount: int) -> None:
    _, payment = await begun(sales)
    assert await sales.tell(payment, amount=amount, reference="odd") == "MISMATCH"
    assert await column(sales.database, JOURNALS) == []
    assert await sales.tell(payment, reference="odd") == "CONFIRMED"
    assert await sales.tell(payment, amount=amount, reference="odd") == "MISMATCH"
    assert await books(sales) == [-1_000, 1_000, 0]


@pytest.mark.parametrize("how", ["EXPIRED", "BY_BUYER", "BY_SELLER", "GOODS_GONE"])
async def test_another_amount_for_an_order_that_ended_goes_back_and_brings_nothing_back(sales: Sales, how: str) -> None:
    order, payment = await begun(sales)
    await (sales.expire(order) if how == "EXPIRED" else sales.cancel(order, how))
    assert await sales.tell(payment, amount=1_001, hours=2, reference="odd") == "MISMATCH"
    assert (await sales.state(order), await sales.money(order)) == (f"CANCELLED {how}", [0, 0])
    assert await column(sales.database, PAYMENTS) == [["PAID", "false", "1001", "1001"]]
    assert (await sales.stock(), await books(sales)) == ([[50, 0, 0]], [0, 0, 0])


async def test_another_amount_for_a_closed_payment_and_for_an_order_that_is_paid_goes_back(sales: Sales) -> None:
    order, first = await begun(sales)
    assert await sales.tell(first, "CLOSED", reference="odd") == "CLOSED"
    assert await sales.tell(await sales.begin(order), reference="second") == "CONFIRMED"
    assert await sales.tell(first, amount=1, reference="odd") == "MISMATCH"
    assert (await sales.state(order), await sales.money(order)) == ("CONFIRMED", [1_000, 0])
    assert await books(sales) == [-1_000, 1_000, 0]


async def test_another_amount_goes_back_while_nobody_trades(sales: Sales) -> None:
    order, payment = await begun(sales)
    await fill(sales.dsn, ("UPDATE organization SET status = 'SUSPENDED' WHERE id = $1", STORE))
    assert await sales.tell(payment, amount=999, reference="odd") == "MISMATCH"
    assert (await sales.state(order), await books(sales)) == ("PENDING_PAYMENT", [0, 0, 0])


@pytest.mark.parametrize("other", [999, 1_001])
async def test_the_right_amount_and_another_at_once(sales: Sales, other: int) -> None:
    """Whichever is first counts: then it is paid, and what is more goes back; or all of it goes back."""
    told = set()
    for number in range(8):
        order, payment = await begun(sales)
        amounts = (1_000, other)[:: 1 if number % 2 else -1]
        both = await asyncio.gather(*(sales.tell(payment, amount=one, reference=f"r{number}") for one in amounts))
        told.add((await sales.state(order), *sorted(both)))
        (row,) = await column(
            sales.database,
            "SELECT ARRAY[came_fen, refunded_fen] FROM payment WHERE order_id = $1",
            order,
        )
        left = 1_000 if await sales.state(order) == "CONFIRMED" else 0
        assert row == [max(1_000, other), max(1_000, other) - left]
    assert told <= {("CONFIRMED", "CONFIRMED", "MISMATCH"), ("PENDING_PAYMENT", "MISMATCH", "MISMATCH")}
    stands = await books(sales)
    assert (stands[0] + stands[1], stands[2]) == (0, 0)


async def test_two_other_amounts_at_once_go_back_once(sales: Sales) -> None:
    for number in range(6):
        order, payment = await begun(sales)
        doing = (sales.tell(payment, amount=one, reference=f"r{number}") for one in (600, 600, 700))
        assert set(await asyncio.gather(*doing)) <= {"MISMATCH", "NOTED"}
        back = "SELECT sum(amount_fen)::bigint FROM refund WHERE order_id = $1"
        assert await column(sales.database, back, order) == [700]
    assert await books(sales) == [0, 0, 0]


async def test_another_amount_while_she_begins_anew(sales: Sales) -> None:
    """Either the old payment is found, which is over then, or a new one is begun: never two open, none lost."""
    for number in range(6):
        order, first = await begun(sales)
        odd = sales.tell(first, amount=999, reference=f"r{number}")
        told, found = await asyncio.gather(odd, sales.begin(order))
        assert told == "MISMATCH"
        again = await sales.begin(order)
        assert again != first
        assert found in (first, again)
        assert await sales.tell(again, reference=f"again {number}") == "CONFIRMED"


async def test_what_was_paid_before_this_was_counted_came_as_asked(sales: Sales) -> None:
    """The migration finds every tenant's payments, though row security is forced on the owner too."""
    await sales.paid((A, 1))
    await sales.begin(await sales.place((A, 1)))
    async with migrating(sales.dsn) as connection:
        await connection.run_sync(lambda sync: command.downgrade(alembic_config(sync), "0008"))
        await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "head"))
    assert await column(sales.database, PAYMENTS) == [["PAID", "true", "1000", "0"], ["CREATED", "false", "-", "0"]]
