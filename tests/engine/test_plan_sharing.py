"""What types have in common: what is asked the same is equal, whatever differs is not, and who shares an edge."""

import ast
import inspect
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLDefaultInput,
    GraphQLField,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    OperationDefinitionNode,
    parse,
)

from engine.answering import Batched, Computed
from engine.plan import sharing
from engine.plan.build import build
from engine.plan.sharing import Common, _kind, asked_of, asked_of_field
from engine.plan.tree import Abstract, Attribute, Field, Given, Items, Leaf, Object, Resolver, Shape, Typename, Value
from tests.engine.edges import Asking, computed, declare, each, edge

NAMES = ("Duck", "Goose", "Swan")
DUCK, GOOSE, SWAN = range(3)


# ── a pond with three kinds of birds ──────────────────────────────────────────────────────────────────────────────────
async def fed(rows: Sequence[Any], _context: Asking, times: int = 1) -> Sequence[Any]:
    return [times for _ in rows]


async def fed_more(rows: Sequence[Any], _context: Asking, times: int = 1) -> Sequence[Any]:
    return [times + 1 for _ in rows]


def song_of() -> str:
    return "song"


@strawberry.interface
class Bird:
    name: str
    legs: int | None = computed(lambda _row: 2)
    song: str = strawberry.field(resolver=song_of)
    fed: int | None = edge(fed)
    mate: "Bird | None" = each(lambda row: row)
    eggs: "list[Egg]" = each(lambda _row: [])


@strawberry.type
class Egg:
    weight: int | None = each(lambda _row: 60)
    layer: Bird | None = each(lambda _row: None)


@strawberry.type
class Duck(Bird):
    pond: str | None = each(lambda _row: None)


@strawberry.type
class Goose(Bird):
    """It is fed by a function of its own, and has a number of legs of its own."""

    legs: int | None = computed(lambda _row: 1)
    fed: int | None = edge(fed_more)
    pond: str | None = each(lambda _row: None)


@strawberry.type
class Swan(Bird):
    pass


@strawberry.type
class Query:
    bird: Bird | None = each(lambda _root: None)


SCHEMA = strawberry.Schema(Query, types=[Duck, Goose, Swan])
declare(SCHEMA._schema)


def kind_of(name: str) -> GraphQLObjectType:
    kind = SCHEMA._schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return kind


def cases(selection: str) -> list[Shape]:
    """What is asked of a duck, a goose and a swan where a bird is asked this."""
    document = parse(f"{{bird{{{selection}}}}}")
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    (bird,) = build(SCHEMA, document, operation, {}, most_fields=200).root.fields
    assert isinstance(bird.value, Abstract)
    return [bird.value.shapes[name] for name in NAMES]


def field(selection: str, kind: int = DUCK) -> Field:
    """The one field of a selection, of one of the birds."""
    (only,) = cases(selection)[kind].fields
    return only


# ── types ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("selection", "alike"),
    [
        ("name", {(DUCK, GOOSE), (DUCK, SWAN), (GOOSE, SWAN)}),
        ("name eggs{weight layer{name}}", {(DUCK, GOOSE), (DUCK, SWAN), (GOOSE, SWAN)}),
        ("mate{__typename name fed ... on Duck{pond}}", {(DUCK, GOOSE), (DUCK, SWAN), (GOOSE, SWAN)}),
        ("...{name} ... on Bird{mate{name}}", {(DUCK, GOOSE), (DUCK, SWAN), (GOOSE, SWAN)}),
        ("name legs", {(DUCK, SWAN)}),
        ("fed(times: 3) name", {(DUCK, SWAN)}),
        ("name ... on Goose{song}", {(DUCK, SWAN)}),
        ("name ... on Goose{name}", {(DUCK, SWAN)}),  # at one place more
        ("... on Goose{eggs{weight}} name eggs{weight}", {(DUCK, SWAN)}),  # in another order, at one place more
        ("... on Duck{name} ... on Swan{name} ... on Goose{name}", set()),
        ("... on Duck{pond} ... on Goose{pond}", set()),
        ("mate{name} ... on Goose{mate{song}}", {(DUCK, SWAN)}),
        ("eggs{layer{name}} ... on Goose{eggs{layer{... on Swan{name}}}}", {(DUCK, SWAN)}),
        ("song", set()),  # Strawberry calls it in a function of each type's own
        ("__typename", set()),
    ],
)
def test_types_that_are_asked_the_same_are_equal(selection: str, alike: set[tuple[int, int]]) -> None:
    asked = [asked_of(shape) for shape in cases(selection)]
    assert {pair for pair in combinations(range(3), 2) if asked[pair[0]] == asked[pair[1]]} == alike
    assert len(set(asked)) == {3: 1, 1: 2, 0: 3}[len(alike)]


def test_two_documents_have_nothing_in_common() -> None:
    """Their places are others, so that their arguments may be."""
    assert asked_of(cases("fed(times: 1)")[DUCK]) != asked_of(cases("fed(times: 2)")[DUCK])
    assert asked_of(cases("name")[DUCK]) != asked_of(cases("name")[DUCK])


