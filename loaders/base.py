"""The loader base and the request's set of loaders.

A loader answers many keys with one statement, in the order of the keys and with one value for each. It remembers its
answers for the request and gathers what is asked in one turn of the event loop, so that two fields which need the same
rows cost one statement. It owns no statement of a centre: those stand in the centre's file.
"""

from collections.abc import Coroutine, Hashable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from domain.access import Scope
from domain.base import BadInput
from loaders.rounds import Ask, Batch, Rounds
from models.reading import Read, Row
from models.session import Session

LIST_LIMIT = 100
"""The longest plain list under one parent."""
MIN_HOLDERS = 3
"""A sum over fewer organisations than this is no aggregate: one of them could tell what another has."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
R = TypeVar("R", bound=Row)
L = TypeVar("L", bound="Loader[Any, Any]")
T = TypeVar("T")


class Kept:
    """What a process keeps from one request to the next, one thing of each kind. Nothing in it is a viewer's."""

    def __init__(self) -> None:
        self._things: dict[type, Any] = {}

    def of(self, kind: type[T]) -> T:
        """The one thing of the kind, made when first asked for."""
        thing: T | None = self._things.get(kind)
        if thing is None:
            thing = self._things[kind] = kind()
        return thing


class Reading:
    """What every batched read of one request needs: the session, the instant, the tenant's day, who looks.

    `zone` is the tenant's, in which its days begin. `loaders` are made on first use and live as long as the request, so
    nothing crosses requests but what is `kept`.
    """

    def __init__(
        self,
        session: Session,
        now: datetime,
        today: date,
        scope: Scope,
        zone: tzinfo = UTC,
        kept: Kept | None = None,
    ) -> None:
        self.session, self.now, self.today, self.scope, self.zone = session, now, today, scope, zone
        self.kept = Kept() if kept is None else kept
        self.rounds = Rounds(session)
        self._loaders: dict[type[Loader[Any, Any]], Any] = {}

    async def close(self) -> None:
        """End the read. What was loaded goes with it, and not when the collector finds the ring of which it is part."""
        self._loaders.clear()
        await self.session.close()

    def renewed(self, *, again: bool = False) -> "Reading":
        """The same instant and viewer on a fresh session, with nothing loaded; `again`: for what failed on this one."""
        return Reading(self.session.renewed(again=again), self.now, self.today, self.scope, self.zone, self.kept)

    def on(self, session: Session) -> "Reading":
        """The same instant and viewer on another session, with nothing loaded."""
        return Reading(session, self.now, self.today, self.scope, self.zone, self.kept)

    def midnight(self, day: date) -> datetime:
        """The instant at which a day of the tenant begins. Raises BadInput at the edges of time."""
        try:
            return datetime.combine(day, time.min, self.zone).astimezone(UTC)
        except OverflowError:
            raise BadInput("A day is too far away.") from None

    def load(self, kind: type[L]) -> L:
        """This request's loader of the kind."""
        loader: L | None = self._loaders.get(kind)
        if loader is None:
            loader = self._loaders[kind] = kind(self)
        return loader

    async def fetch(self, statement: Read[R], **values: Any) -> list[R]:
        """Run a statement; instant, day and scope are filled in where it asks for them."""
        names = statement.names
        if "now" in names:
            values["now"] = self.now
        if "today" in names:
            values["today"] = self.today
        if "viewer_everything" in names:
            values["viewer_everything"] = self.scope.everything
        if "viewer_organizations" in names:
            values["viewer_organizations"] = self.scope.organizations
        if "viewer_customer" in names:
            values["viewer_customer"] = self.scope.customer
        if self.rounds.stepping:
            rows: list[R] = await Ask(statement, values)
            return rows
        return await self.session.fetch(statement, **values)

    async def side_by_side(self, *steps: Coroutine[Any, Any, Any]) -> list[Any]:
        """What independent steps give, in order. On a plan what they wait for is gathered.

        Raises: what the first step in order raises that raises: on a plan when all are through; elsewhere at once, and
            those after it are not begun.
        """
        if self.rounds.stepping:
            return await self.rounds.together(steps)
        left = list(steps)
        try:
            return [await left.pop(0) for _ in steps]
        finally:
            for step in left:
                step.close()


