"""The campaign centre's answers: what reaches a store, a member, a sku and why not; campaigns for those they concern.

What reaches a cloud store is as public as its shelf, display fees aside. What has not begun, and why something does not
reach, is for the people of store and owner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from domain.access import Audience
from domain.base import BadInput, BadPage
from domain.campaign import (
    ANYBODY,
    MAX_CLAUSES,
    Dimension,
    Miss,
    Misses,
    Moment,
    Part,
    ReachIndex,
    ReachReason,
    Terms,
    moment_of,
    terms_here,
)
from loaders.campaign import (
    AHEAD,
    ANSWERS,
    CAMPAIGNS_OF,
    CAMPAIGNS_OF_STATUS,
    MAX_CONDITIONS_SHOWN,
    CampaignById,
    CampaignFound,
    CampaignOfferById,
    CampaignRow,
    ClauseRow,
    ClausesOf,
    ConditionRow,
    ConditionsOf,
    FunderRow,
    FundersOf,
    IndexOf,
    ItemSideOf,
    MemberSideOf,
    StoreSide,
    StoreSideOf,
    TierById,
    since_of,
    terms_of,
)
from loaders.catalog import ListingRow, SkuById
from loaders.channel import CloudStoreRow, OrganizationRow, TerritoryById
from loaders.member import RightById
from loaders.paging import AtHand, Keyed, KeyPart, Page
from resolvers.channel import closed_malls
from resolvers.context import Context, named, own_keys
from resolvers.paging import connect, page_request

DEFAULT_SHOWN = 10
MAX_SHOWN = 100
"""The most campaigns that one store, or one listing, shows."""

MISSES = AtHand(int, UUID)
"""What does not reach a cloud store, the highest priority first."""


@dataclass(frozen=True, slots=True)
class CampaignHere:
    """A campaign that reaches a store, with the terms that hold there."""

    campaign: CampaignRow
    terms: Terms


@dataclass(frozen=True, slots=True)
class CampaignMiss(Keyed):
    """A campaign that does not reach, and why."""

    campaign: CampaignRow
    reason: ReachReason
    dimension: Dimension | None

    @property
    def key(self) -> tuple[KeyPart, ...]:
        """Its rank."""
        return (-self.campaign.priority, self.campaign.id)


class _Place(NamedTuple):
    """A cloud store that is asked about."""

    cloud_store_id: UUID
    organization_id: UUID
    mode: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What all places are asked with."""

    index: ReachIndex
    moment: Moment
    parts: tuple[Part, ...]


async def campaigns_of_cloud_store(
    rows: Sequence[CloudStoreRow],
    ctx: Context,
    *,
    member: UUID | None,
    sku: UUID | None,
    terminal: str | None,
    at: datetime | None,
    first: int,
) -> list[list[CampaignHere] | None]:
    """What reaches each cloud store, the best of it.

    Raises: BadInput for an instant out of reach; BadPage for a wrong `first`.
    """
    places = [_Place(row.id, row.organization_id, row.mode) for row in rows]
    return await _here(ctx, places, [sku] * len(rows), member, terminal, at, first)


async def campaigns_of_listing(
    rows: Sequence[ListingRow],
    ctx: Context,
    *,
    member: UUID | None,
    terminal: str | None,
    at: datetime | None,
    first: int,
) -> list[list[CampaignHere] | None]:
    """What reaches each listing: its sku, at its store.

    Raises: BadInput for an instant out of reach; BadPage for a wrong `first`.
    """
    places = [_Place(row.cloud_store_id, row.seller_id, row.mode) for row in rows]
    return await _here(ctx, places, [row.sku_id for row in rows], member, terminal, at, first)


async def _here(
    ctx: Context,
    places: Sequence[_Place],
    skus: Sequence[UUID | None],
    member: UUID | None,
    terminal: str | None,
    at: datetime | None,
    first: int,
) -> list[list[CampaignHere] | None]:
    _check(first, MAX_SHOWN)
    asked, items, closed, sides = await ctx.reading.side_by_side(
        _asked(ctx, member, terminal, at),
        _items(ctx, skus),
        closed_malls(ctx, [(place.organization_id, place.mode) for place in places]),
        _sides(ctx, places),
    )
    if asked is None:
        return [None] * len(places)
    told = [
        place.organization_id not in closed
        and _may_ask(ctx, place.organization_id, member)
        and (sku is None or items[sku] is not None)
        for place, sku in zip(places, skus, strict=True)
    ]
    running = asked.index.running(asked.moment.at)
    ready: dict[UUID, tuple[Part, int]] = {}  # of each store what is the same for all its skus
    found: list[list[tuple[UUID, Terms | None]] | None] = []
    for place, sku, tell in zip(places, skus, told, strict=True):
        side = sides.get(place.cloud_store_id)
        if side is None or not tell:
            found.append([] if tell else None)
            continue
        if place.cloud_store_id not in ready:
            shown = side.gates.passing & running & _shown(ctx, asked.index, place)
            ready[place.cloud_store_id] = asked.index.joined((side.part, *asked.parts)), shown
        held, shown = ready[place.cloud_store_id]
        reached = asked.index.reached((held, *_part(items, sku)), shown)
        ids = (asked.index.aims[position].id for position in islice(reached, first))
        found.append([(one, side.terms.get(one)) for one in ids])
    return await _with_terms(ctx, found)


