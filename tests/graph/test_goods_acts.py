"""Saving categories, products and skus: by code, row by row, and found by their words at once."""

import asyncio
from typing import Any

import pytest

from tests.graph.acting import Acts
from tests.graph.shops import kinds
from tests.graph.trade import change

BRAND, RIVAL, CLERK, ANALYST = "brand:1/operator", "brand:2/operator", "store:1/clerk", "brand:1/analyst"


async def found(acts: Acts, text: str) -> list[str]:
    """The skus that a text finds on the shelf of store 1, as its clerk sees it."""
    shelf = acts.trade.id("mall:store:1").replace("mall", "cloudstore")
    data = await acts.ask(
        '{ node(id: "%s") { ... on CloudStore { search(text: "%s") { nodes { sku { code } } } } } }' % (shelf, text),
        CLERK,
    )
    return [each["sku"]["code"] for each in data["node"]["search"]["nodes"]]


async def on_shelf(acts: Acts, code: str) -> None:
    """Put a sku on the shelf of store 1."""
    text = (
        "INSERT INTO listing (tenant_id, id, cloud_store_id, sku_id, origin, status, position)"
        " SELECT $1, gen_random_uuid(), $2, id, 'EXTERNAL', 'LISTED', 500 FROM sku WHERE tenant_id = $1 AND code = $3"
    )
    await change(acts.owner, acts.trade, (text, acts.trade.key("mall:store:1"), code), bump=False)


# ── what is done ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_brand_s_goods_are_saved_and_found(acts: Acts) -> None:
    product = {"code": "g1", "name": "清泉 Sparkling", "description": "water", "category": "beer"}
    saved = await acts.done("saveProducts", {"rows": [product]}, by=BRAND)
    (row,) = saved["rows"]
    assert row == {
        "__typename": "Product",
        "id": row["id"],
        "code": "g1",
        "name": "清泉 Sparkling",
        "description": "water",
        "category": {"code": "beer"},
        "brand": {"id": acts.trade.id("brand:1")},
    }
    sku = {"code": "g1-330", "product": "g1", "name": "清泉 330ml", "barcode": "6901", "minQty": 6, "stepQty": 6}
    sku |= {"shelfLifeDays": 365, "packUnits": [{"code": "CASE", "units": 24}, {"code": "CAN", "units": 1}]}
    saved = await acts.done("saveSkus", {"rows": [sku]}, by=BRAND)
    (row,) = saved["rows"]
    assert row == sku | {
        "__typename": "Sku",
        "id": row["id"],
        "baseUnit": "EACH",
        "product": {"code": "g1"},
        "packUnits": [{"code": "CAN", "units": 1}, {"code": "CASE", "units": 24}],
    }
    await on_shelf(acts, "g1-330")
    assert [await found(acts, text) for text in ("清泉", "sparkl", "6901", "330ml")] == [["g1-330"]] * 4
    (lot,) = await acts.rows("SELECT l.code FROM lot l JOIN sku s ON s.id = l.sku_id WHERE s.code = 'g1-330'")
    assert lot == ("",)


async def test_another_name_is_found_at_once_and_the_old_one_no_more(acts: Acts) -> None:
    await acts.done("saveCategories", {"rows": [{"code": "r", "name": "Riverwater"}]}, by="admin")
    await acts.done("saveProducts", {"rows": [{"code": "r1", "name": "Mill", "category": "r"}]}, by=BRAND)
    await acts.done("saveSkus", {"rows": [{"code": "r1-1", "product": "r1", "name": "x"}]}, by=BRAND)
    await on_shelf(acts, "r1-1")
    assert [await found(acts, text) for text in ("mill", "riverwater")] == [["r1-1"]] * 2
    await acts.done("saveProducts", {"rows": [{"code": "r1", "name": "Race", "category": "r"}]}, by=BRAND)
    assert [await found(acts, text) for text in ("mill", "race")] == [[], ["r1-1"]]
    await acts.done("saveCategories", {"rows": [{"code": "r", "name": "Springwater"}]}, by="admin")
    assert [await found(acts, text) for text in ("riverwater", "springwater")] == [[], ["r1-1"]]


