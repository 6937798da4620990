"""Who is whose person, who lifts what, what a stranger is told: what acts on the channel may not be used for."""

from collections.abc import AsyncIterator
from datetime import timedelta
from time import time
from typing import Any
from uuid import UUID, uuid4

import pytest

import boot
from domain.base import Unauthenticated
from tests.conftest import NOW
from tests.graph.channel import Channel, opened
from tests.graph.client import AUDIENCE, ISSUER, SECRET, GraphClient
from tests.graph.trade import change
from transport.bearer import Identity, mint
from transport.door import RequestFacts

HOUSE, RIVAL, BRAND, MANAGER = "distributor:1/operator", "distributor:2/operator", "brand:1/operator", "store:1/manager"

MADE = """
    INSERT INTO supply_offer (tenant_id, downstream_id, upstream_id, offered_by_id, offered_at)
    SELECT $1, id, $2, $2, $3 FROM organization WHERE tenant_id = $1 AND code LIKE $4
"""
HAD = """
    INSERT INTO supply_offer (tenant_id, downstream_id, upstream_id, offered_by_id, offered_at)
    SELECT $1, $2, id, id, $3 FROM organization WHERE tenant_id = $1 AND code LIKE $4
"""
"""Supply that one organisation offers to many, and many to one."""


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


# ── people ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_who_is_invited_by_her_phone_is_who_proves_that_it_is_hers(channel: Channel) -> None:
    phone = f"+8613{uuid4().int % 10**9:09d}"
    # Nothing that anybody wrote down beforehand makes another the one who has the phone.
    held = ("UPDATE account SET phone = $3 WHERE tenant_id = $1 AND id = $2", channel.trade.key("account:member:2"))
    await change(channel.owner, channel.trade, (*held, phone), bump=False)
    person = {"displayName": "Pat", "phone": phone}
    (house,) = {
        (await channel.do("inviteOrganization", invitation(channel, administrator=person), by=HOUSE))["__typename"]
        for _ in range(2)
    }
    assert house == "Store"
    staff = "SELECT a.subject, a.phone, s.display_name FROM staff s JOIN account a ON a.id = s.account_id"
    assert await channel.rows(f"{staff} WHERE a.subject = $1", f"tel:{phone}") == [(f"tel:{phone}", None, "Pat")] * 2
    both = invitation(channel, administrator={**person, "subject": "mallory"})
    answer = await channel.refused("inviteOrganization", both, "InvalidInput", by=HOUSE)
    assert answer["problems"] == [
        {"path": ["input", "administrator", "subject"], "message": "Either a subject or a phone is expected."}
    ]
    written = invitation(channel, administrator={"displayName": "Pat", "subject": f"tel:{phone}"})
    answer = await channel.refused("inviteOrganization", written, "InvalidInput", by=HOUSE)
    assert answer["problems"] == [
        {"path": ["input", "administrator", "subject"], "message": "The phone is expected by itself."}
    ]


async def test_she_speaks_for_it_whose_token_says_that_the_phone_is_hers(channel: Channel) -> None:
    phone = f"+8613{uuid4().int % 10**9:09d}"
    given = invitation(channel, administrator={"displayName": "Pat", "phone": phone})
    key = UUID((await channel.do("inviteOrganization", given, by=HOUSE))["id"].split("_")[1])
    staff: dict[str, Any] = {"actor": "staff", "tenant": channel.trade.tenant, "organization": key, "role": "MANAGER"}
    told = [
        await _speaks(channel, Identity(subject=subject, phone=proven, **staff))
        for subject, proven in (
            ("ann", None),
            ("ann", "+8613700000000"),
            ("ann", phone),
            (f"tel:{phone}", None),
        )
    ]
    assert told == [None, None, "Pat", "Pat"]


async def _speaks(channel: Channel, who: Identity) -> str | None:
    """What her people call her who has this token; None where it is no proof."""
    token = mint(SECRET, who, issuer=ISSUER, audience=AUDIENCE, lifetime=timedelta(hours=1), now=time())
    try:
        async with channel.graph.entrance.open(RequestFacts(f"Bearer {token}", None, None, "test")) as request:
            return request.context.viewer.display_name
    except Unauthenticated:
        return None


