"""What a campaign of a demo is, as plain values.

Owns the shapes only. Ids are those of rows that exist already; days count from today, the end is not included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from domain.campaign import CampaignKind, CampaignStatus, Dimension, Participation, Stance

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = (1 << day for day in range(7))
WEEKDAYS = MONDAY | TUESDAY | WEDNESDAY | THURSDAY | FRIDAY
WEEKEND = SATURDAY | SUNDAY


class Hours(NamedTuple):
    """Days of the week as a set of bits, Monday 1 to Sunday 64, and minutes from midnight."""

    weekdays: int
    from_minute: int
    until_minute: int


class Condition(NamedTuple):
    """One condition of a clause. `value` is an id, a text (tag, tier, mode, terminal), or hours."""

    dimension: Dimension
    value: UUID | str | Hours
    negated: bool = False


class StoreAnswer(NamedTuple):
    """What a store (its organisation) said, and what differs there."""

    store: UUID
    stance: Stance | None = None
    threshold_fen: int | None = None
    threshold_units: int | None = None
    off_fen: int | None = None
    off_bps: int | None = None
    price_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign with its targeting, funders and stores' answers.

    `code` is the tenant's only one of that name. `offer` holds the columns that say what the kind offers. It reaches
    what any of `clauses` reaches, without any everyone below its owner. `funders`: who and how many basis points,
    together 10000; None is the store that sells. Nothing renews a demo's campaigns: who does not say when one ends
    means it to run as long as anybody keeps the demo.
    """

    code: str
    name: str
    owner: UUID
    kind: CampaignKind
    offer: Mapping[str, int | UUID]
    clauses: tuple[tuple[Condition, ...], ...] = ()
    funders: tuple[tuple[UUID | None, int], ...] = ((None, 10_000),)
    answers: tuple[StoreAnswer, ...] = ()
    status: CampaignStatus = CampaignStatus.PUBLISHED
    participation: Participation = Participation.MANDATORY
    from_day: int = -10
    until_day: int = 3_650
    priority: int = 0
    exclusion_group: str | None = None
    threshold_fen: int = 0
    threshold_units: int = 0
