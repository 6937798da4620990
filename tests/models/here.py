"""A tenant of the tests' own: `HERE`, and how its rows are written."""

from typing import Any
from uuid import UUID

import asyncpg

from models.session import set_tenant

HERE = UUID(int=1)


async def fill(dsn: str, *statements: str | tuple[Any, ...]) -> None:
    """Run statements, alone or with their arguments, as the owner, inside the tenant."""
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.execute(set_tenant(HERE))
        for statement in statements:
            await (connection.execute(statement) if isinstance(statement, str) else connection.execute(*statement))
    await connection.close()


TENANT_ROW = "INSERT INTO tenant (id, code, name) VALUES (current_setting('app.tenant_id')::uuid, 'here', 'Here')"
CATEGORY_ROW = (
    "INSERT INTO category (tenant_id, id, code, name)"
    " VALUES (current_setting('app.tenant_id')::uuid, '00000000-0000-0000-0000-000000000009', 'a', 'A')"
)
