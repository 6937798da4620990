"""Joining a cloud store: whom an issuer proves and nobody knows reads as anyone, and becomes a customer by it."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from domain.member import MAX_MEMBERSHIPS
from tests.graph.acting import Acts
from tests.graph.trade import change


def newcomer() -> str:
    return f"member:{uuid4().hex}"


async def join(acts: Acts, by: str | None, store: str = "store:1", key: str | None = None, **more: Any) -> Any:
    given = {"cloudStoreId": acts.trade.id(f"mall:{store}"), **more}
    return await acts.done("joinCloudStore", given, by=by, key=key)


ME = "{ viewer { actorClass customer { displayName memberships { nodes { cloudStore { id } } } } } }"


async def test_who_is_new_reads_as_anyone_until_she_joins(acts: Acts) -> None:
    who = newcomer()
    assert (await acts.ask("{ viewer { actorClass } }", who))["viewer"] == {"actorClass": "NOBODY"}
    assert (await acts.graph.ask(ME, by=who, tenant=acts.trade.code)).codes == ["FORBIDDEN"]
    text = '{ store(id: "%s") { shelf(first: 1) { nodes { price } } } }' % acts.trade.id("store:1")
    assert await acts.ask(text, who) == await acts.ask(text, None)
    told = await join(acts, who, displayName="Lin")
    assert told["id"] == acts.trade.id("mall:store:1")
    me = (await acts.ask(ME, who))["viewer"]
    assert me == {
        "actorClass": "CONSUMER",
        "customer": {"displayName": "Lin", "memberships": {"nodes": [{"cloudStore": {"id": told["id"]}}]}},
    }
    (event,) = await acts.rows("SELECT type, audience FROM outbox_event ORDER BY id DESC LIMIT 1")
    assert event == ("MemberJoined", [acts.trade.key("store:1")])
    await join(acts, who, "store:2")
    assert len((await acts.ask(ME, who))["viewer"]["customer"]["memberships"]["nodes"]) == 2


async def test_she_is_called_as_she_says_whoever_named_her_before(acts: Acts) -> None:
    who = newcomer()
    person = {"displayName": "Somebody", "subject": who}
    given = {"organizationId": acts.trade.id("distributor:2"), "role": "SALESPERSON", "person": person}
    await acts.done("addStaff", given, by="distributor:2/operator")
    await join(acts, who, displayName="Lin")
    assert (await acts.ask(ME, who))["viewer"]["customer"]["displayName"] == "Lin"
    called = "SELECT s.display_name FROM staff s JOIN account a ON a.id = s.account_id WHERE a.subject = $1"
    assert await acts.rows(called, who) == [("Somebody",)]
    other, calls = newcomer(), "UPDATE staff s SET display_name = NULL FROM account a WHERE a.id = s.account_id"
    await acts.done("addStaff", given | {"person": {**person, "subject": other}}, by="distributor:2/operator")
    await change(acts.owner, acts.trade, (calls + " AND a.tenant_id = $1 AND a.subject = $2", other), bump=False)
    await join(acts, other, displayName="Lin")
    assert await acts.rows(called, other) == [("Somebody",)]


async def test_joining_again_changes_nothing(acts: Acts) -> None:
    who = newcomer()
    first = await join(acts, who, key="j", displayName="Lin")
    counted = "SELECT (SELECT count(*) FROM customer), (SELECT count(*) FROM membership), count(*) FROM outbox_event"
    before = await acts.rows(counted)
    assert await join(acts, who, key="j", displayName="Lin") == first  # she is another actor by now, and a member
    assert await join(acts, who) == first
    assert await acts.rows(counted) == before


async def test_who_asks_many_times_at_once_is_one_customer_and_one_member(acts: Acts) -> None:
    who = newcomer()
    told = await asyncio.gather(*(join(acts, who, displayName="Lin") for _ in range(8)))
    assert {one["__typename"] for one in told} == {"CloudStore"}
    members = (
        "SELECT count(DISTINCT c.id), count(*) FROM account a JOIN customer c ON c.account_id = a.id"
        " JOIN membership m ON m.customer_id = c.id WHERE a.subject = $1"
    )
    assert await acts.rows(members, who) == [(1, 1)]


async def test_who_may_not_join(acts: Acts) -> None:
    before = await acts.rows("SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM membership)")
    for by in (None, "store:1/clerk", "brand:1/operator", "admin"):
        assert (await join(acts, by, displayName="x"))["__typename"] == "NotAllowed"
    for mall in (acts.trade.id("mall:distributor:1"), f"cloudstore_{uuid4().hex}"):
        given = {"cloudStoreId": mall, "displayName": "x"}
        assert (await acts.done("joinCloudStore", given, by=newcomer()))["__typename"] == "NotAllowed"
    told = [await join(acts, newcomer()), await join(acts, newcomer(), displayName="x" * 101)]
    assert [one["problems"][0]["path"] for one in told] == [["input", "displayName"]] * 2
    assert await acts.rows("SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM membership)") == before


async def test_whose_account_is_shut_is_let_in_nowhere(acts: Acts) -> None:
    who = newcomer()
    text = "INSERT INTO account (tenant_id, id, subject, display_name, is_active) VALUES ($1, $2, $3, 'x', false)"
    await change(acts.owner, acts.trade, (text, uuid4(), who), bump=False)
    given = {"cloudStoreId": acts.trade.id("mall:store:1"), "displayName": "x"}
    assert (await acts.do("joinCloudStore", given, by=who)).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("act", ["placeOrder", "holdStock", "applyAsStore"])
async def test_who_is_new_does_nothing_else(acts: Acts, act: str) -> None:
    given: dict[str, Any] = {"lines": [{"listingId": acts.trade.id("listing:1"), "quantity": 1}]}
    if act == "applyAsStore":
        given = {"upstreamId": acts.trade.id("distributor:1"), "code": uuid4().hex, "name": "x"}
    assert (await acts.do(act, given, by=newcomer(), answer="... on Refusal { code }")).codes == ["FORBIDDEN"]


async def test_a_customer_is_a_member_of_so_many_and_no_more(acts: Acts) -> None:
    who = newcomer()
    await join(acts, who, displayName="Lin")
    fill = (
        "WITH made AS (INSERT INTO organization (tenant_id, id, tier, code, name)"
        " SELECT $1, gen_random_uuid(), 'STORE', 'join-' || n, 'x' FROM generate_series(1, $2::int) n RETURNING id),"
        " malls AS (INSERT INTO cloud_store (tenant_id, id, organization_id, mode, name, opened_at)"
        " SELECT $1, id, id, 'O2O', 'x', now() FROM made RETURNING id)"
        " INSERT INTO membership (tenant_id, id, customer_id, cloud_store_id, joined_at)"
        " SELECT $1, gen_random_uuid(), c.id, malls.id, now() FROM malls, customer c"
        " JOIN account a ON a.id = c.account_id AND a.tenant_id = $1 WHERE a.subject = $3 AND c.tenant_id = $1"
    )
    await change(acts.owner, acts.trade, (fill, MAX_MEMBERSHIPS - 1, who), bump=False)
    told = await join(acts, who, "store:2")
    assert (told["__typename"], told["most"]) == ("LimitReached", MAX_MEMBERSHIPS)
    assert (await join(acts, who))["__typename"] == "CloudStore"
    gone = [
        "DELETE FROM membership m USING cloud_store s WHERE m.tenant_id = $1 AND s.tenant_id = $1"
        " AND s.id = m.cloud_store_id AND s.id = s.organization_id",
        "DELETE FROM cloud_store WHERE tenant_id = $1 AND id = organization_id",
        "DELETE FROM organization WHERE tenant_id = $1 AND code LIKE 'join-%'",
    ]
    await change(acts.owner, acts.trade, *((text,) for text in gone), bump=False)
