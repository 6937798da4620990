"""The catalog centre's acts on goods: categories, products and skus saved by code, row by row."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from domain.base import CodeTaken, Sheet
from domain.catalog import (
    BASE_UNIT,
    CategoryLine,
    ProductLine,
    SaveCategories,
    SaveProducts,
    SaveSkus,
    SkuLine,
    check_attributes,
    check_tree,
    once_each,
)
from domain.channel import Tier
from domain.permissions import Permission
from models.base import new_id
from models.catalog import (
    AttributeKept,
    CategoryKept,
    ProductKept,
    ProductOfSkus,
    SkuKept,
    attributes_named,
    categories_named,
    lock_products,
    lock_skus,
    lock_tree,
    products_of_skus,
    reword_categories,
    reword_products,
    write_categories,
    write_products,
    write_skus,
)
from models.writing import Event, Made, Outcome, Transaction
from resolvers.acts import acting_for, bulk, outcomes
from resolvers.context import Context

K = TypeVar("K", AttributeKept, CategoryKept, ProductKept, SkuKept)


def parted(wanted: Sequence[K], known: Mapping[str, K]) -> tuple[list[K], list[K]]:
    """Those that are new, and those that become others; what stays as it is is in neither."""
    new = [each for each in wanted if each.code not in known]
    return new, [each for each in wanted if each.code in known and known[each.code] != each]


async def tell_saved(tx: Transaction, type: str, kind: str, written: Sequence[Any], *hears: UUID) -> None:
    """One event for each thing that is new or another."""
    await tx.tell(*(Event(type, Made(kind, each.id), frozenset(hears), {"code": each.code}) for each in written))


async def save_categories(ctx: Context, key: str, command: SaveCategories) -> Any:
    """Categories are saved. The tree is the tenant's, so its platform keeps it: the field is closed to others."""

    async def effect(tx: Transaction) -> Outcome:
        sheet: Sheet[CategoryLine] = Sheet(command.rows)
        known = await lock_tree(tx)
        codes = {each.id: each.code for each in known.values()}
        once_each(sheet)
        above = {code: None if each.parent_id is None else codes[each.parent_id] for code, each in known.items()}
        check_tree(sheet, above)
        ids = {code: each.id for code, each in known.items()}
        ids |= {row.code: new_id() for _, row in sheet.left if row.code not in known}
        wanted = [
            CategoryKept(ids[row.code], row.code, row.name, None if row.parent is None else ids[row.parent])
            for _, row in sheet.left
        ]
        new, other = parted(wanted, known)
        await write_categories(tx, new, other)
        await reword_categories(tx, [each.id for each in other if each.name != known[each.code].name])
        await tell_saved(tx, "CategorySaved", "category", [*new, *other])
        return outcomes(sheet, {place: ids[row.code] for place, row in sheet.left})

    return await bulk(ctx, "saveCategories", key, command, "category", effect)


async def save_products(ctx: Context, key: str, command: SaveProducts) -> Any:
    """Products of a brand are saved."""

    async def effect(tx: Transaction) -> Outcome:
        brand = await acting_for(ctx, tx, command.brand, Permission.CATALOG, Tier.BRAND)
        sheet: Sheet[ProductLine] = Sheet(command.rows)
        once_each(sheet)
        categories = await categories_named(tx, (row.category for _, row in sheet.left if row.category is not None))
        for place, row in sheet.left:
            if row.category is not None and row.category not in categories:
                sheet.wrong(place, "category", "There is no such category.")
        known = await lock_products(tx, brand.id, (row.code for _, row in sheet.left))
        wanted = [
            ProductKept(
                known[row.code].id if row.code in known else new_id(),
                row.code,
                row.name,
                row.description,
                None if row.category is None else categories[row.category],
            )
            for _, row in sheet.left
        ]
        new, other = parted(wanted, known)
        await write_products(tx, brand.id, new, other)
        await reword_products(tx, [each.id for each in other])
        await tell_saved(tx, "ProductSaved", "product", [*new, *other], brand.id)
        return outcomes(sheet, {place: each.id for (place, _), each in zip(sheet.left, wanted, strict=True)})

    return await bulk(ctx, "saveProducts", key, command, "product", effect)


async def save_skus(ctx: Context, key: str, command: SaveSkus) -> Any:
    """Skus of a brand are saved, with their packs and attributes."""

    async def effect(tx: Transaction) -> Outcome:
        brand = await acting_for(ctx, tx, command.brand, Permission.CATALOG, Tier.BRAND)
        sheet: Sheet[SkuLine] = Sheet(command.rows)
        once_each(sheet)
        products = await products_of_skus(tx, brand.id, (row.product for _, row in sheet.left))
        for place, row in sheet.left:
            if row.product not in products:
                sheet.wrong(place, "product", "The brand has no such product.")
        given = {each.code for _, row in sheet.left for each in row.attributes or ()}
        check_attributes(sheet, await attributes_named(tx, given), {code: each.line for code, each in products.items()})
        known = await lock_skus(tx, (row.code for _, row in sheet.left))
        for place, row in sheet.left:
            there = known.get(row.code)
            if there is not None and there.brand_id != brand.id:
                sheet.refuse(place, CodeTaken(row.code))
            elif there is not None and row.base_unit not in (None, there.base_unit):
                sheet.wrong(place, "baseUnit", f"Quantities of this sku count {there.base_unit} for good.")
        wanted = [_sku(row, known.get(row.code), brand.id, products[row.product]) for _, row in sheet.left]
        new, other = parted(wanted, known)
        await write_skus(tx, new, other)
        await tell_saved(tx, "SkuSaved", "sku", [*new, *other], brand.id)
        return outcomes(sheet, {place: each.id for (place, _), each in zip(sheet.left, wanted, strict=True)})

    return await bulk(ctx, "saveSkus", key, command, "sku", effect)


def _sku(row: SkuLine, there: SkuKept | None, brand: UUID, product: ProductOfSkus) -> SkuKept:
    """The sku as the row says it: what the row leaves out of packs and attributes is as it was."""
    return SkuKept(
        id=new_id() if there is None else there.id,
        brand_id=brand,
        product_id=product.id,
        code=row.code,
        name=row.name,
        barcode=row.barcode,
        base_unit=row.base_unit or (BASE_UNIT if there is None else there.base_unit),
        min_qty=row.min_qty,
        step_qty=row.step_qty,
        shelf_life_days=row.shelf_life_days,
        packs=frozenset(row.packs) if row.packs is not None else frozenset() if there is None else there.packs,
        attributes=frozenset(row.attributes)
        if row.attributes is not None
        else frozenset()
        if there is None
        else there.attributes,
    )
