"""Writing pools: contributions with what they promise of each sku, safety stock, sourcing policies.

What is promised of skus is locked after all stock, by sku and contribution: the order in which holds lock it. Whoever
changes what a contribution offers, or to whom, locks the contribution and then all that is promised through it: a hold
that is under way is waited for, and none that comes after uses what was taken away.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.inventory import CapLine, SafetyLine, SetSourcingPolicy
from models.base import new_id
from models.writing import Collision, Transaction

_KEEPER = text("SELECT organization_id FROM inventory_pool WHERE tenant_id = :tenant AND id = :pool")
_LOCK = text("""
    SELECT id, owner_id, pool_id, share_bps FROM pool_contribution WHERE tenant_id = :tenant AND id = :id
    FOR NO KEY UPDATE
""")
_FIND = text("""
    SELECT id FROM pool_contribution
    WHERE tenant_id = :tenant AND pool_id = :pool AND location_id = :location AND owner_id = :owner FOR NO KEY UPDATE
""")
_LIVE = text("""
    SELECT count(*) FILTER (WHERE (pool_id, location_id) <> (:pool, :location)) AS others,
           count(*) FILTER (WHERE (pool_id, location_id) = (:pool, :location)) > 0 AS lives
    FROM pool_contribution WHERE tenant_id = :tenant AND owner_id = :owner AND share_bps > 0
""")
_PROMISED = text("""
    SELECT FROM pool_contribution_sku
    WHERE tenant_id = :tenant AND contribution_id = any(CAST(:ids AS uuid[]))
    ORDER BY sku_id, contribution_id
    FOR NO KEY UPDATE
""")
_OPEN = text("""
    INSERT INTO pool_contribution (tenant_id, id, pool_id, location_id, owner_id, visible_to_id, share_bps)
    VALUES (:tenant, :id, :pool, :location, :owner, :visible, :share) ON CONFLICT DO NOTHING
""")
_CHANGE = text("""
    UPDATE pool_contribution SET visible_to_id = :visible, share_bps = :share WHERE tenant_id = :tenant AND id = :id
""")
_SHARE = text("UPDATE pool_contribution SET share_bps = 0 WHERE tenant_id = :tenant AND id = :id")
_HELD = text("""
    SELECT sku_id, held FROM pool_contribution_sku
    WHERE tenant_id = :tenant AND contribution_id = :id AND sku_id = any(CAST(:skus AS uuid[]))
    ORDER BY sku_id FOR NO KEY UPDATE
""")
_CAPS = text("""
    INSERT INTO pool_contribution_sku (tenant_id, contribution_id, sku_id, cap)
    SELECT :tenant, :id, c.* FROM unnest(CAST(:skus AS uuid[]), CAST(:caps AS bigint[])) c
    ORDER BY 3
    ON CONFLICT (tenant_id, sku_id, contribution_id) DO UPDATE SET cap = excluded.cap
""")
_SAFETY = text("""
    INSERT INTO safety_stock (tenant_id, location_id, owner_id, sku_id, quantity)
    SELECT :tenant, :location, :owner, s.* FROM unnest(CAST(:skus AS uuid[]), CAST(:quantities AS bigint[])) s
    ORDER BY 4
    ON CONFLICT (tenant_id, location_id, sku_id, owner_id) DO UPDATE SET quantity = excluded.quantity
""")
_POLICY = text("""
    INSERT INTO sourcing_policy (tenant_id, cloud_store_id, criteria, max_packages)
    VALUES (:tenant, :store, CAST(:criteria AS text[]), :packages)
    ON CONFLICT (tenant_id, cloud_store_id)
    DO UPDATE SET criteria = excluded.criteria, max_packages = excluded.max_packages
