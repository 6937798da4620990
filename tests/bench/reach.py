"""Four ways to say what reaches, side by side: bits, the rule itself, counting in SQL, and a table of all reaches.

    python -m tests.bench.reach [stores] [campaigns]

10,000 stores and 1,000 running campaigns of two clauses with five conditions each, made up from one seed, in a database
of its own on the tests' PostgreSQL. docs/decisions/0017-campaign-reach.md holds what it printed.
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import asyncpg

import boot
from domain.access import NOBODY
from domain.campaign import (
    CampaignStatus,
    Condition,
    Dimension,
    Facts,
    Hours,
    Mention,
    ReachIndex,
    moment_of,
    reach,
)
from embedded import EmbeddedPostgres, default_home
from loaders.base import Kept, Reading
from loaders.campaign import IndexOf, ItemSideOf, StoreSideOf
from models.database import Database
from models.session import set_tenant
from tests.given import pool_of
from tests.loaders.rows import insert
from tests.loaders.worlds import DAY, NOW, ZONE, Shop, World
from tests.templates import SETTINGS

SEED = 20_261_124
SAMPLE = 50
"""Stores that the rule itself is timed on."""


class Large(World):
    """Every campaign runs, and has two clauses with five conditions on three dimensions."""

    def _aim(self, number: int) -> Any:
        clauses = {0: self._clause(), 1: self._clause()}
        made = super()._aim(number)
        return replace(
            made, status=CampaignStatus.PUBLISHED, starts_at=NOW - DAY, ends_at=NOW + DAY * 30, clauses=clauses
        )

    def _clause(self) -> tuple[Condition, ...]:
        chosen = self.random.sample(list(Dimension), 3)
        plain = [(chosen[0], False, 2), (chosen[1], False, 2), (chosen[2], self.random.random() < 0.5, 1)]
        return tuple(
            Condition(dimension, negated, value)
            for dimension, negated, size in plain
            for value in self.random.sample(self.values(dimension), min(size, len(self.values(dimension))))
        )


def say(what: str, figure: str) -> None:
    print(f"{what:<70} {figure}", flush=True)


def took(run: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of this process's CPU, and what came out."""
    began = time.process_time()
    answer = run()
    return time.process_time() - began, answer


async def least_ms(run: Callable[[], Awaitable[Any]], times: int = 15) -> float:
    """Milliseconds on the clock, of the quickest run: what others do on the machine is not ours."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        await run()
        spent.append((time.perf_counter() - began) * 1e3)
    return min(spent)


# ── bits, and the rule ────────────────────────────────────────────────────────────────────────────────────────────────
def mentions(world: World, dimension: Dimension) -> dict[UUID, list[Mention]]:
    """By value, the clauses that name it: what the database gives for the stores, or skus, of a request."""
    found: dict[UUID, list[Mention]] = {}
    for one in world.aims:
        for number, clause in one.clauses.items():
            for condition in clause:
                if condition.dimension is dimension and isinstance(condition.value, UUID):
                    found.setdefault(condition.value, []).append(Mention(one.id, number, condition.negated))
    return found


def in_bits(world: World) -> list[tuple[Shop, set[UUID]]]:
    """What reaches each store, for one member and one sku each; says what it took."""
    build, index = took(lambda: ReachIndex(world.aims, world.suspended))
    say("bits: to build the index", f"{build * 1e3:.0f} ms, about {index.size / 1e6:.1f} MB")
    people = [index.part(world.facts_of_person(person)) for person in world.people]
    skus = mentions(world, Dimension.SKU)
    items = [index.part(facts_of(goods), skus.get(goods.id, ())) for goods in world.goods]
    hour = index.part_of_moment(moment_of(NOW, ZONE))
    stores = mentions(world, Dimension.STORE)
    facts = [world.facts_of(shop) for shop in world.shops]

    def sides() -> list[tuple[Any, int]]:
        return [
            (
                index.part(facts[place], stores.get(shop.id, ())),
                index.gates(shop.above, {}).passing & index.running(NOW),
            )
            for place, shop in enumerate(world.shops)
        ]

    def heads() -> list[list[int]]:
        return [
            list(index.reached([part, people[place % len(people)], items[place % len(items)], hour], gates))
            for place, (part, gates) in enumerate(made)
        ]

    spent, made = took(sides)
    say(f"bits: {len(facts):,} stores put to it", f"{spent * 1e3:.0f} ms, {spent / len(facts) * 1e6:.0f} µs a store")
    spent, reached = took(heads)
    mean = sum(map(len, reached)) / len(reached)
    say(
        f"bits: what reaches each, with a member and a sku ({mean:.0f} on average)",
        f"{spent * 1e3:.0f} ms, {spent / len(facts) * 1e6:.0f} µs a store",
    )
    return [(shop, {index.aims[one].id for one in found}) for shop, found in zip(world.shops, reached, strict=True)]


def facts_of(goods: Any) -> Facts:
    return {Dimension.SKU: {goods.id}, Dimension.CATEGORY: set(goods.categories), Dimension.BRAND: {goods.brand}}


def by_rule(world: World, answers: list[tuple[Shop, set[UUID]]]) -> None:
    """The same for a sample, campaign by campaign; it must be the same answer."""
    places = range(0, len(answers), max(1, len(answers) // SAMPLE))
    sample = [answers[place] for place in places]
    asked = [
        replace(
            world.question(shop, world.people[place % len(world.people)], None, None),
            stances={},
            item=facts_of(world.goods[place % len(world.goods)]),
        )
        for place, (shop, _) in zip(places, sample, strict=True)
    ]
    spent, right = took(lambda: [{one.id for one in world.aims if reach(one, question) is None} for question in asked])
    assert right == [found for _, found in sample], "the rule says otherwise"
    each = spent / len(sample)
    say(
        f"rule: one store, campaign by campaign (of {len(sample)})",
        f"{each * 1e3:.1f} ms, all {each * len(answers):.0f} s",
    )


# ── counting in SQL ───────────────────────────────────────────────────────────────────────────────────────────────────
K_INDEX = """
CREATE UNLOGGED TABLE bench_condition (dimension text, value text, campaign uuid, clause int, negated bool);
CREATE UNLOGGED TABLE bench_clause (campaign uuid, clause int, owner uuid, k int, PRIMARY KEY (campaign, clause));
CREATE UNLOGGED TABLE bench_fact (store uuid, dimension text, value text, PRIMARY KEY (store, dimension, value));
CREATE UNLOGGED TABLE bench_reach (store uuid, campaign uuid, PRIMARY KEY (store, campaign));
"""
COUNTED = """
SELECT f.store, c.campaign FROM bench_fact f
JOIN bench_condition x ON x.dimension = f.dimension AND x.value = f.value
JOIN bench_clause c ON c.campaign = x.campaign AND c.clause = x.clause
WHERE f.store = ANY ($1)
  AND EXISTS (SELECT FROM bench_fact a WHERE a.store = f.store AND a.dimension = 'BELOW' AND a.value = c.owner::text)
