"""Acts on organisations and their edges through the graph: who may, what is refused whole, once, and under races."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

import boot
from tests.graph.channel import Channel, opened
from tests.graph.client import GraphClient

HOUSE, RIVAL, BRAND, ANALYST = "distributor:1/operator", "distributor:2/operator", "brand:1/operator", "brand:1/analyst"
CLERK, MANAGER, MEMBER = "store:1/clerk", "store:1/manager", "member:1"


@pytest.fixture(scope="module")
async def made(access: boot.Access, graph: GraphClient) -> Channel:
    return await opened(access.owner, graph)


@pytest.fixture
async def channel(made: Channel) -> AsyncIterator[Channel]:
    yield made
    await made.check()


def invitation(channel: Channel, **other: Any) -> dict[str, Any]:
    return {
        "upstreamId": channel.id("distributor:1"),
        "tier": "STORE",
        "code": uuid4().hex,
        "name": "Corner",
        "administrator": {"displayName": "Cora", "subject": uuid4().hex},
        **other,
    }


def application(channel: Channel, **other: Any) -> dict[str, Any]:
    return {"upstreamId": channel.id("distributor:1"), "code": uuid4().hex, "name": "Kiosk", **other}


async def key_of(channel: Channel, code: str) -> UUID:
    ((found,),) = await channel.rows("SELECT id FROM organization WHERE code = $1", code)
    assert isinstance(found, UUID)
    return found


async def shop(channel: Channel) -> tuple[str, str]:
    """A new store of the first distributor's: its id and the login of its manager."""
    login = f"{uuid4().hex}/manager"
    given = invitation(channel, administrator={"displayName": "Max", "subject": login})
    return (await channel.do("inviteOrganization", given, by=HOUSE))["id"], login


# ── invited ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_who_is_invited_trades_at_once_below_who_invites(channel: Channel) -> None:
    before = await channel.written()
    given = invitation(channel, where={"regionCode": channel.trade.region, "city": "Ningbo"})
    answer = await channel.do("inviteOrganization", given, by=HOUSE)
    assert (answer["__typename"], answer["tier"], answer["status"], answer["code"]) == (
        *("Store", "STORE", "ACTIVE"),
        given["code"],
    )
    assert answer["upstreams"] == [{"organization": {"id": channel.id("distributor:1")}, "isPrimary": True}]
    assert answer["region"] == {"code": channel.trade.region}
    assert await channel.grown(before) == {
        "organization": 1,
        "organization_edge": 1,
        "organization_closure": 3,
        "account": 1,
        "staff": 1,
        "audit_entry": 1,
        "outbox_event": 1,
        "idempotency_key": 1,
    }
    house = channel.trade.key("distributor:1")
    assert await channel.told() == ("OrganizationInvited", {house, await key_of(channel, given["code"])})
    told = "SELECT operation, actor_class, actor, organization_id, target, target_id FROM audit_entry"
    actor = f"account:{channel.trade.key(f'account:{HOUSE}').hex}"
    assert await channel.rows(f"{told} ORDER BY id DESC LIMIT 1") == [
        ("inviteOrganization", "DISTRIBUTOR_OPERATOR", actor, house, "store", await key_of(channel, given["code"]))
    ]
    seen = await channel.see("{ viewer { role organization { id } } }", by=given["administrator"]["subject"])
    assert seen["viewer"] == {"role": "MANAGER", "organization": {"id": answer["id"]}}


async def test_an_invitation_under_one_key_is_one(channel: Channel) -> None:
    given = invitation(channel)
    first = await channel.do("inviteOrganization", given, by=HOUSE, key="invited")
    before = await channel.written()
    assert await channel.do("inviteOrganization", given, by=HOUSE, key="invited") == first
    other = await channel.do("inviteOrganization", {**given, "name": "Other"}, by=HOUSE, key="invited")
    assert other["__typename"] == "KeyReused"
    assert await channel.written() == before


async def test_of_two_invitations_with_one_code_one_wins(channel: Channel) -> None:
    given = invitation(channel)
    told = await asyncio.gather(*(channel.do("inviteOrganization", given, by=HOUSE) for _ in range(6)))
    assert sorted(one["__typename"] for one in told) == ["CodeTaken"] * 5 + ["Store"]
    assert next(one["taken"] for one in told if one["__typename"] == "CodeTaken") == given["code"]


