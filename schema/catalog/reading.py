"""The catalog centre's types: goods, shelves, assortments, prices and their explanation."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import strawberry

from loaders.catalog import AssortmentRow, CategoryRow, DefinitionRow, ListingRow, PriceListRow, ProductRow, SkuRow
from resolvers import catalog, channel, integration, inventory
from schema.base import (
    COUNTERPARTY,
    OWN,
    PUBLIC,
    SUM_WEIGHT,
    UPSTREAM,
    Argument,
    BasisPoint,
    Connection,
    Count,
    Fen,
    Node,
    attribute,
    connection,
    edge,
    few,
    global_id,
    graph_type,
    id_of,
    leaf,
)
from schema.campaign import CampaignHere, of_listing
from schema.enums import AttributeKind, ListingOrigin, PriceAudience, PriceReason, PriceScope, Tier
from schema.integration import ExternalReference

if TYPE_CHECKING:
    from schema.channel import Brand, CloudStore, Organization, Region, Site

_Brand = Annotated["Brand", strawberry.lazy("schema.channel")]
_CloudStore = Annotated["CloudStore", strawberry.lazy("schema.channel")]
_Organization = Annotated["Organization", strawberry.lazy("schema.channel")]
_Region = Annotated["Region", strawberry.lazy("schema.channel")]
_Site = Annotated["Site", strawberry.lazy("schema.channel")]


@graph_type(CategoryRow, "A node of the category tree (类目).")
class Category(Node):
    """A category."""

    id: strawberry.ID = global_id("category")
    code: str = attribute("Its code (编码).", PUBLIC)
    name: str = attribute("Its name (名称).", PUBLIC)
    parent: "Category | None" = edge(catalog.parent_category, "The category above it (上级类目).", PUBLIC)
    products: Connection[Annotated["Product", strawberry.lazy("schema.catalog")]] | None = connection(
        catalog.products_of_category, "Its products, by code (商品).", PUBLIC
    )


@graph_type(DefinitionRow, "A typed attribute that skus may have (属性定义).")
class Attribute(Node):
    """An attribute."""

    id: strawberry.ID = global_id("attribute")
    code: str = attribute("Its code (编码).", PUBLIC)
    name: str = attribute("Its name (名称).", PUBLIC)
    kind: AttributeKind = attribute("The type of its values (值类型).", PUBLIC)
    unit: str | None = attribute("The unit of its values, if they have one (单位).", PUBLIC)
    category: Category | None = edge(catalog.category_of, "Whose goods have it; null: all goods (适用类目).", PUBLIC)


@strawberry.type(description="A pack of a sku (箱规).")
class PackUnit:
    """A pack unit."""

    code: str = attribute("The pack: BOTTLE, CASE … (包装).", PUBLIC)
    units: int = attribute("Base units in one pack (每包数量).", PUBLIC)


@strawberry.type(description="A typed attribute of a sku with its value (属性).")
class AttributeValue:
    """An attribute; the field that its kind names is set."""

    code: str = attribute("Its code (编码).", PUBLIC)
    name: str = attribute("Its name (名称).", PUBLIC)
    kind: AttributeKind = attribute("The type of its value (值类型).", PUBLIC)
    unit: str | None = attribute("The unit of its value, if it has one (单位).", PUBLIC)
    text: str | None = leaf(lambda row: row.text_value, "The value of a text attribute (文本值).", PUBLIC)
    integer: Count | None = leaf(lambda row: row.integer_value, "The value of an integer attribute (整数值).", PUBLIC)
    boolean: bool | None = leaf(lambda row: row.boolean_value, "The value of a yes-or-no attribute (是否值).", PUBLIC)
    date: dt.date | None = leaf(lambda row: row.date_value, "The value of a date attribute (日期值).", PUBLIC)


@strawberry.type(description="How much of a sku lies in the channel, for its brand (渠道库存).")
class ChannelStock:
    """An aggregate: never one holder's figure."""

    on_hand: Count = attribute("Base units on hand, over every holder but the brand (现有).", UPSTREAM)
    holders: Count = attribute("How many organisations hold any (持有方数).", UPSTREAM)


