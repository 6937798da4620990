"""What a provider says when it is asked: the adapter against the real one, and against whatever else may answer."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from domain.base import Unavailable
from domain.ordering.payment import Declined as Refusal
from domain.ordering.payment import NoticeKind
from integrations.payment import LocalProvider
from tests.flows.paying import KEY, TENANT, Merchant, Process, a_charge, a_refund, listening, press, running, sought


@pytest.fixture(scope="module")
def merchant() -> Iterator[Merchant]:
    heard = Merchant()
    with listening(heard):
        yield heard


@pytest.fixture(scope="module")
def pay(merchant: Merchant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with running(tmp_path_factory.mktemp("pay") / "book.sqlite", merchant.url) as process:
        yield process


async def test_a_refund_that_is_asked_for_again_is_answered_as_its_notice_would_be(
    pay: Process, merchant: Merchant
) -> None:
    charge = a_charge(1000)
    made = await pay.adapter.create(charge)
    press(made.pay_url)
    asked = a_refund(charge, 300, made.reference)
    first, again = [await pay.adapter.refund(asked) for _ in range(2)]
    assert first == again
    assert first is not None
    notice = merchant.hears(charge.payment, NoticeKind.REFUNDED)
    assert first == notice._replace(id=first.id)


async def test_what_became_of_a_charge_is_found_as_its_notice_would_tell_it(pay: Process, merchant: Merchant) -> None:
    for action, kind in (("pay", NoticeKind.PAID), ("half", NoticeKind.PAID), ("close", NoticeKind.CLOSED)):
        charge = a_charge(1001)
        made = await pay.adapter.create(charge)
        assert await pay.adapter.find(sought(charge)) is None  # it may be paid
        press(made.pay_url, action)
        notice = merchant.hears(charge.payment, kind)
        assert notice.amount_fen == (501 if action == "half" else 1001)
        for reference in (None, made.reference):
            found = await pay.adapter.find(sought(charge, reference))
            assert found is not None
            assert found == notice._replace(id=found.id)
            assert await pay.adapter.find(sought(charge, reference)) == found


async def test_a_charge_that_was_never_made_was_never_paid(pay: Process) -> None:
    charge = a_charge()
    found = await pay.adapter.find(sought(charge))
    assert found is not None
    assert (found.kind, found.payment, found.tenant) == (NoticeKind.CLOSED, charge.payment, TENANT)
    with pytest.raises(Unavailable):  # it was: the provider gave a reference
        await pay.adapter.find(sought(charge, "ch_1"))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"no such page"),
        (404, b'{"code": "NO_ROUTE"}'),
        (200, b"{}"),
        (200, b'{"state": "PAID"}'),
        (500, b"{}"),
    ],
)
async def test_an_answer_about_something_else_says_nothing_of_a_charge(status: int, body: bytes) -> None:
    """Somebody on the way who knows no such address is not the provider, who knows no such charge."""
    way = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    with pytest.raises((Refusal, Unavailable)):
        await LocalProvider("http://pay.example", KEY, [b"s"], transport=way).find(sought(a_charge()))


@pytest.mark.parametrize(
    "changes",
    [{"id": "0" * 32}, {"attach": "0" * 32}, {"state": "LOST"}, {"paid": 0}, {"currency": "usd"}, {"since": None}],
)
async def test_another_charge_or_none_of_our_words_is_no_answer(changes: dict[str, object]) -> None:
    charge = a_charge()
    good = {"id": charge.payment.hex, "attach": TENANT.hex, "state": "PAID", "paid": 7, "amount": 9, "since": 1_000}
    good |= {"currency": "USD", "reference": "ch_1"}
    body = dict(good)
    way = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    provider = LocalProvider("http://pay.example", KEY, [b"s"], transport=way)
    found = await provider.find(sought(charge))
    assert found is not None
    assert (found.amount_fen, found.reference, found.at.timestamp()) == (7, "ch_1", 1)
    body.update(changes)
    with pytest.raises(Unavailable):
        await provider.find(sought(charge))


async def test_a_refunds_answer_that_is_not_understood_says_nothing() -> None:
    way = httpx.MockTransport(lambda _: httpx.Response(200, json={"state": "ON_ITS_WAY", "since": 1}))
    assert await LocalProvider("http://pay.example", KEY, [b"s"], transport=way).refund(a_refund(a_charge(), 1)) is None
