"""Who supplies whom: edges changed one act after the other, and the closure that stays true of them.

Whoever changes edges takes the tenant's channel first (`alone`) and then locks the organisations it speaks of by id
(`models.channel.standing.lock`): whether there is a cycle hangs on edges of which no single organisation knows.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert, text

from domain.channel import MAX_HOPS, EdgeKind, SupplyEdge, SupplyTooDeep, Tier, closure
from models.channel.tables import OrganizationEdge
from models.writing import Transaction

_ALONE = text("""
    INSERT INTO channel_revision (tenant_id, revision) VALUES (:tenant, 1)
    ON CONFLICT (tenant_id) DO UPDATE SET revision = channel_revision.revision + 1
""")
_EDGES = text("""
    SELECT e.upstream_id, e.downstream_id, e.is_primary
    FROM organization_edge e JOIN organization o ON o.tenant_id = :tenant AND o.id = e.upstream_id
    WHERE e.tenant_id = :tenant AND e.kind = 'SUPPLIES' AND e.downstream_id = :downstream
    ORDER BY o.tier, o.code, o.id
""")
_BETWEEN = text("""
    SELECT e.upstream_id, e.downstream_id
    FROM organization_closure up
    JOIN organization_edge e ON e.tenant_id = :tenant AND e.kind = 'SUPPLIES' AND e.downstream_id = up.ancestor_id
    JOIN organization_closure down
      ON down.tenant_id = :tenant AND down.descendant_id = e.upstream_id AND down.ancestor_id = :downstream
    WHERE up.tenant_id = :tenant AND up.descendant_id = :upstream
""")
_ADD = text("""
    WITH added AS (
        INSERT INTO organization_closure AS c
            (tenant_id, descendant_id, ancestor_id, hops, descendant_tier, descendant_code)
        SELECT :tenant, down.descendant_id, up.ancestor_id, up.hops + 1 + down.hops,
               down.descendant_tier, down.descendant_code
        FROM organization_closure up CROSS JOIN organization_closure down
        WHERE up.tenant_id = :tenant AND up.descendant_id = :upstream
          AND down.tenant_id = :tenant AND down.ancestor_id = :downstream
        ON CONFLICT (tenant_id, descendant_id, ancestor_id) DO UPDATE SET hops = EXCLUDED.hops
        WHERE c.hops > EXCLUDED.hops
        RETURNING c.hops
    )
    SELECT max(hops) FROM added
""")
_CUT_EDGE = text("""
    DELETE FROM organization_edge
    WHERE tenant_id = :tenant AND kind = 'SUPPLIES' AND downstream_id = :downstream AND upstream_id = :upstream
""")
_CUT = text("""
    DELETE FROM organization_closure c
    USING organization_closure up, organization_closure down
    WHERE c.tenant_id = :tenant AND c.ancestor_id = up.ancestor_id AND c.descendant_id = down.descendant_id
      AND up.tenant_id = :tenant AND up.descendant_id = :upstream
      AND down.tenant_id = :tenant AND down.ancestor_id = :downstream
""")
_MEND = text("""
    WITH RECURSIVE ways (descendant_id, ancestor_id, hops, tier, code) AS (
        SELECT down.descendant_id, down.descendant_id, CAST(0 AS bigint), down.descendant_tier, down.descendant_code
        FROM organization_closure down
        WHERE down.tenant_id = :tenant AND down.ancestor_id = :downstream
        UNION
        SELECT ways.descendant_id, e.upstream_id, ways.hops + 1, ways.tier, ways.code
        FROM ways
        JOIN organization_edge e
          ON e.tenant_id = :tenant AND e.kind = 'SUPPLIES' AND e.downstream_id = ways.ancestor_id
        WHERE ways.hops <= :most
    ), mended AS (
        INSERT INTO organization_closure
            (tenant_id, descendant_id, ancestor_id, hops, descendant_tier, descendant_code)
        SELECT :tenant, ways.descendant_id, ways.ancestor_id, min(ways.hops), ways.tier, ways.code
        FROM ways
        JOIN organization_closure up
          ON up.tenant_id = :tenant AND up.descendant_id = :upstream AND up.ancestor_id = ways.ancestor_id
        GROUP BY ways.descendant_id, ways.ancestor_id, ways.tier, ways.code
        RETURNING hops
    )
    SELECT max(hops) FROM mended
