"""The inventory centre's acts on what is offered to others and kept back, and on how orders are to be sourced."""

from collections.abc import Sequence
from typing import Any

from domain.base import LimitReached, NotAllowed, Sheet
from domain.catalog import skus_once
from domain.inventory import (
    MAX_CONTRIBUTIONS,
    CapLine,
    ContributeToPool,
    EndContribution,
    SafetyLine,
    SetSafetyStock,
    SetSourcingPolicy,
    refused_cap,
)
from domain.permissions import Permission
from loaders.catalog import SkuById
from loaders.channel import CloudStoreById, CloudStoreRow
from loaders.inventory import LocationById, SourcingPolicyOf, SourcingPolicyRow
from models.channel import are_related, stay_related
from models.channel import lock as lock_organizations
from models.inventory import (
    Contributed,
    is_known_to,
    keeper_of,
    lives_beside,
    lock_contribution,
    lock_held,
    stop_sharing,
    write_caps,
    write_contribution,
    write_policy,
    write_safety,
)
from models.writing import Event, Made, Outcome, Transaction
from resolvers.acts import Done, act, acting_for, bulk, let_on, outcomes
from resolvers.context import Context


async def _check_skus(ctx: Context, sheet: Sheet[Any]) -> None:
    """Refuse rows whose sku there is not, or that an earlier row names."""
    found = await ctx.load(SkuById).each(row.sku for _, row in sheet.left)
    skus_once(sheet, {sku for sku, row in found.items() if row is not None})


async def contribute_to_pool(ctx: Context, key: str, command: ContributeToPool) -> Any:
    """Goods at a location are offered through a pool, sku by sku."""

    async def effect(tx: Transaction) -> Outcome:
        owner = (await acting_for(ctx, tx, command.owner, Permission.STOCK)).id
        await lock_organizations(tx, [owner])  # what it contributes is counted under this lock
        keeper = await keeper_of(tx, command.pool)
        location = await ctx.load(LocationById).one(command.location)
        if keeper is None or location is None or not await is_known_to(tx, location.organization_id, owner):
            raise NotAllowed
        if not await are_related(tx, owner, [keeper]) or not await stay_related(tx, owner, command.visible_to):
            raise NotAllowed
        sheet: Sheet[CapLine] = Sheet(command.rows)
        await _check_skus(ctx, sheet)
        made = Contributed(command.pool, command.location, owner, command.visible_to, command.share_bps)
        if command.share_bps:
            others = await lives_beside(tx, made)
            if others is not None and others >= MAX_CONTRIBUTIONS:
                raise LimitReached(MAX_CONTRIBUTIONS)
        contribution = await write_contribution(tx, made)
        held = await lock_held(tx, contribution, (row.sku for _, row in sheet.left))
        for place, row in sheet.left:
            refused = refused_cap(row, held.get(row.sku, 0))
            if refused is not None:
                sheet.refuse(place, refused)
        await write_caps(tx, contribution, [row for _, row in sheet.left])
        hears = frozenset({owner, keeper})
        facts = {"shareBps": command.share_bps, "skus": len(sheet.left)}
        await tx.tell(Event("PoolContributed", Made("contribution", contribution), hears, facts))
        return outcomes(sheet, {place: row.sku for place, row in sheet.left}, contribution)

    return await bulk(ctx, "contributeToPool", key, command, "sku", effect, about="contribution")


async def end_contribution(ctx: Context, key: str, command: EndContribution) -> Any:
    """Nothing more is promised through a contribution; what is held through it stays held."""

    async def effect(tx: Transaction) -> Done:
        kept = await lock_contribution(tx, command.contribution)
        if kept is None:
            raise NotAllowed
        let_on(ctx, tx, Permission.STOCK, kept.owner_id)
        await stop_sharing(tx, kept.id)
        keeper = await keeper_of(tx, kept.pool_id)
        made = Made("contribution", kept.id)
        hears = frozenset(each for each in (kept.owner_id, keeper) if each is not None)
        await tx.tell(Event("ContributionEnded", made, hears, {}))
        return Done(made)

    return await act(ctx, "endContribution", key, command, effect)


async def set_safety_stock(ctx: Context, key: str, command: SetSafetyStock) -> Any:
    """Goods of an owner are kept back at a location, sku by sku."""

    async def effect(tx: Transaction) -> Outcome:
        owner = (await acting_for(ctx, tx, command.owner, Permission.STOCK)).id
        location = await ctx.load(LocationById).one(command.location)
        if location is None or not await is_known_to(tx, location.organization_id, owner):
            raise NotAllowed
        sheet: Sheet[SafetyLine] = Sheet(command.rows)
        await _check_skus(ctx, sheet)
        await write_safety(tx, location.id, owner, [row for _, row in sheet.left])
        if sheet.left:
            facts = {"skus": len(sheet.left)}
            await tx.tell(Event("SafetyStockSet", Made("location", location.id), frozenset({owner}), facts))
        return outcomes(sheet, {place: row.sku for place, row in sheet.left}, location.id)

    return await bulk(ctx, "setSafetyStock", key, command, "sku", effect, about="location")


async def set_sourcing_policy(ctx: Context, key: str, command: SetSourcingPolicy) -> Any:
    """How a cloud store's orders are to be sourced is set."""

    async def effect(tx: Transaction) -> Done:
        store = await ctx.load(CloudStoreById).one(command.cloud_store)
        if store is None:
            raise NotAllowed
        let_on(ctx, tx, Permission.CLOUD_STORE, store.organization_id)
        await write_policy(tx, command)
        made = Made("cloudstore", store.id)
        facts = {"criteria": list(command.criteria), "maxPackages": command.max_packages}
        await tx.tell(Event("SourcingPolicySet", made, frozenset({store.organization_id}), facts))
        return Done(made, facts)

    return await act(ctx, "setSourcingPolicy", key, command, effect)


async def sourcing_policy(rows: Sequence[CloudStoreRow], ctx: Context) -> list[SourcingPolicyRow | None]:
    """How each cloud store wants its orders sourced, for who runs it."""
    return await ctx.load(SourcingPolicyOf).many([row.id for row in rows])
