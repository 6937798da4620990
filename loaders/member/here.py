"""What customers can use in cloud stores: their holdings, who honours them there, and the rule's verdict on each.

For any number of (customer, cloud store) it is one statement for the stores, three for what is held, one for the terms
and one for who honours them. The rule itself is `domain.member.right_here`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select

from domain.channel import CloudStoreMode, OrganizationStatus
from domain.member import CouponState, Holding, Place, RightKind, RightScope, Terms, Verdict, right_here
from loaders.base import LIST_LIMIT, ListByPlace, Loader
from loaders.channel import is_open
from loaders.member.person import herself, may_see
from loaders.member.right import CouponRow, RightById, RightRow, coupons, may_see_held
from loaders.paging import each, wanted_keys, wanted_parents
from models.channel import CloudStore, Organization, OrganizationClosure
from models.member import Coupon, CouponOffer, MemberBalance, MemberGrowth, MemberTier, RightHonour, RightTerms
from models.reading import NOW, TENANT, Row, constant, ids, in_scope, read

HELD_LIMIT = 1_000
"""The most coupons, balances and grown tiers of one customer that are looked at, those that can be used first."""


class WhereRow(Row):
    """A cloud store where the viewer may ask for a customer's rights; closed ones too."""

    place: int
    cloud_store_id: UUID
    organization_id: UUID
    site_id: UUID | None
    mode: str
    is_open: bool


def _places() -> Any:
    wanted = wanted_keys("customer", "cloud_store")
    x = CloudStore
    trades = Organization.status == constant(OrganizationStatus.ACTIVE)
    rows = (
        select(
            x.id.label("cloud_store_id"),
            x.organization_id,
            x.site_id,
            x.mode,
            (is_open(x) & trades).label("is_open"),
        )
        .join(Organization, (Organization.tenant_id == TENANT) & (Organization.id == x.organization_id))
        .where(
            x.tenant_id == TENANT,
            x.id == wanted.c.cloud_store,
            herself(wanted.c.customer) | in_scope(x.organization_id),
            may_see(wanted.c.customer),
        )
    )
    return read(WhereRow, each(WhereRow, wanted, rows))


PLACES = _places()
"""The cloud stores of (customer, cloud store): all of them for herself, for others those they speak for."""


class GrowthRow(Row):
    """What a customer has grown to under TIER terms, and the level she has."""

    place: int
    terms_id: UUID
    growth: int
    level: int
    code: str
    name: str
    growth_from: int
    points_rate_pct: int


class BalanceRow(Row):
    """What a customer holds under POINTS or STORED_VALUE terms."""

    place: int
    terms_id: UUID
    balance: int


class HeldCouponRow(CouponRow):
    """A coupon a customer holds. `most_off_fen` is what it takes off at most, null where that has no limit."""

    most_off_fen: int | None
    place: int


def _growths() -> Any:
    wanted = wanted_parents()
    x, tier = MemberGrowth, MemberTier
    rows = (
        select(x.terms_id, x.growth, tier.level, tier.code, tier.name, tier.growth_from, tier.points_rate_pct)
        .join(tier, (tier.tenant_id == TENANT) & (tier.id == x.tier_id))
        .join(RightTerms, (RightTerms.tenant_id == TENANT) & (RightTerms.id == x.terms_id))
        .where(
            x.tenant_id == TENANT,
            x.customer_id == wanted.c.parent,
            may_see_held(wanted.c.parent, RightTerms),
        )
        .order_by(x.terms_id)
        .limit(constant(HELD_LIMIT))
    )
    return read(GrowthRow, each(GrowthRow, wanted, rows))


def _balances() -> Any:
    wanted = wanted_parents()
    x = MemberBalance
    rows = (
        select(x.terms_id, x.balance)
        .join(RightTerms, (RightTerms.tenant_id == TENANT) & (RightTerms.id == x.terms_id))
        .where(
            x.tenant_id == TENANT,
            x.customer_id == wanted.c.parent,
            may_see_held(wanted.c.parent, RightTerms),
        )
        .order_by(x.balance == constant(0), x.terms_id)
        .limit(constant(HELD_LIMIT))
    )
    return read(BalanceRow, each(BalanceRow, wanted, rows))


