"""One run: all variants up, their answers compared, their statements counted, then timed in turn."""

import asyncio
import http.client
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import orjson

import boot
from embedded import Server
from tests.bench.documents import Document, leaves
from tests.bench.issuer import Issuer, issuing
from tests.bench.load import Done, Job
from tests.bench.measure import Cluster, Log, cpu_s, peak_mb, reset_peak
from tests.bench.processes import COMMANDS, STARTS, Running, Start

LOG_S = 5.0


@dataclass(frozen=True)
class Plan:
    """How long and how hard: seconds of one measurement, rounds over all of them, connections kept busy.

    Pinned: each server on the first core, database and client on the others, where there are others. Counted: the
    requests of which statements are counted; the usual number is the answer. Warm: answers of each connection before a
    variant is measured; from the sixth on the database may keep a plan.
    """

    seconds: float = 5.0
    rounds: int = 3
    connections: int = 16
    variants: tuple[str, ...] = tuple(COMMANDS)
    pinned: bool = True
    counted: int = 5
    warm: int = 10

    @classmethod
    def of_environment(cls, known: Collection[str] = tuple(COMMANDS)) -> Self:
        """As BENCH_SECONDS, BENCH_ROUNDS, BENCH_CONNECTIONS and BENCH_VARIANTS say.

        Raises SystemExit for a variant that there is not.
        """
        said = {name: os.environ.get(f"BENCH_{name.upper()}") for name in ("seconds", "rounds", "connections")}
        numbers: dict[str, Any] = {
            name: (float if name == "seconds" else int)(text) for name, text in said.items() if text is not None
        }
        names = os.environ.get("BENCH_VARIANTS", ",".join(known))
        wanted = names.split(",")
        if not set(known) >= set(wanted):
            raise SystemExit(f"BENCH_VARIANTS is {names!r}; it takes of {', '.join(known)}, commas between them.")
        return cls(**numbers, variants=tuple(variant for variant in known if variant in wanted))


@dataclass
class Figures:
    """What one variant did for one document, all rounds together."""

    answers: int = 0
    seconds: float = 0.0
    server_cpu_s: float = 0.0
    database_cpu_s: float = 0.0
    client_cpu_s: float = 0.0
    statements: int = 0
    trips: int = 0
    peak_mb: float = 0.0
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)


@dataclass
class Shown:
    """A document with what its answers are like, and the figures of every variant."""

    document: Document
    leaves: float
    answer_bytes: int
    figures: dict[str, Figures]


class Wrong(SystemExit):
    """The variants do not answer the same, or one does not answer."""


