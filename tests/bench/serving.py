"""How a variant that has no command line of its own is served: as ours is, with its very options.

It takes from the product what is none of the question: the server's options, the settings, and who vouches for tokens.
"""

import asyncio
import socket
import sys
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import uvicorn
from starlette.types import ASGIApp

from engine.limits import Limits
from settings import Settings
from tests.bench.sizes import CODE
from transport import server_config
from transport.bearer import JwksVerifier, Verifiers


@dataclass(frozen=True)
class Given:
    """What the environment says: the database as the serving role, the pool's size, the tenant, who vouches."""

    dsn: str
    pool_size: int
    tenants: dict[str, UUID]
    zone: ZoneInfo
    verifiers: Verifiers


def given() -> Given:
    """Read it, and the tenant from the database."""
    settings = Settings()
    assert settings.app_database_url is not None
    assert settings.jwks_url is not None
    assert settings.jwt_issuer is not None
    assert settings.jwt_audience is not None
    issuer = JwksVerifier(
        settings.jwks_url,
        settings.jwt_issuer,
        settings.jwt_audience,
        settings.jwt_algorithms,
        leeway_s=settings.jwt_leeway_s,
    )
    tenant, zone = asyncio.run(_tenant(settings.app_database_url))
    verifiers = Verifiers({settings.jwt_issuer: issuer})
    return Given(settings.app_database_url, settings.pool_size, {CODE: tenant}, ZoneInfo(zone), verifiers)


async def _tenant(dsn: str) -> tuple[UUID, str]:
    connection = await asyncpg.connect(dsn)
    try:
        row = await connection.fetchrow("SELECT id, time_zone FROM tenant WHERE code = $1", CODE)
    finally:
        await connection.close()
    return row["id"], row["time_zone"]


def serve(app: ASGIApp) -> None:
    """Serve until stopped."""
    limits = Limits(request_seconds=Settings().request_timeout_s)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        port = listening.getsockname()[1]
        config = server_config(app, host="127.0.0.1", port=port, limits=limits, graceful_seconds=2)
        sys.stderr.write(f"serving http://127.0.0.1:{port}/graphql\n")
        sys.stderr.flush()
        uvicorn.Server(config).run([listening])
