"""Founding: counting organisations of a tier, and writing the tags that organisations bear."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.channel import MAX_HOPS, Tier
from models.channel.supplying import Link
from models.writing import Transaction

_COUNT = text("SELECT count(*) FROM organization WHERE tenant_id = :tenant AND tier = :tier")


async def count_of(tx: Transaction, tier: Tier) -> int:
    """How many organisations of a tier the tenant has. This act is `alone`."""
    return int(await tx.scalar(_COUNT, {"tenant": tx.tenant_id, "tier": tier.value}))


# ── tags ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
class Tagged(NamedTuple):
    """An organisation under its lock, and the tags that it bears, in their order."""

    id: UUID
    tier: Tier
    code: str
    tags: tuple[str, ...]


_CHAINS = text("""
    WITH RECURSIVE chain (first, id, hops) AS (
        SELECT o, o, 0 FROM unnest(CAST(:organizations AS uuid[])) o
        UNION ALL
        SELECT chain.first, e.upstream_id, chain.hops + 1
        FROM chain
        JOIN organization_edge e ON e.tenant_id = :tenant AND e.downstream_id = chain.id AND e.is_primary
        WHERE chain.hops < :most
    )
    SELECT chain.first, o.id, o.tier
    FROM chain JOIN organization o ON o.tenant_id = :tenant AND o.id = chain.id ORDER BY chain.first, chain.hops
""")
_LOCK_TAGS = text("""
    SELECT id, tier, code, tags FROM organization
    WHERE tenant_id = :tenant AND id = any(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
""")
_TAG = text("""
    UPDATE organization o
    SET tags = ARRAY(SELECT t.tag FROM unnest(CAST(:owners AS uuid[]), CAST(:tags AS text[])) WITH ORDINALITY
                                       t (owner, tag, place)
                     WHERE t.owner = o.id ORDER BY t.place)
    WHERE o.tenant_id = :tenant AND o.id = any(CAST(:ids AS uuid[]))
""")
"""An array for each row cannot be unnested from an array of arrays: tags come in pairs with whose they are."""


async def chains_of(tx: Transaction, organizations: Iterable[UUID]) -> dict[UUID, list[Link]]:
    """The chains of organisations, each itself first; one that is not there has none."""
    wanted = {"tenant": tx.tenant_id, "organizations": sorted(set(organizations)), "most": MAX_HOPS}
    chains: dict[UUID, list[Link]] = {}
    for row in await tx.execute(_CHAINS, wanted):
        chains.setdefault(row.first, []).append(Link(row.id, Tier(row.tier)))
    return chains


async def lock_tags(tx: Transaction, organizations: Iterable[UUID]) -> dict[UUID, Tagged]:
    """The organisations that are there, locked until the act ends, in the order of their ids."""
    rows = await tx.execute(_LOCK_TAGS, {"tenant": tx.tenant_id, "ids": sorted(set(organizations))})
    return {row.id: Tagged(row.id, Tier(row.tier), row.code, tuple(row.tags)) for row in rows}


async def write_tags(tx: Transaction, tags: Mapping[UUID, Sequence[str]]) -> None:
    """Let organisations, which this act has locked, bear these tags and no others."""
    if not tags:
        return
    pairs = [(owner, tag) for owner, borne in tags.items() for tag in borne]
    values = {"owners": [owner for owner, _ in pairs], "tags": [tag for _, tag in pairs], "ids": sorted(tags)}
    await tx.execute(_TAG, {"tenant": tx.tenant_id, **values})
