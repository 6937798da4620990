"""What the demo generates for the real file: exact sizes, the rules between the parts, the same on every machine."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import fields
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from demo.dice import Dice
from demo.iowa import SAMPLE
from demo.iowa.generation import generate
from demo.iowa.values import Demo
from domain.catalog import ListingOrigin, in_band
from domain.channel import Role, Tier
from domain.inventory import NO_LOT_CODE, is_sellable
from integrations.wholesale.channel import Channel, Supply, brand, channel_of, distributor, store
from integrations.wholesale.ledger import Ledger
from integrations.wholesale.prices import TradeKey, trade_prices
from integrations.wholesale.reading import read

TODAY = date(2026, 1, 15)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return read(SAMPLE)


@pytest.fixture(scope="module")
def channel(ledger: Ledger) -> Channel:
    return channel_of(ledger)


@pytest.fixture(scope="module")
def demo(ledger: Ledger, channel: Channel) -> Demo:
    return generate(ledger, channel, trade_prices(ledger), TODAY)


def sizes(demo: Demo) -> dict[str, int]:
    values = {field.name: getattr(demo, field.name) for field in fields(demo)}
    return {name: len(value) for name, value in values.items() if isinstance(value, tuple | dict)}


def digest(demo: Demo) -> str:
    return sha256("\n".join(repr(getattr(demo, field.name)) for field in fields(demo)).encode()).hexdigest()


def test_sizes_are_exact(demo: Demo) -> None:
    assert sizes(demo) == {
        "edges": 1,
        "unpriced": 0,
        "assortments": 21_646,
        "trade_prices": 14_133,
        "shelves": 53_808,
        "consumer_prices": 53_808,
        "shelf_life_days": 430,
        "lots": 2_426,
        "stock": 37_840,
        "safety": 12_008,
        "contributions": 170,
        "contributed_items": 23_220,
        "people": 2_828,
        "staff": 2_828,
        "partners": 1,
    }


def test_rows_are_the_same_on_every_machine(demo: Demo) -> None:
    assert digest(demo) == "d05fdf9b3c622069bf5ef8fe55d01a5ddd92933b4c8b0c11ee39a7778a677b45"


def test_draws_are_the_same_on_every_machine() -> None:
    dice = Dice(1, "a theme")
    assert [dice.below(1_000) for _ in range(5)] == [218, 548, 623, 216, 831]
    assert [dice.between(-2, 2) for _ in range(8)] == [-2, 2, -1, -2, 2, 2, 2, -2]
    assert [dice.one_in(3) for _ in range(8)] == [False, True, False, True, True, True, False, False]


def test_another_seed_or_day_is_another_demo(ledger: Ledger, channel: Channel, demo: Demo) -> None:
    trade = trade_prices(ledger)
    other = generate(ledger, channel, trade, TODAY, seed=1)
    assert other.assortments == demo.assortments  # nothing of them is drawn
    assert other.consumer_prices != demo.consumer_prices
    assert other.stock != demo.stock
    later = generate(ledger, channel, trade, date(2026, 1, 16))
    assert [field.name for field in fields(demo) if getattr(later, field.name) != getattr(demo, field.name)] == ["lots"]


def test_assortments_hold_what_was_bought_filled_to_200(ledger: Ledger, demo: Demo) -> None:
    bought = {(line.county or 0, line.item) for line in ledger.lines}
    assert {(row.distributor, row.item) for row in demo.assortments if not row.filled} == bought
    counts = Counter(row.distributor for row in demo.assortments)
    assert len(counts) == 100
    per_county = Counter(number for number, _ in bought)
    assert counts == {number: max(200, per_county[number]) for number in counts}


def test_assorted_brands_supply_the_distributor(ledger: Ledger, channel: Channel, demo: Demo) -> None:
    assert demo.edges == (Supply(brand(260), distributor(36), 0, False),)
    supplied = {(edge.upstream, edge.downstream) for edge in channel.brand_edges + demo.edges}
    vendor_of = {item.number: item.vendor for item in ledger.items}
    assert {(brand(vendor_of[row.item]), distributor(row.distributor)) for row in demo.assortments} <= supplied


def test_every_assorted_item_has_one_trade_price_real_or_filled(ledger: Ledger, demo: Demo) -> None:
    real = {(key.distributor, key.item) for key in trade_prices(ledger).series}
    filled = {(row.distributor, row.item) for row in demo.trade_prices}
    assert real & filled == set()
    assert real | filled == {(row.distributor, row.item) for row in demo.assortments}
    assert (77, 81_406) in filled  # bought for nothing only
    assert {row.starts_on for row in demo.trade_prices} == {date(2015, 12, 1)}
    assert min(row.cents for row in demo.trade_prices) > 0


def test_shelves_hold_what_was_bought_filled_to_40_or_120(ledger: Ledger, demo: Demo) -> None:
    bought = {(line.store, line.item) for line in ledger.lines}
    own = {(row.store, row.item) for row in demo.shelves if row.origin is ListingOrigin.OWN_STOCK}
    assert own == bought
    bottles: Counter[int] = Counter()
    for line in ledger.lines:
        bottles[line.store] += line.quantity
    large = set(sorted(bottles, key=lambda number: (-bottles[number], number))[:50])
    per_store = Counter(number for number, _ in bought)
    assert Counter(row.store for row in demo.shelves) == {
        number: max(120 if number in large else 40, per_store[number]) for number in bottles
    }


def test_shelf_positions_count_from_one_and_items_are_there_once(demo: Demo) -> None:
    positions: dict[int, list[int]] = {}
    for row in demo.shelves:
        positions.setdefault(row.store, []).append(row.position)
    assert all(places == list(range(1, len(places) + 1)) for places in positions.values())
    assert len({(row.store, row.item) for row in demo.shelves}) == len(demo.shelves)


def test_every_listing_is_authorised_and_priced_inside_its_band(ledger: Ledger, channel: Channel, demo: Demo) -> None:
    home = {edge.downstream.number: edge.upstream.number for edge in channel.store_edges if edge.primary}
    bands = {(row.distributor, row.item): row for row in demo.assortments}
    trade = trade_prices(ledger)
    filled = {(row.distributor, row.item): row.cents for row in demo.trade_prices}
    assert [(row.store, row.item) for row in demo.consumer_prices] == [(row.store, row.item) for row in demo.shelves]
    for row in demo.consumer_prices:
        key = (home[row.store], row.item)
        trade_cents = filled.get(key) or trade.on(TradeKey(*key), ledger.last_day)
        assert trade_cents is not None
        assert row.cents > trade_cents
        assert row.cents % 10 == 9
        assert in_band(row.cents, bands[key].floor_cents, bands[key].ceiling_cents)


def test_stock_lies_where_it_may(demo: Demo) -> None:
    assert Counter(row.holder.tier for row in demo.stock) == {
        Tier.STORE: 11_169,
        Tier.DISTRIBUTOR: 24_776,
        Tier.BRAND: 1_895,
    }
    assert len({(row.holder, row.item, row.lot) for row in demo.stock}) == len(demo.stock)
    assert min(row.on_hand for row in demo.stock) == 1
    own = {(store(row.store), row.item) for row in demo.shelves if row.origin is ListingOrigin.OWN_STOCK}
    assert {(row.holder, row.item) for row in demo.stock if row.holder.tier is Tier.STORE} == own
    assorted = {(distributor(row.distributor), row.item) for row in demo.assortments}
    assert {(row.holder, row.item) for row in demo.stock if row.holder.tier is Tier.DISTRIBUTOR} <= assorted


def test_lots_are_known_and_some_have_expired(demo: Demo) -> None:
    known = {(lot.item, lot.code): lot for lot in demo.lots}
    with_lots = {lot.item for lot in demo.lots}
    assert all((row.item, row.lot) in known for row in demo.stock if row.lot != NO_LOT_CODE)
    assert all(row.item not in with_lots for row in demo.stock if row.lot == NO_LOT_CODE)
    expired = {key for key, lot in known.items() if not is_sellable(lot.expires_on, TODAY)}
    assert len(expired) == 99
    assert sum((row.item, row.lot) in expired for row in demo.stock) == 837
    assert all(lot.expires_on is None or lot.produced_on < lot.expires_on for lot in demo.lots)
    assert set(demo.shelf_life_days) == {lot.item for lot in demo.lots if lot.expires_on}


def test_distributors_and_brands_contribute_whole_cases(ledger: Ledger, demo: Demo) -> None:
    pack = {item.number: item.pack for item in ledger.items}
    assert Counter(row.owner.tier for row in demo.contributions) == {Tier.DISTRIBUTOR: 100, Tier.BRAND: 70}
    assert all(5_000 <= row.share_bps <= 10_000 for row in demo.contributions)
    assert sum(row.cap is not None for row in demo.contributed_items) == 4_626
    assert all(row.cap is None or (row.cap > 0 and row.cap % pack[row.item] == 0) for row in demo.contributed_items)
    assert all(row.quantity > 0 and row.quantity % pack[row.item] == 0 for row in demo.safety)
    offered = {(row.owner, row.item) for row in demo.contributed_items}
    assert {(row.holder, row.item) for row in demo.stock if row.holder.tier is not Tier.STORE} <= offered


def test_everyone_has_staff(demo: Demo) -> None:
    assert Counter((row.employer.tier, row.role) for row in demo.staff) == {
        (Tier.BRAND, Role.OPERATOR): 70,
        (Tier.BRAND, Role.ANALYST): 70,
        (Tier.DISTRIBUTOR, Role.SALESPERSON): 100,
        (Tier.DISTRIBUTOR, Role.OPERATOR): 100,
        (Tier.STORE, Role.CLERK): 1_244,
        (Tier.STORE, Role.MANAGER): 1_244,
    }
    assert [row.subject for row in demo.staff] == [person.subject for person in demo.people]
    jobs = {row.subject: row.employer for row in demo.staff}
    assert jobs["store:2191/clerk"] == store(2191)
    assert jobs["distributor:0/salesperson"] == distributor(0)
    assert [(partner.subject, partner.speaks_for) for partner in demo.partners] == [("partner:1", distributor(77))]


def test_everything_is_marked_as_generated(demo: Demo) -> None:
    tables = [getattr(demo, field.name) for field in fields(demo)]
    rows = [row for table in tables if isinstance(table, tuple) for row in table[:1]]
    assert {type(row).__name__ for row in rows if not getattr(row, "generated", False)} == {"Supply"}


def test_small_file_gives_a_small_demo_without_its_unpriced_item(tmp_path: Path) -> None:
    header, first, second, *_ = gzip.decompress(SAMPLE.read_bytes()).decode().splitlines(keepends=True)
    free = first.replace("$27.14", "$0.00").replace("$162.84", "$0.00").replace(";297;", ";298;")
    path = tmp_path / "small.csv"
    path.write_text(header + free + second, encoding="utf-8")
    ledger = read(path)
    channel = channel_of(ledger)
    demo = generate(ledger, channel, trade_prices(ledger), TODAY)
    assert demo.unpriced == (298,)
    # Item 297 was bought in county 73; county 56 is filled with it, for there is no other.
    assert [(row.distributor, row.item, row.filled) for row in demo.assortments] == [(56, 297, True), (73, 297, False)]
    assert [(row.store, row.item, row.origin) for row in demo.shelves] == [
        (2191, 297, ListingOrigin.POOL),
        (2205, 297, ListingOrigin.OWN_STOCK),
    ]
    assert [(row.distributor, row.cents) for row in demo.trade_prices] == [(56, 2_714)]