""")
_FOLLOW = (
    text("""
        UPDATE organization_edge SET is_primary = false
        WHERE tenant_id = :tenant AND downstream_id = :downstream AND is_primary AND upstream_id <> :upstream
    """),
    text("""
        UPDATE organization_edge SET is_primary = true
        WHERE tenant_id = :tenant AND kind = 'SUPPLIES' AND downstream_id = :downstream AND upstream_id = :upstream
          AND NOT is_primary
    """),
)


async def alone(tx: Transaction) -> None:
    """Let this act alone change what concerns the tenant's whole channel, until it ends."""
    await tx.execute(_ALONE, {"tenant": tx.tenant_id})


async def edges_to(tx: Transaction, downstream: UUID) -> list[SupplyEdge[UUID]]:
    """By whom an organisation is supplied, in the order of their tiers and codes."""
    rows = await tx.execute(_EDGES, {"tenant": tx.tenant_id, "downstream": downstream})
    return [SupplyEdge._make(row) for row in rows]


async def supply(tx: Transaction, upstream: UUID, downstream: UUID, *, primary: bool) -> None:
    """Write an edge, which is not there yet, and what follows from it. This act is `alone`.

    Raises: SupplyCycle, SupplyTooDeep.
    """
    ends = {"tenant": tx.tenant_id, "upstream": upstream, "downstream": downstream}
    between = [(row.upstream_id, row.downstream_id) for row in await tx.execute(_BETWEEN, ends)]
    closure([*between, (upstream, downstream)])
    await tx.execute(
        insert(OrganizationEdge).values(
            tenant_id=tx.tenant_id,
            kind=EdgeKind.SUPPLIES,
            downstream_id=downstream,
            upstream_id=upstream,
            is_primary=primary,
        )
    )
    _check_depth(await tx.scalar(_ADD, ends))


async def part(tx: Transaction, upstream: UUID, downstream: UUID) -> None:
    """Take an edge away, and what followed from it alone. This act is `alone`.

    Raises: SupplyTooDeep where the ways that are left are too long.
    """
    ends: dict[str, Any] = {"tenant": tx.tenant_id, "upstream": upstream, "downstream": downstream}
    await tx.execute(_CUT_EDGE, ends)
    await tx.execute(_CUT, ends)
    _check_depth(await tx.scalar(_MEND, {**ends, "most": MAX_HOPS}))


async def follow(tx: Transaction, downstream: UUID, upstream: UUID) -> None:
    """Let the chain of an organisation follow one of those that supply it. This act is `alone`."""
    for statement in _FOLLOW:
        # One after the other: at no instant are two primary.
        await tx.execute(statement, {"tenant": tx.tenant_id, "upstream": upstream, "downstream": downstream})


def _check_depth(deepest: int | None) -> None:
    if deepest is not None and deepest > MAX_HOPS:
        raise SupplyTooDeep


class Link(NamedTuple):
    """A step of a chain: an organisation and its tier."""

    id: UUID
    tier: Tier


_CHAIN = text("""
    WITH RECURSIVE chain (id, hops) AS (
        SELECT CAST(:organization AS uuid), 0
        UNION ALL
        SELECT e.upstream_id, chain.hops + 1
        FROM chain
        JOIN organization_edge e ON e.tenant_id = :tenant AND e.downstream_id = chain.id AND e.is_primary
        WHERE chain.hops < :most
    )
    SELECT o.id, o.tier FROM chain JOIN organization o ON o.tenant_id = :tenant AND o.id = chain.id ORDER BY chain.hops
""")


async def chain_of(tx: Transaction, organization: UUID) -> list[Link]:
    """An organisation's chain, itself first; empty if it is not there."""
    rows = await tx.execute(_CHAIN, {"tenant": tx.tenant_id, "organization": organization, "most": MAX_HOPS})
    return [Link(row.id, Tier(row.tier)) for row in rows]


_BELOW = text("""
    SELECT 1 FROM organization_closure
    WHERE tenant_id = :tenant AND descendant_id = :organization AND ancestor_id = :above
""")


async def stands_below(tx: Transaction, above: UUID, organization: UUID) -> bool:
    """Whether an organisation stands below another over any edges, or is it itself."""
    values = {"tenant": tx.tenant_id, "above": above, "organization": organization}
    return await tx.scalar(_BELOW, values) is not None