def _check(first: int, most: int) -> None:
    if not 1 <= first <= most:
        raise BadPage(f"`first` must be between 1 and {most}.")


async def _asked(ctx: Context, member: UUID | None, terminal: str | None, at: datetime | None) -> _Asked | None:
    """What does not depend on the place; None for a member whom the viewer may not see, or who is nobody.

    Without a member a shopper asks for herself, and anyone else for a shopper of whom nothing is known.
    """
    now = ctx.reading.now
    at = now if at is None else at
    if not since_of(now) <= at <= now + AHEAD:
        raise BadInput("`at` must lie between a day ago and a year ahead.")
    shopper = ctx.viewer.customer_id if member is None else member
    index, by_member = await ctx.reading.side_by_side(
        ctx.load(IndexOf).one(ctx.viewer.tenant_id), _by_member(ctx, shopper)
    )
    if shopper is None:
        by_member = index.part(ANYBODY)
    if by_member is None:
        return None
    moment = moment_of(at, ctx.reading.zone)
    parts = (by_member, index.part({} if terminal is None else {Dimension.TERMINAL: (terminal,)}))
    return _Asked(index, moment, (*parts, index.part_of_moment(moment)))


async def _by_member(ctx: Context, shopper: UUID | None) -> Part | None:
    """A shopper put to the index; None for one whom the viewer may not see, or who is nobody."""
    if shopper is None or ctx.viewer.actor_class not in Audience.MEMBER.admits:
        return None
    return await ctx.load(MemberSideOf).one(shopper)


def _may_ask(ctx: Context, organization: UUID, member: UUID | None) -> bool:
    """Whether the viewer may ask about the member there, as with her rights."""
    return member is None or member == ctx.viewer.customer_id or ctx.viewer.scope.speaks_for(organization)


async def _items(ctx: Context, skus: Sequence[UUID | None]) -> dict[UUID, Part | None]:
    return await ctx.load(ItemSideOf).each(sku for sku in skus if sku is not None)


def _part(items: Mapping[UUID, Part | None], sku: UUID | None) -> tuple[Part, ...]:
    item = None if sku is None else items[sku]
    return () if item is None else (item,)


async def _sides(ctx: Context, places: Sequence[_Place]) -> dict[UUID, StoreSide | None]:
    """The stores put to the index; none where no campaign is to be found."""
    return await ctx.load(StoreSideOf).each(place.cloud_store_id for place in places)


def _shown(ctx: Context, index: ReachIndex, place: _Place) -> int:
    """To the store's people everything, to others what has begun by now and is no fee, and to owners their own."""
    scope = ctx.viewer.scope
    if scope.speaks_for(place.organization_id):
        return index.heads
    return index.started(ctx.reading.now) & ~index.fees | index.owned_by(scope.organizations)


async def _with_terms(
    ctx: Context, found: Sequence[list[tuple[UUID, Terms | None]] | None]
) -> list[list[CampaignHere] | None]:
    rows = await ctx.load(CampaignFound).each(one for reached in found for one, _ in reached or ())
    return [
        None
        if reached is None
        else [
            CampaignHere(row, terms_here(terms_of(row), terms))
            for one, terms in reached
            if (row := rows[one]) is not None
        ]
        for reached in found
    ]


async def campaigns_missed(
    rows: Sequence[CloudStoreRow],
    ctx: Context,
    *,
    member: UUID | None,
    sku: UUID | None,
    terminal: str | None,
    at: datetime | None,
    first: int,
    after: str | None,
) -> list[Page[Any] | None]:
    """What does not reach each cloud store, with the reason, of all that a request of this instant may ask about.

    The store's people are told of the campaigns of those above it but display fees, a campaign's owner of her own.

    Raises: BadInput for an instant out of reach; BadPage and BadCursor for a wrong page.
    """
    request = page_request(MISSES, first, after)
    asked, items, sides = await ctx.reading.side_by_side(
        _asked(ctx, member, terminal, at),
        _items(ctx, [sku]),
        _sides(ctx, [_Place(row.id, row.organization_id, row.mode) for row in rows]),
    )
    if asked is None or (sku is not None and items[sku] is None):
        return [None] * len(rows)
    index, own = asked.index, asked.index.owned_by(ctx.viewer.scope.organizations)
    # The index also knows what was over before: how much of it depends on when it was built.
    known = index.lasting(since_of(ctx.reading.now))
    cut: list[tuple[Page[Any], Sequence[tuple[int, Miss]]] | None] = []
    for row in rows:
        mine = ctx.viewer.scope.speaks_for(row.organization_id)
        if not _may_ask(ctx, row.organization_id, member) or not (mine or own):
            cut.append(None)
            continue
        side, missed = sides.get(row.id), Misses((), 0)
        if side is not None:
            told = index.heads if ctx.viewer.scope.everything else own | (_from_above(index, side) if mine else 0)
            asking = (*_part(items, sku), *asked.parts)
            missed = index.missed(side.gates, side.part, asking, asked.moment.at, told & known)
        cut.append(MISSES.page(index.listed(missed, request.after), missed.total, row.id, request))
    return await _with_reasons(ctx, index, cut)


