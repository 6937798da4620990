"""The acts by which the platform takes on brands and suppliers, and by which organisations get their tags.

Locks: key → the tenant's campaigns → the tenant's channel → organisations by id → the account.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain.base import CodeTaken, LimitReached, NotAllowed, Sheet
from domain.channel import (
    MAX_HEADS,
    CreateOrganization,
    OrganizationStatus,
    SetTags,
    TagLine,
    administrator_of,
)
from domain.permissions import Permission
from models.campaign import raise_revision
from models.channel import (
    account_of,
    alone,
    chains_of,
    count_of,
    employ,
    lock_tags,
    make_organization,
    write_tags,
)
from models.writing import Event, Made, Outcome, Transaction
from resolvers.acts import Done, act, bulk, outcomes
from resolvers.channel.ground import above_of, is_platform, known_regions
from resolvers.context import Context, Viewer


async def create_organization(ctx: Context, key: str, command: CreateOrganization) -> Any:
    """The platform takes on a brand or a supplier: the field is closed to others."""

    async def effect(tx: Transaction) -> Done:
        await alone(tx)
        if await count_of(tx, command.tier) >= MAX_HEADS:
            raise LimitReached(MAX_HEADS)
        await known_regions(ctx, {("input", "where", "regionCode"): command.where.region})
        status = OrganizationStatus.ACTIVE
        id = await make_organization(tx, command.tier, command.code, command.name, command.where, status)
        if id is None:
            raise CodeTaken(command.code)
        if command.administrator is not None:
            account = await account_of(tx, command.administrator)
            await employ(tx, account, id, administrator_of(command.tier), command.administrator.display_name)
        tx.acts_for(id)
        head = Made(command.tier.lower(), id)
        await tx.tell(Event("OrganizationCreated", head, frozenset({id}), {"code": command.code}))
        return Done(head, {"code": command.code})

    return await act(ctx, "createOrganization", key, command, effect)


# ── tags ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def set_tags(ctx: Context, key: str, command: SetTags) -> Any:
    """Who answers for organisations says which tags they bear: prices and campaigns speak to them by these."""

    async def effect(tx: Transaction) -> Outcome:
        if not is_platform(ctx.viewer) and Permission.ORGANIZATION not in ctx.viewer.permissions:
            raise NotAllowed
        sheet: Sheet[TagLine] = Sheet(command.rows)
        seen: set[UUID] = set()
        for place, row in sheet.left:
            if row.organization in seen:
                sheet.wrong(place, "organizationId", "An earlier row has the same organisation.")
            seen.add(row.organization)
        await _answered_for(ctx.viewer, tx, sheet)
        if not sheet.left:  # nobody gets to hold the locks who may not
            return outcomes(sheet, {})
        await raise_revision(tx.session, tx.tenant_id)  # campaigns reach by tags
        await alone(tx)
        above = await _answered_for(ctx.viewer, tx, sheet)  # again: who it is may have changed until the lock
        _act_for_all(ctx.viewer, tx, [above[row.organization] for _, row in sheet.left])
        known = await lock_tags(tx, (row.organization for _, row in sheet.left))
        changed = {row.organization: row.tags for _, row in sheet.left if known[row.organization].tags != row.tags}
        await write_tags(tx, changed)
        await tx.tell(
            *(
                Event(
                    "OrganizationTagged",
                    Made(known[id].tier.lower(), id),
                    frozenset({id, *above[id]}),
                    {"tags": list(tags)},
                )
                for id, tags in changed.items()
            )
        )
        outcome = outcomes(sheet, {place: row.organization for place, row in sheet.left})
        return outcome._replace(
            kinds={id: one.tier.lower() for id, one in known.items()},
            of={id: {"was": list(known[id].tags), "tags": list(tags)} for id, tags in changed.items()},
        )

    return await bulk(ctx, "setTags", key, command, "store", effect)


async def _answered_for(viewer: Viewer, tx: Transaction, sheet: Sheet[TagLine]) -> dict[UUID, tuple[UUID, ...]]:
    """Who answers for each organisation of the rows; those for which the viewer does not are refused."""
    chains = await chains_of(tx, (row.organization for _, row in sheet.left))
    above = {id: above_of(chain) for id, chain in chains.items()}
    own = viewer.organization_id if Permission.ORGANIZATION in viewer.permissions else None
    for place, row in sheet.left:
        there = above.get(row.organization)
        if there is None or not (is_platform(viewer) or own in there):
            sheet.refuse(place, NotAllowed())
    return above


def _act_for_all(viewer: Viewer, tx: Transaction, above: Sequence[tuple[UUID, ...]]) -> None:
    """The platform acts on behalf of the nearest that stands above all of them, if any does, and the audit says so."""
    if is_platform(viewer) and above:
        common = [id for id in above[0] if all(id in each for each in above)]
        if common:
            tx.acts_for(common[0])
