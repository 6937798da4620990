"""What the tenant is made of, as plain values: one class for each kind of row.

Owns the shapes only. Organisations, skus and sites are named by their codes, days count from the day of the import,
money is in fen, quantities in base units. All of it is generated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from domain.catalog import ListingOrigin, ListingStatus, PriceAudience, PriceScope
from domain.channel import CloudStoreMode, EdgeKind, Role, SiteKind, Tier
from domain.integration import PartnerKind
from domain.inventory import LocationKind
from domain.ordering import OrderKind, Terminal


class Point(NamedTuple):
    """A place on earth, in ten-millionths of a degree."""

    latitude_e7: int
    longitude_e7: int


class Region(NamedTuple):
    """A region of GB/T 2260; counties have a point near their seat."""

    code: str
    name: str
    parent: str | None
    point: Point | None


@dataclass(frozen=True, slots=True)
class Organization:
    """An organisation and its cloud store; who has no mode has no cloud store."""

    tier: Tier
    code: str
    name: str
    region: str | None = None
    tags: tuple[str, ...] = ()
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None
    point: Point | None = None
    mode: CloudStoreMode | None = None
    site: str | None = None
    weight: int = 0


class Edge(NamedTuple):
    """What one organisation is to another, by their codes."""

    kind: EdgeKind
    upstream: str
    downstream: str
    primary: bool


class Territory(NamedTuple):
    """The regions that an organisation holds."""

    owner: str
    name: str
    regions: tuple[str, ...]


class Site(NamedTuple):
    """A site; `parent` is its parent's code."""

    kind: SiteKind
    code: str
    name: str
    owner: str
    parent: str | None
    region: str | None


class Category(NamedTuple):
    """A category of one of two levels."""

    code: str
    name: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Sku:
    """A size of a product: `fen` is the price the brand suggests to shops for one base unit."""

    code: str
    product: str
    name: str
    barcode: str
    base_unit: str
    packs: tuple[tuple[str, int], ...]
    life_days: int | None
    volume_ml: int | None
    flavour: str
    sugar_free: bool
    fen: int

    @property
    def case(self) -> int:
        """Base units of the largest pack."""
        return max((units for _, units in self.packs), default=1)


class Product(NamedTuple):
    """What the brand makes."""

    code: str
    name: str
    category: str
    description: str


class PriceList(NamedTuple):
    """A price list; `target` says to whom it speaks where the scope is not BASE."""

    seller: str
    code: str
    name: str
    audience: PriceAudience
    scope: PriceScope
    target: str | None = None


class Price(NamedTuple):
    """A price of the list `code` of `seller`, from a quantity on."""

    seller: str
    code: str
    sku: str
    min_qty: int
    from_day: int
    until_day: int | None
    fen: int


class Banded(NamedTuple):
    """A sku of an assortment, and the consumer prices that are allowed."""

    sku: str
    min_fen: int
    max_fen: int


class Grant(NamedTuple):
    """An assortment given to an organisation."""

    grantee: str
    from_day: int
    until_day: int | None


@dataclass(frozen=True, slots=True)
class Assortment:
    """What an organisation lets others sell."""

    grantor: str
    code: str
    name: str
    items: tuple[Banded, ...]
    grants: tuple[Grant, ...]


class Listing(NamedTuple):
    """A sku on a shelf."""

    seller: str
    sku: str
    origin: ListingOrigin
    position: int
    status: ListingStatus


class Lot(NamedTuple):
    """A batch: days from today on which it was made and from which it may not be sold."""

    sku: str
    code: str
    produced_on: int
    expires_on: int


class Location(NamedTuple):
    """The `number`-th place where goods of `holder` lie."""

    holder: str
    number: int
    kind: LocationKind
    name: str
    region: str | None
    point: Point | None


class Held(NamedTuple):
    """What lies at a location, its holder's own; the lot is a code or `domain.inventory.NO_LOT_CODE`."""

    holder: str
    number: int
    sku: str
    lot: str
    on_hand: int


class Safety(NamedTuple):
    """What is kept back."""

    holder: str
    number: int
    sku: str
    quantity: int


class Pool(NamedTuple):
    """A pool and who runs it."""

    owner: str
    code: str
    name: str


class Contribution(NamedTuple):
    """What an owner's location gives into a pool, and to whom it is offered."""

    pool: Pool
    owner: str
    number: int
    visible_to: str
    share_bps: int


class Promised(NamedTuple):
    """A sku of a contribution."""

    contribution: Contribution
    sku: str
    cap: int | None


class OrderLine(NamedTuple):
    """A line of whole cases."""

    sku: str
    quantity: int
    unit_fen: int


@dataclass(frozen=True, slots=True)
class Order:
    """A past order of one organisation from another, completed; `minute` counts from the beginning of today."""

    number: str
    kind: OrderKind
    seller: str
    buyer: str
    placed_by: str
    terminal: Terminal
    minute: int
    lines: tuple[OrderLine, ...]

    @property
    def total_fen(self) -> int:
        """What it came to."""
        return sum(line.quantity * line.unit_fen for line in self.lines)


class Job(NamedTuple):
    """A member of staff, and the subject of her account."""

    subject: str
    name: str
    employer: str
    role: Role


class Partner(NamedTuple):
    """A partner's system that speaks for an organisation."""

    subject: str
    name: str
    kind: PartnerKind
    speaks_for: str