async def test_a_tree_comes_in_one_file_and_has_no_ring(acts: Acts) -> None:
    rows = [
        {"code": "t2", "name": "below", "parent": "t1"},
        {"code": "t1", "name": "top"},
        {"code": "t3", "name": "ring", "parent": "t4"},
        {"code": "t4", "name": "ring", "parent": "t3"},
        {"code": "t5", "name": "lost", "parent": "nowhere"},
        {"code": "t6", "name": "below the lost", "parent": "t5"},
        {"code": "t1", "name": "again"},
    ]
    saved = await acts.done("saveCategories", {"rows": rows}, by="admin")
    assert kinds(saved) == ["Category"] * 2 + ["InvalidInput"] * 5
    assert saved["rows"][0]["parent"] == {"code": "t1"}
    told = [(row["problems"][0]["path"][-1], row["problems"][0]["message"]) for row in saved["rows"][2:]]
    assert told == [
        ("parent", "A category cannot stand below itself."),
        ("parent", "A category cannot stand below itself."),
        ("parent", "There is no such category."),
        ("parent", "There is no such category."),
        ("code", "An earlier row has the same code."),
    ]
    moved = await acts.done("saveCategories", {"rows": [{"code": "t1", "name": "top", "parent": "t2"}]}, by="admin")
    assert kinds(moved) == ["InvalidInput"]


async def test_attributes_are_of_their_kind_and_for_their_goods(acts: Acts) -> None:
    insert = "INSERT INTO attribute (tenant_id, id, code, name, kind, category_id) VALUES ($1, $2, $3, 'x', $4, $5)"
    key = acts.trade.key
    await change(
        acts.owner,
        acts.trade,
        (insert, key("a:proof"), "proof", "INTEGER", key("category:drinks")),
        (insert, key("a:made"), "made", "DATE", None),
        (insert, key("a:other"), "other", "TEXT", await _category(acts, "elsewhere")),
        bump=False,
    )
    rows = [
        {"code": f"a{place}", "product": "1", "name": "x", "attributes": attributes}
        for place, attributes in enumerate(
            [
                [{"code": "proof", "integer": 80}, {"code": "made", "date": "2026-01-02"}],
                [{"code": "proof", "text": "80"}],
                [{"code": "other", "text": "x"}],
                [{"code": "none", "text": "x"}],
                [{"code": "proof"}],
                [{"code": "proof", "integer": 1}, {"code": "proof", "integer": 2}],
            ]
        )
    ]
    saved = await acts.done("saveSkus", {"rows": rows}, by=BRAND)
    assert kinds(saved) == ["Sku"] + ["InvalidInput"] * 5
    none = {"text": None, "integer": None, "boolean": None, "date": None}
    given = [
        none | {"code": "made", "kind": "DATE", "date": "2026-01-02"},
        none | {"code": "proof", "kind": "INTEGER", "integer": 80},
    ]
    assert await _attributes(acts, saved["rows"][0]["id"]) == given
    row = {"code": "a0", "product": "1", "name": "y"}
    await acts.done("saveSkus", {"rows": [row]}, by=BRAND)
    assert await _attributes(acts, saved["rows"][0]["id"]) == given
    await acts.done("saveSkus", {"rows": [{**row, "attributes": []}]}, by=BRAND)
    assert await _attributes(acts, saved["rows"][0]["id"]) == []


async def _attributes(acts: Acts, sku: str) -> Any:
    data = await acts.ask('{ sku(id: "%s") { attributes { code kind text integer boolean date } } }' % sku)
    return data["sku"]["attributes"]


async def _category(acts: Acts, code: str) -> Any:
    saved = await acts.done("saveCategories", {"rows": [{"code": code, "name": "x"}]}, by="admin")
    return saved["rows"][0]["id"].removeprefix("category_")


# ── what is refused ───────────────────────────────────────────────────────────────────────────────────────────────────
async def test_good_rows_are_kept_and_each_bad_one_says_why(acts: Acts) -> None:
    rows = [
        {"code": "b1", "product": "1", "name": "fine"},
        {"code": "2", "product": "1", "name": "a rival's"},
        {"code": "b2", "product": "2", "name": "of a rival's product"},
        {"code": "", "product": "1", "name": "x" * 201, "minQty": 0, "packUnits": [{"code": "C", "units": 0}]},
        {"code": "1", "product": "1", "name": "x", "baseUnit": "BOTTLE"},
    ]
    saved = await acts.done("saveSkus", {"rows": rows}, by=BRAND)
    assert kinds(saved) == ["Sku", "CodeTaken", "InvalidInput", "InvalidInput", "InvalidInput"]
    assert saved["rows"][1]["taken"] == "2"
    assert [problem["path"] for problem in saved["rows"][3]["problems"]] == [
        ["input", "rows", "3", name] for name in ("code", "name", "minQty")
    ] + [["input", "rows", "3", "packUnits", "0", "units"]]
    assert saved["rows"][4]["problems"][0]["path"] == ["input", "rows", "4", "baseUnit"]
    assert await acts.rows("SELECT code FROM sku WHERE code IN ('b1', 'b2', '')") == [("b1",)]


