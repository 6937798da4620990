"""What a plan runs on: the calls of its edges, the errors they leave, and everything that is not the usual case.

The generated code does what is usual inline. Whatever is not comes here, and what only the reference executor may
answer raises `Fallback`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeAlias, TypeVar

from graphql import GraphQLError, GraphQLLeafType, GraphQLSchema, Undefined, located_error
from graphql.execution.values import VariableValues
from graphql.pyutils import is_iterable
from strawberry.execution.is_awaitable import optimized_is_awaitable

from engine.answering import Batched
from engine.plan.tree import Fallback, Field, Resolver

T = TypeVar("T")

Answer: TypeAlias = dict[str, Any]
Together: TypeAlias = Callable[[Sequence[Coroutine[Any, Any, Any]]], Awaitable[list[Any]]]
"""Runs edges of one level side by side: a context's own way, or `side_by_side`."""
Shows: TypeAlias = Callable[[BaseException], bool]
"""Whether an exception is one that the client is told of, not a fault of ours."""

_KINDS = 32
"""Classes of values that a call remembers as usual."""


class Info:
    """What functions of the schema get that ask for an `info`: everything but where in the answer they stand.

    Without `field` not even which field they serve: few that test a type ask. What is not here raises AttributeError,
    and so sends the operation to the reference executor.
    """

    __slots__ = ("context", "field_name", "field_nodes", "parent_type", "return_type", "schema", "variable_values")

    is_awaitable = staticmethod(optimized_is_awaitable)

    def __init__(self, run: Run, field: Field | None) -> None:
        self.schema, self.context, self.variable_values = run.schema, run.context, run.variables.coerced
        if field is None:
            return
        self.field_name, self.field_nodes = field.name, list(field.nodes)
        self.parent_type, self.return_type = field.parent, field.definition.type


class Run:
    """One execution of one plan."""

    __slots__ = ("_failures", "_kept", "_shows", "_together", "context", "info", "schema", "variables")

    def __init__(self, schema: GraphQLSchema, context: Any, variables: VariableValues, shows: Shows) -> None:
        self.schema, self.context, self.variables, self._shows = schema, context, variables, shows
        self.info = Info(self, None)
        self._together: Together = getattr(context, "together", side_by_side)
        self._failures: list[tuple[Answer, Field, Exception]] = []
        self._kept: list[list[Any]] = []

    async def together(self, *calls: tuple[Call, list[Any], list[Answer]]) -> list[Sequence[Any]]:
        """The values of the edges of one level, each for its own objects; those without objects are not asked."""
        asked = [call.values(self, objects, answers) for call, objects, answers in calls if objects]
        found = iter(await self._together(asked))
        return [next(found) if objects else [] for _, objects, _ in calls]

    def items(self, value: Any) -> list[Any]:
        """The items of a value that is no list, kept for as long as the plan runs: it knows objects by their ids."""
        if _is_strange(value) or not is_iterable(value) or hasattr(type(value), "__aiter__"):
            raise Fallback("list")
        items = list(value)
        self._kept.append(items)
        return items

    def info_of(self, field: Field) -> Info:
        """What the functions of the schema get that decide of which type the values of `field` are."""
        return Info(self, field)

    def fail(self, field: Field, answer: Answer, error: Exception) -> None:
        """Note that `field` of `answer` has failed and is null. Raises: Fallback where more than the field is null."""
        if field.value.nonnull or not self._shows(error):
            raise Fallback("error") from error
        self._failures.append((answer, field, error))

    def errors(self, answer: Answer) -> list[GraphQLError]:
        """The errors of the whole answer, in its order: one for every place at which a failed field stands."""
        if not self._failures:
            return []
        failed: dict[int, dict[str, tuple[Field, Exception]]] = {}
        for holder, field, error in self._failures:
            failed.setdefault(id(holder), {})[field.key] = field, error
        return [
            located_error(own[key][1], list(own[key][0].nodes), [*path, key])
            for path, holder in _objects(answer)
            if (own := failed.get(id(holder))) is not None
            for key in holder
            if key in own
        ]


class Call:
    """An edge of a plan: asked once for all its objects."""

    __slots__ = ("_known", "field")

    def __init__(self, field: Field) -> None:
        self.field = field
        self._known: set[type] = set() if field.value.nonnull else {type(None)}

    async def values(self, run: Run, objects: list[Any], answers: list[Answer]) -> Sequence[Any]:
        """One value for each object, None where the field failed. Raises: Fallback."""
        if not objects:
            return []
        try:
            found = await self._found(run, objects)
        except Fallback:
            raise
        except Exception as error:
            for answer in answers:
                run.fail(self.field, answer, error)
            return [None] * len(objects)
        if len(found) != len(objects):
            raise Fallback("length")
        return found if self._known.issuperset(map(type, found)) else self._sifted(run, found, answers)

    async def _found(self, run: Run, objects: list[Any]) -> Sequence[Any]:
        raise TypeError(f"{type(self).__name__} does not say how it finds its values")

    def _sifted(self, run: Run, found: Sequence[Any], answers: list[Answer]) -> list[Any]:
        """The values with errors taken out; classes that are neither error nor promise are usual from now on."""
        known, sifted = self._known, list(found)
        for place, value in enumerate(found):
            kind = type(value)
            if kind in known:
                continue
            if value is None:
                raise Fallback("null")
            if isinstance(value, Exception):
                run.fail(self.field, answers[place], value)
                sifted[place] = None
            elif _is_strange(value):
                raise Fallback("value")
            elif len(known) < _KINDS:
                known.add(kind)
        return sifted


