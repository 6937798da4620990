"""Acts that set up an organisation through the graph: its territories, staff, and its cloud store."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

import boot
from tests.graph.channel import Channel, house, name, opened, site
from tests.graph.client import GraphClient

HOUSE, RIVAL, BRAND, ANALYST = "distributor:1/operator", "distributor:2/operator", "brand:1/operator", "brand:1/analyst"
CLERK, MANAGER, SISTER = "store:1/clerk", "store:1/manager", "store:2/manager"


@pytest.fixture(scope="module")
async def channel(access: boot.Access, graph: GraphClient) -> Channel:
    return await opened(access.owner, graph)


# ── territories ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_one_above_protects_an_area_for_an_organization(channel: Channel) -> None:
    region = channel.trade.region
    given = {"organizationId": channel.id("distributor:1"), "name": name(), "regionCodes": [region, region]}
    for by in (HOUSE, RIVAL, ANALYST, MANAGER, "brand:2/operator"):
        await channel.refused("createTerritory", given, "NotAllowed", by=by)
    answer = await channel.do("createTerritory", given, by=BRAND)
    assert answer == {
        "__typename": "Territory",
        "id": answer["id"],
        "name": given["name"],
        "organization": {"id": given["organizationId"]},
        "regions": [{"code": region}],
    }
    await channel.refused("createTerritory", given, "InvalidInput", by=BRAND)
    own = {**given, "organizationId": channel.id("brand:1")}
    assert (await channel.do("createTerritory", own, by=BRAND))["__typename"] == "Territory"

    change = {"territoryId": answer["id"], "regionCodes": [f"{region}-1"]}
    await channel.refused("setTerritoryRegions", change, "NotAllowed", by=HOUSE)
    changed = await channel.do("setTerritoryRegions", change, by=BRAND)
    assert changed["regions"] == [{"code": f"{region}-1"}]
    assert (await channel.see("query ($id: ID!) { node(id: $id) { id } }", id=answer["id"], by=None)) == {
        "node": {"id": answer["id"]}
    }
    wrong = {**change, "regionCodes": [region, region, "nowhere", "elsewhere"]}
    told = await channel.refused("setTerritoryRegions", wrong, "InvalidInput", by=BRAND)
    assert [problem["path"][1:] for problem in told["problems"]] == [["regionCodes", "2"], ["regionCodes", "3"]]
    told = await channel.refused("createTerritory", {**given, "regionCodes": []}, "InvalidInput", by=BRAND)
    assert [problem["path"][1:] for problem in told["problems"]] == [["regionCodes"]]
    ended = await channel.do("setTerritoryRegions", {**change, "regionCodes": []}, by=BRAND)
    assert (ended["id"], ended["regions"]) == (answer["id"], [])


async def test_who_has_nobody_above_is_given_nothing_unless_it_is_a_brand(channel: Channel) -> None:
    organization, login = await house(channel)
    await channel.do("leaveUpstream", {"organizationId": organization, "upstreamId": channel.id("brand:1")}, by=login)
    given = {"organizationId": organization, "name": name(), "regionCodes": [channel.trade.region]}
    for by in (login, BRAND):
        await channel.refused("createTerritory", given, "NotAllowed", by=by)
    assert (await channel.do("createTerritory", given, by="admin"))["__typename"] == "Territory"


async def test_of_two_who_set_regions_at_once_one_is_last(channel: Channel) -> None:
    region = channel.trade.region
    given = {"organizationId": channel.id("distributor:1"), "name": name(), "regionCodes": [region]}
    made = await channel.do("createTerritory", given, by=BRAND)
    sets = [[region], [f"{region}-1"], [region, f"{region}-1"]]
    await asyncio.gather(
        *(
            channel.do("setTerritoryRegions", {"territoryId": made["id"], "regionCodes": codes}, by=BRAND)
            for codes in sets * 3
        )
    )
    held = "SELECT region_code FROM territory_region WHERE territory_id = $1 ORDER BY 1"
    ((id,),) = await channel.rows("SELECT id FROM territory WHERE name = $1", given["name"])
    assert [code for (code,) in await channel.rows(held, id)] in sets


# ── staff ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def staff(channel: Channel, role: str = "CLERK", **person: Any) -> dict[str, Any]:
    return {
        "organizationId": channel.id("store:1"),
        "person": {"displayName": "Sue", "subject": name(), **person},
        "role": role,
    }


async def test_an_administrator_gives_and_ends_roles(channel: Channel) -> None:
    given = staff(channel)
    for by in (CLERK, SISTER, HOUSE, BRAND):
        await channel.refused("addStaff", given, "NotAllowed", by=by)
    added = await channel.do("addStaff", given, by=MANAGER)
    assert added == {
        "__typename": "Staff",
        "id": added["id"],
        "displayName": "Sue",
        "role": "CLERK",
        "isActive": True,
        "organization": {"id": channel.id("store:1")},
    }
    assert await channel.told() == ("StaffAdded", {channel.trade.key("store:1")})
    assert (await channel.see("{ viewer { role } }", by=given["person"]["subject"]))["viewer"] == {"role": "CLERK"}
    listed = "query ($id: ID!) { organization(id: $id) { staff(first: 100) { nodes { id } } } }"
    seen = [
        {"id": added["id"]}
        in (await channel.see(listed, by=by, id=channel.id("store:1")))["organization"]["staff"]["nodes"]
        for by in (MANAGER, HOUSE, SISTER)
    ]
    assert seen == [True, False, False]
    for by in (SISTER, HOUSE):
        await channel.refused("endStaff", {"staffId": added["id"]}, "NotAllowed", by=by)
    ended = await channel.do("endStaff", {"staffId": added["id"]}, by=MANAGER)
    assert ended["isActive"] is False
    await channel.refused("endStaff", {"staffId": added["id"]}, "InvalidInput", by=MANAGER)
    shut = await channel.graph.ask("{ viewer { role } }", by=given["person"]["subject"], tenant=channel.trade.code)
    assert shut.codes == ["UNAUTHENTICATED"]
    again = await channel.do("addStaff", given, by=MANAGER)
    assert (again["id"], again["isActive"]) == (added["id"], True)


@pytest.mark.parametrize("role", ["OPERATOR", "SALESPERSON", "ANALYST"])
async def test_a_store_has_clerks_and_managers(channel: Channel, role: str) -> None:
    answer = await channel.refused("addStaff", staff(channel, role), "RoleNotAllowed", by=MANAGER)
    assert answer["message"] == f"There is no {role} in an organisation of the tier STORE."


async def test_a_person_is_named_somehow(channel: Channel) -> None:
    answer = await channel.refused("addStaff", staff(channel, subject=None), "InvalidInput", by=MANAGER)
    assert [problem["path"][1:] for problem in answer["problems"]] == [["person", "subject"]]


async def test_the_last_administrator_stays_whoever_goes_at_once(channel: Channel) -> None:
    organization, login = await house(channel)
    given = {**staff(channel, "OPERATOR"), "organizationId": organization}
    second = await channel.do("addStaff", given, by=login)
    await channel.do("addStaff", {**staff(channel, "SALESPERSON"), "organizationId": organization}, by=login)
    ((first,),) = await channel.rows(
        "SELECT s.id FROM staff s JOIN account a ON a.id = s.account_id WHERE a.subject = $1", login
    )
    both = [second["id"], f"staff_{first.hex}"]
    told = await asyncio.gather(*(channel.do("endStaff", {"staffId": id}, by="admin") for id in both))
    assert sorted(one["__typename"] for one in told) == ["LastAdministrator", "Staff"]
    listed = "query ($id: ID!) { organization(id: $id) { staff { nodes { role } } } }"
    roles = (await channel.see(listed, id=organization))["organization"]["staff"]["nodes"]
    assert sorted(one["role"] for one in roles) == ["OPERATOR", "SALESPERSON"]


# ── cloud stores ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_organization_opens_closes_and_opens_its_one_cloud_store(channel: Channel) -> None:
    organization, login = await house(channel)
    given = {"organizationId": organization, "mode": "B2B_ORDERING", "name": "Mall", "siteId": channel.id("site:city")}
    for by in (HOUSE, BRAND, MANAGER, ANALYST):
        await channel.refused("openCloudStore", given, "NotAllowed", by=by)
    told = await asyncio.gather(*(channel.do("openCloudStore", given, by=login) for _ in range(4)))
    assert sorted(one["__typename"] for one in told) == ["CloudStore"] + ["CloudStoreExists"] * 3
    (store,) = (one for one in told if one["__typename"] == "CloudStore")
    assert (store["mode"], store["site"], store["region"]) == (
        "B2B_ORDERING",
        {"id": channel.id("site:city")},
        {"code": channel.trade.region},
    )
    change = {"cloudStoreId": store["id"], "mode": "PRIVATE_MALL"}
    await channel.refused("setCloudStoreMode", change, "NotAllowed", by=HOUSE)
    assert (await channel.do("setCloudStoreMode", change, by=login))["mode"] == "PRIVATE_MALL"
    await _closed(channel, store["id"], organization, login)
    before = await channel.written()
    again = await channel.do("openCloudStore", {**given, "mode": "O2O", "siteId": None}, by=login)
    assert (again["id"], again["mode"], again["site"]) == (store["id"], "O2O", None)
    assert "cloud_store" not in await channel.grown(before)


async def _closed(channel: Channel, store: str, organization: str, login: str) -> None:
    """It has been open for an hour and closes."""
    await channel.rows(
        "UPDATE cloud_store SET opened_at = opened_at - interval '1 hour' WHERE name = 'Mall' RETURNING id"
    )
    change = {"cloudStoreId": store, "reason": "moving"}
    await channel.refused("closeCloudStore", change, "NotAllowed", by=HOUSE)
    closed = await channel.do("closeCloudStore", change, by=login)
    assert (closed["id"], closed["cloudStore"]) == (organization, None)
    assert (await channel.told())[0] == "CloudStoreClosed"
    for act, more in (("closeCloudStore", {"reason": "again"}), ("setCloudStoreMode", {"mode": "O2O"})):
        await channel.refused(act, {"cloudStoreId": store, **more}, "NotAllowed", by=login)


async def test_a_cloud_store_sells_as_its_tier_may(channel: Channel) -> None:
    change = {"cloudStoreId": channel.id("mall:store:1"), "mode": "B2B_ORDERING"}
    answer = await channel.refused("setCloudStoreMode", change, "ModeNotAllowed", by=MANAGER)
    assert answer["message"] == "A cloud store of the tier STORE does not sell as B2B_ORDERING."
    await channel.refused("setCloudStoreMode", {**change, "mode": "O2O"}, "NotAllowed", by=CLERK)


async def test_a_cloud_store_is_decorated_whole(channel: Channel) -> None:
    store = channel.id("mall:store:1")
    sections = [
        {"title": "New", "skuIds": [channel.id("sku:2"), channel.id("sku:1")]},
        {"title": "Drinks", "categoryIds": [channel.id("category:drinks")]},
    ]
    page = {"cloudStoreId": store, "bannerUrl": "https://pictures.example/a.png", "sections": sections}
    for by in (CLERK, SISTER, HOUSE):
        await channel.refused("decorateCloudStore", page, "NotAllowed", by=by)
    answer = await channel.do("decorateCloudStore", page, by=MANAGER)
    assert answer["decoration"] == {
        "bannerUrl": "https://pictures.example/a.png",
        "bannerText": None,
        "sections": [
            {"title": "New", "skus": [{"id": channel.id("sku:2")}, {"id": channel.id("sku:1")}], "categories": []},
            {"title": "Drinks", "skus": [], "categories": [{"id": channel.id("category:drinks")}]},
        ],
    }
    answer = await channel.do("decorateCloudStore", {"cloudStoreId": store, "bannerText": "Hello"}, by=MANAGER)
    assert answer["decoration"] == {"bannerUrl": None, "bannerText": "Hello", "sections": []}


async def test_all_that_is_wrong_with_a_front_page_is_told_at_once(channel: Channel) -> None:
    page = {
        "cloudStoreId": channel.id("mall:store:1"),
        "bannerUrl": "http://pictures.example/a b",
        "bannerText": "x" * 201,
        "sections": [{"title": "", "skuIds": ["sku_1"]}, {"title": "x", "categoryIds": ["x"] * 51}],
    }
    answer = await channel.refused("decorateCloudStore", page, "InvalidInput", by=MANAGER)
    assert [".".join(problem["path"][1:]) for problem in answer["problems"]] == [
        *("bannerUrl", "bannerText", "sections.0.title", "sections.0.skuIds.0", "sections.1.categoryIds")
    ]
    nothing = [{"title": "x", "skuIds": [channel.id("sku:1"), f"sku_{uuid4().hex}"]}]
    unknown = {"cloudStoreId": page["cloudStoreId"], "sections": nothing}
    answer = await channel.refused("decorateCloudStore", unknown, "InvalidInput", by=MANAGER)
    assert answer["problems"] == [
        {"path": ["input", "sections", "0", "skuIds", "1"], "message": "There is no such sku."}
    ]


async def test_what_an_ordering_mall_shows_is_for_whom_it_supplies(channel: Channel) -> None:
    mall = channel.id("mall:distributor:1")
    await channel.do("decorateCloudStore", {"cloudStoreId": mall, "bannerText": "Trade"}, by=HOUSE)
    text = "query ($id: ID!) { cloudStore(id: $id) { decoration { bannerText } } }"
    seen = [
        (await channel.see(text, by=by, id=mall))["cloudStore"]["decoration"] for by in (HOUSE, MANAGER, RIVAL, None)
    ]
    assert seen == [{"bannerText": "Trade"}, {"bannerText": "Trade"}, None, None]


# ── not there ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_what_is_not_there_is_not_allowed_to_the_platform_either(channel: Channel) -> None:
    other = {kind: f"{kind}_{uuid4().hex}" for kind in ("store", "territory", "staff", "cloudstore", "site")}
    person = {"displayName": "x", "subject": "x"}
    here, house_ = {"organizationId": other["store"]}, channel.id("distributor:1")
    below = {**site(channel), "parentId": other["site"]}
    invited = {"tier": "STORE", "code": name(), "name": "x", "administrator": person}
    acts: list[tuple[str, dict[str, Any]]] = [
        ("inviteOrganization", {"upstreamId": other["store"], **invited}),
        ("reviewOrganization", {**here, "approve": True}),
        ("reviewOrganization", {"organizationId": channel.id("store:1"), "approve": True}),
        ("suspendOrganization", {**here, "reason": "x"}),
        ("resumeOrganization", {**here, "reason": "x"}),
        ("joinUpstream", {**here, "upstreamId": house_}),
        ("leaveUpstream", {**here, "upstreamId": house_}),
        ("setPrimaryUpstream", {**here, "upstreamId": house_}),
        ("createSite", below),
        ("createSite", {**site(channel), **here}),
        ("createTerritory", {**here, "name": "x", "regionCodes": [channel.trade.region]}),
        ("setTerritoryRegions", {"territoryId": other["territory"], "regionCodes": [channel.trade.region]}),
        ("addStaff", {**here, "person": person, "role": "CLERK"}),
        ("endStaff", {"staffId": other["staff"]}),
        ("openCloudStore", {**here, "mode": "O2O", "name": "x"}),
        ("setCloudStoreMode", {"cloudStoreId": other["cloudstore"], "mode": "O2O"}),
        ("decorateCloudStore", {"cloudStoreId": other["cloudstore"]}),
        ("closeCloudStore", {"cloudStoreId": other["cloudstore"], "reason": "x"}),
    ]
    for act, given in acts:
        await channel.refused(act, given, "NotAllowed", by="admin")


# ── once ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
MADE = {
    "createSite": "Site",
    "createTerritory": "Territory",
    "addStaff": "Staff",
    "setCloudStoreMode": "CloudStore",
    "closeCloudStore": "Store",
}


async def test_each_is_done_once_under_its_key(channel: Channel) -> None:
    acts = [
        ("createSite", site(channel, kind="TOPIC"), BRAND),
        (
            "createTerritory",
            {"organizationId": channel.id("store:9"), "name": name(), "regionCodes": [channel.trade.region]},
            HOUSE,
        ),
        ("addStaff", staff(channel), MANAGER),
        ("setCloudStoreMode", {"cloudStoreId": channel.id("mall:store:1"), "mode": "COMMUNITY_GROUP"}, MANAGER),
        ("closeCloudStore", {"cloudStoreId": channel.id("mall:store:3"), "reason": "moving"}, "store:3/manager"),
    ]
    for act, given, by in acts:
        first = await channel.do(act, given, by=by, key="once")
        assert first["__typename"] == MADE[act]
        before = await channel.written()
        assert await channel.do(act, given, by=by, key="once") == first
        assert await channel.written() == before


async def test_what_the_platform_sets_up_says_for_whom(channel: Channel) -> None:
    id, _ = await house(channel)
    person = {"displayName": "Sue", "subject": name()}
    staff = await channel.do("addStaff", {"organizationId": id, "role": "SALESPERSON", "person": person}, by="admin")
    await channel.do("endStaff", {"staffId": staff["id"]}, by="admin")
    opened = {"organizationId": id, "mode": "B2B_ORDERING", "name": "House"}
    store = (await channel.do("openCloudStore", opened, by="admin"))["id"]
    await channel.do("setCloudStoreMode", {"cloudStoreId": store, "mode": "PRIVATE_MALL"}, by="admin")
    await channel.do("decorateCloudStore", {"cloudStoreId": store, "sections": []}, by="admin")
    await channel.do("closeCloudStore", {"cloudStoreId": store, "reason": "moved"}, by="admin")
    audit = "SELECT actor_class, on_behalf_of_id FROM audit_entry ORDER BY id DESC LIMIT 6"
    assert await channel.rows(audit) == [("PLATFORM_ADMIN", UUID(hex=id.split("_")[1]))] * 6
