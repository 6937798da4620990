"""A document of the orchard run both ways, on its plan and on the reference executor, and the two answers compared."""

from dataclasses import dataclass
from typing import Any

import orjson
from graphql import parse
from graphql.execution import get_variable_values
from graphql.execution.values import VariableValues

from engine.documents import Documents, Prepared
from engine.faults import Mask
from engine.gate import Gate, Operation
from engine.limits import Limits
from engine.plan.plans import Plan, compiled
from engine.plan.run import Run
from engine.plan.tree import Fallback, Unplannable
from engine.reference import Reference, Result
from tests.engine.edges import Asking
from tests.engine.orchard import UNRULY, schema, strawberry_schema
from tests.engine.small import code_of
from tests.graph.generated import Words

MANY = 10**9
WIDE = Limits(
    request_seconds=20,
    tokens=MANY,
    nesting=200,
    depth=MANY,
    root_fields=MANY,
    selections=MANY,
    aliases=MANY,
    repeats=MANY,
    directives=MANY,
    overlaps=MANY,
    cost=MANY,
    introspection_depth=MANY,
    introspection_lists=MANY,
    introspection_selections=MANY,
)
"""Limits that let everything through: what the gate refuses is tested with the gate."""
MASK = Mask(WIDE, code_of, lambda: "id")
GATE = Gate(schema, WIDE)
DOCUMENTS = Documents(schema, GATE, WIDE, introspection=True)
NO_VARIABLES = VariableValues({}, {})
REFERENCE = Reference(strawberry_schema, WIDE, MASK, suggestions=True)
POOLS = {"Moment": ("2026-02-03T04:05:06+00:00",), "Anything": (1, None, {"a": [1, "x"]}, [True])}
WORDS = Words(values=lambda _parent, field, _argument: POOLS.get(field))
RULY = Words(may=lambda _parent, field: field not in UNRULY and field != "isOneOf", values=WORDS.values)
"""graphql-core's own `isOneOf` raises for lists and non-nulls."""
PLANNED = 0.7
"""The least share of documents that have to run on their plans: the fields that break the rules are a few of many."""


@dataclass(frozen=True)
class Both:
    """The payloads of the two executors as they go over the wire, and what their batch functions were given.

    `fallback` says why there is none of the plan; None if there is.
    """

    reference: bytes
    plan: bytes | None
    fallback: str | None
    given: list[Any]
    given_by_reference: list[Any]


def validated(text: str) -> tuple[Prepared, Operation]:
    """A document and its one operation. Raises: DocumentError."""
    prepared = DOCUMENTS.prepare(text)
    return prepared, prepared.operation(None)


def unchecked(text: str, gate: Gate = GATE) -> tuple[Prepared, Operation]:
    """The same without validation, which takes longer than all the rest: for what is valid by construction, or is not
    meant to be. Raises: what `gate` raises.
    """
    document = parse(text)
    prepared = Prepared(text, document, gate.analyse(document).operations)
    return prepared, prepared.operation(None)


def plan_of(asked: tuple[Prepared, Operation], variables: dict[str, Any] | None = None, most: int = 3_000) -> Plan:
    """The plan of a document's one operation. Raises: Unplannable."""
    prepared, operation = asked
    values = _coerced(operation, variables or {}).coerced
    switches = {name: values[name] for name in operation.switches if name in values}
    return compiled(strawberry_schema, prepared, operation, switches, most)


def text_of(document: str) -> str:
    """The plan of a document as Python."""
    return plan_of(validated(document)).source.text


def unplannable(asked: tuple[Prepared, Operation], most: int = 3_000) -> str | None:
    """Why a document has no plan; None if it has one."""
    try:
        plan_of(asked, most=most)
    except Unplannable as error:
        return error.reason
    return None


def run_of(context: Asking, variables: VariableValues = NO_VARIABLES) -> Run:
    """What a plan runs on."""
    return Run(schema, context, variables, MASK.shows)


async def both(asked: tuple[Prepared, Operation], variables: dict[str, Any] | None = None) -> Both:
    """Run a document on a plan compiled for it, and on the reference executor."""
    prepared, operation = asked
    values, planned, referred = variables or {}, Asking(), Asking()
    reference = written(await REFERENCE.run(prepared, operation, values, referred))
    try:
        plan = plan_of(asked, values)
        await plan.function(run_of(Asking(), _coerced(operation, values)), None)  # it has learnt something by then
        run = run_of(planned, _coerced(operation, values))
        answer = await plan.function(run, None)
        errors = run.errors(answer)
    except Unplannable as error:
        return Both(reference, None, f"unplannable: {error.reason}", planned.given, referred.given)
    except Fallback as error:
        return Both(reference, None, error.reason, planned.given, referred.given)
    except Exception:
        return Both(reference, None, "exception", planned.given, referred.given)
    result = Result(answer, MASK.executed(errors, prepared.text))
    return Both(reference, written(result), None, planned.given, referred.given)


async def same(text: str, variables: dict[str, Any] | None = None) -> Any:
    """The payload of both executors. Fails if they differ, or if the plan gives up."""
    ran = await both(validated(text), variables)
    assert ran.fallback is None
    assert ran.plan is not None
    assert ran.plan.decode() == ran.reference.decode()
    return orjson.loads(ran.plan)


async def fallback(text: str, variables: dict[str, Any] | None = None) -> str | None:
    """Why the plan of a document gives up; None if it does not."""
    return (await both(validated(text), variables)).fallback


def written(result: Result) -> bytes:
    """A payload as bytes."""
    return orjson.dumps(result.payload)


def _coerced(operation: Operation, variables: dict[str, Any]) -> VariableValues:
    found = get_variable_values(schema, operation.definition.variable_definitions or (), variables)
    assert isinstance(found, VariableValues), found
    return found
