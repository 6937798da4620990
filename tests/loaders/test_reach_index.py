"""The index kept from request to request: exactly what each snapshot holds, built once for many, within its bounds."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4
from weakref import ref

import asyncpg
import pytest
from sqlalchemy import text

import loaders.campaign.index
from domain.access import NOBODY
from domain.campaign import CampaignStatus, Dimension, ReachIndex
from loaders.base import Kept, Reading
from loaders.campaign import PAST, IndexOf, KeptIndexes
from loaders.campaign.index import KeptParts
from models.campaign import raise_revision
from models.database import Database, Login
from models.session import ReadSession
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.loaders.rows import insert
from tests.loaders.worlds import NOW, World

DAY = timedelta(days=1)


class Stand:
    """A tenant in a database, and those who read its index."""

    def __init__(self, world: World, app: Database) -> None:
        self.world, self.app, self.kept = world, app, Kept()

    async def index(self, session: ReadSession, now: datetime = NOW) -> ReachIndex:
        return await Reading(session, now, now.date(), NOBODY, kept=self.kept).load(IndexOf).one(self.world.tenant)

    async def ask(self, now: datetime = NOW) -> tuple[ReachIndex, int]:
        """The index of a request of its own, and what it cost."""
        session = self.app.read(self.world.tenant)
        index = await self.index(session, now)
        await session.close()
        return index, session.statements

    def asking(self, on_a_plan: bool, now: datetime = NOW) -> "asyncio.Task[ReachIndex]":
        """A request that asks for the index meanwhile, on a plan or on the reference executor."""

        async def ask() -> ReachIndex:
            session = self.app.read(self.world.tenant)
            reading = Reading(session, now, now.date(), NOBODY, kept=self.kept)
            try:
                asked = reading.load(IndexOf).one(self.world.tenant)
                index: ReachIndex = (await reading.rounds.together([asked]))[0] if on_a_plan else await asked
                return index
            finally:
                await session.close()

        return asyncio.ensure_future(ask())

    async def change(self, statement: str, *, said: bool = True, **values: Any) -> None:
        """Change the tenant's campaigns, and say so."""
        async with self.app.transaction(self.world.tenant) as session:
            if said:
                await raise_revision(session, self.world.tenant)
            await session.execute(text(statement), values)


