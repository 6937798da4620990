"""Lines of paid orders that lack goods, and the act that has goods looked for again."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain import ordering as domain
from resolvers import catalog, channel, ordering
from schema.acts import Checking, InvalidInput, KeyReused, NotAllowed, Refusal, act, refusal
from schema.base import OWN, PLATFORM, Connection, Count, attribute, connection, edge
from schema.catalog import Sku
from schema.inventory.stocking import NotEnoughStock
from schema.ordering.reading import Order

if TYPE_CHECKING:
    from schema.channel import Organization

_Organization = Annotated["Organization", strawberry.lazy("schema.channel")]


@strawberry.type(description="A line of a paid order that lacks goods (缺货订单行).")
class ShortLine:
    """Its source is a `ShortLineEntry`; for the seller, and for who ships it: without a price."""

    order: Order | None = edge(ordering.order_of, "The order; null for who only ships its goods (订单).", OWN)
    order_number: str = attribute("The order's number (单号).", OWN)
    line: int = attribute("The line's number in the order (行号).", OWN)
    sku: Sku = edge(catalog.sku_of, "What is missing (缺货 SKU).", OWN)
    goods_owner: _Organization = edge(
        channel.organization_named("goods_owner_id"), "Whose goods they were (货主).", OWN
    )
    fulfiller: _Organization = edge(channel.organization_named("fulfiller_id"), "Who is to ship them (履约方).", OWN)
    short: Count = attribute("How many base units have no goods (缺货数量).", OWN)
    short_since: datetime = attribute("Since when the line lacks goods (缺货时间).", OWN)


@refusal(domain.NothingShort, "No line of the order lacks goods (无缺货).")
class NothingShort(Refusal):
    """It has all that it is to ship."""


@strawberry.input(description="A paid order for which to find goods again (重新占货).")
class AllocateOrderInput:
    """An order."""

    order_id: strawberry.ID = strawberry.field(description="The order (订单标识).")

    def to_command(self, check: Checking) -> domain.OfOrder:
        """For what goods are to be found."""
        return domain.OfOrder(check.id("orderId", self.order_id, "order"))


AllocateOrderResult = Annotated[
    Order | NothingShort | NotEnoughStock | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("AllocateOrderResult", description="The order, or why it has no more goods (重新占货结果)."),
]


@strawberry.type
class ShortQuery:
    """What somebody has to see to."""

    short_lines: Connection[ShortLine] | None = connection(
        ordering.short_lines,
        "Lines of paid orders that lack goods, the longest waiting first; for the platform (待处理缺货).",
        PLATFORM,
    )


@strawberry.type
class ShortMutation:
    """The act of whoever sees to it."""

    allocate_order: AllocateOrderResult = act(
        ordering.allocate_order,
        AllocateOrderInput,
        "Find goods again for what a paid order lacks, as many as there are now (重新占货).",
        OWN,
    )
