"""A request's variables, coerced as graphql-core does: what the document says of them is looked up once.

Owns the usual case, values that are there and right. Defaults, missing values and mistakes are graphql-core's own to
judge, in its own words.
"""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.utilities import coerce_input_value

_Leaf = tuple[str, GraphQLVariableSignature, Any, bool]


class Coercion:
    """Coerces the variables of one operation over one schema; `max_errors` are told of its mistakes."""

    __slots__ = ("_definitions", "_leaves", "_max_errors", "_schema")

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode, max_errors: int) -> None:
        self._schema, self._max_errors = schema, max_errors
        self._definitions = operation.variable_definitions or ()
        signatures = [get_variable_signature(schema, definition) for definition in self._definitions]
        leaves = [_leaf(each) for each in signatures]
        # An input object may nest deeper than Python bears, a list may be many errors: graphql-core sees to that.
        usual = [each for each in leaves if each is not None]
        self._leaves = usual if len(usual) == len(leaves) else None

    def of(self, raw: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        """The coerced values, or what is wrong with them."""
        return self._usual(raw) or get_variable_values(
            self._schema, self._definitions, raw, max_errors=self._max_errors
        )

    def _usual(self, raw: dict[str, Any]) -> VariableValues | None:
        if self._leaves is None:
            return None
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, signature, leaf, nonnull in self._leaves:
            value = raw.get(name, Undefined)
            if value is Undefined:
                return None
            sources[name] = VariableValueSource(signature, value)
            if value is None:
                if nonnull:
                    return None
                coerced[name] = None
                continue
            found = coerce_input_value(value, leaf)
            if found is Undefined:
                return None
            coerced[name] = found
        return VariableValues(sources, coerced)


def _leaf(signature: GraphQLVariableSignature | GraphQLError) -> _Leaf | None:
    """A variable that is one scalar or enum: name, signature, type, whether null is a mistake."""
    if isinstance(signature, GraphQLError):
        return None
    kind: Any = signature.type
    nonnull = is_non_null_type(kind)
    if nonnull:
        kind = kind.of_type
    return (signature.name, signature, kind, nonnull) if is_leaf_type(kind) else None
