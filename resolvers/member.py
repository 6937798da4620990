"""The member centre's answers: customers, their memberships, and what their rights are worth where."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain.base import InvalidInput, LimitReached, NotAllowed, Problem
from domain.channel import CloudStoreMode
from domain.member import MAX_MEMBERSHIPS, JoinCloudStore
from loaders.channel import CloudStoreById, CloudStoreRow, NamedCloudStore
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
from models.member import enter, join, places_of
from models.writing import Event, Made, Transaction
from resolvers.acts import Done, act
from resolvers.context import Context, named, own_keys
from resolvers.paging import connect


async def join_cloud_store(ctx: Context, key: str, command: JoinCloudStore) -> Any:
    """A shopper becomes a member of a cloud store, and a customer of the tenant if she was none.

    Locks: key → her account → the customer.
    """

    async def effect(tx: Transaction) -> Done:
        store = await ctx.load(CloudStoreById).one(command.cloud_store)
        if store is None or store.mode == CloudStoreMode.B2B_ORDERING:
            raise NotAllowed
        who = ctx.viewer.customer_id or await _newcomer(ctx, tx, command)
        places = await places_of(tx, who, store.id)
        if not places.here:
            if places.held >= MAX_MEMBERSHIPS:
                raise LimitReached(MAX_MEMBERSHIPS)
            await join(tx, who, store.id)
            facts = {"cloudStore": store.id.hex}
            await tx.tell(Event("MemberJoined", Made("customer", who), frozenset({store.organization_id}), facts))
        return Done(Made("cloudstore", store.id), {"customer": who.hex})

    return await act(ctx, "joinCloudStore", key, command, effect)


async def _newcomer(ctx: Context, tx: Transaction, command: JoinCloudStore) -> UUID:
    """Whom her issuer's token proves and nobody knows yet. Raises: NotAllowed, InvalidInput without a name."""
    if ctx.viewer.subject is None:
        raise NotAllowed
    if command.display_name is None:
        raise InvalidInput([Problem(("input", "displayName"), "Say what you are called: you are new here.")])
    entered = await enter(tx, ctx.viewer.subject, command.display_name)
    if entered is None:
        raise NotAllowed
    return entered


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
