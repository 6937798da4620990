"""A small orchard: a schema with every kind of field that plans treat differently, over rows known by their numbers.

What a field answers depends on the number of its row and on its arguments alone, so that two executors may be compared.
Fields in `UNRULY` break the rules of their type for some rows, or are of a kind that plans do not run.
"""

from collections.abc import Callable, Generator, Sequence
from datetime import timedelta
from typing import Annotated, Any, Union

import strawberry
from graphql import GraphQLSchema
from strawberry.extensions import FieldExtension

from tests.engine.edges import (  # fmt: skip
    CONFIG,
    PATIENT,
    START,
    Anything,
    Asking,
    Colour,
    Grade,
    Moment,
    Wish,
    between,
    checked,
    computed,
    declare,
    each,
    echoed,
    edge,
    measured,
    of_kind,
    slow,
    viewers,
    waited,
)
from tests.engine.nests import NESTS, Nest, laid
from tests.engine.small import KnownError

TREES, STONES = 8, 3
"""How many rows there are of each kind; asked for others there is nothing."""


class Row:
    """A tree, a stone or a pebble. What it says of itself follows from its number."""

    def __init__(self, kind: str, number: int) -> None:
        self.kind, self.number, self.name = kind, number, f"{kind} {number}"
        self.key = f"{kind.lower()}_{number}"
        self.weight = number / 4
        self.ripe = number % 2 == 0
        self.colour = Colour.RED if number % 2 else "blue"
        self.grade = Grade.LOW if number % 3 else 2
        self.remark = None if number % 2 else f"remark {number}"
        self.planted = START + timedelta(days=number)
        self.felled = None if number % 3 else START
        self.parcel = {"of": [number, None]}
        self.tags = tuple(f"tag {n}" for n in range(number % 4))
        self.shape = [[number, None], None, []]
        self.note = Note(text=f"about {number}", words=["a", None], about=self if number % 2 else None)  # type: ignore[arg-type]  # the row that Tree is the type of
        self.stones = [STONE_ROWS[number % STONES], None] if kind == "Tree" else []
        self.too_big = 2**31 if number == 3 else number

    @property
    def twin(self) -> "Row":
        """Itself: no attribute, or no row would be gone before the garbage collector came."""
        return self


