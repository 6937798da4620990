"""Holds, for the store whose goods they keep and for the shopper they are kept for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute

from domain.inventory import ReservationState
from loaders.base import ById, Loader
from loaders.member import herself
from loaders.paging import Paged, wanted_parents
from models.channel import CloudStore
from models.inventory import Reservation, ReservationLine
from models.reading import TENANT, Row, Rows, constant, ids, in_scope, read


class ReservationRow(Row):
    """A hold."""

    id: UUID
    cloud_store_id: UUID
    customer_id: UUID | None
    by_store: bool
    state: str
    created_at: datetime
    expires_at: datetime


def _may_see() -> ColumnElement[bool]:
    return in_scope(CloudStore.organization_id) | herself(Reservation.customer_id)


def _reservations(*conditions: ColumnElement[bool]) -> Rows:
    """The columns of the holds that the viewer's own cloud store has, or that are for herself."""
    x = Reservation
    return (
        select(x.id, x.cloud_store_id, x.customer_id, x.by_store, x.state, x.created_at, x.expires_at)
        .join(CloudStore, (CloudStore.tenant_id == TENANT) & (CloudStore.id == x.cloud_store_id))
        .where(x.tenant_id == TENANT, *conditions, _may_see())
    )


class ReservationById(ById[ReservationRow]):
    """Holds by id."""

    statement = read(ReservationRow, _reservations(Reservation.id == ids("ids").any_()))


class HoldEntry(ReservationRow):
    """A hold on a page, the one first that ends first."""

    place: int
    by_time: datetime
    by_id: UUID


def _holds(of: InstrumentedAttribute[Any], *conditions: ColumnElement[bool]) -> Paged[HoldEntry]:
    # What ends when is no part of the index: so few are kept at a time that each look sorts them.
    wanted = wanted_parents()
    held = Reservation.state == constant(ReservationState.HELD)
    rows = _reservations(of == wanted.c.parent, held, *conditions)
    return Paged(HoldEntry, wanted, rows, {Reservation.expires_at: datetime, Reservation.id: UUID}, oldest_first=True)


HOLDS_OF_CUSTOMER = _holds(Reservation.customer_id)
"""What is held for each customer now: all of it for herself, for a cloud store's people what is held there."""
HOLDS_OF_STORE = _holds(Reservation.cloud_store_id, Reservation.by_store == constant(True))
"""What is held now by whoever acts for each cloud store, for customers and for nobody by name."""


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
