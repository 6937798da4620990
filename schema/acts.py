"""What every mutation is made of: an input checked whole, and an answer that is what was made or why it was refused.

A mutation reads like an edge: one line with its input, its description and for whom it is. Its answer is a union of
what was made and of the refusals that the act knows. It owns no act of a centre.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import strawberry

from domain import base
from domain.access import Audience
from domain.base import BadId, Refused
from domain.wording import composed, fault_of
from engine.limits import FieldCost
from models.acts import MAX_KEY_CHARS
from models.base import MAX_CODE_CHARS
from resolvers.acts import Saved, Told
from resolvers.context import Context
from schema.base import PUBLIC, ROOT_AND_INFO, Argument, known_by, leaf, parse_id, taking

T = TypeVar("T")

ACT_WEIGHT: Final = 20
"""What an act costs beside what is asked of its answer."""
MAX_PROBLEMS: Final = 100
"""The most problems that are told of one input."""
FEW_PROBLEMS: Final = 5
"""What the gate counts the problems of one input, or of one row, as."""
FEW_ROWS: Final = 50
"""What the gate counts the rows of an answer as: how many come it cannot see, and what they lead to is read at once."""


def characters(most: int, least: int = 1) -> str:
    """How long a text may be, in the words of a description."""
    return f"{least} to {most} characters"


# ── inputs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
class Checking:
    """Gathers what is wrong with an input while it becomes a command. A wrong value stands as None until it is told."""

    def __init__(self, path: tuple[str | int, ...] = (), problems: list[base.Problem] | None = None) -> None:
        self._path = path
        self.problems: list[base.Problem] = [] if problems is None else problems

    def at(self, *path: str | int) -> "Checking":
        """The same, further inside."""
        return Checking((*self._path, *path), self.problems)

    def wrong(self, name: str, message: str) -> None:
        """Note a problem of the field `name`."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(base.Problem((*self._path, name), message))

    def id(self, name: str, text: str, *kinds: str) -> UUID:
        """The key in a global id of one of the kinds."""
        try:
            return parse_id(text, *kinds)[1]
        except BadId as error:
            self.wrong(name, error.message)
            return UUID(int=0)

    def optional_id(self, name: str, text: str | None, *kinds: str) -> UUID | None:
        """The same of one that may be left out."""
        return None if text is None else self.id(name, text, *kinds)

    def ids(self, name: str, texts: Sequence[str], most: int, *kinds: str, least: int = 0) -> tuple[UUID, ...]:
        """The keys in `least` to `most` global ids of the kinds."""
        if not self._few(name, texts, most, least):
            return ()
        each = self.at(name)
        return tuple(each.id(str(place), text, *kinds) for place, text in enumerate(texts))

    def text(self, name: str, text: str, most: int, least: int = 1, *, lines: bool = False, code: bool = False) -> str:
        """A text of `least` to `most` characters, as it is kept: of several lines, or one by which things are found."""
        text = composed(text)
        fault = fault_of(text, lines=lines, code=code)
        if not least <= len(text) <= most:
            fault = f"A text of {least} to {most} characters is expected."
        if fault is not None:
            self.wrong(name, fault)
        return text

    def optional_text(self, name: str, text: str | None, most: int, *, lines: bool = False) -> str | None:
        """The same of one that may be left out; what is given has one character at least."""
        return None if text is None else self.text(name, text, most, lines=lines)

    def code(self, name: str, text: str) -> str:
        """A code, number or tag, by which something is found."""
        return self.text(name, text, MAX_CODE_CHARS, code=True)

    def optional_code(self, name: str, text: str | None) -> str | None:
        """The same of one that may be left out."""
        return None if text is None else self.code(name, text)

    def codes(self, name: str, texts: Sequence[str], most: int, least: int = 0) -> tuple[str, ...]:
        """`least` to `most` of them, in their order."""
        if not self._few(name, texts, most, least):
            return ()
        each = self.at(name)
        return tuple(each.code(str(place), text) for place, text in enumerate(texts))

    def number(self, name: str, number: int, least: int, most: int) -> int:
        """A whole number from `least` to `most`."""
        if not least <= number <= most:
            self.wrong(name, f"A number from {least} to {most} is expected.")
        return number

    def rows(self, name: str, items: Sequence[Any], most: int = base.MAX_ROWS, least: int = 1) -> tuple[Any, ...]:
        """The commands of `least` to `most` rows, each for itself: one that is wrong is `Faulty`, the others stay."""
        if not least <= len(items) <= most:
            self.wrong(name, f"{least} to {most} rows are expected.")
            return ()
        found: list[Any] = []
        for place, item in enumerate(items):
            own = Checking((*self._path, name, place))
            made = item.to_command(own)
            found.append(
                base.Faulty(tuple((each.path, each.message) for each in own.problems)) if own.problems else made
            )
        return tuple(found)

    def each(self, name: str, items: Sequence[Any], most: int, least: int = 1) -> list[Any]:
        """The commands of `least` to `most` inputs."""
        if not self._few(name, items, most, least):
            return []
        return [item.to_command(self.at(name, place)) for place, item in enumerate(items)]

    def _few(self, name: str, items: Sequence[Any], most: int, least: int) -> bool:
        fits = least <= len(items) <= most
        if not fits:
            self.wrong(name, f"{least} to {most} are expected.")
        return fits


