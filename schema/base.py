"""What every centre's types are made of: edges, leaves, attributes, connections, nodes, scalars, ids.

A type reads like SDL: one line per field, and every field says for whom it is. It owns no type of a centre.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Final, Generic, NewType, TypeVar
from uuid import UUID

import strawberry
from graphql import GraphQLError, GraphQLInterfaceType, GraphQLObjectType
from strawberry.schema.config import StrawberryConfig
from strawberry.types.field import StrawberryField

from domain.access import Audience
from domain.base import BadId, BadInput
from domain.money import MAX_SAFE
from domain.wording import composed
from engine.answering import EXTENSION, Batched, ByClass, Computed
from engine.limits import FieldCost
from loaders.base import LIST_LIMIT
from loaders.paging import DEFAULT_PAGE, MAX_PAGE
from models.base import MAX_CODE_CHARS
from models.reading import Row
from resolvers.context import BatchFunction
from resolvers.paging import cursor_of, total_counts

T = TypeVar("T")
ROOT = object()
"""The one parent of the root fields."""

PUBLIC, OWN, COUNTERPARTY, TRADE, MEMBER, UPSTREAM, PLATFORM = (
    Audience.PUBLIC,
    Audience.OWN,
    Audience.COUNTERPARTY,
    Audience.TRADE,
    Audience.MEMBER,
    Audience.UPSTREAM,
    Audience.PLATFORM,
)


# ── scalars ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _whole(name: str, minimum: int, maximum: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if type(value) is not int or not minimum <= value <= maximum:
            raise GraphQLError(f"{name} must be an integer between {minimum} and {maximum}.")
        return value

    return check


ENDLESS = (datetime.min, datetime.max)
"""What the driver writes as the infinities, and reads back without an offset."""


def _instant(value: Any) -> datetime:
    """Raises GraphQLError for what is no instant: also one without an offset, which could be any of 24 hours."""
    try:
        instant = datetime.fromisoformat(value)
        edge = instant.astimezone(UTC).replace(tzinfo=None) in ENDLESS  # overflows at the edges of time
    except (TypeError, ValueError, OverflowError):
        raise GraphQLError("DateTime must be an instant like 2026-01-31T12:00:00+08:00.") from None
    if instant.tzinfo is None:
        raise GraphQLError("DateTime needs an offset from UTC, like +08:00 or Z.")
    if edge:
        raise GraphQLError("DateTime must lie between the first and the last microsecond of the years 1 to 9999.")
    return instant


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError("Date must be a day like 2026-01-31.") from None


Fen = NewType("Fen", int)
Count = NewType("Count", int)
BasisPoint = NewType("BasisPoint", int)


def _scalar(name: str, description: str, minimum: int, maximum: int) -> Any:
    check = _whole(name, minimum, maximum)
    return strawberry.scalar(name=name, description=description, serialize=check, parse_value=check)


CONFIG = StrawberryConfig(
    scalar_map={
        datetime: strawberry.scalar(
            name="DateTime",
            description="An instant with its offset from UTC, ISO 8601 (时间).",
            serialize=datetime.isoformat,
            parse_value=_instant,
        ),
        date: strawberry.scalar(
            name="Date",
            description="A day, YYYY-MM-DD, in the tenant's time zone (日期).",
            serialize=date.isoformat,
            parse_value=_day,
        ),
        Fen: _scalar(
            "Fen",
            "An amount of money in minor units of the tenant's currency (分): an integer, at most 2^53 − 1.",
            -MAX_SAFE,
            MAX_SAFE,
        ),
        Count: _scalar(
            "Count", "A quantity in base units or a number of things (数量), at most 2^53 − 1.", -MAX_SAFE, MAX_SAFE
        ),
        BasisPoint: _scalar("BasisPoint", "A rate in hundredths of a percent (万分比): 10000 is the whole.", 0, 10_000),
    }
)


# ── ids ───────────────────────────────────────────────────────────────────────────────────────────────────────────
ID_CHARS = 64


def parse_id(text: str, *kinds: str) -> tuple[str, UUID]:
    """The kind and the key of a global id, `kind_` and 32 hexadecimal digits.

    Raises: BadId, in the same words whatever is wrong: an id's form says nothing about what exists.
    """
    kind, _, digits = text.rpartition("_") if len(text) <= ID_CHARS else ("", "", "")
    if (kinds and kind not in kinds) or len(digits) != 32 or not digits.isascii() or not digits.isalnum():
        raise BadId(f"Not an id of {' or '.join(kinds) if kinds else 'this graph'}.")
    try:
        return kind, UUID(hex=digits)
    except ValueError:
        raise BadId(f"Not an id of {' or '.join(kinds) if kinds else 'this graph'}.") from None


# ── fields ────────────────────────────────────────────────────────────────────────────────────────────────────────
_REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of an edge: its GraphQL type, its description, its default, and how it becomes the rule's value.

    `name` is its name in the graph, where that cannot be a name in Python.
    """

    kind: Any
    description: str
    default: Any = _REQUIRED
    parse: Callable[[Any], Any] | None = None
    name: str | None = None

    def parameter(self, name: str) -> inspect.Parameter:
        """The resolver's parameter of that name, which Strawberry makes this argument of."""
        described = strawberry.argument(description=self.description, name=self.name)
        # Annotated is subscripted through a tuple: to a type checker the type in it would have to be written out.
        kind = Annotated.__class_getitem__((self.kind, described))  # type: ignore[attr-defined]  # see above
        default = inspect.Parameter.empty if self.default is _REQUIRED else self.default
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)


