"""Arguments: the function of a field is given what the reference executor gives it."""

from datetime import UTC, datetime
from typing import Any

import pytest
import strawberry

from tests.engine.edges import START, Asking, Colour, Grade, Wish
from tests.engine.plans import both, plan_of, run_of, same, unchecked, validated

WISH = "{colour: RED, sizes: [1, 2], inner: {label: null, inner: {}}}"


async def given(text: str, variables: dict[str, Any] | None = None) -> Any:
    """What the one batch function of a document was given, which is what the reference gives it, to the type."""
    ran = await both(validated(text), variables)
    assert (ran.fallback, ran.plan) == (None, ran.reference)
    assert repr(ran.given) == repr(ran.given_by_reference)
    assert ran.given == ran.given_by_reference
    (arguments,) = ran.given
    return arguments


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("times: 2", [2, Grade.HIGH, strawberry.UNSET, START, 1.5, None, None]),
        ("times: 2, grade: LOW", [2, Grade.LOW, strawberry.UNSET, START, 1.5, None, None]),
        ("times: 2, key: null", [2, Grade.HIGH, None, START, 1.5, None, None]),
        ("times: 2, key: 7", [2, Grade.HIGH, "7", START, 1.5, None, None]),
        ("times: 2, seconds: 3", [2, Grade.HIGH, strawberry.UNSET, START, 3.0, None, None]),
        (
            'at: "2026-02-03T04:05:06+00:00", times: 2',
            [2, Grade.HIGH, strawberry.UNSET, datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC), 1.5, None, None],
        ),
        ("times: 2, pair: [1, 2]", [2, Grade.HIGH, strawberry.UNSET, START, 1.5, None, (1, 2)]),
        ("times: 2, anything: {a: [1, null]}", [2, Grade.HIGH, strawberry.UNSET, START, 1.5, {"a": [1, None]}, None]),
    ],
)
async def test_literals_and_defaults(arguments: str, expected: list[Any]) -> None:
    assert await given(f"{{measured({arguments})}}") == expected


@pytest.mark.parametrize(
    ("declared", "arguments", "variables", "expected"),
    [
        ("$n: Int!", "times: $n", {"n": 5}, [5, Grade.HIGH, strawberry.UNSET, START, 1.5, None, None]),
        ("$n: Int! = 6", "times: $n", {}, [6, Grade.HIGH, strawberry.UNSET, START, 1.5, None, None]),
        ("$k: ID", "times: 1, key: $k", {"k": 8}, [1, Grade.HIGH, "8", START, 1.5, None, None]),
        ("$k: ID", "times: 1, key: $k", {"k": None}, [1, Grade.HIGH, None, START, 1.5, None, None]),
        ("$k: ID", "times: 1, key: $k", {}, [1, Grade.HIGH, strawberry.UNSET, START, 1.5, None, None]),
        ("$g: Grade", "times: 1, grade: $g", {}, [1, Grade.HIGH, strawberry.UNSET, START, 1.5, None, None]),
        ("$g: Grade", "times: 1, grade: $g", {"g": "LOW"}, [1, Grade.LOW, strawberry.UNSET, START, 1.5, None, None]),
        ("$s: Float!", "times: 1, seconds: $s", {"s": 2}, [1, Grade.HIGH, strawberry.UNSET, START, 2.0, None, None]),
        ("$x: Anything", "times: 1, anything: {x: [$x]}", {"x": 3},
         [1, Grade.HIGH, strawberry.UNSET, START, 1.5, {"x": [3]}, None]),
        ("$x: Anything", "times: 1, pair: [1, $x]", {"x": 3},
         [1, Grade.HIGH, strawberry.UNSET, START, 1.5, None, (1, 3)]),
        ("$n: Int!, $m: Anything", "times: $n, anything: $m", {"n": 1, "m": [True]},
         [1, Grade.HIGH, strawberry.UNSET, START, 1.5, [True], None]),
    ],
)  # fmt: skip
async def test_variables(declared: str, arguments: str, variables: dict[str, Any], expected: list[Any]) -> None:
    assert await given(f"query({declared}){{measured({arguments})}}", variables) == expected


