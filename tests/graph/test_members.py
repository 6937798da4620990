"""The walls around members: who sees a customer, her memberships, binding and touches, and who brings customers."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from embedded import Server
from tests.graph.apart import Apart, graph_of
from tests.graph.client import GraphClient
from tests.graph.town import ADMIN, ANALYST, BRAND, FAR, HOUSE, MANAGER, SALES, SHOP, SISTER, SYSTEM, town

TOWN, TWIN = town("town"), town("twin")
PEOPLE = ("ann", "ben", "cat", "dan", "eve")


@pytest.fixture(scope="module")
async def apart(cluster: Server, empty_template: str) -> AsyncIterator[Apart]:
    async with graph_of(cluster, empty_template, "members", TOWN, TWIN) as made:
        yield made


@pytest.fixture
def graph(apart: Apart) -> GraphClient:
    return apart.graph


async def ask(graph: GraphClient, text: str, by: str | None, tenant: str = "town") -> Any:
    asked = await graph.ask(text, by=by, tenant=tenant)
    assert asked.errors == [], by
    return asked.data


KNOWS: dict[str, set[str]] = {
    "member:ann": {"ann"},
    "member:cat": {"cat"},
    SHOP: {"ann"},
    MANAGER: {"ann"},
    SYSTEM: {"ann"},
    SISTER: {"ann", "ben"},
    FAR: set(),
    HOUSE: {"dan"},
    SALES: {"dan"},
    BRAND: {"eve"},
    ADMIN: set(PEOPLE),
}
"""Whose customers they are. The house and the brand stand above the shops and see nobody of theirs."""


@pytest.mark.parametrize("who", KNOWS)
async def test_a_customer_is_seen_by_herself_and_by_whose_she_is(graph: GraphClient, who: str) -> None:
    fields = " ".join('%s: customer(id: "%s") { displayName }' % (name, TOWN.id("customer", name)) for name in PEOPLE)
    found = await ask(graph, "{ %s }" % fields, who)
    assert {name for name, customer in found.items() if customer is not None} == KNOWS[who]
    ids = [TOWN.id("customer", name) for name in PEOPLE]
    nodes = await ask(graph, "{ nodes(ids: [%s]) { id } }" % ", ".join(f'"{id}"' for id in ids), who)
    assert [node is not None for node in nodes["nodes"]] == [name in KNOWS[who] for name in PEOPLE]


@pytest.mark.parametrize("who", [*KNOWS, ANALYST])
async def test_nobody_of_another_tenant_is_seen(graph: GraphClient, who: str) -> None:
    ids = [TWIN.id("customer", name) for name in PEOPLE]
    nodes = await ask(graph, "{ nodes(ids: [%s]) { id } }" % ", ".join(f'"{id}"' for id in ids), who)
    assert nodes["nodes"] == [None] * len(PEOPLE)


@pytest.mark.parametrize("who", [None, ANALYST])
async def test_who_reads_no_consumer_is_refused_and_told_nothing_by_id(graph: GraphClient, who: str | None) -> None:
    refused = await graph.ask('{ customer(id: "%s") { id } }' % TOWN.id("customer", "eve"), by=who, tenant="town")
    assert (refused.data, refused.codes) == (None, ["FORBIDDEN"])
    for kind, name in [
        ("customer", "eve"),
        ("membership", "eve at brand mall"),
        ("coupon", "C1"),
        ("binding", "is shop's"),
        ("touch", "first touch"),
        ("promoter", "pia"),
    ]:
        assert await ask(graph, '{ node(id: "%s") { id } }' % TOWN.id(kind, name), who) == {"node": None}


async def test_herself_as_the_viewer(graph: GraphClient) -> None:
    text = "{ viewer { customer { id displayName phone tags joinedAt } } }"
    ann = (await ask(graph, text, "member:ann"))["viewer"]["customer"]
    assert (ann["id"], ann["displayName"], ann["phone"], ann["tags"]) == (
        TOWN.id("customer", "ann"),
        "Ann",
        "+86138****1234",
        ["vip"],
    )
    for who in (SHOP, ADMIN):
        assert (await ask(graph, text, who)) == {"viewer": {"customer": None}}


async def test_a_phone_is_never_whole(graph: GraphClient) -> None:
    for name, phone, viewers in (
        ("ann", "+86138****1234", ("member:ann", SHOP, SISTER, SYSTEM, ADMIN)),
        ("ben", "+151****0123", ("member:ben", SISTER, ADMIN)),
        ("cat", None, ("member:cat", ADMIN)),
    ):
        for who in viewers:
            found = await ask(graph, '{ customer(id: "%s") { phone } }' % TOWN.id("customer", name), who)
            assert found == {"customer": {"phone": phone}}


ANN = (
    '{ customer(id: "%s") { referredBy { displayName } '
    "memberships { totalCount nodes { id joinedAt customer { displayName } cloudStore { name } } } "
    "binding { id owner { code } guide { displayName } promoter { displayName } } "
    "bindings { totalCount nodes { owner { code } endCause endedAt endReason standing } } "
    "touches { totalCount nodes { organization { code } outcome rejection guide { displayName } } } } }"
) % TOWN.id("customer", "ann")
SEEN: dict[str, tuple[str | None, list[str], str | None, list[tuple[str, str]], list[str]]] = {
    "member:ann": (
        None,
        ["shop online", "corner online", "sister online"],
        "shop",
        [("shop", "PROTECTED"), ("sister", "ENDED")],
        ["far", "shop", "sister"],
    ),
    ADMIN: (
        "Ben",
        ["shop online", "corner online", "sister online"],
        "shop",
        [("shop", "PROTECTED"), ("sister", "ENDED")],
        ["far", "shop", "sister"],
    ),
    SHOP: (None, ["shop online"], "shop", [("shop", "PROTECTED")], ["shop"]),
    SYSTEM: (None, ["shop online"], "shop", [("shop", "PROTECTED")], ["shop"]),
    SISTER: ("Ben", ["sister online"], None, [("sister", "ENDED")], ["sister"]),
}
"""Who referred her, where she is a member, whose she is, whose she was, who touched her: what each is told."""


@pytest.mark.parametrize("who", SEEN)
async def test_of_one_customer_each_sees_its_own_part(graph: GraphClient, who: str) -> None:
    ann = (await ask(graph, ANN, who))["customer"]
    referrer, stores, owner, history, touches = SEEN[who]
    assert ann["referredBy"] == (None if referrer is None else {"displayName": referrer})
    assert [node["cloudStore"]["name"] for node in ann["memberships"]["nodes"]] == stores
    assert {node["customer"]["displayName"] for node in ann["memberships"]["nodes"]} == {"Ann"}
    assert (ann["binding"] or {"owner": {"code": None}})["owner"]["code"] == owner
    assert [(node["owner"]["code"], node["standing"]) for node in ann["bindings"]["nodes"]] == history
    assert [node["organization"]["code"] for node in ann["touches"]["nodes"]] == touches
    counts = [ann[name]["totalCount"] for name in ("memberships", "bindings", "touches")]
    assert counts == [len(stores), len(history), len(touches)]


async def test_her_binding_names_who_brought_her(graph: GraphClient) -> None:
    for who in ("member:ann", SHOP, ADMIN):
        binding = (await ask(graph, ANN, who))["customer"]["binding"]
        assert (binding["guide"], binding["promoter"]) == ({"displayName": "Sam"}, {"displayName": "Pia"})


async def test_a_binding_in_full(graph: GraphClient) -> None:
    text = (
        '{ node(id: "%s") { ... on Binding { source strength boundAt protectedUntil validUntil endedAt endCause '
        "endReason standing customer { displayName } chain { hops tier organization { code } } } } }"
    )
    shop = (await ask(graph, text % TOWN.id("binding", "is shop's"), SHOP))["node"]
    assert shop == {
        "source": "OFFLINE_SCAN",
        "strength": 40,
        "boundAt": "2026-04-21T12:00:00+00:00",
        "protectedUntil": "2026-05-21T12:00:00+00:00",
        "validUntil": "2026-10-18T12:00:00+00:00",
        "endedAt": None,
        "endCause": None,
        "endReason": None,
        "standing": "PROTECTED",
        "customer": {"displayName": "Ann"},
        "chain": [
            {"hops": 0, "tier": "STORE", "organization": {"code": "shop"}},
            {"hops": 1, "tier": "DISTRIBUTOR", "organization": {"code": "house"}},
        ],
    }
    ben = (await ask(graph, text % TOWN.id("binding", "ben's"), SISTER))["node"]
    dan = (await ask(graph, text % TOWN.id("binding", "dan's"), HOUSE))["node"]
    assert (ben["standing"], dan["standing"]) == ("OPEN", "LAPSED")


NODES: dict[tuple[str, str], set[str]] = {
    ("membership", "ann at shop online"): {"member:ann", SHOP, MANAGER, SYSTEM, ADMIN},
    ("membership", "ann at sister online"): {"member:ann", SISTER, ADMIN},
    ("membership", "eve at brand mall"): {BRAND, ADMIN},
    ("binding", "is shop's"): {"member:ann", SHOP, MANAGER, SYSTEM, ADMIN},
    ("binding", "was sister's"): {"member:ann", SISTER, ADMIN},
    ("binding", "dan's"): {HOUSE, SALES, ADMIN},
    ("touch", "second touch"): {"member:ann", SHOP, MANAGER, SYSTEM, ADMIN},
    ("touch", "third touch"): {"member:ann", FAR, ADMIN},
    ("promoter", "pia"): {"member:ann", SHOP, MANAGER, SYSTEM, ADMIN},
    ("coupon", "C1"): {"member:ann", SHOP, MANAGER, SYSTEM, ADMIN},
    ("coupon", "S1"): {"member:ann", SHOP, MANAGER, SYSTEM, ADMIN},
    ("coupon", "T1"): {"member:ann", SISTER, ADMIN},
    ("coupon", "F1"): {"member:ann", SHOP, MANAGER, SYSTEM, ADMIN},
    ("right", "club"): {*KNOWS} - {"member:cat"},
    ("right", "shop five"): {"member:ann", SHOP, MANAGER, SYSTEM, BRAND, ADMIN},
    ("right", "sister own"): {"member:ann", SISTER, ADMIN},
    ("right", "far and wide"): {"member:ann", SHOP, MANAGER, SYSTEM, FAR, ADMIN},
    ("right", "house alone"): {"member:ann", FAR, HOUSE, SALES, ADMIN},
    ("binding", "was far's"): {"member:cat", FAR, ADMIN},
    ("right", "purse"): {"member:ann", SHOP, MANAGER, SYSTEM, SISTER, HOUSE, SALES, ADMIN},
}
"""Who is told that there is such a thing. A shop that gave a coupon to someone who is no customer of its own sees the
terms and not the coupon; so does a brand that bears the cost."""


@pytest.mark.parametrize(("kind", "name"), NODES)
async def test_by_id_too(graph: GraphClient, kind: str, name: str) -> None:
    text = '{ node(id: "%s") { id __typename } }' % TOWN.id(kind, name)
    seen = {who for who in (*KNOWS, "member:ben") if (await ask(graph, text, who))["node"] is not None}
    assert seen == NODES[kind, name]
    twin = '{ node(id: "%s") { id } }' % TWIN.id(kind, name)
    assert {who for who in (*KNOWS, "member:ben") if (await ask(graph, twin, who))["node"] is not None} == set()


async def test_a_customer_who_is_no_longer_hers_is_not_named_by_what_the_shop_keeps(graph: GraphClient) -> None:
    text = '{ node(id: "%s") { ... on Touch { outcome rejection customer { id } } } }' % TOWN.id("touch", "third touch")
    assert (await ask(graph, text, FAR))["node"] == {"outcome": "REJECTED", "rejection": "PROTECTED", "customer": None}


MEMBERS = '{ cloudStore(id: "%s") { members { totalCount nodes { customer { displayName } } } } }'


async def test_a_cloud_store_s_members_are_for_who_speaks_for_it(graph: GraphClient) -> None:
    for store, names, viewers in (
        ("shop online", ["Ann"], {SHOP, MANAGER, SYSTEM, ADMIN}),
        ("sister online", ["Ben", "Ann"], {SISTER, ADMIN}),
        ("brand mall", ["Eve"], {BRAND, ADMIN}),
    ):
        for who in KNOWS:
            members = (await ask(graph, MEMBERS % TOWN.id("cloudstore", store), who))["cloudStore"]["members"]
            if who in viewers:
                assert [node["customer"]["displayName"] for node in members["nodes"]] == names
                assert members["totalCount"] == len(names)
            else:
                assert members is None


TRADE = (
    "{ organizationByCode(tier: %s, code: %s) { "
    "customers { totalCount nodes { standing customer { displayName } } } "
    "promoters { totalCount nodes { displayName kind code joinedAt isActive customerCount organization { code } } } "
    "guides { totalCount nodes { displayName role customerCount organization { code } } } } }"
)


async def test_an_organization_s_customers_and_who_brought_them_are_its_own(graph: GraphClient) -> None:
    for tier, code, viewers in (
        ("STORE", "shop", {SHOP, MANAGER, SYSTEM, ADMIN}),
        ("STORE", "sister", {SISTER, ADMIN}),
        ("DISTRIBUTOR", "house", {HOUSE, SALES, ADMIN}),
        ("BRAND", "brand", {BRAND, ADMIN}),
    ):
        for who in KNOWS:
            found = (await ask(graph, TRADE % (tier, f'"{code}"'), who))["organizationByCode"]
            assert {connection is not None for connection in found.values()} == {who in viewers}


async def test_a_shop_s_own_people(graph: GraphClient) -> None:
    shop = (await ask(graph, TRADE % ("STORE", '"shop"'), SHOP))["organizationByCode"]
    assert shop["customers"] == {
        "totalCount": 1,
        "nodes": [{"standing": "PROTECTED", "customer": {"displayName": "Ann"}}],
    }
    (pia,) = shop["promoters"]["nodes"]
    assert (pia["displayName"], pia["kind"], pia["code"], pia["isActive"], pia["customerCount"]) == (
        "Pia",
        "PROMOTER",
        "pia",
        True,
        1,
    )
    guides = {node["displayName"]: (node["role"], node["customerCount"]) for node in shop["guides"]["nodes"]}
    assert guides == {"Sam": ("CLERK", 1), "Mia": ("MANAGER", 0)}
    house = (await ask(graph, TRADE % ("DISTRIBUTOR", '"house"'), HOUSE))["organizationByCode"]
    assert [node["displayName"] for node in house["guides"]["nodes"]] == ["Hub"]
    assert (await ask(graph, TRADE % ("BRAND", '"brand"'), BRAND))["organizationByCode"]["guides"]["nodes"] == []


async def test_she_is_not_told_how_many_her_guide_has_brought(graph: GraphClient) -> None:
    text = (
        '{ customer(id: "%s") { binding { guide { role customerCount organization { code } } '
        "promoter { customerCount } } } }" % TOWN.id("customer", "ann")
    )
    binding = (await ask(graph, text, "member:ann"))["customer"]["binding"]
    assert binding == {
        "guide": {"role": "CLERK", "customerCount": None, "organization": {"code": "shop"}},
        "promoter": {"customerCount": None},
    }


async def test_lists_under_many_customers_cost_what_one_costs(graph: GraphClient) -> None:
    text = (
        '{ cloudStore(id: "%s") { members(first: %d) { nodes { customer { displayName '
        "memberships { nodes { joinedAt } } binding { standing owner { code } guide { displayName customerCount } "
        "promoter { displayName customerCount } chain { organization { code } } } bindings { nodes { endCause } } "
        "touches { nodes { outcome organization { code } guide { displayName } } } } } } } }"
    )
    asked = [
        await graph.ask(text % (TOWN.id("cloudstore", store), 2), by=ADMIN, tenant="town")
        for store in ("shop online", "sister online")
    ]
    assert [len(one.data["cloudStore"]["members"]["nodes"]) for one in asked] == [1, 2]
    assert [len(one.statements) for one in asked] == [14, 14]
