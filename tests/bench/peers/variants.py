"""Who is compared, how each is started, and with which login.

Names that end in `-open` and mercurius go without row security, as a role that bypasses it.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import asyncpg

from models.wall import APP_ROLE
from tests.bench.peers.node import HERE, node
from tests.bench.processes import STARTS, Start

OPEN_ROLE: Final = "bench_open"
"""Made by functions.sql: reads what the serving role may, and bypasses row security."""
VARIANTS: Final = ("ours", "postgraphile", "ours-open", "postgraphile-open", "mercurius")


async def functions(superuser: str) -> None:
    """Give the database what PostGraphile needs besides the tables, and the role that bypasses row security."""
    connection = await asyncpg.connect(superuser)
    try:
        await connection.execute((HERE / "functions.sql").read_text())
    finally:
        await connection.close()


def starts(app: str, unwalled: str, pool_size: int) -> Mapping[str, Start]:
    """How each is started, with the addresses of the database for the serving role and for the one that bypasses."""
    told = {"NODE_ENV": "production", "GRAPHILE_ENV": "production", "POOL_SIZE": str(pool_size)}
    walled = {"DATABASE": app, "ROW_SECURITY": "1", "SERVING_ROLE": APP_ROLE}

    def peer(program: str, more: Mapping[str, str]) -> Start:
        return Start((node(), str(Path(HERE, program))), {**told, **more})

    quiet = {"MILLRACE_LOG_LEVEL": "warning"}  # the peers write no line for each request either
    return {
        "ours": Start(STARTS["ours"].command, quiet),
        "postgraphile": peer("postgraphile.mjs", walled),
        "ours-open": Start(
            (sys.executable, "-m", "tests.bench.peers.unwalled"), {"APP_DATABASE_URL": unwalled, **quiet}
        ),
        "postgraphile-open": peer("postgraphile.mjs", {"DATABASE": unwalled}),
        "mercurius": peer("mercurius.mjs", {"DATABASE": unwalled}),
    }
