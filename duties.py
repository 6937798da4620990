"""Duties: what is done again and again, what of it has failed and waits, and what is done side by side.

Owns when something is tried again. What there is to do is the worker's. Part of the composition root.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

import structlog

log = structlog.get_logger("worker")

LONGEST_WAIT_S: Final = 30.0
"""The longest wait after failures."""
FIRST_ASIDE_S, LONGEST_ASIDE_S = 1.0, 60.0
"""How long what has failed is left out: doubled each time."""
ASIDE_AT_MOST: Final = 10_000
"""How many are remembered to have failed."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to do again and again: `work` says how much it found."""

    name: str
    wait_s: float
    work: Callable[[], Awaitable[int]]

    async def go_on(self) -> None:
        """Do it until cancelled."""
        failures = 0
        while True:
            try:
                found = await self.work()
                failures = 0
            except Exception as error:
                failures += 1
                found = 0
                log.warning("duty.failed", duty=self.name, failures=failures, error=f"{type(error).__name__}: {error}")
            if not found:
                await asyncio.sleep(self.wait_s if not failures else min(LONGEST_WAIT_S, 0.1 * 2 ** min(failures, 9)))


class Aside:
    """What has failed, tenants or holds, and until when each is left out: longer each time, up to a minute.

    It keeps so many that they cannot fill what is looked at; beyond that, what has failed longest ago is forgotten.
    """

    def __init__(self, most: int = ASIDE_AT_MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._failures: dict[UUID, tuple[int, float]] = {}

    def failed(self, what: UUID, duty: str, error: Exception) -> None:
        """Leave it out for a while, and say so."""
        failures = self._failures.pop(what, (0, 0.0))[0] + 1
        wait = min(LONGEST_ASIDE_S, FIRST_ASIDE_S * 2 ** min(failures - 1, 10))
        self._failures[what] = failures, self._clock() + wait
        if len(self._failures) > self._most:
            del self._failures[next(iter(self._failures))]
        said = f"{type(error).__name__}: {error}"
        log.warning("duty.aside", duty=duty, id=str(what), failures=failures, again_in_s=wait, error=said)

    def done(self, *what: UUID) -> None:
        """It has not failed."""
        for each in what:
            self._failures.pop(each, None)

    def now(self) -> list[UUID]:
        """What is left out now."""
        now = self._clock()
        return [what for what, (_, until) in self._failures.items() if until > now]


T = TypeVar("T")


async def beside(most: int, what: Iterable[T], each: Callable[[T], Awaitable[int]]) -> int:
    """What `each` finds, summed; so many are done side by side. `each` raises nothing."""
    free = asyncio.Semaphore(most)

    async def one(this: T) -> int:
        async with free:
            return await each(this)

    return sum(await asyncio.gather(*(one(this) for this in what)))
