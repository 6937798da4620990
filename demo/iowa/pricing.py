"""Prices that no line shows: trade prices of filled items, the bands of assortments, what consumers are asked.

Owns the mark-up and its rounding. All of it is whole cents and basis points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

from demo.dice import Dice
from demo.iowa.selection import Assortment
from demo.iowa.values import AssortedItem, ConsumerPrice, FilledTradePrice, ShelfItem
from domain.money import percent_half_up
from integrations.wholesale.channel import Channel
from integrations.wholesale.ledger import Ledger
from integrations.wholesale.prices import PriceBook, TradeKey

STORE_MARKUP_BPS: Final = (1_800, 2_800)
ITEM_MARKUP_BPS: Final = (0, 700)
FLOOR_BPS: Final = 10_500
CEILING_BPS: Final = 16_000
"""The band of an assortment, in basis points of the trade price."""
_WHOLE_BPS: Final = 10_000


def opening_day(ledger: Ledger) -> date:
    """The day from which generated prices hold: the one after the last line."""
    return ledger.last_day + timedelta(days=1)


def filled_trade_prices(
    ledger: Ledger, chosen: Mapping[int, Assortment], trade: PriceBook[TradeKey], state: PriceBook[int]
) -> tuple[FilledTradePrice, ...]:
    """Give each assorted item that its distributor never sold at a price the state's latest price."""
    starts_on = opening_day(ledger)
    rows: list[FilledTradePrice] = []
    for number in sorted(chosen):
        for item in sorted(chosen[number].items):
            if TradeKey(number, item) not in trade.series:
                cents = state.on(item, ledger.last_day)
                assert cents is not None  # only priced items are assorted
                rows.append(FilledTradePrice(number, item, cents, starts_on))
    return tuple(rows)


def current_trade_prices(
    ledger: Ledger, trade: PriceBook[TradeKey], filled: Iterable[FilledTradePrice]
) -> dict[tuple[int, int], int]:
    """The trade price in cents on the opening day, by (distributor, item)."""
    current: dict[tuple[int, int], int] = {(row.distributor, row.item): row.cents for row in filled}
    for key in trade.series:
        cents = trade.on(key, ledger.last_day)
        assert cents is not None  # a series begins on a day of the file
        current[key.distributor, key.item] = cents
    return current


def assorted_items(
    chosen: Mapping[int, Assortment], current: Mapping[tuple[int, int], int]
) -> tuple[AssortedItem, ...]:
    """The assortments with their bands."""
    return tuple(
        AssortedItem(
            number,
            item,
            percent_half_up(current[number, item], FLOOR_BPS),
            percent_half_up(current[number, item], CEILING_BPS),
            place >= assortment.bought,
        )
        for number, assortment in sorted(chosen.items())
        for place, item in enumerate(assortment.items)
    )


def consumer_prices(
    ledger: Ledger,
    channel: Channel,
    shelves: Iterable[ShelfItem],
    bands: Iterable[AssortedItem],
    current: Mapping[tuple[int, int], int],
    dice: Dice,
) -> tuple[ConsumerPrice, ...]:
    """Mark up the trade price of everything on a shelf.

    A store has a mark-up of its own, an item a little more on top; the price goes up to the next amount that ends in
    9 cents and stays inside the band. Where several distributors supply a store, the primary one's price counts, or
    that of the first one that sells the item.

    Source: docs/domain.md, Shelf.
    """
    starts_on = opening_day(ledger)
    upstreams: dict[int, list[int]] = {}
    for edge in sorted(channel.store_edges, key=lambda edge: (edge.downstream.number, not edge.primary)):
        upstreams.setdefault(edge.downstream.number, []).append(edge.upstream.number)
    band_of = {(row.distributor, row.item): row for row in bands}
    markups = {store: dice.between(*STORE_MARKUP_BPS) for store in sorted(upstreams)}
    rows: list[ConsumerPrice] = []
    for listing in shelves:
        key = next((number, listing.item) for number in upstreams[listing.store] if (number, listing.item) in band_of)
        markup_bps = markups[listing.store] + dice.between(*ITEM_MARKUP_BPS)
        asked = _ending_in_nine(percent_half_up(current[key], _WHOLE_BPS + markup_bps))
        band = band_of[key]
        cents = max(band.floor_cents, min(asked, band.ceiling_cents))
        rows.append(ConsumerPrice(listing.store, listing.item, cents, starts_on))
    return tuple(rows)


def _ending_in_nine(cents: int) -> int:
    return cents + 9 - cents % 10