_RELATED = text("""
    SELECT count(DISTINCT w.id) FROM unnest(CAST(:others AS uuid[])) w (id)
    JOIN organization_closure c ON c.tenant_id = :tenant
     AND (c.descendant_id = :one AND c.ancestor_id = w.id OR c.descendant_id = w.id AND c.ancestor_id = :one)
""")


_STAY_BELOW = text("""
    SELECT descendant_id FROM organization_closure
    WHERE tenant_id = :tenant AND ancestor_id = :above AND hops > 0
      AND descendant_id = any(CAST(:organizations AS uuid[]))
    ORDER BY descendant_id FOR KEY SHARE
""")


async def stay_below(tx: Transaction, above: UUID, organizations: Iterable[UUID]) -> set[UUID]:
    """Those of the organisations to which goods come from the one; they do until this act ends."""
    found: set[UUID] = set()
    # Asked twice: who waits for an edge that goes sees the way that is left only when looking anew.
    for _ in range(2):
        wanted = sorted(set(organizations) - found)
        if wanted:
            values = {"tenant": tx.tenant_id, "above": above, "organizations": wanted}
            found.update(row.descendant_id for row in await tx.execute(_STAY_BELOW, values))
    return found


async def stays_below(tx: Transaction, above: UUID, organization: UUID) -> bool:
    """Whether goods come to one from the other, however many lie between; if so, they do until this act ends."""
    return organization in await stay_below(tx, above, [organization])


async def stay_related(tx: Transaction, one: UUID, other: UUID) -> bool:
    """Whether one supplies the other, however many lie between, or is it itself; if so, until this act ends."""
    return one == other or await stays_below(tx, one, other) or await stays_below(tx, other, one)


async def are_related(tx: Transaction, one: UUID, others: Iterable[UUID]) -> bool:
    """Whether one supplies each of the others or is supplied by it, however many lie between, or is it itself."""
    wanted = sorted(set(others))
    found = await tx.scalar(_RELATED, {"tenant": tx.tenant_id, "one": one, "others": wanted})
    return bool(found == len(wanted))


_OFFERED = text("""
    SELECT offered_by_id FROM supply_offer
    WHERE tenant_id = :tenant AND downstream_id = :downstream AND upstream_id = :upstream
""")
_OFFER = text("""
    INSERT INTO supply_offer (tenant_id, downstream_id, upstream_id, offered_by_id, offered_at)
    VALUES (:tenant, :downstream, :upstream, :by, :now)
""")
_WAITING = text("""
    SELECT (SELECT count(*) FROM supply_offer WHERE tenant_id = :tenant AND offered_by_id = :by) AS made,
           (SELECT count(*) FROM supply_offer
            WHERE tenant_id = :tenant AND (upstream_id = :to OR downstream_id = :to) AND offered_by_id <> :to) AS had
""")
_SETTLE = text("""
    DELETE FROM supply_offer
    WHERE tenant_id = :tenant AND downstream_id = :downstream AND upstream_id = :upstream RETURNING offered_by_id
""")


async def offered_by(tx: Transaction, upstream: UUID, downstream: UUID) -> UUID | None:
    """Who of the two has said that the first is to supply the second; None if neither has."""
    ends = {"tenant": tx.tenant_id, "upstream": upstream, "downstream": downstream}
    found: UUID | None = await tx.scalar(_OFFERED, ends)
    return found


async def offers_waiting(tx: Transaction, by: UUID, to: UUID) -> tuple[int, int]:
    """How many offers of the one wait, and how many to the other. This act is `alone`."""
    row = (await tx.execute(_WAITING, {"tenant": tx.tenant_id, "by": by, "to": to})).one()
    return row.made, row.had


async def offer(tx: Transaction, upstream: UUID, downstream: UUID, by: UUID) -> None:
    """Write down that one of the two says so."""
    ends = {"tenant": tx.tenant_id, "upstream": upstream, "downstream": downstream}
    await tx.execute(_OFFER, {**ends, "by": by, "now": tx.now})


async def settle(tx: Transaction, upstream: UUID, downstream: UUID) -> bool:
    """Take away what was offered between the two; whether anything was."""
    ends = {"tenant": tx.tenant_id, "upstream": upstream, "downstream": downstream}
    return (await tx.execute(_SETTLE, ends)).first() is not None
