"""The context of one request: who asks, what they read, and the batches their fields gather in.

A context lives as long as one operation, or as one event of a subscription, and nothing of it is used again. It owns
neither tokens nor tenants' names: `resolvers.entrance` turns those into a viewer.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from aiodataloader import DataLoader

from domain.access import ActorClass, Scope
from domain.base import NotAllowed
from domain.ordering import Provider
from domain.permissions import Permission
from loaders.base import L, Loader, Reading
from models.inventory import Committer, Holding
from models.writing import Actor, Made, Transaction, WritePool

BatchFunction = Callable[..., Awaitable[Sequence[Any]]]
"""An edge of the graph: (rows, context, **arguments) → one value, or one exception, for each row."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, as the database confirmed it.

    `organization_id` is the one it speaks for, if any; `display_name` what its people call it; `name` is unique within
    the tenant, and what keys and audit know the viewer by; `permissions` are those in that organisation. `subject` is
    what her issuer calls a shopper who is no customer yet: she is NOBODY until she joins.
    """

    actor_class: ActorClass
    tenant_id: UUID
    scope: Scope
    display_name: str | None = None
    role: str | None = None
    organization_id: UUID | None = None
    account_id: UUID | None = None
    customer_id: UUID | None = None
    name: str = "nobody"
    permissions: frozenset[Permission] = frozenset()
    subject: str | None = None

    def may(self, permission: Permission, organization_id: UUID) -> bool:
        """Whether she may do this in that organisation."""
        own = self.organization_id == organization_id and permission in self.permissions
        return own or self.actor_class is ActorClass.PLATFORM_ADMIN

    def must(self, permission: Permission, organization_id: UUID) -> None:
        """Let on who may do this in that organisation. Raises: domain.base.NotAllowed."""
        if not self.may(permission, organization_id):
            raise NotAllowed

    @property
    def actor(self) -> Actor:
        """The viewer as acts know it."""
        return Actor(self.actor_class.value, self.name, self.organization_id)


class Context:
    """What every edge gets: the viewer and the request's reading."""

    __slots__ = ("_batches", "_committer", "_earlier", "_pool", "provider", "reading", "viewer")

    def __init__(
        self,
        viewer: Viewer,
        reading: Reading,
        pool: WritePool | None = None,
        committer: Committer | None = None,
        provider: Provider | None = None,
    ) -> None:
        """`pool` and `committer` are where its acts are done; without them it reads only.

        `provider` takes payments; without one nothing can be paid.
        """
        self.viewer, self.reading, self._pool, self._committer = viewer, reading, pool, committer
        self.provider = provider
        self._batches: dict[Hashable, DataLoader[Any, Any]] = {}
        self._earlier = 0

    @property
    def statements(self) -> int:
        """SQL statements run so far, BEGIN and COMMIT not counted."""
        return self._earlier + self.reading.session.statements

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """The only commit: at the end, if nothing raises. What is loaded meanwhile is read on its connection.

        The read before it is given back first, and the one after it sees what it did: a request holds one connection.

        Raises: models.writing.Collision, Unavailable, TimedOut as `models.database.Database.transaction` does.
        """
        if self._pool is None:
            raise TypeError("this context reads only")
        before = self.reading
        await self.close()
        self._earlier += before.session.statements
        try:
            async with self._pool.transaction(self.viewer.tenant_id) as session:
                tx = Transaction(session, self.viewer.tenant_id, self.viewer.actor, before.now)
                self.reading = before.on(tx)
                try:
                    yield tx
                finally:
                    self._earlier += tx.statements
        finally:
            self._batches.clear()
            self.reading = before.renewed()

    async def close(self) -> None:
        """End the read, and let go of what was loaded."""
        self._batches.clear()
        await self.reading.close()

    def renewed(self) -> "Context":
        """The same viewer at the same instant, with a fresh read and nothing loaded, for what is run again."""
        return Context(self.viewer, self.reading.renewed(again=True), self._pool, self._committer, self.provider)

    async def together(self, edges: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
        """What edges that run side by side give, the keys and statements they wait for gathered."""
        return await self.reading.rounds.together(edges)

    async def hold(self, holding: Holding) -> Made:
        """Hold goods, together with whoever waits for the same. Raises: as `models.inventory.Committer.hold`.

        The read before it is given back first, as for a transaction.
        """
        if self._committer is None:
            raise TypeError("this context reads only")
        before = self.reading
        await self.close()
        self._earlier += before.session.statements
        try:
            return await self._committer.hold(self.viewer.tenant_id, holding, before.today, before.now)
        finally:
            self.reading = before.renewed()

    def load(self, kind: type[L]) -> L:
        """This request's loader of the kind."""
        return self.reading.load(kind)

    def batch(self, key: Hashable, call: Callable[[list[Any]], Coroutine[Any, Any, list[Any]]]) -> DataLoader[Any, Any]:
        """The gatherer of all parents of one field node: they come one by one, `call` gets them at once.

        It remembers nothing itself: a parent's identity may be reused once the parent is gone.
        """
        gatherer = self._batches.get(key)
        if gatherer is None:
            gatherer = self._batches[key] = DataLoader(batch_load_fn=call, cache=False)
        return gatherer


def own_keys(ctx: Context, rows: Sequence[Any], organization: str) -> list[UUID | None]:
    """The id of each row that is of an organisation the viewer speaks for, by that column; None for the others."""
    scope = ctx.viewer.scope
    return [row.id if scope.speaks_for(getattr(row, organization)) else None for row in rows]


def named(column: str, kind: type[Loader[Any, Any]]) -> BatchFunction:
    """An edge to what the key in the row's `column` names, None where the row names nothing."""

    async def named_by(rows: Sequence[Any], ctx: Context) -> Sequence[Any]:
        return await ctx.load(kind).where_any([getattr(row, column) for row in rows])

    return named_by
