"""Sales while everything is killed: whoever asks again under her key has one order, paid once, and nothing else is.

Server, worker, database and payment provider are real processes, killed at seeded moments by the signal that none can
catch, while shoppers place, pay and give up over HTTP. What is left then is reckoned row by row.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final
from uuid import uuid4

import pytest

import app as application
import boot
from demo.qingquan import TENANT as QINGQUAN
from embedded import EmbeddedPostgres, Server
from models.database import connected
from settings import Settings
from tests.flows.killing import House, kinds
from tests.flows.planting import PLANTED, plant
from tests.flows.reckoning import Before, before, reckon, still_owed, waiting
from tests.flows.shoppers import PRICES, Shopping, Story, errands
from tests.flows.started import clear
from tests.given import pool_of
from tests.graph.acting import Acts
from tests.graph.client import GraphClient
from tests.graph.selling import Selling
from tests.graph.trade import MEMBERS, Trade
from tests.loaders.rows import insert
from tests.proof import MEASURED, size
from transport.bearer import Identity

SEED: Final = 7
PLACEMENTS: Final = size(40, 1_000)
KILLS: Final = size(6, 24)
AT_ONCE: Final = size(8, 16)
"""Shoppers side by side."""
WORKERS: Final = size(1, 2)
"""Server processes on the port."""
STORE: Final = 60
UNITS: Final = 1_000_000
"""Of each sku: nobody goes without."""
LATEST_MOMENT: Final = 0.85
"""The part of all errands by which the last kill has come, so that something is going on."""
SETTLED_S: Final = 120.0
HURRY_S: Final = 0.5
LIFETIME: Final = timedelta(hours=2)


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that the database's account may pass."""
    base = Path("/tmp", f"killed-{os.getpid()}")
    base.mkdir()
    base.chmod(0o755)
    yield base
    clear(base)


async def furnished(server: Server) -> Selling:
    """What `serve` takes for the demo's tenants, so that it imports nothing, and a store in the first that sells."""
    access, superuser, trade = boot.embedded_access(server, boot.NAME), dsn_of(server), Trade()
    await boot.prepare(access)
    async with connected(superuser) as connection:
        await insert(connection, trade.tenant, trade.tables())
        await connection.execute("UPDATE tenant SET code = $2 WHERE id = $1", trade.tenant, application.DEMO_TENANT)
        await connection.execute("INSERT INTO tenant (id, code, name) VALUES ($1, $2, 'x')", uuid4(), QINGQUAN.code)
    trade.code = application.DEMO_TENANT
    database = pool_of(access.app, 2)
    client = GraphClient(database, datetime.now(UTC) - timedelta(minutes=1))
    selling = Selling(Acts(client, trade, superuser), STORE)
    own, others = PRICES
    await selling.open()
    await selling.grant(*PRICES)
    await selling.put(*PRICES.items())
    shop = uuid4()
    columns = "location (tenant_id, id, organization_id, kind, code, name)"
    await selling.add({columns: [(shop, trade.key(selling.store), "SHOP", "shop", "x")]})
    await selling.give(shop, selling.store, own, UNITS)
    await selling.contribute(others, UNITS)
    await database.close()
    return selling


def dsn_of(server: Server) -> str:
    """As whom everything can be seen and planted."""
    return server.dsn(boot.SUPERUSER, boot.NAME)


def tokens(home: Path, trade: Trade) -> dict[str, str]:
    secret = application.secret_of(Settings(DATA_DIR=home))
    return {
        one: application.demo_token(secret, Identity(subject=one, actor="consumer", tenant=trade.tenant), LIFETIME)
        for one in MEMBERS
    }


