"""What a store may sell, and what is on no shelf: authorisations that ended, have not begun, or come from nobody."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

import boot
from tests.conftest import NOW, TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA
from tests.graph.scratch import changed

CLERK, ABOVE, ADMIN = "store:2191/clerk", "distributor:56/operator", "admin"
SHOP = IOWA.keys.of("organization", "STORE", 2191)
LISTING = IOWA.listing("STORE", 2191, 43337)
ASKED = (
    '{ listing(id: "%s") { id } node(id: "%s") { id } store(id: "%s") '
    "{ shelf(first: 100) { totalCount nodes { id } } } "
    'cloudStore(id: "%s") { search(text: "43337", first: 1) { totalCount nodes { id } } } }'
) % (LISTING, LISTING, IOWA.store(2191), IOWA.cloud_store("STORE", 2191))

TERMS = '{ listing(id: "%s") { trade { supplyPrice } } }' % LISTING

Change = tuple[str, list[Any]]
STATUS = "UPDATE organization SET status = '{}' WHERE tenant_id = $1 AND tier = 'DISTRIBUTOR' AND code = '56'"
TIMES = 'UPDATE "authorization" SET {} WHERE tenant_id = $1 AND grantee_id = $2'
BEFORE = "valid_from = valid_from - interval '50 years', valid_until = {}"
BACK: Change = (TIMES.format("valid_from = valid_from + interval '50 years', valid_until = NULL"), [SHOP])
OUT_OF_FORCE: dict[str, tuple[Change, Change]] = {
    "expired": ((TIMES.format(BEFORE.format("'2016-01-01Z'")), [SHOP]), BACK),
    "ending now": ((TIMES.format(BEFORE.format(f"'{NOW.isoformat()}'")), [SHOP]), BACK),
    "future": (
        (TIMES.format("valid_from = valid_from + interval '50 years'"), [SHOP]),
        (TIMES.format("valid_from = valid_from - interval '50 years'"), [SHOP]),
    ),
    "granted by a suspended one": ((STATUS.format("SUSPENDED"), []), (STATUS.format("ACTIVE"), [])),
}


@asynccontextmanager
async def none_in_force(access: boot.Access, tenant: TenantFacts, *more: tuple[Change, Change]) -> AsyncIterator[None]:
    """Every authorisation of the shop has ended; beside it, `more`."""
    pairs = [OUT_OF_FORCE["expired"], *more]
    async with changed(access, tenant, [do for do, _ in pairs], [undo for _, undo in reversed(pairs)]):
        yield


@pytest.mark.parametrize("why", OUT_OF_FORCE)
async def test_what_its_seller_may_not_sell_is_on_no_shelf(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts, why: str
) -> None:
    before = (await graph.ask(ASKED)).data
    assert before["listing"] == before["node"] == {"id": LISTING}
    shelf, found = before["store"]["shelf"], before["cloudStore"]["search"]
    assert LISTING in [node["id"] for node in shelf["nodes"]]
    assert found == {"totalCount": 1, "nodes": [{"id": LISTING}]}
    do, undo = OUT_OF_FORCE[why]
    async with changed(access, iowa, [do], [undo]):
        nobody, above, own, admin = [await graph.ask(ASKED, by=by) for by in (None, ABOVE, CLERK, ADMIN)]
        terms = await graph.ask(TERMS, by=CLERK)
    for asked in [nobody, *([above] if above.codes != ["UNAUTHENTICATED"] else [])]:
        assert asked.errors == []
        assert asked.data["listing"] is None
        assert asked.data["node"] is None
        assert asked.data["store"]["shelf"] == {"totalCount": 0, "nodes": []}
        assert asked.data["cloudStore"]["search"] == {"totalCount": 0, "nodes": []}
    for asked in (own, admin):  # they can see what is wrong
        assert asked.errors == []
        assert asked.data["listing"] == {"id": LISTING}
        assert (asked.data["store"]["shelf"], asked.data["cloudStore"]["search"]) == (shelf, found)
    assert (terms.data, terms.errors) == ({"listing": {"trade": None}}, [])
    assert (await graph.ask(ASKED)).data == before


async def test_goods_from_elsewhere_need_no_authorisation_unless_their_brand_is_above(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    """Item 43337 is of brand 260, which stands above the shop; item 220 is of brand 492, which does not."""
    listing, other = (IOWA.keys.of("listing", "STORE", 2191, item) for item in (43337, 220))
    origin = "UPDATE listing SET origin = '{}' WHERE tenant_id = $1 AND id = $2"
    bought_elsewhere = ((origin.format("EXTERNAL"), [listing]), (origin.format("OWN_STOCK"), [listing]))
    put = (
        "INSERT INTO listing (tenant_id, id, cloud_store_id, sku_id, origin, position)"
        " VALUES ($1, $2, $3, $4, 'EXTERNAL', 0)",
        [other, IOWA.keys.of("cloud_store", "STORE", 2191), IOWA.keys.of("sku", 220)],
    )
    taken = ("DELETE FROM listing WHERE tenant_id = $1 AND id = $2", [other])
    async with none_in_force(access, iowa, bought_elsewhere, (put, taken)):
        asked = (await graph.ask(ASKED)).data
    assert asked["listing"] is asked["node"] is None
    assert asked["store"]["shelf"] == {"totalCount": 1, "nodes": [{"id": f"listing_{other.hex}"}]}
    assert asked["cloudStore"]["search"] == {"totalCount": 0, "nodes": []}


async def test_a_brand_sells_its_own_goods_without_authorisation(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    """Item 43337 is brand 260's own, item 297 is not."""
    mall = IOWA.keys.of("cloud_store", "BRAND", 260)
    insert = (
        "INSERT INTO listing (tenant_id, id, cloud_store_id, sku_id, origin, position)"
        " VALUES ($1, $2, $3, $4, 'OWN_STOCK', $5)"
    )
    goods = [(IOWA.keys.of("listing", "BRAND", 260, item), IOWA.keys.of("sku", item)) for item in (43337, 297)]
    listed = [(insert, [listing, mall, sku, place]) for place, (listing, sku) in enumerate(goods)]
    gone = [("DELETE FROM listing WHERE tenant_id = $1 AND cloud_store_id = $2", [mall])]
    document = '{ cloudStore(id: "%s") { shelf(first: 9) { totalCount nodes { sku { code } } } } }' % (
        IOWA.cloud_store("BRAND", 260)
    )
    async with changed(access, iowa, listed, gone):
        nobody, own = await graph.ask(document), await graph.ask(document, by="brand:260/operator")
    assert nobody.data["cloudStore"]["shelf"] == {"totalCount": 1, "nodes": [{"sku": {"code": "43337"}}]}
    assert own.data["cloudStore"]["shelf"]["totalCount"] == 2


