"""Plans that run: errors stand where the reference has them, and what is no usual value is left to the reference."""

from typing import Any

import pytest
from graphql import Undefined

from engine.plan.run import Kinds
from engine.plan.tree import Fallback
from tests.engine.edges import Asking
from tests.engine.orchard import UNRULY
from tests.engine.plans import both, fallback, plan_of, run_of, same, validated


def stands(payload: dict[str, Any]) -> list[tuple[str, list[str | int], list[tuple[int, int]]]]:
    """Message, path and places in the document of each error, by path."""
    return [
        (error["message"], error["path"], [(at["line"], at["column"]) for at in error["locations"]])
        for error in payload["errors"]
    ]


# ── errors of single objects ──────────────────────────────────────────────────────────────────────────────────────────
async def test_an_error_is_its_object_s_alone() -> None:
    payload = await same("{trees(numbers: [1, 2, 3, 4]){shy}}")
    assert payload["data"] == {"trees": [{"shy": None}, {"shy": "Tree 2"}, {"shy": "Tree 3"}, {"shy": None}]}
    assert stands(payload) == [
        ("Not today.", ["trees", 0, "shy"], [(1, 31)]),
        ("Not today.", ["trees", 3, "shy"], [(1, 31)]),
    ]
    assert payload["errors"][0]["extensions"] == {"code": "KNOWN"}


async def test_an_error_stands_wherever_its_object_stands() -> None:
    """Tree 1 is asked once, and stands at three places in two fields."""
    payload = await same("{trees(numbers: [1, 2, 1]){shy} first{shy}}")
    assert [path for _, path, _ in stands(payload)] == [["first", "shy"], ["trees", 0, "shy"], ["trees", 2, "shy"]]


async def test_an_error_below_a_shared_object_stands_at_each_of_its_paths() -> None:
    payload = await same("{trees(numbers: [0, 0, 6]){neighbour{a: shy itself{b: shyFriend{name}}}}}")
    assert [path for _, path, _ in stands(payload)] == [
        ["trees", 0, "neighbour", "a"],
        ["trees", 0, "neighbour", "itself", "b"],
        ["trees", 1, "neighbour", "a"],
        ["trees", 1, "neighbour", "itself", "b"],
        ["trees", 2, "neighbour", "itself", "b"],
    ]


async def test_an_error_in_a_list_of_lists_has_both_places() -> None:
    payload = await same("{theTree(number: 4){rows{shy}}}")
    assert payload["data"] == {"theTree": {"rows": [[{"shy": None}, None, {"shy": None}], None]}}
    assert [path for _, path, _ in stands(payload)] == [
        ["theTree", "rows", 0, 0, "shy"],
        ["theTree", "rows", 0, 2, "shy"],
    ]


async def test_an_error_of_an_object_leaves_nothing_below_it() -> None:
    payload = await same("{trees(numbers: [1, 2]){shyFriend{name shy}}}")
    assert payload["data"]["trees"] == [{"shyFriend": None}, {"shyFriend": {"name": "Tree 3", "shy": "Tree 3"}}]
    assert [path for _, path, _ in stands(payload)] == [["trees", 0, "shyFriend"]]


async def test_an_error_names_every_place_in_the_document_that_asks_for_the_field() -> None:
    payload = await same("{theTree{shy ...F}} fragment F on Tree{shy\n other: shy}")
    assert stands(payload) == [
        ("Not today.", ["theTree", "other"], [(2, 2)]),
        ("Not today.", ["theTree", "shy"], [(1, 10), (1, 40)]),
    ]


async def test_an_error_of_a_batch_is_every_object_s() -> None:
    payload = await same("{trees(numbers: [1, 2, 1]){refused}}")
    assert [(message, path) for message, path, _ in stands(payload)] == [
        ("Not for you.", ["trees", n, "refused"]) for n in range(3)
    ]


async def test_errors_of_resolvers_are_their_objects_own() -> None:
    payload = await same("{trees(numbers: [1, 2, 3, 4]){moody sulky}}")
    assert [(message, path) for message, path, _ in stands(payload)] == [
        ("1 is odd.", ["trees", 0, "moody"]),
        ("1 sulks.", ["trees", 0, "sulky"]),
        ("3 is odd.", ["trees", 2, "moody"]),
        ("4 sulks.", ["trees", 3, "sulky"]),
    ]
    assert [one["moody"] for one in payload["data"]["trees"]] == [None, "Tree 2", None, "Tree 4"]
    assert [one["sulky"] for one in payload["data"]["trees"]] == [None, "Tree 2", "Tree 3", None]


async def test_resolvers_may_return_an_error_or_a_promise_of_one() -> None:
    payload = await same("{trees(numbers: [1, 2, 3]){returned promise{name shy}}}")
    assert payload["data"]["trees"] == [
        {"returned": "Tree 1", "promise": {"name": "Tree 2", "shy": "Tree 2"}},
        {"returned": None, "promise": {"name": "Tree 3", "shy": "Tree 3"}},
        {"returned": "Tree 3", "promise": None},
    ]
    assert [path for _, path, _ in stands(payload)] == [["trees", 1, "returned"], ["trees", 2, "promise"]]


