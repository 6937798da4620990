"""The metrics of all workers: one page in the text format, whoever does not answer."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from transport import siblings
from transport.siblings import Siblings

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
AWKWARD = 'a "b} {c', "d e\\\nf"


def page_of(count: int) -> bytes:
    registry = CollectorRegistry()
    asked = Counter("asked", "Questions {so far}.", ["by", "to"], registry=registry)
    asked.labels(*AWKWARD).inc(count)
    Histogram("seconds", "Time.", buckets=(1.0, 2.0), registry=registry).observe(count)
    Counter("plain", "No labels.", registry=registry).inc(count)
    return generate_latest(registry)


def read(page: bytes) -> Samples:
    """Every sample by name and labels; a family that stands in two places is none."""
    families = list(text_string_to_metric_families(page.decode()))
    assert len({family.name for family in families}) == len(families)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def up(samples: Samples) -> list[int]:
    found = {dict(labels)["worker"]: value for (name, labels), value in samples.items() if name == "millrace_worker_up"}
    return [int(found[str(number)]) for number in range(1, len(found) + 1)]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Siblings]:
    """The first of four; of the others one answers."""
    first = Siblings(tmp_path, 1, 4)
    async with first.answering(lambda: page_of(1)), Siblings(tmp_path, 3, 4).answering(lambda: page_of(3)):
        yield first


async def test_all_are_on_one_page_under_their_numbers(two: Siblings) -> None:
    samples = read(await two.whole())
    for number in (1, 3):
        labels = (("by", AWKWARD[0]), ("to", AWKWARD[1]), ("worker", str(number)))
        assert samples["asked_total", labels] == number
        assert samples["plain_total", (("worker", str(number)),)] == number
        assert samples["seconds_bucket", (("le", "1.0"), ("worker", str(number)))] == (number == 1)
    assert up(samples) == [1, 0, 1, 0]


@pytest.mark.parametrize("way", ["hangs", "is cut short", "says too much", "says nothing"])
async def test_who_does_not_answer_is_reported(
    two: Siblings, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(siblings, "ASK_S", 0.2)
    monkeypatch.setattr(siblings, "PAGE_BYTES", 10_000)
    closing = asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if way == "hangs":
            await closing.wait()
        elif way == "is cut short":
            writer.write(page_of(2)[:-5])
        elif way == "says too much":
            writer.write(b"x" * 100_000)
        writer.close()

    async with await asyncio.start_unix_server(answer, tmp_path / "2"):
        samples = read(await two.whole())
        closing.set()
    assert up(samples) == [1, 0, 1, 0]


async def test_who_cannot_give_figures_serves_all_the_same(tmp_path: Path) -> None:
    alone = Siblings(tmp_path / "gone", 1, 1)
    with capture_logs() as said:
        async with alone.answering(lambda: page_of(1)):
            assert up(read(await alone.whole())) == [0]
    assert [(line["event"], line["log_level"]) for line in said] == [("worker.no_figures", "warning")]


async def test_who_is_renewed_is_spoken_for_by_the_successor(
    two: Siblings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 1)
    async with Siblings(tmp_path, 1, 4).answering(lambda: page_of(9)):
        assert read(await two.whole())["plain_total", (("worker", "1"),)] == 9
    assert up(read(await two.whole())) == [0, 0, 1, 0]
