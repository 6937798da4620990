"""Other files than the real one, and whatever goes wrong: a tenant is there as a whole, or nothing is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from rich.console import Console

from demo.iowa import SAMPLE
from demo.iowa.writing import demo_of
from integrations import tenant as making
from integrations.bulk import Bulk
from integrations.keys import Keys
from integrations.progress import Shown
from integrations.tenant import ImportBusy, NewTenant, TenantExists
from integrations.wholesale import report
from integrations.wholesale.channel import Supply
from integrations.wholesale.importing import Imported, import_file
from integrations.wholesale.reading import BrokenFile
from integrations.wholesale.writing import Source
from models import catalog
from models.wall import APP_ROLE
from tests.conftest import TODAY
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

WAIT_S = 30.0


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return small_file(tmp_path)


# Other files


async def test_file_alone_brings_no_shelf_and_no_stock(owner_dsn: str, small: Path) -> None:
    imported = await import_file(owner_dsn, small, tenant("one", "Shop.Example", "shop.example"))
    found = await rows_of_all(owner_dsn)
    assert (found.pop("tenant"), found.pop("tenant_host")) == (1, 1)
    assert found.pop("region") > 1
    assert found.pop("alembic_version", 0) == 0
    assert found == dict(imported.rows)
    assert (found["order_line"], found["lot"]) == (SMALL_ROWS, found["sku"])
    assert not {"site", "listing", "location", "stock", "stock_movement", "account", "assortment"} & set(found)
    async with connected(owner_dsn) as connection:
        planned = await connection.fetchval("SELECT reltuples::int FROM pg_class WHERE relname = 'order_line'")
    assert planned == SMALL_ROWS


@pytest.mark.parametrize(
    ("sale", "amounts"),
    [("$100.00", (2_714, 6_284, 10_000)), ("$200.00", (3_334, 4, 20_000))],
    ids=["a discount", "another price"],
)
async def test_sale_stays_as_it_is_written(
    owner_dsn: str, tmp_path: Path, sale: str, amounts: tuple[int, int, int]
) -> None:
    path = written(tmp_path / "differs.csv", sample()[:3], {"Sale (Dollars)": sale})
    await import_file(owner_dsn, path, tenant())
    async with connected(owner_dsn, Keys("one").tenant_id) as connection:
        row = await connection.fetchrow(
            "SELECT l.unit_fen, l.discount_fen, l.net_fen, o.total_fen FROM order_line l"
            " JOIN order_header o ON o.id = l.order_id WHERE o.number = 'S291988'"
        )
    assert tuple(row) == (*amounts, amounts[2])


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"Date": "12/31/9999"}, "Date"),
        ({"Date": "01/01/0014"}, "Date"),
        ({"Bottles Sold": "999999999", "State Bottle Retail": "$9999999999.99"}, "Bottles Sold"),
    ],
    ids=["year too late", "year too early", "amount too large"],
)
async def test_what_no_table_can_hold_is_refused_by_name(
    owner_dsn: str, tmp_path: Path, changes: Mapping[str, str], column: str
) -> None:
    path = written(tmp_path / "beyond.csv", sample()[:30], changes)
    with pytest.raises(BrokenFile, match="Line S29198800001") as raised:
        await import_file(owner_dsn, path, tenant(), extend=demo_of(TODAY))
    assert [problem.column for problem in raised.value.problems] == [column]
    assert await rows_of_all(owner_dsn) == {}


async def test_report_says_what_became_of_every_row(owner_dsn: str, small: Path) -> None:
    out = StringIO()
    console = Console(file=out, width=80, force_terminal=False)
    imported = await import_file(owner_dsn, small, tenant(), progress=Shown(console))
    report.show(console, imported)
    said = out.getvalue()
    assert "reading the file …" in said
    assert "Tenant one: 200 rows read, 200 kept, 0 refused." in said
    assert {finding.rule.name for finding in imported.report.findings} <= set(said.split())
    assert "order_line 200" in said


# All of it or nothing


class Meddling:
    """An extension that adds nothing and does something else in the middle of the import."""

    edges: Sequence[Supply] = ()
    shelf_life_days: Mapping[int, int] = {}
    rows = 0

    def __init__(self, meddle: Callable[[Bulk, Source], Awaitable[None]]) -> None:
        self._meddle = meddle

    async def write(self, bulk: Bulk, source: Source) -> None:
        await self._meddle(bulk, source)


async def import_with(dsn: str, path: Path, meddle: Callable[[Bulk, Source], Awaitable[None]]) -> Imported:
    return await import_file(dsn, path, tenant(), extend=lambda *_: Meddling(meddle))


async def test_fault_in_the_middle_leaves_nothing(owner_dsn: str, small: Path) -> None:
    async def fail(bulk: Bulk, source: Source) -> None:
        assert bulk.counts["order_line"] == SMALL_ROWS
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        await import_with(owner_dsn, small, fail)
    assert await rows_of_all(owner_dsn) == {}
    await import_file(owner_dsn, small, tenant())


async def test_connection_lost_in_the_middle_leaves_nothing(owner_dsn: str, small: Path) -> None:
    async def cut(bulk: Bulk, source: Source) -> None:
        async with connected(everything(owner_dsn)) as outside:
            await outside.execute("SELECT pg_terminate_backend($1, 5000)", bulk.connection.get_server_pid())
        await bulk.insert(catalog.Category, {"id": [UUID(int=1)], "code": ["x"], "name": ["x"]})

    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError)):
        await import_with(owner_dsn, small, cut)
    assert await rows_of_all(owner_dsn) == {}
    await import_file(owner_dsn, small, tenant())


async def test_row_that_the_database_refuses_leaves_nothing(owner_dsn: str, small: Path) -> None:
    async def repeat(bulk: Bulk, source: Source) -> None:
        first = source.ledger.items[0].number
        await bulk.insert(catalog.Category, {"id": [source.sku(first)] * 2, "code": ["x"] * 2, "name": ["x"] * 2})

    with pytest.raises(asyncpg.UniqueViolationError):
        await import_with(owner_dsn, small, repeat)
    assert await rows_of_all(owner_dsn) == {}


async def test_import_is_held_by_row_security_and_seen_by_nobody(owner_dsn: str, small: Path) -> None:
    other = UUID(int=7)
    seen: dict[str, Any] = {}

    async def look(bulk: Bulk, source: Source) -> None:
        seen["role"] = await bulk.connection.fetchval("SELECT current_user::text")
        seen["enforced"] = await bulk.connection.fetchval("SELECT row_security_active('price')")
        async with connected(everything(owner_dsn)) as outside:
            seen["outside"] = await outside.fetchval("SELECT count(*) FROM organization")
        await Bulk(bulk.connection, other).insert(catalog.Category, {"id": [other], "code": ["x"], "name": ["x"]})

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await import_with(owner_dsn, small, look)
    assert seen == {"role": APP_ROLE, "enforced": True, "outside": 0}
    assert await rows_of_all(owner_dsn) == {}


async def test_columns_of_different_lengths_are_refused(owner_dsn: str, small: Path) -> None:
    async def uneven(bulk: Bulk, source: Source) -> None:
        await bulk.insert(catalog.Category, {"id": [UUID(int=1)], "code": ["x", "y"], "name": ["x"]})

    with pytest.raises(ValueError, match=r"category: columns of different lengths \[1, 2\]"):
        await import_with(owner_dsn, small, uneven)


async def test_broken_file_touches_nothing(owner_dsn: str, tmp_path: Path) -> None:
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(SAMPLE.read_bytes()[:100_000])
    with pytest.raises(BrokenFile, match=r"^line 1324: The gzip file is cut off\.$"):
        await import_file(owner_dsn, cut, tenant())
    assert await rows_of_all(owner_dsn) == {}


async def test_tenant_that_exists_stays_as_it_is(owner_dsn: str, small: Path) -> None:
    await import_file(owner_dsn, small, tenant("one", "one.example"))
    before = await rows_of_all(owner_dsn)
    with pytest.raises(TenantExists, match="one"):
        await import_file(owner_dsn, small, tenant("one", "two.example"), extend=demo_of(TODAY))
    with pytest.raises(ValueError, match=r"one\.example means another tenant"):
        await import_file(owner_dsn, small, tenant("two", "one.example"))
    assert await rows_of_all(owner_dsn) == before


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (NewTenant("No Code", "x", "USD", "America/Chicago"), "code"),
        (NewTenant("x", "x", "dollars", "America/Chicago"), "currency"),
        (NewTenant("x", "x", "USD", "Mars/Olympus"), "time zone"),
        (NewTenant("x", "x", "USD", "America/Chicago", ("x.example", "")), "'' is not a host name"),
        (NewTenant("x", "x", "USD", "America/Chicago", ("x:8000",)), "'x:8000' is not a host name"),
    ],
    ids=["code", "currency", "time zone", "empty host", "host and port"],
)
async def test_tenant_that_cannot_be_meant_is_refused(owner_dsn: str, small: Path, new: NewTenant, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        await import_file(owner_dsn, small, new)
    assert await rows_of_all(owner_dsn) == {}


# Several processes


@asynccontextmanager
async def held(dsn: str, table: str) -> AsyncIterator[None]:
    """Nobody can write the table meanwhile, so an import stands still in the middle."""
    async with connected(everything(dsn)) as connection:
        await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


async def waiting(dsn: str, kind: str, sessions: int) -> None:
    """Until so many sessions of this database wait for a lock of this kind."""
    asked = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        " AND wait_event = $1"
    )
    async with asyncio.timeout(WAIT_S):
        while True:
            async with connected(everything(dsn)) as connection:
                if await connection.fetchval(asked, kind) == sessions:
                    return
            await asyncio.sleep(0.05)


async def test_import_killed_in_the_middle_leaves_nothing_and_works_again(owner_dsn: str, small: Path) -> None:
    async with held(owner_dsn, "stock_movement"):
        process = await importer(owner_dsn, small, "one")
        await waiting(owner_dsn, "relation", 1)
        process.kill()
        assert await process.wait() == -9
    again = await import_file(owner_dsn, small, tenant(), extend=demo_of(TODAY))
    found = await rows_of_all(owner_dsn)
    assert found["tenant"] == 1
    assert {name: found[name] for name in again.rows} == dict(again.rows)


async def test_two_processes_import_one_after_the_other(owner_dsn: str, small: Path) -> None:
    async with held(owner_dsn, "stock_movement"):
        processes = [await importer(owner_dsn, small, code) for code in ("one", "one", "two")]
        await waiting(owner_dsn, "relation", 1)
        await waiting(owner_dsn, "advisory", 2)
    async with asyncio.timeout(WAIT_S):
        one, other, two = [await process.wait() for process in processes]
    assert ({one, other}, two) == ({0, 3}, 0)
    async with connected(everything(owner_dsn)) as connection:
        lines = await connection.fetch(
            "SELECT t.code, count(*) FROM order_line l JOIN tenant t ON t.id = l.tenant_id"
            " JOIN order_header o ON (o.tenant_id, o.id) = (l.tenant_id, l.order_id)"
            " WHERE o.kind = 'REPLENISHMENT' GROUP BY t.code"
        )
    assert dict(lines) == {"one": SMALL_ROWS, "two": SMALL_ROWS}


async def test_import_does_not_wait_for_ever(owner_dsn: str, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "LOCK_WAIT_S", 1)
    async with connected(owner_dsn) as connection:
        await connection.execute(f"SELECT pg_advisory_xact_lock({making.IMPORT_LOCK})")
        with pytest.raises(ImportBusy, match="more than 1 s"):
            await import_file(owner_dsn, small, tenant())
    assert await rows_of_all(owner_dsn) == {}


async def test_who_waited_sees_the_tenant_whatever_the_servers_isolation(owner_dsn: str, small: Path) -> None:
    async with connected(everything(owner_dsn)) as connection:
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    async with connected(everything(owner_dsn)) as connection:
        await connection.execute(f"SELECT pg_advisory_xact_lock({making.IMPORT_LOCK})")
        imports = [asyncio.create_task(import_file(owner_dsn, small, tenant())) for _ in range(2)]
        await waiting(owner_dsn, "advisory", 2)
    ended = await asyncio.gather(*imports, return_exceptions=True)
    assert {type(end) for end in ended} == {Imported, TenantExists}