async def killing(house: House, shopping: Shopping, errands_in_all: int, chance: Random) -> None:
    """Kill one thing after the other, at moments that are drawn from how far the shoppers are."""
    moments = sorted(chance.uniform(0.02, LATEST_MOMENT) for _ in range(KILLS))
    for moment, kind in zip(moments, kinds(KILLS, chance), strict=True):
        while shopping.over < moment * errands_in_all:  # noqa: ASYNC110  # as often as it is counted
            await asyncio.sleep(0.001)
        await asyncio.sleep(chance.uniform(0, 0.03))
        await asyncio.to_thread(house.kill, kind)


async def settled(server: Server, house: House) -> None:
    """Wait until neither the worker nor the provider has anything to do.

    Both wait longer each time that somebody was away, the provider for minutes by now: what is left is due at once.
    """
    deadline = time.monotonic() + SETTLED_S
    async with connected(dsn_of(server)) as connection:
        while left := [*await waiting(connection), *still_owed(house.book)]:
            assert time.monotonic() < deadline, left
            await connection.execute("UPDATE refund SET due_at = created_at WHERE due_at > now()")
            await asyncio.to_thread(house.send_again, still_owed(house.book))
            await asyncio.sleep(HURRY_S)


async def find_their_orders(shopping: Shopping) -> None:
    """Each shopper sees the order that she was told, and is told the same one when she asks once more."""
    for story in shopping.stories:
        if story.order is not None:
            found = await shopping.found(story)
            wanted = {str(sku): units for sku, units in story.errand.wanted.items()}
            assert found["total"] == story.errand.total_fen
            assert {line["sku"]["code"]: line["quantity"] for line in found["lines"]["nodes"]} == wanted
            assert await shopping.place(story) == story.order


async def every_fault_is_found(server: Server, was: Before, stories: list[Story], book: Path) -> None:
    """The reckoning that finds nothing finds each of these, and nothing again once it is undone."""
    one = next(story.subject for story in stories if story.errand.kind == "lines")
    async with connected(dsn_of(server)) as connection:
        for name, statements in PLANTED.items():
            planting = connection.transaction()
            await planting.start()
            await plant(connection, statements, one)
            assert await reckon(connection, was, stories, book) != [], name
            await planting.rollback()
        assert await reckon(connection, was, stories, book) == []


@pytest.mark.prove
@pytest.mark.timeout(size(120, 1_800))
async def test_who_asks_again_has_one_order_that_is_paid_once_whatever_is_killed(
    place: Path, record_property: Callable[[str, object], None]
) -> None:
    chance, home = Random(SEED), place / "data"
    with await asyncio.to_thread(EmbeddedPostgres(home).start) as server:
        selling = await furnished(server)
        listings = {sku: (await selling.line(sku, 1))["listingId"] for sku in PRICES}
        house = House(home, WORKERS, chance)
        shopping = Shopping(house.url, tokens(home, selling.trade), listings, dsn_of(server))
        out = errands(PLACEMENTS, MEMBERS, chance)
        async with connected(dsn_of(server)) as connection:
            was = await before(connection, selling.trade.key(selling.store))
        try:
            await asyncio.to_thread(house.open)
            began = time.monotonic()
            async with asyncio.TaskGroup() as group:
                group.create_task(shopping.go(out, AT_ONCE))
                group.create_task(killing(house, shopping, len(out), chance))
            took = time.monotonic() - began
            await settled(server, house)
            await find_their_orders(shopping)
            assert await asyncio.to_thread(house.close) == 0
        finally:
            await shopping.aclose()
            house.leave_nothing()
        async with connected(dsn_of(server)) as connection:
            assert await reckon(connection, was, shopping.stories, house.book) == []
        await every_fault_is_found(server, was, shopping.stories, house.book)
    assert house.faults() == []
    assert house.killed == Counter(kinds(KILLS, Random()))
    assert shopping.lost + shopping.refused > 0  # otherwise nobody noticed
    said = f"{len(out)} errands, killed: {dict(house.killed)}; {shopping.answered} requests answered,"
    said += f" {shopping.lost} lost, {shopping.refused} told to ask again; {took:.1f} s, seed {SEED}"
    record_property(MEASURED, said)
