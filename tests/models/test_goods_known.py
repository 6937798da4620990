"""Goods that were allocated before it was written down who ships them and since when: the migration finds both."""

from collections.abc import AsyncIterator

import pytest

from alembic import command
from models.database import Login
from models.inventory import Committer
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.acting import BRAND, STORE, column
from tests.models.sale import Sales
from tests.models.shop import SKUS, goods
from tests.models.test_migrations import alembic_config, migrating

A, B, FREE = SKUS
BEFORE = "0010"
KNOWN = """
    SELECT ARRAY[a.fulfiller_id::text, a.allocated_at::text, a.quantity::text, (a.quantity - a.shipped)::text]
    FROM order_allocation a ORDER BY a.order_id, a.part
"""


@pytest.fixture
async def sales(owner_dsn: str) -> AsyncIterator[Sales]:
    await goods(owner_dsn)
    database = pool_of(Login(owner_dsn, APP_ROLE), 2)
    yield Sales(owner_dsn, database, Committer(database))
    await database.close()


async def test_goods_of_before_are_found_by_who_ships_them(sales: Sales, owner_dsn: str) -> None:
    await sales.put(A, 5)
    await sales.put(FREE, 5)
    await sales.contribute(A, 5, None)
    order = await sales.place((A, 7))
    assert await sales.tell(await sales.begin(order), hours=0.1) == "CONFIRMED"
    await sales.ship(order, {1: 2})
    await sales.confirm_free(await sales.place((FREE, 1)))
    known = await column(sales.database, KNOWN)
    assert sorted(row[0] for row in known) == sorted(map(str, (STORE, BRAND, STORE)))
    assert len({row[1] for row in known}) == 2
    async with migrating(owner_dsn) as connection:
        await connection.run_sync(lambda sync: command.downgrade(alembic_config(sync), BEFORE))
        await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "head"))
    assert await column(sales.database, KNOWN) == known