@pytest.mark.parametrize("by", [CLERK, MANAGER, RIVAL, BRAND, ANALYST])
async def test_nobody_invites_for_another(channel: Channel, by: str) -> None:
    await channel.refused("inviteOrganization", invitation(channel), "NotAllowed", by=by)


async def test_a_distributor_invites_nobody_above_itself(channel: Channel) -> None:
    given = invitation(channel, tier="AGENT")
    answer = await channel.refused("inviteOrganization", given, "EdgeNotAllowed", by=HOUSE)
    assert answer["message"] == "SUPPLIES may not lead from DISTRIBUTOR to AGENT."


async def test_all_that_is_wrong_with_an_invitation_is_told_at_once(channel: Channel) -> None:
    given = invitation(
        channel,
        upstreamId="store_1",
        code="",
        name="x" * 101,
        administrator={"displayName": "", "phone": "13800001234"},
        where={"city": ""},
    )
    answer = await channel.refused("inviteOrganization", given, "InvalidInput", by=HOUSE)
    assert [problem["path"][1:] for problem in answer["problems"]] == [
        *(["upstreamId"], ["code"], ["name"], ["administrator", "phone"], ["administrator", "displayName"]),
        ["where", "city"],
    ]
    given = invitation(channel, where={"regionCode": "nowhere"})
    answer = await channel.refused("inviteOrganization", given, "InvalidInput", by=HOUSE)
    assert answer["problems"] == [{"path": ["input", "where", "regionCode"], "message": "There is no such region."}]


# ── applied ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_store_applies_and_is_admitted(channel: Channel) -> None:
    given = application(channel)
    applied = await channel.do("applyAsStore", given, by=MEMBER)
    assert (applied["__typename"], applied["status"]) == ("Store", "PENDING_REVIEW")
    assert await channel.told() == ("StoreApplied", {channel.trade.key("distributor:1")})
    seen = "query ($id: ID!) { organization(id: $id) { applicants { nodes { id } } } node(id: $id) { id } }"
    house = channel.id("distributor:1")
    waiting = [
        [node["id"] for node in (await channel.see(seen, by=by, id=house))["organization"]["applicants"]["nodes"]]
        for by in (HOUSE, RIVAL)
    ]
    assert waiting[0][0] == applied["id"]
    assert waiting[1] == []
    assert (await channel.see("query ($id: ID!) { node(id: $id) { id } }", id=applied["id"])) == {"node": None}
    decision = {"organizationId": applied["id"], "approve": True}
    for by in (RIVAL, BRAND, MANAGER, ANALYST):
        await channel.refused("reviewOrganization", decision, "NotAllowed", by=by)
    before = await channel.written()
    answer = await channel.do("reviewOrganization", decision, by=HOUSE)
    assert (answer["status"], answer["upstreams"]) == (
        "ACTIVE",
        [{"organization": {"id": house}, "isPrimary": True}],
    )
    grown = await channel.grown(before)
    assert (grown["organization_edge"], grown["organization_closure"]) == (1, 2)
    await channel.refused("reviewOrganization", decision, "StatusForbids", by=HOUSE)
    roles = "SELECT role FROM staff WHERE organization_id = $1 AND is_active"
    assert await channel.rows(roles, await key_of(channel, given["code"])) == [("MANAGER",)]


async def test_a_rejected_store_applies_again_under_its_number(channel: Channel) -> None:
    given = application(channel)
    applied = await channel.do("applyAsStore", given, by="member:2")
    decision = {"organizationId": applied["id"], "approve": False}
    answer = await channel.refused("reviewOrganization", decision, "InvalidInput", by=HOUSE)
    assert [problem["path"] for problem in answer["problems"]] == [["input", "reason"]]
    told = await channel.do("reviewOrganization", {**decision, "reason": "no licence"}, by=HOUSE)
    assert (told["status"], told["upstreams"]) == ("REJECTED", [])
    again = await channel.do("applyAsStore", {**given, "name": "Better"}, by="member:2")
    assert (again["id"], again["status"], again["name"]) == (applied["id"], "PENDING_REVIEW", "Better")
    await channel.refused("applyAsStore", given, "StatusForbids", by="member:2")
    await channel.refused("applyAsStore", given, "CodeTaken", by="member:3")
    await channel.refused("inviteOrganization", invitation(channel, code=given["code"]), "CodeTaken", by=HOUSE)
    await channel.do("reviewOrganization", {**decision, "reason": "still none"}, by="admin")


