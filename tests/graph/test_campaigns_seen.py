"""Who may see a campaign, what it aims at, who funds it, what stores said; and which malls tell what reaches them."""

from typing import Any

import pytest

import boot
from tests.conftest import NOW
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA
from tests.graph.test_campaigns import ANYBODY, CLERK, ask, here, missed
from tests.graph.trade import DAY, Trade, change

SHOPPERS: set[str | None] = {None, "member:1", "member:2"}
BELOW: set[str | None] = {CLERK, "distributor:1/operator", "brand:1/operator", "brand:1/analyst", "admin"}
"""Who speaks for the first brand, or for someone below it."""
OWNERS: set[str | None] = {"brand:1/operator", "brand:1/analyst", "admin"}
EVERYONE = SHOPPERS | BELOW | {"store:900/clerk", "distributor:2/operator", "brand:2/operator"}

SEEN: dict[str, set[str | None]] = {
    "all": EVERYONE,
    "gold": EVERYONE,
    "trade": BELOW,
    "fee": OWNERS,
    "tomorrow": OWNERS,
    "over": BELOW,
    "draft": OWNERS,
    "paused": OWNERS,
    "closed": OWNERS,
    "rivals": EVERYONE,
    "own": EVERYONE,
    "own-of-house": EVERYONE,
}


@pytest.mark.parametrize("name", SEEN)
async def test_who_sees_a_campaign_by_its_id(graph: GraphClient, trade: Trade, name: str) -> None:
    document = "query ($id: ID!) { campaign(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id } }"
    id = trade.id(f"campaign:{name}")
    for who in EVERYONE:
        data = await ask(graph, trade, document, who, id=id)
        there = {"id": id} if who in SEEN[name] else None
        assert data == {"campaign": there, "node": there, "nodes": [there]}, who


async def test_a_funder_sees_what_it_funds_once_it_is_no_draft(graph: GraphClient, trade: Trade) -> None:
    document = "query ($id: ID!) { campaign(id: $id) { funders { organization { code } shareBps } } }"
    shares = [("1", 6_000), ("1", 3_000), (None, 1_000)]

    async def funders(name: str, who: str) -> Any:
        data = await ask(graph, trade, document, who, id=trade.id(f"campaign:{name}"))
        listed = data["campaign"]["funders"]
        return (
            None if listed is None else [((one["organization"] or {}).get("code"), one["shareBps"]) for one in listed]
        )

    for who in ("brand:1/operator", "distributor:1/operator", "admin"):
        assert await funders("all", who) == shares
    assert await funders("own-of-house", "brand:2/operator") == [("2", 10_000)]
    assert await funders("own-of-house", "distributor:1/operator") == [("2", 10_000)]
    for who in (CLERK, "store:900/clerk", "distributor:2/operator", "brand:2/operator"):
        assert await funders("all", who) is None
    assert await funders("own-of-house", "brand:1/operator") is None
    assert await funders("gold", "brand:1/operator") == []


TARGETING = """query ($id: ID!) { campaign(id: $id) { targeting(first: 3) { conditionCount conditions(first: 5) {
  dimension negated site { code } territory { name regions { code } } tier organization { code tier } tag mode
  memberTier { code level } sku { code } category { code } terminal weekdays fromMinute untilMinute } } } }"""


async def targeting(graph: GraphClient, trade: Trade, name: str, who: str) -> Any:
    """The conditions of each clause, what is not set left out."""
    data = await ask(graph, trade, TARGETING, who, id=trade.id(f"campaign:{name}"))
    clauses = data["campaign"]["targeting"]
    if clauses is None:
        return None
    assert all(clause["conditionCount"] == len(clause["conditions"]) for clause in clauses)
    return [
        [{key: value for key, value in one.items() if value is not None} for one in clause["conditions"]]
        for clause in clauses
    ]


