"""The channel centre's types and acts."""

from strawberry.tools import merge_types

from schema.channel.acting import Mutation as ActingMutation
from schema.channel.founding import FoundingMutation
from schema.channel.inviting import InvitingMutation
from schema.channel.places import (
    CloudStore,
    CloudStoreDecoration,
    CloudStoreSection,
    GeoPoint,
    Region,
    Site,
    Tenant,
    Territory,
)
from schema.channel.reading import (
    Agent,
    Brand,
    Distributor,
    Organization,
    Query,
    Staff,
    Store,
    Subsidiary,
    Supplier,
    SupplyOffer,
    Upstream,
    Viewer,
)

Mutation = merge_types("Mutation", (FoundingMutation, InvitingMutation, ActingMutation))
"""The channel centre's acts."""

__all__ = [
    "Agent",
    "Brand",
    "CloudStore",
    "CloudStoreDecoration",
    "CloudStoreSection",
    "Distributor",
    "GeoPoint",
    "Mutation",
    "Organization",
    "Query",
    "Region",
    "Site",
    "Staff",
    "Store",
    "Subsidiary",
    "Supplier",
    "SupplyOffer",
    "Tenant",
    "Territory",
    "Upstream",
    "Viewer",
]
