"""The demo's second tenant as an operator and the wire meet it: made once, named by host, header and token."""

import asyncio
from datetime import date

import asyncpg
import httpx
import pytest

import boot
from demo.qingquan import TENANT
from demo.qingquan.writing import create
from integrations.tenant import TenantExists
from models.session import set_tenant
from tests.conftest import TODAY, TenantFacts
from tests.flows.commands import run
from tests.flows.conftest import Real

QUERY = "{ tenant { code name currency timeZone } stores(first: 1) { totalCount nodes { code name } } }"


async def _count(access: boot.Access, tenant: TenantFacts, table: str) -> int:
    connection = await asyncpg.connect(access.app.url)
    try:
        async with connection.transaction(readonly=True):
            await connection.execute(set_tenant(tenant.id))
            text = f'SELECT count(*) FROM "{table}" WHERE tenant_id = $1'  # noqa: S608 - the test's own names
            return int(await connection.fetchval(text, tenant.id))
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("organization", 221),
        ("sku", 120),
        ("sku_search", 120),
        ("customer", 5_000),
        ("campaign", 24),
        ("order_line", 6_375),
    ],
)
async def test_its_rows_are_there(access: boot.Access, qingquan: TenantFacts, table: str, rows: int) -> None:
    assert await _count(access, qingquan, table) == rows


async def test_movements_sum_to_the_stock(access: boot.Access, qingquan: TenantFacts) -> None:
    connection = await asyncpg.connect(access.app.url)
    try:
        async with connection.transaction(readonly=True):
            await connection.execute(set_tenant(qingquan.id))
            apart = await connection.fetchval(
                "SELECT count(*) FROM stock s WHERE on_hand <> (SELECT sum(m.on_hand) FROM stock_movement m WHERE"
                " (m.tenant_id, m.location_id, m.sku_id, m.owner_id, m.lot_id)"
                " = (s.tenant_id, s.location_id, s.sku_id, s.owner_id, s.lot_id))"
            )
    finally:
        await connection.close()
    assert apart == 0


async def test_it_is_made_once_and_beside_nothing(owner_dsn: str) -> None:
    rows = await create(owner_dsn, TODAY)
    assert sum(rows.values()) > 100_000
    with pytest.raises(TenantExists):
        await create(owner_dsn, date(2026, 11, 25))
    connection = await asyncpg.connect(owner_dsn)
    try:
        assert await connection.fetchval("SELECT count(*) FROM tenant") == 1
        named = await connection.fetch("SELECT code, name, parent_code FROM region WHERE code IN ('330106', '330100')")
    finally:
        await connection.close()
    assert {tuple(row) for row in named} == {("330100", "杭州市", "330000"), ("330106", "西湖区", "330100")}


@pytest.mark.parametrize(
    "headers", [{"Millrace-Tenant": "qingquan"}, {"Host": "qingquan.localhost"}, {"Host": "qingquan.localhost:8000"}]
)
def test_it_answers_by_header_and_by_host(real: Real, headers: dict[str, str]) -> None:
    answered = httpx.post(real.graphql, json={"query": QUERY}, headers=headers).json()
    assert answered["data"]["tenant"] == {
        "code": "qingquan",
        "name": TENANT.name,
        "currency": "CNY",
        "timeZone": "Asia/Shanghai",
    }
    assert answered["data"]["stores"]["totalCount"] == 200
    assert answered["data"]["stores"]["nodes"][0]["code"] == "QQ-0001"


@pytest.mark.parametrize(
    ("who", "actor"),
    [
        ("store:QQ-0001/clerk", "STORE_CLERK"),
        ("store:QQ-0001/manager", "STORE_MANAGER"),
        ("distributor:QQ-3301-1/salesperson", "DISTRIBUTOR_SALESPERSON"),
        ("agent:QQ-33/operator", "DISTRIBUTOR_OPERATOR"),
        ("subsidiary:QQ-HD/operator", "DISTRIBUTOR_OPERATOR"),
        ("brand:QQ/analyst", "BRAND_ANALYST"),
        ("member:5000", "CONSUMER"),
        ("partner:2", "PARTNER"),
    ],
)
def test_a_token_of_its_people_is_believed(real: Real, here: dict[str, str], who: str, actor: str) -> None:
    made = run("token", who, "--tenant", "qingquan", **here)
    assert (made.returncode, made.stderr) == (0, "")
    bearer = {"Authorization": f"Bearer {made.stdout.strip()}"}
    query = {"query": "{ tenant { code } viewer { actorClass } }"}
    asked = httpx.post(real.graphql, json=query, headers=bearer)
    assert asked.json() == {"data": {"tenant": {"code": "qingquan"}, "viewer": {"actorClass": actor}}}
    elsewhere = httpx.post(real.graphql, json=query, headers={**bearer, "Millrace-Tenant": "iowa"})
    assert elsewhere.status_code == 401


def test_whom_it_has_is_said_to_who_asks_for_another(here: dict[str, str]) -> None:
    refused = run("token", "store:2191/clerk", "--tenant", "qingquan", **here)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Try store:QQ-0001/clerk" in refused.stderr


async def test_a_name_of_both_tenants_is_another_person_in_each(real: Real, here: dict[str, str]) -> None:
    names = []
    for tenant in ("iowa", "qingquan"):
        made = await asyncio.to_thread(run, "token", "member:1", "--tenant", tenant, **here)
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {made.stdout.strip()}"}) as client:
            asked = await client.post(real.graphql, json={"query": "{ viewer { customer { id displayName } } }"})
        names.append(asked.json()["data"]["viewer"]["customer"])
    assert names[0]["id"] != names[1]["id"]
    assert names[0]["displayName"].isascii()
    assert not names[1]["displayName"].isascii()
