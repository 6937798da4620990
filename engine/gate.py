"""The gate: what a document may be, what an operation may cost and who may ask it, decided before anything runs.

Owns one walk over a parsed document, linear in its size: fragments are walked once and remembered, whatever spreads
them. It runs before validation, which is slower than linear, and so has to bear documents that are not valid: unknown
fields count as leaves or as objects, unknown fragments as nothing; validation names them afterwards.

Does not check types, names or values, and does not read the request's variables except to evaluate a cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from engine.cost import CEILING, Cost, CostProgram, size_of
from engine.facts import Audience, FactBook, Facts, Realm
from engine.limits import Limits

Path = tuple[str, ...]
"""Response keys from the operation down to a field."""


class LimitError(GraphQLError):
    """The document breaks a limit. `limit` is the field of `Limits` by its name."""

    def __init__(self, limit: str, actual: int | None, maximum: int) -> None:
        """`actual` is None where counting stopped at the limit."""
        self.limit = limit
        count = "" if actual is None else f" of {min(actual, CEILING)}"
        super().__init__(
            f"The document is too complex: {limit.replace('_', ' ')}{count} exceeds {maximum}.",
            extensions={"code": "QUERY_TOO_COMPLEX", "limit": limit, "maximum": maximum},
        )


@dataclass(slots=True)
class Usage:
    """What a selection uses, its fragments expanded."""

    depth: int = 0
    width: int = 0
    """Fields on this level alone."""
    selections: int = 0
    aliases: int = 0
    directives: int = 0
    overlaps: int = 0
    introspection_depth: int = 0
    introspection_lists: int = 0
    introspection_selections: int = 0
    demands: dict[Audience, Path] = field(default_factory=dict)
    """Each audience that has to admit the reader, with the first path that needs it, in document order."""
    switches: set[str] = field(default_factory=set)
    """The names of the variables that `@skip` and `@include` ask for."""
    cost: Cost = field(default_factory=Cost)

    def absorb(self, other: Usage) -> None:
        """Add what a fragment uses in place."""
        self.depth = max(self.depth, other.depth)
        self.introspection_depth = max(self.introspection_depth, other.introspection_depth)
        self.width = min(CEILING, self.width + other.width)
        self._count(other)
        for audience, path in other.demands.items():
            self.demands.setdefault(audience, path)
        self.cost.add(other.cost)

    def absorb_field(self, key: str, facts: Facts, below: Usage, cost: Cost) -> None:
        """Add a field with response key `key` and what is selected `below` it."""
        data, inner = facts.realm is Realm.DATA, facts.realm is Realm.INTROSPECTION
        self.depth = max(self.depth, below.depth + (not inner))
        self.introspection_depth = max(self.introspection_depth, 0 if data else below.introspection_depth + 1)
        self.width += 1
        self.selections += not inner
        self.introspection_selections += not data
        self._count(below, facts.nests)
        for audience in facts.audiences:
            self.demands.setdefault(audience, (key,))
        for audience, path in below.demands.items():
            if audience not in self.demands:
                self.demands[audience] = (key, *path)
        self.cost.add(cost)

    def _count(self, other: Usage, nests: bool = False) -> None:
        self.selections = min(CEILING, self.selections + other.selections)
        self.aliases = min(CEILING, self.aliases + other.aliases)
        self.directives = min(CEILING, self.directives + other.directives)
        self.switches |= other.switches
        self.overlaps = min(CEILING, self.overlaps + other.overlaps)
        self.introspection_lists = max(self.introspection_lists, other.introspection_lists + nests)
        self.introspection_selections = min(CEILING, self.introspection_selections + other.introspection_selections)


_MEASURES = (
    "depth",
    "selections",
    "aliases",
    "directives",
    "overlaps",
    "introspection_depth",
    "introspection_lists",
    "introspection_selections",
)


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of an analysed document. `kind` is query, mutation or subscription."""

    name: str | None
    kind: str
    definition: OperationDefinitionNode
    usage: Usage
    program: CostProgram
    switches: tuple[str, ...] = ()
    """The names of the variables that `@skip` and `@include` ask for, its fragments' among them."""
    verdicts: dict[str, GraphQLError | None] = field(default_factory=dict)
    """Per actor class, of which there are a handful: see `Gate.forbidden`."""
    kept: dict[type, Any] = field(default_factory=dict)
    """What executors have made of it, one thing of each kind."""

    def cost(self, variables: Mapping[str, Any]) -> int:
        """Cost units under these raw variables."""
        return self.program.evaluate(self.usage.cost, tuple(self.definition.variable_definitions or ()), variables)

    @property
    def introspects(self) -> bool:
        """Whether it asks for `__schema` or `__type`."""
        return self.usage.introspection_depth > 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the walk found: the operations in document order, and how many nodes it visited."""

    operations: tuple[Operation, ...]
    visits: int


class Gate:
    """Analyses documents over one schema under one set of limits. Holds no state but what it knows of the schema."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self.schema = schema
        self.limits = limits
        self._facts = FactBook(schema, limits)

    def analyse(self, document: DocumentNode) -> Analysis:
        """Walk `document` once.

        Raises: `LimitError` if a limit is broken, whatever the variables; GraphQLError coded GRAPHQL_VALIDATION_FAILED
        if fragments spread each other in a circle.
        """
        walk = _Walk(self.schema, self.limits, self._facts, document)
        operations = []
        for definition in walk.operations:
            operation = walk.operation(definition)
            if not operation.usage.cost.terms:
                self._bound("cost", operation.cost({}))
            operations.append(operation)
        walk.remaining_fragments()  # unused ones are validated like any other
        return Analysis(tuple(operations), walk.visits)

    def too_dear(self, operation: Operation, variables: Mapping[str, Any]) -> GraphQLError | None:
        """The refusal of an operation whose cost under these raw `variables` exceeds the limit, else None."""
        if not operation.usage.cost.terms:  # settled when the document was analysed
            return None
        try:
            self._bound("cost", operation.cost(variables))
        except LimitError as error:
            return error
        return None

    def forbidden(self, operation: Operation, actor_class: str) -> GraphQLError | None:
        """FORBIDDEN with the first path that `actor_class` may never read, else None. Decided once per class."""
        try:
            return operation.verdicts[actor_class]
        except KeyError:
            verdict = None
            for audience, path in operation.usage.demands.items():
                if actor_class not in audience:
                    verdict = GraphQLError(
                        f"You may not read {'.'.join(path)}.", path=list(path), extensions={"code": "FORBIDDEN"}
                    )
                    break
            operation.verdicts[actor_class] = verdict
            return verdict

    def _bound(self, limit: str, actual: int) -> None:
        maximum = getattr(self.limits, limit)
        if actual > maximum:
            raise LimitError(limit, actual, maximum)


