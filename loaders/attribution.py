"""The attribution centre's reads: bindings with their chains, touches, promoters and guides.

A binding is for the customer and for its owner, a touch for the customer and for who touched her: nobody else is told,
the organisations above them included.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, func, select
from sqlalchemy.orm import aliased

from domain.channel import Role
from loaders.base import ById, ListBy, Loader
from loaders.channel import CALLED
from loaders.member import herself, there_is
from loaders.paging import COUNT_LIMIT, CountRow, Paged, listed, place_of, wanted_parents
from models.attribution import Binding, BindingHop, Promoter, Touch
from models.channel import Account, Staff
from models.reading import TENANT, Row, Rows, constant, ids, in_scope, read


class BindingRow(Row):
    """A binding, active or ended."""

    id: UUID
    customer_id: UUID
    owner_id: UUID
    guide_id: UUID | None
    promoter_id: UUID | None
    source: str
    strength: int
    bound_at: datetime
    protected_until: datetime
    valid_until: datetime
    ended_at: datetime | None
    end_cause: str | None
    end_reason: str | None


def bindings(*conditions: Any) -> Rows:
    """The columns of the bindings that are the viewer's own, as the customer or as the owner."""
    x = Binding
    return select(
        x.id,
        x.customer_id,
        x.owner_id,
        x.guide_id,
        x.promoter_id,
        x.source,
        x.strength,
        x.bound_at,
        x.protected_until,
        x.valid_until,
        x.ended_at,
        x.end_cause,
        x.end_reason,
    ).where(x.tenant_id == TENANT, herself(x.customer_id) | in_scope(x.owner_id), *conditions)


class BindingById(ById[BindingRow]):
    """Bindings by id."""

    statement = read(BindingRow, bindings(Binding.id == ids("ids").any_()))


class BindingOf(Loader[UUID, BindingRow | None]):
    """The one active binding of each customer."""

    statement = read(BindingRow, bindings(Binding.customer_id == ids("ids").any_(), Binding.ended_at.is_(None)))

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, BindingRow | None]:
        """One row for each customer who is bound, where the viewer may see it."""
        return {row.customer_id: row for row in await self.reading.fetch(self.statement, ids=keys)}

    def absent(self) -> None:
        """Not bound, or not the viewer's: one answer."""
        return


class BindingEntry(BindingRow):
    """A binding on a page, the newest first."""

    place: int
    by_time: datetime
    by_id: UUID


def _bindings(parent: Any, *conditions: ColumnElement[bool]) -> Paged[BindingEntry]:
    wanted = wanted_parents()
    key = {Binding.bound_at: datetime, Binding.id: UUID}
    return Paged(BindingEntry, wanted, bindings(parent == wanted.c.parent, *conditions), key)


BINDINGS = _bindings(Binding.customer_id)
"""The history of each customer: all of it for herself, for an owner its own part."""
CUSTOMERS = _bindings(Binding.owner_id, Binding.ended_at.is_(None))
"""The active bindings of each owner."""


class HopRow(Row):
    """An organisation of the frozen chain of the binding `parent`."""

    hops: int
    organization_id: UUID
    tier: str
    parent: UUID


def _chain() -> Any:
    wanted = wanted_parents()
    x = BindingHop
    rows = (
        select(x.hops, x.organization_id, x.tier)
        .join(Binding, (Binding.tenant_id == TENANT) & (Binding.id == x.binding_id))
        .where(
            x.tenant_id == TENANT,
            x.binding_id == wanted.c.parent,
            herself(Binding.customer_id) | in_scope(Binding.owner_id),
        )
    )
    return listed(HopRow, wanted, rows, x.hops)


class ChainOf(ListBy[HopRow]):
    """The chain of each binding as it was frozen, the owner first."""

    statement = _chain()


class TouchRow(Row):
    """A touch of a customer, with what came of it."""

    id: UUID
    customer_id: UUID
    organization_id: UUID
    guide_id: UUID | None
    promoter_id: UUID | None
    source: str
    strength: int
    terminal: str
    occurred_at: datetime
    outcome: str
    rejection: str | None


def touches(*conditions: Any) -> Rows:
    """The columns of the touches that are the viewer's own, as the customer or as who touched her."""
    x = Touch
    return select(
        x.id,
        x.customer_id,
        x.organization_id,
        x.guide_id,
        x.promoter_id,
        x.source,
        x.strength,
        x.terminal,
        x.occurred_at,
        x.outcome,
        x.rejection,
    ).where(x.tenant_id == TENANT, herself(x.customer_id) | in_scope(x.organization_id), *conditions)


class TouchById(ById[TouchRow]):
    """Touches by id."""

    statement = read(TouchRow, touches(Touch.id == ids("ids").any_()))


class TouchEntry(TouchRow):
    """A touch on a page, the newest first."""

    place: int
    by_time: datetime
    by_id: UUID


def _touches() -> Paged[TouchEntry]:
    wanted = wanted_parents()
    key = {Touch.occurred_at: datetime, Touch.id: UUID}
    return Paged(TouchEntry, wanted, touches(Touch.customer_id == wanted.c.parent), key)