def id_of(words: str, *kinds: str, optional: bool = False) -> Argument:
    """An argument that takes an id of one of the kinds, described by `words`; the resolver gets the key."""
    if optional:
        return Argument(strawberry.ID | None, words, None, partial(_key_or_none, kinds))
    return Argument(strawberry.ID, words, parse=lambda text: parse_id(text, *kinds)[1])


def _key_or_none(kinds: tuple[str, ...], text: str | None) -> UUID | None:
    return None if text is None else parse_id(text, *kinds)[1]


def bounded_text(description: str, limit: int = MAX_CODE_CHARS, *, optional: bool = False) -> Argument:
    """A text argument of 1 to `limit` characters, by itself a code; what it names was kept composed."""

    def check(value: str | None) -> str | None:
        if value is not None and (not 1 <= len(value) <= limit or "\0" in value):
            raise BadInput(f"A text of 1 to {limit} characters is expected.")
        return None if value is None else composed(value)

    if optional:
        return Argument(str | None, description, None, check)
    return Argument(str, description, parse=check)


FIRST = Argument(int, f"How many, from 1 to {MAX_PAGE} (条数).", DEFAULT_PAGE)
AFTER = Argument(str | None, "The cursor after which the page starts (游标).", None)
PAGE_COST = FieldCost(weight=1, slicing=("first",), default=DEFAULT_PAGE, maximum=MAX_PAGE)
SUM_WEIGHT = 25
"""The weight of a field that adds up many rows for each parent."""


def edge(
    function: BatchFunction,
    description: str,
    audience: Audience,
    *,
    cost: FieldCost | None = None,
    arguments: Mapping[str, Argument] | None = None,
    name: str | None = None,
) -> Any:
    """A field answered for all its parents at once by `function`, whose arguments are those declared here.

    `name` is its name in the graph, where that cannot be made from its name in Python.
    """
    given = arguments or {}
    batched = Batched(function, {name: each.parse for name, each in given.items() if each.parse is not None})
    field_key = object()

    async def resolve(root: Any, info: strawberry.Info, **values: Any) -> Any:
        context = info.context
        nodes = info._raw_info.field_nodes  # the field nodes of the document tell the batches apart
        call = partial(_call, batched, context, values)
        return await context.batch((field_key, id(nodes[0])), call).load(ROOT if root is None else root)

    taking(resolve, [*ROOT_AND_INFO, *(each.parameter(name) for name, each in given.items())])
    return strawberry.field(
        resolver=resolve,
        name=name,
        description=description,
        metadata={"audience": audience, "cost": cost, EXTENSION: batched},
    )


async def _call(batched: Batched, context: Any, arguments: Mapping[str, Any], rows: list[Any]) -> list[Any]:
    return list(await batched.values(rows, context, arguments))


ROOT_AND_INFO: Final = [
    inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD),
    inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info),
]
"""What every resolver takes first."""


def taking(resolve: Callable[..., Any], parameters: Sequence[inspect.Parameter]) -> None:
    """Let Strawberry see these parameters; the function itself takes any."""
    resolve.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what Strawberry reads


def connection(
    function: BatchFunction, description: str, audience: Audience, *, weight: int = 1, **arguments: Argument
) -> Any:
    """A field that answers with a page; `first` and `after` come on their own. `weight` is what it costs itself."""
    cost = replace(PAGE_COST, weight=weight)
    return edge(function, description, audience, cost=cost, arguments={**arguments, "first": FIRST, "after": AFTER})


def few(function: BatchFunction, description: str, audience: Audience, size: int = LIST_LIMIT) -> Any:
    """A field that answers with a plain list of at most `LIST_LIMIT`.

    `size` is what the gate counts it as: the limit, unless what it lists is a few small things by its nature.
    """
    return edge(function, description, audience, cost=FieldCost(weight=1, assumed=size))


def leaf(
    function: Callable[[Any], Any],
    description: str,
    audience: Audience,
    *,
    name: str | None = None,
    cost: FieldCost | None = None,
) -> Any:
    """A field computed from its row alone; `name` as in `edge`."""

    def resolve(root: Any) -> Any:
        return function(root)

    taking(resolve, ROOT_AND_INFO[:1])
    return strawberry.field(
        resolver=resolve,
        name=name,
        description=description,
        metadata={"audience": audience, "cost": cost, EXTENSION: Computed(function)},
    )


