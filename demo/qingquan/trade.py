"""At what prices each tier sells to the one below, and what each lets the one below sell.

Owns trade price lists of every scope and the assortments with their bands: all in hundredths of the price the brand
suggests to shops.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from demo.calendar import Calendar
from demo.dice import Dice
from demo.qingquan import BRAND
from demo.qingquan.goods import Goods
from demo.qingquan.network import AGENTS, EAST, FLAGSHIP, GOODS_SUPPLIER, TOPIC_SITE, Network
from demo.qingquan.values import Assortment, Banded, Grant, Organization, Price, PriceList, Sku
from domain.catalog import PriceAudience, PriceBand, PriceCandidate, PriceScope, best, common_band
from domain.channel import Tier
from domain.money import percent_half_up
from integrations.keys import Keys

OPENED: Final = -420
"""The day on which the first prices began."""
RAISED: Final = -90
"""The day on which distributors raised theirs."""
COMING: Final = 20
CONTRACT_SKUS: Final = 20
LEFT_OUT_ONE_IN: Final = 10
"""So many drinks a distributor does not carry."""
BAND_OF_BRAND: Final = (78, 135)
BAND_OF_DISTRIBUTOR: Final = (85, 125)
BAND_OF_SUPPLIER: Final = (90, 120)
SEASON_SKUS: Final = 12
SEASONAL: Final = 4
"""So many distributors have a summer assortment that is over and one that comes."""

_Break = tuple[int, int]
"""Cases, and from so many on how many hundredths."""
_AGENT_BREAKS: Final[Sequence[_Break]] = ((0, 61), (10, 59), (50, 57))
_DISTRIBUTOR_BREAKS: Final[Sequence[_Break]] = ((0, 74), (5, 72), (20, 70))
_PLAIN: Final = PriceScope.BASE


def part(fen: int, hundredths: int) -> int:
    """So many hundredths of an amount, at least 1."""
    return max(1, percent_half_up(fen, hundredths * 100))


class Tariff:
    """The trade price lists while they are written.

    Args:
        goods: the catalogue.
        network: the channel.
    """

    def __init__(self, goods: Goods, network: Network) -> None:
        self._goods, self._network = goods, network
        self.lists: list[PriceList] = []
        self.prices: list[Price] = []
        self._above_stores()
        for number, distributor in enumerate(network.of_tier(Tier.DISTRIBUTOR)):
            self._distributor(distributor, number)
        merchandise = [sku for sku in goods.skus if sku.code in goods.merchandise]
        self._list(GOODS_SUPPLIER, "TRADE", "供货价", _PLAIN, None, merchandise, ((0, 60),))

    def _list(
        self,
        seller: str,
        code: str,
        name: str,
        scope: PriceScope,
        target: str | None,
        skus: Sequence[Sku],
        breaks: Sequence[_Break],
        window: tuple[int, int | None] = (OPENED, None),
    ) -> None:
        made = PriceList(seller, code, name, PriceAudience.TRADE, scope, target)
        if made not in self.lists:
            self.lists.append(made)
        self.prices += [
            Price(seller, code, sku.code, max(1, cases * sku.case), *window, part(sku.fen, hundredths))
            for sku in skus
            for cases, hundredths in breaks
        ]

    def _above_stores(self) -> None:
        drinks = self._goods.drinks
        water = [sku for sku in drinks if sku.product.startswith("W")]
        self._list(BRAND, "BASE", "出厂价", _PLAIN, None, drinks, ((0, 56),))
        self._list(BRAND, "TIER-SUBSIDIARY", "分公司价", PriceScope.TIER, Tier.SUBSIDIARY, drinks, ((0, 50),))
        self._list(BRAND, "TIER-AGENT", "代理价", PriceScope.TIER, Tier.AGENT, drinks, ((0, 53),))
        self._list(EAST, "BASE", "华东调拨价", _PLAIN, None, drinks, ((0, 56),))
        self._list(EAST, "CONTRACT-32", "江苏水类合同价", PriceScope.CONTRACT, f"{BRAND}-32", water, ((0, 54),))
        for code in AGENTS:
            self._list(f"{BRAND}-{code}", "BASE", "经销价", _PLAIN, None, drinks, _AGENT_BREAKS)

    def _distributor(self, distributor: Organization, number: int) -> None:
        """Base prices for all, raised lately; below them, in turn, what is for a tag, a region, a site, a tier."""
        code, drinks = distributor.code, self._goods.drinks
        self._list(code, "BASE", "门店订货价", _PLAIN, None, drinks, ((0, 72), (5, 70)), (OPENED, RAISED))
        self._list(code, "BASE", "门店订货价", _PLAIN, None, drinks, _DISTRIBUTOR_BREAKS, (RAISED, None))
        chosen = drinks[number :: len(drinks) // CONTRACT_SKUS]
        self._list(code, "TAG", "旗舰店价", PriceScope.TAG, FLAGSHIP, chosen, ((0, 68),))
        largest = next(one for one in self._network.ranked if self._network.primary[one.code] == code)
        self._list(code, "CONTRACT", "年度合同价", PriceScope.CONTRACT, largest.code, chosen, ((0, 66), (10, 64)))
        if number % 3 == 0:
            self._list(code, "REGION", "区域价", PriceScope.REGION, distributor.region, chosen, ((0, 71),))
        elif number % 3 == 1:
            self._list(code, "SITE", "专题站价", PriceScope.SITE, TOPIC_SITE, chosen, ((0, 69),))
        else:
            self._list(code, "TIER", "终端价", PriceScope.TIER, Tier.STORE, chosen, ((0, 73),))


class Quotes:
    """What a buyer was asked on a day, by the domain's rule over every list that speaks to it.

    Args:
        tariff: the lists.
        network: the channel.
        keys: derives the lists' ids, which decide between equals.
        calendar: the days.
    """

    def __init__(self, tariff: Tariff, network: Network, keys: Keys, calendar: Calendar) -> None:
        self._network, self._calendar = network, calendar
        self._lists: defaultdict[str, list[PriceList]] = defaultdict(list)
        for made in tariff.lists:
            self._lists[made.seller].append(made)
        self._candidates: defaultdict[tuple[str, str, str], list[PriceCandidate]] = defaultdict(list)
        scopes = {(made.seller, made.code): made for made in tariff.lists}
        for price in tariff.prices:
            made = scopes[price.seller, price.code]
            self._candidates[price.seller, price.code, price.sku].append(
                PriceCandidate(
                    price_list_id(keys, price.seller, price.code),
                    made.name,
                    made.scope,
                    keys.of("sku", price.sku),
                    price.min_qty,
                    price.fen,
                    calendar.day(price.from_day),
                    None if price.until_day is None else calendar.day(price.until_day),
                )
            )

    def _speaks_to(self, made: PriceList, buyer: Organization) -> bool:
        return (
            made.target
            in {
                PriceScope.BASE: (None,),
                PriceScope.CONTRACT: (buyer.code,),
                PriceScope.TAG: buyer.tags,
                PriceScope.REGION: (buyer.region,),
                PriceScope.SITE: (buyer.site,),
                PriceScope.TIER: (buyer.tier.value,),
            }[made.scope]
        )

    def fen(self, seller: str, buyer: Organization, sku: str, quantity: int, minute: int) -> int | None:
        """The price of one base unit, None where there is none."""
        candidates = [
            candidate
            for made in self._lists[seller]
            if self._speaks_to(made, buyer)
            for candidate in self._candidates[seller, made.code, sku]
        ]
        found = best(candidates, quantity, self._calendar.minute(minute))
        return None if found is None else found.unit_fen


def price_list_id(keys: Keys, seller: str, code: str) -> UUID:
    """The id of a seller's list."""
    return keys.of("price_list", code, seller)


