"""Taking on organisations by the file: rows of their own, the closure true, the statements few."""

import asyncio
from typing import Any

import pytest

import boot
from tests.graph.acted import part_of
from tests.graph.channel import Channel, name, opened
from tests.graph.client import GraphClient

HOUSE, RIVAL, BRAND, MANAGER = "distributor:1/operator", "distributor:2/operator", "brand:1/operator", "store:1/manager"


@pytest.fixture(scope="module")
async def channel(access: boot.Access, graph: GraphClient) -> Channel:
    return await opened(access.owner, graph)


def row(**other: Any) -> dict[str, Any]:
    person = {"displayName": "Sue", "subject": name()}
    return {"tier": "STORE", "code": name(), "name": "Corner shop", "administrator": person, **other}


def kinds(answer: Any) -> list[str]:
    return [each["__typename"] for each in answer["rows"]]


async def test_a_file_of_organizations_is_taken_on(channel: Channel) -> None:
    region = channel.trade.region
    rows = [row(where={"regionCode": region, "city": "Ningbo"}), row(), row(tier="DISTRIBUTOR")]
    rows[1]["administrator"] = rows[0]["administrator"]  # two shops of one person's
    before = await channel.written()
    told = await channel.do("inviteOrganizations", {"rows": rows}, by=HOUSE)
    assert kinds(told) == ["Store", "Store", "Distributor"]
    assert [each["region"] for each in told["rows"]] == [{"code": region}, None, None]
    grown = await channel.grown(before)
    assert (grown["organization"], grown["organization_edge"], grown["account"], grown["staff"]) == (3, 3, 2, 3)
    await channel.check()
    seen = await channel.see("{ viewer { role organization { id } } }", by=rows[2]["administrator"]["subject"])
    assert seen["viewer"] == {"role": "OPERATOR", "organization": {"id": told["rows"][2]["id"]}}
    assert (await channel.told())[0] == "OrganizationInvited"


async def test_good_rows_are_taken_on_and_each_bad_one_says_why(channel: Channel) -> None:
    twice = row()
    rows = [
        row(),
        twice,
        {**twice, "name": "again"},
        row(code="1"),
        row(tier="BRAND"),
        row(where={"regionCode": "nowhere"}),
        row(code="", name="x" * 101, administrator={"displayName": ""}),
    ]
    told = await channel.do("inviteOrganizations", {"rows": rows}, by=HOUSE)
    assert kinds(told) == ["Store", "Store", "InvalidInput", "CodeTaken", *["InvalidInput"] * 3]
    assert told["rows"][3]["taken"] == "1"
    paths = [[".".join(each["path"][3:]) for each in one.get("problems", ())] for one in told["rows"]]
    assert paths[2:] == [
        *(["code"], [], ["tier"], ["where.regionCode"]),
        ["code", "name", "administrator.subject", "administrator.displayName"],
    ]
    await channel.check()


async def test_who_is_shut_out_administers_nothing(channel: Channel) -> None:
    given = row()
    await channel.do("inviteOrganizations", {"rows": [given]}, by=HOUSE)
    subject = given["administrator"]["subject"]
    await channel.rows("UPDATE account SET is_active = false WHERE subject = $1 RETURNING id", subject)
    told = await channel.do(
        "inviteOrganizations", {"rows": [{**row(), "administrator": given["administrator"]}]}, by=HOUSE
    )
    assert kinds(told) == ["AccountInactive"]


async def test_an_upstream_invites_below_itself_and_nowhere_else(channel: Channel) -> None:
    given = {"rows": [row()], "upstreamId": channel.id("distributor:1")}
    for by in (RIVAL, BRAND, MANAGER, "brand:1/analyst", "store:1/clerk"):
        await channel.refused("inviteOrganizations", given, "NotAllowed", by=by)
    await channel.refused("inviteOrganizations", {"rows": [row()]}, "NotAllowed", by="admin")
    assert kinds(await channel.do("inviteOrganizations", given, by="admin")) == ["Store"]
    for stranger in ("member:1", None):
        assert (await channel.ask("inviteOrganizations", given, by=stranger)).codes == ["FORBIDDEN"]
    stores = await channel.do("inviteOrganizations", {"rows": [row()]}, by=MANAGER)
    assert kinds(stores) == ["EdgeNotAllowed"]
    assert stores["rows"][0]["message"] == "SUPPLIES may not lead from STORE to STORE."
    closed = {"organizationId": channel.id("distributor:2"), "reason": "x"}
    await channel.do("suspendOrganization", closed, by="admin")
    given["upstreamId"] = closed["organizationId"]
    await channel.refused("inviteOrganizations", given, "StatusForbids", by="admin")
    await channel.do("resumeOrganization", closed, by="admin")


async def test_a_file_sent_again_takes_nobody_on_twice(channel: Channel) -> None:
    given = {"rows": [row(), row(code="1")]}
    first = await channel.do("inviteOrganizations", given, by=HOUSE, key="stores")
    before = await channel.written()
    assert await channel.do("inviteOrganizations", given, by=HOUSE, key="stores") == first
    assert await channel.written() == before
    assert kinds(await channel.do("inviteOrganizations", given, by=HOUSE)) == ["CodeTaken"] * 2
    other = {"rows": given["rows"][:1]}
    assert (await channel.do("inviteOrganizations", other, by=HOUSE, key="stores"))["__typename"] == "KeyReused"


async def test_of_files_and_single_invitations_at_once_each_number_goes_once(channel: Channel) -> None:
    rows = [row() for _ in range(5)]
    single = {**rows[2], "upstreamId": channel.id("distributor:1"), "administrator": row()["administrator"]}
    one, *files = await asyncio.gather(
        channel.do("inviteOrganization", single, by=HOUSE),
        *(channel.do("inviteOrganizations", {"rows": rows}, by=HOUSE) for _ in range(3)),
    )
    made = [kind for file in files for kind in kinds(file)] + [one["__typename"]]
    assert sorted(made) == ["CodeTaken"] * 11 + ["Store"] * 5
    await channel.check()


async def test_statements_do_not_grow_with_the_file(channel: Channel) -> None:
    text = part_of("inviteOrganizations", "... on InvitedOrganizations { rows { __typename } }")
    counts = []
    for size in (1, 500):
        given = {"input": {"rows": [row() for _ in range(size)]}, "key": name()}
        asked = await channel.graph.ask(text, given, by=HOUSE, tenant=channel.trade.code)
        assert kinds(asked.data["done"]) == ["Store"] * size
        counts.append(len(asked.statements))
    assert counts[0] == counts[1]
    await channel.check()
    for size in (0, 501):
        told = await channel.refused("inviteOrganizations", {"rows": [row()] * size}, "InvalidInput", by=HOUSE)
        assert told["problems"] == [{"path": ["input", "rows"], "message": "1 to 500 rows are expected."}]
