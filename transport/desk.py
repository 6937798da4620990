"""The desk: one request from its parameters to its answer, whatever carried it here.

Owns the order of things: who asks, what document, may it run, run it, count it; and the time limit around them all. A
bad token is told before anything about the document, so a stranger learns nothing of the schema from errors. HTTP and
websocket say the answer each in their way.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeVar

import strawberry
from graphql import GraphQLError

from domain.base import Fault
from engine.documents import DocumentError, Documents
from engine.executor import Planned
from engine.faults import Mask
from engine.gate import Gate, Operation
from engine.limits import Limits
from engine.reference import Reference, Result, Stream
from transport.deadline import Deadline
from transport.door import Door, OpenRequest, RequestFacts
from transport.logs import bind
from transport.metrics import Metrics
from transport.parameters import Ask
from transport.persisted import Persisted

T = TypeVar("T")

QUERY = frozenset({"query"})
QUERY_OR_MUTATION = frozenset({"query", "mutation"})
_EVERY_KIND = frozenset({"query", "mutation", "subscription"})


def fault_code(error: BaseException) -> str | None:
    """The code of an exception that may be shown: the domain's faults and no other."""
    return error.code if isinstance(error, Fault) else None


@dataclass(frozen=True, slots=True)
class Graph:
    """A schema ready to be served: its documents, its gate, its executors and the mask over their errors."""

    documents: Documents
    persisted: Persisted
    gate: Gate
    executor: Planned
    reference: Reference
    mask: Mask
    limits: Limits

    @classmethod
    def of(
        cls,
        schema: strawberry.Schema,
        limits: Limits,
        *,
        introspection: bool,
        remembers: bool = False,
        behind_gateway: bool = False,
    ) -> Graph:
        """The graph of `schema`, whose fields carry their audiences and costs already.

        `remembers`: whether documents that are sent with their hash are found by it later. `behind_gateway`: whether a
        gateway writes the documents.

        Raises: ValueError as `engine.reference.Reference` does.
        """
        mask = Mask(limits, fault_code)
        core = schema._schema
        gate = Gate(core, limits)
        reference = Reference(schema, limits, mask, suggestions=introspection)
        planned = Planned(schema, limits, mask, reference)
        documents = Documents(core, gate, limits, introspection=introspection, gone=planned.plans.forget)
        persisted = Persisted(documents, limits, remembers=remembers, behind_gateway=behind_gateway)
        return cls(documents, persisted, gate, planned, reference, mask, limits)


@dataclass(slots=True)
class _Tally:
    """What is known of a request while it runs, for metrics and log."""

    kind: str = "none"
    name: str | None = None
    statements: int | None = None
    client: str | None = None
    stored: bool = False
    started: float = field(default_factory=perf_counter)


@dataclass(frozen=True, slots=True)
class _Begun:
    stream: Stream
    operation: Operation
    text: str
    client: str
    stored: bool

    def tally(self) -> _Tally:
        """What is known of an event of it from the start."""
        return _Tally("event", self.operation.name, client=self.client, stored=self.stored)


