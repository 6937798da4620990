"""What is generated, as plain values: one class for each kind of row.

Owns the shapes only. Organisations are named by tier and the file's number, items by the file's number; money is in
cents, quantities in bottles. Every class here is marked `generated`: nothing in it stands in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from domain.catalog import ListingOrigin
from domain.channel import Role
from domain.integration import PartnerKind
from integrations.wholesale.channel import Org, Supply


@dataclass(frozen=True, slots=True)
class AssortedItem:
    """An item that a distributor lets its stores sell, at a consumer price within the band (both ends allowed).

    `filled` says that its county never bought it. An assortment is ordered by popularity, the county's first.
    """

    generated: ClassVar[bool] = True
    distributor: int
    item: int
    floor_cents: int
    ceiling_cents: int
    filled: bool


@dataclass(frozen=True, slots=True)
class FilledTradePrice:
    """A distributor's trade price for an item that it never sold at a price: the state's latest one."""

    generated: ClassVar[bool] = True
    distributor: int
    item: int
    cents: int
    starts_on: date


@dataclass(frozen=True, slots=True)
class ShelfItem:
    """A listing of a store: OWN_STOCK what it bought, POOL the rest. `position` counts from 1 on each shelf."""

    generated: ClassVar[bool] = True
    store: int
    item: int
    origin: ListingOrigin
    position: int


@dataclass(frozen=True, slots=True)
class ConsumerPrice:
    """What a store asks of consumers for an item on its shelf."""

    generated: ClassVar[bool] = True
    store: int
    item: int
    cents: int
    starts_on: date


@dataclass(frozen=True, slots=True)
class Lot:
    """A batch of an item. `expires_on` is the first day on which it may not be sold, None if it keeps."""

    generated: ClassVar[bool] = True
    item: int
    code: str
    produced_on: date
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class OpeningStock:
    """What lies at the one location of `holder`, its own goods; each becomes one receipt movement.

    `lot` is a lot's code, or `domain.inventory.NO_LOT_CODE`. `on_hand` is at least 1.
    """

    generated: ClassVar[bool] = True
    holder: Org
    item: int
    lot: str
    on_hand: int


@dataclass(frozen=True, slots=True)
class Safety:
    """What `holder` keeps back of an item at its location, at least 1."""

    generated: ClassVar[bool] = True
    holder: Org
    item: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """`owner` offers its location to its own pool, visible to itself and everyone below it."""

    generated: ClassVar[bool] = True
    owner: Org
    share_bps: int


@dataclass(frozen=True, slots=True)
class ContributedItem:
    """What the contribution of `owner` promises of an item; `cap` None is no cap."""

    generated: ClassVar[bool] = True
    owner: Org
    item: int
    cap: int | None


@dataclass(frozen=True, slots=True)
class Person:
    """A person's account. `subject` is what a token names her by."""

    generated: ClassVar[bool] = True
    subject: str
    name: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class StaffMember:
    """The role of the account `subject` in an organisation."""

    generated: ClassVar[bool] = True
    subject: str
    employer: Org
    role: Role


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner's system that speaks for an organisation."""

    generated: ClassVar[bool] = True
    subject: str
    name: str
    kind: PartnerKind
    speaks_for: Org


@dataclass(frozen=True)
class Demo:
    """Everything generated for one ledger.

    `edges` are brand → distributor edges that no line shows, needed where the brands of a county have too few items.
    `shelf_life_days` says of each item with expiring lots how long a new one keeps. `unpriced` are the items that no
    line prices: they are in no assortment and on no shelf. `prices_from` is the day from which generated prices hold.
    """

    seed: int
    prices_from: date
    edges: tuple[Supply, ...]
    unpriced: tuple[int, ...]
    assortments: tuple[AssortedItem, ...]
    trade_prices: tuple[FilledTradePrice, ...]
    shelves: tuple[ShelfItem, ...]
    consumer_prices: tuple[ConsumerPrice, ...]
    shelf_life_days: dict[int, int]
    lots: tuple[Lot, ...]
    stock: tuple[OpeningStock, ...]
    safety: tuple[Safety, ...]
    contributions: tuple[Contribution, ...]
    contributed_items: tuple[ContributedItem, ...]
    people: tuple[Person, ...]
    staff: tuple[StaffMember, ...]
    partners: tuple[Partner, ...]
