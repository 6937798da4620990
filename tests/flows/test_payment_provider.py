"""The adapter against the real provider, a process of its own, over real HTTP; and that killed in the middle."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from uuid import uuid4

import httpx
import pytest

from domain.base import Unavailable
from domain.ordering.payment import Charge, Notice, NoticeKind
from domain.ordering.payment import Declined as Refusal
from integrations.localpay import SIGNATURE, TIMESTAMP, signature
from integrations.payment import LocalProvider, calling
from tests.flows.paying import (
    KEY,
    NEXT_SECRET,
    SECRET,
    TENANT,
    Merchant,
    Page,
    Process,
    a_charge,
    a_refund,
    listening,
    press,
    running,
    until,
)


@pytest.fixture(scope="module")
def merchant() -> Iterator[Merchant]:
    heard = Merchant()
    with listening(heard):
        yield heard


@pytest.fixture(scope="module")
def pay(merchant: Merchant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    file = tmp_path_factory.mktemp("pay") / "book.sqlite"
    with running(file, merchant.url, "--late", "0.2") as process:
        yield process


async def paid(pay: Process, merchant: Merchant, charge: Charge, action: str = "pay") -> Notice:
    made = await pay.adapter.create(charge)
    assert press(made.pay_url, action).status_code == 200
    return merchant.hears(charge.payment)


async def test_a_charge_asked_for_twice_is_one(pay: Process) -> None:
    charge = a_charge()
    first, second, *others = await asyncio.gather(*(pay.adapter.create(charge) for _ in range(8)))
    assert {first, *others} == {second}
    assert (await pay.adapter.create(charge)) == first
    assert pay.state(charge.payment) == "CREATED"
    await pay.adapter.aclose()
    pay.adapter = LocalProvider(pay.url, KEY, [SECRET.encode()])


async def test_another_amount_under_the_same_id_is_declined(pay: Process) -> None:
    charge = a_charge(1938)
    await pay.adapter.create(charge)
    for other in (charge._replace(amount_fen=1), charge._replace(currency="EUR"), charge._replace(tenant=uuid4())):
        with pytest.raises(Refusal, match="something else"):
            await pay.adapter.create(other)
    assert pay.get(f"/charges/{charge.payment.hex}").json()["amount"] == 1938


async def test_who_pays_is_told_of_signed(pay: Process, merchant: Merchant) -> None:
    charge = a_charge(1938)
    made = await pay.adapter.create(charge)
    press(made.pay_url)
    notice = merchant.hears(charge.payment)
    assert (notice.kind, notice.tenant, notice.refund) == (NoticeKind.PAID, TENANT, None)
    assert (notice.amount_fen, notice.currency, notice.reference) == (1938, "USD", made.reference)
    assert pay.state(charge.payment) == "PAID"
    press(made.pay_url)
    press(made.pay_url, "close")
    assert pay.state(charge.payment) == "PAID"
    assert len(merchant.of(charge.payment)) == 1


async def test_a_failed_attempt_tells_nobody_and_may_be_made_good(pay: Process, merchant: Merchant) -> None:
    charge = a_charge()
    made = await pay.adapter.create(charge)
    shown = Page(press(made.pay_url, "fail").text)
    assert "That payment failed" in shown.text
    assert pay.state(charge.payment) == "CREATED"
    press(made.pay_url)
    merchant.hears(charge.payment)


async def test_who_does_not_want_to_pay_closes_it(pay: Process, merchant: Merchant) -> None:
    charge = a_charge()
    made = await pay.adapter.create(charge)
    press(made.pay_url, "close")
    merchant.hears(charge.payment, NoticeKind.CLOSED)
    press(made.pay_url)
    assert pay.state(charge.payment) == "CLOSED"
    assert (await pay.adapter.create(charge)) == made


async def test_a_charge_whose_time_is_up_closes_by_itself(pay: Process, merchant: Merchant) -> None:
    charge = a_charge(lives_s=0.3)
    made = await pay.adapter.create(charge)
    notice = merchant.hears(charge.payment, NoticeKind.CLOSED)
    assert notice.at >= charge.expires_at.replace(microsecond=0)
    press(made.pay_url)
    assert pay.state(charge.payment) == "CLOSED"
    assert merchant.of(charge.payment) == []


async def test_a_late_payment_was_made_in_time_and_is_told_afterwards(pay: Process, merchant: Merchant) -> None:
    charge = a_charge(lives_s=1.0)
    made = await pay.adapter.create(charge)
    press(made.pay_url, "late")
    assert pay.state(charge.payment) == "PAID"
    assert merchant.of(charge.payment) == []
    notice = merchant.hears(charge.payment)
    assert notice.at < charge.expires_at
    assert time.time() >= charge.expires_at.timestamp()
    assert merchant.of(charge.payment, NoticeKind.CLOSED) == []


async def test_refunds_go_in_parts_each_once_and_never_above_what_was_paid(pay: Process, merchant: Merchant) -> None:
    charge = a_charge(1000)
    await paid(pay, merchant, charge)
    first, second, too_much = a_refund(charge, 300), a_refund(charge, 700), a_refund(charge, 701)
    await asyncio.gather(*(pay.adapter.refund(first) for _ in range(5)))
    with pytest.raises(Refusal, match="more than is left"):
        await pay.adapter.refund(too_much)
    with pytest.raises(Refusal, match="something else"):
        await pay.adapter.refund(first._replace(amount_fen=301))
    await pay.adapter.refund(second)
    with pytest.raises(Refusal, match="more than is left"):
        await pay.adapter.refund(a_refund(charge, 1))
    merchant.hears(charge.payment, NoticeKind.REFUNDED, times=2)
    told = {one.refund: one.amount_fen for one in merchant.of(charge.payment, NoticeKind.REFUNDED)}
    assert told == {first.refund: 300, second.refund: 700}
    assert len(merchant.of(charge.payment, NoticeKind.REFUNDED)) == 2
    assert pay.get(f"/charges/{charge.payment.hex}").json()["refunded"] == 1000


async def test_racing_refunds_give_back_no_more_than_was_paid(pay: Process, merchant: Merchant) -> None:
    charge = a_charge(1000)
    await paid(pay, merchant, charge)
    tries = await asyncio.gather(
        *(pay.adapter.refund(a_refund(charge, 300)) for _ in range(12)), return_exceptions=True
    )
    assert sum(isinstance(one, Notice) for one in tries) == 3
    assert sum(isinstance(one, Refusal) for one in tries) == 9
    assert pay.get(f"/charges/{charge.payment.hex}").json()["refunded"] == 900


async def test_nothing_is_given_back_of_what_was_never_paid(pay: Process) -> None:
    charge = a_charge()
    for _ in range(2):
        with pytest.raises(Refusal, match="nothing was paid"):
            await pay.adapter.refund(a_refund(charge, 1))
        await pay.adapter.create(charge)


async def test_a_refund_to_an_account_that_is_gone_fails_and_is_told(pay: Process, merchant: Merchant) -> None:
    charge = a_charge(1000)
    await paid(pay, merchant, charge, "frozen")
    asked = a_refund(charge, 400)
    told = await pay.adapter.refund(asked)
    assert told is not None
    assert (told.kind, told.refund, told.amount_fen) == (NoticeKind.REFUND_FAILED, asked.refund, 400)
    again = await pay.adapter.refund(asked)  # tried anew, and failed anew
    assert again is not None
    assert again.id != told.id
    notice = merchant.hears(charge.payment, NoticeKind.REFUND_FAILED)
    assert (notice.refund, notice.amount_fen) == (asked.refund, 400)
    assert pay.get(f"/charges/{charge.payment.hex}").json()["refunded"] == 0


def test_what_is_altered_old_or_not_signed_is_not_taken(merchant: Merchant) -> None:
    body = b'{"kind":"PAID"}'
    now = int(time.time())
    good = {TIMESTAMP: str(now), SIGNATURE: signature(SECRET.encode(), now, body)}
    old = {TIMESTAMP: str(now - 301), SIGNATURE: signature(SECRET.encode(), now - 301, body)}
    foreign = {TIMESTAMP: str(now), SIGNATURE: signature(NEXT_SECRET.encode(), now, body)}
    asked = merchant.asked
    answers = [
        httpx.post(merchant.url, content=content, headers=headers).status_code
        for content, headers in [(body + b" ", good), (body, old), (body, foreign), (body, {}), (body, good)]
    ]
    assert answers == [401] * 5  # the last one is signed, and says nothing
    assert merchant.asked == asked


async def test_each_notice_may_come_twice(tmp_path: Path) -> None:
    merchant = Merchant()
    with listening(merchant), running(tmp_path / "book", merchant.url, "--copies", "2") as pay:
        charge = a_charge()
        await paid(pay, merchant, charge)
        merchant.hears(charge.payment, times=2)
        first, second = merchant.of(charge.payment)
        assert first == second


async def test_a_merchant_that_cannot_take_it_is_told_again(tmp_path: Path) -> None:
    merchant = Merchant(before=[Unavailable("no"), RuntimeError("no"), Unavailable("no")])
    with listening(merchant), running(tmp_path / "book", merchant.url) as pay:
        await paid(pay, merchant, a_charge())
        assert merchant.asked == 4
        assert pay.get("/notices").json() == {"notices": []}


async def test_secrets_change_without_a_notice_lost(tmp_path: Path) -> None:
    merchant, file = Merchant(), tmp_path / "book"
    with listening(merchant, NEXT_SECRET, SECRET) as url:
        for secret in (SECRET, NEXT_SECRET):
            with running(file, url, secret=secret) as pay:
                await paid(pay, merchant, a_charge())
    with listening(merchant, NEXT_SECRET) as url, running(file, url, "--first-wait", "60") as pay:
        made = await pay.adapter.create(a_charge())
        press(made.pay_url)
        until(lambda: b'outcome="not_genuine"' in merchant.metrics.page())
    assert len(merchant.taken) == 2


async def test_a_merchant_that_is_not_there_is_told_when_it_is(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    merchant = Merchant()
    with running(tmp_path / "book", f"http://127.0.0.1:{port}/payments/local/notices") as pay:
        charge = a_charge()
        made = await pay.adapter.create(charge)
        press(made.pay_url)
        await asyncio.sleep(0.3)  # some attempts at nobody
        with listening(merchant, port=port):
            merchant.hears(charge.payment)
    assert len(merchant.of(charge.payment)) == 1


@dataclass
class Holding(Merchant):
    """Takes every notice into its hands, and none for good."""

    begun: Event = field(default_factory=Event)
    let: Event = field(default_factory=Event)

    async def take(self, provider: str, notice: Notice) -> None:
        self.begun.set()
        await asyncio.to_thread(self.let.wait, 20)
        raise Unavailable(f"{notice.id} is not taken")


async def test_a_provider_killed_between_paying_and_notice_tells_it_after_its_restart(tmp_path: Path) -> None:
    """It is killed while the merchant has the notice in its hands and has not answered: the worst moment there is."""
    merchant, holding, file = Merchant(), Holding(), tmp_path / "book"
    charge = a_charge()
    with ExitStack() as stack:
        url = stack.enter_context(listening(holding))
        stack.callback(holding.let.set)
        process = Process(file, url, "--lease", "1")
        made = await process.adapter.create(charge)
        press(made.pay_url)
        assert holding.begun.wait(20)
        process.end()
    with listening(merchant) as url, running(file, url, "--lease", "1") as again:
        notice = merchant.hears(charge.payment)
        assert (notice.amount_fen, notice.reference) == (1938, made.reference)
        assert again.state(charge.payment) == "PAID"
        assert (await again.adapter.create(charge)).reference == made.reference
    assert len(merchant.of(charge.payment)) == 1


async def test_providers_side_by_side_tell_each_notice_once(tmp_path: Path) -> None:
    merchant, file = Merchant(), tmp_path / "book"
    with listening(merchant) as url, running(file, url) as one, running(file, url) as two, running(file, url) as three:
        charges = [a_charge() for _ in range(30)]
        for charge in charges:
            made = await one.adapter.create(charge)
            press(made.pay_url.replace(one.url, two.url))
        for charge in charges:
            merchant.hears(charge.payment)
        assert three.state(charges[0].payment) == "PAID"
    assert sorted(one.payment for one in merchant.taken) == sorted(charge.payment for charge in charges)


async def test_a_provider_that_does_not_answer_is_asked_twice_and_is_unavailable() -> None:
    asked: list[httpx.Request] = []

    def answers(status: int, body: bytes) -> httpx.MockTransport:
        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return httpx.Response(status, content=body)

        return httpx.MockTransport(answer)

    cases = [
        (500, b""),
        (429, b"{}"),
        (401, b"{}"),
        (302, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b" " * (calling.ANSWER_BYTES + 1)),
    ]
    for status, body in cases:
        asked.clear()
        provider = LocalProvider("http://pay.example", KEY, [SECRET.encode()], transport=answers(status, body))
        with pytest.raises(Unavailable):
            await provider.create(a_charge())
        assert len(asked) == 2, (status, body[:20])
        assert asked[0].content == asked[1].content
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unavailable):
        await LocalProvider(f"http://127.0.0.1:{port}", KEY, [SECRET.encode()]).refund(a_refund(a_charge(), 1))


async def test_a_provider_that_hangs_is_waited_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "ANSWER_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and says nothing
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            await LocalProvider(f"http://127.0.0.1:{silent.getsockname()[1]}", KEY, [b"s"]).create(a_charge())
        assert 0.5 < time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "answer",
    [b"{}", b'{"reference":"ch_1"}', b'{"reference":"ch_1","pay_url":"javascript:alert(1)"}', b'{"reference":1}'],
)
async def test_an_answer_of_another_form_is_no_answer(answer: bytes) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=answer))
    with pytest.raises(Unavailable):
        await LocalProvider("http://pay.example", KEY, [b"s"], transport=transport).create(a_charge())


async def test_only_the_merchant_may_ask(pay: Process) -> None:
    stranger = LocalProvider(pay.url, "x" * 32, [b"s"])
    with pytest.raises(Unavailable):
        await stranger.create(a_charge())


def test_nobody_else_is_told_anything(pay: Process) -> None:
    for method, path in [("GET", "/charges/1"), ("POST", "/refunds"), ("GET", "/notices"), ("POST", "/notices/1/send")]:
        for shown in ("", "Bearer", "Bearer é", KEY):
            headers = {b"authorization": shown.encode()}
            assert httpx.request(method, pay.url + path, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [{"id": "a b"}, {"amount": 0}, {"amount": 1.5}, {"amount": True}, {"currency": "$"}, {"subject": None}],
)
def test_what_cannot_be_meant_is_refused(pay: Process, changes: dict[str, object]) -> None:
    good = {"id": "c1", "amount": 1, "currency": "USD", "subject": "", "attach": "", "expires_at": 1}
    headers = {"authorization": f"Bearer {KEY}"}
    answer = httpx.post(f"{pay.url}/charges", json={**good, **changes}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")
    assert httpx.post(f"{pay.url}/charges", content=b"{", headers=headers).status_code == 400
    assert httpx.post(f"{pay.url}/charges", content=b" " * 20_000, headers=headers).status_code == 413
    assert pay.get("/charges/c1").status_code == 404
