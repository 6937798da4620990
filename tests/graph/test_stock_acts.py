"""Acts on stock through the graph: who may, what is refused whole, and that each is done once and written down."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from models.database import Database
from models.session import set_tenant
from tests.graph.client import Answered
from tests.graph.rooms import ANALYST, BOSS, CLERK, OTHER, Rooms
from tests.graph.trade import change
from tests.models.shop import waits

PAPER = "StockDocument"


# ── what is done ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_goods_come_in_and_the_paper_says_so(rooms: Rooms) -> None:
    before = await rooms.written()
    asked = await rooms.do(
        "receiveStock", [rooms.goods(1, 5), rooms.goods(2, 7, lot="A1", expiresOn="2027-01-01")], reason="opening"
    )
    assert asked.errors == []
    paper = asked.data["done"]
    assert (paper["__typename"], paper["kind"], paper["reason"]) == ("StockDocument", "RECEIPT", "opening")
    assert paper["owner"]["id"] == rooms.trade.id("store:1")
    assert sorted((m["sku"]["id"], m["lotCode"], m["onHand"]) for m in paper["movements"]["nodes"]) == sorted(
        [(rooms.trade.id("sku:1"), "", 5), (rooms.trade.id("sku:2"), "A1", 7)]
    )
    assert await rooms.stock() == {("1", ""): 5, ("2", "A1"): 7}
    after = await rooms.written()
    assert [a - b for a, b in zip(after, before, strict=True)] == [1, 2, 1, 1]


async def test_what_leaves_leaves_first_what_expires_first(rooms: Rooms) -> None:
    lots = [
        rooms.goods(1, 4, lot="late", expiresOn="2027-09-01"),
        rooms.goods(1, 3, lot="soon", expiresOn="2027-02-01"),
    ]
    await rooms.do("receiveStock", [*lots, rooms.goods(1, 2)])
    asked = await rooms.do("issueStock", [rooms.goods(1, 5)], reason="broken")
    assert asked.data["done"]["kind"] == "ISSUE"
    assert await rooms.stock() == {("1", "late"): 2, ("1", ""): 2}
    named = await rooms.do("issueStock", [rooms.goods(1, 1), rooms.goods(1, 2, lot="late")])
    assert named.data["done"]["__typename"] == "StockDocument"
    assert await rooms.stock() == {("1", ""): 1}


async def test_goods_go_from_one_location_to_another(rooms: Rooms) -> None:
    await rooms.do("receiveStock", [rooms.goods(1, 5), rooms.goods(2, 6, lot="L")])
    asked = await rooms.do("transferStock", [rooms.goods(1, 2), rooms.goods(2, 6)], toLocationId=rooms.place("back"))
    assert asked.data["done"]["toLocation"]["code"] == rooms.names["back"].hex
    assert await rooms.stock() == {("1", ""): 3}
    assert await rooms.stock("back") == {("1", ""): 2, ("2", "L"): 6}


async def test_movements_sum_to_the_rows(rooms: Rooms) -> None:
    await rooms.do("receiveStock", [rooms.goods(n, 50 + n) for n in range(1, 30)])
    await rooms.do("issueStock", [rooms.goods(n, n) for n in range(1, 30)])
    await rooms.do("transferStock", [rooms.goods(n, 3) for n in range(1, 30)], toLocationId=rooms.place("back"))
    differing = await rooms.column(
        """
        SELECT s.sku_id FROM stock s LEFT JOIN stock_movement m USING (tenant_id, location_id, sku_id, owner_id, lot_id)
        WHERE s.location_id = ANY ($1)
        GROUP BY s.tenant_id, s.location_id, s.sku_id, s.owner_id, s.lot_id, s.on_hand
        HAVING s.on_hand <> coalesce(sum(m.on_hand), 0)""",
        list(rooms.names.values()),
    )
    assert differing == []
    assert await rooms.stock("back") == {(str(n), ""): 3 for n in range(1, 30)}


@pytest.mark.parametrize("lines", [1, 30])
async def test_an_act_takes_the_same_statements_for_any_number_of_lines(rooms: Rooms, lines: int) -> None:
    """What it does, and what is asked of its answer after it."""
    counts = {}
    for act, more in (
        ("receiveStock", {}),
        ("issueStock", {}),
        ("transferStock", {"toLocationId": rooms.place("back")}),
    ):
        await rooms.do("receiveStock", [rooms.goods(n, 9) for n in range(1, lines + 1)])
        asked = await rooms.do(act, [rooms.goods(n, 1) for n in range(1, lines + 1)], **more)
        assert asked.data["done"]["__typename"] == "StockDocument"
        counts[act] = len(asked.statements)
    asked = await rooms.do("issueStock", [rooms.goods(n, 99) for n in range(1, lines + 1)])
    assert len(asked.data["done"]["shortages"]) == lines
    assert counts | {"refused": len(asked.statements)} == {
        "receiveStock": 18,
        "issueStock": 16,
        "transferStock": 17,
        "refused": 6,
    }


# ── what is refused ───────────────────────────────────────────────────────────────────────────────────────────────────
async def refused(rooms: Rooms, asked: Answered, kind: str) -> dict[str, Any]:
    assert asked.errors == []
    answer: dict[str, Any] = asked.data["done"]
    assert answer["__typename"] == kind
    return answer


async def test_more_than_is_there_is_refused_whole(rooms: Rooms) -> None:
    await rooms.do("receiveStock", [rooms.goods(1, 5), rooms.goods(2, 5), rooms.goods(3, 5)])
    before = await rooms.written()
    asked = await rooms.do("issueStock", [rooms.goods(1, 6), rooms.goods(2, 1), rooms.goods(3, 3), rooms.goods(3, 3)])
    answer = await refused(rooms, asked, "NotEnoughStock")
    assert answer["code"] == "NOT_ENOUGH_STOCK"
    assert answer["shortages"] == [
        {"sku": {"id": rooms.trade.id("sku:1")}, "wanted": 6, "available": 5},
        {"sku": {"id": rooms.trade.id("sku:3")}, "wanted": 3, "available": 2},
    ]
    assert await rooms.written() == before
    assert await rooms.stock() == {("1", ""): 5, ("2", ""): 5, ("3", ""): 5}


@pytest.mark.parametrize(
    ("by", "at"),
    [(OTHER, "shelf"), (BOSS, "shelf"), (ANALYST, "shelf"), (CLERK, "elsewhere")],
)
async def test_what_is_another_s_is_not_hers_to_change(rooms: Rooms, by: str, at: str) -> None:
    before = await rooms.written()
    for act in ("receiveStock", "issueStock"):
        answer = await refused(rooms, await rooms.do(act, [rooms.goods(1, 1)], by=by, at=at), "NotAllowed")
        assert answer["message"] == "You may not do this, or it is not there."
    assert await rooms.written() == before


async def test_all_that_is_wrong_is_told_at_once(rooms: Rooms) -> None:
    before = await rooms.written()
    wrong = [
        rooms.goods(1, 0),
        {"skuId": "sku_1", "quantity": 1},
        rooms.goods(1, 1, lot="x" * 101),
        rooms.goods(1, 1, expiresOn="2027-01-01"),
        rooms.goods(1, 1, lot="A", producedOn="2027-01-02", expiresOn="2027-01-01"),
    ]
    asked = await rooms.do("receiveStock", wrong, reason="", ownerId="store_x", key="k" * 101)
    answer = await refused(rooms, asked, "InvalidInput")
    assert [problem["path"] for problem in answer["problems"]] == [
        ["idempotencyKey"],
        ["input", "goods", "0", "quantity"],
        ["input", "goods", "1", "skuId"],
        ["input", "goods", "2", "lot"],
        ["input", "goods", "3", "lot"],
        ["input", "goods", "4", "expiresOn"],
        ["input", "ownerId"],
        ["input", "reason"],
    ]
    assert await rooms.written() == before


async def test_a_sku_that_is_not_there_is_named(rooms: Rooms) -> None:
    nothing = {"skuId": f"sku_{uuid4().hex}", "quantity": 1}
    answer = await refused(rooms, await rooms.do("receiveStock", [rooms.goods(1, 1), nothing]), "InvalidInput")
    assert answer["problems"] == [{"path": ["input", "goods", "1", "skuId"], "message": "There is no such sku."}]


async def test_a_lot_has_one_expiry(rooms: Rooms) -> None:
    await rooms.do("receiveStock", [rooms.goods(5, 1, lot="A", expiresOn="2027-01-01")])
    again = await rooms.do("receiveStock", [rooms.goods(5, 1, lot="A")])
    assert again.data["done"]["__typename"] == "StockDocument"
    await refused(
        rooms, await rooms.do("receiveStock", [rooms.goods(5, 1, lot="A", expiresOn="2027-01-02")]), "LotDiffers"
    )
    assert await rooms.stock() == {("5", "A"): 2}


# ── once ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_same_under_one_key_is_done_once_and_told_again(rooms: Rooms) -> None:
    first = await rooms.do("receiveStock", [rooms.goods(1, 5)], key="once")
    again = await rooms.do("receiveStock", [rooms.goods(1, 5)], key="once")
    assert first.data == again.data
    await refused(rooms, await rooms.do("receiveStock", [rooms.goods(1, 6)], key="once"), "KeyReused")
    assert await rooms.stock() == {("1", ""): 5}


async def test_a_refusal_leaves_the_key_free(rooms: Rooms) -> None:
    await refused(rooms, await rooms.do("issueStock", [rooms.goods(1, 5)], key="later"), "NotEnoughStock")
    await rooms.do("receiveStock", [rooms.goods(1, 5)])
    done = await rooms.do("issueStock", [rooms.goods(1, 5)], key="later")
    assert done.data["done"]["__typename"] == "StockDocument"


async def test_two_fields_of_one_mutation_see_each_other_s_work(rooms: Rooms) -> None:
    """Each is a transaction of its own, and what is told of the second is read after it."""
    text = """mutation ($a: ReceiveStockInput!, $b: ReceiveStockInput!) {
      first: receiveStock(input: $a, idempotencyKey: "a") { ...Stock }
      second: receiveStock(input: $b, idempotencyKey: "b") { ...Stock }
      third: receiveStock(input: $a, idempotencyKey: "a") { ...Stock }
    } fragment Stock on StockDocument { location { stock { nodes { onHand } } } }"""
    given = {
        name: {"locationId": rooms.place("shelf"), "goods": [rooms.goods(1, quantity)]}
        for name, quantity in (("a", 2), ("b", 3))
    }
    asked = await rooms.graph.ask(text, given, by=CLERK, tenant=rooms.trade.code)
    assert asked.errors == []
    told = [asked.data[name]["location"]["stock"]["nodes"][0]["onHand"] for name in ("first", "second", "third")]
    assert told == [2, 5, 5]


async def test_what_the_platform_does_says_for_whom(rooms: Rooms) -> None:
    acts = ("receiveStock", "countStock", "adjustStock", "quarantineStock", "issueStock", "transferStock")
    for act in acts:
        more = {"toLocationId": rooms.place("back")} if act == "transferStock" else {}
        given = rooms.goods(1, 5 if act in ("receiveStock", "countStock") else 1)
        for by in ("admin", CLERK):
            asked = await rooms.do(act, [given], by=by, reason="x", **more)
            assert asked.data["done"]["__typename"] == PAPER, (act, by)
    audit = "SELECT operation || ' ' || (on_behalf_of_id IS NOT DISTINCT FROM $1) FROM audit_entry"
    said = (await rooms.column(f"{audit} ORDER BY id DESC LIMIT 12", rooms.trade.key("store:1")))[::-1]
    assert said == [f"{act} {own}" for act in acts for own in ("true", "false")]


async def test_many_at_once_neither_lose_nor_invent_anything(rooms: Rooms, app: Database) -> None:
    """Receipts, issues in both orders of lines, and the same under one key: more of them than there are connections."""
    await rooms.do("receiveStock", [rooms.goods(1, 100), rooms.goods(2, 100)])
    work = [
        *(rooms.do("issueStock", [rooms.goods(1, 1), rooms.goods(2, 1)]) for _ in range(15)),
        *(rooms.do("issueStock", [rooms.goods(2, 1), rooms.goods(1, 1)]) for _ in range(15)),
        *(rooms.do("receiveStock", [rooms.goods(1, 10)], key="one") for _ in range(15)),
        *(rooms.do("transferStock", [rooms.goods(1, 1)], toLocationId=rooms.place("back")) for _ in range(5)),
    ]
    answers = await asyncio.gather(*work)
    assert {answer.data["done"]["__typename"] for answer in answers} == {"StockDocument"}
    assert await rooms.stock() == {("1", ""): 100 - 30 + 10 - 5, ("2", ""): 70}
    assert await rooms.stock("back") == {("1", ""): 5}
    assert app.connections()["busy"] == 0


async def test_what_comes_in_while_a_transfer_waits_stays(rooms: Rooms) -> None:
    """Goods that expire sooner arrive between the transfer's first look and its lock."""
    await rooms.do("receiveStock", [rooms.goods(1, 5, lot="W-late", expiresOn="2027-09-01")])
    soon = {"lot": "W-soon", "expiresOn": "2027-02-01"}
    connection = await asyncpg.connect(rooms.owner)
    try:
        async with connection.transaction():
            await connection.execute(set_tenant(rooms.trade.tenant))
            await connection.execute("SELECT FROM stock WHERE location_id = $1 FOR UPDATE", rooms.names["shelf"])
            moving = asyncio.create_task(
                rooms.do("transferStock", [rooms.goods(1, 4)], toLocationId=rooms.place("back"))
            )
            await waits(connection)
            assert (await rooms.do("receiveStock", [rooms.goods(1, 3, **soon)])).data["done"]["__typename"] == PAPER
    finally:
        await connection.close()
    assert (await moving).data["done"]["__typename"] == PAPER
    assert await rooms.stock() == {("1", "W-late"): 1, ("1", "W-soon"): 3}
    assert await rooms.stock("back") == {("1", "W-late"): 4}


