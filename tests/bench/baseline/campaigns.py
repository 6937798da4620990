"""What reaches a listing: the facts of stores, members and skus by loaders, put to the shared rule."""

from collections import defaultdict
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aiodataloader import DataLoader
from sqlalchemy import select

from domain.campaign import Mention, Stance, Terms
from models.campaign import Campaign, CampaignCondition, CampaignRevision, CampaignStore
from models.channel import Organization, OrganizationClosure, Region, TerritoryRegion
from models.member import Customer, MemberGrowth, MemberTier
from tests.bench.baseline.loaders import Loaders
from tests.bench.rules import Goods, Kept, Reach, Shop, Shopper, kept


class Regions(DataLoader[str, Any]):
    """Regions by code."""

    def __init__(self, loaders: Loaders) -> None:
        super().__init__()
        self._session = loaders.session

    async def batch_load_fn(self, keys: list[str]) -> list[Any]:
        """A region, or None, for each code."""
        rows = await self._session.all(select(Region).where(Region.code.in_(keys)))
        found = {row.code: row for row in rows}
        return [found.get(key) for key in keys]


class Above(DataLoader[UUID, list[UUID]]):
    """The organisations above each, itself included, that trade."""

    def __init__(self, loaders: Loaders) -> None:
        super().__init__()
        self._session, self._tenant = loaders.session, loaders.tenant

    async def batch_load_fn(self, keys: list[UUID]) -> list[list[UUID]]:
        """A list of ids for each key."""
        x = OrganizationClosure
        rows = await self._session.all(
            select(x.descendant_id, Organization.id)
            .join(Organization, (Organization.tenant_id == x.tenant_id) & (Organization.id == x.ancestor_id))
            .where(x.tenant_id == self._tenant, x.descendant_id.in_(keys), Organization.status == "ACTIVE")
        )
        found: dict[UUID, list[UUID]] = defaultdict(list)
        for below, above in rows:
            found[below].append(above)
        return [found[key] for key in keys]


class Index:
    """The campaigns and their index, kept from request to request by their revision."""

    def __init__(self) -> None:
        self._kept: dict[UUID, Kept[Campaign]] = {}

    async def of(self, loaders: Loaders) -> Kept[Campaign]:
        """The tenant's, as this request's transaction sees it."""
        tenant, session = loaders.tenant, loaders.session
        rows = await session.all(select(CampaignRevision).where(CampaignRevision.tenant_id == tenant))
        revision = rows[0].revision if rows else 0
        known = self._kept.get(tenant)
        if known is None or known.revision != revision:
            live = (Campaign.tenant_id == tenant, Campaign.status == "PUBLISHED", Campaign.ends_at > loaders.now)
            campaigns = await session.all(select(Campaign).where(*live))
            conditions = await session.all(
                select(CampaignCondition)
                .join(
                    Campaign,
                    (Campaign.tenant_id == CampaignCondition.tenant_id)
                    & (Campaign.id == CampaignCondition.campaign_id),
                )
                .where(*live)
            )
            known = self._kept[tenant] = kept(revision, campaigns, conditions)
        return known


class CampaignsHere(DataLoader[tuple[UUID, UUID, str | None], list[tuple[Campaign, Terms]]]):
    """The campaigns that reach (cloud store, sku, terminal) for the viewer."""

    def __init__(self, loaders: Loaders, index: Index, zone: ZoneInfo, viewer: Customer | None) -> None:
        super().__init__()
        self._loaders, self._index, self._zone, self._viewer = loaders, index, zone, viewer
        self._regions, self._above = Regions(loaders), Above(loaders)
        self._territories: DataLoader[Any, list[Any]] = loaders.many(TerritoryRegion.region_code)
        self._of_stores = loaders.many(CampaignCondition.store_id)
        self._of_skus = loaders.many(CampaignCondition.sku_id)
        self._said = loaders.many(CampaignStore.store_id)
        self._growth = loaders.many(MemberGrowth.customer_id)
        self._tiers = loaders.by_id(MemberTier)
        self._tiers_of = loaders.many(MemberTier.terms_id)

    async def batch_load_fn(self, keys: list[tuple[UUID, UUID, str | None]]) -> list[list[tuple[Campaign, Terms]]]:
        """A list for each key, the highest priority first."""
        of = await self._index.of(self._loaders)
        shopper = await self._shopper()
        goods = await self._goods([sku for _, sku, _ in keys])
        reaches: dict[tuple[UUID, str | None], Reach[Campaign]] = {}
        for store, _, terminal in keys:
            if (store, terminal) not in reaches:
                shop = await self._shop(store)
                reaches[store, terminal] = Reach(of, shop, shopper, terminal, self._loaders.now, self._zone)
        return [reaches[store, terminal].of(goods[sku]) for store, sku, terminal in keys]

    async def _shopper(self) -> Shopper | None:
        if self._viewer is None:
            return None
        grown = await self._growth.load(self._viewer.id)
        held = await self._tiers.load_many([row.tier_id for row in grown])
        listed = await self._tiers_of.load_many([tier.terms_id for tier in held])
        reached = [one.id for tier, tiers in zip(held, listed, strict=True) for one in tiers if one.level <= tier.level]
        return Shopper(reached, self._viewer.tags)

    async def _shop(self, store: UUID) -> Shop:
        place = await self._loaders.cloud_stores.load(store)
        organization = await self._loaders.organizations.load(place.organization_id)
        codes, code = [], place.region_code
        while code is not None and code not in codes:
            codes.append(code)
            region = await self._regions.load(code)
            code = region.parent_code
        territories = [row.territory_id for rows in await self._territories.load_many(codes) for row in rows]
        said = await self._said.load(organization.id)
        return Shop(
            organization.id,
            organization.tier,
            place.mode,
            place.site_id,
            organization.tags,
            await self._above.load(organization.id),
            territories,
            [Mention(row.campaign_id, row.clause, row.negated) for row in await self._of_stores.load(organization.id)],
            {row.campaign_id: Stance(row.stance) for row in said if row.stance is not None},
            {
                row.campaign_id: Terms(row.threshold_fen, row.threshold_units, row.off_fen, row.off_bps, row.price_fen)
                for row in said
            },
        )

    async def _goods(self, wanted: list[UUID]) -> dict[UUID, Goods]:
        keys = list(dict.fromkeys(wanted))
        skus = await self._loaders.skus.load_many(keys)
        products = await self._loaders.products.load_many([sku.product_id for sku in skus])
        mentions = await self._of_skus.load_many(keys)
        chains: list[list[UUID]] = [[] for _ in keys]
        climbing = [product.category_id for product in products]
        while any(climbing):
            known = [key for key in climbing if key is not None]
            found = {row.id: row for row in await self._loaders.categories.load_many(known)}
            for place, category in enumerate(climbing):
                if category is not None:
                    chains[place].append(category)
                    above = found[category].parent_id
                    climbing[place] = None if above in chains[place] else above
        return {
            key: Goods(
                key, product.brand_id, chain, [Mention(row.campaign_id, row.clause, row.negated) for row in named]
            )
            for key, product, chain, named in zip(keys, products, chains, mentions, strict=True)
        }
