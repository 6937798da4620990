"""The table of holds, as ratios first, and its place in docs/performance.md."""

import os
import platform
from collections.abc import Iterator, Mapping
from datetime import date
from statistics import median
from typing import Final

from tests.bench.holds.running import WIRE, HoldPlan, Taken
from tests.bench.report import written

BEGIN, END = "<!-- holds: begin -->", "<!-- holds: end -->"
MEASURES: Final = ("holds/s", "process CPU µs", "PostgreSQL CPU µs", "p50 ms", "p99 ms")
NAMES: Final = {"together": "group", "alone": "alone", "plain": "plain", WIRE: "through HTTP"}


def values(taken: Taken) -> tuple[float, ...]:
    """The measures of one way, in the order of `MEASURES`; CPU is per hold."""
    holds = max(taken.holds, 1)
    return (
        taken.holds / max(taken.seconds, 1e-9),
        taken.process_cpu_s / holds * 1e6,
        taken.database_cpu_s / holds * 1e6,
        median(taken.p50_ms or [0.0]),
        median(taken.p99_ms or [0.0]),
    )


def rows(found: Mapping[str, Taken]) -> Iterator[tuple[str, ...]]:
    """The group against each way of one by one, then each in its own units."""
    group = values(found["together"])
    for way in ("plain", "alone"):
        other = values(found[way])
        yield (f"group ÷ {way}", *(written(a / b) if b else "" for a, b in zip(group, other, strict=True)))
    for way, taken in found.items():
        yield (NAMES[way], *map(written, values(taken)))


def plain(found: Mapping[str, Taken]) -> str:
    """The table for a terminal."""
    table = [("", *MEASURES), *rows(found)]
    widths = [max(len(row[place]) for row in table) for place in range(len(MEASURES) + 1)]
    lines = ["", "Holds on one hot sku"]
    for name, *cells in table:
        lines.append("  ".join([name.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))]))
    return "\n".join(lines) + "\n"


def markdown(found: Mapping[str, Taken], plan: HoldPlan) -> str:
    """The table for docs/performance.md."""
    machine = f"{len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"
    lines = [
        f"{date.today():%Y-%m-%d}, {machine}: {plan.callers} callers on {plan.connections} connections, {plan.wire} "
        f"connections through HTTP, {plan.rounds} × {plan.seconds:g} s each; load average at the end "
        f"{os.getloadavg()[0]:.1f}, of which this run makes about 2.",
        "",
        f"| | {' | '.join(MEASURES)} |",
        "| --- |" + " ---: |" * len(MEASURES),
        *(f"| {' | '.join(row)} |" for row in rows(found)),
    ]
    return "\n".join(lines) + "\n"