async def test_a_rejected_number_is_free_for_others_and_nobody_from_before_gets_in(channel: Channel) -> None:
    given = application(channel)
    applied = await channel.do("applyAsStore", given, by="member:2")
    decision = {"organizationId": applied["id"], "approve": False, "reason": "not his shop"}
    await channel.do("reviewOrganization", decision, by=HOUSE)
    other = await channel.do("applyAsStore", given, by=MEMBER)
    assert (other["id"], other["status"]) == (applied["id"], "PENDING_REVIEW")
    await channel.do("reviewOrganization", decision, by=HOUSE)
    invited = invitation(channel, code=given["code"])
    told = await asyncio.gather(*(channel.do("inviteOrganization", invited, by=HOUSE) for _ in range(4)))
    assert sorted(one["__typename"] for one in told) == ["CodeTaken"] * 3 + ["Store"]
    assert next(one["id"] for one in told if one["__typename"] == "Store") == applied["id"]
    staff = "SELECT a.subject FROM staff s JOIN account a ON a.id = s.account_id"
    key = await key_of(channel, given["code"])
    assert await channel.rows(f"{staff} WHERE s.organization_id = $1 AND s.is_active", key) == [
        (invited["administrator"]["subject"],)
    ]


async def test_one_account_has_few_stores_waiting_and_of_many_at_once_no_more(channel: Channel) -> None:
    told = await asyncio.gather(
        *(channel.do("applyAsStore", application(channel), by="member:3") for _ in range(8)),
    )
    assert sorted(one["__typename"] for one in told) == ["Store"] * 5 + ["TooManyApplications"] * 3


async def test_of_two_decisions_at_once_one_is_taken(channel: Channel) -> None:
    applied = await channel.do("applyAsStore", application(channel), by="member:2")
    decision = {"organizationId": applied["id"], "reason": "because"}
    told = await asyncio.gather(
        *(channel.do("reviewOrganization", {**decision, "approve": yes}, by=HOUSE) for yes in (True, False) * 3)
    )
    assert sorted(one["__typename"] for one in told) == ["StatusForbids"] * 5 + ["Store"]


async def test_the_platform_has_no_store_to_apply_with(channel: Channel) -> None:
    await channel.refused("applyAsStore", application(channel), "NotAllowed", by="admin")


# ── suspended ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def revision(channel: Channel) -> int:
    return sum(row[0] for row in await channel.rows("SELECT revision FROM campaign_revision"))


async def test_who_is_suspended_is_shut_out_and_its_campaigns_with_it(channel: Channel) -> None:
    change = {"organizationId": channel.id("store:3"), "reason": "unpaid"}
    before = await revision(channel)
    for by in (RIVAL, "store:3/manager", CLERK, ANALYST):
        await channel.refused("suspendOrganization", change, "NotAllowed", by=by)
    assert await revision(channel) == before
    answer = await channel.do("suspendOrganization", change, by=HOUSE)
    assert (answer["status"], answer["cloudStore"]) == ("SUSPENDED", None)
    assert await revision(channel) == before + 1
    heard = {channel.trade.key(name) for name in ("store:3", "distributor:1", "brand:1")}
    assert await channel.told() == ("OrganizationSuspended", heard)
    shut = await channel.graph.ask("{ viewer { role } }", by="store:3/manager", tenant=channel.trade.code)
    assert shut.codes == ["UNAUTHENTICATED"]
    forbidden = await channel.refused("suspendOrganization", change, "StatusForbids", by=BRAND)
    assert forbidden["status"] == "SUSPENDED"
    again = await channel.do("resumeOrganization", change, by=BRAND)
    assert (again["status"], again["cloudStore"]["name"]) == ("ACTIVE", "store:3")
    assert await revision(channel) == before + 2


