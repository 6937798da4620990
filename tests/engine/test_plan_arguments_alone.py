"""The pass that reads arguments, alone: what a field's function is given, and how little of it is read per request."""

from collections.abc import Sequence
from typing import Any

import pytest
import strawberry
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    get_argument_values,
    get_variable_values,
    parse,
)
from graphql.execution.values import VariableValues

from engine.plan import arguments as module
from engine.plan.arguments import Arguments, no_arguments
from engine.plan.tree import ArgumentsOf
from tests.engine.edges import START, Asking, Colour, Grade, Wish, declare, edge
from tests.engine.orchard import schema, strawberry_schema

PASS = Arguments(strawberry_schema)
LATER = "2026-02-03T04:05:06+00:00"
MEASURED = {"grade": Grade.HIGH, "at": START, "seconds": 1.5, "anything": None, "pair": None}
"""What `measured` is given where nothing is said: `times` must be, and what is not set is left to the function."""
ORDER = ["times", "grade", "key", "at", "seconds", "anything", "pair"]


class Asked:
    """A document's one field: its definition, its place, and the arguments that the pass makes of it."""

    def __init__(self, text: str, **raw: Any) -> None:
        (operation,) = parse(text).definitions
        assert isinstance(operation, OperationDefinitionNode)
        (node,) = operation.selection_set.selections
        assert isinstance(node, FieldNode)
        root = schema.get_root_type(OperationType.QUERY)
        assert root is not None
        kind = root if node.name.value in root.fields else schema.type_map["Tree"]
        self.node = node
        self.definition: GraphQLField = kind.fields[node.name.value]  # type: ignore[attr-defined]  # both are objects
        self.operation = operation
        self.variables = self.coerced(**raw)
        self.of: ArgumentsOf = PASS.of(self.definition, node)

    def coerced(self, **raw: Any) -> VariableValues:
        """The variables of a request, as graphql-core coerces them."""
        found = get_variable_values(schema, self.operation.variable_definitions or (), raw)
        assert isinstance(found, VariableValues)
        return found

    def given(self) -> dict[str, Any]:
        return dict(self.of(self.variables))

    def refused(self) -> tuple[str, str]:
        """What the pass says of a mistake, and what graphql-core says of it."""
        with pytest.raises(GraphQLError) as mine:
            self.of(self.variables)
        with pytest.raises(GraphQLError) as reference:
            get_argument_values(self.definition, self.node, self.variables)
        assert mine.value.locations == reference.value.locations
        return mine.value.message, reference.value.message


# ── scalars and enums ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ("times: 2", {}),
        ("times: 2, grade: LOW", {"grade": Grade.LOW}),
        ("times: 2, key: 7, seconds: 3", {"key": "7", "seconds": 3.0}),
        ("times: 2, key: null", {"key": None}),
        (f'times: 2, at: "{LATER}"', {"at": START.fromisoformat(LATER)}),
        ('times: 2, pair: "ab", anything: [1, {b: null}]', {"pair": ["a", "b"], "anything": [1, {"b": None}]}),
    ],
)
def test_literals_are_what_they_mean_and_the_rest_its_default(said: str, changed: dict[str, Any]) -> None:
    given = Asked(f"{{measured({said})}}").given()
    assert given == {"times": 2, **MEASURED, **changed}
    assert {name: type(value) for name, value in given.items()} == {
        name: type(value) for name, value in {"times": 2, **MEASURED, **changed}.items()
    }


