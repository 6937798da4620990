"""Everything the tenant is made of, in one call.

Owns the order of generation and nothing else: what is generated is decided in the modules beside this one. The same
seed and day give the same rows on every machine and version of Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from demo.calendar import Calendar
from demo.dice import Dice
from demo.qingquan import SEED, TENANT
from demo.qingquan.goods import Goods, goods
from demo.qingquan.history import orders
from demo.qingquan.ids import Ids
from demo.qingquan.network import Network, network
from demo.qingquan.people import PARTNERS, staff
from demo.qingquan.regions import regions
from demo.qingquan.shelving import consumer_prices, listings
from demo.qingquan.stocking import Stock, stock
from demo.qingquan.trade import Quotes, Tariff, assortments, bands_today
from demo.qingquan.values import Assortment, Job, Listing, Order, Partner, Price, PriceList, Region
from integrations.keys import Keys


@dataclass(frozen=True)
class Qingquan:
    """The tenant, but for its consumers and campaigns."""

    seed: int
    calendar: Calendar
    ids: Ids
    regions: Mapping[str, Region]
    network: Network
    goods: Goods
    lists: tuple[PriceList, ...]
    prices: tuple[Price, ...]
    assortments: tuple[Assortment, ...]
    shelves: tuple[Listing, ...]
    stock: Stock
    orders: tuple[Order, ...]
    jobs: tuple[Job, ...]
    partners: tuple[Partner, ...]


def generate(today: date, seed: int = SEED) -> Qingquan:
    """Generate the tenant.

    Args:
        today: the day of the import: lots, prices, orders and campaigns are told from it.
        seed: another seed is another tenant.

    Returns:
        The rows, in an order that depends on the arguments only.
    """
    calendar, keys = Calendar(today, ZoneInfo(TENANT.time_zone)), Keys(TENANT.code)
    areas = regions()
    channel = network(areas, Dice(seed, "network"))
    catalogue = goods()
    tariff = Tariff(catalogue, channel)
    given = assortments(catalogue, channel, Dice(seed, "assortments"))
    bands = bands_today(given)
    shelves = listings(catalogue, channel, bands, Dice(seed, "shelves"))
    retail, asked = consumer_prices(catalogue, channel, shelves, bands, Dice(seed, "mark-up"))
    quotes = Quotes(tariff, channel, keys, calendar)
    return Qingquan(
        seed=seed,
        calendar=calendar,
        ids=Ids(keys, channel),
        regions=areas,
        network=channel,
        goods=catalogue,
        lists=(*tariff.lists, *retail),
        prices=(*tariff.prices, *asked),
        assortments=given,
        shelves=shelves,
        stock=stock(catalogue, channel, shelves, Dice(seed, "stock")),
        orders=orders(catalogue, channel, shelves, quotes, Dice(seed, "orders")),
        jobs=staff(channel.organizations.values(), Dice(seed, "staff")),
        partners=PARTNERS,
    )
