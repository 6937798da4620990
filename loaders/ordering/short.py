"""Lines of paid orders that lack goods: of what each organisation sells, of what it ships, and all of a tenant's."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from loaders.paging import Paged, wanted_parents
from models.ordering import Order, OrderLine
from models.reading import TENANT, Row, constant, in_scope


class ShortLineEntry(Row):
    """A line that lacks `short` units, on a page, the one that has waited longest first. No price is in it: who ships
    goods of others sees it, too.
    """

    order_id: UUID
    order_number: str
    line: int
    sku_id: UUID
    goods_owner_id: UUID
    fulfiller_id: UUID
    short: int
    short_since: datetime
    place: int
    by_time: datetime
    by_order: UUID
    by_line: int


def _short(column: Any) -> Paged[ShortLineEntry]:
    wanted = wanted_parents()
    x = OrderLine
    columns = (x.line, x.sku_id, x.goods_owner_id, x.fulfiller_id, x.short, x.short_since)
    rows = (
        select(x.order_id, Order.number.label("order_number"), *columns)
        .join(Order, (Order.tenant_id == TENANT) & (Order.id == x.order_id))
        .where(
            x.tenant_id == TENANT,
            column == wanted.c.parent,
            x.short > constant(0),
            in_scope(x.short_seller_id, x.fulfiller_id),
        )
    )
    key: dict[Any, Any] = {x.short_since: datetime, x.order_id: UUID, x.line: int}
    return Paged(ShortLineEntry, wanted, rows, key, oldest_first=True)


SHORT_LINES = _short(OrderLine.tenant_id)
"""What lacks goods in a tenant."""
SHORT_LINES_OF = _short(OrderLine.short_seller_id)
"""What lacks goods of each seller's orders."""
SHORT_TO_SHIP = _short(OrderLine.fulfiller_id)
"""What lacks goods of what each organisation is to ship."""
