"""Coupons: who was given which, and what became of them.

Owns the draws. A used coupon was used where it is good, while it was good, by an order of its owner; a locked one is
held by an order that is not yet paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import accumulate
from typing import Final

from demo.calendar import DAY_MINUTES
from demo.consumers.people import FIRST, new_code
from demo.consumers.programme import Offer, Terms
from demo.consumers.shopping import Till
from demo.consumers.values import CouponMade, Member, Visit
from demo.consumers.world import World
from demo.dice import Dice
from domain.member import CouponState

COUNTS: Final = (0, 0, 0, 0, 1, 1, 1, 2, 2, 3)
"""How many coupons a member was given, each as likely as the others."""
FIRST_MEMBER_ROUNDS: Final = 2
"""So often every fate befalls a coupon of the first member."""
GOING_BACK_DAYS: Final = 300
COMING_DAYS: Final = 14
LOCKED_MINUTES: Final = 20
CODE_LETTERS: Final = 8


class Fate(Enum):
    """What becomes of a coupon."""

    GOOD = auto()
    EXPIRED = auto()
    COMING = auto()
    USED = auto()
    LOCKED = auto()
    REVOKED = auto()


FATES: Final = {
    Fate.GOOD: 46,
    Fate.EXPIRED: 18,
    Fate.COMING: 6,
    Fate.USED: 24,
    Fate.LOCKED: 2,
    Fate.REVOKED: 4,
}
"""Of a hundred coupons, how many are meant to meet it; one that finds no order to be used by stays good."""
_STATES: Final = {
    Fate.USED: CouponState.USED,
    Fate.LOCKED: CouponState.LOCKED,
    Fate.REVOKED: CouponState.REVOKED,
}


class Desk:
    """Gives coupons out.

    Args:
        world: the tenant.
        good_at: the COUPON terms that are good at each place.
        till: where they are used.
        dice: the stream of draws.
    """

    def __init__(self, world: World, good_at: Sequence[Sequence[Terms]], till: Till, dice: Dice) -> None:
        self._world, self._good_at, self._till, self._dice = world, good_at, till, dice
        self._codes: set[str] = set()
        self.coupons: list[CouponMade] = []

    def give(self, shopper: Member, visits: Sequence[Visit]) -> None:
        """Give a member her coupons, of offers that are good where she has been."""
        offers = list({terms.code: terms for visit in visits for terms in self._good_at[visit.place]}.values())
        if not offers:
            return
        fates = list(Fate) * FIRST_MEMBER_ROUNDS
        if shopper.number != FIRST:
            fates = [self._fate() for _ in range(COUNTS[self._dice.below(len(COUNTS))])]
        sums = list(accumulate(terms.held_pct for terms in offers))
        for fate in fates:
            drawn = self._dice.below(sums[-1])
            terms = offers[next(place for place, end in enumerate(sums) if drawn < end)]
            self.coupons.append(self._coupon(shopper, terms, visits, fate))

    def _fate(self) -> Fate:
        roll = self._dice.below(100)
        for fate, percent in FATES.items():
            roll -= percent
            if roll < 0:
                return fate
        raise AssertionError("The fates are a hundred.")

    def _coupon(self, shopper: Member, terms: Terms, visits: Sequence[Visit], fate: Fate) -> CouponMade:
        assert terms.offer is not None  # COUPON terms have one
        calendar = self._world.calendar
        begins = self._begins(shopper, terms.offer, fate)
        start, end = calendar.day(begins), calendar.day(begins + terms.offer.lasts_days)
        granted = max(shopper.joined_at, min(start, calendar.minute(-1)))
        order, state = None, _STATES.get(fate, CouponState.AVAILABLE)
        if fate in (Fate.USED, Fate.LOCKED):
            order = self._used(shopper, terms, visits, (max(granted, start), end), fate)
            state = CouponState.AVAILABLE if order is None else state
        code = new_code(CODE_LETTERS, self._codes, self._dice)
        return CouponMade(shopper.number, terms.code, code, state, granted, start, end, order)

    def _begins(self, shopper: Member, offer: Offer, fate: Fate) -> int:
        """The day from today on which it begins: never one before she was there."""
        joined = -(int((self._world.calendar.start - shopper.joined_at).total_seconds()) // 60 // DAY_MINUTES)
        lasts, dice = offer.lasts_days, self._dice
        if fate is Fate.COMING:
            return dice.between(1, COMING_DAYS)
        if fate in (Fate.GOOD, Fate.LOCKED):
            begins = -dice.below(lasts)
        elif fate is Fate.EXPIRED:
            begins = -lasts - dice.below(GOING_BACK_DAYS)
        else:
            begins = -1 - dice.below(GOING_BACK_DAYS)
        return max(begins, joined)

    def _used(
        self, shopper: Member, terms: Terms, visits: Sequence[Visit], window: tuple[datetime, datetime], fate: Fate
    ) -> int | None:
        """The number of the order that used it, or holds it; None where there was neither time nor place for one."""
        start = self._world.calendar.start
        places = [v for v in visits if terms in self._good_at[v.place] and self._till.sells(v.place)]
        if not places:
            return None
        visit = places[self._dice.below(len(places))]
        locked = fate is Fate.LOCKED
        since = max(window[0], visit.joined_at, *([start - timedelta(minutes=LOCKED_MINUTES)] if locked else ()))
        minutes = int((min(window[1], start) - since).total_seconds()) // 60
        if minutes < 1:
            return None
        at = since + timedelta(minutes=self._dice.below(minutes))
        return self._till.sell(shopper.number, visit.place, at, terms.offer, paid=not locked).number
