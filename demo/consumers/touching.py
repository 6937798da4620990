"""What happens to a member, in the order of time: who touches her, what she pays for, when she is let go.

Owns the draws. What a touch does to her binding is decided in `traffic`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from demo.calendar import DAY_MINUTES
from demo.consumers.people import FIRST
from demo.consumers.values import PromoterMade, Purchase, Visit
from demo.consumers.world import Hop, Place, World
from demo.dice import Dice
from domain.attribution import TouchSource
from domain.ordering import OrderState, Terminal

SOURCES: Final = {
    TouchSource.OFFLINE_SCAN: 44,
    TouchSource.SHARE_LINK: 20,
    TouchSource.BROWSE: 18,
    TouchSource.COUPON_CODE: 10,
    TouchSource.BRAND_DIVERT: 5,
    TouchSource.MANUAL_ASSIGN: 3,
}
"""Of a hundred touches, how many are of a source; first purchases come with orders."""
LATER_VISIT_PERCENT: Final = 60
"""So many in a hundred memberships after the first one began with a touch."""
AGAIN_ONE_IN: Final = 5
"""So many memberships saw another touch later on."""
RELEASED_ONE_IN: Final = 100
OWN_LINK_ONE_IN: Final = 3
"""So many promoters who are members followed a link of their own."""
UPSTREAM_ONE_IN: Final = 12
"""So many scans and assignments were by the salesperson of the store's upstream."""
TERMINALS: Final = {
    TouchSource.MANUAL_ASSIGN: (Terminal.WEB,),
    TouchSource.OFFLINE_SCAN: (Terminal.SHOP, Terminal.MINI_PROGRAM),
    TouchSource.COUPON_CODE: (Terminal.APP, Terminal.WEB, Terminal.SHOP),
    TouchSource.SHARE_LINK: (Terminal.MINI_PROGRAM, Terminal.APP, Terminal.WEB),
    TouchSource.BROWSE: (Terminal.WEB, Terminal.APP),
    TouchSource.BRAND_DIVERT: (Terminal.WEB, Terminal.MINI_PROGRAM),
}
FIRST_MEMBER: Final = (
    (880, TouchSource.BROWSE, 1),
    (870, TouchSource.OFFLINE_SCAN, 2),
    (600, TouchSource.OFFLINE_SCAN, 3),
    (560, TouchSource.COUPON_CODE, 0),
    (500, TouchSource.MANUAL_ASSIGN, 0),
    (400, TouchSource.OFFLINE_SCAN, 0),
    (350, TouchSource.MANUAL_ASSIGN, 0),
    (150, TouchSource.BROWSE, 4),
    (100, None, 0),
    (60, TouchSource.SHARE_LINK, 1),
    (20, TouchSource.OFFLINE_SCAN, 0),
    (5, TouchSource.OFFLINE_SCAN, 2),
)
"""What befalls the first member: days ago, by what, and at which of her places; None lets her go."""


class Touched(NamedTuple):
    """A touch on behalf of the first organisation of `chain`."""

    chain: tuple[Hop, ...]
    source: TouchSource
    guide: UUID | None
    promoter: PromoterMade | None
    terminal: Terminal


class Paid(NamedTuple):
    """An order of hers is placed and paid at a place with this chain; it is empty where nobody can own her."""

    chain: tuple[Hop, ...]
    terminal: Terminal


class Released(NamedTuple):
    """She is let go by hand."""


Event = Touched | Paid | Released
Timed = tuple[int, Event]
"""Minutes from the beginning of today, always before it."""


