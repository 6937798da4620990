"""Papers about goods, and the acts that write them."""

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain import inventory as domain
from domain.catalog import MAX_QUANTITY
from loaders.inventory import StockDocumentRow
from models.base import MAX_CODE_CHARS
from models.inventory import MAX_REASON_CHARS
from resolvers import catalog, channel, inventory
from schema.acts import Checking, InvalidInput, KeyReused, NotAllowed, Refusal, act, characters, fact, refusal
from schema.base import (
    OWN,
    PUBLIC,
    Connection,
    Count,
    Node,
    attribute,
    connection,
    edge,
    global_id,
    graph_type,
    leaf,
)
from schema.catalog import Sku
from schema.enums import TIERS, MovementKind
from schema.inventory.reading import Location

if TYPE_CHECKING:
    from schema.channel import GeoPoint, Organization, Region


_GeoPoint = Annotated["GeoPoint", strawberry.lazy("schema.channel")]
_Organization = Annotated["Organization", strawberry.lazy("schema.channel")]
_Region = Annotated["Region", strawberry.lazy("schema.channel")]


@strawberry.type(description="A change of one stock row, in base units (库存流水).")
class StockMovement:
    """Its source is a `MovementEntry`."""

    sku: Sku = edge(catalog.sku_of, "What moved (SKU 库存项).", OWN)
    location: Location | None = edge(
        inventory.location_of, "Where; null for who neither runs it nor has goods there (库位).", OWN
    )
    owner: _Organization = edge(channel.organization_named("owner_id"), "Whose goods (货主).", OWN)
    lot_code: str = attribute("The lot; empty for goods not kept by lots (批次).", OWN)
    on_hand: Count = attribute("By how much what lies there changed (现有变化).", OWN)
    reserved: Count = attribute("By how much what is held changed (预占变化).", OWN)
    allocated: Count = attribute("By how much what is paid for changed (分配变化).", OWN)
    in_transit: Count = attribute("By how much what is on the way changed (在途变化).", OWN)
    quarantined: Count = attribute("By how much what is locked away changed (隔离变化).", OWN)


@graph_type(StockDocumentRow, "A paper about goods: what came in, went out or moved, and why (库存单据).")
class StockDocument(Node):
    """For who runs the location and for whose goods they are."""

    id: strawberry.ID = global_id("stockdocument")
    kind: MovementKind = attribute("What happened (单据类型).", OWN)
    location: Location | None = edge(
        inventory.location_of, "Where; null for who neither runs it nor has goods there (库位).", OWN
    )
    to_location: Location | None = edge(
        inventory.to_location_of, "Where the goods went, of a transfer (调入库位).", OWN
    )
    owner: _Organization = edge(channel.organization_named("owner_id"), "Whose goods (货主).", OWN)
    reason: str | None = attribute("Why, in words (原因).", OWN)
    at: datetime = attribute("When it was written (时间).", OWN)
    movements: Connection[StockMovement] | None = connection(
        inventory.movements_of, "What it changed, row by row (库存流水).", OWN
    )


@refusal(domain.NotEnoughStock, "There is less than is wanted (库存不足).")
class NotEnoughStock(Refusal):
    """With every sku of which there is less."""

    shortages: list["Shortage"] = fact("shortages", "Each sku of which there is less than wanted (缺货明细).")


@strawberry.type(description="A sku of which there is less than is wanted (缺货).")
class Shortage:
    """Its source is a `domain.inventory.Shortage`."""

    sku: Sku = edge(catalog.sku_short, "Of what (SKU 库存项).", PUBLIC)
    wanted: Count = leaf(lambda short: short.wanted, "How many base units are wanted (需要).", PUBLIC)
    available: Count = leaf(lambda short: short.available, "How many there are (可用).", PUBLIC)


@refusal(domain.LotDiffers, "Who keeps the goods knows the lot with other dates (批次不符).")
class LotDiffers(Refusal):
    """With the lot, and the line that names it."""

    sku: Sku = edge(catalog.sku_refused, "Of what (规格).", PUBLIC)
    row: int = fact("row", "The line of goods that says other dates, from 0 (行号).")
    lot: str = fact("lot", "The lot's code (批次).")


def goods_of(check: Checking, line: "GoodsInput | ReceivedGoodsInput") -> domain.GoodsLine:
    """So many units of a sku, of a lot if one is named."""
    check.number("quantity", line.quantity, 1, MAX_QUANTITY)
    lot = check.optional_code("lot", line.lot)
    return domain.GoodsLine(check.id("skuId", line.sku_id, "sku"), line.quantity, lot)


@strawberry.input(description="Goods that leave (出库货物明细).")
class GoodsInput:
    """A line of goods."""

    sku_id: strawberry.ID = strawberry.field(description="The sku (SKU 库存项标识).")
    quantity: int = strawberry.field(description="How many base units, from 1 (数量).")
    lot: str | None = strawberry.field(
        default=None,
        description=f"The lot's code, {characters(MAX_CODE_CHARS)}. Left out: any, first what expires first (批次).",
    )

    def to_command(self, check: Checking) -> domain.GoodsLine:
        """The goods."""
        return goods_of(check, self)


