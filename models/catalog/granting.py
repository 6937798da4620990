"""Writing what may be sold and what stands on a shelf: assortments, authorisations, listings."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.catalog import AssortmentLine, ListingLine
from models.base import new_id
from models.writing import Collision, Transaction

_LOCK_GRANTS = text("""
    WITH RECURSIVE holder (id) AS (
        SELECT CAST(:grantee AS uuid)
        UNION
        SELECT a.grantor_id FROM holder h
        JOIN "authorization" g ON g.tenant_id = :tenant AND g.grantee_id = h.id
        JOIN assortment a ON a.tenant_id = :tenant AND a.id = g.assortment_id
    )
    SELECT g.assortment_id FROM holder h
    JOIN "authorization" g ON g.tenant_id = :tenant AND g.grantee_id = h.id
    WHERE EXISTS (SELECT FROM assortment_sku k WHERE k.tenant_id = :tenant AND k.assortment_id = g.assortment_id
                  AND k.sku_id = any(CAST(:skus AS uuid[])))
    ORDER BY g.assortment_id, g.grantee_id FOR SHARE OF g
""")
_LOCK_ITEMS = text("""
    SELECT sku_id, min_fen, max_fen FROM assortment_sku
    WHERE tenant_id = :tenant AND assortment_id = any(CAST(:assortments AS uuid[]))
      AND sku_id = any(CAST(:skus AS uuid[]))
    ORDER BY assortment_id, sku_id FOR SHARE
""")
_FROM_ABOVE = text("""
    SELECT s.id FROM sku s
    JOIN product p ON p.tenant_id = :tenant AND p.id = s.product_id
    JOIN organization_closure c
      ON c.tenant_id = :tenant AND c.descendant_id = :seller AND c.ancestor_id = p.brand_id
    WHERE s.tenant_id = :tenant AND s.id = any(CAST(:skus AS uuid[]))
""")


async def skus_from_above(tx: Transaction, seller: UUID, skus: Iterable[UUID]) -> set[UUID]:
    """Those of the skus whose brand stands above a seller, or is it itself."""
    values = {"tenant": tx.tenant_id, "seller": seller, "skus": sorted(set(skus))}
    return {row.id for row in await tx.execute(_FROM_ABOVE, values)}


async def lock_grants(tx: Transaction, grantee: UUID, skus: Iterable[UUID]) -> None:
    """Keep as they are the authorisations by which an organisation may sell these skus, and their bands.

    With them those by which who grants them may, up to where the chain begins. All authorisations are locked before any
    band is: so does who grants.
    """
    values: dict[str, Any] = {"tenant": tx.tenant_id, "skus": sorted(set(skus))}
    granted = await tx.execute(_LOCK_GRANTS, values | {"grantee": grantee})
    assortments = sorted({row.assortment_id for row in granted})
    if assortments:
        await tx.execute(_LOCK_ITEMS, values | {"assortments": assortments})


# ── assortments ───────────────────────────────────────────────────────────────────────────────────────────────────────
_ASSORTMENT = text("""
    SELECT id FROM assortment WHERE tenant_id = :tenant AND grantor_id = :grantor AND code = :code FOR NO KEY UPDATE
""")
_NEW_ASSORTMENT = text("""
    INSERT INTO assortment (tenant_id, id, grantor_id, code, name) VALUES (:tenant, :id, :grantor, :code, :name)
    ON CONFLICT DO NOTHING
""")
_RENAME = text("UPDATE assortment SET name = :name WHERE tenant_id = :tenant AND id = :id AND name <> :name")
_ITEMS = text("""
    INSERT INTO assortment_sku (tenant_id, assortment_id, sku_id, min_fen, max_fen)
    SELECT :tenant, :id, k.* FROM unnest(CAST(:skus AS uuid[]), CAST(:least AS bigint[]), CAST(:most AS bigint[])) k
    ORDER BY 3
    ON CONFLICT (tenant_id, assortment_id, sku_id) DO UPDATE SET min_fen = excluded.min_fen, max_fen = excluded.max_fen
    WHERE (assortment_sku.min_fen, assortment_sku.max_fen) IS DISTINCT FROM (excluded.min_fen, excluded.max_fen)
""")
_LOCK_THESE = text("""
    SELECT sku_id, min_fen, max_fen FROM assortment_sku
    WHERE tenant_id = :tenant AND assortment_id = :id AND sku_id = any(CAST(:skus AS uuid[]))
    ORDER BY sku_id FOR UPDATE
""")
_NO_ITEMS = text("""
    DELETE FROM assortment_sku
    WHERE tenant_id = :tenant AND assortment_id = :id AND sku_id = any(CAST(:skus AS uuid[]))
""")
_GRANTS = text("""
    SELECT grantee_id, valid_from, valid_until FROM "authorization"
    WHERE tenant_id = :tenant AND assortment_id = :assortment AND grantee_id = any(CAST(:grantees AS uuid[]))
    ORDER BY grantee_id FOR NO KEY UPDATE
