"""Holds under contention: never more than there is, nothing refused that is there, each once under its key."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from domain.inventory import MAX_OPEN_HOLDS, MAX_STORE_HOLDS, NO_LOT_CODE, ReservationState, Wanted
from models.base import NO_LOT_ID
from models.database import Login
from models.inventory import (
    OPERATION,
    Committer,
    Contributed,
    Holding,
    LotWanted,
    hold_all,
    holding,
    lock_contribution,
    lots_coming,
    lots_of,
    release,
    stop_beyond,
    stop_sharing,
    write_contribution,
)
from models.outbox import MAX_AUDIENCE
from models.wall import APP_ROLE
from models.writing import Actor, Collision, Made
from tests.given import pool_of
from tests.models.acting import BRAND, MEMBER, NOON, STORE, acting, added, column
from tests.models.here import HERE, fill
from tests.models.shop import BROKEN, CONTRIBUTION, FAR, MALL, PLACES, POOL, SKUS, STOCK, Shop, goods, lying, waits


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


async def test_goods_are_held_where_they_lie(shop: Shop) -> None:
    await shop.put(SKUS[0], 2, 5)
    made = await shop.hold((SKUS[0], 3))
    assert made.kind == "reservation"
    assert await shop.reserved() == [2, 1]
    lines = "SELECT ARRAY[line, quantity] FROM reservation_line ORDER BY line"
    assert await column(shop.database, lines) == [[1, 2], [2, 1]]
    assert await column(shop.database, "SELECT result_id FROM idempotency_key") == [made.id]
    assert await column(shop.database, "SELECT target_id FROM audit_entry") == [made.id]


async def test_more_than_is_there_is_refused_and_leaves_nothing(shop: Shop) -> None:
    await shop.put(SKUS[0], 2)
    assert await shop.tried((SKUS[0], 1), (SKUS[1], 1)) == "NOT_ENOUGH_STOCK"
    for table in ("idempotency_key", "reservation", "audit_entry"):
        assert await column(shop.database, f"TABLE {table}") == []
    assert await column(shop.database, "SELECT kind FROM stock_movement") == ["RECEIPT"]
    assert await shop.reserved() == [0]


async def test_a_hold_of_more_owners_than_one_event_holds_is_told_to_all_of_them(shop: Shop) -> None:
    owners = [UUID(int=5_000 + n) for n in range(MAX_AUDIENCE + 3)]
    await added(
        shop.dsn,
        {
            "organization (tenant_id, id, tier, code, name)": [(one, "SUPPLIER", one.hex, "x") for one in owners],
            "pool_contribution (tenant_id, id, pool_id, location_id, owner_id, visible_to_id, share_bps)": [
                (one, POOL, FAR, one, STORE, 10_000) for one in owners
            ],
            "pool_contribution_sku (tenant_id, sku_id, contribution_id)": [(SKUS[0], one) for one in owners],
            **lying([(FAR, SKUS[0], one, NO_LOT_ID, 1) for one in owners]),
        },
    )
    made = await shop.hold((SKUS[0], len(owners)))
    async with acting(shop.database) as tx:
        assert await release(tx, [made.id], ReservationState.RELEASED) == [made.id]
    for type in ("StockHeld", "HoldReleased"):
        told = f"FROM outbox_event WHERE type = '{type}' AND aggregate_id = $1"
        assert await column(shop.database, f"SELECT cardinality(audience) {told} ORDER BY id", made.id) == [
            MAX_AUDIENCE,
            4,
        ]
        assert sorted(await column(shop.database, f"SELECT unnest(audience) {told}", made.id)) == [STORE, *owners]
        assert len(await column(shop.database, f"SELECT DISTINCT facts {told}", made.id)) == 1


async def test_own_goods_go_first_and_what_is_contributed_up_to_its_cap(shop: Shop) -> None:
    await shop.put(SKUS[0], 2, 3)
    await shop.contribute(SKUS[0], 5, cap=4)
    assert [await shop.tried((SKUS[0], 3)) for _ in range(4)] == ["held", "held", "held", "NOT_ENOUGH_STOCK"]
    assert sum(await shop.reserved()) == 9
    assert await column(shop.database, "SELECT held FROM pool_contribution_sku") == [4]


async def test_what_is_laid_aside_for_nobody_by_name_has_an_end(shop: Shop) -> None:
    """However many of the shop's people ask at once; what a customer holds herself does not count."""
    await shop.put(SKUS[0], 200)
    asked = MAX_STORE_HOLDS + 10
    told = await asyncio.gather(*(shop.tried((SKUS[0], 1)) for _ in range(asked)))
    assert Counter(told) == {"held": MAX_STORE_HOLDS, "TOO_MANY_HOLDS": 10}
    assert await shop.reserved() == [MAX_STORE_HOLDS]
    hers = await shop.hold((SKUS[0], 1), customer=MEMBER)
    assert await released(shop, hers) == 1
    assert await shop.tried((SKUS[0], 1)) == "TOO_MANY_HOLDS"
    (one,) = await column(shop.database, "SELECT id FROM reservation WHERE customer_id IS NULL LIMIT 1")
    assert await released(shop, Made("reservation", one)) == 1
    assert await shop.tried((SKUS[0], 1)) == "held"


