"""The process that takes holds: so many callers at once, each with one hold after the other, each with its own key.

It reads jobs from stdin, a line of JSON each, and writes what came of them. `APP_DATABASE_URL` says where.
"""

import asyncio
import os
import sys
import time
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Final

import asyncpg
import orjson
import uvloop

from domain.inventory import HOLD_MINUTES, Wanted
from models.base import new_id
from models.database import Login
from models.inventory import Committer, Holding
from models.inventory.committing import GROUPS_AT_ONCE
from models.writing import Actor
from tests.bench.holds import plain
from tests.bench.holds.ground import HOT, SHOPPERS
from tests.bench.load import percentile
from tests.bench.sizes import TENANT, key
from tests.given import pool_of

ACTOR: Final = Actor("CONSUMER", "account:somebody")
ASKED: Final = "0" * 64
Hold = Callable[[str], Awaitable[None]]
"""Takes a hold under a key."""


@dataclass(frozen=True)
class Job:
    """Which way, how many callers at once on how many connections, and for how long."""

    way: str
    callers: int
    connections: int
    seconds: float


@dataclass(frozen=True)
class Done:
    """What came of it: holds, the time they took, and the worst of them."""

    holds: int
    seconds: float
    p50_ms: float
    p99_ms: float


_turns = cycle([key("shopper", number) for number in range(SHOPPERS)])


def _holding(key: str, now: datetime) -> Holding:
    until = now + timedelta(minutes=HOLD_MINUTES)
    return Holding(ACTOR, key, ASKED, HOT.mall, HOT.store, (Wanted(HOT.sku, 1),), until, next(_turns))


@asynccontextmanager
async def together(url: str, job: Job) -> AsyncIterator[list[Hold]]:
    """As the application takes them: whoever waits goes in one transaction."""
    database = pool_of(Login(url), job.connections)
    committer = Committer(database)

    async def hold(key: str) -> None:
        now = datetime.now(UTC)
        await committer.hold(TENANT, _holding(key, now), now.date(), now)

    yield [hold] * job.callers
    await database.close()


@asynccontextmanager
async def alone(url: str, job: Job) -> AsyncIterator[list[Hold]]:
    """The same statements, each hold in a transaction of its own: as many committers as keep all connections busy."""
    database = pool_of(Login(url), job.connections)

    def of(committer: Committer) -> Hold:
        async def hold(key: str) -> None:
            now = datetime.now(UTC)
            await committer.hold(TENANT, _holding(key, now), now.date(), now)

        return hold

    ways = [of(Committer(database, at_once=1)) for _ in range(-(-job.connections // GROUPS_AT_ONCE))]
    yield [ways[caller % len(ways)] for caller in range(job.callers)]
    await database.close()


@asynccontextmanager
async def plainly(url: str, job: Job) -> AsyncIterator[list[Hold]]:
    """One statement and one transaction for each, on connections of the driver that are handed on as they are."""
    settings = {"jit": "off", "plan_cache_mode": "force_generic_plan"}
    idle = [await asyncpg.connect(url, server_settings=settings) for _ in range(job.connections)]
    in_turn = asyncio.Semaphore(job.connections)

    async def hold(key: str) -> None:
        now = datetime.now(UTC)
        async with in_turn:
            connection = idle.pop()
            until = now + timedelta(minutes=HOLD_MINUTES)
            await plain.hold(connection, ACTOR.name, key, ASKED, next(_turns), now, until)
            idle.append(connection)

    yield [hold] * job.callers
    for connection in idle:
        await connection.close()


WAYS: Final = {"together": together, "alone": alone, "plain": plainly}


async def take(url: str, job: Job) -> Done:
    """Keep the callers busy for the job's time."""
    took = array("d")
    async with WAYS[job.way](url, job) as holds:
        begun = time.perf_counter()
        until = begun + job.seconds

        async def call(hold: Hold) -> None:
            while (asked := time.perf_counter()) < until:
                await hold(new_id().hex)
                took.append(time.perf_counter() - asked)

        await asyncio.gather(*map(call, holds))
        seconds = time.perf_counter() - begun
    sorted_ms = sorted(took)
    return Done(len(took), seconds, percentile(sorted_ms, 0.50) * 1e3, percentile(sorted_ms, 0.99) * 1e3)


def main() -> None:
    """Do jobs until stdin ends."""
    for line in sys.stdin.buffer:
        done = uvloop.run(take(os.environ["APP_DATABASE_URL"], Job(**orjson.loads(line))))
        sys.stdout.buffer.write(orjson.dumps(asdict(done)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