async def test_a_phone_tells_nobody_s_name_nor_whether_it_is_known(channel: Channel) -> None:
    """Of a phone that a shopper has and one that nobody has, the same is told."""
    phone, nobodys = (f"+8613{uuid4().int % 10**9:09d}" for _ in range(2))
    shopper = ("UPDATE account SET phone = $3, display_name = 'Wang Xiaomei' WHERE tenant_id = $1 AND id = $2",)
    await change(channel.owner, channel.trade, (*shopper, channel.trade.key("account:member:3"), phone), bump=False)
    told = []
    for number in (phone, nobodys):
        person = {"displayName": "Sue", "phone": number}
        given = {"organizationId": channel.id("store:1"), "person": person, "role": "CLERK"}
        told.append(await channel.do("addStaff", given, by=MANAGER))
        listed = await channel.rows(
            "SELECT s.account_id = $1 FROM staff s ORDER BY s.id DESC LIMIT 1", channel.trade.key("account:member:3")
        )
        assert listed == [(False,)]
    assert [{**one, "id": None} for one in told] == [{**told[1], "id": None}] * 2
    assert told[0]["displayName"] == "Sue"


async def test_each_organization_calls_her_as_it_does(channel: Channel) -> None:
    subject = uuid4().hex
    for shop, called in (("store:1", "Sue"), ("store:2", "Miss Wang")):
        person = {"displayName": called, "subject": subject}
        given = {"organizationId": channel.id(shop), "person": person, "role": "CLERK"}
        assert (await channel.do("addStaff", given, by=f"{shop}/manager"))["displayName"] == called


async def test_an_account_that_is_shut_administers_nothing(channel: Channel) -> None:
    login = uuid4().hex
    shut = "INSERT INTO account (tenant_id, id, subject, display_name, is_active) VALUES ($1, $2, $3, 'Gone', false)"
    await change(channel.owner, channel.trade, (shut, uuid4(), login), bump=False)
    given = invitation(channel, administrator={"displayName": "x", "subject": login})
    await channel.refused("inviteOrganization", given, "AccountInactive", by=HOUSE)
    role = {"organizationId": channel.id("store:1"), "person": given["administrator"], "role": "CLERK"}
    await channel.refused("addStaff", role, "AccountInactive", by=MANAGER)


@pytest.mark.parametrize("tier", ["BRAND", "SUPPLIER"])
async def test_nobody_invites_a_brand_or_a_supplier(channel: Channel, tier: str) -> None:
    supplier = uuid4()
    new = "INSERT INTO organization (tenant_id, id, tier, code, name) VALUES ($1, $2, 'SUPPLIER', $3, 'x')"
    own = "INSERT INTO organization_closure (tenant_id, descendant_id, ancestor_id, hops, descendant_tier,"
    own += " descendant_code) VALUES ($1, $2, $2, 0, 'SUPPLIER', $3)"
    row = (supplier, supplier.hex)
    await change(channel.owner, channel.trade, (new, *row), (own, *row), bump=False)
    given = invitation(channel, tier=tier, upstreamId=f"supplier_{supplier.hex}")
    answer = await channel.refused("inviteOrganization", given, "InvalidInput", by="admin")
    assert answer["problems"] == [
        {"path": ["input", "tier"], "message": "Nobody invites a brand or a supplier."},
    ]


async def test_numbers_and_names_can_be_seen_and_are_kept_composed(channel: Channel) -> None:
    wrong = invitation(
        channel, code="  ", name="\u200b", administrator={"displayName": "a\ud800", "subject": uuid4().hex}
    )
    answer = await channel.refused("inviteOrganization", wrong, "InvalidInput", by=HOUSE)
    assert [problem["path"][1:] for problem in answer["problems"]] == [
        *(["code"], ["name"], ["administrator", "displayName"])
    ]
    code = uuid4().hex
    first = await channel.do("inviteOrganization", invitation(channel, code=f"{code}e\u0301"), by=HOUSE)
    assert first["code"] == f"{code}\u00e9"
    await channel.refused("inviteOrganization", invitation(channel, code=f"{code}\u00e9"), "CodeTaken", by=HOUSE)


