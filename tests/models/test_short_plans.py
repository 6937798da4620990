"""Lines that lack goods, and goods that are still to ship, are few among many that are over: they alone are read."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

from loaders.ordering import SHORT_LINES, SHORT_LINES_OF, SHORT_TO_SHIP
from models.base import NO_LOT_ID
from models.database import Database, Login
from models.inventory import releasing
from models.ordering import shortening
from models.session import set_tenant
from models.wall import APP_ROLE
from tests.given import pool_of
from tests.models.acting import BRAND, MEMBER, NOON, STORE, added
from tests.models.here import HERE
from tests.models.shop import MALL, PLACES, SKUS, goods, lying

ORDERS, LACKING = 20_000, 60
"""How many orders there are, half of them the brand's; every so many-th lacks its goods, or has not shipped them."""
HEADERS = """
    INSERT INTO order_header (tenant_id, id, number, kind, state, seller_id, customer_id, currency, total_fen,
                              placed_at)
    SELECT $1::uuid, md5(n::text)::uuid, n::text, 'CONSUMER', 'CONFIRMED', (ARRAY[$2::uuid, $3::uuid])[1 + n % 2],
           $4::uuid, 'CNY', 0, $5::timestamptz FROM generate_series(1, $6::bigint) n
"""
LINES = """
    INSERT INTO order_line (tenant_id, order_id, line, sku_id, brand_id, goods_owner_id, fulfiller_id, quantity,
                            unit_fen, net_fen, short, short_since, short_seller_id)
    SELECT o.tenant_id, o.id, 1, $1::uuid, $2::uuid, o.seller_id, o.seller_id, 2, 0, 0, s.short, s.since, s.seller
    FROM order_header o, LATERAL (
        SELECT 1 AS short, o.placed_at AS since, o.seller_id AS seller WHERE o.number::int % $3 = 0
        UNION ALL SELECT 0, NULL, NULL WHERE o.number::int % $3 <> 0) s
"""
PARTS = """
    INSERT INTO order_allocation (tenant_id, order_id, part, line, location_id, sku_id, owner_id, lot_id,
                                  fulfiller_id, allocated_at, quantity, shipped)
    SELECT o.tenant_id, o.id, 1, 1, $1::uuid, $2::uuid, $3::uuid, $4::uuid, $3::uuid, o.placed_at, 2,
           CASE WHEN o.number::int % $5 = 0 THEN 1 ELSE 2 END FROM order_header o
"""


@pytest.fixture
async def database(owner_dsn: str) -> AsyncIterator[Database]:
    await goods(owner_dsn)
    await added(owner_dsn, lying([(PLACES[0], SKUS[0], STORE, NO_LOT_ID, 9)]))
    step = ORDERS // LACKING
    connection = await asyncpg.connect(owner_dsn)
    async with connection.transaction():
        await connection.execute(set_tenant(HERE))
        await connection.execute(HEADERS, HERE, STORE, BRAND, MEMBER, NOON, ORDERS)
        await connection.execute(LINES, SKUS[0], BRAND, step)
        await connection.execute(PARTS, PLACES[0], SKUS[0], STORE, NO_LOT_ID, step)
    await connection.execute("ANALYZE order_header, order_line, order_allocation")
    await connection.close()
    pool = pool_of(Login(owner_dsn, APP_ROLE), 2)
    yield pool
    await pool.close()


def seen(plan: dict[str, Any], table: str) -> Iterator[tuple[str, int]]:
    """Through which index a plan reads a table, and how many rows of it it looks at."""
    if plan.get("Relation Name") == table:
        rows = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
        under = plan if "Index Name" in plan else plan.get("Plans", [{}])[0]
        yield str(under.get("Index Name")), round(rows)
    for inner in plan.get("Plans", ()):
        yield from seen(inner, table)


def written(value: Any) -> str:
    if isinstance(value, list):
        return "ARRAY[%s]::uuid[]" % ", ".join(map(written, value))
    return f"'{value}'" if isinstance(value, UUID | datetime | str) else str(value)


async def looked(database: Database, text: str, values: list[Any], table: str) -> list[tuple[str, int]]:
    """The looks of a statement at a table, by the plan that serves whatever is asked, under row security."""
    checkout = await database.checkout()
    driver: Any = checkout.driver
    await driver.execute(f"BEGIN READ ONLY; SET LOCAL plan_cache_mode = force_generic_plan; {set_tenant(HERE)}")
    await driver.execute(f"PREPARE looking AS {text}")
    (plan,) = await driver.fetchval(
        f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE looking ({', '.join(map(written, values))})"
    )
    await driver.execute("DEALLOCATE looking; ROLLBACK")
    checkout.give_back()
    return list(seen(plan["Plan"], table))