def _from_above(index: ReachIndex, side: StoreSide) -> int:
    """The campaigns of those above a store that its people are told of; a display fee it does not get is none."""
    return index.owned_by(side.above) & ~index.fees


async def _with_reasons(
    ctx: Context, index: ReachIndex, cut: Sequence[tuple[Page[Any], Sequence[tuple[int, Miss]]] | None]
) -> list[Page[Any] | None]:
    rows = await ctx.load(CampaignFound).each(
        index.aims[position].id for there in cut if there is not None for position, _ in there[1]
    )
    pages: list[Page[Any] | None] = []
    for there in cut:
        if there is not None:
            there[0].rows.extend(
                CampaignMiss(row, miss.reason, miss.dimension)
                for position, miss in there[1]
                if (row := rows[index.aims[position].id]) is not None
            )
        pages.append(None if there is None else there[0])
    return pages


# ── campaigns themselves ──────────────────────────────────────────────────────────────────────────────────────────────
async def campaign(roots: Sequence[object], ctx: Context, *, id: UUID) -> list[CampaignRow | None]:
    """A campaign by id."""
    return [await ctx.load(CampaignById).one(id)] * len(roots)


async def campaigns_of(
    rows: Sequence[OrganizationRow], ctx: Context, *, status: str | None, first: int, after: str | None
) -> list[Page[Any] | None]:
    """The campaigns of each organisation, or those of one status; for who speaks for it."""
    parents = [row.id for row in rows]
    if status is None:
        return await connect(ctx, CAMPAIGNS_OF, parents, first, after)
    return await connect(ctx, CAMPAIGNS_OF_STATUS, parents, first, after, status=str(status))


gift_of = named("gift_sku_id", SkuById)
"""The sku that each campaign gives, if it gives one."""
offer_of = named("coupon_terms_id", CampaignOfferById)
"""What the coupons of each campaign take off, if it gives any."""
coupon_of = named("coupon_terms_id", RightById)
"""The right that the coupons of each campaign give, for who may see it."""
sku_of_condition = named("sku_id", SkuById)
"""The sku that each condition names, if it names one."""
territory_of_condition = named("territory_id", TerritoryById)
"""The territory that each condition names, if it names one."""
tier_of_condition = named("member_tier_id", TierById)
"""The level that each condition names, if it names one."""


async def funders_of(rows: Sequence[CampaignRow], ctx: Context) -> list[list[FunderRow] | None]:
    """Who funds each campaign, for its owner and its funders; None for others."""
    found = await ctx.load(FundersOf).many([row.id for row in rows])
    scope = ctx.viewer.scope
    return [
        funders if funders or scope.speaks_for(row.owner_id) else None for row, funders in zip(rows, found, strict=True)
    ]


async def clauses_of(rows: Sequence[CampaignRow], ctx: Context, *, first: int) -> list[list[ClauseRow] | None]:
    """What each campaign aims at, for its owner; None for others. Raises: BadPage for a wrong `first`."""
    _check(first, MAX_CLAUSES)
    found = await ctx.load(ClausesOf).many([row.id for row in rows])
    scope = ctx.viewer.scope
    return [
        clauses[:first] if scope.speaks_for(row.owner_id) else None for row, clauses in zip(rows, found, strict=True)
    ]


async def conditions_of(rows: Sequence[ClauseRow], ctx: Context, *, first: int) -> list[list[ConditionRow]]:
    """The first conditions of each clause. Raises: BadPage for a wrong `first`."""
    _check(first, MAX_CONDITIONS_SHOWN)
    found = await ctx.load(ConditionsOf).many([(row.parent, row.clause) for row in rows])
    return [conditions[:first] for conditions in found]


async def answers_of(
    rows: Sequence[CampaignRow], ctx: Context, *, first: int, after: str | None
) -> list[Page[Any] | None]:
    """What stores said to each campaign, for its owner; None for others."""
    return await connect(ctx, ANSWERS, own_keys(ctx, rows, "owner_id"), first, after)
