"""What there has to be after all errands, and nothing else: for every order and hold each row, key, entry and event.

A fact is a line of text about a subject, an order or a hold that became none; the facts that a shopper's story makes
are counted, and compared with those that the database has come by since before. What became of a refund is told twice,
by a notice and by the answer to who asks for it: whichever comes first does it, and the other says what is known.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg

from domain.ordering import ANSWERED
from models import Base
from tests.flows.shoppers import PRICES, Errand, Story
from tests.models.shop import BROKEN

Facts = dict[UUID, Counter[str]]
CONTRIBUTED: Final = 5
"""The sku that another keeps and ships."""
TOLD_OF: Final = {
    "audit_entry",
    "feed_head",
    "idempotency_key",
    "journal",
    "ledger_account",
    "order_allocation",
    "order_header",
    "order_line",
    "outbox_event",
    "payment",
    "payment_notice",
    "pool_contribution_sku",
    "posting",
    "refund",
    "refund_line",
    "reservation",
    "reservation_line",
    "stock",
    "stock_movement",
}
"""The tables that a sale changes; of all others every row stays as it was."""
FACTS: Final = """
    WITH hold AS (
        SELECT r.id, r.state, coalesce(o.id, r.id) AS subject
        FROM reservation r LEFT JOIN order_header o ON o.tenant_id = r.tenant_id AND o.reservation_id = r.id
    ), thing AS (
        SELECT id, subject FROM hold
        UNION ALL SELECT id, id FROM order_header
        UNION ALL SELECT id, order_id FROM payment
        UNION ALL SELECT id, order_id FROM refund
    )
    SELECT subject, 'hold ' || state AS fact FROM hold
    UNION ALL SELECT t.subject, format('held %s of %s', l.quantity, s.code)
    FROM reservation_line l JOIN thing t ON t.id = l.reservation_id JOIN sku s ON s.id = l.sku_id
    UNION ALL SELECT id, concat_ws(' ', 'order', state, cancel_cause, total_fen, 'paid', paid_fen, 'back', refunded_fen)
    FROM order_header
    UNION ALL SELECT l.order_id,
                     format('line %s of %s for %s, %s cancelled', l.quantity, s.code, l.net_fen, l.cancelled)
    FROM order_line l JOIN sku s ON s.id = l.sku_id
    UNION ALL SELECT a.order_id, format('allocated %s of %s, %s given back', a.quantity, s.code, a.given_back)
    FROM order_allocation a JOIN sku s ON s.id = a.sku_id
    UNION ALL SELECT order_id, format('payment %s of %s, %s came, covers %s, %s back', state, amount_fen, came_fen,
                                      covers, refunded_fen)
    FROM payment
    UNION ALL SELECT order_id, format('refund %s of %s', state, amount_fen) FROM refund
    UNION ALL SELECT order_id, format('refunded %s units, %s', quantity, amount_fen) FROM refund_line
    UNION ALL SELECT coalesce(t.subject, j.document),
                     format('journal %s %s>%s %s', j.kind, a.purpose, b.purpose, p.amount)
    FROM journal j LEFT JOIN thing t ON t.id = j.document LEFT JOIN posting p ON p.journal_id = j.id
    LEFT JOIN ledger_account a ON a.id = p.source_id LEFT JOIN ledger_account b ON b.id = p.target_id
    UNION ALL SELECT owner_id, 'account ' || purpose FROM ledger_account
    UNION ALL SELECT coalesce(t.subject, n.payment_id), format('notice %s %s %s%s', n.kind, n.outcome, n.amount_fen,
                                                                   CASE WHEN n.closed_at IS NOT NULL THEN ' closed' END)
    FROM payment_notice n LEFT JOIN thing t ON t.id = n.payment_id WHERE (n.kind, n.outcome) <> ('REFUNDED', 'NOTED')
    UNION ALL SELECT coalesce(t.subject, e.aggregate_id), 'event ' || e.type
    FROM outbox_event e LEFT JOIN thing t ON t.id = e.aggregate_id
    UNION ALL SELECT coalesce(t.subject, a.target_id), 'audit ' || a.operation
    FROM audit_entry a LEFT JOIN thing t ON t.id = a.target_id
    UNION ALL SELECT coalesce(t.subject, k.result_id), 'key ' || k.operation
    FROM idempotency_key k LEFT JOIN thing t ON t.id = k.result_id
    UNION ALL SELECT coalesce(t.subject, m.document),
                     format('moved %s of %s: %s reserved, %s allocated', m.kind, s.code, m.reserved, m.allocated)
    FROM stock_movement m JOIN sku s ON s.id = m.sku_id LEFT JOIN thing t ON t.id = m.document
    WHERE (m.on_hand, m.in_transit, m.quarantined) = (0, 0, 0)
