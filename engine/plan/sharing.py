"""What types of one value have in common: which are asked the same, and which edges are asked for several at once.

Equal here means: the same places in the document, answered by the same functions with the same arguments. It writes no
source.
"""

from __future__ import annotations

from typing import Any

from engine.answering import Batched, Computed
from engine.plan.tree import Abstract, Field, Leaf, Object, Shape, Value


class Common:
    """The batched edges that several cases of a value have in common: asked once for the objects of all of them."""

    def __init__(self, cases: list[Shape]) -> None:
        self._cases: dict[Any, tuple[int, ...]] = {}
        for place, shape in enumerate(cases):
            for field in shape.fields:
                if isinstance(field.source, Batched):
                    known = asked_of_field(field)
                    self._cases[known] = (*self._cases.get(known, ()), place)
        self.lists: dict[tuple[int, ...], tuple[str, str]] = {}
        """The lists of objects and answers, by the cases that share them."""

    def cases_of(self, field: Field) -> tuple[int, ...]:
        """The cases that share an edge; none where it is one case's own."""
        cases = self._cases.get(asked_of_field(field), ())
        return cases if len(cases) > 1 else ()


def asked_of(shape: Shape) -> Any:
    """What is asked of an object of this shape, its type aside: equal where two types can be one case."""
    return tuple(asked_of_field(field) for field in shape.fields)


def asked_of_field(field: Field) -> Any:
    """What is asked of a field, whichever type it is of."""
    arguments = tuple(
        (name, str(argument.type), repr(argument.default), repr(argument.default_value))
        for name, argument in field.definition.args.items()
    )
    return field.key, _said_by(field), arguments, tuple(map(id, field.nodes)), _kind(field.value)


def _said_by(field: Field) -> Any:
    source = field.source
    return id(source) if isinstance(source, Batched | Computed) else source


def _kind(value: Value) -> Any:
    if isinstance(value, Leaf):
        return (value.nonnull, value.type.name)
    if isinstance(value, Object):
        return (value.nonnull, value.shape.type.name, asked_of(value.shape))
    if isinstance(value, Abstract):
        return (value.nonnull, value.type.name, tuple(asked_of(shape) for shape in value.shapes.values()))
    return (value.nonnull, "list", _kind(value.item))