@strawberry.input(description="Goods that come in (入库货物明细).")
class ReceivedGoodsInput:
    """A line of goods, and what is said of their lot."""

    sku_id: strawberry.ID = strawberry.field(description="The sku (SKU 库存项标识).")
    quantity: int = strawberry.field(description="How many base units, from 1 (数量).")
    lot: str | None = strawberry.field(
        default=None,
        description=f"The lot's code, {characters(MAX_CODE_CHARS)}; left out where goods are not kept by lots (批次).",
    )
    produced_on: date | None = strawberry.field(default=None, description="When the lot was made (生产日期).")
    expires_on: date | None = strawberry.field(
        default=None, description="The first day on which the lot may not be sold (到期日)."
    )

    def to_command(self, check: Checking) -> domain.GoodsLine:
        """The goods."""
        line = goods_of(check, self)
        if self.lot is None and (self.produced_on or self.expires_on):
            check.wrong("lot", "Goods with dates have a lot.")
        if self.produced_on and self.expires_on and self.produced_on >= self.expires_on:
            check.wrong("expiresOn", "A day after `producedOn` is expected.")
        return replace(line, dates=domain.LotDates(self.produced_on, self.expires_on))


def reason_of(check: Checking, reason: str | None) -> str | None:
    """Why, in the client's words."""
    return check.optional_text("reason", reason, MAX_REASON_CHARS, lines=True)


@strawberry.input(description="Goods that come in (入库).")
class ReceiveStockInput:
    """A receipt at one location."""

    location_id: strawberry.ID = strawberry.field(description="The location (库位标识).")
    goods: list[ReceivedGoodsInput] = strawberry.field(description="The goods, 1 to 500 lines (货物).")
    owner_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose goods they are. Left out: of who runs the location (货主标识)."
    )
    reason: str | None = strawberry.field(default=None, description="Why, at most 200 characters (原因).")

    def to_command(self, check: Checking) -> domain.StockCommand:
        """What comes in."""
        return _paper(self, check)


@strawberry.input(description="Goods that go out (出库).")
class IssueStockInput:
    """An issue from one location."""

    location_id: strawberry.ID = strawberry.field(description="The location (库位标识).")
    goods: list[GoodsInput] = strawberry.field(description="The goods, 1 to 500 lines (货物).")
    owner_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose goods they are. Left out: of who runs the location (货主标识)."
    )
    reason: str | None = strawberry.field(default=None, description="Why, at most 200 characters (原因).")

    def to_command(self, check: Checking) -> domain.StockCommand:
        """What goes out."""
        return _paper(self, check)


def _paper(said: ReceiveStockInput | IssueStockInput, check: Checking) -> domain.StockCommand:
    return domain.StockCommand(
        location=check.id("locationId", said.location_id, "location"),
        goods=tuple(check.each("goods", said.goods, domain.MAX_GOODS_LINES)),
        owner=check.optional_id("ownerId", said.owner_id, *TIERS),
        reason=reason_of(check, said.reason),
    )


@strawberry.input(description="Goods that go to another location (调拨).")
class TransferStockInput:
    """A transfer within one organisation."""

    location_id: strawberry.ID = strawberry.field(description="The location they leave (调出库位标识).")
    to_location_id: strawberry.ID = strawberry.field(description="The location they go to (调入库位标识).")
    goods: list[GoodsInput] = strawberry.field(description="The goods, 1 to 500 lines (货物).")
    owner_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose goods they are. Left out: of who runs the location (货主标识)."
    )
    reason: str | None = strawberry.field(default=None, description="Why, at most 200 characters (原因).")

    def to_command(self, check: Checking) -> domain.TransferStock:
        """What goes where."""
        location = check.id("locationId", self.location_id, "location")
        to = check.id("toLocationId", self.to_location_id, "location")
        if location == to:
            check.wrong("toLocationId", "Another location is expected.")
        return domain.TransferStock(
            location=location,
            to=to,
            goods=tuple(check.each("goods", self.goods, domain.MAX_GOODS_LINES)),
            owner=check.optional_id("ownerId", self.owner_id, *TIERS),
            reason=reason_of(check, self.reason),
        )


ReceiveStockResult = Annotated[
    StockDocument | LotDiffers | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("ReceiveStockResult", description="What came in, or why it did not (入库结果)."),
]
IssueStockResult = Annotated[
    StockDocument | NotEnoughStock | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("IssueStockResult", description="What went out, or why it did not (出库结果)."),
]
TransferStockResult = Annotated[
    StockDocument | NotEnoughStock | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("TransferStockResult", description="What moved, or why it did not (调拨结果)."),
]


@strawberry.type
class StockingMutation:
    """Acts on goods where they lie."""

    receive_stock: ReceiveStockResult = act(
        inventory.receive_stock, ReceiveStockInput, "Goods come in at a location (入库).", OWN
    )
    issue_stock: IssueStockResult = act(
        inventory.issue_stock, IssueStockInput, "Goods go out for another reason than a sale (出库).", OWN
    )
    transfer_stock: TransferStockResult = act(
        inventory.transfer_stock, TransferStockInput, "Goods go from one location to another, at once (调拨).", OWN
    )