def assortments(goods: Goods, network: Network, dice: Dice) -> tuple[Assortment, ...]:
    """What each organisation lets those below it sell: the brand everything, a distributor most of it."""
    return tuple(_assortments(goods, network, dice))


def _assortments(goods: Goods, network: Network, dice: Dice) -> Iterator[Assortment]:
    drinks, below = goods.drinks, network.downstreams
    for grantor in network.of_tier(Tier.BRAND, Tier.SUBSIDIARY, Tier.AGENT):
        yield _assortment(grantor, "ALL", "全品授权", drinks, BAND_OF_BRAND, _since(below[grantor.code]))
    for number, grantor in enumerate(network.of_tier(Tier.DISTRIBUTOR)):
        kept = [sku for sku in drinks if not dice.one_in(LEFT_OUT_ONE_IN)]
        yield _assortment(grantor, "STANDARD", "标准可售", kept, BAND_OF_DISTRIBUTOR, _since(below[grantor.code]))
        if number < SEASONAL:
            season = drinks[number::SEASON_SKUS]
            over = tuple(Grant(code, OPENED // 2, RAISED) for code in below[grantor.code])
            comes = tuple(Grant(code, COMING, COMING + 90) for code in below[grantor.code])
            yield _assortment(grantor, "SUMMER", "夏季限定（已结束）", season, BAND_OF_DISTRIBUTOR, over)
            yield _assortment(grantor, "NEW-YEAR", "年货专供（未开始）", season, BAND_OF_DISTRIBUTOR, comes)
    merchandise = [sku for sku in goods.skus if sku.code in goods.merchandise]
    supplier = network.organizations[GOODS_SUPPLIER]
    yield _assortment(supplier, "MERCHANDISE", "周边授权", merchandise, BAND_OF_SUPPLIER, _since(below[GOODS_SUPPLIER]))


def _assortment(
    grantor: Organization,
    code: str,
    name: str,
    skus: Sequence[Sku],
    band: tuple[int, int],
    grants: tuple[Grant, ...],
) -> Assortment:
    items = tuple(Banded(sku.code, part(sku.fen, band[0]), part(sku.fen, band[1])) for sku in skus)
    return Assortment(grantor.code, code, name, items, grants)


def _since(grantees: Sequence[str]) -> tuple[Grant, ...]:
    return tuple(Grant(code, OPENED, None) for code in grantees)


def bands_today(assortments: Sequence[Assortment]) -> Mapping[str, Mapping[str, PriceBand]]:
    """What each organisation may sell today, each sku with the band that all who let it sell agree on."""
    given: defaultdict[str, defaultdict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for made in assortments:
        for grant in made.grants:
            if grant.from_day <= 0 and (grant.until_day is None or grant.until_day > 0):
                for item in made.items:
                    given[grant.grantee][item.sku].append((item.min_fen, item.max_fen))
    found: defaultdict[str, Mapping[str, PriceBand]] = defaultdict(dict)
    found.update((grantee, {sku: common_band(bands) for sku, bands in skus.items()}) for grantee, skus in given.items())
    return found
