"""What is done to an order after it was placed: shipped, received, cancelled, refunded."""

from typing import Annotated

import strawberry

from domain import ordering as domain
from domain.catalog import MAX_QUANTITY
from domain.money import MAX_SAFE
from resolvers import ordering
from schema.acts import Checking, InvalidInput, KeyReused, NotAllowed, Refusal, act, fact, refusal
from schema.base import PUBLIC, TRADE, Count, Fen, leaf
from schema.enums import RefundState
from schema.ordering.placing import TransitionNotAllowed
from schema.ordering.reading import Order, Refund, Shipment


@refusal(domain.NotSoManyLeft, "More than is left of a line to ship (可发数量不足).")
class NotSoManyLeft(Refusal):
    """With what is left."""

    line: int = fact("line", "The line's number in the order (行号).")
    wanted: Count = fact("wanted", "How many were wanted (需要).")
    left: Count = fact("left", "How many are left (剩余).")
    short: Count = fact("short", "How many more are to ship and have no goods now (缺货数量).")


@refusal(domain.RefundTooMuch, "More than is left of a line to give back (可退不足).")
class RefundTooMuch(Refusal):
    """With what is left."""

    line: int = fact("line", "The line's number in the order (行号).")
    left: Count = fact("left", "How many base units can still be given back (可退数量).")
    left_amount: Fen = leaf(lambda told: told.refused.left_fen, "How much can still be given back (可退金额).", PUBLIC)


@refusal(domain.RefundNotFailed, "The refund has not failed (退款未失败).")
class RefundNotFailed(Refusal):
    """It is on its way, or has arrived."""

    refund_state: RefundState = fact("state", "Where it stands (退款状态).")


@strawberry.input(description="Base units of a line of an order (发货明细).")
class ShippedLineInput:
    """A line."""

    line: int = strawberry.field(description="The line's number in the order (行号).")
    quantity: int = strawberry.field(description="How many base units leave, from 1 (数量).")

    def to_command(self, check: Checking) -> domain.ShippedLine:
        """The line."""
        line = check.number("line", self.line, 1, domain.MAX_ORDER_LINES)
        return domain.ShippedLine(line, check.number("quantity", self.quantity, 1, MAX_QUANTITY))


@strawberry.input(description="Goods of an order that leave (发货).")
class ShipOrderInput:
    """A shipment."""

    order_id: strawberry.ID = strawberry.field(description="The order (订单标识).")
    lines: list[ShippedLineInput] | None = strawberry.field(
        default=None, description="What leaves; null: all that is left for who ships and has goods (发货明细)."
    )
    carrier: str | None = strawberry.field(
        default=None, description=f"Who carries it, at most {domain.MAX_CARRIER_CHARS} characters (承运商)."
    )
    tracking: str | None = strawberry.field(
        default=None,
        description=f"What the carrier calls it, at most {domain.MAX_TRACKING_CHARS} characters (运单号).",
    )
    fulfiller_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who ships; null: the viewer's own organisation (履约方标识)."
    )

    def to_command(self, check: Checking) -> domain.ShipOrder:
        """What leaves."""
        lines = () if self.lines is None else tuple(check.each("lines", self.lines, domain.MAX_SHIPMENT_LINES))
        if len({line.line for line in lines}) < len(lines):
            check.wrong("lines", "Each line stands there once.")
        return domain.ShipOrder(
            check.id("orderId", self.order_id, "order"),
            lines,
            check.optional_text("carrier", self.carrier, domain.MAX_CARRIER_CHARS),
            check.optional_text("tracking", self.tracking, domain.MAX_TRACKING_CHARS),
            check.optional_id(
                "fulfillerId", self.fulfiller_id, "store", "distributor", "agent", "subsidiary", "brand", "supplier"
            ),
        )


@strawberry.input(description="An order that was received (收货).")
class ReceiveOrderInput:
    """An order."""

    order_id: strawberry.ID = strawberry.field(description="The order (订单标识).")

    def to_command(self, check: Checking) -> domain.OfOrder:
        """What was received."""
        return domain.OfOrder(check.id("orderId", self.order_id, "order"))


@strawberry.input(description="An order to give up, of which nothing has shipped (取消订单).")
class CancelOrderInput:
    """An order."""

    order_id: strawberry.ID = strawberry.field(description="The order (订单标识).")

    def to_command(self, check: Checking) -> domain.OfOrder:
        """What is given up."""
        return domain.OfOrder(check.id("orderId", self.order_id, "order"))


@strawberry.input(description="What is left of lines, to give up (取消剩余).")
class CancelRestInput:
    """Lines of an order of which a part has shipped."""

    order_id: strawberry.ID = strawberry.field(description="The order (订单标识).")
    lines: list[int] | None = strawberry.field(default=None, description="The lines' numbers; null: all (行号).")

    def to_command(self, check: Checking) -> domain.CancelRest:
        """What is given up."""
        lines = tuple(self.lines or ())
        if self.lines is not None and not 1 <= len(lines) <= domain.MAX_ORDER_LINES:
            check.wrong("lines", f"1 to {domain.MAX_ORDER_LINES} are expected.")
        elif len(set(lines)) < len(lines):
            check.wrong("lines", "Each line stands there once.")
        return domain.CancelRest(check.id("orderId", self.order_id, "order"), lines)


