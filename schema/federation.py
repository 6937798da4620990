"""The graph as a part of a larger one: what a gateway composes and asks.

Owns `_service` and `_entities`, and what the composition is told of our types. Those are the graph's own: every node is
an entity under its global id. What only one graph of many can answer is left out: `node`, `nodes`, `viewer`.

Source: Apollo Federation 2, subgraph specification.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, NewType, Union
from uuid import UUID

import strawberry
from graphql import ConstDirectiveNode, Node, ObjectTypeDefinitionNode, Visitor, parse, print_ast, visit
from graphql.language import REMOVE
from strawberry.tools import create_type
from strawberry.types.base import get_object_definition

from domain.base import BadId, BadInput, Fault
from engine.limits import FieldCost
from resolvers import integration
from schema import attribution, campaign, catalog, channel, inventory, member, ordering
from schema.base import CONFIG as PLAIN
from schema.base import PUBLIC, Argument, edge, leaf, parse_id

ENTITIES: Final[tuple[type, ...]] = (
    attribution.Binding,
    attribution.Promoter,
    attribution.Touch,
    campaign.Campaign,
    catalog.Assortment,
    catalog.Attribute,
    catalog.Category,
    catalog.Listing,
    catalog.PriceList,
    catalog.Product,
    catalog.Sku,
    channel.Agent,
    channel.Brand,
    channel.CloudStore,
    channel.Distributor,
    channel.Site,
    channel.Staff,
    channel.Store,
    channel.Subsidiary,
    channel.Supplier,
    channel.Territory,
    inventory.Contribution,
    inventory.Location,
    inventory.Pool,
    inventory.Reservation,
    inventory.StockDocument,
    member.Coupon,
    member.Customer,
    member.Membership,
    member.Right,
    ordering.Order,
    ordering.Payment,
    ordering.PaymentNotice,
    ordering.Refund,
    ordering.Shipment,
)
"""Every type that is a node."""
_KINDS: Final = {kind.__name__: kind.__name__.lower() for kind in ENTITIES}
"""The kind of global id of each entity, by the name of its type."""
_HERE_ALONE: Final = frozenset({"node", "nodes", "viewer"})
"""Root fields of which a larger graph has its own."""
_OURS: Final = frozenset({"_entities", "_service", "_Any", "_Entity", "_Service"})
"""What a gateway knows without being told."""
_NAME_SHOWN: Final = 60

Representation = NewType("Representation", object)
REPRESENTATION: Final = strawberry.scalar(
    name="_Any",
    description='An entity as a gateway names it (实体表示): `{"__typename": "Store", "id": "store_…"}`.',
    serialize=lambda value: value,
    parse_value=lambda value: value,
)
CONFIG: Final = replace(PLAIN, scalar_map={**PLAIN.scalar_map, Representation: REPRESENTATION})


def _key_of(representation: Any) -> tuple[str, UUID] | Fault:
    """The kind and the key that a gateway means. A wrong one is the error of its own place, not of the others'."""
    if not isinstance(representation, dict):
        return BadInput("A representation is an object with `__typename` and `id`.")
    name, text = representation.get("__typename"), representation.get("id")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        said = f" called {name[:_NAME_SHOWN]!r}" if isinstance(name, str) else ""
        return BadInput(f"This graph has no entity{said}.")
    if not isinstance(text, str):
        return BadId(f"Not an id of {kind}.")
    try:
        return parse_id(text, kind)
    except BadId as error:
        return error


@dataclass(slots=True)
class Service:
    """What a gateway is told of this graph: its types in GraphQL's own language."""

    sdl: str = ""


@strawberry.type(name="_Service", description="This graph as a gateway composes it (子图).")
class ServiceType:
    """Its source is a `Service`."""

    sdl: str = leaf(lambda service: service.sdl, "The types, in GraphQL's own language (模式定义).", PUBLIC)


Entity = Annotated[
    Union[ENTITIES],  # type: ignore[valid-type]  # noqa: UP007  # of a tuple, which | does not take
    strawberry.union("_Entity", description="Any node (实体)."),
]


def query_of(query: type, told: Service) -> type:
    """The root fields of `query` that a larger graph may have, and what a gateway asks. `told` is what it is told."""

    @strawberry.type
    class Federation:
        entities: list[Entity | None] = edge(
            integration.entities,
            "What the representations name, in their order; null where there is nothing for the viewer (实体查找).",
            PUBLIC,
            cost=FieldCost(weight=1, slicing=("representations",), default=0, maximum=integration.MAX_ENTITIES),
            arguments={
                "representations": Argument(
                    list[Representation],
                    f"At most {integration.MAX_ENTITIES} of them (实体表示).",
                    parse=lambda given: [_key_of(each) for each in given],
                )
            },
            name="_entities",
        )
        service: ServiceType = leaf(lambda _: told, "This graph (子图).", PUBLIC, name="_service")

    definitions = [get_object_definition(kind, strict=True) for kind in (query, Federation)]
    fields = [each for one in definitions for each in one.fields if each.python_name not in _HERE_ALONE]
    return create_type("Query", fields, description=definitions[0].description)


# ── what a composition is told ────────────────────────────────────────────────────────────────────────────────────────
_LINK: Final = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])\n\n'
)


def _directive(text: str) -> ConstDirectiveNode:
    """A directive as it stands in a schema."""
    definition = parse(f"type _ {text}", no_location=True).definitions[0]
    assert isinstance(definition, ObjectTypeDefinitionNode)
    assert definition.directives
    return definition.directives[0]


class _ForComposition(Visitor):
    """Marks entities and what other graphs have too; leaves out what a gateway adds itself."""

    KEY = _directive('@key(fields: "id")')
    SHAREABLE = _directive("@shareable")

    def enter(self, node: Node, *_: Any) -> Any:
        name = getattr(node, "name", None)
        if name is not None and name.value in _OURS:
            return REMOVE
        if isinstance(node, ObjectTypeDefinitionNode):
            said = self.KEY if node.name.value in _KINDS else self.SHAREABLE if node.name.value == "PageInfo" else None
            if said is not None:
                return replace(node, directives=(*(node.directives or ()), said))
        return None


def composed_of(schema: strawberry.Schema) -> str:
    """The SDL that a subgraph answers to `_service`."""
    return _LINK + print_ast(visit(parse(schema.as_str(), no_location=True), _ForComposition()))
