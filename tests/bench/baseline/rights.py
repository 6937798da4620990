"""What a customer's rights are worth in a store: her holdings and their terms by loaders, put to the shared rule."""

from collections import defaultdict
from typing import Any, NamedTuple
from uuid import UUID

from aiodataloader import DataLoader
from sqlalchemy import select

from domain.channel import CloudStoreMode
from domain.member import CouponState, Holding, Place, RightKind, RightScope, Terms, Verdict, right_here
from models.channel import OrganizationClosure
from models.member import (
    Coupon,
    CouponOffer,
    MemberBalance,
    MemberGrowth,
    MemberTier,
    RightHonour,
    RightTerms,
)
from tests.bench.baseline.loaders import Loaders, Pair
from tests.bench.rules import right_rank


class Here(NamedTuple):
    """One right of a customer, and what it is worth in a store."""

    terms: RightTerms
    verdict: Verdict
    balance: int | None
    growth: int | None
    tier: MemberTier | None
    coupon: Coupon | None


class Hops(DataLoader[UUID, dict[UUID, int]]):
    """The organisations above each, with how far above."""

    def __init__(self, loaders: Loaders) -> None:
        super().__init__()
        self._session, self._tenant = loaders.session, loaders.tenant

    async def batch_load_fn(self, keys: list[UUID]) -> list[dict[UUID, int]]:
        """A map for each key."""
        x = OrganizationClosure
        found: dict[UUID, dict[UUID, int]] = defaultdict(dict)
        for row in await self._session.all(select(x).where(x.tenant_id == self._tenant, x.descendant_id.in_(keys))):
            found[row.descendant_id][row.ancestor_id] = row.hops
        return [found[key] for key in keys]


class RightsHere(DataLoader[Pair, list[Here]]):
    """The rights of (customer, cloud store)."""

    def __init__(self, loaders: Loaders) -> None:
        super().__init__()
        self._loaders = loaders
        self._growth = loaders.many(MemberGrowth.customer_id)
        self._balances = loaders.many(MemberBalance.customer_id)
        self._coupons = loaders.many(Coupon.customer_id)
        self._offers: DataLoader[UUID, list[Any]] = loaders.many(CouponOffer.terms_id)
        self._honours = loaders.many(RightHonour.terms_id)
        self._terms, self._tiers, self._hops = loaders.by_id(RightTerms), loaders.by_id(MemberTier), Hops(loaders)

    async def batch_load_fn(self, keys: list[Pair]) -> list[list[Here]]:
        """A list for each pair, in the order in which they are shown."""
        return [await self._of(customer, store) for customer, store in keys]

    async def _of(self, customer: UUID, store: UUID) -> list[Here]:
        at = await self._loaders.cloud_stores.load(store)
        organization = await self._loaders.organizations.load(at.organization_id)
        is_open = at.closed_at is None and organization.status == "ACTIVE"
        place = Place(at.id, at.organization_id, at.site_id, CloudStoreMode(at.mode), is_open)
        holdings = [
            *await self._growth.load(customer),
            *await self._balances.load(customer),
            *await self._coupons.load(customer),
        ]
        wanted = [row.terms_id for row in holdings]
        terms = dict(zip(wanted, await self._terms.load_many(wanted), strict=True))
        honours = dict(zip(wanted, await self._honours.load_many(wanted), strict=True))
        offers = dict(zip(wanted, await self._offers.load_many(wanted), strict=True))
        tiers = await self._tiers.load_many([row.tier_id for row in holdings if isinstance(row, MemberGrowth)])
        levels = {tier.id: tier for tier in tiers}
        hops = await self._hops.load(at.organization_id)
        parties = list({party for row in terms.values() for party in (row.issuer_id, row.bearer_id)})
        trading = {
            party.id for party in await self._loaders.organizations.load_many(parties) if party.status == "ACTIVE"
        }
        found = []
        for row in holdings:
            under = terms[row.terms_id]
            honoured = any(
                honour.organization_id in hops and (honour.includes_below or hops[honour.organization_id] == 0)
                for honour in honours[row.terms_id]
            )
            backed = under.issuer_id in trading and under.bearer_id in trading
            verdict = right_here(
                _holding(row, offers[row.terms_id]), _terms(under, backed), honoured, place, self._loaders.now
            )
            growth = row.growth if isinstance(row, MemberGrowth) else None
            tier = levels[row.tier_id] if isinstance(row, MemberGrowth) else None
            balance = row.balance if isinstance(row, MemberBalance) else None
            found.append(Here(under, verdict, balance, growth, tier, row if isinstance(row, Coupon) else None))
        return sorted(found, key=_rank)


def _rank(here: Here) -> tuple[Any, ...]:
    coupon = None if here.coupon is None else (here.coupon.id, here.coupon.valid_until)
    return right_rank(here.verdict.usable, RightKind(here.terms.kind), here.terms.id, here.terms.valid_until, coupon)


def _holding(row: MemberGrowth | MemberBalance | Coupon, offers: list[CouponOffer]) -> Holding:
    if isinstance(row, Coupon):
        (offer,) = offers
        off = offer.max_off_fen if offer.off_fen is None else offer.off_fen
        return Holding(None, CouponState(row.state), row.valid_from, row.valid_until, off)
    return Holding(row.balance if isinstance(row, MemberBalance) else None)


def _terms(row: RightTerms, backed: bool) -> Terms:
    return Terms(
        RightKind(row.kind),
        RightScope(row.scope),
        row.site_id,
        row.cloud_store_id,
        row.issuer_id,
        row.bearer_id,
        row.redeem_points,
        row.redeem_fen,
        row.valid_from,
        row.valid_until,
        backed,
    )
