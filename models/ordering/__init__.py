"""The ordering centre's tables, and the statements that lock orders and write what becomes of them."""

from models.ordering.asking import payment_to_ask
from models.ordering.booking import retry_refund
from models.ordering.ending import cancel, cancel_rest, cancel_unpaid, go_on_by_clock, refund
from models.ordering.goods import allocate
from models.ordering.locking import Line, Locked, idle_of, lock_order, lock_orders
from models.ordering.looking import Noticed, close_notice, lock_noticed
from models.ordering.money import Payment, PaymentNotice, Refund, RefundLine
from models.ordering.paying import begin_payment, charge_of, confirm, take_notice, write_charged
from models.ordering.placing import LineKey, NewOrder, bind, held_lots, lines_of, write_order
from models.ordering.shipping import receive, ship
from models.ordering.shortening import Claimed, allocate_short, give_way, lock_claimed
from models.ordering.tables import Allocation, Order, OrderDelivery, OrderLine, Shipment, ShipmentLine
from models.ordering.telling import refund_to_tell

__all__ = [
    "Allocation",
    "Claimed",
    "Line",
    "LineKey",
    "Locked",
    "NewOrder",
    "Noticed",
    "Order",
    "OrderDelivery",
    "OrderLine",
    "Payment",
    "PaymentNotice",
    "Refund",
    "RefundLine",
    "Shipment",
    "ShipmentLine",
    "allocate",
    "allocate_short",
    "begin_payment",
    "bind",
    "cancel",
    "cancel_rest",
    "cancel_unpaid",
    "charge_of",
    "close_notice",
    "confirm",
    "give_way",
    "go_on_by_clock",
    "held_lots",
    "idle_of",
    "lines_of",
    "lock_claimed",
    "lock_noticed",
    "lock_order",
    "lock_orders",
    "payment_to_ask",
    "receive",
    "refund",
    "refund_to_tell",
    "retry_refund",
    "ship",
    "take_notice",
    "write_charged",
    "write_order",
]