@strawberry.input(description="What to give back of a line: units, or money (退款明细).")
class RefundLineInput:
    """A line."""

    line: int = strawberry.field(description="The line's number in the order (行号).")
    quantity: int | None = strawberry.field(
        default=None, description="Base units that have shipped, whose money goes back; or `amount` (数量)."
    )
    amount: Fen | None = strawberry.field(default=None, description="Money alone; or `quantity` (金额).")

    def to_command(self, check: Checking) -> domain.RefundedLine:
        """The line."""
        if (self.quantity is None) == (self.amount is None):
            check.wrong("amount", "Either units or an amount are expected.")
        return domain.RefundedLine(
            check.number("line", self.line, 1, domain.MAX_ORDER_LINES),
            None if self.quantity is None else check.number("quantity", self.quantity, 1, MAX_QUANTITY),
            None if self.amount is None else check.number("amount", self.amount, 1, MAX_SAFE),
        )


@strawberry.input(description="Money to give back of an order (退款).")
class RefundOrderInput:
    """A refund."""

    order_id: strawberry.ID = strawberry.field(description="The order (订单标识).")
    lines: list[RefundLineInput] = strawberry.field(description="What goes back, 1 to 100 lines (退款明细).")
    reason: str = strawberry.field(
        description=f"Why, at most {domain.MAX_REFUND_REASON_CHARS} characters; the provider may show it (原因)."
    )

    def to_command(self, check: Checking) -> domain.RefundOrder:
        """What goes back."""
        lines = tuple(check.each("lines", self.lines, domain.MAX_REFUND_LINES))
        if len({line.line for line in lines}) < len(lines):
            check.wrong("lines", "Each line stands there once.")
        reason = check.text("reason", self.reason, domain.MAX_REFUND_REASON_CHARS, lines=True)
        return domain.RefundOrder(check.id("orderId", self.order_id, "order"), lines, reason)


@strawberry.input(description="A refund that failed, to try again (重试退款).")
class RetryRefundInput:
    """A refund."""

    refund_id: strawberry.ID = strawberry.field(description="The refund (退款单标识).")

    def to_command(self, check: Checking) -> domain.OfRefund:
        """What to try again."""
        return domain.OfRefund(check.id("refundId", self.refund_id, "refund"))


ShipOrderResult = Annotated[
    Shipment | NotSoManyLeft | TransitionNotAllowed | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("ShipOrderResult", description="What left, or why nothing did (发货结果)."),
]
ReceiveOrderResult = Annotated[
    Order | TransitionNotAllowed | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("ReceiveOrderResult", description="The order, or why it cannot be received (收货结果)."),
]
CancelOrderResult = Annotated[
    Order | TransitionNotAllowed | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("CancelOrderResult", description="The order, or why it cannot be given up (取消结果)."),
]
CancelRestResult = Annotated[
    Order | NotSoManyLeft | TransitionNotAllowed | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("CancelRestResult", description="The order, or why its rest cannot be given up (取消剩余结果)."),
]
RefundOrderResult = Annotated[
    Refund | RefundTooMuch | TransitionNotAllowed | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("RefundOrderResult", description="What goes back, or why nothing does (退款结果)."),
]

RetryRefundResult = Annotated[
    Refund | RefundNotFailed | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("RetryRefundResult", description="The refund, or why it is not tried again (重试退款结果)."),
]


@strawberry.type
class HandlingMutation:
    """The acts on an order that was placed."""

    ship_order: ShipOrderResult = act(
        ordering.ship_order, ShipOrderInput, "Goods of a paid order leave, all or a part (发货).", TRADE
    )
    receive_order: ReceiveOrderResult = act(
        ordering.receive_order, ReceiveOrderInput, "The buyer has received everything (收货).", TRADE
    )
    cancel_order: CancelOrderResult = act(
        ordering.cancel_order,
        CancelOrderInput,
        "Give an order up of which nothing has shipped; what was paid goes back (取消订单).",
        TRADE,
    )
    cancel_rest: CancelRestResult = act(
        ordering.cancel_rest,
        CancelRestInput,
        "Give up what is left of an order of which a part has shipped; the money of it goes back (取消剩余).",
        TRADE,
    )
    refund_order: RefundOrderResult = act(
        ordering.refund_order, RefundOrderInput, "Give money back; the goods stay where they are (退款).", TRADE
    )
    retry_refund: RetryRefundResult = act(
        ordering.retry_refund, RetryRefundInput, "Try a refund that failed again (重试退款).", TRADE
    )
