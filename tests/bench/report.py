"""The table of a run, as ratios first, and its place in docs/performance.md."""

import os
import platform
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from statistics import median

from tests.bench.documents import GROWTH, PLANNED, SHELF
from tests.bench.running import Figures, Plan, Shown

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
FLOOR = "floor"
MEASURES = ("requests/s", "server CPU ms", "PostgreSQL CPU ms", "statements", "trips", "p50 ms", "p99 ms", "peak MB")


GROWN = ("variant", "items", "server CPU µs an item", "PostgreSQL CPU µs an item")

Rows = Callable[[Shown], Iterator[tuple[str, ...]]]
"""Makes the lines of one document."""


def values(figures: Figures) -> tuple[float, ...]:
    """The measures of a variant, in the order of `MEASURES`; CPU is per request."""
    answers = max(figures.answers, 1)
    return (
        figures.answers / max(figures.seconds, 1e-9),
        figures.server_cpu_s / answers * 1e3,
        figures.database_cpu_s / answers * 1e3,
        figures.statements,
        figures.trips,
        median(figures.p50_ms or [0.0]),
        median(figures.p99_ms or [0.0]),
        figures.peak_mb,
    )


def ratios(one: Figures, other: Figures) -> tuple[float, ...]:
    """How many times better or worse `one` does than `other`: requests per second and what a request costs."""
    return tuple(mine / theirs if theirs else 0.0 for mine, theirs in zip(values(one), values(other), strict=True))


def written(number: float) -> str:
    """A figure with three digits that count."""
    if number >= 100 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def rows(shown: Shown) -> Iterator[tuple[str, ...]]:
    """The lines of one document: each variant against the floor, then each in its own units."""
    floor = shown.figures.get(FLOOR)
    for variant, figures in shown.figures.items():
        if floor is not None and variant != FLOOR:
            yield (f"{variant} ÷ floor", *map(written, ratios(figures, floor)))
    for other in ("baseline", "core"):
        if "ours" in shown.figures and other in shown.figures:
            yield (f"{other} ÷ ours", *map(written, ratios(shown.figures[other], shown.figures["ours"])))
    for variant, figures in shown.figures.items():
        yield (variant, *map(written, values(figures)))


def title(shown: Shown) -> str:
    """What a document is, and how big its answer."""
    size = f"{shown.leaves:,.0f} leaves, {shown.answer_bytes / 1000:,.1f} kB"
    return f"{shown.document.name}: {shown.document.title} ({size})"


def plain(found: Sequence[Shown], rows: Rows = rows) -> str:
    """The tables for a terminal."""
    lines = []
    for shown in found:
        table = [("", *MEASURES), *rows(shown)]
        widths = [max(len(row[place]) for row in table) for place in range(len(MEASURES) + 1)]
        lines += ["", title(shown)]
        for name, *cells in table:
            lines.append(
                "  ".join([name.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))])
            )
        lines.append(f"client busy: {busy(shown)}")
    if grown := list(growth(found)):
        lines += ["", "What an item costs", *("  ".join(row) for row in (GROWN, *grown))]
    return "\n".join(lines) + "\n"


def busy(shown: Shown) -> str:
    """How much of a processor the client used: near the whole of one, it would have been what was measured."""
    return ", ".join(
        f"{variant} {figures.client_cpu_s / max(figures.seconds, 1e-9):.0%}"
        for variant, figures in shown.figures.items()
    )


def growth(found: Sequence[Shown]) -> Iterator[tuple[str, ...]]:
    """What an item costs in each of the documents that grow: server and PostgreSQL, µs of processor time."""
    for variant in PLANNED:
        grown = [shown for shown in found if shown.document.only == PLANNED and variant in shown.figures]
        for shown, items in zip(grown, (stores * SHELF for stores in GROWTH), strict=False):
            figures = values(shown.figures[variant])
            yield (variant, f"{items:,}", *(written(figures[place] * 1e3 / items) for place in (1, 2)))


def circumstances(plan: Plan) -> str:
    """When, how long and on what the run was."""
    machine = f"{len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"
    length = f"{plan.rounds} × {plan.seconds:g} s for each variant and document"
    return (
        f"{date.today():%Y-%m-%d}, {machine}: {plan.connections} connections, {length}; load average at the end "
        f"{os.getloadavg()[0]:.1f}, of which this run makes about 2."
    )


def markdown(found: Sequence[Shown], plan: Plan, rows: Rows = rows) -> str:
    """The tables for docs/performance.md."""
    lines = [circumstances(plan), ""]
    for shown in found:
        lines += [
            f"### {title(shown)}",
            "",
            "| | " + " | ".join(MEASURES) + " |",
            "| --- |" + " ---: |" * len(MEASURES),
        ]
        lines += [f"| {' | '.join(row)} |" for row in rows(shown)]
        lines += ["", f"Client busy: {busy(shown)}.", ""]
    if grown := list(growth(found)):
        lines += ["### What an item costs", "", f"| {' | '.join(GROWN)} |", "| --- |" + " ---: |" * (len(GROWN) - 1)]
        lines += [*(f"| {' | '.join(row)} |" for row in grown), ""]
    return "\n".join(lines)


def put(page: Path, table: str, begin: str = BEGIN, end: str = END) -> None:
    """Put the tables in their place on a page. Raises ValueError when the page has no such place."""
    text = page.read_text()
    head, found, rest = text.partition(begin)
    _, ended, tail = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"{page} has no {begin} … {end}")
    page.write_text(f"{head}{begin}\n{table}{end}{tail}")
