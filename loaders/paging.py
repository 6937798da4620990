"""Connections and lists: a page under each of many parents in one statement, and their totals in another.

A page is cut by a key on an index (tenant, parent, key): every parent costs one short range of the index, however long
its list and however deep the page. It owns no connection of a centre.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    TableValuedAlias,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    select,
    true,
    tuple_,
    type_coerce,
)

from loaders.base import LIST_LIMIT, Reading
from models.reading import INSTANT, Read, Row, Rows, constant, read

DEFAULT_PAGE = 20
MAX_PAGE = 100
COUNT_LIMIT = 10_000
"""A connection is counted exactly up to here; beyond, its total is unknown."""

KeyPart = int | str | datetime | UUID
"""What a connection's key is made of."""

R = TypeVar("R", bound=Row)
T = TypeVar("T")


class CountRow(Row):
    """How many rows a parent's connection has, counted up to one past the limit."""

    place: int
    total: int


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The wished page: at most `first` rows (1 to `MAX_PAGE`) that come after the key `after`."""

    first: int = DEFAULT_PAGE
    after: tuple[KeyPart, ...] | None = None


class Keyed:
    """An item of a page that is no row of a statement, and so says its own key."""

    __slots__ = ()

    @property
    def key(self) -> tuple[KeyPart, ...]:
        """Its place in its connection; unique there."""
        raise TypeError(f"{type(self).__name__} does not say its key")


def key_of(row: Row | Keyed) -> tuple[KeyPart, ...]:
    """The key of a row of a page: what its cursor says."""
    if isinstance(row, Keyed):
        return row.key
    columns = row.columns
    return tuple(row[columns.index("place") + 1 :])


class Page(Generic[R]):
    """A page of one parent's connection: its rows, and whether more come before and after."""

    __slots__ = ("connection", "has_next", "has_previous", "parent", "rows", "total", "values")

    def __init__(
        self,
        rows: list[R],
        *,
        has_next: bool,
        has_previous: bool,
        connection: "Paged[R] | AtHand",
        parent: UUID,
        values: dict[str, Any],
        total: int | None = None,
    ) -> None:
        self.rows, self.has_next, self.has_previous = rows, has_next, has_previous
        self.connection, self.parent, self.values, self.total = connection, parent, values, total


def wanted_parents() -> TableValuedAlias:
    """The parents of a page statement with their places, `unnest(:parents) WITH ORDINALITY`."""
    return wanted_keys("parent")


def wanted_keys(*ids: str, number: str | None = None) -> TableValuedAlias:
    """Keys of several parts with their places: arrays of one length, unnested together.

    `ids` name the parts that are ids, `number` a last part that is a number; each array is called as its part, and `s`.
    """
    parts: dict[str, Any] = dict.fromkeys(ids, Uuid())
    if number is not None:
        parts[number] = BigInteger()
    arrays = [bindparam(f"{name}s", type_=ARRAY(kind)) for name, kind in parts.items()]
    columns = [column(name, kind) for name, kind in parts.items()]
    named: TableValuedAlias = func.unnest(*arrays).table_valued(*columns, with_ordinality="place")
    return named.render_derived(name="wanted")


def place_of(wanted: Any) -> ColumnElement[int]:
    """The place of a key in the statement's arrays, counted from 1."""
    return type_coerce(wanted.c.place, BigInteger()).label("place")


def each(row: type[R], wanted: TableValuedAlias, rows: Rows) -> Rows:
    """`rows` for each of the wanted keys alone; the row class begins with `place: int`, which this adds.

    OFFSET 0 keeps the planner from joining the keys as one more table: its guess of how many there are would make it
    read whole tables for one page. So every key costs its own short look into the indexes, in any tenant.
    """
    alone = rows.offset(constant(0)).lateral("each")
    columns = [place_of(wanted) if name == "place" else alone.c[name] for name in row.columns]
    return select(*columns).select_from(wanted.join(alone, true()))


def listed(row: type[R], wanted: TableValuedAlias, rows: Rows, *order: ColumnElement[Any] | Any) -> Read[R]:
    """A plain list under each parent of `wanted`: at most `LIST_LIMIT` of `rows`, in order.

    The row class ends in `parent: UUID`, which this adds.
    """
    labels = [column.label(f"order_{place}") for place, column in enumerate(order)]
    cut = rows.add_columns(*labels).order_by(*order).limit(constant(LIST_LIMIT)).lateral("cut")
    columns = [wanted.c.parent.label("parent") if name == "parent" else cut.c[name] for name in row.columns]
    return read(
        row,
        select(*columns)
        .select_from(wanted.join(cut, true()))
        .order_by(wanted.c.place, *(cut.c[label.name] for label in labels)),
    )


