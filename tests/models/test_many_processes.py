"""Buyers in several processes, each with a committer and a pool of its own, while somebody adds up all the time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import pytest

from models.database import Login
from models.inventory import Committer, holding
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.acting import column
from tests.models.here import fill
from tests.models.shop import BROKEN, SKUS, Shop, goods, shopper, shoppers
from tests.processes import PROCESSES, Together, in_processes
from tests.proof import size

Wish = list[tuple[UUID, int]]
CONNECTIONS = 3
COMING_S = 0.3
"""Buyers come at any moment of so long."""
LOOK = f"""
    SELECT ARRAY[(SELECT count(*) FROM ({BROKEN}) b),
                 (SELECT count(*) FROM stock WHERE least(reserved, on_hand - reserved) < 0),
                 (SELECT coalesce(sum(reserved), 0) FROM stock)]
"""  # noqa: S608 - the tests' own text
"""What is broken, what is below zero, and what is held: three numbers of one snapshot."""


@asynccontextmanager
async def process(dsn: str, at_once: int, guess: int = holding.WORTH_A_GUESS) -> AsyncIterator[Shop]:
    """A process that holds, as the application is one; so many at once are prepared before their goods are locked."""
    with pytest.MonkeyPatch.context() as here:
        here.setattr(holding, "WORTH_A_GUESS", guess)
        database = pool_of(Login(dsn, APP_ROLE), CONNECTIONS)
        await database.ping()
        yield Shop(dsn, database, Committer(database, at_once=at_once))
        await database.close()


@pytest.fixture
async def shop(owner_dsn: str) -> AsyncIterator[Shop]:
    """The same in the test's own process: for what there is, and for looking."""
    await goods(owner_dsn)
    await shoppers(owner_dsn)
    async with process(owner_dsn, 1) as made:
        yield made


@dataclass
class Looker:
    """Looks again and again, until told."""

    shop: Shop
    seen: list[int] = field(default_factory=list)

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        done = False

        async def look() -> None:
            while not done:
                ((broken, below, held),) = await column(self.shop.database, LOOK)
                assert (broken, below) == (0, 0)
                self.seen.append(held)

        task = asyncio.ensure_future(look())
        yield
        done = True
        await task
        assert len(set(self.seen)) > 2, "nobody looked while they bought"
        assert self.seen == sorted(self.seen)


async def buy(together: Together, dsn: str, number: int, wishes: list[Wish], at_once: int, guess: int) -> list[str]:
    """What becomes of the wishes that come to this process, in a word each."""
    chance = Random(number)
    async with process(dsn, at_once, guess) as shop:

        async def comes(place: int, wish: Wish) -> str:
            await asyncio.sleep(chance.random() * COMING_S)
            key = f"{number}/{place}"
            return await shop.tried(*wish, key=key, customer=shopper(key))

        await together.wait()
        return await asyncio.gather(*(comes(place, wish) for place, wish in enumerate(wishes)))


async def bought(shop: Shop, wishes: list[Wish], at_once: int, guess: int) -> list[tuple[Wish, str]]:
    """Each wish and what became of it: every process takes its part of them."""
    parts = [wishes[number::PROCESSES] for number in range(PROCESSES)]
    async with Looker(shop).looking():
        told = await in_processes(buy, [(shop.dsn, number, part, at_once, guess) for number, part in enumerate(parts)])
    return [pair for part, answers in zip(parts, told, strict=True) for pair in zip(part, answers, strict=True)]


async def test_who_adds_up_sees_what_does_not(shop: Shop) -> None:
    """A row with more reserved than is held, a movement too many, a promise that nobody was given."""
    await shop.put(SKUS[0], 5)
    await shop.contribute(SKUS[0], 5, cap=None)
    await shop.hold((SKUS[0], 2))
    held, over = "state = 'HELD', due_at = expires_at", "state = 'RELEASED', due_at = NULL"
    for change, back in (
        ("stock SET reserved = reserved + 1 WHERE reserved > 0", "stock SET reserved = 2 WHERE reserved > 0"),
        ("stock SET on_hand = 6 WHERE reserved > 0", "stock SET on_hand = 5 WHERE reserved > 0"),
        ("stock SET quarantined = 1 WHERE reserved > 0", "stock SET quarantined = 0 WHERE reserved > 0"),
        ("pool_contribution_sku SET held = 1", "pool_contribution_sku SET held = 0"),
        (f"reservation SET {over}", f"reservation SET {held}"),
    ):
        assert await column(shop.database, LOOK) == [[0, 0, 2]]
        await fill(shop.dsn, f"UPDATE {change}")
        ((broken, _, _),) = await column(shop.database, LOOK)
        assert broken == 1, change
        await fill(shop.dsn, f"UPDATE {back}")
    assert await column(shop.database, LOOK) == [[0, 0, 2]]


