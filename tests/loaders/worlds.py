"""A tenant made up from a seed: a channel with stores, goods, members, campaigns; its rows, and its facts as values.

The facts are worked out here from the world itself, so that what the database answers can be held against them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from domain.campaign import (
    ANYBODY,
    NOT_ASKED,
    Aim,
    CampaignKind,
    CampaignStatus,
    Condition,
    Dimension,
    Facts,
    Hours,
    Participation,
    Question,
    Stance,
    Value,
    moment_of,
)
from domain.channel import CloudStoreMode, Tier
from domain.ordering import Terminal
from tests.loaders.rows import Tables, campaign_tables

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")
DAY = timedelta(days=1)
TAGS = ("key-account", "rural", "airport", "24h", "chain")
MEMBER_TAGS = ("vip", "new", "lapsed", "staff")
WINDOWS = [(-20, 20)] * 6 + [(-20, 5), (0, 4), (3, 20), (-20, -1), (-20, -10)]
"""First and last days of campaigns, from today."""
LEVELS = 4
"""Levels of each programme of tiers, counted from 0."""


@dataclass(frozen=True)
class Shop:
    """An organisation with its cloud store. `above` holds itself and all above it."""

    id: UUID
    cloud_store: UUID
    number: int
    tier: Tier
    tags: tuple[str, ...]
    above: frozenset[UUID]
    site: UUID | None
    region: str | None
    mode: CloudStoreMode


@dataclass(frozen=True)
class Goods:
    """A sku, its product's brand, and the categories it lies in, from its own up to the root."""

    id: UUID
    brand: UUID
    categories: tuple[UUID, ...]


@dataclass(frozen=True)
class Person:
    """A member with her tags, and the level she holds of each programme."""

    id: UUID
    tags: tuple[str, ...]
    levels: dict[int, int]


