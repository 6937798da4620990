"""The facts that a reach depends on, put to the index: of cloud stores, members and skus, many in one statement each.

What no clause looks at is not asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from domain.campaign import Dimension, Facts, Gates, Mention, Part, ReachIndex, Stance, Terms, Value
from domain.channel import OrganizationStatus
from loaders.base import Loader, Reading
from loaders.campaign.campaign import AnswerRow, answers, terms_of
from loaders.campaign.index import IndexOf, KeptIndexes, KeptParts, known_since, of_campaign, since_of, to_come
from loaders.channel import is_open
from loaders.member import may_see
from models.campaign import Campaign, CampaignCondition, CampaignStore
from models.catalog import Category, Product, Sku
from models.channel import (
    CloudStore,
    Organization,
    OrganizationClosure,
    Region,
    TerritoryRegion,
)
from models.member import Customer, MemberGrowth, MemberTier
from models.reading import TENANT, Read, Row, constant, ids, read


# ── the store ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class PlaceRow(Row):
    """A cloud store as campaigns look at it: open, its organisation active. `above`: that, and everyone above it."""

    id: UUID
    organization_id: UUID
    mode: str
    site_id: UUID | None
    tier: str
    tags: list[str]
    above: list[UUID]


_above = aliased(OrganizationClosure)


def _places() -> Read[PlaceRow]:
    above = (
        select(func.array_agg(aggregate_order_by(_above.ancestor_id, _above.hops, _above.ancestor_id)))
        .where(_above.tenant_id == TENANT, _above.descendant_id == CloudStore.organization_id)
        .correlate(CloudStore)
        .scalar_subquery()
    )
    return read(
        PlaceRow,
        select(
            CloudStore.id,
            CloudStore.organization_id,
            CloudStore.mode,
            CloudStore.site_id,
            Organization.tier,
            Organization.tags,
            above.label("above"),
        )
        .join(Organization, (Organization.tenant_id == TENANT) & (Organization.id == CloudStore.organization_id))
        .where(
            CloudStore.tenant_id == TENANT,
            CloudStore.id == ids("ids").any_(),
            is_open(CloudStore),
            Organization.status == constant(OrganizationStatus.ACTIVE),
        ),
    )


PLACES = _places()


class TerritoryOfRow(Row):
    """A territory that a cloud store's region lies in."""

    id: UUID
    territory_id: UUID


def _territories() -> Read[TerritoryOfRow]:
    up = (
        select(CloudStore.id, CloudStore.region_code)
        .where(CloudStore.tenant_id == TENANT, CloudStore.id == ids("ids").any_(), CloudStore.region_code.is_not(None))
        .cte("up", recursive=True)
    )
    # UNION, not UNION ALL: a region that is its own ancestor by mistake ends the climb instead of the server.
    up = up.union(
        select(up.c.id, Region.parent_code)
        .select_from(up)
        .join(Region, Region.code == up.c.region_code)
        .where(Region.parent_code.is_not(None))
    )
    x = TerritoryRegion
    return read(
        TerritoryOfRow,
        select(up.c.id, x.territory_id).join_from(up, x, (x.tenant_id == TENANT) & (x.region_code == up.c.region_code)),
    )


TERRITORIES = _territories()


class MentionRow(Row):
    """A clause that names the organisation of a cloud store, or a sku, itself."""

    id: UUID
    campaign_id: UUID
    clause: int
    negated: bool


def _mentions(column: Any) -> Read[MentionRow]:
    x = CampaignCondition
    return read(
        MentionRow,
        select(column.label("id"), x.campaign_id, x.clause, x.negated)
        .join(Campaign, of_campaign(x))
        .where(x.tenant_id == TENANT, column == ids("ids").any_(), to_come()),
    )


MENTIONS_OF_STORES = _mentions(CampaignCondition.store_id)
MENTIONS_OF_SKUS = _mentions(CampaignCondition.sku_id)


