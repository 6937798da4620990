"""The inventory centre's acts that open places for goods: locations and pools.

Locks: key → the organisation, under whose lock its places are counted.
"""

from typing import Any
from uuid import UUID

from domain.base import CodeTaken, InvalidInput, LimitReached, NotAllowed, Problem
from domain.channel import OrganizationStatus
from domain.inventory import MAX_LOCATIONS, MAX_POOLS, CreateLocation, CreatePool
from domain.permissions import Permission
from loaders.channel import RegionByCode
from models.channel import lock as lock_organizations
from models.inventory import count_locations, count_pools, make_location, make_pool
from models.writing import Event, Made, Transaction
from resolvers.acts import Done, act, acting_for
from resolvers.context import Context


async def _keeper(ctx: Context, tx: Transaction, organization: UUID | None) -> UUID:
    """The organisation that gets a place for goods, locked until the act ends. Raises: NotAllowed."""
    keeper = (await acting_for(ctx, tx, organization, Permission.ORGANIZATION)).id
    there = (await lock_organizations(tx, [keeper])).get(keeper)
    if there is None or there.status is not OrganizationStatus.ACTIVE:  # it was suspended while this waited
        raise NotAllowed
    return keeper


async def create_location(ctx: Context, key: str, command: CreateLocation) -> Any:
    """An organisation opens a place where goods lie."""

    async def effect(tx: Transaction) -> Done:
        keeper = await _keeper(ctx, tx, command.organization)
        if command.region is not None and await ctx.load(RegionByCode).one(command.region) is None:
            raise InvalidInput([Problem(("input", "regionCode"), "There is no such region.")])
        if await count_locations(tx, keeper) >= MAX_LOCATIONS:
            raise LimitReached(MAX_LOCATIONS)
        id = await make_location(tx, keeper, command)
        return await _opened(tx, "location", id, keeper, command.code)

    return await act(ctx, "createLocation", key, command, effect)


async def create_pool(ctx: Context, key: str, command: CreatePool) -> Any:
    """An organisation opens a pool, to which it and those above and below it may contribute."""

    async def effect(tx: Transaction) -> Done:
        keeper = await _keeper(ctx, tx, command.organization)
        if await count_pools(tx, keeper) >= MAX_POOLS:
            raise LimitReached(MAX_POOLS)
        return await _opened(tx, "pool", await make_pool(tx, keeper, command), keeper, command.code)

    return await act(ctx, "createPool", key, command, effect)


async def _opened(tx: Transaction, kind: str, id: UUID | None, keeper: UUID, code: str) -> Done:
    """What is told of a new place. Raises: CodeTaken where there is none, for another has its code."""
    if id is None:
        raise CodeTaken(code)
    made = Made(kind, id)
    await tx.tell(Event(f"{kind.capitalize()}Created", made, frozenset({keeper}), {"code": code}))
    return Done(made, {"code": code})
