"""The contract: the centres merged into one schema. A diff of its SDL is a change of contract."""

import strawberry
from strawberry.tools import merge_types
from strawberry.types import get_object_definition

from schema import campaign, catalog, channel, enums, federation, inventory, member, node, ordering
from schema.base import CONFIG, declare

CENTRES = (channel, member, catalog, campaign, inventory, ordering)
Query = merge_types("Query", (node.Query, *(centre.Query for centre in CENTRES)))
Mutation = merge_types("Mutation", tuple(centre.Mutation for centre in (channel, member, catalog, inventory, ordering)))
get_object_definition(Query, strict=True).description = "Everything that can be asked (查询)."
get_object_definition(Mutation, strict=True).description = "Everything that can be done (操作)."

TYPES = (
    channel.Brand,
    channel.Subsidiary,
    channel.Agent,
    channel.Distributor,
    channel.Store,
    channel.Supplier,
)
"""Types that only an interface leads to."""


def build() -> strawberry.Schema:
    """The whole graph, every field with its audience and cost. Raises schema.base.Undeclared for one without."""
    schema = strawberry.Schema(query=Query, mutation=Mutation, types=TYPES, config=CONFIG)
    declare(schema)
    return schema


def subgraph() -> strawberry.Schema:
    """The graph as a gateway composes and asks it. Raises schema.base.Undeclared as `build` does."""
    service = federation.Service()
    query = federation.query_of(Query, service)
    schema = strawberry.Schema(query=query, mutation=Mutation, types=TYPES, config=federation.CONFIG)
    declare(schema)
    service.sdl = federation.composed_of(schema)
    return schema


__all__ = ["Query", "build", "enums", "subgraph"]
