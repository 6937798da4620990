"""Scalars and enums in generated code: the usual value costs one comparison, the rest a call.

Owns the shortcuts for GraphQL's own scalars and for enums. Each must accept nothing that graphql-core would answer
otherwise: the tests hold every one of them to it.
"""

from __future__ import annotations

from typing import Any

from graphql import GraphQLEnumType, GraphQLLeafType, specified_scalar_types

INT_MIN, INT_MAX = -(2**31), 2**31 - 1

_USUAL = {
    "String": "type({x}) is str",
    "ID": "type({x}) is str",
    "Boolean": "type({x}) is bool",
    "Int": f"type({{x}}) is int and {INT_MIN} <= {{x}} <= {INT_MAX}",
}
"""By scalar, when a value is its own answer."""


def usual(type_: GraphQLLeafType) -> str | None:
    """A condition on `{x}` under which a value of a scalar is its own answer; None if there is none."""
    return _USUAL.get(type_.name) if specified_scalar_types.get(type_.name) is type_ else None


def names_of(type_: GraphQLEnumType) -> dict[Any, str]:
    """The names of an enum's values, by everything that a resolver may return for them."""
    names: dict[Any, str] = {}
    for value in type_.values.values():
        wrapped = getattr(type_, "wrapped_cls", None)
        for said in (value.value, *([wrapped(value.value)] if wrapped is not None else [])):
            try:
                names[said] = type_.coerce_output_value(said)
            except Exception:
                continue  # nothing a resolver may return
    return names
