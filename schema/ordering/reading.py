"""Orders of every tier, their lines, what becomes of them, and what trade adds up to."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.ordering import MAX_MONTHS
from loaders.ordering import OrderRow, PaymentRow, RefundRow, ShipmentRow
from resolvers import catalog, channel, integration, inventory, ordering
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
from schema.enums import CancelCause, OrderKind, OrderState, PaymentState, RefundState, Terminal, TradeDimension
from schema.integration import ExternalReference
from schema.member import Customer
from schema.ordering.delivering import Delivery

if TYPE_CHECKING:
    from schema.channel import Organization, Region
    from schema.inventory import Location

_Organization = Annotated["Organization", strawberry.lazy("schema.channel")]
_Location = Annotated["Location", strawberry.lazy("schema.inventory")]
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
    shipped: Count = attribute("Base units that have shipped (已发数量).", TRADE)
    cancelled: Count = attribute("Base units that will not be shipped (取消数量).", TRADE)
    refunded: Count = attribute("Base units whose money went back by the unit (已退数量).", TRADE)
    refunded_amount: Fen = leaf(lambda row: row.refunded_fen, "What went back of the line in all (已退金额).", TRADE)
    short: Count = attribute("Base units that are to ship and have no goods now (缺货数量).", TRADE)


@graph_type(PaymentRow, "What a provider is to take for an order (支付单).")
class Payment(Node):
    """A payment, for the order's two parties."""

    id: strawberry.ID = global_id("payment")
    order: "Order | None" = edge(ordering.order_of, "The order (订单).", TRADE)
    provider: str = attribute("Who takes it (支付渠道).", TRADE)
    state: PaymentState = attribute("Where it stands (支付状态).", TRADE)
    covers: bool = attribute("Whether it is the one that paid the order (是否抵付).", TRADE)
    amount: Fen = leaf(lambda row: row.amount_fen, "How much was asked (金额).", TRADE)
    came: Fen | None = leaf(lambda row: row.came_fen, "How much came; null until then (实收金额).", TRADE)
    refunded: Fen = leaf(lambda row: row.refunded_fen, "What of it goes back, or has gone (已退金额).", TRADE)
    currency: str = attribute("In which currency, ISO 4217 (币种).", TRADE)
    pay_url: str | None = attribute("Where it is paid; null until the provider has said (支付地址).", TRADE)
    created_at: datetime = attribute("When it was begun (创建时间).", TRADE)
    expires_at: datetime = attribute("Until when it may be paid (到期时间).", TRADE)
    paid_at: datetime | None = attribute("When we heard that it was paid (支付时间).", TRADE)


@strawberry.type(description="What of a refund is for one line of the order (退款明细).")
class RefundLine:
    """Its source is a `RefundLineEntry`."""

    line: int = attribute("The line's number in the order (行号).", TRADE)
    quantity: Count = attribute("Base units; 0 where it is money alone (数量).", TRADE)
    amount: Fen = leaf(lambda row: row.amount_fen, "How much (金额).", TRADE)


@graph_type(RefundRow, "Money that goes back of an order (退款单).")
class Refund(Node):
    """A refund, for the order's two parties."""

    id: strawberry.ID = global_id("refund")
    order: "Order | None" = edge(ordering.order_of, "The order (订单).", TRADE)
    state: RefundState = attribute("Where it stands (退款状态).", TRADE)
    amount: Fen = leaf(lambda row: row.amount_fen, "How much (金额).", TRADE)
    reason: str = attribute("Why (原因).", TRADE)
    created_at: datetime = attribute("When it was decided (创建时间).", TRADE)
    settled_at: datetime | None = attribute("When we heard what came of it (完成时间).", TRADE)
    lines: Connection[RefundLine] | None = connection(
        ordering.refund_lines, "For which lines; none where the order had no use for the money (退款明细).", TRADE
    )


@strawberry.type(description="Units of one lot in a shipment (发货明细).")
class ShipmentLine:
    """Its source is a `ShipmentLineEntry`."""

    line: int = attribute("The line's number in the order (行号).", TRADE)
    sku: Sku = edge(catalog.sku_of, "What was shipped (发货 SKU).", TRADE)
    quantity: Count = attribute("Base units (数量).", TRADE)


@graph_type(ShipmentRow, "Goods of an order that left together (发货单).")
class Shipment(Node):
    """A shipment, for the order's two parties and for who shipped it."""

    id: strawberry.ID = global_id("shipment")
    order: "Order | None" = edge(ordering.order_of, "The order; null for who only ships (订单).", TRADE)
    fulfiller: _Organization = edge(channel.organization_named("fulfiller_id"), "Who shipped it (履约方).", TRADE)
    carrier: str | None = attribute("Who carries it (承运商).", TRADE)
    tracking: str | None = attribute("What the carrier calls it (运单号).", TRADE)
    shipped_at: datetime = attribute("When it left (发货时间).", TRADE)
    delivery: Delivery | None = edge(
        ordering.delivery_of, "Where the order goes; null where it names no delivery (收货信息).", TRADE
    )
    lines: Connection[ShipmentLine] | None = connection(ordering.shipment_lines, "What is in it (发货明细).", TRADE)