ANSWERS_OF_STORES = read(
    AnswerRow,
    answers()
    .join(CloudStore, (CloudStore.tenant_id == TENANT) & (CloudStore.organization_id == CampaignStore.store_id))
    .where(CloudStore.id == ids("ids").any_(), to_come()),
)
"""What the organisations of cloud stores say."""


@dataclass(frozen=True, slots=True)
class StoreSide:
    """A cloud store put to the index: the clauses that hold there, the campaigns it takes part in, its own terms."""

    part: Part
    gates: Gates
    above: frozenset[UUID]
    terms: Mapping[UUID, Terms]


def _facts_of_place(place: PlaceRow, territories: Sequence[UUID]) -> Facts:
    return {
        Dimension.SITE: () if place.site_id is None else (place.site_id,),
        Dimension.TERRITORY: territories,
        Dimension.TIER: (place.tier,),
        Dimension.BELOW: place.above,
        Dimension.STORE: (place.organization_id,),
        Dimension.STORE_TAG: place.tags,
        Dimension.MODE: (place.mode,),
    }


async def _parts(
    reading: Reading, index: ReachIndex, dimension: Dimension, statement: Read[MentionRow], facts: Mapping[UUID, Facts]
) -> dict[UUID, Part]:
    """Cloud stores or skus, each with its facts, put to the index; `dimension` is the one in which clauses name it.

    The clauses that do are asked for where they are not known, and where there are any at all.
    """
    kept = reading.kept.of(KeptParts)
    known = {one: kept.get(index, one, its) for one, its in facts.items()}
    strangers = [one for one, part in known.items() if part is None]
    mentions: dict[Value, list[Mention]] = {}
    if strangers and index.names(dimension):
        names = [name for one in strangers for name in facts[one][dimension]]
        for row in await reading.fetch(statement, ids=names, since=known_since(reading.now)):
            mentions.setdefault(row.id, []).append(Mention(row.campaign_id, row.clause, row.negated))
    for one in strangers:
        its = facts[one]
        known[one] = part = index.part(its, [each for name in its[dimension] for each in mentions.get(name, ())])
        kept.put(index, one, its, part)
    return {one: part for one, part in known.items() if part is not None}


class StoreSideOf(Loader[UUID, StoreSide | None]):
    """Cloud stores put to the index: two statements to four, for any number of them; none where no campaign is."""

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, StoreSide | None]:
        """One side for each cloud store."""
        reading, tenant = self.reading, self.reading.session.tenant_id
        guess = reading.kept.of(KeptIndexes).last(tenant)
        if guess is None or not guess.aims:
            guess = await reading.load(IndexOf).one(tenant)
            if not guess.aims:
                return {}
        index, places, territories, said = await reading.side_by_side(
            reading.load(IndexOf).one(tenant),
            reading.fetch(PLACES, ids=keys),
            self._territories(guess, keys),
            reading.fetch(ANSWERS_OF_STORES, ids=keys, since=since_of(reading.now)),
        )
        if territories is None:
            territories = await self._territories(index, keys) or {}
        stances: dict[UUID, dict[UUID, Stance]] = {}
        terms: dict[UUID, dict[UUID, Terms]] = {}
        for answer in said:
            if answer.stance is not None:
                stances.setdefault(answer.store_id, {})[answer.campaign_id] = Stance(answer.stance)
            terms.setdefault(answer.store_id, {})[answer.campaign_id] = terms_of(answer)
        facts = {place.id: _facts_of_place(place, territories.get(place.id, ())) for place in places}
        parts = await _parts(reading, index, Dimension.STORE, MENTIONS_OF_STORES, facts)
        return {
            place.id: StoreSide(
                parts[place.id],
                index.gates(place.above, stances.get(place.organization_id, {})),
                frozenset(place.above),
                terms.get(place.organization_id, {}),
            )
            for place in places
        }

    async def _territories(self, index: ReachIndex, keys: list[UUID]) -> dict[UUID, list[UUID]] | None:
        """The territories of each cloud store; None where no clause looks at them."""
        if not index.names(Dimension.TERRITORY):
            return None
        found: dict[UUID, list[UUID]] = {}
        for row in await self.reading.fetch(TERRITORIES, ids=keys):
            found.setdefault(row.id, []).append(row.territory_id)
        return found

    def absent(self) -> None:
        """No such cloud store, or one that does not trade: no campaign reaches it."""
        return


