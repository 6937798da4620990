"""What an organisation settles with others and within itself: stores that applied, supply on offer, its staff."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnExpressionArgument, select

from loaders.base import ById, ListBy
from loaders.channel.organization import OrganizationRow, any_organizations
from loaders.paging import Paged, listed, wanted_parents
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
        select(Staff.id, Account.display_name, Staff.role, Staff.is_active, Staff.organization_id)
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


class SupplyOfferRow(Row):
    """Supply that one side has offered, `parent` being one of both."""

    upstream_id: UUID
    downstream_id: UUID
    offered_by_id: UUID
    offered_at: datetime
    parent: UUID


_parties = wanted_parents()


class SupplyOffersOf(ListBy[SupplyOfferRow]):
    """What is offered between each organisation and others, for who speaks for it; the oldest first."""

    statement = listed(
        SupplyOfferRow,
        _parties,
        select(
            SupplyOffer.upstream_id, SupplyOffer.downstream_id, SupplyOffer.offered_by_id, SupplyOffer.offered_at
        ).where(
            SupplyOffer.tenant_id == TENANT,
            (SupplyOffer.upstream_id == _parties.c.parent) | (SupplyOffer.downstream_id == _parties.c.parent),
            in_scope(_parties.c.parent),
        ),
        SupplyOffer.offered_at,
        SupplyOffer.upstream_id,
        SupplyOffer.downstream_id,
    )
