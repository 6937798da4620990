"""Rights that travel, asked in the graph: what each shop is told, and for how many statements."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.channel import Tier
from domain.member import RightKind, RightScope
from embedded import Server
from tests.graph.apart import Apart, graph_of
from tests.graph.client import GraphClient
from tests.graph.members import DAY, NOW, Members
from tests.graph.town import ADMIN, BRAND, FAR, HOUSE, SHOP, SISTER, town

TOWN = town("town")
MANY_STORES, MANY_COUPONS = 50, 130


def crowd() -> Members:
    """Fifty shops; Hana is a member of all of them, and so are ten others; Ines holds more coupons than are listed."""
    made = Members("crowd")
    made.organization("brand", Tier.BRAND)
    made.organization("house", Tier.DISTRIBUTOR, ("brand",))
    made.terms("club", RightKind.TIER, "brand")
    made.tier("club", 1, 0)
    made.terms("stars", RightKind.POINTS, "brand")
    made.terms("many", RightKind.COUPON, "brand")
    made.offer("many", off_fen=100)
    for terms in ("club", "stars", "many"):
        made.honour(terms, "brand", below=True)
    people = ["hana", "ines", *(f"guest {number}" for number in range(10))]
    for name in people:
        made.customer(name)
        made.grown(name, "club", 10, 1)
        made.holds(name, "stars", RightKind.POINTS, 1_000)
    for number in range(MANY_STORES):
        shop, online, own = f"shop {number}", f"online {number}", f"coupon {number}"
        made.organization(shop, Tier.STORE, ("house", "brand"))
        made.cloud_store(online, shop)
        made.terms(own, RightKind.COUPON, shop, RightScope.STORE, online)
        made.offer(own, off_fen=number + 1)
        made.coupon(f"H{number}", "hana", own, shop)
        for name in people:
            made.member(name, online)
    for number in range(MANY_COUPONS):
        over = number % 2 == 0
        until = NOW - DAY if over else NOW + (MANY_COUPONS - number) * DAY
        made.coupon(f"I{number}", "ines", "many", "shop 0", until=until)
    return made


CROWD = crowd()


@pytest.fixture(scope="module")
async def apart(cluster: Server, empty_template: str) -> AsyncIterator[Apart]:
    async with graph_of(cluster, empty_template, "rights", TOWN, CROWD) as made:
        yield made


@pytest.fixture
def graph(apart: Apart) -> GraphClient:
    return apart.graph


HERE = "usable reason worthFen balance growth right { name } tier { name } coupon { code }"


def rights_at(store: str, selection: str = HERE) -> str:
    return '{ customer(id: "%s") { rights(at: "%s") { %s } } }' % (
        TOWN.id("customer", "ann"),
        TOWN.id("cloudstore", store),
        selection,
    )


async def told(graph: GraphClient, store: str, by: str) -> dict[str, Any] | None:
    """Name of the right or code of the coupon → its worth, True where it has none to say, or the reason."""
    asked = await graph.ask(rights_at(store), by=by, tenant="town")
    assert asked.errors == []
    if asked.data["customer"] is None or asked.data["customer"]["rights"] is None:
        return None
    return {
        (here["coupon"] or {}).get("code") or here["right"]["name"]: here["reason"]
        or here["worthFen"]
        or here["usable"]
        for here in asked.data["customer"]["rights"]
    }


OF_SHOP = {
    "Club": True,
    "Stars": 750,
    "Purse": 5_000,
    "S1": 500,
    "C1": 900,
    "F1": True,
    "S2": "LOCKED",
    "S3": "EXPIRED",
    "S4": "NOT_YET_VALID",
    "S5": "REVOKED",
}
"""What ann's rights are worth in the shop, as far as it is the shop's business."""
OF_OTHERS = {"T1": "OUT_OF_SCOPE", "T2": "USED", "Sister Anywhere": "NOT_HONOURED", "House Alone": "NOT_HONOURED"}
"""What others gave her for themselves. The house honours the last one alone, not its shops."""


async def test_a_shop_is_told_what_is_good_there_and_nothing_of_its_neighbours(graph: GraphClient) -> None:
    assert await told(graph, "shop online", SHOP) == OF_SHOP


@pytest.mark.parametrize("by", ["member:ann", ADMIN])
async def test_she_herself_is_told_everything(graph: GraphClient, by: str) -> None:
    assert await told(graph, "shop online", by) == {**OF_SHOP, **OF_OTHERS}


async def test_the_neighbour_is_told_of_its_own_and_not_of_the_shop_s(graph: GraphClient) -> None:
    assert await told(graph, "sister online", SISTER) == {
        "Club": True,
        "Stars": 750,
        "Purse": 5_000,
        "Sister Anywhere": 800,
        "T1": 700,
        "T2": "USED",
    }


async def test_elsewhere_she_is_told_why_not(graph: GraphClient) -> None:
    closed = await told(graph, "corner online", "member:ann")
    assert closed is not None
    assert set(closed.values()) == {"STORE_CLOSED", "LOCKED", "EXPIRED", "NOT_YET_VALID", "REVOKED", "USED"}
    ordering = await told(graph, "house ordering", "member:ann")
    assert ordering is not None
    assert {ordering[name] for name in ("Club", "Stars", "Purse", "S1", "C1", "F1")} == {"WRONG_MODE"}
    far = await told(graph, "far online", "member:ann")
    assert far is not None
    assert (far["Club"], far["F1"], far["C1"], far["Purse"], far["S1"]) == (
        True,
        True,
        900,
        "NOT_HONOURED",
        "OUT_OF_SCOPE",
    )


@pytest.mark.parametrize("by", [SISTER, FAR, HOUSE, BRAND, "member:ben"])
async def test_nobody_else_may_ask_at_the_shop(graph: GraphClient, by: str) -> None:
    assert await told(graph, "shop online", by) is None


async def test_no_store_is_no_answer(graph: GraphClient) -> None:
    assert await told(graph, "no such store", "member:ann") is None
    assert await told(graph, "no such store", ADMIN) is None


async def test_who_owes_the_shop(graph: GraphClient) -> None:
    asked = await graph.ask(
        rights_at("shop online", "right { code bearer { code } } coupon { code } settlesWith { code }"),
        by=SHOP,
        tenant="town",
    )
    owes = {
        (here["coupon"] or {}).get("code") or here["right"]["code"]: (here["settlesWith"] or {}).get("code")
        for here in asked.data["customer"]["rights"]
    }
    nobody = dict.fromkeys(("club", "S2", "S3", "S4", "S5"))
    assert owes == {**nobody, "stars": "brand", "purse": "house", "S1": "brand", "C1": "brand", "F1": "far"}
    by_sister = await graph.ask(
        rights_at("sister online", "coupon { code } settlesWith { code }"), by=SISTER, tenant="town"
    )
    assert {"coupon": {"code": "T1"}, "settlesWith": None} in by_sister.data["customer"]["rights"]
    hers = await graph.ask(rights_at("shop online", "settlesWith { code }"), by="member:ann", tenant="town")
    assert hers.codes == ["FORBIDDEN"]


async def test_a_tier_is_told_with_its_growth(graph: GraphClient) -> None:
    asked = await graph.ask(
        rights_at(
            "shop online",
            "growth balance tier { level code name growthFrom pointsRatePct } right { kind scope validUntil "
            "redeemPoints redeemFen isGenerated issuer { code } tiers { level } "
            "honours { organization { code } includesBelow } offer { benefit } site { code } cloudStore { name } }",
        ),
        by=SHOP,
        tenant="town",
    )
    assert asked.errors == []
    assert asked.data["customer"]["rights"][0] == {
        "growth": 620,
        "balance": None,
        "tier": {"level": 2, "code": "L2", "name": "Level 2", "growthFrom": 500, "pointsRatePct": 100},
        "right": {
            "kind": "TIER",
            "scope": "TENANT",
            "validUntil": None,
            "redeemPoints": None,
            "redeemFen": None,
            "isGenerated": False,
            "issuer": {"code": "brand"},
            "tiers": [{"level": 1}, {"level": 2}],
            "honours": [{"organization": {"code": "brand"}, "includesBelow": True}],
            "offer": None,
            "site": None,
            "cloudStore": None,
        },
    }


async def test_a_coupon_is_told_with_its_offer(graph: GraphClient) -> None:
    asked = await graph.ask(
        '{ node(id: "%s") { ... on Coupon { code state grantedAt validFrom validUntil customer { displayName } right { '
        "cloudStore { name } site { code } offer { benefit thresholdFen offFen offBps maxOffFen } } } } }"
        % TOWN.id("coupon", "C1"),
        by=SHOP,
        tenant="town",
    )
    assert asked.errors == []
    coupon = asked.data["node"]
    assert (coupon["code"], coupon["state"], coupon["customer"]) == ("C1", "AVAILABLE", {"displayName": "Ann"})
    assert coupon["right"] == {
        "cloudStore": None,
        "site": {"code": "city"},
        "offer": {"benefit": "PERCENT_OFF", "thresholdFen": 0, "offFen": None, "offBps": 1_000, "maxOffFen": 900},
    }


# ── how many statements ───────────────────────────────────────────────────────────────────────────────────────────────
HANA = (
    "{ viewer { customer { displayName memberships(first: %d) { nodes { cloudStore { name } rights { usable reason "
    "worthFen balance growth right { name issuer { name } } tier { name } coupon { code } } } } } } }"
)


@pytest.mark.parametrize("first", [1, 10, MANY_STORES])
async def test_rights_in_fifty_stores_cost_what_one_costs(graph: GraphClient, first: int) -> None:
    """Viewer, customer, memberships, cloud stores; then places, three sorts of holdings, terms, honours, issuers."""
    asked = await graph.ask(HANA % first, by="member:hana", tenant="crowd")
    assert asked.errors == []
    nodes = asked.data["viewer"]["customer"]["memberships"]["nodes"]
    assert len(nodes) == first
    assert len(asked.statements) == 11
    for node in nodes:
        usable = [here for here in node["rights"] if here["usable"]]
        assert [here["right"]["name"] for here in usable] == ["Club", "Stars", node["cloudStore"]["name"].replace(
            "online", "Coupon"
        )]  # fmt: skip  # one list
        reasons = {here["reason"] for here in node["rights"] if not here["usable"]}
        assert (len(node["rights"]), reasons) == (MANY_STORES + 2, {"OUT_OF_SCOPE"})


async def test_stores_asked_by_aliases_share_their_statements(graph: GraphClient) -> None:
    fields = " ".join(
        'a%d: rights(at: "%s") { usable right { name } }' % (number, CROWD.id("cloudstore", f"online {number}"))
        for number in range(25)
    )
    asked = await graph.ask(
        '{ customer(id: "%s") { %s } }' % (CROWD.id("customer", "hana"), fields), by="member:hana", tenant="crowd"
    )
    assert asked.errors == []
    assert {len(rights) for rights in asked.data["customer"].values()} == {52}
    assert len(asked.statements) == 8


@pytest.mark.parametrize("first", [1, 5, 12])
async def test_rights_of_many_members_cost_what_those_of_one_cost(graph: GraphClient, first: int) -> None:
    text = (
        '{ cloudStore(id: "%s") { members(first: %d) { nodes { customer { displayName } '
        "rights { usable worthFen right { name } coupon { code } } } } } }"
    )
    asked = await graph.ask(text % (CROWD.id("cloudstore", "online 7"), first), by=ADMIN, tenant="crowd")
    assert asked.errors == []
    nodes = asked.data["cloudStore"]["members"]["nodes"]
    assert len(nodes) == first
    assert all(len(node["rights"]) >= 2 for node in nodes)
    assert len(asked.statements) == 9


async def test_a_long_list_is_cut_after_what_can_be_used_and_ends_soonest(graph: GraphClient) -> None:
    asked = await graph.ask(
        '{ customer(id: "%s") { rights(at: "%s") { usable reason coupon { code validUntil } } } }'
        % (CROWD.id("customer", "ines"), CROWD.id("cloudstore", "online 3")),
        by="member:ines",
        tenant="crowd",
    )
    assert asked.errors == []
    rights = asked.data["customer"]["rights"]
    assert len(rights) == 100
    usable = [here for here in rights if here["usable"]]
    assert rights[: len(usable)] == usable
    assert [here["coupon"] for here in usable[:2]] == [None, None]
    ends = [here["coupon"]["validUntil"] for here in usable[2:]]
    assert (len(ends), ends) == (MANY_COUPONS // 2, sorted(ends))
    assert {here["reason"] for here in rights[len(usable) :]} == {"EXPIRED"}
