"""What lies where: lots of three ages, stock, safety stock, and what of it is in one pool.

Owns the generated amounts. What may be sold of them is `domain.inventory`'s rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from demo.dice import Dice
from demo.qingquan import BRAND
from demo.qingquan.goods import Goods
from demo.qingquan.network import Network
from demo.qingquan.values import (
    Contribution,
    Held,
    Listing,
    Location,
    Lot,
    Organization,
    Pool,
    Promised,
    Safety,
    Sku,
)
from domain.catalog import ListingOrigin
from domain.channel import Tier
from domain.inventory import NO_LOT_CODE, LocationKind

EXPIRED_ONE_IN: Final = 3
"""So many of the oldest lots are over, the others nearly so."""
EXPIRED_DAYS: Final = (1, 40)
NEAR_DAYS: Final = (5, 45)
SECOND_HOUSES: Final = {BRAND: "华南仓", f"{BRAND}-3301-1": "城西二仓", f"{BRAND}-4403-1": "龙岗仓"}
"""Who has a second warehouse."""
STORE_UNITS: Final = (3, 60)
CASES: Final = {
    Tier.DISTRIBUTOR: (2, 30),
    Tier.AGENT: (20, 90),
    Tier.SUBSIDIARY: (60, 200),
    Tier.BRAND: (100, 600),
}
SOLD_OUT_ONE_IN: Final = 25
TWO_LOTS_ONE_IN: Final = 3
SAFETY_CASES: Final = {Tier.DISTRIBUTOR: 1, Tier.AGENT: 3, Tier.SUBSIDIARY: 5, Tier.BRAND: 10}
SHARES_BPS: Final = (4_000, 5_000, 6_000, 7_000, 8_000, 10_000)
CAPPED_ONE_IN: Final = 5
CAP_CASES: Final = (2, 12)
ONE_POOL: Final = Pool(BRAND, "ONE", "清泉一盘货（演示）")
NEIGHBOURS: Final = Pool(f"{BRAND}-33", "ZHEJIANG", "浙江调剂池（演示）")
NEIGHBOUR: Final = f"{BRAND}-3301-1"
NEIGHBOUR_BPS: Final = 2_000
"""One distributor offers a part of its goods, beside the one pool, to all stores of its agent."""


@dataclass(frozen=True)
class Stock:
    """Everything that lies anywhere."""

    lots: tuple[Lot, ...]
    locations: tuple[Location, ...]
    held: tuple[Held, ...]
    safety: tuple[Safety, ...]
    contributions: tuple[Contribution, ...]
    promised: tuple[Promised, ...]


def lots(goods: Goods, dice: Dice) -> tuple[Lot, ...]:
    """Three lots of everything that does not keep: one over or nearly so, one in the middle of its life, a new one."""
    rows: list[Lot] = []
    for sku in goods.skus:
        if (life := sku.life_days) is not None:
            old = -dice.between(*EXPIRED_DAYS) if dice.one_in(EXPIRED_ONE_IN) else dice.between(*NEAR_DAYS)
            left = (old, life // 2 + dice.below(life // 8), life - 1 - dice.below(life // 8))
            rows += [
                Lot(sku.code, f"{sku.code}-{letter}", days - life, days)
                for letter, days in zip("ABC", left, strict=True)
            ]
    return tuple(rows)


def locations(network: Network) -> tuple[Location, ...]:
    """A shop or a warehouse each, a second one for some."""
    rows: list[Location] = []
    for one in network.of_tier(Tier.BRAND, Tier.SUBSIDIARY, Tier.AGENT, Tier.DISTRIBUTOR):
        rows.append(Location(one.code, 1, LocationKind.WAREHOUSE, "主仓", one.region, one.point))
        if one.code in SECOND_HOUSES:
            rows.append(Location(one.code, 2, LocationKind.WAREHOUSE, SECOND_HOUSES[one.code], one.region, None))
    rows += [Location(one.code, 1, LocationKind.SHOP, "门店", one.region, one.point) for one in network.stores]
    return tuple(rows)


def stock(goods: Goods, network: Network, shelves: Sequence[Listing], dice: Dice) -> Stock:
    """Fill every house and shop, and say what is kept back and what is promised to others.

    Source: docs/domain.md, One pool of stock.
    """
    skus = {sku.code: sku for sku in goods.skus}
    batches = lots(goods, dice)
    codes: dict[str, list[str]] = {}
    for lot in batches:
        codes.setdefault(lot.sku, []).append(lot.code)
    places = locations(network)
    houses = {(place.holder, place.number) for place in places}
    held: list[Held] = []
    safety: list[Safety] = []
    for row in shelves:
        holder, sku = network.organizations[row.seller], skus[row.sku]
        if row.origin is ListingOrigin.POOL or dice.one_in(SOLD_OUT_ONE_IN):
            continue
        number = 2 if (holder.code, 2) in houses and dice.one_in(3) else 1
        held += _laid(holder, number, sku, codes.get(sku.code, [NO_LOT_CODE]), dice)
        if holder.tier in SAFETY_CASES and (cases := dice.between(0, SAFETY_CASES[holder.tier])):
            safety.append(Safety(holder.code, number, sku.code, cases * sku.case))
    offers = _contributions(places, dice)
    return Stock(batches, places, tuple(held), tuple(safety), offers, tuple(_promised(offers, held, skus, dice)))


def _laid(holder: Organization, number: int, sku: Sku, codes: Sequence[str], dice: Dice) -> Iterator[Held]:
    """Lay units into one lot, sometimes a part of them into a second."""
    if holder.tier is Tier.STORE:
        units = dice.between(*STORE_UNITS)
    else:
        units = dice.between(*CASES[holder.tier]) * sku.case + dice.below(sku.case)
    first = dice.below(len(codes))
    if len(codes) > 1 and dice.one_in(TWO_LOTS_ONE_IN):
        moved = dice.between(1, units - 1)
        yield Held(holder.code, number, sku.code, codes[first], units - moved)
        yield Held(holder.code, number, sku.code, codes[(first + 1) % len(codes)], moved)
    else:
        yield Held(holder.code, number, sku.code, codes[first], units)


def _contributions(places: Sequence[Location], dice: Dice) -> tuple[Contribution, ...]:
    """Every house above the stores is in the one pool, each for itself and everyone below its owner."""
    rows = [
        Contribution(ONE_POOL, place.holder, place.number, place.holder, SHARES_BPS[dice.below(len(SHARES_BPS))])
        for place in places
        if place.kind is LocationKind.WAREHOUSE
    ]
    return (*rows, Contribution(NEIGHBOURS, NEIGHBOUR, 1, NEIGHBOURS.owner, NEIGHBOUR_BPS))


def _promised(
    offers: Sequence[Contribution], held: Sequence[Held], skus: dict[str, Sku], dice: Dice
) -> Iterator[Promised]:
    there: dict[tuple[str, int], dict[str, None]] = {}
    for row in held:
        there.setdefault((row.holder, row.number), {})[row.sku] = None
    for offer in offers:
        for code in there.get((offer.owner, offer.number), {}):
            capped = dice.one_in(CAPPED_ONE_IN)
            yield Promised(offer, code, dice.between(*CAP_CASES) * skus[code].case if capped else None)
