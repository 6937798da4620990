"""Claims on goods: units of one stock row that a hold or an order has, and the contribution through which it has them.

A claim goes from hand to hand, held, ordered, paid, shipped or given back, and each step is the same: the rows locked
in their one order, stock before contributions, changed and written down. Who has the claim its own table says.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.inventory import MovementKind
from models.inventory.moving import Change, Movement, Place, lock, move
from models.writing import Transaction


class Claim(NamedTuple):
    """Units of one stock row; `contribution` is through which, where they are another's."""

    place: Place
    contribution: UUID | None
    quantity: int


_OF_HOLDS = text("""
    SELECT l.reservation_id, l.location_id, l.sku_id, l.owner_id, l.lot_id, l.contribution_id, l.quantity
    FROM reservation_line l
    WHERE l.tenant_id = :tenant AND l.reservation_id = any(CAST(:ids AS uuid[]))
    ORDER BY l.reservation_id, l.line
""")
_LOCK_PROMISES = text("""
    SELECT FROM unnest(CAST(:skus AS uuid[]), CAST(:contributions AS uuid[])) c (sku_id, contribution_id)
    JOIN pool_contribution_sku k USING (sku_id, contribution_id)
    WHERE k.tenant_id = :tenant
    ORDER BY k.sku_id, k.contribution_id
    FOR NO KEY UPDATE OF k
""")
_PROMISE = text("""
    UPDATE pool_contribution_sku k SET held = k.held + c.quantity
    FROM (SELECT c.sku_id, c.contribution_id, CAST(sum(c.quantity) AS bigint) AS quantity
          FROM unnest(CAST(:skus AS uuid[]), CAST(:contributions AS uuid[]), CAST(:quantities AS bigint[]))
               c (sku_id, contribution_id, quantity)
          GROUP BY c.sku_id, c.contribution_id) c
    WHERE k.tenant_id = :tenant AND k.sku_id = c.sku_id AND k.contribution_id = c.contribution_id
""")


async def claims_of_holds(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, list[Claim]]:
    """What each hold took, whoever has it now."""
    found: dict[UUID, list[Claim]] = {}
    for row in await tx.execute(_OF_HOLDS, {"tenant": tx.tenant_id, "ids": sorted(set(ids))}):
        place = Place(row.location_id, row.sku_id, row.owner_id, row.lot_id)
        found.setdefault(row.reservation_id, []).append(Claim(place, row.contribution_id, row.quantity))
    return found


async def lock_claims(tx: Transaction, claims: Iterable[Claim]) -> None:
    """Lock what `move_claims` is to change: the stock rows in their order, then the contributions in theirs."""
    claims = list(claims)
    await lock(tx, (claim.place for claim in claims))
    promised = sorted({(claim.place.sku_id, claim.contribution) for claim in claims if claim.contribution})
    if promised:
        skus, contributions = zip(*promised, strict=True)
        values = {"tenant": tx.tenant_id, "skus": list(skus), "contributions": list(contributions)}
        await tx.execute(_LOCK_PROMISES, values)


async def move_claims(
    tx: Transaction, kind: MovementKind, claims: Iterable[tuple[UUID, Claim]], each: Change, *, held: int = 0
) -> None:
    """Change the rows of claims that are locked, each with the document that it is written down under.

    Args:
        each: what one unit changes of its row.
        held: what one unit changes of its contribution, if it has one.
    """
    claims = list(claims)
    await move(
        tx,
        (
            Movement(kind, claim.place, Change(*(by * claim.quantity for by in each)), document)
            for document, claim in claims
        ),
    )
    if held:
        await promise(tx, ((one.place.sku_id, one.contribution, held * one.quantity) for _, one in claims))


async def promise(tx: Transaction, changes: Iterable[tuple[UUID, UUID | None, int]]) -> None:
    """Change what is held of (sku, contribution), which are locked; goods without a contribution promise nothing."""
    promised = [change for change in changes if change[1] is not None]
    if promised:
        skus, contributions, quantities = map(list, zip(*promised, strict=True))
        values = {"skus": skus, "contributions": contributions, "quantities": quantities}
        await tx.execute(_PROMISE, {"tenant": tx.tenant_id, **values})
