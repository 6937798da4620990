"""What there is to ship: goods of paid orders that wait at each organisation's locations, whoever sold them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from loaders.paging import Paged, wanted_parents
from models.inventory import Lot
from models.ordering import Allocation, Order
from models.reading import TENANT, Row, in_scope


class GoodsEntry(Row):
    """Units of one stock row that are to ship for one line of an order, on a page, those that wait longest first.

    Nothing of it is the seller's alone to know: no price, and not who bought.
    """

    order_id: UUID
    order_number: str
    line: int
    seller_id: UUID
    sku_id: UUID
    location_id: UUID
    owner_id: UUID
    lot_code: str
    expires_on: date | None
    quantity: int
    since: datetime
    place: int
    by_time: datetime
    by_order: UUID
    by_part: int


def _goods_to_ship() -> Paged[GoodsEntry]:
    wanted = wanted_parents()
    x = Allocation
    rows = (
        select(
            x.order_id,
            Order.number.label("order_number"),
            x.line,
            Order.seller_id,
            x.sku_id,
            x.location_id,
            x.owner_id,
            Lot.code.label("lot_code"),
            Lot.expires_on,
            (x.quantity - x.shipped - x.given_back).label("quantity"),
            x.allocated_at.label("since"),
        )
        .join(Order, (Order.tenant_id == TENANT) & (Order.id == x.order_id))
        .join(Lot, (Lot.tenant_id == TENANT) & (Lot.sku_id == x.sku_id) & (Lot.id == x.lot_id))
        .where(
            x.tenant_id == TENANT,
            x.fulfiller_id == wanted.c.parent,
            in_scope(x.fulfiller_id),
            x.shipped + x.given_back < x.quantity,
        )
    )
    key = {x.allocated_at: datetime, x.order_id: UUID, x.part: int}
    return Paged(GoodsEntry, wanted, rows, key, oldest_first=True)


GOODS_TO_SHIP = _goods_to_ship()
"""What each organisation has to ship, for it alone."""