_TYPES: dict[type, Any] = {int: BigInteger(), str: Text(), datetime: INSTANT, UUID: Uuid()}
_FIRST: dict[type, KeyPart] = {int: -1, str: "", UUID: UUID(int=0), datetime: datetime.min}
# The driver sends the smallest and the largest datetime as minus and plus infinity.
_LAST: dict[type, KeyPart] = {datetime: datetime.max, UUID: UUID(int=2**128 - 1)}


class Paged(Generic[R]):
    """A connection, as its two statements.

    `rows` selects a node's columns under the parents of `wanted`; `key` are the columns of the index it is cut by, the
    last of them unique under the parent. Keys ascend, except that a key which starts with an instant descends: the
    newest first, unless `oldest_first`. The row class ends in `place: int` and the parts of the key, which this class
    adds.
    """

    def __init__(
        self,
        row: type[R],
        wanted: TableValuedAlias,
        rows: Rows,
        key: Mapping[Any, type[KeyPart]],
        *,
        oldest_first: bool = False,
    ) -> None:
        self.kinds: tuple[type[KeyPart], ...] = tuple(key.values())
        descends = self.kinds[0] is datetime and not oldest_first
        self.start = tuple((_LAST if descends else _FIRST)[kind] for kind in self.kinds)
        here = tuple_(*key)
        after = tuple_(*(bindparam(f"after_{place}", type_=_TYPES[kind]) for place, kind in enumerate(self.kinds)))
        names = row.columns[row.columns.index("place") + 1 :]
        cut = (
            rows.add_columns(*(column.label(name) for column, name in zip(key, names, strict=True)))
            .where(here < after if descends else here > after)
            .order_by(*(column.desc() if descends else column for column in key))
            .limit(bindparam("page_limit", type_=BigInteger()))
            .lateral("page")
        )
        place = type_coerce(wanted.c.place, BigInteger()).label("place")
        columns = [place if name == "place" else cut.c[name] for name in row.columns]
        order = (cut.c[name].desc() if descends else cut.c[name] for name in names)
        self.page = read(row, select(*columns).select_from(wanted.join(cut, true())).order_by(wanted.c.place, *order))
        counted = rows.with_only_columns(constant(1).label("one")).limit(constant(COUNT_LIMIT + 1)).lateral("counted")
        total = func.count(counted.c.one).label("total")
        self.count = read(
            CountRow,
            select(place, total).select_from(wanted.outerjoin(counted, true())).group_by(wanted.c.place),
        )

    async def pages(
        self, reading: Reading, parents: Sequence[UUID], request: PageRequest, **values: Any
    ) -> list[Page[R]]:
        """A page for each parent, in the parents' order, in one statement. `values` are the statement's own."""
        rows = await reading.fetch(
            self.page,
            parents=parents,
            page_limit=request.first + 1,  # one more tells whether a next page exists
            **{f"after_{place}": part for place, part in enumerate(request.after or self.start)},
            **values,
        )
        cut: list[list[R]] = [[] for _ in parents]
        for row in rows:
            cut[row.place - 1].append(row)
        return [
            Page(
                found[: request.first],
                has_next=len(found) > request.first,
                has_previous=request.after is not None,
                connection=self,
                parent=parent,
                values=values,
            )
            for found, parent in zip(cut, parents, strict=True)
        ]


class AtHand:
    """A connection whose items are at hand, in the order of their keys: a page of it costs no statement."""

    def __init__(self, *kinds: type[KeyPart]) -> None:
        self.kinds = kinds

    def page(self, items: Iterable[T], total: int, parent: UUID, request: PageRequest) -> tuple[Page[Any], Sequence[T]]:
        """As many of the items that come after the request's key as it asks for, and the page that takes them as rows.

        No more of them is made than the page needs; `total` is how long the whole connection is.
        """
        found = list(islice(items, request.first + 1))  # one more tells whether a next page exists
        page: Page[Any] = Page(
            [],
            has_next=len(found) > request.first,
            has_previous=request.after is not None,
            connection=self,
            parent=parent,
            values={},
            total=total,
        )
        return page, found[: request.first]


async def totals(reading: Reading, pages: Sequence[Page[Any]]) -> list[int | None]:
    """The exact length of each page's whole connection, None beyond `COUNT_LIMIT`, in one trip."""
    found: list[int | None] = [None] * len(pages)
    groups: dict[int, list[int]] = {}
    for place, page in enumerate(pages):
        if isinstance(page.connection, AtHand):
            found[place] = page.total
        else:
            groups.setdefault(id(page.values), []).append(place)
    for places in groups.values():
        first = pages[places[0]]
        assert isinstance(first.connection, Paged)
        parents = [pages[place].parent for place in places]
        for row in await reading.fetch(first.connection.count, parents=parents, **first.values):
            if row.total <= COUNT_LIMIT:
                found[places[row.place - 1]] = row.total
    return found