@pytest.mark.parametrize(
    ("declared", "said", "raw", "changed"),
    [
        ("$n: Int!", "times: $n", {"n": 5}, {"times": 5}),
        ("$n: Int! = 6", "times: $n", {}, {"times": 6}),
        ("$g: Grade!", "times: 1, grade: $g", {"g": "LOW"}, {"grade": Grade.LOW}),
        ("$g: Grade", "times: 1, grade: $g", {}, {}),  # absent: the argument's default
        ("$k: ID", "times: 1, key: $k", {}, {}),
        ("$k: ID", "times: 1, key: $k", {"k": None}, {"key": None}),
        ("$k: ID", "key: $k, times: 1", {"k": 8}, {"key": "8"}),
        ("$a: Moment!", "times: 1, at: $a", {"a": LATER}, {"at": START.fromisoformat(LATER)}),
        ("$x: Anything", "times: 1, anything: $x", {"x": {"a": [1]}}, {"anything": {"a": [1]}}),
        ("$x: Anything", "times: 1, anything: {a: [$x]}", {"x": 3}, {"anything": {"a": [3]}}),
        ("$x: Anything", "times: 1, pair: [1, $x]", {"x": 3}, {"pair": (1, 3)}),
    ],
)
def test_variables_are_the_request_s(declared: str, said: str, raw: dict[str, Any], changed: dict[str, Any]) -> None:
    given = Asked(f"query({declared}){{measured({said})}}", **raw).given()
    assert given == {"times": 1, **MEASURED, **changed}
    assert list(given) == [name for name in ORDER if name in given]  # the schema's order, whatever the client's


def test_one_reading_serves_every_request() -> None:
    asked = Asked("query($n: Int!, $k: ID){measured(times: $n, key: $k)}", n=1)
    first, second = asked.of(asked.coerced(n=2, k="a")), asked.of(asked.coerced(n=3))
    assert (first["times"], first["key"], second["times"], "key" in second) == (2, "a", 3, False)


# ── inputs, lists, names ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("declared", "said", "raw", "expected"),
    [
        ("", "class: true", {}, {"class_": True}),
        ("", "ids: 7, sizes: [[1], null]", {}, {"ids": ["7"], "sizes": [[1], None]}),
        ("", "wish: {colour: RED}", {}, {"wish": Wish(colour=Colour.RED)}),
        ("", "wish: {label: null, inner: {}}", {}, {"wish": Wish(label=None, inner=Wish())}),
        ("($l: String)", "wish: {label: $l}", {}, {"wish": Wish()}),
        ("($l: String)", "wish: {label: $l}", {"l": None}, {"wish": Wish(label=None)}),
        ("($n: Int!)", "wish: {inner: {sizes: [$n, 2]}}", {"n": 1}, {"wish": Wish(inner=Wish(sizes=[1, 2]))}),
        ("($c: Colour!)", "wishes: [{colour: $c}, null]", {"c": "RED"}, {"wishes": [Wish(colour=Colour.RED), None]}),
        ("($w: Wish)", "wish: $w", {"w": {"grade": "LOW"}}, {"wish": Wish(grade=Grade.LOW)}),
        ("($w: Wish = {sizes: 4})", "wish: $w", {}, {"wish": Wish(sizes=[4])}),
        ("($i: ID!)", "ids: [$i, $i]", {"i": 1}, {"ids": ["1", "1"]}),
    ],
)
def test_inputs_are_objects_with_the_variables_in_them(
    declared: str, said: str, raw: dict[str, Any], expected: dict[str, Any]
) -> None:
    plain = Asked("{echo}").given()
    assert plain["wish"] is None
    assert Asked(f"query{declared}{{echo({said})}}", **raw).given() == {**plain, **expected}


def test_a_resolver_is_given_what_graphql_core_coerced() -> None:
    """It converts its own: twice would be once too often."""
    asked = Asked("query($c: Colour!){age(times: 2, wish: {colour: $c})}", c="RED")
    assert asked.given() == get_argument_values(asked.definition, asked.node, asked.variables)
    assert isinstance(asked.given()["wish"], dict)


def test_a_field_without_arguments_is_given_none() -> None:
    asked = Asked("{version}")
    assert asked.of is no_arguments
    assert asked.given() == {}


async def kept(_rows: Sequence[Any], _context: Asking, per_day: int = 1, at_once: bool = False) -> Sequence[Any]:
    return [(per_day, at_once)]


