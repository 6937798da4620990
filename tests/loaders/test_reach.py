"""What reaches and why not, out of the database, equals the rule put to every campaign of made-up tenants.

`make prove` does it for 10,000 stores and 1,000 campaigns.
"""

from collections.abc import AsyncIterator
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from domain.access import Scope
from domain.campaign import ANYBODY, Aim, CampaignStatus, Dimension, Miss, Part, Question, ReachReason, moment_of, reach
from domain.ordering import Terminal
from loaders.base import Kept, Reading
from loaders.campaign import PAST, IndexOf, ItemSideOf, KeptIndexes, MemberSideOf, StoreSideOf
from loaders.campaign.index import KeptParts
from models.database import Database, Login
from models.session import ReadSession
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.loaders.rows import insert
from tests.loaders.worlds import NOW, ZONE, Goods, Person, Shop, World
from tests.proof import FULL, size

pytestmark = pytest.mark.prove
BATCH = 500
"""Stores asked about in one go."""


class Asker:
    """A database that takes worlds and answers what reaches in them."""

    def __init__(self, owner: Any, app: Database) -> None:
        self.owner, self.app = owner, app

    async def write(self, world: World) -> None:
        await insert(self.owner, world.tenant, world.tables())
        await self.owner.execute("ANALYZE")

    def reading(self, world: World, session: ReadSession, kept: Kept) -> Reading:
        return Reading(session, NOW, NOW.date(), Scope(everything=True), ZONE, kept)

    async def reach(
        self, world: World, asked: list[tuple[Shop, Person | None, Goods | None, str | None]], kept: Kept
    ) -> list[tuple[set[UUID], dict[UUID, Miss]]]:
        """What reaches each, and why the rest does not."""
        built = len(kept.of(KeptIndexes))
        kept._things.pop(KeptParts, None)  # what was put to the index before is asked again: it is counted here
        session = self.app.read(world.tenant)
        reading = self.reading(world, session, kept)
        index = await reading.load(IndexOf).one(world.tenant)
        stores = await reading.load(StoreSideOf).many([shop.cloud_store for shop, *_ in asked])
        people = list({person.id for _, person, _, _ in asked if person})
        skus = list({goods.id for _, _, goods, _ in asked if goods})
        members = dict(zip(people, await reading.load(MemberSideOf).many(people), strict=True))
        items = dict(zip(skus, await reading.load(ItemSideOf).many(skus), strict=True))
        assert session.statements == (1 if built else 3) + statements(world, bool(people), bool(skus))
        await session.close()
        moment = moment_of(NOW, ZONE)
        found = []
        if not live(world):
            assert stores == [None] * len(asked)
            return [(set(), {})] * len(asked)
        for (_, person, goods, terminal), store in zip(asked, stores, strict=True):
            assert store is not None
            rest = [
                index.part(ANYBODY) if person is None else members[person.id],
                index.part({}) if goods is None else items[goods.id],
                index.part({} if terminal is None else {Dimension.TERMINAL: (terminal,)}),
                index.part_of_moment(moment),
            ]
            parts: list[Part] = [part for part in rest if part is not None]
            assert len(parts) == len(rest)
            reached = index.reached([store.part, *parts], store.gates.passing & index.running(NOW))
            missed = index.listed(index.missed(store.gates, store.part, parts, NOW, index.heads))
            found.append(({index.aims[one].id for one in reached}, {index.aims[one].id: miss for one, miss in missed}))
        return found


@pytest.fixture
async def asker(owner_dsn: str) -> AsyncIterator[Asker]:
    owner = await asyncpg.connect(owner_dsn, server_settings={"synchronous_commit": "off"})
    app = pool_of(Login(owner_dsn, APP_ROLE))
    yield Asker(owner, app)
    await app.close()
    await owner.close()


def live(world: World) -> list[Aim]:
    """The campaigns that the index knows: published, and not over for long."""
    return [one for one in world.aims if one.status is CampaignStatus.PUBLISHED and one.ends_at > NOW - 2 * PAST]


def statements(world: World, people: bool, skus: bool) -> int:
    """What stores, members and skus cost beside the index: what no clause looks at is not asked for."""
    looked_at = {one.dimension for aim in live(world) for clause in aim.clauses.values() for one in clause}
    stores = 2 + (Dimension.TERRITORY in looked_at) + (Dimension.STORE in looked_at)
    if not live(world):  # where no campaign is, stores are not looked at
        stores = 0
    return stores + people + (1 + (Dimension.SKU in looked_at) if skus else 0)


def by_rule(world: World, question: Question) -> tuple[set[UUID], dict[UUID, Miss]]:
    """Every published campaign that is not over put to the rule, one by one."""
    answers = {one.id: reach(one, question) for one in live(world)}
    return {one for one, miss in answers.items() if miss is None}, {one: miss for one, miss in answers.items() if miss}


def asked_of(world: World, random: Random) -> list[tuple[Shop, Person | None, Goods | None, str | None]]:
    """Each store once, about somebody, something, somewhere."""
    return [
        (
            shop,
            random.choice([None, *world.people]),
            random.choice([None, *world.goods]),
            random.choice([None, *map(str, Terminal)]),
        )
        for shop in world.shops
    ]


@pytest.mark.timeout(3_000 if FULL else 120)
@pytest.mark.parametrize("seed", range(size(12, 40)))
async def test_the_database_reaches_whom_the_rule_reaches(asker: Asker, seed: int) -> None:
    random = Random(seed)
    world = World(random, stores=random.randint(1, 30), campaigns=random.randint(0, 60))
    await compare(asker, world, random)


@pytest.mark.timeout(3_000 if FULL else 120)
async def test_at_full_size(asker: Asker) -> None:
    random = Random(20_261_124)
    await compare(asker, World(random, stores=size(300, 10_000), campaigns=size(250, 1_000)), random)


async def compare(asker: Asker, world: World, random: Random) -> None:
    await asker.write(world)
    asked, kept = asked_of(world, random), Kept()
    reached, misses = 0, set[Any]()
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        for one, (found, missed) in zip(batch, await asker.reach(world, batch, kept), strict=True):
            right, wrong = by_rule(world, world.question(*one))
            assert (found, missed) == (right, wrong)
            reached += len(right)
            misses |= set(wrong.values())
    if len(asked) * len(world.aims) > 10_000:
        assert reached > len(asked)
        assert {miss.dimension for miss in misses} == {None, *Dimension}
        assert {miss.reason for miss in misses} == set(ReachReason) - {ReachReason.NOT_PUBLISHED}
