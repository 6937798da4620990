"""Who shops where: members, the cloud stores they have been to, who referred whom, and promoters.

Owns how many stores a member has, how near they are to one another, and that a referral never leads back.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from demo.calendar import DAY_MINUTES
from demo.consumers.values import Member, PromoterMade, Visit
from demo.consumers.world import Place, World
from demo.dice import Dice
from domain.attribution import PromoterKind
from domain.channel import CloudStoreMode

FIRST: Final = 1
"""The member whom everything happens to."""
STORES_PERCENT: Final = (56, 24, 12, 5, 3)
"""So many in a hundred members have been to one, two, three, four, five cloud stores."""
NEAR_PERCENT: Final = 70
"""So many in a hundred further stores have the same upstream as the member's first one."""
TRIES: Final = 4
"""So often another store, or another referrer, is looked for where the one drawn will not do."""
JOINED_DAYS: Final = 1_000
LEADER_DAYS: Final = 90
"""A community's first leader was there so many days at most before the first member could join."""
FIRST_JOINED_DAYS: Final = 900
NO_PHONE_ONE_IN: Final = 12
TAGGED_ONE_IN: Final = 3
REFERRED_ONE_IN: Final = 4
UPSTREAM_PROMOTERS_ONE_IN: Final = 5
INACTIVE_ONE_IN: Final = 10
_CODE_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""The letters and digits that are not mistaken for one another."""


class Crowd:
    """Draws places by their weights: anywhere, or near another.

    Args:
        places: those with a weight of 0 are never drawn.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self._everywhere = list(range(len(places)))
        self._sums = list(accumulate(place.weight for place in places))
        self._near: dict[object, list[int]] = {}
        self._group = [place.chain[1].organization if len(place.chain) > 1 else None for place in places]
        for number, group in enumerate(self._group):
            self._near.setdefault(group, []).append(number)
        self._near_sums = {
            group: list(accumulate(places[number].weight for number in numbers))
            for group, numbers in self._near.items()
        }

    def anywhere(self, dice: Dice) -> int:
        """Some place."""
        return _drawn(self._everywhere, self._sums, dice)

    def near(self, place: int, dice: Dice) -> int:
        """Some place of the same upstream, perhaps the same one."""
        group = self._group[place]
        return _drawn(self._near[group], self._near_sums[group], dice)


def _drawn(numbers: Sequence[int], sums: Sequence[int], dice: Dice) -> int:
    return numbers[bisect_right(sums, dice.below(sums[-1]))]


