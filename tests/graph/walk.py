"""Walking the built schema: its fields, and the fields a document asks. A field's home is the type that declares it."""

from typing import Any, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Node,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    visit,
)

import schema
from domain.access import ActorClass
from engine.answering import EXTENSION, Batched

BUILT = schema.build()
CORE: GraphQLSchema = BUILT._schema
Place: TypeAlias = tuple[str, str]
"""A type and a field of it."""
EVERYONE = frozenset(actor.value for actor in ActorClass)


def own_types() -> list[GraphQLObjectType | GraphQLInterfaceType]:
    return [
        kind
        for kind in CORE.type_map.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not kind.name.startswith("__")
    ]


def fields() -> list[tuple[str, str, GraphQLField]]:
    return [(kind.name, name, field) for kind in own_types() for name, field in kind.fields.items()]


def home(kind: str, name: str) -> Place:
    """What all organisations have in common is declared once, whatever their tier."""
    shared = CORE.type_map["Organization"]
    assert isinstance(shared, GraphQLInterfaceType)
    found = CORE.type_map[kind]
    inherits = isinstance(found, GraphQLObjectType) and shared in found.interfaces and name in shared.fields
    return (shared.name if inherits else kind, name)


def declared() -> dict[Place, GraphQLField]:
    """Every field at its home."""
    return {home(kind, name): field for kind, name, field in fields() if kind != "Node"}


def edges() -> set[Place]:
    """The fields that may cost a statement."""
    return {place for place, field in declared().items() if isinstance(field.extensions.get(EXTENSION), Batched)}


def private() -> set[Place]:
    """The fields that are not for everyone."""
    return {place for place, field in declared().items() if field.extensions["audience"] != EVERYONE}


def connections() -> set[Place]:
    """The fields that answer with pages."""
    return {place for place, field in declared().items() if str(field.type).removesuffix("!").endswith("Connection")}


def asked_by(document: str) -> set[Place]:
    """The fields that a document asks, at their homes."""
    info = TypeInfo(CORE)
    found: set[Place] = set()

    class Asked(Visitor):
        def enter_field(self, node: Node, *_: Any) -> None:
            parent = info.get_parent_type()
            name = node.name.value  # type: ignore[attr-defined]  # it is entered for fields alone
            if parent is not None and not name.startswith("__"):
                found.add(home(parent.name, name))

    visit(parse(document), TypeInfoVisitor(info, Asked()))
    return found
