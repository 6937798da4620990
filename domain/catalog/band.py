"""Price bands (控价): between which prices shoppers may be asked, and what they are asked within them.

Source: docs/domain.md, Shelf.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from domain.catalog.price import C, best


def in_band(unit_fen: int, floor_fen: int | None, ceiling_fen: int | None) -> bool:
    """Say whether a price keeps to its band (控价); both ends are allowed prices, None leaves an end open.

    Args:
        unit_fen: the price of one base unit.
        floor_fen: the lowest allowed price.
        ceiling_fen: the highest allowed price.

    Source: docs/domain.md, Shelf.
    """
    return (floor_fen is None or floor_fen <= unit_fen) and (ceiling_fen is None or unit_fen <= ceiling_fen)


class PriceBand(NamedTuple):
    """Between which consumer prices a sku may be sold, in fen; None leaves an end open."""

    min_fen: int | None
    max_fen: int | None


NO_BAND: Final = PriceBand(None, None)
"""Any price."""


def common_band(bands: Iterable[tuple[int | None, int | None]]) -> PriceBand:
    """Join the price bands of all authorisations in force for one sku: a consumer price keeps to each of them.

    Args:
        bands: the floor and the ceiling of each, in fen; None leaves an end open.

    Returns:
        The highest floor and the lowest ceiling. A floor above the ceiling says that the bands contradict each other:
        then no price is allowed, and `in_band` finds none.

    Source: docs/domain.md, Shelf.
    """
    given = list(bands)
    return PriceBand(
        max((low for low, _ in given if low is not None), default=None),
        min((high for _, high in given if high is not None), default=None),
    )


def asked(candidates: Iterable[C], quantity: int, at: datetime, band: PriceBand) -> C | None:
    """Pick the price that shoppers are asked: the one that applies, if it lies within the band.

    Another that would lie within it does not take its place: what applies is outside, so there is none until it is set
    anew, or the band is another.

    Args:
        candidates: prices of one sku that could apply to any shopper.
        quantity: base units wanted.
        at: the moment that counts.
        band: the common band of all that lets the seller sell the sku.

    Source: docs/domain.md, Shelf.
    """
    applied = best(candidates, quantity, at)
    return applied if applied is not None and in_band(applied.unit_fen, *band) else None
