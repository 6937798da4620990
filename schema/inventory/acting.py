"""All acts of the inventory centre in one type."""

from strawberry.tools import merge_types

from schema.inventory.counting import CountMutation
from schema.inventory.holding import HoldMutation
from schema.inventory.opening import OpeningMutation
from schema.inventory.pooling import PoolingMutation
from schema.inventory.stocking import StockingMutation

Mutation = merge_types("Mutation", (OpeningMutation, StockingMutation, CountMutation, HoldMutation, PoolingMutation))
"""The inventory centre's acts."""
