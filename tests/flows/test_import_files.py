"""Odd files of the form, and files that are not: each is kept whole or refused by name, the same every time."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import boot
from demo.iowa.writing import demo_of
from embedded import Server
from integrations.keys import Keys
from integrations.tenant import NewTenant
from integrations.wholesale.importing import import_file
from integrations.wholesale.reading import BrokenFile
from models import Base
from tests.conftest import NOW, TODAY
from tests.flows.imports import (
    SMALL_ROWS,
    connected,
    everything,
    importer,
    rows_of_all,
    sample,
    small_file,
    tenant,
    written,
)
from tests.proof import size

SHOP = {
    "Store Number": "7",
    "Store Name": 'Café "Zum Löwen"; 北京 😀',
    "Address": "",
    "City": "",
    "Zip Code": "",
    "Store Location": "",
    "County Number": "",
    "County": "",
    "Category": "",
    "Category Name": "",
    "Vendor Number": "3",
    "Vendor Name": "O'Brien \\ $1 %s",
    "Item Number": "5",
    "Item Description": "<b>Rum</b>",
    "Bottle Volume (ml)": "0",
}
ONE_SHOP = {
    **dict.fromkeys(("organization", "organization_edge", "cloud_store", "pack_unit", "price_list"), 3),
    **dict.fromkeys(("organization_edge", "pack_unit", "inventory_pool", "pool_contribution"), 2),
    **dict.fromkeys(("assortment", "assortment_sku", "authorization"), 2),
    **dict.fromkeys(("tenant", "region", "product", "sku", "site"), 1),
    "customer": 17,
    "promoter": 1,
    "campaign": 27,  # three of the thirty aim at categories, of which it has none
}

PAST_LINES = "SELECT count(*) FROM order_line l JOIN order_header o ON o.id = l.order_id WHERE o.kind = 'REPLENISHMENT'"
"""The lines of the file: the orders of the demo's members are of another kind."""


def rows_with(*changes: Mapping[str, str]) -> list[Sequence[str]]:
    """The header and as many rows, each the real file's with some columns changed."""
    header, *rows = sample()
    made = [dict(zip(header, row, strict=True)) | dict(named) for row, named in zip(rows, changes, strict=False)]
    return [header, *(list(row.values()) for row in made)]


async def test_one_shop_without_a_county_is_a_channel(owner_dsn: str, tmp_path: Path) -> None:
    prices = ({"State Bottle Cost": "$1.00"}, {"State Bottle Cost": "$1.00"}, {"State Bottle Cost": "$0.00"})
    days = ({"Date": "01/02/2014"}, {"Date": "01/03/2014"}, {"Date": "01/04/2014"})
    path = written(tmp_path / "odd.csv", rows_with(*(SHOP | one | two for one, two in zip(prices, days, strict=True))))
    imported = await import_file(owner_dsn, path, tenant(), extend=demo_of(TODAY), now=NOW)
    assert (imported.report.rows_read, imported.report.rows_kept) == (3, 3)
    found = await rows_of_all(owner_dsn)
    assert {name: found[name] for name in ONE_SHOP} == ONE_SHOP
    assert "territory" not in found
    assert "sku_attribute" not in found
    async with connected(owner_dsn, Keys("one").tenant_id) as connection:
        shop = await connection.fetchrow(
            "SELECT name, region_code, address, city, postal_code, latitude_e7 FROM organization WHERE code = '7'"
        )
        chain = await connection.fetch("SELECT tier, code, name FROM organization WHERE code <> '7' ORDER BY tier")
        goods = await connection.fetchrow("SELECT name, base_unit FROM sku")
        costs = await connection.fetch(
            "SELECT p.unit_fen FROM price p JOIN price_list l ON l.id = p.price_list_id WHERE l.code = 'COST'"
        )
        assert await connection.fetchval(PAST_LINES) == 3
    assert tuple(shop) == (SHOP["Store Name"], None, None, None, None, None)
    assert [tuple(row) for row in chain] == [
        ("BRAND", "3", SHOP["Vendor Name"]),
        ("DISTRIBUTOR", "0", "Wholesale without a county"),
    ]
    assert tuple(goods) == ("<b>Rum</b>", "BOTTLE")
    assert [row["unit_fen"] for row in costs] == [100]