class Bench:
    """The servers of one run, and the ways to ask them."""

    def __init__(
        self,
        cluster: Cluster,
        issuer: Issuer,
        access: boot.Access,
        plan: Plan,
        core: int | None,
        starts: Mapping[str, Start],
    ) -> None:
        self.cluster, self.issuer, self.plan = cluster, issuer, plan
        environment = {
            "DATABASE_URL": access.owner,
            "APP_DATABASE_URL": access.app.url,
            "MILLRACE_PROFILE": "production",
            **issuer.settings,
        }
        self.servers = {variant: Running(variant, starts[variant], environment, core) for variant in plan.variants}
        self.ports: Mapping[str, int] = {}

    def up(self) -> None:
        """Wait until all listen."""
        self.ports = {variant: server.port() for variant, server in self.servers.items()}

    def stop(self) -> None:
        """End them all."""
        for server in self.servers.values():
            server.stop()
        for server in self.servers.values():
            server.ended()

    def ask(self, variant: str, request: bytes) -> bytes:
        """The body of one answer."""
        head, _, body = request.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[variant], timeout=60)
        try:
            connection.request("POST", "/graphql", body, headers)
            answer = connection.getresponse()
            got = answer.read()
            said = orjson.loads(got) if answer.status == 200 else {"errors": got.decode(errors="replace")}
            if "errors" in said:
                raise Wrong(f"{variant} answers {answer.status}: {str(said['errors'])[:2000]}")
            return got
        finally:
            connection.close()

    def compared(self, document: Document) -> dict[str, list[bytes]]:
        """Every variant's answer to every request of a document. Raises Wrong unless all say the same."""
        answers: dict[str, list[bytes]] = {}
        variants = document.among(self.plan.variants)
        for variant in variants:
            answers[variant] = [self.ask(variant, each) for each in document.requests(self.issuer, variant)]
        first, *others = variants
        for variant in others:
            for place, (one, other) in enumerate(zip(answers[first], answers[variant], strict=True)):
                mine, theirs = (document.plain(orjson.loads(body)) for body in (one, other))
                if canonical(mine) != canonical(theirs):
                    path, here, there = difference(mine, theirs)
                    raise Wrong(f"{document.name}, request {place}: at {path} {first} says {here}, {variant} {there}")
        return answers

    def count(self, document: Document, shown: Shown) -> None:
        """Count, in the database's own log, what one request of each variant sends."""
        asyncio.run(self.cluster.log_statements(True))
        try:
            for variant in document.among(self.plan.variants):
                requests = document.requests(self.issuer, variant)[: self.plan.counted]
                requests *= -(-self.plan.counted // len(requests))
                self._until_logged(variant, requests[0])
                counts: Counter[tuple[int, int]] = Counter()
                for request in requests[: self.plan.counted]:
                    log = Log.here(self.cluster.home / "server.log")
                    self.ask(variant, request)
                    counts[log.sent()] += 1
                figures = shown.figures[variant]
                figures.statements, figures.trips = counts.most_common(1)[0][0]
        finally:
            asyncio.run(self.cluster.log_statements(False))

    def _until_logged(self, variant: str, request: bytes) -> None:
        """A connection hears of a new setting with its next statement: ask until all have."""
        deadline = time.monotonic() + LOG_S
        while time.monotonic() < deadline:
            log = Log.here(self.cluster.home / "server.log")
            self.ask(variant, request)
            if log.sent()[0]:
                return
        raise Wrong(f"{variant}: no statement is seen in the database's log")


def canonical(answer: Any) -> bytes:
    """An answer in one way of writing it."""
    return orjson.dumps(answer, option=orjson.OPT_SORT_KEYS)


def difference(one: Any, other: Any, path: str = "$") -> tuple[str, str, str]:
    """Where two answers first differ, and what they say there."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for name, value in one.items():
            if value != other[name]:
                return difference(value, other[name], f"{path}.{name}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            if left != right:
                return difference(left, right, f"{path}[{place}]")
    return path, repr(one)[:600], repr(other)[:600]


class Client:
    """The process that makes the load."""

    def __init__(self, core: set[int] | None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load"], cwd=boot.PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if core:
            os.sched_setaffinity(self._process.pid, core)

    def do(self, job: Job) -> Done:
        """Do a job. Raises Wrong when an answer did not come, or was not the one that had been compared."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(job.line())
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise Wrong("the client ended before its job did")
        done = Done(**orjson.loads(line))
        if done.wrong:
            raise Wrong(f"{done.wrong} answers under load are not those that were compared, or never came")
        return done

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


@contextmanager
def bench(
    plan: Plan, server: Server, home: Path, access: boot.Access, starts: Mapping[str, Start] = STARTS
) -> Iterator[tuple[Bench, Client]]:
    """All servers up, and a client."""
    cores = sorted(os.sched_getaffinity(0))
    first, others = (cores[0], set(cores[1:])) if plan.pinned and len(cores) > 1 else (None, None)
    cluster = Cluster(server, home)
    if others:
        cluster.bind(others)
    with ExitStack() as at_the_end:
        issuer = at_the_end.enter_context(issuing())
        made = Bench(cluster, issuer, access, plan, first, starts)
        at_the_end.callback(made.stop)
        client = Client(others)
        at_the_end.callback(client.stop)
        made.up()
        yield made, client


def measured(made: Bench, client: Client, shown: Shown, answers: Mapping[str, list[bytes]], first: bool) -> None:
    """One round of a document: every variant in turn."""
    plan = made.plan
    for variant in shown.figures:
        requests = shown.document.requests(made.issuer, variant)
        server, figures = made.servers[variant], shown.figures[variant]
        job = Job(made.ports[variant], requests, answers[variant], plan.connections, plan.seconds)
        warm = plan.warm * plan.connections if first else 0
        client.do(replace(job, seconds=min(1.0, plan.seconds / 4), answers=warm))
        reset_peak(server.pid)
        before, database_before = cpu_s(server.pid), made.cluster.cpu_s()
        done = client.do(job)
        figures.server_cpu_s += cpu_s(server.pid) - before
        figures.database_cpu_s += made.cluster.cpu_s() - database_before
        figures.client_cpu_s += done.client_cpu_s
        figures.answers += done.answers
        figures.seconds += done.seconds
        figures.peak_mb = max(figures.peak_mb, peak_mb(server.pid))
        figures.p50_ms.append(done.p50_ms)
        figures.p99_ms.append(done.p99_ms)


def run(
    plan: Plan,
    server: Server,
    home: Path,
    access: boot.Access,
    wanted: Sequence[Document],
    starts: Mapping[str, Start] = STARTS,
) -> list[Shown]:
    """The whole run; what came of it, document by document."""
    found: list[Shown] = []
    with bench(plan, server, home, access, starts) as (made, client):
        compared: list[dict[str, list[bytes]]] = []
        for document in (each for each in wanted if each.among(plan.variants)):
            answers = made.compared(document)
            bodies = next(iter(answers.values()))
            count = sum(leaves(orjson.loads(body)["data"]) for body in bodies) / len(bodies)
            shown = Shown(document, count, len(bodies[0]), {variant: Figures() for variant in answers})
            made.count(document, shown)
            compared.append(answers)
            found.append(shown)
        for number in range(plan.rounds):
            for shown, answers in zip(found, compared, strict=True):
                sys.stderr.write(f"round {number + 1} of {plan.rounds}: {shown.document.name}\n")
                measured(made, client, shown, answers, number == 0)
    return found