GROUP BY f.store, c.campaign, c.clause, c.k
HAVING count(DISTINCT x.dimension) FILTER (WHERE NOT x.negated) = c.k AND NOT bool_or(x.negated)
"""
"""Clauses all of whose plain dimensions are met. Those without a plain one would need an arm of their own."""


def flat(facts: Facts) -> Iterator[tuple[str, str]]:
    for dimension, values in facts.items():
        for value in values:
            yield dimension.value, str(value)


async def in_sql(connection: Any, world: World, answers: list[tuple[Shop, set[UUID]]]) -> None:
    """Counting the dimensions that are met, as a k-index does; and the table of all reaches."""
    await connection.execute(K_INDEX)
    moment = moment_of(NOW, ZONE)
    hours = [value for value in world.values(Dimension.HOURS) if isinstance(value, Hours) and value.contains(moment)]
    conditions = [
        (one.dimension.value, str(one.value), aim.id, number, one.negated)
        for aim in world.aims
        for number, clause in aim.clauses.items()
        for one in clause
    ]
    clauses = [
        (aim.id, number, aim.owner_id, len({one.dimension for one in clause if not one.negated}))
        for aim in world.aims
        for number, clause in aim.clauses.items()
    ]
    facts = [
        (shop.id, *fact)
        for place, shop in enumerate(world.shops)
        for side in (
            world.facts_of(shop),
            world.facts_of_person(world.people[place % len(world.people)]),
            facts_of(world.goods[place % len(world.goods)]),
        )
        for fact in flat(side)
    ] + [(shop.id, Dimension.HOURS.value, str(value)) for shop in world.shops for value in hours]
    await connection.copy_records_to_table("bench_condition", records=conditions)
    await connection.copy_records_to_table("bench_clause", records=clauses)
    await connection.copy_records_to_table("bench_fact", records=facts)
    await connection.execute("CREATE INDEX ON bench_condition (dimension, value); ANALYZE")
    for count in (1, 100):
        ids = [shop.id for shop in world.shops[:count]]
        spent = await least_ms(partial(connection.fetch, COUNTED, ids), 5)
        say(f"SQL: counting for {count} stores, their facts gathered already", f"{spent:.1f} ms")
    pairs = [(shop.id, campaign) for shop, found in answers for campaign in found]
    began = time.perf_counter()
    for start in range(0, len(pairs), 100_000):
        await connection.copy_records_to_table("bench_reach", records=pairs[start : start + 100_000])
    spent = time.perf_counter() - began
    size = await connection.fetchval("SELECT pg_total_relation_size('bench_reach')")
    say(
        f"table: {len(pairs):,} reaches of one member and one sku a store",
        f"{size / 1e6:.0f} MB, {spent:.1f} s to write",
    )


async def stored_side(connection: Any, world: World, index: ReachIndex) -> None:
    """A table of what the store side lets in: all that could be kept ahead; members, skus and hours could not."""
    stores = mentions(world, Dimension.STORE)
    pairs = []
    for shop in world.shops:
        part = index.part(world.facts_of(shop), stores.get(shop.id, ()))
        gates = index.gates(shop.above, {})
        pairs += [(shop.id, index.aims[one].id) for one in index.reached([part], gates.passing)]
    await connection.execute("TRUNCATE bench_reach")
    began = time.perf_counter()
    for start in range(0, len(pairs), 100_000):
        await connection.copy_records_to_table("bench_reach", records=pairs[start : start + 100_000])
    spent = time.perf_counter() - began
    size = await connection.fetchval("SELECT pg_total_relation_size('bench_reach')")
    widest = max(index.aims, key=lambda aim: sum(campaign == aim.id for _, campaign in pairs[:100_000]))
    mine = [pair for pair in pairs if pair[1] == widest.id]
    await connection.execute("DELETE FROM bench_reach WHERE campaign = $1", widest.id)
    began = time.perf_counter()
    await connection.executemany("INSERT INTO bench_reach VALUES ($1, $2)", mine)
    publish = time.perf_counter() - began
    say(f"table: {len(pairs):,} reaches of the store side alone", f"{size / 1e6:.0f} MB, {spent:.1f} s to write")
    say(f"table: to publish one campaign that reaches {len(mine):,} stores", f"{publish * 1e3:.0f} ms")


# ── as a request does it ──────────────────────────────────────────────────────────────────────────────────────────────
async def in_requests(app: Database, world: World) -> ReachIndex:
    """The loaders: statements, facts and bits, in a process that has the index and in one that has not."""
    kept = Kept()

    async def request(stores: int, skus: int, kept: Kept) -> ReachIndex:
        session = app.read(world.tenant)
        reading = Reading(session, NOW, NOW.date(), NOBODY, ZONE, kept)
        index = await reading.load(IndexOf).one(world.tenant)
        sides = await reading.load(StoreSideOf).many([shop.cloud_store for shop in world.shops[:stores]])
        items = await reading.load(ItemSideOf).many([goods.id for goods in world.goods[:skus]]) if skus else [None]
        for side in sides:
            assert side is not None
            for item in items:
                parts = [side.part] if item is None else [side.part, item]
                list(index.reached(parts, side.gates.passing & index.running(NOW)))
        await session.close()
        return index

    index = await request(1, 0, kept)
    cold = await least_ms(lambda: request(1, 0, Kept()), 5)
    say("request: one store, the index not built yet", f"{cold:.0f} ms")
    for stores, skus in ((1, 0), (1, 60), (100, 0)):
        spent = await least_ms(partial(request, stores, skus, kept))
        say(f"request: {stores} stores, {skus} skus", f"{spent:.1f} ms")
    return index


async def main() -> None:
    stores, campaigns = (int(text) for text in (sys.argv[1:] + ["10000", "1000"][len(sys.argv) - 1 :]))
    spent, world = took(lambda: Large(Random(SEED), stores, campaigns))
    conditions = sum(len(clause) for aim in world.aims for clause in aim.clauses.values())
    say(
        f"{stores:,} stores, {campaigns:,} campaigns, {conditions:,} conditions, seed {SEED}",
        f"made up in {spent:.0f} s",
    )
    world.stances.clear()
    answers = in_bits(world)
    by_rule(world, answers)
    name = f"fresh_{os.getpid()}_reach"
    with EmbeddedPostgres(default_home(boot.PROJECT, boot.NAME) / "tests", settings=SETTINGS).start() as server:
        await boot.create_database(server, name)
        access = boot.embedded_access(server, name)
        await boot.migrate(access.owner)
        connection = await asyncpg.connect(access.owner)
        app = pool_of(access.app)
        try:
            await insert(connection, world.tenant, world.tables())
            await connection.execute("ANALYZE")
            index = await in_requests(app, world)
            await connection.execute(f"BEGIN; {set_tenant(world.tenant)}; COMMIT")
            await in_sql(connection, world, answers)
            await stored_side(connection, world, ReachIndex(world.aims, world.suspended))
            assert len(index.aims) == campaigns
        finally:
            await app.close()
            await connection.close()
            superuser = await asyncpg.connect(server.dsn(boot.SUPERUSER, boot.SUPERUSER))
            await superuser.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await superuser.close()


if __name__ == "__main__":
    asyncio.run(main())
