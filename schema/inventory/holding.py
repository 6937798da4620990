"""Holds, and the acts that take them and give them back."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain import catalog as catalog_domain
from domain import inventory as domain
from domain.catalog import MAX_QUANTITY
from loaders.inventory import ReservationRow
from resolvers import catalog, inventory, member
from schema.acts import Checking, InvalidInput, KeyReused, NotAllowed, Refusal, act, fact, refusal
from schema.base import MEMBER, Count, Node, attribute, edge, few, global_id, graph_type
from schema.catalog import Sku
from schema.enums import ReservationState
from schema.inventory.stocking import NotEnoughStock

if TYPE_CHECKING:
    from schema.channel import CloudStore

_CloudStore = Annotated["CloudStore", strawberry.lazy("schema.channel")]


@strawberry.type(description="How much of a sku is held, in base units (预占明细).")
class HeldLine:
    """Its source is a `HeldRow`."""

    sku: Sku = edge(catalog.sku_of, "What is held (SKU 库存项).", MEMBER)
    quantity: Count = attribute("How many base units (数量).", MEMBER)


@graph_type(ReservationRow, "Goods held for an order that is not placed yet (预占).")
class Reservation(Node):
    """For the store and for whom they are held."""

    id: strawberry.ID = global_id("reservation")
    cloud_store: _CloudStore | None = edge(
        member.cloud_store_named, "Where they are sold; null where that cloud store is gone (云店).", MEMBER
    )
    by_store: bool = attribute(
        "Whether who acts for the cloud store took it and answers for it, not the customer herself (门店代占).", MEMBER
    )
    state: ReservationState = attribute("Where the hold stands (状态).", MEMBER)
    created_at: datetime = attribute("Since when (创建时间).", MEMBER)
    expires_at: datetime = attribute("Until when; then it ends by itself (到期时间).", MEMBER)
    lines: list[HeldLine] = few(inventory.lines_of, "What is held, sku by sku (预占明细).", MEMBER, 10)


@refusal(domain.NotOnOneShelf, "The listings are not all of one cloud store (不在同一货架).")
class NotOnOneShelf(Refusal):
    """Goods are held where they are sold together."""


@refusal(domain.HoldOver, "The goods are held no more (预占已结束).")
class HoldOver(Refusal):
    """An order has them, or they were given back."""


@refusal(
    domain.TooManyHolds,
    "The customer herself, or who acts for the cloud store, keeps as much from others as may be (预占过多).",
)
class TooManyHolds(Refusal):
    """Some are paid for, or given back, before there are more."""

    most: Count = fact("most", "The most at a time (上限).")


@refusal(catalog_domain.StepMismatch, "The quantity is not a whole number of steps (步长不符).")
class StepMismatch(Refusal):
    """With the nearest quantities that are."""

    quantity: Count = fact("quantity", "What was asked, all lines of the sku together (数量).")
    step: Count = fact("step_qty", "The step (步长).")
    below: Count = fact("below", "The nearest quantity below that is sold; 0 if none (下一档).")
    above: Count = fact("above", "The nearest quantity above that is sold (上一档).")


@refusal(catalog_domain.BelowMinimum, "Less than is sold at once (低于起订量).")
class BelowMinimum(Refusal):
    """With the least that is."""

    quantity: Count = fact("quantity", "What was asked, all lines of the sku together (数量).")
    minimum: Count = fact("min_qty", "The least (起订量).")


@strawberry.input(description="What to hold of one listing (预占明细).")
class HoldLineInput:
    """A line."""

    listing_id: strawberry.ID = strawberry.field(description="The listing (货架商品标识).")
    quantity: int = strawberry.field(description="How many base units, from 1 (数量).")

    def to_command(self, check: Checking) -> domain.HoldLine:
        """The line."""
        quantity = check.number("quantity", self.quantity, 1, MAX_QUANTITY)
        return domain.HoldLine(check.id("listingId", self.listing_id, "listing"), quantity)


@strawberry.input(description="Goods to hold for an order (预占).")
class HoldStockInput:
    """A hold."""

    lines: list[HoldLineInput] = strawberry.field(
        description="What to hold, 1 to 100 lines of one cloud store (预占明细)."
    )
    minutes: int = strawberry.field(
        default=domain.HOLD_MINUTES,
        description=f"For how long, 1 to {domain.LONGEST_HOLD_MINUTES} minutes (时长).",
    )
    customer_id: strawberry.ID | None = strawberry.field(
        default=None, description="For whom, where the store's people hold for a customer (消费者标识)."
    )

    def to_command(self, check: Checking) -> domain.HoldStock:
        """What to hold."""
        return domain.HoldStock(
            tuple(check.each("lines", self.lines, domain.MAX_HOLD_LINES)),
            check.number("minutes", self.minutes, 1, domain.LONGEST_HOLD_MINUTES),
            check.optional_id("customerId", self.customer_id, "customer"),
        )


@strawberry.input(description="A hold to give back (释放预占).")
class ReleaseHoldInput:
    """A hold."""

    reservation_id: strawberry.ID = strawberry.field(description="The hold (预占标识).")

    def to_command(self, check: Checking) -> domain.ReleaseHold:
        """What to give back."""
        return domain.ReleaseHold(check.id("reservationId", self.reservation_id, "reservation"))


HoldStockResult = Annotated[
    Reservation
    | NotEnoughStock
    | TooManyHolds
    | NotOnOneShelf
    | StepMismatch
    | BelowMinimum
    | InvalidInput
    | KeyReused
    | NotAllowed,
    strawberry.union("HoldStockResult", description="What is held, or why nothing is (预占结果)."),
]
ReleaseHoldResult = Annotated[
    Reservation | HoldOver | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("ReleaseHoldResult", description="What is given back, or why not (释放结果)."),
]


@strawberry.type
class HoldMutation:
    """The acts of holding."""

    hold_stock: HoldStockResult = act(
        inventory.hold_stock, HoldStockInput, "Hold goods for an order that is not placed yet (预占).", MEMBER
    )
    release_hold: ReleaseHoldResult = act(
        inventory.release_hold, ReleaseHoldInput, "Give back what is held before its time is up (释放预占).", MEMBER
    )