def _coupons() -> Any:
    wanted = wanted_parents()
    x = Coupon
    over = (x.state != constant(CouponState.AVAILABLE)) | (x.valid_until <= NOW)
    rows = (
        coupons(x.customer_id == wanted.c.parent, of=wanted.c.parent)
        .join(CouponOffer, (CouponOffer.tenant_id == TENANT) & (CouponOffer.terms_id == x.terms_id))
        .add_columns(func.coalesce(CouponOffer.off_fen, CouponOffer.max_off_fen).label("most_off_fen"))
        .order_by(over, x.valid_until, x.id)
        .limit(constant(HELD_LIMIT))
    )
    return read(HeldCouponRow, each(HeldCouponRow, wanted, rows))


class GrowthsOf(ListByPlace[UUID, GrowthRow]):
    """The tiers each customer has grown to, as far as the viewer may see them."""

    statement = _growths()


class BalancesOf(ListByPlace[UUID, BalanceRow]):
    """The points and the stored value of each customer, as far as the viewer may see them."""

    statement = _balances()


class CouponsOf(ListByPlace[UUID, HeldCouponRow]):
    """The coupons of each customer that the viewer may see, those that can be used and end first before the others."""

    statement = _coupons()


class HonouredRow(Row):
    """A right that an organisation honours by itself or through one above it."""

    place: int
    terms_id: UUID


def _honoured() -> Any:
    wanted = wanted_parents()
    above, x = OrganizationClosure, RightHonour
    rows = (
        select(x.terms_id)
        .select_from(above)
        .join(x, (x.tenant_id == TENANT) & (x.organization_id == above.ancestor_id))
        .where(
            above.tenant_id == TENANT,
            above.descendant_id == wanted.c.parent,
            x.terms_id == ids("terms").any_(),
            x.includes_below | (above.hops == constant(0)),
            in_scope(above.descendant_id) | bindparam("viewer_customer", type_=Uuid()).is_not(None),
        )
    )
    return read(HonouredRow, each(HonouredRow, wanted, rows))


class HonouredBy(Loader[tuple[UUID, UUID], bool]):
    """Whether an honour of (organisation, right) holds for the organisation; its own rights it honours without one."""

    statement = _honoured()

    async def fetch(self, keys: list[tuple[UUID, UUID]]) -> Mapping[tuple[UUID, UUID], bool]:
        """The statement finds organisations × rights; what was not asked for is left aside."""
        organizations = list(dict.fromkeys(organization for organization, _ in keys))
        terms = list(dict.fromkeys(right for _, right in keys))
        rows = await self.reading.fetch(self.statement, parents=organizations, terms=terms)
        return {(organizations[row.place - 1], row.terms_id): True for row in rows}

    def absent(self) -> bool:
        """Nobody says so."""
        return False


class Held(NamedTuple):
    """One thing a customer holds, and what it was read from: a TIER or a COUPON, where it is one."""

    terms_id: UUID
    holding: Holding
    tier: GrowthRow | None = None
    coupon: HeldCouponRow | None = None


@dataclass(frozen=True, slots=True)
class RightHere:
    """A right a customer holds, judged in one cloud store."""

    right: RightRow
    verdict: Verdict
    held: Held

    @property
    def settles_with_id(self) -> UUID | None:
        """Who owes the cloud store's organisation what is used there."""
        return self.verdict.settles_with_id


_KINDS = {kind: place for place, kind in enumerate(RightKind)}
_NEVER = datetime.max.replace(tzinfo=UTC)