async def test_every_shelf_of_the_demo_is_authorised(graph: GraphClient) -> None:
    """Nobody sees less than the admin, who sees what is listed."""
    for root in ("stores", "distributors"):
        document = f"{{ {root}(first: 100) {{ nodes {{ cloudStore {{ shelf(first: 1) {{ totalCount }} }} }} }} }}"
        nobody, admin = await graph.ask(document), await graph.ask(document, by=ADMIN)
        assert (nobody.data, nobody.errors) == (admin.data, [])
        assert all(node["cloudStore"]["shelf"]["totalCount"] for node in nobody.data[root]["nodes"])


async def test_a_suspended_grantors_assortment_is_not_shown_as_in_force(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    document = (
        '{ store(id: "%s") { authorizations { grantor { code } } } '
        'node(id: "%s") { ... on Assortment { code skus(first: 1) { nodes { minPrice } } } } }'
    ) % (IOWA.store(2191), IOWA.assortment(56))
    before = (await graph.ask(document, by=CLERK)).data
    assert before["store"]["authorizations"] == [{"grantor": {"code": "56"}}]
    assert before["node"]["skus"]["nodes"]
    do, undo = OUT_OF_FORCE["granted by a suspended one"]
    async with changed(access, iowa, [do], [undo]):
        assert (await graph.ask(document, by=CLERK)).data == {"store": {"authorizations": []}, "node": None}
    assert (await graph.ask(document, by=CLERK)).data == before


async def test_goods_from_above_reach_a_shop_through_a_suspended_distributor(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    """The brand lets the shop sell its goods, from this moment on: they are promised, the distributor's are not."""
    document = '{ listing(id: "%s") { sellable } }' % LISTING
    by_level = document.replace("sellable", "sellableByLevel { hops units }")
    own, distributor, brand = (await graph.ask(by_level, by=CLERK)).data["listing"]["sellableByLevel"]
    assert [own["hops"], distributor["hops"], brand["hops"]] == [0, 1, 2]
    grant: tuple[Change, Change] = (
        (
            'INSERT INTO "authorization" (tenant_id, grantee_id, assortment_id, valid_from) VALUES ($1, $2, $3, $4)',
            [SHOP, IOWA.keys.of("assortment", "BRAND", 260), NOW],
        ),
        (
            'DELETE FROM "authorization" WHERE tenant_id = $1 AND grantee_id = $2 AND assortment_id = $3',
            [SHOP, IOWA.keys.of("assortment", "BRAND", 260)],
        ),
    )
    stopped = OUT_OF_FORCE["granted by a suspended one"]
    async with changed(access, iowa, [grant[0], stopped[0]], [stopped[1], grant[1]]):
        nobody, clerk = await graph.ask(document), await graph.ask(by_level, by=CLERK)
    assert clerk.data["listing"]["sellableByLevel"] == [own, brand]
    assert nobody.data["listing"] == {"sellable": own["units"] + brand["units"]}
