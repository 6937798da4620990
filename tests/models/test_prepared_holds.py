"""Holds that are written before their goods are locked: where these prove to be something else, nothing of it stays."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from domain.inventory import MovementKind
from models.base import NO_LOT_ID
from models.database import Login
from models.inventory import (
    Change,
    Committer,
    Movement,
    Place,
    holding,
    lock,
    move,
)
from models.inventory.recording import Record
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.acting import STORE, acting, column
from tests.models.shop import BROKEN, PLACES, SKUS, Shop, goods, waits


@pytest.fixture
async def dsn(owner_dsn: str) -> str:
    await goods(owner_dsn)
    return owner_dsn


@pytest.fixture(params=[holding.WORTH_A_GUESS, 1], ids=["straight", "prepared"])
async def shop(dsn: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """Whether few or many wait: holds are written when the goods are locked, or prepared before."""
    monkeypatch.setattr(holding, "WORTH_A_GUESS", request.param)
    database = pool_of(Login(dsn, APP_ROLE), 8)
    yield Shop(dsn, database, Committer(database))
    assert await column(database, BROKEN) == []
    await database.close()


@pytest.mark.parametrize(("left", "wish"), [(50, 2), (3, 1), (1, 5)])
async def test_what_was_prepared_is_undone_where_the_goods_are_not_what_they_were(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, left: int, wish: int
) -> None:
    """Forty wait for goods of which others take all but a few meanwhile, so that the next location's go first."""
    monkeypatch.setattr(holding, "WORTH_A_GUESS", 1)
    went: list[object] = []
    settle, write = Record.settle, Record.write

    async def settled(record: Record) -> None:
        went.append(settled)
        await settle(record)

    async def written(record: Record) -> None:
        went.append(written)
        await write(record)

    monkeypatch.setattr(Record, "settle", settled)
    monkeypatch.setattr(Record, "write", written)
    await shop.put(SKUS[0], 60, 60)
    async with acting(shop.database) as tx:
        taken = await lock(tx, [Place(PLACES[0], SKUS[0], STORE, NO_LOT_ID)])
        waiting = [asyncio.ensure_future(shop.tried((SKUS[0], 1))) for _ in range(40)]
        waiting.append(asyncio.ensure_future(shop.tried((SKUS[0], wish))))
        driver = await tx._driver()
        await waits(driver)
        # All of them are prepared by now, as of goods of the first location, and wait for these.
        await move(tx, [Movement(MovementKind.ISSUE, place, Change(on_hand=left - 60)) for place in taken])
    assert Counter(await asyncio.gather(*waiting)) == {"held": 41}
    assert went == [settled if left >= 40 + wish else written]
    assert await shop.reserved() == [min(left, 40 + wish), max(0, 40 + wish - left)]
    counts = "SELECT ARRAY[(SELECT count(*) FROM reservation), (SELECT count(*) FROM audit_entry),"
    counts += " (SELECT count(*) FROM outbox_event), (SELECT count(*) FROM idempotency_key)]"
    assert await column(shop.database, counts) == [[41] * 4]
