"""Faults planted behind the acts' backs in what all errands left: a few statements each, `$1` an order that is paid."""

from typing import Final

import asyncpg

PLANTED: Final = {
    "a second journal of a payment": [
        """WITH made AS (
               INSERT INTO journal
               SELECT (jsonb_populate_record(j, jsonb_build_object('id', gen_random_uuid()))).*
               FROM journal j JOIN payment p ON p.journal_id = j.id WHERE p.order_id = $1
               RETURNING id, document
           )
           INSERT INTO posting
           SELECT (jsonb_populate_record(g, jsonb_build_object('journal_id', made.id))).*
           FROM made JOIN payment p ON p.id = made.document JOIN posting g ON g.journal_id = p.journal_id"""
    ],
    "a journal without its postings": [
        "DELETE FROM posting WHERE journal_id = (SELECT journal_id FROM payment WHERE order_id = $1)"
    ],
    "a second hold consumed": [
        """INSERT INTO reservation
           SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid()))).*
           FROM reservation r JOIN order_header o ON o.reservation_id = r.id WHERE o.id = $1"""
    ],
    "a hold that never ended": [
        "UPDATE reservation SET state = 'HELD', due_at = expires_at WHERE state = 'EXPIRED'",
    ],
    "a hold given back that was consumed": [
        "UPDATE reservation SET state = 'RELEASED' WHERE id = (SELECT reservation_id FROM order_header WHERE id = $1)"
    ],
    "an event lost": [
        "DELETE FROM outbox_event WHERE position = (SELECT position FROM feed_head)",
        "UPDATE feed_head SET position = position - 1",
    ],
    "an event told twice": [
        """INSERT INTO outbox_event OVERRIDING SYSTEM VALUE
           SELECT (jsonb_populate_record(e, jsonb_build_object('id', e.id + 1000000, 'position', h.position + 1))).*
           FROM outbox_event e CROSS JOIN feed_head h WHERE e.aggregate_id = $1 AND e.type = 'OrderPaid'""",
        "UPDATE feed_head SET position = position + 1",
    ],
    "a gap in the feed": [
        "UPDATE outbox_event SET position = position + 1 WHERE position = (SELECT position FROM feed_head)",
        "UPDATE feed_head SET position = position + 1",
    ],
    "a number of stock changed": ["UPDATE stock SET reserved = reserved + 1 WHERE on_hand > 0"],
    "units from nowhere": ["UPDATE stock SET on_hand = on_hand + 1"],
    "a promise too many": ["UPDATE pool_contribution_sku SET held = held + 1"],
    "a movement lost": ["DELETE FROM stock_movement WHERE id = (SELECT max(id) FROM stock_movement)"],
    "goods allocated twice": [
        """INSERT INTO order_allocation
           SELECT (jsonb_populate_record(a, jsonb_build_object('part', a.part + 100))).*
           FROM order_allocation a WHERE a.order_id = $1"""
    ],
    "a payment without an order": [
        """INSERT INTO payment
           SELECT (jsonb_populate_record(p, jsonb_build_object(
               'id', gen_random_uuid(), 'order_id', gen_random_uuid(), 'journal_id', gen_random_uuid(),
               'reference', 'x'))).*
           FROM payment p WHERE p.order_id = $1"""
    ],
    "a payment that does not cover": ["UPDATE payment SET covers = false WHERE order_id = $1"],
    "more came than was booked": ["UPDATE payment SET came_fen = came_fen + 1 WHERE order_id = $1"],
    "more came and goes back than was booked": [
        "UPDATE payment SET came_fen = came_fen + 1, refunded_fen = refunded_fen + 1 WHERE order_id = $1"
    ],
    "money that came otherwise and stays here": [
        "DELETE FROM refund WHERE payment_id IN (SELECT id FROM payment WHERE came_fen < amount_fen)"
    ],
    "money that came otherwise, taken for the order's": [
        """UPDATE posting SET source_id = (SELECT id FROM ledger_account WHERE purpose = 'SALES' LIMIT 1)
           WHERE journal_id IN (SELECT journal_id FROM payment WHERE came_fen < amount_fen)"""
    ],
    "an entry about money that is back": ["UPDATE payment_notice SET closed_at = NULL WHERE outcome = 'MISMATCH'"],
    "a payment that the provider knows nothing of": ["UPDATE payment SET reference = 'x' WHERE order_id = $1"],
    "a notice lost": [
        "DELETE FROM payment_notice WHERE payment_id = (SELECT id FROM payment WHERE order_id = $1)",
    ],
    "a refund that was never told": [
        "UPDATE refund SET state = 'PENDING', settled_at = NULL, due_at = created_at",
    ],
    "an act remembered twice": [
        """INSERT INTO audit_entry OVERRIDING SYSTEM VALUE
           SELECT (jsonb_populate_record(a, jsonb_build_object('id', a.id + 1000000))).*
           FROM audit_entry a WHERE a.target_id = $1 AND a.operation = 'placeOrder'"""
    ],
    "an act forgotten": ["DELETE FROM audit_entry WHERE target_id = $1 AND operation = 'orderPaid'"],
    "a key lost": ["DELETE FROM idempotency_key WHERE result_id = $1"],
    "an order of another amount": [
        "UPDATE order_header SET total_fen = total_fen + 1, paid_fen = paid_fen + 1 WHERE id = $1"
    ],
    "an order lost": ["DELETE FROM order_header WHERE id = $1"],
    "a price that nobody set": ["UPDATE price SET unit_fen = unit_fen + 1"],
}


async def plant(connection: asyncpg.Connection, statements: list[str], order: object) -> None:
    """Do it in the open transaction of a superuser, whom no reference between rows holds up."""
    await connection.execute("SET LOCAL session_replication_role = replica")
    for statement in statements:
        done = await connection.execute(statement, *([order] if "$1" in statement else []))
        assert not done.endswith(" 0"), statement
