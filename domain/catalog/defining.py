"""Defining the attributes of goods: what is commanded, and which rows are refused.

RowRefused
└── AttributeInUse   skus have values of another kind
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.base import Faulty, RowRefused
from domain.catalog.price import AttributeKind

MAX_DEFINED: Final = 1_000
"""The most attributes of one tenant."""


@dataclass(frozen=True, slots=True)
class AttributeLine:
    """An attribute as it is to be; `category` is the code of the one whose goods have it, None for all goods."""

    code: str
    name: str
    kind: AttributeKind
    unit: str | None
    category: str | None


@dataclass(frozen=True, slots=True)
class SaveAttributes:
    """Attributes to be saved, by code."""

    rows: tuple[AttributeLine | Faulty, ...]


class AttributeInUse(RowRefused):
    """Skus have values of the attribute, and these are of the kind that it has."""

    code = "ATTRIBUTE_IN_USE"

    def __init__(self, attribute: str, kind: str) -> None:
        self.attribute, self.kind = attribute, kind
        super().__init__(f"Skus have values of {attribute!r}: it stays {kind}.")
