"""The integration centre's reads: what other systems call our aggregates."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import bindparam, select

from loaders.base import LIST_LIMIT, Loader
from models.integration import ExternalReference
from models.reading import TENANT, TEXTS, UUIDS, Row, constant, in_scope, read

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