def members(world: World, seed: int) -> tuple[Member, ...]:
    """The members, the first one first.

    Whoever was referred joined after the one who referred her, so no chain of referrals leads back.
    """
    voice, calendar = world.voice, world.calendar
    # Names have a stream of their own: the first member keeps hers whatever else is drawn.
    naming, dice = Dice(seed, "shoppers"), Dice(seed, "members")
    joined = [-FIRST_JOINED_DAYS * DAY_MINUTES]
    longest = JOINED_DAYS * DAY_MINUTES
    # The product of two draws: most joined lately.
    joined += [-1 - dice.below(longest) * dice.below(longest) // longest for _ in range(world.members - 1)]
    return tuple(
        Member(
            number,
            voice.name(naming),
            None if number != FIRST and dice.one_in(NO_PHONE_ONE_IN) else voice.phone(number),
            calendar.minute(joined[number - 1]),
            _tags(voice.tags, dice),
            _referrer(number, joined, dice),
        )
        for number in range(FIRST, world.members + 1)
    )


def _tags(tags: Sequence[str], dice: Dice) -> tuple[str, ...]:
    if not tags or not dice.one_in(TAGGED_ONE_IN):
        return ()
    return tuple(sorted({tags[dice.below(len(tags))] for _ in range(dice.between(1, 2))}))


def _referrer(number: int, joined: Sequence[int], dice: Dice) -> int | None:
    if not dice.one_in(REFERRED_ONE_IN):
        return None
    for _ in range(TRIES):
        other = dice.below(len(joined))
        if joined[other] < joined[number - 1]:
            return other + 1
    return None


def visits(world: World, shoppers: Sequence[Member], dice: Dice) -> tuple[Visit, ...]:
    """The memberships of each member, in the order in which she came: the first one when she joined."""
    crowd = Crowd(world.places)
    rows: list[Visit] = []
    start = world.calendar.start
    for shopper in shoppers:
        places = _rich(world, crowd, dice) if shopper.number == FIRST else _places(crowd, dice)
        ago = int((start - shopper.joined_at).total_seconds()) // 60
        since = [ago, *sorted((1 + dice.below(ago) for _ in places[1:]), reverse=True)]
        rows.extend(
            Visit(shopper.number, place, world.calendar.minute(-minutes))
            for place, minutes in zip(places, since, strict=True)
        )
    return tuple(rows)


def _places(crowd: Crowd, dice: Dice) -> list[int]:
    roll, count = dice.below(100), 1
    for percent in STORES_PERCENT[:-1]:
        if roll < percent:
            break
        roll, count = roll - percent, count + 1
    first = crowd.anywhere(dice)
    places = {first: None}
    for _ in range(count - 1):
        for _ in range(TRIES):
            place = crowd.near(first, dice) if dice.below(100) < NEAR_PERCENT else crowd.anywhere(dice)
            if place not in places:
                places[place] = None
                break
    return list(places)


def _rich(world: World, crowd: Crowd, dice: Dice) -> list[int]:
    """The places of the first member: the half of them the largest, then whatever is drawn."""
    shown = [number for number, place in enumerate(world.places) if place.weight]
    by_weight = sorted(shown, key=lambda number: (-world.places[number].weight, number))
    wanted = min(world.rich_stores, len(shown))
    places = dict.fromkeys(by_weight[: (wanted + 1) // 2])
    for _ in range(TRIES * wanted):
        if len(places) == wanted:
            break
        places[crowd.anywhere(dice)] = None
    for number in by_weight:  # chance did not find enough
        if len(places) < wanted:
            places[number] = None
    return list(places)


def promoters(world: World, shoppers: Sequence[Member], dice: Dice) -> tuple[PromoterMade, ...]:
    """The promoters of stores and of their upstreams: every other one is a member herself.

    A store that sells to community groups has leaders, others have promoters. Each such store has one from before its
    first member on, even if that makes more than were asked for; only the rest is drawn by weight.
    """
    owning = [place for place in world.places if place.chain]
    if not owning:
        return ()
    crowd = Crowd(owning)
    led = [place for place in owning if place.mode is CloudStoreMode.COMMUNITY_GROUP]
    taken: set[tuple[int | None, object]] = set()
    codes: set[str] = set()
    rows: list[PromoterMade] = []
    for number in range(1, max(world.promoters, len(led)) + 1):
        first = number <= len(led)
        days = (JOINED_DAYS + 1, JOINED_DAYS + LEADER_DAYS) if first else (1, JOINED_DAYS)
        place = led[number - 1] if first else owning[crowd.anywhere(dice)]
        upstream = not first and len(place.chain) > 1 and dice.one_in(UPSTREAM_PROMOTERS_ONE_IN)
        organization = place.chain[1 if upstream else 0].organization
        leads = place.mode is CloudStoreMode.COMMUNITY_GROUP and not upstream
        member = 2 + dice.below(len(shoppers) - 1) if number % 2 and len(shoppers) > 1 else None
        if (member, organization) in taken:
            member = None
        taken.add((member, organization))
        rows.append(
            PromoterMade(
                number,
                member,
                world.voice.name(dice) if member is None else shoppers[member - 1].name,
                world.voice.phone(world.members + number),
                organization,
                PromoterKind.GROUP_LEADER if leads else PromoterKind.PROMOTER,
                new_code(6, codes, dice),
                world.calendar.minute(-dice.between(*days) * DAY_MINUTES),
                first or not dice.one_in(INACTIVE_ONE_IN),
            )
        )
    return tuple(rows)


def new_code(letters: int, taken: set[str], dice: Dice) -> str:
    """A code that is not taken yet; now it is."""
    while True:
        drawn, code = dice.below(len(_CODE_LETTERS) ** letters), ""
        for _ in range(letters):
            drawn, place = divmod(drawn, len(_CODE_LETTERS))
            code += _CODE_LETTERS[place]
        if code not in taken:
            taken.add(code)
            return code
