"""Time the graph against PostGraphile and mercurius on the benchmark's database, in turn, in one run.

    make bench-peers                        # BENCH_SECONDS=1 BENCH_ROUNDS=1 make bench-peers for a quick look
    BENCH_WRITE=1 make bench-peers          # also write the tables into docs/performance.md

docs/performance.md says how each is set up. Answers are compared before anything is timed, every timed answer again.
"""

import asyncio
import os
import sys
from dataclasses import replace

import boot
from settings import Settings
from tests.bench import database
from tests.bench.peers import node, report
from tests.bench.peers.documents import documents
from tests.bench.peers.variants import OPEN_ROLE, VARIANTS, functions, starts
from tests.bench.report import put
from tests.bench.running import Plan, run
from tests.bench.sizes import FULL

WARM = 100
"""Answers of each connection before a variant is measured: V8 goes on optimising for more than a thousand requests."""


def main() -> None:
    """Bring the data and the peers up, run everything, print the tables."""
    if len(sys.argv) > 1:
        raise SystemExit(f"{__doc__}\nIt takes no arguments; docs/performance.md lists the variables it reads.")
    settings = Settings()
    home = boot.data_directory(settings) / "bench"
    plan = replace(Plan.of_environment(VARIANTS), warm=WARM)
    node.install()
    with database.start(home) as server, database.alone(home):
        access, seconds = asyncio.run(database.ready(server, FULL))
        if seconds is not None:
            sys.stderr.write(f"the data took {seconds:.0f} s to make; it is kept in {home}\n")
        name = database.name_of(FULL)
        asyncio.run(functions(server.dsn(boot.SUPERUSER, name)))
        how = starts(access.app.url, server.dsn(OPEN_ROLE, name), settings.pool_size)
        found = run(plan, server, home, access, documents(FULL), how)
    sys.stdout.write(report.plain(found))
    if os.environ.get("BENCH_WRITE") == "1":
        page = boot.PROJECT / "docs" / "performance.md"
        put(page, report.markdown(found, plan), report.BEGIN, report.END)


main()
