"""Who asks: the account behind a token, as the database has it now."""

from uuid import UUID

from sqlalchemy import ColumnElement, Text, bindparam, func, select

from domain.channel import OrganizationStatus
from models.channel import (
    Account,
    Organization,
    Staff,
)
from models.integration import PartnerClient
from models.member import Customer
from models.reading import TENANT, TEXTS, Row, constant, read

CALLED: ColumnElement[str] = func.coalesce(Staff.display_name, Account.display_name).label("display_name")
"""What her people call a member of staff; what her account is called where they have not said it."""


class StaffRow(Row):
    """A person's role in an organisation, as the database has it now."""

    account_id: UUID
    display_name: str
    organization_id: UUID
    tier: str
    role: str


STAFF_BY_SUBJECT = read(
    StaffRow,
    select(Account.id.label("account_id"), CALLED, Staff.organization_id, Organization.tier, Staff.role)
    .join(Staff, (Staff.tenant_id == TENANT) & (Staff.account_id == Account.id))
    .join(Organization, (Organization.tenant_id == TENANT) & (Organization.id == Staff.organization_id))
    .where(
        Account.tenant_id == TENANT,
        Account.subject == bindparam("subjects", type_=TEXTS).any_(),
        Account.is_active,
        Staff.is_active,
        Staff.organization_id == bindparam("organization", type_=Organization.id.type),
        Staff.role == bindparam("role", type_=Text()),
        Organization.status == constant(OrganizationStatus.ACTIVE),
    )
    .order_by(func.array_position(bindparam("subjects", type_=TEXTS), Account.subject)),
)
"""The role in that organisation of what the token calls her, if both are active; that of her subject first."""


class CustomerRow(Row):
    """A shopper, as the viewer herself."""

    account_id: UUID
    display_name: str
    customer_id: UUID


CUSTOMER_BY_SUBJECT = read(
    CustomerRow,
    select(Account.id.label("account_id"), Account.display_name, Customer.id.label("customer_id"))
    .join(Customer, (Customer.tenant_id == TENANT) & (Customer.account_id == Account.id))
    .where(Account.tenant_id == TENANT, Account.subject == bindparam("subject", type_=Text()), Account.is_active),
)
"""At most one row: the shopper with that login."""


class AccountRow(Row):
    """A login, of whatever kind."""

    id: UUID
    is_active: bool


ACCOUNT_BY_SUBJECT = read(
    AccountRow,
    select(Account.id, Account.is_active).where(
        Account.tenant_id == TENANT, Account.subject == bindparam("subject", type_=Text())
    ),
)
"""At most one row: the account of who may be no customer."""


class PartnerRow(Row):
    """A partner's system, as the viewer itself."""

    partner_id: UUID
    display_name: str
    organization_id: UUID
    kind: str


PARTNER_BY_SUBJECT = read(
    PartnerRow,
    select(
        PartnerClient.id.label("partner_id"),
        PartnerClient.name.label("display_name"),
        PartnerClient.organization_id,
        PartnerClient.kind,
    )
    .join(Organization, (Organization.tenant_id == TENANT) & (Organization.id == PartnerClient.organization_id))
    .where(
        PartnerClient.tenant_id == TENANT,
        PartnerClient.subject == bindparam("subject", type_=Text()),
        PartnerClient.is_active,
        Organization.status == constant(OrganizationStatus.ACTIVE),
    ),
)
"""At most one row: the partner client with that subject."""