@pytest.fixture
async def stand(owner_dsn: str) -> AsyncIterator[Stand]:
    world = World(Random(7), stores=5, campaigns=30)
    owner = await asyncpg.connect(owner_dsn)
    await insert(owner, world.tenant, world.tables())
    await owner.close()
    app = pool_of(Login(owner_dsn, APP_ROLE), 3)
    yield Stand(world, app)
    await app.close()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Until it is set no index is done."""
    event, made = asyncio.Event(), loaders.campaign.index.built

    async def slowly(*given: Any) -> ReachIndex:
        await event.wait()
        return made(*given[1:])

    monkeypatch.setattr(asyncio, "to_thread", slowly)
    return event


def live(world: World, since: datetime) -> set[UUID]:
    return {one.id for one in world.aims if one.status is CampaignStatus.PUBLISHED and one.ends_at > since}


async def test_it_holds_what_is_published_and_not_over(stand: Stand) -> None:
    index, statements = await stand.ask()
    assert {one.id for one in index.aims} == live(stand.world, NOW - 2 * PAST)
    assert statements == 3
    by_id = {one.id: one for one in stand.world.aims}
    assert all(one.clauses.keys() == by_id[one.id].clauses.keys() for one in index.aims)
    assert list(index.aims) == sorted(index.aims, key=lambda one: one.rank)


async def test_it_is_kept_until_the_revision_moves(stand: Stand) -> None:
    first, _ = await stand.ask()
    assert await stand.ask() == (first, 1)
    await stand.change("UPDATE campaign SET status = 'PAUSED' WHERE status = 'PUBLISHED'", said=False)
    assert await stand.ask() == (first, 1)  # nobody said that anything changed
    await stand.change("SELECT 1")
    second, statements = await stand.ask()
    assert (second.aims, statements) == ((), 3)
    assert await stand.ask() == (second, 1)


async def test_every_snapshot_has_its_own(stand: Stand) -> None:
    """A request that began before a change reads the campaigns as they were, whatever others have built since."""
    early = stand.app.read(stand.world.tenant)
    before = await stand.index(early)
    await stand.change("UPDATE campaign SET status = 'CLOSED'")
    after, _ = await stand.ask()
    again = await stand.index(early)
    await early.close()
    assert after.aims == ()
    assert [one.id for one in again.aims] == [one.id for one in before.aims]
    assert (await stand.ask())[0].aims == ()


async def test_changes_come_one_after_the_other(stand: Stand) -> None:
    """The second waits for the first, and is another revision; until it is committed nobody sees either."""
    before, _ = await stand.ask()
    tenant, pause = stand.world.tenant, "UPDATE campaign SET status = 'PAUSED' WHERE id = :id"
    one, two = (aim.id for aim in before.aims[:2])
    async with stand.app.transaction(tenant) as session:
        await raise_revision(session, tenant)
        await session.execute(text(pause), {"id": one})
        second = asyncio.ensure_future(stand.change(pause, id=two))
        await asyncio.sleep(0.1)
        assert not second.done()
        assert await stand.ask() == (before, 1)
    await second
    after, statements = await stand.ask()
    assert statements == 3
    assert {aim.id for aim in before.aims} - {aim.id for aim in after.aims} == {one, two}


@pytest.mark.parametrize("on_a_plan", [True, False])
async def test_who_ends_while_she_reads_leaves_it_to_who_waits(stand: Stand, owner_dsn: str, on_a_plan: bool) -> None:
    """Also where one of those who wait is ended just as she is woken; newcomers are served as well."""
    owner = await asyncpg.connect(owner_dsn)
    async with owner.transaction():
        await owner.execute("LOCK TABLE campaign IN ACCESS EXCLUSIVE MODE")
        builder = stand.asking(on_a_plan)
        await asyncio.sleep(0.1)
        gone, stays = stand.asking(on_a_plan), stand.asking(on_a_plan)
        await asyncio.sleep(0.1)
        builder.cancel()
        await asyncio.wait([builder])
        gone.cancel()
        await asyncio.sleep(0.1)
        newcomer = stand.asking(on_a_plan)
    await owner.close()
    async with asyncio.timeout(5):
        assert await stays is await newcomer
    assert (builder.cancelled(), gone.cancelled()) == (True, True)
    assert stand.kept.of(KeptIndexes).building == {}


@pytest.mark.parametrize("on_a_plan", [True, False])
async def test_what_one_has_begun_to_build_is_done_without_her(
    stand: Stand, held: asyncio.Event, on_a_plan: bool
) -> None:
    """Else an index that takes longer than a request has would never be there."""
    builder = stand.asking(on_a_plan)
    await asyncio.sleep(0.1)
    stays = stand.asking(on_a_plan)
    await asyncio.sleep(0.1)
    builder.cancel()
    await asyncio.wait([builder])
    held.set()
    async with asyncio.timeout(5):
        index = await stays
    assert builder.cancelled()
    assert await stand.ask() == (index, 1)
    assert stand.kept.of(KeptIndexes).building == {}


@pytest.mark.parametrize("on_a_plan", [True, False])
async def test_who_stops_waiting_ends_nobody_s_building(stand: Stand, held: asyncio.Event, on_a_plan: bool) -> None:
    """And who asks about an earlier time than what is being built knows has one of her own."""
    builder = stand.asking(on_a_plan)
    await asyncio.sleep(0.05)
    gone, stays = stand.asking(on_a_plan), stand.asking(on_a_plan)
    await asyncio.sleep(0.05)
    gone.cancel()
    await asyncio.sleep(0.05)
    earlier = stand.asking(on_a_plan, NOW - 3 * PAST)
    await asyncio.sleep(0.05)
    held.set()
    async with asyncio.timeout(5):
        assert await builder is await stays
        assert {one.id for one in (await earlier).aims} == live(stand.world, NOW - 5 * PAST)
    assert gone.cancelled()


async def test_it_serves_every_instant_it_may_be_asked_about(stand: Stand) -> None:
    first, _ = await stand.ask()
    assert await stand.ask(NOW + 10 * DAY) == (first, 1)
    assert await stand.ask(NOW - PAST) == (first, 1)
    # A clock that was set back further may ask about what this index has left out.
    early, statements = await stand.ask(NOW - PAST - timedelta(microseconds=1))
    assert statements == 3
    assert {one.id for one in early.aims} == live(stand.world, NOW - 3 * PAST - timedelta(microseconds=1))


async def test_a_campaign_whose_conditions_do_not_fit_is_left_out(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a part of them it would reach too far."""
    whole, _ = await stand.ask()
    named = sorted(one.id for one in whole.aims if one.clauses)
    monkeypatch.setattr(loaders.campaign.index, "MAX_CONDITIONS", 20)
    stand.kept = Kept()
    cut, _ = await stand.ask()
    known = {one.id: one.clauses for one in whole.aims}
    assert 0 < len(cut.aims) < len(whole.aims)
    assert all(one.clauses == known[one.id] for one in cut.aims)
    assert max(one.id for one in cut.aims) < named[-1]
    assert "more than 20 conditions" in caplog.text