@pytest.mark.parametrize(
    ("connection", "parent", "index"),
    [
        (SHORT_LINES, HERE, "ix_order_line_short"),
        (SHORT_LINES_OF, STORE, "ix_order_line_short_of"),
        (SHORT_TO_SHIP, STORE, "ix_order_line_short_to_ship"),
    ],
)
async def test_a_page_of_what_lacks_goods_reads_no_more_of_its_list(
    database: Database, connection: Any, parent: UUID, index: str
) -> None:
    values = {"tenant": HERE, "parents": [parent], "page_limit": 3, "viewer_everything": True}
    values |= {"viewer_organizations": [STORE], "after_0": "-infinity", "after_1": UUID(int=0), "after_2": -1}
    page = connection.page
    found = await looked(database, page.text, [values[name] for name in page.names], "order_line")
    assert found == [(index, 3)]


async def test_what_has_shipped_is_not_looked_at_for_what_gives_way(database: Database) -> None:
    statement = shortening._NEWEST.compile(dialect=asyncpg_dialect())  # type: ignore[no-untyped-call]  # untyped upstream
    values: dict[str, Any] = {"tenant": HERE, "locations": [PLACES[0]], "skus": [SKUS[0]], "owners": [STORE]}
    values["lots"] = [NO_LOT_ID]
    names = statement.positiontup or ()
    ((index, rows),) = await looked(database, str(statement), [values[name] for name in names], "order_allocation")
    # Both hold what is open alone; here all of it lies at one place, so one is as good as the other.
    assert index in ("ix_order_allocation_open", "ix_order_allocation_to_ship")
    assert rows == ORDERS // (ORDERS // LACKING)


# ── holds ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
PAST, LIVING = 20_000, 40
"""How many holds of one row there were, and how many of them live as holds; as many live as orders nobody has paid."""
HOLDS = """
    INSERT INTO reservation (tenant_id, id, cloud_store_id, state, created_at, expires_at, due_at)
    SELECT $1::uuid, md5('hold' || n)::uuid, $2::uuid,
           CASE WHEN n <= $4 THEN 'HELD' WHEN n <= 2 * $4 OR n % 2 = 0 THEN 'CONSUMED' ELSE 'RELEASED' END,
           $3::timestamptz, $3::timestamptz + interval '1 hour',
           CASE WHEN n <= $4 THEN $3::timestamptz + interval '1 hour' END
    FROM generate_series(1, $5::bigint) n
"""
TAKEN = """
    INSERT INTO reservation_line (tenant_id, reservation_id, line, location_id, sku_id, owner_id, lot_id, quantity)
    SELECT r.tenant_id, r.id, 1, $1::uuid, $2::uuid, $3::uuid, $4::uuid, 1 FROM reservation r
"""
ORDERED = """
    INSERT INTO order_header (tenant_id, id, number, kind, state, seller_id, customer_id, currency, total_fen,
                              placed_at, reservation_id, payment_due_at, due_at, cancel_cause)
    SELECT r.tenant_id, r.id, 'h' || r.id, 'CONSUMER', s.state, $1::uuid, $2::uuid, 'CNY', 1, r.created_at, r.id,
           r.expires_at, CASE s.state WHEN 'PENDING_PAYMENT' THEN r.expires_at END,
           CASE s.state WHEN 'CANCELLED' THEN 'EXPIRED' END
    FROM generate_series(1, $4::bigint) n
    JOIN reservation r ON r.id = md5('hold' || n)::uuid AND r.state = 'CONSUMED'
    CROSS JOIN LATERAL (SELECT CASE WHEN n <= 2 * $3::bigint THEN 'PENDING_PAYMENT' ELSE 'CANCELLED' END) s (state)
"""


@pytest.mark.parametrize(
    ("table", "indexes", "rows"),
    [
        ("reservation", {"ix_reservation_open"}, LIVING),
        ("order_header", {"ix_order_header_open"}, LIVING),
        ("reservation_line", {"pk_reservation_line"}, 2 * LIVING),
    ],
)
async def test_what_gives_way_first_is_found_among_what_lives_whatever_was_held_before(
    database: Database, owner_dsn: str, table: str, indexes: set[str], rows: int
) -> None:
    connection = await asyncpg.connect(owner_dsn)
    async with connection.transaction():
        await connection.execute(set_tenant(HERE))
        await connection.execute(HOLDS, HERE, MALL, NOON, LIVING, PAST)
        await connection.execute(TAKEN, PLACES[0], SKUS[0], STORE, NO_LOT_ID)
        await connection.execute(ORDERED, STORE, MEMBER, LIVING, PAST)
    await connection.execute("ANALYZE reservation, reservation_line, order_header")
    await connection.close()
    statement = releasing._NEWEST.compile(dialect=asyncpg_dialect())  # type: ignore[no-untyped-call]  # untyped upstream
    values: dict[str, Any] = {"tenant": HERE, "locations": [PLACES[0]], "skus": [SKUS[0]], "owners": [STORE]}
    values["lots"] = [NO_LOT_ID]
    found = await looked(database, str(statement), [values[name] for name in statement.positiontup or ()], table)
    assert {index for index, _ in found} == indexes
    assert sum(looks for _, looks in found) == rows
