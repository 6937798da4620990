"""What is commanded of the channel's acts: organisations and edges, sites, territories, staff, cloud stores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.channel.words import CloudStoreMode, Role, SiteKind, Tier

MAX_REGIONS: Final = 100
"""The most regions of one territory."""
MAX_SECTIONS: Final = 20
"""The most sections of a cloud store's front page."""
MAX_SECTION_GOODS: Final = 50
"""The most skus, and the most categories, of one section."""

PHONE_ADDRESS: Final = "tel:"
"""How the subject of a person begins whom her issuer of tokens calls by her phone (RFC 3966)."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an organisation stands."""

    region: str | None = None
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person by the subject her issuer of tokens knows her by, or by her phone; one of the two."""

    display_name: str
    subject: str | None = None
    phone: str | None = None

    @property
    def called(self) -> str:
        """What her issuer of tokens calls her: her subject, or the address of her phone (RFC 3966)."""
        return self.subject or f"{PHONE_ADDRESS}{self.phone}"


@dataclass(frozen=True, slots=True)
class InviteOrganization:
    """An upstream takes on a new organisation below it."""

    upstream: UUID
    tier: Tier
    code: str
    name: str
    administrator: Person
    where: Address = Address()


@dataclass(frozen=True, slots=True)
class ApplyAsStore:
    """A person registers her store under an upstream."""

    upstream: UUID
    code: str
    name: str
    where: Address = Address()


@dataclass(frozen=True, slots=True)
class ReviewOrganization:
    """An upstream admits a store that applied, or does not, and says why."""

    organization: UUID
    approve: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeStanding:
    """An organisation is suspended, or trades again, and why."""

    organization: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class JoinUpstream:
    """`organization` is to be supplied by `upstream`: one of both says so, or the other agrees."""

    organization: UUID
    upstream: UUID


@dataclass(frozen=True, slots=True)
class LeaveUpstream:
    """`organization` is no longer supplied by `upstream`; the chain then follows `primary`."""

    organization: UUID
    upstream: UUID
    primary: UUID | None = None


@dataclass(frozen=True, slots=True)
class CreateSite:
    """A new site that `organization` runs."""

    organization: UUID
    kind: SiteKind
    code: str
    name: str
    parent: UUID | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class CreateTerritory:
    """A new area that `organization` holds; `regions` in the order of the input, where one may stand twice."""

    organization: UUID
    name: str
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetTerritoryRegions:
    """What a territory is made of from now on, in the order of the input; without regions it protects nothing."""

    territory: UUID
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddStaff:
    """A person gets a role in an organisation."""

    organization: UUID
    person: Person
    role: Role


@dataclass(frozen=True, slots=True)
class EndStaff:
    """A person's role in an organisation ends."""

    staff: UUID


@dataclass(frozen=True, slots=True)
class OpenCloudStore:
    """An organisation opens its cloud store."""

    organization: UUID
    mode: CloudStoreMode
    name: str
    site: UUID | None = None


@dataclass(frozen=True, slots=True)
class SetCloudStoreMode:
    """How a cloud store sells from now on."""

    cloud_store: UUID
    mode: CloudStoreMode


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a cloud store's front page: what it is called and what it shows."""

    title: str
    skus: tuple[UUID, ...] = ()
    categories: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class DecorateCloudStore:
    """A cloud store's whole front page."""

    cloud_store: UUID
    banner_url: str | None = None
    banner_text: str | None = None
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class CloseCloudStore:
    """A cloud store closes, and why."""

    cloud_store: UUID
    reason: str
