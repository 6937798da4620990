"""From the tree of a plan to Python: one function, level by level.

Every field of the document becomes a few lines that run once for all objects of its level. A level's edges are asked
together; the objects they bring are completed in a loop each, leaves inline; the edges below go to the next level. An
object that many parents share is completed once. What is written is meant to be read: `python -m engine explain`.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLEnumType, GraphQLObjectType
from graphql.execution import default_type_resolver

from engine.answering import Batched, ByClass, Computed
from engine.plan.leaves import names_of, usual
from engine.plan.run import BatchCall, Call, Kinds, ResolverCall, fall_back, leaf, sieve
from engine.plan.sharing import Common, asked_of
from engine.plan.tree import Abstract, Attribute, Field, Given, Items, Leaf, Object, Resolver, Shape, Typename, Value

_RESERVED = frozenset(
    (
        "answer",
        "bool",
        "fall_back",
        "holder",
        "id",
        "int",
        "list",
        "look",
        "plan",
        "root",
        "run",
        "str",
        "type",
        "usual",
        "x",
        "zip",
    )
)
"""Names that the generated code uses itself."""


@dataclass(frozen=True, slots=True)
class Source:
    """A plan as Python: its text, and the names that the text uses."""

    text: str
    names: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in the answer a value stands: its field, and the keys above it for the reader."""

    field: Field
    path: str


@dataclass(frozen=True, slots=True)
class _Edge:
    """A field to be asked at the next level: the lists of its objects and of their answers."""

    spot: Spot
    objects: str
    answers: str


def emit(root: Shape) -> Source:
    """The plan of a tree: `async def plan(run, root)`, which returns the answer; `root` is what the root fields ask."""
    return _Emitter().plan(root)


