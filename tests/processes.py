"""Processes of a test's own: the same work in each, begun together, on pools of their own.

They come from one server of forks, which has imported what they need: a process more costs no imports.
"""

import asyncio
import multiprocessing
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from typing import Any, Final, TypeVar

import uvloop

T = TypeVar("T")

PROCESSES: Final = 4
START_S: Final = 60.0
"""How long one process waits for the others to be ready."""

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.graph.client", "tests.models.shop"])


class Together:
    """The processes of one work: each waits here for all others."""

    def __init__(self, barrier: Barrier) -> None:
        self._barrier = barrier

    async def wait(self) -> None:
        """Go on when all are here. Raises: threading.BrokenBarrierError where one does not come."""
        await asyncio.get_running_loop().run_in_executor(None, self._barrier.wait, START_S)


_together: Together


def _begin(barrier: Barrier) -> None:
    global _together
    _together = Together(barrier)


def _do(work: Callable[..., Awaitable[T]], given: tuple[Any, ...]) -> T:
    async def done() -> T:
        return await work(_together, *given)

    return uvloop.run(done())


async def in_processes(work: Callable[..., Awaitable[T]], given: Sequence[tuple[Any, ...]]) -> list[T]:
    """What `work(together, *each)` gives in a process for each of `given`, all at once.

    `work` is a function of a module, and everything given can be sent.
    """
    loop = asyncio.get_running_loop()
    barrier = _FORKS.Barrier(len(given))
    with ProcessPoolExecutor(len(given), _FORKS, _begin, (barrier,)) as pool:
        return list(await asyncio.gather(*(loop.run_in_executor(pool, _do, work, each) for each in given)))
