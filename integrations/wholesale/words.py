"""The words of the file's goods: how skus are called, and the texts they are found by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from domain.search import Goods
from integrations.wholesale.ledger import Item, Ledger


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
