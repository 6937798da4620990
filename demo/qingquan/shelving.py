"""What stands on which shelf, and what shoppers are asked for it.

Owns the choice and the mark-up. A store shows what it bought, then what its upstreams have; those that buy merchandise
from its maker show that too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from demo.dice import Dice
from demo.qingquan import BRAND
from demo.qingquan.goods import Goods
from demo.qingquan.network import TOPIC_SITE, Network
from demo.qingquan.trade import OPENED, RAISED, part
from demo.qingquan.values import Listing, Organization, Price, PriceList, Sku
from domain.catalog import ListingOrigin, ListingStatus, PriceAudience, PriceBand, PriceScope
from domain.channel import CloudStoreMode, Tier

OWN: Final = (14, 30)
POOLED: Final = (10, 24)
MALL_SKUS: Final = 80
UNLISTED_ONE_IN: Final = 40
TASTE: Final = 60
"""How far a store's own taste moves a sku from its place in the popularity of all."""
MARKUP: Final = (96, 110)
"""What a store asks, in hundredths of the suggested price."""
TOPIC_SKUS: Final = 5
TOPIC_HUNDREDTHS: Final = 90
JIAO: Final = 10
"""Prices end in whole jiao where their band allows it."""

Bands = Mapping[str, Mapping[str, PriceBand]]


def listings(goods: Goods, network: Network, bands: Bands, dice: Dice) -> tuple[Listing, ...]:
    """The shelves of the brand's mall, of the ordering malls and of the stores."""
    ranks = {sku.code: dice.below(1_000) for sku in goods.skus}
    popular = sorted((sku.code for sku in goods.skus), key=lambda code: (ranks[code], code))
    place = {code: number for number, code in enumerate(popular)}
    rows = _shelf(BRAND, [(code, ListingOrigin.OWN_STOCK) for code in popular[:MALL_SKUS]])
    for mall in network.of_tier(Tier.SUBSIDIARY, Tier.AGENT, Tier.DISTRIBUTOR):
        rows += _shelf(mall.code, [(code, ListingOrigin.OWN_STOCK) for code in popular if code in bands[mall.code]])
    for store in network.stores:
        offered = sorted(bands[store.code], key=lambda code: (place[code] + dice.below(TASTE), code))
        drinks = [code for code in offered if code not in goods.merchandise]
        own = dice.between(*OWN)
        pooled = own + dice.between(*POOLED)
        chosen = [(code, ListingOrigin.OWN_STOCK) for code in drinks[:own]]
        chosen += [(code, ListingOrigin.POOL) for code in drinks[own:pooled]]
        chosen += [(code, ListingOrigin.EXTERNAL) for code in offered if code in goods.merchandise]
        rows += [
            row._replace(status=ListingStatus.UNLISTED) if dice.one_in(UNLISTED_ONE_IN) else row
            for row in _shelf(store.code, chosen)
        ]
    return tuple(rows)


def _shelf(seller: str, chosen: Sequence[tuple[str, ListingOrigin]]) -> list[Listing]:
    return [
        Listing(seller, sku, origin, position, ListingStatus.LISTED) for position, (sku, origin) in enumerate(chosen, 1)
    ]


def consumer_prices(
    goods: Goods, network: Network, shelves: Sequence[Listing], bands: Bands, dice: Dice
) -> tuple[tuple[PriceList, ...], tuple[Price, ...]]:
    """What the mall and the stores ask of shoppers, and what the topic's stores ask less for a few goods.

    Source: docs/domain.md, Shelf.
    """
    skus = {sku.code: sku for sku in goods.skus}
    sellers = [network.organizations[BRAND], *network.stores]
    consumer = PriceAudience.CONSUMER
    lists = [PriceList(one.code, "CONSUMER", "零售价", consumer, PriceScope.BASE) for one in sellers]
    topic = [one for one in network.stores if one.site == TOPIC_SITE]
    lists += [PriceList(one.code, "TOPIC", "专题价", consumer, PriceScope.SITE, TOPIC_SITE) for one in topic]
    markups = {one.code: dice.between(*MARKUP) for one in sellers}
    rows: list[Price] = []
    for row in shelves:
        seller, sku = network.organizations[row.seller], skus[row.sku]
        if seller.mode is CloudStoreMode.B2B_ORDERING:
            continue
        hundredths = 100 if seller.tier is Tier.BRAND else markups[seller.code]
        rows.append(_price(seller, "CONSUMER", sku, hundredths, bands, OPENED))
        if seller.site == TOPIC_SITE and row.position <= TOPIC_SKUS:
            rows.append(_price(seller, "TOPIC", sku, TOPIC_HUNDREDTHS, bands, RAISED))
    return tuple(lists), tuple(rows)


def _price(seller: Organization, code: str, sku: Sku, hundredths: int, bands: Bands, from_day: int) -> Price:
    asked = part(sku.fen, hundredths)
    asked = (asked + JIAO // 2) // JIAO * JIAO
    if seller.tier is not Tier.BRAND:
        low, high = bands[seller.code][sku.code]
        asked = max(low or 0, min(asked, high or asked))
    return Price(seller.code, code, sku.code, 1, from_day, None, asked)