async def test_file_without_a_row_is_refused(owner_dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(";".join(sample()[0]) + "\n")
    with pytest.raises(BrokenFile, match=r"^file: The file holds no purchase\.$"):
        await import_file(owner_dsn, path, tenant(), extend=demo_of(TODAY))
    assert await rows_of_all(owner_dsn) == {}


async def test_row_broken_in_the_middle_refuses_the_file(owner_dsn: str, tmp_path: Path) -> None:
    changes: list[dict[str, str]] = [{} for _ in range(SMALL_ROWS)]
    changes[SMALL_ROWS // 2] = {"State Bottle Cost": "18,09", "Date": "2015-11-20"}
    changes[-1] = {"Pack": "0"}
    path = written(tmp_path / "middle.csv", rows_with(*changes))
    with pytest.raises(BrokenFile) as raised:
        await import_file(owner_dsn, path, tenant(), extend=demo_of(TODAY))
    assert [(problem.line, problem.column) for problem in raised.value.problems] == [
        (SMALL_ROWS // 2 + 2, "Date"),
        (SMALL_ROWS // 2 + 2, "State Bottle Cost"),
        (SMALL_ROWS + 1, "Pack"),
    ]
    assert await rows_of_all(owner_dsn) == {}


# The same every time


@pytest.fixture
async def other_dsn(cluster: Server, empty_template: str) -> AsyncIterator[str]:
    """A second empty database."""
    name = f"fresh_{os.getpid()}_other"
    connection = await asyncpg.connect(cluster.dsn(boot.SUPERUSER, boot.SUPERUSER))
    try:
        await connection.execute(f'CREATE DATABASE "{name}" OWNER "{boot.OWNER}" TEMPLATE "{empty_template}"')
        yield cluster.dsn(boot.OWNER, name)
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


async def contents(dsn: str) -> dict[str, str]:
    """A digest of all rows of each table."""
    async with connected(everything(dsn)) as connection:
        return {
            name: await connection.fetchval(
                f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM \"{name}\" t"  # noqa: S608 - our own names
            )
            for name in Base.metadata.tables
        }


async def test_two_databases_get_the_same_rows(owner_dsn: str, other_dsn: str, tmp_path: Path) -> None:
    path = small_file(tmp_path)
    processes = [await importer(dsn, path, "a", seed) for dsn, seed in ((owner_dsn, 1), (other_dsn, 2))]
    assert [await process.wait() for process in processes] == [0, 0]
    one, other = await asyncio.gather(contents(owner_dsn), contents(other_dsn))
    assert one == other
    assert sum(digest is not None for digest in one.values()) > 30


# Any file


CHOICES: Mapping[str, Sequence[str]] = {
    "Invoice/Item Number": [f"{invoice}0000{line}" for invoice in ("S1", "S2", "A-1") for line in range(6)],
    "Date": ["01/01/1900", "12/31/2199", "02/29/2012", "03/11/2012", "11/04/2012", "05/06/2014", "07/08/2015"],
    "Store Number": ["1", "2", "3", "999999999"],
    "Store Location": ["", "elsewhere", "(90, -180)", "Main\n(40.1,-91.2)"],
    "County Number": ["", "", "1", "2.0", "999999999"],
    "Category": ["", "1", "2.0"],
    "Vendor Number": ["1", "2", "3"],
    "Item Number": ["1", "2", "3", "4", "5"],
    "Pack": ["1", "6", "12", "999999999"],
    "Bottle Volume (ml)": ["0", "750", "999999999"],
    "State Bottle Cost": ["$0.00", "$0.01", "$9999999999.99", "$5.00", "$6.00"],
    "State Bottle Retail": ["$0.00", "$0.01", "$9999999999.99", "$7.00", "$8.00"],
    "Bottles Sold": ["-3", "0", "1", "6", "7", "9000"],
    "Sale (Dollars)": ["$0.00", "$42.00", "$42.00", "$42.00", "$0.01", "$9999999999.99", "$-1.00"],
}
NAMES = [*("Store Name", "Address", "City", "Zip Code", "County", "Category Name"), "Vendor Name", "Item Description"]
names = st.sampled_from(["", "a", "A", "ß", "ẞ", "[/x]", "NULL", "{}", "'; --", "a\nb", "\u202eb"]) | st.text(
    st.characters(exclude_categories=["Cc", "Cs"]), max_size=200
)
oddities = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in CHOICES.items()} | dict.fromkeys(NAMES, names)
)
tenants = itertools.count()


@pytest.mark.prove
@settings(
    derandomize=True,
    deadline=None,
    max_examples=size(15, 1_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(oddities, min_size=1, max_size=12), zone=st.sampled_from(["America/Chicago", "Asia/Shanghai"]))
async def test_any_file_of_the_form_is_kept_or_refused(
    owner_dsn: str, tmp_path: Path, rows: list[dict[str, str]], zone: str
) -> None:
    new = NewTenant(f"t{next(tenants)}", "Any", "USD", zone)
    path = written(tmp_path / "any.csv", rows_with(*rows))
    tenant_id = Keys(new.code).tenant_id
    try:
        imported = await import_file(owner_dsn, path, new, extend=demo_of(TODAY))
    except BrokenFile:
        async with connected(everything(owner_dsn)) as connection:
            assert not await connection.fetchval("SELECT count(*) FROM organization WHERE tenant_id = $1", tenant_id)
            assert not await connection.fetchval("SELECT count(*) FROM tenant WHERE id = $1", tenant_id)
        return
    report = imported.report
    assert (report.rows_read, report.rows_kept + report.rows_refused) == (len(rows), len(rows))
    async with connected(owner_dsn, tenant_id) as connection:
        await holds_together(connection, report.rows_kept)


async def holds_together(connection: Any, lines: int) -> None:
    """What is true of every tenant that an import made."""
    assert await connection.fetchval(PAST_LINES) == lines
    unequal = (
        "SELECT count(*) FROM order_header o WHERE total_fen <>"
        " (SELECT sum(net_fen) FROM order_line l WHERE l.order_id = o.id)"
    )
    assert await connection.fetchval(unequal) == 0
    primaries = (
        "SELECT count(*) FILTER (WHERE primaries <> 1) FROM (SELECT count(*) FILTER (WHERE is_primary) AS primaries"
        " FROM organization_edge GROUP BY downstream_id) e"
    )
    assert await connection.fetchval(primaries) == 0
    moved = "SELECT (SELECT sum(on_hand) FROM stock) IS NOT DISTINCT FROM (SELECT sum(on_hand) FROM stock_movement)"
    assert await connection.fetchval(moved)
    shops = (
        "SELECT count(*) FROM listing l JOIN cloud_store c ON c.id = l.cloud_store_id"
        " WHERE c.mode = 'O2O' AND NOT EXISTS"
        ' (SELECT FROM "authorization" g JOIN assortment_sku k ON k.assortment_id = g.assortment_id'
        " WHERE g.grantee_id = c.organization_id AND k.sku_id = l.sku_id)"
    )
    assert await connection.fetchval(shops) == 0