@graph_type(SkuRow, "The smallest thing that is priced, stocked and sold (最小存货单位).")
class Sku(Node):
    """A sku."""

    id: strawberry.ID = global_id("sku")
    code: str = attribute("The item number (货号).", PUBLIC)
    name: str = attribute("Its name (名称).", PUBLIC)
    barcode: str | None = attribute("Its barcode (条码).", PUBLIC)
    base_unit: str = attribute("The unit that quantities and prices count (基本单位).", PUBLIC)
    min_qty: int = attribute("Least base units of an order line (起订量).", PUBLIC)
    step_qty: int = attribute("Base units an order line grows by (步长).", PUBLIC)
    shelf_life_days: int | None = attribute("Days from production to expiry; null if it keeps (保质期).", PUBLIC)
    product: "Product" = edge(catalog.product_of, "The product it is a variant of (所属商品).", PUBLIC)
    pack_units: list[PackUnit] = few(
        catalog.pack_units_of, "Its packs, the smallest first, at most 100 (箱规).", PUBLIC, 3
    )
    attributes: list[AttributeValue] = few(
        catalog.attributes_of, "Its attributes, by code, at most 100 (属性).", PUBLIC
    )
    channel_stock: ChannelStock | None = edge(
        inventory.channel_stock,
        "What others hold; null for another brand's sku, or with under three holders (渠道库存).",
        UPSTREAM,
    )
    external_references: list[ExternalReference] = few(
        integration.references_to("sku"), "What other systems call it, at most 100 (外部编号).", OWN, 3
    )


@graph_type(ProductRow, "What a brand makes, in one or more skus (商品).")
class Product(Node):
    """A product."""

    id: strawberry.ID = global_id("product")
    code: str = attribute("Its code (编码).", PUBLIC)
    name: str = attribute("Its name (名称).", PUBLIC)
    description: str | None = attribute("What it is (说明).", PUBLIC)
    brand: _Brand = edge(channel.organization_named("brand_id"), "Whose it is (品牌).", PUBLIC)
    category: Category | None = edge(catalog.category_of, "Its category, if it has one (类目).", PUBLIC)
    skus: list[Sku] = few(catalog.skus_of, "Its skus, by item number, at most 100 (规格).", PUBLIC, 10)


@strawberry.type(description="What a listing costs its own store (进货条件).")
class TradeTerms:
    """Private to the store that sells the listing."""

    supplier: _Organization | None = edge(
        channel.organization_named("supplier_id"),
        "Who supplies it: the primary supplier where that grants the sku, else another who grants it (供货方).",
        OWN,
    )
    supply_price: Fen | None = leaf(
        lambda terms: terms.supply_fen, "What one base unit costs the store now; null without a price (进价).", OWN
    )
    min_price: Fen | None = leaf(
        lambda terms: terms.min_fen,
        "The lowest consumer price that every grantor allows; above the highest where they contradict each other "
        "(控价下限).",
        OWN,
    )
    max_price: Fen | None = leaf(
        lambda terms: terms.max_fen, "The highest consumer price that every grantor allows (控价上限).", OWN
    )


@strawberry.type(description="What one level of the channel gives to a promise (分级可售).")
class SellableLevel:
    """Units of one level."""

    hops: int = attribute("Supply edges from the goods' owner down to the store; 0 is its own stock (层级距离).", OWN)
    units: Count = attribute("Base units sellable now (可售).", OWN)


@graph_type(ListingRow, "A sku on the shelf of a cloud store (货架商品).")
class Listing(Node):
    """A listing."""

    id: strawberry.ID = global_id("listing")
    origin: ListingOrigin = attribute("Whose goods it offers (货源).", PUBLIC)
    position: Count = attribute("Its place on the shelf (排位).", PUBLIC)
    sku: Sku = edge(catalog.sku_of, "What it offers (在售 SKU).", PUBLIC)
    seller: _Organization = edge(channel.organization_named("seller_id"), "Whose shelf it stands on (销售方).", PUBLIC)
    price: Fen | None = edge(
        catalog.price_for_viewer,
        "What one base unit costs the viewer now: the consumer price, or at an ordering mall the viewer's own trade "
        "price; null where there is none for her, or none that is allowed (价格).",
        PUBLIC,
    )
    sellable: Count | None = edge(
        inventory.sellable,
        "Base units sellable now, from every pool the store sees, of EXTERNAL goods its own alone; at an ordering mall "
        "only for the seller and whom it supplies, else null (可售).",
        PUBLIC,
    )
    sellable_by_level: list[SellableLevel] | None = few(
        inventory.sellable_by_level,
        "The same by level of the channel, the nearest first; null for anyone but the seller (分级可售).",
        OWN,
        4,
    )
    trade: TradeTerms | None = edge(
        catalog.trade_terms, "What it costs its own store; null for anyone else (进货条件).", OWN
    )
    campaigns: list[CampaignHere] | None = of_listing


