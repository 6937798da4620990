"""A document of the orchard run both ways, on its plan and on the reference executor, and the two answers compared."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from graphql.execution import get_variable_values
from graphql.execution.values import VariableValues

from engine.documents import Documents, Prepared
from engine.executor import Planned
from engine.faults import Mask
from engine.gate import Gate, Operation
from engine.limits import Limits
from engine.plan.plans import Plan, compiled
from engine.plan.run import Run
from engine.plan.tree import Fallback
from engine.reference import Reference, Result
from tests.engine.edges import Asking
from tests.engine.orchard import schema, strawberry_schema
from tests.engine.small import code_of

MANY = 10**9
WIDE = Limits(tokens=MANY, nesting=200, depth=MANY, root_fields=MANY, selections=MANY, aliases=MANY, repeats=MANY,
              directives=MANY, overlaps=MANY, cost=MANY, introspection_depth=MANY, introspection_lists=MANY,
              introspection_selections=MANY)  # fmt: skip
"""Limits that let everything through but what Python itself bounds: what the gate refuses is tested with the gate."""
MASK = Mask(WIDE, code_of, lambda: "id")
DOCUMENTS = Documents(schema, Gate(schema, WIDE), WIDE, introspection=True)
REFERENCE = Reference(strawberry_schema, WIDE, MASK, suggestions=True)


def executor(**changes: Any) -> Planned:
    """An executor over the orchard with a plan cache of its own."""
    return Planned(strawberry_schema, Limits(**changes), MASK, REFERENCE)


def prepare(text: str) -> tuple[Prepared, Operation]:
    """A document and its one operation."""
    prepared = DOCUMENTS.prepare(text)
    return prepared, prepared.operation(None)


def coerced(operation: Operation, variables: dict[str, Any]) -> VariableValues:
    found = get_variable_values(schema, operation.definition.variable_definitions or (), variables)
    assert isinstance(found, VariableValues), found
    return found


def plan_of(text: str, variables: dict[str, Any] | None = None, most: int = 3_000) -> Plan:
    """The plan of a document's one operation. Raises: Unplannable."""
    prepared, operation = prepare(text)
    values = coerced(operation, variables or {}).coerced
    switches = {name: values[name] for name in prepared.switches if name in values}
    return compiled(strawberry_schema, prepared, operation, switches, most)


@dataclass(frozen=True)
class Both:
    """The payloads of the two executors as they go over the wire, and why the plan gave up; None if it did not."""

    reference: bytes
    plan: bytes | None
    fallback: str | None
    asked: Asking
    """What the plan's batch functions were given, and after it the reference's."""
    referred: Asking

    @property
    def payload(self) -> Any:
        return orjson.loads(self.reference)


def written(result: Result) -> bytes:
    """A payload as bytes, its errors by their path.

    The specification leaves the order of errors open: the reference has them in the order in which its tasks ended.
    """
    result.errors.sort(key=lambda error: error.get("path", ()))
    return orjson.dumps(result.payload)


async def both(text: str, variables: dict[str, Any] | None = None) -> Both:
    """Run a document on a plan compiled for it, and on the reference executor."""
    prepared, operation = prepare(text)
    plan, asked, referred = plan_of(text, variables), Asking(), Asking()
    run = Run(schema, asked, coerced(operation, variables or {}), MASK.shows)
    reference = written(await REFERENCE.run(prepared, operation, variables or {}, referred))
    try:
        answer = await plan.function(run)
        errors = run.errors(answer)
    except Fallback as fallback:
        return Both(reference, None, fallback.reason, asked, referred)
    except Exception:
        return Both(reference, None, "exception", asked, referred)
    return Both(reference, written(Result(answer, MASK.executed(errors, text))), None, asked, referred)


async def same(text: str, variables: dict[str, Any] | None = None) -> Any:
    """The payload of both executors. Fails if they differ, or if the plan gives up."""
    ran = await both(text, variables)
    assert ran.fallback is None
    assert ran.plan is not None
    assert ran.plan.decode() == ran.reference.decode()
    return ran.payload


async def fallback(text: str, variables: dict[str, Any] | None = None) -> str | None:
    """Why the plan of a document gives up; None if it does not."""
    return (await both(text, variables)).fallback


Renewal = Callable[[], Any]
