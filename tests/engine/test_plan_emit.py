"""The Python of a plan: it compiles, it knows every name that it uses, and mistakes none of a client's for one."""

import builtins
import dis
import gc
import keyword
import re
import tracemalloc
from types import CodeType

import pytest
from graphql import GraphQLError
from hypothesis import given, settings

from engine.plan.emit import Source
from engine.plan.tree import Unplannable
from tests.engine.orchard import schema
from tests.engine.plans import WORDS, plan_of, same, text_of, unchecked, unplannable, validated
from tests.graph.generated import Written, documents
from tests.proof import size

MIXED = """{
  theTree{name key tags shape note{text about{name}} grid{name} children{name shy nearby{name ...on Tree{label}}}
    rows{name age} found{...on Tree{name} ...on Stone{colour}} echo grades}
  trees(numbers: [1, 2, 1]){name twice copy{name itself{label}}} version
}"""
NAMES = sorted(
    {*dir(builtins), *keyword.kwlist, *keyword.softkwlist}
    | {"answer", "fall_back", "holder", "items", "look", "plan", "root", "run", "sieve", "usual", "x", "plan_", "x_"}
    | {"String", "Int", "Tree", "Thing", "is_Tree", "type_of_Thing", "_", "__", "_x", "self", "append", "get", "None_"}
)
"""Aliases of a client that likes trouble."""


def code_of(source: Source) -> CodeType:
    """The code of the plan's function."""
    module = compile(source.text, "<plan>", "exec")
    (function,) = [constant for constant in module.co_consts if isinstance(constant, CodeType)]
    return function


def parts(code: CodeType) -> list[CodeType]:
    """The code, and that of the comprehensions in it."""
    return [code, *(part for inner in code.co_consts if isinstance(inner, CodeType) for part in parts(inner))]


def sought(code: CodeType) -> set[str]:
    """The names that are looked up outside of the function."""
    return {step.argval for part in parts(code) for step in dis.get_instructions(part) if step.opname == "LOAD_GLOBAL"}


def own(code: CodeType) -> set[str]:
    return {name for part in parts(code) for name in (*part.co_varnames, *part.co_cellvars)}


def knows_its_names(source: Source) -> None:
    """Every name is the function's own, one of the plan's constants or one of Python's, and no two of them."""
    code = code_of(source)
    assert sought(code) <= {*source.names, *dir(builtins)}
    assert own(code) & {*source.names, *sought(code)} == set()
    assert not {*source.names} & {*dir(builtins), *keyword.kwlist}


@pytest.mark.parametrize("text", [MIXED, "{version}", "{__typename}", "{thing{__typename}}", "{__schema{types{name}}}"])
async def test_every_name_is_known(text: str) -> None:
    knows_its_names(plan_of(validated(text)).source)
    await same(text)


@pytest.mark.prove
@settings(derandomize=True, deadline=None, max_examples=size(150, 20_000))
@given(documents(schema, WORDS))
def test_every_name_of_any_plan_is_known(document: Written) -> None:
    try:
        plan = plan_of(unchecked(document.text), document.variables)
    except (Unplannable, GraphQLError):
        return
    knows_its_names(plan.source)
    assert plan_of(unchecked(document.text), document.variables).source.text == plan.source.text


@pytest.mark.parametrize("text", [MIXED, "{thing{name} found{...on Thing{name}}}"])
def test_the_text_is_the_same_each_time(text: str) -> None:
    assert text_of(text) == text_of(text)


def named(document: str, names: list[str]) -> str:
    """The document with each `%s` an alias in turn."""
    return document % tuple(f"{name}:" for name in names)


TROUBLE = "{%s theTree{%s name %s children{%s number %s itself{%s tags} %s nearby{%s name} %s label} %s grid{%s name}}}"


@pytest.mark.parametrize("name", NAMES)
async def test_an_alias_may_be_any_word(name: str) -> None:
    other = [f"{name}{after}" for after in ("_2", "_answer", "_objects", "_holders")]
    names = [name, other[0], name, other[0], other[1], name, name, name, other[2], other[3], name]
    payload = await same(named(TROUBLE, names))
    assert list(payload["data"]) == [name]


async def test_an_alias_may_be_any_name_of_the_plan_itself() -> None:
    """The names that the code gives to its variables and constants, each given to something else."""
    source = plan_of(validated(named(TROUBLE, [f"a{n}" for n in range(11)]))).source
    taken = sorted({*own(code_of(source)), *source.names} - {".0"})
    assert len(taken) > 40
    for start in range(len(taken)):
        names = [taken[(start + n * 7) % len(taken)] for n in range(11)]
        document = named(TROUBLE, names)
        knows_its_names(plan_of(validated(document)).source)
        await same(document)


async def test_a_number_at_the_end_of_an_alias_is_not_taken_for_the_plan_s() -> None:
    document = "{c_2: theTree(number: 2){name} c: theTree(number: 3){c: neighbour{name} c_3: children{c: label} name}}"
    data = (await same(document))["data"]
    assert (data["c_2"], data["c"]["c"], data["c"]["name"]) == ({"name": "Tree 2"}, {"name": "Tree 2"}, "Tree 3")


