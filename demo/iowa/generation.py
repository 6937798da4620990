"""Everything the demo adds to a ledger, in one call.

Owns the order of generation and nothing else: what is generated is decided in the modules beside this one. The same
ledger, seed and day give the same rows on every machine and version of Python.
"""

from __future__ import annotations

from datetime import date

from demo.dice import Dice
from demo.iowa import SEED, people, pricing, selection, stocking
from demo.iowa.values import Demo
from integrations.wholesale.channel import Channel
from integrations.wholesale.ledger import Ledger
from integrations.wholesale.prices import PriceBook, TradeKey, state_prices


def generate(ledger: Ledger, channel: Channel, trade: PriceBook[TradeKey], today: date, seed: int = SEED) -> Demo:
    """Generate what the file cannot hold.

    Args:
        ledger: the file.
        channel: `channel_of(ledger)`.
        trade: `trade_prices(ledger)`.
        today: the day of the import: lots are as old, and expire as soon, as seen from there. Nothing else uses it.
        seed: another seed is another demo.

    Returns:
        The rows, in an order that depends on the arguments only.
    """
    state = state_prices(ledger)
    sales = selection.Sales(ledger)
    chosen = selection.assortments(ledger, channel, sales, frozenset(state.series))
    shelves = selection.shelves(channel, sales, chosen, Dice(seed, "shelves"))
    filled = pricing.filled_trade_prices(ledger, chosen, trade, state)
    current = pricing.current_trade_prices(ledger, trade, filled)
    bands = pricing.assorted_items(chosen, current)
    lots = stocking.lots(ledger, today, Dice(seed, "lots"))
    stock = stocking.Stocking(ledger, sales, chosen, lots, seed)
    contributions, contributed_items = stock.contributions()
    accounts, jobs = people.staff(ledger, channel, Dice(seed, "staff"))
    return Demo(
        seed=seed,
        prices_from=pricing.opening_day(ledger),
        edges=selection.missing_edges(ledger, channel, chosen),
        unpriced=tuple(item.number for item in ledger.items if item.number not in state.series),
        assortments=bands,
        trade_prices=filled,
        shelves=shelves,
        consumer_prices=pricing.consumer_prices(ledger, channel, shelves, bands, current, Dice(seed, "mark-up")),
        shelf_life_days={lot.item: stocking.SHELF_LIFE_DAYS for lot in lots if lot.expires_on is not None},
        lots=lots,
        stock=stock.opening(shelves),
        safety=stock.safety(),
        contributions=contributions,
        contributed_items=contributed_items,
        people=accounts,
        staff=jobs,
        partners=people.partners(channel),
    )
