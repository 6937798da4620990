"""The reference executor: a prepared document run by graphql-core with Strawberry's semantics.

Owns the call into graphql-core and the shape of a result. It parses nothing, validates nothing and runs none of
Strawberry's schema extensions: what they would do (caches, limits, masks) is done by the modules beside this one.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeGuard, TypeVar, cast

import strawberry
from graphql import ExecutionResult, GraphQLError
from graphql.execution import Executor, create_source_event_stream, execute_root_selection_set
from graphql.execution.execute import execute_subscription_event
from strawberry.execution.is_awaitable import optimized_is_awaitable

from engine.documents import Prepared
from engine.faults import ErrorEntry, Mask
from engine.gate import Operation
from engine.limits import Limits

Variables = dict[str, Any]

E = TypeVar("E", bound=Executor[Any])

_is_awaitable = cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable)
"""Strawberry's predicate under the type that graphql-core asks for."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an operation. `executed` is False if it never began: the response then has no `data` entry."""

    data: dict[str, Any] | None
    errors: list[ErrorEntry]
    executed: bool = True

    @property
    def payload(self) -> dict[str, Any]:
        """The response as the specification has it (Source: GraphQL, Response Format)."""
        if not self.executed:
            return {"errors": self.errors}
        return {"errors": self.errors, "data": self.data} if self.errors else {"data": self.data}

    @property
    def code(self) -> str:
        """OK, or the code of the first error: for metrics and logs."""
        return str(self.errors[0]["extensions"]["code"]) if self.errors else "OK"


class Reference:
    """Executes prepared documents over one Strawberry schema."""

    def __init__(self, schema: strawberry.Schema, limits: Limits, mask: Mask, *, suggestions: bool) -> None:
        """`suggestions`: whether errors about variables may name what the client could have meant.

        Raises: ValueError if the schema relies on Strawberry extensions, which would silently not run.
        """
        if schema.extensions or schema.directives:
            raise ValueError("Schema extensions and operation directives are not run by this executor.")
        self._schema = schema
        self._limits = limits
        self._mask = mask
        self._suggestions = suggestions

    async def run(
        self,
        prepared: Prepared,
        operation: Operation,
        variables: Variables,
        context: Any,
        kind: type[E] | None = None,
        equip: Callable[[E], None] | None = None,
    ) -> Result:
        """Run a query or a mutation of `prepared` with the client's raw `variables`. Does not raise.

        `kind` and `equip`: another class of executor than Strawberry's own, and what makes it ready.
        """
        try:
            executor = self._executor(prepared, operation, variables, context, kind)
            if isinstance(executor, list):
                return self._refused(executor)
            if equip is not None:
                equip(cast("E", executor))
            return await self._finished(execute_root_selection_set(executor), prepared.text)
        except Exception as error:
            return Result(None, [self._mask.unexpected(error, prepared.text)])

    async def subscribe(
        self, prepared: Prepared, operation: Operation, variables: Variables, context: Any
    ) -> Stream | Result:
        """Open the source stream of a subscription; `context` serves its resolver only, each event brings its own.

        A `Result` instead of a stream says why there is none.
        """
        try:
            executor = self._executor(prepared, operation, variables, context)
            if isinstance(executor, list):
                return self._refused(executor)
            source = create_source_event_stream(executor)
            if _is_awaitable(source):
                source = await source
            if isinstance(source, ExecutionResult):
                return Result(None, self._mask.executed(source.errors or (), prepared.text), executed=False)
            return Stream(self, executor, aiter(cast("AsyncIterable[Any]", source)), prepared.text)
        except Exception as error:
            return Result(None, [self._mask.unexpected(error, prepared.text)], executed=False)

    async def event(self, executor: Executor[Any], text: str) -> Result:
        """Run one event of a subscription. Does not raise."""
        try:
            return await self._finished(execute_subscription_event(executor), text)
        except Exception as error:
            return Result(None, [self._mask.unexpected(error, text)])

    def failure(self, error: Exception, text: str) -> Result:
        """The response for an `error` that belongs to no field."""
        return Result(None, self._mask.executed([GraphQLError(str(error), original_error=error)], text))

    def _executor(
        self,
        prepared: Prepared,
        operation: Operation,
        variables: Variables,
        context: Any,
        kind: type[Executor[Any]] | None = None,
    ) -> Executor[Any] | list[GraphQLError]:
        return (kind or self._schema.execution_context_class).build(
            self._schema._schema,
            prepared.document,
            context_value=context,
            raw_variable_values=variables,
            operation_name=operation.name,
            max_coercion_errors=self._limits.errors,
            is_awaitable=_is_awaitable,
            hide_suggestions=not self._suggestions,
            operation_extensions=None,
        )

    def _refused(self, errors: list[GraphQLError]) -> Result:
        return Result(None, self._mask.refused(errors, "BAD_USER_INPUT"), executed=False)

    async def _finished(self, outcome: ExecutionResult | Awaitable[ExecutionResult], text: str) -> Result:
        result = outcome if isinstance(outcome, ExecutionResult) else await outcome
        return Result(result.data, self._mask.executed(result.errors, text) if result.errors else [])


class Stream:
    """A running subscription: events as they come, each executed under a context made for it."""

    def __init__(self, reference: Reference, executor: Executor[Any], source: AsyncIterator[Any], text: str) -> None:
        self._reference = reference
        self._executor = executor
        self._source = source
        self._text = text

    async def next(self) -> Any:
        """The next source event.

        Raises: StopAsyncIteration at the end; whatever the source raises.
        """
        return await anext(self._source)

    async def execute(self, event: Any, context: Any) -> Result:
        """The response to one source event."""
        executor = self._executor.build_per_event_executor(event)
        executor.context_value = context
        return await self._reference.event(executor, self._text)

    def failure(self, error: Exception) -> Result:
        """The last response of a subscription whose source raised `error`."""
        return self._reference.failure(error, self._text)

    async def close(self) -> None:
        """End the source; its `finally` blocks have run on return."""
        close = getattr(self._source, "aclose", None)
        if close is not None:
            await close()