"""
KEPT: Final = """
    SELECT md5(string_agg(ROW(location_id, sku_id, owner_id, lot_id, on_hand, in_transit, quarantined)::text, ''
                          ORDER BY location_id, sku_id, owner_id, lot_id)) FROM stock
    UNION ALL SELECT md5(string_agg(ROW(sku_id, contribution_id, cap)::text, '' ORDER BY sku_id, contribution_id))
    FROM pool_contribution_sku
    UNION ALL SELECT count(*)::text FROM stock_movement WHERE (on_hand, in_transit, quarantined) <> (0, 0, 0)
"""
"""What of the goods a sale that does not ship leaves as it is: no unit comes or goes."""
FEED: Final = """
    SELECT format('the feed has %s events, %s without a position, from %s to %s, and its head at %s', count(*),
                  count(*) FILTER (WHERE position IS NULL), min(position), max(position),
                  (SELECT max(position) FROM feed_head))
    FROM outbox_event
    HAVING (count(*), count(DISTINCT position), max(position), min(position))
        IS DISTINCT FROM (count(position), count(*), (SELECT max(position) FROM feed_head), 1::bigint)
        OR max(position) <> count(*)
"""
DUE: Final = """
    SELECT format('%s %s wait for the worker', count(*), what)
    FROM (SELECT 'events' AS what FROM outbox_event WHERE due_at IS NOT NULL
          UNION ALL SELECT 'holds' FROM reservation WHERE due_at IS NOT NULL
          UNION ALL SELECT 'orders' FROM order_header WHERE due_at IS NOT NULL
          UNION ALL SELECT 'payments' FROM payment WHERE due_at IS NOT NULL
          UNION ALL SELECT 'refunds' FROM refund WHERE due_at IS NOT NULL) waiting
    GROUP BY what
"""
CLEARING: Final = """
    SELECT coalesce(sum(CASE a.purpose WHEN 'CLEARING' THEN p.amount END), 0)::bigint
         - coalesce(sum(CASE b.purpose WHEN 'CLEARING' THEN p.amount END), 0)::bigint
    FROM posting p JOIN ledger_account a ON a.id = p.target_id JOIN ledger_account b ON b.id = p.source_id
"""
PAYMENTS: Final = "SELECT id, reference, state, amount_fen, coalesce(came_fen, 0), refunded_fen, currency FROM payment"


@dataclass(frozen=True)
class Before:
    """What there was before the first errand; `store` is who sells."""

    store: UUID
    facts: Facts
    others: dict[str, str]
    kept: list[str]


async def before(connection: asyncpg.Connection, store: UUID) -> Before:
    return Before(store, await _facts(connection), await _others(connection), await _kept(connection))


async def _facts(connection: asyncpg.Connection) -> Facts:
    found: Facts = {}
    for subject, fact in await connection.fetch(FACTS):
        found.setdefault(subject, Counter())[fact] += 1
    return found


async def _others(connection: asyncpg.Connection) -> dict[str, str]:
    """Every row of every table that is no sale's, as a digest."""
    each = "SELECT '%s', md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM \"%s\" AS t"
    names = sorted(table.name for table in Base.metadata.sorted_tables if table.name not in TOLD_OF)
    rows = [each % (name, name) for name in names]
    return dict(tuple(row) for row in await connection.fetch(" UNION ALL ".join(rows)))


