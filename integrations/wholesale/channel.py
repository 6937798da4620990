"""What a ledger says about who supplies whom: brands, county wholesales, shops and the edges between them.

Owns the model of three tiers that is laid over the file: a vendor is a brand, the wholesale of a county is a
distributor, a licensed shop is a store. Does not store anything.

One more distributor stands for the shops that never have a county. An edge exists where a line shows a sale. A
store's primary upstream is its own county's wholesale; a distributor's is the brand of which it sold most bottles, of
equals the one with the lower vendor number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.channel import Tier
from integrations.wholesale.ledger import Ledger

NO_COUNTY: Final = 0
"""The distributor's number where no county is known; counties count from 1."""


class Org(NamedTuple):
    """An organisation as the file names it: a vendor's, county's or store's number within its tier."""

    tier: Tier
    number: int


class Supply(NamedTuple):
    """An edge downwards. `bottles` is what went over it in the file; each downstream has one primary edge."""

    upstream: Org
    downstream: Org
    bottles: int
    primary: bool


@dataclass(frozen=True, slots=True)
class Distributor:
    """A county's wholesale. `county` is None for the one that serves shops without a county."""

    number: int
    name: str
    county: int | None


@dataclass(frozen=True)
class Channel:
    """The channel of a ledger: distributors by number, edges by (upstream, downstream)."""

    distributors: tuple[Distributor, ...]
    brand_edges: tuple[Supply, ...]
    store_edges: tuple[Supply, ...]

    @property
    def edges(self) -> tuple[Supply, ...]:
        """All edges, brands' first."""
        return self.brand_edges + self.store_edges


def brand(vendor: int) -> Org:
    """The brand of a vendor's number."""
    return Org(Tier.BRAND, vendor)


def distributor(number: int) -> Org:
    """The distributor of a county's number, or of `NO_COUNTY`."""
    return Org(Tier.DISTRIBUTOR, number)


def store(number: int) -> Org:
    """The store of a store's number."""
    return Org(Tier.STORE, number)


def distributor_number(county: int | None) -> int:
    """The number of the distributor that serves a county, or those without one."""
    return NO_COUNTY if county is None else county


def channel_of(ledger: Ledger) -> Channel:
    """Read the channel out of a ledger.

    Source: docs/domain.md, Cloud stores and operation on behalf (edges, the one primary upstream).
    """
    bought: Counter[tuple[int, int]] = Counter()
    sold: Counter[tuple[int, int]] = Counter()
    for line in ledger.lines:
        number = distributor_number(line.county)
        bought[line.vendor, number] += line.quantity
        sold[number, line.store] += line.quantity
    homes = {shop.number: distributor_number(shop.county) for shop in ledger.stores}
    for shop, home in homes.items():
        sold[home, shop] += 0  # a store's own county supplies it even where every line names another
    primary = _primary_brands(bought)
    return Channel(
        distributors=tuple(_distributors(ledger, sorted(primary))),
        brand_edges=tuple(
            Supply(brand(vendor), distributor(number), bottles, primary[number] == vendor)
            for (vendor, number), bottles in sorted(bought.items())
        ),
        store_edges=tuple(
            Supply(distributor(number), store(shop), bottles, homes[shop] == number)
            for (number, shop), bottles in sorted(sold.items())
        ),
    )


def _primary_brands(bought: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """Each distributor's brand with most bottles, ties the lower vendor number."""
    best: dict[int, tuple[int, int]] = {}
    for (vendor, number), bottles in bought.items():
        rank = (bottles, -vendor)
        best[number] = max(best.get(number, rank), rank)
    return {number: -vendor for number, (_, vendor) in best.items()}


def _distributors(ledger: Ledger, numbers: Iterable[int]) -> list[Distributor]:
    names = {county.number: county.name for county in ledger.counties}
    return [
        Distributor(
            number,
            f"{names[number]} County Wholesale" if number in names else "Wholesale without a county",
            number if number in names else None,
        )
        for number in numbers
    ]
