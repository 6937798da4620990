"""Contributing goods to pools, and keeping some back: what is commanded, and which rows are refused.

RowRefused
└── CapBelowHeld   less than is held through the contribution already
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.base import Faulty, RowRefused


@dataclass(frozen=True, slots=True)
class CapLine:
    """A sku that a contribution promises, and how many base units at most; None for as many as the share gives."""

    sku: UUID
    cap: int | None


@dataclass(frozen=True, slots=True)
class ContributeToPool:
    """Goods at a location offered to `visible_to` and everyone below; skus that no row names stay as they are.

    `owner`: whose goods, None for the viewer's own organisation.
    """

    pool: UUID
    location: UUID
    visible_to: UUID
    share_bps: int
    rows: tuple[CapLine | Faulty, ...]
    owner: UUID | None


@dataclass(frozen=True, slots=True)
class EndContribution:
    """The end of a contribution."""

    contribution: UUID


@dataclass(frozen=True, slots=True)
class SafetyLine:
    """What is kept back of a sku, in base units."""

    sku: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class SetSafetyStock:
    """What is kept back at a location; `owner`: of whose goods, None for the viewer's own organisation."""

    location: UUID
    rows: tuple[SafetyLine | Faulty, ...]
    owner: UUID | None


class CapBelowHeld(RowRefused):
    """More is held through the contribution than the cap would allow."""

    code = "CAP_BELOW_HELD"

    def __init__(self, sku: UUID | str, cap: int, held: int) -> None:
        self.sku = sku if isinstance(sku, UUID) else UUID(sku)
        self.cap, self.held = cap, held
        super().__init__(f"{held} are held already: a cap of {cap} is below that.")


def refused_cap(line: CapLine, held: int) -> CapBelowHeld | None:
    """Why a cap cannot be, None if it can. Source: docs/domain.md, One pool of stock."""
    return None if line.cap is None or line.cap >= held else CapBelowHeld(line.sku, line.cap, held)
