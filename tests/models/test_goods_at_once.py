"""New categories, products and skus of the same codes, saved by two at once: one waits for the other, in no circle."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import UUID

import pytest

from models.base import new_id
from models.catalog import CategoryKept, ProductKept, SkuKept, write_categories, write_products, write_skus
from models.database import Database, Login
from models.wall import APP_ROLE
from models.writing import Collision, Transaction
from tests.given import pool_of
from tests.models.acting import BRAND, acting
from tests.models.shop import POOL, goods

Write = Callable[[Transaction, Sequence[str]], Awaitable[None]]


async def categories(tx: Transaction, codes: Sequence[str]) -> None:
    await write_categories(tx, [CategoryKept(new_id(), code, "x", None) for code in codes], [])


async def products(tx: Transaction, codes: Sequence[str]) -> None:
    await write_products(tx, BRAND, [ProductKept(new_id(), code, "x", None, None) for code in codes], [])


async def skus(tx: Transaction, codes: Sequence[str]) -> None:
    await write_skus(tx, [_sku(new_id(), code) for code in codes], [])


def _sku(id: UUID, code: str) -> SkuKept:
    return SkuKept(id, BRAND, POOL, code, "x", None, "EACH", 1, 1, None, frozenset(), frozenset())


@pytest.fixture
async def database(owner_dsn: str) -> AsyncIterator[Database]:
    await goods(owner_dsn)
    pool = pool_of(Login(owner_dsn, APP_ROLE), 4)
    yield pool
    await pool.close()


@pytest.mark.parametrize("write", [categories, products, skus])
async def test_new_codes_are_taken_in_one_order(database: Database, write: Write) -> None:
    """Two take the same three, one the other way round, while a third has the one in the middle, and gives it back."""

    async def taking(codes: Sequence[str]) -> str:
        try:
            async with acting(database) as tx:
                await write(tx, codes)
        except Collision as collision:
            return str(collision)
        return "written"

    async with acting(database) as first:
        await write(first, ["m"])
        both = [asyncio.ensure_future(taking(codes)) for codes in (["a", "m", "z"], ["z", "m", "a"])]
        await asyncio.sleep(0.3)
        await first.session.rollback()
    assert sorted(await asyncio.gather(*both)) == ["a code was taken meanwhile", "written"]
