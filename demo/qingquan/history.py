"""Past orders of organisations from each other: completed, of whole cases, at the prices of their day.

Owns who ordered when. Such an order leaves no trace in the stock. What shoppers bought is generated in `consumers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from demo.calendar import DAY_MINUTES
from demo.dice import Dice
from demo.qingquan.goods import Goods
from demo.qingquan.network import GOODS_SUPPLIER, Network
from demo.qingquan.people import subject
from demo.qingquan.trade import Quotes
from demo.qingquan.values import Listing, Order, OrderLine, Organization
from domain.catalog import ListingOrigin
from domain.channel import Role, Tier
from domain.ordering import OrderKind, Terminal

DAYS: Final = 240
"""How far the history goes back."""
STORE_ORDERS: Final = (1, 5)
STORE_LINES: Final = (2, 6)
STORE_CASES: Final = (1, 6)
UPPER_ORDERS: Final = (4, 8)
UPPER_LINES: Final = (5, 10)
UPPER_CASES: Final = (5, 60)
LARGE_WEIGHT: Final = 100
"""Stores with so many customers order twice as often."""
NUMBER: Final = "QQ-{}-{:06d}"
_LETTER: Final = {OrderKind.REPLENISHMENT: "R", OrderKind.PURCHASE: "P"}
_OPEN_MINUTES: Final = (8 * 60, 18 * 60)


class Book:
    """Writes orders and numbers them in the order of time.

    Args:
        goods: the catalogue.
        quotes: what was asked.
        dice: the stream of draws.
    """

    def __init__(self, goods: Goods, quotes: Quotes, dice: Dice) -> None:
        self._cases = {sku.code: sku.case for sku in goods.skus}
        self._quotes, self._dice = quotes, dice

    def order(
        self,
        kind: OrderKind,
        seller: Organization,
        buyer: Organization,
        offered: Sequence[str],
        lines: tuple[int, int],
        cases: tuple[int, int],
    ) -> Order | None:
        """One order of some of what is offered; None where nothing of it had a price."""
        dice = self._dice
        minute = -dice.between(1, DAYS) * DAY_MINUTES + dice.between(*_OPEN_MINUTES)
        wanted = dict.fromkeys(offered[dice.below(len(offered))] for _ in range(dice.between(*lines)))
        made = []
        for sku in wanted:
            quantity = dice.between(*cases) * self._cases[sku]
            fen = self._quotes.fen(seller.code, buyer, sku, quantity, minute)
            if fen is not None:
                made.append(OrderLine(sku, quantity, fen))
        by_seller = seller.tier is not Tier.SUPPLIER and seller.tier is not Tier.BRAND and dice.one_in(3)
        role = Role.SALESPERSON if by_seller else Role.MANAGER if buyer.tier is Tier.STORE else Role.OPERATOR
        return (
            Order(
                "",
                kind,
                seller.code,
                buyer.code,
                subject(seller if by_seller else buyer, role),
                Terminal.SALESPERSON if by_seller else Terminal.MINI_PROGRAM,
                minute,
                tuple(made),
            )
            if made
            else None
        )


def orders(goods: Goods, network: Network, shelves: Sequence[Listing], quotes: Quotes, dice: Dice) -> tuple[Order, ...]:
    """Every past order, numbered by kind in the order of time."""
    book = Book(goods, quotes, dice)
    found = [
        order
        for order in (*_upper(network, shelves, book, dice), *_stores(goods, network, shelves, book, dice))
        if order
    ]
    found.sort(key=lambda order: (order.minute, order.seller, order.buyer))
    counts = dict.fromkeys(_LETTER, 0)
    rows = []
    for order in found:
        counts[order.kind] += 1
        rows.append(replace(order, number=NUMBER.format(_LETTER[order.kind], counts[order.kind])))
    return tuple(rows)


def _on_shelf(shelves: Sequence[Listing]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in shelves:
        if row.origin is ListingOrigin.OWN_STOCK:
            found.setdefault(row.seller, []).append(row.sku)
    return found


def _upper(network: Network, shelves: Sequence[Listing], book: Book, dice: Dice) -> Iterator[Order | None]:
    """Everyone between the brand and the stores, from who mainly supplies it."""
    offered = _on_shelf(shelves)
    for buyer in network.of_tier(Tier.SUBSIDIARY, Tier.AGENT, Tier.DISTRIBUTOR):
        seller = network.organizations[network.primary[buyer.code]]
        for _ in range(dice.between(*UPPER_ORDERS)):
            yield book.order(OrderKind.REPLENISHMENT, seller, buyer, offered[buyer.code], UPPER_LINES, UPPER_CASES)


def _stores(
    goods: Goods, network: Network, shelves: Sequence[Listing], book: Book, dice: Dice
) -> Iterator[Order | None]:
    """The stores from their distributors, now and then from the second one; merchandise from its maker."""
    own = _on_shelf(shelves)
    merchandise = sorted(goods.merchandise)
    for buyer in network.stores:
        upstreams = [network.organizations[code] for code in network.upstreams[buyer.code] if code != GOODS_SUPPLIER]
        times = dice.between(*STORE_ORDERS) * (2 if buyer.weight >= LARGE_WEIGHT else 1)
        for _ in range(times):
            seller = upstreams[-1] if dice.one_in(4) else upstreams[0]
            yield book.order(OrderKind.REPLENISHMENT, seller, buyer, own[buyer.code], STORE_LINES, STORE_CASES)
        if GOODS_SUPPLIER in network.upstreams[buyer.code]:
            supplier = network.organizations[GOODS_SUPPLIER]
            yield book.order(OrderKind.PURCHASE, supplier, buyer, merchandise, (1, 2), (1, 1))
