"""The act by which an upstream takes on many organisations at once, row by row.

Locks: key → the tenant's channel → the upstream → the accounts.
"""

from typing import Any
from uuid import UUID

from domain.base import CodeTaken, NotAllowed, Sheet
from domain.channel import (
    AccountInactive,
    EdgeKind,
    EdgeNotAllowed,
    InvitedLine,
    InviteOrganizations,
    Tier,
    administrator_of,
    may_join,
    must_trade,
)
from domain.permissions import Permission
from loaders.channel import RegionByCode
from models.base import new_id
from models.channel import Newcomer, accounts_of, alone, codes_taken, shut_accounts, take_on
from models.writing import Event, Made, Outcome, Transaction
from resolvers.acts import bulk, let_on, outcomes
from resolvers.channel.ground import standing
from resolvers.context import Context


async def invite_organizations(ctx: Context, key: str, command: InviteOrganizations) -> Any:
    """Organisations are taken on, each with one who administers it; good rows are kept."""

    async def effect(tx: Transaction) -> Outcome:
        own = command.upstream or ctx.viewer.organization_id
        if own is None:
            raise NotAllowed
        let_on(ctx, tx, Permission.ORGANIZATION, own)
        await alone(tx)
        upstream = await standing(tx, own)
        must_trade(upstream.status)
        sheet: Sheet[InvitedLine] = Sheet(command.rows)
        _check_tiers(sheet, upstream.tier)
        await _check_places(ctx, sheet)
        await _check_taken(tx, sheet)
        left = sheet.left
        accounts = await accounts_of(tx, {row.administrator.called: row.administrator.display_name for _, row in left})
        made = {
            place: Newcomer(
                new_id(),
                row.tier,
                row.code,
                row.name,
                row.where,
                accounts[row.administrator.called],
                administrator_of(row.tier),
                row.administrator.display_name,
            )
            for place, row in left
        }
        if made:
            await take_on(tx, own, list(made.values()))
        await tx.tell(*(_invited(own, each) for each in made.values()))
        kinds = {each.id: each.tier.lower() for each in made.values()}
        return outcomes(sheet, {place: each.id for place, each in made.items()})._replace(kinds=kinds)

    return await bulk(ctx, "inviteOrganizations", key, command, "store", effect)


def _invited(upstream: UUID, new: Newcomer) -> Event:
    made = Made(new.tier.lower(), new.id)
    return Event("OrganizationInvited", made, frozenset({upstream, new.id}), {"code": new.code})


def _check_tiers(sheet: Sheet[InvitedLine], upstream: Tier) -> None:
    """Refuse tiers that the upstream does not supply, and rows that an earlier row says."""
    seen: set[tuple[Tier, str]] = set()
    for place, row in sheet.left:
        if not may_join(EdgeKind.SUPPLIES, upstream, row.tier):
            sheet.refuse(place, EdgeNotAllowed(EdgeKind.SUPPLIES, upstream, row.tier))
        if (row.tier, row.code) in seen:
            sheet.wrong(place, "code", "An earlier row has the same code.")
        seen.add((row.tier, row.code))


async def _check_places(ctx: Context, sheet: Sheet[InvitedLine]) -> None:
    """Refuse rows that name regions that are not there."""
    regions = {row.where.region for _, row in sheet.left if row.where.region is not None}
    known = await ctx.load(RegionByCode).each(regions)
    for place, row in sheet.left:
        if row.where.region is not None and known[row.where.region] is None:
            sheet.wrong(place, "where", "There is no such region.", "regionCode")


async def _check_taken(tx: Transaction, sheet: Sheet[InvitedLine]) -> None:
    """Refuse numbers that are taken, and people whose account is shut."""
    taken = await codes_taken(tx, ((row.tier, row.code) for _, row in sheet.left))
    shut = await shut_accounts(tx, (row.administrator.called for _, row in sheet.left))
    for place, row in sheet.left:
        if (row.tier, row.code) in taken:
            sheet.refuse(place, CodeTaken(row.code))
        elif row.administrator.called in shut:
            sheet.refuse(place, AccountInactive())