@pytest.mark.parametrize("kind", ["STORE_CLERK", "PARTNER", "PLATFORM_ADMIN"])
async def test_what_is_taken_in_a_customers_name_is_the_stores_to_answer_for(shop: Shop, kind: str) -> None:
    """One store, whoever asks for it, keeps no customer from buying, here or elsewhere."""
    await shop.put(SKUS[0], 200)
    named = (shop.tried((SKUS[0], 1), customer=MEMBER, kind=kind) for _ in range(30))
    told = await asyncio.gather(*named, *(shop.tried((SKUS[0], 1), kind=kind) for _ in range(30)))
    assert Counter(told) == {"held": MAX_STORE_HOLDS, "TOO_MANY_HOLDS": 60 - MAX_STORE_HOLDS}
    own = await asyncio.gather(*(shop.tried((SKUS[0], 1), customer=MEMBER) for _ in range(30)))
    assert Counter(own) == {"held": MAX_OPEN_HOLDS, "TOO_MANY_HOLDS": 30 - MAX_OPEN_HOLDS}
    count = "SELECT count(*) FROM reservation WHERE by_store"
    assert await column(shop.database, count) == [MAX_STORE_HOLDS]


@pytest.mark.parametrize(
    "taken_away",
    [
        "UPDATE pool_contribution SET share_bps = 0",
        "UPDATE organization SET status = 'SUSPENDED' WHERE tier = 'BRAND'",
        "DELETE FROM organization_closure WHERE descendant_id <> ancestor_id",
    ],
)
async def test_what_is_taken_away_while_a_hold_waits_is_not_held(shop: Shop, taken_away: str) -> None:
    """It waits for the goods first, then for what is promised of them: both are locked when the share is looked at."""
    await shop.contribute(SKUS[0], 5, cap=None)
    connection = await asyncpg.connect(shop.dsn)
    try:
        await connection.execute(f"SET app.tenant_id = '{HERE}'")
        async with connection.transaction():
            await connection.execute("SELECT FROM stock FOR NO KEY UPDATE")
            await connection.execute("SELECT FROM pool_contribution_sku FOR NO KEY UPDATE")
            holding = asyncio.create_task(shop.tried((SKUS[0], 1)))
            await waits(connection)
            await connection.execute(taken_away)
        assert await holding == "NOT_ENOUGH_STOCK"
    finally:
        await connection.close()
    assert await shop.reserved() == [0]