class Loader(Generic[K, V]):
    """Answers many keys in one trip. Subclasses write `fetch`; absent keys get `absent()`."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._known: dict[K, V] = {}
        self._flight: dict[K, Batch] = {}
        self._open: Batch | None = None

    async def fetch(self, keys: list[K]) -> Mapping[K, V]:
        """The values of distinct keys, in one statement; keys may be missing from the answer."""
        raise TypeError(f"{type(self).__name__} does not say how it fetches")

    def absent(self) -> V:
        """What a key without a value gets."""
        raise TypeError(f"{type(self).__name__} does not say what an absent key gets")

    def prime(self, key: K, value: V) -> None:
        """Remember a value that another statement has brought along."""
        self._known.setdefault(key, value)

    async def many(self, keys: Sequence[K]) -> list[V]:
        """One value for each key, in the order of the keys; the same key twice costs nothing."""
        known = self._known
        missing = [key for key in keys if key not in known]
        if missing:
            await self._loaded(missing)
        return [known[key] for key in keys]

    async def one(self, key: K) -> V:
        """The value of one key."""
        return (await self.many((key,)))[0]

    async def each(self, keys: Iterable[K]) -> dict[K, V]:
        """The value of each key, by key."""
        keys = list(dict.fromkeys(keys))
        return dict(zip(keys, await self.many(keys), strict=True))

    async def where_any(self, keys: Sequence[K | None]) -> list[V | None]:
        """One value for each key, in the order of the keys, and None where there is no key."""
        known = self._known
        await self.many([key for key in dict.fromkeys(keys) if key is not None])
        return [None if key is None else known[key] for key in keys]

    async def _loaded(self, keys: Sequence[K]) -> None:
        """Wait until the values of these keys are known: with those who ask for the same already, or in a new batch."""
        flight = self._flight
        waiting = {id(batch): batch for key in keys if (batch := flight.get(key)) is not None} if flight else {}
        fresh = [key for key in keys if key not in flight] if waiting else keys
        if fresh:
            batch = self._open
            if batch is None:
                batch = self._open = self.reading.rounds.open(self._answer)
            distinct = dict.fromkeys(fresh, batch)
            batch.keys.extend(distinct)
            flight.update(distinct)
            waiting[id(batch)] = batch
        for batch in waiting.values():
            await batch

    async def _answer(self, batch: Batch) -> None:
        self._open = None
        keys, flight = batch.keys, self._flight
        try:
            found = await self.fetch(keys)
            self._known.update(found)
            for key in keys:
                if key not in found:
                    self._known[key] = self.absent()
        finally:
            if len(flight) == len(keys):  # all that is on its way, as mostly
                flight.clear()
            else:
                for key in keys:
                    flight.pop(key, None)


class ById(Loader[UUID, R | None]):
    """Rows by id; `statement` takes `ids` and its rows carry `id`."""

    statement: ClassVar[Read[Any]]

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, R | None]:
        """One row for each id that exists and that the viewer may see."""
        return {row.id: row for row in await self.reading.fetch(self.statement, ids=keys)}

    async def where_any(self, keys: Sequence[UUID | None]) -> list[R | None]:
        """One row for each id, in the order of the ids, and None where there is no id."""
        # Many rows name the same few: told apart by their bytes, which hash in a tenth of the driver's UUID's time.
        marks = [None if key is None else key.bytes for key in keys]
        named: dict[bytes | None, Any] = dict(zip(marks, keys, strict=True))
        named.pop(None, None)
        found = dict(zip(named, await self.many([*named.values()]), strict=True))
        return [found.get(mark) for mark in marks]

    def absent(self) -> R | None:
        """Absent and not the viewer's are one answer."""
        return None


class ListByPlace(Loader[K, list[R]]):
    """Lists under keys; `statement` takes an array for each part of a key, called as `parts` says.

    Its rows carry the `place` of their key among the keys, counted from 1, in the list's order.
    """

    statement: ClassVar[Read[Any]]
    parts: ClassVar[tuple[str, ...]] = ("parents",)

    async def fetch(self, keys: list[K]) -> Mapping[K, list[R]]:
        """The rows of each key, in order."""
        split: list[Any] = keys if len(self.parts) > 1 else [(key,) for key in keys]
        arrays = zip(*split, strict=True)
        found: dict[K, list[R]] = {}
        for row in await self.reading.fetch(self.statement, **dict(zip(self.parts, arrays, strict=True))):
            found.setdefault(keys[row.place - 1], []).append(row)
        return found

    def absent(self) -> list[R]:
        """A key without rows has an empty list."""
        return []


class ListBy(Loader[UUID, list[R]]):
    """Short lists under a parent; `statement` takes `parents` and its rows carry `parent`, in the list's order."""

    statement: ClassVar[Read[Any]]

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, list[R]]:
        """The rows of each parent, in order."""
        found: dict[UUID, list[R]] = {}
        for row in await self.reading.fetch(self.statement, parents=keys):
            found.setdefault(row.parent, []).append(row)
        return found

    def absent(self) -> list[R]:
        """A parent without rows has an empty list."""
        return []