@strawberry.type(description="Goods of one stock row that are an order's (订单占货).")
class Allocation:
    """Its source is an `AllocationEntry`."""

    line: int = attribute("The line's number in the order (行号).", OWN)
    sku: Sku = edge(catalog.sku_of, "What lies there (占货 SKU).", OWN)
    location: _Location | None = edge(
        inventory.location_of, "Where it lies; null where another runs the place (库位).", OWN
    )
    owner: _Organization = edge(channel.organization_named("owner_id"), "Whose goods they are (货主).", OWN)
    lot_code: str = attribute("The lot; empty for goods that are not kept by lots (批次).", OWN)
    quantity: Count = attribute("Base units, without what was cancelled (数量).", OWN)
    shipped: Count = attribute("How many of them have shipped (已发数量).", OWN)
    given_back: Count = attribute("How many of them were given back (已释放).", OWN)


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
    customer: Customer | None = edge(
        ordering.buyer_of,
        "The shopper who bought, for her and for its seller, who may see her by this order alone; null for an "
        "organisation's order (消费者).",
        TRADE,
    )
    delivery: Delivery | None = edge(
        ordering.delivery, "Where it goes; null for an order that names no delivery (收货信息).", TRADE
    )
    currency: str = attribute("The currency of its amounts, ISO 4217 (币种).", TRADE)
    total: Fen = leaf(lambda row: row.total_fen, "The sum of its lines (订单金额).", TRADE)
    terminal: Terminal | None = attribute("Where it was made (终端).", TRADE)
    placed_at: datetime = attribute("When it was placed (下单时间).", TRADE)
    payment_due_at: datetime | None = attribute(
        "Until when it may be paid; null for an order that was placed elsewhere (付款截止).", TRADE
    )
    cancel_cause: CancelCause | None = attribute("Why it was cancelled; null unless it was (取消原因).", TRADE)
    paid: Fen = leaf(lambda row: row.paid_fen, "What was paid for it here (已付金额).", TRADE)
    refunded: Fen = leaf(lambda row: row.refunded_fen, "What of that went back (已退金额).", TRADE)
    lines: Connection[OrderLine] | None = connection(ordering.lines, "Its lines, in order (订单行).", TRADE)
    payments: list[Payment] = few(ordering.payments, "Its payments, the oldest first (支付单).", TRADE, 3)
    refunds: Connection[Refund] | None = connection(ordering.refunds, "Its refunds, the newest first (退款单).", TRADE)
    shipments: Connection[Shipment] | None = connection(
        ordering.shipments, "Its shipments, the newest first (发货单).", TRADE
    )
    allocations: Connection[Allocation] | None = connection(
        ordering.allocations, "Where its goods are; for its seller (订单占货).", OWN
    )
    external_references: list[ExternalReference] = few(
        integration.references_to("order"), "What other systems call it, at most 100 (外部编号).", OWN, 3
    )


@strawberry.type(description="Goods of one stock row that are to ship for a line of a paid order (待发货).")
class GoodsToShip:
    """Its source is a `GoodsEntry`: for who ships, so without a price or who bought."""

    order_id: strawberry.ID = leaf(
        lambda row: "order_" + row.order_id.hex, "The order, as `shipOrder` takes it (订单标识).", OWN
    )
    order_number: str = attribute("The order's number (单号).", OWN)
    order: Order | None = edge(ordering.order_of, "The order; null where another sells (订单).", OWN)
    line: int = attribute("The line's number in the order, as `shipOrder` takes it (行号).", OWN)
    seller: _Organization = edge(channel.organization_named("seller_id"), "Whose sale it is (卖方).", OWN)
    sku: Sku = edge(catalog.sku_of, "What is to ship (待发 SKU).", OWN)
    quantity: Count = attribute("Base units that are left to ship of this lot (待发数量).", OWN)
    location: _Location = edge(inventory.location_of, "Where they lie (库位).", OWN)
    owner: _Organization = edge(channel.organization_named("owner_id"), "Whose goods they are (货主).", OWN)
    lot_code: str = attribute("The lot; empty for goods that are not kept by lots (批次).", OWN)
    expires_on: date | None = attribute(
        "The first day on which the lot may not be sold; null if it keeps (到期日).", OWN
    )
    delivery: Delivery | None = edge(
        ordering.delivery_of, "Where they go; null where the order names no delivery (收货信息).", OWN
    )
    since: datetime = attribute(
        "Since when they are to ship: its payment, or when goods were found for it again (待发起始时间).", OWN
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
    units: Count = attribute("Base units, without what was cancelled (数量).", UPSTREAM)
    orders: Count = attribute("In how many orders (订单数).", UPSTREAM)
    stores: Count = attribute("By how many stores (门店数).", UPSTREAM)


@strawberry.type(description="What an organisation sold or bought itself, summed (购销汇总).")
class TradeFigure:
    """A sum over an organisation's own orders, for itself."""

    month: date | None = leaf(lambda row: row.first_day, _MONTH, OWN)
    region: _Region | None = edge(channel.region, _OF_REGION, OWN)
    sku: Sku | None = edge(catalog.sku_of, _OF_SKU, OWN)
    category: Category | None = edge(catalog.category_of, _OF_CATEGORY, OWN)
    units: Count = attribute("Base units, without what was cancelled (数量).", OWN)
    orders: Count = attribute("In how many orders (订单数).", OWN)
    parties: Count = attribute("With how many others: the buyers of sales, the sellers of purchases (交易方数).", OWN)
    amount: Fen = leaf(lambda row: row.amount_fen, "What was paid for it, less what went back (金额).", OWN)


@strawberry.type
class OrderQuery:
    """Orders as they are read."""

    order: Order | None = edge(
        ordering.order,
        "An order by id; null if there is none, or for who is no party to it (订单).",
        TRADE,
        arguments={"id": id_of("The id of an order (订单标识).", "order")},
    )
