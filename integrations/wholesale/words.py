"""The words of the file's goods: how skus are called, and what they are found by. It does not own what a token is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from domain.search import Goods, tokens
from integrations.wholesale.bulk import BATCH_ROWS, Bulk
from integrations.wholesale.ledger import Item, Ledger
from models.catalog import SkuSearch

INSERT: Final = (
    "INSERT INTO sku_search (tenant_id, sku_id, tokens)"
    " SELECT $1::uuid, sku_id, string_to_array(words, ' ') FROM unnest($2::uuid[], $3::text[]) AS found (sku_id, words)"
)
"""An array for each row cannot be unnested from an array of arrays: they come as texts. No token holds a blank."""


def sized(item: Item) -> str:
    """A sku's name: the product's and its size; no bottle is empty, so a size of 0 is one that nobody knows."""
    return f"{item.description} {item.volume_ml} ml" if item.volume_ml else item.description


def main_category(group: Sequence[Item]) -> int | None:
    """The category that most sizes of a product are in; ties the lower number."""
    counted = Counter(item.category for item in group if item.category is not None)
    return min(counted, key=lambda number: (-counted[number], number)) if counted else None


def goods_of(ledger: Ledger, products: Iterable[Sequence[Item]]) -> dict[int, Goods]:
    """The texts that each item is found by; `products` are the items of each product, the first of them names it."""
    brands = {vendor.number: vendor.name for vendor in ledger.vendors}
    categories = {category.number: category.name for category in ledger.categories}
    return {
        item.number: Goods(
            product=items[0].description,
            sku=sized(item),
            code=str(item.number),
            barcode=None,
            brand=brands[item.vendor],
            category=None if (category := main_category(items)) is None else categories[category],
        )
        for items in products
        for item in items
    }


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
