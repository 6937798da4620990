"""The metrics of all workers, from whichever is asked.

Owns the unix sockets over which workers give each other their figures, and how many pages become one. Each worker's
socket bears its number; a new worker takes the name over from the one it renews in one step, so there is always one
that answers for a number. They lie in a directory that is open to nobody else.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from transport.logs import say

ASK_S: Final = 1.0
"""What a sibling may take to answer; Prometheus waits for ten seconds."""
PAGE_BYTES: Final = 4 * 1024 * 1024
_END: Final = b"# END\n"
"""The last line of a page, so that one cut short by a death is known."""
_UP: Final = "# HELP millrace_worker_up Whether a worker gave its figures.\n# TYPE millrace_worker_up gauge\n"


class Siblings:
    """The workers by their numbers, 1 to `count`, of whom this process is one."""

    def __init__(self, directory: Path, number: int, count: int) -> None:
        self._directory, self._number, self._count = directory, number, count

    @asynccontextmanager
    async def answering(self, page: Callable[[], bytes]) -> AsyncIterator[None]:
        """Within it, whoever asks for this worker's figures gets `page`; nobody does where no socket can be made."""

        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                writer.write(labelled(page().decode(), self._number).encode() + _END)
                async with asyncio.timeout(ASK_S):
                    await writer.drain()
            except (OSError, TimeoutError):
                pass  # who asked has gone
            finally:
                writer.close()

        aside = self._directory / f"{self._number}.{os.getpid()}"
        server = None
        try:
            server = await asyncio.start_unix_server(answer, aside)
            aside.rename(self._directory / str(self._number))
        except OSError as error:  # requests can be served without
            say("warning", "worker.no_figures", error=str(error))
        try:
            yield
        finally:
            if server is not None:
                server.close()

    async def whole(self) -> bytes:
        """One page of all workers' figures; who does not answer in time is marked as not up."""
        numbers = range(1, self._count + 1)
        # This worker asks itself over its socket too: one that is being renewed has a successor who speaks for it.
        pages = await asyncio.gather(*(self._asked(number) for number in numbers))
        return joined(dict(zip(numbers, pages, strict=True))).encode()

    async def _asked(self, number: int) -> str | None:
        writer = None
        try:
            async with asyncio.timeout(ASK_S):
                reader, writer = await asyncio.open_unix_connection(self._directory / str(number), limit=PAGE_BYTES)
                page = await reader.readuntil(_END)
        except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError):
            return None
        finally:
            if writer is not None:
                writer.close()
        return page.removesuffix(_END).decode()


def labelled(page: str, number: int) -> str:
    """A page in the text format with the label `worker` on every sample."""
    return "".join(_with_label(line, f'worker="{number}"') for line in page.splitlines(keepends=True))


def _with_label(line: str, label: str) -> str:
    if line.startswith("#"):
        return line
    name, _, rest = line.partition(" ")  # a label's value may hold a brace or a space, a name holds neither
    name, brace, labels = name.partition("{")
    return f"{name}{{{label},{labels} {rest}" if brace else f"{name}{{{label}}} {rest}"


def joined(pages: Mapping[int, str | None]) -> str:
    """Labelled pages as one: a family's samples stand together under one head, as the format demands."""
    heads: dict[str, str] = {}
    samples: dict[str, list[str]] = {}
    for name, head, lines in (family for page in pages.values() for family in _families(page or "")):
        heads.setdefault(name, head)
        samples.setdefault(name, []).append(lines)
    up = "".join(f'millrace_worker_up{{worker="{number}"}} {int(page is not None)}\n' for number, page in pages.items())
    return "".join(heads[name] + "".join(samples[name]) for name in heads) + _UP + up


def _families(page: str) -> Iterable[tuple[str, str, str]]:
    """Name, head of two lines, and samples of each family."""
    for block in page.split("# HELP ")[1:]:
        explained, kind, lines = (*block.split("\n", 2), "")[:3]
        yield explained.partition(" ")[0], f"# HELP {explained}\n{kind}\n", lines
