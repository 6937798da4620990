"""Organisations, and their neighbours up and down the channel."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Text, bindparam, select
from sqlalchemy.orm import aliased

from domain.channel import EdgeKind, OrganizationStatus, Tier
from loaders.base import ById, ListBy, Loader
from loaders.channel.place import is_open
from loaders.paging import Paged, listed, wanted_parents
from models.channel import (
    CloudStore,
    Organization,
    OrganizationClosure,
    OrganizationEdge,
)
from models.reading import TENANT, TEXTS, UUIDS, Row, Rows, constant, ids, read


class OrganizationRow(Row):
    """An organisation as anyone may see it, with the key of its cloud store while that is open."""

    id: UUID
    tier: str
    code: str
    name: str
    region_code: str | None
    address: str | None
    city: str | None
    postal_code: str | None
    latitude_e7: int | None
    longitude_e7: int | None
    status: str
    is_active: bool
    cloud_store_id: UUID | None


_store = aliased(CloudStore)


def any_organizations(*conditions: Any) -> Rows:
    """The public columns of the tenant's organisations, admitted or not: a past order names its seller for ever."""
    o = Organization
    active = o.status == constant(OrganizationStatus.ACTIVE)
    return (
        select(
            o.id,
            o.tier,
            o.code,
            o.name,
            o.region_code,
            o.address,
            o.city,
            o.postal_code,
            o.latitude_e7,
            o.longitude_e7,
            o.status,
            active.label("is_active"),
            _store.id.label("cloud_store_id"),
        )
        .select_from(o)
        .outerjoin(
            _store,
            (_store.tenant_id == TENANT) & (_store.organization_id == o.id) & is_open(_store) & active,
        )
        .where(o.tenant_id == TENANT, *conditions)
    )


def organizations(*conditions: Any) -> Rows:
    """The same, of those that are admitted and not suspended: whoever is looked for, or trades now."""
    return any_organizations(Organization.status == constant(OrganizationStatus.ACTIVE), *conditions)


class OrganizationById(ById[OrganizationRow]):
    """Organisations by id, whatever their tier and status: other rows point at them. A search asks `is_active`."""

    statement = read(OrganizationRow, any_organizations(Organization.id == ids("ids").any_()))


class OrganizationByCode(Loader[tuple[str, str], OrganizationRow | None]):
    """Organisations by (tier, code), the number the trade knows them by."""

    statement = read(
        OrganizationRow,
        organizations(
            Organization.tier == bindparam("tiers", type_=TEXTS).any_(),
            Organization.code == bindparam("codes", type_=TEXTS).any_(),
        ),
    )

    async def fetch(self, keys: list[tuple[str, str]]) -> Mapping[tuple[str, str], OrganizationRow | None]:
        """The statement finds tiers × codes; what was not asked for is left aside."""
        rows = await self.reading.fetch(
            self.statement, tiers=sorted({tier for tier, _ in keys}), codes=sorted({code for _, code in keys})
        )
        return {(row.tier, row.code): row for row in rows}

    def absent(self) -> None:
        """No such organisation."""
        return


_parents = ids("parents")
_edge = aliased(OrganizationEdge)


class PrimaryUpstreamRow(OrganizationRow):
    """The organisation that mainly supplies `parent`."""

    parent: UUID


class PrimaryUpstream(Loader[UUID, PrimaryUpstreamRow | None]):
    """The primary supplier of each organisation: the next step of its chain."""

    statement = read(
        PrimaryUpstreamRow,
        organizations(
            Organization.id == _edge.upstream_id,
            _edge.tenant_id == TENANT,
            _edge.downstream_id == _parents.any_(),
            _edge.is_primary,
        ).add_columns(_edge.downstream_id.label("parent")),
    )

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, PrimaryUpstreamRow | None]:
        """One row for each organisation that has an upstream."""
        return {row.parent: row for row in await self.reading.fetch(self.statement, parents=keys)}

    def absent(self) -> None:
        """The head of a channel has none."""
        return


class SupplierRow(Row):
    """An organisation that supplies the viewer."""

    id: UUID


class SuppliesViewer(Loader[UUID, bool]):
    """Whether each organisation supplies one that the viewer speaks for, directly."""

    statement = read(
        SupplierRow,
        select(_edge.upstream_id.label("id"))
        .where(
            _edge.tenant_id == TENANT,
            _edge.kind == constant(EdgeKind.SUPPLIES),
            _edge.upstream_id == ids("ids").any_(),
            _edge.downstream_id == bindparam("viewer_organizations", type_=UUIDS).any_(),
        )
        .distinct(),
    )

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, bool]:
        """True for each that does."""
        if not self.reading.scope.organizations:
            return {}
        return {row.id: True for row in await self.reading.fetch(self.statement, ids=keys)}

    def absent(self) -> bool:
        """It does not."""
        return False


class UpstreamRow(OrganizationRow):
    """An organisation that supplies `parent`; exactly one of its suppliers is primary."""

    is_primary: bool
    parent: UUID


_mine = aliased(OrganizationClosure)


def at_or_below_viewer(organization: Any) -> ColumnElement[bool]:
    """The organisation is one the viewer speaks for, or stands below one."""
    return (
        bindparam("viewer_everything", type_=Boolean())
        | select(constant(1))
        .where(
            _mine.tenant_id == TENANT,
            _mine.descendant_id == organization,
            _mine.ancestor_id == bindparam("viewer_organizations", type_=UUIDS).any_(),
        )
        .correlate_except(_mine)
        .exists()
    )