async def test_of_too_many_campaigns_those_of_a_lower_rank_are_left_out(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole, _ = await stand.ask()
    for most, said in ((len(whole.aims), ""), (5, "more than 5 campaigns")):
        monkeypatch.setattr(loaders.campaign.index, "MAX_AIMS", most)
        stand.kept = Kept()
        cut, _ = await stand.ask()
        assert [one.id for one in cut.aims] == [one.id for one in whole.aims[:most]]
        assert [said in line and "campaigns" in line for line in caplog.messages] == [True] * bool(said)


def test_what_is_kept_is_bounded() -> None:
    tenants = [uuid4() for _ in range(4)]
    one = ReachIndex(World(Random(1), stores=3, campaigns=10).aims)
    kept = KeptIndexes(entries=3, size=10**9)
    for tenant in tenants[:3]:
        kept.put(tenant, 1, NOW, one)
    assert kept.get(tenants[0], 1, NOW) is one  # asked for last, so the second goes
    kept.put(tenants[3], 1, NOW, one)
    assert [kept.get(tenant, 1, NOW) is one for tenant in tenants] == [True, False, True, True]
    kept.put(tenants[3], 2, NOW, one)
    assert (len(kept), kept.bytes) == (3, 3 * one.size)
    assert kept.get(tenants[3], 1, NOW) is None
    assert kept.get(tenants[3], 2, NOW - DAY) is None
    kept.put(tenants[3], 1, NOW, ReachIndex([]))  # by a request that began before the change
    assert kept.get(tenants[3], 2, NOW) is one
    small = KeptIndexes(entries=3, size=one.size + 1)
    small.put(tenants[0], 1, NOW, one)
    small.put(tenants[1], 1, NOW, one)
    assert (len(small), small.bytes) == (1, one.size)
    assert small.get(tenants[1], 1, NOW) is one


def test_a_part_is_known_under_its_index_and_its_facts_alone() -> None:
    world = World(Random(1), stores=3, campaigns=10)
    one, other = ReachIndex(world.aims), ReachIndex(world.aims)
    facts = {Dimension.SITE: (), Dimension.TIER: ("STORE",)}
    kept, store, part = KeptParts(), uuid4(), one.part(facts)
    kept.put(one, store, facts, part)
    assert kept.get(one, store, dict(facts)) is part
    assert kept.get(other, store, facts) is None
    assert kept.get(one, store, {**facts, Dimension.TIER: ("AGENT",)}) is None
    assert kept.get(one, uuid4(), facts) is None


def test_parts_are_bounded_and_keep_no_index_alive() -> None:
    one = ReachIndex(World(Random(1), stores=3, campaigns=10).aims)
    facts = {Dimension.SITE: ()}
    part, stores = one.part(facts), [uuid4() for _ in range(4)]
    weighed = KeptParts()
    weighed.put(one, stores[0], facts, part)
    kept = KeptParts(size=3 * weighed.bytes)
    for store in stores[:3]:
        kept.put(one, store, facts, part)
    assert kept.get(one, stores[0], facts) is part  # asked for last, so the second goes
    kept.put(one, stores[3], facts, part)
    kept.put(one, stores[3], facts, part)
    assert [kept.get(one, store, facts) is part for store in stores] == [True, False, True, True]
    assert (len(kept), kept.bytes) == (3, 3 * weighed.bytes)
    gone = ref(one)
    del one
    assert gone() is None
