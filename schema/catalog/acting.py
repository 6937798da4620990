"""All acts of the catalog centre in one type."""

from strawberry.tools import merge_types

from schema.catalog.defining import DefiningMutation
from schema.catalog.goods import GoodsMutation
from schema.catalog.granting import GrantingMutation
from schema.catalog.pricing import PricingMutation

Mutation = merge_types("Mutation", (DefiningMutation, GoodsMutation, GrantingMutation, PricingMutation))
"""The catalog centre's acts."""
