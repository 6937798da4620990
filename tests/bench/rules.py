"""The rules of campaigns and rights, taken from the domain: variants differ in how they come by the facts.

An index of what campaigns aim at is kept from request to request under the tenant's `campaign_revision`, in every
variant: without it the variant under test would not be the question, a rule in a loop would.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.campaign import (
    ANYBODY,
    LOOKED_UP,
    Aim,
    CampaignKind,
    CampaignStatus,
    Condition,
    Dimension,
    Facts,
    Hours,
    Mention,
    Part,
    Participation,
    ReachIndex,
    Stance,
    Terms,
    moment_of,
    terms_here,
)
from domain.member import RightKind
from models.campaign import VALUE_COLUMNS

_KINDS = {kind: place for place, kind in enumerate(RightKind)}
_NEVER = datetime.max.replace(tzinfo=UTC)
SHOWN = 10
"""The most campaigns that one listing shows."""

C = TypeVar("C")
"""A campaign as the variant has it: anything with the columns of the table."""


def right_rank(
    usable: bool, kind: RightKind, terms: UUID, until: datetime | None, coupon: tuple[UUID, datetime] | None
) -> tuple[Any, ...]:
    """The place of a right among a customer's, as `Customer.rights` describes it."""
    ends = _NEVER if until is None else until
    if coupon is not None:
        ends = min(ends, coupon[1])
    last = terms if coupon is None else coupon[0]
    return (not usable, kind is RightKind.COUPON, ends, _KINDS[kind], last)


@dataclass(frozen=True)
class Kept(Generic[C]):
    """The campaigns of a revision, and their index."""

    revision: int
    index: ReachIndex
    campaigns: Mapping[UUID, C]
    parts: dict[Any, Part] = field(default_factory=dict)
    """Stores and skus as they were put to the index, by what it asks of them: for who keeps them."""


def kept(revision: int, campaigns: Iterable[Any], conditions: Iterable[Any]) -> Kept[Any]:
    """The index over published campaigns and their conditions, whatever the rows are."""
    rows = {row.id: row for row in campaigns}
    clauses: dict[UUID, dict[int, list[Condition]]] = {}
    for row in conditions:
        one = Condition(Dimension(row.dimension), row.negated, _value(row))
        clauses.setdefault(row.campaign_id, {}).setdefault(row.clause, []).append(one)
    aims = (
        Aim(
            row.id,
            row.owner_id,
            CampaignKind(row.kind),
            CampaignStatus(row.status),
            Participation(row.participation),
            row.starts_at,
            row.ends_at,
            row.priority,
            clauses.get(row.id, {}),
        )
        for row in rows.values()
    )
    return Kept(revision, ReachIndex(aims), rows)


def _value(row: Any) -> Any:
    dimension = Dimension(row.dimension)
    if dimension is Dimension.HOURS:
        return Hours(row.weekdays, row.from_minute, row.until_minute)
    return None if dimension in LOOKED_UP else getattr(row, VALUE_COLUMNS[dimension])


@dataclass(frozen=True)
class Shop:
    """What campaigns look at of a store: `above` are its organisation and those above that trade."""

    organization_id: UUID
    tier: str
    mode: str
    site_id: UUID | None
    tags: Collection[str]
    above: Collection[UUID]
    territories: Collection[UUID]
    mentions: Iterable[Mention]
    stances: Mapping[UUID, Stance]
    terms: Mapping[UUID, Terms]

    @property
    def key(self) -> Any:
        """What campaigns ask of the store itself."""
        facts = (self.organization_id, self.tier, self.mode, self.site_id)
        return (*facts, *self.tags, *self.above, *self.territories)


@dataclass(frozen=True)
class Goods:
    """What campaigns look at of a sku."""

    id: UUID
    brand_id: UUID
    categories: Collection[UUID]
    mentions: Iterable[Mention] = field(default=())


class Shopper(NamedTuple):
    """What campaigns look at of a member."""

    tiers: Collection[UUID]
    tags: Collection[str]


class Reach(Generic[C]):
    """What reaches a store's goods for one shopper now."""

    def __init__(
        self, of: Kept[C], shop: Shop, shopper: Shopper | None, terminal: str | None, now: datetime, zone: ZoneInfo
    ) -> None:
        self._of, self._shop = of, shop
        index, known = of.index, of.parts.get(shop.key)
        facts: Facts = {
            Dimension.SITE: () if shop.site_id is None else (shop.site_id,),
            Dimension.TERRITORY: shop.territories,
            Dimension.TIER: (shop.tier,),
            Dimension.BELOW: shop.above,
            Dimension.STORE: (shop.organization_id,),
            Dimension.STORE_TAG: shop.tags,
            Dimension.MODE: (shop.mode,),
        }
        member: Facts = (
            ANYBODY if shopper is None else {Dimension.MEMBER_TIER: shopper.tiers, Dimension.MEMBER_TAG: shopper.tags}
        )
        self._parts: tuple[Part, ...] = (
            index.part(facts, shop.mentions) if known is None else known,
            index.part(member),
            index.part({} if terminal is None else {Dimension.TERMINAL: (terminal,)}),
            index.part_of_moment(moment_of(now, zone)),
        )
        self._open = index.gates(shop.above, shop.stances).passing & index.running(now) & ~index.fees

    def keep(self) -> None:
        """Remember the store as it was put to the index."""
        self._of.parts[self._shop.key] = self._parts[0]

    def part(self, goods: Goods) -> Part:
        """A sku put to the index."""
        return self._of.index.part(
            {Dimension.SKU: (goods.id,), Dimension.CATEGORY: goods.categories, Dimension.BRAND: (goods.brand_id,)},
            goods.mentions,
        )

    def of(self, goods: Goods) -> list[tuple[C, Terms]]:
        """The campaigns that reach a sku, the highest priority first, with the terms that hold here."""
        return self.by(self.part(goods))

    def by(self, item: Part) -> list[tuple[C, Terms]]:
        """The same for a sku put to the index."""
        index = self._of.index
        found = []
        for place in islice(index.reached((*self._parts, item), self._open), SHOWN):
            campaign: Any = self._of.campaigns[index.aims[place].id]
            own = Terms(
                campaign.threshold_fen, campaign.threshold_units, campaign.off_fen, campaign.off_bps, campaign.price_fen
            )
            found.append((campaign, terms_here(own, self._shop.terms.get(campaign.id))))
        return found
