"""A deadline: what asyncio's own time limit does, case by case."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from transport.deadline import Deadline


@asynccontextmanager
async def ours(seconds: float) -> Any:
    with Deadline(seconds):
        yield


async def quick() -> str:
    return "done"


async def slow() -> str:
    await asyncio.sleep(5)
    return "never"


async def wrong() -> str:
    raise ValueError("mine")


async def deaf() -> str:
    """Ends after all when it is cancelled."""
    try:
        await asyncio.sleep(5)
    except asyncio.CancelledError:
        return "heard"
    return "never"


async def cancelled() -> str:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(5)
    return "never"


async def told(limit: Callable[[float], AbstractAsyncContextManager[Any]], work: Callable[[], Awaitable[str]]) -> Any:
    """What becomes of work within a limit, and how often the task was asked to end when that is over."""

    async def run() -> str:
        async with limit(0.02):
            return await work()

    task = asyncio.ensure_future(run())
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    return (outcome if isinstance(outcome, str) else type(outcome), task.cancelling())


@pytest.mark.parametrize(
    ("work", "outcome"),
    [
        (quick, ("done", 0)),
        (slow, (TimeoutError, 0)),
        (wrong, (ValueError, 0)),
        (deaf, ("heard", 0)),
        (cancelled, (asyncio.CancelledError, 1)),
    ],
)
async def test_it_ends_as_asyncio_s_own_would(work: Callable[[], Awaitable[str]], outcome: Any) -> None:
    assert await told(ours, work) == outcome == await told(asyncio.timeout, work)


async def test_one_within_another_is_told_apart() -> None:
    with Deadline(5) as outer:
        with pytest.raises(TimeoutError), Deadline(0.01) as inner:
            await asyncio.sleep(5)
        assert (outer.expired, inner.expired) == (False, True)
        await asyncio.sleep(0)
    with pytest.raises(TimeoutError), Deadline(0.01) as outer, Deadline(5) as inner:
        await asyncio.sleep(5)
    assert (outer.expired, inner.expired) == (True, False)