async def test_goods_are_of_who_deals_with_the_keeper(rooms: Rooms) -> None:
    """What lies anywhere is on its owner's shelf: a shop brings no goods into being for its rival."""
    theirs = rooms.trade.id("store:2")
    asked = await rooms.do("receiveStock", [rooms.goods(1, 5)], ownerId=theirs)
    assert asked.data["done"]["__typename"] == "NotAllowed"
    asked = await rooms.do("receiveStock", [rooms.goods(1, 5)], ownerId=rooms.trade.id("distributor:1"))
    assert asked.data["done"]["__typename"] == PAPER


async def test_a_lot_learns_its_dates_from_who_knows_them(rooms: Rooms) -> None:
    code = uuid4().hex[:8]
    await rooms.do("countStock", [rooms.goods(1, 5, lot=code)])
    asked = await rooms.do("receiveStock", [rooms.goods(1, 2, lot=code, expiresOn="2027-02-01")])
    assert asked.data["done"]["__typename"] == PAPER
    asked = await rooms.do("receiveStock", [rooms.goods(1, 2, lot=code, expiresOn="2028-02-01")])
    assert asked.data["done"]["__typename"] == "LotDiffers"
    assert await rooms.column("SELECT expires_on::text FROM lot WHERE code = $1", code) == ["2027-02-01"]


