"""Goods that lie with somebody else, and contributions to somebody else's pool: what owner, host and keeper see."""

from typing import Any

import boot
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA, Ids
from tests.graph.scratch import changed

HOST, OWNER, OTHER = "distributor:56/operator", "brand:260/operator", "brand:65/operator"
HOUSE, SKU, BRAND = (
    IOWA.keys.of("location", "DISTRIBUTOR", 56),
    IOWA.keys.of("sku", 43337),
    IOWA.keys.of("organization", "BRAND", 260),
)
LAY = (
    "INSERT INTO stock (tenant_id, location_id, sku_id, owner_id, lot_id, on_hand)"
    " VALUES ($1, $2, $3, $4, '00000000-0000-0000-0000-000000000000', 77)"
)
TAKE = "DELETE FROM stock WHERE tenant_id = $1 AND location_id = $2 AND sku_id = $3 AND owner_id = $4"
ROWS = "{ nodes { location { code organization { code } } owner { code } sku { code } lotCode onHand } }"
OWNED = '{ organization(id: "%s") { stock(first: 100) %s } }' % (IOWA.brand(260), ROWS)
THERE = '{ location(id: "%s") { code organization { code } stock(first: 1) %s } }' % (
    IOWA.location("DISTRIBUTOR", 56),
    ROWS,
)
OF_HOUSE = '{ organization(id: "%s") { locations { code } } }' % IOWA.distributor(56)


async def test_goods_with_somebody_else_are_seen_by_their_owner_and_by_who_keeps_them(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    laid = {
        "location": {"code": "MAIN", "organization": {"code": "56"}},
        "owner": {"code": "260"},
        "sku": {"code": "43337"},
        "lotCode": "",
        "onHand": 77,
    }

    async def seen(document: str, who: str) -> Any:
        asked = await graph.ask(document, by=who)
        assert asked.errors == []
        return asked.data

    own = (await seen(OWNED, OWNER))["organization"]["stock"]["nodes"]
    assert own
    assert {row["location"]["organization"]["code"] for row in own} == {"260"}
    assert [(await seen(THERE, who))["location"] for who in (OWNER, OTHER)] == [None, None]
    async with changed(access, iowa, [(LAY, [HOUSE, SKU, BRAND])], [(TAKE, [HOUSE, SKU, BRAND])]):
        everything = (await seen(OWNED, OWNER))["organization"]["stock"]["nodes"]
        assert [row for row in everything if row not in own] == [laid]
        assert (await seen(OWNED, HOST))["organization"]["stock"]["nodes"] == [laid]
        assert (await seen(OWNED, OTHER))["organization"]["stock"]["nodes"] == []
        # Its owner sees the place and of what lies there her own; the host sees all of it.
        assert (await seen(THERE, OWNER))["location"] == {
            "code": "MAIN",
            "organization": {"code": "56"},
            "stock": {"nodes": [laid]},
        }
        assert (await seen(THERE, HOST))["location"]["stock"]["nodes"] != [laid]
        assert (await seen(THERE, OTHER))["location"] is None
        places = [(await seen(OF_HOUSE, who))["organization"]["locations"] for who in (OWNER, HOST, OTHER)]
    assert places == [[{"code": "MAIN"}], [{"code": "MAIN"}], []]


# ── one pool of the brand's, to which every tier contributes ──────────────────────────────────────────────────────
HERE = "qingquan"
QQ = Ids(HERE)
KEEPER, CONTRIBUTOR, RIVAL = "brand:QQ/operator", "distributor:QQ-3301-1/operator", "distributor:QQ-3301-2/operator"
POOL = f"pool_{QQ.keys.of('pool', 'QQ', 'ONE').hex}"
GIVEN = "{ pool { code } owner { code } visibleTo { code } shareBps location { code } skus(first: 1) { nodes { %s } } }"


def contributions(of: str, selection: str = "sku { code } cap held") -> str:
    pool = '{ node(id: "%s") { ... on Pool { contributions(first: 100) { nodes %s } } } }'
    organization = '{ organization(id: "distributor_%s") { contributions(first: 100) { nodes %s } } }'
    given = GIVEN % selection
    return (
        pool % (POOL, given)
        if of == "pool"
        else organization % (QQ.keys.of("organization", "DISTRIBUTOR", of).hex, given)
    )


async def given(graph: GraphClient, of: str, who: str) -> list[Any]:
    asked = await graph.ask(contributions(of), by=who, tenant=HERE)
    assert asked.errors == []
    found = next(iter(asked.data.values()))
    rows: list[Any] = [] if found is None else found["contributions"]["nodes"]
    return rows


async def test_what_is_held_of_a_contribution_is_its_owner_s_to_know(graph: GraphClient) -> None:
    """The keeper knows what has been agreed: the share and the cap."""
    kept = await given(graph, "pool", KEEPER)
    assert len({row["owner"]["code"] for row in kept}) == 19
    for row in kept:
        (promised,) = row["skus"]["nodes"]
        own = row["owner"]["code"] == "QQ"
        assert (promised["held"], row["location"] is not None) == ((0, True) if own else (None, False))
    of_contributor = [row for row in kept if row["owner"]["code"] == "QQ-3301-1"]
    assert of_contributor == await given(graph, "QQ-3301-1", KEEPER)
    mine, everywhere = await given(graph, "pool", CONTRIBUTOR), await given(graph, "QQ-3301-1", CONTRIBUTOR)
    assert mine == [row for row in everywhere if row["pool"]["code"] == "ONE"]
    assert {row["pool"]["code"] for row in everywhere} == {"ONE", "ZHEJIANG"}
    assert {row["location"]["code"] for row in mine} == {"MAIN", "NO-2"}
    for told, known in zip(of_contributor, mine, strict=True):
        (promised,), (held,) = told["skus"]["nodes"], known["skus"]["nodes"]
        assert held == {**promised, "held": 0}
        assert {**told, "skus": 0, "location": 0} == {**known, "skus": 0, "location": 0}


async def test_a_contribution_is_nothing_to_other_contributors(graph: GraphClient) -> None:
    assert await given(graph, "QQ-3301-1", RIVAL) == []
    assert {row["owner"]["code"] for row in await given(graph, "pool", RIVAL)} == {"QQ-3301-2"}


async def test_contributions_are_refused_to_who_reads_aggregates(graph: GraphClient) -> None:
    for of in ("pool", "QQ-3301-1"):
        asked = await graph.ask(contributions(of), by="brand:QQ/analyst", tenant=HERE)
        assert (asked.data, asked.codes) == (None, ["FORBIDDEN"])
