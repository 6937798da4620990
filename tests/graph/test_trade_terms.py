"""What a shop with several grantors buys at and sells within, and how far a price list of a region reaches."""

from collections.abc import Mapping
from typing import Any

import pytest

import boot
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import Ids
from tests.graph.scratch import changed

HERE = "qingquan"
QQ = Ids(HERE)
KEY = QQ.keys.of
SHOP, CLERK = KEY("organization", "STORE", "QQ-0001"), "store:QQ-0001/clerk"
"""Its primary supplier is a distributor; the agent above that supplies it too. Both let it sell drinks."""
DISTRIBUTOR, AGENT, BRAND = (
    KEY("assortment", grantor, code) for grantor, code in (("QQ-3301-1", "STANDARD"), ("QQ-33", "ALL"), ("QQ", "ALL"))
)
WATER = "W01-4500"
"""A sku that both let it sell. The brand suggests that shops ask 10.00 for it: prices are hundredths of that."""
LISTING = f"listing_{KEY('listing', 'STORE', 'QQ-0001', WATER).hex}"
TERMS = '{ listing(id: "%s") { price trade { supplier { code } supplyPrice minPrice maxPrice } } }' % LISTING

Change = tuple[str, list[Any]]
END = 'UPDATE "authorization" SET valid_until = {} WHERE tenant_id = $1 AND grantee_id = $2 AND assortment_id = $3'
GRANT = (
    'INSERT INTO "authorization" (tenant_id, grantee_id, assortment_id, valid_from)'
    " VALUES ($1, $2, $3, '2026-01-01Z')"
)
REVOKE = 'DELETE FROM "authorization" WHERE tenant_id = $1 AND grantee_id = $2 AND assortment_id = $3'
BAND = (
    "UPDATE assortment_sku SET min_fen = $4, max_fen = $5 WHERE tenant_id = $1 AND assortment_id = $2 AND sku_id = $3"
)


def ended(assortment: Any) -> tuple[Change, Change]:
    """The grant is over, and how it comes back."""
    return (END.format("'2026-11-24Z'"), [SHOP, assortment]), (END.format("NULL"), [SHOP, assortment])


def banded(assortment: Any, now: tuple[int | None, int | None], before: tuple[int, int]) -> tuple[Change, Change]:
    """Another band for the water, and the one it had."""
    sku = KEY("sku", WATER)
    return (BAND, [assortment, sku, *now]), (BAND, [assortment, sku, *before])


GRANTED_BY_BRAND: tuple[Change, Change] = (GRANT, [SHOP, BRAND]), (REVOKE, [SHOP, BRAND])
OF_AGENT, OF_DISTRIBUTOR = (780, 1_350), (850, 1_250)
TERMS_OF: Mapping[str, tuple[list[tuple[Change, Change]], tuple[str, int | None, int | None, int | None]]] = {
    "the primary supplier and another": ([], ("QQ-3301-1", 740, 850, 1_250)),
    "the other alone": ([ended(DISTRIBUTOR)], ("QQ-33", 610, 780, 1_350)),
    "the primary one alone": ([ended(AGENT)], ("QQ-3301-1", 740, 850, 1_250)),
    "one who does not supply it, beside them": ([GRANTED_BY_BRAND], ("QQ-3301-1", 740, 850, 1_250)),
    "one who does not supply it, alone": (
        [ended(DISTRIBUTOR), ended(AGENT), GRANTED_BY_BRAND],
        ("QQ", None, 780, 1_350),
    ),
    "bands that meet in part": ([banded(AGENT, (900, 1_350), OF_AGENT)], ("QQ-3301-1", 740, 900, 1_250)),
    "a band that is open": ([banded(DISTRIBUTOR, (None, None), OF_DISTRIBUTOR)], ("QQ-3301-1", 740, 780, 1_350)),
    "bands that contradict each other": (
        [banded(AGENT, (1_251, 1_350), OF_AGENT)],
        ("QQ-3301-1", 740, 1_251, 1_250),
    ),
}
"""Who lets the shop sell the water, and then its supplier, what that asks, and the lowest and highest price allowed."""


@pytest.mark.parametrize("case", TERMS_OF)
async def test_the_terms_of_a_shop_with_several_grantors(
    graph: GraphClient, access: boot.Access, qingquan: TenantFacts, case: str
) -> None:
    pairs, (supplier, supply, floor, ceiling) = TERMS_OF[case]
    async with changed(access, qingquan, [do for do, _ in pairs], [undo for _, undo in pairs]):
        asked = await graph.ask(TERMS, by=CLERK, tenant=HERE)
    assert asked.errors == []
    assert asked.data["listing"]["trade"] == {
        "supplier": {"code": supplier},
        "supplyPrice": supply,
        "minPrice": floor,
        "maxPrice": ceiling,
    }


async def test_a_shop_keeps_to_every_band(graph: GraphClient) -> None:
    """The demo prices goods inside what all grantors allow, and that is what the graph shows of them."""
    shelf = '{ store(id: "store_%s") { shelf(first: 100) { nodes { price trade { minPrice maxPrice } } } } }' % SHOP.hex
    asked = await graph.ask(shelf, by=CLERK, tenant=HERE)
    nodes = asked.data["store"]["shelf"]["nodes"]
    assert len(nodes) == 35
    assert all(node["trade"]["minPrice"] <= node["price"] <= node["trade"]["maxPrice"] for node in nodes)


