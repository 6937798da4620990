"""A time limit around some work, as `asyncio.timeout` is one, at half its price: it is set once for every request."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Deadline:
    """Within it the task has so many seconds; then it is cancelled, and leaving raises TimeoutError.

    `expired`: whether time was up. A cancellation that came from elsewhere stays one.
    """

    __slots__ = ("_before", "_seconds", "_task", "_timer", "expired")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.expired = False

    def __enter__(self) -> Deadline:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline is a task's")
        self._task, self._before = task, task.cancelling()
        self._timer = task.get_loop().call_later(self._seconds, self._expire)
        return self

    def _expire(self) -> None:
        self.expired = True
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self.expired and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error