def test_the_same_fields_in_another_order_are_another_answer() -> None:
    (shape, *_) = cases("name song")
    assert asked_of(shape) != asked_of(replace(shape, fields=shape.fields[::-1]))


# ── fields ────────────────────────────────────────────────────────────────────────────────────────────────────────────
FED = field("fed")
INT, TEXT = Leaf(False, GraphQLInt), Leaf(False, GraphQLString)


def with_arguments(**arguments: GraphQLArgument) -> Field:
    return replace(FED, definition=GraphQLField(FED.definition.type, args=arguments))


TIMES = FED.definition.args["times"]
OTHERS: dict[str, Field] = {
    "another key": replace(FED, key="again"),
    "another function": replace(FED, source=Batched(fed_more)),
    "the same function and what arguments mean": replace(FED, source=Batched(fed, {"times": abs})),
    "a function of the object": replace(FED, source=Computed(lambda row: row)),
    "another one of the object": replace(FED, source=Computed(lambda row: row)),
    "an attribute": replace(FED, source=Attribute("fed")),
    "another attribute": replace(FED, source=Attribute("name")),
    "a resolver": replace(FED, source=Resolver(song_of)),
    "another resolver": replace(FED, source=Resolver(kind_of)),
    "the name of the type": replace(FED, source=Typename("Duck")),
    "the name of another type": replace(FED, source=Typename("Swan")),
    "what is given": replace(FED, source=Given()),
    "another place": replace(FED, nodes=field("fed").nodes),
    "a place with arguments": replace(FED, nodes=field("fed(times: 2)").nodes),
    "one place more": replace(FED, nodes=(*FED.nodes, *field("fed").nodes)),
    "no argument": with_arguments(),
    "an argument of another name": with_arguments(often=TIMES),
    "an argument more": with_arguments(times=TIMES, grain=GraphQLArgument(GraphQLString)),
    "an argument without a default": with_arguments(times=GraphQLArgument(TIMES.type)),
    "an argument with another default": with_arguments(times=GraphQLArgument(TIMES.type, default_value=2)),
    "an argument with another default, as graphql-core writes it": with_arguments(
        times=GraphQLArgument(TIMES.type, default=GraphQLDefaultInput(value=2))
    ),
    "an argument with yet another": with_arguments(
        times=GraphQLArgument(TIMES.type, default=GraphQLDefaultInput(value=3))
    ),
    "an argument whose default is null": with_arguments(times=GraphQLArgument(TIMES.type, default_value=None)),
    "an argument whose default is a text": with_arguments(times=GraphQLArgument(TIMES.type, default_value="1")),
    "an argument that may be null": with_arguments(times=GraphQLArgument(GraphQLInt, default_value=1)),
    "an argument of another type": with_arguments(times=GraphQLArgument(GraphQLString, default_value=1)),
    "a value that may not be null": replace(FED, value=Leaf(True, GraphQLInt)),
    "a value of another type": replace(FED, value=TEXT),
    "a list": replace(FED, value=Items(False, INT)),
    "an object": replace(FED, value=Object(False, Shape(kind_of("Egg"), ()))),
}


def test_the_argument_of_the_cases_is_as_they_take_it() -> None:
    """Else what they change would not be what they say."""
    assert (str(TIMES.type), repr(TIMES.default_value)) == ("Int!", "1")
    assert asked_of_field(with_arguments(times=GraphQLArgument(GraphQLNonNull(GraphQLInt), default_value=1))) == (
        asked_of_field(FED)
    )


@pytest.mark.parametrize("what", OTHERS)
def test_a_field_is_another_with(what: str) -> None:
    assert asked_of_field(OTHERS[what]) != asked_of_field(FED)


def test_no_two_of_these_are_taken_for_each_other() -> None:
    assert len({asked_of_field(each) for each in (FED, *OTHERS.values())}) == len(OTHERS) + 1


def test_a_field_of_another_type_is_the_same_one() -> None:
    """Its type, the function that reads its arguments and what is said of it are of no account."""
    duck, goose, swan = (shape.fields[0] for shape in cases("name"))
    assert (duck.parent, duck.definition) != (goose.parent, goose.definition)
    assert asked_of_field(duck) == asked_of_field(goose) == asked_of_field(swan)
    fed_duck, fed_goose, fed_swan = (shape.fields[0] for shape in cases("fed(times: 3)"))
    assert fed_duck.arguments is not fed_swan.arguments
    assert asked_of_field(fed_duck) == asked_of_field(fed_swan)
    assert asked_of_field(replace(fed_goose, source=fed_duck.source)) == asked_of_field(fed_duck)
    told = GraphQLArgument(TIMES.type, default_value=1, description="How often.", deprecation_reason="Too much.")
    assert asked_of_field(with_arguments(times=told)) == asked_of_field(FED)


# ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────────
BIRD = SCHEMA._schema.type_map["Bird"]
assert isinstance(BIRD, GraphQLInterfaceType)
ASKED, MORE = cases("eggs{weight} mate{name}"), cases("eggs{weight layer{name}} mate{song}")


