"""Customers and their memberships, for herself and for whose customer she is.

Owns the condition of who may see a customer at all; who sold her something sees her through its order, too. A phone
number leaves this module masked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, case, literal_column, select
from sqlalchemy.orm import aliased

from domain.member import masked_phone
from loaders.base import ById, Loader
from loaders.paging import Paged, wanted_parents
from models.attribution import Binding
from models.channel import Account, CloudStore
from models.member import Customer, Membership
from models.ordering import Order
from models.reading import TENANT, TEXTS, UUIDS, Row, Rows, constant, ids, in_scope, read

_been = aliased(Membership)
_there = aliased(CloudStore)
_bound = aliased(Binding)


def herself(customer: Any) -> ColumnElement[bool]:
    """The viewer is the customer."""
    condition: ColumnElement[bool] = customer == bindparam("viewer_customer", type_=Uuid())
    return condition


def viewers(organization: Any) -> ColumnElement[bool]:
    """The viewer speaks for the organisation: a condition an index serves, which "or she may see everything" is not."""
    condition: ColumnElement[bool] = organization == bindparam("viewer_organizations", type_=UUIDS).any_()
    return condition


def there_is(rows: Rows) -> ColumnElement[bool]:
    """The rows of `rows`, which selects one column that is never null, are not none: asked anew for each outer row.

    EXISTS would be for the planner to turn into a table of all rows there are, for one it is asked about.
    """
    return rows.limit(constant(1)).scalar_subquery().is_not(None)


def may_see(customer: Any) -> ColumnElement[bool]:
    """The viewer is the customer, or speaks for a cloud store she is a member of, or owns her active binding.

    Whoever stands above those in the channel sees nobody: a store must be able to trust that its customers are not
    taken.
    """
    member = there_is(
        select(constant(1))
        .select_from(_been)
        .join(_there, (_there.tenant_id == TENANT) & (_there.id == _been.cloud_store_id))
        .where(_been.tenant_id == TENANT, _been.customer_id == customer, viewers(_there.organization_id))
        .correlate_except(_been, _there)
    )
    bound = there_is(
        select(constant(1))
        .where(
            _bound.tenant_id == TENANT,
            _bound.customer_id == customer,
            _bound.ended_at.is_(None),
            viewers(_bound.owner_id),
        )
        .correlate_except(_bound)
    )
    return in_scope() | herself(customer) | member | bound


class ConsumerRow(Row):
    """A customer as the table has her; her phone whole. It does not leave its loader."""

    id: UUID
    display_name: str
    phone: str | None
    joined_at: datetime
    tags: list[str]
    referred_by_id: UUID | None


@dataclass(frozen=True, slots=True)
class Consumer:
    """A customer as the graph has her; her phone masked."""

    id: UUID
    display_name: str
    phone: str | None
    joined_at: datetime
    tags: list[str]
    referred_by_id: UUID | None


def _masked(row: ConsumerRow) -> Consumer:
    phone = None if row.phone is None else masked_phone(row.phone)
    return Consumer(**{name: getattr(row, name) for name in ConsumerRow.columns} | {"phone": phone})


def _consumers(tags: Any, referred_by: Any) -> Rows:
    """The columns of customers, whoever looks."""
    x = Customer
    return (
        select(x.id, Account.display_name, Account.phone, x.joined_at, tags, referred_by)
        .join(Account, (Account.tenant_id == TENANT) & (Account.id == x.account_id))
        .where(x.tenant_id == TENANT)
    )


class ConsumerById(Loader[UUID, Consumer | None]):
    """Customers by id."""

    statement = read(
        ConsumerRow,
        _consumers(Customer.tags, Customer.referred_by_id).where(
            Customer.id == ids("ids").any_(), may_see(Customer.id)
        ),
    )

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, Consumer | None]:
        """One for each id that exists and that the viewer may see, the phone masked."""
        return {row.id: _masked(row) for row in await self.reading.fetch(self.statement, ids=keys)}

    def absent(self) -> None:
        """Absent and not the viewer's are one answer."""
        return


class BuyerRow(ConsumerRow):
    """Who bought the order `order_id`."""

    order_id: UUID


def _buyers() -> Rows:
    # What was said of her elsewhere, and who brought her, is not for who merely sold her something.
    seen = may_see(Customer.id)
    tags = case((seen, Customer.tags), else_=literal_column("'{}'::text[]", TEXTS))
    return (
        _consumers(tags.label("tags"), case((seen, Customer.referred_by_id)).label("referred_by_id"))
        .join(Order, (Order.tenant_id == TENANT) & (Order.customer_id == Customer.id))
        .where(Order.id == ids("ids").any_(), in_scope(Order.seller_id) | herself(Customer.id))
        .add_columns(Order.id.label("order_id"))
    )


class BuyerOf(Loader[UUID, Consumer | None]):
    """The shopper who bought each order, by the order's id: for her, and for who sold it, whoever's customer she is.

    Who sees her by nothing but the order is not told her tags, nor who brought her.
    """

    statement = read(BuyerRow, _buyers())

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, Consumer | None]:
        """One for each order of a shopper's that the viewer sold or bought, the phone masked."""
        return {row.order_id: _masked(row) for row in await self.reading.fetch(self.statement, ids=keys)}

    def absent(self) -> None:
        """An organisation's order has no such buyer; not the viewer's is the same answer."""
        return


class MembershipRow(Row):
    """A customer's membership of a cloud store."""

    id: UUID
    customer_id: UUID
    cloud_store_id: UUID
    joined_at: datetime


def memberships(*conditions: Any) -> Rows:
    """The columns of the memberships that are the viewer's own, or at a cloud store she speaks for."""
    x = Membership
    return (
        select(x.id, x.customer_id, x.cloud_store_id, x.joined_at)
        .join(CloudStore, (CloudStore.tenant_id == TENANT) & (CloudStore.id == x.cloud_store_id))
        .where(x.tenant_id == TENANT, herself(x.customer_id) | in_scope(CloudStore.organization_id), *conditions)
    )


class MembershipById(ById[MembershipRow]):
    """Memberships by id."""

    statement = read(MembershipRow, memberships(Membership.id == ids("ids").any_()))


class MembershipEntry(MembershipRow):
    """A membership on a page, the newest first."""

    place: int
    by_time: datetime
    by_id: UUID


def _memberships(parent: Any) -> Paged[MembershipEntry]:
    wanted = wanted_parents()
    key = {Membership.joined_at: datetime, Membership.id: UUID}
    return Paged(MembershipEntry, wanted, memberships(parent == wanted.c.parent), key)


MEMBERSHIPS = _memberships(Membership.customer_id)
"""Where each customer is a member: all of it for herself, for others at the cloud stores they speak for."""
MEMBERS = _memberships(Membership.cloud_store_id)
"""The members of each cloud store, for who speaks for it."""
