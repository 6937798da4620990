"""Acts that open places for goods: a location takes goods in at once, a pool takes what is contributed."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from domain.inventory import MAX_LOCATIONS, MAX_POOLS
from tests.graph.acting import Acts
from tests.graph.trade import change

HOUSE, MANAGER, RIVAL, CLERK = "distributor:1/operator", "brand:1/operator", "distributor:2/operator", "store:1/clerk"


def location(**other: Any) -> dict[str, Any]:
    return {"kind": "WAREHOUSE", "code": uuid4().hex, "name": "Mill Road", **other}


async def test_a_location_is_opened_and_takes_goods_in(acts: Acts) -> None:
    given = location(regionCode=acts.trade.region, point={"latitude": 30.2741, "longitude": -120.1551})
    made = await acts.done("createLocation", given, by=HOUSE)
    assert made == {
        "__typename": "Location",
        "id": made["id"],
        "kind": "WAREHOUSE",
        "code": given["code"],
        "name": "Mill Road",
        "organization": {"id": acts.trade.id("distributor:1")},
        "region": {"code": acts.trade.region},
        "point": {"latitude": 30.2741, "longitude": -120.1551},
    }
    (event,) = await acts.rows("SELECT type, audience FROM outbox_event ORDER BY id DESC LIMIT 1")
    assert event == ("LocationCreated", [acts.trade.key("distributor:1")])
    goods = [{"skuId": acts.trade.id("sku:1"), "quantity": 5}]
    paper = await acts.done("receiveStock", {"locationId": made["id"], "goods": goods}, by=HOUSE)
    assert paper["movements"]["nodes"][0]["onHand"] == 5


async def test_a_pool_is_opened_and_contributed_to(acts: Acts) -> None:
    given = {"code": uuid4().hex, "name": "All of it"}
    pool = await acts.done("createPool", given, by=MANAGER)
    assert pool == {
        "__typename": "Pool",
        "id": pool["id"],
        **given,
        "organization": {"id": acts.trade.id("brand:1")},
    }
    room = await acts.done("createLocation", location(), by=HOUSE)
    offer = {"poolId": pool["id"], "locationId": room["id"], "visibleToId": acts.trade.id("distributor:1")}
    offer |= {"shareBps": 10_000, "rows": [{"skuId": acts.trade.id("sku:1")}]}
    offered = await acts.done("contributeToPool", offer, by=HOUSE)
    assert offered["contribution"]["pool"] == {"code": given["code"]}
    await acts.done("endContribution", {"contributionId": offered["contribution"]["id"]}, by=HOUSE)


@pytest.mark.parametrize(("act", "given"), [("createLocation", location()), ("createPool", {"code": "x", "name": "x"})])
@pytest.mark.parametrize("by", [RIVAL, MANAGER, CLERK, "store:900/clerk", "brand:1/analyst"])
async def test_places_are_for_who_runs_the_organization(acts: Acts, act: str, given: Any, by: str) -> None:
    before = await acts.written()
    for organization in ("distributor:1", "store:1"):
        named = {**given, "organizationId": acts.trade.id(organization)}
        assert (await acts.done(act, named, by=by))["__typename"] == "NotAllowed"
    for nowhere in ({}, {"organizationId": f"store_{uuid4().hex}"}):
        assert (await acts.done(act, {**given, **nowhere}, by="admin"))["__typename"] == "NotAllowed"
    assert await acts.written() == before


@pytest.mark.parametrize("act", ["createLocation", "createPool"])
@pytest.mark.parametrize("by", [None, "member:1"])
async def test_who_is_no_business_opens_nothing(acts: Acts, act: str, by: str | None) -> None:
    given = location() if act == "createLocation" else {"code": "x", "name": "x"}
    assert (await acts.do(act, given, by=by)).codes == ["FORBIDDEN"]


async def test_the_platform_opens_for_a_store_and_the_audit_names_both(acts: Acts) -> None:
    given = location(kind="SHOP", organizationId=acts.trade.id("store:1"))
    made = await acts.done("createLocation", given, by="admin")
    assert made["organization"] == {"id": given["organizationId"]}
    (entry,) = await acts.rows("SELECT operation, actor, on_behalf_of_id FROM audit_entry ORDER BY id DESC LIMIT 1")
    assert entry == ("createLocation", "admin:admin", acts.trade.key("store:1"))


async def test_all_that_is_wrong_with_a_location_is_told_at_once(acts: Acts) -> None:
    before = await acts.written()
    wrong = location(code="", name="x" * 101, regionCode="", point={"latitude": 90.1, "longitude": -181})
    told = await acts.done("createLocation", {**wrong, "organizationId": "store_1"}, by=HOUSE)
    assert [".".join(problem["path"][1:]) for problem in told["problems"]] == [
        *("code", "name", "regionCode", "point.latitude", "point.longitude", "organizationId")
    ]
    nowhere = await acts.done("createLocation", location(regionCode="nowhere"), by=HOUSE)
    assert nowhere["problems"] == [{"path": ["input", "regionCode"], "message": "There is no such region."}]
    told = await acts.done("createPool", {"code": "x\0", "name": ""}, by=HOUSE)
    assert [".".join(problem["path"][1:]) for problem in told["problems"]] == ["code", "name"]
    assert await acts.written() == before


async def test_of_those_who_want_one_code_at_once_one_has_it(acts: Acts) -> None:
    given = location()
    told = await asyncio.gather(*(acts.done("createLocation", given, by=HOUSE) for _ in range(4)))
    assert sorted(one["__typename"] for one in told) == ["CodeTaken"] * 3 + ["Location"]
    assert {one["taken"] for one in told if "taken" in one} == {given["code"]}
    # Another organisation's codes are its own.
    assert (await acts.done("createLocation", given, by=RIVAL))["__typename"] == "Location"


async def test_once_under_its_key(acts: Acts) -> None:
    given = location()
    first = await acts.done("createLocation", given, by=HOUSE, key="once")
    assert await acts.done("createLocation", given, by=HOUSE, key="once") == first
    assert (await acts.done("createLocation", location(), by=HOUSE, key="once"))["__typename"] == "KeyReused"


FILL = "INSERT INTO %s (tenant_id, id, organization_id, code, name%s) VALUES ($1, $2, $3, $4, 'x'%s)"
LOCATIONS, POOLS = FILL % ("location", ", kind", ", 'SHOP'"), FILL % ("inventory_pool", "", "")


@pytest.mark.parametrize(
    ("act", "fill", "most"), [("createLocation", LOCATIONS, MAX_LOCATIONS), ("createPool", POOLS, MAX_POOLS)]
)
async def test_an_organization_has_so_many_and_no_more_whoever_asks_at_once(
    acts: Acts, act: str, fill: str, most: int
) -> None:
    store = acts.trade.key("store:7")
    rows = [(fill, uuid4(), store, uuid4().hex) for _ in range(most - 1)]
    await change(acts.owner, acts.trade, *rows, bump=False)
    here = {"name": "x", "organizationId": acts.trade.id("store:7")}
    here |= {"kind": "SHOP"} if act == "createLocation" else {}
    told = await asyncio.gather(*(acts.done(act, {**here, "code": uuid4().hex}, by="admin") for _ in range(4)))
    made = {"createLocation": "Location", "createPool": "Pool"}[act]
    assert sorted(one["__typename"] for one in told) == ["LimitReached"] * 3 + [made]
    assert {one["most"] for one in told if "most" in one} == {most}


async def test_a_suspended_organization_opens_nothing(acts: Acts) -> None:
    house = {"organizationId": acts.trade.id("store:8"), "reason": "x"}
    await acts.done("suspendOrganization", house, by="admin")
    given = location(organizationId=house["organizationId"])
    assert (await acts.done("createLocation", given, by="admin"))["__typename"] == "NotAllowed"
    await acts.done("resumeOrganization", house, by="admin")