""")
_GIVE = text("""
    INSERT INTO "authorization" (tenant_id, grantee_id, assortment_id, valid_from, valid_until)
    SELECT :tenant, g.grantee, :assortment, g.start, g.until
    FROM unnest(CAST(:grantees AS uuid[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
         g (grantee, start, until)
    ORDER BY 2
    ON CONFLICT (tenant_id, grantee_id, assortment_id)
    DO UPDATE SET valid_from = excluded.valid_from, valid_until = excluded.valid_until
""")
_TAKE = text("""
    DELETE FROM "authorization" WHERE tenant_id = :tenant AND assortment_id = :assortment AND grantee_id = :grantee
""")


async def lock_assortment(tx: Transaction, grantor: UUID, code: str, name: str) -> UUID:
    """The assortment of that code, made if there is none, called so, and locked.

    Raises: Collision where another makes it just now.
    """
    values = {"tenant": tx.tenant_id, "grantor": grantor, "code": code}
    id: UUID | None = await tx.scalar(_ASSORTMENT, values)
    if id is not None:
        await tx.execute(_RENAME, {"tenant": tx.tenant_id, "id": id, "name": name})
        return id
    id = new_id()
    if await tx.count(_NEW_ASSORTMENT, values | {"id": id, "name": name}) != 1:
        raise Collision("the assortment was made meanwhile")
    return id


_GRANTEES = text("""
    SELECT grantee_id FROM "authorization"
    WHERE tenant_id = :tenant AND assortment_id = :assortment AND (valid_until IS NULL OR valid_until > :now)
    ORDER BY grantee_id
""")


async def grantees(tx: Transaction, assortment: UUID) -> list[UUID]:
    """Whom a locked assortment is given to, now or later."""
    values = {"tenant": tx.tenant_id, "assortment": assortment, "now": tx.now}
    return [row.grantee_id for row in await tx.execute(_GRANTEES, values)]


Band = tuple[int | None, int | None]
"""The least and the most that a sku of an assortment may cost shoppers."""


class Rebanded(NamedTuple):
    """A sku of an assortment that is otherwise than before: its band then and now, None where it is not in it."""

    sku_id: UUID
    was: Band | None
    band: Band | None


async def write_items(tx: Transaction, assortment: UUID, lines: Sequence[AssortmentLine]) -> list[Rebanded]:
    """Add skus to an assortment, change their bands, or take them out; those that are otherwise than before.

    They are locked together, after the authorisations that this act locks.
    """
    place = {"tenant": tx.tenant_id, "id": assortment}
    skus = sorted({line.sku for line in lines})
    rows = await tx.execute(_LOCK_THESE, place | {"skus": skus})
    before: dict[UUID, Band] = {row.sku_id: (row.min_fen, row.max_fen) for row in rows}
    kept = [line for line in lines if not line.is_removed]
    gone = [line.sku for line in lines if line.is_removed]
    if gone:
        await tx.execute(_NO_ITEMS, place | {"skus": gone})
    if kept:
        columns = {
            "skus": [line.sku for line in kept],
            "least": [line.min_fen for line in kept],
            "most": [line.max_fen for line in kept],
        }
        await tx.execute(_ITEMS, place | columns)
    after = {line.sku: None if line.is_removed else (line.min_fen, line.max_fen) for line in lines}
    return [Rebanded(sku, before.get(sku), band) for sku, band in after.items() if before.get(sku) != band]


class Grant(NamedTuple):
    """For how long an assortment is given."""

    valid_from: datetime
    valid_until: datetime | None


_LOCK_GIVEN = text("SELECT FROM assortment WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE")


async def lock_given(tx: Transaction, assortment: UUID) -> None:
    """Keep for this act alone whom an assortment, which is there, is given to."""
    await tx.execute(_LOCK_GIVEN, {"tenant": tx.tenant_id, "id": assortment})


async def lock_grants_of(tx: Transaction, assortment: UUID, grantees: Iterable[UUID]) -> dict[UUID, Grant]:
    """For how long an assortment is given to those of the organisations that have it, locked."""
    values = {"tenant": tx.tenant_id, "assortment": assortment, "grantees": sorted(set(grantees))}
    rows = await tx.execute(_GRANTS, values)
    return {row.grantee_id: Grant(row.valid_from, row.valid_until) for row in rows}


async def write_grants(tx: Transaction, assortment: UUID, grants: Mapping[UUID, Grant]) -> None:
    """Give an assortment to organisations, to each for its time."""
    columns: dict[str, Any] = {
        "grantees": list(grants),
        "starts": [one.valid_from for one in grants.values()],
        "ends": [one.valid_until for one in grants.values()],
    }
    await tx.execute(_GIVE, {"tenant": tx.tenant_id, "assortment": assortment} | columns)


async def take_grant(tx: Transaction, assortment: UUID, grantee: UUID) -> None:
    """Take an assortment back from an organisation as if it had never been given."""
    await tx.execute(_TAKE, {"tenant": tx.tenant_id, "assortment": assortment, "grantee": grantee})


class Ended(NamedTuple):
    """An authorisation that has ended."""

    assortment_id: UUID
    grantor_id: UUID
    grantee_id: UUID


_END_BEYOND = text("""
    WITH lost AS (
        SELECT g.assortment_id, a.grantor_id, g.grantee_id
        FROM organization_closure down
        JOIN "authorization" g ON g.tenant_id = :tenant AND g.grantee_id = down.descendant_id
        JOIN assortment a ON a.tenant_id = :tenant AND a.id = g.assortment_id
        JOIN organization_closure up
          ON up.tenant_id = :tenant AND up.descendant_id = :upstream AND up.ancestor_id = a.grantor_id
        WHERE down.tenant_id = :tenant AND down.ancestor_id = :downstream
          AND (g.valid_until IS NULL OR g.valid_until > :now)
          AND NOT EXISTS (SELECT FROM organization_closure c WHERE c.tenant_id = :tenant
                          AND c.descendant_id = g.grantee_id AND c.ancestor_id = a.grantor_id)
        ORDER BY g.assortment_id, g.grantee_id FOR UPDATE OF g
    ), never AS (
        DELETE FROM "authorization" g USING lost l
        WHERE g.tenant_id = :tenant AND g.assortment_id = l.assortment_id AND g.grantee_id = l.grantee_id
          AND g.valid_from >= :now
    ), ended AS (
        UPDATE "authorization" g SET valid_until = :now FROM lost l
        WHERE g.tenant_id = :tenant AND g.assortment_id = l.assortment_id AND g.grantee_id = l.grantee_id
          AND g.valid_from < :now
    )
    SELECT assortment_id, grantor_id, grantee_id FROM lost
""")


async def end_beyond(tx: Transaction, upstream: UUID, downstream: UUID) -> list[Ended]:
    """End now what those at or above one have granted to those at or below the other who are below them no longer.

    The edge between the two is gone already, and what followed from it. This act is `alone`.
    """
    ends = {"tenant": tx.tenant_id, "upstream": upstream, "downstream": downstream, "now": tx.now}
    return [Ended._make(row) for row in await tx.execute(_END_BEYOND, ends)]


# ── shelves ───────────────────────────────────────────────────────────────────────────────────────────────────────────
_LIST = text("""
    INSERT INTO listing (tenant_id, cloud_store_id, id, sku_id, origin, position)
    SELECT :tenant, :store, l.* FROM unnest(CAST(:ids AS uuid[]), CAST(:skus AS uuid[]), CAST(:origins AS text[]),
                                            CAST(:positions AS bigint[])) l
    ORDER BY 4
    ON CONFLICT (tenant_id, cloud_store_id, sku_id)
    DO UPDATE SET origin = excluded.origin, position = excluded.position, status = 'LISTED'
    WHERE (listing.origin, listing.position, listing.status) <> (excluded.origin, excluded.position, 'LISTED')
    RETURNING id
""")
_LISTED = text("""
    SELECT id, sku_id FROM listing
    WHERE tenant_id = :tenant AND cloud_store_id = :store AND sku_id = any(CAST(:skus AS uuid[]))
""")
_UNLIST = text("""
    UPDATE listing SET status = 'UNLISTED'
    WHERE tenant_id = :tenant AND cloud_store_id = :store AND status = 'LISTED' AND id = any(
        SELECT id FROM listing WHERE tenant_id = :tenant AND cloud_store_id = :store
        AND sku_id = any(CAST(:skus AS uuid[])) ORDER BY sku_id FOR NO KEY UPDATE)
    RETURNING id
""")


async def write_listings(
    tx: Transaction, cloud_store: UUID, lines: Sequence[ListingLine]
) -> tuple[dict[UUID, UUID], list[UUID]]:
    """Put skus on a shelf: the listing of each by its sku, and which of them are new or another."""
    place: dict[str, Any] = {"tenant": tx.tenant_id, "store": cloud_store}
    skus = {"skus": [line.sku for line in lines]}
    columns: dict[str, Any] = {
        "ids": [new_id() for _ in lines],
        "origins": [line.origin for line in lines],
        "positions": [line.position for line in lines],
    }
    changed = [row.id for row in await tx.execute(_LIST, place | skus | columns)]
    return {row.sku_id: row.id for row in await tx.execute(_LISTED, place | skus)}, changed


async def unlist(tx: Transaction, cloud_store: UUID, skus: Iterable[UUID]) -> list[UUID]:
    """Take skus off a shelf: the listings of those that stood there."""
    values = {"tenant": tx.tenant_id, "store": cloud_store, "skus": sorted(set(skus))}
    return [row.id for row in await tx.execute(_UNLIST, values)]
