"""The plan as a tree: what an operation asks of which type, and how each field is answered and completed.

Owns plain values only. `build` makes a tree out of an operation, `emit` writes Python out of a tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import FieldNode, GraphQLAbstractType, GraphQLField, GraphQLLeafType, GraphQLObjectType
from graphql.execution.values import VariableValues

from engine.answering import Batched, Computed

ArgumentsOf: TypeAlias = Callable[[VariableValues], Mapping[str, Any]]
"""A field's arguments under the variables of one request. Raises GraphQLError for those that cannot be."""


# ── how a value is completed ──────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar or an enum value."""

    nonnull: bool
    type: GraphQLLeafType


@dataclass(frozen=True, slots=True)
class Object:
    """An object whose type is known."""

    nonnull: bool
    shape: Shape


@dataclass(frozen=True, slots=True)
class Abstract:
    """An object whose type is known once it is there; `shapes` by the name of the type."""

    nonnull: bool
    type: GraphQLAbstractType
    shapes: Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    nonnull: bool
    item: Value


Value: TypeAlias = Leaf | Object | Abstract | Items


# ── where a value comes from ──────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Typename:
    """The name of the object's type."""

    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """The attribute of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Given:
    """What the plan is given to begin with: what a mutation's field has answered."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """A resolver of the schema, called for each object."""

    function: Callable[..., Any]


Source: TypeAlias = Typename | Attribute | Computed | Batched | Given | Resolver


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the answer, under the response name `key`. `nodes` are its places in the document."""

    key: str
    name: str
    parent: GraphQLObjectType
    definition: GraphQLField
    nodes: tuple[FieldNode, ...]
    source: Source
    arguments: ArgumentsOf
    value: Value


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked of an object of one type, in the order of the answer."""

    type: GraphQLObjectType
    fields: tuple[Field, ...]


# ── what goes wrong ───────────────────────────────────────────────────────────────────────────────────────────────────
class Unplannable(Exception):
    """The operation asks for something that plans do not run. `reason` is one of a few words, for the metrics."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Fallback(Exception):
    """The plan met what it leaves to the reference executor. `reason` is one of a few words, for the metrics."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