async def test_who_takes_a_share_away_waits_for_the_holds_that_use_it(shop: Shop) -> None:
    await shop.contribute(SKUS[0], 5, cap=None)

    async def end() -> None:
        async with acting(shop.database) as tx:
            assert await lock_contribution(tx, CONTRIBUTION) is not None
            await stop_sharing(tx, CONTRIBUTION)

    async def offer_less() -> None:
        async with acting(shop.database) as tx:
            await write_contribution(tx, Contributed(POOL, FAR, BRAND, BRAND, 0))

    async def leave() -> None:
        async with acting(shop.database) as tx:
            await tx.execute(text("DELETE FROM organization_closure WHERE descendant_id <> ancestor_id"))
            assert [one.id for one in await stop_beyond(tx, BRAND, STORE)] == [CONTRIBUTION]

    shown = "UPDATE pool_contribution SET visible_to_id = $1, share_bps = 1"
    connection = await asyncpg.connect(shop.dsn)
    try:
        await connection.execute(f"SET app.tenant_id = '{HERE}'")
        for ending in (end, offer_less, leave):
            await connection.execute(shown, STORE)
            async with connection.transaction():
                await connection.execute("SELECT FROM pool_contribution_sku FOR NO KEY UPDATE")
                task = asyncio.create_task(ending())
                await waits(connection)
            await task
            assert await connection.fetchval("SELECT share_bps FROM pool_contribution") == 0
    finally:
        await connection.close()


async def test_the_same_under_one_key_holds_once(shop: Shop) -> None:
    await shop.put(SKUS[0], 10)
    first = await shop.hold((SKUS[0], 1), key="k")
    assert await shop.hold((SKUS[0], 1), key="k") == first
    together = await asyncio.gather(*(shop.hold((SKUS[0], 2), key="l") for _ in range(20)))
    assert len(set(together)) == 1
    both = await asyncio.gather(shop.tried((SKUS[0], 1), key="m"), shop.tried((SKUS[0], 2), key="m"))
    assert list(both) == ["held", "KEY_REUSED"]
    assert await shop.tried((SKUS[0], 9), key="k") == "KEY_REUSED"
    assert await shop.reserved() == [4]
    other = await shop.hold((SKUS[0], 1), key="k", by="account:2")
    assert other != first


async def test_whoever_waits_goes_together_and_fails_alone(shop: Shop) -> None:
    """All who come before the committer does go in one transaction; the one who wants too much undoes nobody's."""
    await shop.put(SKUS[0], 100)
    wishes = [(SKUS[0], 1)] * 10 + [(SKUS[0], 500)] + [(SKUS[0], 1)] * 10
    told = await asyncio.gather(*(shop.tried(wish) for wish in wishes))
    assert Counter(told) == {"held": 20, "NOT_ENOUGH_STOCK": 1}
    assert await column(shop.database, "SELECT count(DISTINCT xmin::text) FROM reservation") == [1]


async def test_another_wish_under_a_key_is_decided_when_the_first_is_refused(shop: Shop) -> None:
    await shop.put(SKUS[0], 1)
    told = await asyncio.gather(*(shop.tried((SKUS[0], wish), key="k") for wish in (2, 1, 3)))
    assert told == ["NOT_ENOUGH_STOCK", "held", "KEY_REUSED"]


async def test_many_wishes_under_one_key_keep_nobody_from_going_together(shop: Shop) -> None:
    await shop.put(SKUS[0], 40)
    wishes = [shop.tried((SKUS[0], 100 + number % 7), key="k") for number in range(40)]
    honest = [shop.tried((SKUS[0], 1)) for _ in range(40)]
    told = await asyncio.gather(*(one for pair in zip(wishes, honest, strict=True) for one in pair))
    assert Counter(told[1::2]) == {"held": 40}
    assert set(told[::2]) == {"NOT_ENOUGH_STOCK", "KEY_REUSED"}
    assert await column(shop.database, "SELECT count(DISTINCT xmin::text) FROM reservation") == [1]


