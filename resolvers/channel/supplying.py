"""The acts by which who supplies whom changes: both sides agree to it, either ends it.

Locks: key → the tenant's channel → both organisations by id → the closure → authorisations and contributions that end.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.base import InvalidInput, NotAllowed, Problem
from domain.channel import (
    EdgeKind,
    JoinUpstream,
    LeaveUpstream,
    OrganizationStatus,
    SupplyEdge,
    check_edge,
    check_offers,
    must_trade,
    primary_after_leaving,
)
from domain.permissions import Permission
from models.catalog import Ended, end_beyond
from models.channel import (
    Standing,
    alone,
    edges_to,
    follow,
    lock,
    offer,
    offered_by,
    offers_waiting,
    part,
    settle,
    supply,
)
from models.inventory import Stopped, stop_beyond
from models.writing import Event, Made, Transaction
from resolvers.acts import Done, act, let_on
from resolvers.channel.ground import is_platform, let_on_any, made
from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class _Ends:
    """Both organisations under their lock, and by whom the lower one is supplied."""

    upstream: Standing
    downstream: Standing
    edges: list[SupplyEdge[UUID]]

    @property
    def joined(self) -> bool:
        """Whether the one supplies the other."""
        return self.upstream.id in [edge.upstream for edge in self.edges]

    def told(self, kind: str) -> Event:
        """What both hear."""
        facts = {"upstream": self.upstream.id.hex}
        return Event(kind, self.made, frozenset({self.upstream.id, self.downstream.id}), facts)

    @property
    def made(self) -> Made:
        """What an act on the edge has changed."""
        return made(self.downstream)

    @property
    def done(self) -> Done:
        """What is said of it."""
        return Done(self.made, {"upstream": self.upstream.id.hex})


async def _ends(tx: Transaction, command: JoinUpstream | LeaveUpstream) -> _Ends:
    """Both ends, with the channel to itself. Raises: NotAllowed if one is not there."""
    await alone(tx)
    there = await lock(tx, [command.upstream, command.organization])
    if command.upstream not in there or command.organization not in there:
        raise NotAllowed
    return _Ends(
        there[command.upstream], there[command.organization], await edges_to(tx, there[command.organization].id)
    )


def _not_joined() -> InvalidInput:
    return InvalidInput([Problem(("input", "upstreamId"), "It does not supply the organisation.")])


async def join_upstream(ctx: Context, key: str, command: JoinUpstream) -> Any:
    """One of two says that the other is to supply it, or to be supplied; once both have, it does."""

    async def effect(tx: Transaction) -> Done:
        let_on_any(ctx, tx, (command.organization, command.upstream))
        ends = await _ends(tx, command)
        side = ctx.viewer.organization_id
        for end in (ends.upstream, ends.downstream):
            if end.id == side or is_platform(ctx.viewer):
                must_trade(end.status)
            elif end.status is not OrganizationStatus.ACTIVE:
                raise NotAllowed  # what another's standing is, a stranger is not told
        check_edge(EdgeKind.SUPPLIES, ends.upstream.tier, ends.downstream.tier)
        if ends.joined:
            raise InvalidInput([Problem(("input", "upstreamId"), "It supplies the organisation already.")])
        by = await offered_by(tx, ends.upstream.id, ends.downstream.id)
        if is_platform(ctx.viewer) or by not in (None, side):
            await settle(tx, ends.upstream.id, ends.downstream.id)
            await supply(tx, ends.upstream.id, ends.downstream.id, primary=not ends.edges)
            await tx.tell(ends.told("UpstreamJoined"))
        elif by is None and side is not None:
            other = ends.upstream.id if side == ends.downstream.id else ends.downstream.id
            check_offers(*await offers_waiting(tx, side, other))
            await offer(tx, ends.upstream.id, ends.downstream.id, side)
            await tx.tell(ends.told("SupplyOffered"))
        return ends.done

    return await act(ctx, "joinUpstream", key, command, effect)


async def leave_upstream(ctx: Context, key: str, command: LeaveUpstream) -> Any:
    """One of two ends that the other supplies it, or is supplied, or takes back or turns down what was offered."""

    async def effect(tx: Transaction) -> Done:
        let_on_any(ctx, tx, (command.organization, command.upstream))
        ends = await _ends(tx, command)
        if not ends.joined:
            if not await settle(tx, ends.upstream.id, ends.downstream.id):
                raise _not_joined()
            await tx.tell(ends.told("SupplyOfferEnded"))
            return ends.done
        own = ctx.viewer.organization_id != ends.upstream.id
        if command.primary is not None and not own:
            raise InvalidInput([Problem(("input", "primaryId"), "Only the organisation itself names it.")])
        primary = primary_after_leaving(ends.edges, ends.upstream.id, command.primary, by_downstream=own)
        await part(tx, ends.upstream.id, ends.downstream.id)
        if primary is not None:
            await follow(tx, ends.downstream.id, primary)
        lost = await end_beyond(tx, ends.upstream.id, ends.downstream.id)
        stopped = await stop_beyond(tx, ends.upstream.id, ends.downstream.id)
        told = [*(_revoked(tx, each) for each in lost), *(_stopped(each) for each in stopped)]
        await tx.tell(ends.told("UpstreamLeft"), *told)
        return ends.done

    return await act(ctx, "leaveUpstream", key, command, effect)


def _revoked(tx: Transaction, lost: Ended) -> Event:
    """What both sides of an authorisation hear that ends with the way on which its goods came."""
    hears = frozenset({lost.grantor_id, lost.grantee_id})
    return Event("AuthorizationRevoked", Made("assortment", lost.assortment_id), hears, {"at": tx.now.isoformat()})


def _stopped(contribution: Stopped) -> Event:
    """What owner and keeper hear of a contribution that ends so."""
    hears = frozenset({contribution.owner_id, contribution.keeper_id})
    return Event("ContributionEnded", Made("contribution", contribution.id), hears, {})


async def set_primary_upstream(ctx: Context, key: str, command: JoinUpstream) -> Any:
    """An organisation names whom among its upstreams its chain follows."""

    async def effect(tx: Transaction) -> Done:
        let_on(ctx, tx, Permission.ORGANIZATION, command.organization)
        ends = await _ends(tx, command)
        if not ends.joined:
            raise _not_joined()
        await follow(tx, ends.downstream.id, ends.upstream.id)
        await tx.tell(ends.told("PrimaryUpstreamSet"))
        return ends.done

    return await act(ctx, "setPrimaryUpstream", key, command, effect)