TOUCHES = _touches()
"""The touches of each customer: all of them for herself, for others their own."""

_hers = aliased(Binding)
_met = aliased(Touch)


def _brought_viewer(binding_key: Any, touch_key: Any, key: Any) -> ColumnElement[bool]:
    """Who bound or touched the viewer, a shopper: she is told his name."""
    viewer = bindparam("viewer_customer", type_=Uuid())
    bound = there_is(
        select(constant(1))
        .where(_hers.tenant_id == TENANT, _hers.customer_id == viewer, binding_key == key)
        .correlate_except(_hers)
    )
    touched = there_is(
        select(constant(1))
        .where(_met.tenant_id == TENANT, _met.customer_id == viewer, touch_key == key)
        .correlate_except(_met)
    )
    return bound | touched


class PromoterRow(Row):
    """A promoter of an organisation."""

    id: UUID
    display_name: str
    kind: str
    code: str
    organization_id: UUID
    joined_at: datetime
    is_active: bool


def promoters(*conditions: Any) -> Rows:
    """The columns of the promoters of the viewer's organisations, and of those who brought the viewer."""
    x = Promoter
    return (
        select(x.id, Account.display_name, x.kind, x.code, x.organization_id, x.joined_at, x.is_active)
        .join(Account, (Account.tenant_id == TENANT) & (Account.id == x.account_id))
        .where(
            x.tenant_id == TENANT,
            in_scope(x.organization_id) | _brought_viewer(_hers.promoter_id, _met.promoter_id, x.id),
            *conditions,
        )
    )


class PromoterById(ById[PromoterRow]):
    """Promoters by id."""

    statement = read(PromoterRow, promoters(Promoter.id == ids("ids").any_()))


class PromoterEntry(PromoterRow):
    """A promoter on a page, by code."""

    place: int
    by_code: str
    by_id: UUID


def _promoters() -> Paged[PromoterEntry]:
    wanted = wanted_parents()
    rows = promoters(Promoter.organization_id == wanted.c.parent)
    return Paged(PromoterEntry, wanted, rows, {Promoter.code: str, Promoter.id: UUID})


PROMOTERS = _promoters()
"""The promoters of each organisation."""


class GuideRow(Row):
    """A member of staff who serves customers."""

    id: UUID
    display_name: str
    role: str
    organization_id: UUID


def guides(*conditions: Any) -> Rows:
    """The columns of the staff of the viewer's organisations, and of those who brought the viewer."""
    x = Staff
    return (
        select(x.id, CALLED, x.role, x.organization_id)
        .join(Account, (Account.tenant_id == TENANT) & (Account.id == x.account_id))
        .where(
            x.tenant_id == TENANT,
            in_scope(x.organization_id) | _brought_viewer(_hers.guide_id, _met.guide_id, x.id),
            *conditions,
        )
    )


class GuideById(ById[GuideRow]):
    """Guides by id, those who have left too: a binding names whoever brought her."""

    statement = read(GuideRow, guides(Staff.id == ids("ids").any_()))


class GuideEntry(GuideRow):
    """A guide on a page, in the order of ids."""

    place: int
    by_id: UUID


def _guides() -> Paged[GuideEntry]:
    wanted = wanted_parents()
    serves = Staff.role == constant(Role.CLERK)
    for role in (Role.MANAGER, Role.SALESPERSON):
        serves = serves | (Staff.role == constant(role))
    rows = guides(Staff.organization_id == wanted.c.parent, serves, Staff.is_active, Account.is_active)
    return Paged(GuideEntry, wanted, rows, {Staff.id: UUID})


GUIDES = _guides()
"""The staff of each organisation who serve customers now."""


class _CustomersThrough(Loader[UUID, int | None]):
    """How many active bindings of the viewer's organisations each came through; None beyond `COUNT_LIMIT`."""

    statement: Any

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, int | None]:
        """A count for each."""
        return {
            keys[row.place - 1]: row.total if row.total <= COUNT_LIMIT else None
            for row in await self.reading.fetch(self.statement, parents=keys)
        }

    def absent(self) -> int | None:
        """Every key is counted."""
        return 0


def _through(column: Any) -> Any:
    wanted = wanted_parents()
    counted = (
        select(constant(1).label("one"))
        .where(
            Binding.tenant_id == TENANT,
            column == wanted.c.parent,
            Binding.ended_at.is_(None),
            in_scope(Binding.owner_id),
        )
        .limit(constant(COUNT_LIMIT + 1))
        .lateral("counted")
    )
    place = place_of(wanted)
    total = func.count(counted.c.one).label("total")
    return read(
        CountRow,
        select(place, total).select_from(wanted.outerjoin(counted, constant(True))).group_by(wanted.c.place),
    )


class CustomersOfGuide(_CustomersThrough):
    """The customers each guide has bound."""

    statement = _through(Binding.guide_id)


class CustomersOfPromoter(_CustomersThrough):
    """The customers each promoter has bound."""

    statement = _through(Binding.promoter_id)
