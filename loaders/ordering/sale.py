"""What becomes of orders: payments, refunds, shipments, for the two parties; and where their goods are, for the seller.

Who ships goods that are not its own to sell sees what it shipped, and not the order: another tier's prices are in it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from loaders.base import ById, ListBy
from loaders.ordering.order import is_party
from loaders.paging import Paged, listed, wanted_parents
from models.inventory import Lot
from models.ordering import Allocation, Order, Payment, Refund, RefundLine, Shipment, ShipmentLine
from models.reading import TENANT, Row, Rows, ids, in_scope, read


def _of_order(rows: Any, order: Any) -> Any:
    return rows.join(Order, (Order.tenant_id == TENANT) & (Order.id == order))


class PaymentRow(Row):
    """A payment of an order; `pay_url` is where it is paid, as long as it can be."""

    id: UUID
    order_id: UUID
    provider: str
    state: str
    covers: bool
    amount_fen: int
    came_fen: int | None
    refunded_fen: int
    currency: str
    pay_url: str | None
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None


def _payments() -> Rows:
    x = Payment
    columns = (x.id, x.order_id, x.provider, x.state, x.covers, x.amount_fen, x.came_fen, x.refunded_fen, x.currency)
    rows = _of_order(select(*columns, x.pay_url, x.created_at, x.expires_at, x.paid_at), x.order_id)
    found: Rows = rows.where(x.tenant_id == TENANT, is_party())
    return found


class PaymentById(ById[PaymentRow]):
    """Payments by id."""

    statement = read(PaymentRow, _payments().where(Payment.id == ids("ids").any_()))


class PaymentOfRow(PaymentRow):
    """A payment of the order `parent`."""

    parent: UUID


class PaymentsOf(ListBy[PaymentOfRow]):
    """The payments of each order, the oldest first."""

    _wanted = wanted_parents()
    statement = listed(
        PaymentOfRow, _wanted, _payments().where(Payment.order_id == _wanted.c.parent), Payment.created_at, Payment.id
    )


class RefundRow(Row):
    """What goes back of an order, or of a payment that it had no use for."""

    id: UUID
    order_id: UUID
    payment_id: UUID
    state: str
    amount_fen: int
    reason: str
    created_at: datetime
    settled_at: datetime | None


def _refunds() -> Rows:
    x = Refund
    columns = (x.id, x.order_id, x.payment_id, x.state, x.amount_fen, x.reason, x.created_at, x.settled_at)
    found: Rows = _of_order(select(*columns), x.order_id).where(x.tenant_id == TENANT, is_party())
    return found


class RefundById(ById[RefundRow]):
    """Refunds by id."""

    statement = read(RefundRow, _refunds().where(Refund.id == ids("ids").any_()))


class RefundEntry(RefundRow):
    """A refund on a page, the newest first."""

    place: int
    by_time: datetime
    by_id: UUID


def _refunds_of() -> Paged[RefundEntry]:
    wanted = wanted_parents()
    rows = _refunds().where(Refund.order_id == wanted.c.parent)
    return Paged(RefundEntry, wanted, rows, {Refund.created_at: datetime, Refund.id: UUID})


REFUNDS = _refunds_of()
"""The refunds of each order."""


class RefundLineEntry(Row):
    """What of a refund is for one line, on a page by line."""

    order_id: UUID
    line: int
    quantity: int
    amount_fen: int
    place: int
    by_line: int


def _refund_lines() -> Paged[RefundLineEntry]:
    wanted = wanted_parents()
    x = RefundLine
    rows = _of_order(select(x.order_id, x.line, x.quantity, x.amount_fen), x.order_id).where(
        x.tenant_id == TENANT, x.refund_id == wanted.c.parent, is_party()
    )
    return Paged(RefundLineEntry, wanted, rows, {x.line: int})


REFUND_LINES = _refund_lines()
"""The lines of each refund."""


class ShipmentRow(Row):
    """Goods of an order that left together."""

    id: UUID
    order_id: UUID
    fulfiller_id: UUID
    carrier: str | None
    tracking: str | None
    shipped_at: datetime


def _shipments() -> Rows:
    x = Shipment
    columns = (x.id, x.order_id, x.fulfiller_id, x.carrier, x.tracking, x.shipped_at)
    found: Rows = _of_order(select(*columns), x.order_id).where(x.tenant_id == TENANT, is_party(x.fulfiller_id))
    return found


class ShipmentById(ById[ShipmentRow]):
    """Shipments by id."""

    statement = read(ShipmentRow, _shipments().where(Shipment.id == ids("ids").any_()))


class ShipmentEntry(ShipmentRow):
    """A shipment on a page, the newest first."""

    place: int
    by_time: datetime
    by_id: UUID


def _shipments_of() -> Paged[ShipmentEntry]:
    wanted = wanted_parents()
    rows = _shipments().where(Shipment.order_id == wanted.c.parent)
    return Paged(ShipmentEntry, wanted, rows, {Shipment.shipped_at: datetime, Shipment.id: UUID})


SHIPMENTS = _shipments_of()
"""The shipments of each order."""


class ShipmentLineEntry(Row):
    """Units of one lot in a shipment, on a page in the order in which they were taken."""

    line: int
    sku_id: UUID
    quantity: int
    place: int
    by_part: int


def _shipment_lines() -> Paged[ShipmentLineEntry]:
    wanted = wanted_parents()
    x = ShipmentLine
    rows = (
        _of_order(select(x.line, x.sku_id, x.quantity), x.order_id)
        .join(Shipment, (Shipment.tenant_id == TENANT) & (Shipment.id == x.shipment_id))
        .where(x.tenant_id == TENANT, x.shipment_id == wanted.c.parent, is_party(Shipment.fulfiller_id))
    )
    return Paged(ShipmentLineEntry, wanted, rows, {x.part: int})


SHIPMENT_LINES = _shipment_lines()
"""What each shipment holds."""


class AllocationEntry(Row):
    """Goods of one stock row that are an order's, on a page in the order in which they ship; for the seller."""

    line: int
    sku_id: UUID
    location_id: UUID
    owner_id: UUID
    lot_code: str
    quantity: int
    shipped: int
    given_back: int
    place: int
    by_part: int


def _allocations() -> Paged[AllocationEntry]:
    wanted = wanted_parents()
    x = Allocation
    columns = (x.line, x.sku_id, x.location_id, x.owner_id, Lot.code.label("lot_code"))
    rows = (
        _of_order(select(*columns, x.quantity, x.shipped, x.given_back), x.order_id)
        .join(Lot, (Lot.tenant_id == TENANT) & (Lot.sku_id == x.sku_id) & (Lot.id == x.lot_id))
        .where(x.tenant_id == TENANT, x.order_id == wanted.c.parent, in_scope(Order.seller_id))
    )
    return Paged(AllocationEntry, wanted, rows, {x.part: int})


ALLOCATIONS = _allocations()
"""The goods of each order, for its seller."""
