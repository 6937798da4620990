"""The inventory centre's types and acts."""

from strawberry.tools import merge_types

from schema.inventory.counting import CountMutation
from schema.inventory.holding import HoldMutation, Reservation
from schema.inventory.reading import COVER, Contribution, Location, Pool, Query, Stock, StockCover
from schema.inventory.stocking import StockDocument, StockMutation

Mutation = merge_types("Mutation", (StockMutation, CountMutation, HoldMutation))

__all__ = [
    "COVER",
    "Contribution",
    "Location",
    "Mutation",
    "Pool",
    "Query",
    "Reservation",
    "Stock",
    "StockCover",
    "StockDocument",
]