async def test_a_second_date_that_the_first_forbids_is_refused_with_its_line(rooms: Rooms) -> None:
    code = uuid4().hex[:8]
    await rooms.do("receiveStock", [rooms.goods(1, 5, lot=code, producedOn="2026-05-10")])
    before = await rooms.written()
    wrong = [rooms.goods(2, 1), rooms.goods(1, 1, lot=code, expiresOn="2026-05-01")]
    answer = await refused(rooms, await rooms.do("receiveStock", wrong), "LotDiffers")
    assert (answer["sku"]["code"], answer["row"], answer["lot"]) == ("1", 1, code)
    other = uuid4().hex[:8]
    halves = [
        rooms.goods(1, 1, lot=other, producedOn="2026-05-10"),
        rooms.goods(1, 1, lot=other, expiresOn="2026-05-01"),
    ]
    assert (await refused(rooms, await rooms.do("receiveStock", halves), "LotDiffers"))["row"] == 1
    assert await rooms.written() == before
    right = [rooms.goods(1, 1, lot=code, expiresOn="2027-05-01"), rooms.goods(1, 1, lot=code, producedOn="2026-05-10")]
    assert (await rooms.do("receiveStock", right)).data["done"]["__typename"] == PAPER
    dates = "SELECT produced_on || ' ' || expires_on FROM lot WHERE code = $1"
    assert await rooms.column(dates, code) == ["2026-05-10 2027-05-01"]


