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
from tests.models.acting import BRAND, STORE, acting, column
from tests.models.shop import BROKEN, FAR, PLACES, SKUS, Shop, goods, waits


@pytest.fixture
async def shop(owner_dsn: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """Holds are prepared, however few go together."""
    monkeypatch.setattr(holding, "WORTH_A_GUESS", 1)
    await goods(owner_dsn)
    database = pool_of(Login(owner_dsn, APP_ROLE), 8)
    yield Shop(owner_dsn, database, Committer(database))
    assert await column(database, BROKEN) == []
    await database.close()


@pytest.fixture
def went(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which way it went: what was prepared is settled, or all of it is written when the goods are locked."""
    found: list[str] = []
    settle, write = Record.settle, Record.write

    async def settled(record: Record) -> None:
        found.append("settled")
        await settle(record)

    async def written(record: Record) -> None:
        found.append("written")
        await write(record)

    monkeypatch.setattr(Record, "settle", settled)
    monkeypatch.setattr(Record, "write", written)
    return found


@pytest.mark.parametrize(("left", "wish"), [(50, 2), (3, 1), (1, 5)])
async def test_what_was_prepared_is_undone_where_the_goods_are_not_what_they_were(
    shop: Shop, went: list[str], left: int, wish: int
) -> None:
    """Forty wait for goods of which others take all but a few meanwhile, so that the next location's go first."""
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
    assert went == ["settled" if left >= 40 + wish else "written"]
    assert await shop.reserved() == [min(left, 40 + wish), max(0, 40 + wish - left)]
    counts = "SELECT ARRAY[(SELECT count(*) FROM reservation), (SELECT count(*) FROM audit_entry),"
    counts += " (SELECT count(*) FROM outbox_event), (SELECT count(*) FROM idempotency_key)]"
    assert await column(shop.database, counts) == [[41] * 4]


@pytest.mark.parametrize(
    ("change", "told", "way"),
    [
        ("SELECT", "held", "settled"),
        ("UPDATE pool_contribution_sku SET cap = 9", "held", "settled"),
        ("UPDATE pool_contribution_sku SET cap = 1", "NOT_ENOUGH_STOCK", None),
        ("UPDATE pool_contribution SET share_bps = 1000", "NOT_ENOUGH_STOCK", None),
        ("UPDATE organization SET status = 'SUSPENDED' WHERE tier = 'BRAND'", "NOT_ENOUGH_STOCK", None),
        (
            "INSERT INTO safety_stock SELECT tenant_id, location_id, sku_id, owner_id, 9 FROM stock",
            "NOT_ENOUGH_STOCK",
            None,
        ),
    ],
)
async def test_what_is_prepared_of_contributed_goods_is_decided_when_they_are_locked(
    shop: Shop, went: list[str], change: str, told: str, way: str | None
) -> None:
    """What its owner changes while a hold waits counts, whatever was seen before."""
    await shop.contribute(SKUS[0], 10, cap=None)
    async with acting(shop.database) as tx:
        await lock(tx, [Place(FAR, SKUS[0], BRAND, NO_LOT_ID)])
        waiting = asyncio.ensure_future(shop.tried((SKUS[0], 2)))
        driver = await tx._driver()
        await waits(driver)
        await driver.execute(change)
    assert await waiting == told
    assert went == [way] * (way is not None)
    assert await shop.reserved() == [2 if told == "held" else 0]


async def test_goods_that_are_not_taken_are_not_waited_for(shop: Shop, went: list[str]) -> None:
    """Somebody has what lies in the second location, and what the brand contributes."""
    await shop.put(SKUS[0], 5, 5)
    await shop.contribute(SKUS[0], 5, cap=None)
    async with acting(shop.database) as tx:
        far = Place(FAR, SKUS[0], BRAND, NO_LOT_ID)
        assert len(await lock(tx, [Place(PLACES[1], SKUS[0], STORE, NO_LOT_ID), far])) == 2
        await (await tx._driver()).execute("SELECT FROM pool_contribution_sku FOR NO KEY UPDATE")
        async with asyncio.timeout(5):
            assert await shop.tried((SKUS[0], 2)) == "held"
    assert went == ["settled"]
