"""How a field says that it is answered: the two ways that a plan can run without asking per object; and types likewise.

A field carries one of these in `field.extensions["answering"]`. A field without one is read as an attribute where
Strawberry would do the same, and otherwise left to the reference executor. It owns the contract only: the reference
reaches the same functions through the field's resolver, the plan directly.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EXTENSION = "answering"
"""The key in a field's extensions."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A field that is a pure function of its object: no context, no waiting, the same answer for the same object."""

    function: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Batched:
    """A field that is answered for all its objects at once.

    `function`: (objects, context, **arguments) → one value for each object, in their order. A value that is an
    exception is that object's error; one that is raised is everybody's. A root field has one object, which is nothing.
    `parse`: by the argument's name in Python, how what the client gave becomes what the function takes.
    """

    function: Callable[..., Awaitable[Sequence[Any]]]
    parse: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    async def values(self, objects: Sequence[Any], context: Any, arguments: Mapping[str, Any]) -> Sequence[Any]:
        """The values for `objects`. Raises whatever `parse` and `function` raise."""
        parse = self.parse
        if parse:
            arguments = {name: parse[name](value) if name in parse else value for name, value in arguments.items()}
        return await self.function(objects, context, **arguments)


@dataclass(frozen=True, slots=True)
class ByClass:
    """An `is_type_of` that asks for nothing but the object's class, so that a plan asks about each class once."""

    is_type_of: Callable[[Any, Any], bool]

    def __call__(self, value: Any, info: Any) -> bool:
        """Whether a value is of the type."""
        return self.is_type_of(value, info)