class _Walk:
    """One pass over one document."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, facts: FactBook, document: DocumentNode) -> None:
        self.schema = schema
        self.limits = limits
        self.facts = facts
        self.program = CostProgram(limits.leaves_per_unit)
        self.visits = 0
        self.operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        fragments = [d for d in document.definitions if isinstance(d, FragmentDefinitionNode)]
        self.bound("operations", len(self.operations))
        self.bound("fragments", len(fragments))
        self.fragments = {d.name.value: d for d in fragments}
        self.known: dict[str, Usage] = {}
        self.open: set[str] = set()

    def bound(self, limit: str, actual: int) -> None:
        maximum = getattr(self.limits, limit)
        if actual > maximum:
            raise LimitError(limit, actual, maximum)

    def operation(self, definition: OperationDefinitionNode) -> Operation:
        declared = definition.variable_definitions or ()
        self.bound("variables", len(declared))
        root = self.schema.get_root_type(definition.operation)
        usage = self.selection_set(definition.selection_set, root, 1)
        usage.directives += len(definition.directives or ()) + sum(len(v.directives or ()) for v in declared)
        self.check(usage)
        self.bound("root_fields", usage.width)
        name = definition.name.value if definition.name else None
        switches = tuple(sorted(usage.switches))
        return Operation(name, definition.operation.value, definition, usage, self.program, switches)

    def remaining_fragments(self) -> None:
        for name in self.fragments:
            self.check(self.fragment(name, 0))

    def check(self, usage: Usage) -> None:
        for measure in _MEASURES:
            self.bound(measure, getattr(usage, measure))

    def selection_set(self, node: SelectionSetNode, parent: GraphQLNamedType | None, level: int) -> Usage:
        self.bound("nesting", level)
        usage = Usage()
        self.selections(node, parent, level, usage, "", {})
        return usage

    def selections(
        self,
        node: SelectionSetNode,
        parent: GraphQLNamedType | None,
        level: int,
        usage: Usage,
        condition: str,
        seen: dict[tuple[str, str], int],
    ) -> None:
        """Add to `usage` what is selected. Inline fragments share `seen`: to validation they are one selection set."""
        for selection in node.selections:
            self.visits += 1
            if selection.directives:
                usage.directives += len(selection.directives)
                usage.switches.update(_switches(selection.directives))
            if isinstance(selection, FieldNode):
                self.field(selection, parent, level, usage, condition, seen)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                self.repeat(seen, "...", name)
                usage.absorb(self.fragment(name, level))
            elif isinstance(selection, InlineFragmentNode):
                self.bound("nesting", level + 1)
                named = selection.type_condition.name.value if selection.type_condition else condition
                self.repeat(seen, "... on", named)
                inner = self.schema.type_map.get(named) if selection.type_condition else parent
                self.selections(selection.selection_set, inner, level + 1, usage, named, seen)

    def field(
        self,
        node: FieldNode,
        parent: GraphQLNamedType | None,
        level: int,
        usage: Usage,
        condition: str,
        seen: dict[tuple[str, str], int],
    ) -> None:
        key = (node.alias or node.name).value
        self.repeat(seen, condition, key)
        if self.repeat(seen, "field", key, bounded=False) > 1:
            usage.overlaps += 1
        if node.alias:
            usage.aliases += 1
        facts = self.facts.of(parent, node.name.value)
        below = self.selection_set(node.selection_set, facts.type, level + 1) if node.selection_set else Usage()
        below.cost.constant += facts.item * self.limits.leaves_per_unit
        if facts.realm is Realm.DATA and facts.type is None:
            below.cost.constant += 1  # Leaves are cheap, not free: a list of them counts each.
        usage.absorb_field(key, facts, below, self.program.field(facts.weight, size_of(node, facts), below.cost))

    def repeat(self, seen: dict[tuple[str, str], int], scope: str, name: str, *, bounded: bool = True) -> int:
        times = seen[scope, name] = seen.get((scope, name), 0) + 1
        if bounded:
            self.bound("repeats", times)
        return times

    def fragment(self, name: str, level: int) -> Usage:
        usage = self.known.get(name)
        if usage is not None:
            return usage
        node = self.fragments.get(name)
        if node is None:
            return Usage()
        if name in self.open:
            raise GraphQLError(
                f"Cannot spread fragment '{name}' within itself.", extensions={"code": "GRAPHQL_VALIDATION_FAILED"}
            )
        self.open.add(name)
        parent = self.schema.type_map.get(node.type_condition.name.value)
        usage = self.selection_set(node.selection_set, parent, level + 1)
        usage.directives += len(node.directives or ())
        self.open.discard(name)
        self.known[name] = usage
        return usage


def _switches(directives: Iterable[DirectiveNode]) -> Iterator[str]:
    """The variables by which `@skip` and `@include` among the directives decide."""
    for directive in directives:
        if directive.name.value in ("skip", "include"):
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    yield argument.value.name.value
