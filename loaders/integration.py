"""The integration centre's reads: what other systems call our aggregates, and stored documents."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Text, bindparam, select

from engine.shelf import Shelf
from loaders.base import LIST_LIMIT, Loader
from models.integration import ExternalReference, StoredDocument
from models.reading import TENANT, TEXTS, UUIDS, Row, constant, in_scope, read
from models.session import Session

MAX_REFERENCES = 10_000
"""The most names read in one trip: what a page of a hundred aggregates can show."""


class ReferenceRow(Row):
    """Another system's name for an aggregate."""

    aggregate: str
    aggregate_id: UUID
    system: str
    value: str


class ReferencesOf(Loader[tuple[str, UUID], list[ReferenceRow]]):
    """What the systems of the viewer's organisations call each (kind of aggregate, id), by system."""

    statement = read(
        ReferenceRow,
        select(
            ExternalReference.aggregate,
            ExternalReference.aggregate_id,
            ExternalReference.system,
            ExternalReference.value,
        )
        .where(
            ExternalReference.tenant_id == TENANT,
            ExternalReference.aggregate == bindparam("aggregates", type_=TEXTS).any_(),
            ExternalReference.aggregate_id == bindparam("ids", type_=UUIDS).any_(),
            in_scope(ExternalReference.organization_id),
        )
        .order_by(ExternalReference.system)
        .limit(constant(MAX_REFERENCES)),
    )

    async def fetch(self, keys: list[tuple[str, UUID]]) -> Mapping[tuple[str, UUID], list[ReferenceRow]]:
        """At most `LIST_LIMIT` names of each aggregate."""
        found: dict[tuple[str, UUID], list[ReferenceRow]] = {}
        kinds, wished = zip(*keys, strict=True)
        for row in await self.reading.fetch(self.statement, aggregates=sorted(set(kinds)), ids=wished):
            names = found.setdefault((row.aggregate, row.aggregate_id), [])
            if len(names) < LIST_LIMIT:
                names.append(row)
        return found

    def absent(self) -> list[ReferenceRow]:
        """Nobody else names it."""
        return []


STORED_KEPT = 100_000
"""Texts of stored documents that a process keeps."""
STORED_CHARS = 50_000_000
"""Characters that they may have together."""


class StoredTextRow(Row):
    """The text of a stored document."""

    text: str


STORED_DOCUMENT = read(
    StoredTextRow,
    select(StoredDocument.text).where(
        StoredDocument.tenant_id == TENANT, StoredDocument.hash == bindparam("hash", type_=Text())
    ),
)


class StoredTexts:
    """Texts of stored documents by tenant and hash, kept from request to request: none ever changes under its hash."""

    def __init__(self) -> None:
        self._kept: Shelf[tuple[UUID, str], str] = Shelf(STORED_KEPT, STORED_CHARS, len)

    async def of(self, session: Session, digest: str) -> str | None:
        """The text that the session's tenant has stored under a hash; None if it has none."""
        key = session.tenant_id, digest
        text = self._kept.get(key)
        if text is not None:
            return text
        rows = await session.fetch(STORED_DOCUMENT, hash=digest)
        if not rows:
            return None
        self._kept.put(key, rows[0].text)
        return rows[0].text
