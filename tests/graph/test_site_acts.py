"""Acts on sites through the graph: who opens which, and which one a cloud store belongs to."""

import asyncio

import asyncpg
import pytest

import boot
from tests.graph.channel import Channel, house, opened, site
from tests.graph.client import GraphClient
from tests.graph.trade import change

HOUSE, RIVAL, BRAND, ANALYST = "distributor:1/operator", "distributor:2/operator", "brand:1/operator", "brand:1/analyst"
MANAGER = "store:1/manager"
RUNS = ("distributor:1", "brand:1")


@pytest.fixture(scope="module")
async def channel(access: boot.Access, graph: GraphClient) -> Channel:
    return await opened(access.owner, graph)


async def test_who_runs_a_site_opens_another_below_it(channel: Channel) -> None:
    given = site(channel)
    for by in (HOUSE, RIVAL, "brand:2/operator", ANALYST, MANAGER):
        await channel.refused("createSite", given, "NotAllowed", by=by)
    answer = await channel.do("createSite", given, by=BRAND)
    assert answer == {
        "__typename": "Site",
        "id": answer["id"],
        "kind": "CITY",
        "code": given["code"],
        "name": "Ningbo",
        "organization": {"id": channel.id("distributor:1")},
        "parent": {"id": channel.id("site:main")},
        "region": {"code": channel.trade.region},
    }
    assert await channel.told() == ("SiteCreated", {channel.trade.key(one) for one in ("brand:1", "distributor:1")})
    await channel.refused("createSite", {**given, "kind": "TOPIC"}, "CodeTaken", by=BRAND)
    topic = site(channel, kind="TOPIC", parentId=answer["id"], regionCode=None)
    assert (await channel.do("createSite", topic, by=HOUSE))["kind"] == "TOPIC"
    elsewhere = site(channel, organizationId=channel.id("distributor:2"))
    await channel.refused("createSite", elsewhere, "NotAllowed", by=BRAND)


async def test_of_two_city_sites_of_one_region_one_opens(channel: Channel) -> None:
    given = [site(channel, regionCode=f"{channel.trade.region}-1") for _ in range(4)]
    told = await asyncio.gather(*(channel.do("createSite", each, by=BRAND) for each in given))
    assert sorted(one["__typename"] for one in told) == ["RegionServed"] * 3 + ["Site"]
    topic = site(channel, kind="TOPIC", regionCode=f"{channel.trade.region}-1")
    assert (await channel.do("createSite", topic, by=BRAND))["__typename"] == "Site"


async def test_a_site_has_what_its_kind_needs(channel: Channel) -> None:
    wrong = site(channel, parentId=None, regionCode=None, code="")
    answer = await channel.refused("createSite", wrong, "InvalidInput", by=BRAND)
    assert [problem["path"] for problem in answer["problems"]] == [
        ["input", "parentId"],
        ["input", "regionCode"],
        ["input", "code"],
    ]
    answer = await channel.refused("createSite", site(channel, regionCode="nowhere"), "InvalidInput", by=BRAND)
    assert answer["problems"] == [{"path": ["input", "regionCode"], "message": "There is no such region."}]


async def test_there_is_one_main_site_and_the_platform_s(channel: Channel) -> None:
    main = site(channel, kind="MAIN", parentId=None, organizationId=channel.id("brand:1"))
    await channel.refused("createSite", main, "NotAllowed", by=BRAND)
    await channel.refused("createSite", main, "MainSiteExists", by="admin")


async def test_a_cloud_store_belongs_to_the_main_site_or_one_of_its_own_or_above(channel: Channel) -> None:
    id, login = await house(channel)
    given = {"organizationId": id, "mode": "PRIVATE_MALL", "name": "House"}
    topics = [site(channel, kind="TOPIC", regionCode=None, organizationId=channel.id(run)) for run in RUNS]
    sister, above = [(await channel.do("createSite", topic, by=BRAND))["id"] for topic in topics]
    answer = await channel.refused("openCloudStore", {**given, "siteId": sister}, "InvalidInput", by=login)
    assert answer["problems"] == [{"path": ["input", "siteId"], "message": "There is no such site for it."}]
    for near in (above, channel.id("site:main")):
        other, login = await house(channel)
        store = await channel.do("openCloudStore", {**given, "organizationId": other, "siteId": near}, by=login)
        assert store["site"] == {"id": near}


async def test_the_database_knows_one_main_site_and_one_city_site_of_a_region(channel: Channel) -> None:
    text = "INSERT INTO site (tenant_id, id, kind, code, name, organization_id, parent_id, region_code) "
    text += "SELECT $1, gen_random_uuid(), $2, gen_random_uuid()::text, 'x', organization_id, $3, $4 FROM site LIMIT 1"
    main = channel.trade.key("site:main")
    await change(channel.owner, channel.trade, (text, "CITY", main, "US-IA-056"), bump=False)
    for row in (("CITY", main, "US-IA-056"), ("MAIN", None, None)):
        with pytest.raises(asyncpg.UniqueViolationError):
            await change(channel.owner, channel.trade, (text, *row), bump=False)