class Input(Protocol):
    """An input type of the graph."""

    def to_command(self, check: Checking) -> Any:
        """What it commands; what is wrong with it goes to `check`."""


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@strawberry.interface(description="Why an act was refused; nothing of it has happened (拒绝).")
class Refusal:
    """Its source is `resolvers.acts.Told`."""

    code: str = leaf(lambda told: told.refused.code, "The stable name of the reason (原因代码).", PUBLIC)
    message: str = leaf(lambda told: told.refused.message, "The reason in words (原因说明).", PUBLIC)


def refusal(of: type[Refused], description: str) -> Callable[[type[T]], type[T]]:
    """A refusal whose facts are the exception's."""

    def is_type_of(value: Any, _info: Any) -> bool:
        return isinstance(value, Told) and isinstance(value.refused, of)

    return partial(known_by, is_type_of=is_type_of, description=description)


def fact(name: str, description: str, size: int | None = None) -> Any:
    """A field that is the exception's attribute of that name; `size` is what the gate counts a list as."""
    cost = None if size is None else FieldCost(weight=1, assumed=size)
    return leaf(lambda told: getattr(told.refused, name), description, PUBLIC, cost=cost)


@refusal(base.CodeTaken, "Another of the kind has the code (编码已被占用).")
class CodeTaken(Refusal):
    """Whose it is is not said."""

    taken: str = fact("taken", "The code that is taken (编码).")


@refusal(base.LimitReached, "There are as many of the kind as there may be (数量已达上限).")
class LimitReached(Refusal):
    """With how many that is."""

    most: int = fact("most", "How many there may be (上限).")


@strawberry.type(description="What is wrong with one place of an input (输入问题).")
class Problem:
    """Its source is a `domain.base.Problem`."""

    path: list[str] = leaf(
        lambda problem: [str(step) for step in problem.path],
        "The way there, from `input` or `idempotencyKey` on; places count from 0 (路径).",
        PUBLIC,
    )
    message: str = leaf(lambda problem: problem.message, "What is expected (说明).", PUBLIC)


@refusal(base.InvalidInput, "The input cannot be meant (输入无效).")
class InvalidInput(Refusal):
    """All that is wrong at once."""

    problems: list[Problem] = fact("problems", "Every problem, at most 100 (问题).", FEW_PROBLEMS)


@refusal(base.KeyReused, "The idempotency key was used for something else (幂等键冲突).")
class KeyReused(Refusal):
    """Nothing was done."""


@refusal(base.NotAllowed, "Not for the viewer to do, or not there (无权操作).")
class NotAllowed(Refusal):
    """Whether it is there is not said."""


# ── many rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def saved(description: str) -> Callable[[type[T]], type[T]]:
    """What came of an act of many rows; its source is `resolvers.acts.Saved`."""

    def make(cls: type[T]) -> type[T]:
        return known_by(cls, lambda value, _info: isinstance(value, Saved), description)

    return make


def each_row(description: str) -> Any:
    """The field that lists what came of each row, in the order of the input."""

    cost = FieldCost(weight=1, assumed=FEW_ROWS)
    return leaf(lambda answer: answer.rows, description, PUBLIC, cost=cost)


def about(description: str) -> Any:
    """The field that tells what all rows are about."""
    return leaf(lambda answer: answer.about, description, PUBLIC)


# ── acts ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
Acting = Callable[[Context, str, Any], Awaitable[Any]]
"""Does an act: (context, idempotency key, command) → the row of what was made, or `Told`."""


_KEY: Final = Argument(
    str,
    f"The client's own name for this act, 1 to {MAX_KEY_CHARS} characters: asked again under it, it is "
    "done once (幂等键).",
    name="idempotencyKey",
).parameter("idempotency_key")


def act(function: Acting, takes: type[Input], description: str, audience: Audience) -> Any:
    """A mutation that does what its input commands, once under its key."""

    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> Any:
        check = Checking()
        key = check.text("idempotencyKey", given["idempotency_key"], MAX_KEY_CHARS)
        command = given["input"].to_command(check.at("input"))
        if check.problems:
            return Told(base.InvalidInput(check.problems))
        return await function(info.context, key, command)

    taking(resolve, [*ROOT_AND_INFO, Argument(takes, "What to do (输入).").parameter("input"), _KEY])
    return strawberry.mutation(
        resolver=resolve,
        description=description,
        metadata={"audience": audience, "cost": FieldCost(weight=ACT_WEIGHT)},
    )
