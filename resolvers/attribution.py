"""The attribution centre's answers: whose customer she is and was, who touched her, and who brings customers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain.attribution import BindingStanding, standing
from loaders.attribution import (
    BINDINGS,
    CUSTOMERS,
    GUIDES,
    PROMOTERS,
    TOUCHES,
    BindingOf,
    BindingRow,
    ChainOf,
    CustomersOfGuide,
    CustomersOfPromoter,
    GuideById,
    GuideRow,
    HopRow,
    PromoterById,
    PromoterRow,
)
from loaders.base import Loader
from loaders.channel import OrganizationRow
from loaders.member import Consumer
from loaders.paging import Page, Paged
from resolvers.context import Context, named, own_keys
from resolvers.paging import connect

Pages = list[Page[Any] | None]


async def binding(rows: Sequence[Consumer], ctx: Context) -> list[BindingRow | None]:
    """The active binding of each customer, for herself and for its owner."""
    return await ctx.load(BindingOf).many([row.id for row in rows])


async def bindings(rows: Sequence[Consumer], ctx: Context, *, first: int, after: str | None) -> Pages:
    """The bindings of each customer, the newest first."""
    return await connect(ctx, BINDINGS, [row.id for row in rows], first, after)


async def touches(rows: Sequence[Consumer], ctx: Context, *, first: int, after: str | None) -> Pages:
    """The touches of each customer, the newest first."""
    return await connect(ctx, TOUCHES, [row.id for row in rows], first, after)


async def standings(rows: Sequence[BindingRow], ctx: Context) -> list[BindingStanding]:
    """How firmly each binding holds now."""
    now = ctx.reading.now
    return [standing(row.ended_at, row.protected_until, row.valid_until, now) for row in rows]


async def chain(rows: Sequence[BindingRow], ctx: Context) -> list[list[HopRow]]:
    """The frozen chain of each binding, the owner first."""
    return await ctx.load(ChainOf).many([row.id for row in rows])


guide = named("guide_id", GuideById)
"""The guide a row names."""
promoter = named("promoter_id", PromoterById)
"""The promoter a row names."""


async def customers_of_guide(rows: Sequence[GuideRow], ctx: Context) -> list[int | None]:
    """How many customers each guide has bound, for who speaks for his organisation."""
    return await _counted(ctx, CustomersOfGuide, rows)


async def customers_of_promoter(rows: Sequence[PromoterRow], ctx: Context) -> list[int | None]:
    """How many customers each promoter has bound, for who speaks for her organisation."""
    return await _counted(ctx, CustomersOfPromoter, rows)


def _for_its_own(connection: Paged[Any]) -> Any:
    """An edge to a connection of each organisation, for who speaks for it; None for others."""

    async def pages(rows: Sequence[OrganizationRow], ctx: Context, *, first: int, after: str | None) -> Pages:
        return await connect(ctx, connection, own_keys(ctx, rows, "id"), first, after)

    return pages


customers, promoters, guides = _for_its_own(CUSTOMERS), _for_its_own(PROMOTERS), _for_its_own(GUIDES)


async def _counted(
    ctx: Context, kind: type[Loader[UUID, int | None]], rows: Sequence[GuideRow | PromoterRow]
) -> list[int | None]:
    return await ctx.load(kind).where_any(own_keys(ctx, rows, "organization_id"))