# ── the member ────────────────────────────────────────────────────────────────────────────────────────────────────────
class MemberRow(Row):
    """A member as campaigns look at her: her tags, and every tier she has reached."""

    id: UUID
    tags: list[str]
    tiers: list[UUID] | None


_held, _reached, _growth = aliased(MemberTier), aliased(MemberTier), aliased(MemberGrowth)


def _tiers() -> ColumnElement[list[UUID]]:
    """The tier that growth has reached under each of her terms, and all below it."""
    # Of every programme, for staff too: what reaches her is the same whoever asks.
    return (
        select(func.array_agg(_reached.id))
        .select_from(_growth)
        .join(_held, (_held.tenant_id == TENANT) & (_held.id == _growth.tier_id))
        .join(
            _reached,
            (_reached.tenant_id == TENANT) & (_reached.terms_id == _held.terms_id) & (_reached.level <= _held.level),
        )
        .where(_growth.tenant_id == TENANT, _growth.customer_id == Customer.id)
        .correlate(Customer)
        .scalar_subquery()
    )


MEMBERS = read(
    MemberRow,
    select(Customer.id, Customer.tags, _tiers().label("tiers")).where(
        Customer.tenant_id == TENANT, Customer.id == ids("ids").any_(), may_see(Customer.id)
    ),
)


class MemberSideOf(Loader[UUID, Part | None]):
    """Members put to the index: those that the viewer may see; of all others nothing is said."""

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, Part | None]:
        """One part for each member."""
        index, members = await self.reading.side_by_side(
            self.reading.load(IndexOf).one(self.reading.session.tenant_id), self.reading.fetch(MEMBERS, ids=keys)
        )
        return {
            row.id: index.part({Dimension.MEMBER_TIER: row.tiers or (), Dimension.MEMBER_TAG: row.tags})
            for row in members
        }

    def absent(self) -> None:
        """Nobody, or nobody the viewer may see."""
        return


# ── the sku ───────────────────────────────────────────────────────────────────────────────────────────────────────────
class GoodsRow(Row):
    """The brand of a sku, and one of the categories it lies in."""

    id: UUID
    brand_id: UUID
    category_id: UUID | None


def _goods() -> Read[GoodsRow]:
    up = (
        select(Sku.id, Product.brand_id, Product.category_id)
        .join(Product, (Product.tenant_id == TENANT) & (Product.id == Sku.product_id))
        .where(Sku.tenant_id == TENANT, Sku.id == ids("ids").any_())
        .cte("up", recursive=True)
    )
    # UNION, not UNION ALL: see above.
    up = up.union(
        select(up.c.id, up.c.brand_id, Category.parent_id)
        .select_from(up)
        .join(Category, (Category.tenant_id == TENANT) & (Category.id == up.c.category_id))
        .where(Category.parent_id.is_not(None))
    )
    return read(GoodsRow, select(up.c.id, up.c.brand_id, up.c.category_id))


GOODS = _goods()


class ItemSideOf(Loader[UUID, Part | None]):
    """Skus put to the index."""

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, Part | None]:
        """One part for each sku there is."""
        index, goods = await self.reading.side_by_side(
            self.reading.load(IndexOf).one(self.reading.session.tenant_id), self.reading.fetch(GOODS, ids=keys)
        )
        brands: dict[UUID, UUID] = {}
        categories: dict[UUID, list[UUID]] = {}
        for row in goods:
            brands[row.id] = row.brand_id
            if row.category_id is not None:
                categories.setdefault(row.id, []).append(row.category_id)
        facts = {
            sku: {Dimension.SKU: (sku,), Dimension.CATEGORY: categories.get(sku, ()), Dimension.BRAND: (brand,)}
            for sku, brand in brands.items()
        }
        return await _parts(self.reading, index, Dimension.SKU, MENTIONS_OF_SKUS, facts)

    def absent(self) -> None:
        """No such sku."""
        return
