"""The ordering centre's types: orders of every tier, and their lines."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from loaders.ordering import OrderRow
from resolvers import catalog, channel, integration, ordering
from schema.base import (
    COUNTERPARTY,
    OWN,
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
from schema.catalog import Sku
from schema.enums import OrderKind, OrderState, Terminal
from schema.integration import ExternalReference

if TYPE_CHECKING:
    from schema.channel import Organization

_Organization = Annotated["Organization", strawberry.lazy("schema.channel")]


@strawberry.type(description="A line of an order (订单行).")
class OrderLine:
    """A line, frozen when the order was placed."""

    line: int = attribute("Its number in the order (行号).", COUNTERPARTY)
    sku: Sku = edge(catalog.sku_of, "What is ordered (订购 SKU).", COUNTERPARTY)
    quantity: Count = attribute("Base units (数量).", COUNTERPARTY)
    unit_price: Fen = leaf(lambda row: row.unit_fen, "The price of one base unit (单价).", COUNTERPARTY)
    discount: Fen = leaf(lambda row: row.discount_fen, "What was taken off the line (优惠).", COUNTERPARTY)
    net: Fen = leaf(lambda row: row.net_fen, "What is paid for the line (实付).", COUNTERPARTY)
    brand: _Organization = edge(channel.organization_named("brand_id"), "The sku's brand (品牌).", COUNTERPARTY)
    goods_owner: _Organization = edge(
        channel.organization_named("goods_owner_id"), "Whose goods they were (货主).", COUNTERPARTY
    )
    fulfiller: _Organization = edge(
        channel.organization_named("fulfiller_id"), "Who ships them (履约方).", COUNTERPARTY
    )


@graph_type(OrderRow, "An order between a seller and a buyer (订单).")
class Order(Node):
    """An order, for its two parties."""

    id: strawberry.ID = global_id("order")
    number: str = attribute("Its number (单号).", COUNTERPARTY)
    kind: OrderKind = attribute("What it is between the two (订单类型).", COUNTERPARTY)
    state: OrderState = attribute("Where it stands (订单状态).", COUNTERPARTY)
    seller: _Organization = edge(channel.organization_named("seller_id"), "Who sells (卖方).", COUNTERPARTY)
    buyer: _Organization | None = edge(
        channel.organization_named("buyer_id"),
        "The organisation that buys; null for a shopper's order (买方).",
        COUNTERPARTY,
    )
    currency: str = attribute("The currency of its amounts, ISO 4217 (币种).", COUNTERPARTY)
    total: Fen = leaf(lambda row: row.total_fen, "The sum of its lines (订单金额).", COUNTERPARTY)
    terminal: Terminal | None = attribute("Where it was made (终端).", COUNTERPARTY)
    placed_at: datetime = attribute("When it was placed (下单时间).", COUNTERPARTY)
    lines: Connection[OrderLine] | None = connection(ordering.lines, "Its lines, in order (订单行).", COUNTERPARTY)
    external_references: list[ExternalReference] = few(
        integration.references_to("order"), "What other systems call it, at most 100 (外部编号).", OWN, 3
    )


@strawberry.type
class Query:
    """The ordering centre's root fields."""

    order: Order | None = edge(
        ordering.order,
        "An order by id; null if there is none, or for who is no party to it (订单).",
        COUNTERPARTY,
        arguments={"id": id_of("The id of an order (订单标识).", "order")},
    )
