"""Time the graph against a documented way and against a hand-written floor, and holds in a group against one by one.

    make bench                        # some minutes; BENCH_SECONDS=1 BENCH_ROUNDS=1 make bench for a quick look
    BENCH_ONLY=holds make bench       # one part of it: reads or holds
    BENCH_WRITE=1 make bench          # also write the tables into docs/performance.md

docs/performance.md says what is compared and how. What counts are the ratios: all variants run on the same machine,
minutes apart at most. Answers are compared before anything is timed, and every timed answer again.
"""

import asyncio
import os
import sys
from pathlib import Path

import boot
from embedded import Server
from settings import Settings
from tests.bench import database, report
from tests.bench.documents import documents, growing
from tests.bench.holds import report as holds_report
from tests.bench.holds import running as holds
from tests.bench.running import Plan, run
from tests.bench.sizes import FULL

PAGE = boot.PROJECT / "docs" / "performance.md"


def reads(server: Server, home: Path, access: boot.Access, plan: Plan) -> None:
    """Measure what is read, and say it."""
    found = run(plan, server, home, access, (*documents(FULL), *growing()))
    say(report.plain(found), report.markdown(found, plan), report.BEGIN, report.END)


def held(server: Server, home: Path, access: boot.Access, plan: Plan) -> None:
    """Measure how goods are held, and say it."""
    how = holds.HoldPlan.of(plan)
    found = holds.run(how, server, home, FULL)
    say(holds_report.plain(found), holds_report.markdown(found, how), holds_report.BEGIN, holds_report.END)


PARTS = {"reads": reads, "holds": held}


def say(text: str, table: str, begin: str, end: str) -> None:
    """Print a table, and put it in its place if that is wanted."""
    sys.stdout.write(text)
    if os.environ.get("BENCH_WRITE") == "1":
        report.put(PAGE, table, begin, end)


def main() -> None:
    """Bring the data up, run everything, print the tables."""
    if len(sys.argv) > 1:
        raise SystemExit(f"{__doc__}\nIt takes no arguments; docs/performance.md lists the variables it reads.")
    only = os.environ.get("BENCH_ONLY")
    if only is not None and only not in PARTS:
        raise SystemExit(f"BENCH_ONLY is {only!r}; it takes one of {', '.join(PARTS)}.")
    home = boot.data_directory(Settings()) / "bench"
    plan = Plan.of_environment()
    with database.start(home) as server, database.alone(home):
        access, seconds = asyncio.run(database.ready(server, FULL))
        if seconds is not None:
            sys.stderr.write(f"the data took {seconds:.0f} s to make; it is kept in {home}\n")
        for name, part in PARTS.items():
            if only in (None, name):
                part(server, home, access, plan)


main()
