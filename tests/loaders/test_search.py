"""Searching shelves: the SQL equals the rule whichever way it goes, and no way reads the tenant for a rare word."""

import itertools
import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import loaders.catalog.search as searching
from domain.access import NOBODY
from domain.search import Goods, ask, distance, of_tenant, tokens
from integrations.bulk import Bulk
from integrations.skus import write_words
from loaders.base import Reading
from loaders.catalog import SHELF
from loaders.catalog.search import ALONG_THE_SHELF, ALONG_THE_WORDS, FEW, FOUND, WayOf
from loaders.paging import Page, PageRequest, key_of, totals
from models import catalog, channel
from models.database import Database, Login
from models.reading import set_tenant
from models.wall import APP_ROLE
from tests.flows.imports import everything
from tests.given import pool_of
from tests.models.here import HERE
from tests.proof import size

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
THERE = UUID(int=2)
SHOPS, SKUS, SHELF_LENGTH = 100, 300, 40
WORDS = ("可口", "可乐", "百事", "水", "矿泉水", "cola", "Coca-Cola", "co", "750", "ml", "7up", "1.5", "é")
texts = st.lists(st.sampled_from((*WORDS, "c", "乐", "7", "可乐水", "!", "0007")), min_size=1, max_size=4).flatmap(
    lambda words: st.sampled_from(["".join(words), " ".join(words)])
)
drawn = settings(
    derandomize=True,
    deadline=None,
    max_examples=size(40, 1_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True)
class Shelves:
    """A tenant of the tests' own: what its skus are called, and which of them stands where on each shelf."""

    tenant: UUID
    kept: Mapping[UUID, list[str]]
    shops: Mapping[UUID, list[tuple[int, UUID, UUID]]]

    def wanted(self, shop: UUID, text: str) -> list[tuple[int, int, UUID]]:
        """The keys of what the text finds on a shelf, in order, by the rule of the domain."""
        query = ask(text)
        if query is None:
            return []
        far = {sku: distance(query, self.kept[sku]) for _, _, sku in self.shops[shop]}
        return sorted(
            (away, position, listing) for position, listing, sku in self.shops[shop] if (away := far[sku]) is not None
        )


async def fill(dsn: str, tenant: UUID) -> Shelves:
    """Goods called by a few words, some of them on each of a hundred shelves; the same words in every tenant."""
    dice = random.Random(tenant.int)
    shops = [uuid5(tenant, f"shop {number}") for number in range(SHOPS)]
    owners = [uuid5(tenant, f"owner {number}") for number in range(SHOPS)]
    goods = {
        uuid5(tenant, f"sku {number}"): Goods(
            " ".join(dice.choices(WORDS, k=2)),
            dice.choice(("", " ")).join(dice.choices(WORDS, k=3)),
            f"{number:04}",
            dice.choice((None, f"69-{number}")),
            dice.choice(WORDS),
            dice.choice((None, *WORDS)),
        )
        for number in range(SKUS)
    }
    skus = list(goods)
    shelves = {
        shop: [
            # Positions come twice: what stands on one is told apart by its id.
            (place // 2, uuid5(shop, f"listing {place}"), sku)
            for place, sku in enumerate(dice.sample(skus, SHELF_LENGTH))
        ]
        for shop in shops
    }
    rows = [(listing, shop, sku, position) for shop, on in shelves.items() for position, listing, sku in on]
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.execute("INSERT INTO tenant (id, code, name) VALUES ($1, $2, $2)", tenant, f"t{tenant.int}")
        await connection.execute(set_tenant(tenant))
        bulk = Bulk(connection, tenant)
        names = [str(number) for number in range(SHOPS)]
        await bulk.insert(channel.Organization, {"id": owners, "tier": ["STORE"] * SHOPS, "code": names, "name": names})
        await bulk.insert(
            channel.CloudStore,
            {
                "id": shops,
                "organization_id": owners,
                "mode": ["O2O"] * SHOPS,
                "name": names,
                "opened_at": [NOON] * SHOPS,
            },
        )
        codes = [text.code for text in goods.values()]
        columns: dict[str, Sequence[Any]] = {"id": skus, "code": codes, "name": codes}
        await bulk.insert(catalog.Product, {**columns, "brand_id": [owners[0]] * SKUS})
        await bulk.insert(catalog.Sku, {**columns, "product_id": skus})
        await write_words(bulk, goods)
        ids, at, what, places = (list(column) for column in zip(*rows, strict=True))
        listed = {"id": ids, "cloud_store_id": at, "sku_id": what, "position": places}
        await bulk.insert(catalog.Listing, {**listed, "origin": ["EXTERNAL"] * len(ids)})
    assert bulk.counts["sku_search"] == SKUS
    await connection.execute("ANALYZE")  # as imports do
    await connection.close()
    return Shelves(tenant, {sku: tokens(tenant, text) for sku, text in goods.items()}, shelves)


@pytest.fixture
async def here(owner_dsn: str) -> Shelves:
    await fill(owner_dsn, THERE)
    return await fill(owner_dsn, HERE)


@pytest.fixture
async def database(owner_dsn: str, here: Shelves) -> AsyncIterator[Database]:
    """A pool of a single connection: what is not given back is missed at once."""
    pool = pool_of(Login(owner_dsn, APP_ROLE))
    yield pool
    assert pool.connections()["busy"] == 0
    await pool.close()


@pytest.fixture(params=[0, FEW], ids=["along the shelf", "along the words"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Either way, whatever is found."""
    monkeypatch.setattr(searching, "FEW", request.param)
    return int(request.param)


def reading(database: Database, tenant: UUID = HERE) -> Reading:
    return Reading(database.read(tenant), NOON, NOON.date(), NOBODY)


async def pages_of(
    at: Reading, shops: Sequence[UUID], text: str, first: int = 100, after: tuple[Any, ...] | None = None
) -> list[Page[Any]]:
    query = ask(text)
    assert query is not None
    way = await at.load(WayOf).one(query)
    return await way.connection.pages(at, shops, PageRequest(first, after), **way.values)


@pytest.mark.prove
@drawn
@given(text=texts, first=st.integers(1, 7), number=st.integers(0, SHOPS - 1))
async def test_what_is_found_and_its_order_are_the_rule_s(
    few: int, here: Shelves, database: Database, text: str, first: int, number: int
) -> None:
    if ask(text) is None:
        return
    shop = list(here.shops)[number]
    at = reading(database)
    found: list[Any] = []
    after = None
    while True:
        (page,) = await pages_of(at, [shop], text, first, after)
        found += [key_of(row) for row in page.rows]
        if not page.has_next:
            break
        after = key_of(page.rows[-1])
    assert found == here.wanted(shop, text)
    assert await totals(at, [page]) == [len(found)]
    await at.session.close()


async def test_a_hundred_shelves_cost_what_one_costs(few: int, here: Shelves, database: Database) -> None:
    for text, count in itertools.product(("水", "co", "可乐 750", "0007"), (1, 10, 100)):
        shops = list(here.shops)[:count]
        at = reading(database)
        pages = await pages_of(at, shops, text)
        assert [[key_of(row) for row in page.rows] for page in pages] == [here.wanted(shop, text) for shop in shops]
        assert at.session.statements == 2
        await totals(at, pages)
        assert at.session.statements == 3
        await at.session.close()


async def test_a_cursor_of_one_way_goes_on_by_the_other(
    here: Shelves, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a text finds may become many between two pages."""
    shop = next(iter(here.shops))
    wanted = here.wanted(shop, "co 水")
    at = reading(database)
    (page,) = await pages_of(at, [shop], "co 水", 2)
    await at.session.close()
    monkeypatch.setattr(searching, "FEW", 0)
    at = reading(database)
    (rest,) = await pages_of(at, [shop], "co 水", 100, key_of(page.rows[-1]))
    await at.session.close()
    assert (page.connection, rest.connection) == (ALONG_THE_WORDS, ALONG_THE_SHELF)
    assert [key_of(row) for row in (*page.rows, *rest.rows)] == wanted
    assert len(wanted) > 3


async def test_equal_questions_share_their_statement(here: Shelves, database: Database) -> None:
    at = reading(database)
    one, same, other = (ask(text) for text in ("co 水", "CO  水", "水 co"))
    assert one is not None
    assert same is not None
    assert other is not None
    await at.load(WayOf).many([one, same, one])
    assert at.session.statements == 1
    await at.load(WayOf).many([other])
    assert at.session.statements == 2
    await at.session.close()


async def test_only_skus_of_the_asked_tenant_are_found(here: Shelves, database: Database) -> None:
    """The table has no row security: the statement itself keeps to the tenant, whatever the session is set to."""
    for tenant in (HERE, THERE):
        for text in (*WORDS, "c", "0007", "69"):
            query = ask(text)
            assert query is not None
            at = reading(database, tenant)
            values = {"marks": query.marks, "weights": query.weights, "start": query.start}
            found = await at.fetch(FOUND, needed=query.needed, **values)
            assert found
            own = {uuid5(tenant, f"sku {number}") for number in range(SKUS)}
            assert {row.sku_id for row in found} <= own
            assert {row.sku_id for row in await at.fetch(FOUND, needed=[of_tenant(tenant)], **values)} <= own
            foreign = of_tenant(THERE if tenant == HERE else HERE)
            assert await at.fetch(FOUND, needed=[foreign, *query.needed], **values) == []
            await at.session.close()


CLOSE = (
    "UPDATE cloud_store SET opened_at = $3::timestamptz - interval '1 day', closed_at = $3"
    " WHERE tenant_id = $1 AND id = $2"
)
SUSPEND = (
    "UPDATE organization SET status = 'SUSPENDED' FROM cloud_store AS c WHERE organization.tenant_id = $1"
    " AND c.tenant_id = $1 AND c.organization_id = organization.id AND c.id = $2 AND $3::timestamptz IS NOT NULL"
)
TAKE_OFF = (
    "UPDATE listing SET status = 'UNLISTED' WHERE tenant_id = $1 AND cloud_store_id = $2 AND position >= 3"
    " AND $3::timestamptz IS NOT NULL"
)


UNGRANTED = TAKE_OFF.replace("status = 'UNLISTED'", "origin = 'POOL'")


@pytest.mark.parametrize(("change", "left"), [(None, 40), (CLOSE, 0), (SUSPEND, 0), (TAKE_OFF, 6), (UNGRANTED, 6)])
async def test_what_is_not_on_the_shelf_is_not_found(
    here: Shelves,
    database: Database,
    owner_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    change: str | None,
    left: int,
) -> None:
    shop = list(here.shops)[1]  # the first one's owner is the brand of all goods: it needs no authorisation
    if change is not None:
        connection = await asyncpg.connect(owner_dsn)
        async with connection.transaction():
            await connection.execute(set_tenant(HERE))
            assert not (await connection.execute(change, HERE, shop, NOON)).endswith(" 0")
        await connection.close()
    for few in (0, FEW):
        monkeypatch.setattr(searching, "FEW", few)
        at = reading(database)
        (shelf,) = await SHELF.pages(at, [shop], PageRequest(100))
        asked = [(await pages_of(at, [shop], text))[0].rows for text in "0123"]
        await at.session.close()
        # Every code has one of these digits in front.
        assert {row.id for rows in asked for row in rows} == {row.id for row in shelf.rows}
        assert len(shelf.rows) == left


# ── plans ─────────────────────────────────────────────────────────────────────────────────────────────────────────
MANY = 20_000
MANY_SKUS = """
INSERT INTO sku (tenant_id, id, product_id, code, name)
SELECT $1::uuid, md5($1::text || n)::uuid, $2::uuid, 'many' || n, n::text FROM generate_series(1, $3::bigint) AS n
"""
MANY_WORDS = """
INSERT INTO sku_search (tenant_id, sku_id, tokens)
SELECT $1::uuid, md5($1::text || n)::uuid, ARRAY[$2, 'all', 'r' || n % 4000, CASE WHEN $1::text LIKE '%2' THEN 'far'
ELSE 'near' END] FROM generate_series(1, $3::bigint) AS n
"""
MANY_LISTINGS = """
INSERT INTO listing (tenant_id, id, cloud_store_id, sku_id, origin, position)
SELECT $1::uuid, md5($2::uuid::text || n)::uuid, $2::uuid, md5($1::text || n)::uuid, 'EXTERNAL', n
FROM generate_series(1, $3::bigint) AS n
"""


async def many(dsn: str, shelves: Sequence[UUID]) -> None:
    """Twenty thousand skus more in each of two tenants, a quarter of them on the shelves of the first ten shops."""
    connection = await asyncpg.connect(dsn)
    for tenant in shelves:
        async with connection.transaction():
            await connection.execute(set_tenant(tenant))
            await connection.execute(MANY_SKUS, tenant, uuid5(tenant, "sku 0"), MANY)
            await connection.execute(MANY_WORDS, tenant, of_tenant(tenant), MANY)
            for number in range(10):
                await connection.execute(MANY_LISTINGS, tenant, uuid5(tenant, f"shop {number}"), MANY // 4)
    await connection.execute("ANALYZE sku, sku_search, listing, cloud_store, organization")
    await connection.close()


def literal(value: Any) -> str:
    if isinstance(value, list | tuple):
        kind = {str: "text", int: "bigint", UUID: "uuid"}[type(value[0])]
        return f"ARRAY[{', '.join(map(literal, value))}]::{kind}[]"
    return f"'{value}'" if isinstance(value, str | UUID | datetime) else str(value)


def looks(plan: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """What a plan reads of tables: how, which index or table, and how many rows it looked at."""
    if "Relation Name" in plan or "Index Name" in plan:
        seen = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
        yield str(plan["Node Type"]), str(plan.get("Index Name", plan.get("Relation Name"))), round(seen)
    for inner in plan.get("Plans", ()):
        yield from looks(inner)


async def explained(database: Database, statement: Any, **values: Any) -> dict[str, Any]:
    """How a statement went under row security, by the plan that serves whatever is asked."""
    checkout = await database.checkout()
    driver: Any = checkout.driver
    values |= {"tenant": HERE, "after_0": -1, "after_1": -1, "after_2": UUID(int=0), "page_limit": 21, "now": NOON}
    values |= {"viewer_everything": False, "viewer_organizations": [UUID(int=0)]}
    await driver.execute(f"BEGIN READ ONLY; SET LOCAL plan_cache_mode = force_generic_plan; {set_tenant(HERE)}")
    await driver.execute(f"PREPARE searching AS {statement.text}")
    asked = ", ".join(literal(values[name]) for name in statement.names)
    (plan,) = await driver.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE searching ({asked})")
    await driver.execute("DEALLOCATE searching; ROLLBACK")
    checkout.give_back()
    told: dict[str, Any] = plan["Plan"]
    return told


async def plan_of(database: Database, statement: Any, **values: Any) -> list[tuple[str, str, int]]:
    """The looks of a statement."""
    return list(looks(await explained(database, statement, **values)))


def times(plan: dict[str, Any], table: str) -> int:
    """How often a plan went to a table."""
    own = plan["Actual Loops"] if plan.get("Relation Name") == table else 0
    return int(own) + sum(times(inner, table) for inner in plan.get("Plans", ()))


async def test_no_way_reads_the_tenant_for_a_rare_word(here: Shelves, database: Database, owner_dsn: str) -> None:
    await many(owner_dsn, [HERE, THERE])
    query = ask("any")
    assert query is not None
    marks = {"marks": query.marks, "weights": query.weights, "start": query.start}

    async def found(*words: str) -> list[tuple[str, str, int]]:
        return await plan_of(database, FOUND, needed=[of_tenant(HERE), *words], **marks)

    index, table = ("Bitmap Index Scan", "ix_sku_search_tokens"), ("Bitmap Heap Scan", "sku_search")
    # Five skus of each tenant have it: those of the other are not looked at, nor are the 20,000 that have "far".
    assert await found("r77") == [(*table, 5), (*index, 5)]
    assert await found("far") == [(*table, 0), (*index, 0)]
    assert await found("all", "r77") == [(*table, 5), (*index, 5)]
    # Of what all have, no more is looked at than tells that it is not few.
    assert await found("all") == [(*table, FEW + 1), (*index, MANY)]

    # A few skus on a shelf of 5,000 and on one of 40: only those of them that stand there are looked at.
    shops = [uuid5(HERE, "shop 0"), uuid5(HERE, "shop 50")]
    skus = list(here.kept)[:5]
    read = await plan_of(database, ALONG_THE_WORDS.page, parents=shops, skus=skus, distances=[0] * 5)
    there = [sku for shop in shops for _, _, sku in here.shops[shop] if sku in skus]
    assert sum(seen for _, name, seen in read if "listing" in name) == len(there)
    # Along the shelf: its listings, each sku once, and nothing else of the tenant.
    read = await plan_of(database, ALONG_THE_SHELF.page, parents=shops, needed=[of_tenant(HERE)], **marks)
    length = MANY // 4 + 2 * SHELF_LENGTH
    assert [(name, seen) for _, name, seen in read if "sku_search" in name] == [("pk_sku_search", length)]
    assert sum(seen for _, name, seen in read if "listing" in name) == length


BELIEVED_EMPTY = """
UPDATE pg_class SET reltuples = 0, relpages = 1 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


async def test_nobody_else_s_chains_are_looked_at_whatever_the_planner_believes(
    here: Shelves, database: Database, owner_dsn: str
) -> None:
    """Right after an import the statistics may be of a moment before it, when there was nobody."""
    connection = await asyncpg.connect(everything(owner_dsn))
    await connection.execute(BELIEVED_EMPTY)
    await connection.close()
    shops = list(here.shops)[:3]
    values = {"needed": [of_tenant(HERE)], "marks": ["a"], "weights": [1], "start": 1}
    plan = await explained(database, ALONG_THE_SHELF.page, parents=shops, **values)
    # Twice for each listing at the very worst: what the keeper was given, and what was given to who gave it.
    assert 0 < times(plan, "authorization") <= 2 * 3 * SHELF_LENGTH
