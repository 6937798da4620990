"""Payloads of mutations thrown together: plans answer what the reference answers, and nothing is done twice."""

import asyncio
import gc
from collections import Counter

import pytest
from graphql import OperationType
from hypothesis import given, settings

from engine.executor import Planned
from tests.engine.edges import Asking
from tests.engine.orchard import ACTS, schema, strawberry_schema
from tests.engine.plans import DOCUMENTS, MASK, PLANNED, REFERENCE, WIDE, WORDS, unchecked, written
from tests.graph.generated import Written, documents
from tests.proof import size


async def renew() -> Asking:
    return Asking()


async def outcomes_of(document: Written) -> Counter[str]:
    """How the payloads of a mutation ran the second time. Fails if anything differs from the reference."""
    prepared, operation = unchecked(document.text)
    executor = Planned(strawberry_schema, WIDE, MASK, REFERENCE)
    ACTS.clear()
    reference = written(await REFERENCE.run(prepared, operation, document.variables, Asking()))
    acts = ACTS.copy()
    for _ in range(2):
        ACTS.clear()
        executor.outcomes.clear()
        result = await executor.run(prepared, operation, document.variables, Asking(), renew)
        assert written(result).decode() == reference.decode()
        assert acts == ACTS
    return executor.outcomes


async def test_switches_of_another_operation_are_no_key_of_a_payload() -> None:
    """The act is done by then: whatever the payload's plan is kept under, its answer has to come."""
    prepared = DOCUMENTS.prepare(
        "query A($v: Boolean!){version @include(if: $v)} mutation B($v: Wish){plant{name age(wish: $v)} count}"
    )
    executor = Planned(strawberry_schema, WIDE, MASK, REFERENCE)
    for _ in range(2):
        ACTS.clear()
        result = await executor.run(prepared, prepared.operation("B"), {"v": {}}, Asking(), renew)
        assert (result.errors, len(ACTS)) == ([], 2)  # each of its fields acts once
        assert set(result.payload["data"]) == {"plant", "count"}
    assert executor.outcomes == Counter({"reference:new": 2, "planned": 2})


@pytest.mark.prove
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited", "ignore:Exception ignored in. <coroutine")
def test_any_mutation_does_once_what_it_says() -> None:
    outcomes: Counter[str] = Counter()
    with asyncio.Runner() as runner:

        @settings(derandomize=True, deadline=None, max_examples=size(400, 30_000))
        @given(documents(schema, WORDS, OperationType.MUTATION))
        def holds(document: Written) -> None:
            outcomes.update(runner.run(outcomes_of(document)))

        holds()
    gc.collect()  # see the differential test of queries, as for the warnings
    assert outcomes["planned"] / outcomes.total() > PLANNED