def _order(here: RightHere) -> tuple[Any, ...]:
    """What can be used first; then tiers and balances before coupons; then what ends soonest."""
    coupon = here.held.coupon
    until = here.right.valid_until or _NEVER
    if coupon is not None:
        until = min(until, coupon.valid_until)
    kind = RightKind(here.right.kind)
    key = here.right.id if coupon is None else coupon.id
    return (not here.verdict.usable, kind is RightKind.COUPON, until, _KINDS[kind], key)


class RightsHere(Loader[tuple[UUID, UUID], list[RightHere] | None]):
    """What each (customer, cloud store) makes of the customer's rights; None where the viewer may not ask."""

    async def fetch(self, keys: list[tuple[UUID, UUID]]) -> Mapping[tuple[UUID, UUID], list[RightHere] | None]:
        """At most `LIST_LIMIT` rights for each key."""
        now = self.reading.now
        customers, stores = zip(*keys, strict=True)
        rows, held = await self.reading.side_by_side(
            self.reading.fetch(PLACES, customers=customers, cloud_stores=stores),
            self._held(list(dict.fromkeys(customers))),
        )
        places = {keys[row.place - 1]: _place(row) for row in rows}
        held = {customer: held[customer] for customer, _ in places}
        both = await self.reading.side_by_side(self._terms(held), self._honoured(places, held))
        terms: dict[UUID, tuple[RightRow, Terms]] = both[0]
        honoured: set[tuple[UUID, UUID]] = both[1]
        found: dict[tuple[UUID, UUID], list[RightHere] | None] = {}
        for key, place in places.items():
            judged = [
                _judged(one, *terms[one.terms_id], (place.organization_id, one.terms_id) in honoured, place, now)
                for one in held[key[0]]
                if one.terms_id in terms
            ]
            found[key] = sorted(judged, key=_order)[:LIST_LIMIT]
        return found

    def absent(self) -> None:
        """No such cloud store, no such customer, or not the viewer's: one answer."""
        return

    async def _held(self, customers: list[UUID]) -> dict[UUID, list[Held]]:
        load = self.reading.load
        growths, balances, held_coupons = await self.reading.side_by_side(
            load(GrowthsOf).many(customers), load(BalancesOf).many(customers), load(CouponsOf).many(customers)
        )
        return {
            customer: [
                *(Held(row.terms_id, Holding(), tier=row) for row in growths[place]),
                *(Held(row.terms_id, Holding(balance=row.balance)) for row in balances[place]),
                *(_of_coupon(row) for row in held_coupons[place]),
            ]
            for place, customer in enumerate(customers)
        }

    async def _terms(self, held: Mapping[UUID, list[Held]]) -> dict[UUID, tuple[RightRow, Terms]]:
        wished = list(dict.fromkeys(one.terms_id for listed in held.values() for one in listed))
        rows = await self.reading.load(RightById).many(wished)
        return {row.id: (row, _rule_terms(row)) for row in rows if row is not None}

    async def _honoured(
        self, places: Mapping[tuple[UUID, UUID], Place], held: Mapping[UUID, list[Held]]
    ) -> set[tuple[UUID, UUID]]:
        def wished() -> Iterator[tuple[UUID, UUID]]:
            for (customer, _), place in places.items():
                for one in held[customer]:
                    yield place.organization_id, one.terms_id

        pairs = list(dict.fromkeys(wished()))
        answers = await self.reading.load(HonouredBy).many(pairs)
        return {pair for pair, honoured in zip(pairs, answers, strict=True) if honoured}


def _judged(held: Held, right: RightRow, terms: Terms, honoured: bool, place: Place, now: datetime) -> RightHere:
    return RightHere(right, right_here(held.holding, terms, honoured, place, now), held)


def _of_coupon(row: HeldCouponRow) -> Held:
    holding = Holding(
        state=CouponState(row.state),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        off_fen=row.most_off_fen,
    )
    return Held(row.terms_id, holding, coupon=row)


def _place(row: WhereRow) -> Place:
    return Place(row.cloud_store_id, row.organization_id, row.site_id, CloudStoreMode(row.mode), row.is_open)


def _rule_terms(row: RightRow) -> Terms:
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
        row.is_backed,
    )
