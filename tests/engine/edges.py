"""Fields as plans know them, on a schema of the tests' own: made from functions, with every kind of argument."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import Enum, IntEnum
from functools import partial
from typing import Annotated, Any, NewType

import strawberry
from aiodataloader import DataLoader
from graphql import GraphQLError, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.field import StrawberryField

from engine.answering import EXTENSION, Batched, ByClass, Computed
from tests.engine.small import EVERYBODY, KnownError

START = datetime(2026, 1, 1, tzinfo=UTC)
Moment = NewType("Moment", datetime)
Anything = NewType("Anything", object)
Pair = NewType("Pair", object)


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise GraphQLError("A moment is a text.")
    return datetime.fromisoformat(value)


def _pair(value: Any) -> Any:
    """What may not be changed from a list, what may from a text."""
    return tuple(value) if isinstance(value, list) else list(value)


def _same(value: Any) -> Any:
    return value


CONFIG = StrawberryConfig(
    scalar_map={
        Moment: strawberry.scalar(name="Moment", serialize=datetime.isoformat, parse_value=_moment),
        Anything: strawberry.scalar(name="Anything", serialize=_same, parse_value=_same),
        Pair: strawberry.scalar(name="Pair", serialize=list, parse_value=_pair),
    }
)


# ── how a field is answered ───────────────────────────────────────────────────────────────────────────────────────────
class Asking:
    """The context of one operation: what gathers the rows of a field for its batch, and the arguments that were given.

    `viewer` is whose operation it is.
    """

    def __init__(self, viewer: str = "nobody") -> None:
        self.viewer = viewer
        self.given: list[Any] = []
        self._gathering: dict[Any, DataLoader[Any, Any]] = {}

    def gatherer(self, key: Any, call: Callable[[list[Any]], Any]) -> DataLoader[Any, Any]:
        return self._gathering.setdefault(key, DataLoader(batch_load_fn=call, cache=False))


ROOT = object()


def edge(function: Callable[..., Awaitable[Sequence[Any]]], **parse: Callable[[Any], Any]) -> Any:
    """A field answered by `function` for all its rows at once; its keyword arguments are the field's."""
    batched = Batched(function, parse)

    async def call(info: Any, values: dict[str, Any], rows: list[Any]) -> list[Any]:
        return list(await batched.values(rows, info.context, values))

    async def resolve(root: Any, info: strawberry.Info, **values: Any) -> Any:
        nodes = info._raw_info.field_nodes
        gatherer = info.context.gatherer((id(batched), id(nodes[0])), partial(call, info, values))
        return await gatherer.load(ROOT if root is None else root)

    first = list(inspect.signature(resolve).parameters.values())[:2]
    own = list(inspect.signature(function).parameters.values())[2:]
    resolve.__signature__ = inspect.Signature([*first, *own])  # type: ignore[attr-defined]  # Strawberry reads it
    return strawberry.field(resolver=resolve, metadata={EXTENSION: batched})


def each(answer: Callable[[Any], Any]) -> Any:
    """An edge without arguments: `answer` for each row."""

    async def function(rows: Sequence[Any], _context: Asking) -> Sequence[Any]:
        return [answer(row) for row in rows]

    return edge(function)


def computed(function: Callable[[Any], Any]) -> Any:
    """A field that is a function of its row."""

    def resolve(root: Any) -> Any:
        return function(root)

    parameter = inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    resolve.__signature__ = inspect.Signature([parameter])  # type: ignore[attr-defined]  # it has no annotations
    return strawberry.field(resolver=resolve, metadata={EXTENSION: Computed(function)})


def of_kind(kind: str) -> Callable[[type], type]:
    """A type whose values are the rows of a kind."""

    def make(cls: type) -> type:
        cls.is_type_of = staticmethod(lambda value, _info: getattr(value, "kind", None) == kind)  # type: ignore[attr-defined]  # read by Strawberry
        return strawberry.type(cls)

    return make