class TagsRow(Row):
    """The tags of an organisation at or below the viewer's own."""

    id: UUID
    tags: list[str]


class TagsById(ById[TagsRow]):
    """Tags by organisation, for itself and those above it."""

    statement = read(
        TagsRow,
        select(Organization.id, Organization.tags).where(
            Organization.tenant_id == TENANT,
            Organization.id == ids("ids").any_(),
            at_or_below_viewer(Organization.id),
        ),
    )


def on_viewers_line(parent: Any, above: Any) -> ColumnElement[bool]:
    """`above` may be shown over `parent`: the viewer is the parent, or stands at or above `above` herself.

    A distributor sees how its shop hangs below it, not who else supplies that shop.
    """
    own: ColumnElement[bool] = parent == bindparam("viewer_organizations", type_=UUIDS).any_()
    return own | at_or_below_viewer(above)


_below = aliased(OrganizationClosure)


def is_store_below(brand: Any, organization: Any) -> ColumnElement[bool]:
    """The organisation is a store and stands below the brand.

    A subquery for one value is never flattened: it is one look into the closure for each row, in any tenant. The value
    is one that no index holds: else the index by ancestor could answer alone, and all of a brand's channel would be
    read for each row.
    """
    hops = (
        select(_below.hops)
        .where(
            _below.tenant_id == TENANT,
            _below.descendant_id == organization,
            _below.ancestor_id == brand,
            _below.descendant_tier == constant(Tier.STORE),
        )
        .correlate_except(_below)
        .scalar_subquery()
    )
    return hops.is_not(None)


_wanted = wanted_parents()
_above = aliased(OrganizationClosure)


class UpstreamsOf(ListBy[UpstreamRow]):
    """The direct suppliers of the viewer's own organisations; of those below, the ones on the viewer's line.

    The primary one first, then by code.
    """

    statement = listed(
        UpstreamRow,
        _wanted,
        organizations(
            Organization.id == _edge.upstream_id,
            _edge.tenant_id == TENANT,
            _edge.kind == constant(EdgeKind.SUPPLIES),
            _edge.downstream_id == _wanted.c.parent,
            on_viewers_line(_wanted.c.parent, _edge.upstream_id),
        ).add_columns(_edge.is_primary),
        ~_edge.is_primary,
        Organization.tier,
        Organization.code,
    )


class BrandRow(OrganizationRow):
    """A brand whose goods reach `parent`."""

    parent: UUID


class BrandsOf(ListBy[BrandRow]):
    """The brands whose goods reach each organisation, by name then code; a brand's own list is itself."""

    statement = listed(
        BrandRow,
        _wanted,
        organizations(
            Organization.id == _above.ancestor_id,
            Organization.tier == constant(Tier.BRAND),
            _above.tenant_id == TENANT,
            _above.descendant_id == _wanted.c.parent,
        ),
        Organization.name,
        Organization.code,
    )


class RelativeEntry(OrganizationRow):
    """An organisation on a page of another's ancestors or descendants, `hops` supply edges away."""

    hops: int
    place: int
    by_code: str
    by_id: UUID


class AncestorEntry(OrganizationRow):
    """An organisation on a page of another's ancestors; it is ordered by its distance."""

    hops: int
    place: int
    by_hops: int
    by_id: UUID


_closure = aliased(OrganizationClosure)


def _descendants(*conditions: ColumnElement[bool]) -> Paged[RelativeEntry]:
    wanted = wanted_parents()
    below = organizations(
        Organization.id == _closure.descendant_id,
        _closure.tenant_id == TENANT,
        _closure.ancestor_id == wanted.c.parent,
        _closure.hops > constant(0),
        at_or_below_viewer(wanted.c.parent),
        *conditions,
    ).add_columns(_closure.hops)
    return Paged(RelativeEntry, wanted, below, {_closure.descendant_code: str, _closure.descendant_id: UUID})


DESCENDANTS = _descendants()
"""Everyone below each organisation, by code; for organisations at or below the viewer's own."""
DESCENDANTS_OF_TIER = _descendants(_closure.descendant_tier == bindparam("tier", type_=Text()))
"""The same, of one tier."""


def _ancestors() -> Paged[AncestorEntry]:
    wanted = wanted_parents()
    above = organizations(
        Organization.id == _closure.ancestor_id,
        _closure.tenant_id == TENANT,
        _closure.descendant_id == wanted.c.parent,
        _closure.hops > constant(0),
        on_viewers_line(wanted.c.parent, _closure.ancestor_id),
    ).add_columns(_closure.hops)
    return Paged(AncestorEntry, wanted, above, {_closure.hops: int, _closure.ancestor_id: UUID})


ANCESTORS = _ancestors()
"""Everyone above the viewer's own organisations; of those below, who is on the viewer's line. The nearest first."""


class OrganizationEntry(OrganizationRow):
    """An organisation on a page of all of one tier, by code."""

    place: int
    by_code: str
    by_id: UUID


def _of_tier(*conditions: ColumnElement[bool]) -> Paged[OrganizationEntry]:
    # The tenant is the parent: the one whose organisations these are.
    wanted = wanted_parents()
    rows = organizations(
        Organization.tenant_id == wanted.c.parent, Organization.tier == bindparam("tier", type_=Text()), *conditions
    )
    return Paged(OrganizationEntry, wanted, rows, {Organization.code: str, Organization.id: UUID})


OF_TIER = _of_tier()
"""The tenant's organisations of one tier."""
OF_TIER_IN_REGION = _of_tier(Organization.region_code == bindparam("region", type_=Text()))
"""The same, in one region."""
