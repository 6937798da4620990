"""Acts on goods: what saves categories, products and skus, and what came of each row."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from domain import catalog as domain
from domain.catalog import MAX_QUANTITY
from models.base import MAX_CODE_CHARS
from resolvers import catalog
from schema.acts import (
    Checking,
    CodeTaken,
    InvalidInput,
    KeyReused,
    NotAllowed,
    act,
    characters,
    each_row,
    saved,
)
from schema.base import OWN, PLATFORM, Count
from schema.catalog.reading import Category, Product, Sku

MAX_NAME_CHARS = 200
MAX_TEXT_CHARS = 2_000


def _each_once(check: Checking, name: str, codes: Sequence[str]) -> None:
    if len(set(codes)) != len(codes):
        check.wrong(name, "Each code is expected once.")


# ── inputs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@strawberry.input(description="A category as it is to be (类目).")
class CategoryInput:
    """A row."""

    code: str = strawberry.field(description=f"Its code, by which it is found, {characters(MAX_CODE_CHARS)} (编码).")
    name: str = strawberry.field(description=f"Its name, {characters(MAX_NAME_CHARS)} (名称).")
    parent: str | None = strawberry.field(
        default=None, description="The code of the category above it, which may stand in another row (上级类目编码)."
    )

    def to_command(self, check: Checking) -> domain.CategoryLine:
        """The row."""
        return domain.CategoryLine(
            check.code("code", self.code),
            check.text("name", self.name, MAX_NAME_CHARS),
            check.optional_code("parent", self.parent),
        )


@strawberry.input(description="Categories to be saved (保存类目).")
class SaveCategoriesInput:
    """A file of them."""

    rows: list[CategoryInput] = strawberry.field(description="The categories, 1 to 500 (类目).")

    def to_command(self, check: Checking) -> domain.SaveCategories:
        """The rows."""
        return domain.SaveCategories(check.rows("rows", self.rows))


@strawberry.input(description="A product as it is to be (商品).")
class ProductInput:
    """A row."""

    code: str = strawberry.field(
        description=f"Its code, by which the brand's product is found, {characters(MAX_CODE_CHARS)} (编码)."
    )
    name: str = strawberry.field(description=f"Its name, {characters(MAX_NAME_CHARS)} (名称).")
    description: str | None = strawberry.field(
        default=None, description=f"What it is, {characters(MAX_TEXT_CHARS)}, lines too (说明)."
    )
    category: str | None = strawberry.field(default=None, description="The code of its category (类目编码).")

    def to_command(self, check: Checking) -> domain.ProductLine:
        """The row."""
        return domain.ProductLine(
            check.code("code", self.code),
            check.text("name", self.name, MAX_NAME_CHARS),
            check.optional_text("description", self.description, MAX_TEXT_CHARS, lines=True),
            check.optional_code("category", self.category),
        )


@strawberry.input(description="Products to be saved (保存商品).")
class SaveProductsInput:
    """A file of them."""

    rows: list[ProductInput] = strawberry.field(description="The products, 1 to 500 (商品).")
    brand_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose they are. Left out: the viewer's own organisation's (品牌标识)."
    )

    def to_command(self, check: Checking) -> domain.SaveProducts:
        """The rows."""
        return domain.SaveProducts(check.rows("rows", self.rows), check.optional_id("brandId", self.brand_id, "brand"))


@strawberry.input(description="A pack of a sku (箱规).")
class PackUnitInput:
    """A pack."""

    code: str = strawberry.field(description=f"The pack: BOTTLE, CASE …, {characters(MAX_CODE_CHARS)} (包装).")
    units: int = strawberry.field(description="Base units in one pack, from 1 (每包数量).")

    def to_command(self, check: Checking) -> domain.Pack:
        """The pack."""
        return domain.Pack(check.code("code", self.code), check.number("units", self.units, 1, MAX_QUANTITY))


@strawberry.input(description="An attribute of a sku with its value, of the kind of the attribute (属性).")
class AttributeInput:
    """One of the values is set."""

    code: str = strawberry.field(description="The attribute's code (属性编码).")
    text: str | None = strawberry.field(
        default=None, description=f"The value of a text attribute, {characters(MAX_TEXT_CHARS)} (文本值)."
    )
    integer: Count | None = strawberry.field(default=None, description="The value of an integer attribute (整数值).")
    boolean: bool | None = strawberry.field(default=None, description="The value of a yes-or-no attribute (是否值).")
    date: dt.date | None = strawberry.field(default=None, description="The value of a date attribute (日期值).")

    def to_command(self, check: Checking) -> domain.AttributeGiven:
        """The attribute."""
        given = domain.AttributeGiven(
            check.code("code", self.code),
            check.optional_text("text", self.text, MAX_TEXT_CHARS),
            self.integer,
            self.boolean,
            self.date,
        )
        if len(given.kinds) != 1:
            check.wrong("code", "One value is expected.")
        return given


@strawberry.input(description="A sku as it is to be (规格).")
class SkuInput:
    """A row."""

    code: str = strawberry.field(
        description=f"The item number, by which it is found, {characters(MAX_CODE_CHARS)} (货号)."
    )
    product: str = strawberry.field(description="The code of its product (所属商品编码).")
    name: str = strawberry.field(description=f"Its name, {characters(MAX_NAME_CHARS)} (名称).")
    barcode: str | None = strawberry.field(
        default=None, description=f"Its barcode, {characters(MAX_CODE_CHARS)} (条码)."
    )
    base_unit: str | None = strawberry.field(
        default=None, description="The unit that quantities and prices count, for good. Left out: EACH (基本单位)."
    )
    min_qty: int = strawberry.field(default=1, description="Least base units of an order line (起订量).")
    step_qty: int = strawberry.field(default=1, description="Base units an order line grows by (步长).")
    shelf_life_days: int | None = strawberry.field(
        default=None, description="Days from production to expiry. Left out: it keeps (保质期)."
    )
    pack_units: list[PackUnitInput] | None = strawberry.field(
        default=None, description="All its packs, at most 20. Left out: as they are (箱规)."
    )
    attributes: list[AttributeInput] | None = strawberry.field(
        default=None, description="All its attributes, at most 50. Left out: as they are (属性)."
    )

    def to_command(self, check: Checking) -> domain.SkuLine:
        """The row."""
        life = self.shelf_life_days
        return domain.SkuLine(
            code=check.code("code", self.code),
            product=check.code("product", self.product),
            name=check.text("name", self.name, MAX_NAME_CHARS),
            barcode=check.optional_code("barcode", self.barcode),
            base_unit=check.optional_code("baseUnit", self.base_unit),
            min_qty=check.number("minQty", self.min_qty, 1, MAX_QUANTITY),
            step_qty=check.number("stepQty", self.step_qty, 1, MAX_QUANTITY),
            shelf_life_days=None if life is None else check.number("shelfLifeDays", life, 1, MAX_QUANTITY),
            packs=self._few(check, "packUnits", self.pack_units, domain.MAX_PACKS),
            attributes=self._few(check, "attributes", self.attributes, domain.MAX_ATTRIBUTES),
        )

    @staticmethod
    def _few(check: Checking, name: str, items: Sequence[Any] | None, most: int) -> tuple[Any, ...] | None:
        if items is None:
            return None
        _each_once(check, name, [item.code for item in items])
        return tuple(check.each(name, items, most, 0))


@strawberry.input(description="Skus to be saved (保存规格).")
class SaveSkusInput:
    """A file of them."""

    rows: list[SkuInput] = strawberry.field(description="The skus, 1 to 500 (规格).")
    brand_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose they are. Left out: the viewer's own organisation's (品牌标识)."
    )

    def to_command(self, check: Checking) -> domain.SaveSkus:
        """The rows."""
        return domain.SaveSkus(check.rows("rows", self.rows), check.optional_id("brandId", self.brand_id, "brand"))


# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────────
CategoryResult = Annotated[
    Category | InvalidInput | NotAllowed,
    strawberry.union("CategoryResult", description="A category that was saved, or why its row was not (类目结果)."),
]
ProductResult = Annotated[
    Product | InvalidInput | NotAllowed,
    strawberry.union("ProductResult", description="A product that was saved, or why its row was not (商品结果)."),
]
SkuResult = Annotated[
    Sku | CodeTaken | InvalidInput | NotAllowed,
    strawberry.union("SkuResult", description="A sku that was saved, or why its row was not (规格结果)."),
]


@saved("What came of the categories of a file (类目保存结果).")
class SavedCategories:
    """Row by row."""

    rows: list[CategoryResult] = each_row("What came of each row, in their order (逐行结果).")


@saved("What came of the products of a file (商品保存结果).")
class SavedProducts:
    """Row by row."""

    rows: list[ProductResult] = each_row("What came of each row, in their order (逐行结果).")


@saved("What came of the skus of a file (规格保存结果).")
class SavedSkus:
    """Row by row."""

    rows: list[SkuResult] = each_row("What came of each row, in their order (逐行结果).")


SaveCategoriesResult = Annotated[
    SavedCategories | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("SaveCategoriesResult", description="What came of the file, or why nothing was read (保存结果)."),
]
SaveProductsResult = Annotated[
    SavedProducts | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("SaveProductsResult", description="What came of the file, or why nothing was read (保存结果)."),
]
SaveSkusResult = Annotated[
    SavedSkus | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("SaveSkusResult", description="What came of the file, or why nothing was read (保存结果)."),
]


@strawberry.type
class GoodsMutation:
    """Acts on goods."""

    save_categories: SaveCategoriesResult = act(
        catalog.save_categories,
        SaveCategoriesInput,
        "Categories are saved by code, row by row: good rows are kept (保存类目).",
        PLATFORM,
    )
    save_products: SaveProductsResult = act(
        catalog.save_products,
        SaveProductsInput,
        "Products of a brand are saved by code, row by row: good rows are kept (保存商品).",
        OWN,
    )
    save_skus: SaveSkusResult = act(
        catalog.save_skus,
        SaveSkusInput,
        "Skus of a brand are saved by item number, row by row: good rows are kept (保存规格).",
        OWN,
    )