async def test_campaigns_reach_as_long_as_their_owner_trades(channel: Channel) -> None:
    text = "query ($id: ID!) { cloudStore(id: $id) { campaigns(first: 100) { campaign { id } } } }"
    own, store = channel.id("campaign:own-of-house"), channel.id("mall:distributor:1")

    async def reaches() -> bool:
        found = await channel.see(text, by=None, id=channel.id("mall:store:1"))
        return own in [here["campaign"]["id"] for here in found["cloudStore"]["campaigns"]]

    change = {"organizationId": channel.id("distributor:1"), "reason": "audit"}
    seen = [await reaches()]
    for act in ("suspendOrganization", "resumeOrganization"):
        await channel.do(act, change, by=BRAND)
        seen.append(await reaches())
        shop = await channel.see("query ($id: ID!) { cloudStore(id: $id) { id } }", by=None, id=store)
        assert (shop["cloudStore"] is None) == (act == "suspendOrganization")
    assert seen == [True, False, True]


async def test_only_the_platform_suspends_a_brand(channel: Channel) -> None:
    change = {"organizationId": channel.id("brand:2"), "reason": "contract over"}
    await channel.refused("suspendOrganization", change, "NotAllowed", by="brand:2/operator")
    assert (await channel.do("suspendOrganization", change, by="admin"))["status"] == "SUSPENDED"
    assert (await channel.do("resumeOrganization", change, by="admin"))["status"] == "ACTIVE"


# ── edges ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_supply_takes_both_sides(channel: Channel) -> None:
    store, manager = await shop(channel)
    ends = {"organizationId": store, "upstreamId": channel.id("distributor:2")}
    for by in (HOUSE, BRAND, CLERK, ANALYST):
        await channel.refused("joinUpstream", ends, "NotAllowed", by=by)
    before = await channel.written()
    for _ in range(2):  # saying it again is saying it once
        asked = await channel.do("joinUpstream", ends, by=manager)
        assert len(asked["upstreams"]) == 1
    assert await channel.grown(before) == {"supply_offer": 1, "outbox_event": 1, "audit_entry": 2, "idempotency_key": 2}
    offers = (
        "query ($id: ID!) { organization(id: $id) { supplyOffers { nodes { downstream { id } offeredBy { id } } } } }"
    )
    rival = channel.id("distributor:2")
    waiting = (await channel.see(offers, by=RIVAL, id=rival))["organization"]["supplyOffers"]["nodes"]
    assert waiting == [{"downstream": {"id": store}, "offeredBy": {"id": store}}]
    assert (await channel.see(offers, by=HOUSE, id=rival))["organization"]["supplyOffers"]["nodes"] == []
    await channel.do("joinUpstream", ends, by=RIVAL)
    seen = "query ($id: ID!) { organization(id: $id) { upstreams { organization { id } isPrimary } } }"
    upstreams = (await channel.see(seen, by=manager, id=store))["organization"]["upstreams"]
    assert [(one["organization"]["id"], one["isPrimary"]) for one in upstreams] == [
        (channel.id("distributor:1"), True),
        (rival, False),
    ]
    await channel.refused("joinUpstream", ends, "InvalidInput", by=manager)
    await channel.check()
    await _primaries(channel, store, manager)


async def _primaries(channel: Channel, store: str, manager: str) -> None:
    """A store with two upstreams sets its primary one, and leaves one after the other."""
    house, rival = channel.id("distributor:1"), channel.id("distributor:2")
    turned = await channel.do("setPrimaryUpstream", {"organizationId": store, "upstreamId": rival}, by=manager)
    assert [one["organization"]["id"] for one in turned["upstreams"]] == [rival, house]
    for by in (HOUSE, RIVAL):
        given = {"organizationId": store, "upstreamId": house}
        await channel.refused("setPrimaryUpstream", given, "NotAllowed", by=by)
    nobody = {"organizationId": store, "upstreamId": channel.id("brand:2")}
    await channel.refused("setPrimaryUpstream", nobody, "InvalidInput", by=manager)
    named = {"organizationId": store, "upstreamId": rival, "primaryId": house}
    await channel.refused("leaveUpstream", named, "InvalidInput", by=RIVAL)
    left = await channel.do("leaveUpstream", {"organizationId": store, "upstreamId": rival}, by=RIVAL)
    assert left["upstreams"] == []  # hers no longer: not for her to see
    seen = "query ($id: ID!) { organization(id: $id) { upstreams { organization { id } isPrimary } } }"
    upstreams = (await channel.see(seen, by=manager, id=store))["organization"]["upstreams"]
    assert upstreams == [{"organization": {"id": house}, "isPrimary": True}]
    await channel.do("leaveUpstream", {"organizationId": store, "upstreamId": house}, by=manager)
    await channel.refused("leaveUpstream", {"organizationId": store, "upstreamId": house}, "InvalidInput", by=manager)


