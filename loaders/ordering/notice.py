"""What payment providers told that somebody has to look at: of each seller's orders, and all of a tenant's."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from domain.ordering import ODD
from loaders.base import ById
from loaders.paging import Paged, wanted_parents
from models.ordering import PaymentNotice
from models.reading import TENANT, Row, Rows, constant, ids, in_scope, read


class NoticeRow(Row):
    """A provider's notice. `seller_id` is whose order it is about; None where that is not known."""

    id: UUID
    provider: str
    kind: str
    outcome: str
    payment_id: UUID
    refund_id: UUID | None
    reference: str
    amount_fen: int
    currency: str
    told_at: datetime
    received_at: datetime
    seller_id: UUID | None
    closed_at: datetime | None
    note: str | None


def _notices() -> Rows:
    x = PaymentNotice
    columns = (x.id, x.provider, x.kind, x.outcome, x.payment_id, x.refund_id, x.reference, x.amount_fen, x.currency)
    return select(*columns, x.told_at, x.received_at, x.seller_id, x.closed_at, x.note).where(
        x.tenant_id == TENANT, in_scope(x.seller_id)
    )


class NoticeById(ById[NoticeRow]):
    """Notices by id, open ones and others."""

    statement = read(NoticeRow, _notices().where(PaymentNotice.id == ids("ids").any_()))


class NoticeEntry(NoticeRow):
    """An open notice on a page, the newest first."""

    place: int
    by_time: datetime
    by_id: UUID


def _open(column: Any) -> Paged[NoticeEntry]:
    wanted = wanted_parents()
    odd = or_(*(PaymentNotice.outcome == constant(outcome) for outcome in sorted(ODD)))
    rows = _notices().where(column == wanted.c.parent, PaymentNotice.closed_at.is_(None), odd)
    key = {PaymentNotice.received_at: datetime, PaymentNotice.id: UUID}
    return Paged(NoticeEntry, wanted, rows, key)


OPEN_NOTICES = _open(PaymentNotice.tenant_id)
"""What somebody has to look at in a tenant."""
OPEN_NOTICES_OF = _open(PaymentNotice.seller_id)
"""What somebody has to look at of each seller's orders."""