async def test_nobody_dates_goods_that_another_keeps(rooms: Rooms) -> None:
    """A lot is its keeper's: what a rival says of the code first, or after, is of the rival's own goods."""
    named, counted = uuid4().hex[:8], uuid4().hex[:8]
    await rooms.do("countStock", [rooms.goods(1, 50, lot=counted)])
    for code in (named, counted):
        given = rooms.goods(1, 1, lot=code, expiresOn="2020-01-01")
        assert (await rooms.do("receiveStock", [given], by=OTHER, at="elsewhere")).data["done"]["__typename"] == PAPER
    true = [rooms.goods(1, 5, lot=named, expiresOn="2027-01-01"), rooms.goods(1, 1, lot=counted)]
    assert (await rooms.do("receiveStock", true)).data["done"]["__typename"] == PAPER
    assert await rooms.stock() == {("1", named): 5, ("1", counted): 51}
    dates = """
        SELECT DISTINCT coalesce(l.expires_on::text, '') FROM lot l JOIN stock s ON s.lot_id = l.id
        WHERE l.code = $1 AND s.location_id = $2"""
    for code, ours in ((named, "2027-01-01"), (counted, "")):
        assert await rooms.column(dates, code, rooms.names["shelf"]) == [ours]
        assert await rooms.column(dates, code, rooms.names["elsewhere"]) == ["2020-01-01"]


