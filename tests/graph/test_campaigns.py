"""What reaches a store, a member, a sku, a terminal, at an hour; with which terms; and why the rest does not."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import boot
from tests.conftest import NOW
from tests.graph.client import GraphClient
from tests.graph.paging import cursor
from tests.graph.trade import Trade, change
from tests.proof import size

pytestmark = pytest.mark.prove
HERE = "{ campaign { id } thresholdFen thresholdUnits offFen offBps priceFen }"
CLERK = "store:1/clerk"
ANYBODY = {
    "all",
    "own",
    "site",
    "territory",
    "below",
    "store",
    "tag",
    "mode",
    "not-vip",
    "sku",
    "category",
    "brand",
} | {*("app", "noon", "two-ways", "opt-out", "own-of-house")}
"""What reaches a shopper of store 1 of whom nothing is known."""


async def ask(graph: GraphClient, trade: Trade, document: str, by: str | None = None, **variables: Any) -> Any:
    asked = await graph.ask(document, variables, by=by, tenant=trade.code)
    assert asked.errors == []
    return asked.data


async def here(
    graph: GraphClient, trade: Trade, store: str = "store:1", by: str | None = None, **arguments: Any
) -> dict[str, Any] | None:
    """What reaches a cloud store, by name, in order."""
    document = (
        "query ($id: ID!, $member: ID, $sku: ID, $terminal: Terminal, $at: DateTime) { cloudStore(id: $id) { "
        f"campaigns(member: $member, sku: $sku, terminal: $terminal, at: $at, first: 100) {HERE} }} }}"
    )
    names = {name: trade.id(value) for name, value in arguments.items() if name in ("member", "sku")}
    data = await ask(graph, trade, document, by, id=trade.id(f"mall:{store}"), **arguments | names)
    reached = data["cloudStore"]["campaigns"]
    return None if reached is None else {trade.name(one["campaign"]["id"]): one for one in reached}


async def missed(
    graph: GraphClient, trade: Trade, by: str, store: str = "store:1", **arguments: Any
) -> dict[str, tuple[str, str | None]] | None:
    """What does not, with reason and dimension."""
    document = (
        "query ($id: ID!, $member: ID, $at: DateTime) { cloudStore(id: $id) { campaignsMissed(member: $member, "
        "at: $at, first: 100) { totalCount nodes { campaign { id } reason dimension } } } }"
    )
    names = {name: trade.id(value) for name, value in arguments.items() if name == "member"}
    data = await ask(graph, trade, document, by, id=trade.id(f"mall:{store}"), **arguments | names)
    page = data["cloudStore"]["campaignsMissed"]
    if page is None:
        return None
    assert page["totalCount"] == len(page["nodes"])
    return {trade.name(one["campaign"]["id"]): (one["reason"], one["dimension"]) for one in page["nodes"]}


async def test_what_reaches_a_store(graph: GraphClient, trade: Trade) -> None:
    reached = await here(graph, trade)
    assert reached is not None
    assert set(reached) == ANYBODY
    assert list(reached)[:2] == ["all", "own"]  # by priority
    rest = [trade.key(f"campaign:{name}") for name in list(reached)[2:]]
    assert rest == sorted(rest)


async def test_what_reaches_other_stores(graph: GraphClient, trade: Trade) -> None:
    everywhere = {"all", "below", "not-vip", "sku", "category", "brand", "app", "noon", "own-of-house", "not-store"}
    assert set(await here(graph, trade, "store:2") or ()) == everywhere | {"store", "opt-in"}
    assert set(await here(graph, trade, "store:3") or ()) == everywhere | {"mode", "opt-out"}
    assert set(await here(graph, trade, "store:900") or ()) == {"rivals"}


async def test_what_reaches_a_member(graph: GraphClient, trade: Trade) -> None:
    """A shopper asks for herself, a clerk for a member of the store; a tier counts with those below it."""
    reached = ANYBODY - {"not-vip"} | {"silver", "vip"}
    assert set(await here(graph, trade, by="member:1") or ()) == reached
    assert set(await here(graph, trade, by="member:1", member="member:1") or ()) == reached
    assert set(await here(graph, trade, by=CLERK, member="member:1") or ()) == reached | {"fee"}
    assert set(await here(graph, trade, by="member:2") or ()) == ANYBODY
    # Bound to store 2, a member nowhere.
    assert await here(graph, trade, "store:2", by="store:2/clerk", member="member:3") is not None
    # What she gets there is told whole: her level counts, though the store is told nothing of the programme it is of.
    rights = "query ($id: ID!, $at: ID!) { customer(id: $id) { rights(at: $at) { right { code } } } }"
    given = {"id": trade.id("member:1"), "at": trade.id("mall:store:1")}
    assert await ask(graph, trade, rights, CLERK, **given) == {"customer": {"rights": []}}
    assert await ask(graph, trade, rights, "member:1", **given) == {
        "customer": {"rights": [{"right": {"code": "tiers"}}]}
    }


async def test_a_neighbour_s_programme_is_not_asked_through_a_member(
    graph: GraphClient, trade: Trade, access: boot.Access
) -> None:
    """Staff ask about a member at the stores they speak for, as with her rights; she and the platform anywhere."""
    clerk, listing = "store:2/clerk", trade.id("listing:1")
    document = "query ($id: ID!, $member: ID) { listing(id: $id) { campaigns(member: $member) { offFen } } }"

    async def listed(by: str, member: str) -> Any:
        return (await ask(graph, trade, document, by, id=listing, member=trade.id(member)))["listing"]["campaigns"]

    assert await here(graph, trade, by=clerk, member="member:3") is None
    assert await listed(clerk, "member:3") is None
    assert await here(graph, trade, "store:2", by=CLERK, member="member:1") is None
    assert await here(graph, trade, by=clerk) is not None
    for who, member in (("member:3", "member:3"), ("admin", "member:3"), (CLERK, "member:1")):
        assert await here(graph, trade, by=who, member=member) is not None
        assert await listed(who, member) is not None
    # Nor do misses tell: not even of a campaign of her own that aims there.
    owner = "UPDATE campaign SET owner_id = $3 WHERE tenant_id = $1 AND id = $2"
    rivals = trade.key("campaign:rivals")
    await change(access.owner, trade, (owner, rivals, trade.key("store:2")))
    try:
        assert await missed(graph, trade, clerk) == {"rivals": ("NOT_BELOW_OWNER", None)}
        assert await missed(graph, trade, clerk, member="member:3") is None
        assert await missed(graph, trade, clerk, "store:2", member="member:3") is not None
    finally:
        await change(access.owner, trade, (owner, rivals, trade.key("brand:2")))


@pytest.mark.parametrize(
    ("end", "again", "name", "people"),
    [
        (
            "UPDATE cloud_store SET closed_at = opened_at + interval '1 day' WHERE tenant_id = $1 AND id = $2",
            "UPDATE cloud_store SET closed_at = NULL WHERE tenant_id = $1 AND id = $2",
            "mall:store:900",
            ("store:900/clerk", "admin"),
        ),
        (
            "UPDATE organization SET status = 'SUSPENDED' WHERE tenant_id = $1 AND id = $2",
            "UPDATE organization SET status = 'ACTIVE' WHERE tenant_id = $1 AND id = $2",
            "store:900",
            ("admin",),  # its own people are nobody by then
        ),
    ],
)
async def test_a_store_that_does_not_trade_has_no_campaigns(
    graph: GraphClient, trade: Trade, access: boot.Access, end: str, again: str, name: str, people: tuple[str, ...]
) -> None:
    """Its members still find it; its lists are empty, like its shelf."""
    document = (
        "{ viewer { customer { memberships(first: 1) { nodes { cloudStore { id campaigns { offFen } shelf(first: 1) "
        "{ nodes { id } } } } } } } }"
    )

    async def there(by: str) -> Any:
        data = await ask(graph, trade, document, by)
        return data["viewer"]["customer"]["memberships"]["nodes"][0]["cloudStore"]

    member = "member:2"
    id = trade.id("mall:store:900")
    assert (await there(member))["campaigns"] != []
    asked = "query ($id: ID!) { membership: node(id: $id) { ... on Membership { cloudStore { id campaigns { offFen } "
    asked += "campaignsMissed { totalCount nodes { reason } } } } } }"
    membership = trade.id("membership:member:2")
    await change(access.owner, trade, (end, trade.key(name)), bump=False)
    try:
        closed = await there(member)
        own = [(await ask(graph, trade, asked, who, id=membership))["membership"]["cloudStore"] for who in people]
    finally:
        await change(access.owner, trade, (again, trade.key(name)), bump=False)
    nothing = {"totalCount": 0, "nodes": []}
    assert closed == {"id": id, "campaigns": [], "shelf": {"nodes": []}}
    assert own == [{"id": id, "campaigns": [], "campaignsMissed": nothing}] * len(people)


@pytest.mark.parametrize(
    ("by", "member"),
    [
        (None, "member:1"),
        ("member:2", "member:1"),
        (CLERK, "member:2"),
        (CLERK, "member:nobody"),
        ("store:2/clerk", "member:1"),
        ("distributor:1/operator", "member:1"),
        ("brand:1/operator", "member:1"),
        ("brand:1/analyst", "member:1"),
        ("admin", "member:nobody"),
    ],
)
async def test_a_member_who_is_not_the_viewers_is_nobody(
    graph: GraphClient, trade: Trade, by: str | None, member: str
) -> None:
    assert await here(graph, trade, by=by, member=member) is None


async def test_what_reaches_a_sku(graph: GraphClient, trade: Trade) -> None:
    first, second = await here(graph, trade, sku="sku:1"), await here(graph, trade, sku="sku:2")
    assert set(first or ()) == ANYBODY - {"brand"}
    assert set(second or ()) == ANYBODY - {"sku", "category"}
    assert await here(graph, trade, sku="sku:nothing") is None
    listings = await ask(
        graph,
        trade,
        "query ($one: ID!, $two: ID!) { one: listing(id: $one) { campaigns(first: 100) %s } "
        "two: listing(id: $two) { campaigns(first: 100) %s } }" % (HERE, HERE),
        one=trade.id("listing:1"),
        two=trade.id("listing:2"),
    )
    assert listings["one"]["campaigns"] == list((first or {}).values())
    assert listings["two"]["campaigns"] == list((second or {}).values())


async def test_what_reaches_a_terminal(graph: GraphClient, trade: Trade) -> None:
    assert set(await here(graph, trade, terminal="APP") or ()) == ANYBODY
    assert set(await here(graph, trade, terminal="WEB") or ()) == ANYBODY - {"app"}


async def test_what_reaches_at_another_time(graph: GraphClient, trade: Trade) -> None:
    """It is Tuesday evening in Shanghai."""
    morning = (NOW + timedelta(hours=14)).isoformat()
    assert set(await here(graph, trade, at=morning) or ()) == ANYBODY - {"noon"} | {"morning"}
    later = (NOW + timedelta(days=1, hours=2)).isoformat()
    own = ANYBODY - {"noon"} | {"fee", "tomorrow"}
    assert set(await here(graph, trade, at=later, by=CLERK) or ()) == own
    # What has not begun is told to the store and to the owner alone.
    assert set(await here(graph, trade, at=later) or ()) == ANYBODY - {"noon"}
    assert set(await here(graph, trade, at=later, by="store:2/clerk") or ()) == ANYBODY - {"noon"}
    assert set(await here(graph, trade, at=later, by="brand:1/operator") or ()) == own
    # What is over now was no secret then.
    before = (NOW - timedelta(minutes=1)).isoformat()
    assert set(await here(graph, trade, at=before) or ()) == ANYBODY | {"over"}
    assert set(await here(graph, trade, at=before, by=CLERK) or ()) == ANYBODY | {"over", "fee"}
    assert set(await here(graph, trade, at=before, by="store:2/clerk") or ()) == ANYBODY | {"over"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('at: "%s"' % (NOW - timedelta(days=1, seconds=1)).isoformat(), "BAD_USER_INPUT"),
        ('at: "%s"' % (NOW + timedelta(days=366, seconds=1)).isoformat(), "BAD_USER_INPUT"),
        ('at: "9999-12-31T23:59:59.999999Z"', "GRAPHQL_VALIDATION_FAILED"),
        ('at: "0001-01-01T00:00:00Z"', "GRAPHQL_VALIDATION_FAILED"),
        ('member: "x"', "BAD_ID"),
        ('member: "sku_%s"' % ("0" * 32), "BAD_ID"),
        ('sku: "customer_%s"' % ("0" * 32), "BAD_ID"),
        ("first: 0", "BAD_PAGE_SIZE"),
        ("first: 101", "BAD_PAGE_SIZE"),
    ],
)
async def test_what_cannot_be_meant(graph: GraphClient, trade: Trade, arguments: str, code: str) -> None:
    document = '{ cloudStore(id: "%s") { campaigns(%s) { offFen } campaignsMissed(%s) { totalCount } } }'
    asked = await graph.ask(document % (trade.id("mall:store:1"), arguments, arguments), by=CLERK, tenant=trade.code)
    assert set(asked.codes) == {code}


@settings(
    derandomize=True,
    deadline=None,
    max_examples=size(40, 5_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    at=st.none()
    | st.text(max_size=40)
    | st.datetimes(timezones=st.timezones() | st.none()).map(lambda at: at.isoformat()),
    first=st.integers(-5, 200),
    member=st.none() | st.text(max_size=60) | st.from_regex(r"customer_[0-9a-f]{30,34}", fullmatch=True),
    after=st.none()
    | st.text(max_size=40)
    | st.tuples(st.integers(-(2**70), 2**70), st.just("0" * 32)).map(lambda made: cursor(*made)),
)
async def test_no_argument_is_an_internal_error(
    graph: GraphClient, trade: Trade, at: str | None, first: int, member: str | None, after: str | None
) -> None:
    document = (
        "query ($id: ID!, $at: DateTime, $first: Int!, $member: ID, $after: String) { cloudStore(id: $id) { "
        "campaigns(at: $at, first: $first, member: $member) { offFen } "
        "campaignsMissed(at: $at, first: $first, member: $member, after: $after) { totalCount } } }"
    )
    given = {"id": trade.id("mall:store:1"), "at": at, "first": first, "member": member, "after": after}
    asked = await graph.ask(document, given, by=CLERK, tenant=trade.code)
    assert set(asked.codes) <= {"BAD_USER_INPUT", "BAD_PAGE_SIZE", "BAD_ID", "BAD_CURSOR"}


async def test_a_store_has_its_own_terms(graph: GraphClient, trade: Trade) -> None:
    one, two = await here(graph, trade), await here(graph, trade, "store:2")
    terms = {"thresholdFen": 2_000, "thresholdUnits": 0, "offFen": 700, "offBps": None, "priceFen": None}
    assert {**(one or {})["all"], "campaign": None} == {"campaign": None, **terms}
    general = terms | {"thresholdFen": 0, "offFen": 500}
    assert {**(two or {})["all"], "campaign": None} == {"campaign": None, **general}


MISSES = {
    "tier": ("STORE", "TIER"),
    "not-store": ("STORE", "STORE"),
    "trade": ("STORE", "MODE"),
    "silver": ("MEMBER", "MEMBER_TIER"),
    "gold": ("MEMBER", "MEMBER_TIER"),
    "vip": ("MEMBER", "MEMBER_TAG"),
    "morning": ("HOURS", "HOURS"),
    "tomorrow": ("NOT_STARTED", None),
    "over": ("ENDED", None),
    "opt-in": ("NOT_OPTED_IN", None),
}
"""Why what stands above store 1 does not reach a shopper there of whom nothing is known."""


async def test_why_the_rest_does_not_reach(graph: GraphClient, trade: Trade) -> None:
    assert await missed(graph, trade, CLERK) == MISSES
    assert await missed(graph, trade, CLERK, member="member:1") == {
        **{name: miss for name, miss in MISSES.items() if name not in ("silver", "vip")},
        "not-vip": ("MEMBER", "MEMBER_TAG"),
    }
    second = await missed(graph, trade, "store:2/clerk", "store:2")
    assert second is not None
    assert (second["opt-out"], second["two-ways"]) == (("OPTED_OUT", None), ("STORE", "STORE_TAG"))


async def test_an_owner_is_told_of_its_own_and_nobody_of_a_rivals(graph: GraphClient, trade: Trade) -> None:
    assert await missed(graph, trade, "brand:2/operator") == {"rivals": ("NOT_BELOW_OWNER", None)}
    assert await missed(graph, trade, "brand:1/operator") == MISSES
    assert await missed(graph, trade, "distributor:1/operator") == {}
    assert await missed(graph, trade, "admin") == {**MISSES, "rivals": ("NOT_BELOW_OWNER", None)}
    for stranger in ("store:2/clerk", "store:900/clerk", "distributor:2/operator"):
        assert await missed(graph, trade, stranger) is None
    assert await missed(graph, trade, CLERK, member="member:2") is None


async def test_many_misses_of_many_stores_are_too_much(graph: GraphClient, trade: Trade) -> None:
    """A store and an instant are dear: a page of a hundred stores may not ask for fourteen hours of the day."""
    instants = [(NOW + timedelta(hours=hour)).isoformat() for hour in range(14)]
    fields = [
        f'a{place}: campaignsMissed(first: 1, at: "{at}") {{ nodes {{ reason }} }}' for place, at in enumerate(instants)
    ]
    document = "{ stores(first: 100) { nodes { cloudStore { %s } } } }"
    refused = await graph.ask(document % " ".join(fields), by="admin", tenant=trade.code)
    assert refused.codes == ["QUERY_TOO_COMPLEX"]
    assert await ask(graph, trade, document % " ".join(fields[:3]), "admin")


async def test_misses_come_in_pages(graph: GraphClient, trade: Trade) -> None:
    document = (
        "query ($id: ID!, $after: String) { cloudStore(id: $id) { campaignsMissed(first: 4, after: $after) "
        "{ totalCount nodes { campaign { id } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }"
    )
    found, after = list[str](), None
    for turn in range(3):
        data = await ask(graph, trade, document, CLERK, id=trade.id("mall:store:1"), after=after)
        page = data["cloudStore"]["campaignsMissed"]
        found += [trade.name(one["campaign"]["id"]) for one in page["nodes"]]
        assert page["totalCount"] == len(MISSES)
        assert page["pageInfo"]["hasNextPage"] is (turn < 2)
        assert page["pageInfo"]["hasPreviousPage"] is (turn > 0)
        after = page["pageInfo"]["endCursor"]
    assert found == sorted(MISSES, key=lambda name: trade.key(f"campaign:{name}"))
    asked = await graph.ask(document, {"id": trade.id("mall:store:1"), "after": "x"}, by=CLERK, tenant=trade.code)
    assert asked.codes == ["BAD_CURSOR"]


async def test_a_suspended_owner_reaches_nobody_at_once(graph: GraphClient, trade: Trade, access: boot.Access) -> None:
    """Whether owners trade stands in the index: who changes it raises the revision, as for the campaigns themselves."""
    status = "UPDATE organization SET status = '{}' WHERE tenant_id = $1 AND id = $2"
    await change(access.owner, trade, (status.format("SUSPENDED"), trade.key("brand:1")))
    try:
        assert set(await here(graph, trade) or ()) == {"own", "own-of-house"}
        misses = await missed(graph, trade, CLERK)
    finally:
        await change(access.owner, trade, (status.format("ACTIVE"), trade.key("brand:1")))
    assert misses is not None
    assert misses["tier"] == misses["all"] == ("OWNER_NOT_ACTIVE", None)
    assert misses["over"] == ("ENDED", None)
    assert set(await here(graph, trade) or ()) == ANYBODY
