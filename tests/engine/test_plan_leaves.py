"""Leaves: the generated expression for a scalar or an enum answers what graphql-core's coercion answers, or nothing."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from graphql import GraphQLLeafType, GraphQLNonNull, Undefined, is_leaf_type, parse
from graphql.execution import Executor
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.plan.emit import _Emitter
from engine.plan.leaves import INT_MAX, INT_MIN, usual
from engine.plan.tree import Leaf
from tests.engine.edges import Colour, Grade
from tests.engine.orchard import Promise, schema
from tests.proof import size

pytestmark = pytest.mark.prove
LEAVES = {name: kind for name, kind in schema.type_map.items() if is_leaf_type(kind)}
GAVE_UP = object()
EXECUTOR = Executor.build(schema, parse("{version}"))
INFO: Any = SimpleNamespace(parent_type="Tree", field_name="leaf")


class Text(str):
    pass


class Whole(int):
    pass


class Level(IntEnum):
    ONE = 1
    TWO = 2


class Shade(Enum):
    RED = "red"


class Indexed:
    def __index__(self) -> int:
        return 7


class Spoken:
    def __str__(self) -> str:
        return "spoken"


def expression(kind: GraphQLLeafType, nonnull: bool) -> Callable[[Any], Any]:
    """What the generated code makes of a value."""
    emitter = _Emitter()
    text = emitter.leaf(Leaf(nonnull, kind), "value")
    function: Callable[[Any], Any] = eval(f"lambda value: {text}", emitter.names)
    return function


EXPRESSIONS = {(name, nonnull): expression(kind, nonnull) for name, kind in LEAVES.items() for nonnull in (True, False)}


def by_plan(name: str, nonnull: bool, value: Any) -> Any:
    try:
        return EXPRESSIONS[name, nonnull](value)
    except Exception:  # Fallback among them: whatever it is, the reference answers
        return GAVE_UP


def by_reference(name: str, nonnull: bool, value: Any) -> Any:
    assert isinstance(EXECUTOR, Executor)
    kind = GraphQLNonNull(LEAVES[name]) if nonnull else LEAVES[name]
    try:
        return EXECUTOR.complete_value(kind, [], INFO, INFO, value, None)
    except Exception:
        return GAVE_UP


def of_kind(value: Any) -> tuple[type, str]:
    """What is compared: NaN is not itself, and True is 1."""
    return type(value), repr(value)


edges = [INT_MIN, INT_MAX, -(2**53), 2**53, -(2**63), 2**63]
whole = st.integers() | st.sampled_from([edge + by for edge in edges for by in (-1, 0, 1)])
numbers = whole | st.floats() | st.booleans() | st.decimals() | st.fractions()
strange = st.sampled_from(
    [
        Level.ONE, Level.TWO, Grade.LOW, Grade.HIGH, Colour.RED, Colour.BLUE, Shade.RED, Text("red"), Text("7"),
        Whole(1), Whole(2**31), Indexed(), Spoken(), Undefined, strawberry.UNSET, None, datetime.max,
        Decimal("1.0"), Decimal("NaN"), Fraction(2), ValueError("no value"), "RED", "red", "blue", "LOW", 1, 2, 3,
        b"red", object, Colour, "",
    ]
)  # fmt: skip
values = (
    strange | numbers | whole.map(str) | st.text() | st.binary() | whole.map(Whole) | st.text().map(Text)
    | st.lists(numbers, max_size=2) | st.tuples(st.text()) | st.dictionaries(st.text(), numbers, max_size=2)
)  # fmt: skip


@pytest.mark.parametrize("nonnull", [True, False])
@pytest.mark.parametrize("name", sorted(LEAVES))
def test_a_leaf_is_what_graphql_core_makes_of_it(name: str, nonnull: bool) -> None:
    """Every scalar and enum of the orchard, those of introspection among them."""

    @settings(derandomize=True, deadline=None, max_examples=size(400, 30_000))
    @given(values)
    def holds(value: Any) -> None:
        assert of_kind(by_plan(name, nonnull, value)) == of_kind(by_reference(name, nonnull, value))

    holds()


def test_there_are_leaves_of_every_sort() -> None:
    own, core = {"Anything", "Colour", "Grade", "Moment", "Pair"}, {"Boolean", "Float", "ID", "Int", "String"}
    assert set(LEAVES) == own | core | {"__DirectiveLocation", "__TypeKind"}
    assert {name for name, kind in LEAVES.items() if usual(kind)} == {"Boolean", "ID", "Int", "String"}


@pytest.mark.parametrize("name", sorted(LEAVES))
def test_a_promise_is_left_to_the_reference(name: str) -> None:
    """A scalar that returns what it is given would answer with the promise itself."""
    assert by_plan(name, False, Promise("red")) is GAVE_UP


@pytest.mark.parametrize("value", [KeyboardInterrupt(), GeneratorExit()])
def test_an_exception_of_any_sort_is_no_answer(value: BaseException) -> None:
    assert by_plan("Anything", False, value) is GAVE_UP


@pytest.mark.parametrize(
    ("name", "value", "answer"),
    [
        ("Int", INT_MAX, INT_MAX),
        ("Int", INT_MAX + 1, GAVE_UP),
        ("Int", INT_MIN, INT_MIN),
        ("Int", INT_MIN - 1, GAVE_UP),
        ("Int", True, 1),
        ("Int", 7.0, 7),
        ("Int", 7.5, GAVE_UP),
        ("String", 7, "7"),
        ("String", b"x", GAVE_UP),
        ("Boolean", 0, False),
        ("Boolean", "true", GAVE_UP),
        ("ID", 7, "7"),
        ("Colour", "red", "RED"),
        ("Colour", Colour.BLUE, "BLUE"),
        ("Colour", "RED", GAVE_UP),
        ("Grade", 2, "HIGH"),
        ("Grade", Grade.LOW, "LOW"),
        ("Grade", 3, GAVE_UP),
    ],
)
def test_what_the_shortcuts_answer(name: str, value: Any, answer: Any) -> None:
    assert by_plan(name, True, value) is answer or of_kind(by_plan(name, True, value)) == of_kind(answer)


@pytest.mark.parametrize("value", [None, Undefined])
@pytest.mark.parametrize("name", sorted(LEAVES))
def test_nothing_is_null_where_it_may_be(name: str, value: Any) -> None:
    assert by_plan(name, False, value) is None
    assert by_plan(name, True, value) is GAVE_UP
