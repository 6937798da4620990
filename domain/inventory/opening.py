"""Opening places for goods: what is commanded of locations and pools, and how many there may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.inventory.words import LocationKind

MAX_LOCATIONS: Final = 100
"""The most locations of one organisation: as many as a list of them shows."""
MAX_POOLS: Final = 100
"""The most pools that one organisation keeps."""
MAX_CONTRIBUTIONS: Final = 1_000
"""The most contributions of one owner that promise anything: all of its locations to ten pools each. A shop that sells
what is offered to it looks at all of them.
"""


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """A place on the globe, in ten-millionths of a degree."""

    latitude_e7: int
    longitude_e7: int


@dataclass(frozen=True, slots=True)
class CreateLocation:
    """A new place where goods lie; `organization`: who runs it, None for the viewer's own."""

    kind: LocationKind
    code: str
    name: str
    region: str | None
    point: GeoPoint | None
    organization: UUID | None


@dataclass(frozen=True, slots=True)
class CreatePool:
    """A new pool of stock; `organization`: who keeps it, None for the viewer's own."""

    code: str
    name: str
    organization: UUID | None
