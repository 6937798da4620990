"""The load: a process of its own that keeps a fixed number of connections busy and checks every answer's bytes.

It reads jobs from stdin, a line of JSON each, and writes what came of them. It does no more than a client must, so that
what is measured is the server.
"""

import asyncio
import resource
import sys
import time
from array import array
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import orjson
import uvloop

HEAD_END, LENGTH = b"\r\n\r\n", b"content-length: "


@dataclass(frozen=True)
class Job:
    """What to send where, for how long, and for how many answers at least.

    `wanted` are the answers' bodies, in the order of the requests.
    """

    port: int
    requests: list[bytes]
    wanted: list[bytes]
    connections: int
    seconds: float
    answers: int = 0

    def line(self) -> bytes:
        """The job as a line of JSON."""
        fields = asdict(self)
        for name in ("requests", "wanted"):
            fields[name] = [b64encode(each).decode() for each in fields[name]]
        return orjson.dumps(fields) + b"\n"

    @classmethod
    def of(cls, line: bytes) -> "Job":
        """Read it back."""
        fields = orjson.loads(line)
        for name in ("requests", "wanted"):
            fields[name] = [b64decode(each) for each in fields[name]]
        return cls(**fields)


@dataclass(frozen=True)
class Done:
    """What came of a job: answers, the time they took, the worst of them, the client's own processor time.

    `wrong` are answers that were not the wanted ones, and those that never came.
    """

    answers: int
    wrong: int
    seconds: float
    p50_ms: float
    p99_ms: float
    client_cpu_s: float


class Run:
    """One job's connections together."""

    def __init__(self, job: Job) -> None:
        self.job, self.next = job, 0
        self.took = array("d")
        self.wrong = 0
        self.until = 0.0


class Connection(asyncio.Protocol):
    """A connection that asks, waits for the whole answer, and asks again."""

    def __init__(self, run: Run, ended: "asyncio.Future[None]") -> None:
        self._run, self._ended = run, ended
        self._buffer = b""
        self._missing = -1
        self._place = 0
        self._asked = 0.0
        self._done = False
        self._transport: Any = None  # uvloop's own class

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        now = time.perf_counter()
        if now >= self._run.until and len(self._run.took) >= self._run.job.answers:
            self._done = True
            self._transport.close()
            return
        self._place = self._run.next
        self._run.next = (self._place + 1) % len(self._run.job.requests)
        self._buffer, self._missing, self._asked = b"", -1, now
        self._transport.write(self._run.job.requests[self._place])

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._missing < 0:
            end = self._buffer.find(HEAD_END)
            if end < 0:
                return
            start = self._buffer.find(LENGTH, 0, end) + len(LENGTH)
            self._missing = end + len(HEAD_END) + int(self._buffer[start : self._buffer.find(b"\r", start)])
        if len(self._buffer) >= self._missing:
            self._run.took.append(time.perf_counter() - self._asked)
            self._run.wrong += not self._buffer.endswith(self._run.job.wanted[self._place])
            self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        self._run.wrong += not self._done  # a server that hangs up, or ends, owes an answer
        if not self._ended.done():
            self._ended.set_result(None)


async def drive(job: Job) -> Done:
    """Keep the job's connections busy for its time."""
    loop = asyncio.get_running_loop()
    run = Run(job)
    began, cpu = time.perf_counter(), _cpu()
    run.until = began + job.seconds
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(job.connections)]
    await asyncio.gather(
        *(loop.create_connection(partial(Connection, run, end), "127.0.0.1", job.port) for end in ends)
    )
    await asyncio.gather(*ends)
    took = sorted(run.took)
    return Done(
        len(took),
        run.wrong,
        time.perf_counter() - began,
        percentile(took, 0.50) * 1e3,
        percentile(took, 0.99) * 1e3,
        _cpu() - cpu,
    )


def percentile(took: list[float], part: float) -> float:
    """What that part of them did not exceed, of sorted ones; 0 of none."""
    return took[min(len(took) - 1, int(len(took) * part))] if took else 0.0


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def post(body: dict[str, Any], headers: dict[str, str]) -> bytes:
    """The bytes of a POST to /graphql."""
    content = orjson.dumps(body)
    lines = ["POST /graphql HTTP/1.1", "host: 127.0.0.1", "content-type: application/json", "accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"content-length: {len(content)}", "", ""]).encode() + content


def main() -> None:
    """Do jobs until stdin ends."""
    for line in sys.stdin.buffer:
        done = uvloop.run(drive(Job.of(line)))
        sys.stdout.buffer.write(orjson.dumps(asdict(done)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