async def test_whoever_asks_first_is_served_first_though_she_asks_again(shop: Shop) -> None:
    await shop.put(SKUS[0], 1)
    asks = [shop.tried((SKUS[0], 1), key=key) for key in ("first", "second", "first")]
    assert await asyncio.gather(*asks) == ["held", "NOT_ENOUGH_STOCK", "held"]
    assert await shop.reserved() == [1]


async def test_nothing_is_held_under_a_key_that_is_given_back_meanwhile(shop: Shop) -> None:
    """Who finds one key taken, waits for another, and finds the first one gone begins anew: no hold without its key."""
    await shop.put(SKUS[0], 50)
    who = Actor("CONSUMER", "account:1")

    def asked(key: str) -> Holding:
        until = NOON + timedelta(minutes=15)
        return Holding(who, key, "a" * 64, MALL, STORE, (Wanted(SKUS[0], 1),), until, MEMBER)

    async def held(*keys: str) -> list[Any]:
        async with acting(shop.database) as tx:
            return list(await hold_all(tx, NOON.date(), [asked(key) for key in keys]))

    (first,) = await held("a")
    async with acting(shop.database) as tx:
        await hold_all(tx, NOON.date(), [asked("b")])
        waiting = asyncio.ensure_future(held("a", "b"))
        await waits(await tx._driver())
        async with acting(shop.database, who) as other:
            await other.forget(OPERATION, "a", first.id)
    with pytest.raises(Collision, match="given back"):
        await waiting
    assert await column(shop.database, "SELECT key FROM idempotency_key") == ["b"]
    assert await shop.reserved() == [2]


async def test_receipts_of_a_sku_do_not_wait_for_each_other(shop: Shop) -> None:
    """Nobody says dates of what lies in no lot, and of lots that are everybody's."""
    async with acting(shop.database) as tx, asyncio.timeout(5):
        for keeper in (STORE, BRAND):
            async with acting(shop.database) as other:
                await lots_coming(other, keeper, [LotWanted(SKUS[0], NO_LOT_CODE)])
            await lots_coming(tx, keeper, [LotWanted(SKUS[0], NO_LOT_CODE)])


async def test_who_gives_up_before_her_turn_has_asked_nothing(shop: Shop) -> None:
    await shop.put(SKUS[0], 100)
    tasks = [asyncio.ensure_future(shop.hold((SKUS[0], 1))) for _ in range(5)]
    await asyncio.sleep(0)
    for task in tasks[2:]:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in ended] == [Made] * 2 + [asyncio.CancelledError] * 3
    assert await shop.reserved() == [2]
    assert await shop.tried((SKUS[0], 98)) == "held"


async def test_a_database_that_goes_away_is_told_to_each_and_another_can_hold(shop: Shop) -> None:
    await shop.put(SKUS[0], 100)
    await fill(shop.dsn, "ALTER TABLE reservation ADD CONSTRAINT never CHECK (false) NOT VALID")
    ended = await asyncio.gather(*(shop.hold((SKUS[0], 1)) for _ in range(3)), return_exceptions=True)
    assert [type(one).__name__ for one in ended] == ["CheckViolationError"] * 3
    await fill(shop.dsn, "ALTER TABLE reservation DROP CONSTRAINT never")
    assert await shop.tried((SKUS[0], 1)) == "held"


@pytest.mark.parametrize("driver", [True, False])
async def test_the_first_act_after_a_migration_is_done_again(dsn: str, driver: bool) -> None:
    database = pool_of(Login(dsn, APP_ROLE))

    async def act() -> None:
        async with acting(database) as tx:
            if driver:
                await (await tx._driver()).fetch("SELECT * FROM safety_stock")
            else:
                await tx.execute(text("SELECT * FROM safety_stock"))

    await act()
    await fill(dsn, "ALTER TABLE safety_stock ADD COLUMN more int")
    with pytest.raises(Collision):
        await act()
    await act()
    await database.close()