def made() -> list[Value]:
    """Values that differ in one thing each, made anew."""
    egg, heavier = (shapes[DUCK].fields[0].value for shapes in (ASKED, MORE))
    assert isinstance(egg, Items)
    assert isinstance(heavier, Items)
    assert isinstance(egg.item, Object)
    assert isinstance(heavier.item, Object)
    assert isinstance(BIRD, GraphQLInterfaceType)
    by_name, more = (dict(zip(NAMES, shapes, strict=True)) for shapes in (ASKED, MORE))
    return [
        Leaf(False, GraphQLInt),
        Leaf(True, GraphQLInt),
        Leaf(False, GraphQLString),
        Items(False, Leaf(False, GraphQLInt)),
        Items(True, Leaf(False, GraphQLInt)),
        Items(False, Leaf(True, GraphQLInt)),
        Items(False, Leaf(False, GraphQLString)),
        Items(False, Items(False, Leaf(False, GraphQLInt))),
        Items(False, Items(True, Leaf(False, GraphQLInt))),
        Items(False, Items(False, Items(False, Leaf(False, GraphQLInt)))),
        Object(False, egg.item.shape),
        Object(True, egg.item.shape),
        Object(False, heavier.item.shape),
        Object(False, Shape(kind_of("Egg"), ())),
        Object(False, Shape(kind_of("Duck"), ())),
        Object(False, replace(egg.item.shape, type=kind_of("Duck"))),
        Items(False, Object(False, egg.item.shape)),
        Items(False, Object(False, heavier.item.shape)),
        Abstract(False, BIRD, by_name),
        Abstract(True, BIRD, by_name),
        Abstract(False, BIRD, more),
        Abstract(False, BIRD, {**by_name, "Swan": more["Swan"]}),
        Abstract(False, GraphQLInterfaceType("Fowl", BIRD.fields), by_name),
        Items(False, Abstract(False, BIRD, by_name)),
    ]


def test_values_are_equal_where_they_are_completed_the_same() -> None:
    kinds = [_kind(value) for value in made()]
    assert kinds == [_kind(value) for value in made()]
    assert len(set(kinds)) == len(kinds) == 24


# ── edges of several cases ────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("selection", "shared"),
    [
        ("eggs{weight}", {"eggs": (DUCK, GOOSE, SWAN)}),
        ("fed(times: 2)", {"fed": (DUCK, SWAN)}),  # the goose's is a function of its own
        ("eggs{weight} fed mate{name}", {"eggs": (0, 1, 2), "fed": (DUCK, SWAN), "mate": (0, 1, 2)}),
        ("a: mate{name} b: mate{name}", {"a": (0, 1, 2), "b": (0, 1, 2)}),
        ("eggs{weight} ... on Goose{eggs{layer{name}}}", {"eggs": (DUCK, SWAN)}),
        ("eggs{weight} ... on Duck{pond} ... on Goose{pond}", {"eggs": (DUCK, GOOSE, SWAN)}),
        ("... on Duck{eggs{weight}} ... on Goose{eggs{weight}}", {}),
        ("... on Goose{eggs{weight}}", {}),
        ("name legs song __typename", {}),  # no edges of a batch
    ],
)
def test_an_edge_knows_the_cases_that_share_it(selection: str, shared: dict[str, tuple[int, ...]]) -> None:
    shapes = cases(selection)
    common = Common(shapes)
    for place, shape in enumerate(shapes):
        for asked in shape.fields:
            among = shared.get(asked.key, ())
            assert common.cases_of(asked) == (among if place in among else ()), (NAMES[place], asked.key)


def test_the_places_are_those_of_the_cases_given() -> None:
    duck, goose, swan = cases("eggs{weight}")
    assert Common([goose, swan]).cases_of(duck.fields[0]) == (0, 1)
    assert Common([goose]).cases_of(goose.fields[0]) == ()
    assert Common([]).cases_of(duck.fields[0]) == ()


def test_what_is_asked_a_level_below_is_not_of_the_cases() -> None:
    shapes = cases("mate{mate{name}}")
    mate = shapes[DUCK].fields[0].value
    assert isinstance(mate, Abstract)
    assert Common(shapes).cases_of(mate.shapes["Duck"].fields[0]) == ()


# ── what it leaves alone ──────────────────────────────────────────────────────────────────────────────────────────────
def test_it_writes_nothing() -> None:
    """Neither a line of source nor the lists that are to be written; and it knows nothing of who writes them."""
    shapes = cases("eggs{weight} fed mate{name}")
    common, other = Common(shapes), Common(shapes)
    for shape in shapes:
        assert {common.cases_of(asked) for asked in shape.fields} >= {(0, 1, 2)}
    assert common.lists == other.lists == {}
    assert common.lists is not other.lists
    tree = ast.parse(inspect.getsource(sharing))
    known = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert known == {"__future__", "typing", "engine.answering", "engine.plan.tree"}
    assert {node.names[0].name for node in ast.walk(tree) if isinstance(node, ast.Import)} == set()