async def _kept(connection: asyncpg.Connection) -> list[str]:
    return [row[0] for row in await connection.fetch(KEPT)]


# ── what a story makes ────────────────────────────────────────────────────────────────────────────────────────────────
def made_by(errand: Errand) -> Counter[str]:
    """Every fact that an errand leaves, once it has come to its end."""
    paid = errand.kind in ("lines", "hold", "late", "cancels", "half")
    facts = [_held(errand), [] if errand.kind == "leaves" else _placed(errand), _paid(errand) if paid else []]
    return Counter(fact for each in facts for fact in each)


def _moved(errand: Errand, kind: str, reserved: int, allocated: int) -> list[str]:
    return [
        f"moved {kind} of {sku}: {reserved * units} reserved, {allocated * units} allocated"
        for sku, units in errand.wanted.items()
    ]


def _held(errand: Errand) -> list[str]:
    held = [f"held {units} of {sku}" for sku, units in errand.wanted.items()]
    facts = [*held, *_moved(errand, "HOLD", 1, 0), "event StockHeld", "audit holdStock", "key holdStock"]
    if errand.kind not in ("leaves", "unpaid", "late"):
        return [*facts, "hold CONSUMED"]
    by = "expireHold" if errand.kind == "leaves" else "expireOrder"
    return [*facts, "hold EXPIRED", *_moved(errand, "RELEASE", -1, 0), "event HoldReleased", f"audit {by}"]


def _placed(errand: Errand) -> list[str]:
    total, over = errand.total_fen, errand.kind in ("cancels", "unpaid")
    ends = {
        "unpaid": f"CANCELLED EXPIRED {total} paid 0 back 0",
        "cancels": f"CANCELLED BY_BUYER {total} paid {total} back {total}",
    }
    return [
        "event OrderPlaced",
        "audit placeOrder",
        "key placeOrder",
        f"order {ends.get(errand.kind, f'CONFIRMED {total} paid {total} back 0')}",
        *(["event OrderCancelled"] if errand.kind in ends or errand.kind == "late" else []),
        *(
            f"line {units} of {sku} for {units * PRICES[sku]}, {units if over else 0} cancelled"
            for sku, units in errand.wanted.items()
        ),
    ]


def _paid(errand: Errand) -> list[str]:
    total, cancels = errand.total_fen, errand.kind == "cancels"
    return [
        *("key payOrder", "audit payOrder", "audit orderPaid", "event OrderPaid"),
        f"payment PAID of {total}, {total} came, covers t, {total if cancels else 0} back",
        f"journal SALE SALES>CLEARING {total}",
        f"notice PAID CONFIRMED {total}",
        *_moved(errand, "ALLOCATION", 0 if errand.kind == "late" else -1, 1),
        *(f"allocated {units} of {sku}, {units if cancels else 0} given back" for sku, units in errand.wanted.items()),
        *(["event GoodsToShip"] if CONTRIBUTED in errand.wanted else []),
        *(_given_back(errand) if cancels else []),
        *(_half(errand) if errand.kind == "half" else []),
    ]


def _given_back(errand: Errand) -> list[str]:
    total = errand.total_fen
    return [
        *("key cancelOrder", "audit cancelOrder", "audit refundDone", "event RefundSettled"),
        f"refund DONE of {total}",
        f"journal REFUND CLEARING>SALES {total}",
        f"notice REFUNDED REFUNDED {total}",
        *_moved(errand, "RELEASE", 0, -1),
        *(f"refunded {units} units, {units * PRICES[sku]}" for sku, units in errand.wanted.items()),
        *(["event GoodsNotToShip"] if CONTRIBUTED in errand.wanted else []),
    ]