@strawberry.type
class Larder:
    kept: str = edge(kept)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", {"per_day": 1, "at_once": False}),
        ("(perDay: 2)", {"per_day": 2, "at_once": False}),
        ("(atOnce: $b)", {"per_day": 1, "at_once": True}),
        ("(atOnce: $b, perDay: $n)", {"per_day": 7, "at_once": True}),
    ],
)
def test_scalars_too_have_the_names_that_the_function_knows(said: str, expected: dict[str, Any]) -> None:
    larder = strawberry.Schema(Larder)
    declare(larder._schema)
    assert larder._schema.query_type is not None
    node = Asked(f"{{kept: echo{said}}}").node
    read = Arguments(larder).of(larder._schema.query_type.fields["kept"], node)
    assert read(VariableValues({}, {"b": True, "n": 7})) == expected


# ── mistakes ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("{measured}", {}),
        ('{measured(times: "one")}', {}),
        ("{measured(times: null)}", {}),
        ("{measured(times: 1, grade: MIDDLE)}", {}),
        ("{measured(times: 1, at: 7)}", {}),
        ("query($n: Int){measured(times: $n)}", {}),
        ("query($n: Int){measured(times: $n)}", {"n": None}),
        ("query($n: Int = 3){measured(times: $n)}", {"n": None}),
        ("query($g: Grade){measured(times: 1, grade: $g)}", {"g": None}),
        ("query($n: Int){measured(times: $n, grade: MIDDLE)}", {}),
        ("query($n: Int){echo(wish: {sizes: [$n]})}", {"n": None}),
        ("{echo(wish: {colour: GREEN})}", {}),
        ("{echo(wish: {nothing: 1})}", {}),
        ("{age(times: {})}", {}),
    ],
)
def test_a_mistake_is_told_when_it_runs_in_graphql_core_s_words(text: str, raw: dict[str, Any]) -> None:
    mine, reference = Asked(text, **raw).refused()
    assert mine == reference


# ── as little as possible ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "raw", "before", "after"),
    [
        ("{version}", {}, 0, 0),
        ("{measured(times: 2)}", {}, 1, 0),
        ("query($n: Int!, $k: ID!){measured(times: $n, key: $k)}", {"n": 1, "k": 2}, 1, 0),
        ("query($n: Int!, $k: ID){measured(times: $n, key: $k)}", {"n": 1}, 1, 1),  # a default has to be found
        ("{measured(times: 1, anything: [1])}", {}, 0, 1),
        ('{measured(times: 1, pair: "ab")}', {}, 1, 1),  # a list, which each request has of its own
        ("{echo}", {}, 0, 1),
    ],
)
def test_what_no_request_changes_is_read_once(
    monkeypatch: pytest.MonkeyPatch, text: str, raw: dict[str, Any], before: int, after: int
) -> None:
    read: list[Any] = []

    def counted(*given: Any) -> Any:
        read.append(given)
        return get_argument_values(*given)

    monkeypatch.setattr(module, "get_argument_values", counted)
    asked = Asked(text, **raw)
    assert len(read) == before
    for times in (1, 2, 3):
        asked.given()
        assert len(read) == before + times * after


@pytest.mark.parametrize("said", ["anything: {a: [1]}", 'pair: "ab"'])
def test_what_may_be_changed_is_each_request_s_own(said: str) -> None:
    asked = Asked(f"{{measured(times: 1, {said})}}")
    name = said.partition(":")[0]
    first, second = asked.given()[name], asked.given()[name]
    assert first == second
    assert first is not second


def test_a_field_of_another_library_is_read_as_graphql_core_reads_it() -> None:
    core = build_schema("type Query { a(n: Int = 4, t: String): Int }")
    assert core.query_type is not None
    definition = core.query_type.fields["a"]
    node = Asked('{a: echo(text: "x")}').node
    assert PASS.of(definition, node)(VariableValues({}, {})) == {"n": 4}
