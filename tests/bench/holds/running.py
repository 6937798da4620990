"""One run: every way of taking holds in turn, and holds through the graph, their sums compared after each."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

import orjson

import boot
from embedded import Server
from tests.bench import load
from tests.bench.holds.ground import HOT, analyzed, counts, ground
from tests.bench.holds.taking import WAYS, Done, Job
from tests.bench.load import post
from tests.bench.measure import Cluster, cpu_s
from tests.bench.processes import STARTS
from tests.bench.running import Bench, Client, Plan, Wrong, bench
from tests.bench.sizes import CODE, Size

WIRE: Final = "wire"
"""holdStock, asked of the served graph."""
HOLD: Final = """
mutation Hold($listing: ID!, $key: String!) {
  holdStock(input: {lines: [{listingId: $listing, quantity: 1}]}, idempotencyKey: $key) { __typename }
}
"""
HELD: Final = b'{"data":{"holdStock":{"__typename":"Reservation"}}}'
ASKING: Final = 5_000
"""Different members that ask through the graph, in turn, where there are as many: each may hold but a few things."""
FASTEST: Final = 4_000
"""More holds in a second than come through the graph: so many requests are prepared, each with a key of its own."""


@dataclass(frozen=True)
class HoldPlan:
    """Seconds and rounds as of the other documents; callers at once, and the connections that they have.

    `wire` are the connections that ask the graph.
    """

    seconds: float = 5.0
    rounds: int = 3
    callers: int = 500
    connections: int = 10
    wire: int = 128
    pinned: bool = True

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """As long as the other documents are measured."""
        return cls(plan.seconds, plan.rounds, pinned=plan.pinned)


@dataclass
class Taken:
    """What one way did, all rounds together."""

    holds: int = 0
    seconds: float = 0.0
    process_cpu_s: float = 0.0
    database_cpu_s: float = 0.0
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)


class Taker:
    """The process that takes holds."""

    def __init__(self, access: boot.Access, core: int | None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.holds.taking"],
            cwd=boot.PROJECT,
            env={**os.environ, "APP_DATABASE_URL": access.app.url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.pid = self._process.pid
        if core is not None:
            os.sched_setaffinity(self.pid, {core})

    def do(self, job: Job) -> Done:
        """Do a job. Raises Wrong when it cannot be done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(orjson.dumps(asdict(job)) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise Wrong(f"holds cannot be taken {job.way}")
        return Done(**orjson.loads(line))

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


@contextmanager
def taker(access: boot.Access, plan: HoldPlan) -> Iterator[Taker]:
    """A process that takes holds, on the first core where there are others."""
    cores = sorted(os.sched_getaffinity(0))
    made = Taker(access, cores[0] if plan.pinned and len(cores) > 1 else None)
    try:
        yield made
    finally:
        made.stop()


class Measuring:
    """Measures ways of taking holds, and adds up after each."""

    def __init__(self, access: boot.Access, cluster: Cluster, plan: HoldPlan) -> None:
        self.access, self.cluster, self.plan = access, cluster, plan
        self.found = {way: Taken() for way in (*WAYS, WIRE)}

    def measured(self, way: str, pid: int, warm: bool, do: Any) -> None:
        """Do it for the plan's time after a short while, and have it written down.

        Raises Wrong unless what is held, by every account, is as many more as were told.
        """
        if warm:
            do(min(1.0, self.plan.seconds / 4))
            asyncio.run(analyzed(self.access))
        taken, before = self.found[way], asyncio.run(counts(self.access))
        process, database = cpu_s(pid), self.cluster.cpu_s()
        done = do(self.plan.seconds)
        taken.process_cpu_s += cpu_s(pid) - process
        taken.database_cpu_s += self.cluster.cpu_s() - database
        after = asyncio.run(counts(self.access))
        if [b - a for a, b in zip(before, after, strict=True)] != [done.holds] * len(after):
            raise Wrong(f"{way}: {done.holds} holds were told, but {before} became {after}")
        taken.holds += done.holds
        taken.seconds += done.seconds
        taken.p50_ms.append(done.p50_ms)
        taken.p99_ms.append(done.p99_ms)


def through_the_graph(made: Bench, client: Client, tokens: list[str], connections: int, seconds: float) -> Done:
    """Hold over persistent connections, each request under a key of its own."""
    variables = {"listing": f"listing_{HOT.listing.hex}"}
    requests = [
        post(
            {"query": HOLD, "variables": variables | {"key": uuid4().hex}},
            {"millrace-tenant": CODE, "authorization": f"Bearer {tokens[number % len(tokens)]}"},
        )
        for number in range(int(FASTEST * max(seconds, 0.5)) + connections)
    ]
    told = client.do(load.Job(made.ports["ours"], requests, [HELD] * len(requests), connections, seconds))
    return Done(told.answers, told.seconds, told.p50_ms, told.p99_ms)


def _ours(plan: HoldPlan) -> Plan:
    return replace(Plan(), variants=("ours",), seconds=plan.seconds, rounds=plan.rounds, pinned=plan.pinned)


async def _ground(server: Server, size: Size, work: Any) -> Any:
    async with ground(server, size) as access:
        return await asyncio.to_thread(work, access)


def run(plan: HoldPlan, server: Server, home: Path, size: Size) -> dict[str, Taken]:
    """The whole run: what came of each way, and of the graph."""

    def on(access: boot.Access) -> dict[str, Taken]:
        with bench(_ours(plan), server, home, access, STARTS) as (made, client), taker(access, plan) as process:
            measuring = Measuring(access, made.cluster, plan)
            tokens = [made.issuer.token(f"member:{number}") for number in range(min(ASKING, size.members))]
            for number in range(plan.rounds):
                for way in WAYS:
                    sys.stderr.write(f"round {number + 1} of {plan.rounds}: holds, {way}\n")
                    job = Job(way, plan.callers, plan.connections, plan.seconds)
                    measuring.measured(
                        way,
                        process.pid,
                        number == 0,
                        lambda seconds, job=job: process.do(replace(job, seconds=seconds)),
                    )
                sys.stderr.write(f"round {number + 1} of {plan.rounds}: holds, through the graph\n")
                measuring.measured(
                    WIRE,
                    made.servers["ours"].pid,
                    number == 0,
                    lambda seconds: through_the_graph(made, client, tokens, plan.wire, seconds),
                )
        return measuring.found

    found: dict[str, Taken] = asyncio.run(_ground(server, size, on))
    return found
