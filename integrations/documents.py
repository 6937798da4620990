"""Stored documents: a folder of GraphQL files becomes what a tenant's clients may name by hash.

Owns reading the folder, the one transaction around the writing, and the switch of a client. Whether a text is a
document that may run is said by whom it is given to.

    Exception
    └── BrokenFolder    what is wrong with which file; nothing was stored
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncpg

from domain.access import NAME_CHARS, is_name
from models.channel import MAX_STORED_ONLY
from models.database import connected
from models.integration import MAX_DOCUMENT_CHARS, MAX_DOCUMENT_NAME_CHARS
from models.session import set_tenant
from models.wall import APP_ROLE

MAX_FILES: Final = 1_000
"""Documents of one folder."""
SUFFIXES: Final = frozenset({".graphql", ".gql"})
UNNAMEABLE: Final = f"A client has 1 to {NAME_CHARS} printable characters."
SHOWN: Final = 20
"""Problems that are told of at once."""


class BrokenFolder(ValueError):
    """The folder holds what cannot be stored; the message has a line for each problem."""


class UnknownTenant(LookupError):
    """There is no such tenant."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text and what its file is called. `digest` is the SHA-256 of the file, as `sha256sum` prints it."""

    name: str
    text: str
    digest: str


def read_folder(folder: Path, problems_of: Callable[[str], Sequence[str]]) -> list[Document]:
    """The `.graphql` and `.gql` files of a folder and of those in it, by name.

    Args:
        folder: the folder.
        problems_of: what is wrong with a text as a document; nothing if it may run.

    Raises: BrokenFolder.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    if not files:
        raise BrokenFolder(f"{folder} holds no .graphql or .gql file.")
    if len(files) > MAX_FILES:
        raise BrokenFolder(f"{folder} holds more than {MAX_FILES} documents.")
    problems, documents = [], []
    for file in files:
        name = file.relative_to(folder).as_posix()
        try:
            raw = file.read_bytes()
            text = raw.decode()
            found = _unfit(name, text) or problems_of(text)
        except (OSError, UnicodeDecodeError) as error:
            found = [str(error)]
        problems += [f"{name}: {problem}" for problem in found]
        if not found:
            documents.append(Document(name, text, sha256(raw).hexdigest()))
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise BrokenFolder("\n".join([*problems[:SHOWN], *more]))
    return documents


def _unfit(name: str, text: str) -> list[str]:
    if not name.isprintable():
        return ["its name has characters that cannot be printed"]
    if len(name) > MAX_DOCUMENT_NAME_CHARS:
        return [f"its name is longer than {MAX_DOCUMENT_NAME_CHARS} characters"]
    if len(text) > MAX_DOCUMENT_CHARS:
        return [f"it is longer than {MAX_DOCUMENT_CHARS:,} characters"]
    return ["it holds the character NUL"] if "\0" in text else []


async def store(owner_dsn: str, tenant: str, documents: Sequence[Document], now: datetime) -> int:
    """Store documents of a tenant, all of them or none; those that are stored already stay as they are.

    Returns how many are new. Raises: UnknownTenant.
    """
    async with connected(owner_dsn) as connection, connection.transaction():
        tenant_id = await connection.fetchval("SELECT id FROM tenant WHERE code = $1", tenant)
        if tenant_id is None:
            raise _unknown(tenant)
        await connection.execute(f"SET LOCAL ROLE {APP_ROLE}")
        await connection.execute(set_tenant(tenant_id))
        rows = await connection.fetch(
            "INSERT INTO stored_document (tenant_id, hash, name, text, stored_at)"
            " SELECT $1, d.hash, d.name, d.text, $5"
            " FROM unnest($2::text[], $3::text[], $4::text[]) d (hash, name, text)"
            " ON CONFLICT (tenant_id, hash) DO NOTHING RETURNING hash",
            tenant_id,
            [each.digest for each in documents],
            [each.name for each in documents],
            [each.text for each in documents],
            now,
        )
        return len(rows)


async def switch(owner_dsn: str, tenant: str, client: str, *, stored_only: bool) -> tuple[str, ...]:
    """Say whether a client of a tenant may send stored documents only; the clients that may, by name.

    Raises: UnknownTenant; ValueError for a name that no token can bear, or where a tenant would have more than
        MAX_STORED_ONLY of them.
    """
    if not is_name(client):
        raise ValueError(UNNAMEABLE)
    async with connected(owner_dsn) as connection:
        try:
            found = await connection.fetchval(
                "UPDATE tenant SET stored_only = array_remove(stored_only, $2)"
                " || CASE WHEN $3 THEN ARRAY[$2] ELSE '{}' END WHERE code = $1 RETURNING stored_only",
                tenant,
                client,
                stored_only,
            )
        except asyncpg.CheckViolationError:
            raise ValueError(f"At most {MAX_STORED_ONLY} clients of a tenant can be switched.") from None
    if found is None:
        raise _unknown(tenant)
    return tuple(sorted(found))


def _unknown(tenant: str) -> UnknownTenant:
    return UnknownTenant(f"There is no tenant {tenant!r}.")
