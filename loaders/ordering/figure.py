"""What trade adds up to: a brand's sell-in to the stores below it, and an organisation's own sales and purchases.

Figures are added up when they are asked for, from the orders themselves. A brand's start from its own skus, an
organisation's from its own orders, so no statement reads another's trade. What was cancelled of an order counts
nowhere, and money that went back is taken off. It owns no list of orders.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    true,
)

from domain.ordering import GOODS, OrderKind, OrderState, TradeDimension, Window, first_day
from loaders.base import Reading
from loaders.catalog import skus_of_product
from loaders.channel import is_store_below
from loaders.paging import Paged, wanted_parents
from models.catalog import Product, Sku
from models.ordering import Order, OrderLine
from models.reading import INSTANT, TENANT, Row, Rows, constant, in_scope

Shape = TradeDimension | None
"""What goods are divided by: nothing, skus or categories. Months and regions are values of the same statement."""
SHAPES: tuple[Shape, ...] = (None, *sorted(GOODS))

_NO_ID: ColumnElement[UUID] = cast(literal_column(f"'{UUID(int=0)}'"), Uuid())
_NO_TEXT: ColumnElement[str] = literal_column("''")
_UNITS: ColumnElement[int] = (OrderLine.quantity - OrderLine.cancelled).label("units")
_PAID_FEN: ColumnElement[int] = (OrderLine.net_fen - OrderLine.refunded_fen).label("paid_fen")


class FigureRow(Row):
    """A sum over some lines. `month` is a month's number, 0 for all of them; what is not divided by is null."""

    month: int
    region_code: str | None
    sku_id: UUID | None
    category_id: UUID | None
    units: int
    orders: int

    @property
    def first_day(self) -> date | None:
        """The first day of the month it is about."""
        return first_day(self.month) if self.month else None


class SellInEntry(FigureRow):
    """What stores bought of a brand's skus, on a page: base units, in how many orders, by how many stores."""

    stores: int
    place: int
    by_month: int
    by_region: str
    by_goods: UUID


class TradeEntry(FigureRow):
    """What an organisation sold or bought, on a page: also with how many others, and for how much in minor units."""

    parties: int
    amount_fen: int
    place: int
    by_month: int
    by_region: str
    by_goods: UUID


def traded_in_window() -> ColumnElement[bool]:
    """The order was completed, and placed from the instant `since` on and before `until`; the line not given up whole.

    A line of which nothing is left is no trade: it makes neither an order nor a party.
    """
    return (
        (Order.state == constant(OrderState.COMPLETED))
        & (OrderLine.cancelled < OrderLine.quantity)
        & (Order.placed_at >= bindparam("since", type_=INSTANT))
        & (Order.placed_at < bindparam("until", type_=INSTANT))
    )


def instants(reading: Reading, window: Window) -> dict[str, datetime]:
    """The values of `traded_in_window`. Raises BadInput for days that have no instant."""
    return {"since": reading.midnight(window.start), "until": reading.midnight(window.end)}


def sold_in(brand: Any, sku: Any, outer: tuple[Any, ...], *columns: ColumnElement[Any]) -> FromClause:
    """The lines by which stores below `brand` bought its `sku` in the window: a look into the indexes for each sku.

    OFFSET 0 keeps it that: flattened, the planner might begin with all of a tenant's orders. `outer` are the tables
    that `brand` and `sku` belong to.
    """
    return (
        select(_UNITS, Order.buyer_id.label("party_id"), *columns)
        .join(Order, (Order.tenant_id == TENANT) & (Order.id == OrderLine.order_id))
        .where(
            OrderLine.tenant_id == TENANT,
            OrderLine.sku_id == sku,
            OrderLine.brand_id == brand,
            Order.kind == constant(OrderKind.REPLENISHMENT),
            traded_in_window(),
            is_store_below(brand, Order.buyer_id),
        )
        .offset(constant(0))
        .correlate(*outer)
        .lateral("lines")
    )


def _divided(shape: Shape, sku: Any, category: Any) -> tuple[ColumnElement[Any], ...]:
    """The order of a line and the three columns that figures are divided and paged by, none of them ever null.

    The instants at which months begin are values: no time zone is asked of the database.
    """
    months, before = bindparam("months", type_=ARRAY(INSTANT)), bindparam("month_before", type_=BigInteger())
    month: ColumnElement[int] = before + cast(func.width_bucket(Order.placed_at, months), BigInteger())
    region = case((bindparam("by_region", type_=Boolean()), func.coalesce(Order.region_code, _NO_TEXT)), else_=_NO_TEXT)
    goods = _NO_ID if shape is None else sku if shape is TradeDimension.SKU else func.coalesce(category, _NO_ID)
    return Order.id.label("order_id"), month.label("month"), region.label("region"), goods.label("goods")


