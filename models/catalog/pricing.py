"""Writing prices: lists, and the prices of a list, of which no two of one sku and quantity stand at one time.

Whoever changes prices locks their list first: what a price meets in its list is decided with all of it at rest. What
is changed is linked anew, each price to the end of the one before it: that is how the database knows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from domain.catalog import CreatePriceList, Laid, PriceAudience, Window
from domain.channel import EdgeKind
from models.base import new_id
from models.catalog.tables import PriceList
from models.channel import OrganizationEdge
from models.writing import Collision, Transaction

Priced = tuple[UUID, int]
"""A sku and a quantity break."""


class ListKept(NamedTuple):
    """A price list, locked."""

    id: UUID
    seller_id: UUID
    audience: str


_LOCK = text("""
    SELECT id, seller_id, audience FROM price_list WHERE tenant_id = :tenant AND id = :list FOR NO KEY UPDATE
""")
_SHELF = text("""
    SELECT id, seller_id, audience FROM price_list
    WHERE tenant_id = :tenant AND seller_id = :seller AND audience = 'CONSUMER' AND scope = 'BASE'
    ORDER BY code LIMIT 1 FOR NO KEY UPDATE
""")
_NEW_SHELF = text("""
    INSERT INTO price_list (tenant_id, id, seller_id, code, name, audience, scope)
    SELECT :tenant, :list, :seller, CASE WHEN EXISTS (
        SELECT FROM price_list WHERE tenant_id = :tenant AND seller_id = :seller AND code = CAST(:code AS text)
    ) THEN CAST(:other AS text) ELSE CAST(:code AS text) END, :name, 'CONSUMER', 'BASE'
    WHERE NOT EXISTS (
        SELECT FROM price_list
        WHERE tenant_id = :tenant AND seller_id = :seller AND audience = 'CONSUMER' AND scope = 'BASE')
    ON CONFLICT DO NOTHING
""")
SHELF_CODE, SHELF_NAME = "CONSUMER", "零售价 Shelf prices"
"""What the list of a seller's shelf prices is called that has none yet."""


async def supplies(tx: Transaction, seller: UUID, buyer: UUID) -> bool:
    """Whether one supplies the other."""
    edge = OrganizationEdge
    found = select(edge.downstream_id).filter_by(
        tenant_id=tx.tenant_id, kind=EdgeKind.SUPPLIES, upstream_id=seller, downstream_id=buyer
    )
    return await tx.scalar(found) is not None


async def new_list(tx: Transaction, seller: UUID, wanted: CreatePriceList) -> UUID | None:
    """Write a list; its id, None where the seller has one under that code."""
    made = insert(PriceList).values(
        tenant_id=tx.tenant_id,
        id=new_id(),
        seller_id=seller,
        code=wanted.code,
        name=wanted.name,
        audience=wanted.audience,
        scope=wanted.scope,
        buyer_id=wanted.buyer,
        buyer_tag=wanted.buyer_tag,
        buyer_tier=wanted.buyer_tier,
        region_code=wanted.region,
        site_id=wanted.site,
    )
    id: UUID | None = await tx.scalar(made.on_conflict_do_nothing().returning(PriceList.id))
    return id


async def lock_list(tx: Transaction, id: UUID) -> ListKept | None:
    """A list, locked; None where there is none."""
    row = (await tx.execute(_LOCK, {"tenant": tx.tenant_id, "list": id})).first()
    return None if row is None else ListKept._make(row)


async def lock_shelf_prices(tx: Transaction, seller: UUID) -> ListKept:
    """The list in which a seller keeps what shoppers pay on its shelf, made if there is none, locked.

    Raises: Collision where another makes it just now.
    """
    values = {"tenant": tx.tenant_id, "seller": seller}
    row = (await tx.execute(_SHELF, values)).first()
    if row is not None:
        return ListKept._make(row)
    id = new_id()
    made = {"list": id, "code": SHELF_CODE, "other": f"{SHELF_CODE}-{seller.hex}", "name": SHELF_NAME}
    if await tx.count(_NEW_SHELF, values | made) != 1:
        raise Collision("the list was made meanwhile")
    return ListKept(id, seller, PriceAudience.CONSUMER)