async def test_an_owner_sees_what_it_aims_at(graph: GraphClient, trade: Trade) -> None:
    store = [{"code": number, "tier": "STORE"} for number in ("1", "2")]
    plain: dict[str, list[dict[str, Any]]] = {
        "site": [{"dimension": "SITE", "site": {"code": "city"}}],
        "territory": [{"dimension": "TERRITORY", "territory": {"name": "x", "regions": [{"code": trade.region}]}}],
        "tier": [{"dimension": "TIER", "tier": "DISTRIBUTOR"}],
        "below": [{"dimension": "BELOW", "organization": {"code": "1", "tier": "DISTRIBUTOR"}}],
        "store": [{"dimension": "STORE", "organization": one} for one in store],
        "tag": [{"dimension": "STORE_TAG", "tag": "key-account"}],
        "mode": [{"dimension": "MODE", "mode": "O2O"}],
        "gold": [{"dimension": "MEMBER_TIER", "memberTier": {"code": "gold", "level": 2}}],
        "vip": [{"dimension": "MEMBER_TAG", "tag": "vip"}],
        "sku": [{"dimension": "SKU", "sku": {"code": "1"}}],
        "category": [{"dimension": "CATEGORY", "category": {"code": "drinks"}}],
        "brand": [{"dimension": "BRAND", "organization": {"code": "2", "tier": "BRAND"}}],
        "app": [{"dimension": "TERMINAL", "terminal": "APP"}],
        "noon": [{"dimension": "HOURS", "weekdays": ["TUESDAY"], "fromMinute": 0, "untilMinute": 21 * 60}],
    }
    for name, conditions in plain.items():
        found = await targeting(graph, trade, name, "brand:1/operator")
        assert found == [[one | {"negated": False} for one in conditions]], name
    assert (await targeting(graph, trade, "not-vip", "brand:1/operator"))[0][0]["negated"] is True
    assert [len(clause) for clause in await targeting(graph, trade, "two-ways", "brand:1/operator")] == [1, 2]
    assert await targeting(graph, trade, "all", "brand:1/operator") == []
    assert await targeting(graph, trade, "store", "admin") is not None
    for who in (CLERK, "distributor:1/operator", "brand:2/operator", "store:900/clerk"):
        assert await targeting(graph, trade, "store", who) is None


async def test_an_owner_sees_what_stores_said(graph: GraphClient, trade: Trade) -> None:
    document = (
        "query ($id: ID!) { campaign(id: $id) { answers { totalCount nodes { store { code } stance thresholdFen "
        "thresholdUnits offFen offBps priceFen } } } }"
    )

    async def answers(name: str, who: str) -> Any:
        return (await ask(graph, trade, document, who, id=trade.id(f"campaign:{name}")))["campaign"]["answers"]

    nothing = dict.fromkeys(("stance", "thresholdFen", "thresholdUnits", "offFen", "offBps", "priceFen"))
    own = {"store": {"code": "1"}, **nothing, "thresholdFen": 2_000, "offFen": 700, "priceFen": 1}
    out = {"store": {"code": "2"}, **nothing, "stance": "OPTED_OUT", "offFen": 900}
    assert await answers("all", "brand:1/operator") == {"totalCount": 1, "nodes": [own]}
    assert await answers("opt-out", "admin") == {"totalCount": 1, "nodes": [out]}
    assert await answers("gold", "brand:1/operator") == {"totalCount": 0, "nodes": []}
    for who in (CLERK, "store:2/clerk", "distributor:1/operator", "brand:2/operator"):
        assert await answers("all", who) is None


async def test_an_organisation_lists_its_own_campaigns(graph: GraphClient, trade: Trade) -> None:
    document = (
        "query ($id: ID!, $status: CampaignStatus) { organization(id: $id) { campaigns(status: $status, first: 100) "
        "{ totalCount nodes { id code status } } } }"
    )

    async def listed(owner: str, who: str, status: str | None = None) -> set[str]:
        data = await ask(graph, trade, document, who, id=trade.id(owner), status=status)
        page = data["organization"]["campaigns"]
        codes = [one["code"] for one in page["nodes"]]
        assert codes == sorted(codes)
        assert page["totalCount"] == len(codes)
        return {trade.name(one["id"]) for one in page["nodes"]}

    own = {trade.name(trade.id(f"campaign:{one}")) for one in SEEN} - {"rivals", "own", "own-of-house"}
    assert await listed("brand:1", "brand:1/operator") > own
    assert await listed("brand:1", "brand:1/operator", "DRAFT") == {"draft"}
    assert await listed("brand:1", "brand:1/operator", "PAUSED") == {"paused"}
    assert await listed("store:1", CLERK) == {"own"}
    assert await listed("distributor:1", "admin") == {"own-of-house"}
    for who in (CLERK, "distributor:1/operator", "brand:2/operator"):
        assert await listed("brand:1", who) == set()