@strawberry.type(description="A sku of an assortment with its price band (可售商品与控价).")
class AssortmentSku:
    """A sku that may be sold, and between which prices."""

    sku: Sku = edge(catalog.sku_of, "What may be sold (可售商品).", COUNTERPARTY)
    min_price: Fen | None = leaf(lambda row: row.min_fen, "The lowest consumer price allowed (控价下限).", COUNTERPARTY)
    max_price: Fen | None = leaf(
        lambda row: row.max_fen, "The highest consumer price allowed (控价上限).", COUNTERPARTY
    )


@graph_type(AssortmentRow, "The skus that an upstream lets others sell (可售范围).")
class Assortment(Node):
    """An assortment, for who grants it and who is granted it."""

    id: strawberry.ID = global_id("assortment")
    code: str = attribute("Its code (编码).", COUNTERPARTY)
    name: str = attribute("Its name (名称).", COUNTERPARTY)
    is_generated: bool = attribute("Whether the demo made it up (演示数据).", COUNTERPARTY)
    grantor: _Organization = edge(channel.organization_named("grantor_id"), "Who grants it (授权方).", COUNTERPARTY)
    skus: Connection[AssortmentSku] | None = connection(
        catalog.skus_of_assortment, "Its skus with their price bands (可售商品与控价).", COUNTERPARTY
    )


@strawberry.type(description="An assortment given to an organisation (授权).")
class Authorization:
    """What an organisation may sell, and for how long."""

    assortment: Assortment | None = edge(catalog.assortment_of, "What may be sold (可售商品).", COUNTERPARTY)
    grantor: _Organization = edge(channel.organization_named("grantor_id"), "Who grants it (授权方).", COUNTERPARTY)
    valid_from: dt.datetime = attribute("From this instant on (生效时间).", COUNTERPARTY)
    valid_until: dt.datetime | None = attribute(
        "Until just before this instant; null: open-ended (失效时间).", COUNTERPARTY
    )


@strawberry.type(description="A price of a list with its validity (价格).")
class ListedPrice:
    """One price of one list."""

    sku: Sku = edge(catalog.sku_of, "What it is the price of (定价 SKU).", OWN)
    min_qty: Count = attribute("From how many base units on (阶梯).", OWN)
    unit_price: Fen = leaf(lambda row: row.unit_fen, "The price of one base unit (单价).", OWN)
    valid_from: dt.datetime = attribute("From this instant on (生效时间).", OWN)
    valid_until: dt.datetime | None = attribute("Until just before this instant; null: open-ended (失效时间).", OWN)


@graph_type(PriceListRow, "The prices a seller asks of some buyers (价格体系).")
class PriceList(Node):
    """A price list, for its seller."""

    id: strawberry.ID = global_id("pricelist")
    code: str = attribute("Its code (编码).", OWN)
    name: str = attribute("Its name (名称).", OWN)
    audience: PriceAudience = attribute("Who buys at its prices (价格对象).", OWN)
    scope: PriceScope = attribute("To which of them it speaks (价格范围).", OWN)
    buyer: _Organization | None = edge(
        channel.organization_named("buyer_id"), "The buyer of a contract (合同买方).", OWN
    )
    buyer_tag: str | None = attribute("The tag of its buyers (买方标签).", OWN)
    buyer_tier: Tier | None = attribute("The tier of its buyers (买方层级).", OWN)
    region: _Region | None = edge(channel.region, "The region of its buyers, with those within it (买方区划).", OWN)
    site: _Site | None = edge(channel.site_of, "The site of its buyers (买方分站).", OWN)
    is_generated: bool = attribute("Whether the demo made it up (演示数据).", OWN)
    prices: Connection[ListedPrice] | None = connection(
        catalog.prices_of_list, "Its prices through all time, by sku, quantity and start (价格明细).", OWN
    )


@strawberry.type(description="A price that could apply to the buyer, and why it does or does not (取价说明).")
class PriceExplanation:
    """One candidate of a quote."""

    list_name: str = leaf(lambda entry: entry.candidate.list_name, "The list it stands in (价格表).", COUNTERPARTY)
    scope: PriceScope = leaf(lambda entry: entry.candidate.scope, "To whom that list speaks (价格范围).", COUNTERPARTY)
    min_qty: Count = leaf(lambda entry: entry.candidate.min_qty, "From how many base units on (阶梯).", COUNTERPARTY)
    unit_price: Fen = leaf(lambda entry: entry.candidate.unit_fen, "The price of one base unit (单价).", COUNTERPARTY)
    valid_from: dt.datetime = leaf(
        lambda entry: entry.candidate.valid_from, "From this instant on (生效时间).", COUNTERPARTY
    )
    valid_until: dt.datetime | None = leaf(
        lambda entry: entry.candidate.valid_until,
        "Until just before this instant; null: open-ended (失效时间).",
        COUNTERPARTY,
    )
    applied: bool = attribute("Whether it is the price (是否采用).", COUNTERPARTY)
    reason: PriceReason = attribute("Why it is, or why not (取价原因).", COUNTERPARTY)


