"""Prices of one list, sku and quantity: no two stand at one time, whoever writes them and however."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from domain.catalog import Window, laid
from models.catalog import end_prices, lock_list, standing_prices, write_prices
from models.database import Database, Login
from models.wall import APP_ROLE
from models.writing import Transaction
from tests.given import pool_of
from tests.models.acting import BRAND, NOON, acting, added, column, filled
from tests.models.here import HERE, fill
from tests.proof import size

LIST, SKU, OTHER = UUID(int=20), UUID(int=21), UUID(int=22)
PRICE = "price (tenant_id, price_list_id, sku_id, min_qty, valid_from, valid_until, previous_until, unit_fen)"


def day(n: int | None) -> datetime | None:
    return None if n is None else NOON + timedelta(days=n)


def price(start: int, end: int | None, previous: int | None = None, sku: UUID = SKU, least: int = 1) -> tuple[Any, ...]:
    return (LIST, sku, least, day(start), day(end), day(previous), 100)


@pytest.fixture
async def database(owner_dsn: str) -> AsyncIterator[Database]:
    await filled(
        owner_dsn,
        {
            "product (tenant_id, id, brand_id, code, name)": [(SKU, BRAND, "p", "x")],
            "sku (tenant_id, id, product_id, code, name)": [(SKU, SKU, "s", "x"), (OTHER, SKU, "t", "x")],
            "price_list (tenant_id, id, seller_id, code, name, audience, scope)": [
                (LIST, BRAND, "l", "x", "TRADE", "BASE")
            ],
        },
    )
    pool = pool_of(Login(owner_dsn, APP_ROLE), 6)
    yield pool
    await pool.close()


# ── what the database refuses ─────────────────────────────────────────────────────────────────────────────────────────
CHAINS = {
    "one after the other": [price(0, 2), price(2, 5, 2), price(7, None, 5)],
    "of other quantities and skus": [price(0, 2), price(1, 3, least=12), price(1, None, sku=OTHER)],
}
BROKEN = {
    "into the one before": [price(0, 3), price(2, 5, 3)],
    "beside it, as if it were the first": [price(0, 3), price(2, 5)],
    "beside it, far away": [price(0, 3), price(10, 12)],
    "both behind the same": [price(0, 2), price(2, 5, 2), price(3, 6, 2)],
    "behind none": [price(0, 2), price(4, 5, 3)],
    "behind one that never ends": [price(0, None), price(4, 5)],
    "two that never end": [price(0, None), price(4, None)],
    "within a longer one": [price(0, 9), price(4, 5, 4)],
    "behind itself": [price(0, 2, 2)],
}


@pytest.mark.parametrize("name", CHAINS)
async def test_prices_follow_each_other(database: Database, owner_dsn: str, name: str) -> None:
    await added(owner_dsn, {PRICE: CHAINS[name]})


@pytest.mark.parametrize("name", BROKEN)
async def test_no_two_prices_stand_at_one_time(database: Database, owner_dsn: str, name: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await added(owner_dsn, {PRICE: BROKEN[name]})


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM price WHERE valid_until = $1",
        "UPDATE price SET valid_until = valid_until + interval '1 day' WHERE valid_until = $1",
        "UPDATE price SET valid_until = NULL WHERE valid_until = $1",
        "UPDATE price SET previous_until = NULL WHERE previous_until = $1",
    ],
)
async def test_what_prices_follow_stays_where_it_is(database: Database, owner_dsn: str, change: str) -> None:
    await added(owner_dsn, {PRICE: CHAINS["one after the other"]})
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await fill(owner_dsn, (change, day(2)))


async def test_of_two_that_forget_the_lock_and_write_at_once_one_fails(database: Database, owner_dsn: str) -> None:
    async def write(start: int) -> str:
        try:
            await added(owner_dsn, {PRICE: [price(start, start + 5)]})
        except asyncpg.IntegrityConstraintViolationError:
            return "refused"
        return "written"

    assert sorted(await asyncio.gather(write(0), write(2))) == ["refused", "written"]


# ── what acts write ───────────────────────────────────────────────────────────────────────────────────────────────────
async def _lay(tx: Transaction, new: Window, sku: UUID = SKU) -> None:
    assert await lock_list(tx, LIST) is not None
    standing = await standing_prices(tx, LIST, [(sku, 1)], new.start)
    await write_prices(tx, LIST, {(sku, 1): laid(standing[sku, 1], new)})


async def _at(database: Database, moment: datetime) -> int | None:
    found = "SELECT unit_fen FROM price WHERE valid_from <= $1 AND (valid_until IS NULL OR valid_until > $1)"
    prices = await column(database, found, moment)
    assert len(prices) < 2
    return prices[0] if prices else None


async def test_whatever_is_set_is_the_price_and_the_rest_goes_on(database: Database) -> None:
    """Against a calendar that is written day by day."""
    for seed in range(size(6, 60)):
        dice, calendar = random.Random(seed), dict.fromkeys(range(40), None)
        async with database.transaction(HERE) as session:
            await session.execute(text("DELETE FROM price"))
        for fen in range(1, 12):
            start = dice.randrange(36)
            end = None if dice.random() < 0.3 else start + dice.randrange(1, 12)
            async with acting(database) as tx:
                begins = day(start)
                assert begins is not None
                if dice.random() < 0.15:
                    assert await lock_list(tx, LIST) is not None
                    await end_prices(tx, LIST, begins)
                    end, set_to = None, None
                else:
                    await _lay(tx, Window(begins, day(end), fen))
                    set_to = fen
            calendar |= {n: set_to for n in calendar if start <= n and (end is None or n < end)}
        moments = {n: NOON + timedelta(days=n, hours=1) for n in calendar}
        assert {n: await _at(database, moment) for n, moment in moments.items()} == calendar, seed


async def test_prices_set_at_once_wait_for_each_other(database: Database) -> None:
    async def set_one(n: int) -> None:
        async with acting(database) as tx:
            await _lay(tx, Window(NOON + timedelta(days=n % 5), day(n % 5 + 3), n))

    await asyncio.gather(*(set_one(n) for n in range(1, 13)))
    moments = [NOON + timedelta(days=n, hours=1) for n in range(9)]
    assert [await _at(database, moment) is not None for moment in moments] == [True] * 7 + [False] * 2
