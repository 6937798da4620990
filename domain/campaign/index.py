"""Whom all campaigns of a tenant reach, at once: an inverted index of bits in Python's integers.

Each clause of each campaign is a bit. For every value that conditions name, a number holds the bits of the clauses that
name it; a dozen ANDs and ORs of such numbers are the answer for all campaigns together. The rule itself, and the
meaning of every word here, stand in `domain.campaign.targeting`. The campaigns of an index never change once it is
made; it remembers which of them run when it was asked, and nothing else of a request.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import reduce
from operator import and_, or_
from sys import getsizeof
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from domain.campaign.offer import CampaignKind, CampaignStatus, Participation, Stance
from domain.campaign.targeting import (
    REASON_OF,
    Aim,
    Condition,
    Dimension,
    Facts,
    Hours,
    Miss,
    Moment,
    ReachReason,
    Value,
)
from domain.channel import CloudStoreMode

LOOKED_UP: Final = frozenset({Dimension.STORE, Dimension.SKU})
"""Dimensions with tens of thousands of values: of them the index knows which clauses name any, and no value. Who asks
brings the mentions of what the question is about."""

MOMENTS_KEPT: Final = 64
"""Stretches of time for which the campaigns that run are remembered."""

BYTES_PER_AIM: Final = 2_000
"""What a campaign takes beside its bits, clauses and conditions included; measured, on the large side."""

K = TypeVar("K", bound=Hashable)


class Mention(NamedTuple):
    """A clause of a campaign that names what is asked about."""

    campaign: UUID
    clause: int
    negated: bool


class Part(NamedTuple):
    """One side of a question put to the index: the clauses that hold by it, dimension by dimension, and by all."""

    steps: tuple[tuple[Dimension, int], ...]
    held: int


class Gates(NamedTuple):
    """The campaigns that a store takes part in, and the steps on the way there, each with its reason."""

    steps: tuple[tuple[ReachReason, int], ...]
    passing: int


class Misses(NamedTuple):
    """The campaigns that do not reach, and by which step each drops out; to be listed a page at a time."""

    steps: tuple[tuple[Miss, int], ...]
    missed: int

    @property
    def total(self) -> int:
        """How many they are."""
        return self.missed.bit_count()


class _Look:
    """One dimension: the clauses that ask nothing plain of it, and for each value those that name it."""

    __slots__ = ("free", "negated", "plain")

    def __init__(self, clauses: int) -> None:
        self.free = clauses
        self.plain: dict[Value, int] = defaultdict(int)
        self.negated: dict[Value, int] = defaultdict(int)

    def holding(self, plain: Iterable[int], negated: Iterable[int]) -> int:
        """The clauses that hold where what is the case is named, plainly and negated, by clauses with these bits."""
        return reduce(or_, plain, self.free) & ~reduce(or_, negated, 0)

    def by_values(self, values: Iterable[Value]) -> int:
        """The clauses that hold where these values are the case."""
        return self.holding(
            [self.plain[value] for value in values if value in self.plain],
            [self.negated[value] for value in values if value in self.negated],
        )

    @property
    def values(self) -> list[Value]:
        """Every value that a clause names."""
        return list(self.plain.keys() | self.negated.keys())

    @property
    def numbers(self) -> Iterator[int]:
        """Every number of bits."""
        yield self.free
        yield from self.plain.values()
        yield from self.negated.values()


class ReachIndex:
    """The published campaigns among `aims`, in order of rank; positions among them are what it answers with.

    `inactive` are the owners of campaigns that do not trade. The bits of a campaign's clauses lie side by side; the
    highest, its head, also stands for the campaign.
    """

    def __init__(self, aims: Iterable[Aim], inactive: Iterable[UUID] = ()) -> None:
        published = (aim for aim in aims if aim.status is CampaignStatus.PUBLISHED)
        self.aims: tuple[Aim, ...] = tuple(sorted(published, key=lambda aim: aim.rank))
        self._head_at: list[int] = []
        self._place_of: dict[int, int] = {}
        self._bits: dict[tuple[UUID, int], int] = {}
        self._lay_out()
        self.heads = reduce(or_, (1 << head for head in self._head_at), 0)
        """All campaigns."""
        self._low = self._clauses ^ self.heads
        self._head_of = {aim.id: head for aim, head in zip(self.aims, self._head_at, strict=True)}
        self._looks = self._looked_at()
        self._owned = self._grouped(lambda aim: aim.owner_id)
        self._idle = self.owned_by(inactive)
        self._ways = self._grouped(lambda aim: aim.participation)
        self._turns = sorted({instant for aim in self.aims for instant in (aim.starts_at, aim.ends_at)})
        self._times: dict[int, tuple[int, int]] = {}
        self.fees = self._grouped(lambda aim: aim.kind).get(CampaignKind.DISPLAY_FEE, 0)
        """The display fees: between the owner and the stores."""
        self.shopping = self._shopping()
        """The campaigns that shoppers may see: no display fees, nor what aims at ordering malls alone."""

    def _lay_out(self) -> None:
        width = 0
        for place, aim in enumerate(self.aims):
            for number in sorted(aim.clauses):
                self._bits[aim.id, number] = width
                width += 1
            width += not aim.clauses  # none at all is one that asks nothing
            self._head_at.append(width - 1)
            self._place_of[width - 1] = place
        self._clauses = (1 << width) - 1

    def _looked_at(self) -> dict[Dimension, _Look]:
        looks: dict[Dimension, _Look] = {}
        for aim in self.aims:
            for number, clause in aim.clauses.items():
                bit = 1 << self._bits[aim.id, number]
                for one in clause:
                    self._enter(looks.setdefault(one.dimension, _Look(self._clauses)), one, bit)
        return {dimension: looks[dimension] for dimension in Dimension if dimension in looks}

    @staticmethod
    def _enter(look: _Look, one: Condition, bit: int) -> None:
        if not one.negated:
            look.free &= ~bit
        if one.dimension not in LOOKED_UP and one.value is not None:
            (look.negated if one.negated else look.plain)[one.value] |= bit

    def _grouped(self, key: Callable[[Aim], K]) -> dict[K, int]:
        groups: dict[K, int] = defaultdict(int)
        for aim, head in zip(self.aims, self._head_at, strict=True):
            groups[key(aim)] |= 1 << head
        return dict(groups)

    def _shopping(self) -> int:
        look = self._looks.get(Dimension.MODE, _Look(self._clauses))
        shops = [look.by_values([mode]) for mode in CloudStoreMode if mode is not CloudStoreMode.B2B_ORDERING]
        return self._any(reduce(or_, shops)) & ~self.fees

    # ── what it is asked with ─────────────────────────────────────────────────────────────────────────────────────
    @property
    def size(self) -> int:
        """Bytes it takes, about."""
        numbers = [number for look in self._looks.values() for number in look.numbers]
        numbers += self._owned.values()
        return sum(map(getsizeof, numbers)) + len(self.aims) * BYTES_PER_AIM

    def names(self, *dimensions: Dimension) -> bool:
        """Whether any clause looks at one of the dimensions: if not, their facts need not be gathered."""
        return not self._looks.keys().isdisjoint(dimensions)

    def part(self, facts: Facts, mentions: Iterable[Mention] = ()) -> Part:
        """The clauses that hold by these facts; `mentions` are the clauses that name the store, or the sku, itself."""
        named: tuple[list[int], list[int]] = ([], [])
        for campaign, clause, negated in mentions:
            bit = self._bits.get((campaign, clause))
            if bit is not None:
                named[negated].append(1 << bit)
        steps = tuple(
            (dimension, look.holding(*named) if dimension in LOOKED_UP else look.by_values(facts[dimension]))
            for dimension, look in self._looks.items()
            if dimension in facts
        )
        return Part(steps, reduce(and_, (clauses for _, clauses in steps), self._clauses))

    def part_of_moment(self, moment: Moment) -> Part:
        """The clauses that hold at that hour."""
        look = self._looks.get(Dimension.HOURS)
        if look is None:
            return Part((), self._clauses)
        now = [value for value in look.values if isinstance(value, Hours) and value.contains(moment)]
        held = look.by_values(now)
        return Part(((Dimension.HOURS, held),), held)

    def gates(self, above: Collection[UUID], stances: Mapping[UUID, Stance]) -> Gates:
        """The campaigns that a store takes part in: with these organisations above it, having said this."""
        said: dict[Stance, int] = defaultdict(int)
        for campaign, stance in stances.items():
            head = self._head_of.get(campaign)
            if head is not None:
                said[stance] |= 1 << head
        asks_first = self._ways.get(Participation.OPT_IN, 0)
        steps = (
            (ReachReason.OWNER_NOT_ACTIVE, self.heads & ~self._idle),
            (ReachReason.NOT_BELOW_OWNER, self.owned_by(above)),
            (ReachReason.OPTED_OUT, self._ways.get(Participation.MANDATORY, 0) | ~said[Stance.OPTED_OUT]),
            (ReachReason.NOT_OPTED_IN, ~asks_first | said[Stance.OPTED_IN]),
        )
        return Gates(steps, reduce(and_, (step for _, step in steps)))

    def owned_by(self, owners: Iterable[UUID]) -> int:
        """The campaigns of these organisations."""
        return reduce(or_, [self._owned[owner] for owner in owners if owner in self._owned], 0)

    def among(self, campaigns: Iterable[UUID], heads: int) -> list[UUID]:
        """Those of the campaigns that are among these of the index."""
        known = self._head_of
        return [one for one in campaigns if one in known and heads >> known[one] & 1]

    def started(self, at: datetime) -> int:
        """The campaigns that have begun, those that are over included."""
        return self._time(at)[0]

    def lasting(self, at: datetime) -> int:
        """The campaigns that are not over, those that are to begin included."""
        return self._time(at)[1]

    def running(self, at: datetime) -> int:
        """The campaigns whose time it is."""
        return self.started(at) & self.lasting(at)

    def _time(self, at: datetime) -> tuple[int, int]:
        """The campaigns that have begun, and those that are not over."""
        turn = bisect_right(self._turns, at)
        known = self._times.get(turn)
        if known is None:
            if len(self._times) >= MOMENTS_KEPT:
                self._times.clear()
            started = self._heads_where(lambda aim: aim.starts_at <= at)
            known = self._times[turn] = started, self._heads_where(lambda aim: at < aim.ends_at)
        return known

    def _heads_where(self, condition: Callable[[Aim], bool]) -> int:
        return reduce(or_, [1 << head for aim, head in zip(self.aims, self._head_at, strict=True) if condition(aim)], 0)

    def joined(self, parts: Iterable[Part]) -> Part:
        """Several parts as one, for a question that is asked often; of its steps nothing can be told any more."""
        return Part((), reduce(and_, (part.held for part in parts), self._clauses))

    # ── what it answers ───────────────────────────────────────────────────────────────────────────────────────────
    def reached(self, parts: Iterable[Part], among: int) -> Iterator[int]:
        """The positions of the campaigns among these that reach by all parts, in order of rank."""
        return self._places(self._any(reduce(and_, (part.held for part in parts))) & among)

    def missed(self, gates: Gates, store: Part, asked: Iterable[Part], at: datetime, among: int) -> Misses:
        """The campaigns among these that do not reach, each under the first reason against it."""
        left = among
        steps: list[tuple[Miss, int]] = []
        time = ((ReachReason.NOT_STARTED, self.started(at)), (ReachReason.ENDED, self.lasting(at)))
        for reason, passing in (*time, *gates.steps):
            steps.append((Miss(reason), left & ~passing))
            left &= passing
        held = self._clauses
        for part in (store, *asked):
            for dimension, clauses in part.steps:
                held &= clauses
                passing = self._any(held)
                steps.append((Miss(REASON_OF[dimension], dimension), left & ~passing))
                left &= passing
        return Misses(tuple(steps), among & ~left)

    def listed(self, misses: Misses, after: tuple[Any, ...] | None = None) -> Iterator[tuple[int, Miss]]:
        """The positions of what does not reach, in order of rank, beyond the rank `after`, each with its reason."""
        start = 0 if after is None else bisect_right(self.aims, after, key=lambda aim: aim.rank)
        passed = self._head_at[start - 1] + 1 if start else 0
        for place in self._places(misses.missed >> passed << passed):
            head = self._head_at[place]
            yield place, next(miss for miss, heads in misses.steps if heads >> head & 1)

    def _any(self, clauses: int) -> int:
        """The heads of the campaigns that have any of the clauses.

        Below each head the bits of its other clauses are added to as many ones: any of them carries into the head.
        """
        return ((clauses & self._low) + self._low | clauses) & self.heads

    def _places(self, heads: int) -> Iterator[int]:
        while heads:
            lowest = heads & -heads
            yield self._place_of[lowest.bit_length() - 1]
            heads ^= lowest