# ── standing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_who_suspended_it_or_one_above_lets_it_trade_again(channel: Channel) -> None:
    asked = {"organizationId": channel.id("store:4"), "reason": "unpaid"}
    for by, not_by, then_by in (
        (BRAND, [HOUSE], BRAND),
        (HOUSE, [RIVAL], BRAND),
        (HOUSE, [], HOUSE),
        ("admin", [HOUSE, BRAND], "admin"),
    ):
        await channel.do("suspendOrganization", asked, by=by)
        kept = "SELECT suspended_by_id FROM organization WHERE id = $1"
        own = None if by == "admin" else channel.trade.key(by.split("/")[0])
        assert await channel.rows(kept, channel.trade.key("store:4")) == [(own,)]
        for other in not_by:
            await channel.refused("resumeOrganization", asked, "NotAllowed", by=other)
        assert (await channel.do("resumeOrganization", asked, by=then_by))["status"] == "ACTIVE"
        assert await channel.rows(kept, channel.trade.key("store:4")) == [(None,)]


# ── offers ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("status", ["PENDING_REVIEW", "SUSPENDED", "REJECTED"])
async def test_nobody_is_told_a_stranger_s_standing(channel: Channel, status: str) -> None:
    other = uuid4()
    new = "INSERT INTO organization (tenant_id, id, tier, code, name, status) VALUES ($1, $2, 'STORE', $3, 'x', $4)"
    own = "INSERT INTO organization_closure (tenant_id, descendant_id, ancestor_id, hops, descendant_tier,"
    own += " descendant_code) VALUES ($1, $2, $2, 0, 'STORE', $3)"
    row = (other, other.hex)
    await change(channel.owner, channel.trade, (new, *row, status), (own, *row), bump=False)
    ends = {"organizationId": f"store_{other.hex}", "upstreamId": channel.id("distributor:2")}
    told = await channel.refused("joinUpstream", ends, "NotAllowed", by=RIVAL)
    absent = {**ends, "organizationId": f"store_{uuid4().hex}"}
    assert await channel.refused("joinUpstream", absent, "NotAllowed", by=RIVAL) == told
    await channel.refused("joinUpstream", ends, "StatusForbids", by="admin")


async def test_offers_wait_in_pages_and_not_without_end(channel: Channel) -> None:
    """Those made, and those had: of 200 and 1,000 one more is refused."""
    rival, store = channel.trade.key("distributor:2"), channel.trade.key("store:5")
    others = "INSERT INTO organization (tenant_id, id, tier, code, name)"
    others += " SELECT $1, gen_random_uuid(), $2, $3 || n, 'x' FROM generate_series(1, $4) n"
    stores, houses = f"s{uuid4().hex}-", f"h{uuid4().hex}-"
    now = NOW - timedelta(days=1)
    await change(
        channel.owner,
        channel.trade,
        (others, "STORE", stores, 199),
        (others, "DISTRIBUTOR", houses, 1_000),
        (MADE, rival, now, f"{stores}%"),
        bump=False,
    )
    ends = {"organizationId": channel.id("store:5"), "upstreamId": channel.id("distributor:2")}
    last = "query ($id: ID!) { organization(id: $id) { supplyOffers(first: 1) { totalCount nodes { downstream { id } }"
    last += " pageInfo { hasNextPage } } } }"
    await channel.do("joinUpstream", ends, by=RIVAL)
    seen = (await channel.see(last, by=RIVAL, id=ends["upstreamId"]))["organization"]["supplyOffers"]
    assert seen == {
        "totalCount": 200,
        "nodes": [{"downstream": {"id": ends["organizationId"]}}],
        "pageInfo": {"hasNextPage": True},
    }
    more = {**ends, "organizationId": channel.id("store:6")}
    assert (await channel.refused("joinUpstream", more, "TooManyOffers", by=RIVAL))["most"] == 200
    await channel.do("leaveUpstream", ends, by=RIVAL)
    await change(channel.owner, channel.trade, (HAD, store, now, f"{houses}%"), bump=False)
    assert (await channel.refused("joinUpstream", ends, "TooManyOffers", by=RIVAL))["most"] == 1_000
    gone = "DELETE FROM supply_offer WHERE tenant_id = $1 AND (upstream_id = $2 OR downstream_id = $3)"
    strangers = "DELETE FROM organization WHERE tenant_id = $1 AND (code LIKE $2 OR code LIKE $3)"
    await change(
        channel.owner, channel.trade, (gone, rival, store), (strangers, f"{stores}%", f"{houses}%"), bump=False
    )
