"""The acts on an organisation's cloud store: opened, told how to sell, decorated, closed.

Locks: key → the organisation → its cloud store.
"""

from typing import Any
from uuid import UUID

from domain.base import NotAllowed
from domain.channel import (
    CloseCloudStore,
    CloudStoreExists,
    DecorateCloudStore,
    OpenCloudStore,
    SetCloudStoreMode,
    SiteKind,
    check_mode,
    must_trade,
)
from domain.permissions import Permission
from loaders.catalog import CategoryById, SkuById
from loaders.channel import SiteById
from models.channel import (
    Keeping,
    Standing,
    close_store,
    decorate,
    keeper_of,
    kept,
    kept_by,
    open_store,
    set_mode,
    stands_below,
)
from models.writing import Event, Made, Transaction
from resolvers.acts import Done, act, let_on
from resolvers.channel.ground import Path, made, refuse_unknown, standing
from resolvers.context import Context


async def open_cloud_store(ctx: Context, key: str, command: OpenCloudStore) -> Any:
    """An organisation opens its cloud store, or the one it had before again."""

    async def effect(tx: Transaction) -> Done:
        let_on(ctx, tx, Permission.CLOUD_STORE, command.organization)
        organization = await standing(tx, command.organization)
        must_trade(organization.status)
        check_mode(command.mode, organization.tier)
        if command.site is not None:
            is_far = not await _is_near(ctx, tx, command.site, organization)
            refuse_unknown({("input", "siteId"): is_far}, "site for it")
        before = await kept_by(tx, organization.id)
        if before is not None and (before.closed_at is None or before.closed_at > tx.now):
            raise CloudStoreExists
        store = Made("cloudstore", await open_store(tx, command, organization.region))
        await tx.tell(Event("CloudStoreOpened", store, frozenset({organization.id}), {"mode": command.mode}))
        return Done(store, {"mode": command.mode})

    return await act(ctx, "openCloudStore", key, command, effect)


async def set_cloud_store_mode(ctx: Context, key: str, command: SetCloudStoreMode) -> Any:
    """A cloud store sells in another way from now on."""

    async def effect(tx: Transaction) -> Done:
        organization, store = await _open(ctx, tx, command.cloud_store)
        check_mode(command.mode, organization.tier)
        await set_mode(tx, store.id, command.mode)
        facts = {"mode": command.mode, "before": store.mode}
        await tx.tell(Event("CloudStoreModeSet", _made(store), frozenset({organization.id}), facts))
        return Done(_made(store), facts)

    return await act(ctx, "setCloudStoreMode", key, command, effect)


async def decorate_cloud_store(ctx: Context, key: str, command: DecorateCloudStore) -> Any:
    """A cloud store has another front page from now on."""

    async def effect(tx: Transaction) -> Done:
        organization, store = await _open(ctx, tx, command.cloud_store)
        await _known_goods(ctx, command)
        await decorate(tx, command)
        facts = {"sections": len(command.sections)}
        await tx.tell(Event("CloudStoreDecorated", _made(store), frozenset({organization.id}), facts))
        return Done(_made(store), facts)

    return await act(ctx, "decorateCloudStore", key, command, effect)


async def close_cloud_store(ctx: Context, key: str, command: CloseCloudStore) -> Any:
    """A cloud store closes now."""

    async def effect(tx: Transaction) -> Done:
        organization, store = await _open(ctx, tx, command.cloud_store)
        await close_store(tx, store.id)
        facts = {"reason": command.reason}
        await tx.tell(Event("CloudStoreClosed", _made(store), frozenset({organization.id}), facts))
        # A closed cloud store is not there to be shown: the answer is whose it was.
        return Done(made(organization), {"cloudStore": store.id.hex, **facts})

    return await act(ctx, "closeCloudStore", key, command, effect)


async def _is_near(ctx: Context, tx: Transaction, site: UUID, organization: Standing) -> bool:
    """Whether a site is the main one, or run by the organisation or one above it."""
    found = await ctx.load(SiteById).one(site)
    if found is None:
        return False
    return found.kind == SiteKind.MAIN or await stands_below(tx, found.organization_id, organization.id)


def _made(store: Keeping) -> Made:
    return Made("cloudstore", store.id)


async def _open(ctx: Context, tx: Transaction, cloud_store: UUID) -> tuple[Standing, Keeping]:
    """A cloud store of the viewer's that is open, with whose it is, both locked. Raises: NotAllowed, StatusForbids."""
    keeper = await keeper_of(tx, cloud_store)
    if keeper is None:
        raise NotAllowed
    let_on(ctx, tx, Permission.CLOUD_STORE, keeper)
    organization = await standing(tx, keeper)
    must_trade(organization.status)
    store = await kept(tx, cloud_store)
    if store is None or not store.is_open(tx.now):
        raise NotAllowed
    return organization, store


async def _known_goods(ctx: Context, command: DecorateCloudStore) -> None:
    """Refuse skus and categories that are not there. Raises: InvalidInput with the path of each."""
    skus = await ctx.load(SkuById).each(sku for section in command.sections for sku in section.skus)
    categories = await ctx.load(CategoryById).each(one for section in command.sections for one in section.categories)
    wrong_skus: dict[Path, bool] = {}
    wrong_categories: dict[Path, bool] = {}
    for place, section in enumerate(command.sections):
        for at, sku in enumerate(section.skus):
            wrong_skus["input", "sections", place, "skuIds", at] = skus[sku] is None
        for at, category in enumerate(section.categories):
            wrong_categories["input", "sections", place, "categoryIds", at] = categories[category] is None
    refuse_unknown(wrong_skus, "sku")
    refuse_unknown(wrong_categories, "category")