class BatchCall(Call):
    """An edge whose function takes all objects at once."""

    __slots__ = ("_batched",)

    def __init__(self, field: Field, batched: Batched) -> None:
        super().__init__(field)
        self._batched = batched

    async def _found(self, run: Run, objects: list[Any]) -> Sequence[Any]:
        try:
            arguments = self.field.arguments(run.variables)
        except GraphQLError:
            raise Fallback("arguments") from None
        return await self._batched.values(objects, run.context, arguments)


class ResolverCall(Call):
    """An edge whose resolver is called for each object."""

    __slots__ = ("_resolve",)

    def __init__(self, field: Field, resolver: Resolver) -> None:
        super().__init__(field)
        self._resolve = resolver.function

    async def _found(self, run: Run, objects: list[Any]) -> Sequence[Any]:
        try:
            arguments = self.field.arguments(run.variables)
        except GraphQLError:
            raise Fallback("arguments") from None
        info = Info(run, self.field)
        values = [self._value(one, info, arguments) for one in objects]
        waiting = [place for place, value in enumerate(values) if hasattr(type(value), "__await__")]
        results = await asyncio.gather(*(values[place] for place in waiting), return_exceptions=True)
        for place, result in zip(waiting, results, strict=True):
            values[place] = result
        return values

    def _value(self, one: Any, info: Info, arguments: Mapping[str, Any]) -> Any:
        try:
            return self._resolve(one, info, **arguments)
        except Exception as error:
            return error  # this object's, not the others'


async def side_by_side(asked: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """What all give, each in a task of its own.

    If one fails, or the request is over, none is left running: what they read from may be gone.
    """
    tasks = [asyncio.ensure_future(each) for each in asked]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            if not task.cancelling():  # told twice, it would not end in good order
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _objects(answer: Answer) -> Iterator[tuple[list[str | int], Answer]]:
    """Every object of an answer with its path, in the order of the answer; a shared one at each of its places."""
    todo: list[tuple[list[str | int], Any]] = [([], answer)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict):
            yield path, value
            todo.extend(([*path, key], below) for key, below in reversed(value.items()))
        elif isinstance(value, list):
            todo.extend(([*path, place], below) for place, below in reversed(list(enumerate(value))))


def _is_strange(value: Any) -> bool:
    """Whether a value is none: an error, a promise, or graphql-core's word for nothing."""
    return value is Undefined or isinstance(value, BaseException) or hasattr(type(value), "__await__")


# ── what the generated code calls for what is not usual ───────────────────────────────────────────────────────────────
def fall_back(reason: str) -> NoReturn:
    """Leave the operation to the reference executor."""
    raise Fallback(reason)


def sieve() -> tuple[set[type], Callable[[Any], None]]:
    """Classes of objects that are usual, and what looks at an object of another class.

    Errors and promises are left to the reference executor, whatever type they would be of; other classes are usual from
    now on.
    """
    usual: set[type] = set()

    def look(value: Any) -> None:
        if _is_strange(value):
            raise Fallback("value")
        if len(usual) < _KINDS:
            usual.add(type(value))

    return usual, look


class Kinds(set[type]):
    """Classes whose objects are of one type, as an `is_type_of` that asks for the class alone has said."""

    def __init__(self, is_type_of: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        self._is_type_of = is_type_of

    def see(self, value: Any, info: Info) -> None:
        """Look at an object of a class that is not known. Raises: Fallback where it is of another type, or none."""
        if value is None or _is_strange(value):
            raise Fallback("null" if value is None else "value")
        if self._is_type_of(value, info) is not True:
            raise Fallback("type")
        if len(self) < _KINDS:
            self.add(type(value))


def leaf(type_: GraphQLLeafType, *, nonnull: bool) -> Callable[[Any], Any]:
    """Coerces values of a scalar or an enum as graphql-core does."""
    coerce = type_.coerce_output_value
    usual, look = sieve()

    def coerced(value: Any) -> Any:
        if type(value) not in usual:
            if value is None or value is Undefined:
                if nonnull:
                    raise Fallback("null")
                return None
            look(value)
        result = coerce(value)
        if result is None or result is Undefined:
            raise Fallback("leaf")
        return result

    return coerced
