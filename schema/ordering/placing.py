"""Placing an order and paying for it."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain import ordering as domain
from domain.catalog import MAX_QUANTITY
from domain.inventory import MAX_HOLD_LINES
from domain.money import MAX_SAFE
from resolvers import catalog, ordering
from schema.acts import Checking, InvalidInput, KeyReused, NotAllowed, Refusal, act, fact, refusal
from schema.base import MEMBER, PUBLIC, Count, Fen, few, leaf
from schema.catalog import Sku
from schema.enums import OrderState, Terminal
from schema.inventory import BelowMinimum, HoldOver, NotEnoughStock, NotOnOneShelf, StepMismatch, TooManyHolds
from schema.ordering.delivering import DeliveryInput, DeliveryNotPossible
from schema.ordering.reading import Order, Payment


@refusal(domain.NotForSale, "Some of it is not on the shelf, or has no price that is allowed (不可售).")
class NotForSale(Refusal):
    """With the skus."""

    skus: list[Sku] = few(catalog.skus_refused, "What is not for sale (不可售 SKU).", PUBLIC, 5)


@refusal(domain.ModeForbids, "The cloud store takes no orders of shoppers (云店模式不支持).")
class ModeForbids(Refusal):
    """Organisations order there."""


@refusal(domain.TooManyLines, "More lines than one order holds (订单行过多).")
class TooManyLines(Refusal):
    """A sku of several owners is several lines."""

    wanted: Count = fact("lines", "How many it would have (行数).")
    most: Count = fact("max_lines", "The most that it can have (上限).")


@refusal(domain.PriceChanged, "The total is another than is expected (价格已变).")
class PriceChanged(Refusal):
    """With both."""

    expected: Fen = leaf(lambda told: told.refused.expected_fen, "What was expected (预期金额).", PUBLIC)
    total: Fen = leaf(lambda told: told.refused.total_fen, "What it costs now (现在金额).", PUBLIC)


@refusal(domain.TransitionNotAllowed, "The order is not in a state that allows this (订单状态不允许).")
class TransitionNotAllowed(Refusal):
    """With the state, and where the order may go at this actor's hand."""

    order_state: OrderState = fact("state", "Where the order stands (订单状态).")
    to: OrderState = fact("to", "Where it was to go (目标状态).")
    possible: list[OrderState] = fact("possible", "Where it may go from there (可达状态).", 8)


@refusal(domain.PaymentOver, "The time to pay is over (付款超时).")
class PaymentOver(Refusal):
    """With when it ended."""

    due_at: datetime = fact("due_at", "Until when it could be paid (付款截止).")


@refusal(domain.PaymentDeclined, "The payment provider will not take this payment (支付被拒).")
class PaymentDeclined(Refusal):
    """It would say the same again."""


@refusal(domain.DoesNotTrade, "Who sells the goods, owns or ships them does not trade now (暂停经营).")
class DoesNotTrade(Refusal):
    """The order waits until its time is up."""


@refusal(domain.PaymentUnavailable, "Nobody takes payments here (支付未接入).")
class PaymentUnavailable(Refusal):
    """No payment provider is connected."""


@refusal(domain.TooManyPayments, "Payments of the order were begun too often (支付次数过多).")
class TooManyPayments(Refusal):
    """Each was closed before the next."""


@strawberry.input(description="So many of what a listing sells (订购明细).")
class OrderLineInput:
    """A line."""

    listing_id: strawberry.ID = strawberry.field(description="The listing (货架商品标识).")
    quantity: int = strawberry.field(description="How many base units, from 1 (数量).")

    def to_command(self, check: Checking) -> domain.OrderedLine:
        """The line."""
        quantity = check.number("quantity", self.quantity, 1, MAX_QUANTITY)
        return domain.OrderedLine(check.id("listingId", self.listing_id, "listing"), quantity)


@strawberry.input(description="An order: of what is held, or of lines that are held first (下单).")
class PlaceOrderInput:
    """An order."""

    reservation_id: strawberry.ID | None = strawberry.field(
        default=None, description="The hold that becomes the order; or `lines` (预占标识)."
    )
    lines: list[OrderLineInput] | None = strawberry.field(
        default=None, description="What to order, 1 to 100 lines of one cloud store; or `reservationId` (订购明细)."
    )
    expected_total: Fen | None = strawberry.field(
        default=None, description="What it is to cost; at any other total nothing is ordered (预期金额)."
    )
    customer_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who buys, where the store's people order for a customer (消费者标识)."
    )
    terminal: Terminal | None = strawberry.field(default=None, description="Where it is made (终端).")
    delivery: DeliveryInput | None = strawberry.field(
        default=None, description="Where it goes, and how; null: the order names no delivery (收货信息)."
    )

    def to_command(self, check: Checking) -> domain.PlaceOrder:
        """What to order."""
        if (self.reservation_id is None) == (self.lines is None):
            check.wrong("lines", "Either a hold or lines are expected.")
        expected = self.expected_total
        return domain.PlaceOrder(
            check.optional_id("reservationId", self.reservation_id, "reservation"),
            () if self.lines is None else tuple(check.each("lines", self.lines, MAX_HOLD_LINES)),
            None if expected is None else check.number("expectedTotal", expected, 0, MAX_SAFE),
            check.optional_id("customerId", self.customer_id, "customer"),
            self.terminal,
            None if self.delivery is None else self.delivery.to_command(check.at("delivery")),
        )


@strawberry.input(description="An order to pay (付款).")
class PayOrderInput:
    """An order."""

    order_id: strawberry.ID = strawberry.field(description="The order (订单标识).")

    def to_command(self, check: Checking) -> domain.OfOrder:
        """What to pay."""
        return domain.OfOrder(check.id("orderId", self.order_id, "order"))


PlaceOrderResult = Annotated[
    Order
    | NotEnoughStock
    | TooManyHolds
    | NotOnOneShelf
    | NotForSale
    | ModeForbids
    | StepMismatch
    | BelowMinimum
    | TooManyLines
    | PriceChanged
    | DeliveryNotPossible
    | HoldOver
    | InvalidInput
    | KeyReused
    | NotAllowed,
    strawberry.union("PlaceOrderResult", description="The order, or why there is none (下单结果)."),
]
PayOrderResult = Annotated[
    Payment
    | TransitionNotAllowed
    | PaymentOver
    | PaymentUnavailable
    | PaymentDeclined
    | DoesNotTrade
    | TooManyPayments
    | InvalidInput
    | KeyReused
    | NotAllowed,
    strawberry.union("PayOrderResult", description="The payment, or why there is none (付款结果)."),
]


@strawberry.type
class PlacingMutation:
    """The acts of a buyer, until the order is paid."""

    place_order: PlaceOrderResult = act(
        ordering.place_order, PlaceOrderInput, "Order what is held, or hold it and order it (下单).", MEMBER
    )
    pay_order: PayOrderResult = act(
        ordering.pay_order, PayOrderInput, "Begin to pay an order, or find where it is paid (付款).", MEMBER
    )
