"""Invented people with English names: staff of every organisation, one partner's system, the tongue of the members.

Owns their names and the subjects that tokens name them by: `store:2191/clerk`, `distributor:77/salesperson`,
`brand:260/analyst`, `partner:1`. No name belongs to a real person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from demo.consumers.phones import fictional_us
from demo.dice import Dice
from demo.iowa.values import Partner, Person, StaffMember
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
_GIVEN_OF_MEMBERS: Final = (
    "Abby", "Adam", "Alma", "Amos", "Anna", "Axel", "Beth", "Bill", "Cara", "Carl", "Clay", "Cleo", "Dale", "Dora",
    "Earl", "Edna", "Ella", "Eric", "Erin", "Ezra", "Faye", "Fred", "Gail", "Glen", "Hank", "Hope", "Iris", "Ivan",
    "Jade", "Joel", "June", "Kent", "Kyle", "Lena", "Leon", "Lois", "Lyle", "Maya", "Mona", "Neil", "Nina", "Opal",
    "Otto", "Pete", "Ruth", "Seth", "Theo", "Vera",
)
_FAMILY_OF_MEMBERS: Final = (
    "Abbott", "Archer", "Barnes", "Becker", "Bishop", "Brandt", "Burke", "Carver", "Chase", "Cooper", "Curtis",
    "Dalton", "Doyle", "Drake", "Dunn", "Ellis", "Farley", "Fisher", "Foster", "Gates", "Glover", "Grant", "Hale",
    "Harper", "Hayes", "Holt", "Hunter", "Ives", "Jensen", "Keller", "Knox", "Lamb", "Larson", "Lowe", "Marsh",
    "Mason", "Mercer", "Miles", "Nolan", "North", "Olsen", "Page", "Parker", "Pierce", "Quinn", "Reed", "Rhodes",
    "Sawyer", "Shaw", "Slater", "Stone", "Tanner", "Thorne", "Turner", "Vance", "Wade", "Walsh", "Weaver", "West",
    "York",
)
# fmt: on


class English:
    """Invented English names, numbers kept for fiction."""

    tags = ("birthday-soon", "cellar", "gifts", "host", "newsletter", "regular", "whiskey-club")
    moved = "Assigned by hand: she moved (generated)"
    released = "Released by hand: she asked for it (generated)"

    def name(self, dice: Dice) -> str:
        """A given and a family name."""
        return _drawn(_GIVEN_OF_MEMBERS, _FAMILY_OF_MEMBERS, dice)

    def phone(self, number: int) -> str:
        """An American number."""
        return fictional_us(number)


def staff(ledger: Ledger, channel: Channel, dice: Dice) -> tuple[tuple[Person, ...], tuple[StaffMember, ...]]:
    """The staff of every brand, distributor and store: accounts, and what each does where."""
    people: list[Person] = []
    jobs: list[StaffMember] = []
    for employer in _organizations(ledger, channel):
        for role in ROLES[employer.tier]:
            subject = f"{employer.tier.lower()}:{employer.number}/{role.lower()}"
            people.append(Person(subject, _drawn(_GIVEN, _FAMILY, dice), None))
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


def _drawn(given: Sequence[str], family: Sequence[str], dice: Dice) -> str:
    return f"{given[dice.below(len(given))]} {family[dice.below(len(family))]}"
