"""A type that is known by the class of its objects alone."""

from typing import Any

from tests.engine.edges import of_class


class NestRow:
    """A nest."""

    def __init__(self, number: int) -> None:
        self.number, self.name = number, f"Nest {number}"


@of_class(NestRow)
class Nest:
    number: int
    name: str


NESTS = [NestRow(number) for number in range(8)]


def laid(row: Any) -> list[Any]:
    """Two nests, of which the second is what it should be for every fourth row only."""
    return [NESTS[0], (NESTS[1], row, None, ValueError("an egg"))[row.number % 4]]