async def test_what_was_imported_is_everybodys_and_dated_by_nobody(rooms: Rooms) -> None:
    code = uuid4().hex[:8]
    old = (
        "INSERT INTO lot (tenant_id, sku_id, id, code, produced_on) VALUES ($1, $2, $3, $4, '2026-05-10')",
        *(rooms.trade.key("sku:1"), uuid4(), code),
    )
    await change(rooms.owner, rooms.trade, old, bump=False)
    for more in ({"expiresOn": "2027-01-01"}, {"producedOn": "2026-05-11"}):
        await refused(rooms, await rooms.do("receiveStock", [rooms.goods(1, 1, lot=code, **more)]), "LotDiffers")
    for by, at in ((CLERK, "shelf"), (OTHER, "elsewhere")):
        same = rooms.goods(1, 1, lot=code, producedOn="2026-05-10")
        assert (await rooms.do("receiveStock", [same], by=by, at=at)).data["done"]["__typename"] == PAPER
    assert await rooms.column("SELECT count(*) FROM lot WHERE code = $1", code) == [1]


async def test_goods_that_leave_say_no_dates(rooms: Rooms) -> None:
    for act in ("issueStock", "transferStock"):
        dated = rooms.goods(1, 1, lot="A", expiresOn="2027-01-01")
        more = {"toLocationId": rooms.place("back")} if act == "transferStock" else {}
        assert (await rooms.do(act, [dated], **more)).codes == ["BAD_USER_INPUT"]


async def test_one_location_is_one_however_it_is_written(rooms: Rooms) -> None:
    same = "location_" + rooms.names["shelf"].hex.upper()
    asked = await rooms.do("transferStock", [rooms.goods(1, 1)], toLocationId=same)
    assert [problem["path"] for problem in asked.data["done"]["problems"]] == [["input", "toLocationId"]]