class Promise:
    """An awaitable that nobody minds if it is not awaited."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, None, Any]:
        yield
        return self.value


class Hoard(list[str]):
    """A list that has to be awaited."""

    def __await__(self) -> Generator[Any, None, list[str]]:
        yield
        return ["hoarded", *self]


# ── what edges answer ─────────────────────────────────────────────────────────────────────────────────────────────────
def tree(number: int) -> Row:
    """A row of the orchard: the same object whoever asks."""
    return TREE_ROWS[number % TREES]


def stone(number: int) -> Row:
    return STONE_ROWS[number % STONES]


def thing(number: int) -> Row | None:
    return None if number % 5 == 4 else tree(number) if number % 2 else stone(number)


def found(number: int) -> Any:
    return Note(text=f"found {number}", words=[], about=None) if number % 3 == 2 else thing(number)


def known(condition: bool, answer: Any) -> Any:
    """`answer`, or in its place an error that the client is told of."""
    return KnownError("Not today.") if condition else answer


async def tree_by(rows: Sequence[Any], _context: Asking, number: int) -> Sequence[Any]:
    return [TREE_ROWS[number] if number < TREES else None for _ in rows]


async def the_tree(rows: Sequence[Any], _context: Asking, number: int = 1) -> Sequence[Any]:
    return [tree(number) for _ in rows]


async def trees_by(rows: Sequence[Any], _context: Asking, numbers: list[int] | None = None) -> Sequence[Any]:
    return [[tree(number) for number in numbers or (1, 2, 1)] for _ in rows]


async def thing_by(rows: Sequence[Any], _context: Asking, number: int = 0) -> Sequence[Any]:
    return [thing(number) for _ in rows]


async def found_by(rows: Sequence[Any], _context: Asking, number: int = 0) -> Sequence[Any]:
    return [found(number) for _ in rows]


async def refused(_rows: Sequence[Any], _context: Asking) -> Sequence[Any]:
    raise KnownError("Not for you.")


async def breaking(rows: Sequence[Any], _context: Asking) -> Sequence[Any]:
    if any(row.number == 7 for row in rows):
        raise RuntimeError("no tree was ever seven")
    return [row.number for row in rows]


async def too_few(rows: Sequence[Any], _context: Asking) -> Sequence[Any]:
    return [row.number for row in rows if row.number != 6]


# ── what resolvers answer, called for each object ─────────────────────────────────────────────────────────────────────
def age_of(root: strawberry.Parent[Row], times: int = 1, wish: "Wish | None" = None) -> str:
    return f"{root.number * times} {wish!r}"


async def height_of(root: strawberry.Parent[Row]) -> int | None:
    return None if root.number % 3 else root.number


def moody(root: strawberry.Parent[Row]) -> str | None:
    if root.number % 2:
        raise KnownError(f"{root.number} is odd.")
    return root.name


async def dawdle(root: strawberry.Parent[Row]) -> int | None:
    """For ever, if the caller is patient."""
    if PATIENT.get():
        await waited("resolver")
    return root.number


def returned(root: strawberry.Parent[Row]) -> Any:
    return known(root.number % 3 == 2, root.name)


def promise(root: strawberry.Parent[Row]) -> Any:
    return Promise(known(root.number % 4 == 3, tree(root.number + 1)))


def blank(root: strawberry.Parent[Row]) -> Any:
    return None if root.number == 5 else root.name


async def sulky(root: strawberry.Parent[Row]) -> str | None:
    if root.number % 3 == 1:
        raise KnownError(f"{root.number} sulks.")
    return root.name


def told(root: strawberry.Parent[Row], info: strawberry.Info) -> str:
    return f"{info.field_name} {root.number}"


class Shouting(FieldExtension):
    def resolve(self, next_: Callable[..., Any], source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        return str(next_(source, info, **kwargs)).upper()


# ── types ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@strawberry.type
class Note:
    text: str
    words: list[str | None]
    about: "Tree | None"
    size: int = computed(lambda note: len(note.text))
    seen: int = each(lambda note: len(note.words))


Found = Annotated[Union["Tree", "Stone", "Note"], strawberry.union("Found")]


@strawberry.interface
class Thing:
    number: int
    name: str
    twin: "Thing"
    nearby: "Thing | None" = each(lambda row: thing(row.number + 1))
    parent: "Tree | None" = each(lambda row: tree(row.number // 2) if row.number else None)


@strawberry.interface
class Odd:
    number: int

    @classmethod
    def resolve_type(cls, value: Any, _info: Any, _type: Any) -> Any:
        return {0: "Pebble", 1: "Tree", 2: "Nothing", 3: None}.get(value.number, "Pebble")


@of_kind("Pebble")
class Pebble(Odd):
    weight: float


@of_kind("Stone")
class Stone(Thing):
    twin: "Stone"
    weight: float
    colour: Colour
    top: "Tree" = each(lambda row: tree(row.number))


@of_kind("Tree")
class Tree(Thing):
    twin: "Tree"
    key: strawberry.ID
    weight: float
    ripe: bool
    colour: Colour
    grade: Grade | None
    remark: str | None
    planted: Moment
    felled: Moment | None
    parcel: Anything
    tags: list[str]
    shape: list[list[int | None] | None]
    note: Note
    stones: list[Stone | None]
    twice: int = computed(lambda row: row.number * 2)
    itself: "Tree" = computed(lambda row: row)
    copy: "Tree | None" = computed(lambda row: None if row.number % 4 == 3 else Row("Tree", row.number))
    pair: "list[Tree]" = computed(lambda row: [row, Row("Tree", row.number)])
    grid: "list[list[Thing | None] | None]" = computed(lambda row: [[row, None], None, [thing(row.number)]])
    label: str = each(lambda row: f"label {row.number}")
    grades: list[Grade] = each(lambda row: [Grade.LOW, 2][: row.number % 3])
    neighbour: "Tree" = each(lambda row: tree(row.number * 3 + 1))
    children: "list[Tree]" = each(lambda row: tuple(tree(row.number + n // 2) for n in range(row.number % 4)))
    rows: "list[list[Tree | None] | None]" = each(lambda row: [[row, None, tree(1)], None])
    things: list[Thing] = each(lambda row: [tree(row.number), stone(1), tree(1)])
    found: Found | None = each(lambda row: found(row.number))
    echo: str = edge(echoed)
    measured: str = edge(measured)
    one_of: "Tree | None" = edge(tree_by, number=checked)
    viewer: str = edge(viewers)
    slow: int | None = edge(slow)
    sprouts: "list[Tree]" = each(lambda row: (Row("Tree", row.number + n) for n in range(3)))
    age: str = strawberry.field(resolver=age_of)
    dawdle: int | None = strawberry.field(resolver=dawdle)
    height: int | None = strawberry.field(resolver=height_of)
    # Known errors of single rows.
    shy: str | None = each(lambda row: known(row.number % 3 == 1, row.name))
    shy_friend: "Tree | None" = each(lambda row: known(row.number % 2 == 1, tree(row.number + 1)))
    moody: str | None = strawberry.field(resolver=moody)
    sulky: str | None = strawberry.field(resolver=sulky)
    returned: str | None = strawberry.field(resolver=returned)
    promise: "Tree | None" = strawberry.field(resolver=promise)
    refused: int | None = edge(refused)
    # What breaks the rules.
    told: str = strawberry.field(resolver=told)
    shouted: str = strawberry.field(resolver=lambda: "loud", extensions=[Shouting()], graphql_type=str)
    shy_must: str = each(lambda row: known(row.number % 3 == 2, row.name))
    blank: str = strawberry.field(resolver=blank)
    holes: str = each(lambda row: None if row.number == 5 else row.name)
    breaking: int | None = edge(breaking)
    too_few: int | None = edge(too_few)
    too_big: int
    impostor: "Tree | None" = each(lambda row: stone(1) if row.number == 2 else row)
    nest: Nest | None = each(lambda row: NESTS[row.number % len(NESTS)] if row.number % 2 else None)
    nests: list[Nest] = computed(lambda row: NESTS[: row.number % 3])
    cuckoos: list[Nest] = computed(laid)
    cuckoo: Nest | None = each(lambda row: row if row.number % 2 else NESTS[row.number % len(NESTS)])
    odd: Odd | None = each(lambda row: Row("Pebble", row.number))
    mistakes: list["Note"] = each(lambda row: [row.note, ValueError("no note")][: row.number % 3])
    mistaken: "Note | None" = computed(lambda row: ValueError("no note") if row.number == 1 else None)
    awaited: "Note" = each(lambda row: Promise(row.note) if row.number % 2 else row.note)
    promised: list["Note"] = computed(lambda row: [row.note, Promise(row.note)][: row.number % 3])
    promises: list[str] = each(lambda row: ["one", Promise("two")][: row.number % 3])
    sworn: Anything | None = computed(lambda row: Promise("three") if row.number == 2 else "three")
    hoard: list[str] = computed(lambda row: Hoard(["two"]) if row.number == 2 else ["two"])
    asyncly: "Oath | None" = each(lambda row: row)


@strawberry.type
class Oath:
    """A type whose values say whether they are of it only when they are awaited."""

    number: int

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> Any:
        return Promise(value.number % 2 == 0)


@strawberry.type
class Query:
    tree: "Tree | None" = edge(tree_by, number=checked)
    the_tree: Tree = edge(the_tree)
    trees: list[Tree] = edge(trees_by)
    thing: Thing | None = edge(thing_by)
    found: Found | None = edge(found_by)
    echo: str = edge(echoed)
    measured: str = edge(measured)
    between: str | None = edge(between, low=checked, high=checked)
    version: str = computed(lambda _root: "one")
    first: Tree = computed(lambda _root: tree(1))
    all: list[Thing] = computed(lambda _root: [tree(0), tree(1), stone(0), tree(1)])


ACTS: list[str] = []
"""What mutations have done, in order."""


def done(act: str, answer: Any) -> Any:
    ACTS.append(act)
    return answer


def plant(number: int = 1) -> Any:
    return done(f"plant {number}", tree(number))


async def fell(number: int = 0) -> Any:
    """Raises: KnownError for the trees of odd numbers."""
    if done(f"fell {number}", number) % 2:
        raise KnownError("It is too young.")
    return None if number == 0 else tree(number)


def sort_out(number: int) -> Any:
    return done(f"sort {number}", [thing(number), found(number), None])


def count() -> int:
    return int(done("count", TREES))


@strawberry.type
class Mutation:
    plant: Tree = strawberry.mutation(resolver=plant)
    fell: Tree | None = strawberry.mutation(resolver=fell)
    sort_out: list[Found | None] = strawberry.mutation(resolver=sort_out)
    count: int = strawberry.mutation(resolver=count)


UNRULY = frozenset(
    ("told", "shouted", "shyMust", "holes", "blank", "breaking", "tooFew", "tooBig", "impostor", "odd", "cuckoos",
     "cuckoo", "mistakes", "mistaken", "awaited", "promised", "promises", "sworn", "hoard", "asyncly")
)  # fmt: skip
"""Fields of Tree that fall back for some rows or all; every other field of the orchard never does."""

STONE_ROWS: list[Row] = [Row("Stone", number) for number in range(STONES)]
TREE_ROWS: list[Row] = [Row("Tree", number) for number in range(TREES)]

strawberry_schema = strawberry.Schema(Query, Mutation, types=[Tree, Stone, Pebble], config=CONFIG)
schema: GraphQLSchema = strawberry_schema._schema
declare(schema)
