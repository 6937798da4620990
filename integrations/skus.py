"""What stands beside every sku, whoever writes it: the words it is found by, the lot of what is kept without lots, its
prices.

It does not own what a token is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.inventory import NO_LOT_CODE
from domain.search import Goods, tokens
from integrations.bulk import BATCH_ROWS, Bulk, transposed
from models.base import NO_LOT_ID
from models.catalog import Price, SkuSearch
from models.inventory import Lot

INSERT: Final = (
    "INSERT INTO sku_search (tenant_id, sku_id, tokens)"
    " SELECT $1::uuid, sku_id, string_to_array(words, ' ') FROM unnest($2::uuid[], $3::text[]) AS found (sku_id, words)"
)
"""An array for each row cannot be unnested from an array of arrays: they come as texts. No token holds a blank."""


async def write_words(bulk: Bulk, goods: Mapping[UUID, Goods]) -> None:
    """Write what each sku, given by its id, is found by; the skus themselves are there.

    Raises: asyncpg.PostgresError as the server answers, for one when a sku has its words already.
    """
    skus: Sequence[UUID] = list(goods)
    for start in range(0, len(skus), BATCH_ROWS):
        batch = skus[start : start + BATCH_ROWS]
        words = [" ".join(tokens(bulk.tenant_id, goods[sku])) for sku in batch]
        await bulk.connection.execute(INSERT, bulk.tenant_id, batch, words)
    table = SkuSearch.__tablename__
    bulk.counts[table] = bulk.counts.get(table, 0) + len(skus)


async def no_lots(bulk: Bulk, skus: Sequence[UUID]) -> None:
    """The reserved lot of every sku: stock that is not kept by lots lies in it."""
    await bulk.insert(Lot, {"sku_id": skus, "id": [NO_LOT_ID] * len(skus), "code": [NO_LOT_CODE] * len(skus)})


PriceRow = tuple[UUID, UUID, int, datetime, datetime | None, int]
"""(list, sku, quantity, start, end, amount): what one base unit costs from a quantity on, over a time."""


async def write_prices(bulk: Bulk, rows: Sequence[PriceRow]) -> None:
    """Prices, in any order; no two of one list, sku and quantity stand at one time."""
    ends: dict[tuple[UUID, UUID, int], datetime | None] = {}
    chained = []
    for row in sorted(rows, key=lambda one: one[3]):
        chained.append((*row, ends.get(row[:3])))
        ends[row[:3]] = row[4]
    columns = ("price_list_id", "sku_id", "min_qty", "valid_from", "valid_until", "unit_fen", "previous_until")
    await bulk.insert(Price, transposed(columns, chained))
