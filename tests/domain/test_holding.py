"""Holding: wholly or not at all, never more than is promised, and nothing refused that is there."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.inventory import NotEnoughStock, Offer, Shortage, sellable_here
from domain.inventory.holding import Goods, Lot, Taken, Wanted, Way, held

TODAY = date(2026, 11, 30)
SKU, OTHER = UUID(int=1), UUID(int=2)
POOL, SECOND = UUID(int=8), UUID(int=9)


def goods(*loose: int, safety: int = 0) -> Goods[str]:
    """Lots that expire one after the other, so many days from today."""
    return Goods([Lot(f"lot {n}", str(n), TODAY + timedelta(n + 1), units) for n, units in enumerate(loose)], safety)


def left(ways: list[Way[str]]) -> list[int]:
    every = {id(way.goods): way.goods for way in ways}
    return [lot.loose for each in every.values() for lot in each.lots]


def test_the_first_that_expires_leaves_first() -> None:
    ways = [Way(goods(2, 5))]
    assert held([Wanted(SKU, 3)], {SKU: ways}, TODAY) == [Taken("lot 0", None, 2), Taken("lot 1", None, 1)]
    assert left(ways) == [0, 4]


def test_expired_lots_and_safety_stay() -> None:
    stale = Goods([Lot("stale", "", TODAY, 9), Lot("fresh", "", None, 5)], safety=2)
    ways = {SKU: [Way(stale)]}
    with pytest.raises(NotEnoughStock) as refused:
        held([Wanted(SKU, 4)], ways, TODAY)
    assert refused.value.shortages == ((SKU, 4, 3),)
    assert held([Wanted(SKU, 3)], ways, TODAY) == [Taken("fresh", None, 3)]


def test_two_lines_of_one_sku_are_one() -> None:
    ways = {SKU: [Way(goods(5))]}
    with pytest.raises(NotEnoughStock) as refused:
        held([Wanted(SKU, 3), Wanted(SKU, 3)], ways, TODAY)
    assert refused.value.shortages == ((SKU, 6, 5),)


def test_what_is_short_is_told_of_every_sku_and_nothing_is_taken() -> None:
    ways = {SKU: [Way(goods(5))], OTHER: [Way(goods(1))]}
    with pytest.raises(NotEnoughStock) as refused:
        held([Wanted(SKU, 4), Wanted(OTHER, 2), Wanted(UUID(int=3), 1)], ways, TODAY)
    assert refused.value.shortages == ((OTHER, 2, 1), (UUID(int=3), 1, 0))
    assert left(ways[SKU]) == [5]


def test_own_stock_goes_before_what_others_contribute() -> None:
    """Two, three and five, of which the last is capped at four: nine, not ten."""
    ways = [Way(goods(2)), Way(goods(3), POOL, 10_000), Way(goods(5), SECOND, 10_000, cap=4)]
    assert [taken.quantity for taken in held([Wanted(SKU, 9)], {SKU: ways}, TODAY)] == [2, 3, 4]
    assert [way.held for way in ways] == [0, 3, 4]
    with pytest.raises(NotEnoughStock):
        held([Wanted(SKU, 1)], {SKU: ways}, TODAY)


def test_goods_bought_elsewhere_are_taken_of_the_store_s_own_alone() -> None:
    def ways() -> dict[UUID, list[Way[str]]]:
        return {sku: [Way(goods(2)), Way(goods(3), POOL, 10_000)] for sku in (SKU, OTHER)}

    with pytest.raises(NotEnoughStock) as refused:
        held([Wanted(SKU, 3, own_only=True), Wanted(OTHER, 5)], ways(), TODAY)
    assert refused.value.shortages == ((SKU, 3, 2),)
    taken = held([Wanted(SKU, 2, own_only=True), Wanted(OTHER, 5)], ways(), TODAY)
    assert [(one.contribution, one.quantity) for one in taken] == [(None, 2), (None, 2), (POOL, 3)]


def test_goods_that_are_reached_in_two_ways_are_there_once() -> None:
    shared = goods(6)
    ways = [Way(shared, POOL, 10_000), Way(shared, SECOND, 10_000)]
    with pytest.raises(NotEnoughStock) as refused:
        held([Wanted(SKU, 7)], {SKU: ways}, TODAY)
    assert refused.value.shortages == ((SKU, 7, 6),)


def test_shares_are_of_what_lay_there_before() -> None:
    """Two halves of ten are ten: the second is no half of what the first left."""
    shared = goods(10)
    ways = [Way(shared, POOL, 5_000), Way(shared, SECOND, 5_000)]
    taken = held([Wanted(SKU, 10)], {SKU: ways}, TODAY)
    assert [(one.contribution, one.quantity) for one in taken] == [(POOL, 5), (SECOND, 5)]


LOTS = st.lists(st.integers(0, 6), min_size=1, max_size=3)
PLACES = st.lists(st.tuples(LOTS, st.integers(0, 4)), min_size=1, max_size=3)
WAYS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 2), st.integers(0, 10_000), st.none() | st.integers(0, 8)),
    min_size=1,
    max_size=5,
)


@given(PLACES, WAYS, st.lists(st.integers(1, 9), max_size=6))
def test_holds_one_after_the_other_take_what_is_promised_and_no_more(
    places: list[tuple[list[int], int]], drawn: list[tuple[bool, int, int, int | None]], wishes: list[int]
) -> None:
    """A hold is refused if and only if the rule of the shelf promises less, and what is left is what the rule says.

    Also where the same goods are the store's own and contributed, to several pools.
    """
    there_are = [goods(*lots, safety=safety) for lots, safety in places]
    ways: list[Way[str]] = []
    for number, (own, at, share, cap) in enumerate(drawn):
        reached = there_are[at % len(there_are)]
        if not own:
            ways.append(Way(reached, UUID(int=100 + number), share, cap))
        elif not any(way.goods is reached and way.contribution is None for way in ways):
            ways.append(Way(reached))
    there = sum(left(ways))
    for quantity in wishes:
        promised = promise(ways)
        taken: list[Taken[str]] = []
        short: tuple[Shortage, ...] = ()
        try:
            taken = held([Wanted(SKU, quantity)], {SKU: ways}, TODAY)
        except NotEnoughStock as refused:
            short = refused.shortages
        assert short == (() if promised >= quantity else ((SKU, quantity, promised),))
        assert sum(one.quantity for one in taken) == (0 if short else quantity)
        there -= sum(one.quantity for one in taken)
        assert sum(left(ways)) == there
        assert all(way.cap is None or way.held <= way.cap for way in ways)
        assert min(left(ways)) >= 0


def promise(ways: list[Way[str]]) -> int:
    """What the shelf would say."""
    own = [(id(way.goods), way.goods.free(TODAY)) for way in ways if way.contribution is None]
    offers = [
        Offer(id(way.goods), 1, way.goods.free(TODAY), way.share_bps, way.cap, way.held)
        for way in ways
        if way.contribution is not None
    ]
    return sellable_here(own, offers).total
