"""The ordering centre's types: orders of every tier, their lines, and what trade adds up to."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.ordering import MAX_MONTHS
from loaders.ordering import OrderRow
from resolvers import catalog, channel, integration, ordering
from schema.base import (
    OWN,
    TRADE,
    UPSTREAM,
    Argument,
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
from schema.catalog import Category, Sku
from schema.enums import OrderKind, OrderState, Terminal, TradeDimension
from schema.integration import ExternalReference

if TYPE_CHECKING:
    from schema.channel import Organization, Region

_Organization = Annotated["Organization", strawberry.lazy("schema.channel")]
_Region = Annotated["Region", strawberry.lazy("schema.channel")]


@strawberry.type(description="A line of an order (订单行).")
class OrderLine:
    """A line, frozen when the order was placed."""

    line: int = attribute("Its number in the order (行号).", TRADE)
    sku: Sku = edge(catalog.sku_of, "What is ordered (订购 SKU).", TRADE)
    quantity: Count = attribute("Base units (数量).", TRADE)
    unit_price: Fen = leaf(lambda row: row.unit_fen, "The price of one base unit (单价).", TRADE)
    discount: Fen = leaf(lambda row: row.discount_fen, "What was taken off the line (优惠).", TRADE)
    net: Fen = leaf(lambda row: row.net_fen, "What is paid for the line (实付).", TRADE)
    brand: _Organization = edge(channel.organization_named("brand_id"), "The sku's brand (品牌).", TRADE)
    goods_owner: _Organization = edge(
        channel.organization_named("goods_owner_id"), "Whose goods they were (货主).", TRADE
    )
    fulfiller: _Organization = edge(channel.organization_named("fulfiller_id"), "Who ships them (履约方).", TRADE)


@graph_type(OrderRow, "An order between a seller and a buyer (订单).")
class Order(Node):
    """An order, for its two parties."""

    id: strawberry.ID = global_id("order")
    number: str = attribute("Its number (单号).", TRADE)
    kind: OrderKind = attribute("What it is between the two (订单类型).", TRADE)
    state: OrderState = attribute("Where it stands (订单状态).", TRADE)
    seller: _Organization = edge(channel.organization_named("seller_id"), "Who sells (卖方).", TRADE)
    buyer: _Organization | None = edge(
        channel.organization_named("buyer_id"),
        "The organisation that buys; null for a shopper's order (买方).",
        TRADE,
    )
    currency: str = attribute("The currency of its amounts, ISO 4217 (币种).", TRADE)
    total: Fen = leaf(lambda row: row.total_fen, "The sum of its lines (订单金额).", TRADE)
    terminal: Terminal | None = attribute("Where it was made (终端).", TRADE)
    placed_at: datetime = attribute("When it was placed (下单时间).", TRADE)
    lines: Connection[OrderLine] | None = connection(ordering.lines, "Its lines, in order (订单行).", TRADE)
    external_references: list[ExternalReference] = few(
        integration.references_to("order"), "What other systems call it, at most 100 (外部编号).", OWN, 3
    )


FIGURES = {
    "since": Argument(date, "The first day of the window (起始日).", name="from"),
    "until": Argument(date, f"The day after its last; it touches at most {MAX_MONTHS} months (截止日)."),
    "by": Argument(
        list[TradeDimension],
        "By what the sums are divided, each at most once, SKU or CATEGORY; by nothing: one sum (统计维度).",
        (TradeDimension.MONTH,),
    ),
}
"""The arguments of what adds up trade."""

_MONTH = "The first day of the month; null unless divided by MONTH (月份)."
_OF_REGION = "Where the orders were placed for; null unless divided by REGION, or where unknown (区划)."
_OF_SKU = "The sku; null unless divided by SKU (SKU 单品)."
_OF_CATEGORY = "The category; null unless divided by CATEGORY, or where the product has none (类目)."


@strawberry.type(description="What stores below a brand bought of its goods, in units and never in money (渠道进货).")
class SellIn:
    """A sum for a brand, without an amount: prices are another tier's."""

    month: date | None = leaf(lambda row: row.first_day, _MONTH, UPSTREAM)
    region: _Region | None = edge(channel.region, _OF_REGION, UPSTREAM)
    sku: Sku | None = edge(catalog.sku_of, _OF_SKU, UPSTREAM)
    category: Category | None = edge(catalog.category_of, _OF_CATEGORY, UPSTREAM)
    units: Count = attribute("Base units (数量).", UPSTREAM)
    orders: Count = attribute("In how many orders (订单数).", UPSTREAM)
    stores: Count = attribute("By how many stores (门店数).", UPSTREAM)


@strawberry.type(description="What an organisation sold or bought itself, summed (购销汇总).")
class TradeFigure:
    """A sum over an organisation's own orders, for itself."""

    month: date | None = leaf(lambda row: row.first_day, _MONTH, OWN)
    region: _Region | None = edge(channel.region, _OF_REGION, OWN)
    sku: Sku | None = edge(catalog.sku_of, _OF_SKU, OWN)
    category: Category | None = edge(catalog.category_of, _OF_CATEGORY, OWN)
    units: Count = attribute("Base units (数量).", OWN)
    orders: Count = attribute("In how many orders (订单数).", OWN)
    parties: Count = attribute("With how many others: the buyers of sales, the sellers of purchases (交易方数).", OWN)
    amount: Fen = leaf(lambda row: row.amount_fen, "What was paid for it (金额).", OWN)


@strawberry.type
class Query:
    """The ordering centre's root fields."""

    order: Order | None = edge(
        ordering.order,
        "An order by id; null if there is none, or for who is no party to it (订单).",
        TRADE,
        arguments={"id": id_of("The id of an order (订单标识).", "order")},
    )
