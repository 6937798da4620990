"""From an operation to the tree of its plan.

Owns which fields a plan can run, and how each is answered. Collecting the fields of a selection, fragments and
`@skip`/`@include` among them, is graphql-core's: a plan's keys and their order are the reference's by construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    OperationDefinitionNode,
    OperationType,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from strawberry.types.field import StrawberryField

from engine.answering import EXTENSION, Batched, Computed
from engine.plan.arguments import Arguments, no_arguments
from engine.plan.tree import (
    Abstract,
    Attribute,
    Field,
    Given,
    Items,
    Leaf,
    Object,
    Resolver,
    Shape,
    Source,
    Typename,
    Unplannable,
    Value,
)


@dataclass(frozen=True, slots=True)
class Built:
    """The tree of an operation, and how many fields it has."""

    root: Shape
    fields: int


def build(
    schema: strawberry.Schema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    switches: Mapping[str, Any],
    *,
    most_fields: int,
    payload: str | None = None,
) -> Built:
    """The tree of `operation` where the variables in `@skip` and `@include` have the values in `switches`.

    `payload` is a root field's response key: then of that field alone, whose value the plan is given as its root.

    Raises: Unplannable for what plans do not run, or for more than `most_fields` fields once fragments are spread out.
    """
    root = schema._schema.get_root_type(operation.operation)
    if root is None or operation.operation is OperationType.SUBSCRIPTION:
        raise Unplannable("subscription")
    builder = _Builder(schema, document, operation, VariableValues({}, dict(switches)), most_fields)
    try:
        return Built(builder.root(root, payload), builder.fields)
    except GraphQLError:  # a switch without a value: the reference says so
        raise Unplannable("switch") from None


class _Builder:
    def __init__(
        self,
        schema: strawberry.Schema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        switches: VariableValues,
        most_fields: int,
    ) -> None:
        self.schema, self.operation, self.switches, self.most_fields = schema._schema, operation, switches, most_fields
        self.arguments = Arguments(schema)
        self.fragments = {
            definition.name.value: FragmentDetails(definition)
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self.fields = 0

    def root(self, type_: GraphQLObjectType, payload: str | None) -> Shape:
        collected = collect_fields(self.schema, self.fragments, self.switches, type_, self.operation)
        if payload is None:
            return self.shape(type_, collected)
        return Shape(type_, (self.field(type_, payload, collected.grouped_field_set[payload], given=True),))

    def shape(self, type_: GraphQLObjectType, collected: Any) -> Shape:
        if collected.new_defer_usages:
            raise Unplannable("defer")
        self.fields += len(collected.grouped_field_set)
        if self.fields > self.most_fields:
            raise Unplannable("size")
        return Shape(type_, tuple(self.field(type_, key, group) for key, group in collected.grouped_field_set.items()))

    def field(self, parent: GraphQLObjectType, key: str, group: list[Any], *, given: bool = False) -> Field:
        nodes = tuple(details.node for details in group)
        name = nodes[0].name.value
        definition = self.schema.get_field(parent, name)
        if definition is None:
            raise Unplannable("unknown")
        if name == "__typename":
            value: Value = Leaf(True, GraphQLString)
            return Field(key, name, parent, definition, nodes, Typename(parent.name), no_arguments, value)
        return Field(
            key,
            name,
            parent,
            definition,
            nodes,
            Given() if given else source_of(parent, definition),
            no_arguments if given else self.arguments.of(definition, nodes[0]),
            self.value(definition.type, group),
        )

    def value(self, type_: GraphQLOutputType, group: list[Any], nonnull: bool = False) -> Value:
        if is_non_null_type(type_):
            return self.value(type_.of_type, group, nonnull=True)
        if is_list_type(type_):
            return Items(nonnull, self.value(type_.of_type, group))
        if is_leaf_type(type_):
            return Leaf(nonnull, type_)
        if is_object_type(type_):
            return Object(nonnull, self.below(type_, group))
        if is_abstract_type(type_):
            possible = self.schema.get_possible_types(type_)
            return Abstract(nonnull, type_, {kind.name: self.below(kind, group) for kind in possible})
        raise Unplannable("unknown")

    def below(self, type_: GraphQLObjectType, group: list[Any]) -> Shape:
        return self.shape(
            type_, collect_subfields(self.schema, self.fragments, self.switches, self.operation, type_, group)
        )


# ── how a field is answered ───────────────────────────────────────────────────────────────────────────────────────────
def source_of(parent: GraphQLObjectType, definition: GraphQLField) -> Source:
    """How a field is answered. Raises: Unplannable where only the reference can."""
    answering = definition.extensions.get(EXTENSION)
    if isinstance(answering, Batched | Computed):
        return answering
    written = definition.extensions.get("strawberry-definition")
    resolve = definition.resolve
    if not isinstance(written, StrawberryField):
        if resolve is None:
            raise Unplannable("resolver")
        return Resolver(resolve)  # graphql-core's own: introspection
    if written.permission_classes or written.extensions:
        raise Unplannable("extension")
    if getattr(resolve, "_is_default", False) and written.default_resolver is getattr:
        return Attribute(written.python_name)
    resolver = written.base_resolver
    if resolve is None or resolver is None or resolver.info_parameter is not None:
        raise Unplannable("resolver")  # it may ask where in the answer it stands, which a plan does not know
    return Resolver(resolve)