# ── what is locked ────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_lot_is_held_until_the_day_before_it_expires_and_then_not_waited_for(shop: Shop) -> None:
    """Nor is a row where nothing lies."""
    today = NOON.date()
    gone, last = UUID(int=60), UUID(int=61)
    dates = ((gone, today), (last, today + timedelta(days=1)))
    there = lying([(PLACES[0], SKUS[0], STORE, gone, 10), (PLACES[0], SKUS[0], STORE, last, 2)])
    there[STOCK].append((PLACES[0], SKUS[0], STORE, NO_LOT_ID, 0))
    lots = [(SKUS[0], lot, str(lot), on) for lot, on in dates]
    await added(shop.dsn, {"lot (tenant_id, sku_id, id, code, expires_on)": lots, **there})
    async with acting(shop.database) as tx:
        driver = await tx._driver()
        await driver.execute(f"SELECT FROM stock WHERE lot_id = '{gone}' OR on_hand = 0 FOR UPDATE")
        async with asyncio.timeout(5):
            assert await shop.tried((SKUS[0], 3)) == "NOT_ENOUGH_STOCK"
            assert await shop.tried((SKUS[0], 2)) == "held"
    assert await column(shop.database, "SELECT DISTINCT lot_id FROM reservation_line") == [last]


async def test_lots_are_made_in_one_order(shop: Shop) -> None:
    """Whoever names B, A waits for who makes A with nothing in hand that the other needs next."""
    a, b = LotWanted(SKUS[0], "a"), LotWanted(SKUS[0], "b")

    async def other() -> None:
        async with acting(shop.database) as tx:
            await lots_of(tx, STORE, [b, a], make=True)

    async with acting(shop.database) as tx:
        await lots_of(tx, STORE, [a], make=True)
        waiting = asyncio.ensure_future(other())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await lots_of(tx, STORE, [b], make=True)
    await waiting
    assert await column(shop.database, "SELECT code FROM lot WHERE code <> '' ORDER BY code") == ["a", "b"]


# ── given back ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def released(shop: Shop, *made: Made, state: str = "RELEASED", hours: float = 0) -> int:
    async with acting(shop.database, hours=hours) as tx:
        return len(await release(tx, [one.id for one in made], ReservationState(state)))


async def test_what_is_given_back_can_be_held_again(shop: Shop) -> None:
    await shop.put(SKUS[0], 2, 1)
    await shop.contribute(SKUS[0], 5, cap=4)
    made = [await shop.hold((SKUS[0], 3)), await shop.hold((SKUS[0], 4))]
    assert await shop.tried((SKUS[0], 1)) == "NOT_ENOUGH_STOCK"
    assert await released(shop, *made) == 2
    assert await released(shop, *made) == 0
    assert await shop.reserved() == [0, 0, 0]
    assert await column(shop.database, "SELECT held FROM pool_contribution_sku") == [0]
    assert await shop.tried((SKUS[0], 7)) == "held"


async def test_only_what_is_over_expires(shop: Shop) -> None:
    await shop.put(SKUS[0], 5)
    made = await shop.hold((SKUS[0], 3))
    assert await released(shop, made, state="EXPIRED", hours=0.2) == 0
    assert await released(shop, made, state="EXPIRED", hours=0.25) == 1
    assert await column(shop.database, "SELECT state || coalesce(due_at::text, '') FROM reservation") == ["EXPIRED"]


async def test_a_hold_is_given_back_once_however_many_do(shop: Shop) -> None:
    await shop.put(SKUS[0], 50)
    made = [await shop.hold((SKUS[0], 2)) for _ in range(10)]
    ended = await asyncio.gather(
        *(released(shop, *Random(n).sample(made, 10)) for n in range(4)), *(shop.tried((SKUS[0], 1)) for _ in range(20))
    )
    assert sum(one for one in ended if isinstance(one, int)) == 10
    assert await shop.reserved() == [20]
