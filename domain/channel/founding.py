"""Founding: organisations that nobody supplies yet, and the tags that organisations bear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.base import Faulty
from domain.channel.commands import Address, Person
from domain.channel.words import Tier

HEADS: Final = (Tier.BRAND, Tier.SUPPLIER)
"""Whom nobody invites: the platform takes them on."""
MAX_HEADS: Final = 1_000
"""The most brands, and the most suppliers, of one tenant."""
MAX_TAGS: Final = 20
"""The most tags of one organisation."""


@dataclass(frozen=True, slots=True)
class CreateOrganization:
    """The platform takes on a brand, with who administers it, or a supplier, for which nobody logs in yet."""

    tier: Tier
    code: str
    name: str
    administrator: Person | None
    where: Address


@dataclass(frozen=True, slots=True)
class InvitedLine:
    """An organisation that an upstream takes on, as `InviteOrganization` does."""

    tier: Tier
    code: str
    name: str
    administrator: Person
    where: Address


@dataclass(frozen=True, slots=True)
class InviteOrganizations:
    """An upstream takes on many at once; `upstream`: None for the viewer's own organisation."""

    upstream: UUID | None
    rows: tuple[InvitedLine | Faulty, ...]


@dataclass(frozen=True, slots=True)
class TagLine:
    """All the tags that an organisation is to bear, each once."""

    organization: UUID
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetTags:
    """Organisations with their tags; those that no row names stay as they are."""

    rows: tuple[TagLine | Faulty, ...]
