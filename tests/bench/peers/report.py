"""The comparison's tables: ours against each peer, and how far it is from what is aimed at."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tests.bench import report
from tests.bench.report import ratios, values, written
from tests.bench.running import Plan, Shown

BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"
PAIRS: Final = (("ours", "postgraphile"), ("ours-open", "postgraphile-open"), ("ours-open", "mercurius"))
"""Of those with row security, and of those without."""
GOALS: Final[Mapping[tuple[str, str], Mapping[str, float]]] = {
    ("ours", "postgraphile"): {"P1": 2.8, "P2": 1.4, "P3": 2.0},
    ("ours-open", "mercurius"): {"P1": 1.6, "P2": 0.6, "P3": 0.8},
}
"""What the ratio of requests per second is to be at least."""


def rows(shown: Shown) -> Iterator[tuple[str, ...]]:
    """The lines of one document: ours against its peers, then each in its own units."""
    for one, other in PAIRS:
        if one in shown.figures and other in shown.figures:
            yield (f"{one} ÷ {other}", *map(written, ratios(shown.figures[one], shown.figures[other])))
    for variant, figures in shown.figures.items():
        yield (variant, *map(written, values(figures)))


def aims(found: Sequence[Shown]) -> list[tuple[str, ...]]:
    """A line for each pair with a goal: the ratio of requests per second for each document, and what it is to be."""
    lines = []
    for (one, other), goals in GOALS.items():
        cells = []
        for shown in found:
            if one in shown.figures and other in shown.figures:
                ratio = ratios(shown.figures[one], shown.figures[other])[0]
                goal = goals[shown.document.name]
                cells.append(f"{written(ratio)} ({'reaches' if ratio >= goal else 'short of'} {goal:g})")
        if cells:
            lines.append((f"{one} ÷ {other}", *cells))
    return lines


def plain(found: Sequence[Shown]) -> str:
    """The tables for a terminal."""
    lines = ["", "requests/s, by document: " + ", ".join(shown.document.name for shown in found)]
    lines += ["  ".join(line) for line in aims(found)]
    return report.plain(found, rows) + "\n".join(lines) + "\n"


def markdown(found: Sequence[Shown], plan: Plan) -> str:
    """The tables for docs/performance.md."""
    head = ["", *(shown.document.name for shown in found)]
    lines = [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *aims(found))]
    circumstances, _, tables = report.markdown(found, plan, rows).partition("\n")
    return "\n".join([circumstances, "", "Requests per second, as ratios:", "", *lines, tables])
