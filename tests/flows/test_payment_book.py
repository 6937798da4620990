"""The local provider's book: what becomes of a notice that nobody takes, whose it is to send, what is forgotten."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from integrations.localpay import Book, Pace, UnreadableBook
from integrations.localpay.file import File
from integrations.localpay.notices import KEPT_MS
from integrations.localpay.records import Charge, ChargeAsked, Conflict, NoRefund, RefundAsked

PACE = Pace(first_wait=1, longest_wait=10, attempts=6, lease=15)
START = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(tmp_path: Path, clock: Clock) -> Book:
    return Book(tmp_path / "book", PACE, clock=clock)


def asked(id: str = "c1", amount: int = 100, lives_s: float = 60) -> ChargeAsked:
    return ChargeAsked(id, amount, "USD", "s", "a", int(1000 * (START + lives_s)))


def paid(book: Book, id: str = "c1") -> Charge:
    charge = book.pay(book.create(asked(id)).token)
    assert charge is not None
    assert charge.state == "PAID"
    return charge


def test_a_notice_is_tried_at_growing_distances_and_given_up_and_sent_when_asked_for(book: Book, clock: Clock) -> None:
    paid(book)
    waited = []
    for attempt in range(PACE.attempts):
        begun = clock.now
        while not (owed := book.notices.claim("me", 8)):
            clock.now += 0.5
            assert clock.now < begun + 60
        assert owed[0].attempts == attempt
        waited.append(clock.now - begun)
        book.notices.not_taken(owed[0].id, "me", "HTTP 500")
    assert waited == [0, 1, 2, 4, 8, 10]
    clock.now += 10_000
    assert book.notices.claim("me", 8) == []
    assert book.notices.given_up() == [{"id": owed[0].id, "attempts": 6, "error": "HTTP 500"}]
    assert book.notices.send_again(owed[0].id)
    assert book.notices.claim("me", 8) == [owed[0]._replace(attempts=0)]
    assert not book.notices.send_again("no_such")


def test_the_defaults_go_on_for_hours_and_end() -> None:
    pace = Pace()
    whole = sum(pace.wait_ms(attempt) for attempt in range(1, pace.attempts)) / 3_600_000
    assert 8 < whole < 10
    assert pace.answer < pace.lease
    assert pace.wait_ms(10_000) == 3_600_000


def test_a_notice_is_one_processs_to_send_until_its_lease_ends(book: Book, tmp_path: Path, clock: Clock) -> None:
    other = Book(tmp_path / "book", PACE, clock=clock)
    paid(book)
    (owed,) = book.notices.claim("one", 8)
    assert other.notices.claim("two", 8) == []
    clock.now += PACE.lease
    assert other.notices.claim("two", 8) == [owed]
    book.notices.not_taken(owed.id, "one", "too late")  # not its own any more: the other's attempt goes on
    assert book.notices.claim("three", 8) == []
    other.notices.taken(owed.id)
    clock.now += 10_000
    assert book.notices.claim("one", 8) == []


def test_who_stops_lets_go_of_what_it_has_not_sent(book: Book) -> None:
    paid(book)
    (owed,) = book.notices.claim("one", 8)
    book.notices.let_go("two")
    assert book.notices.claim("two", 8) == []
    book.notices.let_go("one")
    assert book.notices.claim("two", 8) == [owed]


def test_claims_that_race_never_share_a_notice(tmp_path: Path) -> None:
    books = [Book(tmp_path / "book") for _ in range(4)]
    for number in range(40):
        paid_now = books[0].create(ChargeAsked(f"c{number}", 1, "USD", "", "", 10**13))
        books[0].pay(paid_now.token)
    got: list[str] = []
    start = threading.Barrier(4)

    def claim(book: Book, who: str) -> None:
        start.wait()
        while owed := book.notices.claim(who, 3):
            got.extend(one.id for one in owed)

    threads = [threading.Thread(target=claim, args=(book, str(n))) for n, book in enumerate(books)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 40


def test_what_was_taken_long_ago_is_forgotten(book: Book, clock: Clock) -> None:
    paid(book)
    paid(book, "c2")
    first, _ = book.notices.claim("me", 8)
    book.notices.taken(first.id)
    clock.now += KEPT_MS / 1000
    assert book.notices.forget() == 0
    clock.now += 1
    assert book.notices.forget() == 1
    assert not book.notices.send_again(first.id)
    assert len(book.notices.claim("me", 8)) == 1


def test_time_is_up_at_the_very_instant(book: Book, clock: Clock) -> None:
    charge = book.create(asked(lives_s=60))
    clock.now = START + 59.999
    assert book.close_over() == 0
    clock.now = START + 60
    over = book.pay(charge.token)
    assert over is not None
    assert (over.state, over.since) == ("CLOSED", charge.expires_at)
    assert book.close_over() == 0
    assert len(book.notices.claim("me", 8)) == 1


@pytest.mark.parametrize("touch", [Book.pay, Book.fail, Book.give_up, Book.of_page])
def test_whatever_touches_a_charge_that_is_over_closes_it_once(
    book: Book, clock: Clock, touch: Callable[[Book, str], Charge | None]
) -> None:
    charge = book.create(asked())
    clock.now += 61
    for _ in range(2):
        found = touch(book, charge.token)
        assert found is not None
        assert found.state == "CLOSED"
        assert touch(book, "no such") is None
    assert len(book.notices.claim("me", 8)) == 1


def test_what_is_refused_leaves_nothing_behind(book: Book) -> None:
    paid(book)
    book.notices.claim("me", 8)
    with pytest.raises(Conflict):
        book.create(asked(amount=99))
    with pytest.raises(NoRefund):
        book.refund(RefundAsked("r1", "c1", 101, "USD", ""))
    with pytest.raises(NoRefund):
        book.refund(RefundAsked("r1", "c1", 1, "EUR", ""))
    assert book.notices.claim("me", 8) == []
    assert book.refund(RefundAsked("r1", "c1", 100, "USD", "")).state == "DONE"


@pytest.mark.parametrize(("amount", "half"), [(1, 1), (99, 50), (100, 50)])
def test_half_of_a_charge_is_what_came_and_no_more_goes_back(book: Book, amount: int, half: int) -> None:
    charge = book.pay(book.create(asked(amount=amount)).token, half=True)
    assert charge is not None
    assert (charge.state, charge.amount, charge.paid) == ("PAID", amount, half)
    (owed,) = book.notices.claim("me", 8)
    assert json.loads(owed.body)["amount"] == half
    assert book.create(asked(amount=amount)) == charge  # it is the one that was asked for
    with pytest.raises(NoRefund):
        book.refund(RefundAsked("r1", "c1", half + 1, "USD", ""))
    assert book.refund(RefundAsked("r1", "c1", half, "USD", "")).state == "DONE"


def test_a_refund_that_failed_is_tried_anew_under_its_id_and_told_anew(book: Book) -> None:
    book.pay(book.create(asked()).token, returnable=False)
    wanted = RefundAsked("r1", "c1", 60, "USD", "")
    first = book.refund(wanted)
    assert (first.state, book.refund(wanted)) == ("FAILED", first)
    told = [json.loads(owed.body) for owed in book.notices.claim("me", 8)]
    assert [(one["kind"], one["refund"]) for one in told[1:]] == [("REFUND_FAILED", "r1")] * 2
    assert len({one["id"] for one in told}) == 3
    with pytest.raises(Conflict):
        book.refund(wanted._replace(amount=61))


def test_the_file_itself_refuses_what_must_not_be(book: Book, tmp_path: Path) -> None:
    paid(book)
    with sqlite3.connect(tmp_path / "book") as file:
        for wrong in (
            "UPDATE charge SET refunded = 101",
            "UPDATE charge SET paid = 99, refunded = 100",
            "UPDATE charge SET paid = 101",
            "UPDATE charge SET paid = 0",
            "UPDATE charge SET state = 'LOST'",
            "UPDATE charge SET state = 'CREATED', refunded = 1",
            "INSERT INTO notice (id, body, state, due_at, copies) VALUES ('x', '', 'DUE', 0, 0)",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                file.execute(wrong)
    file.close()


def test_the_file_is_its_owners_alone_and_says_its_version(book: Book, tmp_path: Path) -> None:
    paid(book)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
    book.close()
    with sqlite3.connect(tmp_path / "book") as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(UnreadableBook, match="version 99"):
        Book(tmp_path / "book")
    (tmp_path / "other").write_bytes(b"no database at all, but long enough to be taken for one" * 20)
    with pytest.raises(sqlite3.DatabaseError):
        Book(tmp_path / "other")


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    opened: list[File] = []
    threads = [threading.Thread(target=lambda: opened.append(File(tmp_path / "new", lambda: START))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 8
