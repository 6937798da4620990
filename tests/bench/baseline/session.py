"""The database as SQLAlchemy's pages on asyncio teach: an engine, a session for each request."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from models.session import set_tenant


def engine_of(dsn: str, pool_size: int) -> AsyncEngine:
    """The engine behind all sessions."""
    url = dsn.replace("postgresql://", "postgresql+asyncpg://", 1)
    return create_async_engine(
        url, pool_size=pool_size, max_overflow=0, connect_args={"server_settings": {"jit": "off"}}
    )


class Session:
    """One request's ORM session; loaders run side by side, and a session does one thing at a time."""

    def __init__(self, session: AsyncSession) -> None:
        self._session, self._lock = session, asyncio.Lock()

    async def all(self, statement: Executable) -> Sequence[Any]:
        """The objects of a statement with one entity, or its rows."""
        async with self._lock:
            result = await self._session.execute(statement)
            rows = result.all()
        return [row[0] for row in rows] if rows and len(rows[0]) == 1 else rows


@asynccontextmanager
async def session_of(sessions: async_sessionmaker[AsyncSession], tenant: UUID) -> AsyncIterator[Session]:
    """A session whose transaction belongs to one tenant, as row security asks."""
    async with sessions() as session, session.begin():
        await session.execute(text(set_tenant(tenant)))
        yield Session(session)
