"""The import: from a file to a new tenant, wholly or not at all.

Owns the order of the steps and the one transaction around the writing. Shared rows (tenant, hosts, regions) are written
as the schema's owner; everything else as the serving role, under row security, in the same transaction.

    Exception
    ├── BrokenFile      the file cannot be read (`reading`) or kept (`bounds`); the database was not touched
    ├── TenantExists    the tenant is there already; nothing was written
    └── ImportBusy      another import did not end in time; nothing was written
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Final, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from domain.channel import is_host_name
from integrations.wholesale import bounds, writing
from integrations.wholesale.bulk import Bulk
from integrations.wholesale.channel import Channel, Supply, channel_of
from integrations.wholesale.keys import Keys
from integrations.wholesale.ledger import Ledger, Report
from integrations.wholesale.prices import PriceBook, TradeKey, cost_prices, trade_prices
from integrations.wholesale.progress import Progress, Silent
from integrations.wholesale.reading import read
from models.reading import set_tenant
from models.wall import APP_ROLE

log = logging.getLogger(__name__)

IMPORT_LOCK: Final = 0x6D696C73
"""Advisory lock: one import at a time, whoever starts it."""
LOCK_WAIT_S: Final = 300
"""How long an import waits for the one before it."""
CONNECT_TIMEOUT_S: Final = 10.0
ROWS_EXPECTED: Final = 60_000
"""Rows the file alone makes of its 10,000 lines; only the progress bar believes it."""


class TenantExists(Exception):
    """A tenant with this code is there already: an import makes a new one and never adds to another."""


class ImportBusy(TimeoutError):
    """Another import has held the lock for longer than `LOCK_WAIT_S`."""


@dataclass(frozen=True, slots=True)
class NewTenant:
    """The tenant an import makes. `time_zone` is a name of the IANA database: its days are the file's days."""

    code: str
    name: str
    currency: str
    time_zone: str
    hosts: tuple[str, ...] = ()


class Extension(Protocol):
    """Rows that the file does not hold, written with it."""

    @property
    def edges(self) -> Sequence[Supply]:
        """Supply edges beside the file's."""
        ...

    @property
    def shelf_life_days(self) -> Mapping[int, int]:
        """Days a new lot of an item keeps, by item number."""
        ...

    @property
    def rows(self) -> int:
        """How many rows it will write, for the progress bar."""
        ...

    async def write(self, bulk: Bulk, source: writing.Source) -> None:
        """Write them; the file's own rows are there."""
        ...


Extend = Callable[[Ledger, Channel, PriceBook[TradeKey]], Extension]
"""Makes the extension of a ledger."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the file's report, the rows of each table, and the seconds of each step.

    `regions` are the codes of those that the file calls otherwise than the platform does: it shares them between all
    tenants, so the name that was there first stays.
    """

    tenant: NewTenant
    report: Report
    rows: Mapping[str, int]
    regions: tuple[str, ...]
    seconds: Mapping[str, float]


