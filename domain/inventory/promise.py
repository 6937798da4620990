"""What can be sold: the one rule that shelf, cart and checkout call.

Owns the arithmetic of free and sellable stock, when a lot may be sold, and in which order lots leave. Does not own
which locations and contributions a cloud store sees (the loaders' conditions) nor the locks and checks that keep
stock from being promised twice (the models). For a shelf the database sums `free` over all sources at once, and
`tests/loaders/test_promise.py` holds it to this rule. Values are named tuples and plain integers: a database row with
the same columns in the same order serves as it is.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import date
from typing import Final, NamedTuple

from domain.money import WHOLE_BPS

NO_LOT_CODE: Final = ""
"""The code of the lot of stock that is not kept by lots. It never expires and is sold after every lot that does."""

MAX_COVER_DAYS: Final = 366
"""Most days over which an average is taken for `days_of_cover`."""

OWN_HOPS: Final = 0
"""The level of a store's own stock in `Promise.by_hops`."""


class StockState(NamedTuple):
    """One lot of one (location, sku, goods owner), in base units.

    `on_hand` is what lies there; of that `reserved` is held for unpaid orders, `allocated` is paid and not shipped,
    `quarantined` is locked away. `expires_on` is the first day on which the lot may not be sold, None if it keeps.
    """

    on_hand: int
    reserved: int
    allocated: int
    quarantined: int
    expires_on: date | None


class Offer(NamedTuple):
    """One pool contribution that one cloud store sees, for one sku, in base units.

    `source` identifies (location, goods owner), in any form the caller has; `hops` counts the SUPPLIES edges from the
    goods owner down to the store's organisation; `free` is `free()` of that (location, sku, owner); `share_bps`, `cap`
    (None: no cap) and `held` (reserved + allocated through this contribution) are the contribution's for this sku.
    """

    source: Hashable
    hops: int
    free: int
    share_bps: int
    cap: int | None
    held: int


class Level(NamedTuple):
    """Units that come from organisations `hops` SUPPLIES edges above the store; 0 is its own stock."""

    hops: int
    units: int


class Promise(NamedTuple):
    """What a cloud store can sell of one sku now: `total` units, and where they come from, nearest level first.

    A level that sees a source is listed even when it gives 0 units.
    """

    total: int
    by_hops: tuple[Level, ...]


def is_sellable(expires_on: date | None, today: date) -> bool:
    """Say whether a lot may still be sold: as long as `today`, a day of the tenant's time zone, is before its expiry.

    Source: docs/domain.md, One pool of stock.
    """
    return expires_on is None or today < expires_on


def free(lots: Iterable[tuple[int, int, int, int, date | None]], safety: int, today: date) -> int:
    """Count the units of one (location, sku, goods owner) that nobody has a claim on.

    free = on_hand − quarantined − safety − reserved − allocated, over unexpired lots.

    Args:
        lots: the rows of this (location, sku, owner), as `StockState` or tuples of the same shape.
        safety: safety stock in base units; it belongs to (location, sku, owner) and is subtracted once.
        today: the day in the tenant's time zone.

    Returns:
        Base units; below 0 where the safety stock is not covered. What is sold of it is never below 0.

    Source: docs/domain.md, One pool of stock.
    """
    units = -safety
    for on_hand, reserved, allocated, quarantined, expires_on in lots:
        if is_sellable(expires_on, today):
            units += on_hand - quarantined - reserved - allocated
    return units


def sellable_of_contribution(share_bps: int, cap: int | None, free: int, held: int) -> int:
    """Count the units that one pool contribution can still promise.

    max(0, min(cap, floor(share × max(0, free + held))) − held), never above free. What is already held through the
    contribution stays part of what is shared, so share and cap bound what is promised at one moment: selling a unit
    uses the share up and does not shrink it twice.

    Args:
        share_bps: the part contributed, in basis points.
        cap: most units promised at one moment; None for no cap.
        free: `free()` of the contributed (location, sku, owner), base units.
        held: reserved + allocated through this contribution, base units.

    Returns:
        Base units, from 0 to `max(0, free)`.

    Source: docs/domain.md, One pool of stock.
    """
    if free <= 0:
        return 0
    promised = (free + held) * share_bps // WHOLE_BPS
    if cap is not None and cap < promised:
        promised = cap
    units = promised - held
    if units <= 0:
        return 0
    return units if units < free else free


def sellable_here(own: Iterable[tuple[Hashable, int]], offers: Iterable[Offer]) -> Promise:
    """Count what one cloud store can sell of one sku: own stock in full, and what every visible contribution gives.

    A source is counted through one door only: own stock by its free units, once, even when it is also contributed to a
    pool; and contributions of one source through several pools never give more together than the source has free.

    Args:
        own: (source, free) for each (location, goods owner) of the store's own stock.
        offers: the contributions visible to the store, nearest first; every offer of one source has the same `free`.

    Returns:
        The total in base units and its parts by level.

    Source: docs/domain.md, One pool of stock.
    """
    left: dict[Hashable, int] = {}
    levels: dict[int, int] = {}
    for source, units in own:
        if source not in left:
            left[source] = 0
            levels[OWN_HOPS] = levels.get(OWN_HOPS, 0) + (units if units > 0 else 0)
    for source, hops, unclaimed, share_bps, cap, held in offers:
        rest = left.get(source, unclaimed)
        units = sellable_of_contribution(share_bps, cap, unclaimed, held)
        if units > rest:
            units = rest if rest > 0 else 0
        left[source] = rest - units
        levels[hops] = levels.get(hops, 0) + units
    if len(levels) < 2:
        parts = tuple([Level(hops, units) for hops, units in levels.items()])
    else:
        parts = tuple([Level(hops, levels[hops]) for hops in sorted(levels)])
    return Promise(sum(levels.values()), parts)


def own_part(promise: Promise) -> Promise:
    """Leave of a promise what comes from the store's own stock: all there is to sell of goods it buys elsewhere.

    Source: docs/domain.md, One pool of stock.
    """
    parts = tuple([level for level in promise.by_hops if level.hops == OWN_HOPS])
    return Promise(sum(level.units for level in parts), parts)


def lot_order(expires_on: date | None, lot: str) -> tuple[bool, date, str]:
    """Give the sort key by which lots leave: first expired, first out; lots that keep come last; ties by lot.

    The same order in SQL is `ORDER BY expires_on NULLS LAST, lot`.

    Args:
        expires_on: the lot's expiry, None if it keeps.
        lot: the lot's name; `NO_LOT_CODE` for stock that is not kept by lots.

    Source: docs/domain.md, One pool of stock.
    """
    return (expires_on is None, expires_on or date.max, lot)


def days_of_cover(on_hand: int, sold: int, days: int) -> int | None:
    """Say for how many whole days stock lasts if it leaves as it left before.

    floor(on_hand ÷ (sold ÷ days)), computed without the average, which would not be whole.

    Args:
        on_hand: base units that lie there, 0 or more.
        sold: base units that left during `days`, 0 or more.
        days: how many days were looked at, 1 or more.

    Returns:
        Whole days; None when nothing left, for then no number of days is enough.

    Source: docs/domain.md, What partners and analysts get.
    """
    return on_hand * days // sold if sold > 0 else None