@pytest.mark.parametrize("by", [CLERK, ANALYST, "distributor:1/operator", RIVAL])
async def test_goods_are_their_brand_s_to_save(acts: Acts, by: str) -> None:
    before = await acts.written()
    given = {"rows": [{"code": "n", "name": "x"}], "brandId": acts.trade.id("brand:1")}
    assert (await acts.done("saveProducts", given, by=by))["__typename"] == "NotAllowed"
    given = {"rows": [{"code": "n", "product": "1", "name": "x"}], "brandId": acts.trade.id("brand:1")}
    assert (await acts.done("saveSkus", given, by=by))["__typename"] == "NotAllowed"
    assert await acts.written() == before


async def test_the_platform_saves_for_any_brand(acts: Acts) -> None:
    given: dict[str, Any] = {"rows": [{"code": "p1", "name": "x"}]}
    assert (await acts.done("saveProducts", given, by="admin"))["__typename"] == "NotAllowed"
    given["brandId"] = acts.trade.id("brand:2")
    assert kinds(await acts.done("saveProducts", given, by="admin")) == ["Product"]


@pytest.mark.parametrize("count", [0, 501])
async def test_a_file_has_rows_and_not_too_many(acts: Acts, count: int) -> None:
    rows = [{"code": f"m{number}", "name": "x"} for number in range(count)]
    answer = await acts.done("saveProducts", {"rows": rows}, by=BRAND)
    assert answer["problems"] == [{"path": ["input", "rows"], "message": "1 to 500 rows are expected."}]


# ── once ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_file_sent_again_changes_nothing_and_says_the_same(acts: Acts) -> None:
    rows = [{"code": "o1", "product": "1", "name": "x", "packUnits": [{"code": "C", "units": 6}]}]
    rows += [{"code": "2", "product": "1", "name": "x"}, {"code": "o2", "product": "none", "name": "x"}]
    first = await acts.done("saveSkus", {"rows": rows}, by=BRAND, key="file")
    before = await acts.written()
    assert await acts.done("saveSkus", {"rows": rows}, by=BRAND, key="file") == first
    assert await acts.written() == before
    again = await acts.done("saveSkus", {"rows": rows}, by=BRAND)
    assert again == first
    keys, entries, events = before
    assert await acts.written() == (keys + 1, entries + 1, events)
    other = await acts.done("saveSkus", {"rows": rows[:1]}, by=BRAND, key="file")
    assert other["__typename"] == "KeyReused"


async def test_of_two_brands_that_want_one_number_at_once_one_gets_it(acts: Acts) -> None:
    for number in range(4):
        files = [
            acts.done("saveSkus", {"rows": [{"code": f"w{number}", "product": product, "name": "x"}]}, by=by)
            for by, product in ((BRAND, "1"), (RIVAL, "2"))
        ]
        saved = await asyncio.gather(*files)
        assert sorted(kind for answer in saved for kind in kinds(answer)) == ["CodeTaken", "Sku"]


async def test_statements_do_not_grow_with_the_file(acts: Acts) -> None:
    async def costs(act: str, rows: list[dict[str, Any]]) -> list[int]:
        files = (rows[:1], rows[1:2], rows[2:])
        return [len((await acts.do(act, {"rows": file}, by=BRAND)).statements) for file in files]

    products = [{"code": f"s{number}", "name": "x"} for number in range(502)]
    _, one, many = await costs("saveProducts", products)
    assert one == many == 12
    skus = [
        {"code": f"s{number}", "product": f"s{number}", "name": "x", "packUnits": [{"code": "C", "units": 6}]}
        for number in range(502)
    ]
    _, one, many = await costs("saveSkus", skus)
    assert one == many == 26