async def test_what_a_campaign_offers_is_open_to_all(graph: GraphClient, trade: Trade) -> None:
    document = (
        "query ($id: ID!) { campaign(id: $id) { code name kind status participation startsAt endsAt priority "
        "exclusionGroup thresholdFen thresholdUnits offFen offBps priceFen giftSku { code } giftQuantity nth groupSize "
        "pointsPct feeFen owner { code tier } } }"
    )
    data = await ask(graph, trade, document, id=trade.id("campaign:own"))
    said = {key: value for key, value in data["campaign"].items() if value is not None}
    assert said == {
        "code": trade.key("campaign:own").hex,
        "name": "x",
        "kind": "FIXED_PRICE",
        "status": "PUBLISHED",
        "participation": "MANDATORY",
        "startsAt": "2026-11-17T12:00:00+00:00",
        "endsAt": "2026-12-01T12:00:00+00:00",
        "priority": 7,
        "thresholdFen": 0,
        "thresholdUnits": 0,
        "priceFen": 990,
        "owner": {"code": "1", "tier": "STORE"},
    }


async def test_a_coupon_campaign_names_what_its_coupons_are_worth(
    graph: GraphClient, trade: Trade, access: boot.Access
) -> None:
    """What they take off to everyone, their terms to who may see that right: here the issuer alone."""
    terms, id, owner = trade.key("coupons"), trade.key("campaign:coupon"), trade.key("brand:1")
    do = [
        (
            "INSERT INTO right_terms (tenant_id, id, kind, code, name, scope, issuer_id, bearer_id, valid_from)"
            " VALUES ($1, $2, 'COUPON', 'ten', 'x', 'TENANT', $3, $3, $4)",
            *(terms, owner, NOW),
        ),
        (
            "INSERT INTO coupon_offer (tenant_id, terms_id, benefit, threshold_fen, off_fen)"
            " VALUES ($1, $2, 'AMOUNT_OFF', 5000, 1000)",
            terms,
        ),
        (
            "INSERT INTO campaign (tenant_id, id, owner_id, code, name, kind, status, starts_at, ends_at,"
            " coupon_terms_id) VALUES ($1, $2, $3, 'ten', 'x', 'COUPON', 'PUBLISHED', $4, $5, $6)",
            *(id, owner, NOW, NOW + DAY, terms),
        ),
    ]
    undo = [
        ("DELETE FROM campaign WHERE tenant_id = $1 AND id = $2", id),
        ("DELETE FROM coupon_offer WHERE tenant_id = $1 AND terms_id = $2", terms),
        ("DELETE FROM right_terms WHERE tenant_id = $1 AND id = $2", terms),
    ]
    offered = (
        "query ($id: ID!) { campaign(id: $id) { couponOffer { benefit thresholdFen offFen offBps maxOffFen } %s } }"
    )
    document = offered % "couponRight { code }"
    await change(access.owner, trade, *do)
    try:
        seen = {
            who: (await ask(graph, trade, document, who, id=trade.id("campaign:coupon")))["campaign"]
            for who in ("brand:1/operator", "member:2", "distributor:2/operator")
        }
        public = (await ask(graph, trade, offered % "", id=trade.id("campaign:coupon")))["campaign"]
        other = (await ask(graph, trade, offered % "", id=trade.id("campaign:all")))["campaign"]
    finally:
        await change(access.owner, trade, *undo)
    ten = {"benefit": "AMOUNT_OFF", "thresholdFen": 5_000, "offFen": 1_000, "offBps": None, "maxOffFen": None}
    assert (public, other) == ({"couponOffer": ten}, {"couponOffer": None})
    assert seen == {
        "brand:1/operator": {"couponOffer": ten, "couponRight": {"code": "ten"}},
        **{who: {"couponOffer": ten, "couponRight": None} for who in ("member:2", "distributor:2/operator")},
    }


MALL = {"all", "tier", "trade", "below", "not-store", "not-vip", "sku", "category", "brand", "app", "noon"} | {
    *("opt-out", "own-of-house")
}
"""What reaches the first distributor's ordering mall."""


@pytest.mark.parametrize(
    ("who", "told"),
    [
        (None, None),
        ("member:1", None),
        ("store:900/clerk", None),
        ("brand:2/operator", None),
        ("brand:1/operator", None),
        (CLERK, MALL),
        ("distributor:1/operator", MALL | {"fee"}),
        ("admin", MALL | {"fee"}),
    ],
)
async def test_an_ordering_mall_tells_those_it_supplies(
    graph: GraphClient, trade: Trade, who: str | None, told: set[str] | None
) -> None:
    reached = await here(graph, trade, "distributor:1", by=who)
    assert (None if reached is None else set(reached)) == told
    document = "query ($id: ID!) { listing(id: $id) { campaigns(first: 100) { campaign { id } } } }"
    listed = (await ask(graph, trade, document, who, id=trade.id("listing:trade")))["listing"]["campaigns"]
    names = None if listed is None else {trade.name(one["campaign"]["id"]) for one in listed}
    assert names == (None if told is None else told - {"brand"})


