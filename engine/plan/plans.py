"""Plans by document, operation and switches: compiled when it pays, kept within bounds.

A plan costs some milliseconds to make, a hundred times what it saves on one small request. So a document that comes
once runs on the reference executor, and is compiled when it comes again; a stored one, which will, at once, up to so
many variants. A plan holds nodes of its document, and goes with it. It owns the cache, not the running.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLError

from engine.documents import Prepared
from engine.gate import Operation
from engine.limits import Limits
from engine.plan.build import build
from engine.plan.emit import Source, emit
from engine.plan.run import Answer, Run
from engine.plan.tree import Fallback, Unplannable
from engine.shelf import Shelf

_BYTES_PER_CHAR = 6
"""Memory of a compiled plan per character of its source, constants included; measured, as the next."""
_BYTES_PER_FIELD = 260
"""And per field of its tree, which types that are asked the same share in the source and not in memory."""
_BYTES = 4_000
"""Memory of an entry that holds no plan."""

Key: TypeAlias = tuple[Operation, str | None, tuple[Any, ...]]
"""An operation, the root field whose payload it is of, if it is of one alone, and the values of its switches."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A compiled operation. `source` is what it was compiled from."""

    function: Callable[[Run, Any], Awaitable[Answer]]
    source: Source
    fields: int

    async def answer(self, run: Run, root: Any = None) -> tuple[Answer, list[GraphQLError]]:
        """The answer, and the errors of the fields that failed.

        Raises: Fallback where only the reference may answer; its cause is an exception that led there.
        """
        try:
            answer = await self.function(run, root)
            return answer, run.errors(answer)
        except Fallback:
            raise
        except Exception as error:
            raise Fallback("exception") from error

    @property
    def bytes(self) -> int:
        """Estimated memory."""
        return _BYTES + len(self.source.text) * _BYTES_PER_CHAR + self.fields * _BYTES_PER_FIELD


@dataclass(frozen=True, slots=True)
class NoPlan:
    """Why an operation has no plan."""

    reason: str

    @property
    def bytes(self) -> int:
        """Estimated memory."""
        return _BYTES


NEW = NoPlan("new")
"""The operation has come for the first time."""


def compiled(
    schema: strawberry.Schema,
    prepared: Prepared,
    operation: Operation,
    switches: dict[str, Any],
    most: int,
    payload: str | None = None,
) -> Plan:
    """The plan of an operation with these values of its switches and at most `most` fields.

    `payload` is the response key of the root field that it is for, if it is for what that has answered alone.

    Raises: Unplannable.
    """
    built = build(schema, prepared.document, operation.definition, switches, most_fields=most, payload=payload)
    source = emit(built.root)
    names = dict(source.names)
    try:
        exec(compile(source.text, "<plan>", "exec"), names)  # the text is `emit`'s alone
    except SyntaxError as error:
        if not any(words in str(error) for words in ("nested", "too many levels of indentation")):
            raise
        raise Unplannable("nesting") from None  # Python bears twenty loops inside each other, and 100 indentations
    return Plan(names["plan"], source, built.fields)


def _weight(plan: Plan | NoPlan) -> int:
    return plan.bytes


class Plans:
    """The plans of one schema; those of stored documents apart, so that what others send puts none of them out."""

    def __init__(self, schema: strawberry.Schema, limits: Limits) -> None:
        self._schema, self._limits = schema, limits
        self._sent = Shelf[Key, Plan | NoPlan](limits.plans, limits.plan_bytes, _weight)
        self._stored = Shelf[Key, Plan | NoPlan](limits.stored_plans, limits.stored_plan_bytes, _weight)
        self.compiled = 0

    def __len__(self) -> int:
        return len(self._sent) + len(self._stored)

    @property
    def bytes(self) -> int:
        """Estimated memory of what is kept."""
        return self._sent.weight + self._stored.weight

    def of(
        self, prepared: Prepared, operation: Operation, variables: dict[str, Any], payload: str | None = None
    ) -> Plan | NoPlan:
        """The plan for an operation, or for a `payload` of it, under these coerced variables, or why there is none."""
        key = (operation, payload, tuple([variables.get(name) for name in operation.switches]))
        shelf = self._stored if prepared.stored else self._sent
        variants = operation.kept.get(_Variants) or _Variants()
        found = shelf.get(key)
        if found is not None and found is not NEW:
            if len(variants) > 1:
                variants.used(key)
            return found
        room = key in variants or len(variants) < self._limits.operation_plans
        at_once = room and (self._limits.plan_at_once or prepared.stored)
        if found is None and not at_once:
            found = NEW
            self._keep(shelf, key, found)
        else:
            switches = {name: variables[name] for name in operation.switches if name in variables}
            try:
                found = compiled(self._schema, prepared, operation, switches, self._limits.plan_fields, payload)
                self.compiled += 1
            except Unplannable as error:
                found = NoPlan(error.reason)
            self._keep(shelf, key, found)
        return found

    def forget(self, prepared: Prepared) -> None:
        """Let go of the plans of a document that is no longer kept: nobody can ask for them again."""
        shelf = self._stored if prepared.stored else self._sent
        for operation in prepared.operations:
            for key in operation.kept.get(_Variants) or ():
                shelf.drop(key)
            operation.kept[_Variants] = None  # a request that still has it keeps no more of them

    def _keep(self, shelf: Shelf[Key, Plan | NoPlan], key: Key, plan: Plan | NoPlan) -> None:
        """Keep a plan, and no more than so many of its operation, the least recently used first out."""
        variants: _Variants | None = key[0].kept.setdefault(_Variants, _Variants())
        if variants is None:
            return
        variants.used(key)
        if len(variants) > self._limits.operation_plans:
            last = next(iter(variants))
            del variants[last]
            shelf.drop(last)
        shelf.put(key, plan)


class _Variants(dict[Key, None]):
    """The keys of an operation's plans, in the order of their use."""

    def used(self, key: Key) -> None:
        """A key was used just now."""
        self.pop(key, None)
        self[key] = None
