"""The real file's demo, made once for all tests of this process that look at it without a database."""

from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from demo.consumers.generation import generate_consumers
from demo.consumers.values import Consumers
from demo.consumers.world import World
from demo.iowa import SAMPLE, SEED
from demo.iowa.cast import Cast
from demo.iowa.generation import generate
from demo.iowa.ranks import Ranks
from demo.iowa.world import world_of
from integrations.keys import Keys
from integrations.wholesale.channel import channel_of
from integrations.wholesale.prices import cost_prices, trade_prices
from integrations.wholesale.reading import read
from integrations.wholesale.writing import Source

TODAY = date(2026, 1, 15)


@cache
def cast(path: Path = SAMPLE, today: date = TODAY) -> Cast:
    """The file as its demo sees it."""
    ledger = read(path)
    channel, trade = channel_of(ledger), trade_prices(ledger)
    demo = generate(ledger, channel, trade, today)
    source = Source(
        *(Keys("iowa"), ledger, channel, cost_prices(ledger), trade, ZoneInfo("America/Chicago"), "USD"),
        *(datetime.combine(today, time(12), UTC), demo.edges, demo.shelf_life_days),
    )
    return Cast(source, Ranks(ledger, channel), demo)


@cache
def world(path: Path = SAMPLE, today: date = TODAY) -> World:
    made = cast(path, today)
    return world_of(made.source, made.demo, made.ranks, today)


@cache
def consumers() -> Consumers:
    return generate_consumers(world(), SEED)