@strawberry.type(description="The trade price of a quantity for one buyer (询价结果).")
class PriceQuote:
    """A resolved price and its explanation."""

    quantity: Count = attribute("Base units (数量).", COUNTERPARTY)
    at: dt.datetime = attribute("The instant that counts (取价时间).", COUNTERPARTY)
    unit_price: Fen | None = leaf(
        lambda quote: None if quote.applied is None else quote.applied.unit_fen,
        "The price of one base unit; null if no price applies (单价).",
        COUNTERPARTY,
    )
    amount: Fen | None = attribute("The price of the whole quantity; null if no price applies (金额).", COUNTERPARTY)
    explain: list[PriceExplanation] = leaf(
        lambda quote: quote.explanations,
        "Every price that could apply to this buyer, in order of precedence, with the reason (取价说明).",
        COUNTERPARTY,
    )


@strawberry.type(description="How many of the shops below a brand list one of its skus (单品铺货率).")
class SkuCoverage:
    """A sku of the brand and the shops that list it."""

    sku: Sku = edge(catalog.sku_of, "The sku (SKU 单品).", UPSTREAM)
    covered: Count = attribute("How many of the shops list it (铺货门店数).", UPSTREAM)
    bps: BasisPoint | None = edge(
        catalog.covered_bps_of_sku,
        "Its part of the shops, rounded down; null without shops (铺货率).",
        UPSTREAM,
    )


@strawberry.type(description="How many shops below a brand, stores with an open cloud store, list its goods (铺货率).")
class ShelfCoverage:
    """The shops below a brand, and those of them that list any of its skus."""

    total: Count = attribute("How many shops there are (门店总数).", UPSTREAM)
    covered: Count = attribute("How many of them list at least one of its skus (铺货门店数).", UPSTREAM)
    bps: BasisPoint | None = leaf(
        catalog.covered_bps, "Its part of the shops, rounded down; null without shops (铺货率).", UPSTREAM
    )
    skus: Connection[SkuCoverage] | None = connection(
        catalog.skus_of_coverage,
        "The same for each sku, by product and number (单品铺货率).",
        UPSTREAM,
        weight=SUM_WEIGHT,
    )


_TRADER = ("brand", "subsidiary", "agent", "distributor", "store", "supplier")


@strawberry.type
class Query:
    """The catalog centre's root fields."""

    product: Product | None = edge(
        catalog.product,
        "A product by id; null if there is none (商品).",
        PUBLIC,
        arguments={"id": id_of("The id of a product (商品标识).", "product")},
    )
    products: Connection[Product] | None = connection(
        catalog.products,
        "All products by code, or those of one brand or one category (商品).",
        PUBLIC,
        brand_id=id_of("Only those of one brand (品牌标识).", "brand", optional=True),
        category_id=id_of("Only those of one category (类目标识).", "category", optional=True),
    )
    sku: Sku | None = edge(
        catalog.sku,
        "A sku by id; null if there is none (规格).",
        PUBLIC,
        arguments={"id": id_of("The id of a sku (规格标识).", "sku")},
    )
    categories: Connection[Category] | None = connection(catalog.categories, "All categories, by code (类目).", PUBLIC)
    attributes: Connection[Attribute] | None = connection(catalog.attributes, "All attributes, by code (属性).", PUBLIC)
    listing: Listing | None = edge(
        catalog.listing,
        "A listing by id; null if there is none (货架商品).",
        PUBLIC,
        arguments={"id": id_of("The id of a listing (货架商品标识).", "listing")},
    )
    price: PriceQuote | None = edge(
        catalog.price,
        "The trade price of a quantity for a buyer, explained; null unless the seller supplies the buyer and the "
        "viewer is one of the two (询价).",
        COUNTERPARTY,
        arguments={
            "seller_id": id_of("Who sells (卖方标识).", *_TRADER),
            "buyer_id": id_of("Who buys (买方标识).", *_TRADER),
            "sku_id": id_of("The id of a sku (规格标识).", "sku"),
            "quantity": Argument(int, "Base units (数量).", 1),
            "at": Argument(dt.datetime | None, "The instant that counts; null: now (取价时间).", None),
        },
    )
