"""The cost of an operation as a function of its variables, compiled once per document.

The cost of a selection is linear in the sizes above it, so a fragment's cost is computed once and reused wherever it is
spread. What depends on no variable is folded into a number; each list whose size is a variable becomes one step of a
straight-line program. Evaluating it takes one pass over those steps, however often fragments repeat them.

A leaf costs a part of a unit. Everything is counted in parts and rounded up once, when all of it is known: rounded for
each object, a few leaves would be free, and there may be thousands of such objects.

Source: IBM GraphQL Cost Directives; Cha et al., "A Principled Approach to GraphQL Query Cost Analysis" (2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
)

from engine.facts import Facts

CEILING = 10**9
"""Parts saturate here, so that a hostile document cannot make the arithmetic itself expensive."""

_INT_DIGITS = 10
"""Longer literals are beyond Int and are counted as the field's maximum without being converted."""


@dataclass(frozen=True, slots=True)
class Size:
    """Children of one field: from literals (`fixed`, None if there are none) and from variables."""

    fixed: int | None
    variables: tuple[tuple[str, bool], ...]
    default: int
    maximum: int

    def of(self, variables: Mapping[str, Any], defaults: Mapping[str, ValueNode]) -> int:
        """Children under these `variables`; `defaults` are those that the operation declares."""
        counts = [] if self.fixed is None else [self.fixed]
        for name, is_list in self.variables:
            if name in variables:
                count = _count_value(variables[name], is_list, self.maximum)
            else:
                literal = defaults.get(name)
                count = None if literal is None else _count_literal(literal, is_list, self.maximum)
            if count is not None:
                counts.append(count)
        return max(0, min(max(counts), self.maximum)) if counts else self.default


def size_of(node: FieldNode, facts: Facts) -> int | Size:
    """Children of the field at `node`: a number where the document settles it, else a `Size`."""
    if not facts.slicing:
        return facts.size
    given = {a.name.value: a.value for a in node.arguments or ()}
    fixed: int | None = None
    variables: list[tuple[str, bool]] = []
    for name, is_list in facts.slicing:
        value = given.get(name)
        if isinstance(value, VariableNode):
            variables.append((value.name.value, is_list))
        elif value is not None and (count := _count_literal(value, is_list, facts.maximum)) is not None:
            fixed = count if fixed is None else max(fixed, count)
    size = Size(fixed, tuple(variables), facts.size, facts.maximum)
    return size if variables else size.of({}, {})


def _count_literal(value: ValueNode, is_list: bool, maximum: int) -> int | None:
    if isinstance(value, NullValueNode):
        return None
    if is_list:
        return len(value.values) if isinstance(value, ListValueNode) else 1
    if isinstance(value, IntValueNode) and len(value.value) <= _INT_DIGITS:
        return int(value.value)
    return maximum


def _count_value(value: Any, is_list: bool, maximum: int) -> int | None:
    if value is None:
        return None
    if is_list:
        return len(value) if isinstance(value, list) else 1
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(min(max(value, 0), maximum))
    return maximum


@dataclass(slots=True)
class Cost:
    """In parts: constant + Σ times × value of a step; `terms` maps the step's index to the times."""

    constant: int = 0
    terms: dict[int, int] = field(default_factory=dict)

    def add(self, other: Cost, times: int = 1) -> None:
        """Add `times` × `other`."""
        self.constant = min(CEILING, self.constant + times * other.constant)
        if times:
            for step, count in other.terms.items():
                self.terms[step] = min(CEILING, self.terms.get(step, 0) + times * count)

    def evaluate(self, values: list[int]) -> int:
        """The number, given the value of every step."""
        return min(CEILING, self.constant + sum(count * values[step] for step, count in self.terms.items()))


class CostProgram:
    """The steps of one document: value = size × cost below, in an order in which a step needs only earlier ones.

    `parts`: how many make a cost unit.
    """

    __slots__ = ("_parts", "_steps")

    def __init__(self, parts: int) -> None:
        self._parts = parts
        self._steps: list[tuple[Size, Cost]] = []

    def __len__(self) -> int:
        return len(self._steps)

    def field(self, weight: int, size: int | Size, below: Cost) -> Cost:
        """The cost of a field of this `weight`, in units, with `size` times what is selected `below` it."""
        cost = Cost(weight * self._parts)
        if isinstance(size, int):
            cost.add(below, size)
        elif below.constant or below.terms:
            cost.terms[len(self._steps)] = 1
            self._steps.append((size, below))
        return cost

    def evaluate(self, cost: Cost, declared: tuple[VariableDefinitionNode, ...], variables: Mapping[str, Any]) -> int:
        """The cost under these `variables`, in units, a begun one counted whole."""
        return -(-self._count(cost, declared, variables) // self._parts)

    def _count(self, cost: Cost, declared: tuple[VariableDefinitionNode, ...], variables: Mapping[str, Any]) -> int:
        if not cost.terms:
            return cost.constant
        defaults = {d.variable.name.value: d.default_value for d in declared if d.default_value is not None}
        values: list[int] = []
        for size, below in self._steps:
            values.append(min(CEILING, size.of(variables, defaults) * below.evaluate(values)))
        return cost.evaluate(values)