class _Emitter:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 1
        self.names: dict[str, Any] = {"fall_back": fall_back}
        self.names["usual"], self.names["look"] = sieve()
        self.taken: dict[str, int] = {}
        self.next: list[_Edge] = []
        self.made: dict[int, str] = {}
        self.start = 0
        """Where the lines of the level begin that make its lists."""

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def before(self, text: str) -> None:
        """A line ahead of the loop that is being written."""
        self.lines.insert(self.start, "    " + text)
        self.start += 1

    @contextmanager
    def block(self, text: str) -> Iterator[None]:
        self.line(text)
        self.depth += 1
        yield
        self.depth -= 1

    def name(self, wish: str) -> str:
        """A name nobody has yet, like the wish."""
        wish = wish.strip("_") or "field"
        wish = wish if wish.isidentifier() else f"field_{wish}"  # an alias may be `_1`
        wish = wish + "_" if keyword.iskeyword(wish) or wish in _RESERVED else wish
        while True:
            times = self.taken[wish] = self.taken.get(wish, 0) + 1
            made = wish if times == 1 else f"{wish}_{times}"
            if made == wish or made not in self.taken:
                self.taken.setdefault(made, 1)
                return made

    def constant(self, wish: str, value: Any) -> str:
        name = self.name(wish)
        self.names[name] = value
        return name

    def shared(self, wish: str, key: Any, make: Any) -> str:
        """A constant that is made once for a key."""
        name = self.made.get(key)
        if name is None:
            name = self.made[key] = self.constant(wish, make())
        return name

    # ── levels ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def plan(self, root: Shape) -> Source:
        self.start = 0
        answer = self.fields(root, "root", "", looped=False)
        self.line(f"answer = {answer}")
        level = 0
        while self.next:
            edges, self.next = self.next, []
            level += 1
            self.line("")
            self.line(f"# ── level {level}")
            found = self.asked(edges)
            for edge, values in zip(edges, found, strict=True):
                self.placed(edge, values)
        self.line("")
        self.line("return answer")
        return Source("\n".join(["async def plan(run, root):", *map(str.rstrip, self.lines), ""]), self.names)

    def asked(self, edges: list[_Edge]) -> list[str]:
        """Ask the edges of a level; the names of their values."""
        found = [self.name(f"{edge.spot.field.key}_values") for edge in edges]
        calls = [self.constant(f"ask_{edge.spot.field.key}", call_of(edge.spot.field)) for edge in edges]
        with self.block(f"{', '.join(found)}{',' if len(found) == 1 else ''} = await run.together("):
            for edge, call in zip(edges, calls, strict=True):
                self.line(f"({call}, {edge.objects}, {edge.answers}),")
        self.line(")")
        return found

    def placed(self, edge: _Edge, values: str) -> None:
        """Complete what an edge has brought, into the answers of its objects."""
        field = edge.spot.field
        self.line("")
        self.line(f"# {edge.spot.path}")
        self.start = len(self.lines)
        value = self.name(field.key)
        with self.block(f"for holder, {value} in zip({edge.answers}, {values}):"):
            if not field.value.nonnull:
                self.line(f"if {value} is None: continue")
            made = self.completed(field.value, value, edge.spot, looped=True, brought=True, sifted=True)
            self.line(f"holder[{field.key!r}] = {made}")

    # ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def value(self, value: Value, said: str, spot: Spot, *, looped: bool) -> str:
        """An expression for the answer of a value that the expression `said` gives."""
        if isinstance(value, Leaf):
            return self.leaf(value, said)
        name = self.name(spot.field.key)
        self.line(f"{name} = {said}")
        made = self.name(f"{name}_answer")
        if value.nonnull:
            self.line(f"if {name} is None: fall_back('null')")
            return self.completed(value, name, spot, looped=looped, brought=False)
        with self.block(f"if {name} is None:"):
            self.line(f"{made} = None")
        with self.block("else:"):
            self.line(f"{made} = {self.completed(value, name, spot, looped=looped, brought=False)}")
        return made

    def completed(
        self, value: Value, name: str, spot: Spot, *, looped: bool, brought: bool, sifted: bool = False
    ) -> str:
        """An expression for the answer of the variable `name`, which is not None unless it is a leaf.

        `brought`: whether an edge brought it, or a list that an edge brought. `sifted`: whether its call has looked
        already whether it is an object at all.
        """
        if isinstance(value, Leaf):
            return self.leaf(value, name)
        if isinstance(value, Items):
            return self.items(value, name, spot, brought)
        if looped:
            return self.once(value, name, spot, brought, sifted)
        return self.whole(value, name, spot, looped=looped, sifted=sifted)

    def once(self, value: Object | Abstract, name: str, spot: Spot, brought: bool, sifted: bool) -> str:
        """Complete an object that other parents may have too, once.

        What an edge brought stands in a list until the loop is done, so that its id is its own. What an object computed
        may be gone by the next turn, and its id be another's: the memory holds it.
        """
        memory, made = self.name(f"{name}_made"), self.name(f"{name}_answer")
        self.before(f"{memory} = {{}}")
        self.line(f"{made} = {memory}.get(id({name}))")
        if brought:
            with self.block(f"if {made} is None:"):
                whole = self.whole(value, name, spot, looped=True, sifted=sifted)
                self.line(f"{memory}[id({name})] = {made} = {whole}")
            return made
        with self.block(f"if {made} is None:"):
            whole = self.whole(value, name, spot, looped=True, sifted=sifted)
            self.line(f"{memory}[id({name})] = {made} = ({whole}, {name})")
        return f"{made}[0]"

    def whole(self, value: Object | Abstract, name: str, spot: Spot, *, looped: bool, sifted: bool) -> str:
        if not sifted and not (isinstance(value, Object) and _is_by_class(value.shape.type)):
            self.line(f"if type({name}) not in usual: look({name})")
        if isinstance(value, Object):
            return self.object(value.shape, name, spot, looped=looped)
        return self.any_of(value, name, spot, looped)

    def any_of(self, value: Abstract, name: str, spot: Spot, looped: bool) -> str:
        """Write an object whose type is known at run time; types that are asked the same are one case."""
        kind, made = self.name(f"{name}_type"), self.name(f"{name}_answer")
        resolve = value.type.resolve_type or default_type_resolver
        asks = self.shared(f"type_of_{value.type.name}", ("type", value.type.name), lambda: resolve)
        declared = self.shared(value.type.name, ("abstract", value.type.name), lambda: value.type)
        info, field = self.name(f"{name}_info"), self.constant(f"{name}_field", spot.field)
        self.before(f"{info} = run.info_of({field})")
        self.line(f"{kind} = {asks}({name}, {info}, {declared})")
        cases: dict[Any, list[Shape]] = {}
        for shape in value.shapes.values():
            cases.setdefault(asked_of(shape), []).append(shape)
        common = Common([shapes[0] for shapes in cases.values()])
        for place, shapes in enumerate(cases.values()):
            names = [shape.type.name for shape in shapes]
            among = f"== {names[0]!r}" if len(names) == 1 else f"in {tuple(names)!r}"
            with self.block(f"{'if' if place == 0 else 'elif'} {kind} {among}:"):
                for shape in shapes:
                    self.check(shape.type, name, f"{kind} == {shape.type.name!r} and " if len(shapes) > 1 else "")
                self.line(f"{made} = {self.fields(shapes[0], name, spot.path, looped=looped, common=common)}")
        with self.block("else:"):
            self.line("fall_back('type')")
        return made

    def items(self, value: Items, name: str, spot: Spot, brought: bool) -> str:
        self.line(f"if type({name}) is not list: {name} = run.items({name})")
        if isinstance(value.item, Leaf):
            item = self.name("item")
            return f"[{self.leaf(value.item, item)} for {item} in {name}]"
        made, item = self.name(f"{name}_answers"), self.name(f"{name}_item")
        self.line(f"{made} = []")
        with self.block(f"for {item} in {name}:"):
            if value.item.nonnull and isinstance(value.item, Object) and _is_by_class(value.item.shape.type):
                pass  # None is of no class of the type's
            elif value.item.nonnull:
                self.line(f"if {item} is None: fall_back('null')")
            else:
                self.line(f"if {item} is None: {made}.append(None); continue")
            if brought or isinstance(value.item, Leaf | Items):
                completed = self.completed(value.item, item, spot, looped=True, brought=brought)
            else:  # a list that an object computed holds its own parts: hardly any stands in it twice
                completed = self.whole(value.item, item, spot, looped=True, sifted=False)
            self.line(f"{made}.append({completed})")
        return made

    def object(self, shape: Shape, name: str, spot: Spot, *, looped: bool) -> str:
        """Write an object's answer; the name of the variable that holds it."""
        self.check(shape.type, name)
        return self.fields(shape, name, spot.path, looped=looped)

    def check(self, type_: GraphQLObjectType, name: str, condition: str = "") -> None:
        if _is_by_class(type_):
            asked: Any = type_.is_type_of
            kinds = self.shared(f"{type_.name}_classes", ("kinds", type_.name), lambda: Kinds(asked))
            self.line(f"if {condition}type({name}) not in {kinds}: {kinds}.see({name}, run.info)")
        elif type_.is_type_of is not None:
            check = self.shared(f"is_{type_.name}", ("is", type_.name), lambda: type_.is_type_of)
            self.line(f"if {condition}{check}({name}, run.info) is not True: fall_back('type')")

    def fields(self, shape: Shape, name: str, path: str, *, looped: bool, common: Common | None = None) -> str:
        entries, edges = [], []
        for field in shape.fields:
            below = Spot(field, f"{path}.{field.key}" if path else field.key)
            said = self.said(field, name)
            if said is None:
                edges.append(below)
                entries.append(f"{field.key!r}: None")
            elif isinstance(field.source, Typename):
                entries.append(f"{field.key!r}: {said}")
            else:
                entries.append(f"{field.key!r}: {self.value(field.value, said, below, looped=looped)}")
        made = self.name(f"{name}_answer")
        self.line(f"{made} = {{")
        for entry in entries:
            self.line(f"    {entry},")
        self.line("}")
        for cases in dict.fromkeys(common.cases_of(each.field) if common else () for each in edges):
            spots = [each for each in edges if (common.cases_of(each.field) if common else ()) == cases]
            if common is not None and cases:
                self.shared_later(spots, name, made, common.lists, cases)
            else:
                self.later(spots, name, made)
        return made

    def later(self, edges: list[Spot], name: str, made: str) -> None:
        """Leave the edges of an object to the next level."""
        objects, answers = self.name(f"{name}_objects"), self.name(f"{name}_holders")
        if self.depth == 1:
            self.line(f"{objects}, {answers} = [{name}], [{made}]")
        else:
            self.before(f"{objects}, {answers} = [], []")
            self.line(f"{objects}.append({name}); {answers}.append({made})")
        self.next.extend(_Edge(spot, objects, answers) for spot in edges)

    def shared_later(
        self,
        edges: list[Spot],
        name: str,
        made: str,
        lists: dict[tuple[int, ...], tuple[str, str]],
        cases: tuple[int, ...],
    ) -> None:
        """Leave edges to the next level that other cases have as well, in the lists of all of them."""
        if cases not in lists:
            lists[cases] = self.name(f"{name}_objects"), self.name(f"{name}_holders")
            self.before(f"{lists[cases][0]}, {lists[cases][1]} = [], []")
            self.next.extend(_Edge(spot, *lists[cases]) for spot in edges)
        objects, answers = lists[cases]
        self.line(f"{objects}.append({name}); {answers}.append({made})")

    def said(self, field: Field, name: str) -> str | None:
        """An expression for what the object says of the field itself; None for an edge."""
        source = field.source
        if isinstance(source, Typename):
            return repr(source.name)
        if isinstance(source, Given):
            return name
        if isinstance(source, Attribute):
            return f"{name}.{source.name}"
        if isinstance(source, Computed):
            function = source.function
            return f"{self.shared(f'{field.name}_of', ('function', id(function)), lambda: function)}({name})"
        return None

    def leaf(self, value: Leaf, said: str) -> str:
        """An expression for the answer of a leaf."""
        type_ = value.type
        slow = self.shared(
            type_.name if value.nonnull else f"{type_.name}_or_null",
            ("leaf", type_.name, value.nonnull),
            lambda: leaf(type_, nonnull=value.nonnull),
        )
        if isinstance(type_, GraphQLEnumType):
            table = self.shared(f"{type_.name}_names", ("names", type_.name), lambda: names_of(type_))
            return f"({table}.get(x := {said}) or {slow}(x))"
        condition = usual(type_)
        if condition is None:
            return f"{slow}({said})"
        condition = condition.format(x="x").replace("(x)", f"(x := {said})", 1)
        return f"(x if {condition}{'' if value.nonnull else ' or x is None'} else {slow}(x))"


def call_of(field: Field) -> Call:
    """The call of an edge."""
    source = field.source
    if isinstance(source, Batched):
        return BatchCall(field, source)
    assert isinstance(source, Resolver)
    return ResolverCall(field, source)


def _is_by_class(type_: GraphQLObjectType) -> bool:
    """Whether a class of objects is of the type or is not, whatever the object."""
    return isinstance(type_.is_type_of, ByClass)