async def test_an_object_of_many_parents_is_completed_once() -> None:
    """Each tree of the list is asked its neighbour: 1 → 4, 2 → 7, 7 → 22 = 6, and the first again."""
    document = "{trees(numbers: [1, 2, 7, 1, 4]){name neighbour{name label}}}"
    data = (await same(document))["data"]["trees"]
    assert [tree["neighbour"]["name"] for tree in data] == ["Tree 4", "Tree 7", "Tree 6", "Tree 4", "Tree 5"]


async def test_objects_of_a_list_that_is_made_as_it_is_read_are_not_each_other() -> None:
    """Objects that are gone once they are answered may follow each other at one address."""
    data = (await same("{trees(numbers: [0, 1, 2, 3, 4, 5, 6, 7]){sprouts{number}}}"))["data"]["trees"]
    assert [[sprout["number"] for sprout in tree["sprouts"]] for tree in data] == [[n, n + 1, n + 2] for n in range(8)]


async def test_objects_that_are_made_for_the_question_are_not_each_other() -> None:
    data = (await same("{trees(numbers: [0, 1, 2, 4, 5, 6]){copy{number} pair{number}}}"))["data"]["trees"]
    assert [tree["copy"]["number"] for tree in data] == [0, 1, 2, 4, 5, 6]
    assert [[one["number"] for one in tree["pair"]] for tree in data] == [[n, n] for n in (0, 1, 2, 4, 5, 6)]


def nested(depth: int) -> str:
    """Lists of lists of what is in such a list itself."""
    return "...on Tree{grid{" * depth + "name" + "}}" * depth


async def test_lists_inside_each_other_have_a_plan_as_long_as_python_bears_them() -> None:
    """Two loops for each, one for the level, and the comprehension: Python bears twenty."""
    await same(f"{{thing(number: 1){{{nested(8)}}}}}")
    assert unplannable(validated(f"{{thing(number: 1){{{nested(11)}}}}}")) == "nesting"
    assert unplannable(validated(f"{{thing(number: 1){{{nested(40)}}}}}")) == "nesting"  # indented too deeply, too


def test_the_text_says_what_it_answers() -> None:
    text = text_of("{theTree{name label children{nearby{name}}}}")
    assert [line.strip() for line in text.splitlines() if line.strip().startswith("#")] == [
        "# ── level 1",
        "# theTree",
        "# ── level 2",
        "# theTree.label",
        "# theTree.children",
        "# ── level 3",
        "# theTree.children.nearby",
    ]


async def test_types_that_are_asked_the_same_are_one_case() -> None:
    """A field of one name is another field where it is of another type."""
    for document, together in {"{thing{name}}": 1, "{thing{name __typename}}": 0, "{thing{twin{name}}}": 0}.items():
        assert text_of(document).count("if thing_type in ('Tree', 'Stone'):") == together
        for number in range(4):
            await same(document.replace("thing{", f"thing(number: {number}){{"))


def test_nothing_of_the_document_is_written_but_names() -> None:
    """Arguments are constants of the plan: no client writes a line of it."""
    text = text_of('{echo(text: "\\n    import os")}')
    assert "import" not in text


@pytest.mark.parametrize(
    ("selection", "asked"),
    [
        ("nearby{number}", 1),
        ("nearby{number} ... on Tree{name}", 1),
        ("nearby{number} parent{name} ... on Tree{name} ... on Stone{weight}", 1),
        ("... on Tree{nearby{number}} ... on Stone{nearby{number}}", 2),  # two places in the document
        ("... on Tree{nearby{number}} nearby{name}", 2),
        ("nearby{number ... on Tree{nearby{number}}}", 1),
    ],
)
async def test_an_edge_is_asked_once_for_all_types_that_are_asked_the_same(selection: str, asked: int) -> None:
    text = f"{{all{{__typename {selection}}}}}"
    written = plan_of(validated(text)).source.text
    assert len(re.findall(r"\(ask_nearby\w*, all_item_objects", written)) == asked
    await same(text)


@pytest.mark.parametrize("alias", ["_1", "__2x", "_", "None", "lambda"])
async def test_any_alias_has_a_plan(alias: str) -> None:
    await same(f"{{{alias}: all{{number}}}}")


@pytest.mark.parametrize("text", ["{theTree{nearby{nearby{nearby{number}}}}}", "{all{number name ... on Tree{label}}}"])
def test_a_plan_weighs_what_it_takes(text: str) -> None:
    """Types that are asked the same share their source, and not their places in the tree: both are counted."""
    asked = validated(text)
    plan_of(asked)  # what is made once for all is made
    gc.collect()
    tracemalloc.start()
    try:
        made = [plan_of(asked) for _ in range(10)]
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    weight = sum(each.bytes for each in made)
    assert 0.75 * taken < weight < 1.5 * taken
