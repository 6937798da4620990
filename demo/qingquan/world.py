"""The tenant as its consumers find it: the stores and the brand's mall as places, the staff as guides.

Owns how many members there are and how many of them each place has. What a member is and does is generated in
`consumers`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from demo.calendar import Calendar
from demo.consumers.world import Good, Hop, Place, World, guides_of
from demo.qingquan import BRAND, TENANT
from demo.qingquan.ids import Ids
from demo.qingquan.people import Chinese
from demo.qingquan.programme import programme
from demo.qingquan.values import Job, Listing, Organization, Price
from domain.catalog import ListingOrigin, ListingStatus
from domain.channel import binding_chain, primary_chain

MEMBERS: Final = 5_000
PROMOTERS: Final = 120
GOODS: Final = {ListingOrigin.OWN_STOCK: 6, ListingOrigin.POOL: 2, ListingOrigin.EXTERNAL: 0}
"""So many goods of each origin a place sells to its members."""
MALL_PERCENT: Final = 60
"""The brand's mall has so many in a hundred of the members that the largest store has."""


def world_of(
    ids: Ids, shelves: Sequence[Listing], prices: Sequence[Price], jobs: Sequence[Job], calendar: Calendar
) -> World:
    """The places where members shop, and who serves them there."""
    goods = _goods(ids, shelves, prices)
    network = ids.network
    mall = network.organizations[BRAND]
    weight = network.ranked[0].weight * MALL_PERCENT // 100
    places = [_place(ids, one, one.weight, goods.get(one.code, ())) for one in network.stores]
    return World(
        places=(*places, _place(ids, mall, weight, goods[BRAND])),
        guides=guides_of((job.role, ids.organization(job.employer), ids.staff(job.subject)) for job in jobs),
        terms=programme(ids),
        voice=Chinese(),
        calendar=calendar,
        currency=TENANT.currency,
        members=MEMBERS,
        promoters=PROMOTERS,
    )


def _place(ids: Ids, one: Organization, weight: int, goods: tuple[Good, ...]) -> Place:
    network = ids.network
    chain = primary_chain(one.code, network.primary)
    hops = binding_chain(chain, {code: network.organizations[code].tier for code in chain})
    assert one.mode is not None  # shoppers go to cloud stores
    return Place(
        store=ids.cloud_store(one.code),
        organization=ids.organization(one.code),
        mode=one.mode,
        site=ids.site(one.site),
        region=one.region,
        chain=tuple(Hop(ids.organization(code), network.organizations[code].tier) for code in hops),
        above=frozenset(ids.organization(code) for code in network.above[one.code]),
        weight=weight,
        goods=goods,
    )


def _goods(ids: Ids, shelves: Sequence[Listing], prices: Sequence[Price]) -> Mapping[str, tuple[Good, ...]]:
    """The first goods of each shelf at its plain price: its own, and some of the pool that its upstream ships."""
    network, brand = ids.network, ids.organization(BRAND)
    fen = {(price.seller, price.sku): price.fen for price in prices if price.code == "CONSUMER"}
    found: dict[str, list[Good]] = {}
    counts: Counter[tuple[str, ListingOrigin]] = Counter()
    for row in shelves:
        if row.status is ListingStatus.UNLISTED or (row.seller, row.sku) not in fen:
            continue
        counts[row.seller, row.origin] += 1
        if counts[row.seller, row.origin] <= GOODS[row.origin]:
            owner = network.primary[row.seller] if row.origin is ListingOrigin.POOL else row.seller
            good = Good(ids.sku(row.sku), brand, ids.organization(owner), fen[row.seller, row.sku])
            found.setdefault(row.seller, []).append(good)
    return {code: tuple(goods) for code, goods in found.items()}
