"""What an organisation settles with others and within itself: stores that applied, supply on offer, its staff."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnExpressionArgument, select

from loaders.base import ById
from loaders.channel.organization import OrganizationRow, any_organizations
from loaders.channel.people import CALLED
from loaders.paging import Paged, wanted_parents
from models.channel import Account, Organization, Staff, StoreApplication, SupplyOffer
from models.reading import TENANT, Row, Rows, ids, in_scope, read


class EmployeeRow(Row):
    """A person's role in an organisation, whether or not it has ended."""

    id: UUID
    display_name: str
    role: str
    is_active: bool
    organization_id: UUID


def _staff(*conditions: ColumnExpressionArgument[bool]) -> Rows:
    return (
        select(Staff.id, CALLED, Staff.role, Staff.is_active, Staff.organization_id)
        .join(Account, (Account.tenant_id == TENANT) & (Account.id == Staff.account_id))
        .where(Staff.tenant_id == TENANT, in_scope(Staff.organization_id), *conditions)
    )


class StaffById(ById[EmployeeRow]):
    """Staff of the viewer's organisations, by id."""

    statement = read(EmployeeRow, _staff(Staff.id == ids("ids").any_()))


class EmployeeEntry(EmployeeRow):
    """A member of staff on a page, in the order of ids."""

    place: int
    by_id: UUID


def _staff_of() -> Paged[EmployeeEntry]:
    wanted = wanted_parents()
    rows = _staff(Staff.organization_id == wanted.c.parent, Staff.is_active)
    return Paged(EmployeeEntry, wanted, rows, {Staff.id: UUID})


STAFF_OF = _staff_of()
"""The staff of each of the viewer's organisations, those whose role has not ended."""


class ApplicantEntry(OrganizationRow):
    """A store on a page of those that wait for one organisation's review."""

    place: int
    by_applied_at: datetime
    by_id: UUID


def _applicants() -> Paged[ApplicantEntry]:
    wanted = wanted_parents()
    x = StoreApplication
    rows = any_organizations(
        Organization.id == x.organization_id,
        x.tenant_id == TENANT,
        x.upstream_id == wanted.c.parent,
        x.decided_at.is_(None),
        in_scope(x.upstream_id),
    )
    return Paged(ApplicantEntry, wanted, rows, {x.applied_at: datetime, x.organization_id: UUID})


APPLICANTS = _applicants()
"""The stores that wait for the review of each of the viewer's organisations, the newest first."""


class SupplyOfferEntry(Row):
    """Supply that one side has offered, on a page of what waits between an organisation and others."""

    upstream_id: UUID
    downstream_id: UUID
    offered_by_id: UUID
    offered_at: datetime
    place: int
    by_offered_at: datetime
    by_upstream: UUID
    by_downstream: UUID


def _supply_offers() -> Paged[SupplyOfferEntry]:
    wanted, x = wanted_parents(), SupplyOffer
    rows = select(x.upstream_id, x.downstream_id, x.offered_by_id, x.offered_at).where(
        x.tenant_id == TENANT,
        (x.upstream_id == wanted.c.parent) | (x.downstream_id == wanted.c.parent),
        in_scope(wanted.c.parent),
    )
    key = {x.offered_at: datetime, x.upstream_id: UUID, x.downstream_id: UUID}
    return Paged(SupplyOfferEntry, wanted, rows, key)


SUPPLY_OFFERS = _supply_offers()
"""What is offered between each of the viewer's organisations and others, the newest first.

No index gives this order: what waits is so little (`MAX_OFFERS_BY`, `MAX_OFFERS_TO`) that it is sorted.
"""
