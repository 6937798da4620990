"""Documents thrown together over the orchard: plan and reference answer with the same bytes."""

import asyncio
import gc
from collections import Counter

import pytest
from hypothesis import given, settings

from tests.engine.orchard import schema
from tests.engine.plans import DOCUMENTS, PLANNED, RULY, WORDS, both, unchecked
from tests.graph.generated import Words, Written, documents
from tests.proof import size

pytestmark = [
    pytest.mark.prove,
    # graphql-core leaves what it has begun for the siblings of a field that failed.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited", "ignore:Exception ignored in. <coroutine"),
]


def outcomes_of(words: Words, examples: int) -> Counter[str]:
    """How documents ran whose answers are the same both ways: `planned`, or why their plans gave up."""
    outcomes: Counter[str] = Counter()

    async def compared(document: Written) -> None:
        ran = await both(unchecked(document.text), document.variables)
        outcomes[ran.fallback or "planned"] += 1
        if ran.plan is not None:
            assert ran.plan.decode() == ran.reference.decode()

    with asyncio.Runner() as runner:

        @settings(derandomize=True, deadline=None, max_examples=examples)
        @given(documents(schema, words))
        def holds(document: Written) -> None:
            runner.run(compared(document))

        holds()
    gc.collect()  # what is left over by the reference is not the next test's
    return outcomes


def test_documents_are_valid() -> None:
    """By construction: the tests below leave validation out."""

    @settings(derandomize=True, deadline=None, max_examples=size(200, 10_000))
    @given(documents(schema, WORDS))
    def holds(document: Written) -> None:
        DOCUMENTS.prepare(document.text)

    holds()


def test_fields_that_keep_the_rules_never_fall_back() -> None:
    outcomes = outcomes_of(RULY, size(700, 100_000))
    assert set(outcomes) == {"planned"}


def test_fields_that_break_the_rules_are_left_to_the_reference() -> None:
    outcomes = outcomes_of(WORDS, size(500, 50_000))
    assert outcomes["planned"] / outcomes.total() > PLANNED