@dataclass
class World:
    """Everything a reach depends on."""

    random: Random
    stores: int
    campaigns: int
    tenant: UUID = field(init=False)

    def __post_init__(self) -> None:
        random = self.random
        self.tenant = UUID(int=random.getrandbits(128), version=4)
        mark = self.tenant.hex[:8].upper()
        self.parents: dict[str, str | None] = {mark: None}
        for state in range(3):
            self.parents[f"{mark}-{state}"] = mark
            self.parents |= {f"{mark}-{state}-{county}": f"{mark}-{state}" for county in range(4)}
        self.sites = [self.key("site", number) for number in range(4)]
        self.up: dict[UUID, list[UUID]] = {}
        self.tiers: dict[UUID, Tier] = {}
        houses = self._upstreams()
        self.suspended = frozenset(random.sample(houses, k=min(1, len(houses) - 1)))
        self.territories = {
            self.key("territory", number): (house, frozenset(random.sample(list(self.parents), random.randint(1, 3))))
            for number, house in enumerate(houses)
        }
        self.shops = [self._shop(number, houses) for number in range(self.stores)]
        self.categories: dict[UUID, UUID | None] = {}
        for number in range(13):
            above = None if number == 0 else self.key("category", (number - 1) // 3)
            self.categories[self.key("category", number)] = above
        self.goods = [self._goods(number) for number in range(60)]
        self.people = [self._person(number) for number in range(30)]
        self.aims = [self._aim(number) for number in range(self.campaigns)]
        self.stances = {
            (random.choice(self.shops).id, random.choice(self.aims).id): random.choice(list(Stance))
            for _ in range(self.stores * 3 if self.aims else 0)
        }

    def key(self, kind: str, *numbers: int) -> UUID:
        return uuid5(self.tenant, f"{kind}{numbers}")

    def organization(self, tier: Tier, number: int, *upstreams: UUID) -> UUID:
        one = self.key(tier, number)
        self.tiers[one] = tier
        self.up[one] = list(dict.fromkeys(above for up in upstreams for above in (up, *self.up[up])))
        return one

    def _upstreams(self) -> list[UUID]:
        self.brands = [self.organization(Tier.BRAND, number) for number in range(2)]
        agents = [
            self.organization(Tier.AGENT, number, *self.random.sample(self.brands, self.random.randint(1, 2)))
            for number in range(self.stores // 500 + 2)
        ]
        return [
            self.organization(Tier.DISTRIBUTOR, number, self.random.choice(agents))
            for number in range(self.stores // 50 + 2)
        ]

    def _shop(self, number: int, houses: list[UUID]) -> Shop:
        random = self.random
        one = self.organization(Tier.STORE, number, *random.sample(houses, random.choice([1, 1, 1, 2])))
        return Shop(
            one,
            self.key("cloud_store", number),
            number,
            Tier.STORE,
            tuple(random.sample(TAGS, random.randint(0, 2))),
            frozenset([one, *self.up[one]]),
            random.choice([None, *self.sites]),
            random.choice([None, *self.parents]),
            random.choice(list(CloudStoreMode)),
        )

    def _goods(self, number: int) -> Goods:
        inner = list(self.categories)
        one: UUID | None = self.random.choice([None, *inner])
        path: list[UUID] = []
        while one is not None:
            path.append(one)
            one = self.categories[one]
        return Goods(self.key("sku", number), self.random.choice(self.brands), tuple(path))

    def _person(self, number: int) -> Person:
        held = {programme: self.random.randrange(LEVELS) for programme in range(2) if self.random.random() < 0.7}
        tags = tuple(self.random.sample(MEMBER_TAGS, self.random.randint(0, 2)))
        return Person(self.key("customer", number), tags, held)

    def _aim(self, number: int) -> Aim:
        random = self.random
        begins, ends = random.choice(WINDOWS)
        return Aim(
            self.key("campaign", number),
            random.choice([*self.brands * 5, *self.suspended, *random.choice(self.shops).above]),
            random.choice([kind for kind in CampaignKind if kind is not CampaignKind.COUPON]),
            random.choice([CampaignStatus.PUBLISHED] * 8 + list(CampaignStatus)),
            random.choice([Participation.MANDATORY] * 3 + list(Participation)),
            NOW + DAY * begins,
            NOW + DAY * ends,
            random.randint(0, 9),
            {clause: self._clause() for clause in random.choice([(), (0,), (0, 1), (0, 2), (1, 5)])},
        )

    def _clause(self) -> tuple[Condition, ...]:
        random = self.random
        chosen = random.choices(list(Dimension), k=random.choice([1, 1, 2, 2]))
        return tuple(
            Condition(dimension, negated, value)
            for dimension in chosen
            for negated in [random.random() < 0.25]
            for value in random.sample(self.values(dimension), k=1 if negated else random.randint(1, 2))
        )

    def values(self, dimension: Dimension) -> list[Value]:
        """What conditions of a dimension may name; of the large ones a few."""
        shop = self.random.choice(self.shops)
        known: dict[Dimension, Iterable[Value]] = {
            Dimension.SITE: self.sites,
            Dimension.TERRITORY: self.territories,
            Dimension.TIER: (Tier.STORE, Tier.DISTRIBUTOR),
            Dimension.BELOW: [*self.brands, *shop.above],
            Dimension.STORE: [shop.id, self.random.choice(self.shops).id, self.brands[0]],
            Dimension.STORE_TAG: TAGS,
            Dimension.MODE: CloudStoreMode,
            Dimension.MEMBER_TIER: [self.key("tier", programme, level) for programme in range(2) for level in range(4)],
            Dimension.MEMBER_TAG: MEMBER_TAGS,
            Dimension.SKU: [one.id for one in self.goods],
            Dimension.CATEGORY: self.categories,
            Dimension.BRAND: self.brands,
            Dimension.TERMINAL: Terminal,
            Dimension.HOURS: [Hours(127, 0, 720), Hours(0b0000010, 300, 1200), Hours(0b1111101, 0, 1440)],
        }
        return [str(value) if isinstance(value, str) else value for value in known[dimension]]

    # ── the facts ─────────────────────────────────────────────────────────────────────────────────────────────────
    def question(self, shop: Shop, person: Person | None, goods: Goods | None, terminal: str | None) -> Question:
        return Question(
            above=shop.above,
            store=self.facts_of(shop),
            moment=moment_of(NOW, ZONE),
            stances={campaign: stance for (store, campaign), stance in self.stances.items() if store == shop.id},
            inactive=self.suspended,
            member=ANYBODY if person is None else self.facts_of_person(person),
            item=NOT_ASKED
            if goods is None
            else {
                Dimension.SKU: {goods.id},
                Dimension.CATEGORY: frozenset(goods.categories),
                Dimension.BRAND: {goods.brand},
            },
            terminal=NOT_ASKED if terminal is None else {Dimension.TERMINAL: {terminal}},
        )

    def facts_of(self, shop: Shop) -> Facts:
        regions, one = set[str](), shop.region
        while one is not None:
            regions.add(one)
            one = self.parents[one]
        return {
            Dimension.SITE: {shop.site} if shop.site else set(),
            Dimension.TERRITORY: {one for one, (_, codes) in self.territories.items() if codes & regions},
            Dimension.TIER: {str(shop.tier)},
            Dimension.BELOW: shop.above,
            Dimension.STORE: {shop.id},
            Dimension.STORE_TAG: frozenset(shop.tags),
            Dimension.MODE: {str(shop.mode)},
        }

    def facts_of_person(self, person: Person) -> Facts:
        reached = {
            self.key("tier", programme, level) for programme, held in person.levels.items() for level in range(held + 1)
        }
        return {Dimension.MEMBER_TIER: reached, Dimension.MEMBER_TAG: frozenset(person.tags)}

    # ── the rows ──────────────────────────────────────────────────────────────────────────────────────────────────
    def tables(self) -> Tables:
        """Rows without their tenant, in the order that keys need."""
        key, closure = self.key, {**self.up}
        programmes, goods = range(2), self.goods
        tier_rows = [
            (key("tier", programme, level), key("terms", programme), level, str(level), "x", level * 100)
            for programme in programmes
            for level in range(LEVELS)
        ]
        return {
            "!region (code, name, parent_code)": [(code, "x", above) for code, above in self.parents.items()],
            "organization (tenant_id, id, tier, code, name, tags, status)": self._organizations(),
            "organization_closure (tenant_id, descendant_id, ancestor_id, hops, descendant_tier, descendant_code)": [
                (one, above, hops, self.tiers[one], one.hex)
                for one, line in closure.items()
                for hops, above in enumerate([one, *line])
            ],
            "site (tenant_id, id, kind, code, name, organization_id, parent_id)": [
                (one, "CITY" if number else "MAIN", str(number), "x", self.brands[0], self.sites[0] if number else None)
                for number, one in enumerate(self.sites)
            ],
            "territory (tenant_id, id, organization_id, name)": [
                (one, house, "x") for one, (house, _) in self.territories.items()
            ],
            "territory_region (tenant_id, territory_id, region_code)": [
                (one, code) for one, (_, codes) in self.territories.items() for code in codes
            ],
            "cloud_store (tenant_id, id, organization_id, mode, name, site_id, region_code, opened_at)": [
                (one.cloud_store, one.id, one.mode, "x", one.site, one.region, NOW) for one in self.shops
            ],
            "category (tenant_id, id, code, name, parent_id)": [
                (one, str(number), "x", above) for number, (one, above) in enumerate(self.categories.items())
            ],
            "product (tenant_id, id, brand_id, code, name, category_id)": [
                (key("product", place), one.brand, str(place), "x", next(iter(one.categories), None))
                for place, one in enumerate(goods)
            ],
            "sku (tenant_id, id, product_id, code, name)": [
                (one.id, key("product", place), str(place), "x") for place, one in enumerate(goods)
            ],
            "right_terms (tenant_id, id, kind, code, name, scope, issuer_id, bearer_id, valid_from)": [
                (key("terms", number), "TIER", str(number), "x", "TENANT", self.brands[0], self.brands[0], NOW)
                for number in programmes
            ],
            "member_tier (tenant_id, id, terms_id, level, code, name, growth_from)": tier_rows,
            "account (tenant_id, id, subject, display_name)": [(one.id, one.id.hex, "x") for one in self.people],
            "customer (tenant_id, id, account_id, joined_at, tags)": [
                (one.id, one.id, NOW, list(one.tags)) for one in self.people
            ],
            "member_growth (tenant_id, customer_id, terms_id, growth, tier_id)": [
                (one.id, key("terms", programme), level * 100, key("tier", programme, level))
                for one in self.people
                for programme, level in one.levels.items()
            ],
            **campaign_tables(self.aims, self.goods[0].id),
            "campaign_store (tenant_id, store_id, campaign_id, stance)": [
                (store, campaign, stance) for (store, campaign), stance in self.stances.items()
            ],
        }

    def _organizations(self) -> list[tuple[Any, ...]]:
        tags = {one.id: list(one.tags) for one in self.shops}
        return [
            (one, tier, one.hex, "x", tags.get(one, []), "SUSPENDED" if one in self.suspended else "ACTIVE")
            for one, tier in self.tiers.items()
        ]
