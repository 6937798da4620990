"""A field's arguments: read from the document once, and from the variables of each request as little as possible.

Owns the shortcut for arguments that are scalars and enums, given as literals or as variables, which Strawberry hands to
the resolver as graphql-core coerced them. Everything else goes the way it goes in the reference executor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    VariableNode,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.relay import GlobalID
from strawberry.types.arguments import StrawberryArgument, convert_arguments
from strawberry.types.base import StrawberryContainer, StrawberryMaybe
from strawberry.types.field import StrawberryField

from engine.answering import EXTENSION
from engine.plan.tree import ArgumentsOf

_NONE: Mapping[str, Any] = {}
_NO_VARIABLES = VariableValues({}, {})


def no_arguments(_variables: VariableValues) -> Mapping[str, Any]:
    """The arguments of a field that has none."""
    return _NONE


class Arguments:
    """Reads arguments as `schema` means them."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._converter = schema.schema_converter

    def of(self, definition: GraphQLField, node: FieldNode) -> ArgumentsOf:
        """The arguments of `node`, as the field's function takes them."""
        if not definition.args:
            return no_arguments
        written = definition.extensions.get("strawberry-definition")
        if EXTENSION not in definition.extensions or not isinstance(written, StrawberryField):
            return lambda variables: get_argument_values(definition, node, variables)  # a resolver converts its own
        names = {self._converter.config.name_converter.from_argument(each): each for each in written.arguments}
        general = self._general(definition, node, written)
        if any(not _is_plain(argument, names[name]) for name, argument in definition.args.items()):
            return general
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        from_variables = {name: value for name, value in given.items() if isinstance(value, VariableNode)}
        if any(isinstance(value, ListValueNode | ObjectValueNode) for value in given.values()):
            return general  # a scalar's, which may have variables in it
        rest = FieldNode(  # what no request changes
            name=node.name, arguments=tuple(a for a in node.arguments or () if a.name.value not in from_variables)
        )
        return self._plain(definition, rest, from_variables, names, general)

    def _general(self, definition: GraphQLField, node: FieldNode, written: StrawberryField) -> ArgumentsOf:
        converter = self._converter

        def read(variables: VariableValues) -> Mapping[str, Any]:
            return convert_arguments(
                get_argument_values(definition, node, variables),
                written.arguments,
                scalar_registry=converter.scalar_registry,
                config=converter.config,
            )

        return read

    @staticmethod
    def _plain(
        definition: GraphQLField,
        rest: FieldNode,
        from_variables: Mapping[str, VariableNode],
        names: Mapping[str, StrawberryArgument],
        general: ArgumentsOf,
    ) -> ArgumentsOf:
        others = {name: argument for name, argument in definition.args.items() if name not in from_variables}
        try:
            fixed = get_argument_values(_only(definition, others), rest, _NO_VARIABLES)
        except GraphQLError:
            return general  # the client's mistake, to be told when it runs
        if any(isinstance(value, dict | list) for value in fixed.values()):
            return general  # each request has its own: whom they are given may change them
        fixed = {names[name].python_name: value for name, value in fixed.items()}
        if not from_variables:
            return lambda _variables: fixed
        wanted = [
            (names[name].python_name, value.name.value, is_non_null_type(definition.args[name].type))
            for name, value in from_variables.items()
        ]

        given = {names[name].python_name for name in from_variables}
        in_order = [names[name].python_name for name in definition.args]  # in which they are looked into: the first
        every = {name: fixed.get(name) for name in in_order if name in fixed or name in given}  # mistake is told

        def read(variables: VariableValues) -> Mapping[str, Any]:
            coerced = variables.coerced
            values = dict(every)
            for python_name, variable, nonnull in wanted:
                if variable not in coerced or (nonnull and coerced[variable] is None):
                    return general(variables)  # a default, or a mistake
                values[python_name] = coerced[variable]
            return values

        return read


def _only(definition: GraphQLField, arguments: dict[str, GraphQLArgument]) -> GraphQLField:
    return GraphQLField(definition.type, args=arguments)


def _is_plain(argument: GraphQLArgument, written: StrawberryArgument) -> bool:
    """Whether what graphql-core coerces is what the function takes."""
    kind: Any = argument.type
    if is_non_null_type(kind):
        kind = kind.of_type
    return is_leaf_type(kind) and not _is_wrapped(written.type)


def _is_wrapped(kind: Any) -> bool:
    if isinstance(kind, StrawberryMaybe):
        return True
    return _is_wrapped(kind.of_type) if isinstance(kind, StrawberryContainer) else kind is GlobalID
