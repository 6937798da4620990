"""The acts that set up an organisation: its sites, its territories, its staff.

Locks: key → the tenant's channel → the organisation → its territory, or the account.
"""

from typing import Any

from domain.base import CodeTaken, InvalidInput, NotAllowed, Problem
from domain.channel import (
    AddStaff,
    CreateSite,
    CreateTerritory,
    EndStaff,
    LastAdministrator,
    MainSiteExists,
    RegionServed,
    SetTerritoryRegions,
    SiteKind,
    must_trade,
)
from domain.permissions import Permission, administers, check_role
from loaders.channel import SiteById
from models.channel import (
    account_of,
    alone,
    dismiss,
    employ,
    employed,
    has_main_site,
    holder_of,
    is_served,
    make_site,
    make_territory,
    roles_of_others,
    set_regions,
    stands_below,
)
from models.writing import Event, Made, Transaction
from resolvers.acts import Done, act, let_on
from resolvers.channel.ground import each_region, is_platform, known_regions, let_on_any, protecting, standing
from resolvers.context import Context


# ── sites ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def create_site(ctx: Context, key: str, command: CreateSite) -> Any:
    """The platform opens the main site; who runs a site opens others below it, for itself or one below it."""

    async def effect(tx: Transaction) -> Done:
        hears, parent = {command.organization}, None
        if command.kind is SiteKind.MAIN:
            if not is_platform(ctx.viewer):
                raise NotAllowed
        else:
            parent = None if command.parent is None else await ctx.load(SiteById).one(command.parent)
            if parent is None:
                raise NotAllowed
            let_on(ctx, tx, Permission.ORGANIZATION, parent.organization_id)
            hears.add(parent.organization_id)
        # An address decides the site: which are there, and who is below whom, is seen by one act at a time.
        await alone(tx)
        if parent is not None and not await stands_below(tx, parent.organization_id, command.organization):
            raise NotAllowed
        if command.kind is SiteKind.MAIN and await has_main_site(tx):
            raise MainSiteExists
        must_trade((await standing(tx, command.organization)).status)
        await known_regions(ctx, {("input", "regionCode"): command.region})
        if command.kind is SiteKind.CITY and command.region is not None and await is_served(tx, command.region):
            raise RegionServed(command.region)
        id = await make_site(tx, command)
        if id is None:
            raise CodeTaken(command.code)
        site = Made("site", id)
        await tx.tell(Event("SiteCreated", site, frozenset(hears), {"kind": command.kind, "code": command.code}))
        return Done(site, {"code": command.code})

    return await act(ctx, "createSite", key, command, effect)


# ── territories ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def create_territory(ctx: Context, key: str, command: CreateTerritory) -> Any:
    """Who answers for an organisation gives it an area; a brand gives itself one."""

    async def effect(tx: Transaction) -> Done:
        let_on_any(ctx, tx, await protecting(tx, command.organization))
        must_trade((await standing(tx, command.organization)).status)
        above = await protecting(tx, command.organization)  # again: who it is may have changed until the lock
        let_on_any(ctx, tx, above)
        await known_regions(ctx, each_region(command.regions))
        id = await make_territory(tx, command.organization, command.name)
        if id is None:
            raise InvalidInput([Problem(("input", "name"), "The organisation has a territory of this name.")])
        facts = {"regions": await set_regions(tx, id, command.regions)}
        territory = Made("territory", id)
        await tx.tell(Event("TerritoryCreated", territory, frozenset({command.organization, *above}), facts))
        return Done(territory, facts)

    return await act(ctx, "createTerritory", key, command, effect)


async def set_territory_regions(ctx: Context, key: str, command: SetTerritoryRegions) -> Any:
    """Who answers for the holder of an area says what it is made of."""

    async def effect(tx: Transaction) -> Done:
        holder = await holder_of(tx, command.territory)
        if holder is None:
            raise NotAllowed
        above = await protecting(tx, holder)
        let_on_any(ctx, tx, above)
        await known_regions(ctx, each_region(command.regions))
        facts = {"regions": await set_regions(tx, command.territory, command.regions)}
        territory = Made("territory", command.territory)
        await tx.tell(Event("TerritoryRegionsSet", territory, frozenset({holder, *above}), facts))
        return Done(territory, facts)

    return await act(ctx, "setTerritoryRegions", key, command, effect)


# ── staff ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def add_staff(ctx: Context, key: str, command: AddStaff) -> Any:
    """A person gets a role in an organisation, or has it again."""

    async def effect(tx: Transaction) -> Done:
        let_on(ctx, tx, Permission.ORGANIZATION, command.organization)
        organization = await standing(tx, command.organization)
        must_trade(organization.status)
        check_role(command.role, organization.tier)
        account = await account_of(tx, command.person)
        called = command.person.display_name
        staff = Made("staff", await employ(tx, account, organization.id, command.role, called))
        await tx.tell(Event("StaffAdded", staff, frozenset({organization.id}), {"role": command.role}))
        return Done(staff, {"role": command.role})

    return await act(ctx, "addStaff", key, command, effect)


async def end_staff(ctx: Context, key: str, command: EndStaff) -> Any:
    """A person's role in an organisation ends, unless nobody else could give another's."""

    async def effect(tx: Transaction) -> Done:
        known = await employed(tx, command.staff)
        if known is None:
            raise NotAllowed
        let_on(ctx, tx, Permission.ORGANIZATION, known.organization_id)
        organization = await standing(tx, known.organization_id)
        one = await employed(tx, command.staff)  # again: what it was before the lock may have changed
        if one is None or not one.is_active:
            raise InvalidInput([Problem(("input", "staffId"), "It has ended already.")])
        if administers(one.role, organization.tier):
            others = await roles_of_others(tx, one)
            if not any(administers(role, organization.tier) for role in others):
                raise LastAdministrator
        await dismiss(tx, one.id)
        staff = Made("staff", one.id)
        await tx.tell(Event("StaffEnded", staff, frozenset({organization.id}), {"role": one.role}))
        return Done(staff, {"role": one.role})

    return await act(ctx, "endStaff", key, command, effect)
