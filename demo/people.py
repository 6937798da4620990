"""Invented people: staff of every organisation, one partner's system. Shoppers are invented in `consumers`.

Owns their names and the subjects that tokens name them by: `store:2191/clerk`, `distributor:77/salesperson`,
`brand:260/analyst`, `partner:1`. No name belongs to a real person.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demo.dice import Dice
from demo.values import Partner, Person, StaffMember
from domain.channel import Role, Tier
from domain.integration import PartnerKind
from integrations.wholesale.channel import Channel, Org, brand, distributor, store
from integrations.wholesale.ledger import Ledger

ROLES: Final = {
    Tier.BRAND: (Role.OPERATOR, Role.ANALYST),
    Tier.DISTRIBUTOR: (Role.SALESPERSON, Role.OPERATOR),
    Tier.STORE: (Role.CLERK, Role.MANAGER),
}
"""Every organisation of a tier has one person in each of these roles."""

# fmt: off
_GIVEN: Final = (
    "Ada", "Ben", "Cora", "Dan", "Eva", "Finn", "Gwen", "Hugo", "Ida", "Jack",
    "Kate", "Liam", "Mia", "Noah", "Olga", "Paul", "Rosa", "Sam", "Tess", "Will",
)
_FAMILY: Final = (
    "Adams", "Baker", "Clark", "Davis", "Evans", "Ford", "Green", "Hill",
    "Irwin", "Jones", "King", "Lane", "Moore", "Nash", "Owen", "Price",
)
# fmt: on


def staff(ledger: Ledger, channel: Channel, dice: Dice) -> tuple[tuple[Person, ...], tuple[StaffMember, ...]]:
    """The staff of every brand, distributor and store: accounts, and what each does where."""
    people: list[Person] = []
    jobs: list[StaffMember] = []
    for employer in _organizations(ledger, channel):
        for role in ROLES[employer.tier]:
            subject = f"{employer.tier.lower()}:{employer.number}/{role.lower()}"
            people.append(Person(subject, _name(dice), None))
            jobs.append(StaffMember(subject, employer, role))
    return tuple(people), tuple(jobs)


def partners(channel: Channel) -> tuple[Partner, ...]:
    """The one partner's system: the ERP of the distributor that sold most bottles, ties the lower number."""
    bottles: dict[int, int] = {member.number: 0 for member in channel.distributors}
    for edge in channel.store_edges:
        bottles[edge.upstream.number] += edge.bottles
    largest = max(bottles, key=lambda number: (bottles[number], -number))
    return (Partner("partner:1", "Demo ERP", PartnerKind.ERP, distributor(largest)),)


def _organizations(ledger: Ledger, channel: Channel) -> Iterator[Org]:
    yield from (brand(vendor.number) for vendor in ledger.vendors)
    yield from (distributor(member.number) for member in channel.distributors)
    yield from (store(shop.number) for shop in ledger.stores)


def _name(dice: Dice) -> str:
    return f"{_GIVEN[dice.below(len(_GIVEN))]} {_FAMILY[dice.below(len(_FAMILY))]}"