async def test_a_store_that_leaves_its_primary_names_another_of_several(channel: Channel) -> None:
    store, manager = await shop(channel)
    for name in ("distributor:2", "brand:2"):
        await channel.do("joinUpstream", {"organizationId": store, "upstreamId": channel.id(name)}, by="admin")
    leaving = {"organizationId": store, "upstreamId": channel.id("distributor:1")}
    answer = await channel.refused("leaveUpstream", leaving, "PrimaryUpstream", by=manager)
    assert answer["message"] == "An organisation with upstreams has exactly one primary, not 0."
    stranger = {**leaving, "primaryId": channel.id("brand:1")}
    await channel.refused("leaveUpstream", stranger, "PrimaryUpstream", by=manager)
    left = await channel.do("leaveUpstream", {**leaving, "primaryId": channel.id("brand:2")}, by=manager)
    assert [(one["organization"]["id"], one["isPrimary"]) for one in left["upstreams"]] == [
        (channel.id("brand:2"), True),
        (channel.id("distributor:2"), False),
    ]


async def test_supply_never_leads_back_whoever_is_first(channel: Channel) -> None:
    """Two distributors come to supply each other at once, through the graph and with real connections."""
    ones, others = [], []
    for _ in range(2):
        given = invitation(channel, tier="DISTRIBUTOR", upstreamId=channel.id("brand:1"))
        ones.append((await channel.do("inviteOrganization", given, by=BRAND))["id"])
    for upstream, downstream in (ones, ones[::-1]):
        others.append({"organizationId": downstream, "upstreamId": upstream})
    told = await asyncio.gather(*(channel.do("joinUpstream", each, by="admin") for each in others * 2))
    kinds = sorted(one["__typename"] for one in told)
    assert kinds == ["Distributor", "InvalidInput", "SupplyCycle", "SupplyCycle"]


async def test_an_offer_is_taken_back_and_a_store_supplies_nobody(channel: Channel) -> None:
    store, manager = await shop(channel)
    ends = {"organizationId": store, "upstreamId": channel.id("distributor:2")}
    await channel.do("joinUpstream", ends, by=RIVAL)
    await channel.do("leaveUpstream", ends, by=manager)
    assert (await channel.told())[0] == "SupplyOfferEnded"
    await channel.refused("leaveUpstream", ends, "InvalidInput", by=manager)
    upside = {"organizationId": channel.id("distributor:2"), "upstreamId": store}
    await channel.refused("joinUpstream", upside, "EdgeNotAllowed", by=RIVAL)
    itself = {"organizationId": store, "upstreamId": store}
    await channel.refused("joinUpstream", itself, "InvalidInput", by=manager)


async def test_many_acts_at_once_leave_the_closure_true(channel: Channel) -> None:
    stores = [await shop(channel) for _ in range(4)]
    rival = channel.id("distributor:2")
    work = [
        *(channel.do("inviteOrganization", invitation(channel), by=HOUSE) for _ in range(6)),
        *(channel.do("joinUpstream", {"organizationId": id, "upstreamId": rival}, by="admin") for id, _ in stores),
        *(channel.do("joinUpstream", {"organizationId": id, "upstreamId": rival}, by=login) for id, login in stores),
        *(
            channel.do("leaveUpstream", {"organizationId": id, "upstreamId": channel.id("distributor:1")}, by=HOUSE)
            for id, _ in stores
        ),
    ]
    told = await asyncio.gather(*work)
    assert {one["__typename"] for one in told} <= {"Store", "InvalidInput"}
    await channel.check()
