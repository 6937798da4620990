"""The executor: what runs on a plan, when it begins again and on what, what it counts, and what it keeps."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from engine.executor import Planned
from engine.reference import Result
from tests.engine.edges import PATIENT, RUNNING, Asking
from tests.engine.orchard import strawberry_schema
from tests.engine.plans import DOCUMENTS, MASK, REFERENCE, validated
from tests.engine.small import LIMITS
from tests.proof import size


class Desk:
    """An executor with a plan cache of its own, and how often it asked for another context."""

    def __init__(self, **changes: Any) -> None:
        self.executor = Planned(strawberry_schema, replace(LIMITS, **changes), MASK, REFERENCE)
        self.renewed: list[Asking] = []

    @property
    def outcomes(self) -> Counter[str]:
        return self.executor.outcomes

    async def renew(self) -> Asking:
        self.renewed.append(Asking("renewed"))
        return self.renewed[-1]

    async def ask(
        self,
        text: str,
        variables: dict[str, Any] | None = None,
        viewer: str = "nobody",
        renew: Callable[[], Awaitable[Any]] | None = None,
    ) -> Result:
        prepared, operation = validated(text)
        PATIENT.set(viewer == "patient")
        return await self.executor.run(prepared, operation, variables or {}, Asking(viewer), renew or self.renew)


async def test_the_first_time_is_the_reference_s_and_the_second_a_plan_s() -> None:
    desk = Desk()
    answers = [orjson.dumps((await desk.ask("{theTree{name label}}")).payload) for _ in range(3)]
    assert set(answers) == {b'{"data":{"theTree":{"name":"Tree 1","label":"label 1"}}}'}
    assert desk.outcomes == Counter({"reference:new": 1, "planned": 2})
    assert (desk.executor.plans.compiled, desk.renewed) == (1, [])


async def test_errors_of_a_plan_are_those_of_the_reference() -> None:
    desk = Desk()
    first, second = [await desk.ask("{trees(numbers: [1, 2, 1]){shy}}") for _ in range(2)]
    assert orjson.dumps(first.payload) == orjson.dumps(second.payload)
    assert len(second.errors) == 2
    assert desk.outcomes == Counter({"reference:new": 1, "planned": 1})


async def test_switches_have_plans_of_their_own() -> None:
    desk = Desk()
    text = "query($on: Boolean!){version @include(if: $on) first @skip(if: $on){name}}"
    for on in (True, False, True, False):
        assert list((await desk.ask(text, {"on": on})).payload["data"]) == (["version"] if on else ["first"])
    assert desk.outcomes == Counter({"reference:new": 2, "planned": 2})
    assert desk.executor.plans.compiled == 2


async def test_operations_of_one_document_have_plans_of_their_own() -> None:
    desk = Desk()
    prepared = DOCUMENTS.prepare("query A{version} query B{first{...F}} fragment F on Tree{name}")
    for name in ("A", "B", "A", "B"):
        result = await desk.executor.run(prepared, prepared.operation(name), {}, Asking(), desk.renew)
        assert result.payload["data"] == ({"version": "one"} if name == "A" else {"first": {"name": "Tree 1"}})
    assert desk.outcomes == Counter({"reference:new": 2, "planned": 2})


async def test_switches_of_one_operation_are_no_switches_of_another() -> None:
    """The same name is something else there, of which there may be any number."""
    desk = Desk()
    text = "query A($v: Boolean!){version @include(if: $v)} query B($v: %s!){%s}"
    for kind, field, values in (
        ("[Int!]", "trees(numbers: $v){name}", [[n] for n in range(5)]),
        ("Int", "theTree(number: $v){name}", list(range(50))),
    ):
        prepared = DOCUMENTS.prepare(text % (kind, field))
        before = len(desk.executor.plans)
        for value in values:
            result = await desk.executor.run(prepared, prepared.operation("B"), {"v": value}, Asking(), desk.renew)
            assert not result.errors
        assert len(desk.executor.plans) == before + 1


async def test_other_variables_share_a_plan() -> None:
    desk = Desk()
    text = "query($n: Int!){theTree(number: $n){name}}"
    names = [(await desk.ask(text, {"n": n})).payload["data"]["theTree"]["name"] for n in range(4)]
    assert names == ["Tree 0", "Tree 1", "Tree 2", "Tree 3"]
    assert desk.executor.plans.compiled == 1


# ── the way back ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_plan_that_gives_up_begins_again_on_another_context() -> None:
    desk = Desk()
    text = "query($n: Int!){theTree(number: $n){viewer holes}}"
    await desk.ask(text, {"n": 5}, "first")
    assert desk.renewed == []
    second = await desk.ask(text, {"n": 5}, "second")
    third = await desk.ask(text, {"n": 4}, "third")
    assert second.payload["data"] is None
    assert third.payload == {"data": {"theTree": {"viewer": "third", "holes": "Tree 4"}}}
    assert desk.outcomes == Counter({"reference:new": 1, "fallback:null": 1, "planned": 1})
    assert len(desk.renewed) == 1


async def test_the_reference_answers_from_the_other_context() -> None:
    desk = Desk()
    first, second = [await desk.ask("{theTree(number: 2){viewer impostor{name}}}", viewer="first") for _ in range(2)]
    assert first.payload["data"] == {"theTree": {"viewer": "first", "impostor": None}}
    assert second.payload["data"] == {"theTree": {"viewer": "renewed", "impostor": None}}
    assert [error["path"] for error in second.errors] == [["theTree", "impostor"]]
    assert len(desk.renewed) == 1


async def test_what_another_context_refuses_is_raised() -> None:
    desk = Desk()

    async def refuse() -> Asking:
        raise ConnectionError("no connection is left")

    await desk.ask("{theTree(number: 5){holes}}")
    with pytest.raises(ConnectionError):
        await desk.ask("{theTree(number: 5){holes}}", renew=refuse)


async def test_outcomes_are_counted_by_their_reason() -> None:
    desk = Desk(plan_fields=50)
    asked: list[tuple[str, dict[str, Any]]] = [
        ("{version}", {}),
        ("{theTree{told}}", {}),
        ("{theTree{shouted}}", {}),
        ("{theTree(number: 5){holes}}", {}),
        ("{theTree(number: 7){breaking}}", {}),
        ("{theTree(number: 6){tooFew}}", {}),
        ("{theTree(number: 3){tooBig}}", {}),
        ("query($n: Int!){theTree(number: $n){name}}", {"n": "one"}),
        ("query($n: Int = 1){theTree(number: $n){name}}", {"n": None}),
        ("{theTree{" + " ".join(f"a{n}: name" for n in range(50)) + "}}", {}),
        ("query($b: Boolean = true){version @skip(if: $b)}", {"b": None}),
    ]
    with capture_logs() as logs:
        for _ in range(2):
            for text, variables in asked:
                await desk.ask(text, variables)
    assert desk.outcomes == Counter(
        {
            "reference:new": 10,
            "planned": 1,
            "reference:resolver": 1,
            "reference:extension": 1,
            "reference:variables": 2,
            "reference:size": 1,
            "reference:switch": 1,
            "fallback:null": 1,
            "fallback:error": 1,
            "fallback:length": 1,
            "fallback:exception": 1,
            "fallback:arguments": 1,
        }
    )
    assert len(desk.renewed) == 5
    unforeseen = [line for line in logs if line["event"] == "plan.fallback"]
    assert [(line["query"], line["reason"]) for line in unforeseen] == [
        ("{theTree(number: 7){breaking}}", "error"),
        ("{theTree(number: 3){tooBig}}", "exception"),
    ]


# ── cancelled ─────────────────────────────────────────────────────────────────────────────────────────────────────────
WAITING = ["{theTree{name slow}}", "{theTree{a: slow b: slow label}}", "{first{dawdle slow}}", "{trees{dawdle}}"]


async def begun(desk: Desk, text: str) -> asyncio.Task[Result]:
    """The plan of a document, waiting."""
    await desk.ask(text, viewer="hasty")
    task = asyncio.ensure_future(desk.ask(text, viewer="patient"))
    for _ in range(50):
        await asyncio.sleep(0)
    assert RUNNING != []
    return task


@pytest.mark.parametrize("text", WAITING)
async def test_a_plan_that_is_cancelled_is_over_and_does_not_begin_again(text: str) -> None:
    desk = Desk()
    before = asyncio.all_tasks()
    task = await begun(desk, text)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert RUNNING == []
    assert asyncio.all_tasks() == before
    assert desk.outcomes == Counter({"reference:new": 1})
    assert desk.renewed == []


@pytest.mark.parametrize("text", WAITING)
async def test_a_time_limit_ends_a_plan_and_all_that_it_began(text: str) -> None:
    desk = Desk()
    before = asyncio.all_tasks()
    await desk.ask(text, viewer="hasty")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await desk.ask(text, viewer="patient")
    assert RUNNING == []
    assert asyncio.all_tasks() == before
    assert desk.outcomes == Counter({"reference:new": 1})
    assert desk.renewed == []


async def test_an_edge_that_fails_ends_those_beside_it_before_the_reference_begins() -> None:
    """The reference asks the slow edge too, which waits for the patient viewer alone."""
    desk = Desk()
    await desk.ask("{theTree(number: 7){slow breaking}}", viewer="hasty")
    result = await desk.ask("{theTree(number: 7){slow breaking}}", viewer="patient")
    assert result.payload["data"] == {"theTree": {"slow": 7, "breaking": None}}
    assert RUNNING == []
    assert desk.outcomes == Counter({"reference:new": 1, "fallback:error": 1})
    assert len(desk.renewed) == 1


async def test_an_operation_known_to_have_no_plan_is_not_built_again() -> None:
    desk = Desk()
    for _ in range(4):
        await desk.ask("{theTree{told}}")
    assert desk.outcomes == Counter({"reference:new": 1, "reference:resolver": 3})
    assert desk.executor.plans.compiled == 0


# ── nothing crosses ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.prove
async def test_two_viewers_of_one_document_never_see_each_other_s() -> None:
    """Many at once, each half way through another's: every answer is its own viewer's and its own arguments'."""
    desk = Desk()
    asked_of = "viewer measured(times: $n) children{viewer shy} oneOf(number: $n){viewer}"
    text = f"query($n: Int!){{theTree(number: $n){{{asked_of}}}}}"

    async def asked(turn: int) -> None:
        viewer, number = ("ann", "bob")[turn % 2], turn % 7 + 1
        answer = await desk.ask(text, {"n": number}, viewer)
        tree = answer.payload["data"]["theTree"]
        seen = {tree["viewer"], *(child["viewer"] for child in tree["children"]), tree["oneOf"]["viewer"]}
        assert seen == {viewer}
        assert tree["measured"].startswith(f"{number} [{number}, ")

    turns = size(4_000, 100_000)
    for start in range(0, turns, 50):
        await asyncio.gather(*(asked(turn) for turn in range(start, min(start + 50, turns))))
    assert desk.outcomes["planned"] == turns - desk.outcomes["reference:new"]
    assert desk.outcomes.total() == turns
    assert desk.renewed == []
