"""How long a brand's goods in the channel last: what stores bought of each sku lately.

What lies in the channel is `ChannelStockOf`; the days it lasts are `domain.inventory.days_of_cover`.
"""

from uuid import UUID

from sqlalchemy import BigInteger, bindparam, cast, func, select, true

from loaders.base import MIN_HOLDERS
from loaders.catalog import skus_of_product
from loaders.ordering import sold_in
from loaders.paging import Paged, wanted_parents
from models.catalog import Product
from models.reading import TENANT, Row, constant, in_scope


class CoverEntry(Row):
    """A sku of a brand, on a page by product and item number, with what stores below the brand bought of it.

    `sold` are base units in `days` days; null where fewer stores than `MIN_HOLDERS` bought any.
    """

    sku_id: UUID
    sold: int | None
    days: int
    place: int
    by_product: str
    by_code: str


def _cover() -> Paged[CoverEntry]:
    wanted = wanted_parents()
    own = skus_of_product()
    lines = sold_in(Product.brand_id, own.c.id, (Product, own))
    sold = (
        select(cast(func.sum(lines.c.units), BigInteger()))
        .select_from(lines)
        .having(func.count(lines.c.party_id.distinct()) >= constant(MIN_HOLDERS))
        .correlate(Product, own)
        .scalar_subquery()
    )
    rows = (
        select(own.c.id.label("sku_id"), sold.label("sold"), bindparam("days", type_=BigInteger()).label("days"))
        .select_from(Product)
        .join(own, true())
        .where(Product.tenant_id == TENANT, Product.brand_id == wanted.c.parent, in_scope(Product.brand_id))
    )
    return Paged(CoverEntry, wanted, rows, {Product.code: str, own.c.code: str})


COVER = _cover()
"""The skus of each brand with what was sold of them in the window, for the brand."""
