"""What a process keeps for the next request, up to a number and a weight, the least recently used first out.

Documents, plans, texts, statements, indexes and tokens lie on one of these. It knows nothing of what lies on it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def _nothing(_value: Any) -> int:
    return 0


class Shelf(Generic[K, V]):
    """Values by their keys.

    Args:
        entries: how many are kept at most.
        size: what they may weigh together, in the unit of `weigh`; no limit if not given.
        weigh: the weight of a value, asked once, when it is put there.
        least: how many stay whatever they weigh, those used last.
        gone: told of each value that is no longer kept, or never was.
    """

    __slots__ = ("_entries", "_gone", "_kept", "_least", "_size", "_weigh", "weight")

    def __init__(
        self,
        entries: int,
        size: int | None = None,
        weigh: Callable[[V], int] = _nothing,
        *,
        least: int = 0,
        gone: Callable[[V], None] | None = None,
    ) -> None:
        self._entries, self._size, self._weigh, self._least, self._gone = entries, size, weigh, least, gone
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self.weight = 0
        """What the values weigh together."""

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """The value of a key, used just now; None if there is none."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V) -> None:
        """Keep a value instead of the key's last one. What weighs more than all may is not kept, and costs nobody."""
        self.drop(key)
        weight = self._weigh(value)
        if self._size is not None and weight > self._size and not self._least:
            self._left(value, 0)
            return
        self._kept[key] = value, weight
        self.weight += weight
        while len(self._kept) > self._entries or (
            self._size is not None and self.weight > self._size and len(self._kept) > self._least
        ):
            self._left(*self._kept.popitem(last=False)[1])

    def drop(self, key: K) -> None:
        """Forget a key, if it is there."""
        found = self._kept.pop(key, None)
        if found is not None:
            self._left(*found)

    def clear(self) -> None:
        """Forget all."""
        while self._kept:
            self._left(*self._kept.popitem()[1])

    def _left(self, value: V, weight: int) -> None:
        self.weight -= weight
        if self._gone is not None:
            self._gone(value)
