"""Arguments thrown together: whatever they are, the answer is a code of bad input or an answer, never our own error."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph.client import GraphClient
from tests.graph.documents import IOWA, PRICE
from tests.graph.paging import cursor
from tests.proof import size

pytestmark = pytest.mark.prove
CLERK, STORE = "store:2191/clerk", IOWA.store(2191)
fuzzed = settings(
    derandomize=True,
    deadline=None,
    max_examples=size(60, 5_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
parts = st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=33) | st.just("0" * 32)
cursors = (
    st.none()
    | st.text(max_size=40)
    | st.lists(parts, max_size=4).map(lambda made: cursor(*made))
    | st.tuples(st.integers(-(2**64), 2**64) | st.text(max_size=210), st.just("0" * 32)).map(lambda made: cursor(*made))
)
instants = st.datetimes(timezones=st.timezones() | st.none()).map(lambda at: at.isoformat())


@fuzzed
@given(
    id=st.one_of(st.text(max_size=60), st.from_regex(r"[a-z]{3,8}_[0-9a-f]{30,34}", fullmatch=True)),
    after=cursors,
    first=st.integers(-5, 200),
)
async def test_no_argument_is_an_internal_error(graph: GraphClient, id: str, after: str | None, first: int) -> None:
    document = (
        "query ($id: ID!, $after: String, $first: Int!) { node(id: $id) { id } "
        "stores(first: $first, after: $after) { nodes { id } } }"
    )
    asked = await graph.ask(document, {"id": id, "after": after, "first": first})
    assert set(asked.codes) <= {"BAD_ID", "BAD_CURSOR", "BAD_PAGE_SIZE"}


@fuzzed
@given(after=cursors)
async def test_no_cursor_is_an_internal_error(graph: GraphClient, after: str | None) -> None:
    """One connection by number, one by instant, one by three ids."""
    document = (
        "query ($id: ID!, $location: ID!, $after: String) { store(id: $id) { shelf(first: 1, after: $after) "
        "{ nodes { id } } ordersPlaced(first: 1, after: $after) { nodes { id } } } "
        "location(id: $location) { stock(first: 1, after: $after) { nodes { onHand } } } }"
    )
    ids = {"id": STORE, "location": IOWA.location("STORE", 2191)}
    asked = await graph.ask(document, {**ids, "after": after}, by=CLERK)
    assert set(asked.codes) <= {"BAD_CURSOR"}


@fuzzed
@given(
    quantity=st.integers() | st.floats() | st.booleans(),
    at=st.none()
    | st.text(max_size=40)
    | st.datetimes(timezones=st.timezones() | st.none()).map(lambda at: at.isoformat()),
)
async def test_no_quantity_or_instant_is_an_internal_error(graph: GraphClient, quantity: Any, at: str | None) -> None:
    asked = await graph.ask(PRICE, {"q": quantity, "at": at}, by=CLERK)
    assert set(asked.codes) <= {"BAD_USER_INPUT"}
