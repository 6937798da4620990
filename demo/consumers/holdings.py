"""Growth and tiers, points and stored value.

Owns the draws: few hold much. A member's tier is the highest level that her growth has reached.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from demo.consumers.people import FIRST
from demo.consumers.programme import Terms, reaches
from demo.consumers.values import Balance, Growth, Purchase, Visit
from demo.consumers.world import World
from demo.dice import Dice
from domain.member import RightKind, RightScope
from domain.ordering import OrderState

FIRST_MEMBER_STORES: Final = 2
"""At so many single stores the first member has stored money."""
EMPTY_ONE_IN: Final = 12
MOST_POINTS: Final = 20_000
MOST_STORED_FEN: Final = 30_000
_FINE: Final = 1_000
FEN: Final = 100
"""Minor units of the currency in a whole one, which earns growth."""


def good_at(world: World, kind: RightKind) -> list[list[Terms]]:
    """For each place, the terms of a kind that are good there."""
    terms = [one for one in world.terms if one.kind is kind]
    return [[one for one in terms if reaches(one, place)] for place in world.places]


def growth(
    world: World, visits: Mapping[int, Sequence[Visit]], purchases: Iterable[Purchase], dice: Dice
) -> tuple[Growth, ...]:
    """What each member has grown to, not less than her orders have earned, under the terms that hold where she goes."""
    places = good_at(world, RightKind.TIER)
    paid: Counter[int] = Counter()
    for purchase in purchases:
        if purchase.state is not OrderState.PENDING_PAYMENT:
            paid[purchase.member] += purchase.total_fen
    rows: list[Growth] = []
    for member, been in visits.items():
        for terms in _of(places, been):
            if member != FIRST and dice.below(100) >= terms.held_pct:
                continue
            drawn = _FINE - 100 if member == FIRST else dice.below(_FINE)
            starts = [level.growth_from for level in terms.levels]
            grown = 2 * starts[-1] * drawn**4 // _FINE**4 + paid[member] // FEN
            level = terms.levels[bisect_right(starts, grown) - 1]
            rows.append(Growth(member, terms.code, grown, level.code))
    return tuple(rows)


def balances(world: World, visits: Mapping[int, Sequence[Visit]], dice: Dice) -> tuple[Balance, ...]:
    """Points and stored value of each member, under the terms that are good where she goes."""
    points, stored = good_at(world, RightKind.POINTS), good_at(world, RightKind.STORED_VALUE)
    rows: list[Balance] = []
    for member, been in visits.items():
        held = [*_of(points, been), *_of(stored, been)]
        if member == FIRST:
            held = _first_members(held)
        else:
            held = [terms for terms in held if dice.below(100) < terms.held_pct]
        rows.extend(Balance(member, terms.code, terms.kind, _amount(terms, member, dice)) for terms in held)
    return tuple(rows)


def _of(places: Sequence[Sequence[Terms]], visits: Sequence[Visit]) -> list[Terms]:
    """The terms that are good at any of the visited places, each once, in the order of the visits."""
    return list({terms.code: terms for visit in visits for terms in places[visit.place]}.values())


def _first_members(held: Sequence[Terms]) -> list[Terms]:
    """All points there are, all stored value of wide scope, and that of the first few stores that keep one."""
    single = [terms for terms in held if terms.scope is RightScope.STORE]
    few = {terms.code for terms in single[:FIRST_MEMBER_STORES]}
    return [terms for terms in held if terms.scope is not RightScope.STORE or terms.code in few]


def _amount(terms: Terms, member: int, dice: Dice) -> int:
    """Much with few, nothing left with some; the first member has something of everything."""
    if member != FIRST and dice.one_in(EMPTY_ONE_IN):
        return 0
    most = MOST_POINTS if terms.kind is RightKind.POINTS else MOST_STORED_FEN
    drawn = dice.between(_FINE // 3, _FINE)
    return max(1, most * drawn**3 // _FINE**3)
