"""How shelves are searched: no way reads the tenant for a rare word, nor for what the planner does not know."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from domain.search import ask, of_tenant
from loaders.catalog.search import ALONG_THE_SHELF, ALONG_THE_WORDS, FEW, FOUND
from models.database import Database
from models.session import set_tenant
from tests.flows.imports import everything
from tests.loaders.shelves import NOON, SHELF_LENGTH, THERE, Shelves
from tests.models.here import HERE

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
