"""Granting assortments and putting skus on a shelf: what is commanded, and which rows are refused.

RowRefused
└── NotAuthorizedSku   nobody lets the organisation sell the sku
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.base import Faulty, RowRefused
from domain.catalog.price import ListingOrigin
from domain.channel import Tier

CHAIN_HEADS: Final = frozenset({Tier.BRAND, Tier.SUPPLIER})
"""Where a chain of authorisations begins: a brand grants its own goods, and nobody supplies a supplier."""


@dataclass(frozen=True, slots=True)
class AssortmentLine:
    """A sku of an assortment with its band of consumer prices, None leaves an end open; or one that is taken out."""

    sku: UUID
    min_fen: int | None
    max_fen: int | None
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class AuthorizeAssortment:
    """An assortment given to `grantee` over [valid_from, valid_until); its rows are added to it, changed or taken out.

    `grantor`: None for the viewer's own organisation. No `valid_from`: as before, if it is in force, else from now on.
    No `valid_until`: as before, unless it is over, else open-ended.
    """

    grantee: UUID
    code: str
    name: str
    rows: tuple[AssortmentLine | Faulty, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    grantor: UUID | None


@dataclass(frozen=True, slots=True)
class GivenLine:
    """An organisation that an assortment is given to over [valid_from, valid_until), left out as in the act of one."""

    grantee: UUID
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class GiveAssortment:
    """An assortment as it is, given to organisations."""

    assortment: UUID
    rows: tuple[GivenLine | Faulty, ...]


@dataclass(frozen=True, slots=True)
class RevokeAuthorization:
    """The end of what an assortment lets `grantee` sell; no `at`: now."""

    assortment: UUID
    grantee: UUID
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ListingLine:
    """A sku as it is to stand on a shelf; no `unit_fen`: at the price it has."""

    sku: UUID
    origin: ListingOrigin
    position: int
    unit_fen: int | None


@dataclass(frozen=True, slots=True)
class ListSkus:
    """Skus to be put on the shelf of a cloud store."""

    cloud_store: UUID
    rows: tuple[ListingLine | Faulty, ...]


@dataclass(frozen=True, slots=True)
class PriceListing:
    """The consumer price of a listing over [valid_from, valid_until); no `valid_from`: from now on."""

    listing: UUID
    unit_fen: int
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Unlist:
    """Skus to be taken off the shelf of a cloud store."""

    cloud_store: UUID
    skus: tuple[UUID, ...]


class NotAuthorizedSku(RowRefused):
    """No authorisation that is in force lets the organisation sell the sku, and it is not its own brand's."""

    code = "NOT_AUTHORIZED_SKU"

    def __init__(self, sku: UUID | str) -> None:
        self.sku = sku if isinstance(sku, UUID) else UUID(sku)
        super().__init__("Nobody lets you sell this.")