class Street:
    """Draws what happens to one member after another.

    Args:
        world: the tenant.
        promoters: its promoters.
        dice: the stream of draws.
    """

    def __init__(self, world: World, promoters: Sequence[PromoterMade], dice: Dice) -> None:
        self._world, self._dice = world, dice
        self._sources = [source for source, percent in SOURCES.items() for _ in range(percent)]
        self._promoters: dict[UUID, list[PromoterMade]] = {}
        self._own: dict[int, list[PromoterMade]] = {}
        for promoter in promoters:
            if promoter.active:
                self._promoters.setdefault(promoter.organization, []).append(promoter)
            if promoter.member is not None and dice.one_in(OWN_LINK_ONE_IN):
                self._own.setdefault(promoter.member, []).append(promoter)
        self._chains = {hop.organization: place.chain[at:] for place in world.places for at, hop in _hops(place)}

    def events(self, member: int, visits: Sequence[Visit], purchases: Sequence[Purchase]) -> list[Timed]:
        """Everything that happens to a member from when she joined, in the order of time."""
        found = [*self._paid(purchases), *self._own_links(member)]
        if member == FIRST:
            found += self._first_members(visits)
        else:
            for visit in visits:
                found += self._at(visit, first=visit is visits[0])
            if self._dice.one_in(RELEASED_ONE_IN):
                found.append((-1 - self._dice.below(self._ago(visits[0])), Released()))
        # Left out only here: whatever comes too soon was drawn, so that nobody else's draws depend on it.
        joined = -self._ago(visits[0])
        return sorted((timed for timed in found if timed[0] >= joined), key=lambda timed: timed[0])

    def _ago(self, visit: Visit) -> int:
        return int((self._world.calendar.start - visit.joined_at).total_seconds()) // 60

    def _paid(self, purchases: Sequence[Purchase]) -> Iterator[Timed]:
        start = self._world.calendar.start
        for purchase in purchases:
            if purchase.state is not OrderState.PENDING_PAYMENT:
                chain = self._world.places[purchase.place].chain
                yield (purchase.placed_at - start) // timedelta(minutes=1), Paid(chain, purchase.terminal)

    def _own_links(self, member: int) -> Iterator[Timed]:
        """A promoter follows a link of her own, perhaps before she joined."""
        for promoter in self._own.get(member, ()):
            since = (self._world.calendar.start - promoter.joined_at) // timedelta(minutes=1)
            chain = self._chains[promoter.organization]
            yield (
                -1 - self._dice.below(since),
                Touched(chain, TouchSource.SHARE_LINK, None, promoter, Terminal.MINI_PROGRAM),
            )

    def _first_members(self, visits: Sequence[Visit]) -> Iterator[Timed]:
        owning = [place for visit in visits if (place := self._world.places[visit.place]).chain]
        for days, source, number in FIRST_MEMBER if owning else ():
            at = -days * DAY_MINUTES
            if source is None:
                yield at, Released()
            else:
                yield at, self._touched(owning[number % len(owning)], source, at)

    def _at(self, visit: Visit, *, first: bool) -> Iterator[Timed]:
        place, ago, dice = self._world.places[visit.place], self._ago(visit), self._dice
        if not place.chain:
            return
        if first or dice.below(100) < LATER_VISIT_PERCENT:
            yield -ago, self._touched(place, self._source(), -ago)
        if dice.one_in(AGAIN_ONE_IN):
            at = -1 - dice.below(ago)
            yield at, self._touched(place, self._source(), at)

    def _source(self) -> TouchSource:
        return self._sources[self._dice.below(len(self._sources))]

    def _touched(self, place: Place, source: TouchSource, at: int) -> Touched:
        dice, chain, guide, promoter = self._dice, place.chain, None, None
        if source in (TouchSource.SHARE_LINK, TouchSource.COUPON_CODE):
            promoter = self._promoter(chain, at)
            if promoter is not None:
                chain = self._chains[promoter.organization]
        elif source in (TouchSource.OFFLINE_SCAN, TouchSource.MANUAL_ASSIGN):
            if len(chain) > 1 and dice.one_in(UPSTREAM_ONE_IN):
                chain = chain[1:]
            guides = self._world.guides.get(chain[0].organization, ())
            guide = guides[dice.below(len(guides))] if guides else None
        terminals = TERMINALS[source]
        return Touched(chain, source, guide, promoter, terminals[dice.below(len(terminals))])

    def _promoter(self, chain: tuple[Hop, ...], at: int) -> PromoterMade | None:
        """A promoter of the place or of its upstream who was there already, if there is one."""
        moment = self._world.calendar.minute(at)
        there = [
            promoter
            for hop in chain[:2]
            for promoter in self._promoters.get(hop.organization, ())
            if promoter.joined_at <= moment
        ]
        return there[self._dice.below(len(there))] if there else None


def _hops(place: Place) -> Iterator[tuple[int, Hop]]:
    return ((at, hop) for at, hop in enumerate(place.chain))


def by_member(rows: Sequence[Visit]) -> Mapping[int, list[Visit]]:
    """Memberships by member, in their order."""
    found: dict[int, list[Visit]] = {}
    for row in rows:
        found.setdefault(row.member, []).append(row)
    return found
