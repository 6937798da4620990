"""Papers about goods and the movements that belong to them, for who runs the place and for whose goods they are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, cast, select

from loaders.base import ById
from loaders.paging import Paged, wanted_parents
from models.inventory import Location, Lot, StockDocument, StockMovement
from models.reading import TENANT, Row, Rows, ids, in_scope, read


class StockDocumentRow(Row):
    """A paper about goods."""

    id: UUID
    kind: str
    location_id: UUID
    to_location_id: UUID | None
    owner_id: UUID
    reason: str | None
    at: datetime


def _documents() -> Rows:
    x = StockDocument
    return (
        select(x.id, x.kind, x.location_id, x.to_location_id, x.owner_id, x.reason, x.at)
        .join(Location, (Location.tenant_id == TENANT) & (Location.id == x.location_id))
        .where(x.tenant_id == TENANT, in_scope(Location.organization_id, x.owner_id))
    )


class StockDocumentById(ById[StockDocumentRow]):
    """Papers by id."""

    statement = read(StockDocumentRow, _documents().where(StockDocument.id == ids("ids").any_()))


class MovementEntry(Row):
    """A movement on a page of a paper's, in base units."""

    location_id: UUID
    sku_id: UUID
    owner_id: UUID
    lot_code: str
    on_hand: int
    reserved: int
    allocated: int
    in_transit: int
    quarantined: int
    place: int
    by_id: int


def _movements_of() -> Paged[MovementEntry]:
    wanted = wanted_parents()
    m = StockMovement
    rows = (
        select(
            m.location_id,
            m.sku_id,
            m.owner_id,
            Lot.code.label("lot_code"),
            m.on_hand,
            m.reserved,
            m.allocated,
            m.in_transit,
            m.quarantined,
        )
        .join(Lot, (Lot.tenant_id == TENANT) & (Lot.sku_id == m.sku_id) & (Lot.id == m.lot_id))
        .join(Location, (Location.tenant_id == TENANT) & (Location.id == m.location_id))
        .where(
            m.tenant_id == TENANT,
            m.document == wanted.c.parent,
            in_scope(Location.organization_id, m.owner_id),
        )
    )
    return Paged(MovementEntry, wanted, rows, {cast(m.id, BigInteger): int})


MOVEMENTS = _movements_of()
"""The movements of each paper, in the order in which they were written."""
