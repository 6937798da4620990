"""What the tests of searching share; other files here have databases of their own."""

from collections.abc import AsyncIterator

import pytest

from models.database import Database, Login
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.loaders.shelves import THERE, Shelves, fill
from tests.models.here import HERE


@pytest.fixture
async def here(owner_dsn: str) -> Shelves:
    """A hundred shelves, beside those of another tenant."""
    await fill(owner_dsn, THERE)
    return await fill(owner_dsn, HERE)


@pytest.fixture
async def database(owner_dsn: str, here: Shelves) -> AsyncIterator[Database]:
    """A pool of a single connection on them: what is not given back is missed at once."""
    pool = pool_of(Login(owner_dsn, APP_ROLE))
    yield pool
    assert pool.connections()["busy"] == 0
    await pool.close()
