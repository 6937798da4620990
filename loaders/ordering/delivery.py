"""Where orders go, for who bought, who sold and who ships them. A phone number leaves this module masked, but for her
who gave it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain.member import masked_phone
from loaders.base import Loader
from loaders.member import herself, there_is, viewers
from models.ordering import Allocation, Order, OrderDelivery
from models.reading import TENANT, Row, Rows, constant, ids, in_scope, read


class DeliveryRow(Row):
    """Where an order goes as the table has it; the phone whole. It does not leave its loader."""

    order_id: UUID
    method: str
    recipient: str | None
    phone: str | None
    region_code: str | None
    address: str | None
    note: str | None
    is_hers: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where an order goes as the graph has it; the phone masked, but for the buyer."""

    method: str
    recipient: str | None
    phone: str | None
    region_code: str | None
    address: str | None
    note: str | None


def _deliveries() -> Rows:
    x, hers = OrderDelivery, herself(Order.customer_id)
    # Who ships goods of it learns where they go once they are to ship, which is when the order is paid.
    ships: Any = there_is(
        select(constant(1))
        .where(
            Allocation.tenant_id == TENANT,
            Allocation.order_id == x.order_id,
            viewers(Allocation.fulfiller_id),
        )
        .correlate_except(Allocation)
    )
    return (
        select(
            *(x.order_id, x.method, x.recipient, x.phone, x.region_code, x.address, x.note),
            hers.is_(constant(True)).label("is_hers"),
        )
        .join(Order, (Order.tenant_id == TENANT) & (Order.id == x.order_id))
        .where(x.tenant_id == TENANT, x.order_id == ids("ids").any_(), in_scope(Order.seller_id) | hers | ships)
    )


def _masked(row: DeliveryRow) -> Delivered:
    phone = row.phone if row.phone is None or row.is_hers else masked_phone(row.phone)
    return Delivered(row.method, row.recipient, phone, row.region_code, row.address, row.note)


class DeliveryOf(Loader[UUID, Delivered | None]):
    """Where each order goes, by the order's id; None for one that names no delivery, and for who is not to know."""

    statement = read(DeliveryRow, _deliveries())

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, Delivered | None]:
        """One for each order that says so and that the viewer bought, sold or ships."""
        return {row.order_id: _masked(row) for row in await self.reading.fetch(self.statement, ids=keys)}

    def absent(self) -> None:
        """An order without one and another's order are one answer."""
        return
