"""How orders and goods to ship are found in a tenant that has many: one range of one index, and nothing beside it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest

from loaders.member import BuyerOf
from loaders.ordering import GOODS_TO_SHIP, ORDERS_OF_CUSTOMER, ORDERS_OF_CUSTOMER_IN_STATE
from models.base import NO_LOT_ID
from models.database import Database, Login
from models.session import set_tenant
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.loaders.rows import Tables, insert
from tests.loaders.test_search_plans import literal, looks
from tests.models.here import HERE

MANY, EACH, PAGE, WAITING = 20_000, 10, 21, 40
"""Orders, of each shopper, on a page, and of the keeper's those that have not gone."""
KEEPER, RIVAL, SKU = (uuid5(HERE, word) for word in ("keeper", "rival", "sku"))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
WORLD: Tables = {
    "organization (tenant_id, id, tier, code, name)": [(KEEPER, "STORE", "1", "x"), (RIVAL, "STORE", "2", "x")],
    "product (tenant_id, id, brand_id, code, name)": [(SKU, KEEPER, "1", "x")],
    "sku (tenant_id, id, product_id, code, name)": [(SKU, SKU, "1", "x")],
    "lot (tenant_id, sku_id, id, code)": [(SKU, NO_LOT_ID, "")],
    "location (tenant_id, id, organization_id, kind, code, name)": [
        (one, one, "SHOP", "x", "x") for one in (KEEPER, RIVAL)
    ],
    "stock (tenant_id, location_id, sku_id, owner_id, lot_id, on_hand)": [
        (one, SKU, one, NO_LOT_ID, MANY) for one in (KEEPER, RIVAL)
    ],
}
SALES: tuple[tuple[Any, ...], ...] = (
    (
        """INSERT INTO account (tenant_id, id, subject, display_name)
           SELECT $1, md5('who' || n)::uuid, n::text, 'x' FROM generate_series(0, $2::bigint - 1) AS n""",
        MANY // EACH,
    ),
    ("INSERT INTO customer (tenant_id, id, account_id, joined_at) SELECT $1, id, id, $2 FROM account", NOON),
    (
        """INSERT INTO order_header (tenant_id, id, number, kind, state, seller_id, customer_id, currency, total_fen,
                                     placed_at)
           SELECT $1, md5(n::text)::uuid, n::text, 'CONSUMER', 'CONFIRMED', $2, md5('who' || n / $5::bigint)::uuid,
                  'CNY', 0, $3::timestamptz + n * interval '1 s'
           FROM generate_series(0, $4::bigint - 1) AS n""",
        *(KEEPER, NOON, MANY, EACH),
    ),
    (
        """INSERT INTO order_line (tenant_id, order_id, line, sku_id, brand_id, goods_owner_id, fulfiller_id, quantity,
                                   unit_fen, net_fen)
           SELECT $1, id, 1, $2, seller_id, seller_id, seller_id, 1, 0, 0 FROM order_header""",
        SKU,
    ),
    (  # every second one ships the rival, which has shipped nothing; of the keeper's nearly all have gone
        """INSERT INTO order_allocation (tenant_id, order_id, part, line, location_id, sku_id, owner_id, lot_id,
                                         fulfiller_id, allocated_at, quantity, shipped)
           SELECT $1, id, 1, 1, keeper, $2, keeper, $3, keeper, placed_at, 1,
                  (keeper = seller_id AND number::bigint % $5::bigint > 0)::int
           FROM order_header, LATERAL (SELECT CASE number::bigint % 2 WHEN 0 THEN seller_id ELSE $4 END AS keeper)""",
        *(SKU, NO_LOT_ID, RIVAL, MANY // WAITING),
    ),
)


@pytest.fixture
async def database(owner_dsn: str) -> AsyncIterator[Database]:
    """Many orders of many shoppers, shipped by two."""
    connection = await asyncpg.connect(owner_dsn)
    await insert(connection, HERE, WORLD)
    async with connection.transaction():
        await connection.execute(set_tenant(HERE))
        for text, *values in SALES:
            await connection.execute(text, HERE, *values)
    await connection.execute("ANALYZE account, customer, order_header, order_line, order_allocation, lot")
    await connection.close()
    pool = pool_of(Login(owner_dsn, APP_ROLE))
    yield pool
    await pool.close()


async def seen(database: Database, statement: Any, **values: Any) -> dict[str, int]:
    """How many rows a statement looks at by table or index, under row security and by the plan for all values."""
    checkout = await database.checkout()
    driver: Any = checkout.driver
    values |= {"tenant": HERE, "page_limit": PAGE, "viewer_everything": False, "viewer_customer": UUID(int=0)}
    await driver.execute(f"BEGIN READ ONLY; SET LOCAL plan_cache_mode = force_generic_plan; {set_tenant(HERE)}")
    await driver.execute(f"PREPARE finding AS {statement.text}")
    asked = ", ".join(literal(values[name]) for name in statement.names)
    (plan,) = await driver.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE finding ({asked})")
    await driver.execute("DEALLOCATE finding; ROLLBACK")
    checkout.give_back()
    found: dict[str, int] = {}
    for _, name, rows in looks(plan["Plan"]):
        found[name] = found.get(name, 0) + rows
    return found


async def test_what_there_is_to_ship_is_one_range_of_one_index(database: Database) -> None:
    index = "ix_order_allocation_to_ship"
    first = {"after_0": NOON, "after_1": UUID(int=0), "after_2": -1}
    for keeper in (KEEPER, RIVAL):
        values = {"parents": [keeper], "viewer_organizations": [keeper], **first}
        page = await seen(database, GOODS_TO_SHIP.page, **values)
        assert (page[index], page["pk_order_header"], max(page.values())) == (PAGE, PAGE, PAGE)
    whole = await seen(database, GOODS_TO_SHIP.count, parents=[KEEPER], viewer_organizations=[KEEPER])
    assert whole[index] == WAITING
    # A page in the middle begins where the one before it ended.
    later = {"after_0": NOON + timedelta(seconds=MANY // 2), "after_1": UUID(int=0), "after_2": -1}
    page = await seen(database, GOODS_TO_SHIP.page, parents=[RIVAL], viewer_organizations=[RIVAL], **later)
    assert page[index] == PAGE


async def test_what_she_bought_is_found_among_her_own(database: Database) -> None:
    (shopper,) = await ids_of(database, "SELECT md5('who7')::uuid")
    start = {"after_0": NOON + timedelta(days=9), "after_1": UUID(int=0)}
    for connection, more in ((ORDERS_OF_CUSTOMER, {}), (ORDERS_OF_CUSTOMER_IN_STATE, {"state": "CONFIRMED"})):
        values = {"parents": [shopper], "viewer_organizations": [KEEPER], **start, **more}
        page = await seen(database, connection.page, **values)
        assert page == {"ix_order_header_tenant_id_customer_id_placed_at_id": EACH}


async def test_who_bought_is_found_by_the_orders_alone(database: Database) -> None:
    ids = await ids_of(database, "SELECT id FROM order_header ORDER BY placed_at LIMIT 20")
    looked = await seen(database, BuyerOf.statement, ids=ids, viewer_organizations=[KEEPER])
    assert looked["pk_order_header"] == len(ids)
    assert max(looked.values()) <= len(ids)


async def ids_of(database: Database, text: str) -> list[UUID]:
    """Ids that the tenant's tables hold."""
    checkout = await database.checkout()
    driver: Any = checkout.driver
    await driver.execute(f"BEGIN READ ONLY; {set_tenant(HERE)}")
    found = [UUID(bytes=row[0].bytes) for row in await driver.fetch(text)]
    await driver.execute("ROLLBACK")
    checkout.give_back()
    return found
