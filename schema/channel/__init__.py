"""The channel centre's types and acts."""

from schema.channel.acting import Mutation
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
