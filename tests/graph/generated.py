"""Documents over any schema, drawn by Hypothesis: fields by walking its types, and everything GraphQL lets one say.

They are valid by construction: a response key means one field with one set of arguments wherever it stands, fragments
stand only where their type may, variables are declared as the type they stand for. Hypothesis draws a size and a seed,
not every word: that would take longer than running the document. So it looks for the smallest size that fails.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    OperationType,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_required_argument,
    is_required_input_field,
)
from graphql.utilities import do_types_overlap
from hypothesis import strategies as st

from engine.limits import FieldCost

T = TypeVar("T")
META = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
ALIASES = ("a", "b", "a_2", "run", "plan", "x", "answer", "holder", "str", "list", "type", "class", "None", "_")
"""What fields are called: names that generated code could mistake for its own."""
TEXTS = ("", "x", 'é"\\\n', "0")
SCALARS: dict[str, tuple[Any, ...]] = {"Int": (1, 0, 2, -1, 7), "Float": (0.5, 2, -1e3), "Boolean": (True, False)}
WIDTH = 7
"""The most selections of one set."""
LIST, INTROSPECTED = 3, 10
"""How many items a list is taken for that does not say; those of introspection may be inside each other but twice."""


class Name(str):
    """An enum's value: a name in the document, a text in the variables."""


def _nothing(*_args: Any) -> Any:
    return None


def _anything(*_args: Any) -> bool:
    return True


@dataclass(frozen=True)
class Words:
    """What documents are made of.

    `may`: whether a type's field is asked. `values`: what an argument of a field is given, None to go by its type.
    `kind_of`: the type that an argument's value leads to, if it leads to one. `likely`: the types most often met behind
    an abstract one. `objects`: how many stand at one place.
    """

    may: Callable[[str, str], bool] = _anything
    values: Callable[[str, str, str], Sequence[Any] | None] = _nothing
    kind_of: Callable[[Any], str | None] = _nothing
    likely: Mapping[str, Sequence[str]] = field(default_factory=dict)
    depth: int = 6
    fields: int = 40
    objects: int = 100


@dataclass(frozen=True)
class Written:
    """A document of one operation, and the variables it is asked with."""

    text: str
    variables: dict[str, Any]


def documents(
    schema: GraphQLSchema, words: Words, kind: OperationType = OperationType.QUERY
) -> st.SearchStrategy[Written]:
    """Operations of a kind over `schema`."""
    types = _Types(schema, words)

    def written(size: int, seed: int) -> Written:
        return _Writer(types, Random(seed), size).document(kind)

    return st.builds(written, st.integers(1, words.fields), st.integers(0, 2**64 - 1))


class _Types:
    """What may stand where in a schema, found out once."""

    def __init__(self, schema: GraphQLSchema, words: Words) -> None:
        self.schema, self.words = schema, words
        self._fields: dict[str, tuple[list[Any], list[Any]]] = {}
        self._conditions: dict[str, list[GraphQLNamedType]] = {}

    def fields(self, parent: GraphQLNamedType) -> tuple[list[Any], list[Any]]:
        """The leaves of a type that may be asked, and the other fields, each a name and its definition."""
        found = self._fields.get(parent.name)
        if found is None:
            fields = dict(parent.fields) if is_object_type(parent) or is_interface_type(parent) else {}
            if parent is self.schema.query_type:
                fields.update(META)
            may = [(name, made) for name, made in fields.items() if self.words.may(parent.name, name)]
            found = self._fields[parent.name] = (
                [(name, made) for name, made in may if not is_composite_type(get_named_type(made.type))],
                [(name, made) for name, made in may if is_composite_type(get_named_type(made.type))],
            )
        return found

    def conditions(self, parent: GraphQLNamedType) -> list[GraphQLNamedType]:
        """The types whose fragments may stand on `parent`."""
        found = self._conditions.get(parent.name)
        if found is None:
            found = self._conditions[parent.name] = [
                kind
                for kind in self.schema.type_map.values()
                if is_composite_type(kind) and is_composite_type(parent) and do_types_overlap(self.schema, kind, parent)
            ]
        return found


@dataclass(frozen=True)
class _Place:
    """Where a selection stands: at which level, for how many objects; `kinds` are types likely to be met there."""

    level: int
    objects: int
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Fragment:
    name: str
    type: GraphQLNamedType
    place: _Place
    text: str


