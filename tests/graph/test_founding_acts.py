"""Acts that found the channel: the platform takes on brands and suppliers, and organisations get their tags."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

import boot
from domain.channel import MAX_HEADS
from tests.graph.acted import ACTS
from tests.graph.channel import Channel, house, name, opened
from tests.graph.client import GraphClient
from tests.graph.trade import change

HOUSE, RIVAL, BRAND, MANAGER = "distributor:1/operator", "distributor:2/operator", "brand:1/operator", "store:1/manager"


@pytest.fixture(scope="module")
async def channel(access: boot.Access, graph: GraphClient) -> Channel:
    return await opened(access.owner, graph)


def brand(**other: Any) -> dict[str, Any]:
    person = {"displayName": "Bea", "subject": f"{name()}/operator"}
    return {"tier": "BRAND", "code": name(), "name": "Clear Spring", "administrator": person, **other}


# ── brands and suppliers ──────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_platform_takes_on_a_brand_that_then_invites(channel: Channel) -> None:
    given = brand(where={"regionCode": channel.trade.region})
    made = await channel.do("createOrganization", given, by="admin")
    assert made == {
        "__typename": "Brand",
        "id": made["id"],
        "tier": "BRAND",
        "code": given["code"],
        "name": "Clear Spring",
        "status": "ACTIVE",
        "region": {"code": channel.trade.region},
        "upstreams": [],
        "cloudStore": None,
    }
    login = given["administrator"]["subject"]
    seen = await channel.see("{ viewer { role organization { id } } }", by=login)
    assert seen["viewer"] == {"role": "OPERATOR", "organization": {"id": made["id"]}}
    person = {"displayName": "Hal", "subject": name()}
    below = {"upstreamId": made["id"], "tier": "DISTRIBUTOR", "code": name(), "name": "x", "administrator": person}
    assert (await channel.do("inviteOrganization", below, by=login))["__typename"] == "Distributor"
    await channel.check()
    (entry,) = await channel.rows(
        "SELECT actor, on_behalf_of_id FROM audit_entry WHERE operation = 'createOrganization' ORDER BY id DESC LIMIT 1"
    )
    assert (entry[0], f"brand_{entry[1].hex}") == ("admin:admin", made["id"])


async def test_a_supplier_is_taken_on_and_supplies_once_the_brand_agrees(channel: Channel) -> None:
    given = brand(tier="SUPPLIER", administrator=None)
    made = await channel.do("createOrganization", given, by="admin")
    assert made["__typename"] == "Supplier"
    joined = {"organizationId": channel.id("brand:2"), "upstreamId": made["id"]}
    for by in ("brand:2/operator", "admin"):  # nobody logs in for a supplier: the platform agrees for it
        answer = await channel.do("joinUpstream", joined, by=by)
    assert answer["upstreams"] == [{"organization": {"id": made["id"]}, "isPrimary": True}]
    await channel.do("leaveUpstream", joined, by="brand:2/operator")
    await channel.check()


async def test_only_the_platform_takes_on_brands(channel: Channel) -> None:
    for by in (BRAND, HOUSE, MANAGER, "brand:1/analyst", "member:1", None):
        asked = await channel.ask("createOrganization", brand(), by=by)
        assert asked.codes == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("wrong", "paths"),
    [
        ({"tier": "STORE"}, ["tier"]),
        ({"administrator": None}, ["administrator"]),
        ({"tier": "SUPPLIER"}, ["administrator"]),
        ({"code": "", "name": "x" * 101, "administrator": {"displayName": ""}}, None),
        ({"where": {"regionCode": "nowhere"}}, ["where.regionCode"]),
    ],
)
async def test_what_cannot_be_meant(channel: Channel, wrong: dict[str, Any], paths: list[str] | None) -> None:
    told = await channel.refused("createOrganization", brand(**wrong), "InvalidInput", by="admin")
    found = [".".join(problem["path"][1:]) for problem in told["problems"]]
    assert found == (paths or ["code", "name", "administrator.subject", "administrator.displayName"])


async def test_one_brand_has_a_code(channel: Channel) -> None:
    given = brand()
    told = await asyncio.gather(*(channel.do("createOrganization", given, by="admin") for _ in range(3)))
    assert sorted(one["__typename"] for one in told) == ["Brand", "CodeTaken", "CodeTaken"]


async def test_a_phone_is_one_account_s_and_stands_by_itself(channel: Channel) -> None:
    person = {"displayName": "x", "phone": "+8613900000001"}
    for _ in range(2):
        made = await channel.do("createOrganization", brand(administrator=person), by="admin")
        assert made["__typename"] == "Brand"
    roles = await channel.rows(
        "SELECT account.id, account.phone FROM account JOIN staff ON staff.account_id = account.id"
        " WHERE subject = 'tel:+8613900000001'"
    )
    assert len(roles) == 2
    assert len(set(roles)) == 1
    assert roles[0][1] is None  # what nobody has proved is not written down
    for wrong in (person | {"subject": name()}, {"displayName": "x", "subject": "tel:+8613900000001"}):
        told = await channel.refused("createOrganization", brand(administrator=wrong), "InvalidInput", by="admin")
        assert [problem["path"][1:] for problem in told["problems"]] == [["administrator", "subject"]]


async def test_nobody_whose_account_is_shut_administers_a_brand(channel: Channel) -> None:
    login, before = name(), await channel.rows("SELECT id FROM organization ORDER BY id")
    shut = "INSERT INTO account (tenant_id, id, subject, display_name, is_active) VALUES ($1, $2, $3, 'Gone', false)"
    await change(channel.owner, channel.trade, (shut, uuid4(), login), bump=False)
    given = brand(administrator={"displayName": "x", "subject": login})
    await channel.refused("createOrganization", given, "AccountInactive", by="admin")
    assert await channel.rows("SELECT id FROM organization ORDER BY id") == before


async def test_a_tenant_has_so_many_brands_and_no_more(channel: Channel) -> None:
    ((there,),) = await channel.rows("SELECT count(*) FROM organization WHERE tier = 'SUPPLIER'")
    fill = (
        "INSERT INTO organization (tenant_id, id, tier, code, name)"
        " SELECT $1, gen_random_uuid(), 'SUPPLIER', 'fill-' || n, 'x' FROM generate_series(1, $2::int) n"
    )
    await change(channel.owner, channel.trade, (fill, MAX_HEADS - 1 - there), bump=False)
    given = [brand(tier="SUPPLIER", administrator=None) for _ in range(3)]
    told = await asyncio.gather(*(channel.do("createOrganization", each, by="admin") for each in given))
    assert sorted(one["__typename"] for one in told) == ["LimitReached", "LimitReached", "Supplier"]
    gone = "DELETE FROM organization WHERE tenant_id = $1 AND code LIKE 'fill-%'"
    await change(channel.owner, channel.trade, (gone,), bump=False)


# ── tags ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def tagged(*rows: tuple[str, list[str]]) -> dict[str, Any]:
    return {"rows": [{"organizationId": id, "tags": tags} for id, tags in rows]}


TAGS = "query ($id: ID!) { organization(id: $id) { tags } }"


async def test_one_above_says_which_tags_an_organization_bears(channel: Channel) -> None:
    store = channel.id("store:1")
    for by in (HOUSE, BRAND, "admin"):
        told = await channel.do("setTags", tagged((store, [by, "b", by])), by=by)
        assert told["rows"] == [{"__typename": "Store", "id": store, "code": "1", "tags": [by, "b"]}]
    assert await channel.told() == (
        "OrganizationTagged",
        {channel.trade.key(each) for each in ("store:1", "distributor:1", "brand:1")},
    )
    seen = [(await channel.see(TAGS, by=by, id=store))["organization"]["tags"] for by in (MANAGER, BRAND, RIVAL)]
    assert seen == [["admin", "b"], ["admin", "b"], []]
    assert (await channel.do("setTags", tagged((store, [])), by=HOUSE))["rows"][0]["tags"] == []
    house_ = channel.id("distributor:1")
    await channel.do("setTags", tagged((store, ["x"]), (house_, ["y"])), by=BRAND)
    entries = "SELECT target, target_id, details->'was', details->'tags' FROM audit_entry ORDER BY id DESC LIMIT 2"
    assert await channel.rows(entries) == [
        ("distributor", channel.trade.key("distributor:1"), "[]", '["y"]'),
        ("store", channel.trade.key("store:1"), "[]", '["x"]'),
    ]
    await channel.do("setTags", tagged((store, []), (house_, [])), by=BRAND)


async def test_nobody_tags_itself_its_sister_or_a_rival_s(channel: Channel) -> None:
    before = await channel.rows("SELECT id, tags FROM organization ORDER BY id")
    own, sister, rivals = channel.id("store:1"), channel.id("store:2"), channel.id("store:900")
    given = tagged((own, ["x"]), (sister, ["x"]), (rivals, ["x"]), (f"store_{uuid4().hex}", ["x"]))
    written = await channel.written()
    for by in ("store:1/clerk", "brand:1/analyst"):
        await channel.refused("setTags", given, "NotAllowed", by=by)
    assert await channel.written() == written
    for by, fine in ((MANAGER, 0), (RIVAL, 1), (HOUSE, 2)):
        told = await channel.do("setTags", given, by=by)
        assert [row["__typename"] for row in told["rows"]].count("Store") == fine
        if fine == 0:
            assert await channel.rows("SELECT id, tags FROM organization ORDER BY id") == before
    told = await channel.do("setTags", tagged((channel.id("brand:1"), ["x"])), by=BRAND)
    assert told["rows"][0]["__typename"] == "NotAllowed"
    await channel.do("setTags", tagged((own, []), (sister, []), (rivals, [])), by="admin")


async def test_a_tag_decides_a_price_and_a_campaign_at_once(channel: Channel) -> None:
    house_, login = await house(channel)
    prices = {"code": name(), "name": "x", "audience": "TRADE", "scope": "TAG", "buyerTag": "gold"}
    made = await channel.do("createPriceList", prices, by=BRAND)
    rows = [{"skuId": channel.id("sku:1"), "unitPrice": 777}]
    await channel.do("setPrices", {"priceListId": made["id"], "rows": rows}, by=BRAND)
    text = "query ($s: ID!, $b: ID!, $k: ID!) { price(sellerId: $s, buyerId: $b, skuId: $k) { unitPrice } }"
    asked = {"s": channel.id("brand:1"), "b": house_, "k": channel.id("sku:1")}
    assert (await channel.see(text, by=login, **asked))["price"] is None
    await channel.do("setTags", tagged((house_, ["gold"])), by=BRAND)
    assert (await channel.see(text, by=login, **asked))["price"]["unitPrice"] == 777

    shelf = "query ($id: ID!) { cloudStore(id: $id) { campaigns(first: 100) { campaign { id } } } }"
    store = channel.id("mall:store:3")

    async def reached() -> set[str]:
        here = (await channel.see(shelf, by=None, id=store))["cloudStore"]["campaigns"]
        return {channel.trade.name(each["campaign"]["id"]) for each in here}

    before = await reached()
    await channel.do("setTags", tagged((channel.id("store:3"), ["key-account"])), by=HOUSE)
    assert await reached() - before == {"tag", "two-ways"}
    await channel.do("setTags", tagged((channel.id("store:3"), [])), by=HOUSE)
    assert await reached() == before


async def test_good_rows_are_tagged_and_each_bad_one_says_why(channel: Channel) -> None:
    store = channel.id("store:4")
    given = tagged((store, ["a"]), (store, ["b"]), ("store_1", [""]), (channel.id("store:5"), ["a,b", " c", "x" * 101]))
    given["rows"].append({"organizationId": channel.id("store:6"), "tags": [str(number) for number in range(21)]})
    told = await channel.do("setTags", given, by=HOUSE)
    assert [row["__typename"] for row in told["rows"]] == ["Store"] + ["InvalidInput"] * 4
    paths = [[".".join(problem["path"][3:]) for problem in row["problems"]] for row in told["rows"][1:]]
    assert paths == [["organizationId"], ["tags.0", "organizationId"], ["tags.1", "tags.2", "tags.0"], ["tags"]]
    whole = await channel.refused("setTags", tagged(), "InvalidInput", by=HOUSE)
    assert whole["problems"][0]["path"] == ["input", "rows"]


async def test_a_file_of_tags_sent_again_is_told_again_and_costs_the_same(channel: Channel) -> None:
    stores = [channel.id(f"store:{number}") for number in range(10, 110)]
    first = await channel.ask("setTags", tagged(*((store, ["x", "y"]) for store in stores)), by=HOUSE, key="tags")
    again = await channel.ask("setTags", tagged(*((store, ["x", "y"]) for store in stores)), by=HOUSE, key="tags")
    assert first.data == again.data
    one = await channel.ask("setTags", tagged((stores[0], ["z"])), by=HOUSE)
    many = await channel.ask("setTags", tagged(*((store, ["w"]) for store in stores)), by=HOUSE)
    assert len(one.statements) == len(many.statements)
    assert "setTags" in ACTS