""")


class Contributed(NamedTuple):
    """A contribution as an owner makes it."""

    pool: UUID
    location: UUID
    owner: UUID
    visible_to: UUID
    share_bps: int


class ContributionKept(NamedTuple):
    """A contribution under its lock."""

    id: UUID
    owner_id: UUID
    pool_id: UUID
    share_bps: int


async def keeper_of(tx: Transaction, pool: UUID) -> UUID | None:
    """Who keeps a pool; None where there is none."""
    keeper: UUID | None = await tx.scalar(_KEEPER, {"tenant": tx.tenant_id, "pool": pool})
    return keeper


async def lock_contribution(tx: Transaction, id: UUID) -> ContributionKept | None:
    """A contribution, locked with all that is promised through it; None where there is none."""
    row = (await tx.execute(_LOCK, {"tenant": tx.tenant_id, "id": id})).first()
    if row is None:
        return None
    await _lock_promised(tx, [id])
    return ContributionKept._make(row)


async def _lock_promised(tx: Transaction, contributions: Sequence[UUID]) -> None:
    """Lock all that is promised through contributions, which are locked: no hold that is under way uses them still."""
    await tx.execute(_PROMISED, {"tenant": tx.tenant_id, "ids": list(contributions)})


async def lives_beside(tx: Transaction, made: Contributed) -> int | None:
    """How many other contributions of the owner promise something; None where this one does already.

    Who counts them has locked the owner.
    """
    place = {"tenant": tx.tenant_id, "pool": made.pool, "location": made.location, "owner": made.owner}
    row = (await tx.execute(_LIVE, place)).one()
    return None if row.lives else row.others


async def write_contribution(tx: Transaction, made: Contributed) -> UUID:
    """Make a contribution, or change the one there is of this pool, location and owner; locked.

    Raises: Collision where another makes it just now.
    """
    place = {"tenant": tx.tenant_id, "pool": made.pool, "location": made.location, "owner": made.owner}
    given = {"visible": made.visible_to, "share": made.share_bps}
    id: UUID | None = await tx.scalar(_FIND, place)
    if id is not None:
        await _lock_promised(tx, [id])
        await tx.execute(_CHANGE, {"tenant": tx.tenant_id, "id": id, **given})
        return id
    id = new_id()
    if await tx.count(_OPEN, place | given | {"id": id}) != 1:
        raise Collision("the contribution was made meanwhile")
    return id


async def stop_sharing(tx: Transaction, contribution: UUID) -> None:
    """Promise nothing more through a contribution; what is held through it stays held."""
    await tx.execute(_SHARE, {"tenant": tx.tenant_id, "id": contribution})


class Stopped(NamedTuple):
    """A contribution that promises nothing more, whose it is, and who keeps its pool."""

    id: UUID
    owner_id: UUID
    keeper_id: UUID


_BEYOND = text("""
    SELECT k.id, k.owner_id, p.organization_id AS keeper_id
    FROM pool_contribution k
    JOIN inventory_pool p ON p.tenant_id = :tenant AND p.id = k.pool_id
    WHERE k.tenant_id = :tenant AND k.share_bps > 0
      AND EXISTS (SELECT FROM organization_closure up, organization_closure down
                  WHERE up.tenant_id = :tenant AND down.tenant_id = :tenant
                    AND up.descendant_id = :upstream AND down.ancestor_id = :downstream
                    AND (k.owner_id, k.visible_to_id)
                        IN ((up.ancestor_id, down.descendant_id), (down.descendant_id, up.ancestor_id))
                    AND NOT EXISTS (SELECT FROM organization_closure c WHERE c.tenant_id = :tenant
                                    AND c.ancestor_id = up.ancestor_id AND c.descendant_id = down.descendant_id))
    ORDER BY k.id
    FOR NO KEY UPDATE OF k
""")
_STOP = text("UPDATE pool_contribution SET share_bps = 0 WHERE tenant_id = :tenant AND id = any(CAST(:ids AS uuid[]))")


async def stop_beyond(tx: Transaction, upstream: UUID, downstream: UUID) -> list[Stopped]:
    """Promise nothing more of what the one side of an edge that is gone offers to the other; what is held stays held.

    The edge between the two is gone already, and what followed from it. This act is `alone`.
    """
    ends = {"tenant": tx.tenant_id, "upstream": upstream, "downstream": downstream}
    stopped = [Stopped._make(row) for row in await tx.execute(_BEYOND, ends)]
    if stopped:
        ids = [one.id for one in stopped]
        await _lock_promised(tx, ids)
        await tx.execute(_STOP, {"tenant": tx.tenant_id, "ids": ids})
    return stopped


async def lock_held(tx: Transaction, contribution: UUID, skus: Iterable[UUID]) -> dict[UUID, int]:
    """What is held through a contribution of these skus, locked."""
    values = {"tenant": tx.tenant_id, "id": contribution, "skus": sorted(set(skus))}
    return {row.sku_id: row.held for row in await tx.execute(_HELD, values)}


async def write_caps(tx: Transaction, contribution: UUID, lines: Sequence[CapLine]) -> None:
    """Promise skus through a contribution, each up to its cap."""
    if lines:
        columns = {"skus": [line.sku for line in lines], "caps": [line.cap for line in lines]}
        await tx.execute(_CAPS, {"tenant": tx.tenant_id, "id": contribution, **columns})


async def write_safety(tx: Transaction, location: UUID, owner: UUID, lines: Sequence[SafetyLine]) -> None:
    """Keep goods of an owner back at a location."""
    if lines:
        columns = {"skus": [line.sku for line in lines], "quantities": [line.quantity for line in lines]}
        await tx.execute(_SAFETY, {"tenant": tx.tenant_id, "location": location, "owner": owner, **columns})


async def write_policy(tx: Transaction, policy: SetSourcingPolicy) -> None:
    """Keep how a cloud store wants its orders sourced."""
    values = {"criteria": list(policy.criteria), "packages": policy.max_packages, "store": policy.cloud_store}
    await tx.execute(_POLICY, {"tenant": tx.tenant_id, **values})
