"""Lots: found by their codes as who keeps the goods knows them, made when they are first named, and dated.

A lot is its keeper's: what one organisation says of a code dates no goods that lie with another. A keeper's own are
locked before stock, by sku and code; everybody's are not.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.inventory import NO_DATES, NO_LOT_CODE, LotDates, LotDiffers, learned
from models.base import NO_LOT_ID, new_id
from models.writing import Transaction


class LotWanted(NamedTuple):
    """A lot as goods name it, and what they say of its dates; no code is the reserved "no lot"."""

    sku_id: UUID
    code: str
    dates: LotDates = NO_DATES


_MAKE = text("""
    INSERT INTO lot (tenant_id, sku_id, id, code, keeper_id)
    SELECT :tenant, w.sku_id, w.id, w.code, CASE WHEN w.code = :none THEN NULL ELSE CAST(:keeper AS uuid) END
    FROM unnest(CAST(:skus AS uuid[]), CAST(:ids AS uuid[]), CAST(:codes AS text[])) w (sku_id, id, code)
    WHERE NOT EXISTS (SELECT FROM lot c WHERE c.tenant_id = :tenant AND c.sku_id = w.sku_id AND c.code = w.code
                      AND c.keeper_id IS NULL)
    ORDER BY w.sku_id, w.code
    ON CONFLICT DO NOTHING
""")
_FIND = text("""
    SELECT w.place, l.id
    FROM unnest(CAST(:skus AS uuid[]), CAST(:codes AS text[])) WITH ORDINALITY w (sku_id, code, place)
    JOIN lot l ON l.sku_id = w.sku_id AND l.code = w.code AND (l.keeper_id IS NULL OR l.keeper_id = :keeper)
    WHERE l.tenant_id = :tenant
    ORDER BY l.keeper_id NULLS FIRST
""")
_EVERYBODYS = text("""
    SELECT l.sku_id, l.code, l.id, l.keeper_id, l.produced_on, l.expires_on
    FROM unnest(CAST(:skus AS uuid[]), CAST(:codes AS text[])) w (sku_id, code)
    JOIN lot l ON l.sku_id = w.sku_id AND l.code = w.code AND l.keeper_id IS NULL
    WHERE l.tenant_id = :tenant
""")
"""Nobody says new dates of these: nothing is locked, or all receipts of a sku would wait for each other."""
_LOCK_OWN = text("""
    SELECT l.sku_id, l.code, l.id, l.keeper_id, l.produced_on, l.expires_on
    FROM unnest(CAST(:skus AS uuid[]), CAST(:codes AS text[])) w (sku_id, code)
    JOIN lot l ON l.sku_id = w.sku_id AND l.code = w.code AND l.keeper_id = :keeper
    WHERE l.tenant_id = :tenant
    ORDER BY l.sku_id, l.code
    FOR NO KEY UPDATE OF l
""")
_DATE = text("""
    UPDATE lot l SET produced_on = d.produced_on, expires_on = d.expires_on
    FROM unnest(CAST(:skus AS uuid[]), CAST(:ids AS uuid[]), CAST(:produced AS date[]), CAST(:expires AS date[]))
         d (sku_id, id, produced_on, expires_on)
    WHERE l.tenant_id = :tenant AND l.sku_id = d.sku_id AND l.id = d.id
""")


def _named(tx: Transaction, keeper: UUID, wanted: Sequence[LotWanted]) -> dict[str, Any]:
    skus, codes = [lot.sku_id for lot in wanted], [lot.code for lot in wanted]
    return {"tenant": tx.tenant_id, "keeper": keeper, "skus": skus, "codes": codes}


async def lots_of(tx: Transaction, keeper: UUID, wanted: Sequence[LotWanted], *, make: bool) -> list[UUID | None]:
    """The lots that are named, in their order; None for one that is not there and is not to be made.

    Args:
        keeper: who runs the location where the goods lie.
    """
    named = _named(tx, keeper, wanted)
    if make:
        await _make(tx, named)
    found: list[UUID | None] = [None] * len(wanted)
    for row in await tx.execute(_FIND, named):
        found[row.place - 1] = row.id
    return found


async def _make(tx: Transaction, named: dict[str, Any]) -> None:
    """Have the lots there, everybody's or the keeper's own."""
    ids = [NO_LOT_ID if code == NO_LOT_CODE else new_id() for code in named["codes"]]
    await tx.execute(_MAKE, {**named, "ids": ids, "none": NO_LOT_CODE})


def _without_keeper(named: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if name != "keeper"}


async def lots_coming(tx: Transaction, keeper: UUID, wanted: Sequence[LotWanted]) -> list[UUID]:
    """The lots of goods that come in, in their order; made where they are not there, and with the dates that are said.

    Args:
        keeper: who runs the location where the goods come in.

    Raises: LotDiffers for the first of which other dates are known.
    """
    named = _named(tx, keeper, wanted)
    await _make(tx, named)
    everybodys = {(row.sku_id, row.code): row for row in await tx.execute(_EVERYBODYS, _without_keeper(named))}
    there = everybodys
    if any(lot.code != NO_LOT_CODE for lot in wanted):  # of what lies in no lot nobody has her own
        there |= {(row.sku_id, row.code): row for row in await tx.execute(_LOCK_OWN, named)}
    dated: dict[tuple[UUID, UUID], LotDates] = {}
    for place, (sku, code, said) in enumerate(wanted):
        lot = there[sku, code]
        before = LotDates(lot.produced_on, lot.expires_on)
        known = dated.get((sku, lot.id), before)
        now = learned(known, said)
        if now is None or (lot.keeper_id is None and now != before):
            raise LotDiffers(sku, code, place)
        if now != before:
            dated[sku, lot.id] = now
    if dated:
        columns = {
            "skus": [sku for sku, _ in dated],
            "ids": [lot for _, lot in dated],
            "produced": [dates.produced_on for dates in dated.values()],
            "expires": [dates.expires_on for dates in dated.values()],
        }
        await tx.execute(_DATE, {"tenant": tx.tenant_id, **columns})
    return [there[sku, code].id for sku, code, _ in wanted]
