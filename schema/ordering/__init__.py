"""The ordering centre's types and acts."""

from strawberry.tools import merge_types

from schema.ordering.handling import HandlingMutation
from schema.ordering.placing import PlacingMutation
from schema.ordering.quoting import Quote, QuoteQuery
from schema.ordering.reading import (
    FIGURES,
    Allocation,
    Order,
    OrderLine,
    OrderQuery,
    Payment,
    Refund,
    SellIn,
    Shipment,
    TradeFigure,
)

Query = merge_types("Query", (OrderQuery, QuoteQuery))
"""The ordering centre's root fields."""
Mutation = merge_types("Mutation", (PlacingMutation, HandlingMutation))
"""The ordering centre's acts."""

__all__ = [
    "FIGURES",
    "Allocation",
    "Mutation",
    "Order",
    "OrderLine",
    "Payment",
    "Query",
    "Quote",
    "Refund",
    "SellIn",
    "Shipment",
    "TradeFigure",
]
