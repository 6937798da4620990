"""The tenant's goods as rows of ours: catalogue, prices, assortments, shelves, stock and pools.

Owns what of ours each value becomes; marked `is_generated`, or by the reason of a stock row's one movement.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from demo.qingquan import BRAND
from demo.qingquan.generation import Qingquan
from demo.qingquan.trade import price_list_id
from demo.qingquan.values import Contribution, PriceList
from domain.catalog import AttributeKind, PriceScope
from domain.inventory import MovementKind
from domain.search import Goods as Words
from integrations.bulk import Bulk, transposed
from integrations.skus import no_lots, write_prices, write_words
from models import catalog, inventory

OPENING: Final = "generated opening stock"
VOLUME, FLAVOUR, SUGAR_FREE = "VOLUME_ML", "FLAVOUR", "SUGAR_FREE"
_ATTRIBUTES: Final = (
    (VOLUME, "净含量", AttributeKind.INTEGER, "ml"),
    (FLAVOUR, "口味", AttributeKind.TEXT, None),
    (SUGAR_FREE, "无糖", AttributeKind.BOOLEAN, None),
)
_TARGETS: Final = {
    PriceScope.CONTRACT: "buyer_id",
    PriceScope.TAG: "buyer_tag",
    PriceScope.TIER: "buyer_tier",
    PriceScope.REGION: "region_code",
    PriceScope.SITE: "site_id",
}
"""The column that says to whom a list of each scope speaks."""


async def write_goods(bulk: Bulk, made: Qingquan) -> None:
    """Categories, products, skus with packs and attributes, and the words they are found by."""
    ids, goods = made.ids, made.goods
    categories = [
        (ids.category(one.code), one.code, one.name, None if one.parent is None else ids.category(one.parent))
        for one in goods.categories
    ]
    await bulk.insert(catalog.Category, transposed(("id", "code", "name", "parent_id"), categories))
    brand = ids.organization(BRAND)
    products = [
        (ids.product(one.code), brand, one.code, one.name, one.description, ids.category(one.category))
        for one in goods.products
    ]
    columns: tuple[str, ...] = ("id", "brand_id", "code", "name", "description", "category_id")
    await bulk.insert(catalog.Product, transposed(columns, products))
    skus = [
        (ids.sku(one.code), ids.product(one.product), one.code, one.name, one.barcode, one.base_unit, one.life_days)
        for one in goods.skus
    ]
    columns = ("id", "product_id", "code", "name", "barcode", "base_unit", "shelf_life_days")
    await bulk.insert(catalog.Sku, transposed(columns, skus))
    packs = [(ids.sku(one.code), code, units) for one in goods.skus for code, units in one.packs]
    await bulk.insert(catalog.PackUnit, transposed(("sku_id", "code", "units"), packs))
    await no_lots(bulk, [ids.sku(one.code) for one in goods.skus])
    await _attributes(bulk, made)
    names = {one.code: one for one in goods.products}
    of_category = {one.code: one.name for one in goods.categories}
    words = {
        ids.sku(one.code): Words(
            product=names[one.product].name,
            sku=one.name,
            code=one.code,
            barcode=one.barcode,
            brand=made.network.organizations[BRAND].name,
            category=of_category[names[one.product].category],
        )
        for one in goods.skus
    }
    await write_words(bulk, words)


async def _attributes(bulk: Bulk, made: Qingquan) -> None:
    keys, skus = made.ids.keys, made.goods.skus
    kinds = [(keys.of("attribute", code), code, name, kind.value, unit) for code, name, kind, unit in _ATTRIBUTES]
    await bulk.insert(catalog.Attribute, transposed(("id", "code", "name", "kind", "unit"), kinds))
    volume, flavour, sugar_free = (keys.of("attribute", code) for code, *_ in _ATTRIBUTES)
    rows: list[tuple[Any, ...]] = []
    for one in skus:
        key = made.ids.sku(one.code)
        rows.append((key, flavour, one.flavour, None, None))
        if one.volume_ml is not None:
            rows.append((key, volume, None, one.volume_ml, None))
        if one.code not in made.goods.merchandise:
            rows.append((key, sugar_free, None, None, one.sugar_free))
    columns = ("sku_id", "attribute_id", "text_value", "integer_value", "boolean_value")
    await bulk.insert(catalog.SkuAttribute, transposed(columns, rows))


async def write_shelves(bulk: Bulk, made: Qingquan) -> None:
    """Price lists and prices, assortments and to whom they are given, listings."""
    await _prices(bulk, made)
    await _assortments(bulk, made)
    ids, organizations = made.ids, made.network.organizations
    rows = [
        (
            *(ids.listing(row.seller, row.sku), ids.cloud_store(row.seller), ids.sku(row.sku), row.origin.value),
            *(
                row.status.value,
                row.position,
                ids.site(organizations[row.seller].site),
                organizations[row.seller].region,
            ),
        )
        for row in made.shelves
    ]
    columns = ("id", "cloud_store_id", "sku_id", "origin", "status", "position", "site_id", "region_code")
    await bulk.insert(catalog.Listing, {**transposed(columns, rows), "is_generated": [True] * len(rows)})


async def _prices(bulk: Bulk, made: Qingquan) -> None:
    ids, day = made.ids, made.calendar.day
    columns: tuple[str, ...] = ("id", "seller_id", "code", "name", "audience", "scope", *_TARGETS.values())
    lists = [
        (
            *(price_list_id(ids.keys, one.seller, one.code), ids.organization(one.seller), one.code, one.name),
            *(one.audience.value, one.scope.value),
            *(_target(made, one) if one.scope is scope else None for scope in _TARGETS),
        )
        for one in made.lists
    ]
    await bulk.insert(catalog.PriceList, {**transposed(columns, lists), "is_generated": [True] * len(lists)})
    rows = [
        (
            *(price_list_id(ids.keys, one.seller, one.code), ids.sku(one.sku), one.min_qty),
            *(day(one.from_day), None if one.until_day is None else day(one.until_day), one.fen),
        )
        for one in made.prices
    ]
    await write_prices(bulk, rows)


def _target(made: Qingquan, one: PriceList) -> Any:
    assert one.target is not None  # its scope names someone
    if one.scope is PriceScope.CONTRACT:
        return made.ids.organization(one.target)
    return made.ids.site(one.target) if one.scope is PriceScope.SITE else str(one.target)


async def _assortments(bulk: Bulk, made: Qingquan) -> None:
    ids, day = made.ids, made.calendar.day
    keys = [ids.keys.of("assortment", one.grantor, one.code) for one in made.assortments]
    rows = [
        (key, ids.organization(one.grantor), one.code, one.name, True)
        for key, one in zip(keys, made.assortments, strict=True)
    ]
    await bulk.insert(catalog.Assortment, transposed(("id", "grantor_id", "code", "name", "is_generated"), rows))
    items = [
        (key, ids.sku(item.sku), item.min_fen, item.max_fen)
        for key, one in zip(keys, made.assortments, strict=True)
        for item in one.items
    ]
    await bulk.insert(catalog.AssortmentSku, transposed(("assortment_id", "sku_id", "min_fen", "max_fen"), items))
    grants = [
        (
            *(key, ids.organization(grant.grantee), day(grant.from_day)),
            None if grant.until_day is None else day(grant.until_day),
        )
        for key, one in zip(keys, made.assortments, strict=True)
        for grant in one.grants
    ]
    columns = ("assortment_id", "grantee_id", "valid_from", "valid_until")
    await bulk.insert(catalog.Authorization, transposed(columns, grants))


async def write_stock(bulk: Bulk, made: Qingquan) -> None:
    """Locations, lots, every row of stock with the one receipt that made it, what is kept back, and pools."""
    ids, stock = made.ids, made.stock
    places = [
        (
            *(ids.location(one.holder, one.number), ids.organization(one.holder), one.kind.value),
            *("MAIN" if one.number == 1 else f"NO-{one.number}", one.name, one.region, *(one.point or (None, None))),
        )
        for one in stock.locations
    ]
    columns: tuple[str, ...] = ("id", "organization_id", "kind", "code", "name", "region_code")
    await bulk.insert(inventory.Location, transposed((*columns, "latitude_e7", "longitude_e7"), places))
    lots = [
        (
            *(ids.sku(one.sku), ids.lot(one.sku, one.code), one.code),
            *(made.calendar.today + timedelta(days=days) for days in (one.produced_on, one.expires_on)),
        )
        for one in stock.lots
    ]
    await bulk.insert(inventory.Lot, transposed(("sku_id", "id", "code", "produced_on", "expires_on"), lots))
    rows = sorted(
        (
            *(ids.location(one.holder, one.number), ids.sku(one.sku), ids.organization(one.holder)),
            *(ids.lot(one.sku, one.lot), one.on_hand),
        )
        for one in stock.held
    )
    laid = transposed(("location_id", "sku_id", "owner_id", "lot_id", "on_hand"), rows)
    await bulk.insert(inventory.Stock, laid)
    movement = (MovementKind.RECEIPT.value, made.calendar.start, OPENING)
    papers = {place: (ids.paper(place), owner) for place, _, owner, *_ in rows}
    await bulk.insert(
        inventory.StockDocument,
        transposed(
            ("id", "location_id", "owner_id", "kind", "at", "reason"),
            [(paper, place, owner, *movement) for place, (paper, owner) in papers.items()],
        ),
    )
    marks = transposed(("kind", "occurred_at", "reason"), [movement] * len(rows))
    await bulk.insert(inventory.StockMovement, {**laid, **marks, "document": [papers[row[0]][0] for row in rows]})
    kept = [
        (ids.location(one.holder, one.number), ids.sku(one.sku), ids.organization(one.holder), one.quantity)
        for one in stock.safety
    ]
    await bulk.insert(inventory.SafetyStock, transposed(("location_id", "sku_id", "owner_id", "quantity"), kept))
    await _pools(bulk, made)


async def _pools(bulk: Bulk, made: Qingquan) -> None:
    ids, stock = made.ids, made.stock

    def contribution(one: Contribution) -> Any:
        return ids.keys.of("contribution", one.pool.owner, one.owner, one.number)

    pools = [
        (ids.keys.of("pool", one.owner, one.code), ids.organization(one.owner), one.code, one.name)
        for one in dict.fromkeys(offer.pool for offer in stock.contributions)
    ]
    await bulk.insert(inventory.InventoryPool, transposed(("id", "organization_id", "code", "name"), pools))
    rows = [
        (
            *(contribution(one), ids.keys.of("pool", one.pool.owner, one.pool.code)),
            *(ids.location(one.owner, one.number), ids.organization(one.owner), ids.organization(one.visible_to)),
            one.share_bps,
        )
        for one in stock.contributions
    ]
    columns = ("id", "pool_id", "location_id", "owner_id", "visible_to_id", "share_bps")
    await bulk.insert(inventory.PoolContribution, transposed(columns, rows))
    promised = sorted((ids.sku(one.sku), contribution(one.contribution), one.cap or 0) for one in stock.promised)
    keyed = transposed(("sku_id", "contribution_id"), [row[:2] for row in promised])
    caps = [cap or None for *_, cap in promised]
    await bulk.insert(inventory.PoolContributionSku, {**keyed, "cap": caps})
