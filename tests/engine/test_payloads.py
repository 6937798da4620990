"""Mutations: root fields act once and in order, what is asked of their answers runs on plans."""

from collections import Counter
from typing import Any

import pytest
import strawberry

from engine.documents import Documents
from engine.executor import Planned
from engine.faults import Mask
from engine.gate import Gate
from engine.limits import Limits
from engine.reference import Reference, Result

LIMITS = Limits(request_seconds=20.0)
ACTS: list[str] = []


class Known(Exception):
    """An error that is shown."""


@strawberry.type
class Till:
    number: int
    label: str | None = None

    @strawberry.field
    def info_of(self, info: strawberry.Info) -> str:
        return info.field_name

    @strawberry.field
    def broken(self) -> str:
        raise Known("no label")

    @strawberry.field
    def unlabelled(self) -> str | None:
        raise Known("no label")


@strawberry.type
class Query:
    till: Till | None = None


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def open_till(self, number: int) -> Till:
        ACTS.append(f"open {number}")
        return Till(number=number)

    @strawberry.mutation
    async def fail(self) -> Till | None:
        ACTS.append("fail")
        raise Known("not today")


SCHEMA = strawberry.Schema(Query, Mutation)


def planned() -> tuple[Documents, Planned]:
    mask = Mask(LIMITS, lambda error: "KNOWN" if isinstance(error, Known) else None, lambda: "id-1")
    core = SCHEMA._schema
    for kind in core.type_map.values():
        for field in getattr(kind, "fields", {}).values():
            field.extensions.setdefault("audience", frozenset({"NOBODY"}))
    return (
        Documents(core, Gate(core, LIMITS), LIMITS, introspection=True),
        Planned(SCHEMA, LIMITS, mask, Reference(SCHEMA, LIMITS, mask, suggestions=True)),
    )


async def twice(text: str) -> tuple[Result, Result, Counter[str], int]:
    """The result on the reference executor, that on plans, how the second ran, and how often the read was renewed."""
    documents, executor = planned()
    renewals = 0

    async def renew() -> dict[str, Any]:
        nonlocal renewals
        renewals += 1
        return {}

    results = []
    for _ in range(2):
        executor.outcomes.clear()
        prepared = documents.prepare(text)
        operation = prepared.operation(None)
        results.append(await executor.run(prepared, operation, {}, {}, renew))
    return results[0], results[1], executor.outcomes, renewals


@pytest.fixture(autouse=True)
def _no_acts() -> None:
    ACTS.clear()


async def test_fields_act_once_and_in_order() -> None:
    first, second, outcomes, renewals = await twice(
        "mutation { a: openTill(number: 1) { number } b: openTill(number: 2) { number } }"
    )
    assert first.payload == second.payload == {"data": {"a": {"number": 1}, "b": {"number": 2}}}
    assert ACTS == ["open 1", "open 2"] * 2
    assert (outcomes, renewals) == (Counter(planned=2), 0)


async def test_a_payload_that_falls_back_does_not_act_again() -> None:
    first, second, outcomes, renewals = await twice("mutation { openTill(number: 1) { number broken } }")
    assert first.payload == second.payload
    assert [error["path"] for error in second.errors] == [["openTill", "broken"]]
    assert second.data is None
    assert ACTS == ["open 1"] * 2
    assert (outcomes, renewals) == (Counter({"fallback:error": 1}), 1)


async def test_an_error_in_a_payload_stands_at_its_path() -> None:
    first, second, outcomes, _ = await twice("mutation { t: openTill(number: 1) { number unlabelled } }")
    assert first.payload == second.payload
    assert [error["path"] for error in second.errors] == [["t", "unlabelled"]]
    assert outcomes == Counter(planned=1)


async def test_a_field_that_fails_leaves_the_next_to_run() -> None:
    first, second, outcomes, _ = await twice("mutation { fail { number } openTill(number: 3) { number } }")
    assert first.payload == second.payload
    assert second.data == {"fail": None, "openTill": {"number": 3}}
    assert ACTS == ["fail", "open 3"] * 2
    assert outcomes == Counter(planned=1)


async def test_a_payload_without_a_plan_runs_as_graphql_core_does() -> None:
    first, second, outcomes, renewals = await twice("mutation { openTill(number: 1) { infoOf } }")
    assert first.payload == second.payload == {"data": {"openTill": {"infoOf": "infoOf"}}}
    assert (outcomes, renewals) == (Counter({"reference:resolver": 1}), 0)
