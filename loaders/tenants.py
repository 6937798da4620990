"""The directory of tenants: which one a host name, a code or an id means, kept for a moment.

It is read before there is a tenant, from shared tables, and so outside any request's read session.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from models.channel import MAX_TENANTS, Tenant, TenantHost
from models.reading import Row, constant, read
from models.session import ReadPool, ReadSession

log = logging.getLogger(__name__)

NOBODYS_TENANT = UUID(int=0)
"""No tenant has this id: what row security holds is empty under it."""
FRESH_S = 30.0
"""Seconds a directory is believed: how long a new tenant or host may go unnoticed."""
RETRY_S = 1.0
"""Seconds between two looks for a name that the directory does not have."""


class EntryRow(Row):
    """A tenant with its host names, None where it has none."""

    id: UUID
    code: str
    time_zone: str
    stored_only: list[str]
    hosts: list[str] | None


_hosts = (
    select(func.array_agg(TenantHost.host)).where(TenantHost.tenant_id == Tenant.id).correlate(Tenant).scalar_subquery()
)
ALL_TENANTS = read(
    EntryRow,
    select(Tenant.id, Tenant.code, Tenant.time_zone, Tenant.stored_only, _hosts.label("hosts"))
    .order_by(Tenant.code)
    .limit(constant(MAX_TENANTS)),
)


@dataclass(frozen=True, slots=True)
class TenantEntry:
    """What a request has to know of its tenant before anything is read.

    `stored_only`: the clients that may send stored documents only.
    """

    id: UUID
    code: str
    zone: ZoneInfo
    stored_only: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Directory:
    read_at: float = float("-inf")
    by_id: dict[UUID, TenantEntry] = field(default_factory=dict)
    by_code: dict[str, TenantEntry] = field(default_factory=dict)
    by_host: dict[str, TenantEntry] = field(default_factory=dict)


class Tenants:
    """Looks tenants up by host, code or id; the whole directory is read at once and kept `FRESH_S` seconds."""

    def __init__(self, pool: ReadPool, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool, self._clock = pool, clock
        self._known = _Directory()
        self._lock = asyncio.Lock()

    async def by_host(self, host: str) -> TenantEntry | None:
        """The tenant whose host name this is; a port is no part of a name, nor is the dot of one that is absolute."""
        name = host.rsplit(":", 1)[0].lower().removesuffix(".")
        return (await self._directory(FRESH_S)).by_host.get(name)

    async def by_code(self, code: str) -> TenantEntry | None:
        """The tenant with the code."""
        found = (await self._directory(FRESH_S)).by_code.get(code)
        return found or (await self._directory(RETRY_S)).by_code.get(code)

    async def by_id(self, key: UUID) -> TenantEntry | None:
        """The tenant with the id."""
        found = (await self._directory(FRESH_S)).by_id.get(key)
        return found or (await self._directory(RETRY_S)).by_id.get(key)

    async def _directory(self, fresh_s: float) -> _Directory:
        if self._clock() - self._known.read_at < fresh_s:
            return self._known
        async with self._lock:  # one look at a time, whoever asks meanwhile shares it
            if self._clock() - self._known.read_at >= fresh_s:
                self._known = await self._read()
        return self._known

    async def _read(self) -> _Directory:
        # Shared tables know no tenant; the session is opened for the one that nobody is.
        session = ReadSession(self._pool, NOBODYS_TENANT)
        try:
            rows = await session.fetch(ALL_TENANTS)
        finally:
            await session.close()
        if len(rows) == MAX_TENANTS:
            log.warning("there are %d tenants or more: those beyond, by code, are not found", MAX_TENANTS)
        directory = _Directory(read_at=self._clock())
        for row in rows:
            try:
                entry = TenantEntry(row.id, row.code, ZoneInfo(row.time_zone), frozenset(row.stored_only))
            except (KeyError, ValueError, OSError):  # all three are how a name that is no zone is told
                log.error("tenant %s is not served: %r is not a time zone", row.code, row.time_zone)
                continue
            directory.by_id[row.id] = directory.by_code[row.code] = entry
            for host in row.hosts or ():
                directory.by_host[host] = entry
        return directory