@dataclass
class _Writer:
    types: _Types
    random: Random
    left: int
    keys: dict[str, Any] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    fragments: list[_Fragment] = field(default_factory=list)
    named: int = 0

    def pick(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def rarely(self, times: int) -> bool:
        """Once in so many times."""
        return self.random.randrange(times) == 0

    # ── selections ────────────────────────────────────────────────────────────────────────────────────────────────────
    def document(self, kind: OperationType) -> Written:
        root = self.types.schema.get_root_type(kind)
        assert root is not None
        body = self.selections(root, _Place(1, 1))
        declared = f"({' '.join(self.declared.values())})" if self.declared else ""
        return Written(
            " ".join([f"{kind.value} {declared}{body}", *(each.text for each in self.fragments)]), self.given
        )

    def selections(self, parent: GraphQLNamedType, place: _Place) -> str:
        parts: list[str] = []
        asked: set[str] = set()
        while not parts or (self.left > 0 and len(parts) < WIDTH and not self.rarely(WIDTH)):
            part = self.selection(parent, place, asked)
            if part is None:
                break
            parts.append(part)
        return f"{{{' '.join(parts or ['__typename'])}}}"

    def selection(self, parent: GraphQLNamedType, place: _Place, asked: set[str]) -> str | None:
        """A field, mostly one that is not among the `asked`, or a fragment; None if there is nothing more to ask."""
        if "__typename" not in asked and self.rarely(15):
            asked.add("__typename")
            return f"{self.key('__typename', ())}__typename{self.directive()}"
        if self.rarely(15):
            return f"...{self.directive()}{self.selections(parent, place)}"
        if self.rarely(12):
            return f"...{self.fragment(parent, place)}{self.directive()}"
        if self.rarely(2 if is_abstract_type(parent) else 12):
            condition = self.condition(parent, place)
            return f"... on {condition.name}{self.directive()}{self.selections(condition, place)}"
        return self.field(parent, place, asked)

    def condition(self, parent: GraphQLNamedType, place: _Place) -> GraphQLNamedType:
        """A type whose fragments may stand on `parent`."""
        schema = self.types.schema
        kinds = place.kinds or self.types.words.likely.get(parent.name, ())
        if kinds and is_abstract_type(parent) and not self.rarely(4):
            likely = schema.get_type(self.pick(kinds))
            if is_object_type(likely) and schema.is_sub_type(parent, likely):
                return likely
        return self.pick(self.types.conditions(parent))

    def fragment(self, parent: GraphQLNamedType, place: _Place) -> str:
        """The name of a fragment that may stand here: one that is there already, or a new one."""
        fitting = [
            each
            for each in self.fragments
            if each.place.level >= place.level
            and each.place.objects >= place.objects
            and each.type in self.types.conditions(parent)
        ]
        if fitting and self.rarely(2):
            return self.pick(fitting).name
        condition = self.condition(parent, place)
        self.named += 1
        name = f"F{self.named}"
        text = f"fragment {name} on {condition.name} {self.selections(condition, place)}"
        self.fragments.append(_Fragment(name, condition, place, text))
        return name

    def field(self, parent: GraphQLNamedType, place: _Place, asked: set[str]) -> str | None:
        leaves, others = self.types.fields(parent)
        room = self.types.words.objects // place.objects if place.level < self.types.words.depth else 0
        leaves = [each for each in leaves if each[0] not in asked or self.rarely(10)]
        others = [each for each in others if each[0] not in asked or self.rarely(10)]
        others = [each for each in others if self.size(parent, each[1], ()) <= room]
        if self.left <= 0 or not (leaves or others):
            return None
        shallow = leaves and (not others or self.rarely(4 if place.level < 3 else 2))
        name, definition = self.pick(leaves if shallow else others)
        self.left -= 1
        asked.add(name)
        arguments, values = self.arguments(parent, name, definition)
        below = get_named_type(definition.type)
        key = self.key(name, (name, arguments, str(definition.type)))
        said = f"{key}{name}{arguments}{self.directive()}"
        if not is_composite_type(below):
            return said
        kinds = tuple(kind for value in values for kind in self.kinds(value))
        objects = place.objects * max(1, self.size(parent, definition, values))
        return said + self.selections(below, _Place(place.level + 1, objects, kinds))

    def kinds(self, value: Any) -> list[str]:
        found = [self.types.words.kind_of(one) for one in (value if isinstance(value, list) else [value])]
        return [kind for kind in found if kind is not None]

    def size(self, parent: GraphQLNamedType, definition: GraphQLField, values: Sequence[Any]) -> int:
        """For how many objects a field's selection is answered, each time."""
        cost = definition.extensions.get("cost")
        if isinstance(cost, FieldCost) and cost.slicing:
            sizes = [len(value) if isinstance(value, list) else value for value in values if type(value) in (int, list)]
            return max(sizes, default=1)
        if isinstance(cost, FieldCost) and cost.assumed is not None:
            return cost.assumed
        if not is_list_type(get_nullable_type(definition.type)):
            return 1
        return INTROSPECTED if parent.name.startswith("__") else LIST

    def key(self, name: str, content: Any) -> str:
        """An alias with its colon, or nothing: a response key has one content in the whole document."""
        key = self.pick(ALIASES) if self.rarely(6) else name
        while self.keys.setdefault(key, content) != content:
            key += "_"
        return "" if key == name else f"{key}: "

    def directive(self) -> str:
        if not self.rarely(8):
            return ""
        name, skipped = self.pick(("include", "skip")), self.rarely(4)
        value = skipped if name == "skip" else not skipped
        said = self.variable(GraphQLNonNull(GraphQLBoolean), value) if self.rarely(2) else json.dumps(value)
        return f" @{name}(if: {said})"

    # ── arguments ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def arguments(self, parent: GraphQLNamedType, name: str, definition: GraphQLField) -> tuple[str, list[Any]]:
        """A field's arguments as they stand in the document, and their values."""
        cost = definition.extensions.get("cost")
        slicing = cost.slicing if isinstance(cost, FieldCost) else ()
        said, values = [], []
        for called, argument in definition.args.items():
            if called not in slicing and not is_required_argument(argument) and not self.rarely(3):
                continue
            value = self.value(parent.name, name, called, argument)
            values.append(value)
            said.append(f"{called}: {self.literal(value, argument.type)}")
        return f"({', '.join(said)})" if said else "", values

    def value(self, parent: str, name: str, called: str, argument: GraphQLArgument) -> Any:
        pool = self.types.words.values(parent, name, called)
        if pool is None:
            return self.input(argument.type)
        if is_list_type(get_nullable_type(argument.type)):
            return [self.pick(pool) for _ in range(self.random.randrange(4))]
        return self.pick(pool)

    def input(self, kind: GraphQLInputType) -> Any:
        """A value of an input type."""
        if is_non_null_type(kind):
            return self.input_of(kind.of_type)
        return None if self.rarely(5) else self.input_of(kind)

    def input_of(self, kind: Any) -> Any:
        if is_list_type(kind):
            return [self.input(kind.of_type) for _ in range(self.random.randrange(3))]
        if is_enum_type(kind):
            return Name(self.pick(tuple(kind.values)))
        if is_input_object_type(kind):
            return {
                name: self.input(entry.type)
                for name, entry in kind.fields.items()
                if is_required_input_field(entry) or self.rarely(3)
            }
        return self.pick(self.types.words.values("", kind.name, "") or SCALARS.get(kind.name, TEXTS))

    def literal(self, value: Any, kind: Any) -> str:
        """A value as it stands in the document; it, or any part of it, may be a variable."""
        if self.rarely(4):
            return self.variable(kind, value)
        return _said(value, kind, self.literal)

    def variable(self, kind: Any, value: Any) -> str:
        """A variable of the type: given, or by its default."""
        name = f"v{len(self.declared)}"
        self.declared[name] = f"${name}: {kind}"
        if self.rarely(4) and not (value is None and is_non_null_type(kind)):
            self.declared[name] += f" = {_said(value, kind, _constant)}"
        else:
            self.given[name] = value
        return f"${name}"


def _said(value: Any, kind: Any, inner: Callable[[Any, Any], str]) -> str:
    """A value as it stands in the document; `inner` says its parts."""
    kind = get_nullable_type(kind)
    if isinstance(value, list):
        return f"[{', '.join(inner(one, kind.of_type if is_list_type(kind) else kind) for one in value)}]"
    if isinstance(value, dict):
        parts = {name: kind.fields[name].type if is_input_object_type(kind) else kind for name in value}
        return f"{{{', '.join(f'{name}: {inner(value[name], part)}' for name, part in parts.items())}}}"
    return value if isinstance(value, Name) else json.dumps(value)


def _constant(value: Any, kind: Any) -> str:
    return _said(value, kind, _constant)
