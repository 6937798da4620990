"""A migrated database for one test after another: emptied in between, which takes a tenth of the time of a new one.

Whoever changes more in it than rows leaves it behind, and the next test gets a new one: the catalog says so.
"""

from itertools import count

import asyncpg

import boot
from embedded import Server

# What DDL and grants write. A row's xmin is the transaction that wrote it, so that no two states of it are alike.
_CATALOG = """
    SELECT md5(string_agg(of || seen, ',' ORDER BY of)) FROM (
        SELECT 'class' AS of, count(*) || ':' || sum(oid::bigint * (xmin::text::bigint % 1000003)) AS seen
        FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace AND NOT relispartition
        UNION ALL SELECT 'attribute', count(*) || ':' || sum(xmin::text::bigint) FROM pg_attribute
        UNION ALL SELECT 'constraint', count(*) || ':' || sum(xmin::text::bigint) FROM pg_constraint
        UNION ALL SELECT 'policy', count(*) || ':' || coalesce(sum(xmin::text::bigint), 0) FROM pg_policy
        UNION ALL SELECT 'trigger', count(*) || ':' || sum(xmin::text::bigint) FROM pg_trigger
        UNION ALL SELECT 'function', count(*) || ':' || sum(xmin::text::bigint) FROM pg_proc
        UNION ALL SELECT 'schema', count(*) || ':' || sum(xmin::text::bigint) FROM pg_namespace
        UNION ALL SELECT 'extension', count(*) || ':' || sum(xmin::text::bigint) FROM pg_extension
        UNION ALL SELECT 'setting', count(*) || ':' || coalesce(sum(xmin::text::bigint), 0) FROM pg_db_role_setting
        UNION ALL SELECT 'database', string_agg(xmin::text, ',') FROM pg_database WHERE datname = current_database()
        UNION ALL SELECT 'statistics', count(*)::text FROM pg_statistic WHERE starelid >= 16384
    ) catalog
"""
_TABLES = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
      AND pg_relation_size(oid) > 0
"""
_BLOATED = f"{_TABLES} AND pg_relation_size(oid) > 16 * current_setting('block_size')::bigint"
_RESTART = """
    SELECT setval(s.seqrelid::regclass, s.seqstart, false) FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
    WHERE c.relnamespace = 'public'::regnamespace
"""
_REVISION = "SELECT string_agg(version_num, ',') FROM alembic_version"
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Spare:
    """This worker's empty database, or the making of one."""

    def __init__(self, server: Server, template: str, owner: int) -> None:
        self._server, self._template, self._owner = server, template, owner
        self._numbers = count()
        self._name: str | None = None
        self._state: str | None = None

    async def take(self) -> str:
        """The name of an empty migrated database."""
        if self._name is None:
            self._name = f"fresh_{self._owner}_{next(self._numbers)}"
            await self._outside(f'CREATE DATABASE "{self._name}" OWNER "{boot.OWNER}" TEMPLATE "{self._template}"')
            self._state = await self._inside(False)
        return self._name

    async def give_back(self) -> None:
        """Empty it for the next test, or drop it."""
        if await self._inside(True) != self._state:
            await self.drop()

    async def drop(self) -> None:
        """Have no database."""
        if self._name is not None:
            await self._outside(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
        self._name = None

    async def _outside(self, text: str) -> None:
        connection = await asyncpg.connect(self._server.dsn(boot.SUPERUSER, boot.SUPERUSER))
        try:
            await connection.execute(text)
        finally:
            await connection.close()

    async def _inside(self, empties: bool) -> str | None:
        """What the catalog is like, and the revision; all rows are gone before that, if asked for."""
        assert self._name is not None
        try:
            connection = await asyncpg.connect(self._server.dsn(boot.SUPERUSER, self._name))
        except asyncpg.InvalidCatalogNameError:
            return None
        try:
            await connection.execute(_END_OTHERS)
            if empties:
                await connection.execute("SET session_replication_role = replica")  # no key is looked at
                for (table,) in await connection.fetch(_TABLES):
                    await connection.execute(" ".join(("DELETE FROM", table)))
                for (table,) in await connection.fetch(_BLOATED):
                    await connection.execute(" ".join(("VACUUM", table)))  # nobody else does
                await connection.execute(_RESTART)
            revision = await connection.fetchval(_REVISION)
            return f"{revision} {await connection.fetchval(_CATALOG)}"
        finally:
            await connection.close()