async def import_file(
    owner_dsn: str,
    path: Path,
    tenant: NewTenant,
    *,
    extend: Extend | None = None,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Import a wholesale invoice file as a new tenant.

    Args:
        owner_dsn: a login as the owner of the migrated schema.
        path: the file, csv or csv.gz.
        tenant: the tenant to make.
        extend: makes rows beside the file's own; the demo uses it.
        now: the instant of the import.
        progress: where to show how far it is.

    Raises:
        BrokenFile: with every problem and its line; the database was not touched.
        TenantExists: nothing was written.
        ImportBusy: nothing was written.
        ValueError: the tenant's code, currency, time zone or a host cannot be meant, or a host is another tenant's.
    """
    zone, hosts = zone_of(tenant), hosts_of(tenant)
    progress = progress or Silent()
    clock, seconds = perf_counter(), {}
    with progress.step("reading the file", 0) as advance:
        ledger = read(path, advance.to)
    bounds.check(ledger)
    seconds["reading"] = perf_counter() - clock
    clock = perf_counter()
    channel, costs, trade = channel_of(ledger), cost_prices(ledger), trade_prices(ledger)
    extension = None if extend is None else extend(ledger, channel, trade)
    seconds["deciding"] = perf_counter() - clock
    clock = perf_counter()
    source = writing.Source(
        Keys(tenant.code),
        ledger,
        channel,
        costs,
        trade,
        zone,
        tenant.currency,
        now or datetime.now(UTC),
        () if extension is None else extension.edges,
        None if extension is None else extension.shelf_life_days,
    )
    expected = ROWS_EXPECTED + (0 if extension is None else extension.rows)
    with progress.step("writing the rows", expected) as advance:
        rows, regions = await _write(owner_dsn, replace(tenant, hosts=hosts), source, extension, advance.by)
    seconds["writing"] = perf_counter() - clock
    return Imported(tenant, ledger.report, rows, regions, seconds)


def zone_of(tenant: NewTenant) -> ZoneInfo:
    """The tenant's time zone. Raises ValueError for a name that is none."""
    try:
        return ZoneInfo(tenant.time_zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{tenant.time_zone!r} is not a time zone.") from None


def hosts_of(tenant: NewTenant) -> tuple[str, ...]:
    """The tenant's host names in small letters, each once. Raises ValueError for what is none."""
    hosts = tuple(dict.fromkeys(host.lower() for host in tenant.hosts))
    for host in hosts:
        if not is_host_name(host):
            raise ValueError(f"{host!r} is not a host name: letters, digits and hyphens between dots, and no port.")
    return hosts


async def _write(
    owner_dsn: str,
    tenant: NewTenant,
    source: writing.Source,
    extension: Extension | None,
    advance: Callable[[int], None],
) -> tuple[Mapping[str, int], tuple[str, ...]]:
    async def write(bulk: Bulk) -> None:
        await writing.write(bulk, source)
        if extension is not None:
            await extension.write(bulk, source)

    return await make_tenant(owner_dsn, tenant, writing.shared_rows(source), write, advance)


async def make_tenant(
    owner_dsn: str,
    tenant: NewTenant,
    regions: Sequence[tuple[str, str, str | None]],
    write: Callable[[Bulk], Awaitable[None]],
    advance: Callable[[int], None] = lambda _: None,
) -> tuple[Mapping[str, int], tuple[str, ...]]:
    """Make a tenant and write its rows in one transaction.

    Args:
        owner_dsn: a login as the owner of the migrated schema.
        tenant: the tenant to make; its id is that of `Keys(tenant.code)`.
        regions: the regions it speaks of, parents first: (code, name, parent's code). All tenants share them.
        write: writes the tenant's own rows, as the serving role and under row security.
        advance: told how many rows more are written.

    Returns:
        The rows of each table, and the codes of the regions that the platform calls otherwise and goes on to.

    Raises:
        TenantExists: nothing was written.
        ImportBusy: nothing was written.
        ValueError: the tenant's code, currency or time zone cannot be meant, or a host is another tenant's.
    """
    tenant_id = Keys(tenant.code).tenant_id
    connection = await asyncpg.connect(owner_dsn, timeout=CONNECT_TIMEOUT_S)
    try:
        bulk = Bulk(connection, tenant_id, lambda _, rows: advance(rows))
        # What the import before this one wrote must be seen once the lock is had, whatever the server's default is.
        async with connection.transaction(isolation="read_committed"):
            await _alone(connection)
            await _shared(connection, tenant, tenant_id)
            renamed = await _regions(connection, regions)
            await connection.execute(f"SET LOCAL ROLE {APP_ROLE}")
            await connection.execute(set_tenant(tenant_id))
            await write(bulk)
        await _analyze(connection, bulk.counts)
        return bulk.counts, renamed
    finally:
        await connection.close()


async def _alone(connection: asyncpg.Connection) -> None:
    """Wait for the imports before this one, within limits; the lock ends with the transaction."""
    await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'")
    try:
        await connection.execute(f"SELECT pg_advisory_xact_lock({IMPORT_LOCK})")
    except asyncpg.LockNotAvailableError:
        raise ImportBusy(f"Another import has been running for more than {LOCK_WAIT_S} s.") from None


async def _analyze(connection: asyncpg.Connection, tables: Iterable[str]) -> None:
    """The planner's picture of a table that was empty a moment ago would be wrong for minutes.

    The tenant is committed by now: that this went wrong is not to say that the import did.
    """
    try:
        await connection.execute("ANALYZE " + ", ".join(f'"{name}"' for name in ("tenant", "region", *tables)))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        log.warning("imported, but the new rows were not analyzed: %s", error)


async def _shared(connection: asyncpg.Connection, tenant: NewTenant, tenant_id: UUID) -> None:
    """The tenant and its hosts. Raises TenantExists; ValueError for what the tables' checks refuse."""
    if await connection.fetchval("SELECT 1 FROM tenant WHERE code = $1", tenant.code):
        raise TenantExists(f"There is a tenant {tenant.code} already.")
    try:
        await connection.execute(
            "INSERT INTO tenant (id, code, name, currency, time_zone) VALUES ($1, $2, $3, $4, $5)",
            tenant_id,
            tenant.code,
            tenant.name,
            tenant.currency,
            tenant.time_zone,
        )
    except asyncpg.CheckViolationError as error:
        raise ValueError(f"The tenant's {str(error.constraint_name).rpartition('_')[2]} cannot be meant.") from None
    try:
        await connection.executemany(
            "INSERT INTO tenant_host (host, tenant_id) VALUES ($1, $2)",
            [(host, tenant_id) for host in tenant.hosts],
        )
    except asyncpg.UniqueViolationError:
        raise ValueError(f"One of the hosts {', '.join(tenant.hosts)} means another tenant.") from None


async def _regions(connection: asyncpg.Connection, regions: Sequence[tuple[str, str, str | None]]) -> tuple[str, ...]:
    """Write the regions that are not there yet; the codes of those that are, under another name."""
    await connection.executemany(
        "INSERT INTO region (code, name, parent_code) VALUES ($1, $2, $3) ON CONFLICT (code) DO NOTHING", regions
    )
    said = {code: name for code, name, _ in regions}
    kept = await connection.fetch("SELECT code, name FROM region WHERE code = ANY($1) ORDER BY code", list(said))
    return tuple(row["code"] for row in kept if row["name"] != said[row["code"]])
