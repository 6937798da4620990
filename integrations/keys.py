"""Ids for what has a name in a file or a demo: the same name in the same tenant is the same id at every making.

Owns the derivation only. Elsewhere ids are time-ordered and made on the spot; here they must be known in advance, so
that README, tests and a second import of the same file speak of the same things.

Source: RFC 9562, UUID version 5.
"""

from __future__ import annotations

from hashlib import sha1
from typing import Final
from uuid import UUID

from asyncpg.pgproto import pgproto

NAMESPACE: Final = UUID("5f2b8f2e-6f0a-5c1d-9a0e-3d6b1c7a9e42")
"""The root of every derived id; made once, at random."""


def derived(namespace: UUID, name: str) -> UUID:
    """`uuid.uuid5`, without its checks, of the class whose rows the driver gives and takes: an import derives hundreds
    of thousands.
    """
    raw = bytearray(sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x50  # version 5
    raw[8] = raw[8] & 0x3F | 0x80  # the variant of the RFC
    made: UUID = pgproto.UUID(bytes(raw))
    return made


class Keys:
    """The ids of one tenant, named by its code."""

    __slots__ = ("_namespace", "tenant_id")

    def __init__(self, tenant_code: str) -> None:
        self.tenant_id = derived(NAMESPACE, tenant_code)
        self._namespace = self.tenant_id

    def of(self, kind: str, *parts: object) -> UUID:
        """The id of the `kind` named by `parts`: their texts must tell it apart from all others of its kind."""
        return derived(self._namespace, "/".join([kind, *map(str, parts)]))
