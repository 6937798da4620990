"""A tenant opened by the command: empty, once, with its host names and regions; and what keeps it from being opened."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

import boot
from integrations.keys import Keys
from integrations.regions import BrokenRegions, read_regions
from integrations.tenant import NewTenant, TenantExists, open_tenant
from models.session import set_tenant
from tests.flows.commands import Done, process

REGIONS = boot.PROJECT / "demo" / "data" / "gb2260_zhejiang_jiangsu_guangdong.csv"
HEADER = "code;name;parent\n"


async def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


AUDIT = """
    SELECT operation, actor_class, actor, on_behalf_of_id, target_id = tenant_id, details ->> 'code',
           details ->> 'hosts'
    FROM audit_entry ORDER BY id
"""


async def audited(dsn: str, tenant: UUID) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(set_tenant(tenant))
            return [tuple(row) for row in await connection.fetch(AUDIT)]
    finally:
        await connection.close()


async def opened(dsn: str, *words: str) -> Done:
    return await asyncio.to_thread(process, "tenant", *words, DATABASE_URL=dsn)


async def test_a_tenant_is_opened_once_and_says_its_id(owner_dsn: str) -> None:
    words = ("acme", "--name", "Acme", "--host", "Acme.example", "--regions", str(REGIONS))
    first = await opened(owner_dsn, *words)
    assert (first.returncode, first.stdout) == (0, f"{Keys('acme').tenant_id}\n"), first.stderr
    assert "The tenant acme is open" in first.stderr
    assert f'"actor": "admin", "tenant": "{first.stdout.strip()}"' in first.stderr
    again = await opened(owner_dsn, "acme", "--name", "Other", "--host", "acme.example", "--host", "b.example")
    assert (again.returncode, again.stdout) == (0, first.stdout), again.stderr
    assert "was there" in again.stderr
    tenant = await rows(owner_dsn, "SELECT id, code, name, currency, time_zone FROM tenant")
    assert tenant == [(UUID(first.stdout.strip()), "acme", "Acme", "CNY", "Asia/Shanghai")]
    assert await rows(owner_dsn, "SELECT host FROM tenant_host ORDER BY 1") == [("acme.example",), ("b.example",)]
    assert await rows(owner_dsn, "SELECT count(*) FROM region") == [(len(read_regions(REGIONS)),)]
    said = ("openTenant", "SYSTEM", "operator", None, True, "acme")
    assert await audited(owner_dsn, Keys("acme").tenant_id) == [
        (*said, '["acme.example"]'),
        (*said, '["b.example"]'),
    ]


CALLED = "SELECT t.*, h.host FROM tenant t LEFT JOIN tenant_host h ON h.tenant_id = t.id"


async def test_what_cannot_be_opened_is_said_and_changes_nothing(owner_dsn: str, tmp_path: Path) -> None:
    acme, beta = (NewTenant(code, code.title(), "CNY", "Asia/Shanghai") for code in ("acme", "beta"))
    await open_tenant(owner_dsn, replace(acme, hosts=("acme.example",)))
    before = await rows(owner_dsn, CALLED)
    for tenant, regions, says in (
        (replace(acme, currency="USD"), (), "with CNY and Asia/Shanghai"),
        (replace(acme, time_zone="Asia/Tokyo"), (), "with CNY and Asia/Shanghai"),
        (replace(acme, code="Not A Code"), (), "code cannot be meant"),
        (replace(beta, time_zone="Mars/Olympus"), (), "not a time zone"),
        (replace(beta, currency="yuan"), (), "currency cannot be meant"),
        (replace(beta, hosts=("acme.example",)), (), "means another tenant"),
        (replace(beta, hosts=("no host",)), (), "is not a host name"),
        (replace(beta, hosts=tuple(f"h{number}.example" for number in range(101))), (), "at most 100 host"),
        (beta, [("1", "one", "2")], "parent is not there"),
    ):
        with pytest.raises((TenantExists, ValueError), match=says):
            await open_tenant(owner_dsn, tenant, regions)
    assert (await rows(owner_dsn, CALLED), await rows(owner_dsn, "SELECT 1 FROM region")) == (before, [])


@pytest.mark.parametrize(
    ("words", "says"),
    [(("beta", "--currency", "yuan"), "currency cannot be meant"), (("beta", "--regions", "none.csv"), "be read")],
)
async def test_the_command_says_what_is_wrong_in_words(owner_dsn: str, words: tuple[str, ...], says: str) -> None:
    done = await opened(owner_dsn, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr, done.stderr
    assert "Nothing was changed." in done.stderr
    assert "Traceback" not in done.stderr
    assert await rows(owner_dsn, CALLED) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("code,name,parent\n1,one,\n", "the header names"),
        ("", "the header names"),
        (HEADER + ";one;\n", "line 2: a code has 1 to 100 characters"),
        (HEADER + f"1;{'x' * 101};\n", "line 2: a name has 1 to 100 characters"),
        (HEADER + "1;one;\n1;two;\n", "line 3: an earlier line has the code 1"),
        (HEADER + "1;one;2\n2;two;1\n3;three;\n", "1 stands below itself"),
        (HEADER + '"1;one;\n', "cannot be read"),
    ],
)
def test_a_file_that_holds_no_regions(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "regions.csv"
    file.write_text(text)
    with pytest.raises(BrokenRegions, match=says):
        read_regions(file)


def test_parents_come_first_whatever_the_order_of_the_lines(tmp_path: Path) -> None:
    file = tmp_path / "regions.csv"
    file.write_text("name;parent;code;more\ntown;12;123;x\ncounty;1;12;x\nprovince;;1;x\nlost;9;91;x\n")
    assert [code for code, _, _ in read_regions(file)] in (["1", "91", "12", "123"], ["91", "1", "12", "123"])
