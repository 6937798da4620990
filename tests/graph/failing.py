"""Edges that fail: some objects' values are an error or null, the same ones in one document however it runs."""

from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

from domain.base import Unavailable
from engine.answering import Batched

ONE_IN = 20
"""Of so many values one is an error, and one is null."""


class Failing:
    """Takes the place of `Batched.values` and counts what it has spoilt."""

    def __init__(self) -> None:
        self.errors = self.nulls = 0
        self.document = ""
        """The document that runs: in each other things fail."""
        self._values = Batched.values

    def spoilt(self, value: Any, batched: Batched, one: Any, arguments: Mapping[str, Any]) -> Any:
        """What a field says of one object."""
        of = f"{self.document} {batched.function.__qualname__} {getattr(one, 'id', None)} {sorted(arguments.items())!r}"
        match crc32(of.encode()) % ONE_IN:
            case 0:
                self.errors += 1
                return Unavailable("It has failed.")
            case 1:
                self.nulls += 1
                return None
        return value

    def values(self) -> Any:
        """What to put there."""

        async def values(
            batched: Batched, objects: Sequence[Any], context: Any, arguments: Mapping[str, Any]
        ) -> list[Any]:
            found = await self._values(batched, objects, context, arguments)
            return [self.spoilt(value, batched, one, arguments) for one, value in zip(objects, found, strict=True)]

        return values
