"""The tenant as its consumers find it: the stores of a ledger as places where shoppers go, its staff as their guides.

Owns how many members there are and how many of them each store has. What a member is and does is generated in
`consumers`, which knows no ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

from demo.calendar import Calendar
from demo.consumers.world import Good, Hop, Place, World, guides_of
from demo.iowa.people import English
from demo.iowa.programme import programme
from demo.iowa.ranks import Ranks
from demo.iowa.values import Demo
from domain.catalog import ListingOrigin
from domain.channel import Tier, binding_chain, closure, primary_chain
from integrations.wholesale.channel import Org, store
from integrations.wholesale.writing import MODES, Source, region_code

MEMBERS: Final = 20_000
MEMBERS_A_STORE: Final = 17
"""A file of few stores has so many members for each of them."""
STORES_A_PROMOTER: Final = 3
GOODS: Final = 6
"""So many of its own goods a store sells to its members."""
MALL_PERCENT: Final = 50
"""The head brand's own mall has so many in a hundred of the members that the largest store has."""


def member_count(stores: int) -> int:
    """How many members a tenant of so many stores has."""
    return min(MEMBERS, MEMBERS_A_STORE * stores)


def promoter_count(stores: int) -> int:
    """How many promoters a tenant of so many stores has."""
    return -(-stores // STORES_A_PROMOTER)


def world_of(source: Source, demo: Demo, ranks: Ranks, today: date) -> World:
    """The tenant of a ledger as its consumers find it, on the day of the import."""
    stores = len(source.ledger.stores)
    return World(
        places=places(source, demo, ranks),
        guides=guides_of(
            (job.role, source.organization(job.employer), source.keys.of("staff", job.subject)) for job in demo.staff
        ),
        terms=programme(source, ranks),
        voice=English(),
        calendar=Calendar(today, source.zone),
        currency=source.currency,
        members=member_count(stores),
        promoters=promoter_count(stores),
    )


def site_of(source: Source, ranks: Ranks, county: int | None) -> UUID:
    """The site of a store in a county: the city's, or the main one."""
    return source.keys.of("site", county if county in ranks.cities else "main")


def places(source: Source, demo: Demo, ranks: Ranks) -> tuple[Place, ...]:
    """The stores by number, then the mall of the head brand. A store has members as it has bottles."""
    above: defaultdict[Org, set[Org]] = defaultdict(set)
    for row in closure(((edge.upstream, edge.downstream) for edge in (*source.channel.edges, *demo.edges)), ()):
        above[row.descendant].add(row.ancestor)
    goods = _goods(source, demo)
    rows = [
        _place(source, ranks, store(shop.number), shop.county, above, goods.get(shop.number, ()))
        for shop in source.ledger.stores
    ]
    head = ranks.brands[0]
    largest = ranks.bottles[ranks.stores[0].number]
    rows.append(
        Place(
            store=source.cloud_store(head),
            organization=source.organization(head),
            mode=MODES[Tier.BRAND],
            site=None,
            region=None,
            chain=(),
            above=frozenset((source.organization(head),)),
            weight=largest * MALL_PERCENT // 100,
            goods=(),
        )
    )
    return tuple(rows)


def _place(
    source: Source,
    ranks: Ranks,
    org: Org,
    county: int | None,
    above: Mapping[Org, set[Org]],
    goods: tuple[Good, ...],
) -> Place:
    chain = primary_chain(org, ranks.home)
    return Place(
        store=source.cloud_store(org),
        organization=source.organization(org),
        mode=MODES[Tier.STORE],
        site=site_of(source, ranks, county),
        region=None if county is None else region_code(county),
        chain=tuple(
            Hop(source.organization(one), one.tier) for one in binding_chain(chain, {one: one.tier for one in chain})
        ),
        above=frozenset(source.organization(one) for one in above[org]),
        weight=ranks.bottles[org.number] + 1,
        goods=goods,
    )


def _goods(source: Source, demo: Demo) -> dict[int, tuple[Good, ...]]:
    """The first goods of each store's own on its shelf, at its shelf prices."""
    vendors = {item.number: item.vendor for item in source.ledger.items}
    cents = {(price.store, price.item): price.cents for price in demo.consumer_prices}
    found: dict[int, list[Good]] = {}
    for row in demo.shelves:
        goods = found.setdefault(row.store, [])
        if row.origin is ListingOrigin.OWN_STOCK and len(goods) < GOODS:
            owner = source.organization(store(row.store))
            maker = source.organization(Org(Tier.BRAND, vendors[row.item]))
            goods.append(Good(source.sku(row.item), maker, owner, cents[row.store, row.item]))
    return {number: tuple(goods) for number, goods in found.items()}
