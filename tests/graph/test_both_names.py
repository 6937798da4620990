"""Whatever changes says who did it and for whom: each act in its code, and the platform's in the audit."""

from collections.abc import Iterator
from types import CodeType
from typing import Any
from uuid import UUID, uuid4

import pytest

import boot
from models.due import CLOCK
from models.inventory.committing import COMMITTER
from tests.graph.acted import ACTS
from tests.graph.channel import Channel, house, opened
from tests.graph.client import GraphClient
from tests.graph.test_refusals import acting, walked

ALONE = {
    "applyAsStore": "a person's, for herself: the store is not there yet",
    "joinCloudStore": "a shopper's, for herself: nobody joins for her",
    "saveAttributes": "the platform's: attributes are everybody's",
    "saveCategories": "the platform's: categories are everybody's",
}
"""Acts that say for whom in no other way."""


@pytest.fixture(scope="module")
async def channel(access: boot.Access, graph: GraphClient) -> Channel:
    return await opened(access.owner, graph)


def names_of(code: CodeType) -> Iterator[str]:
    """What code names, and what functions within it do."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from names_of(inner)


@pytest.mark.parametrize("act", sorted(ACTS))
def test_every_act_says_for_whom(act: str) -> None:
    ours = [one for one in walked(acting(act)) if one.__module__.startswith("resolvers.")]
    names = {name for one in ours for name in names_of(one.__code__)}
    assert bool(names & {"acts_for", "acting_for"}) == (act not in ALONE)


def test_who_acts_unasked_is_nobody_of_the_trade() -> None:
    assert {CLOCK.kind, COMMITTER.kind} == {"SYSTEM"}


async def last(channel: Channel) -> tuple[Any, ...]:
    asked = "SELECT operation, actor_class, actor, organization_id, on_behalf_of_id FROM audit_entry"
    (entry,) = await channel.rows(f"{asked} ORDER BY id DESC LIMIT 1")
    return tuple(entry)


async def test_the_platform_acts_on_behalf_of_who_could_have(channel: Channel) -> None:
    key, region = channel.trade.key, channel.trade.region
    brand, distributor, rival, store = (key(one) for one in ("brand:1", "distributor:1", "distributor:2", "store:7"))
    ends = {"organizationId": channel.id("store:7"), "upstreamId": channel.id("distributor:2")}
    why = {"organizationId": channel.id("store:7"), "reason": "x"}
    area = {"organizationId": channel.id("store:7"), "name": uuid4().hex, "regionCodes": [region]}
    own = {"organizationId": channel.id("brand:2"), "reason": "x"}
    person = {"displayName": "Sue", "subject": uuid4().hex}
    invited = {"upstreamId": channel.id("brand:1"), "tier": "STORE", "code": uuid4().hex, "name": "x"}
    acts: list[tuple[str, dict[str, Any], UUID | None]] = [
        ("joinUpstream", ends, store),
        ("setPrimaryUpstream", ends, store),
        ("suspendOrganization", why, rival),
        ("resumeOrganization", why, rival),
        ("leaveUpstream", ends, store),
        ("suspendOrganization", why, distributor),
        ("resumeOrganization", why, distributor),
        ("createTerritory", area, distributor),
        ("suspendOrganization", own, None),
        ("resumeOrganization", own, None),
        ("inviteOrganization", {**invited, "administrator": person}, brand),
        ("addStaff", {"organizationId": channel.id("store:7"), "person": person, "role": "CLERK"}, store),
    ]
    for act, given, behalf in acts:
        made = await channel.do(act, given, by="admin")
        assert made["__typename"] in ("Store", "Brand", "Staff", "Territory")
        assert await last(channel) == (act, "PLATFORM_ADMIN", "admin:admin", None, behalf)
        if act == "createTerritory":
            change = {"territoryId": made["id"], "regionCodes": []}
            await channel.do("setTerritoryRegions", change, by="admin")
            assert await last(channel) == ("setTerritoryRegions", "PLATFORM_ADMIN", "admin:admin", None, distributor)


async def test_a_file_of_tags_is_done_for_the_nearest_above_all_its_rows(channel: Channel) -> None:
    key = channel.trade.key
    for names, behalf in (
        (["store:1"], key("distributor:1")),
        (["store:1", "store:2"], key("distributor:1")),
        (["store:1", "distributor:1"], key("brand:1")),
        (["store:1", "brand:1"], None),
    ):
        rows = [{"organizationId": channel.id(each), "tags": []} for each in names]
        told = await channel.do("setTags", {"rows": rows}, by="admin")
        assert [row["id"] for row in told["rows"]] == [channel.id(each) for each in names]
        assert await last(channel) == ("setTags", "PLATFORM_ADMIN", "admin:admin", None, behalf)
    own = {"rows": [{"organizationId": channel.id("store:1"), "tags": []}]}
    await channel.do("setTags", own, by="distributor:1/operator")
    operation, kind, _, organization, behalf = await last(channel)
    assert (operation, kind, organization, behalf) == ("setTags", "DISTRIBUTOR_OPERATOR", key("distributor:1"), None)


async def test_who_acts_for_itself_has_one_name(channel: Channel) -> None:
    id, login = await house(channel)
    own = UUID(id.split("_")[1])
    person = {"displayName": "Sue", "subject": uuid4().hex}
    await channel.do("addStaff", {"organizationId": id, "person": person, "role": "SALESPERSON"}, by=login)
    operation, kind, _, organization, behalf = await last(channel)
    assert (operation, kind, organization, behalf) == ("addStaff", "DISTRIBUTOR_OPERATOR", own, None)
