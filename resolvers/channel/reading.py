"""The channel centre's answers: organisations, their neighbours, sites, and the viewer herself."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from domain.channel import CloudStoreMode
from loaders.base import Loader
from loaders.catalog import CategoryById, SkuById
from loaders.channel import (
    ANCESTORS,
    APPLICANTS,
    DESCENDANTS,
    DESCENDANTS_OF_TIER,
    OF_TIER,
    OF_TIER_IN_REGION,
    SITES,
    STAFF_OF,
    SUPPLY_OFFERS,
    BrandRow,
    BrandsOf,
    CloudStoreById,
    CloudStoreRow,
    DecorationOf,
    DecorationRow,
    HeldTerritoryRow,
    OrganizationByCode,
    OrganizationById,
    OrganizationRow,
    PrimaryUpstream,
    RegionByCode,
    RegionRow,
    SectionRow,
    SectionsOf,
    SiteById,
    SuppliesViewer,
    TagsById,
    TenantById,
    TenantRow,
    TerritoriesOf,
    TerritoryRow,
    UpstreamRow,
    UpstreamsOf,
)
from loaders.paging import Page
from resolvers.context import Context, Viewer, named
from resolvers.paging import connect

Organizations = Sequence[OrganizationRow]


async def closed_malls(ctx: Context, places: Iterable[tuple[UUID, str]]) -> set[UUID]:
    """The organisations among `places`, each with its cloud store's mode, whose ordering mall is closed to the viewer.

    A shop's shelf is open to every passer-by. An ordering mall's is for its own people and for whom it supplies: it
    would tell rivals what there is.
    """
    malls = {organization for organization, mode in places if mode == CloudStoreMode.B2B_ORDERING}
    supplied = await ctx.load(SuppliesViewer).each(mall for mall in malls if not ctx.viewer.scope.speaks_for(mall))
    return {mall for mall, supplies in supplied.items() if not supplies}


async def viewer(roots: Sequence[object], ctx: Context) -> list[Viewer]:
    """Who asks."""
    return [ctx.viewer] * len(roots)


async def tenant(roots: Sequence[object], ctx: Context) -> list[TenantRow | None]:
    """The request's tenant."""
    return [await ctx.load(TenantById).one(ctx.viewer.tenant_id)] * len(roots)


async def organization(roots: Sequence[object], ctx: Context, *, id: tuple[str, UUID]) -> list[OrganizationRow | None]:
    """An organisation by the id of its own tier; another tier's key is not found."""
    tier, key = id
    found = await ctx.load(OrganizationById).one(key)
    return [found if found is not None and found.is_active and found.tier == tier.upper() else None] * len(roots)


async def organization_by_code(
    roots: Sequence[object], ctx: Context, *, tier: str, code: str
) -> list[OrganizationRow | None]:
    """An organisation by the number the trade knows it by."""
    return [await ctx.load(OrganizationByCode).one((str(tier), code))] * len(roots)