async def test_a_display_fee_is_between_owner_and_store(graph: GraphClient, trade: Trade) -> None:
    told = {
        who: set(await here(graph, trade, by=who) or ()) - ANYBODY
        for who in (CLERK, "brand:1/operator", "store:2/clerk", "distributor:1/operator", "brand:2/operator", None)
    }
    assert told == {
        CLERK: {"fee"},
        "brand:1/operator": {"fee"},
        **{who: set() for who in ("store:2/clerk", "distributor:1/operator", "brand:2/operator", None)},
    }


async def test_a_display_fee_that_another_store_gets_is_no_miss(
    graph: GraphClient, trade: Trade, access: boot.Access
) -> None:
    """What a neighbour is paid is told to who pays it, and to nobody else below."""
    aim = (
        "INSERT INTO campaign_condition (tenant_id, campaign_id, clause, position, dimension, store_id)"
        " VALUES ($1, $2, 0, 0, 'STORE', $3)"
    )
    fee = trade.key("campaign:fee")
    await change(access.owner, trade, (aim, fee, trade.key("store:2")))
    try:
        told = {
            who: "fee" in (await missed(graph, trade, who) or {})
            for who in (CLERK, "distributor:1/operator", "brand:1/operator", "admin")
        }
        assert "fee" in (await here(graph, trade, "store:2", by="store:2/clerk") or {})
    finally:
        await change(
            access.owner, trade, ("DELETE FROM campaign_condition WHERE tenant_id = $1 AND campaign_id = $2", fee)
        )
    assert told == {CLERK: False, "distributor:1/operator": False, "brand:1/operator": True, "admin": True}


async def test_targeting_shows_as_much_as_is_asked_for(graph: GraphClient, trade: Trade) -> None:
    """What the gate counts is what is answered."""
    document = (
        "query ($id: ID!, $clauses: Int!, $conditions: Int!) { campaign(id: $id) { targeting(first: $clauses) "
        "{ conditionCount conditions(first: $conditions) { dimension } } } }"
    )

    async def shown(clauses: int, conditions: int) -> Any:
        given = {"id": trade.id("campaign:two-ways"), "clauses": clauses, "conditions": conditions}
        asked = await graph.ask(document, given, by="brand:1/operator", tenant=trade.code)
        if asked.codes:
            return asked.codes
        listed = asked.data["campaign"]["targeting"]
        return [(clause["conditionCount"], len(clause["conditions"])) for clause in listed]

    assert await shown(20, 50) == [(1, 1), (2, 2)]
    assert await shown(1, 50) == [(1, 1)]
    assert await shown(2, 1) == [(1, 1), (2, 1)]
    assert set(await shown(0, 50)) == set(await shown(21, 1)) == {"BAD_PAGE_SIZE"}
    assert set(await shown(1, 0)) == set(await shown(1, 51)) == {"BAD_PAGE_SIZE"}


async def test_campaigns_of_another_tenant_are_nothing(graph: GraphClient, trade: Trade) -> None:
    document = (
        "query ($id: ID!, $store: ID!, $owner: ID!, $member: ID!, $sku: ID!) { campaign(id: $id) { id } "
        "node(id: $id) { id } cloudStore(id: $store) { id } organization(id: $owner) { id } "
        "brands(first: 1) { nodes { cloudStore { campaigns(member: $member, sku: $sku) { offFen } } } } "
        "stores(first: 1) { nodes { cloudStore { one: campaigns(member: $member) { offFen } "
        "two: campaigns(sku: $sku) { offFen } } } } }"
    )
    names = {"id": "campaign:all", "store": "mall:store:1", "owner": "brand:1", "member": "member:1", "sku": "sku:1"}
    asked = await graph.ask(document, {key: trade.id(name) for key, name in names.items()}, by="admin")
    assert asked.errors == []
    assert [asked.data[key] for key in ("campaign", "node", "cloudStore", "organization")] == [None] * 4
    assert asked.data["brands"]["nodes"][0]["cloudStore"] == {"campaigns": None}
    assert asked.data["stores"]["nodes"][0]["cloudStore"] == {"one": None, "two": None}
    foreign = {"id": IOWA.store(2191), "sku": IOWA.sku(43337)}
    inside = await graph.ask(
        'query ($id: ID!, $sku: ID!) { store(id: $id) { id } cloudStore(id: "%s") { campaigns(sku: $sku) { offFen } } }'
        % trade.id("mall:store:1"),
        foreign,
        by="admin",
        tenant=trade.code,
    )
    assert (inside.data, inside.errors) == ({"store": None, "cloudStore": {"campaigns": None}}, [])
