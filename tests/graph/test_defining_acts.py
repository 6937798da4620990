"""Defining the attributes of goods: by code, row by row, each of one kind for as long as it has values."""

import asyncio
from typing import Any

import asyncpg
import pytest

from domain.catalog import MAX_DEFINED
from tests.graph.acting import Acts
from tests.graph.shops import kinds
from tests.graph.trade import change

BRAND = "brand:1/operator"


def row(code: str, kind: str = "INTEGER", **other: Any) -> dict[str, Any]:
    return {"code": code, "name": f"The {code}", "kind": kind, **other}


async def save(acts: Acts, *rows: dict[str, Any], key: str | None = None) -> Any:
    return await acts.done("saveAttributes", {"rows": list(rows)}, by="admin", key=key)


async def give(acts: Acts, sku: str, **attribute: Any) -> Any:
    """A sku of the first brand's with an attribute."""
    rows = [{"code": sku, "product": "1", "name": "x", "attributes": [attribute]}]
    return kinds(await acts.done("saveSkus", {"rows": rows}, by=BRAND))


async def test_an_attribute_is_defined_and_given_to_goods_of_its_category(acts: Acts) -> None:
    saved = await save(acts, row("d-proof", unit="%", category="beer"), row("d-dry", "BOOLEAN"))
    assert kinds(saved) == ["Attribute"] * 2
    assert saved["rows"][0] == {
        "__typename": "Attribute",
        "id": saved["rows"][0]["id"],
        **row("d-proof", unit="%", category={"code": "beer"}),
    }
    seen = await acts.ask('{ node(id: "%s") { ... on Attribute { name unit } } }' % saved["rows"][0]["id"])
    assert seen["node"] == {"name": "The d-proof", "unit": "%"}
    listed = await acts.ask("{ attributes(first: 100) { nodes { code category { code } } } }")
    assert {"code": "d-dry", "category": None} in listed["attributes"]["nodes"]
    assert await give(acts, "d1", code="d-dry", boolean=True) == ["Sku"]
    assert await give(acts, "d1", code="d-dry", integer=1) == ["InvalidInput"]


async def test_what_is_in_use_keeps_its_kind_and_what_is_not_may_change(acts: Acts) -> None:
    await save(acts, row("u-used"), row("u-free"))
    assert await give(acts, "u1", code="u-used", integer=1) == ["Sku"]
    saved = await save(acts, row("u-used", "TEXT"), row("u-free", "TEXT"), row("u-used", name="again"))
    assert kinds(saved) == ["AttributeInUse", "Attribute", "InvalidInput"]
    assert (saved["rows"][0]["attribute"], saved["rows"][0]["kept"]) == ("u-used", "INTEGER")
    assert saved["rows"][1]["kind"] == "TEXT"
    renamed = await save(acts, row("u-used", unit="ml") | {"name": "Volume"})
    assert (renamed["rows"][0]["name"], renamed["rows"][0]["unit"]) == ("Volume", "ml")


async def test_the_database_holds_values_to_their_kind(acts: Acts) -> None:
    await save(acts, row("k-number"))
    assert await give(acts, "k1", code="k-number", integer=1) == ["Sku"]
    for statement in (
        "UPDATE attribute SET kind = 'TEXT' WHERE tenant_id = $1 AND code = 'k-number'",
        "UPDATE sku_attribute SET integer_value = NULL, text_value = 'x' WHERE tenant_id = $1 AND attribute_id ="
        " (SELECT id FROM attribute WHERE code = 'k-number')",
    ):
        with pytest.raises(asyncpg.ForeignKeyViolationError, match="fk_sku_attribute_kind"):
            await change(acts.owner, acts.trade, (statement,), bump=False)


async def test_a_kind_that_changes_while_a_sku_gets_a_value_is_one_or_the_other(acts: Acts) -> None:
    for number in range(5):
        code = f"r-{number}"
        await save(acts, row(code))
        given, saved = await asyncio.gather(
            give(acts, f"r{number}", code=code, integer=1), save(acts, row(code, "TEXT"))
        )
        assert (given, kinds(saved)) in [(["Sku"], ["AttributeInUse"]), (["InvalidInput"], ["Attribute"])]


async def test_good_rows_are_kept_and_each_bad_one_says_why(acts: Acts) -> None:
    saved = await save(
        acts,
        row("b-fine"),
        row("", unit="", category=""),
        row("b-lost", category="nowhere"),
        row("b-fine"),
        row("b-long") | {"name": "x" * 201},
    )
    assert kinds(saved) == ["Attribute"] + ["InvalidInput"] * 4
    told = [[problem["path"][3] for problem in each["problems"]] for each in saved["rows"][1:]]
    assert told == [["code", "name", "unit", "category"], ["category"], ["code"], ["name"]]


async def test_attributes_are_the_platform_s(acts: Acts) -> None:
    for by in (BRAND, "store:1/clerk", "member:1", None):
        assert (await acts.do("saveAttributes", {"rows": [row("x")]}, by=by)).codes == ["FORBIDDEN"]


@pytest.mark.parametrize("count", [0, 501])
async def test_a_file_has_rows_and_not_too_many(acts: Acts, count: int) -> None:
    answer = await save(acts, *(row(f"m{number}") for number in range(count)))
    assert answer["problems"] == [{"path": ["input", "rows"], "message": "1 to 500 rows are expected."}]


async def test_a_file_sent_again_changes_nothing_and_says_the_same(acts: Acts) -> None:
    rows = [row("o-1"), row("o-2", category="nowhere")]
    first = await save(acts, *rows, key="attributes")
    before = await acts.written()
    assert await save(acts, *rows, key="attributes") == first
    assert await acts.written() == before
    assert await save(acts, *rows) == first
    keys, entries, events = before
    assert await acts.written() == (keys + 1, entries + 1, events)


async def test_a_tenant_has_so_many_and_no_more(acts: Acts) -> None:
    ((there,),) = await acts.rows("SELECT count(*) FROM attribute")
    fill = (
        "INSERT INTO attribute (tenant_id, id, code, name, kind)"
        " SELECT $1, gen_random_uuid(), 'fill-' || n, 'x', 'TEXT' FROM generate_series(1, $2::int) n"
    )
    await change(acts.owner, acts.trade, (fill, MAX_DEFINED - 1 - there), bump=False)
    told = await asyncio.gather(*(save(acts, row(f"l-{number}a"), row(f"l-{number}b")) for number in range(3)))
    assert sorted(kind for each in told for kind in kinds(each)) == ["Attribute"] + ["LimitReached"] * 5
    assert kinds(await save(acts, row("fill-1", "TEXT"))) == ["Attribute"]
    await change(
        acts.owner, acts.trade, ("DELETE FROM attribute WHERE tenant_id = $1 AND code LIKE 'fill-%'",), bump=False
    )


async def test_statements_do_not_grow_with_the_file(acts: Acts) -> None:
    rows = [row(f"s-{number}") for number in range(202)]
    files = [
        len((await acts.do("saveAttributes", {"rows": file}, by="admin")).statements)
        for file in (rows[:1], rows[1:2], rows[2:])
    ]
    assert files[1] == files[2]