# ── prices ────────────────────────────────────────────────────────────────────────────────────────────────────────────
_STANDING = text("""
    SELECT p.sku_id, p.min_qty, p.valid_from, p.valid_until, p.unit_fen
    FROM unnest(CAST(:skus AS uuid[]), CAST(:quantities AS bigint[])) w (sku_id, min_qty)
    JOIN price p ON p.sku_id = w.sku_id AND p.min_qty = w.min_qty
    WHERE p.tenant_id = :tenant AND p.price_list_id = :list
      AND (p.valid_until IS NULL OR p.valid_until > :since)
""")
_GONE = text("""
    DELETE FROM price p
    USING unnest(CAST(:skus AS uuid[]), CAST(:quantities AS bigint[]), CAST(:starts AS timestamptz[]))
          g (sku_id, min_qty, valid_from)
    WHERE p.tenant_id = :tenant AND p.price_list_id = :list AND p.sku_id = g.sku_id AND p.min_qty = g.min_qty
      AND p.valid_from = g.valid_from
""")
_CUT = text("""
    UPDATE price p SET valid_until = c.valid_until
    FROM unnest(CAST(:skus AS uuid[]), CAST(:quantities AS bigint[]), CAST(:starts AS timestamptz[]),
                CAST(:ends AS timestamptz[])) c (sku_id, min_qty, valid_from, valid_until)
    WHERE p.tenant_id = :tenant AND p.price_list_id = :list AND p.sku_id = c.sku_id AND p.min_qty = c.min_qty
      AND p.valid_from = c.valid_from
""")
_ADDED = text("""
    INSERT INTO price (tenant_id, price_list_id, sku_id, min_qty, valid_from, valid_until, unit_fen)
    SELECT :tenant, :list, a.*
    FROM unnest(CAST(:skus AS uuid[]), CAST(:quantities AS bigint[]), CAST(:starts AS timestamptz[]),
                CAST(:ends AS timestamptz[]), CAST(:prices AS bigint[])) a
""")
_LINK = text("""
    UPDATE price p SET previous_until = n.previous_until
    FROM (
        SELECT o.sku_id, o.min_qty, o.valid_from,
               lag(o.valid_until) OVER (PARTITION BY o.sku_id, o.min_qty ORDER BY o.valid_from) AS previous_until
        FROM unnest(CAST(:skus AS uuid[]), CAST(:quantities AS bigint[])) w (sku_id, min_qty)
        JOIN price o ON o.sku_id = w.sku_id AND o.min_qty = w.min_qty
        WHERE o.tenant_id = :tenant AND o.price_list_id = :list
    ) n
    WHERE p.tenant_id = :tenant AND p.price_list_id = :list AND p.sku_id = n.sku_id AND p.min_qty = n.min_qty
      AND p.valid_from = n.valid_from AND p.previous_until IS DISTINCT FROM n.previous_until
""")
_END = text("""
    UPDATE price SET valid_until = :at WHERE tenant_id = :tenant AND price_list_id = :list
      AND valid_from < :at AND (valid_until IS NULL OR valid_until > :at)
""")
_NEVER = text("DELETE FROM price WHERE tenant_id = :tenant AND price_list_id = :list AND valid_from >= :at")


async def standing_prices(
    tx: Transaction, price_list: UUID, wanted: Sequence[Priced], since: datetime
) -> dict[Priced, list[Window]]:
    """The prices of a locked list that stand at or after an instant, by sku and quantity."""
    found: dict[Priced, list[Window]] = {each: [] for each in wanted}
    skus, quantities = zip(*wanted, strict=True) if wanted else ((), ())
    values = {"skus": list(skus), "quantities": list(quantities), "since": since}
    for row in await tx.execute(_STANDING, {"tenant": tx.tenant_id, "list": price_list, **values}):
        found[row.sku_id, row.min_qty].append(Window(*tuple(row)[2:]))
    return found


async def write_prices(tx: Transaction, price_list: UUID, changes: Mapping[Priced, Laid]) -> None:
    """Change the prices of a locked list."""
    place: dict[str, Any] = {"tenant": tx.tenant_id, "list": price_list}
    names = ("skus", "quantities", "starts", "ends", "prices")
    gone = [(*key, start) for key, laid in changes.items() for start in laid.gone]
    cut = [(*key, *times) for key, laid in changes.items() for times in laid.cut.items()]
    added = [(*key, *window) for key, laid in changes.items() for window in laid.added]
    # In this order no two ever stand at one time in between.
    for statement, rows in ((_GONE, gone), (_CUT, cut), (_ADDED, added)):
        columns = list(zip(*rows, strict=True)) if rows else []
        if columns:
            given = {name: list(column) for name, column in zip(names, columns, strict=False)}
            await tx.execute(statement, place | given)
    others = [key for key, laid in changes.items() if laid.added]
    if others:
        skus, quantities = zip(*others, strict=True)
        await tx.execute(_LINK, place | {"skus": list(skus), "quantities": list(quantities)})


async def end_prices(tx: Transaction, price_list: UUID, at: datetime) -> None:
    """End all prices of a locked list at an instant; those that would begin later never do."""
    values = {"tenant": tx.tenant_id, "list": price_list, "at": at}
    await tx.execute(_NEVER, values)
    await tx.execute(_END, values)
