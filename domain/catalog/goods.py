"""Saving goods: what is commanded of categories, products and skus, and which rows are refused.

A row says the whole of what it saves, found by its code; packs and attributes that it leaves out stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple, Protocol, TypeVar
from uuid import UUID

from domain.base import Faulty, Sheet
from domain.catalog.price import AttributeKind

MAX_PACKS: Final = 20
"""The most packs of one sku."""
MAX_ATTRIBUTES: Final = 50
"""The most attributes of one sku."""
BASE_UNIT: Final = "EACH"
"""What is counted where a new sku does not say it."""


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """A category as it is to be; `parent` is the code of the one above it."""

    code: str
    name: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class SaveCategories:
    """Categories to be saved, by code."""

    rows: tuple[CategoryLine | Faulty, ...]


@dataclass(frozen=True, slots=True)
class ProductLine:
    """A product of a brand as it is to be; `category` is a code."""

    code: str
    name: str
    description: str | None
    category: str | None


@dataclass(frozen=True, slots=True)
class SaveProducts:
    """Products to be saved, by code; `brand`: whose, None for the viewer's own."""

    rows: tuple[ProductLine | Faulty, ...]
    brand: UUID | None


@dataclass(frozen=True, slots=True, order=True)
class Pack:
    """A pack of a sku: `units` base units in one."""

    code: str
    units: int


@dataclass(frozen=True, slots=True)
class AttributeGiven:
    """An attribute, by code, with its value in the place of its kind."""

    code: str
    text: str | None = None
    integer: int | None = None
    boolean: bool | None = None
    date: date | None = None

    @property
    def kinds(self) -> list[AttributeKind]:
        """The kinds of the values that are given."""
        given = zip(AttributeKind, (self.text, self.integer, self.boolean, self.date), strict=True)
        return [kind for kind, value in given if value is not None]


@dataclass(frozen=True, slots=True)
class SkuLine:
    """A sku of a brand as it is to be; `product` is a code. No `base_unit`: as it is, or `BASE_UNIT`."""

    code: str
    product: str
    name: str
    barcode: str | None
    base_unit: str | None
    min_qty: int
    step_qty: int
    shelf_life_days: int | None
    packs: tuple[Pack, ...] | None
    attributes: tuple[AttributeGiven, ...] | None


@dataclass(frozen=True, slots=True)
class SaveSkus:
    """Skus to be saved, by item number; `brand`: whose, None for the viewer's own."""

    rows: tuple[SkuLine | Faulty, ...]
    brand: UUID | None


class AttributeKnown(NamedTuple):
    """An attribute that there is; `category`: it is for goods of that one and those below it, None for all."""

    id: UUID
    kind: str
    category: UUID | None


class Coded(Protocol):
    """A row that is found by its code."""

    @property
    def code(self) -> str:
        """The code."""
        ...


class OfSku(Protocol):
    """A row about a sku."""

    @property
    def sku(self) -> UUID:
        """The sku."""
        ...


C = TypeVar("C", bound=Coded)
S = TypeVar("S", bound=OfSku)


def once_each(sheet: Sheet[C]) -> None:
    """Refuse rows whose code an earlier row has: which of them is meant cannot be known."""
    seen: set[str] = set()
    for place, row in sheet.left:
        if row.code in seen:
            sheet.wrong(place, "code", "An earlier row has the same code.")
        seen.add(row.code)


def skus_once(
    sheet: Sheet[S], known: Container[UUID], *, beside: Callable[[S], int] | None = None, called: str = "sku"
) -> None:
    """Refuse rows whose sku there is not, or that an earlier row names.

    Args:
        sheet: the rows.
        known: the skus that there are.
        beside: what else of a row tells it from others of its sku, if anything does.
        called: what must not come twice, for the message.
    """
    seen: set[tuple[UUID, int]] = set()
    for place, row in sheet.left:
        name = (row.sku, 0 if beside is None else beside(row))
        if row.sku not in known:
            sheet.wrong(place, "skuId", "There is no such sku.")
        elif name in seen:
            sheet.wrong(place, "skuId", f"An earlier row has the same {called}.")
        seen.add(name)


def check_tree(sheet: Sheet[CategoryLine], parents: Mapping[str, str | None]) -> None:
    """Refuse categories whose parent there is not, or that would come to stand below themselves.

    Args:
        sheet: the rows.
        parents: the code above each category that there is.
    """
    while True:
        left = sheet.left
        tree = {**parents, **{row.code: row.parent for _, row in left}}
        for place, row in left:
            if row.parent is not None and row.parent not in tree:
                sheet.wrong(place, "parent", "There is no such category.")
            elif row.code in _above(row.code, tree):
                sheet.wrong(place, "parent", "A category cannot stand below itself.")
        if len(sheet.left) == len(left):
            return


def _above(code: str, tree: Mapping[str, str | None]) -> set[str]:
    found: set[str] = set()
    above = tree.get(code)
    while above is not None and above not in found:
        found.add(above)
        above = tree.get(above)
    return found


def check_attributes(
    sheet: Sheet[SkuLine], known: Mapping[str, AttributeKnown], lines: Mapping[str, Iterable[UUID]]
) -> None:
    """Refuse skus with an attribute that there is not, that is not for such goods, or whose value is of another kind.

    Args:
        sheet: the rows.
        known: the attributes by code.
        lines: for each product's code its category and those above it.
    """
    for place, row in sheet.left:
        for given in row.attributes or ():
            attribute = known.get(given.code)
            if attribute is None:
                sheet.wrong(place, "attributes", f"There is no attribute {given.code!r}.")
            elif given.kinds != [AttributeKind(attribute.kind)]:
                sheet.wrong(place, "attributes", f"The attribute {given.code!r} takes one value, {attribute.kind}.")
            elif attribute.category is not None and attribute.category not in lines.get(row.product, ()):
                sheet.wrong(place, "attributes", f"The attribute {given.code!r} is not for goods of this category.")
