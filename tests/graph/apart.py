"""A graph over a database of its own, which holds the tenants of one test module and nothing else."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

import boot
from embedded import Server
from models.database import Database, Login
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.graph.client import GraphClient
from tests.graph.members import NOW, Members


@dataclass(frozen=True)
class Apart:
    """The graph, the serving role's pool, and the login of the database's owner."""

    graph: GraphClient
    app: Database
    owner_dsn: str


@asynccontextmanager
async def graph_of(cluster: Server, empty_template: str, name: str, *worlds: Members) -> AsyncIterator[Apart]:
    """A graph over a database of its own that holds these tenants and nothing else."""
    database = f"fresh_{os.getpid()}_{name}"
    await _sql(cluster, f'CREATE DATABASE "{database}" OWNER "{boot.OWNER}" TEMPLATE "{empty_template}"')
    dsn = cluster.dsn(boot.OWNER, database)
    owner = await asyncpg.connect(dsn)
    for world in worlds:
        await world.write(owner)
    await owner.close()
    app = pool_of(Login(dsn, APP_ROLE), 4, observed=True, fuses=False)
    client = GraphClient(app, NOW, remembers=False)
    for world in worlds:  # the directory of tenants is read, and no connection is new
        await client.ask("{ tenant { code } }", tenant=world.code)
    yield Apart(client, app, dsn)
    await app.close()
    await _sql(cluster, f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


async def _sql(cluster: Server, text: str) -> None:
    connection = await asyncpg.connect(cluster.dsn(boot.SUPERUSER, boot.SUPERUSER))
    try:
        await connection.execute(text)
    finally:
        await connection.close()
