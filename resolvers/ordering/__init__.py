"""The ordering centre's answers and acts."""

from resolvers.ordering.handling import cancel_order, cancel_rest, receive_order, refund_order, retry_refund, ship_order
from resolvers.ordering.looking import close_notice, open_notices, open_notices_of, payment_of, refund_of
from resolvers.ordering.paying import pay_order
from resolvers.ordering.placing import place_order
from resolvers.ordering.quoting import Quoted, QuotedLine, quote
from resolvers.ordering.reading import (
    allocations,
    lines,
    order,
    order_of,
    orders_placed,
    orders_received,
    payments,
    purchases,
    refund_lines,
    refunds,
    sales,
    sell_in,
    shipment_lines,
    shipments,
    summed,
)
from resolvers.ordering.short import allocate_order, short_lines, short_lines_of, short_to_ship

__all__ = [
    "Quoted",
    "QuotedLine",
    "allocate_order",
    "allocations",
    "cancel_order",
    "cancel_rest",
    "close_notice",
    "lines",
    "open_notices",
    "open_notices_of",
    "order",
    "order_of",
    "orders_placed",
    "orders_received",
    "pay_order",
    "payment_of",
    "payments",
    "place_order",
    "purchases",
    "quote",
    "receive_order",
    "refund_lines",
    "refund_of",
    "refund_order",
    "refunds",
    "retry_refund",
    "sales",
    "sell_in",
    "ship_order",
    "shipment_lines",
    "shipments",
    "short_lines",
    "short_lines_of",
    "short_to_ship",
    "summed",
]