def attribute(description: str, audience: Audience) -> Any:
    """A field that is its row's attribute of the same name."""
    return strawberry.field(description=description, metadata={"audience": audience})


def global_id(kind: str) -> Any:
    """The `id` of a type whose rows carry a key. Public like `Node.id`: who has the row has its id."""
    prefix = kind + "_"
    return leaf(lambda row: prefix + row.id.hex, "The global id (全局标识); opaque.", PUBLIC)


def known_by(cls: type[T], is_type_of: Callable[[Any, Any], bool], description: str) -> type[T]:
    """A type of the graph, whose values are those of which `is_type_of` says so."""
    cls.is_type_of = staticmethod(is_type_of)  # type: ignore[attr-defined]  # Strawberry looks for it before it reads the fields
    return strawberry.type(cls, description=description)


# ── types ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def graph_type(
    row: type | tuple[type, ...], description: str, *, matches: Callable[[Any], bool] | None = None
) -> Callable[[type[T]], type[T]]:
    """A type whose values are rows of the class `row`, and, where several types share it, those that match."""

    kinds = row if isinstance(row, tuple) else (row,)
    classes = (*kinds, *(kind.twin for kind in kinds if issubclass(kind, Row)))

    def make(cls: type[T]) -> type[T]:
        def is_type_of(value: Any, _info: Any) -> bool:
            return isinstance(value, classes) and (matches is None or matches(value))

        return known_by(cls, ByClass(is_type_of) if matches is None else is_type_of, description)

    return make


@strawberry.interface(description="Anything with a global id (节点), by which `node` finds it again.")
class Node:
    """Relay's object identification."""

    id: strawberry.ID = strawberry.field(description="The global id (全局标识); opaque.", metadata={"audience": PUBLIC})


@strawberry.type(description="Where a page stands in its connection (分页信息).")
class PageInfo:
    """Relay's page information; paging goes forward."""

    has_next_page: bool = leaf(lambda page: page.has_next, "Whether more follow (有下一页).", PUBLIC)
    has_previous_page: bool = leaf(
        lambda page: page.has_previous, "Whether the page starts after a cursor (有上一页).", PUBLIC
    )
    start_cursor: str | None = leaf(
        lambda page: cursor_of(page.rows[0]) if page.rows else None, "The cursor of the first edge (起始游标).", PUBLIC
    )
    end_cursor: str | None = leaf(
        lambda page: cursor_of(page.rows[-1]) if page.rows else None,
        "The cursor of the last edge, to give as `after` (末尾游标).",
        PUBLIC,
    )


@strawberry.type(description="An item of a page, with its cursor (分页边).")
class Edge(Generic[T]):
    """Relay's edge; its source is the row itself."""

    cursor: str = leaf(cursor_of, "Its cursor, to give as `after` (游标).", PUBLIC)
    node: T = leaf(lambda row: row, "The item (项).", PUBLIC)


@strawberry.type(description="A page of a connection (分页).")
class Connection(Generic[T]):
    """Relay's connection; its source is a `Page`."""

    edges: list[Edge[T]] = leaf(lambda page: page.rows, "The items with their cursors (分页边).", PUBLIC)
    nodes: list[T] = leaf(lambda page: page.rows, "The items alone (分页项).", PUBLIC)
    page_info: PageInfo = leaf(lambda page: page, "Where the page stands (分页信息).", PUBLIC)
    total_count: Count | None = edge(
        total_counts, "How many there are in all; null beyond 10,000 (总数).", PUBLIC, cost=FieldCost(weight=10)
    )


# ── after the schema is built ─────────────────────────────────────────────────────────────────────────────────────
@dataclass(slots=True)
class Undeclared(Exception):
    """A field of the graph does not say for whom it is."""

    fields: list[str] = field(default_factory=list)


def declare(schema: strawberry.Schema) -> None:
    """Write where the engine reads it for whom each field is, what it costs and how it is answered.

    Raises: Undeclared for fields without audience.
    """
    missing = []
    for kind in schema._schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) or kind.name.startswith("__"):
            continue
        for name, made in kind.fields.items():
            written = made.extensions.get("strawberry-definition")
            facts = written.metadata if isinstance(written, StrawberryField) else {}
            audience = facts.get("audience")
            if not isinstance(audience, Audience):
                missing.append(f"{kind.name}.{name}")
                continue
            made.extensions["audience"] = frozenset(actor.value for actor in audience.admits)
            for fact in ("cost", EXTENSION):
                if facts.get(fact) is not None:
                    made.extensions[fact] = facts[fact]
    if missing:
        raise Undeclared(missing)
