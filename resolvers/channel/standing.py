"""The acts by which organisations come into the channel, and are shut out of it for a time.

Locks: key → the tenant's campaigns → the tenant's channel → organisations by id → the account.
"""

from typing import Any
from uuid import UUID

from domain.base import CodeTaken, NotAllowed
from domain.channel import (
    MAX_WAITING,
    ApplyAsStore,
    ChangeStanding,
    EdgeKind,
    InviteOrganization,
    OrganizationStatus,
    ReviewOrganization,
    Role,
    Step,
    Tier,
    TooManyApplications,
    administrator_of,
    check_edge,
    must_trade,
    status_after,
    who_may_resume,
)
from domain.permissions import Permission
from models.campaign import raise_revision
from models.channel import (
    Application,
    Standing,
    account_of,
    alone,
    application_of,
    applied_as,
    apply,
    decide,
    dismiss_all,
    employ,
    lock,
    make_organization,
    rename,
    set_status,
    supply,
    waiting,
)
from models.writing import Event, Made, Transaction
from resolvers.acts import Done, act, let_on
from resolvers.channel.ground import answering_for, known_regions, let_on_any, made, standing
from resolvers.context import Context

_REGION = ("input", "where", "regionCode")


async def invite_organization(ctx: Context, key: str, command: InviteOrganization) -> Any:
    """An upstream takes on a new organisation, which trades at once, with one who administers it."""

    async def effect(tx: Transaction) -> Done:
        let_on(ctx, tx, Permission.ORGANIZATION, command.upstream)
        await alone(tx)
        before = await applied_as(tx, command.code) if command.tier is Tier.STORE else None
        there = await _there(tx, command.upstream, before)
        upstream = there.get(command.upstream)
        if upstream is None:
            raise NotAllowed
        must_trade(upstream.status)
        check_edge(EdgeKind.SUPPLIES, upstream.tier, command.tier)
        await known_regions(ctx, {_REGION: command.where.region})
        status = OrganizationStatus.ACTIVE
        id = await _founded(tx, command, command.tier, status, _rejected(there, before))
        await supply(tx, upstream.id, id, primary=True)
        account = await account_of(tx, command.administrator)
        await employ(tx, account, id, administrator_of(command.tier), command.administrator.display_name)
        new = Made(command.tier.lower(), id)
        await tx.tell(Event("OrganizationInvited", new, frozenset({upstream.id, id}), {"code": command.code}))
        return Done(new, {"upstream": upstream.id.hex})

    return await act(ctx, "inviteOrganization", key, command, effect)


async def apply_as_store(ctx: Context, key: str, command: ApplyAsStore) -> Any:
    """A person registers her store under an upstream; she administers it once it is admitted."""

    async def effect(tx: Transaction) -> Done:
        account = ctx.viewer.account_id
        if account is None:
            raise NotAllowed
        before = await applied_as(tx, command.code)
        there = await _there(tx, command.upstream, before)
        upstream = there.get(command.upstream)
        if upstream is None or upstream.status is not OrganizationStatus.ACTIVE:
            raise NotAllowed
        check_edge(EdgeKind.SUPPLIES, upstream.tier, Tier.STORE)
        await known_regions(ctx, {_REGION: command.where.region})
        if await waiting(tx, account) >= MAX_WAITING:
            raise TooManyApplications
        status = OrganizationStatus.PENDING_REVIEW
        if before is not None and before.account_id == account:
            status = status_after(Step.APPLY_AGAIN, there[before.organization_id].status)
        id = await _founded(tx, command, Tier.STORE, status, _rejected(there, before))
        await apply(tx, Application(id, upstream.id, account))
        await employ(tx, account, id, Role.MANAGER)
        store = Made(Tier.STORE.lower(), id)
        await tx.tell(Event("StoreApplied", store, frozenset({upstream.id}), {"code": command.code}))
        return Done(store, {"upstream": upstream.id.hex})

    return await act(ctx, "applyAsStore", key, command, effect)


async def _there(tx: Transaction, upstream: UUID, before: Application | None) -> dict[UUID, Standing]:
    """The upstream, and the store that somebody registered under the code before, both locked."""
    return await lock(tx, [upstream, *([] if before is None else [before.organization_id])])