async def organizations(
    roots: Sequence[object], ctx: Context, *, tier: str, region_code: str | None, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The tenant's organisations of a tier, by code."""
    parents = [ctx.viewer.tenant_id] * len(roots)
    if region_code is None:
        return await connect(ctx, OF_TIER, parents, first, after, tier=str(tier))
    return await connect(ctx, OF_TIER_IN_REGION, parents, first, after, tier=str(tier), region=region_code)


async def primary_upstream(rows: Organizations, ctx: Context) -> list[OrganizationRow | None]:
    """The next step of each organisation's chain."""
    found: list[Any] = await ctx.load(PrimaryUpstream).many([row.id for row in rows])
    return found


async def upstreams(rows: Organizations, ctx: Context) -> list[list[UpstreamRow]]:
    """The direct suppliers of each organisation."""
    return await ctx.load(UpstreamsOf).many([row.id for row in rows])


async def tags_of(rows: Organizations, ctx: Context) -> list[list[str]]:
    """The tags of each organisation, for itself and those above it."""
    found = await ctx.load(TagsById).many([row.id for row in rows])
    return [[] if tagged is None else tagged.tags for tagged in found]


async def brands(rows: Organizations, ctx: Context) -> list[list[BrandRow]]:
    """The brands whose goods reach each organisation."""
    return await ctx.load(BrandsOf).many([row.id for row in rows])


async def ancestors(rows: Organizations, ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """Everyone above each organisation."""
    return await connect(ctx, ANCESTORS, [row.id for row in rows], first, after)


async def descendants(
    rows: Organizations, ctx: Context, *, tier: str | None, first: int, after: str | None
) -> list[Page[Any] | None]:
    """Everyone below each organisation, or those of one tier."""
    parents = [row.id for row in rows]
    if tier is None:
        return await connect(ctx, DESCENDANTS, parents, first, after)
    return await connect(ctx, DESCENDANTS_OF_TIER, parents, first, after, tier=str(tier))


region = named("region_code", RegionByCode)
"""The region a row's `region_code` names."""


async def regions_of_territory(rows: Sequence[TerritoryRow], ctx: Context) -> list[list[RegionRow]]:
    """The regions each territory is made of, by code."""
    known = await ctx.load(RegionByCode).each(code for row in rows for code in row.region_codes)
    return [[found for code in row.region_codes if (found := known[code]) is not None] for row in rows]


async def territories(rows: Organizations, ctx: Context) -> list[list[HeldTerritoryRow]]:
    """The protected areas of each organisation."""
    return await ctx.load(TerritoriesOf).many([row.id for row in rows])


async def cloud_store(roots: Sequence[object], ctx: Context, *, id: UUID) -> list[CloudStoreRow | None]:
    """A cloud store by id."""
    return [await ctx.load(CloudStoreById).one(id)] * len(roots)


async def decoration_of(rows: Sequence[CloudStoreRow], ctx: Context) -> list[DecorationRow | None]:
    """The front page of each cloud store, None where its shelf is closed to the viewer."""
    closed = await closed_malls(ctx, ((row.organization_id, row.mode) for row in rows))
    return await ctx.load(DecorationOf).where_any([None if row.organization_id in closed else row.id for row in rows])


async def sections_of(rows: Sequence[DecorationRow], ctx: Context) -> list[list[SectionRow]]:
    """The parts of each front page."""
    return await ctx.load(SectionsOf).many([row.id for row in rows])


def _shown(column: str, kind: type[Loader[UUID, Any]]) -> Any:
    """An edge to what a section's ids name, in its order; what is there no longer is left out."""

    async def shown(rows: Sequence[SectionRow], ctx: Context) -> list[list[Any]]:
        known = await ctx.load(kind).each(id for row in rows for id in getattr(row, column))
        return [[found for id in getattr(row, column) if (found := known[id]) is not None] for row in rows]

    return shown


skus_of_section = _shown("sku_ids", SkuById)
"""The skus that each section shows."""
categories_of_section = _shown("category_ids", CategoryById)
"""The categories that each section shows."""


async def applicants(rows: Organizations, ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """The stores that wait for each organisation's review."""
    return await connect(ctx, APPLICANTS, [row.id for row in rows], first, after)


async def staff_of(rows: Organizations, ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """The staff of each organisation."""
    return await connect(ctx, STAFF_OF, [row.id for row in rows], first, after)


async def supply_offers(rows: Organizations, ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """What is offered between each organisation and others."""
    return await connect(ctx, SUPPLY_OFFERS, [row.id for row in rows], first, after)


cloud_store_of = named("cloud_store_id", CloudStoreById)
"""The cloud store of each organisation, if it has one that is open."""


async def sites(roots: Sequence[object], ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """The tenant's sites."""
    return await connect(ctx, SITES, [ctx.viewer.tenant_id] * len(roots), first, after)


site_of = named("site_id", SiteById)
"""The site a row's `site_id` names, if it names one."""
parent_site = named("parent_id", SiteById)
"""The site above each."""


def organization_named(column: str) -> Any:
    """An edge to the organisation whose key stands in the row's `column`."""

    return named(column, OrganizationById)
