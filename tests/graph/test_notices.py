"""What a payment provider told that somebody has to look at: who finds it, and who says that somebody has."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.ordering import Notice, NoticeKind
from models.ordering import take_notice
from tests.conftest import NOW
from tests.graph.private import OPEN_NOTICES
from tests.graph.selling import FULFILLER, NOTICE, OTHER, SHOPPER, Selling

OPEN = f"openNotices {{ totalCount nodes {{ {NOTICE.partition('{')[2]} }}"


async def seen(sale: Selling, by: str | None) -> Any:
    """What a viewer finds under the seller."""
    text = '{ organization(id: "%s") { %s } }' % (sale.trade.id(sale.store), OPEN)
    asked = await sale.graph.ask(text, by=by, tenant=sale.trade.code)
    return asked.data and asked.data["organization"]["openNotices"]


async def begun(sale: Selling) -> str:
    order = await sale.place((1, 1))
    return str((await sale.of_order("payOrder", order["id"]))["id"])


async def test_a_wrong_currency_is_found_by_the_seller_and_closed_by_it(sale: Selling) -> None:
    payment = await begun(sale)
    assert await sale.tell(payment, amount_fen=999, currency="USD") == "MISMATCH"
    found = await seen(sale, sale.manager)
    (notice,) = found["nodes"]
    assert (found["totalCount"], notice["kind"], notice["outcome"], notice["amount"]) == (1, "PAID", "MISMATCH", 999)
    assert (notice["payment"], notice["refund"], notice["closedAt"]) == ({"id": payment}, None, None)
    for other in (SHOPPER, FULFILLER, OTHER):
        assert (await seen(sale, other)) is None
        text = '{ node(id: "%s") { id } }' % notice["id"]
        assert (await sale.graph.ask(text, by=other, tenant=sale.trade.code)).data == {"node": None}
    given = {"noticeId": notice["id"], "note": "Paid the rest in the shop."}
    assert (await sale.do_it("closeNotice", given, by=FULFILLER))["__typename"] == "NotAllowed"
    key = uuid4().hex
    closed = await sale.do_it("closeNotice", given, by=sale.manager, key=key)
    assert (closed["note"], closed["closedAt"] is None) == ("Paid the rest in the shop.", False)
    assert await sale.do_it("closeNotice", given, by=sale.manager, key=key) == closed
    assert (await sale.do_it("closeNotice", given, by=sale.manager))["closedAt"] == closed["closedAt"]
    assert (await seen(sale, sale.manager)) == {"totalCount": 0, "nodes": []}
    audit = "SELECT operation, target FROM audit_entry ORDER BY id DESC LIMIT 1"
    assert await sale.rows(audit) == [("closeNotice", "paymentnotice")]


SHOWN = """... on Order { state paid refunded payments { state covers amount came refunded }
  refunds { nodes { id state amount reason lines { nodes { line } } } } }"""


async def test_another_amount_goes_back_and_the_order_is_paid_anew_and_shipped(sale: Selling) -> None:
    order = await sale.place((1, 1))
    first = await sale.of_order("payOrder", order["id"])
    assert await sale.tell(first["id"], amount_fen=400) == "MISMATCH"
    (notice,) = (await seen(sale, sale.manager))["nodes"]
    assert (notice["amount"], notice["payment"]) == (400, {"id": first["id"]})
    key = uuid4().hex
    second = await sale.of_order("payOrder", order["id"], key=key)
    assert (second["id"] == first["id"], second["payUrl"] is None) == (False, False)
    assert await sale.of_order("payOrder", order["id"], key=key) == second
    assert await sale.tell(second["id"]) == "CONFIRMED"
    asked = await sale.graph.ask('{ node(id: "%s") { %s } }' % (order["id"], SHOWN), by=SHOPPER, tenant=sale.trade.code)
    found = asked.data["node"]
    assert (found["state"], found["paid"], found["refunded"]) == ("CONFIRMED", 1_000, 0)
    paid = {"state": "PAID", "amount": 1_000}
    assert found["payments"] == [
        {**paid, "covers": False, "came": 400, "refunded": 400},
        {**paid, "covers": True, "came": 1_000, "refunded": 0},
    ]
    (back,) = found["refunds"]["nodes"]
    assert (back["state"], back["amount"], back["lines"]) == ("PENDING", 400, {"nodes": []})
    assert notice["refund"] == {"id": back["id"]}
    told = {"refund": UUID(back["id"].rpartition("_")[2]), "amount_fen": 400}
    assert await sale.tell(first["id"], "REFUNDED", **told) == "REFUNDED"
    assert (await seen(sale, sale.manager)) == {"totalCount": 0, "nodes": []}
    assert (await sale.of_order("shipOrder", order["id"], by=sale.manager))["order"] == {"id": order["id"]}


async def test_what_nobody_knows_is_the_platforms_alone(sale: Selling) -> None:
    named = Notice(uuid4().hex, NoticeKind.PAID, sale.trade.tenant, uuid4(), None, "r", 5, "CNY", NOW)
    assert await take_notice(sale.graph.entrance._pool, "till", named, NOW) == "UNKNOWN"
    asked = await sale.graph.ask("{ %s }" % OPEN, by="admin", tenant=sale.trade.code)
    (notice,) = [one for one in asked.data["openNotices"]["nodes"] if one["outcome"] == "UNKNOWN"]
    assert notice["payment"] is None
    given = {"noticeId": notice["id"], "note": "Another merchant's."}
    assert (await sale.do_it("closeNotice", given, by=sale.manager))["__typename"] == "NotAllowed"
    assert (await sale.do_it("closeNotice", given, by="admin"))["note"] == "Another merchant's."
    for by in (sale.manager, SHOPPER, None):
        assert (await sale.graph.ask(OPEN_NOTICES, by=by, tenant=sale.trade.code)).codes == ["FORBIDDEN"]


async def test_a_refund_that_failed_stands_there_until_it_is_tried_again_or_arrives(sale: Selling) -> None:
    order = await sale.paid((1, 2))
    given: dict[str, Any] = {"lines": [{"line": 1, "amount": 5}], "reason": "x"}
    made = await sale.of_order("refundOrder", order, by=sale.manager, **given)
    refund = UUID(made["id"].rpartition("_")[2])
    ((payment,),) = await sale.rows("SELECT payment_id FROM refund WHERE id = $1", refund)
    told: dict[str, Any] = {"refund": refund, "amount_fen": 5}
    pays = f"payment_{payment.hex}"
    assert await sale.tell(pays, "REFUND_FAILED", **told) == "REFUND_FAILED"
    assert [one["refund"] for one in (await seen(sale, sale.manager))["nodes"]] == [{"id": made["id"]}]
    await sale.do_it("retryRefund", {"refundId": made["id"]}, by=sale.manager)
    assert (await seen(sale, sale.manager))["totalCount"] == 0
    assert await sale.tell(pays, "REFUND_FAILED", **told) == "REFUND_FAILED"
    assert (await seen(sale, sale.manager))["totalCount"] == 1
    assert await sale.tell(pays, "REFUNDED", **told) == "REFUNDED"
    assert (await seen(sale, sale.manager))["totalCount"] == 0


async def test_a_charge_under_anothers_reference_is_not_to_be_paid(
    sale: Selling, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await begun(sale)
    assert await sale.tell(first) == "CONFIRMED"
    own = sale.till.create

    async def same(charge: Any) -> Any:
        return (await own(charge))._replace(reference=f"ref-{first.rpartition('_')[2]}")

    monkeypatch.setattr(sale.till, "create", same)
    order = await sale.place((1, 1))
    assert (await sale.of_order("payOrder", order["id"]))["__typename"] == "PaymentDeclined"
    key = UUID(order["id"].rpartition("_")[2])
    last = "SELECT type FROM outbox_event WHERE aggregate_id = $1 ORDER BY id DESC LIMIT 1"
    assert await sale.rows(last, key) == [("PaymentMismatch",)]
    assert await sale.rows("SELECT reference, pay_url FROM payment WHERE order_id = $1", key) == [(None, None)]
