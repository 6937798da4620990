"""The inventory centre's acts of holding: goods kept for an order that is not placed yet, and given back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from domain.access import ActorClass
from domain.base import InvalidInput, NotAllowed, Problem, Refused
from domain.catalog import ListingOrigin, QuantityTooLarge, check_quantity
from domain.inventory import HoldStock, NotOnOneShelf, ReleaseHold, ReservationState, Wanted
from domain.permissions import Permission
from loaders.catalog import ListingById, ListingRow, SkuById
from loaders.channel import CloudStoreById, CloudStoreRow, NamedCloudStore
from loaders.inventory import HOLDS_OF_CUSTOMER, HOLDS_OF_STORE, HeldBy, HeldRow, ReservationById, ReservationRow
from loaders.member import Consumer, ConsumerById
from loaders.paging import Page
from models.inventory import OPERATION, Holding, release, why_over
from models.writing import Made, Transaction, attempted, digest_of
from resolvers.acts import Done, Told, act, let_on
from resolvers.channel import closed_malls
from resolvers.context import Context
from resolvers.paging import connect


async def hold_stock(ctx: Context, key: str, command: HoldStock) -> Any:
    """Hold goods of one cloud store, wholly or not at all."""
    try:
        try:
            asked = await _holding(ctx, key, command)
        except Refused as refused:
            made = await _done_before(ctx, key, command, refused)
        else:
            made = await ctx.hold(asked)
    except Refused as refused:
        return Told(refused)
    return await ctx.load(ReservationById).one(made.id)


async def _done_before(ctx: Context, key: str, command: HoldStock, refused: Refused) -> Made:
    """What was held under the key while that was still allowed. Raises: what was refused if nothing was, KeyReused."""

    async def once() -> Made:
        async with ctx.transaction() as tx:
            before = await tx.once(OPERATION, key, command)
            if before is None:
                raise refused
        return before

    return await attempted(once)


async def _holding(ctx: Context, key: str, command: HoldStock) -> Holding:
    """What is asked, once everything is known to be there and the viewer's to ask. Raises: Refused."""
    listings = await _on_one_shelf(ctx, command)
    store, actor = listings[0].seller_id, ctx.viewer.actor
    if ctx.viewer.actor_class is ActorClass.CONSUMER:
        customer = ctx.viewer.customer_id
        if command.customer not in (None, customer):
            raise NotAllowed
    else:
        ctx.viewer.must(Permission.ORDER, store)
        actor = actor.acting_for(store)
        customer = command.customer
        if customer is not None and await ctx.load(ConsumerById).one(customer) is None:
            raise NotAllowed
    wanted = tuple(
        Wanted(listing.sku_id, line.quantity, ListingOrigin(listing.origin).is_own_only)
        for listing, line in zip(listings, command.lines, strict=True)
    )
    skus = await ctx.load(SkuById).each(one.sku for one in wanted)
    for sku, row in skus.items():
        if row is not None:
            together = sum(one.quantity for one in wanted if one.sku == sku)
            try:
                check_quantity(together, row.min_qty, row.step_qty, sku)
            except QuantityTooLarge as large:
                raise InvalidInput([Problem(("input", "lines"), str(large))]) from None
    return Holding(
        actor,
        key,
        digest_of(command),
        listings[0].cloud_store_id,
        store,
        wanted,
        ctx.reading.now + timedelta(minutes=command.minutes),
        customer,
    )


async def _on_one_shelf(ctx: Context, command: HoldStock) -> list[ListingRow]:
    """The listings. Raises: InvalidInput for those that are not there, NotOnOneShelf."""
    found = await ctx.load(ListingById).many([line.listing for line in command.lines])
    unknown = [
        Problem(("input", "lines", str(place), "listingId"), "There is no such listing.")
        for place, row in enumerate(found)
        if row is None
    ]
    if unknown:
        raise InvalidInput(unknown)
    listings = [row for row in found if row is not None]
    if len({row.cloud_store_id for row in listings}) != 1:
        raise NotOnOneShelf
    store = await ctx.load(CloudStoreById).one(listings[0].cloud_store_id)
    if store is None or await closed_malls(ctx, [(store.organization_id, store.mode)]):
        raise NotAllowed
    return listings


async def release_hold(ctx: Context, key: str, command: ReleaseHold) -> Any:
    """Give back what is held."""

    async def effect(tx: Transaction) -> Done:
        row = await ctx.load(ReservationById).one(command.reservation)
        if row is None:
            raise NotAllowed
        if row.customer_id is None or row.customer_id != ctx.viewer.customer_id:
            # Its goods are to be had again also after the cloud store closed.
            store = await ctx.load(NamedCloudStore).one(row.cloud_store_id)
            if store is None:
                raise NotAllowed
            let_on(ctx, tx, Permission.ORDER, store.organization_id)
        if not await release(tx, [row.id], ReservationState.RELEASED):
            raise await why_over(tx, row.id)  # it was given back, or ordered, since the row was read
        return Done(Made("reservation", row.id))

    return await act(ctx, "releaseHold", key, command, effect)


async def holds_of(rows: Sequence[Consumer], ctx: Context, *, first: int, after: str | None) -> list[Page[Any] | None]:
    """What is held for each customer now: for herself all of it, for a cloud store's people what is held there."""
    return await connect(ctx, HOLDS_OF_CUSTOMER, [row.id for row in rows], first, after)


async def holds_by_store(
    rows: Sequence[CloudStoreRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """What is held by who acts for each cloud store, for whomever; None for others than those who hold there."""
    own = [row.id if ctx.viewer.may(Permission.ORDER, row.organization_id) else None for row in rows]
    return await connect(ctx, HOLDS_OF_STORE, own, first, after)


async def lines_of(rows: Sequence[ReservationRow], ctx: Context) -> list[list[HeldRow]]:
    """What each hold keeps."""
    return await ctx.load(HeldBy).many([row.id for row in rows])
