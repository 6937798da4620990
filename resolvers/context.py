"""The context of one request: who asks, what they read, and the batches their fields gather in.

A context lives as long as one operation, or as one event of a subscription, and nothing of it is used again. It owns
neither tokens nor tenants' names: `resolvers.entrance` turns those into a viewer.
"""

from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from aiodataloader import DataLoader

from domain.access import ActorClass, Scope
from loaders.base import L, Loader, Reading

BatchFunction = Callable[..., Awaitable[Sequence[Any]]]
"""An edge of the graph: (rows, context, **arguments) → one value, or one exception, for each row."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, as the database confirmed it.

    `organization_id` is the one it speaks for, if any; `display_name` what its people call it.
    """

    actor_class: ActorClass
    tenant_id: UUID
    scope: Scope
    display_name: str | None = None
    role: str | None = None
    organization_id: UUID | None = None
    account_id: UUID | None = None
    customer_id: UUID | None = None


class Context:
    """What every edge gets: the viewer and the request's reading."""

    __slots__ = ("_batches", "reading", "viewer")

    def __init__(self, viewer: Viewer, reading: Reading) -> None:
        self.viewer, self.reading = viewer, reading
        self._batches: dict[Hashable, DataLoader[Any, Any]] = {}

    async def close(self) -> None:
        """End the read, and let go of what was loaded."""
        self._batches.clear()
        await self.reading.close()

    def renewed(self) -> "Context":
        """The same viewer at the same instant, with a fresh read and nothing loaded."""
        return Context(self.viewer, self.reading.renewed())

    async def together(self, edges: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
        """What edges that run side by side give, the keys and statements they wait for gathered."""
        return await self.reading.rounds.together(edges)

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
