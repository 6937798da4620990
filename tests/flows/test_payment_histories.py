"""Whatever shoppers, merchant, clock and crashes do to the local provider in whatever order: no illegal history."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ordering.payment import Notice, NoticeKind
from integrations.localpay import Book, Conflict, NoRefund, Pace, signature
from integrations.localpay.records import ChargeAsked, RefundAsked
from integrations.payment.local import SIGNATURE, TIMESTAMP
from tests.flows.paying import SECRET, TENANT, Merchant, Process, a_charge, listening, verifier

PACE = Pace(first_wait=1, longest_wait=4, attempts=50, lease=15)
CHARGES, REFUNDS, LIVES_S = 3, 4, 60

charges = st.integers(1, CHARGES)
steps = st.one_of(
    st.tuples(st.just("create"), charges, st.sampled_from([100, 100, 100, 7])),
    st.tuples(st.sampled_from(["pay", "half", "late", "frozen", "fail", "close", "look"]), charges, st.just(0)),
    st.tuples(st.just("refund"), charges, st.integers(1, 70)),
    st.tuples(st.just("again"), st.integers(1, REFUNDS), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([1, 5, 20, 61]), st.just(0)),
    st.tuples(st.sampled_from(["send", "lose", "reopen", "sweep"]), st.just(0), st.just(0)),
)


class World:
    """A book, and beside it what its merchant has heard and what may still be."""

    def __init__(self, file: Path) -> None:
        self.file, self.now = file, time.time()
        self.merchant = verifier()
        self.heard: dict[str, Notice] = {}
        self.refunds: list[RefundAsked] = []
        self.ended: dict[str, str] = {}
        self.open()

    def open(self) -> None:
        self.book = Book(self.file, PACE, clock=lambda: self.now)

    def token(self, number: int) -> str:
        charge = self.book.find(UUID(int=number).hex)
        return "none" if charge is None else charge.token

    def create(self, number: int, amount: int) -> None:
        known = self.book.find(UUID(int=number).hex)
        expires_at = int(1000 * (self.now + LIVES_S)) if known is None else known.expires_at
        try:
            made = self.book.create(ChargeAsked(UUID(int=number).hex, amount, "USD", "", TENANT.hex, expires_at))
            assert known is None or made == known
        except Conflict:
            assert known is not None
            assert known.amount != amount

    def refund(self, number: int, amount: int) -> None:
        asked = RefundAsked(UUID(int=100 + len(self.refunds)).hex, UUID(int=number).hex, amount, "USD", "")
        before = self.book.find(asked.charge)
        try:
            self.book.refund(asked)
            self.refunds.append(asked)
        except NoRefund:
            assert before is None or before.state != "PAID" or before.paid - before.refunded < amount

    def again(self, number: int) -> None:
        if number <= len(self.refunds):
            known = self.refunds[number - 1]
            assert self.book.refund(known) == self.book.refund(known)

    def send(self, *, lost: bool = False) -> int:
        """Send what is due; the merchant reads each as it comes, though its answer may be lost."""
        owed = self.book.notices.claim("me", 100)
        for one in owed:
            body, now = one.body.encode(), int(time.time())
            headers = {TIMESTAMP: str(now), SIGNATURE: signature(SECRET.encode(), now, body)}
            notice = self.merchant.verify(headers, body)
            assert notice is not None
            assert self.heard.setdefault(notice.id, notice) == notice
            if lost:
                self.book.notices.not_taken(one.id, "me", "lost")
            else:
                self.book.notices.taken(one.id)
        return len(owed)

    def do(self, what: str, which: int, amount: int) -> None:
        if what in ("create", "refund"):
            getattr(self, what)(which, amount)
        elif what in ("pay", "half", "late", "frozen"):
            one = {"late": what == "late", "returnable": what != "frozen", "half": what == "half"}
            self.book.pay(self.token(which), **one)
        elif what in ("fail", "close", "look"):
            {"fail": self.book.fail, "close": self.book.give_up, "look": self.book.of_page}[what](self.token(which))
        elif what == "wait":
            self.now += which
        elif what == "again":
            self.again(which)
        elif what in ("send", "lose"):
            self.send(lost=what == "lose")
        elif what == "sweep":
            self.book.close_over()
        else:  # the process is gone, and what it had claimed with it
            self.book.notices.claim("dead", 100)
            self.open()

    def check(self) -> None:
        """What must hold at any moment."""
        for number in range(1, CHARGES + 1):
            charge = self.book.find(UUID(int=number).hex)
            if charge is None:
                continue
            assert 0 <= charge.refunded <= charge.paid <= charge.amount
            assert self.ended.setdefault(charge.id, charge.state) == charge.state or charge.state != "CREATED"
            if charge.state == "CREATED":
                del self.ended[charge.id]
            elif charge.state == "PAID":
                assert charge.since < charge.expires_at

    def settle(self) -> None:
        """All that can be is given back of what was paid, and asked for again; time goes on until all is told."""
        for number in [*range(1, CHARGES + 1)] * 4:
            self.refund(number, 30)
        for number in range(len(self.refunds)):
            self.again(number + 1)
        for _ in range(10):
            self.now += LIVES_S + PACE.lease
            self.book.close_over()
            self.send()
        assert self.send() == 0
        told = Counter((one.payment, one.kind) for one in self.heard.values() if one.refund is None)
        for number in range(1, CHARGES + 1):
            charge = self.book.find(UUID(int=number).hex)
            if charge is not None:
                assert charge.state != "CREATED"
                assert told.pop((UUID(int=number), NoticeKind(charge.state))) == 1
                paid = [one for one in self.heard.values() if one.kind is NoticeKind.PAID]
                assert charge.paid == sum(one.amount_fen for one in paid if one.payment == UUID(int=number))
                back = [one for one in self.heard.values() if one.kind is NoticeKind.REFUNDED]
                mine = [one.amount_fen for one in back if one.payment == UUID(int=number)]
                assert sum(mine) == charge.refunded
        assert not told
        done = [one.refund for one in self.heard.values() if one.kind is NoticeKind.REFUNDED]
        assert len(set(done)) == len(done)
        failed = {one.refund for one in self.heard.values() if one.kind is NoticeKind.REFUND_FAILED}
        assert {*done} ^ failed == {UUID(one.id) for one in self.refunds}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=5, max_size=40))
def test_no_order_of_things_makes_an_illegal_history(history: list[tuple[str, int, int]]) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder, "book"))
        for number in range(1, CHARGES):
            world.create(number, 100)
        for step in history:
            world.do(*step)
            world.check()
        world.settle()
        world.book.close()


async def press_until_it_answers(client: httpx.AsyncClient, url: str) -> None:
    for _ in range(500):
        try:
            answer = await client.post(url, data={"action": "pay"})
            if answer.status_code == 303:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.02)
    raise AssertionError("the provider never came back")


async def test_a_provider_killed_again_and_again_loses_no_payment(tmp_path: Path) -> None:
    merchant, file = Merchant(), tmp_path / "book"
    with ExitStack() as stack:
        url = stack.enter_context(listening(merchant))
        process = Process(file, url, "--lease", "1")
        port = process.url.rpartition(":")[2]
        paid = [a_charge() for _ in range(40)]
        unpaid = [a_charge() for _ in range(10)]
        pages = {charge.payment: (await process.adapter.create(charge)).pay_url for charge in (*paid, *unpaid)}
        dice = random.Random(7)

        async def shop() -> None:
            async with httpx.AsyncClient() as client:
                for charge in paid:
                    await press_until_it_answers(client, pages[charge.payment])
                    await asyncio.sleep(dice.random() * 0.1)

        shopping = asyncio.ensure_future(shop())
        for _ in range(3):
            await asyncio.sleep(0.2 + dice.random() * 0.5)
            await asyncio.to_thread(process.end, signal.SIGKILL)
            process = await asyncio.to_thread(Process, file, url, "--lease", "1", "--port", port)
        stack.callback(lambda: process.end())
        await shopping
        for charge in paid:
            merchant.hears(charge.payment)
        assert {process.state(charge.payment) for charge in paid} == {"PAID"}
        assert {process.state(charge.payment) for charge in unpaid} == {"CREATED"}
    assert {one.payment for one in merchant.taken} == {charge.payment for charge in paid}
    assert len({one.id for one in merchant.taken}) == len(paid)
    assert all(one.at < datetime.now(UTC) + timedelta(seconds=1) for one in merchant.taken)
