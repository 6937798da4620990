"""The member centre's answers: customers, their memberships, and what their rights are worth where."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from loaders.channel import CloudStoreRow, NamedCloudStore
from loaders.member import (
    MEMBERS,
    MEMBERSHIPS,
    Consumer,
    ConsumerById,
    HonourRow,
    HonoursOf,
    MembershipRow,
    OfferById,
    OfferRow,
    RightById,
    RightHere,
    RightRow,
    RightsHere,
    TierRow,
    TiersOf,
)
from loaders.paging import Page
from resolvers.context import Context, Viewer
from resolvers.paging import connect


async def customer(roots: Sequence[object], ctx: Context, *, id: UUID) -> list[Consumer | None]:
    """A customer by id, for herself and for whose customer she is."""
    return [await ctx.load(ConsumerById).one(id)] * len(roots)


async def customer_of_viewer(viewers: Sequence[Viewer], ctx: Context) -> list[Consumer | None]:
    """The shopper herself."""
    return await ctx.load(ConsumerById).where_any([viewer.customer_id for viewer in viewers])


async def customer_of(rows: Sequence[Any], ctx: Context) -> list[Consumer | None]:
    """The customer a row's `customer_id` names."""
    return await ctx.load(ConsumerById).where_any([row.customer_id for row in rows])


async def referred_by(rows: Sequence[Consumer], ctx: Context) -> list[Consumer | None]:
    """Who brought each customer, where the viewer may see that one too."""
    return await ctx.load(ConsumerById).where_any([row.referred_by_id for row in rows])


async def memberships(
    rows: Sequence[Consumer], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """Where each customer is a member, the newest first."""
    return await connect(ctx, MEMBERSHIPS, [row.id for row in rows], first, after)


async def members(
    rows: Sequence[CloudStoreRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The members of each cloud store, the newest first, for who speaks for it; None for others."""
    scope = ctx.viewer.scope
    own = [row.id if scope.speaks_for(row.organization_id) else None for row in rows]
    return await connect(ctx, MEMBERS, own, first, after)


async def cloud_store_named(rows: Sequence[Any], ctx: Context) -> list[CloudStoreRow | None]:
    """The cloud store a row's `cloud_store_id` names, closed or not."""
    return await ctx.load(NamedCloudStore).where_any([row.cloud_store_id for row in rows])


async def rights_at(rows: Sequence[Consumer], ctx: Context, *, at: UUID) -> list[list[RightHere] | None]:
    """What each customer can use at a cloud store, and why not the rest."""
    return await ctx.load(RightsHere).many([(row.id, at) for row in rows])


async def rights_of_membership(rows: Sequence[MembershipRow], ctx: Context) -> list[list[RightHere] | None]:
    """What each member can use at her cloud store."""
    return await ctx.load(RightsHere).many([(row.customer_id, row.cloud_store_id) for row in rows])


async def right_of(rows: Sequence[Any], ctx: Context) -> list[RightRow | None]:
    """The right a row's `terms_id` names."""
    return await ctx.load(RightById).many([row.terms_id for row in rows])


async def tiers(rows: Sequence[RightRow], ctx: Context) -> list[list[TierRow]]:
    """The levels of each right."""
    return await ctx.load(TiersOf).many([row.id for row in rows])


async def honours(rows: Sequence[RightRow], ctx: Context) -> list[list[HonourRow]]:
    """Who honours each right beside its issuer."""
    return await ctx.load(HonoursOf).many([row.id for row in rows])


async def offer(rows: Sequence[RightRow], ctx: Context) -> list[OfferRow | None]:
    """What the coupons of each right take off."""
    return await ctx.load(OfferById).many([row.id for row in rows])
