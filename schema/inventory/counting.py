"""The acts that say what there truly is, or what of it may not be sold."""

from typing import Annotated

import strawberry

from domain import inventory as domain
from domain.catalog import MAX_QUANTITY
from models.base import MAX_CODE_CHARS
from resolvers import inventory
from schema.acts import Checking, InvalidInput, KeyReused, NotAllowed, Refusal, act, characters, fact, refusal
from schema.base import OWN, Count
from schema.enums import TIERS
from schema.inventory.stocking import NotEnoughStock, StockDocument, reason_of


@refusal(domain.TooManyOrders, "More orders would have to end or go short than one act touches (涉及订单过多).")
class TooManyOrders(Refusal):
    """The goods are taken away in several steps."""

    most: Count = fact("most", "The most that one act touches (上限).")


@strawberry.input(description="A number of one lot of a sku (盘点明细).")
class CountInput:
    """A line."""

    sku_id: strawberry.ID = strawberry.field(description="The sku (SKU 库存项标识).")
    quantity: int = strawberry.field(description="How many base units; what that means the act says (数量).")
    lot: str | None = strawberry.field(
        default=None,
        description=f"The lot's code, {characters(MAX_CODE_CHARS)}; left out where goods are not kept by lots (批次).",
    )

    def to_command(self, check: Checking) -> domain.GoodsLine:
        """The line."""
        check.number("quantity", self.quantity, -MAX_QUANTITY, MAX_QUANTITY)
        lot = check.optional_code("lot", self.lot)
        return domain.GoodsLine(check.id("skuId", self.sku_id, "sku"), self.quantity, lot)


def _command(said: "CountStockInput | AdjustStockInput | QuarantineStockInput", check: Checking) -> domain.StockCommand:
    return domain.StockCommand(
        location=check.id("locationId", said.location_id, "location"),
        goods=tuple(check.each("goods", said.goods, domain.MAX_GOODS_LINES)),
        owner=check.optional_id("ownerId", said.owner_id, *TIERS),
        reason=reason_of(check, said.reason),
    )


_LOCATION = "The location (库位标识)."
_GOODS = "The lines, 1 to 500, each lot of a sku once (明细)."
_OWNER = "Whose goods they are. Left out: of who runs the location (货主标识)."
_WHY = "Why, at most 200 characters (原因)."


@strawberry.input(description="What was counted (盘点).")
class CountStockInput:
    """A count: what is not named was not counted."""

    location_id: strawberry.ID = strawberry.field(description=_LOCATION)
    goods: list[CountInput] = strawberry.field(description=_GOODS)
    owner_id: strawberry.ID | None = strawberry.field(default=None, description=_OWNER)
    reason: str | None = strawberry.field(default=None, description=_WHY)

    def to_command(self, check: Checking) -> domain.StockCommand:
        """What was counted."""
        for place, line in enumerate(self.goods[: domain.MAX_GOODS_LINES]):
            check.at("goods", place).number("quantity", line.quantity, 0, MAX_QUANTITY)
        return _command(self, check)


@strawberry.input(description="A correction of what there is (调整).")
class AdjustStockInput:
    """A correction, with its reason."""

    location_id: strawberry.ID = strawberry.field(description=_LOCATION)
    goods: list[CountInput] = strawberry.field(description=_GOODS)
    reason: str = strawberry.field(description=_WHY)
    owner_id: strawberry.ID | None = strawberry.field(default=None, description=_OWNER)

    def to_command(self, check: Checking) -> domain.StockCommand:
        """By how much there is more or less."""
        return _command(self, check)


@strawberry.input(description="Goods to lock away, or to let out again (隔离).")
class QuarantineStockInput:
    """What may not be sold, with the reason."""

    location_id: strawberry.ID = strawberry.field(description=_LOCATION)
    goods: list[CountInput] = strawberry.field(description=_GOODS)
    reason: str = strawberry.field(description=_WHY)
    owner_id: strawberry.ID | None = strawberry.field(default=None, description=_OWNER)

    def to_command(self, check: Checking) -> domain.StockCommand:
        """What is locked away, or let out."""
        return _command(self, check)


CountStockResult = Annotated[
    StockDocument | NotEnoughStock | TooManyOrders | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("CountStockResult", description="What is there now, or why that cannot be (盘点结果)."),
]


@strawberry.type
class CountMutation:
    """The acts of counting."""

    count_stock: CountStockResult = act(
        inventory.count_stock,
        CountStockInput,
        "Say what was counted; where less is left than is held, ordered or paid for, the newest gives way (盘点).",
        OWN,
    )
    adjust_stock: CountStockResult = act(
        inventory.adjust_stock,
        AdjustStockInput,
        "Say by how much there is more or, below zero, less; holds and orders as for a count (调整).",
        OWN,
    )
    quarantine_stock: CountStockResult = act(
        inventory.quarantine_stock,
        QuarantineStockInput,
        "Lock goods away or, below zero, let them out again; holds and orders as for a count (隔离).",
        OWN,
    )