class Desk:
    """Answers requests over one graph."""

    def __init__(self, door: Door, graph: Graph, metrics: Metrics) -> None:
        self._door = door
        self._graph = graph
        self._metrics = metrics
        self._limits = graph.limits

    async def may_send_files(self, facts: RequestFacts) -> bool:
        """Whether a body may be as large as a file of rows is, by what the headers alone say."""
        return facts.authorization is not None and await self._door.may_send_files(facts)

    async def answer(self, ask: Ask, facts: RequestFacts, kinds: frozenset[str]) -> Result:
        """Run a query or a mutation. An operation of a kind not in `kinds` is refused as METHOD_NOT_ALLOWED."""
        tally = _Tally()
        outcome = await self._guarded(ask.said, self._begin(tally, ask, facts, kinds))
        if isinstance(outcome, _Begun):
            raise TypeError("A subscription has to be asked for by `stream`.")
        return self._counted(tally, outcome)

    async def stream(self, ask: Ask, facts: RequestFacts) -> AsyncGenerator[Result, None]:
        """Run any operation: one answer, or one for every event until the source ends.

        Every event identifies the viewer anew and gets a context of its own. Nothing of the database is held between
        events, nor while an answer is on its way to the client. Close the generator to end the source.
        """
        tally = _Tally()
        begun = await self._guarded(ask.said, self._begin(tally, ask, facts, _EVERY_KIND))
        if isinstance(begun, Result):
            yield self._counted(tally, begun)
            return
        self._counted(tally, Result(None, []))
        try:
            async with aclosing(self._events(begun, facts)) as answers:
                async for answer in answers:
                    yield answer
        finally:
            await begun.stream.close()

    async def _events(self, begun: _Begun, facts: RequestFacts) -> AsyncGenerator[Result, None]:
        while True:
            try:
                event = await begun.stream.next()
            except StopAsyncIteration:
                return
            except Exception as error:
                yield self._counted(begun.tally(), begun.stream.failure(error))
                return
            tally = begun.tally()
            result = await self._guarded(begun.text, self._event(tally, begun, event, facts))
            yield self._counted(tally, result)
            if not result.executed:
                return

    async def _begin(self, tally: _Tally, ask: Ask, facts: RequestFacts, kinds: frozenset[str]) -> Result | _Begun:
        async with self._door.open(facts) as opened:
            tally.client = opened.client
            prepared = await self._graph.persisted.prepared(ask, opened)
            tally.stored = prepared.stored
            operation = prepared.operation(ask.operation_name)
            tally.kind, tally.name = operation.kind, operation.name
            if operation.kind not in kinds:
                return self._out_of_place(operation.kind)
            refusal = self._graph.gate.too_dear(operation, ask.variables)
            refusal = refusal or self._graph.gate.forbidden(operation, opened.actor_class)
            if refusal is not None:
                raise DocumentError([refusal])
            if operation.kind == "subscription":
                begun = await self._graph.reference.subscribe(prepared, operation, ask.variables, opened.context)
                if isinstance(begun, Result):
                    return begun
                return _Begun(begun, operation, prepared.text, opened.client, prepared.stored)
            work = self._graph.executor.run(prepared, operation, ask.variables, opened.context, opened.renew)
            return await self._tallied(tally, opened, work)

    async def _event(self, tally: _Tally, begun: _Begun, event: object, facts: RequestFacts) -> Result:
        async with self._door.open(facts) as opened:
            # The viewer's rights may have changed since the subscription began.
            refusal = self._graph.gate.forbidden(begun.operation, opened.actor_class)
            if refusal is not None:
                raise DocumentError([refusal])
            return await self._tallied(tally, opened, begun.stream.execute(event, opened.context))

    @staticmethod
    async def _tallied(tally: _Tally, opened: OpenRequest, work: Awaitable[Result]) -> Result:
        try:
            return await work
        finally:
            tally.statements = opened.statements

    async def _guarded(self, text: str, work: Awaitable[T]) -> T | Result:
        """Do `work` within the time limit; what it raises becomes a result.

        When time is up the work is cancelled first, so that the door gives back what it opened, and answered after.
        """
        deadline = Deadline(self._limits.request_seconds)
        try:
            with deadline:
                return await work
        except Fault as fault:
            return self._refused(fault.code, str(fault))
        except DocumentError as error:
            return self._refusal(error)
        except Exception as error:
            if isinstance(error, TimeoutError) and deadline.expired:
                return self._refused("TIMEOUT", f"The request took longer than {self._limits.request_seconds:g} s.")
            return Result(None, [self._graph.mask.unexpected(error, text)], executed=False)

    def _out_of_place(self, kind: str) -> Result:
        if kind == "subscription":
            return self._refused("BAD_REQUEST", "Subscriptions are served over a websocket.")
        return self._refused("METHOD_NOT_ALLOWED", "A GET runs queries only.")

    def unwritable(self, error: Exception, text: str) -> Result:
        """The result that takes the place of one whose scalars hold what JSON cannot; `text` is the document."""
        return Result(None, [self._graph.mask.unexpected(error, text)], executed=False)

    def _refusal(self, error: DocumentError) -> Result:
        for each in error.errors:
            if each.extensions and "limit" in each.extensions:
                self._metrics.refused(each.extensions["limit"])
        return Result(None, self._graph.mask.refused(error.errors, "GRAPHQL_VALIDATION_FAILED"), executed=False)

    def _refused(self, code: str, message: str) -> Result:
        error = GraphQLError(message, extensions={"code": code})
        return Result(None, self._graph.mask.refused([error], code), executed=False)

    def _counted(self, tally: _Tally, result: Result) -> Result:
        code = result.code
        self._metrics.answered(tally.kind, code, perf_counter() - tally.started, tally.statements)
        name = tally.name[: self._limits.operation_name_chars] if tally.name else None
        bind(
            kind=tally.kind,
            operation=name,
            code=code,
            statements=tally.statements,
            client=tally.client,
            stored=tally.stored,
        )
        return result
