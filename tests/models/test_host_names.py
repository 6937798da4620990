"""Host names: the rule and the table's check say the same."""

from uuid import UUID

import asyncpg
import pytest

from domain.channel import is_host_name

GOOD = ["a", "localhost", "shop.example", "xn--fiqs8s.example", "1.2.3", "a-b.c", "x" * 63, ".".join(["y" * 61] * 4)]
BAD = [
    *("", ".", "x:8000", "Shop.example", "shop.example.", ".shop", "a..b", "-a.b", "a-.b", "a_b", "a b", "a\n", "a/b"),
    *("商城.example", "[::1]", "http://a", "x" * 64, ".".join(["y" * 61] * 5)),
]


async def test_the_rule_and_the_table_agree_on_what_a_host_name_is(owner_dsn: str) -> None:
    assert [is_host_name(name) for name in (*GOOD, *BAD)] == [True] * len(GOOD) + [False] * len(BAD)
    insert = "INSERT INTO tenant_host (host, tenant_id) VALUES ($1, $2)"
    connection = await asyncpg.connect(owner_dsn)
    try:
        await connection.execute("INSERT INTO tenant (id, code, name) VALUES ($1, 'hosts', 'x')", UUID(int=1))
        await connection.executemany(insert, [(name, UUID(int=1)) for name in GOOD])
        for name in BAD:
            with pytest.raises(asyncpg.CheckViolationError, match="ck_tenant_host_name"):
                await connection.execute(insert, name, UUID(int=1))
    finally:
        await connection.close()