BOTH = pytest.mark.parametrize("guess", [holding.WORTH_A_GUESS, 1], ids=["straight", "prepared"])
"""Whether what is held is written while its goods are locked, or, even for one alone, before."""


@BOTH
@pytest.mark.prove
async def test_a_hundred_units_go_to_a_hundred_of_five_hundred_buyers(shop: Shop, guess: int) -> None:
    """In three locations, from four processes: nobody is refused while a unit is left."""
    buyers = size(300, 500)
    await shop.put(SKUS[0], 20, 30, 50)
    told = Counter(answer for _, answer in await bought(shop, [[(SKUS[0], 1)]] * buyers, 16, guess))
    assert told == {"held": 100, "NOT_ENOUGH_STOCK": buyers - 100}
    assert await shop.reserved() == [20, 30, 50]


@BOTH
@pytest.mark.prove
async def test_lines_in_any_order_meet_in_no_circle_and_nobody_is_refused_for_nothing(shop: Shop, guess: int) -> None:
    """Three skus in every order, the first again in the last line; own goods and contributed ones; small groups, so
    that many meet. Nothing is given back: whoever was refused could not be served from what is left at the end either.
    """
    chance = Random(1)
    for sku in SKUS:
        await shop.put(sku, 10, 20, 30)
        await shop.contribute(sku, 40, cap=None)

    def wish() -> Wish:
        skus = chance.sample(SKUS, chance.randrange(1, 4))
        return [(sku, chance.randrange(1, 3)) for sku in (*skus, skus[0])]

    told = await bought(shop, [wish() for _ in range(size(200, 2_000))], 3, guess)
    assert {answer for _, answer in told} == {"held", "NOT_ENOUGH_STOCK"}
    left = dict(zip(SKUS, await column(shop.database, LEFT), strict=True))
    for wanted, answer in told:
        if answer != "held":
            needs = Counter[UUID]()
            for sku, units in wanted:
                needs[sku] += units
            assert any(units > left[sku] for sku, units in needs.items()), wanted


LEFT = "SELECT sum(on_hand - reserved)::bigint FROM stock GROUP BY sku_id ORDER BY sku_id"


# ── keys ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
AT_ONCE = 50
ROUND = 20
"""Keys that are asked for at the same time."""
COUNTS = """
    SELECT count(*) FROM reservation UNION ALL SELECT count(*) FROM reservation_line
    UNION ALL SELECT count(*) FROM stock_movement WHERE kind = 'HOLD' UNION ALL SELECT count(*) FROM audit_entry
    UNION ALL SELECT count(*) FROM idempotency_key
"""


async def repeat(together: Together, dsn: str, keys: int, times: int, guess: int) -> dict[str, list[UUID]]:
    """What this process is told under each key, asked for so many times at once, together with all others."""
    told: dict[str, list[UUID]] = {}
    async with process(dsn, 16, guess) as shop:
        for first in range(0, keys, ROUND):
            names = [f"key {number}" for number in range(first, min(keys, first + ROUND)) for _ in range(times)]
            await together.wait()
            holds = (shop.hold((SKUS[0], 1), key=name, customer=shopper(name)) for name in names)
            for name, made in zip(names, await asyncio.gather(*holds), strict=True):
                told.setdefault(name, []).append(made.id)
    return told


@BOTH
@pytest.mark.prove
async def test_a_hold_asked_for_by_fifty_at_once_is_taken_once(shop: Shop, guess: int) -> None:
    keys = size(60, 1_000)
    await shop.put(SKUS[0], keys * AT_ONCE)
    times = [AT_ONCE // PROCESSES + (number < AT_ONCE % PROCESSES) for number in range(PROCESSES)]
    async with Looker(shop).looking():
        everywhere = await in_processes(repeat, [(shop.dsn, keys, each, guess) for each in times])
    made = {name: {id for told in everywhere for id in told[name]} for name in everywhere[0]}
    assert sum(len(ids) for told in everywhere for ids in told.values()) == keys * AT_ONCE
    assert [len(ids) for ids in made.values()] == [1] * keys
    assert await column(shop.database, COUNTS) == [keys] * 5
    assert await shop.reserved() == [keys]