def _figures(shape: Shape, lines: FromClause, parties: str, *more: ColumnElement[Any]) -> tuple[Rows, dict[Any, Any]]:
    """The columns of figures over `lines`, and their key. `parties` is what the others of the lines are counted as."""
    c = lines.c
    nothing = cast(null(), Uuid())
    category = func.nullif(c.goods, _NO_ID, type_=Uuid())
    rows = select(
        c.month,
        func.nullif(c.region, _NO_TEXT, type_=Text()).label("region_code"),
        (c.goods if shape is TradeDimension.SKU else nothing).label("sku_id"),
        (category if shape is TradeDimension.CATEGORY else nothing).label("category_id"),
        cast(func.sum(c.units), BigInteger()).label("units"),
        func.count(c.order_id.distinct()).label("orders"),
        func.count(c.party_id.distinct()).label(parties),
        *more,
    ).group_by(c.month, c.region, c.goods)
    return rows, {c.month: int, c.region: str, c.goods: UUID}


def _sell_in(shape: Shape) -> Paged[SellInEntry]:
    wanted = wanted_parents()
    own = skus_of_product()
    divided = _divided(shape, own.c.id, Product.category_id)
    lines = sold_in(Product.brand_id, own.c.id, (Product, own), *divided)
    rows, key = _figures(shape, lines, "stores")
    of_brand = (
        rows.select_from(Product)
        .join(own, true())
        .join(lines, true())
        .where(Product.tenant_id == TENANT, Product.brand_id == wanted.c.parent, in_scope(Product.brand_id))
    )
    return Paged(SellInEntry, wanted, of_brand, key)


SELL_IN = {shape: _sell_in(shape) for shape in SHAPES}
"""What the stores below each brand bought of its skus, by month, region and goods; for the brand."""


def _trade(shape: Shape, own: Any, other: Any) -> Paged[TradeEntry]:
    """Sales or purchases: `own` is the organisation's side of its orders, `other` the side that is counted."""
    wanted = wanted_parents()
    category = (
        select(Product.category_id)
        .join(Sku, (Sku.tenant_id == TENANT) & (Sku.product_id == Product.id))
        .where(Product.tenant_id == TENANT, Sku.id == OrderLine.sku_id)
        .correlate(OrderLine)
        .scalar_subquery()
    )
    lines = (
        select(
            _UNITS,
            other.label("party_id"),
            _PAID_FEN,
            *_divided(shape, OrderLine.sku_id, category),
        )
        .join(Order, (Order.tenant_id == TENANT) & (Order.id == OrderLine.order_id))
        .where(OrderLine.tenant_id == TENANT, own == wanted.c.parent, in_scope(own), traded_in_window())
        .offset(constant(0))
        .correlate(wanted)
        .lateral("lines")
    )
    amount = cast(func.sum(lines.c.paid_fen), BigInteger()).label("amount_fen")
    rows, key = _figures(shape, lines, "parties", amount)
    return Paged(TradeEntry, wanted, rows.select_from(lines), key)


SALES = {shape: _trade(shape, Order.seller_id, func.coalesce(Order.buyer_id, Order.customer_id)) for shape in SHAPES}
"""What each organisation has sold, for itself; a shopper counts as a party."""
PURCHASES = {shape: _trade(shape, Order.buyer_id, Order.seller_id) for shape in SHAPES}
"""What each organisation has bought, for itself."""


def divisions(reading: Reading, window: Window, by: frozenset[TradeDimension]) -> dict[str, Any]:
    """The values of a page of figures. Raises BadInput for days that have no instant."""
    months = window.months if TradeDimension.MONTH in by else range(1)
    begins = [first_day(number) for number in months] if TradeDimension.MONTH in by else [window.start]
    return {
        **instants(reading, window),
        "months": [reading.midnight(day) for day in begins],
        "month_before": months.start - 1,
        "by_region": TradeDimension.REGION in by,
    }


def shape_of(by: frozenset[TradeDimension]) -> Shape:
    """What the goods are divided by."""
    return next(iter(by & GOODS), None)