def _rejected(there: dict[UUID, Standing], before: Application | None) -> UUID | None:
    """The store that was registered under the code and rejected, if there is one: whoever comes next is it."""
    known = None if before is None else there[before.organization_id]
    return known.id if known is not None and known.status is OrganizationStatus.REJECTED else None


async def _founded(
    tx: Transaction,
    command: InviteOrganization | ApplyAsStore,
    tier: Tier,
    status: OrganizationStatus,
    rejected: UUID | None,
) -> UUID:
    """A new organisation, or the rejected one of its code, emptied of who was to run it. Raises: CodeTaken."""
    if rejected is not None:
        await set_status(tx, rejected, status)
        await rename(tx, rejected, command.name, command.where)
        await dismiss_all(tx, rejected)
        return rejected
    made_now = await make_organization(tx, tier, command.code, command.name, command.where, status)
    if made_now is None:
        raise CodeTaken(command.code)
    return made_now


async def review_organization(ctx: Context, key: str, command: ReviewOrganization) -> Any:
    """The upstream that a store applied under admits it, or does not."""

    async def effect(tx: Transaction) -> Done:
        asked = await _reviewed(ctx, tx, command)
        if command.approve:
            await alone(tx)
        there = await lock(tx, [asked.organization_id, asked.upstream_id])
        if await _reviewed(ctx, tx, command) != asked:  # it was rejected and applied elsewhere while this waited
            raise NotAllowed
        store, upstream = there[asked.organization_id], there[asked.upstream_id]
        status = status_after(Step.ADMIT if command.approve else Step.REJECT, store.status)
        if command.approve:
            must_trade(upstream.status)
            await supply(tx, upstream.id, store.id, primary=True)
        await set_status(tx, store.id, status)
        await decide(tx, store.id, command.reason)
        kind = "OrganizationAdmitted" if command.approve else "OrganizationRejected"
        await tx.tell(Event(kind, made(store), frozenset({upstream.id, store.id}), {"reason": command.reason}))
        return Done(made(store), {"status": status, "reason": command.reason})

    return await act(ctx, "reviewOrganization", key, command, effect)


async def _reviewed(ctx: Context, tx: Transaction, command: ReviewOrganization) -> Application:
    """What the viewer may review. Raises: NotAllowed."""
    asked = await application_of(tx, command.organization)
    if asked is None:
        raise NotAllowed
    let_on(ctx, tx, Permission.ORGANIZATION, asked.upstream_id)
    return asked


async def suspend_organization(ctx: Context, key: str, command: ChangeStanding) -> Any:
    """Who answers for an organisation shuts it out."""
    return await _change(ctx, "suspendOrganization", key, command, Step.SUSPEND, "OrganizationSuspended")


async def resume_organization(ctx: Context, key: str, command: ChangeStanding) -> Any:
    """Who answers for an organisation lets it trade again."""
    return await _change(ctx, "resumeOrganization", key, command, Step.RESUME, "OrganizationResumed")


async def _change(ctx: Context, operation: str, key: str, command: ChangeStanding, step: Step, told: str) -> Any:
    async def effect(tx: Transaction) -> Done:
        # Whether campaigns reach hangs on whether their owners trade. Nobody gets to hold this lock who may not.
        let_on_any(ctx, tx, await answering_for(tx, command.organization))
        await raise_revision(tx.session, tx.tenant_id)
        await alone(tx)
        above = await answering_for(tx, command.organization)
        let_on_any(ctx, tx, above)
        organization = await standing(tx, command.organization)
        status = status_after(step, organization.status)
        if step is Step.RESUME:
            let_on_any(ctx, tx, who_may_resume(above, organization.suspended_by))
        by = ctx.viewer.organization_id if step is Step.SUSPEND else None
        await set_status(tx, organization.id, status, suspended_by=by)
        await tx.tell(Event(told, made(organization), frozenset({organization.id, *above}), {"reason": command.reason}))
        return Done(made(organization), {"status": status, "reason": command.reason})

    return await act(ctx, operation, key, command, effect)
