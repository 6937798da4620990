"""Variables: what a plan is given is what graphql-core coerces, value for value and mistake for mistake."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse
from graphql.execution import get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from engine.plan import variables as module
from engine.plan.variables import Coercion

SCHEMA = build_schema("""
scalar Anything
enum Grade { LOW HIGH }
input Wish { label: String! = "x", inner: Wish, grades: [Grade!] }
type Query { a(id: ID, float: Float, string: String, boolean: Boolean): Int }
""")
TYPES = ["Int", "Int!", "Float!", "String", "ID", "ID!", "Boolean!", "Grade", "Grade!", "Anything", "[Int!]", "Wish"]
DEFAULTS = {"Int": "7", "Grade": "LOW", "ID!": '"a"', "[Int!]": "[1]"}
ERRORS = 3
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=4)
    | st.sampled_from(["LOW", "HIGH", "label"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["label", "inner", "x"]), inner),
    max_leaves=6,
)  # fmt: skip


def operation(*declared: str) -> OperationDefinitionNode:
    (definition,) = parse(f"query ({', '.join(declared)}) {{ a }}").definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def told(found: Any) -> tuple[str, Any]:
    """Values or errors, to the type of each."""
    if isinstance(found, list):
        return "errors", [(error.message, error.locations) for error in found]
    return "values", (repr(found.coerced), {name: repr(source.value) for name, source in found.sources.items()})


def same(definition: OperationDefinitionNode, raw: dict[str, Any]) -> tuple[str, Any]:
    mine = told(Coercion(SCHEMA, definition, ERRORS).of(raw))
    assert mine == told(get_variable_values(SCHEMA, definition.variable_definitions or (), raw, max_errors=ERRORS))
    return mine


@given(st.lists(st.tuples(st.sampled_from(TYPES), st.booleans(), st.booleans(), JSON), max_size=4))
def test_any_value_of_any_type_is_coerced_as_the_reference_does(given_: list[tuple[str, bool, bool, Any]]) -> None:
    declared = [
        f"$v{place}: {kind}" + (f" = {DEFAULTS[kind]}" if defaulted and kind in DEFAULTS else "")
        for place, (kind, defaulted, _, _) in enumerate(given_)
    ]
    raw = {f"v{place}": value for place, (_, _, there, value) in enumerate(given_) if there}
    if declared:
        same(operation(*declared), raw)


@pytest.mark.parametrize(
    ("declared", "raw", "kind"),
    [
        ("$a: Int!", {"a": 3}, "values"),
        ("$a: Int!", {"a": None}, "errors"),
        ("$a: Int!", {}, "errors"),
        ("$a: Int", {}, "values"),
        ("$a: Int = 5", {}, "values"),
        ("$a: Int = 5", {"a": None}, "values"),
        ("$a: Nothing", {"a": 1}, "errors"),
        ("$a: Query", {"a": 1}, "errors"),
        ("$a: ID", {"a": 1, "stray": 2}, "values"),
    ],
)
def test_what_is_said_of_values_that_are_there_missing_and_wrong(declared: str, raw: Any, kind: str) -> None:
    assert same(operation(declared), raw)[0] == kind


def test_only_what_is_not_usual_is_asked_of_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(module, "get_variable_values", lambda *given, **_: asked.append(given[2]))
    coercion = Coercion(SCHEMA, operation("$a: Int!", "$b: ID"), ERRORS)
    assert told(coercion.of({"a": 1, "b": None})) == ("values", ("{'a': 1, 'b': None}", {"a": "1", "b": "None"}))
    assert told(coercion.of({"a": 1, "b": 2})) == ("values", ("{'a': 1, 'b': '2'}", {"a": "1", "b": "2"}))
    assert asked == []
    coercion.of({"a": "x"})
    assert asked == [{"a": "x"}]