async def test_errors_come_in_the_order_of_the_answer() -> None:
    """The plan's own order, an object's own before those below it: the reference's is that in which its tasks end."""
    text = "{trees(numbers: [4, 1]){sulky shyFriend{shy} moody refused shy}}"
    plan, run = plan_of(validated(text)), run_of(Asking())
    errors = run.errors(await plan.function(run, None))
    assert [".".join(map(str, error.path or ())) for error in errors] == [
        "trees.0.sulky", "trees.0.refused", "trees.0.shy",
        "trees.1.sulky", "trees.1.shyFriend", "trees.1.moody", "trees.1.refused", "trees.1.shy",
    ]  # fmt: skip
    await same(text)


# ── what is left to the reference ─────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("field", "number", "reason"),
    [
        ("shyMust", 2, "error"),  # a known error where null may not be
        ("breaking", 7, "error"),  # an unknown one
        ("tooFew", 6, "length"),
        ("holes", 5, "null"),
        ("blank", 5, "null"),
        ("tooBig", 3, "exception"),  # what graphql-core says of a value that its scalar does not take
        ("impostor{name}", 2, "type"),
        ("asyncly{number}", 2, "type"),
        ("odd{number}", 1, "type"),  # a type that is not of the interface
        ("odd{number}", 2, "type"),  # one that is not there
        ("odd{number}", 3, "type"),  # none
        ("cuckoo{name}", 3, "type"),
        ("cuckoos{name}", 1, "type"),
        ("cuckoos{name}", 2, "null"),
        ("cuckoos{name}", 3, "value"),
        ("mistakes{text}", 2, "value"),
        ("mistakes{__typename}", 2, "value"),
        ("mistaken{__typename}", 1, "value"),
        ("awaited{__typename}", 1, "value"),
        ("promised{__typename}", 2, "value"),
        ("promises", 2, "value"),
        ("sworn", 2, "value"),
        ("hoard", 2, "list"),
    ],
)  # fmt: skip
async def test_what_is_not_usual_is_left_to_the_reference(field: str, number: int, reason: str) -> None:
    ran = await both(validated(f"{{trees(numbers: [{number}]){{name {field}}}}}"))
    assert ran.fallback == reason


@pytest.mark.parametrize("field", sorted(UNRULY - {"told", "shouted"}))
async def test_rows_that_keep_the_rules_are_planned_all_the_same(field: str) -> None:
    """Row 4 breaks none but that of the awaited type."""
    below = {"impostor": "{name}", "odd": "{number}", "asyncly": "{number}", "cuckoo": "{name}", "cuckoos": "{name}"}
    text = (
        f"{{theTree(number: 4){{{field}{below.get(field, '{text}' if field.startswith(('mist', 'await')) else '')}}}}}"
    )
    if field == "asyncly":
        assert await fallback(text) == "type"
    elif field == "promised":
        assert await fallback(text.replace("promised", "promised{text}")) is None
    else:
        await same(text)


async def test_no_object_is_asked_where_there_is_none() -> None:
    """Tree 0 has no children and no parent: the edges below are not asked at all."""
    ran = await both(validated("{theTree(number: 0){parent{measured(times: 1)} children{echo}}}"))
    assert ran.plan == ran.reference
    assert (ran.given, ran.given_by_reference) == ([], [])


# ── the pieces ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_object_stands_in_the_answer_as_often_as_it_is_there() -> None:
    plan, run = plan_of(validated("{trees(numbers: [1, 2, 1]){name label}}")), run_of(Asking())
    answer = await plan.function(run, None)
    first, second, third = answer["trees"]
    assert first is third
    assert first is not second
    assert run.errors(answer) == []


async def test_a_plan_is_run_again_from_nothing() -> None:
    plan = plan_of(validated("{trees(numbers: [1, 2, 4]){shy label}}"))
    answers = []
    for _ in range(3):
        run = run_of(Asking())
        answer = await plan.function(run, None)
        answers.append((answer, [error.path for error in run.errors(answer)]))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] is not answers[1][0]


def test_functions_of_the_schema_are_told_all_but_where_they_stand() -> None:
    run = run_of(Asking("somebody"))
    names = plan_of(validated("{thing{name}}")).source.names
    (field,) = [value for name, value in names.items() if name.endswith("_field")]
    info = run.info_of(field)
    assert (info.field_name, str(info.return_type), str(info.parent_type)) == ("thing", "Thing", "Query")
    assert (info.context.viewer, [node.name.value for node in info.field_nodes]) == ("somebody", ["thing"])
    with pytest.raises(AttributeError):
        _ = info.path  # type: ignore[attr-defined]  # what is not there sends the operation to the reference
    with pytest.raises(AttributeError):
        _ = run.info.field_name


class Plum:
    """A fruit."""


def test_a_class_is_asked_for_once() -> None:
    asked: list[type] = []

    def is_fruit(value: Any, _info: Any) -> bool:
        asked.append(type(value))
        return isinstance(value, Plum)

    info: Any = None
    kinds = Kinds(is_fruit)
    kinds.see(Plum(), info)
    assert type(Plum()) in kinds
    assert asked == [Plum]


@pytest.mark.parametrize(
    ("value", "reason"), [(None, "null"), (ValueError("x"), "value"), ("stone", "type"), (Undefined, "value")]
)
def test_what_is_of_no_known_class_is_looked_at_each_time(value: Any, reason: str) -> None:
    info: Any = None
    kinds = Kinds(lambda value, _info: isinstance(value, Plum))
    for _ in range(2):
        with pytest.raises(Fallback) as left:
            kinds.see(value, info)
        assert left.value.reason == reason
    assert len(kinds) == 0
