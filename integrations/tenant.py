"""A new tenant with all its rows, wholly or not at all.

Owns the one transaction around the writing. Shared rows (tenant, hosts, regions) are written as the schema's owner;
everything else as the serving role, under row security, in the same transaction. What a tenant's rows are is its
writer's.

    Exception
    ├── TenantExists    the tenant is there already; nothing was written
    └── ImportBusy      another import did not end in time; nothing was written
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import orjson

from domain.access import SYSTEM
from domain.channel import is_host_name
from integrations.bulk import Bulk
from integrations.keys import Keys
from models.channel import MAX_HOSTS, MAX_TENANTS
from models.database import connected
from models.session import set_tenant
from models.wall import APP_ROLE

log = logging.getLogger(__name__)

IMPORT_LOCK: Final = 0x6D696C73
"""Advisory lock: one import at a time, whoever starts it."""
LOCK_WAIT_S: Final = 300
"""How long an import waits for the one before it."""


class TenantExists(Exception):
    """A tenant with this code is there already: an import makes a new one and never adds to another."""


class ImportBusy(TimeoutError):
    """Another import has held the lock for longer than `LOCK_WAIT_S`."""


@dataclass(frozen=True, slots=True)
class NewTenant:
    """The tenant to make. `time_zone` is a name of the IANA database: the days of what is written are its days."""

    code: str
    name: str
    currency: str
    time_zone: str
    hosts: tuple[str, ...] = ()


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


async def open_tenant(
    owner_dsn: str, tenant: NewTenant, regions: Sequence[tuple[str, str, str | None]] = ()
) -> tuple[UUID, bool]:
    """Open a tenant that has nothing yet; of one that is there, add host names and regions that are not.

    Args:
        owner_dsn: a login as the owner of the migrated schema.
        tenant: the tenant to open; its id is that of `Keys(tenant.code)`.
        regions: as `make_tenant` takes them; those that are there stay as they are.

    Returns: its id, and whether it is new.

    Raises:
        TenantExists: it is there with another currency or time zone; nothing was changed.
        ImportBusy: nothing was changed.
        ValueError: something cannot be meant, there are as many tenants as there may be, or a host is another tenant's.
    """
    zone_of(tenant)
    tenant = replace(tenant, hosts=hosts_of(tenant))
    async with connected(owner_dsn) as connection, connection.transaction(isolation="read_committed"):
        await _alone(connection)
        there = await connection.fetchrow("SELECT id, currency, time_zone FROM tenant WHERE code = $1", tenant.code)
        if there is None:
            id = Keys(tenant.code).tenant_id
            await _shared(connection, tenant, id)
            await _remember(connection, tenant, id)
        elif (there["currency"], there["time_zone"]) != (tenant.currency, tenant.time_zone):
            kept = f"{there['currency']} and {there['time_zone']}"
            raise TenantExists(f"There is a tenant {tenant.code} already, with {kept}: these are for good.")
        else:
            id = there["id"]
            known = {
                row["host"] for row in await connection.fetch("SELECT host FROM tenant_host WHERE tenant_id = $1", id)
            }
            added = replace(tenant, hosts=tuple(host for host in tenant.hosts if host not in known))
            if added.hosts:
                await _hosts(connection, added, id)
                await _remember(connection, added, id)
        try:
            await _regions(connection, regions)
        except asyncpg.ForeignKeyViolationError as error:
            raise ValueError(f"A region's parent is not there: {error.detail}") from None
    return id, there is None


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
    async with connected(owner_dsn) as connection:
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
    if await connection.fetchval("SELECT count(*) FROM tenant") >= MAX_TENANTS:
        raise ValueError(f"There are {MAX_TENANTS:,} tenants, and no more may be.")
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
    await _hosts(connection, tenant, tenant_id)


_OPENED = """
    INSERT INTO audit_entry (tenant_id, at, operation, actor_class, actor, target, target_id, details)
    VALUES ($1, $2, 'openTenant', $3, 'operator', 'tenant', $1, $4)
"""


async def _remember(connection: asyncpg.Connection, tenant: NewTenant, tenant_id: UUID) -> None:
    """Write into its audit that the operator has opened a tenant, or given it these host names."""
    await connection.execute(set_tenant(tenant_id))
    facts = {"code": tenant.code, "hosts": tenant.hosts}
    await connection.execute(_OPENED, tenant_id, datetime.now(UTC), SYSTEM, orjson.dumps(facts).decode())


async def _hosts(connection: asyncpg.Connection, tenant: NewTenant, tenant_id: UUID) -> None:
    """Its host names. Raises: ValueError for one that is another tenant's, and for too many."""
    there = await connection.fetchval("SELECT count(*) FROM tenant_host WHERE tenant_id = $1", tenant_id)
    if there + len(tenant.hosts) > MAX_HOSTS:
        raise ValueError(f"A tenant has at most {MAX_HOSTS} host names.")
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
