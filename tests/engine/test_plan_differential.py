"""Documents thrown together over the orchard: plan and reference answer with the same bytes."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from tests.engine.orchard import UNRULY, schema
from tests.engine.plans import both, unchecked
from tests.graph.generated import Words, Written, documents
from tests.proof import size

__all__ = ["WORDS", "schema"]
POOLS = {"Moment": ("2026-02-03T04:05:06+00:00",), "Anything": (1, None, {"a": [1, "x"]}, [True])}
WORDS = Words(values=lambda _parent, field, _argument: POOLS.get(field))
RULY = Words(may=lambda _parent, field: field not in UNRULY, values=WORDS.values)
EXAMPLES = size(1_500, 100_000)
PLANNED = 0.8
"""The least share of documents that have to run on their plans: the fields that break the rules are a few of many."""

pytestmark = [
    pytest.mark.prove,
    # graphql-core leaves what it has begun for the siblings of a field that failed.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
]
thrown = settings(
    derandomize=True, deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def compared(document: Written, outcomes: Counter[str]) -> None:
    ran = await both(unchecked(document.text), document.variables)
    outcomes[ran.fallback or "planned"] += 1
    if ran.plan is not None:
        assert ran.plan.decode() == ran.reference.decode()
    assert repr(ran.given) == repr(ran.given_by_reference) or ran.fallback


async def test_fields_that_keep_the_rules_never_fall_back() -> None:
    outcomes: Counter[str] = Counter()

    @thrown
    @given(documents(schema, RULY))
    async def holds(document: Written) -> None:
        await compared(document, outcomes)

    holds()
    print(outcomes)