def of_class(row: type) -> Callable[[type], type]:
    """A type whose values are the instances of a class, and says so."""

    def make(cls: type) -> type:
        cls.is_type_of = staticmethod(ByClass(lambda value, _info: isinstance(value, row)))  # type: ignore[attr-defined]  # read by Strawberry
        return strawberry.type(cls)

    return make


def declare(schema: GraphQLSchema) -> None:
    """Write where the engine reads it how each field is answered, and that everybody may read it."""
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) or kind.name.startswith("__"):
            continue
        for made in kind.fields.values():
            made.extensions["audience"] = EVERYBODY
            written = made.extensions.get("strawberry-definition")
            if isinstance(written, StrawberryField) and EXTENSION in written.metadata:
                made.extensions[EXTENSION] = written.metadata[EXTENSION]


# ── edges that tell their arguments ───────────────────────────────────────────────────────────────────────────────────
@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.enum
class Grade(IntEnum):
    LOW = 1
    HIGH = 2


@strawberry.input
class Wish:
    colour: Colour = Colour.BLUE
    grade: Grade | None = None
    sizes: list[int] | None = None
    label: str | None = strawberry.UNSET
    inner: "Wish | None" = None
    at: Moment | None = None


def told(rows: Sequence[Any], context: Asking, given: list[Any]) -> list[str]:
    """The arguments as text, for each row; the context remembers them as they are."""
    context.given.append(given)
    return [f"{getattr(row, 'number', '')} {given!r}" for row in rows]


async def echoed(
    rows: Sequence[Any],
    context: Asking,
    text: str = "x",
    number: int | None = None,
    colour: Colour = Colour.RED,
    grade: Grade | None = None,
    ids: list[strawberry.ID] | None = None,
    sizes: list[list[int] | None] | None = None,
    wish: Wish | None = None,
    wishes: list[Wish | None] | None = None,
    at: Moment | None = None,
    anything: Anything | None = None,
    maybe: strawberry.Maybe[str | None] = None,
    class_: Annotated[bool, strawberry.argument(name="class")] = False,
) -> Sequence[Any]:
    """Arguments that need Strawberry's conversion, some of them."""
    return told(rows, context, [text, number, colour, grade, ids, sizes, wish, wishes, at, anything, maybe, class_])


async def measured(
    rows: Sequence[Any],
    context: Asking,
    times: int,
    grade: Grade = Grade.HIGH,
    key: strawberry.ID | None = strawberry.UNSET,
    at: Moment = Moment(START),  # noqa: B008  # a value of the scalar, not a call
    seconds: float = 1.5,
    anything: Anything | None = None,
    pair: Pair | None = None,
) -> Sequence[Any]:
    """Arguments that are scalars and enums, all of them."""
    return told(rows, context, [times, grade, key, at, seconds, anything, pair])


async def between(rows: Sequence[Any], context: Asking, low: int, high: int) -> Sequence[Any]:
    """Arguments that are looked into."""
    return told(rows, context, [low, high])


async def viewers(rows: Sequence[Any], context: Asking) -> Sequence[Any]:
    """Who asks."""
    await asyncio.sleep(0)
    return [context.viewer for _ in rows]


RUNNING: list[str] = []
"""What has begun to wait and not ended."""


PATIENT: ContextVar[bool] = ContextVar("patient", default=False)
"""Whether resolvers that have no context wait for ever."""


async def waited(name: str) -> None:
    """Wait for ever. To end takes a turn of the loop too, and more for those who came later."""
    turns = 1 + 5 * len(RUNNING)
    RUNNING.append(name)
    try:
        await asyncio.Event().wait()
    finally:
        for _ in range(turns):
            await asyncio.sleep(0)
        RUNNING.remove(name)


async def slow(rows: Sequence[Any], context: Asking) -> Sequence[Any]:
    """For ever, if the viewer is the patient one."""
    if context.viewer == "patient":
        await waited("edge")
    return [row.number for row in rows]


def checked(number: int) -> int:
    """What an argument means. Raises: KnownError for a number that means nothing."""
    if number < 0:
        raise KnownError(f"There is no number {number}.")
    return number
