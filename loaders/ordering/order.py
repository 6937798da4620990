"""Orders for their two parties, and their lines. What they add up to is `loaders.ordering.figure`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, bindparam, select

from loaders.base import ById
from loaders.member import herself, viewers
from loaders.paging import Paged, wanted_parents
from models.ordering import Order, OrderLine
from models.reading import TENANT, Row, Rows, ids, in_scope, read


class OrderRow(Row):
    """An order, as its buyer and its seller see it. `total_fen` is in minor units of `currency`."""

    id: UUID
    number: str
    kind: str
    state: str
    seller_id: UUID
    buyer_id: UUID | None
    region_code: str | None
    terminal: str | None
    currency: str
    total_fen: int
    placed_at: datetime
    payment_due_at: datetime | None
    cancel_cause: str | None
    paid_fen: int
    refunded_fen: int


def is_party(*others: Any) -> ColumnElement[bool]:
    """The viewer sells or buys the order of the row, or speaks for one of the `others`."""
    return in_scope(Order.seller_id, Order.buyer_id, *others) | herself(Order.customer_id)


def orders() -> Rows:
    """The columns of the orders that the viewer sells or buys."""
    x = Order
    return select(
        x.id,
        x.number,
        x.kind,
        x.state,
        x.seller_id,
        x.buyer_id,
        x.region_code,
        x.terminal,
        x.currency,
        x.total_fen,
        x.placed_at,
        x.payment_due_at,
        x.cancel_cause,
        x.paid_fen,
        x.refunded_fen,
    ).where(x.tenant_id == TENANT, is_party())


class OrderById(ById[OrderRow]):
    """Orders by id."""

    statement = read(OrderRow, orders().where(Order.id == ids("ids").any_()))


class OrderEntry(OrderRow):
    """An order on a page, the newest first."""

    place: int
    by_time: datetime
    by_id: UUID


def _orders(party: Any, other: Any) -> tuple[Paged[OrderEntry], Paged[OrderEntry]]:
    """The orders of a party, for herself and for the other side.

    Two statements, because each walks its own index: a shop that looks at its distributor's orders must not walk
    through all of them to find its own.
    """
    whole, between = wanted_parents(), wanted_parents()
    key = {Order.placed_at: datetime, Order.id: UUID}
    theirs = viewers(other) | herself(Order.customer_id)
    return (
        Paged(OrderEntry, whole, orders().where(party == whole.c.parent), key),
        Paged(OrderEntry, between, orders().where(party == between.c.parent, theirs), key),
    )


ORDERS_RECEIVED, ORDERS_RECEIVED_BETWEEN = _orders(Order.seller_id, Order.buyer_id)
"""What each organisation sells: all of it for itself, and what the viewer buys of it for the viewer."""
ORDERS_PLACED, ORDERS_PLACED_BETWEEN = _orders(Order.buyer_id, Order.seller_id)
"""What each organisation buys: all of it for itself, and what the viewer sells it for the viewer."""


def _of_customer(*conditions: ColumnElement[bool]) -> Paged[OrderEntry]:
    # What she bought of others is filtered after the range: one person has few orders.
    wanted = wanted_parents()
    rows = orders().where(Order.customer_id == wanted.c.parent, *conditions)
    return Paged(OrderEntry, wanted, rows, {Order.placed_at: datetime, Order.id: UUID})


ORDERS_OF_CUSTOMER = _of_customer()
"""What each shopper bought: all of it for herself, of others what they sold her."""
ORDERS_OF_CUSTOMER_IN_STATE = _of_customer(Order.state == bindparam("state", type_=Text()))
"""The same, in one state."""


class OrderLineEntry(Row):
    """A line of an order, on a page by line number. Quantities are base units, amounts minor units."""

    line: int
    sku_id: UUID
    brand_id: UUID
    goods_owner_id: UUID
    fulfiller_id: UUID
    quantity: int
    unit_fen: int
    discount_fen: int
    net_fen: int
    shipped: int
    cancelled: int
    refunded: int
    refunded_fen: int
    short: int
    place: int
    by_line: int


def _lines() -> Paged[OrderLineEntry]:
    wanted = wanted_parents()
    x = OrderLine
    rows = (
        select(
            x.line,
            x.sku_id,
            x.brand_id,
            x.goods_owner_id,
            x.fulfiller_id,
            x.quantity,
            x.unit_fen,
            x.discount_fen,
            x.net_fen,
            x.shipped,
            x.cancelled,
            x.refunded,
            x.refunded_fen,
            x.short,
        )
        .join(Order, (Order.tenant_id == TENANT) & (Order.id == x.order_id))
        .where(x.tenant_id == TENANT, x.order_id == wanted.c.parent, is_party())
    )
    return Paged(OrderLineEntry, wanted, rows, {x.line: int})


LINES = _lines()
"""The lines of each order."""
