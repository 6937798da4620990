"""Time the graph against a documented way and against a hand-written floor, in turn, in one run.

    make bench                        # some minutes; BENCH_SECONDS=1 BENCH_ROUNDS=1 make bench for a quick look
    BENCH_WRITE=1 make bench          # also write the tables into docs/performance.md

docs/performance.md says what is compared and how. What counts are the ratios: all variants run on the same machine,
minutes apart at most. Answers are compared before anything is timed, and every timed answer again.
"""

import asyncio
import os
import sys

import boot
from settings import Settings
from tests.bench import database, report
from tests.bench.documents import documents, growing
from tests.bench.running import Plan, run
from tests.bench.sizes import FULL


def main() -> None:
    """Bring the data up, run everything, print the tables."""
    if len(sys.argv) > 1:
        raise SystemExit(f"{__doc__}\nIt takes no arguments; docs/performance.md lists the variables it reads.")
    home = boot.data_directory(Settings()) / "bench"
    plan = Plan.of_environment()
    with database.start(home) as server, database.alone(home):
        access, seconds = asyncio.run(database.ready(server, FULL))
        if seconds is not None:
            sys.stderr.write(f"the data took {seconds:.0f} s to make; it is kept in {home}\n")
        found = run(plan, server, home, access, (*documents(FULL), *growing()))
    sys.stdout.write(report.plain(found))
    if os.environ.get("BENCH_WRITE") == "1":
        report.put(boot.PROJECT / "docs" / "performance.md", report.markdown(found, plan))


main()