@pytest.mark.parametrize(
    ("declared", "arguments", "variables"),
    [
        ("", "", {}),
        ("", 'text: "é\\u00e9", number: null, colour: BLUE, grade: LOW, class: true', {}),
        ("", 'ids: ["a", 1], sizes: [[1], null, []], maybe: null', {}),
        ("", 'ids: "one", sizes: 3, maybe: "some"', {}),
        ("", f"wish: {WISH}, wishes: [{WISH}, null, {{}}]", {}),
        ("", 'wish: {at: "2026-02-03T04:05:06+00:00", label: "l", grade: null}', {}),
        ("($w: Wish)", "wish: $w, wishes: [$w, $w]", {"w": {"colour": "RED", "inner": {"sizes": 4}}}),
        ("($w: Wish)", "wish: $w, wishes: [$w]", {"w": None}),
        ("($w: Wish)", "wish: $w, wishes: [$w]", {}),
        ("($w: Wish = {label: null})", "wish: $w", {}),
        ("($n: Int!, $c: Colour!)", "wish: {colour: $c, sizes: [$n, 1], inner: {sizes: [$n]}}", {"n": 3, "c": "RED"}),
        ("($l: String)", "wish: {label: $l}", {}),
        ("($s: [[Int!]], $i: [ID!])", "sizes: $s, ids: $i", {"s": [[1], None], "i": [7, "x"]}),
        ("($i: ID!)", "ids: [$i, $i]", {"i": "k"}),
        ("($x: Anything)", "anything: {a: $x, b: [$x]}", {"x": {"deep": [1]}}),
        ("($m: String)", "maybe: $m", {}),
        ("($m: String)", "maybe: $m", {"m": None}),
        ("($b: Boolean = true)", "class: $b", {}),
    ],
)
async def test_lists_inputs_and_nested_variables(declared: str, arguments: str, variables: dict[str, Any]) -> None:
    called = f"({arguments})" if arguments else ""
    await given(f"query{declared}{{echo{called}}}", variables)


async def test_inputs_are_objects_of_their_class() -> None:
    arguments = await given(f"{{echo(wish: {WISH}, colour: BLUE)}}")
    assert arguments[2] is Colour.BLUE
    assert arguments[6] == Wish(
        colour=Colour.RED, sizes=[1, 2], inner=Wish(label=None, inner=Wish(label=strawberry.UNSET))
    )


@pytest.mark.parametrize(
    ("argument", "place", "expected"), [("anything: {a: [1]}", 5, {"a": [1]}), ('pair: "ab"', 6, ["a", "b"])]
)
async def test_an_argument_of_one_request_is_not_another_s(argument: str, place: int, expected: Any) -> None:
    plan = plan_of(validated(f"{{measured(times: 1, {argument})}}"))
    asking = Asking(), Asking()
    for each in asking:
        await plan.function(run_of(each), None)
    first, second = (each.given[0][place] for each in asking)
    assert first == second == expected
    assert first is not second


async def test_arguments_of_every_object_are_read_once() -> None:
    ran = await both(validated("query($n: Int!){trees(numbers: [1, 2, 3]){measured(times: $n)}}"), {"n": 4})
    assert ran.plan == ran.reference
    assert len(ran.given) == 1


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("query($n: Int = 3){measured(times: $n)}", {"n": None}),
        ("query($g: Grade = LOW){measured(times: 1, grade: $g)}", {"g": None}),
        ('query($t: String = "a"){echo(text: $t)}', {"t": None}),
        ("query($n: Int = 1){echo(wish: {sizes: [$n]})}", {"n": None}),
    ],
)
async def test_null_where_none_may_be_is_told_by_the_reference(text: str, variables: dict[str, Any]) -> None:
    ran = await both(validated(text), variables)
    assert ran.fallback == "arguments"
    assert b"BAD_USER_INPUT" in ran.reference


@pytest.mark.parametrize("text", ["{measured}", '{measured(times: "one")}', "{measured(times: 1, grade: MIDDLE)}"])
async def test_literals_that_are_wrong_are_told_by_the_reference(text: str) -> None:
    ran = await both(unchecked(text))
    assert ran.fallback == "arguments"
    assert b"BAD_USER_INPUT" in ran.reference


async def test_what_an_argument_means_is_found_out_by_the_edge() -> None:
    text = "query($n: Int!){a: tree(number: 2){name} b: tree(number: $n){name} theTree{oneOf(number: 3){name}}}"
    payload = await same(text, {"n": -1})
    assert payload["data"] == {"a": {"name": "Tree 2"}, "b": None, "theTree": {"oneOf": {"name": "Tree 3"}}}
    assert [(error["message"], error["path"]) for error in payload["errors"]] == [("There is no number -1.", ["b"])]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [("low: $n, high: -2", -1), ("high: -2, low: $n", -1), ("low: -3, high: $n", -3), ("low: 1, high: $n", -1)],
)
async def test_of_two_mistakes_the_first_of_the_schema_is_told(arguments: str, told: int) -> None:
    payload = await same(f"query($n: Int!){{between({arguments})}}", {"n": -1})
    assert [error["message"] for error in payload["errors"]] == [f"There is no number {told}."]


async def test_resolvers_convert_their_own() -> None:
    asked = "age a: age(times: 2) b: age(times: $n, wish: {colour: $c})"
    payload = await same(f"query($n: Int = 3, $c: Colour!){{theTree(number: 2){{{asked}}}}}", {"c": "RED"})
    tree = payload["data"]["theTree"]
    assert (tree["age"], tree["a"]) == ("2 None", "4 None")
    assert tree["b"].startswith("6 Wish(colour=<Colour.RED: 'red'>")