def _half(errand: Errand) -> list[str]:
    """Half of it came before, under a payment of its own: booked, given back, and looked at by nobody any more."""
    half = errand.half_fen
    return [
        *("key payOrder", "audit payOrder", "audit paymentMismatch", "event PaymentMismatch"),
        *("audit refundDone", "event RefundSettled"),
        f"payment PAID of {errand.total_fen}, {half} came, covers f, {half} back",
        f"journal PAYMENT EXTERNAL>CLEARING {half}",
        f"journal REFUND CLEARING>EXTERNAL {half}",
        f"notice PAID MISMATCH {half} closed",
        f"notice REFUNDED REFUNDED {half}",
        f"refund DONE of {half}",
    ]


# ── reckoned ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def reckon(connection: asyncpg.Connection, was: Before, stories: Iterable[Story], book: Path) -> list[str]:
    """Whatever is not as the stories and the provider's book have it, in words; the connection sees all rows."""
    told = list(stories)
    wanted = {story.subject: made_by(story.errand) for story in told}
    assert len(wanted) == len(told)  # nobody was told of another's order
    wanted[was.store] = Counter({f"account {purpose}": 1 for purpose in ("SALES", "CLEARING", "EXTERNAL")})
    found = _differing(wanted, was.facts, await _facts(connection))
    found += [row[0] for row in await connection.fetch(BROKEN)]
    found += [row[0] for row in await connection.fetch(FEED)]
    others = await _others(connection)
    found += [f"the table {name} has changed" for name in others if others[name] != was.others[name]]
    if await _kept(connection) != was.kept:
        found.append("goods have come or gone")
    found += await waiting(connection)
    return found + await _money(connection, book)


def _differing(wanted: Facts, was: Facts, now: Facts) -> list[str]:
    found = []
    for subject in wanted.keys() | was.keys() | now.keys():
        due = wanted.get(subject, Counter()) + was.get(subject, Counter())
        there = now.get(subject, Counter())
        found += [f"{subject}: {number} too few: {fact}" for fact, number in (due - there).items()]
        found += [f"{subject}: {number} too many: {fact}" for fact, number in (there - due).items()]
    return found


async def _money(connection: asyncpg.Connection, book: Path) -> list[str]:
    """Where the provider's book says otherwise: charges, what was given back, notices, and the sum of all of it."""
    theirs, notices = _book(book)
    ours = {row["id"].hex: tuple(row)[1:] for row in await connection.fetch(PAYMENTS)}
    found = [f"payment {id}: {ours.get(id)} here, {theirs.get(id)} there" for id in ours.keys() | theirs.keys()
             if ours.get(id) != theirs.get(id)]  # fmt: skip
    taken = {row[0] for row in await connection.fetch("SELECT notice FROM payment_notice") if ANSWERED not in row[0]}
    found += [f"notice {id} is {notices.get(id)} there" for id in taken | notices.keys()
              if id not in taken or notices.get(id) != "TAKEN"]  # fmt: skip
    held = sum(came - back for _, _, _, came, back, _ in theirs.values())
    if (clearing := await connection.fetchval(CLEARING)) != held:
        found.append(f"the provider holds {held}, the books say {clearing}")
    return found


def _book(book: Path) -> tuple[dict[str, tuple[Any, ...]], dict[str, str]]:
    with sqlite3.connect(f"file:{book}?mode=ro", uri=True) as file:
        charges = file.execute("SELECT id, reference, state, amount, paid, refunded, currency FROM charge").fetchall()
        notices = file.execute("SELECT id, state FROM notice").fetchall()
    file.close()
    return {id: tuple(facts) for id, *facts in charges}, dict(notices)


def still_owed(book: Path) -> list[str]:
    """The notices that the provider has not got rid of."""
    _, notices = _book(book)
    return [id for id, state in notices.items() if state != "TAKEN"]


async def waiting(connection: asyncpg.Connection) -> list[str]:
    """What waits for the worker, in words."""
    return [row[0] for row in await connection.fetch(DUE)]
