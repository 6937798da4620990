"""Placing: a hold becomes an order's, its lines are written as they are frozen."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ScalarSelect, insert, select, text

from domain.ordering import Delivery, OrderKind, OrderState, Terminal
from models.base import new_id
from models.inventory import Claim, Place, Reservation, why_over
from models.ordering.tables import Order, OrderDelivery, OrderLine
from models.writing import Transaction

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NUMBER_DIGITS: Final = 12
"""Digits of a number beside its day: 60 random bits, of which two are not the same on one day."""

_BIND = text("""
    UPDATE reservation SET state = 'CONSUMED', due_at = NULL
    WHERE tenant_id = :tenant AND id = :id AND state = 'HELD' AND expires_at > :now
    RETURNING expires_at
""")
_TAKEN = text("""
    SELECT l.location_id, l.sku_id, l.owner_id, l.lot_id, l.contribution_id, l.quantity,
           k.organization_id AS keeper_id, p.brand_id
    FROM reservation_line l
    JOIN location k ON k.tenant_id = l.tenant_id AND k.id = l.location_id
    JOIN sku s ON s.tenant_id = l.tenant_id AND s.id = l.sku_id
    JOIN product p ON p.tenant_id = l.tenant_id AND p.id = s.product_id
    WHERE l.tenant_id = :tenant AND l.reservation_id = :id
    ORDER BY l.line
""")
_CURRENCY = text("SELECT currency FROM tenant WHERE id = :tenant")


class Lot(NamedTuple):
    """A part of what is held: whose brand it is, who keeps it, and the claim."""

    brand_id: UUID
    keeper_id: UUID
    claim: Claim


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What is placed: an order that waits for its money until `payment_due_at`, of what `reservation_id` holds."""

    cloud_store_id: UUID
    seller_id: UUID
    customer_id: UUID
    placed_by_id: UUID | None
    site_id: UUID | None
    region_code: str | None
    terminal: Terminal | None
    total_fen: int
    payment_due_at: datetime
    reservation_id: UUID
    delivery: Delivery | None = None


async def held_lots(tx: Transaction, reservation: UUID) -> list[Lot]:
    """What a hold took, whoever has it now: that does not change."""
    return [
        Lot(
            one.brand_id,
            one.keeper_id,
            Claim(Place(one.location_id, one.sku_id, one.owner_id, one.lot_id), one.contribution_id, one.quantity),
        )
        for one in await tx.execute(_TAKEN, {"tenant": tx.tenant_id, "id": reservation})
    ]


async def bind(tx: Transaction, reservation: UUID) -> datetime:
    """Take a hold over, whoever else tries; its goods stay reserved, and it ends no more by itself.

    Who locks its goods, too, does it before: so does who gives a hold back.

    Returns: until when it would have been held.
    Raises: domain.inventory.HoldOver for one that is not held any more, or whose time is up.
    """
    until: datetime | None = await tx.scalar(_BIND, {"tenant": tx.tenant_id, "id": reservation, "now": tx.now})
    if until is None:
        raise await why_over(tx, reservation)
    return until


class LineKey(NamedTuple):
    """What one line of an order is about: a sku of one owner, shipped by one keeper."""

    sku_id: UUID
    brand_id: UUID
    goods_owner_id: UUID
    fulfiller_id: UUID


def lines_of(parts: Sequence[Lot]) -> dict[LineKey, int]:
    """The lines that goods make, with their units, in the order in which they come first."""
    found: dict[LineKey, int] = {}
    for brand, keeper, claim in parts:
        key = LineKey(claim.place.sku_id, brand, claim.place.owner_id, keeper)
        found[key] = found.get(key, 0) + claim.quantity
    return found


async def write_order(
    tx: Transaction, day: str, new: NewOrder, lines: dict[LineKey, int], unit_fen: dict[UUID, int]
) -> UUID:
    """Write an order that waits for its money, and its lines; its id.

    Args:
        day: the tenant's day, which the order's number begins with.
        unit_fen: the price of one unit of each sku.
    """
    id = new_id()
    await tx.execute(
        insert(Order).values(
            tenant_id=tx.tenant_id,
            id=id,
            number=f"{day}-{_number(id)}",
            kind=OrderKind.CONSUMER,
            state=OrderState.PENDING_PAYMENT,
            seller_id=new.seller_id,
            customer_id=new.customer_id,
            placed_by_id=new.placed_by_id,
            cloud_store_id=new.cloud_store_id,
            site_id=new.site_id,
            region_code=new.region_code,
            terminal=new.terminal,
            currency=await tx.scalar(_CURRENCY, {"tenant": tx.tenant_id}),
            total_fen=new.total_fen,
            placed_at=tx.now,
            reservation_id=new.reservation_id,
            by_store=_by_store(tx, new.reservation_id),
            payment_due_at=new.payment_due_at,
            due_at=new.payment_due_at,
        )
    )
    await tx.execute(
        insert(OrderLine),
        [
            {
                "tenant_id": tx.tenant_id,
                "order_id": id,
                "line": line,
                **key._asdict(),
                "quantity": quantity,
                "unit_fen": unit_fen[key.sku_id],
                "net_fen": quantity * unit_fen[key.sku_id],
            }
            for line, (key, quantity) in enumerate(lines.items(), start=1)
        ],
    )
    if new.delivery is not None:
        await _write_delivery(tx, id, new.delivery)
    return id


def _by_store(tx: Transaction, reservation: UUID) -> ScalarSelect[bool]:
    """Whether who acts for the cloud store answers for what was held: the order counts where its hold did."""
    held = Reservation.tenant_id == tx.tenant_id, Reservation.id == reservation
    return select(Reservation.by_store).where(*held).scalar_subquery()


async def _write_delivery(tx: Transaction, order: UUID, delivery: Delivery) -> None:
    said = asdict(delivery)
    await tx.execute(
        insert(OrderDelivery).values(tenant_id=tx.tenant_id, order_id=order, region_code=said.pop("region"), **said)
    )


def _number(id: UUID) -> str:
    left, digits = id.int, ""
    for _ in range(_NUMBER_DIGITS):
        left, digit = divmod(left, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
