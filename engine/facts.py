"""What the gate has to know of one field of the schema, looked up once and kept.

Owns the reading of `field.extensions["cost"]` and `field.extensions["audience"]`, of abstract types and of the
introspection fields. Does not look at documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_interface_type,
    is_list_type,
    is_object_type,
)

from engine.limits import FieldCost, Limits

Audience = frozenset[str]
"""Names of the actor classes that may ever read a field."""

NOBODY_AT_ALL: Audience = frozenset()
"""The audience of a field that declares none: deny by default."""

_INTROSPECTION_LISTS = frozenset({"types", "fields", "interfaces", "possibleTypes", "inputFields", "enumValues"})


class Realm(IntEnum):
    """Which budget a field counts against."""

    DATA = 0
    INTROSPECTION_ROOT = 1
    INTROSPECTION = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """One field as the gate sees it.

    `type`: the composite type below it, None for a leaf or an unknown field. `size`: children when nothing in the
    document says how many. `slicing`: (argument name, is it a list), `maximum`: most children. `audiences`: every one
    of them has to admit the reader; several when the parent is an interface. `item`: cost of each child itself.
    `nests`: counts as an introspection list.
    """

    type: GraphQLNamedType | None = None
    weight: int = 0
    size: int = 1
    slicing: tuple[tuple[str, bool], ...] = ()
    maximum: int = 1
    audiences: tuple[Audience, ...] = ()
    item: int = 0
    realm: Realm = Realm.DATA
    nests: bool = False


_TYPENAME = Facts()
_UNKNOWN = Facts(weight=1)


class FactBook:
    """The facts of every field of one schema, filled as documents ask for them: bounded by the schema's size."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._known: dict[tuple[str, str], Facts] = {}
        self._sized = self._types_sized_by_their_field()

    def of(self, parent: GraphQLNamedType | None, name: str) -> Facts:
        """The facts of field `name` selected on `parent`; None is a type that the schema does not have."""
        if name == "__typename":
            return _TYPENAME
        if parent is None:
            return _UNKNOWN
        facts = self._known.get((parent.name, name))
        if facts is None:
            facts = self._read(parent, name)
            if facts is not _UNKNOWN:  # invented names are without end, so they are not kept
                self._known[parent.name, name] = facts
        return facts

    def _read(self, parent: GraphQLNamedType, name: str) -> Facts:
        if parent is self._schema.query_type and name in ("__schema", "__type"):
            return Facts(
                type=self._schema.type_map["__Schema" if name == "__schema" else "__Type"],
                weight=self._limits.schema_cost if name == "__schema" else self._limits.type_cost,
                realm=Realm.INTROSPECTION_ROOT,
            )
        if not (is_object_type(parent) or is_interface_type(parent)):
            return _UNKNOWN
        field = parent.fields.get(name)
        if field is None:
            return _UNKNOWN
        below = get_named_type(field.type)
        composite = below if is_composite_type(below) else None
        if parent.name.startswith("__"):
            return Facts(type=composite, realm=Realm.INTROSPECTION, nests=name in _INTROSPECTION_LISTS)
        return self._data(parent, name, field, composite)

    def _data(
        self,
        parent: GraphQLObjectType | GraphQLInterfaceType,
        name: str,
        field: GraphQLField,
        composite: GraphQLNamedType | None,
    ) -> Facts:
        versions = [field]
        if is_interface_type(parent):
            versions += [t.fields[name] for t in self._schema.get_possible_types(parent)]
        audiences = tuple(dict.fromkeys(frozenset(v.extensions.get("audience", NOBODY_AT_ALL)) for v in versions))
        costs = [c for v in versions if isinstance(c := v.extensions.get("cost"), FieldCost)]
        cost = max(costs, key=lambda c: (c.maximum, c.weight)) if costs else None
        weight = cost.weight if cost else int(composite is not None)
        is_list = is_list_type(get_nullable_type(field.type))
        # The edges of a connection were sized where it was asked for, and each is counted by its field's own weight.
        item = int(is_list and composite is not None and parent.name not in self._sized)
        if cost and cost.slicing:
            given = [(arg, field.args[arg]) for arg in cost.slicing if arg in field.args]
            slicing = tuple((arg, is_list_type(get_nullable_type(argument.type))) for arg, argument in given)
            size = min(cost.default, cost.maximum)
            return Facts(composite, weight, size, slicing, cost.maximum, audiences, item)
        if cost and cost.assumed is not None:
            size = cost.assumed
        else:
            size = self._limits.list_size if is_list and parent.name not in self._sized else 1
        return Facts(composite, weight, size, audiences=audiences, item=item)

    def _types_sized_by_their_field(self) -> frozenset[str]:
        """Connections: `shelf(first: 100) { edges { … } }` is sized at `shelf`, so `edges` must not multiply again."""
        sized = set()
        for kind in self._schema.type_map.values():
            if not (is_object_type(kind) or is_interface_type(kind)) or kind.name.startswith("__"):
                continue
            for field in kind.fields.values():
                cost = field.extensions.get("cost")
                if isinstance(cost, FieldCost) and cost.slicing and not is_list_type(get_nullable_type(field.type)):
                    sized.add(get_named_type(field.type).name)
        return frozenset(sized)
