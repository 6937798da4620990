"""The migrations: they build what the models describe, and what they build can be taken down and built again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from alembic import command
from models import Base
from tests.models.test_catalogue import BOOKKEEPING, QUESTIONS, connected

ROOT = Path(__file__).parents[2]


def alembic_config(connection: Connection) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@asynccontextmanager
async def migrating(dsn: str) -> AsyncIterator[Any]:
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


async def test_the_migrations_build_what_the_models_describe(owner_dsn: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"compare_server_default": True}
        found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
        return found

    async with migrating(owner_dsn) as connection:
        assert await connection.run_sync(differences) == []
        await connection.execute(text("ALTER TABLE sku DROP COLUMN barcode"))
        assert len(await connection.run_sync(differences)) == 1


CHECKS = """
SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype = 'c' AND k.connamespace = '{schema}'::regnamespace
"""


async def test_the_checks_of_the_migrations_are_those_of_the_models(owner_dsn: str) -> None:
    # alembic compares no checks, so the models are created beside and both read back.
    async with migrating(owner_dsn) as connection:
        await connection.execute(text("CREATE SCHEMA described"))
        await connection.execute(text("SET LOCAL search_path TO described"))
        await connection.run_sync(Base.metadata.create_all)
        described = {tuple(row) for row in await connection.execute(text(CHECKS.format(schema="described")))}
        migrated = {tuple(row) for row in await connection.execute(text(CHECKS.format(schema="public")))}
        await connection.rollback()
    assert len(described) > 0
    assert described ^ migrated == set()


LEFT_BEHIND = """
SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
UNION ALL SELECT typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


async def test_down_and_up_again_leaves_nothing_and_builds_the_same(owner_dsn: str) -> None:
    async with migrating(owner_dsn) as connection:
        await connection.run_sync(lambda sync: command.downgrade(alembic_config(sync), "base"))
        left = [row[0] for row in await connection.execute(text(LEFT_BEHIND))]
        await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "head"))
    assert left == [BOOKKEEPING]
    async with connected(owner_dsn) as again:
        offenders = {rule: await ask(again) for rule, ask in QUESTIONS.items()}
    assert {rule: names for rule, names in offenders.items() if names} == {}
