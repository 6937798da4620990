"""Holds, for the store whose goods they keep and for the shopper they are kept for."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, cast, func, select

from loaders.base import ById, Loader
from loaders.member import herself
from models.channel import CloudStore
from models.inventory import Reservation, ReservationLine
from models.reading import TENANT, Row, ids, in_scope, read


class ReservationRow(Row):
    """A hold."""

    id: UUID
    cloud_store_id: UUID
    customer_id: UUID | None
    state: str
    created_at: datetime
    expires_at: datetime


def _may_see() -> ColumnElement[bool]:
    return in_scope(CloudStore.organization_id) | herself(Reservation.customer_id)


class ReservationById(ById[ReservationRow]):
    """Holds by id."""

    statement = read(
        ReservationRow,
        select(
            Reservation.id,
            Reservation.cloud_store_id,
            Reservation.customer_id,
            Reservation.state,
            Reservation.created_at,
            Reservation.expires_at,
        )
        .join(CloudStore, (CloudStore.tenant_id == TENANT) & (CloudStore.id == Reservation.cloud_store_id))
        .where(Reservation.tenant_id == TENANT, Reservation.id == ids("ids").any_(), _may_see()),
    )


class HeldRow(Row):
    """How much of a sku a hold keeps, wherever that lies."""

    parent: UUID
    sku_id: UUID
    quantity: int


class HeldBy(Loader[UUID, list[HeldRow]]):
    """What each hold keeps, by sku; for those who see the hold."""

    statement = read(
        HeldRow,
        select(
            ReservationLine.reservation_id.label("parent"),
            ReservationLine.sku_id,
            cast(func.sum(ReservationLine.quantity), BigInteger()).label("quantity"),
        )
        .where(ReservationLine.tenant_id == TENANT, ReservationLine.reservation_id == ids("ids").any_())
        .group_by(ReservationLine.reservation_id, ReservationLine.sku_id)
        .order_by(ReservationLine.reservation_id, ReservationLine.sku_id),
    )

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, list[HeldRow]]:
        """The lines of each hold."""
        found: dict[UUID, list[HeldRow]] = {}
        for row in await self.reading.fetch(self.statement, ids=keys):
            found.setdefault(row.parent, []).append(row)
        return found

    def absent(self) -> list[HeldRow]:
        """Nothing."""
        return []
