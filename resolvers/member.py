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
from resolvers.context import Context, named, own_keys
from resolvers.paging import connect


async def customer(roots: Sequence[object], ctx: Context, *, id: UUID) -> list[Consumer | None]:
    """A customer by id, for herself and for whose customer she is."""
    return [await ctx.load(ConsumerById).one(id)] * len(roots)


customer_of = named("customer_id", ConsumerById)
"""The customer a row names, or the shopper that the viewer is."""
referred_by = named("referred_by_id", ConsumerById)
"""Who brought each customer, where the viewer may see that one too."""
cloud_store_named = named("cloud_store_id", NamedCloudStore)
"""The cloud store a row names, closed or not."""
right_of = named("terms_id", RightById)
"""The right a row names by its terms."""


async def memberships(
    rows: Sequence[Consumer], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """Where each customer is a member, the newest first."""
    return await connect(ctx, MEMBERSHIPS, [row.id for row in rows], first, after)


async def members(
    rows: Sequence[CloudStoreRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The members of each cloud store, the newest first, for who speaks for it; None for others."""
    return await connect(ctx, MEMBERS, own_keys(ctx, rows, "organization_id"), first, after)


async def rights_at(rows: Sequence[Consumer], ctx: Context, *, at: UUID) -> list[list[RightHere] | None]:
    """What each customer can use at a cloud store, and why not the rest."""
    return await ctx.load(RightsHere).many([(row.id, at) for row in rows])


async def rights_of_membership(rows: Sequence[MembershipRow], ctx: Context) -> list[list[RightHere] | None]:
    """What each member can use at her cloud store."""
    return await ctx.load(RightsHere).many([(row.customer_id, row.cloud_store_id) for row in rows])


async def tiers(rows: Sequence[RightRow], ctx: Context) -> list[list[TierRow]]:
    """The levels of each right."""
    return await ctx.load(TiersOf).many([row.id for row in rows])


async def honours(rows: Sequence[RightRow], ctx: Context) -> list[list[HonourRow]]:
    """Who honours each right beside its issuer."""
    return await ctx.load(HonoursOf).many([row.id for row in rows])


async def offer(rows: Sequence[RightRow], ctx: Context) -> list[OfferRow | None]:
    """What the coupons of each right take off."""
    return await ctx.load(OfferById).many([row.id for row in rows])
