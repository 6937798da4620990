"""The ordering centre's types and acts."""

from strawberry.tools import merge_types

from schema.ordering.delivering import Delivery
from schema.ordering.handling import HandlingMutation
from schema.ordering.looking import LookingMutation, LookingQuery, PaymentNotice
from schema.ordering.placing import PlacingMutation
from schema.ordering.quoting import Quote, QuoteQuery
from schema.ordering.reading import (
    FIGURES,
    Allocation,
    GoodsToShip,
    Order,
    OrderLine,
    OrderQuery,
    Payment,
    Refund,
    SellIn,
    Shipment,
    TradeFigure,
)
from schema.ordering.short import ShortLine, ShortMutation, ShortQuery

Query = merge_types("Query", (OrderQuery, QuoteQuery, LookingQuery, ShortQuery))
"""The ordering centre's root fields."""
Mutation = merge_types("Mutation", (PlacingMutation, HandlingMutation, LookingMutation, ShortMutation))
"""The ordering centre's acts."""

__all__ = [
    "FIGURES",
    "Allocation",
    "Delivery",
    "GoodsToShip",
    "Mutation",
    "Order",
    "OrderLine",
    "Payment",
    "PaymentNotice",
    "Query",
    "Quote",
    "Refund",
    "SellIn",
    "Shipment",
    "ShortLine",
    "TradeFigure",
]
