"""What a tenant tells about itself before its consumers are generated: its cloud stores, its staff, its tongue.

Owns the shapes, and which staff serve customers. Ids are those of rows that exist already; money is in minor units of
the tenant's currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from demo.calendar import Calendar
from demo.consumers.programme import Terms
from demo.dice import Dice
from domain.channel import CloudStoreMode, Role, Tier

GUIDES: Final = (Role.CLERK, Role.MANAGER, Role.SALESPERSON)
"""The roles of the staff who serve customers."""


class Hop(NamedTuple):
    """One organisation of a chain."""

    organization: UUID
    tier: Tier


class Good(NamedTuple):
    """Something on a shelf and what it costs there. `owner` owns and ships it."""

    sku: UUID
    brand: UUID
    owner: UUID
    fen: int


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A cloud store where shoppers go.

    `chain` is what a binding to its organisation freezes (empty where it can own nobody: a brand's); `above` is the
    organisation itself and everyone above it over all SUPPLIES edges. `weight` says how many shoppers it has compared
    with the others, 0 is none. `goods` are a part of its shelf.
    """

    store: UUID
    organization: UUID
    mode: CloudStoreMode
    site: UUID | None
    region: str | None
    chain: tuple[Hop, ...]
    above: frozenset[UUID]
    weight: int
    goods: tuple[Good, ...]


class Voice(Protocol):
    """The tongue of a tenant's people."""

    @property
    def tags(self) -> tuple[str, ...]:
        """What members are tagged with."""
        ...

    @property
    def moved(self) -> str:
        """Why a customer was moved by hand."""
        ...

    @property
    def released(self) -> str:
        """Why a customer was released by hand."""
        ...

    def name(self, dice: Dice) -> str:
        """An invented name."""
        ...

    def phone(self, number: int) -> str:
        """A telephone number that belongs to nobody, another one for each `number` from 1 on."""
        ...


@dataclass(frozen=True)
class World:
    """A tenant as its consumers find it.

    `guides` are the staff who serve customers, by organisation; `terms` the rights there are. `members` and `promoters`
    say how many to make (more promoters where there are more stores of community groups, as each has a leader);
    `rich_stores` at how many cloud stores the first member has been, if there are as many.
    """

    places: tuple[Place, ...]
    guides: Mapping[UUID, tuple[UUID, ...]]
    terms: tuple[Terms, ...]
    voice: Voice
    calendar: Calendar
    currency: str
    members: int
    promoters: int
    rich_stores: int = 50


def guides_of(staff: Iterable[tuple[Role, UUID, UUID]]) -> dict[UUID, tuple[UUID, ...]]:
    """Those of the staff who serve customers, by organisation.

    Args:
        staff: the role, the organisation and the id of each.
    """
    found: dict[UUID, list[UUID]] = {}
    for role, organization, person in staff:
        if role in GUIDES:
            found.setdefault(organization, []).append(person)
    return {organization: tuple(people) for organization, people in found.items()}
