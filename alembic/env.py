"""Runs the migrations on the connection it is handed, or on DATABASE_URL when alembic is called by hand."""

import asyncio
from collections.abc import Iterable

from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, ForeignKeyConstraint

import models
from alembic import context
from models.database import migrating
from settings import Settings

LOCK = 0x6D696C6C  # one migration at a time, whoever starts it


def foreign_keys_last(
    migration: MigrationContext, revision: str | Iterable[str | None], directives: list[ops.MigrationScript]
) -> None:
    """Move foreign keys behind all tables, so that a distributed PostgreSQL can spread the tables in between."""
    for script in directives:
        upgrade = script.upgrade_ops
        if upgrade is None:
            continue
        keys: list[ForeignKeyConstraint] = []
        for step in upgrade.ops:
            if isinstance(step, ops.CreateTableOp):
                keys += [item for item in step.to_table().constraints if isinstance(item, ForeignKeyConstraint)]
                step.columns = [item for item in step.columns if not isinstance(item, ForeignKeyConstraint)]
        keys.sort(key=lambda key: (key.table.name, str(key.name)))
        upgrade.ops += [ops.CreateForeignKeyOp.from_constraint(key) for key in keys]


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=models.Base.metadata,
        compare_server_default=True,
        process_revision_directives=foreign_keys_last,
    )
    with context.begin_transaction():
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        context.run_migrations()


handed = context.config.attributes.get("connection")
if handed is not None:
    run(handed)
elif (url := Settings().database_url) is not None:
    asyncio.run(migrating(url, run))
else:
    raise SystemExit("Set DATABASE_URL, or use `make migrate`, which starts the embedded PostgreSQL.")