# ── regions ───────────────────────────────────────────────────────────────────────────────────────────────────────
LIST = (
    "INSERT INTO price_list (tenant_id, id, seller_id, code, name, audience, scope, region_code)"
    " VALUES ($1, $2, $3, 'REGIONAL', '省内价', $4, 'REGION', $5)"
)
PRICE = (
    "INSERT INTO price (tenant_id, price_list_id, sku_id, valid_from, unit_fen) VALUES ($1, $2, $3, '2026-01-01Z', $4)"
)
GONE = "DELETE FROM {} WHERE tenant_id = $1 AND {} = $2"
MADE = KEY("price_list", "REGIONAL")


def regional(seller: Any, audience: str, region: str, unit: int = 123) -> tuple[list[Change], list[Change]]:
    """A seller's list for a region that prices the water, and how it goes again."""
    make: list[Change] = [(LIST, [MADE, seller, audience, region]), (PRICE, [MADE, KEY("sku", WATER), unit])]
    return make, [(GONE.format("price", "price_list_id"), [MADE]), (GONE.format("price_list", "id"), [MADE])]


def quote(buyer: str, seller: str) -> str:
    ids = (
        KEY("organization", "DISTRIBUTOR", seller).hex,
        KEY("organization", "STORE", buyer).hex,
        KEY("sku", WATER).hex,
    )
    return (
        '{ price(sellerId: "distributor_%s", buyerId: "store_%s", skuId: "sku_%s") '
        "{ unitPrice explain { scope applied } } }" % ids
    )


@pytest.mark.parametrize("region", ["330106", "330100", "330000"])
async def test_a_trade_list_of_a_region_reaches_the_shops_in_it(
    graph: GraphClient, access: boot.Access, qingquan: TenantFacts, region: str
) -> None:
    """The county that the shop stands in, its city, its province."""
    seller = KEY("organization", "DISTRIBUTOR", "QQ-3301-1")
    async with changed(access, qingquan, *regional(seller, "TRADE", region)):
        asked = await graph.ask(quote("QQ-0001", "QQ-3301-1"), by=CLERK, tenant=HERE)
    assert asked.data["price"] == {
        "unitPrice": 123,
        "explain": [
            {"scope": "REGION", "applied": True},
            {"scope": "BASE", "applied": False},
            {"scope": "BASE", "applied": False},
            {"scope": "BASE", "applied": False},
            {"scope": "BASE", "applied": False},
            {"scope": "BASE", "applied": False},
        ],
    }


@pytest.mark.parametrize("region", ["330102", "330200", "440000"])
async def test_a_trade_list_of_another_region_reaches_nobody_else(
    graph: GraphClient, access: boot.Access, qingquan: TenantFacts, region: str
) -> None:
    """A neighbouring county, another city, another province."""
    seller = KEY("organization", "DISTRIBUTOR", "QQ-3301-1")
    before = await graph.ask(quote("QQ-0001", "QQ-3301-1"), by=CLERK, tenant=HERE)
    async with changed(access, qingquan, *regional(seller, "TRADE", region)):
        asked = await graph.ask(quote("QQ-0001", "QQ-3301-1"), by=CLERK, tenant=HERE)
    assert asked.data == before.data
    assert asked.data["price"]["unitPrice"] == 740


@pytest.mark.parametrize(
    ("region", "price"), [("330106", 900), ("330100", 900), ("330000", 900), ("330102", 1_050), ("440000", 1_050)]
)
async def test_a_consumer_list_of_a_region_reaches_the_shoppers_of_shops_in_it(
    graph: GraphClient, access: boot.Access, qingquan: TenantFacts, region: str, price: int
) -> None:
    async with changed(access, qingquan, *regional(SHOP, "CONSUMER", region, 900)):
        asked = await graph.ask('{ listing(id: "%s") { price } }' % LISTING, tenant=HERE)
    assert asked.data == {"listing": {"price": price}}


async def test_regions_that_lie_in_each_other_by_mistake_end_the_climb(
    graph: GraphClient, access: boot.Access, qingquan: TenantFacts
) -> None:
    loop = "UPDATE region SET parent_code = {} WHERE code = '330000' AND $1::uuid IS NOT NULL"
    seller = KEY("organization", "DISTRIBUTOR", "QQ-3301-1")
    make, undo = regional(seller, "TRADE", "330100")
    async with changed(access, qingquan, [(loop.format("'330106'"), []), *make], [*undo, (loop.format("NULL"), [])]):
        asked = await graph.ask(quote("QQ-0001", "QQ-3301-1"), by=CLERK, tenant=HERE)
    assert asked.data["price"]["unitPrice"] == 123


@pytest.mark.parametrize(("region", "shops"), [("330000", 0), ("330100", 0), ("330106", 6)])
async def test_organisations_are_listed_by_exactly_the_region_they_stand_in(
    graph: GraphClient, region: str, shops: int
) -> None:
    asked = await graph.ask('{ stores(regionCode: "%s") { totalCount } }' % region, tenant=HERE)
    assert asked.data["stores"]["totalCount"] == shops
